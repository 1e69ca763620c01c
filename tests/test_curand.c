/* The stream against cuRAND's generator on the host, an independent implementation of the same definitions. In its default
 * order with seed s, output (65536 b + t)·4 + k of 32 bits is word k of counter block b of subsequence t < 65536. Of float64,
 * two a block, it takes two blocks of a subsequence at a time (seen with cuRAND 13.0): output (65536 c + t)·4 + k is output
 * k % 2 of counter block 2c + k/2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>

#ifdef FANIN_TEST_HAS_CURAND

#include <cmocka.h>

#include "stream/normal.h"
#include "stream/philox.h"

#include <curand.h>
#include <math.h>
#include <stdlib.h>

enum { SUBSEQUENCES = 65536, BLOCKS = 6, OUTPUTS = SUBSEQUENCES * BLOCKS * 4 };

static const uint64_t seeds[] = {0, 1, 1ull << 32, UINT64_MAX, 0x0123456789abcdef};
enum { SEEDS = sizeof seeds / sizeof *seeds };

static curandGenerator_t generator_create(uint64_t seed)
{
    curandGenerator_t generator;
    assert_int_equal(curandCreateGeneratorHost(&generator, CURAND_RNG_PSEUDO_PHILOX4_32_10), CURAND_STATUS_SUCCESS);
    assert_int_equal(curandSetPseudoRandomGeneratorSeed(generator, seed), CURAND_STATUS_SUCCESS);
    assert_int_equal(curandSetGeneratorOrdering(generator, CURAND_ORDERING_PSEUDO_DEFAULT), CURAND_STATUS_SUCCESS);
    return generator;
}

/* The words of the block that holds output `i` of 32 bits. */
static void words_of_float(uint64_t seed, size_t i, uint32_t words[4])
{
    philox_block(seed, i / 4 % SUBSEQUENCES, i / 4 / SUBSEQUENCES, words);
}

static void words_of_double(uint64_t seed, size_t i, uint32_t words[4])
{
    philox_block(seed, i / 4 % SUBSEQUENCES, 2 * (i / 4 / SUBSEQUENCES) + i / 2 % 2, words);
}

static void test_words(void **state)
{
    (void)state;
    uint32_t *found = malloc(OUTPUTS * sizeof *found);
    assert_non_null(found);
    for (int s = 0; s < SEEDS; s++) {
        curandGenerator_t generator = generator_create(seeds[s]);
        assert_int_equal(curandGenerate(generator, found, OUTPUTS), CURAND_STATUS_SUCCESS);
        for (size_t i = 0; i < OUTPUTS; i += 4) {
            uint32_t words[4];
            words_of_float(seeds[s], i, words);
            assert_memory_equal(words, found + i, sizeof words);
        }
        assert_int_equal(curandDestroyGenerator(generator), CURAND_STATUS_SUCCESS);
    }
    free(found);
}

static void test_uniform_float(void **state)
{
    (void)state;
    float *found = malloc(OUTPUTS * sizeof *found);
    assert_non_null(found);
    const struct uniform_float unit = uniform_float_make(0, 1);
    for (int s = 0; s < SEEDS; s++) {
        curandGenerator_t generator = generator_create(seeds[s]);
        assert_int_equal(curandGenerateUniform(generator, found, OUTPUTS), CURAND_STATUS_SUCCESS);
        for (size_t i = 0; i < OUTPUTS; i++) {
            uint32_t words[4];
            words_of_float(seeds[s], i, words);
            assert_int_equal(float_bits(uniform_float(words[i % 4], &unit)), float_bits(found[i]));
        }
        assert_int_equal(curandDestroyGenerator(generator), CURAND_STATUS_SUCCESS);
    }
    free(found);
}

