/*
 * og-ledger watch: judges the whole ledger whenever its file changes, and
 * tells when it is broken.
 *
 * It never opens erp.db. Each judgement is a process of its own, og-ledger
 * verify: one that a damaged file brings down is a judgement too, and no
 * lock, no cache and no open file of an older erp.db is left in between.
 * What it remembers is the last entry there was and its hash: a ledger that
 * got shorter, or another history of the same length, shows against that.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/og-ledger-wake.h"
#include "cmd/og-ledger.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/proc/proc.h"

#define REPORT_MAX  ((size_t)4 << 20)
#define SETTLE_MS   60	   /* after a change, so that one writer's many are one */
#define YOUNG_MS    50	   /* a file time may not tell two writes apart that are closer */
#define REST_MIN_MS 250	   /* between two judgements, */
#define REST_TIMES  4	   /* and so many times what the last one took */
#define COMMAND_MS  300000 /* for the command */

/* The file and its log, as stat(2) tells them from others. */
struct look {
	struct stat file, wal; /* zeros: it is not there */
	int young;	       /* written so lately that another write may look the same */
};

struct watch {
	const struct og_ctx *ctx;
	const struct og_args *args;
	struct og_conf *conf;
	struct ledger_wake wake;
	int64_t interval; /* at least so often; 0: when it changes */
	struct look look; /* at what was judged last */
	char head[96];	  /* SEQ:HASH of the last good one, or "" */
	char *command;	  /* path of what is to be run, or NULL */
	char *told;	  /* what it was told last, or NULL */
	int broken;
};

/* --- has it changed? ---------------------------------------------------------- */

/* -1 when two of them are the same as far as anybody can tell. */
static int differs(const struct stat *a, const struct stat *b)
{
	return a->st_dev != b->st_dev || a->st_ino != b->st_ino || a->st_size != b->st_size ||
	       a->st_mode != b->st_mode || a->st_uid != b->st_uid ||
	       a->st_mtim.tv_sec != b->st_mtim.tv_sec || a->st_mtim.tv_nsec != b->st_mtim.tv_nsec ||
	       a->st_ctim.tv_sec != b->st_ctim.tv_sec || a->st_ctim.tv_nsec != b->st_ctim.tv_nsec;
}

static void look_at(const char *path, struct stat *ret, int *ret_young)
{
	int64_t changed;

	if (stat(path, ret) < 0) {
		memset(ret, 0, sizeof(*ret));
		return;
	}
	changed = (int64_t)ret->st_ctim.tv_sec * 1000 + ret->st_ctim.tv_nsec / 1000000;
	if (og_now_ms() - changed < YOUNG_MS)
		*ret_young = 1;
}

static void look(const struct watch *watch, struct look *ret)
{
	char wal[4096];

	memset(ret, 0, sizeof(*ret));
	look_at(watch->conf->erp, &ret->file, &ret->young);
	if (snprintf(wal, sizeof(wal), "%s-wal", watch->conf->erp) < (int)sizeof(wal))
		look_at(wal, &ret->wal, &ret->young);
	/* A log without a page in it is made by whoever only looks. */
	if (ret->wal.st_size == 0)
		memset(&ret->wal, 0, sizeof(ret->wal));
}

static int changed(const struct watch *watch)
{
	struct look now;

	look(watch, &now);
	return watch->look.young || differs(&watch->look.file, &now.file) ||
	       differs(&watch->look.wal, &now.wal);
}

/* --- judging ------------------------------------------------------------------- */

/* Reads what the child says until it has said all. 1; 0: we are to stop. */
static int hear(const struct watch *watch, const struct og_child *child, struct og_buf *out,
		struct og_err *err)
{
	struct pollfd fds[2] = { { child->out, POLLIN, 0 }, { watch->wake.signals, POLLIN, 0 } };
	char buf[4096];
	ssize_t n;

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return og_fail(err, OG_EOS, "cannot wait: %s", strerror(errno));
		if (fds[1].revents)
			return 0;
		if (!fds[0].revents)
			continue;
		n = read(child->out, buf, sizeof(buf));
		if (n == 0)
			return og_buf_check(out, "judgement", err) < 0 ? -1 : 1;
		if (n > 0)
			og_buf_add(out, buf, (size_t)n);
		else if (errno != EINTR)
			return og_fail(err, OG_EIO, "cannot read a judgement: %s", strerror(errno));
	}
}

static size_t add_option(const struct watch *watch, const char *name, const char *option,
			 const char **argv, size_t n)
{
	if (!og_arg_value(watch->args, name))
		return n;
	argv[n++] = option;
	argv[n++] = og_arg_value(watch->args, name);
	return n;
}

