/*
 * How fast the ledger is judged, beside the least that could be done: the
 * same scan with one SHA-256 over 256 bytes per row; and how much faster by
 * JOBS processors (default: all there are) than by one. Prints JSON.
 *
 *	verify SCHEMA_SQL [ENTRIES [JOBS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/ledger/ledger.h"
#include "lib/ledger/verify.h"

#define ROUNDS	 5
#define JOBS_MAX 64

static void must(int rc, const struct og_err *err)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "verify: %s\n", err->msg);
	exit(70);
}

static struct og_db *fill(const char *path, const char *schema, long entries)
{
	struct og_err err = OG_ERR_INIT;
	struct og_record record = { "charlie",
				    "og-worker/skill",
				    "step",
				    "procure-to-pay@0123456789ab",
				    "01a20dcf-9268-7ce1-9c8e-c2a7c98b3768",
				    "reserve-stock" };
	static const char body[] =
		"{\"changes\":[{\"new\":{\"stock_quantity\":49},\"old\":{\"stock_quantity\":50},"
		"\"op\":\"update\",\"rowid\":1,\"table\":\"products\"}],\"verdict\":\"allow\"}";
	struct og_ledger *ledger;
	struct og_receipt receipt;
	struct og_buf sql;
	struct og_db *db;

	og_buf_init(&sql, 1 << 20);
	must(og_file_read(schema, "schema", &sql, &err), &err);
	must(og_db_open(path, OG_DB_CREATE, &db, &err), &err);
	must(og_db_exec(db, sql.data, &err), &err);
	must(og_ledger_open(db, &ledger, &err), &err);
	must(og_db_begin(db, 1, &err), &err);
	for (long i = 0; i < entries; i++)
		must(og_ledger_append(ledger, &record, body, sizeof(body) - 1, &receipt, &err),
		     &err);
	must(og_db_commit(db, &err), &err);
	og_ledger_free(ledger);
	og_buf_release(&sql);
	return db;
}

static int64_t time_verify(struct og_db *const *dbs, size_t n, long entries)
{
	struct og_err err = OG_ERR_INIT;
	struct og_judgement judgement;
	int64_t start = og_mono_us();

	must(og_judgement_init(&judgement, &err), &err);
	must(og_db_pin_all(dbs, n, &err), &err);
	must(og_ledger_verify_many(dbs, n, &judgement, &err), &err);
	for (size_t i = 0; i < n; i++)
		og_db_rollback(dbs[i]);
	if (judgement.problems || judgement.checked != entries)
		exit(70);
	og_judgement_release(&judgement);
	return og_mono_us() - start;
}

/* The scan everybody has to do, and one hash. */
static int64_t time_least(struct og_db *db)
{
	struct og_err err = OG_ERR_INIT;
	unsigned char bytes[256] = { 1 };
	struct og_stmt *stmt;
	struct og_hash hash;
	int64_t start = og_mono_us();
	int more;

	must(og_stmt_new(db,
			 "SELECT seq, entry, hash, salt, body, time, principal, action, node, task "
			 "FROM audit_ledger ORDER BY seq",
			 &stmt, &err),
	     &err);
	while ((more = og_stmt_step(stmt, &err)) > 0) {
		for (int i = 1; i < 10; i++)
			bytes[i] ^= *(const unsigned char *)og_col_blob(stmt, i);
		og_sha256(bytes, sizeof(bytes), &hash);
	}
	must(more, &err);
	og_stmt_free(stmt);
	return og_mono_us() - start;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double middle(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), by_size);
	return values[ROUNDS / 2];
}

static void measure(struct og_db *const *dbs, size_t jobs, long entries)
{
	double ratios[ROUNDS], rates[ROUNDS], speedups[ROUNDS], rate;

	for (int i = 0; i < ROUNDS; i++) {
		double one = (double)time_verify(dbs, 1, entries);

		ratios[i] = (double)time_least(dbs[0]) / one;
		rates[i] = (double)entries * 1e6 / one;
		speedups[i] = one / (double)time_verify(dbs, jobs, entries);
	}
	rate = middle(rates);
	printf("{\"entries\":%ld,\"entries_per_second\":%.0f,"
	       "\"ratio_to_scan_and_one_hash\":%.2f,\"jobs\":%zu,\"times_as_fast\":%.2f}\n",
	       entries, rate, middle(ratios), jobs, middle(speedups));
}

int main(int argc, char **argv)
{
	long entries = argc > 2 ? strtol(argv[2], NULL, 10) : 200000;
	long jobs = argc > 3 ? strtol(argv[3], NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN);
	char path[] = "/tmp/og-bench-verify-XXXXXX", side[64];
	struct og_db *dbs[JOBS_MAX];
	struct og_err err = OG_ERR_INIT;
	int fd = mkstemp(path);

	if (argc < 2 || fd < 0 || jobs < 1 || jobs > JOBS_MAX)
		return 64;
	close(fd);
	unlink(path);
	dbs[0] = fill(path, argv[1], entries);
	for (long i = 1; i < jobs; i++)
		must(og_db_open(path, OG_DB_WRITE, &dbs[i], &err), &err);
	measure(dbs, (size_t)jobs, entries);
	for (long i = 0; i < jobs; i++)
		og_db_close(dbs[i]);
	unlink(path);
	snprintf(side, sizeof(side), "%s-wal", path);
	unlink(side);
	snprintf(side, sizeof(side), "%s-shm", path);
	unlink(side);
	return 0;
}
