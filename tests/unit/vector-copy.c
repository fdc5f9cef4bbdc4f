/*
 * The copy of the vectors' rows: what is found with it is what is found
 * without, whatever became of it, of the database or of who made it.
 */
#include "lib/vector/copy-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/vector/blocks.h"
#include "tests/unit/unit.h"

#define WIDTH 32
#define NODES 400 /* a row each: more than a copy may lack */
#define MANY  (NODES * 2)
#define BEST  10
/* Bytes of both parts of a row of two slots in the file, and before them. */
#define FRONT 128 /* 2 * (8 + 32), to a multiple of 64 */
#define BACK  128 /* 2 * (24 + 32) */
#define TABLE (64 + NODES * 56)

struct house {
	char folder[64], db_path[96], copy_path[112], new_path[128];
	struct og_db *db;
	struct og_vectors *vectors;
	struct og_blocks *blocks;
};

static const struct og_vector_key key = { "m", 0 };

static void open_db(struct house *h, enum og_db_mode mode)
{
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_db_open(h->db_path, mode, &h->db, &err), &err);
	OG_CHECK_OK(og_vectors_new(h->db, &h->vectors, &err), &err);
	OG_CHECK_OK(og_blocks_new(h->db, &h->blocks, &err), &err);
	OG_CHECK_OK(og_blocks_copy(h->blocks, h->copy_path, &err), &err);
}

static void close_db(struct house *h)
{
	og_blocks_free(h->blocks);
	og_vectors_free(h->vectors);
	og_db_close(h->db);
}

static void make(size_t i, float values[WIDTH])
{
	uint64_t state = i * 2654435761u + 88172645463325252u;
	double sum = 0;

	for (size_t k = 0; k < WIDTH; k++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		values[k] = (float)((double)(state >> 40) / 8388608.0 - 1);
		sum += (double)values[k] * (double)values[k];
	}
	for (size_t k = 0; k < WIDTH; k++)
		values[k] = (float)((double)values[k] / sqrt(sum));
}

/* Passage and vector i + 1, in node i % NODES, with the values of version. */
static void add(struct house *h, size_t i, size_t version)
{
	struct og_err err = OG_ERR_INIT;
	float values[WIDTH];
	struct og_vector vector = { values, WIDTH };
	struct og_slot slot = { .passage = (int64_t)i + 1, .clearance = 1 };
	char node[32], digest[32];
	int64_t id = 0;

	make(i + version * MANY, values);
	snprintf(digest, sizeof(digest), "d%zu", i);
	snprintf(node, sizeof(node), "n%zu", i % NODES);
	OG_CHECK(og_vectors_put(h->vectors, &key, OG_VECTOR_DOCUMENT, digest, &vector, &err) >= 0);
	if (version == 0)
		slot.vector = og_db_last_id(h->db);
	else if (OG_CHECK(og_db_int(h->db, "SELECT vector FROM at", &id, &err) >= 0))
		slot.vector = id;
	OG_CHECK_OK(og_blocks_add(h->blocks, &key, node, &slot, &vector, &err), &err);
}

static void open_house(struct house *h, const char *name)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf sql;

	snprintf(h->folder, sizeof(h->folder), "/tmp/og-vector-copy.%ld.%s", (long)getpid(), name);
	snprintf(h->db_path, sizeof(h->db_path), "%s/a.db", h->folder);
	snprintf(h->copy_path, sizeof(h->copy_path), "%s-codes", h->db_path);
	snprintf(h->new_path, sizeof(h->new_path), "%s-new", h->copy_path);
	og_folder_remove(h->folder);
	OG_CHECK(mkdir(h->folder, 0700) == 0);
	open_db(h, OG_DB_CREATE);
	og_buf_init(&sql, 1 << 20);
	OG_CHECK_OK(og_file_read("share/schema/system.sql", "schema", &sql, &err), &err);
	OG_CHECK_OK(og_db_exec(h->db, sql.data, &err), &err);
	og_buf_release(&sql);
	OG_CHECK_OK(og_db_begin(h->db, 1, &err), &err);
	for (size_t i = 0; i < MANY; i++)
		add(h, i, 0);
	OG_CHECK_OK(og_db_commit(h->db, &err), &err);
}

