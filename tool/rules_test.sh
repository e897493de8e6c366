#! /usr/bin/env atf-sh
# What stores ask of certificates: roots, CRLs, chains, subjects.
. "$(atf_get_srcdir)/cli_lib.sh"

created()
{
	echo "inline:Entry with alias [$1] in store [$2] was created \
successfully \n"
}

case_new roots__by_content "TRUSTED_ROOTS names its entries by SHA-1"
roots__by_content_body()
{
	own_database
	cert_make one
	cert_make two
	cat one.crt two.crt one.crt > both.crt
	printf 'Entry with alias [%s] in store [TRUSTED_ROOTS] was created successfully \n' \
	    $(sha1_of one.crt) $(sha1_of two.crt) > expout
	atf_check -o file:expout -e match:'--alias is ignored' \
	    vecs-cli entry create --store TRUSTED_ROOTS --alias chain.cer \
	    --cert both.crt
	atf_check -s exit:183 -e "$(failed 183 ERROR_ALREADY_EXISTS)" \
	    vecs-cli entry create --store trusted_roots --cert two.crt
	cert_issue leaf one
	atf_check -s exit:87 -e match:'is no CA' -e not-match:Usage \
	    vecs-cli entry create --store TRUSTED_ROOTS --cert leaf.crt
	atf_check -s exit:87 -e match:'holds certificates only' \
	    vecs-cli entry create --store TRUSTED_ROOTS --cert one.crt \
	    --key one.key
	atf_check -o match:'store :	2$' vecs-cli entry list \
	    --store TRUSTED_ROOTS --aliases
	atf_check -o "$(created $(sha1_of leaf.crt) TRUSTED_ROOTS)" \
	    vecs-cli entry create --store TRUSTED_ROOTS --cert leaf.crt \
	    --force
}

case_new crls__one_for_each_issuer "a newer CRL takes the place of older ones"
crls__one_for_each_issuer_body()
{
	own_database
	cert_make ca
	cert_make other
	crl_make ca 01 one.crl
	crl_make ca 02 two.crl
	crl_make other 01 other.crl
	openssl crl -in two.crl -outform DER -out two.der
	create='vecs-cli entry create --store TRUSTED_ROOT_CRLS'
	atf_check -o ignore $create --crl one.crl
	atf_check -o ignore $create --crl other.crl
	atf_check -o "$(created $(sha1sum < two.der | cut -d ' ' -f 1) \
	    TRUSTED_ROOT_CRLS)" $create --crl two.der
	atf_check -s exit:183 -e match:'not older' $create --crl one.crl
	atf_check -s exit:183 -e ignore $create --crl two.crl
	atf_check -s exit:87 -e match:'revocation lists only' $create \
	    --cert ca.crt
	atf_check -s exit:87 -e match:'kept in TRUSTED_ROOT_CRLS' \
	    vecs-cli entry create --store machine --crl one.crl
	(printf 'Number of entries in store :\t2\n'
	for crl in other two; do
		printf 'Alias :\t%s\n' \
		    $(openssl crl -in $crl.crl -outform DER | sha1sum |
		    cut -d ' ' -f 1)
		printf 'Entry type :\tCertification Revocation List\n'
		printf 'Certificate :\t'
		cat $crl.crl
		echo
	done) > expout
	atf_check -o file:expout vecs-cli entry list --store TRUSTED_ROOT_CRLS
	alias=$(sha1sum < two.der | cut -d ' ' -f 1)
	atf_check -o file:two.crl vecs-cli entry getcert \
	    --store TRUSTED_ROOT_CRLS --alias $alias
	atf_check -o match:'Certificate Revocation List' \
	    vecs-cli entry getcert --store TRUSTED_ROOT_CRLS --alias $alias \
	    --text
	atf_check -s exit:216 -e match:4312 vecs-cli entry getkey \
	    --store TRUSTED_ROOT_CRLS --alias $alias
}

case_new chain__sorted "any order is taken, strangers are not"
chain__sorted_body()
{
	own_database
	cert_make root
	cert_make stranger
	cert_issue middle root basicConstraints=critical,CA:true
	cert_issue leaf middle
	cat leaf.crt middle.crt root.crt > expout
	echo >> expout
	cat middle.crt root.crt leaf.crt leaf.crt > any.crt
	for key in '' '--key leaf.key'; do
		atf_check -o ignore vecs-cli entry create --store machine \
		    --alias a --cert any.crt $key
		atf_check -o file:expout vecs-cli entry getcert \
		    --store machine --alias a
		atf_check -o ignore vecs-cli entry delete --store machine \
		    --alias a -y
	done
	cat leaf.crt stranger.crt middle.crt > bad.crt
	atf_check -s exit:11 -e match:'stranger.* does not belong' \
	    vecs-cli entry create --store machine --alias a --cert bad.crt
	cat leaf.crt root.crt > gap.crt
	atf_check -s exit:11 -e match:'root.* does not belong' \
	    vecs-cli entry create --store machine --alias a --cert gap.crt
	atf_check -o inline:'Number of entries in store :\t0\n' \
	    vecs-cli entry list --store machine
}

case_new subject__unique "solution users do not share a subject"
subject__unique_body()
{
	own_database
	cert_make user
	cp user.crt first.crt
	cp user.key first.key
	cert_make user
	atf_check -o ignore vecs-cli entry create --store machine \
	    --alias machine --cert first.crt --key first.key
	atf_check -s exit:183 \
	    -e match:'store [[]machine[]], alias [[]machine[]]' \
	    -e "$(failed 183 ERROR_ALREADY_EXISTS)" vecs-cli entry create \
	    --store vpxd --alias vpxd --cert user.crt --key user.key
	# Other stores may have it.
	atf_check -o ignore vecs-cli entry create --store MACHINE_SSL_CERT \
	    --alias x --cert user.crt --key user.key
	atf_check -o ignore vecs-cli entry replace --store machine \
	    --alias machine --cert user.crt --key user.key
	echo 'solution-user-stores = vpxd' > vecs.conf
	atf_check -o ignore vecs-cli entry create --store vpxd --alias vpxd \
	    --cert user.crt --key user.key
}

atf_init_test_cases()
{
	cases_add
}
