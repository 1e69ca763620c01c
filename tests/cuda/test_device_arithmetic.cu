/* What device code does in one instruction, or in fewer steps, against the definition, for every float. Needs a GPU. */
#include "device.h"

#include "cuda/normal_bounds.h"

struct result {
    unsigned long long wrong;
    uint32_t example; /* one of those that are wrong */
};

/* One argument of each test is any of the 2^32 words. */
typedef bool (*test)(uint32_t word);

__device__ static bool root_is_right(uint32_t word)
{
    const float x = __uint_as_float(word);
    if (x != 0.0f && !(x >= 0x1p-23f && x < 64.0f)) {
        return true; /* no square of a radius */
    }
    return __float_as_uint(values_square_root(fabsf(x))) == __float_as_uint(__fsqrt_rn(fabsf(x)));
}

/* With the 2^9 words whose radius is 0. */
__device__ static bool eighth_is_right(uint32_t word)
{
    const float radius = __fsqrt_rn(normal_log_float(uniform_unit_float(word)));
    return __float_as_uint(values_eighth_of_radius(word)) == __float_as_uint(__fmul_rn(radius, 0.125f));
}

/* What values_square_root is told of its argument. */
__device__ static bool square_is_in_range(uint32_t word)
{
    const float square = normal_log_float(uniform_unit_float(word));
    return __float_as_uint(square) == 0 || (square >= 0x1p-23f && square < 64.0f);
}

__device__ static bool quotient_is_right(uint32_t word)
{
    const float m = __uint_as_float(word);
    if (!(m >= 0.75f && m < 1.5f)) {
        return true; /* no mantissa */
    }
    return __float_as_uint(normal_ratio_float(m)) == __float_as_uint(__fdiv_rn(1.0f - m, 1.0f + m));
}

__device__ static bool rounding_is_right(uint32_t word)
{
    const float value = __uint_as_float(word);
    if (isnan(value)) {
        return true;
    }
    const uint32_t half = values_round_float16(value, -value), brain = values_round_bfloat16(value, -value);
    return (half & 0xffffu) == round_to_float16(value) && half >> 16 == round_to_float16(-value) &&
           (brain & 0xffffu) == round_to_bfloat16(value) && brain >> 16 == round_to_bfloat16(-value);
}

__device__ static bool bounds_are_right(uint32_t word)
{
    const float bounds[][2] = {{-0.1f, 0.1f},   {0.0f, 1.0f},          {-1.0f, 0.0f},   {0.3f, 0.3333f},
                               {-1e-7f, 1e-7f}, {-65504.0f, 65504.0f}, {-3e-8f, 5e-5f}, {-0x1p-24f, 0x1p-24f}};
    for (int i = 0; i < 8; i++) {
        float low, high;
        /* A uniform number lies in its float32 bounds, and is never -0. */
        const float value = float_clamp(__uint_as_float(word), bounds[i][0], bounds[i][1]);
        if (isnan(value) || word == 0x80000000u) {
            return true;
        }
        if (float16_inward(bounds[i][0], bounds[i][1], &low, &high)) {
            const uint32_t lows = round_to_float16(low) * 0x10001u, highs = round_to_float16(high) * 0x10001u;
            const uint32_t expected = round_to_float16(float_clamp(value, low, high));
            const bool is_symmetric = (lows ^ highs) == 0x80008000u;
            if (values_round_float16_within(value, value, lows, highs) != expected * 0x10001u ||
                (is_symmetric && values_round_float16_below(value, value, highs) != expected * 0x10001u)) {
                return false;
            }
        }
        if (bfloat16_inward(bounds[i][0], bounds[i][1], &low, &high)) {
            const uint32_t lows = round_to_bfloat16(low) * 0x10001u, highs = round_to_bfloat16(high) * 0x10001u;
            const uint32_t expected = round_to_bfloat16(float_clamp(value, low, high));
            const bool is_symmetric = (lows ^ highs) == 0x80008000u;
            if (values_round_bfloat16_within(value, value, lows, highs) != expected * 0x10001u ||
                (is_symmetric && values_round_bfloat16_below(value, value, highs) != expected * 0x10001u)) {
                return false;
            }
        }
    }
    return true;
}

