/*
 * A SKILL.md that a model or a proposer wrote is hostile text. It is read by og-skill,
 * which was started before the job gave up starting programs.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-main.h"
#include "cmd/og-worker.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/proc/proc.h"

#define ANSWER_MAX ((size_t)4 << 20)
#define ANSWER_MS  15000
#define GOODBYE_MS 500

struct og_reader {
	struct og_child child;
	struct og_lines lines;
	int dead; /* it is out of step */
};

int og_reader_open(const struct og_ctx *ctx, struct og_reader **ret, struct og_err *err)
{
	char *program = og_program_path(ctx->exe_dir, "og-skill");
	const char *argv[] = { program, "parse", "--each", NULL };
	struct og_reader *reader = calloc(1, sizeof(*reader));
	int rc = -1;

	if (!program || !reader)
		og_fail_nomem(err);
	else
		rc = og_child_start(argv, NULL, &reader->child, err);
	free(program);
	if (rc < 0) {
		free(reader);
		return -1;
	}
	og_lines_init(&reader->lines, reader->child.out, ANSWER_MAX);
	*ret = reader;
	return 0;
}

void og_reader_close(struct og_reader *reader)
{
	if (!reader)
		return;
	og_child_end(&reader->child, og_deadline(GOODBYE_MS), NULL);
	og_lines_release(&reader->lines);
	free(reader);
}

static int send_text(struct og_reader *reader, const char *text, size_t len, struct og_err *err)
{
	json_t *request = json_pack("{s:s%}", "text", text, len);
	struct og_buf line;
	int rc = -1;

	og_buf_init(&line, 8 * len + 1024);
	if (!request)
		og_fail(err, OG_EDATA, "1: it is not UTF-8");
	else if (og_json_dump(request, &line, err) == 0 && og_buf_addc(&line, '\n') == 0)
		rc = og_write_all(reader->child.in, line.data, line.len) < 0
			     ? og_fail(err, OG_ETEMP, "og-skill has ended")
			     : 0;
	og_buf_release(&line);
	json_decref(request);
	return rc;
}

static int take_answer(struct og_reader *reader, json_t **ret, struct og_err *err)
{
	json_t *answer = NULL, *doc;
	char *line;
	size_t len;
	int got = og_lines_next(&reader->lines, og_deadline(ANSWER_MS), &line, &len, err), rc = -1;

	if (got <= 0 || og_json_parse(line, len, ANSWER_MAX, "og-skill", &answer, err) < 0) {
		reader->dead = 1;
		return og_fail(err, OG_ETEMP, "og-skill gives no answer");
	}
	doc = json_object_get(answer, "doc");
	if (doc) {
		*ret = json_incref(doc);
		rc = 0;
	} else {
		og_fail(err, (int)og_json_int(answer, "code", OG_EBUG), "%s",
			og_json_str(answer, "why") ? og_json_str(answer, "why") : "unreadable");
	}
	json_decref(answer);
	return rc;
}

int og_reader_read(void *arg, const char *text, size_t len, json_t **ret, struct og_err *err)
{
	struct og_reader *reader = arg;

	if (reader->dead)
		return og_fail(err, OG_ETEMP, "og-skill gives no answer");
	return send_text(reader, text, len, err) < 0 ? -1 : take_answer(reader, ret, err);
}
