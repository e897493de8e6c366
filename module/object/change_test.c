/* Objects changed and copied: steps of no return, claims, trust, moves. */
#include <atf-c.h>
#include <string.h>

#include "common/ckname.h"
#include "common/vendor.h"
#include "module/object/object_fixture.h"

typedef CK_RV (*change_fn)(const struct maker *who, const struct attrs *from,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct attrs *out);

static void
secret_make(struct attrs *out, bool sensitive, bool extractable)
{
	struct template t;

	fixture_open();
	template_secret(&t, CKK_GENERIC_SECRET, "abc", 3);
	put_bool(&t, CKA_SENSITIVE, sensitive);
	put_bool(&t, CKA_EXTRACTABLE, extractable);
	create_good(&nobody, &t, out);
}

static void
data_make(struct attrs *out, CK_ATTRIBUTE_TYPE type, bool value)
{
	struct template t;

	fixture_open();
	template_data(&t);
	put_bool(&t, type, value);
	create_good(&nobody, &t, out);
}

static CK_RV
change(change_fn fn, const struct maker *who, const struct attrs *from,
    const struct template *t, struct attrs *out)
{
	return fn(who, from, t->list, t->n, out);
}

static void
check_change(change_fn fn, const struct attrs *from, const struct template *t,
    CK_RV want, const char *what)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	CK_RV rv = change(fn, &nobody, from, t, &a);

	ATF_CHECK_EQ_MSG(rv, want, "%s: %s", what, ckname_rv(rv));
	ATF_CHECK_MSG(rv == CKR_OK || a.count == 0, "%s", what);
}

ATF_TC_WITHOUT_HEAD(set__nothing_of_what_is_not_modifiable);
ATF_TC_BODY(set__nothing_of_what_is_not_modifiable, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	struct template t = { .n = 0 };

	data_make(&a, CKA_MODIFIABLE, false);
	check_change(object_set, &a, &t, CKR_ACTION_PROHIBITED, "nothing");
	put_bytes(&t, CKA_LABEL, "x", 1);
	check_change(object_set, &a, &t, CKR_ACTION_PROHIBITED, "label");
	put_bytes(&t, CKA_VECS_STORE, "0123456789abcdef", 16);
	check_change(object_set, &a, &t, CKR_ACTION_PROHIBITED, "move");
	/* a copy may be modifiable again */
	t.n = 0;
	put_bool(&t, CKA_MODIFIABLE, true);
	check_change(object_copy, &a, &t, CKR_OK, "copy");
}

ATF_TC_WITHOUT_HEAD(set__new_values_and_all_others_stay);
ATF_TC_BODY(set__new_values_and_all_others_stay, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, b = ATTRS_INIT;
	struct template t = { .n = 0 };

	secret_make(&a, true, false);
	put_bytes(&t, CKA_LABEL, "new", 3);
	put_bytes(&t, CKA_ID, "\1", 1);
	put_bytes(&t, CKA_START_DATE, "20261125", 8);
	put_bool(&t, CKA_SIGN, false);
	ATF_REQUIRE_EQ(change(object_set, &nobody, &a, &t, &b), CKR_OK);
	check_bytes(&b, CKA_LABEL, "new", 3);
	check_bytes(&b, CKA_ID, "\1", 1);
	check_bytes(&b, CKA_START_DATE, "20261125", 8);
	ATF_CHECK_EQ(bool_of(&b, CKA_SIGN), false);
	for (size_t i = 0; i < a.count; i++) {
		CK_ATTRIBUTE_TYPE type = a.items[i].type;

		if (type != CKA_SIGN)
			check_bytes(&b, type, a.items[i].value.data,
			    a.items[i].value.len);
	}
	ATF_CHECK_EQ(b.count, a.count + 3);
	/* the original has not changed */
	ATF_CHECK_EQ(attrs_find(&a, CKA_LABEL), NULL);
	ATF_CHECK_EQ(bool_of(&a, CKA_SIGN), true);
}

