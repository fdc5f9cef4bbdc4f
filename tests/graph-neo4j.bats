# Skills in a real Neo4j: what every store of skills has to do.

load helper
load graph-suite

setup_file() {
	"$OG_TESTS/servers/neo4j" fetch 2>"$BATS_FILE_TMPDIR/lack" || return 0
	OG_OWNER=$PPID "$OG_TESTS/servers/neo4j" start "$BATS_FILE_TMPDIR/neo4j" >/dev/null
}

teardown_file() {
	[ ! -e "$BATS_FILE_TMPDIR/neo4j" ] || "$OG_TESTS/servers/neo4j" stop "$BATS_FILE_TMPDIR/neo4j"
}

setup() {
	real=$BATS_FILE_TMPDIR/neo4j
	[ -s "$real/port" ] || skip "$(cat "$BATS_FILE_TMPDIR/lack")"
	unset http_proxy all_proxy HTTP_PROXY ALL_PROXY
	instance
	cypher 'MATCH (n) DETACH DELETE n' >/dev/null
	(umask 077 && cp "$real/login" "$OG_HOME/graph.key")
	sed -i '/^graph *=/d' "$OG_HOME/og.conf"
	printf 'graph = neo4j+http://127.0.0.1:%s/neo4j\ngraph_key = graph.key\n' "$(cat "$real/port")" >>"$OG_HOME/og.conf"
	og doctor --fix >doctor || true
}

cypher() {
	curl -sf -u "$(cat "$real/login")" -H 'content-type: application/json' \
		-d "$(jq -nc --arg s "$1" '{statement: $s}')" \
		"http://127.0.0.1:$(cat "$real/port")/db/neo4j/query/v2"
}

held() {
	cypher 'MATCH (s:Skill) WHERE NOT s:Missing RETURN s.name + " " + s.hash AS line
		UNION MATCH (s:Skill)-[e]->(t) RETURN s.name + " " + type(e) + " " + t.name AS line' |
		jq -r '.data.values[][]' | sort
}

@test "neo4j: what is put is listed" { what_is_put_is_listed; }
@test "neo4j: nothing above the clearance" { nothing_above_the_clearance; }
@test "neo4j: a new version takes the place" { a_new_version_takes_the_place; }
@test "neo4j: circles are refused" { circles_are_refused; }
@test "neo4j: sentences find what was put" { sentences_find_what_was_put; }
@test "neo4j: texts are only texts" { texts_are_only_texts; }
@test "neo4j: many skills" { many_skills; }
