/*
 * What a program linked without shared libraries (make STATIC=1) has in
 * place of the parts of the C library that load some at run time: glibc
 * looks up names and users through plug-ins, which have to be those of the
 * very version it was linked with, and a program that is moved to another
 * machine would find others there. The linker's --wrap gives whoever calls
 * NAME the __wrap_NAME of this file, so that none of that is linked.
 *
 * Who needs a name looked up asks getent(1), which is the machine's own.
 * Code is loaded by nobody: SQLite's extensions are never asked for, and here
 * they cannot be.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/proc/proc.h"

/* The names are the linker's (--wrap), the shapes those of the C library.
 * NOLINTBEGIN(clang-diagnostic-reserved-identifier,readability-non-const-parameter)
 */
void __wrap_freeaddrinfo(struct addrinfo *list);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
		       struct addrinfo **ret);
struct passwd *__wrap_getpwnam(const char *name);
void *__wrap_dlopen(const char *path, int flags);

#define GETENT	   "/usr/bin/getent"
#define GETENT_MS  5000
#define ANSWER_MAX ((size_t)65536)
#define PLACES_MAX 32

/* An address is freed with what it points at. */
struct place {
	struct addrinfo info;
	struct sockaddr_storage where;
};

/* What getent says of a key: 1 it is in out, 0 it knows nothing of it. */
static int ask(const char *database, const char *key, struct og_buf *out)
{
	const char *argv[] = { GETENT, "--", database, key, NULL };
	int status = 0;

	return og_child_run(argv, "", 0, og_deadline(GETENT_MS), out, &status, NULL) == 0 &&
	       status == 0 && out->len > 0;
}

static int set_where(struct place *place, const char *host, in_port_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&place->where;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&place->where;

	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = port;
		place->info.ai_addrlen = sizeof(*v4);
	} else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = port;
		place->info.ai_addrlen = sizeof(*v6);
	} else {
		return 0;
	}
	return 1;
}

/* Appends an address, as text, to a list; what is none is left out. */
static int add_place(const char *host, in_port_t port, const struct addrinfo *hints,
		     struct addrinfo **end)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return EAI_MEMORY;
	if (!set_where(place, host, port) || (hints && hints->ai_family != AF_UNSPEC &&
					      hints->ai_family != (int)place->where.ss_family)) {
		free(place);
		return EAI_NONAME;
	}
	place->info.ai_family = place->where.ss_family;
	place->info.ai_socktype = hints ? hints->ai_socktype : 0;
	place->info.ai_protocol = hints ? hints->ai_protocol : 0;
	place->info.ai_addr = (struct sockaddr *)&place->where;
	*end = &place->info;
	return 0;
}

/* Lines of "ADDRESS STREAM NAME", one for each kind of socket. */
static int named(const char *host, in_port_t port, const struct addrinfo *hints,
		 struct addrinfo **ret)
{
	struct og_buf text;
	struct addrinfo **end = ret;
	char *line, *rest;
	int rc = EAI_NONAME, n = 0;

	og_buf_init(&text, ANSWER_MAX);
	rest = ask("ahosts", host, &text) ? text.data : NULL;
	while (n < PLACES_MAX && (line = strsep(&rest, "\n"))) {
		char *address = strsep(&line, " ");

		if (!line || !strstr(line, "STREAM"))
			continue;
		rc = add_place(address, port, hints, end);
		if (rc == EAI_MEMORY)
			break;
		if (rc == 0) {
			end = &(*end)->ai_next;
			n++;
		}
	}
	og_buf_release(&text);
	if (rc != EAI_MEMORY)
		return n > 0 ? 0 : EAI_NONAME;
	__wrap_freeaddrinfo(*ret);
	return rc;
}

/* A service is a number here: whoever asks has written one. */
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
		       struct addrinfo **ret)
{
	int64_t port = 0;
	int rc;

	*ret = NULL;
	if (service && og_int_parse(service, 0, 65535, "port", &port, NULL) < 0)
		return EAI_SERVICE;
	if (!host)
		return EAI_NONAME;
	rc = add_place(host, htons((uint16_t)port), hints, ret);
	return rc == EAI_NONAME ? named(host, htons((uint16_t)port), hints, ret) : rc;
}

void __wrap_freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;

		free(list);
		list = next;
	}
}

/* Of a user only the number is asked for. */
struct passwd *__wrap_getpwnam(const char *name)
{
	static struct passwd user;
	struct og_buf text;
	char *rest, *field = NULL;
	int64_t uid = -1;

	og_buf_init(&text, ANSWER_MAX);
	rest = ask("passwd", name, &text) ? text.data : NULL;
	for (int i = 0; i < 3 && rest; i++)
		field = strsep(&rest, ":");
	if (!rest || og_int_parse(field, 0, UINT32_MAX - 1, "user", &uid, NULL) < 0)
		uid = -1;
	og_buf_release(&text);
	if (uid < 0)
		return NULL;
	user = (struct passwd){ .pw_uid = (uid_t)uid };
	return &user;
}

void *__wrap_dlopen(const char *path, int flags)
{
	(void)path, (void)flags;
	return NULL;
}
/* NOLINTEND(clang-diagnostic-reserved-identifier,readability-non-const-parameter)
 */
