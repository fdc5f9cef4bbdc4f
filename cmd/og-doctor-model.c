/*
 * og doctor: the model that og.conf names, and what it takes to ask it.
 * Nobody is asked: a question costs money.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-model.h"
#include "cmd/og.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/budget/price.h"

static int bad(struct og_doctor *doctor, const struct og_err *why, struct og_err *err)
{
	return og_doctor_say(doctor, "model", "bad", err, "%s%s%s", why->msg,
			     why->hint[0] ? "; " : "", why->hint);
}

/* A secret that og-http could not take. Read as og-http does, and forgotten. */
static int read_secret(const char *path, const char *what, struct og_err *err)
{
	struct og_buf text;
	int rc;

	og_buf_init(&text, 8192);
	rc = og_secret_read(path, what, &text, err);
	if (text.len > 0)
		explicit_bzero(text.data, text.len);
	og_buf_release(&text);
	return rc;
}

static int read_named(const struct og_conf *conf, const char *name, const char *what,
		      struct og_err *err)
{
	char *path = og_path_join(conf->home, name);
	int rc = path ? read_secret(path, what, err) : og_fail_nomem(err);

	free(path);
	return rc;
}

static int read_secrets(const struct og_conf *conf, const struct og_provider_key *key,
			struct og_err *err)
{
	struct og_model_header header;

	if (key->source[0] && strncmp(key->source, "env:", 4) != 0 &&
	    read_secret(key->source, "model_key", err) < 0)
		return -1;
	for (size_t i = 0; og_conf_model_header(conf, i, &header, err) == 1; i++)
		if (read_named(conf, header.file, "model_headers", err) < 0)
			return -1;
	return 0;
}

/* Is what is sent to it read by nobody on the way? */
static int is_private(const char *url)
{
	static const char *const near[] = { "http://127.", "http://localhost", "http://[::1]",
					    NULL };

	for (size_t i = 0; near[i]; i++)
		if (strncmp(url, near[i], strlen(near[i])) == 0)
			return 1;
	return strncmp(url, "https://", 8) == 0;
}

static const char *shown_key(const struct og_provider_key *key)
{
	if (!key->source[0])
		return "no secret of its own";
	return strncmp(key->source, "env:", 4) == 0 ? key->source + 4 : "its key file";
}

static int say_model(struct og_doctor *doctor, const struct og_model *model,
		     const struct og_provider_key *key, struct og_err *err)
{
	const struct og_conf *conf = doctor->conf;
	int skill = strcmp(conf->fallback, "skill") == 0;

	if (!is_private(model->url) &&
	    og_doctor_say(doctor, "model", "warn", err,
			  "%s is asked without TLS: what is said, and the secret, can be read on "
			  "the way; use https",
			  model->url) < 0)
		return -1;
	return og_doctor_say(doctor, "model", "ok", err, "%s with %s; when it cannot: %s",
			     model->name, shown_key(key),
			     skill ? "the skills plan (fallback = skill)" : "the task fails");
}

/* Does this table, if it is there, have the price? */
static int has_price(const char *path, const char *name)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *table = NULL;
	struct og_price price;
	struct og_buf text;
	int found;

	og_buf_init(&text, OG_PRICES_MAX);
	found = path && og_file_read(path, "prices", &text, &ignored) == 0 &&
		og_json_parse(text.data, text.len, OG_PRICES_MAX, "prices", &table, &ignored) ==
			0 &&
		og_prices_check(table, &ignored) == 0 &&
		og_prices_find(table, name, og_now_ms(), &price);
	json_decref(table);
	og_buf_release(&text);
	return found;
}

/* What has no price is not asked, and that is found out by the first task. */
static int say_price(struct og_doctor *doctor, const struct og_model *model, struct og_err *err)
{
	const struct og_conf *conf = doctor->conf;
	char *own = og_path_join(conf->home, "prices.json");
	char *share = og_share_path(doctor->ctx->exe_dir, "models/prices.json");
	int known = strcmp(conf->model_price, "none") != 0 || has_price(own, model->name) ||
		    has_price(share, model->name);

	free(own);
	free(share);
	if (known)
		return og_doctor_say(doctor, "price", "ok", err, "known: what it costs is limited");
	return og_doctor_say(doctor, "price", "bad", err,
			     "%s has none, so it is not asked: set model_price in og.conf, or "
			     "write it into prices.json of the instance, og-prices(5)",
			     model->name);
}

static int say_none(struct og_doctor *doctor, struct og_err *err)
{
	if (!doctor->ctx->env("GEMINI_API_KEY"))
		return og_doctor_say(doctor, "model", "ok", err, "%s", doctor->conf->model);
	return og_doctor_say(doctor, "model", "ok", err,
			     "none; GEMINI_API_KEY is set: `model = gemini:MODEL` in og.conf "
			     "would use it");
}

int og_doctor_model(struct og_doctor *doctor, struct og_err *err)
{
	const struct og_conf *conf = doctor->conf;
	struct og_err why = OG_ERR_INIT;
	struct og_provider_key key;
	struct og_model model;
	struct og_provider_place place = { .model = &model, .key = conf->model_key };
	int found = og_model_from(conf->model, &model, &why);

	if (found == 0)
		return say_none(doctor, err);
	if (found < 0 || og_provider_key(doctor->ctx, conf, &place, &key, &why) < 0 ||
	    read_secrets(conf, &key, &why) < 0)
		return bad(doctor, &why, err);
	return say_model(doctor, &model, &key, err) < 0 ? -1 : say_price(doctor, &model, err);
}
