/*
 * og-skill impact: what a change of a skill, a table or a policy would be
 * felt by. Everything is asked as the principal: what it may not know of is
 * not counted.
 */
#include <string.h>

#include "cmd/og-skill.h"
#include "lib/base/text.h"
#include "lib/skill/reach.h"

#define IMPACT_MAX ((size_t)4 << 20)
#define TASKS_MAX  500 /* of each state that are looked through */

struct impact {
	struct og_channel *channel;
	const char *about;
	json_t *skills, *policies; /* all there are */
	json_t *found;		   /* what is told: relation to list of names */
	json_t *affected;	   /* skills: names to true */
	json_t *tasks;		   /* that are pinned to one of them */
	struct og_err *err;
};

/* --- relations ----------------------------------------------------------- */

/* Keeps a list under its relation; takes it. Are those affected? */
static int keep(struct impact *m, const char *relation, json_t *list, int affected)
{
	json_t *name;
	size_t i;

	if (!list)
		return og_fail_nomem(m->err);
	json_array_foreach(list, i, name)
	{
		if (affected && og_reach_node(m->skills, json_string_value(name)))
			json_object_set_new(m->affected, json_string_value(name), json_true());
	}
	if (json_array_size(list) == 0) {
		json_decref(list);
		return 0;
	}
	return og_json_set(m->found, relation, list, m->err);
}

/* Only the first step along edges of a type. */
static json_t *near(const json_t *nodes, const char *type, const char *name, int back)
{
	json_t *list = json_array(), *node, *edge;
	size_t i, k;

	json_array_foreach(nodes, i, node)
	{
		const char *from = og_json_str(node, "name");

		json_array_foreach(json_object_get(node, "edges"), k, edge)
		{
			const char *to = og_json_str(edge, "target");

			if (strcmp(og_json_str(edge, "type"), type) == 0 &&
			    strcmp(back ? to : from, name) == 0)
				json_array_append_new(list, json_string(back ? from : to));
		}
	}
	return list;
}

static int about_skill(struct impact *m, const char *name)
{
	if (keep(m, "governs", og_reach_on(m->skills, "GOVERNS", name), 1) < 0 ||
	    keep(m, "governed by", og_reach_back(m->skills, "GOVERNS", name), 0) < 0 ||
	    keep(m, "needed by", og_reach_back(m->skills, "DEPENDS_ON", name), 1) < 0 ||
	    keep(m, "depends on", og_reach_on(m->skills, "DEPENDS_ON", name), 0) < 0 ||
	    keep(m, "follows", near(m->skills, "NEXT", name, 1), 1) < 0 ||
	    keep(m, "is followed by", near(m->skills, "NEXT", name, 0), 0) < 0)
		return -1;
	return keep(m, "touches", near(m->skills, "TOUCHES", name, 0), 0);
}

static int is_listed(const json_t *list, const json_t *name)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), name))
			return 1;
	return 0;
}

/* A table: who touches it, and what depends on those. */
static int about_table(struct impact *m, const char *name)
{
	json_t *touching = near(m->skills, "TOUCHES", name, 1), *through = json_array(), *skill;
	size_t i, k;
	int rc = touching && through ? 0 : og_fail_nomem(m->err);

	json_array_foreach(touching, i, skill)
	{
		json_t *more = og_reach_back(m->skills, "DEPENDS_ON", json_string_value(skill));
		json_t *name_of;

		json_array_foreach(more, k, name_of)
		{
			if (!is_listed(through, name_of))
				json_array_append(through, name_of);
		}
		json_decref(more);
	}
	if (rc == 0)
		rc = keep(m, "touched by", json_incref(touching), 1);
	if (rc == 0)
		rc = keep(m, "needed by", json_incref(through), 1);
	json_decref(touching);
	json_decref(through);
	return rc;
}

/* A policy: its node, and what that governs. */
static int about_policy(struct impact *m, const json_t *policy)
{
	const char *node = og_json_str(policy, "node");

	if (keep(m, "binds", json_pack("[s]", node), 1) < 0)
		return -1;
	return keep(m, "binds through it", og_reach_on(m->skills, "GOVERNS", node), 1);
}

/* Policies of a skill, and of what governs it. */
static int bound_by(struct impact *m, const char *name)
{
	json_t *list = json_array(), *policy;
	json_t *governors = og_reach_back(m->skills, "GOVERNS", name);
	size_t i, k;

	json_array_foreach(m->policies, i, policy)
	{
		const char *node = og_json_str(policy, "node");
		int binds = strcmp(node, name) == 0;

		for (k = 0; !binds && k < json_array_size(governors); k++)
			binds = strcmp(json_string_value(json_array_get(governors, k)), node) == 0;
		if (binds)
			json_array_append(list, json_object_get(policy, "name"));
	}
	json_decref(governors);
	return keep(m, "bound by", list, 0);
}

/* --- tasks --------------------------------------------------------------- */

