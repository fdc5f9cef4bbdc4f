#!/usr/bin/env bats
# A database of somebody else: what og doctor --grants proposes of it, and
# what each role sees when that is applied.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset OG_HOME
	export OG_AS=owner
}

# adopt FILE: an instance here, with what is proposed applied.
adopt() {
	og init --from "$1" >/dev/null
	og doctor --grants >grants.json 2>said
	og-shield grant --apply grants.json >applied
}

# people NAME...: a principal for each, with that role, numbers from 1.
people() {
	local n=0 name
	for name; do
		n=$((n + 1))
		og-shield principal add "$name" --role "$name" --id "$n" --clearance 1 \
			--pubkey "$(og key --new "$name")" >/dev/null
	done
}

proposed() { # SUBJECT TABLE: that grant
	jq -ec --arg s "$1" --arg t "$2" '.grants[] | select(.subject == $s and .tbl == $t)' grants.json
}

@test "Northwind: what is proposed, and what each role then sees" {
	source=$OG_TESTS/../../shared/data/northwind/northwind.db
	[ -e "$source" ] || skip "no Northwind database beside the repository"
	adopt "$source"
	[[ "$(cat said)" == *"30 grants proposed, 3 questions"* ]]
	[ "$(jq '[.grants[].why] | map(select(length == 0)) | length' grants.json)" -eq 0 ]
	[ "$(jq -r '.grants[].verbs[]' grants.json | sort -u | paste -sd' ')" = "select update" ]
	[ "$(wc -l <applied)" -eq 30 ]
	[ -z "$(og-shield grants --missing)" ]
	people customer employee admin

	run og-shield query --as customer --json "SELECT * FROM Products WHERE ProductID = 1"
	[ "$output" = '{"ProductID":1,"ProductName":"Chai","CategoryID":1,"QuantityPerUnit":"10 boxes x 20 bags","UnitPrice":18,"Discontinued":"0"}' ]
	for table in Customers Orders '"Order Details"' Employees Suppliers Shippers \
		EmployeeTerritories CustomerCustomerDemo; do
		run og-shield query --as customer "SELECT * FROM $table"
		[ "$status" -eq 1 ] || { echo "$table: $output"; return 1; }
	done
	run og-shield query --as employee --json "SELECT LastName, BirthDate, HomePhone, Notes FROM Employees WHERE EmployeeID = 1"
	[ "$output" = '{"LastName":"Davolio","BirthDate":null,"HomePhone":null,"Notes":null}' ]
	[ "$(og-shield query --as employee --json "SELECT Phone FROM Customers WHERE CustomerID = 'ALFKI'" | jq -r .Phone)" = 030-0074321 ]
	run og-shield exec --as employee "UPDATE Products SET UnitPrice = 1 WHERE ProductID = 1"
	[ "$status" -eq 1 ]
	og-shield exec --as admin "UPDATE Products SET UnitPrice = 19 WHERE ProductID = 1"
	for sql in "UPDATE Products SET SupplierID = 2 WHERE ProductID = 1" \
		"UPDATE Orders SET CustomerID = 'ALFKI'"; do
		run og-shield exec --as admin "$sql"
		[ "$status" -eq 1 ] || { echo "$sql: $output"; return 1; }
	done
	og-ledger verify --state
}

@test "Northwind: rows of one's own, once a table says who is who" {
	source=$OG_TESTS/../../shared/data/northwind/northwind.db
	[ -e "$source" ] || skip "no Northwind database beside the repository"
	adopt "$source"
	people customer employee admin
	# The answer in the file is a command that can be run.
	jq -r '.questions[] | select(.about == "Customers").answer' grants.json >answer.sh
	sh -e answer.sh
	og-shield grant role:admin 'Customers_principal' select,insert
	og-shield exec "INSERT INTO \"Customers_principal\" VALUES (1, 'ALFKI')"
	og doctor --grants >second.json
	# Only what is missing is in the difference, and nothing else goes.
	og-shield grant --apply second.json --dry-run >difference
	not grep -v '^+' difference
	[ "$(grep -c role:customer difference)" -eq 4 ]
	og-shield grant --apply second.json >/dev/null
	[ -z "$(og-shield grant --apply second.json)" ]
	[ "$(og-shield query --as customer --json 'SELECT CustomerID FROM Customers')" = '{"CustomerID":"ALFKI"}' ]
	[ "$(og-shield query --as customer --json 'SELECT count(*) AS n FROM Orders')" = \
		"$(sqlite3 "$source" "SELECT json_object('n', count(*)) FROM Orders WHERE CustomerID = 'ALFKI'")" ]
	[ "$(og-shield query --as customer --json 'SELECT count(*) AS n FROM "Order Details"')" = \
		"$(sqlite3 "$source" "SELECT json_object('n', count(*)) FROM Orders JOIN \"Order Details\" USING (OrderID) WHERE CustomerID = 'ALFKI'")" ]
	run og-shield query --as customer 'SELECT * FROM Employees'
	[ "$status" -eq 1 ]
}

