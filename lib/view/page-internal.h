/* What the files of the interactive page share. */
#ifndef OG_VIEW_PAGE_INTERNAL_H
#define OG_VIEW_PAGE_INTERNAL_H

#include "lib/json/json.h"
#include "lib/view/page.h"

/* Appends value as JSON that may stand in a script element and in an
 * attribute in single quotes as it is: <, >, &, ' and the line separators
 * are escaped. An integer that other readers would round is written as
 * text. Never fails but for the buffer's limit. */
void og_block_json(struct og_buf *buf, const json_t *value);

/* Appends hostile text for element content and attributes. */
void og_block_text(struct og_buf *buf, const char *text);

#endif
