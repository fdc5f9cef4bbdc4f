# Skills in a real Neo4j: what every store of skills has to do.

load helper
load stores-helper
load graph-suite

setup_file() {
	neo4j_start
}

teardown_file() {
	neo4j_stop
}

setup() {
	neo4j_instance
	conf graph "neo4j+http://127.0.0.1:$(cat "$real/port")/neo4j"
	og doctor --fix >doctor || true
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
