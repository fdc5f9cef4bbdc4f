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

# verify names entry $1 and field $2, and no other entry; several jobs say the same.
names() {
	run og-ledger verify --json --jobs 3
	[ "$status" -eq 1 ]
	several=$output
	run og-ledger verify --json
	[ "$status" -eq 1 ]
	[ "$output" = "$several" ]
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

@test "verify: where nothing can be written beside the database, it says so" {
	mkdir "$OG_HOME/erp.db-wal"
	run -66 og-ledger verify
	[[ "$output" == *"cannot open the journal beside 'erp.db'"*'must be writable'* ]]
	rmdir "$OG_HOME/erp.db-wal"
	og-ledger verify
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

@test "verify --jobs: the same of a sound ledger, with all that goes with it; none too many" {
	entries >"$BATS_TEST_TMPDIR/n"
	[ "$(cat "$BATS_TEST_TMPDIR/n")" -gt 128 ]
	og-ledger checkpoint >kept
	og-ledger verify --state --checkpoint kept --jobs 1 >one
	for jobs in 2 5 64; do
		og-ledger verify --state --checkpoint kept --jobs $jobs >many
		cmp one many
	done
	for jobs in 0 65 -1 x ''; do
		run og-ledger verify --jobs "$jobs"
		[ "$status" -eq 64 ]
		[[ "$output" == *--jobs* ]]
	done
	run og-ledger verify --export whole --jobs 2
	[ "$status" -eq 64 ]
	past_everything "UPDATE audit_ledger SET action = 'x' WHERE seq > 30 AND seq % 3 = 0;
		DELETE FROM audit_ledger WHERE seq IN (200, 201)"
	for jobs in 1 2 7; do
		run og-ledger verify --jobs $jobs
		[ "$status" -eq 1 ]
		printf '%s\n' "$output" >"$jobs"
	done
	grep -q 'entries 200 to 201 are missing' 1
	cmp 1 2
	cmp 1 7
}

@test "verify --jobs: while others write, each judges one moment" {
	(for _ in 1 2 3 4 5 6; do og-submit --as charlie 'buy 1 ergonomic chair' >/dev/null; done
	og-worker --drain --quiet) 3>&- &
	writer=$!
	for _ in 1 2 3 4 5 6 7 8; do og-ledger verify --jobs 4; done
	wait "$writer"
	og-ledger verify --jobs 4
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

@test "verify --state: killed anywhere, the next one removes what it left" {
	! objdump -p "$OG_BUILD/bin/og-ledger" | grep -q asan || skip "not with sanitizers"
	left=0
	for ((n = 1; ; n += 23)); do
		touch once
		OG_KILL_PROGRAM=og-ledger OG_KILL_AT=$n OG_KILL_ONCE=$PWD/once \
			LD_PRELOAD=$OG_BUILD/tests/killat.so og-ledger verify --state >/dev/null 2>&1 || true
		[ ! -e once ] || break
		now=$(find "$OG_HOME/run" -name '.omnigate.new*' | wc -l)
		[ "$now" -le 1 ]
		left=$((left + now))
	done
	[ "$left" -gt 0 ]
	og-ledger verify --state
	[ -z "$(find "$OG_HOME/run" -name '.omnigate.new*' -o -name 'replay*')" ]
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
	run -66 og-ledger replay --as alice --out "$BATS_TEST_TMPDIR/none/now.db"
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

@test "another format is refused" {
	sqlite3 "$OG_HOME/erp.db" "PRAGMA user_version = 99"
	run og-ledger verify
	[ "$status" -eq 78 ]
	[[ "$output" == *"has format 99, this program knows 3"* ]]
	sqlite3 "$OG_HOME/erp.db" "PRAGMA user_version = 1"
	run og-ledger verify
	[ "$status" -eq 78 ]
	[[ "$output" == *"has format 1, this program knows 3"* ]]
}

@test "verify: an edit inside an entry names that entry alone" {
	cp "$OG_HOME/erp.db" "$BATS_TEST_TMPDIR/good.db"
	for field in action agent body_hash node prev_hash principal seq step task time v; do
		cp "$BATS_TEST_TMPDIR/good.db" "$OG_HOME/erp.db"
		rm -f "$OG_HOME"/erp.db-*
		# A later time must not make all that follows look old.
		past_everything "UPDATE audit_ledger SET entry = CASE '$field'
			WHEN 'time' THEN replace(entry, '\"time\":\"2', '\"time\":\"3')
			WHEN 'seq' THEN replace(entry, '\"seq\":5', '\"seq\":50')
			WHEN 'v' THEN replace(entry, '\"v\":1', '\"v\":10')
			ELSE replace(entry, '\"$field\":\"', '\"$field\":\"0') END WHERE seq = 5"
		names 5 hash || {
			echo "not named: $field: $output"
			return 1
		}
	done
}

# rewrite FIRST: history from that entry on, with good hashes: every later one is
# chained anew. Only a kept checkpoint shows it.
rewrite() {
	local first=$1 seq prev last
	last=$(entries)
	prev=$(sqlite3 "$OG_HOME/erp.db" "SELECT hash FROM audit_ledger WHERE seq = $((first - 1))")
	for ((seq = first; seq <= last; seq++)); do
		sqlite3 "$OG_HOME/erp.db" "SELECT entry FROM audit_ledger WHERE seq = $seq" |
			jq -cj --arg prev "$prev" '.prev_hash = $prev | if .seq == '"$first"' then .step = "x" else . end' \
				>"$BATS_TEST_TMPDIR/entry"
		prev=$({
			printf '\0'
			cat "$BATS_TEST_TMPDIR/entry"
		} | sha256sum | cut -c1-64)
		sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER IF EXISTS audit_ledger_no_update;
			UPDATE audit_ledger SET entry = CAST(readfile('$BATS_TEST_TMPDIR/entry') AS TEXT),
			hash = '$prev' WHERE seq = $seq"
	done
	past_everything "SELECT 1" >/dev/null
}

@test "checkpoint: the ledger may grow, and must not shrink or change" {
	cd "$BATS_TEST_TMPDIR"
	before=$(entries)
	og-ledger checkpoint >kept
	og-ledger key >key
	[ "$(sed -n 2p kept)" -eq "$before" ]
	ask charlie 'buy 1 ergonomic chair' >/dev/null
	og-ledger verify --checkpoint kept --key "$(cat key)"
	cp "$OG_HOME/erp.db" good.db

	# The tail cut back to before: nothing in the ledger itself shows it.
	og-ledger checkpoint >later
	past_everything "DELETE FROM audit_ledger WHERE seq > $before"
	og-ledger verify
	run og-ledger verify --checkpoint later --json
	[ "$status" -eq 1 ]
	jq -e '.problems == [{seq: null, field: "checkpoint", what: .problems[0].what}]' <<<"$output"
	[[ "$output" == *"the ledger was cut"* ]]

	cp good.db "$OG_HOME/erp.db"
	rm -f "$OG_HOME"/erp.db-*
	rewrite $((before - 5))
	og-ledger verify
	run og-ledger verify --checkpoint kept
	[ "$status" -eq 1 ]
	[[ "$output" == *"checkpoint: history was rewritten"* ]]
}

@test "checkpoint: a forged one, a foreign one, somebody else's key" {
	cd "$BATS_TEST_TMPDIR"
	og-ledger checkpoint >kept
	key=$(og-ledger key)
	sed '2s/.*/3/' kept >forged
	run og-ledger verify --checkpoint forged
	[ "$status" -eq 1 ]
	[[ "$output" == *"the signature of"*"is not good"* ]]
	echo nonsense >forged
	run og-ledger verify --checkpoint forged
	[ "$status" -eq 65 ]
	run og-ledger verify --checkpoint missing
	[ "$status" -eq 66 ]
	run og-ledger verify --checkpoint kept --key "${key/+/+0}"
	[ "$status" -eq 65 ]
	# The same person makes a new key: who kept the old one sees it.
	og init --demo elsewhere >/dev/null
	cp elsewhere/.omnigate/keys/checkpoint.key "$OG_HOME/keys/checkpoint.key"
	og-ledger checkpoint >new
	og-ledger verify --checkpoint new
	run og-ledger verify --checkpoint new --key "$key"
	[ "$status" -eq 1 ]
	[[ "$output" == *"no signature of"* ]]
	run og-ledger verify --checkpoint new --home elsewhere
	[ "$status" -eq 1 ]
	[[ "$output" == *"this ledger is"* ]]
}

@test "a broken ledger is not signed" {
	past_everything "UPDATE audit_ledger SET principal = 'mallory' WHERE seq = 5"
	for command in checkpoint 'prove 3'; do
		run --separate-stderr og-ledger $command
		[ "$status" -eq 1 ]
		[ -z "$output" ]
		[[ "$stderr" == *"the ledger is broken"* ]]
	done
}

@test "prove and check-proof: here, and where there is no instance" {
	cd "$BATS_TEST_TMPDIR"
	last=$(entries)
	key=$(og-ledger key)
	for seq in 1 2 7 "$last"; do
		og-ledger prove "$seq" >receipt
		og-ledger show "$seq" --as alice --entry >entry
		run og-ledger check-proof receipt
		[ "$output" = "ok: entry $seq of $last in ${key%%+*}" ]
		(cd / && unset OG_HOME && og-ledger check-proof --key "$key" \
			--entry "$BATS_TEST_TMPDIR/entry" "$BATS_TEST_TMPDIR/receipt")
	done
	run og-ledger prove $((last + 1))
	[ "$status" -eq 1 ]
	sed 's/"seq":/"seq":1/' entry >other
	run og-ledger check-proof --key "$key" --entry other receipt
	[ "$status" -eq 1 ]
	sed 's/^index .*/index 3/' receipt >moved
	run og-ledger check-proof --key "$key" --entry entry moved
	[ "$status" -eq 1 ]
	sed 3d receipt >short
	run og-ledger check-proof --key "$key" --entry entry short
	[ "$status" -eq 1 ]
	head -c 100 receipt >torn
	run og-ledger check-proof torn
	[ "$status" -eq 65 ]
	run og-ledger check-proof --key nonsense --entry entry receipt
	[ "$status" -eq 65 ]
}

@test "redact: the body is gone from the file, every proof stays" {
	cd "$BATS_TEST_TMPDIR"
	# A sentence that stands in the test of no skill.
	sentence='please buy 1 ergonomic chair'
	id=$(og-submit --as charlie "$sentence" --key secret-of-charlie)
	og-worker --drain --quiet
	seq=$(og-ledger log --as alice --task "$id" --json | jq 'select(.action == "task.finish").seq')
	og-ledger checkpoint >kept
	og-ledger prove "$seq" >receipt
	run og-ledger redact "$seq" --as bob --reason 'not mine'
	[ "$status" -eq 77 ]
	run og-ledger redact "$seq" --as charlie --reason 'mine'
	[ "$status" -eq 77 ]
	run og-ledger redact "$seq" --as alice
	[ "$status" -eq 64 ]
	salt=$(sqlite3 "$OG_HOME/erp.db" "SELECT hex(salt) FROM audit_ledger WHERE seq = $seq")
	run og-ledger redact "$seq" --as alice --reason 'charlie asked'
	[ "$status" -eq 0 ]
	[ "$output" = "entry $seq is redacted, by entry $(entries)" ]
	cat "$OG_HOME"/erp.db "$OG_HOME"/erp.db-wal 2>/dev/null | od -An -v -tx1 | tr -d ' \n' >bytes
	run grep -qi "$salt" bytes
	[ "$status" -eq 1 ]
	# Nor the sentence, anywhere.
	run grep -c "$(printf '%s' "$sentence" | od -An -tx1 | tr -d ' \n')" bytes
	[ "$output" = 0 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT result IS NULL AND text = '(redacted)' FROM og_task
		WHERE id = '$id'")" -eq 1 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_journal WHERE task = '$id'
		AND (reply <> '{}' OR changes IS NOT NULL)")" -eq 0 ]
	og-ledger verify --checkpoint kept
	og-ledger check-proof receipt
	og-ledger show "$seq" --as alice --json | jq -e '.body == null'
	[[ "$(og-ledger log --as alice --limit 1)" == *"redact"*"entry $seq: charlie asked"* ]]
	run og-ledger redact "$seq" --as alice --reason again
	[ "$status" -eq 1 ]
	og-task show "$id" --as charlie || [ $? -eq 1 ]
}

@test "redact: what must stay" {
	last=$(entries)
	run og-ledger redact 1 --as alice --reason why
	[ "$status" -eq 1 ]
	run og-ledger redact 5 --as alice --reason why
	[ "$status" -eq 1 ]
	[[ "$output" == *"holds row changes"* ]]
	run og-ledger redact 100000 --as alice --reason why
	[ "$status" -eq 1 ]
	[ "$(entries)" -eq "$last" ]
	og-ledger verify --state
	og-ledger redact 5 --as alice --reason why --with-changes
	og-ledger verify
	run og-ledger verify --state
	[ "$status" -eq 1 ]
	[[ "$output" == *"entry 5: body: redacted: its changes cannot be replayed"* ]]
}
