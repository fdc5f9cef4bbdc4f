/*
 * og-policy: the files that paths mean, and the documents in them. Texts are
 * read here, where no database is open; everything else is read by
 * og-text(1), one process a file, which has nothing in reach.
 */
#include <ctype.h>
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/og-policy.h"
#include "cmd/og-text.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/hash/hash.h"
#include "lib/policy/store.h"
#include "lib/proc/proc.h"

#define NAME_BYTES 512
#define SAYS_MAX   ((size_t)512 << 20)
#define LINE_BYTES ((size_t)32 << 20)
#define READ_MS	   90000 /* og-text gives up before */

/* --- kinds ------------------------------------------------------------------------ */

#define TEXT "text"

/* The kind of a file by the end of its name; NULL: none we read. */
static const char *kind_of(const char *path)
{
	static const char *const kinds[][2] = {
		{ ".md", TEXT },     { ".markdown", TEXT }, { ".txt", TEXT },	{ ".text", TEXT },
		{ ".pdf", "pdf" },   { ".docx", "docx" },   { ".odt", "odt" },	{ ".epub", "epub" },
		{ ".rtf", "rtf" },   { ".html", "html" },   { ".htm", "html" }, { ".eml", "mail" },
		{ ".mbox", "mail" },
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcasecmp(dot, kinds[i][0]) == 0)
			return kinds[i][1];
	return NULL;
}

/* "From x Mon Mar  2 10:00:00 2026": the line that begins a message of a
 * mailbox (RFC 4155) has a time of day and a line below it, a memo that
 * begins with the word has not. */
static int begins_message(const struct og_buf *bytes)
{
	const char *end = bytes->len ? memchr(bytes->data, '\n', bytes->len) : NULL;
	const char *colon;

	if (!end || end - bytes->data < 12 || memcmp(bytes->data, "From ", 5) != 0)
		return 0;
	colon = memchr(bytes->data, ':', (size_t)(end - bytes->data));
	return colon && end - colon > 3 && isdigit((unsigned char)colon[-1]) &&
	       isdigit((unsigned char)colon[1]) && isdigit((unsigned char)colon[2]);
}

/* What it begins with says more than its name. */
static const char *kind_of_bytes(const char *path, const struct og_buf *bytes)
{
	const char *kind = kind_of(path);

	if (bytes->len >= 5 && memcmp(bytes->data, "%PDF-", 5) == 0)
		return "pdf";
	if (!kind && begins_message(bytes))
		return "mail";
	return kind ? kind : TEXT;
}

/* --- finding ---------------------------------------------------------------------- */

/* "dir/memo.md" below "dir" -> "memo"; "dir/sub/memo.md" -> "sub/memo". */
static char *name_below(const char *path, size_t root)
{
	const char *name = path + root, *slash, *dot;

	while (*name == '/')
		name++;
	slash = strrchr(name, '/');
	dot = strrchr(slash ? slash : name, '.');
	return strndup(name, dot && dot != name ? (size_t)(dot - name) : strlen(name));
}

static int add_file(struct policy_files *files, const char *path, size_t root, struct og_err *err)
{
	struct policy_file *list;

	if (files->n == POLICY_FILES_MAX)
		return og_fail(err, OG_EDATA, "more than %d documents at once", POLICY_FILES_MAX);
	list = reallocarray(files->list, files->n + 1, sizeof(*list));
	if (!list)
		return og_fail_nomem(err);
	files->list = list;
	list[files->n] = (struct policy_file){ strdup(path), name_below(path, root) };
	if (list[files->n].path && list[files->n++].name)
		return 0;
	return og_fail_nomem(err);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int take_entry(struct policy_files *files, FTS *walk, FTSENT *entry, size_t root,
		      struct og_err *err)
{
	int hidden = entry->fts_level > 0 && entry->fts_name[0] == '.';

	switch (entry->fts_info) {
	case FTS_D:
		if (hidden)
			fts_set(walk, entry, FTS_SKIP);
		return 0;
	case FTS_F:
		if (!hidden && kind_of(entry->fts_name))
			return add_file(files, entry->fts_path, root, err);
		files->passed_over += !hidden;
		return 0;
	case FTS_SL:
	case FTS_SLNONE:
	case FTS_DEFAULT:
		files->passed_over++;
		return 0;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return og_fail(err, OG_ENOINPUT, "cannot read '%s': %s", entry->fts_path,
			       strerror(entry->fts_errno));
	default:
		return 0;
	}
}

static int add_folder(struct policy_files *files, const char *path, struct og_err *err)
{
	char *const paths[] = { (char *)(uintptr_t)path, NULL };
	size_t before = files->n;
	FTSENT *entry;
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	int rc = 0;

	if (!walk)
		return og_fail(err, OG_ENOINPUT, "cannot read '%s': %s", path, strerror(errno));
	while (rc == 0 && (entry = fts_read(walk)))
		rc = take_entry(files, walk, entry, strlen(path), err);
	fts_close(walk);
	files->folder = 1;
	if (rc == 0 && files->n == before)
		return og_fail(err, OG_ENOINPUT, "no document of a kind we read is in '%s'", path);
	return rc;
}

/* The name of a file alone: what is before its last slash is no part of it. */
static size_t folder_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

int policy_files_find(const struct og_args *args, struct policy_files *ret, struct og_err *err)
{
	const char *path;

	for (size_t i = 0; (path = og_arg(args, i)); i++) {
		struct stat st;
		int folder = strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
		int rc = folder ? add_folder(ret, path, err)
				: add_file(ret, path, folder_part(path), err);

		if (rc < 0)
			return -1;
	}
	return 0;
}

void policy_files_release(struct policy_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		free(files->list[i].path);
		free(files->list[i].name);
	}
	free(files->list);
}

