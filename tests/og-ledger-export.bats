# og-ledger export: a file that proves itself, to us and to others.

load helper

setup() {
	instance
	export OG_AS=alice
}

# judged PATTERN: verify says no to the file bad, and names that.
judged() {
	run og-ledger verify --export bad
	[ "$status" -eq 1 ] && [[ "$output" == *$1* ]] || {
		echo "$1: $output"
		return 1
	}
}

@test "export: every byte as it is, judged without an instance" {
	og-ledger export >whole
	og-ledger key >key
	n=$(entries)
	[ "$(wc -l <whole)" -eq $((n + 1)) ]
	[ "$(jq -r 'select(.seq == 7).entry' whole)" = "$(og-ledger show 7 --entry)" ]
	[ "$(jq -r 'select(.seq == 7).body' whole)" = \
		"$(sqlite3 "$OG_HOME/erp.db" 'SELECT body FROM audit_ledger WHERE seq = 7')" ]
	[ "$(jq -r 'select(.seq == 7).salt' whole)" = \
		"$(sqlite3 "$OG_HOME/erp.db" 'SELECT lower(hex(salt)) FROM audit_ledger WHERE seq = 7')" ]
	jq -se 'all(.[]; .v == 1) and (.[-1].checkpoint | contains("\n— omnigate/"))' whole
	mv .omnigate gone
	run env -u OG_HOME -u OG_AS og-ledger verify --export whole --key "$(cat key)"
	[ "$status" -eq 0 ]
	[ "$output" = "ok: $n entries, $n of them whole, signed by $(cat key)" ]
	run og-ledger verify --export - --json <whole
	[ "$status" -eq 0 ]
	jq -e --argjson n "$n" --arg key "$(cat key)" '.v == 1 and .ok and .checked == $n and
		.whole == $n and .last == $n and .signer == $key' <<<"$output"
}

@test "export: what is not picked stands as its hash, and all of it still holds" {
	og-submit --as charlie 'buy 1 ergonomic chair' >/dev/null
	og-worker --drain --quiet
	og-ledger export --table products --since yesterday >some
	[ "$(jq -r 'select(.entry).seq' some)" = "$(og-ledger log --table products --format '{seq}\n')" ]
	[ "$(jq -c 'select(.seq == 1)|keys' some)" = '["hash","seq","v"]' ]
	og-ledger verify --export some --key "$(og-ledger key)"
	# The hash of one that is left out is covered as well.
	sed '3{s/"hash":"0/"hash":"1/;t;s/"hash":"./"hash":"0/}' some >bad
	not cmp -s some bad
	judged 'these are not the entries that were signed'
}

@test "verify --export: cut, edited, reordered, doubled: named at its line" {
	og-ledger export >whole
	key=$(og-ledger key)
	n=$(wc -l <whole)
	sed 7d whole >bad
	judged 'line 7: entry 8 stands where 7 is expected'
	head -n 100 whole >bad
	judged 'line 101: the end is missing: the file was cut'
	head -c 20000 whole >bad
	judged ': it ends too soon'
	: >bad
	judged 'line 1: the end is missing'
	awk 'NR == 5 { held = $0; next } { print } NR == 6 { print held }' whole >bad
	judged 'line 5: entry 6 stands where 5 is expected'
	sed '8p' whole >bad
	judged 'line 9: entry 8 stands where 9 is expected'
	sed '9s/\\"principal\\":\\"system\\"/\\"principal\\":\\"mallory\\"/' whole >bad
	judged 'line 9: the hash is not that of the entry'
	sed '9s/\\"changes\\"/\\"changez\\"/' whole >bad
	judged 'line 9: the body is not the one'
	sed '9s/"salt":"[0-9a-f]*","body":.*}/"salt":null,"body":null}/' whole >bad
	judged 'line 9: the body is gone and no later entry says why'
	sed '9s/}$/,"note":"paid"}/' whole >bad
	judged 'line 9: it has other members'
	sed '9s/^/x/' whole >bad
	judged 'line 9: '
	sed '9s/"v":1/"v":2/' whole >bad
	judged 'line 9: it is not of an export of format 1'
	sed "${n}s/\"checkpoint\":\".*\",\"key\":\".*\"/\"checkpoint\":null,\"key\":null/" whole >bad
	run og-ledger verify --export bad --key "$key"
	[ "$status" -eq 1 ]
	[[ "$output" == *"line $n: it is not signed"* ]]
	{ cat whole; head -n 1 whole; } >bad
	judged "line $((n + 1)): something stands behind the end"
	# Everything was cut at an entry and its end written anew: the signature shows it.
	{ head -n 100 whole; tail -n 1 whole | jq -c '.entries = 100'; } >bad
	judged "line 101: $((n - 1)) entries were signed, here are 100"
	other=${key%?}A
	[ "$other" != "$key" ] || other=${key%?}B
	run og-ledger verify --export whole --key "$other"
	[ "$status" -ne 0 ]
	head -c 100000 /dev/urandom >bad
	judged 'line 1: '
}

