/* See ask.h. */
#include "lib/shield/ask.h"

#include <string.h>

#include "lib/shield/acts.h"
#include "lib/shield/approval.h"
#include "lib/shield/proposal.h"
#include "lib/shield/slots.h"
#include "lib/shield/steps.h"
#include "lib/shield/verbs.h"
#include "lib/shield/waits.h"

#define CLEARANCE_MAX 3

struct ask {
	struct og_request *rq;
	int64_t call;
	int approval;	     /* else an answer */
	const char *text;    /* the question */
	const json_t *about; /* of an approval */
	const json_t *slots; /* that the answer is to fill, or NULL */
	int64_t clearance;   /* that it takes */
	const char *right;   /* that it takes as well, or NULL */
	int64_t seconds;
	char digest[OG_HASH_HEX + 1];
};

/* --- what is asked ----------------------------------------------------------- */

static int bad(struct og_err *err, const char *what)
{
	return og_fail(err, OG_EDATA, "request: %s", what);
}

/* Does it ask for what a task may do beside its skill? */
static int check_about(const json_t *about, struct og_err *err)
{
	static const char *const verbs[] = { "sql.write", "ddl", "skill.put", "policy.put" };
	const char *verb = og_json_str(about, "verb");
	struct og_buf text;
	int rc;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (verb && strcmp(verb, verbs[i]) == 0) {
			og_buf_init(&text, OG_ABOUT_MAX);
			rc = og_json_canon(about, &text, err);
			og_buf_release(&text);
			return rc;
		}
	return bad(err, "'about' is none of sql.write, ddl, skill.put, policy.put");
}

static int check_text(const char *text, struct og_err *err)
{
	size_t len = text ? strlen(text) : 0;

	if (len == 0 || strspn(text, " \t\r\n") == len)
		return bad(err, "'question' is empty");
	return len > OG_QUESTION_MAX ? bad(err, "'question' is too long") : 0;
}

static int approval_digest(const struct og_request *rq, const json_t *about, int64_t clearance,
			   char out[OG_HASH_HEX + 1], struct og_err *err)
{
	return og_run_digest(json_pack("{s:s,s:I,s:O}", "task", rq->task.id, "clearance",
				       (json_int_t)clearance, "about", about),
			     out, err);
}

static int read_approval(struct ask *ask, struct og_err *err)
{
	struct og_request *rq = ask->rq;
	int64_t clearance = og_json_int(rq->body, "clearance", 1);

	if (!ask->about)
		return bad(err, "an approval is 'about' a request");
	if (clearance < 1 || clearance > CLEARANCE_MAX)
		return bad(err, "'clearance' is not between 1 and 3");
	ask->clearance = clearance > rq->who.clearance ? clearance : rq->who.clearance;
	ask->right = og_proposal_right(rq, og_json_str(ask->about, "verb"));
	if (check_about(ask->about, err) < 0 || og_proposal_agrees(rq, ask->about, err) < 0)
		return -1;
	return approval_digest(rq, ask->about, ask->clearance, ask->digest, err);
}

static int read_answer(struct ask *ask, struct og_err *err)
{
	if (ask->about || json_object_get(ask->rq->body, "clearance"))
		return bad(err, "'about' and 'clearance' are of an approval");
	if (ask->slots)
		return og_run_digest(
			json_pack("{s:s,s:O}", "task", ask->rq->task.id, "slots", ask->slots),
			ask->digest, err);
	return og_run_digest(json_pack("{s:s,s:I,s:s}", "task", ask->rq->task.id, "call",
				       (json_int_t)ask->call, "question", ask->text),
			     ask->digest, err);
}

static int read_ask(struct ask *ask, struct og_err *err)
{
	const json_t *body = ask->rq->body;
	const char *what = og_json_str(body, "for");

	ask->call = og_json_int(body, "call", -1);
	ask->text = og_json_str(body, "question");
	ask->about = json_object_get(body, "about");
	ask->slots = json_object_get(body, "slots");
	ask->seconds = og_json_int(body, "seconds", OG_ASK_SECONDS);
	if (ask->seconds < 1 || ask->seconds > OG_ASK_SECONDS_MAX)
		return bad(err, "'seconds' is not between 1 and those of 30 days");
	if (check_text(ask->text, err) < 0)
		return -1;
	ask->approval = what && strcmp(what, "approval") == 0;
	if (ask->approval && ask->slots)
		return bad(err, "'slots' are of an answer");
	if (ask->approval)
		return read_approval(ask, err);
	if (!what || strcmp(what, "answer") != 0)
		return bad(err, "'for' is neither answer nor approval");
	return read_answer(ask, err);
}

/* --- the question ------------------------------------------------------------ */

static json_t *why_of(const struct ask *ask)
{
	if (!ask->approval)
		return json_sprintf("it waits for an answer of %s: %s", ask->rq->who.name,
				    ask->text);
	return json_sprintf("it waits for the approval of somebody with clearance %lld%s%s%s: %s",
			    (long long)ask->clearance, ask->right ? " and the right '" : "",
			    ask->right ? ask->right : "", ask->right ? "'" : "", ask->text);
}

