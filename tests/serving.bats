# The server of lib/serve under clients that are many, slow or rude, with
# handlers that only a test has (tests/servers/serving.c).

load helper

clients=$OG_TESTS/servers/http-clients

setup() {
	instance
	"$OG_BUILD/tests/servers/serving" "$OG_HOME" "$OG_BUILD/bin" 2>"$BATS_TEST_TMPDIR/log" 3>&- &
	server=$!
	until_true grep -q 'listening at' "$BATS_TEST_TMPDIR/log"
	url=$(sed -n 's|.*listening at \(.*\)/$|\1|p' "$BATS_TEST_TMPDIR/log")
	port=${url##*:}
}

teardown() {
	[ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
	wait || true
}

fds() { ls "/proc/$server/fd" | wc -l; }
rss() { awk '/^VmRSS/ { print $2 }' "/proc/$server/status"; }
state() { curl -s -m 60 "$url/t/state"; }

# sh SCRIPT [NAME=VALUE...]: a handler that runs a shell.
sh_() {
	local script=$1
	shift
	curl -s -m 60 -X POST "$url/t/sh?sh=$(jq -rn --arg s "$script" '$s | @uri')$(printf '&%s' "$@")" -d "${input:-}"
}

@test "a program's input, output, status and complaint; its limits" {
	input='three words here' sh_ 'wc -w; echo no >&2; exit 3' >answer
	[ "$(jq -c . answer)" = '{"status":3,"said":"no\n","bytes":2}' ]
	[ "$(sh_ 'kill -9 $$' | jq .status)" -eq 137 ]
	[[ "$(sh_ 'sleep 30' ms=200 | jq -r .detail)" == *'took longer'* ]]
	[[ "$(sh_ 'yes' most=5000 | jq -r .detail)" == *'larger than 5000 bytes'* ]]
	[ "$(sh_ 'head -c 900000 /dev/zero' | jq .bytes)" -eq 900000 ]
	input=$(head -c 60000 /dev/zero | tr '\0' x) sh_ 'cat' >answer
	[ "$(jq .bytes answer)" -eq 60000 ]
	# Nobody reads the input; it writes more complaint than is kept.
	input=$(head -c 60000 /dev/zero | tr '\0' x) sh_ 'exec <&-; head -c 100000 /dev/zero | tr "\0" y >&2' >answer
	[ "$(jq '.said | length' answer)" -eq 4096 ]
	[ "$(sh_ 'sleep 5 >/dev/null 2>&1 & echo done' | jq .bytes)" -eq 5 ]
	# What it inherits is what it may have.
	sh_ 'ls -l /proc/$$/fd >&2' | jq -r .said >inherited
	not grep -E 'socket:|eventpoll|signalfd|erp.db' inherited
}

# A program of the handler that runs until there is a file go.
until_go='while%20[%20!%20-e%20go%20];do%20sleep%200.1;done'

runs() { # N: so many programs at least
	[ "$(pgrep -cP "$server")" -ge "$1" ]
}

lets_nobody_in() {
	local ended=0
	curl -s -m 5 "$url/healthz" || ended=$?
	[ "$ended" -eq 7 ]
}

@test "whoever asks for something slow holds up nobody else" {
	before=$(fds)
	for _ in $(seq 40); do
		curl -gs -m 100 -o /dev/null -X POST "$url/t/sh?sh=$until_go&ms=60000&who=greedy" 3>&- &
	done
	until_true runs 4
	[ "$(curl -s -m 60 -o /dev/null -w '%{http_code}' "$url/healthz")" = 200 ]
	# None of those is done before this is.
	[ "$(sh_ 'exit 7' who=other ms=60000 | jq .status)" -eq 7 ]
	jobs -p | grep -vx "$server" | while read -r pid; do kill "$pid" 2>/dev/null || true; done
	touch go
	# The clients are gone; what they asked for runs to its end all the same.
	until_true eval '[ "$(pgrep -cP "$server")" -eq 0 ] && [ "$(fds)" -le "$before" ]'
}

@test "two hundred streams and a thousand requests a second: nothing grows, nobody waits" {
	"$clients" stream "$port" 200 9 /t/stream >streams 3>&- &
	reader=$!
	until_true eval '[ "$(state | jq .streams)" -eq 200 ]'
	sleep 1
	before=$(rss)
	curl -s -m 20 -o /dev/null -X POST "$url/t/sh?sh=sleep%204&who=slow" 3>&- &
	"$OG_BUILD/bench/http" "$port" 16 4 /t/poll 1000 >figures
	cat figures
	[ "$(jq .not_200 figures)" -eq 0 ]
	# One that waited for the program would have none in its four seconds.
	[ "$(jq .rps figures)" -ge 20 ]
	[ $(($(rss) - before)) -le 1024 ]
	wait "$reader"
	# A tick each 100 ms for 9 seconds where nothing else runs, one stream like the other.
	read -r fewest most <streams
	[ "$fewest" -ge 20 ]
	[ $((most - fewest)) -le 20 ]
	until_true eval '[ "$(state | jq .streams)" -eq 0 ]'
	[ "$(state | jq .gone)" -eq 200 ]
}

@test "a client that does not read its stream is let go" {
	before=$(rss)
	mkfifo deaf
	"$clients" deaf "$port" 20 /t/flood <deaf >read 3>&- &
	reader=$!
	exec 5>deaf
	until_true grep -q asked read
	[ "$(curl -s -m 60 -o /dev/null -w '%{http_code}' "$url/healthz")" = 200 ]
	[ $(($(rss) - before)) -le 8192 ]
	until_true eval '[ "$(fds)" -le 12 ]'
	[ $(($(rss) - before)) -le 8192 ]
	exec 5>&-
	wait "$reader"
	[ "$(tail -n 1 read)" -gt 0 ]
}

@test "clients that come and go leave nothing behind" {
	before=$(fds)
	"$clients" leave "$port" 200 /t/stream
	"$clients" leave "$port" 200 /healthz
	"$clients" leave "$port" 40 '/t/big?size=20000000'
	until_true eval '[ "$(fds)" -le "$before" ]'
	until_true eval '[ "$(state | jq .streams)" -eq 0 ]'
	[ "$(curl -s -m 20 "$url/t/big?size=20000000" | wc -c)" -eq 20000000 ]
}

@test "two hundred clients that dribble hold up nobody, and are closed" {
	"$clients" dribble "$port" 200 40 >closed 3>&- &
	reader=$!
	until_true grep -q started closed
	sleep 1
	"$OG_BUILD/bench/http" "$port" 8 2 /healthz 500 >figures
	cat figures
	[ "$(jq .not_200 figures)" -eq 0 ]
	[ "$(jq .rps figures)" -ge 20 ]
	wait "$reader"
	[ "$(tail -n 1 closed)" -eq 200 ]
}

@test "a place for somebody new is found when all are taken by dribblers" {
	"$clients" dribble "$port" 520 6 >closed 3>&- &
	reader=$!
	until_true grep -q started closed
	for _ in 1 2 3 4 5; do
		[ "$(curl -s -m 60 -o /dev/null -w '%{http_code}' "$url/healthz")" = 200 ]
	done
	wait "$reader"
	[ "$(tail -n 1 closed)" -ge 8 ]
}

@test "a stop: streams are told, what runs is finished, nobody new is let in" {
	curl -s -N -m 60 "$url/t/stream" >stream 3>&- &
	stream=$!
	curl -gs -m 60 -o answer -X POST "$url/t/sh?sh=$until_go;exit%205&ms=60000" 3>&- &
	slow=$!
	until_true runs 1
	until_true grep -q '^event: ' stream
	kill -TERM "$server"
	until_true lets_nobody_in
	touch go
	wait "$slow"
	[ "$(jq .status answer)" -eq 5 ]
	wait "$stream"
	[ "$(grep '^event: ' stream | tail -n 1)" = 'event: bye' ]
	wait "$server"
	server=
}

@test "a second signal ends it at once" {
	curl -gs -m 60 -o answer -X POST "$url/t/sh?sh=$until_go&ms=60000" 3>&- &
	until_true runs 1
	start=$SECONDS
	kill -TERM "$server"
	until_true lets_nobody_in
	kill -TERM "$server"
	wait "$server"
	[ $((SECONDS - start)) -lt 20 ]
	server=
	wait
	[[ "$(jq -r .detail answer)" == *'the server stops'* ]]
}

@test "the shield is asked by one conversation for each principal, which is killed without harm" {
	token() {
		curl -s -H 'Content-Type: application/json' "$url/api/auth/login" \
			-d "{\"email\":\"$1@example.com\",\"password\":\"password123\"}" | jq -r .access_token
	}
	alice="Authorization: Bearer $(token alice)"
	ask() { curl -s -m 20 -o /dev/null -w '%{http_code}\n' -H "$alice" "$url/t/ask/$1"; }
	[ "$(ask task.stats)" = 200 ]
	[ "$(ask task.nonsense)" = 400 ]
	[ "$(ask task.stats)" = 200 ]
	[ "$(curl -s -m 20 -o /dev/null -w '%{http_code}\n' -H "$alice" "$url/t/ask/task.stats?[1-200]" | sort | uniq -c | tr -s ' ')" = ' 200 200' ]
	[ "$(pgrep -cP "$server" og-shield)" -le 2 ]
	pkill -9 -P "$server" og-shield
	until_true eval '[ "$(pgrep -cP "$server")" -eq 0 ]'
	[ "$(ask task.stats)" = 200 ]
	mv .omnigate/keys/alice.key .omnigate/keys/alice.away
	pkill -9 -P "$server" og-shield
	until_true eval '[ "$(pgrep -cP "$server")" -eq 0 ]'
	[ "$(ask task.stats)" != 200 ]
	[ "$(curl -s -m 60 -o /dev/null -w '%{http_code}' "$url/healthz")" = 200 ]
}
