# The topics of an ERP on the demo company: each by its sentence, end to end,
# with who may and who may not, and what is left behind. After every one of
# them the books balance, the inventory account is what lies in the bins at
# standard cost, and the ledger makes the state it says.

load helper
load company-helper

setup() {
	instance
}

# done_by WHO TEXT [PART...]: it is done, and the answer has every part.
done_by() {
	result=$(ask "$1" "$2")
	[ "$(jq -r .state <<<"$result")" = done ] || {
		echo "$1: $2: $(jq -r '.state + " " + .reason' <<<"$result")"
		return 1
	}
	for part in "${@:3}"; do
		[[ "$(jq -r .answer <<<"$result")" == *"$part"* ]] || {
			echo "$1: $2: $(jq -r .answer <<<"$result")"
			return 1
		}
	done
}

# ends STATE WHO TEXT REASON: it ends so, and says why.
ends() {
	result=$(ask "$2" "$3")
	[ "$(jq -r .state <<<"$result")" = "$1" ] && [[ "$(jq -r .reason <<<"$result")" == *"$4"* ]] || {
		echo "$2: $3: $(jq -r '.state + " " + .reason' <<<"$result")"
		return 1
	}
}

# refused WHO TEXT REASON: it is denied, and no business table differs.
refused() {
	before=$(business)
	ends denied "$@"
	[ "$(business)" = "$before" ]
}

