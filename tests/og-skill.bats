# og-skill: parse and lint without an instance, the rest in a demo one.

load helper

write_skill() { # name, more front matter; body on standard input
	mkdir -p "$BATS_TEST_TMPDIR/$1"
	{
		printf -- '---\nname: %s\ndescription: A skill for a test.\n%b---\n' "$1" "${2:-}"
		cat
	} >"$BATS_TEST_TMPDIR/$1/SKILL.md"
}

active() {
	sqlite3 "$OG_HOME/erp.db" "SELECT hash FROM og_skill WHERE name = '$1' AND active = 1"
}

entries() {
	sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger"
}

setup() {
	PATH=$OG_BUILD/bin:$PATH
	skills=$OG_TESTS/../share/skills
}

@test "parse reads standard input and prints one canonical line" {
	cd "$BATS_TEST_TMPDIR"
	run --separate-stderr og-skill parse <"$skills/procure-to-pay/SKILL.md"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 1 ]
	[ "$(quick_jq -r .name <<<"$output")" = procure-to-pay ]
	[ "$(jq -c '[.steps[].name]' <<<"$output")" = \
		'["price","place-order","reserve-stock","authorize-payment","write-invoice","complete-order"]' ]
	[ "$(jq -r '.steps[3].blocks[0].message' <<<"$output")" = \
		"Payment Authorization Denied: order total exceeds compliance limit" ]
	[ "$(jq -cS . <<<"$output")" = "$output" ]
}

@test "parse is the same for a file and for standard input" {
	diff <(og-skill parse "$skills/add-skill/SKILL.md") <(og-skill parse - <"$skills/add-skill/SKILL.md")
}

@test "parse --each: a line for a line, each text apart from the others" {
	each() { jq -Rsc '{text: .}' "$1"; }
	printf -- '---\nname: x\ndescription: [\n---\n' >"$BATS_TEST_TMPDIR/bad.md"
	head -c 300000 /dev/zero | tr '\0' 'x' >"$BATS_TEST_TMPDIR/big.md"
	{
		each "$skills/add-skill/SKILL.md"
		each "$BATS_TEST_TMPDIR/bad.md"
		echo nonsense
		echo '{"text":7}'
		each "$BATS_TEST_TMPDIR/big.md"
		each "$skills/procure-to-pay/SKILL.md"
	} >"$BATS_TEST_TMPDIR/in"
	og-skill parse --each <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
	[ "$(jq -s length "$BATS_TEST_TMPDIR/out")" -eq 6 ]
	diff <(jq -cS 'select(.doc) | .doc' "$BATS_TEST_TMPDIR/out") \
		<(for s in add-skill procure-to-pay; do og-skill parse "$skills/$s/SKILL.md"; done)
	[ "$(quick_jq -r .code "$BATS_TEST_TMPDIR/out" | paste -sd' ')" = 'null 65 65 65 65 null' ]
	[[ "$(sed -n 2p "$BATS_TEST_TMPDIR/out" | quick_jq -r .why)" == "3: front matter"* ]]
	run og-skill parse --each "$skills/add-skill/SKILL.md"
	[ "$status" -eq 64 ]
}

@test "a skill with an error is one line with file and line, 65" {
	printf -- '---\nname: x\ndescription: [\n---\n' >"$BATS_TEST_TMPDIR/bad.md"
	run --separate-stderr og-skill parse "$BATS_TEST_TMPDIR/bad.md"
	[ "$status" -eq 65 ]
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ "$stderr" == *"bad.md:3: front matter"* ]]
}

@test "hostile bytes are refused in one line without reaching the terminal" {
	for text in '\377\376' 'a\033]0;x\007' '\342\200\256evil' '\357\273\277---'; do
		printf -- "---\nname: x\ndescription: d\n---\n$text\n" >"$BATS_TEST_TMPDIR/h.md"
		run --separate-stderr og-skill parse "$BATS_TEST_TMPDIR/h.md"
		[ "$status" -eq 65 ]
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ "$stderr" != *$'\033'* ]]
	done
}

