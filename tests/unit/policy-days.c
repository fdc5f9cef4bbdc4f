/* Policies and the calendar: what binds on which day, and what is told of it. */
#include "lib/policy/store.h"

#include "lib/base/clock.h"
#include "tests/unit/policy.h"

static int64_t today_ms; /* of the clock below */

static int64_t clock_of_test(void)
{
	return today_ms;
}

static void set_day(const char *day)
{
	char time[32];

	snprintf(time, sizeof(time), "%sT23:59:59.999Z", day);
	OG_CHECK_INT(og_time_parse(time, &today_ms), 0);
}

/* A document of node n with the text, between the days. */
static int put_dated(struct house *h, const char *name, const char *front)
{
	struct og_policy_id id;
	char text[512];

	snprintf(text, sizeof(text), "---\nnode: n\n%s\n---\nThe waiver of %s.\n", front, name);
	return put(h, name, text, &id);
}

static double limit_on(struct house *h, const char *day)
{
	struct og_err err = OG_ERR_INIT;
	double limit = -1;

	set_day(day);
	OG_CHECK(og_policies_limit(h->policies, "n", "limit", &limit, NULL, &err) >= 0);
	return limit;
}

/* "standing/by" of the policy on a day, for a clearance. */
static const char *stands(struct house *h, const char *name, const char *day, int clearance)
{
	static char text[128];
	const struct og_policy_filter filter = { .at = day, .clearance = clearance };
	struct og_err err = OG_ERR_INIT;
	json_t *list = NULL, *item;
	size_t i;

	snprintf(text, sizeof(text), "not there");
	OG_CHECK_OK(og_policies_list(h->policies, &filter, &list, &err), &err);
	json_array_foreach(list, i, item)
	{
		const char *standing = og_json_str(item, "standing"), *by = og_json_str(item, "by");

		if (strcmp(og_json_str(item, "name"), name) == 0)
			snprintf(text, sizeof(text), "%s%s%s", standing ? standing : "in force",
				 by ? "/" : "", by ? by : "");
	}
	json_decref(list);
	return text;
}

static void a_policy_binds_within_its_days(void)
{
	struct house h;

	if (!open_house(&h))
		return;
	og_policies_clock(h.policies, clock_of_test);
	put_dated(&h, "a", "limits: limit=7\neffective: 2026-02-28\nexpires: 2026-03-31");
	OG_CHECK_INT((int64_t)limit_on(&h, "2026-02-27"), -1);
	OG_CHECK_INT((int64_t)limit_on(&h, "2026-02-28"), 7);
	OG_CHECK_INT((int64_t)limit_on(&h, "2026-03-31"), 7);
	OG_CHECK_INT((int64_t)limit_on(&h, "2026-04-01"), -1);
	OG_CHECK_STR(stands(&h, "a", "2026-02-27", 3), "future");
	OG_CHECK_STR(stands(&h, "a", "2026-03-31", 3), "in force");
	OG_CHECK_STR(stands(&h, "a", NULL, 3), "expired");
	close_house(&h);
}

static void who_supersedes_stands_for_all_it_superseded(void)
{
	struct house h;

	if (!open_house(&h))
		return;
	og_policies_clock(h.policies, clock_of_test);
	put_dated(&h, "a", "limits: limit=1");
	put_dated(&h, "b",
		  "limits: limit=2\nsupersedes: a\neffective: 2026-02-01\n"
		  "expires: 2026-02-28");
	put_dated(&h, "c",
		  "limits: limit=3\nsupersedes: b\nclearance: 2\n"
		  "effective: 2026-02-15\nexpires: 2026-03-31");
	OG_CHECK_INT((int64_t)limit_on(&h, "2026-01-31"), 1);
	OG_CHECK_INT((int64_t)limit_on(&h, "2026-02-01"), 2);
	OG_CHECK_INT((int64_t)limit_on(&h, "2026-02-15"), 3);
	OG_CHECK_INT((int64_t)limit_on(&h, "2026-03-01"), 3); /* though b has expired */
	OG_CHECK_INT((int64_t)limit_on(&h, "2026-04-01"), 1); /* binds again */
	OG_CHECK_STR(stands(&h, "a", "2026-02-10", 1), "superseded/b");
	OG_CHECK_STR(stands(&h, "a", "2026-02-20", 3), "superseded/c");
	OG_CHECK_STR(stands(&h, "a", "2026-02-20", 1), "superseded"); /* by what is hidden */
	OG_CHECK_STR(stands(&h, "b", "2026-03-01", 3), "expired");
	close_house(&h);
}

static void no_rule_approval_or_citation_of_what_is_superseded(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *nodes = json_pack("[s]", "n"), *list[3] = { NULL, NULL, NULL };
	struct house h;

	if (!open_house(&h))
		return;
	put_dated(&h, "a", "rule: 0\napproval: 1\nstep: s\nlimits: limit=1");
	for (int after = 0; after < 2; after++) {
		OG_CHECK_OK(og_policies_rules(h.policies, nodes, "s", &list[0], &err), &err);
		OG_CHECK_OK(og_policies_approvals(h.policies, nodes, "s", &list[1], &err), &err);
		OG_CHECK_OK(og_policies_cite(h.policies, nodes, 3, &list[2], &err), &err);
		for (int i = 0; i < 3; i++) {
			OG_CHECK_INT(json_array_size(list[i]), i < 2 ? !after : 1);
			if (i < 2 || after == 0)
				OG_CHECK(after || strcmp(AT(list[i], 0, "policy"), "a") == 0);
			else
				OG_CHECK_STR(AT(list[i], 0, "policy"), "b");
			json_decref(list[i]);
			list[i] = NULL;
		}
		if (!after)
			put_dated(&h, "b", "supersedes: a\nlimits: limit=2");
	}
	json_decref(nodes);
	close_house(&h);
}

