/*
 * og-shield --channel and --listen: the ways other programs ask. The
 * listener holds no database and reads no byte of what peers send; each
 * conversation is a process of its own that opens the instance and seals
 * itself, exactly as with --channel, so that one can neither see nor hold
 * up another, and an end of one is the end of one.
 */
#include "cmd/og-shield.h"
#include "cmd/og-telemetry.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/proc/listen.h"

#define CONNECTIONS   64
#define PEERS_MAX     64
#define FIRST_MS      10000 /* a peer that has nothing to ask leaves its place */
#define LISTEN_FDS_AT 3	    /* sd_listen_fds(3) */

/* A table that cannot be read costs the models, not the business. */
static void read_prices(const struct og_ctx *ctx, struct og_shield *shield)
{
	char *share = og_share_path(ctx->exe_dir, "models/prices.json");
	struct og_err err = OG_ERR_INIT;

	if (og_shield_prices(shield, share, &err) < 0)
		og_note(ctx, "prices of models: %s", err.msg);
	free(share);
}

static int serve(const struct og_ctx *ctx, const struct og_conf *conf,
		 const struct og_serving *serving, struct og_err *err)
{
	struct og_shield *shield = NULL;
	struct og_telemetry *telemetry = NULL;
	struct stores stores = { NULL, NULL };
	int rc = -1;

	if (og_shield_open(conf, &shield, err) < 0 || stores_open(ctx, conf, &stores, err) < 0 ||
	    og_shield_stores(shield, stores.graph, stores.vectors, err) < 0 ||
	    og_telemetry_from(ctx, conf, 0, &telemetry, err) < 0)
		goto out;
	og_shield_telemetry(shield, telemetry);
	read_prices(ctx, shield);
	if (og_shield_seal(shield, err) == 0)
		rc = og_channel_serve(shield, serving, err);
out:
	og_shield_close(shield);
	stores_close(&stores);
	og_telemetry_close(telemetry);
	return rc;
}

int shield_run_channel(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_serving serving = { STDIN_FILENO, STDOUT_FILENO, -1, 0, 0 };
	struct og_conf *conf = NULL;
	int rc = -1;

	if (og_conf_from(ctx, args, &conf, err) == 0)
		rc = serve(ctx, conf, &serving, err);
	og_conf_free(conf);
	return rc;
}

struct service {
	const struct og_ctx *ctx;
	const struct og_args *args;
	struct og_conf *conf;
	struct og_socket sock;
	int connections;
	uid_t peers[PEERS_MAX]; /* the first is the instance's owner */
	int n_peers, any;
};

static int admit(void *arg, const struct og_peer *peer)
{
	const struct service *service = arg;

	for (int i = 0; i < service->n_peers; i++)
		if (service->peers[i] == peer->uid)
			return 1;
	return service->any;
}

static void tell(void *arg, enum og_listen_event event, const struct og_peer *peer, int status,
		 int serving)
{
	static const char *const words[] = {
		[OG_LISTEN_ACCEPTED] = "connected",
		[OG_LISTEN_FULL] = "refused: no place left",
		[OG_LISTEN_STRANGER] = "refused: not an admitted user",
		[OG_LISTEN_TROUBLE] = "refused: no process for it",
		[OG_LISTEN_ENDED] = "left",
	};
	const struct service *service = arg;
	int usual = event == OG_LISTEN_ACCEPTED || (event == OG_LISTEN_ENDED && status == 0);

	if (usual && og_arg_flag(service->args, "quiet"))
		return;
	if (event == OG_LISTEN_ENDED && status != 0)
		og_note(service->ctx, "uid %u pid %d: ended with status %d; %d of %d",
			(unsigned)peer->uid, (int)peer->pid, status, serving, service->connections);
	else
		og_note(service->ctx, "uid %u pid %d: %s; %d of %d", (unsigned)peer->uid,
			(int)peer->pid, words[event], serving, service->connections);
}

/* In a process of its own. Nobody reads its standard output. */
static int serve_peer(void *arg, int fd, int stop_fd)
{
	const struct service *service = arg;
	struct og_serving serving = { fd, fd, stop_fd, FIRST_MS, OG_CHANNEL_TIMEOUT_MS };
	struct og_err err = OG_ERR_INIT;

	if (service->sock.lock >= 0)
		close(service->sock.lock);
	og_socket_patience(fd, OG_CHANNEL_TIMEOUT_MS);
	if (serve(service->ctx, service->conf, &serving, &err) == 0)
		return 0;
	og_note(service->ctx, "%s", err.msg);
	return err.code;
}

