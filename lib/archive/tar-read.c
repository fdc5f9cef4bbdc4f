/* Reading archives of strangers; see tar.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/archive/archive-internal.h"

#define AFTER_MAX ((int64_t)1 << 20) /* zeros after the end, as some tars write them */

/* As many bytes as there are, up to len; -1. */
static ssize_t get_some(struct og_tar *tar, void *data, size_t len, struct og_err *err)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = read(tar->fd, (char *)data + have, len - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return og_fail(err, OG_EIO, "cannot read the archive: %s", strerror(errno));
		if (n == 0)
			break;
		have += (size_t)n;
	}
	tar->at += (int64_t)have;
	return (ssize_t)have;
}

static int get_all(struct og_tar *tar, void *data, size_t len, struct og_err *err)
{
	ssize_t n = get_some(tar, data, len, err);

	if (n < 0)
		return -1;
	return (size_t)n == len ? 0
				: og_fail(err, OG_EDATA, "the archive is cut short at byte %lld",
					  (long long)tar->at);
}

static int all_zero(const void *data, size_t len)
{
	const char *bytes = data;

	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return 0;
	return 1;
}

/* Digits, then NUL or space to the end of the field; -1 otherwise. */
static int64_t octal(const char *field, size_t size)
{
	int64_t value = 0;
	size_t i = 0;

	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++) {
		value = value * 8 + (field[i] - '0');
		if (value > OG_TAR_SIZE_MAX)
			return -1;
	}
	if (i == 0)
		return -1;
	for (; i < size; i++)
		if (field[i] != ' ' && field[i] != '\0')
			return -1;
	return value;
}

static int64_t number(const char *field, size_t size)
{
	int64_t value = 0;

	if ((unsigned char)field[0] != 0x80)
		return octal(field, size);
	for (size_t i = 1; i < size; i++) {
		if (value > OG_TAR_SIZE_MAX)
			return -1;
		value = value * 256 + (unsigned char)field[i];
	}
	return value > OG_TAR_SIZE_MAX ? -1 : value;
}

static const char *kind_of(char type)
{
	switch (type) {
	case '1':
	case '2':
		return "a link";
	case '3':
	case '4':
		return "a device";
	case '6':
		return "a pipe";
	default:
		return "of a kind that has no place here";
	}
}

/* The name, up to its NUL, after which there is nothing. */
static int take_name(const struct og_tar_header *header, struct og_tar_member *ret,
		     struct og_err *err)
{
	size_t len = strnlen(header->name, sizeof(header->name));

	if (len > OG_TAR_NAME_MAX || !all_zero(header->name + len, sizeof(header->name) - len) ||
	    !all_zero(header->prefix, sizeof(header->prefix)))
		return og_fail(err, OG_EDATA, "a name in the archive is too long or has no end");
	memcpy(ret->name, header->name, len + 1);
	if (header->type == '5' && len > 1 && ret->name[len - 1] == '/')
		ret->name[len - 1] = '\0';
	return og_tar_name_valid(ret->name)
		       ? 0
		       : og_fail(err, OG_EDATA, "the archive holds a name that is none: '%s'",
				 ret->name);
}

static int take_header(const struct og_tar_header *header, struct og_tar_member *ret,
		       struct og_err *err)
{
	int64_t mode, size, time;

	if (memcmp(header->magic, "ustar", 6) != 0 || memcmp(header->version, "00", 2) != 0)
		return og_fail(err, OG_EDATA, "it is no archive of the kind tar(1) calls ustar");
	if (octal(header->sum, sizeof(header->sum)) != (int64_t)og_tar_sum(header))
		return og_fail(err, OG_EDATA, "a header in the archive is damaged");
	if (take_name(header, ret, err) < 0)
		return -1;
	if ((header->type != '0' && header->type != '5') ||
	    !all_zero(header->link, sizeof(header->link)))
		return og_fail(err, OG_EDATA, "'%s' in the archive is %s", ret->name,
			       kind_of(header->type));
	mode = octal(header->mode, sizeof(header->mode));
	size = number(header->size, sizeof(header->size));
	time = number(header->time, sizeof(header->time));
	if (mode < 0 || mode > 0777 || size < 0 || time < 0 || (header->type == '5' && size > 0))
		return og_fail(err, OG_EDATA, "'%s' in the archive has an impossible header",
			       ret->name);
	ret->type = header->type == '5' ? OG_TAR_FOLDER : OG_TAR_FILE;
	ret->mode = (unsigned)mode;
	ret->size = size;
	ret->time = time;
	return 0;
}

/* Behind the first block of zeros: one more, and then at most zeros. */
static int read_end(struct og_tar *tar, struct og_err *err)
{
	char block[OG_TAR_BLOCK];
	int64_t end = tar->at + AFTER_MAX;
	ssize_t n;

	if (get_all(tar, block, sizeof(block), err) < 0)
		return -1;
	do {
		if (!all_zero(block, sizeof(block)) || tar->at > end)
			return og_fail(err, OG_EDATA, "the archive goes on after its end");
		memset(block, 0, sizeof(block));
		n = get_some(tar, block, sizeof(block), err);
	} while (n > 0);
	return (int)n;
}

int og_tar_next(struct og_tar *tar, struct og_tar_member *ret, struct og_err *err)
{
	struct og_tar_header header;

	if (tar->left > 0)
		return og_fail(err, OG_EBUG, "a member of the archive was not read");
	if (get_all(tar, &header, sizeof(header), err) < 0)
		return -1;
	if (all_zero(&header, sizeof(header)))
		return read_end(tar, err);
	if (take_header(&header, ret, err) < 0)
		return -1;
	tar->left = ret->size;
	tar->pad = (int)(-ret->size & (OG_TAR_BLOCK - 1));
	return 1;
}

int og_tar_read(struct og_tar *tar, void *data, size_t len, struct og_err *err)
{
	char zeros[OG_TAR_BLOCK];

	if (tar->left == 0)
		return 0;
	if ((int64_t)len > tar->left)
		len = (size_t)tar->left;
	if (len > (size_t)INT32_MAX)
		len = (size_t)INT32_MAX;
	if (get_all(tar, data, len, err) < 0)
		return -1;
	tar->left -= (int64_t)len;
	if (tar->left > 0)
		return (int)len;
	if (get_all(tar, zeros, (size_t)tar->pad, err) < 0)
		return -1;
	return all_zero(zeros, (size_t)tar->pad)
		       ? (int)len
		       : og_fail(err, OG_EDATA, "the archive holds bytes between its members");
}
