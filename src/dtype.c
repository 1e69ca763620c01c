#include "dtype.h"

#include "ascii.h"

#include <stdint.h>
#include <string.h>

/* DLPack's bool, newer than the header's 0.6. */
#define CODE_BOOL 6

const struct dtype_info dtype_table[DTYPE_COUNT] = {
    [DTYPE_FLOAT16] = {"float16", "F16", kDLFloat, 16, 2, true},
    [DTYPE_BFLOAT16] = {"bfloat16", "BF16", kDLBfloat, 16, 2, true},
    [DTYPE_FLOAT32] = {"float32", "F32", kDLFloat, 32, 4, true},
    [DTYPE_FLOAT64] = {"float64", "F64", kDLFloat, 64, 8, true},
    [DTYPE_INT8] = {"int8", "I8", kDLInt, 8, 1, false},
    [DTYPE_INT16] = {"int16", "I16", kDLInt, 16, 2, false},
    [DTYPE_INT32] = {"int32", "I32", kDLInt, 32, 4, false},
    [DTYPE_INT64] = {"int64", "I64", kDLInt, 64, 8, false},
    [DTYPE_UINT8] = {"uint8", "U8", kDLUInt, 8, 1, false},
    [DTYPE_UINT16] = {"uint16", "U16", kDLUInt, 16, 2, false},
    [DTYPE_UINT32] = {"uint32", "U32", kDLUInt, 32, 4, false},
    [DTYPE_UINT64] = {"uint64", "U64", kDLUInt, 64, 8, false},
    [DTYPE_BOOL] = {"bool", "BOOL", CODE_BOOL, 8, 1, false},
};

bool dtype_from_dlpack(DLDataType type, enum dtype *out)
{
    if (type.lanes != 1) {
        return false;
    }
    for (int i = 0; i < DTYPE_COUNT; i++) {
        if (dtype_table[i].code == type.code && dtype_table[i].bits == type.bits) {
            *out = (enum dtype)i;
            return true;
        }
    }
    return false;
}

DLDataType dtype_to_dlpack(enum dtype dtype)
{
    return (DLDataType){dtype_table[dtype].code, dtype_table[dtype].bits, 1};
}

bool dtype_from_name(const char *name, enum dtype *out)
{
    static const char module[] = "torch.";
    if (ascii_same(name, module, strlen(module))) {
        name += strlen(module);
    }
    for (int i = 0; i < DTYPE_COUNT; i++) {
        if (ascii_same(dtype_table[i].name, name, SIZE_MAX) || ascii_same(dtype_table[i].safetensors, name, SIZE_MAX)) {
            *out = (enum dtype)i;
            return true;
        }
    }
    return false;
}
