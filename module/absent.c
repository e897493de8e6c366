/*
 * The functions of PKCS#11 3.2 that this module does not offer: in the lists,
 * as the standard asks, with one answer.
 */
#include "common/pkcs11.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

#define ABSENT(name, args) \
	CK_RV name args \
	{ \
		return CKR_FUNCTION_NOT_SUPPORTED; \
	}

ABSENT(C_AsyncComplete, (CK_SESSION_HANDLE hSession,
    CK_UTF8CHAR_PTR pFunctionName, CK_ASYNC_DATA_PTR pResult))
ABSENT(C_AsyncGetID, (CK_SESSION_HANDLE hSession,
    CK_UTF8CHAR_PTR pFunctionName, CK_ULONG_PTR pulID))
ABSENT(C_AsyncJoin, (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pFunctionName,
    CK_ULONG ulID, CK_BYTE_PTR pData, CK_ULONG ulData))
