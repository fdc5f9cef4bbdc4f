# og-serve: what it takes, what it refuses, what it leaves behind.

load helper
load serve-helper

setup() {
	instance
}

teardown() {
	stop
}

@test "it answers, with the headers of every answer, and stops in good order" {
	serve
	[ "$(req GET /healthz)" = 200 ]
	[ "$(cat body)" = '{"status":"ok"}' ]
	for header in 'X-Content-Type-Options: nosniff' 'Referrer-Policy: no-referrer' \
		'Connection-Allowlist: (response-origin)' 'Cache-Control: no-store' \
		'Cross-Origin-Opener-Policy: same-origin' \
		'Cross-Origin-Resource-Policy: same-origin'; do
		grep -q "^$header" head
	done
	grep -q "^Content-Security-Policy: default-src 'none'" head
	[ "$(req GET /nothing)" = 404 ]
	grep -q "^Connection-Allowlist" head
	stopped=0
	stop
	[ "$stopped" -eq 0 ]
}


# raw BYTES: what a socket answers to exactly these bytes, until it is closed.
raw() {
	printf '%b' "$1" | timeout 60 socat -t 60 - "TCP:$host" | tr -d '\r'
}

# The statuses in an answer, in order.
statuses() {
	grep -ao 'HTTP/1.1 [0-9]*' | cut -d' ' -f2 | tr '\n' ' '
}

@test "a password makes a session, which ends with logout" {
	serve
	[ "$(req POST /api/auth/login "${json[@]}" \
		-d '{"email":"alice@example.com","password":"wrong"}')" = 401 ]
	wrong=$(cat body)
	[ "$(req POST /api/auth/login "${json[@]}" \
		-d '{"email":"nobody@example.com","password":"wrong"}')" = 401 ]
	[ "$(cat body)" = "$wrong" ]
	[ "$(og-serve sessions)" = '' ]
	[ "$(req POST /api/auth/logout)" = 401 ]
	login alice
	name=$(printf %s "$token" | sha256sum | cut -d' ' -f1)
	[ "$(stat -c %a .omnigate/sessions ".omnigate/sessions/$name")" = $'700\n600' ]
	not grep -rq "$token" .omnigate "$BATS_TEST_TMPDIR/log"
	not grep -q password123 "$BATS_TEST_TMPDIR/log"
	# The shield that judged it found all it reads.
	not grep -q '^og-shield' "$BATS_TEST_TMPDIR/log"
	bearer="Authorization: Bearer $token"
	[ "$(req GET /api/session -H "$bearer")" = 200 ]
	[ "$(jq -r '.principal, .role, .clearance, .user.email, (.rights | index("ddl"))' body)" = \
		$'alice\nadmin\n3\nalice@example.com\n0' ]
	[ "$(jq -r .principal <(og-serve sessions --json))" = alice ]
	[ "$(req POST /api/auth/logout -H "$bearer")" = 200 ]
	[ "$(og-serve sessions)" = '' ]
	[ ! -e ".omnigate/sessions/$name" ]
	[ "$(req GET /api/session -H "$bearer")" = 401 ]
}

