# Telemetry end to end: a command is one trace, nothing of its content
# leaves, and whoever listens or does not, the work is the same.

load helper

RECEIVER=$OG_BUILD/tests/servers/otlp

setup() {
	instance
	run=$OG_HOME/run
	mkdir r
}

teardown() {
	[ -z "${worker:-}" ] || kill "$worker" 2>/dev/null || true
	[ -z "${payment:-}" ] || kill "$payment" 2>/dev/null || true
	[ -z "${receiver:-}" ] || kill -9 "$receiver" 2>/dev/null || true
	# Collectors that workers of this instance started.
	for pid in $(collectors); do
		kill -CONT "$pid" 2>/dev/null || true
		kill -9 "$pid" 2>/dev/null || true
	done
}

# The processes of this instance's collectors.
collectors() {
	pgrep -f "og-otlp .*--home $OG_HOME" || true
}

none_left() {
	[ -z "$(collectors)" ]
}

telemetry() { # SETTING [CONTENT]
	sed -i "s|^telemetry = .*|telemetry = $1|" "$OG_HOME/og.conf"
	[ -z "${2:-}" ] || echo "telemetry_content = $2" >>"$OG_HOME/og.conf"
}

receive() { # [CONTENT]
	"$RECEIVER" r 3>&- 2>r/stderr &
	receiver=$!
	until_true [ -s r/port ]
	telemetry "otlp:http://127.0.0.1:$(cat r/port)" "$@"
}

mode() { # MODE
	echo "$1" >r/mode.new
	mv r/mode.new r/mode
}

# Everything was told: the collector has ended, in good order; soon by itself.
told() {
	kill $(collectors) 2>/dev/null || true
	until_true none_left
	[ ! -e "$run/telemetry.sock" ]
}

# spans FILE: one object per span, with its service.
spans() {
	jq -c '.resourceSpans[]? | (.resource.attributes[]
		| select(.key == "service.name").value.stringValue) as $service
		| .scopeSpans[].spans[] | . + {service: $service}' "$1"
}

