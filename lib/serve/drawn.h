/*
 * Results as og-render draws them, kept by their digest for who asks again.
 * Bounded by bytes; what was not asked for longest goes first.
 */
#ifndef OG_SERVE_DRAWN_H
#define OG_SERVE_DRAWN_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/json/json.h"

struct og_serve;
struct og_drawn;

int og_drawn_new(struct og_serve *serve, struct og_drawn **ret, struct og_err *err);
void og_drawn_free(struct og_drawn *drawn); /* after og_yard_free() */

/* text: og-render's output, NUL after it, valid during the call; NULL when
 * there is none, err says why. May be called at once. */
typedef void og_drawn_fn(void *arg, const char *text, size_t len, const struct og_err *err);

/* One drawing of a task's result: to is a form of og-render,
 * set a row set of csv or NULL. result is borrowed. who may see it the
 * shield has said before. */
struct og_drawing {
	const char *who, *to, *set;
	const json_t *result;
};
void og_drawn_get(struct og_drawn *drawn, const struct og_drawing *what, og_drawn_fn *fn,
		  void *arg);

#endif
