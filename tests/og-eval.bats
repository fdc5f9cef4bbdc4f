# og-eval: scenarios in scratch instances, judged; runs compared; what people
# say of them. The instance in use is never touched, and nothing is left.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p tmp
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
}

teardown() {
	left=$(ls -A "$BATS_TEST_TMPDIR/tmp")
	echo "left behind: $left"
	[ -z "$left" ]
}

# scenario JQ: a good scenario, changed.
scenario() {
	jq -n '{v: 1, name: "chair", as: "charlie", say: "buy 1 ergonomic chair",
		expect: {state: "done", effects: {orders: {insert: 1}, order_items: {insert: 1},
			payments: {insert: 1}, invoices: {insert: 1}, products: {update: 1}}}}' |
		jq "${1:-.}"
}

# fails RULE JQ: a case, the scenario changed so, that fails by this rule
# and by no other; judged together by the_cases.
fails() {
	n=$((n + 1))
	scenario "$2 | .name = \"case-$n\" | .about = \"$1\"" >>cases
}

the_cases() {
	jq -s . cases >cases.json
	run --separate-stderr og-eval --json cases.json
	[ "$status" -eq 1 ]
	[ "$(jq -s 'map(select(.scenario)) | length' <<<"$output")" -eq "$n" ]
	wrong=$(jq -c --slurpfile cases cases.json 'select(.scenario) | . as $line
		| ($cases[0][] | select(.name == $line.scenario) | .about) as $rule
		| select((.failures | map(.rule) | unique) != [$rule])
		| [.scenario, $rule, .state, .reason, .failures]' <<<"$output")
	echo "$wrong"
	[ -z "$wrong" ]
}

@test "all that came with the program pass, and TAP is valid" {
	run --separate-stderr og eval
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "TAP version 13" ]
	n=$(grep -c '^ok ' <<<"$output")
	[ "$n" -ge 24 ]
	[ "${lines[1]}" = "1..$n" ]
	[ "$(grep -c '^not ok' <<<"$output")" -eq 0 ]
	# Every line is a version, a plan, a point or a comment; points are counted.
	[ "$(grep -cvE '^(TAP version 13|1\.\.[0-9]+|ok [0-9]+ - [a-z0-9-]+|#.*)$' <<<"$output")" -eq 0 ]
	[ "$(sed -n 's/^ok \([0-9]*\) .*/\1/p' <<<"$output")" = "$(seq "$n")" ]
	[[ "$output" == *"# $n passed, 0 failed, 0 skipped"* ]]
}

@test "each rule fails where it should" {
	fails state '.expect.state = "denied"'
	fails reason '.expect.reason = "because"'
	fails skill '.expect.skill = "audit-orders"'
	fails planner '.expect.planner = "model"'
	fails words '.expect.words = ["Standing Desk"]'
	fails not_words '.expect.not_words = ["Ergonomic"]'
	fails data '.expect.data = {stock: {}}'
	fails data.rows '.expect.data = {receipt: {rows: 2}}'
	fails data.contains '.expect.data = {receipt: {contains: [{stock_left: 50}]}}'
	fails effects 'del(.expect.effects.invoices)'
	fails schema '.expect.schema = 1'
	fails citations '.expect.citations = ["no-such-act"]'
	fails ledger.actions '.expect.ledger = {actions: ["undo"]}'
	fails ledger.lacks '.expect.ledger = {lacks: ["task.finish"]}'
	the_cases
}

@test "each rule about the database fails where it should" {
	fails effects '.expect.effects.waivers = {insert: 1}'
	fails effects '.expect.effects.products.update = 2'
	fails forbid '.expect.forbid = ["products"]'
	fails forbid '.expect.forbid = [{as: "alice", sql: "SELECT stock_quantity FROM products"}]'
	fails sql.rows '.expect.sql = [{as: "alice", sql: "SELECT count(*) FROM orders", rows: [[10]]}]'
	fails sql.refused '.expect.sql = [{as: "alice", sql: "SELECT count(*) FROM orders", refused: true}]'
	fails sql.refused '.expect.sql = [{as: "alice", sql: "SELEC", refused: true}]'
	fails act '.setup = [{as: "bob", sql: "UPDATE products SET price = 1"}]'
	fails act '.then = [{as: "bob", say: "inspect stock", refused: true}]'
	fails act '.then = [{as: "alice", approve: true}]'
	# A row that is changed back is no effect, but it was touched.
	fails forbid '.say = "buy 2 standing desks" | .expect = {state: "compensated", forbid: ["products"],
		effects: {orders: {insert: 1}, order_items: {insert: 1}}}'
	the_cases
}

