#!/usr/bin/env bats
# Completions: what the programs answer, and what bash, zsh and fish make of
# it, each driven on a terminal of its own (tmux).

load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset OG_HOME OG_AS
	export OG_COMPLETE_MS=30000 # nothing here is about how fast a machine is
	TMUX_SOCKET=$BATS_TEST_TMPDIR/tmux
}

teardown() {
	[ ! -S "$TMUX_SOCKET" ] || tmux -S "$TMUX_SOCKET" kill-server 2>/dev/null || true
}

programs() {
	find "$OG_BUILD/bin" -name 'og*' -type f -executable -printf '%f\n' | sort
}

# The candidates alone, without what they are.
words() {
	local answer line
	answer=$("$1" --complete "${@:2}") || return
	[[ $answer == *$'\n'* ]] || return 0
	while read -r line; do
		printf '%s\n' "${line%%$'\t'*}"
	done <<<"${answer#*$'\n'}"
}

offers() { # WORD PROGRAM...: it is one of them
	local offered
	offered=$(words "${@:2}") || return
	[[ $'\n'$offered$'\n' == *$'\n'"$1"$'\n'* ]] || {
		echo "not offered: $1 by ${*:2}"
		return 1
	}
}

# --- the answer ---------------------------------------------------------------

@test "every option of every command of every program is offered" {
	local program line command offered n=0
	for program in $(programs); do
		usage_of "$program" >usage
		while read -r line; do
			[[ ${line#"$program "} =~ ^(-*[a-z-]+)( |$) ]] && command=${BASH_REMATCH[1]} || command=
			offered=$'\n'$(words "$program" ${command:+"$command"} -)$'\n'
			while [[ $line =~ \[(--[a-z-]+) ]]; do
				line=${line#*"${BASH_REMATCH[0]}"} n=$((n + 1))
				[[ $offered == *$'\n'"${BASH_REMATCH[1]}"$'\n'* ]] || {
					echo "$program $command does not offer ${BASH_REMATCH[1]}"
					return 1
				}
			done
			[ -z "$command" ] || offers "$command" "$program" "${command%%[a-z]*}"
		done <usage
	done
	[ "$n" -gt 150 ]
}

@test "an option is offered once, unless it may repeat; with what is on the line in any form" {
	offers --as og-task list -
	not offers --as og-task list --as alice -
	not offers --as og-task list --as=alice -
	not offers --lines og logs -n5 -
	not offers --lines og logs -n 5 -
	offers --param og-submit --param a=b -
	# After -- there are none, nor where a value stands.
	[ -z "$(words og-task list -- -)" ]
	[ -z "$(words og-task list --limit -)" ]
}

@test "og x is og-x, whatever the case" {
	[ "$(words og task list -)" = "$(words og-task list -)" ]
	offers submit og ''
	offers init og ''
	[ "$(og --complete task)" = "$(og --complete task)" ]
	run og --complete nothing-like-it ''
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run og-task --complete nonsense ''
	[ "$status" -eq 0 ]
	[ "$output" = words ]
}

@test "fixed words, files and folders" {
	[ "$(words og up --color '' | xargs)" = "auto always never" ]
	[ "$(words og up --color= | xargs)" = "--color=auto --color=always --color=never" ]
	[ "$(words og-shield principal --active '' | xargs)" = "yes no" ]
	[ "$(words og-shield principal '' | xargs)" = "list add set" ]
	[ "$(words og-shield grant role:x t select, | xargs)" = "select,insert select,update" ]
	[ "$(og-skill --complete lint '' | head -n 1)" = files ]
	[ "$(og-skill --complete lint a b '' | head -n 1)" = files ]
	[ "$(og-ledger --complete verify --checkpoint=x | head -n 1)" = files ]
	[ "$(og --complete init '' | head -n 1)" = dirs ]
	[ "$(og-task --complete list --home '' | head -n 1)" = dirs ]
	offers done og-task list --state ''
	offers compensated og-task resolve --state ''
	not offers queued og-task resolve --state ''
}

@test "what an instance has, as the principal may see it, and no trace of the question" {
	instance
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	before=$(entries)
	files() { (cd "$OG_HOME" && find . -type f ! -name '*-shm' ! -name '*-wal' ! -name '*.lock' -exec sha256sum {} + | sort); }
	files >before
	offers alice og-task list --as ''
	not offers checkpoint og-task list --as ''
	not offers procure-to-pay og-skill show --as checkpoint ''
	not offers procure-to-pay og-skill show --as '../keys/alice' ''
	offers --as=bob og-task list --as=
	offers worker og up ''
	# Nobody asks: nothing is said that somebody has to be for.
	not offers "$id" og-task show ''
	offers "$id" og-task show --as charlie ''
	not offers "$id" og-task show --as diana ''
	og-task --complete show --as charlie '' | grep -qxF "$id"$'\t''queued: buy 1 ergonomic chair'
	export OG_AS=alice
	offers procure-to-pay og-submit --action ''
	offers accounts-payable-manual og-policy show ''
	offers suppliers og-shield revoke role:admin ''
	not offers suppliers og-shield revoke --as charlie role:admin ''
	offers id,name og-shield grant role:admin suppliers --visible id,
	not offers id,id og-shield grant role:admin suppliers --visible id,
	offers quantity= og-submit --action replenish-stock --param ''
	offers --param=quantity= og-submit --action=replenish-stock --param=
	offers task.finish og-ledger log --action ''
	offers role:employee og-shield grant ''
	offers employee og-shield principal --role ''
	words og-ledger show '' | tail -n 1 | grep -qE '^[0-9]+$'
	[ -z "$(words og-ledger show --as charlie '' | grep -v '^--')" ]
	[ "$(entries)" = "$before" ]
	files | diff before -
	# The instance of the line, also where a shell would have expanded it.
	home=$OG_HOME
	unset OG_HOME
	mkdir elsewhere
	cd elsewhere
	offers alice og-task list --home "$home" --as ''
	HOME=${home%/.omnigate} offers alice og-task list --home='~/.omnigate' --as ''
}

# Programs beside ours that print what the test wants to be there.
beside() {
	mkdir -p bin
	cp "$OG_BUILD/bin/og-submit" bin
	cat >bin/og-skill
	chmod +x bin/og-skill
}

@test "what hangs, floods, dies or talks nonsense is not waited for, and not heard" {
	instance
	export OG_AS=alice
	beside <<<$'#!/bin/sh\necho $$ >pid; exec sleep 300'
	OG_COMPLETE_MS=500 run --separate-stderr timeout 100 bin/og-submit --complete --action ''
	not kill -0 "$(cat pid)"
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[[ $output = words* ]]
	beside <<<$'#!/bin/sh\necho trouble >&2; echo "{"; echo "[1]"; echo null; echo "{\\"name\\":1}"; echo "{\\"name\\":\\"good\\"}"'
	[ "$(bin/og-submit --complete --action '' 2>&1 | xargs)" = "words good" ]
	beside <<<$'#!/bin/sh\necho "{\\"name\\":\\"good\\"}"; exit 1'
	[ -z "$(words bin/og-submit --action x)" ]
	beside <<<$'#!/bin/sh\nyes "{\\"name\\":\\"good\\"}"'
	[ -z "$(words bin/og-submit --action x)" ]
	beside <<<$'#!/bin/sh\nseq -f \'{"name":"s%06g"}\' 100000'
	[ "$(words bin/og-submit --action x | wc -l)" -eq 2000 ]
	# And where there is no instance, or none of ours.
	export OG_HOME=$BATS_TEST_TMPDIR/nowhere
	run --separate-stderr bin/og-submit --complete --action x
	[ "$status" -eq 0 ]
	[ "$output" = words ]
	[ "$stderr" = "" ]
}

# Names that a shell would do something with, one a line.
hostile() {
	printf '%s\n' "n1 b" "n2'b" 'n3"b' 'n4$(touch pwned)' 'n5`touch pwned`' 'n6;touch pwned' \
		'n7\b' 'n8&b|c>d' 'n9*?[a]' '~nA' 'nB{a,b}' 'nC#b' 'nD:b=c@d' 'nE\$(b)"' 'nFäö'
}

# Those, and some that nobody can type.
hostile_program() {
	{
		hostile | jq -Rc '{name: ., description: "$(touch pwned)\u001b]0;x\u0007"}'
		printf '%s\n' '"nX\u001b[2J"' '"nX\nb"' '"nX\tb"' '"nX\u202eb"' '"nX\u200b"' '"--json"' '""' '"nX\u0085"' |
			jq -c '{name: .}'
	} >names.json
	beside <<<$'#!/bin/sh\ncat '"$PWD/names.json"
}

@test "no candidate has a control byte, hides something, or is another option" {
	instance
	export OG_AS=alice
	hostile_program
	bin/og-submit --complete --action '' >answer
	not grep -qP '[\x00-\x08\x0b-\x1f\x7f]' answer
	tail -n +2 answer | cut -f 1 >got
	{ hostile; echo --json; } | diff - got # as a value of its option it is one
	cp bin/og-submit bin/og-probe
	beside <<<$'#!/bin/sh\necho "{\\"name\\":\\"-rf\\"}"; echo "{\\"name\\":\\"ok\\"}"'
	cp "$OG_BUILD/bin/og-shield" "$OG_BUILD/bin/og-policy" bin
	cp "$OG_BUILD/bin/og-eval" bin/og-eval
	mv bin/og-skill bin/fake && cp "$OG_BUILD/bin/og-skill" bin/og-skill
	mv bin/og-policy bin/policy && mv bin/fake bin/og-policy && cp bin/policy bin/asks
	[ "$(words bin/asks show '')" = ok ]
	[ "$(words bin/asks show -- '' | xargs)" = "-rf ok" ]
}

# --- the shells ---------------------------------------------------------------

# A shell on a terminal, with completions as they are installed.
terminal() { # SHELL
	command -v "$1" >/dev/null || skip "$1 is not installed"
	local share=$OG_BUILD/share
	mkdir -p home
	cat >args <<-'E'
		#!/bin/sh
		for arg; do printf '<%s>\n' "$arg"; done >"${0%/*}/args.new"
		mv "${0%/*}/args.new" "${0%/*}/args.out"
	E
	chmod +x args
	case $1 in
	bash)
		echo ". $share/bash-completion/completions/og-submit; PS1='ready> '; bind 'set bell-style none'" >rc
		set -- bash --noprofile --rcfile "$PWD/rc" -i
		;;
	zsh)
		cat >home/.zshrc <<-E
			PS1='ready> '; bindkey -e; fpath=($share/zsh/site-functions \$fpath)
			autoload -Uz compinit; compinit -u -D; setopt no_auto_remove_slash
			zstyle ':completion:*' insert-tab false
		E
		set -- zsh -d -i
		;;
	fish)
		mkdir -p home/.config/fish
		cat >home/.config/fish/config.fish <<-E
			set -p fish_complete_path $share/fish/vendor_completions.d
			set fish_greeting
			set fish_autosuggestion_enabled 0
			function fish_prompt; echo 'ready> '; end
		E
		set -- fish -i
		;;
	esac
	env -u XDG_CONFIG_HOME -u XDG_DATA_HOME -u TMUX HOME="$PWD/home" ZDOTDIR="$PWD/home" TERM=screen \
		PATH="$PWD/bin:$PATH" tmux -S "$TMUX_SOCKET" -f /dev/null new-session -d -x 250 -y 50 "$@" 3>&-
	shows 'ready>'
}

keys() {
	tmux -S "$TMUX_SOCKET" send-keys "$@"
}

shown() {
	tmux -S "$TMUX_SOCKET" capture-pane -p >screen && grep -qF -e "$1" screen
}

shows() {
	until_true shown "$1" || {
		cat screen
		return 1
	}
}

# The words that the shell makes of the line, after completing it: pieces,
# with a Tab behind each.
completes() { # WANTED PIECE...
	local wanted=$1 piece
	shift
	rm -f args.out
	for piece; do
		keys -l -- "$piece"
		keys Tab
	done
	keys C-a
	keys -l "$PWD/args "
	keys Enter
	until_true test -e args.out
	[ "$(tr -d '\n' <args.out)" = "$wanted" ] || {
		echo "wanted $wanted"
		cat args.out screen
		return 1
	}
}

drive() { # SHELL
	instance
	export OG_AS=alice
	terminal "$1"
	mkdir -p 'a folder/in' && : >'a file'
	completes '<og-task><list><--as><charlie>' 'og-ta' 'li' '--as cha'
	completes '<og-task><list><--as=charlie>' 'og-task list --as=cha'
	completes '<og><task><list><--state><running>' 'og ta' 'li' '--sta' 'run'
	completes '<og-submit><--action><replenish-stock><--param><quantity=5>' 'og-submit --action repl' '--param qua' '5'
	completes '<og-shield><grant><role:employee><suppliers>' 'og-shield grant role:emp' 'suppliers'
	completes '<og-task><list><--as><charlie>' "og-task list --as 'cha"
	completes '<og-task><list><--as><charlie>' 'og-task list --as "cha'
	completes '<og-skill><lint><a file>' 'og-skill lint a\ fi'
	completes '<og><init><a folder/in/>' 'og init a\ fo' 'i'
	# The list of what there is.
	keys -l 'og-task re'
	keys Tab Tab
	shows resolve
	shows reject
}

hostile_drive() { # SHELL
	instance
	export OG_AS=alice
	hostile_program
	terminal "$1"
	local wanted='<og-submit>' pieces=() name
	while read -r name; do
		wanted+="<--action><$name>"
		pieces+=(" --action ${name:0:2}")
	done < <(hostile | grep -v '^~')
	pieces[0]="og-submit${pieces[0]}"
	completes "$wanted" "${pieces[@]}"
	[ ! -e pwned ]
	# In quotes that are open.
	completes "<og-submit><--action><n4\$(touch pwned)>" "og-submit --action 'n4"
	completes "<og-submit><--action><n5\`touch pwned\`>" 'og-submit --action "n5'
	completes "<og-submit><--action=n4\$(touch pwned)>" 'og-submit --action=n4'
	# What the line says is not done, either.
	keys -l 'og-submit --home $(touch pwned) --as `touch pwned` --action n4'
	keys Tab
	keys C-e C-u
	completes '<og-submit><--wait>' 'og-submit --wa'
	[ ! -e pwned ]
}

@test "bash completes" {
	drive bash
	# Behind a pipe, an assignment, and into a file.
	keys C-e C-u
	keys -l ': | og-task li'
	keys Tab
	shows 'og-task list'
	keys C-e C-u
	keys -l 'OG_AS=bob og-task pru'
	keys Tab
	shows 'og-task prune'
	keys C-e C-u
	completes '<og-task><list>' 'og-task list >a\ fi'
	[ -s 'a file' ] || [ -e 'a file' ]
}

@test "zsh completes" {
	drive zsh
}

@test "fish completes" {
	drive fish
}

@test "a hostile name in bash is a word" {
	hostile_drive bash
}

@test "a hostile name in zsh is a word" {
	hostile_drive zsh
}

@test "a hostile name in fish is a word" {
	hostile_drive fish
}

@test "make install puts them where the shells look, make uninstall takes them away" {
	install() {
		make -s -C "$OG_TESTS/.." O="$OG_BUILD" PREFIX=/opt/og DESTDIR="$BATS_TEST_TMPDIR/stage" "$@"
	}
	install install
	(cd stage/opt/og/share && find bash-completion fish zsh -type f) | sort >installed
	(cd "$OG_BUILD/share" && find bash-completion fish zsh -type f) | sort | diff - installed
	grep -qxF bash-completion/completions/og-task installed
	grep -qxF fish/vendor_completions.d/og-task.fish installed
	grep -qxF zsh/site-functions/_omnigate installed
	install uninstall
	[ -z "$(find stage -type f)" ]
	cd "$OG_TESTS/.."
	SHARED='' ZSH_DIR=/usr/share/zsh/vendor-completions tools/tree list "$OG_BUILD" '' /usr og >"$BATS_TEST_TMPDIR/list"
	[ "$(grep -c 'zsh.*/_omnigate$' "$BATS_TEST_TMPDIR/list")" -eq 1 ]
	grep -q $'\t/usr/share/zsh/vendor-completions/_omnigate$' "$BATS_TEST_TMPDIR/list"
}

@test "the files are what their shells can read, for every program and no other" {
	local share=$OG_BUILD/share
	programs >ours
	ls "$share/bash-completion/completions" | diff - ours
	find "$share/fish/vendor_completions.d" -name '*.fish' -printf '%f\n' | sed 's/\.fish$//' | sort | diff - ours
	[ "$(sed -n '1s/^#compdef //p' "$share/zsh/site-functions/_omnigate" | tr ' ' '\n' | sort)" = "$(cat ours)" ]
	not grep -rn '@PROGRAMS@' "$share/bash-completion" "$share/zsh" "$share/fish"
	sed -n 's/^complete -F _omnigate //p' "$share/bash-completion/completions/og" | tr ' ' '\n' | sort | diff - ours
	for file in "$share"/bash-completion/completions/*; do
		bash -n "$file"
	done
	! command -v zsh >/dev/null || zsh -n "$share/zsh/site-functions/_omnigate"
	! command -v fish >/dev/null || fish -n "$share/fish/vendor_completions.d/og.fish"
}
