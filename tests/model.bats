# Tasks that a model works on, through the real programs, against a model
# that says what a script tells it to and checks what it is sent.

load helper
load model-helper

READ_STOCK='{"sql":"SELECT name, stock_quantity FROM products WHERE name = :n","params":{"n":"Laptop Stand"},"as":"stock"}'
BUY_CHAIR='{"skill":"procure-to-pay","slots":{"product":"Ergonomic Chair","quantity":1}}'
BUY_DESKS='{"skill":"procure-to-pay","slots":{"product":"Standing Desk","quantity":2}}'

stock_question() { # DIALECT [OPTION...]
	use "$@"
	says "$(call read "$READ_STOCK")" "$(finish 'There are 100 laptop stands.' '{"show":["stock"]}')"
	try charlie 'how many laptop stands are there?'
	content
	[ "$ended" -eq 0 ]
	is state 'done'
	is answer 'There are 100 laptop stands.'
	is planner model
	is model "$OG_MODEL"
	is 'data.stock[0].stock_quantity' 100
	is cost.calls 2
	[ "$(asked)" -eq 2 ]
	og-ledger verify --state
	# The answers are on the ledger, what they said is not.
	[ "$(sql "SELECT count(*) FROM audit_ledger WHERE task = '$id' AND action = 'model.answer'")" -eq 2 ]
	[ "$(sql "SELECT count(*) FROM audit_ledger WHERE body LIKE '%laptop stands%' AND action = 'model.answer'")" -eq 0 ]
}

@test "a question is answered from what was read: Gemini" {
	stock_question gemini
}

@test "a question is answered from what was read: OpenAI" {
	stock_question openai
}

@test "the same, streamed" {
	export OG_MODEL_STREAM=on
	for dialect in gemini openai; do
		stock_question "$dialect"
		[ "$(jq -c 'select(.request.stream == true or (.path | contains("stream")))' log | wc -l)" -eq 2 ]
	done
}

@test "a gateway's own id and secret, beside the key" {
	echo mein-name >"$OG_HOME/id"
	echo mein-wort >"$OG_HOME/secret"
	chmod 600 "$OG_HOME/id" "$OG_HOME/secret"
	export OG_MODEL_HEADERS='X-Client-Id=id X-Client-Secret=secret'
	for dialect in gemini openai; do
		stock_question "$dialect" --header X-Client-Id=mein-name --header X-Client-Secret=mein-wort
	done
}

@test "the key comes from the environment, where no file is named" {
	for dialect in gemini openai; do
		use "$dialect"
		unset OG_MODEL_KEY
		says "$(finish 'Nothing to say.')"
		GEMINI_API_KEY=$KEY OG_LLM_KEY=$KEY try charlie 'hello'
		is state 'done'
	done
	# Its owner alone is asked with OpenAI's.
	use openai
	unset OG_MODEL_KEY
	says "$(finish 'Nothing to say.')"
	OPENAI_API_KEY=$KEY try charlie 'hello'
	is state failed
}

@test "a purchase: the model runs the skill's own steps" {
	for dialect in gemini openai; do
		before=$(stock 1)
		use "$dialect"
		says "$(call run_step "$BUY_CHAIR")" '{"calls":[{"name":"finish","args":{}}]}'
		try charlie 'please get me one of those ergonomic chairs'
		content
		is state 'done'
		is skill procure-to-pay
		[ "$(stock 1)" -eq $((before - 1)) ]
		[ "$(sql "SELECT status FROM orders ORDER BY id DESC LIMIT 1")" = completed ]
	done
	og-ledger verify --state
}

@test "a purchase over the limit is taken back, whatever the model says of it" {
	use openai
	says "$(call run_step "$BUY_DESKS")" \
		"$(finish 'Done, two desks are on their way.')" \
		"$(call give_up '{"reason":"The order is over the limit."}')"
	try charlie 'two standing desks'
	is state compensated
	[ "$(stock 2)" -eq 30 ]
	[ "$(sql "SELECT status FROM orders ORDER BY id DESC LIMIT 1")" = cancelled ]
	[ "$(sql "SELECT count(*) FROM invoices")" -eq "$(sql "SELECT count(DISTINCT order_id) FROM invoices")" ]
	# It was told what refused it.
	jq -se 'any(.[1].request; tostring | contains("Payment Authorization Denied: order total exceeds compliance limit"))' log
	og-ledger verify --state
}

