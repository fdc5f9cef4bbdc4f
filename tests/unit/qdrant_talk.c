/*
 * The client of Qdrant, through og-http, with a server: the fake of the
 * tests, which holds all that is said against the real one's OpenAPI, and a
 * real one where OG_LIVE_QDRANT_URL names a collection there that may be made
 * and removed (OG_LIVE_QDRANT_KEY: a file with its API key). Then the store:
 * what is put there, and what is believed of it.
 */
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/policy/document.h"
#include "lib/policy/remote.h"
#include "tests/unit/unit.h"

#define OPENAPI "../shared/data/qdrant/openapi-v1.17.x.min.json"
#define HASH	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define WIDTH	4

static const struct og_vector_key key = { "m", 0 };

/* --- a server and a way to it -------------------------------------------------------- */

struct line {
	char dir[64], log[80], behave[80], url[200], origin[200];
	pid_t fake;
	struct og_net *net;
	struct og_qdrant *qdrant;
};

static const char *built(const char *name, char out[300])
{
	const char *build = getenv("OG_BUILD");

	snprintf(out, 300, "%s/%s", build ? build : "build", name);
	return out;
}

static int start_fake(struct line *line, const char *secret)
{
	char program[300], port[16] = "";
	int out[2];
	ssize_t n = 0;

	if (pipe(out) < 0)
		return 0;
	line->fake = fork();
	if (line->fake == 0) {
		dup2(out[1], 1);
		execl(built("tests/servers/qdrant", program), "qdrant", "--log", line->log,
		      "--behave", line->behave, "--seconds", "120", "--strict", "1", "--key",
		      secret, access(OPENAPI, R_OK) == 0 ? "--openapi" : NULL, OPENAPI, NULL);
		_exit(127);
	}
	close(out[1]);
	n = read(out[0], port, sizeof(port) - 1);
	close(out[0]);
	snprintf(line->origin, sizeof(line->origin), "http://127.0.0.1:%d",
		 n > 0 ? (int)strtol(port, NULL, 10) : 0);
	snprintf(line->url, sizeof(line->url), "qdrant+%.150s/rules", line->origin);
	return OG_CHECK(n > 0);
}

static int open_net(struct line *line, const char *secret, const char *file)
{
	const char *allow[] = { line->origin, NULL };
	char program[300], path[100], source[400];
	const char *secrets[] = { source, NULL };
	struct og_net_place place = { .program = built("libexec/omnigate/og-http", program),
				      .allow = allow,
				      .secrets = secrets };
	struct og_err err = OG_ERR_INIT;

	snprintf(path, sizeof(path), "%s/key", line->dir);
	if (secret && og_file_write(path, secret, strlen(secret), 0600, &err) < 0)
		return OG_CHECK(0);
	snprintf(source, sizeof(source), "%s=api-key=%s", line->origin, file ? file : path);
	if (!secret && !file)
		place.secrets = NULL;
	return OG_CHECK_OK(og_net_open(&place, &line->net, &err), &err) &&
	       OG_CHECK_OK(og_qdrant_open(line->url, "i", line->net, &line->qdrant, &err), &err);
}

static int open_line_with(struct line *line, const char *secret, const char *told)
{
	memset(line, 0, sizeof(*line));
	snprintf(line->dir, sizeof(line->dir), "/tmp/og-qdrant-XXXXXX");
	if (!OG_CHECK(mkdtemp(line->dir) != NULL))
		return 0;
	snprintf(line->log, sizeof(line->log), "%s/log", line->dir);
	snprintf(line->behave, sizeof(line->behave), "%s/behave", line->dir);
	return start_fake(line, secret) && open_net(line, told, NULL);
}

static int open_line(struct line *line)
{
	return open_line_with(line, "sesame", "sesame");
}

static void close_line(struct line *line)
{
	static const char *const files[] = { "log", "behave", "key" };
	char path[100];

	og_qdrant_free(line->qdrant);
	og_net_close(line->net);
	if (line->fake > 0) {
		kill(line->fake, SIGTERM);
		waitpid(line->fake, NULL, 0);
	}
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", line->dir, files[i]);
		unlink(path);
	}
	rmdir(line->dir);
}

static void behave(const struct line *line, const char *how)
{
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_file_write(line->behave, how, strlen(how), 0600, &err), &err);
}

/* How often the log has a line with this text. */
static int logged(const struct line *line, const char *text)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf log;
	int n = 0;

	og_buf_init(&log, 64 << 20);
	if (OG_CHECK_OK(og_file_read(line->log, "log", &log, &err), &err))
		for (const char *at = log.data; at && (at = strstr(at, text)); at++)
			n++;
	og_buf_release(&log);
	return n;
}

/* Nothing that was said, and nothing the fake said, was another's protocol. */
static void check_protocol(const struct line *line)
{
	int all = logged(line, "\"invalid\":\""), good = logged(line, "\"invalid\":\"\"");

	OG_CHECK(all > 0);
	OG_CHECK_INT(all, good);
}

