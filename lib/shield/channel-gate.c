/*
 * See channel-gate.h. The cache is a short list, newest first: a channel
 * serves few principals at a time, and a worker's tasks come in runs of
 * the same skill.
 */
#include "lib/shield/channel-gate.h"

#include <stdlib.h>
#include <string.h>

#include "lib/policy/store.h"

#define GATES_KEPT 24
#define TABLES_MAX 128

struct kept {
	int64_t principal;
	char subject[OG_SUBJECT_MAX + 1]; /* "" own rights; "in " and a node: narrowed */
	int64_t epoch;			  /* of the grants; -1: made of frozen ones */
	char *frozen;			  /* what og_request_freeze() gave or is made of, or NULL */
	struct og_rights *rights;
	struct og_gate *gate;
};

struct og_gates {
	struct kept kept[GATES_KEPT];
	size_t n;
};

int og_gates_new(struct og_gates **ret, struct og_err *err)
{
	struct og_gates *gates = calloc(1, sizeof(*gates));

	if (!gates)
		return og_fail_nomem(err);
	*ret = gates;
	return 0;
}

static void drop(struct kept *kept)
{
	og_gate_free(kept->gate);
	og_rights_free(kept->rights);
	free(kept->frozen);
	memset(kept, 0, sizeof(*kept));
}

void og_gates_free(struct og_gates *gates)
{
	if (!gates)
		return;
	for (size_t i = 0; i < gates->n; i++)
		drop(&gates->kept[i]);
	free(gates);
}

static int limit_of(void *arg, const char *node, const char *name, double *ret, struct og_err *err)
{
	struct og_shield *shield = arg;

	return og_policies_limit(shield->policies, node, name, ret, NULL, err);
}

/* Moves the entry to the front. */
static struct kept *touch(struct og_gates *gates, size_t i)
{
	struct kept found = gates->kept[i];

	memmove(&gates->kept[1], &gates->kept[0], i * sizeof(found));
	gates->kept[0] = found;
	return &gates->kept[0];
}

static void forget(struct og_gates *gates, size_t i)
{
	drop(&gates->kept[i]);
	gates->n--;
	memmove(&gates->kept[i], &gates->kept[i + 1], (gates->n - i) * sizeof(gates->kept[0]));
}

/* By the epoch of the grants; or, with frozen, by what they were made of. */
static struct kept *look_up(struct og_gates *gates, int64_t principal, const char *subject,
			    int64_t epoch, const char *frozen)
{
	for (size_t i = 0; i < gates->n; i++) {
		struct kept *kept = &gates->kept[i];

		if (kept->principal != principal || strcmp(kept->subject, subject) != 0 ||
		    (frozen ? !kept->frozen || strcmp(kept->frozen, frozen) != 0 : kept->epoch < 0))
			continue;
		if ((frozen || kept->epoch == epoch) && !og_gate_stale(kept->gate))
			return touch(gates, i);
		forget(gates, i);
		return NULL;
	}
	return NULL;
}

/* Puts rights (taken) and their gate in front. */
static int keep(struct og_request *rq, const char *name, struct og_rights *rights,
		struct kept **ret, struct og_err *err)
{
	struct og_gates *gates = rq->shield->gates;
	struct og_gate_hooks hooks = { limit_of, rq->shield };
	struct kept made = { .principal = rq->who.id, .epoch = rights->epoch, .rights = rights };

	if (og_gate_new(rq->shield->db, rights, NULL, &hooks, &made.gate, err) < 0) {
		og_rights_free(rights);
		return -1;
	}
	snprintf(made.subject, sizeof(made.subject), "%s", name);
	if (gates->n == GATES_KEPT)
		drop(&gates->kept[--gates->n]);
	gates->kept[gates->n] = made;
	*ret = touch(gates, gates->n++);
	return 0;
}

static int keep_live(struct og_request *rq, const char *name, const char *subject,
		     const char *const *only, struct kept **ret, struct og_err *err)
{
	struct og_rights *rights = NULL;

	if (og_access_rights(rq->shield->access, &rq->who, subject, only, &rights, err) < 0)
		return -1;
	return keep(rq, name, rights, ret, err);
}

/* Rights out of what og_request_freeze() gave. */
static int thaw(const struct og_request *rq, const char *subject, struct og_rights **ret,
		struct og_err *err)
{
	struct og_principal who = rq->who;
	json_t *frozen = json_loads(rq->task.rights, 0, NULL);
	const char *role = og_json_str(frozen, "role");
	int rc = -1;

	if (!role || strlen(role) > OG_NAME_MAX) {
		og_fail(err, OG_EDATA, "the frozen rights of task %s cannot be read", rq->task.id);
	} else {
		memcpy(who.role, role, strlen(role) + 1);
		who.clearance = (int)og_json_int(frozen, "clearance", 1);
		rc = og_access_rights_kept(json_object_get(frozen, "grants"), &who, subject, ret,
					   err);
	}
	json_decref(frozen);
	return rc;
}

static int frozen_gate(struct og_request *rq, const char *subject, struct kept **ret,
		       struct og_err *err)
{
	struct og_rights *rights = NULL;

	*ret = look_up(rq->shield->gates, rq->who.id, subject, 0, rq->task.rights);
	if (*ret)
		return 0;
	if (thaw(rq, subject, &rights, err) < 0 || keep(rq, subject, rights, ret, err) < 0)
		return -1;
	(*ret)->frozen = strdup(rq->task.rights);
	return (*ret)->frozen ? 0 : og_fail_nomem(err);
}

/* Collects table names from an array of strings or of {"tbl":NAME}. */
static size_t collect(const json_t *list, const char **names, size_t n)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		const char *name =
			json_is_object(item) ? og_json_str(item, "tbl") : json_string_value(item);

		if (name && n < TABLES_MAX)
			names[n++] = name;
	}
	return n;
}

