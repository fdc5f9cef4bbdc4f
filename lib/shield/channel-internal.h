/*
 * What the files of the channel's server side share: an open instance, a
 * conversation, and one request on its way through.
 */
#ifndef OG_SHIELD_CHANNEL_INTERNAL_H
#define OG_SHIELD_CHANNEL_INTERNAL_H

#include <stdint.h>

#include "lib/access/access.h"
#include "lib/conf/conf.h"
#include "lib/policy/store.h"
#include "lib/proc/channel.h"
#include "lib/shield/channel.h"
#include "lib/shield/frame.h"
#include "lib/shield/tasks.h"
#include "lib/skill/match.h"
#include "lib/skill/store.h"
#include "lib/telemetry/telemetry.h"
#include "lib/vector/vector.h"

struct og_gates;
struct og_neo4j;
struct og_net;
struct og_qdrant;

/* Stores elsewhere (elsewhere.h), by enum og_store. */
#define OG_INSTANCE_MAX 32

struct og_elsewhere {
	int on[2];
	struct og_net *net[2];	       /* borrowed; NULL: it cannot be asked from here */
	struct og_neo4j *graph, *find; /* to tell it, and to ask it while somebody waits */
	struct og_qdrant *vectors;
	char instance[OG_INSTANCE_MAX + 1]; /* what stores know us by */
	int door; /* whoever passes it may tell a store; 0: there is none */
};

struct og_shield {
	const struct og_conf *conf;
	struct og_db *db;
	struct og_frame frame;
	struct og_tasks *tasks;
	struct og_access *access;
	struct og_elsewhere elsewhere;
	struct og_graph *graph;
	struct og_policies *policies;
	struct og_gates *gates;
	struct og_matcher *matcher; /* NULL, or built at matcher_epoch */
	int64_t matcher_epoch;
	int to_learn;	   /* it counts sentences and could do better, learned.h */
	json_t *governors; /* skill -> nodes that bind it, at governors_epoch */
	int64_t governors_epoch;
	struct og_vectors *embeddings;
	json_t *skill_texts; /* what is embedded of skills, at skill_texts_epoch, or NULL */
	int64_t skill_texts_epoch;
	json_t *skills;			/* hash -> what og_graph_get gave; versions never change */
	struct og_telemetry *telemetry; /* borrowed; NULL: off */
	json_t *prices, *own_prices;	/* tables of what models cost, or NULL (spend.h) */
};

enum og_talk_state { OG_TALK_NEW = 1, OG_TALK_CHALLENGED = 2, OG_TALK_SESSION = 4 };

#define OG_APPLICATION_ID 1330071860 /* of erp.db, share/schema/system.sql */

#define OG_SESSION_PREFIX "og-session-v1\n" /* before the nonce, in what is signed */
#define OG_NONCE_LEN	  64		    /* hexadecimal digits */
#define OG_AGENT_MAX	  64

struct og_conversation {
	struct og_shield *shield;
	enum og_talk_state state;
	int over;
	char agent[OG_AGENT_MAX + 1]; /* who began a task here last, for the ledger */
	json_t *reserved;	      /* for embeddings, not settled yet; or NULL */
	json_t *agents; /* task -> who works on it here, of those not ended; or NULL */
	char nonce[OG_NONCE_LEN + 1];
	int64_t who; /* id of the session's principal, in SESSION */
	int by_key;  /* signed in with this key, not by a password */
	unsigned char pubkey[OG_KEY_PUBLIC];
};

/* What kind of no: it decides verdict, code, and whether the ledger hears of it. */
enum og_refusal {
	OG_REFUSAL_NONE, /* judged by the error's code */
	OG_DENY,	 /* deny, on the ledger */
	OG_DENY_QUIET,	 /* deny, of nothing anybody could want to look up */
	OG_CONFLICT,
	OG_STALE, /* conflict, on the ledger */
	OG_BUDGET,
	OG_WAIT, /* not no, but not yet; what there is to say of it is on the ledger already */
	OG_UNSUPPORTED,
};

#define OG_RULE_MAX	64
#define OG_ACT_NAME_MAX 32

struct og_request {
	struct og_conversation *talk;
	struct og_shield *shield;
	const json_t *body;
	json_t *reply; /* members of an ok reply */
	json_t *extra; /* members added to a refusal, or NULL */

	struct og_principal who; /* valid when known */
	int known;
	struct og_task_row task; /* valid when has_task */
	int has_task;
	char node[OG_SKILL_NAME_MAX + 16]; /* "skill@hash12", or "" */
	const char *step;		   /* or NULL */
	char act[OG_ACT_NAME_MAX];	   /* "call-N" when it is one (acts.h), else "" */
	json_t *approval;		   /* that was used up for it, for its entry, or NULL */

