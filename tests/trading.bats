#!/usr/bin/env bats
# The example of a trading company: its README is done from top to bottom, and
# its skills' tests hold, with the small database that belongs to it and with
# Northwind.

load helper

setup_file() {
	export TRADING=$OG_TESTS/../share/examples/trading
	cd "$BATS_FILE_TMPDIR" || return
	# What is set up, and from "At work" on what is done with it.
	awk '/^## 5/ { file = "work.sh" } /^```sh$/ { on = 1; next } /^```$/ { on = 0 }
		on { print > file }' file=setup.sh "$TRADING/README.md"
	mkdir small
	cd small || return
	unset OG_HOME OG_AS
	sh -e ../setup.sh >../said 2>../complaints || { tail -5 ../complaints >&2; return 1; }
	cp -r ../small ../fresh
	sh -e ../work.sh >>../said 2>>../complaints || { tail -5 ../complaints >&2; return 1; }
}

setup() {
	cd "$BATS_FILE_TMPDIR/small" || return
	unset OG_HOME
}

stock() { # PRODUCT
	sqlite3 .omnigate/erp.db "SELECT UnitsInStock || ' ' || UnitsOnOrder FROM Products WHERE ProductName = '$1'"
}

states() {
	og-task list --as owner --json | jq -r '.state' | sort | uniq -c | awk '{ printf "%s%s %s", s, $2, $1; s = ", " }'
}

@test "the first hour, as it is written" {
	[ "$(stock 'Nord-Ost Matjeshering')" = "10 60" ]
	[ "$(stock Chai)" = "29 0" ]
	[ "$(stock 'Côte de Blaye')" = "5 0" ]
	[ "$(stock 'Gnocchi di nonna Alice')" = "18 10" ]
	[[ "$(cat ../said)" == *"12 x Côte de Blaye, 3162.00"* ]]
	grep -q 'Sales overview' sales.html
	og-ledger verify --state >/dev/null
}

@test "each role sees what is theirs" {
	[ "$(og-shield query --as maria --json 'SELECT CompanyName FROM Customers')" = '{"CompanyName":"Alfreds Futterkiste"}' ]
	[ "$(og-shield query --as maria --json "SELECT UnitsInStock AS n FROM Products WHERE ProductName = 'Chai'" | jq .n)" -eq 29 ]
	for sql in 'SELECT SupplierID FROM Products' 'SELECT * FROM Suppliers' 'SELECT * FROM Employees'; do
		run og-shield query --as maria "$sql"
		[ "$status" -eq 1 ] || { echo "$sql: $output"; return 1; }
	done
	[ "$(og-shield query --as nancy --json "SELECT BirthDate AS b FROM Employees LIMIT 1" | jq .b)" = null ]
}

@test "the grants that are here are where the first hour leads" {
	[ -z "$(og-shield grant --as owner --apply "$TRADING/grants.json" --dry-run)" ]
	[ "$(jq '[.grants[] | select(.why | length == 0)] | length' "$TRADING/grants.json")" -eq 0 ]
}

@test "every skill's tests" {
	cd ../fresh
	run og-skill test --as owner --jobs 2
	[ "$status" -eq 0 ] || { echo "$output" | grep -A6 '^not ok'; return 1; }
}

@test "the sentences do not get in each other's way" {
	run og-skill check --as owner
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

@test "a column that is none is told before a skill is tried" {
	cp -r ../fresh "$BATS_TEST_TMPDIR/typo"
	cd "$BATS_TEST_TMPDIR/typo"
	mkdir stock-of
	sed 's/SELECT ProductName, UnitsInStock/SELECT ProductName, UnitInStock/' \
		"$TRADING/skills/stock-of/SKILL.md" >stock-of/SKILL.md
	og-skill add --as owner --grant stock-of >/dev/null
	run og-skill check --as owner
	[ "$status" -eq 1 ]
	[ "$output" = "stock-of: warning: step 'count': no such column: UnitInStock; did you mean 'UnitsInStock'?" ]
}

@test "the first hour with Northwind" {
	source=$OG_TESTS/../../shared/data/northwind/northwind.db
	[ -e "$source" ] || skip "no Northwind database beside the repository"
	mkdir "$BATS_TEST_TMPDIR/northwind"
	cd "$BATS_TEST_TMPDIR/northwind"
	cp "$source" trading.db && chmod +w trading.db
	sh -e "$BATS_FILE_TMPDIR/setup.sh" >said 2>complaints || { tail -5 complaints; return 1; }
	for skill in stock-of late-shipments reorder-list top-customers; do
		og-skill test --as owner "$skill" >tested || { cat tested; return 1; }
	done
	sh -e "$BATS_FILE_TMPDIR/work.sh" >>said 2>>complaints || { tail -5 complaints; return 1; }
	[ "$(stock 'Côte de Blaye')" = "5 0" ]
	[ "$(og-shield query --as maria --json 'SELECT count(*) AS n FROM Orders' | jq .n)" -eq 9 ]
	og-ledger verify --state >/dev/null
}
