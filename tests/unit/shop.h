/*
 * A small company for tests of the shield: an instance made by hand in a
 * temporary directory, four tables, three principals with keys, grants,
 * and one skill, buy, that is a saga of four writes.
 */
#ifndef OG_TESTS_SHOP_H
#define OG_TESTS_SHOP_H

#include <sys/stat.h>
#include <unistd.h>

#include "lib/access/access.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/db/db.h"
#include "lib/db/rowlog.h"
#include "lib/hash/hash.h"
#include "lib/ledger/ledger.h"
#include "lib/shield/channel.h"
#include "lib/skill/skill.h"
#include "lib/task/envelope-internal.h"
#include "tests/unit/unit.h"

#ifndef SHOP_ROOM
#define SHOP_ROOM "/tmp" /* where the temporary directory is */
#endif

enum { ALICE, BOB, CHARLIE, PEOPLE };
static const char *const shop_names[PEOPLE] = { "alice", "bob", "charlie" };

struct shop {
	char home[64];
	char erp[96];
	struct og_conf conf;
	struct og_shield *shield;
	unsigned char seed[PEOPLE][OG_KEY_SEED];
	char hash[OG_HASH_HEX + 1]; /* of the skill buy */
};

static const char shop_tables[] =
	"CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, email TEXT);"
	"INSERT INTO users VALUES(1,'Alice','alice@example.com'),(2,'Bob','bob@example.com'),"
	"(3,'Charlie','charlie@example.com');"
	"CREATE TABLE products(id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL,"
	" stock INTEGER CHECK (stock >= 0), clearance INTEGER);"
	"INSERT INTO products VALUES(1,'Ergonomic Chair',299.99,50,1),(2,'Standing "
	"Desk',499.5,30,1),"
	"(3,'Secret Core',8999,3,3);"
	"CREATE TABLE orders(id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, total REAL,"
	" status TEXT);"
	"CREATE TABLE payments(id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders(id),"
	" amount REAL, status TEXT);"
	"INSERT INTO og_role "
	"VALUES('admin','','[\"ddl\",\"grant\",\"skill\",\"policy\",\"approve\","
	"\"ledger\",\"tasks\",\"register\",\"explore\"]'),('employee','','[]'),('customer','','[]')"
	";"
	"INSERT INTO og_grant(subject,tbl,verbs) VALUES"
	"('role:admin','products','[\"select\",\"insert\",\"update\"]'),"
	"('role:admin','orders','[\"select\",\"insert\",\"update\"]'),"
	"('role:admin','payments','[\"select\"]');"
	"INSERT INTO og_grant(subject,tbl,verbs,visible,predicate) VALUES"
	"('role:customer','products','[\"select\"]','[\"id\",\"name\",\"price\",\"stock\"]',"
	"'t.clearance <= :clearance'),"
	"('role:customer','orders','[\"select\"]',NULL,'t.user_id = :principal_id');";

static const char shop_skill[] =
	"{\"name\":\"buy\",\"description\":\"Buy a "
	"product.\",\"kind\":\"workflow\",\"clearance\":1,"
	"\"roles\":[\"customer\",\"admin\"],"
	"\"patterns\":[{\"text\":\"buy {quantity:int} {product:ref(products.name)}\",\"line\":1}],"
	"\"steps\":["
	"{\"name\":\"price\",\"line\":1,\"blocks\":[{\"kind\":\"read\",\"line\":1,\"text\":"
	"\"SELECT price, round(price * :quantity, 2) AS total FROM products WHERE id = "
	":product_id\"}]},"
	"{\"name\":\"order\",\"line\":1,\"blocks\":[{\"kind\":\"write\",\"line\":1,\"as\":\"order_"
	"id\","
	"\"text\":\"INSERT INTO orders(user_id, total, status) VALUES (:principal_id, :total, "
	"'pending')\"},"
	"{\"kind\":\"undo\",\"line\":1,\"text\":"
	"\"UPDATE orders SET status = 'cancelled' WHERE id = :order_id\"}]},"
	"{\"name\":\"reserve\",\"line\":1,\"blocks\":[{\"kind\":\"write\",\"line\":1,\"text\":"
	"\"UPDATE products SET stock = stock - :quantity WHERE id = :product_id AND stock >= "
	":quantity\"}]},"
	"{\"name\":\"pay\",\"line\":1,\"blocks\":[{\"kind\":\"require\",\"line\":1,"
	"\"message\":\"total exceeds the limit\",\"text\":\"SELECT :total <= 500\"},"
	"{\"kind\":\"write\",\"line\":1,\"text\":"
	"\"INSERT INTO payments(order_id, amount, status) VALUES (:order_id, :total, "
	"'completed')\"}]},"
	"{\"name\":\"close\",\"line\":1,\"blocks\":[{\"kind\":\"write\",\"line\":1,\"text\":"
	"\"UPDATE orders SET status = 'paid' WHERE id = :order_id\"}]}],"
	"\"answer\":\"Bought {quantity} {product} for {total|money}.\","
	"\"asks\":[{\"tbl\":\"products\",\"verbs\":[\"select\",\"update\"],\"settable\":[\"stock\"]"
	","
	"\"predicate\":\"t.clearance <= :clearance\"},"
	"{\"tbl\":\"orders\",\"verbs\":[\"select\",\"insert\",\"update\"],"
	"\"predicate\":\"t.user_id = :principal_id\"},"
	"{\"tbl\":\"payments\",\"verbs\":[\"select\",\"insert\"]}]}";

