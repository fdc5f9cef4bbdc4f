/*
 * The services og.conf may name, as programs to start. Those that are
 * programs of ours are started beside this one; brokers and stores are
 * started by the command that og.conf has for them, as it stands, by the
 * shell.
 *
 * A command says where its server answers by its URL in og.conf, or, where
 * the command itself makes that up, by a line on its output such as
 * OG_QUEUE=amqp://127.0.0.1:40001; those started after it get the variable.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/og-up.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/queue/bell.h"

#define PROBE_MS 1000

enum where { BIN, LIBEXEC, SHELL };

static const struct kind {
	const char *name;
	enum where where;
	const char *program;
	const char *args[3];
	const char *url;   /* where it answers */
	const char *makes; /* the variable of the endpoint it may tell */
} kinds[] = {
	{ "worker", BIN, "og-worker", { "--jobs", "" }, NULL, NULL },
	{ "forwarder", BIN, "og-submit", { "--forward" }, NULL, NULL },
	{ "shield",
	  BIN,
	  "og-shield",
	  { "--listen", "unix:run/shield.sock" },
	  "unix:run/shield.sock",
	  NULL },
	{ "telemetry", LIBEXEC, "og-otlp", { NULL }, "unix:run/telemetry.sock", NULL },
	{ "serve", BIN, "og-serve", { "--quiet" }, NULL, NULL },
	{ "broker", SHELL, NULL, { NULL }, NULL, "OG_QUEUE" },
	{ "graph", SHELL, NULL, { NULL }, NULL, "OG_GRAPH" },
	{ "vectors", SHELL, NULL, { NULL }, NULL, "OG_VECTORS" },
};
#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

/* Statuses of our programs that stay what they are until somebody mends
 * something, and of the shell: not executable, not found. */
static const int ours_hopeless[] = { OG_EUSAGE, OG_EDATA, OG_EPERM, OG_ECONF, 0 };
static const int shell_hopeless[] = { 126, 127, 0 };

static const struct kind *find_kind(const char *name, struct og_err *err)
{
	const char *names[N_KINDS + 1];

	for (size_t i = 0; i < N_KINDS; i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
		names[i] = kinds[i].name;
	}
	names[N_KINDS] = NULL;
	og_fail(err, OG_ECONF, "'%s' is no service", name);
	og_hint(err, "there are worker, serve, forwarder, shield, telemetry, broker, "
		     "graph and vectors");
	og_hint_near(name, names, err);
	return NULL;
}

/* --- readiness ------------------------------------------------------------- */

static int worker_ready(void *arg)
{
	struct og_presence n;

	og_presence_count(((struct og_up_part *)arg)->run, &n);
	return n.jobs > 0;
}

static int endpoint_ready(void *arg)
{
	return og_endpoint_accepts(&((struct og_up_part *)arg)->endpoint, og_deadline(PROBE_MS));
}

/* It has nothing to be asked at: ready as soon as it runs. */
static int always_ready(void *arg)
{
	(void)arg;
	return 1;
}

static int set_url(struct og_up_part *part, const char *url, struct og_err *err)
{
	if (strlen(url) >= sizeof(part->url))
		return og_fail(err, OG_ECONF, "the URL of '%s' is too long", part->name);
	memcpy(part->url, url, strlen(url) + 1);
	return og_endpoint_parse(url, &part->endpoint, err);
}

/* --- commands of og.conf --------------------------------------------------- */

struct command {
	const char *text, *url;
};

static struct command command_of(const struct og_conf *conf, const struct kind *kind)
{
	if (strcmp(kind->name, "broker") == 0)
		return (struct command){ conf->broker_command, conf->queue };
	if (strcmp(kind->name, "graph") == 0)
		return (struct command){ conf->graph_command, conf->graph };
	return (struct command){ conf->vectors_command, conf->vectors };
}