@test "verify --export: of another ledger with its own key, a file that is none" {
	og init other >/dev/null
	OG_HOME=other og-ledger export --as owner >foreign
	og-ledger verify --export foreign
	run og-ledger verify --export foreign --key "$(og-ledger key)"
	[ "$status" -eq 1 ]
	run og-ledger verify --export /no/such/file
	[ "$status" -eq 66 ]
	[[ "$output" == *"cannot open '/no/such/file': No such file or directory" ]]
	line='{"v":1,"seq":9223372036854775807,"hash":"'$(printf '%064d' 0)'"}'
	printf '%s\n%s\n' "$line" "$line" >most
	run og-ledger verify --export most
	[ "$status" -eq 1 ]
	[[ "$output" == *'line 2: it is neither an entry'* ]]
	run og-ledger verify --export foreign --state
	[ "$status" -eq 64 ]
	run og-ledger verify --export foreign --key nonsense
	[ "$status" -eq 65 ]
}

@test "export: a redacted body stays away, and the entry that says so goes along" {
	og-submit --as charlie 'tell me about 1 ergonomic chair for Zoe Secret' >/dev/null || true
	og-worker --drain --quiet || true
	seq=$(og-ledger log --principal charlie --format '{seq}\n' | tail -n 1)
	og-ledger redact "$seq" --reason 'she asked' --with-changes
	og-ledger export --principal charlie >some
	jq -se --argjson seq "$seq" 'any(.[]; .seq == $seq and .entry and .salt == null and .body == null)' some
	jq -se 'any(.[]; .entry and (.entry | fromjson.action == "redact"))' some
	og-ledger verify --export some
	grep -v '"action\\":\\"redact' some >bad
	judged 'the body is gone and no later entry says why'
}

@test "export: a broken ledger is not signed, and can be had unsigned" {
	sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER audit_ledger_no_update;
		UPDATE audit_ledger SET body = '{}' WHERE seq = 9"
	run og-ledger export
	[ "$status" -eq 1 ]
	[[ "$output" == *'the ledger is broken'* ]]
	og-ledger export --unsigned >bad
	jq -se '.[-1] | .checkpoint == null and .key == null' bad
	judged 'line 9: the body is not the one'
	run og-ledger export --as charlie
	[ "$status" -eq 77 ]
	[[ "$output" == *"role 'customer' may not export the ledger"* ]]
}

@test "export --csv: a table for a spreadsheet that runs nothing" {
	not og-shield exec --as charlie '=cmd' 2>/dev/null
	og-submit --as charlie '=HYPERLINK("http://evil","buy 1 chair")' >/dev/null || true
	og-worker --drain --quiet || true
	og-ledger export --csv --principal charlie >table.csv
	head -n 1 table.csv | grep -q '^seq,time,principal,agent,action,node,task,step,verdict,why,tables,body_hash,hash.$'
	[ "$(wc -l <table.csv)" -eq $(($(og-ledger log --principal charlie --json | wc -l) + 1)) ]
	not grep -qE '(^|,)"?[=+@-]' table.csv
	sqlite3 "$OG_HOME/erp.db" "DROP TRIGGER audit_ledger_no_update;
		UPDATE audit_ledger SET entry = replace(entry, '\"step\":\"\"', '\"step\":\"=1+1\"') WHERE seq = 9"
	og-ledger export --csv --since 8 --until 9 | grep -q ",\"'=1+1\","
	sqlite3 "$OG_HOME/erp.db" "UPDATE audit_ledger SET body = json_set(body, '\$.changes',
		json('[{\"table\":\"purchase_orders\"},{\"table\":\"orders\"},{\"table\":\"orders\"}]')) WHERE seq = 9"
	og-ledger export --csv --since 8 --until 9 | grep -q ',"purchase_orders, orders",'
}

@test "export: whoever has sha256sum, jq and openssl needs nothing of ours" {
	command -v openssl >/dev/null || skip "openssl is not installed"
	og init small >/dev/null
	export OG_HOME=$PWD/small/.omnigate
	mandoc -T markdown "$OG_TESTS/../share/man/man5/og-ledger-entry.5" >/dev/null
	sed -n '/^\.\\" not run: slow/,/^\.Ed/p' "$OG_TESTS/../share/man/man5/og-ledger-entry.5" |
		sed '/^\./d; s/\\e/\\/g; s/--as alice --since 360/--as owner --since 2/' >recipe
	grep -q 'openssl pkeyutl -verify' recipe
	run sh -e recipe
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *'Signature Verified Successfully'* ]]
	# The same of a file that was edited does not come to its end.
	cp ledger.jsonl good.jsonl
	for edit in '4s/\\"changes\\"/\\"changez\\"/' '4s/\\"seq\\":4/\\"seq\\":9/' \
		'2s/"hash":"./"hash":"x/' '$s/omnigate/omnigatf/'; do
		sed "$edit" good.jsonl >ledger.jsonl
		not cmp -s good.jsonl ledger.jsonl
		sed '/^og-ledger/d' recipe >again
		run sh -e again
		[ "$status" -ne 0 ] || { echo "passed: $edit"; return 1; }
	done
}
