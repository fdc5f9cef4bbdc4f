/*
 * Signals as something to wait for beside other descriptors. They are
 * blocked, in this process and in everything it starts: a stop that reaches
 * a whole group lets whoever is at work finish, and be told in order. A
 * process that has threads calls this before it has any.
 */
#ifndef OG_PROC_SIGNALS_H
#define OG_PROC_SIGNALS_H

#include "lib/base/err.h"

/* signals: ended by 0. A descriptor (signalfd(2), read without waiting,
 * closed on exec) that is readable when one of them has come; -1, OG_EOS. */
int og_signals_open(const int *signals, struct og_err *err);

#endif