/* --- points --------------------------------------------------------------------------- */

/* Number i of n, each of a text of its own, in a circle. */
struct made {
	char digest[OG_HASH_HEX + 1];
	float values[WIDTH];
};

static struct og_qdrant_point make_point(struct made *made, const char *policy, int i, int n)
{
	double angle = 2 * 3.14159265 * i / n;

	snprintf(made->digest, sizeof(made->digest), "%064x", (unsigned)i);
	made->values[0] = (float)cos(angle);
	made->values[1] = (float)sin(angle);
	made->values[2] = made->values[3] = 0;
	return (struct og_qdrant_point){ .policy = policy,
					 .hash = HASH,
					 .node = i % 2 ? "odd" : "even",
					 .source = i % 3 ? "law" : "email",
					 .heading = "H",
					 .digest = made->digest,
					 .clearance = 1 + i % 3,
					 .line = i,
					 .seq = 7,
					 .key = key,
					 .values = made->values,
					 .n = WIDTH };
}

static int put_points(struct og_qdrant *qdrant, const char *policy, int n)
{
	struct og_qdrant_point *points = calloc((size_t)n, sizeof(*points));
	struct made *made = calloc((size_t)n, sizeof(*made));
	struct og_err err = OG_ERR_INIT;
	int good;

	for (int i = 0; i < n; i++)
		points[i] = make_point(&made[i], policy, i, n);
	good = OG_CHECK_OK(og_qdrant_put(qdrant, points, (size_t)n, &err), &err);
	free(points);
	free(made);
	return good;
}

static int64_t count(struct og_qdrant *qdrant, const char *policy, const char *hash)
{
	struct og_err err = OG_ERR_INIT;
	int64_t n = -1;

	OG_CHECK_OK(og_qdrant_count(qdrant, policy, hash, &n, &err), &err);
	return n;
}

/* The hits nearest to the first point. */
static size_t search(struct og_qdrant *qdrant, int clearance, const char *node, const char *source,
		     struct og_qdrant_hit hits[10], size_t *left, int *code)
{
	static const float first[WIDTH] = { 1, 0, 0, 0 };
	const struct og_qdrant_query query = { .clearance = clearance,
					       .node = node,
					       .source = source,
					       .key = key,
					       .values = first,
					       .n = WIDTH,
					       .limit = 10 };
	struct og_err err = OG_ERR_INIT;
	size_t n = 0;

	*left = 0;
	og_qdrant_search(qdrant, &query, hits, &n, left, &err);
	*code = err.code;
	return n;
}

static void makes_a_collection_of(struct og_qdrant *qdrant)
{
	struct og_qdrant_state state = { .width = 0 };
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_INT(og_qdrant_look(qdrant, &state, &err), 0);
	OG_CHECK_OK(og_qdrant_setup(qdrant, WIDTH, &err), &err);
	OG_CHECK_OK(og_qdrant_setup(qdrant, WIDTH, &err), &err);
	OG_CHECK_INT(og_qdrant_look(qdrant, &state, &err), 1);
	OG_CHECK_INT(state.width, WIDTH);
	OG_CHECK_INT(state.cosine, 1);
	OG_CHECK_INT(state.indexed, 1);
	OG_CHECK(og_qdrant_setup(qdrant, WIDTH + 1, &err) < 0);
	OG_CHECK_INT(err.code, OG_ECONF);
	OG_CHECK(strstr(err.msg, "is for vectors of 4 values, these have 5") != NULL);
	OG_CHECK_INT(og_qdrant_look(qdrant, &state, &err), 1);
	OG_CHECK_INT(state.width, WIDTH); /* it stays as it is */
}

static void keeps_points_of(struct og_qdrant *qdrant)
{
	struct made made;
	struct og_qdrant_point point = make_point(&made, "memo", 1, 30);
	unsigned char have = 0;
	struct og_err err = OG_ERR_INIT;

	put_points(qdrant, "memo", 30);
	put_points(qdrant, "memo", 30); /* the same ones */
	put_points(qdrant, "other", 3);
	OG_CHECK_INT(count(qdrant, "memo", NULL), 30);
	OG_CHECK_INT(count(qdrant, NULL, NULL), 33);
	OG_CHECK_INT(count(qdrant, "memo", OTHER), 0);
	OG_CHECK_OK(og_qdrant_have(qdrant, &point, 1, &have, &err), &err);
	OG_CHECK_INT(have, 1);
	made.values[0] += 0.001f;
	OG_CHECK_OK(og_qdrant_have(qdrant, &point, 1, &have, &err), &err);
	OG_CHECK_INT(have, 0); /* its vector is another one now */
	made.values[0] -= 0.001f;
	point.clearance++;
	OG_CHECK_OK(og_qdrant_have(qdrant, &point, 1, &have, &err), &err);
	OG_CHECK_INT(have, 0); /* as is its clearance */
	point.hash = OTHER;
	OG_CHECK_OK(og_qdrant_put(qdrant, &point, 1, &err), &err);
	OG_CHECK_INT(count(qdrant, "memo", OTHER), 1);
	OG_CHECK_INT(count(qdrant, "memo", HASH), 30);
	OG_CHECK_OK(og_qdrant_drop(qdrant, "memo", HASH, &err), &err);
	OG_CHECK_INT(count(qdrant, "memo", NULL), 30);
	OG_CHECK_OK(og_qdrant_renew(qdrant, "memo", HASH, 9, &err), &err);
	OG_CHECK_OK(og_qdrant_drop(qdrant, "memo", HASH, &err), &err);
	OG_CHECK_INT(count(qdrant, "memo", HASH), 30);
}

