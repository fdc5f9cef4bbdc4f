/*
 * A skill as a record: the DOC of og-skill(5), a JSON object made from a
 * SKILL.md by lib/skill/parse.h, or from a `put skill` template. Its hash,
 * SHA-256 over the canonical JSON, is the skill's version: whatever is
 * granted, frozen into a task or written on the ledger names that hash.
 *
 * This header is what every user of a DOC needs: names, limits, the check
 * of a DOC that came from outside, the hash, and templates. Nothing here
 * reads SKILL.md text (hostile; it is parsed where no database is open)
 * and nothing here links a YAML or Markdown library.
 *
 *   {"v":1,"name":N,"description":T,"license":T?,"compatibility":T?,
 *    "allowed_tools":T?,"metadata":{K:T},"extra":{K:T}?,
 *    "kind":"workflow|regulation|agent","clearance":1..3,"roles":[..],
 *    "depends_on":[..],"governs":[..],"next":[..],"touches":[..],"id":N?,
 *    "patterns":[{"text":T,"line":N}], "examples":[{"text":T,"line":N}]?,
 *    "slots":{NAME:{"type":T,"table":T?,"column":T?,"values":[..]?,"default":V?}},
 *    "steps":[{"name":N,"line":N,"blocks":[{"kind":K,"line":N,"text":T,
 *              "as":NAME?,"any":true?,"message":T?}]}],
 *    "answer":T?,"view":{..}?,"asks":[{"tbl":T,"verbs":[..],..}],
 *    "tests":[..]?,"source":"the whole SKILL.md"}
 *
 * Members with "?" are absent when they do not apply; all others are
 * always there. roles [] means every role. "extra" keeps top-level front
 * matter keys the format does not know (public skills have some). tests are
 * those of lib/skill/tests.h.
 */
#ifndef OG_SKILL_SKILL_H
#define OG_SKILL_SKILL_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/hash/hash.h"
#include "lib/json/json.h"

#define OG_SKILL_NAME_MAX	 64   /* Agent Skills specification */
#define OG_SKILL_DESCRIPTION_MAX 4096 /* characters; the specification says 1024, lint warns */
#define OG_SKILL_TEXT_MAX	 ((size_t)256 << 10) /* bytes of a SKILL.md */
#define OG_SKILL_DOC_MAX	 ((size_t)1 << 20)   /* bytes of a DOC as canonical JSON */
#define OG_SKILL_STEPS_MAX	 64
#define OG_SKILL_BLOCKS_MAX	 16 /* per step */
#define OG_SKILL_PATTERNS_MAX	 256
#define OG_SKILL_EXAMPLES_MAX	 256
#define OG_SKILL_PATTERN_MAX	 512 /* bytes of one pattern */
#define OG_SKILL_SLOTS_MAX	 32
#define OG_SKILL_LIST_MAX	 64 /* roles, edges of one type, asks */

/* A skill's name: 1 to 64 of a-z, 0-9 and single hyphens inside. */
int og_skill_name_valid(const char *name);

/* A variable, slot or column name: [a-z_][a-z0-9_]{0,62}. */
int og_ident_valid(const char *name);

/* A table or column of a business database, as a pattern may name it:
 * "Order Details", "größe". Not what brackets and patterns mean something
 * by, nor what nobody sees. 128 bytes. */
int og_table_name_valid(const char *name);

/* "Express Freight: Delivery" -> "express-freight-delivery" (sep '-') or
 * "express_freight_delivery" (sep '_'): ASCII letters and digits in lower
 * case, everything between them one separator, at most 63 bytes, cut at a
 * word. Returns 0, or -1 when nothing would be left. */
int og_slug(const char *text, char sep, char out[OG_SKILL_NAME_MAX + 1]);

/* Fills in what a hand-written DOC may leave out (v, kind workflow,
 * clearance 1, the empty lists, slots from its patterns, line numbers 0,
 * and a source made by og_skill_source()). For `put skill` templates,
 * before og_skill_check(). Existing members are left as they are. */
int og_skill_complete(json_t *doc, struct og_err *err);

/* Judges a DOC from outside: every member's presence and type, names,
 * limits of size and number, block kinds, slots equal to what the patterns
 * say, unknown members. OG_EDATA "skill 'x': what is wrong". A DOC that
 * passes may be used without further checks of shape; that its SQL is any
 * good is for the shield to find out. */
int og_skill_check(const json_t *doc, struct og_err *err);

/* The version: hex SHA-256 of the canonical JSON. */
int og_skill_hash(const json_t *doc, char out[OG_HASH_HEX + 1], struct og_err *err);

/* Appends SKILL.md text for a DOC that has none ("source" is ignored):
 * what og_skill_parse() would read back as the same skill, lines apart. */
int og_skill_source(const json_t *doc, struct og_buf *buf, struct og_err *err);

/* The step of that name (borrowed), or NULL. NULL name: the first step. */
const json_t *og_skill_step(const json_t *doc, const char *name);
/* "call-N": what a task changes beside its skill is called so. */
int og_skill_step_reserved(const char *name);

/*
 * Templates: the text of ddl, put and view blocks, and the answer.
 *   {name}        the variable's value as text
 *   {name|slug}   og_slug with '-'          {name|ident}  og_slug with '_'
 *   {name|money}  two decimals              {{ and }}     a brace
 * Anything else in braces ({quantity:int}) is left as it stands, so that a
 * template may hold patterns. A variable that is not in vars is OG_EDATA.
 */

/* Appends template text with the variables of vars (an object) put in. */
int og_template_text(const char *text, const json_t *vars, struct og_buf *buf, struct og_err *err);

/* The same for the path of a URL: the values are percent-encoded, all but
 * unreserved characters (RFC 3986 section 2.3), so that none of them can
 * end its segment. */
int og_template_path(const char *text, const json_t *vars, struct og_buf *buf, struct og_err *err);

/* A new JSON tree: strings of value are expanded, keys and everything else
 * copied. A string that is exactly "{name}" becomes the variable's value
 * with its type (a number stays a number). Values are put in after
 * parsing, so no value can escape from its string. */
int og_template(const json_t *value, const json_t *vars, json_t **ret, struct og_err *err);

/* The same for a view block. Its JSX stays as it is: it has braces of its
 * own, and reads values by paths into the result. */
int og_template_view(const json_t *view, const json_t *vars, json_t **ret, struct og_err *err);

#endif
