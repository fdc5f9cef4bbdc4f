# og restore: an archive may be anybody's; an instance is there whole, or not.

load helper

setup() {
	instance
	export OG_AS=owner
	[ -e "$BATS_FILE_TMPDIR/b.tar" ] || og backup "$BATS_FILE_TMPDIR/b.tar" 2>/dev/null >/dev/null
	cp "$BATS_FILE_TMPDIR/b.tar" b.tar
}

unpacked() { # into x
	rm -rf x && mkdir x && tar -xpf b.tar -C x
}

# x as an archive again, in the order of its manifest; then what else is named.
packed() {
	(cd x && tar --format=ustar ${deref:+--hard-dereference} --no-recursion --owner=0 --group=0 -cf ../h.tar MANIFEST.json MANIFEST.sig CHECKPOINT \
		$(jq -r '.members[].name' MANIFEST.json) "$@")
}

# The manifest says again what is in x, as a forger would have it; unsigned.
forged() { # [JQ FILTER]
	(
		cd x
		jq -r '.members[] | select(.sha256).name' MANIFEST.json | while read -r name; do
			echo "{\"name\":\"$name\",\"sha256\":\"$(sha256sum <"$name" | cut -d' ' -f1)\",\"size\":$(stat -c %s "$name")}"
		done | jq -s . >../now.json
		jq -c --slurpfile now ../now.json \
			'.members |= map(. as $m | ($now[0][] | select(.name == $m.name) | $m + .) // $m) | '"${1:-.}" \
			MANIFEST.json >../m && mv ../m MANIFEST.json
	)
}

unsigned() { # x without signatures
	(cd x && jq -c '.signed = false' MANIFEST.json >../m && mv ../m MANIFEST.json
	tar --format=ustar --hard-dereference --no-recursion -cf ../h.tar MANIFEST.json $(jq -r '.members[].name' MANIFEST.json) "$@")
}

refused() { # STATUS WORDS [OPTION...]: h.tar is, and nothing is left
	run og restore "${@:3}" h.tar r
	[ "$status" -eq "$1" ] && [[ "$output" == *"$2"* ]] && [ ! -e r ] || { echo "$status: $output"; ls -lA r; return 1; }
}

@test "what tar(1) has packed again is taken, and the restored instance works" {
	unpacked && packed
	run og restore h.tar r
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[[ "$output" == *"signed by $(og-ledger key)"* ]]
	export OG_HOME=$PWD/r/.omnigate
	[ -z "$(find r -perm /077)" ]
	og doctor
	og-ledger verify --state --checkpoint x/CHECKPOINT
	og-ledger log --limit 1 --json | jq -e '.action == "restore" and .principal == "system" and .body.entries == (.seq - 1)'
	ask charlie 'buy 1 laptop stand' | jq -e '.state == "done"'
}

@test "--check judges, and makes nothing, also where an instance is" {
	run og restore --check b.tar
	[ "$status" -eq 0 ]
	[[ "$output" == *'ok: a backup of '* ]]
	[ "$(ls -A)" = "$(printf '%s\n' .omnigate b.tar)" ]
	og restore --check --json - <b.tar | jq -e '.v == 1 and .restored == false and (.key | startswith("omnigate/"))'
}

# takes_its_own BACKUP DIR: what is submitted to the copy is the copy's alone.
takes_its_own() {
	local id
	id=$(OG_HOME=$PWD/$1/.omnigate og-submit --as charlie 'buy 1 laptop stand')
	[ "$(sqlite3 "$1/.omnigate/queue.db" "SELECT count(*) FROM task WHERE id = '$id'")" -eq 1 ]
	[ "$(sqlite3 "$OG_HOME/queue.db" "SELECT count(*) FROM task WHERE id = '$id'")" -eq 0 ]
}