/* The tables a task's own SQL may name: those its skill touches or asks for. */
static int narrowed(struct og_request *rq, const char *name, struct kept **ret, struct og_err *err)
{
	const char *names[TABLES_MAX + 1] = { NULL };
	const json_t *found = og_shield_skill(rq->shield, rq->task.skill, rq->task.skill_hash, err);
	const json_t *doc = json_object_get(found, "skill");

	if (!found)
		return -1;
	collect(json_object_get(doc, "asks"), names,
		collect(json_object_get(doc, "touches"), names, 0));
	return keep_live(rq, name, NULL, names, ret, err);
}

static int live_gate(struct og_request *rq, const char *subject, struct kept **ret,
		     struct og_err *err)
{
	char name[OG_SUBJECT_MAX + 1];
	int64_t epoch;
	int narrow = !subject && rq->has_task && rq->task.skill;

	if (og_access_epoch(rq->shield->access, &epoch, err) < 0)
		return -1;
	if (narrow)
		snprintf(name, sizeof(name), "in %s@%s", rq->task.skill, rq->task.skill_hash);
	else
		snprintf(name, sizeof(name), "%s", subject ? subject : "");
	*ret = look_up(rq->shield->gates, rq->who.id, name, epoch, NULL);
	if (*ret)
		return 0;
	return narrow ? narrowed(rq, name, ret, err) : keep_live(rq, name, subject, NULL, ret, err);
}

/* What was frozen with a task's skill is for that version of it alone. */
static int is_frozen(const struct og_request *rq, const char *subject)
{
	const struct og_task_row *task = &rq->task;
	char own[OG_SUBJECT_MAX + 1];

	if (!subject || !rq->has_task || !task->rights || !task->skill || !task->skill_hash)
		return 0;
	snprintf(own, sizeof(own), "skill:%s@%s", task->skill, task->skill_hash);
	return strcmp(own, subject) == 0;
}

int og_request_gate(struct og_request *rq, const char *subject, struct og_gate **ret,
		    struct og_err *err)
{
	struct kept *kept = NULL;
	int frozen = is_frozen(rq, subject);

	if ((frozen ? frozen_gate(rq, subject, &kept, err) : live_gate(rq, subject, &kept, err)) <
	    0)
		return -1;
	og_gate_task(kept->gate, rq->has_task ? rq->task.id : "");
	*ret = kept->gate;
	return 0;
}

static char *freeze_text(struct og_request *rq, const char *subject, struct og_err *err)
{
	json_t *grants = NULL, *frozen;
	char *text;

	if (og_access_grants_keep(rq->shield->access, subject, &grants, err) < 0)
		return NULL;
	frozen = json_pack("{s:s,s:i,s:o}", "role", rq->who.role, "clearance", rq->who.clearance,
			   "grants", grants);
	text = frozen ? json_dumps(frozen, JSON_COMPACT) : NULL;
	json_decref(frozen);
	if (!text)
		og_fail_nomem(err);
	return text;
}

/* Made once for as long as the grants stay as they are: a worker's tasks
 * come in runs of the same skill. */
int og_request_freeze(struct og_request *rq, const char *subject, char **ret, struct og_err *err)
{
	struct kept *kept = NULL;

	if (live_gate(rq, subject, &kept, err) < 0)
		return -1;
	if (!kept->frozen && !(kept->frozen = freeze_text(rq, subject, err)))
		return -1;
	*ret = strdup(kept->frozen);
	return *ret ? 0 : og_fail_nomem(err);
}

enum og_refusal og_gate_refusal(const struct og_gate_result *result)
{
	if (result->verdict == OG_OVER_BUDGET)
		return OG_BUDGET;
	if (result->verdict == OG_REFUSED)
		return OG_DENY;
	if (strncmp(result->why, "no such table: ", 15) == 0 ||
	    strncmp(result->why, "no such column: ", 16) == 0)
		return OG_DENY;
	return OG_REFUSAL_NONE;
}

static int refused(struct og_request *rq, const struct og_gate_result *result, struct og_err *err)
{
	enum og_refusal kind = og_gate_refusal(result);

	if (kind == OG_REFUSAL_NONE)
		og_fail(err, OG_EDATA, "%s", result->why);
	else
		og_refuse(rq, kind, result->rule, err, "%s", result->why);
	if (result->offset >= 0 && !rq->extra)
		rq->extra = json_pack("{s:i}", "offset", result->offset);
	snprintf(rq->rule, sizeof(rq->rule), "%s",
		 result->verdict == OG_BAD_SQL && kind == OG_DENY ? "not-found" : result->rule);
	return og_hint(err, "%s", result->fix);
}

int og_request_sql(struct og_request *rq, struct og_gate *gate, const char *sql, const json_t *vars,
		   enum og_gate_mode mode, struct og_gate_result *ret, struct og_err *err)
{
	memset(ret, 0, sizeof(*ret));
	if (og_gate_run(gate, sql, strlen(sql), vars, mode, ret, err) < 0)
		return -1;
	return ret->verdict == OG_ALLOW ? 0 : refused(rq, ret, err);
}

int og_note_read(json_t *reads, const char *step, const char *sql,
		 const struct og_gate_result *result, struct og_err *err)
{
	char digest[OG_HASH_HEX + 1];
	struct og_hash hash;
	json_t *note;

	og_sha256(sql, strlen(sql), &hash);
	og_hash_hex(&hash, digest);
	note = json_pack("{s:s,s:I,s:s}", "digest", digest, "rows",
			 (json_int_t)json_array_size(result->rows), "step", step);
	return json_array_append_new(reads, note) < 0 ? og_fail_nomem(err) : 0;
}
