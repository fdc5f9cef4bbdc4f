# og-submit: the contract of its end, and everything that is wrong with a
# command before anybody works on it.

load helper

setup() {
	instance
}

queued() {
	sqlite3 "$OG_HOME/queue.db" "SELECT count(*) FROM task"
}

# refuses STATUS PATTERN ARGS...: one clear line, nothing queued.
refuses() {
	local want=$1 pattern=$2 before
	shift 2
	before=$(queued)
	run --separate-stderr og-submit "$@"
	[ "$status" -eq "$want" ] || { echo "status $status, not $want: $stderr"; return 1; }
	[[ "$stderr" == *$pattern* ]] || { echo "$stderr"; return 1; }
	[ -z "$output" ]
	[ "$(grep -vc 'hint:' <<<"$stderr")" -eq 1 ]
	[ "$(queued)" -eq "$before" ]
}

# A worker in the background, ended by name of its process id only.
serve() {
	og-worker --quiet 3>&- &
	worker=$!
}

teardown() {
	[ -z "${worker:-}" ] || kill "$worker" 2>/dev/null || true
}

@test "prints the id, durable, and nothing else" {
	run --separate-stderr og-submit --as charlie 'buy 1 ergonomic chair'
	[ "$status" -eq 0 ]
	[[ "$output" =~ ^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$ ]]
	[ -z "$stderr" ]
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT id FROM task")" = "$output" ]
	# Canonical and signed: exactly the envelope's keys, sorted.
	sqlite3 "$OG_HOME/queue.db" "SELECT envelope FROM task" |
		jq -e 'keys_unsorted == ["expires","id","kind","principal","sig","submitted","text","v"]'
}

@test "--batch: one id per line, in order; a bad line queues nothing" {
	run --separate-stderr og-submit --as charlie --batch <<<$'inspect stock\nbuy 1 laptop stand\ninspect stock'
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 3 ]
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT id FROM task ORDER BY ticket")" = "$output" ]
	run --separate-stderr og-submit --as charlie --batch <<<$'inspect stock\n\nbuy 1 laptop stand'
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"line 2: the text is empty"* ]]
	[[ "$stderr" == *"nothing was queued"* ]]
	[ "$(queued)" -eq 3 ]
}

@test "--wait --json: exactly one line for every end, and its exit status" {
	serve
	ends() { # STATUS STATE PRINCIPAL TEXT
		run --separate-stderr og-submit --as "$3" --wait --timeout 20 --json "$4"
		[ "$status" -eq "$1" ] || { echo "$4: $status $stderr"; return 1; }
		[ "${#lines[@]}" -eq 1 ]
		[ "$(jq -r .state <<<"$output")" = "$2" ]
		jq -e '.v == 1 and (.ledger.head | length) == 64' <<<"$output"
	}
	ends 0 done charlie 'buy 1 ergonomic chair'
	ends 1 compensated charlie 'buy 2 standing desks'
	ends 1 denied bob 'add courier details to the orders table'
	ends 1 denied bob 'please water the plants'
	ends 1 interrupted alice 'trigger an infinite query loop test'
}

@test "--wait without a worker: a note, then 75 when the time is up" {
	run --separate-stderr og-submit --as charlie --wait --timeout 3s --json 'inspect stock'
	[ "$status" -eq 75 ]
	[ -z "$output" ]
	[[ "$stderr" == *"no worker serves this instance"* ]]
	[ "$(queued)" -eq 1 ]
}

@test "--wait as text" {
	serve
	run og-submit --as charlie --wait --timeout 20 'buy 1 ergonomic chair'
	[ "$status" -eq 0 ]
	[[ "$output" == *"Order 11: 1 x Ergonomic Chair for 299.99"* ]]
}

@test "--key: the same key by the same principal is the same task" {
	first=$(og-submit --as charlie --key once 'buy 1 ergonomic chair')
	second=$(og-submit --as charlie --key once 'buy 1 ergonomic chair')
	other=$(og-submit --as diana --key once 'buy 1 ergonomic chair')
	og-worker --drain --quiet
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" -eq 48 ]
	[ "$first" != "$second" ]
	run og-task show "$second" --as charlie --json
	[ "$status" -eq 0 ]
	[ "$(jq -r .task <<<"$output")" = "$first" ]
	og-task show "$other" --as diana --json | jq -e '.state == "done"'
}

