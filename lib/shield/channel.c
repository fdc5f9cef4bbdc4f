/*
 * The request table. Every request passes the same gates in
 * the same order: is it JSON of the right shape, is the verb known, is it
 * legal in this state, does it carry exactly its keys, who is asking, have
 * they the right. Only then does a handler see it; and whatever a handler
 * leaves open is closed here, so that no request can spoil the next one.
 */
#include "lib/shield/channel.h"

#include <stdlib.h>
#include <string.h>

#include "lib/proc/channel.h"
#include "lib/shield/calls.h"
#include "lib/shield/channel-internal.h"
#include "lib/shield/outbox.h"
#include "lib/shield/proposal.h"
#include "lib/shield/verbs.h"
#include "lib/task/envelope.h"

enum {
	NEW = OG_TALK_NEW,
	CHALLENGED = OG_TALK_CHALLENGED,
	SESSION = OG_TALK_SESSION,
	ANY = NEW | CHALLENGED | SESSION
};

/* Who a request acts as, found before the handler runs. */
enum actor {
	SELF,	     /* the handler finds out: from an envelope, a signature, a task */
	LOGIN,	     /* the session's principal */
	EITHER,	     /* the task's principal when the request names a task, else the session's */
	EITHER_LATE, /* so too; in a task also for a principal who may act no more */
};

/* The transaction a request runs in. It is open before anybody asks who the
 * request acts as, so that neither a right nor an epoch can change between
 * the question and the deed. */
enum frame {
	OWN,   /* the handler's business, or none is needed */
	READ,  /* one view of the database */
	WRITE, /* a statement frame */
	NOTED, /* a read, which in a task leaves a note with it: a frame there */
	FIND,  /* a read that may ask a store elsewhere: nobody waits for it */
};

/* keys: "name:T" or "name:T?" (may be absent), T: s string, i whole number,
 * o object, a array, b boolean, * anything. */
struct verb {
	const char *name;
	unsigned legal;
	enum actor actor;
	enum frame frame;
	const char *right; /* of the principal's role, or NULL */
	const char *keys;
	og_verb_fn *run; /* NULL: not in this version */
};

#define TASK	   "task:s epoch:i "
#define MAYBE_TASK "task:s? epoch:i? "
/* Of verbs whose requests a task may number. */
#define CALL "call:i? "

