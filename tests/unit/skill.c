/*
 * Skills as records: names, templates, the check, SKILL.md in and out.
 */
#include "lib/skill/skill.h"

#include <glob.h>

#include "lib/base/file.h"
#include "lib/skill/allowed.h"
#include "lib/skill/parse.h"
#include "tests/unit/unit.h"

#define FRONT "---\nname: s\ndescription: d\nmetadata: {og-kind: workflow}\n---\n"

static json_t *json(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *value = NULL;

	OG_CHECK_OK(og_json_parse(text, strlen(text), 1 << 20, "test", &value, &err), &err);
	return value;
}

static int parse(const char *text, json_t **ret, struct og_err *err)
{
	return og_skill_parse("f.md", text, strlen(text), ret, NULL, err);
}

static void names(void)
{
	char slug[OG_SKILL_NAME_MAX + 1];

	OG_CHECK(og_skill_name_valid("procure-to-pay"));
	OG_CHECK(og_skill_name_valid("a1"));
	OG_CHECK(!og_skill_name_valid(""));
	OG_CHECK(!og_skill_name_valid("-a"));
	OG_CHECK(!og_skill_name_valid("a-"));
	OG_CHECK(!og_skill_name_valid("a--b"));
	OG_CHECK(!og_skill_name_valid("Aa"));
	OG_CHECK(!og_skill_name_valid("a_b"));
	OG_CHECK(og_ident_valid("courier_name"));
	OG_CHECK(!og_ident_valid("1a"));
	OG_CHECK(!og_ident_valid("a b"));
	OG_CHECK_INT(og_slug("Express Freight: Delivery!", '-', slug), 0);
	OG_CHECK_STR(slug, "express-freight-delivery");
	OG_CHECK_INT(og_slug("  a  b ", '_', slug), 0);
	OG_CHECK_STR(slug, "a_b");
	OG_CHECK_INT(og_slug("\xc3\xbc!?", '-', slug), -1);
	OG_CHECK_INT(
		og_slug("one two three four five six seven eight nine ten eleven twelve thirteen",
			'-', slug),
		0);
	OG_CHECK(strlen(slug) < 64 && slug[strlen(slug) - 1] != '-');
}

static void template_is(const char *text, const char *want)
{
	json_t *vars = json("{\"n\":3,\"name\":\"Big \\\"Box\\\"\",\"r\":2.5,\"x\":null}");
	struct og_err err = OG_ERR_INIT;
	struct og_buf buf;
	int rc;

	og_buf_init(&buf, 1000);
	rc = og_template_text(text, vars, &buf, &err);
	if (want == NULL)
		OG_CHECK(rc < 0 && err.code == OG_EDATA);
	else if (OG_CHECK_OK(rc, &err))
		OG_CHECK_STR(buf.len > 0 ? buf.data : "", want);
	og_buf_release(&buf);
	json_decref(vars);
}

static void templates(void)
{
	template_is("{n} of {name}", "3 of Big \"Box\"");
	template_is("{name|slug}/{name|ident}", "big-box/big_box");
	template_is("{r|money} {n|money} {r}", "2.50 3.00 2.5");
	template_is("{{n}} {n}", "{n} 3");
	template_is("{quantity:int} {} {", "{quantity:int} {} {");
	template_is("{x}", "");
	template_is("{unbound}", NULL);
	template_is("{n|shout}", NULL);
	template_is("", "");
}

/* A value cannot leave the string it is put into. */
static void template_trees(void)
{
	json_t *vars = json("{\"t\":\"x\\\",\\\"op\\\":\\\"drop\",\"n\":7}"), *out = NULL;
	json_t *tree = json("{\"op\":\"add\",\"table\":\"{t}\",\"n\":\"{n}\",\"l\":[\"a{n}\"]}");
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_template(tree, vars, &out, &err), &err);
	OG_CHECK_STR(og_json_str(out, "op"), "add");
	OG_CHECK_STR(og_json_str(out, "table"), "x\",\"op\":\"drop");
	OG_CHECK_INT(og_json_int(out, "n", 0), 7);
	OG_CHECK_STR(json_string_value(json_array_get(json_object_get(out, "l"), 0)), "a7");
	json_decref(out);
	json_decref(tree);
	json_decref(vars);
}

