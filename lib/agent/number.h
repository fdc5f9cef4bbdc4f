/*
 * Numbers as people write them, for whoever has to know whether two texts
 * speak of the same one: 1,299.00 and 1.299,00 and 1 299 and their like in
 * the digits of other scripts.
 */
#ifndef OG_AGENT_NUMBER_H
#define OG_AGENT_NUMBER_H

#include <stddef.h>

#include "lib/base/buf.h"

#define OG_NUMBER_MAX 64 /* characters of one; longer ones mean nothing */

/* A comma or a point may be either: one number can have two readings. */
struct og_reading {
	double value; /* never negative: a sign is no part of it */
	int decimals; /* as it is written */
};

/* Appends text (valid UTF-8) with its digits as ASCII has them, its thin and
 * fixed spaces as spaces, its minus and apostrophe as ASCII's, and a dash
 * with a space on each side: nobody writes around who reads this. */
void og_number_plain(const char *text, struct og_buf *out);

/* The end of what begins at text[at]: digits, and points, commas and
 * apostrophes between digits. at when there is no digit. */
size_t og_number_end(const char *text, size_t at);

/* All that such a run can mean: 0 to 2 readings. Groups have three digits,
 * and of two kinds of separators the last is the decimal one. */
size_t og_number_readings(const char *text, size_t len, struct og_reading ret[2]);

#endif
