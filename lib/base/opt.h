/*
 * Option tables. A program is a table of commands, a command a table of
 * options; the parser, -h, the SYNOPSIS test and the completions of shells
 * (complete.h) all read the same tables, so there is one place to change.
 *
 * Grammar, the same for every program: `og-x [COMMAND] [options] [args]`.
 * Long options `--name`, `--name VALUE` or `--name=VALUE`; short `-x`,
 * `-x VALUE`; options and arguments may be mixed; `--` ends options; `-`
 * alone is an argument. An unknown option, a repeated one (unless the
 * table says it may repeat) or a missing value is misuse: OG_EUSAGE with
 * the nearest known name as a hint.
 */
#ifndef OG_BASE_OPT_H
#define OG_BASE_OPT_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

enum og_opt_kind {
	OG_OPT_FLAG,  /* takes no value */
	OG_OPT_VALUE, /* takes one value, at most once */
	OG_OPT_LIST,  /* takes one value, may repeat */
};

struct og_opt {
	const char *name; /* without the dashes; NULL ends a table */
	char letter;	  /* or 0 */
	enum og_opt_kind kind;
	const char *arg;  /* the value's name in help, as in "--as NAME": "NAME" */
	const char *help; /* one line, lower case, no full stop */
	/* What a shell may offer as the value, as of complete.h; NULL: what arg
	 * says. The last member, so that a table may leave it out. */
	const char *values;
};

struct og_args;

/* What main hands a command: where the instance may be, how to read the
 * environment. lib/ never calls getenv itself. */
struct og_ctx {
	const char *program;		      /* "og-submit" */
	const char *exe_dir;		      /* directory of the executable */
	const char *(*env)(const char *name); /* NULL when unset or empty */
};

/* Returns the exit status (>= 0), or -1 with err filled. */
typedef int og_command_fn(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);

struct og_command {
	/* "query"; "--channel" is possible. NULL, in the first of a table: what is
	 * meant when the first word names no other; alone: there are no commands. */
	const char *name;
	const char *args; /* the arguments' names in help: "[SQL]" */
	const char *help; /* one line */
	const struct og_opt *opts;
	int min_args, max_args; /* max -1: any number */
	og_command_fn *run;
	const char *values; /* of the arguments; NULL: what args says */
};

struct og_program {
	const char *name;
	const char *summary;		   /* one line */
	const struct og_command *commands; /* ends with run == NULL */
};

/* argv is borrowed and must outlive ret. With "-h"/"--help" anywhere
 * before "--", *ret has help set; with --version version. */
int og_args_parse(const struct og_program *program, int argc, char **argv, struct og_args **ret,
		  struct og_err *err);
void og_args_free(struct og_args *args);

const struct og_command *og_args_command(const struct og_args *args);
/* 0: no; 1: asked of one command; 2: asked of the whole program. */
int og_args_help(const struct og_args *args);
int og_args_version(const struct og_args *args);

/* The option's value, or NULL when it was not given. Asking for a name
 * that is not in the table is our bug (the process aborts). */
const char *og_arg_value(const struct og_args *args, const char *name);
int og_arg_flag(const struct og_args *args, const char *name);
/* i-th value of an OG_OPT_LIST, or NULL past the end. */
const char *og_arg_list(const struct og_args *args, const char *name, size_t i);
/* i-th plain argument, or NULL past the end. */
const char *og_arg(const struct og_args *args, size_t i);

/* Help text as -h prints it; the synopsis lines equal the manual page's. */
int og_program_help(const struct og_program *program, const struct og_command *only,
		    struct og_buf *buf);

/* Options that every command has, besides its own table: --home DIR,
 * --color WHEN, -h/--help, --version. They are asked for like any other. */
extern const struct og_opt og_common_opts[];

#endif
