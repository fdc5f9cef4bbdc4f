# A hundred tasks that wait for a slow model at the same time: in bounded
# memory, all of them come to their end, and a stop does not wait for any.

load helper
load model-helper

tree() {
	echo "$1"
	local child
	for child in $(pgrep -P "$1"); do tree "$child"; done
}

# KiB of the whole tree, what is shared counted once.
memory() {
	local pid
	for pid in $(tree "$1"); do
		awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null || true
	done | awk '{ n += $1 } END { print n }'
}

asked_for() {
	[ "$(asked)" -ge "$1" ]
}

done_of() {
	[ "$(sql "SELECT count(*) FROM og_task WHERE state = 'done'")" -ge "$1" ]
}

slowly() { # N COMMAND: as until_true, N times as long
	for _ in $(seq "$1"); do
		until_true "${@:2}" && return 0
	done
	return 1
}

@test "100 tasks wait for a model at once, end, and end when they are told to" {
	use openai
	export OG_PRINCIPAL_TOKENS=0 OG_PRINCIPAL_COST=0 OG_DAY_TOKENS=0 OG_DAY_COST=0
	says '{"calls":[{"name":"finish","args":{"answer":"Fine."}}],"hold":"go","repeat":"forever"}'
	for _ in $(seq 100); do echo 'how are you?'; done | og-submit --as charlie --batch >/dev/null
	og-worker --quiet --jobs 100 3>&- &
	worker=$!
	slowly 6 asked_for 100
	jq -se 'map(.open) | max == 100' log
	used=$(memory "$worker")
	echo "# $((used / 100)) KiB a task" >&3
	[ "$used" -le 1000000 ]
	touch go
	slowly 6 done_of 100
	[ "$(asked)" -eq 100 ]
	# Now with a model that does not come back at all.
	says '{"calls":[],"delay_ms":600000,"repeat":"forever"}'
	sed -i 1d script
	for _ in $(seq 100); do echo 'how are you?'; done | og-submit --as charlie --batch >/dev/null
	slowly 6 asked_for 200
	kill "$worker"
	# They put their tasks back: of one that is killed for being late the delivery counts.
	wait "$worker"
	worker=
	[ "$(sqlite3 "$OG_HOME/queue.db" 'SELECT count(*), max(attempts) FROM task')" = '100|0' ]
}
