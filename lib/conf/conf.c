/* og.conf: `key = value` lines, checked against one table of keys. */
#include "lib/conf/conf.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/conf/conf-internal.h"

#define CONF_MAX ((size_t)65536)

/* Every key, where it goes, and its default. min and max: of numbers. */
static const struct key {
	const char *name, *fallback;
	size_t offset;
	long min, max; /* both 0: a text */
} keys[] = {
	{ "queue", "sqlite:queue.db", offsetof(struct og_conf, queue), 0, 0 },
	{ "graph", "sqlite:", offsetof(struct og_conf, graph), 0, 0 },
	{ "vectors", "sqlite:", offsetof(struct og_conf, vectors), 0, 0 },
	{ "graph_key", "none", offsetof(struct og_conf, graph_key), 0, 0 },
	{ "graph_ca", "none", offsetof(struct og_conf, graph_ca), 0, 0 },
	{ "vectors_key", "none", offsetof(struct og_conf, vectors_key), 0, 0 },
	{ "vectors_ca", "none", offsetof(struct og_conf, vectors_ca), 0, 0 },
	{ "model", "skill:", offsetof(struct og_conf, model), 0, 0 },
	{ "embed", "none", offsetof(struct og_conf, embed), 0, 0 },
	{ "telemetry", "off", offsetof(struct og_conf, telemetry), 0, 0 },
	{ "telemetry_content", "off", offsetof(struct og_conf, telemetry_content), 0, 0 },
	{ "telemetry_token", "none", offsetof(struct og_conf, telemetry_token), 0, 0 },
	{ "shield", "local:", offsetof(struct og_conf, shield), 0, 0 },
	{ "queue_password", "none", offsetof(struct og_conf, queue_password), 0, 0 },
	{ "queue_ca", "none", offsetof(struct og_conf, queue_ca), 0, 0 },
	{ "queue_cert", "none", offsetof(struct og_conf, queue_cert), 0, 0 },
	{ "queue_key", "none", offsetof(struct og_conf, queue_key), 0, 0 },
	{ "http", "none", offsetof(struct og_conf, http), 0, 0 },
	{ "http_ca", "none", offsetof(struct og_conf, http_ca), 0, 0 },
	{ "model_key", "none", offsetof(struct og_conf, model_key), 0, 0 },
	{ "model_headers", "none", offsetof(struct og_conf, model_headers), 0, 0 },
	{ "model_ca", "none", offsetof(struct og_conf, model_ca), 0, 0 },
	{ "model_price", "none", offsetof(struct og_conf, model_price), 0, 0 },
	{ "model_stream", "off", offsetof(struct og_conf, model_stream), 0, 0 },
	{ "model_writes", "granted", offsetof(struct og_conf, model_writes), 0, 0 },
	{ "fallback", "none", offsetof(struct og_conf, fallback), 0, 0 },
	{ "model_seconds", "120", offsetof(struct og_conf, model_seconds), 1, 3600 },
	{ "model_output", "4096", offsetof(struct og_conf, model_output), 16, 1000000 },
	{ "model_patience", "600", offsetof(struct og_conf, model_patience), 0, 86400 },
	{ "embed_key", "none", offsetof(struct og_conf, embed_key), 0, 0 },
	{ "embed_price", "none", offsetof(struct og_conf, embed_price), 0, 0 },
	{ "embed_dimension", "0", offsetof(struct og_conf, embed_dimension), 0, 8192 },
	{ "task_tokens", "200000", offsetof(struct og_conf, task_tokens), 0, 1000000000 },
	{ "principal_tokens", "2000000", offsetof(struct og_conf, principal_tokens), 0,
	  1000000000 },
	{ "skill_tokens", "0", offsetof(struct og_conf, skill_tokens), 0, 1000000000 },
	{ "day_tokens", "10000000", offsetof(struct og_conf, day_tokens), 0, 1000000000 },
	{ "task_cost", "1.00", offsetof(struct og_conf, task_cost), 0, 0 },
	{ "principal_cost", "10.00", offsetof(struct og_conf, principal_cost), 0, 0 },
	{ "skill_cost", "0", offsetof(struct og_conf, skill_cost), 0, 0 },
	{ "day_cost", "50.00", offsetof(struct og_conf, day_cost), 0, 0 },
	{ "services", "worker", offsetof(struct og_conf, services), 0, 0 },
	{ "broker_command", "none", offsetof(struct og_conf, broker_command), 0, 0 },
	{ "graph_command", "none", offsetof(struct og_conf, graph_command), 0, 0 },
	{ "vectors_command", "none", offsetof(struct og_conf, vectors_command), 0, 0 },
	{ "serve", "127.0.0.1:8420", offsetof(struct og_conf, serve), 0, 0 },
	{ "jobs", "1", offsetof(struct og_conf, jobs), 1, 256 },
	{ "ready_seconds", "60", offsetof(struct og_conf, ready_seconds), 1, 3600 },
	{ "queue_limit", "1000000", offsetof(struct og_conf, queue_limit), 0, 1000000000 },
	{ "ask", "wait", offsetof(struct og_conf, ask), 0, 0 },
	{ "dead_days", "30", offsetof(struct og_conf, dead_days), 1, 3650 },
	{ "step_limit", "50", offsetof(struct og_conf, max_steps), 1, 10000 },
	{ "repeat_limit", "3", offsetof(struct og_conf, max_repeats), 2, 1000 },
	{ "task_seconds", "300", offsetof(struct og_conf, task_seconds), 1, 86400 },
};
#define N_KEYS (sizeof(keys) / sizeof(*keys))
_Static_assert(N_KEYS <= 64, "a bit of a word for each key that was seen");

