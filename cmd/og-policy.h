/* Shared by the files of og-policy. */
#ifndef OG_CMD_POLICY_H
#define OG_CMD_POLICY_H

#include "cmd/og-embed.h"
#include "cmd/og-main.h"

/* A session, and what gives vectors in it; both for one command. */
struct policy_desk {
	struct og_conf *conf;
	struct og_channel *channel;
	struct og_embedder *embedder; /* NULL: there is none */
};

int policy_desk_open(struct policy_desk *desk, const struct og_ctx *ctx, const struct og_args *args,
		     struct og_err *err);
void policy_desk_close(struct policy_desk *desk);

/* Opens a session and asks one thing; request is taken. */
int policy_ask(const struct og_ctx *ctx, const struct og_args *args, const char *verb,
	       json_t *request, json_t **ret, struct og_err *err);

/* --clearance and the like: the option's value becomes a member. */
int policy_set_level(const struct og_args *args, const char *option, const char *member,
		     json_t *record, struct og_err *err);

/*
 * Documents as files. A path is a file, "-" (standard input), or a folder,
 * of which every file is taken that has a kind we read, in order of name,
 * hidden ones and links aside.
 */
#define POLICY_FILES_MAX 100000

struct policy_file {
	char *path;
	char *name; /* what a document in it is called, unless it says */
};
struct policy_files {
	struct policy_file *list;
	size_t n, passed_over; /* of other kinds */
	int folder;	       /* one of the paths was a folder */
};
/* paths: of the command line, NULL ends them. */
int policy_files_find(const struct og_args *args, struct policy_files *ret, struct og_err *err);
void policy_files_release(struct policy_files *files);

/* Hands each document of a file to each: a text of ours as it stands, others
 * through og-text(1). title and source: what it says of itself, or NULL. Only
 * a mailbox holds more than one. OG_EDATA, OG_ENOINPUT, OG_EUNAVAIL: what is
 * wrong with this file; or what each failed with. */
struct policy_document {
	const char *text; /* NULL: it has none that can be read */
	size_t len;
	const char *name, *title, *source;
	int of_many; /* it is one of a mailbox */
};
typedef int policy_document_fn(void *arg, const struct policy_document *document,
			       struct og_err *err);
int policy_file_read(const struct og_ctx *ctx, const struct policy_file *file,
		     policy_document_fn *each, void *arg, struct og_err *err);

og_command_fn policy_run_add, policy_run_propose, policy_run_parse, policy_run_map,
	policy_run_search, policy_run_list;

#endif
