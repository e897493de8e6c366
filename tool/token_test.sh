#! /usr/bin/env atf-sh
# The token commands, on our module and on SoftHSM2.
. "$(atf_get_srcdir)/cli_lib.sh"

pins='--pin-source file:pin --so-pin-source file:so-pin'

# Both modules in turn, each with a token "box" whose PINs are 1234 and 5678.
each_module()
{
	for maker in ours softhsm; do
		mkdir $maker
		cd $maker
		if [ $maker = ours ]; then
			own_database
			printf 1234 > pin
			printf 5678 > so-pin
			atf_check -o match:'initialized token \[box\]' \
			    vecs-cli token init --name box $pins
		else
			soft_token box
		fi
		printf 2468 > new
		"$@"
		cd ..
	done
}

# login PIN: 0 if the user's PIN is this one.
login()
{
	printf %s "$1" > try
	pkcs11-tool --module $VECS_MODULE --token-label box --login \
	    --pin "$1" --list-objects > /dev/null 2>&1
}

state()
{
	vecs-cli token list | awk -F '\t' -v n="$1" '$1 == n { print $3 }'
}

case_new list__states "name, serial number and the state of the PINs"
states()
{
	atf_check -o match:'^box	[0-9a-f]{16}	PIN$' \
	    vecs-cli token list
	atf_check -o match:'"state": "PIN"' -o match:'"name": "box"' \
	    vecs-cli token list --json
	login 9999 && atf_fail "a wrong PIN is right"
	atf_check test "$(state box)" = "wrong PIN given"
	login 1234 || atf_fail "the PIN is wrong"
	atf_check test "$(state box)" = PIN
}
list__states_body()
{
	each_module states
	cd ours
	own_again
	atf_check test "$(state TRUSTED_ROOTS)" = "no PIN"
}

own_again()
{
	VECS_HOME=$PWD/home VECS_CONF=$PWD/vecs.conf VECS_MODULE=$vecs_module
}

case_new info__tells "what the token says, and its mechanisms"
tells()
{
	atf_check -o match:'^Name :	box$' -o match:'^Model :	..' \
	    -o match:'^Pin minimum :	4$' -o not-match:CKM_ \
	    -o match:'^Flags :	rng login-required .*token-initialized' \
	    vecs-cli token info --name BOX
	atf_check -o match:'^CKM_AES_CBC	16-32	.*encrypt decrypt' \
	    -o match:'^CKM_SHA256	0-0	digest$' \
	    vecs-cli token info --name box --mechanisms
	atf_check -o match:'"name": "CKM_SHA256"' -o match:'"slot": [0-9]' \
	    vecs-cli token info --token 'pkcs11:token=box' --mechanisms --json
	atf_check -s exit:216 -e match:'no such token' \
	    vecs-cli token info --name none
}
info__tells_body()
{
	each_module tells
	cd ours
	own_again
	atf_check -o match:"^Owner :	$(id -un)\$" \
	    -o match:'^Created :	20..-..-..T' \
	    vecs-cli token info --name box
}

case_new init__empties "a token of the name is emptied, by its SO only"
empties()
{
	printf secret > secret
	atf_check -o ignore vecs-cli entry create --store box --alias s \
	    --key secret --pin-source file:pin
	atf_check -o match:'delete all that is in token \[box\]' \
	    vecs-cli token init --name box $pins < /dev/null
	atf_check -s exit:43 -e "$(failed 1323 ERROR_WRONG_PASSWORD)" \
	    vecs-cli token init --name box -y --pin-source file:pin \
	    --so-pin-source file:new
	atf_check -o match:"^s$" vecs-cli entry list --aliases --store box \
	    --pin-source file:pin
	atf_check -o match:initialized vecs-cli token init --name box -y \
	    --so-pin-source file:so-pin --pin-source file:new
	atf_check -o not-match:'^s$' vecs-cli entry list --aliases \
	    --store box --pin-source file:new
}
init__empties_body()
{
	each_module empties
}

