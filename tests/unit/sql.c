/*
 * Where statements end, held against SQLite: what is cut off is what its
 * own parser would take as one statement, and what it calls incomplete is
 * asked to go on.
 */
#include <sqlite3.h>

#include "lib/base/sql.h"
#include "tests/unit/unit.h"

static void statements(void)
{
	static const char script[] = ";; -- first; line\nSELECT 'a;b', \"c;d\", [e;f], `g;h` ;\n"
				     "/* ; */ INSERT INTO t VALUES('it''s; so');SELECT 1";
	static const char *const want[] = { "SELECT 'a;b', \"c;d\", [e;f], `g;h`",
					    "INSERT INTO t VALUES('it''s; so')", "SELECT 1" };
	const char *at = script, *end = script + strlen(script);
	struct og_sql_token statement;
	int kind;

	for (size_t i = 0; i < 3; i++) {
		char text[128];

		kind = og_sql_statement(&at, end, &statement);
		OG_CHECK_INT(kind, i < 2 ? 1 : 2);
		snprintf(text, sizeof(text), "%.*s", (int)statement.len, statement.start);
		OG_CHECK_STR(text, want[i]);
	}
	OG_CHECK_INT(og_sql_statement(&at, end, &statement), 0);
}

static void open_ends(void)
{
	static const struct {
		const char *text;
		int kind;
	} cases[] = {
		{ "", 0 },
		{ " ; ;", 0 },
		{ "-- only a comment", 0 },
		{ "/* closed */", 0 },
		{ "/* open", 3 },
		{ "SELECT 'open;", 3 },
		{ "SELECT \"a", 3 },
		{ "SELECT [a;", 3 },
		{ "SELECT 1 /* ; ", 3 },
		{ "SELECT 1", 2 },
		{ "SELECT 1;", 1 },
		{ "SELECT 'a''", 3 },
		{ "SELECT '';", 1 },
		{ "SELECT 1 -- ;", 2 },
		{ "SELECT /*/ ; */ 1;", 1 },
		{ "SELECT x'00';", 1 },
		{ "SELECT :a, ?1, $b, @c;", 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *at = cases[i].text;
		struct og_sql_token statement;

		OG_CHECK_INT(og_sql_statement(&at, at + strlen(at), &statement), cases[i].kind);
	}
}

/* Random text of the characters that matter: what ends with a semicolon of
 * ours is complete to SQLite, and nothing shorter was. */
static void as_sqlite_does(void)
{
	static const char *const parts[] = { "'",  "\"", "`", "[", "]", ";", "--", "\n", "/*",
					     "*/", "a",	 " ", "1", ":", "$", "-",  "/",	 "*" };
	unsigned seed = 7;

	for (int n = 0; n < 20000; n++) {
		char text[64] = "a";
		const char *at = text;
		struct og_sql_token statement;

		for (int i = 0; i < 12; i++) {
			seed = seed * 1103515245U + 12345U;
			strncat(text, parts[(seed >> 16) % (sizeof(parts) / sizeof(*parts))],
				sizeof(text) - strlen(text) - 1);
		}
		if (og_sql_statement(&at, text + strlen(text), &statement) != 1) {
			OG_CHECK_INT(sqlite3_complete(text) && strchr(text, ';'), 0);
			continue;
		}
		text[at - text] = '\0';
		OG_CHECK_INT(sqlite3_complete(text), 1);
		text[at - text - 1] = '\0';
		OG_CHECK_INT(sqlite3_complete(text), 0);
	}
}

static void names(void)
{
	const char *text = "Products \"products\" 'products' product";
	const char *at = text, *end = text + strlen(text);
	static const int want[] = { 1, 1, 0, 0 };
	struct og_sql_token token;

	for (size_t i = 0; i < 4; i++) {
		OG_CHECK_INT(og_sql_token(&at, end, &token), 1);
		OG_CHECK_INT(og_sql_is(&token, "products"), want[i]);
	}
	OG_CHECK_INT(og_sql_token(&at, end, &token), 0);
}

int main(void)
{
	OG_RUN(statements);
	OG_RUN(open_ends);
	OG_RUN(as_sqlite_does);
	OG_RUN(names);
	return og_done();
}
