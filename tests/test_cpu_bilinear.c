/* Bilinear filters: MXNet's recorded ones bit for bit, and FCN's symmetric ones. */
#include "backend.h"
#include "recorded.h"
#include "cpu_helpers.h"

static fanin_options options_of(int threads)
{
    fanin_options options = FANIN_OPTIONS_INIT;
    options.threads = threads;
    return options;
}

/* Fills a whole parameter of the shape. */
static void fill_filters(const int64_t shape[4], double centred, enum dtype dtype, void *out)
{
    const struct fill fill = {.kind = FILL_BILINEAR, .a = centred, .ndim = 4, .domain = shape};
    const struct item item = test_row(&fill, dtype, out, 0, shape[0] * shape[1] * shape[2] * shape[3]);
    const fanin_options options = options_of(1);
    assert_int_equal(backend_run(&cpu_backend, &item, 1, &options), FANIN_OK);
}

/* The bytes that a recorded value has in a dtype that can hold it. */
static void expect_element(enum dtype dtype, double value, const unsigned char *found)
{
    const float narrow = (float)value;
    const uint16_t half = round_to_float16(narrow);
    switch (dtype) {
    case DTYPE_FLOAT64:
        assert_memory_equal(found, &value, sizeof value);
        break;
    case DTYPE_FLOAT32:
        assert_true((double)narrow == value);
        assert_memory_equal(found, &narrow, sizeof narrow);
        break;
    default:
        assert_int_equal(dtype, DTYPE_FLOAT16);
        assert_true((double)float16_to_float(half) == value);
        assert_memory_equal(found, &half, sizeof half);
    }
}

static void as_mxnet_recorded(void **state)
{
    (void)state;
    cJSON *const tree = recorded_open("bilinear.json");
    const cJSON *recorded;
    int count = 0;
    cJSON_ArrayForEach(recorded, cJSON_GetObjectItemCaseSensitive(tree, "cases"))
    {
        int64_t shape[4];
        for (int d = 0; d < 4; d++) {
            shape[d] = (int64_t)cJSON_GetNumberValue(cJSON_GetArrayItem(cJSON_GetObjectItem(recorded, "shape"), d));
        }
        enum dtype dtype;
        assert_true(dtype_from_name(recorded_text(recorded, "dtype"), &dtype));
        const cJSON *const values = cJSON_GetObjectItem(recorded, "values");
        unsigned char found[1024 * 8];
        assert_true(cJSON_GetArraySize(values) == shape[0] * shape[1] * shape[2] * shape[3]);
        assert_true(cJSON_GetArraySize(values) <= 1024);
        fill_filters(shape, 0.0, dtype, found);
        const cJSON *value;
        int i = 0;
        cJSON_ArrayForEach(value, values)
        {
            expect_element(dtype, value->valuedouble, found + dtype_table[dtype].size * i);
            i++;
        }
        count++;
    }
    assert_int_equal(count, 21);
    cJSON_Delete(tree);
}

/* Both forms against their formulas for many widths: in MXNet's, tiny remainders stand where a reordered formula has 0. */
static void as_the_formulas(void **state)
{
    (void)state;
    static float found[7 * 400];
    for (int64_t width = 1; width <= 400; width++) {
        for (int centred_form = 0; centred_form <= 1; centred_form++) {
            const int64_t shape[4] = {1, 1, 1 + width % 7, width};
            const struct fill fill = {.kind = FILL_BILINEAR, .a = centred_form, .ndim = 4, .domain = shape};
            fill_filters(shape, centred_form, DTYPE_FLOAT32, found);
            for (int64_t i = 0; i < shape[2] * shape[3]; i++) {
                const float expected = reference_bilinear(&fill, i);
                assert_memory_equal(&found[i], &expected, sizeof expected);
            }
        }
    }
}

/* numpy.outer of FCN's upsample_filt: for k = 3 the filter is .5 1 .5, for k = 4 it is .25 .75 .75 .25, k = 2 gives .5 .5. */
static void centred(void **state)
{
    (void)state;
    static const int64_t shape[4] = {2, 1, 3, 4};
    static const float rows[3] = {0.5f, 1.0f, 0.5f}, columns[4] = {0.25f, 0.75f, 0.75f, 0.25f};
    float found[24];
    fill_filters(shape, 1.0, DTYPE_FLOAT32, found);
    for (int i = 0; i < 24; i++) {
        assert_true(found[i] == rows[i / 4 % 3] * columns[i % 4]);
    }
    static const int64_t square[4] = {1, 1, 2, 2};
    fill_filters(square, 1.0, DTYPE_FLOAT32, found);
    for (int i = 0; i < 4; i++) {
        assert_true(found[i] == 0.25f);
    }
    static const int64_t single[4] = {1, 1, 1, 1};
    fill_filters(single, 1.0, DTYPE_FLOAT32, found);
    assert_true(found[0] == 1.0f);
}

/* Symmetric on both axes, whatever the extents, and never negative. */
static void centred_is_symmetric(void **state)
{
    (void)state;
    static float found[40 * 40];
    for (int64_t height = 1; height <= 40; height += 3) {
        for (int64_t width = 1; width <= 40; width++) {
            const int64_t shape[4] = {1, 1, height, width};
            fill_filters(shape, 1.0, DTYPE_FLOAT32, found);
            for (int64_t y = 0; y < height; y++) {
                for (int64_t x = 0; x < width; x++) {
                    const float value = found[y * width + x];
                    assert_true(value > 0.0f);
                    assert_true(value == found[(height - 1 - y) * width + x]);
                    assert_true(value == found[y * width + width - 1 - x]);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_mxnet_recorded),
        cmocka_unit_test(as_the_formulas),
        cmocka_unit_test(centred),
        cmocka_unit_test(centred_is_symmetric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