static void finds_points_of(struct og_qdrant *qdrant)
{
	struct og_qdrant_hit hits[10];
	size_t left, n;
	int code;

	n = search(qdrant, 3, NULL, NULL, hits, &left, &code);
	OG_CHECK_INT(code, 0);
	OG_CHECK_INT(n, 10);
	OG_CHECK_INT(left, 0);
	OG_CHECK(hits[0].score > 0.99);
	for (size_t i = 1; i < n; i++)
		OG_CHECK(hits[i].score <= hits[i - 1].score);
	n = search(qdrant, 1, NULL, NULL, hits, &left, &code);
	OG_CHECK_INT(left, 0);
	OG_CHECK(n > 0);
	for (size_t i = 0; i < n; i++)
		OG_CHECK_INT(hits[i].clearance, 1);
	n = search(qdrant, 3, "even", "email", hits, &left, &code);
	OG_CHECK_INT(left, 0);
	OG_CHECK(n > 0 && n <= 6);
	OG_CHECK_INT(search(qdrant, 3, "nowhere", NULL, hits, &left, &code), 0);
	OG_CHECK_INT(code, 0);
}

static void removes_points_of(struct og_qdrant *qdrant)
{
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_qdrant_drop(qdrant, "memo", NULL, &err), &err);
	OG_CHECK_INT(count(qdrant, "memo", NULL), 0);
	OG_CHECK_INT(count(qdrant, NULL, NULL), 3);
}

/* All that a server is asked, from nothing to nothing. */
static void a_whole_life(void)
{
	struct line line;

	if (open_line(&line)) {
		makes_a_collection_of(line.qdrant);
		keeps_points_of(line.qdrant);
		finds_points_of(line.qdrant);
		removes_points_of(line.qdrant);
		check_protocol(&line);
		if (access(OPENAPI, R_OK) < 0)
			OG_SKIP("../shared/data/qdrant is absent: bodies were not held against it");
	}
	close_line(&line);
}

static void remove_collection(struct line *line)
{
	struct og_qdrant_place place;
	struct og_err err = OG_ERR_INIT;
	struct og_net_reply reply;
	struct og_net_request request = { .method = "DELETE" };
	char url[400];

	og_net_reply_init(&reply);
	if (OG_CHECK_OK(og_qdrant_place(line->url, &place, &err), &err)) {
		snprintf(url, sizeof(url), "%s/collections/%s", place.origin, place.collection);
		request.url = url;
		OG_CHECK_OK(og_net_call(line->net, &request, &reply, &err), &err);
	}
	og_net_reply_release(&reply);
}

/* The same with a real one. */
static void a_whole_life_live(void)
{
	const char *url = getenv("OG_LIVE_QDRANT_URL");
	struct og_err err = OG_ERR_INIT;
	struct og_qdrant_place place;
	struct line line;

	memset(&line, 0, sizeof(line));
	if (!url) {
		OG_SKIP("OG_LIVE_QDRANT_URL names no collection of a real server");
		return;
	}
	if (!OG_CHECK_OK(og_qdrant_place(url, &place, &err), &err))
		return;
	snprintf(line.url, sizeof(line.url), "%.199s", url);
	snprintf(line.origin, sizeof(line.origin), "%.199s", place.origin);
	if (open_net(&line, NULL, getenv("OG_LIVE_QDRANT_KEY"))) {
		makes_a_collection_of(line.qdrant);
		keeps_points_of(line.qdrant);
		finds_points_of(line.qdrant);
		removes_points_of(line.qdrant);
		remove_collection(&line);
	}
	close_line(&line);
}

static int add_up(void *arg, const struct og_qdrant_point *point, uint64_t print,
		  struct og_err *err)
{
	int64_t *sum = arg;

	(void)print;
	(void)err;
	sum[0]++;
	sum[1] += point->clearance;
	return 0;
}

