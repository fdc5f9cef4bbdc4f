/*
 * Figures as people read them: thousands apart, money with its two
 * decimals, instants without the noise. Nothing is rounded away silently:
 * a value with more decimals than its form has is shown in full.
 */
#include "lib/view/format-internal.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"

#define DASH	    "\u2014"
#define FIGURES_MAX 1e15 /* beyond it a double's digits are no longer ours to group */

/* Digits with a comma between thousands. */
static void add_grouped(struct og_buf *buf, const char *digits, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			og_buf_addc(buf, ',');
		og_buf_addc(buf, digits[i]);
	}
}

void og_format_number(struct og_buf *buf, double value, int decimals_min)
{
	char text[64];
	const char *digits = text, *dot;
	double cents = value * 100;

	if (fabs(value) >= FIGURES_MAX || !isfinite(value)) {
		size_t n = isfinite(value) ? og_double_format(value, text) : 0;

		og_buf_add(buf, n > 0 ? text : DASH, n > 0 ? n : strlen(DASH));
		return;
	}
	if (value == 0 || (round(cents) != 0 && fabs(cents - round(cents)) < 1e-6))
		snprintf(text, sizeof(text), "%.2f", round(cents) / 100);
	else
		text[og_double_format(value, text)] = '\0';
	if (strchr(text, 'e')) {
		og_buf_adds(buf, text);
		return;
	}
	if (*digits == '-') {
		if (value < 0)
			og_buf_adds(buf, "\u2212");
		digits++;
	}
	dot = strchr(digits, '.');
	add_grouped(buf, digits, dot ? (size_t)(dot - digits) : strlen(digits));
	if (dot && (decimals_min > 0 || strcmp(dot, ".00") != 0))
		og_buf_adds(buf, dot);
	else if (!dot && decimals_min > 0)
		og_buf_adds(buf, ".00");
}

static void add_integer(struct og_buf *buf, json_int_t value)
{
	char text[32];
	const char *digits = text;

	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, value);
	if (*digits == '-') {
		og_buf_adds(buf, "\u2212");
		digits++;
	}
	add_grouped(buf, digits, strlen(digits));
}

static void add_money(struct og_buf *buf, double value, const char *currency)
{
	static const char *const signs[][2] = {
		{ "USD", "$" }, { "EUR", "\u20ac" }, { "GBP", "\u00a3" }, { "JPY", "\u00a5" }
	};
	size_t i, n = sizeof(signs) / sizeof(*signs);

	for (i = 0; currency && i < n; i++)
		if (strcmp(currency, signs[i][0]) == 0)
			break;
	if (currency && i < n) {
		if (value < 0)
			og_buf_adds(buf, "\u2212");
		og_buf_adds(buf, signs[i][1]);
		value = fabs(value);
	}
	og_format_number(buf, value, 2);
	if (currency && i == n)
		og_buf_addf(buf, " %s", currency);
}

int og_is_date(const char *text, size_t len)
{
	static const char form[] = "0000-00-00T00:00:00";
	size_t i;

	if (len < 10 || len > 35)
		return 0;
	for (i = 0; i < len && form[i]; i++) {
		char c = text[i];

		if (form[i] == '0'   ? !isdigit((unsigned char)c)
		    : form[i] == 'T' ? c != 'T' && c != ' '
				     : c != form[i])
			return 0;
	}
	if (text[5] > '1' || text[8] > '3')
		return 0;
	return i == 10 || i == 16 || i == 19;
}

/* 2026-11-24 09:02, without seconds that are zero or decimals. */
static void add_date(struct og_buf *buf, const char *text, size_t len)
{
	og_buf_add(buf, text, 10);
	if (len >= 16) {
		og_buf_addc(buf, ' ');
		og_buf_add(buf, text + 11, len >= 19 && memcmp(text + 16, ":00", 3) != 0 ? 8 : 5);
	}
}

static void add_string(struct og_buf *buf, const json_t *value, const char *format)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	if (strcmp(format, "date") == 0 && og_is_date(text, len))
		add_date(buf, text, len);
	else if (strcmp(format, "time") == 0 && og_is_date(text, len) && len >= 19)
		og_buf_add(buf, text + 11, 8);
	else if (strcmp(format, "hash") == 0 && len > 20)
		og_buf_addf(buf, "%.8s\u2026%s", text, text + len - 4);
	else
		og_buf_add(buf, text, len);
}

/* A value that JSON could not carry, tagged by the reader of the database:
 * {"i":DIGITS}, {"b":BASE64}, {"t":BASE64}, {"r":HEX FLOAT}. */
static int add_tagged(struct og_buf *buf, const json_t *value)
{
	const char *text;

	if (json_object_size(value) != 1)
		return 0;
	text = og_json_str(value, "i");
	if (!text)
		text = og_json_str(value, "r");
	if (text) {
		og_buf_adds(buf, text);
		return 1;
	}
	text = og_json_str(value, "b");
	if (!text)
		text = og_json_str(value, "t");
	if (text)
		og_buf_addf(buf, "base64:%s", text);
	return text != NULL;
}

void og_format(struct og_buf *buf, const json_t *value, const char *format, const char *currency)
{
	struct og_err err = OG_ERR_INIT;

	if (!value || json_is_null(value))
		og_buf_adds(buf, DASH);
	else if (json_is_string(value))
		add_string(buf, value, format);
	else if (json_is_boolean(value) || (json_is_integer(value) && strcmp(format, "bool") == 0))
		og_buf_adds(buf, json_is_true(value) || json_integer_value(value) ? "yes" : "no");
	else if (json_is_number(value) && strcmp(format, "money") == 0)
		add_money(buf, og_value_number(value), currency);
	else if (json_is_number(value) && strcmp(format, "percent") == 0 &&
		 fabs(og_value_number(value)) < FIGURES_MAX)
		og_buf_addf(buf, "%.0f %%", og_value_number(value) * 100);
	else if (json_is_integer(value) && strcmp(format, "id") == 0)
		og_buf_addf(buf, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_integer(value))
		add_integer(buf, json_integer_value(value));
	else if (json_is_real(value))
		og_format_number(buf, json_real_value(value), 0);
	else if (!add_tagged(buf, value) && og_json_dump(value, buf, &err) < 0)
		og_buf_adds(buf, DASH);
}

double og_value_number(const json_t *value)
{
	double number = json_number_value(value);

	return isfinite(number) ? number : 0;
}

const char *og_text_of(const json_t *object, const char *key)
{
	const char *text = og_json_str(object, key);

	return text ? text : "";
}

int og_format_right(const char *format)
{
	return strcmp(format, "number") == 0 || strcmp(format, "money") == 0 ||
	       strcmp(format, "level") == 0 || strcmp(format, "percent") == 0;
}
