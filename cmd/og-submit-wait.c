/*
 * og-submit --wait: until the task is finished, with a word on standard
 * error where nobody works, or somebody's word is waited for.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/og-submit.h"
#include "lib/proc/signals.h"
#include "lib/queue/bell.h"
#include "lib/task/result.h"
#include "lib/task/state.h"

#define RECHECK_MS     1000 /* a bell may be missed */
#define NOTE_WORKER_MS 2000 /* then say that nobody is working */

/* A person who waits for nobody should know it. */
static void note_no_worker(struct submit_wait *w)
{
	if (w->noted || og_mono_ms() - w->started < NOTE_WORKER_MS)
		return;
	w->noted = 1;
	if (!og_worker_alive(w->conf->run))
		og_note(w->ctx, "no worker serves this instance; start one: og-worker");
}

/* How to give the values that it waits for. */
static void note_slots(const struct submit_wait *w, const char *id, json_t *slots)
{
	struct og_buf words;
	const char *name;
	json_t *one;

	og_buf_init(&words, 4096);
	json_object_foreach(slots, name, one) og_buf_addf(&words, " %s=VALUE", name);
	og_note(w->ctx, "answer it: og-task answer %s%s --as %s", id, words.data ? words.data : "",
		w->principal);
	og_buf_release(&words);
}

/* Whose word it waits for, once for every question. */
static void note_question(struct submit_wait *w, const char *id, const json_t *reply)
{
	const json_t *waits = json_object_get(reply, "waits");
	const char *why = og_json_str(waits, "why"), *digest = og_json_str(waits, "digest");

	if (!why || !digest || strcmp(w->asked, digest) == 0)
		return;
	snprintf(w->asked, sizeof(w->asked), "%s", digest);
	og_note(w->ctx, "task %s: %s", id, why);
	if (json_is_object(json_object_get(waits, "slots")))
		note_slots(w, id, json_object_get(waits, "slots"));
}

/* A dead letter is never told to the shield: its document is made here.
 * 1 and the document, 0 it is on its way, -1. */
static int ask_queue(const struct submit_wait *w, const char *id, int begun, json_t **ret,
		     struct og_err *err)
{
	json_t *letter = NULL;
	struct og_envelope envelope;
	int found = og_queue_find(w->queue, id, &letter, err);
	const char *state = og_json_str(letter, "state"), *text = og_json_str(letter, "envelope");

	if (found <= 0 || !state || !text || strcmp(state, "dead") != 0) {
		json_decref(letter);
		return found < 0 ? -1 : 0;
	}
	found = og_envelope_parse(text, strlen(text), &envelope, err);
	if (found == 0) {
		*ret = og_result_undelivered(&envelope, begun, og_json_str(letter, "reason"));
		found = *ret ? 1 : og_fail_nomem(err);
		og_envelope_release(&envelope);
	}
	json_decref(letter);
	return found;
}

/* The result document when there is one (1), else 0. A cancelled task that
 * is still being undone has its last state already, but has not finished. */
static int ask_result(struct submit_wait *w, const char *id, json_t **ret, struct og_err *err)
{
	json_t *reply = NULL, *result;
	int known, rc = 0;

	if (og_channel_call(w->channel, "task.status", json_pack("{s:s}", "task", id), &reply,
			    err) < 0)
		return -1;
	known = og_json_bool(reply, "ok", 0);
	result = json_object_get(reply, "result");
	if (json_is_object(result)) {
		*ret = json_incref(result);
		rc = 1;
	} else if (known && json_object_get(reply, "waits")) {
		note_question(w, id, reply);
	} else if (known && og_json_str(reply, "finished")) {
		rc = og_fail(err, OG_EDATA, "task %s is %s, its result is gone", id,
			     og_json_str(reply, "state"));
	}
	json_decref(reply);
	return rc != 0 ? rc : ask_queue(w, id, known, ret, err);
}

/* Whoever stops waiting is told where the task is, and the signal has its way:
 * the shell has to see that it was one. */
static void leave_if_stopped(const struct submit_wait *w, const char *id)
{
	struct signalfd_siginfo info;
	sigset_t one;

	if (read(w->stop_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	og_note(w->ctx, "task %s goes on; og-task status %s --as %s", id, id, w->principal);
	sigemptyset(&one);
	sigaddset(&one, (int)info.ssi_signo);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	raise((int)info.ssi_signo);
}

/* 1 finished, 0 deadline passed. */
static int wait_for(struct submit_wait *w, const char *id, json_t **ret, struct og_err *err)
{
	for (;;) {
		int64_t look = og_deadline(RECHECK_MS);
		int done = ask_result(w, id, ret, err);

		if (done != 0)
			return done;
		note_no_worker(w);
		if (og_deadline_left(w->deadline) == 0)
			return 0;
		if (og_queue_hear(w->queue, look < w->deadline ? look : w->deadline, w->stop_fd,
				  err) < 0)
			return -1;
		leave_if_stopped(w, id);
	}
}

int submit_wait_finish(struct submit_wait *w, const char *id, struct og_err *err)
{
	json_t *result = NULL;
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	const char *state;
	int done, rc = -1;

	w->stop_fd = og_signals_open(stops, err);
	done = w->stop_fd < 0 ? -1 : wait_for(w, id, &result, err);
	if (done <= 0) {
		if (done == 0)
			og_fail(err, OG_ETEMP, "it is not finished yet");
		og_wrap(err, "task %s", id);
		return og_hint(err, "og-task status %s --as %s", id, w->principal);
	}
	state = og_json_str(result, "state");
	done = state ? og_state_parse(state) : -1;
	if (done < 0)
		og_fail(err, OG_EDATA, "task %s ended in a state we do not know", id);
	else if ((og_arg_flag(w->args, "json") ? og_print_json(result, err)
					       : og_print_result(w->ctx, result, err)) == 0)
		rc = og_state_exit((enum og_task_state)done);
	json_decref(result);
	return rc;
}

int submit_wait_open(struct submit_wait *w, struct og_err *err)
{
	const char *timeout = og_arg_value(w->args, "timeout");
	int64_t span;

	w->started = og_mono_ms();
	w->deadline = OG_FOREVER;
	if (timeout) {
		if (og_span_parse(timeout, "--timeout", &span, err) < 0)
			return -1;
		w->deadline = og_deadline(span);
	}
	if (og_queue_listen(w->queue, err) < 0)
		return -1;
	return og_session_open(w->ctx, w->args, w->conf, &w->channel, err);
}

void submit_wait_close(struct submit_wait *w)
{
	og_channel_close(w->channel);
	w->channel = NULL;
	if (w->stop_fd >= 0)
		close(w->stop_fd);
}
