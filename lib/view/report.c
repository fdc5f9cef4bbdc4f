/*
 * Row sets as a report: figures in a strip, a table for each set, and a
 * chart where the shape of a set asks for one. A set of one row is a list
 * of facts, or figures when all of it is numbers.
 */
#include <string.h>

#include "lib/view/format-internal.h"
#include "lib/view/tree-internal.h"

#define METRICS_MAX	4
#define STRIP_COLUMNS	6 /* a row of more numbers than this is a list of facts */
#define BARS_MAX	14
#define LINE_POINTS_MIN 4
#define SHARES_MAX	6
#define WIDE_COLUMNS	6 /* a table with more takes the whole width */

/* What the document says about one set: view.sets.NAME. */
static const json_t *set_hints(const struct build *b, const char *name)
{
	return json_object_get(json_object_get(b->hints, "sets"), name);
}

static void set_title(struct build *b, json_t *object, const char *name)
{
	const char *title = og_json_str(set_hints(b, name), "title");

	if (title)
		og_set(b, object, "title", title);
	else
		og_set_words(b, object, "title", name);
}

static int is_kind(const struct build *b, const char *kind)
{
	return strcmp(og_text_of(b->hints, "kind"), kind) == 0;
}

static void add_metric(struct build *b, json_t *strip, const char *name, double value,
		       const char *format)
{
	json_t *item = og_item(b, strip, "items");

	og_set_words(b, item, "label", name);
	og_set_json(b, item, "value", og_real(value));
	og_set(b, item, "format", format);
}

/* How many rows are at or below their reorder point; -1: there is none. */
static long low_rows(const struct profile *profile)
{
	const struct column *stock = og_profile_role(profile, ROLE_STOCK);
	const struct column *point = og_profile_role(profile, ROLE_REORDER);
	json_t *row;
	size_t i;
	long low = 0;

	if (!stock || !point)
		return -1;
	json_array_foreach(profile->rows, i, row)
	{
		if (og_value_number(json_object_get(row, stock->key)) <=
		    og_value_number(json_object_get(row, point->key)))
			low++;
	}
	return low;
}

/* Price times stock, row by row. */
static double stock_value(const struct profile *profile, const json_t *row)
{
	const struct column *stock = og_profile_role(profile, ROLE_STOCK);
	const struct column *price = og_profile_role(profile, ROLE_MONEY);

	return og_value_number(json_object_get(row, stock->key)) *
	       og_value_number(json_object_get(row, price->key));
}

static json_t *last_metric(const json_t *strip)
{
	json_t *items = json_object_get(json_object_get(strip, "p"), "items");

	return json_array_get(items, json_array_size(items) - 1);
}

static void stock_metrics(struct build *b, json_t *strip, const struct profile *profile)
{
	long low = low_rows(profile);
	double value = 0;
	json_t *row;
	size_t i;

	if (og_profile_role(profile, ROLE_MONEY)) {
		json_array_foreach(profile->rows, i, row) value += stock_value(profile, row);
		add_metric(b, strip, "Stock value", value, "money");
	}
	if (low >= 0) {
		add_metric(b, strip, "At or below reorder point", (double)low, "number");
		og_set(b, last_metric(strip), "tone", low > 0 ? "warn" : "");
	}
}

/* The figures of one set: rows, sums, what its stock is worth. */
static void set_metrics(struct build *b, json_t *strip, const char *name,
			const struct profile *profile)
{
	size_t sums = 0;

	add_metric(b, strip, name, (double)profile->n_rows, "number");
	for (size_t i = 0; i < profile->n_columns && sums < 2; i++) {
		const struct column *column = &profile->columns[i];

		if (column->numbers == 0 || !og_column_adds(column))
			continue;
		add_metric(b, strip, column->key, column->sum, og_role_format(column->role));
		sums++;
	}
	if (og_profile_role(profile, ROLE_STOCK))
		stock_metrics(b, strip, profile);
}

static void cut_metrics(json_t *strip)
{
	json_t *items = json_object_get(json_object_get(strip, "p"), "items");

	while (json_array_size(items) > METRICS_MAX)
		json_array_remove(items, json_array_size(items) - 1);
}

/* A single row of nothing but a few numbers is a strip of figures. */
static int is_strip(const struct profile *profile)
{
	if (profile->n_rows != 1 || profile->n_columns == 0 || profile->n_columns > STRIP_COLUMNS)
		return 0;
	for (size_t i = 0; i < profile->n_columns; i++)
		if (profile->columns[i].numbers == 0 || profile->columns[i].role == ROLE_ID)
			return 0;
	return 1;
}

