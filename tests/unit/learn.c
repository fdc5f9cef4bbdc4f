/* Learning from sentences: what is recognised, what is refused, and input
 * that is none. */
#include "lib/learn/learn.h"

#include <math.h>

#include "tests/unit/unit.h"

static struct og_err err = OG_ERR_INIT;

static void add(struct og_learner *l, const char *label, const char *text)
{
	OG_CHECK_OK(og_learner_add(l, label, text, strlen(text), &err), &err);
}

static struct og_learner *fresh(void)
{
	struct og_learner *l = NULL;

	OG_CHECK_OK(og_learner_new(&l, &err), &err);
	return l;
}

static struct og_labelled ask(const struct og_learner *l, const char *text)
{
	struct og_labelled v = { .label = "?" };

	OG_CHECK_OK(og_learner_ask(l, text, strlen(text), &v, &err), &err);
	return v;
}

/* Three labels of 40 sentences each, which share their small words. */
static struct og_learner *shop(int none)
{
	static const char *const wish[] = { "i want to", "please", "can you", "we need to" };
	static const struct {
		const char *label, *act[5];
	} labels[] = {
		{ "buy", { "buy", "purchase", "order", "get me", "acquire" } },
		{ "refund",
		  { "refund", "give back the money for", "return", "send back", "undo" } },
		{ "count",
		  { "count", "take stock of", "tell the number of", "inventory", "tally" } },
	};
	static const char *const thing[] = { "the chairs", "two desks", "a laptop" };
	struct og_learner *l = fresh();
	char text[128];

	for (size_t i = 0; i < 180; i++) {
		snprintf(text, sizeof(text), "%s %s %s", wish[i % 4], labels[i / 60].act[i % 5],
			 thing[i % 3]);
		add(l, labels[i / 60].label, text);
	}
	for (int i = 0; none && i < 20; i++) {
		snprintf(text, sizeof(text), "what is the weather on day %d", i);
		add(l, NULL, text);
	}
	OG_CHECK_OK(og_learner_train(l, &err), &err);
	return l;
}

static void recognises(void)
{
	struct og_learner *l = shop(0);
	struct og_labelled v = ask(l, "can you please purchase two laptops");

	OG_CHECK_STR(v.label, "buy");
	OG_CHECK(v.score >= 0.5 && v.score <= 1);
	OG_CHECK(v.next != NULL && v.next_score < v.score);
	OG_CHECK_STR(ask(l, "i must return a desk").label, "refund");
	OG_CHECK_STR(ask(l, "please tallys the chairs").label, "count");
	OG_CHECK_INT(og_learner_labels(l), 3);
	og_learner_free(l);
}

static void refuses(void)
{
	struct og_learner *l = shop(0), *n = shop(1);
	struct og_labelled v = ask(l, "who won the football match yesterday evening");

	OG_CHECK(v.label == NULL);
	OG_CHECK(v.nearest != NULL && v.score < 0.5);
	OG_CHECK(ask(l, "").label == NULL);
	OG_CHECK(ask(l, "?!? ... --").label == NULL);
	OG_CHECK(ask(n, "what is the weather on monday").label == NULL);
	OG_CHECK_STR(ask(n, "please order a laptop").label, "buy");
	og_learner_free(l);
	og_learner_free(n);
}

static void explains(void)
{
	static const char text[] = "we need to refund a laptop";
	struct og_learner *l = shop(0);
	struct og_reason reason[OG_LEARN_REASONS];
	double sum = 0;
	size_t n = 0;

	OG_CHECK_OK(og_learner_explain(l, text, strlen(text), reason, &n, &err), &err);
	if (OG_CHECK(n > 0))
		OG_CHECK(reason[0].len == 6 && memcmp(text + reason[0].at, "refund", 6) == 0);
	for (size_t i = 0; i < n; i++)
		sum += reason[i].share;
	OG_CHECK(sum > 0 && sum <= 1.0001);
	OG_CHECK_OK(og_learner_explain(l, "", 0, reason, &n, &err), &err);
	OG_CHECK_INT(n, 0);
	og_learner_free(l);
}

/* Written and read, it says the same; cut or changed anywhere, it is refused
 * or says something, but does no harm. */
static void written(void)
{
	struct og_learner *l = shop(1), *again = NULL;
	struct og_labelled x = ask(l, "get me a desk"), y;
	struct og_buf buf;
	char *bytes;

	og_buf_init(&buf, OG_LEARN_BYTES_MAX);
	OG_CHECK_OK(og_learner_write(l, &buf, &err), &err);
	OG_CHECK_OK(og_learner_read(buf.data, buf.len, &again, &err), &err);
	y = ask(again, "get me a desk");
	OG_CHECK_STR(y.label, x.label);
	OG_CHECK(y.score == x.score && y.next_score == x.next_score);
	OG_CHECK(ask(again, "what is the weather on monday").label == NULL);
	OG_CHECK_INT(og_learner_labels(again), 3);
	OG_CHECK(og_learner_train(again, &err) < 0);
	og_learner_free(again);
	for (size_t len = 0; len < buf.len; len += len < 400 ? 1 : 4999)
		OG_CHECK(og_learner_read(buf.data, len, &again, &err) < 0 && err.code == OG_EDATA);
	bytes = malloc(buf.len);
	for (size_t at = 0; OG_CHECK(bytes != NULL) && at < 400; at++) {
		memcpy(bytes, buf.data, buf.len);
		bytes[at] = (char)(bytes[at] ^ 0x81);
		if (og_learner_read(bytes, buf.len, &again, &err) < 0) {
			OG_CHECK_INT(err.code, OG_EDATA);
			continue;
		}
		ask(again, "get me a desk");
		og_learner_free(again);
	}
	free(bytes);
	og_buf_release(&buf);
	og_learner_free(l);
}