/* JSX has braces of its own: nothing is put into it. */
static void template_views(void)
{
	json_t *vars = json("{\"n\":7}"), *out = NULL;
	json_t *view = json("{\"title\":\"a {n}\",\"jsx\":\"<Text>{n}{{x}}</Text>\"}");
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_template_view(view, vars, &out, &err), &err);
	OG_CHECK_STR(og_json_str(out, "title"), "a 7");
	OG_CHECK_STR(og_json_str(out, "jsx"), "<Text>{n}{{x}}</Text>");
	OG_CHECK_STR(og_json_str(view, "jsx"), "<Text>{n}{{x}}</Text>");
	json_decref(out);
	json_decref(view);
	json_decref(vars);
}

/* A view in JSX beside its hints, in either order. */
static void reads_views(void)
{
	static const char *const texts[] = {
		FRONT "## View\n```view\n{\"title\":\"T\"}\n```\n"
		      "```jsx view\n<Text>{data.a}</Text>\n```\n",
		FRONT "## View\n```jsx view\n<Text>{data.a}</Text>\n```\n"
		      "```view\n{\"title\":\"T\"}\n```\n```jsx\n<Example>\n```\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct og_err err = OG_ERR_INIT;
		json_t *doc = NULL, *view;

		if (!OG_CHECK_OK(parse(texts[i], &doc, &err), &err))
			continue;
		view = json_object_get(doc, "view");
		OG_CHECK_STR(og_json_str(view, "title"), "T");
		OG_CHECK_STR(og_json_str(view, "jsx"), "<Text>{data.a}</Text>\n");
		json_decref(doc);
	}
}

static void reads_the_design(void)
{
	const char *text = FRONT
		"# S\n\nprose\n\n## When\n- buy {quantity:int} {product:ref(products.name)}\n"
		"- `get {quantity} *now*`\n\n## Steps\n### Price it\n```sql read as items\n"
		"SELECT 1 AS n\n```\n```bash\nls\n```\n### pay\n"
		"```sql require Denied: too much\nSELECT :n < 2\n```\n```sql write as id any\n"
		"INSERT INTO t VALUES (:n)\n```\n```sql undo\nUPDATE t SET n = 0\n```\n"
		"## Answer\n\n{n} *things*\n\n## Grants\n```grants\n"
		"[{\"tbl\":\"t\",\"verbs\":[\"insert\"]}]\n```\n";
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL, *step, *block;

	if (!OG_CHECK_OK(parse(text, &doc, &err), &err))
		return;
	OG_CHECK_OK(og_skill_check(doc, &err), &err);
	OG_CHECK_STR(og_json_str(doc, "answer"), "{n} *things*");
	OG_CHECK_STR(og_json_str(json_array_get(json_object_get(doc, "patterns"), 1), "text"),
		     "get {quantity} *now*");
	OG_CHECK_INT(og_json_int(json_array_get(json_object_get(doc, "patterns"), 0), "line", 0),
		     11);
	OG_CHECK_STR(
		og_json_str(json_object_get(json_object_get(doc, "slots"), "product"), "table"),
		"products");
	step = json_array_get(json_object_get(doc, "steps"), 0);
	OG_CHECK_STR(og_json_str(step, "name"), "price-it");
	OG_CHECK_INT(json_array_size(json_object_get(step, "blocks")), 1);
	step = json_array_get(json_object_get(doc, "steps"), 1);
	block = json_array_get(json_object_get(step, "blocks"), 0);
	OG_CHECK_STR(og_json_str(block, "message"), "Denied: too much");
	block = json_array_get(json_object_get(step, "blocks"), 1);
	OG_CHECK_STR(og_json_str(block, "as"), "id");
	OG_CHECK(og_json_bool(block, "any", 0));
	OG_CHECK(og_skill_step(doc, NULL) == json_array_get(json_object_get(doc, "steps"), 0));
	OG_CHECK(og_skill_step(doc, "pay") == step);
	OG_CHECK(og_skill_step(doc, "none") == NULL);
	json_decref(doc);
}

