# og-render's interactive page, as bytes: its policies, its blocks, what it
# does where something is missing. How it behaves is in tests/browser.

bats_require_minimum_version 1.5.0

setup() {
	render=$OG_BUILD/bin/og-render
	golden=$OG_TESTS/golden
	hostile=$OG_TESTS/hostile/render
	cd "$BATS_TEST_TMPDIR" || return 1
	[ -e "$OG_BUILD/share/omnigate/ui/frame.js" ] || skip "pages with script were not built here"
}

lacks() { # grep's options and pattern, file
	if grep "$@"; then
		return 1
	fi
}

# The document inside srcdoc='...', decoded.
frame() { # page
	perl -0777 -ne "/ srcdoc='([^']*)'/ or die; \$_ = \$1; s/&#39;/'/g; s/&amp;/&/g; print" "$1"
}

# The digest of a page's last script and of its style, as policies name them.
digest() { # element, document
	perl -0777 -ne '@all = /<'"$1"'>(.*?)<\/'"$1"'>/gs; print $all[-1]' "$2" |
		openssl dgst -sha256 -binary | openssl base64 -A
}

policy() {
	sed -n 's/.*http-equiv="Content-Security-Policy" content="\([^"]*\)".*/\1/p' "$1" | head -n 1
}

# The shell of a page: the page without its frame's document.
shell() {
	perl -0777 -pe "s/ srcdoc='[^']*'//" "$1"
}

