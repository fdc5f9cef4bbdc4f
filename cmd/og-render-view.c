/*
 * Views from a file, and the catalogue they may use. A view is as hostile
 * as a document: it is read after authority was given up.
 */
#include "cmd/og-render-view.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/view/catalog.h"
#include "lib/view/view.h"

int og_render_view_open(const struct og_args *args, struct og_render_view *ret, struct og_err *err)
{
	const char *path = og_arg_value(args, "view");

	*ret = (struct og_render_view){ .given = path != NULL, .fd = -1 };
	if (!path || strcmp(path, "none") == 0)
		return 0;
	ret->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (ret->fd < 0)
		return og_fail(err, OG_ENOINPUT, "cannot open view '%s': %s", path,
			       strerror(errno));
	return 0;
}

void og_render_view_close(struct og_render_view *view)
{
	if (view->fd >= 0)
		close(view->fd);
	view->fd = -1;
}

int og_render_view_apply(const struct og_render_view *view, json_t *result, struct og_err *err)
{
	struct og_buf text;
	int rc;

	if (!view->given)
		return 0;
	if (view->fd < 0)
		return og_view_put(result, NULL, 0, err);
	og_buf_init(&text, OG_VIEW_TEXT_MAX);
	rc = og_fd_read(view->fd, "view", &text, err);
	if (rc == 0)
		rc = og_view_put(result, text.len > 0 ? text.data : "", text.len, err);
	og_buf_release(&text);
	return rc;
}

int og_render_catalog(struct og_err *err)
{
	json_t *catalog = NULL;
	int rc;

	if (og_view_catalog(&catalog, err) < 0)
		return -1;
	rc = og_print_row(catalog, err);
	json_decref(catalog);
	return rc;
}