@test "10 MB of text is refused" {
	head -c 10485760 /dev/zero | tr '\0' 'x' >"$BATS_TEST_TMPDIR/big.md"
	run --separate-stderr og-skill parse "$BATS_TEST_TMPDIR/big.md"
	[ "$status" -eq 65 ]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "no file is 66, a directory is 66, two files are misuse" {
	run --separate-stderr og-skill parse "$BATS_TEST_TMPDIR/none.md"
	[ "$status" -eq 66 ]
	[[ "$stderr" == *none.md* ]]
	run og-skill parse "$BATS_TEST_TMPDIR"
	[ "$status" -eq 66 ]
	run og-skill parse a b
	[ "$status" -eq 64 ]
	run og-skill pares a
	[ "$status" -eq 64 ]
	[[ "$output" == *parse* ]]
}

@test "a full disk is noticed" {
	run bash -c "og-skill parse '$skills/add-skill/SKILL.md' >/dev/full"
	[ "$status" -eq 74 ]
}

@test "parse can open nothing after its input" {
	command -v strace >/dev/null || skip "strace is not installed"
	strace -f -e trace=landlock_restrict_self,seccomp,prctl,read -o "$BATS_TEST_TMPDIR/trace" \
		og-skill parse "$skills/add-skill/SKILL.md" >/dev/null || skip "strace is not allowed"
	grep -q landlock_restrict_self "$BATS_TEST_TMPDIR/trace" || skip "no Landlock here"
	sed -n '/landlock_restrict_self/,$p' "$BATS_TEST_TMPDIR/trace" | grep -q 'read(.*name: add-skill'
}

@test "lint names every error and warning with its line" {
	write_skill wrong 'metadata: {og-kind: workflow}\n' <<'END'
## When
- buy {n:whole}
- sell {m:int
## Steps
### empty
### odd
```sql raed
SELECT 1
```
END
	run --separate-stderr og-skill lint "$BATS_TEST_TMPDIR/wrong/SKILL.md"
	[ "$status" -eq 65 ]
	[ -z "$stderr" ]
	[[ "$output" == *"SKILL.md:7: error: slot 'n'"* ]]
	[[ "$output" == *"SKILL.md:8: error: '{' without '}'"* ]]
	[[ "$output" == *"SKILL.md:10: warning: step 'empty'"* ]]
	[[ "$output" == *"SKILL.md:12: error: there is no block"* ]]
	run og-skill lint --json "$BATS_TEST_TMPDIR/wrong/SKILL.md"
	[ "$(jq -s 'map(select(.level == "error")) | length' <<<"$output")" -eq 3 ]
}

@test "our own skills are clean" {
	run og-skill lint "$skills"/*/SKILL.md
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "all 52 public skills parse" {
	[ -d "$OG_TESTS/../../shared/data/skills" ] || skip "../shared/data is not here"
	run --separate-stderr og-skill lint "$OG_TESTS"/../../shared/data/skills/*/*/SKILL.md
	[ "$status" -eq 0 ]
	[[ "$output" != *": error: "* ]]
	[ "$(ls "$OG_TESTS"/../../shared/data/skills/*/*/SKILL.md | wc -l)" -eq 52 ]
}

@test "without an instance or a principal the rest says so" {
	cd "$BATS_TEST_TMPDIR"
	run env -u OG_HOME og-skill list --as alice
	[ "$status" -eq 78 ]
	instance
	run --separate-stderr og-skill list
	[ "$status" -eq 77 ]
	[[ "$stderr" == *--as* ]]
}

@test "add: a new version starts with nothing and says what it asks for" {
	instance
	write_skill stock-of 'metadata: {og-kind: workflow}\n' <<'END'
## When
- count {product:ref(products.name)} units
## Steps
### count
```sql read as products
SELECT name, stock_quantity FROM products WHERE id = :product_id
```
## Grants
```grants
[{"tbl": "products", "verbs": ["select"]}]
```
END
	before=$(entries)
	run --separate-stderr og-skill add --as alice "$BATS_TEST_TMPDIR/stock-of"
	[ "$status" -eq 0 ]
	[[ "$output" == "added stock-of@"* ]]
	[[ "$output" == *"select on products"* ]]
	hash=$(active stock-of)
	[ "$hash" = "$(og-skill parse "$BATS_TEST_TMPDIR/stock-of/SKILL.md" | tr -d '\n' | sha256sum | cut -d' ' -f1)" ]
	[ "$(entries)" -eq $((before + 1)) ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_grant WHERE subject LIKE 'skill:stock-of@%'")" -eq 0 ]

	run og-skill add --as alice --grant "$BATS_TEST_TMPDIR/stock-of/SKILL.md"
	[ "$status" -eq 0 ]
	[[ "$output" == "unchanged stock-of@"* ]]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_grant WHERE subject = 'skill:stock-of@$hash'")" -eq 1 ]
	og-ledger verify --state
}

@test "add: a changed text is a new version, the old one stays" {
	instance
	echo text | write_skill memo
	og-skill add --as alice "$BATS_TEST_TMPDIR/memo"
	old=$(active memo)
	echo other | write_skill memo
	og-skill add --as alice "$BATS_TEST_TMPDIR/memo"
	[ "$(active memo)" != "$old" ]
	og-skill show --as alice --source memo | tail -n 1 | grep -qx other
	og-skill show --as alice --source --hash "$old" memo | tail -n 1 | grep -qx text
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_skill WHERE name = 'memo'")" -eq 2 ]
}