/* A task under way, and the version it is pinned to: is it the one in force? */
static int add_task(struct impact *m, const json_t *task, json_t *list)
{
	const char *skill = og_json_str(task, "skill"), *id = og_json_str(task, "task");
	const char *state = og_json_str(task, "state"), *pinned = og_json_str(task, "skill_hash");
	const char *active;
	int same;

	if (!skill || !id || !state || !json_object_get(m->affected, skill))
		return 0;
	active = og_json_str(og_reach_node(m->skills, skill), "hash");
	same = pinned && active && strcmp(pinned, active) == 0;
	if (json_array_append_new(m->tasks,
				  json_pack("{s:s,s:s,s:s,s:s*,s:b}", "task", id, "state", state,
					    "skill", skill, "hash", pinned, "active", same)) < 0)
		return -1;
	return json_array_append_new(list, json_sprintf("%s %s %s@%.12s%s", id, state, skill,
							pinned ? pinned : "none",
							same ? "" : " (not the version in force)"));
}

static int add_tasks(struct impact *m, const char *state, json_t *list)
{
	json_t *reply = NULL, *task;
	size_t i;
	int rc = og_channel_ask(m->channel, "task.list",
				json_pack("{s:s,s:i}", "state", state, "limit", TASKS_MAX), &reply,
				m->err);

	json_array_foreach(json_object_get(reply, "tasks"), i, task)
	{
		if (rc == 0 && add_task(m, task, list) < 0)
			rc = og_fail_nomem(m->err);
	}
	json_decref(reply);
	return rc;
}

static int tasks(struct impact *m)
{
	json_t *list = json_array();

	if (add_tasks(m, "running", list) < 0 || add_tasks(m, "waiting", list) < 0) {
		json_decref(list);
		return -1;
	}
	return keep(m, "tasks under way", list, 0);
}

/* --- the whole ----------------------------------------------------------- */

/* The nearest of what the principal may see: a skill, else a policy. */
static int not_known(const struct impact *m)
{
	og_fail(m->err, OG_NO, "there is no skill, policy or touched table called '%s'", m->about);
	og_json_hint_near(m->about, m->policies, "name", m->err);
	return og_json_hint_near(m->about, m->skills, "name", m->err);
}

static int relate(struct impact *m)
{
	int known = 0, rc = 0;
	json_t *policy;
	size_t i;

	if (og_reach_node(m->skills, m->about)) {
		known = 1;
		json_object_set_new(m->affected, m->about, json_true());
		rc = about_skill(m, m->about);
		if (rc == 0)
			rc = bound_by(m, m->about);
	}
	json_array_foreach(m->policies, i, policy)
	{
		if (rc < 0 || strcmp(og_json_str(policy, "name"), m->about) != 0)
			continue;
		known = 1;
		rc = about_policy(m, policy);
	}
	if (rc == 0)
		rc = about_table(m, m->about);
	if (rc == 0 && !known && json_object_size(m->found) == 0)
		return not_known(m);
	return rc == 0 ? tasks(m) : -1;
}

static int ask_list(struct impact *m, const char *verb, const char *member, json_t **ret)
{
	json_t *reply = NULL;

	if (og_channel_ask(m->channel, verb, json_object(), &reply, m->err) < 0)
		return -1;
	*ret = json_incref(json_object_get(reply, member));
	json_decref(reply);
	return 0;
}

static int print_text(const struct impact *m)
{
	struct og_buf out;
	const char *relation;
	json_t *list, *name;
	size_t i;

	og_buf_init(&out, IMPACT_MAX);
	og_text_safe(&out, m->about, strlen(m->about), 0);
	og_buf_addc(&out, '\n');
	json_object_foreach(m->found, relation, list)
	{
		og_buf_addf(&out, "  %-16s ", relation);
		json_array_foreach(list, i, name)
		{
			og_buf_adds(&out, i ? ", " : "");
			og_text_safe(&out, json_string_value(name), json_string_length(name), 0);
		}
		og_buf_addc(&out, '\n');
	}
	og_buf_addf(&out, "%zu skill%s affected\n", json_object_size(m->affected),
		    json_object_size(m->affected) == 1 ? " is" : "s are");
	return skill_print_buf(&out, m->err);
}

static int print_json(const struct impact *m)
{
	json_t *names = json_array(), *line, *ignored;
	const char *name;
	int rc;

	json_object_foreach(m->affected, name, ignored)
		json_array_append_new(names, json_string(name));
	line = json_pack("{s:i,s:s,s:O,s:o,s:O}", "v", 1, "about", m->about, "relations", m->found,
			 "affected", names, "tasks", m->tasks);
	rc = line ? og_print_json(line, m->err) : og_fail_nomem(m->err);
	json_decref(line);
	return rc;
}

int skill_run_impact(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct impact m = { .about = og_arg(args, 0),
			    .found = json_object(),
			    .affected = json_object(),
			    .tasks = json_array(),
			    .err = err };
	int rc = -1;

	if (!m.found || !m.affected || !m.tasks)
		og_fail_nomem(err);
	else if (!og_utf8_valid(m.about, strlen(m.about)))
		og_fail(err, OG_EDATA, "that is no name");
	else if (skill_session(ctx, args, &m.channel, err) == 0 &&
		 ask_list(&m, "skill.list", "skills", &m.skills) == 0 &&
		 ask_list(&m, "policy.list", "policies", &m.policies) == 0 && relate(&m) == 0)
		rc = og_arg_flag(args, "json") ? print_json(&m) : print_text(&m);
	og_channel_close(m.channel);
	json_decref(m.skills);
	json_decref(m.policies);
	json_decref(m.found);
	json_decref(m.affected);
	json_decref(m.tasks);
	return rc;
}
