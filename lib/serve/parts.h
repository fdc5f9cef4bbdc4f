/*
 * The parts a server is made of: each a table of routes with what it keeps
 * (struct og_serve_part of http.h). A program names those it serves; the
 * first route that matches counts.
 */
#ifndef OG_SERVE_PARTS_H
#define OG_SERVE_PARTS_H

#include "lib/serve/http.h"

/* /healthz, /api/auth/login and logout, /api/session. */
extern const struct og_serve_part og_serve_auth;
/* /api/auth/register. */
extern const struct og_serve_part og_serve_register;
/* /api/schema, /api/graph, /api/skills. */
extern const struct og_serve_part og_serve_explore;
/* /api/action, /api/action/execute. */
extern const struct og_serve_part og_serve_acts;
/* /api/query, /api/tasks. */
extern const struct og_serve_part og_serve_tasks;
/* /api/approvals. */
extern const struct og_serve_part og_serve_approvals;
/* /api/tasks/ID/answer. */
extern const struct og_serve_part og_serve_answers;
/* /api/views. */
extern const struct og_serve_part og_serve_views;
/* /api/events. */
extern const struct og_serve_part og_serve_live;
/* /api/ledger. */
extern const struct og_serve_part og_serve_ledger;
/* /api/status, /api/logs, /api/budgets. */
extern const struct og_serve_part og_serve_health;
/* /, /ui/FILE: the page. */
extern const struct og_serve_part og_serve_site;

#endif
