/*
 * Vectors as codes of 8 bits a value, in two halves of 4 bits that lie
 * apart: the high halves of many vectors, an eighth of the memory of their
 * values, are read at once, and the low ones only of those that may be
 * among the best. A code is a value in steps of the vector's own greatest
 * one, 128 is zero; both halves of a row are padded to OG_CODES_STEP values.
 *
 * What a code says is never far from what is so, and how far at most is
 * known of each one: by the inequality of Cauchy and Schwarz the product
 * with a query is off by no more than the product of the lengths of both
 * and of what the code leaves out, which is kept with it. So whoever looks
 * for the nearest can leave out what cannot be among them, and is exact.
 *
 * Sums are computed by the best instructions this processor has, chosen
 * when the program runs; every choice gives the same numbers.
 */
#ifndef OG_VECTOR_CODES_H
#define OG_VECTOR_CODES_H

#include <stddef.h>
#include <stdint.h>

#define OG_CODES_STEP 64

/* Values a row of n ones is padded to; half as many bytes are each half. */
size_t og_codes_stride(size_t n);

/* What a code's step is worth (0: nothing but zeros), and the length of
 * what the high half alone leaves out, rounded up. */
struct og_code_scale {
	float step, coarse;
};

/* Codes of a vector of length 1, high and low halves. Returns the length
 * of what both leave out. */
float og_codes_make(const float *values, size_t n, uint8_t *high, uint8_t *low,
		    struct og_code_scale *ret);

/* A query, of any length, twice: in 7 bits a value for the high halves, in
 * 12 for both; padded with zeros, in the caller's room of so many bytes. */
struct og_code_query {
	size_t n, stride;
	int8_t *codes;
	int16_t *fine;
	int32_t sum; /* of the codes */
	float step, fine_step;
	float length, coded; /* of the query, of what its codes say */
	float off, fine_off; /* what rounding it may add to a bound */
};
size_t og_codes_room(size_t n);
void og_codes_query(const float *values, size_t n, void *room, struct og_code_query *ret);

/* The product with the query by its sum is at most this. */
static inline float og_codes_most(const struct og_code_query *query,
				  const struct og_code_scale *scale, int32_t sum)
{
	/* high half h: 16 h + 7.5 - 128 in the middle; twice that is whole */
	float middle = (float)(32 * sum - 241 * query->sum) * (query->step / 2) * scale->step;

	return middle + query->coded * scale->coarse + query->off;
}

/* The product by both halves is the sum of theirs times both steps, and off
 * by no more than this where they leave so much out. */
static inline float og_codes_off(const struct og_code_query *query, float left_out)
{
	return query->length * left_out + query->fine_off;
}

/* The ways there are here, the portable one first; NULL ends them. */
struct og_codes_way {
	const char *name; /* "portable", "avx2" */
	/* Sums of products of the query's codes with n rows of high halves,
	 * beside each other: ret[i] for row i. */
	void (*high)(const struct og_code_query *query, const uint8_t *high, size_t n,
		     int32_t *ret);
	/* The one of its fine codes with both halves of a row. */
	int32_t (*whole)(const struct og_code_query *query, const uint8_t *high,
			 const uint8_t *low);
};
const struct og_codes_way *og_codes_ways(void);
/* The best one for this processor. */
const struct og_codes_way *og_codes_best(void);

#endif
