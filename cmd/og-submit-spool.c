/*
 * The spool: signed commands that wait on this host for a broker that is
 * away, in a queue of their own (spool.db), and the forwarder that takes
 * them there. It publishes, waits for the confirm, and only then forgets:
 * killed in between it publishes a task twice, and a task is done once.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "cmd/og-submit.h"
#include "lib/base/clock.h"
#include "lib/proc/crew.h"
#include "lib/proc/signals.h"
#include "lib/task/envelope.h"

#define PAUSE_MIN_MS 250
#define PAUSE_MAX_MS 10000
#define SAYS	     10 /* priority of what is said about a task, as og-task has it */

int og_spool_may(const struct og_err *err)
{
	return err->code == OG_EUNAVAIL || err->code == OG_ETEMP;
}

static int open_spool(const struct og_conf *conf, struct og_queue **ret, struct og_err *err)
{
	struct og_queue_place place = { .url = "sqlite:spool.db", .home = conf->home };

	return og_queue_open(&place, ret, err) < 0 ? og_wrap(err, "spool") : 0;
}

int og_spool_put(const struct og_ctx *ctx, const struct og_conf *conf,
		 const struct og_parcel *parcels, size_t n, const struct og_err *why,
		 struct og_err *err)
{
	struct og_queue *spool = NULL;
	int rc = -1;

	if (open_spool(conf, &spool, err) == 0 && og_queue_put(spool, parcels, n, err) == 0) {
		og_note(ctx, "%s; kept in the spool until og-submit --forward", why->msg);
		rc = 0;
	}
	og_queue_close(spool);
	return rc;
}

/* --- the forwarder ------------------------------------------------------------- */

struct forwarder {
	const struct og_ctx *ctx;
	struct og_conf *conf;
	struct og_queue *spool, *queue;
	int once, stop_fd;
	int failures; /* in a row */
};

static int to_broker(struct forwarder *f, const struct og_envelope *envelope, const char *text,
		     struct og_err *err)
{
	struct og_parcel parcel = { .id = envelope->id,
				    .envelope = text,
				    .priority = strcmp(envelope->kind, "task") == 0 ? 0 : SAYS,
				    .not_before = envelope->not_before_ms,
				    .expires = envelope->expires_ms };

	if (!f->queue && og_queue_from(f->ctx, f->conf, &f->queue, err) < 0)
		return -1;
	if (og_queue_put(f->queue, &parcel, 1, err) == 0)
		return 0;
	og_queue_close(f->queue);
	f->queue = NULL;
	return -1;
}

/* Sleeps a while, longer with every failure, or until a stop. */
static void pause_for(struct forwarder *f)
{
	int64_t pause = PAUSE_MIN_MS;
	struct pollfd stop = { f->stop_fd, POLLIN, 0 };

	for (int i = 1; i < f->failures && pause < PAUSE_MAX_MS; i++)
		pause *= 2;
	poll(&stop, 1, (int)(pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS));
}

/* The task keeps its deliveries: it was not its fault. */
static int put_back(struct forwarder *f, const struct og_delivery *delivery,
		    const struct og_err *why, struct og_err *err)
{
	if (og_queue_release(f->spool, delivery->ticket, 0, OG_QUEUE_UNTRIED, err) < 0)
		return -1;
	if (f->once || !og_spool_may(why)) {
		*err = *why;
		return -1;
	}
	if (f->failures++ == 0)
		og_note(f->ctx, "%s; trying again", why->msg);
	pause_for(f);
	return 0;
}

static int forward(struct forwarder *f, const struct og_delivery *delivery, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	struct og_envelope envelope;
	int rc;

	if (og_envelope_parse(delivery->envelope, strlen(delivery->envelope), &envelope, &why) < 0)
		return og_queue_dead(f->spool, delivery->ticket, why.msg, err);
	rc = to_broker(f, &envelope, delivery->envelope, &why);
	og_envelope_release(&envelope);
	if (rc < 0)
		return put_back(f, delivery, &why, err);
	if (f->failures > 0)
		og_note(f->ctx, "the broker is back");
	f->failures = 0;
	return og_queue_ack(f->spool, delivery->ticket, err);
}

static int forward_all(struct forwarder *f, struct og_err *err)
{
	while (!og_crew_stopping()) {
		struct og_delivery delivery = { .envelope = NULL };
		int found = og_queue_claim(f->spool, &delivery, err), rc;

		if (found > 0)
			rc = forward(f, &delivery, err);
		else if (found == 0 && f->once)
			return 0;
		else
			rc = found < 0 ? -1 : og_queue_wait(f->spool, OG_FOREVER, f->stop_fd, err);
		og_delivery_release(&delivery);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int open_forwarder(struct forwarder *f, const struct og_args *args, struct og_err *err)
{
	static const int stops[] = { SIGTERM, SIGINT, 0 };

	if (og_conf_from(f->ctx, args, &f->conf, err) < 0)
		return -1;
	if (!og_queue_is_remote(f->conf)) {
		og_fail(err, OG_ECONF, "the queue is on this host: there is nothing to forward");
		return og_hint(err, "--forward is for a queue at a broker, amqp://...");
	}
	f->stop_fd = og_signals_open(stops, err);
	return f->stop_fd < 0 ? -1 : open_spool(f->conf, &f->spool, err);
}

int og_run_forward(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct forwarder f = { .ctx = ctx, .stop_fd = -1, .once = og_arg_flag(args, "once") };
	int rc = -1;

	if (open_forwarder(&f, args, err) == 0) {
		og_notify_manager(ctx, "READY=1");
		rc = forward_all(&f, err);
		og_notify_manager(ctx, "STOPPING=1");
	}
	og_queue_close(f.queue);
	og_queue_close(f.spool);
	og_conf_free(f.conf);
	return rc;
}
