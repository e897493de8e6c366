#! /usr/bin/env atf-sh
# Words and options: what is accepted, what is a mistake, where the help goes.
. "$(atf_get_srcdir)/cli_lib.sh"

case_new help__on_stdout "help, --help and -h print the summary"
help__on_stdout_body()
{
	for word in help --help -h; do
		atf_check -o match:'^Usage: vecs-cli' -o match:'entry create' \
		    vecs-cli $word
	done
	atf_check -o ignore vecs-cli help whatever follows
	atf_check -o match:'^Usage: vecs-cli entry list' \
	    vecs-cli entry list --help
	atf_check -o match:'entry revert' -o not-match:'store create' \
	    vecs-cli entry --help
	atf_check -o match:'^vecs-cli [0-9.]+$' vecs-cli --version
}

case_new mistakes__usage_on_stderr "error 87 leaves stdout empty"
mistakes__usage_on_stderr_body()
{
	check_usage()
	{
		atf_check -s exit:87 -o empty -e match:'^ ?Usage: vecs-cli' \
		    -e "$(failed 87 ERROR_INVALID_PARAMETER)" vecs-cli "$@"
	}
	check_usage
	check_usage store
	check_usage entry
	check_usage Store list
	check_usage entry lists
	check_usage entry list --stores x
	check_usage entry list --store
	check_usage entry list
	check_usage entry create --text
	check_usage entry list --text=yes --store x
	check_usage store create
	check_usage store create --name
	check_usage store create --name ""
	check_usage store create --name=
	check_usage store permission --name x --user y --grant READ
	check_usage store permission --name x --user y
	check_usage store permission --name x --user y --grant read \
	    --grant write
	check_usage store permission --name x --user y --grant read \
	    --revoke read
	check_usage entry getcert --store x
	check_usage entry delete -y --store x
	check_usage entry create --store x
}

case_new mistakes__nearest_is_named "an unknown word names its neighbour"
mistakes__nearest_is_named_body()
{
	atf_check -s exit:87 -e match:'did you mean --store[?]' \
	    vecs-cli entry list --stor x
	atf_check -s exit:87 -e match:'did you mean entry getcert[?]' \
	    vecs-cli entry getcrt
	atf_check -s exit:87 -e match:'did you mean store[?]' vecs-cli stor
	atf_check -s exit:87 -e match:'did you mean --module[?]' \
	    vecs-cli --modul x store list
}

case_new remote__both_or_none "one of --server and --upn is error 5023"
remote__both_or_none_body()
{
	cat > expout <<-END
	Error: Error: You have to provide both server and upn 

	vecs-cli failed. Error 5023: Operation failed with error ERROR_INVALID_STATE (5023) 
	END
	for option in --server --upn; do
		for verb in 'store list' 'entry list' 'entry delete -y' \
		    'store create' force-refresh; do
			atf_check -s exit:159 -e file:expout \
			    vecs-cli $verb $option x
		done
	done
	atf_check -s exit:50 -e match:'later version' \
	    -e "$(failed 50 ERROR_NOT_SUPPORTED)" \
	    vecs-cli store list --server a --upn b
	# A value that is missing at the end of a store command stays unset.
	atf_check -s exit:126 -e ignore \
	    vecs-cli --module /nonexistent store list --server
}

case_new later__error_50 "what comes later says so"
later__error_50_body()
{
	for verb in force-refresh status 'status --days 3 --prometheus' \
	    'entry generate --store s --alias a --algorithm ec:P-256' \
	    'entry import-cert --store s --alias a --cert c'; do
		atf_check -s exit:50 -e match:'later version' \
		    -e "$(failed 50 ERROR_NOT_SUPPORTED)" vecs-cli $verb
	done
}

case_new module__cannot_be_loaded "a missing or wrong module is error 126"
module__cannot_be_loaded_body()
{
	atf_check -s exit:126 -e match:'Failed to find module' \
	    -e "$(failed 126 ERROR_MOD_NOT_FOUND)" \
	    vecs-cli store list --module /nonexistent.so
	echo text > text.so
	atf_check -s exit:126 -e match:'Failed to load module' \
	    vecs-cli --module ./text.so store list
	atf_check -s exit:126 -e ignore \
	    env VECS_MODULE=/nonexistent.so vecs-cli store list
	echo 'module = /nonexistent.so' > vecs.conf
	atf_check -s exit:126 -e ignore \
	    env VECS_CONF=vecs.conf vecs-cli store list
	echo 'no-such-option = 1' > vecs.conf
	atf_check -s exit:13 -e match:no-such-option \
	    env VECS_CONF=vecs.conf vecs-cli store list
	atf_check -s exit:87 -e match:'is not a pkcs11: URI' \
	    vecs-cli store list --token http://x
}

case_new declined__asks_before_all_else "no answer, nothing done, exit 0"
declined__asks_before_all_else_body()
{
	cat > expout <<-END
	Warning: This operation will delete store [(null)]
	Do you wish to continue? Y/N [N] 
	END
	for answer in '' n ' y' '\ny'; do
		printf "$answer" > answer
		atf_check -o file:expout sh -c \
		    'vecs-cli --module /nonexistent store delete < answer'
	done
	cat > expout <<-END
	Warning: This operation will delete entry [a] from store [s]
	Do you wish to continue? Y/N [N] 
	END
	atf_check -o file:expout vecs-cli entry delete --store s --alias a \
	    < /dev/null
	echo yes > answer
	sed -i 's/\[s\]/[(null)]/' expout
	atf_check -s exit:87 -o file:expout -e ignore \
	    sh -c 'vecs-cli entry delete --alias a < answer'
}

case_new stdout__full "output that cannot be written is an error"
stdout__full_body()
{
	soft_token t
	atf_check -s exit:29 -e "$(failed 29 ERROR_WRITE_FAULT)" \
	    sh -c 'vecs-cli store list > /dev/full'
}

atf_init_test_cases()
{
	cases_add
}