static void pages(void)
{
	struct og_err err = OG_ERR_INIT;
	int64_t foreign = -1, sum[2] = { 0, 0 };
	struct line line;

	if (open_line(&line) && OG_CHECK_OK(og_qdrant_setup(line.qdrant, WIDTH, &err), &err) &&
	    put_points(line.qdrant, "memo", 2500) &&
	    OG_CHECK_OK(og_qdrant_each(line.qdrant, add_up, sum, &foreign, &err), &err)) {
		OG_CHECK_INT(sum[0], 2500);
		OG_CHECK_INT(sum[1], 4999);
		OG_CHECK_INT(foreign, 0);
		OG_CHECK_INT(logged(&line, "/points/scroll"), 3);
		OG_CHECK_INT(logged(&line, "\"PUT\",\"path\":\"/collections/rules/points\""),
			     (2500 + OG_QDRANT_BATCH - 1) / OG_QDRANT_BATCH);
		behave(&line, "*/points/scroll endless\n");
		OG_CHECK(og_qdrant_each(line.qdrant, add_up, sum, &foreign, &err) < 0);
		OG_CHECK_INT(err.code, OG_EUNAVAIL);
	}
	close_line(&line);
}

/* --- servers that misbehave ------------------------------------------------------------- */

static int setup_code(struct line *line)
{
	struct og_err err = OG_ERR_INIT;

	if (og_qdrant_setup(line->qdrant, WIDTH, &err) < 0)
		printf("# %s\n", err.msg);
	return err.code;
}

/* Somebody else makes the collection between our look and our making it. */
static void made_by_another(void)
{
	struct line line;

	if (open_line(&line)) {
		behave(&line, "/ exists 4\n");
		OG_CHECK_INT(setup_code(&line), 0);
		OG_CHECK_INT(logged(&line, "\"status\":409"), 1);
	}
	close_line(&line);
	if (open_line(&line)) {
		behave(&line, "/ exists 5\n");
		OG_CHECK_INT(setup_code(&line), OG_ECONF);
		OG_CHECK_INT(logged(&line, "/points"), 0); /* nothing was written */
		OG_CHECK_INT(logged(&line, "/index"), 0);
	}
	close_line(&line);
}

static void wrong_key(void)
{
	struct og_err err = OG_ERR_INIT;
	struct line line;

	if (open_line_with(&line, "sesame", "open")) {
		OG_CHECK(og_qdrant_setup(line.qdrant, WIDTH, &err) < 0);
		OG_CHECK_INT(err.code, OG_EPERM);
		OG_CHECK(strstr(err.msg, "Invalid API key") != NULL);
		OG_CHECK(strstr(err.hint, "vectors_key") != NULL);
		OG_CHECK_INT(logged(&line, "sesame"), 0);
	}
	close_line(&line);
}

static void no_collection(void)
{
	struct made made;
	struct og_qdrant_point point = make_point(&made, "memo", 1, 2);
	struct og_err err = OG_ERR_INIT;
	struct line line;
	int64_t n;

	if (open_line(&line)) {
		OG_CHECK(og_qdrant_put(line.qdrant, &point, 1, &err) < 0);
		OG_CHECK_INT(err.code, OG_ENOINPUT);
		OG_CHECK(og_qdrant_count(line.qdrant, NULL, NULL, &n, &err) < 0);
		OG_CHECK_INT(err.code, OG_ENOINPUT);
		check_protocol(&line);
	}
	close_line(&line);
}

/* Taken is not done: it may be asked for again, and is there then. */
static void late(void)
{
	struct made made;
	struct og_qdrant_point point = make_point(&made, "memo", 1, 2);
	struct og_err err = OG_ERR_INIT;
	struct line line;

	if (open_line(&line) && OG_CHECK_INT(setup_code(&line), 0)) {
		behave(&line, "/points late\n");
		OG_CHECK(og_qdrant_put(line.qdrant, &point, 1, &err) < 0);
		OG_CHECK_INT(err.code, OG_ETEMP);
		OG_CHECK_INT(count(line.qdrant, "memo", NULL), 0);
		OG_CHECK_OK(og_qdrant_put(line.qdrant, &point, 1, &err), &err);
		OG_CHECK_INT(count(line.qdrant, "memo", NULL), 1);
		behave(&line, "/points/delete late\n");
		OG_CHECK(og_qdrant_drop(line.qdrant, "memo", NULL, &err) < 0);
		OG_CHECK_INT(err.code, OG_ETEMP);
	}
	close_line(&line);
}

/* What passes by itself is waited out: the request is made again. */
static void passing(void)
{
	static const char *const ways[] = {
		"/points 503\n",   "/points 500\n",  "/points drop\n",
		"/points short\n", "/points lost\n", "/points 429 0\n"
	};
	struct made made;
	struct og_qdrant_point point = make_point(&made, "memo", 1, 2);
	struct og_err err = OG_ERR_INIT;
	struct line line;

	if (open_line(&line) && OG_CHECK_INT(setup_code(&line), 0))
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
			behave(&line, ways[i]);
			OG_CHECK_OK(og_qdrant_put(line.qdrant, &point, 1, &err), &err);
			OG_CHECK_INT(count(line.qdrant, "memo", NULL), 1);
		}
	close_line(&line);
}

