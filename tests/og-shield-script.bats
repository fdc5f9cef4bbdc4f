# Scripts of statements (--file), and rows as CSV and tables.

load helper

setup() {
	instance
}

split() {
	status=0
	output=$("$@" 2>err) || status=$?
}

@test "a script reads and writes, each statement with its entry" {
	before=$(entries)
	cat >s.sql <<-'SQL'
		-- a comment; with a semicolon
		SELECT id, name FROM products WHERE id = 1;
		UPDATE products SET stock_quantity = 7
			WHERE id = 1; /* ; */
		UPDATE products SET name = 'it''s; so' WHERE id = 2;;
		SELECT name FROM products WHERE id = 2
	SQL
	split og-shield exec --as alice -f s.sql --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '.id // .seq // .name' <<<"$output")" = "1
$((before + 1))
$((before + 2))
\"it's; so\"" ]
	[ "$(entries)" = $((before + 2)) ]
	og-ledger verify --state
}

@test "a script stops at the first refusal, says where, and what is done" {
	before=$(entries)
	printf 'UPDATE products SET stock_quantity = 7 WHERE id = 1;\n\nSELECT nmae\n  FROM products;\nSELECT 1;' >s.sql
	split og-shield exec --as bob --file s.sql
	[ "$status" -eq 1 ]
	[ "$output" = "1 row changed, entry $((before + 1))" ]
	grep -qF "1 statement before it is done and stays so (entries $((before + 1)) to $((before + 1)))" err
	grep -qF "og-shield: s.sql:3: no such column: nmae" err
	grep -qF "did you mean 'name'?" err
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT stock_quantity FROM products WHERE id = 1")" = 7 ]
	[ "$(entries)" = $((before + 2)) ] # the refusal is an entry too
	printf 'SELECT 1;\nSELECT 1,\n\n wrong wrong wrong;' >s.sql
	split og-shield query --as bob --file s.sql
	[ "$status" -eq 65 ]
	grep -qF 's.sql:4: near "wrong"' err
}

@test "--dry-run and check judge all statements and do none" {
	before=$(entries) was=$(business)
	printf 'UPDATE products SET stock_quantity = 7;\nDELETE FROM products;\nSELECT 1;\n' >s.sql
	split og-shield exec --as bob --file s.sql --dry-run
	[ "$status" -eq 1 ]
	[ "${output%%$'\n'*}" = "s.sql:1: allow" ]
	[[ "$output" == *"s.sql:2: deny: DELETE is nobody's; "* ]]
	[[ "$output" == *"s.sql:3: allow" ]]
	split og-shield check --as bob --file s.sql --json
	[ "$status" -eq 1 ]
	[ "$(jq -c '[.v, .line, .verdict]' <<<"$output" | head -n 2)" = '[1,1,"allow"]
[1,2,"deny"]' ]
	[ "$(entries)" = "$before" ]
	[ "$(business)" = "$was" ]
	split og-shield exec --as bob --dry-run "UPDATE products SET stock_quantity = 7"
	[ "$status" -eq 0 ]
	[ "$(jq -r .verdict <<<"$output")" = allow ]
	[ "$(business)" = "$was" ]
}

@test "query refuses a write in a script; a script comes on standard input; --param is for all" {
	split og-shield query --as bob --json -f - --param i=2 \
		<<<'SELECT id FROM products WHERE id = :i; SELECT :i + 1 AS n; UPDATE products SET stock_quantity = 1'
	[ "$status" -eq 1 ]
	[ "$(head -n 2 <<<"$output")" = '{"id":2}
{"n":3}' ]
	grep -qF 'standard input:1: a write where only reading' err
	split og-shield query --as bob -f - </dev/null
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "what is no script: a NUL, open quotes, not UTF-8, no file, two statements' places" {
	printf 'SELECT 1;\0SELECT 2' >s.sql
	split og-shield query --as bob -f s.sql
	[ "$status" -eq 65 ]
	[ -z "$output" ]
	printf 'SELECT 1 AS n;\nSELECT '"'open" >s.sql
	split og-shield query --as bob -f s.sql
	[ "$status" -eq 65 ]
	grep -qF 's.sql:2: ' err
	printf 'SELECT '"'\xff'" >s.sql
	split og-shield query --as bob -f s.sql
	[ "$status" -eq 65 ]
	split og-shield query --as bob -f none.sql
	[ "$status" -eq 66 ]
	split og-shield query --as bob -f s.sql "SELECT 1"
	[ "$status" -eq 64 ]
}

@test "the script's file is no way to read what the principal may not open" {
	command -v strace >/dev/null || skip "strace is not installed"
	echo 'SELECT 1' >s.sql
	split strace -f -e trace=openat,landlock_restrict_self og-shield query --as bob -f s.sql
	[[ "$(cat err)" == *landlock_restrict_self* ]] || skip "this kernel has no Landlock"
	[ "$(grep -c s.sql err)" -eq 1 ]
}

@test "--csv: header, quotes, NULL apart from an empty text, no formula, blobs marked" {
	split og-shield query --as alice --csv \
		"SELECT NULL AS a, '' AS b, 'x,\"y' AS \"c,d\", '=1+1' AS e, -2.5 AS f, x'00ff' AS g, 9007199254740993 AS h"
	[ "$status" -eq 0 ]
	[ "$output" = $'a,b,"c,d",e,f,g,h\r\n,"","x,""y","\'=1+1",-2.5,base64:AP8=,9007199254740993\r' ]
	split og-shield query --as alice --csv "SELECT id FROM products WHERE 0"
	[ "$output" = $'id\r' ]
	split og-shield query --as alice --csv --json "SELECT 1"
	[ "$status" -eq 64 ]
	split og-shield schema --as charlie --csv
	[ "${output%%$'\r'*}" = 'table,column,type,""' ]
}

@test "a table to a pipe is not cut" {
	split og-shield query --as alice "SELECT hex(zeroblob(100)) AS z" || true
	long=$(printf 'x%.0s' $(seq 200))
	split og-shield query --as alice --param "t=$long" "SELECT :t AS t, 1 AS n"
	[[ "$output" == *"$long"* ]]
	split og-shield query --as alice --table --param "t=$long" "SELECT :t AS t, 1 AS n"
	[[ "$output" == *"$long"* ]]
}
