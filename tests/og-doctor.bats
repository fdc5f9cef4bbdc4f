# og doctor: what it finds, what it says to do, what --fix mends and what not.

load helper

LEFT=.omnigate.new-01a21460-857c-7fda-965d-fc3bb8c412f0

setup() {
	instance
}

teardown() {
	og down >/dev/null 2>&1 || true
}

found() { # CHECK: its lines
	og doctor --json "${@:2}" | jq -r --arg c "$1" 'select(.check == $c) | .state + " " + .what'
}

@test "modes: named, mended, and then well" {
	mkdir -m 755 "$OG_HOME/secrets"
	echo token >"$OG_HOME/secrets/pay"
	echo 'queue_password = pw' >>"$OG_HOME/og.conf"
	printf '%s\n' 'embed_key = ek' 'telemetry_token = tt' >>"$OG_HOME/og.conf"
	for name in pw ek tt; do echo geheim >"$OG_HOME/$name" && chmod 644 "$OG_HOME/$name"; done
	chmod 644 "$OG_HOME/secrets/pay" "$OG_HOME/og.conf"
	chmod 755 "$OG_HOME" "$OG_HOME/run"
	chmod 640 "$OG_HOME/keys/bob.key"
	run og doctor
	[ "$status" -eq 1 ]
	for what in "" /run /keys/bob.key /secrets /secrets/pay /pw /ek /tt /og.conf; do
		[[ "$output" == *"others may use $OG_HOME$what; chmod go= it"* ]] || { echo "$what: $output"; return 1; }
	done
	run og doctor --fix
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "$(grep -c '^fixed files ' <<<"$output")" -eq 9 ]
	[ "$(find "$OG_HOME" -perm /077)" = '' ]
	[ "$(stat -c %a "$OG_HOME/keys/bob.key" "$OG_HOME/base.db" "$OG_HOME/run" | paste -sd' ')" = '600 400 700' ]
	og doctor
}

@test "a link is not followed, and a file that is no longer there is not made up" {
	touch ours && chmod 644 ours
	ln -s "$PWD/ours" "$OG_HOME/keys/link.key"
	run og doctor --fix
	[ "$status" -eq 1 ]
	[[ "$output" == *"bad   files     others may use $OG_HOME/keys/link.key"* ]]
	[ "$(stat -c %a ours)" = 644 ]
	rm "$OG_HOME/keys/link.key"
	echo 'queue_key = gone.pem' >>"$OG_HOME/og.conf"
	run og doctor --fix
	[ "$status" -eq 1 ]
	[[ "$output" == *"gone.pem: No such file"* ]]
}

@test "what may be made anew is" {
	rm -r "$OG_HOME/run" "$OG_HOME/renders"
	run og doctor
	[ "$status" -eq 1 ]
	[[ "$output" == *"there is no directory $OG_HOME/run; mkdir -m 700 it"* ]]
	run og doctor --fix
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[[ "$output" == *"fixed files     made $OG_HOME/renders"* ]]
	[ "$(stat -c %a "$OG_HOME/run")" = 700 ]
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	og-worker --drain --quiet
}

@test "leftovers of a killed init: the old ones go, with nothing they point to" {
	mkdir "$LEFT" "$LEFT/keys" .omnigate.new-mine
	touch "$LEFT/keys/owner.key" kept
	ln -s "$PWD/kept" "$LEFT/link"
	ln -s "$OG_HOME" "$LEFT/instance"
	# Whoever is at work holds it, however long it takes.
	touch -d '2 hours ago' "$LEFT" .omnigate.new-mine
	exec 7<"$LEFT" && flock 7
	[[ "$(found files --fix)" == *"ok "*"$LEFT is an init, backup, restore or verify at work"* ]]
	[ -e "$LEFT/keys/owner.key" ]
	exec 7<&-
	[[ "$(found files)" == *"warn "*"$LEFT was left by an init, backup, restore or verify that did not end; remove it, or og doctor --fix"* ]]
	[[ "$(found files --fix)" == *"fixed removed "*"$LEFT"* ]]
	[ ! -e "$LEFT" ]
	[ -e kept ] && [ -e .omnigate.new-mine ] && [ -e "$OG_HOME/erp.db" ]
	og-ledger verify --state
	# A link of that name is not ours to remove.
	ln -s "$OG_HOME" "$LEFT"
	touch -h -d '2 hours ago' "$LEFT"
	og doctor --fix >/dev/null
	[ -e "$LEFT" ] && [ -e "$OG_HOME/erp.db" ]
}

