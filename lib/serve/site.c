/*
 * The page and what it is made of: read once, when the server starts, and
 * answered from memory, so that no request ever opens a file by a name it
 * brought.
 *
 * The page's policy allows scripts and styles of this server, and by their
 * digests those of the sealed frames it makes: a frame's srcdoc inherits
 * the policy of the page around it. A frame cannot reach the network, since
 * its own policy says so as well.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve-internal.h"

#define FILE_MAX ((size_t)8 << 20)
#define ETAG_MAX (OG_HASH_HEX + 3)

static const char html_type[] = "text/html; charset=utf-8";

static const char page_text[] =
	"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<title>OmniGate</title>\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<link rel=\"icon\" href=\"data:,\">\n"
	"<link rel=\"stylesheet\" href=\"/ui/kit.css\">\n"
	"<link rel=\"stylesheet\" href=\"/ui/shell.css\">\n"
	"<link rel=\"stylesheet\" href=\"/ui/app.css\">\n"
	"<script src=\"/ui/app.js\" defer></script>\n"
	"</head>\n<body>\n<div id=\"root\"></div>\n"
	"<noscript><p>This page needs JavaScript. Without it: og(1), or /api.</p></noscript>\n"
	"</body>\n</html>\n";

/* What a page is made of. Those of frames are not served: og-render puts
 * them into a frame's document, and the policy names their digests. */
enum use { SERVED = 1, FRAME_SCRIPT = 2, FRAME_STYLE = 4 };
static const struct kind {
	const char *file, *type;
	int use;
} kinds[] = {
	{ "app.js", "text/javascript; charset=utf-8", SERVED },
	{ "app.css", "text/css; charset=utf-8", SERVED },
	{ "kit.css", "text/css; charset=utf-8", SERVED | FRAME_STYLE },
	{ "shell.css", "text/css; charset=utf-8", SERVED },
	{ "frame.js", NULL, FRAME_SCRIPT },
	{ "frame-react.js", NULL, FRAME_SCRIPT },
};
#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

struct file {
	char *text;
	size_t len;
	char etag[ETAG_MAX];
	struct og_hash hash;
};

struct site {
	struct file files[N_KINDS];
	struct file page;
	char *policy;
};

static void set_etag(struct file *file)
{
	char hex[OG_HASH_HEX + 1];

	og_sha256(file->text, file->len, &file->hash);
	og_hash_hex(&file->hash, hex);
	file->etag[0] = '"';
	memcpy(file->etag + 1, hex, OG_HASH_HEX);
	memcpy(file->etag + 1 + OG_HASH_HEX, "\"", 2);
}

/* 1: read; 0: it is not there, as where a page could not be built. */
static int read_file(const struct og_serve *serve, const char *name, struct file *ret,
		     struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	char *folder = og_share_path(serve->setup.exe_dir, "ui");
	char *path = folder ? og_path_join(folder, name) : NULL;
	struct og_buf text;
	int rc = path ? 0 : og_fail_nomem(err);

	og_buf_init(&text, FILE_MAX);
	if (rc == 0 && og_file_read(path, "page", &text, &why) == 0) {
		ret->len = text.len;
		ret->text = og_buf_take(&text);
		rc = ret->text ? 1 : 0;
	} else if (rc == 0 && why.code != OG_ENOINPUT) {
		*err = why;
		rc = -1;
	}
	if (rc > 0)
		set_etag(ret);
	og_buf_release(&text);
	free(folder);
	free(path);
	return rc;
}

static void add_digests(struct og_buf *buf, const struct site *site, int use)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		if (!(kinds[i].use & use) || !site->files[i].text)
			continue;
		og_buf_adds(buf, " 'sha256-");
		og_base64_encode(buf, site->files[i].hash.b, OG_HASH_LEN);
		og_buf_addc(buf, '\'');
	}
}

static int make_policy(struct site *site, struct og_err *err)
{
	struct og_buf buf;
	int rc;

	og_buf_init(&buf, 4096);
	og_buf_adds(&buf, "default-src 'none'; script-src 'self'");
	add_digests(&buf, site, FRAME_SCRIPT);
	og_buf_adds(&buf, "; style-src 'self'");
	add_digests(&buf, site, FRAME_STYLE);
	og_buf_adds(&buf, "; img-src data:; font-src data:; connect-src 'self'; frame-src 'none'; "
			  "object-src 'none'; worker-src 'none'; manifest-src 'none'; "
			  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
			  "require-trusted-types-for 'script'; trusted-types og-frame");
	rc = og_buf_check(&buf, "policy", err);
	if (rc == 0)
		site->policy = og_buf_take(&buf);
	og_buf_release(&buf);
	return rc;
}

static void free_site(void *state)
{
	struct site *site = state;

	if (!site)
		return;
	for (size_t i = 0; i < N_KINDS; i++)
		free(site->files[i].text);
	free(site->page.text);
	free(site->policy);
	free(site);
}

static int fill(struct og_serve *serve, struct site *site, struct og_err *err)
{
	int complete = 1;

	for (size_t i = 0; i < N_KINDS; i++) {
		int there = read_file(serve, kinds[i].file, &site->files[i], err);

		if (there < 0)
			return -1;
		complete &= there;
	}
	if (!complete) {
		if (!serve->setup.cgi)
			og_serve_tell(serve, "the page is not built here (it takes npm and "
					     "esbuild): only /api is served");
		return 0;
	}
	site->page.text = strdup(page_text);
	site->page.len = sizeof(page_text) - 1;
	if (!site->page.text)
		return og_fail_nomem(err);
	set_etag(&site->page);
	return make_policy(site, err);
}

static int start(struct og_serve *serve, void **ret, struct og_err *err)
{
	struct site *site = calloc(1, sizeof(*site));

	if (!site)
		return og_fail_nomem(err);
	if (fill(serve, site, err) < 0) {
		free_site(site);
		return -1;
	}
	*ret = site;
	return 0;
}

/* One of those the client names, or any ("*")? */
static int client_has(const struct og_exchange *x, const struct file *file)
{
	const char *list = og_exchange_header(x, "If-None-Match");

	return list && (strcmp(list, "*") == 0 || strstr(list, file->etag) != NULL);
}

static void answer(struct og_exchange *x, const struct file *file, const char *type)
{
	if (!file->text) {
		og_reply_error(x, 404, "the page is not built here");
		return;
	}
	og_reply_header(x, "ETag", file->etag);
	og_reply_header(x, "Cache-Control", "no-cache");
	if (client_has(x, file))
		og_reply_kept(x, 304, type, "", 0);
	else
		og_reply_kept(x, 200, type, file->text, file->len);
}

static void page(struct og_exchange *x)
{
	struct site *site = og_exchange_state(x);

	if (site->policy)
		og_reply_header(x, "Content-Security-Policy", site->policy);
	answer(x, &site->page, html_type);
}

static void file(struct og_exchange *x)
{
	const char *name = og_exchange_param(x, "file");
	struct site *site = og_exchange_state(x);

	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i].use & SERVED && strcmp(kinds[i].file, name) == 0) {
			answer(x, &site->files[i], kinds[i].type);
			return;
		}
	og_reply_error(x, 404, "there is nothing at this address");
}

static const struct og_route routes[] = {
	{ "GET", "/", OG_ROUTE_OPEN, page },
	{ "GET", "/ui/:file", OG_ROUTE_OPEN, file },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_site = { routes, start, free_site, NULL };
