/* See note.h. Notes come from outside: nothing here trusts a length or a
 * line to be there. */
#include "lib/ledger/note.h"

#include <string.h>

#include "lib/base/text.h"

#define ED25519	       0x01 /* signature type */
#define ID_LEN	       4
#define DASH	       "\xe2\x80\x94 " /* U+2014 and a space begin a signature line */
#define SIGNATURES_MAX 100

static int name_valid(const char *name, size_t len)
{
	if (len == 0 || len > OG_NOTE_NAME_MAX || !og_utf8_valid(name, len))
		return 0;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == '+' || name[i] == 0x7f)
			return 0;
	return 1;
}

/* SHA-256(name || newline || type || public key), its first bytes. */
static void key_id(const struct og_note_key *key, unsigned char out[ID_LEN])
{
	const unsigned char type[] = { '\n', ED25519 };
	struct og_slice pieces[] = { { key->name, strlen(key->name) },
				     { type, sizeof(type) },
				     { key->pub, OG_KEY_PUBLIC } };
	struct og_hash hash;

	og_sha256v(pieces, 3, &hash);
	memcpy(out, hash.b, ID_LEN);
}

int og_note_key_print(const struct og_note_key *key, struct og_buf *ret, struct og_err *err)
{
	unsigned char id[ID_LEN], typed[1 + OG_KEY_PUBLIC] = { ED25519 };
	char hex[2 * ID_LEN + 1];

	key_id(key, id);
	og_hex_encode(hex, id, ID_LEN);
	memcpy(typed + 1, key->pub, OG_KEY_PUBLIC);
	og_buf_addf(ret, "%s+%s+", key->name, hex);
	og_base64_encode(ret, typed, sizeof(typed));
	return og_buf_check(ret, "key", err);
}

/* The part behind the second '+': type and public key. */
static int parse_public(const char *text, struct og_note_key *key)
{
	struct og_buf raw;
	int rc = -1;

	og_buf_init(&raw, 1 + OG_KEY_PUBLIC);
	if (og_base64_decode(&raw, text, strlen(text)) == 0 && raw.len == 1 + OG_KEY_PUBLIC &&
	    raw.data[0] == ED25519) {
		memcpy(key->pub, raw.data + 1, OG_KEY_PUBLIC);
		rc = 0;
	}
	og_buf_release(&raw);
	return rc;
}

int og_note_key_parse(const char *text, struct og_note_key *ret, struct og_err *err)
{
	const char *plus = strchr(text, '+'), *last = plus ? strchr(plus + 1, '+') : NULL;
	unsigned char id[ID_LEN], said[ID_LEN];
	struct og_note_key key = { 0 };
	char hex[2 * ID_LEN + 1] = "";

	if (!last || last - plus - 1 != 2 * ID_LEN || !name_valid(text, (size_t)(plus - text)))
		return og_fail(err, OG_EDATA, "'%s' is not a verifier key", text);
	memcpy(key.name, text, (size_t)(plus - text));
	memcpy(hex, plus + 1, 2 * ID_LEN);
	if (og_hex_decode(said, ID_LEN, hex) < 0 || parse_public(last + 1, &key) < 0)
		return og_fail(err, OG_EDATA, "'%s' is not a verifier key", text);
	key_id(&key, id);
	if (memcmp(id, said, ID_LEN) != 0)
		return og_fail(err, OG_EDATA, "the key id of '%s' is wrong", text);
	*ret = key;
	return 0;
}

int og_note_sign(const struct og_slice *text, const char *name,
		 const unsigned char seed[OG_KEY_SEED], struct og_buf *ret, struct og_err *err)
{
	unsigned char blob[ID_LEN + OG_SIGNATURE];
	struct og_note_key key = { 0 };

	if (!name_valid(name, strlen(name)))
		return og_fail(err, OG_EDATA, "'%s' cannot be a signer's name", name);
	memcpy(key.name, name, strlen(name));
	if (og_key_public(seed, key.pub, err) < 0 ||
	    og_sign(seed, text->data, text->len, blob + ID_LEN, err) < 0)
		return -1;
	key_id(&key, blob);
	og_buf_add(ret, text->data, text->len);
	og_buf_addf(ret, "\n" DASH "%s ", name);
	og_base64_encode(ret, blob, sizeof(blob));
	og_buf_addc(ret, '\n');
	return og_buf_check(ret, "signed note", err);
}

