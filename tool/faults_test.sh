#! /usr/bin/env atf-sh
# Databases that are not as they should be: what the command says of them, and
# that it leaves them alone.
. "$(atf_get_srcdir)/cli_lib.sh"

filled_database()
{
	own_database
	cert_make a
	atf_check -o ignore vecs-cli entry create --store machine --alias a \
	    --cert a.crt --key a.key
}

# broken MESSAGE: every command fails with it, and no file changes.
broken()
{
	(cd home && sha256sum vecs.db) > before
	for command in 'store list' check 'store create --name x' \
	    'entry list --store machine' \
	    'entry create --store machine --alias b --cert a.crt'; do
		atf_check -s exit:217 -o empty -e match:"^Error: .*$1" \
		    -e "$(failed 4313 ERROR_DATABASE_FAILURE)" \
		    vecs-cli $command
	done
	(cd home && sha256sum vecs.db) > after
	atf_check diff before after
}

case_new master_key__wrong "another master key"
master_key__wrong_body()
{
	filled_database
	cp home/master.key kept
	head -c 32 /dev/urandom > home/master.key
	broken 'is not the one of'
	cp kept home/master.key
	atf_check -o match:'store :	1$' vecs-cli entry list --store machine
}

case_new master_key__missing "no master key"
master_key__missing_body()
{
	filled_database
	mv home/master.key kept
	broken 'the master key is missing: .*/home/master.key'
	test ! -e home/master.key || atf_fail "a new key was made"
	mv kept home/master.key
	atf_check -o match:'store :	1$' vecs-cli entry list --store machine
}

case_new file__empty "a database of zero bytes"
file__empty_body()
{
	filled_database
	rm home/vecs.db*
	: > home/vecs.db
	broken 'home/vecs.db is not a database of VECS: it is empty'
}

case_new file__foreign "a file of somebody else's"
file__foreign_body()
{
	filled_database
	rm home/vecs.db*
	echo 'a file that is no database, and long enough to be read as one' \
	    > home/vecs.db
	broken 'home/vecs.db is not a database of VECS'
}

case_new file__truncated "the end of the database is missing"
file__truncated_body()
{
	filled_database
	rm home/vecs.db-*
	truncate -s 20000 home/vecs.db
	broken 'home/vecs.db'
}

case_new folder__read_only "a folder that may not be written"
folder__read_only_head()
{
	atf_set descr "a folder that may not be written"
	atf_set require.user unprivileged
}
folder__read_only_body()
{
	filled_database
	chmod 555 home
	atf_check -s exit:217 -e match:'cannot be written: .*/home' \
	    -e "$(failed 4313 ERROR_DATABASE_FAILURE)" vecs-cli store list
	chmod 755 home
	atf_check -o match:'store :	1$' vecs-cli entry list --store machine
}

case_new conf__mistakes "vecs.conf with a mistake"
conf__mistakes_body()
{
	filled_database
	for line in 'nonsense = 1' 'mode = sideways' 'argon2-memory = much' \
	    'no equals sign'; do
		echo "$line" > vecs.conf
		atf_check -s not-exit:0 -e match:'^Error: .*vecs[.]conf' \
		    -e match:'^vecs-cli failed[.] Error ' vecs-cli store list
	done
	echo 'backup-steps = some' > vecs.conf
	atf_check -s exit:13 -e match:'backup-steps' vecs-cli entry replace \
	    --store machine --alias a --cert a.crt --key a.key
	rm vecs.conf
	atf_check -s exit:13 -e match:'vecs[.]conf' vecs-cli store list
}

case_new disk__full "no space: an error, and what was there stays"
disk__full_head()
{
	atf_set descr "no space: an error, and what was there stays"
	atf_set require.user root
	atf_set require.progs unshare
}
disk__full_body()
{
	own_database
	cert_make a
	head -c 300000 /dev/urandom > big
	cat > full.sh <<-'END'
	mount -t tmpfs -o size=2m tmpfs home || exit 99
	vecs-cli entry create --store machine --alias a --cert a.crt \
	    --key a.key || exit 98
	n=0
	while :; do
		vecs-cli entry create --store machine --alias b$n --key big
		status=$?
		test $status = 0 || break
		n=$((n + 1))
		test $n -lt 50 || exit 97
	done
	vecs-cli entry list --store machine --aliases > full.list || exit 96
	echo $n > full.count
	vecs-cli check || exit 95
	mount -o remount,size=8m home
	vecs-cli entry delete --store machine --alias b0 -y || exit 94
	vecs-cli entry getkey --store machine --alias a || exit 93
	exit $status
	END
	atf_check -s exit:112 -o match:'BEGIN PRIVATE KEY' -o match:' 0 findings' \
	    -e "$(failed 112 ERROR_DISK_FULL)" unshare -m sh full.sh
	n=$(cat full.count)
	test $n -ge 1 || atf_fail "nothing fitted"
	atf_check -o inline:"Number of entries in store :\t$((n + 1))\n" \
	    head -n 1 full.list
}

atf_init_test_cases()
{
	cases_add
}
