/* The initializers that come with the library. Each has a file here; builtin.c lists them. */
#ifndef FANIN_SRC_INITIALIZERS_BUILTIN_H
#define FANIN_SRC_INITIALIZERS_BUILTIN_H

#include "registry/registry.h"

extern const struct registry_entry initializer_zero, initializer_one, initializer_constant, initializer_uniform,
    initializer_normal, initializer_xavier, initializer_msraprelu, initializer_bilinear, initializer_lstmbias,
    initializer_orthogonal, initializer_fusedrnn, initializer_load, initializer_mixed;

/* In the order of listings. The registry puts a row that replaces a built-in one in its place here. */
extern const struct registry_entry *builtin_entries[];
extern const size_t builtin_count;

#endif
