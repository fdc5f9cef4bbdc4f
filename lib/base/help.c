/*
 * Help from the option tables. The usage lines are the SYNOPSIS of the
 * manual page word for word, which a test holds against each other; they go
 * on below where a terminal ends.
 */
#include "lib/base/opt.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define USAGE_WIDTH 79

/* A usage line that grows word by word and goes on below its first one. */
struct usage {
	struct og_buf *buf;
	size_t start;  /* of the line it stands on */
	size_t indent; /* of those that follow */
};

static void add_word(struct usage *usage, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void add_word(struct usage *usage, const char *fmt, ...)
{
	char word[256];
	va_list args;
	size_t at = usage->buf->len - usage->start;

	va_start(args, fmt);
	vsnprintf(word, sizeof(word), fmt, args);
	va_end(args);
	if (at > usage->indent && at + 1 + strlen(word) > USAGE_WIDTH) {
		og_buf_addf(usage->buf, "\n%*s", (int)usage->indent, "");
		usage->start = usage->buf->len - usage->indent;
	}
	og_buf_addf(usage->buf, " %s", word);
}

static void add_usage_option(struct usage *usage, const struct og_opt *opt)
{
	add_word(usage, "[--%s%s%s]%s", opt->name, opt->arg ? " " : "", opt->arg ? opt->arg : "",
		 opt->kind == OG_OPT_LIST ? "..." : "");
}

static void add_usage(struct og_buf *buf, const struct og_program *program,
		      const struct og_command *command, int first)
{
	struct usage usage = { buf, buf->len, 0 };

	og_buf_addf(buf, "%s%s", first ? "usage: " : "       ", program->name);
	if (command->name)
		og_buf_addf(buf, " %s", command->name);
	usage.indent = buf->len - usage.start;
	for (const struct og_opt *o = command->opts; o && o->name; o++)
		add_usage_option(&usage, o);
	if (command->args && *command->args)
		add_word(&usage, "%s", command->args);
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
