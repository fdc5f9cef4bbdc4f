/*
 * og-policy propose: a policy that somebody else is to look at and to put in
 * force. The document travels as text, with its front matter; what is said
 * of it by options of add is to stand there, where whoever approves it reads
 * it.
 */
#include <string.h>

#include "cmd/og-difference.h"
#include "cmd/og-policy.h"
#include "cmd/og-propose.h"
#include "lib/policy/document.h"

struct proposing {
	const struct og_ctx *ctx;
	const struct og_args *args;
	json_t *record;
};

static void show(const struct proposing *p)
{
	struct og_err why = OG_ERR_INIT;
	struct policy_desk desk = { NULL, NULL, NULL };

	if (policy_desk_open(&desk, p->ctx, p->args, &why) < 0)
		og_note(p->ctx, "what it changes cannot be shown here: %s", why.msg);
	else
		og_show_policy(p->ctx, desk.channel, p->record);
	policy_desk_close(&desk);
}

static int propose(void *arg, const struct policy_document *document, struct og_err *err)
{
	struct proposing *p = arg;
	struct og_proposal proposal = { .kind = "policy", .why = og_arg_value(p->args, "why") };

	if (document->of_many || !document->text)
		return og_fail(err, OG_EDATA, "one document is proposed, as text");
	p->record = json_object();
	if (!p->record)
		return og_fail_nomem(err);
	if (og_policy_read(document->text, document->len, document->name, p->record, err) < 0)
		return -1;
	proposal.name = og_json_str(p->record, "name");
	proposal.text = document->text;
	if (strlen(document->text) != document->len)
		return og_fail(err, OG_EDATA, "the text holds a NUL byte");
	return og_propose(p->ctx, p->args, &proposal, err);
}

int policy_run_propose(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct policy_files files = { NULL, 0, 0, 0 };
	struct proposing p = { .ctx = ctx, .args = args };
	int rc = policy_files_find(args, &files, err);

	if (rc == 0 && (files.folder || files.n != 1))
		rc = og_fail(err, OG_EUSAGE, "propose: one document at a time");
	if (rc == 0)
		rc = policy_file_read(ctx, &files.list[0], propose, &p, err);
	if (rc == 0)
		show(&p);
	policy_files_release(&files);
	json_decref(p.record);
	return rc;
}
