# What a store of vectors has to do, whichever it is: run by
# vectors-sqlite.bats, vectors-qdrant.bats and vectors-live.bats, which say
# what the store is and how many points it holds (held). The embedding
# provider is a fake on the loopback, whose vectors of texts with the same
# beginnings of words are near.

suite_setup() {
	instance
	unset http_proxy all_proxy HTTP_PROXY ALL_PROXY GEMINI_API_KEY OG_LLM_KEY
	: >script
	start_server model --script script --log model.log --dimension 64 --seconds 900
	mv pid model.pid
	model=http://127.0.0.1:$(cat port)
	conf embed "openai:$model/v1#embedding-1"
}

suite_teardown() {
	for file in pid model.pid; do
		[ ! -s "$file" ] || kill "$(cat "$file")" 2>/dev/null || true
	done
}

conf() { # KEY VALUE
	sed -i "/^$1 *=/d" "$OG_HOME/og.conf"
	echo "$1 = $2" >>"$OG_HOME/og.conf"
}

erp() {
	sqlite3 "$OG_HOME/erp.db" "$1"
}

# memo NAME CLEARANCE TEXT [FRONT MATTER...]: a policy that is in force.
memo() {
	printf -- '---\ntitle: %s\nnode: inventory-report\nclearance: %s\n' "$1" "$2" >"$1.md"
	[ $# -lt 4 ] || printf '%s\n' "${@:4}" >>"$1.md"
	printf -- '---\n# %s\n\n%s\n' "$1" "$3" >>"$1.md"
	og-policy add --as alice "$1.md" >added 2>stderr
	[ ! -s stderr ]
}

# found PRINCIPAL WORDS [OPTION...]: names, best first.
found() {
	og-policy search --as "$1" --json "${@:3}" "$2" 2>stderr | quick_jq -r .policy | paste -sd' '
}

# The points there should be: one for each policy and text that has a vector.
expected() {
	erp "SELECT count(*) FROM (SELECT DISTINCT s.policy, s.digest, v.model, v.dimension
		FROM og_passage s JOIN og_vector v USING (digest) WHERE v.task = 'document')"
}

every_passage_is_held_once() {
	run -0 og-policy embed --as alice --json
	[ "$(quick_jq .left <<<"$output")" -eq 0 ]
	[ "$(expected)" -gt 10 ]
	[ "$(held)" -eq "$(expected)" ]
	og-policy embed --as alice >/dev/null
	[ "$(held)" -eq "$(expected)" ]
}

what_words_do_not_find() {
	memo comfort 1 'Ergonomics of seats are judged by the works council.'
	OG_EMBED=none run -1 og-policy search --as bob 'ergonometric judgemental'
	[ "$(found bob 'ergonometric judgemental' --limit 1)" = comfort ]
	[ ! -s stderr ]
}

nothing_above_the_clearance() {
	memo secret 3 'Ergonomics of executive seats are judged in secret.'
	memo open 1 'Ergonomics of seats are judged.'
	[[ " $(found bob 'ergonometric judgemental') " != *' secret '* ]]
	[[ " $(found bob 'ergonometric judgemental') " == *' open '* ]]
	[[ " $(found alice 'ergonometric judgemental') " == *' secret '* ]]
}

filters_of_node_and_source() {
	memo letter 1 'Ergonomics of seats are judged.' 'source: email'
	memo act 1 'Ergonomics of desks are judged.' 'source: law'
	sed -i 's/inventory-report/goods-receipt/' act.md
	og-policy add --as alice act.md >/dev/null
	[ "$(found bob 'ergonometric judgemental' --source law --limit 1)" = act ]
	[[ " $(found bob 'ergonometric judgemental' --source email) " != *' act '* ]]
	[[ " $(found bob 'ergonometric judgemental' --node inventory-report) " == *' letter '* ]]
	[[ " $(found bob 'ergonometric judgemental' --node inventory-report) " != *' act '* ]]
	[ "$(found bob 'ergonometric judgemental' --node goods-receipt --limit 1)" = act ]
}

