/*
 * Arguments of an action against its schema: a flat JSON Schema object of
 * strings, numbers and truths. The page has checked them too; a page can
 * be anybody's.
 */
#ifndef OG_SERVE_ARGUMENTS_H
#define OG_SERVE_ARGUMENTS_H

#include "lib/base/err.h"
#include "lib/json/json.h"

/* OG_EDATA says which is wrong: unknown, missing, of another type, out of
 * bounds, not one of an enum, with control characters. A string has at most
 * 200 characters unless the schema says otherwise. */
int og_arguments_check(const json_t *schema, const json_t *arguments, struct og_err *err);

#endif
