/*
 * The envelope: every intent as one signed record (og-envelope(5)). It is
 * canonical JSON (RFC 8785), signed with Ed25519 by its principal; whoever
 * carries it needs no trust. Parsing expects hostile bytes.
 */
#ifndef OG_TASK_ENVELOPE_H
#define OG_TASK_ENVELOPE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/hash/hash.h"
#include "lib/json/json.h"

#define OG_ENVELOPE_MAX	     ((size_t)128 << 10)
#define OG_TASK_TEXT_MAX     ((size_t)64 << 10)
#define OG_TASK_KEY_MAX	     200
#define OG_TASK_NOTE_MAX     1000
#define OG_ANSWER_VALUES     64 /* of one answer */
#define OG_PROPOSAL_NAME_MAX 100

/* A parsed envelope. Strings are borrowed from json, which it owns. */
struct og_envelope {
	json_t *json; /* the whole record */
	const char *id, *kind, *principal;
	const char *text;     /* kind task: the sentence, or NULL */
	const json_t *action; /* kind task: {"skill","params"} or a proposal, or NULL */
	const char *task;     /* other kinds: the task they are about, or NULL */
	const char *key;      /* idempotency key, or NULL */
	const char *digest;   /* kinds approve, answer: of what is approved or asked, or NULL */
	const json_t *values; /* kind answer: {"answer":TEXT}, or names and values; or NULL */
	const char *state;    /* kinds approve, resolve: what is said, or NULL */
	const char *note;     /* a person's words with it, or NULL */
	const char *trace;    /* W3C traceparent, or NULL */
	const char *submitted, *expires;
	int64_t submitted_ms, expires_ms; /* not to be begun after expires */
	int64_t not_before_ms;		  /* not to be begun before; 0: at once */
	int64_t deadline_ms;		  /* no step is begun after it; 0: none */
	unsigned char sig[OG_SIGNATURE];
	char hash[OG_HASH_HEX + 1]; /* SHA-256 of the canonical record without "sig" */
};

/* What a new envelope of kind "task" (or another) is made from. */
struct og_envelope_draft {
	const char *kind; /* "task" */
	const char *principal;
	const char *text;		    /* or NULL */
	const char *skill;		    /* an action instead of a text, or NULL */
	const json_t *params;		    /* of the action, or NULL */
	const char *task;		    /* of other kinds, or NULL */
	const char *key;		    /* or NULL */
	int64_t lifetime_ms;		    /* until it expires, from now or from not_before_ms */
	int64_t not_before_ms, deadline_ms; /* wall clock; 0: none */
	const char *trace;		    /* W3C traceparent, or NULL */
	const char *ask;		    /* kind task: "fail": it asks nothing back; or NULL */
	const json_t *more; /* members of other kinds (digest, values, state, note), or the
			     * action of a proposal; or NULL */
};

/* Makes id and times, checks everything og_envelope_parse checks, signs,
 * and appends the canonical record. ret_id receives the id. */
int og_envelope_make(const struct og_envelope_draft *draft, const unsigned char seed[OG_KEY_SEED],
		     struct og_buf *out, char ret_id[OG_UUID_LEN + 1], struct og_err *err);

/* Strict: known keys only, types, sizes, times, ids; expires after
 * submitted. Does not judge signature or clock. OG_EDATA. */
int og_envelope_parse(const char *text, size_t len, struct og_envelope *ret, struct og_err *err);
/* The same from JSON already parsed; takes a reference of its own. */
int og_envelope_from_json(json_t *json, struct og_envelope *ret, struct og_err *err);
void og_envelope_release(struct og_envelope *envelope);

/* Is this a W3C traceparent, "00-32 hex-16 hex-2 hex"? */
int og_trace_valid(const char *trace);

/* OG_EPERM when the signature is not the key's. */
int og_envelope_verify(const struct og_envelope *envelope, const unsigned char pub[OG_KEY_PUBLIC],
		       struct og_err *err);

#endif