/* Puts it, which has to fail, and compares the words. */
static void refuses_to_put(struct house *h, const char *name, const char *front, const char *why)
{
	struct og_err err = OG_ERR_INIT;
	json_t *record = json_object();
	struct og_policy_id id;
	char text[512];
	int rc;

	snprintf(text, sizeof(text), "---\nnode: n\n%s\n---\nWords.\n", front);
	OG_CHECK_OK(og_db_begin(h->db, 1, &err), &err);
	rc = og_policy_read(text, strlen(text), name, record, &err);
	if (rc == 0)
		rc = og_policies_put(h->policies, record, &id, &err);
	OG_CHECK_INT(rc, -1);
	OG_CHECK_INT(err.code, OG_EDATA);
	if (!strstr(err.msg, why))
		OG_CHECK_STR(err.msg, why);
	og_db_rollback(h->db);
	json_decref(record);
}

static void superseding_has_no_circles_and_an_end(void)
{
	char name[16], front[64];
	struct house h;

	if (!open_house(&h))
		return;
	put_dated(&h, "a", "title: A");
	put_dated(&h, "b", "supersedes: a");
	put_dated(&h, "c", "supersedes: b");
	refuses_to_put(&h, "a", "supersedes: c", "already");
	refuses_to_put(&h, "a", "supersedes: b", "already");
	refuses_to_put(&h, "a", "supersedes: a", "supersedes itself");
	refuses_to_put(&h, "d", "supersedes: nobody", "no policy is called 'nobody'");
	refuses_to_put(&h, "d", "supersedes: No Name", "is no name");
	refuses_to_put(&h, "d", "effective: 2026-02-30", "'effective' is no day");
	refuses_to_put(&h, "d", "expires: tomorrow", "'expires' is no day");
	refuses_to_put(&h, "d", "effective: 2026-02-02\nexpires: 2026-02-01", "before it is");
	OG_CHECK_STR(stands(&h, "a", NULL, 3), "superseded/c");
	put_dated(&h, "p0", "title: P");
	for (int i = 1; i <= OG_SUPERSEDES_MAX; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		snprintf(front, sizeof(front), "supersedes: p%d", i - 1);
		put_dated(&h, name, front);
	}
	snprintf(front, sizeof(front), "supersedes: p%d", OG_SUPERSEDES_MAX);
	refuses_to_put(&h, "one-more", front, "more than");
	close_house(&h);
}

static void found_but_marked_and_after_those_in_force(void)
{
	struct house h;
	json_t *found;

	if (!open_house(&h))
		return;
	put_dated(&h, "a", "title: waiver waiver waiver");
	put_dated(&h, "b", "title: other\nsupersedes: a");
	put_dated(&h, "c", "title: third\nexpires: 2020-01-01");
	found = search(&h, NULL, 3, "the waiver of a");
	OG_CHECK_INT(json_array_size(found), 3);
	OG_CHECK_STR(AT(found, 0, "policy"), "b");
	OG_CHECK(AT(found, 0, "standing") == NULL);
	for (size_t i = 1; i < 3; i++) {
		int expired = strcmp(AT(found, i, "policy"), "c") == 0;

		OG_CHECK_STR(AT(found, i, "standing"), expired ? "expired" : "superseded");
		if (!expired)
			OG_CHECK_STR(AT(found, i, "by"), "b");
	}
	json_decref(found);
	close_house(&h);
}

/* What filters come to: the names found, in order. */
static void finds(struct house *h, const struct og_policy_search *wanted, const char *names)
{
	struct og_err err = OG_ERR_INIT;
	json_t *found = NULL, *item;
	char text[128] = "";
	size_t i, n = 0;

	OG_CHECK_OK(og_policies_search(h->policies, wanted, &found, &err), &err);
	json_array_foreach(found, i, item) n += (size_t)snprintf(
		text + n, sizeof(text) - n, "%s%s", i ? " " : "", og_json_str(item, "policy"));
	OG_CHECK_STR(text, names);
	json_decref(found);
}

static void filters_by_source_day_and_standing(void)
{
	struct og_policy_search wanted = { .filter = { .clearance = 3 },
					   .query = "waiver",
					   .limit = 1 };
	struct house h;

	if (!open_house(&h))
		return;
	put_dated(&h, "a", "title: waiver waiver\nsource: law\nexpires: 2020-01-01");
	put_dated(&h, "b", "title: b\nsource: email\nclearance: 2");
	finds(&h, &wanted, "b"); /* though a is the better one */
	wanted.limit = 5;
	finds(&h, &wanted, "b a");
	wanted.filter.at = "2019-12-31";
	finds(&h, &wanted, "a b");
	wanted.filter.at = NULL;
	wanted.filter.in_force = 1;
	finds(&h, &wanted, "b");
	wanted.filter.clearance = 1;
	finds(&h, &wanted, "");
	wanted.filter.in_force = 0;
	finds(&h, &wanted, "a");
	wanted.filter.clearance = 3;
	wanted.filter.source = "email";
	finds(&h, &wanted, "b");
	wanted.filter.source = "law";
	finds(&h, &wanted, "a");
	close_house(&h);
}

int main(void)
{
	OG_RUN(a_policy_binds_within_its_days);
	OG_RUN(who_supersedes_stands_for_all_it_superseded);
	OG_RUN(no_rule_approval_or_citation_of_what_is_superseded);
	OG_RUN(superseding_has_no_circles_and_an_end);
	OG_RUN(found_but_marked_and_after_those_in_force);
	OG_RUN(filters_by_source_day_and_standing);
	return og_done();
}
