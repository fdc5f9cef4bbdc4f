# Effects outside, through the real programs, against a payment service that
# behaves as it is asked to. What counts is what the service did: its log.

load helper
load effects-helper

@test "charged once, and on the ledger before and after" {
	try 'pay for 1 wireless mouse'
	[ "$ended" -eq 0 ]
	is state 'done'
	is answer 'Charged 29.99 to the card ending in 4242 as pay_1.'
	[ "$(did charge)" -eq 1 ]
	[ "$(last_order)" = completed ]
	[ "$(sql "SELECT status FROM payments ORDER BY id DESC LIMIT 1")" = pay_1 ]
	[ "$(mice)" -eq 199 ]
	[ "$(sql "SELECT group_concat(action, ' ') FROM (SELECT action FROM audit_ledger
		WHERE task = '$id' ORDER BY seq)")" = 'step effect.begin effect.end step step task.finish' ]
	[ "$(sql "SELECT json_extract(body, '$.status') || json_extract(body, '$.key') FROM audit_ledger
		WHERE action = 'effect.end'")" = "201$(sed -n 's/.* key=\([^ ]*\).*/\1/p' "$log")" ]
	# Neither what was sent nor what was answered is there, only its digest.
	[ -z "$(sql "SELECT body FROM audit_ledger WHERE action LIKE 'effect.%' AND body LIKE '%4242%'")" ]
	[ -z "$(sql "SELECT effect FROM og_task WHERE effect IS NOT NULL")" ]
	og-ledger verify --state
	# A redelivery is answered, and nothing is sent.
	sqlite3 "$OG_HOME/queue.db" "SELECT count(*) FROM task" | grep -qx 0
}

@test "refused: what was done before is taken back" {
	try 'pay for 21 standing desks'
	[ "$ended" -eq 1 ]
	is state compensated
	is reason "service 'payment' answered 402"
	[ "$(did charge)" -eq 0 ]
	[ "$(did refund)" -eq 0 ]
	[ "$(last_order)" = cancelled ]
	[ -z "$(sql "SELECT 1 FROM payments WHERE status LIKE 'pay%'")" ]
}

@test "a later step refused: the charge is refunded, once" {
	try 'pay for 7 wireless mouse'
	[ "$ended" -eq 1 ]
	is state compensated
	is reason 'Nobody buys seven'
	is 'compensation | map(.step + " " + .how) | join(", ")' 'charge http, place-order sql, price none'
	[ "$(did charge)" -eq 1 ]
	[ "$(did refund)" -eq 1 ]
	grep -q 'POST /charges/pay_1/refunds' "$log"
	[ "$(last_order)" = cancelled ]
	[ "$(sql "SELECT status FROM payments ORDER BY id DESC LIMIT 1")" = refunded ]
	[ "$(mice)" -eq 200 ]
	[ "$(keys)" -eq 2 ]
	og-ledger verify --state
}

@test "a requirement before the call: nothing is sent" {
	try 'pay for 13 wireless mouse'
	is state compensated
	is reason 'Nobody buys thirteen'
	[ ! -e "$log" ]
}

@test "a service in trouble is asked again, with the same key" {
	printf '/charges %s\n' 500 429 >"$behave"
	try 'pay for 1 wireless mouse'
	is state 'done'
	[ "$(did charge)" -eq 1 ]
	[ "$(wc -l <"$log")" -eq 3 ]
	[ "$(keys)" -eq 1 ]
	is 'trace | map(select(.action == "call")) | length' 3
	# It says so for ever: it did not do it.
	fresh
	echo '*/charges 503' >"$behave"
	try 'pay for 1 wireless mouse'
	is state compensated
	is reason "service 'payment' answered 503"
	[ "$(did charge)" -eq 0 ]
	[ "$(last_order)" = cancelled ]
}

@test "no answer: sent again, charged once" {
	for how in 'stall 9000' lost drop short garbage; do
		fresh
		echo "/charges $how" >"$behave"
		try 'pay for 1 wireless mouse'
		is state 'done'
		[ "$(did charge)" -eq 1 ]
		[ "$(keys)" -eq 1 ]
	done
}

