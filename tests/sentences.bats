# Sentences through the whole house: a sample of sentences.tsv from
# og-submit to the result document. tests/unit/match.c runs all of them
# against the matcher.

load helper

# Every tenth line of the file, so that each skill has some.
sample() {
	grep -v '^#' "$OG_TESTS/sentences.tsv" | awk -F'\t' 'NR % 10 == 1'
}

# Skills that loop or change the schema have their own tests; what may wait for
# an answer is asked of the matcher only.
plain() {
	awk -F'\t' '$3 != "loop-test" && $3 != "evolve-schema" && $3 != "nothing"'
}

@test "a sentence runs the skill it means" {
	instance
	failed=
	while IFS=$'\t' read -r sentence who skill _; do
		result=$(ask "$who" "$sentence")
		got=$(jq -r 'if (.reason | contains("no_skill")) then "no_skill" else .skill // "no_skill" end' <<<"$result")
		[ "${got%%@*}" = "$skill" ] || failed+="$sentence: $got, not $skill"$'\n'
	done < <(sample | plain)
	echo "$failed"
	[ -z "$failed" ]
	og-ledger verify --state
}

@test "a sentence that fits nothing names the nearest skills and changes nothing" {
	instance
	before=$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM orders")
	while IFS=$'\t' read -r sentence who skill _; do
		[ "$skill" = no_skill ] || continue
		run ask_status "$who" "$sentence"
		[ "$status" -eq 1 ]
		[ "$(jq -r .state <<<"$output")" = denied ]
	done < <(sample)
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM orders")" -eq "$before" ]
}
