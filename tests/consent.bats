# Consent: a policy wants a second person, the task waits, somebody answers;
# cancels, deadlines and times of tasks. Through the programs, looking at
# the state that is left.

load helper

setup() {
	instance
	[ "$BATS_TEST_NUMBER" -eq 0 ] || policy
}

# Orders above 200 take alice; the demo's own limit stays as it is.
policy() {
	printf 'Orders above 200 take two people.\n' |
		og-policy add --as alice --name four-eyes --node procure-to-pay \
			--approval ':total_amount > 200' --step authorize-payment \
			--approver-clearance 3 --approval-expires "${1:-1h}" \
			--message 'orders above 200 take two people' - >/dev/null
}

drain() {
	og-worker --drain --quiet
}

# waiting: a chair for charlie (299.99), up to where it waits.
waiting() {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	drain
	[ "$(state "$id")" = waiting ]
}

state() {
	sqlite3 "$OG_HOME/erp.db" "SELECT state FROM og_task WHERE id = '$1'"
}

chairs() {
	sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1"
}

payments() {
	sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM payments WHERE status = 'authorized'"
}

refusals() {
	sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE action = 'refuse'
		AND json_extract(body, '\$.rule') = '$1'"
}

whole() {
	og-ledger verify --state >/dev/null
}

