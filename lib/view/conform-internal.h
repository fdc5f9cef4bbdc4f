/*
 * Holding a view against the catalogue. What was written (a tree, or the
 * elements of JSX) goes in piece by piece, and what a drawer may rely on
 * comes out: known components and properties, values of the promised types,
 * bindings replaced by what they lead to. The first thing that is wrong
 * ends it, with its place.
 *
 * A binding is {"$":"/json/pointer"}. What it leads to is data: nothing in
 * it is a binding or a component again. A value that is bound as a whole
 * and of the wrong kind is refused like a written one; the members of a
 * bound list are not the view's doing, so one that does not fit is left out.
 */
#ifndef OG_VIEW_CONFORM_INTERNAL_H
#define OG_VIEW_CONFORM_INTERNAL_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/view/catalog.h"
#include "lib/view/view.h"

/* A member or an item that is stepped into; lives on the stack of whoever
 * steps, so that no path is written before one is told. */
struct og_step {
	const char *name; /* NULL: an item */
	size_t index;
	const struct og_step *up;
};

struct og_conform {
	const json_t *scope; /* {"data":..,"result":..}; NULL: bindings stay as they are */
	const char *text;    /* JSX: its text, at its place; NULL for a tree */
	size_t at;
	const struct og_step *step; /* where in the tree, or in a property of JSX */
	size_t nodes;		    /* made so far */
	struct og_err *err;
};

void og_conform_init(struct og_conform *c, const json_t *scope, struct og_err *err);

/* Fails with "view:LINE:COLUMN: ..." or "view:/pointer: ...". Returns -1. */
int og_conform_fail(struct og_conform *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Steps into a member (name), or an item (name NULL), and out again. After
 * an error nobody has to step out. */
void og_conform_enter(struct og_conform *c, struct og_step *step, const char *name, size_t index);
void og_conform_leave(struct og_conform *c, const struct og_step *step);

/* Is value a binding? Its pointer, or NULL. */
const char *og_binding(const json_t *value);
int og_conform_pointer(struct og_conform *c, const char *pointer);
/* What a pointer leads to in the scope (".length" of a list too). New
 * reference; null for nothing. */
json_t *og_conform_look_up(const struct og_conform *c, const char *pointer);
/* A written value of any shape with its bindings followed. New reference;
 * NULL with the error told. */
json_t *og_conform_resolved(struct og_conform *c, json_t *value);

/* Puts the property name of component into props; value is borrowed. */
int og_conform_prop(struct og_conform *c, const struct og_component *component, json_t *props,
		    const char *name, json_t *value);
/* Are the properties there that must be? Judged when all stand. */
int og_conform_required(struct og_conform *c, const struct og_component *component,
			const json_t *props);

/* An empty node, counted. New reference, NULL when failed. name: its "id", or NULL. */
json_t *og_conform_node(struct og_conform *c, const struct og_component *component, const char *id);
/* Gives node a child that is a text or a binding. */
int og_conform_text_child(struct og_conform *c, const struct og_component *component, json_t *node,
			  json_t *value);
/* Gives node a child that is a node (taken). */
int og_conform_child(struct og_conform *c, const struct og_component *component, json_t *node,
		     json_t *child);

/* Fails with "there is no component ..." and a hint. */
int og_conform_unknown(struct og_conform *c, const char *name);

/* The tree that a written tree stands for. New reference. */
int og_conform_tree(const json_t *tree, const json_t *scope, json_t **ret, struct og_err *err);

#endif
