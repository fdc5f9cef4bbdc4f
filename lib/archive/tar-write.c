/* Writing archives; see tar.h. Owner and group are 0 and have no name: who
 * unpacks it owns it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/archive/archive-internal.h"
#include "lib/base/file.h"
#include "lib/base/text.h"

#define OCTAL_MAX (((int64_t)1 << 33) - 1)
#define RECORD	  10240 /* tar(1) reads and writes so many bytes at a time */

void og_tar_init(struct og_tar *tar, int fd)
{
	*tar = (struct og_tar){ .fd = fd };
}

unsigned og_tar_sum(const struct og_tar_header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	size_t from = offsetof(struct og_tar_header, sum);
	unsigned sum = 0;

	for (size_t i = 0; i < OG_TAR_BLOCK; i++)
		sum += i >= from && i < from + sizeof(header->sum) ? ' ' : bytes[i];
	return sum;
}

int og_tar_name_valid(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > OG_TAR_NAME_MAX || !og_utf8_valid(name, len) ||
	    og_text_hidden(name, len) || strpbrk(name, "\\\t\n\r"))
		return 0;
	for (const char *part = name;; part = strchr(part, '/') + 1) {
		size_t n = strcspn(part, "/");

		if (n == 0 || (n == 1 && part[0] == '.') ||
		    (n == 2 && part[0] == '.' && part[1] == '.'))
			return 0;
		if (!part[n])
			return 1;
	}
}

static int put_bytes(struct og_tar *tar, const void *data, size_t len, struct og_err *err)
{
	if (og_write_all(tar->fd, data, len) < 0)
		return og_fail(err,
			       errno == ENOSPC || errno == EDQUOT ? OG_EOS
			       : errno == EPIPE			  ? OG_EUNAVAIL
								  : OG_EIO,
			       "cannot write the archive: %s", strerror(errno));
	tar->at += (int64_t)len;
	return 0;
}

static void put_size(char *out, size_t size, int64_t value)
{
	char digits[24];

	if (value <= OCTAL_MAX) {
		snprintf(digits, sizeof(digits), "%0*llo", (int)size - 1,
			 (unsigned long long)value);
		memcpy(out, digits, size);
		return;
	}
	for (size_t i = size; i-- > 1; value >>= 8)
		out[i] = (char)(value & 0xff);
	out[0] = (char)0x80;
}

static void put_octal(char *out, size_t size, unsigned value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%0*o", (int)size - 1, value);
	memcpy(out, digits, size);
}

int og_tar_put(struct og_tar *tar, const struct og_tar_member *member, struct og_err *err)
{
	struct og_tar_header header = { .magic = "ustar", .version = { '0', '0' } };
	int folder = member->type == OG_TAR_FOLDER;
	size_t len = strlen(member->name);

	if (tar->left > 0)
		return og_fail(err, OG_EBUG, "a member of the archive has no end");
	if (!og_tar_name_valid(member->name) || len + (size_t)folder > OG_TAR_NAME_MAX)
		return og_fail(err, OG_EDATA, "'%s' cannot be named in an archive", member->name);
	memcpy(header.name, member->name, len);
	if (folder)
		header.name[len] = '/';
	header.type = folder ? '5' : '0';
	put_octal(header.mode, sizeof(header.mode), member->mode & 0777);
	put_octal(header.uid, sizeof(header.uid), 0);
	put_octal(header.gid, sizeof(header.gid), 0);
	put_size(header.size, sizeof(header.size), folder ? 0 : member->size);
	put_size(header.time, sizeof(header.time), member->time);
	put_octal(header.sum, 7, og_tar_sum(&header));
	header.sum[7] = ' ';
	tar->left = folder ? 0 : member->size;
	tar->pad = (int)(-tar->left & (OG_TAR_BLOCK - 1));
	return put_bytes(tar, &header, sizeof(header), err);
}

int og_tar_write(struct og_tar *tar, const void *data, size_t len, struct og_err *err)
{
	static const char zeros[OG_TAR_BLOCK];

	if ((int64_t)len > tar->left)
		return og_fail(err, OG_EBUG, "a member of the archive is longer than it said");
	if (put_bytes(tar, data, len, err) < 0)
		return -1;
	tar->left -= (int64_t)len;
	return tar->left == 0 ? put_bytes(tar, zeros, (size_t)tar->pad, err) : 0;
}

int og_tar_end(struct og_tar *tar, struct og_err *err)
{
	static const char zeros[RECORD];
	size_t rest;

	if (tar->left > 0)
		return og_fail(err, OG_EBUG, "a member of the archive has no end");
	if (put_bytes(tar, zeros, (size_t)2 * OG_TAR_BLOCK, err) < 0)
		return -1;
	rest = (size_t)(tar->at % RECORD);
	return put_bytes(tar, zeros, rest ? RECORD - rest : 0, err);
}
