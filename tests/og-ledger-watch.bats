# og-ledger watch: whatever is done to the file of the ledger is noticed, and
# while nothing is done it costs nothing.

load helper

setup() {
	instance
	erp=$OG_HOME/erp.db
	cat >alarm <<-'END'
		#!/bin/sh
		cat >"$1/report.new" && mv "$1/report.new" "$1/report"
	END
	chmod +x alarm
}

teardown() {
	[ ! -e watching ] || kill "$(cat watching)" 2>/dev/null || true
}

# watch OPTION...: in the background, until it has judged once; its pid in the
# file watching, what it says in the files said and notes.
watch() {
	rm -f said notes # of the one before
	og-ledger watch "$@" >said 2>notes 3>&- &
	echo $! >watching
	waits grep -q 'watching: [0-9]* entries are in order' notes
}

# watch_with OPTION...: with a command that leaves the file report.
watch_with() {
	watch "$@" -- ./alarm "$PWD"
}

# waits COMMAND: until it succeeds.
waits() {
	until_true "$@" || {
		cat said notes
		return 1
	}
}

# says PATTERN: does the report?
says() {
	jq -e --arg what "$1" '.v == 1 and (.ok | not) and (.home | endswith(".omnigate")) and
		(.time | length) == 24 and any(.problems[]; .what | test($what))' report
}

# alarmed PATTERN: the command was given a report that says so; it is taken away.
# Before it there may be one of a file that was only half written.
alarmed() {
	until_true says "$1" || {
		cat said notes report
		return 1
	}
	rm report
}

# ended STATUS: it ends with that.
ended() {
	local rc=0 pid
	pid=$(cat watching)
	waits not kill -0 "$pid" 2>/dev/null
	wait "$pid" || rc=$?
	rm watching
	[ "$rc" -eq "$1" ] || { echo "ended with $rc"; return 1; }
}

buy() {
	og-submit --as charlie 'buy 1 ergonomic chair' >/dev/null
	og-worker --drain --quiet
}

# Somebody who has the file and no respect: changes a letter of a page in place.
scratch() { # what it becomes
	local at
	at=$(grep -obUa '"digest_of_base":"' "$erp" | head -n 1 | cut -d: -f1)
	printf '%s' "$1" | dd of="$erp" bs=1 seek=$((at + 18)) conv=notrunc status=none
}

@test "watch: a broken ledger ends it with 1, and it says what is wrong" {
	watch
	buy
	sleep 0.5
	kill -0 "$(cat watching)"
	sqlite3 "$erp" "DROP TRIGGER audit_ledger_no_update;
		UPDATE audit_ledger SET principal = 'mallory' WHERE seq = 9"
	ended 1
	grep -q "^entry 9: principal: column 'principal' differs" said
	grep -q '^broken: 1 problems in ' said
	# Found broken to begin with, it does not start at all.
	run og-ledger watch --json
	[ "$status" -eq 1 ]
	jq -e '.ok == false and .problems[0].seq == 9' <<<"$output"
}

@test "watch: a letter of an old page, changed in the file itself" {
	sqlite3 "$erp" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	watch_with
	scratch x
	alarmed 'the body is not the one'
	# What is wrong is told once; put right again, it may break again.
	touch "$erp"
	sleep 1
	[ ! -e report ]
	scratch "$(sha256sum "$OG_HOME/base.db" | cut -c1)"
	waits grep -q 'in order again' notes
	scratch y
	alarmed 'the body is not the one'
}

@test "watch: another file in its place, an older copy, a shorter one" {
	buy
	sqlite3 "$erp" ".backup old.db"
	buy
	watch_with
	cp old.db new.db
	rm -f "$erp-wal" "$erp-shm"
	mv new.db "$erp"
	alarmed 'the ledger was cut: it had [0-9]+ entries, now the last is [0-9]+'
}

@test "watch: another history of the same length" {
	cp -r "$OG_HOME" other
	buy
	OG_HOME=$PWD/other buy
	sqlite3 other/erp.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	watch_with
	rm -f "$erp-wal" "$erp-shm"
	mv other/erp.db "$erp"
	alarmed 'history was rewritten'
}

