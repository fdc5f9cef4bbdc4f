/* The reply of sql.explain, for a person. */
#ifndef OG_CMD_EXPLAIN_H
#define OG_CMD_EXPLAIN_H

#include "cmd/og-print.h"

/* Prints it. Is the statement allowed? 1, 0, or -1. */
int og_explain_print(const json_t *reply, struct og_err *err);

#endif
