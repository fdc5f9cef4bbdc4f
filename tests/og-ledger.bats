# og-ledger: what it prints, and what it notices.

load helper

setup() {
	instance
}

# Runs SQL on erp.db as somebody would who has the file: past everything.
past_everything() {
	sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER IF EXISTS audit_ledger_no_update;
		DROP TRIGGER IF EXISTS audit_ledger_no_delete; $1;
		$(sed -n '/^CREATE TRIGGER/,/^BEGIN.*END;$/p' "$OG_TESTS/../share/schema/system.sql")"
}

# verify names entry $1 and field $2, and no other entry.
names() {
	run og-ledger verify --json
	[ "$status" -eq 1 ]
	jq -e --argjson seq "$1" --arg field "$2" \
		'.ok == false and any(.problems[]; .seq == $seq and .field == $field) and
		 all(.problems[]; .seq == $seq)' <<<"$output"
}

@test "verify: a fresh instance is in order" {
	run og-ledger verify --json
	[ "$status" -eq 0 ]
	jq -e '.v == 1 and .ok and .problems == [] and (.head | length) == 64' <<<"$output"
	[ "$(jq .checked <<<"$output")" -eq "$(entries)" ]
	run og-ledger verify --state
	[ "$status" -eq 0 ]
	[[ "$output" == "ok: "* ]]
}

@test "verify: an edit of any column of an entry is named" {
	local edits=(
		"hash:hash = replace(hash, substr(hash, 1, 1), 'x')"
		"body:body = replace(body, 'changes', 'changez')"
		"salt:salt = NULL"
		"body:salt = randomblob(32)"
		"time:time = '2020-01-01T00:00:00.000Z'"
		"principal:principal = 'mallory'"
		"action:action = 'nothing'"
		"node:node = 'elsewhere'"
		"task:task = 'another'"
		"hash:entry = replace(entry, '\"v\":1', '\"v\":2')"
		"hash:entry = entry || ' '"
	)
	cp "$OG_HOME/erp.db" "$BATS_TEST_TMPDIR/good.db"
	for edit in "${edits[@]}"; do
		cp "$BATS_TEST_TMPDIR/good.db" "$OG_HOME/erp.db"
		rm -f "$OG_HOME"/erp.db-*
		past_everything "UPDATE audit_ledger SET ${edit#*:} WHERE seq = 5"
		names 5 "${edit%%:*}" || {
			echo "not named: $edit: $output"
			return 1
		}
	done
}

@test "verify: a removed entry, a body gone without a word, a forged one" {
	past_everything "DELETE FROM audit_ledger WHERE seq = 7"
	run og-ledger verify
	[ "$status" -eq 1 ]
	[[ "$output" == *"entries 7 to 7 are missing"* ]]
	past_everything "UPDATE audit_ledger SET body = NULL, salt = NULL WHERE seq = 9"
	run og-ledger verify
	[[ "$output" == *"entry 9: body: the body is gone and no later entry says why"* ]]
	past_everything "INSERT INTO audit_ledger SELECT 999, entry, hash, salt, body, time, principal,
		action, node, task FROM audit_ledger WHERE seq = 8"
	run og-ledger verify
	[[ "$output" == *"the entry says it is number 8"* ]]
}

@test "verify --state: rows, tables and grants changed behind its back" {
	sqlite3 "$OG_HOME/erp.db" "UPDATE products SET price = 1 WHERE id = 7"
	run og-ledger verify
	[ "$status" -eq 0 ]
	run og-ledger verify --state
	[ "$status" -eq 1 ]
	[[ "$output" == *"table 'products': row 7"* ]]
	sqlite3 "$OG_HOME/erp.db" "UPDATE products SET price = 8999.0 WHERE id = 7"
	og-ledger verify --state
	# The same number in another type is another value.
	sqlite3 "$OG_HOME/erp.db" "UPDATE orders SET status = CAST(status AS BLOB) WHERE id = 1"
	run og-ledger verify --state
	[ "$status" -eq 1 ]
	sqlite3 "$OG_HOME/erp.db" "UPDATE orders SET status = CAST(status AS TEXT) WHERE id = 1;
		UPDATE og_principal SET role = 'admin' WHERE name = 'charlie'"
	run og-ledger verify --state
	[ "$status" -eq 1 ]
	[[ "$output" == *"table 'og_principal': row 3"* ]]
	sqlite3 "$OG_HOME/erp.db" "UPDATE og_principal SET role = 'customer' WHERE name = 'charlie';
		CREATE TABLE loot(x)"
	run og-ledger verify --state
	[ "$status" -eq 1 ]
	[[ "$output" == *"schema: table loot"* ]]
}

