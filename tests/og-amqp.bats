# og-amqp: the conversation that a queue at a broker is made of. Against a
# RabbitMQ of the tests' own.

load helper

broker=$OG_TESTS/servers/rabbitmq
amqp=$OG_BUILD/libexec/omnigate/og-amqp

setup_file() {
	[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || return 0
	OG_OWNER=$$ "$broker" start "$BATS_FILE_TMPDIR/broker" >"$BATS_FILE_TMPDIR/port"
}

teardown_file() {
	[ ! -e "$BATS_FILE_TMPDIR/port" ] || "$broker" kill "$BATS_FILE_TMPDIR/broker"
}

setup() {
	[ -s "$BATS_FILE_TMPDIR/port" ] || skip "rabbitmq-server is not installed"
	port=$(cat "$BATS_FILE_TMPDIR/port")
	open='{"id":1,"op":"open","host":"127.0.0.1","port":'$port',"vhost":"/","user":"guest","password":"guest"}'
	cd "$BATS_TEST_TMPDIR" || return
}

# converse LINE...: its answers, in the file answers. A line of digits is a
# pause of so many seconds; "until FILTER" waits for a line that jq likes;
# "holds QUEUE N" asks until there are so many messages.
converse() {
	: >answers
	for line in "$open" "$@"; do
		case $line in
		[0-9]*) sleep "$line" ;;
		until*) await "${line#until }" ;;
		holds*) holds ${line#holds } ;;
		*) echo "$line" ;;
		esac
	done | "$amqp" >>answers
}

await() {
	until_true jq -se "any(.[]; $1)" answers
}

holds() { # QUEUE N
	local id=1000
	while [ "$((id += 1))" -lt 1200 ]; do
		echo "{\"id\":$id,\"op\":\"queue\",\"queue\":\"$1\",\"passive\":true}"
		await ".id == $id"
		! jq -se "any(.[]; .id == $id and .messages == $2)" answers >/dev/null || break
		sleep 0.05
	done
}

# answer ID FILTER: of the answer to that request.
answer() {
	jq -c "select(.id == $1) | $2" answers
}