/* Any word beside some others, in both places. */
__device__ static bool unit_double_is_right(uint32_t word)
{
    const uint32_t others[] = {0, 1, 0x7ffu, 0x800u, 0x55555555u, 0x80000000u, 0xffffffffu};
    for (uint32_t other : others) {
        if (values_unit_double(word, other) != uniform_unit_double(word, other) ||
            values_unit_double(other, word) != uniform_unit_double(other, word)) {
            return false;
        }
    }
    return true;
}

__device__ static bool wide_product_is_right(uint32_t word)
{
    const double wide = generator_wide(word);
    return generator_wide_product(wide, PHILOX_MULTIPLIER_0) == generator_wide(__umulhi(word, PHILOX_MULTIPLIER_0)) &&
           generator_wide_product(wide, PHILOX_MULTIPLIER_1) == generator_wide(__umulhi(word, PHILOX_MULTIPLIER_1));
}

/* With the log and the root that this device makes. */
__device__ static bool radius_is_bounded(uint32_t word)
{
    const float radius = __fsqrt_rn(normal_log_float(uniform_unit_float(word)));
    const double scale = sqrt(2.0 * log(2.0));
    float low, high;
    normal_root_bounds(word, &low, &high);
    /* Without the roundings of any sigma_low and sigma_high, which only widen the bounds. */
    return !(low * (scale * (1.0 - NORMAL_RADIUS_MARGIN)) > radius) && high * (scale * (1.0 + NORMAL_RADIUS_MARGIN)) >= radius;
}

template <test is_right> __global__ void check_all(result *out)
{
    const uint64_t threads = (uint64_t)gridDim.x * blockDim.x;
    for (uint64_t word = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x; word < UINT64_C(1) << 32; word += threads) {
        if (!is_right((uint32_t)word)) {
            atomicAdd(&out->wrong, 1ull);
            out->example = (uint32_t)word;
        }
    }
}

static void run(void (*kernel)(result *))
{
    result *device = nullptr, found = {0, 0};
    assert_cuda(cudaMalloc((void **)&device, sizeof found));
    assert_cuda(cudaMemset(device, 0, sizeof found));
    void *arguments[] = {&device};
    assert_cuda(cudaLaunchKernel((const void *)kernel, dim3(4096), dim3(256), arguments, 0, nullptr));
    assert_cuda(cudaMemcpy(&found, device, sizeof found, cudaMemcpyDeviceToHost));
    assert_cuda(cudaFree(device));
    if (found.wrong != 0) {
        fail_msg("%llu of 2^32 words are wrong, one of them is 0x%08x", found.wrong, found.example);
    }
}

static void test_square_root(void **)
{
    run(check_all<root_is_right>);
    run(check_all<square_is_in_range>);
    run(check_all<eighth_is_right>);
}

static void test_quotient(void **)
{
    run(check_all<quotient_is_right>);
}

static void test_rounding(void **)
{
    run(check_all<rounding_is_right>);
}

static void test_bounds(void **)
{
    run(check_all<bounds_are_right>);
}

static void test_unit_double(void **)
{
    run(check_all<unit_double_is_right>);
}

static void test_wide_product(void **)
{
    run(check_all<wide_product_is_right>);
}

static void test_radius_bounds(void **)
{
    run(check_all<radius_is_bounded>);
}

int main()
{
    if (!device_is_there()) {
        return DEVICE_SKIPPED;
    }
    const CMUnitTest tests[] = {
        cmocka_unit_test(test_square_root),   cmocka_unit_test(test_quotient),    cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_bounds),        cmocka_unit_test(test_unit_double), cmocka_unit_test(test_wide_product),
        cmocka_unit_test(test_radius_bounds),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
