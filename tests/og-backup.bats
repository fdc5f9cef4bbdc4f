# og backup: whole, at one moment, while others work; or not there at all.

load helper

setup() {
	instance
	export OG_AS=owner
	mkdir to
}

# Nothing is left beside the backup, nor in the instance.
tidy() {
	[ -z "$(find to "$OG_HOME/run" -name '.omnigate*')" ]
}

restored() { # FILE: restored as a new instance in r, which is OG_HOME from now on
	rm -rf r
	og restore "$1" r >/dev/null 2>&1 || return
	export OG_HOME=$PWD/r/.omnigate
}

@test "what is in it, what it says, and that tar(1) and sha256sum(1) agree" {
	echo 'free text' >"$OG_HOME/notes"
	mkdir -m 700 "$OG_HOME/secrets" && echo token >"$OG_HOME/secrets/pay"
	touch "$OG_HOME/erp.db-codes" "$OG_HOME/run/pid"
	run --separate-stderr og backup to/b.tar
	[ "$status" -eq 0 ]
	[[ "$output" == "made to/b.tar: "*" entries and the state they make, head "* ]]
	[ "$stderr" = 'og: it holds the private keys: keep it as safe as the instance' ]
	[ "$(stat -c %a to/b.tar)" = 600 ]
	tidy
	mkdir x && tar -xpf to/b.tar -C x
	(cd x && jq -r '.members[] | select(.sha256) | .sha256 + "  " + .name' MANIFEST.json | sha256sum -c --quiet)
	[ "$(find x -type f -printf '%P\n' | sort | grep -v -x -e 'MANIFEST.*' -e CHECKPOINT)" = \
		"$(jq -r '.members[] | select(.sha256).name' x/MANIFEST.json)" ]
	jq -e '.v == 1 and .by == "owner" and .keys and .signed and .left_out == [] and .ledger.state' x/MANIFEST.json
	[ -e x/.omnigate/notes ] && [ -e x/.omnigate/secrets/pay ] && [ -e x/.omnigate/prices.json ] || [ ! -e "$OG_HOME/prices.json" ]
	[ ! -e x/.omnigate/erp.db-codes ] && [ -z "$(ls -A x/.omnigate/run)" ]
	# Unpacked by hand it is an instance.
	OG_HOME=$PWD/x/.omnigate og-ledger verify --state --checkpoint x/CHECKPOINT
	# And its making is on the ledger.
	[ "$(og-ledger log --action backup --json | jq -r '.principal + " " + .body.manifest')" = \
		"owner $(sha256sum <x/MANIFEST.json | cut -d' ' -f1)" ]
	og-ledger verify --state
}

@test "as JSON" {
	og backup --json to/b.tar 2>/dev/null >said
	jq -e --arg head "$(tar -xOf to/b.tar MANIFEST.json | jq -r .ledger.head)" \
		'.v == 1 and .file == "to/b.tar" and .head == $head and .signed and .keys and .state' said
	run og backup --json -
	[ "$status" -eq 64 ]
}

@test "no file is replaced, and of two at once one gets the name" {
	echo mine >to/b.tar
	run og backup to/b.tar
	[ "$status" -eq 78 ]
	[[ "$output" == *"there is a file 'to/b.tar' already"* ]]
	[ "$(cat to/b.tar)" = mine ]
	og backup to/c.tar >one 2>&1 &
	first=$!
	og backup to/c.tar >two 2>&1 && second=0 || second=$?
	wait "$first" && first=0 || first=$?
	[ "$((first + second))" -eq 78 ] || { cat one two; return 1; }
	og restore --check to/c.tar
	tidy
}

@test "not into the instance itself" {
	for file in "$OG_HOME/b.tar" "$OG_HOME/keys/b.tar" "$OG_HOME/../.omnigate/run/b.tar"; do
		run og backup "$file"
		[ "$status" -eq 64 ]
		[ ! -e "$file" ]
	done
}

@test "who may: nobody, an employee, somebody else's key" {
	unset OG_AS
	run og backup to/b.tar
	[ "$status" -eq 77 ]
	run og backup --as bob to/b.tar
	[ "$status" -eq 77 ]
	[[ "$output" == *"role 'employee' may not take a copy of everything"* ]]
	cp "$OG_HOME/keys/bob.key" "$OG_HOME/keys/owner.key"
	run og backup --as owner to/b.tar
	[ "$status" -eq 77 ]
	[[ "$output" == *"the key is not that of 'owner'"* ]]
	[ -z "$(ls -A to)" ]
}

