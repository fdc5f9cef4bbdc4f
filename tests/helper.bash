# What the bats suites share. Sourced with `load helper`.

: "${OG_BUILD:?run the suites with tests/run}" "${OG_TESTS:?run the suites with tests/run}"
PATH=$OG_BUILD/bin:$PATH
export PATH
bats_require_minimum_version 1.5.0 2>/dev/null || true

# A look at a database waits for who holds it: a program that ends folds its
# write-ahead log in, and is gone a moment after its result is known.
sqlite3() {
	command sqlite3 -cmd '.timeout 5000' "$@"
}

# quick_jq: jq 1.6 compiles its library at every start, 30 ms of processor time;
# gojq speaks the same language in 2 ms, where it is there. For what is asked
# again and again: it prints members in their order by name, not as they stood,
# and has Go's regular expressions.
quick_jq() {
	"${OG_JQ:-jq}" "$@"
}

# same_day: not within a minute of midnight (UTC), so that what is "today" in a
# test, and what is counted by the day, stays so to its end.
same_day() {
	local now left
	printf -v now '%(%s)T'
	left=$((86400 - now % 86400))
	[ "$left" -gt 60 ] || sleep "$left"
}

# demo_model: $model is a demo instance to copy, of this file if it made one.
# The others share one; a new day has a new one, since its books are of a day.
demo_model() {
	local mine=$BATS_FILE_TMPDIR/model
	same_day
	model=$mine
	[ ! -d "$mine" ] || return 0
	model=${OG_MODELS:-$BATS_FILE_TMPDIR}/$(TZ=UTC printf '%(%F)T')
	[ ! -d "$model" ] || return 0
	og init --demo "$mine" >/dev/null || return
	mv -T "$mine" "$model" 2>/dev/null || model=$mine
}

# A fresh demo instance for this test.
instance() {
	local model
	demo_model || return
	cp -r "$model/.omnigate" "$BATS_TEST_TMPDIR/.omnigate"
	export OG_HOME=$BATS_TEST_TMPDIR/.omnigate
	cd "$BATS_TEST_TMPDIR" || return
}

# ask_status PRINCIPAL TEXT: the result document of a command; the status
# is the one og-submit --wait would give.
ask_status() {
	local id
	id=$(og-submit --as "$1" "$2") || return
	og-worker --drain --quiet || return
	og-task show "$id" --as "$1" --json
}

# The same, whatever the end.
ask() {
	ask_status "$@" || [ $? -eq 1 ]
}

# The business tables, as one digest.
business() {
	sqlite3 "$OG_HOME/erp.db" "SELECT 'SELECT * FROM \"' || name || '\";' FROM sqlite_schema
		WHERE type = 'table' AND name NOT LIKE 'og_%' AND name NOT LIKE 'sqlite_%'
		AND name <> 'audit_ledger'" >"$BATS_TEST_TMPDIR/tables.sql"
	sqlite3 -bail "$OG_HOME/erp.db" <"$BATS_TEST_TMPDIR/tables.sql" | sha256sum
}

# The number of ledger entries.
entries() {
	sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger"
}

# not COMMAND...: it must fail. (A mere "!" is no failure to bats.)
not() {
	! "$@"
}

# usage_of PROGRAM: the forms of its -h, each on one line.
usage_of() {
	"$1" -h | sed '/^$/,$d' | sed -e ':a' -e 'N' -e '$!ba' -e 's/\n         *\([^ ]\)/ \1/g' |
		sed 's/^\(usage:\|      \) //'
}

# until_true COMMAND...: waits until it succeeds and drops what it prints; a
# minute at most, for who asks in vain only, however busy the machine is.
until_true() {
	local end=$((SECONDS + 60))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || {
			echo "not within a minute: $*"
			return 1
		}
		sleep 0.05
	done
}

# kill_up: og up, so that neither its keeper nor the guard above learns of the
# other's end and writes of it. Told apart by the bytes of the lock they hold.
kill_up() {
	local guard keeper
	guard=$(holder_of "$OG_HOME/run/up.lock" 0) keeper=$(holder_of "$OG_HOME/run/up.lock" 1)
	kill -STOP "$guard"
	kill -9 "$keeper" "$guard"
}

