/*
 * For tests: calls by name, so that a table can say which to make.  A step is
 * "C_Function" or "C_Function(in which way)".
 */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include "tests/lib/p11.h"

enum stage_key {
	KEY_DEFAULT,
	KEY_NONE,   /* a handle of nothing */
	KEY_DATA,   /* a data object's handle */
	KEY_AES,    /* may all */
	KEY_TIED,   /* AES, for CKM_AES_ECB alone */
	KEY_IDLE,   /* AES, may nothing */
	KEY_OPEN,   /* AES, neither sensitive nor unextractable */
	KEY_FIXED,  /* AES, unextractable */
	KEY_TRUST,  /* AES, to be wrapped by trusted keys alone */
	KEY_HMAC,
	KEY_EC_PUBLIC,
	KEY_EC_PRIVATE,
	KEY_RSA_PUBLIC,
	KEY_RSA_PRIVATE,
	KEY_COUNT
};

/* A session of its own, keys, and the bytes that are right for what was begun
 * last. */
struct stage {
	CK_SESSION_HANDLE s, other;
	CK_OBJECT_HANDLE keys[KEY_COUNT];
	CK_BYTE text[64], right[512], out[512];
	CK_ULONG text_len, right_len;
	CK_BYTE wrapped[64];
	CK_ULONG wrapped_len;
};

/* Without the RSA keys unless they are wanted: they take their time. */
void stage_open(struct stage *g, bool rsa);
void stage_close(struct stage *g);

/* Makes the call; stops the test for a step that nobody knows. */
CK_RV stage_run(struct stage *g, const char *step);

#endif
