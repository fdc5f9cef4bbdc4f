/* The conversation with og-amqp; see amqp-internal.h. */
#include "lib/queue/amqp-internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"

#define LINE_MAX_BYTES ((size_t)2 << 20)
#define ANSWER_MS      20000 /* og-amqp gives up earlier */
#define GOODBYE_MS     3000
#define PASSWORD_MAX   1024

const char *og_amqp_name(const struct og_amqp_queue *q, const char *rest, char out[OG_AMQP_NAME])
{
	snprintf(out, OG_AMQP_NAME, "%s.%s", q->prefix, rest);
	return out;
}

/* --- news ----------------------------------------------------------------------- */

/* What was pushed to a handle that stopped listening has gone back. */
static void take_push(struct og_amqp_queue *q, const char *consumer, json_t *message)
{
	char name[OG_AMQP_NAME];

	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s.%lld", i ? "control" : "tasks",
			 (long long)q->listener);
		if (q->listener > 0 && strcmp(name, consumer) == 0)
			json_array_append(q->pushed[i], message);
	}
}

/* A hint, or a dead letter: which matters if it is one of ours. */
static void take_told(struct og_amqp_queue *q, const json_t *message)
{
	const char *exchange = og_json_str(message, "exchange"), *id;
	char dead[OG_AMQP_NAME];
	json_t *letter;

	q->heard = 1;
	if (!exchange || strcmp(exchange, og_amqp_name(q, "dead", dead)) != 0)
		return;
	letter = og_amqp_letter(message);
	id = og_json_str(letter, "id");
	if (id && json_object_get(q->own, id))
		json_object_set(q->letters, id, letter);
	json_decref(letter);
}

static void take_lost(struct og_amqp_queue *q)
{
	q->lost = 1;
	q->back = 0;
	q->listener = 0;
	json_array_clear(q->pushed[0]);
	json_array_clear(q->pushed[1]);
}

static void take_news(struct og_amqp_queue *q, const json_t *news)
{
	const char *event = og_json_str(news, "event");
	json_t *message = json_object_get(news, "message");
	const char *consumer = og_json_str(message, "consumer");

	if (!event)
		return;
	if (strcmp(event, "lost") == 0) {
		take_lost(q);
	} else if (strcmp(event, "back") == 0) {
		q->lost = 0;
		q->back = 1;
	} else if (consumer && strcmp(consumer, "told") == 0) {
		take_told(q, message);
	} else if (consumer) {
		take_push(q, consumer, message);
	}
}

/* --- lines ------------------------------------------------------------------------ */

/* A child that ended because of what it was told says so by its status. */
static int child_ended(struct og_amqp_queue *q, struct og_err *err)
{
	int status = 0, code;

	if (!q->ended) {
		og_child_end(&q->child, og_deadline(GOODBYE_MS), &status);
		code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
		q->ended = code == OG_EPERM || code == OG_ECONF ? code : OG_EUNAVAIL;
	}
	return og_fail(err, q->ended, "og-amqp ended the conversation");
}

int og_amqp_send(struct og_amqp_queue *q, const char *op, json_t *request, int64_t *ret_id,
		 struct og_err *err)
{
	int rc = request ? 0 : og_fail_nomem(err);

	og_buf_clear(&q->out);
	if (rc == 0 &&
	    (og_json_set(request, "op", json_string(op), err) < 0 ||
	     og_json_set(request, "id", json_integer(ret_id ? ++q->last_id : 0), err) < 0 ||
	     og_json_dump(request, &q->out, err) < 0))
		rc = -1;
	json_decref(request);
	og_buf_addc(&q->out, '\n');
	if (rc < 0 || og_buf_check(&q->out, "request", err) < 0)
		return -1;
	if (q->ended || og_write_all(q->child.in, q->out.data, q->out.len) < 0)
		return child_ended(q, err);
	if (ret_id)
		*ret_id = q->last_id;
	return 0;
}

/* 1: a line is there or coming; 0: deadline; 2: wake_fd; -1. */
static int wait_line(struct og_amqp_queue *q, int64_t deadline, int wake_fd, struct og_err *err)
{
	const struct og_lines *lines = &q->lines;
	struct pollfd fds[2] = { { q->child.out, POLLIN, 0 }, { wake_fd, POLLIN, 0 } };
	int n;

	if (lines->buf.len > lines->start &&
	    memchr(lines->buf.data + lines->start, '\n', lines->buf.len - lines->start))
		return 1;
	do
		n = poll(fds, 2, og_deadline_left(deadline));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return og_fail(err, OG_EOS, "cannot poll: %s", strerror(errno));
	return n == 0 ? 0 : fds[0].revents ? 1 : 2;
}