@test "a copy does not take from the queue of what it was made of" {
	conf=$OG_HOME/og.conf
	ln -s . way
	for path in "$OG_HOME/queue.db" "$PWD/way/.omnigate/queue.db"; do
		sed -i '/queue/d' "$conf"
		printf '# queue = sqlite:/x\n \tqueue=sqlite:%s \r\nqueue_limit = 7\n' "$path" >>"$conf"
		rm -rf b.tar copy
		og backup b.tar 2>/dev/null >/dev/null
		og restore b.tar copy 2>said
		grep -qF "og.conf named the queue of the instance this is a copy of, '$path'; it says sqlite:queue.db now" said
		diff "$conf" copy/.omnigate/og.conf >changed || true
		[ "$(grep -c '^[<>]' changed)" -eq 2 ]
		grep -qx '> queue = sqlite:queue.db' changed
		[ "$(stat -c %a copy/.omnigate/og.conf)" = "$(stat -c %a "$conf")" ]
		takes_its_own copy
		og-ledger verify --state --home copy
	done
	# Back in its own place it is what it was.
	sed -i '/queue *=/d' "$conf" && echo "queue = sqlite:$OG_HOME/queue.db" >>"$conf"
	rm -f b.tar && og backup b.tar 2>/dev/null >/dev/null
	mv .omnigate lost
	og restore b.tar . 2>said
	not grep -q queue said
	cmp lost/og.conf .omnigate/og.conf
}

@test "a queue that is elsewhere stays there, which is said" {
	conf=$OG_HOME/og.conf
	for url in "sqlite:$PWD/outside.db" amqp://127.0.0.1:1/x; do
		sed -i '/^queue *=/d' "$conf" && echo "queue = $url" >>"$conf"
		rm -rf b.tar copy
		og backup b.tar 2>/dev/null >/dev/null
		og restore b.tar copy 2>said
		grep -qF "its queue is '$url', as before: if another instance still works with that, stop one" said
		cmp "$conf" copy/.omnigate/og.conf
	done
	unpacked
	for bad in '{"named":"/x","is":"../x"}' '{"named":"/x","is":"erp.db-wal"}' '{"named":"x","is":"queue.db"}' \
		'{"named":"/x"}' '{"named":"/x","is":"queue.db","or":1}' '[]'; do
		forged ".queue = $bad" && unsigned
		refused 65 'manifest'
	done
}

@test "an instance that is there stays" {
	before=$(find .omnigate -type f -exec sha256sum '{}' + | sort)
	run og restore b.tar
	[ "$status" -eq 78 ]
	[[ "$output" == *'there is an instance already'* ]]
	[ "$(find .omnigate -type f -exec sha256sum '{}' + | sort)" = "$before" ]
	mkdir -p r/.omnigate
	run og restore b.tar r
	[ "$status" -eq 78 ]
	[ "$(ls -A r)" = .omnigate ]
}

@test "cut short anywhere, or damaged" {
	size=$(stat -c %s b.tar)
	for at in 0 1 511 512 513 2000 5000 100000 $((size - 20480)) $((size - 10241)); do
		head -c "$at" b.tar >h.tar
		refused 65 ''
	done
	for at in 600 3000 20000 700000 1500000; do
		cp b.tar h.tar
		printf '\377\001\376' | dd of=h.tar bs=1 seek="$at" conv=notrunc status=none
		run og restore h.tar r
		[ "$status" -ne 0 ] && [ "$status" -lt 128 ] && [ ! -e r ] || { echo "$at: $status $output"; return 1; }
	done
	{ cat b.tar; echo more; } >h.tar
	refused 65 'the archive goes on after its end'
	gzip -c b.tar >h.tar
	refused 65 ''
	: >h.tar
	refused 65 'cut short'
	run og restore gone.tar r
	[ "$status" -eq 66 ]
}

