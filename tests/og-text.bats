# og-text: documents of other kinds as text, and hostile ones as errors.

load helper

text=$OG_BUILD/libexec/omnigate/og-text

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# A PDF of N pages; they are one object, and poppler needs no table of offsets.
pdf() { # N SENTENCE
	local i
	printf '%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count %d/Kids[' "$1"
	for ((i = 0; i < $1; i++)); do printf '3 0 R '; done
	printf ']>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R'
	printf '/Resources<</Font<</F 5 0 R>>>>>>endobj\n4 0 obj<</Length %d>>stream\n' $((${#2} + 33))
	printf 'BT /F 12 Tf 100 700 Td (%s) Tj ET \nendstream endobj\n' "$2"
	printf '5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n'
}

message() { # SUBJECT TEXT
	printf 'From: Dana <dana@example.com>\nDate: Mon, 02 Mar 2026 23:30:00 -0200\n'
	printf 'Subject: %s\nMessage-ID: <%s@example.com>\n\n%s\n' "$1" "${1// /.}" "$2"
}

@test "a message: who, when in UTC, about what, and its text" {
	run -0 --separate-stderr bash -c "$(declare -f message); message 'New limit' 'It is 750.' | $text mail"
	jq -e '.v == 1 and .from == "Dana <dana@example.com>" and .date == "2026-03-03" and
		.subject == "New limit" and .id == "New.limit@example.com" and .text == "It is 750.\n"' <<<"$output"
}

@test "parts, encodings and attachments" {
	cat >mixed.eml <<-'EOT'
		From: x@example.com
		Subject: =?iso-8859-1?Q?Gr=FC=DFe?=
		MIME-Version: 1.0
		Content-Type: multipart/mixed; boundary=A

		--A
		Content-Type: multipart/alternative; boundary=B

		--B
		Content-Type: text/html

		<p>not this one</p>
		--B
		Content-Type: text/plain; charset=iso-8859-15
		Content-Transfer-Encoding: quoted-printable

		500 =A4 ist die =
		Grenze
		--B--
		--A
		Content-Type: text/csv
		Content-Disposition: attachment; filename="prices.csv"

		1,2
		--A--
	EOT
	run -0 --separate-stderr bash -c "$text mail <mixed.eml"
	jq -e '.subject == "Grüße" and .text == "500 € ist die Grenze" and .files == ["prices.csv"]
		and (has("html") | not)' <<<"$output"
}

@test "a mailbox: a line for each message" {
	for n in 1 2 3; do
		echo 'From dana@example.com Mon Mar  2 10:00:00 2026'
		message "Note $n" "This is note $n."
		echo
	done >box.mbox
	run -0 --separate-stderr bash -c "$text mail <box.mbox"
	[ "${#lines[@]}" -eq 3 ]
	[ "$(jq -rs 'map(.subject) | join(",")' <<<"$output")" = 'Note 1,Note 2,Note 3' ]
}

@test "a message of HTML alone gives that; names in a head end no line" {
	printf 'Subject: a\x1b[2J\rb\nContent-Type: text/html\n\n<p>x</p>\n' >m.eml
	run -0 --separate-stderr bash -c "$text mail <m.eml"
	jq -e '(has("text") | not) and (.html | startswith("<p>x"))' <<<"$output"
	[[ "$output" != *$'\x1b'* ]]
}

@test "PDF: pages are headings" {
	pdf 2 'The limit is 750 dollars.' >two.pdf
	run -0 --separate-stderr bash -c "$text pdf <two.pdf"
	jq -e '.text | test("# Page 1\n+The limit is 750 dollars.\n+# Page 2\n+The limit is 750 dollars.")' \
		<<<"$output"
}

@test "PDF: bombs, damage and pages without text are errors" {
	long=$(printf 'as often as it takes to be too much %.0s' $(seq 40))
	pdf 3500 "$long" >bomb.pdf
	run -65 --separate-stderr bash -c "$text pdf <bomb.pdf"
	[ -z "$output" ]
	[[ "$stderr" == *'its text is larger than'* || "$stderr" == *'pdftotext'* ]]
	pdf 1 '' >empty.pdf
	run -65 --separate-stderr bash -c "$text pdf <empty.pdf"
	[[ "$stderr" == *'holds no text'* ]]
	head -c 5000 /dev/urandom >noise
	for kind in pdf mail; do
		run --separate-stderr bash -c "$text $kind <noise"
		[ "$status" -eq 65 ] || [ "$status" -eq 0 ]
		run -65 --separate-stderr bash -c "$text $kind </dev/null"
		[ -z "$output" ]
	done
}

@test "office documents, where pandoc is there; else it says what is missing" {
	if [ -x /usr/bin/pandoc ]; then
		printf '# Returns\n\nGoods return in 14 days.\n' | pandoc -f markdown -t docx -o r.docx
		run -0 --separate-stderr bash -c "$text docx <r.docx"
		jq -e '.text == "# Returns\n\nGoods return in 14 days.\n"' <<<"$output"
		run -0 --separate-stderr bash -c "echo '<h1>A</h1><p>b <script>c()</script></p>' | $text html"
		jq -e '.text == "# A\n\nb\n"' <<<"$output"
		run -65 --separate-stderr bash -c "$text docx </dev/null"
	else
		run -69 --separate-stderr bash -c "$text docx </dev/null"
		[[ "$stderr" == *'pandoc is not installed'*'install the package pandoc'* ]]
		skip "pandoc is not installed: what it reads was not tried"
	fi
}

@test "what reads a document reaches no file, no network and starts nothing else" {
	pdf 1 'x' >x.pdf
	OG_LLM_KEY=nobodys-to-read strace -f -v -s 200 -o trace "$text" pdf <x.pdf >out 2>&1 || skip "strace is not allowed here"
	# After the seal: no socket, no file is opened for writing.
	awk '/landlock_restrict_self/ { sealed = 1 } sealed' trace >after
	[ -s after ]
	# What is started then knows no secret.
	grep -q 'execve(.*pdftotext' after
	not grep -q nobodys-to-read after
	not grep -E 'socket\(|connect\(' after
	not grep -E 'open(at)?\(.*(O_WRONLY|O_RDWR|O_CREAT).* = [0-9]' after
}

@test "an unknown kind is misuse; too much input is an error" {
	run -64 --separate-stderr "$text" xls
	run -65 --separate-stderr bash -c "head -c 68000000 /dev/zero | $text mail"
	[[ "$stderr" == *'larger than'* ]]
}
