/*
 * What is said to a Qdrant server and what its answers mean: recorded ones,
 * and ones that no server of good will gives. No server is needed.
 */
#include "lib/policy/qdrant-wire.h"

#include <math.h>

#include "lib/base/file.h"
#include "tests/unit/unit.h"

#define DATA  "../shared/data/qdrant/"
#define HASH  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const float values[4] = { 0.1f, 0.5f, -0.7f, 0.5f };
static const struct og_vector_key key = { "m", 4 };
static const struct og_qdrant_query query = {
	.instance = "i", .clearance = 2, .key = { "m", 4 }, .values = values, .n = 4, .limit = 3
};

/* The "result" of an answer; NULL with *code. */
static json_t *hear(int status, const char *body, int *code)
{
	struct og_err err = OG_ERR_INIT;
	json_t *result = NULL;

	og_qdrant_hear("testing", status, body, strlen(body), &result, &err);
	*code = err.code;
	return result;
}

/* --- recorded answers --------------------------------------------------------------- */

static json_t *recorded(const char *name, int *code)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;
	char path[200];
	json_t *result = NULL;

	og_buf_init(&text, 1 << 20);
	snprintf(path, sizeof(path), DATA "%s.json", name);
	*code = -1;
	if (og_file_read(path, "answer", &text, &err) == 0)
		result = hear(200, text.data, code);
	else
		OG_SKIP("../shared/data/qdrant is absent");
	og_buf_release(&text);
	return result;
}

static void recorded_collection(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_qdrant_state state = { 0 };
	unsigned indexes = 1;
	int code;
	json_t *result = recorded("collection", &code);

	if (code == -1)
		return;
	OG_CHECK_OK(og_qdrant_hear_state(result, &state, &indexes, &err), &err);
	OG_CHECK_INT(state.width, 4);
	OG_CHECK_INT(state.points, 0);
	OG_CHECK_INT(state.cosine, 0); /* it is Dot */
	OG_CHECK_INT(indexes, 0);
	OG_CHECK_INT(state.indexed, 0);
	json_decref(result);
}

static void recorded_points(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_qdrant_hit hits[3];
	size_t n, left;
	int64_t count = 0;
	int code;
	json_t *result = recorded("count_points", &code);

	if (code == -1)
		return;
	OG_CHECK_OK(og_qdrant_hear_count(result, &count, &err), &err);
	OG_CHECK_INT(count, 5);
	json_decref(result);
	result = recorded("points", &code); /* of the older search, which we do not make */
	OG_CHECK(og_qdrant_hear_hits(result, &query, hits, &n, &left, &err) < 0);
	OG_CHECK_INT(err.code, OG_EUNAVAIL);
	json_decref(result);
}

/* Counts points by policy, clearance and print; arg may be NULL. */
struct taken {
	size_t n;
	int64_t clearances;
	uint64_t print;
};

static int take(void *arg, const struct og_qdrant_point *told, uint64_t print, struct og_err *err)
{
	struct taken *taken = arg;

	(void)err;
	if (!taken)
		return 0;
	OG_CHECK_STR(told->policy, "memo");
	taken->n++;
	taken->clearances += told->clearance;
	taken->print += print;
	return 0;
}

/* Every other file: an envelope is one, and what is in it is no update, no
 * count, no hit and no page. */
static void recorded_others(void)
{
	static const char *const names[] = { "aliases",	    "cluster",	 "collection_cluster",
					     "collections", "locks",	 "point",
					     "snapshot",    "snapshots", "status_response" };
	struct og_err err = OG_ERR_INIT;
	struct og_qdrant_hit hits[3];
	struct og_qdrant_reader reader = { "i", take, NULL, 0 };
	json_t *next = NULL, *result;
	int64_t count;
	size_t n, left;
	int code = 0, exists;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		result = recorded(names[i], &code);
		if (code == -1)
			break;
		OG_CHECK_INT(code, 0);
		OG_CHECK(og_qdrant_hear_update("testing", result, &err) < 0);
		OG_CHECK(og_qdrant_hear_count(result, &count, &err) < 0);
		OG_CHECK(og_qdrant_hear_exists(result, &exists, &err) < 0);
		OG_CHECK(og_qdrant_hear_hits(result, &query, hits, &n, &left, &err) < 0);
		OG_CHECK(og_qdrant_hear_page(result, &reader, &n, &next, &err) < 0);
		json_decref(result);
	}
	result = code == -1 ? NULL : recorded("batch_delete_object", &code); /* another server's */
	OG_CHECK(result == NULL);
}

