/*
 * Tells spans to the collector of an instance, as many as one likes and
 * with no work between them.
 *
 *	teller RUN COUNT [PAUSE_US]
 *
 * Prints how many were dropped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/telemetry/telemetry.h"

int main(int argc, char **argv)
{
	struct og_telemetry_place place = { "file:x", argc > 1 ? argv[1] : "", "teller", "0.1.0", 0,
					    0 };
	struct og_telemetry *to;
	struct og_err err = OG_ERR_INIT;
	long count = argc > 2 ? atol(argv[2]) : 0;
	useconds_t pause = argc > 3 ? (useconds_t)atol(argv[3]) : 0;

	if (og_telemetry_open(&place, &to, &err) < 0) {
		fprintf(stderr, "teller: %s\n", err.msg);
		return err.code;
	}
	for (long i = 0; i < count; i++) {
		struct og_span span;

		og_span_begin(&span, to, OG_CLIENT, "step.run", NULL);
		og_span_str(&span, OG_ATTR_STEP, "place-order");
		og_span_int(&span, OG_ATTR_COUNT, i);
		og_span_end(&span);
		if (pause)
			usleep(pause);
	}
	og_telemetry_flush(to);
	printf("%lld\n", (long long)og_telemetry_dropped(to));
	og_telemetry_close(to);
	return 0;
}
