/*
 * og doctor: what the instance stands on: who we are, the file system and
 * its room, limits of processes, the kernel, servers that og.conf names.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/landlock.h>
#include <linux/magic.h>

#include "cmd/og-model.h"
#include "cmd/og.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/proc/endpoint.h"
#include "lib/sandbox/sandbox.h"

#define ROOM_LOW   ((int64_t)1 << 30)
#define ROOM_BAD   ((int64_t)64 << 20)
#define FILES_LOW  1024
#define REACH_MS   2000
#define REACH_S	   4 /* with the look-up of the name */
#define SERVERS	   (OG_HTTP_SERVICES_MAX + 3)
#define CIFS_SMB2  0xfe534d42
#define CIFS_OLD   0xff534d42
#define NINE_P	   0x01021997
#define FUSE_MAGIC 0x65735546

/* --- who we are ----------------------------------------------------------------- */

/* A database that is opened by another user leaves files that the owner
 * cannot use; on a disk that cannot be written none can be opened. */
int og_doctor_owner(struct og_doctor *doctor, struct og_err *err)
{
	const char *home = doctor->conf->home;
	struct statvfs fs;
	struct stat st;

	doctor->may_open = 1;
	doctor->uid = stat(home, &st) == 0 ? st.st_uid : geteuid();
	if (doctor->uid != geteuid()) {
		doctor->may_open = doctor->fix = 0;
		return og_doctor_say(doctor, "owner", "bad", err,
				     "it belongs to uid %u, and this is uid %u: run as its owner",
				     doctor->uid, (unsigned)geteuid());
	}
	if (statvfs(home, &fs) == 0 && (fs.f_flag & ST_RDONLY)) {
		doctor->may_open = doctor->fix = 0;
		return og_doctor_say(doctor, "disk", "bad", err,
				     "the file system is read-only: nothing can work here; see "
				     "dmesg(1), and mount it anew");
	}
	return 0;
}

/* --- the disk ---------------------------------------------------------------------- */

static const char *foreign_kind(long type)
{
	switch ((unsigned long)type & 0xffffffffUL) {
	case NFS_SUPER_MAGIC:
		return "NFS";
	case SMB_SUPER_MAGIC:
	case CIFS_SMB2:
	case CIFS_OLD:
		return "SMB";
	case NINE_P:
		return "9p";
	default:
		return NULL;
	}
}

static int check_kind(struct og_doctor *doctor, struct og_err *err)
{
	const char *home = doctor->conf->home, *kind;
	struct statfs fs;

	if (statfs(home, &fs) < 0)
		return 0;
	kind = foreign_kind((long)fs.f_type);
	if (kind)
		return og_doctor_say(doctor, "disk", "bad", err,
				     "it lies on %s, where databases with a WAL break: move it to "
				     "a disk of this machine",
				     kind);
	if ((unsigned long)fs.f_type == TMPFS_MAGIC)
		return og_doctor_say(doctor, "disk", "warn", err,
				     "it lies in memory (tmpfs): a restart of the machine takes "
				     "it away");
	return 0;
}

static int check_room(struct og_doctor *doctor, struct og_err *err)
{
	struct statvfs fs;
	int64_t room;
	struct stat erp;

	if (statvfs(doctor->conf->home, &fs) < 0)
		return 0;
	room = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	if (fs.f_files > 0 && fs.f_favail < FILES_LOW &&
	    og_doctor_say(doctor, "disk", fs.f_favail == 0 ? "bad" : "warn", err,
			  "%llu more files can be made: remove some",
			  (unsigned long long)fs.f_favail) < 0)
		return -1;
	if (stat(doctor->conf->erp, &erp) < 0)
		erp.st_size = 0;
	if (room < ROOM_BAD || room < ROOM_LOW || room < 2 * (int64_t)erp.st_size)
		return og_doctor_say(doctor, "disk", room < ROOM_BAD ? "bad" : "warn", err,
				     "%lld MiB are free: verify --state and a backup take as much "
				     "as erp.db, %lld MiB, and more",
				     (long long)(room >> 20), (long long)(erp.st_size >> 20));
	return og_doctor_say(doctor, "disk", "ok", err, "%lld GiB are free",
			     (long long)(room >> 30));
}

int og_doctor_disk(struct og_doctor *doctor, struct og_err *err)
{
	return check_kind(doctor, err) < 0 ? -1 : check_room(doctor, err);
}

/* --- limits and the kernel --------------------------------------------------------- */

