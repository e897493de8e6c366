/*
 * The rows of the schema against the footnotes of the standard's attribute
 * tables (PKCS#11 3.2, sections 4 and 6): where they differ, the deviation is
 * listed here and explained in docs/PKCS11.md.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ckname.h"
#include "common/vendor.h"
#include "module/policy/schema_rows.h"

#define NO_SUB CK_UNAVAILABLE_INFORMATION
#define ANY NO_SUB

/* Notes of one attribute: digits of Table 13, 'a' for 10, 'b' for 11, 'c' for
 * 12; "m" for what the text allows to change in a copy only, "M" anywhere. */
static const struct note {
	CK_OBJECT_CLASS class; /* ANY */
	CK_ULONG sub;          /* ANY */
	CK_ATTRIBUTE_TYPE type;
	const char *notes;
} notes[] = {
	{ ANY, ANY, CKA_CLASS, "1" },
	{ ANY, ANY, CKA_UNIQUE_ID, "246" },
	{ ANY, ANY, CKA_TOKEN, "m" },
	{ ANY, ANY, CKA_PRIVATE, "m" },
	{ ANY, ANY, CKA_MODIFIABLE, "m" },
	{ ANY, ANY, CKA_DESTROYABLE, "m" },
	{ ANY, ANY, CKA_LABEL, "M" },
	{ ANY, ANY, CKA_COPYABLE, "Mc" },
	{ CKO_DATA, ANY, CKA_APPLICATION, "M" },
	{ CKO_DATA, ANY, CKA_OBJECT_ID, "M" },
	{ CKO_DATA, ANY, CKA_VALUE, "M" },
	{ CKO_CERTIFICATE, ANY, CKA_CERTIFICATE_TYPE, "1" },
	{ CKO_CERTIFICATE, ANY, CKA_TRUSTED, "a" },
	{ CKO_CERTIFICATE, ANY, CKA_CERTIFICATE_CATEGORY, "" },
	{ CKO_CERTIFICATE, ANY, CKA_CHECK_VALUE, "" },
	{ CKO_CERTIFICATE, ANY, CKA_START_DATE, "" },
	{ CKO_CERTIFICATE, ANY, CKA_END_DATE, "" },
	{ CKO_CERTIFICATE, ANY, CKA_PUBLIC_KEY_INFO, "" },
	{ CKO_CERTIFICATE, CKC_X_509, CKA_SUBJECT, "1" },
	{ CKO_CERTIFICATE, CKC_X_509, CKA_ID, "M" },
	{ CKO_CERTIFICATE, CKC_X_509, CKA_ISSUER, "M" },
	{ CKO_CERTIFICATE, CKC_X_509, CKA_SERIAL_NUMBER, "M" },
	{ CKO_CERTIFICATE, CKC_X_509, CKA_VALUE, "1" },
	{ CKO_CERTIFICATE, CKC_X_509, CKA_URL, "" },
	{ CKO_CERTIFICATE, CKC_X_509, CKA_HASH_OF_SUBJECT_PUBLIC_KEY, "" },
	{ CKO_CERTIFICATE, CKC_X_509, CKA_HASH_OF_ISSUER_PUBLIC_KEY, "" },
	{ CKO_CERTIFICATE, CKC_X_509, CKA_JAVA_MIDP_SECURITY_DOMAIN, "" },
	{ CKO_CERTIFICATE, CKC_X_509, CKA_NAME_HASH_ALGORITHM, "" },
	{ CKO_PUBLIC_KEY, ANY, CKA_SUBJECT, "8" },
	{ CKO_PUBLIC_KEY, ANY, CKA_ENCRYPT, "8" },
	{ CKO_PUBLIC_KEY, ANY, CKA_VERIFY, "8" },
	{ CKO_PUBLIC_KEY, ANY, CKA_VERIFY_RECOVER, "8" },
	{ CKO_PUBLIC_KEY, ANY, CKA_WRAP, "8" },
	{ CKO_PUBLIC_KEY, ANY, CKA_ENCAPSULATE, "8" },
	{ CKO_PUBLIC_KEY, ANY, CKA_TRUSTED, "a" },
	{ CKO_PUBLIC_KEY, ANY, CKA_PUBLIC_KEY_INFO, "" },
	{ CKO_PRIVATE_KEY, ANY, CKA_SUBJECT, "8" },
	{ CKO_PRIVATE_KEY, ANY, CKA_SENSITIVE, "8b" },
	{ CKO_PRIVATE_KEY, ANY, CKA_DECRYPT, "8" },
	{ CKO_PRIVATE_KEY, ANY, CKA_SIGN, "8" },
	{ CKO_PRIVATE_KEY, ANY, CKA_SIGN_RECOVER, "8" },
	{ CKO_PRIVATE_KEY, ANY, CKA_UNWRAP, "8" },
	{ CKO_PRIVATE_KEY, ANY, CKA_DECAPSULATE, "8" },
	{ CKO_PRIVATE_KEY, ANY, CKA_EXTRACTABLE, "8c" },
	{ CKO_PRIVATE_KEY, ANY, CKA_ALWAYS_SENSITIVE, "246" },
	{ CKO_PRIVATE_KEY, ANY, CKA_NEVER_EXTRACTABLE, "246" },
	{ CKO_PRIVATE_KEY, ANY, CKA_WRAP_WITH_TRUSTED, "b" },
	{ CKO_PRIVATE_KEY, ANY, CKA_ALWAYS_AUTHENTICATE, "" },
	{ CKO_PRIVATE_KEY, ANY, CKA_PUBLIC_KEY_INFO, "8" },
	{ CKO_SECRET_KEY, ANY, CKA_SENSITIVE, "8b" },
	{ CKO_SECRET_KEY, ANY, CKA_ENCRYPT, "8" },
	{ CKO_SECRET_KEY, ANY, CKA_DECRYPT, "8" },
	{ CKO_SECRET_KEY, ANY, CKA_SIGN, "8" },
	{ CKO_SECRET_KEY, ANY, CKA_VERIFY, "8" },
	{ CKO_SECRET_KEY, ANY, CKA_WRAP, "8" },
	{ CKO_SECRET_KEY, ANY, CKA_UNWRAP, "8" },
	{ CKO_SECRET_KEY, ANY, CKA_EXTRACTABLE, "8c" },
	{ CKO_SECRET_KEY, ANY, CKA_ALWAYS_SENSITIVE, "246" },
	{ CKO_SECRET_KEY, ANY, CKA_NEVER_EXTRACTABLE, "246" },
	{ CKO_SECRET_KEY, ANY, CKA_CHECK_VALUE, "" },
	{ CKO_SECRET_KEY, ANY, CKA_WRAP_WITH_TRUSTED, "b" },
	{ CKO_SECRET_KEY, ANY, CKA_TRUSTED, "a" },
	{ CKO_SECRET_KEY, ANY, CKA_VALUE, "1467" },
	{ CKO_SECRET_KEY, CKK_AES, CKA_VALUE_LEN, "23" },
	{ CKO_PUBLIC_KEY, CKK_RSA, CKA_MODULUS, "14" },
	{ CKO_PUBLIC_KEY, CKK_RSA, CKA_MODULUS_BITS, "23" },
	{ CKO_PUBLIC_KEY, CKK_RSA, CKA_PUBLIC_EXPONENT, "1" },
	{ CKO_PRIVATE_KEY, CKK_RSA, CKA_MODULUS, "146" },
	{ CKO_PRIVATE_KEY, CKK_RSA, CKA_PUBLIC_EXPONENT, "146" },
	{ CKO_PRIVATE_KEY, CKK_RSA, CKA_PRIVATE_EXPONENT, "1467" },
	{ CKO_PRIVATE_KEY, CKK_RSA, CKA_PRIME_1, "467" },
	{ CKO_PRIVATE_KEY, CKK_RSA, CKA_PRIME_2, "467" },
	{ CKO_PRIVATE_KEY, CKK_RSA, CKA_EXPONENT_1, "467" },
	{ CKO_PRIVATE_KEY, CKK_RSA, CKA_EXPONENT_2, "467" },
	{ CKO_PRIVATE_KEY, CKK_RSA, CKA_COEFFICIENT, "467" },
	{ CKO_PUBLIC_KEY, CKK_EC, CKA_EC_PARAMS, "13" },
	{ CKO_PUBLIC_KEY, CKK_EC, CKA_EC_POINT, "14" },
	{ CKO_PRIVATE_KEY, CKK_EC, CKA_EC_PARAMS, "146" },
	{ CKO_PRIVATE_KEY, CKK_EC, CKA_VALUE, "1467" },
	{ CKO_PUBLIC_KEY, CKK_EC_EDWARDS, CKA_EC_PARAMS, "13" },
	{ CKO_PUBLIC_KEY, CKK_EC_EDWARDS, CKA_EC_POINT, "14" },
	{ CKO_PRIVATE_KEY, CKK_EC_EDWARDS, CKA_EC_PARAMS, "146" },
	{ CKO_PRIVATE_KEY, CKK_EC_EDWARDS, CKA_VALUE, "1467" },
	{ CKO_SECRET_KEY, ANY, CKA_VALUE_LEN, "23" },
	{ CKO_PUBLIC_KEY, CKK_EC_MONTGOMERY, CKA_EC_PARAMS, "13" },
	{ CKO_PUBLIC_KEY, CKK_EC_MONTGOMERY, CKA_EC_POINT, "14" },
	{ CKO_PRIVATE_KEY, CKK_EC_MONTGOMERY, CKA_EC_PARAMS, "146" },
	{ CKO_PRIVATE_KEY, CKK_EC_MONTGOMERY, CKA_VALUE, "1467" },
	{ CKO_PUBLIC_KEY, ANY, CKA_PRIME, "13" },
	{ CKO_PUBLIC_KEY, ANY, CKA_BASE, "13" },
	{ CKO_PUBLIC_KEY, ANY, CKA_SUBPRIME, "13" },
	{ CKO_PUBLIC_KEY, ANY, CKA_VALUE, "14" },
	{ CKO_PRIVATE_KEY, ANY, CKA_PRIME, "146" },
	{ CKO_PRIVATE_KEY, ANY, CKA_BASE, "146" },
	{ CKO_PRIVATE_KEY, ANY, CKA_SUBPRIME, "146" },
	{ CKO_PRIVATE_KEY, ANY, CKA_VALUE, "1467" },
	{ CKO_PRIVATE_KEY, CKK_DH, CKA_VALUE_BITS, "26" },
	{ CKO_PUBLIC_KEY, ANY, CKA_PARAMETER_SET, "13" },
	{ CKO_PRIVATE_KEY, ANY, CKA_PARAMETER_SET, "146" },
	{ CKO_PRIVATE_KEY, ANY, CKA_SEED, "467" },
	{ CKO_PUBLIC_KEY, ANY, CKA_WRAP_TEMPLATE, "" },
	{ CKO_PUBLIC_KEY, ANY, CKA_ENCAPSULATE_TEMPLATE, "" },
	{ CKO_PRIVATE_KEY, ANY, CKA_UNWRAP_TEMPLATE, "" },
	{ CKO_PRIVATE_KEY, ANY, CKA_DERIVE_TEMPLATE, "" },
	{ CKO_PRIVATE_KEY, ANY, CKA_DECAPSULATE_TEMPLATE, "" },
	{ CKO_SECRET_KEY, ANY, CKA_WRAP_TEMPLATE, "" },
	{ CKO_SECRET_KEY, ANY, CKA_UNWRAP_TEMPLATE, "" },
	{ CKO_SECRET_KEY, ANY, CKA_DERIVE_TEMPLATE, "" },
	/* of all keys: after the certificate's own of the same names */
	{ ANY, ANY, CKA_KEY_TYPE, "15" },
	{ ANY, ANY, CKA_ID, "8" },
	{ ANY, ANY, CKA_START_DATE, "8" },
	{ ANY, ANY, CKA_END_DATE, "8" },
	{ ANY, ANY, CKA_DERIVE, "8" },
	{ ANY, ANY, CKA_LOCAL, "246" },
	{ ANY, ANY, CKA_KEY_GEN_MECHANISM, "246" },
	{ ANY, ANY, CKA_ALLOWED_MECHANISMS, "" },
};

