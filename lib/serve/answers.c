/*
 * /api/tasks/ID/answer: what the caller says to a question of their own
 * task. The question is in the task's "waits"; og-task signs the answer.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/hash/hash.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve-internal.h"
#include "lib/serve/tasks.h"

#define ANSWER_MAX ((size_t)32 << 10)

struct answers {
	char *task; /* path of og-task */
};

static void free_answers(void *state)
{
	struct answers *answers = state;

	free(answers->task);
	free(answers);
}

static int start(struct og_serve *serve, void **ret, struct og_err *err)
{
	struct answers *answers = calloc(1, sizeof(*answers));

	if (answers)
		answers->task = og_program_path(og_serve_exe_dir(serve), "og-task");
	if (!answers || !answers->task) {
		free(answers);
		return og_fail_nomem(err);
	}
	*ret = answers;
	return 0;
}

static void answered(struct og_exchange *x, const struct og_spawned *done, const struct og_err *err)
{
	og_task_told(x, done, err, 409, "the answer is signed and on its way");
}

/* An answer is to a question that was seen: its digest has to be given. */
static const char *fault_of(const char *digest, const char *answer)
{
	if (!answer || strspn(answer, " \t\r\n") == strlen(answer))
		return "answer: a text";
	if (strlen(answer) > ANSWER_MAX)
		return "answer: too long";
	if (!digest || strlen(digest) != OG_HASH_HEX ||
	    digest[strspn(digest, "0123456789abcdef")] != '\0')
		return "digest: that of the question, 64 hexadecimal digits";
	return NULL;
}

/* As "answer=TEXT", which is no option and no other value, whatever it is. */
static void spawn(struct og_exchange *x, const char *digest, const char *answer)
{
	const struct answers *answers = og_exchange_state(x);
	const char *who = og_exchange_principal(x);
	struct og_buf word;

	og_buf_init(&word, ANSWER_MAX + 16);
	og_buf_addf(&word, "answer=%s", answer);
	if (word.failed) {
		og_reply_error(x, 500, "out of memory");
	} else {
		const char *const argv[] = { answers->task,
					     "answer",
					     "--as",
					     who,
					     "--digest",
					     digest,
					     og_exchange_param(x, "id"),
					     word.data,
					     NULL };

		og_exchange_spawn(x, &(struct og_spawn){ .who = who, .argv = argv }, answered);
	}
	og_buf_release(&word);
}

static void answer(struct og_exchange *x)
{
	const char *digest, *text, *fault;
	const json_t *body;

	if (og_exchange_json(x, &body) < 0)
		return;
	digest = og_json_str(body, "digest");
	text = og_json_str(body, "answer");
	fault = fault_of(digest, text);
	if (!og_uuid_valid(og_exchange_param(x, "id")))
		og_reply_error(x, 404, "there is no such task");
	else if (fault)
		og_reply_error(x, 400, "%s", fault);
	else
		spawn(x, digest, text);
}

static const struct og_route routes[] = {
	{ "POST", "/api/tasks/:id/answer", 0, answer },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_answers = { routes, start, free_answers, NULL };
