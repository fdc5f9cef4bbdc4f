# What the suites about reasoning with a model share: an instance whose
# og.conf names the model of tests/servers/model.c, which says what a script
# tells it to. Sourced with `load model-helper`, after helper.

KEY=geheim-4711

setup() {
	instance
	cd "$BATS_TEST_TMPDIR" || return
	unset GEMINI_API_KEY OG_LLM_KEY OPENAI_API_KEY
	unset http_proxy all_proxy HTTP_PROXY ALL_PROXY
	fake=
}

teardown() {
	[ -z "${worker:-}" ] || kill -9 "$worker" 2>/dev/null || true
	[ -z "$fake" ] || kill "$fake" 2>/dev/null || true
}

# use DIALECT [OPTION...]: a model of this dialect that has said nothing yet.
use() {
	[ -z "$fake" ] || kill "$fake" 2>/dev/null || true
	rm -f script log
	touch script log
	start_server model --script script --log log --key "$KEY" --seconds 900 "${@:2}"
	fake=$(cat pid)
	echo "$KEY" >"$OG_HOME/model.key"
	chmod 600 "$OG_HOME/model.key"
	case $1 in
	gemini) OG_MODEL=gemini:http://127.0.0.1:$(cat port)/v1beta#gemini-x ;;
	openai) OG_MODEL=openai:http://127.0.0.1:$(cat port)/v1#gpt-x ;;
	esac
	export OG_MODEL OG_MODEL_KEY=model.key OG_MODEL_PRICE='1 2'
}

# says LINE...: what it says next.
says() {
	printf '%s\n' "$@" >>script
}

# call TOOL ARGUMENTS [MEMBERS]: a line in which it calls a tool.
call() {
	quick_jq -cn --arg name "$1" --argjson args "$2" --argjson more "${3:-{\}}" \
		'{calls: [{name: $name, args: $args}]} + $more'
}

# finish ANSWER [MEMBERS OF ITS ARGUMENTS]
finish() {
	call finish "$(quick_jq -cn --arg a "$1" --argjson more "${2:-{\}}" '{answer: $a} + $more')"
}

# try PRINCIPAL SENTENCE: to its end; its result in the file result.
try() {
	id=$(og-submit --as "$1" "$2")
	who=$1
	og-worker --drain --quiet
	show
}

show() {
	ended=0
	og-task show "$id" --as "$who" --json >result || ended=$?
}

is() { # MEMBER VALUE
	[ "$(quick_jq -r ".$1" result)" = "$2" ] || {
		echo "$1 is $(quick_jq -c ".$1" result), not $2"
		quick_jq . result
		return 1
	}
}

has() { # MEMBER TEXT
	[[ "$(quick_jq -r ".$1" result)" == *"$2"* ]] || {
		echo "$1 is $(quick_jq -c ".$1" result), without $2"
		quick_jq . result
		return 1
	}
}

sql() {
	sqlite3 "$OG_HOME/erp.db" "$1"
}

# What has become of the task so far.
state() {
	sql "SELECT state FROM og_task WHERE id = '$id'"
}

stock() {
	sql "SELECT stock_quantity FROM products WHERE id = $1"
}

# asked: how many requests it got.
asked() {
	wc -l <log
}

# It found nothing wrong with any of them.
content() {
	quick_jq -e 'select(.problem) | .problem' log && return 1
	return 0
}
