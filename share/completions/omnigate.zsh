#compdef @PROGRAMS@
# Completion of OmniGate's programs for zsh, see og(1). What may stand there
# is asked of the program itself; zsh quotes.

local program=${${(Q)words[1]}/#\~\//$HOME/} kind line value about item ret=1
local -a before lines items open

(( CURRENT > 2 )) && before=("${(@Q)words[2,CURRENT-1]}")
lines=("${(@f)$("$program" --complete "$before[@]" "${(Q)PREFIX}" </dev/null 2>/dev/null)}")
kind=$lines[1]
for line in "${(@)lines[2,-1]}"; do
	value=${line%%$'\t'*}
	about=${line#"$value"}
	item=${${value//\\/\\\\}//:/\\:}${about:+:${about#$'\t'}}
	if [[ $value == *= ]]; then open+=("$item"); else items+=("$item"); fi
done
(( $#items )) && _describe -t values 'what may stand here' items && ret=0
(( $#open )) && _describe -t values 'what may stand here' open -S '' && ret=0
if [[ $kind == (files|dirs) ]]; then
	[[ $PREFIX == --*=* ]] && compset -P '*='
	if [[ $kind == dirs ]]; then _files -/ && ret=0; else _files && ret=0; fi
fi
return ret
