/*
 * og-serve: the HTTP server of an instance. It holds no database and no
 * rule: what a request may see or do the shield decides, asked as the
 * principal who signed in, and what takes a program is done by our own
 * programs as its children. What is here is the way from a socket, or from
 * a CGI environment, to a handler in lib/serve.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-main.h"
#include "cmd/og-out.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/sandbox/sandbox.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve.h"
#include "lib/serve/session.h"

#define HOSTS_MAX     16
#define RATE	      50
#define CONNECTIONS   512
#define LISTEN_FDS_AT 3 /* sd_listen_fds(3) */

static const struct og_serve_part *const parts[] = {
	&og_serve_auth,
	&og_serve_register,
	&og_serve_explore,
	&og_serve_acts,
	&og_serve_tasks,
	&og_serve_approvals,
	&og_serve_answers,
	&og_serve_views,
	&og_serve_live,
	&og_serve_ledger,
	&og_serve_health,
	&og_serve_site,
	NULL,
};

struct program {
	const struct og_ctx *ctx;
	const struct og_args *args;
	struct og_conf *conf;
	struct og_serve_setup setup;
	const char *hosts[HOSTS_MAX + 1];
};

static void tell(void *arg, int is_access, const char *text)
{
	const struct program *program = arg;

	if (!is_access ||
	    (!og_arg_flag(program->args, "quiet") && !og_arg_flag(program->args, "cgi")))
		og_note(program->ctx, "%s", text);
}

static int number(const struct og_args *args, const char *name, int64_t max, int fallback, int *ret,
		  struct og_err *err)
{
	const char *text = og_arg_value(args, name);
	int64_t value = fallback;

	if (text && og_int_parse(text, 1, max, name, &value, err) < 0)
		return -1;
	*ret = (int)value;
	return 0;
}

static int read_options(struct program *program, struct og_err *err)
{
	const struct og_args *args = program->args;
	struct og_serve_setup *setup = &program->setup;
	const char *host;
	size_t n = 0;

	for (size_t i = 0; (host = og_arg_list(args, "allow-host", i)); i++) {
		if (n == HOSTS_MAX)
			return og_fail(err, OG_EUSAGE, "--allow-host: more than %d", HOSTS_MAX);
		program->hosts[n++] = host;
	}
	setup->hosts = program->hosts;
	setup->proxy = og_arg_flag(args, "proxy");
	setup->parts = parts;
	setup->conf = program->conf;
	setup->exe_dir = program->ctx->exe_dir;
	setup->version = OG_VERSION;
	setup->tell = tell;
	setup->arg = program;
	if (number(args, "rate", 1000000, RATE, &setup->rate, err) < 0)
		return -1;
	return number(args, "connections", 10000, CONNECTIONS, &setup->connections, err);
}

/* What a socket unit handed over: LISTEN_FDS descriptors from 3 on, for the
 * process LISTEN_PID. How many, 0 when there are none for us. */
static int handed_over(const struct og_ctx *ctx)
{
	const char *pid = ctx->env("LISTEN_PID"), *n = ctx->env("LISTEN_FDS");
	int64_t mine, count;

	if (!pid || !n || og_int_parse(pid, 1, INT32_MAX, "LISTEN_PID", &mine, NULL) < 0 ||
	    mine != getpid() || og_int_parse(n, 1, 8, "LISTEN_FDS", &count, NULL) < 0)
		return 0;
	return (int)count;
}

/* Other machines can reach it only when somebody said by which name: whoever
 * asks by another one is not answered. */
static int check_address(const struct program *program, const char *where, struct og_err *err)
{
	int near = og_serve_is_near(where, err);

	if (near < 0)
		return -1;
	if (near || program->hosts[0])
		return 0;
	og_fail(err, OG_EUSAGE, "'%s' is open to other machines", where);
	return og_hint(err, "say by which name they reach it: --allow-host NAME");
}

/* og.conf's address; a path there begins in the instance. */
static int listen_usual(const struct program *program, struct og_serve *serve, struct og_err *err)
{
	const char *where = program->conf->serve;
	struct og_buf path;
	int rc;

	og_buf_init(&path, 8192);
	if (strncmp(where, "unix:", 5) == 0 && where[5] != '/')
		og_buf_addf(&path, "unix:%s/%s", program->conf->home, where + 5);
	else
		og_buf_adds(&path, where);
	rc = og_buf_check(&path, "address", err);
	if (rc == 0)
		rc = check_address(program, path.data, err);
	if (rc == 0)
		rc = og_serve_listen(serve, path.data, err);
	og_buf_release(&path);
	if (rc < 0 && err->code == OG_EUSAGE)
		err->code = OG_ECONF;
	return rc;
}

