/*
 * One statement of several (a script, a prompt): which verb of the channel
 * it is for, decided by the database and not by its words.
 */
#ifndef OG_CMD_STATEMENT_H
#define OG_CMD_STATEMENT_H

#include "lib/base/err.h"
#include "lib/json/json.h"

/* Sends one request (taken). A refusal is -1 with what it says; *ret_reply is
 * the reply, a refusal too, or NULL. */
typedef int og_statement_ask_fn(void *arg, const char *verb, json_t *request, json_t **ret_reply,
				struct og_err *err);

struct og_statement_asker {
	og_statement_ask_fn *ask;
	void *arg;
};

/* {"sql","params"} of len bytes; params is borrowed, may be NULL. NULL: it is
 * not UTF-8, or memory is out. */
json_t *og_statement_request(const char *sql, size_t len, const json_t *params, struct og_err *err);

/* Reads or writes, whichever the statement does: sql.check is asked first,
 * and sql.read or sql.write then. What is refused is refused by those, and
 * so on the ledger like any attempt. *ret_writes is set in any case. */
int og_statement_run(const struct og_statement_asker *asker, const json_t *request, int *ret_writes,
		     json_t **ret_reply, struct og_err *err);

#endif
