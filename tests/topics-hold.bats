# What holds for every skill of the demo company that changes something: a
# limit is one for all who ask at once and however often they ask, what is
# taken back leaves things as they were, and no skill was granted what it
# does not use.

load helper
load channel-helper
load company-helper

setup() {
	instance
}

teardown() {
	[ -z "${shield:-}" ] || kill "$shield" 2>/dev/null || true
}

# steps SKILL: the names of its steps.
steps() {
	sql "SELECT json_extract(value, '\$.name') FROM og_skill,
		json_each(doc, '\$.steps') WHERE name = '$1' AND active"
}

# of N VERB MEMBERS: a request of the Nth of two tasks. (Made and read without
# jq: there are many of them.)
of() {
	printf '{"v":1,"id":7,"verb":"%s","task":"%s","epoch":%s,%s}\n' \
		"$2" "${tasks[$1]}" "${epochs[$1]}" "$3" >&"$to"
	IFS= read -r -t 20 -u "$from" reply
	[[ "$reply" == *'"ok":true'* ]]
}

# both WHO TEXT SKILL: two tasks for the same, which take their steps in
# turns. ends is how each ended: done, waiting, or why not.
both() {
	local n step slots
	tasks=() epochs=() ends=('' '')
	for n in 0 1; do
		task_of "$1" "$2"
		begin
		tasks+=("$task") epochs+=("$epoch")
	done
	of 0 skill.match "\"text\":\"$2\""
	[ "$(quick_jq -r .match.skill <<<"$reply")" = "$3" ]
	slots=",\"slots\":$(quick_jq -c .match.slots <<<"$reply")"
	for step in $(steps "$3"); do
		for n in 0 1; do
			[ -n "${ends[n]}" ] || take "$n" "$3" "$step" "$slots"
		done
		slots=
	done
	for n in 0 1; do
		[ -n "${ends[n]}" ] || { ends[n]=done; }
	done
}

# take N SKILL STEP SLOTS: a step of it; one that is refused ends it, and
# what was done before is taken back.
take() {
	of "$1" step.run "\"skill\":\"$2\",\"step\":\"$3\"$4" && return
	if [[ "$reply" == *'"verdict":"wait"'* ]]; then
		ends[$1]=waiting
		return
	fi
	ends[$1]=$(quick_jq -r .why <<<"$reply")
	while of "$1" saga.undo '"reason":"refused"'; do
		[[ "$reply" != *'"next":null'* ]] || break
	done
}

# ends_as WHO TEXT: the skill it was, its state and its reason.
ends_as() {
	og-submit --as "$1" "$2" >/dev/null
	og-worker --drain --quiet
	sql "SELECT coalesce(skill, '') || ' ' || state || ' ' || reason FROM og_task ORDER BY id DESC LIMIT 1"
}

@test "two at once: what is left is left for one of them" {
	wrong=0
	while IFS='|' read -r skill who text second before <&9; do
		rm -rf "$OG_HOME"
		instance
		[ -z "$before" ] || [ "$(ask alice "$before" | quick_jq -r .state)" = done ]
		shield
		both "$who" "$text" "$skill"
		shield_end
		if [ "${ends[0]}" != done ] || [[ "${ends[1]}" != *"${second/depreciation first/changed nothing}"* ]]; then
			echo "$skill: '${ends[0]}' and '${ends[1]}'"
			wrong=1
		fi
		[ "$skill" = replenish-stock ] || books || wrong=1
	done 9< <(acting)
	[ "$wrong" -eq 0 ]
}

@test "one after the other: the second is refused, or is one more" {
	wrong=0
	while IFS='|' read -r skill who text second before <&9; do
		rm -rf "$OG_HOME"
		instance
		[ -z "$before" ] || [ "$(ask alice "$before" | quick_jq -r .state)" = done ]
		first=$(ends_as "$who" "$text")
		again=$(ends_as "$who" "$text")
		if [ "$first" != "$skill done " ] || [[ "$again" != *"$second"* ]]; then
			echo "$skill: $first, then $again"
			wrong=1
		fi
		[ "$skill" = replenish-stock ] || books || wrong=1
	done 9< <(acting)
	[ "$wrong" -eq 0 ]
}

