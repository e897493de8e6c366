#! /usr/bin/env atf-sh
# Stores: names, order, deletion, permissions.
. "$(atf_get_srcdir)/cli_lib.sh"

case_new list__fresh "a new instance has its stores in a fixed order"
list__fresh_body()
{
	own_database
	cat > expout <<-END
	MACHINE_SSL_CERT
	TRUSTED_ROOTS
	TRUSTED_ROOT_CRLS
	machine
	vpxd
	vpxd-extension
	vsphere-webclient
	BACKUP_STORE
	END
	atf_check -o file:expout vecs-cli store list
	# A second process finds the same.
	atf_check -o file:expout vecs-cli store list
	atf_check -o match:'"TRUSTED_ROOTS",' vecs-cli store list --json
}

case_new list__configured "vecs.conf names the stores after the first three"
list__configured_body()
{
	own_database
	echo 'stores = one, two' > vecs.conf
	cat > expout <<-END
	MACHINE_SSL_CERT
	TRUSTED_ROOTS
	TRUSTED_ROOT_CRLS
	one
	two
	END
	atf_check -o file:expout vecs-cli store list
}

case_new create__twice "names are compared without case and kept as typed"
create__twice_body()
{
	own_database
	atf_check -o inline:'Successfully created store [A]\n' \
	    vecs-cli store create --name A
	cat > expout <<-END
	vecs-cli failed. Error 183: Operation failed with error ERROR_ALREADY_EXISTS (183) 
	END
	atf_check -s exit:183 -e file:expout vecs-cli store create --name a
	atf_check -o match:'^A$' -o not-match:'^a$' vecs-cli store list
	test "$(vecs-cli store list | tail -n 1)" = A || atf_fail order
	# The last of several names wins.
	atf_check -o inline:'Successfully created store [c]\n' \
	    vecs-cli store create --name b --name c
	atf_check -o inline:'{\n  "result": "created",\n  "store": "d"\n}\n' \
	    vecs-cli store create --name d --json
}

case_new create__names "32 bytes of UTF-8"
create__names_body()
{
	own_database
	name=12345678901234567890123456789012
	atf_check -o ignore vecs-cli store create --name $name
	atf_check -s exit:154 -e "$(failed 154 ERROR_LABEL_TOO_LONG)" \
	    vecs-cli store create --name ${name}3
	atf_check -o ignore vecs-cli store create --name 'grün / ß'
	for name in ' a' 'a ' "$(printf 'a\001b')" "$(printf 'a\377')"; do
		atf_check -s exit:87 -e not-match:Usage \
		    -e "$(failed 87 ERROR_INVALID_PARAMETER)" \
		    vecs-cli store create --name "$name"
	done
	atf_check -o match:'^grün / ß$' vecs-cli store list
	atf_check -o ignore vecs-cli store delete --name 'GRüN / ß' -y
}

case_new delete__asks "only y and Y go on"
delete__asks_body()
{
	own_database
	atf_check -o ignore vecs-cli store create --name A
	cat > expout <<-END
	Warning: This operation will delete store [A]
	Do you wish to continue? Y/N [N] 
	END
	for answer in '' n ' y' '\n'; do
		printf "$answer" > answer
		atf_check -o file:expout \
		    sh -c 'vecs-cli store delete --name A < answer'
		atf_check -o match:'^A$' vecs-cli store list
	done
	echo 'Successfully deleted store [A]' >> expout
	echo yes > answer
	atf_check -o file:expout \
	    sh -c 'vecs-cli store delete --name A < answer'
	atf_check -o not-match:'^A$' vecs-cli store list
	atf_check -o ignore vecs-cli store create --name A
	atf_check -o inline:'Successfully deleted store [a]\n' \
	    vecs-cli store delete -y --name a
	atf_check -o ignore vecs-cli store create --name A
	atf_check -o ignore vecs-cli store delete --name=a --yes
}

