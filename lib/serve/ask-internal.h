/*
 * Shared by ask.c (who asks, and how long) and ask-line.c (a conversation).
 *
 * A desk has its conversations in a list. A question belongs to one from the
 * moment it is put there until it is answered, once: with what the shield
 * said, or with why it did not.
 */
#ifndef OG_SERVE_ASK_INTERNAL_H
#define OG_SERVE_ASK_INTERNAL_H

#include "lib/proc/link.h"
#include "lib/serve/serve-internal.h"

/* The question that is not sent: what the shield said when it signed in. */
#define OG_WHO "who"

struct og_question {
	struct og_question *next;
	json_t *request; /* NULL once it is sent */
	char *verb;
	og_answer_fn *answer;
	void *arg;
	int64_t deadline;
};

enum og_line_stage { OG_LINE_FRESH, OG_LINE_NONCE, OG_LINE_SIGNED, OG_LINE_OPEN };

struct og_line {
	struct og_desk *desk;
	struct og_line *next;
	char principal[33]; /* "": the one for passwords */
	struct og_link *link;
	struct og_watch *in, *out;
	enum og_line_stage stage;
	json_t *who; /* the shield's answer to our signature */
	struct og_question *first, *last;
	int n;
	int64_t used;
	int turning; /* it is being worked on: it ends later */
	int ended;
};

/* Ended, but the child is not reaped yet. */
struct og_farewell {
	struct og_farewell *next;
	struct og_link *link;
};

struct og_desk {
	struct og_serve *serve;
	struct og_line *lines;
	int n;
	struct og_farewell *gone;
	struct og_timer *timer;
	char *shield;
};

/* Answers q and frees it. reply NULL: err says why. */
void og_question_answer(struct og_question *q, const json_t *reply, const struct og_err *err);

/* Starts the shield for a line that is in its desk's list, and signs in. A
 * line that failed is for og_line_end(). */
int og_line_connect(struct og_line *line, struct og_err *err);
/* Sends what waits, where the line is signed in already; signing in sends it
 * too. May end the line by what an answer does. */
int og_line_send(struct og_line *line, struct og_err *err);
/* Takes it out of the list, answers what waits with err, and frees it, or
 * leaves that to whoever is working on it. */
void og_line_end(struct og_line *line, const struct og_err *err);

#endif
