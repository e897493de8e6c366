#! /usr/bin/env atf-sh
# The provider under openssl(1) and nginx: one suite over two tokens.

SOFTHSM=/usr/lib/softhsm/libsofthsm2.so
PIN=1234

# token_softhsm, token_vecs: make the token T1 with a PIN in this folder and
# leave its module in MODULE.
token_softhsm()
{
	MODULE=$SOFTHSM
	mkdir tokens
	printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$PWD" \
	    >softhsm2.conf
	export SOFTHSM2_CONF="$PWD/softhsm2.conf"
	token_init
}

token_vecs()
{
	MODULE=$(atf_get_srcdir)/../module/vecs-pkcs11.so
	[ -e "$MODULE" ] || atf_fail "no $MODULE"
	mkdir home
	export VECS_HOME="$PWD/home"
	token_init
}

p11()
{
	pkcs11-tool --module "$MODULE" "$@"
}

token_init()
{
	slot=$(p11 -L | awk '/uninitialized/ { print n } /^Slot/ { n = $2 }')
	atf_check -o ignore -e ignore pkcs11-tool --module "$MODULE" \
	    --slot-index "${slot:-0}" --init-token --label T1 --so-pin 12345678
	atf_check -o ignore -e ignore pkcs11-tool --module "$MODULE" \
	    --token-label T1 --login --login-type so --so-pin 12345678 \
	    --init-pin --pin $PIN
}

# key ALIAS TYPE ID: generates a pair on the token.
key()
{
	atf_check -o ignore -e ignore pkcs11-tool --module "$MODULE" \
	    --token-label T1 --login --pin $PIN --keypairgen --key-type "$2" \
	    --label "$1" --id "$3"
}

# configure [DIRECTIVE...]: openssl.cnf of this folder.
configure()
{
	{
		printf 'openssl_conf = init\n[init]\nproviders = providers\n'
		printf 'alg_section = algorithms\n[algorithms]\n'
		printf '%s\n' "${PREFER:+default_properties = $PREFER}"
		printf '[providers]\n%s\n' "${ORDER:-default = plain
vecs = vecs}"
		printf '[plain]\nactivate = 1\n[vecs]\n'
		printf 'module = %s/vecs.so\n' "$(atf_get_srcdir)"
		printf 'pkcs11-module-path = %s\n' "$MODULE"
		for line; do printf '%s\n' "$line"; done
		printf 'activate = 1\n'
		printf '[req]\ndistinguished_name = dn\n[dn]\n'
	} >openssl.cnf
	export OPENSSL_CONF="$PWD/openssl.cnf"
	unset PKCS11_PROVIDER_MODULE VECS_MODULE OPENSSL_MODULES
}

# plain COMMAND...: without the provider.
plain()
{
	OPENSSL_CONF=/dev/null "$@"
}

# uri ALIAS [TYPE]
uri()
{
	echo "pkcs11:token=T1;object=$1;type=${2:-private}?pin-value=$PIN"
}

# reference URI FILE: the PEM file of a URI.
reference()
{
	cat >reference.cnf <<-EOF
	asn1 = SEQUENCE:parts
	[parts]
	a = VISIBLESTRING:PKCS\\#11 Provider URI v1.0
	b = FORMAT:UTF8,UTF8:$1
	EOF
	plain openssl asn1parse -genconf reference.cnf -noout -out reference.der
	{
		echo "-----BEGIN PKCS#11 PROVIDER URI-----"
		openssl base64 -in reference.der
		echo "-----END PKCS#11 PROVIDER URI-----"
	} >"$2"
}

all_keys()
{
	key rsa RSA:2048 01
	key ec EC:prime256v1 02
	key ed EC:edwards25519 03
}

