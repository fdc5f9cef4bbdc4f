/*
 * og-shield principal: who there is, and what they may. A new principal
 * brings its public key; the private one never leaves whoever made it.
 */
#include "cmd/og-shield.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-out.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"

#define KEY_FILE_MAX ((size_t)4096)
#define PASSWORD_MAX ((size_t)1024)

static int is_key(const char *text, size_t len)
{
	struct og_buf raw;
	int good;

	og_buf_init(&raw, OG_KEY_PUBLIC);
	good = og_base64_decode(&raw, text, len) == 0 && raw.len == OG_KEY_PUBLIC;
	og_buf_release(&raw);
	return good;
}

/* The key itself, or the name of a file with nothing else in it. */
static int add_key(json_t *request, const char *given, struct og_err *err)
{
	struct og_buf text;
	size_t len = strlen(given);
	int rc = -1;

	og_buf_init(&text, KEY_FILE_MAX);
	if (is_key(given, len)) {
		rc = og_buf_adds(&text, given);
	} else if (og_file_read(given, "public key", &text, err) == 0) {
		len = text.len > 0 ? strcspn(text.data, " \t\r\n") : 0;
		rc = text.len > 0 && strspn(text.data + len, " \t\r\n") == text.len - len &&
				     is_key(text.data, len)
			     ? 0
			     : og_fail(err, OG_EDATA, "'%s' holds no public key", given);
	}
	if (rc == 0)
		rc = og_json_set(request, "pubkey", json_stringn(text.data, len), err);
	og_buf_release(&text);
	return rc;
}

/* One line of standard input: an argument could be read by everybody. */
static int add_password(json_t *request, struct og_err *err)
{
	struct og_buf text;
	size_t len;
	int rc = -1;

	og_buf_init(&text, PASSWORD_MAX);
	if (og_fd_read(STDIN_FILENO, "the password", &text, err) < 0)
		goto out;
	len = text.len > 0 ? strcspn(text.data, "\r\n") : 0;
	if (len == 0 || strspn(text.data + len, "\r\n") != text.len - len)
		og_fail(err, OG_EDATA, "the password is not one line of standard input");
	else if (!og_utf8_valid(text.data, len))
		og_fail(err, OG_EDATA, "the password is not UTF-8");
	else
		rc = og_json_set(request, "password", json_stringn(text.data, len), err);
out:
	if (text.data)
		explicit_bzero(text.data, text.len);
	og_buf_release(&text);
	return rc;
}

static int add_number(json_t *request, const struct og_args *args, const char *option,
		      const char *member, struct og_err *err)
{
	const char *text = og_arg_value(args, option);
	int64_t number, max = strcmp(option, "clearance") == 0 ? 3 : OG_JSON_INT_MAX;
	char name[32];

	if (!text)
		return 0;
	snprintf(name, sizeof(name), "--%s", option);
	if (og_int_parse(text, 1, max, name, &number, err) < 0)
		return -1;
	return og_json_set(request, member, json_integer(number), err);
}

static int add_active(json_t *request, const char *text, struct og_err *err)
{
	if (!text)
		return 0;
	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		return og_fail(err, OG_EUSAGE, "--active is yes or no, not '%s'", text);
	return og_json_set(request, "active", json_boolean(strcmp(text, "yes") == 0), err);
}

static int fill(json_t *request, const struct og_args *args, struct og_err *err)
{
	const char *role = og_arg_value(args, "role"), *key = og_arg_value(args, "pubkey");

	if (role && og_json_set(request, "role", json_string(role), err) < 0)
		return -1;
	if (add_number(request, args, "clearance", "clearance", err) < 0 ||
	    add_number(request, args, "id", "number", err) < 0 ||
	    add_active(request, og_arg_value(args, "active"), err) < 0 ||
	    (key && add_key(request, key, err) < 0))
		return -1;
	return og_arg_flag(args, "password-stdin") ? add_password(request, err) : 0;
}