@test "the demo company begins in order, and every skill of it is linted" {
	in_order
	[ "$(balance Bank)" = 111748.47 ]
	[ "$(balance Receivables)" = 240.00 ]
	[ "$(sql 'PRAGMA foreign_key_check')" = "" ]
	og-skill lint "$OG_TESTS"/../share/skills/*/SKILL.md
}

@test "who sees what: customers none of it, employees no salary" {
	for table in suppliers purchase_orders journal_lines employees bin_stock salaries; do
		run og-shield query --as charlie "SELECT * FROM $table"
		[ "$status" -eq 1 ]
	done
	run og-shield query --as bob 'SELECT * FROM salaries'
	[ "$status" -eq 1 ]
	run og-shield query --as bob 'SELECT leave_days FROM employees'
	[ "$status" -eq 1 ]
	[ "$(og-shield query --as bob --json 'SELECT count(*) AS n FROM leave_requests' | jq .n)" -eq 1 ]
	[ "$(og-shield query --as alice --json 'SELECT count(*) AS n FROM salaries' | jq .n)" -eq 6 ]
	# What clearance hides from bob has no price, no bin and no cost for him.
	for table in supplier_prices product_costs bin_stock; do
		[ "$(og-shield query --as bob --json "SELECT count(*) AS n FROM $table WHERE product_id = 7" |
			jq .n)" -eq 0 ]
		[ "$(og-shield query --as alice --json "SELECT count(*) AS n FROM $table WHERE product_id = 7" |
			jq .n)" -eq 1 ]
	done
}

@test "the journal refuses what does not balance, and what changes it, whoever writes" {
	insert="INSERT INTO journal_entries(id, period, source, text, entered_by)
		SELECT 900, period, 'expense', 'x', 1 FROM periods WHERE status = 'open'"
	run sqlite3 "$OG_HOME/erp.db" "${insert/, entered_by/, status, entered_by}" \
		"INSERT INTO journal_entries(period, source, text, status, entered_by)
		SELECT period, 'expense', 'x', 'posted', 1 FROM periods WHERE status = 'open'"
	[ "$status" -ne 0 ]
	run sqlite3 -bail "$OG_HOME/erp.db" "BEGIN; $insert;
		INSERT INTO journal_lines(entry_id, account_id, debit) VALUES (900, 6200, 10);
		INSERT INTO journal_lines(entry_id, account_id, credit) VALUES (900, 1000, 9.99);
		UPDATE journal_entries SET status = 'posted' WHERE id = 900"
	[ "$status" -ne 0 ]
	[[ "$output" == *"does not balance"* ]]
	for change in "UPDATE journal_lines SET debit = debit + 1 WHERE debit > 0" \
		"UPDATE journal_entries SET text = 'another' WHERE id = 2" \
		"UPDATE journal_entries SET status = 'draft' WHERE id = 2" \
		"INSERT INTO journal_lines(entry_id, account_id, debit) VALUES (2, 1000, 5)"; do
		run sqlite3 "$OG_HOME/erp.db" "$change"
		[ "$status" -ne 0 ]
	done
	in_order
	# Nobody writes to it by hand, not even who may change everything else.
	run og-shield exec --as alice "UPDATE journal_entries SET status = 'void' WHERE id = 2"
	[ "$status" -eq 1 ]
}

@test "order to cash: shipped, invoiced, collected; once" {
	done_by bob 'ship order 10' 'Order 10' 89.97
	[ "$(sql "SELECT count(*) FROM shipments WHERE order_id = 10 AND shipped_by = 2")" -eq 1 ]
	[ "$(sql "SELECT quantity FROM bin_stock WHERE bin_id = 2 AND product_id = 4")" -eq 100 ]
	[ "$(sql "SELECT sum(amount) FROM customer_receipts WHERE order_id = 10")" = 89.97 ]
	[ "$(balance 'Sales Revenue')" = -2488.44 ]
	[ "$(balance Bank)" = 111838.44 ]
	refused bob 'ship order 10' 'shipped already'
	refused charlie 'ship order 9' "role 'customer' may not run"
	in_order
}

@test "order to cash: what needs a waiver goes back to its bins, and goes out with one" {
	bins=$(sql 'SELECT * FROM bin_stock')
	ends compensated bob 'ship order 9' 'exceeds the compliance limit'
	jq -e '.citations | map(.policy) | index("payment-authorization-act")' <<<"$result"
	[ "$(sql 'SELECT * FROM bin_stock')" = "$bins" ]
	[ "$(sql "SELECT count(*) FROM stock_movements WHERE reason = 'order 9' AND status = 'reversed'")" -eq 1 ]
	[ "$(sql "SELECT count(*) FROM shipments WHERE order_id = 9")" -eq 0 ]
	in_order
	done_by alice 'grant a waiver for order 9'
	done_by bob 'ship order 9' 599.98
	[ "$(sql "SELECT quantity FROM bin_stock WHERE bin_id = 1 AND product_id = 1")" -eq 20 ]
	in_order
}

@test "a sale of today through the whole house: bought, shipped, taken back in part" {
	done_by charlie 'buy 2 mechanical keyboards'
	in_order
	done_by bob 'ship order 11' 240.00
	in_order
	done_by bob 'take back 1 mechanical keyboard from order 11' 120.00
	[ "$(sql 'SELECT stock_quantity FROM products WHERE id = 5')" -eq 74 ]
	[ "$(balance 'Sales Returns')" = 120.00 ]
	refused bob 'take back 2 mechanical keyboards from order 11' 'More than was bought'
	refused charlie 'take back 1 mechanical keyboard from order 11' "role 'customer'"
	in_order
}

@test "receivables: who owes is listed, pays once, and is gone from the list" {
	done_by bob 'who still owes us money' '1 orders' 240.00
	jq -e '.data.receivables[0] | .customer == "Diana Prince" and .status == "open"' <<<"$result"
	echo 'One day only.' | og-policy add --as alice --name strict --node credit-terms --limit days=0 -
	result=$(ask bob 'show overdue receivables')
	[ "$(jq -r '.data.receivables[0].status' <<<"$result")" = overdue ]
	done_by bob 'collect the payment for order 8' 240.00
	refused bob 'collect the payment for order 8' 'collected already'
	done_by bob 'open receivables' '0 orders'
	[ "$(balance Receivables)" = 0.00 ]
	refused charlie 'open receivables' "role 'customer'"
	in_order
}

@test "procure to pay with a supplier: ordered, received, inspected, invoiced, paid by somebody else" {
	done_by bob 'who supplies wireless mice' 'Gadget Wholesale' 12.00
	done_by bob 'raise a purchase order for 40 wireless mice' 'Purchase order 6' 480.00
	done_by bob 'receive purchase order 6' 'Goods receipt 5: 40 x Wireless Mouse'
	[ "$(sql 'SELECT stock_quantity FROM products WHERE id = 4')" -eq 200 ]
	refused bob 'receive purchase order 6' 'Nothing of the purchase order is missing'
	done_by bob 'enter a supplier invoice of 480 for purchase order 6' 480.00
	refused alice 'pay supplier invoice 4' 'Three-way match'
	done_by bob 'inspect goods receipt 5 with 0 defects' 'passed'
	[ "$(sql 'SELECT stock_quantity FROM products WHERE id = 4')" -eq 240 ]
	refused bob 'pay supplier invoice 4' 'Segregation of duties'
	jq -e '.citations | map(.policy) | index("segregation-directive")' <<<"$result"
	bank=$(balance Bank)
	done_by alice 'pay supplier invoice 4' 480.00
	[ "$(sql "SELECT $bank - $(balance Bank)")" = 480.0 ]
	[ "$(sql 'SELECT status FROM purchase_orders WHERE id = 6')" = paid ]
	refused alice 'pay supplier invoice 4' 'not open'
	refused charlie 'pay supplier invoice 2' "role 'customer'"
	in_order
}

@test "purchasing: above the limit a second pair of eyes decides" {
	id=$(og-submit --as bob 'raise a purchase order for 20 ergonomic chairs')
	og-worker --drain --quiet
	[ "$(sql "SELECT state FROM og_task WHERE id = '$id'")" = waiting ]
	[ "$(sql 'SELECT count(*) FROM purchase_orders')" -eq 5 ]
	run og-task approve "$id" --as bob
	[ "$status" -ne 0 ]
	og-task approve "$id" --as alice
	og-worker --drain --quiet
	[ "$(og-task show "$id" --as bob --json | jq -r .state)" = done ]
	[ "$(sql 'SELECT supplier_id, total_amount, ordered_by FROM purchase_orders WHERE id = 6')" = '1|3000.0|2' ]
	refused charlie 'raise a purchase order for 5 ergonomic chairs' ''
	in_order
}

@test "materials: a price that is not the standard one is a variance, not inventory" {
	og-shield exec --as alice "UPDATE supplier_prices SET price = 13 WHERE product_id = 4"
	done_by bob 'raise a purchase order for 10 wireless mice' 130.00
	done_by bob 'receive purchase order 6'
	[ "$(balance 'Price Variance')" = 10.00 ]
	og-shield exec --as alice "UPDATE supplier_prices SET price = 11 WHERE product_id = 4"
	done_by bob 'raise a purchase order for 30 wireless mice' 330.00
	done_by bob 'receive purchase order 7'
	[ "$(balance 'Price Variance')" = -20.00 ]
	in_order
}

@test "quality: too many defects and all of it is blocked" {
	done_by bob 'inspect goods receipt 4 with 1 defect' 'failed' 'Blocked'
	[ "$(sql 'SELECT stock_quantity FROM products WHERE id = 2')" -eq 30 ]
	[ "$(sql 'SELECT quantity FROM bin_stock WHERE bin_id = 6 AND product_id = 2')" -eq 10 ]
	[ "$(sql 'SELECT result FROM quality_inspections ORDER BY id DESC LIMIT 1')" = failed ]
	refused bob 'inspect goods receipt 4 with 0 defects' 'does not wait'
	refused bob 'move 1 standing desk from blocked to the north rack' 'not moved'
	in_order
}

@test "warehouse: pieces move between bins, never more than there are" {
	done_by bob 'move 5 ergonomic chairs from the north rack to the pick shelf' 'North Rack'
	[ "$(sql 'SELECT quantity FROM bin_stock WHERE product_id = 1 ORDER BY bin_id')" = $'27\n25' ]
	refused bob 'move 26 ergonomic chairs from the north rack to the pick shelf' 'No negative stock'
	done_by bob 'move 25 ergonomic chairs from the north rack to the south rack'
	done_by bob 'which bins hold ergonomic chairs' '52 in the bins, 50 in stock, 2 sold'
	refused charlie 'move 1 ergonomic chair from the pick shelf to the south rack' ''
	in_order
}

@test "bookkeeping: an expense is posted; beyond the budget it is void and says whose rule it was" {
	done_by bob 'post 250.50 of travel to sales' 250.50
	[ "$(balance Travel)" = 670.50 ]
	ends compensated bob 'post 400 of travel to sales' 'budget of the cost centre'
	jq -e '.citations | map(.policy) | index("budget-memo")' <<<"$result"
	[ "$(sql 'SELECT status FROM journal_entries ORDER BY id DESC LIMIT 1')" = void ]
	[ "$(balance Travel)" = 670.50 ]
	refused bob 'post 10 of bank to sales' 'Only an expense'
	refused charlie 'post 10 of travel to sales' ''
	done_by bob 'do the books balance' 'The books balance'
	in_order
}

@test "cost centres: spent against budget, and a policy that lets them spend more" {
	done_by bob 'show the cost centre report' '7410.00 of 13500.00'
	jq -e '.data.cost_centres | map(select(.cost_centre == "Sales"))[0]
		| .spent_amount == 1920 and .left_amount == 580' <<<"$result"
	refused charlie 'show the cost centre report' "role 'customer'"
	echo 'Sales may not spend more than half.' |
		og-policy add --as alice --name half --node cost-centre-budget --limit percent=50 -
	ends compensated bob 'post 1 of travel to sales' 'budget of the cost centre'
	in_order
}

@test "closing: after depreciation the month is closed, and takes no more entries" {
	refused alice 'close the month' 'post its drafts and its depreciation first'
	refused bob 'run the depreciation' "role 'employee'"
	done_by alice 'run the depreciation' 1300.00
	[ "$(balance 'Accumulated Depreciation')" = -16300.00 ]
	refused alice 'run the depreciation' 'posted already'
	refused bob 'close the month' "role 'employee'"
	done_by alice 'close the month' 'is closed'
	[ "$(sql "SELECT count(*) FROM periods WHERE status = 'open'")" -eq 1 ]
	[ "$(sql "SELECT count(*) FROM budgets b JOIN periods p ON p.period = b.period
		WHERE p.status = 'open'")" -eq 5 ]
	run sqlite3 "$OG_HOME/erp.db" "UPDATE journal_entries SET status = 'void' WHERE id = 2"
	[[ "$output" == *"period is closed"* ]]
	done_by bob 'post 100 of travel to sales'
	[ "$(sql 'SELECT p.status FROM journal_entries e JOIN periods p ON p.period = e.period
		ORDER BY e.id DESC LIMIT 1')" = open ]
	in_order
}

@test "internal control: what is wrong is found, and the check is on record" {
	done_by alice 'run the internal control checks' '2 findings'
	jq -e '.data.findings == [{"control": "waiver", "item": "order 9"},
		{"control": "three-way match", "item": "supplier invoice 3"}]' <<<"$result"
	done_by alice 'grant a waiver for order 9'
	done_by bob 'receive purchase order 4'
	done_by bob 'inspect goods receipt 5 with 0 defects'
	done_by alice 'run the internal control checks' '0 findings'
	[ "$(sql 'SELECT group_concat(findings) FROM control_checks')" = 2,0 ]
	refused bob 'run the internal control checks' "role 'employee'"
	in_order
}

@test "people: leave is what is left, decided by another; salaries for clearance 3" {
	done_by bob 'request 5 days of leave' '10 are left'
	refused bob 'request 11 days of leave' 'More days of leave than are left'
	done_by alice 'request 2 days of leave'
	refused alice 'approve leave request 5' 'nobody approves their own'
	refused bob 'approve leave request 4' "role 'employee'"
	done_by alice 'approve leave request 4' 'Bob Jones'
	[ "$(sql 'SELECT status, decided_by FROM leave_requests WHERE id = 4')" = 'approved|1' ]
	refused alice 'approve leave request 4' 'decided already'
	refused charlie 'request 1 day of leave' "role 'customer'"
	done_by alice 'show the payroll report' 26100.00
	result=$(ask bob 'show the payroll report')
	[ "$(jq -r .state <<<"$result")" = denied ]
	not grep -q 26100 <<<"$result"
	in_order
}

@test "projects: hours are booked as long as the plan has some" {
	done_by bob 'book 3 hours on the web shop' 'Web Shop'
	[ "$(sql 'SELECT employee_id, hours FROM time_bookings ORDER BY id DESC LIMIT 1')" = '2|3.0' ]
	refused bob 'book 22 hours on the warehouse layout' 'no hours left'
	refused bob 'book 25 hours on the web shop' '24 hours'
	refused bob 'book 1 hour on the office move' 'closed'
	done_by bob 'show the project status' '2 projects'
	jq -e '.data.projects | map(select(.project == "Web Shop"))[0].booked_hours == 14.5' <<<"$result"
	in_order
}

@test "maintenance: a machine stands still until it is serviced, and runs again" {
	done_by bob 'which machines are due for maintenance' '1 machines'
	done_by bob 'open a maintenance order for the forklift' 'Forklift stands still'
	refused bob 'open a maintenance order for the forklift' 'already'
	done_by bob 'complete the maintenance of the forklift' 'runs again'
	[ "$(sql "SELECT status, serviced_on = date('now') FROM equipment WHERE id = 1")" = 'running|1' ]
	done_by bob 'which machines are due for maintenance' '0 machines'
	refused charlie 'repair the forklift' ''
	in_order
}

@test "production: assembled of its materials; on a line that stands still they go back" {
	done_by bob 'assemble 5 standing desks' 1300.00
	[ "$(sql 'SELECT stock_quantity FROM products WHERE id = 2')" -eq 35 ]
	[ "$(sql 'SELECT group_concat(stock_quantity) FROM materials')" = 35,20,55,30,12,100 ]
	refused bob 'assemble 13 ergonomic chairs' 'not enough material'
	refused bob 'assemble 1 wireless mouse' 'not made here'
	done_by bob 'open a maintenance order for the assembly line'
	ends compensated bob 'assemble 5 standing desks' 'the assembly line stands still'
	jq -e '.citations | map(.policy) | index("machine-safety-rules")' <<<"$result"
	[ "$(sql 'SELECT group_concat(stock_quantity) FROM materials')" = 35,20,55,30,12,100 ]
	refused charlie 'assemble 1 standing desk' "role 'customer'"
	in_order
}

@test "planning: what is short is made or bought, and then it is not" {
	done_by bob 'run material requirements planning' '3 products'
	jq -e '.data.requirements | map({(.product): [.net_requirement, .action]}) | add
		| .["Ergonomic Chair"] == [20, "make"] and .["Mechanical Keyboard"] == [25, "buy"]
			and .["Wireless Mouse"] == [0, "covered"]' <<<"$result"
	jq -e '.data.materials | map(select(.material == "Chair Base"))[0] | .needed == 20 and .in_stock == 12' \
		<<<"$result"
	done_by bob 'raise a purchase order for 25 mechanical keyboards'
	done_by bob 'plan a demand of 40 ergonomic chairs' '70 were before'
	done_by bob 'run material requirements planning' '1 products'
	refused charlie 'plan a demand of 40 ergonomic chairs' "role 'customer'"
	in_order
}
