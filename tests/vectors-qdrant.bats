# Vectors in a Qdrant server: what every store has to do, and what is this
# one's. The server is a fake that holds every request against the real one's
# OpenAPI, and filters only by what has an index.

load helper
load vectors-suite

openapi=$OG_TESTS/../../shared/data/qdrant/openapi-v1.17.x.min.json

setup() {
	suite_setup
	: >behave
	[ -e "$openapi" ] || openapi=
	start_server qdrant --log log --behave behave --key sesame --seconds 900 --strict 1 \
		${openapi:+--openapi "$openapi"}
	at=http://127.0.0.1:$(cat port)/collections/rules
	(umask 077 && echo sesame >"$OG_HOME/vectors.key")
	conf vectors_key vectors.key
	conf vectors "qdrant+${at%/collections/rules}/rules"
}

teardown() {
	suite_teardown
	# Whatever was said in a test was said in the real one's language.
	[ ! -s log ] || [ "$(jq -s 'map(select(.invalid != "" or .key != true)) | length' log)" -eq 0 ]
}

held() {
	curl -sf -H 'api-key: sesame' -H 'content-type: application/json' -d '{"exact":true}' \
		"$at/points/count" | jq .result.count
}

@test "qdrant: every passage is held once" { every_passage_is_held_once; }
@test "qdrant: what words do not find" { what_words_do_not_find; }
@test "qdrant: nothing above the clearance" { nothing_above_the_clearance; }
@test "qdrant: filters of node and source" { filters_of_node_and_source; }
@test "qdrant: what is not in force" { what_is_not_in_force; }
@test "qdrant: a new version takes the place" { a_new_version_takes_the_place; }
@test "qdrant: the same text in two policies" { the_same_text_in_two_policies; }
@test "qdrant: two models are never mixed" { two_models_are_never_mixed; }
@test "qdrant: a long document" { a_long_document; }
@test "qdrant: the same as the embedded one" { the_same_as_the_embedded_one; }
@test "qdrant: the ledger holds and needs no vectors" { the_ledger_holds_and_needs_no_vectors; }

@test "requests were held against the OpenAPI document" {
	[ -n "$openapi" ] || skip "../shared/data/qdrant is not here"
	og-policy embed --as alice >/dev/null
	run -22 curl -sf -X PUT -H 'api-key: sesame' -d '{"vectors":{"size":"4","distance":"Cosine"}}' \
		"${at%rules}other"
	[ "$(jq -s 'map(select(.invalid != "")) | length' log)" -eq 1 ]
	: >log
}

@test "no text leaves, and nobody is told more than the points need" {
	memo secret 3 'The price of the moon is a secret.'
	grep -q '"PUT"' log
	not grep -q 'price of the moon' log
	[ "$(jq -c 'select(.method == "PUT" and (.path | endswith("/points"))) |
		.body.points[0].payload | keys' log | sort -u)" = \
		'["clearance_level","digest","dimension","hash","heading","instance","line","model","node","policy","seq","source_type","sum"]' ]
}

@test "vectors without an embedding provider: said by og doctor, and words find" {
	conf embed none
	run -1 og doctor --json
	[[ "$(jq -r 'select(.check == "vectors" and .state == "bad") | .what' <<<"$output")" == \
		*'no embedding model makes any'* ]]
	run -0 --separate-stderr og-policy search --as bob chairs
	[ -z "$stderr" ]
}

@test "a collection for vectors of another width is left as it is, and that is said" {
	curl -sf -X PUT -H 'api-key: sesame' -d '{"vectors":{"size":5,"distance":"Cosine"}}' "$at" >/dev/null
	og-policy embed --as alice >/dev/null 2>stderr || true
	run -1 og-policy diff --as alice --json
	[ "$(jq -r .why <<<"$output" | sort -u)" = missing ]
	run -1 og doctor --fix --json
	[[ "$output" == *'collection is for vectors of 5 values, these have 64'* ]]
	[ "$(held)" -eq 0 ]
	[[ "$(found bob 'chairs warehouse')" == *warehouse* ]] # the local copy answers
}

@test "a document is sent once, however its vectors come" {
	for n in $(seq 100); do
		printf '# Part %s\n\nShelf %s holds bolts of size %s.\n\n' "$n" "$n" "$n"
	done >long.md
	og-policy embed --as alice >/dev/null
	: >log
	og-policy add --as alice --node inventory-report long.md >/dev/null
	sent=$(jq -s 'map(select(.method == "PUT" and (.path | endswith("/points"))) |
		.body.points | length) | add' log)
	[ "$sent" -eq "$(erp "SELECT count(*) FROM og_passage s JOIN og_policy p ON p.id = s.policy
		WHERE p.name = 'long'")" ]
}
