#! /usr/bin/env atf-sh
# check --repair: what was good reads and signs as before, what is lost is named.
. "$(atf_get_srcdir)/cli_lib.sh"

# Six entries with keys, and a grant.
filled()
{
	own_database
	printf 'argon2-memory = 64\nargon2-passes = 1\n' > vecs.conf
	atf_check -o ignore vecs-cli store create --name web
	for i in 1 2 3 4 5 6; do
		cert_make www$i
		atf_check -o ignore vecs-cli entry create --store web \
		    --alias www$i --cert www$i.crt --key www$i.key
		read_entry $i > www$i.before || atf_fail "no www$i"
	done
	atf_check -o ignore vecs-cli store permission --name web \
	    --user nobody --grant read
}

token()
{
	pkcs11-tool --module "$vecs_module" "$@" > out 2> err
}

token_filled()
{
	slot=$(pkcs11-tool --module "$vecs_module" -L 2>/dev/null |
	    sed -n '/uninit/!{h;};/uninit/{x;s/.*(\(0x[0-9a-f]*\)).*/\1/p;}')
	token --slot "$slot" --init-token --label hsm --so-pin 87654321 ||
	    atf_fail "no token: $(cat err)"
	token --token-label hsm --login --login-type so --so-pin 87654321 \
	    --init-pin --pin 1234 || atf_fail "no PIN: $(cat err)"
	token --token-label hsm --login --pin 1234 --keypairgen \
	    --key-type EC:prime256v1 --label inside --id 01 ||
	    atf_fail "no key: $(cat err)"
	printf data > data
	token --token-label hsm --read-object --type pubkey --id 01 \
	    --output-file inside.der || atf_fail "no public key: $(cat err)"
	token_signs || atf_fail "no signature: $(cat err)"
}

token_signs()
{
	token --token-label hsm --login --pin 1234 --sign --id 01 \
	    --mechanism ECDSA-SHA256 --signature-format openssl \
	    --input-file data --output-file sig &&
	    openssl dgst -sha256 -verify inside.der -keyform DER \
	    -signature sig data > /dev/null
}

read_entry()
{
	vecs-cli entry getkey --store web --alias "www$1" &&
	    vecs-cli entry getcert --store web --alias "www$1"
}

# same N: entry wwwN is what it was.
same()
{
	read_entry "$1" 2> /dev/null | cmp -s - "www$1.before"
}

keep()
{
	rm -rf good
	cp -r home good
}

again()
{
	rm -rf home
	cp -r good home
}

# overwrite PAGE OFFSET COUNT
overwrite()
{
	tr '\0' '\252' < /dev/zero | head -c "$3" | dd of=home/vecs.db bs=1 \
	    seek=$((($1 - 1) * 4096 + $2)) conv=notrunc 2>/dev/null
}

case_new whole__nothing_to_do "a good database stays as it is"
whole__nothing_to_do_body()
{
	filled
	atf_check -o inline:'9 stores checked, 0 findings\n' \
	    vecs-cli check --repair
	test "$(ls home | grep -c damaged)" = 0 || atf_fail "a copy was made"
	atf_check -o match:'"repair": \[\]' vecs-cli check --repair --json
	atf_check -o not-match:repair vecs-cli check --json
	atf_check -s exit:87 -e match:'not one token' vecs-cli check --repair \
	    --token pkcs11:token=web
}

case_new byte__is_mended "one byte anywhere: nothing is lost"
byte__is_mended_body()
{
	filled
	keep
	pages=$(($(stat -c %s home/vecs.db) / 4096))
	for page in $(seq 1 7 $pages) 2 3; do
		again
		overwrite $page $((page * 577 % 4096)) 1
		atf_check -o save:out vecs-cli check --repair
		grep -q lost out && atf_fail "page $page: $(tr "\n" " " < out)"
		atf_check -o match:'0 findings' vecs-cli check
		for i in 1 2 3 4 5 6; do
			same $i || atf_fail "page $page: www$i"
		done
	done
	atf_check -o match:nobody vecs-cli store get-permissions --name web
}

