/*
 * Requests per second that a server answers on 127.0.0.1, over connections
 * that are kept, one request at a time on each.
 *
 *	http PORT CONNECTIONS SECONDS PATH [RATE [HEADER]]
 *
 * RATE: so many a second in all, spread evenly, instead of as many as it
 * takes. Prints {"rps","median_us","p99_us","max_us","not_200"} as JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define CONNECTIONS_MAX 256
#define SLOTS		200000 /* microseconds; longer ones count as that */

struct client {
	int fd;
	int64_t sent; /* 0: idle */
	char in[65536];
	size_t len;
};

struct run {
	struct client clients[CONNECTIONS_MAX];
	long n;
	char request[4096];
	size_t request_len;
	long times[SLOTS + 1];
	long answers, bad;
	int64_t max;
};

static int die(const char *what)
{
	perror(what);
	exit(71);
}

static int connect_to(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return die("connect");
	return fd;
}

static void ask(struct run *run, struct client *client)
{
	client->sent = og_mono_us();
	if (send(client->fd, run->request, run->request_len, MSG_NOSIGNAL) !=
	    (ssize_t)run->request_len)
		die("send");
}

/* The length of a whole answer at the start of the buffer, or 0. */
static size_t whole(struct client *client)
{
	const char *head, *length;
	size_t size;

	client->in[client->len] = '\0';
	head = strstr(client->in, "\r\n\r\n");
	length = strstr(client->in, "Content-Length: ");
	if (!head || !length || length > head)
		return 0;
	size = (size_t)(head + 4 - client->in) + (size_t)strtol(length + 16, NULL, 10);
	return client->len >= size ? size : 0;
}

static void count(struct run *run, const struct client *client)
{
	int64_t took = og_mono_us() - client->sent;

	run->answers++;
	run->bad += strncmp(client->in, "HTTP/1.1 200", 12) != 0;
	run->times[took < SLOTS ? took : SLOTS]++;
	if (took > run->max)
		run->max = took;
}

/* 1 when an answer is complete. */
static int hear(struct run *run, struct client *client)
{
	ssize_t n =
		recv(client->fd, client->in + client->len, sizeof(client->in) - client->len - 1, 0);

	if (n <= 0)
		die("recv");
	client->len += (size_t)n;
	if (!whole(client))
		return 0;
	count(run, client);
	client->len = 0;
	client->sent = 0;
	return 1;
}

static long quantile(const struct run *run, double share)
{
	long seen = 0;

	for (long i = 0; i <= SLOTS; i++) {
		seen += run->times[i];
		if ((double)seen >= share * (double)run->answers)
			return i;
	}
	return SLOTS;
}

/* With a rate: starts what is due by now. */
static void start_due(struct run *run, long rate, int64_t begun, long *asked)
{
	long due = (long)((double)(og_mono_us() - begun) * (double)rate / 1e6);

	for (long i = 0; i < run->n && *asked < due; i++)
		if (!run->clients[i].sent) {
			ask(run, &run->clients[i]);
			++*asked;
		}
}

static void go(struct run *run, int epoll, long seconds, long rate)
{
	int64_t begun = og_mono_us(), end = begun + seconds * 1000000;
	struct epoll_event events[64];
	long asked = 0;

	for (long i = 0; !rate && i < run->n; i++)
		ask(run, &run->clients[i]);
	while (og_mono_us() < end) {
		int n;

		if (rate)
			start_due(run, rate, begun, &asked);
		n = epoll_wait(epoll, events, 64, rate ? 1 : 100);
		for (int i = 0; i < n; i++)
			if (hear(run, events[i].data.ptr) && !rate)
				ask(run, events[i].data.ptr);
	}
	printf("{\"rps\":%lld,\"median_us\":%ld,\"p99_us\":%ld,\"max_us\":%lld,\"not_200\":%ld}\n",
	       (long long)(run->answers * 1000000 / (og_mono_us() - begun)), quantile(run, 0.5),
	       quantile(run, 0.99), (long long)run->max, run->bad);
}

int main(int argc, char **argv)
{
	struct run *run = calloc(1, sizeof(*run));
	int epoll = epoll_create1(0), port;

	if (!run || argc < 5)
		return 64;
	port = (int)strtol(argv[1], NULL, 10);
	run->n = strtol(argv[2], NULL, 10);
	if (run->n < 1 || run->n > CONNECTIONS_MAX)
		return 64;
	run->request_len =
		(size_t)snprintf(run->request, sizeof(run->request),
				 "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s%s\r\n", argv[4], port,
				 argc > 6 ? argv[6] : "", argc > 6 ? "\r\n" : "");
	for (long i = 0; i < run->n; i++) {
		struct epoll_event event = { EPOLLIN, { .ptr = &run->clients[i] } };

		run->clients[i].fd = connect_to(port);
		epoll_ctl(epoll, EPOLL_CTL_ADD, run->clients[i].fd, &event);
	}
	go(run, epoll, strtol(argv[3], NULL, 10), argc > 5 ? strtol(argv[5], NULL, 10) : 0);
	free(run);
	return 0;
}
