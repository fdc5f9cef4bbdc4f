# og-shield through its command line and its channel, on the demo company.

load helper

setup() {
	instance
}

entries() {
	sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger"
}

# Every table of the business, as one digest.
business() {
	sqlite3 "$OG_HOME/erp.db" "SELECT * FROM products; SELECT * FROM orders; SELECT * FROM users;
		SELECT * FROM payments; SELECT * FROM invoices" | sha256sum
}

# run with stdout and stderr apart: $output, $diagnosis, $status
split() {
	status=0
	output=$("$@" 2>"$BATS_TEST_TMPDIR/err") || status=$?
	diagnosis=$(cat "$BATS_TEST_TMPDIR/err")
}

@test "query prints a table, or one object per row" {
	split og-shield query --as charlie "SELECT id, name FROM products ORDER BY id LIMIT 2"
	[ "$status" -eq 0 ]
	[ -z "$diagnosis" ]
	[ "${output%%$'\n'*}" = "id  name" ]
	split og-shield query --as charlie --json "SELECT id, name FROM products ORDER BY id LIMIT 1"
	[ "$output" = '{"id":1,"name":"Ergonomic Chair"}' ]
}

@test "the statement may come on standard input" {
	[ "$(echo "SELECT count(*) AS n FROM products" | og-shield query --as bob --json)" = '{"n":6}' ]
	[ "$(echo "SELECT count(*) AS n FROM products" | og-shield query --as alice --json -)" = '{"n":7}' ]
}

@test "parameters are bound, never pasted" {
	split og-shield query --as charlie --json "SELECT name FROM products WHERE name = :n" \
		--param "n=x' OR 1=1 --"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(og-shield query --as charlie --json "SELECT id FROM products WHERE id = :i" --param i=2)" = '{"id":2}' ]
	split og-shield query --as charlie "SELECT :missing"
	[ "$status" -ne 0 ]
}