/* Runs SQL behind the shield's back, as sqlite3(1) would. */
static inline void shop_exec(struct shop *shop, const char *sql)
{
	struct og_err err = OG_ERR_INIT;
	struct og_db *db = NULL;

	if (OG_CHECK_OK(og_db_open(shop->erp, OG_DB_WRITE, &db, &err), &err))
		OG_CHECK_OK(og_db_exec(db, sql, &err), &err);
	og_db_close(db);
}

static inline int64_t shop_int(struct shop *shop, const char *sql)
{
	struct og_err err = OG_ERR_INIT;
	struct og_db *db = NULL;
	int64_t value = INT64_MIN;

	if (OG_CHECK_OK(og_db_open(shop->erp, OG_DB_READ, &db, &err), &err))
		OG_CHECK_OK(og_db_int(db, sql, &value, &err), &err);
	og_db_close(db);
	return value;
}

/* Sends a request and returns the reply; *ret_over may be NULL. */
static inline json_t *shop_ask(struct og_conversation *talk, const char *verb, json_t *request,
			       int *ret_over)
{
	json_t *reply = NULL;
	int over;

	json_object_set_new(request, "v", json_integer(1));
	json_object_set_new(request, "id", json_integer(1));
	json_object_set_new(request, "verb", json_string(verb));
	over = og_conversation_ask(talk, request, &reply);
	if (ret_over)
		*ret_over = over;
	json_decref(request);
	return reply;
}

static inline int shop_ok(const json_t *reply)
{
	if (og_json_bool(reply, "ok", 0))
		return 1;
	printf("# refused: %s: %s\n", og_json_str(reply, "rule"), og_json_str(reply, "why"));
	return 0;
}

/* Refused with this verdict and rule? */
static inline int shop_no(const json_t *reply, const char *verdict, const char *rule)
{
	const char *v = og_json_str(reply, "verdict"), *r = og_json_str(reply, "rule");

	if (v && r && strcmp(v, verdict) == 0 && strcmp(r, rule) == 0)
		return 1;
	printf("# got %s/%s: %s\n", v ? v : "ok", r ? r : "-", og_json_str(reply, "why"));
	return 0;
}

static inline struct og_conversation *shop_talk(struct shop *shop)
{
	struct og_err err = OG_ERR_INIT;
	struct og_conversation *talk = NULL;

	OG_CHECK_OK(og_conversation_new(shop->shield, &talk, &err), &err);
	return talk;
}

static inline struct og_conversation *shop_login(struct shop *shop, int who)
{
	struct og_err err = OG_ERR_INIT;
	struct og_conversation *talk = shop_talk(shop);

	OG_CHECK_OK(og_conversation_sign_in(talk, shop_names[who], shop->seed[who], &err), &err);
	return talk;
}

static inline void shop_people(struct shop *shop)
{
	static const char *const roles[PEOPLE] = { "admin", "employee", "customer" };
	struct og_err err = OG_ERR_INIT;

	for (int i = 0; i < PEOPLE; i++) {
		unsigned char pub[OG_KEY_PUBLIC];
		struct og_buf key, sql;

		og_buf_init(&key, 128);
		og_buf_init(&sql, 512);
		OG_CHECK_OK(og_key_new(shop->seed[i], pub, &err), &err);
		og_base64_encode(&key, pub, sizeof(pub));
		og_buf_addf(&sql,
			    "INSERT INTO og_principal(id,name,role,clearance,pubkey,created)"
			    " VALUES(%d,'%s','%s',%d,'%s','2026-01-01T00:00:00.000Z')",
			    i + 1, shop_names[i], roles[i], 3 - i, key.data);
		shop_exec(shop, sql.data);
		og_buf_release(&key);
		og_buf_release(&sql);
	}
}

/* skill.put and the grants it asks for, as alice. */
static inline void shop_put_skill(struct shop *shop, const char *text)
{
	struct og_err err = OG_ERR_INIT;
	struct og_conversation *talk = shop_login(shop, ALICE);
	json_t *doc = NULL, *reply, *grant;
	size_t i;

	OG_CHECK_OK(og_json_parse(text, strlen(text), 1 << 20, "skill", &doc, &err), &err);
	OG_CHECK_OK(og_skill_complete(doc, &err), &err);
	reply = shop_ask(talk, "skill.put", json_pack("{s:o}", "doc", doc), NULL);
	if (OG_CHECK(shop_ok(reply)))
		snprintf(shop->hash, sizeof(shop->hash), "%s", og_json_str(reply, "hash"));
	json_array_foreach(json_object_get(reply, "asks"), i, grant)
	{
		json_t *put = shop_ask(talk, "grant.put", json_deep_copy(grant), NULL);

		OG_CHECK(shop_ok(put));
		json_decref(put);
	}
	json_decref(reply);
	og_conversation_free(talk);
}