free_port()
{
	/usr/bin/python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_port PORT: until somebody listens.
wait_port()
{
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		/usr/bin/python3 -c "import socket
socket.create_connection(('127.0.0.1', $1))" 2>/dev/null && return
		sleep 0.1
	done
	atf_fail "nobody listens on port $1"
}

# --- the cases; each is run for each token ---

check_storeutl()
{
	all_keys
	configure
	atf_check -o match:"Total found: 3" \
	    openssl storeutl -noout -keys "pkcs11:token=T1?pin-value=$PIN"
	atf_check -o match:"Total found: 1" \
	    openssl storeutl -noout -keys "$(uri ec)"
	atf_check -o match:"Total found: 3" \
	    openssl storeutl -noout "pkcs11:token=T1;type=public"
	atf_check -s exit:1 -o ignore -e match:"pkcs11:token=T1;object=none.*: no such object" \
	    openssl storeutl -noout "$(uri none)"
	atf_check -s exit:1 -o ignore -e match:"no such token" \
	    openssl storeutl -noout "pkcs11:token=T9"
	atf_check -s exit:1 -o ignore -e match:"unknown path attribute" \
	    openssl storeutl -noout "pkcs11:token=T1;colour=red"
}

check_certificates()
{
	all_keys
	configure
	for k in rsa ec ed; do
		atf_check -e ignore openssl req -x509 -new -key "$(uri $k)" \
		    -subj "/CN=$k" -days 3 -out $k.crt \
		    -addext basicConstraints=critical,CA:TRUE
		atf_check -e ignore openssl req -new -key "$(uri $k)" \
		    -subj "/CN=leaf $k" -out $k.csr
		atf_check -e ignore -o ignore \
		    env OPENSSL_CONF=/dev/null openssl req -in $k.csr -verify -noout
		atf_check -e ignore openssl x509 -req -in $k.csr -CA $k.crt \
		    -CAkey "$(uri $k)" -days 3 -out $k.leaf
		atf_check -o inline:"$k.leaf: OK\n" env OPENSSL_CONF=/dev/null \
		    openssl verify -CAfile $k.crt $k.leaf
		plain openssl x509 -in $k.crt -outform DER -out $k.der
		p11 --token-label T1 --login --pin $PIN --write-object $k.der \
		    --type cert --label $k >/dev/null 2>&1 || atf_fail write
	done
	atf_check -o file:ec.crt -x \
	    "openssl storeutl -certs '$(uri ec cert)' | sed -n '/BEGIN/,/END/p'"
	atf_check -o match:"Total found: 1" openssl storeutl -noout -certs \
	    -subject "/CN=rsa" "pkcs11:token=T1?pin-value=$PIN"
	serial=$(plain openssl x509 -in ed.crt -noout -serial)
	atf_check -o match:"Total found: 1" openssl storeutl -noout -certs \
	    -issuer "/CN=ed" -serial "0x${serial#serial=}" \
	    "pkcs11:token=T1?pin-value=$PIN"
	atf_check -o match:"Total found: 1" openssl storeutl -noout -certs \
	    -alias ec "pkcs11:token=T1?pin-value=$PIN"
}

# signs FILE KEY... OPTIONS: signs with dgst here, verifies without us.
dgst_round()
{
	k=$1
	shift
	atf_check openssl dgst "$@" -sign "$(uri $k)" -out sig message
	atf_check -o inline:"Verified OK\n" env OPENSSL_CONF=/dev/null \
	    openssl dgst "$@" -verify $k.pub -signature sig message
	atf_check -o inline:"Verified OK\n" \
	    openssl dgst "$@" -prverify "$(uri $k)" -signature sig message
	echo other >other
	atf_check -s exit:1 -o inline:"Verification failure\n" -e ignore \
	    openssl dgst "$@" -prverify "$(uri $k)" -signature sig other
}

check_dgst()
{
	key rsa RSA:2048 01
	key ec EC:prime256v1 02
	configure
	echo message >message
	for k in rsa ec; do
		atf_check -e ignore openssl pkey -in "$(uri $k)" -pubout \
		    -out $k.pub
		atf_check -o match:"BEGIN PUBLIC KEY" cat $k.pub
		for d in -sha256 -sha384 -sha512 -sha3-256; do
			dgst_round $k $d
		done
	done
	for salt in -1 -2 -3 0 20; do
		dgst_round rsa -sha256 -sigopt rsa_padding_mode:pss \
		    -sigopt rsa_pss_saltlen:$salt
	done
	# SoftHSM2 takes no other digest for MGF1.
	[ "$MODULE" = $SOFTHSM ] || dgst_round rsa -sha384 \
	    -sigopt rsa_padding_mode:pss -sigopt rsa_mgf1_md:sha256
	atf_check -o match:"NIST CURVE: P-256" env OPENSSL_CONF=/dev/null \
	    openssl pkey -pubin -in ec.pub -noout -text
}

check_pkeyutl()
{
	all_keys
	configure
	echo message >message
	plain openssl dgst -sha256 -binary -out digest message
	for k in rsa ec ed; do
		openssl pkey -in "$(uri $k)" -pubout -out $k.pub
		atf_check openssl pkeyutl -sign -rawin -inkey "$(uri $k)" \
		    -in message -out sig
		atf_check -o match:"Verified Successfully" \
		    env OPENSSL_CONF=/dev/null openssl pkeyutl -verify -rawin \
		    -pubin -inkey $k.pub -in message -sigfile sig
		atf_check -o match:"Verified Successfully" \
		    openssl pkeyutl -verify -rawin -inkey "$(uri $k)" \
		    -in message -sigfile sig
		atf_check -o match:"Verified Successfully" \
		    openssl pkeyutl -verify -rawin -pubin \
		    -inkey "$(uri $k public)" -in message -sigfile sig
	done
	for k in rsa ec; do
		atf_check openssl pkeyutl -sign -inkey "$(uri $k)" \
		    -pkeyopt digest:sha256 -in digest -out sig
		atf_check -o match:"Verified Successfully" \
		    env OPENSSL_CONF=/dev/null openssl pkeyutl -verify \
		    -pubin -inkey $k.pub -pkeyopt digest:sha256 -in digest \
		    -sigfile sig
	done
	atf_check openssl pkeyutl -sign -inkey "$(uri rsa)" -in digest -out sig
	atf_check -o file:digest openssl pkeyutl -verifyrecover \
	    -inkey "$(uri rsa)" -in sig
	atf_check -s exit:1 -e match:"without padding" openssl pkeyutl -sign \
	    -inkey "$(uri rsa)" -pkeyopt rsa_padding_mode:none -in digest
}

check_pem()
{
	key ec EC:prime256v1 02
	configure
	openssl req -x509 -new -key "$(uri ec)" -subj /CN=ec -out ec.crt
	openssl pkey -in "$(uri ec)" -pubout -out ec.pub
	reference "$(uri ec)" ec.ref
	atf_check -o file:ec.pub openssl pkey -in ec.ref -pubout
	cat ec.crt ec.ref >both
	atf_check -o file:ec.pub openssl pkey -in both -pubout
	atf_check -o match:"Total found: 2" openssl storeutl -noout both
	reference "$(uri ec public)" public.ref
	atf_check -o file:ec.pub openssl pkey -pubin -in public.ref -pubout
	plain openssl x509 -in ec.crt -outform DER -out ec.der
	p11 --token-label T1 --login --pin $PIN --write-object ec.der \
	    --type cert --label ec >/dev/null 2>&1
	reference "$(uri ec cert)" cert.ref
	atf_check -o file:ec.crt openssl x509 -in cert.ref
	atf_check -o file:ec.pub env OPENSSL_CONF=/dev/null \
	    openssl x509 -in ec.crt -noout -pubkey
	reference "$(uri none)" none.ref
	atf_check -s exit:1 -o ignore -e match:"object=none;type=private: no such object" \
	    openssl pkey -in none.ref -pubout
	sed 's/v1.0/v1.1/' reference.der >wrong.der
	{
		echo "-----BEGIN PKCS#11 PROVIDER URI-----"
		openssl base64 -in wrong.der
		echo "-----END PKCS#11 PROVIDER URI-----"
	} >wrong.ref
	atf_check -s exit:1 -o ignore -e not-match:"no such object" \
	    openssl pkey -in wrong.ref -pubout
}

# A file key, and what else a program does, whatever comes first.
check_other_keys()
{
	key rsa RSA:2048 01
	plain openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out file.key
	for ORDER in 'default = plain
vecs = vecs' 'vecs = vecs
default = plain' preferred; do
		PREFER=
		if [ "$ORDER" = preferred ]; then
			ORDER= PREFER="?provider=vecs"
		fi
		configure
		atf_check -e ignore openssl req -x509 -new -key file.key \
		    -subj /CN=file -out file.crt
		atf_check -o inline:"file.crt: OK\n" \
		    openssl verify -CAfile file.crt file.crt
		atf_check -e ignore openssl req -x509 -new -key "$(uri rsa)" \
		    -subj /CN=rsa -out rsa.crt
		atf_check -o inline:"rsa.crt: OK\n" \
		    openssl verify -CAfile rsa.crt rsa.crt
		for how in "RSA -pkeyopt rsa_keygen_bits:2048" \
		    "EC -pkeyopt ec_paramgen_curve:P-384" ED25519; do
			atf_check -e ignore openssl genpkey -algorithm $how \
			    -out new.key
			atf_check -e ignore openssl req -new -key new.key \
			    -subj /CN=new -out new.csr
			atf_check -e ignore -o ignore \
			    openssl req -in new.csr -verify -noout
		done
		handshake -tls1_2 file.key file.crt
		handshake -tls1_3 file.key file.crt
		handshake -tls1_3 "$(uri rsa)" rsa.crt
	done
}

# handshake VERSION KEY CERT [S_CLIENT OPTIONS]
handshake()
{
	version=$1
	port=$(free_port)
	openssl s_server -accept 127.0.0.1:$port -key "$2" -cert "$3" \
	    -quiet -www >server.log 2>&1 &
	server=$!
	anchor=$3
	shift 3
	wait_port $port
	openssl s_client -connect 127.0.0.1:$port $version -CAfile $anchor \
	    -verify_return_error "$@" </dev/null >client.log 2>&1
	status=$?
	kill $server
	wait $server 2>/dev/null
	[ $status -eq 0 ] || { cat server.log client.log
	    atf_fail "no handshake: $version $anchor"; }
}

check_tls()
{
	all_keys
	configure
	for k in rsa ec ed; do
		openssl req -x509 -new -key "$(uri $k)" -subj /CN=$k \
		    -out $k.crt
		reference "$(uri $k)" $k.ref
		for version in -tls1_2 -tls1_3; do
			handshake $version "$(uri $k)" $k.crt
			handshake $version $k.ref $k.crt \
			    -cert $k.crt -key "$(uri $k)"
		done
	done
}

# A key whose allowed mechanisms are those of RSASSA-PSS.
check_rsa_pss()
{
	atf_check -o ignore pkcs11-tool --module "$MODULE" \
	    --token-label T1 --login --pin $PIN --keypairgen \
	    --key-type RSA:2048 --label pss --id 05 \
	    --allowed-mechanisms RSA-PKCS-PSS,SHA256-RSA-PKCS-PSS
	configure
	atf_check openssl req -x509 -new -key "$(uri pss)" -subj /CN=pss \
	    -out pss.crt
	atf_check -o inline:"pss.crt: OK\n" env OPENSSL_CONF=/dev/null \
	    openssl verify -CAfile pss.crt pss.crt
	atf_check -o match:"Public Key Algorithm: rsassaPss" \
	    -o match:"Signature Algorithm: rsassaPss" \
	    openssl x509 -in pss.crt -noout -text
	echo message >message
	atf_check -s exit:1 -o ignore -e not-empty openssl dgst -sha256 \
	    -sigopt rsa_padding_mode:pkcs1 -sign "$(uri pss)" message
	handshake -tls1_3 "$(uri pss)" pss.crt
	handshake -tls1_2 "$(uri pss)" pss.crt
}

check_curves()
{
	key p384 EC:secp384r1 06
	key p521 EC:secp521r1 07
	configure
	echo message >message
	for k in p384 p521; do
		openssl pkey -in "$(uri $k)" -pubout -out $k.pub
		for d in -sha1 -sha256 -sha384 -sha512; do
			dgst_round $k $d
		done
		openssl req -x509 -new -key "$(uri $k)" -subj /CN=$k \
		    -out $k.crt
		handshake -tls1_3 "$(uri $k)" $k.crt
	done
}

# Found again after a fork: the workers are another user, too.
check_nginx()
{
	key rsa RSA:2048 01
	key ec EC:prime256v1 02
	configure
	chmod 755 .
	for k in rsa ec; do
		openssl req -x509 -new -key "$(uri $k)" -subj /CN=localhost \
		    -addext subjectAltName=DNS:localhost -out $k.crt
		reference "$(uri $k)" $k.ref
	done
	user=root
	if [ "$(id -u)" = 0 ]; then
		user=www-data
		[ ! -d tokens ] || chown -R www-data tokens
	fi
	port=$(free_port)
	cat >nginx.conf <<-EOF
	env OPENSSL_CONF; env SOFTHSM2_CONF; env VECS_HOME;
	user $user; worker_processes 2; daemon off;
	pid $PWD/pid; error_log $PWD/error.log;
	events {}
	http {
		access_log off; client_body_temp_path $PWD/t1;
		proxy_temp_path $PWD/t2; fastcgi_temp_path $PWD/t3;
		uwsgi_temp_path $PWD/t4; scgi_temp_path $PWD/t5;
		server {
			listen 127.0.0.1:$port ssl;
			ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache off;
			ssl_certificate $PWD/rsa.crt; ssl_certificate_key $PWD/rsa.ref;
			ssl_certificate $PWD/ec.crt; ssl_certificate_key $PWD/ec.ref;
			location / { return 200 served; }
		}
	}
	EOF
	/usr/sbin/nginx -e "$PWD/error.log" -c "$PWD/nginx.conf" &
	echo $! >nginx.pid
	wait_port $port
	cat rsa.crt ec.crt >anchors
	get="curl -s --cacert anchors https://localhost:$port/"
	for round in before after; do
		for version in "--tlsv1.3" \
		    "--tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256" \
		    "--tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256"; do
			for i in 1 2 3; do
				atf_check -o inline:served $get $version ||
				    cat error.log
			done
		done
		kill -HUP $(cat nginx.pid)
		sleep 0.5
	done
	kill $(cat nginx.pid)
	wait $(cat nginx.pid)
	atf_check -s exit:1 grep -E 'crit|alert|emerg' error.log
}

# One wrong PIN is sent once, whatever the caller tries.
check_wrong_pin()
{
	key rsa RSA:2048 01
	configure
	bad="pkcs11:token=T1;object=rsa;type=private?pin-value=9999"
	reference "$bad" bad.ref
	atf_check -s exit:1 -o ignore -e match:"PIN_INCORRECT" \
	    openssl pkey -in bad.ref -pubout
	atf_check -s exit:1 -o ignore -e match:"PIN_INCORRECT" \
	    openssl storeutl -noout "pkcs11:token=T1?pin-value=9999"
	atf_check -o ignore openssl pkey -in "$(uri rsa)" -pubout
}

check_pin_sources()
{
	key ec EC:prime256v1 02
	none="pkcs11:token=T1;object=ec;type=private"
	configure
	echo $PIN >pin
	# No PIN anywhere and no terminal
	atf_check -s exit:1 -o ignore -e match:"needs a PIN, and none is given" \
	    setsid openssl pkey -in "$none" -pubout </dev/null
	atf_check -o ignore openssl pkey -in "$none" -passin pass:$PIN -pubout
	atf_check -o ignore openssl pkey -in "$none?pin-source=$PWD/pin" -pubout
	atf_check -o ignore openssl pkey -in "$none?pin-source=file:$PWD/pin" \
	    -pubout
	for value in $PIN "file:$PWD/pin" "$PWD/pin"; do
		configure "pkcs11-module-token-pin = $value"
		atf_check -o ignore openssl pkey -in "$none" -pubout
	done
	# The URI's comes first.
	atf_check -s exit:1 -o ignore -e match:PIN_INCORRECT \
	    openssl pkey -in "$none?pin-value=9999" -pubout
	configure "pkcs11-module-login-behavior = never"
	atf_check -s exit:1 -o ignore -e not-match:PIN_INCORRECT \
	    openssl pkey -in "$none?pin-value=9999" -pubout
}

check_directives()
{
	key ec EC:prime256v1 02
	configure "pkcs11-module-quirks = no-deinit" \
	    "pkcs11-module-cache-keys = true" \
	    "pkcs11-module-cache-pins = cache" \
	    "pkcs11-module-cache-sessions = 5" \
	    "pkcs11-module-load-behavior = early" \
	    "pkcs11-module-block-operations = digest" \
	    "pkcs11-module-encode-provider-uri-to-pem = true" \
	    "pkcs11-module-assume-fips = true"
	atf_check -o match:"provider for PKCS#11" openssl list -providers
	atf_check -o ignore openssl pkey -in "$(uri ec)" -pubout
	configure "pkcs11-module-allow-export = 1"
	atf_check -s not-exit:0 -o ignore -e ignore \
	    openssl pkey -in "$(uri ec)" -pubout
	configure "pkcs11-module-login-behavior = sometimes"
	atf_check -o not-match:"provider for PKCS#11" openssl list -providers
	real=$MODULE
	MODULE=$PWD/none.so
	configure
	atf_check -o match:"provider for PKCS#11" openssl list -providers
	atf_check -s exit:1 -o ignore -e match:none.so \
	    openssl storeutl -noout "$(uri ec)"
	atf_check -o ignore env PKCS11_PROVIDER_MODULE="$real" \
	    openssl pkey -in "$(uri ec)" -pubout
	atf_check -o ignore openssl pkey -pubout -in \
	    "$(uri ec)&module-path=$real"
	MODULE=$real
	ORDER='default = plain
pkcs11 = vecs' configure
	atf_check -o ignore openssl pkey -propquery provider=pkcs11 \
	    -in "$(uri ec)" -pubout
}

# What stands for a private key where one is to be written.
check_encode()
{
	all_keys
	configure
	for k in rsa ec ed; do
		atf_check -o match:"URI: pkcs11:token=T1;object=$k;type=private$" \
		    -o match:"pub:|Modulus:" -o not-match:$PIN \
		    openssl pkey -in "$(uri $k)" -noout -text
		atf_check -s not-exit:0 -e match:"does not leave its token" \
		    openssl pkey -in "$(uri $k)"
	done
	configure "pkcs11-module-encode-provider-uri-to-pem = true"
	for k in rsa ec ed; do
		openssl pkey -in "$(uri $k)" -pubout -out $k.pub
		reference "pkcs11:token=T1;object=$k;type=private" ref
		atf_check -o file:ref openssl pkey -in "$(uri $k)"
	done
	# A URI that means many keys: each of them gets its own.
	openssl storeutl -keys "pkcs11:token=T1?pin-value=$PIN" |
	    sed -n '/BEGIN/,/END/p' >refs
	for n in 1 2 3; do
		awk -v n=$n '/BEGIN/ { i++ } i == n' refs >one
		openssl pkey -in one -passin pass:$PIN -pubout
	done | sort >all
	sort rsa.pub ec.pub ed.pub >expout
	atf_check -o file:expout cat all
	# Other keys are written as ever, encrypted if so asked.
	ORDER='vecs = vecs
default = plain'
	configure "pkcs11-module-encode-provider-uri-to-pem = true"
	atf_check -e ignore openssl genpkey -algorithm ED25519 -aes128 \
	    -pass pass:abcd -out new.key
	atf_check -o match:"BEGIN ENCRYPTED PRIVATE KEY" cat new.key
	atf_check -o match:"BEGIN PRIVATE KEY" env OPENSSL_CONF=/dev/null \
	    openssl pkey -in new.key -passin pass:abcd
	ORDER=
}

# shimmed [DIRECTIVE...]: a configuration whose calls go to the file calls.
shimmed()
{
	export SHIM_MODULE="$MODULE" SHIM_LOG="$PWD/calls"
	MODULE=$(atf_get_srcdir)/shim.so
	configure "$@"
	MODULE=$SHIM_MODULE
}

# calls NAME NUMBER: how often a function was called since the last question.
calls()
{
	touch calls
	atf_check -s ignore -o inline:"$2\n" grep -cx "$1" calls
}

check_one_login()
{
	key rsa RSA:2048 01
	shimmed
	reference "pkcs11:token=T1;object=rsa?pin-value=9999" bad.ref
	atf_check -s exit:1 -o ignore -e ignore \
	    openssl req -new -key bad.ref -subj /CN=x -out x.csr
	calls C_Login 1
	rm calls
	# None for public objects.
	atf_check -o ignore openssl storeutl -noout "pkcs11:token=T1;type=public"
	calls C_Login 0
	rm calls
	# None where two tokens are left.
	slot=$(p11 -L | awk '/uninitialized/ { print n } /^Slot/ { n = $2 }')
	p11 --slot-index $slot --init-token --label T2 --so-pin 12345678 \
	    >/dev/null 2>&1 || atf_fail T2
	atf_check -s exit:1 -o ignore -e match:"name one token" openssl pkey \
	    -pubout -in "pkcs11:object=rsa;type=private?pin-value=$PIN"
	calls C_Login 0
}

check_few_calls()
{
	all_keys
	shimmed
	reference "$(uri rsa)" rsa.ref
	atf_check -o save:rsa.pub openssl pkey -in rsa.ref -pubout
	calls C_FindObjectsInit 1
	calls C_Login 1
	calls C_OpenSession 1
	rm calls
	atf_check "$(atf_get_srcdir)/signer" "$(uri rsa)" rsa.pub once
	calls C_FindObjectsInit 1
	calls C_OpenSession 1
	calls C_SignInit 3
	calls C_Sign 3
	calls C_Initialize 1
	calls C_Finalize 1
	# After the last attribute there is nothing but signatures.
	atf_check -o inline:"C_SignInit\nC_Sign\nC_SignInit\nC_Sign\n" -x \
	    "grep -v C_Finalize calls | tail -n 4"
}

# The call fails once, as after a restart of the token's process.
check_found_again()
{
	all_keys
	shimmed
	for k in rsa ec ed; do
		openssl pkey -in "$(uri $k)" -pubout -out $k.pub
		for fail in "C_SignInit 2 0xb3" "C_SignInit 1 0x82" \
		    "C_SignInit 2 0x190" "C_SignInit 2 0x32" \
		    "C_Sign 2 0xb3" "C_SignInit 2 0x60" "C_SignInit 2 0x101"; do
			rm -f calls
			atf_check env SHIM_FAIL="$fail" \
			    "$(atf_get_srcdir)/signer" "$(uri $k)" $k.pub once
			calls "${fail%% *}" 4
		done
		# What another try cannot help is not tried again.
		rm calls
		atf_check -s exit:1 -e match:CKR_DEVICE_ERROR \
		    env SHIM_FAIL="C_SignInit 2 0x30" \
		    "$(atf_get_srcdir)/signer" "$(uri $k)" $k.pub once
		calls C_SignInit 3
	done
}

check_threads()
{
	all_keys
	configure
	for k in rsa ec ed; do
		openssl pkey -in "$(uri $k)" -pubout -out $k.pub
		atf_check "$(atf_get_srcdir)/signer" "$(uri $k)" $k.pub threads
	done
}

check_fork()
{
	all_keys
	for how in configure shimmed; do
		$how
		for k in rsa ec ed; do
			openssl pkey -in "$(uri $k)" -pubout -out $k.pub
			atf_check "$(atf_get_srcdir)/signer" "$(uri $k)" \
			    $k.pub fork
		done
	done
}

# The application has initialised the module, and is the one to end it.
check_shared()
{
	all_keys
	shimmed
	for k in rsa ec ed; do
		openssl pkey -in "$(uri $k)" -pubout -out $k.pub
		rm -f calls
		atf_check env SIGNER_MODULE="$(atf_get_srcdir)/shim.so" \
		    "$(atf_get_srcdir)/signer" "$(uri $k)" $k.pub once
		calls C_Initialize 2
		calls C_Finalize 0
		rm calls
		atf_check env SIGNER_MODULE="$(atf_get_srcdir)/shim.so" \
		    "$(atf_get_srcdir)/signer" "$(uri $k)" $k.pub shared
		# The application's, the provider's in vain, the provider's
		# after the end, the application's in vain.
		calls C_Initialize 4
	done
}

# Two sections of one file: each has the algorithms of its own name.
check_two_sections()
{
	key ec EC:prime256v1 02
	ORDER='default = plain
vecs = vecs
pkcs11 = vecs' configure
	atf_check -o save:pub openssl pkey -in "$(uri ec)" -pubout
	for name in vecs pkcs11; do
		atf_check -o match:"^  $name$" openssl list -providers
		atf_check -o file:pub openssl pkey \
		    -propquery provider=$name -in "$(uri ec)" -pubout
		atf_check -o ignore -e ignore openssl req -new \
		    -propquery "?provider=$name" -key "$(uri ec)" \
		    -subj /CN=x
	done
	atf_check -s exit:1 -o ignore -e ignore openssl pkey \
	    -propquery provider=other -in "$(uri ec)" -pubout
}

# Another key under the same URI is refused.
check_replaced()
{
	key ec EC:prime256v1 02
	shimmed
	openssl pkey -in "$(uri ec)" -pubout -out ec.pub
	mkfifo go
	SHIM_FAIL="C_SignInit 2 0x82" "$(atf_get_srcdir)/signer" \
	    "$(uri ec)" ec.pub pause <go >out 2>err &
	signer=$!
	exec 9>go
	while ! grep -q signed out; do sleep 0.05; done
	for type in privkey pubkey; do
		p11 --token-label T1 --login --pin $PIN --delete-object \
		    --type $type --id 02 >/dev/null 2>&1 || atf_fail delete
	done
	key ec EC:prime256v1 02
	echo >&9
	exec 9>&-
	wait $signer
	atf_check -o inline:"signed\nfailed\n" cat out
	atf_check -o match:"pkcs11:token=T1;object=ec;type=private: the key behind it is another now" \
	    cat err
}

# The public half is found elsewhere.
check_no_public_key()
{
	key ec EC:prime256v1 02
	configure
	openssl req -x509 -new -key "$(uri ec)" -subj /CN=ec -out ec.crt
	openssl pkey -in "$(uri ec)" -pubout -out ec.pub
	p11 --token-label T1 --login --pin $PIN --delete-object --type pubkey \
	    --id 02 >/dev/null 2>&1 || atf_fail delete
	plain openssl x509 -in ec.crt -outform DER -out ec.der
	p11 --token-label T1 --login --pin $PIN --write-object ec.der \
	    --type cert --label other --id 02 >/dev/null 2>&1
	atf_check -o file:ec.pub openssl pkey -in "$(uri ec)" -pubout
	atf_check -e ignore openssl req -new -key "$(uri ec)" -subj /CN=x \
	    -out x.csr
}

# case NAME [CLEANUP]: check_NAME for both tokens.
register()
{
	for token in softhsm vecs; do
		eval "
		atf_test_case ${1}__$token ${2:+cleanup}
		${1}__${token}_head() { :; }
		${1}__${token}_body() { token_$token; check_$1; }
		${1}__${token}_cleanup() { ${2:-:}; }"
		atf_add_test_case ${1}__$token
	done
}

kill_nginx()
{
	[ ! -e nginx.pid ] || kill $(cat nginx.pid) 2>/dev/null || :
}

atf_init_test_cases()
{
	register storeutl
	register certificates
	register dgst
	register pkeyutl
	register pem
	register other_keys
	register tls
	register rsa_pss
	register curves
	register nginx kill_nginx
	register wrong_pin
	register pin_sources
	register directives
	register no_public_key
	register encode
	register one_login
	register few_calls
	register found_again
	register threads
	register fork
	register shared
	register two_sections
	register replaced
}