/* A row that is told as facts; a list that happens to hold one row is not. */
static int is_fact(const struct build *b, const struct profile *profile)
{
	return profile->n_rows == 1 && !is_strip(profile) && !is_kind(b, "audit") &&
	       !is_kind(b, "inventory");
}

static void row_metrics(struct build *b, json_t *strip, const struct profile *profile)
{
	for (size_t i = 0; i < profile->n_columns; i++)
		add_metric(b, strip, profile->columns[i].key, profile->columns[i].sum,
			   og_role_format(profile->columns[i].role));
}

void og_table_column(struct build *b, json_t *table, const struct profile *profile,
		     const struct column *column)
{
	const struct column *point = og_profile_role(profile, ROLE_REORDER);
	json_t *item = og_item(b, table, "columns");

	og_set(b, item, "key", column->key);
	og_set_words(b, item, "label", column->key);
	if (column->role != ROLE_STOCK || column->max <= 0) {
		og_set(b, item, "format", og_role_format(column->role));
		return;
	}
	og_set(b, item, "format", "level");
	og_set_json(b, item, "max", og_real(column->max));
	if (point)
		og_set(b, item, "target", point->key);
}

static json_t *add_table(struct build *b, json_t *parent, const char *name,
			 const struct profile *profile)
{
	json_t *table = og_node(b, parent, "Table");

	set_title(b, json_object_get(table, "p"), name);
	og_put_member(b, table, "currency", b->hints, "currency");
	for (size_t i = 0; i < profile->n_columns; i++)
		og_table_column(b, table, profile, &profile->columns[i]);
	og_put_json(b, table, "rows", json_incref((json_t *)profile->rows));
	og_part_row_action(b, table, set_hints(b, name));
	if (profile->left_out > 0)
		og_putf(b, table, "note", "only the first %d columns are shown", OG_VIEW_COLUMNS);
	return table;
}

/* A chart of measure over x, all rows. */
static json_t *add_chart(struct build *b, json_t *parent, const char *component, const char *x,
			 const struct column *measure)
{
	json_t *chart = og_node(b, parent, component), *series;

	og_put(b, chart, "x", x);
	series = og_item(b, chart, "series");
	og_set(b, series, "key", measure->key);
	og_set_words(b, series, "label", measure->key);
	og_put(b, chart, "format", og_role_format(measure->role));
	og_put_member(b, chart, "currency", b->hints, "currency");
	return chart;
}

/* A limit that is the same for every row becomes a line across the chart. */
static void add_reference(struct build *b, json_t *chart, const struct profile *profile)
{
	const struct column *limit = og_profile_role(profile, ROLE_LIMIT);
	json_t *reference;

	if (!limit || !og_column_constant(limit))
		return;
	reference = json_object();
	og_put_json(b, chart, "reference", reference);
	og_set_words(b, reference, "label", limit->key);
	og_set_json(b, reference, "value", og_real(limit->max));
}

static json_t *bar_chart(struct build *b, json_t *parent, const struct profile *profile,
			 const char *x, const struct column *measure)
{
	json_t *rows, *section, *chart;
	char hint[64] = "";

	rows = profile->n_rows > BARS_MAX ? json_array() : json_incref((json_t *)profile->rows);
	for (size_t i = 0; profile->n_rows > BARS_MAX && i < BARS_MAX; i++)
		if (json_array_append(rows, json_array_get(profile->rows, i)) < 0)
			b->failed = 1;
	if (profile->n_rows > BARS_MAX)
		snprintf(hint, sizeof(hint), "the first %d of %zu", BARS_MAX, profile->n_rows);
	section = og_node_section(b, parent, NULL, hint);
	og_set_words(b, json_object_get(section, "p"), "title", measure->key);
	chart = add_chart(b, section, "BarChart", x, measure);
	if (og_profile_role(profile, ROLE_ID) &&
	    strcmp(og_profile_role(profile, ROLE_ID)->key, x) == 0)
		og_put(b, chart, "prefix", "#");
	og_put_json(b, chart, "rows", rows);
	add_reference(b, chart, profile);
	return section;
}

static void line_chart(struct build *b, json_t *parent, const struct profile *profile,
		       const char *x, const struct column *measure)
{
	json_t *section = og_node_section(b, parent, NULL, NULL), *chart;

	og_set_words(b, json_object_get(section, "p"), "title", measure->key);
	chart = add_chart(b, section, "LineChart", x, measure);
	og_put_json(b, chart, "rows", json_incref((json_t *)profile->rows));
	add_reference(b, chart, profile);
}

