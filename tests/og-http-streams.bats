# og-http and a server that does what a request says, byte for byte: event
# streams, requests that are cancelled, servers that fall silent or ask for
# patience.

load helper

setup_file() {
	umask 077
	cd "$BATS_FILE_TMPDIR" || return
	touch log
	start_server script --log log --seconds 900
}

teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/pid")" || true
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
	http=$OG_BUILD/libexec/omnigate/og-http
	at=http://127.0.0.1:$(cat port)
	: >log
	unset http_proxy https_proxy all_proxy no_proxy HTTPS_PROXY ALL_PROXY NO_PROXY
}

teardown() {
	exec 5>&- || true
	[ -z "${helper:-}" ] || kill "$helper" 2>/dev/null || true
}

stream='send HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n'

# ask ID SCRIPT [MEMBERS]: the line of a request that wants events.
ask() {
	jq -cn --arg url "$at/$BATS_TEST_NUMBER/$1" --arg id "$1" --arg body "$2" \
		'{v: 1, id: $id, method: "POST", $url, $body, events: true}'" + ${3:-{\}}"
}

# go [OPTION...]: the requests of stdin, to their end.
go() {
	cat >in
	"$http" --allow "$at" "$@" <in >replies 2>errors
}

reply() { # JQ [ID]: of the line that has ok
	jq -r --arg id "${2:-a}" "select(.id == \$id and has(\"ok\")) | $1" replies
}

events() { # [ID]: their data as an array
	jq -c --arg id "${1:-a}" 'select(.id == $id and has("event")) | .event' replies | jq -sc .
}

# start [OPTION...]: a helper that reads lines from descriptor 5.
start() {
	rm -f pipe replies # of the test before
	mkfifo pipe
	"$http" --allow "$at" "$@" <pipe >replies 2>errors 3>&- &
	helper=$!
	exec 5>pipe
}

finish() {
	exec 5>&-
	wait "$helper"
	helper=
}

@test "events go out as they come, then the reply" {
	start
	ask a "$stream
send : hello\n\ndata: one\n\n
send event: x\r\nid: 7\r\ndata: two\r\ndata: more\r\n\r\n
sleep 100000" >&5
	until_true grep -q more replies
	[ "$(events)" = '["one","two\nmore"]' ]
	[ "$(jq -s 'map(select(has("ok"))) | length' replies)" -eq 0 ]
	echo '{"v":1,"cancel":"a"}' >&5
	finish
	[ "$(reply '[.ok, .code, .why, .sent, .events] | @csv')" = 'false,75,"cancelled",true,2' ]
	[ ! -s errors ]
}

