# The walls of the house: who may include whom, what lib/ must never do.

load helper

setup() {
	cd "$OG_TESTS/.."
}

# "module: included modules", as the code has it.
actual_deps() {
	local module
	for module in lib/*/; do
		module=$(basename "$module")
		ls "lib/$module"/*.[ch] >/dev/null 2>&1 || continue
		printf '%s:' "$module"
		cat "lib/$module"/*.[ch] | sed -n 's|^#include "lib/\([a-z]*\)/.*|\1|p' |
			sort -u | grep -vx "$module" | tr '\n' ' ' | sed 's/^/ /; s/ $//'
		echo
	done
}

@test "lib/DEPS equals what the code includes" {
	diff <(grep -v '^#' lib/DEPS | sed 's/ *$//' | sort) <(actual_deps | sed 's/ *$//' | sort)
}

@test "lib/DEPS has no cycle" {
	run bash -c "grep -v '^#' lib/DEPS | sed 's/://' | awk '{for (i = 2; i <= NF; i++) print \$i, \$1}' | tsort"
	[ "$status" -eq 0 ]
	[[ "$output" != *loop* ]]
}

@test "lib/agent knows the shield only as a channel" {
	[ "$(grep -cE '^agent:.*\b(shield|db|ledger|access)\b' lib/DEPS)" -eq 0 ]
}

third_party() { # header-pattern, allowed files
	grep -rlE "#include <($1)" cmd lib tests/unit --include='*.[ch]' | grep -vE "^($2)" || true
}

@test "each third-party header stays in its module" {
	[ -z "$(third_party 'sqlite3.h' 'lib/db/|lib/shield/|tests/unit/')" ]
	[ -z "$(third_party 'jansson.h' 'lib/json/json.h')" ]
	[ -z "$(third_party 'nettle/|sodium.h' 'lib/hash/')" ]
	[ -z "$(third_party 'cmark-gfm|yaml.h' 'lib/skill/')" ]
	[ -z "$(third_party 'crypt.h' 'lib/access/')" ]
	[ -z "$(third_party 'amqp|rabbitmq-c' 'cmd/og-amqp-lib.h|tests/bench/rabbitmq.c')" ]
	[ -z "$(third_party 'curl/' 'cmd/og-http')" ]
	[ -z "$(third_party 'microhttpd.h' 'lib/serve/')" ]
	[ -z "$(third_party 'histedit.h' 'cmd/og-prompt-line.c')" ]
	[ -z "$(third_party 'gmime/' 'cmd/og-text-mail.c')" ]
}

@test "lib never prints, exits or reads the environment" {
	run grep -nE '\b(exit|_exit|abort|getenv|secure_getenv|printf|puts|putchar|perror|fprintf|err|errx|warn)\s*\(' \
		-r lib --include='*.c'
	# og_proc's child between fork and exec may only _exit; misuse of an option table aborts.
	bad=$(echo "$output" | grep -vE 'lib/proc/[a-z-]*\.c:[0-9]*:.*_exit|lib/base/opt[a-z-]*\.c:[0-9]*:.*abort|snprintf|/\*|^\S+\s*\*' || true)
	echo "$bad"
	[ -z "$bad" ]
}

@test "lib holds no mutable variable at file scope" {
	# Constant tables of pointers need relocation and stand in .data.rel.ro;
	# everything else in .data, .bss or .tbss can be changed at run time.
	bad=$(for object in $(find "$OG_BUILD/obj/lib" -name '*.o'); do
		objdump -t "$object" | awk -v o="${object#"$OG_BUILD"/obj/}" \
			'/ O (\.data|\.bss|\.tbss|\.tdata|\*COM\*)[ \t]/ || / O \.data\.rel(\.local)?[ \t]/ { print o, $NF }'
	done | grep -vE 'DW\.ref|__odr|asan|ubsan' || true)
	echo "$bad"
	[ -z "$bad" ]
}

@test "every header compiles alone" {
	for header in lib/*/*.h cmd/*.h; do
		gcc -std=c11 -D_GNU_SOURCE -I. -Wall -Wextra -Werror -fsyntax-only -x c "$header"
	done
}

@test "core programs link only what they may" {
	for program in og og-submit og-task og-worker og-shield og-ledger og-policy og-render; do
		bad=$(objdump -p "$OG_BUILD/bin/$program" | awk '$1 == "NEEDED" { print $2 }' |
			grep -vE '^lib(c|m|sqlite3|jansson|sodium|nettle|crypt|asan|ubsan)\.so|ld-linux' || true)
		echo "$program: $bad"
		[ -z "$bad" ]
	done
}

@test "programs that must not open erp.db do not carry SQLite's gate" {
	for program in og-render; do
		[ "$(objdump -p "$OG_BUILD/bin/$program" | grep -c 'NEEDED.*sqlite3')" -eq 0 ]
	done
}

@test "help equals the manual's synopsis" {
	for page in share/man/man1/*.1; do
		program=$OG_BUILD/bin/$(basename "$page" .1)
		[ -e "$program" ] || program=$OG_BUILD/libexec/omnigate/$(basename "$page" .1)
		diff <(usage_of "$program") \
			<(tests/synopsis "$page") || {
			echo "in $page"
			return 1
		}
	done
}

@test "manual pages are clean" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	mandoc -T lint -W warning share/man/man?/*.?
}

@test "every program has its manual page and its test" {
	for program in "$OG_BUILD"/bin/og* "$OG_BUILD"/libexec/omnigate/og*; do
		program=$(basename "$program")
		[ -e "share/man/man1/$program.1" ]
		[ -e "tests/$program.bats" ]
	done
}

@test "a suite that hangs is ended, and where it hung is told" {
	mkdir -p "$BATS_TEST_TMPDIR/tests" "$BATS_TEST_TMPDIR/build"
	cp tests/run "$BATS_TEST_TMPDIR/tests"
	printf '@test "%s" {\n\t%s\n}\n' quick true 'waits for nobody' 'sleep 987' >"$BATS_TEST_TMPDIR/tests/hang.bats"
	OG_BUILD=$BATS_TEST_TMPDIR/build OG_LIMIT=10 run -1 "$BATS_TEST_TMPDIR/tests/run" hang
	[ "${lines[0]}" = '--- hang still runs after 10 s:' ]
	grep -E '^ *([0-9]+ +){3}S.*/bats-exec-test .*hang\.bats test_waits_for_nobody' <<<"$output"
	grep -E '^ *([0-9]+ +){3}S.* sleep 987$' <<<"$output"
	grep -qx -- '--- hang ended with status 124 after 1 of 2 tests' <<<"$output"
	[ "${lines[-1]}" = '1 passed, 1 failed, 0 skipped' ]
}