int og_amqp_take(struct og_amqp_queue *q, int64_t deadline, int wake_fd, json_t **ret_answer,
		 struct og_err *err)
{
	json_t *line = NULL;
	char *text;
	size_t len;
	int n = q->ended ? child_ended(q, err) : wait_line(q, deadline, wake_fd, err);

	*ret_answer = NULL;
	if (n != 1)
		return n;
	n = og_lines_next(&q->lines, og_deadline(ANSWER_MS), &text, &len, err);
	if (n <= 0)
		return child_ended(q, err);
	if (og_json_parse(text, len, LINE_MAX_BYTES, "answer of og-amqp", &line, err) < 0) {
		child_ended(q, NULL);
		return -1;
	}
	if (json_object_get(line, "event"))
		take_news(q, line);
	else
		*ret_answer = json_incref(line);
	json_decref(line);
	return 1;
}

int og_amqp_refused(const json_t *answer, struct og_err *err)
{
	const char *why = og_json_str(answer, "why");

	if (og_json_bool(answer, "ok", 0))
		return 0;
	og_fail(err, (int)og_json_int(answer, "code", OG_EUNAVAIL), "%s", why ? why : "refused");
	if (why && (strstr(why, "NOT_FOUND") || strstr(why, "NO_ROUTE")))
		og_hint(err, "og doctor --fix makes what is missing");
	return -1;
}

/* The answer to this id; others came too late for whoever wanted them. */
static int await(struct og_amqp_queue *q, int64_t id, json_t **ret, struct og_err *err)
{
	int64_t deadline = og_deadline(ANSWER_MS);

	for (;;) {
		json_t *answer;
		int n = og_amqp_take(q, deadline, -1, &answer, err);

		if (n == 0) {
			child_ended(q, NULL);
			return og_fail(err, OG_ETEMP, "og-amqp gave no answer in time");
		}
		if (n < 0)
			return -1;
		if (answer && og_json_int(answer, "id", -1) == id) {
			*ret = answer;
			return 0;
		}
		json_decref(answer);
	}
}

int og_amqp_call(struct og_amqp_queue *q, const char *op, json_t *request, json_t **ret,
		 struct og_err *err)
{
	json_t *answer = NULL;
	int64_t id;
	int rc;

	if (og_amqp_send(q, op, request, &id, err) < 0 || await(q, id, &answer, err) < 0)
		return -1;
	rc = og_amqp_refused(answer, err);
	if (rc == 0 && ret)
		*ret = json_incref(answer);
	json_decref(answer);
	return rc;
}

/* --- opening ------------------------------------------------------------------------ */

static int is_given(const char *file)
{
	return file && *file && strcmp(file, "none") != 0;
}

/* A secret that others may read is none. */
static int check_mode(const char *path, struct og_err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return og_fail(err, OG_ECONF, "cannot read '%s': %s", path, strerror(errno));
	if (!(st.st_mode & 077))
		return 0;
	og_fail(err, OG_EPERM, "others may read '%s'", path);
	return og_hint(err, "chmod 600 it");
}

/* The first line of the file. */
static int read_password(const char *path, struct og_buf *out, struct og_err *err)
{
	if (check_mode(path, err) < 0 || og_file_read(path, "password", out, err) < 0)
		return -1;
	if (out->len > 0)
		out->len = strcspn(out->data, "\r\n");
	if (out->len == 0)
		return og_fail(err, OG_ECONF, "'%s' holds no password", path);
	out->data[out->len] = '\0';
	return 0;
}

/* Files are named relative to the instance. */
static int add_file(json_t *open, const struct og_queue_place *place, const char *name,
		    const char *file, struct og_err *err)
{
	char *path;
	int rc;

	if (!is_given(file))
		return 0;
	path = og_path_join(place->home, file);
	if (!path)
		return og_fail_nomem(err);
	rc = strcmp(name, "key") == 0 ? check_mode(path, err) : 0;
	if (rc == 0)
		rc = og_json_set(open, name, json_string(path), err);
	free(path);
	return rc;
}

static int add_password(json_t *open, const struct og_queue_place *place,
			const struct og_amqp_url *url, struct og_err *err)
{
	char *path = is_given(place->password) ? og_path_join(place->home, place->password) : NULL;
	struct og_buf password;
	int rc = 0;

	og_buf_init(&password, PASSWORD_MAX);
	if (path)
		rc = read_password(path, &password, err);
	else
		og_buf_adds(&password, url->password			 ? url->password
				       : strcmp(url->user, "guest") == 0 ? "guest"
									 : "");
	if (rc == 0)
		rc = og_json_set(open, "password", json_string(password.data), err);
	if (password.data)
		explicit_bzero(password.data, password.len);
	og_buf_release(&password);
	free(path);
	return rc;
}

