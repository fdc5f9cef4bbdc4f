/*
 * step.run: order, repetition, freezing; the frame around a step's blocks;
 * what is kept of it. See steps.h.
 */
#include "lib/shield/steps.h"

#include <stdlib.h>
#include <string.h>

#include "lib/shield/acts.h"
#include "lib/shield/verbs.h"
#include "lib/skill/http.h"

#define SKILLS_KEPT 64

void og_run_release(struct og_run *run)
{
	json_decref(run->vars);
	json_decref(run->rows);
	json_decref(run->reads);
	json_decref(run->ddl);
	json_decref(run->citations);
	json_decref(run->approval);
	json_decref(run->view);
}

/* Parsed once per process: a version's text cannot change, whatever
 * becomes active later. */
const json_t *og_shield_skill(struct og_shield *shield, const char *name, const char *hash,
			      struct og_err *err)
{
	json_t *found = json_object_get(shield->skills, hash);
	int there;

	if (found && strcmp(og_json_str(json_object_get(found, "skill"), "name"), name) == 0)
		return found;
	there = og_graph_get(shield->graph, name, hash, &found, err);
	if (there == 0)
		og_fail(err, OG_NO, "skill '%s' has no version %.12s", name, hash);
	if (there != 1)
		return NULL;
	if (json_object_size(shield->skills) >= SKILLS_KEPT)
		json_object_clear(shield->skills);
	if (json_object_set_new(shield->skills, hash, found) < 0) {
		og_fail_nomem(err);
		return NULL;
	}
	return found;
}

int og_run_version(struct og_run *run, const char *name, const char *hash, struct og_err *err)
{
	struct og_request *rq = run->rq;
	const struct og_task_row *task = &rq->task;
	struct og_node head;
	const json_t *found;

	if (!hash && task->skill && strcmp(task->skill, name) == 0)
		hash = task->skill_hash;
	if (!hash) {
		int there = og_graph_head(rq->shield->graph, name, &head, err);

		if (there == 0)
			og_refuse(rq, OG_DENY, "no-skill", err, "no skill is called '%s'", name);
		if (there != 1)
			return -1;
		hash = head.hash;
	}
	found = og_shield_skill(rq->shield, name, hash, err);
	if (!found)
		return -1;
	run->doc = json_object_get(found, "skill");
	run->hash = og_json_str(found, "hash");
	run->count = (int64_t)json_array_size(json_object_get(run->doc, "steps"));
	snprintf(rq->node, sizeof(rq->node), "%s@%.12s", name, run->hash);
	return 0;
}

int og_run_skill(struct og_run *run, const char *name, const char *hash, struct og_err *err)
{
	const struct og_task_row *task = &run->rq->task;

	if (og_run_version(run, name, hash, err) < 0)
		return -1;
	if (task->skill &&
	    (strcmp(task->skill, name) != 0 || strcmp(task->skill_hash, run->hash) != 0))
		return og_refuse(run->rq, OG_CONFLICT, "other-skill", err,
				 "the task runs skill '%s' in version %.12s", task->skill,
				 task->skill_hash);
	return 0;
}

static const json_t *find_step(const json_t *doc, const char *name, int64_t *ret)
{
	const json_t *steps = json_object_get(doc, "steps");

	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);

		if (strcmp(og_json_str(step, "name"), name) == 0) {
			*ret = (int64_t)i;
			return step;
		}
	}
	return NULL;
}

/* Whose grants its SQL runs with. */
static void subject_of(const struct og_run *run, char out[OG_SUBJECT_MAX + 1])
{
	snprintf(out, OG_SUBJECT_MAX + 1, "skill:%s@%s", og_json_str(run->doc, "name"), run->hash);
}

int og_run_point(struct og_run *run, const char *name, struct og_err *err)
{
	struct og_request *rq = run->rq;

	run->step = find_step(run->doc, name, &run->ordinal);
	if (!run->step)
		return og_refuse(rq, OG_CONFLICT, "no-step", err, "skill '%s' has no step '%s'",
				 og_json_str(run->doc, "name"), name);
	run->name = og_json_str(run->step, "name");
	rq->step = run->name;
	return 0;
}