static const struct verb verbs[] = {
	{ "session.begin", NEW | CHALLENGED, SELF, OWN, NULL, "principal:s nonce:s? sig:s?",
	  og_verb_session_begin },
	{ "auth.login", ANY, SELF, OWN, NULL, "email:s password:s", og_verb_auth_login },
	{ "task.begin", ANY, SELF, OWN, NULL, "envelope:o agent:s?", og_verb_task_begin },
	{ "task.finish", ANY, SELF, WRITE, NULL, TASK "state:s reason:s result:o",
	  og_verb_task_finish },
	{ "task.status", SESSION, LOGIN, READ, NULL, "task:s values:o?", og_verb_task_status },
	{ "task.list", SESSION, LOGIN, READ, NULL, "state:s? limit:i?", og_verb_task_list },
	{ "task.stats", SESSION, LOGIN, READ, "tasks", "", og_verb_task_stats },
	{ "task.prune", SESSION, LOGIN, WRITE, "tasks", "before:s after:s? limit:i?",
	  og_verb_task_prune },
	{ "step.run", ANY, SELF, WRITE, NULL, TASK CALL "skill:s hash:s? step:s slots:o?",
	  og_verb_step_run },
	{ "effect.begin", ANY, SELF, WRITE, NULL, TASK CALL "skill:s? hash:s? step:s slots:o?",
	  og_verb_effect_begin },
	{ "effect.end", ANY, SELF, WRITE, NULL,
	  TASK CALL "step:s outcome:s status:i? values:o? digest:s? size:i? problem:s? again:b?",
	  og_verb_effect_end },
	{ "saga.undo", ANY, SELF, WRITE, NULL, TASK CALL "reason:s", og_verb_saga_undo },
	{ "consent.put", ANY, SELF, OWN, NULL, "envelope:o", og_verb_envelope },
	{ "cancel", ANY, SELF, OWN, NULL, "envelope:o", og_verb_envelope },
	{ "answer", ANY, SELF, OWN, NULL, "envelope:o", og_verb_envelope },
	{ "schema", ANY, EITHER, READ, NULL, MAYBE_TASK CALL "detail:b?", og_verb_schema },
	{ "skill.match", ANY, EITHER, READ, NULL, MAYBE_TASK CALL "text:s limit:i? embed:o?",
	  og_verb_skill_match },
	{ "skill.get", ANY, EITHER_LATE, READ, NULL,
	  MAYBE_TASK CALL "skill:s hash:s? text:b? versions:b?", og_verb_skill_get },
	{ "skill.list", ANY, EITHER, FIND, NULL, MAYBE_TASK CALL, og_verb_skill_list },
	{ "skill.put", ANY, EITHER, WRITE, "skill", MAYBE_TASK CALL "approval:s? doc:o",
	  og_verb_skill_put },
	{ "policy.search", ANY, EITHER, FIND, NULL,
	  MAYBE_TASK CALL
	  "node:s? source:s? at:s? clearance:i? in_force:b? docs:b? query:s limit:i? "
	  "embed:o?",
	  og_verb_policy_search },
	{ "policy.list", ANY, EITHER, READ, NULL,
	  MAYBE_TASK CALL "node:s? name:s? source:s? at:s? clearance:i? in_force:b?",
	  og_verb_policy_list },
	{ "policy.put", ANY, EITHER, WRITE, "policy", MAYBE_TASK CALL "approval:s? policy:o",
	  og_verb_policy_put },
	{ "sql.read", ANY, EITHER, NOTED, NULL, MAYBE_TASK CALL "sql:s params:o? max_rows:i?",
	  og_verb_sql_read },
	{ "sql.write", ANY, EITHER, WRITE, NULL, MAYBE_TASK CALL "approval:s? sql:s params:o?",
	  og_verb_sql_write },
	{ "sql.check", ANY, EITHER, READ, NULL, MAYBE_TASK "sql:s params:o?", og_verb_sql_check },
	{ "sql.explain", SESSION, LOGIN, READ, NULL, "sql:s params:o?", og_verb_sql_explain },
	{ "ddl", ANY, EITHER, WRITE, "ddl",
	  MAYBE_TASK CALL "approval:s? sql:s? op:s? table:s? column:s? type:s? default:*? "
			  "columns:a? unique:b?",
	  og_verb_ddl },
	{ "grant.put", SESSION, LOGIN, WRITE, "grant",
	  "subject:s tbl:s effect:s? verbs:a visible:a? masked:a? settable:a? predicate:s?",
	  og_verb_grant_put },
	{ "grant.drop", SESSION, LOGIN, WRITE, "grant", "subject:s tbl:s effect:s?",
	  og_verb_grant_drop },
	{ "grant.apply", SESSION, LOGIN, WRITE, "grant", "grants:a dry:b?", og_verb_grant_apply },
	{ "grant.list", SESSION, LOGIN, READ, "grant", "subject:s? shape:b?", og_verb_grant_list },
	{ "principal.put", SESSION, LOGIN, WRITE, "register",
	  "name:s role:s? clearance:i? pubkey:s? number:i? password:s? active:b? new:b?",
	  og_verb_principal_put },
	{ "principal.list", SESSION, LOGIN, READ, "register", "", og_verb_principal_list },
	{ "ledger.read", SESSION, LOGIN, READ, "ledger", "limit:i? before:i?",
	  og_verb_ledger_read },
	{ "budget.reserve", ANY, SELF, WRITE, NULL, TASK "turn:i model:s input:i output:i",
	  og_verb_budget_reserve },
	{ "budget.settle", ANY, SELF, WRITE, NULL,
	  TASK "turn:i outcome:s usage:o? retry_ms:i? why:s?", og_verb_budget_settle },
	{ "journal.put", ANY, SELF, WRITE, NULL, TASK "turn:i digest:s answer:o usage:o?",
	  og_verb_journal_put },
	{ "journal.get", ANY, SELF, READ, NULL, "task:s epoch:i? after:i? limit:i?",
	  og_verb_journal_get },
	{ "ask", ANY, SELF, WRITE, NULL,
	  TASK "call:i? for:s question:s clearance:i? seconds:i? about:o? slots:o?", og_verb_ask },
	{ "query.run", ANY, SELF, WRITE, NULL, TASK CALL "skill:s hash:s? slots:o?",
	  og_verb_query_run },
	/* the graph or the vectors elsewhere, held against the ledger, and mended */
	{ "store.diff", SESSION, LOGIN, OWN, NULL, "store:s brief:b?", og_verb_store_diff },
	{ "store.sync", SESSION, LOGIN, OWN, NULL, "store:s limit:i?", og_verb_store_sync },
	{ "vector.want", SESSION, LOGIN, READ, "policy", "model:s dimension:i limit:i?",
	  og_verb_vector_want },
	{ "embed.reserve", ANY, EITHER, WRITE, NULL, MAYBE_TASK "model:s input:i",
	  og_verb_embed_reserve },
	{ "embed.settle", ANY, EITHER, WRITE, NULL, MAYBE_TASK "outcome:s input:i?",
	  og_verb_embed_settle },
	{ "vector.put", ANY, EITHER, WRITE, NULL, MAYBE_TASK "model:s dimension:i kind:s items:a",
	  og_verb_vector_put },
};

