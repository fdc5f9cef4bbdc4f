/*
 * A server for the tests that takes itself for a Neo4j: it knows the
 * statements of lib/skill/neo4j-wire.h and no other, keeps what they put in
 * memory, speaks the Query API and tx/commit on the loopback, at a port of
 * its own which it prints, logs the statements as lines of JSON, and ends by
 * itself. It misbehaves as the first word of a file says, for as long as it
 * stands there:
 *
 *	neo4j-fake [--log FILE] [--behave FILE] [--login USER:PASSWORD]
 *		   [--seconds N]
 *
 *	old		GET / names no query API: an older server
 *	none		GET / says nothing
 *	flat		a single row is one flat list
 *	error		an error inside 202, after half of the rows
 *	transient	the same, that may work later
 *	busy		503
 *	login		401, whoever asks
 *	slow		no answer for five seconds
 *	partial		half of the body, then the end
 *	drop		it does what is asked and closes without an answer
 *	hold		what is to be written is kept, and nothing answered
 *	deliver		what was kept is done, after what is asked
 *	garbage		a body that is no JSON
 *	above		skills of any clearance
 *	lower		the same, and says that they are for everybody
 *	doc hash	with a text, a hash that is another
 *	many		100,000 rows
 *	twice		every row twice
 *	endless		always a full page
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/skill/neo4j-wire.h"
#include "tests/servers/listen.h"
#include "tests/servers/requests.h"

#define REQUEST_MAX ((size_t)16 << 20)
#define MANY	    100000

static struct {
	const char *log, *behave;
	char login[400]; /* the header that is wanted, or "" */
	json_t *nodes;	 /* by name, as they were put */
	json_t *constraints;
	json_t *owner; /* {"instance","seq"} */
	json_t *held;  /* requests: [STATEMENT,PARAMETERS] */
	char how[32];
} fake;

static int is(const char *word)
{
	return strcmp(fake.how, word) == 0;
}

static void read_behaviour(void)
{
	FILE *file = fake.behave ? fopen(fake.behave, "r") : NULL;

	fake.how[0] = '\0';
	if (file) {
		if (fscanf(file, "%31s", fake.how) != 1)
			fake.how[0] = '\0';
		fclose(file);
	}
}

/* --- what the statements do ------------------------------------------------------------ */

static const json_t *property(const json_t *node, const char *key)
{
	return json_object_get(json_object_get(node, "properties"), key);
}

static json_t *get(const json_t *node, const char *key)
{
	return json_incref((json_t *)property(node, key));
}

static int64_t level_of(const char *name)
{
	const json_t *node = json_object_get(fake.nodes, name);

	return node ? json_integer_value(property(node, "clearance")) : 0;
}

static void add_edges(json_t *edges, const json_t *node, const char *key, const char *type,
		      int64_t clearance)
{
	json_t *target;
	size_t i;

	json_array_foreach(json_object_get(node, key), i,
			   target) if (strcmp(type, "TOUCHES") == 0 ||
				       level_of(json_string_value(target)) <= clearance)
		json_array_append_new(edges, json_pack("[s,O]", type, target));
}

static json_t *list_row(const json_t *node, int64_t clearance)
{
	const char *kind = og_json_str(node, "kind");
	json_t *edges = json_array();
	char label[32];

	snprintf(label, sizeof(label), "%s", kind);
	label[0] = (char)(label[0] - 'a' + 'A');
	add_edges(edges, node, "governs", "GOVERNS", clearance);
	add_edges(edges, node, "depends_on", "DEPENDS_ON", clearance);
	add_edges(edges, node, "next", "NEXT", clearance);
	add_edges(edges, node, "touches", "TOUCHES", clearance);
	return json_pack("[o,o,[s,s],o,o,o,o,o]", get(node, "name"), get(node, "id"), "Skill",
			 label, is("lower") ? json_integer(1) : get(node, "clearance"),
			 get(node, "roles"), get(node, "description"),
			 is("hash") ? json_sprintf("%064d", 7) : get(node, "hash"), edges);
}

static json_t *doc_row(const json_t *node, int heads)
{
	const char *text = json_string_value(property(node, "doc"));
	json_t *doc = is("doc") ? json_sprintf("%.*s,\"x\":1}", (int)strlen(text) - 1, text)
				: json_string(text);

	return json_pack("[o,o,o,o,o]", get(node, "name"), get(node, "id"),
			 is("lower") ? json_integer(1) : get(node, "clearance"),
			 is("hash") ? json_sprintf("%064d", 7) : get(node, "hash"),
			 heads ? (json_decref(doc), json_true()) : doc);
}

