#! /usr/bin/env atf-sh
# Keys made, wrapped and unwrapped, on our module and on SoftHSM2.
. "$(atf_get_srcdir)/cli_lib.sh"

pin='--pin-source file:pin'

# Both modules in turn, each with an empty store "box".
each_module()
{
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
		"$@"
		cd ..
	done
}

generate()
{
	label=$1
	shift
	atf_check -o match:"generated key \[$label\] in store \[box\]" \
	    vecs-cli key generate --store box --label $label $pin "$@"
}


# has CLASS LABEL LINE...: the object has all these lines.
has()
{
	vecs-cli object show --store box $pin --class $1 --label $2 > shown ||
	    atf_fail "no $1 $2"
	shift 2
	for line in "$@"; do
		grep -qx "$line" shown || { cat shown; atf_fail "not: $line"; }
	done
}

unhex()
{
	tr a-f A-F | basenc --base16 -d
}

# A wrapping key whose value the test knows as well.
kek_bytes=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f

kek()
{
	printf %s $kek_bytes | unhex > kek.bin
	atf_check -o ignore -e ignore pkcs11-tool --module $VECS_MODULE \
	    --token-label box --login --pin 1234 --write-object kek.bin \
	    --type secrkey --key-type AES:32 --label kek --usage-wrap
	atf_check -o ignore vecs-cli object set --store box $pin \
	    --label kek wrap=yes unwrap=yes
}

case_new generate__attributes "standard defaults, uses, one CKA_ID"
attributes()
{
	generate r --algorithm rsa:2048
	has private-key r 'Sensitive :	yes' 'Extractable :	no' \
	    'Local :	yes' 'Private :	yes' 'Sign :	yes' \
	    'Unwrap :	yes' 'Derive :	no' 'Always sensitive :	yes'
	has public-key r 'Modulus bits :	2048' 'Verify :	yes' \
	    'Public exponent :	010001'
	generate e --algorithm ec:P-384 --use derive --extractable
	has private-key e 'Extractable :	yes' 'Sign :	no' \
	    'Derive :	yes' 'Ec params :	06052b81040022'
	generate d --algorithm ed25519 --id 0102
	has private-key d 'Id :	0102' 'Key type :	ec-edwards'
	has public-key d 'Id :	0102'
	generate a --algorithm AES:128 --use encrypt
	has secret-key a 'Value len :	16' 'Encrypt :	yes' \
	    'Decrypt :	yes' 'Wrap :	no' 'Sign :	no'
	generate g --algorithm generic
	has secret-key g 'Value len :	32' 'Sign :	yes'
	atf_check -o match:'"result": "generated"' vecs-cli key generate \
	    --store box $pin --label j --algorithm ec --json
}
generate__attributes_body()
{
	each_module attributes
}

