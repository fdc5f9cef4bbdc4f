/*
 * og-skill propose: a skill that somebody else is to look at and to put in
 * force. Its text travels, not the record that it makes: whoever carries the
 * task out reads it anew.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-difference.h"
#include "cmd/og-propose.h"
#include "cmd/og-skill.h"

/* As the proposer may see it; where no shield can be had, they know what
 * they wrote. */
static void show(const struct og_ctx *ctx, const struct og_args *args, const json_t *doc)
{
	struct og_err why = OG_ERR_INIT;
	struct og_channel *channel;

	if (skill_session(ctx, args, &channel, &why) < 0) {
		og_note(ctx, "what it changes cannot be shown here: %s", why.msg);
		return;
	}
	og_show_skill(ctx, channel, doc);
	og_channel_close(channel);
}

int skill_run_propose(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_proposal proposal = { .kind = "skill", .why = og_arg_value(args, "why") };
	json_t *doc = NULL;
	int rc = skill_parse_child(ctx, og_arg(args, 0), &doc, err);

	if (rc != 0)
		return rc;
	proposal.name = og_json_str(doc, "name");
	proposal.text = og_json_str(doc, "source");
	if (!proposal.name || !proposal.text)
		rc = og_fail(err, OG_EBUG, "the record of '%s' has no name or text",
			     og_arg(args, 0));
	else
		rc = og_propose(ctx, args, &proposal, err);
	if (rc == 0)
		show(ctx, args, doc);
	json_decref(doc);
	return rc;
}