/* Names in order: jansson's objects keep that of their insertion. */
static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *read_nodes(const struct og_neo4j_statement *which, const json_t *given)
{
	const char *after = og_json_str(given, "after"), **names, *name;
	int64_t clearance = og_json_int(given, "clearance", 3);
	size_t limit = (size_t)og_json_int(given, "limit", 0), n = 0;
	json_t *rows = json_array(), *node;

	names = calloc(json_object_size(fake.nodes) + 1, sizeof(*names));
	json_object_foreach(fake.nodes, name,
			    node) if (strcmp(name, is("endless") ? "" : after) > 0 &&
				      (is("above") || is("lower") || level_of(name) <= clearance))
		names[n++] = name;
	qsort(names, n, sizeof(*names), compare_names);
	for (size_t i = 0; i < n && json_array_size(rows) < limit; i++) {
		node = json_object_get(fake.nodes, names[i]);
		json_array_append_new(rows, which == &og_neo4j_list_st
						    ? list_row(node, clearance)
						    : doc_row(node, which == &og_neo4j_heads_st));
	}
	free(names);
	n = json_array_size(rows);
	for (size_t i = 0; n > 0 && i < (is("many") ? MANY : is("twice") ? n : 0); i++)
		json_array_append(rows, json_array_get(rows, i % n));
	for (size_t i = 0; n > 0 && is("endless") && json_array_size(rows) < limit; i++)
		json_array_append(rows, json_array_get(rows, i % n));
	return rows;
}

/* Of what governs name directly, and so on. */
static json_t *governors(const json_t *given)
{
	json_t *found = json_object(), *rows = json_array(), *node, *ignored;
	const char *name, *other;
	size_t i, before;

	json_object_set_new(found, og_json_str(given, "name"), json_true());
	do {
		before = json_object_size(found);
		json_object_foreach(fake.nodes, name, node)
		{
			json_array_foreach(
				json_object_get(node, "governs"), i,
				ignored) if (json_object_get(found, json_string_value(ignored)))
				json_object_set_new(found, name, json_true());
		}
	} while (json_object_size(found) > before);
	json_object_foreach(found, other,
			    ignored) if (strcmp(other, og_json_str(given, "name")) != 0 &&
					 strcmp(other, og_json_str(given, "after")) > 0)
		json_array_append_new(rows, json_pack("[s]", other));
	json_decref(found);
	return rows;
}

/* Whose the database is, and which number was told last. */
static int may_write(const json_t *given, int claims)
{
	const char *owner = og_json_str(fake.owner, "instance");
	const char *writer = og_json_str(given, "instance");
	int64_t seq = og_json_int(given, "seq", -1);

	if (!writer || seq < 0 || (*owner && strcmp(owner, writer) != 0) ||
	    (!claims && og_json_int(fake.owner, "seq", 0) > seq))
		return 0;
	json_object_set_new(fake.owner, "instance", json_string(writer));
	json_object_set_new(fake.owner, "seq", json_integer(seq));
	return 1;
}

static json_t *put(const json_t *given)
{
	json_t *rows = json_array(), *node;
	size_t i;

	if (!may_write(given, 0))
		return rows;
	json_array_foreach(json_object_get(given, "nodes"), i, node)
	{
		json_object_set(fake.nodes, og_json_str(node, "name"), node);
		json_array_append_new(rows, json_pack("[O]", json_object_get(node, "name")));
	}
	return rows;
}

