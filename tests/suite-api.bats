# What the reference system's API tests demand, through the command line:
# safe actions, refused ones, the ledger, tampering, audit, schema, graph
# and policy growth, the circuit breaker.

load helper

setup() {
	instance
}

stock() {
	og-shield query --as alice --json \
		"SELECT stock_quantity AS n FROM products WHERE name = :name" --param "name=$1" | quick_jq .n
}

@test "an employee's bound update succeeds and is on the ledger" {
	run og-shield exec --as bob --json \
		"UPDATE products SET stock_quantity = stock_quantity + 10 WHERE name = :name" \
		--param "name=Ergonomic Chair"
	[ "$status" -eq 0 ]
	[ "$(quick_jq .affected <<<"$output")" -eq 1 ]
	[ "$(stock 'Ergonomic Chair')" -eq 60 ]
	seq=$(quick_jq .seq <<<"$output")
	og-ledger show "$seq" --as alice --json | quick_jq -e '.principal == "bob"'
	og-ledger verify --state
}

@test "DELETE is nobody's" {
	before=$(business)
	for who in charlie bob alice; do
		run og-shield exec --as $who "DELETE FROM users WHERE id = 1"
		[ "$status" -eq 1 ]
	done
	[ "$(business)" = "$before" ]
	og-ledger verify --state
}

@test "the ledger cannot be updated through the gate" {
	before=$(sqlite3 "$OG_HOME/erp.db" "SELECT hash FROM audit_ledger WHERE seq = 1")
	run og-shield exec --as alice "UPDATE audit_ledger SET row_hash = 'x' WHERE id = 1"
	[ "$status" -eq 1 ]
	run og-shield exec --as alice "UPDATE audit_ledger SET hash = 'x' WHERE seq = 1"
	[ "$status" -eq 1 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT hash FROM audit_ledger WHERE seq = 1")" = "$before" ]
	og-ledger verify
}

@test "customers write nothing directly" {
	before=$(business)
	run og-shield exec --as charlie "UPDATE products SET stock_quantity = 1 WHERE id = 1"
	[ "$status" -eq 1 ]
	run og-shield exec --as charlie "INSERT INTO waivers(order_id, granted_by) VALUES (1, 3)"
	[ "$status" -eq 1 ]
	[ "$(business)" = "$before" ]
}

@test "refusals are entries too" {
	og-shield exec --as bob "DELETE FROM users WHERE id = 1" || true
	og-ledger log --as alice --json | quick_jq -se 'map(select(.principal == "bob" and .action == "refuse")) | length >= 1'
}

@test "an entry edited past its triggers is named" {
	sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER audit_ledger_no_update;
		UPDATE audit_ledger SET body = replace(body, 'e', 'f') WHERE seq = 2"
	run og-ledger verify --json
	[ "$status" -eq 1 ]
	[ "$(quick_jq .ok <<<"$output")" = false ]
	[ "$(jq -c '[.problems[].seq] | unique' <<<"$output")" = '[2]' ]
}

@test "today's anomalous transactions are found" {
	result=$(ask bob "Show me today's anomalous transactions")
	[ "$(quick_jq -r .state <<<"$result")" = done ]
	quick_jq -e '[.data[] | .[] | .total_amount? // empty | select(. > 500)] | length >= 1' <<<"$result"
}

@test "the schema grows for an admin" {
	result=$(ask alice "Add courier shipping details to orders table")
	[ "$(quick_jq -r .state <<<"$result")" = done ]
	sqlite3 "$OG_HOME/erp.db" "SELECT name FROM pragma_table_info('orders')" | grep -qx courier_name
	og-ledger verify --state
}

@test "the schema does not grow for an employee" {
	before=$(sqlite3 "$OG_HOME/erp.db" .schema | sha256sum)
	run ask_status bob "Add courier shipping details to orders table"
	[ "$status" -eq 1 ]
	[ "$(quick_jq -r .state <<<"$output")" = denied ]
	[ "$(sqlite3 "$OG_HOME/erp.db" .schema | sha256sum)" = "$before" ]
}

@test "the graph grows by a sentence" {
	result=$(ask alice "Evolve Graph: Add an Express Freight Delivery workflow to govern freight orders")
	[ "$(quick_jq -r .state <<<"$result")" = done ]
	og-skill list --as alice --json | quick_jq -r .name | grep -qi 'express-freight-delivery'
	og-ledger verify --state
}

@test "a memo is mapped to its node" {
	result=$(ask alice "Vectorize Document: Map CEO freight regulations memo to Node 3")
	[ "$(quick_jq -r .state <<<"$result")" = done ]
	og-policy search --as alice --node inventory-replenishment --json "freight regulations" |
		quick_jq -se 'length >= 1'
	og-ledger verify --state
}

@test "a runaway loop ends in SYSTEM_INTERRUPT with a diagnostic" {
	run ask_status alice "Trigger an infinite query loop test"
	[ "$status" -eq 1 ]
	[ "$(quick_jq -r .state <<<"$output")" = interrupted ]
	[[ "$(quick_jq -r .reason <<<"$output")" == *SYSTEM_INTERRUPT* ]]
	og-render --to=text <<<"$output" | grep -q SYSTEM_INTERRUPT
	og-render --to=html <<<"$output" | grep -q SYSTEM_INTERRUPT
}

@test "a sentence that fits no skill is denied and names the nearest" {
	before=$(business)
	run ask_status bob "please water the office plants on friday"
	[ "$status" -eq 1 ]
	[ "$(quick_jq -r .state <<<"$output")" = denied ]
	[[ "$(quick_jq -r .reason <<<"$output")" == *no_skill* ]]
	[ "$(business)" = "$before" ]
}

@test "filters that a regular expression would miss hide nothing and show nothing" {
	[ "$(og-shield query --as charlie --json "SELECT name FROM products p WHERE p.id > 0 --" | wc -l)" -eq 5 ]
	[ "$(og-shield query --as charlie --json "SELECT name FROM products WHERE id = 1 OR 1=1" | wc -l)" -eq 5 ]
	[ "$(og-shield query --as charlie --json "SELECT name FROM products WHERE price > 100" | wc -l)" -eq 3 ]
}

@test "DDL is judged by its effect, not its words" {
	printf "CREATE\tTABLE/**/notes(id INTEGER PRIMARY KEY, note TEXT DEFAULT 'please delete later')" |
		og-shield ddl --as alice -
	sqlite3 "$OG_HOME/erp.db" "SELECT sql FROM sqlite_schema WHERE name = 'notes'" | grep -q 'delete later'
	run og-shield ddl --as alice "DROP/**/TABLE notes"
	[ "$status" -eq 1 ]
	og-ledger verify --state
}

@test "password hashes and the ledger are readable through no role" {
	for who in charlie bob alice; do
		run og-shield query --as $who "SELECT * FROM og_credential"
		[ "$status" -ne 0 ]
		run og-shield query --as $who "SELECT * FROM audit_ledger"
		[ "$status" -ne 0 ]
		[[ "$output" != *'$y$'* ]]
	done
}
