#!/bin/bash
# What tasks cost that wait for a model: 100 of them at once, each in a job
# with its shield and its two helpers, at a model that takes its time. Memory
# is proportional (PSS), of the whole tree, while all of them wait. Then what
# a turn takes without the model's time, and how long a stop takes.
# Prints JSON; needs OG_BUILD, programs in PATH, and an empty directory.
set -eu
tasks=100
mkdir models
cd models
og init --demo >/dev/null
export OG_HOME=$PWD/.omnigate OG_MODEL_PRICE='1 2' OG_DAY_TOKENS=0 OG_DAY_COST=0
export OG_PRINCIPAL_TOKENS=0 OG_PRINCIPAL_COST=0

# model LINE...: a model that says these.
model() {
	[ ! -e pid ] || kill "$(cat pid)"
	rm -f port log
	printf '%s\n' "$@" >script
	"$OG_BUILD/tests/servers/model" --script script --log log --seconds 600 >port &
	echo $! >pid
	until [ -s port ]; do sleep 0.05; done
	OG_MODEL=openai:http://127.0.0.1:$(cat port)/v1#m
	export OG_MODEL
}
tree() {
	echo "$1"
	local child
	for child in $(pgrep -P "$1"); do tree "$child"; done
}
pss() { # NAME PID...: of those called so; "": of all
	local name=$1 pid
	shift
	for pid in "$@"; do
		[ -z "$name" ] || [ "$(cat "/proc/$pid/comm")" = "$name" ] || continue
		awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup"
	done | awk '{ n += $1 } END { print n + 0 }'
}
submit() { # N
	for _ in $(seq "$1"); do echo 'how are you?'; done | og-submit --as charlie --batch >/dev/null
}
waiting() { # until all of them wait
	until [ -e log ] && [ "$(wc -l <log)" -ge "$1" ]; do sleep 0.2; done
}
finish='{"calls":[{"name":"finish","args":{"answer":"Fine."}}]'

model "$finish,\"delay_ms\":20000,\"repeat\":\"forever\"}"
submit $tasks
og-worker --quiet --jobs $tasks &
worker=$!
waiting $tasks
mapfile -t pids < <(tree $worker)
all=$(pss "" "${pids[@]}")
parts=
for name in og-worker og-shield og-http og-skill; do
	parts+="${parts:+,}\"$name\":$(pss $name "${pids[@]}")"
done
until [ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_task WHERE state = 'done'")" -eq $tasks ]; do
	sleep 0.5
done
submit $tasks
waiting $((2 * tasks))
start=$(date +%s%N)
kill $worker
wait $worker || true
stop=$(($(date +%s%N) - start))

# Turns that read a row each, against a task that ends at once.
rm -rf "$OG_HOME"
og init --demo >/dev/null
took() { # LINE...: ms of a task
	model "$@"
	submit 1
	og-worker --drain --json 2>/dev/null | jq .ms
}
turns=40
lines=()
for n in $(seq $turns); do
	lines+=("{\"calls\":[{\"name\":\"read\",\"args\":{\"sql\":\"SELECT $n AS n\",\"as\":\"n$n\"}}]}")
done
for _ in 1 2 3 4 5; do
	echo $(($(took "${lines[@]}" "$finish}") - $(took "$finish}")))
done | sort -n | sed -n 3p >ms
kill "$(cat pid)"
printf '{"tasks":%d,"pss_kib":%d,"pss_kib_a_task":%d,"parts_kib":{%s},"stop_ms":%d,"turn_us":%d}\n' \
	$tasks "$all" $((all / tasks)) "$parts" $((stop / 1000000)) $((1000 * $(cat ms) / turns))
