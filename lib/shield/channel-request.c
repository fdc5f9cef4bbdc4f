/*
 * What every handler shares: who is asking, how a wish is refused, what a
 * refusal leaves on the ledger, and how a reply is put together.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/shield/calls.h"
#include "lib/shield/channel-internal.h"
#include "lib/shield/gate.h"

void og_request_release(struct og_request *rq)
{
	json_decref(rq->reply);
	json_decref(rq->extra);
	json_decref(rq->approval);
	json_decref(rq->recorded);
	og_task_row_release(&rq->task);
}

int og_refuse(struct og_request *rq, enum og_refusal kind, const char *rule, struct og_err *err,
	      const char *fmt, ...)
{
	static const int codes[] = {
		[OG_DENY] = OG_NO,   [OG_DENY_QUIET] = OG_NO, [OG_CONFLICT] = OG_NO,
		[OG_STALE] = OG_NO,  [OG_BUDGET] = OG_NO,     [OG_UNSUPPORTED] = OG_EUNAVAIL,
		[OG_WAIT] = OG_ETEMP
	};
	char text[OG_ERR_MSG_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	rq->refusal = kind;
	snprintf(rq->rule, sizeof(rq->rule), "%s", rule);
	return og_fail(err, codes[kind], "%s", text);
}

int og_hint_listed(const struct og_request *rq, og_list_fn *list, const char *name,
		   struct og_err *err)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *names = NULL;

	if (list(rq->shield->access, &names, &ignored) == 0)
		og_json_hint_near(name, names, "name", err);
	json_decref(names);
	return -1;
}

int og_refuse_wait(struct og_request *rq, const char *rule, int64_t until_ms, json_t *extra,
		   struct og_err *err)
{
	int64_t left = until_ms - og_now_ms();
	const char *why = og_json_str(extra, "why");
	char until[OG_TIME_LEN + 1];

	og_time_format(until_ms, until);
	if (!extra)
		extra = json_object();
	if (rq->extra)
		json_object_update(extra, rq->extra);
	json_decref(rq->extra);
	rq->extra = extra;
	if (og_json_set(extra, "until", json_string(until), err) < 0 ||
	    og_json_set(extra, "delay_ms", json_integer(left > 0 ? left : 0), err) < 0)
		return -1;
	if (why)
		return og_refuse(rq, OG_WAIT, rule, err, "%s", why);
	return og_refuse(rq, OG_WAIT, rule, err, "not before %s", until);
}

/* Is the session's principal still who it signed in as? */
static int session_stands(struct og_request *rq)
{
	const struct og_conversation *talk = rq->talk;

	if (!talk->by_key)
		return 1;
	return rq->who.has_key && memcmp(rq->who.pubkey, talk->pubkey, OG_KEY_PUBLIC) == 0;
}

/* Read again for every request: a role that was taken away is gone at once,
 * and with the principal or its key the session. */
int og_request_session(struct og_request *rq, struct og_err *err)
{
	struct og_conversation *talk = rq->talk;

	if (og_access_principal_kept(rq->shield->access, talk->who, &rq->who, err) < 0)
		return -1;
	rq->known = 1;
	if (rq->who.active && session_stands(rq))
		return 0;
	talk->state = OG_TALK_NEW;
	og_refuse(rq, OG_DENY, "session", err, "the session is over: '%s' is %s", rq->who.name,
		  rq->who.active ? "known by another key now" : "no longer active");
	err->code = OG_EPERM;
	return og_hint(err, "sign in with the key that is in force");
}

