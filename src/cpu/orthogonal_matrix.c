#include "cpu/orthogonal_matrix.h"

void *cpu_layout_add(struct cpu_layout *layout, int64_t count, int64_t size)
{
    const uint64_t begin = layout->bytes;
    layout->overflows = layout->overflows || !orthogonal_add_bytes(&layout->bytes, count, size) ||
                        layout->bytes > UINT64_MAX - CPU_LAYOUT_ALIGNMENT;
    layout->bytes =
        layout->overflows ? 0 : (layout->bytes + CPU_LAYOUT_ALIGNMENT - 1) / CPU_LAYOUT_ALIGNMENT * CPU_LAYOUT_ALIGNMENT;
    return layout->base == NULL ? NULL : layout->base + begin;
}

fanin_status cpu_layout_finish(const struct cpu_layout *layout, const struct cpu_orthogonal_task *task, int64_t largest,
                               uint64_t *bytes)
{
    const struct orthogonal *const what = &task->what;
    if (largest > task->lapack->largest) {
        return fanin_fail(FANIN_ERROR_SHAPE,
                          "parameter '%s': an orthogonal matrix of %lld × %lld is beyond LAPACK, which would count to %lld, "
                          "and its integers end at %lld",
                          task->name, (long long)what->rows, (long long)what->columns, (long long)largest,
                          (long long)task->lapack->largest);
    }
    if (layout->overflows) {
        return fanin_fail(FANIN_ERROR_MEMORY,
                          "parameter '%s': an orthogonal matrix of %lld × %lld needs more than 2^64 bytes of memory",
                          task->name, (long long)what->rows, (long long)what->columns);
    }
    *bytes = layout->bytes;
    return FANIN_OK;
}

fanin_status cpu_orthogonal_fail(const struct cpu_orthogonal_task *task, const char *routine, int64_t info)
{
    return fanin_fail(FANIN_ERROR_SOLVER, "parameter '%s': LAPACK's %s%s of a matrix of %lld × %lld failed: info is %lld",
                      task->name, task->what.dtype == DTYPE_FLOAT64 ? "d" : "s", routine, (long long)task->what.rows,
                      (long long)task->what.columns, (long long)info);
}

void cpu_orthogonal_random(const struct cpu_orthogonal_task *task, cpu_kernel *kernel, struct cpu_fill *fill)
{
    const struct item item = {.fill = &task->what.random, .name = task->name, .dtype = task->what.dtype};
    *kernel = task->kernels->fill[task->what.random.kind][task->what.dtype];
    cpu_fill_prepare(&item, task->seed, fill);
}
