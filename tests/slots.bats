# What a sentence leaves open is asked back: the task waits, its own principal
# says what is missing, and the task goes on once, with what was understood.

load helper

setup() {
	instance
}

teardown() {
	[ -z "${worker:-}" ] || { kill "$worker" && wait "$worker"; } 2>/dev/null || true
}

drain() {
	og-worker --drain --quiet
}

# wish PRINCIPAL TEXT [OPTION...]: submitted, and as far as it goes.
wish() {
	id=$(og-submit --as "$1" "${@:3}" -- "$2")
	drain
}

state() {
	sqlite3 "$OG_HOME/erp.db" "SELECT state FROM og_task WHERE id = '${1:-$id}'"
}

stock() {
	sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE name = '$1'"
}

orders() {
	sqlite3 "$OG_HOME/erp.db" 'SELECT count(*) FROM orders'
}

waits() {
	og-task status "$id" --as "${2:-charlie}" --json | quick_jq -c ".waits | $1" || true
}

in_queue() {
	sqlite3 "$OG_HOME/queue.db" 'SELECT count(*) FROM task'
}

# answer PRINCIPAL WORD...
answer() {
	run --separate-stderr og-task answer "$id" "${@:2}" --as "$1"
}

@test "a name that may mean several: the choices are told, and one of them is taken" {
	wish charlie 'buy 2 stand'
	[ "$(state)" = waiting ]
	[ "$(waits .for)" = '"answer"' ]
	[ "$(waits .slots.product.why)" = '"ambiguous"' ]
	[ "$(waits '.slots.product.type')" = '"ref"' ]
	[ "$(waits '[.slots.product.choices[].name]')" = '["Standing Desk","Laptop Stand"]' ]
	[ "$(waits .bound)" = '{"quantity":2}' ]
	run --separate-stderr og-task show "$id" --as charlie
	[ "$status" -eq 75 ]
	[[ "$stderr" == *'Which product: Standing Desk or Laptop Stand?'* ]]
	[[ "$(og-task list --as charlie --state waiting)" == *'Which product'* ]]
	[ "$(orders)" -eq 10 ]
	answer charlie 'laptop stands'
	[ "$status" -eq 0 ]
	drain
	[ "$(state)" = 'done' ]
	[ "$(stock 'Laptop Stand')" -eq 98 ]
	[ "$(stock 'Standing Desk')" -eq 30 ]
	[ "$(in_queue)" -eq 0 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT group_concat(action) FROM (SELECT action FROM
		audit_ledger WHERE task = '$id' AND action IN ('wait', 'answer', 'task.finish')
		ORDER BY seq)")" = 'wait,answer,task.finish' ]
	og-ledger verify --state >/dev/null
}

@test "a name nobody has, and none at all" {
	# Nothing like it is there, or may be seen: another name is another wish.
	for name in unicorn 'Quantum Processor v1'; do
		wish charlie "buy 1 $name"
		[ "$(state)" = denied ]
		[[ "$(og-task show "$id" --as charlie --json || true)" == *"there is no product called '$name'"* ]]
	done
	wish charlie 'buy 3'
	[ "$(waits '.slots.product.why')" = '"missing"' ]
	answer charlie quantity=1 product='wireless mouse'
	drain
	[ "$(state)" = 'done' ]
	[ "$(stock 'Wireless Mouse')" -eq 199 ]
	[ "$(stock 'Quantum Processor v1')" -eq 10 ]
}

@test "what does not fit is refused with what is called alike, and the task waits on" {
	wish charlie 'buy 1 stand'
	answer charlie product='Laptop Stant'
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"slot 'product': nothing you may see is called 'Laptop Stant'"* ]]
	[[ "$stderr" == *"did you mean 'Laptop Stand'?"* ]]
	answer charlie product='Laptop Stand' quantity=some
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"slot 'quantity': the value is no int"*'a whole number'* ]]
	answer charlie prodct='Laptop Stand'
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"the skill has no slot 'prodct'"*"did you mean 'product'?"* ]]
	answer charlie quantity=3
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"slot 'product' needs a value"* ]]
	# What he may not see is not there, whoever else may.
	answer charlie product='Quantum Processor v1'
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"nothing you may see is called 'Quantum Processor v1'"* ]]
	[ "$(in_queue)" -eq 0 ] || [ "$(in_queue)" -eq 1 ]
	drain
	[ "$(state)" = waiting ]
	[ "$(orders)" -eq 10 ]
	answer charlie 'laptop stand'
	[ "$status" -eq 0 ]
	drain
	[ "$(state)" = 'done' ]
}