static void lasting(void)
{
	static const struct {
		const char *how;
		int code;
	} ways[] = { { "*/points/query 503\n", OG_ETEMP },
		     { "*/points/query 500\n", OG_EUNAVAIL },
		     { "*/points/query 400\n", OG_EUNAVAIL },
		     { "*/points/query drop\n", OG_EUNAVAIL },
		     { "*/points/query short\n", OG_EUNAVAIL },
		     { "*/points/query garbage\n", OG_EUNAVAIL },
		     { "*/points/query badjson\n", OG_EUNAVAIL },
		     { "*/points/query empty\n", OG_EUNAVAIL },
		     { "*/points/query lie many\n", OG_EUNAVAIL },
		     { "*/points/query stall 1000\n", OG_ETEMP } };
	struct og_qdrant_hit hits[10];
	struct line line;
	size_t left;
	int code;

	if (open_line(&line) && OG_CHECK_INT(setup_code(&line), 0) &&
	    put_points(line.qdrant, "memo", 30)) {
		og_qdrant_patience(line.qdrant, 5000, 10000);
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
			behave(&line, ways[i].how);
			if (ways[i].code == OG_ETEMP && strstr(ways[i].how, "stall"))
				og_qdrant_patience(line.qdrant, 300, 10000);
			search(line.qdrant, 3, NULL, NULL, hits, &left, &code);
			if (!OG_CHECK_INT(code, ways[i].code))
				printf("# %s", ways[i].how);
		}
		behave(&line, "");
		og_qdrant_patience(line.qdrant, 5000, 10000);
		OG_CHECK_INT(search(line.qdrant, 3, NULL, NULL, hits, &left, &code), 10);
	}
	close_line(&line);
}

static void lies(void)
{
	static const char *const ways[] = { "clearance", "unlabelled", "policy", "nan", "shape" };
	struct og_qdrant_hit hits[10];
	char how[64];
	struct line line;
	size_t left, n;
	int code;

	if (open_line(&line) && OG_CHECK_INT(setup_code(&line), 0) &&
	    put_points(line.qdrant, "memo", 30))
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
			snprintf(how, sizeof(how), "*/points/query lie %s\n", ways[i]);
			behave(&line, how);
			n = search(line.qdrant, 1, NULL, NULL, hits, &left, &code);
			OG_CHECK_INT(code, 0);
			if (!OG_CHECK(left > 0))
				printf("# %s", how);
			for (size_t j = 0; j < n; j++)
				OG_CHECK_INT(hits[j].clearance, 1);
		}
	close_line(&line);
}

/* --- the store -------------------------------------------------------------------------- */

struct house {
	struct line line;
	char path[80];
	struct og_db *db;
	struct og_policies *policies;
	struct og_vectors *vectors;
};

static int open_house(struct house *h)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf sql;
	int rc;

	memset(h, 0, sizeof(*h));
	if (!open_line(&h->line))
		return 0;
	og_qdrant_patience(h->line.qdrant, 2000, 10000);
	snprintf(h->path, sizeof(h->path), "/tmp/og-qdrant.%ld.db", (long)getpid());
	unlink(h->path);
	og_buf_init(&sql, 1 << 20);
	rc = OG_CHECK_OK(og_file_read("share/schema/system.sql", "schema", &sql, &err), &err) &&
	     OG_CHECK_OK(og_db_open(h->path, OG_DB_CREATE, &h->db, &err), &err) &&
	     OG_CHECK_OK(og_db_exec(h->db, sql.data, &err), &err) &&
	     OG_CHECK_OK(og_policies_open(h->line.url, h->db, &h->policies, &err), &err) &&
	     OG_CHECK_OK(og_vectors_new(h->db, &h->vectors, &err), &err);
	og_buf_release(&sql);
	if (rc)
		og_policies_attach(h->policies, h->line.qdrant);
	return rc;
}

static void close_house(struct house *h)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char file[100];

	og_policies_free(h->policies);
	og_vectors_free(h->vectors);
	og_db_close(h->db);
	for (size_t i = 0; i < 3; i++) {
		snprintf(file, sizeof(file), "%s%s", h->path, ends[i]);
		/* A statement that was left keeps the database open. */
		OG_CHECK_INT(unlink(file), i == 0 ? 0 : -1);
	}
	close_line(&h->line);
}

/* What is put has an entry of the ledger. */
static const char entry_sql[] =
	"INSERT INTO audit_ledger SELECT coalesce(max(seq), 100) + 1, '', '', NULL, NULL, '', '', "
	"'policy', '', '' FROM audit_ledger";

