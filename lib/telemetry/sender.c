/*
 * A process's end of the socket. The one promise is not to wait: the
 * socket is non-blocking, and a collector that could not be reached is not
 * called again for a second.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/json/json.h"
#include "lib/telemetry/telemetry-internal.h"

#define BUFFER_MAX   ((size_t)64 << 10)
#define RECORD_MAX   ((size_t)8 << 10)
#define SEND_AT	     ((size_t)16 << 10) /* bytes */
#define SEND_AGE_MS  200
#define TRY_AGAIN_MS 1000 /* nobody was there */
#define FULL_MS	     5	  /* somebody is, with no room */

int og_telemetry_setting(const char *setting, enum og_telemetry_sink *ret, const char **ret_target,
			 struct og_err *err)
{
	static const char *const schemes[] = { "file:", "otlp:http://", "otlp:https://" };
	const char *target = NULL;

	*ret = OG_SINK_OFF;
	if (strncmp(setting, "file:", 5) == 0) {
		*ret = OG_SINK_FILE;
		target = setting + 5;
	}
	for (size_t i = 1; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (strncmp(setting, schemes[i], strlen(schemes[i])) == 0) {
			*ret = OG_SINK_OTLP;
			target = setting + 5;
		}
	if (*ret == OG_SINK_OFF ? strcmp(setting, "off") != 0 : !*target) {
		og_fail(err, OG_ECONF, "telemetry '%s' is none of off, file:PATH, otlp:URL",
			setting);
		return og_hint(err, "telemetry = otlp:http://127.0.0.1:4318");
	}
	if (ret_target)
		*ret_target = target;
	return 0;
}

/* Everybody's head but for the count at its end. */
static int make_head(struct og_telemetry *to, const struct og_telemetry_place *place,
		     struct og_err *err)
{
	char id[OG_UUID_LEN + 1];
	struct og_buf head;

	if (og_uuid7(id, err) < 0)
		return -1;
	og_buf_init(&head, 1024);
	og_buf_adds(&head, "{\"v\":1,\"service\":");
	og_text_write(&head, place->program);
	og_buf_adds(&head, ",\"version\":");
	og_text_write(&head, place->version);
	og_buf_addf(&head, ",\"instance\":\"%s\",\"dropped\":", id);
	to->head = og_buf_take(&head);
	og_buf_release(&head);
	return to->head ? 0 : og_fail_nomem(err);
}

int og_telemetry_address(const char *run, struct sockaddr_un *ret, int *ret_dir, struct og_err *err)
{
	size_t size = sizeof(ret->sun_path);

	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	if ((size_t)snprintf(ret->sun_path, size, "%s/%s", run, OG_TELEMETRY_SOCKET) < size)
		return 0;
	*ret_dir = open(run, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_dir < 0)
		return og_fail(err, OG_EOS, "cannot open '%s': %s", run, strerror(errno));
	snprintf(ret->sun_path, size, "/proc/self/fd/%d/%s", *ret_dir, OG_TELEMETRY_SOCKET);
	return 0;
}

static int set_up(struct og_telemetry *to, const struct og_telemetry_place *place,
		  struct og_err *err)
{
	if (og_random(&to->seed, sizeof(to->seed), err) < 0)
		return -1;
	if (place->late && !(to->late = og_path_join(place->run, OG_TELEMETRY_LATE)))
		return og_fail_nomem(err);
	if (make_head(to, place, err) < 0 ||
	    og_telemetry_address(place->run, &to->address, &to->dir, err) < 0)
		return -1;
	to->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return to->fd < 0 ? og_fail(err, OG_EOS, "cannot make a socket: %s", strerror(errno)) : 0;
}

int og_telemetry_open(const struct og_telemetry_place *place, struct og_telemetry **ret,
		      struct og_err *err)
{
	enum og_telemetry_sink sink;
	struct og_telemetry *to;

