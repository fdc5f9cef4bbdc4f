/*
 * What every program's file sees of the skeleton they share. The skeleton
 * (og-main.c) holds main(): it parses the options, answers -h and
 * --version, runs the command, prints an error once, and turns it into the
 * exit status. A program's file defines og_program and its commands.
 */
#ifndef OG_CMD_MAIN_H
#define OG_CMD_MAIN_H

#include "cmd/og-print.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/opt.h"
#include "lib/conf/conf.h"
#include "lib/json/json.h"
#include "lib/proc/channel.h"
#include "lib/queue/queue.h"

extern const struct og_program og_program;

/* Defined by a program that has it: the command that is meant where none is
 * given on a terminal. */
extern const char *const og_program_bare __attribute__((weak));

/* Defined by og alone: what a first word that is no command of it means.
 * Returns an exit status, or -1 with err; does not return when it runs
 * another program in its place. */
extern int og_program_other(const struct og_ctx *ctx, char **argv, struct og_err *err)
	__attribute__((weak));
/* Is a first word one for it: no option, no command? */
int og_main_is_other(const char *word);

/* A line on standard error, "og-x: ...", control bytes made visible. */
void og_note(const struct og_ctx *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Standard error is the journal's (JOURNAL_STREAM of systemd.exec(5)): each
 * line there begins with a priority, "<6>". */
int og_journal(const struct og_ctx *ctx);
/* sd_notify(3): tells the service manager that $NOTIFY_SOCKET names, if
 * any. One that does not listen is no reason to stop. */
void og_notify_manager(const struct og_ctx *ctx, const char *state);

/* A program of that name in $PATH, or NULL. Heap string. */
char *og_program_in_path(const struct og_ctx *ctx, const char *name);

/* Overwrites a variable of our environment and removes it: whoever is
 * started later, or reads our memory, does not find it. */
void og_forget_variable(const char *name);

/* The instance that --home, $OG_HOME or the current directory names. */
int og_conf_from(const struct og_ctx *ctx, const struct og_args *args, struct og_conf **ret,
		 struct og_err *err);

/* --as NAME, else $OG_AS; neither is OG_EPERM ("no principal"). */
int og_principal_from(const struct og_ctx *ctx, const struct og_args *args, const char **ret,
		      struct og_err *err);

/* The queue of the instance (og-queue.c), and a channel to its shield. */
int og_queue_from(const struct og_ctx *ctx, const struct og_conf *conf, struct og_queue **ret,
		  struct og_err *err);
int og_channel_from(const struct og_ctx *ctx, const struct og_conf *conf, struct og_channel **ret,
		    struct og_err *err);
/* Is the queue at a broker? Then opening it takes sockets and a helper, and
 * it cannot be searched for what waits. */
int og_queue_is_remote(const struct og_conf *conf);
/* Makes what the queue needs at its server; with check, only looks. */
int og_queue_declare_from(const struct og_ctx *ctx, const struct og_conf *conf, int check,
			  struct og_err *err);

/* Gives up the network, sockets of this machine aside; not where og.conf
 * names a queue or a shield on another host, which children that are
 * started later (og-amqp, ssh) have to reach. */
int og_give_up_network(const struct og_conf *conf, struct og_err *err);
/* What was left of that, once the queue is open: its helper has its own
 * sockets by then. */
int og_give_up_sockets(const struct og_conf *conf, struct og_err *err);

/* Opens a shield channel and signs in as --as's principal. */
int og_session_open(const struct og_ctx *ctx, const struct og_args *args,
		    const struct og_conf *conf, struct og_channel **ret, struct og_err *err);
/* One question in a session of its own; takes request. */
int og_session_ask(const struct og_ctx *ctx, const struct og_args *args, const char *verb,
		   json_t *request, json_t **ret, struct og_err *err);

#endif
