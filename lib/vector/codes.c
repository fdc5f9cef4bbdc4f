/* See codes.h. */
#include "lib/vector/codes.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define ROW_STEPS   127 /* a row's codes are 1 to 255, 128 is zero */
#define ROW_ZERO    128
#define QUERY_STEPS 63
#define FINE_STEPS  2047		/* times 127 times 8192 values: below 2^31 */
#define HALF	    (OG_CODES_STEP / 2) /* bytes of a step: a value in 4 bits, the HALFth in 4 */
/* Vectors of length 1 are no longer than that. */
#define NEARLY 1.001f
/* Sums of floats are wrong by no more than this for each of them. */
#define ROUNDING 2.4e-7f

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

/* Where value i lies in a half: its byte, and how far it is shifted. */
static size_t place_of(size_t i, int *ret_shift)
{
	*ret_shift = i % OG_CODES_STEP < HALF ? 0 : 4;
	return i / OG_CODES_STEP * HALF + i % HALF;
}

static float length_of(double squares)
{
	return nextafterf((float)sqrt(squares), INFINITY);
}

float og_codes_make(const float *values, size_t n, uint8_t *high, uint8_t *low,
		    struct og_code_scale *ret)
{
	size_t stride = og_codes_stride(n);
	float step = step_of(values, n, ROW_STEPS);
	double coarse = 0, fine = 0;

	memset(high, 0, stride / 2);
	memset(low, 0, stride / 2);
	for (size_t i = 0; i < stride; i++) {
		double value = i < n ? (double)values[i] : 0, left;
		int code = ROW_ZERO + (i < n ? code_of(values[i], step) : 0), shift;
		int block = code / 16 * 16;
		size_t at = place_of(i, &shift);

		high[at] = (uint8_t)(high[at] | code / 16 << shift);
		low[at] = (uint8_t)(low[at] | code % 16 << shift);
		if (i >= n)
			continue; /* a query has zeros there */
		left = value - (double)step * (block + 7.5 - ROW_ZERO);
		coarse += left * left;
		left = value - (double)step * (code - ROW_ZERO);
		fine += left * left;
	}
	*ret = (struct og_code_scale){ step, length_of(coarse) };
	return length_of(fine);
}

size_t og_codes_room(size_t n)
{
	return og_codes_stride(n) * (sizeof(int16_t) + sizeof(int8_t));
}

void og_codes_query(const float *values, size_t n, void *room, struct og_code_query *ret)
{
	double length = 0, coded = 0, left = 0, fine_left = 0;
	float rounding;

	*ret = (struct og_code_query){ .n = n,
				       .stride = og_codes_stride(n),
				       .fine = room,
				       .step = step_of(values, n, QUERY_STEPS),
				       .fine_step = step_of(values, n, FINE_STEPS) };
	memset(room, 0, og_codes_room(n));
	ret->codes = (int8_t *)(ret->fine + ret->stride);
	for (size_t i = 0; i < n; i++) {
		double value = (double)values[i], said, fine;

		ret->codes[i] = (int8_t)code_of(values[i], ret->step);
		ret->fine[i] = (int16_t)code_of(values[i], ret->fine_step);
		ret->sum += ret->codes[i];
		said = (double)ret->codes[i] * (double)ret->step;
		fine = (double)ret->fine[i] * (double)ret->fine_step;
		length += value * value;
		coded += said * said;
		left += (value - said) * (value - said);
		fine_left += (value - fine) * (value - fine);
	}
	ret->length = length_of(length);
	ret->coded = length_of(coded);
	rounding = (float)(n + 64) * ROUNDING * ret->length;
	ret->off = length_of(left) * NEARLY + rounding;
	ret->fine_off = length_of(fine_left) * NEARLY + rounding;
}

static void portable_high(const struct og_code_query *query, const uint8_t *high, size_t n,
			  int32_t *ret)
{
	for (size_t i = 0; i < n; i++, high += query->stride / 2) {
		const int8_t *codes = query->codes;
		int32_t sum = 0;

		for (size_t k = 0; k < query->stride / 2; k += HALF, codes += OG_CODES_STEP)
			for (size_t j = 0; j < HALF; j++)
				sum += codes[j] * (high[k + j] & 15) +
				       codes[HALF + j] * (high[k + j] >> 4);
		ret[i] = sum;
	}
}

static int32_t portable_whole(const struct og_code_query *query, const uint8_t *high,
			      const uint8_t *low)
{
	const int16_t *fine = query->fine;
	int32_t sum = 0;

	for (size_t k = 0; k < query->stride / 2; k += HALF, fine += OG_CODES_STEP)
		for (size_t j = 0; j < HALF; j++) {
			int up = high[k + j], down = low[k + j];

			sum += fine[j] * ((up & 15) * 16 + (down & 15) - ROW_ZERO) +
			       fine[HALF + j] * ((up & 240) + (down >> 4) - ROW_ZERO);
		}
	return sum;
}

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2")))
/* So many steps add up in 16 bits: 4 products of at most 15 * 63 each. */
#define STEPS_IN_16 8
/* Memory is asked for so many rows before they are needed. */
#define AHEAD 16
#define LINE  64

