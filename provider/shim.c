/*
 * A PKCS#11 module for tests: hands every call to the module SHIM_MODULE,
 * writes the names of those that matter to the file SHIM_LOG, and fails one of
 * them as SHIM_FAIL says: "C_Sign 2 0xb3" is the second call and its answer.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

static CK_FUNCTION_LIST *real, list;

static CK_RV
note(const char *name)
{
	const char *fail = getenv("SHIM_FAIL");
	static unsigned seen;
	_cleanup_(closep) int fd = open(getenv("SHIM_LOG"),
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	char which[64];
	unsigned nth;
	CK_RV rv;

	if (dprintf(fd, "%s\n", name) < 0 || fail == NULL
	    || sscanf(fail, "%63s %u %lx", which, &nth, &rv) != 3
	    || strcmp(which, name) != 0 || ++seen != nth)
		return CKR_OK;
	return rv;
}

#define NOTED(name, declared, passed) \
static CK_RV shim_##name declared \
{ \
	TRY(note(#name)); \
	return real->name passed; \
}

NOTED(C_Initialize, (void *args), (args))
NOTED(C_Finalize, (void *reserved), (reserved))
NOTED(C_OpenSession, (CK_SLOT_ID slot, CK_FLAGS flags, void *app,
    CK_NOTIFY notify, CK_SESSION_HANDLE *out),
    (slot, flags, app, notify, out))
NOTED(C_Login, (CK_SESSION_HANDLE h, CK_USER_TYPE user, CK_UTF8CHAR *pin,
    CK_ULONG len), (h, user, pin, len))
NOTED(C_FindObjectsInit, (CK_SESSION_HANDLE h, CK_ATTRIBUTE *t, CK_ULONG n),
    (h, t, n))
NOTED(C_GetAttributeValue, (CK_SESSION_HANDLE h, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE *t, CK_ULONG n), (h, o, t, n))
NOTED(C_SignInit, (CK_SESSION_HANDLE h, CK_MECHANISM *how, CK_OBJECT_HANDLE k),
    (h, how, k))
NOTED(C_Sign, (CK_SESSION_HANDLE h, CK_BYTE *in, CK_ULONG len, CK_BYTE *out,
    CK_ULONG *out_len), (h, in, len, out, out_len))

__attribute__((visibility("default"))) CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **out)
{
	void *library = dlopen(getenv("SHIM_MODULE"), RTLD_NOW | RTLD_LOCAL);
	__typeof__(&C_GetFunctionList) get;

	if (library == NULL)
		return CKR_GENERAL_ERROR;
	*(void **)&get = dlsym(library, "C_GetFunctionList");
	TRY(get(&real));
	list = *real;
	list.C_Initialize = shim_C_Initialize;
	list.C_Finalize = shim_C_Finalize;
	list.C_OpenSession = shim_C_OpenSession;
	list.C_Login = shim_C_Login;
	list.C_FindObjectsInit = shim_C_FindObjectsInit;
	list.C_GetAttributeValue = shim_C_GetAttributeValue;
	list.C_SignInit = shim_C_SignInit;
	list.C_Sign = shim_C_Sign;
	*out = &list;
	return CKR_OK;
}
