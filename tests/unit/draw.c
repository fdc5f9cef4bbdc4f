/*
 * Drawings: what is laid out stands apart, what is written stays inside its
 * string or element, and the same drawing gives the same bytes.
 */
#include "lib/draw/draw-internal.h"

#include "tests/unit/unit.h"

static const char hostile[] = "</title></svg><script>alert(1)</script>\"' onload=x &amp; ]]> \\\" "
			      "\xe2\x80\xae\x1b[31m`#quot;\n--> {{x}} |y| %s";

static json_t *drawing(void)
{
	json_t *d = og_draw_new("a title");

	OG_CHECK(d);
	return d;
}

static void node(json_t *d, const char *id, const char *kind)
{
	OG_CHECK_INT(og_draw_node(d, id, NULL, kind, 1), 0);
}

static void edge(json_t *d, const char *from, const char *to, const char *type)
{
	OG_CHECK_INT(og_draw_edge(d, from, to, type), 0);
}

static char *draw(og_draw_fn *fn, const json_t *d)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf buf;
	char *text;

	og_buf_init(&buf, OG_DRAW_MAX);
	OG_CHECK_OK(fn(d, &buf, &err), &err);
	text = og_buf_take(&buf);
	OG_CHECK(text);
	og_buf_release(&buf);
	return text;
}

/* --- well-formed: a strict reader of what we write -------------------------- */

struct reader {
	const char *p;
	char open[64][32];
	int depth;
};

static int bad(const struct reader *r, const char *what)
{
	printf("# %s before: %.40s\n", what, r->p);
	return 0;
}

/* A reference of XML, after '&'. */
static int reference(const char *p)
{
	return strncmp(p, "amp;", 4) == 0 || strncmp(p, "lt;", 3) == 0 ||
	       strncmp(p, "gt;", 3) == 0 || strncmp(p, "quot;", 5) == 0 ||
	       strncmp(p, "#39;", 4) == 0;
}

