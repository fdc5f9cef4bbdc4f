# og-task: what the shield and the queue know of tasks, told as one story,
# to those who may hear it.

load helper

setup() {
	instance
}

no_such() {
	run --separate-stderr "$@"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "$stderr" = "og-task: no such task" ]
}

@test "status follows a task from the queue to its end" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	run --separate-stderr og-task status "$id" --as charlie --json
	[ "$status" -eq 75 ]
	[ "$(jq -r '.state + "|" + .text + "|" + (.v | tostring)' <<<"$output")" = 'queued|buy 1 ergonomic chair|1' ]
	og-worker --drain --quiet
	run --separate-stderr og-task status "$id" --as charlie --json
	[ "$status" -eq 0 ]
	[ "$(jq -r '.state + " " + .skill + " " + .task' <<<"$output")" = "done procure-to-pay $id" ]
	[ "$(jq 'has("result") or has("ok") or has("id")' <<<"$output")" = false ]
	run --separate-stderr og-task status "$id" --as charlie
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "$id  "*"  done "*"procure-to-pay"* ]]
}

@test "the exit status tells how it ended" {
	id=$(og-submit --as charlie 'buy 2 standing desks')
	og-worker --drain --quiet
	run og-task status "$id" --as charlie
	[ "$status" -eq 1 ]
	[[ "$output" == *compensated* ]]
	run --separate-stderr og-task show "$id" --as charlie
	[ "$status" -eq 1 ]
	[[ "$output" == *"Payment Authorization Denied"* ]]
	run --separate-stderr og-task show "$id" --as charlie --json
	[ "$status" -eq 1 ]
	[ "$(jq -r '.state' <<<"$output")" = compensated ]
}

@test "a claimed task is not lost between queue and shield" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	sqlite3 "$OG_HOME/queue.db" "UPDATE task SET state = 1, attempts = 1"
	run --separate-stderr og-task status "$id" --as charlie
	[ "$status" -eq 75 ]
	[[ "$output" == *queued* ]]
	# Its holder is dead, so the next worker takes it at once.
	og-worker --drain --quiet
	og-task status "$id" --as charlie
}

@test "a beginning is enough when it is the only one" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	run --separate-stderr og-task status "${id%????????????????????????????}" --as charlie
	[ "$status" -eq 75 ]
	[[ "$output" == "$id "* ]]
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	run --separate-stderr og-task status "${id:0:4}" --as charlie
	[ "$status" -eq 1 ]
	[ "$stderr" = "og-task: '${id:0:4}' is the beginning of 2 tasks" ]
	no_such og-task status "ffff" --as charlie
	run --separate-stderr og-task status "abc" --as charlie
	[ "$status" -eq 64 ]
	run --separate-stderr og-task status --as charlie
	[ "$status" -eq 64 ]
}

@test "tasks of others do not exist, but for those with the right" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	no_such og-task status "$id" --as diana
	no_such og-task show "$id" --as diana
	no_such og-task cancel "$id" --as diana
	[ -z "$(og-task list --as diana)" ]
	og-task list --as alice | grep -q "$id"
	run og-task status "$id" --as alice
	[ "$status" -eq 75 ]
	og-worker --drain --quiet
	no_such og-task status "$id" --as diana
	no_such og-task show "$id" --as diana
	no_such og-task status "${id:0:24}" --as diana
	og-task status "$id" --as alice
	no_such og-task status 01a20dcf-9268-7ce1-9c8e-c2a7c98b3768 --as alice
}

