# The queue at a broker, through the real programs: a RabbitMQ of the tests'
# own, a prefix per test. What is asserted is what the shield's books say in
# the end; the broker's own statistics lag.

load helper

broker=$OG_TESTS/servers/rabbitmq

# A root of trust, a certificate for localhost, and one root more.
make_certificates() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca -keyout ca.key -out ca.pem
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out other.pem
	openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr
	openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
		-extfile <(echo subjectAltName=DNS:localhost) -out server.pem
}

setup_file() {
	[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || return 0
	cd "$BATS_FILE_TMPDIR" || return
	mkdir broker
	(cd broker && make_certificates) >/dev/null 2>&1
	OG_OWNER=$$ "$broker" start broker 'listeners.ssl.1 = 127.0.0.1:%TLS' \
		'ssl_options.cacertfile = %DIR/ca.pem' 'ssl_options.certfile = %DIR/server.pem' \
		'ssl_options.keyfile = %DIR/server.key' >port
}

teardown_file() {
	[ ! -s "$BATS_FILE_TMPDIR/port" ] || "$broker" kill "$BATS_FILE_TMPDIR/broker"
}

setup() {
	[ -s "$BATS_FILE_TMPDIR/port" ] || skip "rabbitmq-server is not installed"
	broker_dir=$BATS_FILE_TMPDIR/broker
	port=$(cat "$BATS_FILE_TMPDIR/port")
	url=amqp://guest:guest@127.0.0.1:$port
	prefix=t$BATS_TEST_NUMBER
	instance
	use "amqp://127.0.0.1:$port/?prefix=$prefix&heartbeat=2"
	og doctor --fix >doctor || true
	grep -q '^fixed *broker' doctor
}

teardown() {
	local pid
	for pid in $pids; do kill "$pid" 2>/dev/null || true; done
	[ -z "$alarmed" ] || "$broker" ctl "$broker_dir" set_disk_free_limit 50MB
}

# use URL [LINE...]: this instance's queue from now on.
use() {
	sed -i '/^queue/d' "$OG_HOME/og.conf"
	printf '%s\n' "queue = $1" "${@:2}" >>"$OG_HOME/og.conf"
}

pids= alarmed=
# A worker in the background.
serve() {
	og-worker "$@" 2>>worker.log 3>&- &
	worker=$!
	pids="$pids $worker"
}

stop() {
	kill "$1"
	wait "$1"
}

stock() {
	sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 3"
}

done_as() { # state, id
	[ "$(og-task status "$2" --as charlie --json 2>/dev/null | jq -r .state)" = "$1" ]
}

# told QUEUE MEMBER: of a queue, as the broker says to those that ask it.
told() {
	printf '%s\n' '{"id":1,"op":"open","host":"127.0.0.1","port":'"$port"',"vhost":"/","user":"guest","password":"guest"}' \
		'{"id":2,"op":"queue","queue":"'"$prefix.$1"'","passive":true}' |
		"$OG_BUILD/libexec/omnigate/og-amqp" | jq -r --arg member "$2" 'select(.id == 2) | .[$member]'
}

# ready QUEUE: its messages.
ready() {
	told "$1" messages
}

has_consumers() { # QUEUE N
	[ "$(told "$1" consumers)" -eq "$2" ]
}

holds() { # queue, messages
	[ "$(ready "$1")" = "$2" ]
}

# A signed envelope that no queue has seen.
envelope() {
	OG_QUEUE=amqp://127.0.0.1:1 og-submit --spool --as charlie "$1" >/dev/null 2>&1
	sqlite3 "$OG_HOME/spool.db" "SELECT envelope FROM task; DELETE FROM task"
}

publish() { # routing key, of standard input
	amqp-publish -u "$url" -e "$prefix.work" -r "$1" -C application/json -p
}

# The shield of the first job, to be stopped and to be let go on.
shield_of() {
	pgrep -P "$(pgrep -P "$1" | head -n 1)" -f og-shield | head -n 1
}

# serves JOBS: all of them listen for tasks, so their shields have greeted them.
serves() {
	serve --jobs "$1"
	until_true has_consumers tasks "$1"
}

# First, while few queues are there to be recovered.
@test "the broker is killed while a task runs" {
	serves 1
	sleep 3 # since the queues were declared: then they survive
	shield=$(shield_of "$worker")
	kill -STOP "$shield"
	running=$(og-submit --as charlie 'buy 1 laptop stand')
	queued=$(og-submit --as charlie 'buy 1 laptop stand')
	"$broker" kill "$broker_dir"
	kill -CONT "$shield"
	until_true done_as done "$running"
	"$broker" again "$broker_dir" >/dev/null
	until_true done_as done "$queued"
	after=$(og-submit --as charlie --wait --json 'buy 1 laptop stand' | jq -r .task)
	done_as done "$after"
	stop "$worker"
	[ "$(stock)" -eq 97 ]
	grep -q 'the broker is back' worker.log
	og-ledger verify --state
}

@test "the broker stops and starts: queued tasks are there, the worker goes on" {
	[ -n "${OG_FULL:-}" ] || skip "only with OG_FULL=1: it takes 15 s"
	queued=$(og-submit --as charlie 'buy 1 laptop stand')
	serve --jobs 1
	until_true done_as done "$queued"
	stop "$worker"
	waiting=$(og-submit --as charlie 'buy 1 laptop stand')
	"$broker" stop "$broker_dir"
	run og-submit --as charlie 'buy 1 laptop stand'
	[ "$status" -eq 69 ]
	og-task status "$queued" --as charlie
	"$broker" again "$broker_dir" >/dev/null
	serve --jobs 1
	until_true done_as done "$waiting"
	stop "$worker"
	[ "$(stock)" -eq 98 ]
}

@test "a purchase, and one that is taken back" {
	og-submit --as charlie --batch <<<$'buy 1 laptop stand\nbuy 2 standing desks' >ids
	[ "$(ready tasks)" -eq 2 ]
	og-worker --drain --json >log
	[ "$(jq -r .state log | paste -sd' ')" = 'done compensated' ]
	[ "$(stock)" -eq 99 ]
	[ "$(ready tasks)" -eq 0 ]
	run og-worker --once
	[ "$status" -eq 1 ]
	og status --json | jq -e '.queue.ready == 0 and .queue.claimed == null'
	og-ledger verify --state
	# Nothing of the embedded queue is used meanwhile.
	[ "$(sqlite3 "$OG_HOME/queue.db" 'SELECT count(*) FROM task')" -eq 0 ]
}

@test "whoever waits hears of the end; events carry state and id" {
	amqp-consume -u "$url" -q "$prefix.heard" -e "$prefix.events" -r 'task.#' -c 1 cat >event 2>&1 3>&- &
	pids="$pids $!"
	until_true has_consumers heard 1
	serve --quiet
	run --separate-stderr og-submit --as charlie --wait --json 'buy 1 laptop stand'
	[ "$status" -eq 0 ]
	id=$(jq -r .task <<<"$output")
	until_true grep -q '^{' event
	[ "$(sed -n '/^{/p' event | jq -r '.state + " " + .task')" = "done $id" ]
	# It listens; what it does not do is ask all the time.
	until_true og-submit --as charlie --wait --timeout 1s 'buy 1 laptop stand'
	stop "$worker"
}

@test "an envelope from any client runs; it may come twice" {
	envelope 'buy 1 laptop stand' >envelope
	publish tasks <envelope
	publish tasks <envelope
	amqp-publish -u "$url" -r "$prefix.tasks" -p <envelope
	og-worker --drain --quiet
	[ "$(stock)" -eq 99 ]
	[ "$(ready tasks)" -eq 0 ]
	[ "$(ready dead)" -eq 0 ]
}

@test "what is no envelope is a dead letter, with the reason" {
	echo 'rubbish' | publish tasks
	printf '\377\376\0' | publish tasks
	head -c 300000 /dev/zero | publish tasks
	printf '' | publish control
	envelope 'buy 1 laptop stand' | sed 's/buy 1/buy 9/' | publish tasks
	og-worker --drain 2>log
	grep -q 'is a dead letter: envelope is not JSON' log
	grep -q 'is a dead letter: .*signature' log
	until_true holds dead 5
	[ "$(ready tasks)" -eq 0 ]
	[ "$(stock)" -eq 100 ]
	# Looking takes none away, and no letter of another's is shown.
	og-task list --as charlie --state failed --json | jq -se 'length == 1 and (.[0].reason | contains("signature"))'
	until_true holds dead 5
	og-task list --as charlie --state failed --json | jq -se 'length == 1'
	until_true holds dead 5
	og status --json >status || true
	jq -e '.queue.dead == 5' status
}

@test "a dead letter is an answer to whoever waits for it" {
	og-submit --as charlie --expires 1ms --wait --json --timeout 60s 'buy 1 laptop stand' >waited 3>&- &
	waiting=$!
	pids="$pids $waiting"
	until_true holds tasks 1
	og-worker --drain --quiet
	wait "$waiting" || [ $? -eq 1 ]
	jq -e '.state == "failed" and (.reason | contains("expired"))' waited
	id=$(og-submit --as charlie --expires 1ms 'buy 1 laptop stand')
	sleep 0.1
	og-worker --drain --quiet
	og-task show "$id" --as charlie --json >result || [ $? -eq 1 ]
	jq -e '.state == "failed" and (.reason | contains("expired"))' result
}

@test "a cancel overtakes the task it is about" {
	first=$(og-submit --as charlie 'buy 1 laptop stand')
	second=$(og-submit --as charlie 'buy 1 laptop stand')
	run og-task status "$second" --as charlie
	[ "$status" -eq 1 ]
	og-task cancel "$second" --as charlie
	[ "$(ready control)" -eq 1 ]
	og-worker --drain --quiet
	done_as done "$first"
	done_as cancelled "$second"
	[ "$(stock)" -eq 99 ]
}

delayed_or_later() {
	if og status --json | jq -e '.queue.delayed == 1' && holds tasks 0; then return 0; fi
	[ "$(date +%s)" -ge "$at" ]
}

@test "a task that is for later stays with the broker till then" {
	serve --jobs 1
	# A slow machine, which looks when it is over, looks again, and has more time.
	for later in 6 20 50; do
		at=$(($(date +%s) + later))
		id=$(og-submit --as charlie --at "$(date -u -d "@$at" +%FT%TZ)" 'buy 1 laptop stand')
		until_true delayed_or_later
		[ "$(date +%s)" -ge "$at" ] || break
		until_true done_as done "$id"
	done
	[ "$(date +%s)" -lt "$at" ]
	until_true done_as done "$id"
	stop "$worker"
	# Not a moment early, by the shield's books.
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT json_extract(entry, '$.time') >= (SELECT json_extract(envelope, '$.not_before')
		FROM og_task WHERE id = '$id') FROM audit_ledger WHERE task = '$id' ORDER BY seq LIMIT 1")" -eq 1 ]
}