/* What the standard does not describe: vendors' classes and attributes. */
static bool
is_ours(const struct schema *schema, CK_ATTRIBUTE_TYPE type)
{
	return (type & CKA_VENDOR_DEFINED) != 0 ||
	    (schema->class == VECS_CKO_NSS_CRL &&
		(type == CKA_SUBJECT || type == CKA_VALUE));
}

static const struct note *
note_of(const struct schema *schema, CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < COUNT(notes); i++)
		if (notes[i].type == type &&
		    (notes[i].class == ANY ||
			notes[i].class == schema->class) &&
		    (notes[i].sub == ANY || notes[i].sub == schema->sub))
			return &notes[i];
	return NULL;
}

/* The rule that the notes make; acts that a class has no part in are MAY. */
static enum attr_rule
rule_of(const struct note *note, enum act act)
{
	static const struct {
		enum act act;
		char must, never;
	} acts[] = {
		{ ACT_CREATE, '1', '2' },
		{ ACT_GENERATE, '3', '4' },
		{ ACT_UNWRAP, '5', '6' },
	};
	bool modifiable = strpbrk(note->notes, "8Ma") != NULL ||
	    (act == ACT_COPY && strchr(note->notes, 'm') != NULL);

	for (size_t i = 0; i < COUNT(acts); i++) {
		if (acts[i].act != act)
			continue;
		if (strchr(note->notes, acts[i].must) != NULL)
			return MUST;
		return strchr(note->notes, acts[i].never) != NULL ? NEVER
		                                                 : MAY;
	}
	if (strchr(note->notes, 'b') != NULL)
		return TO_TRUE;
	if (strchr(note->notes, 'c') != NULL)
		return TO_FALSE;
	return modifiable ? MAY : NEVER;
}

