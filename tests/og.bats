# og: making instances, adopting databases, status and doctor.

load helper

setup() {
	same_day
	cd "$BATS_TEST_TMPDIR"
}

sql() {
	sqlite3 .omnigate/erp.db "$1"
}

@test "init --demo: the fixture, to the letter" {
	run og init --demo
	[ "$status" -eq 0 ]
	[ "$(stat -c %a .omnigate .omnigate/keys | paste -sd' ')" = '700 700' ]
	[ "$(stat -c %a .omnigate/keys/alice.key .omnigate/erp.db .omnigate/og.conf | sort -u)" = 600 ]
	[ "$(stat -c %a .omnigate/base.db)" = 400 ]
	[ "$(sql "SELECT id||name||role||clearance FROM og_principal WHERE id < 5 ORDER BY id" | paste -sd' ')" = \
		'1aliceadmin3 2bobemployee2 3charliecustomer1 4dianacustomer1' ]
	[ "$(sql "SELECT id, name, email, role FROM users" | sed -n 2p)" = '2|Bob Jones|bob@example.com|employee' ]
	[ "$(sql "SELECT group_concat(price, ' ') FROM products")" = \
		'299.99 499.5 45.0 29.99 120.0 1250.0 8999.0' ]
	[ "$(sql "SELECT group_concat(stock_quantity, ' ') FROM products")" = '50 30 100 200 75 10 3' ]
	[ "$(sql "SELECT group_concat(clearance_level, '') FROM products")" = 1111123 ]
	[ "$(sql "SELECT count(*) FROM orders WHERE user_id IN (3, 4)")" -eq 10 ]
	[ "$(sql "SELECT count(*) FROM orders o WHERE date(created_at) = date('now') AND total_amount > 500
		AND NOT EXISTS (SELECT 1 FROM waivers w WHERE w.order_id = o.id)")" -ge 1 ]
	[ "$(sql "SELECT count(*) FROM orders o WHERE round(total_amount, 2) <>
		(SELECT round(sum(quantity * unit_price), 2) FROM order_items i WHERE i.order_id = o.id)")" -eq 0 ]
	[ "$(sql "SELECT group_concat(name, ' ') FROM (SELECT name FROM og_skill WHERE id < 4 ORDER BY id)")" = \
		'order-verification high-value-transaction inventory-replenishment' ]
	[ "$(sql "SELECT count(*) FROM og_policy")" -eq "$(ls "$OG_TESTS"/../share/policies | wc -l)" ]
	og ledger verify --state
}

@test "init --demo: what is shipped and cannot be read is named with its line" {
	mkdir tree
	cp -rL "$OG_BUILD/bin" "$OG_BUILD/libexec" "$OG_BUILD/share" tree/
	printf -- '---\nname: zoo\ndescription: d\nmetadata:\n  og-kind: zoo\n---\n' >tree/zoo
	mkdir tree/share/omnigate/skills/zoo
	cp tree/zoo tree/share/omnigate/skills/zoo/SKILL.md
	run tree/bin/og init --demo made
	[ "$status" -eq 65 ]
	[[ "$output" == *"skills/zoo/SKILL.md:5: "* ]]
	rm -r tree/share/omnigate/skills/zoo
	printf -- '---\nname: zoo\nnode: zoo\nclearance: 9\n---\nWords.\n' >tree/share/omnigate/policies/zoo.md
	run tree/bin/og init --demo made
	[ "$status" -eq 65 ]
	[[ "$output" == *"zoo.md"* ]]
	[ -z "$(find . -maxdepth 1 -name 'made*')" ]
}

@test "init: empty, in another directory, and not twice" {
	og init elsewhere
	[ -d elsewhere/.omnigate ]
	sum=$(sha256sum elsewhere/.omnigate/erp.db)
	run og init elsewhere
	[ "$status" -eq 78 ]
	[[ "$output" == *"there is an instance already"* ]]
	[ "$(sha256sum elsewhere/.omnigate/erp.db)" = "$sum" ]
	run og init --demo --from x.db
	[ "$status" -eq 64 ]
	[ -z "$(find . -name '.omnigate.new*')" ]
	cd elsewhere
	og-shield ddl --as owner 'CREATE TABLE parts(id INTEGER PRIMARY KEY, name TEXT)'
	og-ledger verify --state
}

