/* The module under test and short ways to use it. */
#include "tests/lib/p11.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const CK_FUNCTION_LIST_3_2 *p11;
const char *p11_conf = "";

static const struct vecs_interface *vendor;
static CK_RV (*get_interface)(CK_UTF8CHAR *, CK_VERSION *, CK_INTERFACE **,
    CK_FLAGS);

static void
write_conf(void)
{
	FILE *conf = fopen("vecs.conf", "w");

	ATF_REQUIRE(conf != NULL);
	fputs(p11_conf, conf);
	fputs("argon2-memory = 64\nargon2-passes = 1\nargon2-lanes = 1\n"
	      "log = file:", conf);
	fprintf(conf, "%s/log\n", getenv("PWD_OF_TEST"));
	fclose(conf);
}

void
p11_load(void)
{
	char home[4096 + 16], cwd[4096];
	void *so = dlopen(VECS_TEST_MODULE, RTLD_NOW | RTLD_LOCAL);
	CK_INTERFACE *i = NULL;

	ATF_REQUIRE_MSG(so != NULL, "%s", dlerror());
	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	setenv("PWD_OF_TEST", cwd, 1);
	write_conf();
	snprintf(home, sizeof(home), "%s/home", cwd);
	setenv("VECS_HOME", home, 1);
	snprintf(home, sizeof(home), "%s/vecs.conf", cwd);
	setenv("VECS_CONF", home, 1);
	*(void **)&get_interface = dlsym(so, "C_GetInterface");
	ATF_REQUIRE(get_interface != NULL);
	ATF_REQUIRE_EQ(get_interface(NULL, NULL, &i, 0), CKR_OK);
	p11 = i->pFunctionList;
	ATF_REQUIRE_EQ(get_interface((CK_UTF8CHAR *)(uintptr_t)
	    VECS_INTERFACE_NAME, NULL, &i, 0), CKR_OK);
	vendor = i->pFunctionList;
}

void
p11_start(void)
{
	p11_load();
	REQUIRE_OK(p11->C_Initialize(NULL));
}

const struct vecs_interface *
p11_vendor(void)
{
	return vendor;
}

const char *
p11_reason(void)
{
	static _Thread_local char text[512];

	vendor->last_error(text, sizeof(text));
	return text;
}

static void
label_pad(CK_UTF8CHAR label[32], const char *name)
{
	memset(label, ' ', 32);
	memcpy(label, name, strlen(name));
}

CK_SLOT_ID
p11_slot(const char *name)
{
	CK_SLOT_ID slots[256];
	CK_ULONG n = 256;
	CK_UTF8CHAR label[32];

	label_pad(label, name != NULL ? name : "");
	REQUIRE_OK(p11->C_GetSlotList(CK_TRUE, slots, &n));
	for (CK_ULONG i = 0; i < n; i++) {
		CK_TOKEN_INFO info;

		REQUIRE_OK(p11->C_GetTokenInfo(slots[i], &info));
		if (memcmp(info.label, label, 32) == 0 &&
		    ((info.flags & CKF_TOKEN_INITIALIZED) != 0) ==
			(name != NULL))
			return slots[i];
	}
	atf_tc_fail("no store %s", name != NULL ? name : "(empty)");
}

CK_SLOT_ID
p11_new_store(const char *name)
{
	CK_UTF8CHAR label[32];

	label_pad(label, name);
	REQUIRE_OK(p11->C_InitToken(p11_slot(NULL), NULL, 0, label));
	return p11_slot(name);
}

CK_SLOT_ID
p11_new_token(const char *name)
{
	CK_UTF8CHAR label[32], so[] = "so-pin", user[] = "user-pin";
	CK_SLOT_ID slot = p11_slot(NULL);
	CK_SESSION_HANDLE s;

	label_pad(label, name);
	REQUIRE_OK(p11->C_InitToken(slot, so, 6, label));
	slot = p11_slot(name);
	s = p11_session(slot, true);
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so, 6));
	REQUIRE_OK(p11->C_InitPIN(s, user, 8));
	REQUIRE_OK(p11->C_CloseSession(s));
	return slot;
}