@test "add: nobody without the right, and nothing changes" {
	instance
	echo text | write_skill memo
	before=$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_skill")
	for who in bob charlie; do
		run --separate-stderr og-skill add --as $who "$BATS_TEST_TMPDIR/memo"
		[ "$status" -eq 1 ]
		[[ "$stderr" == *memo* ]]
	done
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_skill")" -eq "$before" ]
}

@test "add: one bad file of a directory adds none" {
	instance
	mkdir "$BATS_TEST_TMPDIR/many"
	echo x | write_skill aa
	echo x | write_skill bb 'metadata: {og-clearance: "9"}\n'
	mv "$BATS_TEST_TMPDIR/aa" "$BATS_TEST_TMPDIR/bb" "$BATS_TEST_TMPDIR/many"
	run --separate-stderr og-skill add --as alice "$BATS_TEST_TMPDIR/many"
	[ "$status" -eq 65 ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ "$stderr" == *"bb/SKILL.md:4: og-clearance"* ]]
	[ -z "$(active aa)" ]
}

@test "add: a circle of dependencies and a taken node number are refused" {
	instance
	echo x | write_skill one 'metadata: {og-depends-on: two}\n'
	echo x | write_skill two 'metadata: {og-depends-on: one}\n'
	og-skill add --as alice "$BATS_TEST_TMPDIR/one"
	run --separate-stderr og-skill add --as alice "$BATS_TEST_TMPDIR/two"
	[ "$status" -eq 65 ]
	[[ "$stderr" == *circle* ]]
	[ -z "$(active two)" ]
	echo x | write_skill three 'metadata: {og-id: "3"}\n'
	run --separate-stderr og-skill add --as alice "$BATS_TEST_TMPDIR/three"
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"node 3"* ]]
	og-ledger verify --state
}

@test "list and graph show what the clearance allows" {
	instance
	og-skill list --as charlie --json >"$BATS_TEST_TMPDIR/charlie"
	og-skill list --as bob --json >"$BATS_TEST_TMPDIR/bob"
	[ "$(quick_jq -r .name "$BATS_TEST_TMPDIR/charlie" | grep -cx high-value-transaction)" -eq 0 ]
	[ "$(jq -r 'select(.id == 2).name' "$BATS_TEST_TMPDIR/bob")" = high-value-transaction ]
	[ "$(jq -s 'map(.v) | unique' -c "$BATS_TEST_TMPDIR/bob")" = '[1]' ]
	og-skill graph --as bob >"$BATS_TEST_TMPDIR/edges"
	grep -qx 'high-value-transaction GOVERNS procure-to-pay' "$BATS_TEST_TMPDIR/edges"
	grep -qx 'inventory-replenishment DEPENDS_ON order-verification' "$BATS_TEST_TMPDIR/edges"
	grep -qx 'loop-test NEXT loop-test' "$BATS_TEST_TMPDIR/edges"
	og-skill graph --as charlie >"$BATS_TEST_TMPDIR/edges"
	not grep -q high-value "$BATS_TEST_TMPDIR/edges"
	og-skill graph --dot --as bob >"$BATS_TEST_TMPDIR/dot"
	head -n 1 "$BATS_TEST_TMPDIR/dot" | grep -qx 'digraph "skills" {'
	! command -v dot >/dev/null || dot -Tsvg "$BATS_TEST_TMPDIR/dot" >/dev/null
}

@test "show: a skill at a glance, and not what is hidden" {
	instance
	run og-skill show --as charlie procure-to-pay
	[ "$status" -eq 0 ]
	[[ "$output" == *"authorize-payment: require, write, undo"* ]]
	run --separate-stderr og-skill show --as charlie high-value-transaction
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"no such skill"* ]]
	run --separate-stderr og-skill show --as alice nothing-like-it
	[ "$status" -eq 1 ]
}

