/*
 * og-render: a result document as text, CSV, HTML, JSON or UI tree.
 *
 * The document comes from a worker and holds what a database, a policy or a
 * model said: hostile bytes. So the program opens what it needs, gives up
 * files, network and exec, and only then reads; and it prints nothing
 * before the whole view stands in memory, so that a bad document never
 * leaves half a page behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/og-main.h"
#include "cmd/og-render-code.h"
#include "cmd/og-render-page.h"
#include "cmd/og-render-view.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/sandbox/sandbox.h"
#include "lib/task/result.h"
#include "lib/view/view.h"

#define WIDTH_DEFAULT	80
#define MEMORY_MAX	((uint64_t)2 << 30)
#define CPU_SECONDS_MAX 60

enum form {
	FORM_TEXT,
	FORM_JSON,
	FORM_CSV,
	FORM_HTML,
	FORM_TREE,
	FORM_MCP_APP,
	FORM_ACTIONS,
	FORM_JSX,
	FORM_A2UI
};

static const char *const form_names[] = { "text",    "json",	"csv", "html", "tree",
					  "mcp-app", "actions", "jsx", "a2ui", NULL };

struct render {
	enum form form;
	const char *set;
	struct og_text_style style;
	int is_static; /* a page without script */
	struct og_render_runtime runtime;
	struct og_render_kit kit; /* what pages are made of */
	struct og_render_view view;
	int allow_code;
	struct og_compiler compiler;
	struct og_buf code; /* of a view that needs some, compiled */
	int fd;		    /* the document */
};

static int index_of(const char *word, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	return -1;
}

static int parse_form(const char *name, enum form *ret, struct og_err *err)
{
	int i = name ? index_of(name, form_names) : FORM_TEXT;
	const char *nearest;

	if (i >= 0) {
		*ret = (enum form)i;
		return 0;
	}
	og_fail(err, OG_EUSAGE, "unknown form '%s'", name);
	nearest = og_nearest(name, form_names);
	return og_hint(err,
		       nearest ? "did you mean --to=%s?"
			       : "text, json, csv, html, tree, jsx, a2ui, mcp-app or actions%s",
		       nearest ? nearest : "");
}

/* --width, else $COLUMNS, else the terminal's, else 80. What was not asked
 * for by option is brought into what is possible. */
static int find_width(const struct og_ctx *ctx, const struct og_args *args, size_t *ret,
		      struct og_err *err)
{
	const char *given = og_arg_value(args, "width"), *columns = ctx->env("COLUMNS");
	int64_t width = WIDTH_DEFAULT;
	struct winsize size;

	if (given) {
		if (og_int_parse(given, OG_VIEW_WIDTH_MIN, OG_VIEW_WIDTH_MAX, "--width", &width,
				 err) < 0)
			return -1;
	} else if (!columns || og_int_parse(columns, 1, INT32_MAX, "COLUMNS", &width, NULL) < 0) {
		if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
			width = size.ws_col;
	}
	if (width < OG_VIEW_WIDTH_MIN)
		width = OG_VIEW_WIDTH_MIN;
	if (width > OG_VIEW_WIDTH_MAX)
		width = OG_VIEW_WIDTH_MAX;
	*ret = (size_t)width;
	return 0;
}

static int find_runtime(const struct og_args *args, struct render *render, struct og_err *err)
{
	static const char *const names[] = { "preact", "react", NULL };
	const char *given = og_arg_value(args, "runtime");
	int i = given ? index_of(given, names) : 0;

	render->is_static = og_arg_flag(args, "static");
	if (render->is_static && render->form != FORM_HTML)
		return og_fail(err, OG_EUSAGE, "--static goes with --to=html");
	if (given &&
	    ((render->form != FORM_HTML && render->form != FORM_MCP_APP) || render->is_static))
		return og_fail(err, OG_EUSAGE, "--runtime goes with a page that has one");
	if (i < 0)
		return og_fail(err, OG_EUSAGE, "--runtime is not '%s'", given);
	render->allow_code = og_arg_flag(args, "allow-code");
	if (render->allow_code &&
	    ((render->form != FORM_HTML && render->form != FORM_MCP_APP) || render->is_static))
		return og_fail(err, OG_EUSAGE, "--allow-code goes with a page that has a runtime");
	render->runtime = (struct og_render_runtime){ i, render->allow_code };
	return 0;
}

static int parse_options(const struct og_ctx *ctx, const struct og_args *args,
			 struct render *render, struct og_err *err)
{
	if (parse_form(og_arg_value(args, "to"), &render->form, err) < 0 ||
	    find_width(ctx, args, &render->style.width, err) < 0 ||
	    find_runtime(args, render, err) < 0)
		return -1;
	render->style.color = og_color_on(ctx, STDOUT_FILENO);
	render->set = og_arg_value(args, "set");
	if (render->set && render->form != FORM_CSV)
		return og_fail(err, OG_EUSAGE, "--set goes with --to=csv");
	return 0;
}

