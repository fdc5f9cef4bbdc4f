#!/bin/bash
# What telemetry costs: nanoseconds per span (bench/telemetry), and tasks per
# second and CPU time of worker and shield per task, with telemetry off, told
# to a file, and told for a receiver that is away. The settings take turns.
# Prints JSON; needs OG_BUILD, programs in PATH, and an empty directory.
set -eu
bench=$OG_BUILD/bench
n=200
mkdir telemetry
cd telemetry
og init --demo >/dev/null
export OG_HOME=$PWD/.omnigate
og-shield exec --as alice \
	'UPDATE products SET stock_quantity = 1000000 WHERE id = 3' >/dev/null
TIMEFORMAT='%R %U %S'

# "NAME TASKS_PER_SECOND CPU_US" of one run.
measure() { # NAME SETTING
	sed -i "s|^telemetry = .*|telemetry = $2|" "$OG_HOME/og.conf"
	for _ in $(seq $n); do echo 'buy 1 laptop stand'; done |
		og-submit --as charlie --batch >/dev/null
	{ time og-worker --drain --quiet 2>/dev/null; } 2>&1 |
		awk -v n=$n -v name="$1" '{ print name, n / $1, ($2 + $3) * 1e6 / n }'
	# Its collector's end is not the next one's trouble.
	for pid in $(pgrep -f "og-otlp .*--home $OG_HOME" || true); do
		kill "$pid" 2>/dev/null || true
	done
	while [ -e "$OG_HOME/run/telemetry.sock" ]; do sleep 0.1; done
}

for _ in 1 2 3 4 5; do
	measure off off
	measure file file:out.jsonl
	measure away otlp:http://127.0.0.1:1
	rm -f "$OG_HOME"/run/telemetry.spill* "$OG_HOME/out.jsonl"
done >runs
median() { # COLUMN NAME
	awk -v c="$1" -v name="$2" '$1 == name { print $c }' runs | sort -n | sed -n 3p
}
setting() {
	printf '"%s":{"tasks_per_second":%.0f,"cpu_us_per_task":%.0f}' \
		"$1" "$(median 2 "$1")" "$(median 3 "$1")"
}
printf '{"span":%s,%s,%s,%s}\n' "$("$bench/telemetry")" "$(setting off)" "$(setting file)" \
	"$(setting away)"
