# The line that says how far something is: where it shows, and where not.

load helper

setup() {
	instance
	command -v script >/dev/null || skip "script is not installed"
}

# on_terminal COLUMNS COMMAND: runs it on a terminal that wide, its clock 5,000
# times as fast; what it wrote there stands in the file seen, its end in status.
on_terminal() {
	local rc=0
	OG_HURRY=5000 SHELL=/bin/sh script -qefc "stty cols $1; export NO_COLOR=1 TERM=${term-xterm}
		LD_PRELOAD=$OG_BUILD/tests/hurry.so $2" seen </dev/null >/dev/null || rc=$?
	return $rc
}

@test "verify: a bar on a terminal, and nothing left of it" {
	on_terminal 90 "og-ledger verify --state"
	grep -qP '\rog-ledger: entries verified \[#* *\] +\d+ %  [\d,]+/s  [\d:]+ left\x1b\[K' seen
	# The last thing before the verdict takes the line away.
	grep -qP '\r\x1b\[Kok: \d+ entries and the state they make' seen
	# On standard output there is the verdict alone.
	on_terminal 90 "og-ledger verify > out"
	grep -q 'entries verified' seen
	[ "$(wc -l <out)" -eq 1 ]
	not grep -qP '\r|\x1b' out
}

@test "verify: the line is no wider than the terminal" {
	for columns in 90 60 40 25 3; do
		on_terminal "$columns" "og-ledger verify 2>&1 >out"
		grep -q '^ok: ' out
		# What stands between two returns, without the command that ends it.
		tr '\r' '\n' <seen | sed -n 's/\x1b\[K.*//p' >shown
		[ -s shown ]
		[ "$(awk '{ print length($0) }' shown | sort -n | tail -n 1)" -lt "$columns" ]
	done
}

@test "no bar: in a pipe, on a dumb terminal, in the background, within a second" {
	OG_HURRY=5000 LD_PRELOAD=$OG_BUILD/tests/hurry.so og-ledger verify >out 2>err
	[ ! -s err ]
	term=dumb on_terminal 80 "og-ledger verify"
	not grep -q verified seen
	term='' on_terminal 80 "og-ledger verify"
	not grep -q verified seen
	# However busy the machine is: its clock stands still.
	on_terminal 80 "true; export OG_HURRY=0; og-ledger verify"
	not grep -q verified seen
	on_terminal 80 "true; set -m; LD_PRELOAD=$OG_BUILD/tests/hurry.so og-ledger verify & wait"
	grep -q '^ok: ' seen
	not grep -q verified seen
}

@test "replay: a bar too, also where it fails" {
	on_terminal 90 "og-ledger replay --as alice --out then.db"
	grep -q 'entries replayed' seen
	rm then.db
	chmod u+w "$OG_HOME/base.db"
	sqlite3 "$OG_HOME/base.db" "UPDATE products SET stock_quantity = 1 WHERE id = 1"
	rc=0
	on_terminal 90 "og-ledger replay --as alice --out then.db" || rc=$?
	[ "$rc" -eq 1 ]
	grep -qP '\r\x1b\[Kentry 1: base: base.db is not the file' seen
}

@test "init --from: a bar while pages are copied" {
	unset OG_HOME
	sqlite3 large.db "PRAGMA page_size = 512; CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(8000000))"
	on_terminal 90 "og init --from large.db large"
	grep -qP '\rog: pages \[#* *\] +\d+ %' seen
	grep -qP '\r\x1b\[Kmade large/.omnigate' seen
	on_terminal 90 "og init --from large.db quiet 2>&1 >out"
	[ "$(head -n 1 out)" = "made quiet/.omnigate" ]
	[ "$(sqlite3 quiet/.omnigate/erp.db 'SELECT length(a) FROM t')" -eq 8000000 ]
}
