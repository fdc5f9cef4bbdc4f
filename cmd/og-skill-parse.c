/*
 * og-skill parse and lint: a SKILL.md is hostile text, so it is parsed
 * where nothing else can be reached. They open their input, give up files,
 * network and exec, and only then read.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/og-skill.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/sandbox/sandbox.h"
#include "lib/skill/files.h"
#include "lib/skill/parse.h"

#define PARSE_MEMORY  ((uint64_t)1 << 30)
#define PARSE_SECONDS 10

int skill_open_input(const char *path, int *ret_fd, struct og_err *err)
{
	struct stat st;
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO
					: open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0)
		return og_fail(err, OG_ENOINPUT, "cannot open '%s': %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		close(fd);
		return og_fail(err, OG_ENOINPUT, "'%s' is a directory", path);
	}
	*ret_fd = fd;
	return 0;
}

/* From here on the process can read what it has open, write to stdout and
 * stderr, and nothing else. */
static int seal(struct og_err *err)
{
	const char *const none[] = { NULL };

	if (og_sandbox_paths(none, none, err) < 0 || og_sandbox_no_network(0, err) < 0)
		return -1;
	return og_sandbox_no_exec(err) < 0 ? -1 : 0;
}

int skill_give_up(uint64_t memory, uint64_t seconds, struct og_err *err)
{
	if (seal(err) < 0)
		return -1;
#ifndef __SANITIZE_ADDRESS__
	if (og_sandbox_limits(memory, seconds, 0, err) < 0)
		return -1;
#else
	(void)memory;
	(void)seconds;
#endif
	return 0;
}

static int give_up_authority(struct og_err *err)
{
	return skill_give_up(PARSE_MEMORY, PARSE_SECONDS, err);
}

static int parse_fd(int fd, const char *path, json_t **ret_doc, json_t **ret_notes,
		    struct og_err *err)
{
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, OG_SKILL_TEXT_MAX);
	if (og_fd_read(fd, "skill", &text, err) < 0)
		og_wrap(err, "%s", path);
	else
		rc = og_skill_parse(path, text.data != NULL ? text.data : "", text.len, ret_doc,
				    ret_notes, err);
	og_buf_release(&text);
	return rc;
}

static int print_canonical(const json_t *value, struct og_err *err)
{
	struct og_buf line;
	int rc = -1;

	og_buf_init(&line, OG_SKILL_DOC_MAX);
	if (og_json_canon(value, &line, err) == 0) {
		og_buf_addc(&line, '\n');
		rc = og_buf_check(&line, "skill", err);
	}
	if (rc == 0)
		rc = og_print(line.data, line.len, err);
	og_buf_release(&line);
	return rc;
}

int skill_run_parse(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *path = og_arg(args, 0) != NULL ? og_arg(args, 0) : "-";
	json_t *doc;
	int fd, rc;

	(void)ctx;
	if (og_arg_flag(args, "each"))
		return og_arg(args, 0) ? og_fail(err, OG_EUSAGE, "--each reads standard input")
		       : seal(err) < 0 ? -1
				       : skill_parse_each(err);
	if (skill_open_input(path, &fd, err) < 0 || give_up_authority(err) < 0 ||
	    parse_fd(fd, path, &doc, NULL, err) < 0)
		return -1;
	rc = print_canonical(doc, err);
	json_decref(doc);
	return rc;
}

static int print_note(const char *path, const json_t *note, int json, struct og_err *err)
{
	struct og_buf line;
	json_t *object;
	int rc;

	if (json) {
		object = json_pack("{s:i,s:s}", "v", 1, "file", path);
		if (object == NULL || json_object_update(object, (json_t *)note) < 0)
			rc = og_fail(err, OG_EDATA, "'%s' is not a path in UTF-8", path);
		else
			rc = og_print_row(object, err);
		json_decref(object);
		return rc;
	}
	og_buf_init(&line, 65536);
	og_buf_addf(&line, "%s:%lld: %s: ", path, (long long)og_json_int(note, "line", 1),
		    og_json_str(note, "level"));
	og_text_safe(&line, og_json_str(note, "text"), strlen(og_json_str(note, "text")), 0);
	og_buf_addc(&line, '\n');
	rc = og_buf_check(&line, "note", err);
	if (rc == 0)
		rc = og_print(line.data, line.len, err);
	og_buf_release(&line);
	return rc;
}

/* 1: clean or warnings only; 0: errors, which were printed; -1. */
static int lint_one(int fd, const char *path, int json, struct og_err *err)
{
	json_t *doc = NULL, *notes = NULL, *note;
	int parsed = parse_fd(fd, path, &doc, &notes, err), rc = -1;
	size_t i;

	if (notes == NULL)
		goto out;
	if (parsed == 0 && !og_skill_file_agrees(path, og_json_str(doc, "name")))
		json_array_append_new(notes,
				      json_pack("{s:i,s:s,s:s}", "line", 1, "level", "warning",
						"text", "name: not the name of its directory"));
	json_array_foreach(notes, i, note)
	{
		if (print_note(path, note, json, err) < 0)
			goto out;
	}
	rc = parsed == 0;
	og_err_clear(err);
out:
	json_decref(doc);
	json_decref(notes);
	return rc;
}

int skill_run_lint(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	int fd[OG_SKILL_FILES_MAX], clean = 1, rc;
	size_t n = 0;

	(void)ctx;
	for (; og_arg(args, n) != NULL; n++) {
		if (n == OG_SKILL_FILES_MAX)
			return og_fail(err, OG_EUSAGE, "at most %d files at once",
				       OG_SKILL_FILES_MAX);
		if (skill_open_input(og_arg(args, n), &fd[n], err) < 0)
			return -1;
	}
	if (give_up_authority(err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		rc = lint_one(fd[i], og_arg(args, i), og_arg_flag(args, "json"), err);
		if (rc < 0)
			return -1;
		clean &= rc;
	}
	return clean ? OG_OK : OG_EDATA;
}