static int attributes(struct reader *r)
{
	while (*r->p == ' ') {
		r->p += 1 +
			strspn(r->p + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-:");
		if (strncmp(r->p, "=\"", 2) != 0)
			return bad(r, "no attribute");
		r->p += 2;
		r->p += strcspn(r->p, "\"<");
		if (*r->p++ != '"')
			return bad(r, "an open attribute");
	}
	return 1;
}

static int element(struct reader *r)
{
	int closes = r->p[1] == '/';
	const char *name = r->p + 1 + closes;
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz");

	if (len == 0 || len > 31)
		return bad(r, "no element");
	r->p = name + len;
	if (closes) {
		if (r->depth == 0 || strncmp(r->open[r->depth - 1], name, len) != 0 ||
		    r->open[--r->depth][len])
			return bad(r, "a wrong end");
		return *r->p++ == '>' ? 1 : bad(r, "no end");
	}
	if (!attributes(r))
		return 0;
	if (strncmp(r->p, "/>", 2) == 0) {
		r->p += 2;
		return 1;
	}
	memcpy(r->open[r->depth], name, len);
	r->open[r->depth++][len] = '\0';
	return *r->p++ == '>' && r->depth < 60 ? 1 : bad(r, "no end of a start");
}

static int well_formed(const char *text)
{
	struct reader r = { .p = text };

	if (strncmp(r.p, "<?xml", 5) == 0)
		r.p = strstr(r.p, "?>") + 2;
	while (*r.p) {
		unsigned char c = (unsigned char)*r.p;

		if (c == '<') {
			if (!element(&r))
				return 0;
			continue;
		}
		if (c == '&' && !reference(r.p + 1))
			return bad(&r, "a bare '&'");
		if (c < 0x20 && c != '\n')
			return bad(&r, "a control");
		r.p++;
	}
	return r.depth == 0 ? 1 : bad(&r, "something open");
}

/* --- tests ----------------------------------------------------------------- */

static json_t *small(void)
{
	json_t *d = drawing();

	node(d, "a", "regulation");
	node(d, "b", "workflow");
	node(d, "t", "table");
	OG_CHECK_INT(og_draw_node(d, "p", NULL, "policy", 3), 0);
	OG_CHECK_INT(og_draw_sub(d, "p", "expired", 1), 0);
	edge(d, "a", "b", "GOVERNS");
	edge(d, "b", "t", "TOUCHES");
	edge(d, "p", "a", "BINDS");
	edge(d, "b", "b", "NEXT");
	edge(d, "b", "nowhere", "NEXT");
	return d;
}

static void pictures(void)
{
	json_t *d = small();
	char *svg = draw(og_draw_svg, d), *again = draw(og_draw_svg, d);
	char *page = draw(og_draw_page, d);

	OG_CHECK(well_formed(svg));
	OG_CHECK_STR(svg, again);
	OG_CHECK(strstr(svg, "<title>a GOVERNS b</title>"));
	OG_CHECK(strstr(svg, "p, policy, clearance 3, expired"));
	OG_CHECK(strstr(svg, "og-past"));
	OG_CHECK(strstr(svg, "prefers-color-scheme:dark"));
	OG_CHECK(strstr(svg, "4 nodes, 3 edges"));
	OG_CHECK(!strstr(svg, "nowhere"));
	OG_CHECK(strstr(page, "default-src 'none'"));
	OG_CHECK(strstr(page, "<td>NEXT itself; TOUCHES t</td>"));
	free(svg);
	free(again);
	free(page);
	json_decref(d);
}

static void texts(void)
{
	json_t *d = small();
	char *dot = draw(og_draw_dot, d), *mermaid = draw(og_draw_mermaid, d);

	OG_CHECK(strstr(dot, "digraph \"a title\" {\n"));
	OG_CHECK(strstr(dot, "\t\"a\" [shape=octagon];\n"));
	OG_CHECK(strstr(dot, "\t\"p\" [shape=note, tooltip=\"expired\", style=dashed];\n"));
	OG_CHECK(strstr(dot, "\t\"a\" -> \"b\" [label=\"GOVERNS\"];\n"));
	OG_CHECK(strstr(mermaid, "flowchart LR\n\tn0{{\"a\"}}:::regulation\n"));
	OG_CHECK(strstr(mermaid, "\tn0 ==>|\"GOVERNS\"| n1\n"));
	OG_CHECK(strstr(mermaid, "\tn3[/\"p<br>expired\"/]:::missing\n"));
	OG_CHECK(!strstr(mermaid, "nowhere"));
	free(dot);
	free(mermaid);
	json_decref(d);
}

/* Each line of Mermaid has its quotes in pairs, and nothing else of ours. */
static int quotes_pair(const char *text)
{
	size_t quotes = 0;

	for (; *text; text++) {
		if (*text == '\n' && quotes % 2)
			return 0;
		quotes += *text == '"';
	}
	return quotes % 2 == 0;
}

/* DOT: outside of strings there is nothing but our own words. */
static int dot_holds(const char *text)
{
	int inside = 0;

	for (; *text; text++) {
		if (inside && *text == '\\') {
			text++;
			if (!*text)
				return 0;
		} else if (*text == '"') {
			inside = !inside;
		} else if (*text == '\n' && inside) {
			return 0;
		} else if (!inside && (*text == '<' || *text == '|' || *text == '\'')) {
			return 0;
		}
	}
	return !inside;
}

static void hostile_names(void)
{
	json_t *d = og_draw_new(hostile);
	char *svg, *page, *dot, *mermaid;

	OG_CHECK_INT(og_draw_node(d, hostile, NULL, hostile, 1), 0);
	OG_CHECK_INT(og_draw_node(d, "x", hostile, "workflow", 2), 0);
	OG_CHECK_INT(og_draw_sub(d, "x", hostile, 0), 0);
	edge(d, hostile, "x", hostile);
	svg = draw(og_draw_svg, d);
	page = draw(og_draw_page, d);
	dot = draw(og_draw_dot, d);
	mermaid = draw(og_draw_mermaid, d);
	OG_CHECK(well_formed(svg));
	OG_CHECK(!strstr(svg, "<script") && !strstr(page, "<script"));
	OG_CHECK(!strstr(svg, "\xe2\x80\xae") && !strstr(page, "\x1b"));
	OG_CHECK(strstr(svg, "U+202E"));
	OG_CHECK(dot_holds(dot));
	OG_CHECK(quotes_pair(mermaid));
	OG_CHECK(!strstr(mermaid, "<script") && !strstr(mermaid, "`") && !strstr(mermaid, "}}x"));
	free(svg);
	free(page);
	free(dot);
	free(mermaid);
	json_decref(d);
}

static void is_refused(const json_t *d, og_draw_fn *fn)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf buf;

	og_buf_init(&buf, OG_DRAW_MAX);
	OG_CHECK(fn(d, &buf, &err) < 0);
	OG_CHECK_INT(err.code, OG_EDATA);
	og_buf_release(&buf);
}