	*ret = NULL;
	if (og_telemetry_setting(place->setting, &sink, NULL, err) < 0)
		return -1;
	if (sink == OG_SINK_OFF)
		return 0;
	to = calloc(1, sizeof(*to));
	if (!to)
		return og_fail_nomem(err);
	to->fd = to->dir = -1;
	to->content = place->content;
	og_buf_init(&to->buf, BUFFER_MAX + RECORD_MAX);
	if (set_up(to, place, err) < 0) {
		og_telemetry_close(to);
		return -1;
	}
	*ret = to;
	return 0;
}

void og_telemetry_close(struct og_telemetry *to)
{
	if (!to)
		return;
	to->try_again = 0;
	og_telemetry_flush(to);
	if (to->fd >= 0)
		close(to->fd);
	if (to->dir >= 0)
		close(to->dir);
	og_buf_release(&to->buf);
	free(to->late);
	free(to->head);
	free(to);
}

/* What nobody takes now, somebody may read later; a full file stays as it
 * is. One write, so that processes do not mix. */
static void leave(struct og_telemetry *to, const struct iovec *parts)
{
	size_t size = parts[0].iov_len + parts[1].iov_len;
	int fd = open(to->late, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && (size_t)st.st_size + size <= OG_LATE_MAX &&
	    writev(fd, parts, 2) == (ssize_t)size) {
		to->untold = 0;
		to->records = 0;
		og_buf_clear(&to->buf);
	}
	close(fd);
}

static int call(struct og_telemetry *to)
{
	if (to->connected)
		return 0;
	if (connect(to->fd, (struct sockaddr *)&to->address, sizeof(to->address)) < 0) {
		to->try_again = og_mono_ms() + TRY_AGAIN_MS;
		return -1;
	}
	to->connected = 1;
	return 0;
}

/* 1 taken; 0 not now; -1 nobody is there. */
static int send_parts(struct og_telemetry *to, struct iovec *parts)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	if (to->try_again && og_mono_ms() < to->try_again)
		return to->connected ? 0 : -1;
	to->try_again = 0;
	if (call(to) < 0)
		return -1;
	if (sendmsg(to->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 1;
	/* The kernel copies before it looks, so asking is not cheap. */
	if (errno == EAGAIN || errno == ENOBUFS) {
		to->try_again = og_mono_ms() + FULL_MS;
		return 0;
	}
	/* Whoever listened is gone; somebody new may be there already. */
	to->connected = 0;
	if (call(to) < 0)
		return -1;
	return sendmsg(to->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* Whole records, as many as one datagram holds. */
static size_t first_part(const struct og_buf *buf, int64_t *ret_records)
{
	size_t len = 0;

	*ret_records = 0;
	while (len < buf->len) {
		const char *end = memchr(buf->data + len, '\n', buf->len - len);
		size_t next = (size_t)(end - buf->data) + 1;

		if (next > OG_DATAGRAM_MAX && len > 0)
			break;
		len = next;
		++*ret_records;
	}
	return len;
}

static void sent(struct og_telemetry *to, size_t len, int64_t records)
{
	memmove(to->buf.data, to->buf.data + len, to->buf.len - len);
	to->buf.len -= len;
	to->buf.data[to->buf.len] = '\0';
	to->records -= records;
	to->untold = 0;
	to->oldest = og_mono_ms();
}

void og_telemetry_flush(struct og_telemetry *to)
{
	int taken = 1;

	if (!to || (!to->late && og_mono_ms() < to->try_again))
		return;
	while (to->buf.len > 0 && taken > 0) {
		int64_t records;
		size_t len = first_part(&to->buf, &records);
		char head[1088];
		int n = snprintf(head, sizeof(head), "%s%lld}\n", to->head, (long long)to->untold);
		struct iovec parts[2] = { { head, (size_t)n }, { to->buf.data, len } };

		taken = send_parts(to, parts);
		if (taken > 0)
			sent(to, len, records);
		else if (taken < 0 && to->late) {
			parts[1].iov_len = to->buf.len;
			leave(to, parts);
		}
	}
}

int64_t og_telemetry_dropped(const struct og_telemetry *to)
{
	return to ? to->dropped : 0;
}

/* splitmix64: every seed leads to every number once. */
uint64_t og_telemetry_id(struct og_telemetry *to)
{
	uint64_t x = to->seed += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	x ^= x >> 31;
	return x ? x : og_telemetry_id(to); /* zero is no identifier */
}

struct og_buf *og_telemetry_add(struct og_telemetry *to)
{
	if (to->buf.len == 0)
		to->oldest = og_mono_ms();
	return &to->buf;
}

/* Drops the last record. */
static void take_back(struct og_telemetry *to)
{
	struct og_buf *buf = &to->buf;
	size_t len = buf->len;

	while (len > 0 && buf->data[len - 1] != '\n')
		len--;
	buf->failed = 0;
	buf->len = len;
	if (buf->data)
		buf->data[len] = '\0';
	to->dropped++;
	to->untold++;
}

void og_telemetry_added(struct og_telemetry *to)
{
	/* A line is complete or was never there. */
	if (to->buf.len >= BUFFER_MAX || og_buf_addc(&to->buf, '\n') < 0) {
		take_back(to);
	} else {
		to->records++;
		if (to->buf.len < SEND_AT && og_mono_ms() - to->oldest < SEND_AGE_MS)
			return;
	}
	og_telemetry_flush(to);
}
