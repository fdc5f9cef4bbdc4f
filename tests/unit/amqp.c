/*
 * The queue at a broker, without one: URLs, and the transport against an
 * og-amqp that plays a part. This program is both: started as "og-amqp" it
 * follows the script in the file named by FAKE, line by line: ">TEXT"
 * prints TEXT; "<TEXT" reads a line that must contain TEXT; "@" stands for
 * the id of the request read last; "!" ends it. What differs from the
 * script goes to the file FAKE.log.
 */
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/queue/amqp-internal.h"

/* --- the part -------------------------------------------------------------------- */

static void complain(const char *name, const char *want, const char *got)
{
	char path[256];
	FILE *log;

	snprintf(path, sizeof(path), "%s.log", name);
	log = fopen(path, "a");
	if (!log)
		return;
	fprintf(log, "want %s got %s\n", want, got);
	fclose(log);
}

static void put_line(const char *text, long id)
{
	for (; *text && *text != '\n'; text++)
		if (*text == '@')
			printf("%ld", id);
		else
			putchar(*text);
	putchar('\n');
	fflush(stdout);
}

static int play(const char *name)
{
	char want[4096], got[65536] = "";
	FILE *script = fopen(name, "r");
	long id = 0;

	while (script && fgets(want, sizeof(want), script)) {
		want[strcspn(want, "\n")] = '\0';
		if (*want == '!')
			return 0;
		if (*want == '>') {
			put_line(want + 1, id);
			continue;
		}
		if (!fgets(got, sizeof(got), stdin))
			return 0;
		got[strcspn(got, "\n")] = '\0';
		if (strstr(got, "\"id\":"))
			id = atol(strstr(got, "\"id\":") + 5);
		if (!strstr(got, want + 1))
			complain(name, want + 1, got);
	}
	while (fgets(got, sizeof(got), stdin))
		;
	return 0;
}

/* --- the tests ---------------------------------------------------------------------- */

static char folder[] = "/tmp/og-amqp-XXXXXX";
static char script_path[64], log_path[64], password_path[64];
static const char *self;

static void make_folder(void)
{
	char link[64];

	if (!mkdtemp(folder))
		exit(71);
	snprintf(script_path, sizeof(script_path), "%s/script", folder);
	snprintf(log_path, sizeof(log_path), "%s/script.log", folder);
	snprintf(password_path, sizeof(password_path), "%s/password", folder);
	snprintf(link, sizeof(link), "%s/og-amqp", folder);
	if (symlink(self, link) < 0)
		exit(71);
	setenv("FAKE", script_path, 1);
}