/* A policy with one passage and its vector, at this angle. */
static void put(struct house *h, const char *name, int clearance, const char *text, double angle)
{
	const struct og_vector vector = { (float[]){ (float)cos(angle), (float)sin(angle), 0, 0 },
					  WIDTH };
	struct og_err err = OG_ERR_INIT;
	json_t *record = json_pack("{s:i,s:s}", "clearance", clearance, "node", "report"), *lacking;
	struct og_policy_id id;
	int64_t left, points;
	int kept;

	if (!OG_CHECK_OK(og_policy_read(text, strlen(text), name, record, &err), &err) ||
	    !OG_CHECK_OK(og_db_begin(h->db, 1, &err), &err) ||
	    !OG_CHECK_OK(og_db_exec(h->db, entry_sql, &err), &err) ||
	    !OG_CHECK_OK(og_policies_put(h->policies, record, &id, &err), &err) ||
	    !OG_CHECK_OK(og_policies_unembedded(h->policies, &key, 3, 1, &lacking, &left, &err),
			 &err))
		return;
	if (left == 1) {
		const char *digest = og_json_str(json_array_get(lacking, 0), "digest");

		kept = og_vectors_put(h->vectors, &key, OG_VECTOR_DOCUMENT, digest, &vector, &err);
		OG_CHECK_INT(kept, OG_VECTOR_NEW);
		OG_CHECK_OK(og_policies_vector(h->policies, &key, digest, OG_VECTOR_NEW, &err),
			    &err);
	}
	OG_CHECK_OK(og_db_commit(h->db, &err), &err);
	OG_CHECK_OK(og_policies_send(h->policies, name, NULL, &points, &err), &err);
	OG_CHECK_INT(points, 1);
	json_decref(lacking);
	json_decref(record);
}

/* Names of what is found by meaning alone, one after the other. */
static const char *found(struct house *h, int clearance, char out[400])
{
	const struct og_vector vector = { (float[]){ 1, 0, 0, 0 }, WIDTH };
	const struct og_policy_search wanted = { .filter = { .clearance = clearance,
							     .in_force = 1 },
						 .query = "zzz",
						 .limit = 10,
						 .key = &key,
						 .vector = &vector };
	struct og_err err = OG_ERR_INIT;
	json_t *list = NULL, *one;
	size_t i;

	*out = '\0';
	if (OG_CHECK_OK(og_policies_search(h->policies, &wanted, &list, &err), &err))
		json_array_foreach(list, i, one)
			snprintf(out + strlen(out), 400 - strlen(out), "%s%s", i ? " " : "",
				 og_json_str(one, "policy"));
	json_decref(list);
	return out;
}

static int fill_house(struct house *h)
{
	if (!open_house(h))
		return 0;
	put(h, "near", 1, "# Near\n\nChairs are stacked.\n", 0.1);
	put(h, "secret", 3, "# Secret\n\nThe merger is in May.\n", 0);
	put(h, "middle", 2, "# Middle\n\nDiscounts end at ten.\n", 0.5);
	put(h, "far", 1, "# Far\n\nPallets hold twelve.\n", 1.5);
	return 1;
}

static int64_t mistrusted(const struct house *h)
{
	return og_policies_asked(h->policies)->mistrusted;
}

static void finds_what_the_local_one_finds(void)
{
	struct house h;
	char there[400], here[400];

	if (fill_house(&h)) {
		for (int clearance = 1; clearance <= 3; clearance++) {
			og_policies_attach(h.policies, h.line.qdrant);
			found(&h, clearance, there);
			OG_CHECK_INT(og_policies_asked(h.policies)->asked, 1);
			OG_CHECK_INT(og_policies_asked(h.policies)->why.code, 0);
			OG_CHECK_INT(mistrusted(&h), 0);
			og_policies_attach(h.policies, NULL);
			found(&h, clearance, here);
			OG_CHECK_INT(og_policies_asked(h.policies)->asked, 0);
			OG_CHECK_STR(there, here);
		}
		OG_CHECK_STR(here, "secret near middle far");
		check_protocol(&h.line);
	}
	close_house(&h);
}

/* Whatever it says: nothing above the clearance, nothing that is not so, and
 * no order but ours. */
static void is_not_believed(void)
{
	static const struct {
		const char *how, *found;
		int64_t mistrusted;
	} ways[] = {
		{ "clearance", "near far", 2 },
		{ "lower", "near far", 2 },
		{ "unlabelled", "", 2 },
		{ "hash", "", 2 },
		{ "policy", "", 2 },
		{ "nan", "", 2 },
		{ "score", "", 2 },
		{ "shape", "", 2 },
		{ "twice", "near far", 2 },
		{ "unknown", "near far", 1 },
	};
	char how[64], text[400];
	struct house h;

	if (fill_house(&h))
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
			snprintf(how, sizeof(how), "/points/query lie %s\n", ways[i].how);
			behave(&h.line, how);
			OG_CHECK_STR(found(&h, 1, text), ways[i].found);
			if (!OG_CHECK_INT(mistrusted(&h), ways[i].mistrusted))
				printf("# %s", how);
		}
	close_house(&h);
}