@test "a purchase waits, is approved, and is done once" {
	paid=$(payments)
	waiting
	[ "$(payments)" -eq "$paid" ]
	run --separate-stderr og-task status "$id" --as charlie
	[ "$status" -eq 75 ]
	[[ "$output" == *"waiting"*"it waits for the approval of somebody with clearance 3 (four-eyes): orders above 200 take two people"* ]]
	run --separate-stderr og-task show "$id" --as charlie
	[ "$status" -eq 75 ]
	[[ "$stderr" == *"the task is waiting, it waits for the approval of somebody with clearance 3"* ]]
	run --separate-stderr og-task approve "$id" --as alice --note 'seen it'
	[ "$status" -eq 0 ]
	[[ "$output" =~ ^[0-9a-f-]{36}$ ]]
	[[ "$stderr" == *"task $id of charlie: buy 1 ergonomic chair"* ]]
	[[ "$stderr" == *"step 'authorize-payment' of skill 'procure-to-pay'"* ]]
	[[ "$stderr" == *"total_amount = 299.99
"* ]]
	[[ "$stderr" == *"policy four-eyes asks for it: orders above 200 take two people"* ]]
	[ "$(state "$id")" = waiting ]
	drain
	[ "$(state "$id")" = done ]
	[ "$(payments)" -eq $((paid + 1)) ]
	[ "$(chairs)" -eq 49 ]
	og-task show "$id" --as charlie >/dev/null
	run sqlite3 "$OG_HOME/erp.db" "SELECT action, principal FROM audit_ledger
		WHERE task = '$id' AND action IN ('wait', 'approve') ORDER BY seq"
	[ "$output" = "wait|charlie
approve|alice" ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT json_extract(body, '\$.approval.by') FROM audit_ledger
		WHERE task = '$id' AND json_extract(entry, '\$.step') = 'authorize-payment'
		AND action = 'step'")" = alice ]
	[ "$(sqlite3 "$OG_HOME/queue.db" 'SELECT count(*) FROM task')" -eq 0 ]
	whole
}

@test "the worker says what was said, by whom, of which task" {
	waiting
	og-task approve "$id" --as alice >/dev/null
	sqlite3 "$OG_HOME/queue.db" "CREATE TABLE kept AS SELECT * FROM task"
	run --separate-stderr og-worker --drain
	[[ "$stderr" =~ "$id: 'approved' of alice is applied, "[0-9]+" ms"$'\n' ]]
	[[ "$stderr" != *' for ,'* ]]
	sqlite3 "$OG_HOME/queue.db" "INSERT INTO task SELECT * FROM kept WHERE
		json_extract(envelope, '\$.kind') = 'approve'; DROP TABLE kept"
	run og-worker --drain --json
	[ "$(jq -r '.task + " " + .state + " " + .principal' <<<"$output")" = "$id applied alice" ]
}

@test "a dead letter of a task that waits: resolve delivers it again" {
	waiting
	sqlite3 "$OG_HOME/queue.db" "UPDATE task SET state = 2, attempts = 6, reason = 'unlucky'"
	og-task resolve "$id" --as alice --state retry >/dev/null
	drain
	[ "$(refusals not-resolvable)" -eq 0 ]
	[ "$(state "$id")" = waiting ]
	# Somebody looks after it again: it ends with its question.
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT group_concat(state) FROM task")" = 3 ]
	og-task approve "$id" --as alice >/dev/null
	drain
	[ "$(state "$id")" = done ]
	whole
}

@test "rejected: what it did is taken back, and the result says by whom" {
	before=$(chairs)
	waiting
	og-task reject "$id" --as alice --note 'not this month' >/dev/null
	drain
	run --separate-stderr og-task show "$id" --as charlie --json
	[ "$status" -eq 1 ]
	[ "$(jq -r '.state + ": " + .reason' <<<"$output")" = 'compensated: alice rejected it: not this month' ]
	[ "$(chairs)" -eq "$before" ]
	[ "$(refusals rejected)" -eq 1 ]
	whole
}

@test "below the bar nobody is asked" {
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	drain
	[ "$(state "$id")" = done ]
}

@test "only who may answer sees what waits" {
	waiting
	[ "$(og-task list --as alice --state waiting --json | jq -r .task)" = "$id" ]
	[ "$(og-task list --as charlie --state waiting --json | jq -r .waits.step)" = authorize-payment ]
	[ -z "$(og-task list --as bob --state waiting)" ]
	run og-task status "$id" --as bob
	[ "$status" -eq 1 ]
	run og-task approve "$id" --as bob
	[ "$status" -eq 1 ]
	[[ "$output" == *"no such task"* ]]
	# The right alone is not enough, and neither is the clearance.
	sqlite3 "$OG_HOME/erp.db" "UPDATE og_role SET rights = '[\"approve\"]' WHERE name = 'employee'"
	[ -z "$(og-task list --as bob --state waiting)" ]
	sqlite3 "$OG_HOME/erp.db" "UPDATE og_principal SET clearance = 3 WHERE name = 'bob'"
	[ "$(og-task list --as bob --state waiting --json | jq -r .task)" = "$id" ]
	og-task status "$id" --as bob || [ $? -eq 75 ]
	# What does not wait is still not theirs to see.
	other=$(og-submit --as charlie 'buy 1 laptop stand')
	drain
	run og-task status "$other" --as bob
	[ "$status" -eq 1 ]
}

@test "approve answers the question that was reviewed, and nothing else" {
	waiting
	digest=$(og-task list --as alice --state waiting --json | jq -r .waits.digest)
	run --separate-stderr og-task approve "$id" --as alice --digest "${digest//[0-9]/a}"
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"the task waits for the approval of something else"* ]]
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT count(*) FROM task WHERE id <> '$id'")" -eq 0 ]
	og-task approve "$id" --as alice --digest "$digest" >/dev/null
	drain
	[ "$(state "$id")" = done ]
	run --separate-stderr og-task approve "$id" --as alice
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"the task is done already"* ]]
}

@test "nobody approves a task of their own" {
	id=$(og-submit --as alice 'buy 1 ergonomic chair')
	drain
	[ "$(state "$id")" = waiting ]
	run --separate-stderr og-task approve "$id" --as alice
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"nobody approves a task of their own"* ]]
	[ "$(state "$id")" = waiting ]
}

@test "an approval that comes back from the queue of yesterday is refused" {
	paid=$(payments)
	waiting
	og-task approve "$id" --as alice >/dev/null
	sqlite3 "$OG_HOME/queue.db" "CREATE TABLE kept AS SELECT * FROM task"
	drain
	[ "$(payments)" -eq $((paid + 1)) ]
	sqlite3 "$OG_HOME/queue.db" "INSERT INTO task SELECT * FROM kept; DROP TABLE kept"
	before=$(business)
	drain
	[ "$(refusals used)" -eq 1 ]
	[ "$(business)" = "$before" ]
	[ "$(sqlite3 "$OG_HOME/queue.db" 'SELECT count(*) FROM task WHERE state = 2')" -eq 0 ]
	whole
}

