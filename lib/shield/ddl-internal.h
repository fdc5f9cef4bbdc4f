/* Shared by judging statements (ddl.c) and making them (ddl-request.c). */
#ifndef OG_SHIELD_DDL_INTERNAL_H
#define OG_SHIELD_DDL_INTERNAL_H

/* Names that belong to the system. */
int og_ddl_reserved(const char *name);

#endif
