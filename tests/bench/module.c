/* A PKCS#11 module by dlopen, and the few calls that every program makes. */
#include "tests/bench/module.h"

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

/* NSS reads its parameters where others have pReserved, which follows. */
struct nss_arguments {
	CK_C_INITIALIZE_ARGS standard;
	void *reserved;
};

CK_FUNCTION_LIST *
module_open(const char *path, const char *parameters)
{
	struct nss_arguments arguments = {
		.standard = { .flags = CKF_OS_LOCKING_OK,
		    .pReserved = (void *)(uintptr_t)parameters }
	};
	void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CK_RV (*list)(CK_FUNCTION_LIST **);
	CK_FUNCTION_LIST *f;

	if (so == NULL)
		die("%s", dlerror());
	*(void **)&list = dlsym(so, "C_GetFunctionList");
	NEED(list != NULL);
	NEED_OK(list(&f));
	NEED_OK(f->C_Initialize(&arguments));
	return f;
}

bool
module_slot(CK_FUNCTION_LIST *f, const char *label, CK_SLOT_ID *out)
{
	CK_SLOT_ID slots[64];
	CK_ULONG n = COUNT(slots);
	CK_UTF8CHAR padded[32];
	CK_TOKEN_INFO info;

	memset(padded, ' ', sizeof(padded));
	memcpy(padded, label, strnlen(label, sizeof(padded)));
	NEED_OK(f->C_GetSlotList(CK_TRUE, slots, &n));
	for (CK_ULONG i = 0; i < n; i++) {
		if (f->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    memcmp(info.label, padded, sizeof(padded)) != 0)
			continue;
		*out = slots[i];
		return true;
	}
	return false;
}

CK_SESSION_HANDLE
module_session(CK_FUNCTION_LIST *f, CK_SLOT_ID slot, bool rw, const char *pin)
{
	CK_SESSION_HANDLE s = CK_INVALID_HANDLE;
	CK_RV rv;

	NEED_OK(f->C_OpenSession(slot,
	    CKF_SERIAL_SESSION | (rw ? CKF_RW_SESSION : 0), NULL, NULL, &s));
	if (pin == NULL)
		return s;
	rv = f->C_Login(s, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)pin,
	    strlen(pin));
	if (rv != CKR_USER_ALREADY_LOGGED_IN)
		NEED_OK(rv);
	return s;
}

CK_ULONG
module_find(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session,
    CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *out)
{
	CK_OBJECT_HANDLE found[2];
	CK_ULONG n = 0;

	NEED_OK(f->C_FindObjectsInit(session, template, count));
	NEED_OK(f->C_FindObjects(session, found, COUNT(found), &n));
	NEED_OK(f->C_FindObjectsFinal(session));
	if (n > 0)
		*out = found[0];
	return n;
}

CK_OBJECT_HANDLE
module_key(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session, const char *label)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
	};

	if (module_find(f, session, template, COUNT(template), &key) != 1)
		die("not one key %s", label);
	return key;
}
