/*
 * What only an instance knows, for completions. The programs that show
 * such things are run, with --json: they ask as the principal, show what
 * the shield lets them, and give up what they need not have; here is only
 * read what they print.
 */
#include "cmd/og-complete.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/ledger/ledger.h"
#include "lib/proc/proc.h"
#include "lib/task/state.h"

#define PATH_BYTES 4096
#define ARGS_MAX   8
#define CHECKPOINT "checkpoint" /* its key is nobody's */

/* --- of the instance's files ----------------------------------------------- */

/* The home of the line, where a shell would have expanded a ~. Heap. */
static char *line_home(const struct complete *c)
{
	const char *home = og_line_value(c->line, "home"), *own = c->ctx->env("HOME");

	if (home && home[0] == '~' && home[1] == '/' && own)
		return og_path_join(own, home + 2);
	return home ? strdup(home) : NULL;
}

static const struct og_conf *instance(struct complete *c)
{
	struct og_err quiet = OG_ERR_INIT;
	char *home;

	if (c->conf)
		return c->conf;
	home = line_home(c);
	if (og_conf_load(home, c->ctx->env, &c->conf, &quiet) < 0)
		c->conf = NULL;
	free(home);
	return c->conf;
}

static const char *principal(const struct complete *c)
{
	const char *name = og_line_value(c->line, "as");

	if (!name)
		name = c->ctx->env("OG_AS");
	return name && og_principal_name_valid(name) && strcmp(name, CHECKPOINT) != 0 ? name : NULL;
}

static int is_key(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && strcmp(entry->d_name + len - 4, ".key") == 0;
}

/* Those whose keys are here. */
static void ask_principals(struct complete *c, const char *before)
{
	const struct og_conf *conf = instance(c);
	struct dirent **found;
	char name[PATH_BYTES];
	int n = conf ? scandir(conf->keys, &found, is_key, alphasort) : -1;

	(void)before;
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s", found[i]->d_name);
		name[strlen(name) - 4] = '\0';
		if (og_principal_name_valid(name) && strcmp(name, CHECKPOINT) != 0)
			complete_add(c, name, NULL);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
}

static void ask_services(struct complete *c, const char *before)
{
	const struct og_conf *conf = instance(c);
	const char *at = conf ? conf->services : "";
	char name[64];

	(void)before;
	while (*at) {
		size_t len = strcspn(at, " \t");

		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		if (len > 0 && len < sizeof(name))
			complete_add(c, name, NULL);
		at += len + (at[len] != '\0');
	}
}

static void ask_actions(struct complete *c, const char *before)
{
	(void)before;
	for (int i = 0; og_ledger_actions[i]; i++)
		complete_add(c, og_ledger_actions[i], NULL);
}

static void ask_states(struct complete *c, const char *before)
{
	(void)before;
	for (int i = 0; i < OG_TASK_STATES; i++)
		complete_add(c, og_state_name((enum og_task_state)i), NULL);
}

/* --- of other programs ----------------------------------------------------- */

/* args: the command, and what goes behind the options that are added. */
static int run(struct complete *c, const char *program, const char *const *args, const char *as,
	       struct og_buf *out)
{
	char *path = og_program_path(c->ctx->exe_dir, program), home[PATH_BYTES], who[64];
	const char *argv[ARGS_MAX + 4] = { path };
	struct og_err quiet = OG_ERR_INIT;
	int n = 1, status = -1, rc = -1;

	argv[n++] = args[0];
	snprintf(who, sizeof(who), "--as=%s", as);
	argv[n++] = who;
	if ((size_t)snprintf(home, sizeof(home), "--home=%s", c->conf->home) < sizeof(home))
		argv[n++] = home;
	for (int i = 1; i < ARGS_MAX && args[i]; i++)
		argv[n++] = args[i];
	complete_be_silent();
	if (path)
		rc = og_child_run(argv, "", 0, c->deadline, out, &status, &quiet);
	free(path);
	return rc == 0 && status == 0 ? 0 : -1;
}

typedef void show_fn(struct complete *c, const json_t *record, const char *before);

