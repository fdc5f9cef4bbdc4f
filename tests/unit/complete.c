/* Unfinished command lines: what is offered where. */
#include "lib/base/complete.h"

#include "lib/base/buf.h"
#include "tests/unit/unit.h"

static int none(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	(void)ctx;
	(void)args;
	(void)err;
	return 0;
}

static const struct og_opt some[] = {
	{ "as", 0, OG_OPT_VALUE, "NAME", "who" },
	{ "jobs", 'j', OG_OPT_VALUE, "N", "how many" },
	{ "set", 0, OG_OPT_LIST, "KEY=VALUE", "more" },
	{ "quiet", 'q', OG_OPT_FLAG, NULL, "less" },
	{ "kind", 0, OG_OPT_VALUE, "KIND", "which", "law | mail | NODE" },
	{ "free", 0, OG_OPT_VALUE, "SKILL", "anything", "" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_command many[] = {
	{ "none", "", "", some, 0, 0, none },
	{ "each", "FILE...", "", some, 1, -1, none },
	{ "either", "FILE | DIR | - ...", "", some, 1, -1, none },
	{ "row", "[SKILL | FILE] [HASH] [HASH]", "", some, 0, 3, none },
	{ "fixed", "list | add NAME | set NAME", "", some, 1, 2, none },
	{ "other", "NAME", "", some, 1, 1, none, "POLICY" },
	{ "inner", "[sessions | revoke NAME]", "", NULL, 0, 2, none },
	{ "words", "ID WORD...", "", NULL, 2, -1, none },
	{ "odd", "[[[A | ] ... |||", "", NULL, 0, -1, none },
	{ "--serve", "[unix:PATH]", "", NULL, 0, 1, none },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
static const struct og_program program = { "og-x", "for the test", many };

static const struct og_command bare[] = {
	{ NULL, "[TEXT | -]", "", some, 0, 1, none },
	{ "one", "RUN", "", some, 1, 1, none },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
static const struct og_program plain = { "og-y", "for the test", bare };

static void collect(void *arg, const struct og_offer *offer)
{
	struct og_buf *out = arg;

	og_buf_addf(out, "%s%s%.*s%.*s", out->len ? " " : "", offer->is_name ? "$" : "",
		    (int)offer->prefix_len, offer->prefix, (int)offer->len, offer->text);
}

/* What is offered for the last word of a line, names with a $. */
static const char *offered(const struct og_program *of, const char *text)
{
	static char result[4096], copy[1024];
	struct og_err err = OG_ERR_INIT;
	struct og_line *line = NULL;
	char *words[64], *at = copy;
	struct og_buf out;
	int n = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	og_buf_init(&out, sizeof(result) - 1);
	do {
		words[n++] = at;
		at = strchr(at, ' ');
		if (at)
			*at++ = '\0';
	} while (at && n < 64);
	if (OG_CHECK_OK(og_line_read(of, n, words, &line, &err), &err))
		og_line_offers(line, collect, &out);
	snprintf(result, sizeof(result), "%s", out.len ? out.data : "");
	og_line_free(line);
	og_buf_release(&out);
	return result;
}

static void commands(void)
{
	OG_CHECK_STR(offered(&program, ""), "none each either row fixed other inner words odd");
	OG_CHECK_STR(offered(&program, "ea"), "none each either row fixed other inner words odd");
	OG_CHECK_STR(offered(&program, "-"), "--serve --help --version");
	OG_CHECK_STR(offered(&program, "nothing "), "");
	OG_CHECK_STR(offered(&program, "nothing -"), "");
	OG_CHECK_STR(offered(&program, "--serve "), "$unix:PATH");
	OG_CHECK_STR(offered(&plain, ""), "one $TEXT -");
	OG_CHECK_STR(offered(&plain, "one "), "$RUN");
	OG_CHECK_STR(offered(&plain, "text "), "");
	OG_CHECK_STR(offered(&plain, "--quiet "), "$TEXT -");
}

static void arguments(void)
{
	OG_CHECK_STR(offered(&program, "none "), "");
	OG_CHECK_STR(offered(&program, "each "), "$FILE");
	OG_CHECK_STR(offered(&program, "each a b c "), "$FILE");
	OG_CHECK_STR(offered(&program, "either "), "$FILE $DIR -");
	OG_CHECK_STR(offered(&program, "either a b "), "$FILE $DIR -");
	OG_CHECK_STR(offered(&program, "row "), "$SKILL $FILE");
	OG_CHECK_STR(offered(&program, "row a "), "$HASH");
	OG_CHECK_STR(offered(&program, "row a b "), "$HASH");
	OG_CHECK_STR(offered(&program, "row a b c "), "");
	OG_CHECK_STR(offered(&program, "fixed "), "list add set");
	OG_CHECK_STR(offered(&program, "fixed add "), "$NAME");
	OG_CHECK_STR(offered(&program, "fixed list "), "");
	OG_CHECK_STR(offered(&program, "fixed ad "), "");
	OG_CHECK_STR(offered(&program, "fixed addx "), "");
	OG_CHECK_STR(offered(&program, "other "), "$POLICY");
	OG_CHECK_STR(offered(&program, "inner "), "sessions revoke");
	OG_CHECK_STR(offered(&program, "inner revoke "), "$NAME");
	OG_CHECK_STR(offered(&program, "words a "), "$WORD");
	OG_CHECK_STR(offered(&program, "words a b c d "), "$WORD");
	/* Options between them count for nothing. */
	OG_CHECK_STR(offered(&program, "fixed --as a add -j 5 -q "), "$NAME");
	OG_CHECK_STR(offered(&program, "fixed -- add -"), "$NAME");
	/* What is no such notation offers something, or nothing, and ends. */
	offered(&program, "odd ");
	offered(&program, "odd a b c d e f ");
}

#define REST "--kind --free --home --color --help --version"

static void options(void)
{
	OG_CHECK_STR(offered(&program, "none -"), "--as --jobs --set --quiet " REST);
	OG_CHECK_STR(offered(&program, "none --as a -"), "--jobs --set --quiet " REST);
	OG_CHECK_STR(offered(&program, "none --as=a -j5 -q --set a=b --"), "--set " REST);
	OG_CHECK_STR(offered(&program, "none -q --unknown -"), "--as --jobs --set " REST);
	OG_CHECK_STR(offered(&program, "none -- -"), "");
	OG_CHECK_STR(offered(&program, "none --as --jobs -"), "--jobs --set --quiet " REST);
}

static void values(void)
{
	OG_CHECK_STR(offered(&program, "none --as "), "$PRINCIPAL");
	OG_CHECK_STR(offered(&program, "none --as -"), "$PRINCIPAL");
	OG_CHECK_STR(offered(&program, "none --as="), "$--as=PRINCIPAL");
	OG_CHECK_STR(offered(&program, "none --as=al"), "$--as=PRINCIPAL");
	OG_CHECK_STR(offered(&program, "none -j"), "--as --jobs --set --quiet " REST);
	OG_CHECK_STR(offered(&program, "none -j5"), "$-jN");
	OG_CHECK_STR(offered(&program, "none -j "), "$N");
	OG_CHECK_STR(offered(&program, "none --kind "), "law mail $NODE");
	OG_CHECK_STR(offered(&program, "none --kind=x"), "--kind=law --kind=mail $--kind=NODE");
	OG_CHECK_STR(offered(&program, "none --free "), "");
	OG_CHECK_STR(offered(&program, "none --quiet="), "");
	OG_CHECK_STR(offered(&program, "none --unknown=x"), "");
	OG_CHECK_STR(offered(&program, "none --home "), "$DIR");
}

static void the_line(void)
{
	char *words[] = { "fixed", "--as=a", "--as", "b", "-q", "add", "--", "-x" };
	struct og_err err = OG_ERR_INIT;
	struct og_line *line = NULL;

	if (!OG_CHECK_OK(og_line_read(&program, 8, words, &line, &err), &err))
		return;
	OG_CHECK_STR(og_line_value(line, "as"), "a");
	OG_CHECK_STR(og_line_value(line, "jobs"), NULL);
	OG_CHECK_STR(og_line_value(line, "quiet"), NULL);
	OG_CHECK_STR(og_line_arg(line, 0), "add");
	OG_CHECK_STR(og_line_arg(line, 1), NULL);
	OG_CHECK_STR(og_line_word(line), "-x");
	OG_CHECK(!og_line_dashes(line));
	og_line_free(line);
	OG_CHECK(og_line_read(&program, 0, words, &line, &err) < 0);
	OG_CHECK(og_line_read(&program, OG_LINE_WORDS_MAX + 1, words, &line, &err) < 0);
}

int main(void)
{
	OG_RUN(commands);
	OG_RUN(arguments);
	OG_RUN(options);
	OG_RUN(values);
	OG_RUN(the_line);
	return og_done();
}
