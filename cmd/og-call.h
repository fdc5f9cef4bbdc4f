/*
 * What calls to other servers have in common, whoever makes them: services
 * (og-worker-call.c) or a model (og-model.c).
 */
#ifndef OG_CMD_CALL_H
#define OG_CMD_CALL_H

#include "lib/agent/agent.h"

/* "https://pay.example:8443/v1" to "https://pay.example:8443". Heap. */
char *og_call_origin(const char *url);

/* The host and the port of a URL, for telemetry. */
void og_call_place(const char *url, struct og_call_answer *ret);

void og_call_fail(struct og_call_answer *ret, enum og_called outcome, const char *why);

#endif
