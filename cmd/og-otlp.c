/*
 * og-otlp: the collector of an instance. Everybody who tells something
 * sends it here, over a socket, and never waits; it is put together into
 * OTLP requests and written to a file, or sent to a receiver.
 *
 * A supervisor holds the lock and the socket, so that what was told while
 * its one seat starts afresh is not lost. The seat reads bytes from any
 * process of this user, so it gives up everything else first.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/og-otlp.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/proc/crew.h"
#include "lib/queue/bell.h"
#include "lib/sandbox/sandbox.h"
#include "lib/telemetry/place.h"
#include "lib/telemetry/spill.h"
#include "lib/telemetry/telemetry.h"

#define BATCH_MS    1000  /* a record waits for others at most so long */
#define METRICS_MS  10000 /* between two tellings of the sums */
#define LINGER_MS   3000  /* of silence, once no worker is there */
#define LATE_MS	    300	  /* whoever began to write before we listened is done */
#define FAREWELL_MS 2000  /* to send the last, when asked to end */
#define FILE_MAX    ((size_t)128 << 20)
#define TRIES	    20
#define DATAGRAMS   64 /* read in one go */

struct otlp {
	const struct og_ctx *ctx;
	const struct og_conf *conf;
	enum og_telemetry_sink sink;
	const char *target; /* path or URL */
	int socket, lingers;
};

/* What the seat holds. */
struct seat {
	const struct otlp *otlp;
	struct og_seat *place;
	struct og_collect *collect;
	struct exporter *exporter; /* NULL: the requests go to the file */
	struct og_spill file;
	struct og_buf request;
	int stop_fd;
	int noted;	     /* one complaint about the file is enough */
	int64_t batch_due;   /* OG_FOREVER: nothing waits */
	int64_t metrics_due; /* when the sums may be told again */
	int64_t late_due;    /* OG_FOREVER: done */
	int64_t heard;	     /* og_mono_ms() of the last datagram */
};

static void write_down(struct seat *seat)
{
	struct og_err err = OG_ERR_INIT;
	int64_t lost = 0;
	int rc = og_spill_add(&seat->file, seat->request.data, seat->request.len, &lost, &err);

	if (rc < 0) {
		lost += og_request_records(seat->request.data, seat->request.len);
		if (!seat->noted++)
			og_note(seat->otlp->ctx, "%s", err.msg);
	}
	og_collect_dropped(seat->collect, "file", lost);
}

static void tell(struct seat *seat, enum og_signal signal)
{
	int64_t records;

	og_buf_clear(&seat->request);
	records = og_collect_request(seat->collect, signal, &seat->request);
	if (records == 0)
		return;
	if (seat->request.failed)
		og_collect_dropped(seat->collect, "size", records);
	else if (seat->exporter)
		exporter_put(seat->exporter, &seat->request);
	else
		write_down(seat);
}

static void tell_batch(struct seat *seat)
{
	tell(seat, OG_TRACES);
	tell(seat, OG_LOGS);
	seat->batch_due = OG_FOREVER;
	og_seat_progress(seat->place);
}

static void tell_metrics(struct seat *seat)
{
	tell(seat, OG_METRICS_OF_ALL);
	seat->metrics_due = og_deadline(METRICS_MS);
}

/* All of it, in as many batches as it takes. */
static void take(struct seat *seat, const char *data, size_t len)
{
	while (len > 0) {
		size_t taken = og_collect_take(seat->collect, data, len);

		data += taken;
		len -= taken;
		if (len > 0)
			tell_batch(seat);
	}
	if (og_collect_waiting(seat->collect) > 0 && seat->batch_due == OG_FOREVER)
		seat->batch_due = og_deadline(BATCH_MS);
}

/* Not more than so many at a time, so that the rest is not forgotten. */
static void hear(struct seat *seat)
{
	char data[OG_DATAGRAM_MAX + 2048];

	for (int i = 0; i < DATAGRAMS; i++) {
		ssize_t n = recv(seat->otlp->socket, data, sizeof(data), MSG_DONTWAIT);

		if (n < 0)
			return;
		seat->heard = og_mono_ms();
		take(seat, data, (size_t)n);
	}
}