/* New reference; NULL: it does not know the statement. */
static json_t *perform(const char *text, const json_t *given, const char *const **ret_fields)
{
	const struct og_neo4j_statement *const known[] = {
		&og_neo4j_list_st,	  &og_neo4j_docs_st,	     &og_neo4j_heads_st,
		&og_neo4j_governors_st,	  &og_neo4j_put_st,	     &og_neo4j_drop_st,
		&og_neo4j_constraints_st, &og_neo4j_setup_st[0],     &og_neo4j_setup_st[1],
		&og_neo4j_setup_st[2],	  &og_neo4j_setup_st[3],     &og_neo4j_owner_st,
		&og_neo4j_claim_st,	  &og_neo4j_strangers_st[0], &og_neo4j_strangers_st[1],
		&og_neo4j_strangers_st[2]
	};
	const char *name = og_json_str(given, "name");
	size_t i = 0;

	while (i < sizeof(known) / sizeof(known[0]) && strcmp(known[i]->text, text) != 0)
		i++;
	if (i == sizeof(known) / sizeof(known[0]))
		return NULL;
	*ret_fields = known[i]->fields;
	if (i <= 2)
		return read_nodes(known[i], given);
	if (i == 3)
		return governors(given);
	if (i == 4)
		return put(given);
	if (i == 5)
		return may_write(given, 0) && json_object_del(fake.nodes, name) == 0
			       ? json_pack("[[s]]", name)
			       : json_array();
	if (i == 6)
		return json_incref(fake.constraints);
	if (i <= 10 && json_array_size(fake.constraints) < OG_NEO4J_CONSTRAINTS)
		json_array_append_new(fake.constraints, json_pack("[s]", text));
	if (i == 11)
		return json_pack("[[O,O]]", json_object_get(fake.owner, "instance"),
				 json_object_get(fake.owner, "seq"));
	if (i == 12)
		return may_write(given, 1) ? json_pack("[[s]]", "store") : json_array();
	return json_array();
}

/* What was kept is done now, in the order in which it came. */
static void deliver(void)
{
	const char *const *fields;
	json_t *request;
	size_t i;

	json_array_foreach(fake.held, i, request)
		json_decref(perform(json_string_value(json_array_get(request, 0)),
				    json_array_get(request, 1), &fields));
	json_array_clear(fake.held);
}

static int writes(const char *text)
{
	return strcmp(text, og_neo4j_put_st.text) == 0 || strcmp(text, og_neo4j_drop_st.text) == 0;
}

/* --- answers ---------------------------------------------------------------------------- */

static json_t *names_of(const char *const *fields)
{
	json_t *names = json_array();

	for (size_t i = 0; fields[i]; i++)
		json_array_append_new(names, json_string(fields[i]));
	return names;
}

static json_t *failure(const char *code, const char *message)
{
	return json_pack("{s:[{s:s,s:s}]}", "errors", "code", code, "message", message);
}

static json_t *query_answer(const char *const *fields, json_t *rows)
{
	json_t *data, *answer;

	if (is("flat") && json_array_size(rows) == 1) {
		json_t *row = json_incref(json_array_get(rows, 0));

		json_decref(rows);
		rows = row;
	}
	data = json_pack("{s:o,s:o}", "fields", names_of(fields), "values", rows);
	answer = json_pack("{s:o,s:[s]}", "data", data, "bookmarks", "FB:fake");
	if (is("error") || is("transient")) {
		json_t *errors = failure(
			is("error") ? "Neo.DatabaseError.General.UnknownError"
				    : "Neo.TransientError.General.MemoryPoolOutOfMemoryError",
			"it went wrong half way");

		json_object_update(answer, errors);
		json_decref(errors);
	}
	return answer;
}

static json_t *tx_answer(const char *const *fields, json_t *rows)
{
	json_t *data = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row)
		json_array_append_new(data, json_pack("{s:O,s:[n]}", "row", row, "meta"));
	json_decref(rows);
	return json_pack("{s:[{s:o,s:o}],s:[]}", "results", "columns", names_of(fields), "data",
			 data, "errors");
}

static void write_log(const char *path, const char *text, const json_t *given)
{
	json_t *line =
		json_pack("{s:s,s:s,s:O?}", "path", path, "statement", text, "parameters", given);
	FILE *log = fake.log ? fopen(fake.log, "a") : NULL;

	if (log) {
		json_dumpf(line, log, JSON_COMPACT);
		fputc('\n', log);
		fclose(log);
	}
	json_decref(line);
}

