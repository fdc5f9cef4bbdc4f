/*
 * Inside lib/agent: the tools of a model. One constant table says what each
 * is called, what it takes and when it is offered; the schemas that a model
 * is sent and the check of what it sends back are both made of that table.
 *
 * A tool has an output or an error, and both are for the model to read: an
 * error is {"rule","why","fix"}, its own mistakes and the shield's refusals
 * alike. What comes from the database or from documents stands below
 * "untrusted_data", bounded, with characters that cannot be seen made
 * visible; nothing in it can end the JSON string it stands in.
 */
#ifndef OG_AGENT_TOOLS_H
#define OG_AGENT_TOOLS_H

#include "lib/agent/thinking.h"

/* What a model is shown, in bytes but for rows and skills. */
#define OG_SHOW_ROWS	   50  /* of a set; all that were read are kept */
#define OG_SHOW_CELL	   500 /* of a value */
#define OG_SHOW_DATA	   12000
#define OG_SHOW_DOCUMENT   8000 /* of a skill's text */
#define OG_SHOW_PASSAGE	   800
#define OG_READ_ROWS	   1000		      /* that one read takes */
#define OG_SETS_MAX	   64		      /* that a task keeps */
#define OG_BRIEF_MAX	   ((size_t)24 << 10) /* the system prompt */
#define OG_BRIEF_SKILLS	   4
#define OG_BRIEF_PASSAGES  5
#define OG_ANSWER_MAX	   8000
#define OG_MODEL_VIEW_MAX  ((size_t)32 << 10)
#define OG_MODEL_SKILL_MAX ((size_t)64 << 10)
#define OG_QUESTION_MAX	   1000

struct og_tool;

/* What a call of a tool came to: one of the two, new references. */
struct og_acted {
	const struct og_tool *tool; /* that was called */
	json_t *output, *error;
	int over; /* the task has its end */
};

enum og_arg_type {
	OG_ARG_TEXT,
	OG_ARG_INTEGER,
	OG_ARG_CHOICE, /* one of words */
	OG_ARG_TEXTS,  /* a list of strings */
	OG_ARG_VALUES, /* an object: name to null, string, number, boolean */
	OG_ARG_OBJECT, /* any object */
};

struct og_arg {
	const char *name; /* NULL ends a list */
	enum og_arg_type type;
	int required;
	const char *about;
	const char *const *words;
};

/* What has to be so for a tool to be offered. */
#define OG_NEEDS_TABLES	  1u /* a table to read */
#define OG_NEEDS_WRITES	  2u /* og.conf lets models write, and a table to write to */
#define OG_NEEDS_DDL	  4u /* so too, and the right */
#define OG_NEEDS_SKILL	  8u
#define OG_NEEDS_POLICY	  16u
#define OG_NEEDS_APPROVAL 32u /* one of the four before */
#define OG_ENDS		  64u /* it ends the task: offered in the last turn, too */

/* OG_TURN_REFUSED does not occur. */
typedef enum og_turn og_tool_fn(struct og_thinking *t, const json_t *args, struct og_acted *ret);
/* Of a tool that writes: the request it becomes. *ret NULL: *ret_error says
 * why there is none. -1: this worker cannot go on. */
typedef int og_tool_make_fn(struct og_thinking *t, const json_t *args, json_t **ret,
			    json_t **ret_error);

struct og_tool {
	const char *name; /* NULL ends the table */
	unsigned needs;
	const char *about;
	const struct og_arg *args;
	og_tool_fn *run;
	const char *verb; /* of a tool that writes, or NULL */
	og_tool_make_fn *make;
};

extern const struct og_tool og_tools[];
/* NULL for none of that name. */
const struct og_tool *og_tool_find(const char *name);
int og_tool_offered(const struct og_thinking *t, const struct og_tool *tool);
/* Does the skill that the task runs, and the prose it reads, allow it? That
 * narrows what is offered, from then on. */
int og_tool_allowed(const struct og_thinking *t, const struct og_tool *tool);
/* It was called and is not offered. What the principal may not is no other
 * thing because it was not offered: an answer after it does not make it done. */
void og_tool_forbidden(struct og_thinking *t, const char *name);
/* The JSON Schema of its arguments. New reference. */
json_t *og_tool_schema(const struct og_tool *tool);
/* Holds arguments against it: NULL, or the error. */
json_t *og_tool_check(const struct og_tool *tool, const json_t *args);

