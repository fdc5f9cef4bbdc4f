/* See words.h. */
#include "lib/policy/words.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_MAX ((size_t)256 << 20) /* bytes */
#define SLOTS	  1024		      /* to begin with */

struct entry {
	uint32_t stem, word; /* where they begin among the names */
	uint32_t hash;
	uint32_t place; /* in the text that is being counted, from 1; 0: not there */
};

void og_words_init(struct og_words *words)
{
	memset(words, 0, sizeof(*words));
	og_buf_init(&words->entries, NAMES_MAX);
	og_buf_init(&words->names, NAMES_MAX);
}

void og_words_release(struct og_words *words)
{
	og_buf_release(&words->entries);
	og_buf_release(&words->names);
	free(words->table);
	words->table = NULL;
	words->slots = 0;
}

void og_words_clear(struct og_words *words)
{
	og_words_release(words);
	og_words_init(words);
}

static struct entry *entries_of(const struct og_words *words)
{
	return (struct entry *)(void *)words->entries.data;
}

size_t og_words_count(const struct og_words *words)
{
	return words->entries.len / sizeof(struct entry);
}

size_t og_words_held(const struct og_words *words)
{
	return words->entries.cap + words->names.cap + words->slots * sizeof(uint32_t);
}

const char *og_words_stem(const struct og_words *words, uint32_t number)
{
	return words->names.data + entries_of(words)[number].stem;
}

const char *og_words_spelt(const struct og_words *words, uint32_t number)
{
	return words->names.data + entries_of(words)[number].word;
}

static uint32_t hash_of(const char *stem, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)stem[i]) * 16777619u;
	return hash ^ hash >> 15;
}

/* The slot that has the stem, or is free for it. */
static uint32_t *slot_of(const struct og_words *words, uint32_t hash, const char *stem, size_t len)
{
	const struct entry *entries = entries_of(words);
	size_t at = hash & (words->slots - 1);

	for (; words->table[at]; at = (at + 1) & (words->slots - 1)) {
		const struct entry *entry = &entries[words->table[at] - 1];
		const char *there = words->names.data + entry->stem;

		if (entry->hash == hash && strncmp(there, stem, len) == 0 && !there[len])
			break;
	}
	return &words->table[at];
}

/* Half of the slots stay free. */
static int make_room(struct og_words *words)
{
	size_t n = og_words_count(words), slots = words->slots ? words->slots * 2 : SLOTS;
	const struct entry *entries = entries_of(words);
	uint32_t *table;

	if (2 * (n + 1) <= words->slots)
		return 0;
	table = calloc(slots, sizeof(*table));
	if (!table)
		return -1;
	for (size_t i = 0; i < n; i++) {
		size_t at = entries[i].hash & (slots - 1);

		while (table[at])
			at = (at + 1) & (slots - 1);
		table[at] = (uint32_t)i + 1;
	}
	free(words->table);
	words->table = table;
	words->slots = slots;
	return 0;
}

int64_t og_words_find(const struct og_words *words, const char *stem, size_t len)
{
	return words->slots ? (int64_t)*slot_of(words, hash_of(stem, len), stem, len) - 1 : -1;
}

int64_t og_words_take(struct og_words *words, const char *stem, size_t len, const char *word,
		      size_t word_len)
{
	uint32_t hash = hash_of(stem, len), *slot;
	struct entry entry = { .hash = hash };

	if (make_room(words) < 0)
		return -1;
	slot = slot_of(words, hash, stem, len);
	if (*slot)
		return *slot - 1;
	entry.stem = (uint32_t)words->names.len;
	entry.word = (uint32_t)(words->names.len + len + 1);
	og_buf_add(&words->names, stem, len);
	og_buf_addc(&words->names, '\0');
	og_buf_add(&words->names, word, word_len);
	if (og_buf_addc(&words->names, '\0') < 0 ||
	    og_buf_add(&words->entries, &entry, sizeof(entry)) < 0)
		return -1;
	return *slot = (uint32_t)og_words_count(words), *slot - 1;
}

/* --- counting ------------------------------------------------------------------------- */

void og_words_count_from(struct og_words *words, struct og_word_counter *ret)
{
	ret->vocabulary = words;
	ret->text = NULL;
	ret->n = 0;
	ret->failed = 0;
}

static int count(void *arg, const char *stem, size_t len, size_t from, size_t to)
{
	struct og_word_counter *counter = arg;
	const char *word = counter->text + from;
	struct entry *entry;
	int64_t number;

	if (len > OG_TERM_BYTES || to - from > OG_TERM_BYTES || og_word_is_common(word, to - from))
		return 0;
	number = og_words_take(counter->vocabulary, stem, len, word, to - from);
	if (number < 0)
		return counter->failed = 1;
	entry = &entries_of(counter->vocabulary)[number];
	if (entry->place)
		counter->words[entry->place - 1].times++;
	else if (counter->n < OG_WORDS_TEXT) {
		counter->words[counter->n++] = (struct og_index_word_times){ (uint32_t)number, 1 };
		entry->place = (uint32_t)counter->n;
	}
	return 0;
}

int og_words_read(struct og_word_counter *counter, struct og_fts *fts, const char *text, size_t len,
		  struct og_err *err)
{
	int rc;

	counter->text = text;
	rc = og_fts_tokens(fts, text, len, count, counter, err);
	for (size_t i = 0; i < counter->n; i++)
		entries_of(counter->vocabulary)[counter->words[i].word].place = 0;
	if (counter->failed)
		return og_fail_nomem(err);
	return rc < 0 ? -1 : 0;
}
