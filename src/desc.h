/* A caller's descriptor of a parameter, checked and complete. */
#ifndef FANIN_SRC_DESC_H
#define FANIN_SRC_DESC_H

#include <fanin/fanin.h>

/* Copies a descriptor; what it points to stays the caller's. ARGUMENT for NULL, a name that is NULL, empty or not UTF-8, and
 * for attributes or a rule that are malformed. The box is tensor_check's. */
fanin_status desc_read(const fanin_desc *source, fanin_desc *out);

#endif
