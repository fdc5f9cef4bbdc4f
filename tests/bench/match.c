/*
 * What og-skill match is worth on labelled sentences: every one is asked of
 * a shield, as og-skill match asks, and held against its label, the name of
 * a skill ("oos": none). The first answer comes from counting where the
 * sentences changed, the second waits for the training; both are timed.
 *
 *	match SHIELD HOME PRINCIPAL TEST.tsv
 */
#include "tests/bench/bench.h"

#include <string.h>

#include "lib/json/json.h"
#include "lib/proc/channel.h"

struct tally {
	long fitting, right, none, refused, n;
	int64_t first_us, second_us, rest_us;
};

/* The skill that is meant, or NULL; in *reply, to be freed. */
static const char *ask(struct og_channel *channel, const char *text, json_t **reply)
{
	struct og_err err = OG_ERR_INIT;

	must(og_channel_ask(channel, "skill.match",
			    json_pack("{s:s,s:i}", "text", text, "limit", 5), reply, &err),
	     &err);
	return og_json_str(json_object_get(*reply, "match"), "skill");
}

static void judge(struct og_channel *channel, const char *label, const char *text,
		  struct tally *tally)
{
	int64_t start = og_mono_us(), took;
	json_t *reply = NULL;
	const char *skill = ask(channel, text, &reply);

	took = og_mono_us() - start;
	tally->first_us += tally->n == 0 ? took : 0;
	tally->second_us += tally->n == 1 ? took : 0;
	tally->rest_us += tally->n > 1 ? took : 0;
	if (tally->n++ > 0 && strcmp(label, "oos") == 0) {
		tally->none++;
		tally->refused += skill == NULL;
	} else if (tally->n > 1) {
		tally->fitting++;
		tally->right += skill != NULL && strcmp(skill, label) == 0;
	}
	json_decref(reply);
}

static void judge_all(struct og_channel *channel, FILE *file, struct tally *tally)
{
	char line[4096], *tab;

	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		tab = strchr(line, '\t');
		if (tab == NULL)
			continue;
		*tab = '\0';
		judge(channel, line, tab + 1, tally);
	}
}

int main(int argc, char **argv)
{
	struct og_channel *channel = NULL;
	struct og_err err = OG_ERR_INIT;
	struct tally t = { 0 };
	char key[4096];
	FILE *file;

	if (argc != 5 || (file = fopen(argv[4], "r")) == NULL)
		return 64;
	snprintf(key, sizeof(key), "%s/keys/%s.key", argv[2], argv[3]);
	must(og_channel_open(&(struct og_shield_place){ "local:", argv[1], argv[2], NULL },
			     &channel, &err),
	     &err);
	must(og_channel_login(channel, argv[3], key, &err), &err);
	judge_all(channel, file, &t);
	printf("{\"sentences\":%ld,\"accuracy\":%.4f,", t.n, (double)t.right / (double)t.fitting);
	if (t.none > 0)
		printf("\"out_of_scope_recall\":%.3f,", (double)t.refused / (double)t.none);
	printf("\"first_ms\":%.1f,\"second_ms\":%.1f,\"us_per_sentence\":%.0f}\n",
	       (double)t.first_us / 1000, (double)t.second_us / 1000,
	       (double)t.rest_us / (double)(t.n > 2 ? t.n - 2 : 1));
	og_channel_close(channel);
	fclose(file);
	return 0;
}