@test "helpers: those that are needed, and those that could be" {
	make -s -C "$OG_TESTS/.." O="$OG_BUILD" PREFIX=/og DESTDIR="$BATS_TEST_TMPDIR/stage" install
	PATH=$BATS_TEST_TMPDIR/stage/og/bin:$PATH
	[ "$(found helpers)" = 'ok og-amqp, og-http, og-otlp, og-prompt, og-text' ]
	rm stage/og/libexec/omnigate/og-otlp
	chmod 644 stage/og/libexec/omnigate/og-http
	run og doctor
	[ "$status" -eq 0 ]
	[[ "$output" == *'warn  helpers   og-otlp is missing, without which there is no telemetry; install it again'* ]]
	[[ "$output" == *'warn  helpers   og-http cannot be started'* ]]
	export OG_TELEMETRY=otlp:http://127.0.0.1:4318
	run og doctor
	[ "$status" -eq 1 ]
	[ "$(grep -c '^bad   helpers ' <<<"$output")" -eq 2 ]
}

@test "settings that cannot be" {
	OG_TELEMETRY=otlp:http:// run og doctor
	[ "$status" -eq 1 ]
	[[ "$output" == *'bad   telemetry '* ]]
	OG_SERVICES='worker wroker' run og doctor
	[ "$status" -eq 1 ]
	[[ "$output" == *"bad   services  og.conf: services: 'wroker' is no service; did you mean 'worker'?"* ]]
}

@test "the clock is behind the ledger" {
	sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER audit_ledger_no_update;
		UPDATE audit_ledger SET entry = replace(entry, substr(time, 1, 4) || '-', '2096-') WHERE seq = (SELECT max(seq) FROM audit_ledger)"
	[[ "$(found clock)" == 'bad it says '*' before the newest entry of the ledger; set it' ]]
}

@test "the queue: not to be read, dead letters old and new" {
	og-submit --as charlie 'buy 1 laptop stand' >/dev/null
	[[ "$(found queue)" == 'warn 1 ready; no worker of this machine serves it'* ]]
	og-worker --drain --quiet
	sqlite3 "$OG_HOME/queue.db" "INSERT INTO task(id, envelope, state, queued, reason) VALUES
		('old', '{}', 2, 1000, 'no'), ('new', '{}', 2, strftime('%s', 'now') * 1000, 'no')"
	sqlite3 "$OG_HOME/queue.db" "UPDATE task SET died = queued WHERE state = 2"
	[[ "$(found dead)" == 'warn 2 dead letters, 1 of them from more than 30 days ago; og-task list --state dead says why' ]]
	[ "$(found dead --fix)" = 'fixed removed 1 dead letters older than 30 days
warn 1 dead letters, 0 of them from more than 30 days ago; og-task list --state dead says why' ]
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT id FROM task")" = new ]
	echo nonsense >"$OG_HOME/queue.db"
	[[ "$(found queue)" == 'bad '* ]]
}

@test "a WAL that grows" {
	truncate -s 70M "$OG_HOME/queue.db-wal"
	[[ "$(found wal)" == 'warn '*'queue.db-wal has 70 MiB'* ]]
}

