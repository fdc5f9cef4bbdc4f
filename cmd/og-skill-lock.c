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

static int add_entries(json_t *list, const json_t *all, int with_node, struct og_err *err)
{
	json_t *each;
	size_t i;

	json_array_foreach(all, i, each)
	{
		if (!og_json_str(each, "hash"))
			return og_fail(err, OG_EBUG, "the shield's list has no hash");
		if (add_entry(list, each, og_json_str(each, "hash"), with_node) < 0)
			return og_fail_nomem(err);
	}
	return 0;
}

/* *ret_genesis: of the instance whose skills they are. */
static int active_skills(struct og_channel *channel, json_t *list, char ret_genesis[],
			 struct og_err *err)
{
	json_t *reply = NULL;
	const char *genesis;
	int rc = og_channel_ask(channel, "skill.list", json_object(), &reply, err);

	genesis = og_json_str(reply, "genesis");
	if (rc == 0 && (!genesis || strlen(genesis) != OG_HASH_HEX))
		rc = og_fail(err, OG_EDATA, "the shield does not say which instance it is of");
	if (rc == 0) {
		memcpy(ret_genesis, genesis, OG_HASH_HEX + 1);
		rc = add_entries(list, json_object_get(reply, "skills"), 0, err);
	}
	json_decref(reply);
	return rc;
}

/* All of one moment: none can vanish between a list and its hash. */
static int active_policies(struct og_channel *channel, json_t *list, struct og_err *err)
{
	json_t *reply = NULL;
	int rc = og_channel_ask(channel, "policy.list", json_object(), &reply, err);

	if (rc == 0)
		rc = add_entries(list, json_object_get(reply, "policies"), 1, err);
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

/* What is to be locked. */
struct content {
	json_t *skills, *policies; /* policies: NULL when they are not */
	char genesis[OG_HASH_HEX + 1];
};

static json_t *new_lock(const char *principal, const struct content *content)
{
	char time[OG_TIME_LEN + 1];

	og_time_format(og_now_ms(), time);
	return json_pack("{s:i,s:s,s:s,s:s,s:s,s:O,s:O*}", "v", 1, "kind", OG_LOCK_KIND, "time",
			 time, "principal", principal, "genesis", content->genesis, "skills",
			 content->skills, "policies", content->policies);
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
			     : og_print_verbatim(text.data, text.len, err);
	og_buf_release(&text);
	return rc;
}

static int make_lock(const struct og_args *args, const struct og_conf *conf, const char *principal,
		     const struct content *content, struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	json_t *lock = NULL;
	int rc = read_seed(conf, principal, seed, err);

	if (rc == 0) {
		lock = new_lock(principal, content);
		rc = lock ? og_lock_sign(lock, seed, err) : og_fail_nomem(err);
	}
	if (rc == 0)
		rc = write_lock(og_arg(args, 0), lock, err);
	explicit_bzero(seed, sizeof(seed));
	json_decref(lock);
	return rc;
}

static int read_content(struct og_channel *channel, struct content *content, struct og_err *err)
{
	if (active_skills(channel, content->skills, content->genesis, err) < 0)
		return -1;
	return content->policies ? active_policies(channel, content->policies, err) : 0;
}

static int init_content(struct content *content, int policies, struct og_err *err)
{
	content->skills = json_array();
	content->policies = policies ? json_array() : NULL;
	content->genesis[0] = '\0';
	if (content->skills && (content->policies || !policies))
		return 0;
	return og_fail_nomem(err);
}

static void release_content(struct content *content)
{
	json_decref(content->skills);
	json_decref(content->policies);
}

int skill_run_lock(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_channel *channel = NULL;
	struct og_conf *conf = NULL;
	struct content content;
	const char *principal;
	int rc = -1;

	if (init_content(&content, og_arg_flag(args, "policies"), err) == 0 &&
	    og_principal_from(ctx, args, &principal, err) == 0 &&
	    og_conf_from(ctx, args, &conf, err) == 0 &&
	    og_session_open(ctx, args, conf, &channel, err) == 0)
		rc = read_content(channel, &content, err);
	og_channel_close(channel);
	if (rc == 0)
		rc = make_lock(args, conf, principal, &content, err);
	og_conf_free(conf);
	release_content(&content);
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

/* A lock of another instance says nothing of this one. */
static int tell_other(const char *locked, const char *is, int json, struct og_err *err)
{
	json_t *line;
	int rc;

	if (!json)
		return og_printf(err, "another instance: this is %.12s, the lock is of %.12s\n", is,
				 locked);
	line = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s}", "v", 1, "what", "changed", "of", "instance",
			 "name", "genesis", "locked", locked, "is", is);
	rc = line ? og_print_json(line, err) : og_fail_nomem(err);
	json_decref(line);
	return rc;
}

/* With policies where there are some to compare with. */
static int compare(const struct og_args *args, const json_t *lock, const struct content *is,
		   struct og_err *err)
{
	const char *genesis = og_json_str(lock, "genesis");
	int json = og_arg_flag(args, "json"), more = 0, n;

	if (is->genesis[0] && strcmp(is->genesis, genesis) != 0)
		return tell_other(genesis, is->genesis, json, err) < 0 ? -1 : OG_NO;
	n = tell("skill", json_object_get(lock, "skills"), is->skills, json, err);
	if (n >= 0 && is->policies)
		more = tell("policy", json_object_get(lock, "policies"), is->policies, json, err);
	return n < 0 || more < 0 ? -1 : n + more ? OG_NO : OG_OK;
}

static int content_of_instance(const struct og_ctx *ctx, const struct og_args *args,
			       struct content *content, struct og_err *err)
{
	struct og_channel *channel;
	int rc;

	if (skill_session(ctx, args, &channel, err) < 0)
		return -1;
	rc = read_content(channel, content, err);
	og_channel_close(channel);
	return rc;
}

int skill_run_verify(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *dir = og_arg(args, 1);
	struct content is = { .skills = NULL };
	json_t *lock = NULL;
	int rc = read_lock(args, &lock, err), policies;

	policies = json_object_get(lock, "policies") != NULL;
	if (rc == 0)
		rc = init_content(&is, policies && !dir, err);
	if (rc == 0 && !og_arg_value(args, "pubkey"))
		og_note(ctx, "signed with %s as %s; nobody says whose key that is without --pubkey",
			og_json_str(lock, "pubkey"), og_json_str(lock, "principal"));
	if (rc == 0 && dir && policies)
		og_note(ctx, "a folder of skills has no policies: those of the lock are not "
			     "compared");
	if (rc == 0)
		rc = dir ? folder_skills(ctx, dir, is.skills, err)
			 : content_of_instance(ctx, args, &is, err);
	if (rc == 0)
		rc = compare(args, lock, &is, err);
	json_decref(lock);
	release_content(&is);
	return rc;
}
