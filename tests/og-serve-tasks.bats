# og-serve: commands and what came of them, approvals, views and their
# actions, events. og-api(5)

load helper
load serve-helper
load channel-helper

setup() {
	instance
	serve
	work
}

teardown() {
	[ -z "${listener:-}" ] || kill "$listener" 2>/dev/null || true
	stop
}

# query TEXT: states it; the task in $id.
query() {
	[ "$(post /api/query "$(jq -n --arg q "$1" '{question: $q}')")" = 200 ]
	quick_jq -e '.status == "pending"' body >/dev/null
	id=$(quick_jq -r .task_id body)
}

ended() {
	[ "$(get "/api/tasks/$id")" = 200 ] && quick_jq -e '.status == "completed" or .status == "failed"' body >/dev/null
}

# ask_http TEXT: states it and waits for its end; the answer in body.
ask_http() {
	query "$1"
	until_true ended
}

# Events of who signed in last, in a file named events.
listen() {
	rm -f events
	curl -sN -H "Authorization: Bearer $token" "$url/api/events" >events 3>&- &
	listener=$!
	until_true grep -q '^event: hello' events
}

# heard EVENT JQ: has such an event come?
heard() {
	awk -v e="$1" '$1 == "event:" { on = $2 == e } on && /^data: / { print substr($0, 7) }' events |
		quick_jq -se "any($2)" >/dev/null
}

@test "the reference system's sentences, with its shapes" {
	login charlie
	ask_http 'Inspect product stock levels'
	quick_jq -e '.status == "completed" and .task_id == "'"$id"'" and .result.data.status == "completed"' body
	quick_jq -e '.result.data.products | length == 5 and all(has("name") and has("category") and has("price") and
		has("stock_quantity"))' body
	quick_jq -e '.result.trace | length > 0 and all(has("agent") and has("action") and has("details"))' body
	quick_jq -e '.ui_code == .result.ui_code and (.ui_code | test("<Page"))' body
	ask_http 'Run Procure-to-Pay workflow to purchase 1 Ergonomic Chair'
	quick_jq -e '.result.data.status == "completed"' body
	ask_http 'Run Procure-to-Pay workflow to purchase 2 Standing Desks'
	quick_jq -e '.status == "completed" and .state == "compensated" and .result.data.status == "compensated"' body
	quick_jq -e '.result.data.error | test("Payment Authorization Denied") and test("exceeds compliance limit")' body
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT group_concat(stock_quantity) FROM products WHERE id < 3")" = 49,30 ]
	login bob
	ask_http "Show me today's anomalous transactions"
	quick_jq -e '.status == "completed"' body
	ask_http 'Add courier shipping details to orders table'
	quick_jq -e '.status == "failed" and .state == "denied" and (.error | length > 0)' body
	[[ "$(sqlite3 "$OG_HOME/erp.db" .schema)" != *courier_name* ]]
	login alice
	ask_http 'Add courier shipping details to orders table'
	sqlite3 "$OG_HOME/erp.db" .schema | grep -q courier_name
	ask_http 'Evolve Graph: Add an Express Freight Delivery workflow to govern freight orders'
	quick_jq -e '.status == "completed"' body
	ask_http 'Vectorize Document: Map CEO freight regulations memo to Node 3'
	quick_jq -e '.status == "completed"' body
	ask_http 'Trigger an infinite query loop test'
	quick_jq -e '.state == "interrupted" and (.result.data.error | test("SYSTEM_INTERRUPT"))' body
	quick_jq -e '.ui_code | length > 100' body
	og-ledger verify --state
}