static void remove_folder(void)
{
	static const char *const names[] = { "script", "script.log", "password", "og-amqp" };
	char path[80];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

/* Opens a queue whose broker follows the script. */
static struct og_queue *open_with(const char *script, struct og_err *err)
{
	struct og_queue_place place = { .url = "amqp://u:p%40ss@h:1/v",
					.home = folder,
					.libexec = folder };
	struct og_queue *queue = NULL;

	unlink(log_path);
	OG_CHECK(og_file_write(script_path, script, strlen(script), 0600, err) == 0);
	return og_queue_open(&place, &queue, err) < 0 ? NULL : queue;
}

/* The part has nothing to complain of. */
static void close_well(struct og_queue *queue)
{
	struct og_buf log;
	struct og_err ignored = OG_ERR_INIT;

	og_queue_close(queue);
	og_buf_init(&log, 65536);
	if (og_file_read(log_path, "log", &log, &ignored) == 0)
		OG_CHECK_STR(log.data, "");
	og_buf_release(&log);
}

#define OPEN "<\"op\":\"open\"\n>{\"id\":@,\"ok\":true}\n"
#define OK   ">{\"id\":@,\"ok\":true}\n"

static void good_urls(void)
{
	static const struct {
		const char *url, *host, *vhost, *user, *password, *prefix;
		int port, tls, heartbeat;
	} rows[] = {
		{ "amqp://h", "h", "/", "guest", NULL, "omnigate", 5672, 0, 30 },
		{ "amqps://h/", "h", "/", "guest", NULL, "omnigate", 5671, 1, 30 },
		{ "amqp://u@h:1/v?prefix=x-1", "h", "v", "u", NULL, "x-1", 1, 0, 30 },
		{ "amqp://u:p%3A%40%2f@h/%2fa", "h", "/a", "u", "p:@/", "omnigate", 5672, 0, 30 },
		{ "amqp://[::1]:99?heartbeat=2&prefix=p", "::1", "/", "guest", NULL, "p", 99, 0,
		  2 },
		{ "amqp://u:@h", "h", "/", "u", "", "omnigate", 5672, 0, 30 },
		{ "amqp://a@b@h", "h", "/", "a@b", NULL, "omnigate", 5672, 0, 30 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct og_err err = OG_ERR_INIT;
		struct og_amqp_url url;

		if (!OG_CHECK_OK(og_amqp_url_parse(rows[i].url, &url, &err), &err))
			continue;
		OG_CHECK_STR(url.host, rows[i].host);
		OG_CHECK_STR(url.vhost, rows[i].vhost);
		OG_CHECK_STR(url.user, rows[i].user);
		OG_CHECK_STR(url.password, rows[i].password);
		OG_CHECK_STR(url.prefix, rows[i].prefix);
		OG_CHECK_INT(url.port, rows[i].port);
		OG_CHECK_INT(url.tls, rows[i].tls);
		OG_CHECK_INT(url.heartbeat, rows[i].heartbeat);
		og_amqp_url_release(&url);
	}
}

static void bad_urls(void)
{
	static const char *const urls[] = {
		"amqp:",
		"amqp:/h",
		"amqp://",
		"amqp://:5672",
		"amqp://u:s3cret@",
		"amqp://u:s3cret@h:0",
		"amqp://u:s3cret@h:65536",
		"amqp://u:s3cret@h:x",
		"amqp://u:s3cret%@h",
		"amqp://u:s3cret%2@h",
		"amqp://u:s3cret%zz@h",
		"amqp://u:s3cret%00@h",
		"amqp://u:s3cret%ff@h",
		"amqp://[::1",
		"amqp://[::1]x",
		"amqp://h?prefix=",
		"amqp://h?prefix=A",
		"amqp://h?prefix=a.b",
		"amqp://h?heartbeat=0",
		"amqp://h?heartbeat=1000",
		"amqp://h?more=1",
		"amqp://h?prefix",
	};

	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		struct og_err err = OG_ERR_INIT;
		struct og_amqp_url url;

		if (!OG_CHECK(og_amqp_url_parse(urls[i], &url, &err) < 0))
			printf("# %s\n", urls[i]);
		OG_CHECK_INT(err.code, OG_ECONF);
		OG_CHECK(!strstr(err.msg, "s3cret") && !strstr(err.hint, "s3cret"));
	}
}

static void levels(void)
{
	OG_CHECK_INT(og_amqp_level(1), 0);
	OG_CHECK_INT(og_amqp_level(999), 0);
	OG_CHECK_INT(og_amqp_level(1000), 1);
	OG_CHECK_INT(og_amqp_level(16000), 3);
	OG_CHECK_INT(og_amqp_level(INT64_MAX), OG_AMQP_LEVELS - 1);
	OG_CHECK_INT(og_amqp_level_ms(OG_AMQP_LEVELS - 1), 65536000);
}

/* What the helper says ends up as our own error, once. */
static void not_let_in(void)
{
	struct og_err err = OG_ERR_INIT;

	OG_CHECK(!open_with("<\"password\":\"p@ss\"\n>{\"id\":@,\"ok\":false,\"code\":77,\"why\":"
			    "\"go away\"}\n",
			    &err));
	OG_CHECK_INT(err.code, OG_EPERM);
	OG_CHECK_STR(err.msg, "queue: go away");
	OG_CHECK(!open_with("<open\n!\n", &err));
	OG_CHECK_INT(err.code, OG_EUNAVAIL);
	OG_CHECK(!open_with("<open\n>no json\n", &err));
	OG_CHECK_INT(err.code, OG_EDATA);
}

static void password_file(void)
{
	struct og_queue_place place = {
		.url = "amqp://u@h", .home = folder, .libexec = folder, .password = "password"
	};
	struct og_queue *queue = NULL;
	struct og_err err = OG_ERR_INIT;
	const char *script = "<\"password\":\"of a file\"\n" OK;

	OG_CHECK(og_file_write(script_path, script, strlen(script), 0600, &err) == 0);
	OG_CHECK(og_queue_open(&place, &queue, &err) < 0);
	OG_CHECK_INT(err.code, OG_ECONF);
	OG_CHECK(og_file_write(password_path, "of a file\n", 10, 0600, &err) == 0);
	unlink(log_path);
	OG_CHECK_OK(og_queue_open(&place, &queue, &err), &err);
	close_well(queue);
	OG_CHECK(chmod(password_path, 0640) == 0);
	OG_CHECK(og_queue_open(&place, &queue, &err) < 0);
	OG_CHECK_INT(err.code, OG_EPERM);
}

#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

/* A batch: the ones that were confirmed are counted. */
static void put_in_part(void)
{
	struct og_parcel parcels[3] = {
		{ "id1", "{\"text\":\"\\\"trace\\\":\\\"x\",\"trace\":\"" TRACE "\",\"v\":1}", 0, 0,
		  0 },
		{ "id2", "{}", 9, 0, 77 },
		{ "id3", "{}", 0, og_now_ms() + 1100, 0 },
	};
	struct og_err err = OG_ERR_INIT;
	struct og_queue *queue = open_with(
		OPEN "<\"headers\":{\"traceparent\":\"" TRACE "\"}\n" OK
		     "<\"key\":\"control\"\n>{\"id\":@,\"ok\":false,\"code\":75,\"why\":\"full\"}\n"
		     "<\"exchange\":\"omnigate.delay\",\"key\":\"1.tasks\"\n" OK,
		&err);

	OG_CHECK(og_queue_put(queue, parcels, 3, &err) < 0);
	OG_CHECK_INT(err.code, OG_ETEMP);
	OG_CHECK_STR(err.msg, "2 of 3 were queued: full");
	close_well(queue);
}

#define COUNT(n) "<\"passive\":true\n>{\"id\":@,\"ok\":true,\"messages\":" #n "}\n"

/* Control first; a copy keeps count; what is no text or comes too often is
 * buried, what is too large is the broker's; what is early goes on. */
static void claim_and_settle(void)
{
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;
	struct og_queue *queue = open_with(
		OPEN COUNT(
			1) "<omnigate.control\n"
			   ">{\"id\":@,\"ok\":true,\"message\":{\"tag\":1,\"body\":\"now\","
			   "\"headers\":{\"og-attempts\":1,\"x-delivery-count\":1}}}\n"
			   "<\"op\":\"move\",\"id\":\n" OK COUNT(0) COUNT(
				   1) "<\"op\":\"get\"\n"
				      ">{\"id\":@,\"ok\":true,\"message\":{\"tag\":2,\"binary\":"
				      "true}}\n"
				      "<og-reason\n" OK COUNT(0) COUNT(
					      1) "<\"op\":\"get\"\n"
						 ">{\"id\":@,\"ok\":true,\"message\":{\"tag\":3,"
						 "\"oversize\":true}}\n"
						 "<\"op\":\"reject\"\n" OK COUNT(0) COUNT(
							 1) "<\"op\":\"get\"\n"
							    ">{\"id\":@,\"ok\":true,\"message\":{"
							    "\"tag\":4,\"body\":\"x\",\"headers\":"
							    "{\"og-attempts\":5}}}\n"
							    "<delivered too often\n" OK COUNT(0)
								    COUNT(1) "<\"op\":\"get\"\n"
									     ">{\"id\":@,\"ok\":"
									     "true,\"message\":{"
									     "\"tag\":5,\"body\":"
									     "\"x\",\"headers\":"
									     "{\"og-due\":"
									     "9007199254740991}}}\n"
									     "<\"key\":\"9."
									     "tasks\"\n" OK COUNT(0)
										     COUNT(0),
		&err);

	if (!OG_CHECK(queue != NULL))
		return;
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 1);
	OG_CHECK_STR(delivery.envelope, "now");
	OG_CHECK_INT(delivery.attempts, 3);
	OG_CHECK_OK(og_queue_release(queue, delivery.ticket, 4000, OG_QUEUE_UNTRIED, &err), &err);
	og_delivery_release(&delivery);
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 0);
	OG_CHECK(og_queue_ack(queue, 99, &err) < 0);
	close_well(queue);
}

