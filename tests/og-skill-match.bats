#!/usr/bin/env bats
# og-skill match where skills give many examples: what was learned is kept,
# is of the skills as they are, and is never needed to answer.
load helper

# A skill for each label of LABEL<tab>SENTENCE lines.
skills_of() { # DIR
	mkdir -p "$1"
	awk -F'\t' -v dir="$1" '{
		name = $1; gsub(/_/, "-", name)
		file = dir "/" name "/SKILL.md"
		if (n[name]++ == 0 && system("mkdir " dir "/" name) == 0)
			printf "---\nname: %s\ndescription: %s.\nmetadata:\n  og-roles: admin\n---\n## Examples\n", \
				name, name >file
		print "- " $2 >>file
		close(file)
	}'
}

# 1,050 sentences of three wishes about 50 things.
made_up() {
	local i
	for i in $(seq 350); do
		echo "lend	please lend me thing$((i % 50)) number$i for a while"
		echo "mend	my thing$((i % 50)) number$i is broken and must be mended"
		echo "send	could you ship thing$((i % 50)) number$i to the other office"
	done | awk -F'\t' '{ c = n[$1]++; k = int(c / 200); print $1 (k ? "-" k : "") "\t" $2 }'
}

learned() { sqlite3 "$OG_HOME/erp.db" 'SELECT count(*) FROM og_learned'; }
meant() { og-skill match --as alice --json "$1" | jq -r .match.skill; }

@test "what many examples teach is kept, and answers without counting" {
	instance
	made_up | skills_of wishes
	og-skill add --as alice wishes >/dev/null
	[ "$(learned)" -eq 0 ]
	[[ "$(meant 'my thing7 is broken and must be mended')" == mend* ]]
	# whoever asked first has it learned when it leaves
	until_true eval '[ "$(learned)" -eq 1 ]'
	run --separate-stderr og-skill match --as alice --json 'please mend my broken thing9, it must be mended'
	[ "$status" -eq 0 ]
	[[ "$(jq -r .match.skill <<<"$output")" == mend* ]]
	[[ "$(jq -r .match.matched_by <<<"$output")" == 'example: my thing'* ]]
	jq -e '.match.words | length > 0 and all(.share > 0)' <<<"$output" >/dev/null
	run og-skill match --as alice 'who won the football match yesterday evening'
	[ "$status" -eq 1 ]
	# a new skill is found at once, and what was known is known
	printf 'greet\tgood morning dear colleagues\ngreet\tsay hello to everybody here\n' | skills_of more
	og-skill add --as alice more >/dev/null
	[ "$(meant 'good morning dear colleagues')" = greet ]
	[[ "$(meant 'my thing7 is broken and must be mended')" == mend* ]]
	og-ledger verify --state >/dev/null
}

@test "what was learned and cannot be read is learned again" {
	instance
	made_up | skills_of wishes
	og-skill add --as alice wishes >/dev/null
	meant 'please lend me thing3' >/dev/null
	until_true eval '[ "$(learned)" -eq 1 ]'
	sqlite3 "$OG_HOME/erp.db" "UPDATE og_learned SET bytes = substr(bytes, 1, 5000)"
	[[ "$(meant 'please lend me thing3 for a while')" == lend* ]]
	again() { [ "$(sqlite3 "$OG_HOME/erp.db" 'SELECT length(bytes) > 5000 FROM og_learned')" = 1 ]; }
	until_true again
}

@test "real sentences, a part of them, as skills" {
	data=$OG_TESTS/../../shared/data/intent
	[ -d "$data" ] || skip "../shared/data/intent is absent"
	instance
	awk -F'\t' '!($1 in n) { if (++k > 25) exit } n[$1]++ < 50' "$data/clinc150_train.tsv" >train.tsv
	skills_of clinc <train.tsv
	og-skill add --as alice clinc >/dev/null
	awk -F'\t' 'NR == FNR { l[$1]; next } $1 in l' train.tsv "$data/clinc150_val.tsv" | tr _ - >test.tsv
	cat "$data/clinc150_oos_val.tsv" >>test.tsv
	run --separate-stderr "$OG_BUILD/bench/match" "$OG_BUILD/bin/og-shield" "$OG_HOME" alice test.tsv
	[ "$status" -eq 0 ]
	echo "$output"
	[ "$(jq '.sentences == 600 and .accuracy > 0.9 and .out_of_scope_recall > 0.6' <<<"$output")" = true ]
}

@test "what a skill was matched by is told to those who may read it" {
	instance
	printf 'lend\tgive me a ladder for a day\nlend\tI need to borrow a drill\n' | skills_of wishes
	sed -i 's/og-roles: admin/og-roles: admin\n  og-clearance: "3"/' wishes/lend/SKILL.md
	og-skill add --as alice wishes >/dev/null
	by=$(og-skill match --as alice --json 'I need to borrow a ladder' | jq -r .match.matched_by)
	[[ "$by" == 'example: I need to borrow a drill'* ]]
	run --separate-stderr og-skill match --as charlie --json 'I need to borrow a ladder'
	[ "$(jq -r .match.skill <<<"$output")" = lend ]
	[ "$(jq -r .match.matched_by <<<"$output")" = example ]
	[[ "$output" != *drill* ]]
}

@test "check: skills whose examples are confused, both named" {
	instance
	{
		printf 'lend\tgive me a ladder for a day\nlend\tI need to borrow a drill\n'
		printf 'rent\tI need to borrow a drill\nrent\tlet me pay for a van by the hour\n'
	} | skills_of wishes
	og-skill add --as alice wishes >/dev/null
	run --separate-stderr og-skill check --as alice
	[ "$status" -eq 1 ]
	[[ "$output" == *": warning: its example 'I need to borrow a drill' (line "*"'"* ]]
	[ "$(grep -cE '^(lend: .*rent|rent: .*lend)' <<<"$output")" -eq 1 ]
	sed -i 's/borrow a drill/hire a lorry with a driver/' wishes/rent/SKILL.md
	og-skill add --as alice wishes >/dev/null
	run --separate-stderr og-skill check --as alice
	[ "$(grep -c "its example" <<<"$output")" -eq 0 ]
}

# complete TEXT: the skill it is taken for with every value, or null.
complete() {
	og-skill match --as alice --json "$1" |
		jq -r '.match | select(. != null and .missing == []) | .skill'
}

# with NAME EXAMPLE...: a skill of the demo's, with examples.
with() {
	local name=$1
	shift
	mkdir "$name"
	{
		cat "$OG_TESTS/../share/skills/$name/SKILL.md"
		printf '\n## Examples\n'
		printf -- '- %s\n' "$@"
	} >"$name/SKILL.md"
	og-skill add --as alice "$name" >/dev/null
}

@test "what is meant by an example does all that was said, too, or nothing" {
	instance
	with project-booking 'I spent 3 hours on the web shop' 'put down 2 hours of mine for the web shop' \
		'my 4 hours were for the warehouse layout'
	with customer-return 'a refund for one laptop stand of order 7'
	[ "$(meant 'put down 3 hours of mine for the web shop')" = project-booking ]
	while IFS= read -r text; do
		[ -z "$(complete "$text")" ] || { echo "$text"; false; }
	done <<-END
		log 90 minutes for the warehouse layout
		book 2 days on the web shop
		put down 3 hours of mine for the web shop tomorrow
		take back 1 laptop stand from order 7 and refund 100
	END
}
