# og-render through the binary: what it draws, what it refuses, what it may.
# OG_UPDATE=1 writes the golden files anew.

load helper

setup() {
	render=$OG_BUILD/bin/og-render
	golden=$OG_TESTS/golden
	hostile=$OG_TESTS/hostile/render
	unset COLUMNS NO_COLOR
	cd "$BATS_TEST_TMPDIR" || return 1
}

# The page without its style sheet and the digest of it.
body() {
	sed -e "s/sha256-[A-Za-z0-9+\/=]*/sha256-X/" -e '/^<style>/,/<\/style>$/d' "$1"
}

# A bare "! grep" in the middle of a test could not fail it.
lacks() { # grep's options and pattern, file
	if grep "$@"; then
		return 1
	fi
}

same() { # golden file, new file
	if [ -n "${OG_UPDATE:-}" ]; then
		cp "$2" "$1"
	fi
	diff "$1" "$2"
}

@test "every sample document as text is as it was" {
	for file in "$golden"/*.json; do
		"$render" --width=80 "$file" >text
		same "${file%.json}.txt" text
	done
}

@test "inventory, audit, saga and interrupt as pages are as they were" {
	for name in inventory audit saga-compensated interrupt; do
		"$render" --to=html --static "$golden/$name.json" >page
		body page >rest
		same "$golden/$name.html" rest
	done
}

@test "the same document gives the same bytes" {
	"$render" --to=html "$golden/overview.json" >a
	"$render" --to=html <"$golden/overview.json" >b
	cmp a b
}

@test "the static page's policy allows its own style and nothing else" {
	"$render" --to=html --static "$golden/overview.json" >page
	grep -q "content=\"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]*'; base-uri 'none'; form-action 'none'\"" page
	want=$(sed -n "s/.*style-src '\(sha256-[^']*\)'.*/\1/p" page)
	# the text between the tags, to the byte
	have=$(python3 - page <<'P' 2>/dev/null || perl -0777 -MDigest::SHA=sha256_base64 -ne '/<style>(.*?)<\/style>/s and print "sha256-", sha256_base64($1), "="' page
import base64, hashlib, re, sys
text = open(sys.argv[1], "rb").read()
style = re.search(rb"<style>(.*?)</style>", text, re.S).group(1)
print("sha256-" + base64.b64encode(hashlib.sha256(style).digest()).decode())
P
)
	[ "$want" = "$have" ]
}

@test "static pages hold no script, no address, no style of their own" {
	for file in "$golden"/*.json "$hostile"/*.json; do
		"$render" --to=html --static "$file" >page
		body page >rest
		lacks -iE '<(script|iframe|object|embed|link|img|base|form)' rest
		lacks -E '<[^>]* (on[a-z]+|style|href|src|action)=' rest
	done
}

@test "hostile documents: no escape reaches a terminal, no formula a sheet" {
	for file in "$hostile"/*.json; do
		for form in text html tree json csv; do
			"$render" --to=$form --color=never "$file" >out
			LC_ALL=C lacks $'\x1b' out
		done
		"$render" "$file" >text
		lacks $'\xe2\x80\xae' text
		"$render" --to=csv "$file" >sheet
		lacks -E '(^|,)"?[=@+]' sheet
	done
}

@test "csv: the first set, a named set, a set that is not there" {
	run --separate-stderr "$render" --to=csv "$golden/inventory.json"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = $'id,name,category,price,stock_quantity,reorder_point,status\r' ]
	[ "${lines[7]}" = $'7,Mainframe Core Server Cluster,Infrastructure,8999,3,5,reorder\r' ]
	run --separate-stderr "$render" --to=csv --set revenue_by_product "$golden/overview.json"
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = $'Standing Desk,3996\r' ]
	run --separate-stderr "$render" --to=csv --set nothing "$golden/overview.json"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[[ "$stderr" == *"no row set 'nothing'"*"it has: totals, revenue_by_day"* ]]
}

@test "json is the document, tree is a tree" {
	"$render" --to=json "$golden/audit.json" >json
	[ "$(wc -l <json)" -eq 1 ]
	diff <(jq -S . json) <(jq -S . "$golden/audit.json")
	"$render" --to=tree "$golden/audit.json" >tree
	[ "$(jq -r .c tree)" = Page ]
	[ "$(jq -r '[.. | .c? // empty] | unique | join(" ")' tree)" = \
		"ActionButton Alert BarChart Chain Citation Command Grid Metrics Page Section Stack Table Timeline" ]
	[ "$(jq -r .p.render tree)" = "$(sha256sum <"$golden/audit.json" | cut -d' ' -f1)" ]
}

@test "the state and the shapes choose the parts" {
	"$render" --to=tree "$golden/saga-compensated.json" >tree
	[ "$(jq '[.. | select(.c? == "SagaRail")][0].p.lanes' tree)" -eq 2 ]
	[ "$(jq -c '[.. | select(.c? == "SagaRail")][0].p.steps | map(.undo.turn)' tree)" = '[null,2,1,null,null]' ]
	"$render" --to=tree "$golden/interrupt.json" >tree
	[ "$(jq '[.. | select(.c? == "Meters")][0].p.items | length' tree)" -eq 4 ]
	"$render" --to=tree "$golden/overview.json" >tree
	[ "$(jq '[.. | select(.c? == "LineChart")] | length' tree)" -eq 1 ]
	# the name of the skill is only a title
	sed 's/inventory-report/zz-other/g; s/"view":.*//' "$golden/inventory.json" >other.json
	diff <("$render" --to=tree "$golden/inventory.json" | jq -c '[.. | .c? // empty]') \
		<("$render" --to=tree other.json | jq -c '[.. | .c? // empty]')
}

