# og-http and what it lets through, against a server that behaves as asked.

load helper

setup_file() {
	umask 077
	cd "$BATS_FILE_TMPDIR" || return
	touch behave log
	start_server payment --log log --behave behave --seconds 900
}

teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/pid")" || true
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
	http=$OG_BUILD/libexec/omnigate/og-http
	at=http://127.0.0.1:$(cat port)
	: >behave
	: >log
	unset http_proxy https_proxy all_proxy no_proxy HTTPS_PROXY ALL_PROXY NO_PROXY
}

# send REQUEST...: each a JSON object without v; an absent id counts up.
send() {
	local i=0 request
	for request in "$@"; do
		jq -c --argjson i $((++i)) '{v: 1, id: $i} + .' <<<"$request"
	done | "$http" --allow "$at" >replies 2>errors
}

reply() { # JQ [ID]
	jq -r "select(.id == ${2:-1}) | $1" replies
}

@test "a request and its answer" {
	send "{\"url\":\"$at/echo?a=1\"}" \
		"{\"method\":\"POST\",\"url\":\"$at/echo\",\"headers\":[\"X-One: 1\",\"X-None:\"],\"body\":\"h\u00e4llo\"}" \
		"{\"method\":\"PUT\",\"url\":\"$at/echo\"}" \
		"{\"method\":\"POST\",\"url\":\"$at/echo\",\"body_base64\":\"AAEC\"}"
	[ ! -s errors ]
	[ "$(jq -s length replies)" -eq 4 ]
	[ "$(reply '[.ok, .status, .sent, .attempts] | @csv')" = 'true,200,true,1' ]
	[[ "$(reply .body)" == 'GET /echo?a=1 HTTP/1.1'* ]]
	[[ "$(reply .body 2)" == *'X-One: 1'*'X-None:'*'Content-Length: 6'*'hällo' ]]
	[[ "$(reply .body 2)" != *Content-Type* ]]
	[[ "$(reply .body 3)" == *'Content-Length: 0'* ]]
	# A body that is no text travels as base64.
	reply .body_base64 4 | base64 -d | tail -c 3 | cmp - <(printf '\0\1\2')
	reply '.headers[]' | grep -qx 'content-type: application/json'
	[ "$(reply '.headers | length')" -eq 2 ]
}

@test "only where it is allowed to go" {
	send '{"url":"http://127.0.0.1:1/"}' "{\"url\":\"$at@127.0.0.1:1/\"}" \
		"{\"url\":\"http://127.0.0.1.nip.example:${at##*:}/\"}" \
		"{\"url\":\"https://127.0.0.1:${at##*:}/\"}" '{"url":"file:///etc/passwd"}' \
		'{"url":"gopher://127.0.0.1/"}' "{\"url\":\"http://user@127.0.0.1:${at##*:}/\"}" \
		'{"url":"//127.0.0.1/"}' '{"url":"/echo"}' "{\"url\":\"$at\\\\@127.0.0.1:1/\"}"
	[ "$(jq -s 'map(select(.ok)) | length' replies)" -eq 0 ]
	[ "$(jq -s 'map(select(.sent or .attempts > 0)) | length' replies)" -eq 0 ]
	[ "$(jq -s length replies)" -eq 10 ]
	[ "$(reply .code 1)" -eq 77 ]
	[[ "$(reply .fix 1)" == *--allow* ]]
	[ ! -s log ]
}

@test "what allows is an origin, said once and for all" {
	run -64 "$http" --allow ftp://127.0.0.1
	run -64 "$http" --allow "$at/path"
	run -64 "$http" --allow 127.0.0.1:1
	run -64 "$http" --allow http://a@127.0.0.1
	run -64 "$http" --allow "$at?x"
	run -64 "$http" --bearer "$at"
	echo "{\"v\":1,\"id\":1,\"url\":\"$at/\"}" >in
	"$http" <in >replies
	[ "$(reply .code)" -eq 77 ]
}

@test "a redirect is not followed" {
	echo "/charges redirect $at/echo" >behave
	send "{\"url\":\"$at/charges/pay_1\"}"
	[ "$(reply .status)" -eq 302 ]
	reply '.headers[]' | grep -qx "location: $at/echo"
}