static int open_doors(const struct program *program, struct og_serve *serve, struct og_err *err)
{
	int given = handed_over(program->ctx);
	const char *where;
	size_t i;

	for (i = 0; (where = og_arg_list(program->args, "listen", i)); i++)
		if (check_address(program, where, err) < 0 ||
		    og_serve_listen(serve, where, err) < 0)
			return -1;
	for (int k = 0; i == 0 && k < given; k++)
		if (og_serve_adopt(serve, LISTEN_FDS_AT + k, err) < 0)
			return -1;
	return i == 0 && given == 0 ? listen_usual(program, serve, err) : 0;
}

/* --- authority ------------------------------------------------------------ */

#define SHARED 6

/* Our children inherit it, so what they need stays: programs and their
 * libraries, what we share, the instance. A shield or a queue elsewhere is
 * reached over TCP by a child; ssh(1) reads what is its user's. */
static int give_up(const struct program *program, struct og_err *err)
{
	static const char *const parts_of_share[SHARED] = { "schema",	"access", "skills",
							    "policies", "models", "ui" };
	const struct og_conf *conf = program->conf;
	int elsewhere = strncmp(conf->queue, "sqlite:", 7) != 0 || strcmp(conf->http, "none") != 0;
	char *libexec = og_libexec_path(program->ctx->exe_dir, NULL), *share[SHARED + 1] = { NULL };
	const char *run[] = {
		program->ctx->exe_dir, libexec, "/usr", "/bin", "/lib", "/lib64", NULL
	};
	const char *reads[SHARED + 3] = { "/etc", "/proc" };
	const char *owns[] = { conf->home, "/dev/null", NULL };
	int rc = libexec ? 0 : og_fail_nomem(err);

	for (int i = 0; rc == 0 && i < SHARED; i++) {
		share[i] = og_share_path(program->ctx->exe_dir, parts_of_share[i]);
		reads[i + 2] = share[i];
		rc = share[i] ? 0 : og_fail_nomem(err);
	}
	if (rc == 0 && strncmp(conf->shield, "ssh:", 4) != 0)
		rc = og_sandbox_house(run, reads, owns, !elsewhere, err) < 0 ? -1 : 0;
	for (int i = 0; i < SHARED; i++)
		free(share[i]);
	free(libexec);
	return rc;
}

static int serve(struct program *program, struct og_err *err)
{
	struct og_serve *server = NULL;
	const char *url;
	int rc = -1;

	if (og_serve_open(&program->setup, &server, err) < 0 ||
	    open_doors(program, server, err) < 0 || give_up(program, err) < 0)
		goto out;
	for (size_t i = 0; (url = og_serve_url(server, i)); i++)
		og_note(program->ctx, "listening at %s", url);
	og_notify_manager(program->ctx, "READY=1");
	rc = og_serve_run(server, err);
out:
	og_serve_close(server);
	return rc;
}

static int serve_cgi(struct program *program, struct og_err *err)
{
	struct og_serve *server = NULL;
	int rc = -1;

	program->setup.cgi = 1;
	if (og_serve_open(&program->setup, &server, err) == 0 && give_up(program, err) == 0)
		rc = og_serve_cgi(server, program->ctx->env, STDIN_FILENO, STDOUT_FILENO, err);
	og_serve_close(server);
	return rc;
}

/* --- sessions ------------------------------------------------------------- */

struct listing {
	const struct program *program;
	struct og_out *out;
	const char *who; /* whose end; "all"; NULL: none does */
	const char *dir;
	int n;
	struct og_err err;
};

/* Its beginning is enough for revoke. */
static int add_beginning(const json_t *session, struct og_buf *out, struct og_err *err)
{
	(void)err;
	return og_buf_addf(out, "%.12s", og_json_str(session, "session"));
}

static const struct og_field session_fields[] = {
	{ "session", NULL, OG_FIELD_TEXT, NULL },
	{ "beginning", "session", OG_FIELD_KEY, add_beginning },
	{ "principal", "principal", OG_FIELD_TEXT, NULL },
	{ "created", "since", OG_FIELD_TIME, NULL },
	{ "seen", "used", OG_FIELD_TEXT, NULL },
	{ "expires", NULL, OG_FIELD_TEXT, NULL },
	{ NULL, NULL, OG_FIELD_TEXT, NULL },
};

