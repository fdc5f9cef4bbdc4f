/* The nearest of the names that may be told: words, files, JSON. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

static void near_hints(void)
{
	static const char *const names[] = { "wait", "batch", NULL };
	struct og_err err = OG_ERR_INIT;

	og_fail(&err, OG_EUSAGE, "no 'wiat'");
	OG_CHECK_INT(og_hint_near("wiat", names, &err), -1);
	OG_CHECK_STR(err.hint, "did you mean 'wait'?");
	OG_CHECK_STR(err.msg, "no 'wiat'");
	og_fail(&err, OG_EUSAGE, "no 'zebra'");
	og_hint(&err, "wait or batch");
	OG_CHECK_INT(og_hint_near("zebra", names, &err), -1);
	OG_CHECK_STR(err.hint, "wait or batch");
}

static void make_empty(const char *dir, const char *name, mode_t mode)
{
	char path[4200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
	OG_CHECK(fd >= 0);
	close(fd);
}

static int near_file(const char *dir, const char *name, char *ret, size_t size)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return og_file_near(path, ret, size);
}

static void near_files(void)
{
	char dir[] = "/tmp/og-near-XXXXXX", name[64] = "", command[64];

	OG_CHECK(mkdtemp(dir) != NULL);
	make_empty(dir, "alice.key", 0600);
	make_empty(dir, "alicf.pub", 0600);
	make_empty(dir, ".alicd.key", 0600);
	make_empty(dir, "bob.key", 0600);
	OG_CHECK_INT(near_file(dir, "alicd.key", name, sizeof(name)), 1);
	OG_CHECK_STR(name, "alice");
	OG_CHECK_INT(near_file(dir, "bo.key", name, sizeof(name)), 1);
	OG_CHECK_STR(name, "bob");
	OG_CHECK_INT(near_file(dir, "mallory.key", name, sizeof(name)), 0);
	OG_CHECK_INT(near_file(dir, ".key", name, sizeof(name)), 0);
	OG_CHECK_INT(near_file(dir, "alicd.key", name, 5), 0);
	OG_CHECK_INT(near_file(dir, "no/alice.key", name, sizeof(name)), 0);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	OG_CHECK_INT(system(command), 0);
}

static void near_json(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *list = json_pack("[{s:s},{s:i},{s:s},s]", "name", "order", "name", 3, "name",
				 "orders", "odres");
	json_t *texts = json_pack("[s,s]", "zebra", "order");

	og_fail(&err, OG_NO, "no 'odres'");
	OG_CHECK_INT(og_json_hint_near("odres", list, "name", &err), -1);
	OG_CHECK_STR(err.hint, "did you mean 'order'?");
	og_fail(&err, OG_NO, "no 'oorders'");
	OG_CHECK_INT(og_json_hint_near("oorders", list, "name", &err), -1);
	OG_CHECK_STR(err.hint, "did you mean 'orders'?");
	og_fail(&err, OG_NO, "no 'customers'");
	OG_CHECK_INT(og_json_hint_near("customers", list, "name", &err), -1);
	OG_CHECK_STR(err.hint, "");
	OG_CHECK_INT(og_json_hint_near("zbera", texts, NULL, &err), -1);
	OG_CHECK_STR(err.hint, "did you mean 'zebra'?");
	OG_CHECK_INT(og_json_hint_near("zbera", NULL, NULL, &err), -1);
	json_decref(list);
	json_decref(texts);
}

int main(void)
{
	OG_RUN(near_hints);
	OG_RUN(near_files);
	OG_RUN(near_json);
	return og_done();
}
