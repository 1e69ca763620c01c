#ifndef FANIN_BENCH_TEXT_H
#define FANIN_BENCH_TEXT_H

/* The whole of a text file; ends the program if it cannot be read. Free with free. */
char *text_read(const char *path);

#endif
