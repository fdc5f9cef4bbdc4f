/* What the files of the gate share. Two connections: `inner` is the real
 * file, where only our own statements run; `agent` is empty, and hostile
 * SQL is prepared nowhere else. */
#ifndef OG_SHIELD_GATE_INTERNAL_H
#define OG_SHIELD_GATE_INTERNAL_H

#include "lib/shield/catalog.h"
#include "lib/shield/gate.h"

/* Hidden key of a barrier over a WITHOUT ROWID table: no column is called so. */
#define OG_ROW_KEY "og$row$key"

/* One inner statement, kept for the next use of the same plan. */
struct og_inner {
	struct og_inner *next;
	char *key;
	sqlite3_stmt *stmt;
	int busy;
	int args[256]; /* parameter numbers of :og1, :og2, ... */
	int n_args;
};

/* How a column of the real table appears to the agent. */
struct og_shown {
	int column; /* index in the catalog */
	int masked; /* reads as NULL */
	int settable;
	int set; /* named by the running UPDATE */
};

/* One barrier table. */
struct og_barrier {
	struct og_gate *gate;
	const struct og_table_rights *rights;
	struct og_table *table; /* loaded at first use, or NULL */
	struct og_shown *shown; /* declared columns, in order */
	int n_shown;
	int rowid_shown; /* may rowid be read? */
	struct og_inner *statements;
	int mentioned; /* by the running statement */
};

struct og_gate {
	struct og_db *db;
	sqlite3 *inner, *agent;
	const struct og_rights *rights;
	struct og_gate_limits limits;
	struct og_gate_hooks hooks;
	char task[40];
	int inside;	/* explanations show the real file's side too */
	int64_t schema; /* PRAGMA schema_version it was made at */
	struct og_barrier *barriers;
	size_t n_barriers;
	sqlite3_stmt *schema_stmt;

	/* of the running statement */
	struct og_gate_result *result;
	const char *text; /* its SQL, or "" */
	int counting;	  /* rows are counted, not written */
	int neutral;	  /* a plan for people: nothing that was counted in the file enters it */
	json_t *watched;  /* texts of inner statements that ran, or NULL: nobody asks */
	int trusted;	  /* our own statement is being prepared on agent */
	int saw_select, saw_write;
	int poisoned; /* a write failed its check: the statement must not succeed */
	int64_t steps, deadline;
	int over; /* 0, or which budget: 's'teps, 't'ime */
	int64_t affected, last_id, rows;
	int has_last_id;
};

/* Sets verdict, rule and why of the running statement once; the first
 * reason is the one that counts. Always SQLITE_ERROR. */
int og_gate_refuse(struct og_gate *gate, enum og_verdict verdict, const char *rule, const char *fmt,
		   ...) __attribute__((format(printf, 4, 5)));
void og_gate_fix(struct og_gate *gate, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct og_barrier *og_gate_barrier(struct og_gate *gate, const char *name);
/* Loads the catalog and decides what is shown. SQLite's code. */
int og_barrier_load(struct og_barrier *barrier);
int og_barrier_shown(const struct og_barrier *barrier, const char *column);
const struct og_column *og_barrier_column(const struct og_barrier *barrier, int shown);

/* gate-run.c. How many virtual machine steps pass between two looks at the
 * budget: a single step may run for long (replace() over 64 KB), so it is
 * short. Both connections count on the same budget. */
#define OG_GATE_PERIOD 50
int og_gate_progress(void *arg);
/* authorizer.c */
int og_gate_authorize(void *arg, int action, const char *a, const char *b, const char *database,
		      const char *context);
/* functions.c */
int og_gate_function_allowed(const char *name);
const char *const *og_gate_functions(void); /* NULL ends them */
int og_gate_register_functions(struct og_gate *gate);
/* barrier.c: one as SQLite sees it. */
struct og_barrier_table {
	sqlite3_vtab base;
	struct og_barrier *barrier;
};
extern const sqlite3_module og_barrier_module;
#define OG_BARRIER_PUSHED 32 /* comparisons that cross to the inner statement */
/* barrier-plan.c: xBestIndex. */
int og_barrier_plan(sqlite3_vtab *base, sqlite3_index_info *info);
/* barrier-inner.c: a statement on the inner connection for this barrier.
 * make appends the SQL; conditions use :og1, :og2, ... */
typedef void og_inner_sql_fn(const struct og_barrier *barrier, const char *key, sqlite3_str *sql);
struct og_inner *og_inner_get(struct og_barrier *barrier, const char *key, og_inner_sql_fn *make);
void og_inner_put(struct og_inner *inner);
void og_inner_free_all(struct og_barrier *barrier);
/* Appends "(predicate)" of the barrier, or "1". */
void og_barrier_predicate(const struct og_barrier *barrier, sqlite3_str *sql);
/* barrier-write.c */
int og_barrier_update(sqlite3_vtab *base, int argc, sqlite3_value **argv, sqlite3_int64 *ret);
/* barrier-key.c: the hidden key of WITHOUT ROWID tables. */
void og_row_key_result(sqlite3_context *context, const struct og_barrier *barrier,
		       sqlite3_stmt *stmt);
/* Binds its parts to :og(first).. ; -1 when it is none of ours. */
int og_row_key_bind(const struct og_barrier *barrier, sqlite3_value *value, struct og_inner *inner,
		    int first);
/* gate-values.c */
int og_gate_bind_vars(struct og_gate *gate, sqlite3_stmt *stmt, const json_t *vars);
json_t *og_gate_value(sqlite3_stmt *stmt, int i);
/* The gate's own variables on an inner statement. */
void og_gate_bind_principal(const struct og_gate *gate, sqlite3_stmt *stmt);
/* gate-views.c: makes a view of main known to the agent. 1 made, 0 not. */
int og_gate_make_view(struct og_gate *gate, const char *name);
/* gate-hints.c: turns SQLite's message into a verdict with the nearest visible
 * name. Right after the failure: where it was is asked of the connection. */
void og_gate_hint(struct og_gate *gate, const char *message);
/* gate-plan.c: how a statement would run, in words: an array of lines. NULL
 * when it cannot be said. */
json_t *og_gate_plan(struct og_gate *gate, const char *sql);
/* What SQLite makes of the statements on the real file that gate->watched
 * holds: [{"sql","plan":[..]}]. */
json_t *og_gate_inside(struct og_gate *gate);

#endif
