/*
 * The HTTP server as a program runs it: opened with its parts, bound to
 * addresses, run until SIGTERM, or used for one request of a CGI
 * environment. What handlers see is http.h.
 */
#ifndef OG_SERVE_SERVE_H
#define OG_SERVE_SERVE_H

#include "lib/base/err.h"
#include "lib/conf/conf.h"
#include "lib/serve/http.h"

#define OG_SERVE_STOP_MS 30000 /* for what runs to end, after SIGTERM */

/* Borrowed while the server lives. */
struct og_serve_setup {
	const struct og_conf *conf;
	const char *exe_dir, *version;
	const char *ssh;			  /* or NULL */
	const struct og_serve_part *const *parts; /* ends with NULL */
	const char *const *hosts;		  /* further names in Host, ends with NULL */
	int rate;				  /* requests per second of a session */
	int connections;			  /* at a time */
	int proxy;				  /* a web server with TLS is in front */
	int cgi;
	/* A line for the operator: what happened, or an access when is_access. */
	void (*tell)(void *arg, int is_access, const char *text);
	void *arg;
};

int og_serve_open(const struct og_serve_setup *setup, struct og_serve **ret, struct og_err *err);
void og_serve_close(struct og_serve *serve);

/* 1: an address that this machine alone reaches; 0: others do; OG_EUSAGE: it is none. */
int og_serve_is_near(const char *where, struct og_err *err);
/* "127.0.0.1:8420", "[::1]:0", "unix:PATH". OG_EUSAGE, OG_ETEMP (in use). */
int og_serve_listen(struct og_serve *serve, const char *where, struct og_err *err);
/* A listening socket that the service manager handed over. */
int og_serve_adopt(struct og_serve *serve, int fd, struct og_err *err);
/* The i-th address as a URL, "http://127.0.0.1:8420/"; NULL past the end. */
const char *og_serve_url(const struct og_serve *serve, size_t i);
/* Until SIGTERM or SIGINT, and then until what runs has ended. */
int og_serve_run(struct og_serve *serve, struct og_err *err);
/* The one request of a CGI environment. */
int og_serve_cgi(struct og_serve *serve, const char *(*env)(const char *name), int in, int out,
		 struct og_err *err);

#endif
