/* Finding the instance and our own installation; paths of an instance. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/conf/conf-internal.h"

static int is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* DIR itself when it is an instance, DIR/.omnigate when that is. */
static char *instance_in(const char *dir)
{
	char *inside = og_path_join(dir, ".omnigate"), *conf = NULL, *found = NULL;

	if (!inside)
		return NULL;
	if (is_directory(inside)) {
		found = realpath(inside, NULL);
	} else {
		conf = og_path_join(dir, "og.conf");
		if (conf && access(conf, F_OK) == 0)
			found = realpath(dir, NULL);
	}
	free(inside);
	free(conf);
	return found;
}

static char *walk_up(void)
{
	char *dir = realpath(".", NULL), *found = NULL, *slash;

	while (dir && !(found = instance_in(dir))) {
		slash = strrchr(dir, '/');
		if (!slash || dir[1] == '\0')
			break;
		slash[slash == dir] = '\0';
	}
	free(dir);
	return found;
}

/* A directory somebody else can write to may hold an instance that is meant
 * to be found: one that belongs to another user is taken by name only. */
static int check_owner(const char *home, struct og_err *err)
{
	struct stat st;

	if (stat(home, &st) == 0 && st.st_uid == geteuid())
		return 0;
	og_fail(err, OG_EPERM, "instance '%s' belongs to another user", home);
	return og_hint(err, "if it is meant, name it with --home or OG_HOME");
}

static int find_above(char **ret, struct og_err *err)
{
	char *home = walk_up();

	if (!home) {
		og_fail(err, OG_ECONF, "no instance here or above");
		return og_hint(err, "make one with `og init`, or name one with --home or OG_HOME");
	}
	if (check_owner(home, err) < 0) {
		free(home);
		return -1;
	}
	*ret = home;
	return 0;
}

int og_conf_find(const char *hint, const char *(*env)(const char *), char **ret, struct og_err *err)
{
	const char *named = hint ? hint : env("OG_HOME");

	if (!hint && (!named || !*named))
		return find_above(ret, err);
	*ret = *named ? instance_in(named) : NULL;
	if (*ret)
		return 0;
	og_fail(err, OG_ECONF, "'%s' is not an instance", named);
	return og_hint(err, "make one with `og init DIR`");
}

static int join_to(char **field, const char *home, const char *name)
{
	*field = og_path_join(home, name);
	return *field ? 0 : -1;
}

int og_conf_paths(struct og_conf *conf, struct og_err *err)
{
	if (join_to(&conf->erp, conf->home, "erp.db") < 0 ||
	    join_to(&conf->base, conf->home, "base.db") < 0 ||
	    join_to(&conf->keys, conf->home, "keys") < 0 ||
	    join_to(&conf->run, conf->home, "run") < 0 ||
	    join_to(&conf->renders, conf->home, "renders") < 0)
		return og_fail_nomem(err);
	return 0;
}

int og_conf_remote(const struct og_conf *conf)
{
	return strcmp(conf->shield, "local:") != 0 && access(conf->erp, F_OK) < 0;
}

int og_principal_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 32 && name[0] >= 'a' && name[0] <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

int og_conf_key_path(const struct og_conf *conf, const char *principal, char **ret,
		     struct og_err *err)
{
	struct og_buf name;
	int rc = -1;

	og_buf_init(&name, 64);
	if (!og_principal_name_valid(principal)) {
		og_fail(err, OG_EPERM, "'%s' is no principal's name", principal);
		og_hint(err, "names begin with a letter, and are of a-z, 0-9, '_' and '-'");
		goto out;
	}
	og_buf_addf(&name, "%s.key", principal);
	*ret = og_path_join(conf->keys, name.data);
	rc = *ret ? 0 : og_fail_nomem(err);
out:
	og_buf_release(&name);
	return rc;
}

char *og_share_path(const char *exe_dir, const char *rest)
{
	struct og_buf path;

	og_buf_init(&path, PATH_MAX);
	og_buf_addf(&path, "%s/../share/omnigate/%s", exe_dir, rest);
	return og_buf_take(&path);
}

char *og_libexec_path(const char *exe_dir, const char *name)
{
	struct og_buf path;

	og_buf_init(&path, PATH_MAX);
	og_buf_addf(&path, "%s/../libexec/omnigate%s%s", exe_dir, name ? "/" : "",
		    name ? name : "");
	return og_buf_take(&path);
}

char *og_program_path(const char *exe_dir, const char *name)
{
	return og_path_join(exe_dir, name);
}