/* Calls show for each line that the program prints. */
static void ask(struct complete *c, const char *program, const char *const *args, show_fn *show,
		const char *before)
{
	const struct og_conf *conf = instance(c);
	const char *as = principal(c);
	struct og_err quiet = OG_ERR_INIT;
	struct og_buf out;

	/* Asking another host may take long, cost something, or want a password. */
	if (!conf || !as || strncmp(conf->shield, "ssh:", 4) == 0)
		return;
	og_buf_init(&out, OG_CHANNEL_LINE_MAX);
	if (run(c, program, args, as, &out) == 0) {
		for (const char *at = out.data; at && *at;) {
			size_t len = strcspn(at, "\n");
			json_t *record = NULL;

			if (og_json_parse(at, len, OG_CHANNEL_LINE_MAX, "line", &record, &quiet) ==
			    0)
				show(c, record, before);
			json_decref(record);
			at += len + (at[len] == '\n');
		}
	}
	og_buf_release(&out);
}

static void show_named(struct complete *c, const json_t *record, const char *before)
{
	const char *name = og_json_str(record, "name"), *about = og_json_str(record, "description");

	(void)before;
	if (!about)
		about = og_json_str(record, "title");
	if (name)
		complete_add(c, name, about);
}

static void ask_skills(struct complete *c, const char *before)
{
	static const char *const args[] = { "list", "--json", NULL };

	ask(c, "og-skill", args, show_named, before);
}

static void ask_policies(struct complete *c, const char *before)
{
	static const char *const args[] = { "list", "--json", NULL };

	ask(c, "og-policy", args, show_named, before);
}

/* What the skill of --action has to be told: "NAME=". */
static void show_slots(struct complete *c, const json_t *record, const char *before)
{
	json_t *slots = json_object_get(json_object_get(record, "skill"), "slots"), *slot;
	const char *name;
	char text[256];

	(void)before;
	json_object_foreach(slots, name, slot) if ((size_t)snprintf(text, sizeof(text),
								    "%s=", name) < sizeof(text))
		complete_add(c, text, og_json_str(slot, "type"));
}

static void ask_slots(struct complete *c, const char *before)
{
	const char *skill = og_line_value(c->line, "action");
	const char *const args[] = { "show", "--json", "--", skill, NULL };

	if (skill)
		ask(c, "og-skill", args, show_slots, before);
}

static void show_task(struct complete *c, const json_t *record, const char *before)
{
	const char *id = og_json_str(record, "task"), *state = og_json_str(record, "state");
	const char *text = og_json_str(record, "text"), *skill = og_json_str(record, "skill");
	char about[1024];

	(void)before;
	snprintf(about, sizeof(about), "%s: %s", state ? state : "",
		 text && *text ? text
		 : skill       ? skill
			       : "");
	if (id)
		complete_add(c, id, about);
}

/* A queue at a broker is reached over the network: not for this. */
static void ask_tasks(struct complete *c, const char *before)
{
	static const char *const args[] = { "list", "--json", NULL };
	const struct og_conf *conf = instance(c);

	if (conf && strncmp(conf->queue, "sqlite:", 7) == 0)
		ask(c, "og-task", args, show_task, before);
}

static void show_entry(struct complete *c, const json_t *record, const char *before)
{
	const char *action = og_json_str(record, "action"), *who = og_json_str(record, "principal");
	char seq[32], about[256];

	(void)before;
	snprintf(seq, sizeof(seq), "%lld", (long long)og_json_int(record, "seq", 0));
	snprintf(about, sizeof(about), "%s by %s", action ? action : "", who ? who : "");
	complete_add(c, seq, about);
}

/* og-ledger opens the ledger to read it; its refusal leaves nothing there. */
static void ask_entries(struct complete *c, const char *before)
{
	static const char *const args[] = { "log", "--json", "--limit=50", NULL };

	ask(c, "og-ledger", args, show_entry, before);
}

/* --- tables and columns ---------------------------------------------------- */

static const char *const schema[] = { "schema", "--json", NULL };

