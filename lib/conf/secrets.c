/* Which files og.conf names as secrets: whoever looks after them all asks
 * here, so that a new one is added in one place. */
#include <string.h>

#include "lib/base/file.h"
#include "lib/conf/conf.h"

static int find(const struct og_conf *conf, size_t i, struct og_model_header *header,
		const char **ret, struct og_err *err)
{
	const char *const settings[] = { conf->queue_password, conf->queue_key, conf->graph_key,
					 conf->vectors_key,    conf->model_key, conf->embed_key,
					 conf->telemetry_token };
	size_t n = sizeof(settings) / sizeof(*settings);
	int found;

	for (size_t k = 0; k < n; k++) {
		if (!settings[k] || strcmp(settings[k], "none") == 0 || i-- > 0)
			continue;
		*ret = settings[k];
		return 1;
	}
	found = og_conf_model_header(conf, i, header, err);
	*ret = header->file;
	return found;
}

int og_conf_secret(const struct og_conf *conf, size_t i, char **ret, struct og_err *err)
{
	struct og_model_header header;
	const char *name;
	int found = find(conf, i, &header, &name, err);

	if (found != 1)
		return found;
	*ret = og_path_join(conf->home, name);
	return *ret ? 1 : og_fail_nomem(err);
}
