# og status: what is well, what is not, and for whom it is printed.

load helper

setup() {
	instance
}

teardown() {
	og down >/dev/null 2>&1 || true
	[ -z "${mine:-}" ] || kill "$mine" 2>/dev/null || true
}

# What is wrong, as words for machines.
wrong() {
	og status "$@" --json | jq -r '[.problems[].check] | join(" ")'
}

queue_sql() {
	sqlite3 "$OG_HOME/queue.db" "$1"
}

@test "all is well: 0, and every figure" {
	og-submit --as charlie --batch <<<$'buy 1 laptop stand\nbuy 2 standing desks' >/dev/null
	og-worker --drain --quiet
	run og status
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[[ "$output" == *'queue     0 ready, 0 claimed, 0 delayed, 0 dead'* ]]
	[[ "$output" == *'tasks     compensated 1, done 1'* ]]
	[[ "$output" == *'rate      2 finished in 1 min, 2 in 5, 2 in 15'* ]]
	[[ "$output" == *'breaker   closed'* ]]
	og status --json >out
	jq -e '.v == 1 and .healthy and .problems == [] and .workers == 0 and .jobs == 0 and .up == null
		and .finished["15m"] == 2 and .queue.age_ms == null and .ledger.ok' out
	run og status --check
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" =~ ^'OK - all is well | ready=0 claimed=0 delayed=0 dead=0 workers=0 jobs=0 finished_1m=2 '[a-z0-9_=\ ]*$ ]]
}

@test "nobody serves, too old, too deep, dead letters" {
	[ -z "$(wrong)" ]
	og-submit --as charlie --batch <<<$'buy 1 laptop stand\nbuy 1 laptop stand' >/dev/null
	[ "$(wrong)" = worker ]
	run og status
	[ "$status" -eq 1 ]
	[[ "$output" == *'problem   queued: 2, and no worker serves; og-worker'* ]]
	# An age that is allowed says how long it may wait for one.
	[ -z "$(wrong --max-age 1h)" ]
	[ "$(wrong --max-age 0)" = age ]
	[ "$(wrong --max-age 1h --max-depth 1)" = depth ]
	[ -z "$(wrong --max-age 1h --max-depth 2)" ]
	queue_sql 'UPDATE task SET queued = queued - 7200000'
	run og status --max-age 1h
	[ "$status" -eq 1 ]
	[[ "$output" == *'2 ready (oldest 2 h)'* ]]
	[[ "$output" == *'the oldest task has been waiting for 2 h, more than 60 min'* ]]
	og-worker --drain --quiet
	queue_sql "INSERT INTO task(id, envelope, state, queued, reason) VALUES ('x', '{}', 2, 1, 'no')"
	[ "$(wrong)" = dead ]
	[ -z "$(wrong --max-dead 1)" ]
	run og status --check
	[ "$status" -eq 1 ]
	[[ "$output" == 'WARNING - dead letters: 1; og-task list --state dead | '*' dead=1 '* ]]
	for bad in '--max-age x' '--max-dead -1' '--max-depth 1.5' '--check --json'; do
		run og status $bad
		[ "$status" -eq 64 ]
	done
}

@test "workers and jobs are counted, theirs and those started by hand" {
	og-worker --jobs 3 --quiet 3>&- &
	mine=$!
	OG_JOBS=2 og up --detach 2>/dev/null
	until_true eval "og status --json | jq -e '.workers == 2 and .jobs == 5'"
	og status | grep -qx 'worker    serving: 2 workers, 5 jobs'
	kill "$mine"
	wait "$mine"
	og status --json | jq -e '.workers == 1 and .jobs == 2'
}

@test "a broken ledger; an end that a person must look after" {
	sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER audit_ledger_no_update; UPDATE audit_ledger SET task = 'x' WHERE seq = 3"
	[ "$(wrong)" = ledger ]
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	og-worker --drain --quiet
	sqlite3 "$OG_HOME/erp.db" "UPDATE og_task SET state = 'in_doubt'"
	[ "$(wrong)" = 'tasks ledger' ]
	og status | grep -q 'problem   for a person to resolve: 1;'
}

