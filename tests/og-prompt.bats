# og-prompt on a terminal, which tmux is: what stands on the screen is what a
# person sees, after whatever a terminal does with the bytes.

load helper

setup() {
	instance
	screens=0
}

teardown() {
	[ "$screens" -eq 0 ] || tmux -S "$screen" kill-server 2>/dev/null || true
}

# begin COMMAND [COLUMNS]: on a terminal of its own, until it ends. Its socket is
# a new one: a server that was told to end is there for a moment more.
begin() {
	[ "$screens" -eq 0 ] || tmux -S "$screen" kill-server
	screens=$((screens + 1))
	screen=$BATS_TEST_TMPDIR/s$screens
	tmux -S "$screen" -f /dev/null new-session -d -x "${2:-80}" -y 40 \
		"$1; echo ended \$?; sleep 60" 3>&- 4>&-
}

text() { # every line from the beginning
	tmux -S "$screen" capture-pane -p -S -200
}

on_screen() {
	text | grep -F -- "$1"
}

# sees TEXT: it comes to stand on the screen.
sees() {
	until_true on_screen "$1" || {
		text
		return 1
	}
}

of_pane() { # WHAT
	tmux -S "$screen" display-message -p "#{$1}"
}

# It took the line and has no prompt yet. A ^C that comes before the terminal
# gave it what was typed takes that away.
is_busy() {
	[ "$(of_pane cursor_x)" -eq 0 ]
}

# A prompt stands before the cursor, and nothing behind it: the terminal is the
# editor's. While a statement runs it is not, and ^D would be lost.
at_prompt() {
	local y
	y=$(of_pane cursor_y)
	[[ "$(tmux -S "$screen" capture-pane -p -S "$y" -E "$y")" =~ ^[a-z]+\>\ *$ ]]
}

leave() {
	until_true at_prompt || {
		text
		return 1
	}
	press C-d
	sees "ended 0"
}

press() {
	tmux -S "$screen" send-keys "$@"
}

write() { # characters; tmux takes a semicolon at the end for its own
	case $1 in
	*\;) press -l -- "${1%;}\\;" ;;
	*) press -l -- "$1" ;;
	esac
}

enter() {
	write "$1"
	press Enter
}

# The process of that name that this prompt started.
shield() {
	pgrep -f -- "og-shield --channel.*$OG_HOME" | head -n 1
}

@test "og-shield on a terminal is a prompt: statements of many lines, refusals shown where" {
	begin "og-shield --as charlie"
	sees "charlie>"
	enter "SELECT id, name FROM"
	sees "    ...>"
	enter "products WHERE id = 1; SELECT 40 + 2 AS answer;"
	sees "Ergonomic Chair"
	sees "answer"
	sees "42"
	enter "SELECT id, nmae FROM products;"
	sees "             ^"
	sees "error: no such column: nmae"
	sees "hint: did you mean 'name'?"
	enter "UPDATE products SET price = 0;"
	sees "error: role:customer may not update in table 'products'"
	[ "$(sqlite3 "$OG_HOME/erp.db" "SELECT action || principal FROM audit_ledger ORDER BY seq DESC LIMIT 1")" = refusecharlie ]
	leave
}

@test "a change has its entry; dots show schema, explain, and other forms of rows" {
	begin "og-shield shell --as alice"
	sees "alice>"
	before=$(entries)
	enter "UPDATE products SET stock_quantity = 1 WHERE id = 1;"
	sees "1 row changed, entry $((before + 1))"
	enter ".explain UPDATE products SET price = 1"
	sees "7 would be written; none was"
	enter ".schema produts"
	sees "did you mean 'products'?"
	enter ".mode json"
	enter "SELECT id, NULL AS n FROM products WHERE id = 2;"
	sees '{"id":2,"n":null}'
	enter ".tabels"
	sees "did you mean .tables?"
	enter ".quit"
	sees "ended 0"
}

@test "completion offers what can be seen, and nothing else" {
	begin "og-shield --as charlie"
	sees "charlie>"
	write "SELECT stock_q"
	press Tab
	sees "SELECT stock_quantity"
	write "FROM invoi"
	press Tab
	sees "FROM invoices"
	press C-c
	write ".ta"
	press Tab
	sees ".tables"
	press Enter
	sees "products"
	not grep -q salaries <<<"$(text)"
	write "SELECT 1 FROM salar"
	press Tab
	enter "x;"
	sees "no such table: salarx"
}

@test "^C drops what is typed, ^D ends" {
	begin "og-shield --as charlie"
	sees "charlie>"
	enter "SELECT 'open"
	sees "    ...>"
	press C-c
	enter "SELECT 7 * 6 AS n;"
	sees "42"
	not grep -q error <<<"$(text)"
	leave
}

@test "^C stops the statement that runs and not the prompt" {
	begin "og-shield --as alice"
	sees "alice>"
	before=$(entries)
	# A shield that is stopped is one whose statement takes for ever.
	running=$(shield)
	kill -STOP "$running"
	enter "UPDATE products SET stock_quantity = 4242;"
	until_true is_busy
	sleep 0.3
	press C-c
	sees "error: interrupted"
	not kill -0 "$running"
	enter "SELECT max(stock_quantity) AS m FROM products;"
	sees "m"
	sees "200"
	[ "$(entries)" = "$before" ]
	leave
}

