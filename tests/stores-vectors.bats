# Vectors elsewhere: what is put goes to a Qdrant server after it is in
# force here, and is brought there later where that was not possible. The
# server is a fake that enforces the real one's interface; so is the one that
# makes embeddings.

load helper
load channel-helper
load stores-helper

setup() {
	instance
	unset http_proxy all_proxy HTTP_PROXY ALL_PROXY GEMINI_API_KEY OG_LLM_KEY
	: >script
	: >behave
	start_server model --script script --log model.log --dimension 64 --seconds 900
	mv pid model.pid
	conf embed "openai:http://127.0.0.1:$(cat port)/v1#embedding-1"
	(umask 077 && echo sesame >"$OG_HOME/vectors.key")
	conf vectors_key vectors.key
	serve
	conf vectors "qdrant+http://127.0.0.1:$port/rules"
	og-policy embed --as alice >embedded
}

teardown() {
	for file in pid model.pid; do
		kill "$(cat "$file")" 2>/dev/null || true
	done
}

# serve [PORT]: an empty server; at the same place when it comes back, which
# nobody else is given meanwhile.
serve() {
	start_server qdrant --log log --behave behave --key sesame --seconds 900 --port "${1:-$(free_port)}"
	port=$(cat port)
}

stop() {
	kill "$(cat pid)"
	wait "$(cat pid)" 2>/dev/null || true
}

memo() { # NAME CLEARANCE TEXT
	printf -- '---\ntitle: %s\nsource: email\nnode: inventory-report\nclearance: %s\n---\n# %s\n\n%s\n' \
		"$1" "$2" "$1" "$3" >"$1.md"
	og-policy add --as alice "$1.md" 2>stderr
}

held() { # [POLICY]: how many points there are
	jq -n --arg policy "${1:-}" '{exact: true} + if $policy == "" then {} else
		{filter: {must: [{key: "policy", match: {value: $policy}}]}} end' |
		curl -sf -H 'api-key: sesame' -H 'content-type: application/json' -d @- \
			"http://127.0.0.1:$port/collections/rules/points/count" | jq .result.count
}

check() { # the line of og doctor
	og doctor "$@" --json | jq -r 'select(.check == "vectors") | "\(.state) \(.what)"'
}

@test "what gets vectors is there at once, and agrees with the ledger" {
	[ "$(erp 'SELECT count(*) FROM og_remote')" -eq 0 ]
	run -0 og-policy diff --as alice
	[ "$output" = "all $(erp 'SELECT count(*) FROM og_policy WHERE active = 1') agree with http://127.0.0.1:$port/rules" ]
	memo pallets 1 'A pallet holds twelve chairs.'
	[ ! -s stderr ]
	run -0 og-policy diff --as alice --json
	[ -z "$output" ]
	[[ "$(check)" == "ok qdrant at http://127.0.0.1:$port/rules, where "*" agree with the ledger" ]]
	og status --json | jq -e '.vectors | .kind == "qdrant" and .ready and .due == 0'
	og status | grep -qx "vectors   qdrant at http://127.0.0.1:$port/rules, 0 due"
	og-ledger verify --state
	not grep -rq sesame log "$OG_HOME/erp.db"
}

@test "a vector that takes another's place goes there, too" {
	memo pallets 1 'A pallet holds twelve chairs.'
	envelope=$(envelope_of "$(og-submit --as alice 'show me the inventory')")
	shield
	begin
	: >log
	act vector.put "$(jq -nc --arg model "$(erp 'SELECT model FROM og_vector LIMIT 1')" \
		--argjson dimension "$(erp 'SELECT dimension FROM og_vector LIMIT 1')" \
		--arg digest "$(erp "SELECT s.digest FROM og_passage s JOIN og_policy p ON p.id = s.policy
			WHERE p.name = 'pallets'")" \
		--arg vector "$(printf '\0\0\x80\x3f%.0s' {1..64} | base64 -w0)" \
		'{model: $model, dimension: $dimension, kind: "document",
			items: [{digest: $digest, vector: $vector}]}')"
	shield_end
	grep -q '"PUT","path":"/collections/rules/points"' log
	[ "$(erp 'SELECT count(*) FROM og_remote')" -eq 0 ]
}

