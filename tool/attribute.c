/* The rows of attributes, and their values as text. */
#include "tool/attribute.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/ckname.h"
#include "common/text.h"
#include "common/vendor.h"
#include "tool/print.h"

#define OF_KEYS (OF_PUBLIC | OF_PRIVATE | OF_SECRET)
#define OF_PAIRS (OF_PUBLIC | OF_PRIVATE)
#define OF_ALL (OF_DATA | OF_CERT | OF_KEYS | OF_CRL)

#define ROW(type, kind, copied) { type, kind, copied, 0, 0, UNSAID_NONE }
#define BOOL(type, copied) ROW(type, ATTRIBUTE_BOOL, copied)
#define NUMBER(type, copied) ROW(type, ATTRIBUTE_NUMBER, copied)
#define TEXT(type, copied) ROW(type, ATTRIBUTE_TEXT, copied)
#define BYTES(type, copied) ROW(type, ATTRIBUTE_BYTES, copied)
#define DATE(type, copied) ROW(type, ATTRIBUTE_DATE, copied)
#define MOSTLY(type, copied, unsaid) \
	{ type, ATTRIBUTE_BOOL, copied, 0, 0, unsaid }
#define MATERIAL(type, copied) \
	{ type, ATTRIBUTE_BYTES, copied, 0, OF_PRIVATE, UNSAID_NONE }
#define SECRET(type) \
	{ type, ATTRIBUTE_BYTES, OF_PRIVATE, OF_PRIVATE, OF_PRIVATE, \
		UNSAID_NONE }

const struct attribute attributes[] = {
	ROW(CKA_CLASS, ATTRIBUTE_CLASS, OF_ALL),
	TEXT(CKA_LABEL, OF_ALL),
	BYTES(CKA_ID, OF_CERT | OF_KEYS),
	TEXT(CKA_UNIQUE_ID, 0),
	ROW(CKA_KEY_TYPE, ATTRIBUTE_KEY_TYPE, OF_KEYS),
	NUMBER(CKA_CERTIFICATE_TYPE, OF_CERT),
	NUMBER(CKA_CERTIFICATE_CATEGORY, OF_CERT),
	NUMBER(CKA_PROFILE_ID, 0),
	TEXT(CKA_APPLICATION, OF_DATA),
	BYTES(CKA_OBJECT_ID, OF_DATA),
	BYTES(CKA_SUBJECT, OF_CERT | OF_PAIRS | OF_CRL),
	BYTES(CKA_ISSUER, OF_CERT),
	BYTES(CKA_SERIAL_NUMBER, OF_CERT),
	TEXT(CKA_URL, OF_CERT),
	BYTES(CKA_HASH_OF_SUBJECT_PUBLIC_KEY, OF_CERT),
	BYTES(CKA_HASH_OF_ISSUER_PUBLIC_KEY, OF_CERT),
	DATE(CKA_START_DATE, OF_CERT | OF_KEYS),
	DATE(CKA_END_DATE, OF_CERT | OF_KEYS),
	BOOL(CKA_TOKEN, 0),
	BOOL(CKA_PRIVATE, OF_ALL),
	MOSTLY(CKA_MODIFIABLE, OF_ALL, UNSAID_TRUE),
	MOSTLY(CKA_COPYABLE, OF_ALL, UNSAID_TRUE),
	MOSTLY(CKA_DESTROYABLE, OF_ALL, UNSAID_TRUE),
	BOOL(CKA_TRUSTED, 0),
	BOOL(CKA_SENSITIVE, OF_PRIVATE | OF_SECRET),
	BOOL(CKA_EXTRACTABLE, OF_PRIVATE | OF_SECRET),
	BOOL(CKA_ALWAYS_SENSITIVE, 0),
	BOOL(CKA_NEVER_EXTRACTABLE, 0),
	MOSTLY(CKA_WRAP_WITH_TRUSTED, OF_PRIVATE | OF_SECRET, UNSAID_FALSE),
	MOSTLY(CKA_ALWAYS_AUTHENTICATE, OF_PRIVATE, UNSAID_FALSE),
	BOOL(CKA_LOCAL, 0),
	ROW(CKA_KEY_GEN_MECHANISM, ATTRIBUTE_MECHANISM, 0),
	ROW(CKA_ALLOWED_MECHANISMS, ATTRIBUTE_MECHANISMS, OF_KEYS),
	BOOL(CKA_ENCRYPT, OF_PUBLIC | OF_SECRET),
	BOOL(CKA_DECRYPT, OF_PRIVATE | OF_SECRET),
	BOOL(CKA_SIGN, OF_PRIVATE | OF_SECRET),
	MOSTLY(CKA_SIGN_RECOVER, OF_PRIVATE, UNSAID_FALSE),
	BOOL(CKA_VERIFY, OF_PUBLIC | OF_SECRET),
	MOSTLY(CKA_VERIFY_RECOVER, OF_PUBLIC, UNSAID_FALSE),
	BOOL(CKA_WRAP, OF_PUBLIC | OF_SECRET),
	BOOL(CKA_UNWRAP, OF_PRIVATE | OF_SECRET),
	BOOL(CKA_DERIVE, OF_KEYS),
	MOSTLY(CKA_ENCAPSULATE, OF_PUBLIC, UNSAID_FALSE),
	MOSTLY(CKA_DECAPSULATE, OF_PRIVATE, UNSAID_FALSE),
	{ CKA_PARAMETER_SET, ATTRIBUTE_NUMBER, OF_PAIRS, 0, OF_PRIVATE,
	    UNSAID_NONE },
	MATERIAL(CKA_MODULUS, OF_PAIRS),
	NUMBER(CKA_MODULUS_BITS, 0),
	MATERIAL(CKA_PUBLIC_EXPONENT, OF_PAIRS),
	SECRET(CKA_PRIVATE_EXPONENT),
	SECRET(CKA_PRIME_1),
	SECRET(CKA_PRIME_2),
	SECRET(CKA_EXPONENT_1),
	SECRET(CKA_EXPONENT_2),
	SECRET(CKA_COEFFICIENT),
	SECRET(CKA_SEED),
	MATERIAL(CKA_PRIME, OF_PAIRS),
	MATERIAL(CKA_SUBPRIME, OF_PAIRS),
	MATERIAL(CKA_BASE, OF_PAIRS),
	MATERIAL(CKA_EC_PARAMS, OF_PAIRS),
	BYTES(CKA_EC_POINT, OF_PUBLIC),
	{ CKA_VALUE, ATTRIBUTE_BYTES, OF_ALL, OF_PRIVATE | OF_SECRET,
	    OF_PRIVATE | OF_SECRET, UNSAID_NONE },
	NUMBER(CKA_VALUE_LEN, 0),
	BYTES(CKA_CHECK_VALUE, 0),
	TEXT(CKA_VECS_OWNER, 0),
	TEXT(CKA_VECS_CREATED, 0),
	TEXT(CKA_VECS_FLAGS, 0),
	TEXT(CKA_VECS_FORMAT, 0),
	TEXT(CKA_VECS_PRINCIPAL, 0),
	TEXT(CKA_VECS_RIGHTS, 0),
	TEXT(CKA_VECS_USER_NAME, 0),
};

