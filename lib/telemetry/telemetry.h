/*
 * Telemetry of a process: spans, measurements and log records, told to the
 * collector of the instance (og-otlp(8)) and to nobody else.
 *
 * Telling must never cost the work anything that matters. Records are
 * written into a buffer of this process and sent in one datagram over
 * run/telemetry.sock, without ever waiting: with no collector, or one that
 * is full or stopped, the buffer fills, then records are dropped and
 * counted, and the count is told when somebody listens again. A process
 * that is killed loses what it had not sent, a fifth of a second's worth.
 *
 * Off is a NULL handle. Every call takes one; a span that was begun with
 * one costs a branch, and no clock, memory or system call.
 *
 * What may be told: names of skills, steps, verbs, rules and services,
 * states, counts and times. A sentence, a statement, a parameter and a
 * value of a row are content. Content is given to calls named _content
 * only, which drop it unless the instance says telemetry_content = on.
 *
 * Identifiers and propagation are W3C Trace Context: "00-TRACE-SPAN-01".
 * The sampled flag is passed on and not judged.
 */
#ifndef OG_TELEMETRY_TELEMETRY_H
#define OG_TELEMETRY_TELEMETRY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/telemetry/names.h"

#define OG_TELEMETRY_SOCKET "telemetry.sock" /* in run/ */
#define OG_TELEMETRY_LATE   "telemetry.late" /* in run/: told before anybody listened */
#define OG_DATAGRAM_MAX	    ((size_t)32 << 10)
#define OG_LATE_MAX	    ((size_t)256 << 10)
#define OG_CONTEXT_LEN	    55 /* of a traceparent */

struct og_telemetry;

/* How a process tells; strings are borrowed during open. */
struct og_telemetry_place {
	const char *setting; /* og.conf's telemetry */
	const char *run;     /* the instance's run directory */
	const char *program; /* "og-worker" */
	const char *version;
	int content; /* og.conf's telemetry_content */
	/* For processes that may end before a collector starts: what nobody
	 * takes is left in run/telemetry.late, up to OG_LATE_MAX. */
	int late;
};

/* *ret is NULL when the setting is "off". A handle belongs to one process:
 * open it after fork(2). Needs no collector to be there;
 * one that comes later, or anew, is found. Open it before authority is
 * given up: it makes a socket. OG_ECONF for a setting that is none. */
int og_telemetry_open(const struct og_telemetry_place *place, struct og_telemetry **ret,
		      struct og_err *err);
void og_telemetry_close(struct og_telemetry *to); /* flushes; NULL is fine */

/* Sends what is buffered, if anybody takes it. At the end of a piece of
 * work, and before a long wait. */
void og_telemetry_flush(struct og_telemetry *to);
/* Records dropped so far. */
int64_t og_telemetry_dropped(const struct og_telemetry *to);

/* What a setting says. */
enum og_telemetry_sink { OG_SINK_OFF, OG_SINK_FILE, OG_SINK_OTLP };
/* ret_target (may be NULL): the path or URL, inside setting. OG_ECONF. */
int og_telemetry_setting(const char *setting, enum og_telemetry_sink *ret, const char **ret_target,
			 struct og_err *err);

/* --- attributes ----------------------------------------------------------- */

enum og_value { OG_VALUE_STR, OG_VALUE_INT, OG_VALUE_BOOL };

struct og_attr {
	const char *key; /* of names.h */
	enum og_value type;
	const char *text; /* OG_VALUE_STR; NULL: the attribute is left out */
	int64_t number;	  /* the other types */
};

#define OG_STR(key, text)                                                                          \
	{                                                                                          \
		key, OG_VALUE_STR, text, 0                                                         \
	}
#define OG_INT(key, number)                                                                        \
	{                                                                                          \
		key, OG_VALUE_INT, NULL, number                                                    \
	}

/* --- spans ---------------------------------------------------------------- */

