# og-ledger log and tail: which entries, and those that come.

load helper

setup() {
	instance
	export OG_AS=alice
}

teardown() {
	[ ! -e following ] || kill "$(cat following)" 2>/dev/null || true
}

# numbers OPTION...: of the entries that log picks.
numbers() {
	og-ledger log --json "$@" | jq -r .seq | tr '\n' ' '
}

# numbers_of CONDITION: what SQL says they are.
numbers_of() {
	sqlite3 "$OG_HOME/erp.db" "SELECT seq FROM audit_ledger WHERE $1 ORDER BY seq" | tr '\n' ' '
}

# follow OPTION...: og-ledger tail -f in the background, its output in the
# file seen, its pid in the file following.
follow() {
	rm -f seen complaints
	og-ledger tail -f "$@" >seen 2>complaints 3>&- &
	echo $! >following
	until [ -s seen ] || [ -s complaints ]; do
		kill -0 "$(cat following)"
		sleep 0.02
	done
}

# shows PATTERN: it comes.
shows() {
	until_true grep -q -- "$1" seen || {
		cat seen complaints
		return 1
	}
}

# ended STATUS: it ends with that.
ended() {
	local pid rc=0
	pid=$(cat following)
	until_true not kill -0 "$pid"
	wait "$pid" || rc=$?
	rm following
	[ "$rc" -eq "$1" ] || {
		echo "ended with $rc"
		return 1
	}
}

buy() {
	og-submit --as charlie 'buy 1 ergonomic chair'
	og-worker --drain --quiet
}

@test "log: every filter picks what SQL picks, and several must all hold" {
	id=$(buy)
	og-submit --as charlie 'buy 2 executive desks' >/dev/null
	og-worker --drain --quiet
	not og-shield exec --as charlie 'UPDATE products SET price = 1' 2>/dev/null
	[ "$(numbers --principal charlie)" = "$(numbers_of "principal = 'charlie'")" ]
	[ "$(numbers --principal charlie --principal alice)" = "$(numbers_of "principal IN ('charlie', 'alice')")" ]
	[ "$(numbers --task "$id")" = "$(numbers_of "task = '$id'")" ]
	[ "$(numbers --action step --action undo)" = "$(numbers_of "action IN ('step', 'undo')")" ]
	[ "$(numbers --node procure-to-pay)" = "$(numbers_of "node LIKE 'procure-to-pay@%'")" ]
	version=$(sqlite3 "$OG_HOME/erp.db" "SELECT node FROM audit_ledger WHERE task = '$id' LIMIT 1")
	[ "$(numbers --node "$version")" = "$(numbers_of "node = '$version'")" ]
	[ -z "$(numbers --node procure)" ]
	[ "$(numbers --agent og-worker)" = "$(numbers_of "entry LIKE '%\"agent\":\"og-worker/%'")" ]
	[ "$(numbers --agent og)" = "$(numbers_of "entry LIKE '%\"agent\":\"og\"%'")" ]
	[ "$(numbers --table products)" = "$(numbers_of "body LIKE '%\"table\":\"products\"%'")" ]
	[ "$(numbers --refused)" = "$(numbers_of "action = 'refuse'")" ]
	[ -n "$(numbers --refused)" ]
	[ "$(numbers --table products --table payments --task "$id" --action step)" = \
		"$(numbers_of "task = '$id' AND (body LIKE '%\"table\":\"products\"%' OR body LIKE '%\"table\":\"payments\"%')")" ]
	[ "$(numbers --since 5 --until 8)" = '6 7 8 ' ]
	[ "$(numbers --until 8 -n 2)" = '7 8 ' ]
	[ "$(og-ledger log --principal charlie | wc -l)" -eq "$(numbers --principal charlie | wc -w)" ]
}

