/*
 * The words of all skills: an open-addressed table from stem to number,
 * and for each the skills that use it. Built once, then only read.
 */
#include "lib/skill/match-internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	char stem[OG_STEM_MAX + 1];
	uint32_t *skills;
	size_t n, cap;
};

struct og_vocabulary {
	struct entry *entries; /* entries[0] is nobody's */
	size_t n, cap;
	uint32_t *table; /* size is a power of two, at most half full; 0: free */
	size_t table_size;
};

#define FIRST_TABLE 1024

int og_vocabulary_new(struct og_vocabulary **ret, struct og_err *err)
{
	struct og_vocabulary *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return og_fail_nomem(err);
	v->cap = FIRST_TABLE / 2;
	v->entries = calloc(v->cap, sizeof(*v->entries));
	v->table_size = FIRST_TABLE;
	v->table = calloc(v->table_size, sizeof(*v->table));
	v->n = 1;
	if (v->entries == NULL || v->table == NULL) {
		og_vocabulary_free(v);
		return og_fail_nomem(err);
	}
	*ret = v;
	return 0;
}

void og_vocabulary_free(struct og_vocabulary *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; v->entries != NULL && i < v->n; i++)
		free(v->entries[i].skills);
	free(v->entries);
	free(v->table);
	free(v);
}

/* FNV-1a */
static size_t hash_stem(const char *stem)
{
	uint32_t h = 2166136261u;

	for (; *stem != '\0'; stem++)
		h = (h ^ (unsigned char)*stem) * 16777619u;
	return h ^ (h >> 15);
}

/* The slot of the table where stem is or would be. */
static size_t probe(const struct og_vocabulary *v, const char *stem)
{
	size_t i = hash_stem(stem) & (v->table_size - 1);

	while (v->table[i] != 0 && strcmp(v->entries[v->table[i]].stem, stem) != 0)
		i = (i + 1) & (v->table_size - 1);
	return i;
}

uint32_t og_vocabulary_find(const struct og_vocabulary *v, const char *stem)
{
	return v->table[probe(v, stem)];
}

static int grow(struct og_vocabulary *v)
{
	struct entry *entries = reallocarray(v->entries, v->cap * 2, sizeof(*entries));
	uint32_t *table;

	if (entries == NULL)
		return -1;
	v->entries = entries;
	v->cap *= 2;
	table = calloc(v->table_size * 2, sizeof(*table));
	if (table == NULL)
		return -1;
	free(v->table);
	v->table = table;
	v->table_size *= 2;
	for (size_t i = 1; i < v->n; i++)
		v->table[probe(v, v->entries[i].stem)] = (uint32_t)i;
	return 0;
}

static int add_skill(struct entry *entry, size_t skill)
{
	if (entry->n > 0 && entry->skills[entry->n - 1] == skill)
		return 0;
	if (entry->n == entry->cap) {
		size_t cap = entry->cap == 0 ? 4 : entry->cap * 2;
		uint32_t *skills = reallocarray(entry->skills, cap, sizeof(*skills));

		if (skills == NULL)
			return -1;
		entry->skills = skills;
		entry->cap = cap;
	}
	entry->skills[entry->n++] = (uint32_t)skill;
	return 0;
}

uint32_t og_vocabulary_add(struct og_vocabulary *v, const char *stem, size_t skill)
{
	size_t at = probe(v, stem);

	if (v->table[at] == 0) {
		if (v->n == v->cap) {
			if (grow(v) < 0)
				return 0;
			at = probe(v, stem);
		}
		memset(&v->entries[v->n], 0, sizeof(v->entries[v->n]));
		memcpy(v->entries[v->n].stem, stem, strlen(stem) + 1);
		v->table[at] = (uint32_t)v->n++;
	}
	return add_skill(&v->entries[v->table[at]], skill) < 0 ? 0 : v->table[at];
}

const uint32_t *og_vocabulary_skills(const struct og_vocabulary *v, uint32_t id, size_t *ret_n)
{
	*ret_n = v->entries[id].n;
	return v->entries[id].skills;
}

double og_vocabulary_weight(const struct og_vocabulary *v, uint32_t id, const char *stem,
			    size_t n_skills)
{
	if (og_stem_stop(stem))
		return 0.08;
	if (id == 0)
		return 1.0;
	return 0.35 + 0.65 * log(((double)n_skills + 1) / (double)v->entries[id].n) /
			      log((double)n_skills + 1);
}
