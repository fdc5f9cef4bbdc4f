/*
 * The ledger's library: appending (two processes at once), Merkle trees and
 * proofs against the published vectors, signed notes against C2SP's.
 */
#include "tests/unit/books.h"

#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/json/json.h"
#include "lib/ledger/checkpoint.h"
#include "lib/ledger/ledger.h"
#include "lib/ledger/redact.h"
#include "lib/ledger/verify.h"

/* An empty ledger in a folder of its own. */
struct place {
	struct books books;
	struct og_db *db; /* theirs */
	struct og_ledger *ledger;
	struct og_err err;
};

static int make_place(struct place *p)
{
	memset(p, 0, sizeof(*p));
	if (books_make(&p->books, &p->err) < 0)
		return -1;
	p->db = p->books.db;
	return og_ledger_open(p->db, &p->ledger, &p->err);
}

static void remove_place(struct place *p)
{
	og_ledger_free(p->ledger);
	books_remove(&p->books);
}

static int append(struct place *p, const char *principal, const char *body,
		  struct og_receipt *receipt)
{
	struct og_record record = { .principal = principal,
				    .agent = "og",
				    .action = "step",
				    .node = "",
				    .task = "",
				    .step = "s" };

	if (og_db_begin(p->db, 1, &p->err) < 0)
		return -1;
	if (og_ledger_append(p->ledger, &record, body, strlen(body), receipt, &p->err) < 0) {
		og_db_rollback(p->db);
		return -1;
	}
	return og_db_commit(p->db, &p->err);
}

static int64_t problems(struct place *p)
{
	struct og_judgement judgement;
	int64_t n = -1;

	if (og_judgement_init(&judgement, &p->err) == 0 &&
	    og_ledger_verify(p->db, &judgement, &p->err) == 0)
		n = judgement.problems;
	og_judgement_release(&judgement);
	return n;
}

static void appends(void)
{
	struct place p;
	struct og_receipt a, b;

	if (!OG_CHECK_OK(make_place(&p), &p.err))
		return;
	OG_CHECK_INT(problems(&p), 1); /* empty */
	OG_CHECK_OK(append(&p, "alice", "{}", &a), &p.err);
	/* Every byte that JSON escapes, in a column and in the entry. */
	OG_CHECK_OK(append(&p, "b\"o\\b\n\x01\xc3\xa9", "{}", &b), &p.err);
	OG_CHECK_INT(a.seq, 1);
	OG_CHECK_INT(b.seq, 2);
	OG_CHECK_INT(problems(&p), 0);
	OG_CHECK(append(&p, "\xff", "{}", &b) < 0);
	OG_CHECK_INT(p.err.code, OG_EDATA);
	OG_CHECK_INT(problems(&p), 0);
	remove_place(&p);
}

/* A child that opens the same file and appends n entries. */
static pid_t appender(const char *path, int n)
{
	pid_t pid = fork();
	struct place p = { .err = OG_ERR_INIT };
	struct og_receipt receipt;
	int rc = 0;

	if (pid != 0)
		return pid;
	if (og_db_open(path, OG_DB_WRITE, &p.db, &p.err) < 0 ||
	    og_ledger_open(p.db, &p.ledger, &p.err) < 0)
		_exit(1);
	for (int i = 0; i < n && rc == 0; i++)
		rc = append(&p, "child", "{}", &receipt);
	og_ledger_free(p.ledger);
	og_db_close(p.db);
	_exit(rc == 0 ? 0 : 1);
}

static void two_processes(void)
{
	struct place p;
	int64_t entries = 0;
	pid_t pids[2];
	int status;

	if (!OG_CHECK_OK(make_place(&p), &p.err))
		return;
	for (int i = 0; i < 2; i++)
		pids[i] = appender(p.books.path, 200);
	for (int i = 0; i < 2; i++)
		OG_CHECK(waitpid(pids[i], &status, 0) == pids[i] && status == 0);
	OG_CHECK(og_db_int(p.db, "SELECT count(*) FROM audit_ledger", &entries, &p.err) == 1);
	OG_CHECK_INT(entries, 400);
	OG_CHECK_INT(problems(&p), 0);
	remove_place(&p);
}