ATF_TC_WITHOUT_HEAD(set__an_empty_date_takes_it_away);
ATF_TC_BODY(set__an_empty_date_takes_it_away, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, b = ATTRS_INIT;
	struct template t;

	fixture_open();
	template_secret(&t, CKK_GENERIC_SECRET, "abc", 3);
	put_bytes(&t, CKA_END_DATE, "20261125", 8);
	put_bytes(&t, CKA_START_DATE, NULL, 0);
	create_good(&nobody, &t, &a);
	ATF_CHECK_EQ(attrs_find(&a, CKA_START_DATE), NULL);
	t.n = 0;
	put_bytes(&t, CKA_END_DATE, NULL, 0);
	ATF_REQUIRE_EQ(change(object_set, &nobody, &a, &t, &b), CKR_OK);
	ATF_CHECK_EQ(attrs_find(&b, CKA_END_DATE), NULL);
}

/* Sensitive and unextractable for ever, in set and in copy. */
ATF_TC_WITHOUT_HEAD(change__steps_of_no_return);
ATF_TC_BODY(change__steps_of_no_return, tc)
{
	static const change_fn fns[] = { object_set, object_copy };
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		bool target;
	} steps[] = { { CKA_SENSITIVE, true }, { CKA_EXTRACTABLE, false } };

	for (size_t i = 0; i < 16; i++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
		bool from = i & 1, to = i & 2;
		size_t step = (i & 4) / 4;
		struct template t = { .n = 0 };

		secret_make(&a, from, from);
		put_bool(&t, steps[step].type, to);
		check_change(fns[i / 8], &a, &t,
		    from == to || to == steps[step].target
		        ? CKR_OK
		        : CKR_ATTRIBUTE_READ_ONLY,
		    ckname_attribute(steps[step].type));
	}
}

/* "Has always been": not of what was once open (4.10). */
ATF_TC_WITHOUT_HEAD(change__history_stays);
ATF_TC_BODY(change__history_stays, tc)
{
	static const change_fn fns[] = { object_set, object_copy };

	for (size_t i = 0; i < COUNT(fns); i++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
		_cleanup_(attrs_wipe) struct attrs b = ATTRS_INIT;
		struct template t = { .n = 0 };

		secret_make(&a, false, true);
		/* as if it had been generated here, open */
		ATF_REQUIRE_EQ(attrs_set_bool(&a, CKA_LOCAL, true), CKR_OK);
		ATF_REQUIRE_EQ(attrs_set_ulong(&a, CKA_KEY_GEN_MECHANISM,
		    CKM_GENERIC_SECRET_KEY_GEN), CKR_OK);
		put_bool(&t, CKA_SENSITIVE, true);
		put_bool(&t, CKA_EXTRACTABLE, false);
		ATF_REQUIRE_EQ(change(fns[i], &nobody, &a, &t, &b), CKR_OK);
		ATF_CHECK_EQ(bool_of(&b, CKA_ALWAYS_SENSITIVE), false);
		ATF_CHECK_EQ(bool_of(&b, CKA_NEVER_EXTRACTABLE), false);
		ATF_CHECK_EQ(bool_of(&b, CKA_LOCAL), true);
		ATF_CHECK_EQ(attrs_ulong(&b, CKA_KEY_GEN_MECHANISM, 0),
		    CKM_GENERIC_SECRET_KEY_GEN);
	}
}