@test "list: shield and queue as one, the newest first" {
	a=$(og-submit --as charlie 'buy 1 laptop stand')
	b=$(og-submit --as charlie 'buy 2 standing desks')
	og-worker --drain --quiet
	c=$(og-submit --as charlie 'inspect stock')
	d=$(og-submit --as diana --action inventory-report)
	run --separate-stderr og-task list --as charlie --json
	[ "$status" -eq 0 ]
	[ "$(jq -r '.task + " " + .state' <<<"$output")" = "$c queued
$b compensated
$a done" ]
	[ "$(og-task list --as diana --json | jq -r '.task + " " + .state + " " + .skill')" = "$d queued inventory-report" ]
	[ "$(og-task list --as alice --json | jq -r .task)" = "$d
$c
$b
$a" ]
	[ "$(og-task list --as charlie --state compensated --json | jq -r .task)" = "$b" ]
	[ "$(og-task list --as charlie --state queued --json | jq -r .task)" = "$c" ]
	[ "$(og-task list --as charlie --limit 1 --json | jq -r .task)" = "$c" ]
	[ "$(og-task list --as charlie | wc -l)" -eq 3 ]
	for bad in '--state finished' '--limit 0' '--limit x'; do
		run --separate-stderr og-task list --as charlie $bad
		[ "$status" -eq 64 ]
	done
}

@test "a hostile text cannot colour the list" {
	og-submit --as charlie 'buy 1 chair
and a second line '$'\u202e'' reversed' >/dev/null
	run --separate-stderr og-task list --as charlie
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" != *$'\u202e'* ]]
}

@test "cancel before it is begun: nothing happens, and it says so" {
	before=$(business)
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	run --separate-stderr og-task cancel "$id" --as charlie
	[ "$status" -eq 0 ]
	[[ "$output" =~ ^[0-9a-f-]{36}$ ]]
	[ "$output" != "$id" ]
	og-worker --drain --quiet
	run --separate-stderr og-task show "$id" --as charlie --json
	[ "$status" -eq 1 ]
	[ "$(jq -r .state <<<"$output")" = cancelled ]
	[ "$(business)" = "$before" ]
	run --separate-stderr og-task cancel "$id" --as charlie
	[ "$status" -eq 1 ]
	[ "$stderr" = "og-task: the task is cancelled already" ]
	og-ledger verify --state >/dev/null
}

@test "a waiting submitter hears that its task was cancelled" {
	og-submit --as charlie --wait --json 'buy 1 ergonomic chair' >out 3>&- &
	waiting=$!
	listed() { id=$(og-task list --as charlie --json | jq -r .task) && [ -n "$id" ]; }
	until_true listed
	og-task cancel "$id" --as charlie >/dev/null
	og-worker --drain --quiet
	ended=0
	wait "$waiting" || ended=$?
	[ "$ended" -eq 1 ]
	[ "$(jq -r .state out)" = cancelled ]
}

@test "approve asks for a task that waits for it" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	run --separate-stderr og-task approve "$id" --as alice
	[ "$status" -eq 1 ]
	[ "$stderr" = "og-task: the task is queued, it does not wait for an approval" ]
	[ "$(sqlite3 "$OG_HOME/queue.db" 'SELECT count(*) FROM task')" -eq 1 ]
}

@test "answer asks for a task that waits for one" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	run --separate-stderr og-task answer "$id" the red one --as charlie
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "$stderr" = "og-task: the task is queued, it does not wait for an answer" ]
	run --separate-stderr og-task answer "$id" --as charlie
	[ "$status" -eq 64 ]
	[ "$(sqlite3 "$OG_HOME/queue.db" 'SELECT count(*) FROM task')" -eq 1 ]
}

@test "a task that was delivered too often before it began has failed" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	sqlite3 "$OG_HOME/queue.db" "UPDATE task SET attempts = 5"
	og-worker --drain --quiet
	run --separate-stderr og-task show "$id" --as charlie --json
	[ "$status" -eq 1 ]
	[ "$(jq -r '.state + ": " + .reason' <<<"$output")" = 'failed: delivered too often' ]
	[ "$(og-task list --as charlie --state failed --json | jq -r .task)" = "$id" ]
	[ "$(entries)" = "$(sqlite3 "$OG_HOME/erp.db" 'SELECT max(seq) FROM audit_ledger')" ]
}

@test "a task that began and was then given up is in doubt" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	sqlite3 "$OG_HOME/queue.db" "CREATE TABLE kept AS SELECT * FROM task"
	og-worker --drain --quiet
	# As if every worker had died in it: the shield's row and the queue's.
	sqlite3 "$OG_HOME/erp.db" "UPDATE og_task SET state = 'running', result = NULL, finished = NULL"
	sqlite3 "$OG_HOME/queue.db" "INSERT INTO task SELECT * FROM kept; DROP TABLE kept;
		UPDATE task SET state = 2, attempts = 6, reason = 'delivered too often'"
	run --separate-stderr og-task status "$id" --as charlie
	[ "$status" -eq 71 ]
	[[ "$output" == *"in_doubt"*"delivered too often"* ]]
	run --separate-stderr og-task show "$id" --as charlie --json
	[ "$status" -eq 71 ]
	[ "$(jq -r '.state' <<<"$output")" = in_doubt ]
	[ "$(og-task list --as charlie --json | jq -r '.state')" = in_doubt ]
}

