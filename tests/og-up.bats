# og up and og down: services in order, ready, restarted, stopped; what is
# left when one of those who keep them is killed.

load helper

setup() {
	instance
	export OG_READY_SECONDS=20
	unset NO_COLOR JOURNAL_STREAM NOTIFY_SOCKET
}

# Everything a test starts carries its directory in OG_HOME.
ours() {
	grep -lsz "^OG_HOME=$OG_HOME\$" /proc/[0-9]*/environ | cut -d/ -f3 | grep -vx "$$" |
		while read -r pid; do
			case $(cat "/proc/$pid/comm" 2>/dev/null) in
			bash | bats* | grep | cut | cat | tee | sed) ;;
			'') ;;
			*) [ "$(awk '/^State/ { print $2 }' "/proc/$pid/status" 2>/dev/null)" = Z ] || echo "$pid" ;;
			esac
		done
}

teardown() {
	og down >/dev/null 2>&1 || true
	[ -z "${mine:-}" ] || kill "$mine" 2>/dev/null || true
}

# state SERVICE: as services.json has it; field SERVICE NAME.
field() {
	jq -r --arg s "$1" ".services[] | select(.name == \$s) | .$2" "$OG_HOME/run/services.json"
}

is() { # SERVICE STATE
	[ "$(field "$1" state)" = "$2" ]
}

# The ends of a command that up has told of.
ended() {
	[ "$(grep -c 'it ended with status' out)" -ge "$1" ]
}

again() {
	[ "$(field worker restarts)" -eq 1 ] && is worker ready
}

nothing_left() {
	[ -z "$(ours)" ]
}

# The keeper and the guard: whoever holds the second and the first byte.
keeper() {
	jq .pid "$OG_HOME/run/services.json"
}

# server PORT [SECONDS]: a command that listens there, after a while.
server() {
	echo "sleep ${2:-0}; exec perl -MIO::Socket::INET -e 'alarm 900; \$s = IO::Socket::INET->new(LocalAddr => \"127.0.0.1:$1\", Listen => 5, ReuseAddr => 1) or die; \$| = 1; print \"listening\\n\"; close(\$_) while \$_ = \$s->accept'"
}

