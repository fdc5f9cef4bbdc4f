/*
 * Is the ledger whole? Judged in full by og-ledger whenever the files it
 * lives in have changed since it was judged last, also when somebody
 * edited them behind our back; never twice at a time. A verdict is about
 * the files as they were when it was asked for, or later.
 *
 * Where the database is elsewhere there is nothing to look at: the verdict
 * is then asked for anew each time, and is an error.
 */
#ifndef OG_SERVE_VERIFY_H
#define OG_SERVE_VERIFY_H

#include "lib/base/err.h"
#include "lib/json/json.h"

struct og_serve;
struct og_verify;

int og_verify_new(struct og_serve *serve, struct og_verify **ret, struct og_err *err);
/* After og_yard_free(): what was asked has been answered. */
void og_verify_free(struct og_verify *verify);

/* verdict: what og-ledger verify --json says, {"ok","checked","problems":
 * [{"seq","field","what"}],"head"}, borrowed; NULL when there is none, err
 * says why. May be called at once. */
typedef void og_verdict_fn(void *arg, const json_t *verdict, const struct og_err *err);
void og_verify_ask(struct og_verify *verify, og_verdict_fn *fn, void *arg);

/* Have the files changed since the last verdict? */
int og_verify_is_stale(const struct og_verify *verify);

#endif
