/*
 * A scripted model: a program that answers with the turns of a scenario's
 * script, so that what a model might do can be tried again and again, the
 * same way, without one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/og-eval.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"

#define START_MS 10000
#define PORT_MAX 65535

/* One line for each turn. */
static int write_script(const char *path, const json_t *script, struct og_err *err)
{
	struct og_buf lines;
	int rc = 0;

	og_buf_init(&lines, OG_SCENARIO_MAX);
	for (size_t i = 0; rc == 0 && i < json_array_size(script); i++) {
		rc = og_json_dump(json_array_get(script, i), &lines, err);
		og_buf_addc(&lines, '\n');
	}
	if (rc == 0)
		rc = og_buf_check(&lines, "script", err);
	if (rc == 0)
		rc = og_file_write(path, lines.len ? lines.data : "", lines.len, 0600, err);
	og_buf_release(&lines);
	return rc;
}

/* Its first line is the port it listens on. */
static int read_port(const struct og_child *child, int64_t *ret, struct og_err *err)
{
	struct og_lines lines;
	size_t len = 0;
	char *line, text[16];
	int rc;

	og_lines_init(&lines, child->out, 256);
	rc = og_lines_next(&lines, og_deadline(START_MS), &line, &len, err);
	if (rc == 1) {
		og_text_format(text, sizeof(text), "%.*s", (int)(len < 15 ? len : 15), line);
		rc = og_int_parse(text, 1, PORT_MAX, "the port it printed", ret, err);
	} else if (rc == 0) {
		rc = og_fail(err, OG_EUNAVAIL, "it ended before it printed a port");
	}
	og_lines_release(&lines);
	return rc < 0 ? -1 : 0;
}

int scripted_start(const char *program, const struct scratch *s, const json_t *script,
		   struct og_child *child, json_t *settings, struct og_err *err)
{
	char *path = og_path_join(s->temp, "script"), model[64];
	const char *argv[] = { program, "--script", path, NULL };
	int64_t port = 0;
	int rc = path ? write_script(path, script, err) : og_fail_nomem(err);

	if (rc == 0)
		rc = og_child_start(argv, NULL, child, err);
	if (rc == 0)
		rc = read_port(child, &port, err);
	if (rc == 0) {
		snprintf(model, sizeof(model), "openai:http://127.0.0.1:%lld/v1#scripted",
			 (long long)port);
		if (og_json_set(settings, "model", json_string(model), err) < 0 ||
		    og_json_set(settings, "model_price", json_string("0 0"), err) < 0)
			rc = -1;
	} else {
		og_wrap(err, "%s", program);
	}
	free(path);
	return rc;
}
