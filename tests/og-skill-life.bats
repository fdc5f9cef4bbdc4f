# The life of a skill: its tests, what has changed in it, what it touches.

load helper

setup() {
	skills=$OG_TESTS/../share/skills
}

stock_of() { # the items of its tests
	mkdir -p stock-of
	{
		stock_of_skill 'Say how many of a product are left.'
		cat <<END
## Grants
\`\`\`grants
[{"tbl": "products", "verbs": ["select"], "predicate": "t.clearance_level <= :clearance"}]
\`\`\`
${1:+## Tests

$1}
END
	} >stock-of/SKILL.md
}

@test "test: a skill is tried before it is added, in copies, and nothing stays" {
	instance
	stock_of '- as bob: "tell me the quantity of standing desks left"
  -> done, says "30 of Standing Desk", changes nothing
- as charlie: "buy 1 ergonomic chair", then as bob: "tell me the quantity of ergonomic chairs left"
  -> done, hides "Laptop"
- as charlie: "tell me the quantity of standing desks left" -> denied
- as charlie: "buy 2 standing desks" -> compensated, by procure-to-pay, changes orders +1, order_items +1'
	before=$(business) entries=$(entries)
	run --separate-stderr og-skill test --as alice stock-of
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "${lines[1]}" = 1..4 ]
	[ "$(grep -c '^ok' <<<"$output")" -eq 4 ]
	[ "$(business)" = "$before" ]
	[ "$(entries)" -eq "$entries" ]
	run og-skill show --as alice stock-of
	[ "$status" -eq 1 ]
}

@test "test: what does not come true fails, with the item and why" {
	instance
	stock_of '- as bob: "tell me the quantity of standing desks left" -> done, says "29 of"
- as bob: "tell me the quantity of standing desks left" -> done, hides "30 of"
- as bob: "tell me the quantity of standing desks left" -> denied
- as charlie: "buy 1 ergonomic chair" -> done, by procure-to-pay, changes nothing
- as charlie: "buy 1 ergonomic chair" -> done
- as bob: "tell me the quantity of standing desks left" -> done'
	run --separate-stderr og-skill test --as alice ./stock-of/SKILL.md
	[ "$status" -eq 1 ]
	[ "$(grep -c '^not ok' <<<"$output")" -eq 5 ]
	[[ "$output" == *'ok 6'* ]]
	[[ "$output" == *'#   as bob: "tell me the quantity of standing desks left" -> done, says "29 of"'* ]]
	[[ "$output" == *'#   effects'* ]]
	[[ "$output" == *'#   skill'* ]]
	run --separate-stderr og-skill test --as alice --json ./stock-of
	[ "$status" -eq 1 ]
	[ "$(jq -c 'select(.summary) | [.passed, .failed]' <<<"$output")" = '[1,5]' ]
}

@test "test: of a skill in force, of all of them, of none" {
	instance
	run --separate-stderr og-skill test --as alice procure-to-pay
	[ "$status" -eq 66 ]
	stock_of '- as bob: "tell me the quantity of standing desks left" -> done'
	og-skill add --as alice --grant stock-of >/dev/null
	rm -r stock-of
	run --separate-stderr og-skill test --as alice stock-of
	[ "$status" -eq 0 ]
	[[ "$output" == *'ok 1 - stock-of-1'* ]]
	run --separate-stderr og-skill test --as alice
	[ "$status" -eq 0 ]
	[[ "$output" == *'ok '*' - stock-of-1'* ]]
	run og-skill test --as alice no-such-skill
	[ "$status" -eq 1 ]
}

@test "test: an item that is not understood is an error with its line" {
	cd "$BATS_TEST_TMPDIR"
	stock_of '- as bob: "x" -> finished'
	run --separate-stderr og-skill lint stock-of/SKILL.md
	[ "$status" -eq 65 ]
	[[ "$output" == "stock-of/SKILL.md:21: error: test: after "*"expected a state"* ]]
}

@test "test --demo needs no instance, and somebody who may add" {
	cd "$BATS_TEST_TMPDIR"
	unset OG_HOME
	stock_of '- as bob: "tell me the quantity of standing desks left" -> done'
	run --separate-stderr og-skill test --demo --as alice stock-of
	[ "$status" -eq 0 ]
	run --separate-stderr og-skill test --demo --as charlie stock-of
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"stock-of"* ]]
	run og-skill test --demo stock-of
	[ "$status" -eq 77 ]
	run og-skill test --demo --as alice
	[ "$status" -eq 64 ]
}

# One picture or page: well-formed as far as a browser's parser says.
well_formed() {
	python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$1" 2>/dev/null ||
		! command -v python3 >/dev/null
}

@test "graph: Mermaid, a picture and a page, of what may be seen" {
	instance
	og-skill graph --as bob --svg >g.svg
	well_formed g.svg
	grep -q '<title>high-value-transaction GOVERNS procure-to-pay</title>' g.svg
	not grep -qi '<script\|<foreignObject\|href=\|url(http' g.svg
	og-skill graph --as charlie --svg >c.svg
	not grep -q 'high-value' c.svg
	og-skill graph --as bob --html >g.html
	grep -q "default-src 'none'" g.html
	not grep -qi '<script\|src=\|href=' g.html
	og-skill graph --as bob --mermaid >g.mmd
	head -n 1 g.mmd | grep -qx 'flowchart LR'
	grep -q '==>|"GOVERNS"|' g.mmd
	run --separate-stderr og-skill graph --as bob --svg --mermaid
	[ "$status" -eq 64 ]
	run bash -c 'og-skill graph --as bob --svg >/dev/full'
	[ "$status" -eq 74 ]
}

@test "graph: a table's name with markup in it stays text" {
	instance
	cat >SKILL.md <<'END'
---
name: sly
description: A skill with a sly table.
metadata: {og-kind: workflow, og-touches: "</title><script>alert(1)</script> \"x\"];}"}
---
Prose.
END
	og-skill add --as alice SKILL.md >/dev/null
	og-skill graph --as alice --svg >g.svg
	well_formed g.svg
	not grep -q '<script' g.svg
	og-skill graph --as alice --html >g.html
	not grep -q '<script' g.html
	og-skill graph --as alice --mermaid >g.mmd
	not grep -q '<script' g.mmd
	og-skill graph --as alice --dot >g.dot
	! command -v dot >/dev/null || dot -Tsvg g.dot >/dev/null
}

@test "map: each skill with what binds it, also through what governs it" {
	instance
	printf -- '---\nname: old-limit\nnode: procure-to-pay\nlimits: limit=400\nexpires: 2020-01-31\n---\nOld.\n' >old.md
	printf -- '---\nname: lost\nnode: no-such-skill\n---\nLost.\n' >lost.md
	og-policy add --as alice old.md >/dev/null
	og-policy add --as alice lost.md >/dev/null
	run --separate-stderr og-policy map --as alice
	[ "$status" -eq 0 ]
	[[ "$output" == *$'procure-to-pay (workflow, clearance 1)\n  old-limit, '*', expired 2020-01-31'* ]]
	[[ "$output" == *'payment-authorization-act, law, clearance 2, in force, through high-value-transaction'* ]]
	[[ "$output" == *$'no-such-skill (no skill that can be seen)\n  lost, '* ]]
	[[ "$output" == *'bound by none: audit-orders, '* ]]
	og-policy map --as alice --json >map
	[ "$(jq -c 'select(.node == "procure-to-pay") | [.policies[] | [.name, .through, .standing]]' map)" = \
		'[["old-limit",null,"expired"],["ceo-memo-compliance-limit","high-value-transaction",null],["payment-authorization-act","high-value-transaction",null]]' ]
	run --separate-stderr og-policy map --as charlie
	not grep -q 'high-value-transaction\|ceo-memo' <<<"$output"
	og-policy map --as alice --svg >map.svg
	well_formed map.svg
	grep -q '<title>old-limit BINDS procure-to-pay</title>' map.svg
	grep -q 'class="og-past"><title>old-limit' map.svg
	og-policy map --as alice --mermaid | grep -q '==>|"BINDS"|'
	og-policy map --as alice --dot | head -n 1 | grep -qx 'digraph "policies" {'
}

@test "diff: what matters for security first, then a patch" {
	instance
	stock_of
	mkdir src
	mv stock-of src/
	run --separate-stderr og-skill diff --as alice src/stock-of
	[ "$status" -eq 1 ]
	[[ "$output" == *$'\ngrants      + {'* ]]
	og-skill add --as alice --grant src/stock-of >/dev/null
	run --separate-stderr og-skill diff --as alice src/stock-of/SKILL.md
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	cp src/stock-of/SKILL.md old
	first=$(og-skill show --as alice --json stock-of | quick_jq -r .hash)
	sed -i 's/employee admin/employee admin customer/; s/tell me the/say the/' src/stock-of/SKILL.md
	og-skill add --as alice --grant src/stock-of >/dev/null
	run --separate-stderr og-skill diff --as alice stock-of
	[ "$status" -eq 1 ]
	[ "${lines[1]}" = 'roles       + customer' ]
	sed -n '/^---/,$p' <<<"$output" >patch
	patch -s old patch
	cmp old src/stock-of/SKILL.md
	run --separate-stderr og-skill diff --as alice stock-of "${first:0:8}"
	[ "$status" -eq 1 ]
	run --separate-stderr og-skill diff --as alice stock-of "$first" "${first:0:8}"
	[ "$status" -eq 0 ]
	run --separate-stderr og-skill diff --as alice stock-of ffffffff
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"there is no version"* ]]
	[ "$(og-skill diff --as alice --json stock-of | jq -c '.changes[0]')" = \
		'{"what":"roles","removed":[],"added":["customer"]}' ]
	# what may not be known of is not compared either
	run --separate-stderr og-skill diff --as charlie high-value-transaction
	[ "$status" -eq 1 ]
	[ -z "$output" ]
}

@test "a task that waits keeps the version it began with while another is put" {
	instance
	stock_of
	og-skill add --as alice --grant stock-of >/dev/null
	printf -- '---\nname: ask-first\nnode: stock-of\napproval: 1=1\nstep: count\n---\nAsk.\n' >ask-first.md
	og-policy add --as alice ask-first.md >/dev/null
	id=$(og-submit --as bob 'tell me the quantity of standing desks left')
	og-worker --drain --quiet
	sed -i 's/^{stock_quantity} of/There are {stock_quantity} of/' stock-of/SKILL.md
	og-skill add --as alice --grant stock-of >/dev/null
	run --separate-stderr og-skill impact --as alice stock-of
	old=$(og-task list --as bob --state waiting --json | quick_jq -r .skill_hash)
	[[ "$output" == *"$id waiting stock-of@${old:0:12} (not the version in force)"* ]]
	[ "$(og-skill impact --as alice --json stock-of | jq -c '.tasks[] | [.task, .state, .skill, .hash, .active]')" = \
		"[\"$id\",\"waiting\",\"stock-of\",\"$old\",false]" ]
	og-task approve --as alice "$id" >/dev/null 2>&1
	og-worker --drain --quiet
	run --separate-stderr og-task show --as bob --json "$id"
	[ "$(jq -r '[.state, .answer] | join(" ")' <<<"$output")" = 'done 30 of Standing Desk.' ]
}

@test "impact: over edges, policies and tables, as far as may be seen" {
	instance
	[ "$(og-skill impact --as alice --json payment-authorization-act | jq -c '.affected')" = \
		'["high-value-transaction","order-to-cash","order-verification","procure-to-pay"]' ]
	run --separate-stderr og-skill impact --as alice products
	[[ "$output" == *"touched by"*"procure-to-pay"* ]]
	run --separate-stderr og-skill impact --as charlie payment-authorization-act
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	run --separate-stderr og-skill impact --as charlie procure-to-pay
	[ "$status" -eq 0 ]
	[[ "$output" != *high-value* ]]
}

@test "check: what leads nowhere" {
	instance
	run --separate-stderr og-skill check --as alice
	[ "$status" -eq 0 ]
	[[ "$output" == *'loop-test: note: NEXT leads to itself'* ]]
	printf -- '---\nname: astray\ndescription: d\nmetadata: {og-governs: no-such}\n---\n' >SKILL.md
	og-skill add --as alice SKILL.md >/dev/null
	run --separate-stderr og-skill check --as alice
	[ "$status" -eq 1 ]
	[[ "$output" == *"astray: warning: GOVERNS 'no-such', which is not there"* ]]
}

@test "lock and verify: signed, in an instance and in a folder without one" {
	instance
	og-skill lock --as alice --policies lock
	run --separate-stderr og-skill verify --as alice lock
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[[ "$stderr" == *"signed with "*" as alice"* ]]
	key=$(quick_jq -r .pubkey lock)
	cp -r "$skills" folder
	( unset OG_HOME; cd /; og-skill verify --pubkey "$key" "$BATS_TEST_TMPDIR/lock" "$BATS_TEST_TMPDIR/folder" ) 2>said
	[[ "$(cat said)" == *'those of the lock are not compared'* ]]
	sed -i 's/"1"/"2"/' folder/procure-to-pay/SKILL.md
	rm -r folder/loop-test
	stock_of
	mv stock-of folder/
	run --separate-stderr og-skill verify --pubkey "$key" lock folder
	[ "$status" -eq 1 ]
	[ "$(cut -d: -f1 <<<"$output")" = $'missing skill loop-test\nchanged skill procure-to-pay\nadded skill stock-of' ]
	[ "$(og-skill verify --pubkey "$key" --json lock folder | quick_jq -r .what | paste -sd' ')" = 'missing changed added' ]
	# changed afterwards, and signed by somebody else
	sed 's/"clearance":2/"clearance":1/' lock >forged
	run --separate-stderr og-skill verify --as alice forged
	[ "$status" -eq 77 ]
	og-skill lock --as bob other
	run --separate-stderr og-skill verify --as alice --pubkey "$key" other
	[ "$status" -eq 77 ]
	[[ "$stderr" == *"signed with another key"* ]]
	# bob may not know of all, alice sees what is more
	run --separate-stderr og-skill verify --as alice other
	[ "$status" -le 1 ]
	echo '{}' >none
	run og-skill verify --as alice none
	[ "$status" -eq 65 ]
	# a policy that changes shows as well
	printf -- '---\nname: new-rule\nnode: procure-to-pay\n---\nA rule.\n' >new-rule.md
	og-policy add --as alice new-rule.md >/dev/null
	run --separate-stderr og-skill verify --as alice --pubkey "$key" lock
	[ "$status" -eq 1 ]
	[[ "$output" == "added policy new-rule: "* ]]
}

@test "verify: a lock is of one instance, and a policy that is not there is missing" {
	instance
	og-skill lock --as alice --policies lock
	key=$(quick_jq -r .pubkey lock)
	[ "$(quick_jq -r .genesis lock)" = "$(sqlite3 "$OG_HOME/erp.db" 'SELECT hash FROM audit_ledger WHERE seq = 1')" ]
	# the same skills and policies, in another instance
	og init --demo other >/dev/null
	run --separate-stderr og-skill verify --home other/.omnigate --as alice --pubkey "$key" lock
	[ "$status" -eq 1 ]
	[[ "$output" == "another instance: this is "*", the lock is of $(quick_jq -r .genesis lock | cut -c 1-12)" ]]
	run --separate-stderr og-skill verify --home other/.omnigate --as alice --pubkey "$key" --json lock
	[ "$(jq -r '.of + " " + .locked' <<<"$output")" = "instance $(quick_jq -r .genesis lock)" ]
	# a lock that says of no instance that it is of it
	jq -c 'del(.genesis)' lock >none
	run og-skill verify --as alice none
	[ "$status" -eq 65 ]
	# whoever may not see a policy, for them it is not there
	run --separate-stderr og-skill verify --as charlie --pubkey "$key" lock
	[ "$status" -eq 1 ]
	[[ "$output" == *'missing policy '* ]]
}
