#!/bin/bash
# What the classifier is worth on sentences nobody here wrote, as JSON:
# CLINC150's validation part, and BANKING77's training part in five turns,
# each learned without and measured with a fifth. null without the data.
set -eu
data=$(dirname "$0")/../../../shared/data/intent
if [ ! -d "$data" ]; then
	echo "no ../shared/data/intent: classify is null" >&2
	echo null
	exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
skill=${OG_BUILD:-build}/bin/og-skill
cat "$data/clinc150_val.tsv" "$data/clinc150_oos_val.tsv" >"$work/test"
clinc=$("$skill" classify --examples "$data/clinc150_train.tsv" \
	--none "$data/clinc150_oos_train.tsv" --test "$work/test")
cat "$data/clinc150_oos_train.tsv" >>"$work/test"
alone=$("$skill" classify --examples "$data/clinc150_train.tsv" --test "$work/test")
for turn in 0 1 2 3 4; do
	awk -v k=$turn 'NR % 5 != k' "$data/banking77_train.tsv" >"$work/train"
	awk -v k=$turn 'NR % 5 == k' "$data/banking77_train.tsv" >"$work/test"
	"$skill" classify --examples "$work/train" --test "$work/test"
done >"$work/banking"
jq -s -c --argjson clinc "$clinc" --argjson alone "$alone" '
	def mean(f): map(f) | add / length * 1000 | round / 1000;
	{clinc150: ($clinc | del(.v)), clinc150_without_none: ($alone | del(.v)),
	 banking77: {accuracy: mean(.accuracy), accuracy_unrefused: mean(.accuracy_unrefused),
		train_s: mean(.train_s), us_per_sentence: mean(.us_per_sentence)}}' "$work/banking"
