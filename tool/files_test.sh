#! /usr/bin/env atf-sh
# Files in every format, files that are not what they should be, and outputs.
. "$(atf_get_srcdir)/cli_lib.sh"

# refused CODE NAME MESSAGE OPTION...: the entry is not made.
refused()
{
	code=$1 name=$2 message=$3
	shift 3
	atf_check -s exit:$((code % 256)) -e "match:$message" \
	    -e "$(failed $code $name)" -e not-match:Usage \
	    vecs-cli entry create --store machine --alias a "$@"
	atf_check -o inline:'Number of entries in store :\t0\n' \
	    vecs-cli entry list --store machine
}

case_new files__unreadable "missing, not allowed, a folder"
files__unreadable_body()
{
	own_database
	cert_make good
	mkdir folder
	for option in --cert --key --crl --pkcs12; do
		refused 2 ERROR_FILE_NOT_FOUND \
		    '^Error: Failed to open file [[]none[]] $' $option none
	done
	refused 2 ERROR_FILE_NOT_FOUND 'Failed to open file' \
	    --cert good.crt --key none
	atf_check -s exit:21 -e match:'Failed to open file [[]folder[]]' \
	    vecs-cli entry create --store machine --alias a --cert folder
}

case_new files__not_permitted "no right to read"
files__not_permitted_head()
{
	atf_set descr "no right to read"
	atf_set require.user unprivileged
}
files__not_permitted_body()
{
	own_database
	cert_make good
	chmod 000 good.key
	refused 5 ERROR_ACCESS_DENIED 'Failed to open file [[]good.key[]]' \
	    --cert good.crt --key good.key
}

case_new files__empty "an empty file counts as not given"
files__empty_body()
{
	own_database
	cert_make good
	: > empty
	atf_check -s exit:87 -e match:'A certificate or a key must be' \
	    vecs-cli entry create --store machine --alias a --cert empty
	atf_check -o ignore vecs-cli entry create --store machine --alias a \
	    --cert good.crt --key empty
	atf_check -o match:'Trusted Cert' vecs-cli entry list --store machine
}

case_new files__damaged "truncated, binary, not PEM"
files__damaged_body()
{
	own_database
	cert_make good
	bad='ERROR_BAD_FORMAT'
	head -n 5 good.crt > cut.crt
	sed 3d good.crt > hole.crt
	head -c 100 good.key > cut.key
	head -c 5000 /dev/urandom > random
	head -c 5000 /dev/zero > zero
	printf '%s\n' '-----BEGIN CERTIFICATE-----' 'not base64 at all!' \
	    '-----END CERTIFICATE-----' > junk.crt
	echo 'just text' > text
	openssl x509 -in good.crt -outform DER | head -c 200 > cut.der
	for file in cut.crt hole.crt random zero junk.crt text cut.der \
	    good.key; do
		refused 11 $bad 'no certificate that is understood' \
		    --cert $file
		refused 11 $bad 'no certificate that is understood' \
		    --cert $file --key good.key
		atf_check -s exit:11 \
		    -e match:'^Error: Could not generate alias from certificate$' \
		    -e "$(failed 11 $bad)" vecs-cli entry create \
		    --store machine --cert $file
	done
	cat good.crt cut.crt > half.crt
	refused 11 $bad 'no certificate that is understood' --cert half.crt
	for file in cut.key random zero text good.crt; do
		refused 11 $bad 'no private key that is understood' \
		    --cert good.crt --key $file
	done
	for file in cut.crt random text good.key; do
		refused 11 $bad . --pkcs12 $file
		atf_check -s exit:11 -e "$(failed 11 $bad)" vecs-cli entry \
		    create --store TRUSTED_ROOT_CRLS --crl $file
	done
}

case_new files__unknown_key "a key of a type that stores do not hold"
files__unknown_key_body()
{
	own_database
	cert_make ca
	openssl genpkey -algorithm X25519 -out x.key
	openssl pkey -in x.key -pubout -out x.pub
	openssl x509 -new -force_pubkey x.pub -subj /CN=x -CA ca.crt \
	    -CAkey ca.key -out x.crt
	refused 11 ERROR_BAD_FORMAT 'keys of type [[]X25519[]]' \
	    --cert x.crt --key x.key
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -pkeyopt ec_param_enc:explicit -out e.key
	openssl pkey -in e.key -pubout -out e.pub
	openssl x509 -new -force_pubkey e.pub -subj /CN=e -CA ca.crt \
	    -CAkey ca.key -out e.crt
	vecs-cli entry create --store machine --alias e --cert e.crt \
	    --key e.key > out 2> err
	# Explicit parameters of a known curve may be taken for its name.
	case $? in
	0 | 11) ;;
	*) atf_fail "$(cat err)" ;;
	esac
}

case_new files__huge "100 MB are not read"
files__huge_body()
{
	own_database
	cert_make good
	truncate -s 100M huge
	for option in --cert --key --pkcs12 --crl; do
		refused 223 ERROR_FILE_TOO_LARGE 'larger than 16 MiB' \
		    $option huge
	done
	refused 223 ERROR_FILE_TOO_LARGE 'larger than 16 MiB' \
	    --cert /dev/zero
}

case_new files__large_secret "a secret of 1 MB comes out as it went in"
files__large_secret_body()
{
	own_database
	head -c 1000000 /dev/urandom > big
	atf_check -o ignore vecs-cli entry create --store machine --alias a \
	    --key big
	atf_check -o save:out vecs-cli entry getkey --store machine --alias a
	(cat big; echo) > expout
	atf_check cmp out expout
}

