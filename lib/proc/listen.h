/*
 * A listener: accepts connections on a socket and gives each a process of
 * its own. It reads nothing of what a peer sends, so no peer can hold it
 * up; it sleeps without a timer until somebody comes or a process ends.
 *
 * A process that listens must have one thread. SIGTERM, SIGINT and SIGCHLD
 * are blocked in it and in what it forks, as in a crew (crew.h): a stop is
 * passed on, and each process ends when what it is doing is done; one that
 * does not is killed after OG_CREW_STOP_MS. If the listener itself is
 * killed, the kernel ends its processes.
 */
#ifndef OG_PROC_LISTEN_H
#define OG_PROC_LISTEN_H

#include "lib/base/err.h"
#include "lib/json/json.h"
#include "lib/proc/socket.h"

#define OG_LISTEN_MAX 1024

enum og_listen_event {
	OG_LISTEN_ACCEPTED,
	OG_LISTEN_FULL,	    /* refused: as many as there may be */
	OG_LISTEN_STRANGER, /* refused: not admitted */
	OG_LISTEN_TROUBLE,  /* refused: the system has no process for it */
	OG_LISTEN_ENDED,    /* its process ended; status as of a shell */
};

struct og_listening {
	int fd;	 /* of an og_socket */
	int max; /* connections at a time, 1 to OG_LISTEN_MAX */
	/* Serves the connection, in a process of its own; stop_fd is readable
	 * when it should come to an end. Its result is the exit status. */
	int (*serve)(void *arg, int fd, int stop_fd);
	/* May they? Asked before anything else. */
	int (*admit)(void *arg, const struct og_peer *peer);
	/* Told of everything; serving: how many there are now. */
	void (*tell)(void *arg, enum og_listen_event event, const struct og_peer *peer, int status,
		     int serving);
	void *arg;
};

/* Until SIGTERM or SIGINT. A connection that is refused gets one line, a
 * reply to no request (og-channel(5)), and is closed. */
int og_listen_run(const struct og_listening *listening, struct og_err *err);

#endif