static const struct {
	const char *text, *error; /* how the message begins */
} bad[] = {
	{ "", "f.md:1: a skill begins" },
	{ "no front", "f.md:1: a skill begins" },
	{ "---\nname: a\n", "f.md:1: a skill begins" },
	{ "---\nname: a\ndescription: [\n---\n", "f.md:3: front matter: description is not" },
	{ "---\nname: a\ndescription: \"x\n---\n", "f.md:4: front matter:" },
	{ "---\n- a\n---\n", "f.md:2: front matter: it is not" },
	{ "---\nname: &x a\ndescription: d\n---\n", "f.md:2: front matter: name has an anchor" },
	{ "---\nname: !!str a\ndescription: d\n---\n", "f.md:2: front matter: name has an anchor" },
	{ "---\nname: a\nname: b\ndescription: d\n---\n", "f.md:3: front matter: 'name' is there" },
	{ "---\nname: a\ndescription: d\nmetadata: {x: {y: z}}\n---\n",
	  "f.md:4: front matter: a v" },
	{ "---\nname: a\ndescription: *x\n---\n", "f.md:3: front matter:" },
	{ "---\nname: a\n---\n", "f.md:1: front matter: 'description' is missing" },
	{ "---\ndescription: a\n---\n", "f.md:1: front matter: 'name' is missing" },
	{ "---\nname: A b\ndescription: d\n---\n", "f.md:2: name: 'A b'" },
	{ "---\nname: a\ndescription: d\nmetadata: {og-role: admin}\n---\n",
	  "f.md:4: metadata: there is no key 'og-role', did you mean 'og-roles'?" },
	{ "---\nname: a\ndescription: d\nmetadata:\n  og-clearance: 4\n---\n",
	  "f.md:5: og-clearance" },
	{ "---\nname: a\ndescription: \"d\\x01\"\n---\n",
	  "f.md:3: front matter: description holds" },
	{ FRONT "\xe2\x80\xae"
		"x\n",
	  "f.md:6: invisible character U+202E" },
	{ FRONT "\x01\n", "f.md:6: invisible character U+0001" },
	{ FRONT "## When\n- a\x7f"
		"b {\n",
	  "f.md:7: invisible character U+007F" },
	{ FRONT "\xff\n", "f.md:1: not UTF-8" },
	{ FRONT "## When\n- buy {q:whole}\n", "f.md:7: slot 'q': there is no type 'whole'" },
	{ FRONT "## When\n- buy {q:int\n", "f.md:7: '{' without '}'" },
	{ FRONT "## When\n- {q:int}\n", "f.md:7: '{q:int}' has no word" },
	{ FRONT "## When\n- buy {q:int}\n- get {q:text}\n", "f.md:8: slot 'q' has two types" },
	{ FRONT "## When\n- buy {q:int=x}\n", "f.md:7: slot 'q': the default 'x' is no int" },
	{ FRONT "## When\n- buy (a|b c)\n", "f.md:7: '(a|b c)': each choice is one word" },
	{ FRONT "## Steps\n```sql read\nSELECT 1\n```\n", "f.md:7: a block stands before" },
	{ FRONT "## Steps\n### a\n```sql raed\nSELECT 1\n```\n", "f.md:8: there is no block" },
	{ FRONT "## Steps\n### a\n```sql require\nSELECT 1\n```\n", "f.md:8: 'sql require' needs" },
	{ FRONT "## Steps\n### a\n```sql read as 1x\nSELECT 1\n```\n", "f.md:8: in '1x" },
	{ FRONT "## Steps\n### a\n```sql read\n\n```\n", "f.md:8: the block is empty" },
	{ FRONT "## Steps\n### a\n```ddl\n{\n```\n", "f.md:8: block" },
	{ FRONT "## Steps\n### a\n### a\n", "f.md:8: two steps are called 'a'" },
	{ FRONT "## View\n```jsx view\n<Tabel/>\n```\n",
	  "f.md:7: view:1:2: there is no component 'Tabel'" },
	{ FRONT "## View\n```jsx view\n<Text>{data.a.map(x)}</Text>\n```\n",
	  "f.md:7: view:1:15: the call .map() needs code" },
	{ FRONT "## View\n```view\n{\"tree\":{\"c\":\"script\"}}\n```\n",
	  "f.md:7: view:/: there is no component 'script'" },
	{ FRONT "## Grants\n```grants\n{}\n```\n", "f.md:7: 'grants' holds a JSON array" },
	{ FRONT "## Grants\n```grants\n[{\"tbl\":\"t\",\"verbs\":[\"delete\"]}]\n```\n",
	  "f.md:1: skill 's': 'asks': a verb is not" },
};

