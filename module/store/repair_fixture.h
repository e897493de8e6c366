/* For the tests of repairs: a database of some pages, "good", and its copy,
 * "bad". */
#ifndef VECS_REPAIR_FIXTURE_H
#define VECS_REPAIR_FIXTURE_H

#include "module/store/fixture.h"

#define REPAIR_OBJECTS 40
#define REPAIR_PLAIN 12000

/* Of the objects 1 to 40: odd ones in alpha, the others in beta. */
extern char repair_plains[REPAIR_OBJECTS][REPAIR_PLAIN];

struct repair_lines {
	char text[16384];
};

CK_RV repair_index(struct span plain, rekey_then then, void *arg);
/* The objects, and number 41, which has the label of 5. */
void repair_fill(struct database *db);
void repair_plains_make(void);
void repair_good(void);
/* With its coherence file. */
void repair_bad(void);

/* For struct repair_report. */
void repair_line(void *lines, const char *line);
CK_RV repair_rescue(const char *name, struct repair_lines *lines);
bool repair_says(const struct repair_lines *lines, const char *text);

/* How many of the 40 are there, each as it was; the others are not. */
int repair_count(struct database *db);
/* The same of a closed database, in which the check finds nothing. */
int repair_look(const char *name);

#endif