static void close_house(struct house *h)
{
	close_db(h);
	og_folder_remove(h->folder);
}

/* Other values for passage i + 1; the vector's row keeps its number. */
static void replace(struct house *h, size_t i, size_t version)
{
	struct og_err err = OG_ERR_INIT;
	int64_t passage = (int64_t)i + 1;
	char node[32], sql[128];

	snprintf(node, sizeof(node), "n%zu", i % NODES);
	snprintf(sql, sizeof(sql),
		 "DROP TABLE IF EXISTS temp.at; CREATE TEMP TABLE at AS SELECT id AS vector "
		 "FROM og_vector WHERE digest = 'd%zu'",
		 i);
	OG_CHECK_OK(og_db_exec(h->db, sql, &err), &err);
	OG_CHECK_OK(og_blocks_drop(h->blocks, node, &passage, 1, &err), &err);
	add(h, i, version);
}

static size_t ask(struct og_blocks *blocks, size_t query, const char *node,
		  struct og_best best[BEST])
{
	struct og_err err = OG_ERR_INIT;
	float values[WIDTH];
	struct og_vector vector = { values, WIDTH };
	struct og_block_search search = {
		.key = &key, .vector = &vector, .node = node, .clearance = 3
	};
	struct og_top top = { best, BEST, 0 };

	make(1000000 + query, values);
	OG_CHECK_OK(og_blocks_search(blocks, &search, &top, &err), &err);
	return top.n;
}

/* Looking at every vector's values. */
static size_t by_hand(struct house *h, size_t query, struct og_best best[BEST])
{
	struct og_err err = OG_ERR_INIT;
	struct og_top top = { best, BEST, 0 };
	struct og_stmt *stmt;
	float values[WIDTH];

	make(1000000 + query, values);
	if (!OG_CHECK_OK(og_stmt_new(h->db, "SELECT id, vector FROM og_vector", &stmt, &err), &err))
		return 0;
	while (og_stmt_step(stmt, &err) > 0)
		og_top_offer(&top, og_col_int(stmt, 0),
			     og_vector_cosine(og_col_blob(stmt, 1), values, WIDTH));
	og_stmt_free(stmt);
	return top.n;
}

