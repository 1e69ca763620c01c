/* The dtypes that fanin fills: one table of their names and sizes. */
#ifndef FANIN_SRC_DTYPE_H
#define FANIN_SRC_DTYPE_H

#include <fanin/fanin.h>

#include <stdbool.h>

enum dtype {
    DTYPE_FLOAT16,
    DTYPE_BFLOAT16,
    DTYPE_FLOAT32,
    DTYPE_FLOAT64,
    DTYPE_INT8,
    DTYPE_INT16,
    DTYPE_INT32,
    DTYPE_INT64,
    DTYPE_UINT8,
    DTYPE_UINT16,
    DTYPE_UINT32,
    DTYPE_UINT64,
    DTYPE_BOOL,
    DTYPE_COUNT
};

struct dtype_info {
    const char *name;        /* NumPy's, "bfloat16" */
    const char *safetensors; /* "BF16" */
    uint8_t code, bits;      /* DLPack's; bool is code 6, newer than DLPack 0.6 */
    uint8_t size;            /* bytes */
    bool is_float;
};

extern const struct dtype_info dtype_table[DTYPE_COUNT];

/* false where fanin has no such dtype (lanes other than 1 included). */
bool dtype_from_dlpack(DLDataType type, enum dtype *out);
DLDataType dtype_to_dlpack(enum dtype dtype);

/* By NumPy's or safetensors' name, without case; "torch." may stand before it, as where Python prints a tensor's dtype. */
bool dtype_from_name(const char *name, enum dtype *out);

#endif
