/*
 * Characters a reader does not see (lib/base/text.h). In a skill they could
 * make a person approve other words than the machine reads, so their
 * presence is an error.
 */
#include "lib/skill/parse-internal.h"

#include "lib/base/text.h"

void og_read_hidden(struct og_reader *r)
{
	size_t at = 0, counted = 0, line = 1;
	uint32_t c;

	while (og_utf8_hidden(r->text, r->len, &at, &c)) {
		for (; counted < at; counted++)
			line += r->text[counted] == '\n';
		og_note_error(r, line, "invisible character U+%04X", (unsigned)c);
		if (r->errors > 20)
			return;
	}
}
