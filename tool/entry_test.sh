#! /usr/bin/env atf-sh
# Entries: created, listed, fetched, deleted, byte by byte.
. "$(atf_get_srcdir)/cli_lib.sh"

created()
{
	echo "inline:Entry with alias [$1] in store [$2] was created \
successfully \n"
}

case_new create__types "certificate, key, both, neither"
create__types_body()
{
	own_database
	cert_make a
	atf_check -o "$(created c machine)" vecs-cli entry create \
	    --store machine --alias c --cert a.crt
	atf_check -o "$(created k machine)" vecs-cli entry create \
	    --store machine --alias k --key a.key
	atf_check -o ignore vecs-cli entry delete --store machine --alias c -y
	atf_check -o "$(created b Machine)" vecs-cli entry create \
	    --store Machine --alias b --cert a.crt --key a.key < /dev/zero
	atf_check -s exit:87 -e match:'A certificate or a key must be' \
	    vecs-cli entry create --store machine --alias x
	atf_check -s exit:87 -e match:'^Error: The alias [[][]] is invalid $' \
	    vecs-cli entry create --store machine --key a.key
	(printf 'Number of entries in store :\t2\n'
	printf 'Alias :\tk\nEntry type :\tSecret Key\nCertificate :\t\n\n'
	printf 'Alias :\tb\nEntry type :\tPrivate Key\nCertificate :\t'
	cat a.crt; printf '\n\n') > expout
	atf_check -o file:expout vecs-cli entry list --store machine
	(cat a.key; echo) > expout
	atf_check -o file:expout vecs-cli entry getkey --store machine \
	    --alias k
}

case_new create__alias_is_sha1 "no alias: the SHA-1 of the certificate"
create__alias_is_sha1_body()
{
	own_database
	cert_make a
	atf_check -o "$(created $(sha1_of a.crt) MACHINE_SSL_CERT)" \
	    vecs-cli entry create --store MACHINE_SSL_CERT --cert a.crt \
	    --key a.key
	cert_make b
	atf_check -o "$(created $(sha1_of b.crt) MACHINE_SSL_CERT)" \
	    vecs-cli entry create --store MACHINE_SSL_CERT --cert b.crt \
	    --alias ''
}

case_new create__duplicate "an alias that differs in case is a duplicate"
create__duplicate_body()
{
	own_database
	cert_make a
	cert_make b
	atf_check -o ignore vecs-cli entry create --store machine --alias Ab \
	    --cert a.crt
	atf_check -s exit:183 -e "$(failed 183 ERROR_ALREADY_EXISTS)" \
	    vecs-cli entry create --store machine --alias aB --cert b.crt \
	    --key b.key
	atf_check -o inline:'Number of entries in store :\t1\nAb\n' \
	    vecs-cli entry list --store machine --aliases
}

case_new create__mismatch "a wrong key stores nothing"
create__mismatch_body()
{
	own_database
	cert_make a
	key_make other
	cat > expout <<-END
	vecs-cli failed. Error 90018: Private key does not match certificate 
	END
	atf_check -s exit:162 -e file:expout vecs-cli entry create \
	    --store machine --alias a --cert a.crt --key other.key
	atf_check -o inline:'Number of entries in store :\t0\n' \
	    vecs-cli entry list --store machine
}

case_new create__unknown_store "the store is looked for before the files"
create__unknown_store_body()
{
	own_database
	echo nonsense > bad
	cat > expout <<-END
	Error: Failed to open the store.
	vecs-cli failed. Error 4312: No such store or entry. Operation failed with error ERROR_OBJECT_NOT_FOUND (4312) 
	END
	atf_check -s exit:216 -e file:expout vecs-cli entry create \
	    --store nope --alias a --cert bad
}

