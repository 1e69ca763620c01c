#include "cpu/orthogonal_set.h"

#include "cpu/parallel.h"
#include "cpu/variant.h"

#include <fenv.h>
#include <stdlib.h>

/* Matrices are computed together as long as they need no more bytes than this. */
#define TOGETHER ((uint64_t)256 << 20)

/* Reflectors of fewer multiplications (longer · shorter², times a small number) are multiplied by one thread, with other
 * matrices at its side; those of as many or more by all threads together, one matrix after another. */
#define SMALL ((double)((int64_t)1 << 27))

struct matrix {
    const struct item *item; /* one of its items */
    struct cpu_orthogonal_task task;
    uint64_t bytes, place; /* of its memory, from the set's on */
    struct cpu_orthogonal result;
    bool shared; /* by all threads */
};

struct cpu_orthogonal_set {
    const struct lapack *lapack;
    int threads;
    struct matrix *matrices; /* in the order in which they are computed */
    size_t count;
    size_t begin, end; /* what is computed */
    size_t *of_item;   /* the number of an item's matrix; SIZE_MAX for other items */
    char *memory;
};

struct place {
    const struct item *item;
    size_t number;
};

static int compare_places(const void *first, const void *second)
{
    const struct place *const a = first, *const b = second;
    const int order = orthogonal_compare(a->item->fill, a->item->dtype, b->item->fill, b->item->dtype);
    return order != 0 ? order : orthogonal_order(a->number, b->number);
}

static fanin_status describe(struct cpu_orthogonal_set *set, const struct item *item, const fanin_options *options,
                             struct matrix *out)
{
    *out = (struct matrix){
        .item = item,
        .task = {.lapack = set->lapack, .kernels = cpu_kernels_named(options->cpu), .name = item->name, .seed = options->seed}};
    struct orthogonal *const what = &out->task.what;
    orthogonal_describe(item->fill, item->dtype, what);
    /* Of a gesdd nothing can be shared but what BLAS does, and that would change the bits. */
    out->shared =
        what->method == FANIN_ORTHOGONAL_HAAR && (double)what->longer * (double)what->shorter * (double)what->shorter >= SMALL;
    out->task.threads = out->shared ? set->threads : 1;
    return what->method == FANIN_ORTHOGONAL_SVD ? cpu_svd_bytes(&out->task, &out->bytes)
                                                : cpu_haar_bytes(&out->task, &out->bytes);
}

/* Finds the distinct matrices of the orthogonal items. */
static fanin_status collect(struct cpu_orthogonal_set *set, struct place *places, size_t count, const fanin_options *options)
{
    qsort(places, count, sizeof *places, compare_places);
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < count && status == FANIN_OK; i++) {
        const struct item *const item = places[i].item, *const before = i > 0 ? places[i - 1].item : NULL;
        if (i == 0 || orthogonal_compare(before->fill, before->dtype, item->fill, item->dtype) != 0) {
            status = describe(set, item, options, &set->matrices[set->count++]);
        }
        set->of_item[places[i].number] = set->count - 1;
    }
    return status;
}

/* One past the last matrix that is computed together with matrix `begin`, and the bytes that they need. */
static size_t group_end(const struct cpu_orthogonal_set *set, size_t begin, uint64_t *bytes)
{
    size_t end = begin;
    *bytes = 0;
    do {
        set->matrices[end].place = *bytes;
        *bytes += set->matrices[end++].bytes;
    } while (end < set->count && *bytes <= TOGETHER && set->matrices[end].bytes <= TOGETHER - *bytes);
    return end;
}

/* One piece of memory that every group fits in. */
static fanin_status allocate(struct cpu_orthogonal_set *set)
{
    uint64_t most = 0;
    const struct matrix *largest = NULL;
    for (size_t begin = 0; begin < set->count;) {
        uint64_t bytes;
        const size_t end = group_end(set, begin, &bytes);
        most = bytes > most ? bytes : most;
        begin = end;
    }
    for (size_t i = 0; i < set->count; i++) {
        largest = largest == NULL || set->matrices[i].bytes > largest->bytes ? &set->matrices[i] : largest;
    }
    set->memory = most <= PTRDIFF_MAX ? aligned_alloc(CPU_LAYOUT_ALIGNMENT, (size_t)most) : NULL;
    if (set->memory == NULL) {
        return fanin_fail(FANIN_ERROR_MEMORY,
                          "parameter '%s': an orthogonal matrix of %lld × %lld needs %llu bytes of memory, with what LAPACK "
                          "works in; the system refused %llu",
                          largest->task.name, (long long)largest->task.what.rows, (long long)largest->task.what.columns,
                          (unsigned long long)largest->bytes, (unsigned long long)most);
    }
    return FANIN_OK;
}

/* LAPACK's environment: the contract's, of the x87 unit too, which some of OpenBLAS's norms use. The threads of a BLAS keep
 * that in which they are born, when LAPACK is opened or their number is set. */