@test "verify --state: another base.db is noticed" {
	chmod u+w "$OG_HOME/base.db"
	sqlite3 "$OG_HOME/base.db" "UPDATE products SET stock_quantity = 1 WHERE id = 1"
	run og-ledger verify --state
	[ "$status" -eq 1 ]
	[[ "$output" == *"base.db is not the file the ledger starts from"* ]]
}

@test "replay: the database as it was after an entry" {
	before=$(entries)
	ask charlie 'buy 1 ergonomic chair' >/dev/null
	og-ledger replay --as alice --to "$before" --out "$BATS_TEST_TMPDIR/then.db"
	og-ledger replay --as alice --out "$BATS_TEST_TMPDIR/now.db"
	[ "$(sqlite3 "$BATS_TEST_TMPDIR/then.db" "SELECT stock_quantity FROM products WHERE id = 1")" -eq 50 ]
	[ "$(sqlite3 "$BATS_TEST_TMPDIR/now.db" "SELECT stock_quantity FROM products WHERE id = 1")" -eq 49 ]
	run og-ledger replay --as alice --out "$BATS_TEST_TMPDIR/now.db"
	[ "$status" -eq 65 ]
	run og-ledger replay --as charlie --out "$BATS_TEST_TMPDIR/mine.db"
	[ "$status" -eq 77 ]
	[ ! -e "$BATS_TEST_TMPDIR/mine.db" ]
}

@test "log and show: who may, and what they see" {
	run og-ledger log --as charlie
	[ "$status" -eq 77 ]
	[[ "$output" == *"role 'customer' may not read the ledger"* ]]
	run og-ledger log
	[ "$status" -eq 77 ]
	run og-ledger log --as nobody
	[ "$status" -eq 77 ]
	run og-ledger log --as bob --limit 3
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 3 ]
	run og-ledger show 1 --as alice
	[ "$status" -eq 0 ]
	[[ "$output" == *"digest_of_base"* ]]
	run og-ledger show 100000 --as alice
	[ "$status" -eq 1 ]
	run og-ledger show zero --as alice
	[ "$status" -eq 64 ]
}

@test "log: filters, and JSON that jq reads" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	og-worker --drain --quiet
	og-ledger log --as alice --task "$id" --json >"$BATS_TEST_TMPDIR/log"
	jq -se 'length == 6 and all(.[]; .v == 1 and .principal == "charlie")' "$BATS_TEST_TMPDIR/log"
	jq -se '[.[].body.changes[]? | select(.table == "products") | .new.stock_quantity] == [49]' \
		"$BATS_TEST_TMPDIR/log"
	[ "$(og-ledger log --as alice --action genesis --json | wc -l)" -eq 1 ]
	[ "$(og-ledger log --as alice --since 5 --limit 2 --json | wc -l)" -eq 2 ]
}

@test "log: lines fit a terminal and carry no escape" {
	og-shield exec --as alice "UPDATE users SET name = :n WHERE id = 4" \
		--param "n=$(printf 'Eve \033[31mred')"
	og-shield query --as charlie "SELECT $(printf '\x27\033[2J\x27') FROM nothing_like_it" || true
	run og-ledger log --as alice --limit 5
	[ "$status" -eq 0 ]
	[[ "$output" != *$'\033'* ]]
	for line in "${lines[@]}"; do [ "${#line}" -le 79 ]; done
	run og-ledger show "$(entries)" --as alice
	[[ "$output" != *$'\033'* ]]
}

@test "files that are no ledger: one line, the right status" {
	printf 'not a database at all, but long enough to look at' >"$OG_HOME/erp.db"
	rm -f "$OG_HOME"/erp.db-*
	run og-ledger verify
	[ "$status" -eq 65 ]
	[ "${#lines[@]}" -eq 1 ]
	rm "$OG_HOME/erp.db"
	run og-ledger verify
	[ "$status" -eq 66 ]
	cd /
	run og-ledger verify --home "$BATS_TEST_TMPDIR/nowhere"
	[ "$status" -eq 78 ]
}

@test "a newer format is refused" {
	sqlite3 "$OG_HOME/erp.db" "PRAGMA user_version = 99"
	run og-ledger verify
	[ "$status" -eq 78 ]
	[[ "$output" == *"newer format (99)"* ]]
}

@test "what is not in this version says so" {
	for command in checkpoint prove redact; do
		run og-ledger $command
		[ "$status" -eq 69 ]
	done
}