case_new list__bytes "none, one, chain, text, aliases"
list__bytes_body()
{
	own_database
	atf_check -o inline:'Number of entries in store :\t0\n' \
	    vecs-cli entry list --store machine
	cert_make root
	cert_issue leaf root
	cat leaf.crt root.crt > chain.crt
	atf_check -o ignore vecs-cli entry create --store machine \
	    --alias Leaf --cert chain.crt --key leaf.key
	printf secret > s
	atf_check -o ignore vecs-cli entry create --store machine --alias s \
	    --key s
	(printf 'Number of entries in store :\t2\n'
	printf 'Alias :\tLeaf\nEntry type :\tPrivate Key\nCertificate :\t'
	cat chain.crt
	printf '\n\nAlias :\ts\nEntry type :\tSecret Key\nCertificate :\t\n\n'
	) > expout
	atf_check -o file:expout vecs-cli entry list --store machine
	atf_check -o save:text vecs-cli entry list --store machine --text
	(printf 'Number of entries in store :\t2\n'
	printf 'Alias :\tLeaf\nEntry type :\tPrivate Key\n'
	) > expout
	atf_check -o file:expout head -n 3 text
	atf_check -o inline:'Certificate:\n    Data:\n' sed -n '4,5p' text
	atf_check -o inline:'Alias :\ts\nEntry type :\tSecret Key\nCertificate :\t\n\n' \
	    tail -n 4 text
	atf_check -o match:'^        Issuer: CN=root, O=Test$' \
	    -o match:'^            Not Before: ' \
	    -o match:'^            Not After : ' \
	    -o match:'^        Subject: CN=leaf, O=Test$' \
	    -o not-match:'Subject: CN=root' -o not-match:BEGIN cat text
	atf_check -o inline:'Number of entries in store :\t2\nLeaf\ns\n' \
	    vecs-cli entry list --store machine --aliases --text
	atf_check -s exit:216 -e "$not_found" vecs-cli entry list --store nope
	# The first of several names wins.
	atf_check -o ignore vecs-cli entry list --store machine --store nope
	atf_check -o match:'"alias": "Leaf"' -o match:'"subject": "O=Test,CN=leaf"' \
	    vecs-cli entry list --store machine --json
}

case_new getcert__forms "PEM, a file, text"
getcert__forms_body()
{
	own_database
	cert_make root
	cert_issue leaf root
	cat leaf.crt root.crt > chain.crt
	atf_check -o ignore vecs-cli entry create --store machine \
	    --alias Leaf --cert chain.crt --key leaf.key
	(cat chain.crt; echo) > expout
	get='vecs-cli entry getcert --store machine --alias leaf'
	atf_check -o file:expout $get
	atf_check -o file:expout $get --output -
	atf_check -o file:expout $get --password ignored
	atf_check $get --output file
	atf_check cmp file expout
	atf_check -o inline:'600\n' stat -c %a file
	atf_check -o match:'Subject: CN=leaf' -o not-match:BEGIN $get --text
	atf_check -o match:'Subject: CN=leaf' -o not-match:BEGIN $get --text \
	    --output other
	atf_check cmp other expout
	atf_check -o match:notAfter sh -c "$get | openssl x509 -noout -dates"
}

case_new getcert__errors "what has no certificate"
getcert__errors_body()
{
	own_database
	printf secret > s
	atf_check -o ignore vecs-cli entry create --store machine \
	    --alias location_password_default --key s
	cat > expout <<-END
	Error: No certificates were found for entry [location_password_default] of type [Secret Key].
	vecs-cli failed. Error 87: Operation failed with error ERROR_INVALID_PARAMETER (87) 
	END
	atf_check -s exit:87 -e file:expout vecs-cli entry getcert \
	    --store machine --alias location_password_default
	atf_check -s exit:216 -e "$not_found" vecs-cli entry getcert --store machine --alias nope
	atf_check -s exit:216 -e match:'^Error: Failed to open the store[.]$' \
	    vecs-cli entry getcert --store nope --alias nope
	atf_check -s exit:87 -e match:'^Error: The store name [[]machine[]] or the Alias [[][]] is invalid $' \
	    vecs-cli entry getcert --store machine
}

case_new getkey__forms "PKCS#8, a file of mode 0600, text, every type"
getkey__forms_body()
{
	own_database
	for type in P-256 P-384 P-521 rsa ed25519 ed448; do
		cert_make "$type" "$type"
		atf_check -o ignore vecs-cli entry create --store machine \
		    --alias $type --cert $type.crt --key $type.key
		(openssl pkey -in $type.key; echo) > expout
		get="vecs-cli entry getkey --store machine --alias $type"
		atf_check -o file:expout $get
		atf_check $get --output $type.out
		atf_check cmp $type.out expout
		atf_check -o inline:'600\n' stat -c %a $type.out
		atf_check -o match:'^[Pp]riv' $get --text
	done
	openssl rsa -traditional -in rsa.key -out pkcs1.key 2>/dev/null
	atf_check -o match:'BEGIN RSA' head -n 1 pkcs1.key
	atf_check -o ignore vecs-cli entry create --store MACHINE_SSL_CERT \
	    --alias pkcs1 --cert rsa.crt --key pkcs1.key
	(openssl pkey -in rsa.key; echo) > expout
	atf_check -o file:expout vecs-cli entry getkey \
	    --store MACHINE_SSL_CERT --alias pkcs1
}