static void enter_environment(fenv_t *caller)
{
    fegetenv(caller);
    fesetenv(FE_DFL_ENV);
}

/* How many threads are in BLAS at a time. */
static int threads_in_blas(const struct cpu_orthogonal_set *set)
{
    bool shared = false;
    for (size_t i = 0; i < set->count; i++) {
        shared = shared || set->matrices[i].shared;
    }
    return shared || set->count >= (size_t)set->threads ? set->threads : (int)set->count;
}

static fanin_status open_set(struct cpu_orthogonal_set *set, const struct item *items, size_t count, size_t orthogonal,
                             const fanin_options *options)
{
    set->of_item = reallocarray(NULL, count, sizeof *set->of_item);
    set->matrices = reallocarray(NULL, orthogonal, sizeof *set->matrices);
    struct place *const places = reallocarray(NULL, orthogonal, sizeof *places);
    if (set->of_item == NULL || set->matrices == NULL || places == NULL) {
        free(places);
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a table of %zu orthogonal fills", orthogonal);
    }
    size_t found = 0;
    const struct item *first = NULL;
    for (size_t i = 0; i < count; i++) {
        set->of_item[i] = SIZE_MAX;
        if (items[i].fill->kind == FILL_ORTHOGONAL) {
            first = first == NULL ? &items[i] : first;
            places[found++] = (struct place){&items[i], i};
        }
    }
    fanin_status status = cpu_solver(first->name, &set->lapack);
    if (status == FANIN_OK) {
        status = collect(set, places, found, options);
    }
    free(places);
    status = status == FANIN_OK ? allocate(set) : status;
    return status == FANIN_OK ? cpu_solver_check_room(first->name, threads_in_blas(set)) : status;
}

fanin_status cpu_orthogonal_open(const struct item *items, size_t count, const fanin_options *options,
                                 struct cpu_orthogonal_set **out)
{
    *out = NULL;
    size_t orthogonal = 0;
    for (size_t i = 0; i < count; i++) {
        orthogonal += items[i].fill->kind == FILL_ORTHOGONAL;
    }
    if (orthogonal == 0) {
        return FANIN_OK;
    }
    struct cpu_orthogonal_set *const set = calloc(1, sizeof *set);
    if (set == NULL) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a table of %zu orthogonal fills", orthogonal);
    }
    set->threads = parallel_threads(options->threads);
    fenv_t caller;
    enter_environment(&caller);
    const fanin_status status = open_set(set, items, count, orthogonal, options);
    fesetenv(&caller);
    if (status != FANIN_OK) {
        cpu_orthogonal_close(set);
        return status;
    }
    *out = set;
    return FANIN_OK;
}

void cpu_orthogonal_close(struct cpu_orthogonal_set *set)
{
    if (set != NULL) {
        free(set->matrices);
        free(set->of_item);
        free(set->memory);
        free(set);
    }
}

static fanin_status compute(struct cpu_orthogonal_set *set, struct matrix *matrix)
{
    fenv_t caller;
    enter_environment(&caller);
    matrix->task.memory = set->memory + matrix->place;
    const fanin_status status = matrix->task.what.method == FANIN_ORTHOGONAL_SVD ? cpu_svd(&matrix->task, &matrix->result)
                                                                                 : cpu_haar(&matrix->task, &matrix->result);
    fesetenv(&caller);
    return status;
}

static fanin_status compute_alone(const void *context, int64_t begin, int64_t end)
{
    struct cpu_orthogonal_set *const set = *(struct cpu_orthogonal_set *const *)context;
    fanin_status status = FANIN_OK;
    for (size_t i = set->begin + (size_t)begin; i < set->begin + (size_t)end && status == FANIN_OK; i++) {
        status = set->matrices[i].shared ? FANIN_OK : compute(set, &set->matrices[i]);
    }
    return status;
}

static fanin_status compute_group(struct cpu_orthogonal_set *set)
{
    cpu_solver_enter(set->lapack);
    fanin_status status = parallel_for((int64_t)(set->end - set->begin), 1, set->threads, compute_alone, &set);
    for (size_t i = set->begin; i < set->end && status == FANIN_OK; i++) {
        status = set->matrices[i].shared ? compute(set, &set->matrices[i]) : FANIN_OK;
    }
    cpu_solver_leave(set->lapack);
    return status;
}

fanin_status cpu_orthogonal_next(struct cpu_orthogonal_set *set)
{
    uint64_t bytes;
    set->begin = set->end;
    set->end = group_end(set, set->begin, &bytes);
    fenv_t caller;
    enter_environment(&caller);
    const fanin_status status = compute_group(set);
    fesetenv(&caller);
    return status;
}

bool cpu_orthogonal_done(const struct cpu_orthogonal_set *set)
{
    return set->end == set->count;
}

const struct cpu_orthogonal *cpu_orthogonal_find(const struct cpu_orthogonal_set *set, size_t item)
{
    const size_t number = set->of_item[item];
    return number >= set->begin && number < set->end ? &set->matrices[number].result : NULL;
}