static const char *const act_words[] = { "create", "generate", "unwrap",
	"derive", "set", "copy" };
static const char *const rule_words[] = { "never", "may", "must", "to-true",
	"to-false" };

/* Whether an act makes or touches objects of the class at all. */
static bool
has_act(const struct schema *schema, enum act act)
{
	bool is_key = schema_sub_attribute(schema->class) == CKA_KEY_TYPE;

	if (act == ACT_GENERATE)
		return is_key;
	if (act == ACT_UNWRAP)
		return is_key && schema->class != CKO_PUBLIC_KEY;
	return act != ACT_DERIVE; /* no note speaks of it */
}

/* "CKA_X create: must, here may", sorted, each once. */
static const struct deviation {
	CK_OBJECT_CLASS class; /* ANY */
	CK_ATTRIBUTE_TYPE type;
	enum act act;
	enum attr_rule here;
} deviations[] = {
	{ ANY, CKA_DESTROYABLE, ACT_SET, TO_FALSE },
	{ CKO_CERTIFICATE, CKA_SUBJECT, ACT_CREATE, MAY },
	{ CKO_PUBLIC_KEY, CKA_MODULUS_BITS, ACT_CREATE, MAY },
	{ CKO_PUBLIC_KEY, CKA_PUBLIC_KEY_INFO, ACT_GENERATE, NEVER },
	{ CKO_PRIVATE_KEY, CKA_PUBLIC_KEY_INFO, ACT_GENERATE, NEVER },
	{ CKO_PRIVATE_KEY, CKA_PUBLIC_EXPONENT, ACT_CREATE, MAY },
	{ CKO_PRIVATE_KEY, CKA_PUBLIC_EXPONENT, ACT_GENERATE, MAY },
	{ CKO_PRIVATE_KEY, CKA_EC_PARAMS, ACT_GENERATE, MAY },
	{ CKO_SECRET_KEY, CKA_VALUE_LEN, ACT_CREATE, MAY },
	{ CKO_SECRET_KEY, CKA_VALUE_LEN, ACT_GENERATE, MAY },
	{ CKO_PRIVATE_KEY, CKA_PARAMETER_SET, ACT_GENERATE, MAY },
	/* where there is a seed in its place */
	{ CKO_PRIVATE_KEY, CKA_VALUE, ACT_CREATE, MAY },
	{ CKO_SECRET_KEY, CKA_CHECK_VALUE, ACT_SET, MAY },
	/* an attribute that the standard does not give private keys */
	{ CKO_PRIVATE_KEY, CKA_EC_POINT, ACT_CREATE, MAY },
};