@test "requests that are wrong are refused one by one" {
	printf '%s\n' 'garbage' '[]' '{"v":1,"id":1}' '{"v":2,"id":2,"url":"http://x/"}' \
		'{"v":1,"id":{},"url":"http://x/"}' '{"v":1,"id":3,"url":"http://x/","metod":"GET"}' \
		'{"v":1,"id":4,"url":"http://x/","method":"GET /\r\n"}' \
		'{"v":1,"id":5,"url":"http://x/","headers":["A: b\r\nC: d"]}' \
		'{"v":1,"id":6,"url":"http://x/","headers":["Host: y"]}' \
		'{"v":1,"id":7,"url":"http://x/","headers":["transfer-encoding: chunked"]}' \
		'{"v":1,"id":8,"url":"http://x/","headers":["no colon"]}' \
		'{"v":1,"id":9,"url":"http://x/ y"}' '{"v":1,"id":10,"url":"http://x/","tries":0}' \
		'{"v":1,"id":11,"url":"http://x/","body":"a","body_base64":"YQ=="}' \
		'{"v":1,"id":12,"url":"http://x/","body_base64":"?"}' \
		'{"v":1,"id":13,"url":"http://x/","method":"CONNECT"}' \
		'{"v":1,"id":14,"url":"http://x/","max_bytes":99999999}' \
		'{"v":1,"id":15,"url":"http://x/","headers":"A: b"}' >in
	"$http" --allow http://x <in >replies 2>errors
	[ ! -s errors ]
	[ "$(wc -l <replies)" -eq "$(wc -l <in)" ]
	[ "$(jq -s 'map(select(.ok or .sent or .code != 65)) | length' replies)" -eq 0 ]
	[[ "$(reply .fix 3)" == *method* ]]
}

@test "a line that never ends ends the conversation" {
	head -c 20000000 /dev/zero | tr '\0' a >in
	run -65 "$http" <in
	printf '{"v":1' >in
	run -65 "$http" <in
}

@test "what is idempotent is tried again, nothing else" {
	printf '/charges %s\n' 503 500 >behave
	send "{\"method\":\"POST\",\"url\":\"$at/charges\",\"body\":\"{\\\"amount\\\":1}\",\"tries\":3}"
	[ "$(reply '[.status, .attempts] | @csv')" = 503,1 ]
	printf '/charges %s\n' 503 500 >behave
	send "{\"method\":\"POST\",\"url\":\"$at/charges\",\"body\":\"{\\\"amount\\\":1}\",\"tries\":3,\"idempotent\":true}"
	[ "$(reply '[.status, .attempts] | @csv')" = 201,3 ]
	printf '/charges %s\n' 404 >behave
	send "{\"url\":\"$at/charges/pay_1\",\"tries\":3}"
	[ "$(reply '[.status, .attempts] | @csv')" = 404,1 ]
}

@test "Retry-After is respected, but not past the deadline" {
	printf '/charges 503 1\n' >behave
	start=$(date +%s%N)
	send "{\"url\":\"$at/charges/pay_1\",\"tries\":3}"
	[ "$(($(date +%s%N) - start))" -ge 1000000000 ]
	[ "$(reply '[.status, .attempts] | @csv')" = 200,2 ]
	printf '/charges 429 30\n' >behave
	start=$(date +%s%N)
	send "{\"url\":\"$at/charges/pay_1\",\"tries\":3,\"timeout_ms\":20000}"
	[ "$(($(date +%s%N) - start))" -lt 15000000000 ]
	[ "$(reply '[.status, .attempts] | @csv')" = 429,1 ]
}

@test "whether something was sent" {
	charge="\"method\":\"POST\",\"url\":\"$at/charges\",\"body\":\"{\\\"amount\\\":1}\",\"tries\":2"
	echo '*/charges drop' >behave
	send "{$charge}"
	[ "$(reply '[.ok, .code, .sent, .attempts] | @csv')" = false,69,true,1 ]
	echo '*/charges lost' >behave
	send "{$charge}"
	[ "$(reply '[.ok, .code, .sent, .attempts] | @csv')" = false,69,true,1 ]
	echo '*/charges stall 9000' >behave
	send "{$charge,\"timeout_ms\":3000}"
	[ "$(reply '[.ok, .code, .sent, .attempts] | @csv')" = false,75,true,1 ]
	echo '{"v":1,"id":1,"method":"POST","url":"http://127.0.0.1:1/","tries":2}' >in
	"$http" --allow http://127.0.0.1:1 <in >replies
	[ "$(reply '[.ok, .code, .sent, .attempts] | @csv')" = false,69,false,2 ]
	grep -c '^charge ' log | grep -qx 2
}

