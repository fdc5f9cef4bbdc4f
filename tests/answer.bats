# A task asks: its own principal for an answer, somebody else for an
# approval. Through the shield's channel and og-task; answers travel the way
# of all envelopes, by the queue and a worker.

load helper
load channel-helper

setup() {
	instance
}

teardown() {
	[ -z "${shield:-}" ] || kill "$shield" 2>/dev/null || true
}

state() {
	sqlite3 "$OG_HOME/erp.db" "SELECT state FROM og_task WHERE id = '$id'"
}

drain() {
	og-worker --drain --quiet
}

whole() {
	og-ledger verify --state >/dev/null
}

refusals() {
	sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE action = 'refuse'
		AND json_extract(body, '\$.rule') = '$1'"
}

# ask_back CALL QUESTION [SECONDS]
ask_back() {
	act ask "$(jq -nc --argjson call "$1" --arg question "$2" --argjson seconds "${3:-3600}" \
		'{call: $call, for: "answer", question: $question, seconds: $seconds}')"
}

RAISE='UPDATE products SET stock_quantity = stock_quantity + 1 WHERE id = 1'

# ask_leave CALL SQL [SECONDS]
ask_leave() {
	act ask "$(jq -nc --argjson call "$1" --arg sql "$2" --argjson seconds "${3:-3600}" \
		'{call: $call, for: "approval", question: "May I?", seconds: $seconds,
		about: {verb: "sql.write", sql: $sql}}')"
}

# write_approved CALL SQL DIGEST
write_approved() {
	act sql.write "$(jq -nc --argjson call "$1" --arg sql "$2" --arg digest "$3" \
		'{call: $call, sql: $sql, approval: $digest}')"
}

# asking PRINCIPAL: a task that waits for an answer.
asking() {
	task_of "$1" 'buy a desk'
	shield
	begin
	not ask_back 1 'Which desk?'
	refused answer
}

# What the queue holds; a worker delivers it.
in_queue() {
	sqlite3 "$OG_HOME/queue.db" 'SELECT count(*) FROM task'
}

# words: what was said is brought to the shield, and the task, which is put
# into the queue again by that, is taken out for a worker of ours.
words() {
	local i
	for i in 1 2 3 4; do
		bring || return
		[ "$(in_queue)" -gt 0 ] || break
	done
}

# bring: applies the envelopes in the queue as a worker does, but the tasks
# themselves are left to us.
bring() {
	local word
	for word in $(sqlite3 "$OG_HOME/queue.db" "SELECT id FROM task ORDER BY id"); do
		word=$(sqlite3 "$OG_HOME/queue.db" "SELECT envelope FROM task WHERE id = '$word'")
		[ "$(quick_jq -r .kind <<<"$word")" = task ] ||
			say task.begin "$(jq -c '{envelope: .}' <<<"$word")" || true
	done
	sqlite3 "$OG_HOME/queue.db" 'DELETE FROM task'
}

@test "a question is seen, answered once, and the answer comes to who asked" {
	asking charlie
	[ "$(state)" = waiting ]
	run --separate-stderr og-task status "$id" --as charlie
	[ "$status" -eq 75 ]
	[[ "$output" == *'waiting'*'it waits for an answer of charlie: Which desk?'* ]]
	[[ "$(og-task list --as charlie --state waiting)" == *'Which desk?'* ]]
	[ "$(og-task list --as charlie --state waiting --json | quick_jq -r .waits.for)" = answer ]
	run --separate-stderr og-task show "$id" --as charlie
	[ "$status" -eq 75 ]
	[[ "$stderr" == *'it waits for an answer of charlie'* ]]
	[[ "$(og status)" == *'for a person since'* ]]
	run --separate-stderr og-task answer "$id" the standing one --as charlie --note 'for the hall'
	[ "$status" -eq 0 ]
	[[ "$output" =~ ^[0-9a-f-]{36}$ ]]
	[ "$stderr" = "og-task: task $id asks: Which desk?" ]
	words
	[ "$(state)" = waiting ]
	begin
	ask_back 1 'Which desk?'
	[ "$(jq -r '.answer + " of " + .by' <<<"$reply")" = 'the standing one of charlie' ]
	finish done
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT group_concat(action || ' ' || principal) FROM
		audit_ledger WHERE task = '$id'")" = 'wait charlie,answer charlie,task.finish charlie' ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT json_extract(body, '\$.values.answer') || ', ' ||
		json_extract(body, '\$.note') FROM audit_ledger WHERE action = 'answer'")" = \
		'the standing one, for the hall' ]
	run --separate-stderr og-task answer "$id" again --as charlie
	[ "$status" -eq 1 ]
	[[ "$stderr" == *'the task is done already'* ]]
	whole
}

@test "the worker brings the answer, and delivers the task again" {
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	envelope=$(envelope_of "$id")
	shield
	begin
	not ask_back 0 'Really?'
	shield_end
	drain
	[ "$(state)" = waiting ]
	og-task answer "$id" yes --as charlie >/dev/null
	run --separate-stderr og-worker --drain
	[[ "$stderr" == *"'answer' of charlie is applied"* ]]
	# The skill planner asks nothing: it goes on with what was said at first.
	[ "$(state)" = done ]
	[ "$(in_queue)" -eq 0 ]
	whole
}

