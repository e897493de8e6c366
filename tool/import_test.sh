#! /usr/bin/env atf-sh
# Whole tokens copied between SoftHSM2 and our module.
. "$(atf_get_srcdir)/cli_lib.sh"

pin='--pin-source file:pin'
from='--from-pin-source file:pin'

ours()
{
	VECS_MODULE=$vecs_module VECS_HOME=$PWD/home
	export VECS_HOME
}

# A SoftHSM2 token "hsm" with every kind of object, and our empty database.
filled()
{
	mkdir home
	soft_token hsm
	cert_make www
	cert_make sens rsa
	cert_make fix
	cert_make ed ed25519
	printf 'twenty bytes of key.' > secret
	printf 'thirteen byte' > odd
	echo 'a note' > note
	add='vecs-cli entry create --store hsm --pin-source file:pin'
	atf_check -o ignore $add --alias www --cert www.crt --key www.key
	atf_check -o ignore $add --alias sens --cert sens.crt \
	    --key sens.key --sensitive
	atf_check -o ignore $add --alias fix --cert fix.crt \
	    --key fix.key --non-extractable
	atf_check -o ignore $add --alias ed --cert ed.crt --key ed.key
	atf_check -o ignore $add --alias secret --key secret
	atf_check -o ignore $add --alias odd --key odd --sensitive
	atf_check -o ignore -e ignore pkcs11-tool --module $softhsm --login \
	    --pin 1234 --token-label hsm --write-object note --type data \
	    --label note --application-label notes
	vecs-cli object list --store hsm $pin | sort > before
	ours
}

# key_value LABEL FILE: wrapped under a known key, the key has these bytes.
key_value()
{
	kek=$(printf '%064d' 7)
	if [ ! -e kek ]; then
		printf %s "$kek" | basenc --base16 -d > kek
		atf_check -o ignore -e ignore pkcs11-tool --login --pin 1234 \
		    --module $VECS_MODULE --token-label $1 --write-object kek \
		    --type secrkey --key-type AES:32 --label kek --usage-wrap
		atf_check -o ignore vecs-cli object set --store $1 $pin \
		    --label kek wrap=yes
	fi
	atf_check -o ignore vecs-cli key wrap --store $1 $pin --label $2 \
	    --with kek --output wrapped
	openssl enc -d -id-aes256-wrap-pad -K $kek -iv a65959a6 -in wrapped \
	    -out plain || atf_fail "not wrapped"
	atf_check cmp plain $3
}

arrived()
{
	for entry in www sens ed; do
		vecs-cli entry getcert --store $1 $pin --alias $entry > got
		(cat $entry.crt; echo) > expout
		atf_check cmp got expout
	done
	for entry in www ed; do
		vecs-cli entry getkey --store $1 $pin --alias $entry > got
		(openssl pkey -in $entry.key; echo) > expout
		atf_check cmp got expout
	done
	atf_check -s exit:5 -e ignore vecs-cli entry getkey --store $1 $pin \
	    --alias sens
	atf_check -o match:'^Sensitive :	yes$' \
	    -o match:'^Extractable :	yes$' -o match:'^Sign :	yes$' \
	    -o match:'^Local :	no$' vecs-cli object show --store $1 $pin \
	    --class private-key --label sens
	openssl pkcs8 -topk8 -nocrypt -in sens.key -outform DER -out sens.der
	key_value $1 sens sens.der
	key_value $1 odd odd
	atf_check -o match:'^Value :	61206e6f74650a$' \
	    -o match:'^Application :	notes$' \
	    vecs-cli object show --store $1 $pin --label note
	vecs-cli entry getkey --store $1 $pin --alias secret > got
	(cat secret; echo) > expout
	atf_check cmp got expout
}

case_new softhsm2__folder "a folder of tokens; what must stay is named"
softhsm2__folder_body()
{
	filled
	unset SOFTHSM2_CONF
	cat > told <<-END
	Imported 14 objects into store [hsm]; 0 were there, 1 stay
	private-key [fix]: it is not extractable
	END
	atf_check -o file:told vecs-cli import --from softhsm2 tokens $from
	arrived hsm
	sed -i 's/14 objects/0 objects/; s/0 were/14 were/' told
	atf_check -o file:told vecs-cli import --from softhsm2 tokens $from
	# The source is as it was.
	SOFTHSM2_CONF=$PWD/softhsm2.conf
	export SOFTHSM2_CONF
	vecs-cli --module $softhsm object list --store hsm $pin | sort > after
	atf_check cmp before after
}

