/*
 * One request on its way. A redirect is an answer like any other and is
 * not followed: whoever asked knows whether the new place may be asked,
 * and a request that has an effect must not have it twice. HTTP/1.1 only,
 * since one framing less is one parser less that meets hostile bytes.
 */
#include "cmd/og-http-transfer.h"

#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"

#define RETRY_MIN_MS 500
#define RETRY_MAX_MS 16000

int transfer_init(struct transfer *transfer, const char *line, size_t len,
		  const struct allowed *allowed, struct og_err *err)
{
	memset(transfer, 0, sizeof(*transfer));
	og_buf_init(&transfer->body, 0);
	og_events_init(&transfer->stream, 0, NULL, NULL);
	if (og_net_request_parse(line, len, &transfer->in, err) < 0)
		return -1;
	if (transfer->in.cancel)
		return 0;
	if (parse_url(transfer->in.request.url, &transfer->url, err) < 0 ||
	    is_allowed(allowed, transfer->url, err) < 0)
		return -1;
	og_buf_init(&transfer->body, transfer->in.request.max_bytes);
	transfer->deadline = og_deadline(transfer->in.request.timeout_ms);
	transfer->due = og_mono_ms();
	return 0;
}

static void end_try(struct transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	for (struct curl_slist *h = transfer->headers; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(transfer->headers);
	transfer->easy = NULL;
	transfer->headers = NULL;
}

void transfer_release(struct transfer *transfer)
{
	end_try(transfer);
	curl_url_cleanup(transfer->url);
	json_decref(transfer->reply_headers);
	og_buf_release(&transfer->body);
	og_events_release(&transfer->stream);
	og_net_incoming_release(&transfer->in);
}

static int add_header(struct transfer *transfer, const char *header, struct og_err *err)
{
	struct curl_slist *longer = curl_slist_append(transfer->headers, header);

	if (!longer)
		return og_fail_nomem(err);
	transfer->headers = longer;
	return 0;
}

/* libcurl takes "Name:" for "leave it out"; an empty header is "Name;". */
static int add_request_header(struct transfer *transfer, const char *header, struct og_err *err)
{
	size_t name = strcspn(header, ":");
	struct og_buf empty;
	int rc;

	if (header[name + 1 + strspn(header + name + 1, " \t")])
		return add_header(transfer, header, err);
	og_buf_init(&empty, OG_NET_HEADER_MAX + 2);
	og_buf_add(&empty, header, name);
	og_buf_addc(&empty, ';');
	rc = og_buf_check(&empty, "header", err) < 0 ? -1 : add_header(transfer, empty.data, err);
	og_buf_release(&empty);
	return rc;
}

static int has_header(const struct og_net_request *request, const char *name, size_t len)
{
	for (size_t i = 0; request->headers && request->headers[i]; i++)
		if (strncasecmp(request->headers[i], name, len) == 0 &&
		    request->headers[i][len] == ':')
			return 1;
	return 0;
}

/* One that the request names itself is not sent beside it. */
static int add_secrets(struct transfer *transfer, const struct allowed *allowed, struct og_err *err)
{
	int n = secrets_for(allowed, transfer->url, transfer->secrets, err);

	transfer->n_secrets = n < 0 ? 0 : n;
	for (int i = 0; i < n; i++) {
		const struct place *secret = transfer->secrets[i];

		if (!has_header(&transfer->in.request, secret->header.data, secret->name) &&
		    add_header(transfer, secret->header.data, err) < 0)
			return -1;
	}
	return n < 0 ? -1 : 0;
}

/* No "Expect: 100-continue", which few servers like, and no content type
 * that nobody asked for. */
static int add_headers(struct transfer *transfer, const struct allowed *allowed, struct og_err *err)
{
	const struct og_net_request *request = &transfer->in.request;

	if (add_header(transfer, "Expect:", err) < 0)
		return -1;
	if (!has_header(request, "Content-Type", strlen("Content-Type")) &&
	    add_header(transfer, "Content-Type:", err) < 0)
		return -1;
	if (add_secrets(transfer, allowed, err) < 0)
		return -1;
	for (size_t i = 0; request->headers && request->headers[i]; i++)
		if (add_request_header(transfer, request->headers[i], err) < 0)
			return -1;
	return 0;
}

static void set_method(CURL *easy, const struct og_net_request *request)
{
	static const char *const with_body[] = { "POST", "PUT", "PATCH", NULL };
	int body = request->body != NULL;

	if (strcmp(request->method, "HEAD") == 0) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
		return;
	}
	for (size_t i = 0; with_body[i]; i++)
		body |= strcmp(request->method, with_body[i]) == 0;
	if (body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body ? request->body : "");
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_security(CURL *easy, const struct allowed *allowed)
{
	struct curl_blob ca = { allowed->ca.data, allowed->ca.len, CURL_BLOB_NOCOPY };

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	if (allowed->ca.len > 0)
		curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &ca);
}

static void set_transfer(struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_CURLU, transfer->url);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)og_deadline_left(transfer->deadline) + 1);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "omnigate/" OG_VERSION);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, answer_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, answer_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	/* On a connection that was kept a late second answer would be taken
	 * for that to the next request, and libcurl would send a request again
	 * that was cut off. */
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
}