@test "answers that are too large, cut short, or none" {
	printf '*/charges huge\n' >behave
	send "{\"url\":\"$at/charges/pay_1\"}"
	[ "$(reply '[.ok, .code, .sent, .status] | @csv')" = false,65,true,201 ]
	send "{\"url\":\"$at/charges/pay_1\",\"max_bytes\":6291456}"
	[ "$(reply .code)" -eq 65 ]
	printf '*/charges short\n' >behave
	send "{\"url\":\"$at/charges/pay_1\"}"
	[ "$(reply '[.ok, .code, .sent] | @csv')" = false,69,true ]
	printf '*/charges garbage\n' >behave
	send "{\"url\":\"$at/charges/pay_1\"}"
	[ "$(reply '[.ok, .code, .sent] | @csv')" = false,69,true ]
	[[ "$(cat replies)" != *what* ]]
}

@test "an answer that comes twice is not the answer to the next request" {
	echo '/charges twice' >behave
	send "{\"url\":\"$at/charges/pay_1\"}" "{\"url\":\"$at/echo\"}"
	[[ "$(reply .body 2)" == 'GET /echo'* ]]
	{
		echo "{\"v\":1,\"id\":1,\"url\":\"$at/charges/pay_1\"}"
		sleep 0.3
		echo "{\"v\":1,\"id\":2,\"url\":\"$at/echo\"}"
	} | "$http" --allow "$at" >replies
	[[ "$(reply .body 2)" == 'GET /echo'* ]]
}

@test "many at once, and none waits for a slow one" {
	echo '/charges stall 10000' >behave
	{
		echo "{\"v\":1,\"id\":1000,\"url\":\"$at/charges/pay_1\"}"
		sleep 0.3
		for i in $(seq 200); do
			echo "{\"v\":1,\"id\":$i,\"url\":\"$at/echo/$i\"}"
		done
	} | "$http" --allow "$at" >replies
	[ "$(jq -s 'map(select(.ok)) | length' replies)" -eq 201 ]
	[ "$(jq -s '.[-1].id' replies)" -eq 1000 ]
	for i in 1 77 200; do
		[[ "$(reply .body $i)" == "GET /echo/$i HTTP/1.1"* ]]
	done
}

@test "an id is that of one request" {
	echo '/charges stall 500' >behave
	printf '{"v":1,"id":"a","url":"%s"}\n' "$at/charges/pay_1" "$at/echo" >in
	"$http" --allow "$at" <in >replies
	[ "$(jq -s 'map(select(.ok)) | length' replies)" -eq 1 ]
	[ "$(jq -rs 'map(select(.ok | not))[0].why' replies)" = "request: 'id' is that of another one" ]
}

@test "a token goes below its URL and nowhere else" {
	echo secret-1 >token1
	echo secret-2 >token2
	for path in echo/a echo/ab echo/a/b echo echo/a/../x 'echo?echo/a'; do
		echo "{\"v\":1,\"id\":\"$path\",\"url\":\"$at/$path\"}"
	done >in
	echo "{\"v\":1,\"id\":1,\"url\":\"$at/echo/a\",\"headers\":[\"Authorization: own\"]}" >>in
	"$http" --allow "$at" --bearer "$at/echo/a=token1" --bearer "$at/echo/a/b=token2" <in >replies
	token() { # ID
		jq -r --arg id "$1" 'select(.id == $id) | .body' replies | sed -n 's/\r$//; s/^Authorization: //p'
	}
	[ "$(token echo/a)" = 'Bearer secret-1' ]
	[ "$(token echo/a/b)" = 'Bearer secret-2' ]
	for path in echo/ab echo echo/a/../x 'echo?echo/a'; do
		[ -z "$(token "$path")" ]
	done
	[ "$(reply .body | sed -n 's/\r$//; s/^Authorization: //p')" = own ]
}

# sent HEADER ID: that header's values as the server saw them, one a line.
sent() {
	jq -r --arg id "$2" 'select(.id == $id) | .body' replies | tr -d '\r' | sed -n "s/^$1: //Ip"
}

