/*
 * The compiler of live code as a child. A view could close the function it
 * is wrapped into and go on outside: the wrapper is there to name what a
 * view may use, it is no boundary. The worker without a document is.
 */
#include "cmd/og-render-code.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/view/catalog.h"

#define NESTING_MAX 500	 /* brackets */
#define TAGS_MAX    1500 /* elements inside each other; comparisons may look like some */
#define WALL_MS	    10000
#define CPU_SECONDS 5
#define SAID_MAX    ((rlim_t)64 << 10)
#define MEMORY_MAX  ((rlim_t)4 << 30) /* of address space: its runtime reserves freely */
#define WRAPPER_MAX ((size_t)8 << 10)

/* All on one line, so that lines in errors are the reader's. */
#define WRAP_HOOKS                                                                                 \
	"})=>{const{useState,useReducer,useMemo,useCallback,useRef,useId,"                         \
	"useEffect,useLayoutEffect,Fragment}=React;return(()=>{\"use strict\";"
#define WRAP_END "\n;return View})()});"

void og_compiler_init(struct og_compiler *compiler)
{
	compiler->child = (struct og_child){ -1, -1, -1 };
	compiler->said = -1;
}

void og_compiler_end(struct og_compiler *compiler)
{
	og_child_end(&compiler->child, og_deadline(0), NULL);
	if (compiler->said >= 0)
		close(compiler->said);
	og_compiler_init(compiler);
}

/* --- starting ------------------------------------------------------------------- */

/* esbuild on $PATH, or NULL; heap. */
static char *find_esbuild(const struct og_ctx *ctx)
{
	const char *path = ctx->env("PATH");
	char *dir, *file;
	size_t len;

	for (path = path ? path : "/usr/bin"; *path; path += len + (path[len] != '\0')) {
		len = strcspn(path, ":");
		dir = strndup(path, len);
		file = dir && dir[0] == '/' ? og_path_join(dir, "esbuild") : NULL;
		free(dir);
		if (file && access(file, X_OK) == 0)
			return file;
		free(file);
	}
	return NULL;
}

static void limit(pid_t pid, int which, rlim_t most)
{
	const struct rlimit both = { most, most };

	/* Only lowers; where that cannot be the wall clock still ends it. */
	(void)prlimit(pid, (__rlimit_resource_t)which, &both, NULL);
}

/* Its words go into memory of ours, not to our reader: they name a text
 * that nobody wrote. */
static int start_quietly(const char *const *argv, struct og_compiler *compiler, struct og_err *err)
{
	int saved = dup(STDERR_FILENO), rc;

	if (saved < 0 || dup2(compiler->said, STDERR_FILENO) < 0) {
		if (saved >= 0)
			close(saved);
		return og_fail(err, OG_EOS, "cannot start a compiler: %s", strerror(errno));
	}
	rc = og_child_start(argv, NULL, &compiler->child, err);
	dup2(saved, STDERR_FILENO);
	close(saved);
	return rc;
}

int og_compiler_start(const struct og_ctx *ctx, struct og_compiler *compiler, struct og_err *err)
{
	char *esbuild = find_esbuild(ctx);
	const char *const argv[] = { esbuild,
				     "--loader=jsx",
				     "--jsx-factory=React.createElement",
				     "--jsx-fragment=React.Fragment",
				     "--target=es2020",
				     "--minify-whitespace",
				     "--minify-syntax",
				     "--tsconfig-raw={}",
				     "--sourcefile=view",
				     "--log-level=error",
				     "--log-limit=1",
				     "--color=false",
				     NULL };
	int rc;

	if (!esbuild) {
		og_fail(err, OG_EUNAVAIL, "--allow-code needs esbuild, which is not on $PATH");
		return og_hint(err, "install it (Debian: esbuild)");
	}
	compiler->said = memfd_create("said", MFD_CLOEXEC);
	rc = compiler->said < 0
		     ? og_fail(err, OG_EOS, "cannot make a file in memory: %s", strerror(errno))
		     : start_quietly(argv, compiler, err);
	free(esbuild);
	if (rc < 0)
		return -1;
	limit(compiler->child.pid, RLIMIT_AS, MEMORY_MAX);
	limit(compiler->child.pid, RLIMIT_CPU, CPU_SECONDS);
	limit(compiler->child.pid, RLIMIT_FSIZE, SAID_MAX);
	limit(compiler->child.pid, RLIMIT_CORE, 0);
	return 0;
}

/* --- what goes in ----------------------------------------------------------------- */

struct place {
	int line, column;
};

static struct place place_of(const char *text, size_t at)
{
	struct place place = { 1, 1 };

	for (size_t i = 0; i < at; i++) {
		place.column = text[i] == '\n' ? 1 : place.column + 1;
		place.line += text[i] == '\n';
	}
	return place;
}

/* How a character changes the depth of brackets, and of elements. */
static int bracket(char c)
{
	return strchr("([{", c) ? 1 : strchr(")]}", c) ? -1 : 0;
}