@test "who is not let in is told so, and no secret is" {
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	use "amqp://guest:s3cret@127.0.0.1:$port/?prefix=$prefix"
	run og-submit --as charlie 'buy 1 laptop stand'
	[ "$status" -eq 77 ]
	[[ "$output" == *"ACCESS_REFUSED"* && "$output" != *s3cret* ]]
	chmod 644 "$OG_HOME/og.conf"
	run og-submit --as charlie 'buy 1 laptop stand'
	[ "$status" -eq 77 ]
	[[ "$output" == *"others may read og.conf"* ]]
	chmod 600 "$OG_HOME/og.conf"
	use "amqp://guest@127.0.0.1:$port/nowhere"
	run og-submit --as charlie 'buy 1 laptop stand'
	[ "$status" -eq 78 ]
	[[ "$output" == *"vhost nowhere not found"* ]]
	use "amqp://guest@127.0.0.1:1"
	run og-submit --as charlie 'buy 1 laptop stand'
	[ "$status" -eq 69 ]
	run og-worker --once
	[ "$status" -eq 75 ]
	# A password of its own file.
	use "amqp://guest@127.0.0.1:$port/?prefix=$prefix" 'queue_password = pw'
	printf 'guest\n' >"$OG_HOME/pw"
	chmod 640 "$OG_HOME/pw"
	run og-submit --as charlie 'buy 1 laptop stand'
	[ "$status" -eq 77 ]
	[[ "$output" == *"others may read"* ]]
	chmod 600 "$OG_HOME/pw"
	og-worker --drain --quiet
	done_as done "$id"
}

