/* og-shield grant, revoke and grants. */
#include "cmd/og-shield.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-out.h"
#include "lib/base/file.h"
#include "lib/shield/channel-grants.h"

/* "a,b,c" to an array of names. */
static json_t *name_list(const char *text)
{
	json_t *array = json_array();

	while (array && *text) {
		size_t len = strcspn(text, ",");

		if (len > 0)
			json_array_append_new(array, json_stringn(text, len));
		text += len + (text[len] == ',');
	}
	return array;
}

static int add_list(json_t *grant, const struct og_args *args, const char *name, struct og_err *err)
{
	const char *text = og_arg_value(args, name);

	return text ? og_json_set(grant, name, name_list(text), err) : 0;
}

static json_t *grant_request(const struct og_args *args, struct og_err *err)
{
	const char *where = og_arg_value(args, "where");
	json_t *grant =
		json_pack("{s:s,s:s,s:s,s:o}", "subject", og_arg(args, 0), "tbl", og_arg(args, 1),
			  "effect", og_arg_flag(args, "forbid") ? "forbid" : "permit", "verbs",
			  name_list(og_arg(args, 2)));

	if (!grant)
		og_fail(err, OG_EDATA, "the grant is not UTF-8");
	else if (add_list(grant, args, "visible", err) == 0 &&
		 add_list(grant, args, "masked", err) == 0 &&
		 add_list(grant, args, "settable", err) == 0 &&
		 (!where || og_json_set(grant, "predicate", json_string(where), err) == 0))
		return grant;
	json_decref(grant);
	return NULL;
}

static int print_change(char sign, const json_t *grant, struct og_err *err)
{
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, SHIELD_INPUT_MAX);
	if (og_json_dump(grant, &text, err) == 0)
		rc = og_printf(err, "%c %s\n", sign, text.data);
	og_buf_release(&text);
	return rc;
}

static int watch_change(void *arg, const json_t *change, struct og_err *err)
{
	static const struct {
		const char *key;
		char sign;
	} parts[] = { { "old", '-' }, { "drop", '-' }, { "put", '+' } };

	(void)arg;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const json_t *grant = json_object_get(change, parts[i].key);

		if (grant && print_change(parts[i].sign, grant, err) < 0)
			return -1;
	}
	return 0;
}

static int read_grants(int fd, json_t **ret, struct og_err *err)
{
	struct og_buf text;
	json_t *parsed = NULL, *list;
	int rc = -1;

	og_buf_init(&text, SHIELD_INPUT_MAX);
	if (og_fd_read(fd, "grants", &text, err) < 0 ||
	    og_json_parse(text.data ? text.data : "", text.len, SHIELD_INPUT_MAX, "grants", &parsed,
			  err) < 0)
		goto out;
	list = json_is_object(parsed) ? json_object_get(parsed, "grants") : parsed;
	if (!json_is_array(list)) {
		og_fail(err, OG_EDATA, "grants: not an array");
		goto out;
	}
	*ret = json_incref(list);
	rc = 0;
out:
	json_decref(parsed);
	og_buf_release(&text);
	return rc;
}

static int ask_desk(void *arg, const char *verb, json_t *request, json_t **ret, struct og_err *err)
{
	return desk_ask(arg, verb, request, ret, err);
}

static int apply_file(const struct og_ctx *ctx, const struct og_args *args, const char *path,
		      struct og_err *err)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	static const struct og_grants_watch watch = { watch_change, NULL };
	struct desk desk;
	struct og_asker asker = { ask_desk, &desk };
	json_t *grants = NULL;
	int rc = -1;

	if (fd < 0)
		return og_fail(err, OG_ENOINPUT, "cannot open '%s': %m", path);
	if (desk_open(&desk, ctx, args, err) == 0 && read_grants(fd, &grants, err) == 0)
		rc = og_grants_apply(&asker, grants, og_arg_flag(args, "dry-run"), &watch, err);
	desk_close(&desk);
	json_decref(grants);
	if (fd != STDIN_FILENO)
		close(fd);
	return rc;
}

