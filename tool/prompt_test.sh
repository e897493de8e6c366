#! /usr/bin/env atf-sh
# Questions on a terminal: nothing typed is shown, nothing is left behind.
. "$(atf_get_srcdir)/cli_lib.sh"

# Makes ./typed ANSWERS COMMAND...: runs it on a terminal of its own, types one
# answer at each colon and blank, prints what the terminal showed and the exit.
typist()
{
	cat > typed <<-'END'
	#! /usr/bin/python3
	import os, pty, sys, termios
	answers = sys.argv[1].encode().decode("unicode_escape").split("|")
	pid, fd = pty.fork()
	if pid == 0:
	    os.execvp(sys.argv[2], sys.argv[2:])
	shown = b""
	while True:
	    try:
	        more = os.read(fd, 1024)
	    except OSError:
	        break
	    if not more:
	        break
	    shown += more
	    if shown.endswith(b": ") and answers:
	        quiet = not termios.tcgetattr(fd)[3] & termios.ECHO
	        shown += b"<quiet>" if quiet else b"<echo>"
	        os.write(fd, answers.pop(0).encode())
	status = os.waitpid(pid, 0)[1]
	sys.stdout.write(shown.decode().replace("\r", ""))
	if os.WIFSIGNALED(status):
	    print("signal", os.WTERMSIG(status))
	else:
	    print("exit", os.WEXITSTATUS(status))
	END
	chmod +x typed
	soft_token t
}

case_new pin__asked_once "the PIN of a token, without echo"
pin__asked_once_body()
{
	typist
	cat > expout <<-END
	PIN of token [t]: <quiet>
	Number of entries in store :	0
	exit 0
	END
	atf_check -o file:expout ./typed '1234\n' vecs-cli entry list --store t
	atf_check -o match:CKR_PIN_INCORRECT -o match:'exit 43' \
	    ./typed '9999\n' vecs-cli entry list --store t
}

case_new pins__of_a_new_token "both PINs of store create"
pins__of_a_new_token_body()
{
	typist
	cat > expout <<-END
	PIN of the security officer: <quiet>
	PIN of token [new]: <quiet>
	Successfully created store [new]
	exit 0
	END
	atf_check -o file:expout ./typed '8765\n|4321\n' \
	    vecs-cli store create --name new
}

case_new pins__changed "a new PIN is asked for twice"
pins__changed_body()
{
	typist
	cat > expout <<-END
	PIN of token [t]: <quiet>
	New PIN of the user: <quiet>
	The same again: <quiet>
	Successfully set the PIN of token [t]
	exit 0
	END
	atf_check -o file:expout ./typed '1234\n|4321\n|4321\n' \
	    vecs-cli token set-pin --name t
	atf_check -o match:'the PINs differ' -o match:'exit 43' \
	    ./typed '4321\n|1111\n|2222\n' vecs-cli token set-pin --name t
	cat > expout <<-END
	PIN of the security officer: <quiet>
	New PIN of the user: <quiet>
	The same again: <quiet>
	Successfully unlocked token [t]
	exit 0
	END
	atf_check -o file:expout ./typed '5678\n|1234\n|1234\n' \
	    vecs-cli token unlock --name t
	cat > expout <<-END
	New PIN of the security officer: <quiet>
	The same again: <quiet>
	New PIN of the user: <quiet>
	The same again: <quiet>
	Successfully initialized token [n]
	exit 0
	END
	atf_check -o file:expout ./typed '8765\n|8765\n|4321\n|4321\n' \
	    vecs-cli token init --name n
	atf_check -o match:'Number of entries' ./typed '4321\n' \
	    vecs-cli entry list --store n
}

case_new signal__gives_echo_back "Ctrl-C at a question ends the command"
signal__gives_echo_back_body()
{
	typist
	atf_check -o match:'<quiet>' -o match:'signal 2$' \
	    ./typed '\x03' vecs-cli entry list --store t
	# The terminal outlives the command here.
	atf_check -o match:'after: .*echo$' -o match:'exit 0' ./typed '\x03' \
	    sh -c 'trap : INT; vecs-cli entry list --store t
	    stty -a | grep -q " echo " && echo "after: has echo"'
}

case_new password__of_the_input "an encrypted key file, and --password-file -"
password__of_the_input_body()
{
	typist
	cert_make a
	openssl pkcs8 -topk8 -in a.key -passout pass:geheim -out enc.key
	atf_check -o match:'^Password of the input file: <quiet>$' \
	    -o match:'created successfully' -o match:'exit 0' \
	    ./typed 'geheim\n' vecs-cli entry create --store t --alias a \
	    --cert a.crt --key enc.key --pin-source file:pin
	atf_check -o match:'ERROR_WRONG_PASSWORD' -o match:'exit 43' \
	    ./typed 'falsch\n' vecs-cli entry create --store t --alias b \
	    --cert a.crt --key enc.key --pin-source file:pin
	atf_check -o match:'^Password for the stored key: <quiet>$' \
	    ./typed 'neu\n' vecs-cli entry create --store t --alias c \
	    --cert a.crt --key a.key --password-file - --pin-source file:pin
	atf_check -o match:'^Password of the key: <quiet>$' \
	    -o match:'BEGIN PRIVATE KEY' ./typed 'neu\n' vecs-cli entry getkey \
	    --store t --alias c --pin-source file:pin
}

atf_init_test_cases()
{
	cases_add
}
