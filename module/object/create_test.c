/* Created objects: what they have that the template did not say, and what is
 * refused. */
#include <atf-c.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/ckname.h"
#include "common/vendor.h"
#include "module/object/object_fixture.h"
#include "module/policy/schema_rows.h"

/* A template of each class and type that is offered. */
struct samples {
	struct pair rsa, ec, ed;
	struct secret certificate;
	struct template list[16];
	size_t count;
};

static const uint8_t aes_value[32] = { 1, 2, 3 };

static struct template *
sample_next(struct samples *s)
{
	ATF_REQUIRE(s->count < COUNT(s->list));
	return &s->list[s->count++];
}

static void
samples_make(struct samples *s)
{
	memset(s, 0, sizeof(*s));
	pair_make("RSA-2048", &s->rsa);
	pair_make("P-256", &s->ec);
	pair_make("ED25519", &s->ed);
	template_data(sample_next(s));
	template_certificate(sample_next(s),
	    certificate_make(s->ec.pkey, false, &s->certificate));
	template_key(sample_next(s), &s->rsa.public_parts);
	template_key(sample_next(s), &s->rsa.private_parts);
	template_key(sample_next(s), &s->ec.public_parts);
	template_key(sample_next(s), &s->ec.private_parts);
	template_key(sample_next(s), &s->ed.public_parts);
	template_key(sample_next(s), &s->ed.private_parts);
	template_secret(sample_next(s), CKK_AES, aes_value, 32);
	template_secret(sample_next(s), CKK_GENERIC_SECRET, "x", 1);
}

static void
samples_wipe(struct samples *s)
{
	pair_wipe(&s->rsa);
	pair_wipe(&s->ec);
	pair_wipe(&s->ed);
	secret_wipe(&s->certificate);
}

/* Runs fn with every sample. */
static void
each_sample(void (*fn)(struct template *t))
{
	struct samples s;

	samples_make(&s);
	for (size_t i = 0; i < s.count; i++)
		fn(&s.list[i]);
	samples_wipe(&s);
}

static void
defaults_are_there(struct template *t)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	const struct attr_row *row;

	create_good(&nobody, t, &a);
	for (size_t i = 0; (row = schema_row_at(attrs_schema(&a), i)) != NULL;
	     i++)
		if (row->value == YES || row->value == NO)
			ATF_CHECK_EQ_MSG(bool_of(&a, row->type),
			    row->value == YES, "%s",
			    ckname_attribute(row->type));
	/* never an empty boolean, number or date */
	for (size_t i = 0; i < a.count; i++) {
		row = schema_row(attrs_schema(&a), a.items[i].type);
		ATF_REQUIRE(row != NULL);
		ATF_CHECK(schema_has_form(row->kind, (struct span){
		    a.items[i].value.data, a.items[i].value.len }));
		ATF_CHECK(a.items[i].value.len != 0 ||
		    row->kind == KIND_TEXT || row->kind == KIND_BYTES);
	}
}

ATF_TC_WITHOUT_HEAD(create__defaults_of_every_class);
ATF_TC_BODY(create__defaults_of_every_class, tc)
{
	each_sample(defaults_are_there);
}

ATF_TC_WITHOUT_HEAD(create__keys_are_closed_unless_said_otherwise);
ATF_TC_BODY(create__keys_are_closed_unless_said_otherwise, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, b = ATTRS_INIT;
	struct template t;

	fixture_open();
	template_secret(&t, CKK_GENERIC_SECRET, "abc", 3);
	create_good(&nobody, &t, &a);
	ATF_CHECK_EQ(bool_of(&a, CKA_PRIVATE), true);
	ATF_CHECK_EQ(bool_of(&a, CKA_SENSITIVE), true);
	ATF_CHECK_EQ(bool_of(&a, CKA_EXTRACTABLE), false);
	ATF_CHECK_EQ(bool_of(&a, CKA_SIGN), true);
	ATF_CHECK(!attrs_reveals(&a, CKA_VALUE));
	put_bool(&t, CKA_SENSITIVE, false);
	put_bool(&t, CKA_EXTRACTABLE, true);
	put_bool(&t, CKA_PRIVATE, false);
	put_bool(&t, CKA_SIGN, false);
	create_good(&nobody, &t, &b);
	ATF_CHECK_EQ(bool_of(&b, CKA_PRIVATE), false);
	ATF_CHECK_EQ(bool_of(&b, CKA_SIGN), false);
	ATF_CHECK(attrs_reveals(&b, CKA_VALUE));
}

