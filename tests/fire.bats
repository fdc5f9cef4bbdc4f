# Under fire: while four people submit, a worker with two jobs, its jobs and
# their shields are killed (-9) at random, again and again, the worker being
# started afresh each time it dies; with a broker, that too. Every task that
# was acknowledged comes to its one right end, with its effects once. make
# check-full goes on for many more kills than make check.

load helper

setup() {
	instance
	og-shield exec --as alice "UPDATE products SET stock_quantity = 100000 WHERE id = 3" >/dev/null
	worker= crowd= broker=
}

teardown() {
	touch stop
	for pid in $crowd $worker; do kill "$pid" 2>/dev/null || true; done
	[ -z "$broker" ] || "$OG_TESTS/servers/rabbitmq" kill "$broker"
	wait
}

# submit_for_ever FILE: appends "STATE ID" for what was acknowledged. Who is
# refused, the broker being away, has nothing to remember.
submit_for_ever() {
	local n=0 id
	while [ ! -e stop ]; do
		case $((n++ % 3)) in
		0) id=$(og-submit --as charlie 'buy 1 laptop stand') && echo "done $id" ;;
		1) id=$(og-submit --as diana 'buy 2 standing desks') && echo "compensated $id" ;;
		2) id=$(og-submit --as bob 'inspect stock') && echo "done $id" ;;
		esac >>"$1" 2>>submit.log
		sleep 0.2 # four of them: about what two jobs can do, so that there is work always
	done
}

work() {
	og-worker --quiet --jobs 2 2>>worker.log 3>&- & worker=$!
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
	local n=0
	while [ "$n" -lt "$1" ]; do
		sleep "0.$((RANDOM % 15 + 3))"
		kill -9 "$(victim)" 2>/dev/null && n=$((n + 1))
		if ! kill -0 "$worker" 2>/dev/null; then
			wait "$worker" || true
			work
		fi
	done
}

# people [N]: four people submit, under fire.
people_under_fire() { # N
	local i
	work
	for i in 1 2 3 4; do submit_for_ever "acknowledged.$i" 3>&- & crowd+=" $!"; done
	fire "$1"
	touch stop
	# shellcheck disable=SC2086
	wait $crowd
	crowd=
	until_true eval 'itself "$worker" og-worker || ! kill -0 "$worker"'
	kill "$worker" 2>/dev/null || true # unless it was the last to be killed
	wait "$worker" || true
	worker=
}

# Those that have not come to their end.
unfinished() {
	sort acknowledged.* >want
	sql "SELECT state || ' ' || id FROM og_task WHERE finished IS NOT NULL" | sort >got
	comm -23 want got | cut -d ' ' -f 2
}

# One that was killed along with five of its workers is a dead letter: a
# person has to say that it is to go on.
finish_all() {
	local id end=$((SECONDS + 60))
	revived=0
	# What a job has that lost its worker is free when that has ended.
	while [ "$SECONDS" -lt "$end" ]; do
		og-worker --drain --quiet --jobs 2 2>>worker.log || true
		[ -n "$(unfinished)" ] || return 0
		for id in $(unfinished); do
			og-task resolve "$id" --as alice --state retry >>resolve.log 2>&1 && revived=$((revived + 1))
		done
	done
	echo "never finished: $(unfinished)"
	return 1
}

sql() {
	sqlite3 "$OG_HOME/erp.db" "$1"
}

# Nobody's command got lost, and no effect is there twice, or half.
account() {
	local stands
	# What was queued, but killed before it was acknowledged, may be there too.
	[ -z "$(unfinished)" ]
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

report() { # KILLS
	echo "# $1 kills, $(wc -l <want) tasks acknowledged, $revived let go on by hand," \
		"$(sql "SELECT count(*) FROM og_task WHERE epoch > 1") begun more than once" >&3
}

nothing_queued() {
	og-worker --drain --quiet 2>>worker.log
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT count(*) FROM task")" -eq 0 ]
}

@test "workers, jobs and shields killed at random: every task once, to its right end" {
	local kills=${OG_FULL:+700}
	kills=${kills:-30}
	people_under_fire "$kills"
	finish_all
	until_true nothing_queued
	account
	report "$kills"
}

@test "with a broker that is killed, too" {
	local rounds=${OG_FULL:+8} port
	rounds=${rounds:-1}
	[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || skip "rabbitmq-server is not installed"
	broker=$PWD/broker
	port=$(OG_OWNER=$$ "$OG_TESTS/servers/rabbitmq" start "$broker")
	sed -i '/^queue/d' "$OG_HOME/og.conf"
	echo "queue = amqp://127.0.0.1:$port/?heartbeat=2" >>"$OG_HOME/og.conf"
	og doctor --fix >doctor || true
	grep -q '^fixed *broker' doctor
	sleep 2 # a queue that was declared just now would be forgotten
	for _ in $(seq "$rounds"); do
		rm -f stop back
		{
			sleep 2
			"$OG_TESTS/servers/rabbitmq" kill "$broker"
			OG_OWNER=$$ "$OG_TESTS/servers/rabbitmq" again "$broker" || echo 'not again' >lost
			touch back
		} >>broker.log 2>&1 3>&- &
		people_under_fire 15
		until [ -e back ]; do sleep 0.2; done
		[ ! -e lost ]
	done
	finish_all
	account
	report $((rounds * 16))
}
