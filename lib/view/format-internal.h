/* Values as people read them, and the drawers' shared helpers. */
#ifndef OG_VIEW_FORMAT_INTERNAL_H
#define OG_VIEW_FORMAT_INTERNAL_H

#include "lib/view/view.h"

/* Appends value in the way format names ("money", "number", "id", "date",
 * "time", "bool", "hash", "text"), not yet escaped for any output. currency is a code
 * or NULL. A missing value is a dash; a nested one its JSON. */
void og_format(struct og_buf *buf, const json_t *value, const char *format, const char *currency);

/* Appends a number with thousands apart and at most two decimals unless it has more. */
void og_format_number(struct og_buf *buf, double value, int decimals_min);

/* Number of an integer or real value. */
double og_value_number(const json_t *value);

/* Text of a string property of an object, "" when absent. */
const char *og_text_of(const json_t *object, const char *key);

/* Does format stand for figures, aligned to the right? */
int og_format_right(const char *format);

/* "2026-11-24T09:00:00.000Z" and "2026-11-24 09:00:00", years 0000 to 9999. */
int og_is_date(const char *text, size_t len);

#endif
