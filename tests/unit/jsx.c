/* Written views: static JSX and trees, what they stand for and what is
 * wrong with them, to the line and column. */
#include "tests/unit/unit.h"

#include "lib/view/catalog.h"
#include "lib/view/view.h"

static const char data_text[] =
	"{\"data\":{\"totals\":[{\"orders\":38,\"revenue\":11204.58,\"odd name\":7,\"gone\":null,"
	"\"a/b\":1,\"yes\":1,\"word\":\"ok\"}],"
	"\"rows\":[{\"name\":\"Chair\",\"value\":1.5},{\"name\":\"Desk\",\"value\":2}],"
	"\"bad\":[{\"$\":\"/result/answer\"}]},"
	"\"result\":{\"answer\":\"all is well\",\"steps\":[{\"name\":\"a\",\"title\":3}]}}";

static json_t *parse(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *value = NULL;

	OG_CHECK_OK(og_json_parse(text, strlen(text), 1 << 20, "test", &value, &err), &err);
	return value;
}

/* The JSON that a view stands for, or its message. */
static char *read_jsx(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *scope = parse(data_text), *tree = NULL;
	char *out;

	if (og_view_jsx(text, strlen(text), scope, &tree, &err) < 0) {
		OG_CHECK_INT(err.code, OG_EDATA);
		out = strdup(err.msg);
	} else {
		out = json_dumps(tree, JSON_COMPACT);
	}
	json_decref(tree);
	json_decref(scope);
	return out;
}

static void is(const char *text, const char *want)
{
	char *have = read_jsx(text);

	if (!OG_CHECK_STR(have, want))
		printf("# of: %s\n", text);
	free(have);
}

/* What a Text that holds children comes to. */
static void text_is(const char *children, const char *want)
{
	char source[512], expected[512];

	snprintf(source, sizeof(source), "<Text>%s</Text>", children);
	snprintf(expected, sizeof(expected), "{\"c\":\"Text\",\"p\":{%s%s%s},\"k\":[]}",
		 *want ? "\"text\":\"" : "", want, *want ? "\"" : "");
	is(source, expected);
}

/* What a value in a Metrics item comes to. */
static void value_is(const char *value, const char *want)
{
	char source[512], expected[512];

	snprintf(source, sizeof(source), "<Metrics items={[{label:'a', value:%s}]}/>", value);
	snprintf(expected, sizeof(expected),
		 "{\"c\":\"Metrics\",\"p\":{\"items\":[{\"label\":\"a\"%s%s}]},\"k\":[]}",
		 *want ? ",\"value\":" : "", want);
	is(source, expected);
}

static void elements(void)
{
	is("<Grid/>", "{\"c\":\"Grid\",\"p\":{},\"k\":[]}");
	is(" // a\n<Grid ></Grid > /* b */ ", "{\"c\":\"Grid\",\"p\":{},\"k\":[]}");
	is("<Stack span={6} key=\"left\"/>",
	   "{\"c\":\"Stack\",\"p\":{\"span\":6},\"k\":[],\"id\":\"left\"}");
	is("<Grid><Stack/>{/* c */}{<Text text='a'/>}{null}{false}</Grid>",
	   "{\"c\":\"Grid\",\"p\":{},\"k\":[{\"c\":\"Stack\",\"p\":{},\"k\":[]},"
	   "{\"c\":\"Text\",\"p\":{\"text\":\"a\"},\"k\":[]}]}");
	is("<Grid><><Stack/><></></></Grid>",
	   "{\"c\":\"Grid\",\"p\":{},\"k\":[{\"c\":\"Stack\",\"p\":{},\"k\":[]}]}");
	is("<>a<Grid/></>",
	   "{\"c\":\"Stack\",\"p\":{},\"k\":[{\"c\":\"Text\",\"p\":{\"text\":\"a\"},"
	   "\"k\":[]},{\"c\":\"Grid\",\"p\":{},\"k\":[]}]}");
	is("<Section title=\"a &quot;b&quot; &#8364; &#x20ac; &nope; & \\n\">\n\n b \n</Section>",
	   "{\"c\":\"Section\",\"p\":{\"title\":\"a \\\"b\\\" \u20ac \u20ac &nope; & "
	   "\\\\n\"},\"k\":["
	   "{\"c\":\"Text\",\"p\":{\"text\":\"b\"},\"k\":[]}]}");
	is("<Table rows={data.rows} search folded={false}/>",
	   "{\"c\":\"Table\",\"p\":{\"rows\":[{\"name\":\"Chair\",\"value\":1.5},"
	   "{\"name\":\"Desk\",\"value\":2}],\"search\":true,\"folded\":false},\"k\":[]}");
}

