#! /usr/bin/env atf-sh
# Replacing an entry, its backup, and the way back.
. "$(atf_get_srcdir)/cli_lib.sh"

store=MACHINE_SSL_CERT
alias=__MACHINE_CERT
entry="--store $store --alias $alias"

# is_now NAME: the entry holds this certificate and key.
is_now()
{
	(openssl pkey -in $1.key; echo) > expout
	atf_check -o file:expout vecs-cli entry getkey $entry
	(cat $1.crt; echo) > expout
	atf_check -o file:expout vecs-cli entry getcert $entry
}

# is_backup ALIAS NAME: BACKUP_STORE holds this one under that alias.
is_backup()
{
	(openssl pkey -in $2.key; echo) > expout
	atf_check -o file:expout vecs-cli entry getkey --store BACKUP_STORE \
	    --alias $1
}

backups()
{
	atf_check -o inline:"Number of entries in store :\t$#\n$(printf \
	    '%s\\n' "$@")" vecs-cli entry list --store BACKUP_STORE --aliases
}

replace()
{
	atf_check -o inline:"Entry with alias [$alias] in store [$store] was \
replaced successfully \n" vecs-cli entry replace $entry --cert $1.crt \
	    --key $1.key
}

revert()
{
	atf_check -o inline:"Entry with alias [$alias] in store [$store] was \
reverted successfully \n" vecs-cli entry revert $entry
}

certs()
{
	own_database
	for name; do
		cert_make $name
	done
	atf_check -o ignore vecs-cli entry create $entry --cert $1.crt \
	    --key $1.key
}

case_new replace__and_back "one step of backup by default"
replace__and_back_body()
{
	certs a b c
	replace b
	is_now b
	backups bkp_$alias
	is_backup bkp_$alias a
	replace c
	is_now c
	backups bkp_$alias
	is_backup bkp_$alias b
	revert
	is_now b
	atf_check -o inline:'Number of entries in store :\t0\n' \
	    vecs-cli entry list --store BACKUP_STORE --aliases
	atf_check -s exit:216 -e match:'there is no backup' \
	    vecs-cli entry revert $entry
	is_now b
	atf_check -o match:' 0 findings' vecs-cli check
}

case_new replace__after_deletion "a deleted entry comes back from its backup"
replace__after_deletion_body()
{
	certs a b
	replace b
	atf_check -o ignore vecs-cli entry delete $entry -y
	revert
	is_now a
}

case_new replace__several_steps "backup-steps keeps more"
replace__several_steps_body()
{
	certs a b c d e
	echo 'backup-steps = 3' > vecs.conf
	for name in b c d e; do
		replace $name
	done
	is_now e
	is_backup bkp_$alias d
	is_backup bkp_${alias}_2 c
	is_backup bkp_${alias}_3 b
	atf_check -o match:'store :	3$' vecs-cli entry list \
	    --store BACKUP_STORE --aliases
	for name in d c b; do
		revert
		is_now $name
	done
	atf_check -s exit:216 -e ignore vecs-cli entry revert $entry
	echo 'backup-steps = 0' > vecs.conf
	replace e
	atf_check -o inline:'Number of entries in store :\t0\n' \
	    vecs-cli entry list --store BACKUP_STORE --aliases
}

case_new replace__two_stores "two stores with one alias share no backup"
replace__two_stores_body()
{
	certs a b
	cert_make c
	cert_make d
	atf_check -o ignore vecs-cli entry create --store vpxd \
	    --alias $alias --cert c.crt --key c.key
	replace b
	atf_check -o ignore vecs-cli entry replace --store vpxd \
	    --alias $alias --cert d.crt --key d.key
	is_backup bkp_$alias a
	is_backup bkp_vpxd_$alias c
	revert
	is_now a
	is_backup bkp_vpxd_$alias c
	atf_check -o ignore vecs-cli entry revert --store vpxd --alias $alias
	(openssl pkey -in c.key; echo) > expout
	atf_check -o file:expout vecs-cli entry getkey --store vpxd \
	    --alias $alias
}

case_new replace__odd_aliases "an alias that looks like an older step"
replace__odd_aliases_body()
{
	certs a b c
	echo 'backup-steps = 3' > vecs.conf
	cert_make d
	cert_make e
	atf_check -o ignore vecs-cli entry create --store $store \
	    --alias ${alias}_2 --cert d.crt --key d.key
	atf_check -o ignore vecs-cli entry replace --store $store \
	    --alias ${alias}_2 --cert e.crt --key e.key
	is_backup bkp_${alias}_2 d
	replace b
	replace c
	is_backup bkp_${alias}_2 d
	revert
	is_now b
	revert
	is_now a
	atf_check -o ignore vecs-cli entry revert --store $store \
	    --alias ${alias}_2
	(openssl pkey -in d.key; echo) > expout
	atf_check -o file:expout vecs-cli entry getkey --store $store \
	    --alias ${alias}_2
}