static int read_css(const struct og_ctx *ctx, struct og_buf *css, struct og_err *err)
{
	char *path = og_share_path(ctx->exe_dir, "ui/kit.css");
	int rc;

	if (!path)
		return og_fail_nomem(err);
	rc = og_file_read(path, "style sheet", css, err);
	free(path);
	return rc;
}

/* What pages are made of. Without the kit's scripts a page without any is
 * the next best, and said; a frame's document there cannot be. */
static int read_kit(const struct og_ctx *ctx, struct render *render, struct og_err *err)
{
	char *missing = NULL;
	int rc;

	if (render->is_static)
		return read_css(ctx, &render->kit.kit_css, err);
	rc = og_render_kit_read(ctx, render->runtime, &render->kit, &missing, err);
	if (rc == 0 && render->form == FORM_MCP_APP) {
		rc = og_fail(err, OG_ECONF, "there is no kit here: '%s' is missing", missing);
		og_hint(err, "install npm and esbuild, then 'make ui'");
	} else if (rc == 0) {
		og_note(ctx, "a page without script, since '%s' is missing ('make ui' makes it)",
			missing);
		render->is_static = 1;
		og_buf_clear(&render->kit.kit_css);
		rc = read_css(ctx, &render->kit.kit_css, err);
	}
	free(missing);
	return rc < 0 ? -1 : 0;
}

static int open_document(const char *path, int *ret, struct og_err *err)
{
	struct stat st;
	int fd = STDIN_FILENO;

	if (path && strcmp(path, "-") != 0)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return og_fail(err, OG_ENOINPUT, "cannot open '%s': %s", path ? path : "-",
			       strerror(errno));
	*ret = fd;
	return 0;
}

/* What is open stays usable: the document, standard output and error. A
 * compiler is started in between: it inherits that there is no network. */
static int give_up_authority(const struct og_ctx *ctx, struct render *render, struct og_err *err)
{
	static const char *const none[] = { NULL };

	if (og_sandbox_no_network(0, err) < 0)
		return -1;
	if (render->allow_code && og_compiler_start(ctx, &render->compiler, err) < 0)
		return -1;
	if (og_sandbox_paths(none, none, err) < 0 || og_sandbox_no_exec(err) < 0)
		return -1;
#ifndef __SANITIZE_ADDRESS__
	if (og_sandbox_limits(MEMORY_MAX, CPU_SECONDS_MAX, 0, err) < 0)
		return -1;
#endif
	return 0;
}

static int read_document(int fd, json_t **ret, char *digest, struct og_err *err)
{
	struct og_buf text;
	struct og_hash hash;
	json_t *result = NULL;
	int rc = -1;

	og_buf_init(&text, OG_RESULT_MAX);
	if (og_fd_read(fd, "result document", &text, err) < 0)
		goto out;
	if (og_json_parse(text.len > 0 ? text.data : "", text.len, OG_RESULT_MAX, "result document",
			  &result, err) < 0 ||
	    og_result_check(result, err) < 0)
		goto out;
	og_sha256(text.data, text.len, &hash);
	og_hash_hex(&hash, digest);
	*ret = result;
	result = NULL;
	rc = 0;
out:
	json_decref(result);
	og_buf_release(&text);
	return rc;
}

static int dump_line(const json_t *value, struct og_buf *out, struct og_err *err)
{
	if (og_json_dump(value, out, err) < 0)
		return -1;
	og_buf_addc(out, '\n');
	return og_buf_check(out, "output", err);
}

static int draw_page(const struct render *render, json_t *result, const json_t *tree,
		     struct og_buf *out, struct og_err *err)
{
	return og_render_page(&render->kit, result, tree, &render->code,
			      render->form == FORM_MCP_APP, out, err);
}

static int draw_tree(const struct render *render, json_t *result, const json_t *tree,
		     struct og_buf *out, struct og_err *err)
{
	const struct og_buf *css = &render->kit.kit_css;

	switch (render->form) {
	case FORM_TEXT:
		return og_view_text(tree, &render->style, out, err);
	case FORM_HTML:
		if (render->is_static)
			return og_view_html(tree, css->data, css->len, out, err);
		return draw_page(render, result, tree, out, err);
	case FORM_MCP_APP:
		return draw_page(render, result, tree, out, err);
	case FORM_JSX:
		return og_view_print_jsx(tree, result, out, err);
	case FORM_A2UI:
		return og_view_a2ui(tree, result, out, err);
	case FORM_ACTIONS:
		return og_render_actions(result, tree, out, err);
	default:
		return dump_line(tree, out, err);
	}
}