@test "only its own principal answers, only what was asked" {
	asking charlie
	run --separate-stderr og-task answer "$id" mine --as bob
	[ "$status" -eq 1 ]
	[ "$stderr" = 'og-task: no such task' ]
	run --separate-stderr og-task answer "$id" mine --as alice
	[ "$status" -eq 1 ]
	[ "$stderr" = 'og-task: only charlie answers what this task asks' ]
	run --separate-stderr og-task approve "$id" --as alice
	[ "$status" -eq 1 ]
	[[ "$stderr" == *'it does not wait for an approval'* ]]
	run --separate-stderr og-task answer "$id" --digest 00 mine --as charlie
	[ "$status" -eq 1 ]
	[[ "$stderr" == *'the task asks something else'* ]]
	[ "$(in_queue)" -eq 0 ]
	# Another principal's envelope, made all the same.
	og-task answer "$id" mine --as charlie >/dev/null
	word=$(sqlite3 "$OG_HOME/queue.db" 'SELECT envelope FROM task')
	not say task.begin "$(jq -c '{envelope: (.principal = "alice")}' <<<"$word")"
	refused signature
	not say task.begin "$(jq -c '{envelope: (.values.answer = "yours")}' <<<"$word")"
	refused signature
	say task.begin "$(jq -c '{envelope: .}' <<<"$word")"
	say answer "$(jq -c '{envelope: .}' <<<"$word")"
	begin
	ask_back 1 'Which desk?'
	not say answer "$(jq -c '{envelope: .}' <<<"$word")"
	refused used
	not ask_back 2 'Which chair?'
	not say answer "$(jq -c '{envelope: .}' <<<"$word")"
	refused used
	whole
}

@test "values by name, and a text that looks like one" {
	asking charlie
	run --separate-stderr og-task answer "$id" product=desk product=chair --as charlie
	[ "$status" -eq 64 ]
	og-task answer "$id" product=desk 'quantity=2' --as charlie >/dev/null
	words
	begin
	ask_back 1 'Which desk?'
	[ "$(jq -c .values <<<"$reply")" = '{"product":"desk","quantity":"2"}' ]
	not ask_back 2 'And then?'
	og-task answer "$id" answer=a=b --as charlie >/dev/null
	words
	begin
	ask_back 2 'And then?'
	[ "$(jq -c '[.answer, .values]' <<<"$reply")" = '["a=b",null]' ]
	not ask_back 3 'And then?'
	og-task answer "$id" 2+2=4 and a=b --as charlie >/dev/null
	words
	begin
	ask_back 3 'And then?'
	[ "$(quick_jq -r .answer <<<"$reply")" = '2+2=4 and a=b' ]
	whole
}

@test "two answers at once: the first one counts" {
	asking charlie
	og-task answer "$id" one --as charlie >/dev/null &
	one=$!
	og-task answer "$id" two --as charlie >/dev/null &
	wait "$!"
	wait "$one"
	[ "$(in_queue)" -eq 2 ]
	sqlite3 "$OG_HOME/queue.db" "SELECT envelope FROM task" >words
	shield_end
	n=0
	while IFS= read -r word; do
		n=$((n + 1))
		jq -c '{v: 1, id: 1, verb: "answer", envelope: .}' <<<"$word" |
			og-shield --channel >"said.$n" &
		pids+=($!)
	done <words
	for pid in "${pids[@]}"; do
		wait "$pid" || true
	done
	[ "$(cat said.1 said.2 | jq -s 'map(select(.ok)) | length')" -eq 1 ]
	[ "$(cat said.1 said.2 | jq -r 'select(.ok | not) | .rule')" = answered ]
	shield
	begin
	ask_back 1 'Which desk?'
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE action = 'answer'")" -eq 1 ]
	whole
}

@test "a question nobody answered ends, and the task goes on without" {
	task_of charlie 'buy a desk'
	shield
	begin
	not ask_back 1 'Which desk?' 1
	og-task answer "$id" 'too late' --as charlie >/dev/null
	word=$(sqlite3 "$OG_HOME/queue.db" 'SELECT envelope FROM task')
	while [ "$(jq -nr 'now | floor')" -le "$(sqlite3 "$OG_HOME/erp.db" \
		"SELECT strftime('%s', json_extract(waits, '\$.expires')) FROM og_task")" ]; do
		sleep 0.2
	done
	not say answer "$(jq -c '{envelope: .}' <<<"$word")"
	refused answer-expired
	begin
	[ "$(quick_jq -r .state <<<"$reply")" = running ]
	not ask_back 1 'Which desk?'
	refused answer-expired
	# Asked again, it is another question.
	not ask_back 2 'Which desk?'
	refused answer
	whole
}

@test "cancelled while it waits for an answer" {
	asking charlie
	og-task cancel "$id" --as charlie >/dev/null
	words
	begin
	[ "$(quick_jq -r .state <<<"$reply")" = cancelled ]
	not ask_back 1 'Which desk?'
	refused cancelled
	finish cancelled
	whole
}