# The same wrong value in an envelope that nobody looked at before.
@test "the shield itself refuses a signed answer that does not fit" {
	wish charlie 'buy 1 stand'
	answer charlie 'laptop stand'
	[ "$status" -eq 0 ]
	# Meanwhile there is no such product any more.
	sqlite3 "$OG_HOME/erp.db" "UPDATE products SET name = 'Lap Desk' WHERE id = 3"
	drain
	[ "$(state)" = waiting ]
	[ "$(orders)" -eq 10 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE action = 'refuse'
		AND json_extract(body, '\$.rule') = 'slot'")" -eq 1 ]
	answer charlie 'standing desk'
	[ "$status" -eq 0 ]
	drain
	[ "$(state)" = 'done' ]
}

@test "only its own principal answers, and once" {
	wish charlie 'buy 1 stand'
	answer diana 'laptop stand'
	[ "$status" -eq 1 ]
	[ "$stderr" = 'og-task: no such task' ]
	answer alice 'laptop stand'
	[ "$status" -eq 1 ]
	[ "$stderr" = 'og-task: only charlie answers what this task asks' ]
	answer charlie 'laptop stand'
	answer charlie 'standing desk'
	[ "$status" -eq 0 ]
	drain
	[ "$(state)" = 'done' ]
	[ "$(stock 'Laptop Stand')" -eq 99 ]
	[ "$(stock 'Standing Desk')" -eq 30 ]
	[ "$(orders)" -eq 11 ]
	answer charlie 'standing desk'
	[ "$status" -eq 1 ]
	[ "$stderr" = 'og-task: the task is done already' ]
}

@test "who may not run the skill is told, not asked" {
	wish charlie 'restock'
	[ "$(state)" = denied ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE action = 'wait'")" -eq 0 ]
}

@test "nobody answers: the task ends as it would have without asking" {
	wish charlie 'buy 1 stand'
	sqlite3 "$OG_HOME/erp.db" "UPDATE og_task SET waits = json_set(waits, '\$.expires',
		'2026-01-01T00:00:00.000Z')"
	answer charlie 'laptop stand'
	[ "$status" -eq 0 ]
	sqlite3 "$OG_HOME/queue.db" 'UPDATE task SET not_before = 1 WHERE state = 3'
	drain
	[ "$(state)" = denied ]
	[[ "$(og-task show "$id" --as charlie --json | jq -r .reason)" == \
		'ambiguous_slot: '*'Standing Desk, Laptop Stand' ]]
	[ "$(orders)" -eq 10 ]
}

@test "nobody is to be asked: --no-ask, and ask = fail" {
	run --separate-stderr og-submit --as charlie --no-ask 'buy 1 stand'
	id=$output
	drain
	[ "$(state)" = denied ]
	wish charlie 'buy 2' --no-ask
	[[ "$(og-task show "$id" --as charlie --json | jq -r .reason)" == "missing_slot: "*"'product'" ]]
	OG_ASK=fail wish charlie 'buy 1 stand'
	[ "$(state)" = denied ]
	run --separate-stderr env OG_ASK=perhaps og status
	[ "$status" -eq 78 ]
	[[ "$stderr" == *'wait or fail'* ]]
}

