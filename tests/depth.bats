# Backpressure: 100,000 tasks are queued, or the shield is slow. Nobody's
# memory grows with it, nobody waits for it, and who submits more than there
# is room for is told so.

load helper

MEMORY=40000 # KiB at most for any program; the queue below takes 80 MB

setup() {
	instance
	worker=
	stopped=
}

teardown() {
	[ -z "$stopped" ] || kill -CONT $stopped 2>/dev/null || true
	[ -z "$worker" ] || kill "$worker" 2>/dev/null || true
}

sql() {
	sqlite3 "$OG_HOME/queue.db" "$1"
}

# 100,000 copies of one signed task, of which each has an id of its own.
fill() {
	og-submit --as bob 'inspect stock' >/dev/null
	sql "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO task(id, envelope, priority, queued) SELECT
		printf('00000000-0000-7000-8000-%012d', i), t.envelope, -1, t.queued
		FROM n, (SELECT envelope, queued FROM task LIMIT 1) AS t" >/dev/null
}

# The processes of the worker: itself, its jobs, their shields, their readers
# of what is proposed.
people() {
	local job
	echo "$worker"
	for job in $(pgrep -P "$worker"); do
		echo "$job"
		pgrep -P "$job" || true
	done
}

peak() { # PID
	awk '/^VmHWM/ { print $2 }' "/proc/$1/status"
}

@test "with 100,000 tasks queued every program stays small and quick" {
	[ -e "$OG_BUILD/tests/peak.so" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
	fill
	export OG_PEAK_FILE=$PWD/peaks LD_PRELOAD=$OG_BUILD/tests/peak.so
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	run -0 timeout 60 og-task list --as bob --limit 5
	run -75 timeout 60 og-task status "$id" --as charlie
	run timeout 60 og status
	[[ "$output" == *100002* || "$output" == *"100,002"* ]]
	timeout 60 og-worker --once --quiet # the oldest of the usual priority
	timeout 60 og-worker --once --quiet
	run -0 og-task status "$id" --as charlie
	unset LD_PRELOAD
	cat peaks
	[ "$(wc -l <peaks)" -ge 6 ]
	awk -v most=$MEMORY '$2 > most { exit 1 }' peaks
	# A worker that serves, too.
	og-worker --quiet 2>/dev/null 3>&- & worker=$!
	few_left() { [ "$(sql 'SELECT count(*) FROM task WHERE state = 0')" -lt 99900 ]; }
	until_true few_left
	for pid in $(people); do [ "$(peak "$pid")" -lt $MEMORY ]; done
}

@test "a slow shield: its worker claims no more than it works on" {
	og-worker --quiet --jobs 2 3>&- & worker=$!
	are_there() { [ "$(people | wc -l)" -eq 7 ]; }
	until_true are_there
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	og-submit --as charlie --wait 'buy 1 laptop stand' >/dev/null
	stopped=$(for job in $(pgrep -P "$worker"); do pgrep -P "$job"; done | tr '\n' ' ')
	kill -STOP $stopped
	before=$(for pid in $(people); do peak "$pid"; done | awk '{ n += $1 } END { print n }')
	yes 'buy 1 laptop stand' | head -n 2000 | og-submit --as charlie --batch >/dev/null
	sleep 1
	[ "$(sql 'SELECT count(*) FROM task WHERE state = 1')" -le 2 ]
	[ "$(sql 'SELECT count(*) FROM task')" -eq 2000 ]
	after=$(for pid in $(people); do peak "$pid"; done | awk '{ n += $1 } END { print n }')
	[ "$after" -le $((before + 4000)) ]
	sql "DELETE FROM task WHERE state = 0 AND ticket > 40"
	kill -CONT $stopped
	stopped=
	empty() { [ "$(sql 'SELECT count(*) FROM task')" -eq 0 ]; }
	until_true empty
}

@test "who submits more than there is room for is told so" {
	echo 'queue_limit = 3' >>"$OG_HOME/og.conf"
	ids=$(printf 'inspect stock\ninspect stock\n' | og-submit --as bob --batch)
	run -75 og-submit --as bob --batch < <(yes 'inspect stock' | head -n 2)
	[[ "$output" == *"2 tasks are queued, and there is room for 3"* ]]
	[[ "$output" == *queue_limit* ]]
	og-submit --as bob 'inspect stock' >/dev/null
	run -75 og-submit --as bob 'inspect stock'
	[ "$(sql 'SELECT count(*) FROM task')" -eq 3 ]
	# What takes work away has room always.
	og-task cancel "${ids%%$'\n'*}" --as bob
	og-worker --drain --quiet
	og-submit --as bob 'inspect stock'
	sql "UPDATE task SET state = 2, died = queued" # dead letters wait for nobody
	for _ in 1 2 3; do og-submit --as bob 'inspect stock' >/dev/null; done
	OG_QUEUE_LIMIT=0 og-submit --as bob 'inspect stock' >/dev/null
}
