/*
 * Fuzz target: the bytes as og.conf. It is loaded, with every value there
 * and what its readers make of them legal; or refused as a bad
 * configuration, in one line without control bytes.
 */
#include "lib/conf/conf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char home[32], path[64];

static void remove_room(void)
{
	unlink(path);
	rmdir(home);
}

static void make_room(void)
{
	snprintf(home, sizeof(home), "/dev/shm/og-conf-XXXXXX");
	if (!mkdtemp(home))
		abort();
	snprintf(path, sizeof(path), "%s/og.conf", home);
	atexit(remove_room);
}

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

static void use(const struct og_conf *conf)
{
	struct og_err err = OG_ERR_INIT;
	struct og_http_service service;
	struct og_store_place place;

	if (!conf->queue || !conf->shield || !conf->model || !conf->serve || conf->jobs < 1)
		abort();
	for (size_t i = 0; og_conf_http(conf, i, &service, &err) == 1; i++)
		if (i >= OG_HTTP_SERVICES_MAX || !*service.name ||
		    strncmp(service.url, "http", 4) != 0)
			abort();
	if (og_conf_store(conf, OG_STORE_GRAPH, &place, &err) < 0 && err.code != OG_ECONF)
		abort();
	if (og_conf_store(conf, OG_STORE_VECTORS, &place, &err) < 0 && err.code != OG_ECONF)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct og_err err = OG_ERR_INIT;
	struct og_conf *conf = NULL;

	if (!*home)
		make_room();
	if (og_file_write(path, data, size, 0600, &err) < 0)
		abort();
	if (og_conf_load(home, no_env, &conf, &err) == 0)
		use(conf);
	else if (err.code != OG_ECONF || !*err.msg)
		abort();
	og_conf_free(conf);
	return 0;
}