@test "an action without a value for a slot asks for it, unless nobody is to be asked" {
	id=$(og-submit --as charlie --action procure-to-pay --param quantity=2)
	drain
	[ "$(state)" = waiting ]
	[ "$(waits '.slots.product | .why, .type' | paste -sd' ')" = '"missing" "ref"' ]
	[ "$(waits .bound)" = '{"quantity":"2"}' ]
	[ "$(waits .question)" = "\"What is 'product'?\"" ]
	answer charlie 'nothing like it'
	[ "$status" -eq 1 ]
	answer charlie 'product=laptop stand'
	[ "$status" -eq 0 ]
	drain
	[ "$(state) $(stock 'Laptop Stand') $(orders)" = 'done 98 11' ]
	og-ledger verify --state >/dev/null
	# by its number alone nothing is missing
	id=$(og-submit --as charlie --action procure-to-pay --param quantity=1 --param product_id=1)
	drain
	[ "$(state)" != waiting ]
	# nobody is to be asked; who may not run it is told, not asked; and a
	# name that no slot has is not understood
	id=$(og-submit --as charlie --no-ask --action procure-to-pay --param quantity=2)
	drain
	[ "$(state)" = denied ] || [ "$(state)" = failed ]
	[[ "$(og-task show "$id" --as charlie --json | jq -r .reason)" == *"slot 'product' needs a value"* ]]
	id=$(og-submit --as charlie --action approve-waiver)
	drain
	[ "$(state)" = denied ]
	id=$(og-submit --as charlie --action procure-to-pay --param prodct=desk)
	drain
	[[ "$(state)" =~ ^(denied|failed)$ ]]
	[ "$(orders)" -eq 12 ]
}

@test "--wait says the question once, and goes on to the result" {
	og-worker --quiet 3>&- &
	worker=$!
	og-submit --as charlie --wait --json --timeout 60s 'buy 1 stand' >out 2>err 3>&- &
	submit=$!
	until_true grep -q 'answer it' err
	id=$(sed -n 's/.*answer it: og-task answer \([0-9a-f-]*\) .*/\1/p' err)
	[[ "$(cat err)" == *'Which product: Standing Desk or Laptop Stand?'*"og-task answer $id product=VALUE --as charlie"* ]]
	sleep 1.5
	[ "$(grep -c 'Which product' err)" -eq 1 ]
	[ ! -s out ]
	og-task answer "$id" product='laptop stand' --as charlie >/dev/null 2>&1
	wait "$submit"
	[ "$(wc -l <out)" -eq 1 ]
	[ "$(jq -r .state out)" = 'done' ]
	run --separate-stderr og-submit --as charlie --wait --json --timeout 1s 'buy 1 stand'
	[ "$status" -eq 75 ]
	[ -z "$output" ]
}

@test "the skill changes while the task waits: it goes on with the one it began with" {
	wish charlie 'buy 1 stand'
	hash=$(waits .hash)
	og-skill show procure-to-pay --as alice --source >skill.md 2>/dev/null ||
		cp "$OG_BUILD/share/omnigate/skills/procure-to-pay/SKILL.md" skill.md
	sed -i 's/^description: /description: Changed. /' skill.md
	og-skill add skill.md --as alice >/dev/null
	answer charlie 'laptop stand'
	drain
	[ "$(state)" = 'done' ]
	[ "\"$(sqlite3 "$OG_HOME/erp.db" "SELECT skill_hash FROM og_task WHERE id = '$id'")\"" = "$hash" ]
}

@test "cancelled while it waits for a slot" {
	wish charlie 'buy 1 stand'
	og-task cancel "$id" --as charlie >/dev/null 2>&1
	drain
	[ "$(state)" = cancelled ]
	answer charlie 'laptop stand'
	[ "$status" -eq 1 ]
}

# kill -9 in PROGRAM anywhere between the answer and the end: the answer is
# taken once, and there is one order.
killed() {
	wish charlie 'buy 1 stand'
	answer charlie 'laptop stand'
	outcome() { echo "$(state) $(stock 'Laptop Stand') $(orders)"; }
	killed_anywhere "$1" 'done 99 11' outcome
}

