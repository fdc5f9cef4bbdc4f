/*
 * Telling the service manager how we are: sd_notify(3)'s protocol, one
 * datagram of VARIABLE=VALUE lines to the socket that $NOTIFY_SOCKET
 * names.
 */
#ifndef OG_PROC_NOTIFY_H
#define OG_PROC_NOTIFY_H

#include "lib/base/err.h"

/* name: the variable's value, a path or "@" and an abstract name; NULL:
 * nobody wants to know, 0. state: "READY=1", "STOPPING=1\nSTATUS=...". */
int og_notify(const char *name, const char *state, struct og_err *err);

#endif
