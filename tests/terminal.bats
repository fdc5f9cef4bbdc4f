#!/usr/bin/env bats
# Whatever others have written into the instance, its files, the environment
# or the command line: a terminal does nothing but show it. Every program is
# run with it into a pipe and on a terminal.
load helper

setup() {
	instance
	export OG_AS=alice TERM=xterm NO_COLOR=1 PATH=$OG_BUILD/libexec/omnigate:$PATH
	# Colours, a title, a bell, backspaces, a line that writes over itself,
	# C1 controls, directions; and, where bytes may be any, some that are no UTF-8.
	EVIL=$'E\e[31m\e]0;own\a B\b R\rS \u009b31m \u202e\u2066\u200f\x7f'
	WORSE=$EVIL$'\x9b31m \xff\xc3 \xe2\x80'
	JSON='E\u001b[31m\u001b]0;own\u0007 B\b R\rS \u009b31m \u202e\u2066\u200f\u007f'
	export EVIL WORSE JSON
}

# unbarred FILE: without returns at the ends of lines, and without the bars that
# og-progress draws over and over where something takes longer than a second.
unbarred() {
	LC_ALL=C sed -E -e 's/\r(og[-a-z]*: [A-Za-z ]+( \[#* *\])?[]0-9 %,:/a-z]*)?\x1b\[K//g' -e 's/\r$//' "$1"
}

# clean FILE: nothing in it that a terminal would act upon.
clean() {
	if unbarred "$1" | LC_ALL=C grep -qaP \
		'[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]'; then
		unbarred "$1" | LC_ALL=C grep -naP -B 2 \
			'[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]' |
			cat -v | cut -c 1-300 | head -n 20
		return 1
	fi
	iconv -f UTF-8 -t UTF-8 "$1" >/dev/null
}

# both SCRIPT: runs it into a pipe and on a terminal; neither shows anything.
both() {
	cp -r "$OG_HOME" again
	bash "$1" </dev/null >piped 2>&1 || true
	clean piped
	rm -rf "$OG_HOME" && mv again "$OG_HOME"
	script -qec "bash $1" /dev/null </dev/null >shown || true
	[ "$(wc -l <shown)" -ge $(($(wc -l <piped) / 2)) ]
	clean shown
}

