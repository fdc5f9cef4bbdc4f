# Instances without a database: a key of their own, a queue, and a shield
# that is elsewhere, behind a socket or behind a real ssh server.

load helper
load ssh

setup() {
	instance
	socket=$BATS_TEST_TMPDIR/s
	company=$OG_HOME
}

teardown() {
	local pid
	for pid in ${listener:-} ${sshd:-} ${others:-}; do
		kill "$pid" 2>/dev/null || true
	done
}

listen() {
	og-shield --listen "unix:$socket" --home "$company" "$@" 2>listen.log 3>&- &
	listener=$!
	until_true grep -q listening listen.log
}

# remote DIR [NAME]: a remote instance that asks the listener.
remote() {
	og init --remote --queue sqlite:queue.db --shield "unix:$socket" ${2:+--as "$2"} "$1"
}

# register NAME DIR ROLE CLEARANCE: as a user of the business, too.
register() {
	og-shield exec --home "$company" --as alice "INSERT INTO users(name, email, role) VALUES (:name, :name, 'customer')" \
		--param "name=$1" >/dev/null
	og-shield principal add "$1" --home "$company" --as alice --role "$3" --clearance "$4" --id 5 \
		--pubkey "$(og key "$1" --home "$2")" >/dev/null
}

@test "init --remote makes a configuration, a place to run and one key, nothing else" {
	listen
	unset OG_HOME
	run remote eve eve
	[ "$status" -eq 0 ]
	[ "$(cd eve/.omnigate && find . | sort | paste -sd' ')" = '. ./keys ./keys/eve.key ./og.conf ./run' ]
	[ "$(stat -c %a eve/.omnigate eve/.omnigate/keys eve/.omnigate/keys/eve.key eve/.omnigate/og.conf | paste -sd' ')" = \
		'700 700 600 600' ]
	[[ "$output" == *"public key of eve: $(og key eve --home eve)"* ]]
	[ "$(og key eve --home eve | base64 -d | wc -c)" -eq 32 ]
	not grep -q "$(cut -d' ' -f2 eve/.omnigate/keys/eve.key)" <<<"$output"
	run remote eve eve
	[ "$status" -eq 78 ]
	# Without --as there is no key: a host that only works.
	run remote host
	[ "$status" -eq 0 ]
	[ -z "$(ls host/.omnigate/keys)" ]
}

@test "a remote submitter with only its own key is that principal and nobody else" {
	listen
	remote eve eve
	export OG_HOME=$PWD/eve/.omnigate
	# Not registered yet: the task is nobody's, and there is no session.
	run og-shield query --as eve "SELECT 1"
	[ "$status" -eq 77 ]
	id=$(og-submit --as eve 'buy 1 laptop stand')
	og-worker --drain --quiet 2>/dev/null
	[ "$(sqlite3 eve/.omnigate/queue.db "SELECT state FROM task WHERE id = '$id'")" -eq 2 ]
	register eve eve customer 1
	og-worker --quiet 2>/dev/null 3>&- &
	others=$!
	[ "$(og-submit --as eve --wait --json --timeout 60s 'buy 1 laptop stand' | jq -r .state)" = done ]
	[ "$(og-shield query --as eve --json "SELECT count(*) AS n FROM products")" = '{"n":5}' ]
	[ "$(og-task list --as eve --json --state done | wc -l)" -eq 1 ]
	og-skill list --as eve >/dev/null
	# It has nobody else's key, and a made up one is no help.
	for who in alice owner charlie; do
		run og-submit --as $who 'buy 1 laptop stand'
		[ "$status" -ne 0 ]
	done
	og key --new alice >/dev/null
	run og-shield query --as alice "SELECT 1"
	[ "$status" -eq 77 ]
	id=$(og-submit --as alice 'buy 1 laptop stand')
	dead() { [ "$(sqlite3 eve/.omnigate/queue.db "SELECT state FROM task WHERE id = '$id'")" = 2 ]; }
	until_true dead
	[ ! -e eve/.omnigate/erp.db ]
	[ "$(sqlite3 "$company/erp.db" "SELECT stock_quantity FROM products WHERE id = 3")" -eq 99 ]
	og-ledger verify --state --home "$company"
}

