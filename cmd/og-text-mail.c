/*
 * og-text mail: messages as text (RFC 5322, MIME), one or a mailbox full.
 * GMime reads them; what is told of one is who wrote it when about what,
 * and its first text. The only user of GMime.
 */
#include <gmime/gmime.h>
#include <string.h>

#include "cmd/og-text.h"
#include "lib/base/text.h"

#define FIELD_MAX 1000 /* bytes of a subject or a sender */
#define FILES_MAX 20   /* attachments that are named */

/* What a message is made of that we tell. */
struct parts {
	GMimePart *plain, *html; /* the first of each; borrowed */
	json_t *files;		 /* names of attachments */
};

static void look_at(GMimeObject *parent, GMimeObject *object, gpointer arg)
{
	struct parts *parts = arg;
	GMimeContentType *type;

	(void)parent;
	if (!GMIME_IS_PART(object))
		return;
	type = g_mime_object_get_content_type(object);
	if (g_mime_part_is_attachment(GMIME_PART(object))) {
		const char *name = g_mime_part_get_filename(GMIME_PART(object));

		if (name && json_array_size(parts->files) < FILES_MAX)
			json_array_append_new(parts->files, json_string(name));
	} else if (!parts->plain && g_mime_content_type_is_type(type, "text", "plain")) {
		parts->plain = GMIME_PART(object);
	} else if (!parts->html && g_mime_content_type_is_type(type, "text", "html")) {
		parts->html = GMIME_PART(object);
	}
}

/* The part's text in UTF-8, at most TEXT_MAX bytes; NULL: it has none. */
static char *text_of(GMimePart *part)
{
	const char *charset =
		g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset");
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *memory = g_mime_stream_mem_new(), *filtered;
	GByteArray *bytes;
	char *text = NULL;

	if (content) {
		filtered = g_mime_stream_filter_new(memory);
		if (charset && g_ascii_strcasecmp(charset, "utf-8") != 0) {
			GMimeFilter *filter = g_mime_filter_charset_new(charset, "utf-8");

			if (filter) {
				g_mime_stream_filter_add(GMIME_STREAM_FILTER(filtered), filter);
				g_object_unref(filter);
			}
		}
		g_mime_data_wrapper_write_to_stream(content, filtered);
		g_mime_stream_flush(filtered);
		g_object_unref(filtered);
		bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
		if (bytes && bytes->len > 0 && bytes->len <= TEXT_MAX)
			text = g_utf8_make_valid((const char *)bytes->data, bytes->len);
	}
	g_object_unref(memory);
	return text;
}

/* A field of the head, cut and without control bytes; absent: NULL. */
static json_t *field(const char *text)
{
	struct og_buf clean;
	json_t *value = NULL;
	char *valid;
	size_t len;

	if (!text || !*text)
		return NULL;
	valid = g_utf8_make_valid(text, -1);
	len = strlen(valid);
	if (len > FIELD_MAX)
		for (len = FIELD_MAX; len > 0 && ((unsigned char)valid[len] & 0xc0) == 0x80;)
			len--;
	og_buf_init(&clean, 8 * FIELD_MAX);
	og_text_safe(&clean, valid, len, 0);
	value = json_stringn(clean.data ? clean.data : "", clean.len);
	og_buf_release(&clean);
	g_free(valid);
	return value;
}

static json_t *date_of(GMimeMessage *message)
{
	GDateTime *date = g_mime_message_get_date(message), *utc;
	json_t *value = NULL;
	char *text;

	if (!date || !(utc = g_date_time_to_utc(date)))
		return NULL;
	text = g_date_time_format(utc, "%Y-%m-%d");
	value = text ? json_string(text) : NULL;
	g_free(text);
	g_date_time_unref(utc);
	return value;
}

static json_t *sender_of(GMimeMessage *message)
{
	InternetAddressList *from = g_mime_message_get_from(message);
	char *text = from ? internet_address_list_to_string(from, NULL, FALSE) : NULL;
	json_t *value = field(text);

	g_free(text);
	return value;
}

/* Sets a member when there is a value. */
static void set(json_t *line, const char *name, json_t *value)
{
	if (value)
		json_object_set_new(line, name, value);
}

/* A message without a text that can be shown is a line without "text". */
static json_t *message_json(GMimeMessage *message)
{
	struct parts parts = { .files = json_array() };
	json_t *line = json_pack("{s:i}", "v", 1);
	char *text;

	g_mime_message_foreach(message, look_at, &parts);
	set(line, "id", field(g_mime_message_get_message_id(message)));
	set(line, "subject", field(g_mime_message_get_subject(message)));
	set(line, "from", sender_of(message));
	set(line, "date", date_of(message));
	text = parts.plain ? text_of(parts.plain) : NULL;
	if (text)
		set(line, "text", json_string(text));
	g_free(text);
	text = !json_object_get(line, "text") && parts.html ? text_of(parts.html) : NULL;
	if (text)
		set(line, "html", json_string(text));
	g_free(text);
	if (json_array_size(parts.files) > 0)
		set(line, "files", json_incref(parts.files));
	json_decref(parts.files);
	return line;
}

/* Does it begin like a mailbox (RFC 4155)? Else it is one message. */
static int is_mailbox(const char *data, size_t len)
{
	return len > 5 && memcmp(data, "From ", 5) == 0;
}

static int print_messages(GMimeParser *parser, int mailbox, struct og_err *err)
{
	size_t n = 0;

	do {
		GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
		int rc;

		if (!message)
			break;
		if (n++ == TEXT_MESSAGES_MAX) {
			g_object_unref(message);
			return og_fail(err, OG_EDATA, "the mailbox has more than %d messages",
				       TEXT_MESSAGES_MAX);
		}
		rc = text_print(message_json(message), err);
		g_object_unref(message);
		if (rc < 0)
			return -1;
	} while (mailbox && !g_mime_parser_eos(parser));
	return n > 0 ? 0 : og_fail(err, OG_EDATA, "there is no message in it");
}

int text_mail(const char *data, size_t len, struct og_err *err)
{
	int mailbox = is_mailbox(data, len), rc;
	GMimeStream *stream;
	GMimeParser *parser;

	g_mime_init();
	stream = g_mime_stream_mem_new_with_buffer(data, len);
	parser = g_mime_parser_new_with_stream(stream);
	g_mime_parser_set_persist_stream(parser, FALSE);
	g_mime_parser_set_format(parser, mailbox ? GMIME_FORMAT_MBOX : GMIME_FORMAT_MESSAGE);
	rc = print_messages(parser, mailbox, err);
	g_object_unref(parser);
	g_object_unref(stream);
	g_mime_shutdown();
	return rc;
}
