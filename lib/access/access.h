/*
 * Who may do what: principals, roles, rights and grants (og-access(5)).
 * This module decides and says why; it executes nothing and knows no SQL
 * engine's ways of enforcing. lib/shield builds its barrier from what
 * og_access_rights() returns.
 *
 * Default deny. A grant has a subject ("role:customer", or
 * "skill:NAME@HASH") and a table; permit gives, forbid takes away and wins.
 */
#ifndef OG_ACCESS_ACCESS_H
#define OG_ACCESS_ACCESS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/hash/hash.h"
#include "lib/json/json.h"

#define OG_NAME_MAX    63 /* principal and role names */
#define OG_SUBJECT_MAX 160

/* Rights of a role, besides its grants on tables. */
#define OG_RIGHTS_LIST "ddl grant skill policy approve ledger tasks register explore"

struct og_access;

int og_access_open(struct og_db *db, struct og_access **ret, struct og_err *err);
void og_access_free(struct og_access *access); /* before og_db_close() */

struct og_principal {
	int64_t id;
	char name[OG_NAME_MAX + 1];
	char role[OG_NAME_MAX + 1];
	int clearance; /* 1 to 3 */
	int active;    /* 0 only from og_access_principal_kept() */
	int has_key;
	unsigned char pubkey[OG_KEY_PUBLIC];
	char rights[128]; /* of its role: " ddl grant ... ", each between spaces */
};

/* By name or id. OG_EPERM when unknown or not active, in the same words. */
int og_access_principal(struct og_access *access, const char *name, struct og_principal *ret,
			struct og_err *err);
int og_access_principal_id(struct og_access *access, int64_t id, struct og_principal *ret,
			   struct og_err *err);
/* By id, active or not: to whom a task belongs does not change. */
int og_access_principal_kept(struct og_access *access, int64_t id, struct og_principal *ret,
			     struct og_err *err);
/* By the mail address in the business table users(id, email), if there is
 * one whose id is the principal's. Fills name and email of the user too:
 * {"id","name","email"}; NULL when unknown (no error). */
int og_access_by_mail(struct og_access *access, const char *email, struct og_principal *ret,
		      json_t **ret_user, struct og_err *err);

/* True when the principal's role has the right ("ddl"). */
int og_access_right(const struct og_principal *who, const char *right);

/* Password against og_credential, crypt(3). 1 yes, 0 no, -1 error. id 0
 * (unknown mail) costs the same time as a wrong password. */
int og_access_password(struct og_access *access, int64_t id, const char *password,
		       struct og_err *err);
/* Appends a new yescrypt hash of the password. */
int og_access_password_hash(const char *password, struct og_buf *ret, struct og_err *err);

enum og_verb { OG_SELECT = 1, OG_INSERT = 2, OG_UPDATE = 4 };

/* What one subject may do with one table. Lists are NULL-terminated. */
struct og_table_rights {
	char *table;
	unsigned verbs;	  /* of enum og_verb */
	char **visible;	  /* NULL: every column that is not masked */
	char **masked;	  /* listed, but read as NULL; NULL: none */
	char **settable;  /* NULL: every column that is visible and not masked */
	char **forbidden; /* columns a forbid took away; NULL: none */
	char *predicate;  /* SQL over t.column and the principal's variables; NULL: every row */
};

struct og_rights {
	struct og_principal who; /* whose variables the predicates see */
	char subject[OG_SUBJECT_MAX + 1];
	struct og_table_rights *tables;
	size_t n;
	int64_t epoch; /* of the grants this was made from */
};

/* The rights of subject, for who's rows. subject NULL: "role:" and who's
 * role. only (NULL-terminated, NULL: no narrowing): tables to keep. */
int og_access_rights(struct og_access *access, const struct og_principal *who, const char *subject,
		     const char *const *only, struct og_rights **ret, struct og_err *err);
/* The grants of a subject as they are now, to be kept by somebody whose
 * rights must not change meanwhile; and rights made of what was kept. The
 * array is for og_access_rights_kept() alone to read; those rights have
 * epoch -1. */
int og_access_grants_keep(struct og_access *access, const char *subject, json_t **ret,
			  struct og_err *err);
int og_access_rights_kept(const json_t *kept, const struct og_principal *who, const char *subject,
			  struct og_rights **ret, struct og_err *err);
void og_rights_free(struct og_rights *rights);
const struct og_table_rights *og_rights_table(const struct og_rights *rights, const char *table);
int og_column_listed(char *const *list, const char *column);

/* Changes with every grant, role or principal change: cached rights of an
 * older epoch are stale. */
int og_access_epoch(struct og_access *access, int64_t *ret, struct og_err *err);

/* One grant as a record: {"subject","tbl","effect":"permit|forbid",
 * "verbs":[..],"visible":[..]?,"masked":[..]?,"settable":[..]?,
 * "predicate":T?}. Checked for shape here; whether table, columns and
 * predicate are any good the shield checks (gate.h). */
int og_grant_check(const json_t *grant, struct og_err *err);
/* Inside the caller's write transaction. changed 0: it was so already. */
int og_access_grant_put(struct og_access *access, const json_t *grant, int *changed,
			struct og_err *err);
/* effect NULL: both. *ret: how many were dropped. */
int og_access_grant_drop(struct og_access *access, const char *subject, const char *table,
			 const char *effect, int *ret, struct og_err *err);
/* subject NULL: all. Array of grant records, sorted. */
int og_access_grant_list(struct og_access *access, const char *subject, json_t **ret,
			 struct og_err *err);

/* Names of business tables that no role may read: what an operator would
 * grant next. Sorted. */
int og_access_ungranted(struct og_access *access, json_t **ret, struct og_err *err);

/* {"name","role","clearance","pubkey":BASE64?,"id"?,"active"?} and
 * {"name","description"?,"rights":[..]}: made or changed, inside the
 * caller's write transaction. */
int og_access_principal_put(struct og_access *access, const json_t *who, int64_t *ret_id,
			    struct og_err *err);
int og_access_role_put(struct og_access *access, const json_t *role, struct og_err *err);

/* One principal, active or not, as {"name","number","role","clearance",
 * "pubkey" or null,"active","created","password":BOOL}: 1, 0 none, -1. */
int og_access_principal_record(struct og_access *access, const char *name, json_t **ret,
			       struct og_err *err);
/* An array of all of them, by number. */
int og_access_principal_list(struct og_access *access, json_t **ret, struct og_err *err);
/* Is there such a role? Has anybody who can act the right? 1, 0, -1. */
int og_access_role_known(struct og_access *access, const char *role, struct og_err *err);
int og_access_right_held(struct og_access *access, const char *right, struct og_err *err);
int og_access_password_set(struct og_access *access, int64_t id, const char *password,
			   struct og_err *err);

#endif
