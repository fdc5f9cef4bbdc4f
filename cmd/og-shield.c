/*
 * og-shield: the gate in front of the business database. One-shot commands
 * for people and scripts, and --channel, the way every other program asks.
 *
 * The one-shots hold the same conversation in process that a client holds
 * over a pipe, signature included, so there is one way in and one set of
 * rules. Order in every command: open the instance and the key, give up
 * all other authority, only then read the statement.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-main.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/json/table.h"
#include "lib/shield/channel-grants.h"
#include "lib/shield/channel.h"

#define SQL_MAX ((size_t)1 << 20)

/* A one-shot: an open instance and a conversation signed in as --as. */
struct desk {
	struct og_conf *conf;
	struct og_shield *shield;
	struct og_conversation *talk;
	const struct og_ctx *ctx;
	int json;
	int missing; /* grants: only what nobody may read */
};

static void desk_close(struct desk *desk)
{
	og_conversation_free(desk->talk);
	og_shield_close(desk->shield);
	og_conf_free(desk->conf);
}

/* Sends one request (taken over). A refusal is an error; with --json it is
 * printed too, for machines. */
static int ask(struct desk *desk, const char *verb, json_t *request, json_t **ret,
	       struct og_err *err)
{
	json_t *reply = NULL;
	int rc = og_conversation_request(desk->talk, verb, request, &reply, err);

	json_object_del(reply, "id");
	if (rc < 0 && reply && desk->json && og_print_json(reply, err) < 0)
		rc = -1;
	if (rc == 0) {
		json_object_del(reply, "ok");
		*ret = json_incref(reply);
	}
	json_decref(reply);
	return rc;
}

static int desk_open(const struct og_ctx *ctx, const struct og_args *args, struct desk *desk,
		     struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	const char *name;
	char *key = NULL;
	int rc = -1;

	memset(desk, 0, sizeof(*desk));
	desk->ctx = ctx;
	desk->json = og_arg_flag(args, "json");
	if (og_principal_from(ctx, args, &name, err) < 0 ||
	    og_conf_from(ctx, args, &desk->conf, err) < 0 ||
	    og_conf_key_path(desk->conf, name, &key, err) < 0 || og_key_read(key, seed, err) < 0 ||
	    og_shield_open(desk->conf, &desk->shield, err) < 0 ||
	    og_shield_seal(desk->shield, err) < 0 ||
	    og_conversation_new(desk->shield, &desk->talk, err) < 0 ||
	    og_conversation_sign_in(desk->talk, name, seed, err) < 0)
		goto out;
	rc = 0;
out:
	explicit_bzero(seed, sizeof(seed));
	free(key);
	if (rc < 0)
		desk_close(desk);
	return rc;
}

/* The statement: the argument, or standard input when it is absent or "-". */
static int statement(const struct og_args *args, struct og_buf *sql, struct og_err *err)
{
	const char *given = og_arg(args, 0);

	if (given && strcmp(given, "-") != 0) {
		og_buf_adds(sql, given);
		return og_buf_check(sql, "statement", err);
	}
	if (og_fd_read(STDIN_FILENO, "statement", sql, err) < 0)
		return -1;
	if (memchr(sql->data, '\0', sql->len))
		return og_fail(err, OG_EDATA, "the statement holds a NUL byte");
	return 0;
}

/* --param NAME=VALUE: what reads as a JSON number is one, the rest is text. */
static json_t *param_value(const char *text)
{
	int64_t whole;
	double real;

	if (og_int_parse(text, INT64_MIN, INT64_MAX, "", &whole, NULL) == 0)
		return json_integer(whole);
	if (og_double_parse(text, "", &real, NULL) == 0)
		return json_real(real);
	return json_string(text);
}

