/* The first entries: genesis, roles, principals, grants, skills, policies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"
#include "lib/instance/make-internal.h"

/* Away from the ids of a users table: the owner is nobody's customer. */
#define OWNER_ID 1000

/* Its key stands among the principals', so it can be none of them. */
#define CHECKPOINT "checkpoint"

/* What one entry is about. */
struct note {
	const char *action, *node;
	json_t *body; /* without "changes"; taken */
};

/* The change is made between the two calls. All entries are one transaction,
 * which og_making_finish() commits: the instance is there whole or not at
 * all, and hundreds of commits would cost more than what is in them. */
static int open_entry(struct og_making *making, struct og_err *err)
{
	if (!making->writing && og_db_begin(making->db, 1, err) < 0)
		return -1;
	making->writing = 1;
	og_rowlog_start(making->rowlog);
	return 0;
}

/* `{"changes":[...],...}`: all other members sort behind "changes". */
static int body_text(struct og_making *making, const json_t *body, struct og_buf *out,
		     struct og_err *err)
{
	struct og_buf rest;
	int rc;

	og_buf_init(&rest, OG_CHANGES_MAX);
	rc = og_json_canon(body, &rest, err);
	og_buf_adds(out, "{\"changes\":");
	if (rc == 0)
		rc = og_rowlog_take(making->rowlog, out, err);
	if (rc == 0 && rest.len > 2)
		og_buf_addc(out, ',');
	if (rc == 0)
		og_buf_add(out, rest.data + 1, rest.len - 1);
	og_buf_release(&rest);
	return rc < 0 ? -1 : og_buf_check(out, "ledger entry", err);
}

static void roll_back(struct og_making *making)
{
	og_db_rollback(making->db);
	making->writing = 0;
}

static int close_entry(struct og_making *making, struct note note, struct og_err *err)
{
	struct og_record record = { .principal = "system",
				    .agent = "og",
				    .action = note.action,
				    .node = note.node ? note.node : "",
				    .task = "",
				    .step = "" };
	struct og_receipt receipt;
	struct og_buf body;
	int rc = note.body ? 0 : og_fail_nomem(err);

	og_buf_init(&body, 2 * OG_CHANGES_MAX);
	if (rc == 0)
		rc = body_text(making, note.body, &body, err);
	if (rc == 0)
		rc = og_ledger_append(making->ledger, &record, body.data, body.len, &receipt, err);
	og_rowlog_stop(making->rowlog);
	if (rc < 0)
		roll_back(making);
	json_decref(note.body);
	og_buf_release(&body);
	return rc;
}

static void abandon_entry(struct og_making *making)
{
	og_rowlog_stop(making->rowlog);
	roll_back(making);
}

int og_making_genesis(struct og_making *making, struct og_err *err)
{
	if (og_rowlog_new(making->db, &making->rowlog, err) < 0 ||
	    og_ledger_open(making->db, &making->ledger, err) < 0 ||
	    og_access_open(making->db, &making->access, err) < 0 ||
	    og_graph_open("sqlite:", making->db, &making->graph, err) < 0 ||
	    og_policies_open("sqlite:", making->db, &making->policies, err) < 0 ||
	    open_entry(making, err) < 0)
		return -1;
	return close_entry(making,
			   (struct note){ "genesis", NULL,
					  json_pack("{s:s,s:i}", "digest_of_base", making->base,
						    "format", 1) },
			   err);
}

int og_making_key(const struct og_making *making, const char *name, struct og_buf *ret_public,
		  struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED], pub[OG_KEY_PUBLIC];
	char file[80];
	char *path;
	int rc = -1;

	snprintf(file, sizeof(file), "keys/%s.key", name);
	path = og_making_path(making, file);
	if (!path)
		return og_fail_nomem(err);
	if (og_key_new(seed, pub, err) == 0 && og_key_write(path, seed, err) == 0)
		rc = og_base64_encode(ret_public, pub, sizeof(pub));
	explicit_bzero(seed, sizeof(seed));
	free(path);
	return rc;
}

static int put_role(struct og_making *making, const json_t *role, struct og_err *err)
{
	if (open_entry(making, err) < 0)
		return -1;
	if (og_access_role_put(making->access, role, err) < 0) {
		abandon_entry(making);
		return -1;
	}
	return close_entry(making,
			   (struct note){ "principal", NULL,
					  json_pack("{s:s}", "role", og_json_str(role, "name")) },
			   err);
}

/* The record without what must not be stored with it. */
static json_t *with_key(const json_t *principal, const char *public_key)
{
	json_t *record = json_copy((json_t *)(uintptr_t)principal);

	json_object_del(record, "password");
	if (record)
		json_object_set_new(record, "pubkey", json_string(public_key));
	return record;
}

