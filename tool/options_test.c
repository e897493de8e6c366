/* The parser's rules: repeated, missing and unknown options. */
#include <atf-c.h>
#include <stdarg.h>
#include <string.h>

#include "tool/options.h"

#define AT(member) offsetof(struct args, member)

static const struct option rows[] = {
	{ "--store", AT(store), TEXT, FIRST, "NAME", "" },
	{ "--name", AT(name), TEXT, LAST, "NAME", "" },
	{ "--grant", AT(grant), TEXT, ONCE, "RIGHT", "" },
	{ "--password", AT(password), SECRET, FIRST, "WORD", "" },
	{ "--text", AT(text), FLAG, FIRST, NULL, "" },
	{ "-y", AT(yes), FLAG, FIRST, NULL, "" },
	{ 0 },
};

/* Parses the words, up to a NULL, in writable memory as main has them. */
static CK_RV
parse(bool lax, struct args *args, const char *word, ...)
{
	static char text[16][32];
	char *words[16];
	int count = 0;
	va_list more;

	va_start(more, word);
	for (; word != NULL; word = va_arg(more, const char *)) {
		words[count] = strcpy(text[count], word);
		count++;
	}
	va_end(more);
	*args = (struct args){ 0 };
	return options_parse(rows, lax, count, words, args);
}

ATF_TC_WITHOUT_HEAD(options__repeated);
ATF_TC_BODY(options__repeated, tc)
{
	struct args args;

	ATF_REQUIRE_EQ(parse(false, &args, "--store", "a", "--name", "b",
	    "--store", "c", "--name=d", NULL), CKR_OK);
	ATF_CHECK_STREQ(args.store, "a");
	ATF_CHECK_STREQ(args.name, "d");
}

ATF_TC_WITHOUT_HEAD(options__once);
ATF_TC_BODY(options__once, tc)
{
	struct args args;

	ATF_CHECK_EQ(parse(false, &args, "--grant", "read", "--grant", "read",
	    NULL), USAGE_ERROR);
}

ATF_TC_WITHOUT_HEAD(options__value_is_any_word);
ATF_TC_BODY(options__value_is_any_word, tc)
{
	struct args args;

	ATF_REQUIRE_EQ(parse(false, &args, "--store", "--name", "--name", "-y",
	    "--text", "--json", NULL), CKR_OK);
	ATF_CHECK_STREQ(args.store, "--name");
	ATF_CHECK_STREQ(args.name, "-y");
	ATF_CHECK(!args.yes);
	ATF_CHECK(args.text);
	ATF_CHECK(args.json);
}

ATF_TC_WITHOUT_HEAD(options__missing_value);
ATF_TC_BODY(options__missing_value, tc)
{
	struct args args;

	ATF_CHECK_EQ(parse(false, &args, "-y", "--store", NULL), USAGE_ERROR);
	ATF_CHECK_EQ(parse(true, &args, "-y", "--store", NULL), CKR_OK);
	ATF_CHECK_EQ(args.store, NULL);
	ATF_CHECK(args.yes);
}

ATF_TC_WITHOUT_HEAD(options__exact);
ATF_TC_BODY(options__exact, tc)
{
	static const char *const wrong[] = { "--Store", "--stor", "--", "store",
		"--text=x", "-y=x", "--storex" };

	struct args args;

	for (size_t i = 0; i < COUNT(wrong); i++)
		ATF_CHECK_EQ_MSG(parse(false, &args, wrong[i], "v", NULL),
		    USAGE_ERROR, "%s", wrong[i]);
}

ATF_TC_WITHOUT_HEAD(options__secret_leaves_argv);
ATF_TC_BODY(options__secret_leaves_argv, tc)
{
	char name[] = "--password", one[] = "geheim";
	char two[] = "--password=zwei";
	char *words[] = { name, one, two };
	struct args args = { 0 };

	ATF_REQUIRE_EQ(options_parse(rows, false, 3, words, &args), CKR_OK);
	ATF_CHECK_STREQ(args.password, "geheim");
	ATF_CHECK_EQ(memcmp(one, "\0\0\0\0\0\0", 7), 0);
	ATF_CHECK_STREQ(two, "--password=");
	args_wipe(&args);
	ATF_CHECK_EQ(args.password, NULL);
}

ATF_TC_WITHOUT_HEAD(nearest__finds_or_not);
ATF_TC_BODY(nearest__finds_or_not, tc)
{
	ATF_CHECK_STREQ(nearest("--stor", NULL, "--store"), "--store");
	ATF_CHECK_STREQ(nearest("--stroe", "--store", "--score"), "--store");
	ATF_CHECK_EQ(nearest("--quite-other", NULL, "--store"), NULL);
	ATF_CHECK_EQ(nearest("", NULL, "-y"), NULL);
}

ATF_TC_WITHOUT_HEAD(error__numbers);
ATF_TC_BODY(error__numbers, tc)
{
	ATF_CHECK_EQ(error_code(CKR_PIN_INCORRECT), 1323);
	ATF_CHECK_EQ(error_status(E_OBJECT_NOT_FOUND), 216);
	ATF_CHECK_EQ(error_status(E_KEY_MISMATCH), 162);
	ATF_CHECK_EQ(error_status(E_INVALID_STATE), 159);
	ATF_CHECK_EQ(error_status(WIN32_ERROR(512)), 1);
	ATF_CHECK_EQ(error_code(USAGE_ERROR), 87);
	ATF_CHECK_EQ(error_code(0x12345678), 1359);
	ATF_CHECK(error_is_token(CKR_DEVICE_ERROR));
	ATF_CHECK(!error_is_token(E_BUSY));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, options__repeated);
	ATF_TP_ADD_TC(tp, options__once);
	ATF_TP_ADD_TC(tp, options__value_is_any_word);
	ATF_TP_ADD_TC(tp, options__missing_value);
	ATF_TP_ADD_TC(tp, options__exact);
	ATF_TP_ADD_TC(tp, options__secret_leaves_argv);
	ATF_TP_ADD_TC(tp, nearest__finds_or_not);
	ATF_TP_ADD_TC(tp, error__numbers);
	return atf_no_error();
}
