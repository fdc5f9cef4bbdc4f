/* Answers of a vectors' store: whatever it says, a hit that is believed is
 * one that was asked for. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/qdrant-wire.h"

#define LIMIT 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hear_hits(const json_t *result)
{
	static const float values[4] = { 0.5f, 0.5f, 0.5f, 0.5f };
	const struct og_qdrant_query query = { .instance = "i",
					       .clearance = 2,
					       .key = { "m", 4 },
					       .values = values,
					       .n = 4,
					       .limit = LIMIT };
	struct og_err err = OG_ERR_INIT;
	struct og_qdrant_hit hits[LIMIT];
	size_t n = 0, left = 0;

	if (og_qdrant_hear_hits(result, &query, hits, &n, &left, &err) < 0)
		return;
	if (n > LIMIT)
		abort();
	for (size_t i = 0; i < n; i++)
		if (hits[i].clearance > 2 || hits[i].clearance < 0 || !isfinite(hits[i].score) ||
		    strlen(hits[i].hash) != OG_HASH_HEX)
			abort();
}

/* What is handed on is a point of the instance's, whole. */
static int take(void *arg, const struct og_qdrant_point *point, uint64_t print, struct og_err *err)
{
	(void)print;
	(void)err;
	++*(size_t *)arg;
	if (!*point->policy || strlen(point->hash) != OG_HASH_HEX || !point->node ||
	    !point->source || point->clearance < 0)
		abort();
	return 0;
}

static void hear_page(const json_t *result)
{
	size_t n = 0, taken = 0;
	struct og_qdrant_reader reader = { "i", take, &taken, 0 };
	struct og_err err = OG_ERR_INIT;
	json_t *next = NULL;

	if (og_qdrant_hear_page(result, &reader, &n, &next, &err) < 0)
		return;
	if (taken + (size_t)reader.foreign != n || (next && n == 0))
		abort();
	json_decref(next);
}

static void hear_have(const json_t *result)
{
	static const float values[4] = { 0.5f, 0.5f, 0.5f, 0.5f };
	const struct og_qdrant_point point = { .policy = "memo",
					       .hash = "h",
					       .node = "n",
					       .source = "law",
					       .heading = "H",
					       .digest = "d",
					       .clearance = 1,
					       .key = { "m", 4 },
					       .values = values,
					       .n = 4 };
	const struct og_qdrant_batch batch = { "i", &point, 1 };
	struct og_err err = OG_ERR_INIT;
	unsigned char have = 2;

	if (og_qdrant_hear_have(result, &batch, &have, &err) == 0 && have > 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 400, 404, 503 };
	struct og_err err = OG_ERR_INIT;
	struct og_qdrant_state state;
	struct og_qdrant_place place;
	json_t *result = NULL;
	unsigned indexes;
	int64_t count;
	char url[256];
	int exists;

	snprintf(url, sizeof(url), "%.*s", (int)(size < 200 ? size : 200), (const char *)data);
	og_qdrant_place(url, &place, &err);
	for (size_t i = 0; i < 4; i++) {
		if (og_qdrant_hear("testing", statuses[i], (const char *)data, size, &result,
				   &err) < 0)
			continue;
		hear_hits(result);
		hear_page(result);
		hear_have(result);
		og_qdrant_hear_update("testing", result, &err);
		og_qdrant_hear_exists(result, &exists, &err);
		og_qdrant_hear_state(result, &state, &indexes, &err);
		og_qdrant_hear_count(result, &count, &err);
		json_decref(result);
		result = NULL;
	}
	return 0;
}
