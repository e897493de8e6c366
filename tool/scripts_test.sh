#! /usr/bin/env atf-sh
# Scripts as people run them, unchanged but for where the command is.
. "$(atf_get_srcdir)/cli_lib.sh"

# The path that scripts hard-code, as a folder of this test's.
original_path()
{
	mkdir -p usr/lib/vmware-vmafd/bin
	ln -s "$(command -v vecs-cli)" usr/lib/vmware-vmafd/bin/vecs-cli
	printf '#! /bin/sh\nexit 0\n' > dir-cli
	chmod +x dir-cli
	PATH=$PATH:$PWD
}

# run FILE: a script with /usr/lib/vmware-vmafd moved below this folder.
run()
{
	sed -i "s,/usr/lib/vmware-vmafd,$PWD&,g" "$1"
	bash "$1"
}

case_new expiry__loop "the loop over all stores that looks for Not After"
expiry__loop_body()
{
	own_database
	original_path
	cert_make root
	cert_issue leaf root
	cat leaf.crt root.crt > chain.crt
	atf_check -o ignore vecs-cli entry create --store MACHINE_SSL_CERT \
	    --alias __MACHINE_CERT --cert chain.crt --key leaf.key
	atf_check -o ignore vecs-cli entry create --store TRUSTED_ROOTS \
	    --cert root.crt
	cat > loop.sh <<-'END'
	for store in $(/usr/lib/vmware-vmafd/bin/vecs-cli store list | grep -v TRUSTED_ROOT_CRLS); do echo "[*] Store :" $store; /usr/lib/vmware-vmafd/bin/vecs-cli entry list --store $store --text | grep -ie "Alias" -ie "Not After"; done;
	END
	after=$(openssl x509 -in leaf.crt -noout -enddate | cut -d = -f 2)
	until=$(openssl x509 -in root.crt -noout -enddate | cut -d = -f 2)
	(echo '[*] Store : MACHINE_SSL_CERT'
	printf 'Alias :\t__MACHINE_CERT\n'
	echo "            Not After : $after"
	echo '[*] Store : TRUSTED_ROOTS'
	printf 'Alias :\t%s\n' $(sha1_of root.crt)
	echo "            Not After : $until"
	for store in machine vpxd vpxd-extension vsphere-webclient \
	    BACKUP_STORE; do
		echo "[*] Store : $store"
	done) > expout
	run loop.sh > out 2> err
	atf_check diff -u expout out
	atf_check cat err
	cat > variant.sh <<-'END'
	/usr/lib/vmware-vmafd/bin/vecs-cli entry list --store MACHINE_SSL_CERT --text | egrep 'Alias|Serial Number:|Subject:|Not Before|Not After'
	/usr/lib/vmware-vmafd/bin/vecs-cli entry list --store TRUSTED_ROOTS --text | egrep 'Alias|Issuer|Key Usage' -A 1 | grep -v "Entry type"
	END
	run variant.sh > out 2> /dev/null
	atf_check -o inline:'Alias :\t__MACHINE_CERT\n' head -n 1 out
	atf_check -o match:'^        Serial Number:$' \
	    -o match:'^        Subject: CN=leaf, O=Test$' \
	    -o match:'^            Not Before: ' \
	    -o match:'^        Issuer: CN=root, O=Test$' cat out
}

case_new backup__cleanup "the loop that empties BACKUP_STORE"
backup__cleanup_body()
{
	own_database
	original_path
	cert_make a
	cert_make b
	for alias in bkp___MACHINE_CERT bkpmachine; do
		atf_check -o ignore vecs-cli entry create \
		    --store BACKUP_STORE --alias $alias --cert a.crt \
		    --key a.key
	done
	cat > clean.sh <<-'END'
	for i in $(/usr/lib/vmware-vmafd/bin/vecs-cli entry list --store BACKUP_STORE |grep -i "alias" | cut -d ":" -f2); do /usr/lib/vmware-vmafd/bin/vecs-cli entry delete --store BACKUP_STORE --alias $i -y; done
	END
	for alias in bkp___MACHINE_CERT bkpmachine; do
		printf 'Deleted entry with alias [%s] in store [BACKUP_STORE] successfully\n ' \
		    $alias
	done > expout
	run clean.sh > out 2> err
	atf_check diff -u expout out
	atf_check cat err
	atf_check -o inline:'Number of entries in store :\t0\n' \
	    vecs-cli entry list --store BACKUP_STORE
}

case_new machine_ssl__replacement "delete, create, look at it"
machine_ssl__replacement_body()
{
	own_database
	cert_make ca
	cert_issue old ca
	cert_issue new ca
	atf_check -o ignore vecs-cli entry create --store MACHINE_SSL_CERT \
	    --alias __MACHINE_CERT --cert old.crt --key old.key
	cat new.crt ca.crt > new_machine_ssl.cer
	cp new.key ssl_key.priv
	cp ca.crt chain.cer
	cat > replace.sh <<-'END'
	vecs-cli entry getcert --store MACHINE_SSL_CERT --alias __MACHINE_CERT --output old_machine.crt ; openssl x509 -in old_machine.crt -noout -sha1 -fingerprint
	echo Y | vecs-cli entry delete --store MACHINE_SSL_CERT --alias __MACHINE_CERT
	vecs-cli entry create --store MACHINE_SSL_CERT --alias __MACHINE_CERT --cert new_machine_ssl.cer --key ssl_key.priv
	echo Y | vecs-cli entry create --store TRUSTED_ROOTS --alias chain.cer --cert chain.cer
	vecs-cli entry getcert --store MACHINE_SSL_CERT --alias __MACHINE_CERT | openssl x509 -noout -dates
	END
	(openssl x509 -in old.crt -noout -sha1 -fingerprint
	cat <<-END
	Warning: This operation will delete entry [__MACHINE_CERT] from store [MACHINE_SSL_CERT]
	Do you wish to continue? Y/N [N] 
	Deleted entry with alias [__MACHINE_CERT] in store [MACHINE_SSL_CERT] successfully
	 Entry with alias [__MACHINE_CERT] in store [MACHINE_SSL_CERT] was created successfully 
	Entry with alias [$(sha1_of ca.crt)] in store [TRUSTED_ROOTS] was created successfully 
	END
	openssl x509 -in new.crt -noout -dates) > expout
	bash replace.sh > out 2> err
	atf_check diff -u expout out
	atf_check -o match:'^note: --alias is ignored' cat err
}

case_new ca__removal "a root is looked up, saved and deleted"
ca__removal_body()
{
	own_database
	original_path
	cert_make ca
	atf_check -o ignore vecs-cli entry create --store TRUSTED_ROOTS \
	    --cert ca.crt
	alias=$(sha1_of ca.crt)
	cat > remove.sh <<-END
	set -e
	vecs-cli entry list --store TRUSTED_ROOTS --text | cat
	dir-cli trustedcert unpublish --cert x
	vecs-cli entry getcert --store TRUSTED_ROOTS --alias $alias --output $PWD/x.crt
	vecs-cli entry delete --store TRUSTED_ROOTS --alias $alias -y
	END
	bash remove.sh > out 2> err || atf_fail "$(cat err)"
	atf_check -o match:"^Alias :	$alias\$" \
	    -o match:'X509v3 Subject Key Identifier: $' cat out
	atf_check -o ignore openssl x509 -in x.crt -noout -subject
	atf_check -o inline:'Number of entries in store :\t0\n' \
	    vecs-cli entry list --store TRUSTED_ROOTS
}

atf_init_test_cases()
{
	cases_add
}