@test "what the principal may not see, the model is not told" {
	use openai
	says "$(call read '{"sql":"SELECT name FROM products ORDER BY id","as":"all"}')" "$(finish 'These are all.')"
	try charlie 'which products are there?'
	is 'data.all | length' 5
	not grep -q 'Quantum Processor\|Mainframe' log
	use openai
	says "$(call read '{"sql":"SELECT name FROM products ORDER BY id","as":"all"}')" "$(finish 'These are all.')"
	try alice 'which products are there?'
	is 'data.all | length' 7
}

@test "schema: alice's model may add to it, bob's is not offered it and is refused" {
	use gemini
	says "$(call change_schema '{"sql":"CREATE TABLE suppliers(id INTEGER PRIMARY KEY, name TEXT NOT NULL)"}')" \
		"$(finish 'The table is there.')"
	try alice 'we need a table of suppliers'
	is state 'done'
	[ "$(sql "SELECT count(*) FROM sqlite_schema WHERE name = 'suppliers'")" -eq 1 ]
	use gemini
	says "$(call change_schema '{"sql":"CREATE TABLE carriers(id INTEGER PRIMARY KEY, name TEXT NOT NULL)"}')" \
		"$(call give_up '{"reason":"I may not change the schema."}')"
	try bob 'we need a table of carriers'
	[ "$ended" -eq 1 ]
	[ "$(sql "SELECT count(*) FROM sqlite_schema WHERE name = 'carriers'")" -eq 0 ]
	jq -se '[.[0].request.tools[0].functionDeclarations[].name] |
		index("read") != null and index("change_schema") == null' log
	og-ledger verify --state
}

@test "a tool that is not offered: what was not done is not told as done" {
	use openai
	says "$(call write '{"sql":"UPDATE products SET stock_quantity = 1 WHERE id = 1"}')" \
		"$(finish 'The stock is corrected.')"
	try charlie 'correct the stock of chairs'
	[ "$ended" -eq 1 ]
	is state denied
	is refusal.rule no-tool
	has answer Refused
	[ "$(stock 1)" -eq 50 ]
	# Nor by asking for an approval of it.
	use openai
	says "$(call ask_approval '{"question":"May I?","tool":"change_schema","arguments":{"sql":"CREATE TABLE t(id INTEGER PRIMARY KEY)"}}')" \
		"$(finish 'The table is there.')"
	try bob 'we need a table'
	is state denied
	is refusal.rule no-tool
	# Another way that was open to it is no refusal.
	use openai
	says "$(call write '{"sql":"UPDATE products SET stock_quantity = 1 WHERE id = 1"}')" \
		"$(call read "$READ_STOCK")" "$(finish 'There are 100 laptop stands.')"
	try charlie 'how many laptop stands are there?'
	is state 'done'
}

@test "it asks the person back, and goes on with the answer" {
	use openai
	says "$(call ask_user '{"question":"Which chair?"}')"
	try charlie 'buy me a chair'
	[ "$(state)" = waiting ]
	[ "$(asked)" -eq 1 ]
	og-task list --as charlie --json | jq -se --arg id "$id" 'any(.[]; .task == $id)'
	# Somebody else's answer is none.
	run og-task answer "$id" 'all of them' --as bob
	og-worker --drain --quiet 2>/dev/null || true
	[ "$(state)" = waiting ]
	says "$(jq -c '. + {expect: "the ergonomic one"}' <<<"$(call run_step "$BUY_CHAIR")")" \
		'{"calls":[{"name":"finish","args":{}}]}'
	og-task answer "$id" 'the ergonomic one' --as charlie >/dev/null
	og-worker --drain --quiet
	show
	content
	is state 'done'
	[ "$(stock 1)" -eq 49 ]
	[ "$(asked)" -eq 3 ]
}

@test "og.conf has changed while a task waited: it fails and says what may be the reason" {
	use openai
	says "$(call ask_user '{"question":"Which chair?"}')" "$(finish 'Well then.')"
	try charlie 'buy me a chair'
	og-task answer "$id" 'the ergonomic one' --as charlie >/dev/null
	OG_MODEL_OUTPUT=1234 og-worker --drain --quiet
	show
	is state failed
	has reason "the request of turn 1 is another than the one on record"
	has reason "have og.conf's model lines or the program changed since?"
	[ "$(asked)" -eq 1 ]
}

@test "it asks for an approval of one exact write" {
	use openai
	local write='{"sql":"UPDATE products SET stock_quantity = :n WHERE id = 3","params":{"n":98}}'
	export OG_MODEL_WRITES=approved
	says "$(call write "$write")" \
		"$(call ask_approval "{\"question\":\"May two be written off?\",\"tool\":\"write\",\"arguments\":$write}")"
	try bob 'two laptop stands are broken'
	[ "$(state)" = waiting ]
	[ "$(stock 3)" -eq 100 ]
	says "$(finish 'They are written off.')"
	og-task approve "$id" --as alice >/dev/null
	og-worker --drain --quiet
	show
	is state 'done'
	[ "$(stock 3)" -eq 98 ]
	og-ledger verify --state
}

