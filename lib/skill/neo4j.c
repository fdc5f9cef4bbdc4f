/*
 * The way to the server: one statement at a time through og-http. What an
 * answer is worth is judged in neo4j-answer.c and neo4j-judge.c.
 */
#include "lib/skill/neo4j.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/skill/neo4j-internal.h"

#define REQUEST_MAX OG_NET_BODY_MAX

int og_neo4j_is(const char *url)
{
	return strncmp(url, OG_NEO4J_SCHEME, strlen(OG_NEO4J_SCHEME)) == 0;
}

static int is_database(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= OG_NEO4J_DATABASE_MAX && name[0] != '.' && name[0] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
		       len;
}

int og_neo4j_place(const char *url, struct og_neo4j_place *ret, struct og_err *err)
{
	const char *web = og_neo4j_is(url) ? url + strlen(OG_NEO4J_SCHEME) : "";
	const char *host = og_url_plain(web) ? strstr(web, "//") + 2 : NULL;
	const char *slash = host != NULL ? strchr(host, '/') : NULL;
	size_t len = slash != NULL ? (size_t)(slash - web) : 0;

	if (len == 0 || len > OG_NEO4J_ORIGIN_MAX || !is_database(slash + 1)) {
		og_fail(err, OG_ECONF, "graph '%s' is no place of a Neo4j database", url);
		return og_hint(err, "such as neo4j+https://graph.example:7473/neo4j");
	}
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->origin, web, len);
	memcpy(ret->database, slash + 1, strlen(slash + 1));
	return 0;
}

int og_neo4j_open(const struct og_neo4j_place *place, struct og_net *net, int64_t timeout_ms,
		  struct og_neo4j **ret, struct og_err *err)
{
	struct og_neo4j *neo4j = calloc(1, sizeof(*neo4j));

	if (neo4j == NULL)
		return og_fail_nomem(err);
	neo4j->place = *place;
	neo4j->net = net;
	neo4j->timeout_ms = timeout_ms;
	*ret = neo4j;
	return 0;
}

void og_neo4j_free(struct og_neo4j *neo4j)
{
	free(neo4j);
}

void og_neo4j_writes_as(struct og_neo4j *neo4j, const char *instance, int64_t seq)
{
	og_text_format(neo4j->instance, sizeof(neo4j->instance), "%s", instance);
	neo4j->seq = seq;
}

/* --- one request -------------------------------------------------------------------- */

void og_neo4j_begin(struct og_neo4j *neo4j)
{
	neo4j->deadline = og_deadline(neo4j->timeout_ms);
	neo4j->taken = 0;
}

int og_neo4j_explain(const struct og_neo4j *neo4j, struct og_err *err)
{
	return og_wrap(err, "neo4j '%s'", neo4j->place.origin);
}

static int call(struct og_neo4j *neo4j, const struct og_net_request *wanted,
		struct og_net_reply *reply, struct og_err *err)
{
	struct og_net_request request = *wanted;

	request.timeout_ms = og_deadline_left(neo4j->deadline);
	request.max_bytes = OG_NET_BODY_MAX;
	neo4j->too_large = 0;
	if (request.timeout_ms <= 0)
		return og_fail(err, OG_ETEMP, "no answer in time");
	if (og_net_call(neo4j->net, &request, reply, err) < 0) {
		neo4j->too_large = err->code == OG_EDATA && reply->sent;
		if (err->code != OG_ETEMP)
			err->code = OG_EUNAVAIL;
		return -1;
	}
	neo4j->taken += reply->body.len;
	if (neo4j->taken > OG_NEO4J_BYTES_MAX)
		return og_fail(err, OG_EUNAVAIL, "its answers are larger than %zu MiB",
			       OG_NEO4J_BYTES_MAX >> 20);
	return 0;
}

static const char *text_of(const struct og_net_reply *reply)
{
	return reply->body.data != NULL ? reply->body.data : "";
}

static int discover(struct og_neo4j *neo4j, struct og_err *err)
{
	static const char *const headers[] = { "Accept: application/json", NULL };
	char url[OG_NEO4J_ORIGIN_MAX + 2];
	struct og_net_reply reply;
	int rc;

	if (neo4j->api != OG_NEO4J_UNKNOWN)
		return 0;
	og_text_format(url, sizeof(url), "%s/", neo4j->place.origin);
	og_net_reply_init(&reply);
	rc = call(neo4j, &(struct og_net_request){ .url = url, .headers = headers }, &reply, err);
	if (rc == 0 && reply.status != 200)
		rc = og_fail(err, reply.status == 503 ? OG_ETEMP : OG_EUNAVAIL,
			     "GET / is answered with status %d", reply.status);
	if (rc == 0)
		rc = og_neo4j_discovered(text_of(&reply), reply.body.len, &neo4j->api, err);
	og_net_reply_release(&reply);
	return rc;
}

static int post(struct og_neo4j *neo4j, const struct og_neo4j_statement *statement,
		const struct og_buf *body, struct og_net_reply *reply, struct og_err *err)
{
	const char *const headers[] = {
		"Accept: application/json", "Content-Type: application/json",
		neo4j->api == OG_NEO4J_TX && !statement->writes ? "Access-Mode: READ" : NULL, NULL
	};
	char url[OG_NEO4J_ORIGIN_MAX + OG_NEO4J_DATABASE_MAX + 32];

	og_text_format(url, sizeof(url), "%s/db/%s/%s", neo4j->place.origin, neo4j->place.database,
		       neo4j->api == OG_NEO4J_QUERY ? "query/v2" : "tx/commit");
	return call(neo4j,
		    &(struct og_net_request){ .method = "POST",
					      .url = url,
					      .headers = headers,
					      .body = body->data,
					      .len = body->len },
		    reply, err);
}

int og_neo4j_run(struct og_neo4j *neo4j, const struct og_neo4j_statement *statement,
		 json_t *parameters, size_t max, json_t **ret, struct og_err *err)
{
	struct og_net_reply reply;
	struct og_buf body;
	int rc = -1;

	og_buf_init(&body, REQUEST_MAX);
	og_net_reply_init(&reply);
	if (parameters == NULL)
		og_fail_nomem(err);
	else if (discover(neo4j, err) == 0 &&
		 og_neo4j_request(neo4j->api, statement, parameters, &body, err) == 0 &&
		 post(neo4j, statement, &body, &reply, err) == 0)
		rc = og_neo4j_rows(neo4j->api, statement, reply.status, text_of(&reply),
				   reply.body.len, max, ret, err);
	if (rc < 0)
		neo4j->api = OG_NEO4J_UNKNOWN; /* it may be another server next time */
	og_net_reply_release(&reply);
	og_buf_release(&body);
	json_decref(parameters);
	return rc;
}