static int add_peer(struct service *service, const char *name, struct og_err *err)
{
	const struct passwd *user;
	int64_t uid;

	if (strcmp(name, "any") == 0) {
		service->any = 1;
		return 0;
	}
	if (og_int_parse(name, 0, UINT32_MAX - 1, "--peer", &uid, NULL) < 0) {
		user = getpwnam(name);
		if (!user)
			return og_fail(err, OG_EUSAGE, "--peer: there is no user '%s'", name);
		uid = user->pw_uid;
	}
	if (service->n_peers == PEERS_MAX)
		return og_fail(err, OG_EUSAGE, "--peer: more than %d users", PEERS_MAX - 1);
	service->peers[service->n_peers++] = (uid_t)uid;
	return 0;
}

static int read_options(struct service *service, struct og_err *err)
{
	const char *limit = og_arg_value(service->args, "connections"), *peer;
	int64_t connections = CONNECTIONS;
	struct stat st;

	if (limit && og_int_parse(limit, 1, OG_LISTEN_MAX, "--connections", &connections, err) < 0)
		return -1;
	service->connections = (int)connections;
	if (stat(service->conf->home, &st) < 0)
		return og_fail(err, OG_ECONF, "cannot look at '%s': %m", service->conf->home);
	service->peers[service->n_peers++] = st.st_uid;
	for (size_t i = 0; (peer = og_arg_list(service->args, "peer", i)); i++)
		if (add_peer(service, peer, err) < 0)
			return -1;
	return 0;
}

/* What systemd's socket units hand over: LISTEN_FDS descriptors from 3 on,
 * for the process LISTEN_PID. */
static int adopt(struct service *service, struct og_err *err)
{
	const char *pid = service->ctx->env("LISTEN_PID"), *n = service->ctx->env("LISTEN_FDS");
	int64_t number;

	if (!pid || !n || og_int_parse(pid, 1, INT32_MAX, "LISTEN_PID", &number, NULL) < 0 ||
	    number != getpid()) {
		og_fail(err, OG_EUSAGE, "no socket to listen on");
		return og_hint(err, "name one, unix:PATH, or start it by a socket unit");
	}
	if (strcmp(n, "1") != 0)
		return og_fail(err, OG_EUSAGE, "LISTEN_FDS is %s: one socket is served", n);
	return og_socket_adopt(LISTEN_FDS_AT, &service->sock, err);
}

/* Only the owner can reach the socket; where others may, the kernel's word
 * on who connects decides, and the folder it is in. */
static int open_socket(struct service *service, struct og_err *err)
{
	const char *where = og_arg(service->args, 0);
	mode_t mode = service->any || service->n_peers > 1 ? 0666 : 0600;

	if (!where)
		return adopt(service, err);
	if (strncmp(where, "unix:", 5) != 0 || !where[5])
		return og_fail(err, OG_EUSAGE, "'%s' is not of the form unix:PATH", where);
	return og_socket_listen(where + 5, mode, &service->sock, err);
}

/* A database that nobody could serve is told at once, not to every peer. */
static int try_open(const struct service *service, struct og_err *err)
{
	struct og_shield *shield = NULL;
	int rc;

	if (access(service->conf->erp, F_OK) < 0) {
		og_fail(err, OG_ECONF, "there is no database in '%s' to serve",
			service->conf->home);
		return og_hint(err, "this instance's shield is at %s", service->conf->shield);
	}
	rc = og_shield_open(service->conf, &shield, err);
	og_shield_close(shield);
	return rc;
}

int shield_run_listen(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct service service = { .ctx = ctx, .args = args, .sock = { .fd = -1, .lock = -1 } };
	struct og_listening listening = {
		.serve = serve_peer, .admit = admit, .tell = tell, .arg = &service
	};
	int rc = -1;

	if (og_conf_from(ctx, args, &service.conf, err) < 0 || read_options(&service, err) < 0 ||
	    try_open(&service, err) < 0 || open_socket(&service, err) < 0)
		goto out;
	listening.fd = service.sock.fd;
	listening.max = service.connections;
	og_collector_start(ctx, service.conf);
	og_note(ctx, "listening%s%s", og_arg(args, 0) ? " at " : "",
		og_arg(args, 0) ? og_arg(args, 0) : "");
	og_notify_manager(ctx, "READY=1");
	rc = og_listen_run(&listening, err);
out:
	og_socket_close(&service.sock);
	og_conf_free(service.conf);
	return rc;
}