@test "a submitter who waits hears whom it waits for, and then the end" {
	og-submit --as charlie --wait --json 'buy 1 ergonomic chair' >out 2>err 3>&- &
	submitter=$!
	until id=$(og-task list --as charlie --json | jq -r .task) && [ -n "$id" ]; do sleep 0.05; done
	drain
	until grep -q 'it waits for the approval of somebody with clearance 3' err; do sleep 0.05; done
	drain
	og-task approve "$id" --as alice >/dev/null
	drain
	wait "$submitter"
	[ "$(jq -r .state out)" = done ]
	[ "$(grep -c 'it waits for' err)" -eq 1 ]
}

@test "a drain does not wait for people" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	start=$SECONDS
	drain
	drain
	[ $((SECONDS - start)) -lt 25 ]
	[ "$(state "$id")" = waiting ]
	# It was delivered, but that does not count against it.
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT attempts FROM task")" -eq 0 ]
}

@test "a question nobody answered ends, and what was done is taken back" {
	policy 1s
	before=$(chairs)
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	drain
	[ "$(state "$id")" = compensated ]
	[ "$(chairs)" -eq "$before" ]
	[ "$(refusals approval-expired)" -eq 1 ]
	run --separate-stderr og-task show "$id" --as charlie --json
	[[ "$(jq -r .reason <<<"$output")" == "nobody approved it by "* ]]
	whole
}

@test "cancel: a waiting task ends at once" {
	before=$(chairs)
	waiting
	[ "$(chairs)" -eq $((before - 1)) ]
	run --separate-stderr og-task cancel "$id" --as diana
	[ "$status" -eq 1 ]
	run --separate-stderr og-task cancel "$id" --as charlie
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"the task waits: what it did will be undone"* ]]
	drain
	[ "$(state "$id")" = cancelled ]
	[ "$(chairs)" -eq "$before" ]
	whole
}

@test "cancel: somebody with the right may, for tasks of others" {
	waiting
	og-task cancel "$id" --as alice --note 'wrong address' >/dev/null
	drain
	[ "$(state "$id")" = cancelled ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT principal || ' ' || json_extract(body, '\$.note')
		FROM audit_ledger WHERE action = 'cancel'")" = 'alice wrong address' ]
}

@test "an argument that is too long for the approver's screen says so" {
	long=$(printf 'x%.0s' $(seq 400))
	sqlite3 "$OG_HOME/erp.db" "UPDATE products SET name = 'Chair of $long' WHERE id = 1"
	id=$(og-submit --as charlie --action procure-to-pay --param quantity=1 --param "product=Chair of $long")
	drain
	[ "$(state "$id")" = waiting ]
	run --separate-stderr og-task approve "$id" --as alice
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"product = Chair of xxx"*"xxx... (cut, 409 bytes in all; see og-task status --json)"* ]]
}

@test "approval, cancel and task survive workers, shields and the queue's file" {
	waiting
	rm -f "$OG_HOME"/queue.db*
	# The shield still knows it; whoever has the envelope can bring it back.
	[ "$(og-task list --as charlie --state waiting --json | jq -r .task)" = "$id" ]
	og-task approve "$id" --as alice >/dev/null
	drain
	[ "$(state "$id")" = done ]
	whole
}

@test "the same envelope queued twice, and again when the queue was lost" {
	paid=$(payments)
	id=$(og-submit --as diana 'buy 1 laptop stand')
	sqlite3 "$OG_HOME/queue.db" "CREATE TABLE kept AS SELECT * FROM task;
		INSERT INTO task(id, envelope, queued) SELECT 'twice', envelope, queued FROM task"
	og-worker --drain --quiet --jobs 2
	[ "$(payments)" -eq $((paid + 1)) ]
	[ "$(sqlite3 "$OG_HOME/queue.db" 'SELECT count(*) FROM task')" -eq 0 ]
	kept=$(sqlite3 "$OG_HOME/queue.db" 'SELECT envelope FROM kept')
	rm -f "$OG_HOME"/queue.db*
	og-submit --as diana 'inspect stock' >/dev/null
	sqlite3 "$OG_HOME/queue.db" "INSERT INTO task(id, envelope, queued) VALUES('$id', '${kept//\'/\'\'}', 1)"
	drain
	[ "$(payments)" -eq $((paid + 1)) ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_task WHERE id = '$id'")" -eq 1 ]
	whole
}