int og_conversation_new(struct og_shield *shield, struct og_conversation **ret, struct og_err *err)
{
	struct og_conversation *talk = calloc(1, sizeof(*talk));

	if (!talk)
		return og_fail_nomem(err);
	talk->shield = shield;
	talk->state = OG_TALK_NEW;
	*ret = talk;
	return 0;
}

void og_conversation_free(struct og_conversation *talk)
{
	if (talk) {
		json_decref(talk->agents);
		json_decref(talk->reserved);
	}
	free(talk);
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int has_type(const json_t *value, char type)
{
	switch (type) {
	case 's':
		return json_is_string(value);
	case 'i':
		return json_is_integer(value);
	case 'o':
		return json_is_object(value);
	case 'a':
		return json_is_array(value);
	case 'b':
		return json_is_boolean(value);
	default:
		return type == '*';
	}
}

/* Judges one "name:T?" of a verb's keys; *present counts those that are there. */
static int check_key(const json_t *body, const char *spec, size_t len, size_t *present,
		     struct og_err *err)
{
	const char *colon = memchr(spec, ':', len);
	size_t name_len = colon ? (size_t)(colon - spec) : len;
	char name[32];
	const json_t *value;

	if (!colon || name_len >= sizeof(name))
		return og_fail(err, OG_EBUG, "request table: bad key '%s'", spec);
	memcpy(name, spec, name_len);
	name[name_len] = '\0';
	value = json_object_get(body, name);
	if (!value && spec[len - 1] != '?')
		return og_fail(err, OG_EDATA, "request: '%s' is missing", name);
	if (value && !has_type(value, colon[1]))
		return og_fail(err, OG_EDATA, "request: '%s' has the wrong type", name);
	*present += value != NULL;
	return 0;
}

/* Names a key that the verb does not have, now that one must be there. */
static int unknown_key(const json_t *body, const char *keys, struct og_err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)body, name, value)
	{
		char wanted[48];
		int n = snprintf(wanted, sizeof(wanted), "%s:", name);
		const char *at = n < (int)sizeof(wanted) ? strstr(keys, wanted) : NULL;

		if (strcmp(name, "v") == 0 || strcmp(name, "id") == 0 ||
		    strcmp(name, "verb") == 0 || strcmp(name, "trace") == 0)
			continue;
		if (!at || (at != keys && at[-1] != ' '))
			return og_fail(err, OG_EDATA, "request: unknown key '%s'", name);
	}
	return og_fail(err, OG_EDATA, "request: unknown key");
}

/* Any request may say which trace it belongs to. */
static int check_trace(const json_t *body, size_t *present, struct og_err *err)
{
	const json_t *trace = json_object_get(body, "trace");

	if (!trace)
		return 0;
	++*present;
	if (json_is_string(trace) && og_trace_valid(json_string_value(trace)))
		return 0;
	return og_fail(err, OG_EDATA, "request: 'trace' is not a traceparent");
}