@test "a scenario that cannot be carried out fails and says why" {
	scenario '.conf = {repeat_limit: "many"}' >one.json
	run --separate-stderr og-eval --json one.json
	[ "$status" -eq 1 ]
	[ "$(jq -sr '.[0].state + " " + .[0].failures[0].rule' <<<"$output")" = "broken ran" ]
	[[ "$(jq -sr '.[0].failures[0].got' <<<"$output")" == *repeat_limit* ]]
	scenario '.as = "mallory"' >one.json
	run --separate-stderr og-eval one.json
	[ "$status" -eq 1 ]
	[[ "$output" == *"not ok 1 - chair"*mallory* ]]
}

@test "bad input is refused before anything runs" {
	scenario '.sai = "x"' >bad.json
	run --separate-stderr og-eval bad.json
	[ "$status" -eq 65 ]
	[ -z "$output" ]
	[[ "$stderr" == *"bad.json: chair: unknown key 'sai'"*"did you mean 'say'?"* ]]
	echo '{"v":1' >bad.json
	run --separate-stderr og-eval bad.json
	[ "$status" -eq 65 ]
	scenario >a.json
	run --separate-stderr og-eval a.json a.json
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"there is a scenario 'chair' in a.json already"* ]]
	run --separate-stderr og-eval missing.json
	[ "$status" -eq 66 ]
	run --separate-stderr og-eval --only table a.json
	[ "$status" -eq 66 ]
	run --separate-stderr og-eval --set shield=none a.json
	[ "$status" -eq 1 ]
	[[ "$output" == *"'shield' of a scratch instance is not to be set"* ]]
	for option in '--jobs 0' '--repeat x' '--at-least 101' '--timeout soon'; do
		run --separate-stderr og-eval $option a.json
		[ "$status" -eq 64 ]
	done
}

@test "the environment of the instance in use does not reach a scratch one" {
	scenario >a.json
	OG_HOME=/nowhere OG_QUEUE=amqp://127.0.0.1:1/x OG_SHIELD=none OG_AS=mallory og-eval a.json
}

@test "what happens in a copy happens in the copy" {
	instance
	before=$(business)
	seen=$(entries)
	og-submit --as diana 'buy 1 laptop stand' >/dev/null
	og-shield exec --as alice "UPDATE products SET stock_quantity = 7 WHERE id = 1" >/dev/null
	scenario '.expect.data = {receipt: {contains: [{stock_left: 6}]}}' >a.json
	run --separate-stderr og-eval --from-instance a.json
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(entries)" -eq $((seen + 1)) ]
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT stock_quantity FROM products WHERE id = 1')" -eq 7 ]
	# Diana's command waits in the queue of the original, and only there.
	[ "$(og-task list --as diana --json | jq -r .state)" = queued ]
	[ "$(business)" != "$before" ]
	og-ledger verify --state
}

@test "a copy of an instance leads nowhere, and is whole" {
	instance
	printf 'http = pay=http://127.0.0.1:1/\nmodel = openai:http://127.0.0.1:1/v1#m\nstep_limit = 7\n' >>"$OG_HOME/og.conf"
	sed -i '/^step_limit = 50/d; /^model = skill/d' "$OG_HOME/og.conf"
	before=$(sha256sum "$OG_HOME/base.db" "$OG_HOME/og.conf")
	og init --copy-of "$OG_HOME" copy
	[ "$(grep -cE '^(http|model|queue|shield)' copy/.omnigate/og.conf)" -eq 0 ]
	grep -qx 'step_limit = 7' copy/.omnigate/og.conf
	[ "$(stat -c %a copy/.omnigate)" = 700 ]
	og-ledger verify --state --home copy
	og-ledger checkpoint --home copy >/dev/null
	not cmp -s copy/.omnigate/keys/checkpoint.key "$OG_HOME/keys/checkpoint.key"
	cmp copy/.omnigate/keys/alice.key "$OG_HOME/keys/alice.key"
	[ "$(sha256sum "$OG_HOME/base.db" "$OG_HOME/og.conf")" = "$before" ]
	run --separate-stderr og init --copy-of "$OG_HOME" copy
	[ "$status" -eq 78 ]
	run --separate-stderr og init --copy-of /nowhere other
	[ "$status" -eq 78 ]
	[ ! -e other ]
	run --separate-stderr og init --copy-of "$OG_HOME" --demo other
	[ "$status" -eq 64 ]
}

