#! /usr/bin/env atf-sh
# The man page and the completion know every command and option, and no other.
. "$(atf_get_srcdir)/cli_lib.sh"

common='--module|--token|--pin-source|--so-pin-source|--json|--help|-h'
remote='--server|--upn'

commands()
{
	vecs-cli help | awk '/^\t/ {
		line = $1
		for (i = 2; $i ~ /^[a-z]/; i++)
			line = line " " $i
		print line }' | grep -vx help
}

# Options in a command's own --help.
help_options()
{
	vecs-cli $1 --help | awk '/^\t-/ { print $1 }' |
	    grep -vxE -e "$common|$remote" | sort -u
}

# Options that the man page names under a command.
man_options()
{
	awk -v want="$1" '
	/^\.It (Xo )?Cm / {
		name = ""
		for (i = ($2 == "Xo" ? 4 : 3); i <= NF && $i ~ /^[a-z]/; i++)
			name = name (name == "" ? "" : " ") $i
		inside = name == want
	}
	/^\.Sh / { inside = 0 }
	inside {
		for (i = 1; i < NF; i++)
			if ($i ~ /^\.?Fl$/)
				print "-" $(i + 1)
	}' "$(atf_get_srcdir)/vecs-cli.1" |
	    grep -vxE -e "$common|$remote" | sort -u
}

case_new page__has_every_option "man page against the commands' own help"
page__has_every_option_body()
{
	commands > list
	test $(wc -l < list) -ge 17 || atf_fail "too few commands"
	while read -r command; do
		help_options "$command" > help
		man_options "$command" > man
		grep -qE "^\.It (Xo )?Cm $command( |\$)" \
		    "$(atf_get_srcdir)/vecs-cli.1" ||
		    atf_fail "no item for $command"
		diff -u help man > difference ||
		    atf_fail "$command: $(cat difference)"
	done < list
}

case_new page__has_no_other_command "the man page invents nothing"
page__has_no_other_command_body()
{
	sed -n '/^\.Sh COMMANDS/,/^\.Sh OPTIONS/p' \
	    "$(atf_get_srcdir)/vecs-cli.1" |
	    sed -nE 's/^\.It (Xo )?Cm (([a-z-]+)( [a-z][a-z-]*)*).*/\2/p' |
	    grep -vx help | sort > man
	commands | sort > list
	atf_check diff -u list man
}

case_new page__has_every_error "errors of the page have rows, and reverse"
page__has_every_error_body()
{
	for code in 2 5 11 50 87 126 154 183 223 1317 1323 4312 4313 5023 \
	    90018; do
		grep -q "^\.It $code Ta $((code % 256)) Ta" \
		    "$(atf_get_srcdir)/vecs-cli.1" ||
		    atf_fail "error $code is not in the page"
	done
}

case_new page__is_valid_mdoc "mandoc has nothing to complain about"
page__is_valid_mdoc_body()
{
	atf_check mandoc -T lint -W warning "$(atf_get_srcdir)/vecs-cli.1"
}

case_new completion__has_every_option "bash completion against the help"
completion__has_every_option_body()
{
	commands > list
	while read -r command; do
		vecs-cli $command --help | awk '/^\t-/ { print $1 }' |
		    sort -u > help
		bash -c '. "$1"; _vecs_cli_options "$2"' - \
		    "$(atf_get_srcdir)/vecs-cli.bash" "$command" |
		    tr -s ' \t' '\n' | sort -u > words
		diff -u help words > difference ||
		    atf_fail "$command: $(cat difference)"
	done < list
}

case_new completion__completes "commands, stores and aliases"
completion__completes_body()
{
	cat > complete.sh <<-'END'
	. "$1"
	shift
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_vecs_cli
	printf '%s\n' "${COMPREPLY[@]}"
	END
	soft_token alpha
	atf_check -o match:'^getcert$' -o match:'^getkey$' \
	    -o not-match:create bash complete.sh \
	    "$(atf_get_srcdir)/vecs-cli.bash" vecs-cli entry get
	atf_check -o inline:'alpha\n' bash complete.sh \
	    "$(atf_get_srcdir)/vecs-cli.bash" vecs-cli entry list --store a
	cert_make root
	atf_check -o ignore vecs-cli entry create --store alpha \
	    --alias first --cert root.crt --pin-source file:pin
	atf_check -o inline:'first\n' bash complete.sh \
	    "$(atf_get_srcdir)/vecs-cli.bash" vecs-cli entry getcert \
	    --store alpha --alias f
	# What was typed is not run.
	atf_check -o ignore bash complete.sh \
	    "$(atf_get_srcdir)/vecs-cli.bash" vecs-cli entry getcert \
	    --store '$(touch ran)' --alias f
	test ! -e ran || atf_fail "completion ran what was typed"
}

atf_init_test_cases()
{
	cases_add
}
