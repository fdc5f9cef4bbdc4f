/* See slots.h. */
#include "lib/shield/slots.h"

#include <string.h>

#include "lib/shield/steps.h"
#include "lib/shield/waits.h"

/* --- the question ------------------------------------------------------------ */

static int bad(struct og_err *err, const char *what)
{
	return og_fail(err, OG_EDATA, "request: 'slots': %s", what);
}

static int check_wanted(const json_t *doc, const json_t *wanted, struct og_err *err)
{
	const json_t *slots = json_object_get(doc, "slots");
	const char *name;
	json_t *one;

	json_object_foreach((json_t *)(uintptr_t)wanted, name, one)
	{
		if (!json_is_object(one) || !json_object_get(slots, name))
			return bad(err, "the skill has no such slot");
	}
	return json_object_size(wanted) > 0 ? 0 : bad(err, "none is wanted");
}

int og_slots_asked(struct og_request *rq, const json_t *slots, struct og_err *err)
{
	const char *skill = og_json_str(slots, "skill"), *hash = og_json_str(slots, "hash");
	struct og_run run = { .rq = rq };

	if (!skill || !hash || !json_is_object(json_object_get(slots, "bound")))
		return bad(err, "skill, hash or what is bound is missing");
	if (rq->task.skill)
		return og_refuse(rq, OG_CONFLICT, "slots", err, "the task's slots are bound");
	if (og_run_version(&run, skill, hash, err) < 0 ||
	    check_wanted(run.doc, json_object_get(slots, "wanted"), err) < 0)
		return -1;
	return og_run_admit(&run, err);
}

/* What is wanted, with what the skill says of each slot. */
static json_t *wanted_of(const json_t *doc, const json_t *wanted)
{
	json_t *copy = json_deep_copy(wanted), *one;
	const char *name;

	json_object_foreach(copy, name, one)
	{
		json_t *decl = json_object_get(json_object_get(doc, "slots"), name);

		if (json_object_update(one, decl) < 0) {
			json_decref(copy);
			return NULL;
		}
		json_object_del(one, "default");
	}
	return copy;
}

int og_slots_question(struct og_request *rq, const json_t *slots, json_t *question,
		      struct og_err *err)
{
	const char *skill = og_json_str(slots, "skill"), *hash = og_json_str(slots, "hash");
	const json_t *found = og_shield_skill(rq->shield, skill, hash, err);

	if (!found || og_json_set(question, "skill", json_string(skill), err) < 0 ||
	    og_json_set(question, "hash", json_string(hash), err) < 0 ||
	    og_json_set(question, "bound", json_deep_copy(json_object_get(slots, "bound")), err) <
		    0)
		return -1;
	return og_json_set(
		question, "slots",
		wanted_of(json_object_get(found, "skill"), json_object_get(slots, "wanted")), err);
}

/* --- the answer --------------------------------------------------------------- */

/* Words without a name are the value of the one slot that is wanted. */
static const char *only_wanted(const json_t *question)
{
	json_t *wanted = json_object_get(question, "slots");

	if (json_object_size(wanted) != 1)
		return NULL;
	return json_object_iter_key(json_object_iter(wanted));
}

/* A new name is not held to the number of the old one. */
static int put(json_t *given, const char *name, json_t *value, struct og_err *err)
{
	static const char *const parts[] = { "_id", "_from", "_to" };
	char key[96];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		snprintf(key, sizeof(key), "%s%s", name, parts[i]);
		json_object_del(given, key);
	}
	return og_json_set(given, name, json_incref(value), err);
}

/* "product_id" without "product": the name that was bound is not meant. */
static void forget_name(json_t *given, const char *key)
{
	char name[80];
	size_t len = strlen(key);

	if (len > 3 && len < sizeof(name) && strcmp(key + len - 3, "_id") == 0) {
		snprintf(name, sizeof(name), "%.*s", (int)(len - 3), key);
		json_object_del(given, name);
	}
}

static int say_names(const json_t *question, struct og_err *err)
{
	json_t *wanted = json_object_get(question, "slots"), *one;
	struct og_buf names;
	const char *name;

	og_buf_init(&names, 512);
	json_object_foreach(wanted, name, one)
		og_buf_addf(&names, "%s%s=VALUE", names.len ? " " : "", name);
	og_fail(err, OG_EDATA, "more than one value is asked for");
	og_hint(err, "say which is which: %s", names.data ? names.data : "NAME=VALUE");
	og_buf_release(&names);
	return -1;
}

