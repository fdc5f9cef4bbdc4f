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