/* --- the envelope ------------------------------------------------------------------------ */

static void statuses(void)
{
	static const struct {
		int status;
		const char *body;
		int code;
	} answers[] = {
		{ 200, "{\"result\":true,\"status\":\"ok\"}", 0 },
		{ 200, "{\"result\":true,\"status\":\"failing\"}", OG_EUNAVAIL },
		{ 200, "{\"status\":\"ok\"}", OG_EUNAVAIL },
		{ 200, "{\"result\":true}", OG_EUNAVAIL },
		{ 200, "", OG_EUNAVAIL },
		{ 200, "<html>", OG_EUNAVAIL },
		{ 200, "[]", OG_EUNAVAIL },
		{ 200, "{\"result\":NaN,\"status\":\"ok\"}", OG_EUNAVAIL },
		{ 200, "{\"result\":1,\"result\":2,\"status\":\"ok\"}", OG_EUNAVAIL },
		{ 201, "{\"result\":true,\"status\":\"ok\"}", OG_EUNAVAIL },
		{ 302, "", OG_EUNAVAIL },
		{ 400, "{\"status\":{\"error\":\"Wrong input\"}}", OG_EUNAVAIL },
		{ 401, "Invalid API key or JWT", OG_EPERM },
		{ 403, "{\"status\":{\"error\":\"no\"}}", OG_EPERM },
		{ 404, "{\"status\":{\"error\":\"Not found\"}}", OG_ENOINPUT },
		{ 404, "<html>", OG_ENOINPUT },
		{ 429, "", OG_ETEMP },
		{ 500, "{\"status\":{\"error\":7}}", OG_EUNAVAIL },
		{ 503, "{}", OG_ETEMP },
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		int code = -1;
		json_t *result = hear(answers[i].status, answers[i].body, &code);

		OG_CHECK_INT(code, answers[i].code);
		OG_CHECK((result != NULL) == (code == 0));
		json_decref(result);
	}
}

static void says_what_the_server_said(void)
{
	struct og_err err = OG_ERR_INIT;
	static const char body[] =
		"{\"status\":{\"error\":\"Not found: Collection `x` doesn't exist!\"}}";
	json_t *result = NULL;

	OG_CHECK(og_qdrant_hear("counting", 404, body, strlen(body), &result, &err) < 0);
	OG_CHECK_STR(err.msg, "vectors' store: counting: status 404: Not found: Collection `x` "
			      "doesn't exist!");
}

static int update_code(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *result = json_loads(text, JSON_DECODE_ANY, NULL);

	og_qdrant_hear_update("testing", result, &err);
	json_decref(result);
	return err.code;
}

/* What was only acknowledged is not there yet. */
static void updates(void)
{
	OG_CHECK_INT(update_code("{\"operation_id\":2,\"status\":\"completed\"}"), 0);
	OG_CHECK_INT(update_code("{\"operation_id\":2,\"status\":\"acknowledged\"}"), OG_ETEMP);
	OG_CHECK_INT(update_code("{\"operation_id\":2,\"status\":\"wait_timeout\"}"), OG_ETEMP);
	OG_CHECK_INT(update_code("{\"status\":\"done\"}"), OG_EUNAVAIL);
	OG_CHECK_INT(update_code("{\"status\":true}"), OG_EUNAVAIL);
	OG_CHECK_INT(update_code("true"), OG_EUNAVAIL);
}

static int state_code(const char *text, struct og_qdrant_state *ret)
{
	struct og_err err = OG_ERR_INIT;
	json_t *result = json_loads(text, 0, NULL);
	unsigned indexes;

	og_qdrant_hear_state(result, ret, &indexes, &err);
	json_decref(result);
	return err.code;
}