@test "an answer that comes twice counts once" {
	echo '*/charges twice' >"$behave"
	try 'pay for 7 wireless mouse'
	is state compensated
	[ "$(did charge)" -eq 1 ]
	[ "$(did refund)" -eq 1 ]
}

@test "the service is away: nothing stands" {
	services payment=http://127.0.0.1:1
	try 'pay for 1 wireless mouse'
	[ "$ended" -eq 1 ]
	is state compensated
	is reason "service 'payment': the server cannot be reached"
	[ "$(last_order)" = cancelled ]
	# With nothing before it there is nothing to take back: failed.
	variant only-charge settle '/^### price/,/^### charge/{/^### charge/!d}; s/"{order_id}"/1/; s/"{total_amount}"/5/; /^### reserve/,/^## Answer/{/^## Answer/!d}; /sql require Nobody/,/^```$/d; /sql write as/,/^## Answer/{/^## Answer/!d}'
	try 'settle 1 wireless mouse'
	[ "$ended" -eq 1 ]
	is state failed
}

@test "a service that nobody configured" {
	services
	try 'pay for 1 wireless mouse'
	is state compensated
	is reason "service 'payment': this worker calls no services"
	services other=http://127.0.0.1:1
	try 'pay for 1 wireless mouse'
	is reason "service 'payment': og.conf's http names no such service"
	for bad in payment 'Payment=http://x' payment=ftp://x payment=http://u@x payment=http://x?y \
		'payment=http://x payment=http://y'; do
		services "$bad"
		run -78 og status
		[[ "$output" == *http:* ]]
	done
}

@test "never an answer: in doubt, and what a person can do" {
	echo '*/charges lost' >"$behave"
	try 'pay for 1 wireless mouse'
	[ "$ended" -eq 71 ]
	is state in_doubt
	[[ "$(jq -r .reason result)" == "it is not known whether the call of step 'charge' happened"* ]]
	is 'actions | map(.resolve) | join(" ")' 'retry done compensated'
	og-render --to=text result | grep -q "og-task resolve $id --state compensated"
	[ "$(og-task list --as charlie --state in_doubt --json | jq -r .task)" = "$id" ]
	[ "$(did charge)" -eq 1 ]
	[ "$(last_order)" = pending ]
	# Its own principal has not the right to say so.
	og-task resolve "$id" --as charlie --state 'done' >/dev/null 2>&1
	og-worker --drain --quiet 2>/dev/null || true
	show
	is state in_doubt
	# The service is well again: the same key, and on to the end.
	: >"$behave"
	resolve retry
	is state 'done'
	is 'resolved | map(.by + " " + .state + " " + .note) | join(",")' 'alice retry I looked'
	[ "$(did charge)" -eq 1 ]
	[ "$(keys)" -eq 1 ]
	[ "$(last_order)" = completed ]
	og-ledger verify --state
}

@test "in doubt, and a person says that it is done, or taken back" {
	echo '*/charges lost' >"$behave"
	for state in 'done' compensated; do
		try 'pay for 1 wireless mouse'
		is state in_doubt
		resolve "$state"
		is state "$state"
		[[ "$(jq -r .reason result)" == "resolved as $state by alice: I looked (it was in_doubt: "* ]]
		is 'resolved[0].by' alice
		is 'actions | length' 0
		grep -q "closed as $state, by the word of alice" said
		og-render --to=text result >/dev/null
		[ "$(sql "SELECT json_extract(body, '$.said') FROM audit_ledger WHERE action = 'resolve'
			ORDER BY seq DESC LIMIT 1")" = "$state" ]
		# It is over.
		run -1 og-task resolve "$id" --as alice --state retry
	done
	[ "$(did charge)" -eq 2 ]
	og-ledger verify --state
}

