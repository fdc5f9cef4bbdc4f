/*
 * Bodies out, answers in. An answer is read in this order: is it JSON, what
 * went wrong, are these the fields, is it a list of rows, is each as long.
 */
#include "lib/skill/neo4j-wire.h"

#include <string.h>

#include "lib/base/text.h"

#define QUOTED_MAX 200

static int nonsense(struct og_err *err, const char *what)
{
	return og_fail(err, OG_EUNAVAIL, "its answer is none: %s", what);
}

/* At most QUOTED_MAX bytes of what a server says, safe to be shown. */
static int quote(const char *text, struct og_buf *buf)
{
	size_t len = strlen(text);

	if (len > QUOTED_MAX) {
		len = QUOTED_MAX;
		while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
			len--;
	}
	return og_text_safe(buf, text, len, 0);
}

int og_neo4j_discovered(const char *body, size_t len, enum og_neo4j_api *ret, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	json_t *root;
	int query, tx;

	if (og_json_parse(body, len, OG_NET_BODY_MAX, "answer", &root, &why) < 0)
		return og_fail(err, OG_EUNAVAIL, "it is no Neo4j: %s", why.msg);
	query = og_json_str(root, "query") != NULL;
	tx = og_json_str(root, "transaction") != NULL;
	json_decref(root);
	if (!query && !tx)
		return og_fail(err, OG_EUNAVAIL,
			       "it is no Neo4j: GET / names neither 'query' nor 'transaction'");
	*ret = query ? OG_NEO4J_QUERY : OG_NEO4J_TX;
	return 0;
}

int og_neo4j_request(enum og_neo4j_api api, const struct og_neo4j_statement *statement,
		     const json_t *parameters, struct og_buf *buf, struct og_err *err)
{
	json_t *root = json_pack("{s:s,s:O}", "statement", statement->text, "parameters",
				 (json_t *)parameters);
	int rc;

	if (root != NULL && api == OG_NEO4J_QUERY)
		rc = og_json_set(root, "accessMode",
				 json_string(statement->writes ? "Write" : "Read"), err);
	else
		root = json_pack("{s:[o]}", "statements", root), rc = 0;
	if (root == NULL)
		return og_fail_nomem(err);
	if (rc == 0)
		rc = og_json_dump(root, buf, err);
	json_decref(root);
	return rc;
}

static int starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static int refused_login(struct og_err *err, const char *why)
{
	og_fail(err, OG_EPERM, "it refuses the login: %s", why);
	return og_hint(err, "graph_key names a file of one line: user:password, or a token");
}

/* The first error that a server names. */
static int named(const json_t *error, struct og_err *err)
{
	const char *code = og_json_str(error, "code"), *message = og_json_str(error, "message");
	struct og_buf said;
	int rc;

	og_buf_init(&said, 16 * QUOTED_MAX);
	quote(code != NULL ? code : "an error without a code", &said);
	og_buf_adds(&said, ": ");
	quote(message != NULL ? message : "", &said);
	if (code == NULL || og_buf_check(&said, "answer", err) < 0)
		rc = nonsense(err, "an error without a code");
	else if (starts(code, "Neo.ClientError.Security."))
		rc = refused_login(err, said.data);
	else if (strcmp(code, "Neo.ClientError.Database.DatabaseNotFound") == 0)
		rc = og_fail(err, OG_ENOINPUT, "it has no such database: %s", said.data);
	else if (strcmp(code, "Neo.ClientError.Schema.ConstraintValidationFailed") == 0)
		rc = og_fail(err, OG_EDATA, "it refuses: %s", said.data);
	else
		rc = og_fail(err, starts(code, "Neo.TransientError.") ? OG_ETEMP : OG_EUNAVAIL,
			     "it refuses: %s", said.data);
	og_buf_release(&said);
	return rc;
}

static int check_status(int status, struct og_err *err)
{
	if (status == 401 || status == 403)
		return refused_login(err, status == 401 ? "status 401" : "status 403");
	if (status == 404)
		return og_fail(err, OG_ENOINPUT, "it has no such database: status 404");
	if (status == 429 || status == 503)
		return og_fail(err, OG_ETEMP, "it is busy: status %d", status);
	if (status != 200 && status != 202)
		return og_fail(err, OG_EUNAVAIL, "it answers with status %d", status);
	return 0;
}

