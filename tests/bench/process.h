/* Other processes: programs, and functions in a process of their own. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Runs the function in a child, which ends with it; whether it came through. */
bool process_do(void (*run)(const void *arg), const void *arg);

/* A program with the environment that was ours when it was made. */
struct program {
	char *argv[8], **environment;
};
struct program *program_new(void);
/* Adds a copy. */
void program_add(struct program *program, const char *word);
/* Keeps a copy of the environment as it is now. */
void program_settle(struct program *program);

/* Runs a program to its end; dies unless it exits with 0.  What it writes to
 * stdout comes into out as a string, if out is not NULL. */
void program_run(const struct program *program, char *out, size_t size);

/* Starts a program that is ended when this process ends. */
pid_t process_start(char *const argv[]);
/* Ends it and waits for it. */
void process_stop(pid_t pid);
/* Whether it still runs. */
bool process_runs(pid_t pid);

/* A child with a function that answers each byte of ours with one of its. */
struct partner {
	pid_t pid;
	int in, out;
};
/* answer gets what begin returned, and each byte. */
struct partner partner_start(void *(*begin)(void *arg),
    char (*answer)(void *self, char c), void *arg);
char partner_ask(const struct partner *partner, char c);

#endif
