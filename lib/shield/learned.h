/*
 * The matcher of the graph as it is, and what was learned for it.
 *
 * A graph whose skills give many examples has a learner trained on them
 * (lib/skill/match.h). It is kept in erp.db (og_learned) by the digest of
 * the sentences, so that it is trained once for each change and read by
 * every shield. Until it is there the sentences are counted: a skill that
 * was put is found at once. The shield that answered so trains one when its
 * reply is out; whoever asks it the next thing waits for that, once. Nothing
 * depends on it: when it fails or is killed, the next one does it.
 */
#ifndef OG_SHIELD_LEARNED_H
#define OG_SHIELD_LEARNED_H

#include "lib/shield/channel-internal.h"
#include "lib/skill/match.h"

/* Borrowed; until the next call, or og_shield_learn(). */
int og_shield_matcher(struct og_shield *shield, struct og_matcher **ret, struct og_err *err);

/* To be called when nobody waits: learns what the last matcher lacked. */
void og_shield_learn(struct og_shield *shield);

#endif