@test "services: those in trouble, and what a killed og up left" {
	[ "$(found services)" = 'ok og up does not run' ]
	export OG_READY_SECONDS=60
	og up --detach 2>/dev/null
	[ "$(found services)" = 'ok all are as they should be' ]
	kill_up
	was_killed() { found services | grep killed; }
	until_true was_killed
	[[ "$(found services)" == 'warn run/services.json was left by an og up that was killed'* ]]
	[[ "$(found services --fix)" == 'fixed removed run/services.json'* ]]
	[ ! -e "$OG_HOME/run/services.json" ]
	og up --detach 2>/dev/null
	# Not while one runs.
	og doctor --fix >/dev/null
	[ -e "$OG_HOME/run/services.json" ]
}

@test "pages: what they are made of is there, or not built" {
	mkdir moved
	cp -r "$OG_BUILD/bin" "$OG_BUILD/libexec" moved/ && cp -rL "$OG_BUILD/share" moved/
	rm -f moved/share/omnigate/ui/app.js
	run moved/bin/og doctor
	[[ "$output" == *'warn  pages     ui/'*' is missing: pages are without script'* ]]
	# Whoever serves it needs it.
	echo 'services = worker serve' >>"$OG_HOME/og.conf"
	run moved/bin/og doctor
	[[ "$output" == *'bad   pages     ui/'* ]]
	[ "$status" -eq 1 ]
}

@test "the model: its price, from og.conf, the instance or the installation" {
	export GEMINI_API_KEY=x OG_MODEL=gemini:gemini-x
	[[ "$(found price)" == "bad gemini:gemini-x has none, so it is not asked: "* ]]
	[[ "$(OG_MODEL_PRICE='1 2' found price)" == 'ok known'* ]]
	[[ "$(OG_MODEL=gemini:gemini-2.5-flash found price)" == 'ok known'* ]]
	echo '{"v":1,"currency":"USD","per":1000000,"prices":[{"provider":"gemini","model":"gemini-x","from":"2026-01-01","input":1,"output":2}]}' \
		>"$OG_HOME/prices.json"
	[[ "$(found price)" == 'ok known'* ]]
	unset OG_MODEL
	[ -z "$(found price)" ]
}

@test "the model: its line, its secrets, and who could read them" {
	unset GEMINI_API_KEY OG_LLM_KEY OPENAI_API_KEY
	[ "$(found model)" = 'ok skill:' ]
	[[ "$(GEMINI_API_KEY=x found model)" == 'ok none; GEMINI_API_KEY is set: '* ]]
	export OG_MODEL=gemini:gemini-x
	[[ "$(found model)" == "bad there is no key for model 'gemini:gemini-x'; set GEMINI_API_KEY, "* ]]
	[ "$(GEMINI_API_KEY=x found model)" = 'ok gemini:gemini-x with GEMINI_API_KEY; when it cannot: the task fails' ]
	echo geheim >"$OG_HOME/key"
	chmod 640 "$OG_HOME/key"
	[[ "$(OG_MODEL_KEY=key found model)" == "bad "*"$OG_HOME/key"* ]]
	chmod 600 "$OG_HOME/key"
	[ "$(OG_FALLBACK=skill OG_MODEL_KEY=key found model)" = \
		'ok gemini:gemini-x with its key file; when it cannot: the skills plan (fallback = skill)' ]
	[[ "$(OG_MODEL_KEY=key OG_MODEL_HEADERS=X-Id=gone found model)" == "bad "*"/gone"* ]]
	[ "$(OG_MODEL=openai:http://localhost:11434/v1#m found model)" = \
		'ok openai:http://localhost:11434/v1#m with no secret of its own; when it cannot: the task fails' ]
	[[ "$(OG_MODEL=openai:http://10.0.0.1/v1#m found model | head -n 1)" == 'warn http://10.0.0.1/v1 is asked without TLS: '* ]]
	[[ "$(OG_MODEL=zebra found model)" == "bad model: 'zebra' is neither gemini: nor openai:; "* ]]
}

