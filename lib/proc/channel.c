/*
 * The client's side of a shield channel. Requests go out one at a time and
 * each waits for its reply, so a reply can only answer the last request;
 * anything else on the line means that the two sides disagree, and then
 * nothing more of the conversation can be trusted.
 */
#include "lib/proc/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/proc/place.h"
#include "lib/proc/proc.h"

#define GOODBYE_MS 2000

struct og_channel {
	struct og_child child;
	struct og_lines lines;
	struct og_buf out;
	int64_t last_id;
	int dead;
	int code; /* why it is dead: OG_EUNAVAIL, or what the shield ended with */
};

int og_channel_open(const struct og_shield_place *place, struct og_channel **ret,
		    struct og_err *err)
{
	struct og_channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return og_fail_nomem(err);
	channel->code = OG_EUNAVAIL;
	channel->child = (struct og_child){ -1, -1, -1 };
	if (og_place_connect(place, &channel->child, err) < 0) {
		free(channel);
		return -1;
	}
	og_lines_init(&channel->lines, channel->child.out, OG_CHANNEL_LINE_MAX);
	og_buf_init(&channel->out, OG_CHANNEL_LINE_MAX);
	*ret = channel;
	return 0;
}

void og_channel_cut(struct og_channel *channel)
{
	if (channel->child.pid > 0)
		kill(channel->child.pid, SIGKILL);
	else if (channel->child.in >= 0)
		shutdown(channel->child.in, SHUT_RDWR);
}

void og_channel_close(struct og_channel *channel)
{
	if (!channel)
		return;
	og_child_end(&channel->child, og_deadline(GOODBYE_MS), NULL);
	og_lines_release(&channel->lines);
	og_buf_release(&channel->out);
	free(channel);
}

int og_channel_refusal(const json_t *reply, struct og_err *err)
{
	const char *why = og_json_str(reply, "why");
	const char *fix = og_json_str(reply, "fix");
	int64_t code = og_json_int(reply, "code", OG_NO);

	/* Whatever stands there, a refusal is no success. */
	og_fail(err, code > 0 && code < 128 ? (int)code : OG_NO, "%s", why ? why : "refused");
	return fix && *fix ? og_hint(err, "%s", fix) : -1;
}

/* A shield that found the instance wrong, damaged or not ours would find it
 * so again: its status is passed on, so that nobody tries in vain. */
static int code_of(int code)
{
	return code == OG_EDATA || code == OG_EPERM || code == OG_ECONF ? code : OG_EUNAVAIL;
}

static int died(struct og_channel *channel, struct og_err *err)
{
	int status = 0;

	if (!channel->dead) {
		og_child_end(&channel->child, og_deadline(GOODBYE_MS), &status);
		channel->code = code_of(WIFEXITED(status) ? WEXITSTATUS(status) : 0);
	}
	channel->dead = 1;
	return og_fail(err, channel->code, "the shield ended the conversation");
}

static int send_request(struct og_channel *channel, const char *verb, json_t *request,
			struct og_err *err)
{
	og_buf_clear(&channel->out);
	if (og_json_set(request, "v", json_integer(1), err) < 0 ||
	    og_json_set(request, "id", json_integer(++channel->last_id), err) < 0 ||
	    og_json_set(request, "verb", json_string(verb), err) < 0 ||
	    og_json_dump(request, &channel->out, err) < 0)
		return -1;
	og_buf_addc(&channel->out, '\n');
	if (og_buf_check(&channel->out, "request", err) < 0)
		return -1;
	/* Who hung up may have said why before: that is still to be read. */
	if (og_write_all(channel->child.in, channel->out.data, channel->out.len) < 0 &&
	    errno != EPIPE && errno != ECONNRESET)
		return died(channel, err);
	return 0;
}

/* A reply to no request is about the conversation: the other side will not
 * have it, or cannot go on with it. */
static int dismissed(struct og_channel *channel, const json_t *reply, struct og_err *err)
{
	int code = (int)og_json_int(reply, "code", 0);

	og_channel_refusal(reply, err);
	channel->code = code_of(code);
	if (err)
		err->code = code == OG_ETEMP ? code : channel->code;
	return -1;
}

