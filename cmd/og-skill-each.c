/*
 * og-skill parse --each: for a program that has given up starting others
 * and meets a SKILL.md now and then. Each text is read by a process that
 * ends with it, so one that takes its reader over has nobody else's to
 * change; what comes between them is this program, which reads no more of
 * a text than that it is a string.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/og-skill.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/proc/proc.h"
#include "lib/sandbox/sandbox.h"
#include "lib/skill/parse.h"

#define LINE_MAX_BYTES (6 * OG_SKILL_TEXT_MAX + 1024) /* each byte may be escaped */
#define ANSWER_MAX     (2 * OG_SKILL_DOC_MAX)
#define READ_SECONDS   10
#define READ_MEMORY    ((uint64_t)1 << 30)
#define MISTAKES_MAX   ((size_t)2048)

/* "3: front matter: ...\n9: ...": as many as there is room for. */
static json_t *mistakes(const json_t *notes)
{
	struct og_buf text;
	json_t *note, *ret;
	size_t i;

	og_buf_init(&text, MISTAKES_MAX);
	json_array_foreach(notes, i, note)
	{
		const char *level = og_json_str(note, "level"), *what = og_json_str(note, "text");

		if (level && what && strcmp(level, "error") == 0 &&
		    text.len + strlen(what) + 24 < MISTAKES_MAX)
			og_buf_addf(&text, "%s%lld: %s", text.len ? "\n" : "",
				    (long long)og_json_int(note, "line", 1), what);
	}
	ret = json_pack("{s:i,s:i,s:s}", "v", 1, "code", OG_EDATA, "why",
			text.len ? text.data : "it is no SKILL.md");
	og_buf_release(&text);
	return ret;
}

static json_t *read_one(const json_t *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL, *notes = NULL, *answer;

	if (json_string_length(text) > OG_SKILL_TEXT_MAX)
		return json_pack("{s:i,s:i,s:s}", "v", 1, "code", OG_EDATA, "why",
				 "1: the text is too large");
	if (og_skill_parse("-", json_string_value(text), json_string_length(text), &doc, &notes,
			   &err) == 0)
		answer = json_pack("{s:i,s:O}", "v", 1, "doc", doc);
	else if (err.code == OG_EDATA && notes)
		answer = mistakes(notes);
	else
		answer = json_pack("{s:i,s:i,s:s}", "v", 1, "code", err.code, "why", err.msg);
	json_decref(doc);
	json_decref(notes);
	return answer;
}

static int write_line(int fd, const json_t *answer, struct og_err *err)
{
	struct og_buf line;
	int rc = -1;

	og_buf_init(&line, ANSWER_MAX);
	if (!answer)
		og_fail_nomem(err);
	else if (og_json_canon(answer, &line, err) == 0 && og_buf_addc(&line, '\n') == 0)
		rc = og_write_all(fd, line.data, line.len) < 0
			     ? og_fail(err, OG_EIO, "cannot write the output: %s", strerror(errno))
			     : 0;
	og_buf_release(&line);
	return rc;
}

/* In the child. */
static int run_reader(const json_t *text, int out)
{
	struct og_err err = OG_ERR_INIT;
	json_t *answer;
	int rc;

#ifndef __SANITIZE_ADDRESS__
	if (og_sandbox_limits(READ_MEMORY, READ_SECONDS, 0, &err) < 0)
		return OG_EOS;
#endif
	answer = read_one(text);
	rc = write_line(out, answer, &err);
	json_decref(answer);
	return rc < 0 ? OG_EBUG : OG_OK;
}

/* What the child had to say, when it came to its end. */
static int collect(pid_t pid, int in, struct og_buf *ret, struct og_err *err)
{
	int status = 0, rc = og_fd_read(in, "answer", ret, err);

	if (rc < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc < 0 || status != 0)
		return og_fail(err, OG_EBUG, "its reader ended without an answer");
	return 0;
}

static int read_apart(const json_t *text, struct og_buf *ret, struct og_err *err)
{
	pid_t parent = getpid(), pid;
	int pipes[2], rc;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return og_fail(err, OG_EOS, "cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(STDIN_FILENO);
		_exit(getppid() == parent ? run_reader(text, pipes[1]) : OG_EOS);
	}
	close(pipes[1]);
	rc = pid < 0 ? og_fail(err, OG_EOS, "cannot start a process: %s", strerror(errno))
		     : collect(pid, pipes[0], ret, err);
	close(pipes[0]);
	return rc;
}

/* Every line has its answer; only a reader that cannot be told any is an end. */
static int answer_line(const char *line, size_t len, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	struct og_buf answer;
	json_t *request = NULL, *text, *refusal;
	int rc;

	og_buf_init(&answer, ANSWER_MAX);
	rc = og_json_parse(line, len, LINE_MAX_BYTES, "request", &request, &why);
	text = json_object_get(request, "text");
	if (rc == 0 && !json_is_string(text))
		rc = og_fail(&why, OG_EDATA, "request: 'text' is missing or not a string");
	if (rc == 0)
		rc = read_apart(text, &answer, &why);
	if (rc == 0) {
		rc = og_write_all(STDOUT_FILENO, answer.data, answer.len) < 0
			     ? og_fail(err, OG_EIO, "cannot write the output: %s", strerror(errno))
			     : 0;
	} else {
		refusal = json_pack("{s:i,s:i,s:s}", "v", 1, "code", why.code, "why", why.msg);
		rc = write_line(STDOUT_FILENO, refusal, err);
		json_decref(refusal);
	}
	json_decref(request);
	og_buf_release(&answer);
	return rc;
}

int skill_parse_each(struct og_err *err)
{
	struct og_lines lines;
	char *line;
	size_t len;
	int got;

	og_lines_init(&lines, STDIN_FILENO, LINE_MAX_BYTES);
	while ((got = og_lines_next(&lines, OG_FOREVER, &line, &len, err)) > 0)
		if ((got = answer_line(line, len, err)) < 0)
			break;
	og_lines_release(&lines);
	return got;
}
