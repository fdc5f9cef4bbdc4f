/*
 * og-http: requests to other servers for programs that have no sockets. It
 * is the one program linked with libcurl. Started by them, it reads one
 * request per line and writes one reply per line; where it may go was said
 * when it was started, and before it reads its first line it can neither
 * start a program nor write a file.
 *
 * It does not know what the requests are for, keeps nothing, logs nothing.
 */
#include "cmd/og-http-transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/og-main.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/proc/proc.h"
#include "lib/sandbox/sandbox.h"

#define IN_FLIGHT_MAX 32
#define CA_MAX	      ((size_t)4 << 20)
#define FILES_MAX     256
#define LONG_WAIT_MS  60000

struct http {
	struct allowed allowed;
	struct og_lines in;
	int eof;
	CURLM *multi;
	struct transfer *transfers;
	int n;
};

static int flush(struct og_err *err)
{
	if (fflush(stdout) != 0)
		return og_fail(err, OG_EIO, "cannot write the output: %s", strerror(errno));
	return 0;
}

static int print_reply(json_t *reply, struct og_err *err)
{
	int rc = reply ? og_print_row(reply, err) : og_fail_nomem(err);

	json_decref(reply);
	return rc < 0 ? -1 : flush(err);
}

static void drop(struct http *http, struct transfer *transfer)
{
	struct transfer **link = &http->transfers;

	while (*link != transfer)
		link = &(*link)->next;
	*link = transfer->next;
	http->n--;
	transfer_release(transfer);
	free(transfer);
}

/* A request that cannot be made is answered and forgotten. */
static int refuse(struct transfer *transfer, struct og_err *err)
{
	return print_reply(transfer_refuse(transfer, err), err);
}

/* Replies are told apart by their id alone. */
static int check_id(const struct http *http, const json_t *id, struct og_err *err)
{
	for (const struct transfer *t = http->transfers; t; t = t->next)
		if (json_equal(t->in.id, id))
			return og_fail(err, OG_EDATA, "request: 'id' is that of another one");
	return 0;
}

/* An id that is not under way is passed over: its reply may have crossed
 * this line. */
static int cancel(struct http *http, const json_t *id, struct og_err *err)
{
	struct transfer *t = http->transfers;
	json_t *reply;

	while (t && !json_equal(t->in.id, id))
		t = t->next;
	if (!t)
		return 0;
	reply = transfer_cancel(t);
	if (t->easy)
		curl_multi_remove_handle(http->multi, t->easy);
	drop(http, t);
	return print_reply(reply, err);
}

static int take_line(struct http *http, const char *line, size_t len, struct og_err *err)
{
	struct transfer *transfer = calloc(1, sizeof(*transfer));
	int rc;

	if (!transfer)
		return og_fail_nomem(err);
	rc = transfer_init(transfer, line, len, &http->allowed, err);
	if (rc == 0 && !transfer->in.cancel)
		rc = check_id(http, transfer->in.id, err);
	if (rc < 0 || transfer->in.cancel) {
		rc = rc < 0 ? refuse(transfer, err) : cancel(http, transfer->in.cancel, err);
		transfer_release(transfer);
		free(transfer);
		return rc;
	}
	transfer->next = http->transfers;
	http->transfers = transfer;
	http->n++;
	return 0;
}

/* One more than can be under way is read, for it may be a word to cancel. */
static int is_open(const struct http *http)
{
	return !http->eof && http->n <= IN_FLIGHT_MAX;
}

static int has_room(const struct http *http)
{
	int n = 0;

	for (const struct transfer *t = http->transfers; t; t = t->next)
		n += t->easy != NULL;
	return n < IN_FLIGHT_MAX;
}

/* Takes the requests that are there, without waiting. */
static int take_requests(struct http *http, struct og_err *err)
{
	while (is_open(http)) {
		char *line;
		size_t len;
		int got = og_lines_next(&http->in, og_mono_ms(), &line, &len, err);

		if (got < 0)
			return err->code == OG_ETEMP ? 0 : -1;
		if (got == 0)
			http->eof = 1;
		else if (take_line(http, line, len, err) < 0)
			return -1;
	}
	return 0;
}

