# What a task changes beside the steps of a skill, through the shield's
# channel: taken back in the true order, whoever dies in between, two of
# everything at once.

load helper
load channel-helper

setup() {
	instance
}

teardown() {
	[ -z "${shield:-}" ] || kill "$shield" 2>/dev/null || true
	[ -z "${other:-}" ] || kill "$other" 2>/dev/null || true
}

stock() {
	sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = ${1:-1}"
}

add() {
	write "$1" "UPDATE products SET stock_quantity = stock_quantity + $2 WHERE id = 1"
}

names() {
	jq -r "$1 | join(\" \")" <<<"$reply"
}

whole() {
	og-ledger verify --state >/dev/null
}

@test "a task without a skill is a saga of what it wrote" {
	before=$(business)
	task_of alice 'tidy up the shelves'
	shield
	begin
	add 2 5
	add 7 100
	write 9 "INSERT INTO orders(user_id, total_amount, status) VALUES (1, 5, 'pending')"
	not finish failed
	refused state
	undo
	[ "$(jq -r '.undone + " " + .how + " " + .next' <<<"$reply")" = 'call-9 inverse call-7' ]
	not add 10 1
	refused turned-back
	undo
	undo
	[ "$(jq -c '[.undone, .next]' <<<"$reply")" = '["call-2",null]' ]
	[ "$(business)" = "$before" ]
	finish compensated
	shield_end
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT group_concat(action || ' ' ||
		json_extract(entry, '\$.step')) FROM audit_ledger WHERE task = '$id' AND
		action IN ('sql.write', 'undo')")" = 'sql.write call-2,sql.write call-7,sql.write call-9,undo call-9,undo call-7,undo call-2' ]
	whole
}

