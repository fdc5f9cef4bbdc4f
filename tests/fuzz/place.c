/* Any text as og.conf's shield: a place or an error, and for ssh a command
 * line on which a shell finds exactly the path that was given. */
#include "lib/proc/place.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

/* What a shell makes of '...'\''...': the words between quotes, joined. */
static int same(const char *quoted, const char *path)
{
	int inside = 0;

	for (; *quoted; quoted++) {
		if (*quoted == '\'')
			inside = !inside;
		else if (!inside && quoted[0] == '\\' && quoted[1] == '\'' && *path == '\'')
			quoted++, path++;
		else if (!inside || *path++ != *quoted)
			return 0;
	}
	return !inside && !*path;
}

static int is_option(const char *word)
{
	return word[0] == '-' || strpbrk(word, " \t\n'\"`$;&|<>()\\") != NULL;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	static const char start[] = "og-shield --channel --home ";
	struct og_err err = OG_ERR_INIT;
	struct og_place place;
	struct og_buf command;
	char text[4096];

	if (len >= sizeof(text))
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (og_place_parse(text, &place, &err) < 0 || place.kind != OG_PLACE_SSH)
		return 0;
	if (is_option(place.host) || is_option(place.user) || is_option(place.port) ||
	    !*place.host || place.path[0] != '/')
		abort();
	og_buf_init(&command, 16384);
	if (og_place_command(&place, &command, &err) < 0 ||
	    strncmp(command.data, start, strlen(start)) != 0 ||
	    !same(command.data + strlen(start), place.path))
		abort();
	og_buf_release(&command);
	return 0;
}
