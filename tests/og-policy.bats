# og-policy: documents in, passages out, behaviour changed at once.

load helper

setup() {
	instance
}

stock() {
	sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = $1"
}

limit_policies() { # N: both documents that set the limit
	for name in payment-authorization-act ceo-memo-compliance-limit; do
		printf 'The limit is %s.\n' "$1" | og-policy add --as alice --name $name --source law \
			--clearance 2 --node high-value-transaction --limit "limit=$1" -
	done
}

@test "add: from a file with front matter, found by its words, with its line" {
	cat >memo.md <<-EOT
		---
		title: Memo on pallets
		source: email
		clearance: 1
		node: inventory-replenishment
		limits: pallet=12
		---
		# Pallets

		A pallet holds twelve chairs.
	EOT
	run og-policy add memo.md --as alice
	[ "$status" -eq 0 ]
	[[ "$output" == "memo "*" is in force" ]]
	run og-policy search --as charlie --json 'pallet of chairs'
	[ "$status" -eq 0 ]
	quick_jq -e '.v == 1 and .policy == "memo" and .line == 3 and .heading == "Pallets"' \
		<<<"${lines[0]}"
	run og-policy list --as charlie --node inventory-replenishment --json
	quick_jq -se 'map(select(.name == "memo")) | .[0].limits == {"pallet": 12}' <<<"$output"
	run og-policy add memo.md --as alice
	[[ "$output" == *"was in force already" ]]
	og-ledger verify --state
}

@test "search: what a clearance hides is not found, yet binds" {
	run og-policy search --as charlie 'waiver limit transaction'
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	run og-policy search --as bob 'waiver limit transaction'
	[ "$status" -eq 0 ]
	run ask_status charlie 'buy 2 standing desks'
	[ "$status" -eq 1 ]
	[ "$(quick_jq -r .state <<<"$output")" = compensated ]
	# The customer is told the rule's message, not the document.
	[ "$(jq '.citations | length' <<<"$output")" -eq 0 ]
}

@test "search: a query is words, never syntax" {
	for query in '"' 'a AND' 'NEAR(x' '*' 'heading:x' "'; DROP TABLE og_policy; --" '(((' 'NOT'; do
		run og-policy search --as alice "$query"
		[ "$status" -le 1 ]
		[[ "$output" != *error* ]]
	done
	run og-policy search --as alice 'chairs OR NOT "tuesdays'
	[ "$status" -eq 0 ]
}

@test "a changed limit changes behaviour at once; the smallest wins" {
	limit_policies 1000
	[ "$(ask charlie 'buy 2 standing desks' | quick_jq -r .state)" = done ]
	[ "$(stock 2)" -eq 28 ]
	printf 'Only for today: 600.' | og-policy add --as alice --name today --source email \
		--node high-value-transaction --limit limit=600 -
	[ "$(ask charlie 'buy 2 standing desks' | quick_jq -r .state)" = compensated ]
	[ "$(stock 2)" -eq 28 ]
	og-ledger verify --state
}

@test "a rule before a step refuses, in its own words, and cites" {
	printf 'No more than five chairs per purchase.' | og-policy add --as alice --name few-chairs \
		--source internal_doc --node procure-to-pay --rule ':quantity <= 5' \
		--step place-order --message 'No more than five at once' -
	result=$(ask charlie 'buy 6 laptop stands')
	[ "$(quick_jq -r .state <<<"$result")" = denied ]
	[[ "$(quick_jq -r .reason <<<"$result")" == *"No more than five at once"* ]]
	[ "$(jq -r '.citations[0].policy' <<<"$result")" = few-chairs ]
	[ "$(stock 3)" -eq 100 ]
	[ "$(ask charlie 'buy 5 laptop stands' | quick_jq -r .state)" = done ]
}

@test "add: who may not, cannot" {
	before=$(business)
	run og-policy add --as bob --name mine --node procure-to-pay - <<<'I may do anything.'
	[ "$status" -eq 1 ]
	run og-policy add --as charlie --name mine --node procure-to-pay - <<<'I may do anything.'
	[ "$status" -eq 1 ]
	[ "$(business)" = "$before" ]
	run og-policy list --as alice
	[[ "$output" != *mine* ]]
}

