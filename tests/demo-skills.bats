# The tests that stand in the demo skills, each in a copy of the demo company.

load helper

@test "the tests inside the demo skills come true" {
	run og-skill test --demo --as alice "$OG_TESTS/../share/skills"
	grep -v '^ok\|^# [0-9]* ms' <<<"$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^ok' <<<"$output")" -ge 80 ]
}
