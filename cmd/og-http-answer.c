/*
 * What comes back: headers, a body that is kept until it is whole, or an
 * event stream that is handed out as it comes. Every byte here is a
 * stranger's; none of them gets into an error's words.
 */
#include <string.h>

#include "cmd/og-http-transfer.h"
#include "cmd/og-main.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"

#define HEADER_BYTES_MAX ((size_t)65536)
#define HIDDEN_MIN	 8 /* bytes: what is shorter stands in many a text */

void answer_begin(struct transfer *transfer)
{
	og_buf_clear(&transfer->body);
	json_decref(transfer->reply_headers);
	transfer->reply_headers = json_array();
	transfer->header_bytes = 0;
	transfer->kind = ANSWER_UNKNOWN;
	transfer->idled = 0;
	og_events_release(&transfer->stream);
	og_events_init(&transfer->stream, 0, NULL, NULL);
	transfer->heard = og_mono_ms();
}

static int print_event(void *arg, const char *data, size_t len)
{
	struct transfer *transfer = arg;
	json_t *line = json_pack("{s:i, s:O}", "v", 1, "id", transfer->in.id);
	int rc = -1;

	if (!line)
		og_fail_nomem(&transfer->trouble);
	else if (og_net_set_bytes(line, "event", data, len, &transfer->trouble) == 0)
		rc = og_print_row(line, &transfer->trouble);
	json_decref(line);
	return rc;
}

/* "text/event-stream", with or without parameters. */
static int is_event_stream(const char *type)
{
	static const char name[] = "text/event-stream";
	size_t len = sizeof(name) - 1;

	return type && strncasecmp(type, name, len) == 0 &&
	       (type[len] == '\0' || strchr("; \t", type[len]));
}

/* Known when the first byte of the body is there. */
static void decide_kind(struct transfer *transfer)
{
	const char *type = NULL;
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
	transfer->kind = ANSWER_BODY;
	if (transfer->in.events && status == 200 && is_event_stream(type)) {
		transfer->kind = ANSWER_EVENTS;
		og_events_release(&transfer->stream);
		og_events_init(&transfer->stream, transfer->in.request.max_bytes, print_event,
			       transfer);
	}
}

size_t answer_body(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *transfer = arg;
	struct og_err err = OG_ERR_INIT;
	size_t len = size * n;

	transfer->heard = og_mono_ms();
	if (transfer->kind == ANSWER_UNKNOWN)
		decide_kind(transfer);
	if (transfer->kind == ANSWER_EVENTS) {
		if (og_events_add(&transfer->stream, data, len, &err) == 0)
			return len;
		transfer->too_large = err.code == OG_EDATA;
		return 0;
	}
	if (og_buf_add(&transfer->body, data, len) == 0)
		return len;
	transfer->too_large = 1;
	return 0;
}

/* "Name: value" and its line end to "name: value". */
static json_t *tidy_header(char *data, size_t len)
{
	char *colon = memchr(data, ':', len);

	while (len > 0 && (data[len - 1] == '\r' || data[len - 1] == '\n' || data[len - 1] == ' '))
		len--;
	if (!colon || colon >= data + len)
		return NULL;
	for (char *p = data; p < colon; p++)
		*p = (char)og_ascii_lower((unsigned char)*p);
	return json_stringn(data, len);
}

/* A header that is not UTF-8 is left out. A new status line means that
 * what came before belonged to an interim answer. */
size_t answer_header(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *transfer = arg;
	size_t len = size * n;
	json_t *header;

	transfer->heard = og_mono_ms();
	transfer->header_bytes += len;
	if (transfer->header_bytes > HEADER_BYTES_MAX) {
		transfer->too_large = 1;
		return 0;
	}
	if (len > 5 && strncmp(data, "HTTP/", 5) == 0) {
		json_array_clear(transfer->reply_headers);
		return len;
	}
	header = tidy_header(data, len);
	if (header)
		json_array_append_new(transfer->reply_headers, header);
	return len;
}

