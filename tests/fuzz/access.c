/*
 * Fuzz target: the bytes as an access file (roles, principals, grants), put
 * into a small company one by one as og init and og-shield grant --apply do.
 * What is taken can be listed and makes rights by which a statement is
 * judged; what is refused says why and is no fault of ours.
 */
#define SHOP_ROOM "/dev/shm"
#include "tests/unit/shop.h"

#include <stdint.h>

#include "lib/shield/gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ACCESS_MAX ((size_t)1 << 20)

static struct shop shop;
static struct og_db *db;
static struct og_access *desk;

static void must(int good)
{
	if (!good)
		abort();
}

static void open_shop(void)
{
	struct og_err err = OG_ERR_INIT;

	shop_open(&shop);
	og_shield_close(shop.shield);
	shop.shield = NULL;
	must(og_unit.bad == 0 && og_db_open(shop.erp, OG_DB_WRITE, &db, &err) == 0 &&
	     og_access_open(db, &desk, &err) == 0);
}

static void refused(int rc, const struct og_err *err)
{
	must(rc == 0 || (*err->msg && err->code != OG_EBUG && err->code != OG_EOS));
}

static void put_all(const json_t *file)
{
	struct og_err err = OG_ERR_INIT;
	json_t *item;
	int64_t id;
	size_t i;
	int put;

	json_array_foreach(json_object_get(file, "roles"), i, item)
		refused(og_access_role_put(desk, item, &err), &err);
	json_array_foreach(json_object_get(file, "principals"), i, item)
		refused(og_access_principal_put(desk, item, &id, &err), &err);
	json_array_foreach(json_object_get(file, "grants"), i, item)
	{
		int good =
			og_grant_check(item, &err) == 0 && og_gate_check_grant(db, item, &err) == 0;

		refused(good ? 0 : -1, &err);
		if (good)
			refused(og_access_grant_put(desk, item, &put, &err), &err);
	}
}

static void judge(const char *name, const char *sql)
{
	struct og_gate_result result = { 0 };
	struct og_err err = OG_ERR_INIT;
	struct og_principal who;
	struct og_rights *rights = NULL;
	struct og_gate *gate = NULL;

	if (og_access_principal(desk, name, &who, &err) < 0 ||
	    og_access_rights(desk, &who, NULL, NULL, &rights, &err) < 0)
		return;
	must(og_gate_new(db, rights, NULL, NULL, &gate, &err) == 0);
	if (og_gate_run(gate, sql, strlen(sql), NULL, OG_GATE_READ, &result, &err) == 0)
		must(result.verdict == OG_ALLOW || *result.why);
	og_gate_result_release(&result);
	og_gate_free(gate);
	og_rights_free(rights);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct og_err err = OG_ERR_INIT;
	json_t *file = NULL, *list = NULL;

	if (!db)
		open_shop();
	if (og_json_parse((const char *)data, size, ACCESS_MAX, "access file", &file, &err) < 0) {
		refused(-1, &err);
		return 0;
	}
	must(og_db_begin(db, 1, &err) == 0);
	put_all(file);
	must(og_access_grant_list(desk, NULL, &list, &err) == 0);
	judge("charlie", "SELECT * FROM products");
	judge("bob", "SELECT * FROM orders, users");
	og_db_rollback(db);
	json_decref(list);
	json_decref(file);
	return 0;
}