@test "repeated runs pass by their share" {
	scenario >a.json
	og-eval --repeat 2 --json a.json >run.json
	[ "$(jq -r 'select(.ok != null) | .run' run.json)" = "1
2" ]
	[ "$(jq -c 'select(.summary) | [.passed, .repeat]' run.json)" = '[1,2]' ]
	scenario '.expect.state = "denied"' >a.json
	run --separate-stderr og-eval --repeat 2 --at-least 50 a.json
	[ "$status" -eq 1 ]
	[[ "$output" == *"not ok 1 - chair (0 of 2)"* ]]
}

@test "compare: worse, better, and status 1 when something is worse" {
	scenario >a.json
	og-eval --json a.json >good.json
	scenario '.expect.state = "denied"' >a.json
	not og-eval --json a.json >bad.json
	run --separate-stderr og-eval compare good.json bad.json
	[ "$status" -eq 1 ]
	[[ "${lines[0]}" == "worse    chair: done 1/1 "*"-> done 0/1 "* ]]
	[[ "$output" == *"1 worse, 0 better, 0 changed, 0 same, 0 added, 0 gone;"* ]]
	og-eval compare bad.json good.json
	og-eval compare --json good.json good.json | jq -e '.same == 1 and .worse == 0 and .v == 1'
	echo 'no run' >none.json
	run --separate-stderr og-eval compare good.json none.json
	[ "$status" -eq 65 ]
	run --separate-stderr og-eval compare good.json missing.json
	[ "$status" -eq 66 ]
	run --separate-stderr og-eval compare good.json
	[ "$status" -eq 64 ]
}

@test "people's verdicts are added to the run, with who and when, and shown" {
	scenario >a.json
	og-eval --json a.json >run.json
	before=$(wc -l <run.json)
	og-eval judge run.json chair --verdict bad --note 'the answer is dry' --as alice
	OG_AS=bob og-eval judge run.json chair --verdict good
	[ "$(wc -l <run.json)" -eq $((before + 2)) ]
	tail -2 run.json | head -1 | jq -e '.by == "alice" and .verdict == "bad" and .note == "the answer is dry" and (.time | test("^20.*Z$"))'
	run --separate-stderr og-eval judge run.json
	[ "$status" -eq 0 ]
	[ "$output" = 'ok  chair    good (bob)' ]
	og-eval judge run.json --json | jq -e '. == {v: 1, scenario: "chair", state: "ok", opinion: null, people: "good (bob)"}'
	[ "$(og-eval judge run.json --format '{state} {scenario}: {people}\n')" = 'ok chair: good (bob)' ]
	run -64 og-eval judge run.json chair --verdict good --as bob --null
	og-eval compare --json run.json run.json | jq -e '.scenarios[0].human == "good (bob)"'
	run --separate-stderr og-eval judge run.json table --verdict good --as bob
	[ "$status" -eq 1 ]
	run --separate-stderr og-eval judge run.json chair --verdict fine --as bob
	[ "$status" -eq 64 ]
	run --separate-stderr og-eval judge run.json chair --verdict good
	[ "$status" -eq 77 ]
	[ "$(wc -l <run.json)" -eq $((before + 2)) ]
}

@test "two verdicts at once are two lines" {
	scenario >a.json
	og-eval --json a.json >run.json
	for i in 1 2 3 4 5 6 7 8; do
		og-eval judge run.json chair --verdict good --as "p$i" 3>&- &
	done
	wait
	[ "$(jq -r 'select(.verdict) | .by' run.json | sort | xargs)" = "p1 p2 p3 p4 p5 p6 p7 p8" ]
}

@test "a second opinion stands beside the verdict, and changes nothing" {
	scenario >a.json
	cat >opinion <<-'END'
		#!/bin/sh
		jq -c '{verdict: (if .line.state == "done" and .scenario.name == "chair" then "bad" else "good" end), why: "dry"}'
	END
	chmod +x opinion
	run --separate-stderr og-eval --json --judge-command ./opinion a.json
	[ "$status" -eq 0 ]
	[ "$(jq -sc '.[0].opinion' <<<"$output")" = '{"by":"./opinion","verdict":"bad","why":"dry"}' ]
	[ "$(jq -s '.[0].ok' <<<"$output")" = true ]
	printf '#!/bin/sh\necho nonsense\n' >opinion
	og-eval --json --judge-command ./opinion a.json | jq -se '.[0].opinion.verdict == "none" and .[0].ok'
	og-eval --json --judge-command ./missing a.json | jq -se '.[0].opinion.verdict == "none" and .[0].ok'
}

@test "a model's opinion stands beside the verdict, and it is shown no verdict" {
	scenario '.about = "a chair is bought"' >a.json
	start_server model --script "$OG_TESTS/scenarios/opinion.jsonl" --log log --seconds 900
	server=$(cat pid)
	model=openai:http://127.0.0.1:$(cat port)/v1#judge
	og-eval --json --judge "$model" a.json >run.json
	og-eval --json --judge "$model" a.json >second.json
	kill "$server"
	wait "$server" || true
	cat log
	jq -se '.[0].ok and .[0].opinion.verdict == "bad" and .[0].opinion.why == "It is dry." and .[0].opinion.usage.input == 9' run.json
	jq -se '.[0].ok and .[0].opinion.verdict == "none"' second.json
	# Nobody there is no opinion either; what is no model is misuse.
	og-eval --json --judge "$model" a.json | jq -se '.[0].ok and .[0].opinion.verdict == "none"'
	run --separate-stderr og-eval --judge "$model" --judge-command ./x a.json
	[ "$status" -eq 64 ]
	run --separate-stderr og-eval --judge skill: a.json
	[ "$status" -eq 1 ]
	[[ "$output" == *"--judge: 'skill:' is no model"* ]]
}

@test "a stop ends it, and nothing stays" {
	og-eval --repeat 50 >out 2>err 3>&- &
	pid=$!
	until grep -q '^1\.\.' out && ls tmp/og-eval-*/og-eval-* >/dev/null 2>&1; do sleep 0.02; done
	kill -TERM "$pid"
	ended=0
	wait "$pid" || ended=$?
	[ "$ended" -eq 75 ]
	grep -qx 'og-eval: interrupted' err
	[ -z "$(ls -A tmp)" ]
}

# Is anybody there who was started with this test's folder for what passes?
at_work() {
	env -u TMPDIR grep -qszxF "TMPDIR=$TMPDIR" /proc/[0-9]*/environ
}

@test "what a killed run left is removed by the next, what a living one has is not" {
	scenario >a.json
	og-eval --repeat 50 >out 2>&1 3>&- &
	pid=$!
	until ls tmp/og-eval-*/og-eval-* >/dev/null 2>&1; do sleep 0.02; done
	kill -KILL "$pid"
	wait "$pid" || true
	until_true not at_work # what it had started dies one after the other
	[ -n "$(ls -A tmp)" ]
	mkdir tmp/og-eval-held
	exec 9<tmp/og-eval-held
	flock 9
	touch -d '2 minutes ago' tmp/og-eval-*
	og-eval a.json
	[ "$(ls tmp)" = og-eval-held ]
	exec 9<&-
	rmdir tmp/og-eval-held
}

@test "two runs at once do not disturb each other" {
	scenario >a.json
	og-eval a.json >first 3>&- &
	og-eval a.json >second
	wait $!
	grep -q '^ok 1 - chair' first
	grep -q '^ok 1 - chair' second
}

@test "a script is played by a program, and skipped without one" {
	cp "$OG_TESTS/scenarios/script.json" a.json
	run --separate-stderr og-eval a.json
	[ "$status" -eq 0 ]
	[ "${lines[2]}" = "ok 1 - a-model-at-a-loss # SKIP it takes --model-server or --model" ]
	[[ "$output" == *"# 0 passed, 0 failed, 1 skipped"* ]]
	og-eval --json a.json | jq -se '.[0].skipped and .[1].skipped == 1'
	og-eval --model-server "$OG_BUILD/tests/servers/model" a.json
	printf '#!/bin/sh\necho nonsense\n' >server
	chmod +x server
	run --separate-stderr og-eval --json --model-server ./server a.json
	[ "$status" -eq 1 ]
	[ "$(jq -sr '.[0].state' <<<"$output")" = broken ]
	[[ "$(jq -sr '.[0].failures[0].got' <<<"$output")" == *"./server: the port it printed"* ]]
	# A scenario without a script asks no model.
	scenario '.expect.planner = "skill"' >b.json
	og-eval --model-server ./server b.json
}

@test "what a model says is no line of its own in the report" {
	scenario '.script = [{calls: [{name: "give_up", args: {reason: "no\nok 99 - forged\n1..99"}}]}]' >a.json
	run --separate-stderr og-eval --model-server "$OG_BUILD/tests/servers/model" a.json
	[ "$status" -eq 1 ]
	[[ "$output" == *'it said: gave up: no'*'forged'* ]]
	not grep -qv '^\(TAP\|1\.\.1$\|not ok 1\|#\)' <<<"$output"
}

@test "one: a scenario on standard input, its line on standard output" {
	scenario >a.json
	run --separate-stderr og-eval one <a.json
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	jq -e '.v == 1 and .ok and .scenario == "chair" and .effects.orders.insert == 1 and .result.state == "done"' <<<"$output"
	echo '{}' >a.json
	run --separate-stderr og-eval one <a.json
	[ "$status" -eq 65 ]
	[ -z "$output" ]
}

# A run of sentences nobody wrote a pattern for, and some that are understood.
misunderstood() {
	jq -n '[{name: "hand", say: "please hand over 3 laptop stands", expect: {skill: "procure-to-pay"}},
		{name: "happy", say: "one wireless mouse would make me happy", expect: {skill: "procure-to-pay"}},
		{name: "census", as: "bob", say: "warehouse census", expect: {}},
		{name: "free", as: "alice", say: "christen a column", expect: {skill: "evolve-schema"}},
		{name: "steal", as: "bob", say: "inspect stock", expect: {skill: "business-overview"}},
		{name: "report", as: "bob", say: "Inspect stock!", expect: {}},
		{name: "denied", as: "bob", sql: "DELETE FROM users", expect: {}}]
		| map({v: 1, as: "charlie"} + . | .expect += {state: "done", effects: {}})' >miss.json
	not og-eval --json miss.json >run.json
}