static void problems_are_capped(void)
{
	struct og_judgement judgement;
	struct og_receipt receipt;
	struct place p;

	if (!OG_CHECK_OK(make_place(&p), &p.err))
		return;
	for (int i = 0; i < 1200; i++)
		if (!OG_CHECK_OK(append(&p, "alice", "{}", &receipt), &p.err))
			break;
	OG_CHECK_OK(og_db_exec(p.db,
			       "DROP TRIGGER audit_ledger_no_update;"
			       "UPDATE audit_ledger SET principal = 'mallory'",
			       &p.err),
		    &p.err);
	OG_CHECK_OK(og_judgement_init(&judgement, &p.err), &p.err);
	OG_CHECK_OK(og_ledger_verify(p.db, &judgement, &p.err), &p.err);
	OG_CHECK_INT(judgement.problems, 1200);
	OG_CHECK_INT((intmax_t)json_array_size(judgement.list), OG_PROBLEMS_MAX);
	og_judgement_release(&judgement);
	remove_place(&p);
}

/* --- trees and proofs ------------------------------------------------------- */

static const char *const roots[] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

/* The eight leaves of Certificate Transparency's reference tree. */
static void trees(void)
{
	static const struct og_slice leaves[] = {
		{ "", 0 },	   { "\0", 1 },
		{ "\x10", 1 },	   { "\x20\x21", 2 },
		{ "\x30\x31", 2 }, { "\x40\x41\x42\x43", 4 },
		{ "PQRSTUVW", 8 }, { "`abcdefghijklmno", 16 },
	};
	char hex[OG_HASH_HEX + 1];
	struct og_hash hash;
	struct og_tree tree;

	og_tree_init(&tree);
	for (size_t i = 0; i <= 8; i++) {
		og_tree_root(&tree, &hash);
		og_hash_hex(&hash, hex);
		OG_CHECK_STR(hex, roots[i]);
		if (i == 8)
			break;
		og_merkle_leaf(leaves[i].data, leaves[i].len, &hash);
		og_tree_add(&tree, &hash);
	}
}

static int unbase64(const char *text, struct og_hash *ret)
{
	struct og_buf raw;
	int rc = -1;

	og_buf_init(&raw, 4096);
	if (text && og_base64_decode(&raw, text, strlen(text)) == 0 && raw.len == OG_HASH_LEN) {
		memcpy(ret->b, raw.data, OG_HASH_LEN);
		rc = 0;
	}
	og_buf_release(&raw);
	return rc;
}

/* One published probe: does our verdict equal theirs? */
static int probe(const json_t *row)
{
	struct og_path path = { 0 };
	struct og_hash leaf, root;
	json_t *item;
	size_t i;
	int good = unbase64(og_json_str(row, "leafHash"), &leaf) == 0 &&
		   unbase64(og_json_str(row, "root"), &root) == 0;

	json_array_foreach(json_object_get(row, "proof"), i,
			   item) if (i >= OG_PATH_MAX ||
				     unbase64(json_string_value(item), &path.hash[path.n++]) < 0)
		good = 0;
	good = good && og_path_check(&path, (uint64_t)og_json_int(row, "leafIdx", -1),
				     (uint64_t)og_json_int(row, "treeSize", -1), &leaf, &root);
	return good != og_json_bool(row, "wantErr", 0);
}

static void published_proofs(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;
	int n = 0;

	og_buf_init(&text, 16 << 20);
	if (og_file_read("../shared/data/merkle/inclusion.jsonl", "vectors", &text, &err) < 0) {
		OG_SKIP("no published vectors here");
		return;
	}
	for (char *line = text.data, *end; (end = strchr(line, '\n')); line = end + 1) {
		json_t *row = json_loadb(line, (size_t)(end - line), 0, NULL);

		/* A number that needs all 64 bits: read as the largest there is. */
		if (!row)
			row = json_loadb(line, (size_t)(end - line), JSON_DECODE_INT_AS_REAL, NULL);
		if (!OG_CHECK(row && probe(row)))
			printf("# %s\n", og_json_str(row, "file"));
		json_decref(row);
		n++;
	}
	OG_CHECK(n > 50);
	og_buf_release(&text);
}