/* Errors of the answer, else its status. */
static int check_errors(const json_t *root, int status, struct og_err *err)
{
	const json_t *errors = json_object_get(root, "errors");

	if (errors != NULL && !json_is_array(errors) && !json_is_null(errors))
		return nonsense(err, "'errors' is no list");
	if (json_array_size(errors) > 0)
		return named(json_array_get(errors, 0), err);
	return check_status(status, err);
}

static int check_fields(const json_t *names, const char *const *fields, struct og_err *err)
{
	size_t n = 0;

	if (!json_is_array(names))
		return nonsense(err, "it names no fields");
	while (fields[n] != NULL) {
		const char *name = json_string_value(json_array_get(names, n));

		if (name == NULL || strcmp(name, fields[n]) != 0)
			return nonsense(err, "its fields are not those asked for");
		n++;
	}
	if (json_array_size(names) != n)
		return nonsense(err, "its fields are not those asked for");
	return 0;
}

/* Rows of the Query API: [[1,2],[3,4]], or [1,2] for one. */
static json_t *query_rows(const json_t *values, struct og_err *err)
{
	json_t *rows;

	if (!json_is_array(values)) {
		nonsense(err, "'values' is no list");
		return NULL;
	}
	if (json_array_size(values) == 0 || json_is_array(json_array_get(values, 0)))
		return json_incref((json_t *)values);
	rows = json_pack("[O]", values);
	if (rows == NULL)
		og_fail_nomem(err);
	return rows;
}

/* Rows of tx/commit: [{"row":[1,2],"meta":..}]. */
static json_t *tx_rows(const json_t *data, size_t max, struct og_err *err)
{
	json_t *rows = json_array(), *item;
	size_t i;

	if (!json_is_array(data) || json_array_size(data) > max) {
		json_decref(rows);
		nonsense(err, json_is_array(data) ? "more rows than were asked for"
						  : "'data' is no list");
		return NULL;
	}
	json_array_foreach(data, i, item)
	{
		json_t *row = json_object_get(item, "row");

		if (row == NULL || json_array_append(rows, row) < 0) {
			json_decref(rows);
			nonsense(err, "a row is none");
			return NULL;
		}
	}
	return rows;
}

static int check_rows(const json_t *rows, size_t width, size_t max, struct og_err *err)
{
	json_t *row;
	size_t i;

	if (json_array_size(rows) > max)
		return nonsense(err, "more rows than were asked for");
	json_array_foreach(rows, i, row)
	{
		if (!json_is_array(row) || json_array_size(row) != width)
			return nonsense(err, "a row is none");
	}
	return 0;
}

static int read_rows(enum og_neo4j_api api, const json_t *root, const char *const *fields,
		     size_t max, json_t **ret, struct og_err *err)
{
	const json_t *query = json_object_get(root, "data"),
		     *tx = json_array_get(json_object_get(root, "results"), 0);
	size_t width = 0;
	json_t *rows;

	while (fields[width] != NULL)
		width++;
	if (check_fields(json_object_get(api == OG_NEO4J_QUERY ? query : tx,
					 api == OG_NEO4J_QUERY ? "fields" : "columns"),
			 fields, err) < 0)
		return -1;
	rows = api == OG_NEO4J_QUERY ? query_rows(json_object_get(query, "values"), err)
				     : tx_rows(json_object_get(tx, "data"), max, err);
	if (rows == NULL || check_rows(rows, width, max, err) < 0) {
		json_decref(rows);
		return -1;
	}
	*ret = rows;
	return 0;
}

int og_neo4j_rows(enum og_neo4j_api api, const struct og_neo4j_statement *statement, int status,
		  const char *body, size_t len, size_t max, json_t **ret, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	json_t *root;
	int rc;

	if (og_json_parse(body, len, OG_NET_BODY_MAX, "answer", &root, &why) < 0)
		return check_status(status, err) < 0 ? -1 : nonsense(err, why.msg);
	rc = json_is_object(root) ? check_errors(root, status, err)
				  : nonsense(err, "it is no object");
	if (rc == 0)
		rc = read_rows(api, root, statement->fields, max, ret, err);
	json_decref(root);
	return rc;
}