/* 1 when some searches find what looking at everything does. */
static int right(struct house *h)
{
	struct og_best found[BEST], truth[BEST], node[BEST];
	int same = 1;

	for (size_t query = 0; query < 5 && same; query++) {
		char name[32];

		same = ask(h->blocks, query, NULL, found) == by_hand(h, query, truth);
		for (size_t i = 0; i < BEST; i++)
			same = same && found[i].number == truth[i].number;
		snprintf(name, sizeof(name), "n%zu", (size_t)(truth[0].number - 1) % NODES);
		same = same && ask(h->blocks, query, name, node) == 2 &&
		       node[0].number == truth[0].number;
	}
	return same;
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

static ino_t file_at(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static void it_is_made_and_used(void)
{
	struct house h;
	off_t size;

	open_house(&h, "made");
	OG_CHECK_INT(size_of(h.copy_path), -1);
	OG_CHECK(right(&h));
	size = size_of(h.copy_path);
	OG_CHECK(size >= TABLE + NODES * (FRONT + BACK) && size < TABLE + NODES * 512);
	OG_CHECK_INT(size_of(h.new_path), -1);
	OG_CHECK(right(&h));
	close_db(&h);
	open_db(&h, OG_DB_WRITE);
	OG_CHECK(right(&h));
	close_house(&h);
}

/* It is used indeed: a row whose codes it has otherwise, and says so with
 * the checksum that goes with them, is not found. */
static void a_row_comes_from_it(void)
{
	struct og_err err = OG_ERR_INIT;
	struct house h;

	open_house(&h, "used");
	OG_CHECK(right(&h));
	OG_CHECK_OK(
		og_db_exec(h.db, "UPDATE og_block SET high = x'00', low = x'', slots = x''", &err),
		&err);
	OG_CHECK(right(&h));
	OG_CHECK_OK(og_db_exec(h.db, "UPDATE og_block SET stamp = 0", &err), &err);
	close_db(&h);
	open_db(&h, OG_DB_WRITE);
	{
		struct og_best best[BEST];
		float values[WIDTH];
		struct og_vector vector = { values, WIDTH };
		struct og_block_search search = { .key = &key, .vector = &vector, .clearance = 3 };
		struct og_top top = { best, BEST, 0 };

		make(1, values);
		OG_CHECK(og_blocks_search(h.blocks, &search, &top, &err) < 0);
		OG_CHECK_INT(err.code, OG_EDATA);
	}
	close_house(&h);
}

static void changes_are_seen_at_once(void)
{
	struct og_err err = OG_ERR_INIT;
	struct house h;
	ino_t first;

	open_house(&h, "changes");
	OG_CHECK(right(&h));
	first = file_at(h.copy_path);
	for (size_t i = 0; i < 40; i++) {
		OG_CHECK_OK(og_db_begin(h.db, 1, &err), &err);
		replace(&h, i * 7, i + 1);
		OG_CHECK_OK(og_db_commit(h.db, &err), &err);
	}
	OG_CHECK(right(&h));
	OG_CHECK(file_at(h.copy_path) == first);
	/* what a transaction that is undone changed, and what it saw */
	OG_CHECK_OK(og_db_begin(h.db, 1, &err), &err);
	for (size_t i = 0; i < MANY; i++)
		replace(&h, i, 100);
	OG_CHECK(right(&h));
	OG_CHECK(file_at(h.copy_path) != first);
	og_db_rollback(h.db);
	OG_CHECK(right(&h));
	OG_CHECK(right(&h));
	close_house(&h);
}

static void copy_file(const char *from, const char *to)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf bytes;

	og_buf_init(&bytes, 16 << 20);
	OG_CHECK_OK(og_file_read(from, "copy", &bytes, &err), &err);
	OG_CHECK_OK(og_file_write(to, bytes.data, bytes.len, 0600, &err), &err);
	og_buf_release(&bytes);
}

static void one_of_another_database_is_no_use(void)
{
	struct og_err err = OG_ERR_INIT;
	struct house a, b;

	open_house(&a, "one");
	open_house(&b, "other");
	OG_CHECK_OK(og_db_begin(b.db, 1, &err), &err);
	for (size_t i = 0; i < MANY; i++)
		replace(&b, i, 3);
	OG_CHECK_OK(og_db_commit(b.db, &err), &err);
	OG_CHECK(right(&a));
	copy_file(a.copy_path, b.copy_path);
	OG_CHECK(right(&b));
	close_house(&a);
	close_house(&b);
}

/* The file as it is, changed at one place; then the search, afresh. */
static int right_with(struct house *h, const struct og_buf *bytes)
{
	struct og_err err = OG_ERR_INIT;
	int same;

	close_db(h);
	OG_CHECK_OK(og_file_write(h->copy_path, bytes->data, bytes->len, 0600, &err), &err);
	open_db(h, OG_DB_WRITE);
	same = right(h);
	return same;
}

static void damage_is_noticed(void)
{
	struct og_err err = OG_ERR_INIT;
	struct house h;
	struct og_buf bytes;
	uint64_t state = 88172645463325252u;
	size_t whole;

	open_house(&h, "damage");
	OG_CHECK(right(&h));
	og_buf_init(&bytes, 16 << 20);
	OG_CHECK_OK(og_file_read(h.copy_path, "copy", &bytes, &err), &err);
	whole = bytes.len;
	for (size_t i = 0; i < 400; i++) {
		size_t at, span = i % 4 == 0 ? 64 : i % 4 == 1 ? TABLE : whole;
		char was;

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		at = state % span;
		was = bytes.data[at];
		bytes.data[at] = (char)(was ^ (1 << (state >> 40) % 8));
		if (!OG_CHECK(right_with(&h, &bytes)))
			fprintf(stderr, "# byte %zu, bit %d\n", at, (int)((state >> 40) % 8));
		bytes.data[at] = was;
	}
	/* All of them, so that none is found by luck: what is looked at of
	 * every slot, then the rest. */
	for (size_t part = 0; part < 2; part++) {
		struct og_buf other;

		og_buf_init(&other, 16 << 20);
		og_buf_add(&other, bytes.data, bytes.len);
		for (size_t row = 0; row < NODES; row++) {
			const struct og_copy_row *of =
				(const struct og_copy_row *)(void *)(bytes.data + 64) + row;

			memset(other.data + (part ? of->back_at : of->front_at), 0, 32);
		}
		OG_CHECK(right_with(&h, &other));
		og_buf_release(&other);
	}
	for (size_t i = 0; i < 40; i++) {
		bytes.len = i * i * whole / 1600;
		OG_CHECK(right_with(&h, &bytes));
	}
	og_buf_release(&bytes);
	close_house(&h);
}

/* Places and numbers that a row of the table cannot have. */
static void no_place_is_believed(void)
{
	static const struct {
		size_t at, bytes;
	} fields[] = { { 8, 8 },  { 16, 8 }, { 64, 8 }, { 72, 8 },
		       { 80, 8 }, { 88, 8 }, { 96, 4 }, { 100, 4 } };
	struct og_err err = OG_ERR_INIT;
	struct og_copy_row *row;
	struct house h;
	struct og_buf bytes;

	open_house(&h, "places");
	OG_CHECK(right(&h));
	og_buf_init(&bytes, 16 << 20);
	OG_CHECK_OK(og_file_read(h.copy_path, "copy", &bytes, &err), &err);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const uint64_t values[] = { 0,
					    1,
					    64,
					    4096,
					    bytes.len - 1,
					    bytes.len / 64 * 64,
					    1u << 31,
					    (uint64_t)1 << 63,
					    ~(uint64_t)63 };
		char was[8];

		memcpy(was, bytes.data + fields[i].at, 8);
		for (size_t j = 0; j < sizeof(values) / sizeof(*values); j++) {
			memcpy(bytes.data + fields[i].at, &values[j], fields[i].bytes);
			OG_CHECK(right_with(&h, &bytes));
		}
		memcpy(bytes.data + fields[i].at, was, 8);
	}
	/* more slots than a row has, with the checksum that goes with them */
	row = (struct og_copy_row *)(void *)(bytes.data + sizeof(struct og_copy_head));
	row->used = 200;
	row->front = og_copy_sum(2, bytes.data + row->front_at, og_copy_front(row));
	OG_CHECK(right_with(&h, &bytes));
	og_buf_release(&bytes);
	close_house(&h);
}

