/* How the library opens its CUDA module, and what it says where it cannot. Without a GPU, and without the module, too. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cuda_module.h"
#include "private.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8

static void assert_says(const char *text, const char *words)
{
    if (strstr(text, words) == NULL) {
        fail_msg("'%s' is not in: %s", words, text);
    }
}

static void assert_does_not_open(const char *path, const char *words)
{
    struct cuda_module module;
    char reason[512] = "";
    memset(&module, 0x5A, sizeof module);
    const struct cuda_module before = module;
    assert_false(cuda_module_open(path, &module, reason, sizeof reason));
    assert_says(reason, words);
    assert_memory_equal(&module, &before, sizeof module);
}

static void test_no_file(void **state)
{
    (void)state;
    assert_does_not_open("/no/such/folder/libfanin_cuda.so", "this fanin has no CUDA backend: there is no /no/such/folder");
}

static void test_no_library(void **state)
{
    (void)state;
    assert_does_not_open(NOT_A_LIBRARY, "the CUDA module cannot be opened");
}

static void test_another_library(void **state)
{
    (void)state;
    assert_does_not_open(NOT_A_MODULE, "is not fanin's CUDA module: it has no fanin_cuda_open");
}

static void test_another_version(void **state)
{
    (void)state;
    assert_does_not_open(OTHER_MODULE, "is of another version of fanin: found 9.8.7 (6), expected 0.");
}

/* This program has no module beside it. All threads get the same answer, and a message of their own. */
static void *ask(void *result)
{
    const struct backend *backend = NULL;
    const fanin_status status = cuda_module_backend("weight", 3, &backend);
    *(int *)result = status == FANIN_ERROR_DEVICE && backend == NULL &&
                     strstr(fanin_last_error(), "parameter 'weight': found a tensor on CUDA device 3: ") != NULL &&
                     strstr(fanin_last_error(), "there is no /") != NULL;
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    int results[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &results[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(results[i]);
    }
    const struct cuda_module *module = NULL;
    assert_int_equal(fanin_private_cuda_module("--device cuda", &module), FANIN_ERROR_DEVICE);
    assert_says(fanin_last_error(), "--device cuda: this fanin has no CUDA backend");
    assert_null(module);
}

/* In a child, whose exit status says what was wrong. */
static void check_library_path(bool is_relative)
{
    char folder[] = FANIN_LIBRARY, *const slash = strrchr(folder, '/');
    *slash = '\0';
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char name[300];
        snprintf(name, sizeof name, "%s/%s", is_relative ? "." : folder, slash + 1);
        void *const library = chdir(folder) == 0 ? dlopen(name, RTLD_NOW | RTLD_LOCAL) : NULL;
        if (library == NULL || chdir("/") != 0) {
            _exit(1);
        }
        fanin_status (*init)(const fanin_initializer *, const fanin_desc *, const DLTensor *, const fanin_options *);
        const char *(*last_error)(void);
        *(void **)&init = dlsym(library, "fanin_init");
        *(void **)&last_error = dlsym(library, "fanin_last_error");
        float value = 0.0f;
        const DLTensor tensor = {.data = &value, .device = {kDLCUDA, 1000000}, .dtype = {kDLFloat, 32, 1}};
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = "a_bias";
        if (init(NULL, &desc, &tensor, NULL) != FANIN_ERROR_DEVICE) {
            _exit(2);
        }
        /* With a module the driver is asked; without one, its absolute path is told. */
        const bool has_module = strstr(last_error(), "driver") != NULL || strstr(last_error(), "expected 0 to") != NULL;
        _exit(has_module || strstr(last_error(), folder) != NULL ? 0 : 3);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* The library opened by a relative path: its modules lie where it did then, wherever the process has gone since. */
static void test_library_path(void **state)
{
    (void)state;
    check_library_path(false);
    check_library_path(true);
}

/* A path is no longer than PATH_MAX allows, with the byte that ends it. */
static void test_long_path(void **state)
{
    (void)state;
    static const struct module_words words = {"CUDA", "no CUDA backend", .binds_deep = false};
    static char path[PATH_MAX + 1], file[2 * PATH_MAX], reason[256];
    assert_true(module_path("", &words, path, reason, sizeof reason));
    const size_t folder = strlen(path);
    memset(file, 'f', sizeof file - 1);
    file[PATH_MAX - 1 - folder] = '\0';
    assert_true(module_path(file, &words, path, reason, sizeof reason));
    assert_int_equal(strlen(path), PATH_MAX - 1);
    path[PATH_MAX] = 'e';
    file[PATH_MAX - 1 - folder] = 'f';
    file[PATH_MAX - folder] = '\0';
    assert_false(module_path(file, &words, path, reason, sizeof reason));
    assert_int_equal(path[PATH_MAX], 'e');
    assert_string_equal(reason, "the CUDA module cannot be opened: the folder of fanin is not known");
}

/* The module itself: it opens wherever it was built, and finds devices or says why there are none. */
static void test_module(void **state)
{
    (void)state;
#ifdef CUDA_MODULE
    struct cuda_module module;
    char reason[512] = "";
    if (!cuda_module_open(CUDA_MODULE, &module, reason, sizeof reason)) {
        fail_msg("%s", reason);
    }
    assert_true(module.count != NULL && module.describe != NULL && module.prepare != NULL && module.stage_open != NULL &&
                module.stage_close != NULL && module.stage_stream != NULL && module.stage_device != NULL &&
                module.stage_copy != NULL && module.stage_wait != NULL);
    /* Of another version it does nothing: what it would fill may be smaller there. */
    cuda_open_fn open_module;
    *(void **)&open_module = dlsym(dlopen(CUDA_MODULE, RTLD_NOW | RTLD_LOCAL), CUDA_OPEN_SYMBOL);
    struct cuda_module untouched;
    memset(&untouched, 0x5A, sizeof untouched);
    const struct cuda_module before = untouched;
    assert_int_equal(open_module(CUDA_MODULE_ABI + 1, NULL, &untouched), CUDA_MODULE_ABI);
    assert_memory_equal(&untouched, &before, sizeof before);
    int count = -1;
    const fanin_status status = module.count(&count);
    if (status == FANIN_OK) {
        print_message("%d CUDA devices\n", count);
        assert_true(count > 0);
        struct cuda_device device;
        assert_int_equal(module.describe(0, &device), FANIN_OK);
        assert_true(device.multiprocessors > 0 && device.memory > 0 && strlen(device.name) > 0);
    } else {
        print_message("%s\n", fanin_last_error());
        assert_int_equal(status, FANIN_ERROR_DEVICE);
        assert_true(strstr(fanin_last_error(), "NVIDIA driver") != NULL || strstr(fanin_last_error(), "CUDA") != NULL);
        assert_null(strstr(fanin_last_error(), "parameter"));
        assert_int_equal(count, -1);
        struct cuda_stage *stage = NULL;
        assert_int_equal(module.stage_open(0, 4096, &stage), FANIN_ERROR_DEVICE);
        assert_null(stage);
    }
    module.stage_close(NULL);
    assert_int_equal(module.prepare("weight", 1000), FANIN_ERROR_DEVICE);
    assert_says(fanin_last_error(), "parameter 'weight': ");
    assert_int_equal(module.prepare("weight", -1), FANIN_ERROR_DEVICE);
#else
    print_message("skipped: there is no CUDA toolkit, so the module was not built\n");
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_file),         cmocka_unit_test(test_no_library),   cmocka_unit_test(test_another_library),
        cmocka_unit_test(test_another_version), cmocka_unit_test(test_library_path), cmocka_unit_test(test_long_path),
        cmocka_unit_test(test_threads),         cmocka_unit_test(test_module),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