@test "a stream to its end" {
	ask a "$stream
send data: {\"x\":\"h\xc3\xa4llo\"}\n\ndata\n\ndata: [DONE]\n\n" | go
	[ "$(events)" = '["{\"x\":\"hällo\"}","","[DONE]"]' ]
	[ "$(reply '[.ok, .status, .body, .events, .sent, .attempts] | @csv')" = 'true,200,"",3,true,1' ]
	reply '.headers[]' | grep -qx 'content-type: text/event-stream; charset=utf-8'
	# The line with ok is the last.
	[ "$(tail -n 1 replies | jq -r .ok)" = true ]
	ask b "$stream" | go
	[ "$(reply '[.ok, .status, .body] | @csv' b)" = 'true,200,""' ]
	[ "$(events b)" = '[]' ]
}

@test "byte by byte, in chunks, with a mark at the start" {
	ask a 'pieces 1
send HTTP/1.1 200 OK\r\nContent-Type: TEXT/Event-Stream\r\nTransfer-Encoding: chunked\r\n\r\n
send 3\r\n\xef\xbb\xbf\r\n5\r\ndata:\r\n3\r\n h\xc3\r\n9\r\n\xa4!\r\rdata:\r\n7\r\n 2\r\n\r\n:\r\n0\r\n\r\n' | go
	[ "$(events)" = '["hä!","2"]' ]
	[ "$(reply .ok)" = true ]
}

@test "what is no text travels as base64, what is no UTF-8 is replaced" {
	ask a "$stream
send data: a\x00b\n\ndata: \x1b[2J\n\ndata: a\xffb\xe2\x82\n\n" | go
	[ "$(jq -r 'select(has("event_base64")) | .event_base64' replies | base64 -d | od -An -tx1 | tr -d ' \n')" = 6100621b5b324a ]
	[ "$(events)" = '["a�b�"]' ]
	[ "$(reply .events)" -eq 3 ]
}

@test "an answer that is no event stream is given as usual" {
	{
		ask json 'send HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n
send {"data": 1}'
		ask error 'send HTTP/1.1 400 Bad\r\nContent-Type: text/event-stream\r\n\r\n
send data: no\n\n'
		ask other 'send HTTP/1.1 200 OK\r\nContent-Type: text/event-streams\r\n\r\n
send data: no\n\n'
		ask unasked "$stream
send data: no\n\n" '{events: false}'
	} | go
	[ "$(reply '[.status, .body, .events] | @json' json)" = '[200,"{\"data\": 1}",null]' ]
	[ "$(reply '[.status, .body] | @json' error)" = '[400,"data: no\n\n"]' ]
	[ "$(reply '[.status, .body] | @json' other)" = '[200,"data: no\n\n"]' ]
	[ "$(reply '[.status, .body] | @json' unasked)" = '[200,"data: no\n\n"]' ]
	[ "$(jq -s 'map(select(has("event"))) | length' replies)" -eq 0 ]
}

@test "a stream that is cut is a failure that says so" {
	chunked='send HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'
	{
		ask chunk "$chunked
send b\r\ndata: one\n\n\r\n
send 40\r\ndata: t"
		ask between "$chunked
send b\r\ndata: one\n\n\r\n"
		ask length 'send HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100\r\n\r\ndata: one\n\n'
		ask inside "$stream
send data: one\n\ndata: tw"
		ask clean "$chunked
send 14\r\ndata: one\n\ndata: two\n\r\n0\r\n\r\n"
		ask garbage "$chunked
send b\r\ndata: one\n\n\r\nwhat?\r\n"
	} | go
	for id in chunk between length inside clean garbage; do
		[ "$(events $id)" = '["one"]' ]
		[ "$(reply '[.ok, .code, .sent, .status, .events] | @csv' $id)" = false,69,true,200,1 ]
	done
	[ "$(reply .why chunk)" = 'the stream was cut off' ]
}

@test "a stream is not tried again once an event is out" {
	{
		ask early "$stream
next
$stream
send data: two\n\n" '{tries: 3, idempotent: true}'
		ask late "$stream
send data: one\n\ndata: t
next
$stream
send data: two\n\n" '{tries: 3, idempotent: true}'
		ask before "send HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\nda
next
$stream
send data: two\n\n" '{tries: 3, idempotent: true}'
		ask busy "send HTTP/1.1 503 Busy\r\nContent-Type: text/event-stream\r\n\r\ndata: busy\n\n
next
$stream
send data: two\n\n" '{tries: 3, idempotent: true}'
		ask html "send HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99\r\n\r\nda
next
send HTTP/1.1 200 OK\r\n\r\nplain" '{tries: 3, idempotent: true}'
	} | go
	[ "$(reply '[.ok, .attempts] | @csv' early)" = true,1 ]
	[ "$(reply '[.ok, .attempts, .code] | @csv' late)" = false,1,69 ]
	[ "$(events late)" = '["one"]' ]
	[ "$(reply '[.ok, .attempts] | @csv' before)" = true,2 ]
	[ "$(events before)" = '["two"]' ]
	[ "$(reply '[.ok, .attempts] | @csv' busy)" = true,2 ]
	[ "$(events busy)" = '["two"]' ]
	[ "$(reply '[.ok, .attempts, .body] | @csv' html)" = 'true,2,"plain"' ]
}

@test "a stream is bounded: in bytes, in time, in silence" {
	{
		ask endless "$stream
forever data: 0123456789\n\n" '{max_bytes: 100000}'
		ask comments "$stream
forever : nothing\n" '{max_bytes: 100000}'
		ask line "$stream
send data:
forever 0123456789" '{max_bytes: 100000}'
		ask lines "$stream
forever data\n" '{max_bytes: 100000}'
		ask slow "$stream
send data: one\n\n
sleep 60000" '{timeout_ms: 4000}'
		ask silent "$stream
send data: one\n\n
sleep 60000" '{idle_ms: 3000, timeout_ms: 60000}'
		ask mute 'sleep 60000' '{idle_ms: 3000, timeout_ms: 60000}'
	} | go
	for id in endless comments line lines; do
		[ "$(reply '[.ok, .code, .sent, .why] | @csv' $id)" = 'false,65,true,"the answer is larger than 100000 bytes"' ]
	done
	[ "$(reply .events endless)" -eq 5555 ]
	[ "$(events endless | jq length)" -eq 5555 ]
	[ "$(reply '[.ok, .code, .events, .why] | @csv' slow)" = 'false,75,1,"the stream did not end within 4000 ms"' ]
	[ "$(reply '[.ok, .code, .events, .why] | @csv' silent)" = 'false,75,1,"nothing came for 3000 ms"' ]
	[ "$(reply '[.ok, .code, .sent, .why] | @csv' mute)" = 'false,75,true,"nothing came for 3000 ms"' ]
	# The server sees it end.
	until_true grep -q "gone /$BATS_TEST_NUMBER/silent" log
}

@test "a trickle is not silence" {
	ask a "$stream
send data: on
sleep 700
send e
sleep 700
send \n
sleep 700
send :
sleep 700
send :
sleep 700
send \n
sleep 700
send \n" '{idle_ms: 4000}' | go
	[ "$(events)" = '["one"]' ]
	[ "$(reply .ok)" = true ]
}

@test "events of ten megabytes are refused, of five they pass" {
	x=$(printf 'x%.0s' {1..1000})
	{
		ask ten "$stream
send data:
repeat 10000 $x
send \n\n" '{max_bytes: 6291456}'
		ask five "$stream
send data:
repeat 5000 $x
send \n\n" '{max_bytes: 6291456}'
		ask control "$stream
send data:
repeat 5000 ${x//x/\\x01}
send \n\n" '{max_bytes: 6291456}'
	} | go
	[ "$(reply '[.ok, .code] | @csv' ten)" = false,65 ]
	[ "$(events five | jq '.[0] | length')" -eq 5000000 ]
	[ "$(reply '[.ok, .events] | @csv' control)" = true,1 ]
	[ "$(jq -r 'select(.id == "control") | .event_base64 // empty' replies | base64 -d | wc -c)" -eq 5000000 ]
}

@test "a request is cancelled wherever it is" {
	start
	ask waiting 'sleep 60000' >&5
	ask pause 'send HTTP/1.1 503 Busy\r\nRetry-After: 50\r\n\r\n' \
		'{tries: 3, idempotent: true, timeout_ms: 60000}' >&5
	until_true grep -q "done /$BATS_TEST_NUMBER/pause" log
	until_true grep -q "> POST /$BATS_TEST_NUMBER/waiting" log
	printf '%s\n' '{"v":1,"cancel":"waiting"}' '{"v":1,"cancel":"pause"}' >&5
	# One that is none, one that has ended, and words that say nothing.
	printf '%s\n' '{"v":1,"cancel":"nobody"}' '{"v":1,"cancel":"waiting"}' '{"v":1,"cancel":{}}' \
		'{"v":2,"cancel":"x"}' '{"v":1,"cancel":"x","id":1}' >&5
	# The id is free again.
	ask waiting 'send HTTP/1.1 204 Well\r\n\r\n' '{url: "'"$at/$BATS_TEST_NUMBER/again"'"}' >&5
	finish
	[ "$(jq -c 'select(.id == "waiting") | [.ok, .code, .sent, .status]' replies | jq -sc .)" = '[[false,75,true,null],[true,null,true,204]]' ]
	[ "$(reply '[.ok, .code, .sent, .attempts] | @csv' pause)" = false,75,true,1 ]
	[ "$(jq -c 'select(.code == 65) | .id' replies | jq -sc .)" = '[null,null,1]' ]
	[ "$(wc -l <replies)" -eq 6 ]
	until_true grep -q "gone /$BATS_TEST_NUMBER/waiting" log
}

@test "one that was never sent says so when it is cancelled" {
	# The server waits for the end of a head that a TLS hello has not.
	start --allow "https://127.0.0.1:${at##*:}"
	echo "{\"v\":1,\"id\":\"a\",\"method\":\"POST\",\"url\":\"https://127.0.0.1:${at##*:}/\"}" >&5
	sleep 0.3
	echo '{"v":1,"cancel":"a"}' >&5
	finish
	[ "$(reply '[.ok, .code, .sent] | @csv')" = false,75,false ]
}

@test "thirty-two at once, all of them cancelled" {
	start
	for i in $(seq 32); do
		ask "$i" "$stream
send data: $i\n\n
sleep 60000"
	done >&5
	all_here() { [ "$(grep -c '"event"' replies)" -eq 32 ]; }
	until_true all_here
	# One more waits in the program; words to cancel come through before it.
	for i in $(seq 32); do
		echo "{\"v\":1,\"cancel\":\"$i\"}"
	done >&5
	ask last "$stream
send data: last\n\n" >&5
	finish
	[ "$(jq -s 'map(select(.why == "cancelled" and .events == 1 and .sent)) | length' replies)" -eq 32 ]
	[ "$(events last)" = '["last"]' ]
	[ "$(reply .ok last)" = true ]
	[ ! -s errors ]
}

@test "one too many waits for its turn, without a busy loop" {
	start
	for i in $(seq 33); do
		ask "$i" "$stream
send data: $i\n\n
sleep 60000"
	done >&5
	all_here() { [ "$(grep -c '"event"' replies)" -eq 32 ]; }
	until_true all_here
	before=$(awk '{ print $14 + $15 }' "/proc/$helper/stat")
	sleep 1
	[ $(($(awk '{ print $14 + $15 }' "/proc/$helper/stat") - before)) -lt 50 ]
	echo '{"v":1,"cancel":"7"}' >&5
	# A word behind the one that waits, waits as well.
	sleep 0.2
	[ "$(jq -s 'map(select(has("ok"))) | length' replies)" -eq 0 ]
}

# busy ID STATUS HEADERS [BODY]: refused once so, then 200; answered as reply ID.
busy() {
	ask "$1" "send HTTP/1.1 $2 Busy\r\n$3\r\n
send ${4:-}
next
send HTTP/1.1 200 OK\r\n\r\nyes" '{tries: 2, idempotent: true, timeout_ms: 9000}'
}

@test "a server says when to come back, in whatever words" {
	info='{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}}'
	{
		busy seconds 429 'Retry-After: 30\r\n'
		busy date 503 'Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:57 GMT\r\n'
		busy ms 429 'retry-after-ms: 20500\r\n'
		busy info 429 'Content-Type: application/json\r\n' "$info"
		busy array 503 '' "[$info]"
		busy more 429 'Retry-After: 60\r\n' "$info"
		busy nothing 404 ''
	} | go
	[ "$(for id in seconds date ms info array more nothing; do reply '[.id, .status, .attempts, .retry_ms] | @csv' $id; done | tr -d '"')" = 'seconds,429,1,30000
date,503,1,20000
ms,429,1,20500
info,429,1,34500
array,503,1,34500
more,429,1,60000
nothing,404,1,' ]
	# What is asked for is waited for where there is time.
	start=$(date +%s%N)
	busy soon 429 '' '{"error":{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.2s"}]}}' | go
	[ "$(($(date +%s%N) - start))" -ge 1200000000 ]
	[ "$(reply '[.status, .attempts, .retry_ms] | @csv' soon)" = 200,2, ]
}

@test "each status that may pass is tried again, a spent quota is not" {
	for status in 429 500 502 503 504; do
		busy "$status" "$status" ''
	done | go
	for status in 429 500 502 503 504; do
		[ "$(reply '[.status, .attempts] | @csv' $status)" = 200,2 ]
	done
	{
		busy quota 429 '' '{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}'
		busy rate 429 '' '{"error":{"message":"Rate limit reached","type":"rate_limit_error","code":"rate_limit_exceeded"}}'
		busy 501 501 ''
	} | go
	[ "$(reply '[.status, .attempts] | @csv' quota)" = 429,1 ]
	[ "$(reply '[.status, .attempts] | @csv' rate)" = 200,2 ]
	[ "$(reply '[.status, .attempts] | @csv' 501)" = 501,1 ]
}

@test "a proxy of an https address is told no secret, and none is asked where none is wanted" {
	echo '{"v":1,"id":"a","url":"https://model.invalid/v1","headers":["X-Own: own"]}' >in
	K=sesame https_proxy=$at "$http" --allow https://model.invalid \
		--secret https://model.invalid=X-Key=env:K --bearer https://model.invalid=env:K <in >replies
	[ "$(reply '[.ok, .sent] | @csv')" = false,false ]
	until_true grep -q '> CONNECT model.invalid:443 HTTP/1.1' log
	not grep -qi sesame log
	not grep -qi x-own log
	ask b 'send HTTP/1.1 204 Well\r\n\r\n' >in
	http_proxy=http://127.0.0.1:1 no_proxy=127.0.0.1 "$http" --allow "$at" <in >replies
	[ "$(reply .status b)" -eq 204 ]
	http_proxy=http://127.0.0.1:1 "$http" --allow "$at" <in >replies
	[ "$(reply '[.ok, .code] | @csv' b)" = false,69 ]
}

@test "when nobody reads any more it ends, in the middle of a stream" {
	rm -f pipe out
	mkfifo pipe out
	sleep 600 <out 3>&- 5>&- & # it does not read at all, so that there is more to be said
	reader=$!
	"$http" --allow "$at" <pipe >out 2>errors 3>&- &
	helper=$!
	exec 5>pipe
	ask a "$stream
forever data: x\n\n" '{max_bytes: 6000000, timeout_ms: 60000}' >&5
	until_true grep -q "> POST /$BATS_TEST_NUMBER/a" log
	kill -9 "$reader"
	wait "$reader" || true
	rc=0
	wait "$helper" || rc=$?
	helper=
	# Its input is still open: this is why it ended, not that.
	[ "$rc" -eq 0 ]
	[ ! -s errors ]
	until_true grep -q "gone /$BATS_TEST_NUMBER/a" log
}