@test "who cannot open has an answer, and it is over" {
	open=${open/\"port\":$port/\"port\":1}
	converse
	[ "$(answer 1 '[.ok, .code]')" = '[false,69]' ]
	open=${open/\"port\":1/\"port\":$port}
	open=${open/\"password\":\"guest\"/\"password\":\"wrong\"} converse
	[ "$(answer 1 .code)" = 77 ]
	open=${open/\"vhost\":\"\/\"/\"vhost\":\"nowhere\"} converse
	[ "$(answer 1 .code)" = 78 ]
	[[ "$(answer 1 .why)" == *"vhost nowhere not found"* ]]
	not grep -q guest answers
}

@test "anything but a request ends the conversation" {
	for line in 'no json' '[]' '{"op":"publish"}' '{"id":1,"op":"fly"}' '{"v":2,"id":1,"op":"forget"}' \
		'{"id":1,"op":"ack","tag":"one"}' '{"id":1,"op":"ack","tag":1,"more":1}' \
		'{"id":1,"op":"queue","queue":"q","arguments":{"a":{"b":1}}}'; do
		run converse "$line"
		[ "$status" -eq 65 ]
	done
	run "$amqp" <<<'{"id":1,"op":"forget"}'
	[ "$status" -eq 65 ]
	run bash -c "{ echo '$open'; head -c 3000000 /dev/zero | tr '\0' x; } | '$amqp'"
	[ "$status" -eq 65 ]
	run "$amqp" </dev/null
	[ "$status" -eq 0 ]
}

@test "a publish is confirmed; one that no queue takes fails" {
	converse '{"id":2,"op":"queue","queue":"a","arguments":{"x-queue-type":"quorum"}}' \
		'{"id":3,"op":"publish","exchange":"","key":"a","body":"one","message_id":"m"}' \
		'{"id":4,"op":"publish","exchange":"","key":"nowhere","body":"two"}' 'until .id == 3' \
		'{"id":5,"op":"publish","exchange":"nowhere","key":"a","body":"three"}' 'until .id == 5' \
		'{"id":6,"op":"publish","exchange":"","key":"a","body":"four"}' 'until .id == 6' \
		'{"id":7,"op":"queue","queue":"a","passive":true}'
	[ "$(answer 3 .ok)" = true ]
	[[ "$(answer 4 .why)" == *NO_ROUTE* ]]
	[[ "$(answer 5 .why)" == *"no exchange 'nowhere'"* ]]
	[ "$(answer 5 .code)" = 78 ]
	[ "$(answer 6 .ok)" = true ]
	[ "$(answer 7 .messages)" = 2 ]
}

@test "a delivery is kept until it is settled, or moved whole" {
	converse '{"id":2,"op":"queue","queue":"b","arguments":{"x-queue-type":"quorum"}}' \
		'{"id":3,"op":"publish","exchange":"","key":"b","body":"ä","message_id":"m","headers":{"n":1}}' 'until .id == 3' \
		'{"id":4,"op":"get","queue":"b"}' '{"id":5,"op":"get","queue":"b"}' \
		'{"id":6,"op":"move","tag":1,"exchange":"","key":"b","headers":{"n":2}}' 'until .id == 6' \
		'{"id":7,"op":"ack","tag":1}' '{"id":8,"op":"get","queue":"b"}' '{"id":9,"op":"ack","tag":2}'
	[ "$(answer 4 '.message | [.tag, .body, .message_id, .headers.n, .user_id]')" = '[1,"ä","m",1,"guest"]' ]
	[ "$(answer 5 'has("message")')" = false ]
	[ "$(answer 7 .stale)" = true ]
	[ "$(answer 8 '.message | [.tag, .body, .message_id, .headers.n]')" = '[2,"ä","m",2]' ]
	[ "$(answer 9 .ok)" = true ]
	# What was not settled comes again.
	converse '{"id":3,"op":"publish","exchange":"","key":"b","body":"x"}' 'until .id == 3' '{"id":4,"op":"get","queue":"b"}'
	converse 'holds b 1' '{"id":4,"op":"get","queue":"b"}' '{"id":5,"op":"ack","tag":1}'
	[ "$(answer 4 '.message | [.body, .redelivered, .headers["x-delivery-count"]]')" = '["x",true,1]' ]
}

@test "whoever stops listening gives back what came too late" {
	converse '{"id":2,"op":"queue","queue":"c","arguments":{"x-queue-type":"quorum"}}' \
		'{"id":3,"op":"consume","queue":"c","consumer":"me","keep":true}' \
		'{"id":4,"op":"publish","exchange":"","key":"c","body":"one"}' 'until .event == "delivery"' \
		'{"id":5,"op":"cancel","consumer":"me","but":0}' 'until .id == 5' 'holds c 1' '{"id":6,"op":"queue","queue":"c","passive":true}'
	jq -se 'any(.[]; .event == "delivery" and .message.consumer == "me")' answers
	[ "$(answer 6 .messages)" = 1 ]
}

@test "hostile messages are told as what they are" {
	url=amqp://127.0.0.1:$port
	converse '{"id":2,"op":"queue","queue":"d","arguments":{"x-queue-type":"quorum"}}'
	printf 'a\0b' | amqp-publish -u "$url" -r d
	printf '\377\376' | amqp-publish -u "$url" -r d
	head -c 300000 /dev/zero | amqp-publish -u "$url" -r d
	printf '' | amqp-publish -u "$url" -r d
	converse '{"id":2,"op":"get","queue":"d"}' '{"id":3,"op":"get","queue":"d"}' \
		'{"id":4,"op":"get","queue":"d"}' '{"id":5,"op":"get","queue":"d"}' \
		'{"id":6,"op":"move","tag":3,"exchange":"","key":"d"}' '{"id":7,"op":"reject","tag":3}'
	[ "$(answer 2 '.message | [.binary, has("body")]')" = '[true,false]' ]
	[ "$(answer 3 .message.binary)" = true ]
	[ "$(answer 4 '.message | [.oversize, .size, has("body")]')" = '[true,300000,false]' ]
	[ "$(answer 5 .message.body)" = '""' ]
	[ "$(answer 6 .stale)" = true ]
	[ "$(answer 7 .ok)" = true ]
}

@test "looking at messages takes none" {
	converse '{"id":2,"op":"queue","queue":"e","arguments":{"x-queue-type":"quorum"}}' \
		'{"id":3,"op":"publish","exchange":"","key":"e","body":"one"}' 'until .id == 3' \
		'{"id":4,"op":"get","queue":"e","look":true}' '{"id":5,"op":"forget"}' 'until .id == 5' 'holds e 1' \
		'{"id":6,"op":"queue","queue":"e","passive":true}'
	[ "$(answer 4 '.message | [.body, .tag]')" = '["one",0]' ]
	[ "$(answer 6 .messages)" = 1 ]
}

@test "it lives on heartbeats while nobody asks anything" {
	open=${open/\}/,\"heartbeat\":1\}}
	converse '{"id":2,"op":"queue","queue":"f"}' '{"id":3,"op":"get","queue":"f"}' 4 \
		'{"id":4,"op":"get","queue":"f"}' '{"id":5,"op":"queue","queue":"f","passive":true}'
	[ "$(answer 4 .ok)" = true ]
	[ "$(answer 5 .ok)" = true ]
	not grep -q '"lost"' answers
}

@test "after its first line it starts no program and opens no file" {
	mkfifo in
	"$amqp" <in >answers 3>&- &
	pid=$!
	exec 7>in
	echo "$open" >&7
	until_true grep -q '"ok":true' answers
	grep -q 'NoNewPrivs:.*1' "/proc/$pid/status"
	grep -q 'Seccomp:.*2' "/proc/$pid/status"
	not grep -q guest "/proc/$pid/cmdline" "/proc/$pid/environ"
	exec 7>&-
	wait "$pid"
}