/* Whoever waits is woken by a delivery, keeps it, and listens no more. */
static void wait_and_wake(void)
{
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;
	struct og_queue *queue = open_with(
		OPEN
		"<\"consumer\":\"control.1\"\n" OK "<\"consumer\":\"tasks.1\"\n" OK
		">{\"event\":\"delivery\",\"message\":{\"tag\":7,\"consumer\":\"tasks.1\",\"body\":"
		"\"work\"}}\n"
		"<\"consumer\":\"tasks.1\",\"but\":7\n<\"consumer\":\"control.1\",\"but\":7\n"
		">{\"event\":\"delivery\",\"message\":{\"tag\":8,\"consumer\":\"control.1\","
		"\"body\":\"too late\"}}\n"
		"<\"op\":\"ack\"\n" OK COUNT(0) COUNT(0),
		&err);

	if (!OG_CHECK(queue != NULL))
		return;
	OG_CHECK_INT(og_queue_wait(queue, og_deadline(20000), -1, &err), 1);
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 1);
	OG_CHECK_STR(delivery.envelope, "work");
	OG_CHECK_OK(og_queue_ack(queue, delivery.ticket, &err), &err);
	og_delivery_release(&delivery);
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 0);
	close_well(queue);
}

/* Of two that were pushed at once the urgent one is claimed; the other goes
 * back as a copy that counts no delivery. */
