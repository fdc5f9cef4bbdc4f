/*
 * What somebody who proposes or approves a skill or a policy gets to see: not
 * the record, but what it changes.
 */
#ifndef OG_CMD_DIFFERENCE_H
#define OG_CMD_DIFFERENCE_H

#include "cmd/og-main.h"
#include "lib/json/json.h"
#include "lib/proc/channel.h"

/* Says on standard error what a DOC changes of the skill in force, or a record
 * of the policy of its name, as far as the session's principal may see that.
 * 0 when it is none, and nothing was said. */
int og_show_skill(const struct og_ctx *ctx, struct og_channel *channel, const json_t *doc);
int og_show_policy(const struct og_ctx *ctx, struct og_channel *channel, const json_t *record);

#endif
