#!/usr/bin/env bats
# What all programs share of how they print: templates, NULs, tables that fit,
# colours, and what a full disk or a reader that goes away makes of it.
load helper

setup_file() {
	og init --demo "$BATS_FILE_TMPDIR/model" >/dev/null
}

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