static int add_params(const struct og_args *args, json_t *request, struct og_err *err)
{
	json_t *params = json_object();
	const char *text;

	if (og_json_set(request, "params", params, err) < 0)
		return -1;
	for (size_t i = 0; (text = og_arg_list(args, "param", i)); i++) {
		size_t len = strcspn(text, "=");
		char name[64];

		if (text[len] != '=' || len == 0 || len >= sizeof(name))
			return og_fail(err, OG_EUSAGE, "--param '%s' is not NAME=VALUE", text);
		memcpy(name, text, len);
		name[len] = '\0';
		if (og_json_set(params, name, param_value(text + len + 1), err) < 0)
			return og_fail(err, OG_EDATA, "--param %s: not UTF-8", name);
	}
	return 0;
}

static json_t *sql_object(const struct og_buf *sql, struct og_err *err)
{
	json_t *request = json_pack("{s:s%}", "sql", sql->len > 0 ? sql->data : "", sql->len);

	if (!request)
		og_fail(err, OG_EDATA, "the statement is not UTF-8");
	return request;
}

/* {"sql":..,"params":{..}} from the command line and standard input. */
static json_t *sql_request(const struct og_args *args, struct og_err *err)
{
	struct og_buf sql;
	json_t *request = NULL;

	og_buf_init(&sql, SQL_MAX);
	if (statement(args, &sql, err) == 0 && (request = sql_object(&sql, err)) &&
	    add_params(args, request, err) < 0) {
		json_decref(request);
		request = NULL;
	}
	og_buf_release(&sql);
	return request;
}

/* Output: rows as lines of JSON, or as a table. */

static int print_rows(const json_t *columns, const json_t *rows, struct og_err *err)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		json_t *object = og_row_object(columns, row);
		int rc = object ? og_print_json(object, err) : og_fail_nomem(err);

		json_decref(object);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int print_table(const json_t *columns, const json_t *rows, struct og_err *err)
{
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, 4 * OG_CHANNEL_LINE_MAX);
	if (og_table_text(columns, rows, &text, err) == 0)
		rc = og_print(text.data, text.len, err);
	og_buf_release(&text);
	return rc;
}

/* What is printed. */

static int show_rows(const struct desk *desk, const json_t *reply, struct og_err *err)
{
	const json_t *columns = json_object_get(reply, "columns");
	const json_t *rows = json_object_get(reply, "rows");
	int rc = desk->json ? print_rows(columns, rows, err) : print_table(columns, rows, err);

	if (rc == 0 && json_array_size(json_object_get(reply, "truncated")) > 0)
		og_note(desk->ctx, "something was left out: over the limit of rows or bytes");
	return rc;
}

/* What a change answered: JSON, or one line. */
static int show_receipt(const struct desk *desk, const json_t *reply, struct og_err *err)
{
	long long affected = og_json_int(reply, "affected", -1);
	long long seq = og_json_int(reply, "seq", 0);

	if (desk->json)
		return og_print_json(reply, err);
	if (affected >= 0)
		return og_printf(err, "%lld row%s changed, entry %lld\n", affected,
				 affected == 1 ? "" : "s", seq);
	return og_printf(err, "done, entry %lld\n", seq);
}

/* A schema change is SQL, or a structured request when it starts with "{". */
static json_t *ddl_request(const struct og_args *args, struct og_err *err)
{
	struct og_buf text;
	json_t *request = NULL;
	const char *start;

	og_buf_init(&text, SQL_MAX);
	if (statement(args, &text, err) < 0)
		goto out;
	start = text.len > 0 ? text.data : "";
	start += strspn(start, " \t\r\n");
	if (*start != '{')
		request = sql_object(&text, err);
	else if (og_json_parse(start, strlen(start), SQL_MAX, "request", &request, err) < 0)
		request = NULL;
out:
	og_buf_release(&text);
	return request;
}

static int show_verdict(const struct desk *desk, const json_t *reply, struct og_err *err)
{
	const char *verdict = og_json_str(reply, "verdict");

	(void)desk;
	if (og_print_json(reply, err) < 0)
		return -1;
	return verdict && strcmp(verdict, "allow") == 0 ? OG_OK : OG_NO;
}

static json_t *empty_request(const struct og_args *args, struct og_err *err)
{
	json_t *request = json_object();

	(void)args;
	if (!request)
		og_fail_nomem(err);
	return request;
}

