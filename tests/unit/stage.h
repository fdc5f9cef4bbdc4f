/*
 * A stage for the parts of a thinking agent: a task in progress, and a
 * shield that plays a part. This program, started by the channel as its own
 * peer (main calls og_stage_play()), answers from a script and writes down
 * what it was asked. JSON is written with ' for ".
 */
#ifndef OG_TESTS_STAGE_H
#define OG_TESTS_STAGE_H

#include "tests/unit/unit.h"

#include <unistd.h>

#include "lib/agent/tools.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/proc/proc.h"
#include "lib/task/result.h"

#define STAGE_TEXT_MAX ((size_t)32 << 20)

struct og_stage {
	struct og_thinking t;
	struct og_job job;
	struct og_agent_means means;
	struct og_agent_report report;
	struct og_reasoning with;
	json_t *script;
	char path[64], log[80];
};

static inline json_t *og_quoted(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *parsed = NULL;
	char *copy = strdup(text);

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	OG_CHECK_OK(og_json_parse(copy, strlen(copy), STAGE_TEXT_MAX, "text", &parsed, &err), &err);
	free(copy);
	return parsed;
}

/* The shield's part; the exit status. */
static inline int og_stage_play(const char *path)
{
	struct og_err err = OG_ERR_INIT;
	json_t *script = NULL, *turn;
	struct og_buf text;
	struct og_lines in;
	char log_path[128], *line;
	size_t i, len;
	FILE *log;

	og_buf_init(&text, STAGE_TEXT_MAX);
	snprintf(log_path, sizeof(log_path), "%s.log", path);
	log = fopen(log_path, "w");
	og_lines_init(&in, 0, STAGE_TEXT_MAX);
	if (!log || og_file_read(path, "script", &text, &err) < 0 ||
	    og_json_parse(text.data, text.len, STAGE_TEXT_MAX, "script", &script, &err) < 0)
		return 70;
	json_array_foreach(script, i, turn)
	{
		json_t *request = NULL, *reply = json_copy(json_object_get(turn, "reply"));
		struct og_buf out;

		if (og_lines_next(&in, OG_FOREVER, &line, &len, &err) != 1 ||
		    og_json_parse(line, len, STAGE_TEXT_MAX, "request", &request, &err) < 0 ||
		    strcmp(og_json_str(request, "verb"), og_json_str(turn, "verb")) != 0)
			return 70;
		fprintf(log, "%s\n", line);
		fflush(log);
		json_object_set_new(reply, "v", json_integer(1));
		json_object_set(reply, "id", json_object_get(request, "id"));
		og_buf_init(&out, STAGE_TEXT_MAX);
		og_json_dump(reply, &out, &err);
		og_buf_addc(&out, '\n');
		og_write_all(1, out.data, out.len);
		og_buf_release(&out);
		json_decref(request);
		json_decref(reply);
	}
	fclose(log);
	json_decref(script);
	og_buf_release(&text);
	og_lines_release(&in);
	return 0;
}

#define STAGE_BEGUN                                                                                \
	"{'task':'T','epoch':1,'state':'running','principal':'alice','role':'admin',"              \
	"'clearance':3,'rights':['ddl','skill','policy'],'text':'buy 2 desks',"                    \
	"'submitted':'2026-01-31T09:30:00.125Z','reason':'','done':[],'undone':[],'phase':'do'}"

static inline void og_stage_begin(struct og_stage *stage, const char *begun)
{
	memset(stage, 0, sizeof(*stage));
	stage->script = json_array();
	stage->with.writes = 1;
	stage->means.reasoning = &stage->with;
	stage->job.means = &stage->means;
	stage->job.planner = &og_planner_model;
	stage->job.report = &stage->report;
	stage->job.task = "T";
	stage->job.epoch = 1;
	stage->job.begun = og_quoted(begun);
	stage->job.result = og_result_new("T", "alice", "buy 2 desks");
	OG_CHECK_INT(og_think_init(&stage->t, &stage->job, &stage->with), 0);
}

/* The next request has to be verb. */
static inline void og_stage_expect_json(struct og_stage *stage, const char *verb, json_t *reply)
{
	json_array_append_new(stage->script, json_pack("{s:s,s:o}", "verb", verb, "reply", reply));
}

static inline void og_stage_expect(struct og_stage *stage, const char *verb, const char *reply)
{
	og_stage_expect_json(stage, verb, og_quoted(reply));
}

/* The script is complete. */
static inline void og_stage_open(struct og_stage *stage)
{
	char exe[4096] = "";
	struct og_shield_place place = { "local:", exe, stage->path, NULL };
	struct og_err err = OG_ERR_INIT;
	int fd;

	snprintf(stage->path, sizeof(stage->path), "/tmp/og-stage-XXXXXX");
	fd = mkstemp(stage->path);
	OG_CHECK(fd >= 0 && readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	OG_CHECK_INT(json_dumpfd(stage->script, fd, 0), 0);
	close(fd);
	snprintf(stage->log, sizeof(stage->log), "%s.log", stage->path);
	OG_CHECK_OK(og_channel_open(&place, &stage->job.channel, &err), &err);
}

/* A call of a tool; its result, a new reference. */
static inline json_t *og_stage_call(struct og_stage *stage, const char *name, json_t *arguments)
{
	json_t *call = json_pack("{s:s,s:s,s:o}", "id", "c1", "name", name, "arguments", arguments);
	json_t *result = NULL;
	int over;

	OG_CHECK_INT(og_think_act(&stage->t, call, &result, &over), OG_TURN_OK);
	json_decref(call);
	return result;
}

static inline json_t *og_stage_act(struct og_stage *stage, const char *name, const char *arguments)
{
	return og_stage_call(stage, name, og_quoted(arguments));
}

/* The requests that were made, an array; the whole script was played. */
static inline json_t *og_stage_asked(struct og_stage *stage)
{
	struct og_err err = OG_ERR_INIT;
	json_t *asked = json_array();
	struct og_buf text;

	og_channel_close(stage->job.channel);
	stage->job.channel = NULL;
	og_buf_init(&text, STAGE_TEXT_MAX);
	OG_CHECK_OK(og_file_read(stage->log, "log", &text, &err), &err);
	for (char *line = text.len ? text.data : NULL, *end; line && *line; line = end + 1) {
		json_t *request = NULL;

		end = strchr(line, '\n');
		OG_CHECK_OK(og_json_parse(line, (size_t)(end - line), STAGE_TEXT_MAX, "log",
					  &request, &err),
			    &err);
		json_array_append_new(asked, request);
	}
	og_buf_release(&text);
	OG_CHECK_INT(json_array_size(asked), json_array_size(stage->script));
	return asked;
}

static inline void og_stage_end(struct og_stage *stage)
{
	og_channel_close(stage->job.channel);
	og_think_release(&stage->t);
	json_decref(stage->job.begun);
	json_decref(stage->job.result);
	json_decref(stage->job.doc);
	json_decref(stage->job.slots);
	json_decref(stage->script);
	if (stage->path[0]) {
		unlink(stage->path);
		unlink(stage->log);
	}
}

/* The text of a value below result, by a JSON pointer; "" for none. */
static inline const char *og_at(const json_t *value, const char *pointer)
{
	const json_t *found = og_json_pointer(value, pointer);

	return json_is_string(found) ? json_string_value(found) : "";
}

#define STAGE_MAIN(argc, argv)                                                                     \
	do {                                                                                       \
		if ((argc) == 4 && strcmp((argv)[1], "--channel") == 0)                            \
			return og_stage_play((argv)[3]);                                           \
	} while (0)

#endif