static int element(const char *text, size_t len)
{
	if (len > 1 && text[0] == '<' && text[1] != '/')
		return og_ascii_lower(text[1]) >= 'a' && og_ascii_lower(text[1]) <= 'z';
	return len > 1 && ((text[0] == '<' && text[1] == '/') || (text[0] == '/' && text[1] == '>'))
		       ? -1
		       : 0;
}

/* A compiler's own stack ends before a text does. This counts without
 * knowing strings from code; the bounds are far from what a view needs. */
static int check_nesting(const char *text, size_t len, struct og_err *err)
{
	int brackets = 0, elements = 0;
	struct place place;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\0')
			return og_fail(err, OG_EDATA, "view: a NUL in the code");
		brackets += bracket(text[i]);
		elements += element(text + i, len - i);
		if (brackets <= NESTING_MAX && elements <= TAGS_MAX)
			continue;
		place = place_of(text, i);
		return og_fail(err, OG_EDATA, "view:%d:%d: nested too deeply", place.line,
			       place.column);
	}
	return 0;
}

/* What a view may name stands in scope around it, and may be shadowed. */
static void add_prefix(struct og_buf *buf, int bare)
{
	og_buf_adds(buf, "OG.mount((React,{");
	for (const struct og_component *c = og_view_components; c->name; c++)
		og_buf_addf(buf, "%s%s", c == og_view_components ? "" : ",", c->name);
	og_buf_adds(buf, WRAP_HOOKS);
	if (bare)
		og_buf_adds(buf, "const View=({data,result,act})=>(");
}

static int is_bare(const char *text, size_t len)
{
	size_t skip = 0;

	while (skip < len && strchr(" \t\r\n", text[skip]))
		skip++;
	return skip < len && text[skip] == '<';
}

/* --- what comes out --------------------------------------------------------------- */

/* "...ERROR] what\n\n    view:LINE:COLUMN:\n": in the reader's terms. */
static int explain(const char *said, size_t prefix, int lines, struct og_err *err)
{
	const char *what = strstr(said, "ERROR] "), *at = strstr(said, "view:");
	int line = 0, column = 0;

	if (!what || !at || sscanf(at, "view:%d:%d", &line, &column) != 2)
		return og_fail(err, OG_EDATA, "view: the compiler gave up");
	what += strlen("ERROR] ");
	if (line > lines) {
		line = lines;
		column = 0;
	} else if (line == 1) {
		column = column > (int)prefix ? column - (int)prefix : 0;
	}
	return og_fail(err, OG_EDATA, "view:%d:%d: %.*s", line, column + 1,
		       (int)strcspn(what, "\n"), what);
}

static int read_said(int fd, size_t prefix, int lines, struct og_err *err)
{
	char said[4096];
	ssize_t n = pread(fd, said, sizeof(said) - 1, 0);

	said[n > 0 ? n : 0] = '\0';
	return explain(said, prefix, lines, err);
}

static int compile(struct og_compiler *compiler, const struct og_buf *input, struct og_buf *code,
		   int *status, struct og_err *err)
{
	if (og_child_talk(&compiler->child, input->data, input->len, og_deadline(WALL_MS), code,
			  status, err) == 0)
		return 0;
	if (err->code == OG_ETEMP)
		return og_fail(err, OG_EDATA, "view: the compiler took longer than %d seconds",
			       WALL_MS / 1000);
	return og_wrap(err, "view");
}

int og_compiler_run(struct og_compiler *compiler, const char *text, size_t len, struct og_buf *code,
		    struct og_err *err)
{
	int bare = is_bare(text, len), status = 0, rc = -1;
	struct og_buf input;
	size_t prefix;

	if (len > OG_CODE_MAX)
		return og_fail(err, OG_EDATA, "view: larger than %zu bytes", OG_CODE_MAX);
	if (check_nesting(text, len, err) < 0)
		return -1;
	og_buf_init(&input, OG_CODE_MAX + WRAPPER_MAX);
	add_prefix(&input, bare);
	prefix = input.len;
	og_buf_add(&input, text, len);
	og_buf_adds(&input, bare ? "\n)" WRAP_END : WRAP_END);
	if (og_buf_check(&input, "view", err) < 0 ||
	    compile(compiler, &input, code, &status, err) < 0)
		goto out;
	rc = status == 0 ? 0 : read_said(compiler->said, prefix, place_of(text, len).line, err);
out:
	og_buf_release(&input);
	return rc;
}

int og_compiler_take_view(struct og_compiler *compiler, json_t *result, struct og_buf *code,
			  struct og_err *err)
{
	json_t *view = json_object_get(result, "view"), *jsx = json_object_get(view, "jsx");
	int rc;

	if (!json_is_string(jsx) || json_object_get(view, "tree"))
		return -1;
	og_err_clear(err);
	rc = og_compiler_run(compiler, json_string_value(jsx), json_string_length(jsx), code, err);
	if (rc == 0)
		json_object_del(view, "jsx");
	return rc;
}