static void states(void)
{
	struct og_qdrant_state state;

	OG_CHECK_INT(state_code("{\"config\":{\"params\":{\"vectors\":{\"size\":768,\"distance\":"
				"\"Cosine\"}}}}",
				&state),
		     0);
	OG_CHECK_INT(state.width, 768);
	OG_CHECK_INT(state.cosine, 1);
	OG_CHECK_INT(state.points, -1);
	OG_CHECK_INT(state_code("{\"config\":{\"params\":{\"vectors\":{\"text\":{\"size\":768,"
				"\"distance\":\"Cosine\"}}}}}",
				&state),
		     0);
	OG_CHECK_INT(state.width, 0); /* no vector of ours is that wide */
	OG_CHECK_INT(state_code("{\"config\":{\"params\":{\"vectors\":{\"size\":-1}}}}", &state),
		     OG_EUNAVAIL);
	OG_CHECK_INT(state_code("{\"config\":{\"params\":{\"vectors\":{\"size\":1e9}}}}", &state),
		     0);
	OG_CHECK_INT(state.width, 0);
	OG_CHECK_INT(state_code("{\"config\":{\"params\":{}}}", &state), OG_EUNAVAIL);
	OG_CHECK_INT(state_code("{\"config\":[]}", &state), OG_EUNAVAIL);
}

/* --- bodies ------------------------------------------------------------------------------- */

static const struct og_qdrant_point point = { .policy = "memo",
					      .hash = HASH,
					      .node = "report",
					      .source = "policy",
					      .heading = "A \"heading\"\n\x01",
					      .digest = OTHER,
					      .clearance = 2,
					      .line = 7,
					      .key = { "m", 4 },
					      .values = values,
					      .n = 4 };

static json_t *said(struct og_buf *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *body = NULL;

	OG_CHECK_OK(og_json_parse(text->data, text->len, OG_QDRANT_BODY_MAX, "body", &body, &err),
		    &err);
	og_buf_release(text);
	return body;
}

/* The id of point with one member changed. */
static void id_with(const char *instance, struct og_qdrant_point changed, const char *other)
{
	char id[OG_UUID_LEN + 1];

	og_qdrant_id(instance, &changed, id);
	OG_CHECK(og_uuid_valid(id));
	OG_CHECK(strcmp(id, other) != 0);
}

static void ids(void)
{
	struct og_qdrant_point other = point;
	char id[OG_UUID_LEN + 1];

	og_qdrant_id("i", &point, id);
	OG_CHECK(og_uuid_valid(id));
	OG_CHECK_INT(id[14], '5');
	OG_CHECK_STR(id, "280cc1ba-5f7c-5f2f-910b-a5bcd3076c86"); /* stays, whatever changes */
	id_with("j", other, id);
	other.policy = "memo2";
	id_with("i", other, id); /* the same text in two policies is two points */
	other = point;
	other.hash = OTHER;
	id_with("i", other, id); /* and in two versions */
	other = point;
	other.digest = HASH;
	id_with("i", other, id);
	other = point;
	other.key.dimension = 5;
	id_with("i", other, id);
	other = point;
	other.key.model = "m2";
	id_with("i", other, id);
}

static void points_as_text(void)
{
	const struct og_qdrant_batch one_point = { "i", &point, 1 };
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;
	json_t *body, *one, *payload;
	size_t n;

	og_buf_init(&text, OG_QDRANT_BODY_MAX);
	OG_CHECK_OK(og_qdrant_say_points(&one_point, &text, &n, &err), &err);
	OG_CHECK_INT(n, 1);
	body = said(&text);
	one = json_array_get(json_object_get(body, "points"), 0);
	payload = json_object_get(one, "payload");
	for (size_t i = 0; i < 4; i++)
		OG_CHECK((float)json_number_value(
				 json_array_get(json_object_get(one, "vector"), i)) == values[i]);
	OG_CHECK_STR(og_json_str(payload, "heading"), point.heading);
	OG_CHECK_INT(og_json_int(payload, "clearance_level", 0), 2);
	OG_CHECK_INT(og_json_int(payload, "line", 0), 7);
	OG_CHECK(json_object_get(payload, "text") == NULL);
	json_decref(body);
}