/* --- reading ---------------------------------------------------------------------- */

/* What og-text(1) read of a document is never taken for a front matter, nor
 * behind byte order marks, which a text does not need any more. */
static int add_plain(struct og_buf *text, const char *from)
{
	while (strncmp(from, "\xef\xbb\xbf", 3) == 0)
		from += 3;
	if (strncmp(from, "---", 3) == 0)
		og_buf_addc(text, '\n');
	return og_buf_adds(text, from);
}

/* A message: who wrote it and when, then what. */
static int add_message(struct og_buf *text, const json_t *line, const char *says)
{
	static const char *const heads[][2] = { { "From", "from" }, { "Date", "date" } };
	const json_t *files = json_object_get(line, "files"), *file;
	size_t i, len = strlen(says);

	/* What stands between two messages is neither's. */
	while (len > 0 && strchr("\r\n", says[len - 1]))
		len--;
	for (i = 0; i < 2; i++)
		if (og_json_str(line, heads[i][1]))
			og_buf_addf(text, "%s: %s\n", heads[i][0], og_json_str(line, heads[i][1]));
	og_buf_addf(text, "\n%.*s\n", (int)len, says);
	json_array_foreach(files, i, file)
		og_buf_addf(text, "\nAttached, and not read: %s\n", json_string_value(file));
	return text->failed ? -1 : 0;
}

struct reading {
	const struct og_ctx *ctx;
	const struct policy_file *file;
	const char *kind;
	policy_document_fn *each;
	void *arg;
	int mailbox;
};

static int run_text(const struct og_ctx *ctx, const char *kind, const char *data, size_t len,
		    struct og_buf *out, struct og_err *err);

/* A message that has no text of its own: its page is read as one. */
static int text_of_html(const struct reading *reading, const char *html, struct og_buf *out,
			struct og_err *err)
{
	struct og_buf line;
	json_t *said = NULL;
	int rc;

	og_buf_init(&line, LINE_BYTES);
	rc = run_text(reading->ctx, "html", html, strlen(html), &line, err);
	if (rc == 0)
		rc = og_json_parse(line.data, line.len, LINE_BYTES, "text", &said, err);
	if (rc == 0 && og_json_str(said, "text") && og_buf_adds(out, og_json_str(said, "text")) < 0)
		rc = og_fail_nomem(err);
	json_decref(said);
	og_buf_release(&line);
	return rc;
}

/* A message of a mailbox is called by its subject and, so that it keeps its
 * name when others come and go, by a digest of what it is. */
static void message_name(const struct reading *reading, const json_t *line, char name[NAME_BYTES])
{
	const char *subject = og_json_str(line, "subject"), *id = og_json_str(line, "id");
	char digest[OG_HASH_HEX + 1];
	struct og_hash hash;

	if (!id)
		id = og_json_str(line, "text");
	if (!id)
		id = "";
	og_sha256(id, strlen(id), &hash);
	og_hash_hex(&hash, digest);
	snprintf(name, NAME_BYTES, "%.60s-%.8s", subject ? subject : reading->file->name, digest);
}

