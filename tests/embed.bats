# Embeddings from a provider: texts of policies and skills, and queries.
# The provider is a fake on the loopback, whose vectors of texts with the
# same beginnings of words are near.

load helper

setup() {
	instance
	unset http_proxy all_proxy HTTP_PROXY ALL_PROXY GEMINI_API_KEY OG_LLM_KEY
	: >script
	provider openai
}

teardown() {
	end_server 2>/dev/null || true
}

# provider DIALECT [OPTION...]: starts it, and og.conf names it.
provider() {
	local dialect=$1 url
	shift
	[ ! -s pid ] || end_server 2>/dev/null || true
	start_server model --script script --log log --dimension 512 --seconds 900 "$@"
	url=http://127.0.0.1:$(cat port)
	[ "$dialect" = gemini ] && url=gemini:$url/v1beta#embedding-1 || url=openai:$url/v1#embedding-1
	conf embed "$url"
}

conf() { # KEY VALUE
	sed -i "/^$1 *=/d" "$OG_HOME/og.conf"
	echo "$1 = $2" >>"$OG_HOME/og.conf"
}

# How often it was asked; how many texts it was sent.
asked() {
	grep -c . log 2>/dev/null || true
}

sent() {
	jq -s 'map(.request.input // [.request.requests[].content.parts[0].text] | length) | add // 0' log
}

vectors() { # KIND
	sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_vector WHERE task = '$1'"
}

memo() { # NAME CLEARANCE TEXT
	printf -- '---\ntitle: %s\nsource: email\nnode: inventory-report\nclearance: %s\n---\n# %s\n\n%s\n' \
		"$1" "$2" "$1" "$3" >"$1.md"
	og-policy add --as alice "$1.md" 2>stderr
}

@test "embed: every text once, and again only what is new" {
	run -0 og-policy embed --as alice --json
	texts=$(quick_jq .texts <<<"$output")
	[ "$texts" -gt 10 ]
	[ "$(quick_jq .left <<<"$output")" -eq 0 ]
	[ "$(quick_jq .tokens <<<"$output")" -gt 0 ]
	[ "$(sent)" -eq "$texts" ]
	[ "$(vectors document)" -eq "$texts" ]
	run -0 og-policy embed --as alice
	[ "$output" = "0 texts were given vectors, 0 have none" ]
	[ "$(sent)" -eq "$texts" ]
	memo pallets 1 'A pallet holds twelve chairs.'
	[ "$(sent)" -eq $((texts + 1)) ]
}

@test "search: by meaning, where words find nothing; a query is paid once" {
	memo comfort 1 'Ergonomics of seats are judged by the works council.'
	conf embed none
	run -1 og-policy search --as bob 'ergonometric judgemental'
	provider openai
	og-policy embed --as alice >/dev/null
	: >log
	run -0 --separate-stderr og-policy search --as bob --json 'ergonometric judgemental'
	[ "$(head -n 1 <<<"$output" | quick_jq -r .policy)" = comfort ]
	[ -z "$stderr" ]
	[ "$(asked)" -eq 1 ]
	og-policy search --as bob 'ergonometric judgemental' >/dev/null
	[ "$(asked)" -eq 1 ]
	og-policy search --as alice 'ergonometric judgemental' >/dev/null # her own vector
	[ "$(asked)" -eq 2 ]
	[ "$(vectors query)" -eq 2 ]
}

@test "search: nothing above the clearance, whatever the vector says" {
	memo secret 3 'Ergonomics of executive seats are judged in secret.'
	run --separate-stderr og-policy search --as charlie --json 'ergonometric judgemental'
	[ "$(jq -r 'select(.policy == "secret") | .policy' <<<"$output")" = "" ]
	run -0 og-policy search --as alice --json 'ergonometric judgemental'
	[ "$(head -n 1 <<<"$output" | quick_jq -r .policy)" = secret ]
}

@test "search: what words find first stays among the first" {
	og-policy embed --as alice >/dev/null
	for words in 'compliance limit' 'chairs warehouse' 'payment authorization'; do
		conf embed none
		first=$(og-policy search --as alice --json "$words" | head -n 1 | jq -c '[.policy,.line]')
		provider openai
		og-policy search --as alice --json --limit 5 "$words" |
			jq -c '[.policy,.line]' | grep -qxF "$first"
	done
}

@test "match: skills are ranked by meaning, and what is matched stays" {
	conf embed none
	og-skill match --as bob --json 'Inspect product stock levels' | jq -c .match >before
	run -1 og-skill match --as bob --json 'inventorisation replenished'
	provider openai
	og-policy embed --as alice >/dev/null
	og-skill match --as bob --json 'Inspect product stock levels' | jq -c .match >after
	cmp before after
	run -1 og-skill match --as bob --json 'inventorisation replenished'
	[[ "$(jq -r '.candidates[0].skill' <<<"$output")" == *repl* ]]
	[ "$(quick_jq .embedded <<<"$output")" = true ]
}

@test "Gemini's dialect: batches, a task type, and a server that refuses that" {
	provider gemini
	run -0 og-policy embed --as alice
	grep -q RETRIEVAL_DOCUMENT log
	run -0 og-policy search --as alice chairs
	grep -q RETRIEVAL_QUERY log
	: >log
	provider gemini --refuse taskType
	conf embed_dimension 32
	run -0 og-policy embed --as alice --json
	[ "$(quick_jq .left <<<"$output")" -eq 0 ]
	[ "$(jq -s 'map(select(.status == 400)) | length' log)" -eq 1 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT DISTINCT length(vector) FROM og_vector WHERE dimension = 32")" -eq 128 ]
}