/* What was bound, with what was said on top. */
static int merge(const json_t *question, const json_t *values, json_t *given, struct og_err *err)
{
	json_t *alone = json_object_get(values, "answer"), *value;
	const char *name, *only = only_wanted(question);

	if (alone && !json_object_get(json_object_get(question, "slots"), "answer"))
		return only ? put(given, only, alone, err) : say_names(question, err);
	json_object_foreach((json_t *)(uintptr_t)values, name, value) forget_name(given, name);
	json_object_foreach((json_t *)(uintptr_t)values, name, value)
	{
		if (put(given, name, value, err) < 0)
			return -1;
	}
	return 0;
}

/* The variables that question and values make together. as: whose clock. */
static int bind(struct og_request *rq, const struct og_task_row *task, const json_t *question,
		const json_t *values, json_t **ret, struct og_err *err)
{
	struct og_resolver resolver = og_request_resolver(rq);
	const char *skill = og_json_str(question, "skill"), *hash = og_json_str(question, "hash");
	const json_t *found = skill && hash ? og_shield_skill(rq->shield, skill, hash, err) : NULL;
	json_t *given;
	int rc = -1;

	if (!found)
		return skill && hash ? -1 : og_fail(err, OG_EDATA, "the question cannot be read");
	if (task->begun)
		og_time_parse(task->begun, &resolver.now);
	given = json_copy(json_object_get(question, "bound"));
	if (!given)
		return og_fail_nomem(err);
	if (merge(question, values, given, err) == 0)
		rc = og_slots_bind(json_object_get(found, "skill"), given, &resolver, ret, err);
	json_decref(given);
	return rc;
}

static int is_about_slots(const json_t *question)
{
	return json_is_object(json_object_get(question, "slots"));
}

/* A value that does not fit is no trouble of ours. */
static int does_not_fit(const struct og_err *err)
{
	return err->code == OG_NO || err->code == OG_EDATA;
}

static int freeze(struct og_request *rq, const json_t *question, json_t *vars, struct og_err *err)
{
	struct og_task_row *task = &rq->task;
	char subject[OG_SUBJECT_MAX + 1];
	const char *skill = og_json_str(question, "skill"), *hash = og_json_str(question, "hash");

	snprintf(subject, sizeof(subject), "skill:%s@%s", skill, hash);
	if (og_request_freeze(rq, subject, &task->rights, err) < 0 ||
	    og_task_row_set(&task->skill, skill, err) < 0 ||
	    og_task_row_set(&task->skill_hash, hash, err) < 0)
		return -1;
	json_decref(task->vars);
	task->vars = json_incref(vars);
	return og_tasks_save(rq->shield->tasks, task, err);
}

int og_slots_answered(struct og_request *rq, const json_t *question, const json_t *values,
		      struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	json_t *vars = NULL;
	int rc;

	if (!is_about_slots(question))
		return 0;
	if (bind(rq, &rq->task, question, values, &vars, &why) < 0) {
		if (!does_not_fit(&why)) {
			*err = why;
			return -1;
		}
		og_refuse(rq, OG_DENY, "slot", err, "%s", why.msg);
		return og_hint(err, "%s", why.hint[0] ? why.hint : "the task still waits");
	}
	rc = freeze(rq, question, vars, err);
	json_decref(vars);
	return rc;
}

static json_t *judgement(const struct og_err *why)
{
	json_t *answer = json_pack("{s:b,s:s}", "ok", 0, "why", why->msg);

	if (answer && why->hint[0])
		json_object_set_new(answer, "fix", json_string(why->hint));
	return answer;
}

int og_slots_judge(struct og_request *rq, const struct og_task_row *task, const json_t *values,
		   struct og_err *err)
{
	json_t *question = og_task_waits(task), *vars = NULL;
	struct og_err why = OG_ERR_INIT;
	int rc = 0;

	if (!is_about_slots(question) || task->principal != rq->who.id)
		goto out;
	if (bind(rq, task, question, values, &vars, &why) == 0) {
		rc = og_json_set(rq->reply, "answer", json_pack("{s:b,s:O}", "ok", 1, "vars", vars),
				 err);
	} else if (does_not_fit(&why)) {
		rc = og_json_set(rq->reply, "answer", judgement(&why), err);
	} else {
		*err = why;
		rc = -1;
	}
out:
	json_decref(vars);
	json_decref(question);
	return rc;
}
