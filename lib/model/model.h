/*
 * Language models: what is said to one and what it answers, in the dialects
 * of Gemini (REST, v1beta) and of servers that speak OpenAI's protocol
 * (chat completions, embeddings). Pure: it makes the body of a request and
 * reads the body of an answer. Who sends it, who pays for it and what is
 * done with the answer is decided elsewhere; a secret never gets here.
 *
 * Answers are hostile text. They are parsed strictly and bounded; what is
 * wrong with a part of one (arguments that are no JSON) is said with that
 * part, so that the model can be told, and never stops the program.
 *
 * A turn of the model is kept as the provider gave it ("raw") and sent back
 * unchanged: Gemini refuses a turn whose thoughtSignature is missing.
 */
#ifndef OG_MODEL_MODEL_H
#define OG_MODEL_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_MODEL_ANSWER_MAX ((size_t)4 << 20) /* bytes of an answer's body */
#define OG_MODEL_CALLS_MAX  32		      /* calls in one turn; more are malformed */

enum og_model_dialect { OG_MODEL_GEMINI, OG_MODEL_OPENAI };

/* "gemini:MODEL", "gemini:URL#MODEL", "openai:URL#MODEL" of og.conf. */
struct og_model {
	enum og_model_dialect dialect;
	char name[1200]; /* as it was written: for records and prices */
	char url[1024];	 /* base, without a slash at its end */
	char model[129];
};

/* OG_ECONF says what is wrong, with an example as hint. */
int og_model_parse(const char *text, struct og_model *ret, struct og_err *err);

/* What a server was found not to know; kept by the caller between calls. */
#define OG_QUIRK_MAX_TOKENS   1u /* wants max_tokens, not max_completion_tokens */
#define OG_QUIRK_NO_USAGE     2u /* refuses stream_options */
#define OG_QUIRK_NO_PARALLEL  4u /* refuses parallel_tool_calls */
#define OG_QUIRK_NO_TASK_TYPE 8u /* embeddings: refuses taskType */

/* A conversation so far, borrowed. tools: [{"name","description",
 * "parameters":SCHEMA}]. turns: objects, each one of
 *   {"role":"user","text"}
 *   {"role":"model","raw"}, raw from an answer below
 *   {"role":"tool","results":[{"id"?,"name","output"} or
 *    {"id"?,"name","error":{"rule","why","fix"}}]}
 * the results in the order of the calls of the turn before. */
struct og_model_talk {
	const char *system;
	const json_t *tools;
	const json_t *turns;
	const char *choice; /* "auto", "none", or the name of the one tool to call */
	long max_output;    /* tokens */
	int stream;
	unsigned quirks;
};

/* The body of the request, and where to post it. Canonical key order, so
 * that the same conversation is the same bytes. New reference. */
int og_model_request(const struct og_model *model, const struct og_model_talk *talk, json_t **ret,
		     struct og_err *err);
int og_model_url(const struct og_model *model, int stream, struct og_buf *url, struct og_err *err);

/* The most tokens a request of so many bytes can come to, for a reservation. */
int64_t og_model_tokens_most(size_t bytes);

/* Reads the body of an answer with status 200: a new object
 *   {"raw":..., "text":TEXT, "calls":[{"id"?,"name","arguments":OBJECT} or
 *    {"id"?,"name","problem":TEXT}], "stop":STOP, "why"?:TEXT,
 *    "usage":{"input","cached","output"} or null, "model"?:TEXT, "id"?:TEXT}
 * STOP is end (with calls, too), length, refused, blocked, malformed or
 * other; why has the provider's own word. input includes cached. -1 OG_EDATA
 * when it is no answer at all. */
int og_model_answer(const struct og_model *model, const char *body, size_t len, json_t **ret,
		    struct og_err *err);

/* The same from a stream: the data of its events one after the other, each
 * followed by a newline. */
int og_model_streamed(const struct og_model *model, const char *events, size_t len, json_t **ret,
		      struct og_err *err);

/* What an answer with another status says. */
enum og_model_fault {
	OG_FAULT_THROTTLED, /* come again after retry_ms (0: it does not say) */
	OG_FAULT_QUOTA,	    /* 429 too, but waiting does not help */
	OG_FAULT_DOWN,	    /* 5xx */
	OG_FAULT_KEY,	    /* 401, 403 */
	OG_FAULT_TOO_LONG,  /* the conversation is longer than the model takes */
	OG_FAULT_QUIRK,	    /* ask again with quirk set */
	OG_FAULT_REQUEST,   /* any other 4xx: ours to mend */
};
struct og_model_refusal {
	enum og_model_fault fault;
	unsigned quirk;
	int64_t retry_ms;
	char why[256]; /* safe to print */
};
const char *og_model_fault_name(enum og_model_fault fault);
void og_model_refused(const struct og_model *model, int status, const char *body, size_t len,
		      struct og_model_refusal *ret);

/* Embeddings of texts (array of strings). task "document" or "query";
 * dimension 0: the model's own. */
int og_embed_request(const struct og_model *model, const json_t *texts, const char *task,
		     long dimension, unsigned quirks, json_t **ret, struct og_err *err);
int og_embed_url(const struct og_model *model, struct og_buf *url, struct og_err *err);
/* n vectors one after the other, each of *ret_dimension floats and of length
 * 1, in the order of the texts. *ret_vectors is heap; ret_tokens -1 when the
 * usage is not told. */
int og_embed_answer(const struct og_model *model, const char *body, size_t len, size_t n,
		    float **ret_vectors, size_t *ret_dimension, int64_t *ret_tokens,
		    struct og_err *err);

#endif
