/* See codes.h. */
#include "lib/vector/codes.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define ROW_STEPS   127 /* a row's codes are 1 to 255, 128 is zero */
#define ROW_ZERO    128
#define QUERY_STEPS 63 /* 255 * 63 twice is below 2^15 */

size_t og_codes_stride(size_t n)
{
	return (n + OG_CODES_STEP - 1) / OG_CODES_STEP * OG_CODES_STEP;
}

static float step_of(const float *values, size_t n, int steps)
{
	float most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmaxf(most, fabsf(values[i]));
	return most / (float)steps;
}

static int code_of(float value, float step)
{
	return step > 0 ? (int)lrintf(value / step) : 0;
}

float og_codes_make(const float *values, size_t n, uint8_t *ret)
{
	float step = step_of(values, n, ROW_STEPS);

	memset(ret, ROW_ZERO, og_codes_stride(n));
	for (size_t i = 0; i < n; i++)
		ret[i] = (uint8_t)(ROW_ZERO + code_of(values[i], step));
	return step;
}

void og_codes_query(const float *values, size_t n, int8_t *codes, struct og_code_query *ret)
{
	int32_t sum = 0;

	*ret = (struct og_code_query){ og_codes_stride(n), codes, 0,
				       step_of(values, n, QUERY_STEPS) };
	memset(codes, 0, ret->stride);
	for (size_t i = 0; i < n; i++) {
		codes[i] = (int8_t)code_of(values[i], ret->step);
		sum += codes[i];
	}
	ret->offset = ROW_ZERO * sum;
}

static void portable(const struct og_code_query *query, const uint8_t *rows, size_t n, int32_t *ret)
{
	for (size_t i = 0; i < n; i++, rows += query->stride) {
		int32_t sum = 0;

		for (size_t k = 0; k < query->stride; k++)
			sum += (int32_t)query->codes[k] * (int32_t)rows[k];
		ret[i] = sum;
	}
}

#if defined(__x86_64__)

/* 32 products at a time, added in pairs to 16 bits, then to 32. */
__attribute__((target("avx2"))) static void avx2(const struct og_code_query *query,
						 const uint8_t *rows, size_t n, int32_t *ret)
{
	const __m256i ones = _mm256_set1_epi16(1);

	for (size_t i = 0; i < n; i++, rows += query->stride) {
		__m256i sums = _mm256_setzero_si256();
		__m128i half;

		for (size_t k = 0; k < query->stride; k += OG_CODES_STEP) {
			__m256i row = _mm256_loadu_si256((const __m256i *)(rows + k));
			__m256i with = _mm256_loadu_si256((const __m256i *)(query->codes + k));
			__m256i pairs = _mm256_maddubs_epi16(row, with);

			sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, ones));
		}
		half = _mm_add_epi32(_mm256_castsi256_si128(sums),
				     _mm256_extracti128_si256(sums, 1));
		half = _mm_hadd_epi32(half, half);
		ret[i] = _mm_cvtsi128_si32(_mm_hadd_epi32(half, half));
	}
}

#endif

static const struct og_codes_way ways[] = {
	{ "portable", portable },
#if defined(__x86_64__)
	{ "avx2", avx2 },
#endif
	{ NULL, NULL },
};

const struct og_codes_way *og_codes_ways(void)
{
	return ways;
}

const struct og_codes_way *og_codes_best(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		return &ways[1];
#endif
	return &ways[0];
}
