#include "kernel.h"

#include "copy.h"

#include <math.h>
#include <string.h>

static void prepare_uniform(const struct item *item, struct cpu_fill *out)
{
    const struct fill *fill = item->fill;
    if (item->dtype == DTYPE_FLOAT64) {
        out->uniform_double = uniform_double_make(fill->a, fill->b);
        return;
    }
    out->uniform_float = uniform_float_make(fill->a, fill->b);
    const float low = out->uniform_float.low, high = out->uniform_float.high;
    /* There are numbers between the bounds: fill_check saw to that. */
    if (item->dtype == DTYPE_FLOAT16) {
        (void)float16_inward(low, high, &out->low16, &out->high16);
    } else if (item->dtype == DTYPE_BFLOAT16) {
        (void)bfloat16_inward(low, high, &out->low16, &out->high16);
    }
}

/* Bytes of an item that is written past the caches; a memory set of the C library goes over to that at 3/4 of the last one. */
#define STREAMED (INT64_C(32) << 20)

void cpu_fill_prepare(const struct item *item, uint64_t seed, struct cpu_fill *out)
{
    const struct fill *fill = item->fill;
    memset(out, 0, sizeof *out);
    out->seed = seed;
    out->stream = fill->stream;
    out->low16 = -INFINITY;
    out->high16 = INFINITY;
    out->streamed = item->size > STREAMED / (int64_t)dtype_table[item->dtype].size;
    switch (fill->kind) {
    case FILL_CONSTANT: {
        /* Its low bytes come first: fanin is for little-endian machines. */
        const uint64_t bits = copy_bits(item->dtype, fill->a);
        memcpy(out->constant, &bits, sizeof bits);
        break;
    }
    case FILL_UNIFORM:
        prepare_uniform(item, out);
        break;
    case FILL_NORMAL:
        if (item->dtype == DTYPE_FLOAT64) {
            out->normal_double.mean = fill->a;
            out->normal_double.sigma = fill->b;
        } else {
            out->normal_float.mean = (float)fill->a;
            out->normal_float.sigma = (float)fill->b;
        }
        break;
    case FILL_INTEGER:
        out->integer.low = (int64_t)fill->a;
        out->integer.high = (int64_t)fill->b;
        break;
    case FILL_BILINEAR: {
        const int64_t height = fill->domain[2], width = fill->domain[3];
        out->bilinear = fill->a != 0.0 ? bilinear_centred(height, width) : bilinear_mxnet(height, width);
        break;
    }
    case FILL_COPY:
        out->copy = &fill->copy->map;
        break;
    default:
        break;
    }
}
