/*
 * /api/tasks/ID/answer: what the caller says to a question of their own
 * task: words, or a value for each slot that is open. The question is in the
 * task's "waits"; og-task signs the answer.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/hash/hash.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve-internal.h"
#include "lib/serve/tasks.h"

#define ANSWER_MAX     ((size_t)32 << 10)
#define NAME_MAX_BYTES 64
#define VALUES_MAX     64 /* as of an envelope */
#define ARGV_HEAD      6  /* og-task answer --as WHO --digest DIGEST */

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

/* --- what is said ------------------------------------------------------------ */

static int is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	return n > 0 && n == strlen(name) && n <= NAME_MAX_BYTES && strchr(letters, *name);
}

/* The value as a word, new reference; NULL when it says nothing, or more than
 * a value may. */
static json_t *text_of(const json_t *value)
{
	const char *text = json_string_value(value);
	char *number;
	json_t *made;

	if (text)
		return strspn(text, " \t\r\n") < strlen(text) && strlen(text) <= ANSWER_MAX
			       ? json_string(text)
			       : NULL;
	if (json_is_boolean(value))
		return json_string(json_is_true(value) ? "true" : "false");
	if (!json_is_number(value))
		return NULL;
	number = json_dumps(value, JSON_ENCODE_ANY);
	made = number ? json_string(number) : NULL;
	free(number);
	return made;
}

/* Adds NAME=VALUE, which is no option and no other value, whatever it is. */
static int add_word(json_t *words, const char *name, const json_t *value)
{
	json_t *text = is_name(name) ? text_of(value) : NULL;
	int rc = text ? json_array_append_new(words,
					      json_sprintf("%s=%s", name, json_string_value(text)))
		      : -1;

	json_decref(text);
	return rc;
}

/* The words of an answer; what is wrong with it, or NULL. */
static const char *read_words(const json_t *body, json_t *words)
{
	json_t *answer = json_object_get(body, "answer"), *slots = json_object_get(body, "slots");
	const char *name;
	json_t *value;

	if (!answer == !slots)
		return "give one of: answer, slots";
	if (answer)
		return json_is_string(answer) && add_word(words, "answer", answer) == 0
			       ? NULL
			       : "answer: a text";
	if (json_object_size(slots) == 0 || json_object_size(slots) > VALUES_MAX)
		return "slots: an object of names and values";
	json_object_foreach(slots, name, value)
	{
		if (add_word(words, name, value) < 0)
			return "slots: a value is a text, a number or a truth, by the slot's name";
	}
	return NULL;
}

/* An answer is to a question that was seen: its digest has to be given. */
static const char *fault_of(const char *digest)
{
	if (digest && strlen(digest) == OG_HASH_HEX &&
	    digest[strspn(digest, "0123456789abcdef")] == '\0')
		return NULL;
	return "digest: that of the question, 64 hexadecimal digits";
}

/* --- saying it ---------------------------------------------------------------- */

static void spawn(struct og_exchange *x, const char *digest, const json_t *words)
{
	const struct answers *answers = og_exchange_state(x);
	const char *who = og_exchange_principal(x);
	const char *argv[ARGV_HEAD + 1 + VALUES_MAX + 1] = { answers->task, "answer",	"--as",
							     who,	    "--digest", digest };
	size_t n = ARGV_HEAD;

	argv[n++] = og_exchange_param(x, "id");
	for (size_t i = 0; i < json_array_size(words) && i < VALUES_MAX; i++)
		argv[n++] = json_string_value(json_array_get(words, i));
	og_exchange_spawn(x, &(struct og_spawn){ .who = who, .argv = argv }, answered);
}

static void answer(struct og_exchange *x)
{
	const char *digest, *fault;
	const json_t *body;
	json_t *words;

	if (og_exchange_json(x, &body) < 0)
		return;
	words = json_array();
	digest = og_json_str(body, "digest");
	fault = read_words(body, words);
	if (!fault)
		fault = fault_of(digest);
	if (!og_uuid_valid(og_exchange_param(x, "id")))
		og_reply_error(x, 404, "there is no such task");
	else if (fault)
		og_reply_error(x, 400, "%s", fault);
	else
		spawn(x, digest, words);
	json_decref(words);
}

static const struct og_route routes[] = {
	{ "POST", "/api/tasks/:id/answer", 0, answer },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_answers = { routes, start, free_answers, NULL };
