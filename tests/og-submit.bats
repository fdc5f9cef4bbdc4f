# og-submit: what it promises with an id, what it refuses, what it tells
# whoever waits. Every refusal is judged by what it leaves in the queue.

load helper

setup() {
	instance
}

teardown() {
	[ -z "${worker:-}" ] || { kill "$worker" && wait "$worker"; } 2>/dev/null || true
}

serve() {
	og-worker --quiet 3>&- &
	worker=$!
	until_true eval 'og status --json | quick_jq -e .worker'
}

queued() {
	sqlite3 "$OG_HOME/queue.db" "SELECT count(*) FROM task"
}

# refuses STATUS TEXT COMMAND...: one line of diagnosis, perhaps a hint,
# nothing on standard output, nothing queued.
refuses() {
	local want=$1 text=$2
	shift 2
	run --separate-stderr "$@"
	echo "$status: $stderr"
	[ "$status" -eq "$want" ]
	[ -z "$output" ]
	[[ "${stderr_lines[0]}" == "og-submit: "*"$text"* ]]
	[ "${#stderr_lines[@]}" -le 2 ]
	[ "$(queued)" -eq 0 ]
}

@test "prints the id of a durable, signed task and nothing else" {
	run --separate-stderr og-submit --as charlie 'buy 1 ergonomic chair'
	[ "$status" -eq 0 ]
	[[ "$output" =~ ^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$ ]]
	[ -z "$stderr" ]
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT id, state FROM task")" = "$output|0" ]
	sqlite3 "$OG_HOME/queue.db" "SELECT envelope FROM task" >envelope
	[ "$(jq -r '.principal + "|" + .text + "|" + .kind' envelope)" = 'charlie|buy 1 ergonomic chair|task' ]
	[ "$(jq -r '.sig | length' envelope)" -eq 88 ]
	[ "$(entries)" = "$(sqlite3 "$OG_HOME/erp.db" 'SELECT max(seq) FROM audit_ledger')" ]
}

@test "the text may come from standard input, the principal from OG_AS" {
	printf 'buy 1 chair\r\n\n' >text
	OG_AS=diana run --separate-stderr og-submit - <text
	[ "$status" -eq 0 ]
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT envelope FROM task" | jq -r '.principal + .text')" = 'dianabuy 1 chair' ]
}

@test "bad text is refused with one line" {
	refuses 65 'the text is empty' og-submit --as charlie ''
	refuses 65 'the text is empty' og-submit --as charlie $' \n\t'
	refuses 65 'control byte (0x1b)' og-submit --as charlie $'buy \e[31m'
	printf 'a\xc3\x28' >text
	refuses 65 'not valid UTF-8' og-submit --as charlie - <text
	refuses 65 'not valid UTF-8' og-submit --as charlie "$(cat text)"
	printf 'buy\0' >text
	refuses 65 'NUL byte' og-submit --as charlie - <text
	head -c 10000000 /dev/zero | tr '\0' a >text
	refuses 65 'larger than 65536 bytes' og-submit --as charlie - <text
	refuses 65 'larger than 65536 bytes' og-submit --as charlie "$(head -c 70000 text)"
}

@test "64 KiB exactly is a text" {
	head -c 65536 /dev/zero | tr '\0' a >text
	run --separate-stderr og-submit --as charlie - <text
	[ "$status" -eq 0 ]
	[ "$(queued)" -eq 1 ]
}

@test "misuse is refused" {
	refuses 64 'give one of' og-submit --as charlie
	[ "${stderr_lines[1]}" = 'og-submit: hint: og-submit -h shows the usage' ]
	refuses 64 'give one of' og-submit --as charlie --batch 'a sentence'
	refuses 64 "unknown option '--wiat'" og-submit --as charlie --wiat x
	refuses 64 'twice' og-submit --as charlie --as bob x
	refuses 64 '--param goes with --action' og-submit --as charlie --param a=b x
	for name in '' 'Inspect Stock' inspect_stock -- -x x- a--b "$(printf 'a%.0s' {1..65})"; do
		refuses 64 "is no skill's name" og-submit --as charlie "--action=$name"
	done
	refuses 64 'is not of the form' og-submit --as charlie --action s --param ab
	refuses 64 'given twice' og-submit --as charlie --action s --param a=b --param a=c
	refuses 64 'go with --wait' og-submit --as charlie --json x
	refuses 64 'go with --wait' og-submit --as charlie --timeout 1s x
	refuses 64 'exclude each other' og-submit --as charlie --wait --json --text x
	refuses 64 '--expires' og-submit --as charlie --expires soon x
	refuses 64 '--expires' og-submit --as charlie --expires 0 x
	refuses 64 '--timeout' og-submit --as charlie --wait --timeout never x
	refuses 64 '--batch goes neither' og-submit --as charlie --batch --wait
}

