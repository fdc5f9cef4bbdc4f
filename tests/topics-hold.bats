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
	[ "$(jq -r .match.skill <<<"$reply")" = "$3" ]
	slots=",\"slots\":$(jq -c .match.slots <<<"$reply")"
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
	ends[$1]=$(jq -r .why <<<"$reply")
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
		[ -z "$before" ] || [ "$(ask alice "$before" | jq -r .state)" = done ]
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
		[ -z "$before" ] || [ "$(ask alice "$before" | jq -r .state)" = done ]
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
