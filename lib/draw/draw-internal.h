/*
 * A sheet: the drawing laid out. Columns from left to right; an edge goes
 * from a column to one further right, through a bend in each column between.
 * Lines of a type to the same vertex share their bends.
 * Shared inside lib/draw.
 */
#ifndef OG_DRAW_DRAW_INTERNAL_H
#define OG_DRAW_DRAW_INTERNAL_H

#include "lib/draw/draw.h"

#define OG_BENDS_MAX 20000 /* edges beyond go straight */

struct og_vertex {
	const json_t *node; /* borrowed; NULL: a bend */
	int column;	    /* -1: no edges, it stands below the others */
	size_t rank;	    /* from the top of the column */
	double x, y, width, height, weight;
	const char *loop; /* type of a line to itself, or NULL */
	size_t next;	  /* of a bend: what stands right of it, a bend or the end */
};

struct og_line {
	size_t from, to; /* vertices, as it is drawn */
	const char *type;
	int back;	      /* it was turned round for the layout */
	size_t bend, n_bends; /* the first from the left, and how many */
	size_t twin;	      /* how many other lines between the two came before */
};

/* Between neighbouring columns, left to right. */
struct og_hop {
	size_t left, right;
};

struct og_sheet {
	struct og_vertex *v;
	size_t n, n_real; /* the real ones come first */
	struct og_line *lines;
	size_t n_lines;
	struct og_hop *hops;
	size_t n_hops;
	int columns;
	size_t *column; /* vertices by column and rank */
	size_t *starts; /* of each column in it; columns + 1 of them */
	double width, height;
};

/* 0, -1. The drawing must outlive the sheet. */
int og_sheet_make(const json_t *drawing, struct og_sheet *ret, struct og_err *err);
void og_sheet_release(struct og_sheet *sheet);

/* Its steps. columns.c: turns lines round where there are circles, gives
 * every vertex a column, and lines their bends. */
int og_sheet_columns(struct og_sheet *sheet, struct og_err *err);
/* order.c: the order in each column, so that few lines cross. */
int og_sheet_order(struct og_sheet *sheet, struct og_err *err);
/* place.c: coordinates. */
int og_sheet_place(struct og_sheet *sheet, struct og_err *err);

/* Text for XML: made visible, then escaped; cut to columns unless 0. */
void og_draw_escape(struct og_buf *buf, const char *text, size_t columns);
/* What is written on a node. */
const char *og_draw_label(const json_t *node);
#define OG_LABEL_COLUMNS 30

/* Appends a picture without the XML around it. */
int og_sheet_svg(const struct og_sheet *sheet, const json_t *drawing, struct og_buf *buf,
		 struct og_err *err);

#endif