case_new files__pipe "a pipe is read like a file"
files__pipe_body()
{
	own_database
	cert_make good
	mkfifo pipe
	cat good.key > pipe &
	atf_check -o ignore vecs-cli entry create --store machine --alias a \
	    --cert good.crt --key pipe
	wait
}

case_new files__odd_aliases "aliases of all kinds"
files__odd_aliases_body()
{
	own_database
	cert_make good
	for alias in 'https://host:8443/vasa/version.xml' 'a b' 'ä;%$(x)' \
	    --cert "$(printf '%0200d' 1)"; do
		atf_check -o ignore vecs-cli entry create \
		    --store MACHINE_SSL_CERT --alias "$alias" --cert good.crt
		atf_check -o match:BEGIN vecs-cli entry getcert \
		    --store MACHINE_SSL_CERT --alias "$alias"
		atf_check -o match:"^Alias" vecs-cli entry list \
		    --store MACHINE_SSL_CERT
	done
	for alias in "$(printf 'a\nb')" "$(printf '\377')"; do
		atf_check -s exit:87 -e match:'alias [[][]] is invalid' \
		    -e not-match:Usage vecs-cli entry create \
		    --store MACHINE_SSL_CERT --alias "$alias" --cert good.crt
	done
	vecs-cli entry list --store MACHINE_SSL_CERT --json > out
	atf_check -o inline:'5\n' /usr/bin/python3 -c \
	    'import json; print(len(json.load(open("out"))["entries"]))'
}

case_new inputs__encodings "PEM, DER, PKCS#1, SEC1, PKCS#12, encrypted"
inputs__encodings_body()
{
	own_database
	cert_make a
	echo pass > password
	openssl x509 -in a.crt -outform DER -out a.der
	openssl pkey -in a.key -outform DER -out key.der
	openssl ec -in a.key -out sec1.key 2>/dev/null
	openssl ec -in a.key -outform DER -out sec1.der 2>/dev/null
	openssl pkcs8 -topk8 -in a.key -passout pass:pass -out enc.key
	openssl pkcs8 -topk8 -in a.key -passout pass:pass -outform DER \
	    -out enc.der
	cat a.crt a.key > both.pem
	printf 'text before\n' | cat - a.crt > texty.crt
	openssl pkcs12 -export -in a.crt -inkey a.key -out a.p12 \
	    -passout pass:pass
	openssl pkcs12 -export -in a.crt -inkey a.key -out bare.p12 \
	    -passout pass:
	openssl pkcs12 -export -legacy -in a.crt -inkey a.key -out old.p12 \
	    -passout pass:pass
	n=0
	while read -r files; do
		n=$((n + 1))
		atf_check -o ignore vecs-cli entry create \
		    --store MACHINE_SSL_CERT --alias a$n $files
		(cat a.key; echo) > expout
		atf_check -o file:expout vecs-cli entry getkey \
		    --store MACHINE_SSL_CERT --alias a$n
		(cat a.crt; echo) > expout
		atf_check -o file:expout vecs-cli entry getcert \
		    --store MACHINE_SSL_CERT --alias a$n
	done <<-END
	--cert a.der --key key.der
	--cert a.crt --key sec1.key
	--cert a.crt --key sec1.der
	--cert both.pem --key both.pem
	--cert texty.crt --key a.key
	--cert a.crt --key enc.key --key-password-file password
	--cert a.crt --key enc.der --key-password-file password
	--pkcs12 a.p12 --key-password-file password
	--pkcs12 bare.p12
	--pkcs12 old.p12 --key-password-file password
	END
	test $n = 10 || atf_fail "only $n inputs"
	# --password opens an encrypted input and encrypts what is stored.
	atf_check -o ignore vecs-cli entry create --store MACHINE_SSL_CERT \
	    --alias both --cert a.crt --key enc.key --password pass
	atf_check -o match:'Encrypted Private Key' vecs-cli entry list \
	    --store MACHINE_SSL_CERT
	echo wrong > wrong
	for files in '--cert a.crt --key enc.key' '--pkcs12 a.p12'; do
		atf_check -s exit:43 \
		    -e "$(failed 1323 ERROR_WRONG_PASSWORD)" vecs-cli entry \
		    create --store MACHINE_SSL_CERT --alias w $files \
		    --key-password-file wrong
		atf_check -s exit:43 -e match:1323 setsid vecs-cli entry \
		    create --store MACHINE_SSL_CERT --alias w $files
	done
}

case_new output__never_half "files are made whole, alone, and no link is followed"
output__never_half_body()
{
	own_database
	cert_make a
	atf_check -o ignore vecs-cli entry create --store machine --alias a \
	    --cert a.crt --key a.key
	get='vecs-cli entry getkey --store machine --alias a'
	echo precious > target
	ln -s target link
	chmod 644 target
	atf_check $get --output link
	atf_check -o inline:'precious\n' cat target
	test ! -L link || atf_fail "still a link"
	atf_check -o inline:'600\n' stat -c %a link
	mkdir folder
	atf_check -s exit:5 -e match:'Failed to open file [[]folder[]]' \
	    $get --output folder
	atf_check -s exit:2 -e "$(failed 2 ERROR_FILE_NOT_FOUND)" \
	    $get --output none/file
	atf_check -s exit:112 -e "$(failed 112 ERROR_DISK_FULL)" \
	    $get --output /dev/full
	test -c /dev/full || atf_fail "a device was replaced"
	# The last byte of a write is not there: nothing is.
	atf_check -s not-exit:0 -e ignore sh -c \
	    "trap '' XFSZ; ulimit -f 0; $get --output small"
	test ! -e small || atf_fail "half a file"
	atf_check -o empty sh -c 'ls -A | grep "^[.].*small"; true'
}

atf_init_test_cases()
{
	cases_add
}
