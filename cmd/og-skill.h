/* Shared by the files of og-skill: its commands that parse. */
#ifndef OG_CMD_SKILL_H
#define OG_CMD_SKILL_H

#include "cmd/og-main.h"

int skill_run_parse(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int skill_run_lint(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);

/* og-skill-each.c: a text after the other, each apart from the others. */
int skill_parse_each(struct og_err *err);

#endif
