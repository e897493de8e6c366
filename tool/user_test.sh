#! /usr/bin/env atf-sh
# Named users of a token with PINs.
. "$(atf_get_srcdir)/cli_lib.sh"

so='--so-pin-source file:so-pin'

# A token "box" with a secret in it, and PINs for people.
box()
{
	own_database
	echo 'max-pin-tries = 3' > vecs.conf
	printf 1234 > pin
	printf 5678 > so-pin
	printf 1111 > ann-pin
	printf 2222 > bob-pin
	printf 9999 > new
	printf secret > secret
	atf_check -o ignore vecs-cli token init --name box --pin-source \
	    file:pin $so
	atf_check -o ignore vecs-cli entry create --store box --alias s \
	    --key secret --pin-source file:pin
}

# reads USER PIN: 0 if this user gets the secret by C_Login.
reads()
{
	printf 'max-pin-tries = 3\nlogin-user = %s\n' "$1" > as.conf
	VECS_CONF=$PWD/as.conf vecs-cli entry getkey --store box --alias s \
	    --pin-source "file:$2" > got 2> err
	grep -qx secret got
}

case_new add__logs_in "a user made by the SO reads by a PIN of his own"
add__logs_in_body()
{
	box
	atf_check -o match:'added user \[ann\] of token \[box\]' \
	    vecs-cli token user add --name box --user ann --rights read $so \
	    --new-pin-source file:ann-pin
	reads ann ann-pin || atf_fail "ann cannot read: $(cat err)"
	reads ann pin && atf_fail "ann reads by the token's PIN"
	reads bob ann-pin && atf_fail "there is a bob"
	# The owner does the same as the token's user; without rights it is
	# use, which reads no secret.
	atf_check -o match:'"user": "bob"' -o match:'"result": "added"' \
	    vecs-cli token user add --name box --user bob --json \
	    --pin-source file:pin --new-pin-source file:bob-pin
	reads bob bob-pin && atf_fail "bob has read"
	atf_check -s exit:183 -e match:'has a user \[ann\] already' \
	    vecs-cli token user add --name box --user ann $so \
	    --new-pin-source file:new
	atf_check -s exit:45 -e ignore vecs-cli token user add --name box \
	    --user eve $so --new-pin-source file:/dev/null
	atf_check -s not-exit:0 -e match:'vecs-cli failed' vecs-cli token \
	    user add --name box --user eve --rights all $so \
	    --new-pin-source file:new
	atf_check -s exit:43 -e match:1323 vecs-cli token user add \
	    --name box --user eve --so-pin-source file:pin \
	    --new-pin-source file:new
	reads ann ann-pin || atf_fail "ann cannot read any more"
	atf_check -o inline:'ann\tread\tgood\nbob\tuse\tgood\n' \
	    vecs-cli token user list --name box
}

case_new list__as_owner_and_officer "both see the users and their PINs"
list__as_owner_and_officer_body()
{
	box
	atf_check vecs-cli token user list --name box
	atf_check -o ignore vecs-cli token user add --name box --user ann \
	    $so --new-pin-source file:ann-pin --rights read
	reads ann new
	reads ann pin
	atf_check -o match:'^ann	.*	count-low,final-try$' \
	    vecs-cli token user list --token pkcs11:token=box
	reads ann so-pin
	atf_check -o match:'"pin": "locked"' -o match:'"token": "box"' \
	    vecs-cli token user list --name box $so --json
	atf_check -s exit:50 -e match:'has no PINs' \
	    vecs-cli token user list --name machine
	atf_check -s exit:216 -e match:'no such token' \
	    vecs-cli token user list --name none
}

case_new set_pin__by_officer_and_self "both ways, and it unlocks"
set_pin__by_officer_and_self_body()
{
	box
	atf_check -o ignore vecs-cli token user add --name box --user ann \
	    $so --new-pin-source file:ann-pin --rights read
	for wrong in new pin so-pin; do
		reads ann $wrong
	done
	reads ann ann-pin && atf_fail "not locked"
	atf_check -o match:'set the PIN of user \[ann\]' \
	    vecs-cli token user set-pin --name box --user ann $so \
	    --new-pin-source file:new
	reads ann new || atf_fail "not unlocked: $(cat err)"
	atf_check -s exit:43 -e match:1323 vecs-cli token user set-pin \
	    --name box --user ann --own --pin-source file:pin \
	    --new-pin-source file:bob-pin
	atf_check -o match:'set the PIN of user \[ann\]' \
	    vecs-cli token user set-pin --name box --user ann --own \
	    --pin-source file:new --new-pin-source file:bob-pin
	reads ann bob-pin || atf_fail "not the own PIN: $(cat err)"
	reads ann new && atf_fail "the old PIN still"
	atf_check -s exit:37 -e match:'has no user \[eve\]' \
	    vecs-cli token user set-pin --name box --user eve $so \
	    --new-pin-source file:new
	# The token's own user is as before.
	atf_check -o match:secret vecs-cli entry getkey --store box \
	    --alias s --pin-source file:pin
}

case_new remove__asks "a user that is gone cannot log in"
remove__asks_body()
{
	box
	atf_check -o ignore vecs-cli token user add --name box --user ann \
	    $so --new-pin-source file:ann-pin --rights read
	atf_check -o match:'will remove user \[ann\]' vecs-cli token user \
	    remove --name box --user ann $so < /dev/null
	reads ann ann-pin || atf_fail "removed without a yes"
	atf_check -o match:'removed user \[ann\]' vecs-cli token user \
	    remove --name box --user ann $so -y
	reads ann ann-pin && atf_fail "still there"
	atf_check -s exit:37 -e match:'has no user \[ann\]' vecs-cli token \
	    user remove --name box --user ann $so -y
	atf_check -s exit:87 -e match:'--user is needed' vecs-cli token \
	    user remove --name box -y
}

case_new other_modules__error_50 "named users are ours alone"
other_modules__error_50_body()
{
	soft_token box
	for verb in list 'add --user a' 'set-pin --user a' \
	    'remove -y --user a'; do
		atf_check -s exit:50 -e match:'token user needs a VECS' \
		    vecs-cli token user $verb --name box
	done
}

case_new words__help "three words are one command"
words__help_body()
{
	atf_check -o match:'^Usage: vecs-cli token user add' \
	    vecs-cli token user add --help
	atf_check -o match:'token user remove' vecs-cli token user --help
	atf_check -s exit:87 -e match:'unknown command' vecs-cli token user
	atf_check -s exit:87 -e match:'unknown command' \
	    vecs-cli token user sing
}

atf_init_test_cases()
{
	cases_add
}
