/*
 * /api/approvals: what waits for somebody like the caller, and the answer.
 * The list is the shield's: it shows who may approve what waits for them.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/hash/hash.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve-internal.h"
#include "lib/serve/tasks.h"

#define NOTE_MAX 500
#define LIST_MAX 500

struct approvals {
	char *task; /* path of og-task */
};

static void free_approvals(void *state)
{
	struct approvals *approvals = state;

	free(approvals->task);
	free(approvals);
}

static int start(struct og_serve *serve, void **ret, struct og_err *err)
{
	struct approvals *approvals = calloc(1, sizeof(*approvals));

	if (approvals)
		approvals->task = og_program_path(og_serve_exe_dir(serve), "og-task");
	if (!approvals || !approvals->task) {
		free(approvals);
		return og_fail_nomem(err);
	}
	*ret = approvals;
	return 0;
}

static json_t *approval_of(const json_t *task, const json_t *waits)
{
	static const char *const from_task[] = { "principal", "text", "submitted" };
	static const char *const from_waits[] = { "skill",   "step",	  "policy",    "policies",
						  "message", "digest",	  "arguments", "asked",
						  "expires", "clearance", "right",     "why" };
	json_t *one = json_pack("{s:O?}", "task_id", json_object_get(task, "task"));

	for (size_t i = 0; i < sizeof(from_task) / sizeof(*from_task); i++)
		json_object_set(one, from_task[i], json_object_get(task, from_task[i]));
	for (size_t i = 0; i < sizeof(from_waits) / sizeof(*from_waits); i++)
		if (json_object_get(waits, from_waits[i]))
			json_object_set(one, from_waits[i], json_object_get(waits, from_waits[i]));
	return one;
}

struct asking {
	int64_t clearance;
	int skill, policy; /* may they put one? */
};

/* The right that a proposal takes as well. */
static int has_right(const struct asking *asking, const char *right)
{
	return !right || (asking->skill && strcmp(right, "skill") == 0) ||
	       (asking->policy && strcmp(right, "policy") == 0);
}

/* Not one's own, and within one's clearance and rights: others would be
 * refused. */
static int is_mine(const struct og_exchange *x, const json_t *task, const struct asking *asking)
{
	const char *owner = og_json_str(task, "principal");
	const json_t *waits = json_object_get(task, "waits");

	return waits && owner && strcmp(owner, og_exchange_principal(x)) != 0 &&
	       asking->clearance >= og_json_int(waits, "clearance", INT64_MAX) &&
	       has_right(asking, og_json_str(waits, "right"));
}

static void listed(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	const struct asking *asking = og_exchange_kept(x);
	json_t *list, *task;
	size_t i;

	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	list = json_array();
	json_array_foreach(json_object_get(reply, "tasks"), i, task)
	{
		if (is_mine(x, task, asking))
			json_array_append_new(list,
					      approval_of(task, json_object_get(task, "waits")));
	}
	og_reply_json(x, 200, json_pack("{s:o}", "approvals", list));
}

static void known(void *arg, const json_t *who, const struct og_err *err)
{
	struct og_exchange *x = arg;
	struct asking *asking;

	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	if (!og_who_has(who, "approve")) { /* nothing waits for them */
		og_reply_json(x, 200, json_pack("{s:[]}", "approvals"));
		return;
	}
	asking = calloc(1, sizeof(*asking));
	if (!asking) {
		og_reply_error(x, 500, "out of memory");
		return;
	}
	asking->clearance = og_json_int(who, "clearance", 0);
	asking->skill = og_who_has(who, "skill");
	asking->policy = og_who_has(who, "policy");
	og_exchange_keep(x, asking, free);
	og_exchange_ask(x, "task.list",
			json_pack("{s:s,s:i}", "state", "waiting", "limit", LIST_MAX), listed);
}

static void list(struct og_exchange *x)
{
	og_desk_who(x->serve->desk, og_exchange_principal(x), known, x);
}

/* --- the answer ------------------------------------------------------------- */

static void answered(struct og_exchange *x, const struct og_spawned *done, const struct og_err *err)
{
	og_task_told(x, done, err, 409, "the answer is signed and on its way");
}

/* An approval is of a question that was seen: its digest has to be given. */
static const char *fault_of(const char *id, const char *decision, const char *digest,
			    const char *note)
{
	if (!og_uuid_valid(id))
		return "there is no such task";
	if (!decision || (strcmp(decision, "approved") != 0 && strcmp(decision, "rejected") != 0))
		return "decision: approved or rejected";
	if (!digest || strlen(digest) != OG_HASH_HEX ||
	    digest[strspn(digest, "0123456789abcdef")] != '\0')
		return "digest: that of the question, 64 hexadecimal digits";
	return note && strlen(note) > NOTE_MAX ? "note: too long" : NULL;
}

static void decide(struct og_exchange *x)
{
	const struct approvals *approvals = og_exchange_state(x);
	const char *decision, *digest, *note, *fault, *id = og_exchange_param(x, "id");
	const char *argv[12] = { approvals->task };
	const json_t *body;
	size_t n = 1;

	if (og_exchange_json(x, &body) < 0)
		return;
	decision = og_json_str(body, "decision");
	digest = og_json_str(body, "digest");
	note = og_json_str(body, "note");
	fault = fault_of(id, decision, digest, note);
	if (fault) {
		og_reply_error(x, og_uuid_valid(id) ? 400 : 404, "%s", fault);
		return;
	}
	argv[n++] = strcmp(decision, "approved") == 0 ? "approve" : "reject";
	argv[n++] = "--as";
	argv[n++] = og_exchange_principal(x);
	argv[n++] = "--digest";
	argv[n++] = digest;
	if (note && *note) {
		argv[n++] = "--note";
		argv[n++] = note;
	}
	argv[n++] = id;
	og_exchange_spawn(x, &(struct og_spawn){ .who = og_exchange_principal(x), .argv = argv },
			  answered);
}

static const struct og_route routes[] = {
	{ "GET", "/api/approvals", 0, list },
	{ "POST", "/api/approvals/:id", 0, decide },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_approvals = { routes, start, free_approvals, NULL };
