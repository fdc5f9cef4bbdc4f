/* Which rows of a tree are a whole set of the result's data. */
#ifndef OG_VIEW_SETS_INTERNAL_H
#define OG_VIEW_SETS_INTERNAL_H

#include "lib/view/view.h"

/* The name of the set that value is (the same array, not an equal one), or
 * NULL. */
const char *og_view_set_of(const json_t *data, const json_t *value);

#endif
