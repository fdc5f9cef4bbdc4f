# An ssh server for one test: its own port, host key and list of keys, and
# in bin/ an ssh that knows no other host. Sourced with `load ssh`.

# Skips the test where there is no ssh server to be had.
need_sshd() {
	sshd_program=$(command -v sshd || echo /usr/sbin/sshd)
	[ -x "$sshd_program" ] && command -v ssh >/dev/null || skip "openssh is not installed"
	[ "$(id -u)" -eq 0 ] || skip "sshd needs root here"
	mkdir -p /run/sshd
}

# make_sshd ADDRESS PORT OPTIONS: keys and configuration in ssh/, which is
# HOME there, too, so that nobody's shell profile is run; the client
# in bin/. OPTIONS: what stands before the key in authorized_keys.
make_sshd() {
	mkdir -p ssh bin
	ssh-keygen -q -t ed25519 -N '' -f ssh/host
	ssh-keygen -q -t ed25519 -N '' -f ssh/client
	echo "$3 $(cat ssh/client.pub)" >ssh/authorized
	cat >ssh/sshd_config <<-EOT
		Port $2
		ListenAddress $1
		HostKey $PWD/ssh/host
		AuthorizedKeysFile $PWD/ssh/authorized
		StrictModes no
		UsePAM no
		PermitRootLogin yes
		PasswordAuthentication no
		MaxStartups 100
		PidFile none
		SetEnv PATH=$PATH HOME=$PWD/ssh
	EOT
	echo "[$1]:$2 $(cut -d' ' -f1,2 ssh/host.pub)" >ssh/known
	[ "$2" != 22 ] || echo "$1 $(cut -d' ' -f1,2 ssh/host.pub)" >>ssh/known
	cat >bin/ssh <<-EOT
		#!/bin/sh
		exec $(command -v ssh) -F none -i "$PWD/ssh/client" -o UserKnownHostsFile="$PWD/ssh/known" "\$@"
	EOT
	chmod +x bin/ssh
}

# run_sshd [COMMAND...]: serves in the background, started by the command
# (as in `ip netns exec NAME`), and sets sshd to its pid.
run_sshd() {
	"$@" "$sshd_program" -D -e -f "$PWD/ssh/sshd_config" 2>ssh/log 3>&- &
	sshd=$!
	until_true grep -q 'Server listening' ssh/log || {
		cat ssh/log
		return 1
	}
}
