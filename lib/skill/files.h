/*
 * The SKILL.md files a path means: the file itself, DIR/SKILL.md, or every
 * DIR/NAME/SKILL.md in order of name. Nothing is read here.
 */
#ifndef OG_SKILL_FILES_H
#define OG_SKILL_FILES_H

#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_SKILL_FILES_MAX 256

/* *ret: an array of paths, never empty. OG_ENOINPUT when there is none. */
int og_skill_files(const char *path, json_t **ret, struct og_err *err);

/* The format wants a skill to be called like its directory: true when it
 * is, or when path does not end in DIR/SKILL.md. */
int og_skill_file_agrees(const char *path, const char *name);

#endif
