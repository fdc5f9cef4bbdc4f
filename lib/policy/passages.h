/*
 * A document cut into passages that can be found and cited: by headings
 * and paragraphs, each with its heading and the line it starts on. Reads
 * Markdown and plain text; touches no database, so it runs where hostile
 * documents are read.
 */
#ifndef OG_POLICY_PASSAGES_H
#define OG_POLICY_PASSAGES_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_PASSAGE_MAX 1200 /* bytes; longer paragraphs are cut at a word */

/* [{"heading":"Title > Section","line":N,"last":N,"text":T}]; lines count
 * from 1, the last one is the one it ends on.
 * text must be valid UTF-8; OG_EDATA when not, or when it holds no words. */
int og_passages_split(const char *text, size_t len, json_t **ret, struct og_err *err);

#endif