static inline void shop_reopen(struct shop *shop)
{
	struct og_err err = OG_ERR_INIT;

	og_shield_close(shop->shield);
	shop->shield = NULL;
	OG_CHECK_OK(og_shield_open(&shop->conf, &shop->shield, &err), &err);
}

static inline void shop_open(struct shop *shop)
{
	struct og_err err = OG_ERR_INIT;
	struct og_db *db = NULL;
	struct og_buf schema;

	memset(shop, 0, sizeof(*shop));
	snprintf(shop->home, sizeof(shop->home), SHOP_ROOM "/og-shop-XXXXXX");
	if (!OG_CHECK(mkdtemp(shop->home)))
		exit(1);
	snprintf(shop->erp, sizeof(shop->erp), "%s/erp.db", shop->home);
	shop->conf.home = shop->home;
	shop->conf.erp = shop->erp;
	shop->conf.graph = (char *)"sqlite:";
	shop->conf.vectors = (char *)"sqlite:";
	og_buf_init(&schema, 1 << 20);
	OG_CHECK_OK(og_file_read("share/schema/system.sql", "schema", &schema, &err), &err);
	OG_CHECK_OK(og_db_open(shop->erp, OG_DB_CREATE, &db, &err), &err);
	OG_CHECK_OK(og_db_exec(db, schema.data, &err), &err);
	OG_CHECK_OK(og_db_exec(db, shop_tables, &err), &err);
	og_db_close(db);
	og_buf_release(&schema);
	shop_people(shop);
	if (!OG_CHECK_OK(og_shield_open(&shop->conf, &shop->shield, &err), &err))
		exit(1);
	shop_put_skill(shop, shop_skill);
}

static inline void shop_close(struct shop *shop)
{
	static const char *const files[] = { "erp.db", "erp.db-wal", "erp.db-shm" };
	char path[128];

	og_shield_close(shop->shield);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", shop->home, files[i]);
		unlink(path);
	}
	rmdir(shop->home);
}

/* A signed envelope as JSON. kind "task": what is the sentence; else the task. */
static inline json_t *shop_envelope(struct shop *shop, int who, const char *kind, const char *what,
				    const char *key, char ret_id[OG_UUID_LEN + 1])
{
	struct og_err err = OG_ERR_INIT;
	int task = strcmp(kind, "task") == 0;
	struct og_envelope_draft draft = { .kind = kind,
					   .principal = shop_names[who],
					   .text = task ? what : NULL,
					   .task = task ? NULL : what,
					   .key = key,
					   .lifetime_ms = 60000 };
	struct og_buf text;
	json_t *envelope = NULL;

	og_buf_init(&text, OG_ENVELOPE_MAX);
	if (OG_CHECK_OK(og_envelope_make(&draft, shop->seed[who], &text, ret_id, &err), &err))
		OG_CHECK_OK(og_json_parse(text.data, text.len, OG_ENVELOPE_MAX, "envelope",
					  &envelope, &err),
			    &err);
	og_buf_release(&text);
	return envelope;
}

/* Signs what a test made or changed by hand. */
static inline void shop_sign(struct shop *shop, int who, json_t *envelope)
{
	struct og_err err = OG_ERR_INIT;
	unsigned char sig[OG_SIGNATURE];
	struct og_buf text, base64;

	og_buf_init(&text, 2 * OG_ENVELOPE_MAX);
	og_buf_init(&base64, 256);
	json_object_set_new(envelope, "principal", json_string(shop_names[who]));
	OG_CHECK_OK(og_envelope_signed_text(envelope, &text, &err), &err);
	OG_CHECK_OK(og_sign(shop->seed[who], text.data, text.len, sig, &err), &err);
	og_base64_encode(&base64, sig, sizeof(sig));
	json_object_set_new(envelope, "sig", json_string(base64.data));
	og_buf_release(&text);
	og_buf_release(&base64);
}

/* Sets a time of an envelope to so many ms from now. */
static inline void shop_time(json_t *envelope, const char *key, int64_t from_now)
{
	char text[OG_TIME_LEN + 1];

	og_time_format(og_now_ms() + from_now, text);
	json_object_set_new(envelope, key, json_string(text));
}

static inline json_t *shop_begin(struct og_conversation *talk, json_t *envelope)
{
	return shop_ask(talk, "task.begin", json_pack("{s:O}", "envelope", envelope), NULL);
}

#endif