# --- limits ------------------------------------------------------------------

# What a page of an interrupted task says.
drawn() {
	og-render --to=html result >page.html
	grep -q SYSTEM_INTERRUPT page.html
}

again_and_again() { # LINE
	jq -c '. + {repeat: "forever"}' <<<"$1" >>script
}

@test "limits: the same call with the same result" {
	use openai
	again_and_again "$(call read "$READ_STOCK")"
	try charlie 'how many laptop stands?'
	is state interrupted
	has reason 'SYSTEM_INTERRUPT'
	[ "$(asked)" -le 5 ]
	drawn
}

@test "limits: two calls in turn" {
	use openai
	for i in 1 2 3 4 5 6; do
		says "$(call read "$READ_STOCK" "{\"usage\":{\"input\":$i,\"output\":1}}")" \
			"$(call read '{"sql":"SELECT count(*) AS n FROM orders","as":"n"}' "{\"usage\":{\"input\":$i,\"output\":2}}")"
	done
	try charlie 'how many laptop stands?'
	is state interrupted
	has reason 'SYSTEM_INTERRUPT'
	is 'data.interrupt[0].limit' cycle
	drawn
}

@test "limits: steps" {
	use openai
	for i in $(seq 9); do
		says "$(call read "{\"sql\":\"SELECT $i AS n\",\"as\":\"n$i\"}")"
	done
	OG_STEP_LIMIT=4 try charlie 'count up to nine'
	is state interrupted
	has reason 'SYSTEM_INTERRUPT'
	[ "$(asked)" -le 5 ]
	drawn
}

@test "limits: tokens, money, time" {
	for limit in 'OG_TASK_TOKENS=9000' 'OG_TASK_COST=0.01'; do
		use openai
		for i in $(seq 9); do
			says "$(call read "{\"sql\":\"SELECT $i AS n\",\"as\":\"n$i\"}" '{"usage":{"input":3000,"output":500}}')"
		done
		id=$(og-submit --as charlie 'count up to nine')
		who=charlie
		env "$limit" og-worker --drain --quiet
		show
		is state interrupted
		has reason 'SYSTEM_INTERRUPT'
		[ "$(asked)" -le 5 ]
		drawn
	done
	use openai
	again_and_again '{"calls":[{"name":"search_skills","args":{"query":"stock"}}],"delay_ms":1200}'
	OG_TASK_SECONDS=2 OG_REPEAT_LIMIT=1000 try charlie 'think about it'
	is state interrupted
	has reason 'SYSTEM_INTERRUPT'
	drawn
}

@test "a model without a price is not asked" {
	use openai
	unset OG_MODEL_PRICE
	try charlie 'hello'
	[ "$ended" -eq 1 ]
	is refusal.rule no-price
	[ "$(asked)" -eq 0 ]
}

# --- providers -----------------------------------------------------------------

@test "429 and 503, and then it answers: asked again within the turn" {
	for dialect in gemini openai; do
		use "$dialect"
		says '{"status":429,"retry":1}' '{"status":503}' "$(finish 'Here I am.')"
		try charlie 'hello'
		is state 'done'
		is cost.calls 1
		[ "$(asked)" -eq 3 ]
	done
}

@test "429 for longer: the task waits in the queue, and holds no job" {
	use openai
	says '{"status":429,"retry":8}' "$(finish 'Here I am.')"
	id=$(og-submit --as charlie 'hello')
	who=charlie
	run og-worker --once --json
	[ "$(jq -r .outcome <<<"$output")" = waiting ]
	show
	[ "$ended" -eq 75 ]
	og-worker --drain --quiet
	show
	is state 'done'
	[ "$(asked)" -eq 2 ]
}

@test "a quota that is used up is not waited for" {
	use openai
	says '{"status":429,"quota":true,"repeat":"forever"}'
	try charlie 'hello'
	is state failed
	has reason quota
	[ "$(asked)" -eq 1 ]
}

@test "down: the task fails and says why" {
	use openai
	says '{"status":500,"repeat":"forever"}'
	try charlie 'buy 1 laptop stand'
	is state failed
	has reason 500
	[ "$(stock 3)" -eq 100 ]
	end_server "$fake"
	fake=
	try charlie 'buy 1 laptop stand'
	is state failed
	has reason 'cannot be reached'
	[ "$(stock 3)" -eq 100 ]
	og-ledger verify --state
}

