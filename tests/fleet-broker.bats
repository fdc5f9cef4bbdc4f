# Two workers and one effect, with RabbitMQ between them: a worker is
# stopped after a reply of the shield, at each step in turn, and loses its
# connection to the broker; another one is given the task, and the first
# goes on too late.

load helper

broker=$OG_TESTS/servers/rabbitmq

setup_file() {
	[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || return 0
	OG_OWNER=$$ "$broker" start "$BATS_FILE_TMPDIR/mq" >"$BATS_FILE_TMPDIR/port" || rm -f "$BATS_FILE_TMPDIR/port"
}

teardown_file() {
	[ ! -s "$BATS_FILE_TMPDIR/port" ] || "$broker" kill "$BATS_FILE_TMPDIR/mq"
}

setup() {
	[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || skip "rabbitmq-server is not installed"
	[ -s "$BATS_FILE_TMPDIR/port" ]
	[ -e "$OG_BUILD/tests/stopat.so" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-worker" | grep -q asan || skip "not with sanitizers"
	instance
	company=$OG_HOME
	unset OG_HOME
	socket=$BATS_TEST_TMPDIR/s
	og-shield --listen "unix:$socket" --home "$company" --quiet 2>listen.log 3>&- &
	listener=$!
	until_true grep -q listening listen.log
	echo guest >password
	chmod 600 password
	queue="amqp://guest@127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")/%2f?prefix=test$BATS_TEST_NUMBER&heartbeat=1"
	for at in one two; do
		og init --remote --queue "$queue" --queue-password "$PWD/password" --shield "unix:$socket" $at >/dev/null
		cp "$company/keys/charlie.key" $at/.omnigate/keys/
	done
	og doctor --fix --home one >/dev/null
}

teardown() {
	local pid
	for pid in ${others:-}; do
		kill -9 $(family "$pid") 2>/dev/null || true
	done
	[ -z "${listener:-}" ] || kill "$listener" 2>/dev/null || true
}

# A process and all that came of it.
family() {
	local pid
	echo "$1"
	for pid in $(pgrep -P "$1"); do
		family "$pid"
	done
}

db() { # SQL
	sqlite3 -cmd '.timeout 5000' "$company/erp.db" "$1"
}

sold() { # HOW MANY
	[ "$(db "SELECT stock_quantity FROM products WHERE id = 3")" -eq $((100 - $1)) ]
	[ "$(db "SELECT count(*) FROM invoices")" -eq "$(($1 + before_invoices))" ]
	[ "$(db "SELECT count(*) FROM og_task WHERE state <> 'done'")" -eq 0 ]
}

refusals() {
	db "SELECT count(*) FROM audit_ledger WHERE action = 'refuse' AND body LIKE '%stale-epoch%'"
}

outcomes() { # FILE
	jq -r '.outcome + "/" + .state' "$1" | paste -sd' '
}

# stop_after TEXT: host one's worker stops after a reply with that text.
stop_after() {
	echo -n 1 >once
	OG_STOP_PROGRAM=og-worker OG_STOP_TEXT=$1 OG_STOP_AT=1 OG_STOP_ONCE=$PWD/once \
		LD_PRELOAD=$OG_BUILD/tests/stopat.so og-worker --json --home one >late.json 2>late.log 3>&- &
	late=$!
	others=$late
	until_true stopped
	job=$(pgrep -P "$late" | head -n 1)
	helper=$(pgrep -P "$job" og-amqp)
}

stopped() {
	[ "$(cat once)" = 0 ] && grep -qs '^State:.*T' "/proc/$(pgrep -P "$late" | head -n 1)/status"
}

end_late() {
	kill -TERM "$late"
	wait "$late"
	others=
}

settled() { # ID
	og-task show "$1" --home two --as charlie --json >result.json 2>/dev/null
}

nobody_asks() {
	not pgrep -P "$listener" >/dev/null
}

@test "a worker loses the broker after each reply; another one does the task, the first is fenced" {
	before_invoices=$(db "SELECT count(*) FROM invoices")
	n=0
	for reply in '"epoch":' '"match":' '"step":"price"' '"step":"place-order"' '"step":"reserve-stock"' \
		'"step":"authorize-payment"' '"step":"write-invoice"' '"step":"complete-order"'; do
		n=$((n + 1))
		id=$(og-submit --home one --as charlie 'buy 1 laptop stand')
		stop_after "$reply"
		was=$(refusals)
		kill -9 "$helper"
		og-worker --json --home two >two.json 2>two.log 3>&- &
		second=$!
		others="$late $second"
		until_true settled "$id"
		cp result.json first.json
		kill -CONT "$job"
		fenced() { [ "$(refusals)" -eq $((was + 1)) ]; }
		until_true fenced
		settled "$id"
		cmp first.json result.json
		kill -TERM "$second"
		wait "$second"
		end_late
		grep -q '"outcome":"lost"' late.json
	done
	sold "$n"
	until_true nobody_asks
	og-ledger verify --state --home "$company"
}

@test "a whole machine freezes and thaws: its heartbeat ends, its task is done once" {
	before_invoices=$(db "SELECT count(*) FROM invoices")
	id=$(og-submit --home one --as charlie 'buy 1 laptop stand')
	stop_after '"step":"reserve-stock"'
	kill -STOP "$helper" "$late"
	og-worker --json --home two >two.json 2>two.log 3>&- &
	second=$!
	others="$others $second"
	# Two heartbeats of a second each, and the broker gives it to another.
	until_true settled "$id"
	was=$(refusals)
	kill -CONT "$helper" "$late" "$job"
	fenced() { [ "$(refusals)" -eq $((was + 1)) ]; }
	until_true fenced
	# It works again, as if nothing had been.
	kill -TERM "$second"
	wait "$second"
	[ "$(og-submit --home two --as charlie --wait --json --timeout 60s 'buy 1 laptop stand' | jq -r .state)" = done ]
	end_late
	sold 2
	[ "$(jq -r .task late.json | tail -n 1)" != "$id" ]
}

@test "one envelope in a file's queue and at the broker, worked on at the same time" {
	before_invoices=$(db "SELECT count(*) FROM invoices")
	og init --remote --queue sqlite:queue.db --shield "unix:$socket" three >/dev/null
	cp "$company/keys/charlie.key" three/.omnigate/keys/
	og-submit --home three --as charlie --batch < <(yes 'buy 1 laptop stand' | head -n 20) >ids
	sqlite3 three/.omnigate/queue.db 'SELECT envelope FROM task' | while read -r envelope; do
		printf '%s' "$envelope" | amqp-publish -u "amqp://guest:guest@127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")/%2f" \
			-e "test$BATS_TEST_NUMBER.work" -r tasks -C application/json -p
	done
	for at in one three; do
		og-worker --drain --json --jobs 2 --home $at >$at.json 2>$at.log 3>&- &
		others="${others:-} $!"
	done
	wait $others
	others=
	sold 20
	[ "$(jq -s '[.[] | select(.outcome == "ack" and .state == "done") | .task] | unique | length' one.json three.json)" -eq 20 ]
	until_true nobody_asks
	og-ledger verify --state --home "$company"
}

@test "the same message twice at the broker, two workers: once" {
	before_invoices=$(db "SELECT count(*) FROM invoices")
	og init --remote --queue sqlite:queue.db --shield "unix:$socket" three >/dev/null
	cp "$company/keys/charlie.key" three/.omnigate/keys/
	og-submit --home three --as charlie --batch < <(yes 'buy 1 laptop stand' | head -n 20) >ids
	sqlite3 three/.omnigate/queue.db 'SELECT envelope FROM task' | while read -r envelope; do
		for _ in 1 2 3; do
			printf '%s' "$envelope" | amqp-publish -u "amqp://guest:guest@127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")/%2f" \
				-e "test$BATS_TEST_NUMBER.work" -r tasks -C application/json -p
		done
	done
	for at in one two; do
		og-worker --drain --json --jobs 2 --home $at >$at.json 2>$at.log 3>&- &
		others="${others:-} $!"
	done
	wait $others
	others=
	sold 20
	until_true nobody_asks
	og-ledger verify --state --home "$company"
}
