/*
 * See og-print.h. What is remembered here of standard output (is it a
 * terminal, is it to be in colour) does not change while a program runs.
 */
#include "cmd/og-print.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"
#include "lib/proc/channel.h"
#include "lib/proc/proc.h"
#include "lib/view/view.h"

#define RENDER_MS     30000
#define WIDTH_DEFAULT 80
#define LINE_MAX      ((size_t)256 << 20)

static struct {
	int is_terminal;
	int color;    /* on standard output */
	size_t width; /* of it; 0: no terminal */
	const char *when;
} output;

/* --- colour ------------------------------------------------------------------ */

int og_color_on(const struct og_ctx *ctx, int fd)
{
	const char *term = ctx->env("TERM");

	if (output.when && strcmp(output.when, "auto") != 0)
		return strcmp(output.when, "always") == 0;
	return isatty(fd) && !ctx->env("NO_COLOR") && term && strcmp(term, "dumb") != 0;
}

static size_t find_width(const struct og_ctx *ctx)
{
	const char *columns = ctx->env("COLUMNS");
	struct winsize size = { 0 };
	int64_t width;

	if (!output.is_terminal)
		return 0;
	if (columns && og_int_parse(columns, 1, OG_VIEW_WIDTH_MAX, "COLUMNS", &width, NULL) == 0)
		return (size_t)width;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return WIDTH_DEFAULT;
}

int og_print_begin(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	static const char *const words[] = { "auto", "always", "never", NULL };
	const char *when = og_arg_value(args, "color"), *nearest;
	size_t i = 0;

	while (when && words[i] && strcmp(when, words[i]) != 0)
		i++;
	if (!words[i]) {
		nearest = og_nearest(when, words);
		og_fail(err, OG_EUSAGE, "--color is not '%s'", when);
		return nearest ? og_hint(err, "did you mean --color=%s?", nearest)
			       : og_hint(err, "auto, always or never");
	}
	output.when = when;
	output.is_terminal = isatty(STDOUT_FILENO);
	output.color = og_color_on(ctx, STDOUT_FILENO);
	output.width = find_width(ctx);
	return 0;
}

const char *og_tone_begin(enum og_tone tone)
{
	static const char *const begins[] = {
		[OG_TONE_PLAIN] = NULL,	    [OG_TONE_GOOD] = "\033[32m",
		[OG_TONE_BAD] = "\033[31m", [OG_TONE_WAIT] = "\033[33m",
		[OG_TONE_DIM] = "\033[2m",  [OG_TONE_STRONG] = "\033[1m",
	};

	return begins[tone];
}

enum og_tone og_tone_of(const char *state)
{
	static const struct {
		const char *state;
		enum og_tone tone;
	} tones[] = {
		{ "done", OG_TONE_GOOD },     { "ok", OG_TONE_GOOD },
		{ "ready", OG_TONE_GOOD },    { "verified", OG_TONE_GOOD },
		{ "fixed", OG_TONE_GOOD },    { "denied", OG_TONE_BAD },
		{ "failed", OG_TONE_BAD },    { "compensation_failed", OG_TONE_BAD },
		{ "in_doubt", OG_TONE_BAD },  { "interrupted", OG_TONE_BAD },
		{ "bad", OG_TONE_BAD },	      { "not ok", OG_TONE_BAD },
		{ "broken", OG_TONE_BAD },    { "worse", OG_TONE_BAD },
		{ "failing", OG_TONE_BAD },   { "degraded", OG_TONE_WAIT },
		{ "better", OG_TONE_GOOD },   { "waiting", OG_TONE_WAIT },
		{ "warn", OG_TONE_WAIT },     { "compensated", OG_TONE_WAIT },
		{ "cancelled", OG_TONE_DIM },
	};

	for (size_t i = 0; state && i < sizeof(tones) / sizeof(*tones); i++)
		if (strcmp(tones[i].state, state) == 0)
			return tones[i].tone;
	return OG_TONE_PLAIN;
}

int og_tone_add(struct og_buf *out, int color, enum og_tone tone, const char *text)
{
	const char *begin = color ? og_tone_begin(tone) : NULL;

	og_buf_adds(out, begin ? begin : "");
	og_text_safe(out, text, strlen(text), 0);
	return og_buf_adds(out, begin ? OG_TONE_END : "");
}

