/*
 * og.conf and finding the instance.
 */
#include "lib/conf/conf.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "tests/unit/unit.h"

#define ROOM "/tmp/og-conf-XXXXXX"

/* What env() answers: NAME, VALUE, NAME, VALUE, ... NULL. */
static const char *const *environment;

static const char *env(const char *name)
{
	for (const char *const *p = environment; p && *p; p += 2)
		if (strcmp(*p, name) == 0)
			return p[1];
	return NULL;
}

struct room {
	char dir[sizeof(ROOM)], start[4096], file[96];
};

/* A directory with an instance whose og.conf has this text. */
static int open_room(struct room *room, const char *text)
{
	struct og_err err = OG_ERR_INIT;
	char home[64];

	environment = NULL;
	memcpy(room->dir, ROOM, sizeof(ROOM));
	if (!OG_CHECK(mkdtemp(room->dir) != NULL) ||
	    !OG_CHECK(getcwd(room->start, sizeof(room->start)) != NULL))
		return 0;
	snprintf(home, sizeof(home), "%s/.omnigate", room->dir);
	snprintf(room->file, sizeof(room->file), "%s/og.conf", home);
	return OG_CHECK(mkdir(home, 0700) == 0) &&
	       OG_CHECK_OK(og_file_write(room->file, text, strlen(text), 0600, &err), &err);
}

static void close_room(struct room *room)
{
	char home[64];

	OG_CHECK(chdir(room->start) == 0);
	snprintf(home, sizeof(home), "%s/.omnigate", room->dir);
	unlink(room->file);
	rmdir(home);
	rmdir(room->dir);
}

/* The error of loading an og.conf of this text; its code. */
static int load_text(const char *text, struct og_err *err)
{
	struct og_conf *conf = NULL;
	struct room room;
	int rc = -2;

	if (open_room(&room, text))
		rc = og_conf_load(room.dir, env, &conf, err);
	og_conf_free(conf);
	close_room(&room);
	return rc;
}

static void defaults_and_what_is_written(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_conf *conf = NULL;
	struct room room;
	char want[80];

	if (!open_room(&room, "# a comment\n\n  queue =  sqlite:other.db \r\nstep_limit=7\n"))
		return;
	if (OG_CHECK_OK(og_conf_load(room.dir, env, &conf, &err), &err)) {
		OG_CHECK_STR(conf->queue, "sqlite:other.db");
		OG_CHECK_STR(conf->model, "skill:");
		OG_CHECK_STR(conf->telemetry, "off");
		OG_CHECK_INT(conf->max_steps, 7);
		OG_CHECK_INT(conf->max_repeats, 3);
		OG_CHECK_INT(conf->task_seconds, 300);
		snprintf(want, sizeof(want), "%s/.omnigate/erp.db", room.dir);
		OG_CHECK_STR(conf->erp, want);
	}
	og_conf_free(conf);
	close_room(&room);
}

static void the_environment_wins(void)
{
	static const char *const set[] = { "OG_QUEUE", "sqlite:env.db", "OG_TASK_SECONDS", "5",
					   NULL };
	static const char *const wrong[] = { "OG_STEP_LIMIT", "none", NULL };
	struct og_err err = OG_ERR_INIT;
	struct og_conf *conf = NULL;
	struct room room;

	if (!open_room(&room, "queue = sqlite:file.db\n"))
		return;
	environment = set;
	if (OG_CHECK_OK(og_conf_load(room.dir, env, &conf, &err), &err)) {
		OG_CHECK_STR(conf->queue, "sqlite:env.db");
		OG_CHECK_INT(conf->task_seconds, 5);
	}
	og_conf_free(conf);
	environment = wrong;
	OG_CHECK(og_conf_load(room.dir, env, &conf, &err) < 0);
	OG_CHECK_INT(err.code, OG_ECONF);
	OG_CHECK_STR(err.msg, "environment: step_limit: 'none' is not a whole number");
	close_room(&room);
}