static void show_tables(struct complete *c, const json_t *record, const char *before)
{
	const json_t *table;
	size_t i;

	(void)before;
	json_array_foreach(json_object_get(record, "tables"), i, table) show_named(c, table, NULL);
}

static void ask_tables(struct complete *c, const char *before)
{
	ask(c, "og-shield", schema, show_tables, before);
}

/* A list with commas goes on behind the last one, with what it has not. */
static int in_list(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
		if (strncmp(at, word, len) == 0 && (at[len] == ',' || !at[len]))
			return 1;
	return 0;
}

static void add_to_list(struct complete *c, const char *before, const char *word, const char *about)
{
	char text[PATH_BYTES];

	if (!in_list(before, word) &&
	    (size_t)snprintf(text, sizeof(text), "%s%s", before, word) < sizeof(text))
		complete_add(c, text, about);
}

static void show_columns(struct complete *c, const json_t *record, const char *before)
{
	const char *only = og_line_arg(c->line, 1), *name;
	const json_t *table, *column;
	size_t i, k;

	json_array_foreach(json_object_get(record, "tables"), i, table)
	{
		name = og_json_str(table, "name");
		if (only && name && strcmp(only, name) != 0)
			continue;
		json_array_foreach(json_object_get(table, "columns"), k,
				   column) if (og_json_str(column, "name"))
			add_to_list(c, before, og_json_str(column, "name"),
				    only ? og_json_str(column, "type") : name);
	}
}

static void ask_columns(struct complete *c, const char *before)
{
	ask(c, "og-shield", schema, show_columns, before);
}

static void ask_verbs(struct complete *c, const char *before)
{
	static const char *const verbs[] = { "select", "insert", "update", NULL };

	for (int i = 0; verbs[i]; i++)
		add_to_list(c, before, verbs[i], NULL);
}

/* --- roles ----------------------------------------------------------------- */

/* Those that visible skills name: who may see all of them need not say. */
static void show_roles(struct complete *c, const json_t *record, const char *before)
{
	const json_t *role;
	char text[256];
	size_t i;

	json_array_foreach(json_object_get(record, "roles"), i, role)
	{
		const char *name = json_string_value(role);

		if (name &&
		    (size_t)snprintf(text, sizeof(text), "%s%s", before, name) < sizeof(text))
			complete_add(c, text, NULL);
	}
}

static void ask_roles(struct complete *c, const char *before)
{
	static const char *const args[] = { "list", "--json", NULL };

	(void)before;
	ask(c, "og-skill", args, show_roles, "");
}

static void ask_subjects(struct complete *c, const char *before)
{
	static const char *const args[] = { "list", "--json", NULL };

	(void)before;
	ask(c, "og-skill", args, show_roles, "role:");
}

/* --- which name means what ------------------------------------------------- */

static const struct {
	const char *name;
	void (*ask)(struct complete *c, const char *before);
} answers[] = {
	{ "PRINCIPAL", ask_principals }, { "WHO", ask_principals },
	{ "SERVICE", ask_services },	 { "ACTION", ask_actions },
	{ "SLOT", ask_slots },		 { "STATE", ask_states },
	{ "SKILL", ask_skills },	 { "NODE", ask_skills },
	{ "POLICY", ask_policies },	 { "ID", ask_tasks },
	{ "TASK", ask_tasks },		 { "SEQ", ask_entries },
	{ "TABLE", ask_tables },	 { "COLUMNS", ask_columns },
	{ "VERBS", ask_verbs },		 { "ROLE", ask_roles },
	{ "SUBJECT", ask_subjects },
};

void complete_ask(struct complete *c, const char *name, size_t len)
{
	const char *value = og_line_word(c->line) + c->offer->prefix_len;
	const char *comma = strrchr(value, ',');
	char before[PATH_BYTES];

	if ((size_t)snprintf(before, sizeof(before), "%.*s", comma ? (int)(comma - value) + 1 : 0,
			     value) >= sizeof(before))
		return;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		if (strlen(answers[i].name) == len && memcmp(answers[i].name, name, len) == 0)
			answers[i].ask(c, before);
}
