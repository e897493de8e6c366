/* Secret keys of tests. */
#include "tests/lib/secrets.h"

#define IS(type, value) { type, &(value), sizeof(value) }

CK_OBJECT_HANDLE
p11_secret(CK_SESSION_HANDLE s, CK_BBOOL sensitive, CK_BBOOL extractable,
    CK_BBOOL derive)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
	CK_BYTE value[48];
	CK_ATTRIBUTE t[] = { IS(CKA_CLASS, class),
		IS(CKA_KEY_TYPE, generic), IS(CKA_VALUE, value),
		IS(CKA_SENSITIVE, sensitive), IS(CKA_EXTRACTABLE, extractable),
		IS(CKA_DERIVE, derive) };
	CK_OBJECT_HANDLE o = 0;

	memset(value, 1, sizeof(value));
	REQUIRE_OK(p11->C_CreateObject(s, t, COUNT(t), &o));
	return o;
}

CK_BBOOL
p11_flag(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 2;
	CK_ATTRIBUTE t = { type, &value, sizeof(value) };

	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
	return value;
}

CK_ULONG
p11_number(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG value = 0;
	CK_ATTRIBUTE t = { type, &value, sizeof(value) };

	REQUIRE_OK(p11->C_GetAttributeValue(s, o, &t, 1));
	return value;
}
