# og-worker: how it begins, waits, ends, and is killed.

load helper

setup() {
	instance
}

teardown() {
	[ -z "${worker:-}" ] || kill "$worker" 2>/dev/null || true
}

stock() {
	sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = $1"
}

@test "--once: 0 for a task, 1 for none" {
	run og-worker --once
	[ "$status" -eq 1 ]
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	run og-worker --once --quiet
	[ "$status" -eq 0 ]
	[ "$(stock 3)" -eq 99 ]
}

@test "--drain: everything due, then 0; --json says what happened" {
	og-submit --as charlie --batch <<<$'buy 1 laptop stand\nbuy 2 standing desks' >/dev/null
	run --separate-stderr og-worker --drain --json
	[ "$status" -eq 0 ]
	[ "$(jq -r .state <<<"$output" | paste -sd' ')" = 'done compensated' ]
	jq -se 'all(.[]; .v == 1 and .outcome == "ack" and .principal == "charlie")' <<<"$output"
	run og-worker --drain
	[ "$status" -eq 0 ]
}

@test "serves until SIGTERM, and ends in good order" {
	og-worker --quiet 3>&- &
	worker=$!
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	until_true og-task status "$id" --as charlie
	[ "$(stock 3)" -eq 99 ]
	og status | grep -q '^worker *serving'
	kill -TERM "$worker"
	wait "$worker"
	worker=
	[ "$(og status | grep -c '^worker *serving')" -eq 0 ]
}

@test "an idle worker does not wake up" {
	og-worker --quiet 3>&- &
	worker=$!
	until_true has_jobs 1
	job=$(pgrep -P "$worker" | head -n 1)
	until_true asleep "$worker" "$job"
	asleep "$worker" "$job"
	asleep "$worker" "$job"
	# Small while it sleeps, too.
	[ "$(awk '/VmRSS/ { print $2 }' "/proc/$job/status")" -le 12000 ]
}

@test "a shield that waits keeps little of what its first task took" {
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
	og-worker --quiet 3>&- &
	worker=$!
	id=$(og-submit --as bob 'inspect stock')
	until_true og-task status "$id" --as bob
	shield=$(pgrep -P "$(pgrep -P "$worker" | head -n 1)" -x og-shield)
	[ "$(awk '/RssAnon/ { print $2 }' "/proc/$shield/status")" -le 3400 ]
}

@test "a job that is killed is started again; the task is done once" {
	og-worker --quiet 2>/dev/null 3>&- &
	worker=$!
	until_true pgrep -P "$worker"
	kill -9 "$(pgrep -P "$worker" | head -n 1)"
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	until_true og-task status "$id" --as charlie
	[ "$(stock 3)" -eq 99 ]
}

@test "a worker that is killed leaves nothing that the next cannot finish" {
	og-submit --as charlie --batch < <(yes 'buy 1 laptop stand' | head -n 60) >/dev/null
	og-worker --quiet --jobs 2 2>/dev/null 3>&- &
	worker=$!
	sleep 0.12
	kill -9 "$worker"
	wait "$worker" || true
	worker=
	until_true bash -c '! og status | grep -q "^worker *serving"'
	og-worker --drain --quiet
	[ "$(stock 3)" -eq 40 ]
	og-ledger verify --state
}

@test "two workers at once do every task once" {
	og-submit --as charlie --batch < <(yes 'buy 1 laptop stand' | head -n 40) >/dev/null
	og-worker --drain --quiet --jobs 2 3>&- &
	worker=$!
	og-worker --drain --quiet --jobs 2
	wait "$worker"
	worker=
	[ "$(stock 3)" -eq 60 ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM orders")" -eq 50 ]
}

@test "an envelope that nobody signed is a dead letter, and no effect" {
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	sqlite3 "$OG_HOME/queue.db" "UPDATE task SET envelope = replace(envelope, 'buy 1', 'buy 9')"
	run og-worker --drain
	[ "$status" -eq 0 ]
	[[ "$output" == *"is a dead letter: "*"the signature is not that of 'charlie'"* ]]
	[ "$(stock 3)" -eq 100 ]
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT state FROM task")" -eq 2 ]
	sqlite3 "$OG_HOME/queue.db" "UPDATE task SET envelope = 'hostile', state = 0"
	og-worker --drain --quiet 2>/dev/null
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT state FROM task")" -eq 2 ]
}