@test "a task is its owner's, and theirs who see everybody's" {
	login charlie
	ask_http 'inspect stock'
	login diana
	[ "$(get "/api/tasks/$id")" = 404 ]
	[ "$(get "/api/views/$id")" = 404 ]
	[ "$(get "/api/views/$id/actions")" = 404 ]
	[ "$(post "/api/tasks/$id/cancel" '{}')" != 202 ]
	[ "$(get /api/tasks)" = 200 ]
	quick_jq -e '.tasks == [] and .all == false' body
	login alice
	[ "$(get "/api/tasks/$id")" = 200 ]
	[ "$(get '/api/tasks?limit=1')" = 200 ]
	quick_jq -e '.all and (.tasks | length == 1 and .[0].principal == "charlie")' body
	for bad in 00000000-0000-7000-8000-000000000000 nonsense %00 ..; do
		[[ "$(get "/api/tasks/$bad")" =~ ^40[04]$ ]]
	done
	[ "$(get '/api/tasks?state=nonsense')" = 400 ]
	[ "$(get '/api/tasks?limit=0')" = 400 ]
}

@test "a command that nobody has begun is pending, then and after a restart" {
	rest
	login charlie
	query 'inspect stock'
	[ "$(get "/api/tasks/$id")" = 200 ]
	quick_jq -e '.status == "pending" and .result == null' body
	kill "$server" && wait "$server" || true
	serve
	[ "$(get "/api/tasks/$id")" = 200 ]
	quick_jq -e '.status == "pending"' body
	login diana
	[ "$(get "/api/tasks/$id")" = 404 ]
}

@test "questions that are none" {
	login charlie
	for bad in '{}' '{"question":7}' '{"question":""}' '{"question":" \n"}' '[]' 'x' '{"question":"a","question":"b"}' \
		'{"question":"a\u0000b"}'; do
		[ "$(post /api/query "$bad")" = 400 ] || {
			echo "$bad: $(cat body)"
			return 1
		}
	done
	head -c 20000 /dev/zero | tr '\0' x | jq -Rs '{question: .}' >long
	[ "$(post /api/query @long)" = 400 ]
	# What looks like an option is a sentence that fits no skill.
	ask_http '--as=alice --action approve-waiver'
	quick_jq -e '.state == "denied"' body
	[ "$(req POST /api/query "${json[@]}" -d '{"question":"inspect stock"}')" = 401 ]
}

@test "hostile text comes back as text" {
	login charlie
	text='<script>alert(1)</script> " \ $(touch pwned) `id` ; rm -rf / '"'"' ‮evil'
	ask_http "$text"
	[ ! -e pwned ]
	[ "$(quick_jq -r .text body)" = "$text" ]
	[ "$(get "/api/views/$id?form=html")" = 200 ]
	not grep -q '<script>alert' body
	grep -qi '^content-disposition: attachment' head
}

@test "the same key is the same task" {
	login charlie
	first=$(curl -s "${json[@]}" -H "Authorization: Bearer $token" -H 'Idempotency-Key: k1' \
		"$url/api/query" -d '{"question":"buy 1 ergonomic chair"}' | quick_jq -r .task_id)
	second=$(curl -s "${json[@]}" -H "Authorization: Bearer $token" -H 'Idempotency-Key: k1' \
		"$url/api/query" -d '{"question":"buy 1 ergonomic chair"}' | quick_jq -r .task_id)
	for id in "$first" "$second"; do
		until_true ended
	done
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" = 49 ]
}

