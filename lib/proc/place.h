/*
 * Where a shield is: the text that og.conf's shield holds, taken apart and
 * checked. It may come from a file that somebody else wrote, and for ssh it
 * ends up on two command lines, ours and the one a shell reads on the other
 * host: what could be an option, or more than one word there, is refused
 * here or quoted.
 *
 *	none				there is no shield to ask
 *	local:				a child: og-shield, for the own instance
 *	unix:PATH			a socket; relative to the instance
 *	ssh://[USER@]HOST[:PORT]/PATH	og-shield on HOST, instance /PATH
 *
 * An IPv6 address stands in brackets. Nothing is decoded: a % is a %.
 */
#ifndef OG_PROC_PLACE_H
#define OG_PROC_PLACE_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/proc/channel.h"
#include "lib/proc/proc.h"

#define OG_PLACE_USER_MAX 64
#define OG_PLACE_HOST_MAX 255
#define OG_PLACE_PATH_MAX 1024

enum og_place_kind { OG_PLACE_NONE, OG_PLACE_LOCAL, OG_PLACE_UNIX, OG_PLACE_SSH };

struct og_place {
	enum og_place_kind kind;
	char user[OG_PLACE_USER_MAX + 1]; /* "" when not given */
	char host[OG_PLACE_HOST_MAX + 1]; /* without brackets */
	char port[6];			  /* "" when not given */
	char path[OG_PLACE_PATH_MAX + 1]; /* of unix: and ssh: */
};

/* OG_ECONF, with what is wrong, unless the whole text is such a place. */
int og_place_parse(const char *url, struct og_place *ret, struct og_err *err);

/* What the shell on the other host is given: og-shield --channel for that
 * instance, the path quoted. Appended. */
int og_place_command(const struct og_place *place, struct og_buf *ret, struct og_err *err);

/* The two ends of a conversation with the shield there, as a child's pipes;
 * pid is -1 where there is no child. OG_EUNAVAIL when nobody is there,
 * OG_ECONF when the place is none. */
int og_place_connect(const struct og_shield_place *where, struct og_child *ret, struct og_err *err);

#endif
