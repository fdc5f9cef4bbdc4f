/* See signals.h. */
#include "lib/proc/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>

int og_signals_open(const int *signals, struct og_err *err)
{
	sigset_t set;
	int fd = -1;

	sigemptyset(&set);
	for (; *signals; signals++)
		sigaddset(&set, *signals);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
		fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? og_fail(err, OG_EOS, "cannot watch signals: %s", strerror(errno)) : fd;
}
