/*
 * What the HTTP servers of the tests have in common: a request is read whole,
 * and each connection has a thread.
 */
#ifndef OG_TESTS_SERVERS_REQUESTS_H
#define OG_TESTS_SERVERS_REQUESTS_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"

/* 1: *ret_head and *ret_body are how many bytes each takes; 0: more is needed. */
static inline int request_whole(const struct og_buf *raw, size_t *ret_head, size_t *ret_body)
{
	const char *end = raw->len > 0 ? strstr(raw->data, "\r\n\r\n") : NULL, *length;

	if (!end)
		return 0;
	*ret_head = (size_t)(end - raw->data) + 4;
	length = strcasestr(raw->data, "\r\ncontent-length:");
	*ret_body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
	return raw->len >= *ret_head + *ret_body;
}

/* Whoever waits to be told so is told to go on. 0: there is no request. */
static inline int request_read(int fd, struct og_buf *raw, size_t *ret_head, size_t *ret_body)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	char piece[65536];
	int asked = 0;

	og_buf_clear(raw);
	while (!request_whole(raw, ret_head, ret_body)) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n <= 0 || og_buf_add(raw, piece, (size_t)n) < 0)
			return 0;
		if (!asked && strstr(raw->data, "\r\n\r\n") &&
		    strcasestr(raw->data, "\r\nexpect: 100-continue")) {
			asked = 1;
			if (og_write_all(fd, go_on, strlen(go_on)) < 0)
				return 0;
		}
	}
	return 1;
}

/* Gives every connection, as a number, to a serve of its own, for ever. */
static inline void serve_all(int fd, void *(*serve)(void *))
{
	for (;;) {
		int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		pthread_t thread;

		if (connection >= 0 &&
		    pthread_create(&thread, NULL, serve, (void *)(long)connection) == 0)
			pthread_detach(thread);
	}
}

#endif
