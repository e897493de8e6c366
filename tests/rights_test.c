/* Several users of one database: what one of them makes, another sees. */
#include "tests/lib/p11.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

/* Lets every user at the database, as a service would by other means. */
static void
open_to_all(void)
{
	static const char *const files[] = { "home/vecs.db", "home/vecs.db-wal",
		"home/vecs.db-shm", "home/vecs.gen", "home/master.key" };

	ATF_REQUIRE_EQ(chmod(".", 0755), 0);
	ATF_REQUIRE_EQ(chmod("home", 0777), 0);
	for (size_t i = 0; i < COUNT(files); i++)
		(void)!chmod(files[i], 0666);
}

static void
set_trusted(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE t = { CKA_TRUSTED, &yes, sizeof(yes) };

	REQUIRE_OK(p11->C_SetAttributeValue(s, o, &t, 1));
}

static CK_ULONG
trusted_found(CK_SESSION_HANDLE s)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE t = { CKA_TRUSTED, &yes, sizeof(yes) };
	CK_OBJECT_HANDLE found[4];
	CK_ULONG n = 0;

	REQUIRE_OK(p11->C_FindObjectsInit(s, &t, 1));
	REQUIRE_OK(p11->C_FindObjects(s, found, 4, &n));
	REQUIRE_OK(p11->C_FindObjectsFinal(s));
	return n;
}

static void
become(uid_t user)
{
	ATF_REQUIRE_EQ(setegid(user), 0);
	ATF_REQUIRE_EQ(seteuid(user), 0);
	REQUIRE_OK(p11->C_Initialize(NULL));
}

static void
in_a_process(void (*run)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		run();
		_exit(0);
	}
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_REQUIRE_EQ(status, 0);
}

/* Makes a store of his own with a key that he trusts. */
static void
as_nobody(void)
{
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE s;

	become(NOBODY);
	s = p11_session(p11_new_store("his"), true);
	p11_key_pair(s, true, "anchor", &public, &private);
	set_trusted(s, public);
	ATF_REQUIRE_EQ(trusted_found(s), 1);
}

ATF_TC(trust__of_another_user_is_neither_read_nor_found);
ATF_TC_HEAD(trust__of_another_user_is_neither_read_nor_found, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(trust__of_another_user_is_neither_read_nor_found, tc)
{
	CK_BBOOL trusted = 77;
	CK_ATTRIBUTE t = { CKA_TRUSTED, &trusted, sizeof(trusted) };
	CK_OBJECT_HANDLE public, private, ours;
	CK_SESSION_HANDLE s;

	p11_start();
	REQUIRE_OK(p11->C_Finalize(NULL));
	open_to_all();
	in_a_process(as_nobody);
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = p11_session(p11_slot("his"), true);
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_PUBLIC_KEY, &public, 1), 1);
	REQUIRE_OK(p11->C_GetAttributeValue(s, public, &t, 1));
	ATF_CHECK_EQ(trusted, CK_FALSE);
	ATF_CHECK_EQ(trusted_found(s), 0);
	/* In a store of the administrator's it is what it says. */
	s = p11_session(p11_slot("machine"), true);
	p11_key_pair(s, true, "anchor", &ours, &private);
	set_trusted(s, ours);
	ATF_CHECK_EQ(trusted_found(s), 1);
}

/* Lies in wait for other people's old keys. */
static void
makes_a_trap(void)
{
	become(NOBODY);
	p11_new_store("BACKUP_STORE");
}

static void
moves_into_the_trap(void)
{
	CK_OBJECT_CLASS class = CKO_VECS_BATCH;
	CK_BYTE id[16] = { 1 };
	CK_ATTRIBUTE batch[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_VECS_BATCH_ID, id, sizeof(id) } };
	char serial[16];
	CK_ATTRIBUTE store = { CKA_VECS_STORE, serial, sizeof(serial) };
	CK_TOKEN_INFO info;
	CK_SLOT_ID trap;
	CK_OBJECT_HANDLE key, b;
	CK_SESSION_HANDLE s;

	become(NOBODY - 1);
	s = p11_session(p11_new_store("hers"), true);
	key = p11_data(s, true, "key", "secret");
	/* His store shows no token to her, but its number can be known. */
	REQUIRE_OK(p11->C_CreateObject(s, batch, COUNT(batch), &b));
	trap = strtoul(getenv("TRAP"), NULL, 10);
	ATF_REQUIRE_EQ(p11->C_GetTokenInfo(trap, &info),
	    CKR_TOKEN_NOT_PRESENT);
	memcpy(serial, getenv("SERIAL"), sizeof(serial));
	ATF_REQUIRE_EQ(p11->C_SetAttributeValue(s, key, &store, 1),
	    CKR_ACTION_PROHIBITED);
}

ATF_TC(backup__does_not_go_into_a_users_store);
ATF_TC_HEAD(backup__does_not_go_into_a_users_store, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(backup__does_not_go_into_a_users_store, tc)
{
	char text[32];
	CK_TOKEN_INFO info;
	FILE *conf;

	p11_load();
	conf = fopen("vecs.conf", "a");
	ATF_REQUIRE(conf != NULL);
	fputs("stores = machine\n", conf);
	fclose(conf);
	REQUIRE_OK(p11->C_Initialize(NULL));
	REQUIRE_OK(p11->C_Finalize(NULL));
	open_to_all();
	in_a_process(makes_a_trap);
	REQUIRE_OK(p11->C_Initialize(NULL));
	snprintf(text, sizeof(text), "%lu", p11_slot("BACKUP_STORE"));
	setenv("TRAP", text, 1);
	REQUIRE_OK(p11->C_GetTokenInfo(p11_slot("BACKUP_STORE"), &info));
	snprintf(text, sizeof(text), "%.16s", info.serialNumber);
	setenv("SERIAL", text, 1);
	REQUIRE_OK(p11->C_Finalize(NULL));
	in_a_process(moves_into_the_trap);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, trust__of_another_user_is_neither_read_nor_found);
	ATF_TP_ADD_TC(tp, backup__does_not_go_into_a_users_store);
	return atf_no_error();
}
