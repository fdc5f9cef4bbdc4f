# What models came to: og-ledger spend, and what og status says of it. The
# model is a fake on the loopback.

load helper

setup() {
	instance
	unset http_proxy all_proxy HTTP_PROXY ALL_PROXY
	echo '{"repeat":"forever","text":"It is done.","usage":{"input":1000,"output":100}}' >script
	start_server model --script script --seconds 900
	sed -i '/^model *=/d' "$OG_HOME/og.conf"
	{
		echo "model = openai:http://127.0.0.1:$(cat port)/v1#test-1"
		echo 'model_price = 2 10'
	} >>"$OG_HOME/og.conf"
}

teardown() {
	kill "$(cat pid)" 2>/dev/null || true
}

@test "spend: by principal, model, day and task, with a total" {
	ask bob 'tell me something' >one.json
	ask bob 'tell me more' >/dev/null
	ask charlie 'and me' >/dev/null
	[ "$(jq .cost.nanousd one.json)" -eq 3000000 ]
	run -0 og-ledger spend --as alice
	[[ "${lines[0]}" =~ ^bob\ +2\ +2200\ +0\.006$ ]]
	[[ "${lines[1]}" =~ ^charlie\ +1\ +1100\ +0\.003$ ]]
	[[ "${lines[2]}" =~ ^total\ +3\ +3300\ +0\.009$ ]]
	run -0 og-ledger spend --as alice --by model --json
	[ "$(head -n 1 <<<"$output" | jq -c '[.calls,.input,.output,.usd]')" = '[3,3000,300,"0.009"]' ]
	run -0 og-ledger spend --as alice --by day
	[[ "${lines[0]}" == "$(date -u +%F)"* ]]
	run -0 og-ledger spend --as alice --by task --principal charlie --json
	[ "$(wc -l <<<"$output")" -eq 2 ]
	run -0 og-ledger spend --as alice --since 2999-01-01 --json
	[ "$(jq .calls <<<"$output")" -eq 0 ]
}

@test "spend: the counters agree with the ledger, and when they do not" {
	ask bob 'tell me something' >/dev/null
	run -0 og-ledger spend --as alice --check
	sqlite3 "$OG_HOME/erp.db" "UPDATE og_spend SET nanousd = nanousd - 1 WHERE scope = 'all'"
	run -1 --separate-stderr og-ledger spend --as alice --check
	[[ "$stderr" == *"the counters say 0.002999999 USD, the ledger 0.003"* ]]
}

@test "spend: who may not, and misuse" {
	run -77 og-ledger spend --as charlie
	run -64 og-ledger spend --as alice --by colour
	run -64 og-ledger spend --as alice --since yesterday
	run -64 og-ledger spend --as alice --check --since 2026-01-01
}

@test "og status: what models cost today, its limit, and a provider that is waited for" {
	ask bob 'tell me something' >/dev/null
	run -0 og status
	[[ "$output" == *"models    0.003 USD and 1100 tokens today, limits 50.00 USD and 10000000"* ]]
	[[ "$output" != *"provider "* ]]
	echo '{"repeat":"forever","status":429,"retry":"300s","text":"slow down"}' >script
	og-submit --as bob 'tell me more' >/dev/null
	og-worker --once --quiet || true
	run -0 og status
	[[ "$output" == *"provider "*" is open until "* ]]
	run -0 og status --json
	[ "$(jq '.providers | length' <<<"$output")" -eq 1 ]
}