/* It is down, slow or talks nonsense: what is here answers. */
static void can_be_done_without(void)
{
	static const char *const ways[] = { "*/points/query 503\n", "*/points/query drop\n",
					    "*/points/query badjson\n",
					    "*/points/query lie many\n" };
	struct house h;
	char text[400];

	if (fill_house(&h)) {
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
			behave(&h.line, ways[i]);
			OG_CHECK_STR(found(&h, 1, text), "near far");
			OG_CHECK_INT(og_policies_asked(h.policies)->asked, 1);
			OG_CHECK(og_policies_asked(h.policies)->why.code != 0);
		}
		kill(h.line.fake, SIGKILL);
		OG_CHECK_STR(found(&h, 3, text), "secret near middle far");
		OG_CHECK_INT(og_policies_asked(h.policies)->why.code, OG_EUNAVAIL);
	}
	close_house(&h);
}

struct seen {
	char hash[OG_HASH_HEX + 1], digest[OG_HASH_HEX + 1];
	struct og_qdrant_point point;
};

/* "NAME WHY NAME WHY", and how many agree. */
static const char *compared(struct house *h, int64_t *same, char out[400])
{
	struct og_err err = OG_ERR_INIT;
	json_t *list = NULL, *one;
	size_t i;

	*out = '\0';
	if (OG_CHECK_OK(og_policies_compare(h->policies, 100, &list, same, &err), &err))
		json_array_foreach(list, i, one)
			snprintf(out + strlen(out), 400 - strlen(out), "%s%s %s", i ? " " : "",
				 og_json_str(one, "name"), og_json_str(one, "why"));
	json_decref(list);
	return out;
}

static void is_compared_and_mended(void)
{
	struct made made;
	struct og_qdrant_point stray = make_point(&made, "stray", 1, 2);
	struct og_err err = OG_ERR_INIT;
	int64_t same = -1, points;
	char text[400];
	struct house h;

	if (!fill_house(&h)) {
		close_house(&h);
		return;
	}
	OG_CHECK_STR(compared(&h, &same, text), "");
	OG_CHECK_INT(same, 4);
	OG_CHECK_OK(og_qdrant_drop(h.line.qdrant, "near", NULL, &err), &err);
	OG_CHECK_OK(og_qdrant_put(h.line.qdrant, &stray, 1, &err), &err);
	stray.policy = "far"; /* an old version's point that stayed */
	OG_CHECK_OK(og_qdrant_put(h.line.qdrant, &stray, 1, &err), &err);
	stray.policy = "alien"; /* does not stand before what is ours */
	OG_CHECK_OK(og_qdrant_put(h.line.qdrant, &stray, 1, &err), &err);
	OG_CHECK_STR(compared(&h, &same, text),
		     "far stale near missing alien unknown stray unknown");
	OG_CHECK_INT(same, 2);
	OG_CHECK_OK(og_policies_send(h.policies, "far", NULL, &points, &err), &err);
	OG_CHECK_OK(og_policies_send(h.policies, "near", NULL, &points, &err), &err);
	OG_CHECK_OK(og_policies_send(h.policies, "stray", NULL, &points, &err), &err);
	OG_CHECK_OK(og_policies_send(h.policies, "alien", NULL, &points, &err), &err);
	OG_CHECK_INT(points, 0);
	OG_CHECK_STR(compared(&h, &same, text), "");
	OG_CHECK_INT(same, 4);
	close_house(&h);
}

static int take_one(void *arg, const struct og_qdrant_point *point, uint64_t print,
		    struct og_err *err)
{
	struct seen *seen = arg;

	(void)print;
	(void)err;
	if (strcmp(point->policy, "near") != 0)
		return 0;
	snprintf(seen->hash, sizeof(seen->hash), "%s", point->hash);
	snprintf(seen->digest, sizeof(seen->digest), "%s", point->digest);
	seen->point = *point;
	seen->point.policy = "near";
	seen->point.hash = seen->hash;
	seen->point.digest = seen->digest;
	seen->point.node = "report";
	seen->point.source = "policy";
	seen->point.heading = "H";
	seen->point.key = key;
	return 0;
}

/* A point that says another thing of itself, or of its vector, than is so
 * here is found out, and mended. */
static void each_point_is_looked_at(void)
{
	static const float other[WIDTH] = { 0, 0, 1, 0 };
	struct og_err err = OG_ERR_INIT;
	struct seen seen = { .hash = "" };
	int64_t same, points, foreign;
	char text[400];
	struct house h;

	if (fill_house(&h) &&
	    OG_CHECK_OK(og_qdrant_each(h.line.qdrant, take_one, &seen, &foreign, &err), &err)) {
		seen.point.values = other;
		seen.point.n = WIDTH;
		OG_CHECK_OK(og_qdrant_put(h.line.qdrant, &seen.point, 1, &err), &err);
		OG_CHECK_STR(compared(&h, &same, text), "near vectors");
		OG_CHECK_OK(og_policies_send(h.policies, "near", NULL, &points, &err), &err);
		OG_CHECK_STR(compared(&h, &same, text), "");
		seen.point.clearance++;
		OG_CHECK_OK(og_qdrant_put(h.line.qdrant, &seen.point, 1, &err), &err);
		OG_CHECK_STR(compared(&h, &same, text), "near stale");
		OG_CHECK_OK(og_policies_send(h.policies, "near", NULL, &points, &err), &err);
		OG_CHECK_STR(compared(&h, &same, text), "");
	}
	close_house(&h);
}

