# Stores elsewhere that are hostile, late or somebody else's: nobody is shown
# more, nothing is lost, and what is there is brought to what the ledger says.
# The Neo4j and the Qdrant are fakes.

load helper
load channel-helper
load stores-helper

setup() {
	instance
	unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
}

teardown() {
	for file in *pid; do
		kill "$(cat "$file")" 2>/dev/null || true
	done
}

# A Neo4j that behaves as the file says, made ready.
graph() {
	: >behave
	start_server neo4j-fake --log log --behave behave --seconds 900
	mv pid graph.pid
	at=http://127.0.0.1:$(cat port)/neo4j
	conf graph "neo4j+$at"
	og doctor --fix >/dev/null || true
	agrees
}

add() { # CLEARANCE: the skill of stores-helper
	greeting "$1"
	og-skill add --as alice greeting.md >/dev/null 2>stderr
}

check() { # the line of og doctor
	og doctor "$@" --json | jq -r 'select(.check == "graph") | "\(.state) \(.what)"'
}

due() {
	erp 'SELECT count(*) FROM og_remote'
}

agrees() {
	local said
	said=$(og-skill diff --store --as alice) || true
	echo "$said"
	[ "$said" = "all $(erp 'SELECT count(*) FROM og_skill WHERE active = 1') agree with $at" ]
}

@test "a put that was given up and arrives later changes nothing" {
	graph
	add 1
	echo hold >behave
	add 2
	[ "$(due)" -eq 1 ]
	: >behave
	add 3
	[ "$(due)" -eq 0 ]
	agrees
	echo deliver >behave
	og-skill diff --store --as alice >/dev/null || true
	: >behave
	agrees
}

@test "another instance's database is refused, and left as it is" {
	graph
	og init --demo other >/dev/null
	first=$OG_HOME
	export OG_HOME=$PWD/other/.omnigate
	conf graph "neo4j+$at"
	honest=$(OG_GRAPH=sqlite: og-skill list --as charlie --json)
	for flag in '' --fix; do
		# shellcheck disable=SC2086
		said=$(check $flag) || true
		echo "$said"
		[[ "$said" == "bad "*"the database is another instance's"* ]]
	done
	add 1
	grep -q "has not taken it: .*another instance's" stderr
	run -0 --separate-stderr og-skill list --as charlie --json
	[ "$(jq -S 'select(.name != "greeting")' <<<"$output")" = "$(jq -S . <<<"$honest")" ]
	OG_HOME=$first
	agrees
}

@test "a ledger that was put back is refused until og doctor --fix takes the store for it" {
	graph
	cp -r "$OG_HOME" before
	add 1
	add 2
	rm -r "$OG_HOME"
	mv before "$OG_HOME"
	add 3
	grep -q 'it was told of entry [0-9]* of the ledger, and this ledger is at [0-9]*' stderr
	[ "$(due)" -eq 1 ]
	[[ "$(check --fix)" == fixed* ]]
	[ "$(due)" -eq 0 ]
	agrees
	og-ledger verify --state
}

@test "og doctor --fix twice at once" {
	graph
	for _ in 1 2; do
		echo drop >behave
		add 1
		add 2
		: >behave
		[ "$(due)" -eq 1 ]
		og doctor --fix >one 2>&1 3>&- &
		one=$!
		og doctor --fix >two 2>&1 3>&- &
		wait "$one" || true
		wait "$!" || true
		[ "$(due)" -eq 0 ]
		agrees
		[ "$(entries)" -gt 0 ]
	done
	og-ledger verify --state
}

@test "the shield killed everywhere while a skill is put, and a store that did not answer" {
	graph
	keep_pristine
	n=2
	while again; do
		check --fix >/dev/null
		# Every second time what it is told comes late.
		if [ $((n % 2)) -eq 0 ]; then echo hold >behave; else : >behave; fi
		killed_at $n add 2 || break
		echo deliver >behave
		og-ledger verify --state >/dev/null
		check --fix >said
		: >behave
		check --fix >said
		[ "$(due)" -eq 0 ]
		# What was told of a put that never was is not ours any more.
		if [ "$(erp "SELECT count(*) FROM og_skill WHERE name = 'greeting'")" -eq 1 ]; then
			agrees
		fi
		n=$((n + ${OG_FULL:+-8} + 9))
	done
	[ "$n" -gt 9 ]
}

# hostile HOW: a server that answers everything so, at $at.
hostile() {
	[ ! -s hostile.pid ] || kill "$(cat hostile.pid)" 2>/dev/null || true
	cat >answer <<-END
		#!/bin/bash
		read -r line
		echo "\$line" >>$PWD/asked
		head() { printf 'HTTP/1.1 %s\r\nContent-Type: application/json\r\n%b\r\n' "\$1" "\${2:-}"; }
		case $1 in
		redirect) head '302 Found' 'Location: http://127.0.0.1:$(cat honey)/\r\nContent-Length: 0\r\n' ;;
		huge) head '200 OK'; printf '{"result":"'; timeout 20 yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | tr -d '\n' ;;
		drip) head '200 OK'; for _ in {1..100}; do printf ' '; sleep 0.1; done ;;
		half) head '200 OK' 'Content-Length: 1000\r\n'; printf '{"result":{"points":[' ;;
		esac
	END
	chmod +x answer
	listens_or_gone() {
		not kill -0 "$(cat hostile.pid)" || grep -q ":$(printf %04X "$port") .* 0A " /proc/net/tcp
	}
	for port in $(shuf -i 20000-60000 -n 5); do
		socat "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork" EXEC:./answer 2>/dev/null 3>&- &
		echo $! >hostile.pid
		until_true listens_or_gone
		! kill -0 "$(cat hostile.pid)" 2>/dev/null || break
	done
	at=http://127.0.0.1:$port
}

@test "redirects, answers without end, drips and halves: the local copy answers" {
	command -v socat >/dev/null || skip "socat is not installed"
	: >script
	start_server model --script script --log model.log --dimension 16 --seconds 900
	mv pid model.pid
	conf embed "openai:http://127.0.0.1:$(cat port)/v1#embedding-1"
	og-policy embed --as alice >/dev/null
	start_server neo4j-fake --log honey.log --seconds 900
	mv pid honey.pid
	mv port honey
	skills=$(og-skill list --as charlie --json)
	rules=$(og-policy search --as bob --json 'price of a chair')
	for how in redirect huge drip half; do
		hostile "$how"
		echo "$how"
		OG_GRAPH=neo4j+$at/neo4j run -0 --separate-stderr og-skill list --as charlie --json
		[ "$output" = "$skills" ]
		[[ "$stderr" == *'the local copy answers, not the store elsewhere: '* ]]
		OG_VECTORS=qdrant+$at/rules run -0 --separate-stderr og-policy search --as bob --json 'price of a chair'
		[ "$output" = "$rules" ]
		[[ "$stderr" == *'the local copy answers, not the store elsewhere: '* ]]
	done
	# Nobody was led elsewhere.
	[ -s asked ]
	[ ! -e honey.log ]
}
