# Fuzz targets on inputs that are kept: what they begin with (fuzz/seeds),
# and by name what was found and mended (hostile/fuzz). Finding more is
# `make fuzz`.

load helper

@test "every fuzz target bears its seeds and what was found with it" {
	local target name input failed=0 targets=0
	cd "$OG_TESTS/.."
	for target in tests/fuzz/*.c; do
		name=$(basename "$target" .c)
		[ -x "$OG_BUILD/tests/fuzz/$name" ] || { echo "$name is not built"; return 1; }
		targets=$((targets + 1))
		for input in tests/fuzz/seeds/"$name"/* tests/hostile/fuzz/"$name"/*; do
			[ -e "$input" ] || continue
			timeout 30 "$OG_BUILD/tests/fuzz/$name" "$input" >"$BATS_TEST_TMPDIR/out" 2>&1 && continue
			echo "$name on $input: status $?"
			tail -n 3 "$BATS_TEST_TMPDIR/out"
			failed=1
		done
	done
	[ "$targets" -gt 15 ]
	[ "$failed" -eq 0 ]
}

@test "seeds and finds belong to a target" {
	local dir
	for dir in "$OG_TESTS"/fuzz/seeds/* "$OG_TESTS"/hostile/fuzz/*; do
		[ ! -e "$dir" ] || [ -e "$OG_TESTS/fuzz/$(basename "$dir").c" ]
	done
}