@test "usage and configuration" {
	run og-worker --once --drain
	[ "$status" -eq 64 ]
	run og-worker --jobs 0
	[ "$status" -eq 64 ]
	run og-worker --jbos 2
	[ "$status" -eq 64 ]
	[[ "$output" == *"did you mean --jobs?"* ]]
	for wrong in '--once --dry-run' '--dry-run --rerun -' '--task x' '--drain --as bob'; do
		# shellcheck disable=SC2086
		run og-worker $wrong
		[ "$status" -eq 64 ] || { echo "$wrong: $output"; return 1; }
	done
	OG_STEP_LIMIT=lots run og-worker --drain
	[ "$status" -eq 78 ]
}

@test "a worker's job has neither network nor other files" {
	og-worker --quiet 3>&- &
	worker=$!
	until_true has_jobs 1
	job=$(pgrep -P "$worker" | head -n 1)
	grep -q 'NoNewPrivs:.*1' "/proc/$job/status"
	grep -q 'Seccomp:.*2' "/proc/$job/status"
	[ "$(ls -l "/proc/$job/fd" | grep -c 'erp.db')" -eq 0 ]
	[ "$(ls -l "/proc/$job/fd" | grep -c 'keys/')" -eq 0 ]
}

# A socket that writes what it is told into a file, one line a datagram.
notify_socket() {
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die;
		$| = 1;
		alarm 900;
		while (defined $s->recv(my $m, 4096)) { print "$m\n" }' "$1" >"$2" 3>&- &
	listener=$!
	until_true test -S "$1"
}

@test "tells the service manager when every job is ready, and of a stop" {
	notify_socket "$PWD/notify" told
	NOTIFY_SOCKET=$PWD/notify og-worker --quiet --jobs 2 3>&- &
	worker=$!
	until_true grep -q '^READY=1$' told
	[ "$(wc -l <told)" -eq 1 ]
	kill "$worker"
	wait "$worker"
	worker=
	until_true grep -q '^STOPPING=1$' told
	kill "$listener"
	# Nobody listens: said once, and no reason not to work.
	NOTIFY_SOCKET=$PWD/notify run --separate-stderr og-worker --drain
	[ "$status" -eq 0 ]
	NOTIFY_SOCKET=nonsense og-worker --drain
}

@test "in the journal every line has its priority" {
	mkfifo pipe
	cat pipe >lines 3>&- &
	exec 4>pipe
	export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/4)
	og-worker --once --jobs 9 2>&4 || [ $? -eq 64 ]
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	og-worker --drain 2>&4
	# Another standard error is not the journal.
	og-worker --once --jobs 9 2>other || true
	exec 4>&-
	wait
	sed -n 1p lines | grep -q '^<3>og-worker: --once'
	sed -n 2p lines | grep -q '^<6>og-worker: .*done procure-to-pay'
	grep -q '^og-worker: --once' other
}

# started MODEL LINE...: the worker's status and words with these in og.conf.
started() {
	cp "$OG_HOME/og.conf" saved
	sed -i '/^model /d' "$OG_HOME/og.conf"
	printf '%s\n' "model = $1" "${@:2}" >>"$OG_HOME/og.conf"
	run og-worker --drain
	mv saved "$OG_HOME/og.conf"
}

@test "a model that cannot be asked is an error at the start, with what to do" {
	unset GEMINI_API_KEY OG_LLM_KEY OPENAI_API_KEY
	started gemini:gemini-x
	[ "$status" -eq 78 ]
	[[ "$output" == *"there is no key for model 'gemini:gemini-x'"* ]]
	[[ "$output" == *"hint: set GEMINI_API_KEY, or name a file of mode 0600 with model_key"* ]]
	started openai:https://api.openai.com/v1#gpt
	[ "$status" -eq 78 ]
	[[ "$output" == *"hint: set OPENAI_API_KEY"* ]]
	# The name of another variable is not taken for it.
	GEMINI_API_KEY=secret started openai:https://api.openai.com/v1#gpt
	[ "$status" -eq 78 ]
	for wrong in claude gemini: openai:http://127.0.0.1:1/v1 openai:ftp://host#m 'gemini:http://u@h#m'; do
		started "$wrong"
		[ "$status" -eq 78 ] || { echo "$wrong: $output"; return 1; }
		[[ "$output" == *"hint: model = gemini:MODEL"* ]]
	done
	started openai:http://127.0.0.1:1/v1#m 'model_stream = maybe'
	[ "$status" -eq 78 ]
	[[ "$output" == *"model_stream: 'maybe' is not one of its words"* ]]
	# A file that is missing, or that others may read, stops the jobs.
	started openai:http://127.0.0.1:1/v1#m 'model_key = gone'
	[ "$status" -eq 66 ]
	echo geheim >"$OG_HOME/key"
	chmod 644 "$OG_HOME/key"
	started openai:http://127.0.0.1:1/v1#m 'model_key = key'
	[ "$status" -eq 77 ]
	started openai:http://127.0.0.1:1/v1#m 'model_key = key' 'model_headers = Authorization=key'
	[ "$status" -eq 78 ]
	chmod 600 "$OG_HOME/key"
	started openai:http://127.0.0.1:1/v1#m 'model_key = key' 'model_headers = X-Client-Id=key'
	[ "$status" -eq 0 ]
}

