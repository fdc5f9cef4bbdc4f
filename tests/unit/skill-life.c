/*
 * Versions held against each other, locks, and the health of a graph.
 */
#include "lib/skill/diff.h"

#include "lib/skill/health.h"
#include "lib/skill/lock.h"
#include "lib/skill/parse.h"
#include "lib/skill/reach.h"
#include "lib/skill/skill.h"
#include "tests/unit/unit.h"

static json_t *json(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *value = NULL;

	OG_CHECK_OK(og_json_parse(text, strlen(text), 1 << 20, "test", &value, &err), &err);
	return value;
}

/* --- differences of text ----------------------------------------------------- */

static void diff_is(const char *old, const char *new, const char *want)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf out;

	og_buf_init(&out, 1 << 20);
	OG_CHECK_OK(og_lines_diff("f", old, new, &out, &err), &err);
	OG_CHECK_STR(out.len ? out.data : "", want);
	og_buf_release(&out);
}

static void texts(void)
{
	diff_is("a\nb\n", "a\nb\n", "");
	diff_is("", "a\n", "--- a/f\n+++ b/f\n@@ -0,0 +1,1 @@\n+a\n");
	diff_is("a\n", "", "--- a/f\n+++ b/f\n@@ -1,1 +0,0 @@\n-a\n");
	diff_is("a\nb\nc\n", "a\nx\nc\n", "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
	diff_is("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n5\n6\n7\n8\n9\n",
		"--- a/f\n+++ b/f\n@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+x\n 5\n 6\n 7\n");
	diff_is("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
		"--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n "
		"7\n-b\n+B\n");
	diff_is("a\n1\n2\n3\nb\n", "A\n1\n2\n3\nB\n",
		"--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n-a\n+A\n 1\n 2\n 3\n-b\n+B\n");
	diff_is("a", "a\n",
		"--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n");
	diff_is("a\n", "\x1b[2J\xe2\x80\xae\n",
		"--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-a\n+\\x1B[2JU+202E\n");
}

/* What cannot be compared line by line in time is one change. */
static void large(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf old, new, out;

	og_buf_init(&old, 1 << 20);
	og_buf_init(&new, 1 << 20);
	og_buf_init(&out, 1 << 22);
	for (int i = 0; i < 20000; i++) {
		og_buf_addf(&old, "a%d\n", i);
		og_buf_addf(&new, "b%d\n", i);
	}
	OG_CHECK_OK(og_lines_diff("f", old.data, new.data, &out, &err), &err);
	OG_CHECK(strstr(out.data, "@@ -1,20000 +1,20000 @@"));
	og_buf_release(&old);
	og_buf_release(&new);
	og_buf_release(&out);
}

/* --- differences of skills --------------------------------------------------- */

static json_t *skill(const char *meta, const char *body)
{
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL;
	char text[4000];

	snprintf(text, sizeof(text),
		 "---\nname: s\ndescription: d\nmetadata: {og-kind: workflow%s}\n---\n%s", meta,
		 body);
	OG_CHECK_OK(og_skill_parse("f", text, strlen(text), &doc, NULL, &err), &err);
	return doc;
}

static void change_is(json_t *old, json_t *new, const char *want)
{
	struct og_err err = OG_ERR_INIT;
	json_t *changes = NULL, *wanted = json(want);

	OG_CHECK_OK(og_skill_changes(old, new, &changes, &err), &err);
	if (!OG_CHECK(json_equal(changes, wanted)))
		printf("# %s\n", json_dumps(changes, 0));
	json_decref(changes);
	json_decref(wanted);
	json_decref(old);
	json_decref(new);
}

#define STEP(sql) "## Steps\n### one\n```sql write\n" sql "\n```\n"

static void changes(void)
{
	change_is(skill("", STEP("UPDATE t SET a = 1")), skill("", STEP("UPDATE t SET a = 1")),
		  "[]");
	change_is(skill(", og-clearance: 1", ""), skill(", og-clearance: 2", ""),
		  "[{\"what\":\"clearance\",\"removed\":[\"1\"],\"added\":[\"2\"]}]");
	change_is(skill(", og-roles: admin", ""), skill("", ""),
		  "[{\"what\":\"roles\",\"removed\":[\"admin\"],\"added\":[\"every role\"]}]");
	change_is(skill("", STEP("UPDATE t SET a = 1")), skill("", STEP("UPDATE t SET a = 2")),
		  "[{\"what\":\"writes\",\"removed\":[\"one: write: UPDATE t SET a = 1\\n\"],"
		  "\"added\":[\"one: write: UPDATE t SET a = 2\\n\"]}]");
	change_is(skill(", og-next: a b", ""), skill(", og-next: b c", ""),
		  "[{\"what\":\"next\",\"removed\":[\"a\"],\"added\":[\"c\"]}]");
	/* words and where they stand are no change of what it does */
	change_is(skill("", "Words.\n" STEP("UPDATE t SET a = 1")),
		  skill("", STEP("UPDATE t SET a = 1")), "[]");
	change_is(
		NULL, skill("", "## When\n- replenish {n:int}\n"),
		"[{\"what\":\"clearance\",\"removed\":[],\"added\":[\"1\"]},"
		"{\"what\":\"kind\",\"removed\":[],\"added\":[\"workflow\"]},"
		"{\"what\":\"roles\",\"removed\":[],\"added\":[\"every role\"]},"
		"{\"what\":\"slots\",\"removed\":[],\"added\":[\"n {\\\"type\\\":\\\"int\\\"}\"]},"
		"{\"what\":\"patterns\",\"removed\":[],\"added\":[\"replenish {n:int}\"]},"
		"{\"what\":\"description\",\"removed\":[],\"added\":[\"d\"]}]");
}

/* --- locks --------------------------------------------------------------------- */

#define H1 "1111111111111111111111111111111111111111111111111111111111111111"
#define H2 "2222222222222222222222222222222222222222222222222222222222222222"

static json_t *signed_lock(const unsigned char seed[OG_KEY_SEED])
{
	json_t *lock =
		json("{\"v\":1,\"kind\":\"og-skill-lock\",\"time\":\"t\",\"principal\":\"p\","
		     "\"genesis\":\"" H1 "\",\"skills\":[{\"name\":\"b\",\"hash\":\"" H1
		     "\",\"clearance\":1},"
		     "{\"name\":\"a\",\"hash\":\"" H2 "\",\"clearance\":2}]}");
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_lock_sign(lock, seed, &err), &err);
	return lock;
}