@test "nobody is nobody" {
	refuses 77 'no principal given' og-submit x
	refuses 77 "cannot open key" og-submit --as mallory x
	refuses 77 "'../bob'" og-submit --as ../bob x
	chmod 644 "$OG_HOME/keys/charlie.key"
	refuses 77 'charlie.key' og-submit --as charlie x
	chmod 600 "$OG_HOME/keys/charlie.key"
	echo 'og-key-v1 AAAA' >"$OG_HOME/keys/charlie.key"
	refuses 65 'charlie.key' og-submit --as charlie x
}

@test "a place that is no instance, a queue that is none" {
	run --separate-stderr og-submit --as charlie --home "$BATS_TEST_TMPDIR/none" x
	[ "$status" -eq 78 ]
	[[ "$stderr" == *"is not an instance"* ]]
	OG_QUEUE=amqp://u:secret@127.0.0.1:1/ run --separate-stderr og-submit --as charlie x
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"nobody answers there"* ]]
	OG_QUEUE=kafka://u:secret@h/ run --separate-stderr og-submit --as charlie x
	[ "$status" -eq 69 ]
	[[ "$stderr" == *"not in this version"* ]]
	[[ "$stderr" != *secret* ]]
	rm -f "$OG_HOME"/queue.db*
	head -c 9000 /dev/urandom >"$OG_HOME/queue.db"
	sha256sum "$OG_HOME/queue.db" >before
	run --separate-stderr og-submit --as charlie x
	[ "$status" -eq 65 ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	sha256sum -c --quiet before
}

@test "no room to write: nothing claimed, nothing queued" {
	head -c 60000 /dev/zero | tr '\0' a >text
	before=$(sqlite3 "$OG_HOME/queue.db" .dump)
	# Files may not grow beyond 32 KiB.
	refuses_room() { bash -c 'ulimit -f 32; exec og-submit --as charlie - <text'; }
	run --separate-stderr refuses_room
	echo "$status: $stderr"
	[[ "$status" -eq 71 || "$status" -eq 74 ]]
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[ "$(sqlite3 "$OG_HOME/queue.db" .dump)" = "$before" ]
	og-submit --as charlie - <text
}