/* Every entry of ledgers of every small size; and no other place fits. */
static void own_proofs(void)
{
	struct og_checkpoint now;
	struct og_receipt receipt;
	struct og_path path;
	struct og_hash leaf;
	struct place p;

	if (!OG_CHECK_OK(make_place(&p), &p.err))
		return;
	for (int64_t size = 1; size <= 20; size++) {
		OG_CHECK_OK(append(&p, "alice", "{}", &receipt), &p.err);
		OG_CHECK_OK(og_ledger_checkpoint(p.db, &now, &p.err), &p.err);
		for (int64_t seq = 1; seq <= size; seq++) {
			OG_CHECK_OK(og_ledger_path(p.db, seq, size, &path, &p.err), &p.err);
			OG_CHECK_OK(og_ledger_root(p.db, seq - 1, seq, &leaf, &p.err), &p.err);
			for (uint64_t at = 0; at < now.size; at++)
				OG_CHECK_INT(og_path_check(&path, at, now.size, &leaf, &now.root),
					     at == (uint64_t)(seq - 1));
		}
	}
	OG_CHECK(og_ledger_root(p.db, 0, 21, &leaf, &p.err) < 0);
	OG_CHECK_INT(p.err.code, OG_NO);
	remove_place(&p);
}

/* --- notes -------------------------------------------------------------------- */

static const char c2sp_key[] =
	"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char c2sp_note[] = "This is an example message.\n\n\xe2\x80\x94 example.com/foo "
				"Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6"
				"TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

static void notes(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_note_key key;
	struct og_buf text;
	size_t len = 0;

	og_buf_init(&text, 4096);
	OG_CHECK_OK(og_note_key_parse(c2sp_key, &key, &err), &err);
	OG_CHECK_OK(og_note_key_print(&key, &text, &err), &err);
	OG_CHECK_STR(text.data, c2sp_key);
	OG_CHECK_OK(og_note_check(&(struct og_slice){ c2sp_note, sizeof(c2sp_note) - 1 }, &key,
				  &len, &err),
		    &err);
	OG_CHECK_INT((intmax_t)len, 28);
	/* Any changed or missing byte is noticed, and nothing is read past the end. */
	for (size_t i = 0; i < sizeof(c2sp_note) - 1; i++) {
		char *copy = malloc(sizeof(c2sp_note) - 1);

		memcpy(copy, c2sp_note, sizeof(c2sp_note) - 1);
		OG_CHECK(og_note_check(&(struct og_slice){ copy, i }, &key, &len, &err) < 0);
		copy[i] ^= 1;
		OG_CHECK(og_note_check(&(struct og_slice){ copy, sizeof(c2sp_note) - 1 }, &key,
				       &len, &err) < 0);
		free(copy);
	}
	og_buf_release(&text);
}

static const char checkpoint_note[] =
	"omnigate.example/ledger\n3\n83O7JN+VBFtuPikhI6MPU7BF/C3skpunl1u0vuE0Xb0=\n\n"
	"\xe2\x80\x94 omnigate.example/ledger "
	"84PpupCHH+y6gs2khYSTa1N6BdItMSHNgQG8dpVL4PKt4u5sD39j4tPs"
	"ogUOls4hb95AqErEIr//Myy9OpUjC4cswAY=\n";

/* Byte for byte what another implementation makes of seed 00 01 ... 1f. */
static void checkpoints(void)
{
	struct og_checkpoint made = { .origin = "omnigate.example/ledger", .size = 3 }, read;
	unsigned char seed[OG_KEY_SEED];
	struct og_err err = OG_ERR_INIT;
	struct og_note_key key = { .name = "omnigate.example/ledger" };
	struct og_buf text;

	for (unsigned char i = 0; i < OG_KEY_SEED; i++)
		seed[i] = i;
	og_buf_init(&text, OG_NOTE_MAX);
	OG_CHECK_OK(unbase64("83O7JN+VBFtuPikhI6MPU7BF/C3skpunl1u0vuE0Xb0=", &made.root), &err);
	OG_CHECK_OK(og_checkpoint_print(&made, seed, &text, &err), &err);
	OG_CHECK_STR(text.data, checkpoint_note);
	OG_CHECK_OK(og_key_public(seed, key.pub, &err), &err);
	OG_CHECK_OK(
		og_checkpoint_read(&(struct og_slice){ text.data, text.len }, &key, &read, &err),
		&err);
	OG_CHECK_INT((intmax_t)read.size, 3);
	OG_CHECK(og_hash_equal(&read.root, &made.root));
	/* The same key under another name is another signer. */
	key.name[0] = 'O';
	OG_CHECK(og_checkpoint_read(&(struct og_slice){ text.data, text.len }, &key, &read, &err) <
		 0);
	OG_CHECK_INT(err.code, OG_NO);
	og_buf_release(&text);
}

