/*
 * The instance: finding it, and its og.conf (og.conf(5)).
 *
 * An instance is a directory .omnigate, found like .git by walking up from
 * the current directory, or named by --home or $OG_HOME (which name either
 * the .omnigate directory or its parent). One that belongs to another user
 * is taken when it is named, never when it is only come across.
 */
#ifndef OG_CONF_CONF_H
#define OG_CONF_CONF_H

#include <stdint.h>

#include <stddef.h>

#include "lib/base/err.h"

#define OG_FORMAT 3 /* of erp.db; whoever opens that refuses another one */

struct og_conf {
	char *home;    /* absolute path of .omnigate */
	char *erp;     /* home/erp.db */
	char *base;    /* home/base.db */
	char *keys;    /* home/keys */
	char *run;     /* home/run */
	char *renders; /* home/renders */
	/* og.conf's keys with their defaults filled in, and OG_<KEY> applied */
	char *queue;   /* "sqlite:queue.db" */
	char *graph;   /* "sqlite:" */
	char *vectors; /* "sqlite:" */
	/* for a graph or vectors elsewhere: a file with the secret, mode 0600
	 * (Neo4j: USER:PASSWORD, or a token alone; Qdrant: the API key), and one
	 * of certificates to trust; "none" */
	char *graph_key, *graph_ca, *vectors_key, *vectors_ca;
	char *model;		 /* "skill:" */
	char *embed;		 /* "none" */
	char *telemetry;	 /* "off" */
	char *telemetry_content; /* "off": may content be told? */
	char *telemetry_token;	 /* file with a bearer token for the receiver, or "none" */
	char *shield;		 /* "local:" */
	/* files with what the queue's server wants, mode 0600; "none" */
	char *queue_password, *queue_ca, *queue_cert, *queue_key;
	char *http;    /* services that http steps may call: "NAME=URL ...", or "none" */
	char *http_ca; /* file of certificates to trust for them, or "none" */
	/* reasoning with a model */
	char *model_key;     /* file with its secret; "none": from the environment */
	char *model_headers; /* more secrets it wants: "NAME=FILE ...", or "none" */
	char *model_ca;	     /* file of certificates to trust for it, or "none" */
	char *model_price;   /* "IN OUT [CACHED]", USD per million tokens; "none": the table */
	char *model_stream;  /* "off": are answers streamed? */
	char *model_writes;  /* "granted": direct writes; or "approved", or "none" */
	char *fallback;	     /* "none": what plans when the model cannot; or "skill" */
	long model_seconds;  /* for one answer, default 120 */
	long model_output;   /* tokens of one answer at most, default 4096 */
	long model_patience; /* seconds a task waits for a throttled model, default 600 */
	char *embed_key, *embed_price; /* likewise */
	long embed_dimension;	       /* 0: the model's own */
	/* what models may cost; tokens 0 and cost "0": no limit. Those of a
	 * principal, a skill and all are for a day (UTC). */
	long task_tokens, principal_tokens, skill_tokens, day_tokens;
	char *task_cost, *principal_cost, *skill_cost, *day_cost; /* USD, "1.00" */
	char *ask; /* "wait": a task asks back for what its sentence leaves open; or "fail" */
	/* limits of a task */
	long max_steps;	   /* step_limit, default 50 */
	long max_repeats;  /* repeat_limit, default 3 */
	long task_seconds; /* task_seconds, default 300 */
	/* running it */
	char *services; /* what og up starts, in this order: "worker" */
	char *broker_command, *graph_command, *vectors_command; /* or "none" */
	char *serve;	    /* where og-serve listens: "127.0.0.1:8420" */
	long jobs;	    /* of the worker that og up starts, default 1 */
	long ready_seconds; /* for a service to get ready, default 60 */
	long queue_limit;   /* tasks that may wait, default 1,000,000; 0: no limit */
	long dead_days;	    /* how long a dead letter is kept, default 30 */
};

/* hint: --home's value or NULL. env: reads the environment. OG_ECONF when
 * there is no instance or og.conf has an error (file:line, nearest key as
 * hint); OG_EPERM when the one that was found is another user's. */
int og_conf_load(const char *hint, const char *(*env)(const char *), struct og_conf **ret,
		 struct og_err *err);
void og_conf_free(struct og_conf *conf);
/* Is the database elsewhere? 1 when there is none here and the shield is
 * not one of our own. */
int og_conf_remote(const struct og_conf *conf);

/* OG_ECONF when a database of this format is not ours to open; the hint
 * says what to do with an older one. */
int og_format_check(const char *path, int64_t format, struct og_err *err);

#define OG_STORE_NAME_MAX 255

/* A service of `http`. */
#define OG_HTTP_SERVICES_MAX 32
struct og_http_service {
	char name[33];
	char url[1024]; /* http or https, without user, query and fragment */
};

/* The i-th one: 1, 0 when there are not so many, -1 OG_ECONF (not after
 * og_conf_load(), which has looked at them all). */
int og_conf_http(const struct og_conf *conf, size_t i, struct og_http_service *ret,
		 struct og_err *err);

/* Where a store elsewhere is, as `graph` or `vectors` say:
 * neo4j+http://127.0.0.1:7474/neo4j, qdrant+https://host/COLLECTION. */
enum og_store { OG_STORE_GRAPH, OG_STORE_VECTORS };
struct og_store_place {
	const char *kind;		  /* "neo4j", "qdrant" */
	const char *key, *ca;		  /* files, relative to home or absolute; or "none" */
	char origin[1024];		  /* "http://127.0.0.1:7474" */
	char name[OG_STORE_NAME_MAX + 1]; /* of the database or the collection */
};

/* 1; 0 when it is embedded; -1 OG_ECONF when the URL is none of these. */
int og_conf_store(const struct og_conf *conf, enum og_store which, struct og_store_place *ret,
		  struct og_err *err);

/* A header of `model_headers`: its name and the file with its secret. */
#define OG_MODEL_HEADERS_MAX 8
struct og_model_header {
	char name[65];
	char file[1024]; /* relative to home, or absolute */
};

/* The i-th one: 1, 0 when there are not so many, -1 OG_ECONF (not after
 * og_conf_load()). */
int og_conf_model_header(const struct og_conf *conf, size_t i, struct og_model_header *ret,
			 struct og_err *err);

/* The path of the i-th file that og.conf names as a secret's: 1 with a heap
 * string, 0 when there are not so many, -1. What lies in keys and secrets
 * without a line of og.conf is not among them. */
int og_conf_secret(const struct og_conf *conf, size_t i, char **ret, struct og_err *err);

/* Path of a principal's key file: keys/NAME.key. Heap string. The name is
 * checked: [a-z][a-z0-9_-]{0,31}. */
int og_conf_key_path(const struct og_conf *conf, const char *principal, char **ret,
		     struct og_err *err);
int og_principal_name_valid(const char *name);

/* Paths of our own installation, relative to the executable's directory:
 * share: exe/../share/omnigate/REST; program: exe/NAME; libexec:
 * exe/../libexec/omnigate/NAME (NAME NULL: the directory). Heap strings. */
char *og_share_path(const char *exe_dir, const char *rest);
char *og_program_path(const char *exe_dir, const char *name);
char *og_libexec_path(const char *exe_dir, const char *name);

#endif