@test "resolve: states, words and rights" {
	try 'pay for 1 wireless mouse'
	run -1 og-task resolve "$id" --as alice --state retry
	[[ "$output" == *'nothing to resolve'* ]]
	run -64 og-task resolve "$id" --as alice
	run -64 og-task resolve "$id" --as alice --state fine
	run -1 og-task resolve 01a21484-c310-74b7-b8aa-753c5feb409c --as alice --state 'done'
}

@test "a refund that is refused: compensation_failed, and tried again" {
	echo '*/charges/pay_1/refunds 422' >"$behave"
	try 'pay for 7 wireless mouse'
	[ "$ended" -eq 71 ]
	is state compensation_failed
	is reason "compensation of step 'charge' failed: service 'payment' answered 422 (after: Nobody buys seven)"
	is cause 'Nobody buys seven'
	[ "$(did refund)" -eq 0 ]
	og-render --to=text result | grep -q "og-task resolve $id --state retry"
	resolve retry
	is state compensation_failed
	is reason "compensation of step 'charge' failed: service 'payment' answered 422 (after: Nobody buys seven)"
	: >"$behave"
	resolve retry
	is state compensated
	is reason 'Nobody buys seven'
	is 'resolved | length' 2
	[ "$(did charge)" -eq 1 ]
	[ "$(did refund)" -eq 1 ]
	[ "$(last_order)" = cancelled ]
	og-ledger verify --state
}

@test "a refund without an answer: in doubt, tried again, refunded once" {
	echo '*/charges/pay_1/refunds lost' >"$behave"
	try 'pay for 7 wireless mouse'
	[ "$ended" -eq 71 ]
	is state in_doubt
	[[ "$(jq -r .reason result)" == "it is not known whether the undo of step 'charge' happened"*'(after: Nobody buys seven)' ]]
	: >"$behave"
	resolve retry
	is state compensated
	[ "$(did refund)" -eq 1 ]
	[ "$(last_order)" = cancelled ]
}

@test "a call that cannot be taken back" {
	variant no-refund settle '/^```http undo/,/^```$/d'
	try 'settle 7 wireless mouse'
	[ "$ended" -eq 71 ]
	is state compensation_failed
	[[ "$(jq -r .reason result)" == *'does not say how to take that back'* ]]
	resolve compensated
	is state compensated
}

@test "not idempotent: never sent again by itself" {
	variant charge-once settle '0,/, "idempotent": true/s///'
	echo '/charges lost' >"$behave"
	try 'settle 1 wireless mouse'
	is state in_doubt
	[ "$(wc -l <"$log")" -eq 1 ]
	# Nor after a crash in the middle of the call.
	fresh
	echo '/charges stall 20000' >"$behave"
	sed 's/3s"/25s"/' charge-once/SKILL.md >slow.md
	og-skill add --as alice --grant slow.md >/dev/null
	id=$(og-submit --as charlie 'settle 1 wireless mouse')
	killed_in_call
	drain
	show
	is state in_doubt
	[ "$(did charge)" -eq 1 ]
	[ "$(wc -l <"$log")" -eq 1 ]
	# A person may: it is their word that it is right.
	: >"$behave"
	resolve retry
	is state 'done'
	[ "$(wc -l <"$log")" -eq 2 ]
}

# A service that does what it is asked and says so much later, and a skill
# that waits for it: time to be killed in.
stalls() {
	echo '/charges stall 20000' >"$behave"
	sed 's/3s"/25s"/' "$(skill)" >slow.md
	og-skill add --as alice --grant slow.md >/dev/null
}

charged() {
	[ "$(did charge)" -gt 0 ]
}

# Serves until the call is under way, then is killed with its job.
killed_in_call() {
	og-worker --quiet 3>&- 2>/dev/null &
	worker=$!
	until_true charged
	kill -STOP "$worker" # nobody takes the place of a job
	# shellcheck disable=SC2046 # its jobs
	kill -9 $(pgrep -P "$worker") "$worker"
	wait "$worker" 2>/dev/null || true
	worker=
}

