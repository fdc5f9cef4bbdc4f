/* See link.h. The words of a conversation are channel.c's. */
#include "lib/proc/link.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/proc/place.h"
#include "lib/proc/proc-internal.h"
#include "lib/proc/proc.h"

#define LINK_QUEUE_MAX ((size_t)32 << 20)

struct og_link {
	struct og_child child;
	struct og_lines lines;
	struct og_buf out;
	size_t done; /* bytes of out that are written */
	int64_t sent, answered;
	int dead, killed;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int og_link_open(const struct og_shield_place *place, struct og_link **ret, struct og_err *err)
{
	struct og_link *link = calloc(1, sizeof(*link));

	if (!link)
		return og_fail_nomem(err);
	link->child = (struct og_child){ -1, -1, -1 };
	if (og_place_connect(place, &link->child, err) < 0) {
		free(link);
		return -1;
	}
	fcntl(link->child.in, F_SETFL, O_NONBLOCK);
	fcntl(link->child.out, F_SETFL, O_NONBLOCK);
	og_lines_init(&link->lines, link->child.out, OG_CHANNEL_LINE_MAX);
	og_buf_init(&link->out, LINK_QUEUE_MAX);
	*ret = link;
	return 0;
}

void og_link_close(struct og_link *link, int kill_it)
{
	link->dead = 1;
	close_fd(&link->child.in);
	close_fd(&link->child.out);
	if (kill_it && link->child.pid > 0)
		kill(link->child.pid, SIGKILL);
}

int og_link_gone(struct og_link *link)
{
	if (link->child.pid > 0 && waitpid(link->child.pid, NULL, WNOHANG) == 0)
		return 0;
	close_fd(&link->child.in);
	close_fd(&link->child.out);
	og_lines_release(&link->lines);
	og_buf_release(&link->out);
	free(link);
	return 1;
}

int og_link_in(const struct og_link *link)
{
	return link->child.out;
}

int og_link_out(const struct og_link *link)
{
	return link->child.in;
}

int og_link_wants(const struct og_link *link)
{
	return link->done < link->out.len;
}

int og_link_send(struct og_link *link, const char *verb, json_t *request, struct og_err *err)
{
	struct og_buf line;
	int rc = -1;

	og_buf_init(&line, OG_CHANNEL_LINE_MAX);
	if (!request) {
		og_fail_nomem(err);
	} else if (og_json_set(request, "v", json_integer(1), err) == 0 &&
		   og_json_set(request, "id", json_integer(link->sent + 1), err) == 0 &&
		   og_json_set(request, "verb", json_string(verb), err) == 0 &&
		   og_json_dump(request, &line, err) == 0) {
		og_buf_addc(&line, '\n');
		rc = og_buf_check(&line, "request", err);
	}
	json_decref(request);
	if (rc == 0 && og_buf_add(&link->out, line.data, line.len) < 0)
		rc = og_buf_check(&link->out, "requests to the shield", err);
	og_buf_release(&line);
	if (rc < 0)
		return -1;
	link->sent++;
	return og_link_pump(link, err);
}

int og_link_sign(struct og_link *link, const char *principal, const char *nonce,
		 const char *key_path, struct og_err *err)
{
	struct og_buf sig;
	int rc = -1;

	og_buf_init(&sig, 256);
	if (og_channel_sign(key_path, nonce, &sig, err) == 0)
		rc = og_link_send(link, "session.begin",
				  json_pack("{s:s, s:s, s:s}", "principal", principal, "nonce",
					    nonce, "sig", sig.data),
				  err);
	og_buf_release(&sig);
	return rc;
}

/* Who hung up may have said why before: that is still to be read. */
int og_link_pump(struct og_link *link, struct og_err *err)
{
	while (!link->dead && link->done < link->out.len) {
		ssize_t n = write(link->child.in, link->out.data + link->done,
				  link->out.len - link->done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno != EPIPE && errno != ECONNRESET)
			return og_fail(err, OG_EUNAVAIL, "cannot write to the shield: %s",
				       strerror(errno));
		if (n < 0)
			break;
		link->done += (size_t)n;
	}
	og_buf_clear(&link->out);
	link->done = 0;
	return 0;
}

static int not_ours(struct og_link *link, json_t *reply, struct og_err *err)
{
	link->dead = 1;
	if (json_is_null(json_object_get(reply, "id")) && !og_json_bool(reply, "ok", 1)) {
		og_channel_refusal(reply, err);
		if (err && err->code != OG_ETEMP && err->code != OG_EPERM && err->code != OG_ECONF)
			err->code = OG_EUNAVAIL;
	} else {
		og_fail(err, OG_EUNAVAIL, "the shield answered another request");
	}
	json_decref(reply);
	return -1;
}

int og_link_next(struct og_link *link, json_t **ret, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	json_t *reply = NULL;
	char *line;
	size_t len;
	int n;

	if (link->dead)
		return og_fail(err, OG_EUNAVAIL, "the shield ended the conversation");
	n = og_lines_next(&link->lines, 0, &line, &len, &why);
	if (n < 0 && why.code == OG_ETEMP)
		return 0;
	if (n <= 0 || og_json_parse(line, len, OG_CHANNEL_LINE_MAX, "reply of the shield", &reply,
				    &why) < 0) {
		link->dead = 1;
		return og_fail(err, OG_EUNAVAIL, "the shield ended the conversation");
	}
	if (og_json_int(reply, "id", -1) != link->answered + 1)
		return not_ours(link, reply, err);
	link->answered++;
	*ret = reply;
	return 1;
}
