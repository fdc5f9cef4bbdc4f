/* Vectors themselves: in and out of their stored form. See vector.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/vector/vector.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "vectors are stored little endian, and read as they lie"
#endif

void og_vector_release(struct og_vector *vector)
{
	free(vector->values);
	*vector = (struct og_vector){ NULL, 0 };
}

double og_vector_cosine(const float *a, const float *b, size_t n)
{
	/* Eight sums that do not wait for each other: the compiler keeps them
	 * in registers of several values. */
	float sums[8] = { 0 };
	double sum = 0;
	size_t i = 0;

	for (; i + 8 <= n; i += 8)
		for (size_t lane = 0; lane < 8; lane++)
			sums[lane] += a[i + lane] * b[i + lane];
	for (; i < n; i++)
		sum += (double)a[i] * (double)b[i];
	for (size_t lane = 0; lane < 8; lane++)
		sum += (double)sums[lane];
	return sum;
}

static int bad(struct og_err *err, const char *what)
{
	return og_fail(err, OG_EDATA, "vector: %s", what);
}

/* Brings it to length 1. */
static int normalise(struct og_vector *vector, struct og_err *err)
{
	double sum = 0, length;

	for (size_t i = 0; i < vector->n; i++) {
		if (!isfinite(vector->values[i]))
			return bad(err, "a value is no number");
		sum += (double)vector->values[i] * (double)vector->values[i];
	}
	length = sqrt(sum);
	if (!(length > 0) || !isfinite(length))
		return bad(err, "it has no direction");
	for (size_t i = 0; i < vector->n; i++)
		vector->values[i] = (float)((double)vector->values[i] / length);
	return 0;
}

int og_vector_decode(const char *text, size_t len, struct og_vector *ret, struct og_err *err)
{
	struct og_vector vector = { NULL, 0 };
	struct og_buf bytes;
	int rc = -1;

	og_buf_init(&bytes, OG_VECTOR_DIMENSION_MAX * sizeof(float));
	if (og_base64_decode(&bytes, text, len) < 0 || bytes.failed)
		bad(err, "it is no base64, or too long");
	else if (bytes.len == 0 || bytes.len % sizeof(float) != 0)
		bad(err, "it does not hold whole values");
	else if (!(vector.values = malloc(bytes.len)))
		og_fail_nomem(err);
	else {
		memcpy(vector.values, bytes.data, bytes.len);
		vector.n = bytes.len / sizeof(float);
		rc = normalise(&vector, err);
	}
	og_buf_release(&bytes);
	if (rc == 0)
		*ret = vector;
	else
		og_vector_release(&vector);
	return rc;
}

int og_vector_encode(const float *values, size_t n, struct og_buf *out, struct og_err *err)
{
	if (og_base64_encode(out, values, n * sizeof(float)) < 0)
		return og_fail_nomem(err);
	return 0;
}

static int before(double score, int64_t number, const struct og_best *other)
{
	return score > other->score || (score >= other->score && number < other->number);
}

void og_top_offer(struct og_top *top, int64_t number, double score)
{
	size_t at = top->n;

	if (top->n == top->k && (top->k == 0 || !before(score, number, &top->best[top->k - 1])))
		return;
	if (top->n < top->k)
		top->n++;
	else
		at--;
	for (; at > 0 && before(score, number, &top->best[at - 1]); at--)
		top->best[at] = top->best[at - 1];
	top->best[at] = (struct og_best){ number, score };
}

/* Adds a rank's share to the number, which is there already or new. */
static size_t add_share(struct og_best *all, size_t n, int64_t number, size_t rank)
{
	double share = 1.0 / (double)(OG_FUSE_CONSTANT + rank + 1);

	for (size_t i = 0; i < n; i++) {
		if (all[i].number != number)
			continue;
		all[i].score += share;
		return n;
	}
	all[n] = (struct og_best){ number, share };
	return n + 1;
}

static int by_score(const void *a, const void *b)
{
	const struct og_best *left = a, *right = b;

	if (before(left->score, left->number, right))
		return -1;
	return before(right->score, right->number, left);
}

size_t og_fuse(const struct og_best *a, size_t na, const struct og_best *b, size_t nb,
	       struct og_best *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < na; i++)
		n = add_share(ret, n, a[i].number, i);
	for (size_t i = 0; i < nb; i++)
		n = add_share(ret, n, b[i].number, i);
	qsort(ret, n, sizeof(*ret), by_score);
	return n;
}
