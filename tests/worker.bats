# og-worker when something around it fails: the shield, a file, a reader,
# its own supervisor. What it may not do once it works.

load helper

setup() {
	instance
}

teardown() {
	[ -z "${worker:-}" ] || kill "$worker" 2>/dev/null || true
}

stock() {
	sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = $1"
}

queue() { # SQL
	sqlite3 "$OG_HOME/queue.db" "$1"
}

# The shields of a worker: children of its children, which have others, too.
shields() {
	local job
	for job in $(pgrep -P "$worker"); do
		pgrep -x -P "$job" og-shield || true
	done
}

has_shields() { # N
	[ "$(shields | wc -l)" -eq "$1" ]
}

# serve JOBS [OPTION...]: a worker in the background, ready to work.
serve() {
	og-worker --jobs "$@" 2>worker.log 3>&- &
	worker=$!
	until_true has_shields "$1"
}

# peek FILE: what a job can still do once it waits for work.
peek() {
	rm -f peek.log # of the one before
	OG_PEEK=$1 LD_PRELOAD=$OG_BUILD/tests/peek.so og-worker 2>peek.log 3>&- &
	worker=$!
	until_true grep -q '^peek:' peek.log
	kill "$worker"
	wait "$worker"
	worker=
	grep '^peek:' peek.log | sort -u
}

@test "a sealed job opens no file of the instance, starts nothing, talks to nobody" {
	[ -e "$OG_BUILD/tests/peek.so" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-worker" | grep -q asan || skip "not with sanitizers"
	for file in "$OG_HOME/erp.db" "$OG_HOME/keys/owner.key" "$OG_HOME/queue.db" /etc/passwd; do
		run peek "$file"
		[ "$output" = 'peek: nothing' ]
	done
	# The bells it is left; so the question was asked in earnest.
	run peek "$OG_HOME/run/bell"
	[ "$output" = 'peek: open' ]
}

@test "a shield that is killed is replaced, again and again, and no task is lost" {
	serve 1 --quiet
	for n in 1 2 3 4 5 6 7 8; do
		kill -9 $(shields)
		og-submit --as charlie --wait --timeout 60s 'buy 1 laptop stand' >/dev/null
	done
	[ "$(stock 3)" -eq 92 ]
	[ "$(queue 'SELECT count(*) FROM task')" -eq 0 ]
	kill -0 "$worker"
	og-ledger verify --state
}

@test "a shield that cannot start costs no task a delivery" {
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	mv "$OG_HOME/erp.db" "$OG_HOME/away"
	run og-worker --drain
	[ "$status" -eq 75 ]
	[[ "$output" == *"erp.db"* ]]
	[ "$(queue 'SELECT state, attempts FROM task')" = '0|0' ]
	mv "$OG_HOME/away" "$OG_HOME/erp.db"
	og-worker --drain --quiet
	[ "$(stock 3)" -eq 99 ]
}

sold_one() {
	[ "$(stock 3)" = 99 ]
}

@test "a service outlives a database that is away for a while" {
	serve 1
	mv "$OG_HOME/erp.db" "$OG_HOME/away"
	kill -9 $(shields)
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	until_true grep -q 'erp.db' worker.log
	mv "$OG_HOME/away" "$OG_HOME/erp.db"
	until_true sold_one
	[ "$(queue 'SELECT count(*) FROM task')" -eq 0 ]
}

@test "a full disk under the shield is trouble, not a failed task" {
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	before=$(business)
	# No file may grow beyond what erp.db has: the shield's WAL cannot.
	run bash -c 'ulimit -f 8; og-worker --drain'
	[ "$status" -ne 0 ]
	[ "$(business)" = "$before" ]
	[ "$(queue 'SELECT count(*) FROM task WHERE state < 2')" -eq 1 ]
	og-worker --drain --quiet
	[ "$(stock 3)" -eq 99 ]
	og-ledger verify --state
}

@test "--drain waits for what will be due, and leaves nothing" {
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	queue "UPDATE task SET not_before = (strftime('%s') + 2) * 1000"
	run og-worker --drain --quiet
	[ "$status" -eq 0 ]
	[ "$(stock 3)" -eq 99 ]
	[ "$(queue 'SELECT count(*) FROM task')" -eq 0 ]
}

@test "a task whose shield died is tried again a little later, by the same worker" {
	# The first shield dies of its first task, the next ones are real.
	mkdir bin
	cp "$OG_BUILD/bin/og-worker" "$OG_BUILD/bin/og-skill" bin/
	cat >bin/og-shield <<-EOT
		#!/bin/sh
		if [ -e died ]; then exec "$OG_BUILD/bin/og-shield" "\$@"; fi
		read -r line
		echo '{"v":1,"id":1,"ok":true,"nonce":"0"}'
		read -r line
		touch died
	EOT
	chmod +x bin/og-shield
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	run bin/og-worker --once
	[ "$status" -eq 0 ]
	[[ "$output" == *"will be tried again: the shield ended the conversation"*"done"* ]]
	[ "$(stock 3)" -eq 99 ]
}

@test "a task that kills its shield every time becomes a dead letter; others go on" {
	# A shield that greets and dies of the first task it is shown.
	mkdir bin
	cp "$OG_BUILD/bin/og-worker" "$OG_BUILD/bin/og-skill" bin/
	cat >bin/og-shield <<-'EOT'
		#!/bin/sh
		read -r line
		echo '{"v":1,"id":1,"ok":true,"nonce":"0"}'
		read -r line
		kill -9 $$
	EOT
	chmod +x bin/og-shield
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	queue 'UPDATE task SET attempts = 4'
	run bin/og-worker --once
	[ "$status" -eq 0 ]
	[[ "$output" == *"is a dead letter: the shield ended the conversation"* ]]
	[ "$(queue 'SELECT state, reason FROM task')" = '2|the shield ended the conversation' ]
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	og-worker --drain --quiet
	[ "$(stock 3)" -eq 99 ]
}

@test "a line that cannot be written is an error, and the task is done all the same" {
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	run bash -c 'og-worker --drain --json >/dev/full'
	[ "$status" -eq 74 ]
	[[ "$output" == *"cannot write the output"* ]]
	[ "$(stock 3)" -eq 99 ]
	[ "$(queue 'SELECT count(*) FROM task')" -eq 0 ]
}

@test "a supervisor that is killed takes jobs and shields along" {
	serve 3
	jobs=$(pgrep -P "$worker")
	others="$jobs $(shields)"
	kill -9 "$worker"
	wait "$worker" || true
	worker=
	for pid in $others; do
		until_true bash -c "! kill -0 $pid 2>/dev/null"
	done
	[ "$(og status | grep -c '^worker *serving')" -eq 0 ]
}

@test "a stop lets the running task end" {
	og-submit --as charlie --batch < <(yes 'buy 1 laptop stand' | head -n 50) >/dev/null
	serve 2 --json >states
	kill -TERM "$worker"
	wait "$worker"
	worker=
	# Nothing is half done: every order has its invoice.
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_task WHERE state = 'running'")" -eq 0 ]
	[ "$(jq -s 'all(.[]; .state == "done")' states)" = true ]
	og-worker --drain --quiet
	[ "$(stock 3)" -eq 50 ]
}

