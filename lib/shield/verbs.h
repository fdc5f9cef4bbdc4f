/*
 * The handlers of the request table in channel.c, one per verb of
 * og-channel(5). They live in verbs-*.c, steps.c and saga.c.
 *
 * A handler finds its request checked for shape, and the principal it acts
 * as in rq->who (except verbs whose authority is in the request itself:
 * they call og_request_task or look at the envelope), and the transaction
 * open that the table names for it. It adds the members of its reply to
 * rq->reply, and commits what is to stay: a frame it leaves open is rolled
 * back. It returns 0, or -1 with err and, for a refusal, og_refuse().
 */
#ifndef OG_SHIELD_VERBS_H
#define OG_SHIELD_VERBS_H

#include "lib/base/err.h"

struct og_request;

typedef int og_verb_fn(struct og_request *rq, struct og_err *err);

og_verb_fn og_verb_session_begin, og_verb_auth_login;
og_verb_fn og_verb_task_begin, og_verb_task_finish, og_verb_task_status, og_verb_task_list,
	og_verb_task_stats;
og_verb_fn og_verb_task_prune;
og_verb_fn og_verb_envelope, og_verb_ask, og_verb_query_run;
og_verb_fn og_verb_step_run, og_verb_saga_undo, og_verb_effect_begin, og_verb_effect_end;
og_verb_fn og_verb_schema, og_verb_sql_read, og_verb_sql_write, og_verb_sql_check,
	og_verb_sql_explain, og_verb_ddl;
og_verb_fn og_verb_embed_reserve, og_verb_embed_settle;
og_verb_fn og_verb_skill_match, og_verb_skill_get, og_verb_skill_list, og_verb_skill_put;
og_verb_fn og_verb_policy_search, og_verb_policy_list, og_verb_policy_put;
og_verb_fn og_verb_grant_put, og_verb_grant_drop, og_verb_grant_apply, og_verb_grant_list;
og_verb_fn og_verb_principal_put, og_verb_principal_list;
og_verb_fn og_verb_ledger_read;
og_verb_fn og_verb_budget_reserve, og_verb_budget_settle;
og_verb_fn og_verb_journal_put, og_verb_journal_get;
og_verb_fn og_verb_store_diff, og_verb_store_sync;
og_verb_fn og_verb_vector_want, og_verb_vector_put;

#endif
