/*
 * A unit test is a program that speaks TAP: functions of checks, run by
 * name. A check that fails prints where and what, and the test goes on.
 *
 *	static void adds(void) { OG_CHECK(1 + 1 == 2); }
 *	int main(void) { OG_RUN(adds); return og_done(); }
 */
#ifndef OG_TESTS_UNIT_H
#define OG_TESTS_UNIT_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

struct og_unit {
	int tests, failed; /* so far */
	int bad;	   /* checks failed in the running test */
	const char *skip;  /* why the running test was skipped */
};

static struct og_unit og_unit;

static inline int og_check(int good, const char *file, int line, const char *what)
{
	if (!good) {
		og_unit.bad++;
		printf("# %s:%d: %s\n", file, line, what);
	}
	return good;
}

static inline int og_check_str(const char *a, const char *b, const char *file, int line)
{
	if ((!a && !b) || (a && b && strcmp(a, b) == 0))
		return 1;
	printf("# %s:%d: got \"%s\", want \"%s\"\n", file, line, a ? a : "(null)",
	       b ? b : "(null)");
	og_unit.bad++;
	return 0;
}

static inline int og_check_int(intmax_t a, intmax_t b, const char *file, int line)
{
	if (a == b)
		return 1;
	printf("# %s:%d: got %" PRIdMAX ", want %" PRIdMAX "\n", file, line, a, b);
	og_unit.bad++;
	return 0;
}

/* True when the condition holds, so that a test may stop: if (!OG_CHECK(p)) return; */
#define OG_CHECK(cond)	   og_check(!!(cond), __FILE__, __LINE__, #cond)
#define OG_CHECK_STR(a, b) og_check_str(a, b, __FILE__, __LINE__)
#define OG_CHECK_INT(a, b) og_check_int((intmax_t)(a), (intmax_t)(b), __FILE__, __LINE__)
/* The call returned 0 or more; prints the error when it did not. */
#define OG_CHECK_OK(call, err)                                                                     \
	(og_check((call) >= 0, __FILE__, __LINE__, #call) || (printf("# %s\n", (err)->msg), 0))
#define OG_SKIP(why) (og_unit.skip = (why))

static inline void og_run(void (*test)(void), const char *name)
{
	og_unit.bad = 0;
	og_unit.skip = NULL;
	test();
	og_unit.tests++;
	if (og_unit.bad)
		og_unit.failed++;
	printf("%s %d %s", og_unit.bad ? "not ok" : "ok", og_unit.tests, name);
	if (og_unit.skip)
		printf(" # SKIP %s", og_unit.skip);
	printf("\n");
	fflush(stdout);
}

#define OG_RUN(test) og_run(test, #test)

static inline int og_done(void)
{
	printf("1..%d\n", og_unit.tests);
	return og_unit.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
