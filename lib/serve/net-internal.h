/* Shared by net.c (connections) and doors.c (where they come in). */
#ifndef OG_SERVE_NET_INTERNAL_H
#define OG_SERVE_NET_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/proc/socket.h"
#include "lib/serve/serve-internal.h"

#define OG_DOORS_MAX 8

struct og_door_way {
	struct og_net *net;
	int fd;
	struct og_socket sock; /* of a unix socket */
	struct og_watch *watch;
	char host[OG_ADDRESS_MAX];  /* "127.0.0.1:8420", or "" */
	char local[OG_ADDRESS_MAX]; /* "localhost:8420", or "" */
	char port[8];
	char url[160];
};

struct og_net {
	struct og_serve *serve;
	struct MHD_Daemon *daemon;
	struct og_watch *watch;
	struct og_conn *conns;
	int n;
	int kick; /* something waits for the daemon's next turn */
	int stopping;
	struct og_timer *tick, *pause;
	char accepting[OG_ADDRESS_MAX]; /* whom we are letting in */
	struct og_door_way doors[OG_DOORS_MAX];
	size_t n_doors;
};

void og_net_accept(void *arg, uint32_t events);
void og_net_close_doors(struct og_net *net);

#endif
