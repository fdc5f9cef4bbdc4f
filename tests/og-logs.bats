# og logs: merging, following, rotation, hostile logs.

load helper

setup() {
	instance
	unset NO_COLOR
	mkdir -m 700 "$OG_HOME/run/log"
}

teardown() {
	[ -z "${follower:-}" ] || kill "$follower" 2>/dev/null || true
}

# say SERVICE SECOND TEXT
say() {
	printf '2026-11-25T20:00:%02d.000Z %s\n' "$2" "$3" >>"$OG_HOME/run/log/$1.log"
}

rotate() {
	mv "$OG_HOME/run/log/$1.log" "$OG_HOME/run/log/$1.log.1"
}

texts() {
	sed 's/^[^|]*| //' "${1:--}" | paste -sd' '
}

has() { # TEXT
	grep -q "$1" out
}

@test "merged by time, the last lines, of the services one names" {
	for s in 1 3 5 7; do say worker $s "w$s"; done
	for s in 2 4 6 8; do say graph $s "g$s"; done
	say up 0 u0
	run og logs
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = '2026-11-25T20:00:00.000Z up     | u0' ]
	[ "$(texts <<<"$output")" = 'u0 w1 g2 w3 g4 w5 g6 w7 g8' ]
	[ "$(og logs -n 3 >out; texts out)" = 'g6 w7 g8' ]
	[ "$(og logs -n 2 worker >out; texts out)" = 'w5 w7' ]
	[ "$(og logs graph worker --lines=1 >out; texts out)" = 'g8' ]
	[ -z "$(og logs -n 0)" ]
	run og logs --json -n 1
	jq -e '. == {"v":1,"time":"2026-11-25T20:00:08.000Z","service":"graph","text":"g8"}' <<<"$output"
	# Into the older file as well, when the new one has too few.
	rotate worker
	say worker 9 w9
	[ "$(og logs -n 3 worker >out; texts out)" = 'w5 w7 w9' ]
	[ "$(og logs -n 1 worker >out; texts out)" = 'w9' ]
}

@test "what is not there, and what is no service's name" {
	run og logs
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run og logs worker
	[ "$status" -eq 1 ]
	[[ "$output" == *"there is no log of 'worker'"* ]]
	run og logs ../og.conf
	[ "$status" -eq 64 ]
	run og logs -n -1
	[ "$status" -eq 64 ]
	rmdir "$OG_HOME/run/log"
	run og logs
	[ "$status" -eq 1 ]
	[[ "$output" == *'no service has been started yet'* ]]
	mkdir "$OG_HOME/run/log"
	mkfifo "$OG_HOME/run/log/pipe.log"
	ln -s /etc/passwd "$OG_HOME/run/log/link.log"
	run og logs
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "hostile logs: control bytes, no times, no ends, bytes that are no text" {
	printf '\033]0;title\007\n2026-99-99T00:00:00.000Z x\n\n\xff\xfe\0\nlast' >"$OG_HOME/run/log/odd.log"
	head -c 3000000 /dev/zero | tr '\0' z >"$OG_HOME/run/log/long.log"
	printf '\nend\n' >>"$OG_HOME/run/log/long.log"
	og logs odd >out
	not grep -q $'\033\|\007' out
	grep -qF '\x1B]0;title\x07' out
	grep -qF '| 2026-99-99T00:00:00.000Z x' out
	grep -qF '\xFF\xFE\x00' out
	# A line is shown when it is whole.
	not grep -q last out
	og logs long -n 2 >out
	[ "$(tail -n 1 out | texts)" = end ]
	[ "$(wc -l <out)" -gt 10 ]
}

@test "--follow: new lines, rotation, new services; a signal ends it well" {
	say worker 1 w1
	og logs -f >out 3>&- &
	follower=$!
	until_true has w1
	say worker 2 w2
	until_true has w2
	# Half a line waits for its end.
	printf '2026-11-25T20:00:03.000Z ha' >>"$OG_HOME/run/log/worker.log"
	rotate worker
	printf 'lf\n' >>"$OG_HOME/run/log/worker.log.1"
	say worker 4 w4
	say graph 5 g5
	until_true has g5
	until_true has w4
	kill -TERM "$follower"
	wait "$follower"
	follower=
	[ "$(texts out)" = 'w1 w2 half w4 g5' ]
}

@test "--follow: what came and went between two looks is not lost" {
	say worker 1 w1
	og logs -f worker >out 3>&- &
	follower=$!
	until_true has w1
	kill -STOP "$follower"
	say worker 2 w2
	rotate worker
	for s in 3 4 5; do say worker $s "w$s"; done
	rotate worker
	say worker 6 w6
	kill -CONT "$follower"
	until_true has w6
	kill -INT "$follower"
	wait "$follower"
	follower=
	[ "$(texts out)" = 'w1 w2 w3 w4 w5 w6' ]
}

@test "--follow: sleeps while nothing is said, and ends with its reader" {
	say worker 1 w1
	og logs -f >out 3>&- &
	follower=$!
	until_true has w1
	until_true asleep "$follower"
	asleep "$follower"
	asleep "$follower"
	kill "$follower"
	wait "$follower"
	mkfifo pipe
	og logs -f >pipe 3>&- &
	follower=$!
	head -n 1 pipe >first
	# Nothing more is said, and still it ends.
	wait "$follower"
	follower=
	grep -q w1 first
}

@test "--follow: with a real service that fills its log" {
	export OG_SERVICES=graph OG_GRAPH_COMMAND='seq -f "line %.0f of many, and some more words to fill it" 1 120000'
	og logs -f >out 3>&- &
	follower=$!
	og up --detach 2>/dev/null
	until_true has 'graph.* line 120000 of'
	og down
	kill "$follower"
	wait "$follower"
	follower=
	[ -e "$OG_HOME/run/log/graph.log.1" ]
	[ "$(grep -c '| line ' out)" -eq 120000 ]
}
