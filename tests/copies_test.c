/* Two copies of the library in one process, on one database. */
#include "tests/lib/p11.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static const CK_FUNCTION_LIST_3_2 *
other_copy(void)
{
	CK_RV (*get)(CK_UTF8CHAR *, CK_VERSION *, CK_INTERFACE **, CK_FLAGS);
	CK_INTERFACE *i = NULL;
	void *so;

	ATF_REQUIRE_EQ(system("cp " VECS_TEST_MODULE " other.so"), 0);
	so = dlopen("./other.so", RTLD_NOW | RTLD_LOCAL);
	ATF_REQUIRE_MSG(so != NULL, "%s", dlerror());
	*(void **)&get = dlsym(so, "C_GetInterface");
	ATF_REQUIRE(get != NULL);
	ATF_REQUIRE_EQ(get(NULL, NULL, &i, 0), CKR_OK);
	ATF_REQUIRE(i->pFunctionList != p11);
	return i->pFunctionList;
}

/* The functions of tests/lib, by the one or by the other. */
static void
by(const CK_FUNCTION_LIST_3_2 *list)
{
	p11 = list;
}

/* Another process, from before any library was there: waits for a byte, then
 * writes ten objects. */
struct outsider {
	pid_t pid;
	int go[2];
};

static int
outsider_run(int go)
{
	CK_SESSION_HANDLE s;
	char c;

	if (read(go, &c, 1) != 1)
		return 1;
	p11_start();
	s = p11_session(p11_slot("machine"), true);
	for (int i = 0; i < 10; i++)
		p11_data(s, true, "from outside", "1");
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 2;
}

static struct outsider
outsider_begin(void)
{
	struct outsider o;

	ATF_REQUIRE_EQ(pipe(o.go), 0);
	if ((o.pid = fork()) == 0)
		_exit(outsider_run(o.go[0]));
	return o;
}

static int
outsider_end(const struct outsider *o)
{
	ATF_REQUIRE_EQ(write(o->go[1], "g", 1), 1);
	return child_status(o->pid);
}

ATF_TC_WITHOUT_HEAD(copies__two_in_one_process);
ATF_TC_BODY(copies__two_in_one_process, tc)
{
	struct outsider outsider = outsider_begin();
	const CK_FUNCTION_LIST_3_2 *one, *two;
	CK_SESSION_HANDLE s1, s2;

	p11_start();
	one = p11;
	two = other_copy();
	s1 = p11_session(p11_slot("machine"), true);
	by(two);
	REQUIRE_OK(p11->C_Initialize(NULL));
	s2 = p11_session(p11_slot("machine"), true);
	for (CK_ULONG i = 0; i < 20; i++) {
		by(one);
		p11_data(s1, true, "of one", "1");
		ATF_CHECK_EQ(p11_find(s1, "of two", NULL), i);
		by(two);
		p11_data(s2, true, "of two", "1");
		ATF_CHECK_EQ(p11_find(s2, "of one", NULL), i + 1);
	}
	/* POSIX locks go with any descriptor of their file: when one copy lets
	 * go of it, another process must not think itself alone. */
	REQUIRE_OK(one->C_Finalize(NULL));
	ATF_CHECK_EQ(outsider_end(&outsider), 0);
	for (int i = 0; i < 10; i++)
		p11_data(s2, true, "of two", "1");
	ATF_CHECK_EQ(p11_find(s2, "from outside", NULL), 10);
	by(one);
	REQUIRE_OK(p11->C_Initialize(NULL));
	s1 = p11_session(p11_slot("machine"), true);
	ATF_CHECK_EQ(p11_find(s1, "of two", NULL), 30);
}

/* Both have handlers for the fork; both go on in the child. */
ATF_TC_WITHOUT_HEAD(copies__fork);
ATF_TC_BODY(copies__fork, tc)
{
	const CK_FUNCTION_LIST_3_2 *one, *two;
	struct work w1, w2;
	pid_t pid;

	p11_start();
	one = p11;
	two = other_copy();
	w1 = p11_work();
	by(two);
	REQUIRE_OK(p11->C_Initialize(NULL));
	w2 = p11_work();
	if ((pid = fork()) == 0) {
		by(one);
		if (p11_sign(w1.s, w1.key) != CKR_OK)
			_exit(1);
		by(two);
		if (p11_sign(w2.s, w2.key) != CKR_OK)
			_exit(2);
		_exit(p11_find(w2.s, "key", NULL) == 4 ? 0 : 3);
	}
	ATF_CHECK_EQ(child_status(pid), 0);
	CHECK_RV(p11_sign(w2.s, w2.key), CKR_OK);
	by(one);
	CHECK_RV(p11_sign(w1.s, w1.key), CKR_OK);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, copies__two_in_one_process);
	ATF_TP_ADD_TC(tp, copies__fork);
	return atf_no_error();
}