@test "a change prints its entry and is there" {
	before=$(entries)
	split og-shield exec --as bob --json \
		"UPDATE products SET stock_quantity = stock_quantity + 1 WHERE id = 1"
	[ "$status" -eq 0 ]
	[ "$(quick_jq -r .affected <<<"$output")" = 1 ]
	[ "$(quick_jq -r .seq <<<"$output")" = $((before + 1)) ]
	[ "$(entries)" = $((before + 1)) ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" = 51 ]
}

@test "a refused change leaves an entry and nothing else" {
	before=$(entries) was=$(business)
	split og-shield exec --as charlie --json "UPDATE products SET price = 0"
	[ "$status" -eq 1 ]
	[ "$(quick_jq -r .verdict <<<"$output")" = deny ]
	[ -n "$(quick_jq -r .fix <<<"$output")" ]
	[[ "$diagnosis" == "og-shield: "* ]]
	[ "$(business)" = "$was" ]
	[ "$(entries)" = $((before + 1)) ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT action || principal FROM audit_ledger ORDER BY seq DESC LIMIT 1")" = refusecharlie ]
}

@test "check executes nothing and names what is touched" {
	before=$(entries) was=$(business)
	split og-shield check --as bob "UPDATE products SET stock_quantity = 0"
	[ "$status" -eq 0 ]
	[ "$(jq -c .tables <<<"$output")" = '["products"]' ]
	split og-shield check --as charlie "DELETE FROM products"
	[ "$status" -eq 1 ]
	[ "$(quick_jq -r .verdict <<<"$output")" = deny ]
	[ "$(business)" = "$was" ]
	[ "$(entries)" = "$before" ]
}

@test "schema shows what the principal can see" {
	split og-shield schema --as charlie --json
	[ "$status" -eq 0 ]
	quick_jq -e '[.tables[].name] | index("products")' <<<"$output"
	[[ "$output" != *og_credential* ]]
	[[ "$output" != *clearance_level* ]] || quick_jq -e '.tables[] | select(.name == "products")' <<<"$output"
}

@test "grants are put, listed, applied from a file, and dropped" {
	split og-shield grant --as alice role:customer waivers select --visible id,order_id
	[ "$status" -eq 0 ]
	split og-shield grants --as alice role:customer
	quick_jq -e 'select(.tbl == "waivers") | .visible == ["id", "order_id"]' <<<"$output"
	og-shield query --as charlie "SELECT order_id FROM waivers"
	og-shield grants --as alice role:customer | jq -s 'map(select(.tbl != "waivers"))' \
		>"$BATS_TEST_TMPDIR/grants.json"
	before=$(entries)
	split og-shield grant --as alice --apply "$BATS_TEST_TMPDIR/grants.json" --dry-run
	[[ "$output" == '- {'*waivers* ]]
	[ "$(entries)" = "$before" ]
	split og-shield grant --as alice --apply "$BATS_TEST_TMPDIR/grants.json"
	[ "$(wc -l <<<"$output")" -eq 1 ]
	[ "$(entries)" = $((before + 1)) ]
	split og-shield grant --as alice --apply "$BATS_TEST_TMPDIR/grants.json"
	[ -z "$output" ]
	split og-shield query --as charlie "SELECT order_id FROM waivers"
	[ "$status" -ne 0 ]
	split og-shield revoke --as alice role:customer waivers
	[ "$status" -eq 1 ]
}

# What grants there are, and how many entries.
grants_now() {
	og-shield grants --as alice
	entries
}

@test "a file of grants is applied as a whole or not at all" {
	og-shield grants --as alice role:customer >now
	jq -s 'map(select(.tbl != "waivers")) + [
		{subject: "role:customer", tbl: "waivers", verbs: ["select"], visible: ["id"]},
		{subject: "role:customer", tbl: "users", effect: "forbid", verbs: ["select"]},
		{subject: "role:customer", tbl: "nothing", verbs: ["select"]}]' now >bad.json
	before=$(grants_now)
	for dry in --dry-run ''; do
		split og-shield grant --as alice --apply bad.json $dry
		[ "$status" -eq 65 ]
		[[ "$diagnosis" == *"'role:customer' on 'nothing': "* ]] || { echo "$diagnosis"; return 1; }
		[ -z "$output" ]
		[ "$(grants_now)" = "$before" ]
	done
	jq 'map(select(.tbl != "nothing"))' bad.json >good.json
	jq '. + [.[0] | .verbs = ["select", "update"] | .visible = ["id"]]' good.json >twice.json
	split og-shield grant --as alice --apply twice.json
	[ "$status" -eq 65 ]
	[[ "$diagnosis" == *"says something else of '"*"' than one before"* ]]
	[ "$(grants_now)" = "$before" ]
	n=$(entries)
	split og-shield grant --as alice --apply good.json --dry-run
	[ "$status" -eq 0 ]
	said=$output
	[ "$(grants_now)" = "$before" ]
	split og-shield grant --as alice --apply good.json
	[ "$status" -eq 0 ]
	[ "$output" = "$said" ]
	# An entry for each, with its own row alone.
	changes=$(grep -c '^[+]' <<<"$said")
	[ "$changes" -ge 2 ]
	[ "$(entries)" -eq $((n + changes)) ]
	og-ledger log --as alice --action grant --limit "$changes" --json |
		quick_jq -se --argjson n "$changes" 'length == $n and
			all(.[]; .body.grant as $g | [.body.changes[] | select(.table == "og_grant").new.tbl] == [$g.tbl])'
	og-ledger verify --state
}

@test "grants: killed at any write, a file is applied or it is not" {
	killat=$OG_BUILD/tests/killat.so
	[ -e "$killat" ] || skip "no preload library in this build"
	jq -n '[("waivers", "payments", "invoices") |
		{subject: "role:customer", tbl: ., verbs: ["select"], visible: ["id"]}]' >grants.json
	before=$(og-shield grants --as alice)
	cp -r "$OG_HOME" pristine
	og-shield grant --as alice --apply grants.json >/dev/null
	after=$(og-shield grants --as alice)
	[ "$before" != "$after" ]
	for ((n = 1, none = 0, all = 0; ; n++)); do
		rm -rf "$OG_HOME"
		cp -r pristine "$OG_HOME"
		touch "$OG_HOME/run/once"
		OG_KILL_PROGRAM=og-shield OG_KILL_AT=$n OG_KILL_ONCE=$OG_HOME/run/once \
			LD_PRELOAD=$killat og-shield grant --as alice --apply grants.json >/dev/null 2>&1 || true
		[ ! -e "$OG_HOME/run/once" ] || break
		case $(og-shield grants --as alice) in
		"$before") none=$((none + 1)) ;;
		"$after") all=$((all + 1)) ;;
		*) echo "half of it after write $n"; return 1 ;;
		esac
		og-ledger verify --state
	done
	[ "$none" -gt 0 ]
	[ "$all" -gt 0 ]
}

