/*
 * How far a library function has come, for whoever waits for it. A function
 * that may take long is handed a meter, or NULL, and moves it once per row:
 * an addition and a comparison, but for the few calls after which somebody
 * wants to be told. What is told decorates; it can neither fail nor stop
 * the work. Its showing on a terminal is cmd/og-progress.h.
 */
#ifndef OG_BASE_PROGRESS_H
#define OG_BASE_PROGRESS_H

#include <stdint.h>

struct og_meter {
	/* Told how far it is; gives how many more rows it need not hear of, 1 at
	 * least. done counts what is over, in rows, pages, bytes: whatever the
	 * function's header says; total is 0 where nobody knows. */
	int64_t (*tell)(void *arg, int64_t done, int64_t total);
	void *arg;
	int64_t done, total; /* the function's */
	int64_t next;	     /* when it is told again */
};

/* Something new begins: nothing of total is done. */
static inline void og_meter_start(struct og_meter *meter, int64_t total)
{
	if (!meter)
		return;
	meter->done = 0;
	meter->total = total;
	meter->next = 1;
}

/* n more are done. */
static inline void og_meter_add(struct og_meter *meter, int64_t n)
{
	if (!meter || (meter->done += n) < meter->next)
		return;
	meter->next = meter->done + meter->tell(meter->arg, meter->done, meter->total);
}

#endif