/* What was told before anybody listened. */
static void take_late(struct seat *seat)
{
	char *path = og_path_join(seat->otlp->conf->run, OG_TELEMETRY_LATE);
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf text;

	og_buf_init(&text, 2 * OG_LATE_MAX);
	if (path && access(path, F_OK) == 0) {
		if (og_file_read(path, "telemetry", &text, &ignored) == 0 && text.len > 0)
			take(seat, text.data, text.len);
		unlink(path);
	}
	og_buf_release(&text);
	free(path);
	seat->late_due = OG_FOREVER;
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When to wake although nobody says anything. */
static int64_t next_due(const struct seat *seat)
{
	int64_t due = earliest(seat->batch_due, seat->late_due);

	if (seat->exporter)
		due = earliest(due, exporter_due(seat->exporter));
	if (og_collect_measured(seat->collect))
		due = earliest(due, seat->metrics_due);
	return seat->otlp->lingers ? earliest(due, og_deadline(LINGER_MS)) : due;
}

static void do_due(struct seat *seat)
{
	if (og_deadline_left(seat->late_due) == 0)
		take_late(seat);
	if (og_deadline_left(seat->batch_due) == 0)
		tell_batch(seat);
	if (og_collect_measured(seat->collect) && og_deadline_left(seat->metrics_due) == 0)
		tell_metrics(seat);
	if (seat->exporter)
		exporter_do_due(seat->exporter);
}

static int is_over(const struct seat *seat)
{
	return og_crew_stopping() ||
	       (seat->otlp->lingers && og_mono_ms() - seat->heard >= LINGER_MS &&
		!og_worker_alive(seat->otlp->conf->run));
}

/* Sleeps until somebody says something or something is due. */
static int rest(struct seat *seat, int64_t due, struct og_err *err)
{
	struct pollfd fds[] = {
		{ seat->otlp->socket, POLLIN, 0 },
		{ seat->stop_fd, POLLIN, 0 },
		{ seat->exporter ? exporter_fd(seat->exporter) : -1, POLLIN, 0 },
	};
	int n = poll(fds, 3, og_deadline_left(due));

	if (n < 0 && errno != EINTR)
		return og_fail(err, OG_EOS, "cannot poll: %s", strerror(errno));
	if (n > 0 && fds[0].revents)
		hear(seat);
	if (n > 0 && fds[2].revents)
		exporter_hear(seat->exporter);
	return 0;
}

/* A new seat has a new og-http; until then what waits is in the file. */
static int check_exporter(struct seat *seat, struct og_err *err)
{
	if (!seat->exporter || !exporter_dead(seat->exporter))
		return 0;
	tell_batch(seat);
	return og_fail(err, OG_ETEMP, "og-http ended");
}

/* Everything that was told goes out, or into the file. */
static int say_farewell(struct seat *seat, struct og_err *err)
{
	int64_t deadline = og_deadline(FAREWELL_MS);

	if (seat->late_due != OG_FOREVER)
		take_late(seat);
	hear(seat);
	tell_batch(seat);
	tell_metrics(seat);
	while (seat->exporter && exporter_fd(seat->exporter) >= 0 &&
	       og_deadline_left(deadline) > 0) {
		struct pollfd fd = { exporter_fd(seat->exporter), POLLIN, 0 };

		if (poll(&fd, 1, og_deadline_left(deadline)) > 0)
			exporter_hear(seat->exporter);
	}
	return check_exporter(seat, err);
}

static int serve(struct seat *seat, struct og_err *err)
{
	while (!is_over(seat)) {
		do_due(seat);
		if (check_exporter(seat, err) < 0 || rest(seat, next_due(seat), err) < 0)
			return -1;
	}
	return say_farewell(seat, err);
}

/* The directory of the file, if there is one. */
static char *folder_of(const struct og_spill *file)
{
	char *folder = strdup(file->path ? file->path : "/"), *slash;

	slash = folder ? strrchr(folder, '/') : NULL;
	if (slash)
		slash[slash == folder] = '\0';
	return folder;
}

/* From here on: no socket but the one that is heard, no program, no file
 * but those in run/ and beside the one that is written. */
static int give_up_authority(const struct seat *seat, struct og_err *err)
{
	char *folder = folder_of(&seat->file);
	const char *writable[] = { seat->otlp->conf->run, seat->exporter ? NULL : folder, NULL };
	int rc = -1;

	if (!folder)
		return og_fail_nomem(err);
	if (og_sandbox_no_network(0, err) >= 0 && og_sandbox_no_exec(err) >= 0 &&
	    og_sandbox_paths(NULL, writable, err) >= 0)
		rc = 0;
	free(folder);
	return rc;
}

static int open_file(struct seat *seat, struct og_err *err)
{
	char *path = og_path_join(seat->otlp->conf->home, seat->otlp->target);
	int rc = path ? og_spill_open(&seat->file, path, FILE_MAX, err) : og_fail_nomem(err);

	free(path);
	return rc;
}

static int open_seat(struct seat *seat, struct og_err *err)
{
	const struct otlp *otlp = seat->otlp;
	int rc;

	seat->stop_fd = og_crew_stop_fd(err);
	if (seat->stop_fd < 0 || og_collect_new(OG_VERSION, &seat->collect, err) < 0)
		return -1;
	rc = otlp->sink == OG_SINK_FILE ? open_file(seat, err)
					: exporter_open(otlp->ctx, otlp->conf, otlp->target,
							seat->collect, &seat->exporter, err);
	return rc < 0 ? -1 : give_up_authority(seat, err);
}

static int run_seat(void *arg, struct og_seat *place)
{
	struct seat seat = { .otlp = arg, .place = place, .stop_fd = -1, .batch_due = OG_FOREVER };
	struct og_err err = OG_ERR_INIT;
	int rc;

	seat.file.fd = -1;
	seat.heard = og_mono_ms();
	seat.metrics_due = og_deadline(METRICS_MS);
	seat.late_due = og_deadline(LATE_MS);
	og_buf_init(&seat.request, OG_REQUEST_MAX);
	rc = open_seat(&seat, &err);
	if (rc == 0)
		rc = serve(&seat, &err);
	exporter_close(seat.exporter);
	og_collect_free(seat.collect);
	og_spill_close(&seat.file);
	og_buf_release(&seat.request);
	if (seat.stop_fd >= 0)
		close(seat.stop_fd);
	if (rc < 0)
		og_note(seat.otlp->ctx, "%s", err.msg);
	return rc < 0 ? err.code : 0;
}

/* Whoever started us waits for the end of our output. */
static int show_ready(struct og_err *err)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		return og_fail(err, OG_EOS, "cannot open '/dev/null': %s", strerror(errno));
	close(null);
	return 0;
}

