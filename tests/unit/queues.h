/*
 * A queue in a folder of its own, for the unit tests of lib/queue.
 */
#ifndef OG_TESTS_QUEUES_H
#define OG_TESTS_QUEUES_H

#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/queue/queue.h"

static char home[] = "/tmp/og-queue-XXXXXX";

static inline struct og_queue *open_queue(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_queue *queue = NULL;

	OG_CHECK_OK(
		og_queue_open(&(struct og_queue_place){ .url = "sqlite:queue.db", .home = home },
			      &queue, &err),
		&err);
	return queue;
}

/* A fresh folder for every test. */
static inline struct og_queue *fresh(void)
{
	char *run;

	memcpy(home, "/tmp/og-queue-XXXXXX", sizeof(home));
	if (!OG_CHECK(mkdtemp(home) != NULL))
		exit(70);
	run = og_path_join(home, "run");
	OG_CHECK(mkdir(run, 0700) == 0);
	free(run);
	return open_queue();
}

static inline void sweep_files(void)
{
	static const char *const names[] = { "queue.db",       "queue.db-wal",	   "queue.db-shm",
					     "run/queue.lock", "run/queue.claims", "run/bell",
					     "run/bell-done",  "run/worker" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = og_path_join(home, names[i]);

		unlink(path);
		free(path);
	}
}

static inline void sweep(struct og_queue *queue)
{
	char *run = og_path_join(home, "run");

	og_queue_close(queue);
	sweep_files();
	rmdir(run);
	rmdir(home);
	free(run);
}

static inline void put(struct og_queue *queue, const char *id, int priority, int64_t not_before)
{
	struct og_parcel parcel = { id, id, priority, not_before, 0 };
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_queue_put(queue, &parcel, 1, &err), &err);
}

/* Claims and compares; "" for nothing. Returns the ticket. */
static inline int64_t claim(struct og_queue *queue, const char *want)
{
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;
	int rc = og_queue_claim(queue, &delivery, &err);
	int64_t ticket = delivery.ticket;

	if (!OG_CHECK_STR(rc > 0 ? delivery.envelope : rc == 0 ? "" : err.msg, want))
		ticket = 0;
	og_delivery_release(&delivery);
	return ticket;
}

#endif
