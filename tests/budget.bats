# What models cost, through the shield's channel: prices of the installation
# and of the instance, limits of og.conf, numbered requests, a shield that is
# killed, and what the ledger adds up to.

load helper
load channel-helper

setup() {
	instance
}

teardown() {
	[ -z "${shield:-}" ] || kill "$shield" 2>/dev/null || true
}

GEMINI=gemini:gemini-2.5-flash
digest=$(printf '0%.0s' {1..64})

# reserve TURN INPUT OUTPUT [MODEL]
reserve() {
	act budget.reserve "$(jq -nc --argjson turn "$1" --argjson input "$2" --argjson output "$3" \
		--arg model "${4:-$GEMINI}" '{turn: $turn, model: $model, input: $input, output: $output}')"
}

# answer TURN INPUT OUTPUT
answer() {
	act journal.put "$(jq -nc --argjson turn "$1" --argjson input "$2" --argjson output "$3" \
		--arg digest "$digest" '{turn: $turn, digest: $digest, answer: {text: "a secret word"},
		usage: {input: $input, cached: 0, output: $output}}')"
}

spent() {
	sqlite3 "$OG_HOME/erp.db" "SELECT coalesce(sum(nanousd), 0) FROM og_spend WHERE scope = 'all'"
}

# What the entries add up to.
entered() {
	sqlite3 "$OG_HOME/erp.db" "SELECT coalesce(sum(json_extract(body, '\$.nanousd')), 0)
		FROM audit_ledger WHERE action IN ('model.answer', 'model.lost')"
}

@test "a question is paid by the table, and its answer by what it used" {
	task_of charlie "tell me about chairs"
	shield
	begin og-worker/model
	not reserve 1 1000000 1000000
	refused budget-task-tokens
	reserve 1 10000 1000
	[ "$(quick_jq .nanousd <<<"$reply")" = 5500000 ]
	answer 1 10000 10
	[ "$(quick_jq .nanousd <<<"$reply")" = 3025000 ]
	[ "$(spent)" = 3025000 ]
	[ "$(entered)" = 3025000 ]
	answer 1 10000 10
	[ "$(quick_jq .replayed <<<"$reply")" = true ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE body LIKE '%secret word%'")" = 0 ]
	finish failed
	[ "$(jq -c '.result.cost | [.calls, .input, .nanousd]' <<<"$reply")" = '[1,10000,3025000]' ]
	og-ledger verify --state >/dev/null
}

@test "a model without a price is not asked; the instance's own table has one" {
	task_of charlie "tell me about chairs"
	shield
	begin
	not reserve 1 10 10 openai:http://127.0.0.1:1/v1#mine
	refused no-price
	[[ "$(quick_jq -r .fix <<<"$reply")" == *model_price* ]]
	shield_end
	echo '{"v":1,"currency":"USD","per":1000000,"prices":[{"provider":"openai:http://127.0.0.1:1/v1",
		"model":"mine*","from":"2026-01-01","input":1,"output":1}]}' >"$OG_HOME/prices.json"
	shield
	begin
	reserve 1 10 10 openai:http://127.0.0.1:1/v1#mine
	[ "$(quick_jq .nanousd <<<"$reply")" = 20000 ]
	shield_end
	echo '{"v":1}' >"$OG_HOME/prices.json"
	og-shield query --as charlie "SELECT 1" >/dev/null
	OG_MODEL=openai:http://127.0.0.1:1/v1#mine OG_MODEL_PRICE="2 2" shield
	begin
	reserve 1 10 10 openai:http://127.0.0.1:1/v1#mine
	[ "$(quick_jq .nanousd <<<"$reply")" = 40000 ]
}

@test "og.conf's limit refuses, names itself, and is on the ledger" {
	echo 'day_tokens = 150' >>"$OG_HOME/og.conf"
	task_of charlie "tell me about chairs"
	shield
	begin
	reserve 1 50 50
	[ "$(quick_jq .left.tokens <<<"$reply")" = 50 ]
	not reserve 2 50 1
	refused budget-day-tokens
	[ "$(jq -c '[.verdict, .allowed, .reached]' <<<"$reply")" = '["budget",150,151]' ]
	reserve 2 49 1
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE action = 'refuse'
		AND json_extract(body, '\$.rule') = 'budget-day-tokens'")" = 1 ]
}

@test "a shield that is killed forgets neither what was paid nor what was done" {
	task_of alice "raise the stock"
	shield
	begin
	reserve 1 10000 1000
	write 0 'UPDATE products SET stock_quantity = stock_quantity + 1 WHERE id = 1'
	first=$(jq -cS 'del(.replayed)' <<<"$reply")
	kill -9 "$shield"
	shield_end
	shield
	begin
	write 0 'UPDATE products SET stock_quantity = stock_quantity + 1 WHERE id = 1'
	[ "$(jq -cS 'del(.replayed)' <<<"$reply")" = "$first" ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" = 51 ]
	reserve 1 10000 1000
	[ "$(spent)" = 11000000 ]
	answer 1 10000 10
	act journal.get '{}'
	[ "$(jq -c '[(.turns | length), .turns[0].state, .calls[0].verb, .calls[0].reply.affected]' \
		<<<"$reply")" = '[1,"answered","sql.write",1]' ]
	undo
	finish compensated
	[ "$(quick_jq .result.cost.lost <<<"$reply")" = 5500000 ]
	[ "$(spent)" = "$(entered)" ]
}

@test "task.status tells the cost of a task that runs" {
	task_of charlie "tell me about chairs"
	shield
	begin
	reserve 1 10000 1000
	answer 1 10000 10
	status=$(og-task status "$id" --as charlie --json) || [ $? -eq 75 ]
	[ "$(quick_jq .cost.nanousd <<<"$status")" = 3025000 ]
}

@test "budget: a model's name is text one can see, whoever chose it" {
	task_of charlie 'buy 1 Ergonomic Chair'
	shield
	begin
	reserve 1 10 10 "gemini:gemini-3.5-flash"$'\e'"]0;all is well"$'\a'
	answer 1 5 5
	shield_end
	shield=
	run -0 og-ledger spend --as alice --by model
	[[ "$output" == *'gemini:gemini-3.5-flash\x1B]0;all is well\x07 '* ]]
	[[ "$output" != *$'\e'* ]]
}
