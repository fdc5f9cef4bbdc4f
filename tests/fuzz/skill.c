/*
 * Fuzz target: SKILL.md text, and the same bytes as a sentence for a
 * matcher made of what was parsed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/skill/match.h"
#include "lib/skill/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void match_it(const json_t *doc, const char *text, size_t len)
{
	json_t *docs = json_pack("[{s:O,s:s,s:i}]", "doc", doc, "hash", "h", "id", 1);
	struct og_err err = OG_ERR_INIT;
	struct og_matcher *matcher = NULL;
	json_t *reply = NULL;

	if (og_matcher_new(docs, &matcher, &err) == 0)
		og_matcher_match(matcher, text, len, NULL, 5, &reply, &err);
	json_decref(reply);
	og_matcher_free(matcher);
	json_decref(docs);
}

/* What parses passes the check and can be written and read back. */
static void use_doc(const json_t *doc)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf source;
	json_t *again = NULL;

	if (og_skill_check(doc, &err) < 0)
		abort();
	og_buf_init(&source, OG_SKILL_TEXT_MAX);
	if (og_skill_source(doc, &source, &err) == 0)
		og_skill_parse("again", source.data, source.len, &again, NULL, &err);
	json_decref(again);
	og_buf_release(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL, *notes = NULL;

	if (og_skill_parse("fuzz", (const char *)data, size, &doc, &notes, &err) == 0) {
		use_doc(doc);
		match_it(doc, (const char *)data, size);
	} else if (err.code != OG_EDATA || err.msg[0] == '\0') {
		abort();
	}
	json_decref(doc);
	json_decref(notes);
	return 0;
}