# One line each, nothing on standard error, and no crash.
@test "erp.db is missing, empty, cut, garbage, a folder, or only its log is there" {
	cp -r "$OG_HOME" whole
	tried=0
	one_line() { # WORDS: what is bad is that alone
		run --separate-stderr og doctor
		[ "$status" -eq 1 ] && [ "$(grep -c '^bad ' <<<"$output")" -eq 1 ] && [ -z "$stderr" ] &&
			[[ "$(grep '^bad ' <<<"$output")" == "bad   books     "*"$1"* ]] || { echo "$output $stderr"; return 1; }
		rm -rf "$OG_HOME" && cp -r whole "$OG_HOME"
		tried=$((tried + 1))
	}
	rm "$OG_HOME/erp.db"
	one_line 'erp.db: No such file or directory; og restore a backup'
	: >"$OG_HOME/erp.db"
	one_line 'erp.db: it is empty'
	truncate -s 100000 "$OG_HOME/erp.db"
	one_line 'malformed'
	head -c 50000 /dev/urandom >"$OG_HOME/erp.db"
	one_line 'not a database'
	head -c 50 "$OG_HOME/erp.db" >cut && cat cut >"$OG_HOME/erp.db"
	one_line 'og-ledger: '
	rm "$OG_HOME/erp.db" && mkdir -m 700 "$OG_HOME/erp.db"
	one_line 'erp.db: it is not a file'
	mv "$OG_HOME/erp.db" "$OG_HOME/erp.db-wal"
	one_line 'beside erp.db-wal, which holds what came last: keep it'
	sqlite3 "$OG_HOME/erp.db" 'PRAGMA user_version = 77' && rm -f "$OG_HOME"/erp.db-*
	one_line 'format'
	[ "$tried" -eq 8 ]
	# Two, since the judge cannot begin without it either.
	rm -f "$OG_HOME/base.db"
	run --separate-stderr og doctor
	[ "$status" -eq 1 ] && [ -z "$stderr" ]
	[[ "$output" == *'bad   books     base.db: cannot open'* ]]
}

@test "pages and references that are not whole" {
	# A page of an index: the database opens, and the ledger is sound.
	sqlite3 "$OG_HOME/erp.db" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	page=$(sqlite3 "$OG_HOME/erp.db" "SELECT rootpage FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'audit_ledger' LIMIT 1")
	dd if=/dev/zero of="$OG_HOME/erp.db" bs=4096 seek=$((page - 1)) count=1 conv=notrunc status=none
	[[ "$(found books | head -n 1)" == 'bad erp.db: '* ]]
	run og-ledger check
	[ "$status" -eq 1 ]
	rm -rf "$OG_HOME" && instance
	og-ledger check | grep -qx 'ok: erp.db and base.db are whole'
	og-ledger check --json | jq -e '.v == 1 and .ok and .backup == null and (.principals | length) == 5'
	sqlite3 "$OG_HOME/erp.db" 'PRAGMA foreign_keys = OFF; UPDATE order_items SET order_id = 9999 WHERE id = 1'
	[[ "$(found books)" == 'bad erp.db: row 1 of order_items names a row of orders that is not there'* ]]
	# Not read with --quick.
	[[ "$(found books --quick)" == 'ok '* ]]
	[ "$(found ledger --quick)" = 'skip not judged (--quick)' ]
}

@test "keys: of somebody else, unreadable, gone" {
	[ "$(found keys)" = 'ok those here are those on record' ]
	cp "$OG_HOME/keys/bob.key" "$OG_HOME/keys/alice.key"
	[[ "$(found keys)" == "bad keys/alice.key is not the key on record: what 'alice' signs here is refused"* ]]
	echo rubbish >"$OG_HOME/keys/alice.key"
	[[ "$(found keys)" == bad* ]]
	# Whose key is elsewhere is nothing to worry about.
	rm "$OG_HOME/keys/alice.key" "$OG_HOME/keys/checkpoint.key"
	[[ "$(found keys)" == 'warn there is no keys/checkpoint.key'* ]]
	og doctor
	run og doctor --strict
	[ "$status" -eq 1 ]
}