/* The row of the task a request names, if it may act for it at all. */
int og_request_task(struct og_request *rq, struct og_err *err)
{
	const char *id = og_json_str(rq->body, "task");
	int64_t epoch = og_json_int(rq->body, "epoch", -1);
	int found;

	if (rq->has_task) /* looked at already, to find its record */
		return 0;
	if (!id || !og_uuid_valid(id))
		return og_fail(err, OG_EDATA, "request: 'task' is not a task id");
	found = og_tasks_get(rq->shield->tasks, id, &rq->task, err);
	if (found < 0)
		return -1;
	if (found == 0 || rq->task.same_as)
		return og_refuse(rq, OG_DENY_QUIET, "no-task", err, "no such task");
	rq->has_task = 1;
	if (og_access_principal_kept(rq->shield->access, rq->task.principal, &rq->who, err) < 0)
		return -1;
	rq->known = 1;
	if (epoch != rq->task.epoch)
		return og_refuse(rq, OG_STALE, "stale-epoch", err,
				 "stale epoch: %lld, the task is at %lld", (long long)epoch,
				 (long long)rq->task.epoch);
	return 0;
}

int og_request_either(struct og_request *rq, int late, struct og_err *err)
{
	if (!json_object_get(rq->body, "task"))
		return og_request_session(rq, err);
	if (og_request_task(rq, err) < 0 || og_request_running(rq, err) < 0)
		return -1;
	return late ? 0 : og_request_active(rq, err);
}

int og_request_active(struct og_request *rq, struct og_err *err)
{
	if (rq->who.active)
		return 0;
	og_refuse(rq, OG_DENY, "principal", err, "principal '%s' is no longer active",
		  rq->who.name);
	return og_hint(err, "what the task did is taken back; nothing more is done for it");
}

int og_request_running(struct og_request *rq, struct og_err *err)
{
	if (strcmp(rq->task.state, "running") == 0)
		return 0;
	return og_refuse(rq, OG_CONFLICT, "finished", err, "the task is %s", rq->task.state);
}

int og_request_right(struct og_request *rq, const char *right, struct og_err *err)
{
	if (og_access_right(&rq->who, right))
		return 0;
	og_refuse(rq, OG_DENY, "right", err, "%s has no right '%s'", rq->who.name, right);
	return og_hint(err, "a role with the right '%s' may do this", right);
}

int og_request_limit(const struct og_request *rq, int64_t fallback, int64_t max, size_t *ret,
		     struct og_err *err)
{
	int64_t limit = og_json_int(rq->body, "limit", fallback);

	if (limit < 1 || limit > max)
		return og_fail(err, OG_EDATA, "request: 'limit' is not between 1 and %lld",
			       (long long)max);
	*ret = (size_t)limit;
	return 0;
}

int og_request_take(struct og_request *rq, json_t *found, struct og_err *err)
{
	int rc = json_object_update(rq->reply, found);

	json_decref(found);
	return rc < 0 ? og_fail_nomem(err) : 0;
}

const char *og_request_agent(const struct og_request *rq)
{
	const char *agent = og_json_str(rq->talk->agents, rq->task.id);

	return agent ? agent : rq->talk->agent[0] ? rq->talk->agent : "og-shield";
}

void og_request_record(struct og_request *rq, const char *action, struct og_record *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->principal = rq->known ? rq->who.name : "unknown";
	ret->agent = rq->has_task ? og_request_agent(rq) : "og-shield";
	ret->action = action;
	ret->node = rq->node;
	ret->task = rq->has_task ? rq->task.id : "";
	ret->step = rq->step ? rq->step : "";
}

/* Refusals that people must be able to find later. Malformed requests are
 * no wishes, and a conflict is the echo of something recorded already. */
static int on_ledger(const struct og_request *rq, const struct og_err *err)
{
	switch (rq->refusal) {
	case OG_DENY:
	case OG_STALE:
	case OG_BUDGET:
		return 1;
	case OG_REFUSAL_NONE:
		return err->code == OG_NO || err->code == OG_EPERM;
	default:
		return 0;
	}
}

