# og-serve: what it takes, what it refuses, what it leaves behind.

load helper

setup() {
	instance
}

teardown() {
	stop
}

# serve [OPTION...]: a server at a port of its own; its address in $url.
serve() {
	og-serve --listen 127.0.0.1:0 "$@" 2>"$BATS_TEST_TMPDIR/log" 3>&- &
	server=$!
	until_true grep -q 'listening at' "$BATS_TEST_TMPDIR/log"
	url=$(sed -n 's|.*listening at \(.*\)/$|\1|p' "$BATS_TEST_TMPDIR/log")
	host=${url#http://}
}

stop() {
	[ -n "${server:-}" ] || return 0
	kill "$server" 2>/dev/null || true
	wait "$server" || stopped=$?
	server=
}

until_true() {
	for _ in $(seq 150); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}

# req METHOD PATH [CURL OPTION...]: the status; head and body in files.
req() {
	local method=$1 path=$2
	shift 2
	curl -s -o body -D head -w '%{http_code}' -X "$method" "$@" "$url$path"
}

login() { # NAME
	token=$(curl -s -H 'Content-Type: application/json' "$url/api/auth/login" \
		-d "{\"email\":\"$1@example.com\",\"password\":\"password123\"}" | jq -r .access_token)
	[ ${#token} -eq 64 ]
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

@test "a password makes a session, which ends with logout" {
	serve
	[ "$(req POST /api/auth/login -H 'Content-Type: application/json' \
		-d '{"email":"alice@example.com","password":"wrong"}')" = 401 ]
	[ "$(ls .omnigate/sessions)" = '' ]
	[ "$(req POST /api/auth/logout)" = 401 ]
	login alice
	[ "$(ls .omnigate/sessions)" = "$(printf %s "$token" | sha256sum | cut -d' ' -f1)" ]
	[ "$(stat -c %a .omnigate/sessions .omnigate/sessions/*)" = $'700\n600' ]
	! grep -rq "$token" .omnigate log
	[ "$(req POST /api/auth/logout -H "Authorization: Bearer $token")" = 200 ]
	[ "$(ls .omnigate/sessions)" = '' ]
	[ "$(req POST /api/auth/logout -H "Authorization: Bearer $token")" = 401 ]
}