/* Wide vectors: fewer of them in one request, and none too many. */
static void batches(void)
{
	float *wide = calloc(OG_VECTOR_DIMENSION_MAX, sizeof(*wide));
	struct og_qdrant_point *points = calloc(300, sizeof(*points));
	struct og_qdrant_batch batch = { "i", points, 300 };
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;
	size_t n = 0;

	for (size_t i = 0; i < OG_VECTOR_DIMENSION_MAX; i++)
		wide[i] = -1.23456789e-30f;
	for (size_t i = 0; i < 300; i++)
		points[i] = point;
	og_buf_init(&text, OG_QDRANT_BODY_MAX);
	OG_CHECK_OK(og_qdrant_say_points(&batch, &text, &n, &err), &err);
	OG_CHECK_INT(n, OG_QDRANT_BATCH);
	for (size_t i = 1; i < 300; i++) {
		points[i].values = wide;
		points[i].n = OG_VECTOR_DIMENSION_MAX;
	}
	og_buf_clear(&text);
	OG_CHECK_OK(og_qdrant_say_points(&batch, &text, &n, &err), &err);
	OG_CHECK(n >= 10 && n < 100);
	points[0].values = (const float[]){ 0, 0, NAN, 0 };
	batch.n = 1;
	og_buf_clear(&text);
	OG_CHECK(og_qdrant_say_points(&batch, &text, &n, &err) < 0);
	OG_CHECK_INT(err.code, OG_EDATA);
	og_buf_release(&text);
	free(points);
	free(wide);
}

/* The clearance is in every query. */
static void query_as_text(void)
{
	struct og_qdrant_query one = query;
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;
	json_t *body;

	one.node = "report";
	one.source = "law";
	og_buf_init(&text, OG_QDRANT_BODY_MAX);
	OG_CHECK_OK(og_qdrant_say_query(&one, &text, &err), &err);
	OG_CHECK(strstr(text.data, "{\"key\":\"clearance_level\",\"range\":{\"lte\":2}}") != NULL);
	OG_CHECK(strstr(text.data, "{\"key\":\"node\",\"match\":{\"value\":\"report\"}}") != NULL);
	OG_CHECK(strstr(text.data, "{\"key\":\"source_type\",\"match\":{\"value\":\"law\"}}") !=
		 NULL);
	body = said(&text);
	OG_CHECK_INT(og_json_int(body, "limit", 0), 3);
	OG_CHECK_INT(json_array_size(json_object_get(body, "query")), 4);
	json_decref(body);
}

#define OURS                                                                                       \
	"{\"filter\":{\"must\":[{\"key\":\"instance\",\"match\":{\"value\":\"i\"}},"               \
	"{\"key\":\"policy\",\"match\":{\"value\":\"memo\"}}"
#define OLDER	"{\"key\":\"seq\",\"range\":{\"lte\":7}}"
#define VERSION "{\"key\":\"hash\",\"match\":{\"value\":\"h\"}}"

/* Whatever is removed is ours, named, and no newer than it was. */
static void drops_as_text(void)
{
	const struct og_qdrant_version version = { "i", "memo", "h", 7 };
	const struct og_qdrant_version any = { "i", "memo", "h", 0 };
	json_t *list = json_pack("[s]", "x");
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;

	og_buf_init(&text, OG_QDRANT_BODY_MAX);
	OG_CHECK_OK(og_qdrant_say_others(&any, &text, &err), &err);
	OG_CHECK(strstr(text.data, OURS "],\"must_not\":[" VERSION "]},\"limit\":1000,") ==
		 text.data);
	og_buf_clear(&text);
	OG_CHECK_OK(og_qdrant_say_drop(&version, list, &text, &err), &err);
	OG_CHECK_STR(text.data,
		     OURS "," OLDER ",{\"has_id\":[\"x\"]}],\"must_not\":[" VERSION "]}}");
	og_buf_clear(&text);
	OG_CHECK_OK(og_qdrant_say_renew(&version, &text, &err), &err);
	OG_CHECK(strstr(text.data, "{\"payload\":{\"seq\":7},\"filter\":") == text.data);
	OG_CHECK(strstr(text.data, OLDER "," VERSION "]") != NULL);
	og_buf_clear(&text);
	OG_CHECK_OK(og_qdrant_say_count(&any, &text, &err), &err);
	OG_CHECK_STR(text.data, OURS "," VERSION "]},\"exact\":true}");
	og_buf_release(&text);
	json_decref(list);
}

