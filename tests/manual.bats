# The manual keeps what it promises: its examples run, its pages lead to each
# other, its options are explained, its exit statuses are those that come.

load helper

setup() {
	PAGES=$OG_TESTS/../share/man
}

# run_page PAGE: its examples in a fresh demo instance, as alice would type
# them. What is piped into jq has to find something there.
run_page() {
	local name home
	name=$(basename "$1")
	home=$BATS_TEST_TMPDIR/$name
	"$OG_TESTS/examples" "$1" >"$BATS_TEST_TMPDIR/$name.examples"
	[ -s "$BATS_TEST_TMPDIR/$name.examples" ] || return 0
	# Where it breaks, what it started in the background ends with it; a shell on
	# the way to a program would not hear of it.
	cat - "$BATS_TEST_TMPDIR/$name.examples" >"$BATS_TEST_TMPDIR/$name.sh" <<-'END'
		trap 'for job in $(jobs -p); do
			while grep -qsx bash "/proc/$job/comm"; do sleep 0.05; done
			kill "$job" 2>/dev/null || true
		done; wait' EXIT
	END
	dash -n "$BATS_TEST_TMPDIR/$name.sh"
	mkdir "$home"
	cp -r "$BATS_FILE_TMPDIR/model/.omnigate" "$home/.omnigate"
	(
		cd "$home" || exit
		unset OG_HOME
		OG_AS=alice MISSED=$home.missed PATH=$BATS_FILE_TMPDIR/bin:$PATH \
			timeout 200 bash -e -x -o pipefail "../$name.sh" </dev/null >"$home.log" 2>&1 3>&-
	) && [ ! -e "$home.missed" ] && return
	og down --home "$home/.omnigate" >/dev/null 2>&1 || true
	echo "--- the examples of $name break:"
	[ ! -e "$home.missed" ] || sed 's/^/jq printed nothing: /' "$home.missed"
	tail -n 12 "$home.log"
	return 1
}

# A jq that tells when it had nothing to print.
watched_jq() {
	mkdir "$BATS_FILE_TMPDIR/bin"
	cat >"$BATS_FILE_TMPDIR/bin/jq" <<-END
		#!/bin/bash
		out=\$($(command -v jq) "\$@"; echo ".\$?")
		[ "\${out%.*}" != "" ] || echo "\${*//$'\\n'/ }" >>"\$MISSED"
		printf %s "\${out%.*}"
		exit "\${out##*.}"
	END
	chmod +x "$BATS_FILE_TMPDIR/bin/jq"
}

run_pages() { # section
	local page broken=0
	[ -d "$BATS_FILE_TMPDIR/model" ] || og init --demo "$BATS_FILE_TMPDIR/model" >/dev/null
	[ -d "$BATS_FILE_TMPDIR/bin" ] || watched_jq
	for page in "$PAGES/man$1"/*."$1"; do
		run_page "$page" || broken=1
	done
	return "$broken"
}

@test "the examples of the programs run" {
	run_pages 1
}

@test "the examples of the records run" {
	run_pages 5
}

@test "the examples of the overviews run" {
	run_pages 7
}

@test "an example that breaks is noticed" {
	og init --demo "$BATS_FILE_TMPDIR/model" >/dev/null 2>&1 || true
	[ -d "$BATS_FILE_TMPDIR/bin" ] || watched_jq
	mkdir "$BATS_TEST_TMPDIR/man"
	printf '.Sh EXAMPLES\n.Bd -literal\n%s\n.Ed\n' $'sleep 300 &\necho $! >left\nog-task show --as alice nonsense' \
		>"$BATS_TEST_TMPDIR/man/broken.1"
	run run_page "$BATS_TEST_TMPDIR/man/broken.1"
	[ "$status" -ne 0 ]
	not kill -0 "$(cat "$BATS_TEST_TMPDIR/broken.1/left")"
	[[ "$output" == *"examples of broken.1 break"* ]]
	printf '.Sh EXAMPLES\n.Bd -literal\n%s\n.Ed\n' 'og-skill list --json | jq .nonsense_at_all' \
		>"$BATS_TEST_TMPDIR/man/null.1"
	run run_page "$BATS_TEST_TMPDIR/man/null.1"
	[ "$status" -eq 0 ]
	printf '.Sh EXAMPLES\n.Bd -literal\n%s\n.Ed\n' 'og-skill list --json | jq "select(.x) | .x"' \
		>"$BATS_TEST_TMPDIR/man/empty.1"
	run run_page "$BATS_TEST_TMPDIR/man/empty.1"
	[ "$status" -ne 0 ]
	[[ "$output" == *"jq printed nothing"* ]]
}

@test "what no test runs is named, with the reason" {
	local reasons
	reasons=$("$OG_TESTS/examples" --not-run "$PAGES"/man?/*)
	[ "$(grep -c ': .' <<<"$reasons")" -eq "$(grep -c . <<<"$reasons")" ]
	skip "$(paste -sd '|' <<<"$reasons" | sed 's/|/; /g')"
}

@test "every program shows a line for jq" {
	local page
	for page in "$PAGES"/man1/*.1; do
		sed -n '/^\.Sh EXAMPLES/,/^\.Sh S/p' "$page" | grep -q '\bjq ' || {
			echo "no example of $page is for jq"
			return 1
		}
	done
}

@test "pages have the sections that readers look for" {
	local page section lack=0
	for page in "$PAGES"/man[157]/*; do
		for section in NAME DESCRIPTION 'SEE ALSO'; do
			grep -q "^\.Sh $section\$" "$page" && continue
			echo "$(basename "$page") has no $section"
			lack=1
		done
	done
	for page in "$PAGES"/man1/*.1; do
		for section in SYNOPSIS ENVIRONMENT 'EXIT STATUS' EXAMPLES SECURITY CAVEATS; do
			grep -q "^\.Sh $section\$" "$page" && continue
			echo "$(basename "$page") has no $section"
			lack=1
		done
	done
	[ "$lack" -eq 0 ]
}

# "page section" of every reference in a page to one of ours.
references() {
	sed -n 's/^\..*Xr \(og[a-z.-]*\|omnigate[a-z-]*\) \([0-9]\).*/\1.\2/p' "$1" | sort -u
}

