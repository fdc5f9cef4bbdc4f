/*
 * The skeleton that every program shares: parse the options, answer -h and
 * --version, run the command, print an error once, end with its code. The
 * only file that reads the environment or leaves the process.
 */
#include "cmd/og-main.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/og-complete.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/proc/notify.h"
#include "lib/proc/proc.h"
#include "lib/sandbox/sandbox.h"

#define PATH_MAX_BYTES 4096
#define NOTE_MAX       ((size_t)65536)
#define PRIORITY_ERROR 3 /* of syslog(3) */
#define PRIORITY_NOTE  6

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

void og_forget_variable(const char *name)
{
	char *value = getenv(name);

	if (value)
		explicit_bzero(value, strlen(value));
	unsetenv(name);
}

/* The directory of the running executable, wherever it was moved to. */
static int find_exe_dir(char *out, struct og_err *err)
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX_BYTES - 1);

	if (n <= 0)
		return og_fail(err, OG_EOS, "cannot find my own executable: %s", strerror(errno));
	out[n] = '\0';
	*strrchr(out, '/') = '\0';
	return 0;
}

int og_journal(const struct og_ctx *ctx)
{
	const char *stream = ctx->env("JOURNAL_STREAM");
	char ours[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return 0;
	snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(ours, stream) == 0;
}

void og_notify_manager(const struct og_ctx *ctx, const char *state)
{
	struct og_err err = OG_ERR_INIT;

	if (og_notify(ctx->env("NOTIFY_SOCKET"), state, &err) < 0)
		og_note(ctx, "%s", err.msg);
}

/* One line on standard error in one write, so that lines of several
 * processes do not mix. */
static void say(const struct og_ctx *ctx, int priority, const char *text)
{
	struct og_buf line;

	og_buf_init(&line, NOTE_MAX);
	if (og_journal(ctx))
		og_buf_addf(&line, "<%d>", priority);
	og_buf_addf(&line, "%s: ", ctx->program);
	og_text_safe(&line, text, strlen(text), 0);
	og_buf_addc(&line, '\n');
	if (!line.failed && og_write_all(STDERR_FILENO, line.data, line.len) < 0)
		errno = 0; /* nowhere left to complain */
	og_buf_release(&line);
}

void og_note(const struct og_ctx *ctx, const char *fmt, ...)
{
	struct og_buf text;
	va_list args;

	og_buf_init(&text, NOTE_MAX);
	va_start(args, fmt);
	og_buf_vaddf(&text, fmt, args);
	va_end(args);
	say(ctx, PRIORITY_NOTE, text.data);
	og_buf_release(&text);
}

int og_conf_from(const struct og_ctx *ctx, const struct og_args *args, struct og_conf **ret,
		 struct og_err *err)
{
	return og_conf_load(og_arg_value(args, "home"), ctx->env, ret, err);
}

int og_principal_from(const struct og_ctx *ctx, const struct og_args *args, const char **ret,
		      struct og_err *err)
{
	const char *name = og_arg_value(args, "as");

	if (!name)
		name = ctx->env("OG_AS");
	if (!name) {
		og_fail(err, OG_EPERM, "no principal given");
		return og_hint(err, "say who is asking with --as NAME, or set OG_AS");
	}
	*ret = name;
	return 0;
}

char *og_program_in_path(const struct og_ctx *ctx, const char *name)
{
	const char *dirs = ctx->env("PATH");

	while (dirs && *dirs) {
		size_t len = strcspn(dirs, ":");
		char dir[PATH_MAX_BYTES], *path;

		if (len > 0 && len < sizeof(dir)) {
			memcpy(dir, dirs, len);
			dir[len] = '\0';
			path = og_path_join(dir, name);
			if (path && access(path, X_OK) == 0)
				return path;
			free(path);
		}
		dirs += len + (dirs[len] == ':');
	}
	return NULL;
}

int og_channel_from(const struct og_ctx *ctx, const struct og_conf *conf, struct og_channel **ret,
		    struct og_err *err)
{
	char *shield = og_program_path(ctx->exe_dir, "og-shield");
	char *ssh = strncmp(conf->shield, "ssh:", 4) == 0 ? og_program_in_path(ctx, "ssh") : NULL;
	struct og_shield_place place = { conf->shield, shield, conf->home, ssh };
	int rc = shield ? og_channel_open(&place, ret, err) : og_fail_nomem(err);

	free(shield);
	free(ssh);
	return rc;
}

int og_give_up_network(const struct og_conf *conf, struct og_err *err)
{
	if (strncmp(conf->queue, "sqlite:", 7) != 0 || strncmp(conf->shield, "ssh:", 4) == 0)
		return 0;
	return og_sandbox_no_network(1, err) < 0 ? -1 : 0;
}

int og_give_up_sockets(const struct og_conf *conf, struct og_err *err)
{
	if (strncmp(conf->queue, "sqlite:", 7) == 0 || strncmp(conf->shield, "ssh:", 4) == 0)
		return 0;
	return og_sandbox_no_network(1, err) < 0 ? -1 : 0;
}

int og_session_open(const struct og_ctx *ctx, const struct og_args *args,
		    const struct og_conf *conf, struct og_channel **ret, struct og_err *err)
{
	struct og_channel *channel = NULL;
	const char *principal;
	char *key = NULL;
	int rc = -1;

	if (og_principal_from(ctx, args, &principal, err) < 0 ||
	    og_conf_key_path(conf, principal, &key, err) < 0 ||
	    og_channel_from(ctx, conf, &channel, err) < 0 ||
	    og_channel_login(channel, principal, key, err) < 0)
		goto out;
	*ret = channel;
	channel = NULL;
	rc = 0;
out:
	og_channel_close(channel);
	free(key);
	return rc;
}

static int print_help(const struct og_args *args, struct og_err *err)
{
	const struct og_command *command = og_args_command(args);
	int all = !command->name || og_args_help(args) > 1;
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, NOTE_MAX);
	og_program_help(&og_program, all ? NULL : command, &text);
	if (og_buf_check(&text, "help", err) == 0)
		rc = og_print(text.data, text.len, err);
	og_buf_release(&text);
	return rc;
}

