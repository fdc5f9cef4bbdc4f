# kill -9 of the shield at every point where a file changes, while a task
# writes beside its skill and is taken back: every write is made once, taken
# back once, and known to the ledger. A sample, all with OG_FULL=1.

load helper
load channel-helper

setup() {
	instance
}

teardown() {
	[ -z "${shield:-}" ] || kill "$shield" 2>/dev/null || true
}

stock() {
	sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1"
}

add() {
	write "$1" "UPDATE products SET stock_quantity = stock_quantity + $2 WHERE id = 1"
}

names() {
	quick_jq -r "$1 | join(\" \")" <<<"$reply"
}

# course: goes on with the task until it is taken back, wherever it stood.
course() {
	shield
	begin og-worker/model 2>/dev/null || { shield_end; return 1; }
	case $(quick_jq -r .state <<<"$reply") in compensated) shield_end; return ;; esac
	if [ "$(quick_jq -r .phase <<<"$reply")" = do ]; then
		[[ " $(names .done) " == *' call-0 '* ]] || add 0 10 || { shield_end; return 1; }
		begin og-worker/model || { shield_end; return 1; }
		[[ " $(names .done) " == *' call-1 '* ]] || add 1 100 || { shield_end; return 1; }
	fi
	reply='{"undone":1}'
	while [ "$(quick_jq .undone <<<"$reply")" != null ]; do
		undo || { shield_end; return 1; }
	done
	finish compensated || { shield_end; return 1; }
	shield_end
}

@test "the shield killed everywhere between two writes and their end" {
	killat=$OG_BUILD/tests/killat.so
	[ -e "$killat" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
	task_of alice 'tidy up the shelves'
	cp -r "$OG_HOME" "$BATS_TEST_TMPDIR/pristine"
	n=1
	while :; do
		rm -rf "$OG_HOME"
		cp -r "$BATS_TEST_TMPDIR/pristine" "$OG_HOME"
		touch "$OG_HOME/run/once"
		export OG_KILL_PROGRAM=og-shield OG_KILL_AT=$n OG_KILL_ONCE=$OG_HOME/run/once
		LD_PRELOAD=$killat course >/dev/null 2>&1 || true
		unset OG_KILL_PROGRAM OG_KILL_AT OG_KILL_ONCE
		[ ! -e "$OG_HOME/run/once" ] || break
		course
		[ "$(stock)" -eq 50 ]
		[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT group_concat(action || ' ' ||
			json_extract(entry, '\$.step')) FROM audit_ledger WHERE task = '$id' AND
			action IN ('sql.write', 'undo')")" = \
			'sql.write call-0,sql.write call-1,undo call-1,undo call-0' ]
		[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT state FROM og_task WHERE id = '$id'")" = compensated ]
		og-ledger verify --state >/dev/null
		if [ "${OG_FULL:-}" = 1 ]; then n=$((n + 1)); else n=$((n + 11)); fi
	done
	[ "$n" -gt 11 ]
}