# is_tree FILE: one trace, one root, every parent is there.
is_tree() {
	spans "$1" | jq -s -e '(map(.traceId) | unique | length) == 1
		and (map(select(has("parentSpanId") | not)) | length) == 1
		and (map(.spanId) | length == (unique | length))
		and ((map(.parentSpanId // empty) - map(.spanId)) == [])'
}

# under FILE CHILD PARENT: every span that CHILD selects is a child of one
# that PARENT selects, and there is at least one.
under() {
	spans "$1" | jq -s -e "(map(select($3).spanId)) as \$parents
		| map(select($2)) | length > 0 and all(.parentSpanId as \$p | \$parents | index(\$p))"
}

buy() { # TEXT: submits and works it off
	og-submit --as charlie "$1" >id
	og-worker --drain --quiet
	told
}

@test "a purchase is one connected trace, from submit over worker to shield" {
	receive
	buy 'buy 1 ergonomic chair'
	f=r/received
	[ ! -e r/problems ]
	is_tree $f
	[ "$(spans $f | jq -r .service | sort -u | xargs)" = 'og-shield og-submit og-worker' ]
	under $f '.name | startswith("invoke_workflow")' '.name == "submit"'
	under $f '.name == "queue"' '.name == "submit"'
	under $f '.name == "plan"' '.name == "invoke_workflow procure-to-pay"'
	under $f '.name == "skill.match" and .kind == 3' '.name == "plan"'
	under $f '.kind == 3 and .name != "skill.match"' '.kind == 5'
	under $f '.kind == 2' '.kind == 3'
	# Client and server of a request agree about what it was.
	spans $f | jq -s -e 'INDEX(.spanId) as $all
		| map(select(.kind == 2)) | all(.name == $all[.parentSpanId].name)'
	[ "$(spans $f | jq -r 'select(.kind == 2 and (.name | startswith("step.run"))).name' |
		wc -l)" -eq 6 ]
	spans $f | jq -s -e 'map(select(.kind == 5)) | .[0].status.code == 1
		and ([.[0].attributes[] | {(.key): (.value | .[])}] | add
		| .["og.state"] == "done" and .["gen_ai.workflow.name"] == "procure-to-pay"
		and .["og.epoch"] == "1")'
	# The result says where to look it up.
	[ "$(og-task show "$(cat id)" --as charlie --json | quick_jq -r .trace_id)" = \
		"$(spans $f | head -n 1 | jq -r .traceId)" ]
}

@test "a compensated saga is an error, with its undo" {
	receive
	buy 'buy 2 standing desks'
	f=r/received
	[ ! -e r/problems ]
	is_tree $f
	spans $f | jq -s -e 'map(select(.kind == 5))[0].status
		== {"code": 2, "message": "compensated"}'
	under $f '.kind == 2 and (.name | startswith("saga.undo"))' \
		'.kind == 3 and (.name | startswith("saga.undo"))'
	spans $f | jq -s -e 'map(select(.kind == 2 and .name == "step.run authorize-payment"))[0]
		| .status.code == 2 and ([.attributes[] | {(.key): (.value | .[])}] | add
		| .["og.verdict"] == "deny" and .["og.denied"] == true and .["og.rule"] != null)'
	spans $f | jq -s -e 'any(.name == "saga.undo reserve-stock")'
	# And is a warning in the log, in the same trace.
	jq -s -e --arg trace "$(spans $f | head -n 1 | jq -r .traceId)" \
		'[.[].resourceLogs[]?.scopeLogs[].logRecords[]]
		| any(.severityText == "WARN" and .traceId == $trace)' $f
}

@test "metrics say how many tasks ended how, and how long requests took" {
	receive
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	buy 'buy 2 standing desks'
	jq -s '[.[] | select(.resourceMetrics)] | last
		| [.resourceMetrics[].scopeMetrics[].metrics[]]' r/received >metrics
	[ ! -e r/problems ]
	tasks() { # STATE
		jq --arg state "$1" '[.[] | select(.name == "og.tasks").sum.dataPoints[]
			| select(any(.attributes[]; .value.stringValue == $state)).asInt
			| tonumber] | add' metrics
	}
	[ "$(tasks done)" -eq 2 ]
	[ "$(tasks compensated)" -eq 1 ]
	quick_jq -e '.[] | select(.name == "og.task.duration").histogram.dataPoints
		| (map(.count | tonumber) | add) == 3' metrics
	quick_jq -e '.[] | select(.name == "og.queue.wait").histogram.dataPoints[0].count == "3"' metrics
	quick_jq -e 'any(.[]; .name == "og.queue.depth") and any(.[]; .name == "og.queue.age")' metrics
	quick_jq -e '.[] | select(.name == "og.shield.refusals").sum.dataPoints
		| length == 1 and .[0].asInt == "1"' metrics
	quick_jq -e '.[] | select(.name == "og.shield.request.duration").histogram.dataPoints
		| map(select(any(.attributes[]; .value.stringValue == "step.run"))) | length == 2' metrics
}

# Everything a task can carry, and be answered, that is nobody's business.
secrets='chair|Ergonomic|ergonomic|Quantum|charlie|\b299\b|\b599\b|SELECT|INSERT|UPDATE|:quantity|limit|waltz'

all_sorts() {
	og-submit --as charlie 'buy 1 ergonomic chair' >/dev/null
	og-submit --as charlie 'buy 2 ergonomic chairs' >/dev/null
	og-submit --as charlie 'buy 1 quantum waltz' >/dev/null
	og-submit --as charlie 'waltz with me' >/dev/null
	og-submit --as charlie --action procure-to-pay --param quantity=7 \
		--param product='waltz' >/dev/null
	og-submit --as charlie --action no-waltz --param quantity=7 >/dev/null
	og-worker --drain 2>/dev/null
	og-shield query --as alice "SELECT name FROM products WHERE name = 'waltz'" >/dev/null
	told
}

@test "with content off nothing of it leaves" {
	receive
	all_sorts
	[ "$(spans r/received | wc -l)" -gt 60 ]
	not grep -oE ".{60}($secrets).{20}" r/received
	not grep -oE ".{60}($secrets).{20}" r/problems
}

@test "with content on sentences, principals and words of refusals may leave, rows do not" {
	receive on
	all_sorts
	grep -q 'waltz with me' r/received
	grep -q 'exceeds compliance limit' r/received
	grep -q '"og.principal","value":{"stringValue":"charlie"}' r/received
	not grep -oE '.{60}(SELECT|INSERT|UPDATE|\b599\b|299\.99).{20}' r/received
	[ ! -e r/problems ]
}

# What two runs of the same must have in common.
shape() {
	spans "$1" | jq -c '[.service, .name, .kind, .status, [.attributes[].key]]' | sort
}

@test "a file gets what a receiver would have got" {
	cp -r "$OG_HOME" twin
	receive
	buy 'buy 2 standing desks'
	OG_HOME=$PWD/twin
	run=$OG_HOME/run
	telemetry "file:$PWD/file.jsonl"
	buy 'buy 2 standing desks'
	diff <(shape r/received) <(shape file.jsonl)
	# And it may be sent as it is.
	while read -r line; do
		case $line in
		'{"resourceSpans"'*) path=traces ;;
		'{"resourceLogs"'*) path=logs ;;
		*) path=metrics ;;
		esac
		exec 5<>"/dev/tcp/127.0.0.1/$(cat r/port)"
		printf 'POST /v1/%s HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
			"$path" "${#line}" "$line" >&5
		read -r _ code _ <&5
		exec 5<&-
		[ "$code" -eq 200 ]
	done <file.jsonl
	[ ! -e r/problems ]
}

