/*
 * seccomp filters and resource limits. A filter names what is refused
 * (EPERM) and lets the rest pass: the library calls below us change with
 * every release, so a list of what is allowed would break on an update,
 * while the few ways out that matter here are stable.
 */
#include "lib/sandbox/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OG_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OG_ARCH AUDIT_ARCH_AARCH64
#endif

#define LOAD(field)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define REFUSE	     RETURN(SECCOMP_RET_ERRNO | EPERM)
/* If the loaded word equals value fall through to the next line, else skip it. */
#define IF_EQUAL(value)	  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1)
#define REFUSE_CALL(name) IF_EQUAL(SYS_##name), REFUSE

/* A process of another architecture numbers its calls differently: it is
 * killed, since no filter below would mean what it says. The x32 ABI of
 * x86_64 has its own numbers from 0x40000000 on. */
#ifdef OG_ARCH
#define PROLOGUE                                                                                   \
	LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OG_ARCH, 1, 0),                            \
		RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(nr),                                        \
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), REFUSE

#define NEVER                                                                                      \
	REFUSE_CALL(ptrace), REFUSE_CALL(process_vm_readv), REFUSE_CALL(process_vm_writev),        \
		REFUSE_CALL(mount), REFUSE_CALL(umount2), REFUSE_CALL(pivot_root),                 \
		REFUSE_CALL(unshare), REFUSE_CALL(setns), REFUSE_CALL(bpf), REFUSE_CALL(keyctl),   \
		REFUSE_CALL(add_key), REFUSE_CALL(request_key), REFUSE_CALL(init_module),          \
		REFUSE_CALL(finit_module), REFUSE_CALL(kexec_load), REFUSE_CALL(perf_event_open),  \
		REFUSE_CALL(userfaultfd), REFUSE_CALL(io_uring_setup)

static int install(struct sock_filter *code, size_t n, struct og_err *err)
{
	struct sock_fprog program = { .len = (unsigned short)n, .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return og_fail(err, OG_EOS, "cannot give up privileges: %s", strerror(errno));
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		return OG_SANDBOX_DONE;
	if (errno == EINVAL || errno == ENOSYS)
		return OG_SANDBOX_NONE;
	return og_fail(err, OG_EOS, "cannot install a seccomp filter: %s", strerror(errno));
}

int og_sandbox_no_network(int unix_ok, struct og_err *err)
{
	struct sock_filter with_unix[] = {
		PROLOGUE,
		NEVER,
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		LOAD(args[0]),
		IF_EQUAL(AF_UNIX),
		RETURN(SECCOMP_RET_ALLOW),
		REFUSE,
	};
	struct sock_filter without[] = {
		PROLOGUE,
		NEVER,
		REFUSE_CALL(socket),
		REFUSE_CALL(socketpair),
		RETURN(SECCOMP_RET_ALLOW),
	};

	return unix_ok ? install(with_unix, sizeof(with_unix) / sizeof(*with_unix), err)
		       : install(without, sizeof(without) / sizeof(*without), err);
}

int og_sandbox_no_exec(struct og_err *err)
{
	struct sock_filter code[] = {
		PROLOGUE,
		REFUSE_CALL(execve),
		REFUSE_CALL(execveat),
		RETURN(SECCOMP_RET_ALLOW),
	};

	return install(code, sizeof(code) / sizeof(*code), err);
}
#else
int og_sandbox_no_network(int unix_ok, struct og_err *err)
{
	(void)unix_ok;
	(void)err;
	return OG_SANDBOX_NONE;
}

int og_sandbox_no_exec(struct og_err *err)
{
	(void)err;
	return OG_SANDBOX_NONE;
}
#endif

static int limit(__rlimit_resource_t resource, uint64_t most, struct og_err *err)
{
	struct rlimit now;

	if (most == 0)
		return 0;
	if (getrlimit(resource, &now) < 0)
		return og_fail(err, OG_EOS, "cannot read a limit: %s", strerror(errno));
	if (now.rlim_max == RLIM_INFINITY || now.rlim_max > most)
		now.rlim_max = most;
	now.rlim_cur = now.rlim_max;
	if (setrlimit(resource, &now) < 0)
		return og_fail(err, OG_EOS, "cannot set a limit: %s", strerror(errno));
	return 0;
}

int og_sandbox_limits(uint64_t memory, uint64_t cpu_seconds, uint64_t files, struct og_err *err)
{
	if (limit(RLIMIT_AS, memory, err) < 0 || limit(RLIMIT_CPU, cpu_seconds, err) < 0 ||
	    limit(RLIMIT_NOFILE, files, err) < 0)
		return -1;
	return 0;
}

int og_sandbox_memory(uint64_t bytes, struct og_err *err)
{
	return limit(RLIMIT_DATA, bytes, err);
}
