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
	jq -e '.v == 1 and .policy == "memo" and .line == 3 and .heading == "Pallets"' \
		<<<"${lines[0]}"
	run og-policy list --as charlie --node inventory-replenishment --json
	jq -se 'map(select(.name == "memo")) | .[0].limits == {"pallet": 12}' <<<"$output"
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
	[ "$(jq -r .state <<<"$output")" = compensated ]
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
	[ "$(ask charlie 'buy 2 standing desks' | jq -r .state)" = done ]
	[ "$(stock 2)" -eq 28 ]
	printf 'Only for today: 600.' | og-policy add --as alice --name today --source email \
		--node high-value-transaction --limit limit=600 -
	[ "$(ask charlie 'buy 2 standing desks' | jq -r .state)" = compensated ]
	[ "$(stock 2)" -eq 28 ]
	og-ledger verify --state
}

@test "a rule before a step refuses, in its own words, and cites" {
	printf 'No more than five chairs per purchase.' | og-policy add --as alice --name few-chairs \
		--source internal_doc --node procure-to-pay --rule ':quantity <= 5' \
		--step place-order --message 'No more than five at once' -
	result=$(ask charlie 'buy 6 laptop stands')
	[ "$(jq -r .state <<<"$result")" = denied ]
	[[ "$(jq -r .reason <<<"$result")" == *"No more than five at once"* ]]
	[ "$(jq -r '.citations[0].policy' <<<"$result")" = few-chairs ]
	[ "$(stock 3)" -eq 100 ]
	[ "$(ask charlie 'buy 5 laptop stands' | jq -r .state)" = done ]
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
	refuses 65 'PDF documents are not read' --node procure-to-pay a.pdf
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
	jq -e '.v == 1 and .clearance == 2 and (.body | startswith("# To everybody"))' <<<"$output"
	for name in ceo-memo-compliance-limit nothing-of-the-kind; do
		run og-policy show --as charlie $name
		[ "$status" -eq 1 ]
		[[ "$output" == "og-policy: no policy is called '$name'" ]]
	done
	printf '# Red \033[31mheading\n\nzebra \033]0;title\a\n' |
		og-policy add --as alice --name raw --node $'order\033[2J' - 2>notes
	grep -q 'no skill is called' notes
	for command in 'search zebra' 'show raw' 'list'; do
		run og-policy $command --as alice
		[ "$status" -eq 0 ]
		[[ "$output" != *$'\033'* ]]
	done
}
