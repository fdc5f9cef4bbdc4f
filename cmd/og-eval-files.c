/*
 * Which scenarios og-eval runs: those of the files that are named, else those
 * that came with it, cut down to the ones that --only names.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/og-eval.h"
#include "lib/base/file.h"

struct reading {
	const struct og_ctx *ctx;
	const struct og_args *args;
	json_t *scenarios;
	json_t *names; /* of those, too, that --only leaves out */
	struct og_err *err;
};

static int wanted(const struct reading *s, const char *name)
{
	const char *only;

	for (size_t i = 0; (only = og_arg_list(s->args, "only", i)); i++)
		if (strcmp(only, name) == 0)
			return 1;
	return og_arg_list(s->args, "only", 0) == NULL;
}

/* A name stands for one scenario in what is told, and in comparisons. */
static int add_scenario(struct reading *s, const char *file, json_t *scenario)
{
	const char *name = og_json_str(scenario, "name");

	for (size_t i = 0; i < json_array_size(s->scenarios); i++) {
		const json_t *other = json_array_get(s->scenarios, i);
		const char *there = og_json_str(json_object_get(other, "scenario"), "name");

		if (there && strcmp(there, name) == 0)
			return og_fail(s->err, OG_EDATA,
				       "%s: there is a scenario '%s' in %s already", file, name,
				       og_json_str(other, "file"));
	}
	if (json_array_append_new(s->names, json_string(name)) < 0)
		return og_fail_nomem(s->err);
	if (!wanted(s, name))
		return 0;
	if (json_array_append_new(s->scenarios,
				  json_pack("{s:s, s:O}", "file", file, "scenario", scenario)) < 0)
		return og_fail_nomem(s->err);
	return 0;
}

static int add_file(struct reading *s, const char *path)
{
	json_t *list = NULL;
	struct og_buf text;
	int rc;

	og_buf_init(&text, OG_SCENARIO_MAX);
	rc = og_file_read(path, "scenario", &text, s->err);
	if (rc == 0)
		rc = og_scenarios_parse(text.data ? text.data : "", text.len, path, &list, s->err);
	for (size_t i = 0; rc == 0 && i < json_array_size(list); i++)
		rc = add_scenario(s, path, json_array_get(list, i));
	json_decref(list);
	og_buf_release(&text);
	return rc;
}

/* Without a file: those that came with us. */
static int add_shipped(struct reading *s)
{
	char *pattern = og_share_path(s->ctx->exe_dir, "scenarios/*.json");
	glob_t found;
	int rc = 0;

	if (!pattern)
		return og_fail_nomem(s->err);
	if (glob(pattern, 0, NULL, &found) != 0) {
		og_fail(s->err, OG_ENOINPUT, "nothing at '%s'", pattern);
		free(pattern);
		return -1;
	}
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
		rc = add_file(s, found.gl_pathv[i]);
	globfree(&found);
	free(pattern);
	return rc;
}

static int check_only(const struct reading *s)
{
	const char *only;

	for (size_t i = 0; (only = og_arg_list(s->args, "only", i)); i++) {
		int found = 0;

		for (size_t k = 0; k < json_array_size(s->scenarios); k++)
			found |= strcmp(only,
					og_json_str(json_object_get(json_array_get(s->scenarios, k),
								    "scenario"),
						    "name")) == 0;
		if (!found) {
			og_fail(s->err, OG_ENOINPUT, "there is no scenario '%s'", only);
			return og_json_hint_near(only, s->names, NULL, s->err);
		}
	}
	return 0;
}

static int read_files(struct reading *s)
{
	const char *path;
	int rc = 0;

	if (!og_arg(s->args, 0))
		rc = add_shipped(s);
	for (size_t i = 0; rc == 0 && (path = og_arg(s->args, i)); i++)
		rc = add_file(s, path);
	return rc == 0 ? check_only(s) : -1;
}

int eval_read_scenarios(const struct og_ctx *ctx, const struct og_args *args, json_t *scenarios,
			struct og_err *err)
{
	struct reading reading = { ctx, args, scenarios, json_array(), err };
	int rc = reading.names ? read_files(&reading) : og_fail_nomem(err);

	json_decref(reading.names);
	return rc;
}
