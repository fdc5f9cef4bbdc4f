# og-otlp: what is told comes to a file or a receiver, whatever becomes of
# either, and in bounded memory.

load helper

OTLP=$OG_BUILD/libexec/omnigate/og-otlp
RECEIVER=$OG_BUILD/tests/servers/otlp
TELLER=$OG_BUILD/tests/servers/teller

setup() {
	instance
	run=$OG_HOME/run
	mkdir -p r
}

teardown() {
	for pid in ${collector:-} ${receiver:-}; do
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

telemetry() { # SETTING
	sed -i "s|^telemetry = .*|telemetry = $1|" "$OG_HOME/og.conf"
}

receive() { # [MODE]
	[ -z "${1:-}" ] || echo "$1" >r/mode
	rm -f r/port
	"$RECEIVER" r 3>&- 2>r/stderr &
	receiver=$!
	until_true [ -s r/port ]
	telemetry "otlp:http://127.0.0.1:$(cat r/port)"
}

mode() { # MODE
	echo "$1" >r/mode.new
	mv r/mode.new r/mode
}

collect() { # [OPTION...]
	"$OTLP" "$@" 3>&- >/dev/null 2>otlp.log &
	collector=$!
	until_true [ -S "$run/telemetry.sock" ]
}

# Ends the collector in good order.
stop() {
	kill "$collector"
	wait "$collector"
	collector=
}

spans() { # FILE...: how many spans are in their requests
	local files=()
	for file in "$@"; do [ ! -e "$file" ] || files+=("$file"); done
	cat /dev/null "${files[@]}" |
		jq -s '[.[].resourceSpans[]?.scopeSpans[].spans[]] | length'
}

# dropped FILE REASON: what the last metrics say
dropped() {
	jq -s --arg reason "$2" '[.[] | select(.resourceMetrics)] | last
		| [.resourceMetrics[].scopeMetrics[].metrics[]
		| select(.name == "og.telemetry.dropped") | .sum.dataPoints[]
		| select(.attributes[0].value.stringValue == $reason) | .asInt | tonumber]
		| add // 0' "$1"
}

asked() {
	[ -e r/asked ] && [ "$(wc -l <r/asked)" -ge "$1" ]
}

has_spans() { # FILE N
	[ "$(spans "$1")" -ge "$2" ]
}

@test "a file gets one request per line, as told" {
	telemetry file:out.jsonl
	collect
	[ "$("$TELLER" "$run" 300 200)" -eq 0 ]
	stop
	[ "$(spans "$OG_HOME/out.jsonl")" -eq 300 ]
	[ "$(jq -s 'map(keys | length) | add == length' "$OG_HOME/out.jsonl")" = true ]
	[ ! -e "$run/telemetry.sock" ]
	[ ! -s otlp.log ]
}

@test "an absolute path, and one that cannot be written" {
	telemetry "file:$PWD/here.jsonl"
	collect
	"$TELLER" "$run" 10
	stop
	[ "$(spans here.jsonl)" -eq 10 ]
	mkdir here
	telemetry "file:$PWD/here"
	collect
	"$TELLER" "$run" 10
	stop
	grep -q "cannot open '.*/here'" otlp.log
	telemetry "file:$PWD/nowhere/x"
	run "$OTLP"
	[ "$status" -eq 71 ]
	[[ "$output" == *"nowhere"* ]]
}

@test "a full disk costs records, not the collector" {
	telemetry file:/dev/full
	collect
	"$TELLER" "$run" 10
	sleep 1.5
	kill -0 "$collector"
	stop
	[ "$(grep -c 'cannot write' otlp.log)" -eq 1 ]
}

@test "bad settings are configuration errors" {
	for setting in on otlp: otlp:127.0.0.1:4318 file: http://127.0.0.1; do
		telemetry "$setting"
		run "$OTLP"
		[ "$status" -eq 78 ]
		[[ "$output" == *"none of off, file:PATH, otlp:URL"* ]]
		run og-worker --drain
		[ "$status" -eq 78 ]
		run og-submit --as charlie 'buy 1 laptop stand'
		[ "$status" -eq 78 ]
	done
	telemetry off
	run "$OTLP"
	[ "$status" -eq 78 ]
	[[ "$output" == *"telemetry is off"* ]]
	echo 'telemetry_content = maybe' >>"$OG_HOME/og.conf"
	run og-worker --drain
	[ "$status" -eq 78 ]
	[[ "$output" == *"neither on nor off"* ]]
}

@test "one collector per instance" {
	telemetry file:out.jsonl
	collect
	run "$OTLP"
	[ "$status" -eq 75 ]
	[[ "$output" == *"another collector"* ]]
	run "$OTLP" --linger
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "a receiver gets what the rules of the format allow" {
	receive
	collect
	[ "$("$TELLER" "$run" 300 200)" -eq 0 ]
	stop
	cat r/problems 2>/dev/null || true
	[ ! -e r/problems ]
	[ "$(spans r/received)" -eq 300 ]
	[ ! -e "$run/telemetry.spill" ]
}

@test "a receiver that is away: the spill is in the file layout, and sent later" {
	receive 'status 503'
	collect
	"$TELLER" "$run" 300 200
	until_true has_spans "$run/telemetry.spill" 1
	"$TELLER" "$run" 50
	mode ok
	until_true has_spans r/received 350
	until_true grep -q 'the receiver is back' otlp.log
	grep -q 'the receiver answered 503' otlp.log
	stop
	[ "$(spans r/received)" -eq 350 ]
	[ ! -e "$run/telemetry.spill" ]
	[ ! -e r/problems ]
}

@test "no receiver at all: what a collector leaves, the next one sends" {
	telemetry otlp:http://127.0.0.1:1
	collect
	"$TELLER" "$run" 100
	sleep 1.5
	stop
	[ "$(spans "$run/telemetry.spill")" -eq 100 ]
	receive
	collect
	until_true has_spans r/received 100
	stop
	[ "$(spans r/received)" -eq 100 ]
	[ ! -e "$run/telemetry.spill" ]
}

@test "only 429, 502, 503 and 504 are tried again" {
	receive
	for status in 400 404 500; do
		rm -f r/asked r/received
		mode "status $status"
		collect
		"$TELLER" "$run" 10
		until_true asked 1
		mode ok
		sleep 1.3
		stop
		# Neither these spans nor any other.
		[ "$(spans r/received)" -eq 0 ]
		[ "$(dropped r/received refused)" -eq 10 ]
		[ ! -e "$run/telemetry.spill" ]
	done
	for status in 429 502 504; do
		rm -f r/asked r/received
		mode "status $status"
		collect
		"$TELLER" "$run" 10
		until_true asked 1
		mode ok
		until_true has_spans r/received 10
		stop
	done
}

@test "Retry-After is respected" {
	receive 'retry 3'
	collect
	"$TELLER" "$run" 10
	until_true asked 1
	mode ok
	until_true has_spans r/received 10
	stop
	# The first two requests: not before three seconds were over.
	head -n 2 r/asked | awk '{ at[NR] = $1 } END { exit !(at[2] - at[1] >= 2900) }'
}

@test "a partial success is counted and not sent again" {
	receive 'partial 3'
	collect
	"$TELLER" "$run" 10
	until_true asked 1
	mode ok
	sleep 1.3
	stop
	[ "$(spans r/received)" -eq 10 ]
	[ "$(dropped r/received rejected)" -eq 3 ]
	grep -q 'some were rejected' otlp.log
}

@test "an answer that is nonsense, and a connection that breaks" {
	receive nonsense
	collect
	"$TELLER" "$run" 10
	until_true asked 1
	mode close
	"$TELLER" "$run" 10
	until_true asked 2
	mode ok
	until_true has_spans r/received 20
	stop
	[ "$(spans r/received)" -eq 20 ]
}

@test "a receiver that stalls: memory stays, everything is kept or counted" {
	! objdump -p "$OTLP" | grep -q asan || skip "not with sanitizers"
	receive stall
	collect
	lost=$("$TELLER" "$run" 60000 20)
	sleep 1.5
	seat=$(pgrep -P "$collector")
	peak=$(awk '/VmHWM/ { print $2 }' "/proc/$seat/status")
	echo "# peak $peak KiB, $lost dropped by the sender"
	[ "$peak" -lt 24000 ]
	kill -9 "$receiver"
	wait "$receiver" || true
	stop
	[ "$(($(spans "$run/telemetry.spill" "$run/telemetry.spill.1") + lost))" -eq 60000 ]
}

@test "a spill that is full keeps the newest and counts the rest" {
	telemetry otlp:http://127.0.0.1:1
	collect
	lost=$("$TELLER" "$run" 140000 10)
	stop
	size=$(cat "$run"/telemetry.spill* | wc -c)
	[ "$size" -le $((33 << 20)) ]
	kept=$(($(grep -o '"endTimeUnixNano":' "$run/telemetry.spill" "$run/telemetry.spill.1" | wc -l)))
	counted=$(dropped "$run/telemetry.spill" spill)
	echo "# kept $kept, dropped $counted from the spill, $lost by the sender"
	[ "$counted" -gt 0 ]
	[ $((kept + counted + lost)) -eq 140000 ]
}

@test "a collector that is killed comes back, and what was told meanwhile is there" {
	telemetry file:out.jsonl
	collect
	"$TELLER" "$run" 10
	until_true has_spans "$OG_HOME/out.jsonl" 10
	kill -9 "$(pgrep -P "$collector")"
	"$TELLER" "$run" 10
	until_true has_spans "$OG_HOME/out.jsonl" 20
	"$TELLER" "$run" 10
	stop
	[ "$(spans "$OG_HOME/out.jsonl")" -eq 30 ]
}

@test "og-http that is killed is started again, with all that waited" {
	receive 'status 503'
	collect
	"$TELLER" "$run" 10
	until_true asked 1
	kill -9 "$(pgrep -P "$(pgrep -P "$collector")")"
	"$TELLER" "$run" 10
	mode ok
	until_true has_spans r/received 20
	stop
	[ "$(spans r/received)" -eq 20 ]
}

@test "with --linger it ends by itself, but not while a worker is there" {
	telemetry file:out.jsonl
	og-worker 3>&- 2>/dev/null &
	worker=$!
	until_true [ -S "$run/telemetry.sock" ]
	sleep 4
	[ -S "$run/telemetry.sock" ]
	kill "$worker"
	wait "$worker"
	until_true [ ! -e "$run/telemetry.sock" ]
}

@test "a token comes from its file, and goes to the receiver only" {
	receive
	echo 'telemetry_token = secrets/telemetry' >>"$OG_HOME/og.conf"
	mkdir "$OG_HOME/secrets"
	(umask 077; echo 'tell-nobody' >"$OG_HOME/secrets/telemetry")
	collect
	"$TELLER" "$run" 10
	until_true has_spans r/received 10
	[ "$(head -n 1 r/tokens)" = 'Bearer tell-nobody' ]
	not grep -qa tell-nobody "/proc/$collector/cmdline"
	stop
}

@test "nonsense on the socket is dropped and counted" {
	command -v socat >/dev/null || skip "socat is not installed"
	telemetry file:out.jsonl
	collect
	printf 'hello\n{"span":{}}\n' | socat -u - "UNIX-SENDTO:$run/telemetry.sock"
	head -c 30000 /dev/urandom | socat -u - "UNIX-SENDTO:$run/telemetry.sock"
	"$TELLER" "$run" 10
	stop
	[ "$(spans "$OG_HOME/out.jsonl")" -eq 10 ]
	[ "$(dropped "$OG_HOME/out.jsonl" malformed)" -gt 2 ]
}

@test "the manual's examples work" {
	telemetry file:telemetry.jsonl
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	og-worker --drain --quiet
	until_true [ ! -e "$run/telemetry.sock" ]
	mv "$OG_HOME" .omnigate 2>/dev/null || true
	tests=$(cat <<-'EOT'
		jq -r '.resourceSpans[]?.scopeSpans[].spans[] | select(.kind == 2)
			| [(.endTimeUnixNano | tonumber) - (.startTimeUnixNano | tonumber),
			.name] | @tsv' .omnigate/telemetry.jsonl
	EOT
	)
	run bash -c "$tests"
	[ "$status" -eq 0 ]
	[[ "$output" == *"step.run place-order"* ]]
}
