# Stores elsewhere behind TLS: graph_ca and vectors_ca say whom to believe. A
# server that cannot prove its name is told nothing, and the local copy
# answers. The servers are fakes, behind a door that speaks TLS.

load helper
load channel-helper
load stores-helper

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	command -v openssl socat >/dev/null || { echo "openssl or socat is not installed" >lack; return; }
	for ca in ca other; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
			-subj "/CN=$ca" -keyout "$ca.key" -out "$ca.pem" 2>/dev/null
	done
	mkdir issued
	touch issued/index
	cat >ca.conf <<-END
		[ca]
		default_ca = here
		[here]
		new_certs_dir = issued
		database = issued/index
		default_md = sha256
		rand_serial = yes
		unique_subject = no
		policy = any
		x509_extensions = names
		[any]
		commonName = supplied
		[names]
		subjectAltName = DNS:localhost
	END
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost \
		-keyout server.key -out server.csr 2>/dev/null
	issue good 20200101000000Z "$(date -u -d tomorrow +%Y%m%d%H%M%SZ)"
	issue expired 20200101000000Z 20200201000000Z
}

issue() { # NAME FROM UNTIL
	openssl ca -batch -notext -config ca.conf -cert ca.pem -keyfile ca.key -in server.csr \
		-startdate "$2" -enddate "$3" -out "$1.pem" 2>>openssl.log
	cat "$1.pem" server.key >"$1.both"
}

setup() {
	made=$BATS_FILE_TMPDIR
	[ ! -s "$made/lack" ] || skip "$(cat "$made/lack")"
	instance
	unset http_proxy https_proxy all_proxy no_proxy HTTPS_PROXY ALL_PROXY NO_PROXY
	cp "$made/ca.pem" "$made/other.pem" "$OG_HOME"
}

teardown() {
	for file in *pid; do
		kill "$(cat "$file")" 2>/dev/null || true
	done
}

listens_or_gone() {
	not kill -0 "$(cat door.pid)" || grep -q ":$(printf %04X "$door") .* 0A " /proc/net/tcp
}

# door CERTIFICATE: TLS before the server whose port is in the file port; its
# own is in $door. Whoever had one before has none any more.
door() {
	[ ! -s door.pid ] || kill "$(cat door.pid)" 2>/dev/null || true
	for door in $(shuf -i 20000-60000 -n 5); do
		socat "OPENSSL-LISTEN:$door,bind=127.0.0.1,reuseaddr,fork,verify=0,cert=$made/$1.both" \
			"TCP:127.0.0.1:$(cat port)" 2>>door.log 3>&- &
		echo $! >door.pid
		until_true listens_or_gone
		! kill -0 "$(cat door.pid)" 2>/dev/null || return 0
	done
	return 1
}

check() { # STORE: the line of og doctor
	og doctor "${@:2}" --json | jq -r --arg store "$1" 'select(.check == $store) | "\(.state) \(.what)"'
}

# refused STORE WHY: that is what is said of it, and the local copy answers.
refused() {
	local said
	said=$(check "$1" --fix) || true
	echo "$said"
	[[ "$said" == bad*"$2"* ]]
	not grep -q sesame <<<"$said"
	[ ! -s log ]
}

@test "a graph behind TLS is believed by the certificates of graph_ca" {
	(umask 077 && echo neo4j:sesame >"$OG_HOME/graph.key")
	conf graph_key graph.key
	start_server neo4j-fake --log log --login neo4j:sesame --seconds 900
	list() {
		run -0 --separate-stderr og-skill list --as charlie --json
		[ "$(jq -r .name <<<"$output" | sort | paste -sd' ')" = "$honest" ]
	}
	honest=$(og-skill list --as charlie --json | jq -r .name | sort | paste -sd' ')
	door good
	conf graph "neo4j+https://localhost:$door/neo4j"
	# Nobody said whom to believe, another was named, another name is called.
	refused graph "the server's certificate is not of an authority that is trusted here"
	list
	[[ "$stderr" == *'the local copy answers, not the store elsewhere: '*certificate* ]]
	conf graph_ca other.pem
	refused graph "the server's certificate is not of an authority that is trusted here"
	conf graph_ca ca.pem
	conf graph "neo4j+https://127.0.0.1:$door/neo4j"
	refused graph "the server's certificate is for another name"
	list
	[[ "$stderr" == *'the local copy answers'*'another name'* ]]
	door expired
	conf graph "neo4j+https://localhost:$door/neo4j"
	refused graph "the server's certificate has expired"
	list
	[[ "$stderr" == *'the local copy answers'*expired* ]]
	door good
	conf graph "neo4j+https://localhost:$door/neo4j"
	[[ "$(check graph --fix)" == 'fixed neo4j at https://localhost:'* ]]
	list
	[ -z "$stderr" ]
}

@test "vectors behind TLS are believed by the certificates of vectors_ca" {
	: >script
	start_server model --script script --log model.log --dimension 16 --seconds 900
	mv pid model.pid
	conf embed "openai:http://127.0.0.1:$(cat port)/v1#embedding-1"
	og-policy embed --as alice >embedded
	(umask 077 && echo sesame >"$OG_HOME/vectors.key")
	conf vectors_key vectors.key
	start_server qdrant --log log --key sesame --seconds 900
	search() {
		run -0 --separate-stderr og-policy search --as bob --json 'price of a chair'
		[ -n "$output" ]
	}
	door good
	conf vectors "qdrant+https://localhost:$door/rules"
	refused vectors "the server's certificate is not of an authority that is trusted here"
	search
	[[ "$stderr" == *'the local copy answers, not the store elsewhere: '*certificate* ]]
	conf vectors_ca other.pem
	refused vectors "the server's certificate is not of an authority that is trusted here"
	conf vectors_ca ca.pem
	conf vectors "qdrant+https://127.0.0.1:$door/rules"
	refused vectors "the server's certificate is for another name"
	door expired
	conf vectors "qdrant+https://localhost:$door/rules"
	refused vectors "the server's certificate has expired"
	search
	[[ "$stderr" == *'the local copy answers'*expired* ]]
	door good
	conf vectors "qdrant+https://localhost:$door/rules"
	[[ "$(check vectors --fix)" == 'fixed qdrant at https://localhost:'* ]]
	search
	[ -z "$stderr" ]
}
