/*
 * Stream sockets with a name in the file system (unix(7)). Who owns a name
 * is decided by a lock on the file beside it, PATH.lock, which the kernel
 * frees with its process: whoever holds it may remove a socket that was
 * left there, so nobody has to guess whether one is still served.
 */
#ifndef OG_PROC_SOCKET_H
#define OG_PROC_SOCKET_H

#include <sys/types.h>

#include "lib/base/err.h"
#include "lib/proc/proc.h"

#define OG_SOCKET_PATH_MAX 107 /* the kernel's own limit */

struct og_socket {
	int fd;	    /* listens, or -1 */
	int lock;   /* holds PATH.lock, or -1: the socket is not ours to remove */
	char *path; /* or NULL */
	dev_t dev;  /* which file we made at path */
	ino_t inode;
	struct og_child keeper; /* pid 0: there is none */
};

/* Listens at path; the file gets exactly mode. OG_ETEMP: another process
 * serves it; OG_ECONF: something that is no socket is there. */
int og_socket_listen(const char *path, mode_t mode, struct og_socket *ret, struct og_err *err);
/* One that was handed over by whoever started us: checked to be a stream
 * socket of this kind that listens. */
int og_socket_adopt(int fd, struct og_socket *ret, struct og_err *err);
/* For a process that is about to give up the right to remove files: forks one
 * that has nothing open but PATH.lock and does nothing but wait until this one
 * closes the socket or ends, however it ends; then it removes the file. */
int og_socket_keep(struct og_socket *sock, struct og_err *err);
/* Removes the file if it is still the one we made. */
void og_socket_close(struct og_socket *sock);

/* A connected socket, or -1: OG_EUNAVAIL nobody listens, OG_EPERM, OG_ETEMP
 * the listener does not accept in time. What is written to it later fails
 * when the other side takes nothing for timeout_ms. */
int og_socket_connect(const char *path, int timeout_ms, struct og_err *err);
/* Such a limit for a connection that was accepted. */
void og_socket_patience(int fd, int timeout_ms);

/* Who is at the other end, in the kernel's word: as of when it connected. */
struct og_peer {
	uid_t uid;
	pid_t pid; /* 0: in another namespace of processes */
};
int og_socket_peer(int fd, struct og_peer *ret, struct og_err *err);

#endif
