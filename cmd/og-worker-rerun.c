/*
 * og-worker --rerun: a task once more, from its journal. There is no shield
 * and no provider: a program that has the journal in its memory gives up
 * everything else and comes to the recorded result, or says where it does
 * not.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-main.h"
#include "cmd/og-worker.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/proc/proc.h"
#include "lib/sandbox/sandbox.h"

#define JOURNAL_MAX ((size_t)256 << 20)
#define JOURNAL_MS  60000

/* Whose task it is, and who may see it, is og-task's and the shield's to know. */
static int ask_journal(const struct worker *worker, const char *id, struct og_buf *ret,
		       struct og_err *err)
{
	char *program = og_program_path(worker->ctx->exe_dir, "og-task");
	const char *as = og_arg_value(worker->args, "as");
	const char *argv[] = {
		program, "journal", id, "--home", worker->conf->home, as ? "--as" : NULL, as, NULL
	};
	int status = 0, rc = -1;

	if (!program)
		return og_fail_nomem(err);
	if (og_child_run(argv, NULL, 0, og_deadline(JOURNAL_MS), ret, &status, err) == 0)
		rc = status == 0 ? 0
				 : og_fail(err, status > 128 ? OG_EBUG : status,
					   "og-task has no journal of '%s' for us", id);
	free(program);
	return rc;
}

static int read_journal(const struct worker *worker, const char *what, json_t **ret,
			struct og_err *err)
{
	struct og_buf text;
	int rc;

	og_buf_init(&text, JOURNAL_MAX);
	rc = og_uuid_valid(what) ? ask_journal(worker, what, &text, err)
				 : og_file_read(what, "journal", &text, err);
	if (rc == 0)
		rc = og_json_parse(text.len > 0 ? text.data : "", text.len, JOURNAL_MAX, "journal",
				   ret, err);
	og_buf_release(&text);
	return rc;
}

static int seal(struct og_err *err)
{
	static const char *const nothing[] = { NULL };

	if (og_sandbox_no_network(0, err) < 0 || og_sandbox_no_exec(err) < 0)
		return -1;
	return og_sandbox_paths(nothing, NULL, err) < 0 ? -1 : 0;
}

/* The model that was asked then: its dialect decides what the requests were. */
static int take_model(struct worker *worker, const json_t *journal, struct og_err *err)
{
	const json_t *turn = json_array_get(json_object_get(journal, "turns"), 0);
	const char *name = og_json_str(turn, "model");
	int found = name ? og_model_from(name, &worker->model, err) : 0;

	if (found == 0)
		found = og_model_from(worker->conf->model, &worker->model, err);
	worker->thinks = found > 0;
	return found < 0 ? -1 : 0;
}

static int rerun(struct worker *worker, const json_t *journal, struct og_reader *reader,
		 struct og_err *err)
{
	struct og_reasoning reasoning;
	struct og_agent_means means = { .limits = &worker->limits, .reasoning = &reasoning };
	struct og_agent_report report;
	json_t *result = NULL;
	int same, rc = 0;

	worker_reasoning(worker, &reasoning);
	reasoning.read_skill = og_reader_read;
	reasoning.read_skill_arg = reader;
	same = og_agent_rerun(&means, journal, &result, &report);
	if (result)
		rc = og_print_json(result, err);
	if (rc == 0 && same != 0)
		rc = og_fail(err, OG_NO, "%s", report.why);
	json_decref(result);
	og_agent_report_release(&report);
	return rc;
}

int worker_rerun(struct worker *worker, const char *what, struct og_err *err)
{
	struct og_reader *reader = NULL;
	json_t *journal = NULL;
	int rc = -1;

	og_provider_forget();
	if (read_journal(worker, what, &journal, err) == 0 &&
	    og_reader_open(worker->ctx, &reader, err) == 0 && seal(err) == 0 &&
	    take_model(worker, journal, err) == 0)
		rc = rerun(worker, journal, reader, err);
	og_reader_close(reader);
	json_decref(journal);
	return rc;
}