enum og_span_kind { OG_INTERNAL = 1, OG_SERVER, OG_CLIENT, OG_PRODUCER, OG_CONSUMER };
enum og_span_status { OG_SPAN_UNSET, OG_SPAN_OK, OG_SPAN_ERROR };

#define OG_SPAN_ATTRS	16
#define OG_SPAN_EVENTS	8
#define OG_SPAN_TEXT	1536 /* bytes for the texts of one span */
#define OG_SPAN_VALUE	256  /* of one text; longer ones are cut */
#define OG_SPAN_SUBJECT 80

/* A span in the making, on its owner's stack. What does not fit is counted
 * in the record (droppedAttributesCount, droppedEventsCount). */
struct og_span {
	struct og_telemetry *to; /* NULL: off, and nothing else is set */
	const char *name;
	char subject[OG_SPAN_SUBJECT]; /* "" or what follows the name */
	enum og_span_kind kind;
	enum og_span_status status;
	char context[OG_CONTEXT_LEN + 1]; /* this span's own traceparent */
	char parent[17];		  /* "" for a root */
	int64_t started_ns, mono_us;
	int n_attrs, n_events, lost_attrs, lost_events;
	size_t used;
	struct og_attr attrs[OG_SPAN_ATTRS];
	struct {
		const char *name;
		int64_t at_ns;
		struct og_attr attr; /* key NULL: none */
	} events[OG_SPAN_EVENTS];
	const char *message; /* of the status, or NULL */
	char text[OG_SPAN_TEXT];
};

/* parent: a traceparent, or NULL for a new trace; one that is malformed
 * counts as none. name is borrowed until the end. */
void og_span_begin(struct og_span *span, struct og_telemetry *to, enum og_span_kind kind,
		   const char *name, const char *parent);
/* Begun earlier than it could be told (wall clock, ms; never later than now). */
void og_span_since(struct og_span *span, int64_t ms);
void og_span_subject(struct og_span *span, const char *subject);
/* Texts are copied; NULL leaves the attribute out. */
void og_span_str(struct og_span *span, const char *key, const char *text);
void og_span_int(struct og_span *span, const char *key, int64_t number);
void og_span_bool(struct og_span *span, const char *key, int yes);
/* key may be NULL. */
void og_span_event(struct og_span *span, const char *name, const char *key, const char *text);
/* An attribute that is content. */
void og_span_content(struct og_span *span, const char *key, const char *text);
/* word: one of our own words that says why, or NULL; content: what may say
 * more, or NULL. The last call counts. */
void og_span_status(struct og_span *span, enum og_span_status status, const char *word,
		    const char *content);
/* Tells the span. To be called once; it is off from then on. */
void og_span_end(struct og_span *span);

/* The span's traceparent, or fallback when it is off. */
const char *og_span_context(const struct og_span *span, const char *fallback);
/* Microseconds since it was begun; 0 when off. */
int64_t og_span_us(const struct og_span *span);

/* A traceparent for a task that came without one: the trace is named after
 * the task, so that whoever delivers it again finds the same one. task: a
 * UUID. Its span id is zero, which og_span_begin() takes as "a root". */
void og_trace_of_task(const char *task, char ret[OG_CONTEXT_LEN + 1]);

/* --- measurements and log records ------------------------------------------ */

/* Adds to a counter, sets a gauge, or puts a value into a histogram. */
void og_measure(struct og_telemetry *to, enum og_metric metric, double value,
		const struct og_attr *attrs, size_t n);

enum og_severity { OG_INFO = 9, OG_WARN = 13, OG_ERROR = 17 };

struct og_log {
	enum og_severity severity;
	const char *body;    /* no content */
	const char *content; /* stands instead of it where content may be told; or NULL */
	const char *context; /* the traceparent it belongs to, or NULL */
};

void og_tell(struct og_telemetry *to, const struct og_log *log, const struct og_attr *attrs,
	     size_t n);

#endif
