# shellcheck shell=bash
# Completion of OmniGate's programs for bash, see og(1). What may stand there
# is asked of the program itself; here is only quoting.

# Takes a line apart as the shell would, expanding nothing: its words; of the
# last one what stands before the part that readline replaces (kept), and the
# quote that is still open (quote). They are the caller's.
_omnigate_read() {
	local line=$1 word='' some='' c i
	words=() kept='' quote=''
	for ((i = 0; i < ${#line}; i++)); do
		c=${line:i:1}
		case ${quote:-0}$c in # 0: no quote is open
		"''" | '""') quote='' ;;
		"'"*) word+=$c ;;
		'"'\\)
			[[ ${line:i+1:1} == [\$\`\"\\] ]] && ((i++))
			word+=${line:i:1}
			;;
		'"'*) word+=$c ;;
		0\\) word+=${line:i+1:1} some=1 i=$((i + 1)) ;;
		0[\'\"]) quote=$c kept=$word some=1 ;;
		0[[:space:]])
			[[ $word$some ]] && words+=("$word")
			word='' some='' kept=''
			;;
		*)
			word+=$c
			[[ $COMP_WORDBREAKS == *"$c"* ]] && kept=$word
			;;
		esac
	done
	words+=("$word")
}

# Adds a candidate, quoted as the word is that it ends.
_omnigate_add() {
	local rest=${1#"$kept"} quoted
	case $quote in
	\') quoted=${rest//\'/\'\\\'\'} ;;
	\")
		[[ $rest == *'!'* ]] && return # would be history, quoted or not
		quoted=${rest//\\/\\\\} quoted=${quoted//\"/\\\"}
		quoted=${quoted//\$/\\\$} quoted=${quoted//\`/\\\`}
		;;
	*) printf -v quoted %q "$rest" ;;
	esac
	COMPREPLY+=("$quoted")
}

_omnigate() {
	local program=${1/#\~\//$HOME/} words kept quote word line i
	local -a lines
	COMPREPLY=()
	_omnigate_read "${COMP_LINE:0:COMP_POINT}"
	word=${words[${#words[@]} - 1]}
	if [[ $word == [\<\>]* || ${words[${#words[@]} - 2]} == *[\<\>] ]]; then
		compopt -o default
		return
	fi
	mapfile -t lines < <("$program" --complete "${words[@]:1}" </dev/null 2>/dev/null)
	for ((i = 1; i < ${#lines[@]}; i++)); do
		line=${lines[i]%%$'\t'*}
		[[ $line == "$word"* ]] && _omnigate_add "$line"
	done
	case ${lines[0]-} in
	files) [[ ${COMPREPLY[*]} ]] || compopt -o default ;;
	dirs) [[ ${COMPREPLY[*]} ]] || compopt -o dirnames ;;
	esac
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=:,/] ]] && compopt -o nospace
}

complete -F _omnigate @PROGRAMS@