@test "nobody answers for a principal who is gone" {
	asking charlie
	og-task answer "$id" one --as charlie >/dev/null
	og-shield principal --as alice charlie --inactive >/dev/null 2>&1 ||
		sqlite3 "$OG_HOME/erp.db" "UPDATE og_principal SET active = 0 WHERE name = 'charlie'"
	words
	[ "$(refusals principal)" -ge 1 ]
	begin
	not ask_back 1 'Which desk?'
	refused principal
}

@test "an approval is of one change, word for word, and counts once" {
	echo 'model_writes = approved' >>"$OG_HOME/og.conf"
	task_of bob 'put a chair on the shelf'
	shield
	begin og-worker/model
	not write 0 "$RAISE"
	refused approval-needed
	not ask_leave 1 "$RAISE"
	refused approval
	run --separate-stderr og-task answer "$id" yes --as bob
	[ "$status" -eq 1 ]
	[ "$(og-task list --as alice --state waiting --json | quick_jq -r .waits.message)" = 'May I?' ]
	digest=$(quick_jq -r .digest <<<"$reply")
	run --separate-stderr og-task approve "$id" --as alice --digest "$digest"
	[ "$status" -eq 0 ]
	[[ "$stderr" == *'makes a change beside its skill, just this one:'* ]]
	[[ "$stderr" == *"sql = $RAISE"* ]]
	[[ "$stderr" == *'what it says of it: May I?'* ]]
	words
	begin og-worker/model
	ask_leave 1 "$RAISE"
	[ "$(jq -r '.by + " " + .digest' <<<"$reply")" = "alice $digest" ]
	not write_approved 2 "$RAISE OR id = 2" "$digest"
	refused approval
	not write_approved 3 "$RAISE" "${digest//[0-9]/0}"
	refused approval
	write_approved 4 "$RAISE" "$digest"
	not write_approved 5 "$RAISE" "$digest"
	refused approval
	not write 6 "$RAISE"
	refused approval-needed
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT stock_quantity FROM products WHERE id = 1')" = 51 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT json_extract(body, '\$.approval.by') FROM audit_ledger
		WHERE action = 'sql.write' AND task = '$id'")" = alice ]
	finish done
	whole
}

@test "an approval does not serve another task, nor after a no" {
	echo 'model_writes = approved' >>"$OG_HOME/og.conf"
	task_of bob 'put a chair on the shelf'
	shield
	begin og-worker/model
	not ask_leave 1 "$RAISE"
	digest=$(quick_jq -r .digest <<<"$reply")
	og-task approve "$id" --as alice >/dev/null
	words
	one=$id
	task_of bob 'put a chair on the shelf, too'
	begin og-worker/model
	not write_approved 0 "$RAISE" "$digest"
	refused approval
	not ask_leave 1 "$RAISE"
	og-task reject "$id" --as alice --note 'once is enough' >/dev/null
	words
	begin og-worker/model
	not ask_leave 1 "$RAISE"
	refused rejected
	[[ "$(quick_jq -r .why <<<"$reply")" == 'alice rejected it: once is enough' ]]
	# It goes on without, and may read what it could.
	act sql.read '{"sql":"SELECT count(*) FROM products"}'
	finish failed
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT state FROM og_consent WHERE task = '$one'")" = given ]
	whole
}

@test "one approval, used by two shields at once, is used once" {
	task_of bob 'put a chair on the shelf'
	shield
	begin og-worker/model
	not ask_leave 1 "$RAISE"
	digest=$(quick_jq -r .digest <<<"$reply")
	og-task approve "$id" --as alice >/dev/null
	words
	begin og-worker/model
	shield_end
	for n in 1 2 3 4; do
		jq -nc --argjson n "$n" --arg task "$task" --argjson epoch "$epoch" --arg sql "$RAISE" \
			--arg digest "$digest" '{v: 1, id: 1, verb: "sql.write", task: $task,
			epoch: $epoch, call: $n, sql: $sql, approval: $digest}' |
			og-shield --channel >"used.$n" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || true
	done
	[ "$(cat used.? | jq -s 'map(select(.ok)) | length')" -eq 1 ]
	[ "$(cat used.? | jq -r 'select(.ok | not) | .rule' | sort -u)" = approval ]
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT stock_quantity FROM products WHERE id = 1')" = 51 ]
	whole
}

@test "killed while it asks, and while it is answered: asked once, answered once" {
	asking charlie
	kill -9 "$shield"
	shield_end
	[ "$(state)" = waiting ]
	shield
	begin
	[ "$(jq -r '.state + " " + .waits.question' <<<"$reply")" = 'waiting Which desk?' ]
	og-task answer "$id" one --as charlie >/dev/null
	words
	begin
	ask_back 1 'Which desk?'
	kill -9 "$shield"
	shield_end
	shield
	begin
	# The answer is on record or was given back: the task never loses it.
	ask_back 1 'Which desk?'
	[ "$(quick_jq -r .answer <<<"$reply")" = one ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE action = 'wait'")" -eq 1 ]
	whole
}
