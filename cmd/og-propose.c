/* See og-propose.h. */
#include "cmd/og-propose.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/queue/queue.h"
#include "lib/task/envelope.h"

#define LIFETIME_MS ((int64_t)24 * 3600 * 1000) /* until a worker begins it */

static int make(const struct og_proposal *p, const char *principal, const unsigned char *seed,
		struct og_buf *out, char ret_id[OG_UUID_LEN + 1], struct og_err *err)
{
	json_t *more = json_pack("{s:{s:s,s:s,s:s,s:s*}}", "action", "propose", p->kind, "name",
				 p->name, "text", p->text, "why", p->why);
	struct og_envelope_draft draft = {
		.kind = "task", .principal = principal, .lifetime_ms = LIFETIME_MS, .more = more
	};
	int rc = more ? og_envelope_make(&draft, seed, out, ret_id, err)
		      : og_fail(err, OG_EDATA, "the text is not valid UTF-8");

	json_decref(more);
	return rc;
}

static int queue_it(const struct og_ctx *ctx, const struct og_conf *conf, const char *id,
		    const char *envelope, struct og_err *err)
{
	struct og_parcel parcel = { .id = id, .envelope = envelope };
	struct og_queue *queue = NULL;
	int rc = -1;

	parcel.expires = og_now_ms() + LIFETIME_MS;
	if (og_queue_from(ctx, conf, &queue, err) == 0 &&
	    og_queue_room(queue, 1, conf->queue_limit, err) == 0)
		rc = og_queue_put(queue, &parcel, 1, err);
	og_queue_close(queue);
	return rc;
}

int og_propose(const struct og_ctx *ctx, const struct og_args *args,
	       const struct og_proposal *proposal, struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	struct og_conf *conf = NULL;
	char id[OG_UUID_LEN + 1], *key = NULL;
	const char *principal;
	struct og_buf envelope;
	int rc = -1;

	og_buf_init(&envelope, OG_ENVELOPE_MAX);
	if (og_principal_from(ctx, args, &principal, err) == 0 &&
	    og_conf_from(ctx, args, &conf, err) == 0 &&
	    og_conf_key_path(conf, principal, &key, err) == 0 && og_key_read(key, seed, err) == 0 &&
	    make(proposal, principal, seed, &envelope, id, err) == 0)
		rc = queue_it(ctx, conf, id, envelope.data, err);
	if (rc == 0)
		rc = og_printf(err, "%s\n", id);
	explicit_bzero(seed, sizeof(seed));
	og_buf_release(&envelope);
	og_conf_free(conf);
	free(key);
	return rc;
}