@test "queues that are missing, or not as we make them" {
	use "amqp://127.0.0.1:$port/?prefix=nobody"
	run og-submit --as charlie 'buy 1 laptop stand'
	[ "$status" -eq 78 ]
	[[ "$output" == *"og doctor --fix"* ]]
	run og-worker --once
	[ "$status" -eq 78 ]
	amqp-declare-queue -u "$url" -d -q other.tasks
	use "amqp://127.0.0.1:$port/?prefix=other"
	run og doctor --fix
	[ "$status" -eq 1 ]
	[[ "$output" == *PRECONDITION_FAILED* ]]
	run og init --queue "amqp://127.0.0.1:$port/?prefix=other" new
	[ "$status" -eq 78 ]
	[ ! -e new ]
	# An exchange that leads nowhere: what it returns is not queued.
	use "amqp://127.0.0.1:$port/?prefix=$prefix"
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	amqp-delete-queue -u "$url" -q "$prefix.control"
	run og-task cancel "$id" --as charlie
	[ "$status" -eq 78 ]
	[[ "$output" == *NO_ROUTE* ]]
}

@test "init makes what is needed, or nothing" {
	run og init --demo --queue "amqp://guest:guest@127.0.0.1:$port" new
	[ "$status" -eq 64 ]
	run og init --demo --queue amqp://127.0.0.1:1 new
	[ "$status" -eq 69 ]
	[ ! -e new ]
	install -m 600 /dev/null pw
	echo guest >pw
	og init --demo --queue "amqp://guest@127.0.0.1:$port/?prefix=made" --queue-password pw new
	[ ! -e new/.omnigate/queue.db ]
	unset OG_HOME
	cd new
	og-submit --as charlie 'buy 1 laptop stand'
	og-worker --drain --quiet
	og doctor | grep -q '^ok *broker'
}

