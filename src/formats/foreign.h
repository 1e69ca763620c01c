/* Files of other kinds than safetensors, known by their first bytes: those that are most often given in its place. */
#ifndef FANIN_SRC_FORMATS_FOREIGN_H
#define FANIN_SRC_FORMATS_FOREIGN_H

#include <fanin/fanin.h>

/* First bytes of a file that decide: the size of a safetensors header or another kind's magic, and the byte after it. */
#define FOREIGN_START 9

/* Fails with what the file is and what to do with it, where `length` first bytes, at most FOREIGN_START, are those of another
 * kind. Errors: FORMAT. */
fanin_status foreign_check(const char *path, const unsigned char *first, size_t length);

#endif