@test "up: started in order, each when the one before is ready; down: stopped in reverse" {
	port=$(free_port)
	export OG_SERVICES='graph worker' OG_JOBS=2 OG_GRAPH_COMMAND="$(server "$port" 1)"
	export OG_GRAPH="neo4j+http://user:geheim@127.0.0.1:$port/neo4j"
	OG_SERVICES=graph run --separate-stderr og up --detach
	[ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
	is graph ready
	[ "$(field graph endpoint)" = "neo4j+http://127.0.0.1:$port/neo4j" ]
	[ "$(field graph log)" = run/log/graph.log ]
	[ "$(field graph restarts)" -eq 0 ]
	jq -e '.v == 1 and .state == "ready"' "$OG_HOME/run/services.json"
	[ "$(stat -c %a "$OG_HOME/run/services.json" "$OG_HOME/run/log" "$OG_HOME/run/log/graph.log" | paste -sd' ')" = '600 700 600' ]
	kill -0 "$(field graph pid)"
	run og down
	[ "$status" -eq 0 ]
	nothing_left
	not grep -rq geheim "$OG_HOME/run"
	grep -q ' listening$' "$OG_HOME/run/log/graph.log"
}

@test "up: a worker serves when up says ready; its lines come with a prefix" {
	export OG_JOBS=2
	og up >out 2>&1 3>&- &
	up=$!
	until_true grep -q '^up     | all services are ready$' out
	og-submit --as charlie --wait 'buy 1 ergonomic chair' >/dev/null
	og status | grep -q '^worker *serving'
	kill -TERM "$up"
	wait "$up"
	grep -q '^worker | og-worker: .*done procure-to-pay' out
	grep -q '^up     | worker: stopped$' out
	grep -q 'Z og-worker: .*done procure-to-pay' "$OG_HOME/run/log/worker.log"
	is worker stopped
	nothing_left
}

@test "up: a service that dies is started again, later and later" {
	export OG_SERVICES='graph worker' OG_READY_SECONDS=4 OG_GRAPH_COMMAND='exit 3'
	og up --color never >out 2>&1 3>&- &
	up=$!
	# The others do not suffer.
	until_true is worker ready
	until_true ended 4
	until_true is graph failing
	[ "$(field graph last_exit)" -eq 3 ]
	[ "$(field graph restarts)" -ge 3 ]
	until_true jq -e '.state == "degraded"' "$OG_HOME/run/services.json"
	kill -TERM "$up"
	rc=0
	wait "$up" || rc=$?
	[ "$rc" -eq 69 ] || { cat out; return 1; }
	[ "$(sed -n 's/.*graph: it ended with status 3; starting it again in \([0-9]*\) ms/\1/p' out | head -n 4 | paste -sd' ')" = \
		'250 500 1000 2000' ]
	grep -q 'graph: not ready yet; going on without it' out
	grep -q '^og: in trouble at the end: graph$' out
	nothing_left
}

@test "up: a job is killed, then its worker: both come back" {
	og up --detach 2>/dev/null
	first=$(field worker pid)
	kill -9 "$first"
	until_true again
	[ "$(field worker last_exit)" -eq 137 ]
	[ "$(field worker pid)" -ne "$first" ]
	og-submit --as charlie --wait 'buy 1 ergonomic chair' >/dev/null
	og down
	nothing_left
}

@test "up: one that never gets ready is named, killed, and tried again" {
	export OG_SERVICES='vectors graph' OG_READY_SECONDS=1 OG_GRAPH_COMMAND=true
	export OG_VECTORS="qdrant+http://127.0.0.1:$(free_port)/x" OG_VECTORS_COMMAND='sleep 300 & sleep 301'
	run --separate-stderr og up --detach
	[ "$status" -eq 69 ]
	[[ "$stderr" == *'vectors: it did not get ready within 1000 ms; starting it again in 250 ms'* ]]
	[[ "$stderr" == *'not ready: vectors'* ]]
	[[ "$stderr" == *'og: not all services are ready'* ]]
	until_true is graph done
	# Whoever was started is told of, whoever was killed left nobody behind.
	[ "$(ours | xargs -r ps -o args= -p | grep -cx 'sleep 301')" -le 1 ]
	run og down
	[ "$status" -eq 0 ]
	nothing_left
}

@test "up: hopeless ends are not repeated; when all are, up ends" {
	export OG_SERVICES=vectors OG_VECTORS_COMMAND=/nonexistent/server
	run og up
	[ "$status" -eq 69 ]
	[[ "$output" == *'vectors: it ended with status 127; trying again would not help'* ]]
	is vectors failed
	[ "$(field vectors restarts)" -eq 0 ]
	echo 'no such key = 1' >>"$OG_HOME/og.conf"
	run og up
	[ "$status" -eq 78 ]
}

@test "up: a command that ends: with 0 it is done, and what it started must answer" {
	port=$(free_port)
	export OG_SERVICES='graph vectors' OG_GRAPH_COMMAND='echo prepared; sleep 0.3; echo done'
	export OG_VECTORS="qdrant+http://127.0.0.1:$port/x"
	export OG_VECTORS_COMMAND="($(server "$port" 0.5)) </dev/null >/dev/null 2>&1 &"
	og up --detach
	is graph done
	is vectors done
	grep -A 1 'prepared' "$OG_HOME/run/log/graph.log" | grep -q 'done'
	[ "$(field vectors pid)" = null ]
	og down
	nothing_left
	# What it started does not answer: that is a failure like another.
	export OG_READY_SECONDS=1 OG_SERVICES=vectors OG_VECTORS_COMMAND=true
	run --separate-stderr og up --detach
	[ "$status" -eq 69 ]
	[[ "$stderr" == *'vectors: it ended, and what it started does not answer; starting it again'* ]]
	og down
}

@test "up: an endpoint that a command makes up is handed on" {
	port=$(free_port)
	export OG_SERVICES='vectors graph'
	export OG_VECTORS_COMMAND="echo OG_VECTORS=qdrant+http://me:geheim@127.0.0.1:$port/x; $(server "$port" 0.5)"
	export OG_GRAPH_COMMAND='echo "got $OG_VECTORS in $OG_HOME, told ${NOTIFY_SOCKET:-nobody}" >got'
	NOTIFY_SOCKET=@nowhere-$$ og up --detach
	is vectors ready
	[ "$(field vectors endpoint)" = "qdrant+http://127.0.0.1:$port/x" ]
	[ "$(cat "$OG_HOME/got")" = "got qdrant+http://me:geheim@127.0.0.1:$port/x in $OG_HOME, told nobody" ]
	not grep -rq geheim "$OG_HOME/run"
	og down
	export OG_VECTORS_COMMAND='echo OG_VECTORS=nonsense; sleep 0.1'
	og up --detach vectors
	until_true grep -q 'OG_VECTORS names no place to connect to' "$OG_HOME/run/log/vectors.log"
	og down
}

@test "up: services that cannot be are refused before anything starts" {
	refuses() { # STATUS PATTERN
		run timeout 60 og up
		[ "$status" -eq "$1" ] || { echo "$OG_SERVICES: $status $output"; return 1; }
		[[ "$output" == *$2* ]] || { echo "$output"; return 1; }
		[ ! -e "$OG_HOME/run/log" ]
	}
	OG_SERVICES='wroker' refuses 78 "did you mean 'worker'?"
	OG_SERVICES='worker, worker' refuses 78 "service 'worker' is named twice"
	OG_SERVICES='broker' refuses 78 'broker_command = COMMAND'
	OG_SERVICES='telemetry' refuses 78 'telemetry is off'
	OG_SERVICES='worker telemetry' OG_TELEMETRY=file:x refuses 78 "comes after 'worker', which starts one of its own"
	OG_SERVICES='graph' OG_GRAPH_COMMAND=true OG_GRAPH='neo4j+http:///x' refuses 78 'names no place'
	run timeout 60 og up wroker
	[ "$status" -eq 64 ]
	run timeout 60 og up --color sometimes
	[ "$status" -eq 64 ]
}

@test "up: the supervisor is killed: nothing is left, not even what went into the background" {
	export OG_SERVICES='graph worker'
	export OG_GRAPH_COMMAND='setsid sleep 300 & (trap "" TERM; sleep 300 & sleep 300) & exit 0'
	og up --detach 2>/dev/null
	is graph done
	until_true eval '[ "$(ours | wc -l)" -ge 6 ]'
	kill -9 "$(keeper)"
	until_true nothing_left || { ours | xargs ps -o pid,ppid,args -p; return 1; }
	# The lock is free at once; nobody is stopped by a stale pid.
	run og down
	[ "$status" -eq 1 ]
	[[ "$output" == *'og up does not run for this instance'* ]]
}

@test "up: the guard is killed: the services are stopped in good order" {
	og up --color never >out 2>&1 3>&- &
	up=$!
	until_true is worker ready
	kill -9 "$up"
	wait "$up" || true
	until_true nothing_left
	is worker stopped
	grep -q 'worker: stopped' out
}

@test "up: two at once: one is refused, by a clear line" {
	og up --detach 2>/dev/null
	run og up
	[ "$status" -eq 1 ]
	[[ "$output" =~ 'og up runs for this instance already (process '[0-9]+')' ]]
	is worker ready
	# Several at once: exactly one of them runs.
	og down
	for n in 1 2 3 4; do
		og up --detach >/dev/null 2>out.$n 3>&- &
		pids[n]=$!
	done
	won=0
	for n in 1 2 3 4; do
		if wait "${pids[n]}"; then
			won=$((won + 1))
		else
			[ $? -eq 1 ]
			grep -q 'runs for this instance already' out.$n
		fi
	done
	[ "$won" -eq 1 ]
	og down
	nothing_left
}

@test "down: a stop has a bound for whoever does not want to; two stops are a hurry" {
	export OG_SERVICES=graph OG_GRAPH_COMMAND="trap '' TERM; $(server 0 | sed 's/^sleep 0; exec //')"
	port=$(free_port)
	export OG_GRAPH="http://127.0.0.1:$port" OG_GRAPH_COMMAND="trap '' TERM; $(server "$port" | sed 's/exec //')"
	og up --color never >out 2>&1 3>&- &
	up=$!
	until_true is graph ready
	start=$SECONDS
	kill -INT "$up"
	until_true is graph stopping
	kill -INT "$up"
	wait "$up"
	[ $((SECONDS - start)) -lt 20 ]
	nothing_left
}

@test "up: hostile lines, long lines, no end of line; colours" {
	export OG_SERVICES=graph
	export OG_GRAPH_COMMAND='printf "a\033[31mred\r\n\n"; head -c 20000 /dev/zero | tr "\0" x; printf "\nlast \377"; exit 127'
	run og up --color always
	[ "$status" -eq 69 ]
	[[ "$output" == *$'\033[36mgraph |\033[0m a\\x1B[31mred'* ]]
	[[ "$output" == *'last \xFF'* ]]
	[ "$(grep -c xxx "$OG_HOME/run/log/graph.log")" -eq 3 ]
	not grep -q $'\033\|\r' "$OG_HOME/run/log/graph.log"
	NO_COLOR=1 run og up
	[[ "$output" != *$'\033'* ]]
}

@test "up: a log has its bound; a full disk stops nobody" {
	export OG_SERVICES=graph
	export OG_GRAPH_COMMAND='head -c 9500000 /dev/zero | tr "\0" y | fold -w 1000; exit 127'
	run og up
	[ "$status" -eq 69 ]
	[ "$(ls "$OG_HOME/run/log" | paste -sd' ')" = 'graph.log graph.log.1 up.log' ]
	[ "$(stat -c %s "$OG_HOME/run/log/graph.log.1")" -le 4194304 ]
	[ "$(stat -c %s "$OG_HOME/run/log/graph.log.1")" -gt 4100000 ]
	rm -r "$OG_HOME/run/log"
	export OG_GRAPH_COMMAND='for i in 1 2 3 4 5 6 7 8 9; do head -c 8000 /dev/zero | tr "\0" z; echo; done; exit 127'
	run bash -c 'ulimit -f 16; og up'
	[ "$status" -eq 69 ]
	[[ "$output" == *'og: in trouble at the end: graph'* ]]
	[ "$(tail -c 1 "$OG_HOME/run/log/graph.log" | od -An -c | tr -d ' ')" = '\n' ]
}

@test "up: in the journal, and for the service manager" {
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die;
		$| = 1;
		alarm 900;
		while (defined $s->recv(my $m, 4096)) { $m =~ s/\n/;/g; print "$m\n" }' "$PWD/ns" >told 3>&- &
	mine=$!
	until_true test -S ns
	mkfifo pipe
	cat pipe >lines 3>&- &
	reader=$!
	exec 4>pipe
	JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/4) NOTIFY_SOCKET=$PWD/ns WATCHDOG_USEC=400000 \
		og up 2>&4 3>&- &
	up=$!
	exec 4>&-
	until_true grep -q '^READY=1;STATUS=all services are ready$' told
	until_true grep -q '^WATCHDOG=1$' told
	kill -9 "$(field worker pid)"
	until_true grep -q 'worker: it was killed' lines
	until_true again
	kill "$up"
	wait "$up"
	wait "$reader"
	until_true grep -q '^STOPPING=1$' told
	grep -q '^<6>up: all services are ready$' lines
	grep -q '^<4>up: worker: it was killed by signal 9; starting it again in 250 ms$' lines
	not grep -v '^<[0-7]>' lines
}