/* The products of some steps of one row, in 8 sums. */
AVX2 static inline __m256i row_sums(const uint8_t *high, const int8_t *codes, size_t steps)
{
	const __m256i ones = _mm256_set1_epi16(1), mask = _mm256_set1_epi8(15);
	__m256i all = _mm256_setzero_si256();

	while (steps > 0) {
		size_t many = steps < STEPS_IN_16 ? steps : STEPS_IN_16;
		__m256i some = _mm256_setzero_si256();

		steps -= many;
		for (; many > 0; many--, high += HALF, codes += OG_CODES_STEP) {
			__m256i row = _mm256_loadu_si256((const __m256i *)high);
			__m256i first = _mm256_loadu_si256((const __m256i *)codes);
			__m256i second = _mm256_loadu_si256((const __m256i *)(codes + HALF));
			__m256i above = _mm256_and_si256(_mm256_srli_epi16(row, 4), mask);

			row = _mm256_and_si256(row, mask);
			some = _mm256_add_epi16(
				some, _mm256_add_epi16(_mm256_maddubs_epi16(row, first),
						       _mm256_maddubs_epi16(above, second)));
		}
		all = _mm256_add_epi32(all, _mm256_madd_epi16(some, ones));
	}
	return all;
}

/* Four rows at a time: their sums are added up together. */
AVX2 static void avx2_high(const struct og_code_query *query, const uint8_t *high, size_t n,
			   int32_t *ret)
{
	size_t half = query->stride / 2, steps = query->stride / OG_CODES_STEP, i = 0;

	for (; i + 4 <= n; i += 4, high += 4 * half) {
		__m256i a, b, c, d;

		for (size_t k = 0; k < 4 * half; k += LINE)
			_mm_prefetch((const char *)high + AHEAD * half + k, _MM_HINT_T0);
		a = row_sums(high, query->codes, steps);
		b = row_sums(high + half, query->codes, steps);
		c = row_sums(high + 2 * half, query->codes, steps);
		d = row_sums(high + 3 * half, query->codes, steps);
		a = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
		_mm_storeu_si128(
			(__m128i *)(ret + i),
			_mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1)));
	}
	for (; i < n; i++, high += half) {
		int32_t sums[8];

		_mm256_storeu_si256((__m256i *)sums, row_sums(high, query->codes, steps));
		ret[i] = 0;
		for (size_t lane = 0; lane < 8; lane++)
			ret[i] += sums[lane];
	}
}

/* The products of 32 codes with as many of the query's. */
AVX2 static inline __m256i whole_sums(__m256i row, const int16_t *fine)
{
	const __m256i zero = _mm256_set1_epi16(ROW_ZERO);
	__m256i one = _mm256_cvtepu8_epi16(_mm256_castsi256_si128(row));
	__m256i two = _mm256_cvtepu8_epi16(_mm256_extracti128_si256(row, 1));

	one = _mm256_madd_epi16(_mm256_sub_epi16(one, zero),
				_mm256_loadu_si256((const __m256i *)fine));
	two = _mm256_madd_epi16(_mm256_sub_epi16(two, zero),
				_mm256_loadu_si256((const __m256i *)(fine + 16)));
	return _mm256_add_epi32(one, two);
}

AVX2 static int32_t avx2_whole(const struct og_code_query *query, const uint8_t *high,
			       const uint8_t *low)
{
	const __m256i mask = _mm256_set1_epi8(15);
	const int16_t *fine = query->fine;
	__m256i all = _mm256_setzero_si256();
	int32_t sums[8], sum = 0;

	for (size_t k = 0; k < query->stride / 2; k += HALF, fine += OG_CODES_STEP) {
		__m256i up = _mm256_loadu_si256((const __m256i *)(high + k));
		__m256i down = _mm256_loadu_si256((const __m256i *)(low + k));
		__m256i first = _mm256_or_si256(_mm256_slli_epi16(_mm256_and_si256(up, mask), 4),
						_mm256_and_si256(down, mask));
		__m256i second =
			_mm256_or_si256(_mm256_andnot_si256(mask, up),
					_mm256_and_si256(_mm256_srli_epi16(down, 4), mask));

		all = _mm256_add_epi32(all, _mm256_add_epi32(whole_sums(first, fine),
							     whole_sums(second, fine + HALF)));
	}
	_mm256_storeu_si256((__m256i *)sums, all);
	for (size_t lane = 0; lane < 8; lane++)
		sum += sums[lane];
	return sum;
}

#endif

static const struct og_codes_way ways[] = {
	{ "portable", portable_high, portable_whole },
#if defined(__x86_64__)
	{ "avx2", avx2_high, avx2_whole },
#endif
	{ NULL, NULL, NULL },
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
