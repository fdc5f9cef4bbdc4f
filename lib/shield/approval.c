/* See approval.h: questions, and envelopes that answer them. */
#include "lib/shield/approval.h"

#include <string.h>

#include "lib/shield/waits.h"

/* --- the question --------------------------------------------------------- */

/* ["name@hash", ...]: which versions ask. */
static json_t *versions_of(const json_t *demands)
{
	json_t *list = json_array(), *demand;
	size_t i;

	json_array_foreach(demands, i, demand)
	{
		json_array_append_new(list, json_sprintf("%s@%s", og_json_str(demand, "policy"),
							 og_json_str(demand, "hash")));
	}
	return list;
}

static int digest_of(const struct og_run *run, const json_t *versions, char out[OG_HASH_HEX + 1],
		     struct og_err *err)
{
	json_t *what = json_pack("{s:s,s:s,s:s,s:s,s:O,s:O}", "task", run->rq->task.id, "skill",
				 og_json_str(run->doc, "name"), "hash", run->hash, "step",
				 run->name, "vars", run->vars, "policy", versions);

	return og_run_digest(what, out, err);
}

/* What several policies say together: names and messages in a row, the
 * highest clearance, the shortest time. */
struct terms {
	struct og_buf names, message;
	int64_t clearance, seconds;
};

static void add_terms(struct terms *terms, const json_t *demand)
{
	const char *message = og_json_str(demand, "message");
	int64_t clearance = og_json_int(demand, "clearance", 3);
	int64_t seconds = og_json_int(demand, "seconds", OG_APPROVAL_SECONDS);

	og_buf_addf(&terms->names, "%s%s", terms->names.len ? ", " : "",
		    og_json_str(demand, "policy"));
	if (message && *message)
		og_buf_addf(&terms->message, "%s%s", terms->message.len ? "; " : "", message);
	if (clearance > terms->clearance)
		terms->clearance = clearance;
	if (terms->seconds == 0 || seconds < terms->seconds)
		terms->seconds = seconds;
}

static json_t *pack_question(const struct og_run *run, const struct terms *terms,
			     const json_t *versions, const char *digest)
{
	char asked[OG_TIME_LEN + 1], expires[OG_TIME_LEN + 1];
	int64_t now = og_now_ms();

	og_time_format(now, asked);
	og_time_format(now + terms->seconds * 1000, expires);
	return json_pack(
		"{s:s,s:s,s:O,s:s,s:s,s:s,s:s,s:s,s:O,s:I,s:s,s:s,s:o}", "for", "approval",
		"policy", terms->names.data, "policies", versions, "message",
		terms->message.len ? terms->message.data : "", "digest", digest, "step", run->name,
		"skill", og_json_str(run->doc, "name"), "hash", run->hash, "arguments", run->vars,
		"clearance", (json_int_t)terms->clearance, "asked", asked, "expires", expires,
		"why",
		json_sprintf("it waits for the approval of somebody with clearance %lld (%s)%s%s",
			     (long long)terms->clearance, terms->names.data,
			     terms->message.len ? ": " : "",
			     terms->message.len ? terms->message.data : ""));
}

static int new_question(const struct og_run *run, const json_t *demands, const json_t *versions,
			const char *digest, json_t **ret)
{
	struct terms terms = { .clearance = 1 };
	json_t *demand;
	size_t i;

	og_buf_init(&terms.names, 65536);
	og_buf_init(&terms.message, 65536);
	json_array_foreach(demands, i, demand) add_terms(&terms, demand);
	*ret = terms.names.failed || terms.message.failed
		       ? NULL
		       : pack_question(run, &terms, versions, digest);
	og_buf_release(&terms.names);
	og_buf_release(&terms.message);
	return *ret ? 0 : -1;
}

int og_approval_question(struct og_run *run, const json_t *demands, json_t **ret,
			 struct og_err *err)
{
	const char *kept = run->rq->task.waits, *before;
	json_t *versions = versions_of(demands), *asked = kept ? json_loads(kept, 0, NULL) : NULL;
	char digest[OG_HASH_HEX + 1];
	int rc = -1;