static int read_reply(struct og_channel *channel, json_t **ret, struct og_err *err)
{
	json_t *reply = NULL;
	char *line;
	size_t len;
	int n = og_lines_next(&channel->lines, og_deadline(OG_CHANNEL_TIMEOUT_MS), &line, &len,
			      err);

	if (n == 0 || (n < 0 && err && err->code != OG_ETEMP))
		return died(channel, err);
	if (n < 0) {
		channel->dead = 1;
		channel->code = OG_EUNAVAIL;
		return og_wrap(err, "the shield");
	}
	if (og_json_parse(line, len, OG_CHANNEL_LINE_MAX, "reply of the shield", &reply, err) < 0) {
		channel->dead = 1;
		return -1;
	}
	if (og_json_int(reply, "id", -1) != channel->last_id) {
		if (json_is_null(json_object_get(reply, "id")) && !og_json_bool(reply, "ok", 1))
			dismissed(channel, reply, err);
		else
			og_fail(err, OG_EUNAVAIL, "the shield answered another request");
		json_decref(reply);
		channel->dead = 1;
		return -1;
	}
	*ret = reply;
	return 0;
}

int og_channel_call(struct og_channel *channel, const char *verb, json_t *request,
		    json_t **ret_reply, struct og_err *err)
{
	int rc;

	if (!request)
		return og_fail_nomem(err);
	if (channel->dead) {
		json_decref(request);
		return died(channel, err);
	}
	rc = send_request(channel, verb, request, err);
	json_decref(request);
	return rc < 0 ? -1 : read_reply(channel, ret_reply, err);
}

int og_channel_ask(struct og_channel *channel, const char *verb, json_t *request,
		   json_t **ret_reply, struct og_err *err)
{
	json_t *reply;
	int rc = 0;

	if (og_channel_call(channel, verb, request, &reply, err) < 0)
		return -1;
	if (!og_json_bool(reply, "ok", 0))
		rc = og_channel_refusal(reply, err);
	if (rc == 0 && ret_reply)
		*ret_reply = json_incref(reply);
	json_decref(reply);
	return rc;
}

int og_channel_sign(const char *key_path, const char *nonce, struct og_buf *sig, struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED], raw[OG_SIGNATURE];
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, 1024);
	if (og_key_read(key_path, seed, err) < 0)
		goto out;
	og_buf_addf(&text, "og-session-v1\n%s", nonce);
	if (og_buf_check(&text, "nonce", err) < 0 ||
	    og_sign(seed, text.data, text.len, raw, err) < 0)
		goto out;
	og_base64_encode(sig, raw, sizeof(raw));
	rc = og_buf_check(sig, "signature", err);
out:
	explicit_bzero(seed, sizeof(seed));
	og_buf_release(&text);
	return rc;
}

int og_channel_login(struct og_channel *channel, const char *principal, const char *key_path,
		     struct og_err *err)
{
	json_t *reply = NULL;
	const char *nonce;
	struct og_buf sig;
	int rc = -1;

	og_buf_init(&sig, 256);
	if (og_channel_ask(channel, "session.begin", json_pack("{s:s}", "principal", principal),
			   &reply, err) < 0 ||
	    og_json_need_str(reply, "session", "nonce", &nonce, err) < 0 ||
	    og_channel_sign(key_path, nonce, &sig, err) < 0)
		goto out;
	rc = og_channel_ask(channel, "session.begin",
			    json_pack("{s:s, s:s, s:s}", "principal", principal, "nonce", nonce,
				      "sig", sig.data),
			    NULL, err);
out:
	json_decref(reply);
	og_buf_release(&sig);
	return rc;
}

/* The canonical text, or as near to it as its numbers allow. Heap. */
static char *digest_text(const json_t *request)
{
	struct og_err quiet = OG_ERR_INIT;
	struct og_buf text;

	og_buf_init(&text, 2 * OG_CHANNEL_LINE_MAX);
	if (og_json_canon(request, &text, &quiet) == 0)
		return text.data;
	og_buf_release(&text);
	return json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS);
}

int og_channel_digest(const json_t *request, char out[OG_HASH_HEX + 1], struct og_err *err)
{
	static const char *const own[] = { "v", "id", "trace", "task", "epoch", "call", "embed" };
	json_t *bare = json_copy((json_t *)request);
	struct og_hash hash;
	char *text;

	for (size_t i = 0; bare && i < sizeof(own) / sizeof(own[0]); i++)
		json_object_del(bare, own[i]);
	text = bare ? digest_text(bare) : NULL;
	json_decref(bare);
	if (!text)
		return og_fail_nomem(err);
	og_sha256(text, strlen(text), &hash);
	og_hash_hex(&hash, out);
	free(text);
	return 0;
}