# step N [SLOTS]: the Nth step of the skill that buys things.
step() {
	local name
	name=$(sqlite3 "$OG_HOME/erp.db" "SELECT json_extract(doc, '\$.steps[$1].name') FROM og_skill
		WHERE name = 'procure-to-pay' AND active")
	act step.run "$(jq -nc --arg step "$name" --argjson slots "${2:-null}" \
		'{skill: "procure-to-pay", step: $step} + if $slots then {slots: $slots} else {} end')"
}

# taken: what was taken back, and how.
taken() {
	undo
	jq -r '.undone + " " + .how' <<<"$reply"
}

@test "writes between the steps of a skill go back between them" {
	before=$(business)
	task_of alice 'buy 1 ergonomic chair'
	shield
	begin
	add 0 10
	step 0 '{"quantity":1,"product":"Ergonomic Chair"}'
	step 1
	add 1 20
	step 2
	[ "$(stock)" -ne 80 ]
	begin
	[ "$(jq -r '.done[0] + " " + .done[3]' <<<"$reply")" = 'call-0 call-1' ]
	[ "$(jq '.done | length' <<<"$reply")" -eq 5 ]
	undo
	undo
	[ "$(jq -r '.undone + " " + .how' <<<"$reply")" = 'call-1 inverse' ]
	undo
	undo
	undo
	[ "$(jq -c '[.undone, .how, .next]' <<<"$reply")" = '["call-0","inverse",null]' ]
	finish compensated
	shield_end
	[ "$(stock)" -eq 50 ]
	whole
}

@test "a worker takes back what another one left half taken back" {
	id=$(og-submit --as alice 'buy 1 ergonomic chair')
	envelope=$(envelope_of "$id")
	shield
	begin
	add 0 10
	add 1 100
	undo
	kill -9 "$shield"
	shield_end
	[ "$(stock)" -eq 60 ]
	og-worker --drain --quiet
	[ "$(stock)" -eq 50 ]
	run og-task show "$id" --as alice --json
	[ "$(jq -r '.state + ": " + .reason' <<<"$output")" = 'compensated: it went wrong' ]
	[ "$(jq -c '[.compensation[] | .step + " " + .state + " " + .how]' <<<"$output")" = \
		'["call-1 undone inverse","call-0 undone inverse"]' ]
	[ "$(jq -c '[.steps[] | .name + " " + .state] | map(select(startswith("call")))' <<<"$output")" = \
		'["call-0 undone","call-1 undone"]' ]
	whole
}

@test "what somebody changed since cannot be taken back, and a person is asked" {
	id=$(og-submit --as alice 'buy 1 ergonomic chair')
	envelope=$(envelope_of "$id")
	shield
	begin
	add 0 10
	add 1 100
	undo
	shield_end
	og-shield exec --as bob 'UPDATE products SET stock_quantity = stock_quantity - 3 WHERE id = 1'
	og-worker --drain --quiet
	run og-task show "$id" --as alice --json
	[ "$(quick_jq -r .state <<<"$output")" = compensation_failed ]
	[[ "$(quick_jq -r .reason <<<"$output")" == "compensation of step 'call-0' failed: "* ]]
	[ "$(stock)" -eq 57 ]
	whole
}

@test "a shield that dies after the write: the next one knows of it" {
	task_of alice 'tidy up the shelves'
	shield
	begin
	add 0 10
	kill -9 "$shield"
	shield_end
	shield
	begin
	[ "$(names .done)" = call-0 ]
	[ "$epoch" -eq 2 ]
	undo
	kill -9 "$shield"
	shield_end
	shield
	begin
	[ "$(jq -r '.phase + " " + .undone[0]' <<<"$reply")" = 'undo call-0' ]
	finish compensated
	shield_end
	[ "$(stock)" -eq 50 ]
	whole
}

@test "two workers on one task: the older one writes nothing more" {
	task_of alice 'tidy up the shelves'
	shield
	begin
	add 0 1
	other=$shield
	older=("$to" "$from" "$epoch")
	shield 2>/dev/null
	begin
	add 1 10
	newer=("$to" "$from" "$epoch")
	to=${older[0]} from=${older[1]} epoch=${older[2]}
	not add 2 100
	refused stale-epoch
	to=${newer[0]} from=${newer[1]} epoch=${newer[2]}
	finish done
	shield_end
	[ "$(stock)" -eq 61 ]
	whole
}

# many N: a task of its own that adds N to the stock and takes N back.
many() {
	local n=$1
	task_of alice "count shelf $n" && shield && begin || return
	for i in 0 1 2 3 4 5 6 7; do
		add "$i" 1 || return
	done
	[ "$n" = keep ] && finish done && shield_end && return
	for i in 0 1 2 3 4 5 6 7; do
		undo || return
	done
	finish compensated && shield_end
}

@test "two tasks that write to different rows at once" {
	(many keep) &
	one=$!
	(
		add() {
			write "$1" "UPDATE products SET stock_quantity = stock_quantity + $2 WHERE id = 2"
		}
		many back
	) &
	two=$!
	wait "$one"
	wait "$two"
	[ "$(stock)" -eq 58 ]
	[ "$(stock 2)" = "$(sqlite3 "$OG_HOME/base.db" 'SELECT stock_quantity FROM products WHERE id = 2')" ]
	whole
}

@test "a schema, a skill and a policy stay, and the compensation says so" {
	id=$(og-submit --as alice 'buy 1 ergonomic chair')
	envelope=$(envelope_of "$id")
	shield
	begin og-worker/model
	add 0 10
	act ddl '{"call":1,"op":"add_column","table":"products","column":"colour","type":"TEXT"}'
	act skill.put '{"call":2,"doc":{"name":"count-shelves","description":"How many there are.",
		"patterns":["count the shelves"],"steps":[{"name":"count","blocks":[{"kind":"read",
		"text":"SELECT count(*) AS n FROM products"}]}]}}'
	shelf_rule='{"call":3,"policy":{"name":"shelf-rule","source":"policy","clearance":1,
		"node":"procure-to-pay","title":"Shelves","body":"Keep them tidy.",
		"passages":[{"heading":"","line":1,"last":1,"text":"Keep them tidy."}]}}'
	not act policy.put "$(jq '.call = 5 | .policy.passages[0].text = "Or not."' <<<"$shelf_rule")"
	refused text
	act policy.put "$shelf_rule"
	not act skill.put '{"call":4,"doc":{"name":"procure-to-pay","description":"Mine now.",
		"steps":[{"name":"count","blocks":[{"kind":"read","text":"SELECT 1"}]}]}}'
	refused exists
	not undo
	refused stays
	[ "$(quick_jq -r .why <<<"$reply")" = "'call-3' (policy.put) is never taken back" ]
	finish compensation_failed
	shield_end
	[ "$(stock)" -eq 60 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT group_concat(action || ' ' ||
		json_extract(entry, '\$.agent') || ' ' || json_extract(entry, '\$.step'))
		FROM audit_ledger WHERE task = '$id' AND action IN ('ddl', 'skill', 'policy')")" = \
		'ddl og-worker/model call-1,skill og-worker/model call-2,policy og-worker/model call-3' ]
	whole
}

