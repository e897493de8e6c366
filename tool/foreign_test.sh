#! /usr/bin/env atf-sh
# The entry commands on another maker's module: SoftHSM2.
. "$(atf_get_srcdir)/cli_lib.sh"

pin='--pin-source file:pin'

case_new store__made_with_two_pins "store create initialises a token"
store__made_with_two_pins_body()
{
	soft_token machine
	atf_check -o inline:'machine\n' vecs-cli store list
	atf_check -s exit:183 -e "$(failed 183 ERROR_ALREADY_EXISTS)" \
	    vecs-cli store create --name MACHINE $pin \
	    --so-pin-source file:so-pin
	atf_check -s exit:43 -e match:'needs two PINs' \
	    setsid vecs-cli store create --name other
	atf_check -o inline:'{\n  "stores": [\n    "machine"\n  ]\n}\n' \
	    vecs-cli --json store list
}

case_new vendor_commands__error_50 "what other modules lack says so"
vendor_commands__error_50_body()
{
	soft_token t
	for command in 'store delete --name t -y' \
	    'store permission --name t --user root --grant read' \
	    'store get-permissions --name t' check \
	    'entry revert --store t --alias a'; do
		atf_check -s exit:50 -e match:'needs a VECS module' \
		    -e "$(failed 50 ERROR_NOT_SUPPORTED)" vecs-cli $command
	done
}

# signs TYPE: the token signs with this key, the certificate verifies it.
signs()
{
	openssl x509 -in $1.crt -pubkey -noout > pub
	openssl dgst -sha256 -binary data > digest
	input=digest how='--mechanism ECDSA --signature-format openssl'
	verify='openssl dgst -sha256 -verify pub -signature sig data'
	case $1 in
	rsa) input=data how='--mechanism SHA256-RSA-PKCS' ;;
	ed*)
		input=data how='--mechanism EDDSA'
		verify='openssl pkeyutl -verify -pubin -inkey pub -rawin
		    -in data -sigfile sig'
		;;
	esac
	atf_check -o ignore -e ignore pkcs11-tool --module $softhsm \
	    --token-label $1 --login --pin 1234 --sign $how -i $input -o sig
	atf_check -o match:Verified $verify
}

case_new entry__every_key_type "keys go in and come out the same"
entry__every_key_type_body()
{
	echo data > data
	for type in P-256 P-384 P-521 rsa ed25519 ed448; do
		# One token each: pkcs11-tool signs with the first key it finds.
		soft_token $type
		cert_make $type $type
		atf_check -o inline:"Entry with alias [k] in store [$type] was \
created successfully \n" vecs-cli entry create --store $type --alias k \
		    --cert $type.crt --key $type.key $pin
		(openssl pkey -in $type.key; echo) > expout
		atf_check -o file:expout vecs-cli entry getkey \
		    --store $type --alias k $pin
		(cat $type.crt; echo) > expout
		atf_check -o file:expout vecs-cli entry getcert \
		    --store $type --alias k $pin
		signs $type
	done
}

case_new entry__attributes "objects carry what other clients search by"
entry__attributes_body()
{
	soft_token t
	cert_make m
	atf_check -o ignore vecs-cli entry create --store t --alias m \
	    --cert m.crt --key m.key $pin
	id=$(openssl x509 -in m.crt -pubkey -noout | openssl pkey -pubin \
	    -outform DER | tail -c 65 | sha1sum | cut -d ' ' -f 1)
	atf_check -o save:objects -e ignore pkcs11-tool --module $softhsm \
	    --token-label t --login --pin 1234 --list-objects
	test $(grep -c "ID: *$id" objects) = 3 || atf_fail "ids differ"
	atf_check -o match:'subject: *DN: CN=m, O=Test' cat objects
	atf_check -o match:'serial: ' cat objects
	atf_check -o match:'sign.*, derive' cat objects
}

case_new entry__refused "a mismatch or a taken alias changes nothing"
entry__refused_body()
{
	soft_token t
	cert_make one
	cert_make two
	atf_check -s exit:162 -e "match:^vecs-cli failed. Error 90018: \
Private key does not match certificate " vecs-cli entry create --store t \
	    --alias x --cert one.crt --key two.key $pin
	atf_check -o ignore vecs-cli entry create --store t --alias a \
	    --cert one.crt $pin
	atf_check -s exit:183 -e match:'alias [[]A[]] exists already' \
	    -e "$(failed 183 ERROR_ALREADY_EXISTS)" vecs-cli entry create \
	    --store t --alias A --cert two.crt --key two.key $pin
	atf_check -o inline:'Number of entries in store :\t1\na\n' \
	    vecs-cli entry list --store t $pin --aliases
}

