/* See gone.h. Marks are only gathered; when the room is used up they are
 * sorted by number, and what is explained leaves together with what explains. */
#include "lib/ledger/gone.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 64

void og_gone_init(struct og_gone *gone, size_t max, int keep)
{
	memset(gone, 0, sizeof(*gone));
	gone->max = max;
	gone->keep = keep;
}

void og_gone_release(struct og_gone *gone)
{
	free(gone->marks);
	gone->marks = NULL;
	gone->n = gone->size = 0;
}

static int64_t place(const struct og_gone_mark *mark)
{
	return mark->at < 0 ? -mark->at : mark->at;
}

static int by_place(const void *a, const void *b)
{
	int64_t x = place(a), y = place(b);

	return (x > y) - (x < y);
}

static int by_seq(const void *a, const void *b)
{
	const struct og_gone_mark *x = a, *y = b;

	return x->seq == y->seq ? by_place(a, b) : (x->seq > y->seq) - (x->seq < y->seq);
}

/* Of one number's marks those that are kept, moved to ret; how many. An
 * explanation explains every one before it. */
static size_t settle_one(const struct og_gone_mark *marks, size_t n, struct og_gone_mark *ret)
{
	size_t start = 0, kept = 0;

	for (size_t i = 0; i < n; i++)
		if (marks[i].at < 0)
			start = i + 1;
	for (size_t i = start; i < n; i++)
		ret[kept++] = marks[i];
	return kept;
}

void og_gone_settle(struct og_gone *gone)
{
	size_t kept = 0, end;

	if (!gone->n)
		return;
	qsort(gone->marks, gone->n, sizeof(*gone->marks), by_seq);
	for (size_t i = 0; i < gone->n; i = end) {
		for (end = i + 1; end < gone->n && gone->marks[end].seq == gone->marks[i].seq;)
			end++;
		kept += settle_one(gone->marks + i, end - i, gone->marks + kept);
	}
	gone->n = kept;
	if (kept)
		qsort(gone->marks, kept, sizeof(*gone->marks), by_place);
}

static int grow(struct og_gone *gone, struct og_err *err)
{
	size_t size = gone->size ? 2 * gone->size : FIRST_SIZE;
	struct og_gone_mark *grown = realloc(gone->marks, size * sizeof(*grown));

	if (!grown)
		return og_fail_nomem(err);
	gone->marks = grown;
	gone->size = size;
	return 0;
}

/* Half of the room at least is free afterwards, so that settling comes
 * seldom enough. */
static int make_room(struct og_gone *gone, struct og_err *err)
{
	if (!gone->keep)
		og_gone_settle(gone);
	if (gone->n >= gone->max)
		return og_fail(err, OG_EDATA, "more than %zu bodies are gone", gone->max);
	return gone->n > gone->size / 2 || !gone->size ? grow(gone, err) : 0;
}

static int add(struct og_gone *gone, int64_t seq, int64_t at, struct og_err *err)
{
	if (gone->n == gone->size && make_room(gone, err) < 0)
		return -1;
	gone->marks[gone->n++] = (struct og_gone_mark){ seq, at };
	return 0;
}

int og_gone_note(struct og_gone *gone, int64_t seq, int64_t at, struct og_err *err)
{
	return add(gone, seq, at, err);
}

int og_gone_explain(struct og_gone *gone, int64_t seq, int64_t at, struct og_err *err)
{
	/* With nothing gone there is nothing to explain. */
	return gone->n || gone->keep ? add(gone, seq, -at, err) : 0;
}

int og_gone_join(struct og_gone *gone, const struct og_gone *other, int64_t before,
		 struct og_err *err)
{
	for (size_t i = 0; i < other->n; i++)
		if (place(&other->marks[i]) < before &&
		    add(gone, other->marks[i].seq, other->marks[i].at, err) < 0)
			return -1;
	return 0;
}