/* --- points that are told -------------------------------------------------------------------- */

/* A hit as a good server tells it; digest's last digit is what makes it one. */
static json_t *hit(char last, int64_t clearance, double score)
{
	char id[OG_UUID_LEN + 1], digest[] = OTHER;
	const struct og_qdrant_point one = {
		.policy = "memo", .hash = HASH, .digest = digest, .key = key
	};

	digest[63] = last;
	og_qdrant_id("i", &one, id);
	return json_pack("{s:s,s:i,s:f,s:{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:i}}", "id", id,
			 "version", 3, "score", score, "payload", "instance", "i", "sum", "0",
			 "policy", "memo", "hash", HASH, "digest", digest, "node", "report",
			 "source_type", "law", "clearance_level", (json_int_t)clearance, "model",
			 "m", "dimension", 4);
}

struct heard {
	struct og_qdrant_hit hits[8];
	size_t n, left;
	int code;
};

/* Takes points. */
static struct heard hits_of(const struct og_qdrant_query *asked, json_t *points)
{
	json_t *result = json_pack("{s:o}", "points", points);
	struct og_err err = OG_ERR_INIT;
	struct heard heard = { .n = 0 };

	og_qdrant_hear_hits(result, asked, heard.hits, &heard.n, &heard.left, &err);
	heard.code = err.code;
	json_decref(result);
	return heard;
}

static void hits(void)
{
	struct heard heard =
		hits_of(&query, json_pack("[o,o]", hit('1', 1, 0.9), hit('2', 2, 0.8)));

	OG_CHECK_INT(heard.code, 0);
	OG_CHECK_INT(heard.n, 2);
	OG_CHECK_INT(heard.left, 0);
	OG_CHECK_STR(heard.hits[0].policy, "memo");
	OG_CHECK_STR(heard.hits[0].hash, HASH);
	OG_CHECK_INT(heard.hits[1].clearance, 2);
	OG_CHECK(heard.hits[1].score > 0.79 && heard.hits[1].score < 0.81);
}

/* What makes one of two hits none. */
static void spoil(json_t *one, const char *member, json_t *value)
{
	json_t *payload = json_object_get(one, "payload");
	struct heard heard;

	json_object_set_new(json_object_get(one, member) ? one : payload, member, value);
	heard = hits_of(&query, json_pack("[O,o]", one, hit('9', 1, 0.5)));
	OG_CHECK_INT(heard.code, 0);
	OG_CHECK_INT(heard.n, 1);
	if (!OG_CHECK_INT(heard.left, 1))
		printf("# with another %s\n", member);
	json_decref(one);
}

static void spoilt_hits(void)
{
	char longer[OG_QDRANT_NAME_MAX + 2];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	spoil(hit('1', 1, 0.9), "clearance_level", json_integer(3));
	spoil(hit('1', 1, 0.9), "clearance_level", json_null());
	spoil(hit('1', 1, 0.9), "clearance_level", json_string("1"));
	spoil(hit('1', 1, 0.9), "clearance_level", json_integer(-1));
	spoil(hit('1', 1, 0.9), "clearance_level", json_real(1.0));
	spoil(hit('1', 1, 0.9), "id", json_string("2ed6657d-e927-568b-95e1-2665a8aea6a2"));
	spoil(hit('1', 1, 0.9), "id", json_integer(1));
	spoil(hit('1', 1, 0.9), "id", json_null());
	spoil(hit('1', 1, 0.9), "instance", json_string("j"));
	spoil(hit('1', 1, 0.9), "instance", json_null());
	spoil(hit('1', 1, 0.9), "policy", json_string("other"));
	spoil(hit('1', 1, 0.9), "policy", json_string(""));
	spoil(hit('1', 1, 0.9), "policy", json_string(longer));
	spoil(hit('1', 1, 0.9), "hash", json_string("aa"));
	spoil(hit('1', 1, 0.9), "digest", json_string(HASH));
	spoil(hit('1', 1, 0.9), "digest", json_array());
	spoil(hit('1', 1, 0.9), "model", json_string("n"));
	spoil(hit('1', 1, 0.9), "score", json_string("NaN"));
	spoil(hit('1', 1, 0.9), "score", json_null());
	spoil(hit('1', 1, 0.9), "payload", json_null());
	spoil(hit('1', 1, 0.9), "payload", json_string("x"));
}