refused() { # status, words; the document is on standard input
	cat >document
	for form in text html csv json tree; do
		run --separate-stderr "$render" --to=$form document
		[ "$status" -eq "$1" ]
		[ -z "$output" ]
		[[ "$stderr" == *"$2"* ]] || {
			echo "$form: $stderr"
			return 1
		}
	done
}

@test "what is not a result document: 65, what is wrong, and no output" {
	printf '{"v":1,\n "task":}' | refused 65 "line 2, column 9"
	printf '' | refused 65 "result document is empty"
	printf ' \n\t' | refused 65 "result document is empty"
	printf '[]' | refused 65 "no object"
	printf '{"v":1,"task":"t"}' | refused 65 "'state'"
	printf '{"v":2,"task":"t","state":"done"}' | refused 65 "version"
	printf '{"v":1,"task":"t","state":"done","data":{"a":[[1]]}}' | refused 65 "'a'"
	printf '{"v":1,"v":1,"task":"t","state":"done"}' | refused 65 "duplicate"
	printf '{"v":1,"task":"t\0","state":"done"}' | refused 65 "NUL"
	printf '{"v":1,"task":"\xff","state":"done"}' | refused 65 "UTF-8"
	(printf '{"v":1,"task":'; head -c 100000 /dev/zero | tr '\0' '['; echo '}') | refused 65 "deeper"
	(printf '{"v":1,"task":"'; head -c 13000000 /dev/zero | tr '\0' 'x'; echo '","state":"done"}') |
		refused 65 "large"
}

@test "options: what is unknown, what does not go together" {
	run --separate-stderr "$render" --to=htlm "$golden/audit.json"
	[ "$status" -eq 64 ]
	[[ "$stderr" == *"did you mean --to=html?"* ]]
	run --separate-stderr "$render" --set orders "$golden/audit.json"
	[ "$status" -eq 64 ]
	run --separate-stderr "$render" --width=39 "$golden/audit.json"
	[ "$status" -eq 64 ]
	run --separate-stderr "$render" --color=blue "$golden/audit.json"
	[ "$status" -eq 64 ]
	run --separate-stderr "$render" missing.json
	[ "$status" -eq 66 ]
	[[ "$stderr" == *"cannot open 'missing.json'"* ]]
	[ -z "$output" ]
}