static void shells(void)
{
	static const char *const shells[] = {
		"function View({data}) { return (<Grid/>); }",
		"function View({ data, result, }) { return <Grid/> }",
		"export default function View({data}) {\n return (\n <Grid/>\n );\n}\n",
		"export default function () { return <Grid/>; }",
		"const View = ({data}) => (<Grid/>);\nexport default View;",
		"const View = ({data}) => <Grid/>",
		"const View = () => { return ((<Grid/>)); };",
		"export const View = ({data}) => (<Grid/>);",
		"({data}) => <Grid/>",
		"(<Grid/>);",
	};

	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++)
		is(shells[i], "{\"c\":\"Grid\",\"p\":{},\"k\":[]}");
}

static void texts(void)
{
	text_is("a b", "a b");
	text_is(" a ", " a ");
	text_is("\n\ta\n\t\tb  c\n", "a b  c");
	text_is("\n", "");
	text_is("a {data.totals[0].orders} b", "a 38 b");
	text_is("{data.totals[0].revenue}{' '}{data.totals[0].gone}{true}", "11204.58 ");
	text_is("{result.answer}", "all is well");
	text_is("{'}'}&lt;&amp;&mdash;", "}<&\u2014");
	text_is("{\"a\\tb\\u0041\\x42\\u{1f600}\\ud83d\\ude00\\'\"}",
		"a\\tbAB\U0001f600\U0001f600'");
	text_is("{`a\n$b`}", "a\\n$b");
}

static void values(void)
{
	value_is("1", "1");
	value_is("-2.50", "-2.5");
	value_is("1e3", "1000.0");
	value_is("'x'", "\"x\"");
	value_is("true", "true");
	value_is("null", "");
	value_is("undefined", "");
	value_is("(7)", "7");
	value_is("data.totals[0].orders", "38");
	value_is("data?.totals?.[0]?.orders", "38");
	value_is("data.totals[0]['odd name']", "7");
	value_is("data[\"totals\"][ 0 ][\"a/b\"]", "1");
	value_is("data.rows.length", "2");
	value_is("data.nothing.at.all", "");
	value_is("data.totals[0].gone", "");
	value_is("result.answer", "\"all is well\"");
}

static void bound_lists(void)
{
	is("<Sparkline values={data.rows}/>",
	   "{\"c\":\"Sparkline\",\"p\":{\"values\":[1.5,2]},\"k\":[]}");
	is("<Timeline items={result.steps}/>",
	   "{\"c\":\"Timeline\",\"p\":{\"items\":[{\"title\":\"3\"}]},\"k\":[]}");
	is("<Timeline items={data.rows}/>",
	   "{\"c\":\"Timeline\",\"p\":{\"items\":[{\"title\":\"\"},{\"title\":\"\"}]},\"k\":[]}");
	is("<Table rows={data.nothing}/>", "{\"c\":\"Table\",\"p\":{\"rows\":[]},\"k\":[]}");
	is("<Section title={data.nothing}/>", "{\"c\":\"Section\",\"p\":{},\"k\":[]}");
	is("<Alert title={data.nothing} tone={result.answer}/>",
	   "{\"c\":\"Alert\",\"p\":{\"title\":\"\"},\"k\":[]}");
	is("<Badge tone={data.totals[0].word} text=\"a\"/>",
	   "{\"c\":\"Badge\",\"p\":{\"tone\":\"ok\",\"text\":\"a\"},\"k\":[]}");
	is("<Table rows={data.bad} folded={data.totals[0].yes}/>", /* data is never a binding */
	   "{\"c\":\"Table\",\"p\":{\"rows\":[{\"$\":\"/result/answer\"}],\"folded\":true},"
	   "\"k\":[]}");
	is("<BarChart x='a' series={[{key:'b'}]} rows={[{a: data.totals[0].orders, b: 1}]}/>",
	   "{\"c\":\"BarChart\",\"p\":{\"x\":\"a\",\"series\":[{\"key\":\"b\"}],\"rows\":["
	   "{\"a\":38,\"b\":1}]},\"k\":[]}");
}

