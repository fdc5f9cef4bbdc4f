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

static const struct og_field check_fields[] = {
	{ "check", NULL, OG_FIELD_KEY, NULL },
	{ "state", NULL, OG_FIELD_STATE, NULL },
	{ "what", NULL, OG_FIELD_TEXT, NULL },
	{ NULL, NULL, OG_FIELD_TEXT, NULL },
};

/* A line as soon as it is known, and nothing of it is cut. */
static int print_check(const json_t *check, int color, struct og_err *err)
{
	const char *state = og_json_str(check, "state"), *what = og_json_str(check, "what");
	struct og_buf line;
	int rc = -1;

	(void)color; /* og_tone_pad() knows */
	og_buf_init(&line, 131072);
	og_tone_pad(&line, og_tone_of(state), state, 5);
	og_buf_addf(&line, " %-9s ", og_json_str(check, "check"));
	og_text_safe(&line, what, strlen(what), 0);
	og_buf_addc(&line, '\n');
	if (og_buf_check(&line, "report", err) == 0)
		rc = og_print(line.data, line.len, err);
	og_buf_release(&line);
	return rc;
}

int og_doctor_say(struct og_doctor *doctor, const char *check, const char *state,
		  struct og_err *err, const char *fmt, ...)
{
	struct og_buf what;
	json_t *json = NULL;
	va_list args;
	int rc = -1;

	og_buf_init(&what, 16384);
	va_start(args, fmt);
	og_buf_vaddf(&what, fmt, args);
	va_end(args);
	doctor->bad |= strcmp(state, "bad") == 0;
	doctor->warned |= strcmp(state, "warn") == 0;
	doctor->said++;
	if (og_buf_check(&what, "report", err) == 0) {
		json = json_pack("{s:i,s:s,s:s,s:s}", "v", 1, "check", check, "state", state,
				 "what", what.data);
		rc = json ? og_out_add(doctor->out, json, err) : og_fail_nomem(err);
	}
	json_decref(json);
	og_buf_release(&what);
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

static int check_remote(struct og_doctor *doctor, struct og_err *err)
{
	return og_conf_remote(doctor->conf) ? check_shield(doctor, err) : 0;
}

static int check_grants(struct og_doctor *doctor, struct og_err *err)
{
	return doctor->books ? og_doctor_grants(doctor, err) : 0;
}

int og_run_doctor(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	static int (*const checks[])(struct og_doctor *, struct og_err *) = {
		og_doctor_owner,   og_doctor_files,    og_doctor_leftovers, og_doctor_disk,
		og_doctor_helpers, og_doctor_pages,    check_remote,	    og_doctor_books,
		og_doctor_ledger,  og_doctor_keys,     og_doctor_backup,    check_grants,
		og_doctor_clock,   og_doctor_wal,      og_doctor_broker,    og_doctor_queue,
		og_doctor_tasks,   og_doctor_services, og_doctor_stores,    og_doctor_settings,
		og_doctor_model,   og_doctor_reach,    og_doctor_limits,    og_doctor_kernel
	};
	struct og_doctor doctor = { .ctx = ctx,
				    .fix = og_arg_flag(args, "fix"),
				    .quick = og_arg_flag(args, "quick") };
	struct og_conf *conf = NULL;
	int rc = -1;

	if (og_arg_flag(args, "grants"))
		return og_doctor_propose(ctx, args, err);
	if (og_out_new(ctx, args, check_fields, print_check, &doctor.out, err) < 0 ||
	    og_conf_from(ctx, args, &conf, err) < 0)
		goto out;
	doctor.conf = conf;
	rc = og_doctor_say(&doctor, "instance", "ok", err, "%s", conf->home);
	for (size_t i = 0; rc == 0 && i < sizeof(checks) / sizeof(*checks); i++)
		rc = checks[i](&doctor, err);
	if (rc == 0)
		rc = og_out_end(doctor.out, err);
out:
	json_decref(doctor.books);
	og_conf_free(conf);
	og_out_free(doctor.out);
	return rc < 0 ? -1 : doctor.bad || (doctor.warned && og_arg_flag(args, "strict"));
}