# refusing SKILL: a new version of it, whose last step is always refused.
refusing() {
	mkdir -p "refusing/$1"
	awk '/^## Answer/ { print "### at-last\n\n```sql require It is not to be\nSELECT 0\n```\n" } { print }' \
		"$OG_TESTS/../share/skills/$1/SKILL.md" >"refusing/$1/SKILL.md"
	og-skill add --as alice --grant "refusing/$1/SKILL.md" >/dev/null
}

# left_behind: what differs from before.db, but for what the books keep as
# cancelled, and places where nothing lies.
left_behind() {
	local table dead queries=
	while IFS='|' read -r table dead; do
		case $table in
		journal_lines) dead="entry_id IN (SELECT id FROM journal_entries WHERE status = 'void')" ;;
		order_items) dead="order_id IN (SELECT id FROM orders WHERE status = 'cancelled')" ;;
		quality_inspections) dead="result = 'withdrawn'" ;;
		bin_stock) dead='quantity = 0' ;;
		esac
		queries+="SELECT '$table is gone', * FROM (SELECT * FROM before.$table EXCEPT SELECT * FROM $table);
			SELECT '$table is new', * FROM (SELECT * FROM main.$table EXCEPT SELECT * FROM before.$table) WHERE NOT ($dead);"
	done < <(sql "SELECT name, iif(EXISTS (SELECT 1 FROM pragma_table_info(s.name) c WHERE c.name = 'status'),
		'status IN (''void'', ''voided'', ''cancelled'', ''withdrawn'', ''reversed'')', 0)
		FROM sqlite_schema s WHERE type = 'table' AND name <> 'audit_ledger'
		AND name NOT LIKE 'og_%' AND name NOT LIKE 'sqlite_%'")
	[ -n "$queries" ] && sql "ATTACH 'before.db' AS before; $queries"
}

@test "taken back: as it was, and what the books keep is cancelled" {
	wrong=0
	while IFS='|' read -r skill who text second before <&9; do
		rm -rf "$OG_HOME"
		instance
		[ -z "$before" ] || [ "$(ask alice "$before" | quick_jq -r .state)" = done ]
		refusing "$skill"
		rm -f before.db
		sql "VACUUM INTO 'before.db'"
		end=$(ends_as "$who" "$text")
		left=$(left_behind)
		if [ "$end" != "$skill compensated It is not to be" ] || [ -n "$left" ]; then
			echo "$skill: $end: $left"
			wrong=1
		fi
	done 9< <(acting)
	[ "$wrong" -eq 0 ]
}