@test "secrets go with headers of their own, each once" {
	echo key-1 >key
	echo id-1 >id
	echo other >other
	for path in echo/a echo/a/b echo; do
		echo "{\"v\":1,\"id\":\"$path\",\"url\":\"$at/$path\"}"
	done >in
	echo "{\"v\":1,\"id\":\"own\",\"url\":\"$at/echo/a\",\"headers\":[\"X-GOOG-API-KEY: own\"]}" >>in
	MODEL_KEY=key-2 "$http" --allow "$at" --secret "$at/echo/a=x-goog-api-key=key" \
		--secret "$at/echo/a=X-Gateway-Id=id" --secret "$at/echo/a/b=X-Goog-Api-Key=other" \
		--secret "$at/echo=X-Env=env:MODEL_KEY" --bearer "$at/echo=env:MODEL_KEY" <in >replies
	[ "$(sent x-goog-api-key echo/a)" = key-1 ]
	[ "$(sent x-goog-api-key echo/a/b)" = other ]
	[ "$(sent x-goog-api-key own)" = own ]
	[ -z "$(sent x-goog-api-key echo)" ]
	for id in echo/a echo/a/b own; do
		[ "$(sent x-gateway-id "$id")" = id-1 ]
		[ "$(sent x-env "$id")" = key-2 ]
		[ "$(sent authorization "$id")" = 'Bearer key-2' ]
	done
	[ "$(sent x-env echo)" = key-2 ]
	[ -z "$(sent x-gateway-id echo)" ]
}

@test "a user and a password go as basic authentication, a token alone as a bearer's" {
	(umask 077 && printf 'neo4j:s:same\n' >login && echo token-1 >token)
	jq -cn --arg at "$at" '{v: 1, id: 1, url: "\($at)/echo/a"}, {v: 1, id: 2, url: "\($at)/echo/b"},
		{v: 1, id: 3, url: "\($at)/echo"}' >in
	"$http" --allow "$at" --login "$at/echo/a=login" --login "$at/echo/b=token" <in >replies
	[[ "$(reply .body)" == *"Authorization: Basic $(printf neo4j:s:same | base64)"* ]]
	[[ "$(reply .body 2)" == *'Authorization: Bearer token-1'* ]]
	[[ "$(reply .body 3)" != *Authorization* ]]
	run -66 "$http" --allow "$at" --login "$at=nowhere"
	run -64 "$http" --allow "$at" --login "$at"
	chmod 644 login
	run -77 "$http" --allow "$at" --login "$at=login"
	[[ "$output" != *same* ]]
}

@test "a secret that is none is refused, and never shown" {
	echo sesame >key
	for option in "$at" "$at=X-Key" "$at=X Key=key" "$at=Host=key" "$at==key" "$at=Content-Length=key" \
		"$at?x=X-Key=key" "ftp://127.0.0.1=X-Key=key"; do
		run -64 "$http" --allow "$at" --secret "$option"
		[[ "$output" != *sesame* ]]
	done
	run -66 "$http" --allow "$at" --secret "$at=X-Key=env:NO_SUCH_NAME"
	[[ "$output" == *"the environment has no 'NO_SUCH_NAME'"* ]]
	run -65 env MODEL_KEY=$'sesame\nX: y' "$http" --allow "$at" --secret "$at=X-Key=env:MODEL_KEY"
	[[ "$output" == *MODEL_KEY* && "$output" != *sesame* ]]
	run -65 env MODEL_KEY= "$http" --allow "$at" --bearer "$at=env:MODEL_KEY"
	chmod 644 key
	run -77 "$http" --allow "$at" --secret "$at=X-Key=key"
	rm key
}

