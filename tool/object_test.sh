#! /usr/bin/env atf-sh
# The object commands, on our module and on SoftHSM2.
. "$(atf_get_srcdir)/cli_lib.sh"

pin='--pin-source file:pin'

# Both modules in turn, each with the store "box" that holds the entry www.
each_module()
{
	cert_make www
	id=$(openssl x509 -in www.crt -pubkey -noout | openssl pkey -pubin \
	    -outform DER | tail -c 65 | sha1sum | cut -d ' ' -f 1)
	for maker in ours softhsm; do
		mkdir $maker
		cd $maker
		if [ $maker = ours ]; then
			own_database
			printf 1234 > pin
			atf_check -o ignore vecs-cli store create --name box
		else
			soft_token box
		fi
		atf_check -o ignore vecs-cli entry create --store box \
		    --alias www --cert ../www.crt --key ../www.key $pin
		"$@"
		cd ..
	done
}

objects()
{
	vecs-cli object list --store box $pin "$@" | sort
}

case_new list__lines "one line for each object, narrowed by options"
lines()
{
	printf 'certificate\t-\twww\t%s\nprivate-key\tec\twww\t%s\n' \
	    $id $id > expout
	printf 'public-key\tec\twww\t%s\n' $id >> expout
	objects > out
	atf_check diff -u expout out
	for by in '--class private-key' '--class CKO_PRIVATE_KEY --label www' \
	    "--class Private_Key --id $id"; do
		objects $by > out
		atf_check -o inline:"private-key\tec\twww\t$id\n" cat out
	done
	atf_check -o match:'"key_type": "ec"' -o match:"\"id\": \"$id\"" \
	    vecs-cli object list --store box $pin --json
	atf_check vecs-cli object list --store box $pin --label none
	atf_check -s exit:87 -e match:'is no class' \
	    vecs-cli object list --store box --class keys
	atf_check -s exit:87 -e match:'is not hexadecimal' \
	    vecs-cli object list --store box --id xy
}
list__lines_body()
{
	each_module lines
}

case_new list__without_a_pin "public objects only, and a note"
list__without_a_pin_body()
{
	each_module true
	cd softhsm
	SOFTHSM2_CONF=$PWD/softhsm2.conf
	atf_check -o match:^certificate -o not-match:private-key \
	    -e match:'only the public objects' \
	    setsid vecs-cli object list --store box
}

case_new show__no_secrets "every attribute that is no secret"
shown()
{
	hex=$(openssl pkey -in ../www.key -text -noout |
	    sed -n '/^priv/,/^pub/p' | grep '^ ' | tr -d ' :\n')
	atf_check -o match:'^Sensitive :	no$' \
	    -o match:'^Extractable :	yes$' -o match:'^Label :	www$' \
	    -o match:'^Ec params :	06082a8648ce3d030107$' \
	    -o not-match:"${hex#00}" \
	    vecs-cli object show --store box $pin --class private-key
	der=$(openssl x509 -in ../www.crt -outform DER | od -An -v -tx1 |
	    tr -d ' \n')
	atf_check -o match:"\"value\": \"$der\"" \
	    -o match:'"class": "certificate"' \
	    vecs-cli object show --store box $pin --class certificate --json
	atf_check -s exit:216 -e match:'no such object' \
	    vecs-cli object show --store box $pin --label none
}
show__no_secrets_body()
{
	each_module shown
}

case_new show__vendor_objects "what our stores say of themselves"
show__vendor_objects_body()
{
	own_database
	atf_check -o match:"^Vecs owner :	$(id -un)\$" \
	    vecs-cli object show --store machine --class 0xd6454301
}

case_new set__changes "values of every kind; one object unless --all"
changes()
{
	atf_check -o inline:'1 object changed\n' vecs-cli object set \
	    --store box $pin --class private-key label='new name' id=00:ffAA \
	    CKA_SENSITIVE=yes derive=no
	atf_check -o match:'^Label :	new name$' -o match:'^Id :	00ffaa$' \
	    -o match:'^Sensitive :	yes$' -o match:'^Derive :	no$' \
	    vecs-cli object show --store box $pin --id 00ffaa
	atf_check -s exit:87 -e match:'2 objects are meant' \
	    vecs-cli object set --store box $pin --label www label=x
	atf_check -o inline:'2 objects changed\n' vecs-cli object set \
	    --store box $pin --label www --all label=x
	test $(objects --label x | wc -l) = 2 || atf_fail "not both"
	# What the standard forbids is the module's to refuse.
	atf_check -s not-exit:0 -e match:'vecs-cli failed' vecs-cli object \
	    set --store box $pin --id 00ffaa sensitive=no
}
set__changes_body()
{
	each_module changes
	cd ours
	VECS_MODULE=$vecs_module
	atf_check -o ignore vecs-cli object set --store box --id 00ffaa \
	    start-date=2026-01-02 end-date=
	atf_check -o match:'^Start date :	2026-01-02$' \
	    vecs-cli object show --store box --id 00ffaa
}

case_new set__trusted_by_the_officer "only the SO makes a certificate trusted"
set__trusted_by_the_officer_body()
{
	own_database
	printf 1234 > pin
	printf 5678 > so-pin
	cert_make ca
	atf_check -o ignore vecs-cli token init --name box $pin \
	    --so-pin-source file:so-pin
	atf_check -o ignore vecs-cli entry create --store box --alias ca \
	    --cert ca.crt $pin
	set='vecs-cli object set --store box --label ca trusted=yes'
	atf_check -s exit:5 -e match:'vecs-cli failed' $set $pin
	atf_check -o match:'1 object changed' $set --so-pin-source file:so-pin
	atf_check -o match:'^Trusted :	yes$' \
	    vecs-cli object show --store box --label ca $pin
}

case_new set__mistakes "what is no value is refused before anything"
set__mistakes_body()
{
	for word in label colour=red =x sensitive=maybe id=0 id=zz \
	    start-date=2026-1-2 certificate-category=one \
	    allowed-mechanisms=CKM_NONE; do
		atf_check -s exit:87 -e match:'^Error: .*is no' \
		    vecs-cli --module /nonexistent object set --store s $word
	done
	atf_check -s exit:87 -e match:'NAME=VALUE is needed' \
	    vecs-cli object set --store s --label x
	atf_check -s exit:87 -e match:'unknown option .i[]]' vecs-cli object \
	    set --store s a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=9
}

case_new delete__asks "what matches goes away, after a question"
deletes()
{
	echo n > answer
	atf_check -o match:'will delete 1 object of store \[box\]' sh -c \
	    "vecs-cli object delete --store box $pin --class certificate \
	    < answer"
	test $(objects | wc -l) = 3 || atf_fail "gone without a yes"
	atf_check -s exit:87 -e match:'3 objects are meant' \
	    vecs-cli object delete --store box $pin -y
	echo y > answer
	atf_check -o match:'1 object deleted' sh -c \
	    "vecs-cli object delete --store box $pin --class certificate \
	    < answer"
	objects > out
	atf_check -o not-match:certificate cat out
	atf_check -o match:'"objects": 2' vecs-cli object delete --store box \
	    $pin --all -y --json
	objects > out
	atf_check cat out
}
delete__asks_body()
{
	each_module deletes
}

atf_init_test_cases()
{
	cases_add
}