static const struct deviation *
deviation_of(const struct schema *schema, const struct attr_row *row,
    enum act act)
{
	for (size_t i = 0; i < COUNT(deviations); i++)
		if ((deviations[i].class == ANY ||
			deviations[i].class == schema->class) &&
		    deviations[i].type == row->type &&
		    deviations[i].act == act &&
		    deviations[i].here == row->rules[act])
			return &deviations[i];
	return NULL;
}

static const char *
name_of(CK_ATTRIBUTE_TYPE type)
{
	const char *name = ckname_attribute(type);

	return name != NULL ? name : "?";
}

static void
row_compare(const struct schema *schema, const struct attr_row *row,
    const struct note *note, bool met[COUNT(deviations)])
{
	static const struct note none = { ANY, ANY, 0, "246" };
	const struct note *said = note != NULL ? note : &none;

	for (enum act act = 0; act < ACT_COUNT; act++) {
		enum attr_rule rule = rule_of(said, act);
		const struct deviation *d =
		    deviation_of(schema, row, act);

		if (!has_act(schema, act) || rule == row->rules[act])
			continue;
		ATF_CHECK_MSG(d != NULL, "%s %s %s: %s, here %s",
		    ckname_class(schema->class), name_of(row->type),
		    act_words[act], rule_words[rule],
		    rule_words[row->rules[act]]);
		if (d != NULL)
			met[d - deviations] = true;
	}
	ATF_CHECK_EQ_MSG(row->secret, strchr(said->notes, '7') != NULL,
	    "%s", name_of(row->type));
}

