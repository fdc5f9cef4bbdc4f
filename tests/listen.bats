# og-shield --listen: many conversations on one socket, and who may have one.

load helper

setup() {
	instance
	socket=$BATS_TEST_TMPDIR/s
	command -v socat >/dev/null || skip "socat is not installed"
}

teardown() {
	local pid
	for pid in ${listener:-} ${others:-}; do
		kill "$pid" 2>/dev/null || true
	done
}

# listen [OPTION...]: a listener in the background, ready.
listen() {
	rm -f listen.log # of the one before
	og-shield --listen "unix:$socket" "$@" 2>listen.log 3>&- &
	listener=$!
	until_true grep -q listening listen.log
}

# A client that says nothing for SECONDS.
silent() {
	socat -u "EXEC:sleep $1" "UNIX-CONNECT:$socket" 2>/dev/null 3>&- &
	others="${others:-} $!"
}

# A client that has asked once, which may keep its place, and then says nothing.
quiet() {
	echo "$nonce" >first
	socat -u "SYSTEM:cat first; exec sleep $1" "UNIX-CONNECT:$socket" 2>/dev/null 3>&- &
	others="${others:-} $!"
}

# say LINE...: what the shield answers to them.
say() {
	printf '%s\n' "$@" | socat -t 60 - "UNIX-CONNECT:$socket"
}

# What is said to who does not even ask.
hear() {
	socat -u "UNIX-CONNECT:$socket" -
}

conversations() {
	pgrep -P "$listener" | wc -l
}

has_conversations() { # N
	[ "$(conversations)" -eq "$1" ]
}

nonce='{"v":1,"id":41,"verb":"session.begin","principal":"charlie"}'

@test "everything that asks a shield asks the one that og.conf names" {
	listen
	echo "shield = unix:$socket" >>"$OG_HOME/og.conf"
	[ "$(og-shield query --as charlie --json "SELECT count(*) AS n FROM products")" = '{"n":5}' ]
	run og-shield exec --as charlie --json "UPDATE products SET price = 0"
	[ "$status" -eq 1 ]
	[[ "$output" == *'"verdict":"deny"'* ]]
	og-shield grants --as alice role:customer | jq -s . >grants.json
	og-shield grant --as alice --apply grants.json
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	og-worker --drain --quiet
	[ "$(og-task show "$id" --as charlie --json | jq -r .state)" = done ]
	og-worker --quiet 3>&- &
	others=$!
	[ "$(og-submit --as charlie --wait --json 'buy 1 laptop stand' | jq -r .state)" = done ]
	og-skill list --as alice >/dev/null
	og-policy list --as alice >/dev/null
	og status --json | jq -e '.tasks.done == 2'
	# All of it went through the socket: nobody started a shield.
	not pgrep -P "$others" -f og-shield
	[ "$(grep -c ': connected' listen.log)" -ge 9 ]
}

@test "two at once, and one that is killed in the middle of a line is nobody's loss" {
	listen
	silent 30
	first=$!
	until_true has_conversations 1
	run say "$nonce"
	[ "$(jq -c '[.v, .id, .ok]' <<<"$output")" = '[1,41,true]' ]
	kill -9 "$first" $(pgrep -P "$first") 2>/dev/null || true
	until_true has_conversations 0
	printf '{"v":1,' | socat -t 0 - "UNIX-CONNECT:$socket" || true
	run say "$nonce"
	[ "$(jq -r .ok <<<"$output")" = true ]
}

@test "a conversation that is killed takes no other along, nor the listener" {
	listen
	silent 30
	until_true has_conversations 1
	kill -9 "$(pgrep -P "$listener")"
	until_true has_conversations 0
	grep -q 'ended with status 137' listen.log
	run say "$nonce"
	[ "$(jq -r .ok <<<"$output")" = true ]
}

