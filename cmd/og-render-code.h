/*
 * Live code of views (--allow-code): esbuild turns JSX into what the
 * worker of a page runs. The compiler is started before anything hostile
 * is read and while this program may still start one; it gets the text on
 * standard input and answers on standard output, under limits of its own,
 * without network. It never bundles: a bundler reads the files that a text
 * names.
 */
#ifndef OG_CMD_RENDER_CODE_H
#define OG_CMD_RENDER_CODE_H

#include "cmd/og-main.h"
#include "lib/proc/proc.h"

#define OG_CODE_MAX	((size_t)256 << 10) /* bytes of a view's text */
#define OG_CODE_OUT_MAX ((size_t)1 << 20)   /* bytes of what it compiles to */

/* A compiler that waits for its one text. */
struct og_compiler {
	struct og_child child; /* pid -1: none */
	int said;	       /* what it writes to standard error, or -1 */
};

void og_compiler_init(struct og_compiler *compiler);

/* Starts esbuild, which $PATH finds. OG_EUNAVAIL when there is none. */
int og_compiler_start(const struct og_ctx *ctx, struct og_compiler *compiler, struct og_err *err);

/* The code of a view, ready for a page. OG_EDATA: too large, nested too
 * deeply, or not the language: "view:LINE:COLUMN: what". A compiler
 * compiles once. */
int og_compiler_run(struct og_compiler *compiler, const char *text, size_t len, struct og_buf *code,
		    struct og_err *err);

/* After og_view_tree() refused result with err: when its view is JSX, that
 * is no static one; compiles it and takes it out of the document. Of any
 * other view err stays. */
int og_compiler_take_view(struct og_compiler *compiler, json_t *result, struct og_buf *code,
			  struct og_err *err);

/* Ends it, used or not. */
void og_compiler_end(struct og_compiler *compiler);

#endif