/* The parts of a signature line. */
struct signature {
	const char *name;
	size_t name_len;
	unsigned char blob[ID_LEN + OG_SIGNATURE]; /* key id and signature */
	size_t len;				   /* 0: of another kind or size */
};

static int parse_line(const char *line, size_t len, struct signature *ret, struct og_err *err)
{
	const char *end = line + len, *space;
	struct og_buf blob;
	int rc = 0;

	if (len < strlen(DASH) || memcmp(line, DASH, strlen(DASH)) != 0)
		return og_fail(err, OG_EDATA, "signed note: not a signature line");
	ret->name = line + strlen(DASH);
	space = memchr(ret->name, ' ', (size_t)(end - ret->name));
	ret->name_len = space ? (size_t)(space - ret->name) : 0;
	if (!name_valid(ret->name, ret->name_len))
		return og_fail(err, OG_EDATA, "signed note: a signature without a name");
	og_buf_init(&blob, OG_NOTE_MAX);
	if (og_base64_decode(&blob, space + 1, (size_t)(end - space - 1)) < 0 || blob.len <= ID_LEN)
		rc = og_fail(err, OG_EDATA, "signed note: a signature is not base64");
	ret->len = rc == 0 && blob.len == sizeof(ret->blob) ? blob.len : 0;
	if (ret->len)
		memcpy(ret->blob, blob.data, blob.len);
	og_buf_release(&blob);
	return rc;
}

static int is_from(const struct signature *s, const struct og_note_key *key)
{
	unsigned char id[ID_LEN];

	key_id(key, id);
	return s->len > 0 && strlen(key->name) == s->name_len &&
	       memcmp(s->name, key->name, s->name_len) == 0 && memcmp(s->blob, id, ID_LEN) == 0;
}

/* Length of the text: everything before the last blank line. */
static int find_text(const struct og_slice *note, size_t *ret, struct og_err *err)
{
	const char *data = note->data;
	size_t end = note->len;

	for (size_t i = 0; i < note->len; i++)
		if (((unsigned char)data[i] < ' ' && data[i] != '\n') || data[i] == 0x7f)
			return og_fail(err, OG_EDATA, "signed note: control bytes in it");
	if (end < 3 || end > OG_NOTE_MAX || data[end - 1] != '\n' || !og_utf8_valid(data, end))
		return og_fail(err, OG_EDATA, "this is not a signed note");
	for (end -= 1; end >= 2; end--)
		if (data[end - 1] == '\n' && data[end - 2] == '\n') {
			*ret = end - 1;
			return 0;
		}
	return og_fail(err, OG_EDATA, "this is not a signed note: no signatures");
}

int og_note_check(const struct og_slice *note, const struct og_note_key *key, size_t *ret_len,
		  struct og_err *err)
{
	const char *at, *end = (const char *)note->data + note->len;
	size_t text_len = 0, good = 0, line_len;
	struct signature s;

	if (find_text(note, &text_len, err) < 0)
		return -1;
	at = (const char *)note->data + text_len + 1;
	for (int n = 0; at < end; at += line_len + 1, n++) {
		line_len = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at);
		if (n == SIGNATURES_MAX)
			return og_fail(err, OG_EDATA, "signed note: too many signatures");
		if (parse_line(at, line_len, &s, err) < 0)
			return -1;
		if (!is_from(&s, key))
			continue;
		if (og_verify(key->pub, note->data, text_len, s.blob + ID_LEN, NULL) < 0)
			return og_fail(err, OG_NO, "the signature of '%s' is not good", key->name);
		good++;
	}
	if (!good)
		return og_fail(err, OG_NO, "no signature of '%s' with the known key", key->name);
	*ret_len = text_len;
	return 0;
}
