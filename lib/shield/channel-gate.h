/*
 * Gates of a shield, kept from request to request, and SQL of a request
 * through one of them. A gate is made for a principal and a subject (the
 * principal's role, or a version of a skill) and stays good until grants,
 * principals or the schema change; whether it did is asked inside the
 * transaction that uses it.
 */
#ifndef OG_SHIELD_CHANNEL_GATE_H
#define OG_SHIELD_CHANNEL_GATE_H

#include "lib/shield/channel-internal.h"
#include "lib/shield/gate.h"

struct og_gates;

int og_gates_new(struct og_gates **ret, struct og_err *err);
void og_gates_free(struct og_gates *gates); /* before og_db_close() */

/* The gate for the request's principal. subject NULL: its own rights, in a
 * task narrowed to the tables its skill touches. In a task that has frozen
 * rights, those of its skill are these. Inside a transaction; borrowed, good until
 * that ends. */
int og_request_gate(struct og_request *rq, const char *subject, struct og_gate **ret,
		    struct og_err *err);

/* What a task keeps of its rights when its skill is frozen: role and
 * clearance of its principal and the grants of the subject, as JSON text.
 * Later gates of that task for the subject are made of it, whatever was
 * granted or revoked since. Heap string. */
int og_request_freeze(struct og_request *rq, const char *subject, char **ret, struct og_err *err);

/* The statement of a request and its parameters; *ret_vars is to be
 * released. What sql.check and sql.explain answer first (verbs-sql.c). */
int og_request_statement(struct og_request *rq, const char **ret_sql, json_t **ret_vars,
			 struct og_err *err);
int og_reply_verdict(struct og_request *rq, const struct og_gate_result *result,
		     struct og_err *err);

/* Runs SQL; any verdict but allow becomes the request's refusal. result is
 * to be released in every case. */
int og_request_sql(struct og_request *rq, struct og_gate *gate, const char *sql, const json_t *vars,
		   enum og_gate_mode mode, struct og_gate_result *ret, struct og_err *err);

/* What kind of no a verdict is. To name what does not exist is denied like
 * naming what one may not see: the two cannot be told apart. NONE: the
 * statement is malformed. */
enum og_refusal og_gate_refusal(const struct og_gate_result *result);

/* Notes in reads what a statement read: {"digest","rows","step"}. */
int og_note_read(json_t *reads, const char *step, const char *sql,
		 const struct og_gate_result *result, struct og_err *err);

#endif