static int add_column(json_t *rows, const json_t *table, const json_t *column)
{
	int writable = json_array_size(json_object_get(table, "verbs")) > 1;
	char marks[32];

	snprintf(marks, sizeof(marks), "%s%s%s", og_json_bool(column, "pk", 0) ? "key " : "",
		 og_json_bool(column, "masked", 0) ? "masked " : "",
		 writable && og_json_bool(column, "settable", 0) ? "settable" : "");
	return json_array_append_new(rows, json_pack("[O,O,O,s]", json_object_get(table, "name"),
						     json_object_get(column, "name"),
						     json_object_get(column, "type"), marks));
}

static int show_schema(const struct desk *desk, const json_t *reply, struct og_err *err)
{
	json_t *names = json_pack("[s,s,s,s]", "table", "column", "type", "");
	json_t *rows = json_array(), *table, *column;
	size_t i, j;
	int rc = 0;

	json_array_foreach(json_object_get(reply, "tables"), i, table)
	{
		json_array_foreach(json_object_get(table, "columns"), j, column)
		{
			rc |= add_column(rows, table, column);
		}
	}
	if (rc < 0 || !names)
		rc = og_fail_nomem(err);
	else
		rc = desk->json ? og_print_json(reply, err) : print_table(names, rows, err);
	json_decref(names);
	json_decref(rows);
	return rc;
}

/* "a,b,c" to an array of names. */
static json_t *name_list(const char *text)
{
	json_t *array = json_array();

	while (array && *text) {
		size_t len = strcspn(text, ",");

		if (len > 0)
			json_array_append_new(array, json_stringn(text, len));
		text += len + (text[len] == ',');
	}
	return array;
}

static int add_list(json_t *grant, const struct og_args *args, const char *name, struct og_err *err)
{
	const char *text = og_arg_value(args, name);

	return text ? og_json_set(grant, name, name_list(text), err) : 0;
}

static json_t *grant_request(const struct og_args *args, struct og_err *err)
{
	const char *where = og_arg_value(args, "where");
	json_t *grant =
		json_pack("{s:s,s:s,s:s,s:o}", "subject", og_arg(args, 0), "tbl", og_arg(args, 1),
			  "effect", og_arg_flag(args, "forbid") ? "forbid" : "permit", "verbs",
			  name_list(og_arg(args, 2)));

	if (!grant)
		og_fail(err, OG_EDATA, "the grant is not UTF-8");
	else if (add_list(grant, args, "visible", err) == 0 &&
		 add_list(grant, args, "masked", err) == 0 &&
		 add_list(grant, args, "settable", err) == 0 &&
		 (!where || og_json_set(grant, "predicate", json_string(where), err) == 0))
		return grant;
	json_decref(grant);
	return NULL;
}

static int print_change(char sign, const json_t *grant, struct og_err *err)
{
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, SQL_MAX);
	if (og_json_dump(grant, &text, err) == 0)
		rc = og_printf(err, "%c %s\n", sign, text.data);
	og_buf_release(&text);
	return rc;
}

static int watch_change(void *arg, const json_t *change, struct og_err *err)
{
	static const struct {
		const char *key;
		char sign;
	} parts[] = { { "old", '-' }, { "drop", '-' }, { "put", '+' } };

	(void)arg;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const json_t *grant = json_object_get(change, parts[i].key);

		if (grant && print_change(parts[i].sign, grant, err) < 0)
			return -1;
	}
	return 0;
}

static int read_grants(int fd, json_t **ret, struct og_err *err)
{
	struct og_buf text;
	json_t *parsed = NULL, *list;
	int rc = -1;

	og_buf_init(&text, SQL_MAX);
	if (og_fd_read(fd, "grants", &text, err) < 0 ||
	    og_json_parse(text.data ? text.data : "", text.len, SQL_MAX, "grants", &parsed, err) <
		    0)
		goto out;
	list = json_is_object(parsed) ? json_object_get(parsed, "grants") : parsed;
	if (!json_is_array(list)) {
		og_fail(err, OG_EDATA, "grants: not an array");
		goto out;
	}
	*ret = json_incref(list);
	rc = 0;
out:
	json_decref(parsed);
	og_buf_release(&text);
	return rc;
}

