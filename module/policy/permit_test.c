/* Who may do what with a store: every combination that matters. */
#include <atf-c.h>
#include <string.h>

#include "common/cleanup.h"
#include "module/policy/permit.h"

#define SPAN(text) ((struct span){ (text), sizeof(text) - 1 })

ATF_TC_WITHOUT_HEAD(controls__owner_root_and_administrators);
ATF_TC_BODY(controls__owner_root_and_administrators, tc)
{
	static const struct {
		uint32_t uid;
		bool admin;
		uint32_t owner;
		bool controls;
	} cases[] = {
		{ 1000, false, 1000, true },
		{ 1000, false, 1001, false },
		{ 1000, false, 0, false },
		{ 1000, true, 1001, true },
		{ 1000, true, 0, true },
		{ 0, false, 1000, true },
		{ 0, false, 0, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct identity who = { .uid = cases[i].uid,
			.is_admin = cases[i].admin };

		ATF_CHECK_EQ_MSG(permit_controls(&who, cases[i].owner),
		    cases[i].controls, "case %zu", i);
	}
}

ATF_TC_WITHOUT_HEAD(closure__use_in_read_in_write);
ATF_TC_BODY(closure__use_in_read_in_write, tc)
{
	/* by the set: bit 0 read, bit 1 write, bit 2 use */
	static const unsigned closed[8] = {
		0,
		RIGHT_READ | RIGHT_USE,
		RIGHTS_ALL,
		RIGHTS_ALL,
		RIGHT_USE,
		RIGHT_READ | RIGHT_USE,
		RIGHTS_ALL,
		RIGHTS_ALL,
	};

	for (unsigned set = 0; set < 8; set++)
		ATF_CHECK_EQ_MSG(permit_closure(set), closed[set], "set %u",
		    set);
	ATF_CHECK_EQ(permit_closure(8), 0);
}

ATF_TC_WITHOUT_HEAD(parse__good_and_bad);
ATF_TC_BODY(parse__good_and_bad, tc)
{
	static const struct {
		struct span text;
		unsigned rights; /* 0: refused */
	} cases[] = {
		{ { "read", 4 }, RIGHT_READ },
		{ { "write", 5 }, RIGHT_WRITE },
		{ { "use", 3 }, RIGHT_USE },
		{ { "read,write", 10 }, RIGHT_READ | RIGHT_WRITE },
		{ { "write,read", 10 }, RIGHT_READ | RIGHT_WRITE },
		{ { "use,write,read", 14 }, RIGHTS_ALL },
		{ { "read,read", 9 }, RIGHT_READ },
		{ { " read , use ", 12 }, RIGHT_READ | RIGHT_USE },
		{ { "", 0 }, 0 },
		{ { " ", 1 }, 0 },
		{ { ",", 1 }, 0 },
		{ { "read,", 5 }, 0 },
		{ { ",read", 5 }, 0 },
		{ { "read,,use", 9 }, 0 },
		{ { "Read", 4 }, 0 },
		{ { "rea", 3 }, 0 },
		{ { "reads", 5 }, 0 },
		{ { "read use", 8 }, 0 },
		{ { "read\0", 5 }, 0 },
		{ { "all", 3 }, 0 },
		{ { NULL, 0 }, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned rights = 0;

		ATF_CHECK_EQ_MSG(permit_parse(cases[i].text, &rights),
		    cases[i].rights != 0, "case %zu", i);
		ATF_CHECK_EQ_MSG(rights, cases[i].rights, "case %zu", i);
	}
}

ATF_TC_WITHOUT_HEAD(print__is_parsed_back);
ATF_TC_BODY(print__is_parsed_back, tc)
{
	static const char *const texts[8] = { "", "read", "write",
		"read,write", "use", "read,use", "write,use",
		"read,write,use" };

	for (unsigned set = 0; set < 8; set++) {
		char text[RIGHTS_TEXT_MAX];
		unsigned back = 0;

		permit_print(set, text);
		ATF_CHECK_STREQ(text, texts[set]);
		ATF_CHECK_EQ(permit_parse((struct span){ text, strlen(text) },
		    &back), set != 0);
		ATF_CHECK_EQ(back, set);
	}
}

ATF_TC_WITHOUT_HEAD(applies__user_group_everyone);
ATF_TC_BODY(applies__user_group_everyone, tc)
{
	static const struct identity who = { .uid = 1000,
		.groups = { 1000, 27 }, .group_count = 2 };
	static const struct {
		struct span principal;
		bool applies;
	} cases[] = {
		{ { "EVERYONE", 8 }, true },
		{ { "uid:1000", 8 }, true },
		{ { "gid:1000", 8 }, true },
		{ { "gid:27", 6 }, true },
		{ { "uid:27", 6 }, false },
		{ { "uid:100", 7 }, false },
		{ { "uid:10000", 9 }, false },
		{ { "gid:2", 5 }, false },
		/* beyond 32 bits; a cut-off number would be ours */
		{ { "uid:4294968296", 14 }, false },
		{ { "gid:4294967323", 14 }, false },
		{ { "uid:18446744073709552616", 24 }, false },
		{ { "everyone", 8 }, false },
		{ { "EVERYON", 7 }, false },
		{ { "EVERYONE\0", 9 }, false },
		{ { "uid:", 4 }, false },
		{ { "gid:", 4 }, false },
		{ { "uid: 1000", 9 }, false },
		{ { "uid:+1000", 9 }, false },
		{ { "uid:1000x", 9 }, false },
		{ { "1000", 4 }, false },
		{ { "", 0 }, false },
		{ { NULL, 0 }, false },
	};
	static const struct identity root = { .uid = 0 };

	for (size_t i = 0; i < COUNT(cases); i++)
		ATF_CHECK_EQ_MSG(permit_applies(&who, cases[i].principal),
		    cases[i].applies, "case %zu", i);
	/* What is no number is not the number 0 either. */
	ATF_CHECK(!permit_applies(&root, SPAN("uid:")));
	ATF_CHECK(!permit_applies(&root, SPAN("uid:x")));
	ATF_CHECK(permit_applies(&root, SPAN("uid:0")));
}

ATF_TC_WITHOUT_HEAD(trust__shown_where_nobody_else_can_plant_it);
ATF_TC_BODY(trust__shown_where_nobody_else_can_plant_it, tc)
{
	static const struct {
		uint32_t uid, owner;
		bool owner_is_admin, shown;
	} cases[] = {
		{ 1000, 0, false, true },
		{ 1000, 1000, false, true },
		{ 1000, 999, true, true },
		{ 1000, 1001, false, false },
		/* root's own view is no exception: it may be misled too */
		{ 0, 1001, false, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct identity who = { .uid = cases[i].uid };

		ATF_CHECK_EQ_MSG(permit_shows_trust(&who, cases[i].owner,
		    cases[i].owner_is_admin), cases[i].shown, "case %zu", i);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, controls__owner_root_and_administrators);
	ATF_TP_ADD_TC(tp, closure__use_in_read_in_write);
	ATF_TP_ADD_TC(tp, parse__good_and_bad);
	ATF_TP_ADD_TC(tp, print__is_parsed_back);
	ATF_TP_ADD_TC(tp, applies__user_group_everyone);
	ATF_TP_ADD_TC(tp, trust__shown_where_nobody_else_can_plant_it);
	return atf_no_error();
}
