/* Changing who may do what. Every change moves the access epoch on. */
#include <string.h>

#include "lib/access/access-internal.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"

#define COLUMN_LIST_MAX 1000
#define PREDICATE_MAX	8192

static int bad(struct og_err *err, const char *what)
{
	return og_fail(err, OG_EDATA, "grant: %s", what);
}

/* All members strings, at least min of them; absent is fine. */
static int check_list(const json_t *grant, const char *key, size_t min, struct og_err *err)
{
	const json_t *list = json_object_get(grant, key), *item;
	size_t i;

	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list) || json_array_size(list) < min ||
	    json_array_size(list) > COLUMN_LIST_MAX)
		return og_fail(err, OG_EDATA, "grant: '%s' is no list of names", key);
	json_array_foreach(list, i,
			   item) if (!json_is_string(item) ||
				     json_string_length(item) ==
					     0) return og_fail(err, OG_EDATA,
							       "grant: '%s' is no list of names",
							       key);
	return 0;
}

static int check_verbs(const json_t *grant, struct og_err *err)
{
	static const char *const verbs[] = { "select", "insert", "update", NULL };
	const json_t *list = json_object_get(grant, "verbs"), *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) == 0)
		return bad(err, "'verbs' is missing or empty");
	json_array_foreach(list, i, item)
	{
		const char *verb = json_string_value(item);
		size_t k = 0;

		while (verb && verbs[k] && strcmp(verbs[k], verb) != 0)
			k++;
		if (verb && verbs[k])
			continue;
		og_fail(err, OG_EDATA, "grant: '%s' is no verb", verb ? verb : "?");
		og_hint(err, "verbs are select, insert and update");
		return verb ? og_hint_near(verb, verbs, err) : -1;
	}
	return 0;
}

static int is_system_table(const char *table)
{
	static const char *const prefixes[] = { "og_", "sqlite_", "audit_ledger" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		const char *prefix = prefixes[i], *name = table;

		while (*prefix && og_ascii_lower((unsigned char)*name) == *prefix)
			prefix++, name++;
		if (!*prefix)
			return 1;
	}
	return 0;
}

int og_grant_check(const json_t *grant, struct og_err *err)
{
	static const char *const keys[] = { "subject", "tbl",	   "effect",	"verbs", "visible",
					    "masked",  "settable", "predicate", NULL };
	const char *subject, *table, *effect = og_json_str(grant, "effect");
	const json_t *predicate = json_object_get(grant, "predicate");

	if (og_json_only(grant, "grant", keys, err) < 0 ||
	    og_json_need_str(grant, "grant", "subject", &subject, err) < 0 ||
	    og_json_need_str(grant, "grant", "tbl", &table, err) < 0 || check_verbs(grant, err) < 0)
		return -1;
	if ((strncmp(subject, "role:", 5) != 0 && strncmp(subject, "skill:", 6) != 0) ||
	    strlen(subject) > OG_SUBJECT_MAX || !strchr(subject, ':')[1]) {
		bad(err, "'subject' is neither a role nor a skill");
		return og_hint(err, "write role:NAME or skill:NAME@HASH");
	}
	if (is_system_table(table))
		return og_fail(err, OG_EDATA, "grant: table '%s' is the system's own", table);
	if (effect && strcmp(effect, "permit") != 0 && strcmp(effect, "forbid") != 0)
		return bad(err, "'effect' is neither permit nor forbid");
	if (predicate && !json_is_null(predicate) &&
	    (!og_json_str(grant, "predicate") || json_string_length(predicate) > PREDICATE_MAX))
		return bad(err, "'predicate' is no text, or too long");
	if (check_list(grant, "visible", 1, err) < 0 || check_list(grant, "masked", 0, err) < 0)
		return -1;
	return check_list(grant, "settable", 0, err);
}

/* Binds a list as JSON text, or NULL when it is absent. */
static int bind_list(struct og_stmt *stmt, int i, const json_t *list, struct og_err *err)
{
	struct og_buf text;
	int rc = 0;

	if (!list || json_is_null(list)) {
		og_bind_null(stmt, i);
		return 0;
	}
	og_buf_init(&text, OG_GRANT_JSON_MAX);
	rc = og_json_canon(list, &text, err);
	if (rc == 0)
		og_bind_textn(stmt, i, text.data, text.len);
	og_buf_release(&text);
	return rc;
}

int og_access_grant_put(struct og_access *access, const json_t *grant, int *changed,
			struct og_err *err)
{
	const char *effect = og_json_str(grant, "effect");
	struct og_stmt *stmt;
	int rc = -1;