@test "a receiver that stalls delays nothing and loses nothing" {
	receive
	mode stall
	for _ in $(seq 50); do echo 'buy 1 laptop stand'; done |
		og-submit --as charlie --batch >/dev/null
	timeout 300 og-worker --drain --quiet --jobs 2
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT stock_quantity FROM products WHERE id = 3')" -eq 50 ]
	mode ok
	kill -9 "$receiver"
	receiver=
	told
	# Per task: submit, queue, workflow, plan, and 10 requests from both ends.
	[ "$(spans "$run/telemetry.spill" | wc -l)" -eq $((50 * 24)) ]
}

@test "a collector that is stopped delays nothing; what it misses is counted" {
	telemetry "file:$PWD/out.jsonl"
	og-worker --quiet 3>&- &
	worker=$!
	until_true [ -S "$run/telemetry.sock" ]
	kill -STOP $(collectors)
	for _ in $(seq 200); do echo 'buy 1 laptop stand'; done >batch
	sqlite3 "$OG_HOME/erp.db" 'UPDATE products SET stock_quantity = 1000 WHERE id = 3'
	og-submit --as charlie --batch <batch >ids
	timeout 300 og-submit --as charlie --wait 'buy 1 laptop stand' >/dev/null
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT stock_quantity FROM products WHERE id = 3')" -eq 799 ]
	kill -CONT $(collectors)
	kill "$worker"
	wait "$worker"
	worker=
	told
	heard=$(spans out.jsonl | wc -l)
	lost=$(jq -s '[.[] | select(.resourceMetrics)] | last
		| [.resourceMetrics[].scopeMetrics[].metrics[]
		| select(.name == "og.telemetry.dropped").sum.dataPoints[].asInt | tonumber] | add' \
		out.jsonl)
	echo "# heard $heard spans, $lost records were dropped"
	[ "$heard" -gt 0 ]
	[ "$lost" -gt 0 ]
}

@test "a collector that is killed harms nobody, and the next worker starts one" {
	telemetry "file:$PWD/out.jsonl"
	og-worker --quiet 3>&- &
	worker=$!
	until_true [ -S "$run/telemetry.sock" ]
	kill -9 $(collectors)
	until_true none_left
	for _ in 1 2 3; do
		og-submit --as charlie --wait --timeout 60s 'buy 1 laptop stand' >/dev/null
	done
	kill "$worker"
	wait "$worker"
	worker=
	buy 'buy 1 laptop stand'
	spans out.jsonl | jq -s -e 'any(.kind == 5)'
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT stock_quantity FROM products WHERE id = 3')" -eq 96 ]
	og-ledger verify --state
}

@test "two workers share a collector, and it outlives the first" {
	telemetry "file:$PWD/out.jsonl"
	og-worker --quiet 3>&- &
	worker=$!
	until_true [ -S "$run/telemetry.sock" ]
	first=$(collectors | sort -n | head -n 1)
	buy_two() {
		og-submit --as charlie 'buy 1 laptop stand' >/dev/null
		og-submit --as charlie 'buy 1 laptop stand' >/dev/null
		og-worker --drain --quiet
	}
	buy_two
	[ "$(collectors | sort -n | head -n 1)" = "$first" ]
	[ "$(collectors | wc -l)" -eq 2 ]
	kill "$worker"
	wait "$worker"
	worker=
	buy_two
	[ "$(collectors | sort -n | head -n 1)" = "$first" ]
	told
	[ "$(spans out.jsonl | jq -s 'map(select(.kind == 5)) | length')" -eq 4 ]
}

@test "waiting for consent is no error; the same trace goes on when it came" {
	receive
	printf 'Orders above 200 take two people.\n' |
		og-policy add --as alice --name four-eyes --node procure-to-pay \
			--approval ':total_amount > 200' --step authorize-payment \
			--approver-clearance 3 --message 'two people' - >/dev/null
	buy 'buy 1 ergonomic chair'
	spans r/received | jq -s -e 'map(select(.kind == 5)) | length == 1
		and (.[0].status == null) and (.[0].events | map(.name) == ["wait"])'
	og-task approve "$(cat id)" --as alice >/dev/null 2>&1
	og-worker --drain --quiet
	told
	[ ! -e r/problems ]
	trace=$(spans r/received | jq -r 'select(.name == "submit").traceId' | head -n 1)
	spans r/received | jq -s -e --arg trace "$trace" 'map(select(.kind == 5
		and .traceId == $trace)) | length == 2
		and (.[1].status.code == 1) and (.[1].events | map(.name) == ["resume"])'
}