int og_tone_pad(struct og_buf *out, enum og_tone tone, const char *text, size_t width)
{
	size_t start = out->len, used = strlen(text);

	og_tone_add(out, output.color, tone, text);
	return used < width && out->len > start ? og_buf_addf(out, "%*s", (int)(width - used), "")
						: 0;
}

int og_print_is_terminal(void)
{
	return output.is_terminal;
}

void og_print_resized(const struct og_ctx *ctx)
{
	output.width = find_width(ctx);
}

size_t og_print_width(const struct og_ctx *ctx)
{
	(void)ctx; /* it was asked when the program began, before any sandbox */
	return output.width;
}

/* --- the net ------------------------------------------------------------------- */

/* "ESC [ 1 ; 31 m", which does nothing but colour: its length, or 0. */
static size_t is_color(const char *text, size_t len)
{
	size_t at = 2;

	if (len < 3 || text[0] != '\033' || text[1] != '[')
		return 0;
	while (at < len && ((text[at] >= '0' && text[at] <= '9') || text[at] == ';'))
		at++;
	return at < len && text[at] == 'm' ? at + 1 : 0;
}

/* Text without what a terminal would act upon, besides colours where there
 * are to be some. Also into a pipe: a terminal may be at its end. */
static int add_colored(struct og_buf *out, const char *text, size_t len)
{
	size_t kept = 0, at = 0;

	while (at < len) {
		size_t n = output.color ? is_color(text + at, len - at) : 0;

		if (n > 0) {
			og_text_safe(out, text + kept, at - kept, 1);
			og_buf_add(out, text + at, n);
			kept = at + n;
		}
		at += n > 0 ? n : 1;
	}
	return og_text_safe(out, text + kept, len - kept, 1);
}

static int put(const char *text, size_t len, struct og_err *err)
{
	if (fwrite(text, 1, len, stdout) == len)
		return 0;
	return og_fail(err, OG_EIO, "cannot write the output: %s", strerror(errno));
}

int og_print(const char *text, size_t len, struct og_err *err)
{
	struct og_buf safe;
	int rc = -1;

	og_buf_init(&safe, LINE_MAX);
	add_colored(&safe, text, len);
	if (og_buf_check(&safe, "output", err) == 0)
		rc = put(safe.data ? safe.data : "", safe.len, err);
	og_buf_release(&safe);
	return rc;
}

int og_printf(struct og_err *err, const char *fmt, ...)
{
	struct og_buf text;
	va_list args;
	int rc = -1;

	og_buf_init(&text, LINE_MAX);
	va_start(args, fmt);
	og_buf_vaddf(&text, fmt, args);
	va_end(args);
	if (og_buf_check(&text, "output", err) == 0)
		rc = og_print(text.data ? text.data : "", text.len, err);
	og_buf_release(&text);
	return rc;
}

int og_print_verdict(const char *verdict, struct og_err *err, const char *fmt, ...)
{
	struct og_buf line, text;
	va_list args;
	int rc = -1;

	og_buf_init(&line, LINE_MAX);
	og_buf_init(&text, LINE_MAX);
	va_start(args, fmt);
	og_buf_vaddf(&text, fmt, args);
	va_end(args);
	og_tone_pad(&line, og_tone_of(verdict), verdict, 0);
	og_text_safe(&line, text.data ? text.data : "", text.len, 0);
	og_buf_addc(&line, '\n');
	if (og_buf_check(&text, "output", err) == 0 && og_buf_check(&line, "output", err) == 0)
		rc = og_print(line.data, line.len, err);
	og_buf_release(&text);
	og_buf_release(&line);
	return rc;
}

int og_print_bytes(const char *data, size_t len, struct og_err *err)
{
	return put(data, len, err);
}

int og_print_verbatim(const char *data, size_t len, struct og_err *err)
{
	struct og_buf safe;
	int rc = -1;

	if (!output.is_terminal)
		return put(data, len, err);
	og_buf_init(&safe, LINE_MAX);
	og_text_safe(&safe, data, len, 1);
	if (og_buf_check(&safe, "output", err) == 0)
		rc = put(safe.data ? safe.data : "", safe.len, err);
	og_buf_release(&safe);
	return rc;
}

/* --- JSON ---------------------------------------------------------------------- */

