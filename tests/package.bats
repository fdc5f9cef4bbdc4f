# What is installed, what is packed, and the programs that need no library.

load helper

setup() {
	cd "$OG_TESTS/.." || return
}

tree() { # WHAT ROOT [PREFIX]
	make -s O="$OG_BUILD" PREFIX="${3:-/usr/local}" DESTDIR="$2" "$1"
}

# Every file with its mode, sorted.
files() {
	(cd "$1" && find . ! -type d -printf '%m %P\n' | LC_ALL=C sort -k 2)
}

@test "what is installed is uninstalled, and nothing else" {
	root="$BATS_TEST_TMPDIR/a root"
	mkdir -p "$root/usr/local/bin" "$root/usr/local/share/man/man1"
	echo mine | tee "$root/usr/local/bin/mine" >"$root/usr/local/share/man/man1/mine.1"
	files "$root" >"$BATS_TEST_TMPDIR/before"
	tree install "$root"
	[ "$(files "$root" | wc -l)" -gt 100 ]
	tree uninstall "$root"
	files "$root" | diff "$BATS_TEST_TMPDIR/before" -
	[ -z "$(find "$root" -name '*omnigate*')" ]
	# From a tree that was cleaned since.
	tree install "$root"
	make -s O="$BATS_TEST_TMPDIR/clean" DESTDIR="$root" uninstall
	files "$root" | diff "$BATS_TEST_TMPDIR/before" -
}

@test "installed for everybody, whatever the umask" {
	(umask 077 && tree install "$BATS_TEST_TMPDIR/shut")
	(umask 000 && tree install "$BATS_TEST_TMPDIR/open")
	diff <(files "$BATS_TEST_TMPDIR/shut") <(files "$BATS_TEST_TMPDIR/open")
	[ -z "$(find "$BATS_TEST_TMPDIR/shut/usr" "$BATS_TEST_TMPDIR/open/usr" -type d ! -perm 755)" ]
	[ -z "$(find "$BATS_TEST_TMPDIR/shut" -type f ! -perm 644 ! -perm 755)" ]
	[ -z "$(find "$BATS_TEST_TMPDIR/shut" -type f -perm 755 ! -path '*/bin/*' ! -path '*/libexec/*')" ]
	[ -z "$(find "$BATS_TEST_TMPDIR/shut" -type l)" ]
}

@test "no file that is installed names the tree it was built in" {
	tree install "$BATS_TEST_TMPDIR/root"
	not grep -rlF -e "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/root"
	not grep -rlF -e "$PWD" "$BATS_TEST_TMPDIR/root"
}