static const char *verdict_of(const struct og_request *rq, const struct og_err *err)
{
	switch (rq->refusal) {
	case OG_DENY:
	case OG_DENY_QUIET:
		return "deny";
	case OG_CONFLICT:
	case OG_STALE:
		return "conflict";
	case OG_BUDGET:
		return "budget";
	case OG_WAIT:
		return "wait";
	case OG_UNSUPPORTED:
		return "unsupported";
	case OG_REFUSAL_NONE:
		break;
	}
	return err->code == OG_NO || err->code == OG_EPERM ? "deny" : "error";
}

/* An error's text can hold broken UTF-8 from its subject. */
json_t *og_request_text(const char *text)
{
	struct og_buf buf;
	json_t *ret = NULL;

	og_buf_init(&buf, 8 * OG_ERR_MSG_MAX);
	if (og_text_safe(&buf, text, strlen(text), 0) == 0)
		ret = json_stringn(buf.data ? buf.data : "", buf.len);
	og_buf_release(&buf);
	return ret;
}

static const char *rule_of(const struct og_request *rq, const struct og_err *err)
{
	if (rq->rule[0])
		return rq->rule;
	return err->code == OG_EDATA ? "malformed" : err->code == OG_NO ? "refused" : "failed";
}

/* Which policies stood behind a refusal, by name. */
static json_t *cited(const struct og_request *rq)
{
	json_t *names = json_array(), *item;
	size_t i;

	json_array_foreach(json_object_get(rq->extra, "citations"), i, item)
	{
		json_array_append(names, json_object_get(item, "policy"));
	}
	return names;
}

static json_t *refusal_body(const struct og_request *rq, const struct og_err *err)
{
	const char *verb = og_json_str(rq->body, "verb"), *sql = og_json_str(rq->body, "sql");
	json_t *body = json_pack("{s:s,s:s,s:o,s:s,s:o}", "verdict", verdict_of(rq, err), "rule",
				 rule_of(rq, err), "why", og_request_text(err->msg), "verb",
				 verb ? verb : "", "citations", cited(rq));

	/* A statement nobody could have run does not fill the ledger. */
	if (body && sql && strlen(sql) <= OG_GATE_TEXT_MAX)
		json_object_set_new(body, "sql", json_string(sql));
	return body;
}

/* Inside a frame of its own. */
static int note_refusal(struct og_request *rq, const struct og_err *why, struct og_err *err)
{
	struct og_record record;
	struct og_receipt receipt;
	json_t *body;
	int rc;

	if (!on_ledger(rq, why))
		return 0;
	body = refusal_body(rq, why);
	if (!body)
		return og_fail_nomem(err);
	og_request_record(rq, "refuse", &record);
	rc = og_frame_record(&rq->shield->frame, &record, body, &receipt, err);
	json_decref(body);
	return rc < 0 ? -1 : og_request_entry(rq, receipt.seq, err);
}

/* Best effort on purpose: the refusal stands whether or not it could be
 * written down, and the caller's error must not be replaced by a new one.
 * Except where the request is numbered: what it was told must be known. */
void og_request_refused(struct og_request *rq, struct og_err *err)
{
	struct og_frame *frame = &rq->shield->frame;
	struct og_err quiet = OG_ERR_INIT;
	int kept = og_call_keeps(rq, err), rc;

	if (!kept && !on_ledger(rq, err))
		return;
	rc = og_frame_begin(frame, &quiet);
	if (rc == 0)
		rc = note_refusal(rq, err, &quiet);
	if (rc == 0 && kept)
		rc = og_call_keep(rq, -1, err, &quiet);
	if (rc == 0)
		rc = og_frame_commit(frame, !rq->has_task, &quiet);
	og_frame_abort(frame);
	if (rc == 0 || !kept)
		return;
	rq->refusal = OG_REFUSAL_NONE;
	rq->rule[0] = '\0';
	*err = quiet;
}

/* Keeps the task's range of entries. Its row may be older than what other
 * conversations wrote, so only these two columns are touched. */