case_new delete__refused "system stores and unknown ones"
delete__refused_body()
{
	own_database
	for name in MACHINE_SSL_CERT trusted_roots TRUSTED_ROOT_CRLS; do
		# The module's own reason comes before the failed line.
		atf_check -s exit:5 -e match:'^Error: store .* cannot be' \
		    -e "$(failed 5 ERROR_ACCESS_DENIED)" \
		    vecs-cli store delete --name $name -y
	done
	cat > expout <<-END
	Error : Store [nope] does not exist
	vecs-cli failed. Error 4312: No such store or entry. Operation failed with error ERROR_OBJECT_NOT_FOUND (4312) 
	END
	atf_check -s exit:216 -e file:expout \
	    vecs-cli store delete --name nope -y
}

case_new delete__with_entries "what was in the store is gone"
delete__with_entries_body()
{
	own_database
	cert_make a
	atf_check -o ignore vecs-cli store create --name S
	atf_check -o ignore vecs-cli entry create --store S --alias a \
	    --cert a.crt --key a.key
	atf_check -o ignore vecs-cli store delete --name S -y
	atf_check -s exit:216 -e match:4312 vecs-cli entry list --store S
	atf_check -o ignore vecs-cli store create --name S
	atf_check -o inline:'Number of entries in store :\t0\n' \
	    vecs-cli entry list --store S
}

case_new permission__adds_up "grants add, revokes take away"
permission__adds_up_body()
{
	own_database
	atf_check -o ignore vecs-cli store create --name S
	rows()
	{
		(printf 'PERMISSIONS FOR STORE: [s]\nOWNER : %s\n' \
		    "$(id -un)"
		printf 'USER\t\tACCESS\n'
		printf "$1") > expout
		atf_check -o file:expout \
		    vecs-cli store get-permissions --name s
		atf_check -o file:expout vecs-cli get-permissions --name s
	}
	permit()
	{
		atf_check -o "inline:Permissions for store [S] set  \
successfully\n " vecs-cli store "$@"
	}
	rows ''
	permit permission --name S --user nobody --grant read
	rows 'nobody\tread\n'
	permit permissions --name S --user nobody --grant write
	rows 'nobody\tread,write\n'
	permit permission --name S --user daemon --grant use
	rows 'daemon\tuse\nnobody\tread,write\n'
	permit permission --name S --user nobody --grant use
	rows 'daemon\tuse\nnobody\tread,write,use\n'
	atf_check -o ignore -e match:'because read,write includes it' \
	    vecs-cli store permission --name S --user nobody --revoke use
	permit permission --name S --user everyone --grant read
	rows 'EVERYONE\tread\ndaemon\tuse\nnobody\tread,write\n'
	permit permission --name S --user %daemon --grant read
	rows '%%daemon\tread\nEVERYONE\tread\ndaemon\tuse\nnobody\tread,write\n'
	# Absent rights and the owner are no errors and no rows.
	permit permission --name S --user EVERYONE --revoke write
	permit permission --name S --user bin --revoke read
	permit permission --name S --user "$(id -un)" --grant read
	permit permission --name S --user %daemon --revoke read
	permit permission --name S --user Everyone --revoke read
	permit permission --name S --user daemon --revoke use
	atf_check -o ignore -e match:'the right to read is still there' \
	    vecs-cli store permission --name S --user nobody --revoke read
	rows 'nobody\twrite\n'
	permit permission --name S --user nobody --revoke write
	rows ''
}

case_new permission__errors "unknown stores and users"
permission__errors_body()
{
	own_database
	atf_check -s exit:37 -e "$(failed 1317 ERROR_NO_SUCH_USER)" \
	    vecs-cli store permission --name machine --user no-such-user \
	    --grant read
	atf_check -s exit:37 -e "$(failed 1317 ERROR_NO_SUCH_USER)" \
	    vecs-cli store permission --name machine --user %no-such-group \
	    --revoke read
	for command in 'permission --user nobody --grant read' \
	    get-permissions; do
		atf_check -s exit:216 -e match:'^Error: Failed to open the store$' \
		    -e match:4312 vecs-cli store $command --name nope
	done
}

