# A misspelt name is told the nearest one, of what whoever asks may see, and
# of nothing else. Options, columns and words of SQL have this in the suites
# of their programs.
load helper

setup() {
	instance
	export OG_AS=alice
}

# near STATUS NAME COMMAND...: it is refused, and NAME is offered.
near() {
	local want=$1 name=$2
	shift 2
	run -"$want" --separate-stderr "$@"
	[[ "$stderr" == *"did you mean '$name'?"* ]] || {
		echo "$*: $stderr"
		return 1
	}
}

# alone STATUS COMMAND...: it is refused, and nothing is offered.
alone() {
	local want=$1
	shift
	run -"$want" --separate-stderr "$@"
	[[ "$stderr" != *"did you mean"* ]] || {
		echo "$*: $stderr"
		return 1
	}
}

@test "principals: of those whose key one may read" {
	near 77 alice og-task list --as alcie
	near 77 alice og-submit --as alcie 'list products'
	near 77 bob og-shield query --as bbo 'SELECT 1'
	near 77 charlie og key charly
	near 77 alice og-ledger log --as alcie
	near 77 alice og backup --as alcie all.tar
	alone 77 og-task list --as mallory
	for program in "og-submit --as mallory x" "og-ledger log --as mallory" "og key mallory"; do
		alone 77 $program
		[[ "$stderr" == *"keys/mallory.key'"*"hint: \`ls '$OG_HOME/keys'\` shows whose keys are here" ]]
	done
	alone 77 og-submit --as Alice x
	[[ "$stderr" == *"hint: names begin with a letter, and are of a-z, 0-9, '_' and '-'" ]]
	# A key that is gone, or may not be read, is nobody's to use.
	rm "$OG_HOME/keys/alice.key"
	alone 77 og-task list --as alcie
	mkdir "$OG_HOME/keys/alice.key"
	alone 77 og-task list --as al/ice
}

@test "skills and policies: within clearance, and what is hidden is not even near" {
	near 1 procure-to-pay og-skill show procure-to-pya
	near 1 procure-to-pay og-skill test procure-to-pya
	near 1 procure-to-pay og-skill impact procure-to-pya
	near 1 procure-to-pay og-skill diff procure-to-pya
	near 1 high-value-transaction og-skill show high-value-transactoin
	near 1 ceo-memo-compliance-limit og-policy show ceo-memo-compliance-limt
	near 1 ceo-memo-compliance-limit og-skill impact ceo-memo-compliance-limt
	for as in bob charlie; do
		near 1 procure-to-pay og-skill show --as $as procure-to-pya
	done
	alone 1 og-skill show --as charlie high-value-transactoin
	alone 1 og-skill show --as charlie high-value-transaction
	alone 1 og-policy show --as charlie ceo-memo-compliance-limt
	alone 1 og-policy show --as charlie ceo-memo-compliance-limit
}

@test "what administrators name: principals, roles, tables, grants" {
	near 1 bob og-shield principal --as owner --clearance 2 set bbo
	near 1 customer og-shield principal --as owner --role custmer set bob
	near 64 list og-shield principal --as owner lsit
	seen=$(entries)
	near 1 customer og-shield grant --as owner role:custmer products select
	near 1 customer og-shield grant --as owner --forbid role:custmer products select
	near 65 products og-shield grant --as owner role:customer prodcts select
	near 65 select og-shield grant --as owner role:customer products selct
	near 1 products og-shield revoke --as owner role:customer prodcts
	[ "$(entries)" -eq "$seen" ]
	# Whoever may not grant is told nothing about what there is.
	alone 1 og-shield grant --as charlie role:custmer products select
	alone 1 og-shield principal --as charlie --clearance 2 set bbo
	echo '[{"subject":"role:customer","tbl":"products","verbs":["select"],"predicat":"1"}]' >grants.json
	near 65 predicate og-shield grant --as owner --apply grants.json
}

@test "states, kinds, scenarios, services, forms and keys" {
	echo '{"v":1,"scenario":"chair","ok":true}' >run.json
	near 64 good og-eval judge run.json chair --verdict god
	near 1 chair og-eval judge run.json chiar --verdict good
	near 66 buy-one-chair og-eval --only buy-one-chiar
	run -64 --separate-stderr og-shield grants bob
	[[ "$stderr" == *'write role:NAME or skill:NAME@HASH'* ]]
	near 64 waiting og-task list --state wating
	near 64 model og-ledger spend --by modle
	near 64 grant og-ledger log --action grnt
	near 64 internal_doc og-policy list --source internal-doc
	near 64 sessions og-serve session
	near 64 list og-task lst
	mkdir -p "$OG_HOME/run/log"
	echo x >"$OG_HOME/run/log/worker.log"
	near 1 worker og logs wroker
	alone 1 og logs zzz
	echo 'step_limt = 3' >>"$OG_HOME/og.conf"
	near 78 step_limit og-task list
}
