/*
 * The calling side: a line out, a line in. The helper keeps the request's
 * own deadline; ours is a little later, so that it can still say what it
 * knows, and is there for a helper that hangs.
 */
#include "lib/net/net.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/net/wire.h"
#include "lib/proc/proc.h"

#define GRACE_MS   5000
#define GOODBYE_MS 1000

struct og_net {
	struct og_child child;
	struct og_lines lines;
	int64_t last_id;
	int64_t deadline;      /* of the reply to it */
	og_event_fn *on_event; /* of the request, as are the next two */
	void *event_arg;
	int stop_fd;   /* 0: none, or it has been obeyed */
	int cancelled; /* by us */
	int dead;
	int code; /* why it is dead */
};

static size_t count(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

static size_t add_option(const char **argv, size_t n, const char *option, const char *const *list)
{
	for (size_t i = 0; list && list[i]; i++) {
		argv[n++] = option;
		argv[n++] = list[i];
	}
	return n;
}

/* Heap array; the strings are borrowed. */
static const char **arguments(const struct og_net_place *place)
{
	size_t values = count(place->allow) + count(place->bearer) + count(place->login) +
			count(place->secrets);
	size_t n = 0;
	const char **argv = calloc(2 * values + 4, sizeof(*argv));

	if (!argv)
		return NULL;
	argv[n++] = place->program;
	n = add_option(argv, n, "--allow", place->allow);
	n = add_option(argv, n, "--bearer", place->bearer);
	n = add_option(argv, n, "--login", place->login);
	n = add_option(argv, n, "--secret", place->secrets);
	if (place->ca) {
		argv[n++] = "--ca";
		argv[n++] = place->ca;
	}
	return argv;
}

int og_net_open(const struct og_net_place *place, struct og_net **ret, struct og_err *err)
{
	struct og_net *net = calloc(1, sizeof(*net));
	const char **argv = arguments(place);
	int rc = -1;

	if (!net || !argv) {
		og_fail_nomem(err);
		goto out;
	}
	net->child = (struct og_child){ -1, -1, -1 };
	net->code = OG_EUNAVAIL;
	if (og_child_start(argv, NULL, &net->child, err) < 0)
		goto out;
	og_lines_init(&net->lines, net->child.out, OG_NET_LINE_MAX);
	*ret = net;
	net = NULL;
	rc = 0;
out:
	free(argv);
	free(net);
	return rc;
}

void og_net_close(struct og_net *net)
{
	if (!net)
		return;
	og_child_end(&net->child, og_deadline(GOODBYE_MS), NULL);
	og_lines_release(&net->lines);
	free(net);
}

int og_net_alive(const struct og_net *net)
{
	return !net->dead;
}

/* What the helper ended with, where that tells more than that it did. */
static int code_of(int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;

	return code == OG_EUSAGE || code == OG_EDATA || code == OG_ENOINPUT || code == OG_EPERM
		       ? code
		       : OG_EUNAVAIL;
}

static int died(struct og_net *net, struct og_err *err)
{
	int status = 0;

	if (!net->dead) {
		og_child_end(&net->child, og_deadline(GOODBYE_MS), &status);
		net->code = code_of(status);
	}
	net->dead = 1;
	return og_fail(err, net->code, "og-http ended the conversation");
}

/* Takes line. */
static int send_line(struct og_net *net, json_t *line, struct og_err *err)
{
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, OG_NET_LINE_MAX);
	if (!line)
		og_fail_nomem(err);
	if (!line || og_json_dump(line, &text, err) < 0)
		goto out;
	og_buf_addc(&text, '\n');
	if (og_buf_check(&text, "request", err) < 0)
		goto out;
	rc = og_write_all(net->child.in, text.data, text.len) < 0 ? died(net, err) : 0;
out:
	/* A header may hold a secret. */
	if (text.len > 0)
		explicit_bzero(text.data, text.len);
	og_buf_release(&text);
	json_decref(line);
	return rc;
}

void og_net_cancel(struct og_net *net)
{
	struct og_err ignored = OG_ERR_INIT;

	if (net->dead || net->cancelled)
		return;
	net->cancelled = 1;
	if (send_line(net, og_net_cancel_json(net->last_id), &ignored) == 0 &&
	    net->deadline > og_deadline(GRACE_MS))
		net->deadline = og_deadline(GRACE_MS);
}

