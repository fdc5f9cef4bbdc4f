# Every allocation, write and sync of the tools fails once. What must hold:
# nobody crashes or hangs; success is claimed for the whole output and
# nothing less; what changes the instance is there whole or not at all, with
# its entry. make check visits some of the places, make check-full all.
#
# og-skill's and og-text's parsers are not here: the libraries they read
# documents with end the process without memory, which is why they run alone.

load helper
load fail-helper

setup() {
	fail_instance
	export OG_AS=alice
}

# The next place: all of them, or ever fewer.
after() {
	if [ -n "${OG_FULL:-}" ]; then
		echo $(($1 + 1))
	else
		echo $(($1 + 1 + $1 / 2))
	fi
}

# Reading: status 0 has all of the output, another status says why.
reading() { # KIND COMMAND...
	local kind=$1 n=1 places=0 whole
	shift
	whole=$("$@")
	[ -n "$whole" ]
	while failing "$1" "$kind" "$n" "$@"; do
		honest "$* $kind $n"
		if [ "$status" -eq 0 ]; then
			[ "$output" = "$whole" ] || { echo "$* $kind $n: half of it, and status 0"; return 1; }
		else
			[ -n "$output" ] || { echo "$* $kind $n: status $status without a word"; return 1; }
		fi
		places=$((places + 1))
		n=$(after "$n")
	done
	[ "$kind" != memory ] || [ "$places" -gt 5 ] || { echo "$*: only $places places"; return 1; }
}

# Writing: whole or not at all, and the ledger agrees.
writing() { # KIND LOOK COMMAND...
	local kind=$1 look=$2 n=1 before now done places=0
	shift 2
	before=$(eval "$look")
	"$@" >/dev/null
	done=$(eval "$look")
	[ "$before" != "$done" ]
	afresh
	while failing "$1" "$kind" "$n" "$@"; do
		honest "$* $kind $n"
		now=$(eval "$look")
		[ "$now" = "$done" ] || { [ "$now" = "$before" ] && [ "$status" -ne 0 ]; } || {
			echo "$* $kind $n: status $status, '$now'"
			return 1
		}
		og-ledger verify --state >/dev/null || { echo "$* $kind $n: the ledger is broken"; return 1; }
		afresh
		places=$((places + 1))
		n=$(after "$n")
	done
	[ "$places" -gt 0 ] || { echo "$*: nothing failed"; return 1; }
}

rows() {
	sqlite3 "$OG_HOME/erp.db" "$1"
}

@test "og-shield, reading: every allocation" {
	reading memory og-shield query --json 'SELECT id, name, price FROM products ORDER BY id'
	reading memory og-shield query 'SELECT id, name, price FROM products ORDER BY id'
	reading memory og-shield schema
	reading memory og-shield grants role:customer
	reading memory og-shield principal list
	reading memory og-shield check 'UPDATE products SET price = 1 WHERE id = 1'
}

@test "og-ledger, reading: every allocation" {
	reading memory og-ledger log --limit 5
	reading memory og-ledger log --limit 5 --json
	reading memory og-ledger verify
	reading memory og-ledger verify --state
	reading memory og-ledger prove 3
}

@test "og-task, og-policy, og-skill, reading: every allocation" {
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	og-worker --drain --quiet
	reading memory og-task list --json
	reading memory og-policy list
	reading memory og-policy search 'payment limit' --json
	reading memory og-skill list
	reading memory og-skill match 'buy 2 standing desks' --json
}

@test "og-render: every allocation, and nothing half drawn" {
	reading memory og-render --to=text "$OG_TESTS/golden/audit.json"
	reading memory og-render --to=html --static "$OG_TESTS/golden/audit.json"
	reading memory og-render --to=csv "$OG_TESTS/golden/audit.json"
}

@test "og-shield, writing: every allocation, write and sync" {
	local kind
	for kind in memory write sync; do
		writing "$kind" "rows 'SELECT price FROM products WHERE id = 1'" \
			og-shield exec 'UPDATE products SET price = 7 WHERE id = 1'
		writing "$kind" "rows 'SELECT count(*) FROM og_grant'" \
			og-shield grant role:customer leave_requests select
	done
}

@test "og-policy add: every allocation, write and sync of the shield behind it" {
	local n kind places
	printf 'The limit is 700.\n' >law.md
	for kind in memory write sync; do
		n=1 places=0
		while failing og-shield "$kind" "$n" og-policy add --node procure-to-pay --name law law.md; do
			honest "$kind $n"
			case "$status $(rows "SELECT count(*) FROM og_policy WHERE name = 'law'")" in
			'0 1' | [1-9]*' '[01]) ;;
			*) echo "$kind $n: status $status"; return 1 ;;
			esac
			og-ledger verify --state >/dev/null
			afresh
			places=$((places + 1))
			n=$(after $((n + 20 * n)))
		done
		[ "$places" -gt 0 ] || { echo "$kind: nothing failed"; return 1; }
	done
}

@test "a key is there whole or not at all" {
	local kind n places
	for kind in memory write sync; do
		n=1 places=0
		while failing og "$kind" "$n" og key --new robot; do
			honest "key $kind $n"
			[ "$status" -ne 0 ] || [ -e "$OG_HOME/keys/robot.key" ]
			[ ! -e "$OG_HOME/keys/robot.key" ] || og key robot >/dev/null
			afresh
			places=$((places + 1))
			n=$(after "$n")
		done
		[ "$places" -gt 0 ] || { echo "key $kind: nothing failed"; return 1; }
	done
}

@test "a checkpoint and a backup are printed whole, or the status says not" {
	local kind n places
	og-ledger key >kept.key
	for kind in memory write; do
		n=1 places=0
		while failing og-ledger "$kind" "$n" og-ledger checkpoint; do
			honest "checkpoint $kind $n"
			if [ "$status" -eq 0 ]; then
				echo "$output" >said.checkpoint
				og-ledger verify --checkpoint said.checkpoint --key "$(cat kept.key)" >/dev/null
			fi
			places=$((places + 1))
			n=$(after "$n")
		done
		[ "$places" -gt 0 ] || { echo "checkpoint $kind: nothing failed"; return 1; }
	done
	for kind in memory write sync; do
		n=1 places=0
		rm -f whole.tar
		while failing og "$kind" "$n" og backup whole.tar; do
			honest "backup $kind $n"
			if [ "$status" -eq 0 ]; then
				og restore --check whole.tar >/dev/null || { echo "$kind $n: not whole"; return 1; }
			else
				[ ! -e whole.tar ] || { echo "$kind $n: half a backup"; return 1; }
			fi
			rm -f whole.tar
			places=$((places + 1))
			n=$(after $((2 * n)))
		done
		[ "$places" -gt 0 ] || { echo "backup $kind: nothing failed"; return 1; }
	done
}