@test "--action and --param run a skill without a sentence" {
	id=$(og-submit --as bob --action replenish-stock --param quantity=10 --param 'product=Laptop Stand')
	og-worker --drain --quiet
	og-task show "$id" --as bob --json | jq -e '.state == "done"'
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 3")" -eq 110 ]
	id=$(og-submit --as bob --action replenish-stock --param quantity=ten-ish --param 'product=Laptop Stand')
	og-worker --drain --quiet
	run og-task show "$id" --as bob --json
	[ "$status" -eq 1 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 3")" -eq 110 ]
}

@test "--expires: what is late is not begun" {
	id=$(og-submit --as charlie --expires 1ms 'buy 1 ergonomic chair')
	sleep 0.1
	og-worker --drain --quiet
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" -eq 50 ]
	run og-task show "$id" --as charlie
	[ "$status" -eq 1 ]
	[[ "$output" == *"expired before it was begun"* ]]
}

@test "who asks: nobody, an unknown one, a key others may read, another's key" {
	refuses 77 'no principal given' 'inspect stock'
	refuses 77 'cannot open key' --as mallory 'inspect stock'
	refuses 77 'no principal' --as '../alice' 'inspect stock'
	chmod 644 "$OG_HOME/keys/charlie.key"
	refuses 77 'may be read by others' --as charlie 'inspect stock'
	cp "$OG_HOME/keys/bob.key" "$OG_HOME/keys/alice.key"
	id=$(og-submit --as alice 'add courier details to the orders table')
	og-worker --drain --quiet 2>/dev/null
	! sqlite3 "$OG_HOME/erp.db" .schema | grep -q courier_name
	og-ledger log --as bob --action refuse --json | jq -se 'length >= 1'
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT state FROM task WHERE id = '$id'")" -eq 2 ]
}

@test "texts that are none: one clear line each, nothing queued" {
	refuses 65 'the text is empty' --as bob ''
	refuses 65 'the text is empty' --as bob '   '
	refuses 65 'not valid UTF-8' --as bob $'caf\xe9'
	refuses 65 'control byte' --as bob $'inspect \e[31mstock'
	head -c 10000000 /dev/zero | tr '\0' a >big
	run --separate-stderr og-submit --as bob - <big
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"larger than 65536 bytes"* ]]
	printf 'inspect\0stock' >nul
	run --separate-stderr og-submit --as bob - <nul
	[ "$status" -eq 65 ]
	[ "$(queued)" -eq 0 ]
}

@test "usage: unknown and repeated options, what does not go together" {
	refuses 64 'did you mean --wait?' --as bob --wiat x
	refuses 64 'given twice' --as bob --as alice x
	refuses 64 'needs a value' x --as
	refuses 64 'give one of' --as bob
	refuses 64 'give one of' --as bob --batch x
	refuses 64 'goes with --action' --as bob --param a=1 x
	refuses 64 'go with --wait' --as bob --json x
	refuses 64 'unexpected argument' --as bob x y
	refuses 64 'not a span' --as bob --expires soon x
}

@test "no instance, a wrong og.conf, a damaged queue" {
	run --separate-stderr og-submit --home /nowhere --as bob x
	[ "$status" -eq 78 ]
	echo 'quue = sqlite:queue.db' >>"$OG_HOME/og.conf"
	run --separate-stderr og-submit --as bob x
	[ "$status" -eq 78 ]
	[[ "$stderr" == *"og.conf:"*"unknown key 'quue'"* ]]
	[[ "$stderr" == *"did you mean 'queue'?"* ]]
	sed -i '$d' "$OG_HOME/og.conf"
	OG_QUEUE=amqp://user:secret@host run --separate-stderr og-submit --as bob x
	[ "$status" -eq 69 ]
	[[ "$stderr" != *secret* ]]
	rm -f "$OG_HOME"/queue.db-*
	printf 'this is no database, is it? no, it is not at all' >"$OG_HOME/queue.db"
	run --separate-stderr og-submit --as bob x
	[ "$status" -eq 65 ]
}

@test "a full disk: the task is refused, none is half there" {
	og-submit --as bob 'inspect stock' >/dev/null
	head -c 60000 /dev/zero | tr '\0' a >long
	run --separate-stderr bash -c 'ulimit -f 40; for i in $(seq 20); do og-submit --as bob - <long || exit; done'
	[ "$status" -ne 0 ]
	sqlite3 "$OG_HOME/queue.db" "PRAGMA integrity_check" | grep -qx ok
	before=$(queued)
	og-submit --as bob 'inspect stock' >/dev/null
	[ "$(queued)" -eq $((before + 1)) ]
}
