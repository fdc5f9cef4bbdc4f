/* See og-progress.h. */
#include "cmd/og-progress.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"

#define FIRST_MS 1000
#define EACH_MS	 100

void og_progress_begin(struct og_progress *progress, const struct og_ctx *ctx, const char *what,
		       size_t total)
{
	*progress = (struct og_progress){ .ctx = ctx, .what = what, .total = total };
	if (isatty(STDERR_FILENO))
		progress->next_ms = og_mono_ms() + FIRST_MS;
}

/* It decorates: a terminal that cannot be written to is no error. */
static void write_line(const char *line, int len)
{
	if (len > 0 && og_write_all(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}

void og_progress_at(struct og_progress *progress, size_t done)
{
	int64_t now = progress->next_ms ? og_mono_ms() : 0;
	char line[160];
	int len;

	if (!progress->next_ms || now < progress->next_ms)
		return;
	if (progress->total)
		len = snprintf(line, sizeof(line), "\r%s: %zu of %zu %s (%zu %%)\x1b[K",
			       progress->ctx->program, done, progress->total, progress->what,
			       done * 100 / progress->total);
	else
		len = snprintf(line, sizeof(line), "\r%s: %zu %s\x1b[K", progress->ctx->program,
			       done, progress->what);
	write_line(line, len < (int)sizeof(line) ? len : 0);
	progress->shown = 1;
	progress->next_ms = now + EACH_MS;
}

void og_progress_clear(struct og_progress *progress)
{
	if (progress->shown)
		write_line("\r\x1b[K", 4);
	progress->shown = 0;
}