ATF_TC_WITHOUT_HEAD(set__claims_must_be_true);
ATF_TC_BODY(set__claims_must_be_true, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, b = ATTRS_INIT;
	_cleanup_(attrs_wipe) struct attrs key = ATTRS_INIT;
	_cleanup_(attrs_wipe) struct attrs same = ATTRS_INIT;
	struct template t = { .n = 0 };
	struct span spki;
	struct pair ec;

	secret_make(&a, true, false);
	put_bytes(&t, CKA_CHECK_VALUE, "\xa9\x99\x3e", 3);
	check_change(object_set, &a, &t, CKR_OK, "right check value");
	put_bytes(&t, CKA_CHECK_VALUE, "\xa9\x99\x3f", 3);
	check_change(object_set, &a, &t, CKR_ATTRIBUTE_VALUE_INVALID,
	    "wrong check value");
	put_bytes(&t, CKA_CHECK_VALUE, NULL, 0);
	ATF_REQUIRE_EQ(change(object_set, &nobody, &a, &t, &b), CKR_OK);
	ATF_CHECK_EQ(attrs_find(&b, CKA_CHECK_VALUE), NULL);

	pair_make("P-256", &ec);
	template_key(&t, &ec.private_parts);
	create_good(&nobody, &t, &key);
	spki = attrs_span(&key, CKA_PUBLIC_KEY_INFO);
	t.n = 0;
	put_bytes(&t, CKA_PUBLIC_KEY_INFO, spki.data, spki.len);
	check_change(object_set, &key, &t, CKR_OK, "right public key");
	check_change(object_copy, &key, &t, CKR_OK, "right public key");
	put_bytes(&t, CKA_PUBLIC_KEY_INFO, "abc", 3);
	check_change(object_set, &key, &t, CKR_ATTRIBUTE_VALUE_INVALID,
	    "wrong public key");
	check_change(object_copy, &key, &t, CKR_ATTRIBUTE_VALUE_INVALID,
	    "wrong public key");
	put_bytes(&t, CKA_PUBLIC_KEY_INFO, NULL, 0);
	ATF_REQUIRE_EQ(change(object_set, &nobody, &key, &t, &same), CKR_OK);
	check_bytes(&same, CKA_PUBLIC_KEY_INFO, spki.data, spki.len);
	pair_wipe(&ec);
}

/* Copies */

ATF_TC_WITHOUT_HEAD(copy__not_of_what_must_not_be);
ATF_TC_BODY(copy__not_of_what_must_not_be, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, b = ATTRS_INIT;
	struct template t = { .n = 0 };

	data_make(&a, CKA_COPYABLE, false);
	check_change(object_copy, &a, &t, CKR_ACTION_PROHIBITED, "copyable");
	put_bool(&t, CKA_COPYABLE, true);
	check_change(object_copy, &a, &t, CKR_ACTION_PROHIBITED, "said");
	check_change(object_set, &a, &t, CKR_ATTRIBUTE_READ_ONLY, "set");
	data_make(&b, CKA_PRIVATE, true);
	t.n = 0;
	put_bool(&t, CKA_PRIVATE, false);
	check_change(object_copy, &b, &t, CKR_TEMPLATE_INCONSISTENT,
	    "public copy");
	put_bool(&t, CKA_PRIVATE, true);
	check_change(object_copy, &b, &t, CKR_OK, "private copy");
}

ATF_TC_WITHOUT_HEAD(copy__is_an_object_of_its_own);
ATF_TC_BODY(copy__is_an_object_of_its_own, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, b = ATTRS_INIT;
	struct template t = { .n = 0 };

	data_make(&a, CKA_PRIVATE, false);
	put_bool(&t, CKA_TOKEN, true);
	put_bool(&t, CKA_PRIVATE, true);
	put_bool(&t, CKA_DESTROYABLE, false);
	put_bytes(&t, CKA_LABEL, "copy", 4);
	ATF_REQUIRE_EQ(change(object_copy, &nobody, &a, &t, &b), CKR_OK);
	ATF_CHECK_EQ(bool_of(&a, CKA_TOKEN), false);
	ATF_CHECK_EQ(bool_of(&b, CKA_TOKEN), true);
	ATF_CHECK_EQ(bool_of(&b, CKA_PRIVATE), true);
	ATF_CHECK_EQ(bool_of(&b, CKA_DESTROYABLE), false);
	ATF_REQUIRE_EQ(attrs_span(&b, CKA_UNIQUE_ID).len, 36);
	ATF_CHECK(memcmp(attrs_span(&a, CKA_UNIQUE_ID).data,
	    attrs_span(&b, CKA_UNIQUE_ID).data, 36) != 0);
}

