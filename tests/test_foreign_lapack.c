/* A process that shows LAPACK and BLAS functions of its own to all, as libtorch does: orthogonal fills call those that fanin was
 * built with. */
#include "test_helpers.h"

#include <dlfcn.h>
#include <unistd.h>

/* What they do, whatever the arguments. */
#define FOREIGN(name)                                                                                                          \
    void name(void);                                                                                                           \
    void name(void)                                                                                                            \
    {                                                                                                                          \
        static const char message[] = "a function of the process was called: " #name "\n";                                     \
        (void)!write(STDERR_FILENO, message, sizeof message - 1);                                                              \
        _exit(99);                                                                                                             \
    }

/* Of LAPACKE, of LAPACK, of BLAS. */
FOREIGN(LAPACKE_sgesdd_work)
FOREIGN(sgesdd_)
FOREIGN(dgesdd_)
FOREIGN(sorgqr_)
FOREIGN(dorgqr_)
FOREIGN(slarft_)
FOREIGN(slarfb_)
FOREIGN(sgemm_)
FOREIGN(dgemm_)
FOREIGN(strmm_)
FOREIGN(cblas_sgemm)
FOREIGN(openblas_set_num_threads)

static void test_own_functions(void **state)
{
    (void)state;
    static double memory[600 * 70];
    static const char *const specs[] = {"orthogonal", "[\"orthogonal\", {\"method\": \"haar\"}]"};
    int64_t shape[] = {600, 70};
    if (dlsym(RTLD_DEFAULT, "__asan_init") || dlsym(RTLD_DEFAULT, "__tsan_init")) {
        puts("skipped: a sanitizer forbids it");
        skip();
    }
    assert_non_null(dlsym(RTLD_DEFAULT, "sgesdd_"));
    for (int i = 0; i < 4; i++) {
        fanin_initializer *const initializer = create(specs[i / 2]);
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = "a_weight";
        const DLTensor tensor = {
            .data = memory, .device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLFloat, i % 2 == 0 ? 32 : 64, 1}, .shape = shape};
        assert_status(fanin_init(initializer, &desc, &tensor, NULL), FANIN_OK);
        fanin_release(initializer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_own_functions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