static void pushed_two(void)
{
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;
	struct og_queue *queue = open_with(
		OPEN
		"<\"consumer\":\"control.1\"\n" OK "<\"consumer\":\"tasks.1\"\n" OK
		">{\"event\":\"delivery\",\"message\":{\"tag\":7,\"consumer\":\"tasks.1\",\"body\":"
		"\"work\",\"headers\":{\"og-attempts\":1,\"x-delivery-count\":1}}}\n"
		">{\"event\":\"delivery\",\"message\":{\"tag\":8,\"consumer\":\"control.1\","
		"\"body\":\"stop\"}}\n"
		"<\"tag\":7,\"exchange\":\"omnigate.work\",\"key\":\"tasks\",\"headers\":"
		"{\"og-attempts\":2}\n" OK "<\"consumer\":\"tasks.1\",\"but\":8\n"
		"<\"consumer\":\"control.1\",\"but\":8\n<\"op\":\"ack\"\n" OK,
		&err);

	if (!OG_CHECK(queue != NULL))
		return;
	OG_CHECK_INT(og_queue_wait(queue, og_deadline(20000), -1, &err), 1);
	usleep(1000000); /* the second one is there as well */
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 1);
	OG_CHECK_STR(delivery.envelope, "stop");
	OG_CHECK_OK(og_queue_ack(queue, delivery.ticket, &err), &err);
	og_delivery_release(&delivery);
	close_well(queue);
}

/* A broker that goes away while we wait is waited for. */
static void wait_through_a_restart(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_queue *queue = open_with(
		OPEN "<\"consumer\":\"control.1\"\n" OK "<\"consumer\":\"tasks.1\"\n" OK
		     ">{\"event\":\"lost\",\"why\":\"restart\"}\n>{\"event\":\"back\"}\n"
		     "<\"consumer\":\"control.2\"\n" OK "<\"consumer\":\"tasks.2\"\n" OK
		     ">{\"event\":\"delivery\",\"message\":{\"tag\":1,\"consumer\":\"tasks.1\"}}\n"
		     ">{\"event\":\"delivery\",\"message\":{\"tag\":2,\"consumer\":\"tasks.2\"}}\n",
		&err);
	int fds[2];

	if (!OG_CHECK(queue != NULL) || !OG_CHECK(pipe(fds) == 0))
		return;
	OG_CHECK_INT(og_queue_wait(queue, og_deadline(20000), fds[0], &err), 1);
	close_well(queue);
	queue = open_with(OPEN "<\"consumer\":\"control.1\"\n" OK "<\"consumer\":\"tasks.1\"\n" OK,
			  &err);
	OG_CHECK_INT(og_queue_wait(queue, og_deadline(50), fds[0], &err), 0);
	OG_CHECK(write(fds[1], "x", 1) == 1);
	OG_CHECK_INT(og_queue_wait(queue, OG_FOREVER, fds[0], &err), 1);
	close(fds[0]);
	close(fds[1]);
	close_well(queue);
}

