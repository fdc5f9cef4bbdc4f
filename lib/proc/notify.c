/* See notify.h. */
#include "lib/proc/notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The abstract name space has a NUL where the variable has its "@". */
static int address(const char *name, struct sockaddr_un *ret, socklen_t *len, struct og_err *err)
{
	size_t n = strlen(name);

	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	if ((name[0] != '/' && name[0] != '@') || n >= sizeof(ret->sun_path))
		return og_fail(err, OG_EUNAVAIL, "'%s' is no socket to notify", name);
	memcpy(ret->sun_path, name, n);
	if (name[0] == '@')
		ret->sun_path[0] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (name[0] == '/'));
	return 0;
}

int og_notify(const char *name, const char *state, struct og_err *err)
{
	struct sockaddr_un where;
	socklen_t len = 0;
	ssize_t sent;
	int fd;

	if (!name)
		return 0;
	if (address(name, &where, &len, err) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return og_fail(err, OG_EOS, "cannot make a socket: %s", strerror(errno));
	sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
		      (const struct sockaddr *)&where, len);
	if (sent < 0)
		og_fail(err, OG_EUNAVAIL, "cannot notify '%s': %s", name, strerror(errno));
	close(fd);
	return sent < 0 ? -1 : 0;
}
