/* lib/archive: what is written is read again, and nothing else is. */
#include <fcntl.h>
#include <unistd.h>

#include "lib/archive/archive-internal.h"
#include "tests/unit/unit.h"

#define MAX ((size_t)65536)

/* An archive in a file that has no name. */
static int scratch(void)
{
	FILE *file = tmpfile();

	return file ? fileno(file) : -1;
}

static int holding(const void *data, size_t len)
{
	int fd = scratch();

	OG_CHECK(write(fd, data, len) == (ssize_t)len);
	OG_CHECK(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* A good header of a file that is empty; the caller spoils it, and then its
 * sum is made right again. */
static struct og_tar_header header(const char *name)
{
	struct og_tar_header h = { .mode = "0000600",
				   .uid = "0000000",
				   .gid = "0000000",
				   .size = "00000000000",
				   .time = "00000000000",
				   .type = '0',
				   .magic = "ustar",
				   .version = { '0', '0' } };

	memcpy(h.name, name, strlen(name));
	return h;
}

static void set_sum(struct og_tar_header *h)
{
	snprintf(h->sum, 7, "%06o", og_tar_sum(h));
	h->sum[6] = '\0';
	h->sum[7] = ' ';
}

/* What becomes of an archive with that header and an end: 1, or -1. */
static int read_one(struct og_tar_header *h, struct og_err *err)
{
	char all[(size_t)3 * OG_TAR_BLOCK] = { 0 };
	struct og_tar_member member;
	struct og_tar tar;
	int fd, rc;

	set_sum(h);
	memcpy(all, h, sizeof(*h));
	fd = holding(all, sizeof(all));
	og_tar_init(&tar, fd);
	rc = og_tar_next(&tar, &member, err);
	if (rc == 1)
		OG_CHECK_INT(og_tar_next(&tar, &member, err), member.size ? -1 : 0);
	return rc;
}

static void round_trip(void)
{
	struct og_tar_member folder = { .name = "a", .type = OG_TAR_FOLDER, .mode = 0700 };
	struct og_tar_member file = { .name = "a/b", .mode = 0600, .size = 1000, .time = 1234567 };
	struct og_tar_member got;
	char data[1000], again[2000];
	struct og_err err = OG_ERR_INIT;
	int fd = scratch(), n, all = 0;
	struct og_tar tar;

	memset(data, 'x', sizeof(data));
	og_tar_init(&tar, fd);
	OG_CHECK_OK(og_tar_put(&tar, &folder, &err), &err);
	OG_CHECK_OK(og_tar_put(&tar, &file, &err), &err);
	OG_CHECK_OK(og_tar_write(&tar, data, 700, &err), &err);
	OG_CHECK(og_tar_end(&tar, &err) < 0 && err.code == OG_EBUG);
	OG_CHECK(og_tar_write(&tar, data, 301, &err) < 0);
	OG_CHECK_OK(og_tar_write(&tar, data, 300, &err), &err);
	OG_CHECK_OK(og_tar_end(&tar, &err), &err);
	OG_CHECK_INT(tar.at % 10240, 0);
	OG_CHECK(lseek(fd, 0, SEEK_SET) == 0);
	og_tar_init(&tar, fd);
	OG_CHECK_INT(og_tar_next(&tar, &got, &err), 1);
	OG_CHECK(got.type == OG_TAR_FOLDER && strcmp(got.name, "a") == 0);
	OG_CHECK_INT(og_tar_next(&tar, &got, &err), 1);
	OG_CHECK(got.size == 1000 && got.time == 1234567 && got.mode == 0600);
	while ((n = og_tar_read(&tar, again + all, 333, &err)) > 0)
		all += n;
	OG_CHECK(n == 0 && all == 1000 && memcmp(data, again, 1000) == 0);
	OG_CHECK_INT(og_tar_next(&tar, &got, &err), 0);
}

static void cut_short(void)
{
	struct og_tar_member file = { .name = "b", .mode = 0600, .size = 5 }, got;
	struct og_err err = OG_ERR_INIT;
	char all[MAX];
	struct og_tar tar;
	int fd = scratch(), from, rc;
	ssize_t size;

	og_tar_init(&tar, fd);
	OG_CHECK(og_tar_put(&tar, &file, &err) == 0 && og_tar_write(&tar, "hello", 5, &err) == 0 &&
		 og_tar_end(&tar, &err) == 0);
	size = pread(fd, all, sizeof(all), 0);
	/* What follows two blocks of zeros need not be there. */
	for (size_t n = 0; n < (size_t)4 * OG_TAR_BLOCK; n++) {
		from = holding(all, n);
		og_tar_init(&tar, from);
		while ((rc = og_tar_next(&tar, &got, &err)) == 1)
			if ((rc = og_tar_read(&tar, all + MAX - 16, 16, &err)) < 0)
				break;
		OG_CHECK(rc == -1 && err.code == OG_EDATA);
		close(from);
	}
	OG_CHECK_INT(size, 10240);
}

static void names(void)
{
	static const char *const bad[] = { "",
					   "/a",
					   "a/",
					   "a//b",
					   ".",
					   "..",
					   "a/../b",
					   "./a",
					   "a/.",
					   "a\nb",
					   "a\x1b[2J",
					   "a\\b",
					   "\xff",
					   "a\xe2\x80\xae"
					   "b",
					   "../a",
					   "a/.." };
	static const char *const good[] = { "a",   "a/b",      ".a", "...",
					    "a b", "\xc3\xa4", "-a", "a/..b" };
	struct og_err err = OG_ERR_INIT;
	char longest[OG_TAR_NAME_MAX + 2];

	memset(longest, 'a', sizeof(longest));
	longest[OG_TAR_NAME_MAX + 1] = '\0';
	OG_CHECK(!og_tar_name_valid(longest));
	longest[OG_TAR_NAME_MAX] = '\0';
	OG_CHECK(og_tar_name_valid(longest));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct og_tar_header h = header(bad[i]);

		OG_CHECK(!og_tar_name_valid(bad[i]));
		OG_CHECK(read_one(&h, &err) < 0 && err.code == OG_EDATA);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct og_tar_header h = header(good[i]);

		OG_CHECK(og_tar_name_valid(good[i]));
		OG_CHECK_OK(read_one(&h, &err), &err);
	}
}

static void kinds(void)
{
	struct og_err err = OG_ERR_INIT;

	for (int type = 0; type < 256; type++) {
		struct og_tar_header h = header("a");

		h.type = (char)type;
		OG_CHECK_INT(read_one(&h, &err), type == '0' || type == '5' ? 1 : -1);
	}
}

static void spoilt(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_tar_header h = header("a"), of;

#define BAD(change)                                                                                \
	do {                                                                                       \
		of = h;                                                                            \
		change;                                                                            \
		OG_CHECK(read_one(&of, &err) < 0 && err.code == OG_EDATA);                         \
	} while (0)
	BAD(of.name[5] = 'x'); /* behind its NUL */
	BAD(memset(of.name, 'a', sizeof(of.name)));
	BAD(of.prefix[0] = 'p');
	BAD(of.link[0] = 'l');
	BAD(of.magic[5] = ' ');
	BAD(of.version[0] = ' ');
	BAD(memcpy(of.mode, "0004755", 8));
	BAD(memcpy(of.mode, "rwx", 3));
	BAD(memset(of.size, ' ', sizeof(of.size)));
	BAD(memcpy(of.size, "-1", 2));
	BAD(memset(of.size, '7', sizeof(of.size)); of.size[0] = '8');
	BAD(memset(of.size, 0xff, sizeof(of.size)));
	BAD(memset(of.size, 0x7f, sizeof(of.size)); of.size[0] = (char)0x80);
	BAD(of.type = '5'; of.size[10] = '1');
	BAD(memcpy(of.time, "later", 5));
#undef BAD
	set_sum(&h);
	h.uid[6] = '1'; /* the sum is not its sum any more */
	{
		struct og_tar_member got;
		struct og_tar tar;

		og_tar_init(&tar, holding(&h, sizeof(h)));
		OG_CHECK(og_tar_next(&tar, &got, &err) < 0);
	}
}

/* A size beyond what octal digits hold. */
static void large(void)
{
	struct og_tar_member file = { .name = "b", .mode = 0600, .size = INT64_C(20) << 30 }, got;
	struct og_err err = OG_ERR_INIT;
	struct og_tar tar;
	int fd = scratch();

	og_tar_init(&tar, fd);
	OG_CHECK_OK(og_tar_put(&tar, &file, &err), &err);
	OG_CHECK(lseek(fd, 0, SEEK_SET) == 0);
	og_tar_init(&tar, fd);
	OG_CHECK_INT(og_tar_next(&tar, &got, &err), 1);
	OG_CHECK_INT(got.size, INT64_C(20) << 30);
}

static void after_the_end(void)
{
	char all[(size_t)4 * OG_TAR_BLOCK] = { 0 };
	struct og_err err = OG_ERR_INIT;
	struct og_tar_member got;
	struct og_tar tar;

	og_tar_init(&tar, holding(all, sizeof(all)));
	OG_CHECK_INT(og_tar_next(&tar, &got, &err), 0);
	all[sizeof(all) - 1] = 1;
	og_tar_init(&tar, holding(all, sizeof(all)));
	OG_CHECK(og_tar_next(&tar, &got, &err) < 0);
	all[sizeof(all) - 1] = 0;
	all[OG_TAR_BLOCK + 3] = 1; /* one block of zeros is no end */
	og_tar_init(&tar, holding(all, sizeof(all)));
	OG_CHECK(og_tar_next(&tar, &got, &err) < 0);
}

int main(void)
{
	OG_RUN(round_trip);
	OG_RUN(cut_short);
	OG_RUN(names);
	OG_RUN(kinds);
	OG_RUN(spoilt);
	OG_RUN(large);
	OG_RUN(after_the_end);
	return og_done();
}