@test "another client's user_id is refused by the broker" {
	run "$OG_TESTS/servers/amqp-forge" "$port" "$prefix.tasks" mallory
	[[ "$output" == *"406 PRECONDITION_FAILED - user_id property set to 'mallory'"* ]]
	[ "$(ready tasks)" -eq 0 ]
}

@test "TLS: who and what is trusted" {
	tls=$("$broker" tls "$broker_dir")
	use "amqps://localhost:$tls/?prefix=$prefix" "queue_ca = $broker_dir/ca.pem"
	og-submit --as charlie 'buy 1 laptop stand'
	og-worker --drain --quiet
	[ "$(stock)" -eq 99 ]
	for wrong in "localhost:$tls $broker_dir/other.pem" "127.0.0.1:$tls $broker_dir/ca.pem"; do
		use "amqps://${wrong% *}/?prefix=$prefix" "queue_ca = ${wrong#* }"
		run og-submit --as charlie 'buy 1 laptop stand'
		[ "$status" -eq 77 ]
	done
	use "amqps://localhost:$port/?prefix=$prefix" "queue_ca = $broker_dir/ca.pem"
	run og-submit --as charlie 'buy 1 laptop stand'
	[ "$status" -eq 69 ]
	[ "$(ready tasks)" -eq 0 ]
}

@test "a long task between short heartbeats is delivered once" {
	serves 1
	shield=$(shield_of "$worker")
	kill -STOP "$shield"
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	sleep 5
	[ "$(ready tasks)" -eq 0 ]
	kill -CONT "$shield"
	until_true done_as done "$id"
	stop "$worker"
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT max(epoch) FROM og_task")" -eq 1 ]
	not grep -q 'lost the broker' worker.log
}

@test "a job that is busy holds no cancel back" {
	serves 2
	shield=$(shield_of "$worker")
	kill -STOP "$shield"
	first=$(og-submit --as charlie 'buy 1 laptop stand')
	second=$(og-submit --as charlie 'buy 1 laptop stand')
	sleep 0.5
	third=$(og-submit --as charlie 'buy 1 laptop stand')
	og-task cancel "$third" --as charlie || true
	until_true holds control 0
	kill -CONT "$shield"
	until_true done_as done "$first"
	until_true done_as done "$second"
	stop "$worker"
	[ "$(stock)" -ge 97 ]
}

@test "a worker that is killed: another has its task at once" {
	serves 1
	kill -STOP "$(shield_of "$worker")"
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	until_true holds tasks 0
	first=$worker
	serve --jobs 1
	kill -9 $(pgrep -P "$first") "$first"
	until_true done_as done "$id"
	stop "$worker"
	[ "$(stock)" -eq 99 ]
}

