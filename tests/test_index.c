/* Indexes of sharded files, with as many files as they may have: which file a tensor is in, and what it costs to find out. */
#include "assert_between.h"
#include "params_helpers.h"

#include "formats/index.h"

/* The linker puts this in the way of the library's calls. */
static int64_t comparisons;

int __real_strcmp(const char *a, const char *b);
int __wrap_strcmp(const char *a, const char *b);

int __wrap_strcmp(const char *a, const char *b)
{
    comparisons++;
    return __real_strcmp(a, b);
}

/* As many as an index may name. */
enum { FILES = 10000, TENSORS = 30000 };

static void put_text(struct bytes *bytes, const char *format, ...) FANIN_PRINTF(2, 3);

static void put_text(struct bytes *bytes, const char *format, ...)
{
    char text[128];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put(bytes, text, (size_t)length);
}

/* Tensor `t` of an index is in a file of this name. The factor has no divisor in common with the number of files: the first
 * tensors name each once. */
static int file_of(int t)
{
    return (int)((int64_t)t * 7919 % FILES);
}

/* An index of so many tensors. */
static void put_index(struct bytes *bytes, int tensors)
{
    put_text(bytes, "{\"weight_map\": {");
    for (int t = 0; t < tensors; t++) {
        put_text(bytes, "%s\"t%d\": \"f%d\"", t > 0 ? ", " : "", t, file_of(t));
    }
}

static void check_files(const char *path, const char *folder)
{
    struct bytes bytes = {0};
    struct shard_index index = {0};
    put_index(&bytes, TENSORS);
    put_text(&bytes, "}}");
    comparisons = 0;
    assert_status(index_parse(path, (const char *)bytes.data, bytes.size, &index), FANIN_OK);
    /* As many as there are binary digits in the number of files, and two more; not as many as there are files. */
    assert_between(comparisons, TENSORS, 16 * TENSORS);
    assert_int_equal(index.n_files, FILES);
    assert_int_equal(index.names.count, TENSORS);
    for (int t = 0; t < TENSORS; t++) {
        char name[64];
        snprintf(name, sizeof name, "t%d", t);
        assert_string_equal(index.names.tensors[t].name, name);
        assert_int_equal(index.names.tensors[t].tag, t % FILES); /* in the order of their first mention */
        snprintf(name, sizeof name, "%sf%d", folder, file_of(t));
        assert_string_equal(index.files[t % FILES], name);
    }
    index_free(&index);
    free(bytes.data);
}

static void test_files(void **state)
{
    (void)state;
    check_files("model.index.json", "");
    check_files("some/folder/model.index.json", "some/folder/");
}

static void test_too_many(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    struct shard_index index = {0};
    put_index(&bytes, FILES);
    put_text(&bytes, ", \"more\": \"g\"}}");
    assert_status(index_parse("path", (const char *)bytes.data, bytes.size, &index), FANIN_ERROR_FORMAT);
    assert_message("'path' names more than 10000 files", NULL);
    assert_null(index.files);
    free(bytes.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