/* While we have the lock: nobody else's. */
static void leave(struct otlp *otlp)
{
	char *path = og_path_join(otlp->conf->run, OG_TELEMETRY_SOCKET);

	if (path)
		unlink(path);
	free(path);
	close(otlp->socket);
}

static int collect(struct otlp *otlp, struct og_err *err)
{
	struct og_crew crew = {
		.seats = 1, .work = run_seat, .arg = otlp, .again = OG_ETEMP, .tries = TRIES
	};
	int lock = og_collector_lock(otlp->conf->run, err), status = 0, rc = -1;
	long progress;

	if (lock < 0)
		return otlp->lingers && err->code == OG_ETEMP ? 0 : -1;
	otlp->socket = og_collector_listen(otlp->conf->run, err);
	if (otlp->socket >= 0 && show_ready(err) == 0) {
		og_notify_manager(otlp->ctx, "READY=1");
		rc = og_crew_run(&crew, &status, &progress, err);
	}
	if (otlp->socket >= 0)
		leave(otlp);
	close(lock);
	return rc < 0 ? -1 : status;
}

static int run(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct otlp otlp = { .ctx = ctx, .socket = -1, .lingers = og_arg_flag(args, "linger") };
	struct og_conf *conf = NULL;
	int rc = -1;

	if (og_conf_from(ctx, args, &conf, err) < 0)
		return -1;
	otlp.conf = conf;
	if (og_telemetry_setting(conf->telemetry, &otlp.sink, &otlp.target, err) == 0) {
		if (otlp.sink == OG_SINK_OFF) {
			og_fail(err, OG_ECONF, "telemetry is off");
			og_hint(err, "say in og.conf where it goes: og.conf(5)");
		} else {
			rc = collect(&otlp, err);
		}
	}
	og_conf_free(conf);
	return rc;
}

static const struct og_opt options[] = {
	{ "linger", 0, OG_OPT_FLAG, NULL, "end by itself when no worker is there any more" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_command commands[] = {
	{ NULL, "", "collect telemetry until SIGTERM", options, 0, 0, run },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-otlp",
	"collect what the programs of an instance tell, and pass it on",
	commands,
};
