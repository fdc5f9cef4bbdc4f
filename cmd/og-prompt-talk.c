/*
 * The conversation with the shield. A statement that runs is really
 * interrupted: the shield's side of the conversation is ended, which rolls
 * back what was not committed, and another conversation is begun for the
 * next statement. That works in the same way wherever the shield is.
 *
 * ^C goes to every process of the terminal, so a shield that we start
 * ignores it and we alone decide.
 */
#include "cmd/og-prompt.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t interrupted;
static struct og_channel *volatile busy; /* a request is out on it */

static void on_interrupt(int sig)
{
	struct og_channel *channel = busy;

	(void)sig;
	interrupted = 1;
	if (channel)
		og_channel_cut(channel);
}

int prompt_interrupted(void)
{
	int was = interrupted;

	interrupted = 0;
	return was;
}

int prompt_interrupt_waits(void)
{
	return interrupted;
}

static void listen_to_interrupts(int on)
{
	struct sigaction action = { .sa_handler = on ? on_interrupt : SIG_IGN };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
}

int prompt_talk_begin(struct prompt *prompt, struct og_err *err)
{
	int rc;

	listen_to_interrupts(0);
	rc = og_session_open(prompt->ctx, prompt->args, prompt->conf, &prompt->channel, err);
	listen_to_interrupts(1);
	return rc;
}

void prompt_talk_end(struct prompt *prompt)
{
	og_channel_close(prompt->channel);
	prompt->channel = NULL;
}

static int call(struct prompt *prompt, const char *verb, json_t *request, json_t **ret,
		struct og_err *err)
{
	int rc;

	busy = prompt->channel;
	if (interrupted) /* before it was out */
		og_channel_cut(prompt->channel);
	rc = og_channel_call(prompt->channel, verb, request, ret, err);
	busy = NULL;
	if (rc == 0)
		return 0;
	prompt_talk_end(prompt);
	if (prompt_interrupted())
		og_fail(err, OG_ETEMP, "interrupted");
	if (strcmp(verb, "sql.write") == 0)
		og_hint(err, "whether it was done before that, `og-ledger log` tells");
	return -1;
}

int prompt_ask(struct prompt *prompt, const char *verb, json_t *request, json_t **ret,
	       struct og_err *err)
{
	json_t *reply = NULL;

	json_decref(prompt->refusal);
	prompt->refusal = NULL;
	if (!prompt->channel && prompt_talk_begin(prompt, err) < 0) {
		json_decref(request);
		return -1;
	}
	if (call(prompt, verb, request, &reply, err) < 0)
		return -1;
	if (og_json_bool(reply, "ok", 0)) {
		json_object_del(reply, "id");
		json_object_del(reply, "ok");
		*ret = reply;
		return 0;
	}
	prompt->refusal = reply;
	return og_channel_refusal(reply, err);
}

int prompt_look(struct prompt *prompt, struct og_err *err)
{
	json_t *reply = NULL;

	if (prompt_ask(prompt, "schema", json_object(), &reply, err) < 0)
		return -1;
	json_decref(prompt->schema);
	prompt->schema = json_incref(json_object_get(reply, "tables"));
	json_decref(reply);
	return 0;
}