/* A new version takes the place of the old one, there too. */
static void follows_versions(void)
{
	struct og_err err = OG_ERR_INIT;
	int64_t same = -1, points;
	char text[400];
	struct house h;

	if (fill_house(&h)) {
		put(&h, "near", 1, "# Near\n\nChairs are stacked by five.\n", 0.2);
		OG_CHECK_INT(count(h.line.qdrant, "near", NULL), 1);
		OG_CHECK_STR(found(&h, 1, text), "near far");
		OG_CHECK_STR(compared(&h, &same, text), "");
		/* Once more: nothing is sent that is there. */
		behave(&h.line, "*/points 500\n");
		OG_CHECK(og_policies_send(h.policies, "near", NULL, &points, &err) < 0);
		behave(&h.line, "");
		points = logged(&h.line, "\"PUT\",\"path\":\"/collections/rules/points\"");
		OG_CHECK_OK(og_policies_send(h.policies, "near", NULL, &same, &err), &err);
		OG_CHECK_INT(logged(&h.line, "\"PUT\",\"path\":\"/collections/rules/points\""),
			     points);
	}
	close_house(&h);
}

/* The collection was removed by somebody: it is made again, and filled. */
static void a_lost_collection(void)
{
	struct og_err err = OG_ERR_INIT;
	int64_t same, points = -1;
	char text[400];
	struct house h;

	if (fill_house(&h)) {
		remove_collection(&h.line);
		OG_CHECK_STR(found(&h, 1, text), "near far"); /* by what is here */
		OG_CHECK_INT(og_policies_asked(h.policies)->why.code, OG_ENOINPUT);
		OG_CHECK_STR(compared(&h, &same, text),
			     "far missing middle missing near missing secret missing");
		OG_CHECK_OK(og_policies_send(h.policies, "near", NULL, &points, &err), &err);
		OG_CHECK_INT(points, 1);
		OG_CHECK_INT(count(h.line.qdrant, NULL, NULL), 1);
	}
	close_house(&h);
}

/* Vectors of another width have no place in the collection. */
static void another_width(void)
{
	const struct og_vector_key wide = { "wide", 0 };
	const struct og_vector vector = { (float[]){ 1, 0, 0, 0, 0, 0 }, WIDTH + 2 };
	static const char text[] = "# Wide\n\nShelves bend.\n";
	struct og_err err = OG_ERR_INIT;
	json_t *record = json_pack("{s:i,s:s}", "clearance", 1, "node", "report"), *lacking = NULL;
	struct og_policy_id id;
	int64_t left, points;
	char listed[400];
	struct house h;

	if (fill_house(&h) &&
	    OG_CHECK_OK(og_policy_read(text, strlen(text), "wide", record, &err), &err) &&
	    OG_CHECK_OK(og_db_begin(h.db, 1, &err), &err) &&
	    OG_CHECK_OK(og_policies_put(h.policies, record, &id, &err), &err) &&
	    OG_CHECK_OK(og_policies_unembedded(h.policies, &key, 3, 1, &lacking, &left, &err),
			&err)) {
		OG_CHECK_OK(og_vectors_put(h.vectors, &wide, OG_VECTOR_DOCUMENT,
					   og_json_str(json_array_get(lacking, 0), "digest"),
					   &vector, &err),
			    &err);
		OG_CHECK_OK(og_db_commit(h.db, &err), &err);
		OG_CHECK(og_policies_send(h.policies, "wide", NULL, &points, &err) < 0);
		OG_CHECK_INT(err.code, OG_ECONF);
		OG_CHECK(og_policies_send(h.policies, "wide", &wide, &points, &err) < 0);
		OG_CHECK_INT(err.code, OG_ECONF);
		OG_CHECK_INT(count(h.line.qdrant, "wide", NULL), 0);
		OG_CHECK_INT(count(h.line.qdrant, NULL, NULL), 4);
		OG_CHECK_STR(compared(&h, &left, listed), "wide missing");
	}
	json_decref(record);
	json_decref(lacking);
	close_house(&h);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	OG_RUN(a_whole_life);
	OG_RUN(a_whole_life_live);
	OG_RUN(pages);
	OG_RUN(made_by_another);
	OG_RUN(wrong_key);
	OG_RUN(no_collection);
	OG_RUN(late);
	OG_RUN(passing);
	OG_RUN(lasting);
	OG_RUN(lies);
	OG_RUN(finds_what_the_local_one_finds);
	OG_RUN(is_not_believed);
	OG_RUN(can_be_done_without);
	OG_RUN(is_compared_and_mended);
	OG_RUN(each_point_is_looked_at);
	OG_RUN(follows_versions);
	OG_RUN(a_lost_collection);
	OG_RUN(another_width);
	return og_done();
}