@test "a key that is revoked, or replaced, is worth nothing at once" {
	listen
	remote eve eve
	register eve eve customer 1
	export OG_HOME=$PWD/eve/.omnigate
	og-shield query --as eve "SELECT name FROM products" >/dev/null
	early=$(og-submit --as eve 'buy 1 laptop stand')
	og-shield principal set eve --home "$company" --as alice --active no
	run og-shield query --as eve "SELECT name FROM products"
	[ "$status" -eq 77 ]
	og-worker --drain --quiet 2>/dev/null
	[ "$(sqlite3 eve/.omnigate/queue.db "SELECT state FROM task WHERE id = '$early'")" -eq 2 ]
	og-shield principal set eve --home "$company" --as alice --active yes
	og-shield query --as eve "SELECT name FROM products" >/dev/null
	# Another key: what the old one signed is refused from then on.
	late=$(og-submit --as eve 'buy 1 laptop stand')
	mv eve/.omnigate/keys/eve.key old.key
	run og key eve
	[ "$status" -eq 77 ]
	og-shield principal set eve --home "$company" --as alice --pubkey "$(og key --new eve)"
	og-shield query --as eve "SELECT name FROM products" >/dev/null
	og-worker --drain --quiet 2>/dev/null
	[ "$(sqlite3 eve/.omnigate/queue.db "SELECT state FROM task WHERE id = '$late'")" -eq 2 ]
	cp old.key eve/.omnigate/keys/eve.key
	run og-shield query --as eve "SELECT name FROM products"
	[ "$status" -eq 77 ]
	[ "$(sqlite3 "$company/erp.db" "SELECT stock_quantity FROM products WHERE id = 3")" -eq 100 ]
}

@test "og key shows, makes, and never replaces" {
	[ "$(og key charlie)" = "$(og-shield principal list --as alice --json | jq -r 'select(.name == "charlie") | .pubkey')" ]
	run og key --new charlie
	[ "$status" -eq 1 ]
	run og key --new checkpoint
	[ "$status" -eq 64 ]
	run og key ../../etc/passwd
	[ "$status" -eq 77 ]
	run og key nobody
	[ "$status" -eq 77 ]
	# Two at once: one of them makes it, and that is the one that is there.
	for n in 1 2 3 4; do
		og key --new zoe >"zoe.$n" 2>/dev/null 3>&- &
	done
	wait
	[ "$(cat zoe.? | wc -l)" -eq 1 ]
	[ "$(cat zoe.?)" = "$(og key zoe)" ]
	[ "$(ls "$OG_HOME/keys" | grep -c zoe)" -eq 1 ]
}

@test "status and doctor of a remote instance: the shield, not a database" {
	listen
	remote host
	run og status --home host
	[ "$status" -eq 0 ]
	[[ "$output" == *"ledger    where the shield is: unix:$socket"* ]]
	og status --home host --json | jq -e --arg at "unix:$socket" '.remote == $at and .ledger == null'
	run og doctor --home host
	[ "$status" -eq 0 ]
	[[ "$output" == *"ok    shield"* ]]
	kill "$listener"
	wait "$listener"
	listener=
	run og doctor --home host
	[ "$status" -eq 1 ]
	[[ "$output" == *"bad   shield"*"nobody listens"* ]]
	run og-ledger verify --home host
	[ "$status" -eq 78 ]
	[[ "$output" == *"remote instance"*"unix:$socket"* ]]
	run og-shield query --home "$PWD/host" --as alice "SELECT 1"
	[ "$status" -ne 0 ]
}

@test "no shield at all: who submits can, who must ask is told" {
	og init --remote --queue sqlite:queue.db --as eve eve >/dev/null
	export OG_HOME=$PWD/eve/.omnigate
	og-submit --as eve 'buy 1 laptop stand' >/dev/null
	run og-submit --as eve --wait 'buy 1 laptop stand'
	[ "$status" -eq 78 ]
	[[ "$output" == *"there is no shield to ask"* ]]
	run og-worker --drain
	[ "$status" -eq 78 ]
}

