/* One derivation, for tests. */
#include "module/mech/derive_fixture.h"

static struct key *const *named;
static size_t named_count;

void
derive_keys(struct key *const *keys, size_t count)
{
	named = keys;
	named_count = count;
}

static CK_RV
find(void *arg, CK_OBJECT_HANDLE handle, struct key **out)
{
	(void)arg;
	if (handle < 1 || handle > named_count)
		return CKR_KEY_HANDLE_INVALID;
	*out = key_hold(named[handle - 1]);
	return CKR_OK;
}

/* As the caller of the module does it, as far as lengths are concerned. */
static CK_RV
look(void *arg, const CK_ATTRIBUTE *t, CK_ULONG n, struct derive_args *out)
{
	(void)arg;
	out->class = CKO_SECRET_KEY;
	out->type = CKK_GENERIC_SECRET;
	out->len = 0;
	for (CK_ULONG i = 0; i < n; i++) {
		if (t[i].type == CKA_LABEL)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		if (t[i].type == CKA_VALUE_LEN)
			memcpy(&out->len, t[i].pValue, sizeof(out->len));
		if (t[i].type == CKA_CLASS)
			memcpy(&out->class, t[i].pValue, sizeof(out->class));
		if (t[i].type == CKA_KEY_TYPE)
			memcpy(&out->type, t[i].pValue, sizeof(out->type));
	}
	return CKR_OK;
}

CK_RV
derive(const struct derivation *d, struct derived *out)
{
	CK_MECHANISM how = { d->mech, d->param, d->param_len };
	struct derive_args args = { CKO_SECRET_KEY, d->type, d->len,
		{ find, NULL, look } };
	uint8_t bytes[512];
	struct key *base;
	CK_RV rv;

	fixture_open();
	if (d->type == 0)
		args.type = CKK_GENERIC_SECRET;
	if (d->data_class || d->class != CKO_DATA)
		args.class = d->class;
	base = secret_key_make(d->base_type != 0 ? d->base_type :
	    CKK_GENERIC_SECRET, bytes, unhex(d->base, bytes));
	ATF_REQUIRE(mech_find(d->mech) != NULL);
	*out = (struct derived){ .count = 0 };
	rv = mech_derive(mech_find(d->mech), &how, base, &args, out);
	key_put(base);
	return rv;
}

void
check_derived(const struct derivation *d, CK_RV rv, const char *hex,
    const char *what)
{
	struct derived made;
	uint8_t want[512];
	size_t len;

	ATF_REQUIRE_EQ_MSG(derive(d, &made), rv, "%s", what);
	if (rv != CKR_OK) {
		ATF_CHECK_EQ_MSG(made.count, 0, "%s", what);
		return;
	}
	len = unhex(hex, want);
	ATF_REQUIRE_EQ_MSG(made.count, 1, "%s", what);
	ATF_CHECK_EQ_MSG(made.keys[0].made.value.len, len, "%s", what);
	ATF_CHECK_EQ_MSG(memcmp(made.keys[0].made.value.data, want, len), 0,
	    "%s", what);
	derived_wipe(&made);
}
