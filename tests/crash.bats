# kill -9 at every point where a file changes, and again at some point of
# the restart, and the same end state after one more: procure-to-pay forward
# (one chair) and undone (two desks), once with the shield dying, once with
# the worker, with one job and with two. make check visits a part of the
# points, make check-full all of them (OG_FULL).

load helper

# A small filter for what matters: stock, books, state, ledger.
end_state() {
	sqlite3 "$OG_HOME/erp.db" "
		SELECT 'stock', name, stock_quantity FROM products;
		SELECT 'order', user_id, total_amount, status FROM orders ORDER BY id;
		SELECT 'payment', amount, status FROM payments ORDER BY id;
		SELECT 'invoice', amount, status FROM invoices ORDER BY id;
		SELECT 'items', order_id, product_id, quantity FROM order_items ORDER BY id;
		SELECT 'task', state FROM og_task"
}

setup_file() {
	export KILLAT=$OG_BUILD/tests/killat.so
}

# armed PROGRAM N JOBS: drains; PROGRAM dies at its N-th write. The mark that
# lets one process die lies inside the instance: a sealed shield could not
# remove it anywhere else, and would never die. Status 1: nobody died.
armed() {
	touch "$OG_HOME/run/once"
	OG_KILL_PROGRAM=$1 OG_KILL_AT=$2 OG_KILL_ONCE=$OG_HOME/run/once \
		LD_PRELOAD=$KILLAT timeout 60 og-worker --drain --jobs "$3" >/dev/null 2>&1 || true
	[ ! -e "$OG_HOME/run/once" ] || { rm "$OG_HOME/run/once"; return 1; }
	kills=$((kills + 1))
}

# What must hold however it went.
the_same_end() { # STATE WHAT
	[ "$(end_state)" = "$1" ] || {
		echo "$2:"
		diff <(echo "$1") <(end_state)
		return 1
	}
	og-ledger verify --state >/dev/null || {
		echo "ledger broken: $2"
		return 1
	}
}

# kill_everywhere PROGRAM SENTENCE STRIDE JOBS: visits N = 1, 1+STRIDE, ...
kill_everywhere() {
	local program=$1 stride=$3 jobs=$4 n=1 kills=0 second want
	[ -z "${OG_FULL:-}" ] || stride=1
	instance
	og-submit --as charlie "$2" >/dev/null
	cp -r "$OG_HOME" "$BATS_TEST_TMPDIR/pristine"
	og-worker --drain 2>/dev/null
	want=$(end_state)
	while :; do
		rm -rf "$OG_HOME"
		cp -r "$BATS_TEST_TMPDIR/pristine" "$OG_HOME"
		armed "$program" "$n" "$jobs" || break
		second=$((RANDOM % 50 + 1))
		armed "$program" "$second" "$jobs" || true
		timeout 60 og-worker --drain >/dev/null 2>&1
		the_same_end "$want" "$program killed at $n and $second" || return 1
		n=$((n + stride))
	done
	echo "# $program died $kills times" >&3
	[ "$n" -gt 5 ]
}

need_preload() {
	[ -e "$KILLAT" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
}

@test "the shield killed at every write of a purchase" {
	need_preload
	kill_everywhere og-shield "buy 1 ergonomic chair" 5 1
}

@test "the shield killed at every write of a purchase that is rolled back" {
	need_preload
	kill_everywhere og-shield "buy 2 standing desks" 5 1
}

@test "with two jobs, the shield of one killed" {
	need_preload
	kill_everywhere og-shield "buy 2 standing desks" 11 2
}

@test "the worker killed at every write of a purchase" {
	need_preload
	kill_everywhere og-worker "buy 1 ergonomic chair" 2 1
}

@test "the worker killed at every write of a purchase that is rolled back" {
	need_preload
	kill_everywhere og-worker "buy 2 standing desks" 2 2
}
