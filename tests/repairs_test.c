/* Repairs through the module: the vendor object, and the vendor interface where
 * nothing is initialised. */
#include "tests/lib/samples.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static CK_RV
repair(CK_SESSION_HANDLE s, char *report, CK_ULONG size)
{
	CK_OBJECT_CLASS class = CKO_VECS_CHECK;
	CK_BBOOL no = CK_FALSE;
	CK_BYTE any = 1;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_VECS_REPAIR, &any, sizeof(any) } };
	CK_ATTRIBUTE text = { CKA_VECS_REPORT, report, size - 1 };
	CK_OBJECT_HANDLE o;
	CK_RV rv = p11->C_CreateObject(s, t, COUNT(t), &o);

	if (rv != CKR_OK)
		return rv;
	rv = p11->C_GetAttributeValue(s, o, &text, 1);
	report[rv == CKR_OK ? text.ulValueLen : 0] = '\0';
	return rv;
}

/* Handles, sessions and keys of this process and another outlive a repair. */
ATF_TC_WITHOUT_HEAD(repair__under_a_session);
ATF_TC_BODY(repair__under_a_session, tc)
{
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE s, empty;
	char report[4096];
	int go[2];
	pid_t pid;
	char c;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	p11_key_pair(s, true, "key", &public, &private);
	REQUIRE_OK(p11_sign(s, private));
	ATF_REQUIRE_EQ(pipe(go), 0);
	if ((pid = fork()) == 0) {
		if (p11_sign(s, private) != CKR_OK || read(go[0], &c, 1) != 1)
			_exit(1);
		if (p11_sign(s, private) != CKR_OK ||
		    p11_find(s, "key", NULL) != 2)
			_exit(2);
		p11_data(s, true, "of the child", "1");
		_exit(0);
	}
	empty = p11_session(p11_slot(NULL), false);
	CHECK_RV(repair(empty, report, sizeof(report)), CKR_OK);
	ATF_CHECK_MSG(strncmp(report, "kept: ", 6) == 0 &&
	    strstr(report, "lost") == NULL, "%s", report);
	CHECK_RV(p11_sign(s, private), CKR_OK);
	ATF_REQUIRE_EQ(write(go[1], "g", 1), 1);
	ATF_CHECK_EQ(child_status(pid), 0);
	ATF_CHECK_EQ(p11_find(s, "of the child", NULL), 1);
	check_store(s);
}

ATF_TC_WITHOUT_HEAD(repair__where_it_does_not_belong);
ATF_TC_BODY(repair__where_it_does_not_belong, tc)
{
	CK_SESSION_HANDLE s;
	char report[4096];

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	CHECK_RV(repair(s, report, sizeof(report)),
	    CKR_TEMPLATE_INCONSISTENT);
}

/* The interface */

struct lines {
	char text[65536];
};

static void
line_add(void *arg, const char *line)
{
	struct lines *l = arg;
	size_t len = strlen(l->text);

	snprintf(l->text + len, sizeof(l->text) - len, "%s\n", line);
}

static CK_RV
interface_repair(struct lines *l)
{
	const struct vecs_interface *vecs = p11_vendor();

	l->text[0] = '\0';
	ATF_REQUIRE(vecs->version.major == 1 && vecs->version.minor >= 1);
	return vecs->repair(line_add, l);
}

static void
zero(const char *path, off_t at, size_t len)
{
	char *zeros = calloc(1, len);
	int fd = open(path, O_RDWR);

	ATF_REQUIRE(zeros != NULL && fd >= 0);
	ATF_REQUIRE_EQ(pwrite(fd, zeros, len, at), (ssize_t)len);
	close(fd);
	free(zeros);
}

ATF_TC_WITHOUT_HEAD(rescue__before_anything_is_open);
ATF_TC_BODY(rescue__before_anything_is_open, tc)
{
	static struct lines lines;
	CK_OBJECT_HANDLE public, private;
	CK_SESSION_HANDLE s;

	p11_start();
	s = p11_session(p11_slot("machine"), true);
	p11_key_pair(s, true, "key", &public, &private);
	CHECK_RV(interface_repair(&lines),
	    CKR_CRYPTOKI_ALREADY_INITIALIZED);
	REQUIRE_OK(p11->C_Finalize(NULL));
	/* Neither a header nor what lies behind it. */
	zero("home/vecs.db", 0, 4096);
	CHECK_RV(p11->C_Initialize(NULL), CKR_DEVICE_ERROR);
	CHECK_RV(interface_repair(&lines), CKR_OK);
	ATF_CHECK_MSG(strstr(lines.text, "kept: ") != NULL, "%s", lines.text);
	ATF_CHECK_MSG(strstr(lines.text, "lost: ") == NULL, "%s", lines.text);
	REQUIRE_OK(p11->C_Initialize(NULL));
	s = p11_session(p11_slot("machine"), true);
	ATF_REQUIRE_EQ(p11_find_class(s, CKO_PRIVATE_KEY, &private, 1), 1);
	CHECK_RV(p11_sign(s, private), CKR_OK);
	check_store(s);
}

/* Who may write the files, but does not own their folder. */
static int
as_nobody(void)
{
	static struct lines lines;
	CK_SESSION_HANDLE s;
	char report[4096];

	if (setegid(65534) != 0 || seteuid(65534) != 0 ||
	    p11->C_Initialize(NULL) != CKR_OK)
		return 1;
	s = p11_session(p11_slot(NULL), false);
	if (repair(s, report, sizeof(report)) != CKR_ACTION_PROHIBITED)
		return 2;
	if (p11->C_Finalize(NULL) != CKR_OK)
		return 3;
	return interface_repair(&lines) == CKR_ACTION_PROHIBITED &&
	    lines.text[0] == '\0' ? 0 : 4;
}

ATF_TC(repair__is_the_administrators);
ATF_TC_HEAD(repair__is_the_administrators, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(repair__is_the_administrators, tc)
{
	pid_t pid;

	p11_start();
	REQUIRE_OK(p11->C_Finalize(NULL));
	ATF_REQUIRE_EQ(system("chmod 755 . && chmod 777 home && "
	    "chmod 666 home/*"), 0);
	if ((pid = fork()) == 0)
		_exit(as_nobody());
	ATF_CHECK_EQ(child_status(pid), 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, repair__under_a_session);
	ATF_TP_ADD_TC(tp, repair__where_it_does_not_belong);
	ATF_TP_ADD_TC(tp, rescue__before_anything_is_open);
	ATF_TP_ADD_TC(tp, repair__is_the_administrators);
	return atf_no_error();
}
