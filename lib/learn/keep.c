/*
 * A learner as bytes: a head of numbers, the labels, the terms, the weights.
 * Whoever wrote them, nothing that is read leads out of them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/learn/learn-internal.h"

#define MAGIC 0x316e72616c676full /* changes with what a gram is, too */

struct head {
	uint64_t magic;
	uint64_t n_labels, none, n_terms, n_texts, stride;
	float threshold, scale;
};

int og_learner_write(const struct og_learner *l, struct og_buf *out, struct og_err *err)
{
	const struct og_dictionary *d = &l->dictionary;
	const struct og_layers *net = &l->layers;
	const struct head head = { MAGIC,      l->n_labels, l->none,	  d->n,
				   d->n_texts, net->stride, l->threshold, l->scale };
	uint64_t *key = calloc(d->n + 1, sizeof(*key));

	if (key == NULL)
		return og_fail_nomem(err);
	for (size_t i = 0; i < d->size; i++) {
		if (d->key[i] != 0)
			key[d->id[i]] = d->key[i];
	}
	og_buf_add(out, &head, sizeof(head));
	for (uint32_t i = 0; i < l->n_labels; i++)
		og_buf_add(out, l->label[i] != NULL ? l->label[i] : "",
			   l->label[i] != NULL ? strlen(l->label[i]) + 1 : 1);
	og_buf_add(out, key, d->n * sizeof(*key));
	og_buf_add(out, d->texts, d->n * sizeof(*d->texts));
	og_buf_add(out, d->kind, d->n);
	og_buf_add(out, net->in, d->n * OG_NET_WIDTH * sizeof(float));
	og_buf_add(out, net->bias, OG_NET_WIDTH * sizeof(float));
	og_buf_add(out, net->out, OG_NET_WIDTH * net->stride * sizeof(float));
	og_buf_add(out, net->rest, net->stride * sizeof(float));
	free(key);
	return og_buf_check(out, "what was learned", err);
}

/* What is left to be read. */
struct rest {
	const unsigned char *at;
	size_t len;
};

static int take(struct rest *rest, void *to, size_t len)
{
	if (rest->len < len)
		return -1;
	memcpy(to, rest->at, len);
	rest->at += len;
	rest->len -= len;
	return 0;
}

static int fits(const struct head *h)
{
	return h->magic == MAGIC && h->n_labels > 0 && h->n_labels <= OG_LEARN_LABELS_MAX + 1 &&
	       h->none < h->n_labels && h->n_terms > 0 && h->n_terms <= OG_TERMS_MAX &&
	       h->n_texts <= OG_LEARN_TEXTS_MAX && h->stride >= h->n_labels &&
	       h->stride <= OG_NET_CLASSES && isfinite(h->threshold) && h->scale > 0;
}

static int take_labels(struct rest *rest, struct og_learner *l, const struct head *h)
{
	for (; l->n_labels < h->n_labels; l->n_labels++) {
		const unsigned char *end = memchr(rest->at, '\0', rest->len);
		int none = l->n_labels == h->none;

		if (end == NULL || none != (end == rest->at) || end - rest->at > OG_LEARN_LABEL_MAX)
			return -1;
		if (!none && (l->label[l->n_labels] = strdup((const char *)rest->at)) == NULL)
			return -1;
		rest->len -= (size_t)(end + 1 - rest->at);
		rest->at = end + 1;
	}
	return 0;
}

static int take_terms(struct rest *rest, struct og_dictionary *d, const struct head *h,
		      struct og_err *err)
{
	uint64_t *key = calloc(h->n_terms, sizeof(*key));
	int rc = key != NULL && take(rest, key, h->n_terms * sizeof(*key)) == 0 ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < h->n_terms; i++)
		rc = og_dictionary_enter(d, key[i], err);
	free(key);
	if (rc < 0 || d->n != h->n_terms || take(rest, d->texts, d->n * sizeof(*d->texts)) < 0 ||
	    take(rest, d->kind, d->n) < 0)
		return -1;
	for (size_t i = 0; i < d->n; i++) {
		if (d->kind[i] >= OG_GRAM_KINDS || d->texts[i] == 0)
			return -1;
	}
	d->n_texts = h->n_texts;
	return 0;
}

static int take_weights(struct rest *rest, struct og_layers *net, const struct head *h,
			struct og_err *err)
{
	if (og_layers_grow(net, h->n_terms, h->n_labels, err) < 0 || net->stride != h->stride)
		return -1;
	return take(rest, net->in, h->n_terms * OG_NET_WIDTH * sizeof(float)) < 0 ||
			       take(rest, net->bias, OG_NET_WIDTH * sizeof(float)) < 0 ||
			       take(rest, net->out, OG_NET_WIDTH * net->stride * sizeof(float)) <
				       0 ||
			       take(rest, net->rest, net->stride * sizeof(float)) < 0 ||
			       rest->len > 0
		       ? -1
		       : 0;
}

int og_learner_read(const void *bytes, size_t len, struct og_learner **ret, struct og_err *err)
{
	struct rest rest = { bytes, len };
	struct og_learner *l = NULL;
	struct head head;

	if (take(&rest, &head, sizeof(head)) < 0 || !fits(&head))
		return og_fail(err, OG_EDATA, "these are not the bytes of a learner");
	if (og_learner_new(&l, err) < 0)
		return -1;
	if (take_labels(&rest, l, &head) < 0 || take_terms(&rest, &l->dictionary, &head, err) < 0 ||
	    take_weights(&rest, &l->layers, &head, err) < 0) {
		og_learner_free(l);
		return og_fail(err, OG_EDATA, "the bytes of a learner are damaged");
	}
	l->none = (uint32_t)head.none;
	l->threshold = head.threshold;
	l->scale = head.scale;
	l->trained = 1;
	*ret = l;
	return 0;
}
