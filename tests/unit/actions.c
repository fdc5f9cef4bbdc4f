/* Actions: what of a hostile document becomes runnable, and as which words. */
#include "lib/view/actions.h"

#include "tests/unit/unit.h"

static json_t *parse(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *value = NULL;

	if (og_json_parse(text, strlen(text), 1 << 20, "test", &value, &err) < 0)
		printf("# %s\n", err.msg);
	return value;
}

/* The actions of a document of bob's with these, as JSON. Released by free(). */
static char *actions_of(const char *principal, const char *actions)
{
	struct og_err err = OG_ERR_INIT;
	json_t *list = parse(actions), *result, *runnable = NULL;
	struct og_buf buf;

	og_buf_init(&buf, 1 << 20);
	result = json_pack("{s:s?,s:o}", "principal", principal, "actions", list);
	OG_CHECK_OK(og_view_actions(result, &runnable, &err), &err);
	OG_CHECK_OK(og_json_dump(runnable, &buf, &err), &err);
	json_decref(runnable);
	json_decref(result);
	return og_buf_take(&buf);
}

static void check_runnable(const char *actions, const char *want)
{
	char *have = actions_of("bob", actions);

	OG_CHECK_STR(have, want);
	free(have);
}

#define SCHEMA(properties, required)                                                               \
	"\"inputSchema\":{\"type\":\"object\",\"properties\":{" properties                         \
	"},\"required\":[" required "],\"additionalProperties\":false}"

static void a_skill_with_parameters(void)
{
	check_runnable(
		"[{\"name\":\"w\",\"title\":\"Waive\",\"effect\":\"write\",\"skill\":\"approve-"
		"waiver\","
		"\"params\":{\"order_id\":{\"type\":\"integer\",\"minimum\":1,\"evil\":1},\"why\":"
		"\"x y\"}}]",
		"[{\"name\":\"w\",\"title\":\"Waive\",\"effect\":\"write\","
		"\"argv\":[\"og-submit\",\"--as\",\"bob\",\"--action\",\"approve-waiver\","
		"\"--param\",\"order_id={order_id}\",\"--param\",\"why=x y\"]," SCHEMA(
			"\"order_id\":{\"type\":\"integer\",\"minimum\":1}", "\"order_id\"") "}]");
}

static void a_sentence(void)
{
	check_runnable(
		"[{\"name\":\"a\",\"effect\":\"read\",\"text\":\"inspect stock\"}]",
		"[{\"name\":\"a\",\"title\":\"a\",\"effect\":\"read\",\"argv\":[\"og-submit\","
		"\"--as\",\"bob\",\"inspect stock\"]," SCHEMA("", "") "}]");
	check_runnable(
		"[{\"name\":\"a\",\"text\":\"--home /tmp x\"}]",
		"[{\"name\":\"a\",\"title\":\"a\",\"effect\":\"write\",\"argv\":[\"og-submit\","
		"\"--as\",\"bob\",\"--\",\"--home /tmp x\"]," SCHEMA("", "") "}]");
}

