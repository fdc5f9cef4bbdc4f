/*
 * og-text: what a document of another kind says, as text. Documents are
 * hostile and their formats large, so they are read here by programs and
 * libraries made for them, with nothing in reach: no network, no file but
 * the system's own, little memory and time. Whoever asked gets text.
 */
#include "cmd/og-text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/proc/proc.h"
#include "lib/sandbox/sandbox.h"

#define MEMORY_MAX  ((uint64_t)1 << 30)
#define CPU_SECONDS 30
#define SECONDS	    60

/* A kind: the program that reads it on standard input and writes text. */
struct kind {
	const char *name, *package;
	const char *argv[8]; /* [0] without its directory; NULL: none, it is mail */
};

#define PANDOC(format)                                                                             \
	{                                                                                          \
		"pandoc", "--sandbox", "-f", format, "-t", "gfm-raw_html", "--wrap=none", NULL     \
	}

static const struct kind kinds[] = {
	{ "mail", NULL, { NULL } },
	{ "pdf", "poppler-utils", { "pdftotext", "-q", "-enc", "UTF-8", "-", "-", NULL } },
	{ "docx", "pandoc", PANDOC("docx") },
	{ "odt", "pandoc", PANDOC("odt") },
	{ "epub", "pandoc", PANDOC("epub") },
	{ "rtf", "pandoc", PANDOC("rtf") },
	{ "html", "pandoc", PANDOC("html") },
};

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

/* Where the system's programs are; what a person put elsewhere is not asked. */
static char *find_program(const char *name)
{
	static const char *const folders[] = { "/usr/bin", "/usr/local/bin", "/bin" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		char *path = og_path_join(folders[i], name);

		if (path && access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

/* What is started from here on inherits all of it. */
static int give_up_authority(int starts, struct og_err *err)
{
	static const char *const run[] = { "/usr", "/bin", "/lib", "/lib64", NULL };
	static const char *const read[] = { "/etc/fonts", "/etc/ld.so.cache", "/proc/self",
					    "/var/cache/fontconfig", NULL };
	static const char *const none[] = { NULL };

	/* Somebody who takes a reader over would find keys of models there. */
	if (clearenv() != 0 || setenv("LC_ALL", "C.UTF-8", 1) < 0 ||
	    setenv("HOME", "/nonexistent", 1) < 0)
		return og_fail_nomem(err);
	if (og_sandbox_house(run, read, none, 1, err) < 0 || og_sandbox_no_network(0, err) < 0)
		return -1;
	if (!starts && og_sandbox_no_exec(err) < 0)
		return -1;
#ifndef __SANITIZE_ADDRESS__
	if (og_sandbox_memory(MEMORY_MAX, err) < 0)
		return -1;
#endif
	return og_sandbox_limits(0, CPU_SECONDS, 0, err);
}

int text_print(json_t *line, struct og_err *err)
{
	int rc = line ? og_print_row(line, err) : og_fail_nomem(err);

	json_decref(line);
	return rc;
}

/* Pages, which end with a form feed, become headings, so that a passage of
 * page 12 can be cited as such. */
static int add_pages(const struct og_buf *text, struct og_buf *out, struct og_err *err)
{
	const char *at = text->data, *end = text->data + text->len;
	size_t page = 1;

	for (; at < end; page++) {
		const char *feed = memchr(at, '\f', (size_t)(end - at));
		size_t len = feed ? (size_t)(feed - at) : (size_t)(end - at);

		og_buf_addf(out, "# Page %zu\n\n", page);
		og_buf_add(out, at, len);
		og_buf_addc(out, '\n');
		at += len + (feed != NULL);
	}
	return og_buf_check(out, "text of the document", err);
}

static int has_words(const struct og_buf *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (!strchr(" \t\r\n\f", text->data[i]))
			return 1;
	return 0;
}

static int print_text(const struct kind *kind, const struct og_buf *text, struct og_err *err)
{
	int pages = strcmp(kind->name, "pdf") == 0, rc;
	struct og_buf out;

	if (!has_words(text)) {
		og_fail(err, OG_EDATA, "the document holds no text");
		return pages ? og_hint(err, "are its pages pictures? ocrmypdf can read those") : -1;
	}
	if (!og_utf8_valid(text->data, text->len) || memchr(text->data, 0, text->len))
		return og_fail(err, OG_EDATA, "%s: what it says is no text", kind->argv[0]);
	og_buf_init(&out, 2 * TEXT_MAX);
	rc = pages ? add_pages(text, &out, err) : og_buf_add(&out, text->data, text->len);
	if (rc < 0 && !pages)
		og_fail_nomem(err);
	if (rc == 0)
		rc = text_print(json_pack("{s:i,s:s%}", "v", 1, "text", out.data, out.len), err);
	og_buf_release(&out);
	return rc;
}

/* A status that is no success, and deadlines, are the document's fault. */
static int convert(const struct kind *kind, const char *program, const struct og_buf *input,
		   struct og_err *err)
{
	const char *argv[8];
	struct og_buf text;
	int status = 0, rc;

	memcpy(argv, kind->argv, sizeof(argv));
	argv[0] = program;
	og_buf_init(&text, TEXT_MAX);
	rc = og_child_run(argv, input->data, input->len, og_mono_ms() + SECONDS * 1000, &text,
			  &status, err);
	if (rc < 0 && err->code == OG_ETEMP)
		og_fail(err, OG_EDATA, "%s needed more than %d seconds for it", kind->argv[0],
			SECONDS);
	else if (rc < 0 && err->code == OG_EDATA)
		og_fail(err, OG_EDATA, "its text is larger than %zu bytes", TEXT_MAX);
	else if (rc == 0 && status != 0)
		rc = og_fail(err, OG_EDATA,
			     status >= 128 ? "%s needed too much memory or time for it (%d)"
					   : "%s cannot read it (%d)",
			     kind->argv[0], status);
	if (rc == 0)
		rc = print_text(kind, &text, err);
	og_buf_release(&text);
	return rc;
}

static int run(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const struct kind *kind = find_kind(og_arg(args, 0));
	char *program = NULL;
	struct og_buf input;
	int rc = -1;

	(void)ctx;
	if (!kind)
		return og_fail(err, OG_EUSAGE, "there is no kind '%s'", og_arg(args, 0));
	if (kind->argv[0] && !(program = find_program(kind->argv[0]))) {
		og_fail(err, OG_EUNAVAIL, "%s is not installed, which reads %s", kind->argv[0],
			kind->name);
		return og_hint(err, "install the package %s", kind->package);
	}
	og_buf_init(&input, TEXT_INPUT_MAX);
	if (give_up_authority(program != NULL, err) == 0 &&
	    og_fd_read(STDIN_FILENO, "document", &input, err) == 0)
		rc = program ? convert(kind, program, &input, err)
			     : text_mail(input.data ? input.data : "", input.len, err);
	og_buf_release(&input);
	free(program);
	return rc;
}

static const struct og_opt options[] = {
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_command commands[] = {
	{ NULL, "KIND", "mail, pdf, docx, odt, epub, rtf or html, on standard input", options, 1, 1,
	  run },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-text",
	"what a document of another kind says, as text",
	commands,
};
