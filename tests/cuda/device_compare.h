/* Memory on both sides, the same fill in each, and the comparison. Needs a GPU. */
#ifndef FANIN_TESTS_CUDA_DEVICE_COMPARE_H
#define FANIN_TESTS_CUDA_DEVICE_COMPARE_H

#include "device.h"

/* Bytes of the memories. */
#define BYTES  (16 << 20)
#define POISON 0xA5

/* The host's memory, that of a device, and where the latter is copied to. */
extern unsigned char *host, *copy, *device;

/* Makes and frees the memories. main ends with their result. */
bool memories_make(void);
void memories_free(void);

struct type {
    const char *name;
    DLDataType dtype;
};
enum { TYPES = 13, FLOATS = 4 };
extern const struct type types[TYPES]; /* the floats first */

struct view {
    int ndim;
    int64_t shape[4], strides[4];
    bool strided;
    int64_t offset; /* of the first element in the memory, elements */
    int64_t global[4], start[4];
    bool sharded;
};

/* Fills a view of a memory by a spec, whatever its name. */
fanin_status fill(DLDeviceType where, void *memory, const char *spec, const struct type *type, const struct view *view,
                  const fanin_options *options);

/* Fills both memories and compares them; or both refuse, for the same reason. Returns whether they were filled. */
bool compare(const char *spec, const struct type *type, const struct view *view);

/* A plan of `count` matrices of all float dtypes in a memory, uniform and normal by turns. */
fanin_plan *plan_of(int count, DLDeviceType where, unsigned char *memory);

#endif
