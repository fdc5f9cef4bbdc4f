# Completion of OmniGate's programs for fish, see og(1). What may stand there
# is asked of the program itself; fish quotes.

# The word under the cursor without its quotes, the last of which may be open.
function __omnigate_word
    set -l word (commandline -ct | string collect)
    for quote in '' \' '"'
        string unescape -- $word$quote 2>/dev/null; and return
    end
    echo
end

function __omnigate
    set -l words (commandline -opc)
    set -l word (__omnigate_word | string collect)
    set -l program (string replace -r '^~/' $HOME/ -- $words[1])
    set -l lines ($program --complete $words[2..-1] "$word" </dev/null 2>/dev/null)
    test (count $lines) -gt 1; and string join \n -- $lines[2..-1]
    set -l before (string match -r -- '^--[^=]*=' $word)
    set -l rest (string replace -r -- '^--[^=]*=' '' $word)
    switch "$lines[1]"
        case files
            printf "$before%s\n" (__fish_complete_path "$rest")
        case dirs
            printf "$before%s\n" (__fish_complete_directories "$rest")
    end
end

for program in @PROGRAMS@
    complete -c $program -e
    complete -c $program -f -a '(__omnigate)'
end
