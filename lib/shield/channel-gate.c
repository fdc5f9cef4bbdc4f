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
	int64_t epoch;
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

static struct kept *look_up(struct og_gates *gates, int64_t principal, const char *subject,
			    int64_t epoch)
{
	for (size_t i = 0; i < gates->n; i++) {
		struct kept *kept = &gates->kept[i];

		if (kept->principal != principal || strcmp(kept->subject, subject) != 0)
			continue;
		if (kept->epoch == epoch && !og_gate_stale(kept->gate))
			return touch(gates, i);
		drop(kept);
		gates->n--;
		memmove(kept, kept + 1, (gates->n - i) * sizeof(*kept));
		return NULL;
	}
	return NULL;
}

static int make(struct og_request *rq, const char *subject, const char *const *only,
		struct kept *ret, struct og_err *err)
{
	struct og_shield *shield = rq->shield;
	struct og_gate_hooks hooks = { limit_of, shield };

	if (og_access_rights(shield->access, &rq->who, subject, only, &ret->rights, err) < 0)
		return -1;
	if (og_gate_new(shield->db, ret->rights, NULL, &hooks, &ret->gate, err) < 0) {
		og_rights_free(ret->rights);
		return -1;
	}
	ret->principal = rq->who.id;
	ret->epoch = ret->rights->epoch;
	return 0;
}

static int keep(struct og_request *rq, const char *name, const char *subject,
		const char *const *only, struct kept **ret, struct og_err *err)
{
	struct og_gates *gates = rq->shield->gates;
	struct kept made = { 0 };

	if (make(rq, subject, only, &made, err) < 0)
		return -1;
	snprintf(made.subject, sizeof(made.subject), "%s", name);
	if (gates->n == GATES_KEPT)
		drop(&gates->kept[--gates->n]);
	gates->kept[gates->n] = made;
	*ret = touch(gates, gates->n++);
	return 0;
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
	return keep(rq, name, NULL, names, ret, err);
}

int og_request_gate(struct og_request *rq, const char *subject, struct og_gate **ret,
		    struct og_err *err)
{
	char name[OG_SUBJECT_MAX + 1];
	struct kept *kept;
	int64_t epoch;
	int narrow = !subject && rq->has_task && rq->task.skill;

	if (og_access_epoch(rq->shield->access, &epoch, err) < 0)
		return -1;
	if (narrow)
		snprintf(name, sizeof(name), "in %s@%s", rq->task.skill, rq->task.skill_hash);
	else
		snprintf(name, sizeof(name), "%s", subject ? subject : "");
	kept = look_up(rq->shield->gates, rq->who.id, name, epoch);
	if (!kept && (narrow ? narrowed(rq, name, &kept, err)
			     : keep(rq, name, subject, NULL, &kept, err)) < 0)
		return -1;
	og_gate_task(kept->gate, rq->has_task ? rq->task.id : "");
	*ret = kept->gate;
	return 0;
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
