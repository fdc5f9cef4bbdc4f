# The life of a skill: its tests, what has changed in it, what it touches.

load helper

setup() {
	skills=$OG_TESTS/../share/skills
}

stock_of() { # the items of its tests
	mkdir -p stock-of
	cat >stock-of/SKILL.md <<END
---
name: stock-of
description: Say how many of a product are left.
metadata: {og-kind: workflow, og-roles: "employee admin"}
---
## When
- tell me the quantity of {product:ref(products.name)} left
## Steps
### count
\`\`\`sql read as products
SELECT name, stock_quantity FROM products WHERE id = :product_id
\`\`\`
## Answer
{stock_quantity} of {product}.
## Grants
\`\`\`grants
[{"tbl": "products", "verbs": ["select"], "predicate": "t.clearance_level <= :clearance"}]
\`\`\`
${1:+## Tests

$1}
END
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
