/*
 * What elsewhere.c and verbs-skill.c need of a graph elsewhere; each function
 * is that of elsewhere.h for this one store.
 */
#ifndef OG_SHIELD_ELSEWHERE_GRAPH_H
#define OG_SHIELD_ELSEWHERE_GRAPH_H

#include "lib/shield/channel-internal.h"

/* net is borrowed until close. */
int og_graph_elsewhere_open(struct og_shield *shield, struct og_net *net, struct og_err *err);
void og_graph_elsewhere_close(struct og_shield *shield);

int og_graph_elsewhere_look(struct og_shield *shield, json_t *seen, struct og_err *err);
int og_graph_elsewhere_setup(struct og_shield *shield, struct og_err *err);
int og_graph_elsewhere_put(struct og_shield *shield, const char *name, char hash[OG_HASH_HEX + 1],
			   struct og_err *err);
int og_graph_elsewhere_compare(struct og_shield *shield, size_t limit, json_t **ret,
			       int64_t *ret_same, struct og_err *err);

/* Asks it which skills the asker may see, and says in the reply how that
 * went; the list itself is the local one. */
int og_graph_elsewhere_ask(struct og_request *rq, struct og_err *err);

#endif