static void receipts(void)
{
	static const char head[] = "c2sp.org/tlog-proof@v1\nextra AAAA\nindex 1\n"
				   "Yn/owFltiIEgYPneTHTEPSf3JxMNLobMPiQYxVWiwP0=\n"
				   "s3ii6u5CXeFchLPqzVk4OtlFqhfYa5o7Un6kUPcbVeM=\n\n";
	static const char entry[] = "{\"seq\":1,\"act\":\"sql.select\"}";
	struct og_receipt_file file;
	struct og_err err = OG_ERR_INIT;
	struct og_hash leaf, root;

	OG_CHECK_OK(og_receipt_parse(&(struct og_slice){ head, sizeof(head) - 1 }, &file, &err),
		    &err);
	OG_CHECK_INT((intmax_t)file.index, 1);
	OG_CHECK_INT((intmax_t)file.path.n, 2);
	OG_CHECK_INT((intmax_t)file.note.len, 0);
	og_merkle_leaf(entry, sizeof(entry) - 1, &leaf);
	OG_CHECK_OK(unbase64("83O7JN+VBFtuPikhI6MPU7BF/C3skpunl1u0vuE0Xb0=", &root), &err);
	OG_CHECK(og_path_check(&file.path, file.index, 3, &leaf, &root));
	OG_CHECK(!og_path_check(&file.path, file.index, 5, &leaf, &root));
	for (size_t i = 0; i < sizeof(head) - 1; i++)
		OG_CHECK(og_receipt_parse(&(struct og_slice){ head, i }, &file, &err) < 0);
}

/* --- redaction ------------------------------------------------------------------ */

static void redactions(void)
{
	struct og_redaction wanted = { .seq = 2, .principal = "alice", .reason = "\"redacted\":3" };
	struct og_receipt receipt;
	struct place p;

	if (!OG_CHECK_OK(make_place(&p), &p.err))
		return;
	for (int i = 0; i < 3; i++)
		OG_CHECK_OK(append(&p, "alice", "{\"changes\":[]}", &receipt), &p.err);
	OG_CHECK_OK(og_ledger_redact(p.db, &wanted, &receipt, &p.err), &p.err);
	OG_CHECK_INT(receipt.seq, 4);
	OG_CHECK_INT(problems(&p), 0);
	/* What a reason says explains nothing. */
	OG_CHECK_OK(og_db_exec(p.db,
			       "UPDATE audit_ledger SET body = NULL, salt = NULL WHERE seq = 3",
			       &p.err),
		    &p.err);
	OG_CHECK_INT(problems(&p), 1);
	OG_CHECK(og_ledger_redact(p.db, &wanted, &receipt, &p.err) < 0);
	OG_CHECK_INT(p.err.code, OG_NO);
	wanted.seq = 4;
	OG_CHECK(og_ledger_redact(p.db, &wanted, &receipt, &p.err) < 0);
	OG_CHECK_INT(p.err.code, OG_NO);
	remove_place(&p);
}

int main(void)
{
	OG_RUN(appends);
	OG_RUN(two_processes);
	OG_RUN(problems_are_capped);
	OG_RUN(trees);
	OG_RUN(published_proofs);
	OG_RUN(own_proofs);
	OG_RUN(notes);
	OG_RUN(checkpoints);
	OG_RUN(receipts);
	OG_RUN(redactions);
	return og_done();
}
