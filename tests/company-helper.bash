# The demo company as an accountant sees it. Sourced with `load
# company-helper` after helper.

sql() {
	sqlite3 "$OG_HOME/erp.db" "$1"
}

# The balance of an account: debits less credits of what is posted.
balance() {
	sql "SELECT printf('%.2f', coalesce(sum(l.debit - l.credit), 0)) FROM journal_lines l
		JOIN journal_entries e ON e.id = l.entry_id
		JOIN accounts a ON a.id = l.account_id WHERE e.status = 'posted' AND a.name = '$1'"
}

# What must be true after whatever happened.
in_order() {
	books
	og-ledger verify --state
}

# The same of the tables alone.
books() {
	[ "$(sql "SELECT count(*) FROM journal_entries e WHERE status <> 'void' AND (status = 'draft'
		OR (SELECT abs(sum(debit) - sum(credit)) >= 0.005 OR count(*) < 2
			FROM journal_lines WHERE entry_id = e.id))")" -eq 0 ]
	[ "$(sql "SELECT abs(sum(l.debit) - sum(l.credit)) < 0.005 FROM journal_lines l
		JOIN journal_entries e ON e.id = l.entry_id WHERE e.status = 'posted'")" -eq 1 ]
	[ "$(balance Inventory)" = "$(sql "SELECT printf('%.2f', sum(b.quantity * c.standard_cost))
		FROM bin_stock b JOIN product_costs c ON c.product_id = b.product_id")" ]
	[ "$(balance 'Raw Materials')" = "$(sql "SELECT printf('%.2f', sum(stock_quantity * unit_cost))
		FROM materials")" ]
	in_bins
}

# In the bins of picking and reserve: what is in stock, and sold and not shipped.
in_bins() {
	[ -z "$(sql "SELECT p.name FROM products p WHERE p.stock_quantity
		+ (SELECT coalesce(sum(i.quantity), 0) FROM order_items i JOIN orders o ON o.id = i.order_id
			WHERE i.product_id = p.id AND o.status = 'completed' AND NOT EXISTS (SELECT 1
				FROM shipments s WHERE s.order_id = o.id AND s.status = 'shipped'))
		<> (SELECT coalesce(sum(b.quantity), 0) FROM bin_stock b JOIN bins n ON n.id = b.bin_id
			WHERE b.product_id = p.id AND n.zone IN ('picking', 'reserve'))")" ]
}

# acting: the skills that change the business, a line each: the skill, who
# asks, the sentence, what a second one of it comes to at once ("done", or a
# part of the reason it is refused with), and what alice asks for before.
acting() {
	cat <<-'END'
		approve-waiver|alice|grant a waiver for order 9|has a waiver already|
		asset-depreciation|alice|run the depreciation|posted already|
		collect-payment|bob|collect the payment for order 8|collected already|
		customer-return|bob|take back 2 laptop stands from order 7|More than was bought|
		demand-planning|bob|plan a demand of 120 standing desks|done|
		goods-receipt|bob|receive purchase order 3|Nothing of the purchase order is missing|
		internal-control-report|alice|run the internal control checks|done|
		journal-posting|bob|post 300 of travel to sales|budget of the cost centre|
		leave-approval|alice|approve leave request 3|decided already|
		leave-request|bob|request 8 days of leave|than are left|
		maintenance-completion|bob|complete the maintenance of the forklift|no open maintenance order|open a maintenance order for the forklift
		maintenance-order|bob|open a maintenance order for the forklift|already|
		month-end-close|alice|close the month|depreciation first|run the depreciation
		order-to-cash|bob|ship order 10|shipp|
		procure-to-pay|charlie|buy 1 ergonomic chair|done|
		production-order|bob|assemble 7 ergonomic chairs|not enough material|
		project-booking|bob|book 11 hours on the warehouse layout|no hours left|
		purchase-order|bob|raise a purchase order for 9 ergonomic chairs|waiting|
		quality-inspection|bob|inspect goods receipt 4 with 0 defects|does not wait|
		replenish-stock|bob|restock 20 laptop stands|done|
		stock-transfer|bob|move 20 ergonomic chairs from the north rack to the pick shelf|No negative stock|
		supplier-invoice|bob|enter a supplier invoice of 2600 for purchase order 5|invoiced already|
		supplier-payment|alice|pay supplier invoice 2|not open|
	END
}
