/*
 * The gate: where SQL that is not ours meets the database. The statement
 * is prepared on an empty connection of its own whose only tables are
 * barrier tables; each one reads and writes the real table through its own
 * parameterised statement that always carries the row predicate. What a
 * principal may not see does not exist there (why: man page og-access(5),
 * measurements: the two-connection design leaked nothing where views and
 * authorizers did).
 *
 * A gate belongs to one connection and one struct og_rights. It runs
 * inside a transaction that the CALLER began on that connection; the
 * caller keeps the row log and the ledger, and rolls back when a write did
 * not end as OG_ALLOW.
 */
#ifndef OG_SHIELD_GATE_H
#define OG_SHIELD_GATE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/access/access.h"
#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/json/json.h"

struct og_gate;

/* What a statement may cost. Zero members mean the default. */
struct og_gate_limits {
	int64_t steps;	  /* SQLite virtual machine steps, inner and outer; 2,000,000 */
	int64_t ms;	  /* wall clock; 1,000 */
	int64_t rows;	  /* in a result; 10,000 */
	int64_t bytes;	  /* in a result; 4 MiB */
	int64_t affected; /* rows written; 10,000 */
};

/* The program that runs gates sets this with og_gate_limit_memory(). */
#define OG_GATE_HEAP	 ((int64_t)256 << 20)
#define OG_GATE_TEXT_MAX 65536 /* bytes of a statement, and of a value */
void og_gate_limit_memory(int64_t bytes);

/* Called for og_limit(node, name): 1 found, 0 no such limit (the statement
 * fails closed), -1 error. */
typedef int og_limit_fn(void *arg, const char *node, const char *name, double *ret,
			struct og_err *err);

struct og_gate_hooks {
	og_limit_fn *limit; /* or NULL: og_limit() is unknown */
	void *arg;
};

/* rights is copied in what it needs; it may be freed after the gate only.
 * task: UUID for :task, or "". hooks may be NULL. */
int og_gate_new(struct og_db *db, const struct og_rights *rights,
		const struct og_gate_limits *limits, const struct og_gate_hooks *hooks,
		struct og_gate **ret, struct og_err *err);
void og_gate_free(struct og_gate *gate);

/* True when the schema of the file changed since the gate was made (call
 * inside the transaction); make a new one then. */
int og_gate_stale(struct og_gate *gate);

enum og_verdict { OG_ALLOW, OG_REFUSED, OG_OVER_BUDGET, OG_BAD_SQL };

/* Init with zeros; release after use. */
struct og_gate_result {
	enum og_verdict verdict;
	char rule[64]; /* "no-select", "budget-steps", "with-check", "constraint", ... */
	char why[512];
	char fix[256];	   /* the smallest change that would allow it, or "" */
	json_t *columns;   /* array of names, or NULL */
	json_t *rows;	   /* array of arrays */
	json_t *truncated; /* array of {"table","column","bytes"}: values too long to pass */
	json_t *tables;	   /* array of names touched */
	json_t *touched;   /* array of "table.column" */
	int64_t affected, last_id;
	int64_t steps;
	int writes; /* the statement is a write */
	int offset; /* byte of the statement that it was refused at, or -1 */
	/* OG_GATE_EXPLAIN alone: */
	json_t *plan;	     /* how it would run, in lines */
	json_t *limits;	     /* policies' limits it used: [{"node","name","value"}] */
	json_t *inside;	     /* [{"sql","plan":[..]}], when it was asked for */
	char uncounted[256]; /* why no rows were counted, or "" */
};
void og_gate_result_release(struct og_gate_result *result);

enum og_gate_mode { OG_GATE_READ, OG_GATE_WRITE, OG_GATE_CHECK, OG_GATE_EXPLAIN };

/* Runs (or, with OG_GATE_CHECK, only judges) one statement. OG_GATE_EXPLAIN
 * judges it, says how it would run, and counts: a query's rows, which are
 * not kept, or the rows that a write is about, into affected. It writes
 * nothing, so what is judged of a row after it was written (its predicate,
 * the table's constraints) is not, and the probing of hidden rows by
 * writes that fail stays what it is, a matter of record. The plan does not
 * depend on what is in the file: for that, see og_gate_look_inside(). vars: object,
 * name -> value, for :name; principal_id, clearance, role and task are the
 * gate's own and win. A variable that is not there fails the statement.
 * A write in READ mode is refused, a read in WRITE mode runs. Returns 0
 * with a verdict, or -1 when we failed. Values: NULL, integers (beyond
 * 2^53 - 1 tagged {"i":..}), reals, text ({"t":BASE64} when not UTF-8),
 * {"b":BASE64}. */
int og_gate_run(struct og_gate *gate, const char *sql, size_t len, const json_t *vars,
		enum og_gate_mode mode, struct og_gate_result *ret, struct og_err *err);

/* Whether OG_GATE_EXPLAIN also says what runs on the real file and how, with
 * predicates and hidden columns: for who may see all grants. */
void og_gate_look_inside(struct og_gate *gate, int yes);

const struct og_gate_limits *og_gate_limits_of(const struct og_gate *gate);
/* The rights it was made of. Borrowed. */
const struct og_rights *og_gate_rights(const struct og_gate *gate);

/* The UUID that :task stands for; "" unless set. Copied. */
void og_gate_task(struct og_gate *gate, const char *task);

/* Everything this gate's rights show: [{"name","verbs":[..],"columns":
 * [{"name","type","masked","settable","pk"}]}]. */
int og_gate_schema(struct og_gate *gate, json_t **ret, struct og_err *err);

/* Would this grant work? The table and its columns exist, the predicate
 * can be prepared over it and reads only. OG_EDATA says what is wrong; OG_NO
 * when there is no such table, which a caller may know the nearest of. */
int og_gate_check_grant(struct og_db *db, const json_t *grant, struct og_err *err);

#endif
