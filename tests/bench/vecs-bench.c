/*
 * The project's benchmark: prints the ratios of docs/PERFORMANCE.md.  Nothing
 * is judged by its exit status, which tells only whether all rows could run.
 */
#include "tests/bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/brand.h"
#include "tests/bench/keys.h"

struct settings bench = {
	.module = VECS_BENCH_BUILD "/module/vecs-pkcs11.so",
	.provider = VECS_BENCH_BUILD "/provider/vecs.so",
	.softhsm = "/usr/lib/softhsm/libsofthsm2.so",
	.nss = "libsoftokn3.so",
	.rounds = 9,
	.results = -1,
};

static const struct row *const groups[] = { sign_rows, seal_rows,
	provider_rows, nginx_rows, start_rows, session_rows, find_rows,
	create_rows, coherence_rows, memory_rows };

static volatile sig_atomic_t interrupted;

static const char usage[] =
    "usage: vecs-bench [--rounds N] [--dir DIR] [--markdown] [--list]\n"
    "    [--module PATH] [--provider PATH] [--softhsm PATH] [--nss PATH]\n"
    "    [ROW...]\n"
    "A ROW is a name from --list or its first words (sign).  --dir must be on\n"
    "a disk (default: the build folder); the run makes and removes a folder\n"
    "of its own there.\n";

void
bench_path(char *out, const char *format, ...)
{
	va_list args;
	size_t at = (size_t)snprintf(out, BENCH_PATH, "%s/", bench.dir);

	va_start(args, format);
	vsnprintf(out + at, BENCH_PATH - at, format, args);
	va_end(args);
}

void
result_send(const struct result *result)
{
	NEED(write(bench.results, result, sizeof(*result)) ==
	    sizeof(*result));
}

void
skip(const char *format, ...)
{
	struct result result = { .status = ROW_SKIPPED };
	va_list args;

	va_start(args, format);
	vsnprintf(result.why, sizeof(result.why), format, args);
	va_end(args);
	result_send(&result);
	_exit(0);
}

/* What a row's process, but not its children, says when it dies. */
static void
row_died(const char *text)
{
	struct result result = { .status = ROW_DIED };

	snprintf(result.why, sizeof(result.why), "%s", text);
	result_send(&result);
}

/* The row in a process of its own; its last words are the result. */
static struct result
row_run(const struct row *row)
{
	struct result result;
	int fds[2], status;
	pid_t pid;

	NEED(pipe2(fds, O_CLOEXEC) == 0);
	fflush(stdout);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		bench.results = fds[1];
		die_word = row_died;
		row->run(row);
		_exit(0);
	}
	close(fds[1]);
	if (read(fds[0], &result, sizeof(result)) != sizeof(result)) {
		result.status = ROW_DIED;
		snprintf(result.why, sizeof(result.why), "no result");
	}
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		if (interrupted)
			kill(pid, SIGTERM);
	/* what it started ends with it, and comes to this process */
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	if (result.status == ROW_DIED && WIFSIGNALED(status))
		snprintf(result.why, sizeof(result.why), "killed by %s",
		    strsignal(WTERMSIG(status)));
	return result;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
on_signal(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

static bool
is_wanted(const struct row *row, char **words, int count)
{
	for (int i = 0; i < count; i++) {
		size_t len = strlen(words[i]);

		if (strncmp(row->name, words[i], len) == 0 &&
		    (row->name[len] == '\0' || row->name[len] == '-'))
			return true;
	}
	return count == 0;
}

enum mode { TEXT, MARKDOWN, LIST };

/* How many rows could not be measured. */
static int
rows_run(enum mode mode, char **words, int count)
{
	int lost = 0;

	for (size_t g = 0; g < COUNT(groups); g++)
		for (const struct row *r = groups[g]; r->name != NULL; r++) {
			struct result result;

			if (interrupted || !is_wanted(r, words, count))
				continue;
			if (mode == LIST) {
				printf("%-20s %s\n", r->name, r->what);
				continue;
			}
			result = row_run(r);
			if (interrupted)
				return ++lost;
			lost += result.status != ROW_DONE;
			if (mode == MARKDOWN)
				report_markdown(r, &result);
			else
				report_text(r, &result);
			fflush(stdout);
		}
	return lost;
}

static enum mode
options_parse(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "rounds", required_argument, NULL, 'r' },
		{ "dir", required_argument, NULL, 'd' },
		{ "module", required_argument, NULL, 'm' },
		{ "provider", required_argument, NULL, 'p' },
		{ "softhsm", required_argument, NULL, 's' },
		{ "nss", required_argument, NULL, 'n' },
		{ "list", no_argument, NULL, 'l' },
		{ "markdown", no_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	const char *dir = VECS_BENCH_BUILD "/tests/bench";
	char real[PATH_MAX];
	enum mode mode = TEXT;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c == 'r' && atoi(optarg) > 0)
			bench.rounds = atoi(optarg);
		else if (c == 'd')
			dir = optarg;
		else if (c == 'm')
			bench.module = optarg;
		else if (c == 'p')
			bench.provider = optarg;
		else if (c == 's')
			bench.softhsm = optarg;
		else if (c == 'n')
			bench.nss = optarg;
		else if (c == 'l')
			mode = LIST;
		else if (c == 'k')
			mode = MARKDOWN;
		else
			die("%s", usage);
	if (realpath(dir, real) == NULL)
		die("%s: %s", dir, strerror(errno));
	NEED(strlen(real) < BENCH_PATH / 2);
	snprintf(bench.dir, sizeof(bench.dir), "%.*s/bench.XXXXXX",
	    BENCH_PATH / 2, real);
	return mode;
}

/* The callers' own configuration must not reach any side. */
static void
environment_clear(void)
{
	static const char *const names[] = { "OPENSSL_CONF",
		"OPENSSL_MODULES", "OPENSSL_ia32cap", "SSL_CERT_FILE",
		"SSL_CERT_DIR", "VECS_CONF", "VECS_HOME", "VECS_MODULE",
		"SOFTHSM2_CONF", "PKCS11_PROVIDER_MODULE" };

	for (size_t i = 0; i < COUNT(names); i++)
		unsetenv(names[i]);
}

int
main(int argc, char *argv[])
{
	struct sigaction action = { .sa_handler = on_signal };
	enum mode mode = options_parse(argc, argv);
	int lost;

	if (mode == LIST)
		return rows_run(mode, argv + optind, argc - optind);
	environment_clear();
	if (mkdtemp(bench.dir) == NULL)
		die("%s: %s", bench.dir, strerror(errno));
	NEED(chmod(bench.dir, 0755) == 0);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	keys_make();
	report_machine(mode == MARKDOWN ? "- " : "# ");
	brand_report(mode == MARKDOWN ? "- " : "# ");
	if (mode == MARKDOWN) {
		printf("\n");
		report_markdown_head();
	}
	lost = rows_run(mode, argv + optind, argc - optind);
	nftw(bench.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return interrupted || lost > 0 ? 1 : 0;
}