static void refuses_with_a_line(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct og_err err = OG_ERR_INIT;
		json_t *doc = NULL;
		int rc = parse(bad[i].text, &doc, &err);

		OG_CHECK_INT(rc, -1);
		OG_CHECK_INT(err.code, OG_EDATA);
		OG_CHECK(doc == NULL);
		if (!OG_CHECK(strncmp(err.msg, bad[i].error, strlen(bad[i].error)) == 0))
			printf("# case %zu: got '%s', want '%s...'\n", i, err.msg, bad[i].error);
		json_decref(doc);
	}
}

static void limits_hold(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;
	json_t *doc = NULL;

	og_buf_init(&text, OG_SKILL_TEXT_MAX + 10);
	og_buf_adds(&text, FRONT "## When\n");
	for (int i = 0; i <= OG_SKILL_PATTERNS_MAX; i++)
		og_buf_adds(&text, "- buy it\n");
	OG_CHECK_INT(og_skill_parse("f", text.data, text.len, &doc, NULL, &err), -1);
	OG_CHECK(strstr(err.msg, "patterns") != NULL);
	while (text.len <= OG_SKILL_TEXT_MAX)
		og_buf_addc(&text, 'x');
	OG_CHECK_INT(og_skill_parse("f", text.data, text.len, &doc, NULL, &err), -1);
	OG_CHECK(strstr(err.msg, "bytes") != NULL);
	og_buf_release(&text);
}

/* Without og-* keys nothing in the body means anything to us. */
static void public_text_stays_prose(void)
{
	const char *text = "---\nname: a\ndescription: d\nargument-hint: x\n---\n## When\n- {odd\n"
			   "## Steps\n### a\n```sql raed\n```\n";
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL, *notes = NULL;

	if (!OG_CHECK_OK(og_skill_parse("f", text, strlen(text), &doc, &notes, &err), &err))
		return;
	OG_CHECK_STR(og_json_str(doc, "kind"), "agent");
	OG_CHECK_INT(json_array_size(json_object_get(doc, "steps")), 0);
	OG_CHECK_STR(og_json_str(json_object_get(doc, "extra"), "argument-hint"), "x");
	OG_CHECK_INT(json_array_size(notes), 1);
	OG_CHECK_STR(og_json_str(json_array_get(notes, 0), "level"), "warning");
	json_decref(doc);
	json_decref(notes);
}

static void public_skills_parse(void)
{
	struct og_err err = OG_ERR_INIT;
	glob_t found;
	size_t good = 0;

	if (glob("../shared/data/skills/*/*/SKILL.md", 0, NULL, &found) != 0) {
		OG_SKIP("../shared/data is not here");
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct og_buf text;
		json_t *doc = NULL;

		og_buf_init(&text, OG_SKILL_TEXT_MAX);
		if (OG_CHECK_OK(og_file_read(found.gl_pathv[i], "skill", &text, &err), &err) &&
		    OG_CHECK_OK(og_skill_parse(found.gl_pathv[i], text.data, text.len, &doc, NULL,
					       &err),
				&err))
			good++;
		json_decref(doc);
		og_buf_release(&text);
	}
	OG_CHECK_INT(good, 52);
	globfree(&found);
}

/* Lines and source differ, all else comes back. */
static void strip(json_t *doc)
{
	json_t *item, *block;
	size_t i, k;

	json_object_del(doc, "source");
	json_array_foreach(json_object_get(doc, "patterns"), i, item) json_object_del(item, "line");
	json_array_foreach(json_object_get(doc, "examples"), i, item) json_object_del(item, "line");
	json_array_foreach(json_object_get(doc, "tests"), i, item) json_object_del(item, "line");
	json_array_foreach(json_object_get(doc, "steps"), i, item)
	{
		json_object_del(item, "line");
		json_array_foreach(json_object_get(item, "blocks"), k, block)
			json_object_del(block, "line");
	}
}