@test "forbid beats permit" {
	og-shield query --as charlie "SELECT name FROM products"
	og-shield grant --as alice --forbid role:customer products select
	split og-shield query --as charlie "SELECT name FROM products"
	[ "$status" -ne 0 ]
	og-shield revoke --as alice --forbid role:customer products
	og-shield query --as charlie "SELECT name FROM products"
}

@test "only those with the right grant or change the schema" {
	before=$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_grant")
	for who in bob charlie; do
		split og-shield grant --as $who role:customer users select
		[ "$status" -eq 1 ]
		split og-shield ddl --as $who "CREATE TABLE x(id INTEGER PRIMARY KEY)"
		[ "$status" -eq 1 ]
	done
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_grant")" = "$before" ]
	[ -z "$(sqlite3 "$OG_HOME/erp.db" "SELECT 1 FROM sqlite_schema WHERE name = 'x'")" ]
}

@test "misuse is 64, no principal 77, no instance 78" {
	split og-shield query --as charlie --limitt 3 "SELECT 1"
	[ "$status" -eq 64 ]
	split og-shield query --as charlie --as bob "SELECT 1"
	[ "$status" -eq 64 ]
	split og-shield query --as charlie --param x "SELECT 1"
	[ "$status" -eq 64 ]
	split og-shield grant --as alice role:customer
	[ "$status" -eq 64 ]
	split og-shield query "SELECT 1"
	[ "$status" -eq 77 ]
	split og-shield query --as mallory "SELECT 1"
	[ "$status" -eq 77 ]
	split og-shield query --home "$BATS_TEST_TMPDIR/none" --as charlie "SELECT 1"
	[ "$status" -eq 78 ]
	split og-shield query --as charlie "SELEKT 1"
	[ "$status" -eq 65 ]
	[ -z "$output" ]
}

@test "another principal's key does not help" {
	cp "$OG_HOME/keys/charlie.key" "$OG_HOME/keys/alice.key"
	before=$(entries)
	split og-shield query --as alice "SELECT count(*) FROM products"
	[ "$status" -eq 77 ]
	[ -z "$output" ]
	[ "$(entries)" = $((before + 1)) ]
}

@test "a damaged or foreign database is named, nothing is written" {
	cp "$OG_HOME/erp.db" "$BATS_TEST_TMPDIR/kept.db"
	rm -f "$OG_HOME"/erp.db*
	sqlite3 "$OG_HOME/erp.db" "CREATE TABLE t(x)"
	split og-shield query --as charlie "SELECT 1"
	[ "$status" -eq 78 ]
	rm -f "$OG_HOME"/erp.db*
	head -c 20000 /dev/urandom >"$OG_HOME/erp.db"
	was=$(sha256sum <"$OG_HOME/erp.db")
	split og-shield query --as charlie "SELECT 1"
	[ "$status" -eq 65 ]
	[ "$(sha256sum <"$OG_HOME/erp.db")" = "$was" ]
	rm -f "$OG_HOME"/erp.db*
	cp "$BATS_TEST_TMPDIR/kept.db" "$OG_HOME/erp.db"
	sqlite3 "$OG_HOME/erp.db" "PRAGMA user_version = 99"
	split og-shield query --as charlie "SELECT 1"
	[ "$status" -eq 78 ]
	[[ "$diagnosis" == *99* ]]
}

@test "an instance of format 1: what it is, and what to do" {
	sqlite3 "$OG_HOME/erp.db" "PRAGMA user_version = 1"
	was=$(sha256sum <"$OG_HOME/erp.db")
	for try in 'og-shield query --as charlie SELECT' 'og-task list --as charlie' 'og-ledger verify'; do
		split $try
		[ "$status" -eq 78 ]
		[ -z "$output" ]
		[[ "$diagnosis" == *"has format 1, this program knows 3"* ]]
		[[ "$diagnosis" == *"make the instance anew with og init"* ]]
	done
	[ "$(sha256sum <"$OG_HOME/erp.db")" = "$was" ]
}

@test "a full disk refuses the change and keeps the database whole" {
	# Under a limit on file size the WAL cannot grow: the same error path as ENOSPC.
	was=$(business)
	blocks=$(($(stat -c %s "$OG_HOME/erp.db") / 1024 + 8))
	status=0
	(
		trap '' XFSZ
		ulimit -f $blocks
		for i in $(seq 40); do
			og-shield exec --as alice "UPDATE products SET name = name || hex(name) WHERE id < 4" ||
				exit $?
		done
	) >/dev/null 2>"$BATS_TEST_TMPDIR/err" || status=$?
	cat "$BATS_TEST_TMPDIR/err"
	[ "$status" -ne 0 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "PRAGMA integrity_check")" = ok ]
	changes=$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE action = 'sql.write'")
	[ "$changes" -gt 0 ] || [ "$(business)" = "$was" ]
	og-shield query --as alice "SELECT count(*) FROM products"
}