@test "match: a reason, slots, and an honest no" {
	instance
	run og-skill match --as charlie --json 'please buy two standing desks'
	[ "$status" -eq 0 ]
	[ "$(quick_jq -r .match.skill <<<"$output")" = procure-to-pay ]
	[ "$(jq -cS .match.slots <<<"$output")" = '{"product":"Standing Desk","product_id":2,"quantity":2}' ]
	[[ "$(quick_jq -r .match.matched_by <<<"$output")" == "pattern: "* ]]
	run og-skill match --as charlie 'water the office plants'
	[ "$status" -eq 1 ]
	[[ "$output" == "no skill fits"* ]]
	run og-skill match --as charlie $'\xff'
	[ "$status" -eq 65 ]
}

@test "match: what a clearance hides cannot be named" {
	instance
	run og-skill match --as charlie --json 'buy 1 quantum processor v1'
	[ "$(jq -c .match.missing <<<"$output")" = '["product"]' ]
	run og-skill match --as bob --json 'buy 1 quantum processor v1'
	[ "$(quick_jq .match.slots.product_id <<<"$output")" -eq 6 ]
}

examples() { # a line per label, act and thing
	local label act thing
	while read -r label act; do
		for thing in 'the chairs' 'two desks' 'a laptop' 'my lamp'; do
			printf '%s\t%s %s\n%s\tplease %s %s now\n' "$label" "$act" "$thing" \
				"$label" "$act" "$thing"
		done
	done <<-EOT
		buy buy
		buy purchase
		buy order
		refund refund
		refund send back
		refund give back the money for
		count count
		count take stock of
		count tell the number of
	EOT
}

@test "classify: learns from examples, labels sentences, refuses what fits none" {
	cd "$BATS_TEST_TMPDIR"
	examples >train.tsv
	printf 'please purchase two laptops\n\nwho won the match last night\nsend back a lamp\n' >ask
	run --separate-stderr og-skill classify --examples train.tsv ask
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(cut -f1 <<<"$output" | paste -sd' ')" = 'buy - refund' ]
	[ "$(cut -f2 <<<"$output" | grep -cE '^(0\.[0-9]{3}|1\.000)$')" -eq 3 ]
	# The same again, by standard input.
	diff <(echo "$output") <(og-skill classify --examples train.tsv <ask)
	run --separate-stderr og-skill classify --examples train.tsv --json ask
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.v, .label, .label == .nearest, (.score >= 0.5)]' <<<"$output" | paste -sd' ')" = \
		'[1,"buy",true,true] [1,null,false,false] [1,"refund",true,true]' ]
	[ "$(jq -r '.words[0].word' <<<"${lines[0]}")" = purchase ]
	[ "$(jq -r '.next.score < .score' <<<"${lines[0]}")" = true ]
}

@test "classify --test: says how well it does" {
	cd "$BATS_TEST_TMPDIR"
	examples >train.tsv
	printf 'oos\twhat is the weather on day %d\n' $(seq 20) >none.tsv
	{
		printf 'buy\tplease order the chairs\ncount\ttell the number of lamp\nbuy\trefund a laptop\n'
		printf 'oos\twhat is the weather in paris\n-\twho is the king of spain\n'
	} >test.tsv
	run --separate-stderr og-skill classify --examples train.tsv --none none.tsv --test test.tsv
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.v, .labels, .in_scope, .out_of_scope, .accuracy, .out_of_scope_recall]' <<<"$output")" = \
		'[1,3,3,2,0.667,1]' ]
	[ "$(jq -r '[.train_s, .us_per_sentence] | map(type) | unique[]' <<<"$output")" = number ]
}

