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

# A fresh demo instance for this test; made once per file, copied after.
instance() {
	local model=$BATS_FILE_TMPDIR/model
	[ -d "$model" ] || og init --demo "$model" >/dev/null
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

# start_server NAME [OPTION...]: one of tests/servers, which ends by itself;
# where it listens and what it is are in the files port and pid.
start_server() {
	rm -f port
	"$OG_BUILD/tests/servers/$1" "${@:2}" >port 3>&- &
	echo $! >pid
	for _ in $(seq 400); do
		[ -s port ] && return
		sleep 0.05
	done
	echo "$1 did not start"
	return 1
}