static int log_in(struct og_amqp_queue *q, const struct og_queue_place *place,
		  const struct og_amqp_url *url, struct og_err *err)
{
	json_t *open = json_pack("{s:s,s:i,s:s,s:s,s:b,s:i}", "host", url->host, "port", url->port,
				 "vhost", url->vhost, "user", url->user, "tls", url->tls,
				 "heartbeat", url->heartbeat);
	int rc;

	if (!open)
		return og_fail_nomem(err);
	if (add_password(open, place, url, err) < 0 ||
	    add_file(open, place, "ca", place->ca, err) < 0 ||
	    add_file(open, place, "cert", place->cert, err) < 0 ||
	    add_file(open, place, "key", place->key, err) < 0) {
		json_decref(open);
		return -1;
	}
	rc = og_amqp_call(q, "open", open, NULL, err);
	explicit_bzero(q->out.data, q->out.cap);
	return rc < 0 ? og_wrap(err, "queue") : 0;
}

static int start(struct og_amqp_queue *q, const struct og_queue_place *place, struct og_err *err)
{
	char *program = place->libexec ? og_path_join(place->libexec, "og-amqp") : NULL;
	const char *argv[] = { program, NULL };
	int rc = program ? og_child_start(argv, NULL, &q->child, err) : og_fail_nomem(err);

	free(program);
	if (rc < 0)
		return -1;
	og_lines_init(&q->lines, q->child.out, LINE_MAX_BYTES);
	return 0;
}

static struct og_amqp_queue *new_queue(const struct og_amqp_url *url)
{
	struct og_amqp_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->base.transport = url->tls ? &og_transport_amqps : &og_transport_amqp;
	q->child = (struct og_child){ -1, -1, -1 };
	memcpy(q->prefix, url->prefix, sizeof(q->prefix));
	og_buf_init(&q->out, LINE_MAX_BYTES);
	og_lines_init(&q->lines, -1, LINE_MAX_BYTES);
	q->pushed[0] = json_array();
	q->pushed[1] = json_array();
	q->own = json_object();
	q->letters = json_object();
	if (q->pushed[0] && q->pushed[1] && q->own && q->letters)
		return q;
	og_amqp_close(&q->base);
	return NULL;
}

int og_amqp_open(const struct og_queue_place *place, struct og_amqp_queue **ret, struct og_err *err)
{
	struct og_amqp_queue *q = NULL;
	struct og_amqp_url url;
	int rc;

	if (og_amqp_url_parse(place->url, &url, err) < 0)
		return -1;
	q = new_queue(&url);
	rc = !q ? og_fail_nomem(err) : start(q, place, err) < 0 ? -1 : log_in(q, place, &url, err);
	og_amqp_url_release(&url);
	if (rc == 0) {
		*ret = q;
		return 0;
	}
	if (q)
		og_amqp_close(&q->base);
	return -1;
}

void og_amqp_close(struct og_queue *base)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	struct og_amqp_claim *next;

	og_child_end(&q->child, og_deadline(GOODBYE_MS), NULL);
	og_lines_release(&q->lines);
	og_buf_release(&q->out);
	for (; q->claims; q->claims = next) {
		next = q->claims->next;
		free(q->claims);
	}
	json_decref(q->pushed[0]);
	json_decref(q->pushed[1]);
	json_decref(q->own);
	json_decref(q->letters);
	free(q);
}

static int amqp_open(const struct og_queue_place *place, struct og_queue **ret, struct og_err *err)
{
	struct og_amqp_queue *q;

	if (og_amqp_open(place, &q, err) < 0)
		return -1;
	*ret = &q->base;
	return 0;
}

#define TRANSPORT(name)                                                                            \
	{                                                                                          \
		.scheme = name, .open = amqp_open, .declare = og_amqp_declare,                     \
		.close = og_amqp_close, .put = og_amqp_put, .claim = og_amqp_claim,                \
		.ack = og_amqp_ack, .release = og_amqp_release, .dead = og_amqp_dead,              \
		.wait = og_amqp_wait, .tell = og_amqp_tell, .listen = og_amqp_listen,              \
		.hear = og_amqp_hear, .count = og_amqp_count, .find = og_amqp_find,                \
		.list = og_amqp_list, .sweep = og_amqp_sweep, .bound = og_amqp_bound,              \
	}

const struct og_transport og_transport_amqp = TRANSPORT("amqp");
const struct og_transport og_transport_amqps = TRANSPORT("amqps");
