/*
 * The lists and interfaces by which this module is known: the three functions
 * that it exports.
 */
#include <stdbool.h>
#include <string.h>

#include "common/log.h"
#include "common/vendor.h"
#include "module/calls/instance.h"

#define EXPORT __attribute__((visibility("default")))

/* Each interface is the first part of the next one. */

#define MEMBER_240(name) name,
#define MEMBER_300(name) name,
#define MEMBER_320(name) name,
#define CK_F(version, name, args) MEMBER_##version(name)

static CK_FUNCTION_LIST_3_2 list_3_2 = {
	{ 3, 2 },
#include "common/pkcs11_functions.h"
};

#undef MEMBER_320
#define MEMBER_320(name)

static CK_FUNCTION_LIST_3_0 list_3_0 = {
	{ 3, 0 },
#include "common/pkcs11_functions.h"
};

#undef MEMBER_300
#define MEMBER_300(name)

static CK_FUNCTION_LIST list_2_40 = {
	{ 2, 40 },
#include "common/pkcs11_functions.h"
};

#undef CK_F

static struct vecs_interface vendor = { { 1, 1 }, log_reason,
	instance_repair };

static CK_UTF8CHAR standard_name[] = "PKCS 11";
static CK_UTF8CHAR vendor_name[] = VECS_INTERFACE_NAME;

/* The first is the default.  Each list begins with its version. */
static CK_INTERFACE interfaces[] = {
	{ standard_name, &list_3_2, CKF_INTERFACE_FORK_SAFE },
	{ standard_name, &list_3_0, CKF_INTERFACE_FORK_SAFE },
	{ standard_name, &list_2_40, 0 },
	{ vendor_name, &vendor, 0 },
};

EXPORT CK_RV
C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR ppFunctionList)
{
	if (ppFunctionList == NULL)
		return CKR_ARGUMENTS_BAD;
	*ppFunctionList = &list_2_40;
	return CKR_OK;
}

EXPORT CK_RV
C_GetInterfaceList(CK_INTERFACE_PTR pInterfacesList, CK_ULONG_PTR pulCount)
{
	CK_ULONG room;

	if (pulCount == NULL)
		return CKR_ARGUMENTS_BAD;
	room = *pulCount;
	*pulCount = COUNT(interfaces);
	if (pInterfacesList == NULL)
		return CKR_OK;
	if (room < COUNT(interfaces))
		return CKR_BUFFER_TOO_SMALL;
	memcpy(pInterfacesList, interfaces, sizeof(interfaces));
	return CKR_OK;
}

/* NULL name: the default; NULL version: any; flags must all be there (5.4.6). */
static bool
interface_fits(const CK_INTERFACE *i, const CK_UTF8CHAR *name,
    const CK_VERSION *version, CK_FLAGS flags)
{
	const CK_VERSION *own = i->pFunctionList;

	if (name != NULL && strcmp((const char *)name,
	    (const char *)i->pInterfaceName) != 0)
		return false;
	if (version != NULL && (version->major != own->major ||
	    version->minor != own->minor))
		return false;
	return (flags & i->flags) == flags;
}

EXPORT CK_RV
C_GetInterface(CK_UTF8CHAR_PTR pInterfaceName, CK_VERSION_PTR pVersion,
    CK_INTERFACE_PTR_PTR ppInterface, CK_FLAGS flags)
{
	if (ppInterface == NULL)
		return CKR_ARGUMENTS_BAD;
	for (size_t i = 0; i < COUNT(interfaces); i++)
		if (interface_fits(&interfaces[i], pInterfaceName, pVersion,
			flags)) {
			*ppInterface = &interfaces[i];
			return CKR_OK;
		}
	return CKR_ARGUMENTS_BAD;
}