/* The share called label, made when missing; the last of many takes the rest. */
static json_t *find_share(struct build *b, json_t *bar, const char *label)
{
	json_t *items = json_object_get(json_object_get(bar, "p"), "items"), *item;
	size_t i, n = json_array_size(items);

	json_array_foreach(items, i, item)
	{
		if (strcmp(og_text_of(item, "label"), label) == 0)
			return item;
	}
	if (n == SHARES_MAX)
		return json_array_get(items, n - 1);
	item = og_item(b, bar, "items");
	og_set(b, item, "label", n + 1 == SHARES_MAX ? "Other" : label);
	return item;
}

static void add_share(struct build *b, json_t *bar, const char *label, double amount)
{
	json_t *item = find_share(b, bar, label);

	amount += og_value_number(json_object_get(item, "value"));
	og_set_json(b, item, "value", og_real(amount));
}

/* How the measure (or the value of the stock) is spread over groups. */
static void share_bar(struct build *b, json_t *parent, const struct profile *profile,
		      const char *group, const struct column *measure)
{
	int worth = measure->role == ROLE_STOCK && og_profile_role(profile, ROLE_MONEY);
	json_t *section = og_node_section(b, parent, NULL, NULL), *bar, *row;
	size_t i;

	if (worth)
		og_put(b, section, "title", "Stock value");
	else
		og_set_words(b, json_object_get(section, "p"), "title", measure->key);
	bar = og_node(b, section, "ShareBar");
	og_set_words(b, json_object_get(bar, "p"), "by", group);
	og_put(b, bar, "format", worth ? "money" : og_role_format(measure->role));
	og_put_member(b, bar, "currency", b->hints, "currency");
	json_array_foreach(profile->rows, i, row)
	{
		add_share(b, bar, og_text_of(row, group),
			  worth ? stock_value(profile, row)
				: og_value_number(json_object_get(row, measure->key)));
	}
}

/* The chart the document asks for, with its own x and y. 1: drawn. */
static int asked_chart(struct build *b, json_t *parent, const char *name,
		       const struct profile *profile)
{
	const json_t *hints = set_hints(b, name);
	const char *chart = og_text_of(hints, "chart"), *x = og_json_str(hints, "x");
	const char *y = og_text_of(hints, "y");
	const struct column *measure = NULL;

	for (size_t i = 0; i < profile->n_columns; i++)
		if (strcmp(profile->columns[i].key, y) == 0)
			measure = &profile->columns[i];
	if (!measure || measure->numbers == 0 || !x)
		return strcmp(chart, "none") == 0;
	if (strcmp(chart, "bar") == 0)
		bar_chart(b, parent, profile, x, measure);
	else if (strcmp(chart, "line") == 0)
		line_chart(b, parent, profile, x, measure);
	else if (strcmp(chart, "share") == 0)
		share_bar(b, parent, profile, x, measure);
	else
		return strcmp(chart, "none") == 0;
	return 1;
}

/* The charts its shape asks for: over time, by name, shares of groups. */
static void add_charts(struct build *b, json_t *parent, const char *name,
		       const struct profile *profile)
{
	const struct column *measure = og_profile_measure(profile);
	const struct column *date = og_profile_role(profile, ROLE_DATE);
	const struct column *named = og_profile_name(profile), *id;
	const struct column *group = og_profile_group(profile);

	if (profile->n_rows < 2 || asked_chart(b, parent, name, profile) || !measure ||
	    is_kind(b, "table"))
		return;
	id = og_profile_role(profile, ROLE_ID);
	if (!named && og_profile_role(profile, ROLE_LIMIT))
		named = id;
	if (date && date == &profile->columns[0] && profile->n_rows >= LINE_POINTS_MIN)
		line_chart(b, parent, profile, date->key, measure);
	else if (named && measure->role != ROLE_STOCK && measure->min >= 0)
		bar_chart(b, parent, profile, named->key, measure);
	else if (group && og_column_adds(measure) && measure->min >= 0)
		share_bar(b, parent, profile, group->key, measure);
}

/* Where the parts of a report go. */
struct places {
	json_t *page;	/* the whole width, above the columns */
	json_t *column; /* the main column */
	json_t *charts; /* a grid in it */
	json_t *tail;	/* the whole width, below the columns */
	int first;	/* the set at hand is the first: the one that was asked for */
};

static json_t *chart_place(struct build *b, const struct places *places)
{
	json_t *stack = og_node(b, places->charts, "Stack");

	og_put_json(b, stack, "span", json_integer(6));
	return stack;
}