static int check_keys(const json_t *body, const char *keys, struct og_err *err)
{
	size_t present = 3; /* v, id, verb */

	if (check_trace(body, &present, err) < 0)
		return -1;
	for (const char *at = keys; *at;) {
		size_t len = strcspn(at, " ");

		if (check_key(body, at, len, &present, err) < 0)
			return -1;
		at += len;
		at += strspn(at, " ");
	}
	return present == json_object_size(body) ? 0 : unknown_key(body, keys, err);
}

static int either(const struct verb *verb)
{
	return verb->actor == EITHER || verb->actor == EITHER_LATE;
}

/* Finds the verb and holds the request against the table. Failing here is
 * a broken peer, not a refused wish: the conversation ends. */
static int admit(struct og_request *rq, const struct verb **ret, struct og_err *err)
{
	const char *name;
	const struct verb *verb;

	if (!json_is_object(rq->body))
		return og_fail(err, OG_EDATA, "request is not a JSON object");
	if (og_json_int(rq->body, "v", 0) != 1)
		return og_fail(err, OG_EDATA, "request: 'v' is not 1");
	if (og_json_int(rq->body, "id", -1) < 0 ||
	    og_json_int(rq->body, "id", -1) > OG_JSON_INT_MAX)
		return og_fail(err, OG_EDATA, "request: 'id' is not a whole number");
	if (og_json_need_str(rq->body, "request", "verb", &name, err) < 0)
		return -1;
	verb = find_verb(name);
	if (!verb)
		return og_fail(err, OG_EDATA, "unknown verb '%s'", name);
	if (!(verb->legal & (unsigned)rq->talk->state) ||
	    (either(verb) && rq->talk->state != OG_TALK_SESSION &&
	     !json_object_get(rq->body, "task"))) {
		og_refuse(rq, OG_DENY_QUIET, "order", err, "'%s' is not legal here", name);
		return og_hint(err, "begin with session.begin or task.begin");
	}
	*ret = verb;
	return 0;
}

static int authorise(struct og_request *rq, const struct verb *verb, struct og_err *err)
{
	if (verb->actor == LOGIN && og_request_session(rq, err) < 0)
		return -1;
	if (either(verb) && og_request_either(rq, verb->actor == EITHER_LATE, err) < 0)
		return -1;
	return verb->right ? og_proposal_may(rq, verb->name, verb->right, err) : 0;
}

static int open_frame(struct og_request *rq, const struct verb *verb, struct og_err *err)
{
	struct og_frame *frame = &rq->shield->frame;
	int noted = verb->frame == NOTED && json_object_get(rq->body, "task");

	if (frame->writing || rq->aside)
		return 0;
	if (verb->frame == WRITE || noted)
		return og_frame_begin(frame, err);
	return verb->frame == OWN ? 0 : og_frame_read(frame, err);
}

/* A numbered request leaves a record, so it has a frame whatever it does;
 * where a store elsewhere is asked first, afterwards. 1 when the record is
 * there already. */
static int number(struct og_request *rq, const struct verb *verb, struct og_err *err)
{
	struct og_frame *frame = &rq->shield->frame;

	if (!json_object_get(rq->body, "call") || !strstr(verb->keys, "call:i"))
		return 0;
	rq->aside = frame->elsewhere && verb->frame == FIND;
	if ((rq->aside ? og_frame_read(frame, err) : og_frame_begin(frame, err)) < 0)
		return -1;
	return og_call_begin(rq, err);
}

/* The task may have gone on, or the record be made, while we asked. */
static int number_again(struct og_request *rq, struct og_err *err)
{
	struct og_frame *frame = &rq->shield->frame;
	int before;

	og_frame_abort(frame);
	og_task_row_release(&rq->task);
	memset(&rq->task, 0, sizeof(rq->task));
	rq->has_task = rq->numbered = 0;
	if (og_frame_begin(frame, err) < 0)
		return -1;
	before = og_call_begin(rq, err);
	return before != 0 ? before : og_request_commit(rq, 0, err);
}