@test "the last backup" {
	[ "$(found backup)" = 'ok none yet' ]
	og backup --as owner b.tar >/dev/null 2>&1
	[[ "$(found backup)" == 'ok '*' ago' ]]
	# As if it were eight days later; the ledger's columns do not follow.
	sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER audit_ledger_no_update;
		UPDATE audit_ledger SET time = strftime('%Y-%m-%dT%H:%M:%S.000Z', 'now', '-8 days')"
	[[ "$(found backup)" == 'warn the last one is 8 d old: og backup FILE' ]]
	sqlite3 "$OG_HOME/erp.db" "UPDATE audit_ledger SET action = 'x' WHERE action = 'backup'"
	[[ "$(found backup)" == 'warn none, for 8 d: og backup FILE' ]]
}

@test "the queue's file is gone: said, and not made anew in silence" {
	rm -f "$OG_HOME"/queue.db*
	[[ "$(found queue)" == 'warn its file is not there: what waited in it is lost'* ]]
	[ ! -e "$OG_HOME/queue.db" ]
	og doctor --fix >/dev/null
	[ -e "$OG_HOME/queue.db" ]
}

@test "what judges and backups left when they were killed" {
	mkdir "$OG_HOME/run/$LEFT"
	touch -d '2 hours ago' "$OG_HOME/run/$LEFT"
	[ "$(found files | grep -c '^warn')" -eq 1 ]
	og doctor --fix >/dev/null
	[ ! -e "$OG_HOME/run/$LEFT" ]
}

@test "servers that og.conf names: all are asked at once, none holds us up" {
	start_server model || skip 'no such server'
	echo "http = up=http://$(cat port)/ down=http://127.0.0.1:1/ far=http://10.255.255.1:81/" >>"$OG_HOME/og.conf"
	OG_TELEMETRY=otlp:http://127.0.0.1:1 run og doctor --quick
	kill "$(cat pid)"
	[ "$status" -eq 0 ]
	[[ "$output" == *'warn  servers   telemetry: nobody takes a connection at '*'127.0.0.1:1'* ]]
	[[ "$output" == *'warn  servers   down: nobody'* && "$output" != *'warn  servers   up: '* ]]
}

@test "as another user, and on a disk that cannot be written: no database is opened" {
	[ "$(id -u)" -eq 0 ] || skip 'only root can be somebody else'
	# As root, of somebody's.
	chown -R 65534 "$OG_HOME"
	run --separate-stderr og doctor --fix
	[ "$status" -eq 1 ] && [ -z "$stderr" ]
	[[ "$output" == *'bad   owner     it belongs to uid 65534, and this is uid 0: run as its owner'* ]]
	[[ "$output" == *'skip  books     not opened'* ]]
	[ -z "$(find "$OG_HOME" -uid 0)" ]
	# As somebody, of root's.
	chown -R 0 "$OG_HOME"
	chmod 755 "$BATS_TEST_TMPDIR"
	run setpriv --reuid=65534 --clear-groups "$OG_BUILD/bin/og" doctor --home "$OG_HOME"
	[ "$status" -ne 0 ] && [ "$status" -lt 127 ]
	# One file of somebody else.
	chown 65534 "$OG_HOME/keys/bob.key"
	[[ "$(found files)" == "bad "*"keys/bob.key belongs to uid 65534, the instance to 0; chown it" ]]
	chown 0 "$OG_HOME/keys/bob.key"
	unshare -m true 2>/dev/null || skip 'no mount here'
	export OG_AS=owner
	run unshare -m sh -c "mount --bind '$OG_HOME' '$OG_HOME' && mount -o remount,ro,bind '$OG_HOME' && {
		og doctor; echo status \$?; og backup '$BATS_TEST_TMPDIR/b.tar'; }"
	[[ "$output" == *'bad   disk      the file system is read-only'*'skip  books'*'status 1'*'made '* ]] || { echo "$output"; return 1; }
	og restore --check b.tar
}
