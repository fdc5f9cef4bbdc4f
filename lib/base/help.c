/*
 * Help from the option tables. The usage lines are the SYNOPSIS of the
 * manual page word for word, which a test holds against each other.
 */
#include "lib/base/opt.h"

#include <string.h>

static void add_usage_option(struct og_buf *buf, const struct og_opt *opt)
{
	og_buf_addf(buf, " [--%s", opt->name);
	if (opt->arg)
		og_buf_addf(buf, " %s", opt->arg);
	og_buf_adds(buf, opt->kind == OG_OPT_LIST ? "]..." : "]");
}

static void add_usage(struct og_buf *buf, const struct og_program *program,
		      const struct og_command *command, int first)
{
	og_buf_addf(buf, "%s%s", first ? "usage: " : "       ", program->name);
	if (command->name)
		og_buf_addf(buf, " %s", command->name);
	for (const struct og_opt *o = command->opts; o && o->name; o++)
		add_usage_option(buf, o);
	if (command->args && *command->args)
		og_buf_addf(buf, " %s", command->args);
	og_buf_addc(buf, '\n');
}

#define HELP_COLUMN 24

static void add_option(struct og_buf *buf, const struct og_opt *opt)
{
	size_t start = buf->len, used;

	if (opt->letter)
		og_buf_addf(buf, "  -%c, --%s", opt->letter, opt->name);
	else
		og_buf_addf(buf, "  --%s", opt->name);
	if (opt->arg)
		og_buf_addf(buf, " %s", opt->arg);
	used = buf->len - start;
	og_buf_addf(buf, "%*s%s\n", used < HELP_COLUMN ? (int)(HELP_COLUMN - used) : 2, "",
		    opt->help);
}

static void add_command(struct og_buf *buf, const struct og_command *command)
{
	if (command->name)
		og_buf_addf(buf, "\n%s: ", command->name);
	else
		og_buf_addc(buf, '\n');
	og_buf_addf(buf, "%s\n", command->help);
	for (const struct og_opt *o = command->opts; o && o->name; o++)
		add_option(buf, o);
}

int og_program_help(const struct og_program *program, const struct og_command *only,
		    struct og_buf *buf)
{
	int first = 1;

	for (const struct og_command *k = program->commands; k->run; k++) {
		if (only && k != only)
			continue;
		add_usage(buf, program, k, first);
		first = 0;
	}
	og_buf_addf(buf, "\n%s\n", program->summary);
	for (const struct og_command *k = program->commands; k->run; k++)
		if (!only || k == only)
			add_command(buf, k);
	og_buf_adds(buf, "\nalways:\n");
	for (const struct og_opt *o = og_common_opts; o->name; o++)
		add_option(buf, o);
	return buf->failed ? -1 : 0;
}
