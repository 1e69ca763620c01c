# What fanin cannot be built for, refused here instead of with other bits or far into the build.
if(NOT CMAKE_SIZEOF_VOID_P EQUAL 8)
  message(FATAL_ERROR "fanin is for 64-bit targets; this compiler's pointers have ${CMAKE_SIZEOF_VOID_P} bytes")
endif()
if(NOT CMAKE_C_BYTE_ORDER STREQUAL "LITTLE_ENDIAN")
  message(FATAL_ERROR "fanin is for little-endian targets, whose memory is as its files are; this one is ${CMAKE_C_BYTE_ORDER}")
endif()

include(CheckCSourceCompiles)
# With the flags of the configuration that is built. 16: only 16-bit floats are computed as such (AVX512-FP16). GCC says of every
# flag of fast-math's that IEC 559 is not kept; clang of all of them together, and of the one for finite numbers.
unset(fanin_arithmetic_as_written CACHE)
set(CMAKE_TRY_COMPILE_CONFIGURATION ${CMAKE_BUILD_TYPE})
check_c_source_compiles("#include <float.h>
#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error
#endif
#if defined __FAST_MATH__ || __FINITE_MATH_ONLY__ || (defined __GCC_IEC_559 && __GCC_IEC_559 < 2)
#error
#endif
int main(void) { return 0; }" fanin_arithmetic_as_written)
unset(CMAKE_TRY_COMPILE_CONFIGURATION)
if(NOT fanin_arithmetic_as_written)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" fanin_type)
  message(FATAL_ERROR "fanin needs IEEE-754 arithmetic as it is written, for the same bits everywhere: this compiler keeps excess "
                      "precision (x87) or has fast-math on, or a part of it. Flags: '${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${fanin_type}}'")
endif()