ATF_TC_WITHOUT_HEAD(rows__are_the_footnotes_of_the_standard);
ATF_TC_BODY(rows__are_the_footnotes_of_the_standard, tc)
{
	bool met[COUNT(deviations)] = { false };

	for (size_t s = 0; s < schema_count; s++) {
		const struct schema *schema = &schemas[s];
		const struct attr_row *row;

		for (size_t i = 0; (row = schema_row_at(schema, i)) != NULL;
		     i++)
			if (!is_ours(schema, row->type))
				row_compare(schema, row,
				    note_of(schema, row->type), met);
	}
	for (size_t i = 0; i < COUNT(deviations); i++)
		ATF_CHECK_MSG(met[i], "no deviation (any more): %s %s",
		    name_of(deviations[i].type), act_words[deviations[i].act]);
}

ATF_TC_WITHOUT_HEAD(rows__nothing_of_the_standard_lacks);
ATF_TC_BODY(rows__nothing_of_the_standard_lacks, tc)
{
	for (size_t n = 0; n < COUNT(notes); n++) {
		bool found = false;

		for (size_t s = 0; s < schema_count; s++)
			if (note_of(&schemas[s], notes[n].type) == &notes[n] &&
			    schema_row(&schemas[s], notes[n].type) != NULL)
				found = true;
		ATF_CHECK_MSG(found, "%s", name_of(notes[n].type));
	}
}

