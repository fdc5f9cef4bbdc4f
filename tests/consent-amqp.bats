# A task that waits for an approval, with the queue at a broker: the wait
# outlives workers and the broker, the answer lets it go on.

load helper

broker=$OG_TESTS/servers/rabbitmq

setup_file() {
	[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || return 0
	OG_OWNER=$$ "$broker" start "$BATS_FILE_TMPDIR/broker" >"$BATS_FILE_TMPDIR/port"
}

teardown_file() {
	[ ! -e "$BATS_FILE_TMPDIR/port" ] || "$broker" kill "$BATS_FILE_TMPDIR/broker"
}

setup() {
	[ -s "$BATS_FILE_TMPDIR/port" ] || skip "rabbitmq-server is not installed"
	instance
	printf 'Orders above 200 take two people.\n' |
		og-policy add --as alice --name four-eyes --node procure-to-pay \
			--approval ':total_amount > 200' --step authorize-payment \
			--approver-clearance 3 - >/dev/null
	sed -i "s|^queue = .*|queue = amqp://guest:guest@127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")/?prefix=t$BATS_TEST_NUMBER|" "$OG_HOME/og.conf"
	og doctor --fix >/dev/null || true
}

teardown() {
	stop
}

stop() {
	[ -z "${worker:-}" ] || { kill "$worker" && wait "$worker"; } || true
	worker=
}

serve() {
	og-worker --quiet 3>&- &
	worker=$!
}

is() { # ID STATE
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT state FROM og_task WHERE id = '$1'")" = "$2" ]
}

@test "a wait outlives worker and broker; approved, it is done once" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	serve
	until_true is "$id" waiting
	stop
	sleep 1.5
	"$broker" stop "$BATS_FILE_TMPDIR/broker"
	OG_OWNER=$$ "$broker" again "$BATS_FILE_TMPDIR/broker" >/dev/null
	serve
	sleep 1
	is "$id" waiting
	[ "$(og-task list --as alice --state waiting --json | jq -r .task)" = "$id" ]
	og-task approve "$id" --as alice >/dev/null
	until_true is "$id" 'done'
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" -eq 49 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE action = 'wait'")" -eq 1 ]
	stop
	og-ledger verify --state >/dev/null
}

@test "a rejected one is taken back, a cancelled one too" {
	a=$(og-submit --as charlie 'buy 1 ergonomic chair')
	serve
	until_true is "$a" waiting
	og-task reject "$a" --as alice >/dev/null
	until_true is "$a" compensated
	c=$(og-submit --as charlie 'buy 1 ergonomic chair')
	until_true is "$c" waiting
	og-task cancel "$c" --as charlie >/dev/null
	until_true is "$c" cancelled
	stop
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" -eq 50 ]
	og-ledger verify --state >/dev/null
}

@test "a task is not begun before its time" {
	id=$(og-submit --as charlie --at +4 'buy 1 laptop stand')
	serve
	until_true is "$id" 'done'
	stop
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT begun >= json_extract(envelope, '\$.not_before') FROM og_task WHERE id = '$id'")" -eq 1 ]
}

stands() {
	sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE name = 'Laptop Stand'"
}

@test "a question about slots waits at no worker; answered, it is done once" {
	id=$(og-submit --as charlie 'buy 2 stand')
	serve
	until_true is "$id" waiting
	# the worker that asked dies, and nobody has the task
	kill -9 $(pgrep -P "$worker") "$worker"
	wait "$worker" || true
	og-task answer "$id" 'laptop stand' --as charlie 2>/dev/null
	is "$id" waiting
	[ "$(stands)" -eq 100 ]
	serve
	until_true is "$id" 'done'
	[ "$(stands)" -eq 98 ]
	stop
	# the envelope once more, and nothing comes of it
	og-worker --drain --quiet
	[ "$(stands)" -eq 98 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT group_concat(action) FROM (SELECT action FROM
		audit_ledger WHERE task = '$id' AND action IN ('wait', 'answer', 'task.finish')
		ORDER BY seq)")" = 'wait,answer,task.finish' ]
	og-ledger verify --state >/dev/null
}

@test "killed between the answer and the effect: done once" {
	[ -e "$OG_BUILD/tests/killat.so" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
	died=0 left=100 n=2
	while :; do
		id=$(og-submit --as charlie 'buy 1 stand')
		og-worker --drain --quiet
		is "$id" waiting
		og-task answer "$id" 'laptop stand' --as charlie >/dev/null 2>&1
		touch "$OG_HOME/run/once"
		OG_KILL_PROGRAM=og-shield OG_KILL_AT=$n OG_KILL_ONCE=$OG_HOME/run/once \
			LD_PRELOAD=$OG_BUILD/tests/killat.so timeout 60 og-worker --drain --quiet \
			>/dev/null 2>&1 || true
		[ ! -e "$OG_HOME/run/once" ] || break
		died=$((died + 1)) left=$((left - 1))
		timeout 60 og-worker --drain --quiet 2>/dev/null || true
		until_true is "$id" 'done'
		[ "$(stands)" -eq "$left" ] || { echo "killed at $n: $(stands), not $left"; return 1; }
		n=$((n + 9))
	done
	[ "$died" -gt 1 ]
	og-ledger verify --state >/dev/null
}
