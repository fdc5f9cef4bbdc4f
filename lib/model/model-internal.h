/*
 * Shared inside lib/model. An answer is put together in a draft: each
 * dialect finds its parts, the draft judges and keeps them.
 */
#ifndef OG_MODEL_INTERNAL_H
#define OG_MODEL_INTERNAL_H

#include "lib/model/model.h"

/* --- model.c: turns of a conversation -------------------------------------- */

/* What a turn is; of a model's without raw nothing can be sent. -1: it is no
 * turn as model.h has them, which is our fault (OG_EBUG). */
enum og_said { OG_SAID_USER, OG_SAID_TOOL, OG_SAID_MODEL, OG_SAID_NOTHING };
int og_model_said(const json_t *turn, struct og_err *err);
/* The conversation is not as model.h has it. Always -1, OG_EBUG. */
int og_model_bug(const char *what, struct og_err *err);

/* --- answer.c ----------------------------------------------------------- */

struct og_draft {
	json_t *raw;	    /* owned; NULL: none */
	struct og_buf text; /* what the model said to people */
	json_t *calls;
	json_t *usage; /* owned; NULL: not told */
	const char *stop;
	char why[256];
	const json_t *model, *id; /* borrowed strings, or NULL */
};

int og_draft_init(struct og_draft *draft, struct og_err *err);
void og_draft_release(struct og_draft *draft);
void og_draft_stop(struct og_draft *draft, const char *stop, const char *why);
/* Appends a string; another value says nothing. */
int og_draft_text(struct og_draft *draft, const json_t *text, struct og_err *err);

/* A call as it was found: name any value, id a string or NULL, arguments an
 * object when there is no problem (""). The draft turns malformed when the
 * name is none or there are too many. */
struct og_draft_call {
	const json_t *name, *id;
	json_t *arguments; /* borrowed */
	char problem[256];
};
int og_draft_call(struct og_draft *draft, const struct og_draft_call *call, struct og_err *err);
/* Sets the problem of a call whose arguments cannot be kept. */
void og_draft_judge(struct og_draft_call *call);
/* Counts that are not whole, negative or absurd make it unknown. */
int og_draft_usage(struct og_draft *draft, int64_t input, int64_t cached, int64_t output,
		   struct og_err *err);
/* The answer as a new object. */
int og_draft_done(struct og_draft *draft, json_t **ret, struct og_err *err);

/* A count of an object: 0 when absent or null, -1 when it is no count. */
int64_t og_model_count(const json_t *of, const char *key);
/* OG_EDATA with the message of an error that stands where an answer should. */
int og_model_error_in(const json_t *response, struct og_err *err);
/* A new reference to a borrowed value; NULL for NULL. */
json_t *og_model_share(const json_t *value);

/* --- stream.c ------------------------------------------------------------ */

struct og_events {
	const char *at, *end;
	int done; /* "[DONE]" was there */
};
/* The next event, a new object: 1, or 0 when there are no more. */
int og_events_next(struct og_events *events, json_t **ret, struct og_err *err);

/* --- the dialects ------------------------------------------------------------ */

int og_gemini_request(const struct og_model_talk *talk, json_t **ret, struct og_err *err);
/* Appends "models/NAME" or, if it has a slash, NAME, fit for a path. */
void og_gemini_path(const struct og_model *model, struct og_buf *url);
int og_gemini_read(json_t *response, json_t **ret, struct og_err *err);
/* The events of a stream as the one answer they are pieces of. */
int og_gemini_merge(struct og_events *events, json_t **ret, struct og_err *err);

int og_openai_request(const struct og_model *model, const struct og_model_talk *talk, json_t **ret,
		      struct og_err *err);
int og_openai_read(json_t *response, json_t **ret, struct og_err *err);
int og_openai_merge(struct og_events *events, json_t **ret, struct og_err *err);

#endif