@test "a deadline ends a wait, and what was done is taken back" {
	before=$(chairs)
	for within in 8s 25s; do # the second, where nothing was begun within the first
		refused=$(refusals deadline)
		id=$(og-submit --as charlie --deadline "$within" 'buy 1 ergonomic chair')
		drain
		[ "$(state "$id")" = failed ] || break
	done
	[ "$(state "$id")" = compensated ]
	[ "$(chairs)" -eq "$before" ]
	[ "$(refusals deadline)" -eq $((refused + 1)) ]
	run --separate-stderr og-task show "$id" --as charlie --json
	[[ "$(jq -r .reason <<<"$output")" == "deadline: it was to be done by 20"* ]]
	whole
}

# The key of a principal, replaced as its own holder would lose it.
@test "a principal who is made inactive while a task waits" {
	before=$(chairs)
	waiting
	queued=$(og-submit --as charlie 'buy 1 laptop stand')
	og-shield principal set charlie --active no --as alice >/dev/null
	drain
	# What was queued is refused; what waits is still taken back in the end.
	[ -z "$(state "$queued")" ]
	[ "$(refusals principal)" -ge 1 ]
	og-task cancel "$id" --as alice >/dev/null
	drain
	[ "$(state "$id")" = cancelled ]
	[ "$(chairs)" -eq "$before" ]
	run og-task list --as charlie
	[ "$status" -eq 77 ]
	whole
}

@test "an approver who is made inactive before the step runs" {
	paid=$(payments)
	waiting
	og-shield principal add eve --as alice --role admin --clearance 3 \
		--pubkey "$(og key --new eve)" >/dev/null
	og-task approve "$id" --as eve >/dev/null
	# The approval is applied, but nobody has gone on yet.
	sqlite3 "$OG_HOME/queue.db" "UPDATE task SET state = 2 WHERE id = '$id'"
	timeout 60 og-worker --once --quiet
	og-shield principal set eve --active no --as alice >/dev/null
	drain
	[ "$(state "$id")" = waiting ]
	[ "$(payments)" -eq "$paid" ]
	[ "$(refusals approver)" -eq 1 ]
	og-task approve "$id" --as alice >/dev/null
	drain
	[ "$(state "$id")" = done ]
	whole
}

@test "a key that was replaced: what it signed and nobody began is refused" {
	waiting
	queued=$(og-submit --as charlie 'buy 1 laptop stand')
	mv "$OG_HOME/keys/charlie.key" old.key
	og-shield principal set charlie --as alice --pubkey "$(og key --new charlie)" >/dev/null
	drain
	[ -z "$(state "$queued")" ]
	[ "$(refusals signature)" -eq 1 ]
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT state FROM task WHERE id = '$queued'")" -eq 2 ]
	# What runs goes on; the new key speaks for charlie, the old one does not.
	og-task approve "$id" --as alice >/dev/null
	drain
	[ "$(state "$id")" = done ]
	og-task status "$id" --as charlie
	mv old.key "$OG_HOME/keys/charlie.key"
	run og-task status "$id" --as charlie
	[ "$status" -eq 77 ]
	whole
}

@test "grants revoked while a task waits: it is taken back all the same" {
	before=$(chairs)
	waiting
	subject=$(sqlite3 "$OG_HOME/erp.db" "SELECT DISTINCT subject FROM og_grant WHERE subject LIKE 'skill:procure-to-pay@%'")
	for tbl in $(sqlite3 "$OG_HOME/erp.db" "SELECT tbl FROM og_grant WHERE subject = '$subject'"); do
		og-shield revoke --as alice "$subject" "$tbl" >/dev/null
	done
	og-task reject "$id" --as alice >/dev/null
	drain
	[ "$(state "$id")" = compensated ]
	[ "$(chairs)" -eq "$before" ]
	# The next task has nothing of it.
	next=$(og-submit --as charlie 'buy 1 laptop stand')
	drain
	[ "$(state "$next")" = denied ]
	whole
}

@test "a worker that is told to stop does not wait for what waits" {
	waiting
	og-worker --quiet 3>&- &
	worker=$!
	until_true has_jobs 1
	start=$SECONDS
	kill -TERM "$worker"
	wait "$worker"
	[ $((SECONDS - start)) -lt 25 ]
	[ "$(state "$id")" = waiting ]
	og-task approve "$id" --as alice >/dev/null
	drain
	[ "$(state "$id")" = done ]
}
