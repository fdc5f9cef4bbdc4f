#!/bin/bash
# What og-skill match is worth when CLINC150's intents are skills with
# examples, and BANKING77's, a fifth of which is held back, as
# JSON: by counting where the first sentence came right after a put, trained
# from the second on. null without the data.
set -eu
data=$(realpath "$(dirname "$0")/../../../shared/data/intent" 2>/dev/null) || data=
if [ ! -d "$data" ]; then
	echo "no ../shared/data/intent: match is null" >&2
	echo null
	exit
fi
OG_BUILD=$(realpath "${OG_BUILD:-build}")
PATH=$OG_BUILD/bin:$PATH
unset OG_AS OG_HOME
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# A SKILL.md for each label of standard input, at most 256 sentences of each.
skills() { # DIR
	mkdir -p "$1"
	awk -F'\t' -v dir="$1" '{
		name = tolower($1); gsub(/[^a-z0-9]+/, "-", name); sub(/-$/, "", name)
		text = $2; gsub(/[*_`\[\]<>\\#]/, " ", text)
		if (text ~ /^ *$/ || n[name]++ >= 256) next
		file = dir "/" name "/SKILL.md"
		if (n[name] == 1 && system("mkdir " dir "/" name) == 0)
			printf "---\nname: %s\ndescription: %s.\nmetadata:\n  og-roles: admin\n---\n## Examples\n", \
				name, name >file
		print "- " text >>file
		close(file)
	}'
}

# The same names in what is asked.
labels() {
	awk -F'\t' -v OFS='\t' '{
		if ($1 != "oos") { $1 = tolower($1); gsub(/[^a-z0-9]+/, "-", $1); sub(/-$/, "", $1) }
		print
	}'
}

make_home() { # NAME: an instance of the skills in NAME.d
	og init --demo "$work/$1" >/dev/null
	OG_HOME=$work/$1/.omnigate og-skill add --as alice "$work/$1.d" >/dev/null
}

measure() { # NAME TEST
	"$OG_BUILD/bench/match" "$OG_BUILD/bin/og-shield" "$work/$1/.omnigate" alice "$2"
}

skills clinc.d <"$data/clinc150_train.tsv"
make_home clinc
{ head -2 "$data/clinc150_val.tsv"; cat "$data/clinc150_val.tsv" "$data/clinc150_oos_val.tsv"; } | labels >clinc.tsv
clinc=$(measure clinc clinc.tsv)
again=$(measure clinc clinc.tsv)
awk 'NR % 5 != 0' "$data/banking77_train.tsv" | skills banking.d
make_home banking
awk 'NR % 5 == 0' "$data/banking77_train.tsv" | labels >banking.tsv
banking=$(measure banking banking.tsv)
jq -nc --argjson clinc "$clinc" --argjson again "$again" --argjson banking "$banking" \
	'{clinc150: $clinc, clinc150_again: $again, banking77: $banking}'