static void hits_not_asked_for(void)
{
	struct og_qdrant_query narrow = query;
	struct heard heard;

	narrow.node = "other";
	OG_CHECK_INT(hits_of(&narrow, json_pack("[o]", hit('1', 1, 0.9))).left, 1);
	narrow.node = "report";
	OG_CHECK_INT(hits_of(&narrow, json_pack("[o]", hit('1', 1, 0.9))).n, 1);
	narrow.source = "email";
	OG_CHECK_INT(hits_of(&narrow, json_pack("[o]", hit('1', 1, 0.9))).left, 1);
	heard = hits_of(&query, json_pack("[o,o,o,o,o]", hit('1', 1, 0.9), hit('1', 1, 0.9),
					  hit('2', 1, 0.9), hit('3', 1, 0.9), hit('4', 1, 0.9)));
	OG_CHECK_INT(heard.n, 3); /* the limit; one was told twice, one too many */
	OG_CHECK_INT(heard.left, 2);
	heard = hits_of(&query, json_pack("[n,i,s,[],{}]", 1, "x"));
	OG_CHECK_INT(heard.n, 0);
	OG_CHECK_INT(heard.left, 5);
	OG_CHECK_INT(hits_of(&query, json_object()).code, OG_EUNAVAIL);
	OG_CHECK_INT(hits_of(&query, json_null()).code, OG_EUNAVAIL);
}

static void many_hits(void)
{
	json_t *points = json_array(), *one = hit('1', 1, 0.9);
	struct heard heard;

	for (int i = 0; i < 100000; i++)
		json_array_append(points, one);
	json_decref(one);
	heard = hits_of(&query, points);
	OG_CHECK_INT(heard.n, 1);
	OG_CHECK_INT(heard.left, 99999);
}

/* --- all of them --------------------------------------------------------------------------- */

static struct taken read_page(json_t *points, int64_t *ret_foreign)
{
	json_t *result = json_pack("{s:o}", "points", points), *next = NULL;
	struct taken taken = { 0 };
	struct og_qdrant_reader reader = { "i", take, &taken, 0 };
	struct og_err err = OG_ERR_INIT;
	size_t n = 0;

	OG_CHECK_OK(og_qdrant_hear_page(result, &reader, &n, &next, &err), &err);
	OG_CHECK_INT(n, taken.n + (size_t)reader.foreign);
	OG_CHECK(next == NULL);
	*ret_foreign = reader.foreign;
	json_decref(result);
	return taken;
}