@test "log --table: a word in a body is no table, a new table is one" {
	og-submit --as alice 'buy 1 ergonomic chair "table":"invoices"' >/dev/null || true
	og-worker --drain --quiet || true
	og-shield ddl 'CREATE TABLE crates (id INTEGER PRIMARY KEY, note TEXT)' >/dev/null
	[ "$(numbers --table crates)" = "$(numbers_of "action = 'ddl'")" ]
	[ -z "$(numbers --table "x' OR 1 --")" ]
	[ -z "$(numbers --table '%')" ]
}

@test "log: a name that is none now is doubted, and looked for all the same" {
	local -A near=([table]=products [principal]=charlie [node]=procure-to-pay)
	for kind in "${!near[@]}"; do
		run -0 --separate-stderr og-ledger log --"$kind" "${near[$kind]}"
		[ -z "$stderr" ]
		run -0 --separate-stderr og-ledger log --"$kind" "${near[$kind]}x"
		[ -z "$output" ]
		[ "$stderr" = "og-ledger: --$kind: there is no '${near[$kind]}x' now; did you mean '${near[$kind]}'?" ]
		run -0 --separate-stderr og-ledger export --"$kind" "${near[$kind]}x"
		[[ "$stderr" == *"did you mean '${near[$kind]}'?" ]]
	done
	run -0 --separate-stderr og-ledger tail --node procure-to-pay@0123456789ab --principal system
	[ -z "$stderr" ]
	run -0 --separate-stderr og-ledger log --table zebra
	[ "$stderr" = "og-ledger: --table: there is no 'zebra' now" ]
	# Who may not read the ledger is told nothing.
	run -77 --separate-stderr og-ledger log --as charlie --table productsx
	[[ "$stderr" != *"did you mean"* ]]
}

@test "log: by time, as people and records write it" {
	# Entries of five days, made by a clock of their own.
	sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER audit_ledger_no_update;
		UPDATE audit_ledger SET time = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', 'start of day', '-4 days',
			(seq % 2) || ' seconds', (seq * 5 / 400) || ' days')"
	for day in 4 3 2 1; do
		from=$(date -u -d "-$day days" +%F)
		to=$(date -u -d "-$((day - 1)) days" +%F)
		wanted=$(numbers_of "time >= '$from' AND time < '$to'")
		[ -n "$wanted" ]
		[ "$(numbers --since "$from" --until "$to")" = "$wanted" ]
		[ "$(numbers --since "${from}T00:00:00.000Z" --until "$to 00:00")" = "$wanted" ]
		[ "$(numbers --since "${from}T02:00:00+02:00" --until "$to 00:00:00")" = "$wanted" ]
	done
	[ "$(numbers --since yesterday --until today)" = "$wanted" ]
	[ "$(numbers --since 1d)" = "$(numbers_of "time >= '$(date -u -d '-1 days' +%FT%T)'")" ]
	[ -z "$(numbers --since 9999-01-01)" ]
	[ -z "$(numbers --until 1970-01-01)" ]
	[ "$(numbers --since 1970-01-01 | wc -w)" -eq "$(entries)" ]
}

@test "log: what cannot be meant is misuse, with a hint" {
	local wrong=(
		"--action grnt:did you mean 'grant'" "--task 12:36 characters" "--principal a/b:og-shield principal list"
		"--since lunch:yesterday" "--since 2026-02-30:yesterday" "--until -1:yesterday"
		"--since 99999999999999999999:within" "--table :no name" "--limit 0:within"
	)
	for case in "${wrong[@]}"; do
		read -r option value <<<"${case%%:*}"
		run og-ledger log "$option" "$value"
		[ "$status" -eq 64 ]
		[[ "$output" == *"${case#*:}"* ]] || {
			echo "$case: $output"
			return 1
		}
	done
	many=()
	for i in $(seq 65); do many+=(--table "t$i"); done
	run og-ledger log "${many[@]}"
	[ "$status" -eq 64 ]
	run og-ledger tail -f --until 7
	[ "$status" -eq 64 ]
	# Every action there is may be asked for.
	for action in $(sqlite3 "$OG_HOME/erp.db" 'SELECT DISTINCT action FROM audit_ledger'); do
		og-ledger log --action "$action" -n 1 >/dev/null
	done
}