@test "killed between the answer and the effect: the shield" {
	[ -e "$OG_BUILD/tests/killat.so" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
	killed og-shield
}

@test "killed between the answer and the effect: the worker" {
	[ -e "$OG_BUILD/tests/killat.so" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
	killed og-worker
}

@test "a misspelt name: taken and told, or asked back" {
	wish charlie 'buy 1 laptop stnad'
	[ "$(state)" = 'done' ]
	[[ "$(og-task show "$id" --as charlie --json | jq -r .answer)" == \
		*"I took 'laptop stnad' for 'Laptop Stand'." ]]
	[ "$(stock 'Laptop Stand')" -eq 99 ]
	wish charlie 'buy 1 lpatop stnad'
	[ "$(state)" = waiting ]
	[[ "$(waits .question)" == *"called 'lpatop stnad'. Did you mean 'Laptop Stand'?"* ]]
	[ "$(waits '.slots.product.choices')" = '[{"name":"Laptop Stand"}]' ]
	[ "$(stock 'Laptop Stand')" -eq 99 ]
	# What he may not see is not what he can have meant.
	wish charlie 'buy 1 quantum procesor v1'
	[ "$(state)" = denied ]
	[[ "$(og-task show "$id" --as charlie --json || true)" != *Quantum* ]]
	wish bob 'buy 1 quantum procesor v1'
	[[ "$(state)" =~ ^(done|compensated|waiting)$ ]]
}

reason() {
	og-task show "$id" --as "${1:-charlie}" --json | jq -r .reason
}

@test "what would be half of what was said is not done, and the task says why" {
	before=$(sqlite3 "$OG_HOME/erp.db" 'SELECT group_concat(status) FROM orders')
	wish bob 'ship order 9 tomorrow'
	[ "$(state)" = denied ]
	[ "$(reason bob)" = "says_more: the sentence says 'tomorrow', and order-to-cash has no place for a day and would do it now; leave the day out, or send the sentence then (og-submit --at)" ]
	day=$(LC_ALL=C date -u -d '2 days' +%A) # today's own name means today
	wish charlie "buy 2 ergonomic chairs by $day"
	[ "$(state)" = denied ]
	[[ "$(reason)" == "says_more: the sentence says '$day', and procure-to-pay"* ]]
	wish alice 'pay supplier invoice 2 next month'
	[[ "$(reason alice)" == "says_more: "*"'next month'"* ]]
	wish charlie 'can I buy 2 ergonomic chairs without a waiver?'
	[[ "$(reason)" == no_skill* ]]
	wish alice 'ship order 9 and close the books'
	[[ "$(reason alice)" == "says_more: "*'does one thing'* ]]
	[ "$(orders)" -eq 10 ]
	[ "$(stock 'Ergonomic Chair')" -eq 50 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT group_concat(status) FROM orders')" = "$before" ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE action LIKE 'db.%'")" -eq 0 ]
	run --separate-stderr og-skill match --as bob 'ship order 9 tomorrow'
	[ "$status" -eq 1 ]
	[[ "$output" == 'order-to-cash would leave out a day: tomorrow'* ]]
}

@test "what only shows something says which day it left out" {
	wish bob 'show the trial balance of last month'
	[ "$(state)" = 'done' ]
	[[ "$(og-task show "$id" --as bob --json | jq -r .answer)" == *"'last month' was left out: this is how it stands now." ]]
}

@test "an amount in another currency is asked back" {
	wish bob 'post 250 yen of travel to sales'
	[ "$(state)" = waiting ]
	[ "$(waits .slots.amount.why bob)" = '"unread"' ]
	[[ "$(waits .question bob)" == "\"'250 yen' is no value for 'amount'. What is it?\"" ]]
	answer bob amount='40 euros'
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"slot 'amount': the value is no money"*'without a currency'* ]]
	answer bob amount=40
	[ "$status" -eq 0 ]
	drain
	[ "$(state)" = 'done' ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT max(debit) FROM journal_lines WHERE entry_id =
		(SELECT max(id) FROM journal_entries)")" = 40.0 ]
	wish bob 'post 250 yen of travel to sales' --no-ask
	[ "$(reason bob)" = "unread_value: '250 yen' is no value for 'amount'" ]
}

# A skill that has a blank of every kind.
all_kinds() {
	cat >kinds.md <<'END'
---
name: kinds
description: Arrange a visit, with a blank of every kind.
metadata: {og-kind: workflow, og-clearance: "1", og-roles: "employee admin"}
---
## When

- arrange visit
- arrange visit {count:int} {share:number} {fee:money(EUR)} {load:quantity(kg)} {day:date} {span:period} {colour:enum(red|blue)} {code:word} {label:name} {product:ref(products.name)} {place:table} {topic:node} {remark:text}

## Steps

### tell

```sql read
SELECT :count AS count, :share AS share, :fee AS fee, :load AS load, :day AS day,
:span_from AS span_from, :span_to AS span_to, :colour AS colour, :code AS code, :label AS label,
:product_id AS product_id, :place AS place, :topic AS topic, :remark AS remark
```
END
	og-skill add --as alice --grant kinds.md >/dev/null
}

# answer_all [SLOT=VALUE]: right values, but for this one.
answer_all() {
	local value values=()
	for value in count=2 share=3½ fee='40 euros' load='1.5 t' day=2031-05-03 span=2031-05 \
		colour=Blue code=x7 label='North gate' product='laptop stands' place=orders \
		topic=procure-to-pay remark="Bob's, 'quoted'; DROP TABLE orders"; do
		[ "${value%%=*}" = "${1%%=*}" ] || values+=("$value")
	done
	answer bob "${values[@]}" "$@"
}

@test "an answer of every kind: what is no value of it is refused, and the task waits on" {
	all_kinds
	wish bob 'arrange visit'
	[ "$(state)" = waiting ]
	[ "$(waits '.slots | keys | length' bob)" -eq 13 ]
	n=0
	while IFS='|' read -r wrong message; do
		answer_all "$wrong"
		echo "$wrong: $status $stderr"
		[ "$status" -eq 1 ]
		[[ "$stderr" == *"$message"* ]]
		[ "$(state)" = waiting ]
		n=$((n + 1))
	done <<-'END'
		count=1.5|slot 'count': the value is no int
		count=1/2|slot 'count': the value is no int
		count=२|slot 'count': the value is no int
		count=|slot 'count': the value is no int
		share=5%|slot 'share': the value is no number
		share=1,2,3|slot 'share': the value is no number
		fee=40 yen|slot 'fee': the value is no money
		fee=(40)|slot 'fee': the value is no money
		fee=1.000|slot 'fee': the value is no money
		load=3 m|slot 'load': the value is no quantity
		day=3/4/2031|slot 'day': the value is no date
		day=2031-02-30|slot 'day': the value is no date
		span=2031-05-03/2031-05-01|slot 'span': the value is no period
		span_from=2031-01-01|slot 'span': 'span_from' is not that of 'span'
		colour=green|slot 'colour': the value is no enum
		product=laptop stant|nothing you may see is called 'laptop stant'
		product=stand|slot 'product': 'stand' may mean several
		product_id=99|nothing you may see is called
		place=secrets|nothing you may see is called 'secrets'
		topic=no-such-skill|nothing you may see is called 'no-such-skill'
		nowhere=1|the skill has no slot 'nowhere'
	END
	[ "$n" -eq 21 ]
	answer alice count=2
	[ "$status" -eq 1 ]
	[ "$stderr" = 'og-task: only bob answers what this task asks' ]
	answer_all
	echo "$stderr"
	[ "$status" -eq 0 ]
	drain
	[ "$(state)" = 'done' ]
	[ "$(og-task show "$id" --as bob --json | jq -c '[.data[][0]][0]')" = \
		"{\"count\":2,\"share\":3.5,\"fee\":40,\"load\":1500,\"day\":\"2031-05-03\",\"span_from\":\"2031-05-01\",\"span_to\":\"2031-05-31\",\"colour\":\"blue\",\"code\":\"x7\",\"label\":\"North gate\",\"product_id\":3,\"place\":\"orders\",\"topic\":\"procure-to-pay\",\"remark\":\"Bob's, 'quoted'; DROP TABLE orders\"}" ]
	answer_all
	[ "$status" -eq 1 ]
	[ "$stderr" = 'og-task: the task is done already' ]
}

@test "one end of a period is no answer, both are" {
	all_kinds
	wish bob 'arrange visit'
	for end in span_from=2031-05-01 span_to=2031-05-31; do
		answer bob count=2 share=1 fee=40 load=1 day=today colour=red code=x label=y \
			product='laptop stand' place=orders topic=procure-to-pay remark=z "$end"
		[ "$status" -eq 1 ]
		echo "$stderr"
		[[ "$stderr" == *"'${end%%=*}' is given without"*'give both'* ]]
	done
	answer bob count=2 share=1 fee=40 load=1 day=today colour=red code=x label=y \
		product='laptop stand' place=orders topic=procure-to-pay remark=z \
		span_from=2031-05-01 span_to=2031-05-31
	[ "$status" -eq 0 ]
	drain
	[ "$(state)" = 'done' ]
}