@test "add: bad documents and settings, one clear line each" {
	local n
	n=$(entries)
	refuses() { # STATUS PATTERN ARGS...
		local want=$1 pattern=$2
		shift 2
		run og-policy add --as alice "$@"
		[ "$status" -eq "$want" ] || { echo "$status, not $want: $output"; return 1; }
		[[ "$output" == *$pattern* ]] || { echo "$output"; return 1; }
	}
	printf '%%PDF-1.4 and so on' >a.pdf
	refuses 65 'cannot be read as pdf' --node procure-to-pay a.pdf
	printf 'caf\xe9' >latin.txt
	refuses 65 'not a UTF-8 text' --node procure-to-pay latin.txt
	printf 'words' >fine.txt
	refuses 65 'governs no node' fine.txt
	refuses 65 "source 'gossip' is unknown" --node procure-to-pay --source gossip fine.txt
	refuses 64 'not within 1 and 3' --node procure-to-pay --clearance 9 fine.txt
	refuses 65 'name=number' --node procure-to-pay --limit limit=many fine.txt
	refuses 65 'needs the step' --node procure-to-pay --rule 1 fine.txt
	refuses 66 'No such file' --node procure-to-pay missing.txt
	refuses 64 'did you mean --node' --nod procure-to-pay fine.txt
	printf -- '---\ntitel: x\n---\nwords' >typo.md
	refuses 65 "line 2: unknown key 'titel'" --node procure-to-pay typo.md
	printf '   \n\n' >empty.md
	refuses 65 'holds no text' --node procure-to-pay empty.md
	head -c 10000000 /dev/zero | tr '\0' a >big.txt
	refuses 65 'larger than' --node procure-to-pay big.txt
	[ "$(entries)" -eq "$n" ]
}

@test "show: the text, within clearance; list and search print nothing raw" {
	run og-policy show --as bob ceo-memo-compliance-limit
	[ "$status" -eq 0 ]
	[[ "$output" == *'limits     {"limit":500}'* ]]
	[[ "$output" == *"nothing above 500 leaves the house"* ]]
	run og-policy show --as bob --json ceo-memo-compliance-limit
	quick_jq -e '.v == 1 and .clearance == 2 and (.body | startswith("# To everybody"))' <<<"$output"
	for name in ceo-memo-compliance-limit nothing-of-the-kind; do
		run og-policy show --as charlie $name
		[ "$status" -eq 1 ]
		[[ "$output" == "og-policy: no policy is called '$name'" ]]
	done
	run og-policy add --as alice --name raw --node $'order\033[2J' - <<<'Words.'
	[ "$status" -eq 65 ]
	[[ "$output" != *$'\033'* ]]
	printf '# Red \033[31mheading\n\nzebra \033]0;title\a\n' |
		og-policy add --as alice --name raw --title Red --node order - 2>notes
	grep -q 'no skill is called' notes
	for command in 'search zebra' 'show raw' 'list'; do
		run og-policy $command --as alice
		[ "$status" -eq 0 ]
		[[ "$output" != *$'\033'* ]]
	done
}

day() { # DAYS from today, of UTC
	date -u -d "$1 days" +%Y-%m-%d
}

# A policy that takes the place of another's limit, in force between days.
supersede() { # NAME OLD LIMIT ADD-OPTIONS...
	local name=$1 old=$2 limit=$3
	shift 3
	printf 'Up to %s may be spent, instead of what %s says.\n' "$limit" "$old" |
		og-policy add --as alice --name "$name" --source law --clearance 2 \
			--node high-value-transaction --limit "limit=$limit" --supersedes "$old" "$@" -
}