@test "two models are never mixed" {
	og-policy embed --as alice >/dev/null
	n=$(vectors document)
	conf embed "openai:http://127.0.0.1:$(cat port)/v1#embedding-2"
	og-policy embed --as alice >/dev/null
	[ "$(vectors document)" -eq $((2 * n)) ]
}

@test "a provider that is down: said once, and words find" {
	end_server
	run -0 --separate-stderr og-policy search --as bob chairs
	[[ "$stderr" == *"found by words alone: "* ]]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	[[ "$output" == *warehouse-manual-seating* ]]
	run -69 --separate-stderr og-policy embed --as alice
	[[ "$output" == "0 texts were given vectors, "* ]]
	memo pallets 1 'A pallet holds twelve chairs.'
	grep -q 'found by words alone until og-policy embed succeeds' stderr
	run -0 og-policy show --as bob pallets
}

@test "a provider that fails in the middle: what was done stays" {
	for n in $(seq 80); do
		printf '# Note %s\n\nShelf %s holds bolts of size %s.\n' "$n" "$n" "$n" >"note-$n.md"
	done
	conf embed none
	for n in $(seq 80); do
		og-policy add --as alice --node inventory-report --source internal_doc --clearance 1 "note-$n.md"
	done >/dev/null
	provider openai
	echo '{"embed":"ok"}' >script
	echo '{"embed":"ok","repeat":"forever","status":503,"text":"overloaded"}' >>script
	run -69 --separate-stderr og-policy embed --as alice
	[[ "$output" == "32 texts were given vectors, "* ]]
	[ "$(vectors document)" -eq 32 ]
	: >script
	: >log
	run -0 og-policy embed --as alice --json
	[ "$(quick_jq .left <<<"$output")" -eq 0 ]
	[ "$(sent)" -eq "$(quick_jq .texts <<<"$output")" ]
}

@test "answers that are none: too few, of another width, no direction" {
	for how in short zero; do
		: >log
		printf '{"embed":"%s","repeat":"forever"}\n' "$how" >script
		run --separate-stderr og-policy embed --as alice
		[ "$status" -eq 65 ]
		[ "$(vectors document)" -eq 0 ]
	done
	: >script
	og-policy embed --as alice >/dev/null
	memo pallets 1 'A pallet holds twelve chairs.'
	before=$(vectors document)
	echo '{"embed":"dimension","repeat":"forever"}' >script
	memo shelves 1 'A shelf holds three chairs.'
	[ -s stderr ]
	[ "$(vectors document)" -eq "$before" ]
	echo '{"embed":"order","repeat":"forever"}' >script # told by index, not by place
	run -0 og-policy embed --as alice
}

@test "only who may put policies gives vectors, and only of texts there are" {
	run -1 --separate-stderr og-policy embed --as charlie
	[[ "$stderr" == *"has no right 'policy'"* ]]
	[ "$(vectors document)" -eq 0 ]
	run -78 --separate-stderr env OG_EMBED=none og-policy embed --as alice
	[[ "$stderr" == *"no embedding model is configured"* ]]
	run -78 --separate-stderr env OG_EMBED=nonsense og-policy search --as alice chairs
}

@test "the key goes with the header and is nowhere else" {
	provider gemini --key very-secret-1
	(umask 077 && echo very-secret-1 >"$OG_HOME/embed-key")
	conf embed_key embed-key
	run -0 og-policy embed --as alice
	not grep -r very-secret-1 log "$OG_HOME"/*.db
	echo very-secret-2 >"$OG_HOME/embed-key"
	memo pallets 1 'A pallet holds twelve chairs.'
	grep -q 'by words alone' stderr
	not grep -q very-secret stderr
}

@test "vectors are no part of the ledger, what they cost is, and a replay needs none" {
	n=$(entries)
	og-policy embed --as alice >/dev/null
	[ "$(entries)" -eq $((n + $(asked))) ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE body LIKE '%vector%' AND seq > $n")" -eq 0 ]
	run -0 og-ledger verify --state
}

@test "embeddings are paid for: reserved, settled, on the ledger, within the limits" {
	conf embed_price 0.10
	run -0 og-policy embed --as alice --json
	tokens=$(quick_jq .tokens <<<"$output")
	calls=$(asked)
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) || ' ' || sum(json_extract(body, '\$.tokens')) || ' ' ||
		sum(json_extract(body, '\$.nanousd')) || ' ' || group_concat(DISTINCT principal)
		FROM audit_ledger WHERE action = 'model.answer'")" = "$calls $tokens $((tokens * 100)) alice" ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT calls || ' ' || tokens || ' ' || nanousd FROM og_spend
		WHERE scope = 'principal' AND name = 'alice'")" = "$calls $tokens $((tokens * 100))" ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_spend WHERE scope IN ('task', 'skill')")" -eq 0 ]
	og-ledger spend --as alice >said
	grep -q "$tokens" said
	og-ledger verify --state >/dev/null
	# nothing is left for charlie: words find, and that is said
	conf principal_tokens 1
	run --separate-stderr og-policy search --as charlie 'compliance of payments'
	[ "$status" -le 1 ]
	[[ "$stderr" == *'found by words alone: the budget is spent'* ]]
	[ "$(asked)" -eq "$calls" ]
	# a provider that is not there costs nothing
	conf principal_tokens 100000
	end_server
	og-policy search --as charlie 'compliance of payments' 2>/dev/null || true
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT coalesce(sum(tokens), 0) FROM og_spend
		WHERE scope = 'principal' AND name = 'charlie'")" -eq 0 ]
}