case_new generate__id_of_the_key "CKA_ID is SHA-1 of the public key"
id_of()
{
	generate rsa --algorithm rsa:2048
	generate ec --algorithm ec:P-256
	generate ed --algorithm ed25519
	# The point is the tail of SubjectPublicKeyInfo, RSAPublicKey too.
	for each in rsa:270 ec:65; do
		label=${each%:*}
		pkcs11-tool --module $VECS_MODULE --token-label box --login \
		    --pin 1234 --read-object --type pubkey --label $label \
		    --output-file pub.der 2> err > out ||
		    atf_fail "no $label: $(cat err)"
		id=$(tail -c ${each#*:} pub.der | sha1sum | cut -d ' ' -f 1)
		has public-key $label "Id :	$id"
		has private-key $label "Id :	$id"
	done
	id=$(vecs-cli object show --store box $pin --class public-key \
	    --label ed | sed -n 's/^Ec point :	0420//p' | unhex |
	    sha1sum | cut -d ' ' -f 1)
	has private-key ed "Id :	$id"
}
generate__id_of_the_key_body()
{
	each_module id_of
}

case_new generate__refused "a taken label or a bad algorithm makes nothing"
refused()
{
	generate one --algorithm aes
	vecs-cli object list --store box $pin > before
	atf_check -s exit:183 -e match:'alias \[ONE\] exists already' \
	    vecs-cli key generate --store box $pin --label ONE --algorithm ec
	for bad in aes:129 aes:x rsa:2048x ec:P-257 ed25519:1 foo rsa: '' \
	    ml-dsa:1; do
		atf_check -s exit:87 -e match:'^Error: ' vecs-cli key generate \
		    --store box $pin --label two --algorithm "$bad"
	done
	atf_check -s exit:87 -e match:'is no use' vecs-cli key generate \
	    --store box $pin --label two --algorithm ec --use dance
	# What the module cannot do is told, and nothing stays behind.
	atf_check -s not-exit:0 -e match:'vecs-cli failed' vecs-cli key \
	    generate --store box $pin --label two --algorithm rsa:64
	vecs-cli object list --store box $pin > after
	atf_check cmp before after
}
generate__refused_body()
{
	each_module refused
}

case_new wrap__known_answer "what openssl's key wrap gives, and takes"
known()
{
	kek
	generate s --algorithm generic:256 --extractable
	generate k --algorithm rsa:2048 --extractable
	for key in s k; do
		atf_check -o match:'wrapped key with CKM_AES_KEY_WRAP_' \
		    vecs-cli key wrap --store box $pin --label $key \
		    --with kek --output $key.wrap
		test $(stat -c %a $key.wrap) = 600 || atf_fail "mode"
		openssl enc -d -id-aes256-wrap-pad -K $kek_bytes -iv a65959a6 \
		    -in $key.wrap -out $key.plain ||
		    atf_fail "not wrapped as RFC 5649 says"
	done
	test $(stat -c %s s.plain) = 32 || atf_fail "not 32 bytes"
	atf_check -o match:'Private-Key: .2048 bit' openssl pkey \
	    -inform DER -in k.plain -text -noout
	# And the other way round, a key made elsewhere.
	key_make outside rsa
	openssl pkcs8 -topk8 -nocrypt -in outside.key -outform DER -out o.der
	openssl enc -e -id-aes256-wrap-pad -K $kek_bytes -iv a65959a6 \
	    -in o.der -out o.wrap || atf_fail "openssl cannot wrap"
	atf_check -o match:'unwrapped key with CKM' vecs-cli key unwrap \
	    --store box $pin --label o --algorithm rsa --with kek \
	    --input o.wrap --use sign
	id=$(openssl rsa -in outside.key -RSAPublicKey_out -outform DER \
	    2>/dev/null | sha1sum | cut -d ' ' -f 1)
	has private-key o "Id :	$id" 'Sensitive :	yes' \
	    'Extractable :	no' 'Local :	no' 'Decrypt :	no'
	echo data > data
	openssl rsa -in outside.key -pubout -out pub.pem 2>/dev/null
	atf_check -o ignore -e ignore pkcs11-tool --module $VECS_MODULE \
	    --token-label box --login --pin 1234 --sign --id $id \
	    --mechanism SHA256-RSA-PKCS -i data -o sig
	atf_check -o match:Verified openssl dgst -sha256 -verify pub.pem \
	    -signature sig data
}
wrap__known_answer_body()
{
	each_module known
}

case_new wrap__there_and_back "every kind of key comes back"
back()
{
	generate kek --algorithm aes
	for key in rsa:2048 ec:P-256 aes:192 generic:160; do
		name=${key%:*}
		generate $name --algorithm $key --extractable
		atf_check -o match:'"mechanism": "CKM_AES' vecs-cli key wrap \
		    --store box $pin --label $name --with kek \
		    --output $name.wrap --json
		atf_check -o ignore vecs-cli key unwrap --store box $pin \
		    --label $name.2 --algorithm $name --with kek \
		    --input $name.wrap --extractable
		# The same mechanism gives the same bytes of the same key.
		atf_check -o ignore vecs-cli key wrap --store box $pin \
		    --label $name.2 --with kek --output again
		atf_check cmp again $name.wrap
	done
	has secret-key aes.2 'Extractable :	yes' 'Sensitive :	yes'
	has private-key ec.2 'Ec params :	06082a8648ce3d030107'
	vecs-cli key wrap --store box $pin --label aes --with kek \
	    --output - > piped || atf_fail "not to stdout"
	atf_check cmp piped aes.wrap
}
wrap__there_and_back_body()
{
	each_module back
}

case_new wrap__by_rsa "under RSA, opened by openssl with the private key"
by_rsa()
{
	# SoftHSM2 knows OAEP with SHA-1 alone.
	hash=$1
	cert_make holder rsa
	atf_check -o ignore vecs-cli entry create --store box $pin \
	    --alias holder --cert holder.crt --key holder.key
	printf 'sixteen bytes ok' > secret
	atf_check -o ignore vecs-cli entry create --store box $pin \
	    --alias s --key secret --sensitive
	atf_check -o match:'wrapped key with CKM_RSA_PKCS_OAEP' \
	    vecs-cli key wrap --store box $pin --label s --with holder \
	    --mechanism CKM_RSA_PKCS_OAEP --hash $hash --output s.wrap
	openssl pkeyutl -decrypt -inkey holder.key -in s.wrap -out s.plain \
	    -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:$hash \
	    -pkeyopt rsa_mgf1_md:$hash || atf_fail "not OAEP with $hash"
	atf_check cmp s.plain secret
	atf_check -o ignore vecs-cli key unwrap --store box $pin \
	    --label s.2 --algorithm generic --with holder --input s.wrap \
	    --mechanism CKM_RSA_PKCS_OAEP --hash $hash --use derive
	has secret-key s.2 'Derive :	yes' 'Sign :	no'
}
wrap__by_rsa_body()
{
	mkdir ours softhsm
	cd ours
	own_database
	printf 1234 > pin
	atf_check -o ignore vecs-cli store create --name box
	for hash in sha256 sha512; do
		by_rsa $hash
		for one in holder s s.2; do
			atf_check -o ignore vecs-cli object delete \
			    --store box --label $one --all -y
		done
	done
	by_rsa sha1
	# A private key is too large for RSA alone.
	generate e --algorithm ec --extractable
	atf_check -o match:'wrapped key with CKM_RSA_AES_KEY_WRAP' \
	    vecs-cli key wrap --store box --label e --with holder \
	    --output e.wrap
	head -c 256 e.wrap | openssl pkeyutl -decrypt -inkey holder.key \
	    -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 \
	    -out aes || atf_fail "no AES key in front"
	tail -c +257 e.wrap > rest
	openssl enc -d -id-aes256-wrap-pad -iv a65959a6 -in rest -out e.der \
	    -K "$(od -An -v -tx1 aes | tr -d ' \n')" || atf_fail "no key"
	openssl pkey -inform DER -in e.der -pubout -outform DER |
	    tail -c 65 | sha1sum > id
	has private-key e "Id :	$(cut -d ' ' -f 1 id)"
	cd ../softhsm
	soft_token box
	by_rsa sha1
	atf_check -s exit:50 -e match:'no mechanism that could wrap' \
	    vecs-cli key wrap --store box $pin --label holder --with holder \
	    --class private-key --output f
}

case_new wrap__refused "what may not leave stays; damage is found"
stays()
{
	generate kek --algorithm aes
	generate k --algorithm aes
	generate x --algorithm aes --extractable
	atf_check -s exit:5 -e match:'vecs-cli failed' vecs-cli key wrap \
	    --store box $pin --label k --with kek --output k.wrap
	test ! -e k.wrap || atf_fail "a file all the same"
	atf_check -s exit:216 -e match:'no key that wraps \[none\]' vecs-cli \
	    key wrap --store box $pin --label x --with none --output f
	atf_check -s exit:87 -e match:'is no mechanism' vecs-cli key wrap \
	    --store box $pin --label x --with kek --output f \
	    --mechanism CKM_SHA256
	atf_check -s exit:87 -e match:'--output is needed' vecs-cli key wrap \
	    --store box $pin --label x --with kek
	atf_check -o ignore vecs-cli key wrap --store box $pin --label x \
	    --with kek --output x.wrap
	printf '\377\377' | dd of=x.wrap bs=1 seek=9 conv=notrunc 2>/dev/null
	atf_check -s not-exit:0 -e match:'vecs-cli failed' vecs-cli key \
	    unwrap --store box $pin --label y --algorithm aes --with kek \
	    --input x.wrap
	vecs-cli object list --store box $pin > out
	atf_check -o not-match:'	y	' cat out
}
wrap__refused_body()
{
	each_module stays
}

atf_init_test_cases()
{
	cases_add
}