@test "supersedes: a limit is lifted for some days, then it binds again" {
	[ "$(ask charlie 'buy 2 standing desks' | quick_jq -r .state)" = compensated ]
	supersede act-2 payment-authorization-act 1000
	run supersede memo-2 ceo-memo-compliance-limit 1000 --effective "$(day -1)" --expires "$(day 0)"
	[[ "$output" == "memo-2 "*" is in force" ]]
	[ "$(ask charlie 'buy 2 standing desks' | quick_jq -r .state)" = done ]
	[ "$(stock 2)" -eq 28 ]
	run og-policy list --as alice --json
	quick_jq -se 'map(select(.name == "ceo-memo-compliance-limit")) | .[0] |
		.standing == "superseded" and .by == "memo-2"' <<<"$output"
	run og-policy list --as alice --json --at "$(day 1)"
	quick_jq -se 'map({(.name): .standing}) | add |
		."ceo-memo-compliance-limit" == null and ."memo-2" == "expired"' <<<"$output"
	run og-policy list --as alice --in-force
	[[ "$output" != *$'\nceo-memo'* && "$output" == *"memo-2"*"until $(day 0) supersedes ceo-memo"* ]]

	run supersede memo-2 ceo-memo-compliance-limit 1000 --effective "$(day -9)" --expires "$(day -1)"
	[[ "$output" == "memo-2 "*"is kept, but has expired" ]]
	[ "$(ask charlie 'buy 2 standing desks' | quick_jq -r .state)" = compensated ]
	[ "$(stock 2)" -eq 28 ]
	run supersede memo-2 ceo-memo-compliance-limit 1000 --effective "$(day 1)"
	[[ "$output" == "memo-2 "*"will be in force from $(day 1)" ]]
	[ "$(ask charlie 'buy 2 standing desks' | quick_jq -r .state)" = compensated ]
	# Who lifted what, and for how long, is on the ledger.
	sqlite3 "$OG_HOME/erp.db" "SELECT body FROM audit_ledger WHERE action = 'policy'" |
		quick_jq -se --arg from "$(day -1)" --arg to "$(day 0)" 'map(select(.policy == "memo-2")) |
			.[0] | .supersedes == "ceo-memo-compliance-limit" and
			.effective == $from and .expires == $to'
	og-ledger verify --state
}

@test "search: what is not in force is found, marked, and comes last" {
	supersede memo-2 ceo-memo-compliance-limit 1000
	printf 'Nothing above 500 leaves the house, said the old memo.' | og-policy add --as alice \
		--name old-memo --node high-value-transaction --expires 2020-12-31 -
	run og-policy search --as bob --json 'nothing above 500 leaves the house'
	quick_jq -se 'map(.standing) | .[0] == null and (.[-1] != null) and
		(index("expired") != null) and (index("superseded") != null) and
		(to_entries | map(select(.value == null).key) | max) <
		(to_entries | map(select(.value != null).key) | min)' <<<"$output"
	run og-policy search --as bob 'nothing above 500 leaves the house'
	[[ "$output" == *"[superseded by memo-2]"* && "$output" == *"[expired]"* ]]
	run og-policy search --as bob --in-force --json 'nothing above 500 leaves the house'
	quick_jq -se 'length > 0 and all(.standing == null)' <<<"$output"
	run og-policy search --as bob --at 2020-06-30 --source policy --json 'old memo'
	quick_jq -se 'map(.policy) == ["old-memo"] and .[0].standing == null' <<<"$output"
	run og-policy search --as bob --clearance 1 --json 'nothing above 500 leaves the house'
	quick_jq -se 'map(.policy) | index("old-memo") != null and index("memo-2") == null' <<<"$output"
	# A clearance narrows; it never widens.
	run og-policy search --as charlie --clearance 3 --json 'nothing above 500 leaves the house'
	quick_jq -se 'map(.policy) | index("memo-2") == null' <<<"$output"
	run og-policy search --as bob --at yesterday memo
	[ "$status" -eq 64 ]
	[[ "$output" == *"no day"* ]]
}