int og_request_entry(struct og_request *rq, int64_t seq, struct og_err *err)
{
	if (!rq->has_task)
		return 0;
	if (rq->task.first_seq == 0)
		rq->task.first_seq = seq;
	rq->task.last_seq = seq;
	return og_tasks_entry(rq->shield->tasks, rq->task.id, seq, err);
}

/* The entry's number, or -1. With an approval that was used up for it. */
static int64_t write_entry(struct og_request *rq, const char *action, const json_t *body,
			   struct og_err *err)
{
	json_t *whole = body ? json_copy((json_t *)(uintptr_t)body) : NULL;
	struct og_record entry;
	struct og_receipt receipt;
	int64_t seq = -1;

	og_request_record(rq, action, &entry);
	if (!whole || (rq->approval && json_object_set(whole, "approval", rq->approval) < 0))
		og_fail_nomem(err);
	else if (og_frame_record(&rq->shield->frame, &entry, whole, &receipt, err) == 0 &&
		 og_request_entry(rq, receipt.seq, err) == 0)
		seq = receipt.seq;
	json_decref(whole);
	return seq;
}

int og_request_note(struct og_request *rq, const char *action, const json_t *body,
		    struct og_err *err)
{
	return write_entry(rq, action, body, err) < 0 ? -1 : 0;
}

int og_request_write_entry(struct og_request *rq, const char *action, const json_t *body,
			   struct og_err *err)
{
	int64_t seq = write_entry(rq, action, body, err);

	return seq < 0 ? -1 : og_json_set(rq->reply, "seq", json_integer(seq), err);
}

/* The members every reply starts with. */
json_t *og_request_head(const json_t *body, int ok)
{
	int64_t id = body ? og_json_int(body, "id", -1) : -1;

	return json_pack("{s:i,s:o,s:b}", "v", 1, "id", id < 0 ? json_null() : json_integer(id),
			 "ok", ok);
}

static json_t *refused_reply(struct og_request *rq, const struct og_err *err)
{
	json_t *reply = og_request_head(rq->body, 0);
	json_t *more = json_pack("{s:s,s:i,s:s,s:o,s:o}", "verdict", verdict_of(rq, err), "code",
				 err->code, "rule", rule_of(rq, err), "why",
				 og_request_text(err->msg), "fix", og_request_text(err->hint));
	int rc = reply && more ? json_object_update(reply, more) : -1;

	if (rc == 0 && rq->extra)
		rc = json_object_update(reply, rq->extra);
	if (rc == 0 && rq->step)
		rc = json_object_set_new(reply, "step", json_string(rq->step));
	json_decref(more);
	if (rc == 0)
		return reply;
	json_decref(reply);
	return NULL;
}

/* What was answered when the same request was made before. */
static json_t *recorded_reply(struct og_request *rq)
{
	json_t *reply = json_copy(rq->recorded);
	json_t *head = og_request_head(rq->body, og_json_bool(rq->recorded, "ok", 0));
	int rc = reply && head ? json_object_update(reply, head) : -1;

	if (rc == 0)
		rc = json_object_set_new(reply, "replayed", json_true());
	json_decref(head);
	if (rc == 0)
		return reply;
	json_decref(reply);
	return NULL;
}

/* A handler's reply may have brought an old id along: a repeated step's. */
json_t *og_request_reply(struct og_request *rq, int rc, const struct og_err *err)
{
	json_t *reply, *head;

	if (rq->recorded)
		return recorded_reply(rq);
	reply = rc < 0 ? refused_reply(rq, err) : json_incref(rq->reply);
	head = rc < 0 ? NULL : og_request_head(rq->body, 1);
	if (rc >= 0 && (!head || json_object_update(reply, head) < 0))
		rc = -2;
	if (reply && rq->numbered && json_object_set_new(reply, "at", json_string(rq->at)) < 0)
		rc = -2;
	json_decref(head);
	if (rc != -2)
		return reply;
	json_decref(reply);
	return NULL;
}