@test "no skill was granted what it does not use" {
	sql "SELECT doc FROM og_skill WHERE active" | jq -r --arg rules "$(sql "SELECT coalesce(rule, '') || coalesce(approval, '') FROM og_policy WHERE active")" '
		def flat: if test("\\([^()]*\\)") then gsub("\\([^()]*\\)"; "") | flat else . end;
		[.steps[]?.blocks[] | select(.kind | IN("read", "write", "require", "undo")) | .text] as $sql
		| ([$sql[] | capture("^\\s*INSERT INTO (?<t>\\w+)\\((?<c>[^)]*)\\)")
			| {t, verb: "insert", c: (.c | [scan("\\w+")])}]
		+ [$sql[] | flat | capture("^\\s*UPDATE (?<t>\\w+) SET (?<c>.*)"; "s")
			| {t, verb: "update", c: (.c | sub("\\sWHERE\\s.*"; ""; "s") | [scan("(?:^|,)\\s*(\\w+) =")[0]])}]) as $writes
		| .name as $name | .asks[]? | . as $ask | [$writes[] | select(.t == $ask.tbl)] as $of
		| if (["select"] + [$of[].verb] | unique) != (.verbs | unique)
			or ([$of[].c[]] | unique) != ((.settable // []) | unique)
			or (.visible != ["id"] and .visible != ["id", "name"]
				and ($sql + [$rules] | any(test("\\b" + $ask.tbl + "\\b")) | not))
		then "\($name): \(.tbl)" else empty end' >asked
	cat asked
	[ ! -s asked ]
}

@test "ids and numbers that nobody has are refused, and change nothing" {
	sql "INSERT INTO purchase_orders(id, supplier_id, product_id, quantity, unit_price, total_amount,
		ordered_by, due_on) VALUES (77, 4, 7, 1, 6000, 6000, 1, date('now'))"
	before=$(business)
	for id in 0 77 999999 9223372036854775807 99999999999999999999; do
		for text in 'collect the payment for order' 'take back 1 laptop stand from order' \
			'receive purchase order' 'ship order' 'inspect goods receipt' 'pay supplier invoice' \
			'enter a supplier invoice of 6000 for purchase order'; do
			og-submit --as bob "$text $id"
		done
		og-submit --as alice "grant a waiver for order $id"
		og-submit --as alice "approve leave request $id"
	done >/dev/null
	for text in 'restock 0 laptop stands' 'restock 99999999999 laptop stands' 'buy 0 laptop stands' \
		'buy 9223372036854775807 laptop stands' 'take back 0 laptop stands from order 7' \
		'move 0 ergonomic chairs from the north rack to the pick shelf' \
		'move 9223372036854775807 ergonomic chairs from the north rack to the pick shelf' \
		'assemble 0 standing desks' 'assemble 4611686018427387904 standing desks' \
		'request 0 days of leave' 'request 9223372036854775807 days of leave' \
		'book 0 hours on the web shop' 'book 0.0 hours on the web shop' 'book 24.5 hours on the web shop' \
		'post 0 of travel to sales' 'post 0.005 of travel to sales' 'post 99999999999999 of travel to sales' \
		'enter a supplier invoice of 0 for purchase order 5' \
		'enter a supplier invoice of 2600.005 for purchase order 5' \
		'enter a supplier invoice of 99999999999 for purchase order 5' \
		'raise a purchase order for 0 ergonomic chairs' 'raise a purchase order for 99999 ergonomic chairs' \
		'plan a demand of 99999999 standing desks' 'inspect goods receipt 4 with 11 defects'; do
		og-submit --as bob "$text"
	done >/dev/null
	og-worker --drain --quiet
	sql "SELECT text, state FROM og_task WHERE state NOT IN ('denied', 'waiting', 'no_skill', 'failed')" >done_all_the_same
	cat done_all_the_same
	[ ! -s done_all_the_same ]
	[ "$(business)" = "$before" ]
}

@test "names are values: quotes, statements and escapes stay in them" {
	name=$'Zzquux\'); DROP TABLE orders;-- "\e[31m{answer}<b>'
	sqlite3 "$OG_HOME/erp.db" <<-END
		INSERT INTO products VALUES (8, '${name//\'/\'\'}', 'Hostile', 10, 20, 1);
		INSERT INTO product_costs VALUES (8, 5);
		INSERT INTO supplier_prices(supplier_id, product_id, price, lead_days) VALUES (1, 8, 5, 1);
		INSERT INTO bin_stock(bin_id, product_id, quantity) VALUES (1, 8, 12), (3, 8, 8);
		INSERT INTO bill_of_materials(product_id, material_id, quantity) VALUES (8, 1, 1);
		UPDATE equipment SET name = '${name//\'/\'\'}' WHERE id = 1;
	END
	while IFS='|' read -r who text <&9; do
		id=$(og-submit --as "$who" "$text")
		og-worker --drain --quiet
		og-task show "$id" --as "$who" >shown
		og-task show "$id" --as "$who" --json >result
		[ "$(jq -r .state result)" = done ] || { echo "$text: $(jq -r '.state + .reason' result)"; false; }
		not grep -q $'\e' shown
		[[ "$(jq -r .answer result)" == *"$name"* ]]
	done 9<<-'END'
		charlie|buy 1 zzquux
		bob|restock 5 zzquux
		bob|raise a purchase order for 2 zzquux
		bob|move 1 zzquux from the north rack to the pick shelf
		bob|which bins hold zzquux
		bob|who supplies zzquux
		bob|plan a demand of 5 zzquux
		bob|assemble 1 zzquux
		bob|open a maintenance order for the zzquux
		bob|complete the maintenance of the zzquux
	END
	[ "$(sql 'SELECT count(*) FROM orders')" -eq 11 ]
}