static int list_one(void *arg, const struct og_session *session)
{
	struct listing *listing = arg;
	char created[OG_TIME_LEN + 1], seen[OG_TIME_LEN + 1], expires[OG_TIME_LEN + 1];
	json_t *line;
	int rc;

	og_time_format(session->created, created);
	og_time_format(session->seen, seen);
	og_time_format(session->expires, expires);
	line = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s}", "v", 1, "session", session->name, "principal",
			 session->principal, "created", created, "seen", seen, "expires", expires);
	rc = line ? og_out_add(listing->out, line, &listing->err) : og_fail_nomem(&listing->err);
	json_decref(line);
	return rc;
}

/* A principal's name, the beginning of a session's, or all. */
static int is_meant(const struct og_session *session, const char *who)
{
	return strcmp(who, "all") == 0 || strcmp(session->principal, who) == 0 ||
	       (strlen(who) >= 8 && strncmp(session->name, who, strlen(who)) == 0);
}

static int revoke_one(void *arg, const struct og_session *session)
{
	struct listing *listing = arg;

	if (is_meant(session, listing->who))
		listing->n += og_session_drop(listing->dir, session->name);
	return 0;
}

static int list_sessions(struct listing *listing, struct og_err *err)
{
	int rc = -1;

	if (og_out_new(listing->program->ctx, listing->program->args, session_fields, NULL,
		       &listing->out, err) < 0)
		return -1;
	if (og_session_each(listing->dir, list_one, listing, err) >= 0) {
		if (listing->err.code)
			*err = listing->err;
		else
			rc = og_out_end(listing->out, err);
	}
	og_out_free(listing->out);
	return rc;
}

static int sessions(struct program *program, struct og_err *err)
{
	const char *verb = og_arg(program->args, 0), *who = og_arg(program->args, 1);
	struct listing listing = { .program = program, .who = who, .err = OG_ERR_INIT };
	int revoke = strcmp(verb, "revoke") == 0, rc;
	char *dir = NULL;

	if (og_sessions_place(program->conf->home, &dir, err) < 0)
		return -1;
	listing.dir = dir;
	rc = revoke ? og_session_each(dir, revoke_one, &listing, err)
		    : list_sessions(&listing, err);
	free(dir);
	if (rc < 0 || !revoke)
		return rc < 0 ? -1 : 0;
	if (listing.n == 0) {
		og_fail(err, OG_NO, "there is no session of '%s'", who);
		return -1;
	}
	og_note(program->ctx, "ended %d session%s", listing.n, listing.n == 1 ? "" : "s");
	return 0;
}

static int is_form(const struct og_args *args, struct og_err *err)
{
	static const char *const forms[] = { "sessions", "revoke", NULL };
	const char *verb = og_arg(args, 0), *who = og_arg(args, 1);

	if (!verb || (strcmp(verb, "sessions") == 0 && !who) ||
	    (strcmp(verb, "revoke") == 0 && who))
		return 0;
	og_fail(err, OG_EUSAGE, "'%s' is no form of og-serve", verb);
	og_hint(err, "og-serve, og-serve sessions, og-serve revoke NAME");
	return og_hint_near(verb, forms, err);
}

static int act(struct program *program, struct og_err *err)
{
	if (og_arg(program->args, 0))
		return sessions(program, err);
	return og_arg_flag(program->args, "cgi") ? serve_cgi(program, err) : serve(program, err);
}

static int run(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct program program = { .ctx = ctx, .args = args };
	int rc = -1;

	if (is_form(args, err) == 0 && og_conf_from(ctx, args, &program.conf, err) == 0 &&
	    read_options(&program, err) == 0)
		rc = act(&program, err);
	og_conf_free(program.conf);
	return rc;
}

static const struct og_opt options[] = {
	{ "listen", 0, OG_OPT_LIST, "ADDRESS", "IP:PORT or unix:PATH; default: og.conf's serve" },
	{ "allow-host", 0, OG_OPT_LIST, "NAME", "a further name that requests may be sent to" },
	{ "proxy", 0, OG_OPT_FLAG, NULL, "a web server with TLS is in front" },
	{ "rate", 0, OG_OPT_VALUE, "N", "requests per second of a session, default 50" },
	{ "connections", 0, OG_OPT_VALUE, "N", "at a time, default 512" },
	{ "cgi", 0, OG_OPT_FLAG, NULL, "answer the one request of a CGI environment" },
	OG_OUT_OPTIONS,
	{ "quiet", 'q', OG_OPT_FLAG, NULL, "no line for each request" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_command commands[] = {
	{ NULL, "[sessions | revoke NAME]", "serve until SIGTERM, or see to sessions", options, 0,
	  2, run, "[sessions | revoke PRINCIPAL]" },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-serve",
	"serve an instance over HTTP",
	commands,
};
