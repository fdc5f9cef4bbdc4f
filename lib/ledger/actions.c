/*
 * What actions there are. In a file of its own, so that a program that only
 * names them does not carry what opens a ledger.
 */
#include "lib/ledger/ledger.h"

const char *const og_ledger_actions[] = {
	"approve", "backup",	   "cancel",	 "ddl",	   "effect.begin", "effect.end", "genesis",
	"grant",   "model.answer", "model.lost", "policy", "principal",	   "redact",	 "refuse",
	"reject",  "resolve",	   "restore",	 "revoke", "skill",	   "sql.write",	 "step",
	"store",   "task.finish",  "task.prune", "undo",   "wait",	   NULL
};
