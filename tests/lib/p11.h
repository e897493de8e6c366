/*
 * What tests of the built module share: it is loaded by dlopen, with a private
 * database in the test's own folder, and its stores are found by name.
 */
#ifndef TESTS_P11_H
#define TESTS_P11_H

#include <atf-c.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"
#include "common/vendor.h"

/* The 3.2 functions of the module under test. */
extern const CK_FUNCTION_LIST_3_2 *p11;

/* More lines of vecs.conf, set before it is loaded. */
extern const char *p11_conf;

/* Loads the module with VECS_HOME = ./home and cheap PIN hashes; initialises
 * it unless told not to. */
void p11_load(void);
void p11_start(void);

/* The slot of a store, or of the empty one for NULL. */
CK_SLOT_ID p11_slot(const char *name);
CK_SLOT_ID p11_new_store(const char *name);
/* A token with SO PIN "so-pin" and user PIN "user-pin". */
CK_SLOT_ID p11_new_token(const char *name);
CK_SESSION_HANDLE p11_session(CK_SLOT_ID slot, bool rw);

/* A CKO_DATA with this label and value. */
CK_OBJECT_HANDLE p11_data(CK_SESSION_HANDLE s, bool token, const char *label,
    const char *value);
CK_RV p11_try_data(CK_SESSION_HANDLE s, bool token, bool private,
    const char *label, const char *value, CK_OBJECT_HANDLE *out);
/* How many objects have this label (NULL: all), and the first of them. */
CK_ULONG p11_find(CK_SESSION_HANDLE s, const char *label,
    CK_OBJECT_HANDLE *first);
CK_ULONG p11_find_class(CK_SESSION_HANDLE s, CK_OBJECT_CLASS class,
    CK_OBJECT_HANDLE *out, CK_ULONG max);

/* An EC P-256 key pair on the token or in the session. */
void p11_key_pair(CK_SESSION_HANDLE s, bool token, const char *label,
    CK_OBJECT_HANDLE *public, CK_OBJECT_HANDLE *private);
/* One ECDSA signature of 32 bytes. */
CK_RV p11_sign(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key);

/* A session of the store machine with a key in it that has signed. */
struct work {
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE key;
};
struct work p11_work(void);

/* Waits for a child; its exit status.  One that a signal ended is a failure. */
int child_status(pid_t pid);

/* Our vendor interface. */
const struct vecs_interface *p11_vendor(void);
/* The reason of the last failure of this thread. */
const char *p11_reason(void);

#define CHECK_RV(call, wanted) \
	do { \
		CK_RV got_ = (call), wanted_ = (wanted); \
		ATF_CHECK_MSG(got_ == wanted_, \
		    "%s:%d: %s is 0x%lx, not 0x%lx (%s)", __FILE__, __LINE__, \
		    #call, got_, wanted_, p11_reason()); \
	} while (0)

#define REQUIRE_OK(call) \
	do { \
		CK_RV got_ = (call); \
		ATF_REQUIRE_MSG(got_ == CKR_OK, "%s:%d: %s is 0x%lx (%s)", \
		    __FILE__, __LINE__, #call, got_, p11_reason()); \
	} while (0)

#endif
