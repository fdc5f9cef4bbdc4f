/*
 * og-amqp: one conversation with an AMQP broker (RabbitMQ), for a program
 * that holds neither librabbitmq nor the broker's password. It reads
 * requests and writes answers, one JSON object per line, and keeps the
 * connections alive meanwhile: whoever asks may be busy with a task for
 * hours.
 *
 * The first line says where the broker is and as whom to log in; after it
 * no program is started and no file written any more, and only what names
 * and certificates need is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-amqp-lib.h"
#include "cmd/og-amqp.h"
#include "lib/base/clock.h"
#include "lib/proc/proc.h"
#include "lib/sandbox/sandbox.h"

#define OUT_MAX	     ((size_t)16 << 20)
#define OUT_ENOUGH   ((size_t)4 << 20) /* unread by whom it is for: no more news */
#define FIRST_LINE_S 60

/* --- answers ------------------------------------------------------------------ */

/* News that nobody reads is dropped, answers are not. */
void amqp_say(struct amqp *amqp, json_t *json)
{
	struct og_err ignored = OG_ERR_INIT;
	int news = json_object_get(json, "event") != NULL;

	if (json && (!news || amqp->out.len < OUT_ENOUGH)) {
		og_json_dump(json, &amqp->out, &ignored);
		og_buf_addc(&amqp->out, '\n');
	}
	json_decref(json);
}

void amqp_answer(struct amqp *amqp, const struct amqp_request *request, json_t *members)
{
	json_t *json = json_pack("{s:I,s:b}", "id", (json_int_t)request->id, "ok", 1);

	if (json && members)
		json_object_update(json, members);
	json_decref(members);
	if (request->id > 0)
		amqp_say(amqp, json);
	else
		json_decref(json);
}

/* What nobody wants an answer of is told where somebody may see it. */
void amqp_refuse(struct amqp *amqp, const struct amqp_request *request, const struct og_err *err)
{
	if (request->id > 0)
		amqp_say(amqp, json_pack("{s:I,s:b,s:i,s:s}", "id", (json_int_t)request->id, "ok",
					 0, "code", err->code, "why", err->msg));
	else if (!og_json_bool(request->json, "hint", 0))
		og_note(amqp->ctx, "%s", err->msg);
}

/* Writes what the reader takes. When it is gone there is nobody left to ask
 * or to answer; what is being published is waited for all the same. */
static void flush_out(struct amqp *amqp)
{
	ssize_t n = 0;

	if (amqp->out.len > 0)
		n = write(STDOUT_FILENO, amqp->out.data, amqp->out.len);
	if (amqp->out.failed || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		amqp->ending = 1;
		og_buf_clear(&amqp->out);
	} else if (n > 0) {
		memmove(amqp->out.data, amqp->out.data + n, amqp->out.len - (size_t)n + 1);
		amqp->out.len -= (size_t)n;
	}
}

/* --- the first line -------------------------------------------------------------- */

/* For names and certificates; those that are there. */
static int give_up_authority(const struct amqp *amqp, struct og_err *err)
{
	const char *wanted[] = { "/etc",
				 "/usr/lib",
				 "/lib",
				 "/usr/share/ca-certificates",
				 "/usr/local/share/ca-certificates",
				 "/run/systemd/resolve",
				 amqp_text(amqp->open, "ca", NULL),
				 amqp_text(amqp->open, "cert", NULL),
				 amqp_text(amqp->open, "key", NULL) };
	const char *there[sizeof(wanted) / sizeof(*wanted) + 1] = { NULL };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (wanted[i] && access(wanted[i], R_OK) == 0)
			there[n++] = wanted[i];
	if (og_sandbox_no_exec(err) < 0 || og_sandbox_paths(there, NULL, err) < 0)
		return -1;
	return 0;
}

static json_t *product(const struct amqp *amqp)
{
	const amqp_table_t *about = amqp_get_server_properties(amqp->links[AMQP_OUT].connection);
	json_t *json = json_object();

	for (int i = 0; json && i < about->num_entries; i++) {
		char name[AMQP_NAME_MAX + 1], text[AMQP_NAME_MAX + 1];

		if (about->entries[i].value.kind != AMQP_FIELD_KIND_UTF8)
			continue;
		amqp_copy(name, about->entries[i].key);
		amqp_copy(text, about->entries[i].value.value.bytes);
		if (strcmp(name, "product") == 0 || strcmp(name, "version") == 0)
			json_object_set_new(json, name, json_string(text));
	}
	return json;
}

static int read_first(struct amqp *amqp, struct og_lines *lines, struct og_err *err)
{
	char *line;
	size_t len;
	int n = og_lines_next(lines, og_deadline(FIRST_LINE_S * 1000), &line, &len, err);

	if (n <= 0)
		return n;
	if (amqp_request_parse(line, len, &amqp->open, err) < 0)
		return -1;
	explicit_bzero(line, len);
	if (amqp->open->op != AMQP_OPEN)
		return og_fail(err, OG_EDATA, "the first request has to be 'open'");
	return give_up_authority(amqp, err) < 0 ? -1 : 1;
}

