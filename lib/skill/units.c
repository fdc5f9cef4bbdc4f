/*
 * Units of measure. What differs from country to country (gallons, tons) is
 * left out, as is what is no plain multiple (degrees).
 */
#include "lib/skill/values-internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	char measures; /* mass, length, volume, time, count */
	double factor; /* how many of the smallest, exactly */
	const char *also;
};

/* g, m, l, s and pieces are the units others are counted in; the factors of
 * smaller ones are kept whole by counting in milligrams and so on. A pound
 * is 0.45359237 kg and an inch 0.0254 m by definition. */
static const struct unit units[] = {
	{ "mg", 'm', 1, "milligram milligrams" },
	{ "g", 'm', 1e3, "gram grams gr" },
	{ "kg", 'm', 1e6, "kilogram kilograms kilo kilos kgs" },
	{ "t", 'm', 1e9, "tonne tonnes" },
	{ "oz", 'm', 28349.523125, "ounce ounces" },
	{ "lb", 'm', 453592.37, "lbs pound pounds" },
	{ "mm", 'l', 1, "millimetre millimetres millimeter millimeters" },
	{ "cm", 'l', 10, "centimetre centimetres centimeter centimeters" },
	{ "m", 'l', 1e3, "metre metres meter meters" },
	{ "km", 'l', 1e6, "kilometre kilometres kilometer kilometers" },
	{ "in", 'l', 25.4, "inch inches" },
	{ "ft", 'l', 304.8, "foot feet" },
	{ "yd", 'l', 914.4, "yard yards" },
	{ "mi", 'l', 1609344, "mile miles" },
	{ "ml", 'v', 1, "millilitre millilitres milliliter milliliters" },
	{ "cl", 'v', 10, "centilitre centilitres centiliter centiliters" },
	{ "l", 'v', 1e3, "litre litres liter liters" },
	{ "m3", 'v', 1e6, "" },
	{ "s", 't', 1, "sec secs second seconds" },
	{ "min", 't', 60, "mins minute minutes" },
	{ "h", 't', 3600, "hr hrs hour hours" },
	{ "d", 't', 86400, "day days" },
	{ "week", 't', 604800, "weeks" },
	{ "piece", 'c', 1, "pieces pcs pc item items" },
	{ "pair", 'c', 2, "pairs" },
	{ "dozen", 'c', 12, "dozens" },
	{ "gross", 'c', 144, "" },
};

#define UNITS (sizeof(units) / sizeof(units[0]))

static int listed(const char *list, const char *word, size_t len)
{
	while (*list != '\0') {
		size_t n = strcspn(list, " ");

		if (n == len && strncasecmp(list, word, n) == 0)
			return 1;
		list += n + (list[n] == ' ');
	}
	return 0;
}

static const struct unit *unit_of(const char *word, size_t len)
{
	for (size_t i = 0; i < UNITS; i++) {
		if (strlen(units[i].name) == len && strncasecmp(units[i].name, word, len) == 0)
			return &units[i];
		if (listed(units[i].also, word, len))
			return &units[i];
	}
	return NULL;
}

int og_unit_known(const char *name)
{
	for (size_t i = 0; i < UNITS; i++) {
		if (strcmp(units[i].name, name) == 0)
			return 1;
	}
	return 0;
}

const char *og_unit_at(const struct og_words *words, size_t i)
{
	const struct unit *unit = NULL;

	if (i < words->n && words->w[i].kind == OG_WORD)
		unit = unit_of(words->text + words->w[i].at, words->w[i].len);
	return unit != NULL ? unit->name : NULL;
}

int og_unit_convert(double amount, const char *from, const char *to, double *ret)
{
	const struct unit *a = unit_of(from, strlen(from)), *b = unit_of(to, strlen(to));
	char text[40];
	double value;

	if (a == NULL || b == NULL || a->measures != b->measures)
		return -1;
	value = amount * a->factor / b->factor;
	snprintf(text, sizeof(text), "%.15g", value);
	value = strtod(text, NULL);
	if (!isfinite(value))
		return -1;
	*ret = value;
	return 0;
}