static int take_message(struct reading *reading, const json_t *line, struct og_err *err)
{
	const char *says = og_json_str(line, "text"), *html = og_json_str(line, "html");
	struct policy_document document = { .name = reading->file->name,
					    .title = og_json_str(line, "subject"),
					    .source = "email",
					    .of_many = reading->mailbox };
	struct og_err why = OG_ERR_INIT; /* og-text(1) has said it */
	char name[NAME_BYTES];
	struct og_buf text, page;
	int rc = 0;

	og_buf_init(&text, LINE_BYTES);
	og_buf_init(&page, LINE_BYTES);
	if (!says && html && text_of_html(reading, html, &page, &why) == 0)
		says = page.data;
	if (rc == 0 && says && add_message(&text, line, says) < 0)
		rc = og_fail_nomem(err);
	if (rc == 0) {
		if (reading->mailbox) {
			message_name(reading, line, name);
			document.name = name;
		}
		document.text = text.data; /* NULL: none that can be read */
		document.len = text.len;
		rc = reading->each(reading->arg, &document, err);
	}
	og_buf_release(&page);
	og_buf_release(&text);
	return rc;
}

static int take_text(struct reading *reading, const json_t *line, struct og_err *err)
{
	int pages = strcmp(reading->kind, "pdf") == 0; /* their headings are numbers */
	struct policy_document document = { .name = reading->file->name,
					    .title = pages ? reading->file->name : NULL };
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, LINE_BYTES);
	if (!og_json_str(line, "text") || add_plain(&text, og_json_str(line, "text")) < 0) {
		og_fail(err, OG_EDATA, "og-text gave no text");
	} else {
		document.text = text.data;
		document.len = text.len;
		rc = reading->each(reading->arg, &document, err);
	}
	og_buf_release(&text);
	return rc;
}

/* og-text(1) says on standard error what is wrong; its status says whose
 * fault it is. */
static int run_text(const struct og_ctx *ctx, const char *kind, const char *data, size_t len,
		    struct og_buf *out, struct og_err *err)
{
	char *program = og_libexec_path(ctx->exe_dir, "og-text");
	const char *const argv[] = { program, kind, NULL };
	int status = 0, rc;

	if (!program)
		return og_fail_nomem(err);
	rc = og_child_run(argv, data, len, og_mono_ms() + READ_MS, out, &status, err);
	free(program);
	if (rc == 0 && status != 0)
		rc = og_fail(err, status < 128 ? status : OG_EDATA, "it cannot be read as %s",
			     kind);
	return rc;
}

static int take_lines(struct reading *reading, const struct og_buf *says, struct og_err *err)
{
	const char *at = says->data, *end = says->data + says->len;
	int rc = 0;

	while (rc == 0 && at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = newline ? (size_t)(newline - at) : (size_t)(end - at);
		json_t *line = NULL;

		rc = og_json_parse(at, len, LINE_BYTES, "og-text", &line, err);
		if (rc == 0)
			rc = strcmp(reading->kind, "mail") == 0 ? take_message(reading, line, err)
								: take_text(reading, line, err);
		json_decref(line);
		at += len + 1;
	}
	return rc;
}

static int read_other(struct reading *reading, const struct og_buf *bytes, struct og_err *err)
{
	struct og_buf says;
	int rc;

	og_buf_init(&says, SAYS_MAX);
	rc = run_text(reading->ctx, reading->kind, bytes->data, bytes->len, &says, err);
	reading->mailbox = bytes->len >= 5 && memcmp(bytes->data, "From ", 5) == 0;
	if (rc == 0)
		rc = take_lines(reading, &says, err);
	og_buf_release(&says);
	return rc;
}

int policy_file_read(const struct og_ctx *ctx, const struct policy_file *file,
		     policy_document_fn *each, void *arg, struct og_err *err)
{
	struct reading reading = { .ctx = ctx, .file = file, .each = each, .arg = arg };
	struct policy_document document = { .name = file->name };
	struct og_buf bytes;
	int rc;

	og_buf_init(&bytes, TEXT_INPUT_MAX);
	rc = og_file_read(file->path, "document", &bytes, err);
	if (rc == 0) {
		reading.kind = kind_of_bytes(file->path, &bytes);
		document.text = bytes.data ? bytes.data : "";
		document.len = bytes.len;
		rc = strcmp(reading.kind, TEXT) == 0 ? each(arg, &document, err)
						     : read_other(&reading, &bytes, err);
	}
	og_buf_release(&bytes);
	return rc;
}