@test "members: more than named, twice, in another order, missing, of another size" {
	unpacked
	echo more >x/.omnigate/more
	packed .omnigate/more
	refused 65 "the archive holds '.omnigate/more', which its manifest does not name"
	deref=1 packed .omnigate/og.conf
	refused 65 'which its manifest does not name'
	forged '.members += [.members[-1]]' && unsigned
	refused 74 'File exists'
	unpacked && forged '.members |= map(select(.name != ".omnigate/base.db"))' && unsigned
	refused 65 'there is no base.db in the backup'
	unpacked && echo '# more' >>x/.omnigate/og.conf && packed
	refused 65 "the manifest says '.omnigate/og.conf'"
	unpacked && sed -i 's/skill:/skolp:/' x/.omnigate/og.conf && packed
	refused 65 "'.omnigate/og.conf' in the backup is not what its manifest says"
}

@test "names that lead elsewhere, and what is no file" {
	# The manifest alone: it is refused before anything else is looked at.
	for name in ../out /etc/x .omnigate/../../x .omnigate//x .omnigate/run/x .omnigate/erp.db-wal .omnigate/renders/x other .omnigatex; do
		unpacked
		forged '.members += [{"name":"'"$name"'","mode":384,"size":0,"sha256":("0" * 64)}]'
		(cd x && tar --format=ustar -cf ../h.tar MANIFEST.json)
		refused 65 'has no place in an instance'
	done
	unpacked && forged '.members[1].mode = 2541' && unsigned
	refused 65 'has no place'
	unpacked && rm x/.omnigate/og.conf && ln -s /etc/passwd x/.omnigate/og.conf && packed
	refused 65 "is a link"
	unpacked && rm x/.omnigate/og.conf && ln x/.omnigate/keys/bob.key x/.omnigate/og.conf && packed
	refused 65 "is a link"
	unpacked && rm x/.omnigate/og.conf && mkfifo x/.omnigate/og.conf && packed
	refused 65 "is a pipe"
	[ ! -e out ] && [ ! -e x/out ]
}

@test "sizes that nobody has room for" {
	unpacked && forged '(.members[] | select(.name == ".omnigate/erp.db").size) = 1000000000000000' && unsigned
	refused 71 'it takes '
	unpacked && forged '(.members[] | select(.name == ".omnigate/erp.db").size) = -5' && unsigned
	refused 65 'has no place'
	unpacked && { printf '{"v":1,"members":['; yes '"x",' | head -n 3000000 | tr -d '\n'; echo '"x"]}'; } >x/MANIFEST.json && 
		(cd x && tar --format=ustar -cf ../h.tar MANIFEST.json)
	refused 65 'no MANIFEST.json in its place'
	unpacked && printf '{"v":1,"v":1}' >x/MANIFEST.json && (cd x && tar --format=ustar -cf ../h.tar MANIFEST.json)
	refused 65 ''
}

@test "a forger: another digest, another key, another row, no signature" {
	key=$(og-ledger key)
	# The manifest was made to fit, its signature was not.
	unpacked && sed -i 's/skill:/skill: /' x/.omnigate/og.conf && forged && packed
	refused 1 'the backup'"'"'s signature is of another manifest'
	# Nobody has signed it: what the key is for.
	unsigned
	refused 1 'nobody has signed the backup' --key "$key"
	# Another instance has signed: told by the key.
	og init --demo other >/dev/null
	rm h.tar
	OG_HOME=$PWD/other/.omnigate og backup h.tar 2>/dev/null >/dev/null
	refused 1 'signature' --key "$key"
	# A row that no entry tells of.
	unpacked
	command sqlite3 x/.omnigate/erp.db 'PRAGMA journal_mode = DELETE; UPDATE products SET price = 1 WHERE id = 1' >/dev/null
	forged && unsigned
	refused 1 "the backup's ledger is broken"
	# A tail that is gone; the manifest tells of the whole.
	unpacked
	command sqlite3 x/.omnigate/erp.db 'PRAGMA journal_mode = DELETE; DROP TRIGGER audit_ledger_no_delete; DELETE FROM audit_ledger WHERE seq = (SELECT max(seq) FROM audit_ledger)' >/dev/null
	forged && unsigned
	refused 1 'the backup'"'"'s ledger is'
	# A format that is not ours yet.
	unpacked && forged '.format = 99' && unsigned
	refused 78 ''
	unpacked && forged '.v = 2' && unsigned
	refused 65 'newer kind'
}

