# The tree is judged without running it: tools/lint, each check by itself.

check() {
	cd "$OG_TESTS/.."
	run tools/lint "$1"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "layout is what clang-format decides" {
	check layout
}

@test "cppcheck finds nothing" {
	check cppcheck
}

@test "clang-tidy finds nothing" {
	check tidy
}

@test "shellcheck finds nothing in the scripts" {
	check shell
}
