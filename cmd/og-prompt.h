/*
 * Shared by the files of og-prompt: a person who signed in, the channel
 * they ask over, and the line they type.
 */
#ifndef OG_CMD_PROMPT_H
#define OG_CMD_PROMPT_H

#include "cmd/og-main.h"
#include "cmd/og-rows.h"

#define PROMPT_STATEMENT_MAX ((size_t)65536) /* what a gate takes */

struct prompt {
	const struct og_ctx *ctx;
	const struct og_args *args;
	struct og_conf *conf;
	const char *who;
	struct og_channel *channel; /* NULL: to be opened when it is needed */
	enum og_rows_form form;
	int quit;
	json_t *schema;	 /* the tables that can be seen, for completion; or NULL */
	json_t *refusal; /* of the last request, or NULL */
};

/* og-prompt-talk.c: the channel. ^C while the shield works ends its side, so
 * that nothing goes on there; the next request opens another one. */
int prompt_talk_begin(struct prompt *prompt, struct og_err *err);
void prompt_talk_end(struct prompt *prompt);
/* Takes request. *ret is the reply of what was not refused. */
int prompt_ask(struct prompt *prompt, const char *verb, json_t *request, json_t **ret,
	       struct og_err *err);
/* Was ^C typed since the last call of this? */
int prompt_interrupted(void);
/* Is one pending? Leaves it so. */
int prompt_interrupt_waits(void);
/* The tables that can be seen, asked for anew. */
int prompt_look(struct prompt *prompt, struct og_err *err);

/* og-prompt-run.c: one statement, or one line that begins with a dot, which
 * says what went wrong itself. -1: standard output is gone. */
int prompt_statement(struct prompt *prompt, const char *sql, size_t len);
int prompt_dot(struct prompt *prompt, const char *text);
/* "og-prompt: ..." without a name: the diagnosis is about what was typed. */
void prompt_complain(const struct og_err *err);
extern const char *const prompt_dots[]; /* ".help", ...; NULL ends them */

/* og-prompt-history.c: what was typed before, a JSON string per line, in the
 * instance's run/, for its owner's eyes. path NULL: none is kept. */
struct history_file;
int prompt_history_open(const struct prompt *prompt, int keep, struct history_file **ret,
			struct og_err *err);
/* Calls fn for each statement that is kept, oldest first. */
void prompt_history_each(const struct history_file *file, void (*fn)(void *arg, const char *text),
			 void *arg);
/* Not what begins with a blank. */
void prompt_history_add(struct history_file *file, const char *text);
void prompt_history_close(struct history_file *file);

/* og-prompt-line.c: libedit. */
struct line_editor;
int prompt_line_open(struct prompt *prompt, struct line_editor **ret, struct og_err *err);
void prompt_line_close(struct line_editor *line);
void prompt_line_remember(void *arg, const char *text); /* arg: the editor */
/* 1: *ret is a line with its newline, until the next call; 2: ^C; 0: the end. */
int prompt_line_read(struct line_editor *line, int more, const char **ret);

#endif
