#! /usr/bin/env atf-sh
# Entries with ML-DSA, SLH-DSA and ML-KEM keys, where libcrypto has them.
. "$(atf_get_srcdir)/cli_lib.sh"

# The key of the seed of 32 bytes 0x2a, as PKCS #8.
seed_key()
{
	cat <<-END
	-----BEGIN PRIVATE KEY-----
	MDQCAQAwCwYJYIZIAWUDBAMRBCKAICoqKioqKioqKioqKioqKioqKioqKioqKioq
	KioqKioq
	-----END PRIVATE KEY-----
	END
}

# Without them such a file is no key; with them it is none of this certificate.
case_new old_libcrypto__says_so "a key that libcrypto knows or does not"
old_libcrypto__says_so_body()
{
	own_database
	cert_make a
	seed_key > seed.key
	if openssl pkey -in seed.key -noout 2>/dev/null; then
		atf_check -s exit:162 -e match:'does not match certificate' \
		    vecs-cli entry create --store machine --alias a \
		    --cert a.crt --key seed.key
	else
		atf_check -s exit:11 -e match:ERROR_BAD_FORMAT \
		    vecs-cli entry create --store machine --alias a \
		    --cert a.crt --key seed.key
	fi
	atf_check -o inline:'Number of entries in store :\t0\n' \
	    vecs-cli entry list --store machine
}

# there_are_none: nothing more to see on an old libcrypto, where the case above
# has seen all.
there_are_none()
{
	! openssl genpkey -algorithm ML-DSA-44 -out probe.key 2>/dev/null
}

# round NAME: into the store, listed, and out again, byte by byte.
round()
{
	atf_check -o ignore vecs-cli entry create --store machine \
	    --alias "$1" --cert "$1.crt" --key "$1.key"
	atf_check -o match:'Entry type :.Private Key' vecs-cli entry list \
	    --store machine
	(cat "$1.key"; echo) > expout
	atf_check -o file:expout vecs-cli entry getkey --store machine \
	    --alias "$1"
	atf_check -o ignore vecs-cli entry delete --store machine \
	    --alias "$1" -y
	atf_check -o inline:'Number of entries in store :\t0\n' \
	    vecs-cli entry list --store machine
}

case_new entry__kept_and_fetched "each type, with and without its seed"
entry__kept_and_fetched_body()
{
	own_database
	there_are_none && return
	for type in ML-DSA-44 ML-DSA-65 ML-DSA-87 SLH-DSA-SHA2-128f \
	    SLH-DSA-SHAKE-192f; do
		openssl req -x509 -newkey "$type" -nodes -subj "/CN=$type" \
		    -keyout "$type.key" -out "$type.crt" 2>/dev/null ||
		    atf_fail "no certificate of $type"
		round "$type"
	done
	openssl pkey -in ML-DSA-65.key -out bare.key \
	    -provparam ml-dsa.output_formats=priv-only ||
	    atf_fail "no key without a seed"
	cp ML-DSA-65.crt bare.crt
	atf_check -o ignore vecs-cli entry create --store machine \
	    --alias bare --cert bare.crt --key bare.key
	atf_check -o save:out.key vecs-cli entry getkey --store machine \
	    --alias bare
	openssl pkey -in out.key -pubout -out out.pub
	openssl pkey -in ML-DSA-65.key -pubout -out in.pub
	atf_check cmp in.pub out.pub
}

case_new entry__of_a_kem "a key that cannot sign"
entry__of_a_kem_body()
{
	own_database
	there_are_none && return
	cert_make ca
	openssl genpkey -algorithm ML-KEM-768 -out kem.key
	openssl pkey -in kem.key -pubout -out kem.pub
	openssl x509 -new -subj /CN=kem -force_pubkey kem.pub -CA ca.crt \
	    -CAkey ca.key -days 9 -out kem.crt || atf_fail "no certificate"
	round kem
}

atf_init_test_cases()
{
	cases_add
}