/* Weights may be read that are no numbers, or add up to none: then nothing
 * is said. */
static void says_nothing(float weight)
{
	struct og_learner *l = shop(1), *again = NULL;
	struct og_reason reason[OG_LEARN_REASONS];
	struct og_buf buf;
	size_t n = 9;

	og_buf_init(&buf, OG_LEARN_BYTES_MAX);
	OG_CHECK_OK(og_learner_write(l, &buf, &err), &err);
	for (size_t at = buf.len - 16 * sizeof(weight); at < buf.len; at += sizeof(weight))
		memcpy(buf.data + at, &weight, sizeof(weight));
	OG_CHECK_OK(og_learner_read(buf.data, buf.len, &again, &err), &err);
	OG_CHECK(ask(again, "get me a desk").label == NULL);
	OG_CHECK_OK(og_learner_explain(again, "get me a desk", 13, reason, &n, &err), &err);
	OG_CHECK_INT(n, 0);
	og_learner_free(again);
	og_buf_release(&buf);
	og_learner_free(l);
}

static void weights_that_are_none(void)
{
	says_nothing(NAN);
	says_nothing(-INFINITY);
}

static void same_again(void)
{
	struct og_learner *a = shop(1), *b = shop(1);
	struct og_labelled x = ask(a, "get me a desk"), y = ask(b, "get me a desk");

	OG_CHECK_STR(x.label, y.label);
	OG_CHECK(x.score == y.score && x.next_score == y.next_score);
	og_learner_free(a);
	og_learner_free(b);
}

static void one_label(void)
{
	struct og_learner *l = fresh();
	struct og_labelled v;

	add(l, "only", "sweep the floor");
	add(l, "only", "clean the floor");
	OG_CHECK_OK(og_learner_train(l, &err), &err);
	v = ask(l, "sweep the floor");
	OG_CHECK_STR(v.label, "only");
	OG_CHECK(v.next == NULL);
	OG_CHECK(ask(l, "zzzz").label == NULL);
	og_learner_free(l);
}

/* They cannot be told apart; what matters is that both are near. */
static void same_sentence_twice(void)
{
	struct og_learner *l = fresh();
	struct og_labelled v;

	for (int i = 0; i < 20; i++) {
		add(l, "left", "go that way");
		add(l, "right", "go that way");
		add(l, "stop", "stand still now");
	}
	OG_CHECK_OK(og_learner_train(l, &err), &err);
	v = ask(l, "go that way");
	OG_CHECK(strcmp(v.nearest, "stop") != 0 && v.next != NULL && strcmp(v.next, "stop") != 0);
	og_learner_free(l);
}

static void any_bytes(void)
{
	struct og_learner *l = shop(0);
	size_t len = (size_t)1 << 20;
	char *huge = malloc(len);
	struct og_labelled v;

	if (!OG_CHECK(huge != NULL))
		return;
	memset(huge, 'a', len);
	OG_CHECK_OK(og_learner_ask(l, huge, len, &v, &err), &err);
	OG_CHECK(v.label == NULL);
	for (size_t i = 0; i < len; i++)
		huge[i] = (char)(i * 2654435761u >> 13);
	OG_CHECK_OK(og_learner_ask(l, huge, len, &v, &err), &err);
	OG_CHECK_OK(og_learner_ask(l, "\xff\xfe\0buy", 6, &v, &err), &err);
	og_learner_free(l);
	l = fresh();
	OG_CHECK_OK(og_learner_add(l, "noise", huge, len, &err), &err);
	OG_CHECK_OK(og_learner_add(l, "nothing", "", 0, &err), &err);
	OG_CHECK_OK(og_learner_train(l, &err), &err);
	og_learner_free(l);
	free(huge);
}

static void limits(void)
{
	struct og_learner *l = fresh();
	char label[OG_LEARN_LABEL_MAX + 2];
	struct og_labelled v;

	OG_CHECK(og_learner_train(l, &err) < 0 && err.code == OG_EDATA);
	add(l, NULL, "only what fits nothing");
	OG_CHECK(og_learner_train(l, &err) < 0 && err.code == OG_EDATA);
	OG_CHECK(og_learner_ask(l, "x", 1, &v, &err) < 0 && err.code == OG_EBUG);
	OG_CHECK(og_learner_add(l, "", "x", 1, &err) < 0 && err.code == OG_EDATA);
	memset(label, 'l', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
	OG_CHECK(og_learner_add(l, label, "x", 1, &err) < 0 && err.code == OG_EDATA);
	for (int i = 0; i < OG_LEARN_LABELS_MAX; i++) {
		snprintf(label, sizeof(label), "label%d", i);
		add(l, label, "x");
	}
	OG_CHECK(og_learner_add(l, "one more", "x", 1, &err) < 0 && err.code == OG_EDATA);
	add(l, "label7", "y");
	og_learner_free(l);
	l = shop(0);
	OG_CHECK(og_learner_add(l, "late", "x", 1, &err) < 0 && err.code == OG_EDATA);
	OG_CHECK(og_learner_train(l, &err) < 0);
	og_learner_free(l);
	og_learner_free(NULL);
	og_err_clear(&err);
}

int main(void)
{
	OG_RUN(recognises);
	OG_RUN(refuses);
	OG_RUN(explains);
	OG_RUN(written);
	OG_RUN(weights_that_are_none);
	OG_RUN(same_again);
	OG_RUN(one_label);
	OG_RUN(same_sentence_twice);
	OG_RUN(any_bytes);
	OG_RUN(limits);
	return og_done();
}