@test "without the right nothing is put, and it is on the ledger" {
	task_of charlie 'make me rich'
	shield
	begin og-worker/model
	not act ddl '{"call":0,"op":"add_column","table":"products","column":"mine","type":"TEXT"}'
	refused right
	not act skill.put '{"call":1,"doc":{"name":"gift"}}'
	refused right
	not act policy.put '{"call":2,"policy":{"name":"gift"}}'
	refused right
	not write 3 "UPDATE products SET price = 0"
	finish denied
	shield_end
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE task = '$id'
		AND action = 'refuse' AND principal = 'charlie'")" -eq 4 ]
	whole
}

@test "model_writes none: a model runs the steps of skills, and no more" {
	echo 'model_writes = none' >>"$OG_HOME/og.conf"
	task_of alice 'buy 1 ergonomic chair'
	shield
	begin og-worker/model
	not add 0 10
	refused model-writes
	step 0 '{"quantity":1,"product":"Ergonomic Chair"}'
	undo
	finish compensated
	task_of alice 'tidy up'
	begin og-worker/skill
	add 0 10
	finish done
	shield_end
	[ "$(stock)" -eq 60 ]
	whole
}

# asks CALL RECORD: asks for the approval of this policy.
asks() {
	act ask "$(jq -c --argjson call "$1" '{call: $call, for: "approval", question: "May it be put?",
		about: {verb: "policy.put", policy: .}}' <<<"$2")"
}

@test "a worker that was taken over asks for nothing that the text is not" {
	printf -- '---\nname: small-orders\nnode: procure-to-pay\n---\nSmall orders need no look.\n' >small.md
	id=$(og-policy propose --as charlie small.md 2>/dev/null)
	envelope=$(envelope_of "$id")
	record='{"name":"small-orders","source":"policy","clearance":1,"node":"procure-to-pay",
		"title":"small-orders","body":"Small orders need no look.\n","passages":
		[{"heading":"","line":1,"last":1,"text":"Small orders need no look."}]}'
	shield
	begin og-worker/model
	not asks 0 "$(jq '.passages[0].text = "Large ones neither."' <<<"$record")"
	refused text
	not asks 1 "$(jq '.body = "No order needs a look.\n" |
		.passages[0].text = "No order needs a look."' <<<"$record")"
	refused text
	not asks 2 "$record"
	[ "$(quick_jq -r .verdict <<<"$reply")" = wait ]
	shield_end
	cp "$OG_TESTS/../share/skills/add-policy/SKILL.md" .
	id=$(og-skill propose --as charlie SKILL.md 2>/dev/null)
	envelope=$(envelope_of "$id")
	doc=$(sed 's/"clearance": 2/"clearance": 1/' SKILL.md | og-skill parse -)
	shield
	begin og-worker/model
	not act ask "$(jq -c '{call: 0, for: "approval", question: "May it be put?",
		about: {verb: "skill.put", doc: .}}' <<<"$doc")"
	refused text
	shield_end
}

@test "whoever approves is told when a record is not what its text says" {
	cat >SKILL.md <<-'END'
		---
		name: stock-of
		description: Say how many of a product are left.
		metadata: {og-kind: workflow, og-roles: "employee admin"}
		---
		## When
		- tell me the quantity of {product:ref(products.name)} left
		## Steps
		### count
		```sql read as products
		SELECT name, stock_quantity FROM products WHERE id = :product_id
		```
		## Answer
		{stock_quantity} of {product}.
	END
	og-skill parse SKILL.md >honest
	jq -c '.steps[0].blocks[0].text |= sub("WHERE.*"; "")' honest >forged
	for doc in honest forged; do
		id=$(og-skill propose --as charlie SKILL.md 2>/dev/null)
		envelope=$(envelope_of "$id")
		shield
		begin og-worker/model
		not act ask "$(jq -c '{call: 0, for: "approval", question: "May it be put?",
			about: {verb: "skill.put", doc: .}}' "$doc")"
		[ "$(quick_jq -r .verdict <<<"$reply")" = wait ]
		shield_end
		run --separate-stderr og-task approve --as alice "$id"
		[ "$status" -eq 0 ]
		case $doc in
		honest) [[ "$stderr" != *'not what its text says'* && "$stderr" == *'+SELECT name'* ]] ;;
		forged) [[ "$stderr" == *'+SELECT name'*'not what its text says'* ]] ;;
		esac
	done
}
