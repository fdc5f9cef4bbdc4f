/* Shared by the parser of options and the reader of unfinished lines. */
#ifndef OG_BASE_OPT_INTERNAL_H
#define OG_BASE_OPT_INTERNAL_H

#include "lib/base/opt.h"

/* The option of that name (len bytes), or, without a name, of that letter;
 * NULL when the table, which may be NULL, has none. */
const struct og_opt *og_opt_find(const struct og_opt *table, const char *name, size_t len,
				 char letter);

#endif
