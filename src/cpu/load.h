/* Fills of kind LOAD: elements that are read. */
#ifndef FANIN_SRC_CPU_LOAD_H
#define FANIN_SRC_CPU_LOAD_H

#include "item.h"

/* Writes the item's elements [position, position + count), numbered with the last axis fastest, from its source. Elements that
 * lie one after another as they are stored are read to where they belong. Errors: source_read's. */
fanin_status cpu_load(const struct item *item, int64_t position, int64_t count);

#endif