static int read_back(const json_t *lock, const unsigned char *pub)
{
	char *text = json_dumps(lock, 0);
	struct og_err err = OG_ERR_INIT;
	json_t *read = NULL;
	int rc = og_lock_read(text, strlen(text), pub, &read, &err);

	free(text);
	json_decref(read);
	return rc == 0 ? 0 : err.code;
}

static void locks(void)
{
	unsigned char seed[OG_KEY_SEED], pub[OG_KEY_PUBLIC], other[OG_KEY_SEED],
		other_pub[OG_KEY_PUBLIC];
	struct og_err err = OG_ERR_INIT;
	json_t *lock, *forged;

	OG_CHECK_OK(og_key_new(seed, pub, &err), &err);
	OG_CHECK_OK(og_key_new(other, other_pub, &err), &err);
	lock = signed_lock(seed);
	OG_CHECK_STR(og_json_str(json_array_get(json_object_get(lock, "skills"), 0), "name"), "a");
	OG_CHECK_INT(read_back(lock, pub), 0);
	OG_CHECK_INT(read_back(lock, NULL), 0);
	OG_CHECK_INT(read_back(lock, other_pub), OG_EPERM);
	forged = json_deep_copy(lock);
	json_object_set_new(json_array_get(json_object_get(forged, "skills"), 0), "hash",
			    json_string(H1));
	OG_CHECK_INT(read_back(forged, NULL), OG_EPERM);
	json_decref(forged);
	/* of no instance, or of something that is none */
	forged = json_deep_copy(lock);
	json_object_set_new(forged, "genesis", json_string("x"));
	OG_CHECK_OK(og_lock_sign(forged, seed, &err), &err);
	OG_CHECK_INT(read_back(forged, pub), OG_EDATA);
	json_object_del(forged, "genesis");
	OG_CHECK_OK(og_lock_sign(forged, seed, &err), &err);
	OG_CHECK_INT(read_back(forged, pub), OG_EDATA);
	json_decref(forged);
	/* signed anew by somebody else */
	forged = json_deep_copy(lock);
	OG_CHECK_OK(og_lock_sign(forged, other, &err), &err);
	OG_CHECK_INT(read_back(forged, pub), OG_EPERM);
	json_object_set_new(forged, "more", json_true());
	OG_CHECK_INT(read_back(forged, NULL), OG_EDATA);
	json_decref(forged);
	forged = json_deep_copy(lock);
	json_array_append(json_object_get(forged, "skills"),
			  json_array_get(json_object_get(forged, "skills"), 0));
	OG_CHECK_INT(read_back(forged, NULL), OG_EDATA);
	json_decref(forged);
	json_decref(lock);
}