const size_t attributes_count = COUNT(attributes);

unsigned
attribute_of(CK_OBJECT_CLASS class)
{
	static const unsigned of[] = {
		[CKO_DATA] = OF_DATA,
		[CKO_CERTIFICATE] = OF_CERT,
		[CKO_PUBLIC_KEY] = OF_PUBLIC,
		[CKO_PRIVATE_KEY] = OF_PRIVATE,
		[CKO_SECRET_KEY] = OF_SECRET,
	};

	if (class == VECS_CKO_NSS_CRL)
		return OF_CRL;
	return class < COUNT(of) ? of[class] : 0;
}

/* CKA_KEY_TYPE as key_type, CKO_PRIVATE_KEY as private-key. */
static void
name_short(const char *name, char between, CK_ULONG number, char *out,
    size_t size)
{
	size_t i = 0;

	if (name == NULL) {
		snprintf(out, size, "0x%lx", number);
		return;
	}
	for (name += 4; *name != '\0' && i + 1 < size; name++)
		out[i++] = *name == '_' ? between
		                        : (char)tolower((unsigned char)*name);
	out[i] = '\0';
}

void
attribute_name(CK_ATTRIBUTE_TYPE type, char *out, size_t size)
{
	name_short(ckname_attribute(type), '_', type, out, size);
}

void
attribute_class_name(CK_OBJECT_CLASS class, char *out, size_t size)
{
	name_short(ckname_class(class), '-', class, out, size);
}

void
attribute_key_type_name(CK_KEY_TYPE type, char *out, size_t size)
{
	name_short(ckname_key_type(type), '-', type, out, size);
}

/* The words of a person: any case, - or _, with the standard's prefix or
 * without. */
