# Stores elsewhere: the graph in Neo4j, the vectors in Qdrant, as the shield
# keeps them: the local copy first, an intent, the store, an outcome.

load helper
load channel-helper
load stores-helper

setup() {
	instance
	unset http_proxy https_proxy all_proxy no_proxy HTTPS_PROXY ALL_PROXY NO_PROXY
}

teardown() {
	[ -z "${shield:-}" ] || kill "$shield" 2>/dev/null || true
}

# The entries from $1 on: action, and of outcomes whether it went well.
story() {
	erp "SELECT trim(action || ' ' || coalesce(json_extract(body, '\$.ok'), ''))
		FROM audit_ledger WHERE seq > $1 ORDER BY seq" | paste -sd,
}

children() {
	for pid in $(cat "/proc/$shield/task/$shield/children"); do
		tr '\0' ' ' <"/proc/$pid/cmdline"
		echo
	done
}

@test "where all is embedded nothing is started and nothing is due" {
	greeting
	shield
	say session.begin '{"principal":"alice"}'
	[ -z "$(children)" ]
	shield_end
	before=$(entries)
	og-skill add --as alice greeting.md >out
	[ "$(story "$before")" = skill ]
	[ "$(erp 'SELECT count(*) FROM og_remote')" -eq 0 ]
	[ ! -e "$OG_HOME/run/remote.lock" ]
	[ "$(erp "SELECT count(*) FROM audit_ledger WHERE body LIKE '%\"remote\"%'")" -eq 0 ]
}

@test "a store elsewhere has an og-http of its own, with its origin and its secret" {
	(umask 077 && echo neo4j:sesame >"$OG_HOME/graph.key" && echo key-1 >"$OG_HOME/vectors.key")
	export OG_GRAPH=neo4j+http://127.0.0.1:9/neo4j OG_GRAPH_KEY=graph.key
	export OG_VECTORS=qdrant+http://127.0.0.1:9/omnigate OG_VECTORS_KEY=vectors.key
	shield
	say session.begin '{"principal":"alice"}'
	children >started
	[ "$(wc -l <started)" -eq 2 ]
	grep -q 'og-http --allow http://127.0.0.1:9 --login http://127.0.0.1:9=.*/graph.key' started
	grep -q 'og-http --allow http://127.0.0.1:9 --secret http://127.0.0.1:9=api-key=.*/vectors.key' started
	not grep -q sesame started
	# A one-shot tells no store anything.
	[ "$(og-shield query --as alice --json 'SELECT count(*) AS n FROM products' | jq .n)" -eq 7 ]
}

@test "a store that is no place, and files that are no secrets, are said at once" {
	look() { run -78 og-shield --channel </dev/null; }
	export OG_GRAPH=neo4j+http://127.0.0.1:9
	look
	[[ "$output" == "og-shield: graph: 'neo4j+http://127.0.0.1:9' does not end with a name behind one '/'"* ]]
	[[ "$output" == *'hint: graph = neo4j+http://127.0.0.1:7474/neo4j, or sqlite:' ]]
	OG_GRAPH=neo4j+http://neo4j:sesame@127.0.0.1:9/neo4j look
	[[ "$output" == *"has a user in it, whose secret belongs in a file"* ]]
	[[ "$output" != *sesame* ]]
	OG_GRAPH=bolt://127.0.0.1:9/neo4j look
	[[ "$output" == *"'bolt://127.0.0.1:9/neo4j' is no store that this program knows"* ]]
	OG_GRAPH=sqlite: OG_VECTORS=qdrant+http://127.0.0.1:9/a/b look
	[[ "$output" == *'vectors: '*"does not end with a name"*'hint: vectors = qdrant+http://'* ]]
	export OG_GRAPH=neo4j+http://127.0.0.1:9/neo4j
	OG_GRAPH_KEY=nowhere look
	[[ "$output" == *"graph: cannot open secret of a store '$OG_HOME/nowhere'"* ]]
	(umask 022 && echo neo4j:sesame >"$OG_HOME/open")
	OG_GRAPH_KEY=open look
	[[ "$output" == *'graph: '*"$OG_HOME/open"* ]]
	OG_GRAPH_CA=nowhere look
	[[ "$output" == *"graph: cannot read certificates '$OG_HOME/nowhere'"* ]]
}

@test "what is put while the store is down is in force, and due" {
	export OG_GRAPH=neo4j+http://127.0.0.1:9/neo4j
	greeting
	before=$(entries)
	og-skill add --as alice greeting.md
	[ "$(story "$before")" = 'skill,store 0' ]
	[ "$(og-skill match --as charlie --json 'good morning' | jq -r .match.skill)" = greeting ]
	# The entry is the intent, the next one says what came of it.
	[ "$(erp "SELECT json_extract(body, '\$.remote[0].store', '\$.remote[0].name')
		FROM audit_ledger WHERE seq = $before + 1")" = '["graph","greeting"]' ]
	[ "$(erp "SELECT json_extract(body, '\$.items[0].name', '\$.items[0].intent')
		FROM audit_ledger WHERE seq = $before + 2")" = "[\"greeting\",$((before + 1))]" ]
	[ "$(erp 'SELECT store, name, seq, tries FROM og_remote')" = "graph|greeting|$((before + 1))|1" ]
	[ -n "$(erp "SELECT why FROM og_remote")" ]
	# A newer version takes its place.
	greeting 2
	og-skill add --as alice greeting.md
	[ "$(erp 'SELECT name, seq FROM og_remote')" = "greeting|$((before + 3))" ]
	[ "$(erp "SELECT count(*) FROM og_remote r JOIN og_skill s USING (name, hash) WHERE s.active = 1")" -eq 1 ]
	# Whoever imports it is told so, as whoever adds it is.
	og-skill export --as alice | jq -c 'select(.doc.name == "greeting")' >line
	greeting 1
	og-skill add --as alice greeting.md 2>/dev/null
	run -0 --separate-stderr og-skill import --as alice line
	[[ "$output" == 'imported greeting@'* ]]
	[[ "$stderr" == *'greeting is in force; the store elsewhere has not taken it: '* ]]
	# It is no state that the ledger would have to know of.
	og-ledger verify --state
}
