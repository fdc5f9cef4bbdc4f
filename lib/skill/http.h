/*
 * http blocks of a skill (og-skill(5)): one call to a service outside, and
 * how it is taken back. The block's JSON is a template whose strings are
 * filled in when the step runs; what is checked here holds before that, so
 * that a skill which passes can fail on its values only.
 *
 * A service is a name; where it is stands in og.conf of whoever makes the
 * call. Nothing secret stands in a skill.
 */
#ifndef OG_SKILL_HTTP_H
#define OG_SKILL_HTTP_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_HTTP_TIMEOUT_MS     10000
#define OG_HTTP_TIMEOUT_MAX_MS 120000
#define OG_HTTP_TRIES	       3
#define OG_HTTP_TRIES_MAX      10
#define OG_HTTP_BIND_MAX       16 /* variables of one answer */

/* A block, read; what it points to lives as long as the JSON. */
struct og_http_call {
	const char *service, *method, *path;
	const json_t *headers; /* object of texts, or NULL */
	const json_t *body;    /* or NULL */
	const json_t *expect;  /* array of statuses, or NULL: 200 to 299 */
	const json_t *bind;    /* object variable -> JSON pointer, or NULL */
	int64_t timeout_ms;    /* of one try */
	int tries;
	int idempotent; /* the service does nothing twice for the same key */
};

/* A service's name: [a-z][a-z0-9-]{0,31}. */
int og_service_valid(const char *name);

/* Reads and checks a block's JSON. OG_EDATA "http: what is wrong". */
int og_http_call(const json_t *block, struct og_http_call *ret, struct og_err *err);

/* The step's block of kind "http" or "http-undo", NULL if there is none. */
const json_t *og_http_block(const json_t *step, const char *kind);

/* Do the step's http blocks fit each other and what stands around them? At
 * most one of each kind; only reads and requirements before the call; an
 * undo only of a call. *ret_line: of the block that is in the way. */
int og_http_step_check(const json_t *step, int64_t *ret_line, struct og_err *err);

/* Does the call change nothing (GET or HEAD)? */
int og_http_only_reads(const struct og_http_call *call);

#endif
