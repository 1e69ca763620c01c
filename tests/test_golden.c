/* The known answers of contract 1 against the stream's functions, one element at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden/golden.h"
#include "stream/integer.h"
#include "stream/name.h"
#include "stream/normal.h"
#include "stream/philox.h"
#include "stream/round.h"

#include <string.h>

/* The bits of a float32 value in a dtype of 16 or 32 bits; bounds NULL: the fill has none. */
static uint64_t narrow(enum dtype dtype, float value, const struct uniform_float *bounds)
{
    float low = 0, high = 0;
    switch (dtype) {
    case DTYPE_FLOAT16:
        if (bounds != NULL) {
            assert_true(float16_inward(bounds->low, bounds->high, &low, &high));
            value = float_clamp(value, low, high);
        }
        return round_to_float16(value);
    case DTYPE_BFLOAT16:
        if (bounds != NULL) {
            assert_true(bfloat16_inward(bounds->low, bounds->high, &low, &high));
            value = float_clamp(value, low, high);
        }
        return round_to_bfloat16(value);
    default:
        return float_bits(value);
    }
}

/* Element `lane` of the block: two of float64, else four. */
static uint64_t element(const struct golden_line *line, const uint32_t words[4], int lane)
{
    const struct uniform_float bounds = uniform_float_make(line->a, line->b);
    const uint32_t *pair = words + (lane & 2);
    if (line->kind == FILL_INTEGER) {
        const int64_t value =
            uniform_integer(words[line->dtype == DTYPE_FLOAT64 ? 2 * lane : lane], (int64_t)line->a, (int64_t)line->b);
        if (line->dtype == DTYPE_FLOAT64)
            return double_bits((double)value);
        if (dtype_table[line->dtype].is_float)
            return narrow(line->dtype, (float)value, &bounds);
        return (uint64_t)value & UINT64_MAX >> (64 - dtype_table[line->dtype].bits);
    }
    if (line->dtype == DTYPE_FLOAT64) {
        double values[2];
        const struct uniform_double wide = uniform_double_make(line->a, line->b);
        normal_pair_double(words[0], words[1], words[2], words[3], line->a, line->b, values);
        return double_bits(line->kind == FILL_NORMAL ? values[lane]
                                                     : uniform_double(words[2 * lane], words[2 * lane + 1], &wide));
    }
    if (line->kind == FILL_UNIFORM)
        return narrow(line->dtype, uniform_float(words[lane], &bounds), &bounds);
    float values[2];
    normal_pair_float(pair[0], pair[1], (float)line->a, (float)line->b, values);
    return narrow(line->dtype, values[lane & 1], NULL);
}

static void expect(const struct golden_line *line, int k, uint64_t found)
{
    if (found != line->bits[k])
        fail_msg("line %d, element %d: found %016llx, expected %016llx", line->number, k, (unsigned long long)found,
                 (unsigned long long)line->bits[k]);
}

static void check_line(const struct golden_line *line)
{
    const int per_block = line->dtype == DTYPE_FLOAT64 ? 2 : 4;
    uint32_t words[4];
    switch (line->type) {
    case GOLDEN_STREAM:
        assert_int_equal(stream_of_name(line->name), line->stream);
        assert_int_equal(fanin_stream(line->name), line->stream);
        break;
    case GOLDEN_BLOCK:
        philox_block(line->seed, line->stream, line->block, words);
        assert_memory_equal(words, line->words, sizeof words);
        fanin_words(line->seed, line->stream, line->block, words);
        assert_memory_equal(words, line->words, sizeof words);
        break;
    case GOLDEN_FILL:
        for (int k = 0; k < line->count; k++) {
            const uint64_t index = (uint64_t)line->start + (uint64_t)k;
            philox_block(line->seed, stream_of_name(line->name), index / (uint64_t)per_block, words);
            expect(line, k, element(line, words, (int)(index % (uint64_t)per_block)));
        }
        break;
    case GOLDEN_WORDS:
        assert_int_equal(line->count, per_block);
        for (int k = 0; k < line->count; k++)
            expect(line, k, element(line, line->words, k));
        break;
    }
}

static void test_lines_of_type(enum golden_type type, int at_least)
{
    FILE *file = golden_open();
    struct golden_line line;
    int count = 0;
    while (golden_next(file, &line)) {
        if (line.type != type)
            continue;
        check_line(&line);
        count++;
    }
    fclose(file);
    assert_true(count >= at_least);
}

static void test_streams(void **state)
{
    (void)state;
    test_lines_of_type(GOLDEN_STREAM, 10);
    assert_int_equal(fanin_stream(NULL), 0);
}

static void test_blocks(void **state)
{
    (void)state;
    test_lines_of_type(GOLDEN_BLOCK, 50);
}

static void test_fills(void **state)
{
    (void)state;
    test_lines_of_type(GOLDEN_FILL, 600);
}

static void test_words(void **state)
{
    (void)state;
    test_lines_of_type(GOLDEN_WORDS, 300);
}

int main(void)
{
#ifdef FANIN_TEST_NEEDS_FMA
    if (!__builtin_cpu_supports("fma") || !__builtin_cpu_supports("avx2")) {
        puts("skipped: this processor lacks FMA or AVX2");
        return 77;
    }
#endif
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_streams), cmocka_unit_test(test_blocks),
                                       cmocka_unit_test(test_fills), cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