@test "garbage ends its conversation only" {
	listen
	for line in 'garbage' '[]' '{"v":1,"id":1,"verb":"no.such"}' $'\xff\xfe' ''; do
		run say "$line" "$nonce"
		[ "$(wc -l <<<"$output")" -eq 1 ]
		[ "$(jq .ok <<<"$output")" = false ]
	done
	head -c 3000000 /dev/urandom | tr -d '\n' | socat -t 60 - "UNIX-CONNECT:$socket" >/dev/null 2>&1 || true
	run say "$nonce"
	[ "$(jq -r .ok <<<"$output")" = true ]
}

@test "one more than there may be is told so, and is not waited for" {
	listen --connections 2
	quiet 300
	quiet 300
	until_true has_conversations 2
	run hear
	[ "$(jq -c '[.ok, .code, .rule, .id]' <<<"$output")" = '[false,75,"full",null]' ]
	OG_SHIELD=unix:$socket run og-shield query --as charlie "SELECT 1"
	[ "$status" -eq 75 ]
	[[ "$output" == *"as many connections as it may"* ]]
	OG_SHIELD=unix:$socket run og-worker --drain
	[ "$status" -eq 0 ] || [ "$status" -eq 75 ]
	kill ${others}
	until_true has_conversations 0
	OG_SHIELD=unix:$socket og-shield query --as charlie "SELECT name FROM products"
	grep -q 'refused: no place left' listen.log
}

@test "who says nothing loses the place, who is slow with a line too; the rest go on" {
	listen --connections 1
	start=$SECONDS
	silent 60
	until_true has_conversations 1
	# Ten seconds for the first request.
	sleep 6
	[ "$(conversations)" -eq 1 ] || [ $((SECONDS - start)) -ge 9 ]
	until_true has_conversations 0
	grep -q 'no request came in time' listen.log
	run say "$nonce"
	[ "$(jq -r .ok <<<"$output")" = true ]
}

@test "SIGTERM: what was asked is answered, then all end and the socket is gone" {
	listen
	coproc talk { socat - "UNIX-CONNECT:$socket" 3>&-; }
	others=$talk_PID
	echo "$nonce" >&"${talk[1]}"
	read -r -t 60 line <&"${talk[0]}"
	[ "$(jq .ok <<<"$line")" = true ]
	kill -TERM "$listener"
	wait "$listener"
	listener=
	[ ! -e "$socket" ]
	run timeout 60 cat <&"${talk[0]}"
	[ "$status" -eq 0 ]
}

@test "a task that runs while the listener is told to end is finished" {
	listen
	export OG_SHIELD=unix:$socket
	og-submit --as charlie --batch < <(yes 'buy 1 laptop stand' | head -n 40) >/dev/null
	og-worker --drain --quiet 2>worker.log 3>&- &
	others=$!
	until_true has_conversations 1
	kill -TERM "$listener"
	wait "$listener"
	# The worker starts afresh until there is a shield again.
	listen --quiet
	wait "$others"
	others=
	until_true has_conversations 0
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 3")" -eq 60 ]
	og-ledger verify --state
}

@test "a second listener is refused; a socket that was left is taken over" {
	listen
	run og-shield --listen "unix:$socket"
	[ "$status" -eq 75 ]
	[[ "$output" == *"another process serves"* ]]
	silent 30
	until_true has_conversations 1
	child=$(pgrep -P "$listener")
	kill -9 "$listener"
	wait "$listener" || true
	# What it had started goes with it; what it left is not in the way.
	until_true bash -c "! kill -0 $child 2>/dev/null"
	[ -S "$socket" ]
	listen
	run say "$nonce"
	[ "$(jq -r .ok <<<"$output")" = true ]
}

@test "what is no socket is not removed" {
	echo precious >"$socket"
	run og-shield --listen "unix:$socket"
	[ "$status" -eq 78 ]
	[ "$(cat "$socket")" = precious ]
	rm "$socket"
	ln -s /etc/passwd "$socket"
	run og-shield --listen "unix:$socket"
	[ "$status" -eq 78 ]
	[ -L "$socket" ]
}