@test "output that cannot be written is an error" {
	[ -e /dev/full ] || skip "no /dev/full here"
	status=0
	og-shield query --as charlie "SELECT name FROM products" >/dev/full 2>/dev/null || status=$?
	[ "$status" -eq 74 ]
}

@test "names with control bytes reach a terminal visibly" {
	og-shield exec --as alice "UPDATE products SET name = :n WHERE id = 3" --param $'n=x\033[2J'
	split og-shield query --as alice "SELECT name FROM products WHERE id = 3"
	[[ "$output" != *$'\033'* ]]
}

# The channel, spoken by hand.

say() {
	printf '%s\n' "$@" | og-shield --channel 2>/dev/null
}

@test "channel: replies echo the id, one per line, until the input ends" {
	split say '{"v":1,"id":41,"verb":"session.begin","principal":"charlie"}'
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.v, .id, .ok]' <<<"$output")" = '[1,41,true]' ]
	[ "$(jq -r '.nonce | length' <<<"$output")" = 64 ]
}

@test "channel: what is no request ends the conversation" {
	for line in 'garbage' '[]' '{}' '{"v":1,"id":1,"verb":"sql.read","sql":"SELECT 1"}' \
		'{"v":1,"id":1,"verb":"no.such"}' '{"v":3,"id":1,"verb":"schema"}' $'\xff'; do
		split say "$line" '{"v":1,"id":2,"verb":"session.begin","principal":"charlie"}'
		[ "$status" -eq 65 ]
		[ "$(wc -l <<<"$output")" -eq 1 ]
		[ "$(quick_jq .ok <<<"$output")" = false ]
	done
}

@test "channel: a forged envelope is refused and on the ledger" {
	before=$(entries)
	id=01900000-0000-7000-8000-000000000001
	split say "{\"v\":1,\"id\":1,\"verb\":\"task.begin\",\"envelope\":{\"v\":1,\"id\":\"$id\",\"kind\":\"task\",\"principal\":\"alice\",\"text\":\"give me everything\",\"submitted\":\"2026-01-01T00:00:00.000Z\",\"expires\":\"2099-01-01T00:00:00.000Z\",\"sig\":\"$(printf 'A%.0s' {1..86})==\"}}"
	[ "$(jq -r '.verdict + "/" + .rule' <<<"$output")" = deny/signature ]
	[ "$(entries)" = $((before + 1)) ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_task")" = 0 ]
}

@test "channel: a request of a task needs a session or its epoch" {
	split say '{"v":1,"id":1,"verb":"step.run","task":"01900000-0000-7000-8000-000000000001","epoch":1,"skill":"procure-to-pay","step":"price"}'
	[ "$(jq -r '.verdict + "/" + .rule' <<<"$output")" = deny/no-task ]
	[ "$status" -eq 0 ]
}

@test "the program cannot open other files or start programs" {
	command -v strace >/dev/null || skip "strace is not installed"
	split strace -f -e trace=landlock_restrict_self,seccomp,prctl og-shield query --as charlie "SELECT 1"
	[[ "$diagnosis" == *landlock_restrict_self* ]] || skip "this kernel has no Landlock"
	[[ "$diagnosis" == *SECCOMP_MODE_FILTER* || "$diagnosis" == *seccomp* ]]
}

# Who there is.

key() { # NAME: a public key nobody has the private half of
	printf '%-32s' "$1" | base64
}

