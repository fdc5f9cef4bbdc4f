/*
 * Finding SKILL.md files. A directory entry that is no readable SKILL.md
 * is passed over: a skill's folder may hold scripts and assets.
 */
#include "lib/skill/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096

static int add_path(json_t *list, const char *path, struct og_err *err)
{
	json_t *text = json_string(path);

	if (json_array_size(list) == OG_SKILL_FILES_MAX) {
		json_decref(text);
		return og_fail(err, OG_EDATA, "at most %d skills at once", OG_SKILL_FILES_MAX);
	}
	if (text == NULL)
		return og_fail(err, OG_EDATA, "the path '%s' is not UTF-8", path);
	return json_array_append_new(list, text) < 0 ? og_fail_nomem(err) : 0;
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int add_below(json_t *list, const char *dir, struct og_err *err)
{
	struct dirent **names = NULL;
	char path[PATH_BYTES];
	int n = scandir(dir, &names, not_hidden, alphasort), rc = 0, len;

	if (n < 0)
		return og_fail(err, OG_ENOINPUT, "cannot read '%s': %s", dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		len = snprintf(path, sizeof(path), "%s/%s/SKILL.md", dir, names[i]->d_name);
		if (rc == 0 && len < PATH_BYTES && access(path, R_OK) == 0)
			rc = add_path(list, path, err);
		free(names[i]);
	}
	free(names);
	return rc;
}

static int add_all(json_t *list, const char *path, struct og_err *err)
{
	char inside[PATH_BYTES];
	struct stat st;

	if (stat(path, &st) < 0)
		return og_fail(err, OG_ENOINPUT, "cannot open '%s': %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return add_path(list, path, err);
	if (snprintf(inside, sizeof(inside), "%s/SKILL.md", path) < PATH_BYTES &&
	    access(inside, R_OK) == 0)
		return add_path(list, inside, err);
	if (add_below(list, path, err) < 0)
		return -1;
	if (json_array_size(list) == 0)
		return og_fail(err, OG_ENOINPUT, "no SKILL.md below '%s'", path);
	return 0;
}

int og_skill_files(const char *path, json_t **ret, struct og_err *err)
{
	json_t *list = json_array();

	if (list == NULL)
		return og_fail_nomem(err);
	if (add_all(list, path, err) < 0) {
		json_decref(list);
		return -1;
	}
	*ret = list;
	return 0;
}

int og_skill_file_agrees(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/'), *from = slash;
	size_t len;

	if (slash == NULL || strcmp(slash, "/SKILL.md") != 0)
		return 1;
	while (from > path && from[-1] != '/')
		from--;
	len = (size_t)(slash - from);
	return len == 0 || strncmp(from, ".", len) == 0 ||
	       (strlen(name) == len && memcmp(from, name, len) == 0);
}