static bool
name_is(const char *word, size_t len, const char *name)
{
	if (name == NULL)
		return false;
	if (len > 4 && strncasecmp(word, name, 4) == 0)
		word += 4, len -= 4;
	name += 4;
	for (size_t i = 0; i < len; i++) {
		int c = toupper((unsigned char)word[i]);

		if (name[i] == '\0' || (c == '-' ? '_' : c) != name[i])
			return false;
	}
	return name[len] == '\0';
}

/* The standard's classes and key types are few, and small numbers. */
#define NUMBERS 0x100

bool
attribute_class_parse(const char *word, CK_OBJECT_CLASS *out)
{
	char *end;

	if (strncmp(word, "0x", 2) == 0) {
		*out = strtoul(word, &end, 16);
		return end != word + 2 && *end == '\0';
	}
	for (CK_OBJECT_CLASS i = 0; i < NUMBERS; i++)
		if (name_is(word, strlen(word), ckname_class(i))) {
			*out = i;
			return true;
		}
	return false;
}

bool
attribute_key_type_parse(const char *word, CK_KEY_TYPE *out)
{
	for (CK_KEY_TYPE i = 0; i < NUMBERS; i++)
		if (name_is(word, strlen(word), ckname_key_type(i))) {
			*out = i;
			return true;
		}
	return false;
}

static json_t *
json_mechanism(CK_MECHANISM_TYPE type)
{
	const char *name = ckname_mechanism(type);
	char number[32];

	snprintf(number, sizeof(number), "0x%lx", type);
	return json_string(name != NULL ? name : number);
}

static json_t *
json_bool(const struct secret *value)
{
	return json_boolean(value->len == 1 && value->data[0] != 0);
}

static json_t *
json_list(const struct secret *value)
{
	json_t *list = json_array();
	CK_MECHANISM_TYPE type;

	for (size_t at = 0; at + sizeof(type) <= value->len;
	     at += sizeof(type)) {
		memcpy(&type, value->data + at, sizeof(type));
		json_array_append_new(list, json_mechanism(type));
	}
	return list;
}

static json_t *
json_characters(const struct secret *value)
{
	_cleanup_(freep) char *text = strndup(
	    value->data != NULL ? (const char *)value->data : "", value->len);

	return text != NULL ? json_text(text) : NULL;
}

static json_t *
json_hex(const struct secret *value)
{
	_cleanup_(freep) char *hex = malloc(2 * value->len + 1);

	if (hex == NULL)
		return NULL;
	text_hex(value->data, value->len, hex);
	return json_string(hex);
}

static json_t *
json_date(const struct secret *value)
{
	char text[16];

	if (value->len != sizeof(CK_DATE))
		return json_string("");
	snprintf(text, sizeof(text), "%.4s-%.2s-%.2s", value->data,
	    value->data + 4, value->data + 6);
	return json_text(text);
}

/* False where it has not the size of a number. */
static bool
number_of(const struct secret *value, CK_ULONG *out)
{
	if (value->len != sizeof(*out))
		return false;
	memcpy(out, value->data, sizeof(*out));
	return true;
}

static json_t *
json_number(const struct secret *value)
{
	CK_ULONG n;

	return number_of(value, &n) ? json_integer((json_int_t)n)
	                            : json_hex(value);
}

static json_t *
json_class(const struct secret *value)
{
	CK_ULONG n;
	char name[64];

	if (!number_of(value, &n))
		return json_hex(value);
	attribute_class_name(n, name, sizeof(name));
	return json_string(name);
}

static json_t *
json_key_type(const struct secret *value)
{
	CK_ULONG n;
	char name[64];

	if (!number_of(value, &n))
		return json_hex(value);
	attribute_key_type_name(n, name, sizeof(name));
	return json_string(name);
}

static json_t *
json_one_mechanism(const struct secret *value)
{
	CK_ULONG n;

	if (!number_of(value, &n))
		return json_hex(value);
	return n == CK_UNAVAILABLE_INFORMATION ? json_string("none")
	                                       : json_mechanism(n);
}

CK_RV
attribute_unhex(const char *text, struct secret *out)
{
	_cleanup_(freep) char *digits = malloc(strlen(text) + 1);
	_cleanup_(secret_wipe) struct secret bytes = { NULL, 0 };
	size_t n = 0;

	if (digits == NULL)
		return CKR_HOST_MEMORY;
	for (; *text != '\0'; text++)
		if (*text != ':')
			digits[n++] = *text;
	digits[n] = '\0';
	TRY(secret_new(n / 2, &bytes));
	if (n % 2 != 0 || !text_unhex(digits, bytes.data, n / 2))
		return E_INVALID_PARAMETER;
	*out = bytes;
	bytes = (struct secret){ NULL, 0 };
	return CKR_OK;
}

