# A fleet on hosts of their own: network namespaces on one switch, each
# with an address that nothing outside reaches. The shield's host is db,
# with the broker; one and two work; eve submits, with no key but her own.
# One worker's host is cut off in the middle of a task and comes back.

load helper
load ssh

setup() {
	[ "$(id -u)" -eq 0 ] || skip "network namespaces need root"
	command -v ip >/dev/null || skip "iproute2 is not installed"
	[ -e "$OG_BUILD/tests/stopat.so" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-worker" | grep -q asan || skip "not with sanitizers"
	need_sshd
	net=og$$
	ip netns add "$net-sw" 2>/dev/null || skip "this kernel or container allows no network namespaces"
	guard $$ 3>&- &
	broker=
	instance
	company=$OG_HOME
	unset OG_HOME
	ip -n "$net-sw" link add switch type bridge
	ip -n "$net-sw" link set switch up
	address=1
	for host in db one two eve; do
		plug "$host"
	done
	make_sshd 10.77.0.1 22 ''
	PATH=$PWD/bin:$PATH
	run_sshd on db
}

# Every process in a namespace was started by this test, so all of them may
# be ended; then the namespaces go, and with them the cables.
sweep() {
	local name
	for name in db one two eve sw; do
		kill -9 $(ip netns pids "$net-$name" 2>/dev/null) 2>/dev/null || true
		ip netns del "$net-$name" 2>/dev/null || true
	done
}

teardown() {
	[ -n "${net:-}" ] || return 0
	[ -z "${broker:-}" ] || on db "$OG_TESTS/servers/rabbitmq" kill "$broker" >/dev/null 2>&1 || true
	sweep
}

# A test that is killed leaves nothing either.
guard() { # PID
	while kill -0 "$1" 2>/dev/null && ip netns pids "$net-sw" >/dev/null 2>&1; do
		sleep 1
	done
	sweep
} </dev/null >/dev/null 2>&1

# plug HOST: a namespace with a cable to the switch.
plug() {
	ip netns add "$net-$1"
	ip link add eth0 netns "$net-$1" type veth peer name "to-$1" netns "$net-sw"
	ip -n "$net-sw" link set "to-$1" master switch
	ip -n "$net-sw" link set "to-$1" up
	ip -n "$net-$1" link set lo up
	ip -n "$net-$1" addr add "10.77.0.$address/24" dev eth0
	ip -n "$net-$1" link set eth0 up
	address=$((address + 1))
}

on() { # HOST COMMAND...
	local host=$1
	shift
	ip netns exec "$net-$host" "$@"
}

unplug() { # HOST: its cable is pulled
	ip -n "$net-$1" link set eth0 down
}

mend() { # HOST
	ip -n "$net-$1" link set eth0 up
}

db() { # SQL
	sqlite3 -cmd '.timeout 5000' "$company/erp.db" "$1"
}

stock() {
	db "SELECT stock_quantity FROM products WHERE id = 3"
}

shield_url() {
	echo "ssh://root@10.77.0.1$company"
}

# Eve is a customer; what she holds is her key.
make_eve() { # QUEUE
	og init --remote --queue "$1" --shield "$(shield_url)" --as eve eve >/dev/null
	[ "$(ls eve/.omnigate/keys)" = eve.key ]
	og-shield exec --home "$company" --as alice "INSERT INTO users(name, email, role) VALUES ('Eve', 'eve@example.com', 'customer')" >/dev/null
	og-shield principal add eve --home "$company" --as alice --role customer --clearance 1 --id 5 \
		--pubkey "$(og key eve --home eve)" >/dev/null
}

@test "hosts see each other, and nothing else" {
	on one ssh -o BatchMode=yes root@10.77.0.1 true
	run on one ssh -o BatchMode=yes -o ConnectTimeout=2 root@127.0.0.1 true
	[ "$status" -ne 0 ]
	[ -z "$(on one ip route show default)" ]
}

@test "a submitter with her own key, over ssh between hosts" {
	make_eve sqlite:queue.db
	on eve og-worker --home eve --quiet 2>eve.log 3>&- &
	[ "$(on eve og-submit --home eve --as eve --wait --json --timeout 120s 'buy 1 laptop stand' | jq -r .state)" = done ]
	[ "$(stock)" -eq 99 ]
	[ "$(on eve og-shield query --home "$PWD/eve" --as eve --json 'SELECT count(*) AS n FROM orders')" = '{"n":1}' ]
}

has_conversation() {
	pgrep -P "$listener" >/dev/null
}

# forward HOST: the shield's socket, brought there by ssh and brought again.
forward() {
	on "$1" bash -c "while :; do
		ssh -N -L '$PWD/$1.sock:$PWD/db.sock' -o BatchMode=yes -o ExitOnForwardFailure=yes -o StreamLocalBindUnlink=yes \
			-o ServerAliveInterval=1 -o ServerAliveCountMax=2 -o ConnectTimeout=2 root@10.77.0.1
		sleep 0.2
	done" 2>forward.log 3>&- &
	until_true test -S "$1.sock"
}

@test "a forwarded socket is cut in the middle of tasks and comes back: nothing lost, nothing twice" {
	on db og-shield --listen "unix:$PWD/db.sock" --home "$company" 2>listen.log 3>&- &
	until_true grep -q listening listen.log
	forward one
	og init --remote --queue sqlite:queue.db --shield "unix:$PWD/one.sock" one >/dev/null
	cp "$company/keys/charlie.key" one/.omnigate/keys/
	og-submit --home one --as charlie --batch < <(yes 'buy 1 laptop stand' | head -n 60) >/dev/null
	on one og-worker --home one --quiet 2>one.log 3>&- &
	begun() { [ "$(stock)" -lt 100 ]; }
	until_true begun
	unplug one
	still=$(stock)
	sleep 4
	# Its conversation ended by itself, and it asks in vain.
	[ "$(stock)" -ge $((still - 1)) ]
	[ "$(stock)" -gt 40 ]
	mend one
	sold() { [ "$(sqlite3 -cmd '.timeout 5000' one/.omnigate/queue.db 'SELECT count(*) FROM task')" -eq 0 ]; }
	until_true sold
	[ "$(stock)" -eq 40 ]
	[ "$(db "SELECT count(*) FROM og_task WHERE state <> 'done'")" -eq 0 ]
	# The kernel on the shield's host says who asks: sshd, as the user who logged in.
	grep -q 'uid 0 pid [1-9][0-9]*: connected' listen.log
}

# The broker is on db, too; its own ports stay on that host's loopback.
start_broker() {
	[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || skip "rabbitmq-server is not installed"
	broker=$PWD/mq
	OG_OWNER=$$ on db "$OG_TESTS/servers/rabbitmq" start "$broker" \
		'listeners.tcp.2 = 10.77.0.1:5672' 'loopback_users = none' >/dev/null
	echo guest >password
	chmod 600 password
	queue="amqp://guest@10.77.0.1/%2f?heartbeat=1"
}

# Two workers have asked the broker for tasks.
both_listen() {
	on db "$OG_TESTS/servers/rabbitmq" ctl "$broker" list_queues name consumers | grep -qP 'tasks\t2$'
}

# worker HOST SHIELD: its instance, without a key.
make_worker() {
	og init --remote --queue "$queue" --queue-password "$PWD/password" --shield "$2" "$1" >/dev/null
	[ -z "$(ls "$1/.omnigate/keys")" ]
}

@test "a worker's host is cut off in the middle of a task: another takes over, the late one is fenced" {
	start_broker
	on db og-shield --listen "unix:$PWD/db.sock" --home "$company" 2>listen.log 3>&- &
	until_true grep -q listening listen.log
	forward two
	make_worker one "$(shield_url)"
	make_worker two "unix:$PWD/two.sock"
	make_eve "$queue"
	cp password eve/.omnigate/password
	echo "queue_password = $PWD/password" >>eve/.omnigate/og.conf
	on one og doctor --fix --home one >/dev/null
	# Host one has the task, its stock is reserved, and it has not seen it yet.
	echo -n 1 >once
	OG_STOP_PROGRAM=og-worker OG_STOP_TEXT='"step":"reserve-stock"' OG_STOP_AT=1 OG_STOP_ONCE=$PWD/once \
		LD_PRELOAD=$OG_BUILD/tests/stopat.so on one og-worker --home one --json >one.json 2>one.log 3>&- &
	on eve og-submit --home eve --as eve --wait --json --timeout 120s 'buy 1 laptop stand' >result.json 2>eve.log 3>&- &
	waiting=$!
	stopped() { [ "$(cat once)" = 0 ]; }
	until_true stopped
	unplug one
	on two og-worker --home two --json >two.json 2>two.log 3>&- &
	# Nobody said that host one is gone: the broker misses its heartbeat.
	wait "$waiting"
	[ "$(jq -r .state result.json)" = done ]
	[ "$(stock)" -eq 99 ]
	mend one
	kill -CONT $(ip netns pids "$net-one")
	fenced() { [ "$(db "SELECT count(*) FROM audit_ledger WHERE action = 'refuse' AND body LIKE '%stale-epoch%'")" -eq 1 ]; }
	until_true fenced
	[ "$(stock)" -eq 99 ]
	# Both work on, host one with a new connection.
	until_true both_listen
	before=$(wc -l <one.json)
	on eve og-submit --home eve --as eve --batch < <(yes 'buy 1 laptop stand' | head -n 40) >ids
	all_done() { [ "$(db "SELECT count(*) FROM og_task WHERE state = 'done'")" -eq 41 ]; }
	until_true all_done
	[ "$(stock)" -eq 59 ]
	[ "$(wc -l <one.json)" -gt "$before" ]
	[ "$(db "SELECT count(*) FROM og_task WHERE state <> 'done'")" -eq 0 ]
	[ "$(jq -s '[.[] | select(.outcome == "ack") | .task] | unique | length' one.json two.json)" -eq 41 ]
}

@test "the broker's host is cut off: who works and who submits waits, and all is done once" {
	start_broker
	make_worker one "$(shield_url)"
	make_worker two "$(shield_url)"
	make_eve "$queue"
	echo "queue_password = $PWD/password" >>eve/.omnigate/og.conf
	on one og doctor --fix --home one >/dev/null
	on one og-worker --home one --json >one.json 2>one.log 3>&- &
	on two og-worker --home two --json >two.json 2>two.log 3>&- &
	on eve og-submit --home eve --as eve --batch < <(yes 'buy 1 laptop stand' | head -n 60) >ids
	begun() { [ "$(stock)" -lt 95 ]; }
	until_true begun
	unplug db
	run on eve timeout 60 og-submit --home eve --as eve 'buy 1 laptop stand'
	[ "$status" -eq 69 ] || [ "$status" -eq 75 ]
	sleep 5
	mend db
	all_done() { [ "$(db "SELECT count(*) FROM og_task WHERE state = 'done'")" -eq 60 ]; }
	until_true all_done
	[ "$(stock)" -eq 40 ]
	[ "$(db "SELECT count(*) FROM og_task WHERE state <> 'done'")" -eq 0 ]
}