@test "no principal, no instance, a damaged database" {
	run --separate-stderr og-task list
	[ "$status" -eq 77 ]
	run --separate-stderr og-task list --as mallory
	[ "$status" -eq 77 ]
	run --separate-stderr og-task list --as charlie --home /
	[ "$status" -eq 78 ]
	rm -f "$OG_HOME"/erp.db-*
	head -c 9000 /dev/urandom >"$OG_HOME/erp.db"
	run --separate-stderr og-task list --as charlie
	[ "$status" -ne 0 ]
	[ "$status" -lt 128 ]
	[ -z "$output" ]
}

@test "an instance of a newer format: the shield's own status, not a call to try again" {
	sqlite3 "$OG_HOME/erp.db" "PRAGMA user_version = 99"
	run og-task list --as charlie
	[ "$status" -eq 78 ]
	[[ "$output" == *"has format 99"* ]]
	og-submit --as charlie 'inspect stock' >/dev/null
	run timeout 20 og-worker --drain
	[ "$status" -eq 78 ]
}

# As if these commands had expired ten minutes ago.
age() { # SQL condition
	sqlite3 "$OG_HOME/erp.db" "UPDATE og_task SET envelope = json_set(envelope, '$.expires',
		strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-10 minutes')) WHERE $1"
}

@test "prune forgets finished tasks whose command could not be delivered again" {
	short=$(og-submit --as charlie --key once 'buy 1 laptop stand')
	again=$(og-submit --as charlie --key once 'buy 1 laptop stand')
	long=$(og-submit --as charlie 'buy 1 laptop stand')
	og-worker --drain --quiet
	age "id <> '$long'"
	before=$(entries)
	run -1 og-task prune --as charlie --older 0s
	[[ "$output" == *"no right 'tasks'"* ]]
	run -0 og-task prune --as alice --older 1h
	[ "$output" = '0 pruned' ]
	run -0 og-task prune --as alice --older 0s --json
	[ "$output" = '{"v":1,"pruned":2}' ]
	run -0 og-task prune --as alice --older 0s
	[ "$output" = '0 pruned' ]
	for id in "$short" "$again"; do run -1 og-task show "$id" --as charlie; done
	og-task show "$long" --as charlie >/dev/null
	# On the ledger: the refusal, and a step for each of the two passes.
	[ "$(entries)" -eq $((before + 3)) ]
	[ "$(og-ledger log --as alice --json | jq -r 'select(.action == "task.prune") | .principal' | uniq)" = alice ]
	og-ledger verify --state
}

@test "prune keeps what a person has to resolve, and what is not finished" {
	og-submit --as charlie --batch < <(yes 'buy 1 laptop stand' | head -n 4) >/dev/null
	og-worker --drain --quiet
	sqlite3 "$OG_HOME/erp.db" "
		UPDATE og_task SET state = 'in_doubt' WHERE rowid = 1;
		UPDATE og_task SET state = 'compensation_failed' WHERE rowid = 2;
		UPDATE og_task SET state = 'running', finished = NULL WHERE rowid = 3"
	age 1
	run -0 og-task prune --as alice --older 0s
	[ "$output" = '1 pruned' ]
}

@test "a pruned command cannot be begun again" {
	id=$(og-submit --as charlie --expires 15s 'buy 1 laptop stand')
	envelope=$(sqlite3 "$OG_HOME/queue.db" "SELECT envelope FROM task")
	og-worker --drain --quiet
	age 1
	og-task prune --as alice --older 0s
	over=$(date -d "$(jq -r .expires <<<"$envelope")" +%s)
	until [ "$(date +%s)" -gt $((over + 2)) ]; do sleep 0.5; done
	sqlite3 "$OG_HOME/queue.db" "INSERT INTO task(id, envelope, queued) VALUES ('$id', '$envelope', 1)"
	og-worker --drain --quiet 2>/dev/null
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT state FROM task")" -eq 2 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 3")" -eq 99 ]
}

@test "a task that came to a good end keeps no journal" {
	ask charlie 'buy 1 laptop stand' >/dev/null
	ask charlie 'buy 2 standing desks' >/dev/null
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_journal")" -eq 0 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_task WHERE result IS NOT NULL")" -eq 2 ]
}