static void what_is_no_file_is_no_use(void)
{
	struct house h;

	open_house(&h, "nofile");
	OG_CHECK(mkfifo(h.copy_path, 0600) == 0);
	OG_CHECK(right(&h));
	close_db(&h);
	unlink(h.copy_path);
	OG_CHECK(mkdir(h.copy_path, 0700) == 0);
	open_db(&h, OG_DB_WRITE);
	OG_CHECK(right(&h));
	OG_CHECK_INT(size_of(h.new_path), -1);
	close_db(&h);
	rmdir(h.copy_path);
	OG_CHECK(symlink(h.db_path, h.new_path) == 0);
	open_db(&h, OG_DB_WRITE);
	OG_CHECK(right(&h));
	OG_CHECK_INT(size_of(h.copy_path), -1);
	OG_CHECK(size_of(h.db_path) > 0);
	close_house(&h);
}

/* One that cannot be opened, as another user's, is replaced; a link stands
 * for it here, root opens everything. */
static void what_cannot_be_opened_is_replaced(void)
{
	struct house h;
	struct stat st;

	open_house(&h, "closed");
	OG_CHECK(symlink(h.folder, h.copy_path) == 0);
	OG_CHECK(right(&h));
	OG_CHECK(lstat(h.copy_path, &st) == 0 && S_ISREG(st.st_mode));
	close_house(&h);
}

