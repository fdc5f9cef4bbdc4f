/* See elsewhere.h. */
#include "lib/shield/elsewhere.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/shield/outbox.h"

/* Of those who tell a store, one at a time. */
static int open_door(struct og_shield *shield, struct og_err *err)
{
	char *path;
	int fd;

	if (!shield->conf->run) /* a database outside an instance */
		return 0;
	path = og_path_join(shield->conf->run, "remote.lock");
	if (!path)
		return og_fail_nomem(err);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		og_fail(err, OG_EOS, "cannot open '%s': %s", path, strerror(errno));
	else
		shield->elsewhere.door = fd;
	free(path);
	return fd < 0 ? -1 : 0;
}

int og_elsewhere_open(struct og_shield *shield, struct og_err *err)
{
	struct og_elsewhere *at = &shield->elsewhere;
	struct og_store_place place;

	for (int store = 0; store < 2; store++) {
		at->on[store] = og_conf_store(shield->conf, (enum og_store)store, &place, err);
		if (at->on[store] < 0)
			return -1;
	}
	if (!at->on[OG_STORE_GRAPH] && !at->on[OG_STORE_VECTORS])
		return 0;
	shield->frame.elsewhere = 1;
	if (open_door(shield, err) < 0)
		return -1;
	return og_outbox_open(shield->db, at->on[OG_STORE_GRAPH], at->on[OG_STORE_VECTORS], err);
}

void og_elsewhere_close(struct og_shield *shield)
{
	if (shield->elsewhere.door > 0)
		close(shield->elsewhere.door);
}

int og_shield_stores(struct og_shield *shield, struct og_net *graph, struct og_net *vectors,
		     struct og_err *err)
{
	(void)err;
	shield->elsewhere.net[OG_STORE_GRAPH] = graph;
	shield->elsewhere.net[OG_STORE_VECTORS] = vectors;
	return 0;
}

int og_elsewhere_on(const struct og_shield *shield, enum og_store store)
{
	return shield->elsewhere.on[store];
}

int og_elsewhere_reachable(const struct og_shield *shield, enum og_store store)
{
	return shield->elsewhere.on[store] && shield->elsewhere.net[store];
}

int og_elsewhere_put(struct og_shield *shield, enum og_store store, const char *name,
		     char hash[OG_HASH_HEX + 1], struct og_err *err)
{
	struct og_node head;
	int found = og_graph_head(shield->graph, name, &head, err);

	if (found < 0)
		return -1;
	memcpy(hash, found ? head.hash : "", found ? sizeof(head.hash) : 1);
	return og_fail(err, OG_EUNAVAIL, "%s: this version cannot tell it anything",
		       og_store_word(store));
}