@test "down at the put, back, and brought there by og doctor --fix" {
	stop
	before=$(entries)
	memo pallets 1 'A pallet holds twelve chairs.'
	grep -q '^og-policy: pallets is in force; the store elsewhere has not taken it: ' stderr
	grep -qx 'og-policy: hint: og doctor --fix brings it there' stderr
	# In force, and found by meaning in the local copy, which is said.
	run -0 --separate-stderr og-policy search --as bob --json 'pallets of chairs'
	[ "$(head -n 1 <<<"$output" | jq -r .policy)" = pallets ]
	[[ "$stderr" == *'the local copy answers, not the store elsewhere: '* ]]
	[[ "$(check)" == bad* ]]
	run -69 og-policy diff --as alice
	run -1 og status --json
	jq -e '.problems[] | select(.check == "vectors")' <<<"$output"
	run -1 og doctor --fix
	# It comes back, and has lost everything.
	serve "$port"
	run -1 og-policy diff --as alice --json
	[[ "$(check)" == bad* ]]
	[[ "$(check --fix)" == 'fixed qdrant at '* ]]
	run -0 og-policy diff --as alice
	[[ "$(check)" == ok* ]]
	[ "$(erp 'SELECT count(*) FROM og_remote')" -eq 0 ]
	[ "$(erp "SELECT count(*) FROM audit_ledger WHERE seq > $before AND action = 'store'
		AND json_extract(body, '\$.repair') = 1")" -eq 1 ]
	og-ledger verify --state
}

@test "a store that lies shows nobody more, and is found out" {
	memo secret 3 'The price of the moon is a secret.'
	for what in lower hash score unknown policy; do
		echo "/points/query lie $what" >behave
		og-policy search --as bob --json 'price of the chairs in a warehouse' >found 2>stderr
		not grep -q secret found
		[ ! -s behave ]
		grep -q 'the store elsewhere gave [0-9]* that are not as the ledger has them' stderr
	done
}

@test "a store that says it keeps what it does not is not told for ever" {
	stop
	serve "$port"
	echo '*/points forget' >behave
	before=$(entries)
	run -1 timeout 60 og doctor --fix --json
	[[ "$(jq -r 'select(.check == "vectors") | "\(.state) \(.what)"' <<<"$output")" == \
		'bad it says it has taken what it is told, and does not hold it'* ]]
	[ "$(entries)" -le $((before + 20)) ]
	: >behave
	[[ "$(check --fix)" == 'fixed qdrant at '* ]]
	og-ledger verify --state
}

@test "what is there and nobody's is named, and left alone" {
	before=$(held)
	cp -r "$OG_HOME" other
	OG_HOME=$PWD/other memo mallory 1 'Another company keeps its rules there, too.'
	[ "$(held)" -eq $((before + 1)) ]
	run -1 og-policy diff --as alice
	[ "$output" = 'mallory: is there, and nothing here has that name' ]
	# Those who may put nothing there are told nothing of it.
	for flag in '' --json; do
		run -1 --separate-stderr og-policy diff --as bob $flag
		[ -z "$output" ]
		[[ "$stderr" == *"bob has no right 'policy'"* ]]
	done
	[[ "$(check --fix)" == "warn 1 at "*" are none of ours and were left alone: mallory (unknown)" ]]
	[ "$(held)" -eq $((before + 1)) ]
}

