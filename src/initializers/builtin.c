/* To add an initializer: write a file like its neighbours with a `const struct registry_entry`, declare it in builtin.h, list
 * it here and in CMakeLists.txt. create, dumps, listings, Mixed, rules and the program know it then. */
#include "builtin.h"

const struct registry_entry *builtin_entries[] = {
    &initializer_zero,     &initializer_one,        &initializer_constant,  &initializer_uniform,
    &initializer_normal,   &initializer_xavier,     &initializer_msraprelu, &initializer_bilinear,
    &initializer_lstmbias, &initializer_orthogonal, &initializer_fusedrnn,  &initializer_load,
    &initializer_mixed,
};
const size_t builtin_count = sizeof builtin_entries / sizeof *builtin_entries;
