/*
 * og-skill lock and verify: which versions there are to be, signed, and
 * whether these are the ones there are, in an instance or in a folder. To
 * verify a folder takes no instance: it is what a repository's checks run.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-skill.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/skill/lock.h"
#include "lib/skill/skill.h"

/* --- what there is ------------------------------------------------------- */

/* An entry of a list, of anything with a hash. */
static int add_entry(json_t *list, const json_t *what, const char *hash, int with_node)
{
	json_t *node = with_node ? json_object_get(what, "node") : NULL;

	return json_array_append_new(
		list,
		json_pack("{s:O,s:s,s:O,s:O*}", "name", json_object_get(what, "name"), "hash", hash,
			  "clearance", json_object_get(what, "clearance"), "node", node));
}

static int active_skills(struct og_channel *channel, json_t *list, struct og_err *err)
{
	json_t *reply = NULL, *skill;
	size_t i;
	int rc = og_channel_ask(channel, "skill.list", json_object(), &reply, err);

	json_array_foreach(json_object_get(reply, "skills"), i, skill)
	{
		if (rc == 0 && add_entry(list, skill, og_json_str(skill, "hash"), 0) < 0)
			rc = og_fail_nomem(err);
	}
	json_decref(reply);
	return rc;
}

/* A list of policies has no hashes; each is asked for. */
static int add_policy(struct og_channel *channel, const char *name, json_t *list,
		      struct og_err *err)
{
	json_t *reply = NULL, *policy;
	int rc = og_channel_ask(channel, "policy.list", json_pack("{s:s}", "name", name), &reply,
				err);

	policy = json_array_get(json_object_get(reply, "policies"), 0);
	if (rc == 0 && policy && add_entry(list, policy, og_json_str(policy, "hash"), 1) < 0)
		rc = og_fail_nomem(err);
	json_decref(reply);
	return rc;
}

static int active_policies(struct og_channel *channel, json_t *list, struct og_err *err)
{
	json_t *reply = NULL, *policy;
	size_t i;
	int rc = og_channel_ask(channel, "policy.list", json_object(), &reply, err);

	json_array_foreach(json_object_get(reply, "policies"), i, policy)
	{
		if (rc == 0)
			rc = add_policy(channel, og_json_str(policy, "name"), list, err);
	}
	json_decref(reply);
	return rc;
}

/* The skills of a folder, as records. Returns a status. */
static int folder_skills(const struct og_ctx *ctx, const char *dir, json_t *list,
			 struct og_err *err)
{
	json_t *docs = json_array(), *doc;
	char hash[OG_HASH_HEX + 1];
	size_t i;
	int rc = skill_read_docs(ctx, dir, docs, err);

	json_array_foreach(docs, i, doc)
	{
		if (rc == 0 && (og_skill_hash(doc, hash, err) < 0 ||
				(add_entry(list, doc, hash, 0) < 0 && og_fail_nomem(err) < 0)))
			rc = -1;
	}
	json_decref(docs);
	return rc;
}

/* --- lock ---------------------------------------------------------------- */

static int read_seed(const struct og_conf *conf, const char *name, unsigned char seed[OG_KEY_SEED],
		     struct og_err *err)
{
	char *path = NULL;
	int rc = og_conf_key_path(conf, name, &path, err);

	if (rc == 0)
		rc = og_key_read(path, seed, err);
	free(path);
	return rc;
}

static json_t *new_lock(const char *principal, json_t *skills, json_t *policies)
{
	char time[OG_TIME_LEN + 1];

	og_time_format(og_now_ms(), time);
	return json_pack("{s:i,s:s,s:s,s:s,s:O,s:O*}", "v", 1, "kind", OG_LOCK_KIND, "time", time,
			 "principal", principal, "skills", skills, "policies", policies);
}

static int write_lock(const char *path, const json_t *lock, struct og_err *err)
{
	struct og_buf text;
	int rc;

	og_buf_init(&text, OG_LOCK_MAX);
	rc = og_json_canon(lock, &text, err);
	if (rc == 0 && og_buf_addc(&text, '\n') < 0)
		rc = og_buf_check(&text, "lock", err);
	if (rc == 0)
		rc = path && strcmp(path, "-") != 0
			     ? og_file_write(path, text.data, text.len, 0644, err)
			     : og_print(text.data, text.len, err);
	og_buf_release(&text);
	return rc;
}

static int make_lock(const struct og_args *args, const struct og_conf *conf, const char *principal,
		     json_t *skills, json_t *policies, struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	json_t *lock = NULL;
	int rc = read_seed(conf, principal, seed, err);

	if (rc == 0) {
		lock = new_lock(principal, skills, policies);
		rc = lock ? og_lock_sign(lock, seed, err) : og_fail_nomem(err);
	}
	if (rc == 0)
		rc = write_lock(og_arg(args, 0), lock, err);
	explicit_bzero(seed, sizeof(seed));
	json_decref(lock);
	return rc;
}

