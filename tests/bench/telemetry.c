/*
 * What one span costs whoever tells it: with telemetry off, with a
 * collector that listens, with none, and with one that is stopped. Prints
 * nanoseconds, each the median of several runs, as JSON.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/telemetry/place.h"
#include "lib/telemetry/telemetry.h"

#define SPANS	20000
#define PER_RUN 24 /* spans of a purchase: then comes a flush */
#define RUNS	9
#define PARENT	"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void tell_all(struct og_telemetry *to)
{
	for (int i = 0; i < SPANS; i++) {
		struct og_span span;

		og_span_begin(&span, to, OG_CLIENT, "step.run", PARENT);
		og_span_subject(&span, "place-order");
		og_span_str(&span, OG_ATTR_STEP, "place-order");
		og_span_str(&span, OG_ATTR_VERDICT, "allow");
		og_span_bool(&span, OG_ATTR_DENIED, 0);
		og_span_end(&span);
		if (i % PER_RUN == 0)
			og_telemetry_flush(to);
	}
}

static int64_t measure(const char *run, const char *setting)
{
	struct og_telemetry_place place = { setting, run, "bench", "0.1.0", 0, 0 };
	struct og_telemetry *to;
	struct og_err err = OG_ERR_INIT;
	int64_t all[RUNS];

	if (og_telemetry_open(&place, &to, &err) < 0) {
		fprintf(stderr, "bench: %s\n", err.msg);
		exit(71);
	}
	for (int i = 0; i < RUNS; i++) {
		int64_t start = og_mono_us();

		tell_all(to);
		all[i] = (og_mono_us() - start) * 1000 / SPANS;
	}
	og_telemetry_close(to);
	qsort(all, RUNS, sizeof(*all), by_size);
	return all[RUNS / 2];
}

/* Reads and forgets, as fast as it can. */
static pid_t start_reader(int fd)
{
	static char data[65536];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		fd_set set;

		FD_ZERO(&set);
		FD_SET(fd, &set);
		select(fd + 1, &set, NULL, NULL, NULL);
		while (read(fd, data, sizeof(data)) > 0)
			;
	}
}

int main(void)
{
	char dir[] = "/tmp/og-bench-XXXXXX", path[64];
	struct og_err err = OG_ERR_INIT;
	int64_t off, nobody, heard, stopped;
	pid_t reader;
	int fd;

	if (!mkdtemp(dir))
		return 71;
	off = measure(dir, "off");
	nobody = measure(dir, "file:x");
	fd = og_collector_listen(dir, &err);
	reader = start_reader(fd);
	heard = measure(dir, "file:x");
	kill(reader, SIGSTOP);
	stopped = measure(dir, "file:x");
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	snprintf(path, sizeof(path), "%s/%s", dir, OG_TELEMETRY_SOCKET);
	unlink(path);
	rmdir(dir);
	printf("{\"off_ns\":%lld,\"heard_ns\":%lld,\"nobody_ns\":%lld,\"stopped_ns\":%lld}\n",
	       (long long)off, (long long)heard, (long long)nobody, (long long)stopped);
	return 0;
}
