/* See limit.h. Buckets are found by a hash that outsiders cannot aim at. */
#include "lib/serve/limit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"

#define SETS 1024
#define WAYS 4

struct bucket {
	uint64_t name; /* 0: free */
	int64_t at_us;
	double level;
};

struct og_limits {
	uint64_t seed[2];
	struct bucket buckets[SETS][WAYS];
};

int og_limits_new(struct og_limits **ret, struct og_err *err)
{
	struct og_limits *limits = calloc(1, sizeof(*limits));

	if (!limits)
		return og_fail_nomem(err);
	if (og_random(limits->seed, sizeof(limits->seed), err) < 0) {
		free(limits);
		return -1;
	}
	*ret = limits;
	return 0;
}

void og_limits_free(struct og_limits *limits)
{
	free(limits);
}

/* Multiplications of 64 to 128 bits, folded, keyed at both ends. */
static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash(const struct og_limits *limits, const char *name)
{
	uint64_t h = limits->seed[0];

	for (const char *p = name; *p; p++)
		h = fold(h ^ (unsigned char)*p, limits->seed[1] | 1);
	h = fold(h ^ limits->seed[1], limits->seed[0] | 1);
	return h ? h : 1;
}

static double level_of(const struct bucket *bucket, int rate, int burst, int64_t now_us)
{
	double level = bucket->level + (double)(now_us - bucket->at_us) * rate / 1e6;

	return level < burst ? level : burst;
}

static struct bucket *find(struct og_limits *limits, uint64_t name, int rate, int burst,
			   int64_t now_us)
{
	struct bucket *set = limits->buckets[name % SETS], *fullest = NULL;

	for (int i = 0; i < WAYS; i++) {
		if (set[i].name == name)
			return &set[i];
		if (!fullest || !set[i].name ||
		    (fullest->name && level_of(&set[i], rate, burst, now_us) >
					      level_of(fullest, rate, burst, now_us)))
			fullest = &set[i];
	}
	*fullest = (struct bucket){ name, now_us, burst };
	return fullest;
}

int og_limit_take(struct og_limits *limits, const char *name, int rate, int burst, int64_t now_us)
{
	struct bucket *bucket = find(limits, hash(limits, name), rate, burst, now_us);

	bucket->level = level_of(bucket, rate, burst, now_us);
	bucket->at_us = now_us;
	if (bucket->level < 1)
		return 0;
	bucket->level -= 1;
	return 1;
}

void og_limit_network(const char *address, char out[OG_NETWORK_MAX])
{
	struct in6_addr in6;

	if (strchr(address, ':') && inet_pton(AF_INET6, address, &in6) == 1)
		og_hex_encode(out, &in6, 8);
	else
		og_text_format(out, OG_NETWORK_MAX, "%s", address);
}
