/*
 * Drawings of results, and the program that makes them. See drawn.h.
 */
#include "lib/serve/drawn.h"

#include <stdlib.h>
#include <string.h>

#include "lib/hash/hash.h"
#include "lib/serve/serve-internal.h"

#define KEPT_MAX  ((size_t)32 << 20)
#define ONE_MAX	  (KEPT_MAX / 4) /* larger ones are not kept */
#define INPUT_MAX ((size_t)16 << 20)
#define KEY_MAX	  256

struct kept {
	struct kept *next; /* asked for before this one was */
	char key[KEY_MAX];
	char *text;
	size_t len;
};

struct og_drawn {
	struct og_serve *serve;
	char *program;
	struct kept *first;
	size_t bytes;
};

/* Somebody who waits for a drawing. */
struct wait {
	struct og_drawn *drawn;
	char key[KEY_MAX];
	og_drawn_fn *fn;
	void *arg;
};

/* By what is drawn: a person's word may yet change how a task ended. */
static int key_of(const struct og_drawing *what, const struct og_buf *input, char key[KEY_MAX])
{
	char digest[OG_HASH_HEX + 1];
	struct og_hash hash;
	struct og_buf text;
	int rc;

	og_sha256(input->data, input->len, &hash);
	og_hash_hex(&hash, digest);
	og_buf_init(&text, KEY_MAX - 1);
	og_buf_addf(&text, "%s/%s/%s", digest, what->to, what->set ? what->set : "");
	rc = text.failed ? -1 : 0;
	if (rc == 0)
		memcpy(key, text.data, text.len + 1);
	og_buf_release(&text);
	return rc;
}

/* It comes to the front. */
static struct kept *find(struct og_drawn *drawn, const char *key)
{
	for (struct kept **at = &drawn->first; *at; at = &(*at)->next)
		if (strcmp((*at)->key, key) == 0) {
			struct kept *kept = *at;

			*at = kept->next;
			kept->next = drawn->first;
			drawn->first = kept;
			return kept;
		}
	return NULL;
}

static void free_kept(struct og_drawn *drawn, struct kept *kept)
{
	drawn->bytes -= kept->len;
	free(kept->text);
	free(kept);
}

static void shrink(struct og_drawn *drawn, size_t max)
{
	while (drawn->first && drawn->bytes > max) {
		struct kept **at = &drawn->first;

		while ((*at)->next)
			at = &(*at)->next;
		free_kept(drawn, *at);
		*at = NULL;
	}
}

/* No memory for it is no trouble: it is drawn again. */
static void keep(struct og_drawn *drawn, const char *key, const char *text, size_t len)
{
	struct kept *kept = len <= ONE_MAX && !find(drawn, key) ? calloc(1, sizeof(*kept)) : NULL;

	if (!kept)
		return;
	kept->text = malloc(len + 1);
	if (!kept->text) {
		free(kept);
		return;
	}
	memcpy(kept->text, text, len + 1);
	memcpy(kept->key, key, KEY_MAX);
	kept->len = len;
	kept->next = drawn->first;
	drawn->first = kept;
	drawn->bytes += len;
	shrink(drawn, KEPT_MAX);
}

static void drawn_now(void *arg, const struct og_spawned *done, const struct og_err *why)
{
	struct wait *wait = arg;
	struct og_err err = OG_ERR_INIT;

	if (!done)
		err = *why;
	else if (done->status != 0)
		og_spawned_error(done, &err);
	else
		keep(wait->drawn, wait->key, done->out, done->len);
	wait->fn(wait->arg, err.code ? NULL : done->out, err.code ? 0 : done->len, &err);
	free(wait);
}

static void draw(struct wait *wait, const struct og_drawing *what, const struct og_buf *input)
{
	const char *argv[8] = { wait->drawn->program, "--to", what->to };
	size_t n = 3;

	if (what->set) {
		argv[n++] = "--set";
		argv[n++] = what->set;
	}
	og_serve_spawn(
		wait->drawn->serve,
		&(struct og_spawn){
			.who = what->who, .argv = argv, .input = input->data, .len = input->len },
		drawn_now, wait);
}

static void fail(og_drawn_fn *fn, void *arg, struct og_err *err)
{
	if (!err->code)
		og_fail_nomem(err);
	fn(arg, NULL, 0, err);
}

void og_drawn_get(struct og_drawn *drawn, const struct og_drawing *what, og_drawn_fn *fn, void *arg)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf input;
	struct kept *kept;
	struct wait *wait = calloc(1, sizeof(*wait));

	og_buf_init(&input, INPUT_MAX);
	if (wait && og_json_dump(what->result, &input, &err) == 0 &&
	    key_of(what, &input, wait->key) < 0)
		og_fail(&err, OG_EDATA, "a name is too long");
	if (!wait || err.code) {
		free(wait);
		og_buf_release(&input);
		fail(fn, arg, &err);
		return;
	}
	kept = find(drawn, wait->key);
	if (kept) {
		free(wait);
		fn(arg, kept->text, kept->len, &err);
	} else {
		wait->drawn = drawn;
		wait->fn = fn;
		wait->arg = arg;
		draw(wait, what, &input);
	}
	og_buf_release(&input);
}

int og_drawn_new(struct og_serve *serve, struct og_drawn **ret, struct og_err *err)
{
	struct og_drawn *drawn = calloc(1, sizeof(*drawn));

	if (drawn)
		drawn->program = og_program_path(serve->setup.exe_dir, "og-render");
	if (!drawn || !drawn->program) {
		free(drawn);
		return og_fail_nomem(err);
	}
	drawn->serve = serve;
	*ret = drawn;
	return 0;
}

void og_drawn_free(struct og_drawn *drawn)
{
	if (!drawn)
		return;
	shrink(drawn, 0);
	for (struct kept *kept = drawn->first, *next; kept; kept = next) {
		next = kept->next;
		free_kept(drawn, kept);
	}
	free(drawn->program);
	free(drawn);
}
