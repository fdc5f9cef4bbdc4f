/* og-skill check: what in the graph of an instance leads nowhere, and which
 * of its skills are confused. */
#include <string.h>

#include "cmd/og-skill.h"
#include "lib/base/text.h"
#include "lib/skill/confused.h"
#include "lib/skill/health.h"

#define NOTES_MAX ((size_t)4 << 20)

struct check {
	json_t *skills, *policies, *docs, *notes;
	struct og_channel *channel;
	struct og_err *err;
};

/* Their records: have they patterns, and what are their examples? */
static int get_docs(struct check *c)
{
	json_t *node, *reply;
	size_t i;

	c->docs = json_object();
	json_array_foreach(c->skills, i, node)
	{
		json_t *name = json_object_get(node, "name");

		reply = NULL;
		if (og_channel_ask(c->channel, "skill.get", json_pack("{s:O}", "skill", name),
				   &reply, c->err) < 0)
			return -1;
		json_object_set(c->docs, json_string_value(name), json_object_get(reply, "skill"));
		json_decref(reply);
	}
	return c->docs ? 0 : og_fail_nomem(c->err);
}

static int ask_list(struct check *c, const char *verb, const char *member, json_t **ret)
{
	json_t *reply = NULL;

	if (og_channel_ask(c->channel, verb, json_object(), &reply, c->err) < 0)
		return -1;
	*ret = json_incref(json_object_get(reply, member));
	json_decref(reply);
	return 0;
}

static int note_sql(struct check *c, const char *skill, const char *step, const json_t *answer)
{
	json_t *text = json_sprintf("step '%s': %s; %s", step, og_json_str(answer, "why"),
				    og_json_str(answer, "fix"));
	json_t *note = json_pack("{s:s,s:s,s:o}", "name", skill, "level", "warning", "text", text);

	return json_array_append_new(c->notes, note) < 0 ? og_fail_nomem(c->err) : 0;
}

/* A name in a skill's SQL that is none here, but nearly one. Whether the skill
 * may touch what it names is its grants' matter, and is not asked. */
static int check_block(struct check *c, const char *skill, const char *step, const json_t *block)
{
	static const char *const kinds[] = { "read", "write", "undo", "require", NULL };
	const char *kind = og_json_str(block, "kind"), *why, *fix;
	const char *const *known = kinds;
	json_t *reply = NULL;
	int rc = 0;

	while (*known && strcmp(*known, kind ? kind : "") != 0)
		known++;
	if (!*known)
		return 0;
	if (og_channel_ask(c->channel, "sql.check",
			   json_pack("{s:O}", "sql", json_object_get(block, "text")), &reply,
			   c->err) < 0)
		return -1;
	why = og_json_str(reply, "why");
	fix = og_json_str(reply, "fix");
	if (why && fix && strncmp(why, "no such ", 8) == 0 && strstr(fix, "did you mean"))
		rc = note_sql(c, skill, step, reply);
	json_decref(reply);
	return rc;
}

static int check_sql(struct check *c)
{
	const char *skill;
	json_t *doc, *step, *block;
	size_t i, j;

	json_object_foreach(c->docs, skill, doc)
	{
		json_array_foreach(json_object_get(doc, "steps"), i, step)
		{
			json_array_foreach(json_object_get(step, "blocks"), j, block)
			{
				if (check_block(c, skill, og_json_str(step, "name"), block) < 0)
					return -1;
			}
		}
	}
	return 0;
}

/* Returns how many warnings there are. */
static int print_notes(const struct check *c, int json)
{
	struct og_buf out;
	json_t *note;
	int warnings = 0;
	size_t i;

	og_buf_init(&out, NOTES_MAX);
	json_array_foreach(c->notes, i, note)
	{
		const char *level = og_json_str(note, "level"), *text = og_json_str(note, "text");

		warnings += strcmp(level, "warning") == 0;
		if (json) {
			json_object_set_new(note, "v", json_integer(1));
			if (og_print_json(note, c->err) < 0)
				return -1;
			continue;
		}
		og_text_safe(&out, og_json_str(note, "name"), strlen(og_json_str(note, "name")), 0);
		og_buf_addf(&out, ": %s: ", level);
		og_text_safe(&out, text, strlen(text), 0);
		og_buf_addc(&out, '\n');
	}
	return skill_print_buf(&out, c->err) < 0 ? -1 : warnings;
}

int skill_run_check(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct check c = { .err = err };
	int warnings = -1;

	if (skill_session(ctx, args, &c.channel, err) == 0 &&
	    ask_list(&c, "skill.list", "skills", &c.skills) == 0 &&
	    ask_list(&c, "policy.list", "policies", &c.policies) == 0 && get_docs(&c) == 0 &&
	    og_graph_health(c.skills, c.docs, c.policies, &c.notes, err) == 0 &&
	    og_skills_confused(c.docs, c.notes, err) == 0 && check_sql(&c) == 0)
		warnings = print_notes(&c, og_arg_flag(args, "json"));
	og_channel_close(c.channel);
	json_decref(c.skills);
	json_decref(c.policies);
	json_decref(c.docs);
	json_decref(c.notes);
	return warnings < 0 ? -1 : warnings ? OG_NO : OG_OK;
}