static json_t *new_question(const struct ask *ask)
{
	char asked[OG_TIME_LEN + 1], expires[OG_TIME_LEN + 1];
	int64_t now = og_now_ms();
	json_t *made;

	og_time_format(now, asked);
	og_time_format(now + ask->seconds * 1000, expires);
	made = json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:o}", "for",
			 ask->approval ? "approval" : "answer", "call", (json_int_t)ask->call,
			 ask->approval ? "message" : "question", ask->text, "digest", ask->digest,
			 "asked", asked, "expires", expires, "why", why_of(ask));
	if (made && ask->approval &&
	    (json_object_set(made, "arguments", (json_t *)(uintptr_t)ask->about) < 0 ||
	     json_object_set_new(made, "step", json_string(ask->rq->act)) < 0 ||
	     json_object_set_new(made, "clearance", json_integer(ask->clearance)) < 0 ||
	     (ask->right && json_object_set_new(made, "right", json_string(ask->right)) < 0))) {
		json_decref(made);
		made = NULL;
	}
	return made;
}

/* As it was asked already by this very request. What is asked for slots is
 * asked once, however the sentence reads by now. */
static int is_same(const struct ask *ask, const json_t *before)
{
	const char *digest = og_json_str(before, "digest");

	if (ask->slots && json_object_get(before, "slots"))
		return 1;
	return digest && strcmp(digest, ask->digest) == 0 &&
	       og_json_int(before, "call", -1) == ask->call;
}

static int complete(const struct ask *ask, json_t *question, struct og_err *err)
{
	if (!question)
		return og_fail_nomem(err);
	if (!ask->slots)
		return 0;
	json_object_del(question, "call");
	return og_slots_question(ask->rq, ask->slots, question, err);
}

/* The question that stands, or a new one; NULL: err says why. */
static json_t *question_of(const struct ask *ask, struct og_err *err)
{
	const char *kept = ask->rq->task.waits;
	json_t *before = kept ? json_loads(kept, 0, NULL) : NULL, *made;

	if (before && is_same(ask, before))
		return before;
	json_decref(before);
	made = new_question(ask);
	if (complete(ask, made, err) == 0)
		return made;
	json_decref(made);
	return NULL;
}

/* --- what was said ----------------------------------------------------------- */

/* Values in one line, for whoever reads text only. */
static int values_text(const json_t *values, struct og_buf *out, struct og_err *err)
{
	const char *name, *answer = og_json_str(values, "answer");
	json_t *value;

	if (answer)
		og_buf_adds(out, answer);
	json_object_foreach((json_t *)(uintptr_t)values, name, value)
	{
		if (answer)
			continue;
		og_buf_addf(out, "%s%s = ", out->len ? "; " : "", name);
		if (json_is_string(value))
			og_buf_adds(out, json_string_value(value));
		else if (og_json_canon(value, out, err) < 0)
			return -1;
	}
	return og_buf_check(out, "answer", err);
}

static int answer_reply(struct og_request *rq, const json_t *values, struct og_err *err)
{
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, OG_ENVELOPE_MAX);
	if (values_text(values, &text, err) == 0 &&
	    og_json_set(rq->reply, "answer", json_stringn(text.data ? text.data : "", text.len),
			err) == 0 &&
	    og_json_set(rq->reply, "by", json_string(rq->who.name), err) == 0)
		rc = 0;
	og_buf_release(&text);
	if (rc == 0 && !og_json_str(values, "answer"))
		rc = og_json_set(rq->reply, "values", json_deep_copy(values), err);
	return rc;
}

/* The answer is used up: it belongs to this one request. */
static int take_answer(struct ask *ask, struct og_err *err)
{
	struct og_request *rq = ask->rq;
	struct og_consent row;
	json_t *envelope;
	int rc = og_consent_given(rq->shield->tasks, rq->task.id, "answer", ask->digest, &row, err);

	if (rc <= 0)
		return rc;
	envelope = json_loads(row.envelope, 0, NULL);
	rc = -1;
	if (!envelope)
		og_fail(err, OG_EDATA, "the answer %s cannot be read", row.id);
	else if (answer_reply(rq, json_object_get(envelope, "values"), err) == 0 &&
		 og_consent_state(rq->shield->tasks, row.id, "used", err) == 0)
		rc = 1;
	json_decref(envelope);
	og_consent_release(&row);
	return rc;
}

