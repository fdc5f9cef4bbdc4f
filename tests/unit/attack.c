/*
 * Every statement of tests/hostile/attacks.tsv, on two databases that
 * differ only in what the principal may not see. Three judges that know
 * nothing of the statement: both databases answer the same; nothing
 * secret comes out; nothing hidden changes, and nothing at all unless
 * allowed. The verdict in the file is a fourth, a guard against change.
 */
#include "lib/base/clock.h"
#include "lib/shield/ddl.h"
#include "tests/unit/bombs.h"
#include "tests/unit/warehouse.h"

static const struct og_gate_limits limits = {
	.steps = 2000000, .ms = 1000, .rows = 1000, .bytes = 1000000, .affected = 1000
};

/* What ann can neither see nor change, whatever she is allowed. */
static const char hidden_query[] =
	"SELECT 'o',quote(id),quote(user_id),quote(amount),quote(status),clearance,quote(secret)"
	" FROM orders WHERE clearance>1 AND user_id<>1"
	" UNION ALL SELECT 'os',id,quote(secret),clearance,0,0,0 FROM orders WHERE id<=3"
	" UNION ALL SELECT 'u',id,name,role,clearance,salary,email FROM users"
	" UNION ALL SELECT 'i',order_id,line,product_id,qty,0,0 FROM order_items"
	"  WHERE order_id>=100"
	" UNION ALL SELECT 't',id,user_id,body,0,0,0 FROM tickets WHERE user_id<>1"
	" UNION ALL SELECT 'h',id,s,0,0,0,0 FROM hidden_tbl"
	" UNION ALL SELECT 'c',id,code,owner,0,0,0 FROM codes WHERE owner<>1"
	" UNION ALL SELECT 'm',m.\"rowid\",0,0,0,0,0 FROM marks m"
	" UNION ALL SELECT 'p',id,cost,price,0,0,0 FROM products"
	" UNION ALL SELECT 'G',subject,tbl,verbs,visible,masked,predicate FROM og_grant"
	" UNION ALL SELECT 'P',id,name,role,clearance,pubkey,active FROM og_principal"
	" UNION ALL SELECT 'R',name,rights,0,0,0,0 FROM og_role"
	" UNION ALL SELECT 'pw',principal,hash,0,0,0,0 FROM og_credential"
	" UNION ALL SELECT 'L',seq,entry,hash,body,salt,principal FROM audit_ledger";

enum { VARIANTS = 2 };

/* One of the two databases. */
struct side {
	char base[96], work[96];
	struct og_db *db;
	char *hidden, *all; /* as they were before any statement */
};

struct line {
	char *id, *who, *expected;
	struct og_buf sql;
};

struct outcome {
	enum og_verdict verdict;
	struct og_gate_result result, explained;
};

struct tally {
	int n, leaks, damage, unexpected;
	int64_t worst;
	char worst_id[16];
};

static void restore(struct side *side)
{
	struct og_err err = OG_ERR_INIT;

	og_db_close(side->db);
	house_unlink(side->work);
	OG_CHECK_OK(og_db_copy(side->base, side->work, NULL, &err), &err);
	side->db = house_open(side->work);
}

static void open_side(struct side *side, const char *folder, int variant)
{
	memset(side, 0, sizeof(*side));
	snprintf(side->base, sizeof(side->base), "%s/base%d.db", folder, variant);
	snprintf(side->work, sizeof(side->work), "%s/work%d.db", folder, variant);
	house_make_variant(side->base, variant);
	restore(side);
	side->hidden = house_dump(side->db, hidden_query);
	side->all = house_everything(side->db);
}

static void close_side(struct side *side)
{
	og_db_close(side->db);
	house_unlink(side->base);
	house_unlink(side->work);
	free(side->hidden);
	free(side->all);
}

/* Explained first, which changes nothing. What only costs time does so once. */
static void explain_one(struct side *side, struct house_gate *g, const struct line *line,
			struct outcome *out)
{
	sqlite3_int64 before = sqlite3_total_changes64(og_db_handle(side->db));
	struct og_err err = OG_ERR_INIT;

	memset(&out->explained, 0, sizeof(out->explained));
	if (strstr(line->expected, "BUDGET"))
		return;
	OG_CHECK_OK(og_gate_run(g->gate, line->sql.data, line->sql.len, NULL, OG_GATE_EXPLAIN,
				&out->explained, &err),
		    &err);
	OG_CHECK_INT(sqlite3_total_changes64(og_db_handle(side->db)), before);
}

