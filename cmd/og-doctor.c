/*
 * og doctor: what an operator would check, and what to do about it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/og-ask.h"
#include "cmd/og.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/proc/proc.h"
#include "lib/queue/bell.h"
#include "lib/queue/queue.h"
#include "lib/sandbox/sandbox.h"

int og_doctor_say(struct og_doctor *doctor, const char *check, const char *state,
		  struct og_err *err, const char *fmt, ...)
{
	struct og_buf what, line;
	va_list args;
	json_t *json;
	int rc = -1;

	og_buf_init(&what, 16384);
	og_buf_init(&line, 65536);
	va_start(args, fmt);
	og_buf_vaddf(&what, fmt, args);
	va_end(args);
	if (strcmp(state, "bad") == 0)
		doctor->bad = 1;
	if (og_buf_check(&what, "report", err) < 0)
		goto out;
	if (doctor->json) {
		json = json_pack("{s:i,s:s,s:s,s:s}", "v", 1, "check", check, "state", state,
				 "what", what.data);
		rc = json ? og_print_json(json, err) : og_fail_nomem(err);
		json_decref(json);
		goto out;
	}
	og_buf_addf(&line, "%-5s %-9s ", state, check);
	og_text_safe(&line, what.data, what.len, 0);
	og_buf_addc(&line, '\n');
	rc = og_print(line.data, line.len, err);
out:
	og_buf_release(&what);
	og_buf_release(&line);
	return rc;
}

/* Instead of the ledger, which is elsewhere: does a shield answer there? */
static int check_shield(struct og_doctor *doctor, struct og_err *err)
{
	const struct og_conf *conf = doctor->conf;
	struct og_channel *channel = NULL;
	struct og_err why = OG_ERR_INIT;
	int rc;

	if (og_channel_from(doctor->ctx, conf, &channel, &why) == 0 &&
	    og_channel_ask(channel, "session.begin", json_pack("{s:s}", "principal", "owner"), NULL,
			   &why) == 0)
		rc = og_doctor_say(doctor, "shield", "ok", err,
				   "remote instance; one answers at %s", conf->shield);
	else
		rc = og_doctor_say(doctor, "shield", "bad", err,
				   "remote instance; none answers at %s: %s", conf->shield,
				   why.msg);
	og_channel_close(channel);
	return rc;
}

static int check_ledger(struct og_doctor *doctor, struct og_err *err)
{
	json_t *answer = og_ask_ledger(doctor->ctx, doctor->conf, 1);
	int rc;

	if (!answer)
		rc = og_doctor_say(doctor, "ledger", "bad", err, "og-ledger gives no answer");
	else if (og_json_bool(answer, "ok", 0))
		rc = og_doctor_say(doctor, "ledger", "ok", err,
				   "verified, and the database equals it");
	else
		rc = og_doctor_say(doctor, "ledger", "bad", err,
				   "broken; see og-ledger verify --state");
	json_decref(answer);
	return rc;
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

static int check_kernel(struct og_doctor *doctor, struct og_err *err)
{
	int landlock = try_sandbox(1), seccomp = try_sandbox(0);

	if (landlock && seccomp)
		return og_doctor_say(doctor, "kernel", "ok", err, "landlock and seccomp");
	return og_doctor_say(
		doctor, "kernel", "warn", err, "%s",
		landlock  ? "no seccomp: programs keep their right to the network"
		: seccomp ? "no landlock: programs keep their right to files"
			  : "neither landlock nor seccomp: programs keep all their rights");
}

static int check_books(struct og_doctor *doctor, struct og_err *err)
{
	if (og_conf_remote(doctor->conf))
		return check_shield(doctor, err);
	return check_ledger(doctor, err) < 0 ? -1 : og_doctor_grants(doctor, err);
}

int og_run_doctor(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	static int (*const checks[])(struct og_doctor *, struct og_err *) = {
		og_doctor_files, og_doctor_leftovers, og_doctor_helpers, og_doctor_pages,
		check_books,	 og_doctor_clock,     og_doctor_wal,	 og_doctor_broker,
		og_doctor_queue, og_doctor_services,  og_doctor_stores,	 og_doctor_settings,
		og_doctor_model, check_kernel
	};
	struct og_doctor doctor = { .ctx = ctx,
				    .json = og_arg_flag(args, "json"),
				    .fix = og_arg_flag(args, "fix") };
	struct og_conf *conf = NULL;
	int rc = -1;

	if (og_arg_flag(args, "grants"))
		return og_doctor_propose(ctx, args, err);
	if (og_conf_from(ctx, args, &conf, err) < 0)
		return -1;
	doctor.conf = conf;
	rc = og_doctor_say(&doctor, "instance", "ok", err, "%s", conf->home);
	for (size_t i = 0; rc == 0 && i < sizeof(checks) / sizeof(*checks); i++)
		rc = checks[i](&doctor, err);
	og_conf_free(conf);
	return rc < 0 ? -1 : doctor.bad;
}
