# og-serve: the schema and the graph, actions and statements, accounts, and
# how the instance is. og-api(5)

load helper
load serve-helper

setup() {
	instance
	serve
}

teardown() {
	stop
}

@test "schema and graph are for who may explore, cut by clearance" {
	login bob
	[ "$(get /api/schema)" = 200 ]
	quick_jq -e '.schema | test("products") and test("order-verification") and test("passages")' body
	quick_jq -e '[.tables[].name] | index("orders")' body
	not grep -q audit_ledger body
	not grep -qi password body
	[ "$(get /api/graph)" = 200 ]
	quick_jq -e '.nodes | length > 5 and all(has("id") and has("label") and has("name") and
		has("description") and has("properties"))' body
	quick_jq -e '(.nodes | map(.id)) as $ids |
		.edges | length > 0 and all((.source | IN($ids[])) and (.target | IN($ids[])) and has("type"))' body
	login charlie
	[ "$(get /api/schema)" = 403 ]
	quick_jq -e '.detail | test("explore")' body
	[ "$(get /api/graph)" = 403 ]
	# A clearance below a node's does not see the node, nor an edge to it.
	og-shield principal set bob --as alice --clearance 1
	login bob
	[ "$(get /api/graph)" = 200 ]
	quick_jq -e '.nodes | all(.name != "high-value-transaction")' body
	quick_jq -e '.edges | all(.source != 2 and .target != 2)' body
}

@test "skills come with sentences to say" {
	login charlie
	[ "$(get /api/skills)" = 200 ]
	quick_jq -e '.skills[] | select(.name == "procure-to-pay") | .may and (.examples | length > 0)' body
	quick_jq -e '.skills[] | select(.name == "approve-waiver") | .may == false' body
	quick_jq -e '[.skills[].examples[]] | all(test("^[^ ].*[^ ]$") and (test("  |[(){}|]") | not))' body
	[ "$(req GET /api/skills)" = 401 ]
}

@test "the reference system's actions are skills of ours" {
	work
	login bob
	[ "$(post /api/action '{"action_id":"reorder_stock","params":{"product_name":"ergonomic chairs"}}')" = 200 ]
	quick_jq -e '.status == "success" and (.message | test("100 in stock")) and (.trace_log | length > 0)' body
	[ "$(post /api/action '{"action_id":"approve_waiver","params":{"order_id":9}}')" = 403 ]
	login charlie
	before=$(business)
	[ "$(post /api/action '{"action_id":"reorder_stock","params":{"product_name":"Ergonomic Chair"}}')" = 403 ]
	[ "$(business)" = "$before" ]
	login alice
	[ "$(post /api/action '{"action_id":"approve_waiver","params":{"order_id":9}}')" = 200 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM waivers WHERE order_id = 9")" = 1 ]
	# Nothing is claimed that is not on the ledger.
	og-ledger log --as alice --json --limit 5 | quick_jq -se 'any(.node != null and .principal == "alice")'
	[ "$(post /api/action '{"action_id":"approve_waiver","params":{"order_id":9}}')" = 400 ]
	quick_jq -e '.detail | test("waiver already")' body
	og-ledger verify --state
}

@test "actions that are none, and parameters that are none" {
	work
	login alice
	for bad in '{}' '{"action_id":7}' '{"action_id":"--as"}' '{"action_id":"a b"}' \
		'{"action_id":"replenish-stock","params":[]}' \
		'{"action_id":"replenish-stock","params":{"--as":"x"}}' \
		'{"action_id":"replenish-stock","params":{"product":{"a":1}}}' \
		'{"action_id":"replenish-stock","params":{"product":null}}' \
		'{"action_id":"no-such-skill"}' \
		'{"action_id":"replenish-stock","params":{"product":"No such thing"}}'; do
		status=$(post /api/action "$bad")
		[ "$status" = 400 ] || {
			echo "$bad: $status $(cat body)"
			return 1
		}
		quick_jq -e '.detail | length > 0' body
	done
	# A value that looks like an option or like another parameter stays a value.
	[ "$(post /api/action '{"action_id":"reorder_stock","params":{"product_name":"--as=bob\n"}}')" = 400 ]
}

@test "without a worker an action says that it waits" {
	login alice
	# The server's patience is longer than a test's: the client leaves, the task stays.
	curl -s -m 60 -H "Authorization: Bearer $token" "${json[@]}" "$url/api/action" \
		-d '{"action_id":"reorder_stock","params":{"product_name":"Desk"}}' >/dev/null 3>&- &
	client=$!
	queued() { [ "$(og-task list --as alice --json | jq -s length)" -ge 1 ]; }
	until_true queued
	kill "$client"
	wait "$client" || true
	queued
	[ "$(get /healthz)" = 200 ]
}

