/*
 * og up, and what others of og know of it: services as og.conf names them,
 * their logs, and run/services.json, in which a running og up tells how
 * they are.
 */
#ifndef OG_CMD_UP_H
#define OG_CMD_UP_H

#include <sys/types.h>

#include "cmd/og-main.h"
#include "lib/proc/endpoint.h"
#include "lib/proc/service.h"

#define OG_UP_NAME   "up"		 /* under which its own lines are logged */
#define OG_UP_STATE  "run/services.json" /* in the instance */
#define OG_UP_LOGS   "run/log"
#define OG_UP_LOCK   "run/up.lock"
#define OG_UP_URL    1024
#define OG_UP_STOPS  40000 /* ms for all to stop; a worker's own bound is 30 s */
#define OG_UP_ENV    10
#define OG_NAMES_MAX 512

/* A service besides what its keeper knows. */
struct og_up_part {
	char name[32];
	const char *argv[6];
	char *program;	     /* argv[0] */
	char jobs[8];	     /* an argument */
	const char *run;     /* the instance's run/, for the worker's presence */
	const char *makes;   /* variable of the endpoint it may tell: "OG_QUEUE" */
	char url[OG_UP_URL]; /* where it answers, or "" */
	struct og_endpoint endpoint;
};

struct og_up {
	const struct og_ctx *ctx;
	const struct og_conf *conf;
	struct og_services services;
	struct og_service list[OG_SERVICES_MAX];
	struct og_up_part parts[OG_SERVICES_MAX];
	const char *env[OG_UP_ENV + 1];
	char *env_text[OG_UP_ENV]; /* what of it is heap */
	size_t n_env;
	/* og-up-tell.c */
	int logs; /* descriptor of the directory */
	struct og_logfile log[OG_SERVICES_MAX], own_log;
	int color, journal, width;
	int silent;   /* nobody reads standard error any more */
	int ready_fd; /* where og up --detach waits for word, or -1 */
	int64_t started;
	const char *phase; /* "starting", "ready", "degraded", "stopping", "stopped" */
	int noted;	   /* that the state cannot be written */
};

/* --- og-up-services.c --- */

/* Makes up->list from names (NULL-terminated), or from og.conf's services
 * when there are none. OG_ECONF, OG_EUSAGE for a name that is none. */
int og_up_services(struct og_up *up, const char *const *names, struct og_err *err);
void og_up_release(struct og_up *up);
/* A line that tells where the service answers ("OG_QUEUE=amqp://..."): 1,
 * and what came of it in shown; 0: an ordinary one. */
int og_up_heard(struct og_up *up, struct og_service *service, const char *text, size_t len,
		char shown[OG_UP_URL]);
/* Does og.conf name services that cannot be? For og doctor. */
int og_up_check(const struct og_ctx *ctx, const struct og_conf *conf, struct og_err *err);

/* --- og-up-tell.c --- */

int og_up_tell_open(struct og_up *up, struct og_err *err);
void og_up_tell_close(struct og_up *up);
/* A line of og up's own. */
void og_up_say(struct og_up *up, int priority, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Writes run/services.json. */
void og_up_write_state(struct og_up *up);
int og_up_all_ready(const struct og_up *up);
/* The names of those that are not, "broker, worker". */
void og_up_unready(const struct og_up *up, char *out, size_t size);
/* Sets the calls of up->services. */
void og_up_hooks(struct og_up *up);

/* --- og-up-lock.c --- */

enum og_up_lock { OG_UP_GUARD, OG_UP_KEEPER };

/* Takes one byte of run/up.lock for this process; the kernel frees it with
 * the process. OG_NO when another one holds it. *ret stays open. */
int og_up_lock(const struct og_conf *conf, enum og_up_lock which, int *ret, struct og_err *err);
/* The process that runs og up here: the guard, or a keeper without one. 0:
 * none; -1: one that cannot be seen from here. Not to be called by one of them: it would let go of
 * the lock. */
pid_t og_up_holder(const struct og_conf *conf);
/* OG_NO: it runs already. */
int og_up_busy(pid_t other, struct og_err *err);

#endif