	if (og_grant_check(grant, err) < 0 ||
	    og_stmt_new(
		    access->db,
		    "INSERT INTO og_grant(subject, tbl, effect, verbs, visible, masked, settable, "
		    "predicate) VALUES (?1,?2,?3,?4,?5,?6,?7,?8) "
		    "ON CONFLICT(subject, tbl, effect) DO UPDATE SET verbs = excluded.verbs, "
		    "visible = excluded.visible, masked = excluded.masked, "
		    "settable = excluded.settable, predicate = excluded.predicate "
		    "WHERE verbs IS NOT excluded.verbs OR visible IS NOT excluded.visible OR "
		    "masked IS NOT excluded.masked OR settable IS NOT excluded.settable OR "
		    "predicate IS NOT excluded.predicate",
		    &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, og_json_str(grant, "subject"));
	og_bind_text(stmt, 2, og_json_str(grant, "tbl"));
	og_bind_text(stmt, 3, effect ? effect : "permit");
	og_bind_text(stmt, 8, og_json_str(grant, "predicate"));
	if (bind_list(stmt, 4, json_object_get(grant, "verbs"), err) < 0 ||
	    bind_list(stmt, 5, json_object_get(grant, "visible"), err) < 0 ||
	    bind_list(stmt, 6, json_object_get(grant, "masked"), err) < 0 ||
	    bind_list(stmt, 7, json_object_get(grant, "settable"), err) < 0 ||
	    og_stmt_run(stmt, err) < 0)
		goto out;
	*changed = og_db_changes(access->db) > 0;
	rc = *changed ? og_access_changed(access, err) : 0;
out:
	og_stmt_free(stmt);
	return rc;
}

int og_access_grant_drop(struct og_access *access, const char *subject, const char *table,
			 const char *effect, int *ret, struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(access->db,
			"DELETE FROM og_grant WHERE subject = ?1 AND tbl = ?2 "
			"AND (?3 IS NULL OR effect = ?3)",
			&stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, subject);
	og_bind_text(stmt, 2, table);
	og_bind_text(stmt, 3, effect);
	rc = og_stmt_run(stmt, err);
	og_stmt_free(stmt);
	if (rc < 0)
		return -1;
	*ret = (int)og_db_changes(access->db);
	return *ret ? og_access_changed(access, err) : 0;
}

static int add_list(json_t *grant, const char *key, const char *text, struct og_err *err)
{
	json_t *list = NULL;

	if (!text)
		return 0;
	if (og_json_parse(text, strlen(text), OG_GRANT_JSON_MAX, "grant", &list, err) < 0)
		return -1;
	return og_json_set(grant, key, list, err);
}

static json_t *read_grant(struct og_stmt *row, struct og_err *err)
{
	static const char *const lists[] = { "verbs", "visible", "masked", "settable" };
	json_t *grant = json_pack("{s:s*,s:s*,s:s*,s:s*}", "subject", og_col_text(row, 0), "tbl",
				  og_col_text(row, 1), "effect", og_col_text(row, 2), "predicate",
				  og_col_text(row, 7));

	for (int i = 0; grant && i < 4; i++) {
		if (add_list(grant, lists[i], og_col_text(row, 3 + i), err) < 0) {
			json_decref(grant);
			return NULL;
		}
	}
	if (!grant)
		og_fail_nomem(err);
	return grant;
}

int og_access_grant_list(struct og_access *access, const char *subject, json_t **ret,
			 struct og_err *err)
{
	json_t *list = json_array(), *grant;
	struct og_stmt *stmt = NULL;
	int more = -1;