@test "init --from: an odd database, as it is" {
	sqlite3 odd.db <<-'EOT'
		CREATE TABLE nokey(a, b);
		CREATE TABLE "order details"("unit ""price""" REAL, größe TEXT, n INT, PRIMARY KEY(n)) WITHOUT ROWID;
		CREATE TABLE blobs(id INTEGER PRIMARY KEY, data BLOB);
		CREATE TABLE gen(id INTEGER PRIMARY KEY, a INT, b INT AS (a * 2) STORED, c INT AS (a + 1) VIRTUAL);
		CREATE TABLE log(id INTEGER PRIMARY KEY, what TEXT);
		CREATE TRIGGER watch AFTER INSERT ON nokey BEGIN INSERT INTO log(what) VALUES (NEW.a); END;
		CREATE VIEW totals AS SELECT count(*) AS n FROM nokey;
		CREATE VIRTUAL TABLE words USING fts5(body);
		INSERT INTO nokey VALUES (1, 'x'), (NULL, NULL), (1, 'x');
		INSERT INTO "order details" VALUES (1.5, 'groß', 1), (9e300, NULL, 2);
		INSERT INTO blobs VALUES (1, randomblob(100000));
		INSERT INTO gen(a) VALUES (7);
		INSERT INTO words VALUES ('to be found');
		PRAGMA user_version = 7;
	EOT
	sum=$(sha256sum odd.db)
	run og init --from odd.db
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "$(sha256sum odd.db)" = "$sum" ]
	[ "$(sqlite3 odd.db "SELECT * FROM nokey; SELECT * FROM \"order details\"; SELECT sha3(data) FROM blobs" 2>/dev/null)" = \
		"$(sql "SELECT * FROM nokey; SELECT * FROM \"order details\"; SELECT sha3(data) FROM blobs" 2>/dev/null)" ]
	og-ledger verify --state
	# Closed to begin with, even for the owner.
	run og-shield query --as owner 'SELECT * FROM nokey'
	[ "$status" -eq 1 ]
	for table in nokey 'order details' blobs gen log; do
		og-shield grant --as owner role:admin "$table" select,insert,update
	done
	og-shield exec --as owner "INSERT INTO nokey(a, b) VALUES (9, 'y')"
	og-shield exec --as owner "UPDATE \"order details\" SET größe = 'klein' WHERE n = 1"
	og-shield exec --as owner "UPDATE gen SET a = 8"
	[ "$(sql "SELECT what FROM log ORDER BY id DESC LIMIT 1")" = 9 ]
	[ "$(og-shield query --as owner --json 'SELECT n FROM totals' | jq .n)" -eq 4 ]
	run og-shield query --as owner --json 'SELECT length(data) AS n FROM blobs'
	[ "$status" -eq 0 ]
	og-ledger verify --state
}

@test "init --from: Northwind" {
	source=$OG_TESTS/../../shared/data/northwind/northwind.db
	[ -e "$source" ] || skip "no Northwind database beside the repository"
	og init --from "$source"
	og-ledger verify --state
	run og doctor
	[[ "$output" == *"nobody may see 'Categories', 'CustomerCustomerDemo', 'CustomerDemographics' and 10 more: og doctor --grants"* ]]
	og-shield grant --as owner role:admin Products select,update
	[ "$(og-shield query --as owner --json 'SELECT count(*) AS n FROM Products' | jq .n)" -eq \
		"$(sqlite3 "$source" 'SELECT count(*) FROM Products')" ]
	og-shield exec --as owner 'UPDATE Products SET UnitsInStock = UnitsInStock - 1 WHERE ProductID = 1'
	og-ledger verify --state
}

