#! /usr/bin/env atf-sh
# Backups of one store and of all, sealed two ways, restored here and elsewhere.
. "$(atf_get_srcdir)/cli_lib.sh"

filled()
{
	own_database
	printf 'a passphrase\n' > pass
	printf 'another one\n' > wrong
	cert_make www
	atf_check -o ignore vecs-cli store create --name web
	atf_check -o ignore vecs-cli entry create --store web --alias www \
	    --cert www.crt --key www.key --non-extractable
	vecs-cli entry getcert --store web --alias www > before
}

same()
{
	vecs-cli entry getcert --store "$1" --alias www > after ||
	    atf_fail "no entry in $1"
	atf_check cmp before after
}

elsewhere()
{
	mkdir other
	VECS_HOME=$PWD/other
	export VECS_HOME
}

case_new passphrase__one_store "a store comes back under its own or a new name"
passphrase__one_store_body()
{
	filled
	atf_check -o match:'Saved store \[web\]' vecs-cli backup web.bak \
	    --store web --password-file pass
	test "$(stat -c %a web.bak)" = 600 || atf_fail "not for the owner alone"
	atf_check -s exit:183 -e match:'holds objects' \
	    vecs-cli restore web.bak --password-file pass
	atf_check -s exit:43 -e match:'Error 1323' \
	    vecs-cli restore web.bak --password-file wrong
	atf_check -o ignore vecs-cli restore web.bak --password-file pass \
	    --as web2
	same web2
	atf_check -o ignore vecs-cli store delete --name web -y
	atf_check -o match:Restored vecs-cli restore web.bak \
	    --password-file pass
	same web
	atf_check -o match:'0 findings' vecs-cli check
}

case_new passphrase__all_stores "a new machine gets everything"
passphrase__all_stores_body()
{
	filled
	atf_check -o match:'all' vecs-cli backup all.bak --password-file pass
	elsewhere
	atf_check -o match:Restored vecs-cli restore all.bak \
	    --password-file file:pass
	same web
	atf_check -o match:'0 findings' vecs-cli check
	# What is there is replaced only where that is said.
	atf_check -s exit:183 -e ignore vecs-cli restore all.bak \
	    --password-file pass
	atf_check -o ignore vecs-cli restore all.bak --password-file pass \
	    --replace
	same web
}

case_new recipient__rsa_and_ec "only the recipient's key opens it"
recipient__rsa_and_ec_body()
{
	filled
	cert_make rsa rsa
	cert_make ec
	for who in rsa ec; do
		atf_check -o ignore vecs-cli backup $who.bak --store web \
		    --recipient $who.crt
		atf_check -s exit:43 -e match:'private key is needed' \
		    vecs-cli restore $who.bak --as $who
		atf_check -s exit:43 -e match:'not sealed to this key' \
		    vecs-cli restore $who.bak --as $who --key www.key
		atf_check -o ignore vecs-cli restore $who.bak --as $who \
		    --key $who.key
		same $who
	done
	cert_make ed ed25519
	atf_check -s exit:87 -e match:'must be RSA or EC' \
	    vecs-cli backup no.bak --store web --recipient ed.crt
	test ! -e no.bak || atf_fail "half a backup"
}

case_new stream__through_a_pipe "from stdout to stdin"
stream__through_a_pipe_body()
{
	filled
	vecs-cli backup - --store web --password-file pass |
	    vecs-cli restore - --password-file pass --as copy > out ||
	    atf_fail "the pipe broke"
	same copy
}

case_new damage__is_refused "a flipped or a missing byte: nothing is restored"
damage__is_refused_body()
{
	filled
	atf_check -o ignore vecs-cli backup web.bak --store web \
	    --password-file pass
	size=$(stat -c %s web.bak)
	for at in 3 40 200 $((size / 2)) $((size - 1)); do
		cp web.bak bad.bak
		printf '\377\000' | dd of=bad.bak bs=1 seek=$at conv=notrunc \
		    2>/dev/null
		vecs-cli restore bad.bak --password-file pass --as copy \
		    > out 2> err && atf_fail "byte $at: restored"
	done
	head -c $((size - 10)) web.bak > bad.bak
	atf_check -s not-exit:0 -e match:'cut off' vecs-cli restore bad.bak \
	    --password-file pass --as copy
	atf_check -s exit:11 -e match:'no backup' vecs-cli restore www.crt \
	    --password-file pass
	atf_check -s exit:87 -e match:'FILE is needed' -o ignore \
	    vecs-cli restore
	vecs-cli store list | grep -x copy && atf_fail "half a store"
	true
}

case_new rekey__new_keys "everything is there under a new master key"
rekey__new_keys_body()
{
	filled
	cp home/master.key old
	atf_check -o match:'New keys for the database and 9 stores' \
	    vecs-cli rekey
	cmp -s home/master.key old && atf_fail "the key is the old one"
	same web
	atf_check -o match:'0 findings' vecs-cli check
	cp old home/master.key
	atf_check -s not-exit:0 -e match:'not the one of' vecs-cli store list
}

atf_init_test_cases()
{
	atf_add_test_case passphrase__one_store
	atf_add_test_case passphrase__all_stores
	atf_add_test_case recipient__rsa_and_ec
	atf_add_test_case stream__through_a_pipe
	atf_add_test_case damage__is_refused
	atf_add_test_case rekey__new_keys
}
