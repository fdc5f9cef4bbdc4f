# The units for systemd: installed, understood, hardened.

load helper

setup_file() {
	make -s -C "$OG_TESTS/.." O="$OG_BUILD" PREFIX="$BATS_FILE_TMPDIR/og" install
}

setup() {
	units=$BATS_FILE_TMPDIR/og/lib/systemd/system
	export SYSTEMD_UNIT_PATH=$units:
}

# systemd-analyze reads files; what it says of units it cannot reach here
# (no manager runs, no user omnigate) is no fault of ours.
analyze() {
	command -v systemd-analyze >/dev/null || skip "systemd is not installed"
	systemd-analyze "$@"
}

@test "installed where it looks for them, with the paths of the installation" {
	[ "$(ls "$units" | wc -l)" -eq "$(ls "$OG_TESTS/../share/systemd" | wc -l)" ]
	[ "$(find "$units" -type f ! -perm 644)" = '' ]
	not grep -r @PREFIX@ "$units"
	sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$units"/*.service | while read -r program; do
		[ -x "$program" ] || { echo "$program"; return 1; }
	done
	make -s -C "$OG_TESTS/.." O="$OG_BUILD" PREFIX="$BATS_TEST_TMPDIR/gone" install
	make -s -C "$OG_TESTS/.." O="$OG_BUILD" PREFIX="$BATS_TEST_TMPDIR/gone" uninstall
	[ -z "$(find "$BATS_TEST_TMPDIR/gone" -type f)" ]
}

@test "what a unit starts is a command line its program understands" {
	while read -r line; do
		# Of no instance: 78, where a wrong option or command would be 64.
		rc=0
		OG_HOME=/nowhere $line </dev/null >/dev/null 2>&1 || rc=$?
		[ "$rc" -eq 78 ] || { echo "$line: $rc"; return 1; }
	done < <(sed -n 's/^ExecStart=//p' "$units"/*.service)
}

@test "systemd understands every unit and every line of it" {
	run analyze verify --man=no omnigate.target omnigate@srv-shop.service \
		omnigate-worker@srv-shop.service omnigate-forwarder@srv-shop.service \
		omnigate-serve@srv-shop.service \
		omnigate-shield@srv-shop.socket omnigate-shield@srv-shop.service \
		omnigate-check@srv-shop.service omnigate-check@srv-shop.timer \
		omnigate-watch@srv-shop.service
	echo "$output"
	[ "$status" -eq 0 ]
	not grep -i 'unknown\|ignoring\|invalid\|not a valid' <<<"$output"
}

@test "hardened: exposure at most 2.0, the shield's at most 1.0" {
	for unit in omnigate@:20 omnigate-worker@:20 omnigate-forwarder@:20 omnigate-serve@:20 omnigate-check@:20 omnigate-shield@:10 omnigate-watch@:10; do
		run analyze security --offline=true --threshold="${unit#*:}" --no-pager "$units/${unit%:*}.service"
		[ "$status" -eq 0 ] || { echo "$output" | tail -n 3; return 1; }
		[[ "$output" == *'Overall exposure level'* ]]
	done
}

@test "the pages they point to are there" {
	sed -n 's/^Documentation=//p' "$units"/* | tr ' ' '\n' | sort -u |
		sed 's/man:\(.*\)(\(.*\))/man\2\/\1.\2/' | while read -r page; do
		[ -e "$OG_TESTS/../share/man/$page" ] || { echo "$page"; return 1; }
	done
}
