/*
 * og-render's interactive page. The kit's files are read before the program
 * gives up its rights; where they were never built the caller says so and
 * makes the page without script.
 */
#include "cmd/og-render-page.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/view/actions.h"

void og_render_kit_init(struct og_render_kit *kit)
{
	og_buf_init(&kit->runtime, OG_PAGE_PART_MAX);
	og_buf_init(&kit->kit_css, OG_PAGE_PART_MAX);
	og_buf_init(&kit->shell, OG_PAGE_PART_MAX);
	og_buf_init(&kit->shell_css, OG_PAGE_PART_MAX);
	og_buf_init(&kit->engine, OG_PAGE_PART_MAX);
}

void og_render_kit_release(struct og_render_kit *kit)
{
	og_buf_release(&kit->runtime);
	og_buf_release(&kit->kit_css);
	og_buf_release(&kit->shell);
	og_buf_release(&kit->shell_css);
	og_buf_release(&kit->engine);
}

/* 1: read; 0: not there, *ret_missing is its path; -1. */
static int read_part(const struct og_ctx *ctx, const char *name, struct og_buf *part,
		     char **ret_missing, struct og_err *err)
{
	char *path = og_share_path(ctx->exe_dir, name);
	int rc = 1;

	if (!path)
		return og_fail_nomem(err);
	if (access(path, F_OK) < 0) {
		*ret_missing = path;
		return 0;
	}
	if (og_file_read(path, "part of the kit", part, err) < 0)
		rc = -1;
	free(path);
	return rc;
}

int og_render_kit_read(const struct og_ctx *ctx, struct og_render_runtime runtime,
		       struct og_render_kit *kit, char **ret_missing, struct og_err *err)
{
	static const char *const runtimes[2][2] = {
		{ "ui/frame.js", "ui/frame-live.js" },
		{ "ui/frame-react.js", "ui/frame-live-react.js" },
	};
	const struct {
		const char *name;
		struct og_buf *part;
	} parts[] = {
		{ runtimes[runtime.react != 0][runtime.live != 0], &kit->runtime },
		{ "ui/kit.css", &kit->kit_css },
		{ "ui/shell.js", &kit->shell },
		{ "ui/shell.css", &kit->shell_css },
		{ "ui/worker.js", &kit->engine },
	};
	int rc = 1;

	for (size_t i = 0; rc > 0 && i < sizeof(parts) / sizeof(*parts); i++)
		rc = read_part(ctx, parts[i].name, parts[i].part, ret_missing, err);
	return rc;
}

static struct og_slice slice(const struct og_buf *buf)
{
	return (struct og_slice){ buf->data, buf->len };
}

/* What live code is given: the rows by name, and the whole document. */
static json_t *live_data(json_t *result)
{
	json_t *data = json_object_get(result, "data");

	return json_pack("{s:o,s:O}", "data", data ? json_incref(data) : json_object(), "result",
			 result);
}

/* From a file somebody pastes the command, and wants to see what comes. */
static int wait_for_results(json_t *actions)
{
	json_t *action;
	size_t i;

	json_array_foreach(actions, i, action)
	{
		if (json_array_insert_new(json_object_get(action, "argv"), 3,
					  json_string("--wait")) < 0)
			return -1;
	}
	return 0;
}

int og_render_page(const struct og_render_kit *kit, json_t *result, const json_t *tree,
		   const struct og_buf *code, int frame_only, struct og_buf *out,
		   struct og_err *err)
{
	const struct og_page_kit parts = { slice(&kit->runtime), slice(&kit->kit_css),
					   slice(&kit->shell), slice(&kit->shell_css),
					   slice(&kit->engine) };
	struct og_page page = { .kit = &parts, .tree = tree };
	json_t *actions = NULL, *data = NULL;
	int rc = -1;

	page.code = slice(code);
	if (og_view_actions(result, &actions, err) < 0)
		goto out;
	data = live_data(result);
	if (!data || wait_for_results(actions) < 0) {
		og_fail_nomem(err);
		goto out;
	}
	page.actions = actions;
	page.data = data;
	rc = frame_only ? og_view_frame(&page, out, err) : og_view_page(&page, out, err);
out:
	json_decref(actions);
	json_decref(data);
	return rc;
}

int og_render_actions(json_t *result, const json_t *tree, struct og_buf *out, struct og_err *err)
{
	json_t *document;
	int rc;

	if (og_view_actions_document(result, og_json_str(json_object_get(tree, "p"), "title"),
				     &document, err) < 0)
		return -1;
	rc = og_json_dump(document, out, err);
	json_decref(document);
	if (rc < 0)
		return -1;
	og_buf_addc(out, '\n');
	return og_buf_check(out, "actions", err);
}