@test "init --from: what cannot be adopted leaves nothing behind" {
	refuses() { # STATUS PATTERN FILE
		run og init --from "$3"
		[ "$status" -eq "$1" ] || { echo "$3: $status $output"; return 1; }
		[[ "$output" == *$2* ]] || { echo "$output"; return 1; }
		[ ! -e .omnigate ]
		[ -z "$(find . -maxdepth 1 -name '.omnigate*')" ]
	}
	echo 'no database, just words, and enough of them' >words.db
	refuses 65 'is not an SQLite database' words.db
	refuses 66 'No such file' missing.db
	head -c 8192 /dev/urandom >encrypted.db
	refuses 65 'an encrypted one cannot be read' encrypted.db
	sqlite3 newer.db 'CREATE TABLE t(a)'
	printf '\003' | dd of=newer.db bs=1 seek=19 conv=notrunc 2>/dev/null
	refuses 65 'newer format than SQLite' newer.db
	sqlite3 schema.db 'CREATE TABLE t(a)'
	printf '\011' | dd of=schema.db bs=1 seek=47 conv=notrunc 2>/dev/null
	refuses 65 'unsupported file format' schema.db
	sqlite3 ledger.db 'CREATE TABLE Audit_Ledger(x)'
	refuses 65 "belongs to the system" ledger.db
	sqlite3 wide.db "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a)"
	refuses 65 'keeps its text in UTF-16le' wide.db
	# The writer died in a transaction: finishing it would change the source.
	sqlite3 hot.db "CREATE TABLE t(a); INSERT INTO t SELECT hex(zeroblob(900)) FROM generate_series(1, 500)" \
		"PRAGMA cache_size = 2; BEGIN; UPDATE t SET a = 'x'" ".shell cp hot.db-journal kept; cp hot.db torn"
	mv torn hot.db && mv kept hot.db-journal
	before=$(sha256sum hot.db hot.db-journal)
	refuses 65 'left in the middle of a transaction' hot.db
	[ "$(sha256sum hot.db hot.db-journal)" = "$before" ]
	refuses 66 'not a regular file' /dev/null
	sqlite3 ours.db 'CREATE TABLE og_task(x)'
	refuses 65 "belongs to the system" ours.db
	sqlite3 good.db "CREATE TABLE t(a); INSERT INTO t SELECT hex(randomblob(500)) FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12]')"
	printf 'xxxxxxxxxxxxxxxx' | dd of=good.db bs=1 seek=4096 conv=notrunc 2>/dev/null
	run og init --from good.db
	[ "$status" -eq 65 ]
	[ ! -e .omnigate ]
}

@test "init --from: a source in WAL mode is read as it lies, and left alone" {
	sqlite3 still.db "PRAGMA journal_mode = WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1)"
	mkdir shut && cp still.db shut && chmod 500 shut
	before=$(ls -A shut)
	og init --from shut/still.db one
	[ "$(ls -A shut)" = "$before" ]
	cmp still.db shut/still.db
	[ "$(sqlite3 one/.omnigate/erp.db 'SELECT a FROM t')" = 1 ]
	# With a writer: what it committed is in, what it did not is not.
	mkfifo hold
	sqlite3 live.db >/dev/null 3>&- <<-EOT &
		PRAGMA journal_mode = WAL;
		CREATE TABLE t(a);
		INSERT INTO t VALUES (1);
		BEGIN;
		INSERT INTO t VALUES (2);
		.shell touch ready
		.shell cat hold
		COMMIT;
	EOT
	until_true test -e ready
	og init --from live.db two
	echo >hold
	wait
	[ "$(sqlite3 two/.omnigate/erp.db 'SELECT group_concat(a) FROM t')" = 1 ]
	[ "$(sqlite3 live.db 'SELECT group_concat(a) FROM t')" = 1,2 ]
	og-ledger verify --state --home two
}

