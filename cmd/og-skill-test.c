/*
 * og-skill test: what stands under `## Tests`, made scenarios and handed to
 * og-eval, which has the scratch instances and the judge. What is not added
 * yet is added there first, so that a skill can be tested before it is put.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/og-skill.h"
#include "lib/base/file.h"
#include "lib/skill/tests.h"

#define SCENARIOS_MAX ((size_t)1 << 20) /* of og-eval */
#define WORDS_MAX     16

/* --- which skills -------------------------------------------------------- */

int skill_is_path(const char *word)
{
	struct stat st;

	return strchr(word, '/') || stat(word, &st) == 0;
}

static int add_named(struct og_channel *channel, const char *name, json_t *docs, struct og_err *err)
{
	json_t *request = json_pack("{s:s}", "skill", name), *reply = NULL;
	int rc;

	if (!request)
		return og_fail(err, OG_EDATA, "'%s' is not a skill's name", name);
	if (og_channel_ask(channel, "skill.get", request, &reply, err) < 0)
		return -1;
	rc = json_array_append(docs, json_object_get(reply, "skill"));
	json_decref(reply);
	return rc < 0 ? og_fail_nomem(err) : 0;
}

static int add_all(struct og_channel *channel, json_t *docs, struct og_err *err)
{
	json_t *reply = NULL, *skill;
	size_t i;
	int rc = og_channel_ask(channel, "skill.list", json_object(), &reply, err);

	json_array_foreach(json_object_get(reply, "skills"), i, skill)
	{
		if (rc == 0)
			rc = add_named(channel, og_json_str(skill, "name"), docs, err);
	}
	json_decref(reply);
	return rc;
}

/* Those of the instance: one, or all that the principal may know of. */
static int active_docs(const struct og_ctx *ctx, const struct og_args *args, json_t *docs,
		       struct og_err *err)
{
	struct og_channel *channel;
	int rc;

	if (skill_session(ctx, args, &channel, err) < 0)
		return -1;
	rc = og_arg(args, 0) ? add_named(channel, og_arg(args, 0), docs, err)
			     : add_all(channel, docs, err);
	og_channel_close(channel);
	return rc;
}

/* --- scenarios ----------------------------------------------------------- */

static int add_scenarios(json_t *list, const json_t *docs, struct og_err *err)
{
	json_t *doc;
	size_t i;

	json_array_foreach(docs, i, doc)
	{
		for (size_t k = 0; k < json_array_size(json_object_get(doc, "tests")); k++)
			if (json_array_append_new(list, og_skill_test_scenario(doc, k)) < 0)
				return og_fail_nomem(err);
	}
	return 0;
}

/* Where og-eval reads them: nothing that would have to be removed later. */
static int feed(const json_t *list, struct og_err *err)
{
	char *text = json_dumps(list, JSON_COMPACT);
	int fd = text ? memfd_create("tests", MFD_CLOEXEC) : -1, rc = -1;

	if (!text)
		og_fail_nomem(err);
	else if (strlen(text) > SCENARIOS_MAX)
		og_fail(err, OG_EDATA, "there are too many tests at once");
	else if (fd < 0 || og_write_all(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
		 dup2(fd, STDIN_FILENO) < 0)
		og_fail(err, OG_EOS, "cannot hand over the tests: %s", strerror(errno));
	else
		rc = 0;
	if (fd >= 0)
		close(fd);
	free(text);
	return rc;
}

/* --- og-eval ------------------------------------------------------------- */

/* Does not come back when all is well. */
static int run_eval(const struct og_ctx *ctx, const struct og_args *args, const char *home,
		    const char *add, struct og_err *err)
{
	char *path = og_program_path(ctx->exe_dir, "og-eval");
	const char *words[WORDS_MAX] = { path }, *as = NULL;
	char *argv[WORDS_MAX];
	size_t n = 1;

	if (!path)
		return og_fail_nomem(err);
	if (home) {
		words[n++] = "--from-instance";
		words[n++] = "--home";
		words[n++] = home;
	}
	if (add && og_principal_from(ctx, args, &as, err) < 0) {
		free(path);
		return -1;
	}
	if (add) {
		words[n++] = "--as";
		words[n++] = as;
		words[n++] = "--add";
		words[n++] = add;
	}
	if (og_arg_flag(args, "json"))
		words[n++] = "--json";
	if (og_arg_value(args, "jobs")) {
		words[n++] = "--jobs";
		words[n++] = og_arg_value(args, "jobs");
	}
	words[n++] = "-";
	memcpy(argv, words, sizeof(argv)); /* execv(3) takes no const */
	execv(path, argv);
	og_fail(err, OG_EOS, "cannot run '%s': %s", path, strerror(errno));
	free(path);
	return -1;
}

static int hand_over(const struct og_ctx *ctx, const struct og_args *args, const json_t *list,
		     const char *add, struct og_err *err)
{
	struct og_conf *conf = NULL;
	int rc;

	if (!og_arg_flag(args, "demo") && og_conf_from(ctx, args, &conf, err) < 0)
		return -1;
	rc = feed(list, err);
	if (rc == 0)
		rc = run_eval(ctx, args, conf ? conf->home : NULL, add, err);
	og_conf_free(conf);
	return rc;
}

int skill_run_test(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *what = og_arg(args, 0);
	const char *path = what && skill_is_path(what) ? what : NULL;
	json_t *docs = json_array(), *list = json_array();
	int rc = -1;

	if (!docs || !list)
		og_fail_nomem(err);
	else if (!path && og_arg_flag(args, "demo"))
		og_fail(err, OG_EUSAGE, "--demo takes a file or a folder");
	else
		rc = path ? skill_read_docs(ctx, path, docs, err)
			  : active_docs(ctx, args, docs, err);
	if (rc == 0)
		rc = add_scenarios(list, docs, err);
	if (rc == 0 && json_array_size(list) == 0) {
		rc = og_fail(err, OG_ENOINPUT, "there are no tests in %s%s%s", what ? "'" : "",
			     what ? what : "the skills", what ? "'" : "");
		og_hint(err, "they stand under '## Tests', see og-skill(5)");
	}
	if (rc == 0)
		rc = hand_over(ctx, args, list, path, err);
	json_decref(docs);
	json_decref(list);
	return rc;
}
