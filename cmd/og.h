/*
 * Shared by the two files of og: og.c makes instances, og-health.c tells
 * how one is.
 */
#ifndef OG_CMD_OG_H
#define OG_CMD_OG_H

#include "cmd/og-main.h"

#define CHILD_MS 60000 /* what another program may take for its answer */

og_command_fn og_run_status, og_run_doctor, og_run_up, og_run_down, og_run_logs;
og_command_fn og_init_remote, og_run_key; /* og-remote.c */

#endif
