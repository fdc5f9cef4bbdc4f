/*
 * The embedded queue and a wall clock that is set while a worker sleeps. It
 * looks the same to it when the machine slept. This program has a wall clock
 * of its own.
 */
#include "tests/unit/queues.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "lib/base/clock.h"

#define HOUR 3600

static volatile sig_atomic_t ahead; /* of the machine's clock, seconds */

/* In place of libc's. */
int clock_gettime(clockid_t id, struct timespec *ret)
{
	int rc = (int)syscall(SYS_clock_gettime, id, ret);

	if (rc == 0 && id == CLOCK_REALTIME)
		ret->tv_sec += ahead;
	return rc;
}

static void set_clock(int sig)
{
	(void)sig;
	ahead = 2 * HOUR;
}

static void clock_is_set(void)
{
	struct og_queue *queue = fresh();
	struct og_parcel parcel = { .id = "t",
				    .envelope = "{}",
				    .not_before = og_now_ms() + (int64_t)HOUR * 1000 };
	struct sigaction action = { .sa_handler = set_clock };
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_queue_put(queue, &parcel, 1, &err), &err);
	OG_CHECK_INT(og_queue_wait(queue, OG_FOREVER, -1, &err), 1);
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 0);
	sigaction(SIGALRM, &action, NULL);
	alarm(1);
	OG_CHECK_INT(og_queue_wait(queue, og_deadline(60000), -1, &err), 1);
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 1);
	og_delivery_release(&delivery);
	OG_CHECK_OK(og_queue_ack(queue, delivery.ticket, &err), &err);
	sweep(queue);
}

int main(void)
{
	OG_RUN(clock_is_set);
	return og_done();
}