@test "one statement with bound parameters, judged by the shield" {
	login bob
	update='UPDATE products SET stock_quantity = stock_quantity + 10 WHERE name = :name'
	[ "$(post /api/action/execute "$(jq -n --arg q "$update" '{query: $q, params: {name: "Ergonomic Chair"}, governing_node_id: 3}')")" = 200 ]
	quick_jq -e '.status == "success" and .affected == 1' body
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" = 60 ]
	before=$(business)
	for bad in 'DELETE FROM users WHERE id = 1' "UPDATE audit_ledger SET row_hash = 'x' WHERE id = 1" \
		'DROP TABLE orders' 'UPDATE products SET price = 1' 'SELECT 1; SELECT 2' 'nonsense' \
		''; do
		status=$(post /api/action/execute "$(jq -n --arg q "$bad" '{query: $q, params: {}}')")
		[ "$status" = 400 ] || {
			echo "$bad: $status $(cat body)"
			return 1
		}
	done
	# What one cannot see one does not change, and is told so.
	[ "$(post /api/action/execute '{"query":"UPDATE products SET stock_quantity = 1 WHERE id = 7"}')" = 200 ]
	quick_jq -e '.affected == 0' body
	login charlie
	[ "$(post /api/action/execute '{"query":"UPDATE products SET stock_quantity = 1","params":{}}')" = 403 ]
	[ "$(post /api/action/execute '{"query":"DELETE FROM users WHERE id = 1","params":{}}')" = 403 ]
	[ "$(business)" = "$before" ]
	og-ledger verify --state
}

@test "nobody registers themselves; an administrator makes accounts" {
	eve='{"name":"Eve Adams","email":"eve.adams@example.com","password":"open-sesame","role":"employee"}'
	[ "$(req POST /api/auth/register "${json[@]}" -d "$eve")" = 401 ]
	for who in charlie bob; do
		login $who
		[ "$(post /api/auth/register "${eve/employee/admin}")" = 403 ]
	done
	[ ! -e "$OG_HOME/keys/eve-adams.key" ]
	login alice
	[ "$(post /api/auth/register "$eve")" = 200 ]
	quick_jq -e '.status == "success" and .user.role == "employee"' body
	[ "$(stat -c %a "$OG_HOME/keys/eve-adams.key")" = 600 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT role FROM users WHERE email LIKE 'eve%'")" = employee ]
	[ "$(post /api/auth/register "$eve")" = 400 ]
	[ "$(post /api/auth/register "${eve/employee/emperor}")" = 400 ]
	for bad in '{"name":"","email":"a@b","password":"12345678","role":"customer"}' \
		'{"name":"A","email":"a","password":"12345678","role":"customer"}' \
		'{"name":"A","email":"../x@b","password":"1234567","role":"customer"}' \
		'{"name":"A","email":"a@b","role":"customer"}' '[]'; do
		[ "$(post /api/auth/register "$bad")" = 400 ]
	done
	token=$(curl -s "${json[@]}" "$url/api/auth/login" \
		-d '{"email":"eve.adams@example.com","password":"open-sesame"}' | quick_jq -r .access_token)
	[ "$(get /api/schema)" = 200 ]
	[ "$(get /api/session)" = 200 ]
	quick_jq -e '.principal == "eve-adams" and .role == "employee" and .clearance == 2' body
	og-ledger verify --state
	not grep -q open-sesame "$BATS_TEST_TMPDIR/log"
	not grep -q open-sesame "$OG_HOME/erp.db"
}

@test "limits of models are told where a model plans" {
	stop
	OG_MODEL=openai:http://127.0.0.1:1/v1#m OG_DAY_COST=7.50 serve
	login alice
	[ "$(get /api/budgets)" = 200 ]
	quick_jq -e '.limits | .steps == 50 and .task_tokens == 200000 and .day_cost == "7.50"' body
}

@test "how the instance is, for who may see everybody's tasks" {
	login alice
	[ "$(get /api/status)" = 200 ]
	quick_jq -e '.v == 1 and .worker == false and .ledger.ok and (has("home") | not)' body
	[ "$(get /api/logs)" = 200 ]
	quick_jq -e '.lines | type == "array"' body
	[ "$(get '/api/logs?lines=0')" = 400 ]
	[ "$(get /api/budgets)" = 200 ]
	quick_jq -e '.limits.steps == 50 and (.states | type == "object") and (.limits | has("day_cost") | not)' body
	for who in bob charlie; do
		login $who
		for path in status logs budgets; do
			[ "$(get /api/$path)" = 403 ]
		done
	done
}