# pay BEHAVE...: a task with a call to a payment service that behaves so.
pay() {
	printf '%s\n' "$@" >behave
	"$OG_BUILD/tests/servers/payment" --log log --behave behave --seconds 900 >pay.port 3>&- &
	payment=$!
	until_true [ -s pay.port ]
	echo "http = payment=http://127.0.0.1:$(cat pay.port)" >>"$OG_HOME/og.conf"
	og-skill add --as alice --grant "$OG_TESTS/skills/order-with-payment/SKILL.md" >/dev/null
	buy 'pay for 1 wireless mouse'
	kill "$payment"
}

@test "a call to a service is a span, every try of it, with whom and what came" {
	receive
	pay '/charges 503'
	f=r/received
	[ ! -e r/problems ]
	is_tree $f
	spans $f | jq -s -e --arg port "$(cat pay.port)" 'map(select(.name == "POST payment")
		| .status.code as $code | [.attributes[] | {(.key): (.value | .[])}] | add
		| .code = $code) | length == 2
		and all(.["server.address"] == "127.0.0.1" and .["server.port"] == $port
			and .["http.request.method"] == "POST")
		and (.[0] | .code == 2 and .["http.response.status_code"] == "503")
		and (.[1] | .code == null and .["http.response.status_code"] == "201"
			and .["http.request.resend_count"] == "1")'
	under $f '.name == "POST payment"' '.kind == 5'
	under $f '.kind == 2 and (.name | startswith("effect.end"))' '.kind == 3'
	# Neither what was sent nor what was answered, the key included.
	not grep -E '29\.99|pay_1|\b4242\b|dempotency' $f
}

@test "TRACEPARENT: a command belongs to the trace of who gave it" {
	receive
	export TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
	buy 'buy 1 laptop stand'
	spans r/received | jq -s -e 'all(.traceId == "0af7651916cd43dd8448eb211c80319c")
		and (map(select(.name == "submit"))[0].parentSpanId == "b7ad6b7169203331")'
	export TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-zz
	rm r/received
	buy 'buy 1 laptop stand'
	spans r/received | jq -s -e 'all(.traceId != "0af7651916cd43dd8448eb211c80319c")'
	is_tree r/received
}

@test "with telemetry off a trace is passed on and told to nobody" {
	export TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
	og-submit --as charlie 'buy 1 laptop stand' >id
	sqlite3 "$OG_HOME/queue.db" 'SELECT envelope FROM task' | grep -q "\"trace\":\"$TRACEPARENT\""
	og-worker --drain --quiet
	[ "$(og-task show "$(cat id)" --as charlie --json | quick_jq -r .trace_id)" = \
		0af7651916cd43dd8448eb211c80319c ]
	unset TRACEPARENT
	og-submit --as charlie 'buy 1 laptop stand' >id
	og-worker --drain --quiet
	[ "$(og-task show "$(cat id)" --as charlie --json | quick_jq -r .trace_id)" = null ]
}

@test "a task that came without a trace has one that is named after it" {
	og-submit --as charlie 'buy 1 laptop stand' >id
	telemetry "file:$PWD/out.jsonl"
	og-worker --drain --quiet
	told
	is_tree out.jsonl
	[ "$(spans out.jsonl | head -n 1 | jq -r .traceId)" = "$(tr -d - <id)" ]
}

@test "off: no socket, no file, no call" {
	command -v strace >/dev/null || skip "strace is not installed"
	! objdump -p "$OG_BUILD/bin/og-worker" | grep -q asan || skip "not with sanitizers"
	strace -f -o trace -e trace=socket,connect,sendto,sendmsg,openat,clone,clone3,fork,vfork,execve \
		og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	strace -f -o trace.worker \
		-e trace=socket,connect,sendto,sendmsg,openat,clone,clone3,fork,vfork,execve \
		og-worker --drain --quiet
	not grep -E 'socket\(|connect\(|sendto\(|sendmsg\(|telemetry|og-otlp' trace trace.worker
	[ -z "$(find "$OG_HOME" -name 'telemetry*')" ]
	[ -z "$(collectors)" ]
}

@test "the format's own examples pass our receiver's rules" {
	data=$OG_TESTS/../../shared/data/otlp
	[ -d "$data" ] || skip "no shared data beside this tree"
	# Members that their examples have and ours must know: none is unknown.
	telemetry "file:$PWD/out.jsonl"
	buy 'buy 2 standing desks'
	members() { # what paths of names there are, arrays left out
		jq -r 'paths(scalars) | map(select(type == "string")) | join(".")' "$@" | sort -u
	}
	members out.jsonl | grep -vE 'attributes\.value|events|status|unit$|description$|dropped' >ours
	members "$data"/*.json >theirs
	comm -23 ours theirs >more
	cat more
	# min, max and the like are in their histograms; asInt is in none of them.
	[ "$(grep -vcE 'asInt$' more)" -eq 0 ]
}
