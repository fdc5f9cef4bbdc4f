# What a store of skills has to do, whichever it is: run by graph-sqlite.bats
# and stores-graph.bats, which say what the store is and what it holds (held:
# NAME HASH, and NAME TYPE TARGET, of all that is active, sorted).

# a_skill NAME CLEARANCE [FRONT MATTER...]: adds it, in the file NAME.md.
a_skill() {
	local more
	printf -v more ', %s' "${@:3}"
	[ $# -gt 2 ] || more=
	cat >"$1.md" <<-END
		---
		name: $1
		description: ${description:-What $1 is for.}
		metadata: {og-kind: workflow, og-clearance: "$2", og-roles: "customer employee admin"$more}
		---
		## When
		- please do ${1//-/ }
		## Steps
		### look
		\`\`\`sql read
		SELECT 1 AS one
		\`\`\`
	END
	og-skill add --as alice "$1.md"
}

expected() {
	sqlite3 -separator ' ' "$OG_HOME/erp.db" "SELECT name, hash FROM og_skill WHERE active = 1
		UNION ALL SELECT source || ' ' || type, target FROM og_edge" | sort
}

agree() {
	diff <(expected) <(held)
}

listed() { # PRINCIPAL NAME: what the list has of it
	og-skill list --as "$1" --json 2>stderr | jq -c --arg name "$2" 'select(.name == $name)'
	[ ! -s stderr ]
}

what_is_put_is_listed() {
	a_skill count-boxes 1 'og-next: "pack-boxes"' 'og-touches: "orders"'
	listed charlie count-boxes | quick_jq -e '.clearance == 1 and .kind == "workflow" and
		.edges == [{type: "NEXT", target: "pack-boxes"}, {type: "TOUCHES", target: "orders"}]'
	agree
}

nothing_above_the_clearance() {
	a_skill open-vault 3
	a_skill count-boxes 1 'og-next: "open-vault pack-boxes"'
	[ -n "$(listed alice open-vault)" ]
	[ -z "$(listed charlie open-vault)" ]
	listed charlie count-boxes | quick_jq -e '[.edges[].target] == ["pack-boxes"]'
	listed alice count-boxes | quick_jq -e '[.edges[].target] == ["open-vault", "pack-boxes"]'
	og-skill graph --as charlie >graph
	not grep vault graph
	agree
}

a_new_version_takes_the_place() {
	a_skill count-boxes 1 'og-next: "pack-boxes"'
	first=$(listed charlie count-boxes | quick_jq -r .hash)
	cp count-boxes.md first.md
	description='Something else.' a_skill count-boxes 1 'og-next: "seal-boxes"'
	listed charlie count-boxes | quick_jq -e --arg first "$first" '.hash != $first and .description ==
		"Something else." and [.edges[].target] == ["seal-boxes"]'
	agree
	og-skill add --as alice first.md
	[ "$(listed charlie count-boxes | quick_jq -r .hash)" = "$first" ]
	agree
}

circles_are_refused() {
	a_skill count-boxes 1 'og-depends-on: "pack-boxes"'
	before=$(held)
	run -65 a_skill pack-boxes 1 'og-depends-on: "count-boxes"'
	[[ "$output" == *circle* ]]
	[ -z "$(listed alice pack-boxes)" ]
	[ "$(held)" = "$before" ]
}

sentences_find_what_was_put() {
	not og-skill match --as charlie 'please do count boxes'
	a_skill count-boxes 1
	og-skill match --as charlie 'please do count boxes' | grep count-boxes
}

texts_are_only_texts() {
	description="\"quote ' \\\" \` \\\\ }) DETACH DELETE n // \$name {x} ä世😀\"" a_skill count-boxes 1 'og-touches: "orders"'
	listed charlie count-boxes | quick_jq -e '.description == "quote '"'"' \" ` \\ }) DETACH DELETE n // $name {x} ä世😀"'
	agree
}

many_skills() {
	for i in $(seq 100); do
		mkdir -p "many/box-$i"
		printf -- '---\nname: box-%s\ndescription: Box.\nmetadata: {og-kind: regulation, og-governs: "box-%s"}\n---\n' \
			"$i" $((i % 100 + 1)) >"many/box-$i/SKILL.md"
	done
	og-skill add --as alice many >added
	[ "$(og-skill list --as alice --json | quick_jq -r .name | grep -c '^box-')" -eq 100 ]
	agree
}