case_new entry__other_types "secrets, roots, encrypted keys, CRLs"
entry__other_types_body()
{
	soft_token t
	cert_make ca
	printf 'word\0with\377bytes' > secret
	atf_check -o ignore vecs-cli entry create --store t --alias s \
	    --key secret $pin
	atf_check -o save:out vecs-cli entry getkey --store t --alias S $pin
	(cat secret; echo) > expout
	atf_check cmp out expout
	atf_check -o ignore vecs-cli entry create --store t --alias e \
	    --cert ca.crt --key ca.key --password geheim $pin
	atf_check -o match:'BEGIN PRIVATE KEY' vecs-cli entry getkey \
	    --store t --alias e --password geheim $pin
	atf_check -s exit:43 -e "$(failed 1323 ERROR_WRONG_PASSWORD)" \
	    vecs-cli entry getkey --store t --alias e --password falsch $pin
	atf_check -o match:'Entry type :	Encrypted Private Key' \
	    -o match:'Entry type :	Secret Key' \
	    vecs-cli entry list --store t $pin
	soft_token TRUSTED_ROOT_CRLS
	crl_make ca 01 one.crl
	crl_make ca 02 two.crl
	atf_check -o ignore vecs-cli entry create \
	    --store trusted_root_crls --crl one.crl $pin
	atf_check -o ignore vecs-cli entry create \
	    --store TRUSTED_ROOT_CRLS --crl two.crl $pin
	atf_check -o match:'store :	1$' \
	    -o match:'Certification Revocation List' \
	    vecs-cli entry list --store TRUSTED_ROOT_CRLS $pin
	atf_check -s exit:183 -e match:'not older' vecs-cli entry create \
	    --store TRUSTED_ROOT_CRLS --crl one.crl $pin
}

case_new entry__trusted_by_the_officer "CKA_TRUSTED with the SO's PIN only"
entry__trusted_by_the_officer_body()
{
	soft_token t
	cert_make a
	cert_make b
	atf_check -o ignore vecs-cli entry create --store t --cert a.crt $pin
	atf_check -o ignore vecs-cli entry create --store t --cert b.crt \
	    --so-pin-source file:so-pin
	/usr/bin/python3 - <<-END > out || atf_fail "PyKCS11 failed"
	import PyKCS11
	lib = PyKCS11.PyKCS11Lib()
	lib.load("$softhsm")
	for slot in lib.getSlotList(tokenPresent=True):
	    if lib.getTokenInfo(slot).label.strip() != "t":
	        continue
	    session = lib.openSession(slot)
	    for o in session.findObjects(
	            [(PyKCS11.CKA_CLASS, PyKCS11.CKO_CERTIFICATE)]):
	        trusted, category = session.getAttributeValue(o,
	            [PyKCS11.CKA_TRUSTED, PyKCS11.CKA_CERTIFICATE_CATEGORY])
	        print(trusted, category[0])
	END
	sort out > sorted
	atf_check -o inline:'False 2\nTrue 2\n' cat sorted
}

case_new chain__rebuilt "the order of a chain is found again"
chain__rebuilt_body()
{
	soft_token t
	cert_make root
	cert_issue middle root basicConstraints=critical,CA:true
	cert_issue leaf middle
	cat root.crt leaf.crt middle.crt > any.crt
	cat leaf.crt middle.crt root.crt > expout
	echo >> expout
	atf_check -o ignore vecs-cli entry create --store t --alias a \
	    --cert any.crt --key leaf.key $pin
	atf_check -o file:expout vecs-cli entry getcert --store t --alias a \
	    $pin
	# Without a login the key is not seen, the certificates are.
	atf_check -o file:expout -e match:'only the public objects' setsid \
	    vecs-cli entry getcert --store t --alias a
	atf_check -s exit:43 -e match:'needs a PIN' setsid vecs-cli \
	    entry getkey --store t --alias a
}