@test "suggest: a line for the skill that was meant, tried before it is told" {
	misunderstood
	run --separate-stderr og-eval suggest run.json
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "hand: procure-to-pay: [please] hand over {quantity} {product}" ]
	og-eval suggest --out again run.json --format '{scenario} {helps}\n' >forms
	[ "$(head -n 1 forms)" = 'hand true' ]
	not grep -q 'look at' forms
	[ "${lines[1]}" = "happy: procure-to-pay: {quantity} {product} [would] make [me] happy" ]
	[ "${lines[2]}" = "census: inventory-report: warehouse census" ]
	[[ "${lines[3]}" == "free: 'column' takes any words: "* ]]
	# What would take a sentence away from another skill is withdrawn.
	[[ "${lines[4]}" == "steal: business-overview: inspect stock: "* ]]
	[ "$(ls suggestions | xargs)" = "inventory-report inventory-report.patch procure-to-pay procure-to-pay.patch" ]
	og-skill lint suggestions/*/SKILL.md
	cp -r "$OG_TESTS/../share/skills" skills
	for patch in suggestions/*.patch; do
		patch -s -p1 -d skills <"$patch"
	done
	cmp skills/procure-to-pay/SKILL.md suggestions/procure-to-pay/SKILL.md
	cmp skills/inventory-report/SKILL.md suggestions/inventory-report/SKILL.md
}

@test "suggest: nothing changes until somebody with the right adds it" {
	instance
	misunderstood
	seen=$(entries)
	og-eval suggest --from-instance --out out --json run.json | jq -se '.[0].helps and (.[3].helps | not)'
	[ "$(entries)" -eq "$seen" ]
	run og-skill add --as bob --grant out/procure-to-pay
	[ "$status" -eq 1 ]
	og-skill add --as alice --grant out/procure-to-pay >/dev/null
	[ "$(ask charlie 'please hand over 3 laptop stands' | jq -r .state)" = done ]
	jq '.[0] | .expect = {state: "done", skill: "procure-to-pay", effects: {orders: {insert: 1},
		order_items: {insert: 1}, payments: {insert: 1}, invoices: {insert: 1},
		products: {update: 1}}}' miss.json >hand.json
	og-eval --from-instance hand.json
	not og-eval hand.json
}

@test "suggest: nothing to suggest is status 1, and leaves no folder" {
	scenario >a.json
	og-eval --json a.json >run.json
	run --separate-stderr og-eval suggest run.json
	[ "$status" -eq 1 ]
	[ -z "$output$stderr" ]
	[ ! -e suggestions ]
}
