/*
 * The client of Neo4j against a server that errs, lies or goes away: what
 * is wrong is said, what is no skill is left out, and nothing above the
 * clearance that was asked for comes through.
 */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/skill/neo4j.h"
#include "tests/unit/unit.h"

static char behave[80], key[100], origin[80];
static pid_t server;
static struct og_net *net;
static struct og_neo4j *neo4j;

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (OG_CHECK(file != NULL)) {
		fputs(text, file);
		fclose(file);
	}
}

static const char *built(const char *name, char out[300])
{
	const char *build = getenv("OG_BUILD");

	snprintf(out, 300, "%s/%s", build ? build : "build", name);
	return out;
}

static int start_server(void)
{
	char program[300], port[16] = "";
	int out[2];

	snprintf(behave, sizeof(behave), "/tmp/og-neo4j-fake.%ld", (long)getpid());
	snprintf(key, sizeof(key), "%s.key", behave);
	umask(077);
	write_file(key, "neo4j:secret\n");
	if (pipe(out) < 0)
		return 0;
	server = fork();
	if (server == 0) {
		dup2(out[1], 1);
		execl(built("tests/servers/neo4j-fake", program), "neo4j-fake", "--behave", behave,
		      "--login", "neo4j:secret", "--seconds", "120", NULL);
		_exit(127);
	}
	close(out[1]);
	OG_CHECK(read(out[0], port, sizeof(port) - 1) > 0);
	close(out[0]);
	port[strcspn(port, "\n")] = '\0';
	snprintf(origin, sizeof(origin), "http://127.0.0.1:%s", port);
	return 1;
}

static int open_line(int64_t patience)
{
	char program[300], login[300], url[200];
	const char *const allow[] = { origin, NULL }, *const logins[] = { login, NULL };
	struct og_net_place way = { .program = built("libexec/omnigate/og-http", program),
				    .allow = allow,
				    .login = logins };
	struct og_neo4j_place place;
	struct og_err err = OG_ERR_INIT;

	snprintf(login, sizeof(login), "%s=%s", origin, key);
	snprintf(url, sizeof(url), "neo4j+%s/neo4j", origin);
	return OG_CHECK_OK(og_net_open(&way, &net, &err), &err) &&
	       OG_CHECK_OK(og_neo4j_place(url, &place, &err), &err) &&
	       OG_CHECK_OK(og_neo4j_open(&place, net, patience, &neo4j, &err), &err);
}

static void close_line(void)
{
	og_neo4j_free(neo4j);
	og_net_close(net);
	neo4j = NULL;
	net = NULL;
}

/* --- skills: one of each clearance ------------------------------------------------------ */

static void put_three(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *nodes = json_array();

	for (int i = 1; i <= 3; i++) {
		json_t *doc = json_pack("{s:o,s:s,s:i,s:[s]}", "name", json_sprintf("skill-%d", i),
					"description", "d", "clearance", i, "next", "skill-2");
		char hash[OG_HASH_HEX + 1];

		OG_CHECK_OK(og_skill_complete(doc, &err), &err);
		OG_CHECK_OK(og_skill_hash(doc, hash, &err), &err);
		json_array_append_new(
			nodes, json_pack("{s:o,s:s,s:i}", "doc", doc, "hash", hash, "id", i));
	}
	OG_CHECK_OK(og_neo4j_put(neo4j, nodes, NULL, &err), &err);
	json_decref(nodes);
}

/* "LIST+LEFT DOCS+LEFT" at a clearance, or the code and what it says. */
static void asked(const char *how, int clearance, const char *want)
{
	struct og_err err = OG_ERR_INIT;
	json_t *list = NULL, *docs = NULL;
	int out = 0, docs_out = 0;
	char got[OG_ERR_MSG_MAX + 64];

	write_file(behave, how);
	if (og_neo4j_list(neo4j, clearance, &list, &out, &err) < 0 ||
	    og_neo4j_docs(neo4j, clearance, &docs, &docs_out, &err) < 0)
		snprintf(got, sizeof(got), "%d", err.code);
	else
		snprintf(got, sizeof(got), "%zu+%d %zu+%d", json_array_size(list), out,
			 json_array_size(docs), docs_out);
	if (!OG_CHECK_STR(got, want))
		printf("# %s: %s\n", how, err.msg);
	for (size_t i = 0; i < json_array_size(list); i++)
		OG_CHECK(og_json_int(json_array_get(list, i), "clearance", 9) <= clearance);
	json_decref(list);
	json_decref(docs);
}