/* A broker that is not there is an answer like any other; then it is over. */
static void connect_first(struct amqp *amqp)
{
	struct og_err why = OG_ERR_INIT;

	if (amqp_link_open(amqp, &amqp->links[AMQP_OUT], &why) < 0) {
		amqp_refuse(amqp, amqp->open, &why);
		amqp->ending = 1;
	} else {
		amqp_answer(amqp, amqp->open, product(amqp));
	}
}

/* --- the loop ----------------------------------------------------------------------- */

/* Every request that came whole. */
static int take_requests(struct amqp *amqp, struct og_lines *lines, struct og_err *err)
{
	struct amqp_request *request;
	char *line;
	size_t len;
	int n;

	while ((n = og_lines_next(lines, og_deadline(0), &line, &len, err)) > 0) {
		if (amqp_request_parse(line, len, &request, err) < 0)
			return -1;
		amqp_act(amqp, request);
	}
	if (n < 0 && err->code != OG_ETEMP)
		return -1;
	og_err_clear(err);
	amqp->ending = n == 0;
	return 0;
}

static int64_t next_look(const struct amqp *amqp)
{
	int64_t links = amqp_links_due(amqp), publishes = amqp_publishes_due(amqp);

	return links < publishes ? links : publishes;
}

static int is_ready(const struct amqp_link *link)
{
	return link->connection &&
	       (amqp_frames_enqueued(link->connection) || amqp_data_in_buffer(link->connection));
}

/* Sleeps until somebody wants something, or something is due. 1: there is
 * a request to read. */
static int wait_any(const struct amqp *amqp, struct og_err *err)
{
	struct pollfd fds[2 + AMQP_SIDES];
	int left = og_deadline_left(next_look(amqp));

	fds[0] = (struct pollfd){ amqp->ending ? -1 : STDIN_FILENO, POLLIN, 0 };
	fds[1] = (struct pollfd){ amqp->out.len ? STDOUT_FILENO : -1, POLLOUT, 0 };
	for (int i = 0; i < AMQP_SIDES; i++) {
		const struct amqp_link *link = &amqp->links[i];

		fds[2 + i] =
			(struct pollfd){ link->connection ? amqp_get_sockfd(link->connection) : -1,
					 POLLIN, 0 };
		if (is_ready(link))
			left = 0;
	}
	if (poll(fds, 2 + AMQP_SIDES, left) < 0 && errno != EINTR)
		return og_fail(err, OG_EOS, "cannot poll: %s", strerror(errno));
	return fds[0].revents != 0;
}

static void pump_all(struct amqp *amqp)
{
	for (int i = 0; i < AMQP_SIDES; i++)
		if (amqp->links[i].connection)
			amqp_pump(amqp, &amqp->links[i], 0);
}

/* After the last request what is under way is waited for. */
static int converse(struct amqp *amqp, struct og_lines *lines, struct og_err *err)
{
	int asked = 1; /* more may have come with the first line */

	for (;;) {
		if (asked > 0 && !amqp->ending && take_requests(amqp, lines, err) < 0)
			return -1;
		if (amqp_links_mend(amqp, err) < 0)
			return -1;
		amqp_publishes_go_on(amqp);
		flush_out(amqp);
		if (amqp->ending && !amqp->publishes && !amqp->out.len)
			return 0;
		asked = wait_any(amqp, err);
		if (asked < 0)
			return -1;
		pump_all(amqp);
	}
}

static void release(struct amqp *amqp)
{
	struct amqp_request *next;

	for (int i = 0; i < AMQP_SIDES; i++)
		amqp_link_close(&amqp->links[i]);
	while (amqp->held)
		amqp_held_drop(amqp, &amqp->held);
	for (; amqp->publishes; amqp->publishes = next) {
		next = amqp->publishes->next;
		amqp_request_free(amqp->publishes);
	}
	amqp_request_free(amqp->open);
	json_decref(amqp->consumers);
	json_decref(amqp->got);
	og_buf_release(&amqp->out);
}

static int run(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct amqp amqp = { .ctx = ctx, .consumers = json_object() };
	struct og_lines lines;
	int rc;

	(void)args;
	for (int i = 0; i < AMQP_SIDES; i++)
		amqp.links[i].side = (enum amqp_side)i;
	og_buf_init(&amqp.out, OUT_MAX);
	og_lines_init(&lines, STDIN_FILENO, AMQP_LINE_MAX);
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	rc = amqp.consumers ? read_first(&amqp, &lines, err) : og_fail_nomem(err);
	if (rc > 0) {
		connect_first(&amqp);
		rc = converse(&amqp, &lines, err);
	}
	release(&amqp);
	og_lines_release(&lines);
	return rc;
}

static const struct og_opt options[] = {
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_command commands[] = {
	{ NULL, "", "answer requests from standard input until it ends", options, 0, 0, run },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-amqp",
	"one conversation with an AMQP broker",
	commands,
};
