/*
 * How every program prints records: tasks, skills, policies, sessions,
 * entries. A program says which fields its records have; this decides, by
 * options that all of them share, what becomes of a record:
 *
 *	--json             the record on one line, "v":1, whole or absent
 *	--format TEMPLATE  "{id} {state}\n": fields by name, \n \t \\ \{
 *	--null             the first field, or the template, and a NUL
 *	(none)             a table: on a terminal with a header, fitted to its
 *	                   width, states in colour; into a pipe without a header,
 *	                   and nothing is cut
 *
 * Values are made safe to look at everywhere but in --json, which has its
 * own escapes, and with --null into a file or a pipe, where they stand as
 * they are (omnigate(7)). A table is printed at the end; the other forms
 * record by record. Not for rows of business tables, whose columns are not
 * ours: see og_print_row().
 */
#ifndef OG_CMD_OUT_H
#define OG_CMD_OUT_H

#include "cmd/og-print.h"

/* For a program's table of options. */
#define OG_OUT_OPTIONS                                                                             \
	{ "json", 0, OG_OPT_FLAG, NULL, "one JSON object per line" },                              \
		{ "format", 0, OG_OPT_VALUE, "TEMPLATE", "fields by name, as in '{a} {b}\\n'" },   \
	{                                                                                          \
		"null", '0', OG_OPT_FLAG, NULL,                                                    \
			"end each with a NUL: the first field, or --format"                        \
	}

enum og_field_kind {
	OG_FIELD_TEXT,
	OG_FIELD_STATE, /* coloured by og_tone_of() */
	OG_FIELD_KEY,	/* what other commands are told: never cut */
	OG_FIELD_TIME,	/* a time; left out where a terminal is narrow */
	OG_FIELD_SUM,	/* money, as text: at the right, and never cut */
};

/* Appends the field's value as one line of text, which need not be safe. */
typedef int og_field_fn(const json_t *record, struct og_buf *out, struct og_err *err);

struct og_field {
	const char *name;   /* in templates; the record's member. NULL ends a table */
	const char *column; /* its title, "" for none; NULL: not in the table */
	enum og_field_kind kind;
	og_field_fn *write; /* NULL: the member as it is */
};

/* What a record is for a person where it fills more than a row. */
typedef int og_record_fn(const json_t *record, int color, struct og_err *err);

struct og_out;

/* A template that names no field of these is OG_EUSAGE, with the nearest
 * one and all there are; so are two forms at once. fields is borrowed. text
 * prints a record instead of a row of a table; NULL: a table. */
int og_out_new(const struct og_ctx *ctx, const struct og_args *args, const struct og_field *fields,
	       og_record_fn *text, struct og_out **ret, struct og_err *err);
void og_out_free(struct og_out *out);

/* The record is borrowed, and kept until the end where it is for a table. */
int og_out_add(struct og_out *out, json_t *record, struct og_err *err);
/* Once, at the end. */
int og_out_end(struct og_out *out, struct og_err *err);

/* All of a list in one call. */
int og_out_list(const struct og_ctx *ctx, const struct og_args *args, const struct og_field *fields,
		const json_t *list, struct og_err *err);

#endif
