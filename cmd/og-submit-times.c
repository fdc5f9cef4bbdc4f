/* See og-submit-times.h. */
#include "cmd/og-submit-times.h"

#include <string.h>

#define DEFAULT_LIFETIME ((int64_t)24 * 3600 * 1000)
#define LIFETIME_MIN	 ((int64_t)60 * 1000) /* of an occurrence, unless it is said */

static int read_lifetime(const struct og_args *args, struct submit_times *times, struct og_err *err)
{
	const char *expires = og_arg_value(args, "expires");

	if (expires) {
		if (og_span_parse(expires, "--expires", &times->lifetime, err) < 0)
			return -1;
		if (times->lifetime <= 0)
			return og_fail(err, OG_EUSAGE, "--expires: the task would be late at once");
		return 0;
	}
	/* What nobody did until it is due again is not to be done twice then. */
	times->lifetime = times->every ? times->every : DEFAULT_LIFETIME;
	if (times->lifetime < LIFETIME_MIN)
		times->lifetime = LIFETIME_MIN;
	return 0;
}

static int read_every(const struct og_args *args, int64_t now, struct submit_times *times,
		      struct og_err *err)
{
	const char *at = og_arg_value(args, "at");

	if (og_span_parse(og_arg_value(args, "every"), "--every", &times->every, err) < 0 ||
	    og_occurrence_at(times->every, at, now, &times->occurrence, err) < 0)
		return -1;
	/* Of a time that is over there is nothing left to wait for. */
	if (at && times->occurrence.from_ms > now)
		times->not_before = times->occurrence.from_ms;
	return 0;
}

static int read_at(const char *at, int64_t now, struct submit_times *times, struct og_err *err)
{
	if (og_when_parse(at, "--at", now, &times->not_before, err) < 0)
		return -1;
	if (times->not_before < now)
		return og_fail(err, OG_EUSAGE, "--at: '%s' is over", at);
	return 0;
}

/* "2h", counted from when it may begin; or a time, after that. */
static int read_deadline(const char *text, int64_t now, struct submit_times *times,
			 struct og_err *err)
{
	int64_t from = times->not_before > now ? times->not_before : now, span;
	struct og_err ignored = OG_ERR_INIT;

	if (og_span_parse(text, "--deadline", &span, &ignored) == 0)
		times->deadline = from + span;
	else if (og_when_parse(text, "--deadline", from, &times->deadline, err) < 0)
		return -1;
	if (times->deadline > from)
		return 0;
	return og_fail(err, OG_EUSAGE, "--deadline: the task could not even begin");
}

int submit_times_read(const struct og_args *args, struct submit_times *ret, struct og_err *err)
{
	const char *at = og_arg_value(args, "at"), *deadline = og_arg_value(args, "deadline");
	int64_t now = og_now_ms();

	if (og_arg_value(args, "every") && og_arg_value(args, "key"))
		return og_fail(err, OG_EUSAGE,
			       "--every makes a key of its own: --key does not go "
			       "with it");
	if (og_arg_value(args, "every")) {
		if (read_every(args, now, ret, err) < 0)
			return -1;
	} else if (at && read_at(at, now, ret, err) < 0) {
		return -1;
	}
	if (read_lifetime(args, ret, err) < 0)
		return -1;
	return deadline ? read_deadline(deadline, now, ret, err) : 0;
}

/* What is wished for, as it stands in the key's formula. */
static json_t *wish_of(const struct og_envelope_draft *draft)
{
	json_t *wish = json_pack("{s:s,s:s*}", "principal", draft->principal, "text", draft->text);
	json_t *action;

	if (!wish || !draft->skill)
		return wish;
	action = json_pack("{s:s,s:O*}", "skill", draft->skill, "params", draft->params);
	if (action && json_object_set_new(wish, "action", action) == 0)
		return wish;
	json_decref(wish);
	return NULL;
}

int submit_times_apply(struct submit_times *times, struct og_envelope_draft *draft,
		       struct og_err *err)
{
	json_t *wish;
	int rc;

	draft->lifetime_ms = times->lifetime;
	draft->not_before_ms = times->not_before;
	draft->deadline_ms = times->deadline;
	if (!times->every)
		return 0;
	wish = wish_of(draft);
	if (!wish)
		return og_fail(err, OG_EDATA, "the text is not valid UTF-8");
	rc = og_occurrence_key(&times->occurrence, times->every, wish, times->key, err);
	json_decref(wish);
	draft->key = times->key;
	return rc;
}

void submit_times_parcel(const struct submit_times *times, struct og_parcel *parcel)
{
	int64_t now = og_now_ms();

	parcel->not_before = times->not_before;
	parcel->expires = (times->not_before > now ? times->not_before : now) + times->lifetime;
}