@test "who holds no database is not linked with one" {
	readelf -d "$OG_BUILD/bin/og-shield" | grep -q 'NEEDED.*libsqlite3'
	for program in "$OG_BUILD"/bin/og-{render,eval,serve} "$OG_BUILD"/libexec/omnigate/*; do
		[ -z "$(readelf -d "$program" | grep 'NEEDED.*libsqlite3')" ] || { echo "$program"; return 1; }
	done
}

# A clone, as somebody else has it.
clone() {
	command -v git >/dev/null || skip "git is not installed"
	git rev-parse --git-dir >/dev/null 2>&1 || skip "this is no git tree"
	git clone -q . "$BATS_TEST_TMPDIR/$1"
	# The tool as it stands, which may not be committed yet.
	cp tools/dist "$BATS_TEST_TMPDIR/$1/tools/dist"
}

@test "the same commit packs to the same bytes" {
	clone one
	clone two
	(umask 022 && cd "$BATS_TEST_TMPDIR/one" && tools/dist 0) >"$BATS_TEST_TMPDIR/said"
	git -C "$BATS_TEST_TMPDIR/two" config tar.umask 0077
	git -C "$BATS_TEST_TMPDIR/two" config core.autocrlf true
	echo '* export-ignore' >"$BATS_TEST_TMPDIR/attributes"
	git -C "$BATS_TEST_TMPDIR/two" config core.attributesFile "$BATS_TEST_TMPDIR/attributes"
	find "$BATS_TEST_TMPDIR/two" -exec touch -h -d 2001-01-01 {} +
	(umask 077 && cd "$BATS_TEST_TMPDIR/two" && TZ=Asia/Tokyo LC_ALL=C GZIP=-1 tools/dist 0) >/dev/null 2>&1
	cmp "$BATS_TEST_TMPDIR"/{one,two}/omnigate-0.tar.gz
	(cd "$BATS_TEST_TMPDIR/one" && grep omnigate-0.tar.gz "$BATS_TEST_TMPDIR/said" | sha256sum --quiet -c)
	[ "$(zcat "$BATS_TEST_TMPDIR/one/omnigate-0.tar.gz" | sha256sum | cut -c1-64)" = \
		"$(sed -n 's/  the tar inside//p' "$BATS_TEST_TMPDIR/said")" ]
	[ "$(tar tzf "$BATS_TEST_TMPDIR/one/omnigate-0.tar.gz" | grep -vc /$)" -eq "$(git ls-tree -r HEAD | wc -l)" ]
}

@test "a tarball builds where there is no git" {
	clone one
	(cd "$BATS_TEST_TMPDIR/one" && tools/dist 0 >/dev/null 2>&1)
	tar xzf "$BATS_TEST_TMPDIR/one/omnigate-0.tar.gz" -C "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR/omnigate-0" || return
	mkdir bin
	printf '#!/bin/sh\nexit 1\n' | tee bin/git >bin/npm
	chmod +x bin/git bin/npm
	# Compiling takes a minute: that everything has a rule is seen without.
	PATH=$PWD/bin:$PATH make -n all >/dev/null
	PATH=$PWD/bin:$PATH run tools/dist 0
	[ "$status" -eq 1 ]
	[[ "$output" == *'this is no git tree'* ]]
}

# The programs that STATIC=1 links so, out of objects that are there already.
static() {
	local out=$BATS_FILE_TMPDIR/static
	nm "$OG_BUILD/libog.a" 2>/dev/null | grep -q __asan_ && skip "built with sanitizers"
	if [ ! -d "$out" ]; then
		mkdir "$out"
		cp -rp "$OG_BUILD/obj" "$OG_BUILD/libog.a" "$out"
		make -s O="$out" STATIC=1 "$out"/bin/og{,-submit,-worker,-shield,-ledger,-render,-skill,-policy} \
			>"$out/said" 2>&1
		cat "$out/said"
		[ ! -s "$out/said" ]
	fi
}

@test "static programs need no library, load none, and still move in memory" {
	out=$BATS_FILE_TMPDIR/static
	static
	for program in "$out"/bin/*; do
		[ -z "$(readelf -d "$program" | grep NEEDED)" ]
		[ -z "$(readelf -l "$program" | grep INTERP)" ]
		readelf -h "$program" | grep -q 'DYN (Pos'
		readelf -l "$program" | grep -q GNU_RELRO
		[ -z "$(nm "$program" | grep -E ' [TW] (getaddrinfo|getpwnam|gethostbyname|__nss_lookup)$')" ]
	done
}

@test "in an empty root they do the main job" {
	out=$BATS_FILE_TMPDIR/static root=$BATS_TEST_TMPDIR/root
	static
	enter=(unshare --user --map-root-user --mount --pid --fork --mount-proc -R "$root")
	mkdir -p "$root"/{opt/moved,proc,tmp}
	"${enter[@]}" /bin/sh 2>&1 | grep -q 'No such file' || skip "no namespaces here"
	cp -r "$out/bin" "$root/opt/moved/"
	cp -rL "$OG_BUILD/share" "$root/opt/moved/"
	inside() { OG_HOME=/tmp/.omnigate "${enter[@]}" "/opt/moved/bin/$@"; }
	inside og init --demo /tmp >/dev/null
	inside og-submit --as charlie 'buy 1 ergonomic chair' >/dev/null
	inside og-worker --drain --quiet
	[ "$(inside og-shield query --as bob --json 'SELECT stock_quantity FROM products WHERE id = 1' | jq -c .)" != '' ]
	inside og-shield query --as bob --json 'SELECT stock_quantity FROM products WHERE id = 1' | grep -q 49
	inside og-ledger verify --state
}

@test "a static program asks getent for users and hosts" {
	out=$BATS_FILE_TMPDIR/static
	static
	instance
	PATH=$out/bin:$PATH
	run "$out/bin/og-shield" --listen --peer nobody-has-this-name
	[ "$status" -eq 64 ]
	[[ "$output" == *"there is no user 'nobody-has-this-name'"* ]]
	ln -s "$OG_BUILD/libexec" "$BATS_FILE_TMPDIR/static/libexec" 2>/dev/null || true
	timeout 2 "$out/bin/og-shield" --listen --peer nobody 2>said 3>&- || true
	not grep 'no user' said
}

@test "the package has the version of the programs, and what the Makefile needs" {
	[ "$(sed -n '1s/^omnigate (\([^)]*\)).*/\1/p' debian/changelog)" = "$(og --version | cut -d' ' -f2)" ]
	make -s -pn 2>/dev/null | sed -n 's/^BUILD_DEPS := //p' | tr ' ' '\n' |
		grep -vx 'gcc\|libc6-dev' | while read -r package; do
		grep -qE "^ +$package( |,|$)" debian/control || { echo "$package"; return 1; }
	done
	[ -z "$(find debian -name '*.swp' -o -name '*~')" ]
}

@test "packages made twice, elsewhere and by others, are the same bytes" {
	[ -n "${OG_FULL:-}" ] || skip "part of the long check only: it builds all twice"
	command -v lintian >/dev/null || skip "lintian is not installed: make deb installs it"
	git rev-parse --git-dir >/dev/null 2>&1 || skip "this is no git tree"
	tools/reproducible "$(og --version | cut -d' ' -f2)" "$OG_BUILD" "$BATS_TEST_TMPDIR/packages"
}
