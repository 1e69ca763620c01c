/* What tests of the whole library through fanin.h share: dtypes, things that fill, and memory whose every byte is checked. */
#ifndef FANIN_TESTS_API_HELPERS_H
#define FANIN_TESTS_API_HELPERS_H

#include <fanin/fanin.h>

#include <stdbool.h>

struct api_dtype {
    const char *name;
    DLDataType type;
    size_t size; /* bytes */
    bool is_float;
};

enum { API_FLOAT16, API_BFLOAT16, API_FLOAT32, API_FLOAT64, API_INT8, API_UINT8 = 8, API_BOOL = 12, API_DTYPES };
extern const struct api_dtype api_dtypes[API_DTYPES];

/* Fills of every kind: an initializer and the end of a name that goes with it. */
struct api_kind {
    const char *label;
    const char *name;       /* of the parameter, or its end */
    const char *spec;       /* NULL: the name's ending alone decides */
    int min_ndim, max_ndim; /* that it can fill */
    int64_t rows_multiple;  /* of the extent of axis 0 */
    int takes;              /* API_TAKES_* */
    int64_t most;           /* elements whose bits do not depend on the number of threads; 0: any number */
};

enum {
    API_TAKES_FLOATS,
    API_TAKES_SIGNED, /* what holds -127 to 126 */
    API_TAKES_ALL,
};

/* The last two are rows that api_register adds: "test_indexed", a custom fill that writes the element's index modulo 100, and
 * "test_packed", a constant row and then a block of its own. */
enum {
    API_UNIFORM,
    API_NORMAL,
    API_XAVIER_UNIFORM,
    API_XAVIER_NORMAL,
    API_INTEGER,
    API_CONSTANT,
    API_BILINEAR,
    API_BILINEAR_CENTRED,
    API_LSTMBIAS,
    API_SVD,
    API_HAAR,
    API_INDEXED,
    API_PACKED,
    API_KINDS
};
extern const struct api_kind api_kinds[API_KINDS];

/* Registers the test's own rows, once a process. */
void api_register(void);

bool api_takes(const struct api_kind *kind, const struct api_dtype *dtype);
bool api_takes_shape(const struct api_kind *kind, int ndim, const int64_t *shape);

/* fanin_create that fails the test on an error; NULL for NULL. */
fanin_initializer *api_create(const char *spec);

/* A view of memory: where the element at coordinates 0 lies and how far apart the others do. */
struct api_view {
    int ndim;
    int64_t shape[FANIN_MAX_NDIM];
    int64_t stride[FANIN_MAX_NDIM]; /* elements */
    size_t origin;                  /* bytes from the memory's begin */
};

int64_t api_product(int ndim, const int64_t *shape);

/* Row-major, from byte `origin` on. */
struct api_view api_row_major(int ndim, const int64_t *shape, size_t origin);

/* A view with the axes in a random order in memory, random signs and random gaps, with `margin` bytes or a little more around
 * it; `bytes` gets how much memory it needs. The state is that of api_random. */
struct api_view api_random_view(int ndim, const int64_t *shape, size_t item, size_t margin, uint64_t *state, size_t *bytes);

/* splitmix64 (Steele, Lea & Flood 2014). */
uint64_t api_random(uint64_t *state);
int64_t api_random_below(uint64_t *state, int64_t bound);

/* Poisoned memory, aligned to 64 bytes, beside a copy of what it is expected to become. */
struct api_memory {
    unsigned char *got, *want;
    size_t size;
};

struct api_memory api_memory_open(size_t size);
void api_memory_poison(struct api_memory *memory);
void api_memory_close(struct api_memory *memory);

/* Expects the box at `offset` of the row-major array `whole` of shape global[ndim] in the view. */
void api_expect(struct api_memory *memory, const struct api_view *view, size_t item, const void *whole, const int64_t *global,
                const int64_t *offset);

/* Fails the test, naming the first byte that differs and where it lies. */
void api_memory_check(const struct api_memory *memory, const char *what);

/* A DLTensor that points into the view; shape and strides are borrowed from it. */
DLTensor api_tensor(const struct api_memory *memory, const struct api_view *view, const struct api_dtype *dtype);

/* fanin_init of the kind's parameter; fails the test on an error. threads as the option; global and offset may be NULL. */
void api_fill(const struct api_kind *kind, const DLTensor *tensor, uint64_t seed, int threads, const int64_t *global,
              const int64_t *offset);

/* The whole parameter, row-major, filled by one thread; free with free. */
void *api_whole(const struct api_kind *kind, const struct api_dtype *dtype, int ndim, const int64_t *shape, uint64_t seed);

#endif
