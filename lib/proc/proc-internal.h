/* Shared inside lib/proc. */
#ifndef OG_PROC_INTERNAL_H
#define OG_PROC_INTERNAL_H

#include "lib/proc/proc.h"
#include "lib/proc/service.h"

/* The environment with env_add instead of what had these names: of two
 * with one name, programs differ in which they take. One free(3) releases
 * it; NULL: no memory. */
char **og_child_environment(const char *const *env_add);

/* og_child_start() with said as the child's fd 2; -1: what it inherits. */
int og_child_start_saying(const char *const *argv, const char *const *env_add, int said,
			  struct og_child *ret, struct og_err *err);

/* Starts the program, or the process that looks whether it is ready. */
int og_service_spawn(struct og_service *service, struct og_err *err);
int og_service_probe(struct og_service *service, struct og_err *err);
/* Hands on the lines that came: as much as a pipe holds. */
void og_service_pump(struct og_service *service, const struct og_services *services);
/* Reads no more; the last line counts even without an end. */
void og_service_mute(struct og_service *service, const struct og_services *services);
/* Is a process of its group there? */
int og_service_alive(const struct og_service *service);
void og_service_kill(struct og_service *service, int sig);
void og_service_unprobe(struct og_service *service);

#endif
