# What the suites of og-serve share, on top of helper.bash: a server, a
# worker, and requests to them.

json=(-H 'Content-Type: application/json')

# serve [OPTION...]: a server at a port of its own; its address in $url.
serve() {
	rm -f "$BATS_TEST_TMPDIR/log" # of the one before
	og-serve --listen 127.0.0.1:0 "$@" 2>"$BATS_TEST_TMPDIR/log" 3>&- &
	server=$!
	until_true grep -q 'listening at' "$BATS_TEST_TMPDIR/log"
	url=$(sed -n 's|.*listening at \(.*\)/$|\1|p' "$BATS_TEST_TMPDIR/log")
	host=${url#http://}
}

# A worker beside it.
work() {
	og-worker --quiet 2>"$BATS_TEST_TMPDIR/worker.log" 3>&- &
	worker=$!
}

# No worker for now. One that is not itself yet would not hear the signal.
rest() {
	until_true grep -qx og-worker "/proc/$worker/comm"
	kill "$worker"
	wait "$worker" || true
	worker=
}

# Ends what this test started.
stop() {
	if [ -n "${server:-}" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" || stopped=$?
		server=
	fi
	[ -z "${worker:-}" ] || rest
}

# req METHOD PATH [CURL OPTION...]: the status; head and body in files.
req() {
	local method=$1 path=$2
	shift 2
	curl -s -o body -D head -w '%{http_code}' -X "$method" "$@" "$url$path"
}

login() { # NAME: the token in $token
	token=$(curl -s "${json[@]}" "$url/api/auth/login" \
		-d "{\"email\":\"$1@example.com\",\"password\":\"password123\"}" | quick_jq -r .access_token)
	[ ${#token} -eq 64 ]
}

# get PATH, post PATH JSON: as who signed in last; the status, the body in a file.
get() {
	req GET "$1" -H "Authorization: Bearer $token"
}

post() {
	req POST "$1" -H "Authorization: Bearer $token" "${json[@]}" -d "$2"
}