@test "a checkpoint kept elsewhere: before, after, another's, forged" {
	tar -xOf b.tar CHECKPOINT >same
	og restore --check --checkpoint same b.tar
	ask charlie 'buy 1 laptop stand' >/dev/null
	og-ledger checkpoint >later
	cp b.tar h.tar
	refused 1 'the backup is older than the checkpoint: ' --checkpoint later
	run og restore --checkpoint later --older b.tar r
	[ "$status" -eq 0 ]
	[[ "$output" == *'older than the checkpoint: its last '*' entries are not in it'* ]]
	rm -rf r
	# What goes on from here is another history, and the checkpoint tells.
	og restore b.tar r >/dev/null 2>&1
	(
		export OG_HOME=$PWD/r/.omnigate
		for i in 1 2 3; do ask charlie 'buy 1 laptop stand' >/dev/null; done
		run og-ledger verify --checkpoint "$BATS_TEST_TMPDIR/later"
		[ "$status" -eq 1 ]
		og-ledger verify --checkpoint "$BATS_TEST_TMPDIR/same"
	)
	rm -rf r
	# One that a newer backup has grown out of.
	og backup new.tar >/dev/null 2>&1
	og restore --check --checkpoint later new.tar
	# Forged: its root, its size.
	sed '3{s/^\(....\)A/\1B/;t;s/./A/5}' later >bad
	not cmp -s later bad
	refused 1 "the checkpoint 'bad'" --checkpoint bad
	sed '2s/.*/1/' later >bad
	refused 1 "the checkpoint 'bad'" --checkpoint bad
	og init --demo other >/dev/null
	OG_HOME=$PWD/other/.omnigate og-ledger checkpoint >bad
	refused 1 'the checkpoint' --checkpoint bad
	# Not even with the right key: a history that was written anew.
	unpacked
	cp -r x/.omnigate fork
	OG_HOME=$PWD/fork
	export OG_HOME
	ask charlie 'buy 2 laptop stand' >/dev/null
	ask charlie 'buy 2 laptop stand' >/dev/null
	og backup --as owner fork.tar >/dev/null 2>&1
	cp fork.tar h.tar
	refused 1 "the backup's ledger is broken: checkpoint" --checkpoint later
}

@test "killed anywhere: no instance, or a whole one" {
	n=1
	stride=41
	[ -z "${OG_FULL:-}" ] || stride=1
	while :; do
		rm -rf r && touch once
		OG_KILL_PROGRAM=og OG_KILL_AT=$n OG_KILL_ONCE=$PWD/once LD_PRELOAD=$OG_BUILD/tests/killat.so \
			og restore --no-state b.tar r >/dev/null 2>&1 || true
		[ ! -e once ] || break
		if [ -e r/.omnigate ]; then
			OG_HOME=$PWD/r/.omnigate og-ledger verify --state >/dev/null
		else
			rm -rf r && og restore --no-state b.tar r >/dev/null 2>&1
		fi
		n=$((n + stride))
	done
	[ "$n" -gt 20 ]
	OG_HOME=$PWD/r/.omnigate og-ledger verify --state
}

@test "a disk that is full" {
	for blocks in 100 1500; do
		(
			trap '' XFSZ
			ulimit -f "$blocks"
			og restore b.tar r >/dev/null 2>&1
		) && status=0 || status=$?
		[ "$status" -ne 0 ] && [ "$status" -lt 128 ] && [ ! -e r ] || { echo "$blocks: $status"; return 1; }
	done
}
