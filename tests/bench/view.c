/*
 * How fast views are read and drawn: static JSX per KB, and a result of
 * 1,000 rows as a tree, as text and as a page without script. Prints JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/view/view.h"

#define ROUNDS 200
#define ROWS   1000

static void must(int rc, const struct og_err *err)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "view: %s\n", err->msg);
	exit(70);
}

static json_t *document(void)
{
	static const char *const states[] = { "shipped", "pending", "picking", "cancelled" };
	json_t *rows = json_array();

	for (int i = 0; i < ROWS; i++)
		json_array_append_new(
			rows, json_pack("{s:i, s:s, s:s, s:i, s:f, s:s, s:s}", "id", i, "customer",
					i % 3 ? "Charlie Brown" : "Diana Prince", "channel",
					i % 2 ? "web" : "phone", "lines", i % 5 + 1, "total_amount",
					12.5 * (i % 97), "status", states[i % 4], "created_at",
					"2026-11-24T08:00:00.000Z"));
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:{s:o}}", "v", 1, "task", "t", "state", "done",
			 "principal", "alice", "answer", "A thousand orders.", "data", "orders",
			 rows);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Processor time of this process. */
static int64_t cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* The median of some rounds, in microseconds of processor time. */
static int64_t median(void (*act)(void *), void *arg)
{
	int64_t times[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = cpu_us();

		act(arg);
		times[i] = cpu_us() - start;
	}
	qsort(times, ROUNDS, sizeof(*times), compare);
	return times[ROUNDS / 2];
}

struct work {
	json_t *result, *tree;
	struct og_buf jsx;
};

static void read_jsx(void *arg)
{
	struct work *work = arg;
	struct og_err err = OG_ERR_INIT;
	json_t *tree = NULL;

	must(og_view_jsx(work->jsx.data, work->jsx.len, NULL, &tree, &err), &err);
	json_decref(tree);
}

static void build(void *arg)
{
	struct work *work = arg;
	struct og_err err = OG_ERR_INIT;
	json_t *tree = NULL;

	must(og_view_tree(work->result, "", &tree, &err), &err);
	json_decref(tree);
}

static void draw_text(void *arg)
{
	struct work *work = arg;
	struct og_text_style style = { 120, 0 };
	struct og_err err = OG_ERR_INIT;
	struct og_buf buf;

	og_buf_init(&buf, OG_VIEW_MAX);
	must(og_view_text(work->tree, &style, &buf, &err), &err);
	og_buf_release(&buf);
}

static void draw_html(void *arg)
{
	struct work *work = arg;
	struct og_err err = OG_ERR_INIT;
	struct og_buf buf;

	og_buf_init(&buf, OG_VIEW_MAX);
	must(og_view_html(work->tree, "b{}", 3, &buf, &err), &err);
	og_buf_release(&buf);
}

/* A view as people write them, many times over, up to some kilobytes. */
static void write_view(struct og_buf *jsx)
{
	static const char part[] =
		"<Section title=\"Revenue &amp; orders\" hint=\"by day\">\n"
		"\t<Metrics currency=\"USD\" items={[\n"
		"\t\t{ label: 'Orders', value: data.totals[0].orders, format: 'number' },\n"
		"\t\t{ label: 'Revenue', value: data.totals[0].revenue, tone: \"ok\" }\n\t]} />\n"
		"\t<LineChart rows={data.revenue_by_day} x=\"day\"\n"
		"\t\tseries={[{ key: 'revenue', label: 'Revenue' }]} format=\"money\" />\n"
		"\t<Text>{data.totals[0].orders} orders, and more text to read here.</Text>\n"
		"</Section>\n";

	og_buf_adds(jsx, "export default function View({ data }) {\n\treturn (<Page>\n");
	for (int i = 0; i < 8; i++)
		og_buf_adds(jsx, part);
	og_buf_adds(jsx, "</Page>);\n}\n");
}

int main(void)
{
	struct work work = { .result = document() };
	struct og_err err = OG_ERR_INIT;
	int64_t jsx, tree, text, html;

	og_buf_init(&work.jsx, OG_VIEW_TEXT_MAX);
	write_view(&work.jsx);
	jsx = median(read_jsx, &work);
	tree = median(build, &work);
	must(og_view_tree(work.result, "", &work.tree, &err), &err);
	text = median(draw_text, &work);
	html = median(draw_html, &work);
	printf("{\"jsx_bytes\":%zu,\"jsx_us\":%lld,\"jsx_us_per_kb\":%.1f,\"rows\":%d,"
	       "\"tree_us\":%lld,\"text_us\":%lld,\"html_us\":%lld}\n",
	       work.jsx.len, (long long)jsx, (double)jsx * 1024 / (double)work.jsx.len, ROWS,
	       (long long)tree, (long long)text, (long long)html);
	json_decref(work.tree);
	json_decref(work.result);
	og_buf_release(&work.jsx);
	return 0;
}