@test "a secret stays with its place: no redirect, no trick of a URL gets it" {
	echo sesame >key
	port=${at##*:}
	echo "/charges redirect $at/echo/a" >behave
	for url in "$at/charges/pay_1" "$at/echo/a/../b" "$at/echo/a/%2e%2e/b" "$at/echo/a/%2E./b" \
		"$at/echo/a/..%2fb" "$at/echo/a/..%5cb" "$at/echo/a/..;x/b" "$at/echo/a/.;/b" \
		"$at/echo/a%2f..%2fb" "$at/echo/ab" "$at/echo//a" "$at/echo/A" "$at/echo/%61" \
		"$at/echo?/echo/a" "$at/echo#/echo/a" "$at/echo;/echo/a" "$at/echo/b\\..\\a" \
		"http://localhost:$port/echo/a" "http://127.1:$port/echo/b" "http://a@127.0.0.1:$port/echo/a" \
		"http://127.0.0.1:$port@127.0.0.1:$port/echo/a" "$at/echo/b/..\\a"; do
		jq -cn --arg url "$url" '{v: 1, id: $url, $url}'
	done >in
	"$http" --allow "$at" --allow "http://localhost:$port" --secret "$at/echo/a=X-Key=key" <in >replies
	[ "$(wc -l <replies)" -eq "$(wc -l <in)" ]
	not grep -q sesame replies
	# A hidden step up is not made at all.
	for path in a/%2e%2e/b a/%2E./b a/..%2fb a/..%5cb 'a/..;x/b' 'a/.;/b'; do
		[ "$(jq --arg id "$at/echo/$path" 'select(.id == $id) | .code' replies)" -eq 77 ]
	done
	# An encoded slash is part of a name where no secret depends on it.
	echo "{\"v\":1,\"id\":1,\"url\":\"$at/echo/a/..%2fb\"}" >in
	"$http" --allow "$at" --secret "$at=X-Key=key" --secret "$at/other=X-Other=key" <in >replies
	[ "$(reply .status)" -eq 200 ]
	grep -q 'X-Key: sesame' replies
	# What is only written differently is the same place.
	send() { jq -cn --arg url "$1" '{v: 1, id: $url, $url}' | "$http" --allow "$at" --secret "$at/echo/a=X-Key=key" >replies; }
	for url in "$at/echo/a" "$at/echo/a/" "$at/echo/a?x" "$at/echo/b/../a" "HTTP://127.0.0.1:$port/echo/a"; do
		send "$url"
		grep -q sesame replies
	done
}

@test "a secret is in no argument, and gone from the environment" {
	mkfifo in.fifo
	rm -f replies # of the test before
	MODEL_KEY=sesame-env "$http" --allow "$at" --secret "$at=X-Key=env:MODEL_KEY" <in.fifo >replies 3>&- &
	pid=$!
	exec 5>in.fifo
	echo "{\"v\":1,\"id\":\"a\",\"url\":\"$at/echo\"}" >&5
	until_true test -s replies
	tr '\0' '\n' <"/proc/$pid/environ" >environ
	tr '\0' '\n' <"/proc/$pid/cmdline" >cmdline
	exec 5>&-
	wait "$pid"
	[ "$(sent x-key a)" = sesame-env ]
	grep -q '^MODEL_KEY=' environ
	not grep -q sesame environ
	grep -q MODEL_KEY cmdline
	not grep -q sesame cmdline
}

@test "a token that others may read is refused" {
	echo secret >token
	chmod 640 token
	run -77 "$http" --allow "$at" --bearer "$at=token"
	[[ "$output" == *'chmod 600'* ]]
	chmod 600 token
	printf 'two\nlines\n' >token
	run -65 "$http" --allow "$at" --bearer "$at=token"
	[[ "$output" != *two* ]]
	: >token
	run -65 "$http" --allow "$at" --bearer "$at=token"
	run -66 "$http" --allow "$at" --bearer "$at=nowhere"
}

@test "a proxy from the environment" {
	# The payment service as its own proxy: it sees the whole URL as path.
	echo '{"v":1,"id":1,"url":"http://pay.invalid/echo"}' >in
	http_proxy=$at "$http" --allow http://pay.invalid <in >replies
	[ "$(reply .status)" -eq 404 ]
	grep -q 'GET http://pay.invalid/echo' log
}

@test "certificates are verified" {
	command -v openssl >/dev/null || skip "openssl is not installed"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem \
		-out ca.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
	listens_or_gone() {
		not kill -0 "$server" || grep -q ":$(printf %04X "$port") .* 0A " /proc/net/tcp
	}
	# Port 0 is not told by s_server, so a few are tried.
	for port in $(free_port) $(free_port) $(free_port); do
		openssl s_server -accept "127.0.0.1:$port" -cert ca.pem -key key.pem -www \
			>/dev/null 2>&1 3>&- &
		server=$!
		until_true listens_or_gone
		kill -0 $server 2>/dev/null && break
	done
	echo "{\"v\":1,\"id\":1,\"url\":\"https://localhost:$port/\"}" >in
	echo "{\"v\":1,\"id\":2,\"url\":\"https://127.0.0.1:$port/\"}" >>in
	options=(--allow "https://localhost:$port" --allow "https://127.0.0.1:$port")
	"$http" "${options[@]}" <in >untrusted
	"$http" "${options[@]}" --ca ca.pem <in >replies
	kill $server
	[ "$(jq -s 'map(select(.ok or .sent)) | length' untrusted)" -eq 0 ]
	[ "$(reply .status 1)" -eq 200 ]
	# The same server under a name that its certificate does not have.
	[ "$(reply '[.ok, .sent] | @csv' 2)" = false,false ]
}

@test "it can neither write files nor start programs" {
	strace -V >/dev/null 2>&1 || skip "strace is not installed"
	echo "{\"v\":1,\"id\":1,\"url\":\"$at/echo\"}" >in
	strace -f -e trace=prctl,landlock_restrict_self -o trace "$http" --allow "$at" <in >replies
	grep -q 'landlock_restrict_self.*= 0' trace
	grep -q 'PR_SET_SECCOMP.*= 0' trace
}
