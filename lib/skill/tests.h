/*
 * Tests inside a skill: the items of its `## Tests`. Each says who asks
 * what, and what must come of it:
 *
 *   - as charlie: "buy 1 ergonomic chair" -> done, says "299.00"
 *   - as charlie: "buy 2 standing desks" -> compensated,
 *     changes orders +1, order_items +1
 *   - as dora: "waive order 7", then bob approves -> done
 *
 *   test   = asks *( ", then" ( asks / deed ) ) "->" state *( "," clause )
 *   asks   = "as" NAME ":" QUOTED
 *   deed   = NAME ( "approves" / "rejects" / "cancels" / "answers" QUOTED )
 *   clause = "says" QUOTED / "hides" QUOTED / "by" SKILL /
 *            "changes" ( "nothing" / change *( "," change ) )
 *   change = TABLE ( "+" / "~" / "-" ) N
 *
 * The last sentence is the one that is judged; those before it have to end
 * as done; deeds are about the task of the last one. QUOTED stands between
 * straight quotation marks, with \" and \\ inside. Blanks between the words
 * do not matter, everything else does. What is left out is not judged.
 *
 * In the DOC a test is
 *   {"line":N,"acts":[{"as","say"}|{"as","do","text"?}],"state":T,
 *    "says":[T]?,"hides":[T]?,"by":T?,"changes":{TABLE:{"insert","update",
 *    "delete"}}?}
 * with do one of approve, reject, cancel, answer.
 */
#ifndef OG_SKILL_TESTS_H
#define OG_SKILL_TESTS_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_SKILL_TESTS_MAX	64
#define OG_SKILL_TEST_MAX	2048 /* bytes of one item */
#define OG_SKILL_TEST_ACTS_MAX	16
#define OG_SKILL_TEST_TABLE_MAX 128

/* One item as a test, without its line. OG_EDATA says what was expected
 * where: "after 'buy': expected '->'". */
int og_skill_test_parse(const char *text, json_t **ret, struct og_err *err);

/* Judges a DOC's member "tests". */
int og_skill_tests_check(const json_t *tests, struct og_err *err);

/* Appends the item that og_skill_test_parse() reads as this test. */
void og_skill_test_write(const json_t *test, struct og_buf *buf);

/* The i-th test of a DOC as a scenario of og-scenario(5), called NAME-N.
 * A workflow is expected to answer itself where something came of it. New
 * reference, NULL without memory. */
json_t *og_skill_test_scenario(const json_t *doc, size_t i);

#endif
