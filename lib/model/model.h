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
#define OG_MODEL_STREAM_MAX                                                                        \
	((size_t)32 << 20)     /* and of a stream's events, with all their wrapping */
#define OG_MODEL_CALLS_MAX 32  /* calls in one turn; more are malformed */
#define OG_MODEL_DEPTH	   40  /* nesting of an answer that is kept; deeper is malformed */
#define OG_MODEL_NAME_MAX  128 /* bytes of a tool's name */
#define OG_MODEL_ID_MAX	   256 /* bytes of a call's id */

enum og_model_dialect { OG_MODEL_GEMINI, OG_MODEL_OPENAI };

/* "gemini:MODEL", "gemini:URL#MODEL", "openai:URL#MODEL" of og.conf. The URL
 * is what paths are put behind: https or http, without user, query and
 * fragment. http is permitted to any host, as models of the house are often
 * reached so; whoever writes it sends the secret in the clear. MODEL may
 * have slashes and colons ("models/gemini-x", "qwen2.5:7b"). */
struct og_model {
	enum og_model_dialect dialect;
	char name[1200]; /* as it was written: for records and prices */
	char url[1024];	 /* base, without a slash at its end */
	char model[129];
};

/* OG_ECONF says what is wrong, with an example as hint. */
int og_model_parse(const char *text, struct og_model *ret, struct og_err *err);

/* What a server was found not to know; kept by the caller between calls.
 * One that is set already and is named by a refusal again does not help. An
 * answer whose usage has more output than was permitted comes from a server
 * that overlooked the limit (Ollama knows only the old name of it): set
 * OG_QUIRK_MAX_TOKENS then. */
#define OG_QUIRK_MAX_TOKENS	1u  /* wants max_tokens, not max_completion_tokens */
#define OG_QUIRK_NO_USAGE	2u  /* refuses stream_options */
#define OG_QUIRK_NO_PARALLEL	4u  /* refuses parallel_tool_calls */
#define OG_QUIRK_NO_TASK_TYPE	8u  /* embeddings: refuses taskType */
#define OG_QUIRK_NO_TEMPERATURE 16u /* refuses a temperature of 0 */
#define OG_QUIRK_NO_STRICT	32u /* refuses strict schemas of tools */

/* A conversation so far, borrowed. tools: [{"name","description",
 * "parameters":SCHEMA}]. turns: objects, each one of
 *   {"role":"user","text"}
 *   {"role":"model","raw"}, raw from an answer below
 *   {"role":"tool","results":[{"id"?,"name","output"} or
 *    {"id"?,"name","error":{"rule","why","fix"}}]}
 * the results in the order of the calls of the turn before. A model turn
 * whose raw is null is left out, and user turns that meet become one, since
 * some servers demand that roles alternate. */
struct og_model_talk {
	const char *system;
	const json_t *tools;
	const json_t *turns;
	const char *choice; /* "auto" (NULL), "none", or the name of the one tool to call */
	long max_output;    /* tokens */
	int stream;
	unsigned quirks;
};

/* The body of the request, a new reference that shares what it is made of,
 * and where to post it, appended to url. Printed canonically the same
 * conversation is the same bytes. OG_EBUG when talk is not as above. */
int og_model_request(const struct og_model *model, const struct og_model_talk *talk, json_t **ret,
		     struct og_err *err);
int og_model_url(const struct og_model *model, int stream, struct og_buf *url, struct og_err *err);

/* The most tokens that text, a request's body, can come to, for a
 * reservation: one per digit (vocabularies of Gemini and Llama have no
 * longer ones), three per character of four bytes, one per two other bytes,
 * and a constant for what providers put around a conversation and its tools.
 * Measured with the vocabularies of GPT-4 and GPT-4o: 3.2 to 4.6 bytes a
 * token in prose, skills and schemas, 2.5 in rows of JSON, 1.7 in digests,
 * 2.6 and more in Chinese, Russian and Arabic; rows of numbers, digit by
 * digit, 1.1 to 1.9. Half the bytes would be too few for those. */
