# og-shield explain: why a statement may be run or not; and the nearest names.
# What it must not tell is held against it in unit/explain and unit/attack.

load helper

setup() {
	instance
}

explain() { # PRINCIPAL SQL...
	status=0
	output=$(og-shield explain --as "$@" 2>err) || status=$?
}

# The text behind a line's name.
said() {
	sed -n "s/^$1  *//p" <<<"$output"
}

@test "explain says grants, count, plan and limits of a query, and runs nothing" {
	before=$(entries) was=$(business)
	explain charlie "SELECT name FROM products WHERE price > 100"
	[ "$status" -eq 0 ]
	[ "$(said verdict)" = "allow: charlie may read this" ]
	[ "$(said table)" = "products: role:customer may select" ]
	[[ "$output" == *"touched: name, price"* ]]
	[ "$(said rows)" = "3 would be answered" ]
	[ "$(said plan)" = "products: read through for price >, which has no index" ]
	[[ "$(said limits)" == "10000 rows, "* ]]
	[ "$(entries)" = "$before" ]
	[ "$(business)" = "$was" ]
}

@test "explain counts the rows of a write without doing it" {
	before=$(entries) was=$(business)
	explain bob "UPDATE products SET stock_quantity = 0 WHERE id < 4" --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.v, .verdict, .writes, .count]' <<<"$output")" = '[1,"allow",true,3]' ]
	[ "$(entries)" = "$before" ]
	[ "$(business)" = "$was" ]
	explain bob "UPDATE products SET stock_quantity = 0 WHERE id < 4"
	[ "$(said rows)" = "3 would be written; none was" ]
}

@test "explain names rule, reason and the smallest change of a refusal; it is no attempt" {
	before=$(entries)
	explain charlie "UPDATE products SET price = 0"
	[ "$status" -eq 1 ]
	[ "$(said verdict)" = "deny, by the rule no-update" ]
	[ "$(said fix)" = "og-shield grant role:customer products update" ]
	[ ! -s err ]
	[ "$(entries)" = "$before" ]
}

@test "predicates and the real file's side are for who may list grants" {
	explain charlie "SELECT id FROM orders"
	[[ "$output" == *"rows: those the grant is about"* ]]
	[[ "$output" != *principal_id* ]]
	[[ "$output" != *"main."* ]]
	explain charlie --json "SELECT id FROM orders"
	[ "$(jq -c '[has("inside"), (.grants[0] | has("predicate"))]' <<<"$output")" = '[false,false]' ]
	explain alice "SELECT id FROM orders WHERE id = 1"
	[[ "$output" == *"rows: all"* ]]
	[[ "$(said inside)" == 'SELECT t.rowid'*'main."orders"'* ]]
	[[ "$output" == *"USING INTEGER PRIMARY KEY"* ]]
}

@test "without a parameter's value a statement is explained, not counted" {
	explain charlie "SELECT id FROM products WHERE id = :x"
	[ "$status" -eq 0 ]
	[ "$(said rows)" = "not counted: no value for :x" ]
	explain charlie "SELECT id FROM products WHERE id = :x" --param x=1
	[ "$(said rows)" = "1 would be answered" ]
}

@test "the limits of policies that a statement goes by are named with their value" {
	explain alice "SELECT og_limit('high-value-transaction', 'limit') AS n"
	[ "$status" -eq 0 ]
	[[ "$(said policy)" == "limit of high-value-transaction: 500" ]]
}

@test "explain works where the shield is elsewhere" {
	og-shield --listen "unix:$PWD/s" --quiet 3>&- &
	listener=$!
	until_true test -S s
	OG_SHIELD=unix:$PWD/s explain charlie "SELECT id FROM products"
	kill "$listener"
	wait "$listener"
	[ "$status" -eq 0 ]
	[ "$(said rows)" = "5 would be answered" ]
}

@test "control bytes of a statement do not reach the terminal" {
	explain charlie $'SELECT 1 AS "\033[2J", id FROM products AS "\033]0;x\007"'
	[ "$status" -eq 0 ]
	[[ "$output" != *$'\033'* ]]
	explain charlie $'SELECT "\033[2Jx" FROM products'
	[ "$status" -eq 1 ]
	[[ "$output" != *$'\033'* ]]
}

@test "a misspelt word gets the nearest one, in every command" {
	for try in "SELCT 1|did you mean SELECT?" "SELECT nmae FROM products|did you mean 'name'?" \
		"SELECT 1 FROM prodcts|did you mean 'products'?" \
		"SELECT p.prcie FROM products p|did you mean 'p.price'?" \
		"SELECT lenght(name) FROM products|did you mean length()?"; do
		status=0
		og-shield query --as charlie "${try%|*}" >out 2>err || status=$?
		[ "$status" -ne 0 ]
		[ ! -s out ]
		grep -qF "${try#*|}" err || { cat err; return 1; }
	done
}