int og_run_open(struct og_run *run, const json_t *vars, struct og_err *err)
{
	char subject[OG_SUBJECT_MAX + 1];

	run->vars = json_copy((json_t *)(uintptr_t)vars);
	run->rows = json_object();
	run->reads = json_array();
	run->ddl = json_array();
	run->citations = json_array();
	if (!run->vars || !run->rows || !run->reads || !run->ddl || !run->citations)
		return og_fail_nomem(err);
	subject_of(run, subject);
	return og_request_gate(run->rq, subject, &run->gate, err);
}

int og_run_step(struct og_run *run, const char *name, const json_t *vars, struct og_err *err)
{
	return og_run_point(run, name, err) < 0 ? -1 : og_run_open(run, vars, err);
}

int og_run_digest(json_t *what, char out[OG_HASH_HEX + 1], struct og_err *err)
{
	struct og_buf text;
	struct og_hash hash;
	int rc = -1;

	og_buf_init(&text, OG_CHANNEL_LINE_MAX);
	if (!what) {
		og_fail_nomem(err);
	} else if (og_json_canon(what, &text, err) == 0) {
		og_sha256(text.data, text.len, &hash);
		og_hash_hex(&hash, out);
		rc = 0;
	}
	json_decref(what);
	og_buf_release(&text);
	return rc;
}

/* What makes two requests for a step the same: skill, version, step, and
 * the slots as the caller sent them; none are the same as empty ones. */
static int request_digest(const struct og_run *run, const json_t *slots, char out[OG_HASH_HEX + 1],
			  struct og_err *err)
{
	json_t *what = json_pack("{s:s,s:s,s:o}", "hash", run->hash, "step", run->name, "slots",
				 slots ? json_copy((json_t *)slots) : json_object());

	return og_run_digest(what, out, err);
}

/* 1: the step was done before and the recorded reply is in rq->reply. */
static int repeated(struct og_run *run, const char *digest, struct og_err *err)
{
	struct og_request *rq = run->rq;
	struct og_journal row = { 0 };
	json_t *reply = NULL;
	int rc = og_journal_get(rq->shield->tasks, rq->task.id, OG_PHASE_DO, run->ordinal, &row,
				err);

	if (rc != 1)
		return rc;
	if (strcmp(row.digest, digest) != 0)
		rc = og_refuse(rq, OG_CONFLICT, "other-content", err,
			       "step '%s' was done with other content", run->name);
	else if (!(reply = json_loads(row.reply, 0, NULL)) ||
		 json_object_update(rq->reply, reply) < 0 ||
		 json_object_set_new(rq->reply, "replayed", json_true()) < 0)
		rc = og_fail(err, OG_EDATA, "the recorded reply of step '%s' cannot be read",
			     run->name);
	json_decref(reply);
	og_journal_release(&row);
	return rc;
}

/* The task must still go forward, and this must be its next step. */
static int in_order(struct og_run *run, struct og_err *err)
{
	struct og_request *rq = run->rq;

	if (rq->task.next_step != run->ordinal)
		return og_refuse(rq, OG_CONFLICT, "step-order", err,
				 "step '%s' is not the next one", run->name);
	return og_task_forward(rq, err);
}

/* A first step that had to wait comes again with its slots: they were bound
 * when it waited, and are not looked at twice. */
static int bound_before(struct og_run *run, const json_t *slots, struct og_err *err)
{
	if (run->ordinal == 0 || json_object_size(slots) == 0)
		return 0;
	return og_refuse(run->rq, OG_CONFLICT, "slots", err,
			 "slots are bound by the first step only");
}

/* The first step decides version, variables and rights for good. */
static int freeze(struct og_run *run, const json_t *slots, struct og_err *err)
{
	struct og_task_row *task = &run->rq->task;
	char subject[OG_SUBJECT_MAX + 1];
	json_t *vars = NULL;

	if (task->skill)
		return bound_before(run, slots, err);
	if (og_run_slots(run, slots, &vars, err) < 0)
		return -1;
	json_decref(run->vars);
	run->vars = vars;
	subject_of(run, subject);
	if (og_request_freeze(run->rq, subject, &task->rights, err) < 0 ||
	    og_task_row_set(&task->skill, og_json_str(run->doc, "name"), err) < 0)
		return -1;
	return og_task_row_set(&task->skill_hash, run->hash, err);
}