/* What a handler that only reads leaves open is its record's. */
static int close_frame(struct og_request *rq, struct og_err *err)
{
	if (rq->numbered && rq->aside)
		return number_again(rq, err) < 0 ? -1 : 0;
	if (!rq->numbered || !rq->shield->frame.writing)
		return 0;
	return og_request_commit(rq, 0, err);
}

static int perform(struct og_request *rq, const struct verb *verb, struct og_err *err)
{
	int before;

	if (!verb->run)
		return og_refuse(rq, OG_UNSUPPORTED, "unsupported", err,
				 "%s is not in this version", verb->name);
	before = number(rq, verb, err);
	if (before != 0)
		return before < 0 ? -1 : 0;
	if (check_keys(rq->body, verb->keys, err) < 0 || open_frame(rq, verb, err) < 0 ||
	    authorise(rq, verb, err) < 0 || verb->run(rq, err) < 0)
		return -1;
	return close_frame(rq, err);
}

int og_conversation_ask(struct og_conversation *talk, const json_t *request, json_t **ret)
{
	struct og_request rq = { .talk = talk, .shield = talk->shield, .body = request };
	struct og_err err = OG_ERR_INIT;
	const struct verb *verb = NULL;
	struct og_span span;
	int over = 0, rc = -1;

	talk->shield->frame.due = 0;
	og_request_tell_begin(&rq, &span);
	rq.reply = og_request_head(request, 1);
	if (talk->over)
		og_fail(&err, OG_EDATA, "the conversation is over");
	else if (rq.reply && admit(&rq, &verb, &err) == 0)
		rc = perform(&rq, verb, &err);
	over = !verb;
	og_frame_abort(&talk->shield->frame);
	if (rc == 0 && talk->shield->frame.due)
		og_outbox_after(&rq);
	if (rc < 0)
		og_request_refused(&rq, &err);
	*ret = og_request_reply(&rq, rc, &err);
	og_request_tell_end(&rq, &span, verb ? verb->name : NULL, *ret);
	og_request_release(&rq);
	talk->over = talk->over || over || !*ret;
	return talk->over;
}

/* Appends the line for a reply, or nothing when it is too long for one. */
static int put_reply(struct og_buf *out, const json_t *reply)
{
	size_t before = out->len;
	struct og_err err = OG_ERR_INIT;

	if (og_json_dump(reply, out, &err) == 0 && out->len - before < OG_CHANNEL_LINE_MAX &&
	    og_buf_addc(out, '\n') == 0)
		return 0;
	out->len = before;
	out->failed = 0;
	return -1;
}

/* Instead of a reply that is longer than a line may be. */
static json_t *too_long(const json_t *reply)
{
	return json_pack("{s:i,s:O,s:b,s:s,s:i,s:s,s:s,s:s}", "v", 1, "id",
			 json_object_get(reply, "id"), "ok", 0, "verdict", "budget", "code", OG_NO,
			 "rule", "reply-size", "why", "the reply is longer than a line may be",
			 "fix", "ask for fewer rows");
}

int og_conversation_line(struct og_conversation *talk, const char *line, size_t len,
			 struct og_buf *out)
{
	struct og_err err = OG_ERR_INIT;
	json_t *request = NULL, *reply = NULL;
	int over;

	if (og_json_parse(line, len, OG_CHANNEL_LINE_MAX, "request", &request, &err) < 0)
		over = og_conversation_broken(talk, &err, &reply);
	else
		over = og_conversation_ask(talk, request, &reply);
	if (reply && put_reply(out, reply) < 0) {
		json_t *notice = too_long(reply);

		if (!notice || put_reply(out, notice) < 0)
			over = 1;
		json_decref(notice);
	}
	json_decref(request);
	json_decref(reply);
	return over;
}

/* Says why the conversation cannot go on: the answer to what is no request. */
int og_conversation_broken(struct og_conversation *talk, struct og_err *err, json_t **ret)
{
	struct og_request rq = { .talk = talk, .shield = talk->shield };

	if (talk->over)
		og_fail(err, OG_EDATA, "the conversation is over");
	*ret = og_request_reply(&rq, -1, err);
	talk->over = 1;
	return 1;
}
