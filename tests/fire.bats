# Under fire: while four people submit, a worker with two jobs, its jobs and
# their shields are killed (-9) at random, again and again, the worker being
# started afresh each time it dies. Every task that was acknowledged comes
# to its one right end, with its effects once. make check-full goes on for
# many more kills than make check.

load helper

setup() {
	instance
	og-shield exec --as alice "UPDATE products SET stock_quantity = 100000 WHERE id = 3" >/dev/null
	kills=${OG_FULL:+700} kills=${kills:-30}
	worker=
}

teardown() {
	touch stop
	for pid in ${crowd:-} ${worker:-}; do kill "$pid" 2>/dev/null || true; done
	wait
}

# submit_for_ever FILE: appends "STATE ID" for what was acknowledged.
submit_for_ever() {
	local n=0 id
	while [ ! -e stop ]; do
		case $((n++ % 3)) in
		0) id=$(og-submit --as charlie 'buy 1 laptop stand') && echo "done $id" ;;
		1) id=$(og-submit --as diana 'buy 2 standing desks') && echo "compensated $id" ;;
		2) id=$(og-submit --as bob 'inspect stock') && echo "done $id" ;;
		esac >>"$1"
		sleep 0.2
	done
}

work() {
	og-worker --quiet --jobs 2 2>>worker.log & worker=$!
}

# Somebody of the worker's people: itself, a job, a job's shield.
victim() {
	local all job
	all="$worker $(pgrep -P "$worker" || true)"
	for job in $all; do all+=" $(pgrep -P "$job" || true)"; done
	# shellcheck disable=SC2086
	printf '%s\n' $all | sort -u | shuf -n 1
}

fire() { # N
	local n=0 pid
	while [ "$n" -lt "$1" ]; do
		sleep "0.$((RANDOM % 15 + 3))"
		pid=$(victim)
		kill -9 "$pid" 2>/dev/null && n=$((n + 1))
		if ! kill -0 "$worker" 2>/dev/null; then
			wait "$worker" || true
			work
		fi
	done
}

# One that was killed along with five of its workers is a dead letter: a
# person has to say that it is to go on.
revive() {
	[ "$(sqlite3 "$OG_HOME/queue.db" "UPDATE task SET state = 0, attempts = 0
		WHERE state = 2 AND reason = 'delivered too often' RETURNING 1" | wc -l)" -gt 0 ]
}

sql() {
	sqlite3 "$OG_HOME/erp.db" "$1"
}

# Nobody's command got lost, and no effect is there twice, or half.
account() {
	local stands
	sort acknowledged.* >want
	sql "SELECT state || ' ' || id FROM og_task" | sort >got
	# What was queued, but killed before it was acknowledged, may be there too.
	[ -z "$(comm -23 want got)" ]
	[ "$(sql "SELECT count(*) FROM og_task WHERE state NOT IN ('done', 'compensated')")" -eq 0 ]
	stands=$(sql "SELECT count(*) FROM og_task WHERE state = 'done' AND skill = 'procure-to-pay'")
	[ "$(sql "SELECT 100000 - stock_quantity FROM products WHERE id = 3")" -eq "$stands" ]
	[ "$(sql "SELECT count(*) FROM orders WHERE status = 'completed' AND id > 10")" -eq "$stands" ]
	[ "$(sql "SELECT stock_quantity FROM products WHERE id = 2")" -eq 30 ]
	[ "$(sql "SELECT count(*) FROM orders WHERE id > 10")" -eq \
		"$(sql "SELECT count(*) FROM og_task WHERE skill = 'procure-to-pay'")" ]
	[ "$(sql "SELECT count(*) FROM payments p JOIN orders o ON o.id = p.order_id
		WHERE p.status = 'authorized' AND o.status <> 'completed' AND o.id > 10")" -eq 0 ]
	[ "$(sql "SELECT count(*) FROM og_journal")" -eq 0 ]
	og-ledger verify --state
}

@test "workers, jobs and shields killed at random: every task once, to its right end" {
	local i
	crowd=
	work
	for i in 1 2 3 4; do submit_for_ever "acknowledged.$i" & crowd+=" $!"; done
	fire "$kills"
	touch stop
	# shellcheck disable=SC2086
	wait $crowd
	crowd=
	kill "$worker" 2>/dev/null || true # unless it was the last to be killed
	wait "$worker" || true
	worker=
	og-worker --drain --quiet --jobs 2 2>>worker.log || true
	while revive; do og-worker --drain --quiet 2>>worker.log || true; done
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT count(*) FROM task")" -eq 0 ]
	account
	echo "# $kills kills, $(wc -l <want) tasks acknowledged, $(sql "SELECT max(epoch) FROM og_task") deliveries at most" >&3
}
