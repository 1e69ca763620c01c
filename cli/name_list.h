/* Names in a note: the first few of them, then how many more there are. */
#ifndef FANIN_CLI_NAME_LIST_H
#define FANIN_CLI_NAME_LIST_H

#include <stdio.h>

/* Begins as zeros. */
struct name_list {
    size_t count;
    FILE *stream; /* NULL: no name yet, or no memory */
    char *text;
    size_t size;
};

/* Counts a name. Where it is one of the first, the stream that takes it, behind its separator; else NULL. */
FILE *name_list_next(struct name_list *list);

/* "a, b, c and 4 more", to be freed; NULL without names, or without memory for them. */
char *name_list_close(struct name_list *list);

#endif