static void wrong_markup(void)
{
	is("", "view:1:1: a component should stand here");
	is("<Grid>", "view:1:1: <Grid> is never closed");
	is("<Grid>\n  <Stack>\n</Grid>",
	   "view:3:1: <Stack> is not closed here: '</Stack>' should stand here");
	is("<div/>", "view:1:2: there is no component 'div'");
	is("<Tabel rows={[]}/>", "view:1:2: there is no component 'Tabel'");
	is("<Grid/><Grid/>", "view:1:8: a view is one component, and this comes after it");
	is("<Stack\n\tspam={3}/>", "view:2:2: there is no 'spam' here");
	is("<Stack span={3} span={4}/>", "view:1:17: 'span' stands here twice");
	is("<Stack span=3/>", "view:1:13: a value should stand here, in quotes or in braces");
	is("<Stack span={/>", "view:1:14: this expression needs code, and this view may have none");
	is("<Stack span={3", "view:1:15: '}' should stand after a value");
	is("<Text text=\"a/>", "view:1:12: a string without its end");
	is("<Text text={'a\n'}/>", "view:1:13: a string without its end");
	is("<Text>a } b</Text>", "view:1:9: '}' in text is written {'}'}");
	is("<Text>\u00e9\u00e9 > b</Text>", "view:1:10: '>' in text is written {'>'}");
	is("<Grid>{/* </Grid>", "view:1:8: a comment without its end");
	is("<Metrics items={[{label:'a' value:1}]}/>", "view:1:29: a ',' or '}' should stand here");
	is("<Metrics items={[{label:'a', label:'b'}]}/>", "view:1:35: 'label' stands here twice");
	is("<Text text={'\\ud800'}/>", "view:1:20: a character that does not exist");
	is("<Text>&#xd800;</Text>", "view:1:7: a character that does not exist");
	is("<Text>&#0;</Text>", "view:1:7: a character that does not exist");
	is("<Meters items={[{label:'a', max:1_000}]}/>", "view:1:33: '1_000' is no number");
	is("<Meters items={[{label:'a', max:01}]}/>", "view:1:33: '01' is no number");
	is("<Table rows={{'$':'/data'}}/>", "view:1:27: a binding is written as a path: data.NAME");
}

static void wrong_types(void)
{
	is("<Stack span=\"6\"/>", "view:1:8: span: wants a whole number, not text");
	is("<Stack span={13}/>", "view:1:8: span: is 13; it may be 1 to 12");
	is("<Alert title='a' tone='red'/>",
	   "view:1:18: tone: is 'red'; it may be ok, warn, bad or info");
	is("<Alert/>", "view:1:1: Alert needs 'title'");
	is("<Table/>", "view:1:1: Table needs 'rows'");
	is("<Table rows={null}/>", "view:1:1: Table needs 'rows'");
	is("<Table rows={[1]}/>", "view:1:8: rows: wants rows, a list of objects, not a list");
	is("<Table rows={data.totals[0].orders}/>",
	   "view:1:8: rows: wants rows, a list of objects, and what it is bound to is a number");
	is("<Metrics items={[{label:'a'},{value:1}]}/>", "view:1:10: items/1: 'label' is missing");
	is("<Metrics items={[{label:'a', valu:1}]}/>",
	   "view:1:10: items/0: there is no 'valu' here");
	is("<Metrics items={data.rows} currency={data.rows}/>",
	   "view:1:28: currency: wants text, and what it is bound to is a list");
	is("<Table rows={[]}>a</Table>", "view:1:18: Table holds no text between its tags");
	is("<Table rows={[]}><Grid/></Table>",
	   "view:1:18: Table holds no components, but a Grid stands in it");
	is("<Grid><Page/></Grid>", "view:1:7: Page is the root of a view and stands in nothing");
	is("<Grid>{data.rows}</Grid>",
	   "view:1:7: text: wants text, and what it is bound to is a list");
	is("<Tabs labels={['a', {}]}/>", "view:1:7: labels/1: wants text, not an object");
}