@test "fallback = skill: the skills take over, and every record says so" {
	use openai
	says '{"status":500,"repeat":"forever"}'
	OG_FALLBACK=skill try charlie 'buy 1 laptop stand'
	is state 'done'
	is planner skill
	has fallback 500
	[ "$(stock 3)" -eq 99 ]
	[ "$(sql "SELECT count(*) FROM audit_ledger WHERE task = '$id' AND json_extract(entry, '$.agent') IS NOT 'og-worker/skill-fallback'")" -eq 0 ]
	[ "$(sql "SELECT count(*) FROM audit_ledger WHERE task = '$id'")" -gt 3 ]

	# An action names a skill: there is nothing to reason about, and no fallback.
	og-ledger verify --state
}

@test "a wrong key: said so, and nothing is tried twice" {
	use openai
	echo falsch >"$OG_HOME/model.key"
	try charlie 'hello'
	is state failed
	has reason 401
	[ "$(asked)" -le 1 ]
	not grep -rq falsch "$OG_HOME/erp.db" "$OG_HOME/queue.db" result
}

@test "a provider that quotes the key is not quoted" {
	for dialect in gemini openai; do
		use "$dialect"
		says "$(jq -cn --arg t "the key $KEY, yes $KEY, is none of ours" '{status: 403, text: $t}')"
		id=$(og-submit --as charlie 'hello')
		who=charlie
		og-worker --drain 2>told
		show
		is state failed
		has reason 'the key ***********, yes ***********, is none of ours'
		not grep -q "$KEY" told result
		not grep -q "$KEY" "$OG_HOME"/erp.db*
	done
}

@test "a connection that is cut: what it may have cost is spent, and it is not repeated" {
	for how in '{"drop":true}' '{"text":"There are many of them, I think.","cut":20}'; do
		use openai
		says "$how"
		try charlie 'hello'
		is state failed
		[ "$(asked)" -eq 1 ]
		[ "$(sql "SELECT count(*) FROM og_turn WHERE task = '$id' AND state = 'failed' AND tokens > 4096")" -eq 1 ]
		[ "$(sql "SELECT count(*) FROM audit_ledger WHERE task = '$id' AND action = 'model.lost'")" -eq 1 ]
	done
}

@test "no usage: the reservation is what it cost" {
	use openai
	says "$(jq -c '. + {usage: "none"}' <<<"$(finish 'Nothing.')")"
	try charlie 'hello'
	is state 'done'
	[ "$(sql "SELECT tokens > 4096 FROM og_turn WHERE task = '$id'")" -eq 1 ]
	[ "$(jq .cost.nanousd result)" -ge $((4096 * 2000)) ]
}

@test "the breaker: after some 500s nobody asks for a while" {
	use openai
	says '{"status":500,"repeat":"forever"}'
	for _ in 1 2 3 4 5 6 7 8; do og-submit --as charlie 'hello' >/dev/null; done
	OG_MODEL_PATIENCE=0 og-worker --drain --quiet 2>/dev/null || true
	[ "$(asked)" -lt 24 ]
}

# --- looking at it ----------------------------------------------------------------

@test "--dry-run prints what is asked then, and leaves no trace" {
	for dialect in gemini openai; do
		use "$dialect"
		says "$(finish 'Nothing.')"
		id=$(og-submit --as charlie 'how many laptop stands are there?')
		before=$(entries)
		og-worker --dry-run >dry
		[ "$(asked)" -eq 0 ]
		[ "$(entries)" -eq "$before" ]
		[ "$(jq -r .task dry)" = "$id" ]
		not grep -q "$KEY" dry
		og-worker --dry-run --task "$id" | cmp - dry
		[ "$(sqlite3 "$OG_HOME/queue.db" 'SELECT attempts FROM task')" -eq 0 ]
		who=charlie
		og-worker --drain --quiet
		show
		is state 'done'
		# What was said then is what is sent now, but for the time.
		[ "$(jq -cS .body dry)" = "$(jq -cS 'select(.n == 1) | .request' log)" ]
		[ "$(jq -r .url dry)" = "http://127.0.0.1:$(cat port)$(jq -r 'select(.n == 1) | .path' log)" ]
	done
	run og-worker --dry-run --task "$id"
	[ "$status" -eq 1 ]
}

@test "--dry-run in the middle of a task: the next request, and nothing is done for it" {
	use openai
	says "$(call read "$READ_STOCK")" '{"status":429,"retry":"40s"}'
	id=$(og-submit --as charlie 'how many laptop stands are there?')
	og-worker --drain --quiet
	[ "$(asked)" -eq 2 ]
	before=$(entries)
	calls=$(sql 'SELECT count(*) FROM og_call')
	og-worker --dry-run --task "$id" >dry
	[ "$(jq -cS .body dry)" = "$(jq -cS 'select(.n == 2) | .request' log)" ]
	[ "$(asked)" -eq 2 ]
	[ "$(entries)" -eq "$before" ]
	[ "$(sql 'SELECT count(*) FROM og_call')" -eq "$calls" ]
}