static void refused(void)
{
	json_t *d = drawing(), *none = json_object(),
	       *odd = json_pack("{s:[{}],s:[]}", "nodes", "edges");
	char id[32];

	for (int i = 0; i <= OG_DRAW_NODES_MAX; i++) {
		snprintf(id, sizeof(id), "n%d", i);
		node(d, id, "workflow");
	}
	is_refused(d, og_draw_svg);
	is_refused(none, og_draw_page);
	is_refused(odd, og_draw_svg);
	is_refused(odd, og_draw_dot);
	is_refused(odd, og_draw_mermaid);
	OG_CHECK(og_draw_node(d, NULL, NULL, "workflow", 1) < 0);
	json_decref(d);
	json_decref(none);
	json_decref(odd);
}

static void empty(void)
{
	json_t *d = drawing();
	char *svg = draw(og_draw_svg, d), *mermaid = draw(og_draw_mermaid, d);

	OG_CHECK(well_formed(svg));
	free(svg);
	free(mermaid);
	json_decref(d);
}

/* --- the layout ------------------------------------------------------------ */

static unsigned next_random(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16;
}

static json_t *any(unsigned seed, unsigned n, unsigned m)
{
	static const char *const types[] = { "GOVERNS", "DEPENDS_ON", "NEXT", "TOUCHES" };
	json_t *d = drawing();
	char a[32], b[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(a, sizeof(a), "node-%u", i);
		node(d, a, "workflow");
	}
	for (unsigned i = 0; i < m; i++) {
		snprintf(a, sizeof(a), "node-%u", next_random(&seed) % n);
		snprintf(b, sizeof(b), "node-%u", next_random(&seed) % n);
		edge(d, a, b, types[next_random(&seed) % 4]);
	}
	return d;
}

static int overlap(const struct og_vertex *a, const struct og_vertex *b)
{
	return a->x < b->x + b->width - 0.5 && b->x < a->x + a->width - 0.5 &&
	       a->y < b->y + b->height - 0.5 && b->y < a->y + a->height - 0.5;
}

/* No box on another, all on the sheet, lines from left to right. */
static void stands(const json_t *d)
{
	struct og_err err = OG_ERR_INIT;
	struct og_sheet s;
	size_t wrong = 0;

	if (!OG_CHECK_OK(og_sheet_make(d, &s, &err), &err))
		return;
	for (size_t i = 0; i < s.n_real; i++) {
		const struct og_vertex *v = &s.v[i];

		wrong += v->x < 0 || v->y < 80 || v->x + v->width > s.width ||
			 v->y + v->height > s.height;
		for (size_t k = 0; k < i; k++)
			wrong += (size_t)overlap(v, &s.v[k]);
	}
	for (size_t i = 0; i < s.n_hops; i++)
		wrong += s.v[s.hops[i].left].column + 1 != s.v[s.hops[i].right].column;
	OG_CHECK_INT(wrong, 0);
	og_sheet_release(&s);
}

static void layouts(void)
{
	static const unsigned sizes[][2] = { { 1, 3 },	    { 2, 8 },	   { 5, 4 },	 { 30, 10 },
					     { 50, 65 },    { 60, 900 },   { 300, 390 }, { 300, 0 },
					     { 2000, 500 }, { 500, 20000 } };
	json_t *d;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		d = any((unsigned)i + 1, sizes[i][0], sizes[i][1]);
		stands(d);
		json_decref(d);
	}
}

/* Everything touches one: a tall column would be a ribbon. */
static void star(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *d = drawing();
	struct og_sheet s;
	char id[32];

	node(d, "hub", "table");
	for (int i = 0; i < 300; i++) {
		snprintf(id, sizeof(id), "spoke-%d", i);
		node(d, id, "workflow");
		edge(d, id, "hub", "TOUCHES");
	}
	stands(d);
	if (OG_CHECK_OK(og_sheet_make(d, &s, &err), &err)) {
		OG_CHECK(s.height < 3 * s.width);
		og_sheet_release(&s);
	}
	json_decref(d);
}

int main(void)
{
	OG_RUN(pictures);
	OG_RUN(texts);
	OG_RUN(hostile_names);
	OG_RUN(refused);
	OG_RUN(empty);
	OG_RUN(layouts);
	OG_RUN(star);
	return og_done();
}
