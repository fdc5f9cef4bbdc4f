# Clearance decides what exists; a purchase is a saga that ends exactly.
# The assertions of the reference system's saga and clearance tests, in our
# own words, through the real programs.

load helper

setup() {
	instance
}

# The names a principal's inventory report lists.
sees() {
	ask "$1" "Inspect product stock levels" | jq -r '.data.products[].name'
}

stock() {
	og-shield query --as alice --json \
		"SELECT stock_quantity AS n FROM products WHERE name = :name" --param "name=$1" | quick_jq .n
}

count() {
	og-shield query --as alice --json "SELECT count(*) AS n FROM $1" | quick_jq .n
}

@test "products visible: charlie 5, bob 6, alice 7" {
	[ "$(sees charlie | wc -l)" -eq 5 ]
	[ "$(sees bob | wc -l)" -eq 6 ]
	[ "$(sees alice | wc -l)" -eq 7 ]
}

@test "what a clearance hides does not exist in any answer" {
	[ "$(sees charlie | grep -c 'Quantum Processor v1')" -eq 0 ]
	sees bob | grep -qx 'Quantum Processor v1'
	[ "$(sees bob | grep -c 'Mainframe')" -eq 0 ]
	sees alice | grep -qx 'Mainframe Core Server Cluster'
}

@test "one chair: done, stock 49, order paid and invoiced, ledger verified" {
	orders=$(count orders)
	result=$(ask charlie "Run Procure-to-Pay workflow to purchase 1 Ergonomic Chair")
	[ "$(quick_jq -r .state <<<"$result")" = done ]
	[ "$(stock 'Ergonomic Chair')" -eq 49 ]
	[ "$(count orders)" -eq $((orders + 1)) ]
	order=$(og-shield query --as alice --json \
		"SELECT id, user_id, total_amount, status FROM orders ORDER BY id DESC LIMIT 1")
	[ "$(quick_jq .user_id <<<"$order")" -eq 3 ]
	[ "$(quick_jq .total_amount <<<"$order")" = 299.99 ]
	id=$(quick_jq .id <<<"$order")
	[ "$(count "payments WHERE order_id = $id AND status = 'completed' OR order_id = $id AND status = 'authorized'")" -eq 1 ]
	[ "$(count "invoices WHERE order_id = $id")" -eq 1 ]
	[ "$(count "order_items WHERE order_id = $id AND quantity = 1")" -eq 1 ]
	og-ledger verify --state
}

@test "two desks: compensated, stock 30, the reason names the limit" {
	run ask_status charlie "Run Procure-to-Pay workflow to purchase 2 Standing Desks"
	[ "$status" -eq 1 ]
	[ "$(quick_jq -r .state <<<"$output")" = compensated ]
	[[ "$(quick_jq -r .reason <<<"$output")" == *"Payment Authorization Denied: order total exceeds compliance limit"* ]]
	[ "$(stock 'Standing Desk')" -eq 30 ]
	# The books keep what happened: the order stands, cancelled; no money, no valid invoice.
	order=$(og-shield query --as alice --json "SELECT id, status FROM orders ORDER BY id DESC LIMIT 1")
	[ "$(quick_jq -r .status <<<"$order")" = cancelled ]
	id=$(quick_jq .id <<<"$order")
	[ "$(count "payments WHERE order_id = $id AND status IN ('completed', 'authorized')")" -eq 0 ]
	[ "$(count "invoices WHERE order_id = $id AND status NOT IN ('void', 'voided', 'cancelled')")" -eq 0 ]
	og-ledger verify --state
}

@test "the limit is 500.00: 499.99 and 500.00 pass, 500.01 does not" {
	for price in 499.99 500.00 500.01; do
		og-shield exec --as alice "UPDATE products SET price = $price WHERE name = 'Standing Desk'"
		result=$(ask charlie "buy 1 standing desk")
		echo "$price: $(jq -r '.state + " " + .reason' <<<"$result")"
		if [ "$price" = 500.01 ]; then
			[ "$(quick_jq -r .state <<<"$result")" = compensated ]
		else
			[ "$(quick_jq -r .state <<<"$result")" = done ]
		fi
	done
	[ "$(stock 'Standing Desk')" -eq 28 ]
	og-ledger verify --state
}

@test "more than there is: nothing is sold" {
	run ask_status charlie "buy 201 wireless mice"
	[ "$status" -eq 1 ]
	[ "$(stock 'Wireless Mouse')" -eq 200 ]
	og-ledger verify --state
}

@test "what a customer may not see it cannot buy" {
	orders=$(count orders)
	run ask_status charlie "buy 1 Quantum Processor v1"
	[ "$status" -eq 1 ]
	[ "$(quick_jq -r .state <<<"$output")" = denied ]
	[ "$(stock 'Quantum Processor v1')" -eq 10 ]
	[ "$(count orders)" -eq "$orders" ]
}

@test "a customer sees its own orders and nobody else's" {
	mine=$(og-shield query --as charlie --json "SELECT DISTINCT user_id FROM orders")
	[ "$(quick_jq .user_id <<<"$mine")" = 3 ]
	run og-shield query --as charlie --json "SELECT * FROM orders WHERE user_id = 4 OR 1 = 1 AND user_id <> 3"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}