@test "init --from: columns called rowid" {
	sqlite3 odd.db <<-'EOT'
		CREATE TABLE p(rowid TEXT, oid TEXT, n INT);
		INSERT INTO p VALUES ('grün', 'x', 1), ('b', 'y', 2);
		CREATE TABLE pairs(k TEXT, v TEXT, PRIMARY KEY (k)) WITHOUT ROWID;
		INSERT INTO pairs VALUES ('schlüssel', 'a');
		CREATE TABLE every(rowid TEXT, oid TEXT, _rowid_ TEXT);
	EOT
	og init --from odd.db
	export OG_AS=owner
	og-shield grant role:admin p select,insert,update
	og-shield exec "UPDATE p SET rowid = rowid || 'é', n = n + 1"
	og-shield exec "INSERT INTO p VALUES ('ß', 'z', 3)"
	[ "$(sql "SELECT group_concat(rowid || n) FROM p")" = 'grüné2,bé3,ß3' ]
	og-shield grant role:admin pairs select,insert,update
	og-shield exec "UPDATE pairs SET v = 'ä' WHERE k = 'schlüssel'"
	[ "$(sql "SELECT v FROM pairs")" = ä ]
	run og-shield grant role:admin every select
	[ "$status" -eq 65 ]
	[[ "$output" == *"rows of table 'every' cannot be named"* ]]
	og-ledger verify --state
}

@test "init --from: code that reaches for the system's tables" {
	hostile() { # NAME SQL
		rm -f bad.db
		sqlite3 bad.db "CREATE TABLE t(id INTEGER PRIMARY KEY, a); $2"
		run og init --from bad.db
		[ "$status" -eq 65 ] || { echo "$status $output"; return 1; }
		[[ "$output" == *"$1"*"reaches for tables of the system"* ]] || { echo "$output"; return 1; }
		[ -z "$(find . -maxdepth 1 -name '.omnigate*')" ]
	}
	hostile "trigger 'x'" "CREATE TRIGGER x AFTER UPDATE ON t BEGIN
		INSERT INTO og_grant(subject, tbl, verbs) VALUES ('role:customer', 't', '[\"select\"]'); END"
	hostile "trigger 'x'" "CREATE TRIGGER x AFTER UPDATE ON t BEGIN
		UPDATE\"OG_Principal\"SET role = 'admin'; END"
	hostile "trigger 'x'" "CREATE TRIGGER x AFTER INSERT ON t BEGIN
		DELETE FROM [audit_ledger]; END"
	hostile "view 'x'" "CREATE VIEW x AS SELECT hash FROM main.og_credential"
	# What only sounds like it is welcome.
	sqlite3 fine.db "CREATE TABLE blog_role(og_title); CREATE VIEW v AS SELECT og_title FROM blog_role;
		CREATE TABLE log(a); CREATE TRIGGER x AFTER INSERT ON log BEGIN DELETE FROM blog_role; END"
	og init --from fine.db
}

@test "init: two at once make one" {
	for n in 1 2 3; do
		og init --demo >out.$n 2>&1 &
		pids[n]=$!
	done
	made=0
	for n in 1 2 3; do
		if wait "${pids[n]}"; then
			made=$((made + 1))
		else
			[ $? -eq 78 ]
			grep -q 'there is an instance already' out.$n
		fi
	done
	[ "$made" -eq 1 ]
	[ -z "$(find . -name '.omnigate.new*')" ]
	og-ledger verify --state
}

@test "init: killed anywhere, an instance is there whole or not at all" {
	! objdump -p "$OG_BUILD/bin/og" | grep -q asan || skip "not with sanitizers"
	n=1
	while :; do
		rm -rf .omnigate .omnigate.new*
		touch once
		OG_KILL_PROGRAM=og OG_KILL_AT=$n OG_KILL_ONCE=$PWD/once \
			LD_PRELOAD=$OG_BUILD/tests/killat.so og init --demo >/dev/null 2>&1 || true
		[ ! -e once ] || break
		if [ -e .omnigate ]; then
			og-ledger verify --state
		else
			[ "$(find . -maxdepth 1 -name '.omnigate.new*' | wc -l)" -le 1 ]
		fi
		n=$((n + ${OG_FULL:+-22} + 29))
	done
	[ "$n" -gt 100 ]
	rm -rf .omnigate
	left=.omnigate.new-01a21460-857c-7fda-965d-fc3bb8c412f0
	mkdir $left
	touch -d '2 hours ago' $left
	og init --demo
	run og doctor
	[ "$status" -eq 0 ]
	[[ "$output" == *"$left was left by an init, backup, restore or verify that did not end"* ]]
}