/* One that cannot be started is answered with the reason. */
static int start_one(struct http *http, struct transfer *transfer, struct og_err *err)
{
	int rc;

	if (transfer_start(transfer, &http->allowed, err) == 0)
		return curl_multi_add_handle(http->multi, transfer->easy) == CURLM_OK
			       ? 0
			       : og_fail_nomem(err);
	rc = refuse(transfer, err);
	drop(http, transfer);
	return rc;
}

static int start_due(struct http *http, struct og_err *err)
{
	struct transfer *next;

	for (struct transfer *t = http->transfers; t; t = next) {
		next = t->next;
		if (!t->easy && og_deadline_left(t->due) == 0 && has_room(http) &&
		    start_one(http, t, err) < 0)
			return -1;
	}
	return 0;
}

/* When something is to be done with it; libcurl knows of its own timers. */
static int64_t due_at(const struct http *http, const struct transfer *t)
{
	if (!t->easy)
		return has_room(http) ? t->due : OG_FOREVER;
	return t->in.request.idle_ms > 0 ? t->heard + t->in.request.idle_ms : OG_FOREVER;
}

static int until_due(const struct http *http)
{
	int64_t due = og_deadline(LONG_WAIT_MS);

	for (const struct transfer *t = http->transfers; t; t = t->next)
		if (due_at(http, t) < due)
			due = due_at(http, t);
	return og_deadline_left(due);
}

static int finish_one(struct http *http, struct transfer *transfer, CURLcode code,
		      struct og_err *err)
{
	json_t *reply = NULL;
	int again;

	curl_multi_remove_handle(http->multi, transfer->easy);
	again = transfer_finish(transfer, code, &reply, err);
	if (again != 0)
		return again < 0 ? -1 : 0;
	drop(http, transfer);
	return print_reply(reply, err);
}

static int finish_done(struct http *http, struct og_err *err)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left))) {
		struct transfer *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		if (finish_one(http, transfer, message->data.result, err) < 0)
			return -1;
	}
	return 0;
}

/* Ends those whose server has fallen silent. */
static int finish_idle(struct http *http, struct og_err *err)
{
	struct transfer *next;

	for (struct transfer *t = http->transfers; t; t = next) {
		next = t->next;
		if (!t->easy || og_deadline_left(due_at(http, t)) != 0)
			continue;
		t->idled = 1;
		if (finish_one(http, t, CURLE_OPERATION_TIMEDOUT, err) < 0)
			return -1;
	}
	return 0;
}

static int turn(struct http *http, struct og_err *err)
{
	struct curl_waitfd input = { STDIN_FILENO, CURL_WAIT_POLLIN, 0 };
	int running;

	if (start_due(http, err) < 0)
		return -1;
	if (curl_multi_perform(http->multi, &running) != CURLM_OK)
		return og_fail(err, OG_EBUG, "libcurl is out of step");
	/* What ended makes room for lines that were read already. */
	if (flush(err) < 0 || finish_done(http, err) < 0 || finish_idle(http, err) < 0 ||
	    take_requests(http, err) < 0)
		return -1;
	if (http->n == 0 && http->eof)
		return 0;
	if (curl_multi_poll(http->multi, &input, is_open(http) ? 1 : 0, until_due(http), NULL) !=
	    CURLM_OK)
		return og_fail(err, OG_EOS, "cannot wait: %s", strerror(errno));
	return take_requests(http, err);
}

static int serve(struct http *http, struct og_err *err)
{
	if (take_requests(http, err) < 0)
		return -1;
	while (!http->eof || http->n > 0)
		if (turn(http, err) < 0)
			return -1;
	return 0;
}