static int apply_file(const struct og_ctx *ctx, const struct og_args *args, const char *path,
		      struct og_err *err)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	static const struct og_grants_watch watch = { watch_change, NULL };
	struct desk desk;
	json_t *grants = NULL;
	int rc = -1;

	if (fd < 0)
		return og_fail(err, OG_ENOINPUT, "cannot open '%s': %m", path);
	if (desk_open(ctx, args, &desk, err) == 0) {
		if (read_grants(fd, &grants, err) == 0)
			rc = og_grants_apply(desk.talk, grants, og_arg_flag(args, "dry-run"),
					     &watch, err);
		desk_close(&desk);
	}
	json_decref(grants);
	if (fd != STDIN_FILENO)
		close(fd);
	return rc;
}

static json_t *revoke_request(const struct og_args *args, struct og_err *err)
{
	json_t *request =
		json_pack("{s:s,s:s,s:s}", "subject", og_arg(args, 0), "tbl", og_arg(args, 1),
			  "effect", og_arg_flag(args, "forbid") ? "forbid" : "permit");

	if (!request)
		og_fail(err, OG_EDATA, "the arguments are not UTF-8");
	return request;
}

static json_t *grants_request(const struct og_args *args, struct og_err *err)
{
	json_t *request = empty_request(args, err);

	if (request && og_arg(args, 0) &&
	    og_json_set(request, "subject", json_string(og_arg(args, 0)), err) < 0) {
		json_decref(request);
		return NULL;
	}
	return request;
}

/* One name per line: what no role may read. */
static int show_missing(const json_t *reply, struct og_err *err)
{
	size_t i;
	json_t *name;

	json_array_foreach(json_object_get(reply, "missing"), i,
			   name) if (og_printf(err, "%s\n", json_string_value(name)) < 0) return -1;
	return 0;
}