/* Waits for the helper or for the word to stop, which is passed on. */
static int wait_for_either(struct og_net *net, struct og_err *err)
{
	struct pollfd fds[2] = { { net->child.out, POLLIN, 0 }, { net->stop_fd, POLLIN, 0 } };
	int n = poll(fds, 2, og_deadline_left(net->deadline));

	if (n < 0 && errno != EINTR)
		return og_fail(err, OG_EOS, "cannot poll: %s", strerror(errno));
	if (n > 0 && fds[1].revents) {
		net->stop_fd = 0;
		og_net_cancel(net);
	}
	return 0;
}

/* As og_lines_next(). While it may be told to stop it takes only what is
 * there already. */
static int next_line(struct og_net *net, char **ret, size_t *len, struct og_err *err)
{
	while (net->stop_fd > 0) {
		struct og_err why = OG_ERR_INIT;
		int got = og_lines_next(&net->lines, og_mono_ms(), ret, len, &why);

		if (got >= 0)
			return got;
		if (why.code != OG_ETEMP || og_deadline_left(net->deadline) == 0)
			return og_fail(err, why.code, "%s", why.msg);
		if (wait_for_either(net, err) < 0)
			return -1;
	}
	return og_lines_next(&net->lines, net->deadline, ret, len, err);
}

/* A line: the reply, or an event (1). */
static int read_line(struct og_net *net, struct og_net_reply *reply, struct og_err *err)
{
	char *line;
	size_t len;
	int broken = 0, rc;
	int got = next_line(net, &line, &len, err);

	if (got == 0)
		return died(net, err);
	if (got < 0) {
		net->dead = 1;
		return og_wrap(err, "og-http");
	}
	rc = og_net_reply_parse(line, len, net->last_id, reply, &broken, err);
	net->dead = broken;
	return rc;
}

/* Whoever has had enough of a stream gets no more of it. */
static int take_event(struct og_net *net, const struct og_buf *data, int *refused,
		      struct og_err *err)
{
	if (!net->on_event) {
		net->dead = 1;
		return og_fail(err, OG_EUNAVAIL, "og-http sends events that nobody asked for");
	}
	if (!*refused && net->on_event(net->event_arg, data->data, data->len) != 0) {
		*refused = 1;
		og_net_cancel(net);
	}
	return 0;
}

static int read_reply(struct og_net *net, struct og_net_reply *reply, struct og_err *err)
{
	int refused = 0, rc;

	while ((rc = read_line(net, reply, err)) == 1)
		if (take_event(net, &reply->body, &refused, err) < 0)
			return -1;
	return rc == 0 && refused ? og_fail(err, OG_ETEMP, "cancelled") : rc;
}

int og_net_begin(struct og_net *net, const struct og_net_request *request, struct og_err *err)
{
	int64_t ms = request->timeout_ms > 0 ? request->timeout_ms : OG_NET_TIMEOUT_MS;

	if (net->dead)
		return died(net, err);
	net->last_id++;
	net->on_event = request->on_event;
	net->event_arg = request->event_arg;
	net->stop_fd = request->stop_fd;
	net->cancelled = 0;
	if (send_line(net, og_net_request_json(request, net->last_id), err) < 0)
		return -1;
	net->deadline = og_deadline(ms + GRACE_MS);
	return 0;
}

int og_net_fd(const struct og_net *net)
{
	return net->child.out;
}

int og_net_end(struct og_net *net, struct og_net_reply *reply, struct og_err *err)
{
	og_net_reply_release(reply);
	if (net->dead)
		return died(net, err);
	reply->sent = 1; /* until the helper says otherwise */
	return read_reply(net, reply, err);
}

int og_net_call(struct og_net *net, const struct og_net_request *request,
		struct og_net_reply *reply, struct og_err *err)
{
	og_net_reply_release(reply);
	return og_net_begin(net, request, err) < 0 ? -1 : og_net_end(net, reply, err);
}

/* A request that it must refuse, at once; but a machine on which a hundred
 * helpers start may take its time. */
int og_net_greet(struct og_net *net, struct og_err *err)
{
	struct og_net_request request = { .url = "none:" };
	struct og_err refusal = OG_ERR_INIT;
	struct og_net_reply reply;

	og_net_reply_init(&reply);
	og_net_call(net, &request, &reply, &refusal);
	og_net_reply_release(&reply);
	return net->dead ? og_fail(err, refusal.code, "%s", refusal.msg) : 0;
}
