# What the suites about effects outside share: an instance with a skill that
# charges and refunds, and the payment service it calls. Sourced with
# `load effects-helper`, after helper.

skill() {
	echo "$OG_TESTS/skills/order-with-payment/SKILL.md"
}

# The same skill under another name and sentence, changed by sed.
variant() { # NAME VERB SED
	mkdir -p "$1"
	sed -e "s/^name: .*/name: $1/; s/^- pay for/- $2/" -e "$3" "$(skill)" >"$1/SKILL.md"
	og-skill add --as alice --grant "$1/SKILL.md" >/dev/null
}

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	mkdir model
	og init --demo model >/dev/null
	OG_HOME=$PWD/model/.omnigate og-skill add --as alice --grant "$(skill)" >/dev/null
	touch behave
	start_server payment --log log --behave behave --seconds 900
	echo "http = payment=http://127.0.0.1:$(cat port)" >>model/.omnigate/og.conf
}

teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/pid")" || true
}

setup() {
	instance
	cd "$BATS_TEST_TMPDIR" || return
	behave=$BATS_FILE_TMPDIR/behave
	log=$BATS_FILE_TMPDIR/log
	fresh
	unset http_proxy all_proxy HTTP_PROXY ALL_PROXY
}

teardown() {
	[ -z "${worker:-}" ] || kill -9 "$worker" 2>/dev/null || true
}

# The service behaves, and has forgotten everything.
fresh() {
	: >"$behave"
	rm -f "$log"
}

# services URL...: what og.conf says instead.
services() {
	sed -i '/^http/d' "$OG_HOME/og.conf"
	[ $# -eq 0 ] || echo "http = $*" >>"$OG_HOME/og.conf"
}

# try SENTENCE: runs it to its end; result in the file result, status kept.
try() {
	id=$(og-submit --as charlie "$1")
	og-worker --drain --quiet
	show
}

show() {
	ended=0
	og-task show "$id" --as charlie --json >result || ended=$?
}

is() { # MEMBER VALUE
	[ "$(quick_jq -r ".$1" result)" = "$2" ] || {
		quick_jq . result
		return 1
	}
}

did() { # WHAT: how often
	[ -e "$log" ] || {
		echo 0
		return
	}
	grep -c "^$1 " "$log" || true
}

keys() {
	[ -e "$log" ] && sed -n 's/.* key=\([^ ]*\).*/\1/p' "$log" | sort -u | wc -l
}

sql() {
	sqlite3 "$OG_HOME/erp.db" "$1"
}

last_order() {
	sql "SELECT status FROM orders ORDER BY id DESC LIMIT 1"
}

mice() {
	sql "SELECT stock_quantity FROM products WHERE id = 4"
}

resolve() { # STATE
	og-task resolve "$id" --as alice --state "$1" --note 'I looked' >/dev/null 2>said
	og-worker --drain --quiet
	show
}