static int explain_timeout(const struct transfer *transfer, struct og_err *err)
{
	const struct og_net_request *request = &transfer->in.request;

	if (transfer->idled)
		return og_fail(err, OG_ETEMP, "nothing came for %lld ms",
			       (long long)request->idle_ms);
	return og_fail(err, OG_ETEMP,
		       transfer->kind == ANSWER_EVENTS ? "the stream did not end within %lld ms"
						       : "no answer within %lld ms",
		       (long long)request->timeout_ms);
}

/* Why a certificate is not believed, by OpenSSL's number of it (its
 * X509_V_ERR_*, which are fixed). The name is compared by libcurl itself, once
 * OpenSSL is content, and its number is then still the first one. */
static const char *distrust(long verified)
{
	switch (verified) {
	case 0:
	case 1:	 /* X509_V_ERR_UNSPECIFIED */
	case 62: /* X509_V_ERR_HOSTNAME_MISMATCH */
	case 64: /* X509_V_ERR_IP_ADDRESS_MISMATCH */
		return "is for another name";
	case 9: /* X509_V_ERR_CERT_NOT_YET_VALID */
		return "is not valid yet";
	case 10: /* X509_V_ERR_CERT_HAS_EXPIRED */
		return "has expired";
	default:
		return "is not of an authority that is trusted here";
	}
}

/* In our words: those of libcurl may quote the server. */
int answer_explain(const struct transfer *transfer, CURLcode code, struct og_err *err)
{
	if (transfer->too_large)
		return og_fail(err, OG_EDATA, "the answer is larger than %zu bytes",
			       transfer->in.request.max_bytes);
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return explain_timeout(transfer, err);
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return og_fail(err, OG_EUNAVAIL, "the server's name is not known");
	case CURLE_COULDNT_CONNECT:
		return og_fail(err, OG_EUNAVAIL, "the server cannot be reached");
	case CURLE_PEER_FAILED_VERIFICATION:
		return og_fail(err, OG_EUNAVAIL, "the server's certificate %s",
			       distrust(transfer->verified));
	case CURLE_SSL_CONNECT_ERROR:
		return og_fail(err, OG_EUNAVAIL, "the server speaks no TLS that can be used");
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return og_fail(err, OG_EUNAVAIL,
			       transfer->kind == ANSWER_EVENTS
				       ? "the stream was cut off"
				       : "the connection ended without a whole answer");
	case CURLE_OUT_OF_MEMORY:
		return og_fail_nomem(err);
	default:
		return og_fail(err, OG_EUNAVAIL, "no answer that can be used: %s",
			       curl_easy_strerror(code));
	}
}

static void hide(struct og_buf *body, const char *secret, size_t len)
{
	char *at = body->data, *end = at + body->len;

	while (len >= HIDDEN_MIN && (at = memmem(at, (size_t)(end - at), secret, len))) {
		memset(at, '*', len);
		at += len;
	}
}

/* What is a success is data, and left as it is. */
void answer_hide(struct transfer *transfer, long status)
{
	if (transfer->body.len == 0 || (status >= 200 && status < 300))
		return;
	for (int i = 0; i < transfer->n_secrets; i++) {
		const struct place *secret = transfer->secrets[i];

		hide(&transfer->body, secret->header.data + secret->value,
		     secret->header.len - secret->value);
	}
}

json_t *answer_reply(const struct transfer *transfer, long status, struct og_err *err)
{
	const struct og_buf *body = &transfer->body;
	json_t *reply =
		json_pack("{s:i, s:O, s:b, s:i, s:O, s:b, s:i}", "v", 1, "id", transfer->in.id,
			  "ok", 1, "status", (int)status, "headers", transfer->reply_headers,
			  "sent", 1, "attempts", transfer->attempts);

	if (!reply || (transfer->kind == ANSWER_EVENTS &&
		       og_json_set(reply, "events", json_integer(transfer->stream.count), err) < 0))
		goto fail;
	if (transfer->advice.retry_ms > 0 &&
	    og_json_set(reply, "retry_ms", json_integer(transfer->advice.retry_ms), err) < 0)
		goto fail;
	if (og_net_set_bytes(reply, "body", body->data, body->len, err) == 0)
		return reply;
fail:
	json_decref(reply);
	return NULL;
}