int og_doctor_limits(struct og_doctor *doctor, struct og_err *err)
{
	struct rlimit files, size;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || getrlimit(RLIMIT_FSIZE, &size) < 0)
		return 0;
	if (files.rlim_cur < 256)
		return og_doctor_say(doctor, "limits", "warn", err,
				     "%llu open files: og-serve and a worker of several jobs want "
				     "256 at least; ulimit -n",
				     (unsigned long long)files.rlim_cur);
	if (size.rlim_cur != RLIM_INFINITY)
		return og_doctor_say(doctor, "limits", "warn", err,
				     "no file may grow over %llu bytes, erp.db included; ulimit -f",
				     (unsigned long long)size.rlim_cur);
	return og_doctor_say(doctor, "limits", "ok", err, "%llu open files",
			     (unsigned long long)files.rlim_cur);
}

/* What the kernel can take away is tried in a child that ends at once. */
static int try_sandbox(int which)
{
	struct og_err ignored = OG_ERR_INIT;
	const char *nothing[] = { NULL };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(which ? og_sandbox_paths(nothing, NULL, &ignored) != OG_SANDBOX_DONE
			    : og_sandbox_no_network(0, &ignored) != OG_SANDBOX_DONE);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int og_doctor_kernel(struct og_doctor *doctor, struct og_err *err)
{
	int landlock = try_sandbox(1), seccomp = try_sandbox(0);
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (landlock && seccomp)
		return og_doctor_say(doctor, "kernel", "ok", err, "landlock %ld and seccomp", abi);
	return og_doctor_say(
		doctor, "kernel", "warn", err, "%s",
		landlock  ? "no seccomp: programs keep their right to the network"
		: seccomp ? "no landlock: programs keep their right to files"
			  : "neither landlock nor seccomp: programs keep all their rights");
}

/* --- servers ---------------------------------------------------------------------------- */

struct server {
	char what[64];
	struct og_endpoint endpoint;
	char shown[256];
	pid_t pid;
};

static void add_server(struct server *list, size_t *n, const char *what, const char *url)
{
	struct server *server = &list[*n];

	if (*n >= SERVERS || og_endpoint_parse(url, &server->endpoint, NULL) != 1)
		return;
	og_text_format(server->what, sizeof(server->what), "%s", what);
	og_endpoint_show(url, server->shown, sizeof(server->shown));
	++*n;
}

/* Those that nobody else here asks: a broker, a graph and vectors elsewhere
 * have lines of their own. */
static size_t list_servers(const struct og_conf *conf, struct server *list)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_http_service service;
	struct og_model model;
	size_t n = 0;

	if (og_model_from(conf->model, &model, &ignored) == 1)
		add_server(list, &n, "model", model.url);
	if (og_model_from(conf->embed, &model, &ignored) == 1)
		add_server(list, &n, "embed", model.url);
	if (strncmp(conf->telemetry, "otlp:", 5) == 0)
		add_server(list, &n, "telemetry", conf->telemetry);
	for (size_t i = 0; og_conf_http(conf, i, &service, &ignored) == 1; i++)
		add_server(list, &n, service.name, service.url);
	return n;
}

/* Each by a child, all at once: a name server that does not answer holds up
 * nobody for longer than the alarm. */
static void ask_server(struct server *server)
{
	server->pid = fork();
	if (server->pid != 0)
		return;
	alarm(REACH_S);
	_exit(!og_endpoint_accepts(&server->endpoint, og_deadline(REACH_MS)));
}

int og_doctor_reach(struct og_doctor *doctor, struct og_err *err)
{
	struct server *list = calloc(SERVERS, sizeof(*list));
	size_t n = list ? list_servers(doctor->conf, list) : 0, away = 0;
	int rc = list ? 0 : og_fail_nomem(err), status;

	for (size_t i = 0; i < n; i++)
		ask_server(&list[i]);
	for (size_t i = 0; i < n; i++) {
		if (list[i].pid < 0 || waitpid(list[i].pid, &status, 0) < 0 || status == 0)
			continue;
		away++;
		if (rc == 0)
			rc = og_doctor_say(doctor, "servers", "warn", err,
					   "%s: nobody takes a connection at %s; is it started, "
					   "and og.conf right?",
					   list[i].what, list[i].shown);
	}
	if (rc == 0 && n > 0 && away == 0)
		rc = og_doctor_say(doctor, "servers", "ok", err, "%zu take connections", n);
	free(list);
	return rc;
}
