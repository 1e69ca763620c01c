/* The generator of device code. */
#include "compare.h"
#include "grid.h"

#include "cuda/values.h"

#include <fenv.h>
#include <math.h>

/* Any number, or, as often, one near a power of two. */
static uint64_t draw(uint64_t *random)
{
    const uint64_t drawn = compare_random(random);
    return drawn & 1 ? compare_random(random) : (UINT64_C(1) << (drawn >> 58)) - (drawn >> 1 & 1);
}

/* In both variants, against the stream's definition and, where it is to be had, cuRAND's own function. */
static void test_words(void **state)
{
    (void)state;
    uint64_t random = 7;
    for (int i = 0; i < 20000; i++) {
        const uint64_t seed = draw(&random), stream = draw(&random), block = draw(&random);
        uint32_t defined[4], words[4], of_curand[4];
        philox_block(seed, stream, block, defined);
        grid_words(CUDA_VARIANT_PLAIN, seed, stream, block, words);
        assert_memory_equal(words, defined, sizeof words);
        grid_words(CUDA_VARIANT_MIXED, seed, stream, block, words);
        assert_memory_equal(words, defined, sizeof words);
        if (grid_words_of_curand(seed, stream, block, of_curand)) {
            assert_memory_equal(of_curand, defined, sizeof of_curand);
        }
    }
}

static void check_wide_product(uint32_t word, uint32_t multiplier)
{
    const uint32_t high = (uint32_t)((uint64_t)word * multiplier >> 32);
    /* What the device computes, by the host's fma. */
    const volatile double wide = generator_wide(word), by = (double)multiplier * 0x1p-32,
                          add = (0x1p32 - (double)multiplier) * 0x1p52;
    assert_int_equal(fesetround(FE_TOWARDZERO), 0);
    const volatile double device = fma(wide, by, add);
    assert_int_equal(fesetround(FE_TONEAREST), 0);
    assert_true(device == generator_wide(high));
    assert_true(generator_wide_product(wide, multiplier) == device);
    assert_int_equal(generator_word(device), high);
}

static void test_wide_products(void **state)
{
    (void)state;
    uint64_t random = 11;
    for (int i = 0; i < 200000; i++) {
        const uint32_t word = i < 2000 ? (uint32_t)(i - 1000) : (uint32_t)draw(&random);
        check_wide_product(word, PHILOX_MULTIPLIER_0);
        check_wide_product(word, PHILOX_MULTIPLIER_1);
    }
}

static void test_wide_words(void **state)
{
    (void)state;
    uint64_t random = 13;
    for (int i = 0; i < 20000; i++) {
        const uint32_t word = (uint32_t)draw(&random), other = (uint32_t)draw(&random);
        const double wide = generator_wide(word);
        assert_true(wide == 0x1p84 + (double)word * 0x1p32);
        assert_int_equal(generator_word(wide), word);
        assert_true(generator_replace(wide, other) == generator_wide(other));
        if (word + (uint64_t)other <= UINT32_MAX) {
            assert_true(generator_advance(wide, other) == generator_wide(word + other));
        }
    }
}

/* The largest words there are, by which low + u·width may pass the upper bound; no search finds them. */
static void test_last_doubles(void **state)
{
    (void)state;
    uint64_t random = 17;
    int passed = 0;
    for (int i = 0; i < 2000; i++) {
        const double a = (double)compare_below(&random, 1000) - 0x1p53, b = (double)compare_below(&random, 1000) / 8.0;
        struct cuda_row row = {.kind = FILL_UNIFORM};
        row.number.uniform_double = uniform_double_make(a, b);
        const uint32_t words[4] = {0x001fffff, UINT32_MAX, 0x001fffff - (uint32_t)i, UINT32_MAX};
        uint64_t bits[2];
        values_doubles(FILL_UNIFORM, &row, words, bits);
        for (int k = 0; k < 2; k++) {
            const double value = uniform_double(words[2 * k], words[2 * k + 1], &row.number.uniform_double);
            assert_true(bits[k] == double_bits(value));
            assert_true(double_from_bits(bits[k]) <= b);
        }
        passed += double_fma(uniform_unit_double(words[0], words[1]), row.number.uniform_double.width, a) > b;
    }
    assert_true(passed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_wide_products),
        cmocka_unit_test(test_wide_words),
        cmocka_unit_test(test_last_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