case_new pages__what_is_lost_is_named "the middle of each page"
pages__what_is_lost_is_named_body()
{
	filled
	keep
	pages=$(($(stat -c %s home/vecs.db) / 4096))
	losses=0
	for page in $(seq 2 $pages); do
		again
		overwrite $page 1700 900
		vecs-cli check --repair > out 2> err
		status=$?
		case $status in
		0) grep -q lost out && atf_fail "page $page: $(tr "\n" " " < out)" ;;
		217) grep -q '^lost: ' out ||
		    atf_fail "page $page: $(cat out err)"
			losses=$((losses + 1)) ;;
		*) atf_fail "page $page: $status $(cat out err)" ;;
		esac
		atf_check -o match:', 0 findings' vecs-cli check
		grep -q '^lost: store [0-9]*, whose' out && continue
		for i in 1 2 3 4 5 6; do
			grep -q "^lost: store web: .*'www$i'" out && continue
			grep -q "^lost: store web: object [0-9]* (" out &&
			    continue
			same $i || atf_fail "page $page: www$i: $(tr "\n" " " < out)"
		done
	done
	test $losses -gt 2 || atf_fail "nothing was ever lost"
	test $losses -lt $pages || atf_fail "something is always lost"
}

case_new stores__protected_ones_come_again "the page with all stores' keys"
stores__protected_ones_come_again_body()
{
	filled
	keep
	found=
	for page in 2 3 4 5 6 7 8; do
		again
		overwrite $page 0 4096
		vecs-cli check --repair > out 2> err
		grep -q 'store TRUSTED_ROOTS is there again' out || continue
		found=$page
		atf_check -o match:'^lost: store [0-9]*, whose keys' cat out
		atf_check -o inline:'MACHINE_SSL_CERT\nTRUSTED_ROOTS\nTRUSTED_ROOT_CRLS\n' \
		    vecs-cli store list
		atf_check -o match:'^3 stores checked, 0 findings' \
		    vecs-cli check
		atf_check -s not-exit:0 -e ignore -o ignore \
		    vecs-cli store delete --name TRUSTED_ROOTS -y
		atf_check -o match:EVERYONE vecs-cli store get-permissions \
		    --name TRUSTED_ROOTS
		# Numbers are not given twice.
		atf_check -o ignore vecs-cli store create --name web
		atf_check -o ignore vecs-cli entry create --store web \
		    --alias www1 --cert www1.crt --key www1.key
		same 1 || atf_fail "www1"
	done
	test -n "$found" || atf_fail "no page with the stores"
}

case_new token__signs_as_before "private objects under a PIN are kept"
token__signs_as_before_head()
{
	atf_set require.progs pkcs11-tool
}
token__signs_as_before_body()
{
	filled
	token_filled
	# A page in the free space of which nothing is lost, and the header.
	overwrite 1 16 40
	atf_check -s not-exit:0 -e ignore -o ignore vecs-cli store list
	atf_check -o match:'^kept: the damaged' vecs-cli check --repair
	atf_check -o match:'^10 stores checked, 0 findings' vecs-cli check
	token_signs || atf_fail "no signature: $(cat err)"
	for i in 1 2 3 4 5 6; do
		same $i || atf_fail "www$i"
	done
}

case_new refuse__without_the_key "no master key, nobody else's database"
refuse__without_the_key_body()
{
	filled
	overwrite 2 0 4096
	overwrite 3 0 4096
	mv home/master.key key
	cksum home/vecs.db > before
	atf_check -s exit:217 -e match:'master key is missing' -o ignore \
	    vecs-cli check --repair
	atf_check -o file:before cksum home/vecs.db
	mv key home/master.key
}

case_new mode__is_kept "owner and mode of the files"
mode__is_kept_body()
{
	filled
	stat -c '%a %U' home/vecs.db > before
	overwrite 3 0 2000
	vecs-cli check --repair > out 2> err
	atf_check -o file:before stat -c '%a %U' home/vecs.db
	atf_check -o file:before stat -c '%a %U' home/vecs.db.damaged-*Z
}

atf_init_test_cases()
{
	cases_add
}
