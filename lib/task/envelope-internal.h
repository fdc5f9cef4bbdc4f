/* Shared by reading (envelope.c) and making (envelope-make.c). */
#ifndef OG_TASK_ENVELOPE_INTERNAL_H
#define OG_TASK_ENVELOPE_INTERNAL_H

#include "lib/task/envelope.h"

/* Keeps a signature from being one over something else of ours. */
#define OG_ENVELOPE_PREFIX "og-envelope-v1\n"

/* Appends what is signed: the prefix and the canonical record without "sig". */
int og_envelope_signed_text(const json_t *envelope, struct og_buf *out, struct og_err *err);

#endif
