/*
 * Standard output, and how it looks. Everything a program prints goes
 * through here: it is checked, and nothing gets out as text that a terminal
 * would act upon, besides our own colours. Whoever prints what others wrote
 * into a line still makes it safe first (og_text_safe), because of the ends
 * of lines; this is the net below.
 *
 * One rule for colour in all programs: --color always or never; else a
 * terminal has it, unless NO_COLOR is set and not empty (no-color.org) or
 * TERM is dumb, empty or not set.
 */
#ifndef OG_CMD_PRINT_H
#define OG_CMD_PRINT_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/opt.h"
#include "lib/json/json.h"

/* The skeleton's: reads --color. OG_EUSAGE when it is none. */
int og_print_begin(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);

/* Text on standard output, checked: OG_EIO when it cannot be written. A reader
 * that went away (EPIPE) ends the program quietly with status 0... the
 * skeleton decides; commands just return the -1. */
int og_print(const char *text, size_t len, struct og_err *err);
int og_printf(struct og_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Bytes that are known to be safe, a NUL among them. */
int og_print_bytes(const char *data, size_t len, struct og_err *err);
/* Bytes as they are, for a file or a pipe; a terminal gets them made safe. */
int og_print_verbatim(const char *data, size_t len, struct og_err *err);
/* One JSON object and a newline; "v":1 begins it unless it has one.
 * Characters that cannot be seen are written as \uNNNN. */
int og_print_json(const json_t *value, struct og_err *err);
/* The same without "v": rows, whose names are somebody else's, and lines
 * between our own programs. */
int og_print_row(const json_t *value, struct og_err *err);
/* JSON that is text already, and complete. */
int og_print_json_text(const char *text, size_t len, struct og_err *err);
/* A result document as og-render's text, in the width and colours of our
 * own standard output. */
int og_print_result(const struct og_ctx *ctx, const json_t *result, struct og_err *err);

/* Is what is written to this descriptor to be in colour? */
int og_color_on(const struct og_ctx *ctx, int fd);
int og_print_is_terminal(void);
/* Columns of the terminal that is our standard output: $COLUMNS, or what it
 * says itself, or 80; 0 when it is none. */
size_t og_print_width(const struct og_ctx *ctx);
/* For who lives longer than a window keeps its size: it is asked again. */
void og_print_resized(const struct og_ctx *ctx);

/* What something means, and with that its colour. */
enum og_tone {
	OG_TONE_PLAIN,
	OG_TONE_GOOD,	/* green: done, ok */
	OG_TONE_BAD,	/* red: denied, failed, broken */
	OG_TONE_WAIT,	/* yellow: waits for somebody, warns */
	OG_TONE_DIM,	/* what frames the rest */
	OG_TONE_STRONG, /* what was looked for */
};
/* The control sequence that begins it, NULL for plain; OG_TONE_END ends it. */
const char *og_tone_begin(enum og_tone tone);
#define OG_TONE_END "\033[0m"
/* A task's state, a check's, a judgement's: "done", "denied", "bad", "ok". */
enum og_tone og_tone_of(const char *state);
/* Appends text, made safe, in that tone where color is non-zero. */
int og_tone_add(struct og_buf *out, int color, enum og_tone tone, const char *text);
/* The same for standard output, and blanks up to so many columns after it. */
int og_tone_pad(struct og_buf *out, enum og_tone tone, const char *text, size_t width);
/* A line of text that begins with a verdict, its colour that of the state:
 * "ok: 12 entries". The line is made safe. */
int og_print_verdict(const char *verdict, struct og_err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