# holder_of FILE BYTE: the process that holds a lock on it. The list is read in
# pieces, and one may be missed when another lock goes between two of them.
holder_of() {
	local file holder _
	# shellcheck disable=SC2046,SC2183 # three words
	file=$(printf '%02x:%02x:%d' $(stat -c '%Hd %Ld %i' "$1"))
	for _ in 1 2 3 4 5 6 7 8 9; do
		holder=$(awk -v file="$file" -v at="$2" '$6 == file && $7 == at { print $5; exit }' /proc/locks)
		[ -z "$holder" ] || break
	done
	echo "$holder"
}

# has_jobs N: so many jobs of workers have all they need, and are sealed.
has_jobs() {
	og status --json | quick_jq -e --argjson n "$1" '.jobs >= $n'
}

# asleep PID...: they do not wake once within a second.
asleep() {
	local before
	before=$(wakings "$@")
	sleep 1
	[ "$(wakings "$@")" = "$before" ]
}

wakings() {
	local pid
	for pid in "$@"; do grep ctxt_switches "/proc/$pid/status"; done
}

# stock_of_skill DESCRIPTION: the text of a skill that reads, and has patterns
# no other has. More of it may follow.
stock_of_skill() {
	cat <<END
---
name: stock-of
description: $1
metadata: {og-kind: workflow, og-roles: "employee admin"}
---
## When
- tell me the quantity of {product:ref(products.name)} left
## Steps
### count
\`\`\`sql read as products
SELECT name, stock_quantity FROM products WHERE id = :product_id
\`\`\`
## Answer
{stock_quantity} of {product}.
END
}

# free_port: of the loopback, below those that the kernel hands out itself;
# nobody listens there now, and no other test of this run is given it.
free_port() {
	local port
	for port in $(shuf -i 20000-31999 -n 50); do
		(: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null ||
			! mkdir "${OG_MODELS:-$BATS_FILE_TMPDIR}/port-$port" 2>/dev/null || break
	done
	echo "$port"
}

# start_server NAME [OPTION...]: one of tests/servers, which ends by itself;
# where it listens and what it is are in the files port and pid.
start_server() {
	rm -f port
	"$OG_BUILD/tests/servers/$1" "${@:2}" >port 3>&- &
	echo $! >pid
	until_true test -s port
}

# end_server [PID]: ends what this test started so; nobody listens there any
# more then.
end_server() {
	local pid=${1:-$(cat pid)}
	kill "$pid"
	wait "$pid" || true
}

# itself PID PROGRAM: it is the program, not a shell on the way to it: a signal
# to that one may be lost.
itself() {
	grep -qsx "$2" "/proc/$1/comm"
}

# killed_anywhere PROGRAM WANTED COMMAND: from the instance as it is, a worker
# drains the queue and PROGRAM is killed at its n-th change of a file, for
# every 7th n (with OG_FULL for each); another worker goes on. Then COMMAND has
# to print WANTED, and the ledger is whole.
killed_anywhere() {
	local program=$1 wanted=$2 n=1 stride=7
	shift 2
	[ -z "${OG_FULL:-}" ] || stride=1
	rm -rf pristine
	cp -r "$OG_HOME" pristine
	while :; do
		rm -rf "$OG_HOME"
		cp -r pristine "$OG_HOME"
		touch "$OG_HOME/run/once"
		OG_KILL_PROGRAM=$program OG_KILL_AT=$n OG_KILL_ONCE=$OG_HOME/run/once \
			LD_PRELOAD=$OG_BUILD/tests/killat.so timeout 60 og-worker --drain \
			>/dev/null 2>&1 || true
		[ ! -e "$OG_HOME/run/once" ] || break
		timeout 60 og-worker --drain >/dev/null 2>&1
		[ "$("$@")" = "$wanted" ] || {
			echo "killed $program at $n: $("$@")"
			return 1
		}
		og-ledger verify --state >/dev/null
		n=$((n + stride))
	done
	[ "$n" -gt 3 ]
	rm -rf "$OG_HOME"
	mv pristine "$OG_HOME"
}
