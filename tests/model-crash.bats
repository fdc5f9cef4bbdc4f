# kill -9 in the middle of a task that a model works on. After any turn: the
# same end, no effect twice, and no answer that was had is asked for again.
# Anywhere in the shield, at each point where a file changes: the same, but
# for the one answer that was on its way. A sample in `make check`, all of it
# with OG_FULL=1.

load helper
load model-helper

TURNS=5

end_state() {
	sql "SELECT 'stock', name, stock_quantity FROM products;
		SELECT 'order', user_id, total_amount, status FROM orders ORDER BY id;
		SELECT 'payment', amount, status FROM payments ORDER BY id;
		SELECT 'invoice', amount, status FROM invoices ORDER BY id;
		SELECT 'task', state, reason FROM og_task;
		SELECT 'entry', action, count(*) FROM audit_ledger WHERE action IN
			('step', 'model.answer', 'task.finish') GROUP BY action"
	sqlite3 "$OG_HOME/queue.db" "SELECT 'left', state FROM task"
}

# A purchase in TURNS turns. One that is asked for again is given again.
script() { # MS: what each takes
	local n=0 line
	use openai
	while read -r line; do
		says "$(jq -c --argjson n $n --argjson ms "$1" \
			'. + {after: $n, repeat: "forever", delay_ms: $ms}' <<<"$line")"
		n=$((n + 1))
	done <<-END
		$(call read '{"sql":"SELECT 1 AS n","as":"one"}')
		$(call run_step '{"skill":"procure-to-pay","step":"price","slots":{"product":"Ergonomic Chair","quantity":1}}')
		$(call read '{"sql":"SELECT 2 AS n","as":"two"}')
		$(call run_step '{"skill":"procure-to-pay"}')
		{"calls":[{"name":"finish","args":{}}]}
	END
}

begin() {
	id=$(og-submit --as charlie 'an ergonomic chair')
	who=charlie
}

at_turn() { # N: are so many answers on record?
	[ "$(sql "SELECT count(*) FROM og_turn WHERE state = 'answered'")" -ge "$1" ]
}

# The task, and the worker has heard of it.
ended() {
	og-task show "$id" --as charlie --json >result &&
		[ -z "$(sqlite3 "$OG_HOME/queue.db" 'SELECT 1 FROM task')" ]
}

victim() { # NAME
	local job
	job=$(pgrep -P "$worker" | head -n 1)
	case $1 in
	worker) echo "$job" ;;
	*) pgrep -P "$job" -x "$1" | head -n 1 ;;
	esac
}

# The end without a death, and what it is worth.
undisturbed() {
	script 0
	cp -r "$OG_HOME" pristine
	begin
	og-worker --drain --quiet
	ended
	[ "$(stock 1)" -eq 49 ]
	[ "$(asked)" -eq $TURNS ]
	want=$(end_state)
}

# How often it was asked for each turn: "1 1 2 1 1".
times() {
	jq -r '[.request.messages[] | select(.role == "assistant")] | length' log | sort -n | uniq -c |
		awk '{ printf "%s%d", sep, $1; sep = " " }'
}

# Answers that were on record then are not asked for again; one that was under
# way may be, once.
paid_once() { # N
	local i=0 n
	for n in $(times); do
		i=$((i + 1))
		[ "$n" -eq 1 ] || [ "$i" -gt "$1" ] || return 1
	done
	[ "$i" -eq $TURNS ] && [ "$(asked)" -le $((TURNS + 1)) ]
}

@test "killed after any turn: the same end, and no answer that was had is asked for again" {
	undisturbed
	turns='1 3'
	[ -z "${OG_FULL:-}" ] || turns='1 2 3 4'
	for name in worker og-shield og-http; do
		for n in $turns; do
			rm -rf "$OG_HOME"
			cp -r pristine "$OG_HOME"
			script 400
			begin
			og-worker --quiet 2>/dev/null 3>&- &
			worker=$!
			until_true at_turn "$n"
			kill -9 "$(victim "$name")"
			until_true ended
			kill "$worker"
			wait "$worker" || true
			worker=
			[ "$(end_state)" = "$want" ] || { echo "$name after turn $n:"; diff <(echo "$want") <(end_state); }
			paid_once "$n" || { echo "$name after turn $n: $(times)"; return 1; }
			og-ledger verify --state
		done
	done
}

need_preload() {
	[ -e "$OG_BUILD/tests/killat.so" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
}

@test "the shield killed at any write: the same end, and at most one answer more" {
	need_preload
	undisturbed
	n=1
	stride=${OG_FULL:+1}
	while :; do
		rm -rf "$OG_HOME"
		cp -r pristine "$OG_HOME"
		script 0
		begin
		touch "$OG_HOME/run/once"
		OG_KILL_PROGRAM=og-shield OG_KILL_AT=$n OG_KILL_ONCE=$OG_HOME/run/once \
			LD_PRELOAD=$OG_BUILD/tests/killat.so og-worker --drain --quiet 2>/dev/null || true
		[ ! -e "$OG_HOME/run/once" ] || break
		og-worker --drain --quiet 2>/dev/null
		[ "$(end_state)" = "$want" ] || { echo "at $n:"; diff <(echo "$want") <(end_state); }
		[ "$(asked)" -le $((TURNS + 1)) ] || { echo "at $n: $(asked) requests"; return 1; }
		og-ledger verify --state
		n=$((n + ${stride:-17}))
	done
	[ "$n" -gt 30 ]
}