/* A page, and what its points come to in any order, but with nothing else. */
static void pages(void)
{
	struct taken good, other;
	int64_t foreign = 0;
	json_t *lying;

	good = read_page(json_pack("[o,o,{s:i}]", hit('1', 1, 0), hit('2', 2, 0), "id", 7),
			 &foreign);
	OG_CHECK_INT(good.n, 2);
	OG_CHECK_INT(good.clearances, 3);
	OG_CHECK_INT(foreign, 1);
	other = read_page(json_pack("[o,o]", hit('2', 2, 0), hit('1', 1, 0)), &foreign);
	OG_CHECK(other.print == good.print);
	/* One of them twice; another clearance, sum, node. */
	other = read_page(json_pack("[o,o]", hit('1', 1, 0), hit('1', 1, 0)), &foreign);
	OG_CHECK(other.n == 2 && other.print != good.print);
	for (int i = 0; i < 3; i++) {
		static const char *const keys[] = { "clearance_level", "sum", "node" };

		lying = hit('1', 1, 0);
		json_object_set_new(json_object_get(lying, "payload"), keys[i],
				    i ? json_string("x") : json_integer(2));
		other = read_page(json_pack("[o,o]", lying, hit('2', 2, 0)), &foreign);
		OG_CHECK(other.n == 2 && other.print != good.print);
	}
	lying = hit('1', 1, 0);
	json_object_del(json_object_get(lying, "payload"), "sum");
	OG_CHECK_INT(read_page(json_pack("[o]", lying), &foreign).n, 0);
	OG_CHECK_INT(foreign, 1);
}

static int page_code(json_t *result)
{
	struct og_qdrant_reader reader = { "i", take, NULL, 0 };
	struct og_err err = OG_ERR_INIT;
	json_t *next = NULL;
	size_t n;

	if (og_qdrant_hear_page(result, &reader, &n, &next, &err) == 0)
		json_decref(next);
	json_decref(result);
	return err.code;
}

static void spoilt_pages(void)
{
	json_t *full = json_array();

	for (int i = 0; i < OG_QDRANT_PAGE + 1; i++)
		json_array_append_new(full, json_null());
	OG_CHECK_INT(page_code(json_pack("{s:[],s:n}", "points", "next_page_offset")), 0);
	OG_CHECK_INT(page_code(json_pack("{s:[]}", "points")), 0);
	OG_CHECK_INT(page_code(json_pack("{s:[],s:i}", "points", "next_page_offset", 1)),
		     OG_EUNAVAIL); /* without end */
	OG_CHECK_INT(page_code(json_pack("{s:[n],s:[]}", "points", "next_page_offset")),
		     OG_EUNAVAIL);
	OG_CHECK_INT(page_code(json_pack("{s:o}", "points", full)), OG_EUNAVAIL);
	OG_CHECK_INT(page_code(json_array()), OG_EUNAVAIL);
}

/* --- places ---------------------------------------------------------------------------------- */

static void places(void)
{
	static const char *const bad[] = { "sqlite:",
					   "qdrant+http://",
					   "qdrant+http://host",
					   "qdrant+http://host/",
					   "qdrant+http://host/a/b",
					   "qdrant+http://host/a b",
					   "qdrant+http://host/a?b",
					   "qdrant+http://user@host/a",
					   "qdrant+http:///a",
					   "qdrant+ftp://host/a",
					   "qdrant+http://host/../a",
					   "qdrant+http://host/.." };
	struct og_qdrant_place place;
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_qdrant_place("qdrant+http://127.0.0.1:6333/og_rules", &place, &err), &err);
	OG_CHECK_STR(place.origin, "http://127.0.0.1:6333");
	OG_CHECK_STR(place.collection, "og_rules");
	OG_CHECK_OK(og_qdrant_place("qdrant+https://vectors.example/a", &place, &err), &err);
	OG_CHECK_STR(place.origin, "https://vectors.example");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		og_err_clear(&err);
		if (!OG_CHECK(og_qdrant_place(bad[i], &place, &err) < 0))
			printf("# %s\n", bad[i]);
		OG_CHECK_INT(err.code, OG_ECONF);
	}
}

int main(void)
{
	OG_RUN(recorded_collection);
	OG_RUN(recorded_points);
	OG_RUN(recorded_others);
	OG_RUN(statuses);
	OG_RUN(says_what_the_server_said);
	OG_RUN(updates);
	OG_RUN(states);
	OG_RUN(ids);
	OG_RUN(points_as_text);
	OG_RUN(batches);
	OG_RUN(query_as_text);
	OG_RUN(drops_as_text);
	OG_RUN(hits);
	OG_RUN(spoilt_hits);
	OG_RUN(hits_not_asked_for);
	OG_RUN(many_hits);
	OG_RUN(pages);
	OG_RUN(spoilt_pages);
	OG_RUN(places);
	return og_done();
}