	if (!list)
		return og_fail_nomem(err);
	if (og_stmt_new(
		    access->db,
		    "SELECT subject, tbl, effect, verbs, visible, masked, settable, predicate "
		    "FROM og_grant WHERE ?1 IS NULL OR subject = ?1 ORDER BY subject, tbl, effect",
		    &stmt, err) < 0)
		goto out;
	og_bind_text(stmt, 1, subject);
	while ((more = og_stmt_step(stmt, err)) > 0) {
		grant = read_grant(stmt, err);
		if (!grant || json_array_append_new(list, grant) < 0) {
			more = -1;
			break;
		}
	}
out:
	og_stmt_free(stmt);
	if (more < 0) {
		json_decref(list);
		return -1;
	}
	*ret = list;
	return 0;
}

int og_access_ungranted(struct og_access *access, json_t **ret, struct og_err *err)
{
	json_t *list = json_array();
	struct og_stmt *stmt = NULL;
	int more = -1, clean;

	if (!list)
		return og_fail_nomem(err);
	if (og_stmt_new(
		    access->db,
		    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
		    "AND name NOT LIKE 'og\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE "
		    "'\\' "
		    "AND name <> 'audit_ledger' AND name NOT IN (SELECT tbl FROM og_grant "
		    "WHERE subject LIKE 'role:%' AND effect = 'permit' AND verbs LIKE "
		    "'%\"select\"%') "
		    "ORDER BY name",
		    &stmt, err) == 0)
		while ((more = og_stmt_step(stmt, err)) > 0)
			if (json_array_append_new(list, og_access_text(stmt, 0, &clean)) < 0) {
				more = og_fail_nomem(err);
				break;
			}
	og_stmt_free(stmt);
	if (more < 0) {
		json_decref(list);
		return -1;
	}
	*ret = list;
	return 0;
}

static int check_rights(const json_t *rights, struct og_err *err)
{
	static const char list[] = " " OG_RIGHTS_LIST " ";
	struct og_principal known = { .id = 0 };
	const json_t *item;
	size_t i;

	memcpy(known.rights, list, sizeof(list));
	json_array_foreach(rights, i, item) if (!json_is_string(item) ||
						!og_access_right(&known, json_string_value(item)))
	{
		og_fail(err, OG_EDATA, "role: '%s' is no right",
			json_is_string(item) ? json_string_value(item) : "?");
		return og_hint(err, "rights are " OG_RIGHTS_LIST);
	}
	return json_is_array(rights) ? 0 : og_fail(err, OG_EDATA, "role: 'rights' is no list");
}

int og_access_role_put(struct og_access *access, const json_t *role, struct og_err *err)
{
	static const char *const keys[] = { "name", "description", "rights", NULL };
	const char *name, *about = og_json_str(role, "description");
	struct og_stmt *stmt = NULL;
	int rc = -1;

	if (og_json_only(role, "role", keys, err) < 0 ||
	    og_json_need_str(role, "role", "name", &name, err) < 0 ||
	    check_rights(json_object_get(role, "rights"), err) < 0 ||
	    og_stmt_new(access->db,
			"INSERT INTO og_role(name, description, rights) VALUES (?1, ?2, ?3) "
			"ON CONFLICT(name) DO UPDATE SET description = excluded.description, "
			"rights = excluded.rights",
			&stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, name);
	og_bind_text(stmt, 2, about ? about : "");
	if (bind_list(stmt, 3, json_object_get(role, "rights"), err) == 0 &&
	    og_stmt_run(stmt, err) == 0)
		rc = og_access_changed(access, err);
	og_stmt_free(stmt);
	return rc;
}

/* One that is no key would make the principal unreadable for good. */
static int check_key(const json_t *pubkey, struct og_err *err)
{
	const char *text = json_string_value(pubkey);
	struct og_buf raw;
	int good;

	if (!pubkey || json_is_null(pubkey))
		return 0;
	og_buf_init(&raw, OG_KEY_PUBLIC);
	good = text && og_base64_decode(&raw, text, strlen(text)) == 0 && raw.len == OG_KEY_PUBLIC;
	og_buf_release(&raw);
	return good ? 0
		    : og_fail(err, OG_EDATA, "principal: the public key is not base64 of %d bytes",
			      OG_KEY_PUBLIC);
}

static int check_principal(const json_t *who, struct og_err *err)
{
	static const char *const keys[] = { "name", "role",   "clearance", "pubkey",
					    "id",   "active", NULL };
	int64_t clearance;
	const char *text;

	if (og_json_only(who, "principal", keys, err) < 0 ||
	    og_json_need_str(who, "principal", "name", &text, err) < 0)
		return -1;
	if (strlen(text) > OG_NAME_MAX || text[0] < 'a' || text[0] > 'z' ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") != strlen(text))
		return og_fail(err, OG_EDATA, "principal: '%s' is not a name", text);
	if (og_json_need_str(who, "principal", "role", &text, err) < 0 ||
	    og_json_need_int(who, "principal", "clearance", &clearance, err) < 0)
		return -1;
	if (clearance < 1 || clearance > 3)
		return og_fail(err, OG_EDATA, "principal: clearance is 1, 2 or 3");
	return check_key(json_object_get(who, "pubkey"), err);
}

int og_access_principal_put(struct og_access *access, const json_t *who, int64_t *ret_id,
			    struct og_err *err)
{
	int64_t id = og_json_int(who, "id", 0);
	char now[OG_TIME_LEN + 1];
	struct og_principal made;
	struct og_stmt *stmt = NULL;
	int rc = -1;

	if (check_principal(who, err) < 0 ||
	    og_stmt_new(
		    access->db,
		    "INSERT INTO og_principal(id, name, role, clearance, pubkey, active, created) "
		    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
		    "ON CONFLICT(name) DO UPDATE SET role = excluded.role, "
		    "clearance = excluded.clearance, pubkey = coalesce(excluded.pubkey, pubkey), "
		    "active = excluded.active",
		    &stmt, err) < 0)
		return -1;
	og_time_format(og_now_ms(), now);
	if (id > 0)
		og_bind_int(stmt, 1, id);
	og_bind_text(stmt, 2, og_json_str(who, "name"));
	og_bind_text(stmt, 3, og_json_str(who, "role"));
	og_bind_int(stmt, 4, og_json_int(who, "clearance", 1));
	og_bind_text(stmt, 5, og_json_str(who, "pubkey"));
	og_bind_int(stmt, 6, og_json_bool(who, "active", 1));
	og_bind_text(stmt, 7, now);
	if (og_stmt_run(stmt, err) < 0 || og_access_changed(access, err) < 0)
		goto out;
	og_bind_text(access->by_name, 1, og_json_str(who, "name"));
	if (og_stmt_step(access->by_name, err) < 0)
		goto out;
	made.id = og_col_int(access->by_name, 0);
	og_stmt_reset(access->by_name);
	*ret_id = made.id;
	rc = 0;
out:
	og_stmt_free(stmt);
	return rc;
}