static void an_honest_server(void)
{
	put_three();
	asked("", 1, "1+0 1+0");
	asked("", 3, "3+0 3+0");
	asked("flat", 1, "1+0 1+0");
}

static void lies_are_left_out(void)
{
	asked("above", 1, "1+2 1+2");
	/* A doc says itself for whom it is; of a list's row that is told by
	 * whoever has the record. */
	asked("lower", 1, "3+0 1+2");
	asked("doc", 3, "3+0 0+3");
	asked("hash", 3, "3+0 0+3");
	asked("twice", 3, "3+3 3+3");
}

static void what_never_ends_is_ended(void)
{
	asked("many", 3, "69");
	asked("endless", 3, "69");
}

static void what_goes_wrong_is_told_apart(void)
{
	asked("error", 3, "69");
	asked("transient", 3, "75");
	asked("busy", 3, "75");
	asked("login", 3, "77");
	asked("partial", 3, "69");
	asked("drop", 3, "69");
	asked("garbage", 3, "69");
	asked("none", 3, "69");
	asked("", 3, "3+0 3+0"); /* and is over when it is over */
}

static void an_older_server(void)
{
	close_line();
	if (open_line(30000))
		asked("old", 3, "3+0 3+0");
}

/* It has done it, and did not say so: doing it again is no harm. */
static void an_answer_that_is_lost(void)
{
	struct og_err err = OG_ERR_INIT;

	write_file(behave, "");
	OG_CHECK_INT(og_neo4j_drop(neo4j, "skill-3", &err), 1);
	write_file(behave, "garbage");
	OG_CHECK_INT(og_neo4j_drop(neo4j, "skill-2", &err), -1);
	write_file(behave, "");
	OG_CHECK_INT(og_neo4j_drop(neo4j, "skill-2", &err), 0);
	put_three();
	asked("", 3, "3+0 3+0");
}

/* Given up, and carried out when a newer version was there: no harm either. */
static void what_comes_late(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *list = NULL;

	write_file(behave, "hold");
	og_neo4j_writes_as(neo4j, "me", 7);
	OG_CHECK_INT(og_neo4j_drop(neo4j, "skill-2", &err), -1);
	write_file(behave, "");
	og_neo4j_writes_as(neo4j, "me", 8);
	put_three();
	write_file(behave, "deliver");
	OG_CHECK_OK(og_neo4j_heads(neo4j, &list, NULL, &err), &err);
	json_decref(list);
	write_file(behave, "");
	OG_CHECK_OK(og_neo4j_heads(neo4j, &list, NULL, &err), &err);
	OG_CHECK_INT(json_array_size(list), 3);
	json_decref(list);
	og_neo4j_writes_as(neo4j, "another", 99);
	OG_CHECK_INT(og_neo4j_drop(neo4j, "skill-2", &err), -1);
	OG_CHECK_INT(err.code, OG_ECONF);
	og_neo4j_writes_as(neo4j, "me", 9);
}

static void it_does_not_wait_for_ever(void)
{
	close_line();
	if (open_line(300))
		asked("slow", 3, "75");
}

int main(void)
{
	if (start_server() && open_line(30000)) {
		OG_RUN(an_honest_server);
		OG_RUN(lies_are_left_out);
		OG_RUN(what_never_ends_is_ended);
		OG_RUN(what_goes_wrong_is_told_apart);
		OG_RUN(an_older_server);
		OG_RUN(an_answer_that_is_lost);
		OG_RUN(what_comes_late);
		OG_RUN(it_does_not_wait_for_ever);
	}
	close_line();
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	unlink(behave);
	unlink(key);
	return og_done();
}