/* Trust: it is the store's word, and does not move with an object. */

static void
certificate_object(bool ca, bool trusted, struct attrs *out)
{
	struct secret der = { NULL, 0 };
	struct template t;
	struct pair ec;

	pair_make("P-256", &ec);
	template_certificate(&t, certificate_make(ec.pkey, ca, &der));
	put_bool(&t, CKA_TRUSTED, trusted);
	create_good(&officer, &t, out);
	secret_wipe(&der);
	pair_wipe(&ec);
}

/* After a copy or a move by `who` (of the target). */
static const struct {
	const struct maker *who;
	bool ca, trusted;
	int said; /* -1: nothing */
	CK_RV rv;
	bool after;
} arrivals[] = {
	{ &nobody, true, true, -1, CKR_OK, false },
	{ &nobody, true, false, -1, CKR_OK, false },
	{ &nobody, true, true, true, CKR_ATTRIBUTE_READ_ONLY, false },
	{ &nobody, true, false, true, CKR_ATTRIBUTE_READ_ONLY, false },
	{ &nobody, true, true, false, CKR_OK, false },
	{ &officer, true, true, -1, CKR_OK, true },
	{ &officer, true, false, -1, CKR_OK, false },
	{ &officer, true, false, true, CKR_OK, true },
	{ &officer, true, true, false, CKR_OK, false },
	{ &roots, true, false, -1, CKR_OK, true },
	{ &roots, true, true, -1, CKR_OK, true },
	{ &roots, true, true, false, CKR_OK, false },
	{ &roots, false, true, -1, CKR_OK, false },
	{ &roots, false, false, true, CKR_ATTRIBUTE_READ_ONLY, false },
};

static void
check_arrivals(change_fn fn, bool moves)
{
	struct attrs from[2][2] = { { ATTRS_INIT, ATTRS_INIT },
		{ ATTRS_INIT, ATTRS_INIT } };

	for (int i = 0; i < 4; i++)
		certificate_object(i & 1, i & 2, &from[i & 1][i / 2]);
	for (size_t i = 0; i < COUNT(arrivals); i++) {
		_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
		struct template t = { .n = 0 };
		CK_RV rv;

		if (moves)
			put_bytes(&t, CKA_VECS_STORE, "0123456789abcdef", 16);
		put_bytes(&t, CKA_LABEL, "there", 5);
		if (arrivals[i].said != -1)
			put_bool(&t, CKA_TRUSTED, arrivals[i].said);
		rv = change(fn, arrivals[i].who,
		    &from[arrivals[i].ca][arrivals[i].trusted], &t, &a);
		ATF_CHECK_EQ_MSG(rv, arrivals[i].rv, "case %zu: %s", i,
		    ckname_rv(rv));
		if (rv == CKR_OK)
			ATF_CHECK_EQ_MSG(bool_of(&a, CKA_TRUSTED),
			    arrivals[i].after, "case %zu", i);
		ATF_CHECK_EQ(attrs_find(&a, CKA_VECS_STORE), NULL);
	}
	for (int i = 0; i < 4; i++)
		attrs_wipe(&from[i & 1][i / 2]);
}

ATF_TC_WITHOUT_HEAD(trust__of_copies);
ATF_TC_BODY(trust__of_copies, tc)
{
	check_arrivals(object_copy, false);
}

ATF_TC_WITHOUT_HEAD(trust__of_what_is_moved);
ATF_TC_BODY(trust__of_what_is_moved, tc)
{
	check_arrivals(object_set, true);
}