@test "watch: cut off, emptied, removed, no database, unreadable" {
	sqlite3 "$erp" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	cp "$erp" good.db
	watch_with
	truncate -s 500000 "$erp"
	alarmed 'damaged|cannot be judged|not the one|missing|cut'
	cat good.db >"$erp"
	waits grep -q 'in order again' notes
	: >"$erp"
	alarmed 'erp.db is (damaged|not the database)'
	rm "$erp"
	alarmed 'erp.db is gone'
	echo 'no database at all, whatever it says' >"$erp"
	alarmed 'erp.db is damaged, or no database'
	kill "$(cat watching)"
	ended 1
}

@test "watch: the folder of the instance is taken away" {
	watch_with
	mv "$OG_HOME" elsewhere
	alarmed 'erp.db is gone'
	ended 1
	mv elsewhere "$OG_HOME"
}

@test "watch --checkpoint: what was cut before it began shows too" {
	sqlite3 "$erp" ".backup old.db"
	buy
	og-ledger checkpoint >kept
	key=$(og-ledger key)
	rm -f "$erp-wal" "$erp-shm"
	mv old.db "$erp"
	og-ledger verify
	run og-ledger watch --checkpoint kept --key "$key"
	[ "$status" -eq 1 ]
	[[ "$output" == *'the ledger was cut'* ]]
}

@test "watch --state: a row that was changed past the gate" {
	watch_with --state
	sqlite3 "$erp" 'UPDATE products SET price = 1 WHERE id = 7'
	alarmed "table 'products': row 7"
}

@test "watch: not once awake while nothing happens, whatever only looks" {
	watch_with
	buy
	# Once what was bought is judged, and not only between two looks.
	until_true asleep "$(cat watching)"
	asleep "$(cat watching)"
	asleep "$(cat watching)"
	# Who reads makes and closes files; that is no reason to judge.
	before=$(stat -c %y "$erp")
	for _ in 1 2 3; do og-ledger verify >/dev/null; done
	[ "$(stat -c %y "$erp")" = "$before" ]
	sqlite3 "$erp" "DROP TRIGGER audit_ledger_no_update;
		UPDATE audit_ledger SET principal = 'mallory' WHERE seq = 9"
	alarmed "column 'principal' differs"
}

@test "watch --once, --interval, and a command that fails or is not there" {
	watch --once -- sh -c 'cat >report; echo heard; exit 3'
	sqlite3 "$erp" "DROP TRIGGER audit_ledger_no_update;
		UPDATE audit_ledger SET principal = 'mallory' WHERE seq = 9"
	ended 1
	jq -e '.problems[0].seq == 9' report
	grep -q '^heard$' said
	grep -q "sh' ended with status 3" notes
	run og-ledger watch /no/such/program
	[ "$status" -eq 66 ]
	[[ "$output" == *"there is no program '/no/such/program'"* ]]
	run og-ledger watch --interval 10ms
	[ "$status" -eq 64 ]
	run og-ledger verify --head 3:abc
	[ "$status" -eq 64 ]
}

@test "watch: stops when it is told to, also in the middle of a judgement" {
	watch
	kill -TERM "$(cat watching)"
	ended 0
	[ ! -s said ]
	watch_with
	buy
	kill -INT "$(cat watching)"
	ended 0
}

@test "verify --head: the ledger may grow, and not be another" {
	at=$(og-ledger verify --json | jq -r '"\(.last):\(.head)"')
	buy
	og-ledger verify --head "$at"
	run og-ledger verify --head "$(($(entries) + 1)):${at#*:}"
	[ "$status" -eq 1 ]
	[[ "$output" == *'the ledger was cut: it had '* ]]
	run og-ledger verify --head "7:${at#*:}"
	[ "$status" -eq 1 ]
	[[ "$output" == *'entry 7: head: history was rewritten'* ]]
}