	if (!versions) {
		og_fail_nomem(err);
		goto out;
	}
	if (digest_of(run, versions, digest, err) < 0)
		goto out;
	before = og_json_str(asked, "digest");
	if (before && strcmp(before, digest) == 0) {
		*ret = json_incref(asked);
		rc = 0;
	} else {
		rc = new_question(run, demands, versions, digest, ret);
		if (rc < 0)
			og_fail_nomem(err);
	}
out:
	json_decref(versions);
	json_decref(asked);
	return rc;
}

/* --- the answer ----------------------------------------------------------- */

/* The principal's own task; or that of another name with the same key, now
 * or when it was submitted: whoever holds that key would consent to
 * themselves. */
static int is_own(struct og_request *rq, const struct og_principal *who, struct og_err *err)
{
	const char *text = rq->task.envelope;
	struct og_err quiet = OG_ERR_INIT;
	struct og_envelope envelope;
	struct og_principal owner;
	int own;

	if (who->id == rq->task.principal)
		return 1;
	if (og_access_principal_kept(rq->shield->access, rq->task.principal, &owner, err) < 0)
		return -1;
	if (!who->has_key)
		return 0;
	if (owner.has_key && memcmp(owner.pubkey, who->pubkey, OG_KEY_PUBLIC) == 0)
		return 1;
	if (!text || og_envelope_parse(text, strlen(text), &envelope, &quiet) < 0)
		return 0;
	own = og_envelope_verify(&envelope, who->pubkey, &quiet) == 0;
	og_envelope_release(&envelope);
	return own;
}

static int is_over(const char *expires)
{
	int64_t ms;

	return !expires || og_time_parse(expires, &ms) < 0 || og_now_ms() >= ms;
}

int og_approval_judge(struct og_request *rq, const struct og_consent *row, const json_t *question,
		      const char **ret_why, struct og_err *err)
{
	struct og_envelope envelope;
	struct og_err quiet = OG_ERR_INIT;
	struct og_principal who;
	const char *why = NULL, *right = og_json_str(question, "right");
	int own;

	if (og_access_principal_kept(rq->shield->access, row->principal, &who, err) < 0 ||
	    (own = is_own(rq, &who, err)) < 0 ||
	    og_envelope_parse(row->envelope, strlen(row->envelope), &envelope, err) < 0)
		return -1;
	if (!who.active)
		why = "its signer is no longer active";
	else if (!who.has_key || og_envelope_verify(&envelope, who.pubkey, &quiet) < 0)
		why = "it was signed with a key that is in force no more";
	else if (own)
		why = "nobody approves a task of their own";
	else if (!og_access_right(&who, "approve") || (right && !og_access_right(&who, right)))
		why = "its signer may no longer approve";
	else if (who.clearance < og_json_int(question, "clearance", 3))
		why = "its signer's clearance is too low";
	else if (is_over(row->expires))
		why = "its time is over";
	og_envelope_release(&envelope);
	*ret_why = why;
	return 0;
}

/* The question as it stands must be the one that is answered. */
static int fits(struct og_request *rq, const struct og_envelope *envelope, const json_t *question,
		struct og_err *err)
{
	const char *digest = og_json_str(question, "digest");
	const char *right = og_json_str(question, "right");
	int64_t clearance = og_json_int(question, "clearance", 3);

	if (right && og_request_right(rq, right, err) < 0)
		return -1;
	if (!digest || strcmp(digest, envelope->digest) != 0) {
		og_refuse(rq, OG_DENY, "digest", err,
			  "task %s waits for the approval of something else", envelope->task);
		return og_hint(err, "look at what will run: og-task status %s", envelope->task);
	}
	if (rq->who.clearance < clearance)
		return og_refuse(rq, OG_DENY, "clearance", err,
				 "it takes clearance %lld to answer, %s has %d",
				 (long long)clearance, rq->who.name, rq->who.clearance);
	if (is_over(og_json_str(question, "expires")))
		return og_refuse(rq, OG_DENY, "approval-expired", err,
				 "the question was open until %s",
				 og_json_str(question, "expires"));
	return 0;
}

/* The first word counts; only a rejection may still follow an approval. */
static int unanswered(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	struct og_consent given;
	int found = og_consent_given(rq->shield->tasks, envelope->task, "approve", envelope->digest,
				     &given, err);

	if (found <= 0)
		return found;
	if (strcmp(given.said, "approved") == 0 && strcmp(envelope->state, "rejected") == 0)
		found = 0;
	else
		found = og_refuse(rq, OG_DENY, "answered", err, "it was %s already", given.said);
	og_consent_release(&given);
	return found;
}