@test "--dry-run: a word about a task is left for the worker" {
	use openai
	says "$(call ask_user '{"question":"Which chair?"}')"
	try charlie 'buy me a chair'
	og-task answer "$id" 'the ergonomic one' --as charlie >/dev/null
	before=$(entries)
	run og-worker --dry-run
	[ "$status" -eq 1 ]
	[[ "$output" == *"a word about a task"* ]]
	[ "$(entries)" -eq "$before" ]
	says "$(finish 'Well then.')"
	og-worker --drain --quiet
	show
	is state 'done'
}

@test "--rerun: the same result from the journal alone; one that was changed is found" {
	use openai
	says "$(call run_step "$BUY_CHAIR")" '{"calls":[{"name":"finish","args":{}}]}'
	try charlie 'an ergonomic chair'
	is state 'done'
	og-task journal "$id" --as charlie >journal
	end_server "$fake"
	fake=
	before=$(entries)
	og-worker --rerun "$id" --as charlie >again
	[ "$(jq -r .answer again)" = "$(jq -r .answer result)" ]
	og-worker --rerun journal | cmp - again
	og-worker --rerun - <journal | cmp - again
	[ "$(entries)" -eq "$before" ]
	[ "$(stock 1)" -eq 49 ]
	# Another answer of the model, another reply, a turn that is missing.
	sed 's/"procure-to-pay"/"audit-orders"/' journal >tampered
	run og-worker --rerun tampered
	[ "$status" -eq 1 ]
	jq -c '.turns |= .[:1]' journal >tampered
	run og-worker --rerun tampered
	[ "$status" -eq 1 ]
	# What was taken out is named.
	lacks() { # JQ WORDS
		jq -c "$1" journal >tampered
		run --separate-stderr og-worker --rerun tampered
		[ "$status" -eq 1 ]
		[[ "$stderr" == *"journal: $2 is not on record"* ]] || { echo "$stderr"; return 1; }
	}
	lacks '.turns |= .[1:]' 'turn 1'
	lacks '.turns |= .[:1]' 'turn 2'
	lacks 'del(.calls[2])' 'request 2 (skill.get)'
	jq -c '.result.answer = "You owe me nothing."' journal >tampered
	run --separate-stderr og-worker --rerun tampered
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"'answer'"* ]]
	# Somebody else's is not shown.
	run og-worker --rerun "$id" --as diana
	[ "$status" -ne 0 ]
}

@test "a model somewhere: OG_LIVE_MODEL_URL" {
	[ -n "${OG_LIVE_MODEL_URL:-}" ] || skip "OG_LIVE_MODEL_URL names none, as in openai:http://127.0.0.1:11434/v1#qwen3"
	export OG_MODEL=$OG_LIVE_MODEL_URL OG_MODEL_PRICE=${OG_MODEL_PRICE:-1 2}
	try charlie 'How many laptop stands are in stock? Read it from the database and say the number.'
	is state 'done'
	has answer 100
}

# --- a skill -----------------------------------------------------------------

@test "it proposes a new version of a skill: who approves sees what changes" {
	use openai
	og-shield principal add eve --as alice --role admin --clearance 3 \
		--pubkey "$(og key --new eve)" >/dev/null
	og-skill show --source --as alice inventory-report >old.md
	sed 's/og-roles: .*/og-roles: admin/' old.md >new.md
	local put
	put=$(jq -cn --rawfile text new.md '{text: $text}')
	export OG_MODEL_WRITES=approved
	says "$(call put_skill "$put")" \
		"$(call ask_approval "$(jq -cn --argjson put "$put" \
			'{question: "May only administrators see the report?", tool: "put_skill", arguments: $put}')")"
	try eve 'the inventory report is for administrators'
	[ "$(state)" = waiting ]
	og-skill show --source --as alice inventory-report | cmp - old.md
	says "$(finish 'It is theirs alone.')"
	run --separate-stderr og-task approve "$id" --as alice
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"skill inventory-report: a new version"* ]]
	[[ "$stderr" == *"roles       - customer"* ]]
	[[ "$stderr" == *"+  og-roles: admin"* ]]
	og-worker --drain --quiet
	show
	is state 'done'
	og-skill show --source --as alice inventory-report | cmp - new.md
	og-ledger verify --state
}
