# What fanin cannot be built for, refused here instead of with other bits or far into the build.
if(NOT CMAKE_SIZEOF_VOID_P EQUAL 8)
  message(FATAL_ERROR "fanin is for 64-bit targets; this compiler's pointers have ${CMAKE_SIZEOF_VOID_P} bytes")
endif()

include(CheckCSourceCompiles)
check_c_source_compiles("#include <float.h>
#if FLT_EVAL_METHOD != 0 || defined __FAST_MATH__
#error
#endif
int main(void) { return 0; }" fanin_arithmetic_as_written)
if(NOT fanin_arithmetic_as_written)
  message(FATAL_ERROR "fanin needs IEEE-754 arithmetic as it is written, for the same bits everywhere: this compiler keeps excess "
                      "precision (x87) or has fast-math on. CMAKE_C_FLAGS: '${CMAKE_C_FLAGS}'")
endif()