static int show_grants(const struct desk *desk, const json_t *reply, struct og_err *err)
{
	size_t i;
	json_t *grant;

	if (desk->missing)
		return show_missing(reply, err);
	json_array_foreach(json_object_get(reply, "grants"), i, grant)
	{
		json_t *plain = og_grant_plain(grant);
		int rc = plain ? og_print_json(plain, err) : og_fail_nomem(err);

		json_decref(plain);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/*
 * Commands. All but --channel and --apply are the same shape: a request
 * from the arguments, a verb, a way to print the reply.
 */
static const struct shape {
	const char *command, *verb;
	json_t *(*request)(const struct og_args *args, struct og_err *err);
	/* returns the exit status or -1 */
	int (*print)(const struct desk *desk, const json_t *reply, struct og_err *err);
} shapes[] = {
	{ "query", "sql.read", sql_request, show_rows },
	{ "exec", "sql.write", sql_request, show_receipt },
	{ "ddl", "ddl", ddl_request, show_receipt },
	{ "check", "sql.check", sql_request, show_verdict },
	{ "schema", "schema", empty_request, show_schema },
	{ "grant", "grant.put", grant_request, show_receipt },
	{ "revoke", "grant.drop", revoke_request, show_receipt },
	{ "grants", "grant.list", grants_request, show_grants },
};

static int run_shape(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *command = og_args_command(args)->name;
	const struct shape *shape = shapes;
	struct desk desk;
	json_t *request, *reply = NULL;
	int rc = -1;

	while (strcmp(shape->command, command) != 0)
		shape++;
	if (desk_open(ctx, args, &desk, err) < 0)
		return -1;
	desk.missing = strcmp(command, "grants") == 0 && og_arg_flag(args, "missing");
	request = shape->request(args, err);
	if (request && ask(&desk, shape->verb, request, &reply, err) == 0)
		rc = shape->print(&desk, reply, err);
	json_decref(reply);
	desk_close(&desk);
	return rc;
}

static int run_grant(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *path = og_arg_value(args, "apply");

	if (path && og_arg(args, 0))
		return og_fail(err, OG_EUSAGE, "--apply takes no other arguments");
	if (path)
		return apply_file(ctx, args, path, err);
	if (!og_arg(args, 2) || og_arg_flag(args, "dry-run"))
		return og_fail(err, OG_EUSAGE, "grant needs SUBJECT TABLE VERBS, or --apply FILE");
	return run_shape(ctx, args, err);
}

#ifdef __SANITIZE_ADDRESS__
/* The leak checker starts a helper that the seal forbids; leaks are looked
 * for in the unit tests, which run the same code unsealed. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

static int run_channel(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_conf *conf = NULL;
	struct og_shield *shield = NULL;
	int rc = -1;

	if (og_conf_from(ctx, args, &conf, err) == 0 && og_shield_open(conf, &shield, err) == 0 &&
	    og_shield_seal(shield, err) == 0)
		rc = og_channel_serve(shield, STDIN_FILENO, STDOUT_FILENO, err);
	og_shield_close(shield);
	og_conf_free(conf);
	return rc;
}

#define AS                                                                                         \
	{                                                                                          \
		"as", 0, OG_OPT_VALUE, "NAME", "the principal who asks (default: $OG_AS)"          \
	}
#define JSON                                                                                       \
	{                                                                                          \
		"json", 0, OG_OPT_FLAG, NULL, "answer as JSON"                                     \
	}
#define PARAM                                                                                      \
	{                                                                                          \
		"param", 0, OG_OPT_LIST, "NAME=VALUE", "bind :NAME"                                \
	}
#define FORBID                                                                                     \
	{                                                                                          \
		"forbid", 0, OG_OPT_FLAG, NULL, "a prohibition, which beats permissions"           \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, 0, OG_OPT_FLAG, NULL, NULL                                                   \
	}

static const struct og_opt sql_opts[] = { AS, JSON, PARAM, END };
static const struct og_opt plain_opts[] = { AS, JSON, END };
static const struct og_opt drop_opts[] = { AS, JSON, FORBID, END };
static const struct og_opt no_opts[] = { END };
static const struct og_opt grant_opts[] = {
	AS,
	JSON,
	FORBID,
	{ "visible", 0, OG_OPT_VALUE, "COLUMNS", "columns that exist for the subject" },
	{ "masked", 0, OG_OPT_VALUE, "COLUMNS", "columns that read as NULL" },
	{ "settable", 0, OG_OPT_VALUE, "COLUMNS", "columns that may be written" },
	{ "where", 0, OG_OPT_VALUE, "PREDICATE", "rows it is about, SQL over t.COLUMN" },
	{ "apply", 0, OG_OPT_VALUE, "FILE", "make grants equal to a JSON file" },
	{ "dry-run", 0, OG_OPT_FLAG, NULL, "with --apply: print the difference only" },
	END,
};

static const struct og_opt grants_opts[] = {
	AS,
	JSON,
	{ "missing", 0, OG_OPT_FLAG, NULL, "instead: tables that no role may read" },
	END,
};

static const struct og_command commands[] = {
	{ "query", "[SQL]", "read rows", sql_opts, 0, 1, run_shape },
	{ "exec", "[SQL]", "insert or update rows, with a ledger entry", sql_opts, 0, 1,
	  run_shape },
	{ "ddl", "[SQL]", "add to the schema", plain_opts, 0, 1, run_shape },
	{ "check", "[SQL]", "say what a statement would touch and whether it may", sql_opts, 0, 1,
	  run_shape },
	{ "schema", "", "the tables and columns one can see", plain_opts, 0, 0, run_shape },
	{ "grant", "[SUBJECT TABLE VERBS]", "permit or forbid", grant_opts, 0, 3, run_grant },
	{ "revoke", "SUBJECT TABLE", "take a grant back", drop_opts, 2, 2, run_shape },
	{ "grants", "[SUBJECT]", "list grants as JSON lines", grants_opts, 0, 1, run_shape },
	{ "--channel", "", "serve requests on standard input", no_opts, 0, 0, run_channel },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	.name = "og-shield",
	.summary = "the gate in front of the business database",
	.commands = commands,
};
