#!/usr/bin/env bats
# What all programs share of how they print: templates, NULs, tables that fit,
# colours, and what a full disk or a reader that goes away makes of it.
load helper

setup() {
	instance
	export OG_AS=alice TERM=xterm
	unset NO_COLOR COLUMNS
}

# What COMMAND shows on a terminal of 90 columns, in the file "screen".
on_terminal() {
	COLUMNS=90 script -qec "$1" /dev/null </dev/null >screen
	sed -i 's/\r$//' screen
}

widest() {
	sed 's/\x1b\[[0-9;]*m//g' screen | wc -L
}

@test "a template prints fields, its escapes, and nothing else" {
	run -0 --separate-stderr og-skill list --format '{name}\t\{{kind}\}\n'
	[ "${lines[0]}" = $'order-verification\t{workflow}' ]
	og-skill list --format '{name}' >out
	[ "$(wc -l <out)" -eq 0 ]
	og-skill list --format '' >out
	[ ! -s out ]
}

@test "a template that names no field is misuse, with the nearest and all there are" {
	run -64 --separate-stderr og-skill list --format '{nmae}'
	[ -z "$output" ]
	[[ "$stderr" == *"there is no field 'nmae'"*"did you mean {name}?"*"kind, clearance"* ]]
	run -64 --separate-stderr og-skill list --format '{name'
	[[ "$stderr" == *"'{' without '}'"* ]]
	run -64 --separate-stderr og-skill list --format 'x\q'
	[[ "$stderr" == *"'\\q' is no escape"* ]]
	run -64 --separate-stderr og-skill list --format 'x\'
	run -64 --separate-stderr og-skill list --json --null
	[[ "$stderr" == *"--json and --null do not go together"* ]]
	run -64 --separate-stderr og-skill list --json --format x
}

@test "with --null come the first fields, or the template, each with a NUL" {
	og-skill list --null >out
	[ "$(tr -cd '\0' <out | wc -c)" -eq "$(og-skill list --json | wc -l)" ]
	tr '\0' '\n' <out >names
	og-skill list --json | jq -r .name | diff - names
	og-skill list -0 --format '{name}\n{kind}' | head -z -n 1 | tr '\0' '!' >out
	[ "$(cat out)" = $'order-verification\nworkflow!' ]
}

@test "with --null a value stands as it is, elsewhere and on a terminal it does not" {
	og-submit $'two\nlines \u202e of words' >/dev/null
	og-task list --null --format '{text}' >out
	[ "$(tr -d '\0' <out)" = $'two\nlines \u202e of words' ]
	og-task list --format '{text}\n' >out
	[ "$(cat out)" = 'two\x0Alines U+202E of words' ]
	on_terminal "og-task list --null --format '{text}'"
	[ "$(tr -d '\0' <screen)" = 'two\x0Alines U+202E of words' ]
}

@test "a table fits the terminal, with a header; into a pipe nothing is cut" {
	on_terminal 'og-skill list'
	[ "$(widest)" -le 90 ]
	grep -q '…' screen
	sed -n 1p screen | grep -q 'name.*kind.*clearance.*description'
	og-skill list >out
	not grep -q '…' out
	not grep -q description out
	grep -qF "$(og-skill list --json | jq -rs '.[0].description')" out
	[ "$(wc -l <out)" -eq "$(og-skill list --json | wc -l)" ]
}

@test "a cut is never inside a character, and ids are never cut" {
	for n in 1 2 3 4; do
		og-submit "$(printf 'x%.0s' $(seq $n))注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文" >/dev/null
	done
	on_terminal 'og-task list --color never'
	iconv -f UTF-8 -t UTF-8 screen >/dev/null
	not grep -q $'\ufffd' screen
	grep -q '注.*…' screen
	[ "$(grep -cE '^[0-9a-f-]{36}  ' screen)" -eq 4 ]
}

@test "colour: on a terminal that has it, and as --color says" {
	og-submit 'zzz nothing of the kind' >/dev/null
	og-worker --drain --quiet
	on_terminal 'og-task list'
	grep -q $'\x1b\\[31mdenied\x1b\\[0m' screen
	for without in NO_COLOR=1 TERM=dumb TERM=; do
		on_terminal "env $without og-task list"
		not grep -q $'\x1b' screen
		grep -q denied screen
	done
	NO_COLOR= on_terminal 'og-task list'
	grep -q $'\x1b' screen
	on_terminal 'og-task list --color=never'
	not grep -q $'\x1b' screen
	og-task list >out
	not grep -q $'\x1b' out
	NO_COLOR=1 og-task list --color=always >out
	grep -q $'\x1b\\[31mdenied' out
	run -64 --separate-stderr og-task list --color=alwys
	[[ "$stderr" == *"did you mean --color=always?"* ]]
}