@test "two instances share a collection, and keep apart" {
	run -0 og-policy diff --as alice
	og init --demo other >/dev/null
	here=$OG_HOME
	export OG_HOME=$PWD/other/.omnigate
	cp "$here/vectors.key" "$OG_HOME"
	for key in embed vectors_key vectors; do
		conf "$key" "$(sed -n "s/^$key *= *//p" "$here/og.conf")"
	done
	og-policy embed --as alice >/dev/null
	run -0 og-policy diff --as alice
	# The same name, another text: neither takes the other's, or finds it.
	memo pallets 1 'A pallet holds twelve chairs.'
	OG_HOME=$here memo pallets 1 'A pallet holds nine desks.'
	for OG_HOME in "$here" "$OG_HOME"; do
		run -0 og-policy diff --as alice
		[ "$output" = "all $(erp 'SELECT count(*) FROM og_policy WHERE active = 1') agree with http://127.0.0.1:$port/rules" ]
		run -0 --separate-stderr og-policy search --as bob --json 'pallets of desks and chairs'
		[ -z "$stderr" ]
		[ "$(head -n 1 <<<"$output" | jq -r .policy)" = pallets ]
	done
	rm -r other
}

@test "what was given up and arrives later changes nothing" {
	memo pallets 1 'A pallet holds twelve chairs.'
	# The points of one version, and the removal of another's.
	echo '*/points hold' >behave
	memo pallets 1 'A pallet holds ten chairs.'
	[ "$(erp 'SELECT count(*) FROM og_remote')" -eq 1 ]
	echo '*/points/delete hold' >behave
	memo pallets 1 'A pallet holds nine chairs.'
	: >behave
	memo pallets 1 'A pallet holds eight chairs.'
	[ "$(erp 'SELECT count(*) FROM og_remote')" -eq 0 ]
	run -0 og-policy diff --as alice
	points=$(held pallets)
	echo '/points/count deliver' >behave
	held >/dev/null
	[ ! -s behave ]
	# None of it is missing; what came too late is found out and taken away.
	[ "$(held pallets)" -gt "$points" ]
	run -0 --separate-stderr og-policy search --as bob --json 'pallets of chairs'
	[ "$(head -n 1 <<<"$output" | jq -r .text)" = 'A pallet holds eight chairs.' ]
	run -1 og-policy diff --as alice
	[ "$output" = 'pallets: is there in another version' ]
	[[ "$(check --fix)" == fixed* ]]
	[ "$(held pallets)" -eq "$points" ]
}

@test "the wrong key is said to be wrong" {
	(umask 077 && echo other >"$OG_HOME/vectors.key")
	[[ "$(check)" == *'; is vectors_key right?' ]]
	memo pallets 1 'A pallet holds twelve chairs.'
	grep -q 'is in force' stderr
	not grep -q other stderr
}

@test "a slow store holds nobody up who does not ask it" {
	echo '*/points stall 9000' >behave
	: >log
	memo pallets 1 'A pallet holds twelve chairs.' 3>&- &
	add=$!
	until_true grep -q '/points' log
	og-shield exec --as alice 'UPDATE products SET stock_quantity = 51 WHERE id = 1'
	: >behave
	wait "$add"
	# It was written before the store had answered.
	write=$(erp "SELECT max(seq) FROM audit_ledger WHERE action = 'sql.write'")
	[ "$write" -lt "$(erp "SELECT max(seq) FROM audit_ledger WHERE action = 'store'")" ]
}

@test "the shield killed everywhere while a policy is put and told" {
	keep_pristine
	n=1
	while again && killed_at $n memo pallets 1 "A pallet holds $n chairs."; do
		# What the ledger knows is there or due; the rest never was.
		og-ledger verify --state >/dev/null
		og-policy embed --as alice >/dev/null
		[[ "$(check --fix)" == [of][ki]* ]]
		run -0 og-policy diff --as alice
		[ "$(erp 'SELECT count(*) FROM og_remote')" -eq 0 ]
		n=$((n + ${OG_FULL:+-8} + 9))
	done
	[ "$n" -gt 9 ]
}