case_new getkey__errors "trusted certificates and missing aliases"
getkey__errors_body()
{
	own_database
	cert_make a
	atf_check -o ignore vecs-cli entry create --store machine --alias a \
	    --cert a.crt
	cat > expout <<-END
	Error: No key was found for entry [A] of type [Trusted Cert]
	vecs-cli failed. Error 87: Operation failed with error ERROR_INVALID_PARAMETER (87) 
	END
	atf_check -s exit:87 -e file:expout vecs-cli entry getkey \
	    --store machine --alias A
	atf_check -s exit:216 -e match:4312 vecs-cli entry getkey \
	    --store machine --alias nope
	for option in --sensitive --non-extractable; do
		atf_check -o ignore vecs-cli entry create \
		    --store MACHINE_SSL_CERT --alias $option --cert a.crt \
		    --key a.key $option
		atf_check -s exit:5 -e match:'does not leave its store' \
		    vecs-cli entry getkey --store MACHINE_SSL_CERT \
		    --alias $option
		# A secret without a certificate is kept so too.
		atf_check -o ignore vecs-cli entry create --store machine \
		    --alias $option --key a.key $option
		atf_check -s exit:5 -e match:'does not leave its store' \
		    vecs-cli entry getkey --store machine --alias $option
	done
}

case_new password__stored_key "a key kept under a password"
password__stored_key_body()
{
	own_database
	cert_make a
	atf_check -o ignore vecs-cli entry create --store machine --alias a \
	    --cert a.crt --key a.key --password geheim
	atf_check -o match:'Entry type :	Encrypted Private Key' \
	    vecs-cli entry list --store machine
	get='vecs-cli entry getkey --store machine --alias a'
	for password in '' '--password falsch' '--password='; do
		atf_check -s exit:43 \
		    -e "$(failed 1323 ERROR_WRONG_PASSWORD)" \
		    setsid $get $password
	done
	(cat a.key; echo) > expout
	atf_check -o file:expout $get --password geheim
	atf_check -o file:expout $get --password=geheim
	echo geheim > password
	atf_check -o file:expout $get --password-file password
	(cat a.crt; echo) > expout
	atf_check -o file:expout vecs-cli entry getcert --store machine \
	    --alias a
	atf_check -s exit:87 -e match:'The password is empty' vecs-cli entry \
	    create --store MACHINE_SSL_CERT --alias b --cert a.crt \
	    --key a.key --password ''
}

case_new password__leaves_argv "the command line shows it no more"
password__leaves_argv_body()
{
	own_database
	mkfifo pipe
	vecs-cli entry create --store machine --alias a --password geheim \
	    --key-password-file x --password=geheim --cert pipe &
	pid=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		tr '\0' ' ' < /proc/$pid/cmdline > line
		grep -q pipe line && ! grep -q geheim line && break
		sleep 0.1
	done
	: > pipe
	wait $pid
	atf_check -o match:'entry create' -o not-match:geheim cat line
}

case_new delete__any "existing, missing, in any case"
delete__any_body()
{
	own_database
	cert_make a
	atf_check -o ignore vecs-cli entry create --store machine --alias a \
	    --cert a.crt --key a.key
	echo n > answer
	cat > expout <<-END
	Warning: This operation will delete entry [A] from store [machine]
	Do you wish to continue? Y/N [N] 
	END
	delete='vecs-cli entry delete --store machine --alias A'
	atf_check -o file:expout sh -c "$delete < answer"
	atf_check -o match:'^a$' vecs-cli entry list --store machine --aliases
	printf 'Deleted entry with alias [A] in store [machine] successfully\n ' \
	    >> expout
	atf_check -o file:expout sh -c "echo Y | $delete"
	atf_check -o inline:'Number of entries in store :\t0\n' \
	    vecs-cli entry list --store machine
	atf_check -e match:'nothing was deleted' \
	    -o inline:'Deleted entry with alias [A] in store [machine] successfully\n ' \
	    $delete -y
	atf_check -s exit:216 -e match:'^Error: Failed to open the store$' \
	    vecs-cli entry delete --store nope --alias a -y
}

case_new twice__at_once "two processes, one alias: one of them wins"
twice__at_once_body()
{
	own_database
	cert_make a
	cert_make b
	atf_check -o ignore vecs-cli store list
	for round in 1 2 3 4 5; do
		vecs-cli entry create --store machine --alias r$round \
		    --cert a.crt > out 2> err1 &
		first=$!
		vecs-cli entry create --store machine --alias R$round \
		    --cert b.crt > out 2> err2 &
		second=$!
		wait $first
		one=$?
		wait $second
		two=$?
		test $((one + two)) = 183 ||
		    atf_fail "exits $one $two: $(cat err1 err2)"
		atf_check -o match:'store :	1$' vecs-cli entry list \
		    --store machine --aliases
		atf_check -o ignore vecs-cli entry delete --store machine \
		    --alias r$round -y
	done
}

atf_init_test_cases()
{
	cases_add
}