/* Who said yes; that is told, and used up by the request it is about. */
static int approved_reply(struct ask *ask, struct og_err *err)
{
	struct og_request *rq = ask->rq;
	struct og_principal by;
	struct og_consent row;
	int rc =
		og_consent_given(rq->shield->tasks, rq->task.id, "approve", ask->digest, &row, err);

	if (rc <= 0)
		return rc;
	if (og_access_principal_kept(rq->shield->access, row.principal, &by, err) < 0 ||
	    og_json_set(rq->reply, "approved", json_true(), err) < 0 ||
	    og_json_set(rq->reply, "by", json_string(by.name), err) < 0 ||
	    og_json_set(rq->reply, "digest", json_string(ask->digest), err) < 0)
		rc = -1;
	og_consent_release(&row);
	return rc;
}

/* 1: somebody spoke, and the reply says what; 0: nobody has; -1. */
static int spoken(struct ask *ask, const json_t *question, struct og_err *err)
{
	int rc;

	if (!ask->approval)
		return take_answer(ask, err);
	rc = og_approval_given(ask->rq, ask->digest, question, NULL, err);
	return rc == 1 ? approved_reply(ask, err) : rc;
}

/* --- the verb ---------------------------------------------------------------- */

static int is_over(const json_t *question)
{
	const char *expires = og_json_str(question, "expires");
	int64_t ms;

	return !expires || og_time_parse(expires, &ms) < 0 || og_now_ms() >= ms;
}

/* 0 somebody spoke; 1 the task waits; -1. */
static int decide(struct ask *ask, const json_t *question, struct og_err *err)
{
	struct og_request *rq = ask->rq;
	int said = spoken(ask, question, err);

	if (said < 0)
		return -1;
	if (said == 1) {
		if (og_task_row_set(&rq->task.waits, NULL, err) < 0)
			return -1;
		return og_tasks_save(rq->shield->tasks, &rq->task, err);
	}
	if (is_over(question))
		return og_refuse(rq, OG_DENY, ask->approval ? "approval-expired" : "answer-expired",
				 err, "nobody %s it by %s", ask->approval ? "approved" : "answered",
				 og_json_str(question, "expires"));
	return og_task_wait(rq, question, err) < 0 ? -1 : 1;
}

static int perform(struct ask *ask, struct og_err *err)
{
	json_t *question;
	int rc;

	if (read_ask(ask, err) < 0 || (!ask->slots && og_act_name(ask->rq, err) < 0) ||
	    og_task_forward(ask->rq, err) < 0)
		return -1;
	if (ask->slots && og_slots_asked(ask->rq, ask->slots, err) < 0)
		return -1;
	question = question_of(ask, err);
	rc = question ? decide(ask, question, err) : -1;
	json_decref(question);
	return rc;
}

int og_verb_ask(struct og_request *rq, struct og_err *err)
{
	struct ask ask = { .rq = rq };
	int rc = -1;

	if (og_request_task(rq, err) == 0 && og_request_running(rq, err) == 0)
		rc = perform(&ask, err);
	if (rc == 1)
		return og_task_stands(rq, ask.approval ? "approval" : "answer", err);
	return rc < 0 ? -1 : og_request_commit(rq, 0, err);
}

/* --- the request that was approved ------------------------------------------- */

/* What it does: its members without those of the channel. */
static json_t *about_of(const struct og_request *rq)
{
	static const char *const own[] = {
		"v", "id", "task", "epoch", "call", "trace", "approval"
	};
	json_t *about = json_copy((json_t *)(uintptr_t)rq->body);

	for (size_t i = 0; about && i < sizeof(own) / sizeof(*own); i++)
		json_object_del(about, own[i]);
	return about;
}

/* The clearance with which it was asked for: the one whose digest it is; 0
 * when it is of something else. */
static int64_t clearance_of(const struct og_request *rq, const char *digest, struct og_err *err)
{
	json_t *about = about_of(rq);
	char is[OG_HASH_HEX + 1];
	int64_t found = about ? 0 : og_fail_nomem(err);

	for (int64_t c = CLEARANCE_MAX; found == 0 && c > 0; c--) {
		if (approval_digest(rq, about, c, is, err) < 0)
			found = -1;
		else if (strcmp(is, digest) == 0)
			found = c;
	}
	json_decref(about);
	return found;
}

int og_ask_approved(struct og_request *rq, struct og_err *err)
{
	const char *digest = og_json_str(rq->body, "approval");
	int64_t clearance = digest ? clearance_of(rq, digest, err) : 0;
	json_t *question;
	int given;

	if (!digest || clearance < 0)
		return digest ? -1 : 0;
	if (clearance == 0)
		return og_refuse(rq, OG_DENY, "approval", err,
				 "the approval %.12s is of something else", digest);
	question = json_pack("{s:I,s:s*}", "clearance", (json_int_t)clearance, "right",
			     og_proposal_right(rq, og_json_str(rq->body, "verb")));
	given = question ? og_approval_given(rq, digest, question, &rq->approval, err)
			 : og_fail_nomem(err);
	json_decref(question);
	if (given == 0)
		return og_refuse(rq, OG_DENY, "approval", err,
				 "no approval %.12s stands: it was not given, or it is used",
				 digest);
	return given < 0 ? -1 : 0;
}
