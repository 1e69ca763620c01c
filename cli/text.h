/* Texts for people. */
#ifndef FANIN_CLI_TEXT_H
#define FANIN_CLI_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Enough for each of the functions below, with the NUL. All return `text`. */
#define TEXT_SIZE 48

/* "124,439,808" */
char *text_count(int64_t value, char text[TEXT_SIZE]);
/* "1 tensor", "148 tensors"; of a short word. */
char *text_counted(int64_t value, const char *word, char text[TEXT_SIZE]);
/* "498 MB", with decimal prefixes. */
char *text_bytes(double bytes, char text[TEXT_SIZE]);
/* "0.61 s", "3:05", "1:02:03" */
char *text_seconds(double seconds, char text[TEXT_SIZE]);
/* " in 0.61 s (0.82 GB/s)"; without what would be 0.00, and without the time of so little. */
char *text_speed(int64_t bytes, double seconds, char text[TEXT_SIZE]);

/* Columns that a UTF-8 text takes, for names as they usually are: its code points. */
int text_width(const char *text);

/* A column of a table is padded to so many at most: one long name would make all its rows as long. */
#define TEXT_MOST_COLUMNS 80

/* Prints blanks, one at least. */
void text_blanks(int count);

/* Whether the environment says that output is UTF-8. */
bool text_is_utf8(void);

#endif