static void what_names_nothing_is_not_runnable(void)
{
	static const char *const hostile[] = {
		"[{\"name\":\"a\"}]",
		"[{\"name\":\"a\",\"resolve\":\"done\"}]",
		"[{\"skill\":\"x\"}]",
		"[{\"name\":\"--a\",\"skill\":\"x\"}]",
		"[{\"name\":\"a\",\"skill\":\"--home=/tmp\"}]",
		"[{\"name\":\"a\",\"skill\":\"x y\"}]",
		"[{\"name\":\"a\",\"skill\":\"x;rm\"}]",
		"[{\"name\":\"a\",\"skill\":\"\"}]",
		"[{\"name\":\"a\",\"skill\":7}]",
		"[{\"name\":\"a\",\"text\":\"\"}]",
		"[{\"name\":\"a\",\"text\":\"x\\nrm -rf ~\"}]",
		"[{\"name\":\"a\",\"text\":\"x\\u202ey\"}]",
		"[{\"name\":\"a\",\"text\":\"x\\u200by\"}]",
		"[{\"name\":\"a\",\"text\":\"x\\u001b[2J\"}]",
		"[{\"name\":\"a\",\"skill\":\"x\",\"params\":{\"b c\":1}}]",
		"[{\"name\":\"a\",\"skill\":\"x\",\"params\":{\"b=c\":1}}]",
		"[{\"name\":\"a\",\"skill\":\"x\",\"params\":{\"b\":[1]}}]",
		"[{\"name\":\"a\",\"skill\":\"x\",\"params\":{\"b\":null}}]",
		"[{\"name\":\"a\",\"skill\":\"x\",\"params\":{\"b\":\"c\\rd\"}}]",
		"[{\"name\":\"a\",\"skill\":\"x\",\"params\":{\"b\":{\"type\":\"object\"}}}]",
		"[{\"name\":\"a\",\"skill\":\"x\",\"params\":{\"b\":{}}}]",
		"[{\"name\":\"a\",\"skill\":\"x\",\"params\":[]}]",
	};

	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++)
		check_runnable(hostile[i], "[]");
}

static void no_principal_no_action(void)
{
	static const char *const names[] = { NULL, "", "--as", "bob alice", "bob\nx", ".." };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *have = actions_of(names[i], "[{\"name\":\"a\",\"skill\":\"x\"}]");

		OG_CHECK_STR(have, "[]");
		free(have);
	}
}

/* Each rule of a schema is copied only as what it is; a pattern never is. */
static void schemas_are_flat(void)
{
	check_runnable(
		"[{\"name\":\"a\",\"skill\":\"x\",\"required\":[],\"params\":{"
		"\"s\":{\"type\":\"string\",\"maxLength\":9,\"minimum\":1,\"pattern\":\"(a+)+$\","
		"\"enum\":[\"u\",1,\"v\\n\"],\"default\":7,\"title\":[\"t\"]},"
		"\"n\":{\"type\":\"number\",\"maximum\":\"9\",\"maxLength\":3,\"default\":0.5}}}]",
		"[{\"name\":\"a\",\"title\":\"a\",\"effect\":\"write\",\"argv\":[\"og-submit\","
		"\"--as\",\"bob\",\"--action\",\"x\",\"--param\",\"s={s}\",\"--param\",\"n={n}\"]"
		"," SCHEMA("\"s\":{\"type\":\"string\",\"maxLength\":9,\"enum\":[\"u\"]},"
			   "\"n\":{\"type\":\"number\",\"default\":0.5}",
			   "") "}]");
}

static void names_are_taken_once(void)
{
	char *have = actions_of(
		"bob", "[{\"name\":\"a\",\"skill\":\"x\"},{\"name\":\"a\",\"skill\":\"y\"}]");

	OG_CHECK(have && strstr(have, "\"x\"") && !strstr(have, "\"y\""));
	free(have);
}

static void check_word(const char *word, const char *want)
{
	struct og_buf buf;

	og_buf_init(&buf, 1 << 16);
	og_shell_word(&buf, word);
	OG_CHECK_STR(buf.data, want);
	og_buf_release(&buf);
}

static void words_for_a_shell(void)
{
	check_word("a-b_c.d/e:f=g,h@i%j+k", "a-b_c.d/e:f=g,h@i%j+k");
	check_word("", "''");
	check_word("a b", "'a b'");
	check_word("it's", "'it'\\''s'");
	check_word("$(rm -rf ~)`x`", "'$(rm -rf ~)`x`'");
	check_word("~", "'~'");
	check_word("a\\b!c", "'a\\b!c'");
}

int main(void)
{
	OG_RUN(a_skill_with_parameters);
	OG_RUN(a_sentence);
	OG_RUN(what_names_nothing_is_not_runnable);
	OG_RUN(no_principal_no_action);
	OG_RUN(schemas_are_flat);
	OG_RUN(names_are_taken_once);
	OG_RUN(words_for_a_shell);
	return og_done();
}
