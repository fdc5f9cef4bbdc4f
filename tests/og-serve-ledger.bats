# og-serve: the ledger, and its verdict whatever happened to the file.

load helper
load serve-helper

setup() {
	instance
	serve
}

teardown() {
	[ -z "${listener:-}" ] || kill "$listener" 2>/dev/null || true
	stop
}

# Changes an entry past the triggers, as somebody with the file would.
tamper() { # SEQ
	sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER IF EXISTS audit_ledger_no_update;
		UPDATE audit_ledger SET body = replace(body, 'e', 'f') WHERE seq = $1"
}

@test "entries in the reference system's words, newest first" {
	login bob
	[ "$(get '/api/ledger?limit=1000')" = 200 ]
	quick_jq -e '.is_verified and .tampered_indices == [] and .checked == (.events | length)' body
	quick_jq -e '.events | . == (sort_by(-.id)) and .[-1].id == 1' body
	quick_jq -e '.events | all(has("timestamp") and has("agent_name") and has("action_type") and
		has("action_details") and has("governing_node_id") and has("prev_hash") and has("row_hash"))' body
	quick_jq -e '.events as $e | range(0; $e | length - 1) | $e[.].prev_hash == $e[. + 1].row_hash' body |
		sort -u | grep -qx true
	[ "$(get '/api/ledger?limit=3&before=10')" = 200 ]
	[ "$(jq -c '[.events[].id]' body)" = '[9,8,7]' ]
	for bad in limit=0 limit=x limit=1001 before=0 before=-1; do
		[ "$(get "/api/ledger?$bad")" = 400 ]
	done
	login charlie
	[ "$(get /api/ledger)" = 403 ]
	[ "$(req GET /api/ledger)" = 401 ]
}

@test "an edit behind our back is named at once, and again gone when it is" {
	login alice
	[ "$(get /api/ledger)" = 200 ]
	cp "$OG_HOME/erp.db" whole.db
	tamper 2
	[ "$(get /api/ledger)" = 200 ]
	quick_jq -e '.is_verified == false and .tampered_indices == [2]' body
	quick_jq -e '.problems[0] | .seq == 2 and .field == "body" and (.what | length > 0)' body
	tamper 5
	[ "$(get /api/ledger)" = 200 ]
	quick_jq -e '.tampered_indices == [2, 5]' body
	sqlite3 "$OG_HOME/erp.db" "UPDATE audit_ledger SET hash = upper(hash) WHERE seq = 7"
	[ "$(get /api/ledger)" = 200 ]
	quick_jq -e '.tampered_indices | index(7)' body
}

@test "a row without its neighbours' consent, a cut tail, a text that is no JSON" {
	login alice
	sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER IF EXISTS audit_ledger_no_update;
		UPDATE audit_ledger SET body = 'not json' || char(1), entry = '{' WHERE seq = 3"
	[ "$(get '/api/ledger?limit=1000')" = 200 ]
	quick_jq -e '.is_verified == false and (.tampered_indices | index(3))' body
	quick_jq -e '.events[] | select(.id == 3)' body
}

@test "the verdict is not made anew while nothing changes" {
	login alice
	[ "$(get /api/ledger)" = 200 ]
	sleep 0.2
	[ "$(get /api/ledger)" = 200 ]
	# From here on a verification would be seen: it cannot be run.
	mkdir fake
	cp -r "$OG_BUILD/bin" "$OG_BUILD/libexec" fake/ && cp -rL "$OG_BUILD/share" fake/
	stop
	og_serve_fake
	[ "$(get /api/ledger)" = 200 ]
	sleep 0.2
	[ "$(get /api/ledger)" = 200 ]
	printf '#!/bin/sh\nexit 70\n' >fake/bin/og-ledger
	for _ in 1 2 3; do
		[ "$(get /api/ledger)" = 200 ]
	done
	tamper 2
	[ "$(get /api/ledger)" = 500 ]
}

# The server from the copy in fake/.
og_serve_fake() {
	PATH=$PWD/fake/bin:$PATH
	serve
}

@test "twenty ask at once" {
	login alice
	tamper 4
	for i in $(seq 20); do
		curl -s -o "b$i" -H "Authorization: Bearer $token" "$url/api/ledger?limit=1" 3>&- &
		asked+=($!)
	done
	wait "${asked[@]}"
	for i in $(seq 20); do
		quick_jq -e '.tampered_indices == [4]' "b$i"
	done
}

@test "an edit that sets the file's date back is seen all the same" {
	login alice
	[ "$(get /api/ledger)" = 200 ]
	sqlite3 "$OG_HOME/erp.db" "PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null
	for _ in 1 2; do
		sleep 0.2
		[ "$(get /api/ledger)" = 200 ]
		quick_jq -e .is_verified body
	done
	date=$(stat -c %y "$OG_HOME/erp.db")
	hash=$(sqlite3 "$OG_HOME/erp.db" "SELECT hash FROM audit_ledger WHERE seq = 3")
	date_wal=$(stat -c %y "$OG_HOME/erp.db-wal")
	for at in $(grep -abo "$hash" "$OG_HOME/erp.db" | cut -d: -f1); do
		printf zzzz | dd of="$OG_HOME/erp.db" bs=1 seek="$at" conv=notrunc status=none
	done
	touch -d "$date" "$OG_HOME/erp.db"
	touch -d "$date_wal" "$OG_HOME/erp.db-wal"
	[ "$(stat -c %y "$OG_HOME/erp.db")" = "$date" ]
	[ "$(get '/api/ledger?limit=1000')" = 200 ]
	quick_jq -e '.is_verified == false and (.tampered_indices | index(3))' body
}

# Events of who signed in last, in a file named events; the first verdict is in.
listen() {
	rm -f events
	curl -sN -H "Authorization: Bearer $token" "$url/api/events" >events 3>&- &
	listener=$!
	until_true grep -q '"ok":true' events
}

@test "a ledger that is gone, or a file that is no database, is a broken one" {
	login alice
	cp -r "$OG_HOME" kept
	listen
	sqlite3 "$OG_HOME/erp.db" "DROP TABLE audit_ledger"
	until_true grep -q '"ok":false' events
	grep '"ok":false' events | sed 's/^data: //' |
		quick_jq -e '.problems[0] | .field == "file" and (.what | length > 0)'
	kill "$listener"
	stop
	rm -rf "$OG_HOME"
	cp -r kept "$OG_HOME"
	serve
	login alice
	listen
	printf 'no database any more' | dd of="$OG_HOME/erp.db" conv=notrunc status=none
	until_true grep -q '"ok":false' events
	[[ "$(get /api/ledger)" =~ ^[45] ]]
}