@test "references lead to pages, and omnigate(7) to all of them" {
	local page name lost=0
	for page in "$PAGES"/man?/*; do
		for name in $(references "$page"); do
			[ -e "$PAGES/man${name##*.}/$name" ] && continue
			echo "$page refers to $name, which there is not"
			lost=1
		done
		name=$(basename "$page")
		[ "$name" = omnigate.7 ] || references "$PAGES/man7/omnigate.7" | grep -qxF "$name" || {
			echo "omnigate(7) does not name $name"
			lost=1
		}
	done
	[ "$lost" -eq 0 ]
}

program_of() { # page
	local name
	name=$(basename "$1" .1)
	command -v "$name" || echo "$OG_BUILD/libexec/omnigate/$name"
}

@test "every option is explained, not only listed" {
	local page option missing=0
	for page in "$PAGES"/man1/*.1; do
		for option in $("$(program_of "$page")" -h | grep -oE '^ +(-., )?--[a-z-]+' | sed 's/.*--//' | sort -u); do
			[[ ! "$option" =~ ^(home|color|help|version)$ ]] || continue
			sed '/^\.Sh SYNOPSIS/,/^\.Sh /d; /^\.Sh EXAMPLES/,/^\.Sh S/d' "$page" |
				grep -qE "(Fl|,) +-${option//-/\\\\?-}( |\$)" && continue
			echo "$(basename "$page") does not explain --$option"
			missing=1
		done
	done
	# Those that all programs share are explained in one place.
	for option in home color help version; do
		grep -q "^\.It .*Fl -$option" "$PAGES/man7/omnigate.7"
	done
	[ "$missing" -eq 0 ]
}

listed() { # page: the codes of its EXIT STATUS
	sed -n '/^\.Sh EXIT STATUS/,/^\.Sh [^E]/s/^\.It \([0-9]*\)$/\1/p' "$1"
}

# "program status" of every `run PROGRAM` of a suite whose status it asserts.
asserted() {
	awk '/^[ \t]*run / {
		program = ""
		for (i = 2; i <= NF; i++) {
			if ($i ~ /^(-[0-9]+|timeout|env|[0-9.]+|[A-Z_]+=.*|--separate-stderr)$/) continue
			word = $i
			sub(/.*\//, "", word)
			gsub(/"/, "", word)
			if (word ~ /^og(-[a-z]+)?$/) program = word
			if (word == "og" && $(i + 1) ~ /^(submit|task|worker|shield|ledger|skill|policy|render|serve|eval)$/)
				program = "og-" $(i + 1)
			break
		}
		next
	}
	/^[ \t]*\[ "\$status" -eq [0-9]+ \]/ && program != "" { print program, $4 }' "$OG_TESTS"/*.bats | sort -u
}

@test "exit statuses that suites see are listed" {
	local program code lost=0
	[ "$(asserted | grep -c .)" -gt 60 ]
	while read -r program code; do
		listed "$PAGES/man1/$program.1" | grep -qx "$code" && continue
		echo "$program.1 does not list $code, which a suite expects"
		lost=1
	done < <(asserted)
	[ "$lost" -eq 0 ]
}

@test "exit statuses are those of the house, and any program may have the common ones" {
	local page code house=' 0 1 64 65 66 69 70 71 74 75 77 78 ' odd=0
	for page in "$PAGES"/man1/*.1; do
		[ "$(listed "$page")" = "$(listed "$page" | sort -nu)" ]
		for code in $(listed "$page"); do
			[[ "$house" == *" $code "* ]] || { echo "$page: $code is none of ours"; odd=1; }
		done
		for code in 0 64 70 71 74; do
			listed "$page" | grep -qx "$code" || { echo "$page: $code is not listed"; odd=1; }
		done
	done
	for code in $house; do
		sed -n '/^\.Sh EXIT STATUS/,/^\.Sh [^E]/p' "$PAGES/man7/omnigate.7" | grep -q "\b$code\b"
	done
	[ "$odd" -eq 0 ]
}

@test "exit statuses that come of the same troubles everywhere are listed" {
	local page program code lost=0 asked
	cd "$BATS_TEST_TMPDIR"
	unset OG_HOME OG_AS
	for page in "$PAGES"/man1/*.1; do
		program=$(program_of "$page")
		code=0
		"$program" --no-such-option </dev/null >/dev/null 2>&1 || code=$?
		[ "$code" -eq 64 ]
		code=0
		"$program" -h >/dev/full 2>/dev/null || code=$?
		[ "$code" -eq 74 ]
	done
	# No instance here.
	for asked in 'og status' 'og-submit --as alice x' 'og-task list --as alice' 'og-worker --drain' \
		'og-shield schema --as alice' 'og-ledger log --as alice' 'og-ledger verify' 'og-ledger checkpoint' \
		'og-ledger prove 1' 'og-ledger export --as alice' 'og-ledger key' 'og-ledger watch' 'og-skill list --as alice' \
		'og-policy list --as alice' 'og-serve sessions' 'og-otlp'; do
		code=0
		PATH=$PATH:$OG_BUILD/libexec/omnigate $asked </dev/null >/dev/null 2>&1 || code=$?
		listed "$PAGES/man1/${asked%% *}.1" | grep -qx "$code" || {
			echo "$asked ends with $code, which its page does not list"
			lost=1
		}
		[ "$code" -eq 78 ]
	done
	[ "$lost" -eq 0 ]
}

@test "pages are clean at the strictest level" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	# What is left out asks the machine, not the page: whether it is NetBSD, and
	# whether our pages and those of others are installed there.
	run bash -c "mandoc -T lint -W style $PAGES/man?/*.? 2>/dev/null |
		grep -vE 'operating system explicitly|referenced manual not found|outdated mandoc.db'"
	echo "$output"
	[ -z "$output" ]
}

@test "what is quoted ends where it should" {
	local page shown=$BATS_TEST_TMPDIR/shown
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	# Of two macros in a line of Pq the first would reach to its end.
	for page in "$PAGES"/man?/*.?; do
		mandoc -Tascii "$page" | col -b >"$shown"
		not grep -nE "[a-z.]'{2,}([^.]|$)" "$shown"
	done
}

@test "omnigate-security(7) names suites that there are" {
	local name
	for name in $(grep -oE '[a-z-]+\.bats|unit/[a-z]+|browser/[a-z]+' "$PAGES/man7/omnigate-security.7" | sort -u); do
		case $name in
		unit/*) [ -e "$OG_TESTS/$name.c" ] ;;
		browser/*) [ -e "$OG_TESTS/$name.test.mjs" ] ;;
		*) [ -e "$OG_TESTS/$name" ] ;;
		esac || {
			echo "there is no $name"
			return 1
		}
	done
}

@test "the manual as HTML: no script, and every link leads somewhere" {
	local html link lost=0
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	"$OG_TESTS/../tools/doc" "$BATS_TEST_TMPDIR/doc"
	cd "$BATS_TEST_TMPDIR/doc"
	[ "$(ls ./*.html | wc -l)" -eq "$(($(ls "$PAGES"/man[157]/* | wc -l) + 1))" ]
	not grep -qi '<script\|onclick\|http-equiv' ./*.html
	for html in *.html; do
		for link in $(grep -oE 'href="[^"#]+' "$html" | sed 's/href="//' | grep -v '^http' | sort -u); do
			[ -e "$link" ] || {
				echo "$html leads to $link, which there is not"
				lost=1
			}
		done
	done
	[ "$lost" -eq 0 ]
	# From the index to every page.
	for html in *.html; do
		[ "$html" = index.html ] || grep -q "href=\"$html\"" index.html
	done
}