@test "up: a reader that stands still holds nobody up" {
	mkfifo slow
	exec 5<>slow
	export OG_SERVICES='graph worker' OG_GRAPH_COMMAND='head -c 600000 /dev/zero | tr "\0" y | fold -w 6000'
	og up 2>slow 3>&- 5>&- &
	up=$!
	until_true is worker ready
	until_true eval '[ "$(grep -c yyy "$OG_HOME/run/log/graph.log")" -eq 100 ]'
	kill "$up"
	wait "$up"
	exec 5>&-
	nothing_left
}

@test "up: telemetry, shield and worker, each through the one before" {
	export OG_SERVICES='telemetry shield worker' OG_SHIELD=unix:run/shield.sock OG_TELEMETRY=file:told.jsonl
	og up --detach
	is shield ready && is telemetry ready && is worker ready
	[ "$(field shield endpoint)" = unix:run/shield.sock ]
	og-submit --as charlie --wait 'buy 1 ergonomic chair' >/dev/null
	grep -q 'connected; 1 of' "$OG_HOME/run/log/shield.log"
	og status --json | jq -e '.healthy and (.up.services | length) == 3'
	# The shield dies under its worker: both are back, and the next task is done.
	kill -9 "$(field shield pid)"
	until_true is shield ready
	og-submit --as charlie --wait --timeout 60s 'buy 1 ergonomic chair' >/dev/null
	og down
	nothing_left
	[ -s "$OG_HOME/told.jsonl" ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" -eq 48 ]
}

@test "up: a broker that its command makes, and a worker and a forwarder at it" {
	[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || skip "rabbitmq-server is not installed"
	export OG_READY_SECONDS=300 OG_SERVICES='broker worker forwarder'
	export OG_BROKER_COMMAND="port=\$('$OG_TESTS/servers/rabbitmq' start '$PWD/rabbit') && echo OG_QUEUE=amqp://guest:guest@127.0.0.1:\$port/; sleep 300"
	run --separate-stderr og up --detach broker
	[ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
	# Whoever is to be a client needs to know where; a password stays out of it.
	url=$(field broker endpoint)
	[[ "$url" =~ ^amqp://127.0.0.1:[0-9]+/$ ]]
	OG_QUEUE=${url/127/guest:guest@127} og doctor --fix >/dev/null || true
	og down
	nothing_left
	OG_BROKER_COMMAND="port=\$('$OG_TESTS/servers/rabbitmq' again '$PWD/rabbit' >&2; cat '$PWD/rabbit/port') && echo OG_QUEUE=amqp://guest:guest@127.0.0.1:\$port/; sleep 300" \
		run --separate-stderr og up --detach
	[ "$status" -eq 0 ] || { echo "$stderr"; og logs; return 1; }
	is broker ready && is worker ready
	url=$(field broker endpoint)
	OG_QUEUE=${url/127/guest:guest@127} og-submit --as charlie --wait --timeout 60s 'buy 1 ergonomic chair' >/dev/null
	og down
	nothing_left
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" -eq 49 ]
}

@test "up, down: one that runs in another container is there, and left alone" {
	unshare --pid --fork true 2>/dev/null || skip "no right to make a namespace of processes"
	og up --detach 2>/dev/null
	run unshare --pid --fork --mount-proc og up
	[ "$status" -eq 1 ]
	[[ "$output" == *'already, in another container'* ]]
	run unshare --pid --fork --mount-proc og down
	[ "$status" -eq 69 ]
	is worker ready
	kill -0 "$(field worker pid)"
	og down
	nothing_left
}