@test "words of the command line" {
	cat >words.sh <<-'EOT'
	for path in "$OG_BUILD"/bin/og* "$OG_BUILD"/libexec/omnigate/og*; do
		name=${path##*/}
		"$path" -h | sed -n "s/^\(usage:\|      \) *$name \{0,1\}\([-a-z]*\).*/\2/p" | sed 's/^-.*//' | sort -u |
			while read -r command; do
				printf '## %s %s\n' "$name" "$command"
				timeout 20 "$path" $command "$WORSE" </dev/null
				timeout 20 "$path" $command "--$WORSE" </dev/null
				timeout 20 "$path" $command "--as=$WORSE" "--home=$WORSE" "$WORSE" "$WORSE" </dev/null
			done
	done
	EOT
	both words.sh
	[ "$(grep -c '^## ' piped)" -ge 70 ]
	not grep -q 'out of memory' piped
}

@test "the environment, and og.conf" {
	cat >words.sh <<-'EOT'
	for name in OG_HOME OG_AS OG_QUEUE OG_SHIELD OG_MODEL OG_EMBED OG_GRAPH OG_VECTORS OG_SERVE; do
		for command in 'og status' 'og-task list' 'og-submit hello' 'og-worker --drain' 'og-skill match hello'; do
			printf '## %s %s\n' "$name" "$command"
			timeout 20 env "$name=$WORSE" $command
		done
	done
	cp "$OG_HOME/og.conf" kept
	for line in "$WORSE = 1" "queue = $WORSE" "model = $EVIL" "services = $EVIL"; do
		{ cat kept; printf '%s\n' "$line"; } >"$OG_HOME/og.conf"
		printf '## og.conf\n'
		og status; og doctor; og-task list; og up
	done
	EOT
	both words.sh
}

# What nobody let in, but stands there: straight into the databases.
plant() {
	local quoted=${EVIL//\'/\'\'}
	og-submit 'order 10 of Keyboard' >/dev/null
	og-submit 'buy 1 Ergonomic Chair' >/dev/null
	og-worker --drain --quiet
	og-submit 'audit orders' >/dev/null
	sqlite3 -bail "$OG_HOME/erp.db" "
		DROP TRIGGER audit_ledger_no_update;
		UPDATE products SET name = name || CAST('$quoted' AS TEXT) || CAST(x'9bff' AS TEXT);
		CREATE TABLE \"tab$EVIL\" (\"col$EVIL\" TEXT);
		UPDATE og_grant SET predicate = predicate || '/* $quoted */' WHERE predicate IS NOT NULL;
		UPDATE og_task SET text = '$quoted', reason = '$quoted', skill = skill || '$quoted',
			waits = json_object('why', '$quoted'),
			result = json_set(result, '\$.answer', '$quoted', '\$.reason', '$quoted')
			WHERE result IS NOT NULL;
		UPDATE og_policy SET title = '$quoted', body = body || '$quoted', message = '$quoted';
		UPDATE og_passage SET text = text || '$quoted', heading = '$quoted';
		UPDATE og_skill SET description = description || '$quoted';
		UPDATE audit_ledger SET entry = json_set(entry, '\$.principal', '$quoted',
			'\$.node', '$quoted', '\$.action', '$quoted') WHERE seq > 2;"
	mkdir -p "$OG_HOME/run/log"
	printf '2026-11-26T10:00:00.000Z %s\n' "$WORSE" "$EVIL" >"$OG_HOME/run/log/worker.log"
}

@test "what stands in the databases and the logs" {
	plant
	cat >words.sh <<-'EOT'
	say() { printf '## %s\n' "$*"; timeout 30 "$@"; }
	for form in '' --table --csv --json; do
		say og-shield query $form 'SELECT * FROM products'
		say og-shield schema $form
	done
	say og-shield query 'SELECT nothing FROM products'
	say og-shield explain 'SELECT name FROM products'
	say og-shield grants
	say og-shield grants --missing --as owner
	say og-shield grants --format '{predicate}\n'
	say og-skill list
	say og-skill list --json
	say og-skill show procure-to-pay
	say og-skill check
	say og-skill graph
	say og-skill match 'buy 1 Ergonomic Chair'
	say og-policy list
	say og-policy list --json
	say og-policy list --format '{title}\n'
	say og-policy search payment
	say og-policy search payment --json
	say og-policy show payment-authorization-act
	say og-policy map
	for form in '' --json; do
		say og-ledger log $form
		say og-ledger show 3 $form
		say og-ledger verify --state $form
		say og-ledger spend $form
		say og-task list $form
		say og logs $form
		say og status $form
		say og doctor $form
	done
	say og-task list --format '{text}{reason}{skill}\n'
	for id in $(og-task list --format '{task}\n'); do
		say og-task status "$id"
		say og-task show "$id"
		say og-task show "$id" --json
		say og-task journal "$id"
		say og-task approve "$id"
		say og-task cancel "$id"
	done
	say og status --check
	say og-worker --drain
	EOT
	both words.sh
	grep -q 'E\\x1B' piped
	grep -q 'U+202E' piped
	grep -q 'u009b' piped
}

@test "files: their names and what is in them, and lines of standard input" {
	printf '%s\n' "$WORSE" >"$WORSE.md"
	printf -- '---\nname: x\ndescription: "%s"\nmetadata:\n  "%s": 1\n---\n# %s\n' "$JSON" "$JSON" "$EVIL" >two.md
	printf -- '---\nname: %s\nnode: "%s"\n---\n%s' "$EVIL" "$JSON" "$WORSE" >"policy$EVIL.md"
	printf '{"v":1,"%s":"%s"}' "$JSON" "$JSON" >bad.json
	printf '{"v":1,"task":"01a2188b-9eed-7ad9-89e5-6c27f0ebc481","state":"done","answer":"%s"}' "$JSON" >good.json
	printf 'SELECT "%s"; SELEC %s;' "$EVIL" "$EVIL" >evil.sql
	cat >words.sh <<-'EOT'
	say() { printf '## %s\n' "${1}"; timeout 30 "$@"; }
	say og-skill lint "$WORSE.md" two.md
	say og-skill lint --json "$WORSE.md" two.md
	say og-skill parse two.md
	say og-skill add two.md
	say og-skill add "$WORSE.md"
	say og-skill test "$WORSE.md"
	say og-policy add policy*.md
	say og-policy parse policy*.md
	say og-policy add "$WORSE.md"
	for to in text json tree a2ui actions; do
		say og-render --to=$to good.json
		say og-render --to=$to bad.json
	done
	say og-shield query --file evil.sql
	say og-eval bad.json
	say og-eval compare bad.json bad.json
	say og-ledger check-proof bad.json
	say og-skill import bad.json
	say og-skill verify bad.json
	say og-shield grant --as owner --apply bad.json
	say og restore "$WORSE.md"
	say og init --copy-of "$WORSE"
	say og init --from "$WORSE.md" "to$WORSE"
	for line in "$WORSE" "{\"v\":1,\"$JSON\":\"$JSON\"}"; do
		for command in og-http og-otlp og-text 'og-shield --channel' 'og-policy search --batch' \
			'og-submit --batch' 'og-skill parse' 'og-skill parse --each' og-render \
			'og-skill classify' 'og-shield query' 'og-shield query -f -'; do
			printf '## %s\n' "$command"
			printf '%s\n' "$line" | timeout 30 $command
		done
	done
	EOT
	both words.sh
}