what_is_not_in_force() {
	memo old 1 'Ergonomics of seats are judged yearly.' 'effective: 2001-01-01' 'expires: 2002-01-01'
	memo new 1 'Ergonomics of seats are judged monthly.'
	[[ " $(found bob 'ergonometric judgemental') " == *' old '* ]]
	[[ " $(found bob 'ergonometric judgemental' --in-force) " == *' new '* ]]
	[[ " $(found bob 'ergonometric judgemental' --in-force) " != *' old '* ]]
	[[ " $(found bob 'ergonometric judgemental' --in-force --at 2001-06-01) " == *' old '* ]]
}

a_new_version_takes_the_place() {
	og-policy embed --as alice >/dev/null
	memo comfort 1 'Ergonomics of seats are judged.'
	before=$(held)
	memo comfort 1 'Parcels are weighed before they leave.'
	[ "$(held)" -eq "$before" ]
	[ "$(held)" -eq "$(expected)" ]
	[[ " $(found bob 'ergonometric judgemental') " != ' comfort '* ]]
	[[ " $(found bob 'parcelling weighty') " == ' comfort '* ]]
	memo comfort 3 'Parcels are weighed before they leave.'
	[[ " $(found bob 'parcelling weighty') " != *' comfort '* ]]
	[[ " $(found alice 'parcelling weighty') " == ' comfort '* ]]
	[ "$(held)" -eq "$(expected)" ]
}

the_same_text_in_two_policies() {
	og-policy embed --as alice >/dev/null
	before=$(held)
	for name in one two; do
		printf -- '---\nnode: inventory-report\ntitle: Twin\n---\nErgonomics are judged.\n' >"$name.md"
		og-policy add --as alice "$name.md" >/dev/null
	done
	[ "$(held)" -eq $((before + 2)) ]
	both=" $(found bob 'ergonometric judgemental') "
	[[ "$both" == *' one '* ]]
	[[ "$both" == *' two '* ]]
}

two_models_are_never_mixed() {
	memo comfort 1 'Ergonomics of seats are judged by the works council.'
	og-policy embed --as alice >/dev/null
	conf embed "openai:$model/v1#embedding-2"
	[[ " $(found bob 'ergonometric judgemental') " != ' comfort '* ]]
	og-policy embed --as alice >/dev/null
	[ "$(found bob 'ergonometric judgemental' --limit 1)" = comfort ]
	[ "$(held)" -eq "$(expected)" ]
}

a_long_document() {
	{
		printf -- '---\nnode: inventory-report\ntitle: Long\n---\n'
		for n in $(seq 300); do
			printf '# Part %s\n\nShelf %s holds bolts of size %s.\n\n' "$n" "$n" "$n"
		done
		printf '# End\n\nErgonomics of seats are judged.\n'
	} >long.md
	og-policy add --as alice long.md >/dev/null
	[ "$(erp "SELECT count(*) FROM og_passage s JOIN og_policy p ON p.id = s.policy
		WHERE p.name = 'long'")" -gt 300 ]
	[ "$(held)" -eq "$(expected)" ]
	og-policy search --as bob --json 'ergonometric judgemental seats' |
		jq -s -e 'map(select(.policy == "long"))[0].heading | test("End$")'
}

# The order is made of the vectors here, whoever finds them.
the_same_as_the_embedded_one() {
	og-policy embed --as alice >/dev/null
	memo secret 3 'Ergonomics of executive seats are judged in secret.'
	for who in charlie bob alice; do
		for words in 'ergonometric judgemental' 'discounted ordering' 'warehousing' 'taxed invoice'; do
			og-policy search --as "$who" --json "$words" >there || true
			OG_VECTORS=sqlite: og-policy search --as "$who" --json "$words" >here || true
			[ -s here ]
			cmp here there
		done
	done
}

the_ledger_holds_and_needs_no_vectors() {
	og-policy embed --as alice >/dev/null
	og-ledger verify --state
	[ "$(erp "SELECT count(*) FROM audit_ledger WHERE body LIKE '%embedding-1%' AND action <> 'model.answer'")" -eq 0 ]
}