@test "the socket is its owner's; another user is refused, or admitted by name" {
	[ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null || skip "needs root and setpriv"
	listen
	[ "$(stat -c %a "$socket")" = 600 ]
	# Even with the file open to everybody the kernel's word on who it is counts.
	open_way
	run as_nobody
	[[ "$output" == *"Permission denied"* ]]
	chmod 666 "$socket"
	run setpriv --reuid 65534 --regid 65534 --clear-groups socat -u "UNIX-CONNECT:$socket" -
	[ "$(jq -c '[.code, .rule]' <<<"$output")" = '[77,"peer"]' ]
	grep -q '^og-shield: uid 65534 .*refused: not an admitted user' listen.log
	kill "$listener"
	wait "$listener"
	listen --peer 65534
	run as_nobody
	[ "$(jq .ok <<<"$output")" = true ]
	# Being let in is not being somebody: there is no session without a key.
	echo "$nonce" >two
	echo '{"v":1,"id":2,"verb":"session.begin","principal":"charlie","nonce":"0","sig":"AAAA"}' >>two
	run as_nobody two
	[ "$(tail -n 1 <<<"$output" | jq -r .verdict)" = deny ]
}

# as_nobody [FILE]: says the file's lines as the user nobody.
as_nobody() {
	[ $# -gt 0 ] || echo "$nonce" >one
	setpriv --reuid 65534 --regid 65534 --clear-groups socat -t 60 - "UNIX-CONNECT:$socket" <"${1:-one}"
}

# Others may pass through the folders of this test.
open_way() {
	local dir=$BATS_TEST_TMPDIR
	while [ "$dir" != / ] && [ "$dir" != "${TMPDIR:-/tmp}" ]; do
		chmod o+x "$dir"
		dir=$(dirname "$dir")
	done
}

@test "a socket that a service manager hands over is served" {
	command -v systemd-socket-activate >/dev/null || skip "systemd-socket-activate is not installed"
	systemd-socket-activate -l "$socket" -E OG_HOME="$OG_HOME" "$(command -v og-shield)" --listen 2>listen.log 3>&- &
	listener=$!
	until_true test -S "$socket"
	run say "$nonce"
	[ "$(jq -r .ok <<<"$output")" = true ]
	kill -TERM "$listener"
	wait "$listener"
	listener=
}

@test "a listener that nobody asks does not wake up, and is small" {
	listen
	quiet 300
	until_true has_conversations 1
	until_true asleep "$listener"
	asleep "$listener"
	asleep "$listener"
	[ "$(awk '/VmRSS/ { print $2 }' "/proc/$listener/status")" -le 12000 ]
}

@test "usage" {
	run og-shield --listen
	[ "$status" -eq 64 ]
	[[ "$output" == *"no socket to listen on"* ]]
	LISTEN_PID=$$ LISTEN_FDS=1 run og-shield --listen
	[ "$status" -eq 64 ]
	run og-shield --listen tcp:127.0.0.1:1
	[ "$status" -eq 64 ]
	run og-shield --listen unix:
	[ "$status" -eq 64 ]
	run og-shield --listen "unix:$socket" --connections 0
	[ "$status" -eq 64 ]
	run og-shield --listen "unix:$socket" --peer no-such-user
	[ "$status" -eq 64 ]
	run og-shield --listen "unix:$BATS_TEST_TMPDIR/$(printf 'a%.0s' {1..120})"
	[ "$status" -eq 78 ]
	run og-shield --listen unix:/nowhere/at/all
	[ "$status" -eq 78 ]
	mv "$OG_HOME/erp.db" away
	OG_SHIELD=ssh://db/srv/erp run og-shield --listen "unix:$socket"
	[ "$status" -eq 78 ]
	[[ "$output" == *"ssh://db/srv/erp"* ]]
	[ ! -e "$socket" ]
}