/* What a resolver, a TLS library and their configuration are read from. */
static int give_up_authority(struct og_err *err)
{
	static const char *const wanted[] = { "/etc",
					      "/usr/lib",
					      "/lib",
					      "/usr/share/ca-certificates",
					      "/usr/local/share/ca-certificates",
					      "/run/systemd/resolve",
					      NULL };
	const char *readable[sizeof(wanted) / sizeof(*wanted)] = { NULL };
	size_t n = 0;

	for (size_t i = 0; wanted[i]; i++)
		if (access(wanted[i], R_OK | X_OK) == 0)
			readable[n++] = wanted[i];
	if (og_sandbox_paths(readable, NULL, err) < 0 || og_sandbox_no_exec(err) < 0)
		return -1;
	return og_sandbox_limits(0, 0, FILES_MAX, err);
}

/* Only now, since several options may name the same variable. */
static void forget_sources(const struct og_args *args)
{
	const char *value;

	for (size_t i = 0; (value = og_arg_list(args, "bearer", i)); i++)
		forget_source(value);
	for (size_t i = 0; (value = og_arg_list(args, "login", i)); i++)
		forget_source(value);
	for (size_t i = 0; (value = og_arg_list(args, "secret", i)); i++)
		forget_source(value);
}

static int read_options(struct http *http, const struct og_args *args, struct og_err *err)
{
	const char *ca = og_arg_value(args, "ca"), *value;

	for (size_t i = 0; (value = og_arg_list(args, "allow", i)); i++)
		if (allow_origin(&http->allowed, value, err) < 0)
			return -1;
	for (size_t i = 0; (value = og_arg_list(args, "bearer", i)); i++)
		if (allow_token(&http->allowed, value, err) < 0)
			return -1;
	for (size_t i = 0; (value = og_arg_list(args, "login", i)); i++)
		if (allow_login(&http->allowed, value, err) < 0)
			return -1;
	for (size_t i = 0; (value = og_arg_list(args, "secret", i)); i++)
		if (allow_secret(&http->allowed, value, err) < 0)
			return -1;
	forget_sources(args);
	return ca ? og_file_read(ca, "certificates", &http->allowed.ca, err) : 0;
}

static void release(struct http *http)
{
	while (http->transfers)
		drop(http, http->transfers);
	curl_multi_cleanup(http->multi);
	og_lines_release(&http->in);
	allowed_release(&http->allowed);
	curl_global_cleanup();
}

static int run(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct http *http = calloc(1, sizeof(*http));
	int rc = -1;

	(void)ctx;
	if (!http)
		return og_fail_nomem(err);
	og_lines_init(&http->in, STDIN_FILENO, OG_NET_LINE_MAX);
	og_buf_init(&http->allowed.ca, CA_MAX);
	prctl(PR_SET_DUMPABLE, 0); /* a core would have the secrets in it */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(http->multi = curl_multi_init()))
		og_fail(err, OG_EOS, "cannot start libcurl");
	else if (read_options(http, args, err) == 0 && give_up_authority(err) == 0)
		rc = serve(http, err);
	release(http);
	free(http);
	return rc;
}

static const struct og_opt options[] = {
	{ "allow", 0, OG_OPT_LIST, "ORIGIN", "go there: scheme://host[:port]; may repeat" },
	{ "bearer", 0, OG_OPT_LIST, "URL=SOURCE", "a token for all below URL; may repeat" },
	{ "login", 0, OG_OPT_LIST, "URL=SOURCE", "USER:PASSWORD for all below URL; may repeat" },
	{ "secret", 0, OG_OPT_LIST, "URL=HEADER=SOURCE", "a secret for all below URL; may repeat" },
	{ "ca", 0, OG_OPT_VALUE, "FILE", "trust these certificates, not the system's" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_command commands[] = {
	{ NULL, "", "read requests, write replies, until the input ends", options, 0, 0, run },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-http",
	"make requests to other servers for programs that have no sockets",
	commands,
};