case_new module__any "a module as the source, another store as the target"
module__any_body()
{
	filled
	atf_check -o match:'"moved": 14' -o match:'"store": "other"' \
	    -o match:'"name": "fix"' -o match:'"movable": false' \
	    vecs-cli import --module $softhsm --store other $from --json
	atf_check -o match:'^other$' -o not-match:hsm vecs-cli store list
	arrived other
	# Within one module, from token to token.
	atf_check -o match:'Imported 14 objects into store \[again\]; 0' \
	    vecs-cli import --from $vecs_module --store again \
	    --from-token pkcs11:token=other
	rm kek
	arrived again
}

case_new back__to_softhsm2 "from our store to another maker's token"
back__to_softhsm2_body()
{
	filled
	atf_check -o ignore vecs-cli import --from $softhsm $from
	atf_check -o ignore vecs-cli --module $softhsm store create \
	    --name back $pin --so-pin-source file:so-pin
	atf_check -o match:'Imported 14 objects into store \[back\]; 0 were' \
	    vecs-cli import --from $vecs_module --module $softhsm \
	    --from-token pkcs11:token=hsm --store back $pin
	VECS_MODULE=$softhsm
	for entry in www ed; do
		vecs-cli entry getkey --store back $pin --alias $entry > got
		(openssl pkey -in $entry.key; echo) > expout
		atf_check cmp got expout
	done
	echo data > data
	openssl x509 -in sens.crt -pubkey -noout > pub
	id=$(vecs-cli object list --store back $pin --label sens \
	    --class private-key | cut -f 4)
	atf_check -o ignore -e ignore pkcs11-tool --module $softhsm --sign \
	    --token-label back --login --pin 1234 --id $id -i data -o sig \
	    --mechanism SHA256-RSA-PKCS
	atf_check -o match:Verified openssl dgst -sha256 -verify pub \
	    -signature sig data
}

case_new refused__is_an_error "what its token will not wrap is error 50"
refused__is_an_error_body()
{
	filled
	atf_check -o ignore vecs-cli --module $softhsm key generate \
	    --store hsm $pin --label stuck --algorithm ed25519 --extractable
	atf_check -s exit:50 -e "$(failed 50 ERROR_NOT_SUPPORTED)" \
	    -o match:'private-key \[stuck\]: its token cannot wrap' \
	    -o match:'Imported 15 objects' \
	    vecs-cli import --from $softhsm $from
}

case_new refused__by_the_target "one bad object spoils no other"
refused__by_the_target_body()
{
	mkdir home
	soft_token hsm
	printf 12345 > five
	for alias in a c; do
		atf_check -o ignore vecs-cli entry create --store hsm $pin \
		    --alias $alias --key five
	done
	# SoftHSM2 takes an AES key of 40 bits.
	atf_check -o ignore -e ignore pkcs11-tool --module $softhsm --login \
	    --pin 1234 --token-label hsm --write-object five --label b \
	    --type secrkey --key-type AES:5 --extractable
	ours
	atf_check -s exit:50 -e "$(failed 50 ERROR_NOT_SUPPORTED)" \
	    -o match:'Imported 2 objects' \
	    -o match:'secret-key \[b\]: .*VALUE_INVALID' \
	    vecs-cli import --from $softhsm $from
	for alias in a c; do
		atf_check -o inline:'12345\n' vecs-cli entry getkey \
		    --store hsm --alias $alias
	done
}

case_new source__mistakes "no source, no folder, several tokens, no PIN"
source__mistakes_body()
{
	filled
	for words in '' '--from softhsm2' "--from $softhsm tokens"; do
		atf_check -s exit:87 -e match:'the source is needed' \
		    vecs-cli import $words
	done
	mkdir empty
	for folder in empty /nonexistent; do
		atf_check -s exit:2 -e match:'is no folder of SoftHSM2' \
		    vecs-cli import --from softhsm2 $folder
	done
	atf_check -s exit:43 -e match:'needs a PIN: --from-pin-source' \
	    setsid vecs-cli import --from $softhsm
	atf_check -s exit:43 -e match:'Error 1323' vecs-cli import \
	    --from $softhsm --from-pin-source file:so-pin
	atf_check -s exit:126 -e match:'Failed to find module' \
	    vecs-cli import --from /nonexistent.so
	atf_check -o ignore vecs-cli --module $softhsm store create \
	    --name two $pin --so-pin-source file:so-pin
	atf_check -s exit:87 -e match:'pkcs11:serial=[0-9a-f]{16}	two' \
	    vecs-cli import --from $softhsm $from
	atf_check -s exit:216 -e match:'no such store' vecs-cli import \
	    --from $vecs_module --from-token pkcs11:token=machine \
	    --module $softhsm --store none $pin
	vecs-cli store list > out
	atf_check -o not-match:hsm cat out
}

atf_init_test_cases()
{
	cases_add
}