static const struct key *find_key(const char *name)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static int set_number(struct og_conf *conf, const struct key *key, const char *value,
		      struct og_err *err)
{
	int64_t number;

	if (og_int_parse(value, key->min, key->max, key->name, &number, err) < 0)
		return -1;
	*(long *)((char *)conf + key->offset) = (long)number;
	return 0;
}

static int set(struct og_conf *conf, const struct key *key, const char *value, struct og_err *err)
{
	char **field = (char **)((char *)conf + key->offset), *copy;

	if (key->max)
		return set_number(conf, key, value, err);
	if (!*value)
		return og_fail(err, OG_ECONF, "'%s' has no value", key->name);
	copy = strdup(value);
	if (!copy)
		return og_fail_nomem(err);
	free(*field);
	*field = copy;
	return 0;
}

static int unknown_key(const char *name, struct og_err *err)
{
	const char *names[N_KEYS + 1];

	for (size_t i = 0; i < N_KEYS; i++)
		names[i] = keys[i].name;
	names[N_KEYS] = NULL;
	og_fail(err, OG_ECONF, "unknown key '%s'", name);
	og_hint(err, "og.conf(5) lists the keys");
	return og_hint_near(name, names, err);
}

/* Cuts spaces at both ends, in place. */
static char *trim(char *text)
{
	size_t len;

	while (*text == ' ' || *text == '\t')
		text++;
	len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static int given_twice(const char *name, struct og_err *err)
{
	og_fail(err, OG_ECONF, "'%s' is given twice", name);
	return og_hint(err, "a line above has it, perhaps the one that og init wrote: keep one");
}

static int take_line(struct og_conf *conf, char *line, uint64_t *seen, struct og_err *err)
{
	const struct key *key;
	char *equals, *name;

	line = trim(line);
	if (!*line || *line == '#')
		return 0;
	equals = strchr(line, '=');
	if (!equals)
		return og_fail(err, OG_ECONF, "'%s' is not of the form key = value", line);
	*equals = '\0';
	name = trim(line);
	key = find_key(name);
	if (!key)
		return unknown_key(name, err);
	if (*seen & UINT64_C(1) << (key - keys))
		return given_twice(name, err);
	*seen |= UINT64_C(1) << (key - keys);
	return set(conf, key, trim(equals + 1), err);
}

/* "og.conf:3: unknown key 'quue'". */
static int at_line(const char *path, int line, struct og_err *err)
{
	const char *slash = strrchr(path, '/');

	og_wrap(err, "%s:%d", slash ? slash + 1 : path, line);
	if (err)
		err->code = OG_ECONF;
	return -1;
}

static int read_file(struct og_conf *conf, const char *path, struct og_err *err)
{
	struct og_buf text;
	uint64_t seen = 0;
	int number = 0, rc = -1;
	char *line, *next;

	og_buf_init(&text, CONF_MAX);
	if (og_file_read(path, "configuration", &text, err) < 0) {
		if (err)
			err->code = OG_ECONF;
		goto out;
	}
	if (strlen(text.data) != text.len || !og_utf8_valid(text.data, text.len)) {
		og_fail(err, OG_ECONF, "'%s' is not a text", path);
		goto out;
	}
	for (line = text.data; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (take_line(conf, line, &seen, err) < 0) {
			at_line(path, number + 1, err);
			goto out;
		}
		number++;
	}
	rc = 0;
out:
	og_buf_release(&text);
	return rc;
}

/* OG_QUEUE overrides queue, OG_STEP_LIMIT step_limit, and so on. */
static int from_environment(struct og_conf *conf, const char *(*env)(const char *),
			    struct og_err *err)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		char name[32] = "OG_";
		const char *value;
		size_t at = 3;

		for (const char *p = keys[i].name; *p; p++)
			name[at++] = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
		name[at] = '\0';
		value = env(name);
		if (!value || set(conf, &keys[i], value, err) == 0)
			continue;
		og_wrap(err, "environment");
		if (err)
			err->code = OG_ECONF;
		return -1;
	}
	return 0;
}

