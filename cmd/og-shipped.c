/*
 * og init: the skills and policies that are shipped. They are parsed where
 * no database is open, all of a kind by one process: og-skill(1) reads each
 * skill apart from the others, og-policy(1) one document after the other.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/og.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/proc/proc.h"

#define SHIPPED_MAX ((size_t)64 << 20) /* bytes of all of a kind, and of their records */
#define RECORD_MAX  ((size_t)4 << 20)
#define TEXT_MAX    ((size_t)1 << 20)

static int add_request(const char *path, struct og_buf *requests, struct og_err *err)
{
	struct og_buf text;
	json_t *request = NULL;
	int rc = -1;

	og_buf_init(&text, TEXT_MAX);
	if (og_file_read(path, "skill", &text, err) < 0)
		goto out;
	request = json_pack("{s:s%}", "text", text.data ? text.data : "", text.len);
	if (!request) {
		og_fail(err, OG_EDATA, "'%s' is not UTF-8", path);
	} else if (og_json_canon(request, requests, err) == 0) {
		og_buf_addc(requests, '\n');
		rc = og_buf_check(requests, "skills", err);
	}
out:
	json_decref(request);
	og_buf_release(&text);
	return rc;
}

/* The record in a line; og-skill(1) wraps it, or says why there is none. */
static int take_line(const char *line, size_t len, const char *path, int wrapped,
		     og_shipped_fn *put, void *arg, struct og_err *err)
{
	json_t *answer = NULL, *record;
	int rc = og_json_parse(line, len, RECORD_MAX, path, &answer, err);

	record = wrapped ? json_object_get(answer, "doc") : answer;
	if (rc == 0 && !record)
		rc = og_fail(err, OG_EDATA, "%s:%s", path,
			     og_json_str(answer, "why") ? og_json_str(answer, "why")
							: " it cannot be read");
	else if (rc == 0 && put(arg, record, err) < 0)
		rc = og_wrap(err, "%s", path);
	json_decref(answer);
	return rc;
}

/* One line for each file, in their order. */
static int take_lines(const struct og_buf *said, const glob_t *found, int wrapped,
		      og_shipped_fn *put, void *arg, struct og_err *err)
{
	const char *at = said->data, *end = said->data + said->len;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < found->gl_pathc; i++) {
		const char *newline = said->len ? memchr(at, '\n', (size_t)(end - at)) : NULL;

		if (!newline)
			return og_fail(err, OG_EDATA, "cannot read '%s'", found->gl_pathv[i]);
		rc = take_line(at, (size_t)(newline - at), found->gl_pathv[i], wrapped, put, arg,
			       err);
		at = newline + 1;
	}
	return rc;
}

static int run(const char *const *argv, const struct og_buf *input, struct og_buf *said,
	       struct og_err *err)
{
	int status = 0, rc;

	rc = og_child_run(argv, input->data ? input->data : "", input->len, og_deadline(CHILD_MS),
			  said, &status, err);
	if (rc == 0 && status != 0)
		rc = og_fail(err, OG_EDATA, "'%s %s' ended with status %d", argv[0], argv[1],
			     status);
	return rc;
}

static int skills(const char *program, const glob_t *found, struct og_buf *said, struct og_err *err)
{
	const char *const argv[] = { program, "parse", "--each", NULL };
	struct og_buf requests;
	int rc = 0;

	og_buf_init(&requests, SHIPPED_MAX);
	for (size_t i = 0; rc == 0 && i < found->gl_pathc; i++)
		rc = add_request(found->gl_pathv[i], &requests, err);
	if (rc == 0)
		rc = run(argv, &requests, said, err);
	og_buf_release(&requests);
	return rc;
}

static int policies(const char *program, const glob_t *found, struct og_buf *said,
		    struct og_err *err)
{
	const char **argv = calloc(found->gl_pathc + 4, sizeof(*argv));
	struct og_buf nothing;
	int rc;

	if (!argv)
		return og_fail_nomem(err);
	og_buf_init(&nothing, 1);
	argv[0] = program;
	argv[1] = "parse";
	argv[2] = "--";
	memcpy(argv + 3, found->gl_pathv, found->gl_pathc * sizeof(*argv));
	rc = run(argv, &nothing, said, err);
	og_buf_release(&nothing);
	free(argv);
	return rc;
}

static int read_all(const struct og_ctx *ctx, enum og_shipped kind, const glob_t *found,
		    struct og_buf *said, struct og_err *err)
{
	char *program =
		og_program_path(ctx->exe_dir, kind == OG_SHIPPED_SKILLS ? "og-skill" : "og-policy");
	int rc;

	if (!program)
		return og_fail_nomem(err);
	rc = kind == OG_SHIPPED_SKILLS ? skills(program, found, said, err)
				       : policies(program, found, said, err);
	free(program);
	return rc;
}

int og_shipped_each(const struct og_ctx *ctx, enum og_shipped kind, og_shipped_fn *put, void *arg,
		    struct og_err *err)
{
	int wrapped = kind == OG_SHIPPED_SKILLS, rc;
	char *pattern =
		og_share_path(ctx->exe_dir, wrapped ? "skills/*/SKILL.md" : "policies/*.md");
	struct og_buf said;
	glob_t found;

	if (!pattern)
		return og_fail_nomem(err);
	if (glob(pattern, 0, NULL, &found) != 0) {
		og_fail(err, OG_ENOINPUT, "nothing at '%s'", pattern);
		free(pattern);
		return -1;
	}
	og_buf_init(&said, SHIPPED_MAX);
	rc = read_all(ctx, kind, &found, &said, err);
	if (rc == 0)
		rc = take_lines(&said, &found, wrapped, put, arg, err);
	og_buf_release(&said);
	globfree(&found);
	free(pattern);
	return rc;
}