static void source_reads_back(void)
{
	struct og_err err = OG_ERR_INIT;
	glob_t found;
	size_t seen = 0;

	if (!OG_CHECK(glob("share/skills/*/SKILL.md", 0, NULL, &found) == 0))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct og_buf text, again;
		json_t *doc = NULL, *copy = NULL;

		og_buf_init(&text, OG_SKILL_TEXT_MAX);
		og_buf_init(&again, OG_SKILL_TEXT_MAX);
		OG_CHECK_OK(og_file_read(found.gl_pathv[i], "skill", &text, &err), &err);
		OG_CHECK_OK(
			og_skill_parse(found.gl_pathv[i], text.data, text.len, &doc, NULL, &err),
			&err);
		OG_CHECK_OK(og_skill_source(doc, &again, &err), &err);
		if (OG_CHECK_OK(og_skill_parse("again", again.data, again.len, &copy, NULL, &err),
				&err)) {
			strip(doc);
			strip(copy);
			if (!OG_CHECK(json_equal(doc, copy)))
				printf("# %s\n%s\n", found.gl_pathv[i], again.data);
			seen++;
		}
		json_decref(doc);
		json_decref(copy);
		og_buf_release(&text);
		og_buf_release(&again);
	}
	OG_CHECK(seen >= 13);
	globfree(&found);
}

static void completes_a_template(void)
{
	json_t *doc = json("{\"name\":\"express-freight\",\"description\":\"Freight\","
			   "\"roles\":[\"admin\"],\"governs\":[\"x\"],\"patterns\":[\"run freight "
			   "{n:int}\"]}");
	struct og_err err = OG_ERR_INIT;
	json_t *copy = NULL;
	const char *source;

	OG_CHECK_OK(og_skill_complete(doc, &err), &err);
	OG_CHECK_OK(og_skill_check(doc, &err), &err);
	source = og_json_str(doc, "source");
	if (OG_CHECK(source != NULL) && OG_CHECK_OK(parse(source, &copy, &err), &err)) {
		strip(doc);
		strip(copy);
		OG_CHECK(json_equal(doc, copy));
	}
	json_decref(copy);
	json_decref(doc);
}

static void check_refuses(void)
{
	static const struct {
		const char *member, *value;
	} wrong[] = {
		{ "v", "2" },
		{ "name", "\"A\"" },
		{ "description", "\"\"" },
		{ "kind", "\"x\"" },
		{ "clearance", "0" },
		{ "clearance", "\"1\"" },
		{ "roles", "[1]" },
		{ "depends_on", "[\"A b\"]" },
		{ "id", "0" },
		{ "patterns", "[\"x\"]" },
		{ "slots", "{\"q\":{\"type\":\"int\"}}" },
		{ "steps", "[{}]" },
		{ "steps", "[{\"name\":\"a\",\"line\":1,\"blocks\":[{\"kind\":\"x\",\"line\":1,"
			   "\"text\":\"\"}]}]" },
		{ "steps", "[{\"name\":\"a\",\"line\":1,\"blocks\":[{\"kind\":\"require\",\"line\":"
			   "1,\"text\":\"x\"}]}]" },
		{ "asks", "[{\"tbl\":\"t\",\"verbs\":[]}]" },
		{ "metadata", "{\"a\":1}" },
		{ "unknown", "1" },
		{ "source", "1" },
		{ "view", "[]" },
	};
	struct og_err err = OG_ERR_INIT;
	json_t *good = json("{\"name\":\"a\",\"description\":\"d\"}");

	OG_CHECK_OK(og_skill_complete(good, &err), &err);
	OG_CHECK_OK(og_skill_check(good, &err), &err);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_t *doc = json_deep_copy(good);

		json_object_set_new(doc, wrong[i].member,
				    json_loads(wrong[i].value, JSON_DECODE_ANY, NULL));
		if (!OG_CHECK(og_skill_check(doc, &err) < 0 && err.code == OG_EDATA))
			printf("# %s = %s passed\n", wrong[i].member, wrong[i].value);
		json_decref(doc);
	}
	json_object_del(good, "steps");
	OG_CHECK(og_skill_check(good, &err) < 0);
	OG_CHECK_STR(err.msg, "skill 'a': 'steps' is missing");
	OG_CHECK(og_skill_check(json_null(), &err) < 0);
	json_decref(good);
}

