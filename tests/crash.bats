# kill -9 at every point where a file changes, and the same end state after
# a restart: procure-to-pay forward (one chair) and undone (two desks),
# once with the shield dying, once with the worker.

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

# The mark that lets one process die lies inside the instance: a sealed
# shield could not remove it anywhere else, and would never die.
# kill_everywhere PROGRAM SENTENCE STEP: visits N = 1, 1+STEP, ...
kill_everywhere() {
	local program=$1 sentence=$2 stride=$3 n=1 want id
	instance
	og-submit --as charlie "$sentence" >/dev/null
	cp -r "$OG_HOME" "$BATS_TEST_TMPDIR/pristine"
	og-worker --drain 2>/dev/null
	want=$(end_state)
	while :; do
		rm -rf "$OG_HOME"
		cp -r "$BATS_TEST_TMPDIR/pristine" "$OG_HOME"
		touch "$OG_HOME/run/once"
		OG_KILL_PROGRAM=$program OG_KILL_AT=$n OG_KILL_ONCE=$OG_HOME/run/once \
			LD_PRELOAD=$KILLAT timeout 20 og-worker --drain >/dev/null 2>&1 || true
		[ ! -e "$OG_HOME/run/once" ] || break
		timeout 20 og-worker --drain >/dev/null 2>&1
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

need_preload() {
	[ -e "$KILLAT" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
}

@test "the shield killed at every write of a purchase" {
	need_preload
	kill_everywhere og-shield "buy 1 ergonomic chair" "${OG_KILL_STRIDE:-3}"
}

@test "the shield killed at every write of a purchase that is rolled back" {
	need_preload
	kill_everywhere og-shield "buy 2 standing desks" "${OG_KILL_STRIDE:-3}"
}

@test "the worker killed at every write of a purchase" {
	need_preload
	kill_everywhere og-worker "buy 1 ergonomic chair" 1
}

@test "the worker killed at every write of a purchase that is rolled back" {
	need_preload
	kill_everywhere og-worker "buy 2 standing desks" 1
}
