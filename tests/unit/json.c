/* Strictness against the JSON test suite, canonical form against RFC 8785's vectors. */
#include "tests/unit/unit.h"

#include <dirent.h>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

#define SUITE "../shared/data/jsontestsuite"
#define JCS   "../shared/data/jcs"

static void read_file(struct og_buf *buf, const char *dir, const char *name)
{
	struct og_err err = OG_ERR_INIT;
	char *path = og_path_join(dir, name);

	og_buf_clear(buf);
	OG_CHECK_OK(og_file_read(path, "test data", buf, &err), &err);
	free(path);
}

/* The suite lets these pass; we do not: a record that two readers
 * understand differently is an attack. */
static int refused_by_us(const char *name)
{
	return strncmp(name, "y_object_duplicated_key", 23) == 0 ||
	       strcmp(name, "y_object_escaped_null_in_key.json") == 0;
}

static void suite(void)
{
	DIR *dir = opendir(SUITE);
	struct og_buf text;
	int seen = 0;

	if (!dir) {
		OG_SKIP("no " SUITE);
		return;
	}
	og_buf_init(&text, 1 << 20);
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		struct og_err err = OG_ERR_INIT;
		json_t *value = NULL;
		int good;

		if (e->d_name[0] != 'y' && e->d_name[0] != 'n')
			continue;
		read_file(&text, SUITE, e->d_name);
		good = og_json_parse(text.data, text.len, 1 << 20, "text", &value, &err) == 0;
		if (!OG_CHECK_INT(good, e->d_name[0] == 'y' && !refused_by_us(e->d_name)))
			printf("# %s %s\n", e->d_name, err.msg);
		json_decref(value);
		seen++;
	}
	closedir(dir);
	OG_CHECK(seen > 250);
	og_buf_release(&text);
}

static void canonical(void)
{
	static const char *const names[] = {
		"arrays.json", "french.json", "structures.json", "unicode.json", "values.json",
		"weird.json",  NULL
	};
	struct og_buf in, want, got;
	DIR *dir = opendir(JCS "/input");

	if (!dir) {
		OG_SKIP("no " JCS);
		return;
	}
	closedir(dir);
	og_buf_init(&in, 1 << 16);
	og_buf_init(&want, 1 << 16);
	og_buf_init(&got, 1 << 16);
	for (const char *const *name = names; *name; name++) {
		struct og_err err = OG_ERR_INIT;
		json_t *value = NULL;

		read_file(&in, JCS "/input", *name);
		read_file(&want, JCS "/output", *name);
		og_buf_clear(&got);
		OG_CHECK_OK(og_json_parse(in.data, in.len, 1 << 16, *name, &value, &err), &err);
		OG_CHECK_OK(og_json_canon(value, &got, &err), &err);
		OG_CHECK_STR(got.data, want.data);
		json_decref(value);
	}
	og_buf_release(&in);
	og_buf_release(&want);
	og_buf_release(&got);
}

static void numbers(void)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0.0, "0" },
		{ -0.0, "0" },
		{ 1e21, "1e+21" },
		{ 1e20, "100000000000000000000" },
		{ 1e-6, "0.000001" },
		{ 1e-7, "1e-7" },
		{ 299.99, "299.99" },
		{ 0.1, "0.1" },
		{ 5e-324, "5e-324" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
		{ -1.5, "-1.5" },
		{ 9007199254740993.0, "9007199254740992" },
		{ 1e23, "1e+23" },
		{ 333333333.33333329, "333333333.3333333" },
		{ 123456789012345680.0, "123456789012345680" },
	};
	char out[OG_DOUBLE_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		OG_CHECK_INT(og_double_format(cases[i].value, out), strlen(cases[i].text));
		OG_CHECK_STR(out, cases[i].text);
	}
}

static void limits(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *value = NULL;
	struct og_buf deep;

	og_buf_init(&deep, 4096);
	for (int i = 0; i <= OG_JSON_DEPTH; i++)
		og_buf_addc(&deep, '[');
	OG_CHECK(og_json_parse(deep.data, deep.len, 4096, "text", &value, &err) < 0);
	OG_CHECK(strstr(err.msg, "nested deeper") != NULL);
	OG_CHECK(og_json_parse("[1,2]", 5, 4, "text", &value, &err) < 0);
	OG_CHECK_INT(err.code, OG_EDATA);
	OG_CHECK(og_json_parse("{\"a\":1,\"a\":2}", 13, 99, "text", &value, &err) < 0);
	og_buf_clear(&deep);
	value = json_integer(OG_JSON_INT_MAX + 1);
	OG_CHECK(og_json_canon(value, &deep, &err) < 0);
	json_decref(value);
	og_buf_release(&deep);
}

static void only_known_keys(void)
{
	static const char *const keys[] = { "principal", "text", NULL };
	struct og_err err = OG_ERR_INIT;
	json_t *good = json_pack("{s:s}", "text", "x"), *bad = json_pack("{s:s}", "principle", "x");

	OG_CHECK_OK(og_json_only(good, "envelope", keys, &err), &err);
	OG_CHECK(og_json_only(bad, "envelope", keys, &err) < 0);
	OG_CHECK_STR(err.hint, "did you mean 'principal'?");
	json_decref(good);
	json_decref(bad);
}

int main(void)
{
	OG_RUN(suite);
	OG_RUN(canonical);
	OG_RUN(numbers);
	OG_RUN(limits);
	OG_RUN(only_known_keys);
	return og_done();
}
