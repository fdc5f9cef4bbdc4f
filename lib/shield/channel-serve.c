/* The loop that serves one conversation on two descriptors; see channel.h. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/proc/proc.h"
#include "lib/shield/channel-internal.h"
#include "lib/shield/learned.h"

static int serve_broken(struct og_conversation *talk, const struct og_serving *serving,
			struct og_err *err)
{
	json_t *reply = NULL;
	struct og_buf line;

	og_buf_init(&line, OG_CHANNEL_LINE_MAX);
	og_conversation_broken(talk, err, &reply);
	if (reply && og_json_dump(reply, &line, err) == 0 && og_buf_addc(&line, '\n') == 0 &&
	    og_write_all(serving->out, line.data, line.len) < 0)
		errno = 0; /* it is over anyway */
	og_buf_release(&line);
	json_decref(reply);
	return -1;
}

/* 1: a request begins, or the input ends; 0: asked to stop; -1. */
static int wait_request(const struct og_serving *serving, const struct og_lines *lines, int first,
			struct og_err *err)
{
	int64_t deadline = first && serving->first_ms ? og_deadline(serving->first_ms) : OG_FOREVER;
	int begun = lines->buf.len > lines->start;
	int n;

	if (serving->stop < 0 && deadline == OG_FOREVER)
		return 1;
	do {
		struct pollfd fds[2] = { { serving->stop, POLLIN, 0 }, { serving->in, POLLIN, 0 } };

		n = poll(fds, begun ? 1 : 2, begun ? 0 : og_deadline_left(deadline));
		if (n > 0 && fds[0].revents)
			return 0;
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return og_fail(err, OG_EOS, "cannot poll: %s", strerror(errno));
	return n > 0 || begun ? 1 : og_fail(err, OG_ETEMP, "no request came in time");
}

static int next_request(const struct og_serving *serving, struct og_lines *lines, int first,
			char **ret, size_t *len, struct og_err *err)
{
	int more = wait_request(serving, lines, first, err);

	if (more <= 0)
		return more;
	return og_lines_next(lines, serving->line_ms ? og_deadline(serving->line_ms) : OG_FOREVER,
			     ret, len, err);
}

static int answer(struct og_conversation *talk, const struct og_serving *serving,
		  struct og_buf *reply, struct og_err *err)
{
	if (reply->len > 0 && og_write_all(serving->out, reply->data, reply->len) < 0)
		return og_fail(err, OG_EIO, "cannot write a reply");
	if (talk->over)
		return og_fail(err, OG_EDATA, "the conversation was ended: illegal request");
	return 0;
}

int og_channel_serve(struct og_shield *shield, const struct og_serving *serving, struct og_err *err)
{
	struct og_conversation *talk = NULL;
	struct og_lines lines;
	struct og_buf reply;
	char *line;
	size_t len;
	int first = 1, rc = -1, more;

	og_lines_init(&lines, serving->in, OG_CHANNEL_LINE_MAX);
	og_buf_init(&reply, OG_CHANNEL_LINE_MAX + 1);
	if (og_conversation_new(shield, &talk, err) < 0)
		goto out;
	while ((more = next_request(serving, &lines, first, &line, &len, err)) == 1) {
		first = 0;
		og_buf_clear(&reply);
		og_conversation_line(talk, line, len, &reply);
		if (answer(talk, serving, &reply, err) < 0)
			goto out;
		og_shield_learn(shield);
	}
	rc = more < 0 ? serve_broken(talk, serving, err) : 0;
out:
	og_conversation_free(talk);
	og_buf_release(&reply);
	og_lines_release(&lines);
	return rc;
}
