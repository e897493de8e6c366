/* For tests: key pairs of ML-DSA, SLH-DSA and ML-KEM made by the module. */
#ifndef TESTS_PQC_H
#define TESTS_PQC_H

#include "tests/lib/p11.h"

struct pqc_kind {
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE generate, use;
	CK_ULONG set;
	CK_ULONG public, out, seed; /* bytes; out is what use makes */
};

/* Those that sign, and behind them one that does not. */
#define PQC_SIGNERS 4
#define PQC_COUNT 5
#define PQC_KEM (&pqc_kinds[PQC_SIGNERS])
extern const struct pqc_kind pqc_kinds[PQC_COUNT];

/* A session; false where libcrypto has none of it, and then neither has the
 * module, which is checked. */
bool pqc_begin(CK_SESSION_HANDLE *s);

void pqc_generate(CK_SESSION_HANDLE s, const struct pqc_kind *kind,
    CK_BBOOL token, CK_BBOOL readable, CK_OBJECT_HANDLE *public,
    CK_OBJECT_HANDLE *private);

/* Signs with the one and verifies with the other, in every way. */
void pqc_check_signing(CK_SESSION_HANDLE s, const struct pqc_kind *kind,
    CK_OBJECT_HANDLE public, CK_OBJECT_HANDLE private);

/* The bytes of an attribute. */
struct bytes {
	CK_BYTE data[8192];
	CK_ULONG len;
};

CK_RV bytes_get(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE_TYPE type, struct bytes *out);
bool bytes_equal(const struct bytes *a, const struct bytes *b);
CK_ULONG number_get(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE_TYPE type);

#endif
