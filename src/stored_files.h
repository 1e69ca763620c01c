/* Which files initializers load from, for the program: it must not write over one. */
#ifndef FANIN_SRC_STORED_FILES_H
#define FANIN_SRC_STORED_FILES_H

#include <fanin/fanin.h>

/* Takes the path of a file, as it was opened. An error ends the walk. */
typedef fanin_status (*files_fn)(void *context, const char *path);

/* Tells of the files of an initializer and of rules, those of nested ones included; either may be NULL. Shown by the library
 * for the program of the same build; no part of the API. Errors: those of `take`. */
FANIN_API fanin_status fanin_private_files(const fanin_initializer *initializer, const fanin_rules *rules, files_fn take,
                                           void *context);

#endif