int skill_run_lock(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	json_t *skills = json_array(), *policies = NULL;
	struct og_channel *channel = NULL;
	struct og_conf *conf = NULL;
	const char *principal;
	int rc = skills ? 0 : og_fail_nomem(err);

	if (rc == 0 && og_arg_flag(args, "policies"))
		rc = (policies = json_array()) ? 0 : og_fail_nomem(err);
	if (rc == 0 && (og_principal_from(ctx, args, &principal, err) < 0 ||
			og_conf_from(ctx, args, &conf, err) < 0 ||
			og_session_open(ctx, args, conf, &channel, err) < 0))
		rc = -1;
	if (rc == 0)
		rc = active_skills(channel, skills, err);
	if (rc == 0 && policies)
		rc = active_policies(channel, policies, err);
	og_channel_close(channel);
	if (rc == 0)
		rc = make_lock(args, conf, principal, skills, policies, err);
	og_conf_free(conf);
	json_decref(skills);
	json_decref(policies);
	return rc;
}

/* --- verify -------------------------------------------------------------- */

/* A key in base64, or a file that holds it. */
static int read_key(const char *given, unsigned char pub[OG_KEY_PUBLIC], struct og_err *err)
{
	struct og_buf text, raw;
	size_t len;
	int rc = 0;

	og_buf_init(&text, 4096);
	og_buf_init(&raw, 256);
	if (access(given, R_OK) == 0)
		rc = og_file_read(given, "key", &text, err);
	else
		og_buf_adds(&text, given);
	len = text.len ? strcspn(text.data, "\r\n") : 0;
	if (rc == 0 &&
	    (og_base64_decode(&raw, len ? text.data : "", len) < 0 || raw.len != OG_KEY_PUBLIC))
		rc = og_fail(err, OG_EUSAGE,
			     "--pubkey: no key in base64, nor a file that holds one");
	if (rc == 0)
		memcpy(pub, raw.data, OG_KEY_PUBLIC);
	og_buf_release(&text);
	og_buf_release(&raw);
	return rc;
}

static int read_lock(const struct og_args *args, json_t **ret, struct og_err *err)
{
	const char *given = og_arg_value(args, "pubkey"), *path = og_arg(args, 0);
	unsigned char pub[OG_KEY_PUBLIC];
	struct og_buf text;
	int rc = given ? read_key(given, pub, err) : 0;

	og_buf_init(&text, OG_LOCK_MAX);
	if (rc == 0)
		rc = og_file_read(path, "lock", &text, err);
	if (rc == 0 &&
	    og_lock_read(text.len ? text.data : "", text.len, given ? pub : NULL, ret, err) < 0)
		rc = og_wrap(err, "%s", path);
	og_buf_release(&text);
	return rc;
}

static int tell_one(const char *of, json_t *difference, int json, struct og_err *err)
{
	const char *what = og_json_str(difference, "what"), *name = og_json_str(difference, "name");
	const char *locked = og_json_str(difference, "locked"), *is = og_json_str(difference, "is");
	struct og_buf out;

	if (json) {
		json_object_set_new(difference, "v", json_integer(1));
		json_object_set_new(difference, "of", json_string(of));
		return og_print_json(difference, err);
	}
	og_buf_init(&out, 65536);
	og_buf_addf(&out, "%s %s ", what, of);
	og_text_safe(&out, name, strlen(name), 0);
	if (locked && is)
		og_buf_addf(&out, ": %.12s, locked is %.12s", is, locked);
	else
		og_buf_addf(&out, ": %.12s", locked ? locked : is);
	og_buf_addc(&out, '\n');
	return skill_print_buf(&out, err);
}

/* How many differ, or -1. */
static int tell(const char *of, const json_t *locked, const json_t *there, int json,
		struct og_err *err)
{
	json_t *differences = NULL, *each;
	size_t i;
	int rc = og_lock_compare(locked, there, &differences, err), n;

	n = (int)json_array_size(differences);
	json_array_foreach(differences, i, each)
	{
		if (rc == 0)
			rc = tell_one(of, each, json, err);
	}
	json_decref(differences);
	return rc < 0 ? -1 : n;
}

static int compare(const struct og_args *args, const json_t *lock, const json_t *skills,
		   const json_t *policies, struct og_err *err)
{
	int json = og_arg_flag(args, "json"), more = 0;
	int n = tell("skill", json_object_get(lock, "skills"), skills, json, err);

	if (n >= 0 && policies)
		more = tell("policy", json_object_get(lock, "policies"), policies, json, err);
	return n < 0 || more < 0 ? -1 : n + more ? OG_NO : OG_OK;
}

int skill_run_verify(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	json_t *lock = NULL, *skills = json_array(), *policies = NULL;
	struct og_channel *channel = NULL;
	const char *dir = og_arg(args, 1);
	int rc = skills ? read_lock(args, &lock, err) : og_fail_nomem(err);

	if (rc == 0 && !og_arg_value(args, "pubkey"))
		og_note(ctx, "signed with %s as %s; nobody says whose key that is without --pubkey",
			og_json_str(lock, "pubkey"), og_json_str(lock, "principal"));
	if (rc == 0 && dir) {
		rc = folder_skills(ctx, dir, skills, err);
	} else if (rc == 0) {
		rc = skill_session(ctx, args, &channel, err);
		if (rc == 0)
			rc = active_skills(channel, skills, err);
		if (rc == 0 && json_object_get(lock, "policies")) {
			policies = json_array();
			rc = active_policies(channel, policies, err);
		}
		og_channel_close(channel);
	}
	if (rc == 0)
		rc = compare(args, lock, skills, policies, err);
	json_decref(lock);
	json_decref(skills);
	json_decref(policies);
	return rc;
}