@test "classify: what is no example is told by file and line" {
	cd "$BATS_TEST_TMPDIR"
	examples >train.tsv
	run og-skill classify
	[ "$status" -eq 64 ]
	[[ "$output" == *"--examples FILE is missing"* ]]
	run og-skill classify --examples train.tsv --test train.tsv train.tsv
	[ "$status" -eq 64 ]
	run og-skill classify --examples nowhere.tsv
	[ "$status" -eq 66 ]
	printf 'buy\tbuy a chair\nno label here\n' >bad.tsv
	run og-skill classify --examples bad.tsv </dev/null
	[ "$status" -eq 65 ]
	[[ "$output" == *"bad.tsv:2: expected a label, a tab and a sentence"* ]]
	printf 'buy\tbuy \xff chair\n' >bad.tsv
	run og-skill classify --examples bad.tsv </dev/null
	[ "$status" -eq 65 ]
	[[ "$output" == *"bad.tsv:1: the line is not UTF-8"* ]]
	printf -- '-\tnothing but this\n' >bad.tsv
	run og-skill classify --examples bad.tsv </dev/null
	[ "$status" -eq 65 ]
	[[ "$output" == *"no example with a label"* ]]
	head -c 70000 /dev/zero | tr '\0' x >long
	run og-skill classify --examples train.tsv long
	[ "$status" -eq 65 ]
	[[ "$output" == *"long:1: the line is longer than 64 KiB"* ]]
	: >empty
	run og-skill classify --examples train.tsv empty
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "classify: real sentences, a part of them" {
	data=$OG_TESTS/../../shared/data/intent
	[ -d "$data" ] || skip "../shared/data/intent is absent"
	cd "$BATS_TEST_TMPDIR"
	# 30 labels, 40 sentences of each; the rest is quick as well, but not this quick.
	awk -F'\t' '!($1 in n) { if (++k > 30) exit } n[$1]++ < 40' "$data/clinc150_train.tsv" >train.tsv
	awk -F'\t' 'NR == FNR { l[$1]; next } $1 in l' train.tsv "$data/clinc150_val.tsv" >test.tsv
	cat "$data/clinc150_oos_val.tsv" >>test.tsv
	run --separate-stderr og-skill classify --examples train.tsv --test test.tsv
	[ "$status" -eq 0 ]
	echo "$output"
	[ "$(jq '.labels == 30 and .in_scope == 600 and .accuracy > 0.88 and .out_of_scope_recall > 0.6' <<<"$output")" = true ]
}

@test "examples: plain sentences, in the record only where there are some" {
	cd "$BATS_TEST_TMPDIR"
	write_skill refill 'metadata: {og-roles: admin}\n' <<-'EOT'
		## When
		- refill {amount:int} {product:name}
		## Examples
		- the shelf is *empty*, fill it up
		- we ran out of it
		## Steps
		### one
		```sql read
		SELECT 1
		```
	EOT
	run og-skill lint refill/SKILL.md
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(og-skill parse refill/SKILL.md | jq -c .examples)" = \
		'[{"line":9,"text":"the shelf is *empty*, fill it up"},{"line":10,"text":"we ran out of it"}]' ]
	[ "$(og-skill parse "$skills/procure-to-pay/SKILL.md" | jq 'has("examples")')" = false ]
	{ sed '/^- we ran/q' refill/SKILL.md; for i in $(seq 300); do echo "- sentence $i"; done; } >many.md
	run og-skill lint many.md
	[ "$status" -eq 65 ]
	[[ "$output" == *"more than 256 examples"* ]]
}

@test "examples: a sentence like one means the skill, and says why" {
	instance
	write_skill refill 'metadata: {og-roles: admin}\n' <<-'EOT'
		## When
		- refill {amount:int} {product:name}
		## Examples
		- the shelf is empty, fill it up
		- we ran out of everything, please get us more of it
		## Steps
		### one
		```sql read
		SELECT 1
		```
	EOT
	run og-skill match --as alice 'we ran out, please get us more of everything'
	[ "$status" -eq 1 ]
	og-skill add --as alice "$BATS_TEST_TMPDIR/refill" >/dev/null
	run --separate-stderr og-skill match --as alice --json 'we ran out, please get us more of everything'
	[ "$status" -eq 0 ]
	[ "$(quick_jq -r .match.skill <<<"$output")" = refill ]
	[[ "$(quick_jq -r .match.matched_by <<<"$output")" == 'example: we ran out of everything'*'(line '* ]]
	[ "$(jq -c .match.missing <<<"$output")" = '["amount","product"]' ]
	[ "$(jq '.match.score >= 0.5 and (.match.words | length > 0) and .match.runner_up.score < .match.score' <<<"$output")" = true ]
	run og-skill match --as alice 'we ran out, please get us more of everything'
	[[ "$output" == *"for it speak: "* ]]
	# It is not trigger-happy, and the pattern still is one.
	run og-skill match --as alice 'we ran a marathon out of town'
	[ "$status" -eq 1 ]
	[ "$(og-skill match --as alice --json 'refill 3 desks' | jq -c .match.slots.amount)" = 3 ]
}