@test "a task that fails comes again; one that always does is a dead letter" {
	serves 1
	kill -STOP "$(shield_of "$worker")"
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	until_true holds tasks 0
	until_true asleep "$(pgrep -P "$worker" | head -n 1)" # it has told the shield, too
	kill -9 "$(shield_of "$worker")"
	until_true done_as done "$id"
	stop "$worker"
	grep -q 'will be tried again' worker.log
	[ "$(stock)" -eq 99 ]
	# Five deliveries that came to nothing: whoever has it next buries it.
	envelope 'buy 1 laptop stand' >envelope
	for _ in $(seq 5); do
		echo '{"id":2,"op":"get","queue":"'"$prefix.tasks"'"}'
	done >gets
	publish tasks <envelope
	until_true holds tasks 1
	while read -r get; do
		printf '%s\n' '{"id":1,"op":"open","host":"127.0.0.1","port":'"$port"',"vhost":"/","user":"guest","password":"guest"}' "$get" |
			"$OG_BUILD/libexec/omnigate/og-amqp" >/dev/null
		until_true holds tasks 1
	done <gets
	og-worker --drain --quiet
	until_true holds dead 1
	og-task list --as charlie --state failed --json | jq -e '.reason == "delivered too often"'
	[ "$(stock)" -eq 99 ]
}

@test "the broker takes nothing: said in time, kept in the spool, nothing lost" {
	alarmed=yes
	"$broker" ctl "$broker_dir" set_disk_free_limit 900000GB
	until_true grep 'disk resource limit alarm set' "$broker_dir"/log/*.log
	start=$SECONDS
	run og-submit --as charlie 'buy 1 laptop stand'
	[ "$status" -eq 75 ]
	[[ "$output" == *"takes no messages now: low on disk"* ]]
	[ $((SECONDS - start)) -lt 60 ]
	id=$(og-submit --spool --as charlie 'buy 1 laptop stand' 2>note)
	grep -q 'kept in the spool' note
	run og-submit --forward --once
	[ "$status" -eq 75 ]
	"$broker" ctl "$broker_dir" set_disk_free_limit 50MB
	alarmed=
	until_true grep 'disk resource limit alarm cleared' "$broker_dir"/log/*.log
	og-submit --forward --once
	og-worker --drain --quiet
	done_as done "$id"
	[ "$(sqlite3 "$OG_HOME/spool.db" 'SELECT count(*) FROM task')" -eq 0 ]
}

@test "the spool: kept, forwarded by a service, and once from cron" {
	use "amqp://127.0.0.1:1/?prefix=$prefix"
	run og-submit --as charlie 'buy 1 laptop stand'
	[ "$status" -eq 69 ]
	[ ! -e "$OG_HOME/spool.db" ]
	first=$(og-submit --spool --as charlie 'buy 1 laptop stand' 2>/dev/null)
	run og-submit --forward --once
	[ "$status" -eq 69 ]
	og-submit --forward 2>forward.log 3>&- &
	forwarder=$!
	pids="$pids $forwarder"
	until_true grep -q 'trying again' forward.log
	stop "$forwarder"
	use "amqp://127.0.0.1:$port/?prefix=$prefix"
	og-submit --forward --once
	[ "$(ready tasks)" -eq 1 ]
	# Killed between the broker and the spool it sends twice.
	og-submit --forward 3>&- &
	forwarder=$!
	pids="$pids $forwarder"
	second=$(OG_QUEUE=amqp://127.0.0.1:1 og-submit --spool --as charlie 'buy 1 laptop stand' 2>/dev/null)
	until_true holds tasks 2
	stop "$forwarder"
	og-worker --drain --quiet
	done_as done "$first"
	done_as done "$second"
	[ "$(stock)" -eq 98 ]
	use sqlite:queue.db
	run og-submit --forward
	[ "$status" -eq 78 ]
	run og-submit --forward --as charlie
	[ "$status" -eq 64 ]
}

@test "a channel the broker closes: the task is done once, the worker goes on" {
	"$broker" ctl "$broker_dir" eval 'application:set_env(rabbit, channel_tick_interval, 1000),
		application:set_env(rabbit, consumer_timeout, 2000).' >/dev/null
	serves 1
	shield=$(shield_of "$worker")
	kill -STOP "$shield"
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	until_true grep -q 'lost the broker' worker.log
	kill -CONT "$shield"
	until_true done_as done "$id"
	next=$(og-submit --as charlie 'buy 1 laptop stand')
	until_true done_as done "$next"
	"$broker" ctl "$broker_dir" eval 'application:set_env(rabbit, consumer_timeout, 1800000).' >/dev/null
	stop "$worker"
	grep -q 'timed out\|PRECONDITION' worker.log
	[ "$(stock)" -eq 98 ]
	og-ledger verify --state
}
