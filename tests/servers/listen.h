/*
 * Where a server of the tests listens: on the loopback alone, at a port of
 * its own unless one is asked for, which it prints.
 */
#ifndef OG_TESTS_SERVERS_LISTEN_H
#define OG_TESTS_SERVERS_LISTEN_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* port 0: any. Ends the program, called so, when it cannot. */
static inline int listen_at(unsigned port, const char *called)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 256) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0) {
		perror(called);
		exit(1);
	}
	printf("%u\n", (unsigned)ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

#endif