# Until the task has an end: its claim is free when its last worker is gone.
drain() {
	until_true drained
}

drained() {
	local ended=0
	og-worker --drain --quiet
	og-task status "$id" --as charlie || ended=$?
	[ "$ended" -ne 75 ]
}

@test "the worker killed in the middle of a call: sent again, charged once" {
	stalls
	id=$(og-submit --as charlie 'pay for 1 wireless mouse')
	killed_in_call
	drain
	show
	is state 'done'
	[ "$(did charge)" -eq 1 ]
	[ "$(did replay)" -eq 1 ]
	[ "$(keys)" -eq 1 ]
}

@test "og-http killed in the middle of a call" {
	stalls
	id=$(og-submit --as charlie 'pay for 1 wireless mouse')
	og-worker --drain --quiet 3>&- 2>/dev/null &
	worker=$!
	until_true charged
	for job in $(pgrep -P "$worker"); do
		for child in $(pgrep -P "$job" og-http); do
			kill -9 "$child"
		done
	done
	wait "$worker"
	worker=
	show
	is state 'done'
	[ "$(did charge)" -eq 1 ]
	[ "$(keys)" -eq 1 ]
}

@test "cancelled in the middle of a call: first it has to be known" {
	stalls
	id=$(og-submit --as charlie 'pay for 1 wireless mouse')
	killed_in_call
	og-task cancel "$id" --as charlie >/dev/null 2>&1
	drain
	show
	is state cancelled
	[ "$(did charge)" -eq 1 ]
	[ "$(did refund)" -eq 1 ]
	[ "$(last_order)" = cancelled ]
}

@test "answers that say it was done, and nothing else that can be read" {
	for how in huge badjson deep empty; do
		fresh
		echo "/charges $how" >"$behave"
		try 'pay for 1 wireless mouse'
		# Charged, and without its id it cannot be refunded: a person has to.
		is state compensation_failed
		[[ "$(jq -r .cause result)" == "the answer of service 'payment': it is "* ]]
		[ "$(did charge)" -eq 1 ]
		[ "$(did refund)" -eq 0 ]
		resolve compensated
		is state compensated
	done
	[ -z "$(sql "SELECT 1 FROM payments WHERE status LIKE 'pay%'")" ]
	og-ledger verify --state
}

@test "hostile values do not leave their place" {
	mkdir odd
	cat >odd/SKILL.md <<-'END'
		---
		name: odd-call
		description: Call a service with a value in every place.
		metadata: {og-kind: workflow, og-roles: "customer"}
		---
		## When
		- call {what:text}
		## Steps
		### call
		```http
		{"service": "payment", "method": "GET", "path": "/echo/{what}", "headers": {"X-What": "{what}"}}
		```
		## Answer
		Called.
	END
	og-skill add --as alice --grant odd/SKILL.md >/dev/null
	for what in '../../x' '//evil.example' '@evil.example' 'a?b=c#d' 'a b' "$(printf 'x%.0s' $(seq 900))"; do
		id=$(og-submit --as charlie --action odd-call --param "what=$what")
		og-worker --drain --quiet
		show
		is state 'done'
	done
	# Two dots alone, and an end of a line in a header, are refused.
	for what in .. $'a\r\nX-Evil: 1' $'a\nGET /charges'; do
		id=$(og-submit --as charlie --action odd-call --param "what=$what")
		og-worker --drain --quiet
		show
		is state denied
		is 'refusal.rule | IN("path", "header", "slot")' true
	done
	[ ! -e "$log" ]
}

@test "a token is sent, and is nowhere else" {
	mkdir -m 700 "$OG_HOME/secrets"
	(umask 077 && echo sesame-314159 >"$OG_HOME/secrets/payment")
	try 'pay for 1 wireless mouse'
	is state 'done'
	grep -q 'token=Bearer sesame-314159' "$log"
	[ "$(grep -rl sesame-314159 "$OG_HOME")" = "$OG_HOME/secrets/payment" ]
	# One that others may read is not used: the worker says so and ends.
	chmod 644 "$OG_HOME/secrets/payment"
	og-submit --as charlie 'pay for 1 wireless mouse' >/dev/null
	run og-worker --drain
	[ "$status" -ne 0 ]
	[[ "$output" == *'chmod 600'* || "$output" == *'can be read by others'* ]]
}

