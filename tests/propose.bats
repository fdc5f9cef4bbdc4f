# A skill or a policy that its principal may not put is proposed: the task
# waits, with what would change; another principal who may approves just that.

load helper

setup() {
	instance
	mkdir stock-of
	skill 'Say how many of a product are left.'
}

skill() { # DESCRIPTION
	stock_of_skill "$1" >stock-of/SKILL.md
}

drain() {
	og-worker --drain --quiet
}

state() {
	sqlite3 "$OG_HOME/erp.db" "SELECT state FROM og_task WHERE id = '$id'"
}

reason() {
	og-task show "$id" --as "$1" --json | jq -r .reason
}

# propose PRINCIPAL [OPTION...]: until it waits.
propose() {
	run --separate-stderr og-skill propose --as "$1" "${@:2}" stock-of/SKILL.md
	[ "$status" -eq 0 ]
	id=$output
	drain
	[ "$(state)" = waiting ]
}

versions() {
	sqlite3 "$OG_HOME/erp.db" "SELECT count(*) FROM og_skill WHERE name = 'stock-of'"
}

# say PRINCIPAL WORD...
say() {
	run --separate-stderr og-task "${@:2}" --as "$1" "$id"
}

@test "a skill: proposed by who may not put it, approved by who may, put once" {
	run og-skill add --as charlie stock-of/SKILL.md
	[ "$status" -eq 1 ]
	propose charlie --why 'people ask me all day'
	[[ "$stderr" == *'skill stock-of: a new skill'* ]]
	[[ "$stderr" == *'+## Steps'* ]]
	[ "$(versions)" -eq 0 ]
	[[ "$(og-task list --as alice --state waiting)" == *"right 'skill': charlie proposes the skill 'stock-of': people ask me all day"* ]]
	[ "$(og-task status "$id" --as charlie --json | jq -r '.waits.arguments.doc.name, .waits.right' | paste -sd' ')" = 'stock-of skill' ]
	say alice approve
	[ "$status" -eq 0 ]
	[[ "$stderr" == *'skill stock-of: a new skill'* ]]
	[ "$(versions)" -eq 0 ]
	drain
	[ "$(state)" = 'done' ]
	[ "$(versions)" -eq 1 ]
	[[ "$(og-task show "$id" --as charlie)" == *"The skill 'stock-of' is in force"*'alice approved it'* ]]
	# both of them are in the entry, and the approval is used up
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT principal || ' ' || json_extract(body, '\$.approval.by')
		FROM audit_ledger WHERE action = 'skill' AND task = '$id'")" = 'charlie alice' ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT state FROM og_consent WHERE task = '$id'")" = used ]
	og-ledger verify --state >/dev/null
	# a change of it is told as one
	skill 'Say what is left of a product.'
	propose bob
	say alice approve
	[[ "$stderr" == *'a new version'* ]]
	[[ "$stderr" == *'-description: Say how many of a product are left.'* ]]
	drain
	[ "$(state)" = 'done' ]
	[ "$(versions)" -eq 2 ]
	og-ledger verify --state >/dev/null
}

@test "who may not put it, approves it not; nor does its proposer, nor anybody something else" {
	propose charlie
	digest=$(og-task status "$id" --as charlie --json | jq -r .waits.digest)
	for who in bob charlie; do
		say "$who" approve
		drain
		[ "$(state)" = waiting ]
	done
	say alice approve --digest "${digest//[0-9]/a}"
	[ "$status" -eq 1 ]
	[ "$(versions)" -eq 0 ]
	say alice reject --note 'not now'
	[ "$status" -eq 0 ]
	drain
	[ "$(state)" = denied ]
	[[ "$(reason charlie)" == *'alice rejected it: not now'* ]]
	[ "$(versions)" -eq 0 ]
	# an admin's own proposal takes another one
	propose alice
	say alice approve
	[ "$status" -eq 1 ]
	[[ "$stderr" == *'nobody approves a task of their own'* ]]
	run --separate-stderr og-task cancel --as alice "$id"
	drain
	[ "$(state)" = cancelled ]
	[ "$(versions)" -eq 0 ]
}

@test "an approver who may not put skills any more when it counts: nothing is put" {
	propose charlie
	say alice approve
	[ "$status" -eq 0 ]
	og-worker --once --quiet
	sqlite3 "$OG_HOME/erp.db" "UPDATE og_role SET rights = replace(rights, '\"skill\"', '\"tasks\"') WHERE name = 'admin'"
	drain
	[ "$(state)" = denied ] || [ "$(state)" = waiting ]
	[ "$(versions)" -eq 0 ]
	[[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT group_concat(body) FROM audit_ledger WHERE action = 'refuse'")" == \
		*'its signer may no longer approve'* ]]
}

@test "what is no skill is refused at once; what is not what it says, when it is read" {
	printf -- '---\nname: broken\n---\n## Steps\n' >SKILL.md
	run --separate-stderr og-skill propose --as charlie SKILL.md
	[ "$status" -eq 65 ]
	[ -z "$output" ]
	run --separate-stderr og-skill propose --as charlie none
	[ "$status" -eq 66 ]
	[ "$(sqlite3 "$OG_HOME/queue.db" 'SELECT count(*) FROM task')" -eq 0 ]
}

@test "a policy: proposed, shown as what it changes, approved and in force" {
	printf -- '---\nname: small-orders\nnode: procure-to-pay\nlimits: small=50\n---\nSmall orders need no look.\n' >small.md
	run --separate-stderr og-policy propose --as charlie --why 'it is so already' small.md
	[ "$status" -eq 0 ]
	id=$output
	[[ "$stderr" == *'policy small-orders: a new policy'* ]]
	drain
	[ "$(state)" = waiting ]
	[ "$(og-task status "$id" --as charlie --json | jq -r .waits.right)" = policy ]
	say alice approve
	[[ "$stderr" == *'+ limits: {"small":50}'*'+Small orders need no look.'* ]]
	drain
	[ "$(state)" = 'done' ]
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT principal || ' ' || json_extract(body, '\$.approval.by')
		FROM audit_ledger WHERE action = 'policy' AND task = '$id'")" = 'charlie alice' ]
	og-policy show --as alice small-orders >/dev/null
	sed -i 's/small=50/small=60/; s/no look/one look/' small.md
	id=$(og-policy propose --as bob small.md 2>/dev/null)
	drain
	say alice approve
	[[ "$stderr" == *'a new version'*'- limits: {"small":50}'*'+ limits: {"small":60}'*'-Small orders need no look.'*'+Small orders need one look.'* ]]
	drain
	[ "$(state)" = 'done' ]
	og-ledger verify --state >/dev/null
}

@test "killed anywhere between the approval and the end: put once" {
	[ -e "$OG_BUILD/tests/killat.so" ] || skip "no preload library in this build"
	! objdump -p "$OG_BUILD/bin/og-shield" | grep -q asan || skip "not with sanitizers"
	propose charlie
	say alice approve
	outcome() { echo "$(state) $(versions)"; }
	for program in og-shield og-worker; do
		killed_anywhere "$program" 'done 1' outcome
	done
}