/* The whole page, to be freed. */
static char *
page_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	ATF_REQUIRE_MSG(f != NULL && text != NULL, "%s", path);
	ATF_REQUIRE(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

ATF_TC_WITHOUT_HEAD(deviations__are_in_the_documentation);
ATF_TC_BODY(deviations__are_in_the_documentation, tc)
{
	char *page = page_read(PKCS11_PAGE);
	const char *list = strstr(page, "\n### Deviations\n");

	ATF_REQUIRE(list != NULL);
	for (size_t i = 0; i < COUNT(deviations); i++)
		ATF_CHECK_MSG(strstr(list, name_of(deviations[i].type)) !=
		    NULL, "%s", name_of(deviations[i].type));
	free(page);
}

/* The rows as a reviewer reads them. */

static const struct {
	unsigned long number;
	const char *name;
} vendor_names[] = {
	{ VECS_CKO_NSS_CRL, "CKO_NSS_CRL" },
	{ CKO_VECS_GRANT, "CKO_VECS_GRANT" },
};

static const struct {
	CK_ATTRIBUTE_TYPE type;
	const char *name;
} vendor_attributes[] = {
	{ VECS_CKA_NSS_URL, "CKA_NSS_URL" },
	{ VECS_CKA_NSS_KRL, "CKA_NSS_KRL" },
	{ CKA_VECS_STORE, "CKA_VECS_STORE" },
	{ CKA_VECS_PRINCIPAL, "CKA_VECS_PRINCIPAL" },
	{ CKA_VECS_RIGHTS, "CKA_VECS_RIGHTS" },
};

static const char *
class_name(CK_OBJECT_CLASS class)
{
	for (size_t i = 0; i < COUNT(vendor_names); i++)
		if (vendor_names[i].number == class)
			return vendor_names[i].name;
	return ckname_class(class);
}

static const char *
attribute_name(CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < COUNT(vendor_attributes); i++)
		if (vendor_attributes[i].type == type)
			return vendor_attributes[i].name;
	return name_of(type);
}

static void
row_write(const struct attr_row *row, FILE *to)
{
	static const char *const kinds[] = { "bool", "ulong", "text", "bytes",
		"number", "date", "mechs", "template" };
	static const char *const values[] = { "-", "yes", "no", "empty" };

	fprintf(to, "  %-30s %-6s", attribute_name(row->type),
	    kinds[row->kind]);
	for (enum act act = 0; act < ACT_COUNT; act++)
		fprintf(to, " %-8s", rule_words[row->rules[act]]);
	fprintf(to, " %-6s %s\n", row->secret ? "secret" : "-",
	    values[row->value]);
}

static const char *
sub_name(const struct schema *schema)
{
	if (schema->sub == NO_SUB)
		return "";
	return schema->class == CKO_CERTIFICATE ? "CKC_X_509"
	                                        : ckname_key_type(schema->sub);
}

static void
snapshot_write(FILE *to)
{
	const struct attr_row *row;

	fprintf(to, "  %-30s %-6s", "attribute", "kind");
	for (enum act act = 0; act < ACT_COUNT; act++)
		fprintf(to, " %-8s", act_words[act]);
	fprintf(to, " %-6s %s\n", "secret", "default");
	for (size_t s = 0; s < schema_count; s++) {
		fprintf(to, "%s%s%s\n", class_name(schemas[s].class),
		    schemas[s].sub == NO_SUB ? "" : " ",
		    sub_name(&schemas[s]));
		for (size_t i = 0;
		     (row = schema_row_at(&schemas[s], i)) != NULL; i++)
			row_write(row, to);
	}
}

ATF_TC_WITHOUT_HEAD(rows__are_as_reviewed);
ATF_TC_BODY(rows__are_as_reviewed, tc)
{
	FILE *is = fopen("schema.actual", "w+");
	FILE *want = fopen(SCHEMA_EXPECTED, "r");
	char a[160] = "", b[160] = "", *more, *most;

	ATF_REQUIRE(is != NULL && want != NULL);
	snapshot_write(is);
	rewind(is);
	do {
		more = fgets(a, sizeof(a), is);
		most = fgets(b, sizeof(b), want);
		ATF_REQUIRE_EQ(more == NULL, most == NULL);
		ATF_CHECK_MSG(strcmp(a, b) == 0, "is: %swas: %s", a, b);
	} while (more != NULL);
	fclose(want);
	fclose(is);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, rows__are_the_footnotes_of_the_standard);
	ATF_TP_ADD_TC(tp, rows__nothing_of_the_standard_lacks);
	ATF_TP_ADD_TC(tp, deviations__are_in_the_documentation);
	ATF_TP_ADD_TC(tp, rows__are_as_reviewed);
	return atf_no_error();
}