CK_SESSION_HANDLE
p11_session(CK_SLOT_ID slot, bool rw)
{
	CK_SESSION_HANDLE s = 0;

	REQUIRE_OK(p11->C_OpenSession(slot,
	    CKF_SERIAL_SESSION | (rw ? CKF_RW_SESSION : 0), NULL, NULL, &s));
	return s;
}

CK_RV
p11_try_data(CK_SESSION_HANDLE s, bool token, bool private, const char *label,
    const char *value, CK_OBJECT_HANDLE *out)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL on_token = token, is_private = private;
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &on_token, sizeof(on_token) },
		{ CKA_PRIVATE, &is_private, sizeof(is_private) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
		{ CKA_VALUE, (void *)(uintptr_t)value, strlen(value) },
	};

	return p11->C_CreateObject(s, t, COUNT(t), out);
}

CK_OBJECT_HANDLE
p11_data(CK_SESSION_HANDLE s, bool token, const char *label,
    const char *value)
{
	CK_OBJECT_HANDLE o = 0;

	REQUIRE_OK(p11_try_data(s, token, false, label, value, &o));
	return o;
}

static CK_ULONG
find(CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *out,
    CK_ULONG max)
{
	CK_OBJECT_HANDLE some[64];
	CK_ULONG all = 0, got = 0;

	REQUIRE_OK(p11->C_FindObjectsInit(s, t, n));
	do {
		REQUIRE_OK(p11->C_FindObjects(s, some, 64, &got));
		for (CK_ULONG i = 0; i < got; i++)
			if (all + i < max)
				out[all + i] = some[i];
		all += got;
	} while (got != 0);
	REQUIRE_OK(p11->C_FindObjectsFinal(s));
	return all;
}

CK_ULONG
p11_find(CK_SESSION_HANDLE s, const char *label, CK_OBJECT_HANDLE *first)
{
	CK_ATTRIBUTE t = { CKA_LABEL, (void *)(uintptr_t)label,
		label != NULL ? strlen(label) : 0 };
	CK_OBJECT_HANDLE o = 0;
	CK_ULONG n = find(s, &t, label != NULL ? 1 : 0, &o, 1);

	if (first != NULL)
		*first = o;
	return n;
}

CK_ULONG
p11_find_class(CK_SESSION_HANDLE s, CK_OBJECT_CLASS class,
    CK_OBJECT_HANDLE *out, CK_ULONG max)
{
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };

	return find(s, &t, 1, out, max);
}

void
p11_key_pair(CK_SESSION_HANDLE s, bool token, const char *label,
    CK_OBJECT_HANDLE *public, CK_OBJECT_HANDLE *private)
{
	static CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1,
		7 };
	CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL on_token = token;
	CK_ATTRIBUTE public_t[] = {
		{ CKA_TOKEN, &on_token, sizeof(on_token) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
		{ CKA_EC_PARAMS, p256, sizeof(p256) },
	};
	CK_ATTRIBUTE private_t[] = {
		{ CKA_TOKEN, &on_token, sizeof(on_token) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
	};

	REQUIRE_OK(p11->C_GenerateKeyPair(s, &mechanism, public_t,
	    COUNT(public_t), private_t, COUNT(private_t), public, private));
}

CK_RV
p11_sign(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 1, 2, 3 }, signature[64];
	CK_ULONG len = sizeof(signature);
	CK_RV rv = p11->C_SignInit(s, &mechanism, key);

	if (rv != CKR_OK)
		return rv;
	return p11->C_Sign(s, digest, sizeof(digest), signature, &len);
}

int
child_status(pid_t pid)
{
	int status;

	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_REQUIRE_MSG(WIFEXITED(status), "the child died of signal %d",
	    WTERMSIG(status));
	return WEXITSTATUS(status);
}

struct work
p11_work(void)
{
	struct work w;
	CK_OBJECT_HANDLE public;

	w.s = p11_session(p11_slot("machine"), true);
	p11_key_pair(w.s, true, "key", &public, &w.key);
	REQUIRE_OK(p11_sign(w.s, w.key));
	return w;
}