case_new permission__everyone_reads_roots "the system's first grants"
permission__everyone_reads_roots_body()
{
	own_database
	for store in TRUSTED_ROOTS TRUSTED_ROOT_CRLS; do
		atf_check -o match:'^EVERYONE	read$' \
		    vecs-cli store get-permissions --name $store
	done
	atf_check -o not-match:EVERYONE \
	    vecs-cli store get-permissions --name MACHINE_SSL_CERT
	atf_check -o match:'"access": [[]' \
	    vecs-cli store get-permissions --name TRUSTED_ROOTS --json
}

case_new permission__others "what a user without and with rights may do"
permission__others_head()
{
	atf_set descr "what a user without and with rights may do"
	atf_set require.user root
	atf_set require.progs setpriv
}
permission__others_body()
{
	own_database
	cert_make a
	atf_check -o ignore vecs-cli entry create --store machine --alias a \
	    --cert a.crt --key a.key
	# A folder that others may write to, which rights then narrow.
	chmod 755 .
	chmod 777 home
	chmod 666 home/*
	chmod 644 a.*
	other='setpriv --reuid 65534 --regid 65534 --clear-groups vecs-cli'
	$other store list > out || atf_skip "no way here for user 65534"
	denied()
	{
		(printf '%s' "$1"
		echo 'vecs-cli failed. Error 5: Access denied. Operation' \
		    'failed with error ERROR_ACCESS_DENIED (5) ') > expout
		atf_check -s exit:5 -o empty -e file:expout $other $2
	}
	get='entry getkey --store machine --alias a'
	create='entry create --store machine --alias b --cert a.crt'
	permissions='store get-permissions --name machine'
	permit='store permission --name machine --user nobody --grant'
	delete='entry delete --store machine --alias a -y'
	denied 'Error: Could not retrieve number of entries in store
' 'entry list --store machine'
	for command in "$create" "$permissions" "$permit write" "$delete" \
	    'store delete --name machine -y' "$get"; do
		denied '' "$command"
	done
	atf_check -o ignore vecs-cli $permit read
	atf_check -o match:'BEGIN PRIVATE KEY' $other $get
	for command in "$create" "$permissions" "$permit write" "$delete" \
	    'store delete --name machine -y'; do
		denied '' "$command"
	done
	atf_check -o ignore vecs-cli $permit write
	atf_check -o ignore $other $delete
	for command in "$permissions" 'store delete --name machine -y'; do
		atf_check -s exit:5 -e match:ERROR_ACCESS_DENIED $other \
		    $command
	done
	# What he makes is his own.
	atf_check -o ignore $other store create --name his
	atf_check -o match:'^OWNER : nobody$' $other get-permissions --name his
	atf_check -o ignore $other store delete --name his -y
}

case_new check__sound "a sound database has no findings"
check__sound_body()
{
	own_database
	cert_make a
	atf_check -o ignore vecs-cli entry create --store machine --alias a \
	    --cert a.crt --key a.key
	atf_check -o inline:'8 stores checked, 0 findings\n' vecs-cli check
	atf_check -o match:'"findings": [[][]]' vecs-cli check --json
}

case_new create__two_at_once "two processes, one name: one of them wins"
create__two_at_once_body()
{
	own_database
	atf_check -o ignore vecs-cli store list
	for round in 1 2 3 4 5; do
		vecs-cli store create --name r$round > out1 2> err1 &
		first=$!
		vecs-cli store create --name R$round > out2 2> err2 &
		second=$!
		wait $first
		one=$?
		wait $second
		two=$?
		test $((one + two)) = 183 ||
		    atf_fail "exits $one $two: $(cat err1 err2)"
	done
	test $(vecs-cli store list | grep -ci '^r[1-5]$') = 5 ||
	    atf_fail "$(vecs-cli store list)"
}

atf_init_test_cases()
{
	cases_add
}
