# What the suites about stores elsewhere share. Sourced with `load
# stores-helper`, behind helper.

erp() {
	sqlite3 "$OG_HOME/erp.db" "$1"
}

conf() { # KEY VALUE
	sed -i "/^$1 *=/d" "$OG_HOME/og.conf"
	echo "$1 = $2" >>"$OG_HOME/og.conf"
}

# greeting [CLEARANCE [WORDS]]: a skill of its own, in the file greeting.md.
greeting() {
	cat >greeting.md <<-END
		---
		name: greeting
		description: ${2:-Say hello. Use for greetings.}
		metadata: {og-kind: workflow, og-clearance: "${1:-1}", og-roles: "customer employee admin"}
		---
		## When
		- good morning
		## Steps
		### look
		\`\`\`sql read
		SELECT 1 AS one
		\`\`\`
	END
}

# Keeps the instance as it is, for again; skips where no shield can be killed.
keep_pristine() {
	[ -e "$OG_BUILD/tests/killat.so" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
	cp -r "$OG_HOME" pristine
}

again() {
	rm -rf "$OG_HOME"
	cp -r pristine "$OG_HOME"
}

# killed_at N COMMAND...: runs it, and the shield is killed at its N-th change.
# 1: it did not get so far.
killed_at() {
	local n=$1 once=$OG_HOME/run/once
	shift
	touch "$once"
	OG_KILL_PROGRAM=og-shield OG_KILL_AT=$n OG_KILL_ONCE=$once \
		LD_PRELOAD=$OG_BUILD/tests/killat.so "$@" >/dev/null 2>&1 || true
	[ ! -e "$once" ]
}

# A real Neo4j for a suite (tests/servers/neo4j), where one can be had: at
# $real, emptied for each test.
neo4j_start() {
	"$OG_TESTS/servers/neo4j" fetch 2>"$BATS_FILE_TMPDIR/lack" || return 0
	OG_OWNER=$PPID "$OG_TESTS/servers/neo4j" start "$BATS_FILE_TMPDIR/neo4j" >/dev/null
}

neo4j_stop() {
	[ ! -e "$BATS_FILE_TMPDIR/neo4j" ] || "$OG_TESTS/servers/neo4j" stop "$BATS_FILE_TMPDIR/neo4j"
}

# An instance that may log in there; og.conf does not name it yet.
neo4j_instance() {
	real=$BATS_FILE_TMPDIR/neo4j
	[ -s "$real/port" ] || skip "$(cat "$BATS_FILE_TMPDIR/lack")"
	unset http_proxy all_proxy HTTP_PROXY ALL_PROXY no_proxy
	instance
	cypher 'MATCH (n) DETACH DELETE n' >/dev/null
	(umask 077 && cp "$real/login" "$OG_HOME/graph.key")
	conf graph_key graph.key
}

cypher() {
	curl -sf -u "$(cat "$real/login")" -H 'content-type: application/json' \
		-d "$(jq -nc --arg s "$1" '{statement: $s}')" \
		"http://127.0.0.1:$(cat "$real/port")/db/neo4j/query/v2"
}
