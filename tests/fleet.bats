# Two workers and one effect. A worker is stopped (SIGSTOP) right after a
# reply of the shield, at each of them in turn; another one finishes its
# task; the first goes on (SIGCONT) and is too late. Hosts are instances
# without a database that ask one listener, each with a queue of its own.

load helper

setup() {
	[ -e "$OG_BUILD/tests/stopat.so" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-worker" | grep -q asan || skip "not with sanitizers"
	instance
	company=$OG_HOME
	socket=$BATS_TEST_TMPDIR/s
	og-shield --listen "unix:$socket" --quiet 2>listen.log 3>&- &
	listener=$!
	until_true grep -q listening listen.log
	host one
	host two
}

teardown() {
	local pid
	for pid in ${others:-}; do
		kill -9 $(pgrep -P "$pid") "$pid" 2>/dev/null || true
	done
	[ -z "${listener:-}" ] || kill "$listener" 2>/dev/null || true
}

# host NAME: a worker's host, which submits as charlie too.
host() {
	og init --remote --queue sqlite:queue.db --shield "unix:$socket" "$1" >/dev/null
	cp "$company/keys/charlie.key" "$1/.omnigate/keys/"
	og status --home "$1" >/dev/null # makes the queue
}

db() { # SQL
	sqlite3 -cmd '.timeout 5000' "$company/erp.db" "$1"
}

queue() { # HOST SQL
	sqlite3 -cmd '.timeout 5000' "$1/.omnigate/queue.db" "$2"
}

stock() {
	db "SELECT stock_quantity FROM products WHERE id = 3"
}

# Everything once: the goods, the order, the invoice; and the ledger agrees.
sold() { # HOW MANY
	[ "$(stock)" -eq $((100 - $1)) ]
	[ "$(db "SELECT count(*) FROM order_items WHERE product_id = 3")" -eq "$(($1 + before_items))" ]
	[ "$(db "SELECT count(*) FROM invoices")" -eq "$(($1 + before_invoices))" ]
	[ "$(db "SELECT count(*) FROM og_task WHERE state <> 'done'")" -eq 0 ]
}

count_before() {
	before_items=$(db "SELECT count(*) FROM order_items WHERE product_id = 3")
	before_invoices=$(db "SELECT count(*) FROM invoices")
}

# copy TASK FROM TO: the same envelope in another host's queue.
copy() {
	queue "$3" "ATTACH '$2/.omnigate/queue.db' AS other;
		INSERT INTO main.task(id, envelope, queued) SELECT id, envelope, queued FROM other.task WHERE id = '$1'"
}

# stop_at N HOST [OPTION...]: a worker there that stops after its N-th reply.
stop_at() {
	local n=$1 at=$2
	shift 2
	echo -n 1 >once
	OG_STOP_PROGRAM=og-worker OG_STOP_TEXT='"ok":' OG_STOP_AT=$n OG_STOP_ONCE=$PWD/once \
		LD_PRELOAD=$OG_BUILD/tests/stopat.so og-worker --json --home "$at" "$@" >late.json 2>late.log 3>&- &
	late=$!
	others=$late
	until_true stopped_or_over
}

stopped_or_over() {
	[ "$(cat once)" = 0 ] || ! kill -0 "$late" 2>/dev/null
}

is_stopped() { # wait for the kernel to say so, too
	job=$(pgrep -P "$late" | head -n 1)
	[ -n "$job" ] && grep -q '^State:.*T' "/proc/$job/status"
}

go_on() {
	kill -CONT "$job"
	wait "$late"
	others=
}

outcomes() { # FILE
	jq -r '.outcome + "/" + .state' "$1" | paste -sd' '
}

refusals() {
	db "SELECT count(*) FROM audit_ledger WHERE action = 'refuse' AND body LIKE '%stale-epoch%'"
}

@test "stopped after each reply in turn, overtaken, and back: one effect, and the late one is fenced" {
	count_before
	fenced=0 n=1
	while :; do
		n=$((n + 1))
		id=$(og-submit --home one --as charlie 'buy 1 laptop stand')
		stop_at "$n" one --drain
		[ "$(cat once)" = 0 ] || break
		until_true is_stopped
		copy "$id" one two
		og-worker --drain --json --home two >first.json 2>>late.log
		[ "$(outcomes first.json)" = ack/done ]
		result=$(og-task show "$id" --home one --as charlie --json)
		was=$(refusals)
		go_on
		# The recorded reply comes back, whoever asks again.
		[ "$(og-task show "$id" --home one --as charlie --json)" = "$result" ]
		[ "$(queue one 'SELECT count(*) FROM task')" -eq 0 ]
		sold $((n - 1))
		if [[ "$(outcomes late.json)" == lost/*" ack/done" ]]; then
			fenced=$((fenced + 1))
			[ "$(refusals)" -eq $((was + 1)) ]
		else
			# It had heard the last reply already.
			[ "$(outcomes late.json)" = ack/done ]
			[ "$(refusals)" -eq "$was" ]
		fi
	done
	wait "$late"
	others=
	# Begin, match, six steps and the finish were visited.
	[ "$n" -ge 9 ]
	[ "$fenced" -ge $((n - 3)) ]
	sold $((n - 1))
	until_true nobody_asks
	og-ledger verify --state --home "$company"
}

nobody_asks() {
	not pgrep -P "$listener" >/dev/null
}

@test "the conversation is cut after each reply in turn: the task goes on from its journal" {
	count_before
	n=1
	while :; do
		n=$((n + 1))
		og-submit --home one --as charlie 'buy 1 laptop stand' >/dev/null
		stop_at "$n" one --drain
		[ "$(cat once)" = 0 ] || break
		until_true is_stopped
		kill -9 $(pgrep -P "$listener")
		go_on
		[[ "$(outcomes late.json)" == "retry/"*" ack/done" || "$(outcomes late.json)" == ack/done ]]
		sold $((n - 1))
	done
	wait "$late"
	others=
	[ "$n" -ge 9 ]
	sold $((n - 1))
	until_true nobody_asks
	og-ledger verify --state --home "$company"
}

@test "undone by one, while another was doing it: taken back once" {
	n=1
	while :; do
		n=$((n + 1))
		id=$(og-submit --home one --as charlie 'buy 2 standing desks')
		stop_at "$n" one --drain
		[ "$(cat once)" = 0 ] || break
		until_true is_stopped
		copy "$id" one two
		og-worker --drain --json --home two >first.json 2>>late.log
		[ "$(outcomes first.json)" = ack/compensated ]
		go_on
		[ "$(queue one 'SELECT count(*) FROM task')" -eq 0 ]
		[ "$(db "SELECT stock_quantity FROM products WHERE id = 2")" -eq 30 ]
	done
	wait "$late"
	others=
	[ "$n" -ge 8 ]
	[ "$(db "SELECT count(*) FROM og_task WHERE state <> 'compensated'")" -eq 0 ]
	[ "$(db "SELECT stock_quantity FROM products WHERE id = 2")" -eq 30 ]
	until_true nobody_asks
	og-ledger verify --state --home "$company"
}

@test "the same envelopes in two queues, two workers at the same time: each once" {
	count_before
	og-submit --home one --as charlie --batch < <(yes 'buy 1 laptop stand' | head -n 30) >ids
	while read -r id; do
		copy "$id" one two
	done <ids
	for at in one two; do
		og-worker --drain --json --jobs 2 --home $at >$at.json 2>$at.log 3>&- &
		others="${others:-} $!"
	done
	wait $others
	others=
	sold 30
	# Whoever was late was told so, and then given the recorded result.
	[ "$(jq -s '[.[] | select(.outcome == "ack" and .state == "done") | .task] | unique | length' one.json two.json)" -eq 30 ]
	[ "$(queue one 'SELECT count(*) FROM task WHERE state < 2')" -eq 0 ]
	[ "$(queue two 'SELECT count(*) FROM task WHERE state < 2')" -eq 0 ]
	until_true nobody_asks
	og-ledger verify --state --home "$company"
}

@test "one queue: a stopped worker keeps its claim until somebody ends it" {
	count_before
	id=$(og-submit --home one --as charlie 'buy 1 laptop stand')
	stop_at 5 one
	until_true is_stopped
	og-worker --drain --quiet --home one
	# No guess about who is dead: nobody else got it.
	[ "$(queue one 'SELECT state FROM task')" -eq 1 ]
	run og-task status "$id" --home one --as charlie
	[ "$status" -eq 75 ]
	kill -9 "$job"
	waits() { og-task status "$id" --home one --as charlie >/dev/null; }
	og-worker --drain --quiet --home one
	until_true waits
	sold 1
	kill "$late"
	wait "$late"
	others=
}

@test "one queue: cancelled while its worker is stopped; it finds out and takes back" {
	id=$(og-submit --home one --as charlie 'buy 1 laptop stand')
	stop_at 6 one --drain
	until_true is_stopped
	[ "$(stock)" -lt 100 ] || [ "$(db "SELECT count(*) FROM orders WHERE status = 'pending'")" -gt 0 ]
	og-task cancel "$id" --home one --as charlie >/dev/null
	og-worker --drain --quiet --home one
	go_on
	[ "$(og-task show "$id" --home one --as charlie --json | jq -r .state)" = cancelled ]
	[ "$(stock)" -eq 100 ]
	until_true nobody_asks
	og-ledger verify --state --home "$company"
}

@test "one task after the other is taken over: the worker has not failed, and goes on" {
	count_before
	for _ in 1 2 3 4 5 6 7; do
		id=$(og-submit --home one --as charlie 'buy 1 laptop stand')
		copy "$id" one two
	done
	stop_at 3 one --drain
	for n in 1 2 3 4 5 6 7; do
		until_true is_stopped
		og-worker --once --quiet --home two
		[ "$n" -eq 7 ] || echo -n 1 >once
		kill -CONT "$job"
		until_true ended "$job"
	done
	wait "$late" # not 75
	others=
	[ "$(jq -c 'select(.outcome == "lost")' late.json | wc -l)" -eq 7 ]
	[ "$(queue one 'SELECT count(*) FROM task')" -eq 0 ]
	sold 7
}

ended() { # PID
	! kill -0 "$1" 2>/dev/null
}
