# The embedded store of vectors: what every store has to do.

load helper
load vectors-suite

setup() {
	suite_setup
}

teardown() {
	suite_teardown
}

# Passages that are searched by their vectors.
held() {
	erp 'SELECT coalesce(sum(used), 0) FROM og_block'
}

@test "embedded: every passage is held once" { every_passage_is_held_once; }
@test "embedded: what words do not find" { what_words_do_not_find; }
@test "embedded: nothing above the clearance" { nothing_above_the_clearance; }
@test "embedded: filters of node and source" { filters_of_node_and_source; }
@test "embedded: what is not in force" { what_is_not_in_force; }
@test "embedded: a new version takes the place" { a_new_version_takes_the_place; }
@test "embedded: the same text in two policies" { the_same_text_in_two_policies; }
@test "embedded: two models are never mixed" { two_models_are_never_mixed; }
@test "embedded: a long document" { a_long_document; }
@test "embedded: the ledger holds and needs no vectors" { the_ledger_holds_and_needs_no_vectors; }

# As many rows as make the shield copy them to a file. They are in the space of
# the others, and nobody sees them.
fill() {
	erp "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300),
		one AS (SELECT model, dimension, length(low) / (length(slots) / 24) AS half FROM og_block LIMIT 1)
		INSERT INTO og_block(model, dimension, node, stamp, used, slots, high, low)
		SELECT model, dimension, 'filler-' || i, random(), 1, zeroblob(24), zeroblob(8 + half), zeroblob(half)
		FROM one, n"
}

@test "embedded: many rows are copied to a file, which decides nothing" {
	copy=$OG_HOME/erp.db-codes
	memo comfort 1 'Ergonomics of seats are judged by the works council.'
	before=$(found bob 'ergonometric judgemental' --limit 9)
	[ "${before%% *}" = comfort ]
	[ ! -e "$copy" ]
	fill
	[ "$(found bob 'ergonometric judgemental' --limit 9)" = "$before" ]
	[ "$(stat -c %a "$copy")" = 600 ]
	[ "$(head -c 8 "$copy")" = ogcodes1 ]
	not ls "$copy"-new
	made=$(stat -c %i "$copy")
	[ "$(found bob 'ergonometric judgemental' --limit 9)" = "$before" ]
	# what came later is found, without another copy
	memo seats 1 'Ergonomics of seats are judged.'
	[[ " $(found bob 'ergonometric judgemental' --limit 9) " == *' seats '* ]]
	before=$(found bob 'ergonometric judgemental' --limit 9)
	[ "$(stat -c %i "$copy")" = "$made" ]
	# damaged, of another instance, taken away
	size=$(stat -c %s "$copy")
	for at in 9 40 70 $((size / 2)) $((size - 1)); do
		printf '\377\001\125' | dd of="$copy" bs=1 seek="$at" conv=notrunc status=none
		[ "$(found bob 'ergonometric judgemental' --limit 9)" = "$before" ]
	done
	: >"$copy"
	[ "$(found bob 'ergonometric judgemental' --limit 9)" = "$before" ]
	[ "$(stat -c %s "$copy")" -gt 0 ]
	rm "$copy"
	[ "$(found bob 'ergonometric judgemental' --limit 9)" = "$before" ]
	run -0 og-ledger verify --state
}