@test "without keys: it says what is missing, and works again with them" {
	mkdir -m 700 "$OG_HOME/secrets" && echo token >"$OG_HOME/secrets/pay"
	echo geheim >"$OG_HOME/pw" && chmod 600 "$OG_HOME/pw"
	echo 'model_key = pw' >>"$OG_HOME/og.conf"
	key=$(og-ledger key)
	run og backup --without-keys to/b.tar
	[ "$status" -eq 0 ]
	[[ "$output" == *'left out: keys/owner.key'*  && "$output" == *'left out: secrets/pay'* && "$output" == *'left out: pw'* ]]
	[ -z "$(tar -tf to/b.tar | grep -e '\.key$' -e pay -e pw)" ]
	not grep -q -a -F -e geheim -e "$(cut -d' ' -f2 "$OG_HOME/keys/owner.key")" to/b.tar
	run og restore to/b.tar r
	[ "$status" -eq 0 ]
	[[ "$output" == *'not in the backup: keys/owner.key'* && "$output" == *'its signature was not checked: --key KEY'* ]]
	OG_HOME=r/.omnigate run og-submit --as charlie 'buy 1 laptop stand'
	[ "$status" -ne 0 ]
	run og restore --check --key "$key" to/b.tar q
	[ "$status" -eq 0 ]
	[[ "$output" == *"signed by $key"* ]]
	cp "$OG_HOME"/keys/*.key r/.omnigate/keys/
	export OG_HOME=$PWD/r/.omnigate
	rm -rf model && sed -i '/model_key/d' "$OG_HOME/og.conf"
	ask charlie 'buy 1 laptop stand' | jq -e '.state == "done"'
}

@test "without keys: a secret is one however og.conf names its file" {
	for name in a b c; do echo "geheim" >"$OG_HOME/$name" && chmod 600 "$OG_HOME/$name"; done
	ln -s c "$OG_HOME/d"
	printf '%s\n' "model_key = $OG_HOME/a" 'embed_key = ./b' 'telemetry_token = d' >>"$OG_HOME/og.conf"
	og backup --without-keys to/b.tar 2>err >/dev/null
	for name in a b c; do grep -F "left out: $name" err; done
	not grep -q -a -F geheim to/b.tar
}

@test "the queue is copied at the moment however og.conf names its file; one outside is named" {
	command -v strace >/dev/null || skip "strace is not here"
	for url in sqlite:./queue.db "sqlite:$OG_HOME/queue.db"; do
		sed -i '/^queue = /d' "$OG_HOME/og.conf" && echo "queue = $url" >>"$OG_HOME/og.conf"
		rm -f to/b.tar
		# The moment is over when the stage is made; then it takes its time.
		strace -f -o calls -e trace=mkdir -e inject=mkdir:delay_exit=2000000:when=1 \
			og backup to/b.tar 2>err >/dev/null &
		until_true compgen -G 'to/.omnigate.new-*'
		id=$(og-submit --as charlie 'buy 1 wireless mouse')
		wait "$!"
		tar -xf to/b.tar -C to .omnigate/queue.db
		not grep -q 'left out' err
		[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT count(*) FROM task WHERE id = '$id'")" -eq 1 ]
		[ "$(sqlite3 to/.omnigate/queue.db "SELECT count(*) FROM task WHERE id = '$id'")" -eq 0 ]
	done
	sed -i '/^queue = /d' "$OG_HOME/og.conf" && echo "queue = sqlite:../q.db" >>"$OG_HOME/og.conf"
	og-submit --as charlie 'buy 1 wireless mouse'
	og backup to/c.tar 2>err
	grep -F 'left out: ../q.db' err
}

@test "links, sockets and pipes are named and left out" {
	echo other >outside
	ln -s "$PWD/outside" "$OG_HOME/link"
	mkfifo "$OG_HOME/pipe"
	run --separate-stderr og backup to/b.tar
	[ "$status" -eq 0 ]
	[[ "$stderr" == *'left out: link'* && "$stderr" == *'left out: pipe'* ]]
	[ -z "$(tar -tf to/b.tar | grep -e link -e pipe)" ]
}

@test "what is damaged is no backup" {
	cp "$OG_HOME/erp.db" whole
	# An entry is not what was written.
	sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER audit_ledger_no_update; UPDATE audit_ledger SET body = replace(body, 'a', 'b') WHERE seq = 7"
	run og backup to/b.tar
	[ "$status" -eq 1 ]
	[[ "$output" == *'the ledger is broken: this is no backup'* ]]
	# The ledger is sound, a row was changed behind it.
	cp whole "$OG_HOME/erp.db" && rm -f "$OG_HOME"/erp.db-*
	sqlite3 "$OG_HOME/erp.db" "UPDATE products SET price = 1 WHERE id = 1"
	run og backup to/b.tar
	[ "$status" -eq 1 ]
	# Pages are not what they were.
	cp whole "$OG_HOME/erp.db" && rm -f "$OG_HOME"/erp.db-*
	for at in 20 60 100 140 180; do
		dd if=/dev/urandom of="$OG_HOME/erp.db" bs=4096 seek=$at count=1 conv=notrunc status=none
	done
	run og backup to/b.tar
	[ "$status" -ne 0 ] && [ "$status" -lt 128 ]
	truncate -s 100000 "$OG_HOME/erp.db"
	run og backup to/b.tar
	[ "$status" -ne 0 ] && [ "$status" -lt 128 ]
	cp whole "$OG_HOME/erp.db"
	head -c 3000 "$OG_HOME/queue.db" >q && cat q >"$OG_HOME/queue.db" && rm -f "$OG_HOME"/queue.db-*
	run og backup to/b.tar
	[ "$status" -ne 0 ] && [ "$status" -lt 128 ]
	[ -z "$(ls -A to)" ]
	tidy
}

@test "after a redaction with changes the ledger alone is judged, when that is said" {
	id=$(og-submit --as charlie 'buy 1 laptop stand')
	og-worker --drain --quiet
	seq=$(og-ledger log --task "$id" --action step --json | jq -s '.[1].seq')
	og-ledger redact "$seq" --with-changes --reason asked --as alice
	run og backup to/b.tar
	[ "$status" -eq 1 ]
	[[ "$output" == *'after redact --with-changes, take --no-state'* ]]
	og backup --no-state to/b.tar
	# Whoever restores it has to say so too: the archive does not decide.
	run og restore to/b.tar r
	[ "$status" -eq 1 ]
	og restore --no-state to/b.tar r
}

@test "a disk that is full" {
	for blocks in 100 1000 2000; do
		(
			trap '' XFSZ
			ulimit -f "$blocks"
			og backup to/b.tar >/dev/null 2>&1
		) && status=0 || status=$?
		[ "$status" -ne 0 ] && [ "$status" -lt 128 ] || { echo "$blocks: $status"; return 1; }
		[ -z "$(ls -A to)" ] || { echo "$blocks"; ls -A to; return 1; }
	done
}

@test "a pipe: whole, or nobody is told it was good" {
	og backup - 2>/dev/null >p.tar
	tidy
	og restore --check - <p.tar
	{ og backup --no-state - 2>said || echo $? >status; } | head -c 1000 >/dev/null
	[ "$(cat status)" -eq 69 ]
	grep -q 'cannot write the archive' said
	tidy
	[ "$(og-ledger log --action backup --json | wc -l)" -eq 1 ]
}

@test "stopped by a signal it leaves nothing" {
	for wait in 0 0.02 0.1 0.2; do
		og backup to/b.tar >/dev/null 2>&1 &
		sleep "$wait"
		kill -TERM $! 2>/dev/null || true
		wait $! && break
	done
	if [ -e to/b.tar ]; then og restore --check to/b.tar; fi
	rm -f to/b.tar
	tidy
	[ -z "$(ls -A to)" ]
}

@test "killed anywhere: a file of that name is a whole backup" {
	n=1
	stride=37
	[ -z "${OG_FULL:-}" ] || stride=1
	while :; do
		rm -rf to && mkdir to && touch once
		OG_KILL_PROGRAM=og OG_KILL_AT=$n OG_KILL_ONCE=$PWD/once LD_PRELOAD=$OG_BUILD/tests/killat.so \
			og backup --no-state to/b.tar >/dev/null 2>&1 || true
		[ ! -e once ] || break
		[ ! -e to/b.tar ] || og restore --check --no-state to/b.tar >/dev/null
		n=$((n + stride))
	done
	[ "$n" -gt 100 ]
	og-ledger verify --state
	og restore --check to/b.tar
}

stages() {
	find to -mindepth 1 -maxdepth 1 -name '.omnigate.new-*' | wc -l
}

@test "what a killed one left goes with the next, and nothing else of that name" {
	[ -e "$OG_BUILD/tests/killat.so" ] || skip "no preload library in this build"
	mkdir -p to
	for n in 3 150; do
		touch once
		OG_KILL_PROGRAM=og OG_KILL_AT=$n OG_KILL_ONCE=$PWD/once LD_PRELOAD=$OG_BUILD/tests/killat.so \
			og backup --no-state to/b.tar >/dev/null 2>&1 || true
		[ ! -e once ]
	done
	[ "$(stages)" -eq 1 ] # the second has removed that of the first
	# At work, a link, another name, begun this moment, another user's.
	mkdir -p to/.omnigate.new-01a21460-857c-7fda-965d-fc3bb8c412f{0,1,3}
	touch to/.omnigate.new-01a21460-857c-7fda-965d-fc3bb8c412f{0,3}/file
	mkdir kept to/.omnigate.new-mine && touch kept/file to/.omnigate.new-mine/file
	ln -s "$PWD/kept" to/.omnigate.new-01a21460-857c-7fda-965d-fc3bb8c412f2
	exec 7<to/.omnigate.new-01a21460-857c-7fda-965d-fc3bb8c412f0 && flock 7
	if [ "$(id -u)" -eq 0 ]; then
		chown -R nobody to/.omnigate.new-01a21460-857c-7fda-965d-fc3bb8c412f3
	else
		rm -r to/.omnigate.new-01a21460-857c-7fda-965d-fc3bb8c412f3
	fi
	before=$(stages)
	og backup --no-state to/b.tar 7<&- >/dev/null 2>said
	[ "$(grep -c 'removed to/.omnigate.new-.*, left by a process that was killed' said)" -eq 1 ]
	[ "$(stages)" -eq $((before - 1)) ]
	[ -e kept/file ] && [ -e to/.omnigate.new-mine/file ]
	exec 7<&-
	touch -d '2 minutes ago' to/.omnigate.new-01a21460-857c-7fda-965d-fc3bb8c412f1
	og restore --check --no-state to/b.tar to 2>said
	[ "$(grep -c 'left by a process that was killed' said)" -eq 2 ]
	[ -e kept/file ]
}

@test "one that stands still is at work" {
	[ -e "$OG_BUILD/tests/stopat.so" ] || skip "no preload library in this build"
	mkdir -p to
	echo 'and no further' >"$OG_HOME/note" # reached with no lock of a database held
	echo 1 >once
	OG_STOP_PROGRAM=og OG_STOP_TEXT='and no further' OG_STOP_AT=1 OG_STOP_ONCE=once \
		LD_PRELOAD=$OG_BUILD/tests/stopat.so og backup --no-state to/one.tar >/dev/null 2>&1 3>&- &
	one=$!
	until_true grep -q 'State:.T' "/proc/$one/status"
	run og backup --no-state to/two.tar
	kill -CONT "$one"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[[ "$output" != *"left by a process"* ]]
	wait "$one"
	og restore --check --no-state to/one.tar
	[ "$(stages)" -eq 0 ]
}

# Each of these buys one thing once, whatever happened to it on the way.
stock() {
	sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE name = 'Wireless Mouse'"
}

@test "while others work: nothing that was acknowledged is lost, nothing is done twice" {
	# More than they buy, however long a backup takes.
	og-shield exec --as alice "UPDATE products SET stock_quantity = 100000 WHERE name = 'Wireless Mouse'"
	og-worker --jobs 2 --quiet 2>/dev/null 3>&- &
	worker=$!
	touch go
	(while [ -e go ]; do og-submit --as charlie 'buy 1 wireless mouse' >>ids; done) 3>&- &
	submitter=$!
	for i in 1 2; do
		until_true eval '[ "$(wc -l <ids)" -ge $((5 * i)) ]'
		cp ids "known$i"
		og backup "to/$i.tar" >/dev/null 2>&1 || touch failed
	done
	rm go
	wait "$submitter"
	kill "$worker" && wait "$worker" || true
	[ ! -e failed ]
	for i in 1 2; do
		restored "to/$i.tar"
		og-worker --drain --quiet
		og-ledger verify --state >/dev/null
		[ -s "known$i" ]
		sqlite3 "$OG_HOME/erp.db" "SELECT id FROM og_task WHERE state = 'done'" | sort >done
		[ -z "$(sort "known$i" | comm -23 - done)" ]
		[ "$(stock)" -eq "$((100000 - $(wc -l <done)))" ]
		[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT count(*) FROM task")" -eq 0 ]
		[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_task WHERE finished IS NULL")" -eq 0 ]
	done
}

@test "a task that was cut off goes on where it was, once" {
	id=$(og-submit --as charlie 'buy 2 wireless mouse')
	touch once
	OG_KILL_PROGRAM=og-shield OG_KILL_AT=6 OG_KILL_ONCE=$PWD/once LD_PRELOAD=$OG_BUILD/tests/killat.so \
		timeout 60 og-worker --once >/dev/null 2>&1 &
	while [ -e once ] && kill -0 $! 2>/dev/null; do sleep 0.02; done
	kill -9 $! 2>/dev/null || true
	wait $! 2>/dev/null || true
	[ ! -e once ]
	og backup to/b.tar
	restored to/b.tar
	og-worker --drain --quiet
	og-task show "$id" --as charlie --json | jq -e '.state == "done"'
	[ "$(stock)" -eq 198 ]
	# Again, as a queue that is late would have it.
	og-worker --drain --quiet
	[ "$(stock)" -eq 198 ]
	og-ledger verify --state
}

@test "a remote instance has nothing to back up" {
	mkdir -p far/.omnigate && echo 'shield = unix:run/shield.sock' >far/.omnigate/og.conf
	OG_HOME=$PWD/far/.omnigate run og backup to/b.tar
	[ "$status" -eq 78 ]
	[[ "$output" == *'is a remote instance: it has no database'* ]]
}
