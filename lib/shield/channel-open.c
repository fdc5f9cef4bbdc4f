/*
 * An instance opened for serving, and the authority it gives up before the
 * first request is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/sandbox/sandbox.h"
#include "lib/shield/channel-gate.h"
#include "lib/shield/elsewhere.h"

#define FILES_MAX    64
#define MEMORY_MAX   ((uint64_t)1 << 30)
#define MAP_MAX	     ((int64_t)64 << 30)
#define PATH_LONGEST 32768

/* The format is looked at before anything is prepared: the tables of
 * another version need not be there. */
static int check_format(struct og_shield *shield, struct og_err *err)
{
	int64_t application, version;

	if (og_db_int(shield->db, "PRAGMA application_id", &application, err) < 0 ||
	    og_db_int(shield->db, "PRAGMA user_version", &version, err) < 0)
		return -1;
	if (application != OG_APPLICATION_ID)
		return og_fail(err, OG_ECONF, "'%s' is no instance's database",
			       og_db_path(shield->db));
	return og_format_check(og_db_path(shield->db), version, err);
}

static int open_door(struct og_shield *shield, struct og_err *err)
{
	char *path;
	int fd;

	if (!shield->conf->run) /* a database outside an instance */
		return 0;
	path = og_path_join(shield->conf->run, "erp.lock");
	if (!path)
		return og_fail_nomem(err);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		og_fail(err, errno == EACCES ? OG_EPERM : OG_EOS, "cannot open '%s': %s", path,
			strerror(errno));
	free(path);
	shield->frame.door = fd;
	return fd < 0 ? -1 : 0;
}

static int open_parts(struct og_shield *shield, struct og_err *err)
{
	struct og_frame *frame = &shield->frame;

	if (og_db_open(shield->conf->erp, OG_DB_WRITE, &shield->db, err) < 0 ||
	    open_door(shield, err) < 0)
		return -1;
	frame->db = shield->db;
	if (og_rowlog_new(shield->db, &frame->rowlog, err) < 0 || check_format(shield, err) < 0 ||
	    og_ledger_open(shield->db, &frame->ledger, err) < 0 ||
	    og_access_open(shield->db, &shield->access, err) < 0 ||
	    og_tasks_open(shield->db, &shield->tasks, err) < 0 ||
	    og_graph_open("sqlite:", shield->db, &shield->graph, err) < 0 ||
	    og_policies_open("sqlite:", shield->db, &shield->policies, err) < 0 ||
	    og_elsewhere_open(shield, err) < 0 ||
	    og_vectors_new(shield->db, &shield->embeddings, err) < 0)
		return -1;
	return og_gates_new(&shield->gates, err);
}

/* An empty write transaction makes SQLite create and map -wal and -shm. */
static int touch(struct og_shield *shield, struct og_err *err)
{
	if (og_db_begin(shield->db, 1, err) < 0)
		return -1;
	return og_db_commit(shield->db, err);
}

/* Searching by meaning reads all vectors of a node, or of all of them. */
static int map_vectors(struct og_shield *shield, struct og_err *err)
{
	struct og_buf path;
	int64_t there;
	int rc;

	og_buf_init(&path, PATH_LONGEST);
	og_buf_addf(&path, "%s-codes", og_db_path(shield->db));
	rc = og_buf_check(&path, "path", err);
	if (rc == 0)
		rc = og_policies_copy(shield->policies, path.data, err);
	og_buf_release(&path);
	if (rc == 0)
		rc = og_db_int(shield->db, "SELECT 1 FROM og_block LIMIT 1", &there, err);
	return rc == 1 ? og_db_map(shield->db, MAP_MAX, err) : rc;
}

int og_shield_open(const struct og_conf *conf, struct og_shield **ret, struct og_err *err)
{
	struct og_shield *shield = calloc(1, sizeof(*shield));

	if (!shield)
		return og_fail_nomem(err);
	shield->conf = conf;
	shield->skills = json_object();
	shield->governors = json_object();
	if (!shield->skills || !shield->governors || open_parts(shield, err) < 0 ||
	    map_vectors(shield, err) < 0 || touch(shield, err) < 0) {
		if (!shield->skills || !shield->governors)
			og_fail_nomem(err);
		og_shield_close(shield);
		return -1;
	}
	*ret = shield;
	return 0;
}

void og_shield_close(struct og_shield *shield)
{
	if (!shield)
		return;
	og_gates_free(shield->gates);
	og_matcher_free(shield->matcher);
	og_elsewhere_close(shield);
	og_policies_free(shield->policies);
	og_vectors_free(shield->embeddings);
	json_decref(shield->skill_texts);
	og_graph_free(shield->graph);
	og_tasks_free(shield->tasks);
	og_access_free(shield->access);
	og_ledger_free(shield->frame.ledger);
	og_rowlog_free(shield->frame.rowlog);
	og_db_close(shield->db);
	if (shield->frame.door > 0)
		close(shield->frame.door);
	json_decref(shield->governors);
	json_decref(shield->skills);
	json_decref(shield->prices);
	json_decref(shield->own_prices);
	free(shield);
}

/* Memory is left alone under the sanitizers, which map terabytes. */
static uint64_t memory_limit(void)
{
#ifdef __SANITIZE_ADDRESS__
	return 0;
#else
	return MEMORY_MAX;
#endif
}

int og_shield_seal(struct og_shield *shield, struct og_err *err)
{
	const char *const none[] = { NULL };
	const char *const instance[] = { shield->conf->home, NULL };

	json_object_seed(0); /* reads /dev/urandom once, now that it can */
	og_gate_limit_memory(OG_GATE_HEAP);
	if (og_sandbox_paths(none, instance, err) < 0 || og_sandbox_no_network(0, err) < 0 ||
	    og_sandbox_no_exec(err) < 0)
		return -1;
	if (og_sandbox_memory(memory_limit(), err) < 0)
		return -1;
	return og_sandbox_limits(0, 0, FILES_MAX, err);
}