json_t *og_run_body(const struct og_run *run)
{
	json_t *body = json_pack("{s:s}", "verdict", "allow"), *names = json_array();
	size_t i;
	json_t *item;

	json_array_foreach(run->citations, i, item)
	{
		json_array_append(names, json_object_get(item, "policy"));
	}
	if (json_array_size(names) > 0)
		json_object_set(body, "citations", names);
	json_decref(names);
	if (json_array_size(run->ddl) > 0)
		json_object_set(body, "ddl", run->ddl);
	if (run->approval)
		json_object_set(body, "approval", run->approval);
	return body;
}

/* *ret_seq stays 0 for a step that wrote nothing, though an approval that
 * was used has its entry all the same. */
static int record(struct og_run *run, const char *action, int64_t *ret_seq, struct og_err *err)
{
	struct og_frame *frame = &run->rq->shield->frame;
	int wrote = og_frame_changed(frame) || json_array_size(run->ddl) > 0;
	struct og_record entry;
	struct og_receipt receipt;
	json_t *body;
	int rc = -1;

	*ret_seq = 0;
	if (!wrote && !run->approval)
		return 0;
	body = og_run_body(run);
	if (!body)
		return og_fail_nomem(err);
	og_request_record(run->rq, action, &entry);
	if (og_frame_record(frame, &entry, body, &receipt, err) == 0)
		rc = og_request_entry(run->rq, receipt.seq, err);
	if (rc == 0 && wrote)
		*ret_seq = receipt.seq;
	json_decref(body);
	return rc;
}

/* The skill's answer with the variables filled in. One that names a
 * variable nobody bound is left out: lint warns of it, and the work is
 * done all the same. */
static int add_answer(struct og_run *run, json_t *reply, struct og_err *err)
{
	const char *template = og_json_str(run->doc, "answer");
	struct og_err quiet = OG_ERR_INIT;
	struct og_buf text;
	int rc = 0;

	if (!template)
		return 0;
	og_buf_init(&text, OG_SKILL_TEXT_MAX);
	if (og_template_text(template, run->vars, &text, &quiet) == 0)
		rc = og_json_set(reply, "answer",
				 json_stringn(text.data ? text.data : "", text.len), err);
	og_buf_release(&text);
	return rc;
}

/* How to show it: the step's own view block, else the skill's. */
static int add_view(struct og_run *run, json_t *reply)
{
	const json_t *common = json_object_get(run->doc, "view");
	struct og_err quiet = OG_ERR_INIT;
	json_t *view = NULL;

	if (!run->view && common && og_template_view(common, run->vars, &view, &quiet) < 0)
		return 0;
	if (!run->view && !view)
		return 0;
	return json_object_set_new(reply, "view", view ? view : json_incref(run->view));
}

/* What the last step adds to its reply. */
static int add_ending(struct og_run *run, json_t *reply, struct og_err *err)
{
	if (run->ordinal + 1 < run->count)
		return 0;
	if (add_view(run, reply) < 0)
		return og_fail_nomem(err);
	return add_answer(run, reply, err);
}

static json_t *next_name(const struct og_run *run)
{
	const json_t *steps = json_object_get(run->doc, "steps");
	const json_t *next = json_array_get(steps, (size_t)run->ordinal + 1);

	return next ? json_incref(json_object_get(next, "name")) : json_null();
}

int og_run_reply(struct og_run *run, int64_t seq, struct og_err *err)
{
	json_t *reply = run->rq->reply;
	json_t *made =
		json_pack("{s:s,s:O,s:O,s:I,s:O,s:o,s:b}", "step", run->name, "rows", run->rows,
			  "vars", run->vars, "affected", (json_int_t)run->affected, "citations",
			  run->citations, "next", next_name(run), "replayed", 0);

	if (!made)
		return og_fail_nomem(err);
	json_object_update(reply, made);
	json_decref(made);
	if (seq > 0 && og_json_set(reply, "seq", json_integer(seq), err) < 0)
		return -1;
	return add_ending(run, reply, err);
}

static int has_undo(const json_t *step)
{
	json_t *blocks = json_object_get(step, "blocks"), *block;
	size_t i;

	json_array_foreach(blocks, i, block)
	{
		if (strcmp(og_json_str(block, "kind"), "undo") == 0)
			return 1;
	}
	return 0;
}

/* The journal's row: the reply for a repeat, the variables and, unless the
 * skill says how to undo, the changes for taking the step back. A change
 * of the schema is not taken back: without changes the undo will fail. */