@test "text fits the width that is asked for" {
	for width in 40 60 80 120; do
		for file in "$golden"/*.json; do
			"$render" --width=$width "$file" >text
			# commands and statements are for pasting and never broken; nor is a digest
			grep -vE '^ +(og-|#|SELECT|WHERE)' text >rest || true
			[ "$(wc -L <rest)" -le "$width" ]
		done
	done
	COLUMNS=40 "$render" "$golden/inventory.json" >by-environment
	"$render" --width=40 "$golden/inventory.json" >by-option
	cmp by-environment by-option
}

@test "colour: not into a file, always when asked, never with NO_COLOR" {
	"$render" "$golden/audit.json" >out
	lacks $'\x1b' out
	"$render" --color=always "$golden/audit.json" >out
	grep -q $'\x1b\[31m' out
	diff <(sed $'s/\x1b\\[[0-9]*m//g' out) <("$render" --color=never "$golden/audit.json")
	if command -v script >/dev/null; then
		script -qec "$render $golden/audit.json" /dev/null </dev/null >out
		grep -q $'\x1b\[31m' out
		NO_COLOR=1 script -qec "$render $golden/audit.json" /dev/null </dev/null >out
		lacks $'\x1b\[31m' out
	fi
}

@test "authority is given up before the first byte is read" {
	mkfifo pipe
	"$render" --to=html <pipe >page 3>&- &
	pid=$!
	exec 7>pipe
	until_true grep -q '^Seccomp:.*2' /proc/$pid/status
	cat /proc/$pid/status >status
	ls -l /proc/$pid/fd >open
	cat "$golden/audit.json" >&7
	exec 7>&-
	wait $pid
	grep -q '^Seccomp:.*2' status
	grep -q '^NoNewPrivs:.*1' status
	lacks kit.css open
	grep -q '</html>' page
}

@test "a view over a document: JSX or a tree, or none" {
	cat >view.jsx <<-'E'
		export default function View({ data }) {
			return (
				<Page title="By hand" tone="bad" state="made up" principal="mallory" task="t">
					<Metrics items={[{label: 'Orders', value: data.totals[0].orders}]} />
				</Page>
			);
		}
	E
	"$render" --view view.jsx --to=tree "$golden/overview.json" >tree
	[ "$(jq -c '[.k[] | .c, .p]' tree)" = '["Metrics",{"items":[{"label":"Orders","value":38}],"currency":"USD"}]' ]
	# what the page says of itself is the document's
	[ "$(jq -c '.p | [.title, .tone, .state, .principal]' tree)" = '["By hand","ok","done","alice"]' ]
	[ "$(jq -r .p.task tree)" = "$(jq -r .task "$golden/overview.json")" ]
	echo ' {"c":"Text","k":["Orders: ",{"$":"/data/totals/0/orders"}]}' >view.json
	"$render" --view view.json --to=tree "$golden/overview.json" >tree
	[ "$(jq -r '.k[0].p.text' tree)" = 'Orders: 38' ]
	[ "$(jq -r '.p.title' tree)" = 'Business overview' ]
	# a view the document brings is drawn when the task is done, and none ignores it
	jq '.view.jsx = "<Text>mine</Text>"' "$golden/overview.json" >own.json
	"$render" --to=tree own.json | jq -e '.k[0].p.text == "mine"'
	diff <("$render" --view none --to=tree own.json | jq 'del(.p.render)') \
		<("$render" --to=tree "$golden/overview.json" | jq 'del(.p.render)')
	jq '.view.jsx = "<Text>mine</Text>"' "$golden/denied.json" >own.json
	"$render" --to=tree own.json | jq -e '.k[0].c == "Alert"'
}

@test "every component as text and as a page is as it was" {
	view=$golden/views/every.jsx
	"$render" --catalog | jq -r 'keys[]' | while read -r name; do
		grep -qE "<$name([ >]|$)" "$view" || {
			echo "$name is not in it"
			return 1
		}
	done
	"$render" --view "$view" --width=80 "$golden/overview.json" >text
	same "${view%.jsx}.txt" text
	"$render" --view "$view" --to=html --static "$golden/overview.json" >page
	body page >rest
	same "${view%.jsx}.html" rest
	lacks -iE '<(script|iframe|object|embed|link|img|base|form)' rest
	lacks -E '<[^>]* (on[a-z]+|style|href|src|action)=' rest
	# a printed view is the same view
	"$render" --view "$view" --to=jsx "$golden/overview.json" >again.jsx
	cmp <("$render" --view "$view" --to=tree "$golden/overview.json") \
		<("$render" --view again.jsx --to=tree "$golden/overview.json")
}

@test "jsx: read again it gives the same tree" {
	for file in "$golden"/*.json "$hostile"/*.json; do
		"$render" --to=jsx "$file" >view.jsx
		"$render" --to=tree "$file" >want
		"$render" --view view.jsx --to=tree "$file" >have || {
			# what only a hostile document makes, no view may say
			[ "${file#"$hostile"}" != "$file" ]
			continue
		}
		diff <(jq -S 'walk(if type == "object" then del(.[] | nulls) else . end)' want) \
			<(jq -S 'walk(if type == "object" then del(.[] | nulls) else . end)' have) >&2 || {
			echo "$file"
			return 1
		}
	done
	"$render" --to=jsx "$golden/inventory.json" >view.jsx
	grep -q 'rows={data.products}' view.jsx
	[ "$(wc -c <view.jsx)" -lt 4000 ]
}

@test "a2ui: two messages, a flat list, data sets by path" {
	for file in "$golden"/*.json; do
		"$render" --to=a2ui "$file" >lines
		[ "$(jq -r 'del(.version) | keys[0]' lines | tr '\n' ' ')" = 'createSurface updateComponents ' ]
		[ "$(jq -r .version lines | sort -u)" = v1.0 ]
		# every child is there once, from one root; every path leads to rows
		jq -se '.[1].updateComponents.components | [.[].id] as $ids |
			([.[].children? // [] | .[]] + ["root"] | sort) == ($ids | sort)' lines >/dev/null
		jq -se '.[0].createSurface.dataModel as $model |
			[.[1].updateComponents.components[].rows? | .path? // empty] |
			all(. as $p | $model | getpath($p[1:] / "/") | type == "array")' lines >/dev/null
		[ "$(jq -s '.[1].updateComponents.components | length' lines)" -eq \
			"$("$render" --to=tree "$file" | jq '[.. | .c? // empty] | length')" ]
	done
}

@test "views written to do harm are refused by name" {
	for view in "$hostile"/../views/*; do
		for form in text html tree jsx; do
			run --separate-stderr "$render" --view "$view" --to=$form "$golden/overview.json"
			[ "$status" -eq 65 ] && [ -z "$output" ] || {
				echo "$view: $status $output"
				return 1
			}
		done
	done
}

# The figures a form shows: digits of its text, ungrouped, shortest form.
figures() {
	sed -e 's/\([0-9]\),\([0-9][0-9][0-9]\)/\1\2/g; s/\([0-9]\),\([0-9][0-9][0-9]\)/\1\2/g' "$1" |
		grep -oE '[0-9]+(\.[0-9]+)?' | sed -e 's/\(\.[0-9]*[1-9]\)0*$/\1/; s/\.0*$//' | sort -u
}

@test "all forms say the same numbers" {
	# a result in which no two numbers are alike, whole and broken ones
	jq -n '{v: 1, task: "t", state: "done", principal: "alice", view: {kind: "table", title: "Sums"},
		data: {sales: [range(1; 41) | {region: "R\(. % 4)", item: "I\(.)", units: (. * 137 + 50000),
			amount: (. * 911.37 + 1000000 | . * 100 | round / 100)}]}}' >sales.json
	for file in sales.json "$golden"/overview.json "$golden"/inventory.json "$golden"/audit.json; do
		"$render" --width=200 "$file" >text
		"$render" --to=html --static "$file" | body /dev/stdin | sed 's/<[^>]*>/ /g' >page
		"$render" --to=tree "$file" >tree
		"$render" --to=jsx "$file" >view.jsx
		"$render" --view view.jsx --to=tree "$file" >again
		"$render" --to=a2ui "$file" >a2ui
		for form in text page tree again a2ui; do figures $form >$form.figures; done
		# every number that a cell of a table holds is in every form
		jq -r '[.. | select(.c? == "Table") | .p | .columns as $c | .rows[] | . as $r | $c[] |
			select(.format == "number" or .format == "money" or .format == "level") |
			$r[.key] | numbers] | .[]' tree | grep -v e | sort -u >numbers
		[ -s numbers ]
		for form in text page tree again a2ui; do
			missing=$(comm -23 numbers $form.figures)
			[ -z "$missing" ] || {
				echo "$file as $form lacks $missing"
				return 1
			}
		done
		for set in $(jq -r '.data | keys[]' "$file"); do
			"$render" --to=csv --set "$set" "$file"
		done >sheet
		[ -z "$(comm -23 numbers <(tr ',' ' ' <sheet | grep -oE '[0-9]+(\.[0-9]+)?' | sort -u))" ]
	done
}

@test "a bad view: 65 with its place, and nothing drawn" {
	bad() { # view, message
		printf '%s' "$1" >view
		for form in text html tree; do
			run --separate-stderr "$render" --view view --to=$form "$golden/overview.json"
			[ "$status" -eq 65 ]
			[ -z "$output" ]
			[[ "$stderr" == *"$2"* ]] || {
				echo "$form: $stderr"
				return 1
			}
		done
	}
	bad $'<Page>\n\t<Tabel rows={data.totals}/>\n</Page>' "view:2:3: there is no component 'Tabel'"
	bad '<Table rows={data.totals.map(x => x)}/>' "view:1:26: the call .map() needs code"
	bad '<Table rows={data.totals.map(x => x)}/>' "--allow-code"
	bad '{"c":"Table","p":{"rows":3}}' "view:/p/rows: wants rows, a list of objects, not a number"
	bad '{"c":' "view is not JSON: line 1"
	bad "$(head -c 300000 /dev/zero | tr '\0' ' ')" "larger"
	bad $'<Text>\xff</Text>' "UTF-8"
	run --separate-stderr "$render" --view missing.jsx "$golden/overview.json"
	[ "$status" -eq 66 ]
	[[ "$stderr" == *"cannot open view 'missing.jsx'"* ]]
}

@test "the catalogue is JSON, and og-view(5) tells of every component in it" {
	run --separate-stderr "$render" --catalog </dev/null
	[ "$status" -eq 0 ]
	echo "$output" >catalog
	[ "$(jq -c .Stack catalog)" = '{"children":true,"props":{"span":{"type":"integer","minimum":1,"maximum":12}}}' ]
	[ "$(jq -c '.Metrics.props.items | [.type, .required, .items.tone.values]' catalog)" = \
		'["list",true,["ok","warn","bad","info"]]' ]
	# what built pages use stands in it
	for file in "$golden"/*.json; do
		"$render" --to=tree "$file"
	done | jq -r '.. | select(.c?) | .c as $c | .p | keys[] | "\($c) \(.)"' | sort -u >used
	jq -r 'to_entries[] | .key as $c | .value.props | keys[] | "\($c) \(.)"' catalog | sort >known
	[ -z "$(comm -23 used known)" ]
}

@test "a full disk and a reader that leaves" {
	[ -e /dev/full ] || skip "no /dev/full"
	run --separate-stderr bash -c "'$render' --to=html '$golden/overview.json' >/dev/full"
	[ "$status" -eq 74 ]
	[[ "$stderr" == *"cannot write"* ]]
	run --separate-stderr bash -c "set -o pipefail; '$render' --to=html '$golden/overview.json' | head -c 10"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
}

@test "ten megabytes" {
	row='{"id":1,"name":"Ergonomic Chair with a rather long name","category":"Furniture","price":299.99}'
	{
		printf '{"v":1,"task":"t","state":"done","data":{"products":['
		yes "$row," | head -n 100000
		printf '%s]}}' "$row"
	} >big.json
	[ "$(wc -c <big.json)" -gt 9000000 ]
	"$render" --to=html --static big.json >page
	grep -q 'The first 2000 of 100001 rows' page
	[ "$("$render" --to=csv big.json | wc -l)" -eq 100002 ]
	"$render" big.json >text
	grep -q 'Products (100001)' text
}

@test "no page scrolls sideways on a phone" {
	command -v chromium >/dev/null || skip "chromium is not installed"
	SHOTS=phone "$OG_TESTS/browser/shots/shoot" shots "$golden/inventory.json" \
		"$golden/saga-compensated.json" "$hostile/everywhere.json"
}
