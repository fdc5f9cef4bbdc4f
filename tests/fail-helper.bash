# What suites share in which a call fails once (preload/failat.c).

FAILAT=$OG_BUILD/tests/failat.so
export FAILAT

# A fresh instance, and a copy of it to begin again from.
fail_instance() {
	[ -e "$FAILAT" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
	objdump -p "$OG_BUILD/bin/og-shield" | grep -q NEEDED || skip "a static program takes no preload library"
	instance
	cp -r "$OG_HOME" pristine
}

# failing PROGRAM KIND N COMMAND...: status in $status, output in $output;
# false when there was no N-th call.
failing() {
	local program=$1 kind=$2 n=$3
	shift 3
	: >"$OG_HOME/run/mark"
	run env OG_FAIL_PROGRAM="$program" OG_FAIL_KIND="$kind" OG_FAIL_AT="$n" \
		OG_FAIL_MARK="$OG_HOME/run/mark" LD_PRELOAD="$FAILAT" timeout 60 "$@"
	[ -s "$OG_HOME/run/mark" ]
}

# No crash (128 and more), no hang (124), no fault of ours (70).
honest() {
	case $status in
	0 | 1 | 65 | 69 | 71 | 74 | 75 | 77 | 78) ;;
	*) echo "$1: status $status: $output"; return 1 ;;
	esac
}

afresh() {
	rm -rf "$OG_HOME"
	cp -r pristine "$OG_HOME"
}