@test "verdicts are in colour on a terminal that has it, and their bytes in a pipe are what they were" {
	for look in 'og doctor --quick' 'og status' 'og-ledger verify' 'og-ledger check'; do
		$look --color=always >colored || true
		$look >plain || true
		grep -q $'\x1b\\[32m\\(ok\\|verified\\|closed\\)\x1b\\[0m' colored
		not grep -q $'\x1b' plain
		sed 's/\x1b\[[0-9;]*m//g' colored | sed 's/[0-9]\+//g' >without
		sed 's/[0-9]\+//g' plain | diff - without
	done
	on_terminal 'og doctor --quick'
	grep -q $'^\x1b\\[32mok\x1b\\[0m    instance ' screen
	on_terminal 'NO_COLOR=1 og doctor --quick'
	not grep -q $'\x1b' screen
	grep -q '^ok    instance ' screen
	run og status --check --color=always
	[[ "$output" != *$'\e'* ]]
	for trigger in $(sqlite3 "$OG_HOME/erp.db" "SELECT name FROM sqlite_master
		WHERE type = 'trigger' AND tbl_name = 'audit_ledger'"); do
		sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER $trigger"
	done
	sqlite3 "$OG_HOME/erp.db" "UPDATE audit_ledger SET principal = 'mallory' WHERE seq = 2"
	run -1 og-ledger verify --color=always
	[[ "$output" == *$'\e[31mbroken\e[0m: '* ]]
	run -1 og-ledger watch --once --color=always
	[[ "$output" == *$'\e[31mbroken\e[0m: '* ]]
	run -1 og status --color=always
	[[ "$output" == *$'\e[31mBROKEN: og-ledger verify\e[0m'* ]]
	[[ "$output" == *$'\e[31mproblem\e[0m'* ]]
}

@test "doctor, logs and what models came to know the three forms, too" {
	mkdir -p "$OG_HOME/run/log"
	printf '2026-11-25T20:00:0%d.000Z line %d\n' 1 1 2 2 >"$OG_HOME/run/log/worker.log"
	[ "$(og logs --format '{service} {text}\n')" = $'worker line 1\nworker line 2' ]
	[ "$(og logs -0 | tr '\0' '!')" = 'line 1!line 2!' ]
	og doctor --quick --null | tr '\0' '\n' >checks || true
	grep -qx instance checks
	{ og doctor --quick --json || true; } | jq -r '"\(.state) \(.check)"' >as_json
	{ og doctor --quick --format '{state} {check}\n' || true; } | diff as_json -
	run -64 og doctor --grants --null
	[ "$(og-ledger spend --format '{name} {by} {calls} {usd}\n')" = 'total total 0 0.00' ]
	[ "$(og-ledger spend -0 | tr '\0' '!')" = 'total!' ]
	on_terminal 'og-ledger spend --by model'
	grep -q '^.*model.*calls.*tokens.*USD' screen
	for list in 'og doctor' 'og logs' 'og-ledger spend'; do
		run -64 --separate-stderr $list --format '{no such field}'
		[[ "$stderr" == *'there are: '* ]]
		run -64 $list --json --null
	done
}

@test "every list knows the three forms, and its first field is what it is called by" {
	for list in 'og-policy list' 'og-policy search payment' 'og-shield principal list' \
		'og-shield grants' 'og-skill list'; do
		$list --as alice --null >out
		[ -s out ]
		tr '\0' '\n' <out | sort -u >first
		$list --as alice --json | jq -r '.cite // .name // .subject' | sort -u | diff - first
		$list --as alice --json | jq -es 'all(.v == 1)'
		run -64 $list --as alice --format '{no such field}'
	done
	[ "$(og-shield principal list --as owner --format '{name}:{role}:{active}\n' | head -n 1)" = \
		"$(og-shield principal list --as owner --json | jq -r '"\(.name):\(.role):yes"' | head -n 1)" ]
}

# Commands that only look, each with something to print.
LOOKS='og status
og doctor
og-skill list
og-skill show procure-to-pay
og-skill match list-products
og-skill graph
og-skill impact products
og-policy list
og-policy search payment
og-policy show payment-authorization-act
og-policy map
og-ledger log
og-ledger show 3
og-ledger verify
og-ledger spend
og-shield query SELECT/**/id/**/FROM/**/products
og-shield schema
og-shield grants
og-shield principal list
og-shield check SELECT/**/id/**/FROM/**/products
og-shield explain SELECT/**/id/**/FROM/**/products
og-task list'

@test "what cannot be written is 74, for every program and command" {
	[ -e /dev/full ] || skip "there is no /dev/full"
	og-submit 'list products' >/dev/null
	while read -r look; do
		for form in '' --json; do
			case "$look$form" in
			*graph--json | *grants*) form= ;;
			esac
			run $look $form
			[ -n "$output" ]
			status=0
			$look $form >/dev/full 2>said || status=$?
			[ "$status" -eq 74 ] || {
				echo "$look $form: $status"
				return 1
			}
			grep -q 'cannot write the output: No space left on device' said
		done
	done <<<"$LOOKS"
	for program in "$OG_BUILD"/bin/og* "$OG_BUILD"/libexec/omnigate/og*; do
		status=0
		"$program" -h >/dev/full 2>said || status=$?
		[ "$status" -eq 74 ]
	done
}

@test "a reader that goes away has what it wanted: status 0, and nothing is said" {
	# More than a pipe holds, so that writing fails.
	for i in 1 2 3; do
		og-submit "$(head -c 60000 /dev/zero | tr '\0' x) $i" >/dev/null
	done
	for look in 'og-task list --json' "og-task list --format {text}{text}{text}" 'og-ledger log --json'; do
		{
			status=0
			$look 2>said || status=$?
			echo "$status" >status
		} | head -c 1 >/dev/null
		[ "$(cat status)" -eq 0 ]
		[ ! -s said ]
	done
}

@test "every --json is one object a line, with its version; rows of tables are as they are" {
	og-submit 'list products' >/dev/null
	og-worker --drain --quiet
	while read -r look; do
		case $look in *query* | *graph) continue ;; esac
		$look --json >out 2>/dev/null || true
		[ -s out ]
		while IFS= read -r line; do
			jq -e '.v == 1' <<<"$line" >/dev/null || {
				echo "$look: $line"
				return 1
			}
		done < <(head -n 40 out)
	done <<<"$LOOKS"
	[ "$(og-shield query --json 'SELECT 7 AS v')" = '{"v":7}' ]
	[ "$(og-shield query --json 'SELECT 7 AS n')" = '{"n":7}' ]
}