/* Everything that runs is named, with the way out. */
static void needs_code(void)
{
	static const struct {
		const char *text, *what;
	} cases[] = {
		{ "<Table rows={data.rows.filter(r => r.a)}/>", "1:24: the call .filter()" },
		{ "<Text>{data.a ? 1 : 2}</Text>", "1:15: a condition" },
		{ "<Text>{data.a && 1}</Text>", "1:15: a condition" },
		{ "<Text>{1 + 2}</Text>", "1:10: arithmetic" },
		{ "<Text>{total}</Text>", "1:8: 'total'" },
		{ "<Text>{`${data.a}`}</Text>", "1:9: a template with values" },
		{ "<Text>{data.rows[i].a}</Text>", "1:18: a computed index" },
		{ "<Table rows={[...data.rows]}/>", "1:15: '...'" },
		{ "<Table {...data}/>", "1:8: '...' among the properties" },
		{ "<Text onClick={1}/>", "1:7: an event handler" },
		{ "<Metrics items={[{label}]}/>", "1:24: a member without ':'" },
		{ "<Metrics items={() => 1}/>", "1:18: a function" },
		{ "import React from 'react'; <Grid/>", "1:7: an import" },
		{ "function V({data}) {\n  const a = 1;\n  return <Grid/>; }",
		  "2:3: a statement before 'return'" },
		{ "const a = 3;", "1:11: a variable" },
		{ "useState()", "1:1: what is not a component" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct og_err err = OG_ERR_INIT;
		json_t *scope = parse(data_text), *tree = NULL;
		char want[200];

		snprintf(want, sizeof(want), "view:%s needs code, and this view may have none",
			 cases[i].what);
		OG_CHECK_INT(og_view_jsx(cases[i].text, strlen(cases[i].text), scope, &tree, &err),
			     -1);
		OG_CHECK_INT(err.code, OG_EDATA);
		OG_CHECK_STR(err.msg, want);
		OG_CHECK(strstr(err.hint, "--allow-code") != NULL);
		json_decref(tree);
		json_decref(scope);
	}
}

/* --- limits ------------------------------------------------------------------------ */

static int jsx_code(const char *text, size_t len, char *msg, size_t size)
{
	struct og_err err = OG_ERR_INIT;
	json_t *tree = NULL;
	int rc = og_view_jsx(text, len, NULL, &tree, &err);

	snprintf(msg, size, "%s", err.msg);
	json_decref(tree);
	return rc;
}

/* before n times, then middle, then after n times. */
static char *nest(const char *before, const char *middle, const char *after, size_t n,
		  size_t *ret_len)
{
	struct og_buf buf;

	og_buf_init(&buf, (size_t)8 << 20);
	for (size_t i = 0; i < n; i++)
		og_buf_adds(&buf, before);
	og_buf_adds(&buf, middle);
	for (size_t i = 0; i < n; i++)
		og_buf_adds(&buf, after);
	*ret_len = buf.len;
	return og_buf_take(&buf);
}

static void check_nest(const char *before, const char *middle, const char *after, size_t n,
		       const char *want)
{
	char msg[OG_ERR_MSG_MAX];
	size_t len;
	char *text = nest(before, middle, after, n, &len);

	OG_CHECK_INT(jsx_code(text, len, msg, sizeof(msg)), *want ? -1 : 0);
	if (!OG_CHECK(strstr(msg, want) != NULL))
		printf("# %zu x %s: %s\n", n, before, msg);
	free(text);
}

static void limits(void)
{
	check_nest("<Grid>", "", "</Grid>", 32, "");
	check_nest("<Grid>", "", "</Grid>", 33, "nested deeper than 64");
	check_nest("<Grid>", "", "", 40000, "nested deeper than 64");
	check_nest("<>", "", "", 60000, "nested deeper than 64");
	check_nest("(", "<Grid/>", ")", 30000, "");
	check_nest("<Grid>{", "", "", 30000, "nested deeper than 64");
	check_nest("", "<Table rows={[{a:[[[[[[[[]]]]]]]]}]}/>", "", 1, "");
	check_nest("[", "", "", 100, "needs code");
	check_nest("",
		   "<Text>{[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
		   "", 1, "nested deeper than 64");
	check_nest("",
		   "<Text>{((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((",
		   "", 1, "nested deeper than 64");
	check_nest("<Grid/>", "", "", 40000, "view");
	check_nest("", "", " ", 300000, "larger than 262144 bytes");
}

static void many_nodes(void)
{
	char msg[OG_ERR_MSG_MAX];
	struct og_buf buf;

	og_buf_init(&buf, (size_t)1 << 20);
	og_buf_adds(&buf, "<Grid>");
	for (size_t i = 0; i < 4999; i++)
		og_buf_adds(&buf, "<Grid/>");
	og_buf_adds(&buf, "</Grid>");
	OG_CHECK_INT(jsx_code(buf.data, buf.len, msg, sizeof(msg)), 0);
	buf.len -= 7;
	og_buf_adds(&buf, "<Grid/></Grid>");
	OG_CHECK_INT(jsx_code(buf.data, buf.len, msg, sizeof(msg)), -1);
	OG_CHECK_STR(msg, "view:1:35001: more than 5000 components");
	og_buf_release(&buf);
}

static void bytes(void)
{
	char msg[OG_ERR_MSG_MAX];

	OG_CHECK_INT(jsx_code("<Text>\xff</Text>", 14, msg, sizeof(msg)), -1);
	OG_CHECK_STR(msg, "view: not valid UTF-8");
	OG_CHECK_INT(jsx_code("<Text>\0</Text>", 14, msg, sizeof(msg)), -1);
	OG_CHECK_STR(msg, "view:1:7: a NUL byte");
}

/* Cut anywhere, a view is wrong or right, and nothing is read behind its end. */
static void cut_anywhere(void)
{
	static const char whole[] =
		"export default function View({ data, result }) { return (<Page title=\"a&amp;b\" "
		"key='k'><>{`t`} x &#65; <Metrics items={[{label: 'a', 'value': -1.5e3, "
		"tone: \"ok\"}, {label:'\\u0041\\n', value: data?.[\"a\"].b[0]}]}/></></Page>); } "
		"// end";
	char msg[OG_ERR_MSG_MAX];

	for (size_t n = 0; n < sizeof(whole); n++) {
		char *copy = malloc(n > 0 ? n : 1); /* exactly as long: a sanitizer sees more */

		memcpy(copy, whole, n);
		jsx_code(copy, n, msg, sizeof(msg));
		free(copy);
	}
	OG_CHECK_INT(jsx_code(whole, strlen(whole), msg, sizeof(msg)), 0);
}

/* --- trees -------------------------------------------------------------------------- */

static void tree_is(const char *text, const char *want)
{
	struct og_err err = OG_ERR_INIT;
	json_t *tree = parse(text);

	if (og_view_check(tree, &err) < 0)
		OG_CHECK_INT(err.code, OG_EDATA);
	OG_CHECK_STR(err.msg, want);
	json_decref(tree);
}

static void trees(void)
{
	tree_is("{\"c\":\"Grid\"}", "");
	tree_is("{\"c\":\"Grid\",\"k\":[\"a\",1,null,{\"$\":\"/data/x\"},{\"c\":\"Text\"}]}", "");
	tree_is("{\"c\":\"Table\",\"p\":{\"rows\":{\"$\":\"/data/x\"}}}", "");
	tree_is("[]", "view:/: a component is an object with its name as c");
	tree_is("{}", "view:/: a component is an object with its name as c");
	tree_is("{\"c\":\"Grid\",\"d\":1}", "view:/: a component has c, p, k and id, and no 'd'");
	tree_is("{\"c\":\"Grid\",\"k\":{}}", "view:/: k, the children, is no list");
	tree_is("{\"c\":\"Grid\",\"k\":[{\"c\":\"script\"}]}",
		"view:/k/0: there is no component 'script'");
	tree_is("{\"c\":\"Grid\",\"k\":[{\"c\":\"Stack\",\"p\":{\"dangerouslySetInnerHTML\":{}}}]}",
		"view:/k/0/p: there is no 'dangerouslySetInnerHTML' here");
	tree_is("{\"c\":\"Table\",\"p\":{\"rows\":{\"$\":\"/etc/passwd\"}}}",
		"view:/p/rows: '/etc/passwd' leads to nothing: bindings begin with /data or "
		"/result");
	tree_is("{\"c\":\"Metrics\",\"p\":{\"items\":[{\"label\":\"a\",\"tone\":\"pink\"}]}}",
		"view:/p/items/0/tone: is 'pink'; it may be ok, warn, bad or info");
	tree_is("{\"c\":\"Grid\",\"k\":[[]]}", "view:/k/0/text: wants text, not a list");
}

/* Every component, as bare as it may be, is read from JSX and from a tree alike. */
static void every_component(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *catalog = NULL, *entry;
	const char *name;

	if (!OG_CHECK_OK(og_view_catalog(&catalog, &err), &err))
		return;
	OG_CHECK_INT(json_object_size(catalog), 30);
	json_object_foreach(catalog, name, entry)
	{
		const struct og_component *component = og_component_find(name);

		OG_CHECK(component &&
			 component->children == json_is_true(json_object_get(entry, "children")));
		for (const struct og_prop *prop = component->props; prop->name; prop++) {
			json_t *told = json_object_get(json_object_get(entry, "props"), prop->name);

			OG_CHECK_STR(og_json_str(told, "type"), og_prop_type_name(prop->type));
		}
	}
	json_decref(catalog);
}

int main(void)
{
	OG_RUN(elements);
	OG_RUN(shells);
	OG_RUN(texts);
	OG_RUN(values);
	OG_RUN(bound_lists);
	OG_RUN(wrong_markup);
	OG_RUN(wrong_types);
	OG_RUN(needs_code);
	OG_RUN(limits);
	OG_RUN(many_nodes);
	OG_RUN(bytes);
	OG_RUN(cut_anywhere);
	OG_RUN(trees);
	OG_RUN(every_component);
	return og_done();
}
