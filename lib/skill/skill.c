/*
 * Names, hash and steps of a skill's record.
 */
#include "lib/skill/skill.h"

#include <string.h>

#include "lib/base/text.h"

static int is_lower(int c)
{
	return c >= 'a' && c <= 'z';
}

static int is_digit(int c)
{
	return c >= '0' && c <= '9';
}

int og_skill_name_valid(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > OG_SKILL_NAME_MAX || name[0] == '-' || name[len - 1] == '-')
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (!is_lower(name[i]) && !is_digit(name[i]) &&
		    (name[i] != '-' || name[i + 1] == '-'))
			return 0;
	}
	return 1;
}

int og_ident_valid(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > 63 || is_digit(name[0]))
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (!is_lower(name[i]) && !is_digit(name[i]) && name[i] != '_')
			return 0;
	}
	return 1;
}

int og_table_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 128 && strcspn(name, "\".(){}[]|:=\t\r\n") == len &&
	       og_utf8_valid(name, len) && !og_text_hidden(name, len);
}

int og_slug(const char *text, char sep, char out[OG_SKILL_NAME_MAX + 1])
{
	size_t n = 0, word = 0; /* word: length of out before the current word */

	for (; *text != '\0'; text++) {
		int c = og_ascii_lower((unsigned char)*text);

		if (is_lower(c) || is_digit(c)) {
			if (n == 63) {
				n = word > 0 ? word : n;
				break;
			}
			out[n++] = (char)c;
		} else if (n > 0 && out[n - 1] != sep && n < 63) {
			word = n;
			out[n++] = sep;
		}
	}
	if (n > 0 && out[n - 1] == sep)
		n--;
	out[n] = '\0';
	return n > 0 ? 0 : -1;
}

int og_skill_hash(const json_t *doc, char out[OG_HASH_HEX + 1], struct og_err *err)
{
	struct og_buf buf;
	struct og_hash hash;
	int rc = -1;

	og_buf_init(&buf, OG_SKILL_DOC_MAX);
	if (og_json_canon(doc, &buf, err) < 0)
		goto out;
	og_sha256(buf.data, buf.len, &hash);
	og_hash_hex(&hash, out);
	rc = 0;
out:
	og_buf_release(&buf);
	return rc;
}

int og_skill_step_reserved(const char *name)
{
	return strncmp(name, "call-", 5) == 0 && name[5] &&
	       name[5 + strspn(name + 5, "0123456789")] == '\0';
}

const json_t *og_skill_step(const json_t *doc, const char *name)
{
	json_t *step;
	size_t i;

	json_array_foreach(json_object_get(doc, "steps"), i, step)
	{
		const char *own = og_json_str(step, "name");

		if (name == NULL || (own != NULL && strcmp(own, name) == 0))
			return step;
	}
	return NULL;
}