/* An imported key was somewhere else before (4.8, 4.10). */
static void
history_is_of_elsewhere(struct template *t)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	CK_OBJECT_CLASS class;
	bool has_secret;

	create_good(&nobody, t, &a);
	class = attrs_ulong(&a, CKA_CLASS, 0);
	has_secret = class == CKO_PRIVATE_KEY || class == CKO_SECRET_KEY;
	if (!has_secret && class != CKO_PUBLIC_KEY)
		return;
	ATF_CHECK_EQ(bool_of(&a, CKA_LOCAL), false);
	ATF_CHECK(attrs_find(&a, CKA_KEY_GEN_MECHANISM) != NULL);
	ATF_CHECK_EQ(attrs_ulong(&a, CKA_KEY_GEN_MECHANISM, 0),
	    CK_UNAVAILABLE_INFORMATION);
	ATF_CHECK_EQ(bool_of(&a, CKA_ALWAYS_SENSITIVE), has_secret ? 0 : -1);
	ATF_CHECK_EQ(bool_of(&a, CKA_NEVER_EXTRACTABLE), has_secret ? 0 : -1);
}

ATF_TC_WITHOUT_HEAD(create__history);
ATF_TC_BODY(create__history, tc)
{
	each_sample(history_is_of_elsewhere);
}

ATF_TC_WITHOUT_HEAD(create__unique_ids_are_random_uuids);
ATF_TC_BODY(create__unique_ids_are_random_uuids, tc)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT, b = ATTRS_INIT;
	struct template t;
	const char *id;

	fixture_open();
	template_data(&t);
	create_good(&nobody, &t, &a);
	create_good(&nobody, &t, &b);
	id = attrs_span(&a, CKA_UNIQUE_ID).data;
	ATF_REQUIRE_EQ(attrs_span(&a, CKA_UNIQUE_ID).len, 36);
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		ATF_CHECK(dash ? id[i] == '-'
		               : isxdigit((unsigned char)id[i]));
	}
	ATF_CHECK_EQ(id[14], '4');
	ATF_CHECK(strchr("89ab", id[19]) != NULL);
	ATF_CHECK(memcmp(id, attrs_span(&b, CKA_UNIQUE_ID).data, 36) != 0);
}

static void
check_create(const struct template *t, CK_RV want)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	CK_RV rv = create(&nobody, t, &a);

	ATF_CHECK_EQ_MSG(rv, want, "%s", ckname_rv(rv));
}

ATF_TC_WITHOUT_HEAD(create__classes_that_are_not_offered);
ATF_TC_BODY(create__classes_that_are_not_offered, tc)
{
	struct template t = { .n = 0 };

	fixture_open();
	check_create(&t, CKR_TEMPLATE_INCOMPLETE);
	put_ulong(&t, CKA_CLASS, CKO_CERTIFICATE);
	check_create(&t, CKR_TEMPLATE_INCOMPLETE);
	put_ulong(&t, CKA_CERTIFICATE_TYPE, CKC_WTLS);
	check_create(&t, CKR_ATTRIBUTE_VALUE_INVALID);
	put_ulong(&t, CKA_CLASS, CKO_DOMAIN_PARAMETERS);
	check_create(&t, CKR_ATTRIBUTE_VALUE_INVALID);
	put_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	check_create(&t, CKR_TEMPLATE_INCOMPLETE);
	put_ulong(&t, CKA_KEY_TYPE, CKK_RSA);
	check_create(&t, CKR_ATTRIBUTE_VALUE_INVALID);
	put_bytes(&t, CKA_CLASS, "\4", 1);
	check_create(&t, CKR_ATTRIBUTE_VALUE_INVALID);
	put_bytes(&t, CKA_CLASS, NULL, sizeof(CK_ULONG));
	check_create(&t, CKR_ATTRIBUTE_VALUE_INVALID);
}

ATF_TC_WITHOUT_HEAD(create__pin_for_each_use_of_private_keys_only);
ATF_TC_BODY(create__pin_for_each_use_of_private_keys_only, tc)
{
	struct pair ec;
	struct template t;

	pair_make("P-256", &ec);
	template_key(&t, &ec.private_parts);
	put_bool(&t, CKA_ALWAYS_AUTHENTICATE, true);
	check_create(&t, CKR_OK);
	put_bool(&t, CKA_PRIVATE, false);
	check_create(&t, CKR_TEMPLATE_INCONSISTENT);
	put_bool(&t, CKA_ALWAYS_AUTHENTICATE, false);
	check_create(&t, CKR_OK);
	pair_wipe(&ec);
}