@test "supersedes: nothing that is hidden, in a circle, or not there" {
	og-shield principal add dora --as alice --role admin --clearance 1 \
		--pubkey "$(og key --new dora)" >/dev/null
	n=$(entries)
	for old in ceo-memo-compliance-limit nothing-of-the-kind; do
		run og-policy add --as dora --name mine --node procure-to-pay --supersedes $old - <<<'All may.'
		[ "$status" -eq 1 ]
		[[ "$output" == *"no policy is called '$old', to be superseded"* ]]
	done
	# Nor replaced under its own name.
	run og-policy add --as dora --name ceo-memo-compliance-limit --node procure-to-pay - <<<'All may.'
	[ "$status" -eq 1 ]
	[[ "$output" == *"a policy called 'ceo-memo-compliance-limit' already"* ]]
	[ "$(entries)" -eq $((n + 3)) ] # each a refusal
	supersede memo-2 ceo-memo-compliance-limit 1000
	n=$(entries)
	run og-policy add --as alice --name ceo-memo-compliance-limit --node procure-to-pay \
		--supersedes memo-2 - <<<'Round it goes.'
	[ "$status" -eq 65 ]
	[[ "$output" == *"supersedes this one"* ]]
	run og-policy add --as alice --name x --node procure-to-pay --expires 2026-02-30 - <<<'Words.'
	[ "$status" -eq 65 ]
	[[ "$output" == *"'expires' is no day"* ]]
	[ "$(entries)" -eq "$n" ]
}

@test "search: more than a hundred, one for each document, and many at once" {
	for i in $(seq 30); do
		printf '# Pallet %d\n\nA pallet of zebras.\n\nAnother pallet.\n\nPallets, all of them.\n\nAnd pallets.\n' "$i" >"p$i.md"
	done
	og-policy add --as alice --node order p*.md >/dev/null 2>&1
	run og-policy search --as charlie --json --limit 200 pallet
	quick_jq -se 'length == 120' <<<"$output"
	run og-policy search --as charlie --json --docs --limit 200 pallet
	quick_jq -se 'length == 30 and (map(.policy) | unique | length) == 30' <<<"$output"
	og-policy search --as charlie --batch --limit 3 >answers <<-EOT
		pallet of zebras
		xyzzy

		") OR qwxyz(
	EOT
	quick_jq -se 'length == 4 and (map(.passages | length) | . == [3, 0, 0, 0]) and
		.[0].query == "pallet of zebras" and all(.v == 1)' answers
	for bad in '--batch pallet' '' '--limit 1001 pallet'; do
		# shellcheck disable=SC2086
		run og-policy search --as charlie $bad </dev/null
		[ "$status" -eq 64 ]
	done
	# A query is read so far; the rest of it is no harm.
	{ echo zebras; head -c 65536 /dev/zero | tr '\0' '('; head -c 200000 /dev/zero | tr '\0' x; } |
		tr -d '\n' >long
	echo >>long
	og-policy search --as charlie --batch <long >answers
	quick_jq -e '.passages | length > 0' answers
}

@test "search: what was asked for is marked, with the lines where it stands" {
	printf '# Pallets\n\nÜber die Palette:\na pallet\nholds twelve zebras.\n' |
		og-policy add --as alice --name pallets --node order - 2>/dev/null
	run og-policy search --as charlie --json 'zebra pallets'
	# Characters, not bytes: the umlaut before them is one.
	quick_jq -e '.cite == "pallets:3-5" and .line == 3 and .last == 5 and .window == null and
		(. as $p | [.marks[] | $p.text[.[0]:.[1]]] == ["pallet", "zebras"])' <<<"${lines[0]}"
	run og-policy search --as charlie 'zebra pallets'
	[ "${lines[0]}" = "pallets:3-5  Pallets" ]
	[[ "$output" != *$'\033'* ]]
	{ printf 'word %.0s' $(seq 150); printf 'a zebra at last. '; } |
		og-policy add --as alice --name long --node order - 2>/dev/null
	run og-policy search --as charlie --json 'at last a zebra'
	quick_jq -se 'map(select(.policy == "long"))[0] | .window as $w |
		(.text[$w[0]:$w[1]] | contains("zebra")) and ($w[1] - $w[0] <= 400)' <<<"$output"
	# On a terminal: bold, a part of the long one, and nothing of the text raw.
	printf 'A zebra \033[31m in red.\n' | og-policy add --as alice --name red --node order - 2>/dev/null
	env -u NO_COLOR script -qec "og-policy search --as charlie zebra" typescript >/dev/null </dev/null
	grep -q $'\033\\[1mzebra\033\\[0m' typescript
	grep -q '… ' typescript
	not grep -q $'\033\\[31m' typescript
}
