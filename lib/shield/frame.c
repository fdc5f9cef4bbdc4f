/*
 * See frame.h. The body of an entry is put together as text: the row log
 * already gives canonical JSON, and parsing megabytes of it only to print
 * them again would cost more than the change itself.
 */
#include "lib/shield/frame.h"

#include <string.h>

#include "lib/base/door.h"
#include "lib/shield/outbox.h"

static void leave(const struct og_frame *frame)
{
	if (frame->door > 0)
		og_door_leave(frame->door);
}

int og_frame_begin(struct og_frame *frame, struct og_err *err)
{
	if (frame->door > 0 && og_door_enter(frame->door, "database", err) < 0)
		return -1;
	if (og_db_begin(frame->db, 1, err) < 0) {
		leave(frame);
		return -1;
	}
	og_rowlog_start(frame->rowlog);
	frame->writing = 1;
	return 0;
}

int og_frame_read(struct og_frame *frame, struct og_err *err)
{
	return og_db_begin(frame->db, 0, err);
}

int og_frame_changed(const struct og_frame *frame)
{
	return frame->writing && og_rowlog_count(frame->rowlog) > 0;
}

int og_frame_changes(struct og_frame *frame, struct og_buf *out, struct og_err *err)
{
	return og_rowlog_take(frame->rowlog, out, err);
}

/* The members of body that sort before (side < 0) or after "changes", as
 * canonical JSON without its braces. */
static int members(const json_t *body, int side, struct og_buf *out, struct og_err *err)
{
	json_t *part = json_object(), *value;
	const char *key;
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, OG_CHANGES_MAX);
	json_object_foreach((json_t *)body, key, value)
	{
		int order = strcmp(key, "changes");

		if (order != 0 && (order < 0) == (side < 0))
			json_object_set(part, key, value);
	}
	if (!part || og_json_canon(part, &text, err) < 0)
		goto out;
	if (text.len > 2) {
		if (side > 0)
			og_buf_addc(out, ',');
		og_buf_add(out, text.data + 1, text.len - 2);
		if (side < 0)
			og_buf_addc(out, ',');
	}
	rc = 0;
out:
	json_decref(part);
	og_buf_release(&text);
	return rc;
}

static int body_text(struct og_frame *frame, const json_t *body, struct og_buf *out,
		     struct og_err *err)
{
	og_buf_addc(out, '{');
	if (members(body, -1, out, err) < 0)
		return -1;
	og_buf_adds(out, "\"changes\":");
	if (og_frame_changes(frame, out, err) < 0 || members(body, 1, out, err) < 0)
		return -1;
	og_buf_addc(out, '}');
	return og_buf_check(out, "ledger entry", err);
}

static int append(struct og_frame *frame, const struct og_record *record, const json_t *body,
		  struct og_receipt *ret, struct og_err *err)
{
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, 2 * OG_CHANGES_MAX);
	if (body_text(frame, body, &text, err) == 0)
		rc = og_ledger_append(frame->ledger, record, text.data, text.len, ret, err);
	og_buf_release(&text);
	return rc;
}

/* The entry is the intent to tell a store elsewhere what it changed. */
static int append_intent(struct og_frame *frame, const struct og_record *record, const json_t *body,
			 json_t *remote, struct og_receipt *ret, struct og_err *err)
{
	json_t *whole = json_copy((json_t *)(uintptr_t)body);
	int rc = -1;

	if (!whole || json_object_set(whole, "remote", remote) < 0)
		og_fail_nomem(err);
	else if (append(frame, record, whole, ret, err) == 0)
		rc = og_outbox_number(frame->db, ret->seq, err);
	frame->due = rc == 0;
	json_decref(whole);
	return rc;
}

int og_frame_record(struct og_frame *frame, const struct og_record *record, const json_t *body,
		    struct og_receipt *ret, struct og_err *err)
{
	json_t *remote = NULL;
	int rc;

	if (frame->elsewhere && og_outbox_intents(frame->db, &remote, err) < 0)
		return -1;
	rc = remote ? append_intent(frame, record, body, remote, ret, err)
		    : append(frame, record, body, ret, err);
	json_decref(remote);
	return rc;
}

void og_frame_next(struct og_frame *frame)
{
	og_rowlog_start(frame->rowlog);
}

int og_frame_commit(struct og_frame *frame, int sync, struct og_err *err)
{
	int rc;

	og_rowlog_stop(frame->rowlog);
	rc = og_db_commit(frame->db, err);
	if (frame->writing)
		leave(frame);
	frame->writing = 0;
	if (rc < 0)
		return -1;
	return sync ? og_db_sync(frame->db, err) : 0;
}

void og_frame_abort(struct og_frame *frame)
{
	int writing = frame->writing;

	if (writing) {
		og_rowlog_stop(frame->rowlog);
		frame->due = 0;
	}
	frame->writing = 0;
	og_db_rollback(frame->db);
	if (writing)
		leave(frame);
}
