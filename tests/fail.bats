# Every allocation, write and sync of og-submit and og-worker fails once.
# What must hold: nobody crashes; a task is acknowledged only when it is in
# the queue; nothing is queued twice; and when the trouble is over the task
# comes to its end, once. make check visits a part of the places, make
# check-full all of them (OG_FULL).

load helper

load fail-helper

setup() {
	fail_instance
}

queued() {
	sqlite3 "$OG_HOME/queue.db" "SELECT count(*) FROM task"
}

# Without memory a worker may take an envelope for a broken one; it is kept
# aside then, and a person lets it go on.
revive() {
	[ -n "$(sqlite3 "$OG_HOME/queue.db" "UPDATE task SET state = 0, attempts = 0
		WHERE state = 2 RETURNING id")" ] || return 0
	revived=$((revived + 1))
	og-worker --drain --quiet
}

# submit_through KIND STRIDE
submit_through() {
	local kind=$1 stride=$2 n=1
	[ -z "${OG_FULL:-}" ] || stride=1
	while failing og-submit "$kind" "$n" og-submit --as charlie 'buy 1 laptop stand'; do
		honest "$kind $n"
		[ "$(sqlite3 "$OG_HOME/queue.db" 'PRAGMA quick_check')" = ok ]
		# Who was told an id has it in the queue; who was refused may have
		# been refused after the deed, but then it is there as a whole.
		[ "$status" -ne 0 ] || [ "$(queued)" -eq 1 ] || { echo "$kind $n: lost"; return 1; }
		[ "$(queued)" -le 1 ]
		afresh
		n=$((n + stride))
	done
	echo "# $kind failed at $(((n - 1) / stride)) places" >&3
	[ "$n" -gt 1 ]
}

# work_through PROGRAM KIND STRIDE SENTENCE
work_through() {
	local program=$1 kind=$2 stride=$3 n=1 stock state revived=0 given_up=0
	[ -z "${OG_FULL:-}" ] || stride=$(((stride + 9) / 10))
	og-submit --as charlie "$4" >/dev/null
	rm -rf pristine
	cp -r "$OG_HOME" pristine
	while failing "$program" "$kind" "$n" og-worker --drain --quiet; do
		honest "$program $kind $n"
		timeout 60 og-worker --drain --quiet 2>/dev/null
		revive
		[ "$(queued)" -eq 0 ] || { echo "$program $kind $n: left in the queue"; return 1; }
		stock=$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 3")
		state=$(sqlite3 "$OG_HOME/erp.db" "SELECT state FROM og_task")
		case "$kind $state $stock" in
		*' done 99') ;;
		# Without memory a worker may misread an answer and give the task
		# up; then nothing of it stands.
		'memory denied 100' | 'memory failed 100') given_up=$((given_up + 1)) ;;
		*) echo "$program $kind $n: $state, stock $stock"; return 1 ;;
		esac
		og-ledger verify --state >/dev/null
		afresh
		n=$((n + stride))
	done
	echo "# $kind failed at $(((n - 1) / stride)) places of $program, $revived dead letters, $given_up given up" >&3
	[ "$n" -gt 1 ]
}

@test "og-submit: every allocation fails once" {
	submit_through memory 29
}

@test "og-submit: every write fails once" {
	submit_through write 1
}

@test "og-submit: every sync fails once" {
	submit_through sync 1
}

@test "og-worker: every allocation fails once" {
	work_through og-worker memory 97 'buy 1 laptop stand'
}

@test "og-worker: every write fails once" {
	work_through og-worker write 3 'buy 1 laptop stand'
}

@test "og-shield behind a worker: every write fails once" {
	work_through og-shield write 13 'buy 1 laptop stand'
}

@test "og-shield behind a worker: every sync fails once" {
	work_through og-shield sync 1 'buy 1 laptop stand'
}

@test "a disk that fills up under a worker: it says so, and nothing is lost" {
	unshare -m true 2>/dev/null || skip "needs a mount namespace"
	og-submit --as charlie --batch < <(yes 'buy 1 laptop stand' | head -n 60) >/dev/null
	cat >inside <<-'EOT'
		set -eu
		mkdir small
		mount -t tmpfs -o size=$(($(du -sk .omnigate | cut -f1) + 600))k none small
		cp -r .omnigate small
		export OG_HOME=$PWD/small/.omnigate
		head -c 20000000 /dev/zero >small/filler 2>/dev/null || true
		truncate -s -64k small/filler
		status=0
		timeout 60 og-worker --drain --quiet || status=$?
		echo "status $status"
		rm small/filler
		mount -o remount,size=60m small
		og-worker --drain --quiet --jobs 2
		sqlite3 "$OG_HOME/erp.db" "SELECT state, count(*) FROM og_task GROUP BY 1;
			SELECT 100 - stock_quantity FROM products WHERE id = 3"
		sqlite3 "$OG_HOME/queue.db" "SELECT count(*) FROM task"
		og-ledger verify --state
	EOT
	run unshare -m bash inside
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" =~ status\ (71|74|75) ]]
	[[ "$output" == *$'done|60\n60\n0\n'* ]]
}