/* A command without an endpoint is ready when it ends with 0. */
static int set_command(struct og_up *up, struct og_service *s, struct og_up_part *part,
		       const struct kind *kind, struct og_err *err)
{
	struct command command = command_of(up->conf, kind);
	int has_url;

	if (strcmp(command.text, "none") == 0) {
		og_fail(err, OG_ECONF, "service '%s' has no command", kind->name);
		return og_hint(err, "say in og.conf: %s_command = COMMAND", kind->name);
	}
	part->argv[0] = "/bin/sh";
	part->argv[1] = "-c";
	part->argv[2] = command.text;
	has_url = set_url(part, command.url, err);
	if (has_url < 0)
		return og_wrap(err, "service '%s'", kind->name);
	if (has_url == 0)
		part->url[0] = '\0';
	s->ready = has_url ? endpoint_ready : NULL;
	s->may_end = 1;
	s->hopeless = shell_hopeless;
	part->makes = kind->makes;
	return 0;
}

static int keep_variable(struct og_up *up, const char *name, const char *value, struct og_err *err)
{
	size_t len = strlen(name), at;
	size_t size = len + strlen(value) + 2;
	char *text = malloc(size);

	if (!text)
		return og_fail_nomem(err);
	snprintf(text, size, "%s=%s", name, value);
	for (at = 0; at < up->n_env; at++)
		if (strncmp(up->env_text[at], text, len + 1) == 0)
			break;
	if (at == OG_UP_ENV) {
		free(text);
		return og_fail(err, OG_EBUG, "too many variables");
	}
	if (at == up->n_env)
		up->n_env++;
	else
		free(up->env_text[at]);
	up->env_text[at] = text;
	up->env[at] = text;
	return 0;
}

int og_up_heard(struct og_up *up, struct og_service *service, const char *text, size_t len,
		char shown[OG_UP_URL])
{
	struct og_up_part *part = service->arg;
	size_t name = part->makes ? strlen(part->makes) : 0;
	struct og_err err = OG_ERR_INIT;
	char url[OG_UP_URL];

	if (!part->makes || len <= name + 1 || len - name - 1 >= sizeof(url) ||
	    strncmp(text, part->makes, name) != 0 || text[name] != '=')
		return 0;
	memcpy(url, text + name + 1, len - name - 1);
	url[len - name - 1] = '\0';
	if (memchr(url, '\0', len - name - 1) != NULL || set_url(part, url, &err) != 1) {
		og_text_format(shown, OG_UP_URL, "%s names no place to connect to", part->makes);
		return 1;
	}
	if (keep_variable(up, part->makes, url, &err) < 0 ||
	    og_service_expect(service, endpoint_ready, &err) < 0) {
		og_text_format(shown, OG_UP_URL, "%s", err.msg);
		return 1;
	}
	og_text_format(shown, OG_UP_URL, "%s=", part->makes);
	og_endpoint_show(url, shown + name + 1, OG_UP_URL - name - 1);
	return 1;
}

/* --- services -------------------------------------------------------------- */

/* Where og-serve will listen, as og.conf says it; any free port (0) cannot
 * be looked at. */
static int set_address(struct og_service *s, struct og_up_part *part, const char *address,
		       struct og_err *err)
{
	const char *colon = strrchr(address, ':');
	char url[OG_UP_URL];

	if (colon && strcmp(colon, ":0") == 0)
		return 0;
	og_text_format(url, sizeof(url), strncmp(address, "unix:", 5) == 0 ? "%s" : "http://%s/",
		       address);
	s->ready = endpoint_ready;
	return set_url(part, url, err) < 0 ? -1 : 0;
}

static int set_program(struct og_up *up, struct og_service *s, struct og_up_part *part,
		       const struct kind *kind, struct og_err *err)
{
	size_t n = 0;

	part->program = kind->where == BIN ? og_program_path(up->ctx->exe_dir, kind->program)
					   : og_libexec_path(up->ctx->exe_dir, kind->program);
	if (!part->program)
		return og_fail_nomem(err);
	part->argv[n++] = part->program;
	for (size_t i = 0; i < 3 && kind->args[i]; i++)
		part->argv[n++] = kind->args[i];
	s->hopeless = ours_hopeless;
	s->ready = kind->url ? endpoint_ready : always_ready;
	if (strcmp(kind->name, "worker") == 0) {
		snprintf(part->jobs, sizeof(part->jobs), "%ld", up->conf->jobs);
		part->argv[2] = part->jobs;
		s->ready = worker_ready;
	}
	if (strcmp(kind->name, "serve") == 0)
		return set_address(s, part, up->conf->serve, err);
	return kind->url && set_url(part, kind->url, err) < 0 ? -1 : 0;
}