@test "a stop has a bound: a shield that hangs in a step is not waited for" {
	serve 1
	until_true has_jobs 1 # which only a shield that has answered makes
	hanging=$(shields)
	kill -STOP $hanging
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	claimed() { [ "$(queue 'SELECT state FROM task')" -eq 1 ]; }
	until_true claimed
	start=$SECONDS
	kill -TERM "$worker"
	wait "$worker" || true
	worker=
	# 30 s from the stop to SIGKILL (lib/proc/crew.h), and the machine's noise.
	[ $((SECONDS - start)) -ge 25 ]
	[ $((SECONDS - start)) -le 60 ]
	until_true bash -c "! kill -0 $hanging 2>/dev/null"
	# Nothing is lost: the next worker ends what the hanging one had.
	og-worker --drain --quiet
	og-task status "$id" --as charlie
	[ "$(stock 3)" -eq 99 ]
	og-ledger verify --state >/dev/null
}

@test "an idle worker removes dead letters that were kept long enough, and no others" {
	for _ in $(seq 450); do echo 'inspect stock'; done | og-submit --as bob --batch >/dev/null
	id=$(og-submit --as bob 'inspect stock')
	queue "UPDATE task SET state = 2, reason = 'old', died = 1000;
		UPDATE task SET died = strftime('%s', 'now') * 1000 - 29 * 86400000 WHERE id = '$id'"
	og-worker --quiet 3>&- &
	worker=$!
	one_left() { [ "$(queue "SELECT count(*) FROM task")" -eq 1 ]; }
	until_true one_left
	[ "$(queue "SELECT id FROM task")" = "$id" ]
	kill "$worker"
	wait "$worker"
	OG_DEAD_DAYS=28 og-worker --quiet 3>&- &
	worker=$!
	none_left() { [ "$(queue "SELECT count(*) FROM task")" -eq 0 ]; }
	until_true none_left
	kill "$worker"
	wait "$worker"
}

