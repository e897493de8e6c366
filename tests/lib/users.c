/* Named users and their PINs, for tests. */
#include "tests/lib/users.h"

#include <stdio.h>

CK_UTF8CHAR so_pin[] = "so-pin", user_pin[] = "user-pin",
    web_pin[] = "web-pin", new_pin[] = "new-pin", wrong_pin[] = "wrong!";

CK_RV
user_try(CK_SESSION_HANDLE s, const char *name, const char *rights,
    const char *pin, CK_OBJECT_HANDLE *out)
{
	CK_OBJECT_CLASS class = CKO_VECS_USER;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		TEXT(CKA_VECS_USER_NAME, name), TEXT(CKA_VECS_RIGHTS, rights),
		TEXT(CKA_VECS_PIN, pin) };

	return p11->C_CreateObject(s, t, COUNT(t), out);
}

CK_OBJECT_HANDLE
user_add(CK_SESSION_HANDLE s, const char *name, const char *rights)
{
	CK_OBJECT_HANDLE o = 0;

	REQUIRE_OK(user_try(s, name, rights, (const char *)web_pin, &o));
	return o;
}

CK_RV
user_set(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type,
    const char *text)
{
	CK_ATTRIBUTE t = TEXT(type, text);

	return p11->C_SetAttributeValue(s, o, &t, 1);
}

CK_RV
user_login(CK_SESSION_HANDLE s, const char *name, const CK_UTF8CHAR *pin)
{
	return p11->C_LoginUser(s, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)pin,
	    strlen((const char *)pin), (CK_UTF8CHAR *)(uintptr_t)name,
	    strlen(name));
}

CK_SESSION_HANDLE
so_session(CK_SLOT_ID *slot)
{
	CK_SESSION_HANDLE s;

	*slot = p11_new_token("HSM");
	s = p11_session(*slot, true);
	REQUIRE_OK(p11->C_Login(s, CKU_SO, so_pin, 6));
	return s;
}

void
conf_add(const char *line)
{
	FILE *conf = fopen("vecs.conf", "a");

	ATF_REQUIRE(conf != NULL);
	fprintf(conf, "%s\n", line);
	ATF_REQUIRE_EQ(fclose(conf), 0);
}