/* Programs that find no collector start one, and there can be one only. */
static int check_telemetry(const struct og_up *up, struct og_err *err)
{
	if (strcmp(up->conf->telemetry, "off") == 0) {
		og_fail(err, OG_ECONF, "service 'telemetry': telemetry is off");
		return og_hint(err, "say in og.conf where it goes: og.conf(5)");
	}
	for (size_t i = 0; i < up->services.n; i++)
		if (!up->parts[i].makes) {
			og_fail(err, OG_ECONF,
				"service 'telemetry' comes after '%s', which starts one of its own",
				up->parts[i].name);
			return og_hint(err, "name it before our other programs");
		}
	return 0;
}

static int add_service(struct og_up *up, const char *name, struct og_err *err)
{
	const struct kind *kind = find_kind(name, err);
	size_t i = up->services.n;
	struct og_service *s = &up->list[i];
	struct og_up_part *part = &up->parts[i];

	if (!kind)
		return -1;
	for (size_t k = 0; k < i; k++)
		if (strcmp(up->list[k].name, name) == 0)
			return og_fail(err, OG_ECONF, "service '%s' is named twice", name);
	if (strcmp(name, "telemetry") == 0 && check_telemetry(up, err) < 0)
		return -1;
	snprintf(part->name, sizeof(part->name), "%s", name);
	part->run = up->conf->run;
	s->name = part->name;
	s->argv = part->argv;
	s->env = up->env;
	s->arg = part;
	up->services.n++;
	return kind->where == SHELL ? set_command(up, s, part, kind, err)
				    : set_program(up, s, part, kind, err);
}

/* The words of og.conf's services. */
static int add_configured(struct og_up *up, struct og_err *err)
{
	char *text = strdup(up->conf->services), *rest = NULL, *word;
	int rc = 0;

	if (!text)
		return og_fail_nomem(err);
	for (word = strtok_r(text, " \t,", &rest); word && rc == 0;
	     word = strtok_r(NULL, " \t,", &rest))
		rc = add_service(up, word, err);
	free(text);
	return rc < 0 ? og_wrap(err, "og.conf: services") : 0;
}

/* What the manager of og up is told is not for its services. */
static int set_environment(struct og_up *up, struct og_err *err)
{
	static const char *const hidden[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS",
					      "LISTEN_PID" };

	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		if (keep_variable(up, hidden[i], "", err) < 0)
			return -1;
	return keep_variable(up, "OG_HOME", up->conf->home, err);
}

int og_up_services(struct og_up *up, const char *const *names, struct og_err *err)
{
	up->services.list = up->list;
	if (set_environment(up, err) < 0)
		return -1;
	if (!names[0] && add_configured(up, err) < 0)
		return -1;
	for (size_t i = 0; names[i]; i++) {
		if (add_service(up, names[i], err) == 0)
			continue;
		if (err->code == OG_ECONF && !find_kind(names[i], NULL))
			err->code = OG_EUSAGE;
		return -1;
	}
	return up->services.n > 0 ? 0 : og_fail(err, OG_ECONF, "there are no services to start");
}

void og_up_release(struct og_up *up)
{
	for (size_t i = 0; i < up->services.n; i++)
		free(up->parts[i].program);
	for (size_t i = 0; i < up->n_env; i++)
		free(up->env_text[i]);
}

int og_up_check(const struct og_ctx *ctx, const struct og_conf *conf, struct og_err *err)
{
	struct og_up *up = calloc(1, sizeof(*up));
	const char *none[] = { NULL };
	int rc;

	if (!up)
		return og_fail_nomem(err);
	up->ctx = ctx;
	up->conf = conf;
	rc = og_up_services(up, none, err);
	og_up_release(up);
	free(up);
	return rc;
}