@test "views in every form, and the action of one, checked again here" {
	login alice
	ask_http "today's anomalous transactions"
	for form in frame text csv json tree html; do
		[ "$(get "/api/views/$id?form=$form")" = 200 ]
		[ -s body ]
	done
	[ "$(get "/api/views/$id?form=exe")" = 400 ]
	[ "$(get "/api/views/$id?form=csv&set=nothing")" = 404 ]
	[ "$(get "/api/views/$id")" = 200 ]
	[ "$(get "/api/views/$id/actions")" = 200 ]
	quick_jq -e '.actions | any(.argv | index("approve-waiver"))' body
	name=$(jq -r '.actions[] | select(.argv | index("approve-waiver")) | .name' body | head -n 1)
	view=$id
	for bad in '{"order_id":"9"}' '{"order_id":9.5}' '{"order_id":9,"x":1}' '{"order_id":null}' '[]'; do
		[ "$(post "/api/views/$view/actions" "{\"name\":\"$name\",\"arguments\":$bad}")" = 400 ] || {
			echo "$bad: $(cat body)"
			return 1
		}
	done
	[ "$(post "/api/views/$view/actions" '{"name":"__proto__","arguments":{}}')" = 404 ]
	[ "$(post "/api/views/$view/actions" "{\"name\":\"$name\",\"arguments\":{\"order_id\":9}}")" = 202 ]
	id=$(quick_jq -r .task_id body)
	until_true ended
	quick_jq -e '.state == "done" and .skill == "approve-waiver" and .principal == "alice"' body
	# Whoever clicks is who acts, whoever's view it is.
	[ "$(get /api/tasks?limit=1)" = 200 ]
}

@test "an approval: by the right person, once, of what was seen" {
	printf 'Orders above 100 need a second pair of eyes.' >rule.md
	og-policy add --as alice --name second-look --source policy --clearance 1 --node procure-to-pay \
		--approval ':total_amount > 100' --step place-order --approver-clearance 3 \
		--message 'above 100' rule.md
	login charlie
	query 'buy 1 ergonomic chair'
	is_waiting() { [ "$(get "/api/tasks/$id")" = 200 ] && quick_jq -e '.state == "waiting"' body; }
	until_true is_waiting
	quick_jq -e '.status == "processing" and (.waits.digest | length == 64)' body
	[ "$(get /api/approvals)" = 200 ]
	quick_jq -e '.approvals == []' body
	login bob
	[ "$(get /api/approvals)" = 200 ]
	quick_jq -e '.approvals == []' body
	login alice
	[ "$(get /api/approvals)" = 200 ]
	quick_jq -e '.approvals | length == 1 and .[0].principal == "charlie" and .[0].skill == "procure-to-pay" and
		(.[0].arguments | has("total_amount"))' body
	digest=$(jq -r '.approvals[0].digest' body)
	for bad in '{}' '{"decision":"maybe","digest":"'"$digest"'"}' '{"decision":"approved"}' \
		'{"decision":"approved","digest":"zz"}'; do
		[ "$(post "/api/approvals/$id" "$bad")" = 400 ]
	done
	[ "$(post "/api/approvals/$id" "{\"decision\":\"approved\",\"digest\":\"${digest//[0-9]/a}\"}")" = 409 ]
	yes="{\"decision\":\"approved\",\"digest\":\"$digest\",\"note\":\"fine --as bob\"}"
	login charlie
	[[ "$(post "/api/approvals/$id" "$yes")" =~ ^4 ]]
	login alice
	[ "$(post "/api/approvals/$id" "$yes")" = 202 ]
	until_true ended
	quick_jq -e '.state == "done"' body
	[ "$(post "/api/approvals/$id" "$yes")" = 409 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" = 49 ]
	og-ledger verify --state
}

@test "a question: seen with the task, answered by who was asked" {
	login charlie
	rest
	query 'buy 1 laptop stand'
	envelope=$(envelope_of "$id")
	shield
	begin
	not act ask '{"call":0,"for":"answer","question":"Really?"}'
	shield_end
	[ "$(get "/api/tasks/$id")" = 200 ]
	quick_jq -e '.state == "waiting" and .waits.for == "answer" and .waits.question == "Really?"' body
	digest=$(quick_jq -r .waits.digest body)
	for bad in '{}' '{"answer":"yes"}' '{"answer":" ","digest":"'"$digest"'"}' \
		'{"answer":"yes","digest":"zz"}'; do
		[ "$(post "/api/tasks/$id/answer" "$bad")" = 400 ]
	done
	[ "$(post "/api/tasks/$id/answer" "{\"answer\":\"yes\",\"digest\":\"${digest//[0-9]/a}\"}")" = 409 ]
	yes="{\"answer\":\"--as alice, b=c\",\"digest\":\"$digest\"}"
	login alice
	[ "$(get /api/approvals)" = 200 ]
	quick_jq -e '.approvals == []' body
	[ "$(post "/api/tasks/$id/answer" "$yes")" = 409 ]
	login bob
	[ "$(post "/api/tasks/$id/answer" "$yes")" = 409 ]
	login charlie
	[ "$(post "/api/tasks/$id/answer" "$yes")" = 202 ]
	work
	until_true ended
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT principal || ': ' || json_extract(body, '\$.values.answer')
		FROM audit_ledger WHERE action = 'answer'")" = 'charlie: --as alice, b=c' ]
}

@test "a question about slots: answered by name, refused where a value does not fit" {
	asks() { [ "$(get "/api/tasks/$id")" = 200 ] && quick_jq -e '.state == "waiting"' body; }
	login charlie
	query 'buy 2 stand'
	until_true asks
	quick_jq -e '.waits.slots.product | .why == "ambiguous" and .type == "ref" and
		([.choices[].name] == ["Standing Desk", "Laptop Stand"])' body
	digest=$(quick_jq -r .waits.digest body)
	for bad in '"slots":{}' '"slots":[]' '"slots":{"product":null}' '"slots":{"product":" "}' \
		'"slots":{"--as":"alice"}' '"slots":{"a=b":"c"}' '"slots":{"product":{}}' \
		'"answer":"x","slots":{"product":"x"}'; do
		[ "$(post "/api/tasks/$id/answer" "{$bad,\"digest\":\"$digest\"}")" = 400 ]
	done
	[ "$(post "/api/tasks/$id/answer" '{"slots":{"product":"x"}}')" = 400 ]
	many=$(jq -nc '[range(65) | {key: "n\(.)", value: 1}] | from_entries')
	[ "$(post "/api/tasks/$id/answer" "{\"slots\":$many,\"digest\":\"$digest\"}")" = 400 ]
	[ "$(post "/api/tasks/$id/answer" "{\"slots\":{\"product\":\"teapot\"},\"digest\":\"$digest\"}")" = 409 ]
	quick_jq -e '.detail | contains("teapot")' body
	asks
	right="{\"slots\":{\"product\":\"Laptop Stand\",\"quantity\":3},\"digest\":\"$digest\"}"
	login bob
	[ "$(post "/api/tasks/$id/answer" "$right")" = 409 ]
	login charlie
	[ "$(post "/api/tasks/$id/answer" "$right")" = 202 ]
	until_true ended
	quick_jq -e '.state == "done"' body
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE name = 'Laptop Stand'")" = 97 ]
	[ "$(post "/api/tasks/$id/answer" "$right")" = 409 ]
	og-ledger verify --state
}

@test "a proposal waits for those who could put it themselves" {
	printf -- '---\nname: small-orders\nnode: procure-to-pay\n---\nSmall orders need no look.\n' >small.md
	id=$(og-policy propose --as charlie small.md 2>/dev/null)
	proposed() { [ "$(get /api/approvals)" = 200 ] && quick_jq -e '.approvals | length == 1' body; }
	login alice
	until_true proposed
	quick_jq -e '.approvals[0] | .right == "policy" and .arguments.policy.name == "small-orders"' body
	digest=$(jq -r '.approvals[0].digest' body)
	login bob
	[ "$(get /api/approvals)" = 200 ]
	quick_jq -e '.approvals == []' body
	login alice
	[ "$(post "/api/approvals/$id" "{\"decision\":\"approved\",\"digest\":\"$digest\"}")" = 202 ]
	until_true ended
	quick_jq -e '.state == "done"' body
}

@test "events: a task's way, and the ledger at once when it is edited" {
	login alice
	listen
	ask_http 'Run Procure-to-Pay workflow to purchase 2 Standing Desks'
	until_true heard task ".task_id == \"$id\" and .state == \"compensated\" and .status == \"completed\""
	until_true heard ledger '.ok'
	sleep 1
	sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER audit_ledger_no_update;
		UPDATE audit_ledger SET body = replace(body, 'e', 'f') WHERE seq = 2"
	until_true heard ledger '.ok == false and .problems[0].seq == 2'
	stop
	until_true heard bye true
}

@test "events of others are not heard" {
	login diana
	listen
	login charlie
	ask_http 'buy 1 ergonomic chair'
	sleep 1
	not grep -q '^event: task' events
	not grep -q '^event: ledger' events
}

@test "a shield that is killed is started again" {
	login alice
	ask_http 'inspect stock'
	pkill -9 -P "$server" -f 'og-shield --channel'
	sleep 0.3
	until_true ended
	[ "$(get /api/session)" = 200 ]
}

@test "cancelled before it is begun" {
	rest
	login charlie
	query 'buy 1 ergonomic chair'
	[ "$(post "/api/tasks/$id/cancel" '{}')" = 202 ]
	work
	until_true ended
	quick_jq -e '.state == "cancelled" and .status == "failed"' body
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" = 50 ]
}

@test "who may take a task back" {
	rest
	login charlie
	query 'buy 1 ergonomic chair'
	login bob
	[ "$(post "/api/tasks/$id/cancel" '{}')" = 404 ]
	[ "$(post /api/tasks/0190a000-0000-7000-8000-000000000000/cancel '{}')" = 404 ]
	[ "$(post /api/tasks/x/cancel '{}')" = 404 ]
	work
	login charlie
	until_true ended
	quick_jq -e '.state == "done"' body
	[ "$(post "/api/tasks/$id/cancel" '{}')" = 409 ]
}

@test "a command that nobody began in its time failed, and says why" {
	rest
	login bob
	id=$(og-submit --as bob --expires 1s 'inspect stock')
	sleep 1.5
	work
	until_true ended
	quick_jq -e '.status == "failed" and (.error | test("expired"))' body
}

@test "a result that changed is drawn anew" {
	login alice
	ask_http 'inspect stock'
	[ "$(get "/api/views/$id?form=text")" = 200 ]
	not grep -q 'Chair of another name' body
	sqlite3 "$OG_HOME/erp.db" "UPDATE og_task SET result =
		replace(result, 'Ergonomic Chair', 'Chair of another name') WHERE id = '$id'"
	[ "$(get "/api/views/$id?form=text")" = 200 ]
	grep -q 'Chair of another name' body
}

@test "an action is run as it was shown, word by word" {
	login alice
	ask_http 'inspect stock'
	stop
	mkdir fake
	cp -r "$OG_BUILD/bin" "$OG_BUILD/libexec" fake/ && cp -rL "$OG_BUILD/share" fake/
	cat >actions.json <<-'EOF'
		{"actions":[{"name":"a","argv":["og-submit","--as","alice","--action","skill","--param","note={x} {n}",
		"--param","n={n}","--param","yes={yes}","--param","t={t}","--param","m={n}"],"inputSchema":{"type":"object",
		"properties":{"n":{"type":"number"},"yes":{"type":"boolean"},"t":{"type":"string"}},"required":["n"]}},
		{"name":"say","argv":["og-submit","--as","alice","what is {this}"],"inputSchema":{"type":"object","properties":{}}},
		{"name":"dash","argv":["og-submit","--as","alice","--","--batch"],"inputSchema":{"type":"object","properties":{}}},
		{"name":"bad","argv":["og-submit","--batch"],"inputSchema":{"type":"object","properties":{}}}]}
	EOF
	printf "#!/bin/sh\ncat >/dev/null\ncat <<'END'\n%s\nEND\n" "$(cat actions.json)" >fake/bin/og-render
	printf '#!/bin/sh\nfor w; do printf "[%%s]" "$w"; done >&2\nexit 65\n' >fake/bin/og-submit
	PATH=$PWD/fake/bin:$PATH
	serve
	ran() { # NAME ARGUMENTS
		[ "$(post "/api/views/$id/actions" "{\"name\":\"$1\",\"arguments\":$2}")" = 400 ]
		quick_jq -r .detail body
	}
	[ "$(ran a '{"n":0.1,"yes":true,"t":"--as=bob {n}"}')" = '[--as][alice][--action][skill][--param][note={x} {n}][--param][n=0.1][--param][yes=true][--param][t=--as=bob {n}][--param][m={n}]' ]
	[ "$(ran a '{"n":2}')" = '[--as][alice][--action][skill][--param][note={x} {n}][--param][n=2][--param][m={n}]' ]
	[ "$(ran say '{}')" = '[--as][alice][--][what is {this}]' ]
	[ "$(ran dash '{}')" = '[--as][alice][--][--batch]' ]
	[[ "$(ran bad '{}')" == *'cannot be run'* ]]
}