static json_t *revoke_request(const struct og_args *args, struct og_err *err)
{
	json_t *request =
		json_pack("{s:s,s:s,s:s}", "subject", og_arg(args, 0), "tbl", og_arg(args, 1),
			  "effect", og_arg_flag(args, "forbid") ? "forbid" : "permit");

	if (!request)
		og_fail(err, OG_EDATA, "the arguments are not UTF-8");
	return request;
}

static json_t *grants_request(const struct og_args *args, struct og_err *err)
{
	json_t *request = desk_empty_request(args, err);
	const char *subject = og_arg(args, 0);

	if (request && subject &&
	    ((strncmp(subject, "role:", 5) != 0 && strncmp(subject, "skill:", 6) != 0) ||
	     json_object_set_new(request, "subject", json_string(subject)) < 0)) {
		og_fail(err, OG_EUSAGE, "'%s' is no subject of grants", subject);
		og_hint(err, "write role:NAME or skill:NAME@HASH");
		json_decref(request);
		return NULL;
	}
	return request;
}

static const struct og_field missing_fields[] = {
	{ "table", "table", OG_FIELD_KEY, NULL },
	{ NULL, NULL, OG_FIELD_TEXT, NULL },
};

/* What no role may read. */
static int show_missing(const struct desk *desk, const json_t *reply, struct og_err *err)
{
	json_t *list = json_array(), *name;
	size_t i;
	int rc = list ? 0 : og_fail_nomem(err);

	json_array_foreach(json_object_get(reply, "missing"), i, name)
	{
		if (rc == 0 && json_array_append_new(list, json_pack("{s:O}", "table", name)) < 0)
			rc = og_fail_nomem(err);
	}
	if (rc == 0)
		rc = og_out_list(desk->ctx, desk->args, missing_fields, list, err);
	json_decref(list);
	return rc;
}

static const struct og_field grant_fields[] = {
	{ "subject", NULL, OG_FIELD_TEXT, NULL },  { "tbl", NULL, OG_FIELD_TEXT, NULL },
	{ "effect", NULL, OG_FIELD_TEXT, NULL },   { "verbs", NULL, OG_FIELD_TEXT, NULL },
	{ "visible", NULL, OG_FIELD_TEXT, NULL },  { "masked", NULL, OG_FIELD_TEXT, NULL },
	{ "settable", NULL, OG_FIELD_TEXT, NULL }, { "predicate", NULL, OG_FIELD_TEXT, NULL },
	{ NULL, NULL, OG_FIELD_TEXT, NULL },
};

/* A grant has no shorter form than what --apply takes. */
static int print_grant(const json_t *grant, int color, struct og_err *err)
{
	(void)color;
	return og_print_json(grant, err);
}

static int show_grants(const struct desk *desk, const json_t *reply, struct og_err *err)
{
	struct og_out *out = NULL;
	json_t *grant;
	size_t i;
	int rc;

	if (og_arg_flag(desk->args, "missing"))
		return show_missing(desk, reply, err);
	rc = og_out_new(desk->ctx, desk->args, grant_fields, print_grant, &out, err);
	json_array_foreach(json_object_get(reply, "grants"), i, grant)
	{
		json_t *plain = rc == 0 ? og_grant_plain(grant) : NULL;

		if (rc == 0)
			rc = plain ? og_out_add(out, plain, err) : og_fail_nomem(err);
		json_decref(plain);
	}
	og_out_free(out);
	return rc;
}

int shield_run_grant(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	static const struct desk_shape shape = { "grant", "grant.put", grant_request,
						 desk_show_receipt };
	const char *path = og_arg_value(args, "apply");

	if (path && og_arg(args, 0))
		return og_fail(err, OG_EUSAGE, "--apply takes no other arguments");
	if (path)
		return apply_file(ctx, args, path, err);
	if (!og_arg(args, 2) || og_arg_flag(args, "dry-run"))
		return og_fail(err, OG_EUSAGE, "grant needs SUBJECT TABLE VERBS, or --apply FILE");
	return desk_run(&shape, ctx, args, err);
}

int shield_run_revoke(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	static const struct desk_shape shape = { "revoke", "grant.drop", revoke_request,
						 desk_show_receipt };

	return desk_run(&shape, ctx, args, err);
}

int shield_run_grants(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	static const struct desk_shape shape = { "grants", "grant.list", grants_request,
						 show_grants };

	return desk_run(&shape, ctx, args, err);
}