@test "sessions end when they are revoked, grow old, or their file is spoilt" {
	serve
	login alice && alice=$token
	login bob && bob=$token
	[ "$(og-serve sessions | wc -l)" -eq 2 ]
	run og-serve revoke carol
	[ "$status" -eq 1 ]
	og-serve revoke alice
	[ "$(req GET /api/session -H "Authorization: Bearer $alice")" = 401 ]
	[ "$(req GET /api/session -H "Authorization: Bearer $bob")" = 200 ]
	file=.omnigate/sessions/$(printf %s "$bob" | sha256sum | cut -d' ' -f1)
	touch -d '-3 hours' "$file"
	[ "$(req GET /api/session -H "Authorization: Bearer $bob")" = 401 ]
	[ ! -e "$file" ]
	login bob
	file=.omnigate/sessions/$(printf %s "$token" | sha256sum | cut -d' ' -f1)
	jq -c '.created -= 86400000 | .expires -= 86400000' "$file" >old && cat old >"$file"
	[ "$(req GET /api/session -H "Authorization: Bearer $token")" = 401 ]
	login bob
	file=.omnigate/sessions/$(printf %s "$token" | sha256sum | cut -d' ' -f1)
	jq -c '.expires += 86400000' "$file" >long && cat long >"$file"
	[ "$(req GET /api/session -H "Authorization: Bearer $token")" = 401 ]
	login bob
	file=.omnigate/sessions/$(printf %s "$token" | sha256sum | cut -d' ' -f1)
	echo 'x' >"$file"
	[ "$(req GET /api/session -H "Authorization: Bearer $token")" = 401 ]
	[ "$(req GET /api/session -H 'Authorization: Bearer ../../../../etc/passwd')" = 401 ]
	login bob
	og-serve revoke all
	[ "$(og-serve sessions)" = '' ]
}

@test "a session outlives a server that is killed" {
	serve
	login alice
	kill -9 "$server"
	wait "$server" || true
	serve
	[ "$(req GET /api/session -H "Authorization: Bearer $token")" = 200 ]
}

@test "what a page sends with the cookie needs the csrf value and an origin" {
	serve
	login alice
	cookie="Cookie: og_session=$token"
	[ "$(req GET /api/session -H "$cookie")" = 200 ]
	csrf="X-OG-CSRF: $(jq -r .csrf body)"
	[ "$(req POST /api/auth/logout -H "$cookie" -H "Origin: $url")" = 403 ]
	[ "$(req POST /api/auth/logout -H "$cookie" -H "$csrf")" = 403 ]
	[ "$(req POST /api/auth/logout -H "$cookie" -H 'X-OG-CSRF: 0' -H "Origin: $url")" = 403 ]
	[ "$(req POST /api/auth/logout -H "$cookie" -H "$csrf" -H 'Origin: http://evil.example')" = 403 ]
	[ "$(req POST /api/auth/logout -H "$cookie" -H "$csrf" -H 'Origin: null')" = 403 ]
	[ "$(req POST /api/auth/logout -H "$cookie" -H "$csrf" -H "Origin: $url" \
		-H 'Sec-Fetch-Site: cross-site')" = 403 ]
	[ "$(req GET /api/session -H "$cookie; og_session=$token")" = 401 ]
	[ "$(req GET /api/session -H "$cookie" -H 'Authorization: Bearer x')" = 401 ]
	[ "$(og-serve sessions | wc -l)" -eq 1 ]
	[ "$(req POST /api/auth/logout -H "$cookie" -H "$csrf" -H "Origin: $url")" = 200 ]
	grep -qi '^set-cookie: og_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict' head
	[ "$(og-serve sessions)" = '' ]
}