/* Runs og-ledger verify. 1, 0: we are to stop. */
static int run_verify(struct watch *watch, struct og_buf *out, int *status, struct og_err *err)
{
	char *path = og_program_path(watch->ctx->exe_dir, "og-ledger");
	const char *argv[16] = { path, "verify", "--json", "--home", watch->conf->home };
	struct og_child child;
	int rc = -1;
	size_t n = 5;

	if (!path)
		return og_fail_nomem(err);
	if (og_arg_flag(watch->args, "state"))
		argv[n++] = "--state";
	n = add_option(watch, "checkpoint", "--checkpoint", argv, n);
	n = add_option(watch, "key", "--key", argv, n);
	if (*watch->head) {
		argv[n++] = "--head";
		argv[n++] = watch->head;
	}
	if (og_child_start(argv, NULL, &child, err) == 0) {
		rc = hear(watch, &child, out, err);
		/* One that is not to be heard to its end is killed. */
		og_child_end(&child, rc > 0 ? og_deadline(5000) : 0, status);
	}
	free(path);
	return rc;
}

/* What nobody could judge, as a judgement. */
static json_t *no_judgement(const struct watch *watch, int status)
{
	const char *why = status == OG_EDATA	  ? "erp.db is damaged, or no database"
			  : status == OG_ENOINPUT ? "erp.db is gone"
			  : status == OG_EPERM	  ? "erp.db may not be read any more"
			  : status == OG_ECONF	  ? "erp.db is not the database of an instance"
						  : "the ledger cannot be judged";
	char what[128];

	(void)watch;
	snprintf(what, sizeof(what), "%s (og-ledger verify ended with status %d)", why, status);
	return json_pack("{s:i,s:b,s:i,s:[{s:n,s:s,s:s}],s:n,s:n}", "v", 1, "ok", 0, "checked", 0,
			 "problems", "seq", "field", "file", "what", what, "head", "last");
}

static int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A judgement of the ledger as it is now, in *ret. 1; 0: we are to stop, or
 * (*ret NULL) somebody holds the file: later. */
static int judge_now(struct watch *watch, json_t **ret, struct og_err *err)
{
	struct og_err ignored = OG_ERR_INIT;
	int status = 0, rc;
	struct og_buf out;

	*ret = NULL;
	og_buf_init(&out, REPORT_MAX);
	look(watch, &watch->look);
	rc = run_verify(watch, &out, &status, err);
	status = exit_status(status);
	if (rc > 0 && status == OG_EOS)
		rc = og_fail(err, OG_EOS, "the ledger cannot be judged: the system failed");
	if (rc > 0 && status != OG_ETEMP) {
		if (status > 1 || og_json_parse(out.data ? out.data : "", out.len, REPORT_MAX,
						"judgement", ret, &ignored) < 0)
			*ret = no_judgement(watch, status);
		if (!*ret)
			rc = og_fail_nomem(err);
	}
	if (rc > 0 && status == OG_ETEMP)
		watch->look.young = 1;
	og_buf_release(&out);
	return rc;
}

/* --- telling -------------------------------------------------------------------- */

static int print_report(const struct watch *watch, const json_t *report, struct og_err *err)
{
	int rc;

	if (og_arg_flag(watch->args, "json"))
		rc = og_print_json(report, err);
	else
		rc = ledger_print_problems(json_object_get(report, "problems"),
					   og_json_int(report, "checked", 0), err);
	if (rc == 0 && fflush(stdout) != 0)
		rc = og_fail(err, OG_EIO, "cannot write the output: %s", strerror(errno));
	return rc;
}