/* {"rule","why","fix"}; fix may be NULL. New reference. */
json_t *og_tool_error(const char *rule, const char *fix, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same from a reply of the shield; step NULL or what was refused. */
json_t *og_tool_refused(const json_t *reply, const char *step);

/* The tools, by file. */
og_tool_fn og_tool_search_skills, og_tool_get_skill, og_tool_search_policies, og_tool_read,
	og_tool_query;			   /* think-look.c */
og_tool_fn og_tool_run_step;		   /* think-step.c */
og_tool_fn og_tool_act, og_tool_approval;  /* think-write.c */
og_tool_fn og_tool_ask_user, og_tool_stop; /* think-write.c, think-finish.c */
og_tool_fn og_tool_end;
og_tool_make_fn og_make_write, og_make_ddl, og_make_skill, og_make_policy;

/* --- think-data.c: what a model gets to see ------------------------------------ */

/* text, made visible and cut to max bytes with a word how much is left out.
 * New reference. */
json_t *og_show_text(const char *text, size_t len, size_t max);
/* A value of a cell, or an object of such. */
json_t *og_show_value(const json_t *value);
/* Keeps rows (array of flat objects) under a name. */
int og_sets_keep(struct og_thinking *t, const char *name, json_t *rows);
/* {"untrusted_data":{"sets":{NAME:{"columns","rows"}}},"rows":{NAME:N},
 * "notice"?} of sets, name to rows. columns: the order of columns where it
 * is known, else NULL. New reference. */
json_t *og_show_sets(const json_t *sets, const json_t *columns);
/* The key (from 1) of a passage: it is noted when it is a new one. 0 without
 * memory. */
size_t og_passage_key(struct og_thinking *t, const json_t *passage);
/* [{"key":"P1","policy","title","source","line","text"}]. */
json_t *og_show_passages(struct og_thinking *t, const json_t *passages);
/* A text in which numbers of the answer may stand; NULL is none. */
void og_source_text(struct og_thinking *t, const char *text);
void og_source_json(struct og_thinking *t, const json_t *value);
/* "E12" of a reply with "seq", noted; 1 when there is one. */
int og_entry_note(struct og_thinking *t, const json_t *reply, json_t *output);
/* Names of an object's members in a fixed order. New reference. */
json_t *og_sorted_keys(const json_t *object);
/* "a, b, c" of an array of strings, at most max bytes. New reference. */
json_t *og_names_joined(const json_t *names, size_t max);

/* The document of a skill, as the principal may see it, asked for once a
 * task: *ret {"skill","hash"}, borrowed, or NULL with *ret_error. */
enum og_turn og_skill_doc(struct og_thinking *t, const char *name, const json_t **ret,
			  json_t **ret_error);
/* "reads; requires: MESSAGE; writes; can be taken back" of a step. Appends. */
void og_step_does(const json_t *step, struct og_buf *out);

/* think-step.c: what one or more replies of steps came to. */
struct og_steps {
	json_t *rows;	   /* sets: name -> rows */
	json_t *citations; /* of them */
	json_t *done;	   /* [{"step","affected"?,"entry"?}] */
	json_t *vars;	   /* after the last */
};
int og_steps_init(struct og_steps *steps);
void og_steps_release(struct og_steps *steps);
/* Takes a reply (of step.run, query.run) in: sets, sources, citations, the
 * skill's answer and its view hints are kept for the end. */
int og_steps_take(struct og_thinking *t, struct og_steps *steps, const json_t *reply);
/* What the model gets to see of them. New reference. */
json_t *og_steps_show(struct og_thinking *t, const struct og_steps *steps);
/* The names of the steps that the skill of the task has left. New reference. */
json_t *og_steps_left(const struct og_thinking *t);
/* Nothing good came after that refusal: NULL takes it away. */
void og_think_refusal(struct og_thinking *t, const json_t *reply);

/* --- think-finish.c and what it asks ------------------------------------------------ */

/* think-numbers.c: the numbers of text that nothing supports that was read,
 * as they stand there: a new array, empty when all is well; NULL without
 * memory. cited: passages whose numbers count, too. */
json_t *og_numbers_unsupported(const struct og_thinking *t, const json_t *cited, const char *text);

/* think-view.c: judges a view: 0, or -1 with what is wrong and where. data:
 * the row sets it may bind to. */
int og_view_judge(const struct og_thinking *t, const json_t *cited, const json_t *data,
		  const char *jsx, struct og_err *err);

/* --- think-brief.c: the system prompt ----------------------------------------------- */

struct og_brief {
	const char *principal, *role, *date;
	int64_t clearance;
	const char *sentence;
	const json_t *tables;	/* of the schema */
	const json_t *match;	/* of skill.match, or NULL */
	const json_t *skills;	/* [{"skill","hash"}], best first */
	const json_t *passages; /* noted: P1 is the first */
	int writes;		/* tools that write are among the offered */
};

/* Appends at most OG_BRIEF_MAX bytes. The same data gives the same text. */
int og_brief_write(const struct og_brief *brief, struct og_buf *out, struct og_err *err);

#endif