static int journal(struct og_run *run, const char *digest, int64_t seq, struct og_err *err)
{
	struct og_request *rq = run->rq;
	struct og_journal row = { .ordinal = run->ordinal, .seq = seq };
	struct og_buf changes;
	int rc = -1;

	og_buf_init(&changes, OG_CHANGES_MAX);
	row.step = (char *)run->name;
	row.digest = (char *)digest;
	row.reply = json_dumps(rq->reply, JSON_COMPACT);
	row.vars = json_dumps(run->vars, JSON_COMPACT);
	if (!row.reply || !row.vars) {
		og_fail_nomem(err);
		goto out;
	}
	if (seq > 0 && !has_undo(run->step) && json_array_size(run->ddl) == 0) {
		if (og_frame_changes(&rq->shield->frame, &changes, err) < 0)
			goto out;
		row.changes = changes.data;
	}
	rc = og_journal_put(rq->shield->tasks, rq->task.id, OG_PHASE_DO, &row, err);
out:
	free(row.reply);
	free(row.vars);
	og_buf_release(&changes);
	return rc;
}

static int save(struct og_run *run, int64_t seq, struct og_err *err)
{
	struct og_task_row *task = &run->rq->task;

	task->next_step = run->ordinal + 1;
	if (seq > 0) {
		task->first_seq = task->first_seq ? task->first_seq : seq;
		task->last_seq = seq;
	}
	json_decref(task->vars);
	task->vars = json_incref(run->vars);
	if (json_array_extend(task->reads, run->reads) < 0)
		return og_fail_nomem(err);
	return og_tasks_save(run->rq->shield->tasks, task, err);
}

int og_run_start(struct og_run *run, char ret_digest[OG_HASH_HEX + 1], struct og_err *err)
{
	const json_t *body = run->rq->body, *slots = json_object_get(body, "slots");
	const struct og_task_row *task = &run->rq->task;
	int done, waits;

	if (task->next_step < 0)
		return og_refuse(run->rq, OG_CONFLICT, "turned-back", err,
				 "the task is being taken back");
	if (og_run_skill(run, og_json_str(body, "skill"), og_json_str(body, "hash"), err) < 0 ||
	    og_run_step(run, og_json_str(body, "step"), task->vars, err) < 0 ||
	    request_digest(run, slots, ret_digest, err) < 0)
		return -1;
	done = repeated(run, ret_digest, err);
	if (done != 0)
		return done;
	if (in_order(run, err) < 0 || og_run_admit(run, err) < 0 || freeze(run, slots, err) < 0 ||
	    og_run_rules(run, err) < 0)
		return -1;
	waits = og_run_consent(run, err);
	return waits == 1 ? og_run_wait(run, err) : waits;
}

int og_run_keep(struct og_run *run, const char *digest, int64_t seq, struct og_err *err)
{
	if (og_run_reply(run, seq, err) < 0 || journal(run, digest, seq, err) < 0)
		return -1;
	return save(run, seq, err);
}

/* A call needs somebody who makes it between two requests. */
static int is_whole(struct og_run *run, struct og_err *err)
{
	if (!og_http_block(run->step, "http"))
		return 0;
	og_refuse(run->rq, OG_CONFLICT, "effect", err, "step '%s' calls a service", run->name);
	return og_hint(err, "effect.begin is its verb");
}

/* Inside the frame: everything from the task's row to its new state. */
static int perform(struct og_run *run, struct og_err *err)
{
	char digest[OG_HASH_HEX + 1];
	int64_t seq = 0;
	int done = og_run_start(run, digest, err);

	if (done != 0)
		return done;
	if (is_whole(run, err) < 0 || og_run_blocks(run, 0, OG_SKILL_BLOCKS_MAX, err) < 0 ||
	    record(run, "step", &seq, err) < 0)
		return -1;
	return og_run_keep(run, digest, seq, err);
}

int og_verb_step_run(struct og_request *rq, struct og_err *err)
{
	struct og_run run = { .rq = rq };
	int done = -1;

	if (og_request_task(rq, err) == 0 && og_request_running(rq, err) == 0)
		done = perform(&run, err);
	if (done == 0)
		done = og_request_commit(rq, 0, err);
	og_run_release(&run);
	return done < 0 ? -1 : 0;
}