@test "a full disk: nothing claimed, nothing queued" {
	unshare -m true 2>/dev/null || skip "needs a mount namespace"
	head -c 60000 /dev/zero | tr '\0' a >text
	run --separate-stderr unshare -m bash -c 'mkdir small &&
		mount -t tmpfs -o size=$(($(du -sk .omnigate | cut -f1) + 300))k none small &&
		cp -r .omnigate small && export OG_HOME=$PWD/small/.omnigate &&
		for i in $(seq 20); do og-submit --as charlie - <text >>ids || exit; done'
	echo "$status: $stderr"
	[[ "$status" -eq 71 || "$status" -eq 74 ]]
	[[ "$stderr" == "og-submit: "* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "output that cannot be written is no success" {
	run --separate-stderr bash -c 'og-submit --as charlie x >/dev/full'
	[ "$status" -eq 74 ]
	[[ "$stderr" == *"cannot write the output"* ]]
}

@test "batch: one id per line, in order" {
	printf 'buy 1 chair\r\n  buy 2 mice \ninspect stock' >lines
	run --separate-stderr og-submit --as charlie --batch <lines
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 3 ]
	sqlite3 "$OG_HOME/queue.db" "SELECT id FROM task ORDER BY ticket" | diff - <(echo "$output")
	sqlite3 "$OG_HOME/queue.db" "SELECT envelope FROM task ORDER BY ticket" | quick_jq -r .text |
		diff - <(printf 'buy 1 chair\n  buy 2 mice\ninspect stock\n')
}

@test "batch: a bad line is named, and nothing is queued" {
	printf 'buy 1 chair\n\nbuy 2 mice\n' >lines
	refuses 65 'line 2: the text is empty' og-submit --as charlie --batch <lines
	printf 'buy 1 chair\nbuy \xff\n' >lines
	refuses 65 'line 2: ' og-submit --as charlie --batch <lines
	{ echo ok; head -c 70000 /dev/zero | tr '\0' a; echo; } >lines
	refuses 65 'line 2: ' og-submit --as charlie --batch <lines
	run --separate-stderr og-submit --as charlie --batch </dev/null
	[ "$status" -eq 0 ]
	[ -z "$output$stderr" ]
}

@test "four submitters at once lose nothing" {
	for n in 1 2 3 4; do
		for i in $(seq 25); do echo "sentence $n $i"; done |
			og-submit --as charlie --batch >"ids.$n" &
		for i in $(seq 5); do og-submit --as charlie "single $n $i"; done >"single.$n" &
	done
	wait
	[ "$(cat ids.? single.? | sort -u | wc -l)" -eq 120 ]
	sqlite3 "$OG_HOME/queue.db" "SELECT id FROM task" | sort | diff - <(cat ids.? single.? | sort)
}

@test "killed at any write: what was promised is there, the rest is whole" {
	[ -e "$OG_BUILD/tests/killat.so" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-submit" | grep -q asan || skip "not with sanitizers"
	objdump -p "$OG_BUILD/bin/og-submit" | grep -q NEEDED || skip "a static program takes no preload library"
	n=0
	while :; do
		n=$((n + 1))
		touch "$OG_HOME/run/once"
		OG_KILL_PROGRAM=og-submit OG_KILL_AT=$n OG_KILL_ONCE=$OG_HOME/run/once \
			LD_PRELOAD=$OG_BUILD/tests/killat.so og-submit --as charlie "sentence $n" >>promised || true
		[ ! -e "$OG_HOME/run/once" ] || break
	done
	echo "# died at $((n - 1)) points" >&3
	[ "$n" -gt 5 ]
	[ "$(sqlite3 "$OG_HOME/queue.db" 'PRAGMA integrity_check')" = ok ]
	for id in $(cat promised); do
		[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT count(*) FROM task WHERE id = '$id'")" -eq 1 ]
	done
	# Whoever was not promised anything has at most what it asked for.
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT count(*) FROM task")" -le "$n" ]
	[ -z "$(sqlite3 "$OG_HOME/queue.db" "SELECT envelope FROM task" | quick_jq -r .text | sort | uniq -d)" ]
	og-submit --as charlie 'and life goes on'
}

@test "wait: the result, as text and as one line of JSON" {
	serve
	run --separate-stderr og-submit --as charlie --wait --json 'buy 1 ergonomic chair'
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[ -z "$stderr" ]
	[ "$(jq -r '.state + " " + .skill' <<<"$output")" = 'done procure-to-pay' ]
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT stock_quantity FROM products WHERE id = 1')" -eq 49 ]
	run --separate-stderr og-submit --as charlie --wait 'buy 2 standing desks'
	[ "$status" -eq 1 ]
	[[ "$output" == *"Payment Authorization Denied: order total exceeds compliance limit"* ]]
	[[ "$output" != *'{"v":1'* ]]
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT stock_quantity FROM products WHERE id = 2')" -eq 30 ]
	run --separate-stderr og-submit --as charlie --wait --json 'sing me a song of the sea'
	[ "$status" -eq 1 ]
	[ "$(quick_jq -r .state <<<"$output")" = denied ]
	[ "$(queued)" -eq 0 ]
}

@test "wait: an action with values" {
	serve
	run --separate-stderr og-submit --as charlie --wait --json --action procure-to-pay \
		--param quantity=1 --param 'product=laptop stand'
	[ "$status" -eq 0 ]
	[ "$(quick_jq -r .state <<<"$output")" = 'done' ]
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT stock_quantity FROM products WHERE id = 3')" -eq 99 ]
	run --separate-stderr og-submit --as charlie --wait --json --action no-such-skill
	[ "$status" -eq 1 ]
	[ "$(quick_jq -r '.state' <<<"$output")" = denied ]
	[ "$(jq -c '.refusal | [.rule, .fix]' <<<"$output")" = '["no-skill",null]' ]
	# The nearest, of what the principal may see.
	run -1 --separate-stderr og-submit --as charlie --wait --json --action procure-to-pya
	[ "$(quick_jq -r .refusal.fix <<<"$output")" = "did you mean 'procure-to-pay'?" ]
	run -1 --separate-stderr og-submit --as charlie --wait --json --action high-value-transactoin
	[ "$(quick_jq -r .refusal.fix <<<"$output")" = null ]
	run -1 --separate-stderr og-submit --as alice --wait --json --action high-value-transactoin
	[ "$(quick_jq -r .refusal.fix <<<"$output")" = "did you mean 'high-value-transaction'?" ]
	run -1 --separate-stderr og-submit --as charlie --wait --action procure-to-pya
	[[ "$output" == *"did you mean 'procure-to-pay'?"* ]]
}

@test "the same key is the same task" {
	serve
	run --separate-stderr og-submit --as charlie --key k1 --wait --json 'buy 1 laptop stand'
	[ "$status" -eq 0 ]
	first=$(quick_jq -r .task <<<"$output")
	run --separate-stderr og-submit --as charlie --key k1 --wait --json 'buy 1 laptop stand'
	[ "$status" -eq 0 ]
	[ "$(quick_jq -r .task <<<"$output")" = "$first" ]
	run --separate-stderr og-submit --as diana --key k1 --wait --json 'buy 1 laptop stand'
	[ "$(quick_jq -r .task <<<"$output")" != "$first" ]
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT stock_quantity FROM products WHERE id = 3')" -eq 98 ]
}

@test "wait: nobody works; a note, then status 75 and the way to look later" {
	run --separate-stderr og-submit --as charlie --wait --json --timeout 2s 'buy 1 laptop stand'
	[ "$status" -eq 75 ]
	[ -z "$output" ]
	[ "${stderr_lines[0]}" = "og-submit: no worker serves this instance; start one: og-worker" ]
	[[ "${stderr_lines[1]}" == "og-submit: task "*": it is not finished yet" ]]
	[[ "${stderr_lines[2]}" == "og-submit: hint: og-task status "*" --as charlie" ]]
	[ "$(queued)" -eq 1 ]
}

@test "wait: a worker that comes later answers" {
	og-submit --as charlie --wait --json 'buy 1 laptop stand' >out 3>&- &
	waiting=$!
	until_true eval '[ "$(queued)" -eq 1 ]'
	og-worker --drain --quiet
	wait "$waiting"
	[ "$(quick_jq -r .state out)" = 'done' ]
}

@test "wait: a dead letter has an answer too" {
	og-submit --as charlie --wait --json --expires 200ms 'buy 1 laptop stand' >out 3>&- &
	waiting=$!
	until_true eval '[ "$(queued)" -eq 1 ]'
	sleep 0.3
	og-worker --drain --quiet
	ended=0
	wait "$waiting" || ended=$?
	[ "$ended" -eq 1 ]
	[ "$(jq -r '.state + ": " + .reason' out)" = 'failed: expired before it was begun' ]
	og-render --to=text out >/dev/null
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT stock_quantity FROM products WHERE id = 3')" -eq 100 ]
}

@test "an envelope that was changed on its way is refused" {
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	sqlite3 "$OG_HOME/queue.db" "UPDATE task SET envelope = replace(envelope, 'buy 1', 'buy 9')"
	run --separate-stderr og-worker --drain
	[[ "$stderr" == *"dead letter"* ]]
	run --separate-stderr og-task show "$id" --as charlie --json
	[ "$status" -eq 1 ]
	[ "$(quick_jq -r .state <<<"$output")" = failed ]
	[[ "$(quick_jq -r .reason <<<"$output")" == *signature* ]]
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT stock_quantity FROM products WHERE id = 3')" -eq 100 ]
}

# The time in the envelope of the one task that is queued.
in_envelope() {
	sqlite3 "$OG_HOME/queue.db" "SELECT envelope FROM task" | jq -r ".$1 // empty"
}

@test "at: delivered then, not before; the queue and the shield know" {
	id=$(og-submit --as charlie --at +600 'buy 1 laptop stand')
	run --separate-stderr og-task status "$id" --as charlie
	[ "$status" -eq 75 ]
	[[ "$output" == *"queued"*"(not before "* ]]
	[ "$(sqlite3 "$OG_HOME/queue.db" 'SELECT not_before - queued BETWEEN 1 AND 600000 FROM task')" -eq 1 ]
	# A transport that delivers early does not make it begin early.
	sqlite3 "$OG_HOME/queue.db" 'UPDATE task SET not_before = 0'
	timeout 60 og-worker --once --json >out
	[ "$(jq -r '.outcome + " " + .reason' out | sed 's/20.*//')" = 'waiting not before ' ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_task")" -eq 0 ]
	[ "$(sqlite3 "$OG_HOME/queue.db" 'SELECT attempts FROM task')" -eq 0 ]
	sqlite3 "$OG_HOME/queue.db" 'DELETE FROM task'
	id=$(og-submit --as charlie --at +2 'buy 1 laptop stand')
	og-worker --drain --quiet
	og-task status "$id" --as charlie
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT begun >= json_extract(envelope, '\$.not_before') FROM og_task")" -eq 1 ]
}

@test "at: every way to say a time" {
	export TZ=CET-1CEST,M3.5.0,M10.5.0/3
	og-submit --as charlie --at '2031-07-01 09:30' --expires 2h 'inspect stock' >/dev/null
	[ "$(in_envelope not_before)" = 2031-07-01T07:30:00.000Z ]
	[ "$(in_envelope expires)" = 2031-07-01T09:30:00.000Z ]
	sqlite3 "$OG_HOME/queue.db" 'DELETE FROM task'
	og-submit --as charlie --at 2031-07-01T09:30:00-01:00 --deadline 90m 'inspect stock' >/dev/null
	[ "$(in_envelope not_before)" = 2031-07-01T10:30:00.000Z ]
	[ "$(in_envelope deadline)" = 2031-07-01T12:00:00.000Z ]
	sqlite3 "$OG_HOME/queue.db" 'DELETE FROM task'
	og-submit --as charlie --at 2031-07-01T09:30Z --deadline 12:00 'inspect stock' >/dev/null
	[ "$(in_envelope deadline)" = 2031-07-01T10:00:00.000Z ]
	for bad in '--at tomorrow' '--at 2001-01-01T00:00:00Z' '--at 25:00' '--deadline 0' \
		'--deadline 2001-01-01T00:00:00Z' '--every 0' '--every 1h --at 06:30' '--every 1d --at +5' \
		'--every 1h --key k' '--every often'; do
		run --separate-stderr og-submit --as charlie $bad 'inspect stock'
		[ "$status" -eq 64 ] || { echo "$bad: $status"; false; }
		[ -z "$output" ]
	done
	[ "$(queued)" -eq 1 ]
}

@test "every: one task in a span, however often it is asked" {
	for i in 1 2 3; do
		og-submit --as charlie --every 1d --expires 1h 'buy 1 laptop stand' >/dev/null
		og-submit --as diana --every 1d 'buy 1 laptop stand' >/dev/null
	done
	og-worker --drain --quiet --jobs 2
	og-submit --as charlie --every 1440m 'buy 1 laptop stand' >/dev/null
	og-worker --drain --quiet
	stands() { sqlite3 "$OG_HOME/erp.db" 'SELECT stock_quantity FROM products WHERE id = 3'; }
	[ "$(stands)" -eq 98 ]
	# The next span is another task; so is another wish in this one.
	key=$(sqlite3 "$OG_HOME/erp.db" "SELECT key FROM og_task WHERE principal = 3 AND key IS NOT NULL")
	want=$(printf '{"principal":"charlie","text":"buy 1 laptop stand"}' | sha256sum)
	[ "$key" = "every 86400000 $(date -u +%F)T00:00:00.000Z ${want%% *}" ]
	sqlite3 "$OG_HOME/erp.db" "UPDATE og_task SET key = replace(key, ' 20', ' 19') WHERE key IS NOT NULL"
	og-submit --as charlie --every 1d 'buy 1 laptop stand' >/dev/null
	og-submit --as charlie --every 1d --action procure-to-pay --param quantity=1 --param 'product=Laptop Stand' >/dev/null
	og-worker --drain --quiet
	[ "$(stands)" -eq 96 ]
	og-ledger verify --state >/dev/null
}

@test "every day at a time: before it the task waits, after it it is due" {
	# A zone in which it is noon now: both times are of this day.
	local hour
	hour=$(date -u +%-H)
	export TZ=XXX$((hour - 12))
	soon=$(date -d '+2 hours' +%H:%M) gone=$(date -d '-2 hours' +%H:%M)
	og-submit --as charlie --every 1d --at "$soon" 'buy 1 laptop stand' >/dev/null
	[ "$(in_envelope not_before)" = "$(date -u -d "@$(date -d "$(date +%F) $soon" +%s)" +%FT%H:%M:00.000Z)" ]
	[[ "$(in_envelope key)" == "every 86400000 $(date +%F) "* ]]
	sqlite3 "$OG_HOME/queue.db" 'DELETE FROM task'
	og-submit --as charlie --every 1d --at "$gone" 'buy 1 laptop stand' >/dev/null
	[ -z "$(in_envelope not_before)" ]
	[[ "$(in_envelope key)" == "every 86400000 $(date +%F) "* ]]
}

@test "the manual's crontab and timer lines run" {
	page=$OG_TESTS/../share/man/man1/og-submit.1
	grep -E '^(5|\*/20) .*og-submit |^ExecStart=' "$page" |
		sed -e 's/^ExecStart=.*og-submit/og-submit/' -e 's/^[^o]*og-submit/og-submit/' \
			-e "s|/srv/erp|$OG_HOME|" >lines
	[ "$(wc -l <lines)" -eq 3 ]
	while read -r line; do
		run --separate-stderr sh -c "TZ=UTC $line"
		[ "$status" -eq 0 ]
		[[ "$output" =~ ^[0-9a-f-]{36}$ ]]
	done <lines
	# The timer's line is the crontab's: the same occurrence of the same wish.
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT count(DISTINCT json_extract(envelope, '\$.key')) FROM task")" -eq 2 ]
}