static void test_uniform_double(void **state)
{
    (void)state;
    double *found = malloc(OUTPUTS / 2 * sizeof *found);
    assert_non_null(found);
    const struct uniform_double unit = uniform_double_make(0, 1);
    for (int s = 0; s < SEEDS; s++) {
        curandGenerator_t generator = generator_create(seeds[s]);
        assert_int_equal(curandGenerateUniformDouble(generator, found, OUTPUTS / 2), CURAND_STATUS_SUCCESS);
        for (size_t i = 0; i < OUTPUTS / 2; i++) {
            uint32_t words[4];
            words_of_double(seeds[s], i, words);
            assert_int_equal(double_bits(uniform_double(words[2 * (i % 2)], words[2 * (i % 2) + 1], &unit)),
                             double_bits(found[i]));
        }
        assert_int_equal(curandDestroyGenerator(generator), CURAND_STATUS_SUCCESS);
    }
    free(found);
}

/* Both round. Sine and cosine are off by up to 4e-7 on either side (cuRAND's angle is rounded near 2π), which the radius
 * magnifies; and the radii by up to 3.6e-7 here. */
static void test_normal_float(void **state)
{
    (void)state;
    float *found = malloc(OUTPUTS * sizeof *found);
    assert_non_null(found);
    float worst = 0;
    size_t beyond = 0;
    for (int s = 0; s < SEEDS; s++) {
        curandGenerator_t generator = generator_create(seeds[s]);
        assert_int_equal(curandGenerateNormal(generator, found, OUTPUTS, 0, 1), CURAND_STATUS_SUCCESS);
        for (size_t i = 0; i < OUTPUTS; i += 4) {
            uint32_t words[4];
            float values[4];
            words_of_float(seeds[s], i, words);
            normal_pair_float(words[0], words[1], 0, 1, values);
            normal_pair_float(words[2], words[3], 0, 1, values + 2);
            for (size_t lane = 0; lane < 4; lane++) {
                const float radius = hypotf(values[lane / 2 * 2], values[lane / 2 * 2 + 1]);
                const float difference = fabsf(values[lane] - found[i + lane]);
                beyond += difference > 4e-7f + 8e-7f * radius;
                worst = fmaxf(worst, difference);
            }
        }
        assert_int_equal(curandDestroyGenerator(generator), CURAND_STATUS_SUCCESS);
    }
    print_message("normal float32: largest difference %.3e\n", worst);
    assert_int_equal(beyond, 0);
    free(found);
}

/* Both round; cuRAND's angle, rounded near 2π, is off by up to 1e-15 times a radius. */
static void test_normal_double(void **state)
{
    (void)state;
    double *found = malloc(OUTPUTS / 2 * sizeof *found);
    assert_non_null(found);
    double worst = 0;
    for (int s = 0; s < SEEDS; s++) {
        curandGenerator_t generator = generator_create(seeds[s]);
        assert_int_equal(curandGenerateNormalDouble(generator, found, OUTPUTS / 2, 0, 1), CURAND_STATUS_SUCCESS);
        for (size_t i = 0; i < OUTPUTS / 2; i += 2) {
            uint32_t words[4];
            double values[2];
            words_of_double(seeds[s], i, words);
            normal_pair_double(words[0], words[1], words[2], words[3], 0, 1, values);
            worst = fmax(worst, fmax(fabs(values[0] - found[i]), fabs(values[1] - found[i + 1])));
        }
        assert_int_equal(curandDestroyGenerator(generator), CURAND_STATUS_SUCCESS);
    }
    print_message("normal float64: largest difference %.3e\n", worst);
    assert_true(worst <= 6e-15);
    free(found);
}

int main(void)
{
    curandGenerator_t generator;
    const curandStatus_t status = curandCreateGeneratorHost(&generator, CURAND_RNG_PSEUDO_PHILOX4_32_10);
    if (status != CURAND_STATUS_SUCCESS) {
        printf("skipped: cuRAND makes no generator on the host (status %d)\n", (int)status);
        return 77;
    }
    curandDestroyGenerator(generator);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words), cmocka_unit_test(test_uniform_float),
                                       cmocka_unit_test(test_uniform_double), cmocka_unit_test(test_normal_float),
                                       cmocka_unit_test(test_normal_double)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    puts("skipped: cuRAND was not found when the tests were built");
    return 77;
}

#endif