case_new replace__refused "what cannot be replaced stays as it is"
replace__refused_body()
{
	certs a b
	key_make other
	atf_check -s exit:216 -e match:'no entry [[]nope[]]' vecs-cli entry \
	    replace --store $store --alias nope --cert b.crt --key b.key
	atf_check -s exit:162 -e match:90018 vecs-cli entry replace $entry \
	    --cert b.crt --key other.key
	atf_check -s exit:87 -e match:'Usage: vecs-cli entry replace' \
	    vecs-cli entry replace --store $store --cert b.crt --key b.key
	atf_check -o ignore vecs-cli entry create --store TRUSTED_ROOTS \
	    --cert a.crt
	atf_check -s exit:87 -e match:'are not replaced' vecs-cli entry \
	    replace --store TRUSTED_ROOTS --alias $(sha1_of a.crt) \
	    --cert b.crt
	atf_check -o ignore vecs-cli store delete --name BACKUP_STORE -y
	atf_check -s exit:216 -e match:'no BACKUP_STORE' vecs-cli entry \
	    replace $entry --cert b.crt --key b.key
	is_now a
}

case_new replace__keeps_spelling "the alias stays as it was created"
replace__keeps_spelling_body()
{
	certs a b
	atf_check -o ignore vecs-cli entry replace --store machine_ssl_cert \
	    --alias __machine_cert --cert b.crt --key b.key
	atf_check -o inline:"Number of entries in store :\t1\n$alias\n" \
	    vecs-cli entry list --store $store --aliases
	atf_check -o ignore vecs-cli entry revert --store $store \
	    --alias __machine_cert
	atf_check -o inline:"Number of entries in store :\t1\n$alias\n" \
	    vecs-cli entry list --store $store --aliases
}

case_new replace__other_types "a secret and a trusted certificate"
replace__other_types_body()
{
	own_database
	printf one > one
	printf two > two
	atf_check -o ignore vecs-cli entry create --store machine --alias s \
	    --key one
	atf_check -o ignore vecs-cli entry replace --store machine --alias s \
	    --key two
	atf_check -o inline:'two\n' vecs-cli entry getkey --store machine \
	    --alias s
	atf_check -o inline:'one\n' vecs-cli entry getkey \
	    --store BACKUP_STORE --alias bkp_s
	atf_check -o ignore vecs-cli entry revert --store machine --alias s
	atf_check -o inline:'one\n' vecs-cli entry getkey --store machine \
	    --alias s
}

case_new replace__held_key "a process that holds the old key goes on signing"
replace__held_key_body()
{
	certs a b
	cat > hold.py <<-END
	import PyKCS11, sys
	from PyKCS11 import *
	lib = PyKCS11Lib()
	lib.load("$vecs_module")
	slot = next(s for s in lib.getSlotList(tokenPresent=True)
	    if lib.getTokenInfo(s).label.strip() == "$store")
	session = lib.openSession(slot)
	key = session.findObjects([(CKA_CLASS, CKO_PRIVATE_KEY)])[0]
	digest = bytes(32)
	sign = lambda: session.sign(key, digest, Mechanism(CKM_ECDSA))
	sign()
	print("ready", flush=True)
	sys.stdin.readline()
	sign()
	print("signed", flush=True)
	END
	mkfifo go
	/usr/bin/python3 hold.py < go > out 2> err &
	pid=$!
	exec 3> go
	for i in $(seq 100); do
		grep -q ready out && break
		sleep 0.1
	done
	grep -q ready out || atf_fail "$(cat err)"
	replace b
	echo go >&3
	exec 3>&-
	wait $pid || atf_fail "$(cat err)"
	atf_check -o inline:'ready\nsigned\n' cat out
}

case_new replace__under_readers "who reads meanwhile finds the old or the new"
replace__under_readers_body()
{
	certs a b c
	for name in b c; do
		(for i in 1 2 3 4 5 6 7 8; do
			vecs-cli entry replace $entry --cert $name.crt \
			    --key $name.key || echo "replace $name $i"
		done) > $name.out 2> $name.err &
	done
	for i in $(seq 30); do
		vecs-cli entry getkey $entry || echo "getkey $i"
		vecs-cli entry getcert $entry || echo "getcert $i"
		vecs-cli entry list --store $store --aliases |
		    grep -qx $alias || echo "list $i"
	done > read.out 2> read.err
	wait
	atf_check cat b.err c.err read.err
	atf_check -o not-match:'^(getkey|getcert|list) ' cat read.out
	atf_check -o inline:"Number of entries in store :\t1\n$alias\n" \
	    vecs-cli entry list --store $store --aliases
	atf_check -o inline:"Number of entries in store :\t1\nbkp_$alias\n" \
	    vecs-cli entry list --store BACKUP_STORE --aliases
	atf_check -o match:' 0 findings' vecs-cli check
}

atf_init_test_cases()
{
	cases_add
}