/* The transaction a shield would open, the statement, and its end. */
static void run_one(struct side *side, const struct line *line, struct outcome *out)
{
	struct og_err err = OG_ERR_INIT;
	struct house_gate g;
	json_t *changes = NULL;

	OG_CHECK_OK(og_db_begin(side->db, 1, &err), &err);
	if (!house_gate_open(&g, side->db, line->who, &limits))
		exit(EXIT_FAILURE);
	explain_one(side, &g, line, out);
	OG_CHECK_OK(og_gate_run(g.gate, line->sql.data, line->sql.len, NULL, OG_GATE_WRITE,
				&out->result, &err),
		    &err);
	out->verdict = out->result.verdict;
	if (out->verdict != OG_ALLOW && og_access_right(&g.who, "ddl") &&
	    og_ddl_run(side->db, line->sql.data, &changes, &err) == 0)
		out->verdict = OG_ALLOW;
	json_decref(changes);
	house_gate_close(&g);
	if (out->verdict != OG_ALLOW)
		og_db_rollback(side->db);
	else if (og_db_commit(side->db, &err) < 0)
		out->verdict = OG_REFUSED;
}

static int same_text(const json_t *a, const json_t *b)
{
	return (!a && !b) || json_equal(a, b);
}

static int same_result(const struct og_gate_result *x, const struct og_gate_result *y)
{
	return x->verdict == y->verdict && strcmp(x->rule, y->rule) == 0 &&
	       strcmp(x->why, y->why) == 0 && strcmp(x->fix, y->fix) == 0 &&
	       same_text(x->columns, y->columns) && same_text(x->rows, y->rows) &&
	       same_text(x->truncated, y->truncated) && same_text(x->tables, y->tables) &&
	       same_text(x->touched, y->touched) && x->affected == y->affected &&
	       x->writes == y->writes && x->offset == y->offset && same_text(x->plan, y->plan) &&
	       same_text(x->limits, y->limits) && strcmp(x->uncounted, y->uncounted) == 0 &&
	       !x->inside && !y->inside;
}

static int same_outcome(const struct outcome *a, const struct outcome *b)
{
	return a->verdict == b->verdict && same_result(&a->result, &b->result) &&
	       same_result(&a->explained, &b->explained);
}

static int tells(const json_t *json)
{
	char *text = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
	int bad = text && (strstr(text, "CANARY") || strstr(text, "31337"));

	free(text);
	return bad;
}

/* What the statement itself says may be said back. */
static int tells_word(const char *said, const struct line *line)
{
	return (strstr(said, "CANARY") && !strstr(line->sql.data, "CANARY")) ||
	       (strstr(said, "31337") && !strstr(line->sql.data, "31337"));
}

static int tells_secret(const struct og_gate_result *o, const struct line *line)
{
	return tells(o->rows) || tells(o->truncated) || tells(o->limits) ||
	       tells_word(o->why, line) || tells_word(o->fix, line) ||
	       tells_word(o->uncounted, line);
}

static int damaged(struct side *side, const struct outcome *o, int secret_too)
{
	char *hidden = house_dump(side->db, hidden_query);
	int bad = secret_too && strcmp(hidden, side->hidden) != 0;

	free(hidden);
	if (o->verdict != OG_ALLOW) {
		char *all = house_everything(side->db);

		bad |= strcmp(all, side->all) != 0;
		free(all);
	}
	return bad;
}

static const char *verdict_name(enum og_verdict verdict)
{
	static const char *const names[] = { [OG_ALLOW] = "ALLOW",
					     [OG_REFUSED] = "DENY",
					     [OG_OVER_BUDGET] = "BUDGET",
					     [OG_BAD_SQL] = "ERROR" };

	return names[verdict];
}

static void judge(const struct line *line, struct side *sides, struct outcome *o,
		  struct tally *tally)
{
	int public = strcmp(line->who, "ann") == 0, leak = 0, damage = 0, unexpected;