@test "init --remote: what is no queue, no shield, no name" {
	for bad in '' '--queue http://x' '--queue sqlite:/srv/queue.db' '--queue sqlite:' \
		'--queue amqp://user:secret@host/x' '--queue amqp://h --shield local:' \
		'--queue amqp://h --shield ssh://-oProxyCommand=id/x' '--queue amqp://h --as Alice' \
		'--queue amqp://h --as checkpoint' '--queue amqp://h --demo'; do
		run og init --remote $bad x
		[ "$status" -eq 64 ] || { echo "$bad: $status"; return 1; }
		[ ! -e x ]
	done
	run og init --remote --queue $'amqp://h\nshield = unix:/tmp/x' x
	[ "$status" -eq 64 ]
	run og init --shield unix:/x x
	[ "$status" -eq 64 ]
	[ ! -e x ]
	og init --remote --queue amqp://user@host/x --shield "ssh://me@host:22/srv/it's" x
	run og status --home x
	[[ "$output" != *"og.conf"* ]]
}

# --- a real ssh server -----------------------------------------------------

start_sshd() { # COMMAND that the key may run, or ""
	need_sshd
	port=$(free_port)
	make_sshd 127.0.0.1 "$port" "${1:+command=\"$1\",restrict}"
	PATH=$PWD/bin:$PATH
	run_sshd
}

@test "over ssh: a worker and a submitter on a host without a database" {
	start_sshd ''
	mv "$company" "$BATS_TEST_TMPDIR/it's a company;touch pwned"
	company="$BATS_TEST_TMPDIR/it's a company;touch pwned"
	og init --remote --queue sqlite:queue.db --shield "ssh://root@127.0.0.1:$port$company" --as eve eve
	register eve eve customer 1
	export OG_HOME=$PWD/eve/.omnigate
	og-worker --quiet 2>worker.log 3>&- &
	others=$!
	[ "$(og-submit --as eve --wait --json --timeout 60s 'buy 1 laptop stand' | jq -r .state)" = done ]
	[ "$(og-shield query --as eve --json "SELECT count(*) AS n FROM products")" = '{"n":5}' ]
	# The connection is cut while the worker holds it: it gets another one.
	pkill -P "$(pgrep -P "$others")" ssh
	[ "$(og-submit --as eve --wait --json --timeout 60s 'buy 1 laptop stand' | jq -r .state)" = done ]
	[ -z "$(find . -name pwned)" ]
	[ "$(sqlite3 "$company/erp.db" "SELECT stock_quantity FROM products WHERE id = 3")" -eq 98 ]
}

@test "over ssh: a key that may only be a channel is only that" {
	start_sshd "og-shield --channel --home $OG_HOME"
	# Whatever path is asked for, the key's own command runs.
	OG_SHIELD=ssh://root@127.0.0.1:$port/somewhere/else run og-shield query --as charlie --json "SELECT count(*) AS n FROM products"
	[ "$output" = '{"n":5}' ]
	run ssh -p "$port" root@127.0.0.1 'touch pwned; cat /etc/shadow'
	[[ "$output" != *root:* ]]
	[ ! -e pwned ]
}

@test "over ssh: nobody there, a wrong host key, a wrong path" {
	start_sshd ''
	OG_SHIELD=ssh://root@127.0.0.1:1/x run og-shield query --as charlie "SELECT 1"
	[ "$status" -eq 69 ]
	OG_SHIELD=ssh://root@127.0.0.1:$port/nowhere run og-shield query --as charlie "SELECT 1"
	[ "$status" -eq 78 ]
	ssh-keygen -q -t ed25519 -N '' -f ssh/other
	echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 ssh/other.pub)" >ssh/known
	OG_SHIELD=ssh://root@127.0.0.1:$port$OG_HOME run og-shield query --as charlie "SELECT 1"
	[ "$status" -eq 69 ]
	[[ "$output" == *"the shield ended the conversation"* ]]
}