case_new init__refused "what cannot become a token leaves none"
refused()
{
	printf 1 > short
	atf_check -s exit:45 -e match:'a PIN has 4 to' \
	    vecs-cli token init --name other --pin-source file:short \
	    --so-pin-source file:so-pin
	atf_check -s exit:43 -e match:'new PIN .*is needed: --so-pin-source' \
	    setsid vecs-cli token init --name other
	atf_check -s exit:87 -e match:'--name is needed' \
	    vecs-cli token init $pins
	atf_check -s exit:154 -e ignore vecs-cli token init $pins \
	    --name 123456789012345678901234567890123
	atf_check -o not-match:other vecs-cli token list
}
init__refused_body()
{
	each_module refused
}

case_new set_pin__changes "the old PIN is needed, the new one is then right"
changes()
{
	atf_check -s exit:43 -e "$(failed 1323 ERROR_WRONG_PASSWORD)" \
	    vecs-cli token set-pin --name box --pin-source file:new \
	    --new-pin-source file:new
	atf_check -o match:'Successfully set the PIN of token \[box\]' \
	    vecs-cli token set-pin --name box --pin-source file:pin \
	    --new-pin-source file:new
	login 2468 || atf_fail "the new PIN is wrong"
	login 1234 && atf_fail "the old PIN is right"
	# Both from stdin, a line each.
	printf '2468\n1357\n' > both
	atf_check -o match:'"result": "set"' vecs-cli token set-pin --json \
	    --name box --pin-source - --new-pin-source - < both
	login 1357 || atf_fail "the PIN from stdin is wrong"
	atf_check -o ignore vecs-cli token set-pin --so --name box \
	    --so-pin-source file:so-pin --new-pin-source file:new
	atf_check -s exit:43 -e match:1323 vecs-cli token unlock --name box \
	    --so-pin-source file:so-pin --new-pin-source file:pin
	atf_check -o ignore vecs-cli token unlock --name box \
	    --so-pin-source file:new --new-pin-source file:pin
	login 1234 || atf_fail "the officer's PIN is wrong"
}
set_pin__changes_body()
{
	each_module changes
}

case_new unlock__after_wrong_pins "a locked PIN is opened by the SO"
unlock__after_wrong_pins_body()
{
	own_database
	echo 'max-pin-tries = 3' > vecs.conf
	printf 1234 > pin
	printf 5678 > so-pin
	printf 2468 > new
	atf_check -o ignore vecs-cli token init --name box $pins
	printf secret > secret
	atf_check -o ignore vecs-cli entry create --store box --alias s \
	    --key secret --pin-source file:pin
	login 1111
	login 2222
	atf_check test "$(state box)" = "one try left"
	login 3333
	atf_check test "$(state box)" = "user PIN locked"
	atf_check -s exit:117 -e match:1909 vecs-cli token set-pin \
	    --name box --pin-source file:pin --new-pin-source file:new
	atf_check -o match:'Successfully unlocked token \[box\]' \
	    vecs-cli token unlock --name box --so-pin-source file:so-pin \
	    --new-pin-source file:new
	atf_check test "$(state box)" = PIN
	atf_check -o inline:'secret\n' vecs-cli entry getkey --store box \
	    --alias s --pin-source file:new
	atf_check -s exit:50 -e match:'has no PINs' vecs-cli token unlock \
	    --name machine --so-pin-source file:so-pin \
	    --new-pin-source file:new
}

case_new delete__ours "a token goes away, not on other modules"
delete__ours_body()
{
	each_module true
	cd softhsm
	atf_check -s exit:50 -e match:'token delete needs a VECS module' \
	    vecs-cli token delete --name box -y
	cd ../ours
	own_again
	atf_check -o match:'will delete token \[box\]' \
	    vecs-cli token delete --name box < /dev/null
	atf_check -o match:'deleted token \[box\]' \
	    vecs-cli token delete --name box -y
	atf_check -s exit:216 -e match:'Token \[box\] does not exist' \
	    vecs-cli token delete --name box -y
}

atf_init_test_cases()
{
	cases_add
}