/* The tree; where the document's view needs code and may have some, the
 * tree without it, and the code. */
static int make_tree(struct render *render, json_t *result, const char *digest, json_t **ret,
		     struct og_err *err)
{
	int rc = og_view_tree(result, digest, ret, err);

	if (rc == 0 || !render->allow_code || err->code != OG_EDATA)
		return rc;
	if (og_compiler_take_view(&render->compiler, result, &render->code, err) < 0)
		return -1;
	return og_view_tree(result, digest, ret, err);
}

static int draw(struct render *render, json_t *result, const char *digest, struct og_buf *out,
		struct og_err *err)
{
	json_t *tree = NULL;
	int rc;

	if (render->form == FORM_JSON)
		return dump_line(result, out, err);
	if (render->form == FORM_CSV)
		return og_view_csv(result, render->set, out, err);
	if (make_tree(render, result, digest, &tree, err) < 0)
		return -1;
	rc = draw_tree(render, result, tree, out, err);
	json_decref(tree);
	return rc;
}

/* Pages, and rows for other programs, stand as they are. */
static int print(enum form form, const struct og_buf *out, struct og_err *err)
{
	if (out->len == 0)
		return 0;
	if (form == FORM_TEXT)
		return og_print(out->data, out->len, err);
	if (form == FORM_HTML || form == FORM_MCP_APP || form == FORM_CSV || form == FORM_JSX)
		return og_print_verbatim(out->data, out->len, err);
	return og_print_json_text(out->data, out->len, err);
}

static int render_document(struct render *render, struct og_err *err)
{
	char digest[OG_HASH_HEX + 1];
	struct og_buf out;
	json_t *result = NULL;
	int rc = -1;

	og_buf_init(&out, OG_VIEW_MAX);
	if (read_document(render->fd, &result, digest, err) < 0 ||
	    og_render_view_apply(&render->view, result, err) < 0 ||
	    draw(render, result, digest, &out, err) < 0)
		goto out;
	rc = print(render->form, &out, err);
out:
	json_decref(result);
	og_buf_release(&out);
	return rc;
}

static int run(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct render render = { .view.fd = -1, .fd = -1 };
	int rc = -1;

	if (og_arg_flag(args, "catalog"))
		return og_render_catalog(err);
	og_render_kit_init(&render.kit);
	og_compiler_init(&render.compiler);
	og_buf_init(&render.code, OG_CODE_OUT_MAX);
	if (parse_options(ctx, args, &render, err) < 0)
		goto out;
	if ((render.form == FORM_HTML || render.form == FORM_MCP_APP) &&
	    read_kit(ctx, &render, err) < 0)
		goto out;
	if (open_document(og_arg(args, 0), &render.fd, err) < 0 ||
	    og_render_view_open(args, &render.view, err) < 0 ||
	    give_up_authority(ctx, &render, err) < 0)
		goto out;
	rc = render_document(&render, err);
out:
	if (render.fd > STDIN_FILENO)
		close(render.fd);
	og_render_view_close(&render.view);
	og_compiler_end(&render.compiler);
	og_buf_release(&render.code);
	og_render_kit_release(&render.kit);
	return rc;
}

static const struct og_opt opts[] = {
	{ "to", 't', OG_OPT_VALUE, "FORM",
	  "text (default), json, csv, html, tree, jsx, a2ui, mcp-app or actions",
	  "text | json | csv | html | tree | jsx | a2ui | mcp-app | actions" },
	{ "static", 0, OG_OPT_FLAG, NULL, "html without script" },
	{ "runtime", 0, OG_OPT_VALUE, "NAME", "preact (default) or react", "preact | react" },
	{ "allow-code", 0, OG_OPT_FLAG, NULL,
	  "let a page hold code that a view brings, in a worker" },
	{ "view", 0, OG_OPT_VALUE, "FILE", "a view to draw it by, or none to ignore its own" },
	{ "set", 0, OG_OPT_VALUE, "NAME", "the row set for csv (default: the first)" },
	{ "width", 'w', OG_OPT_VALUE, "COLUMNS",
	  "columns of text (default: the terminal's, or 80)" },
	{ "catalog", 0, OG_OPT_FLAG, NULL, "print what a view may use, as JSON, and read nothing" },
	{ 0 },
};

static const struct og_command commands[] = {
	{ NULL, "[FILE]", "draw the result document in FILE or on standard input", opts, 0, 1,
	  run },
	{ 0 },
};

const struct og_program og_program = {
	"og-render",
	"a result document as text, CSV, or a page of its own",
	commands,
};