static int load(struct og_conf *conf, const char *(*env)(const char *), struct og_err *err)
{
	char *path;
	int rc;

	if (og_conf_paths(conf, err) < 0)
		return -1;
	for (size_t i = 0; i < N_KEYS; i++)
		if (set(conf, &keys[i], keys[i].fallback, err) < 0)
			return -1;
	path = og_path_join(conf->home, "og.conf");
	if (!path)
		return og_fail_nomem(err);
	rc = read_file(conf, path, err);
	free(path);
	if (rc < 0 || from_environment(conf, env, err) < 0)
		return -1;
	return og_conf_http_check(conf, err) < 0 ? -1 : og_conf_model_check(conf, err);
}

int og_conf_load(const char *hint, const char *(*env)(const char *), struct og_conf **ret,
		 struct og_err *err)
{
	struct og_conf *conf = calloc(1, sizeof(*conf));

	if (!conf)
		return og_fail_nomem(err);
	if (og_conf_find(hint, env, &conf->home, err) < 0 || load(conf, env, err) < 0) {
		og_conf_free(conf);
		return -1;
	}
	*ret = conf;
	return 0;
}

void og_conf_free(struct og_conf *conf)
{
	if (!conf)
		return;
	for (size_t i = 0; i < N_KEYS; i++)
		if (!keys[i].max)
			free(*(char **)((char *)conf + keys[i].offset));
	free(conf->home);
	free(conf->erp);
	free(conf->base);
	free(conf->keys);
	free(conf->run);
	free(conf->renders);
	free(conf);
}

int og_format_check(const char *path, int64_t format, struct og_err *err)
{
	if (format == OG_FORMAT)
		return 0;
	og_fail(err, OG_ECONF, "'%s' has format %lld, this program knows %d", path,
		(long long)format, OG_FORMAT);
	if (format > OG_FORMAT)
		return og_hint(err, "a newer OmniGate made this instance: use that one");
	return og_hint(err,
		       "make the instance anew with og init; --from takes business tables over "
		       "from a copy without those named og_ and audit_ledger");
}