/* No option, and no command of this program. */
int og_main_is_other(const char *word)
{
	for (const struct og_command *k = og_program.commands; k->run; k++)
		if (k->name && strcmp(k->name, word) == 0)
			return 0;
	return word[0] != '-';
}

/* Options of a command, and no command before them. */
static int is_bare(int argc, char **argv)
{
	static const char *const own[] = { "-h", "--help", "--version" };

	if (!&og_program_bare || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return 0;
	if (argc < 2)
		return 1;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcmp(own[i], argv[1]) == 0)
			return 0;
	for (const struct og_command *k = og_program.commands; k->run; k++)
		if (strcmp(k->name, argv[1]) == 0)
			return 0;
	return argv[1][0] == '-';
}

/* "og-x --as alice" as "og-x COMMAND --as alice"; argv is borrowed. */
static char **with_command(int argc, char **argv, const char *command)
{
	char **made = calloc((size_t)argc + 2, sizeof(*made));

	if (!made)
		return NULL;
	made[0] = argv[0];
	memcpy(&made[1], &command, sizeof(command));
	for (int i = 1; i < argc; i++)
		made[i + 1] = argv[i];
	return made;
}

static int run(int argc, char **argv, const struct og_ctx *ctx, struct og_err *err);

static int run_bare(int argc, char **argv, const struct og_ctx *ctx, struct og_err *err)
{
	char **made = with_command(argc, argv, og_program_bare);
	int rc = made ? run(argc + 1, made, ctx, err) : og_fail_nomem(err);

	free(made);
	return rc;
}

static int run(int argc, char **argv, const struct og_ctx *ctx, struct og_err *err)
{
	struct og_args *args = NULL;
	int status;

	if (argc > 1 && strcmp(argv[1], "--complete") == 0)
		return og_complete(ctx, argc - 2, argv + 2, err);
	if (og_program_other && argc > 1 && og_main_is_other(argv[1]))
		return og_program_other(ctx, argv + 1, err);
	if (is_bare(argc, argv))
		return run_bare(argc, argv, ctx, err);
	if (og_args_parse(&og_program, argc, argv, &args, err) < 0)
		return -1;
	if (og_print_begin(ctx, args, err) < 0) {
		og_args_free(args);
		return -1;
	}
	if (og_args_help(args))
		status = print_help(args, err);
	else if (og_args_version(args))
		status = og_printf(err, "%s %s\n", og_program.name, OG_VERSION);
	else
		status = og_args_command(args)->run(ctx, args, err);
	og_args_free(args);
	return status;
}

/* Success is claimed only when the last byte was taken. A reader that went
 * away has what it wanted. */
static int finish(int status, struct og_err *err)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return status;
	return og_fail(err, OG_EIO, "cannot write the output: %s", strerror(errno));
}

/* Not every allocation of jansson's that fails is told by it: a text may lose
 * a character on the way. So none does; what was not committed is not done. */
static void *json_memory(size_t size)
{
	static const char why[] = "out of memory\n";
	void *memory = malloc(size);

	if (!memory) {
		if (write(STDERR_FILENO, why, sizeof(why) - 1) < 0)
			_exit(OG_EIO);
		_exit(OG_EOS);
	}
	return memory;
}

int main(int argc, char **argv)
{
	struct og_ctx ctx = { og_program.name, NULL, environment };
	struct og_err err = OG_ERR_INIT;
	char exe_dir[PATH_MAX_BYTES];
	int status;

	/* Writing too much is an error to be told, not a death. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* no room is an error, not an end */
	umask(077);
	json_set_alloc_funcs(json_memory, free);
	ctx.exe_dir = exe_dir;
	status = find_exe_dir(exe_dir, &err);
	if (status == 0)
		status = run(argc, argv, &ctx, &err);
	if (status < 0 && err.code == OG_EIO && errno == EPIPE)
		return 0;
	if (status >= 0)
		status = finish(status, &err);
	if (status >= 0)
		return status;
	say(&ctx, PRIORITY_ERROR, err.msg);
	if (err.hint[0])
		og_note(&ctx, "hint: %s", err.hint);
	return err.code;
}

int og_session_ask(const struct og_ctx *ctx, const struct og_args *args, const char *verb,
		   json_t *request, json_t **ret, struct og_err *err)
{
	struct og_channel *channel = NULL;
	struct og_conf *conf = NULL;
	int rc = -1;

	if (og_conf_from(ctx, args, &conf, err) == 0 &&
	    og_session_open(ctx, args, conf, &channel, err) == 0)
		rc = og_channel_ask(channel, verb, json_incref(request), ret, err);
	json_decref(request);
	og_channel_close(channel);
	og_conf_free(conf);
	return rc;
}
