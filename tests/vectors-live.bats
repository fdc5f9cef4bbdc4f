# Vectors in a real Qdrant server: what every store has to do.
# OG_LIVE_QDRANT_URL: a collection that the tests may make and remove, such as
# qdrant+http://127.0.0.1:6333/og_test; OG_LIVE_QDRANT_KEY: a file with the key.

load helper
load vectors-suite

setup() {
	[ -n "${OG_LIVE_QDRANT_URL:-}" ] || skip "OG_LIVE_QDRANT_URL names no collection of a real server"
	suite_setup
	at=${OG_LIVE_QDRANT_URL#qdrant+}
	at=${at%/*}/collections/${at##*/}
	key=()
	if [ -n "${OG_LIVE_QDRANT_KEY:-}" ]; then
		conf vectors_key "$OG_LIVE_QDRANT_KEY"
		key=(-H "api-key: $(cat "$OG_LIVE_QDRANT_KEY")")
	fi
	conf vectors "$OG_LIVE_QDRANT_URL"
	curl -s -X DELETE "${key[@]}" "$at" >/dev/null
}

teardown() {
	[ -n "${OG_LIVE_QDRANT_URL:-}" ] || return 0
	suite_teardown
	curl -s -X DELETE "${key[@]}" "$at" >/dev/null
}

held() {
	curl -sf "${key[@]}" -H 'content-type: application/json' -d '{"exact":true}' \
		"$at/points/count" | jq .result.count
}

@test "live: every passage is held once" { every_passage_is_held_once; }
@test "live: what words do not find" { what_words_do_not_find; }
@test "live: nothing above the clearance" { nothing_above_the_clearance; }
@test "live: filters of node and source" { filters_of_node_and_source; }
@test "live: what is not in force" { what_is_not_in_force; }
@test "live: a new version takes the place" { a_new_version_takes_the_place; }
@test "live: the same text in two policies" { the_same_text_in_two_policies; }
@test "live: two models are never mixed" { two_models_are_never_mixed; }
@test "live: a long document" { a_long_document; }
@test "live: the same as the embedded one" { the_same_as_the_embedded_one; }
@test "live: the ledger holds and needs no vectors" { the_ledger_holds_and_needs_no_vectors; }