static void mistakes_are_named_with_their_line(void)
{
	static const struct {
		const char *text, *why, *hint;
	} wrong[] = {
		{ "\nquue = x\n", "og.conf:2: unknown key 'quue'", "did you mean 'queue'?" },
		{ "zebra = x\n", "og.conf:1: unknown key 'zebra'", "og.conf(5) lists the keys" },
		{ "queue\n", "og.conf:1: 'queue' is not of the form key = value", "" },
		{ "queue =\n", "og.conf:1: 'queue' has no value", "" },
		{ "graph = a\ngraph = b", "og.conf:2: 'graph' is given twice",
		  "a line above has it, perhaps the one that og init wrote: keep one" },
		{ "step_limit = 0", "og.conf:1: step_limit: 0 is not within 1 and 10000", "" },
		{ "step_limit = 99999999999999999999",
		  "og.conf:1: step_limit: 99999999999999999999 is not within 1 and 10000", "" },
		{ "= x\n", "og.conf:1: unknown key ''", "og.conf(5) lists the keys" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct og_err err = OG_ERR_INIT;

		OG_CHECK_INT(load_text(wrong[i].text, &err), -1);
		OG_CHECK_INT(err.code, OG_ECONF);
		OG_CHECK_STR(err.msg, wrong[i].why);
		OG_CHECK_STR(err.hint, wrong[i].hint);
	}
}

static void what_is_said_of_models(void)
{
	static const struct {
		const char *text, *why, *hint;
	} wrong[] = {
		{ "model_stream = yes", "model_stream: 'yes' is not one of its words",
		  "off or on" },
		{ "model_writes = all", "model_writes: 'all' is not one of its words",
		  "granted, approved or none" },
		{ "fallback = model", "fallback: 'model' is not one of its words",
		  "none or skill" },
		{ "model_price = 1", "model_price: '1' is no price in USD per million tokens",
		  "model_price = INPUT OUTPUT [CACHED], as in 0.30 2.50 0.075" },
		{ "model_price = 1 2 3 4",
		  "model_price: '1 2 3 4' is no price in USD per million tokens",
		  "model_price = INPUT OUTPUT [CACHED], as in 0.30 2.50 0.075" },
		{ "model_price = 1 -2", "model_price: '1 -2' is no price in USD per million tokens",
		  "model_price = INPUT OUTPUT [CACHED], as in 0.30 2.50 0.075" },
		{ "embed_price = 1e3", "embed_price: '1e3' is no price in USD per million tokens",
		  "embed_price = 0.15" },
		{ "task_cost = 1,5", "task_cost: '1,5' is no sum in USD",
		  "task_cost = 2.50, 1000000 at most; 0 is no limit" },
		/* More than can be counted with is no leave to spend it all. */
		{ "task_cost = 2000000", "task_cost: '2000000' is no sum in USD",
		  "task_cost = 2.50, 1000000 at most; 0 is no limit" },
		{ "model_price = 2000000 1",
		  "model_price: '2000000 1' is no price in USD per million tokens",
		  "model_price = INPUT OUTPUT [CACHED], as in 0.30 2.50 0.075" },
		{ "day_cost = 1.", "day_cost: '1.' is no sum in USD",
		  "day_cost = 2.50, 1000000 at most; 0 is no limit" },
		{ "skill_cost = none", "skill_cost: 'none' is no sum in USD",
		  "skill_cost = 2.50, 1000000 at most; 0 is no limit" },
		{ "principal_cost = 1 2", "principal_cost: '1 2' is no sum in USD",
		  "principal_cost = 2.50, 1000000 at most; 0 is no limit" },
		{ "model_headers = X-Id", "model_headers: 'X-Id' is not NAME=FILE",
		  "model_headers = X-Client-Id=secrets/client-id" },
		{ "model_headers = X-Id= Y=b", "model_headers: 'X-Id=' is not NAME=FILE",
		  "model_headers = X-Client-Id=secrets/client-id" },
		{ "model_headers = X:Id=a", "model_headers: 'X:Id' is no name of a header", "" },
		{ "model_headers = X-Id=a x-id=b", "model_headers: 'x-id' is given twice", "" },
		{ "model_headers = a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=9",
		  "model_headers: more than 8 headers", "" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct og_err err = OG_ERR_INIT;

		OG_CHECK_INT(load_text(wrong[i].text, &err), -1);
		OG_CHECK_INT(err.code, OG_ECONF);
		OG_CHECK_STR(err.msg, wrong[i].why);
		OG_CHECK_STR(err.hint, wrong[i].hint);
	}
}

static int store_of(const char *url, struct og_store_place *place, struct og_err *err)
{
	char graph[1200];
	struct og_conf conf = {
		.graph = graph, .vectors = "sqlite:", .graph_key = "key", .graph_ca = "none"
	};

	snprintf(graph, sizeof(graph), "%s", url);
	return og_conf_store(&conf, OG_STORE_GRAPH, place, err);
}

static void stores_elsewhere(void)
{
	static const char *const wrong[] = { "neo4j+http://h",	     "neo4j+http://h/",
					     "neo4j+http://h/a/b",   "neo4j+http://h/..",
					     "neo4j+http://h/a?b",   "neo4j+http://u:p@h/a",
					     "neo4j+ftp://h/a",	     "neo4j://h/a",
					     "qdrant+http://h/a",    "neo4j+http:///a",
					     "neo4j+http://h/%2e%2e" };
	struct og_store_place place;
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_INT(store_of("sqlite:", &place, &err), 0);
	OG_CHECK_INT(store_of("neo4j+https://[::1]:7473/a.b-c_1", &place, &err), 1);
	OG_CHECK_STR(place.kind, "neo4j");
	OG_CHECK_STR(place.origin, "https://[::1]:7473");
	OG_CHECK_STR(place.name, "a.b-c_1");
	OG_CHECK_STR(place.key, "key");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		OG_CHECK_INT(store_of(wrong[i], &place, &err), -1);
		OG_CHECK_INT(err.code, OG_ECONF);
	}
}

static void headers_of_a_model(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_model_header header;
	struct og_conf *conf = NULL;
	struct room room;

	if (!open_room(&room, "model_headers =  X-Client-Id=secrets/id\tX-Client-Secret=/a=b \n"
			      "model_price = 0.30  2.5 0.075\nfallback = skill\ntask_cost = 0\n"))
		return;
	if (OG_CHECK_OK(og_conf_load(room.dir, env, &conf, &err), &err)) {
		OG_CHECK_INT(og_conf_model_header(conf, 0, &header, &err), 1);
		OG_CHECK_STR(header.name, "X-Client-Id");
		OG_CHECK_STR(header.file, "secrets/id");
		OG_CHECK_INT(og_conf_model_header(conf, 1, &header, &err), 1);
		OG_CHECK_STR(header.name, "X-Client-Secret");
		OG_CHECK_STR(header.file, "/a=b");
		OG_CHECK_INT(og_conf_model_header(conf, 2, &header, &err), 0);
	}
	og_conf_free(conf);
	close_room(&room);
}

static void what_is_no_text(void)
{
	struct og_err err = OG_ERR_INIT;
	static char big[70000];

	OG_CHECK_INT(load_text("queue = \xff\n", &err), -1);
	OG_CHECK_INT(err.code, OG_ECONF);
	OG_CHECK(strstr(err.msg, "is not a text") != NULL);
	memset(big, '#', sizeof(big) - 1);
	OG_CHECK_INT(load_text(big, &err), -1);
	OG_CHECK_INT(err.code, OG_ECONF);
}

/* The home found from dir with this hint, or NULL. */
static char *found(const char *hint, struct og_err *err)
{
	struct og_conf *conf = NULL;
	char *home;

	if (og_conf_load(hint, env, &conf, err) < 0)
		return NULL;
	home = strdup(conf->home);
	og_conf_free(conf);
	return home;
}

static void found_by_walking_up_and_by_name(void)
{
	const char *named[] = { "OG_HOME", NULL, NULL }, *empty[] = { "OG_HOME", "", NULL };
	struct og_err err = OG_ERR_INIT;
	struct room room;
	char below[64], want[64], *home;

	if (!open_room(&room, ""))
		return;
	snprintf(below, sizeof(below), "%s/below", room.dir);
	snprintf(want, sizeof(want), "%s/.omnigate", room.dir);
	OG_CHECK(mkdir(below, 0700) == 0 && chdir(below) == 0);
	environment = empty;
	home = found(NULL, &err);
	OG_CHECK_STR(home, want);
	free(home);
	OG_CHECK(chdir("/") == 0);
	OG_CHECK(found(NULL, &err) == NULL);
	OG_CHECK_STR(err.msg, "no instance here or above");
	OG_CHECK(found("", &err) == NULL);
	OG_CHECK(found(below, &err) == NULL);
	OG_CHECK_INT(err.code, OG_ECONF);
	named[1] = want;
	environment = named;
	home = found(NULL, &err);
	OG_CHECK_STR(home, want);
	free(home);
	rmdir(below);
	close_room(&room);
}

static void another_users_is_taken_by_name_only(void)
{
	struct og_err err = OG_ERR_INIT;
	struct room room;
	char home[64], *taken;

	if (geteuid() != 0) {
		OG_SKIP("only root can give a directory away");
		return;
	}
	if (!open_room(&room, ""))
		return;
	snprintf(home, sizeof(home), "%s/.omnigate", room.dir);
	OG_CHECK(chown(home, 65534, 65534) == 0 && chdir(room.dir) == 0);
	OG_CHECK(found(NULL, &err) == NULL);
	OG_CHECK_INT(err.code, OG_EPERM);
	taken = found(room.dir, &err);
	OG_CHECK_STR(taken, home);
	free(taken);
	close_room(&room);
}

static void names_of_principals(void)
{
	static const char *const good[] = { "a", "alice", "a-b_c9",
					    "a2345678901234567890123456789012" };
	static const char *const bad[] = {
		"",	"A",   "9a",  "-a",	  "a.b",
		"../a", "a/b", "a b", "\xc3\xa4", "a23456789012345678901234567890123"
	};
	struct og_conf conf = { .keys = (char[]){ "/k" } };
	struct og_err err = OG_ERR_INIT;
	char *path = NULL;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		OG_CHECK(og_principal_name_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		OG_CHECK(!og_principal_name_valid(bad[i]));
		OG_CHECK(og_conf_key_path(&conf, bad[i], &path, &err) < 0 && err.code == OG_EPERM);
	}
	OG_CHECK_OK(og_conf_key_path(&conf, "alice", &path, &err), &err);
	OG_CHECK_STR(path, "/k/alice.key");
	free(path);
}

int main(void)
{
	OG_RUN(defaults_and_what_is_written);
	OG_RUN(the_environment_wins);
	OG_RUN(mistakes_are_named_with_their_line);
	OG_RUN(what_is_said_of_models);
	OG_RUN(headers_of_a_model);
	OG_RUN(stores_elsewhere);
	OG_RUN(what_is_no_text);
	OG_RUN(found_by_walking_up_and_by_name);
	OG_RUN(another_users_is_taken_by_name_only);
	OG_RUN(names_of_principals);
	return og_done();
}
