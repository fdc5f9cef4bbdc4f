# What a model searches when it plans a task, where embeddings are configured:
# by meaning as well as by words, within the budget, once.

load helper
load model-helper

conf() { # KEY VALUE
	sed -i "/^$1 *=/d" "$OG_HOME/og.conf"
	echo "$1 = $2" >>"$OG_HOME/og.conf"
}

# begin: a model and embeddings of the same provider; a policy that only its
# meaning leads to.
begin() {
	use openai --dimension 512
	conf embed "openai:http://127.0.0.1:$(cat port)/v1#embedding-1"
	conf embed_key model.key
	conf embed_price 0.10
	printf -- '---\ntitle: comfort\nclearance: 1\nnode: inventory-report\n---\n# comfort\n\nErgonomics of seats are judged by the works council.\n' >comfort.md
	og-policy add --as alice comfort.md >/dev/null
	og-policy embed --as alice >/dev/null
}

# embeddings: how often it was asked for some.
embeddings() {
	jq -s 'map(select(.request.input)) | length' log
}

paid() {
	sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM audit_ledger WHERE action = 'model.answer'
		AND principal = 'charlie' AND task = '$id' AND json_extract(body, '\$.for') = 'embed'"
}

@test "a planner's searches find by meaning, are paid for once, and a rerun needs none of it" {
	begin
	before=$(embeddings)
	says "$(call search_policies '{"query":"ergonometric judgemental"}')" "$(finish 'So it is.')"
	id=$(og-submit --as charlie 'what of ergonometric judgemental')
	og-worker --drain --quiet
	[ "$(og-task show "$id" --as charlie --json | jq -r .state)" = 'done' ]
	jq -s 'map(select(.request.messages)) | last | .request.messages | tostring' log | grep -q 'works council'
	n=$(($(embeddings) - before))
	[ "$n" -ge 1 ]
	[ "$(paid)" -eq "$n" ]
	end_server "$fake"
	fake=
	og-worker --rerun "$id" --as alice >/dev/null
	[ "$(paid)" -eq "$n" ]
	og-ledger verify --state >/dev/null
}

@test "without vectors the planner searches by words: no budget, no provider" {
	begin
	before=$(embeddings)
	conf embed "openai:http://127.0.0.1:1/v1#embedding-1"
	says "$(call search_policies '{"query":"works council"}')" "$(finish 'So it is.')"
	id=$(og-submit --as charlie 'what of the works council')
	og-worker --drain --quiet
	[ "$(og-task show "$id" --as charlie --json | jq -r .state)" = 'done' ]
	[ "$(embeddings)" -eq "$before" ]
	[ "$(paid)" -eq 0 ]
}
