/* JSON pointers, RFC 6901: "/card/last4", "/tags/0"; "" is the whole. */
#include "lib/json/json.h"

#include <string.h>

#define TOKEN_MAX   256
#define POINTER_MAX 1024

int og_json_pointer_valid(const char *pointer)
{
	if (*pointer && *pointer != '/')
		return 0;
	for (const char *p = pointer; *p; p++)
		if (*p == '~' && p[1] != '0' && p[1] != '1')
			return 0;
	return strlen(pointer) <= POINTER_MAX;
}

/* One reference token, its escapes undone; its length in the pointer. */
static size_t next_token(const char *pointer, char out[TOKEN_MAX])
{
	size_t n = strcspn(pointer, "/"), len = 0;

	for (size_t i = 0; i < n && len < TOKEN_MAX - 1; i++) {
		char c = pointer[i];

		if (c == '~')
			c = pointer[++i] == '0' ? '~' : '/';
		out[len++] = c;
	}
	out[len] = '\0';
	return n;
}

/* An array's index has no leading zeros; "-", the element after the last,
 * never exists. */
static const json_t *element(const json_t *array, const char *token)
{
	size_t digits = strspn(token, "0123456789"), index = 0;

	if (digits == 0 || digits > 9 || token[digits] || (token[0] == '0' && digits > 1))
		return NULL;
	for (size_t i = 0; i < digits; i++)
		index = index * 10 + (size_t)(token[i] - '0');
	return json_array_get(array, index);
}

const json_t *og_json_pointer(const json_t *value, const char *pointer)
{
	char token[TOKEN_MAX];

	while (value && *pointer) {
		pointer++;
		pointer += next_token(pointer, token);
		value = json_is_array(value) ? element(value, token)
					     : json_object_get(value, token);
	}
	return value;
}