@test "a dead letter that was begun goes on where it was" {
	echo '*/charges lost' >"$behave"
	sqlite3 "$OG_HOME/queue.db" "SELECT 1" >/dev/null
	id=$(og-submit --as charlie 'pay for 1 wireless mouse')
	sqlite3 "$OG_HOME/queue.db" "CREATE TABLE kept AS SELECT * FROM task"
	og-worker --drain --quiet
	# As if every worker had died in it.
	sql "UPDATE og_task SET state = 'running', result = NULL, finished = NULL"
	sqlite3 "$OG_HOME/queue.db" "INSERT INTO task SELECT * FROM kept; DROP TABLE kept;
		UPDATE task SET state = 2, attempts = 6, reason = 'delivered too often'"
	show
	is state in_doubt
	run -1 og-task resolve "$id" --as alice --state 'done'
	[[ "$output" == *'--state retry'* ]]
	: >"$behave"
	resolve retry
	is state 'done'
	[ "$(did charge)" -eq 1 ]
}

@test "a dead letter that was never begun is delivered again" {
	id=$(og-submit --as charlie 'pay for 1 wireless mouse')
	sqlite3 "$OG_HOME/queue.db" "UPDATE task SET state = 2, attempts = 6, reason = 'unlucky'"
	show
	is state failed
	run -1 og-task resolve "$id" --as alice --state 'done'
	resolve retry
	is state 'done'
	[ "$(did charge)" -eq 1 ]
}

@test "an approval before a call: nothing is sent until it is given, then once" {
	printf 'Charges above 200 take two people.\n' |
		og-policy add --as alice --name four-eyes --node order-with-payment \
			--approval ':total_amount > 200' --step charge --approver-clearance 3 - >/dev/null
	id=$(og-submit --as charlie 'pay for 1 ergonomic chair')
	og-worker --drain --quiet
	[ "$(sql "SELECT state FROM og_task WHERE id = '$id'")" = waiting ]
	[ ! -e "$log" ]
	og-task approve "$id" --as alice >/dev/null 2>&1
	echo '/charges lost' >"$behave"
	og-worker --drain --quiet
	show
	is state 'done'
	[ "$(did charge)" -eq 1 ]
	[ "$(sql "SELECT json_extract(body, '$.approval.by') FROM audit_ledger
		WHERE action = 'effect.begin'")" = alice ]
	og-ledger verify --state
}

@test "a value that is none" {
	variant no-value settle 's|"/card/last4"|"/card"|'
	try 'settle 1 wireless mouse'
	# The charge's id was there: it is refunded.
	is state compensated
	is reason "the answer of service 'payment': it has no single value at '/card'"
	[ "$(did charge)" -eq 1 ]
	[ "$(did refund)" -eq 1 ]
	[ -z "$(sql "SELECT 1 FROM payments WHERE status LIKE 'pay%'")" ]
}

@test "looked at in the middle of a call: nothing is said of it, and nothing sent" {
	stalls
	id=$(og-submit --as charlie 'pay for 1 wireless mouse')
	killed_in_call
	before=$(entries)
	sent=$(wc -l <"$log")
	looked() { # once the claim of the dead has run out
		OG_MODEL=openai:http://127.0.0.1:1/v1#m OG_MODEL_PRICE='1 2' og-worker --dry-run >looked 2>&1 ||
			not grep -q 'nothing is queued' looked
	}
	until_true looked
	grep -q 'a call to a service is under way' looked
	[ "$(entries)" -eq "$before" ]
	[ "$(wc -l <"$log")" -eq "$sent" ]
	drain
	show
	is state 'done'
	[ "$(did charge)" -eq 1 ]
	[ "$(keys)" -eq 1 ]
}