/* Dead letters among one's own are found without a look at the others. */
static void hear_of_a_dead_letter(void)
{
	struct og_parcel parcel = { "id1", "{}", 0, 0, 0 };
	struct og_err err = OG_ERR_INIT;
	json_t *letter = NULL;
	struct og_queue *queue = open_with(
		OPEN "<\"exclusive\":true\n>{\"id\":@,\"ok\":true,\"queue\":\"amq.gen-1\"}\n"
		     "<omnigate.events\n" OK "<omnigate.dead\n" OK "<\"consumer\":\"told\"\n" OK
		     "<\"op\":\"publish\"\n" OK
		     ">{\"event\":\"delivery\",\"message\":{\"consumer\":\"told\",\"exchange\":"
		     "\"omnigate.dead\",\"message_id\":\"id9\",\"body\":\"{}\"}}\n"
		     ">{\"event\":\"delivery\",\"message\":{\"consumer\":\"told\",\"exchange\":"
		     "\"omnigate.dead\",\"message_id\":\"id1\",\"body\":"
		     "\"{\\\"id\\\":\\\"other\\\"}\",\"headers\":{\"og-reason\":\"forged\"}}}\n"
		     ">{\"event\":\"delivery\",\"message\":{\"consumer\":\"told\",\"exchange\":"
		     "\"omnigate.dead\",\"message_id\":\"id1\",\"body\":\"{}\",\"headers\":"
		     "{\"og-reason\":\"late\"}}}\n",
		&err);

	if (!OG_CHECK(queue != NULL))
		return;
	OG_CHECK_OK(og_queue_listen(queue, &err), &err);
	OG_CHECK_OK(og_queue_put(queue, &parcel, 1, &err), &err);
	OG_CHECK_INT(og_queue_find(queue, "id1", &letter, &err), 0);
	while (og_queue_hear(queue, og_deadline(2000), -1, &err) == 1)
		;
	OG_CHECK_INT(og_queue_find(queue, "id9", &letter, &err), 0);
	OG_CHECK_INT(og_queue_find(queue, "id1", &letter, &err), 1);
	OG_CHECK_STR(og_json_str(letter, "state"), "dead");
	OG_CHECK_STR(og_json_str(letter, "reason"), "late");
	json_decref(letter);
	close_well(queue);
}

/* Old dead letters go, from the oldest on; the first young one goes back. */
static void sweep_dead_letters(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_queue *queue = open_with(
		OPEN COUNT(2) "<omnigate.dead\n"
			      ">{\"id\":@,\"ok\":true,\"message\":{\"tag\":1,\"timestamp\":1000}}\n"
			      "<\"op\":\"ack\"\n" OK "<omnigate.dead\n"
			      ">{\"id\":@,\"ok\":true,\"message\":{\"tag\":2,\"timestamp\":3000}}\n"
			      "<\"op\":\"requeue\"\n" OK COUNT(0) COUNT(17),
		&err);

	if (!OG_CHECK(queue != NULL))
		return;
	OG_CHECK_INT(og_queue_sweep(queue, 2000000, &err), 0);
	OG_CHECK_INT(og_queue_sweep(queue, 2000000, &err), 0);
	OG_CHECK(og_queue_room(queue, 1, 18, &err) == 0);
	close_well(queue);
}

/* A helper that dies takes the handle with it, and says so every time. */
static void helper_dies(void)
{
	struct og_delivery delivery = { .envelope = NULL };
	struct og_parcel parcel = { "id1", "{}", 0, 0, 0 };
	struct og_err err = OG_ERR_INIT;
	struct og_queue *queue = open_with(OPEN "!\n", &err);

	if (!OG_CHECK(queue != NULL))
		return;
	OG_CHECK(og_queue_put(queue, &parcel, 1, &err) < 0);
	OG_CHECK_INT(err.code, OG_EUNAVAIL);
	OG_CHECK(og_queue_claim(queue, &delivery, &err) < 0);
	OG_CHECK_INT(err.code, OG_EUNAVAIL);
	OG_CHECK(og_queue_wait(queue, og_deadline(1000), -1, &err) < 0);
	og_queue_close(queue);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	(void)argc;
	if (name && strcmp(name, "/og-amqp") == 0)
		return play(getenv("FAKE"));
	signal(SIGPIPE, SIG_IGN);
	self = realpath("/proc/self/exe", NULL);
	make_folder();
	OG_RUN(good_urls);
	OG_RUN(bad_urls);
	OG_RUN(levels);
	OG_RUN(not_let_in);
	OG_RUN(password_file);
	OG_RUN(put_in_part);
	OG_RUN(claim_and_settle);
	OG_RUN(wait_and_wake);
	OG_RUN(pushed_two);
	OG_RUN(wait_through_a_restart);
	OG_RUN(hear_of_a_dead_letter);
	OG_RUN(sweep_dead_letters);
	OG_RUN(helper_dies);
	remove_folder();
	return og_done();
}
