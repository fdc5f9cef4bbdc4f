/* Shared inside lib/conf. */
#ifndef OG_CONF_INTERNAL_H
#define OG_CONF_INTERNAL_H

#include "lib/base/buf.h"
#include "lib/conf/conf.h"

int og_conf_find(const char *hint, const char *(*env)(const char *), char **ret,
		 struct og_err *err);
int og_conf_paths(struct og_conf *conf, struct og_err *err);

/* The i-th word of a value made of words with spaces between: its start and
 * length; NULL when there are not so many, or the value is "none". */
const char *og_conf_word(const char *value, size_t i, size_t *ret_len);

/* http.c: is every word of http a service of its own name? */
int og_conf_http_check(const struct og_conf *conf, struct og_err *err);

/* model.c: do the words, sums and headers of models mean something? */
int og_conf_model_check(const struct og_conf *conf, struct og_err *err);

#endif
