# A worker made by hand: a shield on a coprocess, and requests in the name
# of a task. Sourced with `load channel-helper` after helper.

# envelope_of ID: the signed envelope, as the queue has it.
envelope_of() {
	sqlite3 "$OG_HOME/queue.db" "SELECT envelope FROM task WHERE id = '$1'"
}

# shield: a new channel, whose process is $shield.
shield() {
	coproc CHANNEL { exec og-shield --channel 2>/dev/null; }
	# The shell writes later, and not into a pipe that nobody reads.
	shield=$CHANNEL_PID to=${CHANNEL[1]} from=${CHANNEL[0]}
}

# Ends it; a second one may hold its descriptors, so nobody waits for them.
shield_end() {
	exec {to}>&- {from}<&-
	kill "$shield" 2>/dev/null || true
	wait "$shield" 2>/dev/null || true
}

# say VERB JSON: one request; the answer is in $reply, 1 when it is no.
say() {
	local request
	request=$(quick_jq -c --arg verb "$1" '{v: 1, id: 7, verb: $verb} + .' <<<"${2:-{\}}") || return
	printf '%s\n' "$request" >&"$to" || return
	IFS= read -r -t 60 -u "$from" reply || return
	[ "$(quick_jq -r .ok <<<"$reply")" = true ]
}

# begin [AGENT]: the delivery of $envelope; sets task and epoch.
begin() {
	say task.begin "$(quick_jq -c --arg agent "${1:-og-worker/test}" \
		'{envelope: ., agent: $agent}' <<<"$envelope")" || return
	task=$(quick_jq -r .task <<<"$reply") epoch=$(quick_jq -r .epoch <<<"$reply")
}

# act VERB JSON: a request of the task.
act() {
	say "$1" "$(quick_jq -c --arg task "$task" --argjson epoch "$epoch" \
		'{task: $task, epoch: $epoch} + .' <<<"${2:-{\}}")"
}

# write CALL SQL
write() {
	act sql.write "$(quick_jq -nc --argjson call "$1" --arg sql "$2" '{call: $call, sql: $sql}')"
}

undo() {
	act saga.undo '{"reason":"it went wrong"}'
}

# finish STATE
finish() {
	act task.finish "$(quick_jq -nc --arg task "$task" --arg state "$1" '{state: $state,
		reason: "because", result: {v: 1, task: $task, state: $state}}')"
}

# refused RULE: was the last answer a no for this reason?
refused() {
	[ "$(quick_jq -r '(.ok | tostring) + " " + .rule' <<<"$reply")" = "false $1" ]
}

# task_of PRINCIPAL TEXT: a command that no worker will see: taken out of
# the queue. Sets id and envelope.
task_of() {
	id=$(og-submit --as "$1" "$2") || return
	envelope=$(envelope_of "$id")
	sqlite3 "$OG_HOME/queue.db" "DELETE FROM task WHERE id = '$id'"
}
