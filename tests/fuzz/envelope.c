/*
 * Fuzz target: an envelope from the queue. What parses reads back from its
 * canonical form as the same envelope, is not signed by a key that never
 * saw it, and makes a result document that passes its check; every refusal
 * says why. The same bytes are tried as a result document.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/task/envelope.h"
#include "lib/task/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void refused(const struct og_err *err)
{
	if (err->code != OG_EDATA || err->msg[0] == '\0')
		abort();
}

static void reads_back(const struct og_envelope *envelope)
{
	struct og_err err = OG_ERR_INIT;
	struct og_envelope again;
	struct og_buf text;

	og_buf_init(&text, 2 * OG_ENVELOPE_MAX);
	if (og_json_canon(envelope->json, &text, &err) == 0 && text.len <= OG_ENVELOPE_MAX) {
		if (og_envelope_parse(text.data, text.len, &again, &err) < 0 ||
		    strcmp(again.hash, envelope->hash) != 0)
			abort();
		og_envelope_release(&again);
	}
	og_buf_release(&text);
}

static void use_envelope(const struct og_envelope *envelope)
{
	static const unsigned char stranger[OG_KEY_PUBLIC] = { 3 };
	struct og_err err = OG_ERR_INIT;
	json_t *result = og_result_undelivered(envelope, 1, "nobody came");

	if (og_envelope_verify(envelope, stranger, &err) == 0)
		abort();
	if (!result || og_result_check(result, &err) < 0)
		abort();
	json_decref(result);
	reads_back(envelope);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct og_err err = OG_ERR_INIT;
	struct og_envelope envelope;
	json_t *json = NULL;

	if (og_envelope_parse((const char *)data, size, &envelope, &err) < 0) {
		refused(&err);
	} else {
		use_envelope(&envelope);
		og_envelope_release(&envelope);
	}
	if (og_json_parse((const char *)data, size, OG_RESULT_MAX, "input", &json, &err) == 0 &&
	    og_result_check(json, &err) < 0)
		refused(&err);
	json_decref(json);
	return 0;
}
