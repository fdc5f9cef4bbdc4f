/*
 * Shared by the files of og-skill: what its commands have in common, and
 * the commands that have a file of their own.
 */
#ifndef OG_CMD_SKILL_H
#define OG_CMD_SKILL_H

#include <stdint.h>

#include "cmd/og-main.h"

/* A file to read, or "-"; and then nothing else any more: no files, network
 * or exec, and limits on memory (bytes) and processor time. */
int skill_open_input(const char *path, int *ret_fd, struct og_err *err);
int skill_give_up(uint64_t memory, uint64_t seconds, struct og_err *err);

/* Three digits behind the point. */
static inline json_t *skill_rounded(double value)
{
	return json_real((double)(int64_t)(value * 1000 + 0.5) / 1000);
}

/* og-skill-parse.c, og-skill-each.c, ... */
int skill_run_parse(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int skill_run_classify(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int skill_run_lint(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int skill_run_check(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int skill_run_impact(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
/* propose FILE (og-skill-propose.c). */
int skill_run_propose(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int skill_run_lock(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int skill_run_verify(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int skill_run_diff(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int skill_run_graph(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int skill_run_export(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int skill_run_import(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int skill_run_test(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);

/* A text after the other, each apart from the others. */
int skill_parse_each(struct og_err *err);

/* Asks a child that can do nothing else to parse the file. Its diagnosis
 * goes to stderr; then *ret is NULL and its status is returned. */
int skill_parse_child(const struct og_ctx *ctx, const char *path, json_t **ret, struct og_err *err);
/* The same for every file that path means, appended to docs before anything
 * is done with the first. Returns a status. */
int skill_read_docs(const struct og_ctx *ctx, const char *path, json_t *docs, struct og_err *err);

/* Does the word mean a file or folder, and not a skill? */
int skill_is_path(const char *word);

/* Opens the instance and a session as --as's principal. */
int skill_session(const struct og_ctx *ctx, const struct og_args *args, struct og_channel **ret,
		  struct og_err *err);
/* One question in a session of its own; takes request. The reply is without
 * what only the channel needs, as skill_plain() makes any. */
int skill_ask(const struct og_ctx *ctx, const struct og_args *args, const char *verb,
	      json_t *request, json_t **ret, struct og_err *err);
json_t *skill_plain(json_t *reply);

/* Prints a buffer and releases it. */
int skill_print_buf(struct og_buf *buf, struct og_err *err);

#endif
