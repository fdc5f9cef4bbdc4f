/*
 * How a scan of a barrier is planned. Only comparisons of unmasked columns
 * with bound values cross to the inner statement, because those cannot
 * fail: an error or a long computation on a row that the predicate would
 * have hidden is a message about that row. Everything else of the agent's
 * WHERE runs on rows that were already permitted (PostgreSQL's security
 * barrier and its leakproof operators follow the same rule).
 */
#include "lib/base/text.h"
#include "lib/shield/gate-internal.h"

static const char *operator_text(unsigned char op)
{
	switch (op) {
	case SQLITE_INDEX_CONSTRAINT_EQ:
		return "=";
	case SQLITE_INDEX_CONSTRAINT_LT:
		return "<";
	case SQLITE_INDEX_CONSTRAINT_LE:
		return "<=";
	case SQLITE_INDEX_CONSTRAINT_GT:
		return ">";
	case SQLITE_INDEX_CONSTRAINT_GE:
		return ">=";
	case SQLITE_INDEX_CONSTRAINT_IS:
		return "IS";
	default:
		return NULL;
	}
}

/* May this constraint be handed to the inner statement? The collation must
 * be the column's own; IN over a TEXT or untyped column is compared again
 * by the core with another affinity, so it stays outside. */
static int may_push(const struct og_barrier *barrier, sqlite3_index_info *info, int i)
{
	int shown = info->aConstraint[i].iColumn;
	const struct og_column *column;

	if (!info->aConstraint[i].usable || !operator_text(info->aConstraint[i].op) ||
	    shown >= barrier->n_shown)
		return 0;
	if (shown < 0)
		return !barrier->table->without_rowid;
	column = og_barrier_column(barrier, shown);
	if (barrier->shown[shown].masked || column->generated)
		return 0;
	if ((column->affinity == 'T' || column->affinity == 'B') && sqlite3_vtab_in(info, i, -1))
		return 0;
	return og_ascii_casecmp(sqlite3_vtab_collation(info, i), column->collation) == 0;
}

/* What the plan costs: rows left, and whether at most one is. */
struct estimate {
	double rows;
	int one;
	unsigned key_parts; /* places of the primary key compared for equality */
};

static void narrow(const struct og_barrier *barrier, int shown, unsigned char op,
		   struct estimate *e)
{
	const struct og_column *column = shown >= 0 ? og_barrier_column(barrier, shown) : NULL;
	int equal = op == SQLITE_INDEX_CONSTRAINT_EQ;
	int leads = !column || column->leads || column->pk == 1;

	if (equal && (!column || column->is_unique)) {
		e->one = 1;
		e->rows = 1;
	} else if (equal && leads) {
		double per_key =
			column->per_key > 0 && !barrier->gate->neutral ? column->per_key : 10;

		if (per_key < e->rows)
			e->rows = per_key;
	} else if (leads) {
		e->rows /= 4;
	} else {
		e->rows /= equal ? 1.2 : 1.05;
	}
	if (equal && column && column->pk && column->pk <= 16)
		e->key_parts |= 1U << (column->pk - 1);
}

/* TEXT and untyped columns may be kept back by push_value(). */
static int always_pushed(const struct og_barrier *barrier, int shown)
{
	return shown < 0 || (og_barrier_column(barrier, shown)->affinity != 'T' &&
			     og_barrier_column(barrier, shown)->affinity != 'B');
}

static void push_constraints(const struct og_barrier *barrier, sqlite3_index_info *info,
			     sqlite3_str *plan, struct estimate *e)
{
	int pushed = 0;

	for (int i = 0; i < info->nConstraint && pushed < OG_BARRIER_PUSHED; i++) {
		if (!may_push(barrier, info, i))
			continue;
		info->aConstraintUsage[i].argvIndex = ++pushed;
		info->aConstraintUsage[i].omit =
			always_pushed(barrier, info->aConstraint[i].iColumn) & 1;
		sqlite3_str_appendf(plan, "%d %s,", info->aConstraint[i].iColumn,
				    operator_text(info->aConstraint[i].op));
		narrow(barrier, info->aConstraint[i].iColumn, info->aConstraint[i].op, e);
	}
	if (barrier->table->n_pk && e->key_parts == (1U << barrier->table->n_pk) - 1) {
		e->one = 1;
		e->rows = 1;
	}
}

/* One ORDER BY term on a plain column can be left to the inner statement. */
static void push_order(const struct og_barrier *barrier, sqlite3_index_info *info,
		       sqlite3_str *plan)
{
	int shown;

	if (info->nOrderBy != 1)
		return;
	shown = info->aOrderBy[0].iColumn;
	if (shown >= barrier->n_shown || (shown < 0 && barrier->table->without_rowid))
		return;
	if (shown >= 0 &&
	    (barrier->shown[shown].masked || og_barrier_column(barrier, shown)->generated ||
	     og_ascii_casecmp(og_barrier_column(barrier, shown)->collation, "BINARY") != 0))
		return;
	sqlite3_str_appendf(plan, "%d%s", shown, info->aOrderBy[0].desc ? " DESC" : "");
	info->orderByConsumed = 1;
}

/* SQLite stops after one row of a scan that says it is unique. That holds
 * only if every term reaches the inner statement: push_value() may keep
 * terms on TEXT and untyped columns back. */
static int is_certain(const sqlite3_index_info *info)
{
	for (int i = 0; i < info->nConstraint; i++)
		if (info->aConstraintUsage[i].argvIndex && !info->aConstraintUsage[i].omit)
			return 0;
	return 1;
}

int og_barrier_plan(sqlite3_vtab *base, sqlite3_index_info *info)
{
	const struct og_barrier *barrier = ((struct og_barrier_table *)base)->barrier;
	double all = barrier->gate->neutral ? OG_ROWS_UNKNOWN : barrier->table->rows;
	struct estimate e = { .rows = all };
	sqlite3_str *plan = sqlite3_str_new(barrier->gate->agent);

	sqlite3_str_appendf(plan, "%llx|", (unsigned long long)info->colUsed);
	push_constraints(barrier, info, plan, &e);
	sqlite3_str_appendall(plan, "|");
	push_order(barrier, info, plan);
	info->idxStr = sqlite3_str_finish(plan);
	if (!info->idxStr)
		return SQLITE_NOMEM;
	info->needToFreeIdxStr = 1;
	info->estimatedRows = e.rows < 1 ? 1 : (sqlite3_int64)e.rows;
	info->estimatedCost = e.rows < all / 1.5 ? e.rows * 3 + 10 : all * 2;
	info->idxNum = (int)(barrier - barrier->gate->barriers);
	if (e.one && is_certain(info))
		info->idxFlags |= SQLITE_INDEX_SCAN_UNIQUE;
	return SQLITE_OK;
}