static void add_escape(struct og_buf *out, uint32_t c)
{
	if (c < 0x10000) {
		og_buf_addf(out, "\\u%04x", (unsigned)c);
		return;
	}
	c -= 0x10000;
	og_buf_addf(out, "\\u%04x\\u%04x", 0xd800 + (unsigned)(c >> 10),
		    0xdc00 + (unsigned)(c & 0x3ff));
}

/* Outside of strings JSON is ASCII, so an escape is in place wherever one of
 * these stands. */
static void add_seen(struct og_buf *out, const char *text, size_t len)
{
	size_t at = 0, kept = 0;
	uint32_t c;

	while (og_utf8_hidden(text, len, &at, &c)) {
		size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

		og_buf_add(out, text + kept, at - size - kept);
		add_escape(out, c);
		kept = at;
	}
	og_buf_add(out, text + kept, len - kept);
}

int og_print_json_text(const char *text, size_t len, struct og_err *err)
{
	struct og_buf seen;
	int rc = -1;

	og_buf_init(&seen, LINE_MAX);
	add_seen(&seen, text, len);
	if (og_buf_check(&seen, "output", err) == 0)
		rc = put(seen.data ? seen.data : "", seen.len, err);
	og_buf_release(&seen);
	return rc;
}

/* "{" and, when it is wanted, the version in front of the rest. */
static int print_object(const json_t *value, int version, struct og_err *err)
{
	struct og_buf line, seen;
	int rc = -1;

	og_buf_init(&line, OG_CHANNEL_LINE_MAX);
	og_buf_init(&seen, 2 * OG_CHANNEL_LINE_MAX);
	if (og_json_dump(value, &line, err) < 0 || og_buf_check(&line, "output", err) < 0)
		goto out;
	add_seen(&seen, line.data, line.len);
	og_buf_addc(&seen, '\n');
	if (og_buf_check(&seen, "output", err) < 0)
		goto out;
	if (version && put(json_object_size(value) ? "{\"v\":1," : "{\"v\":1",
			   json_object_size(value) ? 7 : 6, err) < 0)
		goto out;
	rc = put(seen.data + version, seen.len - (size_t)version, err);
out:
	og_buf_release(&line);
	og_buf_release(&seen);
	return rc;
}

int og_print_json(const json_t *value, struct og_err *err)
{
	return print_object(value, json_is_object(value) && !json_object_get(value, "v"), err);
}

int og_print_row(const json_t *value, struct og_err *err)
{
	return print_object(value, 0, err);
}

/* --- results --------------------------------------------------------------------- */

/* The renderer writes into a pipe, so it is told what our own output is. */
static int render_argv(const char *render, char width[16], const char *argv[6])
{
	size_t columns = output.width;
	int n = 0;

	argv[n++] = render;
	argv[n++] = "--to=text";
	if (columns >= OG_VIEW_WIDTH_MIN && columns <= OG_VIEW_WIDTH_MAX) {
		snprintf(width, 16, "--width=%zu", columns);
		argv[n++] = width;
	}
	argv[n++] = output.color ? "--color=always" : "--color=never";
	argv[n] = NULL;
	return n;
}

int og_print_result(const struct og_ctx *ctx, const json_t *result, struct og_err *err)
{
	char *render = og_program_path(ctx->exe_dir, "og-render"), width[16];
	const char *argv[6];
	struct og_buf in, out;
	int status = 0, n, rc = -1;

	og_buf_init(&in, OG_CHANNEL_LINE_MAX);
	og_buf_init(&out, OG_CHANNEL_LINE_MAX);
	if (!render) {
		og_fail_nomem(err);
		goto out;
	}
	n = render_argv(render, width, argv);
	if (og_json_dump(result, &in, err) < 0 ||
	    og_child_run(argv, in.data, in.len, og_deadline(RENDER_MS), &out, &status, err) < 0)
		goto out;
	if (status == OG_EDATA && json_object_get(result, "view")) { /* it has said why */
		argv[n] = "--view=none";
		argv[n + 1] = NULL;
		og_buf_clear(&out);
		if (og_child_run(argv, in.data, in.len, og_deadline(RENDER_MS), &out, &status,
				 err) < 0)
			goto out;
	}
	if (status == 0)
		rc = og_print(out.data, out.len, err);
	else
		og_fail(err, OG_EBUG, "og-render failed with status %d", status);
out:
	og_buf_release(&in);
	og_buf_release(&out);
	free(render);
	return rc;
}
