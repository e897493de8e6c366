/* Generated keys as objects: history, parts, and templates that contradict. */
#include <atf-c.h>
#include <string.h>

#include "common/ckname.h"
#include "module/mech/keywork.h"
#include "module/object/object_fixture.h"

struct generation {
	CK_MECHANISM_TYPE mechanism;
	struct key_made made;
	struct generated what;
};

static void
generate(CK_MECHANISM_TYPE type, const struct generate_args *args,
    struct generation *g)
{
	const CK_MECHANISM mechanism = { type, NULL, 0 };
	const struct mech *mech;

	fixture_open();
	memset(g, 0, sizeof(*g));
	mech = mech_find(type);
	ATF_REQUIRE(mech != NULL);
	g->what = (struct generated)GENERATED(0, 0, type, &g->made);
	ATF_REQUIRE_EQ(mech_generate(mech, &mechanism, args, &g->what.type,
	    &g->made), CKR_OK);
}

static void
generate_ec(struct generation *g)
{
	static const struct generate_args args = { .params = {
	    "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10 } };

	generate(CKM_EC_KEY_PAIR_GEN, &args, g);
}

static CK_RV
become(struct generation *g, CK_OBJECT_CLASS class, const struct template *t,
    struct attrs *out)
{
	g->what.class = class;
	return object_generated(&nobody, &g->what, t->list, t->n, out);
}

static void
become_good(struct generation *g, CK_OBJECT_CLASS class,
    const struct template *t, struct attrs *out)
{
	CK_RV rv = become(g, class, t, out);

	ATF_REQUIRE_EQ_MSG(rv, CKR_OK, "%s", ckname_rv(rv));
}

static void
check_become(struct generation *g, CK_OBJECT_CLASS class,
    const struct template *t, CK_RV want, const char *what)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	CK_RV rv = become(g, class, t, &a);

	ATF_CHECK_EQ_MSG(rv, want, "%s: %s", what, ckname_rv(rv));
}

static void
check_history(const struct attrs *a, CK_MECHANISM_TYPE mechanism)
{
	ATF_CHECK_EQ(bool_of(a, CKA_LOCAL), true);
	ATF_CHECK_EQ(attrs_ulong(a, CKA_KEY_GEN_MECHANISM, 0), mechanism);
	ATF_CHECK_EQ(attrs_span(a, CKA_UNIQUE_ID).len, 36);
}

/* The two halves belong together, and the private one is a usable key. */
static void
check_pair(const struct attrs *public, const struct attrs *private)
{
	_cleanup_(key_putp) struct key *key = NULL;
	struct span info = attrs_span(public, CKA_PUBLIC_KEY_INFO);

	ATF_REQUIRE(info.len != 0);
	check_bytes(private, CKA_PUBLIC_KEY_INFO, info.data, info.len);
	ATF_CHECK_EQ(object_key(private, &key), CKR_OK);
	ATF_CHECK_EQ(bool_of(private, CKA_PRIVATE), true);
	ATF_CHECK_EQ(bool_of(public, CKA_PRIVATE), false);
	ATF_CHECK_EQ(bool_of(private, CKA_ALWAYS_SENSITIVE), true);
	ATF_CHECK_EQ(bool_of(private, CKA_NEVER_EXTRACTABLE), true);
	ATF_CHECK_EQ(attrs_find(public, CKA_ALWAYS_SENSITIVE), NULL);
}

ATF_TC_WITHOUT_HEAD(generated__pairs);
ATF_TC_BODY(generated__pairs, tc)
{
	static const struct {
		CK_MECHANISM_TYPE mechanism;
		struct generate_args args;
		CK_ATTRIBUTE_TYPE asked;
	} cases[] = {
		{ CKM_RSA_PKCS_KEY_PAIR_GEN, { .bits = 2048 },
		    CKA_MODULUS_BITS },
		{ CKM_EC_KEY_PAIR_GEN, { .params = {
		    "\x06\x05\x2b\x81\x04\x00\x22", 7 } }, CKA_EC_PARAMS },
		{ CKM_EC_EDWARDS_KEY_PAIR_GEN, { .params = {
		    "\x06\x03\x2b\x65\x70", 5 } }, CKA_EC_PARAMS },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_(attrs_wipe) struct attrs pub = ATTRS_INIT;
		_cleanup_(attrs_wipe) struct attrs priv = ATTRS_INIT;
		struct template t = { .n = 0 };
		struct generation g;

		generate(cases[i].mechanism, &cases[i].args, &g);
		if (cases[i].asked == CKA_EC_PARAMS)
			put_bytes(&t, CKA_EC_PARAMS,
			    cases[i].args.params.data,
			    cases[i].args.params.len);
		else
			put_ulong(&t, cases[i].asked, cases[i].args.bits);
		become_good(&g, CKO_PUBLIC_KEY, &t, &pub);
		t.n = 0;
		become_good(&g, CKO_PRIVATE_KEY, &t, &priv);
		check_history(&pub, cases[i].mechanism);
		check_history(&priv, cases[i].mechanism);
		check_pair(&pub, &priv);
		ATF_CHECK_EQ(attrs_find(&priv, CKA_EC_POINT), NULL);
		key_made_wipe(&g.made);
	}
}

ATF_TC_WITHOUT_HEAD(generated__secret_keys);
ATF_TC_BODY(generated__secret_keys, tc)
{
	static const CK_MECHANISM_TYPE mechanisms[] = { CKM_AES_KEY_GEN,
		CKM_GENERIC_SECRET_KEY_GEN };
	static const struct generate_args args = { .len = 32 };

	for (size_t i = 0; i < COUNT(mechanisms); i++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
		_cleanup_(attrs_wipe) struct attrs open = ATTRS_INIT;
		struct template t = { .n = 0 };
		struct generation g;

		generate(mechanisms[i], &args, &g);
		check_become(&g, CKO_SECRET_KEY, &t, CKR_TEMPLATE_INCOMPLETE,
		    "no length");
		put_ulong(&t, CKA_VALUE_LEN, 32);
		become_good(&g, CKO_SECRET_KEY, &t, &a);
		check_history(&a, mechanisms[i]);
		ATF_CHECK_EQ(attrs_span(&a, CKA_VALUE).len, 32);
		ATF_CHECK_EQ(attrs_span(&a, CKA_CHECK_VALUE).len, 3);
		ATF_CHECK_EQ(bool_of(&a, CKA_ALWAYS_SENSITIVE), true);
		ATF_CHECK_EQ(bool_of(&a, CKA_NEVER_EXTRACTABLE), true);
		put_bool(&t, CKA_SENSITIVE, false);
		put_bool(&t, CKA_EXTRACTABLE, true);
		become_good(&g, CKO_SECRET_KEY, &t, &open);
		ATF_CHECK_EQ(bool_of(&open, CKA_ALWAYS_SENSITIVE), false);
		ATF_CHECK_EQ(bool_of(&open, CKA_NEVER_EXTRACTABLE), false);
		put_ulong(&t, CKA_VALUE_LEN, 16);
		check_become(&g, CKO_SECRET_KEY, &t,
		    CKR_TEMPLATE_INCONSISTENT, "length");
		key_made_wipe(&g.made);
	}
}

/* A template may repeat what the mechanism contributes, not contradict it. */
ATF_TC_WITHOUT_HEAD(generated__templates_that_contradict);
ATF_TC_BODY(generated__templates_that_contradict, tc)
{
	struct template t = { .n = 0 };
	struct generation g;

	generate_ec(&g);
	put_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	put_ulong(&t, CKA_KEY_TYPE, CKK_EC);
	put_bytes(&t, CKA_EC_PARAMS, g.made.params.data, g.made.params.len);
	check_become(&g, CKO_PRIVATE_KEY, &t, CKR_OK, "repeats");
	put_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	check_become(&g, CKO_PRIVATE_KEY, &t, CKR_TEMPLATE_INCONSISTENT,
	    "class");
	put_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	put_ulong(&t, CKA_KEY_TYPE, CKK_RSA);
	check_become(&g, CKO_PRIVATE_KEY, &t, CKR_TEMPLATE_INCONSISTENT,
	    "type");
	put_bytes(&t, CKA_KEY_TYPE, "\3", 1);
	check_become(&g, CKO_PRIVATE_KEY, &t, CKR_ATTRIBUTE_VALUE_INVALID,
	    "type of a byte");
	put_ulong(&t, CKA_KEY_TYPE, CKK_EC);
	put_bytes(&t, CKA_EC_PARAMS, "\x06\x05\x2b\x81\x04\x00\x22", 7);
	check_become(&g, CKO_PRIVATE_KEY, &t, CKR_TEMPLATE_INCONSISTENT,
	    "curve");
	drop(&t, CKA_EC_PARAMS);
	put_bytes(&t, CKA_VALUE, "\1", 1);
	check_become(&g, CKO_PRIVATE_KEY, &t, CKR_ATTRIBUTE_READ_ONLY,
	    "value");
	drop(&t, CKA_VALUE);
	put_bool(&t, CKA_TRUSTED, true);
	check_become(&g, CKO_PRIVATE_KEY, &t, CKR_ATTRIBUTE_TYPE_INVALID,
	    "not of private keys");
	key_made_wipe(&g.made);
}

ATF_TC_WITHOUT_HEAD(generated__public_exponents);
ATF_TC_BODY(generated__public_exponents, tc)
{
	static const struct generate_args args = { .bits = 2048 };
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	struct template t = { .n = 0 };
	struct generation g;

	generate(CKM_RSA_PKCS_KEY_PAIR_GEN, &args, &g);
	put_ulong(&t, CKA_MODULUS_BITS, 2048);
	put_bytes(&t, CKA_PUBLIC_EXPONENT, "\0\1\0\1", 4);
	become_good(&g, CKO_PUBLIC_KEY, &t, &a);
	check_bytes(&a, CKA_PUBLIC_EXPONENT, "\1\0\1", 3);
	put_bytes(&t, CKA_PUBLIC_EXPONENT, "\3", 1);
	check_become(&g, CKO_PUBLIC_KEY, &t, CKR_TEMPLATE_INCONSISTENT,
	    "exponent");
	put_bytes(&t, CKA_PUBLIC_EXPONENT, "\1\0\1", 3);
	put_ulong(&t, CKA_MODULUS_BITS, 4096);
	check_become(&g, CKO_PUBLIC_KEY, &t, CKR_TEMPLATE_INCONSISTENT,
	    "bits");
	drop(&t, CKA_MODULUS_BITS);
	check_become(&g, CKO_PUBLIC_KEY, &t, CKR_TEMPLATE_INCOMPLETE,
	    "no bits");
	key_made_wipe(&g.made);
}

/* The gate before the work says what would be said after it. */
ATF_TC_WITHOUT_HEAD(gate__before_generation);
ATF_TC_BODY(gate__before_generation, tc)
{
	struct generated what = GENERATED(CKO_SECRET_KEY, CKK_AES,
	    CKM_AES_KEY_GEN, NULL);
	struct template t = { .n = 0 };

	ATF_CHECK_EQ(object_generate_check(&what, t.list, t.n),
	    CKR_TEMPLATE_INCOMPLETE);
	put_bytes(&t, CKA_VALUE_LEN, "\x10", 1);
	ATF_CHECK_EQ(object_generate_check(&what, t.list, t.n),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	put_ulong(&t, CKA_VALUE_LEN, 16);
	ATF_CHECK_EQ(object_generate_check(&what, t.list, t.n), CKR_OK);
	put_ulong(&t, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
	ATF_CHECK_EQ(object_generate_check(&what, t.list, t.n),
	    CKR_TEMPLATE_INCONSISTENT);
	what.type = CKK_SKIPJACK;
	ATF_CHECK_EQ(object_generate_check(&what, t.list, t.n),
	    CKR_MECHANISM_INVALID);
}

/* A generated number with a zero in front is kept without it, or its record
 * could not be read again. */
ATF_TC_WITHOUT_HEAD(generated__numbers_without_zeros);
ATF_TC_BODY(generated__numbers_without_zeros, tc)
{
	for (int i = 0; i < 5000; i++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
		struct template t = { .n = 0 };
		struct generation g;
		bool zero;

		generate_ec(&g);
		zero = g.made.value.data[0] == 0;
		if (zero) {
			become_good(&g, CKO_PRIVATE_KEY, &t, &a);
			ATF_CHECK(((const uint8_t *)attrs_span(&a,
			    CKA_VALUE).data)[0] != 0);
		}
		key_made_wipe(&g.made);
		if (zero)
			return;
	}
	atf_tc_fail("no key with a zero in front among 5000");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, generated__pairs);
	ATF_TP_ADD_TC(tp, generated__secret_keys);
	ATF_TP_ADD_TC(tp, generated__templates_that_contradict);
	ATF_TP_ADD_TC(tp, generated__public_exponents);
	ATF_TP_ADD_TC(tp, gate__before_generation);
	ATF_TP_ADD_TC(tp, generated__numbers_without_zeros);
	return atf_no_error();
}
