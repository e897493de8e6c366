/* For the tests of derivations: one call, with a base key made of hex. */
#ifndef VECS_DERIVE_FIXTURE_H
#define VECS_DERIVE_FIXTURE_H

#include <atf-c.h>
#include <string.h>

#include "module/mech/keywork.h"
#include "module/mech/mech_fixture.h"

struct derivation {
	CK_MECHANISM_TYPE mech;
	void *param;
	size_t param_len;
	CK_KEY_TYPE base_type;  /* 0, which is RSA's: generic */
	const char *base;       /* hex */
	CK_OBJECT_CLASS class;  /* CKO_DATA: CKO_SECRET_KEY, but for data_class */
	CK_KEY_TYPE type;       /* 0: generic */
	CK_ULONG len;
	bool data_class;
};

/* Handles from 1 on name these keys while the derivation runs. */
void derive_keys(struct key *const *keys, size_t count);

CK_RV derive(const struct derivation *d, struct derived *out);

/* Derives and compares the first key; "" when hex is NULL: only rv counts. */
void check_derived(const struct derivation *d, CK_RV rv, const char *hex,
    const char *what);

#endif