int transfer_start(struct transfer *transfer, const struct allowed *allowed, struct og_err *err)
{
	answer_begin(transfer);
	transfer->easy = curl_easy_init();
	if (!transfer->easy || !transfer->reply_headers)
		return og_fail_nomem(err);
	if (add_headers(transfer, allowed, err) < 0)
		return -1;
	set_transfer(transfer);
	set_security(transfer->easy, allowed);
	set_method(transfer->easy, &transfer->in.request);
	if (curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) != CURLE_OK)
		return og_fail_nomem(err);
	transfer->attempts++;
	return 0;
}

/* What the answer says of another try; with no answer, nothing. */
static void take_advice(struct transfer *transfer, CURLcode code, long status)
{
	memset(&transfer->advice, 0, sizeof(transfer->advice));
	if (code == CURLE_OK)
		og_net_advise((int)status, transfer->reply_headers, transfer->body.data,
			      transfer->body.len, og_now_ms(), &transfer->advice);
}

/* Full jitter: anything up to a bound that doubles. What the server asks for
 * comes before it, so that those it asked do not come back together. -1: not
 * within the deadline. */
static int64_t retry_at(const struct transfer *transfer)
{
	int64_t most = RETRY_MIN_MS, delay = transfer->advice.retry_ms;
	uint32_t random = 0;

	for (int i = 1; i < transfer->attempts && most < RETRY_MAX_MS; i++)
		most *= 2;
	if (og_random(&random, sizeof(random), NULL) == 0)
		delay += random % (uint32_t)(most + 1);
	return og_deadline_left(transfer->deadline) > delay ? og_mono_ms() + delay : -1;
}

/* May and should it be tried again? */
static int is_retried(const struct transfer *transfer, CURLcode code, long status, int sent)
{
	/* Events that were handed out cannot be taken back. */
	if (transfer->attempts >= transfer->in.request.tries || transfer->too_large ||
	    transfer->stream.count > 0 || transfer->advice.final)
		return 0;
	if (!transfer->in.request.idempotent)
		return code != CURLE_OK && !sent;
	if (code == CURLE_OK)
		return status == 429 || status == 500 || status == 502 || status == 503 ||
		       status == 504;
	return code != CURLE_PEER_FAILED_VERIFICATION;
}

/* Did a byte of the request leave us? What is counted has the words for a
 * proxy in it, but nothing of a request under TLS leaves before the server
 * is known. */
static int was_written(const struct transfer *transfer)
{
	curl_off_t known = 0;
	long written = 0;

	if (!transfer->easy)
		return 0;
	curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &written);
	curl_easy_getinfo(transfer->easy, CURLINFO_APPCONNECT_TIME_T, &known);
	return written > 0 &&
	       (known > 0 || strncasecmp(transfer->in.request.url, "https:", 6) != 0);
}

int transfer_finish(struct transfer *transfer, CURLcode code, json_t **ret_reply,
		    struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	int written = was_written(transfer), again;
	long status = 0;

	if (transfer->trouble.code)
		return og_fail(err, transfer->trouble.code, "%s", transfer->trouble.msg);
	if (code == CURLE_OK && og_events_pending(&transfer->stream))
		code = CURLE_PARTIAL_FILE;
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_SSL_VERIFYRESULT, &transfer->verified);
	transfer->sent |= written;
	take_advice(transfer, code, status);
	again = is_retried(transfer, code, status, written);
	transfer->due = again ? retry_at(transfer) : -1;
	end_try(transfer);
	if (transfer->due >= 0)
		return 1;
	answer_hide(transfer, status);
	if (code == CURLE_OK) {
		*ret_reply = answer_reply(transfer, status, err);
	} else {
		answer_explain(transfer, code, &why);
		*ret_reply = transfer_refuse(transfer, &why);
		if (*ret_reply && status > 0)
			og_json_set(*ret_reply, "status", json_integer(status), NULL);
	}
	return *ret_reply ? 0 : og_fail_nomem(err);
}

json_t *transfer_cancel(struct transfer *transfer)
{
	struct og_err why = OG_ERR_INIT;

	og_fail(&why, OG_ETEMP, "cancelled");
	transfer->sent |= was_written(transfer);
	return transfer_refuse(transfer, &why);
}

json_t *transfer_refuse(const struct transfer *transfer, const struct og_err *why)
{
	json_t *reply = json_pack("{s:i, s:O?, s:b, s:i, s:s, s:b, s:i}", "v", 1, "id",
				  transfer->in.id, "ok", 0, "code", why->code, "why", why->msg,
				  "sent", transfer->sent, "attempts", transfer->attempts);

	if (reply && !transfer->in.id)
		json_object_set_new(reply, "id", json_null());
	if (reply && why->hint[0])
		json_object_set_new(reply, "fix", json_string(why->hint));
	if (reply && transfer->stream.count > 0)
		json_object_set_new(reply, "events", json_integer(transfer->stream.count));
	return reply;
}
