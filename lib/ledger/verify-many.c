/*
 * Judging with several processors. The entries are cut into ranges; each is
 * judged as if all before it were in order, which its neighbours prove: the
 * first entry of a range is held against the last one of the range before.
 * A thread takes the next range that nobody has. What a broken ledger is said
 * to be must not depend on how it was cut, so a range in which anything is
 * found is thrown away, and from its first entry on one goes through as ever.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "lib/ledger/verify-internal.h"

#define RANGE_MIN   64	 /* entries; finding the first costs about as many */
#define RANGE_MAX   8192 /* how far one may be behind when the others are done */
#define RANGES_EACH 16

/* Entries without a body that a thread keeps in mind; with more the rest is
 * judged by one, who can forget what was explained. */
#define GONE_EACH ((size_t)1 << 20)

struct crew {
	int64_t last, size; /* of the ledger, of a range */
	struct og_meter *meter;
	_Atomic int64_t next; /* the range to be taken next, from 0 */
	_Atomic int64_t stop; /* the first that is not in order */
	_Atomic int64_t done; /* entries */
};

struct hand {
	struct crew *crew;
	struct og_db *db;
	struct og_gone gone;
	pthread_t thread;
	int first; /* the caller's thread, which tells how far all are */
};

static int64_t first_of(const struct crew *crew, int64_t range)
{
	return range * crew->size + 1;
}

static int64_t last_of(const struct crew *crew, int64_t range)
{
	int64_t last = (range + 1) * crew->size;

	return last < crew->last ? last : crew->last;
}

/* Is everything in it as it should be? What could not be read is not. */
static int in_order(struct hand *hand, int64_t range)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_judgement j;
	int64_t last = last_of(hand->crew, range);
	int good;

	good = og_judgement_init(&j, &ignored) == 0 &&
	       og_verify_range(hand->db, first_of(hand->crew, range), last, &hand->gone, &j,
			       &ignored) == 0 &&
	       !j.problems && j.last == last && j.checked == last;
	og_judgement_release(&j);
	return good;
}

static void stop_at(struct crew *crew, int64_t range)
{
	int64_t stop = atomic_load(&crew->stop);

	while (range < stop && !atomic_compare_exchange_weak(&crew->stop, &stop, range))
		;
}

static void *work(void *arg)
{
	struct hand *hand = arg;
	struct crew *crew = hand->crew;
	int64_t range;

	while ((range = atomic_fetch_add(&crew->next, 1)) < atomic_load(&crew->stop)) {
		if (!in_order(hand, range)) {
			stop_at(crew, range);
			break;
		}
		atomic_fetch_add(&crew->done, last_of(crew, range) - first_of(crew, range) + 1);
		if (hand->first)
			og_meter_add(crew->meter, atomic_load(&crew->done) -
							  (crew->meter ? crew->meter->done : 0));
	}
	return NULL;
}

/* Without a thread the others do its work. Signals are for the caller's. */
static size_t start(struct hand *hands, size_t n)
{
	sigset_t all, before;
	size_t started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (started = 1; started < n; started++)
		if (pthread_create(&hands[started].thread, NULL, work, &hands[started]) != 0)
			break;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

static void crew_work(struct crew *crew, struct og_db *const *dbs, size_t n, struct hand *hands)
{
	size_t started;

	for (size_t i = 0; i < n; i++) {
		hands[i] = (struct hand){ .crew = crew, .db = dbs[i], .first = i == 0 };
		og_gone_init(&hands[i].gone, GONE_EACH, 1);
	}
	started = start(hands, n);
	work(&hands[0]);
	for (size_t i = 1; i < started; i++)
		pthread_join(hands[i].thread, NULL);
}

/* Judges ranges side by side; *ret_next: the first entry that remains. */
static int side_by_side(struct og_db *const *dbs, size_t n, int64_t last, struct og_gone *gone,
			struct og_judgement *judgement, int64_t *ret_next, struct og_err *err)
{
	struct hand hands[OG_VERIFY_MANY_MAX];
	struct crew crew = { .last = last, .meter = judgement->meter };
	int rc = 0;

	crew.size = last / (int64_t)(n * RANGES_EACH);
	crew.size = crew.size < RANGE_MIN ? RANGE_MIN : crew.size;
	crew.size = crew.size > RANGE_MAX ? RANGE_MAX : crew.size;
	atomic_init(&crew.stop, (last + crew.size - 1) / crew.size);
	crew_work(&crew, dbs, n, hands);
	*ret_next = last_of(&crew, atomic_load(&crew.stop) - 1) + 1;
	gone->keep = 1; /* they come in no order */
	for (size_t i = 0; i < n; i++) {
		if (rc == 0)
			rc = og_gone_join(gone, &hands[i].gone, *ret_next, err);
		og_gone_release(&hands[i].gone);
	}
	og_gone_settle(gone);
	gone->keep = 0;
	return rc;
}

int og_ledger_verify_many(struct og_db *const *dbs, size_t n, struct og_judgement *judgement,
			  struct og_err *err)
{
	int64_t last = 0, next = 1;
	struct og_gone gone;
	int rc = 0;

	if (og_db_int(dbs[0], "SELECT max(seq) FROM audit_ledger", &last, err) < 0)
		return -1;
	og_gone_init(&gone, OG_VERIFY_GONE_MAX, 0);
	og_meter_start(judgement->meter, last);
	n = n > OG_VERIFY_MANY_MAX ? OG_VERIFY_MANY_MAX : n;
	if (n > 1 && last > 2 * RANGE_MIN && last <= OG_JSON_INT_MAX)
		rc = side_by_side(dbs, n, last, &gone, judgement, &next, err);
	if (rc == 0)
		rc = og_verify_range(dbs[0], next, INT64_MAX, &gone, judgement, err);
	if (rc == 0)
		og_verify_end(&gone, judgement);
	og_gone_release(&gone);
	return rc;
}