static bool
is_answer(CK_RV rv)
{
	static const CK_RV answers[] = { CKR_OK, CKR_ATTRIBUTE_TYPE_INVALID,
		CKR_ATTRIBUTE_VALUE_INVALID, CKR_ATTRIBUTE_READ_ONLY,
		CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT,
		CKR_CURVE_NOT_SUPPORTED, CKR_DOMAIN_PARAMS_INVALID,
		CKR_KEY_SIZE_RANGE };

	for (size_t i = 0; i < COUNT(answers); i++)
		if (answers[i] == rv)
			return true;
	return false;
}

/* Of its very length, so that reading on would be found. */
static void
try_value(struct template *t, CK_ATTRIBUTE_TYPE type, const void *value,
    size_t len)
{
	_cleanup_(attrs_wipe) struct attrs a = ATTRS_INIT;
	CK_ULONG before = t->n, i = 0;
	uint8_t *copy = malloc(len != 0 ? len : 1);
	CK_ATTRIBUTE old;
	CK_RV rv;

	ATF_REQUIRE(copy != NULL);
	if (value != NULL && len != 0)
		memcpy(copy, value, len);
	while (i < t->n && t->list[i].type != type)
		i++;
	old = t->list[i];
	put_bytes(t, type, value != NULL ? copy : NULL, len);
	rv = create(&nobody, t, &a);
	ATF_CHECK_MSG(is_answer(rv), "%s: %s", ckname_attribute(type),
	    ckname_rv(rv));
	ATF_CHECK(rv == CKR_OK || a.count == 0);
	t->list[i] = old;
	t->n = before;
	free(copy);
}

/* Every attribute of the standard and of ours, wrong in turn. */
static void
wrong_in_turn(struct template *t)
{
	static const size_t lens[] = { 0, 1, 2, 3, 7, 8, 9, 32, 33, 300 };
	static uint8_t zeros[300], ones[300];

	memset(ones, 0xff, sizeof(ones));
	for (size_t s = 0; s < schema_count; s++) {
		const struct attr_row *row;

		for (size_t i = 0;
		     (row = schema_row_at(&schemas[s], i)) != NULL; i++)
			for (size_t k = 0; k < COUNT(lens); k++) {
				try_value(t, row->type, zeros, lens[k]);
				try_value(t, row->type, ones, lens[k]);
				try_value(t, row->type, NULL, lens[k]);
			}
	}
	check_create(t, CKR_OK);
}

ATF_TC_WITHOUT_HEAD(create__every_attribute_wrong_in_turn);
ATF_TC_BODY(create__every_attribute_wrong_in_turn, tc)
{
	each_sample(wrong_in_turn);
}

/* Each byte of a key or certificate changed: another one, or refused. */
static void
values_flipped(struct template *t)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_VALUE, CKA_MODULUS,
		CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_EC_PARAMS,
		CKA_EC_POINT };

	for (size_t i = 0; i < COUNT(types); i++)
		for (CK_ULONG k = 0; k < t->n; k++) {
			CK_ATTRIBUTE *a = &t->list[k];
			uint8_t copy[2048];

			if (a->type != types[i])
				continue;
			ATF_REQUIRE(a->ulValueLen <= sizeof(copy));
			memcpy(copy, a->pValue, a->ulValueLen);
			for (size_t at = 0; at < a->ulValueLen; at += 7) {
				copy[at] ^= 0x41;
				try_value(t, a->type, copy, a->ulValueLen);
				try_value(t, a->type, copy, at);
				copy[at] ^= 0x41;
			}
		}
}

ATF_TC_WITHOUT_HEAD(create__values_flipped_and_cut);
ATF_TC_BODY(create__values_flipped_and_cut, tc)
{
	each_sample(values_flipped);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, create__defaults_of_every_class);
	ATF_TP_ADD_TC(tp, create__keys_are_closed_unless_said_otherwise);
	ATF_TP_ADD_TC(tp, create__history);
	ATF_TP_ADD_TC(tp, create__unique_ids_are_random_uuids);
	ATF_TP_ADD_TC(tp, create__classes_that_are_not_offered);
	ATF_TP_ADD_TC(tp, create__pin_for_each_use_of_private_keys_only);
	ATF_TP_ADD_TC(tp, create__every_attribute_wrong_in_turn);
	ATF_TP_ADD_TC(tp, create__values_flipped_and_cut);
	return atf_no_error();
}