@test "a queue, a shield, a ledger that cannot be asked are said to be so" {
	echo nonsense >"$OG_HOME/queue.db"
	run og status
	[ "$status" -eq 1 ]
	[[ "$output" == *'queue     cannot be asked'* ]]
	rm "$OG_HOME/queue.db"
	mv "$OG_HOME/erp.db" "$OG_HOME/gone.db"
	[ "$(wrong)" = 'shield ledger' ]
	mv "$OG_HOME/gone.db" "$OG_HOME/erp.db"
	# Without the owner's key one cannot know, which is not the same as bad.
	mv "$OG_HOME/keys/owner.key" "$OG_HOME/keys/elsewhere"
	run og status
	[ "$status" -eq 0 ]
	[[ "$output" == *"tasks     unknown"* ]]
}

@test "services: as they are, not as the file has them" {
	export OG_READY_SECONDS=5 OG_SERVICES='worker graph' OG_GRAPH_COMMAND='exit 3'
	og up --detach 2>/dev/null || [ $? -eq 69 ]
	until_true eval "og status --json | jq -e .worker"
	until_true eval '[ "$(wrong)" = service ]' # and nothing of the worker
	run og status
	[ "$status" -eq 1 ]
	[[ "$output" =~ 'problem   graph: '[a-z]*': it ended with status 3; og logs graph' ]]
	[[ "$output" == *'og up     degraded'* ]]
	[[ "$output" =~ 'worker    ready since '[0-9TZ:.-]*', process '[0-9]+ ]]
	og status --json | jq -e '.up.services[0].problem == null'
	og down
	[ -z "$(wrong)" ]
	unset OG_GRAPH_COMMAND OG_SERVICES OG_READY_SECONDS
	og up --detach 2>/dev/null
	[ -z "$(wrong)" ]
	og status --json | jq -e '.up.state == "ready"'
	# Both are killed: the file still says ready.
	kill_up
	until_true eval "! og status --json | jq -e .worker"
	jq -e '.state == "ready"' "$OG_HOME/run/services.json"
	[ "$(wrong)" = service ]
	og status | grep -q 'problem   worker: gone: og up was killed'
	og status --json | jq -e '.up.state == "killed" and .up.pid == null'
}

@test "services: one that runs and does not answer; a hostile state" {
	port=$(free_port)
	export OG_SERVICES=graph OG_GRAPH="http://127.0.0.1:$port"
	export OG_GRAPH_COMMAND="perl -MIO::Socket::INET -e '\$s = IO::Socket::INET->new(LocalAddr => \"127.0.0.1:$port\", Listen => 5) or die; until (-e \"mute\") { select undef, undef, undef, 0.05 } close \$s; sleep 60'"
	og up --detach 2>/dev/null
	unset OG_GRAPH
	[ -z "$(wrong)" ]
	touch "$OG_HOME/mute"
	until_true eval "[ \"\$(og status --json | jq -r '.problems[0].what')\" = 'graph: it does not answer at http://127.0.0.1:$port; og logs graph' ]"
	og down
	for text in '' 'nonsense' '[]' '{}' '{"state":1,"services":[]}' '{"state":"ready","services":[7,{}]}' \
		'{"state":"\u001b[31m","services":[{"name":"\u001b[0m","state":{},"endpoint":"unix:","pid":-1}]}'; do
		echo "$text" >"$OG_HOME/run/services.json"
		run og status
		[ "$status" -le 1 ]
		[[ "$output" != *$'\033'* ]]
		run og status --check
		[ "$status" -le 1 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "stays quick with many tasks queued and many done" {
	sqlite3 "$OG_HOME/erp.db" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO og_task(id, digest, principal, epoch, state, text, submitted, finished, envelope, result)
		SELECT printf('01a00000-0000-7000-8000-%012d', i), 'x', 1, 1, 'done', 'x', '2026-01-01T00:00:00.000Z',
			strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || (i / 50) || ' seconds'), '{}', hex(zeroblob(500)) FROM n"
	og status >/dev/null || true
	queue_sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO task(id, envelope, queued) SELECT printf('q%d', i), hex(zeroblob(500)), 1 FROM n"
	start=$(date +%s%N)
	og status --json >out || [ $? -eq 1 ]
	ms=$((($(date +%s%N) - start) / 1000000))
	echo "# og status with 100,000 queued and 100,000 done: $ms ms"
	jq -e '.queue.ready == 100000 and .tasks.done == 100000 and .finished["15m"] > 10000' out
	# Indexes answer, whatever the machine: the rows themselves are 100 MB.
	[ "$ms" -lt 5000 ]
}