static json_t *table_place(const struct places *places, const struct profile *profile)
{
	if (profile->n_columns <= WIDE_COLUMNS)
		return places->column;
	return places->first ? places->page : places->tail;
}

/* Names and one measure: the bars say all there is to say. */
static int is_chart_alone(const struct build *b, const struct profile *profile)
{
	return profile->n_columns == 2 && profile->n_rows <= BARS_MAX && !is_kind(b, "table") &&
	       og_profile_name(profile) && og_profile_measure(profile) &&
	       og_profile_measure(profile)->min >= 0 && profile->columns[0].role == ROLE_TEXT;
}

/* Dates and one measure: a line, with its values to unfold. */
static int is_series(const struct profile *profile)
{
	return profile->n_columns == 2 && profile->n_rows >= LINE_POINTS_MIN &&
	       profile->columns[0].role == ROLE_DATE && og_profile_measure(profile);
}

static void add_set(struct build *b, const struct places *places, const char *name,
		    const json_t *rows)
{
	struct profile profile;
	json_t *empty, *section, *table;

	og_profile(rows, &profile);
	if (is_fact(b, &profile) || is_strip(&profile))
		return; /* stands elsewhere */
	if (profile.n_rows == 0) {
		empty = og_node(b, places->column, "Empty");
		set_title(b, json_object_get(empty, "p"), name);
		og_put(b, empty, "text", "no rows");
	} else if (is_chart_alone(b, &profile)) {
		section = bar_chart(b, chart_place(b, places), &profile, profile.columns[0].key,
				    og_profile_measure(&profile));
		set_title(b, json_object_get(section, "p"), name);
	} else {
		add_charts(b, chart_place(b, places), name, &profile);
		table = add_table(b, table_place(places, &profile), name, &profile);
		if (is_series(&profile))
			og_put_json(b, table, "folded", json_true());
	}
}

/* Adds the figures of the sets that strips selects: single rows of
 * numbers, or what the tables add up to. */
static void collect_metrics(struct build *b, json_t *strip, int strips)
{
	json_t *data = json_object_get(b->result, "data"), *rows;
	struct profile profile;
	const char *name;

	json_object_foreach(data, name, rows)
	{
		if (strips != (json_array_size(rows) == 1))
			continue;
		og_profile(rows, &profile);
		if (strips && is_strip(&profile))
			row_metrics(b, strip, &profile);
		else if (!strips && profile.n_rows > 1 && og_profile_measure(&profile))
			set_metrics(b, strip, name, &profile);
	}
}

static void add_metrics(struct build *b, json_t *page)
{
	json_t *strip = og_node(b, page, "Metrics"), *props = json_object_get(strip, "p");
	json_t *children = json_object_get(page, "k");

	og_put_member(b, strip, "currency", b->hints, "currency");
	collect_metrics(b, strip, 1);
	if (!json_object_get(props, "items") && !is_kind(b, "table"))
		collect_metrics(b, strip, 0);
	cut_metrics(strip);
	if (!json_object_get(props, "items"))
		json_array_remove(children, json_array_size(children) - 1);
}

void og_part_facts(struct build *b, json_t *column)
{
	json_t *data = json_object_get(b->result, "data"), *rows, *section, *list, *item;
	struct profile profile;
	const char *name;

	json_object_foreach(data, name, rows)
	{
		if (json_array_size(rows) != 1)
			continue;
		og_profile(rows, &profile);
		if (!is_fact(b, &profile) || og_is_diagnostic(json_array_get(rows, 0)))
			continue;
		section = og_node_section(b, column, NULL, NULL);
		set_title(b, json_object_get(section, "p"), name);
		list = og_node(b, section, "KeyValue");
		og_put_member(b, list, "currency", b->hints, "currency");
		for (size_t i = 0; i < profile.n_columns; i++) {
			item = og_item(b, list, "items");
			og_set_words(b, item, "label", profile.columns[i].key);
			og_set(b, item, "format", og_role_format(profile.columns[i].role));
			og_set_member(b, item, "value", json_array_get(rows, 0),
				      profile.columns[i].key);
		}
	}
}

void og_part_report(struct build *b, json_t *page, json_t *column, json_t *tail)
{
	json_t *data = json_object_get(b->result, "data"), *rows;
	struct places places = { page, column, NULL, tail, 1 };
	const char *name;

	add_metrics(b, page);
	places.charts = og_node(b, column, "Grid");
	json_object_foreach(data, name, rows)
	{
		add_set(b, &places, name, rows);
		places.first = 0;
	}
}