@test "deadline: what was done is taken back, and the end says why" {
	before=$(business)
	id=$(og-submit --as charlie --deadline 1s 'buy 1 ergonomic chair')
	sleep 1.1
	og-worker --drain --quiet
	run --separate-stderr og-task show "$id" --as charlie --json
	[ "$status" -eq 1 ]
	[[ "$(jq -r '.state + ": " + .reason' <<<"$output")" == "failed: deadline: it was to be done by 20"* ]]
	[ "$(business)" = "$before" ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE action = 'refuse'
		AND json_extract(body, '\$.rule') = 'deadline'")" -eq 1 ]
}

@test "it has no network, and without --wait no other program" {
	command -v strace >/dev/null || skip "strace is not installed"
	strace -f -o trace og-submit --as charlie 'inspect stock'
	[ "$(grep -c 'PR_SET_SECCOMP' trace)" -eq 2 ]
	not grep -E 'socket\(AF_INET' trace
	[ "$(grep -c 'execve(' trace)" -eq 1 ]
	not grep 'erp.db' trace
}

@test "a result whose own view is wrong is told without it, and why" {
	cat >SKILL.md <<-'S'
		---
		name: bad-view
		description: A view that wants rows and is bound to a number.
		metadata:
		  og-kind: workflow
		  og-clearance: "1"
		---
		## When
		- show bad view
		## Steps
		### look
		```sql read as x
		SELECT count(*) AS n FROM products
		```
		## Answer

		{n} products.

		## View
		```jsx view
		<Table rows={data.x[0].n} />
		```
		## Grants
		```grants
		[{"tbl": "products", "verbs": ["select"]}]
		```
	S
	og-skill add --as alice --grant SKILL.md
	serve
	run --separate-stderr og-submit --as alice --wait "show bad view"
	[ "$status" -eq 0 ]
	[[ "$output" == *"7 products."* ]]
	[[ "$stderr" == *"view:1:8: rows: wants rows"* ]]
}

@test "--wait: who stops waiting is told which task goes on" {
	og-submit --as charlie --wait 'buy 1 laptop stand' 2>said 3>&- &
	waiting=$!
	until_true grep -q 'no worker' said
	kill -TERM "$waiting"
	wait "$waiting" || status=$?
	[ "$(kill -l "$status")" = TERM ]
	id=$(og-task list --as charlie --state queued --json | quick_jq -r .task)
	[ -n "$id" ]
	grep -qx "og-submit: task $id goes on; og-task status $id --as charlie" said
}