/* Of one's own task, of one that is not there, of one that does not ask. */
static int asks(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	int own;

	if (og_request_right(rq, "approve", err) < 0 ||
	    og_envelope_about(rq, envelope, "approve", err) < 0)
		return -1;
	if (!rq->has_task)
		return og_refuse(rq, OG_DENY, "no-task", err, "no such task");
	own = is_own(rq, &rq->who, err);
	if (own < 0)
		return -1;
	if (own) {
		og_refuse(rq, OG_DENY, "own-approval", err, "nobody approves a task of their own");
		return og_hint(err, "another principal with the right 'approve' has to");
	}
	if (!og_task_waits_for(&rq->task, "approval"))
		return og_refuse(rq, OG_DENY, "not-waiting", err,
				 "task %s is %s, it does not wait for an approval", envelope->task,
				 rq->task.state);
	return 0;
}

int og_approval_answer(struct og_request *rq, const struct og_envelope *envelope,
		       struct og_err *err)
{
	json_t *question;
	int rc = -1;

	if (asks(rq, envelope, err) < 0)
		return -1;
	question = og_task_waits(&rq->task);
	if (fits(rq, envelope, question, err) == 0 && unanswered(rq, envelope, err) == 0 &&
	    og_envelope_keep(rq, envelope, og_json_str(question, "expires"), err) == 0)
		rc = og_envelope_record(
			rq, envelope,
			strcmp(envelope->state, "rejected") == 0 ? "reject" : "approve", err);
	json_decref(question);
	return rc;
}

/* --- what an answer is worth when it is needed ------------------------------- */

/* The one use of an approval, in the transaction of what it allows. */
static int use(struct og_request *rq, const struct og_consent *row, json_t **ret,
	       struct og_err *err)
{
	struct og_principal by;

	if (og_access_principal_kept(rq->shield->access, row->principal, &by, err) < 0 ||
	    og_consent_state(rq->shield->tasks, row->id, "used", err) < 0)
		return -1;
	*ret = json_pack("{s:s,s:s,s:s}", "by", by.name, "digest", row->digest, "envelope",
			 row->id);
	return *ret ? 1 : og_fail_nomem(err);
}

/* An approval that counts no more is put aside, which the ledger is told. */
static int put_aside(struct og_request *rq, const struct og_consent *row, const char *why,
		     struct og_err *err)
{
	json_t *body = json_pack("{s:s,s:s,s:s,s:s,s:s}", "verdict", "deny", "rule", "approver",
				 "why", why, "about", row->id, "approves", row->digest);
	int rc = -1;

	if (og_consent_state(rq->shield->tasks, row->id, "void", err) == 0)
		rc = og_request_note(rq, "refuse", body, err);
	json_decref(body);
	return rc;
}

static int rejected(struct og_request *rq, const struct og_consent *row, struct og_err *err)
{
	struct og_principal by;
	json_t *envelope = json_loads(row->envelope, 0, NULL);
	const char *note_text = og_json_str(envelope, "note");
	int rc = og_access_principal_kept(rq->shield->access, row->principal, &by, err);

	if (rc == 0)
		rc = og_refuse(rq, OG_DENY, "rejected", err, "%s rejected it%s%s", by.name,
			       note_text ? ": " : "", note_text ? note_text : "");
	json_decref(envelope);
	return rc;
}

/* What this row comes to: 1 it lets pass, 0 it counts no more, -1. */
static int weigh(struct og_request *rq, const struct og_consent *row, const json_t *question,
		 json_t **ret, struct og_err *err)
{
	const char *why = NULL;

	if (og_approval_judge(rq, row, question, &why, err) < 0)
		return -1;
	if (why)
		return put_aside(rq, row, why, err);
	return ret ? use(rq, row, ret, err) : 1;
}

int og_approval_given(struct og_request *rq, const char *digest, const json_t *question,
		      json_t **ret, struct og_err *err)
{
	struct og_consent row;
	int found = digest ? og_consent_given(rq->shield->tasks, rq->task.id, "approve", digest,
					      &row, err)
			   : 0;

	if (found <= 0)
		return found;
	if (strcmp(row.said, "rejected") == 0)
		found = rejected(rq, &row, err);
	else
		found = question ? weigh(rq, &row, question, ret, err) : 0;
	og_consent_release(&row);
	return found;
}