/* The command line after the options; no shell. */
static int run_command(const struct watch *watch, const char *report, struct og_err *err)
{
	const char *argv[64] = { NULL };
	struct og_buf out;
	int status = 0, rc;
	sigset_t none, old;

	argv[0] = watch->command;
	for (size_t i = 1; i < 63 && og_arg(watch->args, i); i++)
		argv[i] = og_arg(watch->args, i);
	og_buf_init(&out, REPORT_MAX);
	/* It is to be stopped like any other program. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, &old);
	rc = og_child_run(argv, report, strlen(report), og_deadline(COMMAND_MS), &out, &status,
			  err);
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (rc == 0 && out.len > 0)
		rc = og_print(out.data, out.len, err) < 0 || fflush(stdout) != 0 ? -1 : 0;
	og_buf_release(&out);
	if (rc < 0)
		return og_wrap(err, "'%s'", argv[0]);
	if (status != 0)
		og_note(watch->ctx, "'%s' ended with status %d", argv[0], status);
	return 0;
}

/* What the command reads: the judgement, of which instance, and when. */
static char *report_text(const struct watch *watch, json_t *report, struct og_err *err)
{
	char time[OG_TIME_LEN + 1], *text;

	og_time_format(og_now_ms(), time);
	json_object_set_new(report, "home", json_string(watch->conf->home));
	json_object_set_new(report, "time", json_string(time));
	text = json_dumps(report, JSON_COMPACT);
	if (!text)
		og_fail_nomem(err);
	return text;
}

/* Once for each different thing that is wrong. 1: go on, 0: it was told,
 * and that is the end. */
static int tell_broken(struct watch *watch, json_t *report, struct og_err *err)
{
	char *problems = json_dumps(json_object_get(report, "problems"), JSON_COMPACT), *text;
	int rc = -1, again = watch->told && problems && strcmp(watch->told, problems) == 0;

	if (!problems)
		return og_fail_nomem(err);
	free(watch->told);
	watch->told = problems;
	watch->broken = 1;
	if (again)
		return 1;
	text = report_text(watch, report, err);
	if (!text)
		return -1;
	if (print_report(watch, report, err) == 0)
		rc = watch->command ? run_command(watch, text, err) : 0;
	free(text);
	if (rc < 0)
		return -1;
	return watch->command && !og_arg_flag(watch->args, "once");
}

static void tell_good(struct watch *watch, const json_t *report)
{
	const char *head = og_json_str(report, "head");
	long long last = (long long)og_json_int(report, "last", 0);

	if (watch->broken)
		og_note(watch->ctx, "the ledger is in order again: %lld entries", last);
	else if (!*watch->head)
		og_note(watch->ctx, "watching: %lld entries are in order", last);
	free(watch->told);
	watch->told = NULL;
	watch->broken = 0;
	if (head && strlen(head) == OG_HASH_HEX)
		snprintf(watch->head, sizeof(watch->head), "%lld:%s", last, head);
}

/* --- the loop -------------------------------------------------------------------- */

/* One judgement and what follows from it. 1: go on; 0: the end. */
static int once_round(struct watch *watch, struct og_err *err)
{
	json_t *report;
	int rc = judge_now(watch, &report, err);

	if (rc <= 0 || !report)
		return rc;
	if (og_json_bool(report, "ok", 0))
		tell_good(watch, report);
	else
		rc = tell_broken(watch, report, err);
	json_decref(report);
	return rc;
}

/* 1 after so long, 0 when we are to stop. */
static int rest(const struct watch *watch, int64_t ms)
{
	struct pollfd fd = { watch->wake.signals, POLLIN, 0 };
	int64_t deadline = og_deadline(ms);
	int n;

	do
		n = poll(&fd, 1, og_deadline_left(deadline));
	while (n < 0 && errno == EINTR);
	return n == 0;
}

/* Until it differs from what was judged, or it is time anyway. */
static int wait_for_change(struct watch *watch, struct og_err *err)
{
	int64_t due = watch->interval ? og_deadline(watch->interval) : OG_FOREVER;
	int more;

	while ((more = ledger_wake_wait(&watch->wake, due, err)) > 0)
		if (changed(watch) || og_deadline_left(due) == 0)
			return rest(watch, SETTLE_MS);
	return more;
}

/* The folder itself is gone: nothing is left to be judged. */
static int tell_gone(struct watch *watch, struct og_err *err)
{
	json_t *report = no_judgement(watch, OG_ENOINPUT);
	int rc = report ? tell_broken(watch, report, err) : og_fail_nomem(err);

	json_decref(report);
	return rc < 0 ? -1 : 0;
}

static int watch_it(struct watch *watch, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	int more, ready = 0;

	for (;;) {
		int64_t start = og_mono_ms(), took;

		more = once_round(watch, err);
		if (more <= 0)
			break;
		if (!ready++)
			og_notify_manager(watch->ctx, "READY=1");
		took = REST_TIMES * (og_mono_ms() - start);
		if (!rest(watch, took > REST_MIN_MS ? took : REST_MIN_MS))
			break;
		more = wait_for_change(watch, &why);
		if (more < 0 && why.code == OG_ENOINPUT)
			more = tell_gone(watch, err);
		else if (more < 0)
			return og_fail(err, why.code, "%s", why.msg);
		if (more <= 0)
			break;
	}
	return more < 0 ? -1 : watch->broken;
}

/* Found before it is needed: an alarm that cannot ring is none. */
static int find_command(struct watch *watch, struct og_err *err)
{
	const char *name = og_arg(watch->args, 0);

	if (!name)
		return 0;
	watch->command = strchr(name, '/') ? strdup(name) : og_program_in_path(watch->ctx, name);
	if (watch->command && access(watch->command, X_OK) == 0)
		return 0;
	return og_fail(err, OG_ENOINPUT, "there is no program '%s' to be run", name);
}

int ledger_run_watch(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct watch watch = { .ctx = ctx, .args = args, .wake = { .events = -1, .signals = -1 } };
	const char *interval = og_arg_value(args, "interval");
	int rc = -1;

	if (interval && og_span_parse(interval, "--interval", &watch.interval, err) < 0)
		return -1;
	if (interval && watch.interval < 1000)
		return og_fail(err, OG_EUSAGE, "--interval: '%s' is less than a second", interval);
	if (og_conf_from(ctx, args, &watch.conf, err) == 0 &&
	    ledger_check_here(watch.conf, err) == 0 && find_command(&watch, err) == 0 &&
	    ledger_wake_open(&watch.wake, watch.conf->erp, err) == 0)
		rc = watch_it(&watch, err);
	ledger_wake_close(&watch.wake);
	og_conf_free(watch.conf);
	free(watch.told);
	free(watch.command);
	return rc;
}