case_new others__entries "entries that other clients wrote"
others__entries_body()
{
	soft_token t
	tool()
	{
		atf_check -o ignore -e ignore pkcs11-tool --module $softhsm \
		    --token-label t --login --pin 1234 "$@"
	}
	tool --keypairgen --key-type EC:prime256v1 --label pair --id 0a0b
	tool --keypairgen --key-type EC:prime256v1 --id 0c
	tool --keypairgen --key-type EC:prime256v1 --label twin --id 01
	tool --keypairgen --key-type EC:prime256v1 --label twin --id 02
	cert_make c
	openssl x509 -in c.crt -outform DER -out c.der
	tool --write-object c.der --type cert --id 0a0b
	cat > expout <<-END
	Number of entries in store :	4
	id:0c
	pair
	twin
	twin
	END
	atf_check -o file:expout -e match:'several private keys' \
	    vecs-cli entry list --store t --aliases $pin
	# The certificate without a label is part of its key's entry.
	atf_check -o match:'BEGIN CERTIFICATE' vecs-cli entry getcert \
	    --store t --alias pair $pin
	atf_check -s exit:5 -e match:'does not leave its store' \
	    vecs-cli entry getkey --store t --alias pair $pin
	atf_check -s exit:87 -e match:'id:01' -e match:'id:02' \
	    vecs-cli entry delete --store t --alias twin -y $pin
	atf_check -o ignore vecs-cli entry delete --store t --alias id:02 -y \
	    $pin
	atf_check -o match:'store :	3$' vecs-cli entry list --store t \
	    --aliases $pin
}

case_new token__by_uri "--token leaves one token, with its PIN"
token__by_uri_body()
{
	soft_token one
	soft_token two
	cert_make c
	uri="pkcs11:token=two?pin-source=file:$PWD/pin"
	atf_check -o inline:'two\n' vecs-cli store list --token "$uri"
	atf_check -o match:'store [[]two[]]' vecs-cli --token "$uri" \
	    entry create --alias c --cert c.crt --key c.key
	atf_check -o match:'PRIVATE KEY' vecs-cli entry getkey --alias c \
	    --token 'pkcs11:token=two?pin-value=1234'
	atf_check -s exit:216 -e match:'Failed to open the store' \
	    vecs-cli entry getkey --store one --alias c --token "$uri"
	atf_check -s exit:87 -e match:'more than one token' \
	    vecs-cli entry list --token pkcs11: $pin
	printf 4321 > wrong
	atf_check -s exit:43 -e match:CKR_PIN_INCORRECT \
	    -e "$(failed 1323 ERROR_WRONG_PASSWORD)" \
	    vecs-cli entry list --store two --pin-source file:wrong
}

case_new reference__names_the_key "the PEM file that stands for a key"
reference__names_the_key_body()
{
	soft_token 'my store'
	cert_make c
	atf_check -o ignore vecs-cli entry create --store 'my store' \
	    --alias '_ä;&' --cert c.crt --key c.key $pin
	atf_check vecs-cli entry getkey --store 'my store' --alias '_ä;&' \
	    $pin --reference --output key.pem
	atf_check -o inline:'600\n' stat -c %a key.pem
	atf_check -o inline:'-----BEGIN PKCS#11 PROVIDER URI-----\n' \
	    head -n 1 key.pem
	atf_check -o inline:'-----END PKCS#11 PROVIDER URI-----\n' \
	    tail -n 1 key.pem
	sed '/^---/d' key.pem | base64 -d > key.der
	atf_check -o save:dump openssl asn1parse -inform DER -in key.der
	atf_check -o match:'VISIBLESTRING *:PKCS#11 Provider URI v1.0$' \
	    cat dump
	uri='pkcs11:token=my%20store;object=_%C3%A4%3B%26;type=private'
	atf_check -o match:"UTF8STRING *:$uri\$" cat dump
	atf_check -o save:exact vecs-cli entry getkey --store 'my store' \
	    --alias '_ä;&' $pin --reference --exact
	sed '/^---/d' exact | base64 -d | strings > uri
	atf_check -o match:';serial=[0-9a-f]{16};' -o match:';id=(%..){20};' \
	    cat uri
	atf_check -o ignore vecs-cli entry create --store 'my store' \
	    --alias root --cert c.crt $pin
	atf_check -s exit:87 -e match:'No key was found' vecs-cli entry \
	    getkey --store 'my store' --alias root --reference $pin
}

case_new policy__sensitive "--sensitive and --non-extractable"
policy__sensitive_body()
{
	soft_token t
	cert_make c
	for option in --sensitive --non-extractable; do
		atf_check -o ignore vecs-cli entry create --store t \
		    --alias c$option --cert c.crt --key c.key $option $pin
		atf_check -s exit:5 -e match:'does not leave' \
		    -e "$(failed 5 ERROR_ACCESS_DENIED)" vecs-cli entry \
		    getkey --store t --alias c$option $pin
	done
	atf_check -o save:objects -e ignore pkcs11-tool --module $softhsm \
	    --token-label t --login --pin 1234 --list-objects --type privkey
	atf_check -o match:'Access: *sensitive, extractable$' \
	    -o match:'Access: *sensitive$' cat objects
}

atf_init_test_cases()
{
	cases_add
}