@test "the policies name the digests of what stands there, and allow nothing else" {
	for file in "$golden"/*.json; do
		"$render" --to=html "$file" >page
		frame page >view
		shell page >outer
		fixed="default-src 'none'; base-uri 'none'; form-action 'none'; frame-src 'none'; object-src 'none'; worker-src 'none'; manifest-src 'none'; img-src data:; font-src data:; connect-src 'none'"
		types="require-trusted-types-for 'script'; trusted-types 'none'"
		runtime="'sha256-$(digest script view)'" kit="'sha256-$(digest style view)'"
		shell="'sha256-$(digest script outer)'" sheet="'sha256-$(digest style outer)'"
		[ "$(policy view)" = "$fixed; script-src $runtime; style-src $kit; $types" ]
		[ "$(policy outer)" = "$fixed; script-src $shell $runtime; style-src $sheet $kit; $types" ]
	done
}

@test "with code: workers from blobs, one policy for their address, and no script more" {
	command -v esbuild >/dev/null || skip "esbuild is not installed"
	jq '.view = {jsx: "function View({data}) { return <Text>{data.products.length + 1}</Text> }"}' \
		"$golden/inventory.json" >live.json
	"$render" --to=html --allow-code live.json >page
	frame page >view
	[[ "$(policy view)" == *"worker-src blob:;"*"trusted-types og-worker" ]]
	[[ "$(policy page)" == *"worker-src blob:;"*"trusted-types og-worker" ]]
	[ "$(policy view | grep -o sha256- | wc -l)" -eq 2 ]
	grep -q '<script type="text/plain" id="og-code">' view
	lacks 'id="og-tree"' view
	"$render" --to=html --allow-code "$golden/inventory.json" >page
	[[ "$(policy page)" == *"worker-src 'none';"*"trusted-types 'none'" ]]
}

@test "one frame, sandboxed, and the page has no address, handler or style attribute" {
	for file in "$golden"/*.json "$hostile"/*.json; do
		"$render" --to=html "$file" >page
		[ "$(grep -c '<iframe' page)" -eq 1 ]
		grep -q '<iframe id="og-view" .*sandbox="allow-scripts" ' page
		shell page | perl -0777 -pe 's/<(script|style)[^>]*>.*?<\/\1>//gs' >outer
		frame page | perl -0777 -pe 's/<(script|style)[^>]*>.*?<\/\1>//gs' >view
		sed -E 's/="[^"]*"/=""/g' outer >bare # what stands in a value names nothing
		lacks -E '<[^>]* (on[a-z]+|style|href|src|action)=' bare
		lacks -iE '<(object|embed|link|base|form|img)' outer
		[ "$(tr -d '\n' <view | sed 's/.*<body>//')" = '<div id="root"></div></body></html>' ]
	done
}

@test "hostile documents stay data: nothing of them ends a block or the attribute" {
	jq -n '{v:1, task:"t", state:"done", principal:"bob</script><script>alert(1)</script>",
		answer:"</script><script>alert(1)</script>\u2028\u2029\u202e'\''\"&amp;<!--<script>",
		data:{x:[{a:"</script>", b:"<!--", c:"]]>", d:"\u0007\u001b[2J", e:"'\''>\">", "</style>":9007199254740991}]},
		actions:[{name:"a", title:"</script><b>", skill:"x"}]}' >hostile.json
	"$render" --to=html hostile.json >page
	frame page >view
	[ "$(grep -c '</script>' page)" -eq 4 ] # tree, runtime, spec, shell
	lacks -E 'alert\(1\)<' page
	lacks '<!--' page
	perl -0777 -pe 's/<script>.*?<\/script>//gs' page >blocks # the kit's own scripts may hold them
	LC_ALL=C lacks $'[\x01-\x08\x0b-\x1f\x7f]' blocks
	LC_ALL=C lacks $'\xe2\x80\xa8' blocks
	# and what stands in the block is what the document said
	perl -0777 -ne '/id="og-tree">(.*?)<\/script>/s and print $1' view >tree.json
	diff <(jq -S . tree.json) <("$render" --to=tree hostile.json | jq -S .)
}

@test "the page holds the tree that --to=tree prints, for every sample" {
	for file in "$golden"/*.json "$hostile"/*.json; do
		"$render" --to=tree "$file" | jq -S . >want || continue
		"$render" --to=html "$file" >page
		frame page | perl -0777 -ne '/id="og-tree">(.*?)<\/script>/s and print $1' | jq -S . >have
		cmp want have
	done
}

@test "the frame's document is the page's, and the same bytes each time" {
	"$render" --to=html "$golden/overview.json" >page
	"$render" --to=html <"$golden/overview.json" >again
	cmp page again
	"$render" --to=mcp-app "$golden/overview.json" >view
	frame page | cmp - view
}

@test "numbers that a browser would round are told as text" {
	printf '{"v":1,"task":"t","state":"done","data":{"x":[{"id":9007199254740993,"n":1},{"id":2,"n":2}]}}' >big.json
	"$render" --to=html big.json >page
	frame page | grep -q '"id":"9007199254740993"'
}

@test "actions: what can be done, as words and a schema" {
	"$render" --to=actions "$golden/audit.json" >actions
	[ "$(wc -l <actions)" -eq 1 ]
	[ "$(jq -r '.principal + " " + .state + " " + (.v | tostring)' actions)" = "bob done 1" ]
	[ "$(jq -c '.actions[0].argv' actions)" = '["og-submit","--as","bob","--action","approve-waiver","--param","order_id=10"]' ]
	# in a page the reader waits for what comes of it
	"$render" --to=html "$golden/audit.json" | perl -0777 -ne '/id="og-spec">(.*?)<\/script>/s and print $1' >spec
	[ "$(jq -c '.actions[0].argv[0:4]' spec)" = '["og-submit","--as","bob","--wait"]' ]
	[ "$(jq -r .level spec)" = tree ]
}

# The words of a command, as a shell understands what a page offers to paste.
@test "what is offered to paste is read by a shell as it was meant" {
	value="a'b \"c\" \$(touch gone) \`touch gone\` \\ * ~ ; & | < > # ! {x}"
	jq -n --arg v "$value" '{v:1, task:"t", state:"done", principal:"bob",
		actions:[{name:"a", title:"A", skill:"s", params:{p:$v}}, {name:"b", title:"B", text:$v}]}' >paste.json
	"$render" --to=tree paste.json | jq -r '.. | select(.c? == "Command").p.text' >commands
	[ "$(wc -l <commands)" -eq 2 ]
	og-submit() { printf '%s\n' "$@" >>words; }
	while read -r line; do
		eval "$line"
	done <commands
	grep -qxF "p=$value" words
	grep -qxF "$value" words
	[ ! -e gone ]
}

# The program in a tree of its own, with these of the kit's files taken out.
without() { # files
	mkdir -p tree/bin
	cp "$render" tree/bin
	cp -rL "$OG_BUILD/share" tree/
	for name; do
		rm "tree/share/omnigate/ui/$name"
	done
}

@test "without the kit's scripts: the page without script, and a note" {
	for name in frame.js shell.js shell.css worker.js; do
		rm -rf tree
		without $name
		run --separate-stderr tree/bin/og-render --to=html "$golden/audit.json"
		[ "$status" -eq 0 ]
		[[ "$stderr" == *"without script"*"$name"* ]]
		[ "$output" = "$("$render" --to=html --static "$golden/audit.json")" ]
		run --separate-stderr tree/bin/og-render --to=mcp-app "$golden/audit.json"
		[ "$status" -eq 78 ]
		[ -z "$output" ]
		[[ "$stderr" == *"$name"* ]]
	done
	run --separate-stderr tree/bin/og-render --to=html --static "$golden/audit.json"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
}

@test "a part of the kit that could end its element is refused" {
	for name in frame.js shell.js kit.css shell.css; do
		rm -rf tree
		without
		printf 'x</ScRiPt></sTyLe>' >>"tree/share/omnigate/ui/$name"
		run --separate-stderr tree/bin/og-render --to=html "$golden/audit.json"
		[ "$status" -eq 78 ]
		[ -z "$output" ]
	done
}

@test "options that do not go together" {
	for options in "--to=text --static" "--to=mcp-app --static" "--to=html --static --runtime react" \
		"--to=csv --runtime react" "--to=html --runtime vue" "--to=text --allow-code" "--to=html --static --allow-code"; do
		# shellcheck disable=SC2086
		run --separate-stderr "$render" $options "$golden/audit.json"
		[ "$status" -eq 64 ]
		[ -z "$output" ]
	done
}

with_code() { # code
	jq --arg code "$1" '.view = {jsx: $code}' "$golden/inventory.json"
}

@test "code without the flag is refused, and names it" {
	with_code 'function View({data}) { return <Text>{data.products.filter(x => x).length}</Text> }' >live.json
	for form in html mcp-app text tree; do
		run --separate-stderr "$render" --to=$form live.json
		[ "$status" -eq 65 ]
		[ -z "$output" ]
		[[ "$stderr" == *"view:1:"*"needs code"*"--allow-code"* ]]
	done
}

@test "code that is none: line and column in the reader's text" {
	command -v esbuild >/dev/null || skip "esbuild is not installed"
	while IFS='|' read -r where code; do
		with_code "$(printf '%b' "$code")" >bad.json
		run --separate-stderr "$render" --to=html --allow-code bad.json
		[ "$status" -eq 65 ]
		[ -z "$output" ]
		[[ "$stderr" == *"view:$where:"* ]] || {
			echo "$code: $stderr"
			return 1
		}
	done <<-'E'
		1:8|import fs from "fs"
		2:10|function View() {\n  return @;\n}
		3:9|function View() {\n  const a = 1;\n  const a = 2;\n}
		1:1|export default 7
		3:1|function View() {\n  return (\n    <Page>{1 + 1}\n
	E
}

@test "code that is too large or too deep" {
	command -v esbuild >/dev/null || skip "esbuild is not installed"
	{ printf '"x = '; head -c 300000 /dev/zero | tr '\0' '1'; printf '"'; } >text
	jq --slurpfile code text '.view = {jsx: $code[0]}' "$golden/inventory.json" >large.json
	run --separate-stderr "$render" --to=html --allow-code large.json
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"larger than 262144 bytes"* ]]
	for piece in '(' '[' '{' '<b>'; do
		with_code "x = $(printf "$piece%.0s" {1..3000})" >deep.json
		run --separate-stderr "$render" --to=html --allow-code deep.json
		[ "$status" -eq 65 ]
		[[ "$stderr" == *"nested too deeply"* ]]
	done
	# what no count of brackets sees ends the compiler, not us
	{ printf '"x = '; head -c 250000 /dev/zero | tr '\0' '!'; printf '1"'; } >text
	jq --slurpfile code text '.view = {jsx: $code[0]}' "$golden/inventory.json" >chain.json
	run --separate-stderr "$render" --to=html --allow-code chain.json
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"view"* ]]
	[ "${#lines[@]}" -eq 0 ]
}

@test "no esbuild: said, and nothing drawn" {
	with_code 'function View() { return 1 + 1 }' >live.json
	run --separate-stderr env PATH=/nowhere "$render" --to=html --allow-code live.json
	[ "$status" -eq 69 ]
	[ -z "$output" ]
	[[ "$stderr" == *"esbuild"* ]]
}

@test "the compiler has no network and reads no file; a text cannot name one" {
	command -v esbuild >/dev/null || skip "esbuild is not installed"
	command -v strace >/dev/null || skip "strace is not installed"
	echo '{"compilerOptions":{"jsxFactory":"FROM_A_FILE"}}' >tsconfig.json
	echo 'secret' >secret.txt
	with_code 'const a = require("./secret.txt"); function View() { return <b>{a}</b> }' >live.json
	strace -f -qq -e trace=openat,open,socket -o trace "$render" --to=html --allow-code live.json >page
	lacks -E 'FROM_A_FILE|secret[^.]' page
	lacks -E '(tsconfig|secret|package\.json).*= [0-9]' trace
	lacks -E 'socket\(.*= [0-9]' trace
}
