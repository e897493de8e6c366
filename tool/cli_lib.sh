# What the tests of vecs-cli share: where it is, and files to feed it with.

build=$(cd "$(atf_get_srcdir)/.." && pwd)
PATH=$build/tool:$PATH
vecs_module=$build/module/vecs-pkcs11.so
softhsm=/usr/lib/softhsm/libsofthsm2.so
export PATH
unset VECS_MODULE

# A private, fresh database for our own module.
own_database()
{
	mkdir home
	: > vecs.conf
	VECS_HOME=$PWD/home VECS_CONF=$PWD/vecs.conf VECS_MODULE=$vecs_module
	export VECS_HOME VECS_CONF VECS_MODULE
}

# A SoftHSM2 token NAME; the PINs are in the files pin and so-pin.
soft_token()
{
	: > vecs.conf
	printf 1234 > pin
	printf 5678 > so-pin
	mkdir -p tokens
	printf 'directories.tokendir = %s\nlog.level = ERROR\n' \
	    "$PWD/tokens" > softhsm2.conf
	SOFTHSM2_CONF=$PWD/softhsm2.conf VECS_MODULE=$softhsm
	VECS_CONF=$PWD/vecs.conf
	export SOFTHSM2_CONF VECS_MODULE VECS_CONF
	atf_check -o ignore vecs-cli store create --name "$1" \
	    --pin-source file:pin --so-pin-source file:so-pin
}

# key_make NAME [ALGORITHM]: NAME.key, by default P-256.
key_make()
{
	case ${2-} in
	rsa) set -- "$1" RSA -pkeyopt rsa_keygen_bits:2048 ;;
	ed25519 | ed448) ;;
	*) set -- "$1" EC -pkeyopt ec_paramgen_curve:${2:-P-256} ;;
	esac
	name=$1
	shift
	openssl genpkey -algorithm "$@" -out "$name.key" 2>/dev/null ||
	    atf_fail "no key $name"
}

# cert_make NAME [ALGORITHM]: NAME.key and the self-signed NAME.crt, a CA.
cert_make()
{
	key_make "$@"
	openssl req -x509 -new -key "$1.key" -subj "/CN=$1/O=Test" -days 30 \
	    -out "$1.crt" || atf_fail "no certificate $1"
}

# cert_issue NAME CA [EXTENSION]: NAME.key and NAME.crt, issued by CA.
cert_issue()
{
	key_make "$1"
	printf '%s\n' "${3:-basicConstraints=critical,CA:false}" > "$1.ext"
	openssl req -new -key "$1.key" -subj "/CN=$1/O=Test" |
	    openssl x509 -req -CA "$2.crt" -CAkey "$2.key" -days 30 \
	    -CAcreateserial -extfile "$1.ext" -out "$1.crt" 2>/dev/null ||
	    atf_fail "no certificate $1"
}

# crl_make CA NUMBER FILE: an empty CRL of this CA.
crl_make()
{
	: > index.txt
	printf '%s\n' "$2" > crlnumber
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\n%s\n%s\n%s\n' \
	    crlnumber=crlnumber default_md=sha256 default_crl_days=30 > ca.cnf
	openssl ca -config ca.cnf -gencrl -cert "$1.crt" -keyfile "$1.key" \
	    -out "$3" 2>/dev/null || atf_fail "no CRL of $1"
}

# SHA-1 of a certificate as vecs-cli spells it.
sha1_of()
{
	openssl x509 -in "$1" -outform DER | sha1sum | cut -d ' ' -f 1
}

# failed CODE NAME: the last line of an error, as a pattern for atf_check.
failed()
{
	echo "match:^vecs-cli failed[.] Error $1: .*$2 [(]$1[)] \$"
}

# The whole of stderr when nothing but the failed line is said of it.
not_found='inline:vecs-cli failed. Error 4312: No such store or entry. '
not_found="${not_found}Operation failed with error ERROR_OBJECT_NOT_FOUND"
not_found="$not_found (4312) \n"

# case_new NAME DESCRIPTION: an ATF case whose body is NAME_body.
case_new()
{
	atf_test_case "$1"
	eval "descr_$1=\$2"
	eval "$1_head() { atf_set descr \"\$descr_$1\"; }"
	cases="${cases-} $1"
}

cases_add()
{
	for one in $cases; do
		atf_add_test_case "$one"
	done
}