/* A principal who could never prove who they are is a mistake. */
static int check_add(const struct og_args *args, struct og_err *err)
{
	if (!og_arg_value(args, "role") || !og_arg_value(args, "clearance"))
		return og_fail(err, OG_EUSAGE, "add needs --role and --clearance");
	if (!og_arg_value(args, "pubkey") && !og_arg_flag(args, "password-stdin")) {
		og_fail(err, OG_EUSAGE, "add needs --pubkey, or --password-stdin");
		return og_hint(err, "`og key --new NAME` where they work makes a key pair");
	}
	if (og_arg_value(args, "active"))
		return og_fail(err, OG_EUSAGE, "--active goes with set");
	return 0;
}

static int check_set(const struct og_args *args, struct og_err *err)
{
	if (og_arg_value(args, "id"))
		return og_fail(err, OG_EUSAGE, "--id goes with add: a number is for good");
	if (!og_arg_value(args, "role") && !og_arg_value(args, "clearance") &&
	    !og_arg_value(args, "pubkey") && !og_arg_value(args, "active") &&
	    !og_arg_flag(args, "password-stdin"))
		return og_fail(err, OG_EUSAGE, "set needs something to set");
	return 0;
}

/* Files and standard input are read first: afterwards nothing can be opened. */
static int put(const struct og_ctx *ctx, const struct og_args *args, int is_new, struct og_err *err)
{
	const char *name = og_arg(args, 1);
	json_t *request, *reply = NULL;
	struct desk desk;
	int rc = -1;

	if (!name)
		return og_fail(err, OG_EUSAGE, "whom? give a NAME");
	if ((is_new ? check_add(args, err) : check_set(args, err)) < 0)
		return -1;
	if (!og_principal_name_valid(name))
		return og_fail(err, OG_EUSAGE, "'%s' is no principal's name", name);
	request = json_pack("{s:s,s:b}", "name", name, "new", is_new);
	if (!request)
		return og_fail_nomem(err);
	if (fill(request, args, err) < 0) {
		json_decref(request);
		return -1;
	}
	if (desk_open(&desk, ctx, args, err) < 0)
		json_decref(request);
	else if (desk_ask(&desk, "principal.put", request, &reply, err) == 0)
		rc = desk_show_receipt(&desk, reply, err);
	json_decref(reply);
	desk_close(&desk);
	return rc;
}

static int tell_active(const json_t *who, struct og_buf *out, struct og_err *err)
{
	(void)err;
	return og_buf_adds(out, og_json_bool(who, "active", 0) ? "yes" : "no");
}

static const struct og_field fields[] = {
	{ "name", NULL, OG_FIELD_TEXT, NULL },
	{ "number", "number", OG_FIELD_TEXT, NULL },
	{ "name", "name", OG_FIELD_KEY, NULL },
	{ "role", "role", OG_FIELD_TEXT, NULL },
	{ "clearance", "clearance", OG_FIELD_TEXT, NULL },
	{ "active", "active", OG_FIELD_TEXT, tell_active },
	{ "pubkey", "public key", OG_FIELD_TEXT, NULL },
	{ NULL, NULL, OG_FIELD_TEXT, NULL },
};

static int show_list(const struct desk *desk, const json_t *reply, struct og_err *err)
{
	return og_out_list(desk->ctx, desk->args, fields, json_object_get(reply, "principals"),
			   err);
}

int shield_run_principal(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	static const struct desk_shape list = { "principal", "principal.list", desk_empty_request,
						show_list };
	static const char *const actions[] = { "list", "add", "set", NULL };
	const char *action = og_arg(args, 0);

	if (strcmp(action, "add") == 0)
		return put(ctx, args, 1, err);
	if (strcmp(action, "set") == 0)
		return put(ctx, args, 0, err);
	if (strcmp(action, "list") != 0) {
		og_fail(err, OG_EUSAGE, "principal: '%s' is not list, add or set", action);
		return og_hint_near(action, actions, err);
	}
	if (og_arg(args, 1))
		return og_fail(err, OG_EUSAGE, "principal list takes no name");
	return desk_run(&list, ctx, args, err);
}
