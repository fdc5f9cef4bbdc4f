# og-task: whose tasks are whose, and taking one back.

load helper

setup() {
	instance
}

@test "status and its exit status, from queued to done" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	run og-task status "$id" --as charlie
	[ "$status" -eq 75 ]
	[[ "$output" == *queued* ]]
	run og-task show "$id" --as charlie
	[ "$status" -eq 75 ]
	og-worker --drain --quiet
	run og-task status "$id" --as charlie --json
	[ "$status" -eq 0 ]
	jq -e '.v == 1 and .state == "done" and .skill == "procure-to-pay"' <<<"$output"
	id=$(og-submit --as charlie 'buy 2 standing desks')
	og-worker --drain --quiet
	run og-task status "$id" --as charlie
	[ "$status" -eq 1 ]
}

@test "a task is its principal's; with the right 'tasks' everybody's" {
	id=$(og-submit --as charlie 'inspect stock')
	run og-task status "$id" --as diana
	[ "$status" -eq 1 ]
	[[ "$output" == *"no such task"* ]]
	og-worker --drain --quiet
	run og-task show "$id" --as diana --json
	[ "$status" -eq 1 ]
	[[ "$output" == *"no such task"* ]]
	run og-task show "$id" --as bob --json
	[ "$status" -eq 1 ]
	run og-task show "$id" --as alice --json
	[ "$status" -eq 0 ]
	[ "$(og-task list --as diana | wc -l)" -eq 0 ]
	[ "$(og-task list --as alice | wc -l)" -eq 1 ]
}

@test "list: queued and finished ones, by state" {
	og-submit --as charlie 'inspect stock' >/dev/null
	og-worker --drain --quiet
	og-submit --as charlie 'inspect stock' >/dev/null
	[ "$(og-task list --as charlie --json | jq -r .state | sort | paste -sd' ')" = 'done queued' ]
	[ "$(og-task list --as charlie --state queued | wc -l)" -eq 1 ]
	run og-task list --as charlie --state dnoe
	[ "$status" -eq 64 ]
	[ "$(og-task list --as charlie --limit 1 | wc -l)" -eq 1 ]
}

@test "an id may be cut short where only one begins so" {
	id=$(og-submit --as charlie 'inspect stock')
	og-worker --drain --quiet
	run og-task status "${id:0:18}" --as charlie
	[ "$status" -eq 0 ]
	run og-task status 0000 --as charlie
	[ "$status" -eq 1 ]
	run og-task status x --as charlie
	[ "$status" -eq 64 ]
}

@test "cancel: a queued task is not carried out" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	og-task cancel "$id" --as charlie
	og-worker --drain --quiet
	run og-task show "$id" --as charlie --json
	[ "$status" -eq 1 ]
	[ "$(jq -r .state <<<"$output")" = cancelled ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" -eq 50 ]
	run og-task cancel "$id" --as charlie
	[ "$status" -eq 1 ]
	[[ "$output" == *"cancelled already"* ]]
}

@test "cancel: not somebody else's task" {
	id=$(og-submit --as charlie 'buy 1 ergonomic chair')
	run og-task cancel "$id" --as diana
	[ "$status" -eq 1 ]
	og-worker --drain --quiet
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" -eq 49 ]
}

@test "what is not in this version says so" {
	for command in answer resolve; do
		run og-task $command
		[ "$status" -eq 69 ]
	done
	run og-task chancel x --as charlie
	[ "$status" -eq 64 ]
	[[ "$output" == *"did you mean 'cancel'?"* ]]
}