	enum og_refusal refusal;
	char rule[OG_RULE_MAX];

	/* Of a numbered request (calls.h): when it was made, what it is known
	 * by, and the reply on record when it was made before. */
	int numbered;
	int aside;	 /* it is made outside the frame of its record */
	int turned_back; /* the task, when it was made */
	int64_t call;
	char call_digest[OG_HASH_HEX + 1];
	char at[OG_TIME_LEN + 1];
	json_t *recorded;
};

/* How every handler of a numbered verb ends: puts the request's record
 * (calls.h) into the open frame, if it has a number, and commits that. The
 * reply must be complete by then. */
int og_request_commit(struct og_request *rq, int sync, struct og_err *err);

/* Marks the request as refused. Always -1. */
int og_refuse(struct og_request *rq, enum og_refusal kind, const char *rule, struct og_err *err,
	      const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Of a refusal about a name: the nearest of those that whoever may ask this
 * may list anyway, as its hint. When they cannot be listed there is none.
 * Always -1. */
typedef int og_list_fn(struct og_access *access, json_t **ret, struct og_err *err);
int og_hint_listed(const struct og_request *rq, og_list_fn *list, const char *name,
		   struct og_err *err);

/* Not yet: refuses with verdict "wait", and tells how long there is to wait
 * at the most. extra (taken, may be NULL) goes into the reply. Always -1. */
int og_refuse_wait(struct og_request *rq, const char *rule, int64_t until_ms, json_t *extra,
		   struct og_err *err);

/* Who a request acts as. _task demands a task with the right epoch and
 * cares neither for its state nor for whether its principal is active; _running demands that it
 * still runs. Inside a frame what they find cannot change any more. */
int og_request_session(struct og_request *rq, struct og_err *err);
int og_request_task(struct og_request *rq, struct og_err *err);
int og_request_either(struct og_request *rq, int late, struct og_err *err);
int og_request_running(struct og_request *rq, struct og_err *err);
/* The task's principal may still act: what is more than to take back what
 * was done, and to end. */
int og_request_active(struct og_request *rq, struct og_err *err);
int og_request_right(struct og_request *rq, const char *right, struct og_err *err);

/* How many of a list were asked for: fallback unless 'limit' says, 1 to max. */
int og_request_limit(const struct og_request *rq, int64_t fallback, int64_t max, size_t *ret,
		     struct og_err *err);
/* Takes found (may be NULL: out of memory) and its members over into the reply. */
int og_request_take(struct og_request *rq, json_t *found, struct og_err *err);

/* Who works on the request's task, as its task.begin here said. */
const char *og_request_agent(const struct og_request *rq);

/* The ledger's view of a request; strings are borrowed from it. */
void og_request_record(struct og_request *rq, const char *action, struct og_record *ret);
/* verbs-task.c: fills rq->reply as task.begin does. */
int og_task_describe(struct og_request *rq, const struct og_task_row *task, struct og_err *err);
/* Notes a new entry in the task's row, inside the frame. */
int og_request_entry(struct og_request *rq, int64_t seq, struct og_err *err);
/* Writes a refusal to the ledger, if it is of the kind that belongs there,
 * and to the records of numbered requests. Only where a record that is due
 * cannot be made is it another error afterwards. */
void og_request_refused(struct og_request *rq, struct og_err *err);
/* An error's text as JSON, which may hold broken UTF-8 of its subject. */
json_t *og_request_text(const char *text);
json_t *og_request_head(const json_t *body, int ok);
json_t *og_request_reply(struct og_request *rq, int rc, const struct og_err *err);
void og_request_release(struct og_request *rq);

/* channel-tell.c: telemetry of a request; verb NULL when it was illegal. */
void og_request_tell_begin(struct og_request *rq, struct og_span *span);
void og_request_tell_end(struct og_request *rq, struct og_span *span, const char *verb,
			 const json_t *reply);

/* A version of a skill, as og_graph_get gives it; borrowed, good until the
 * next call. NULL with OG_NO when there is none. */
const json_t *og_shield_skill(struct og_shield *shield, const char *name, const char *hash,
			      struct og_err *err);

/* Appends one entry about the open frame, notes it in the task's row and
 * puts its number into the reply. body may be NULL: out of memory. */
int og_request_write_entry(struct og_request *rq, const char *action, const json_t *body,
			   struct og_err *err);

/* The same without the reply. Both name the approval that was used up. */
int og_request_note(struct og_request *rq, const char *action, const json_t *body,
		    struct og_err *err);

int og_conversation_broken(struct og_conversation *talk, struct og_err *err, json_t **ret);

/* verbs-session.c: " ddl grant ", the rights of a principal, to
 * ["ddl","grant"]. New reference. */
json_t *og_rights_list(const char *words);

#endif