ATF_TC_WITHOUT_HEAD(trust__fixes_a_certificate);
ATF_TC_BODY(trust__fixes_a_certificate, tc)
{
	_cleanup_(attrs_wipe) struct attrs trusted = ATTRS_INIT;
	_cleanup_(attrs_wipe) struct attrs plain = ATTRS_INIT;
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, b = ATTRS_INIT;
	struct template t = { .n = 0 };

	certificate_object(true, true, &trusted);
	certificate_object(true, false, &plain);
	put_bytes(&t, CKA_ISSUER, "x", 1);
	check_change(object_set, &trusted, &t, CKR_ACTION_PROHIBITED,
	    "issuer");
	check_change(object_set, &plain, &t, CKR_OK, "issuer of another");
	ATF_REQUIRE_EQ(change(object_set, &officer, &trusted, &t, &a),
	    CKR_OK);
	/* what is not spoken of stays */
	ATF_CHECK_EQ(bool_of(&a, CKA_TRUSTED), true);
	t.n = 0;
	put_bool(&t, CKA_TRUSTED, false);
	check_change(object_set, &trusted, &t, CKR_ACTION_PROHIBITED,
	    "distrust");
	ATF_REQUIRE_EQ(change(object_set, &roots, &trusted, &t, &b), CKR_OK);
	ATF_CHECK_EQ(bool_of(&b, CKA_TRUSTED), false);
	put_bool(&t, CKA_TRUSTED, true);
	check_change(object_set, &plain, &t, CKR_ATTRIBUTE_READ_ONLY,
	    "trust");
}

ATF_TC_WITHOUT_HEAD(trust__of_a_copied_wrapping_key);
ATF_TC_BODY(trust__of_a_copied_wrapping_key, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, b = ATTRS_INIT;
	struct template t;

	fixture_open();
	template_secret(&t, CKK_GENERIC_SECRET, "abc", 3);
	put_bool(&t, CKA_TRUSTED, true);
	create_good(&officer, &t, &a);
	t.n = 0;
	ATF_REQUIRE_EQ(change(object_copy, &nobody, &a, &t, &b), CKR_OK);
	ATF_CHECK_EQ(bool_of(&b, CKA_TRUSTED), false);
}

/* What has no schema (vendor objects that are never stored) has no rules. */
ATF_TC_WITHOUT_HEAD(change__nothing_without_a_schema);
ATF_TC_BODY(change__nothing_without_a_schema, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	struct template t = { .n = 0 };

	ATF_REQUIRE_EQ(attrs_set_ulong(&a, CKA_CLASS, CKO_VECS_STORE),
	    CKR_OK);
	check_change(object_set, &a, &t, CKR_ACTION_PROHIBITED, "set");
	check_change(object_copy, &a, &t, CKR_ACTION_PROHIBITED, "copy");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, set__nothing_of_what_is_not_modifiable);
	ATF_TP_ADD_TC(tp, set__new_values_and_all_others_stay);
	ATF_TP_ADD_TC(tp, set__an_empty_date_takes_it_away);
	ATF_TP_ADD_TC(tp, change__steps_of_no_return);
	ATF_TP_ADD_TC(tp, change__history_stays);
	ATF_TP_ADD_TC(tp, set__claims_must_be_true);
	ATF_TP_ADD_TC(tp, copy__not_of_what_must_not_be);
	ATF_TP_ADD_TC(tp, copy__is_an_object_of_its_own);
	ATF_TP_ADD_TC(tp, trust__of_copies);
	ATF_TP_ADD_TC(tp, trust__of_what_is_moved);
	ATF_TP_ADD_TC(tp, trust__fixes_a_certificate);
	ATF_TP_ADD_TC(tp, trust__of_a_copied_wrapping_key);
	ATF_TP_ADD_TC(tp, change__nothing_without_a_schema);
	return atf_no_error();
}