@test "a shield that is killed is said to be, and another one asked" {
	begin "og-shield --as alice"
	sees "alice>"
	kill -9 "$(shield)"
	enter "SELECT 1 AS lost;"
	sees "error: the shield ended the conversation"
	enter "SELECT 40 + 2 AS found;"
	sees "42"
	# Without an instance there is no other one; the prompt goes on.
	mv "$OG_HOME/erp.db" away
	kill -9 "$(shield)"
	enter "SELECT 1;"
	enter "SELECT 2;"
	until_true eval '[ "$(text | grep -c "^error: ")" -ge 3 ]'
	mv away "$OG_HOME/erp.db"
	enter "SELECT 40 + 3 AS again;"
	sees "43"
}

@test "what a row holds does not reach the terminal as a command" {
	og-shield exec --as alice "UPDATE products SET name = :n WHERE id = 1" \
		--param $'n=A\033]0;taken\007B\033[2J\033[31mC\r\u202eD'
	begin "og-shield --as alice"
	sees "alice>"
	enter "SELECT name FROM products WHERE id = 1;"
	sees 'A\x1B]0;taken'
	enter ".mode csv"
	enter "SELECT name FROM products WHERE id = 1;"
	not grep -q 'name.x0D' <<<"$(text)"
	enter ".mode json"
	enter "SELECT name FROM products WHERE id = 1;"
	sees 'A\u001b]0;taken'
	enter $'SELECT "\u202ex";'
	sees "error: "
	sees "alice>" # nothing was erased
	[ "$(tmux -S "$screen" display-message -p '#{pane_title}')" != taken ]
	not grep -q $'\u202e' <<<"$(text | grep -v '^alice>')"
}

@test "a table fits the window, also after it changed" {
	begin "og-shield --as alice"
	sees "alice>"
	enter "SELECT id, name, category, price, stock_quantity, clearance_level FROM products WHERE id = 1;"
	sees "clearance_level"
	tmux -S "$screen" set-option -g window-size manual
	tmux -S "$screen" resize-window -x 50 -y 40
	until_true eval '[ "$(stty -F "$(of_pane pane_tty)" size)" = "40 50" ]'
	enter "SELECT name || name || name || name AS long, id FROM products WHERE id = 1;"
	sees "…"
	[ "$(text | tail -n 5 | wc -L)" -le 50 ]
	enter "SELECT 40 + 2 AS n;"
	sees "42"
}

@test "history: recalled, the owner's alone, not of lines behind a blank, not with --no-history" {
	begin "og-shield --as alice"
	sees "alice>"
	enter "SELECT 1"
	enter "+ 41 AS n;"
	enter "  SELECT 'secret' AS s;"
	sees "secret"
	leave
	file=$OG_HOME/run/history-alice
	[ "$(stat -c %a "$file")" = 600 ]
	[ "$(cat "$file")" = '"SELECT 1\n+ 41 AS n;"' ]
	begin "og-shield --as alice --no-history"
	sees "alice>"
	enter "SELECT 5 AS five;"
	sees five
	leave
	[ "$(wc -l <"$file")" -eq 1 ]
	printf '"broken\n\xff\n' >>"$file"
	begin "og-shield --as alice"
	sees "alice>"
	press Up
	sees "+ 41 AS n;"
	press Enter
	sees "42"
}

@test "history: no link and no file that others may read is used" {
	echo mine >target
	ln -s "$PWD/target" "$OG_HOME/run/history-alice"
	begin "og-shield --as alice"
	sees "no history is kept"
	enter "SELECT 42 AS n;"
	sees "42"
	leave
	[ "$(cat target)" = mine ]
	rm "$OG_HOME/run/history-alice"
	install -m 644 /dev/null "$OG_HOME/run/history-alice"
	begin "og-shield --as alice"
	sees "no history is kept"
	sees "alice>"
	enter "SELECT 42 AS n;"
	sees "42"
	[ ! -s "$OG_HOME/run/history-alice" ]
}

@test "the prompt asks a shield elsewhere just as well, and stops it there" {
	og-shield --listen "unix:$PWD/sock" --quiet 3>&- &
	listener=$!
	until_true test -S sock
	begin "OG_SHIELD=unix:$PWD/sock og-shield --as charlie"
	sees "charlie>"
	enter "SELECT count(*) AS n FROM products;"
	sees "5"
	serving=$(pgrep -P "$listener" | head -n 1)
	kill -STOP "$serving"
	enter "SELECT count(*) + 90 AS n FROM products;"
	until_true is_busy
	sleep 0.3
	press C-c
	sees "error: interrupted"
	kill -CONT "$serving"
	enter "SELECT count(*) + 70 AS n FROM products;"
	sees "75"
	kill "$listener"
	wait "$listener"
}

@test "without a terminal there is no prompt; a statement that is waited for is said to be" {
	status=0
	og-shield shell --as alice </dev/null 2>err || status=$?
	[ "$status" -eq 64 ]
	grep -q "a prompt needs a terminal" err
	status=0
	og-shield </dev/null 2>err || status=$?
	[ "$status" -eq 64 ]
	grep -q "no command given" err
	begin "og-shield query --as alice"
	sees "a statement, then ^D"
	enter "SELECT 40 + 2 AS n"
	press C-d
	sees "42"
}

@test "who is nobody gets no prompt" {
	begin "og-shield --as mallory"
	sees "ended 77"
	begin "og-shield shell --home $PWD/none --as alice"
	sees "ended 78"
}