static void two_makers_do_not_meet(void)
{
	struct house h;
	int fd;

	open_house(&h, "makers");
	fd = open(h.new_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600); /* one that died left this */
	OG_CHECK(fd >= 0 && write(fd, "half", 4) == 4);
	OG_CHECK(flock(fd, LOCK_EX) == 0); /* one that lives has this */
	OG_CHECK(right(&h));
	OG_CHECK_INT(size_of(h.copy_path), -1);
	OG_CHECK_INT(size_of(h.new_path), 4);
	close(fd);
	close_db(&h);
	open_db(&h, OG_DB_WRITE);
	OG_CHECK(right(&h));
	OG_CHECK(size_of(h.copy_path) > 0);
	OG_CHECK_INT(size_of(h.new_path), -1);
	close_house(&h);
}

static int is_mapped(const char *path)
{
	char line[4096];
	FILE *maps = fopen("/proc/self/maps", "r");
	int found = 0;

	while (maps && !found && fgets(line, sizeof(line), maps))
		found = strstr(line, path) != NULL;
	if (maps)
		fclose(maps);
	return found;
}

/* Whoever found another one making it has it as soon as it is there. */
static void one_that_another_made_is_used(void)
{
	struct house h, other;
	int fd;

	open_house(&h, "another");
	fd = open(h.new_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	OG_CHECK(fd >= 0 && flock(fd, LOCK_EX) == 0);
	OG_CHECK(right(&h));
	close(fd);
	other = h;
	open_db(&other, OG_DB_WRITE);
	OG_CHECK(right(&other));
	OG_CHECK(size_of(h.copy_path) > 0);
	close_db(&other);
	OG_CHECK(!is_mapped(h.copy_path));
	OG_CHECK(right(&h));
	OG_CHECK(is_mapped(h.copy_path));
	close_house(&h);
}

static void a_full_disk_is_no_error(void)
{
	struct rlimit was, little;
	struct house h;

	open_house(&h, "full");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	little = was;
	little.rlim_cur = 40000;
	OG_CHECK(setrlimit(RLIMIT_FSIZE, &little) == 0);
	OG_CHECK(right(&h));
	setrlimit(RLIMIT_FSIZE, &was);
	OG_CHECK_INT(size_of(h.copy_path), -1);
	OG_CHECK_INT(size_of(h.new_path), -1);
	close_house(&h);
}

/* Changes and searches without an end, as two processes at once do. */
static void child(struct house *h, size_t who)
{
	struct og_err err = OG_ERR_INIT;

	open_db(h, OG_DB_WRITE);
	for (size_t round = 1;; round++) {
		struct og_best best[BEST];

		OG_CHECK_OK(og_db_begin(h->db, 1, &err), &err);
		for (size_t i = who; i < MANY; i += 2)
			replace(h, i, round + who * 1000);
		if (round % 3 == 0)
			og_db_rollback(h->db);
		else
			OG_CHECK_OK(og_db_commit(h->db, &err), &err);
		ask(h->blocks, round, NULL, best);
	}
}

static void killed_at_any_time(void)
{
	struct house h;

	open_house(&h, "killed");
	close_db(&h);
	for (size_t round = 0; round < 12; round++) {
		pid_t one, two;

		one = fork();
		if (one == 0)
			child(&h, 0);
		two = fork();
		if (two == 0)
			child(&h, 1);
		usleep((useconds_t)(30000 + round * 23000));
		kill(one, SIGKILL);
		kill(two, SIGKILL);
		waitpid(one, NULL, 0);
		waitpid(two, NULL, 0);
		open_db(&h, OG_DB_WRITE);
		OG_CHECK(right(&h));
		OG_CHECK(right(&h));
		close_db(&h);
	}
	OG_CHECK(size_of(h.copy_path) > 0);
	open_db(&h, OG_DB_WRITE);
	close_house(&h);
}

int main(void)
{
	OG_RUN(it_is_made_and_used);
	OG_RUN(a_row_comes_from_it);
	OG_RUN(changes_are_seen_at_once);
	OG_RUN(one_of_another_database_is_no_use);
	OG_RUN(damage_is_noticed);
	OG_RUN(no_place_is_believed);
	OG_RUN(what_is_no_file_is_no_use);
	OG_RUN(what_cannot_be_opened_is_replaced);
	OG_RUN(two_makers_do_not_meet);
	OG_RUN(one_that_another_made_is_used);
	OG_RUN(a_full_disk_is_no_error);
	OG_RUN(killed_at_any_time);
	return og_done();
}