static void warns(void)
{
	const char *text =
		FRONT "## Steps\n### empty\n### a\n```sql read\nSELECT :nobody, ':text'\n```\n";
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL, *notes = NULL;

	OG_CHECK_OK(og_skill_parse("f", text, strlen(text), &doc, &notes, &err), &err);
	OG_CHECK_INT(json_array_size(notes), 3);
	OG_CHECK_STR(og_json_str(json_array_get(notes, 2), "text"),
		     "nothing binds ':nobody' before this block");
	json_decref(doc);
	json_decref(notes);
}

/* A record that did not come from our parser. */
static void hidden_in_records(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL;

	if (!OG_CHECK_OK(parse(FRONT "Words \xe2\x9d\xa4\xef\xb8\x8f.\n", &doc, &err), &err))
		return;
	OG_CHECK_OK(og_skill_check(doc, &err), &err);
	json_object_set_new(doc, "answer", json_string("yes\xe2\x80\xaeno"));
	OG_CHECK(og_skill_check(doc, &err) < 0);
	OG_CHECK(strstr(err.msg, "invisible character U+202E"));
	json_decref(doc);
}

static void allowed(void)
{
	json_t *unknown = og_allowed_unknown("Read, Bash(git add:*) put-skill  Grep");

	OG_CHECK(og_allowed(NULL, "write"));
	OG_CHECK(!og_allowed("", "write"));
	OG_CHECK(og_allowed("Read Write", "write"));
	OG_CHECK(og_allowed("read,write", "write"));
	OG_CHECK(og_allowed("put-skill", "put_skill"));
	OG_CHECK(!og_allowed("write(orders)", "write"));
	OG_CHECK(!og_allowed("Bash(read write)", "write"));
	OG_CHECK(!og_allowed("writes", "write"));
	OG_CHECK_INT(json_array_size(unknown), 2);
	OG_CHECK_STR(json_string_value(json_array_get(unknown, 0)), "Bash(git add:*)");
	OG_CHECK_STR(json_string_value(json_array_get(unknown, 1)), "Grep");
	json_decref(unknown);
}

/* A block whose tool the skill does not allow itself. */
static void allowed_blocks(void)
{
	static const char text[] =
		"---\nname: s\ndescription: d\nallowed-tools: %s\n"
		"metadata: {og-kind: workflow}\n---\n## Steps\n### one\n"
		"```sql read\nSELECT 1\n```\n```sql write\nUPDATE t SET a = 1\n```\n";
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL;
	char skill[1000];

	snprintf(skill, sizeof(skill), text, "read");
	OG_CHECK(parse(skill, &doc, &err) < 0);
	OG_CHECK_STR(err.msg,
		     "f.md:12: step 'one': a block 'write', and allowed-tools has no 'write'");
	snprintf(skill, sizeof(skill), text, "Read Write Grep");
	if (OG_CHECK_OK(parse(skill, &doc, &err), &err)) {
		json_object_set_new(doc, "allowed_tools", json_string("write"));
		OG_CHECK(og_skill_check(doc, &err) < 0);
	}
	json_decref(doc);
}

int main(void)
{
	OG_RUN(names);
	OG_RUN(templates);
	OG_RUN(template_trees);
	OG_RUN(template_views);
	OG_RUN(reads_views);
	OG_RUN(reads_the_design);
	OG_RUN(refuses_with_a_line);
	OG_RUN(limits_hold);
	OG_RUN(public_text_stays_prose);
	OG_RUN(public_skills_parse);
	OG_RUN(source_reads_back);
	OG_RUN(completes_a_template);
	OG_RUN(check_refuses);
	OG_RUN(warns);
	OG_RUN(hidden_in_records);
	OG_RUN(allowed);
	OG_RUN(allowed_blocks);
	return og_done();
}
