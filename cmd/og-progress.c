/* See og-progress.h. */
#include "cmd/og-progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"

#define FIRST_MS   1000
#define EACH_MS	   100
#define LOOK_MS	   20	/* about so often the clock is looked at */
#define STRIDE_MAX 4096 /* rows at most between two looks */
#define LINE_MAX   256
#define BAR_MAX	   40
#define BAR_MIN	   8

/* A terminal that can write a line anew. */
static int can_show(const struct og_ctx *ctx)
{
	const char *term = ctx->env("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

static int64_t tell(void *arg, int64_t done, int64_t total)
{
	struct og_progress *progress = arg;
	int64_t now, apart;

	if (!progress->start_ms)
		return INT64_MAX - done;
	now = og_mono_ms();
	apart = now - progress->looked_ms;
	progress->looked_ms = now;
	if (apart < LOOK_MS && progress->stride < STRIDE_MAX)
		progress->stride *= 2;
	else if (apart > 2 * LOOK_MS && progress->stride > 1)
		progress->stride /= 2;
	progress->total = total;
	og_progress_at(progress, (size_t)done);
	return progress->stride;
}

void og_progress_begin(struct og_progress *progress, const struct og_ctx *ctx, const char *what,
		       size_t total)
{
	*progress = (struct og_progress){
		.ctx = ctx, .what = what, .total = (int64_t)total, .stride = 1
	};
	progress->meter = (struct og_meter){ .tell = tell, .arg = progress, .next = 1 };
	if (can_show(ctx)) {
		progress->start_ms = og_mono_ms();
		progress->next_ms = progress->start_ms + FIRST_MS;
	}
}

void og_progress_stage(struct og_progress *progress, const char *what)
{
	progress->what = what;
	progress->total = 0;
	progress->stride = 1;
	if (progress->start_ms)
		progress->start_ms = og_mono_ms();
}

/* It decorates: a terminal that cannot be written to is no error. */
static void write_line(const char *line, size_t len)
{
	if (og_write_all(STDERR_FILENO, line, len) < 0)
		return;
}

static size_t width_now(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

/* A number with commas between the thousands. */
static void print_count(int64_t n, char out[32])
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)n), at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
}

/* The time that is left, as a clock shows it: 0:07, 12:40, 3:05:00. */
static void print_left(int64_t seconds, char out[32])
{
	long long s = (long long)seconds;

	if (s >= 3600)
		snprintf(out, 32, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(out, 32, "%lld:%02lld", s / 60, s % 60);
}

/* What stands behind the bar, from the most needed to the least. */
struct tail {
	char percent[16], left[48], rate[48];
};

static void fill_tail(const struct og_progress *progress, int64_t done, int64_t now,
		      struct tail *ret)
{
	int64_t ms = now - progress->start_ms, rate = ms > 0 ? done * 1000 / ms : 0;
	int64_t total = progress->total;
	char number[32];

	memset(ret, 0, sizeof(*ret));
	print_count(total ? rate : done, number);
	snprintf(ret->rate, sizeof(ret->rate), total ? "  %s/s" : " %s", number);
	if (!total)
		return;
	/* What grew meanwhile is not more than all. */
	if (done > total)
		done = total;
	snprintf(ret->percent, sizeof(ret->percent), " %3lld %%", (long long)(done * 100 / total));
	if (rate > 0) {
		print_left((total - done + rate - 1) / rate, number);
		snprintf(ret->left, sizeof(ret->left), "  %s left", number);
	}
}

/* Appends text when it fits; room is what is left of the line. */
static void add(char *line, size_t *room, const char *text)
{
	size_t len = strlen(text);

	if (len > *room)
		return;
	memcpy(line + strlen(line), text, len + 1);
	*room -= len;
}

static void add_bar(char *line, size_t *room, size_t wide, int64_t done, int64_t total)
{
	size_t full = done >= total ? wide : (size_t)((double)done / (double)total * (double)wide);
	char bar[BAR_MAX + 4] = " [";

	memset(bar + 2, '#', full);
	memset(bar + 2 + full, ' ', wide - full);
	bar[2 + wide] = ']';
	add(line, room, bar);
}

static void show(const struct og_progress *progress, int64_t done, int64_t now)
{
	char line[LINE_MAX] = "", out[LINE_MAX + 8];
	size_t width = width_now() - 1, room = width < LINE_MAX - 1 ? width : LINE_MAX - 1;
	size_t needs, wide;
	struct tail tail;
	int len;

	add(line, &room, progress->ctx->program);
	add(line, &room, ": ");
	add(line, &room, progress->what);
	fill_tail(progress, done, now, &tail);
	needs = strlen(tail.percent) + strlen(tail.left) + strlen(tail.rate) + 3;
	wide = room > needs ? room - needs : 0;
	if (progress->total && wide >= BAR_MIN)
		add_bar(line, &room, wide < BAR_MAX ? wide : BAR_MAX, done, progress->total);
	add(line, &room, tail.percent);
	/* The rate goes before the time does, but stands before it. */
	if (strlen(tail.rate) + strlen(tail.left) <= room)
		add(line, &room, tail.rate);
	add(line, &room, tail.left);
	len = snprintf(out, sizeof(out), "\r%s\x1b[K", line);
	write_line(out, (size_t)len);
}

/* There it would write into what somebody types. */
static int in_background(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	return group >= 0 && group != getpgrp();
}

void og_progress_at(struct og_progress *progress, size_t done)
{
	int64_t now = progress->start_ms ? og_mono_ms() : 0;

	if (!progress->start_ms || now < progress->next_ms)
		return;
	progress->next_ms = now + EACH_MS;
	if (in_background())
		return;
	show(progress, (int64_t)done, now);
	progress->shown = 1;
}

void og_progress_clear(struct og_progress *progress)
{
	if (progress->shown)
		write_line("\r\x1b[K", 4);
	progress->shown = 0;
}
