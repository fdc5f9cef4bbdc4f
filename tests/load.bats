# Many at once: no effect lost, none twice.

load helper

@test "1,000 queued purchases with four jobs change the stock by exactly 1,000" {
	instance
	og-shield exec --as alice "UPDATE products SET stock_quantity = 1500 WHERE name = 'Laptop Stand'"
	for _ in $(seq 1000); do echo "buy 1 laptop stand"; done |
		og-submit --as charlie --batch >"$BATS_TEST_TMPDIR/ids"
	[ "$(sort -u "$BATS_TEST_TMPDIR/ids" | wc -l)" -eq 1000 ]
	og-worker --drain --jobs 4 2>/dev/null
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 3")" -eq 500 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_task WHERE state = 'done'")" -eq 1000 ]
	og-ledger verify --state
}