int64_t og_model_tokens_most(const char *text, size_t len);

/* Reads the body of an answer with status 200: a new object
 *   {"raw":OBJECT or null, "text":TEXT, "calls":[{"id"?,"name","arguments":OBJECT}
 *    or {"id"?,"name","problem":TEXT}], "stop":STOP, "why"?:TEXT,
 *    "usage":{"input","cached","output"} or null, "model"?:TEXT, "id"?:TEXT}
 * It survives being printed and read again: numbers are within what
 * og_json_canon() keeps, it is at most OG_MODEL_DEPTH deep, text and
 * arguments hold no NUL.
 *
 * STOP is end (with calls, too), length, refused, blocked (the prompt was),
 * malformed (the turn cannot be used) or other; why has the provider's own
 * word, or what is malformed, and is not safe to print. With refused,
 * blocked and malformed there are no calls and raw is null; it is null too
 * when the model said nothing.
 * usage null: not told, which is not 0. input includes cached, output
 * includes what was thought. Thoughts are not part of text.
 *
 * id: the provider's. OpenAI: always there; one that is missing or comes
 * twice is made here, and stands in raw too. Arguments that are no object of
 * JSON are a problem, and stand in raw as {"unreadable":TEXT}: Ollama,
 * llama.cpp and vLLM refuse a conversation with others in it.
 *
 * -1 OG_EDATA when it is no answer at all: what is wrong, or the message of
 * an error that came with status 200. */
int og_model_answer(const struct og_model *model, const char *body, size_t len, json_t **ret,
		    struct og_err *err);

/* The same from a stream: text is the data of its events one after the other, each
 * followed by a newline. A stream that ends before the model did is OG_EDATA,
 * as is an error in the middle of it. */
int og_model_streamed(const struct og_model *model, const char *text, size_t len, json_t **ret,
		      struct og_err *err);

/* What an answer with another status says. */
enum og_model_fault {
	OG_FAULT_THROTTLED, /* come again after retry_ms (0: it does not say) */
	OG_FAULT_QUOTA,	    /* 429 or 402: nothing left, waiting does not help */
	OG_FAULT_DOWN,	    /* 5xx */
	OG_FAULT_KEY,	    /* 401, 403: the secret is missing, wrong or not enough */
	OG_FAULT_TOO_LONG,  /* the conversation is longer than the model takes */
	OG_FAULT_QUIRK,	    /* ask again with quirk set */
	OG_FAULT_REQUEST,   /* any other 4xx: ours to mend */
};
struct og_model_refusal {
	enum og_model_fault fault;
	unsigned quirk;	  /* with OG_FAULT_QUIRK */
	int64_t retry_ms; /* as the body has it; a header may say more */
	char why[256];	  /* safe to print: the status and the provider's message */
};
/* "throttled", "quota", "down", "key", "too-long", "quirk", "request" */
const char *og_model_fault_name(enum og_model_fault fault);
void og_model_refused(const struct og_model *model, int status, const char *body, size_t len,
		      struct og_model_refusal *ret);

#define OG_EMBED_TEXTS_MAX     100 /* in one request */
#define OG_EMBED_DIMENSION_MAX 8192
#define OG_EMBED_ANSWER_MAX    ((size_t)32 << 20)

/* Embeddings of texts (array of strings, not empty). task "document" or
 * "query", which only Gemini is told; dimension 0: the model's own. */
int og_embed_request(const struct og_model *model, const json_t *texts, const char *task,
		     long dimension, unsigned quirks, json_t **ret, struct og_err *err);
int og_embed_url(const struct og_model *model, struct og_buf *url, struct og_err *err);
/* n vectors one after the other, each of *ret_dimension floats and of length
 * 1, in the order of the texts. *ret_vectors is heap; ret_tokens -1 when the
 * usage is not told. OG_EDATA when they are not n, not of one dimension, or
 * one has no direction. */
int og_embed_answer(const struct og_model *model, const char *body, size_t len, size_t n,
		    float **ret_vectors, size_t *ret_dimension, int64_t *ret_tokens,
		    struct og_err *err);

#endif
