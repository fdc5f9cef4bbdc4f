/* When a submitted task is to begin, to expire and to be done, and whether
 * it is one occurrence of many: og-submit's options about time. */
#ifndef OG_CMD_SUBMIT_TIMES_H
#define OG_CMD_SUBMIT_TIMES_H

#include "cmd/og-main.h"
#include "lib/task/envelope.h"
#include "lib/task/schedule.h"

struct submit_times {
	int64_t lifetime;		     /* from not_before, or from now */
	int64_t not_before, deadline;	     /* wall clock ms; 0: none */
	int64_t every;			     /* 0: it is done once */
	struct og_occurrence occurrence;     /* with every */
	char key[OG_OCCURRENCE_KEY_MAX + 1]; /* of the envelope made last */
};

/* From --expires, --at, --every and --deadline. OG_EUSAGE. */
int submit_times_read(const struct og_args *args, struct submit_times *ret, struct og_err *err);

/* Puts them into a draft that has everything else. The key of an occurrence
 * is kept in times. */
int submit_times_apply(struct submit_times *times, struct og_envelope_draft *draft,
		       struct og_err *err);

/* And into the parcel that will carry it. */
void submit_times_parcel(const struct submit_times *times, struct og_parcel *parcel);

#endif