static int put_principal(struct og_making *making, const json_t *principal, struct og_err *err)
{
	const char *name = og_json_str(principal, "name");
	const char *password = og_json_str(principal, "password");
	json_t *record = NULL;
	struct og_buf key;
	int64_t id = 0;
	int rc = -1;

	og_buf_init(&key, 64);
	if (!name || !og_principal_name_valid(name) || strcmp(name, CHECKPOINT) == 0) {
		og_fail(err, OG_EDATA, "access file: '%s' is no principal's name",
			name ? name : "");
		goto out;
	}
	if (og_making_key(making, name, &key, err) < 0)
		goto out;
	record = with_key(principal, key.data);
	if (open_entry(making, err) < 0)
		goto out;
	if (og_access_principal_put(making->access, record, &id, err) < 0 ||
	    (password && og_access_password_set(making->access, id, password, err) < 0)) {
		abandon_entry(making);
		goto out;
	}
	rc = close_entry(making,
			 (struct note){ "principal", NULL, json_pack("{s:s}", "name", name) }, err);
out:
	json_decref(record);
	og_buf_release(&key);
	return rc;
}

static int put_grant(struct og_making *making, const json_t *grant, const char *node,
		     struct og_err *err)
{
	int changed;

	if (open_entry(making, err) < 0)
		return -1;
	if (og_access_grant_put(making->access, grant, &changed, err) < 0) {
		abandon_entry(making);
		return -1;
	}
	return close_entry(
		making,
		(struct note){ "grant", node,
			       json_pack("{s:s,s:s}", "subject", og_json_str(grant, "subject"),
					 "tbl", og_json_str(grant, "tbl")) },
		err);
}

static int put_owner(struct og_making *making, struct og_err *err)
{
	json_t *owner = json_pack("{s:s,s:s,s:i,s:i}", "name", "owner", "role", "admin",
				  "clearance", 3, "id", OWNER_ID);
	struct og_buf unused;
	int rc = owner ? put_principal(making, owner, err) : og_fail_nomem(err);

	/* The key that signs checkpoints is nobody's and belongs to no row. */
	og_buf_init(&unused, 64);
	if (rc == 0)
		rc = og_making_key(making, CHECKPOINT, &unused, err);
	og_buf_release(&unused);
	json_decref(owner);
	return rc;
}

int og_making_access(struct og_making *making, const json_t *access, struct og_err *err)
{
	static const char *const keys[] = { "roles", "principals", "grants", NULL };
	json_t *item;
	size_t i;

	if (og_json_only(access, "access file", keys, err) < 0)
		return -1;
	json_array_foreach(json_object_get(access, "roles"), i,
			   item) if (put_role(making, item, err) < 0) return -1;
	if (put_owner(making, err) < 0)
		return -1;
	json_array_foreach(json_object_get(access, "principals"), i,
			   item) if (put_principal(making, item, err) < 0) return -1;
	json_array_foreach(json_object_get(access, "grants"), i,
			   item) if (put_grant(making, item, NULL, err) < 0) return -1;
	return 0;
}

/* What the skill asks for, granted to this version of it. */
static int grant_asks(struct og_making *making, const json_t *doc, const struct og_node *node,
		      struct og_err *err)
{
	char subject[OG_SUBJECT_MAX + 1], version[OG_SKILL_NAME_MAX + 16];
	json_t *ask;
	size_t i;

	snprintf(subject, sizeof(subject), "skill:%s@%s", node->name, node->hash);
	snprintf(version, sizeof(version), "%s@%.12s", node->name, node->hash);
	json_array_foreach(json_object_get(doc, "asks"), i, ask)
	{
		json_t *grant = json_copy(ask);
		int rc = grant ? og_json_set(grant, "subject", json_string(subject), err)
			       : og_fail_nomem(err);

		if (rc == 0)
			rc = put_grant(making, grant, version, err);
		json_decref(grant);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int og_making_skill(struct og_making *making, json_t *doc, struct og_err *err)
{
	char version[OG_SKILL_NAME_MAX + 16];
	struct og_node node;

	if (og_skill_check(doc, err) < 0 || open_entry(making, err) < 0)
		return -1;
	if (og_graph_put(making->graph, doc, &node, err) < 0) {
		abandon_entry(making);
		return -1;
	}
	snprintf(version, sizeof(version), "%s@%.12s", node.name, node.hash);
	if (close_entry(making,
			(struct note){ "skill", version, json_pack("{s:s}", "name", node.name) },
			err) < 0)
		return -1;
	return grant_asks(making, doc, &node, err);
}

int og_making_policy(struct og_making *making, const json_t *policy, struct og_err *err)
{
	struct og_policy_id id;

	if (open_entry(making, err) < 0)
		return -1;
	if (og_policies_put(making->policies, policy, &id, err) < 0) {
		abandon_entry(making);
		return -1;
	}
	return close_entry(making,
			   (struct note){ "policy", og_json_str(policy, "node"),
					  json_pack("{s:s}", "name", og_json_str(policy, "name")) },
			   err);
}