@test "the model's secret is in og-http, and nowhere else" {
	export OG_MODEL=openai:http://127.0.0.1:1/v1#m OG_LLM_KEY=geheim-4711
	echo "http = pay=http://127.0.0.1:1" >>"$OG_HOME/og.conf"
	og-worker --quiet 3>&- &
	worker=$!
	until_true pgrep -P "$worker"
	job=$(pgrep -P "$worker" | head -n 1)
	two() { [ "$(pgrep -P "$job" -x og-http | wc -l)" -eq 2 ] && pgrep -P "$job" -x og-shield; }
	until_true two
	until_true has_jobs 1
	for pid in "$job" $(pgrep -P "$job"); do
		not grep -q geheim-4711 "/proc/$pid/cmdline"
		not grep -q geheim-4711 "/proc/$pid/environ" || { cat "/proc/$pid/cmdline"; return 1; }
	done
	# Each goes to its own place.
	cat $(pgrep -P "$job" -x og-http | sed 's|.*|/proc/&/cmdline|') | tr '\0' ' ' >lines
	[ "$(grep -o -- --allow lines | wc -l)" -eq 2 ]
	[ "$(grep -o 'env:OG_LLM_KEY' lines | wc -l)" -eq 1 ]
}

# Does a program that is killed by ABRT leave a core? Killed half a second after
# it is itself, and a worker has started its jobs.
dumps_core() { # COMMAND...
	(ulimit -c unlimited 2>/dev/null && perl -e '
		pipe my $r, my $w;
		my $p = fork;
		if (!$p) { open STDIN, "<&", $r; exec @ARGV }
		my $has = sub { open my $f, "<", "/proc/$p/$_[0]" or return ""; join "", <$f> };
		for (1 .. 1200) {
			last if $has->("comm") eq "$ARGV[0]\n"
				&& ($ARGV[0] ne "og-worker" || $has->("task/$p/children"));
			select undef, undef, undef, 0.05;
		}
		select undef, undef, undef, 0.5;
		kill ABRT => $p;
		waitpid $p, 0;
		exit !($? & 128)' "$@" 2>/dev/null)
}

@test "a worker that has the model's secret leaves no core" {
	dumps_core sleep 10 || skip "no program leaves one here"
	dumps_core og-worker --quiet # nor is there a secret
	not env OG_MODEL=openai:http://127.0.0.1:1/v1#m bash -c "$(declare -f dumps_core); dumps_core og-worker --quiet"
	rm -f core core.*
}

@test "--dry-run needs a model and a task" {
	run og-worker --dry-run
	[ "$status" -eq 78 ]
	[[ "$output" == *"model = skill: asks no model"* ]]
	export OG_MODEL=openai:http://127.0.0.1:1/v1#m
	run og-worker --dry-run
	[ "$status" -eq 1 ]
	[[ "$output" == *"nothing is queued that is due"* ]]
	run og-worker --dry-run --task 01a21460-857c-7fda-965d-fc3bb8c412f0
	[ "$status" -eq 1 ]
	[[ "$output" == *"is not in the queue"* ]]
}

@test "--rerun of what is no journal" {
	echo '{' >broken
	run og-worker --rerun broken
	[ "$status" -eq 65 ]
	run og-worker --rerun gone
	[ "$status" -eq 66 ]
}