static json_t *run(const char *path, const char *body, size_t len, int *ret_status)
{
	struct og_err err = OG_ERR_INIT;
	int tx = strstr(path, "/tx/commit") != NULL;
	json_t *root = NULL, *one, *rows = NULL, *answer;
	const char *const *fields = NULL;

	if (og_json_parse(body, len, REQUEST_MAX, "request", &root, &err) < 0) {
		*ret_status = 400;
		return failure("Neo.ClientError.Request.InvalidFormat", err.msg);
	}
	one = tx ? json_array_get(json_object_get(root, "statements"), 0) : root;
	if (og_json_str(one, "statement")) {
		write_log(path, og_json_str(one, "statement"), json_object_get(one, "parameters"));
		if (is("hold") && writes(og_json_str(one, "statement")))
			json_array_append_new(fake.held,
					      json_pack("[O,O]", json_object_get(one, "statement"),
							json_object_get(one, "parameters")));
		else
			rows = perform(og_json_str(one, "statement"),
				       json_object_get(one, "parameters"), &fields);
		if (is("deliver"))
			deliver();
	}
	*ret_status = tx ? 200 : rows ? 202 : 400;
	answer = !rows ? failure("Neo.ClientError.Statement.SyntaxError",
				 "it knows no such statement")
		 : tx  ? tx_answer(fields, rows)
		       : query_answer(fields, rows);
	json_decref(root);
	return answer;
}

static json_t *answer_to(const char *path, const char *body, size_t len, int *ret_status)
{
	*ret_status = 200;
	if (strcmp(path, "/") == 0)
		return is("none") ? json_object()
		       : is("old")
			       ? json_pack("{s:s,s:s}", "transaction", "/db/{databaseName}/tx",
					   "neo4j_version", "4.4.0")
			       : json_pack("{s:s,s:s,s:s}", "query",
					   "http://elsewhere.invalid/db/{databaseName}/query/v2",
					   "transaction", "/db/{databaseName}/tx", "neo4j_version",
					   "5.26.0");
	if (strncmp(path, "/db/neo4j/", 10) != 0) {
		*ret_status = 404;
		return failure("Neo.ClientError.Database.DatabaseNotFound", "Graph not found");
	}
	if (is("busy")) {
		*ret_status = 503;
		return json_object();
	}
	return run(path, body, len, ret_status);
}

/* --- HTTP ------------------------------------------------------------------------------- */

static void say(int fd, int status, const char *text)
{
	char head[256];
	size_t len = strlen(text);
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 %d Something\r\nContent-Type: application/json\r\n"
			 "Connection: close\r\nContent-Length: %zu\r\n\r\n",
			 status, len);

	if (og_write_all(fd, head, (size_t)n) == 0)
		og_write_all(fd, text, is("partial") ? len / 2 : len);
}

static void serve_one(int fd)
{
	char method[16], path[512], *text;
	size_t head, len;
	struct og_buf raw;
	json_t *answer;
	int status;

	og_buf_init(&raw, REQUEST_MAX);
	if (!request_read(fd, &raw, &head, &len) ||
	    sscanf(raw.data, "%15s %511s", method, path) != 2) {
		og_buf_release(&raw);
		return;
	}
	read_behaviour();
	if (strcmp(path, "/") != 0 && (is("login") || !strcasestr(raw.data, fake.login))) {
		status = 401;
		answer = failure("Neo.ClientError.Security.Unauthorized", "Invalid credential.");
	} else {
		answer = answer_to(path, raw.data + head, len, &status);
	}
	text = json_dumps(answer, JSON_COMPACT);
	if (is("slow"))
		sleep(5);
	if (!is("drop") && !(is("hold") && json_object_get(answer, "errors")))
		say(fd, status, is("garbage") ? "\x16what?" : text);
	free(text);
	json_decref(answer);
	og_buf_release(&raw);
}

static void want_login(const char *login)
{
	struct og_buf text;

	og_buf_init(&text, 256);
	og_base64_encode(&text, login, strlen(login));
	snprintf(fake.login, sizeof(fake.login), "\r\nauthorization: basic %s\r\n", text.data);
	og_buf_release(&text);
}

int main(int argc, char **argv)
{
	unsigned seconds = 900;
	int fd;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--log") == 0)
			fake.log = argv[i + 1];
		else if (strcmp(argv[i], "--behave") == 0)
			fake.behave = argv[i + 1];
		else if (strcmp(argv[i], "--login") == 0)
			want_login(argv[i + 1]);
		else if (strcmp(argv[i], "--seconds") == 0)
			seconds = (unsigned)strtoul(argv[i + 1], NULL, 10);
	}
	signal(SIGPIPE, SIG_IGN);
	alarm(seconds);
	fake.nodes = json_object();
	fake.constraints = json_array();
	fake.held = json_array();
	fake.owner = json_pack("{s:s,s:i}", "instance", "", "seq", 0);
	fd = listen_at(0, "neo4j-fake");
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client >= 0) {
			serve_one(client);
			close(client);
		}
	}
}