@test "tail: the newest ten, or so many" {
	[ "$(og-ledger tail | wc -l)" -eq 10 ]
	[ "$(og-ledger tail -n 3)" = "$(og-ledger log --limit 3)" ]
	[ "$(og-ledger tail --since 5 --json | wc -l)" -eq $(($(entries) - 5)) ]
	run og-ledger tail --as charlie
	[ "$status" -eq 77 ]
}

@test "tail -f: what comes is shown once, in order, of several writers" {
	before=$(entries)
	follow -n 1 --json
	for _ in 1 2 3 4 5 6; do og-submit --as charlie 'buy 1 ergonomic chair' >/dev/null; done
	og-worker --drain --quiet 3>&- &
	first=$!
	og-worker --drain --quiet
	wait "$first"
	shows "\"seq\":$(entries)[,}]"
	until_true eval '[ "$(jq .seq seen)" = "$(seq "$before" "$(entries)")" ]'
	kill -INT "$(cat following)"
	ended 0
	[ ! -s complaints ]
}

@test "tail -f: filters hold for what comes" {
	id=$(buy)
	follow -n 1 --table invoices
	buy >/dev/null
	shows "$(numbers_of "body LIKE '%\"table\":\"invoices\"%'" | awk '{ print $NF }')"
	[ "$(wc -l <seen)" -eq 2 ]
	kill "$(cat following)"
	ended 0
}

@test "tail -f: not once awake while nothing happens, and what is written then is seen" {
	follow -n 1
	buy >/dev/null
	shows "$(entries)"
	until_true asleep "$(cat following)"
	asleep "$(cat following)"
	buy >/dev/null
	shows "$(entries)"
}

@test "tail -f: a right that is taken away ends it" {
	follow --as bob -n 1
	og-shield principal set bob --role customer >/dev/null
	ended 77
	grep -q "role 'customer' may not read the ledger" complaints
	# The entry that took it is not shown any more.
	[ "$(wc -l <seen)" -eq 1 ]
}

@test "tail -f: erp.db is moved away, put back, restored from a copy" {
	buy >/dev/null
	cp "$OG_HOME/erp.db" old.db
	follow -n 1
	buy >/dev/null
	shows "$(entries)"
	n=$(wc -l <seen)
	mv "$OG_HOME/erp.db" away.db
	sleep 0.3
	mv away.db "$OG_HOME/erp.db"
	buy >/dev/null
	shows "$(entries)"
	[ "$(wc -l <seen)" -eq $((n + 6)) ]
	not grep -q 'was replaced' complaints
	cp old.db new.db
	rm -f "$OG_HOME"/erp.db-*
	mv new.db "$OG_HOME/erp.db"
	until_true grep -q 'was replaced by a ledger without entry' complaints
	n=$(wc -l <seen)
	buy >/dev/null
	shows "$(entries) "
	until_true eval '[ "$(wc -l <seen)" -ge $((n + 6)) ]'
	[ "$(wc -l <seen)" -eq $((n + 6)) ]
}

@test "tail -f: what is no ledger for long is waited for without haste, and then read" {
	cp "$OG_HOME/erp.db" whole.db
	buy >/dev/null
	follow -n 1
	rm -f "$OG_HOME"/erp.db*
	head -c 900000 whole.db >"$OG_HOME/erp.db"
	sleep 2
	# To open it makes its log and takes it away, which is a change to be seen.
	[ "$(awk '/^voluntary_ctxt/ { print $2 }' "/proc/$(cat following)/status")" -lt 500 ]
	tail -c +900001 whole.db >>"$OG_HOME/erp.db"
	# Whoever comes while the file is put together may be refused.
	replaced() {
		buy || true
		grep -q 'was replaced by a ledger' complaints
	}
	until_true replaced
	buy >/dev/null
	shows "^ *$(entries) "
}

@test "tail -f: a reader that goes ends it, and so does the instance" {
	og-ledger tail -f -n 1 3>&- | head -n 1 >first
	[ -s first ]
	follow -n 1
	mv "$OG_HOME" gone
	ended 66
	mv gone "$OG_HOME"
}