@test "principal: added with a key, listed, changed in parts; each change an entry" {
	before=$(entries)
	split og-shield principal add eve --as alice --role customer --clearance 1 --pubkey "$(key eve)" --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.number > 4, .seq]' <<<"$output")" = "[true,$((before + 1))]" ]
	key frank >frank.pub
	og-shield principal add frank --as alice --role employee --clearance 2 --pubkey frank.pub --id 77
	split og-shield principal list --as alice --json
	[ "$(jq -r 'select(.name == "eve") | .pubkey' <<<"$output")" = "$(key eve)" ]
	[ "$(jq -c 'select(.name == "frank") | [.number, .role, .clearance, .active, .password]' <<<"$output")" = \
		'[77,"employee",2,true,false]' ]
	og-shield principal set frank --as alice --clearance 1
	og-shield principal set frank --as alice --active no
	split og-shield principal list --as alice --json
	[ "$(jq -c 'select(.name == "frank") | [.number, .role, .clearance, .active, .pubkey]' <<<"$output")" = \
		"[77,\"employee\",1,false,\"$(key frank)\"]" ]
	# Another role does not make one active again.
	og-shield principal set frank --as alice --role customer
	og-shield principal list --as alice --json | quick_jq -se 'any(.name == "frank" and .active == false)'
	split og-shield principal list --as alice
	[[ "$output" == *"frank"* ]]
	og-ledger verify --state
}

@test "principal: add does not change, set does not make, and nobody is locked out" {
	before=$(entries)
	split og-shield principal add charlie --as alice --role admin --clearance 3 --pubkey "$(key c)"
	[ "$status" -eq 1 ]
	split og-shield principal set nobody --as alice --role admin
	[ "$status" -eq 1 ]
	split og-shield principal set charlie --as alice --role emperor
	[ "$status" -eq 1 ]
	[ "$(entries)" = "$before" ]
	og-shield principal set owner --as alice --active no
	split og-shield principal set alice --as alice --role customer
	[ "$status" -eq 1 ]
	[[ "$diagnosis" == *"nobody could register"* ]]
	split og-shield principal set alice --as alice --active no
	[ "$status" -eq 1 ]
	og-shield principal set owner --as alice --active yes
	og-shield principal set alice --as alice --active no
	split og-shield query --as alice "SELECT 1"
	[ "$status" -eq 77 ]
}

@test "principal: only with the right 'register'; a refusal is an entry" {
	for who in bob charlie; do
		before=$(entries)
		split og-shield principal add eve --as $who --role admin --clearance 3 --pubkey "$(key eve)"
		[ "$status" -eq 1 ]
		[ "$(entries)" = $((before + 1)) ]
		split og-shield principal list --as $who
		[ "$status" -eq 1 ]
		[ -z "$output" ]
	done
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_principal WHERE name = 'eve'")" -eq 0 ]
}

@test "principal: a password comes on standard input and is nowhere to be read" {
	og-shield principal add eve --as alice --role customer --clearance 1 --password-stdin <<<'open sesame'
	og-shield principal list --as alice --json | quick_jq -se 'any(.name == "eve" and .password and .pubkey == null)'
	not grep -aq 'open sesame' "$OG_HOME"/erp.db*
	split og-shield principal set eve --as alice --password-stdin </dev/null
	[ "$status" -eq 65 ]
	split og-shield principal set eve --as alice --password-stdin <<<$'two\nlines'
	[ "$status" -eq 65 ]
}

@test "principal: misuse" {
	for args in '' 'add' 'set eve' 'list eve' 'remove eve' 'add eve --role customer' \
		'add eve --role customer --clearance 1' 'add Eve --role customer --clearance 1 --password-stdin' \
		'add eve --role customer --clearance 4 --password-stdin' 'set charlie --active maybe' \
		'set charlie --id 9 --role customer' 'add eve --role customer --clearance 1 --active no --password-stdin'; do
		split og-shield principal $args --as alice </dev/null
		[ "$status" -eq 64 ] || { echo "$args: $status"; return 1; }
	done
	echo 'not a key' >bad.pub
	split og-shield principal add eve --as alice --role customer --clearance 1 --pubkey bad.pub
	[ "$status" -eq 65 ]
	split og-shield principal add eve --as alice --role customer --clearance 1 --pubkey none.pub
	[ "$status" -eq 66 ]
	split og-shield principal add eve --as alice --role customer --clearance 1 --pubkey "$(head -c 31 /dev/zero | base64)"
	[ "$status" -eq 66 ]
}

@test "an empty erp.db is refused and stays empty: somebody may be copying into it" {
	rm -f "$OG_HOME"/erp.db*
	: >"$OG_HOME/erp.db"
	run -65 og-shield query --as alice 'SELECT 1'
	[[ "$output" == *"'erp.db' is empty"* ]]
	run -65 og-ledger verify
	run og-ledger tail --as alice
	run og status
	run og doctor --fix
	run timeout 60 og-worker --once
	run og backup b.tar
	[ ! -s "$OG_HOME/erp.db" ]
}
