# Public skills, written by others for others: they come in as they are.

load helper

data=$OG_TESTS/../../shared/data/skills

setup() {
	[ -d "$data" ] || skip "no ../shared/data/skills"
	instance
}

@test "all of them import, with the keys that the format does not know" {
	before=$(og-skill list --as alice --json | wc -l)
	for origin in "$data"/*; do og-skill add --as alice "$origin" >>added; done
	[ "$(wc -l <added)" -eq "$(find "$data" -name SKILL.md | wc -l)" ]
	# Two people may have called theirs the same: the later one is a version.
	names=$(for file in "$data"/*/*/SKILL.md; do og-skill parse "$file" | jq -r .name; done | sort -u | wc -l)
	[ "$(og-skill list --as alice --json | wc -l)" -eq $((before + names)) ]
	og-skill list --as alice --json >list
	find "$data" -name SKILL.md | sort >files
	unknown=0
	while read -r file; do
		name=$(og-skill parse "$file" | jq -r .name)
		hash=$(og-skill parse "$file" | tr -d "\n" | sha256sum | cut -c1-64)
		og-skill show --as alice --source --hash "$hash" "$name" >source
		cmp source "$file"
		keys=$(awk '/^---/ { n++; next } n == 1 && /^[a-z-]+:/ { sub(/:.*/, ""); print } n > 1 { exit }' "$file" |
			grep -cvxE 'name|description|license|compatibility|metadata|allowed-tools' || true)
		[ "$(og-skill parse "$file" | jq '.extra // {} | length')" -eq "$keys" ]
		unknown=$((unknown + keys))
	done <files
	[ "$unknown" -gt 0 ]
	og-ledger verify --state
}

@test "none of them is granted anything, nor answers what ours are for" {
	for origin in "$data"/*; do og-skill add --as alice "$origin" >/dev/null; done
	# What is granted to a skill is granted to a version of it.
	og-shield grants --as alice >grants
	for name in $(find "$data" -name SKILL.md | sed 's|.*/\([^/]*\)/SKILL.md|\1|'); do
		not grep -q "\"skill:$name@" grants
	done
	[ "$(og-skill match --as alice --json 'buy 1 ergonomic chair' | jq -r .match.skill)" = procure-to-pay ]
}
