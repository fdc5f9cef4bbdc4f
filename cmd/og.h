/*
 * Shared by the files of og: og.c makes instances, og-status.c and
 * og-doctor.c tell how one is, og-up.c keeps its services.
 */
#ifndef OG_CMD_OG_H
#define OG_CMD_OG_H

#include "cmd/og-main.h"
#include "cmd/og-out.h"

#define CHILD_MS 60000 /* what another program may take for its answer */

og_command_fn og_run_status, og_run_doctor, og_run_up, og_run_down, og_run_logs;
og_command_fn og_init_remote, og_run_key; /* og-remote.c */
og_command_fn og_run_backup, og_run_restore;

/* og-shipped.c: what share/ holds of a kind, as records, one after the other
 * in order of their files; a file that cannot be read ends it. */
enum og_shipped { OG_SHIPPED_SKILLS, OG_SHIPPED_POLICIES };
typedef int og_shipped_fn(void *arg, json_t *record, struct og_err *err);
int og_shipped_each(const struct og_ctx *ctx, enum og_shipped kind, og_shipped_fn *put, void *arg,
		    struct og_err *err);

/* og doctor at work, and one line of its report: state is ok, fixed, warn,
 * bad or skip; what may hold names from files and databases, and says what to do.
 * With fix what can be mended without asking is. */
struct og_doctor {
	const struct og_ctx *ctx;
	const struct og_conf *conf;
	struct og_out *out;
	int fix, quick;
	int bad, warned, said; /* lines so far */
	unsigned uid;	       /* the instance's owner */
	int may_open;	       /* may programs that open databases be asked? */
	json_t *books;	       /* og-ledger check's answer, or NULL: they cannot be opened */
};
int og_doctor_say(struct og_doctor *doctor, const char *check, const char *state,
		  struct og_err *err, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* og-doctor-files.c and og-doctor-run.c. */
int og_doctor_files(struct og_doctor *doctor, struct og_err *err);
int og_doctor_leftovers(struct og_doctor *doctor, struct og_err *err);
int og_doctor_helpers(struct og_doctor *doctor, struct og_err *err);
int og_doctor_pages(struct og_doctor *doctor, struct og_err *err);
int og_doctor_wal(struct og_doctor *doctor, struct og_err *err);
int og_doctor_clock(struct og_doctor *doctor, struct og_err *err);
int og_doctor_queue(struct og_doctor *doctor, struct og_err *err);
int og_doctor_tasks(struct og_doctor *doctor, struct og_err *err);
int og_doctor_services(struct og_doctor *doctor, struct og_err *err);
int og_doctor_settings(struct og_doctor *doctor, struct og_err *err);
/* og-doctor-grants.c: what nobody may see yet, and a file that proposes who
 * might. */
int og_doctor_grants(struct og_doctor *doctor, struct og_err *err);
int og_doctor_propose(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int og_doctor_stores(struct og_doctor *doctor, struct og_err *err); /* og-doctor-stores.c */
int og_doctor_model(struct og_doctor *doctor, struct og_err *err);  /* og-doctor-model.c */
/* og-doctor-host.c; _owner first: it says what the others may do. */
int og_doctor_owner(struct og_doctor *doctor, struct og_err *err);
int og_doctor_disk(struct og_doctor *doctor, struct og_err *err);
int og_doctor_limits(struct og_doctor *doctor, struct og_err *err);
int og_doctor_kernel(struct og_doctor *doctor, struct og_err *err);
int og_doctor_reach(struct og_doctor *doctor, struct og_err *err);
/* og-doctor-books.c; _books before the others. */
int og_doctor_books(struct og_doctor *doctor, struct og_err *err);
int og_doctor_ledger(struct og_doctor *doctor, struct og_err *err);
int og_doctor_keys(struct og_doctor *doctor, struct og_err *err);
int og_doctor_backup(struct og_doctor *doctor, struct og_err *err);
/* og-broker.c. Lines of og.conf for --queue and what goes with it; what the
 * queue needs there; og doctor's look at it. */
int og_broker_lines(const struct og_args *args, struct og_buf *lines, struct og_err *err);
int og_broker_declare(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int og_doctor_broker(struct og_doctor *doctor, struct og_err *err);
/* og-remote.c: a URL as it may stand on a command line. */
int og_broker_check_url(const char *queue, struct og_err *err);

#endif
