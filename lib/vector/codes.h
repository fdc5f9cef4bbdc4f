/*
 * Vectors as codes of 8 bits a value, and how alike a query is to many of
 * them: a quarter of the memory to read, which is what a scan waits for.
 * A code is a value in steps of the vector's own greatest one, so that the
 * product with the query is the cosine but for rounding (about 0.01 at 384
 * values). What is found by codes is to be scored again by the values.
 *
 * The product is computed by the best instructions this processor has,
 * chosen when the program runs; every choice gives the same numbers.
 */
#ifndef OG_VECTOR_CODES_H
#define OG_VECTOR_CODES_H

#include <stddef.h>
#include <stdint.h>

/* Codes stand in rows of a whole number of these, the rest filled up. */
#define OG_CODES_STEP 32

/* Bytes of the codes of n values. */
size_t og_codes_stride(size_t n);

/* Codes of a vector: og_codes_stride(n) bytes. Returns what one step is
 * worth, 0 when there is nothing but zeros. */
float og_codes_make(const float *values, size_t n, uint8_t *ret);

/* A query's codes are of 7 bits, so that no sum of products overflows. */
struct og_code_query {
	size_t stride;
	int8_t *codes;	/* stride of them, the caller's */
	int32_t offset; /* what the codes' zero, 128, adds to every sum */
	float step;
};
void og_codes_query(const float *values, size_t n, int8_t *codes, struct og_code_query *ret);

/* Sums of products with n rows of codes: ret[i] for row i. The cosine is
 * (ret[i] - query.offset) * query.step * the row's step. */
typedef void og_codes_fn(const struct og_code_query *query, const uint8_t *rows, size_t n,
			 int32_t *ret);
/* The ways there are here, the portable one first; NULL ends them. */
struct og_codes_way {
	const char *name; /* "portable", "avx2" */
	og_codes_fn *fn;
};
const struct og_codes_way *og_codes_ways(void);
/* The best one for this processor. */
const struct og_codes_way *og_codes_best(void);

#endif
