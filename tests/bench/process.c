/* Other processes: programs, and functions in a process of their own. */
#include "tests/bench/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/bench/die.h"

extern char **environ;

static int
wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		NEED(errno == EINTR);
	return status;
}

/* In a child: it must not survive its parent. */
static void
die_with_parent(pid_t parent)
{
	die_word = NULL;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
}

bool
process_do(void (*run)(const void *arg), const void *arg)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		die_with_parent(parent);
		run(arg);
		_exit(0); /* no handlers of what was loaded */
	}
	return wait_for(pid) == 0;
}

static char *
copy(const char *text)
{
	char *own = strdup(text);

	NEED(own != NULL);
	return own;
}

struct program *
program_new(void)
{
	struct program *program = calloc(1, sizeof(*program));

	NEED(program != NULL);
	return program;
}

void
program_add(struct program *program, const char *word)
{
	size_t i = 0;

	while (program->argv[i] != NULL)
		i++;
	NEED(i + 1 < COUNT(program->argv));
	program->argv[i] = copy(word);
}

void
program_settle(struct program *program)
{
	size_t count = 0;

	while (environ[count] != NULL)
		count++;
	program->environment = calloc(count + 1, sizeof(char *));
	NEED(program->environment != NULL);
	for (size_t i = 0; i < count; i++)
		program->environment[i] = copy(environ[i]);
}

/* posix_spawn does not copy the tables of a large parent. */
void
program_run(const struct program *program, char *out, size_t size)
{
	posix_spawn_file_actions_t actions;
	int fds[2] = { -1, -1 };
	size_t used = 0;
	ssize_t n = 0;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	if (out != NULL) {
		NEED(pipe2(fds, O_CLOEXEC) == 0);
		posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	}
	NEED(posix_spawn(&pid, program->argv[0], &actions, NULL,
	    program->argv, program->environment) == 0);
	posix_spawn_file_actions_destroy(&actions);
	if (out != NULL) {
		close(fds[1]);
		while (used + 1 < size &&
		    (n = read(fds[0], out + used, size - 1 - used)) > 0)
			used += (size_t)n;
		out[used] = '\0';
		close(fds[0]);
	}
	if (wait_for(pid) != 0)
		die("%s failed", program->argv[0]);
}

pid_t
process_start(char *const argv[])
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		die_with_parent(parent);
		execv(argv[0], argv);
		die("%s: cannot be run", argv[0]);
	}
	return pid;
}

void
process_stop(pid_t pid)
{
	kill(pid, SIGTERM);
	wait_for(pid);
}

bool
process_runs(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == 0;
}

struct partner
partner_start(void *(*begin)(void *arg), char (*answer)(void *self, char c),
    void *arg)
{
	pid_t parent = getpid();
	struct partner p;
	int to[2], from[2];

	NEED(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0);
	fflush(NULL);
	p.pid = fork();
	NEED(p.pid >= 0);
	if (p.pid == 0) {
		void *self;
		char c;

		die_with_parent(parent);
		close(to[1]);
		self = begin(arg);
		while (read(to[0], &c, 1) == 1) {
			c = answer(self, c);
			NEED(write(from[1], &c, 1) == 1);
		}
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	p.in = from[0];
	p.out = to[1];
	return p;
}

char
partner_ask(const struct partner *partner, char c)
{
	if (write(partner->out, &c, 1) != 1 || read(partner->in, &c, 1) != 1)
		die("the other process is gone");
	return c;
}
