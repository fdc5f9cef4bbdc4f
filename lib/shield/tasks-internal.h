/*
 * What the two files of the task storage share: the prepared statements,
 * and columns in and out of them.
 */
#ifndef OG_SHIELD_TASKS_INTERNAL_H
#define OG_SHIELD_TASKS_INTERNAL_H

#include "lib/shield/tasks.h"

enum {
	SQL_GET,
	SQL_BY_KEY,
	SQL_INSERT,
	SQL_SAVE,
	SQL_STATE,
	SQL_ENTRY,
	SQL_FINISH,
	SQL_REOPEN,
	SQL_LIST_ALL,
	SQL_LIST_STATE,
	SQL_LIST_OWN,
	SQL_JOURNAL_GET,
	SQL_JOURNAL_PUT,
	SQL_PROGRESS,
	SQL_CONSENT_PUT,
	SQL_CONSENT_GET,
	SQL_CONSENT_GIVEN,
	SQL_CONSENT_RESOLVED,
	SQL_CONSENT_STATE,
	SQL_CANCELLED,
	SQL_CALL_GET,
	SQL_CALL_PUT,
	SQL_RECORDS_SIZE,
	SQL_RECORDS,
	SQL_TURN_GET,
	SQL_TURN_OPEN,
	SQL_TURN_PUT,
	SQL_TURNS_SUM,
	SQL_SPEND_ADD,
	SQL_SPEND_OF,
	SQL_PROVIDER_GET,
	SQL_PROVIDER_PUT,
	SQL_JOURNAL_DROP,
	SQL_CALL_DROP,
	SQL_TURN_DROP,
	SQL_CONSENT_DROP,
	SQL_DROP,
	SQL_OLD,
	SQL_COUNT
};

struct og_tasks {
	struct og_db *db;
	struct og_stmt *stmt[SQL_COUNT];
};

/* The statement, prepared at its first use; NULL with err. */
struct og_stmt *og_tasks_stmt(struct og_tasks *tasks, int which, struct og_err *err);
/* A copy of a text column; *ret stays as it is for NULL. */
int og_tasks_column(struct og_stmt *stmt, int i, char **ret, struct og_err *err);
/* Copies a text column that fits, cut to size. */
void og_tasks_fixed(struct og_stmt *stmt, int i, char *out, size_t size);
/* Entries count from 1; 0 stands for "none" and is stored as NULL. */
void og_tasks_bind_seq(struct og_stmt *stmt, int i, int64_t seq);

#endif
