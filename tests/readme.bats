# The README's tour, run as a new user would: every ```sh block, in order,
# in one shell that stops at the first failure.

load helper

tour() {
	sed -n '/^```sh$/,/^```$/p' "$OG_TESTS/../README.md" | grep -v '^```'
}

@test "the tour runs as written" {
	cd "$BATS_TEST_TMPDIR"
	unset OG_HOME OG_AS
	tour >tour.sh
	[ "$(grep -c . tour.sh)" -gt 20 ]
	run bash -e tour.sh
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"Order 11: 1 x Ergonomic Chair for 299.99"* ]]
	[[ "$output" == *"Payment Authorization Denied: order total exceeds compliance limit"* ]]
	[[ "$output" == *"status 1"* ]]
	# Two desks pass once the documents say 1000, and the ledger knows it all.
	[[ "$output" == *$'\ndone\n'* ]]
	[[ "$output" == *"courier_name"* ]]
	[[ "$output" == *"ok: "*"and the state they make"* ]]
	[[ "$output" == *'"is_verified": true'* ]]
	# Sealed where pages with script are built, without any where they are not.
	if [ -e "$OG_BUILD/share/omnigate/ui/frame.js" ]; then
		grep -q 'sandbox="allow-scripts"' overview.html
	else
		[ "$(grep -ci '<script' overview.html)" -eq 0 ]
	fi
}

@test "the figures of the README name what they measured" {
	[ "$(grep -c '^FIGURES$' "$OG_TESTS/../README.md")" -eq 0 ]
}
