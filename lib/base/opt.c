/* The one option parser; see opt.h for its grammar. */
#include "lib/base/opt.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/opt-internal.h"
#include "lib/base/text.h"

const struct og_opt og_common_opts[] = {
	{ "home", 0, OG_OPT_VALUE, "DIR", "the instance, instead of the one found from here" },
	{ "color", 0, OG_OPT_VALUE, "WHEN", "auto (only on a terminal), always or never",
	  "auto | always | never" },
	{ "help", 'h', OG_OPT_FLAG, NULL, "print this help" },
	{ "version", 0, OG_OPT_FLAG, NULL, "print the version" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

struct given {
	const struct og_opt *opt;
	const char *value;
};

struct og_args {
	const struct og_program *program;
	const struct og_command *command;
	struct given *given;
	size_t n_given;
	const char **plain;
	size_t n_plain;
	int help, version;
};

/* What is left of argv while parsing. */
struct cursor {
	char **argv;
	int argc, at;
};

void og_args_free(struct og_args *args)
{
	if (!args)
		return;
	free(args->given);
	free(args->plain);
	free(args);
}

const struct og_opt *og_opt_find(const struct og_opt *table, const char *name, size_t len,
				 char letter)
{
	for (; table && table->name; table++) {
		if (name ? strlen(table->name) == len && memcmp(table->name, name, len) == 0
			 : table->letter && table->letter == letter)
			return table;
	}
	return NULL;
}

static const struct og_opt *lookup(const struct og_args *args, const char *name, size_t len,
				   char letter)
{
	const struct og_opt *opt = og_opt_find(args->command->opts, name, len, letter);

	return opt ? opt : og_opt_find(og_common_opts, name, len, letter);
}

#define NAMES_MAX 64

/* "unknown option --wiat", with the nearest name of both tables. */
static int unknown_option(const struct og_args *args, const char *word, struct og_err *err)
{
	const struct og_opt *tables[2] = { args->command->opts, og_common_opts };
	const char *names[NAMES_MAX + 1], *nearest;
	size_t n = 0, len = strcspn(word, "=");
	char name[64];

	for (size_t t = 0; t < 2; t++)
		for (const struct og_opt *o = tables[t]; o && o->name && n < NAMES_MAX; o++)
			names[n++] = o->name;
	names[n] = NULL;
	og_fail(err, OG_EUSAGE, "unknown option '%.*s'", (int)len, word);
	/* A letter is too short to be near anything. */
	if (len <= 2 || len - 2 >= sizeof(name))
		return -1;
	memcpy(name, word + 2, len - 2);
	name[len - 2] = '\0';
	nearest = og_nearest(name, names);
	return nearest ? og_hint(err, "did you mean --%s?", nearest) : -1;
}

static int record(struct og_args *args, const struct og_opt *opt, const char *value,
		  struct og_err *err)
{
	for (size_t i = 0; opt->kind != OG_OPT_LIST && i < args->n_given; i++)
		if (args->given[i].opt == opt)
			return og_fail(err, OG_EUSAGE, "option --%s is given twice", opt->name);
	args->given[args->n_given++] = (struct given){ opt, value };
	if (strcmp(opt->name, "help") == 0)
		args->help = 1;
	if (strcmp(opt->name, "version") == 0)
		args->version = 1;
	return 0;
}

/* attached: the value in the same word, or NULL. */
static int take_option(struct og_args *args, const struct og_opt *opt, const char *attached,
		       struct cursor *c, struct og_err *err)
{
	if (opt->kind == OG_OPT_FLAG) {
		if (attached)
			return og_fail(err, OG_EUSAGE, "option --%s takes no value", opt->name);
		return record(args, opt, NULL, err);
	}
	if (!attached) {
		if (c->at >= c->argc)
			return og_fail(err, OG_EUSAGE, "option --%s needs a value (%s)", opt->name,
				       opt->arg);
		attached = c->argv[c->at++];
	}
	return record(args, opt, attached, err);
}

static int take_word(struct og_args *args, const char *word, struct cursor *c, struct og_err *err)
{
	const struct og_opt *opt;
	const char *equals;
	size_t len;

	if (strncmp(word, "--", 2) == 0) {
		len = strcspn(word + 2, "=");
		equals = word[2 + len] ? word + 2 + len + 1 : NULL;
		opt = lookup(args, word + 2, len, 0);
	} else {
		equals = word[2] ? word + 2 : NULL;
		opt = lookup(args, NULL, 0, word[1]);
	}
	if (!opt)
		return unknown_option(args, word, err);
	return take_option(args, opt, equals, c, err);
}

static int take_all(struct og_args *args, struct cursor *c, struct og_err *err)
{
	int only_plain = 0;

	while (c->at < c->argc) {
		const char *word = c->argv[c->at++];

		if (!only_plain && strcmp(word, "--") == 0)
			only_plain = 1;
		else if (only_plain || word[0] != '-' || word[1] == '\0')
			args->plain[args->n_plain++] = word;
		else if (take_word(args, word, c, err) < 0)
			return -1;
	}
	return 0;
}

static int unknown_command(const struct og_program *program, const char *word, struct og_err *err)
{
	const char *names[NAMES_MAX + 1];
	size_t n = 0;

	for (const struct og_command *k = program->commands; k->run && n < NAMES_MAX; k++)
		names[n++] = k->name;
	names[n] = NULL;
	if (word)
		og_fail(err, OG_EUSAGE, "unknown command '%s'", word);
	else
		og_fail(err, OG_EUSAGE, "no command given");
	og_hint(err, "%s -h lists the commands", program->name);
	return word ? og_hint_near(word, names, err) : -1;
}

static int asks_for(const char *word, const char *name, const char *letter)
{
	return word && (strcmp(word, name) == 0 || (letter && strcmp(word, letter) == 0));
}

/* A first command without a name is meant by every word that is no other's. */
static int choose_or_first(struct og_args *args, const char *word, struct cursor *c)
{
	const struct og_command *first = args->program->commands;

	for (const struct og_command *k = first + 1; word && first->run && k->run; k++) {
		if (strcmp(k->name, word) != 0)
			continue;
		args->command = k;
		c->at = 2;
	}
	if (c->at == 1 && first[1].run)
		args->help = asks_for(word, "--help", "-h") ? 2 : 0;
	return 0;
}

/* Finds the command; for a program without commands it is the only one. */
static int choose(struct og_args *args, struct cursor *c, struct og_err *err)
{
	const struct og_program *program = args->program;
	const char *word = c->argc > 1 ? c->argv[1] : NULL;

	c->at = 1;
	args->command = program->commands;
	if (!program->commands->name)
		return choose_or_first(args, word, c);
	args->help = asks_for(word, "--help", "-h") ? 2 : 0;
	args->version = asks_for(word, "--version", NULL);
	if (args->help || args->version)
		return 0;
	for (const struct og_command *k = program->commands; k->run; k++) {
		if (!word || strcmp(k->name, word) != 0)
			continue;
		args->command = k;
		c->at = 2;
		return 0;
	}
	return unknown_command(program, word, err);
}

static int check_count(const struct og_args *args, struct og_err *err)
{
	const struct og_command *k = args->command;
	int n = (int)args->n_plain;

	if (n < k->min_args)
		og_fail(err, OG_EUSAGE, "missing argument: %s", k->args);
	else if (k->max_args >= 0 && n > k->max_args)
		og_fail(err, OG_EUSAGE, "unexpected argument '%s'", args->plain[k->max_args]);
	else
		return 0;
	return og_hint(err, "%s%s%s -h shows the usage", args->program->name, k->name ? " " : "",
		       k->name ? k->name : "");
}

int og_args_parse(const struct og_program *program, int argc, char **argv, struct og_args **ret,
		  struct og_err *err)
{
	struct og_args *args = calloc(1, sizeof(*args));
	struct cursor c = { argv, argc, 1 };

	if (!args)
		return og_fail_nomem(err);
	args->program = program;
	args->given = calloc((size_t)argc + 1, sizeof(*args->given));
	args->plain = calloc((size_t)argc + 1, sizeof(*args->plain));
	if (!args->given || !args->plain) {
		og_fail_nomem(err);
		goto fail;
	}
	if (choose(args, &c, err) < 0)
		goto fail;
	if (c.at == 1 && (args->help || args->version)) {
		*ret = args; /* "og-x -h" of a program with commands */
		return 0;
	}
	if (take_all(args, &c, err) < 0)
		goto fail;
	if (!args->help && !args->version && check_count(args, err) < 0)
		goto fail;
	*ret = args;
	return 0;
fail:
	og_args_free(args);
	return -1;
}

const struct og_command *og_args_command(const struct og_args *args)
{
	return args->command;
}

int og_args_help(const struct og_args *args)
{
	return args->help;
}

int og_args_version(const struct og_args *args)
{
	return args->version;
}

const char *og_arg_list(const struct og_args *args, const char *name, size_t i)
{
	const struct og_opt *opt = lookup(args, name, strlen(name), 0);

	if (!opt)
		abort(); /* the program asks for an option that its own table lacks */
	for (size_t k = 0; k < args->n_given; k++)
		if (args->given[k].opt == opt && i-- == 0)
			return args->given[k].value;
	return NULL;
}

const char *og_arg_value(const struct og_args *args, const char *name)
{
	return og_arg_list(args, name, 0);
}

int og_arg_flag(const struct og_args *args, const char *name)
{
	const struct og_opt *opt = lookup(args, name, strlen(name), 0);

	if (!opt)
		abort();
	for (size_t k = 0; k < args->n_given; k++)
		if (args->given[k].opt == opt)
			return 1;
	return 0;
}

const char *og_arg(const struct og_args *args, size_t i)
{
	return i < args->n_plain ? args->plain[i] : NULL;
}