@test "hostile names are carried, quoted and shown as what they are" {
	sqlite3 hostile.db <<-'EOT'
		CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, "password hash" TEXT, "x'; --" TEXT);
		CREATE TABLE "orders ""o""" (id INTEGER PRIMARY KEY, "user""id" INTEGER REFERENCES users(id), "--" TEXT);
		CREATE TABLE "order lines" ("order" INTEGER REFERENCES "orders ""o""", n INTEGER, PRIMARY KEY("order", n)) WITHOUT ROWID;
		CREATE TABLE "customers'); DROP TABLE users; --" (id INTEGER PRIMARY KEY, "two
		lines" TEXT);
		CREATE TABLE "select" ("from" INTEGER PRIMARY KEY);
		CREATE TABLE "--tables" (id INTEGER PRIMARY KEY);
		CREATE TABLE a (id INTEGER PRIMARY KEY, b_id INTEGER REFERENCES b(id));
		CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a(id), x INTEGER REFERENCES nowhere);
		CREATE VIRTUAL TABLE texts USING fts5(body);
		INSERT INTO users VALUES (1,'a@x','h','v'), (2,'b@x','h','v');
		INSERT INTO "orders ""o""" VALUES (1,1,'c'), (2,2,'d');
		INSERT INTO "order lines" VALUES (1,1), (2,1);
	EOT
	printf 'CREATE TABLE "bad\377name" (id INTEGER PRIMARY KEY); CREATE TABLE "pro\342\200\256stcud" (id INTEGER PRIMARY KEY);' | sqlite3 hostile.db
	adopt hostile.db
	run og doctor
	[[ "$output" == *"nobody may see 'bad"* ]]
	not grep -qP '\xe2\x80\xae' grants.json
	grep -qF 'pro\u202estcud' grants.json
	[ "$(jq -r '.questions[] | select(.about == "texts").question' grants.json)" = "nobody can see it: it is a virtual table" ]
	quick_jq -e '.questions[] | select(.question | contains("not UTF-8"))' grants.json >/dev/null
	[ "$(proposed role:admin users | jq -c .visible)" = "[\"id\",\"email\",\"x'; --\"]" ]
	# An answer is a command, whatever the table is called.
	jq -r '.questions[] | select(.about == "role:customer").answer' grants.json >answer.sh
	grep -qF -e "'--tables'" answer.sh
	sh -e answer.sh
	people customer employee admin
	[ "$(og-shield query --as customer --json 'SELECT id FROM "orders ""o"""')" = '{"id":1}' ]
	[ "$(og-shield query --as customer --json 'SELECT "order" FROM "order lines"')" = '{"order":1}' ]
	[ "$(og-shield query --as customer --json 'SELECT email FROM users')" = '{"email":"a@x"}' ]
	run og-shield query --as admin 'SELECT "password hash" FROM users'
	[ "$status" -eq 1 ]
	[ "$(og-shield query --as employee --json 'SELECT count(*) AS n FROM users')" = '{"n":2}' ]
	og-shield query --as employee "SELECT * FROM \"customers'); DROP TABLE users; --\""
}

@test "keys that are not declared hide, and never show" {
	sqlite3 old.db <<-'EOT'
		CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, cost REAL, price REAL);
		CREATE TABLE wish_items (id INTEGER PRIMARY KEY, user_id INTEGER, product_id INTEGER);
		CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
		CREATE TABLE salaries (employee_id INTEGER PRIMARY KEY, amount INTEGER);
		CREATE TABLE thing (a, b);
	EOT
	adopt old.db
	# An item of a user by its name: no list, and no row of one's own either.
	not proposed role:customer wish_items
	[ "$(proposed role:customer products | jq -c .visible)" = '["id","name","price"]' ]
	not proposed role:employee salaries
	not proposed role:employee thing
	[ "$(proposed role:admin salaries | quick_jq -r .predicate)" = ":clearance >= 3" ]
	jq -r '.questions[] | select(.about == "role:employee").question' grants.json | grep -q 'salaries, thing'
	jq -r '.questions[] | select(.about == "products").question' grants.json | grep -q 'may employee see what the house pays: cost'
}

@test "what was granted or forbidden before stays as it is" {
	sqlite3 small.db "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE regions (id INTEGER PRIMARY KEY, name TEXT)"
	og init --from small.db >/dev/null
	og-shield grant role:employee products select --visible id
	og-shield grant role:customer Products select --forbid
	og doctor --grants >grants.json 2>said
	[[ "$(cat said)" == "og: 4 grants proposed, 0 questions, all in the file"* ]] || { cat said; return 1; }
	proposed role:employee products | quick_jq -e '.visible == ["id"] and (has("why") | not)'
	[ "$(jq -c '[.grants[] | select(.subject == "role:customer" and (.tbl | ascii_downcase) == "products") | .effect]' grants.json)" = '["forbid"]' ]
	og-shield grant --apply grants.json >applied
	not grep -v '^+ ' applied
	[ "$(og-shield grants role:employee | jq -c 'select(.tbl == "products").visible')" = '["id"]' ]
	og-shield revoke role:customer regions
	og doctor --grants 2>said >/dev/null
	[[ "$(cat said)" == "og: 1 grant proposed, 0 questions, all in the file"* ]] || { cat said; return 1; }
}

@test "500 tables, and 1,000 columns" {
	{
		echo "BEGIN; CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);"
		for i in $(seq 500); do echo "CREATE TABLE order_$i (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id), note TEXT);"; done
		printf 'CREATE TABLE wide_orders (id INTEGER PRIMARY KEY, cost REAL'
		for i in $(seq 998); do printf ', "a column with rather a long name, number %d" TEXT' "$i"; done
		echo '); CREATE TABLE wider (id INTEGER PRIMARY KEY'
		for i in $(seq 1100); do printf ', c%d TEXT' "$i"; done
		echo "); COMMIT;"
	} | sqlite3 large.db
	og init --from large.db >/dev/null
	[ "$(og doctor | grep -c '^warn *grants')" -eq 1 ]
	og doctor --grants >grants.json
	[ "$(proposed role:employee wide_orders | jq '.visible | length')" -eq 999 ]
	[ "$(jq -r '.questions[] | select(.about == "wider").question' grants.json)" = "no grant can list its 1101 columns; split it" ]
	jq -c '{grants: [.grants[] | select(.tbl == "wide_orders" or .tbl == "order_7")]}' grants.json >few.json
	og-shield grant --apply few.json >/dev/null
	people customer employee
	[ "$(og-shield query --as employee --json 'SELECT count(*) AS n FROM order_7')" = '{"n":0}' ]
	[ "$(og-shield query --as employee --json 'SELECT count(*) AS n FROM wide_orders')" = '{"n":0}' ]
}

@test "a member that is no member of a grant stops the file before anything is done" {
	sqlite3 small.db "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT)"
	og init --from small.db >/dev/null
	before=$(entries_here)
	echo '[{"subject":"role:customer","tbl":"products","verbs":["select"]},
		{"subject":"role:employee","tbl":"products","verbs":["select"],"predicat":"t.id = 1"}]' >typo.json
	run og-shield grant --apply typo.json
	[ "$status" -eq 65 ]
	[[ "$output" == *"grants: item 2"*"predicat"*"predicate"* ]]
	[ "$(entries_here)" = "$before" ]
	run og doctor --grants --fix
	[ "$status" -eq 64 ]
}

entries_here() {
	sqlite3 .omnigate/erp.db "SELECT count(*) FROM audit_ledger"
}

@test "adopting: no room for it is said before anything is copied; what is next works as it stands" {
	sqlite3 huge.db 'CREATE TABLE t(id INTEGER PRIMARY KEY)'
	truncate -s 8T huge.db || skip "this file system has no files of that size"
	run og init --from huge.db there
	[ "$status" -eq 71 ]
	[[ "$output" == *"it takes 16777216 MiB to adopt 'huge.db', and there are "* ]]
	[ ! -e there ]
	sqlite3 small.db 'CREATE TABLE t(id INTEGER PRIMARY KEY)'
	og init --from small.db there >said
	cd there
	export OG_HOME=$PWD/.omnigate
	sed -n 's/^  \(og.*[^ ]\) *$/\1/p' ../said | sed 's/ (.*//; s/NAME/nina/g' >next
	[ "$(wc -l <next)" -eq 3 ]
	bash -e next
	og-shield schema --as nina
}
