/* What the files of og status share: og-status.c finds out and judges,
 * og-status-print.c shows it to people and to monitoring. */
#ifndef OG_CMD_STATUS_H
#define OG_CMD_STATUS_H

#include "cmd/og-main.h"

/* status: the object that --json prints. */
int og_status_print(const json_t *status, struct og_err *err);
/* One line as monitoring plugins have it: "OK - ... | ready=0 ...". */
int og_status_check(const json_t *status, struct og_err *err);

/* "12 s", "3 min", "2 h", "4 d": the two largest units would be too much. */
void og_span_show(int64_t ms, char out[32]);

#endif
