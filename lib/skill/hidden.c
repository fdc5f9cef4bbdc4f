/*
 * Characters a reader does not see: controls, direction overrides, zero
 * width, tags, fillers. In a skill they could make a person approve other
 * words than the machine reads, so their presence is an error.
 */
#include "lib/skill/parse-internal.h"

#include "lib/base/text.h"

static const struct {
	uint32_t from, to;
} hidden[] = {
	{ 0x00, 0x08 },	    { 0x0b, 0x0c },	{ 0x0e, 0x1f },	      { 0x7f, 0x9f },
	{ 0xad, 0xad },	    { 0x34f, 0x34f },	{ 0x61c, 0x61c },     { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 }, { 0x180b, 0x180e }, { 0x200b, 0x200f },   { 0x2028, 0x202e },
	{ 0x2060, 0x206f }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0e },   { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff },
};

#define JOINER	     0x200d
#define FIRST_SYMBOL 0x2190

static int is_hidden(uint32_t c)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (c >= hidden[i].from && c <= hidden[i].to)
			return 1;
	}
	return 0;
}

/* The first hidden character at or after *at, which moves past it: 1 with
 * *ret, or 0. The joiner of emoji sequences may stand after a symbol. */
static int next_hidden(const char *text, size_t len, size_t *at, uint32_t *ret)
{
	uint32_t before = 0;

	while (*at < len) {
		size_t n = og_utf8_decode(text + *at, len - *at, ret);

		*at += n;
		if (is_hidden(*ret) && !(*ret == JOINER && before >= FIRST_SYMBOL))
			return 1;
		before = *ret;
	}
	return 0;
}

int og_text_hidden(const char *text, size_t len)
{
	size_t at = 0;
	uint32_t c;

	return next_hidden(text, len, &at, &c);
}

void og_read_hidden(struct og_reader *r)
{
	size_t at = 0, counted = 0, line = 1;
	uint32_t c;

	while (next_hidden(r->text, r->len, &at, &c)) {
		for (; counted < at; counted++)
			line += r->text[counted] == '\n';
		og_note_error(r, line, "invisible character U+%04X", (unsigned)c);
		if (r->errors > 20)
			return;
	}
}
