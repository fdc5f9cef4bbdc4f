# kill -9 at every write of a task with an effect outside: the same books, the
# same end, and a service that charged and refunded as often as without. A
# sample, unless OG_FULL is set.

load helper
load effects-helper

# Books, states, and what the service did; not how often it was asked.
end_state() {
	sql "SELECT 'order', total_amount, status FROM orders ORDER BY id;
		SELECT 'payment', amount, status FROM payments ORDER BY id;
		SELECT 'stock', id, stock_quantity FROM products;
		SELECT 'task', state, reason FROM og_task"
	echo "charged $(did charge), refunded $(did refund)"
}

# kill_everywhere PROGRAM SENTENCE BEHAVIOUR STEP: visits N = 1, 1+STEP, ...
# Without a sentence, of what is in the queue.
kill_everywhere() {
	local program=$1 sentence=$2 how=$3 stride=$4 n=1 want
	export KILLAT=$OG_BUILD/tests/killat.so
	[ -e "$KILLAT" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
	[ -z "$sentence" ] || og-submit --as charlie "$sentence" >/dev/null
	cp -r "$OG_HOME" "$BATS_TEST_TMPDIR/pristine"
	[ -z "$how" ] || echo "$how" >"$behave"
	og-worker --drain --quiet
	want=$(end_state)
	while :; do
		rm -rf "$OG_HOME"
		cp -r "$BATS_TEST_TMPDIR/pristine" "$OG_HOME"
		fresh
		[ -z "$how" ] || echo "$how" >"$behave"
		touch "$OG_HOME/run/once"
		OG_KILL_PROGRAM=$program OG_KILL_AT=$n OG_KILL_ONCE=$OG_HOME/run/once \
			LD_PRELOAD=$KILLAT timeout 60 og-worker --drain >/dev/null 2>&1 || true
		[ ! -e "$OG_HOME/run/once" ] || break
		timeout 60 og-worker --drain >/dev/null 2>&1
		[ "$(end_state)" = "$want" ] || {
			echo "killed $program at $n:"
			diff <(echo "$want") <(end_state)
			return 1
		}
		og-ledger verify --state >/dev/null || {
			echo "ledger broken after killing $program at $n"
			return 1
		}
		n=$((n + stride))
	done
	echo "# $program died at $n points" >&3
	[ "$n" -gt 5 ]
}

stride() { # of the sample
	[ -n "${OG_FULL:-}" ] && echo 1 || echo "$1"
}

@test "the shield killed at every write of a charge" {
	kill_everywhere og-shield 'pay for 1 wireless mouse' '' "$(stride 6)"
}

@test "the shield killed at every write of a charge that is refunded" {
	kill_everywhere og-shield 'pay for 7 wireless mouse' '' "$(stride 9)"
}

@test "the worker killed at every write of a charge that is refunded" {
	kill_everywhere og-worker 'pay for 7 wireless mouse' '' "$(stride 2)"
}

@test "the worker killed at every write of a charge that is refused" {
	kill_everywhere og-worker 'pay for 21 standing desks' '' "$(stride 2)"
}

@test "the shield killed at every write of a refund that is refused" {
	kill_everywhere og-shield 'pay for 7 wireless mouse' '*/charges/pay_1/refunds 422' "$(stride 9)"
}

# A task in doubt, and in the queue the word that it is to be tried again.
doubted() {
	echo '*/charges lost' >"$behave"
	try 'pay for 7 wireless mouse'
	is state in_doubt
	: >"$behave"
	og-task resolve "$id" --as alice --state retry >/dev/null 2>&1
}

@test "the shield killed at every write of a task that is resolved" {
	doubted
	kill_everywhere og-shield '' '' "$(stride 9)"
}

@test "the worker killed at every write of a task that is resolved" {
	doubted
	kill_everywhere og-worker '' '' "$(stride 3)"
}
