# The graph elsewhere: skills that are put go to a Neo4j after they are in
# force here, and are brought there later where that was not possible. The
# server is a real one (tests/servers/neo4j), behind a door that can be shut.
# What every store of skills has to do is asked here too (graph-suite.bash):
# a server takes as long to start and to warm up as all that to be asked.

load helper
load channel-helper
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
	port=$(free_port)
	serve
	conf graph "neo4j+http://127.0.0.1:$port/neo4j"
	og doctor --fix >doctor || true
}

teardown() {
	[ -z "${shield:-}" ] || kill "$shield" 2>/dev/null || true
	[ ! -s pid ] || kill "$(cat pid)" 2>/dev/null || true
}

# serve, stop: the door to the server.
serve() {
	socat "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork" "TCP:127.0.0.1:$(cat "$real/port")" 3>&- &
	echo $! >pid
	until_true curl -s "http://127.0.0.1:$port"
}

stop() {
	kill "$(cat pid)"
	wait "$(cat pid)" 2>/dev/null || true
}

add() {
	og-skill add --as alice greeting.md 2>stderr
}

check() { # the line of og doctor
	og doctor "$@" --json | jq -r 'select(.check == "graph") | "\(.state) \(.what)"'
}

agrees() {
	[ "$(og-skill diff --store --as alice)" = "all $(erp 'SELECT count(*) FROM og_skill WHERE active = 1') agree with http://127.0.0.1:$port/neo4j" ]
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

@test "an instance that names a store later: og doctor --fix brings everything there" {
	grep -q '^fixed *graph *neo4j at ' doctor
	agrees
	[ "$(erp 'SELECT count(*) FROM og_remote')" -eq 0 ]
	[[ "$(check)" == "ok neo4j at http://127.0.0.1:$port/neo4j, where "*" agree with the ledger" ]]
	og status | grep -qx "graph     neo4j at http://127.0.0.1:$port/neo4j, 0 due"
	run -0 --separate-stderr og-skill list --as charlie --json
	[ -z "$stderr" ]
	[ "$(jq -r .name <<<"$output" | sort | paste -sd' ')" = "$(erp 'SELECT name FROM og_skill
		WHERE active = 1 AND clearance <= 1 ORDER BY name' | paste -sd' ')" ]
	og-ledger verify --state
}

@test "a put is an intent, the store, an outcome" {
	greeting
	before=$(entries)
	add
	cat stderr
	[ ! -s stderr ]
	[ "$(erp "SELECT group_concat(action) FROM audit_ledger WHERE seq > $before")" = skill,store ]
	[ "$(erp "SELECT json_extract(body, '\$.ok', '\$.items[0].intent', '\$.items[0].hash')
		FROM audit_ledger WHERE seq = $before + 2")" = \
		"[true,$((before + 1)),\"$(erp "SELECT hash FROM og_skill WHERE name = 'greeting'")\"]" ]
	agrees
}

@test "down at the put, back, and brought there by og doctor --fix" {
	greeting
	stop
	add
	grep -q '^og-skill: greeting is in force; the store elsewhere has not taken it: ' stderr
	run -0 --separate-stderr og-skill list --as charlie --json
	[[ "$stderr" == *'the local copy answers, not the store elsewhere: '* ]]
	grep -q greeting <<<"$output"
	[[ "$(check)" == bad* ]]
	run -69 og-skill diff --store --as alice
	run -1 og status --json
	jq -e '.problems[] | select(.check == "graph")' <<<"$output"
	serve
	[[ "$(check)" == bad* ]]
	[[ "$(check --fix)" == fixed* ]]
	agrees
	og-ledger verify --state
}

@test "a server that lies shows nobody more, and is found out" {
	says() { # CYPHER DIFFERENCE
		cypher "$1" >/dev/null
		run -1 og-skill diff --store --as alice
		echo "$output"
		[ "$output" = "$2" ]
		[[ "$(check)" == 'bad http://'*' differs from the ledger in 1, '* ]]
		og-skill list --as charlie --json >list 2>stderr
		[ "$(jq -S . list)" = "$honest" ]
	}
	honest=$(og-skill list --as charlie --json | jq -S .)
	says "MATCH (s:Skill {name: 'high-value-transaction'}) SET s.clearance = 1" \
		'high-value-transaction: is there with another clearance'
	grep -qx 'og-skill: the store elsewhere gave 1 that are not as the ledger has them; og doctor' stderr
	check --fix >/dev/null
	agrees
	says "MATCH (s:Skill {name: 'procure-to-pay'}) SET s.doc = replace(s.doc, 'stock', 'shelf')" \
		'procure-to-pay: is there with another text'
	check --fix >/dev/null
	agrees
	says "MATCH (s:Skill {name: 'procure-to-pay'}) SET s.hash = '0'" \
		'procure-to-pay: is there in another version'
	check --fix >/dev/null
	agrees
	says "MATCH (:Skill {name: 'high-value-transaction'})-[e:GOVERNS]->() DELETE e" \
		'high-value-transaction: is there with other edges'
	check --fix >/dev/null
	agrees
	says "MATCH (s:Skill {name: 'loop-test'}) DETACH DELETE s" 'loop-test: is not there'
	check --fix >/dev/null
	agrees
	# What binds was never in its hands.
	[ "$(ask charlie 'buy 2 standing desks' | jq -r .state)" = compensated ]
}

@test "what is there and nobody's is named, and left alone" {
	cypher "CREATE (:Skill:Workflow {name: 'mallory', hash: '0', id: 99, clearance: 1, active: true})" >/dev/null
	run -1 og-skill diff --store --as alice --json
	[ "$(jq -c 'del(.v)' <<<"$output")" = '{"due":false,"name":"mallory","store":"graph","why":"unknown"}' ] ||
		jq -e '.name == "mallory" and .why == "unknown" and .due == false' <<<"$output"
	run -1 --separate-stderr og-skill diff --store --as charlie
	[ -z "$output" ]
	[[ "$stderr" == *"charlie has no right 'skill'"* ]]
	[[ "$(check --fix)" == 'warn 1 at '*' are none of ours and were left alone: mallory (unknown)' ]]
	not grep -q mallory <<<"$(og-skill list --as alice --json)"
	[ "$(cypher "MATCH (s:Skill {name: 'mallory'}) RETURN count(s)" | jq -c .data.values)" = '[[1]]' ]
}

@test "the wrong password is said to be wrong" {
	(umask 077 && echo neo4j:sesame >"$OG_HOME/graph.key")
	[[ "$(check)" == *'; is graph_key right?' ]]
	greeting
	add
	grep -q 'is in force' stderr
	not grep -q sesame stderr
}

@test "a search that is numbered has its record, and asks no store while it makes it" {
	stop
	task_of alice 'tidy up the shelves'
	shield
	begin og-worker/model
	act skill.list '{"call":0}'
	[ "$(jq -r .store <<<"$reply")" = local ]
	first=$(jq -S 'del(.id, .replayed)' <<<"$reply")
	act skill.list '{"call":0}'
	[ "$(jq .replayed <<<"$reply")" = true ]
	[ "$(jq -S 'del(.id, .replayed)' <<<"$reply")" = "$first" ]
	not act skill.match '{"call":0,"text":"x"}'
	refused other-call
	begin og-worker/other
	old=$((epoch - 1))
	epoch=$old
	not act skill.list '{"call":1}'
	refused stale-epoch
	shield_end
}

@test "a step that puts a skill tells the store, and so does its undo" {
	task_of alice 'Add an Express Freight Delivery workflow to govern freight orders'
	shield
	begin
	act step.run '{"skill":"add-skill","step":"add-node","slots":{"title":"Express Freight Delivery","subject":"freight orders"}}'
	[ "$(jq .stored <<<"$reply")" = true ]
	agrees
	n=$(erp 'SELECT count(*) FROM og_skill WHERE active = 1')
	undo || { echo "$reply"; false; }
	[ "$(jq .stored <<<"$reply")" = true ]
	[ "$(erp 'SELECT count(*) FROM og_skill WHERE active = 1')" -eq $((n - 1)) ]
	finish compensated
	shield_end
	agrees
	og-ledger verify --state
}

@test "two shields at once: what is in force is what the store has" {
	for _ in 1 2; do
		for clearance in 1 2 3; do
			greeting "$clearance"
			mv greeting.md "g$clearance.md"
		done
		adding=
		for clearance in 1 2 3; do
			og-skill add --as alice "g$clearance.md" >/dev/null 2>>errors 3>&- &
			adding="$adding $!"
		done
		wait $adding
		[ "$(erp 'SELECT count(*) FROM og_remote')" -eq 0 ]
		agrees
	done
	cat errors
	[ ! -s errors ]
}

@test "the shield killed everywhere while a skill is put and told" {
	greeting
	keep_pristine
	n=1
	while again && killed_at $n add; do
		og-ledger verify --state >/dev/null
		check --fix >said
		[ "$(erp 'SELECT count(*) FROM og_remote')" -eq 0 ]
		# What was told of a put that never was is not ours any more.
		if [ "$(erp "SELECT count(*) FROM og_skill WHERE name = 'greeting'")" -eq 1 ]; then
			agrees
		fi
		n=$((n + ${OG_FULL:+-3} + 4))
	done
	[ "$n" -gt 4 ]
}
