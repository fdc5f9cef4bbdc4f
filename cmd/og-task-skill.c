/*
 * What somebody who is asked to approve a skill gets to see: not the record,
 * but what it changes, as og-skill diff has it.
 */
#include <string.h>

#include "cmd/og-task.h"
#include "lib/skill/diff.h"
#include "lib/skill/skill.h"

#define DIFF_MAX  ((size_t)4 << 20)
#define LINES_MAX 400 /* then it is said how many more there are */

/* Lines are already such that a terminal may have them. */
static void note_lines(const struct task_session *s, char *text)
{
	size_t n = 0, more = 0;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (!*line && !text)
			break;
		if (n++ < LINES_MAX)
			og_note(s->ctx, "    %s", line);
		else
			more++;
	}
	if (more)
		og_note(s->ctx, "    ... (cut, %zu lines more; see og-task status --json)", more);
}

/* The version in force, as whoever approves may see it; NULL for none. */
static json_t *in_force(const struct task_session *s, const char *name)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *reply = NULL, *doc = NULL;

	if (og_channel_ask(s->channel, "skill.get", json_pack("{s:s}", "skill", name), &reply,
			   &ignored) == 0)
		doc = json_incref(json_object_get(reply, "skill"));
	json_decref(reply);
	return doc;
}

int task_show_skill(const struct task_session *s, const json_t *doc)
{
	struct og_err err = OG_ERR_INIT;
	json_t *old = NULL;
	struct og_buf text;
	int shown = 0;

	if (og_skill_check(doc, &err) < 0)
		return 0;
	old = in_force(s, og_json_str(doc, "name"));
	og_buf_init(&text, DIFF_MAX);
	og_buf_addf(&text, "skill %s: %s\n", og_json_str(doc, "name"),
		    old ? "a new version" : "a new skill");
	if (og_skill_diff(old, doc, &text, &err) == 0) {
		note_lines(s, text.data);
		shown = 1;
	}
	og_buf_release(&text);
	json_decref(old);
	return shown;
}