static CK_RV
bool_parse(const char *text, const struct attribute *row, struct attrs *out)
{
	static const char *const yes[] = { "yes", "true", "1" };
	static const char *const no[] = { "no", "false", "0" };

	for (size_t i = 0; i < COUNT(yes); i++)
		if (strcasecmp(text, yes[i]) == 0 ||
		    strcasecmp(text, no[i]) == 0) {
			attrs_bool(out, row->type,
			    strcasecmp(text, yes[i]) == 0);
			return CKR_OK;
		}
	return E_INVALID_PARAMETER;
}

/* 2026-11-25, or nothing. */
static CK_RV
date_parse(const char *text, const struct attribute *row, struct attrs *out)
{
	static const char shape[] = "dddd-dd-dd";
	char date[sizeof(CK_DATE) + 1];
	size_t n = 0;

	if (text[0] != '\0' && strlen(text) != strlen(shape))
		return E_INVALID_PARAMETER;
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (shape[i] == '-' ? text[i] != '-'
		                    : !isdigit((unsigned char)text[i]))
			return E_INVALID_PARAMETER;
		if (shape[i] == 'd')
			date[n++] = text[i];
	}
	attrs_bytes(out, row->type, date, n);
	return CKR_OK;
}

static CK_RV
number_parse(const char *text, const struct attribute *row, struct attrs *out)
{
	char *end;
	CK_ULONG n = strtoul(text, &end, 0);

	if (!isdigit((unsigned char)text[0]) || *end != '\0')
		return E_INVALID_PARAMETER;
	attrs_ulong(out, row->type, n);
	return CKR_OK;
}

static CK_RV
mechanisms_parse(const char *text, const struct attribute *row,
    struct attrs *out)
{
	CK_MECHANISM_TYPE list[64];
	char name[64];
	size_t n = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, ",");

		snprintf(name, sizeof(name), "%.*s", (int)len, text);
		if (n == COUNT(list) ||
		    !ckname_mechanism_find(name, &list[n++]))
			return E_INVALID_PARAMETER;
		text += len;
		text += *text == ',';
	}
	attrs_bytes(out, row->type, list, n * sizeof(list[0]));
	return CKR_OK;
}

static CK_RV
bytes_parse(const char *text, const struct attribute *row, struct attrs *out)
{
	_cleanup_(secret_wipe) struct secret bytes = { NULL, 0 };

	TRY(attribute_unhex(text, &bytes));
	attrs_bytes(out, row->type, bytes.data, bytes.len);
	return CKR_OK;
}

static CK_RV
text_parse(const char *text, const struct attribute *row, struct attrs *out)
{
	attrs_text(out, row->type, text);
	return CKR_OK;
}

static const struct {
	json_t *(*json)(const struct secret *value);
	CK_RV (*parse)(const char *text, const struct attribute *row,
	    struct attrs *out);
} kinds[] = {
	[ATTRIBUTE_BOOL] = { json_bool, bool_parse },
	[ATTRIBUTE_NUMBER] = { json_number, number_parse },
	[ATTRIBUTE_CLASS] = { json_class, number_parse },
	[ATTRIBUTE_KEY_TYPE] = { json_key_type, number_parse },
	[ATTRIBUTE_MECHANISM] = { json_one_mechanism, number_parse },
	[ATTRIBUTE_MECHANISMS] = { json_list, mechanisms_parse },
	[ATTRIBUTE_TEXT] = { json_characters, text_parse },
	[ATTRIBUTE_BYTES] = { json_hex, bytes_parse },
	[ATTRIBUTE_DATE] = { json_date, date_parse },
};

json_t *
attribute_json(const struct attribute *row, const struct secret *value)
{
	return kinds[row->kind].json(value);
}

CK_RV
attribute_parse(const char *word, struct attrs *out)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; word[len] == '=' && i < COUNT(attributes); i++) {
		const struct attribute *row = &attributes[i];

		if (!name_is(word, len, ckname_attribute(row->type)))
			continue;
		if (kinds[row->kind].parse(word + len + 1, row, out) ==
		    CKR_OK)
			return attrs_check(out);
		error_say("Error: [%s] is no value of this attribute\n",
		    word + len + 1);
		return E_INVALID_PARAMETER;
	}
	error_say("Error: [%s] is not NAME=VALUE of a known attribute\n",
	    word);
	return E_INVALID_PARAMETER;
}
