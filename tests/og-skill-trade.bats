# Skills out and in again: files, lines, and a real Neo4j.

load helper

setup() {
	instance
}

# Name, hash and edges of every skill of an instance.
skills_of() { # INSTANCE
	sqlite3 "$1/erp.db" "SELECT name, hash, clearance, kind FROM og_skill WHERE active = 1 ORDER BY name;
		SELECT source, type, target FROM og_edge ORDER BY 1, 2, 3"
}

# An instance that holds no skills, with an admin.
empty_instance() {
	og init empty >/dev/null
	other=$PWD/empty/.omnigate
	sqlite3 "$other/erp.db" "SELECT count(*) FROM og_skill"
}

a_neo4j() { # skips with the reason where there is none
	local lack
	lack=$("$OG_TESTS/servers/neo4j" fetch 2>&1) || skip "${lack:-no Neo4j}"
	[ -n "${OG_NEO4J:-}" ] || OG_NEO4J=$(OG_OWNER=$$ "$OG_TESTS/servers/neo4j" start "$PWD/neo4j" 3>&-)
	url=neo4j+http://127.0.0.1:$OG_NEO4J/neo4j
	login=$PWD/neo4j/login
}

teardown() {
	[ ! -d neo4j ] || "$OG_TESTS/servers/neo4j" stop neo4j
}

cypher() { # STATEMENT
	curl -s -u "$(cat "$login")" -H 'Content-Type: application/json' -H 'Accept: application/json' \
		-d "$(jq -n --arg s "$1" '{statement: $s}')" "http://127.0.0.1:$OG_NEO4J/db/neo4j/query/v2"
}

@test "lines carry every skill to another instance" {
	og-skill export --as owner >lines
	[ "$(wc -l <lines)" -eq "$(sqlite3 "$OG_HOME/erp.db" 'SELECT count(*) FROM og_skill WHERE active = 1')" ]
	jq -e '.v == 1 and (.hash | length) == 64 and .doc.name' lines >all
	[ "$(empty_instance)" -eq 0 ]
	other=$PWD/empty/.omnigate
	run -0 og-skill import --home "$other" --as owner lines
	[[ "$output" == imported* ]]
	diff <(skills_of "$OG_HOME") <(skills_of "$other")
	[ "$(sqlite3 "$other/erp.db" "SELECT count(*) FROM og_grant WHERE subject LIKE 'skill:%'")" -eq 0 ]
	run -0 og-skill import --home "$other" --as owner - <lines
	[[ "$output" == unchanged* && "$output" != *imported* ]]
	og-ledger verify --home "$other"
}

@test "files are what was added" {
	run -0 og-skill export --as owner out
	og-skill show --as owner --source order-verification >source || true
	for file in out/*/SKILL.md; do
		og-skill parse "$file" >/dev/null
	done
	empty_instance >/dev/null
	other=$PWD/empty/.omnigate
	og-skill add --home "$other" --as owner out >added
	diff <(skills_of "$OG_HOME") <(skills_of "$other")
}

@test "nobody takes out what he may not read" {
	og-skill export --as charlie >lines
	[ "$(jq -s '[.[].doc.clearance] | max' lines)" -eq 1 ]
	[ "$(wc -l <lines)" -lt "$(og-skill export --as owner | wc -l)" ]
}

@test "a record that shows one thing and does another is refused" {
	og-skill export --as owner >lines
	before=$(entries)
	jq -c 'select(.doc.steps | length > 0) | .doc.source |= sub("\n## Steps"; "\nIt does nothing.\n## Steps")' lines |
		head -n 1 >changed
	run -65 og-skill import --as owner changed
	[[ "$output" == *"another hash than it says"* ]]
	# With a hash that fits: the record is canonical JSON here, sorted and tight.
	jq -c '.doc.answer = "Paid." | .doc' lines | head -n 1 >doc
	hash=$(jq -cS . doc | tr -d '\n' | sha256sum | cut -c1-64)
	jq -c --arg hash "$hash" '{doc: ., hash: $hash}' doc >deceit
	run -65 og-skill import --as owner deceit
	[[ "$output" == *"says something else than its record"* ]]
	echo '{"doc":{"name":"x"}}' >none
	run -65 og-skill import --as owner none
	echo '[' >none
	run -65 og-skill import --as owner none
	[[ "$output" == *"line 1"* ]]
	# What comes behind a NUL byte is not passed over in silence.
	{ head -n 1 lines && printf '\0\n' && echo '['; } >none
	run -65 og-skill import --as owner none
	[[ "$output" == *"holds a NUL byte"* ]]
	run -66 og-skill import --as owner nowhere
	[ "$(entries)" -eq "$before" ]
}

@test "who may not add skills imports none" {
	before=$(skills_of "$OG_HOME")
	greeting='---
name: greeting
description: Say hello.
metadata: {og-kind: workflow}
---
## When
- good morning
## Steps
### look
```sql read
SELECT 1 AS one
```
'
	og-skill parse <(printf %s "$greeting") >doc
	jq -c --arg hash "$(tr -d '\n' <doc | sha256sum | cut -c1-64)" '{doc: ., hash: $hash}' doc >line
	run -1 og-skill import --as charlie line
	[[ "$output" == *"cannot import 'greeting'"* ]]
	[ "$(skills_of "$OG_HOME")" = "$before" ]
	og-skill import --as owner line
	[ "$(skills_of "$OG_HOME")" != "$before" ]
}

@test "a Neo4j gives back what was put there, and says what it leaves out" {
	a_neo4j
	run -0 og-skill export --as owner --login "$login" "$url"
	[[ "$output" == "put "*" skills into neo4j of http://127.0.0.1:$OG_NEO4J" ]]
	cypher "MATCH (s:Skill:Workflow {name: 'order-verification'}) RETURN s.hash" >found
	[ "$(cypher 'SHOW CONSTRAINTS YIELD name RETURN count(*)' | jq '.data.values[0][0]')" -eq 4 ]
	empty_instance >/dev/null
	other=$PWD/empty/.omnigate
	run -0 --separate-stderr og-skill import --home "$other" --as owner --login "$login" "$url"
	[ -z "$stderr" ]
	diff <(skills_of "$OG_HOME") <(skills_of "$other")

	name=$(sqlite3 "$OG_HOME/erp.db" 'SELECT min(name) FROM og_skill')
	cypher "MATCH (s:Skill {name: '$name'}) SET s.colour = 'red' CREATE (s)-[:OWNED_BY]->(:Person {name: 'Ada'})
		CREATE (s)-[:NEXT]->(:Skill:Missing {name: 'elsewhere'})
		CREATE (:Skill:Workflow {name: 'bare', active: true, clearance: 1, id: 9999})" >/dev/null
	run -0 --separate-stderr og-skill import --home "$other" --as owner --login "$login" "$url"
	[[ "$stderr" == *"$name NEXT elsewhere: the skill does not say so"* ]]
	[[ "$stderr" == *"skill 'bare': its doc is missing or damaged"* ]]
	[[ "$stderr" == *"label 'Person', 1 times"* && "$stderr" == *"edge 'OWNED_BY'"* && "$stderr" == *"property 'colour'"* ]]
	diff <(skills_of "$OG_HOME") <(skills_of "$other")

	echo neo4j:wrong >key
	chmod 600 key
	run -77 og-skill import --as owner --login key "$url"
	[[ "$output" == *"refuses the login"* ]]
	run -64 og-skill import --as owner neo4j+http://127.0.0.1
	run -69 og-skill import --as owner neo4j+http://127.0.0.1:1/neo4j
}
