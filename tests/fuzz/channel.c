/*
 * Fuzz target: a conversation with the shield, as a worker, a person or a
 * stranger would hold it. The first byte says who is signed in; then each
 * line is a request: `VERB {members}`, or a line as it is when it begins
 * with `{`. $T in it stands for a task that runs for that person.
 *
 * Every line is answered with one line of JSON that says yes, or no and
 * why. A customer is never told the name of a product above her clearance.
 */
#define SHOP_ROOM "/dev/shm"
#include "tests/unit/shop.h"

#include "lib/shield/gate.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REPLY_MAX ((size_t)17 << 20)
#define LINES_MAX 16
#define SECRET	  "Secret Core"

static struct shop shop;
static struct og_buf pristine;
static int changed; /* has this input written anything? */

static void must(int good)
{
	if (!good)
		abort();
}

static void open_shop(void)
{
	struct og_err err = OG_ERR_INIT;

	og_gate_limit_memory(OG_GATE_HEAP);
	shop_open(&shop);
	must(og_unit.bad == 0);
	og_shield_close(shop.shield);
	og_buf_init(&pristine, (size_t)64 << 20);
	must(og_file_read(shop.erp, "database", &pristine, &err) == 0);
	must(og_shield_open(&shop.conf, &shop.shield, &err) == 0);
}

/* As it was before the first input, so that each one stands alone. */
static void restore_shop(void)
{
	struct og_err err = OG_ERR_INIT;
	char path[128];

	og_shield_close(shop.shield);
	snprintf(path, sizeof(path), "%s-wal", shop.erp);
	unlink(path);
	snprintf(path, sizeof(path), "%s-shm", shop.erp);
	unlink(path);
	must(og_file_write(shop.erp, pristine.data, pristine.len, 0600, &err) == 0);
	must(og_shield_open(&shop.conf, &shop.shield, &err) == 0);
	changed = 0;
}

static void judge(const struct og_buf *out, int secret)
{
	struct og_err err = OG_ERR_INIT;
	json_t *reply = NULL;
	const char *why;

	must(out->len > 0 && memchr(out->data, '\n', out->len) == out->data + out->len - 1);
	must(og_json_parse(out->data, out->len - 1, REPLY_MAX, "reply", &reply, &err) == 0);
	must(json_is_boolean(json_object_get(reply, "ok")));
	why = og_json_str(reply, "why");
	must(og_json_bool(reply, "ok", 0) || (why && *why));
	must(!secret || !strstr(out->data, SECRET));
	if (json_object_get(reply, "seq") || json_object_get(reply, "epoch"))
		changed = 1;
	json_decref(reply);
}

/* A copy with each $T replaced by the task. */
static void add_named(struct og_buf *out, const char *text, size_t len, const char *task)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == '$' && i + 1 < len && text[i + 1] == 'T') {
			og_buf_adds(out, task);
			i++;
		} else {
			og_buf_addc(out, text[i]);
		}
}

static void add_request(struct og_buf *out, const char *line, size_t len, const char *task)
{
	const char *space = memchr(line, ' ', len);
	size_t verb = space ? (size_t)(space - line) : len;

	if (len == 0 || line[0] == '{') {
		add_named(out, line, len, task);
		return;
	}
	og_buf_addf(out, "{\"v\":1,\"id\":1,\"verb\":\"%.*s\"", (int)verb, line);
	if (space && len - verb > 3) {
		og_buf_addc(out, ',');
		add_named(out, space + 2, len - verb - 2, task);
	} else {
		og_buf_addc(out, '}');
	}
}

static void begin_task(struct og_conversation *talk, int who, char id[OG_UUID_LEN + 1])
{
	json_t *envelope = shop_envelope(&shop, who, "task", "buy 1 ergonomic chair", NULL, id);

	json_decref(shop_begin(talk, envelope));
	json_decref(envelope);
	changed = 1;
}

static void converse(struct og_conversation *talk, const char *text, size_t len, const char *task,
		     int secret)
{
	struct og_buf line, out;
	int over = 0;

	og_buf_init(&line, (size_t)1 << 20);
	og_buf_init(&out, REPLY_MAX);
	for (int n = 0; n < LINES_MAX && len > 0 && !over; n++) {
		const char *end = memchr(text, '\n', len);
		size_t part = end ? (size_t)(end - text) : len;

		og_buf_clear(&line);
		og_buf_clear(&out);
		add_request(&line, text, part, task);
		over = og_conversation_line(talk, line.data ? line.data : "", line.len, &out);
		judge(&out, secret);
		part += end != NULL;
		text += part;
		len -= part;
	}
	og_buf_release(&line);
	og_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct og_conversation *talk;
	char task[OG_UUID_LEN + 1] = "";
	const char *text = (const char *)data + 1;
	int who;

	if (!shop.shield)
		open_shop();
	if (size < 2)
		return 0;
	who = data[0] % (PEOPLE + 1);
	talk = who < PEOPLE ? shop_login(&shop, who) : shop_talk(&shop);
	if (who < PEOPLE && memmem(text, size - 1, "$T", 2))
		begin_task(talk, who, task);
	converse(talk, text, size - 1, task, who >= CHARLIE && !memmem(text, size - 1, "ecret", 5));
	og_conversation_free(talk);
	must(og_unit.bad == 0);
	if (changed)
		restore_shop();
	return 0;
}
