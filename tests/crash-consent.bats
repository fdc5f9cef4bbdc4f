# kill -9 at every point where a file changes, on the way of a task that
# waits for an approval: up to the wait; from the answer to the end, once
# approved and done, once rejected and compensated; by cancel and by the end
# of its time. Once with the shield dying, once with the worker; the same end
# state after a restart. A sample in `make check`, all with OG_FULL=1.

load helper

setup_file() {
	export KILLAT=$OG_BUILD/tests/killat.so
}

end_state() {
	sqlite3 "$OG_HOME/erp.db" "
		SELECT 'stock', name, stock_quantity FROM products;
		SELECT 'order', user_id, total_amount, status FROM orders ORDER BY id;
		SELECT 'payment', amount, status FROM payments ORDER BY id;
		SELECT 'invoice', amount, status FROM invoices ORDER BY id;
		SELECT 'task', state, reason, waits FROM og_task;
		SELECT 'consent', kind, said, state FROM og_consent;
		SELECT 'entry', action, count(*) FROM audit_ledger WHERE action IN
			('wait', 'approve', 'reject', 'cancel', 'undo', 'step', 'task.finish')
			GROUP BY action" | sed 's/ by 20[0-9TZ:.-]*//'
	sqlite3 "$OG_HOME/queue.db" "SELECT 'left', state FROM task"
}

need_preload() {
	[ -e "$KILLAT" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
}

# A task of charlie's in an instance where 200 and more take two people.
begin() {
	instance
	printf 'Orders above 200 take two people.\n' |
		og-policy add --as alice --name four-eyes --node procure-to-pay \
			--approval ':total_amount > 200' --step authorize-payment \
			--approver-clearance 3 --approval-expires "${1:-1h}" - >/dev/null
	id=$(og-submit --as charlie "buy 1 ergonomic chair")
}

nothing() {
	:
}

# kill_everywhere PROGRAM STRIDE AFTER: a drain of what is queued dies in
# PROGRAM at N = 1, 1 + STRIDE, ...; another drain follows, then AFTER and
# a last one. The end is the same as without a death.
kill_everywhere() {
	local program=$1 stride=$2 after=$3 n=1
	cp -r "$OG_HOME" "$BATS_TEST_TMPDIR/pristine"
	og-worker --drain 2>/dev/null
	$after
	og-worker --drain 2>/dev/null
	want=$(end_state)
	while :; do
		rm -rf "$OG_HOME"
		cp -r "$BATS_TEST_TMPDIR/pristine" "$OG_HOME"
		touch "$OG_HOME/run/once"
		OG_KILL_PROGRAM=$program OG_KILL_AT=$n OG_KILL_ONCE=$OG_HOME/run/once \
			LD_PRELOAD=$KILLAT timeout 60 og-worker --drain >/dev/null 2>&1 || true
		[ ! -e "$OG_HOME/run/once" ] || break
		timeout 60 og-worker --drain >/dev/null 2>&1
		$after
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
	[ "$n" -gt 3 ]
}

# Sampled, or all of them.
stride() {
	[ "${OG_FULL:-}" = 1 ] && echo 1 || echo "$1"
}

approve() {
	og-task approve "$id" --as alice >/dev/null 2>&1
}

# answered WORD: the task waits, and what ends that is in the queue.
answered() {
	begin
	og-worker --drain 2>/dev/null
	og-task "$@" "$id" >/dev/null 2>&1
}

@test "the shield killed on the way to a wait; approved and done afterwards" {
	need_preload
	begin
	kill_everywhere og-shield "$(stride 7)" approve
	grep -q '^task|done||$' <<<"$want"
}

@test "the worker killed on the way to a wait; approved and done afterwards" {
	need_preload
	begin
	kill_everywhere og-worker "$(stride 2)" approve
	grep -q '^consent|approve|approved|used$' <<<"$want"
}

@test "the shield killed from the approval to the end" {
	need_preload
	answered approve --as alice
	kill_everywhere og-shield "$(stride 7)" nothing
	grep -q '^task|done||$' <<<"$want"
}

@test "the worker killed from the approval to the end" {
	need_preload
	answered approve --as alice
	kill_everywhere og-worker "$(stride 1)" nothing
	not grep -q '^left' <<<"$want"
}

@test "the shield killed from the rejection to the end" {
	need_preload
	answered reject --as alice --note 'no'
	kill_everywhere og-shield "$(stride 7)" nothing
	grep -q '^task|compensated|alice rejected it: no|$' <<<"$want"
}

@test "the worker killed from the rejection to the end" {
	need_preload
	answered reject --as alice --note 'no'
	kill_everywhere og-worker "$(stride 1)" nothing
	grep -q '^stock|Ergonomic Chair|50$' <<<"$want"
}

@test "the shield killed from the cancel of a waiting task to the end" {
	need_preload
	answered cancel --as charlie
	kill_everywhere og-shield "$(stride 7)" nothing
	grep -q '^task|cancelled|' <<<"$want"
	grep -q '^stock|Ergonomic Chair|50$' <<<"$want"
}

@test "the worker killed from the cancel of a waiting task to the end" {
	need_preload
	answered cancel --as charlie
	kill_everywhere og-worker "$(stride 1)" nothing
	grep -q '^task|cancelled|' <<<"$want"
}