static void compared(void)
{
	json_t *locked = json("[{\"name\":\"a\",\"hash\":\"1\"},{\"name\":\"b\",\"hash\":\"1\"},"
			      "{\"name\":\"c\",\"hash\":\"1\"}]");
	json_t *there = json("[{\"name\":\"d\",\"hash\":\"4\"},{\"name\":\"b\",\"hash\":\"2\"},"
			     "{\"name\":\"a\",\"hash\":\"1\"}]");
	json_t *want = json("[{\"what\":\"changed\",\"name\":\"b\",\"locked\":\"1\",\"is\":\"2\"},"
			    "{\"what\":\"missing\",\"name\":\"c\",\"locked\":\"1\"},"
			    "{\"what\":\"added\",\"name\":\"d\",\"is\":\"4\"}]");
	struct og_err err = OG_ERR_INIT;
	json_t *got = NULL;

	OG_CHECK_OK(og_lock_compare(locked, there, &got, &err), &err);
	OG_CHECK(json_equal(got, want));
	json_decref(got);
	OG_CHECK_OK(og_lock_compare(locked, locked, &got, &err), &err);
	OG_CHECK_INT(json_array_size(got), 0);
	json_decref(got);
	json_decref(locked);
	json_decref(there);
	json_decref(want);
}

/* --- health ---------------------------------------------------------------------- */

static void health(void)
{
	json_t *nodes = json("["
			     "{\"name\":\"a\",\"edges\":[{\"type\":\"NEXT\",\"target\":\"b\"}]},"
			     "{\"name\":\"b\",\"edges\":[{\"type\":\"NEXT\",\"target\":\"a\"},"
			     "{\"type\":\"GOVERNS\",\"target\":\"gone\"}]},"
			     "{\"name\":\"c\",\"edges\":[]},"
			     "{\"name\":\"d\",\"edges\":[]},"
			     "{\"name\":\"e\",\"edges\":[{\"type\":\"NEXT\",\"target\":\"e\"}]},"
			     "{\"name\":\"g\",\"edges\":[{\"type\":\"GOVERNS\",\"target\":\"h\"}]},"
			     "{\"name\":\"h\",\"edges\":[{\"type\":\"GOVERNS\",\"target\":\"g\"},"
			     "{\"type\":\"TOUCHES\",\"target\":\"t\"}]}]");
	json_t *docs = json("{\"c\":{\"patterns\":[]},\"d\":{\"patterns\":[{\"text\":\"x\"}]}}");
	json_t *policies =
		json("[{\"name\":\"p\",\"node\":\"a\"},{\"name\":\"q\",\"node\":\"nowhere\"}]");
	json_t *want = json(
		"[{\"level\":\"note\",\"name\":\"a\",\"text\":\"is in a circle of NEXT with 1 "
		"other\"},"
		"{\"level\":\"warning\",\"name\":\"b\",\"text\":\"GOVERNS 'gone', which is not "
		"there\"},"
		"{\"level\":\"warning\",\"name\":\"c\",\"text\":\"has no edges, no patterns and no "
		"policies: nothing leads to it\"},"
		"{\"level\":\"note\",\"name\":\"e\",\"text\":\"NEXT leads to itself\"},"
		"{\"level\":\"warning\",\"name\":\"g\",\"text\":\"is in a circle of GOVERNS with 1 "
		"other\"},"
		"{\"level\":\"warning\",\"name\":\"q\",\"text\":\"is a policy of 'nowhere', which "
		"is not "
		"there\"}]");
	struct og_err err = OG_ERR_INIT;
	json_t *got = NULL;

	OG_CHECK_OK(og_graph_health(nodes, docs, policies, &got, &err), &err);
	if (!OG_CHECK(json_equal(got, want)))
		printf("# %s\n", json_dumps(got, 0));
	json_decref(got);
	json_decref(nodes);
	json_decref(docs);
	json_decref(policies);
	json_decref(want);
}

static void reached(void)
{
	json_t *nodes =
		json("[{\"name\":\"a\",\"edges\":[{\"type\":\"GOVERNS\",\"target\":\"b\"}]},"
		     "{\"name\":\"b\",\"edges\":[{\"type\":\"GOVERNS\",\"target\":\"c\"},"
		     "{\"type\":\"GOVERNS\",\"target\":\"a\"}]},"
		     "{\"name\":\"c\",\"edges\":[]}]");
	json_t *back = og_reach_back(nodes, "GOVERNS", "c"),
	       *on = og_reach_on(nodes, "GOVERNS", "a");
	json_t *want_back = json("[\"b\",\"a\"]"), *want_on = json("[\"b\",\"c\"]");

	OG_CHECK(json_equal(back, want_back));
	OG_CHECK(json_equal(on, want_on));
	json_decref(back);
	json_decref(on);
	json_decref(want_back);
	json_decref(want_on);
	json_decref(nodes);
}

int main(void)
{
	OG_RUN(texts);
	OG_RUN(large);
	OG_RUN(changes);
	OG_RUN(locks);
	OG_RUN(compared);
	OG_RUN(health);
	OG_RUN(reached);
	return og_done();
}