@test "a name that is not ours is refused, and another site's page" {
	serve --allow-host shop.example
	[ "$(req GET /healthz -H 'Host: evil.example')" = 421 ]
	[ "$(req GET /healthz -H "Host: 127.0.0.1")" = 421 ]
	[ "$(req GET /healthz -H "Host: localhost:${url##*:}")" = 200 ]
	[ "$(req GET /healthz -H 'Host: shop.example')" = 200 ]
	[ "$(req GET /healthz -H "Host: SHOP.example:${url##*:}")" = 200 ]
	[ "$(req GET /healthz -H 'Host: shop.example.evil')" = 421 ]
	[ "$(req GET /healthz -H "Origin: https://$host")" = 200 ]
	[ "$(req GET /healthz -H 'Origin: http://shop.example')" = 403 ]
	[ "$(req GET /healthz -H "Host: shop.example" -H 'Origin: https://shop.example')" = 200 ]
	[ "$(req GET /api/session -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Mode: navigate')" = 403 ]
	[ "$(req GET / -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Mode: navigate')" != 403 ]
	[ "$(req GET / -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Mode: no-cors')" = 403 ]
	[ "$(req POST / -H 'Sec-Fetch-Site: same-site')" = 403 ]
}

@test "attempts to guess a password are limited, also across a restart" {
	serve
	for _ in 1 2 3 4 5; do
		[ "$(req POST /api/auth/login "${json[@]}" \
			-d '{"email":"alice@example.com","password":"guess"}')" = 401 ]
	done
	[ "$(req POST /api/auth/login "${json[@]}" \
		-d '{"email":"ALICE@example.com","password":"password123"}')" = 429 ]
	grep -q '^Retry-After: [0-9]' head
	limited=$(cat body)
	kill -9 "$server" && wait "$server" || true
	serve
	[ "$(req POST /api/auth/login "${json[@]}" \
		-d '{"email":"alice@example.com","password":"password123"}')" = 429 ]
	login bob
	for i in $(seq 25); do
		req POST /api/auth/login "${json[@]}" -d "{\"email\":\"n$i@example.com\",\"password\":\"x\"}"
	done
	[ "$(req POST /api/auth/login "${json[@]}" \
		-d '{"email":"bob@example.com","password":"password123"}')" = 429 ]
	[ "$(cat body)" = "$limited" ]
	[ "$(req GET /api/session -H "Authorization: Bearer $token")" = 200 ]
}

@test "requests per second are limited, by session and by address" {
	serve --rate 5
	login alice
	# Twenty at once, then five a second: faster than that somebody is too fast.
	curl -s -D heads -o /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $token" \
		"$url/api/session?[1-200]" >codes
	[ "$(grep -c 200 codes)" -ge 20 ]
	grep -q 429 codes
	grep -q '^Retry-After: 1' heads
	codes=$(curl -s -o /dev/null -w '%{http_code}\n' "$url/?[1-300]")
	grep -q 429 <<<"$codes"
	[ "$(curl -s -o /dev/null -w '%{http_code}\n' "$url/healthz?[1-300]" | sort -u)" = 200 ]
}

@test "too large a body, address or head is refused" {
	serve
	head -c 70000 /dev/zero | tr '\0' a >big
	[ "$(req POST /api/auth/login "${json[@]}" -H 'Expect:' --data-binary @big)" = 413 ]
	[ "$(req POST /api/auth/login "${json[@]}" -H 'Expect:' -H 'Transfer-Encoding: chunked' \
		--data-binary @big)" = 413 ]
	[ "$(req POST /api/auth/login "${json[@]}" --data-binary @big)" = 413 ]
	long=$(head -c 5000 big)
	[ "$(req GET "/$long")" = 414 ]
	[ "$(req GET /healthz -H "X-A: $(head -c 40000 big)")" = 431 ] || [ "$(tail -n 1 head)" = '' ]
	[ "$(req POST /api/auth/login "${json[@]}" -d '{"email":1}')" = 400 ]
	[ "$(req POST /api/auth/login "${json[@]}" -d '{"email":"a","email":"b"}')" = 400 ]
	[ "$(req POST /api/auth/login "${json[@]}" -d '[1]')" = 400 ]
	[ "$(req POST /api/auth/login -d '{}')" = 415 ]
	[ "$(req POST /healthz)" = 405 ]
	grep -q '^Allow: GET' head
	[ "$(req GET /healthz)" = 200 ]
}

@test "a path means one thing" {
	serve
	for path in /%2e%2e/healthz /healthz%00 //healthz /x/../healthz /./healthz /ui/%2e%2e%2fapp.js \
		/ui/..%5capp.js '/ui/a\b' /ui/%ff /ui/%zz /%0d%0aX: '/ui/x?a=%00' '/?a=%f'; do
		answer=$(raw "GET $path HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n" | statuses)
		[ "$answer" = '400 ' ] || { echo "$path: $answer"; return 1; }
	done
	[ "$(raw "GET http://$host/healthz HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n" | statuses)" = '400 ' ]
	[ "$(raw "OPTIONS * HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n" | statuses)" = '400 ' ]
	[ "$(raw "GET /%68ealthz HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n" | statuses)" = '200 ' ]
}

@test "a request is one request" {
	serve
	get="GET /healthz HTTP/1.1\r\nHost: $host\r\n"
	# Two lengths, or a length and chunks: what one reader takes for the next request.
	for head in 'Content-Length: 5\r\nContent-Length: 6' 'Content-Length: 4\r\nTransfer-Encoding: chunked' \
		'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity' "Host: $host" 'Host: evil.example' \
		'Transfer-Encoding: xchunked' 'Transfer-Encoding: gzip, chunked'; do
		answer=$(raw "POST /healthz HTTP/1.1\r\nHost: $host\r\n$head\r\n\r\n0\r\n\r\n$get\r\n")
		[[ "$(statuses <<<"$answer")" =~ ^4[0-9][0-9]\ $ ]] || { echo "$head: $answer"; return 1; }
	done
	for head in '' "Host : $host\r\n" "Host: $host\r\nX Y: 1\r\n" "Host: $host\r\nX: a\x01b\r\n"; do
		answer=$(raw "GET /healthz HTTP/1.1\r\n$head\r\n")
		[ "$(statuses <<<"$answer")" = '400 ' ] || { echo "$head: $answer"; return 1; }
	done
	answer=$(raw "GET /healthz HTTP/1.0\r\nHost: \r\n\r\n" | statuses)
	[ "$answer" = '421 ' ] || [ "$answer" = '400 ' ]
	# Several in one piece are answered in order.
	[ "$(raw "$get\r\nGET /no HTTP/1.1\r\nHost: $host\r\n\r\n$get""Connection: close\r\n\r\n" | statuses)" = '200 404 200 ' ]
	# What a value says cannot begin a header or an answer of its own.
	answer=$(raw "GET /x%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n")
	not grep -qi 'set-cookie' <<<"$answer"
	kill -0 "$server"
}

@test "the log has a line for each request, without what is secret" {
	serve
	login alice
	req GET "/api/session?token=$token" -H "Authorization: Bearer $token"
	raw "GET /\x1b[31m HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n"
	grep -Eq 'GET /api/session 200 [0-9]+ ms alice$' "$BATS_TEST_TMPDIR/log"
	not grep -q "$token" "$BATS_TEST_TMPDIR/log"
	not grep -q $'\x1b' "$BATS_TEST_TMPDIR/log"
	stop
	serve --quiet
	req GET /healthz
	not grep -q healthz "$BATS_TEST_TMPDIR/log"
}

@test "the page: from memory, with tags, and a policy that names what it may run" {
	[ -e "$OG_BUILD/share/omnigate/ui/app.js" ] || skip "the page is not built here"
	serve
	[ "$(req GET /)" = 200 ]
	policy=$(sed -n 's/^Content-Security-Policy: //p' head | tr -d '\r')
	for file in frame.js frame-react.js kit.css; do
		digest=$(openssl dgst -sha256 -binary "$OG_BUILD/share/omnigate/ui/$file" | base64)
		[[ "$policy" == *"'sha256-$digest'"* ]]
	done
	[[ "$policy" != *unsafe* ]]
	[[ "$policy" == *"frame-ancestors 'none'"* ]]
	[ "$(req GET /ui/app.js)" = 200 ]
	cmp body "$OG_BUILD/share/omnigate/ui/app.js"
	etag=$(sed -n 's/^ETag: //p' head | tr -d '\r')
	[ "$(req GET /ui/app.js -H "If-None-Match: $etag")" = 304 ]
	[ "$(req GET /ui/app.js -H 'If-None-Match: "other"')" = 200 ]
	[ "$(req HEAD /ui/app.js --head)" = 200 ]
	for path in /ui/frame.js /ui/ /ui /app.js /ui/.built /og.conf /.omnigate/og.conf; do
		[ "$(req GET "$path")" = 404 ]
	done
}

@test "cgi: the same answers without a server" {
	cgi() { # METHOD PATH [NAME=VALUE...], standard input is the body
		local method=$1 path=$2
		shift 2
		env -i PATH="$PATH" OG_HOME="$OG_HOME" GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD="$method" \
			PATH_INFO="$path" HTTP_HOST=localhost REMOTE_ADDR=192.0.2.7 "$@" og-serve --cgi | tr -d '\r'
	}
	cgi GET /healthz </dev/null >out
	head -n 1 out | grep -qx 'Status: 200'
	[ "$(tail -n 1 out)" = '{"status":"ok"}' ]
	grep -q '^Connection-Allowlist: (response-origin)' out
	body='{"email":"alice@example.com","password":"password123"}'
	printf %s "$body" | cgi POST /api/auth/login CONTENT_TYPE=application/json CONTENT_LENGTH=${#body} HTTPS=on >out
	head -n 1 out | grep -qx 'Status: 200'
	grep -q '^Set-Cookie: og_session=.*; Secure$' out
	token=$(tail -n 1 out | jq -r .access_token)
	cgi GET /api/session HTTP_AUTHORIZATION="Bearer $token" </dev/null >out
	[ "$(tail -n 1 out | jq -r .principal)" = alice ]
	cgi GET /api/session HTTP_HOST=evil.example </dev/null | head -n 1 | grep -qx 'Status: 421'
	cgi GET /../healthz </dev/null | head -n 1 | grep -qx 'Status: 400'
	cgi POST /api/auth/login CONTENT_LENGTH=99999999 </dev/null | head -n 1 | grep -qx 'Status: 413'
	cgi POST /api/auth/login CONTENT_LENGTH=-5 </dev/null | head -n 1 | grep -qx 'Status: 400'
	cgi HEAD /healthz </dev/null >out
	[ "$(tail -n 1 out)" = '' ]
	wrong='{"email":"alice@example.com","password":"no"}'
	for _ in 1 2 3 4 5; do
		printf %s "$wrong" | cgi POST /api/auth/login CONTENT_TYPE=application/json CONTENT_LENGTH=${#wrong} >/dev/null
	done
	printf %s "$body" | cgi POST /api/auth/login CONTENT_TYPE=application/json CONTENT_LENGTH=${#body} |
		head -n 1 | grep -qx 'Status: 429'
	run -64 og-serve --cgi
}

@test "it opens no database, writes only what is its own, and shrinks before the first request" {
	command -v strace >/dev/null || skip "strace is not installed"
	strace -o trace -e trace=openat,open,execve,landlock_restrict_self,bind,accept4 \
		og-serve --listen 127.0.0.1:0 2>"$BATS_TEST_TMPDIR/log" 3>&- &
	tracer=$!
	until_true grep -q 'listening at' "$BATS_TEST_TMPDIR/log"
	url=$(sed -n 's|.*listening at \(.*\)/$|\1|p' "$BATS_TEST_TMPDIR/log")
	server=$(pgrep -P "$tracer" og-serve)
	login alice
	[ "$(req GET /api/session -H "Authorization: Bearer $token")" = 200 ]
	req POST /api/auth/logout -H "Authorization: Bearer $token"
	[ "$(ls -l "/proc/$server/fd" | grep -cE '\.db')" -eq 0 ]
	kill "$server"
	wait "$tracer"
	server=
	not grep -E 'queue\.db|erp\.db|base\.db' trace
	# What it opens to write: sessions, and nothing else of the instance.
	[ -z "$(grep -E 'O_(WRONLY|RDWR|CREAT)' trace | grep -vE '/sessions/|/dev/null')" ]
	grep -q 'landlock_restrict_self.*= 0' trace || skip "this kernel has no Landlock"
	awk '/landlock_restrict_self/ { shrunk = 1 } /accept4\(.*= [0-9]/ && !shrunk { exit 1 }' trace
}

@test "other machines are let in only by a name" {
	run -64 og-serve --listen 0.0.0.0:0
	[[ "$output" == *'--allow-host'* ]]
	for none in localhost:80 127.0.0.1 127.0.0.1:70000 nope 127.example.org:80; do
		run -64 og-serve --listen "$none"
		[[ "$output" == *"'$none' is no address to listen at"*"write 127.0.0.1:8420"* ]]
	done
	serve
	run -75 og-serve --listen "$host"
	OG_SERVE=0.0.0.0:0 run -78 og-serve
}

@test "a socket in the file system is its owner's, and goes with the server" {
	serve --listen unix:.omnigate/run/http.sock
	[ "$(stat -c %a .omnigate/run/http.sock)" = 600 ]
	[ "$(curl -s --unix-socket .omnigate/run/http.sock http://localhost/healthz)" = '{"status":"ok"}' ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' --unix-socket .omnigate/run/http.sock http://evil/healthz)" = 421 ]
	run -75 og-serve --listen unix:.omnigate/run/http.sock
	stop
	[ ! -e .omnigate/run/http.sock ]
}

@test "a socket beside the instance goes with the server too, and with no other's" {
	serve --listen unix:http.sock
	stop
	[ ! -e http.sock ]
	# Killed: what was left is removed for it; and replaced where it was not.
	serve --listen unix:http.sock
	kill -9 "$server"
	wait "$server" || true
	gone() { [ ! -e http.sock ]; }
	until_true gone
	perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "http.sock", Listen => 1) or die'
	[ -S http.sock ]
	serve --listen unix:http.sock
	[ "$(curl -s --unix-socket http.sock http://localhost/healthz)" = '{"status":"ok"}' ]
	# Another file of that name is another's.
	rm http.sock
	echo mine >http.sock
	stop
	[ "$(cat http.sock)" = mine ]
}

@test "a socket that the service manager hands over" {
	command -v systemd-socket-activate >/dev/null || skip "systemd is not installed"
	port=$(free_port)
	systemd-socket-activate -l "127.0.0.1:$port" -E OG_HOME -E PATH og-serve 2>log 3>&- &
	server=$!
	url=http://127.0.0.1:$port
	until_true curl -sf -m 5 "$url/healthz"
	[ "$(req GET /healthz)" = 200 ]
	kill "$server"
	wait "$server"
	server=
}

@test "behind a web server with TLS: cookies for it alone, addresses from it" {
	serve --proxy --allow-host shop.example
	front=(-H 'Host: shop.example' -H 'X-Forwarded-For: 198.51.100.1, 203.0.113.9')
	[ "$(req POST /api/auth/login "${front[@]}" "${json[@]}" -H 'Origin: https://shop.example' \
		-d '{"email":"bob@example.com","password":"password123"}')" = 200 ]
	grep -q '^Set-Cookie: .*; Secure' head
	grep -q '^Strict-Transport-Security' head
	[ "$(req GET /healthz "${front[@]}" -H 'Origin: http://shop.example')" = 403 ]
	for _ in 1 2 3 4 5; do
		req POST /api/auth/login "${front[@]}" "${json[@]}" -d '{"email":"bob@example.com","password":"x"}'
	done
	[ "$(req POST /api/auth/login "${front[@]}" "${json[@]}" \
		-d '{"email":"bob@example.com","password":"password123"}')" = 429 ]
	[ "$(req POST /api/auth/login -H 'Host: shop.example' -H 'X-Forwarded-For: 203.0.113.10' "${json[@]}" \
		-d '{"email":"bob@example.com","password":"password123"}')" = 200 ]
}

@test "og up keeps it, at the address that og.conf names" {
	port=$(free_port)
	printf '\nserve = 127.0.0.1:%s\n' "$port" >>.omnigate/og.conf
	sed -i '/^services/d' .omnigate/og.conf
	printf 'services = worker serve\n' >>.omnigate/og.conf
	og up --detach >/dev/null 2>&1 3>&-
	url=http://127.0.0.1:$port
	[ "$(req GET /healthz)" = 200 ]
	[ "$(jq -r '.services[] | select(.name == "serve") | .state' .omnigate/run/services.json)" = ready ]
	og down >/dev/null 2>&1
	run -7 curl -s "$url/healthz"
}