@test "init: no room, no permission" {
	for blocks in 8 100 300; do
		run bash -c "ulimit -f $blocks; og init --demo full"
		[ "$status" -ne 0 ]
		[ ! -e full ]
	done
	mkdir full
	run bash -c 'ulimit -f 8; og init --demo full'
	[ "$status" -ne 0 ]
	[ -d full ]
	[ -z "$(ls -A full)" ]
	run og init ''
	[ "$status" -eq 64 ]
	run og init --demo /proc/nowhere
	[ "$status" -ne 0 ]
}

@test "status: text, JSON, and 1 when the ledger is broken" {
	og init --demo
	run og status
	[ "$status" -eq 0 ]
	[[ "$output" == *"ledger    verified, "*" entries, head $(sql "SELECT hash FROM audit_ledger ORDER BY seq DESC LIMIT 1")"* ]]
	[[ "$output" == *"tasks     none"* ]]
	og-submit --as charlie 'buy 1 ergonomic chair' >/dev/null
	run og status
	[[ "$output" == *"queue     1 ready"* ]]
	og-worker --drain --quiet
	run og status
	[[ "$output" == *"tasks     done 1"* ]]
	run og status --json
	jq -e '.v == 1 and .queue.ready == 0 and .ledger.ok and (.worker | not)' <<<"$output"
	sqlite3 .omnigate/erp.db "DROP TRIGGER audit_ledger_no_update; UPDATE audit_ledger SET task = 'x' WHERE seq = 3"
	run og status
	[ "$status" -eq 1 ]
	[[ "$output" == *BROKEN* ]]
}

@test "doctor: all is well, then what is not" {
	og init --demo
	run og doctor
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[[ "$output" != *bad* ]]
	chmod 755 .omnigate/keys
	sqlite3 .omnigate/erp.db "UPDATE products SET price = 1 WHERE id = 1"
	chmod 640 .omnigate/keys/bob.key
	run og doctor
	[[ "$output" == *"others may use "*"/keys/bob.key"* ]]
	run og doctor --json
	[ "$status" -eq 1 ]
	jq -se 'map(select(.state == "bad").check) | unique == ["files", "ledger"]' <<<"$output"
}

@test "og x runs og-x; another word is no command" {
	og init --demo
	[ "$(og shield query --as charlie --json 'SELECT count(*) AS n FROM products' | jq .n)" -eq 5 ]
	run og ledgre verify
	[ "$status" -eq 64 ]
	[[ "$output" == *"did you mean 'ledger'?"* ]]
	run og srve
	[ "$status" -eq 64 ]
	[[ "$output" == *"did you mean 'serve'?"* ]]
	for word in zebra Zebra; do
		run -64 og $word
		[[ "$output" == *"unknown command '$word'"*"hint: og -h lists the commands" ]]
	done
	run og
	[ "$status" -eq 64 ]
	run og -h
	[ "$status" -eq 0 ]
	run og --version
	[ "$status" -eq 0 ]
	run timeout 60 og up wroker
	[ "$status" -eq 64 ]
}

@test "an instance is found from inside, by OG_HOME and by --home" {
	og init --demo here
	mkdir -p here/a/b
	(cd here/a/b && og-shield query --as charlie 'SELECT 1' >/dev/null)
	OG_HOME=here/.omnigate og-shield query --as charlie 'SELECT 1' >/dev/null
	og-shield query --home here --as charlie 'SELECT 1' >/dev/null
	cd /
	run og-shield query --as charlie 'SELECT 1'
	[ "$status" -eq 78 ]
}

@test "the tree can be moved, and installed" {
	make -s -C "$OG_TESTS/.." O="$OG_BUILD" PREFIX=/opt/og DESTDIR="$BATS_TEST_TMPDIR/stage" install
	mv stage/opt/og moved
	PATH=$BATS_TEST_TMPDIR/moved/bin:$PATH
	og init --demo
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	og-worker --drain --quiet
	og-task show "$id" --as charlie --json | og-render --to=html | grep -q '<svg\|<table'
	[ -e moved/share/man/man1/og.1 ]
}