	if (public)
		leak = tells_secret(&o[0].result, line) || tells_secret(&o[1].result, line) ||
		       tells_secret(&o[0].explained, line) || tells_secret(&o[1].explained, line) ||
		       !same_outcome(&o[0], &o[1]);
	for (int v = 0; v < VARIANTS; v++)
		damage |= damaged(&sides[v], &o[v], public);
	unexpected = !strstr(line->expected, verdict_name(o[0].verdict));
	tally->leaks += leak;
	tally->damage += damage;
	tally->unexpected += unexpected;
	if (leak || damage || unexpected)
		printf("# %s%s%s%s: %s (%s: %s), expected %s: %.120s\n", line->id,
		       leak ? " LEAK" : "", damage ? " DAMAGE" : "",
		       unexpected ? " UNEXPECTED" : "", verdict_name(o[0].verdict),
		       o[0].result.rule, o[0].result.why, line->expected, line->sql.data);
}

static void attack(const struct line *line, struct side *sides, struct tally *tally)
{
	struct outcome outcomes[VARIANTS];

	for (int v = 0; v < VARIANTS; v++) {
		int64_t began = og_mono_ms(), took;

		run_one(&sides[v], line, &outcomes[v]);
		took = og_mono_ms() - began;
		if (took > tally->worst) {
			tally->worst = took;
			snprintf(tally->worst_id, sizeof(tally->worst_id), "%s", line->id);
		}
	}
	judge(line, sides, outcomes, tally);
	for (int v = 0; v < VARIANTS; v++) {
		if (outcomes[v].verdict == OG_ALLOW)
			restore(&sides[v]);
		og_gate_result_release(&outcomes[v].result);
		og_gate_result_release(&outcomes[v].explained);
	}
	tally->n++;
}

/* Cuts a line of the file at its tabs. 0: not a statement. */
static int parse(char *text, struct line *line)
{
	char *sql;

	text[strcspn(text, "\n")] = '\0';
	if (!*text || *text == '#')
		return 0;
	line->id = strsep(&text, "\t");
	line->who = strsep(&text, "\t");
	sql = strsep(&text, "\t");
	line->expected = text;
	if (!OG_CHECK(line->expected != NULL))
		return 0;
	og_buf_clear(&line->sql);
	if (*sql != '@')
		og_buf_adds(&line->sql, sql);
	else if (!OG_CHECK(bomb(sql + 1, &line->sql)))
		return 0;
	return 1;
}

static void run_file(FILE *file, struct side *sides, struct tally *tally)
{
	struct line line;
	char *text = NULL;
	size_t size = 0;

	og_buf_init(&line.sql, BOMB_MAX);
	while (getline(&text, &size, file) >= 0)
		if (parse(text, &line))
			attack(&line, sides, tally);
	og_buf_release(&line.sql);
	free(text);
}

static void attacks_do_nothing(void)
{
	struct side sides[VARIANTS];
	struct tally tally = { .n = 0 };
	char folder[64];
	FILE *file = fopen("tests/hostile/attacks.tsv", "r");

	if (!OG_CHECK(file != NULL))
		return;
	house_folder(folder, sizeof(folder));
	for (int v = 0; v < VARIANTS; v++)
		open_side(&sides[v], folder, v);
	og_gate_limit_memory((int64_t)64 << 20);
	run_file(file, sides, &tally);
	fclose(file);
	og_gate_limit_memory(0);
	for (int v = 0; v < VARIANTS; v++)
		close_side(&sides[v]);
	rmdir(folder);
	printf("# %d statements, %d leaks, %d damage, %d unexpected; worst %lld ms (%s)\n", tally.n,
	       tally.leaks, tally.damage, tally.unexpected, (long long)tally.worst, tally.worst_id);
	OG_CHECK(tally.n >= 418);
	OG_CHECK_INT(tally.leaks, 0);
	OG_CHECK_INT(tally.damage, 0);
	OG_CHECK_INT(tally.unexpected, 0);
}

/* The judges must be able to convict: the two sides do differ. */
static void judges_are_awake(void)
{
	struct side sides[VARIANTS];
	char folder[64];

	house_folder(folder, sizeof(folder));
	for (int v = 0; v < VARIANTS; v++)
		open_side(&sides[v], folder, v);
	OG_CHECK(strcmp(sides[0].hidden, sides[1].hidden) != 0);
	OG_CHECK(strcmp(sides[0].all, sides[1].all) != 0);
	OG_CHECK(strstr(sides[0].all, "CANARY") != NULL);
	for (int v = 0; v < VARIANTS; v++)
		close_side(&sides[v]);
	rmdir(folder);
}

int main(void)
{
	OG_RUN(judges_are_awake);
	OG_RUN(attacks_do_nothing);
	return og_done();
}
