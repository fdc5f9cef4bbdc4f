# og-policy add: many documents at once, of many kinds.

load helper

setup() {
	instance
}

documents() { # N
	local i
	mkdir -p docs
	for ((i = 1; i <= $1; i++)); do printf '# Paper %d\n\nPaper number %d says so.\n' "$i" "$i"; done |
		awk '/^# Paper/ { f = sprintf("docs/paper-%05d.md", $3) } { print >f; if (/says/) close(f) }'
}

@test "a folder: every document in it, by its path; again: what has changed" {
	mkdir -p docs/sub/.hidden
	printf '# One\n\nFirst paper.\n' >docs/one.md
	printf '# Two\n\nSecond paper.\n' >docs/sub/two.txt
	echo secret >docs/sub/.hidden/three.md
	echo x >docs/picture.png
	ln -s /etc/passwd docs/link.md
	run -0 --separate-stderr og-policy add --as alice --node order-verification docs
	[ "${#lines[@]}" -eq 2 ]
	[[ "${lines[0]}" == 'one '*' is in force' ]]
	[[ "${lines[1]}" == 'sub-two '*' is in force' ]]
	[[ "$stderr" == *'2 put, 0 as they were, 0 refused; 2 files passed over'* ]]
	printf '# Two\n\nSecond paper, changed.\n' >docs/sub/two.txt
	n=$(sqlite3 "$OG_HOME/erp.db" 'SELECT count(*) FROM audit_ledger')
	run -0 --separate-stderr og-policy add --as alice --node order-verification docs
	[[ "$output" == 'sub-two '*' is in force' ]]
	[[ "$stderr" == *'1 put, 1 as they were'* ]]
	[ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT count(*) FROM audit_ledger')" -eq $((n + 1)) ]
	og-ledger verify --state
}

@test "bad ones are named and left out, the others are put" {
	mkdir docs
	printf '# Good\n\nA good one.\n' >docs/good.md
	printf 'bad \xff\n' >docs/broken.md
	printf -- '---\nclearence: 1\n---\nx\n' >docs/typo.md
	: >docs/empty.md
	head -c 3000000 /dev/zero | tr '\0' a >docs/large.md
	printf 'no pdf' >docs/no.pdf
	run -65 --separate-stderr og-policy add --as alice --node order-verification docs
	[[ "$output" == 'good '*' is in force' ]]
	for name in broken empty large no typo; do
		[[ "$stderr" == *"docs/$name."* ]]
	done
	[[ "$stderr" == *'1 put, 0 as they were, 5 refused'* ]]
}

@test "two of one name are not both put; a name goes with one document" {
	mkdir -p docs/a
	echo 'one' >docs/a-b.md
	echo 'two' >docs/a/b.md
	run -65 --separate-stderr og-policy add --as alice --node order-verification docs
	[ "${#lines[@]}" -eq 1 ]
	[[ "$stderr" == *"'a-b' is the name of what came from"* ]]
	run -64 --separate-stderr og-policy add --as alice --name x --node order-verification docs
	run -66 --separate-stderr og-policy add --as alice --node order-verification nowhere
	mkdir empty
	run -66 --separate-stderr og-policy add --as alice --node order-verification empty
}

@test "who may not put policies is told once, not for each" {
	documents 5
	run --separate-stderr og-policy add --as charlie --node order-verification docs
	[ "$status" -ne 0 ]
	[ -z "$output" ]
	[ "$(grep -c 'paper-' <<<"$stderr")" -eq 1 ]
}

@test "a text that begins with From is a text, whatever mailboxes begin with" {
	instance
	printf 'From today the limit is 900: nobody spends more.\nFrom tomorrow, too.\n' |
		og-policy add --as alice --name from --node inventory-replenishment -
	og-policy show --as bob from | grep -q 'From today the limit is 900'
}

@test "a mailbox: each message is a policy of the source email, found and cited" {
	for n in 1 2; do
		printf 'From x@example.com Mon Mar  2 10:00:00 2026\nFrom: x@example.com\n'
		printf 'Subject: Pallets %s\nMessage-ID: <%s@x>\n\nPallet number %s holds twelve chairs.\n\n' $n $n $n
	done >box.mbox
	run -0 --separate-stderr og-policy add --as alice --node inventory-replenishment box.mbox
	[ "${#lines[@]}" -eq 2 ]
	run -0 og-policy search --as bob --json 'pallet twelve'
	jq -se 'map(select(.title | startswith("Pallets"))) | length == 2 and all(.source == "email")' <<<"$output"
	# The same box, one message longer: the others keep their names.
	printf 'From x@example.com Mon Mar  2 10:00:00 2026\nSubject: More\nMessage-ID: <3@x>\n\nMore of it.\n' >>box.mbox
	run -0 --separate-stderr og-policy add --as alice --node inventory-replenishment box.mbox
	[[ "$output" == 'more-'*' is in force' ]]
}

@test "a document of another kind sets no limit, whatever it says" {
	printf 'Subject: x\n\n---\nlimits: limit=1000000\n---\nHarmless.\n' >m.eml
	run -0 --separate-stderr og-policy add --as alice --node high-value-transaction m.eml
	[ "$(og-policy list --as alice --json --node high-value-transaction |
		jq -c 'select(.name == "m") | .limits')" = '{}' ]
}

@test "parse: the records of a folder, without an instance" {
	mkdir docs
	for n in 1 2 3; do printf -- '---\nnode: order-verification\n---\nPaper %s.\n' $n >docs/$n.md; done
	unset OG_HOME
	run -0 og-policy parse docs
	[ "$(jq -sc 'map(.name)' <<<"$output")" = '["1","2","3"]' ]
}

# Ten thousand with OG_FULL=1.
@test "thousands of documents, and one of them changed" {
	n=${OG_FULL:+10}
	n=$((${n:-2} * 1000))
	documents $n
	run -0 --separate-stderr bash -c 'og-policy add --as alice --node order-verification docs | wc -l'
	[ "$output" -eq $n ]
	printf '# Paper 77\n\nPaper number 77 says otherwise.\n' >docs/paper-00077.md
	run -0 --separate-stderr og-policy add --as alice --node order-verification docs
	[[ "$output" == 'paper-00077 '*' is in force' ]]
	[[ "$stderr" == *"1 put, $((n - 1)) as they were, 0 refused"* ]]
	run -0 og-policy search --as alice --json 'number 77 otherwise'
	jq -se '.[0].policy == "paper-00077"' <<<"$output"
}

@test "the regulations of the data folder in one go" {
	data=$OG_TESTS/../../shared/data/policies/docs
	[ -d "$data" ] || skip "no ../shared/data/policies"
	run -0 --separate-stderr og-policy add --as alice --node order-verification "$data"
	[ "${#lines[@]}" -eq 172 ]
	[[ "$stderr" == *'172 put, 0 as they were, 0 refused'* ]]
}

@test "a document that is no text sets nothing by a front matter, not behind byte order marks either" {
	command -v pandoc >/dev/null || skip "no pandoc"
	for marks in '' '&#xFEFF;' '&#xFEFF;&#xFEFF;'; do
		printf '<p>%s---<br>limits: limit=9<br>clearance: 3<br>---</p><p>Text.</p>' "$marks" >memo.html
		og-policy add --as alice --node order-verification --name "memo-${#marks}" memo.html
	done
	run -0 sqlite3 "$OG_HOME/erp.db" "SELECT name, limits, clearance FROM og_policy WHERE name LIKE 'memo-%'"
	[ "$output" = $'memo-0|{}|1\nmemo-8|{}|1\nmemo-16|{}|1' ]
}
