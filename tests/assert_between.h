/* cmocka's assertion of a range has another name in each of its versions. */
#ifndef FANIN_TESTS_ASSERT_BETWEEN_H
#define FANIN_TESTS_ASSERT_BETWEEN_H

#define assert_between(value, low, high)                                                                                       \
    do {                                                                                                                       \
        const long long between_ = (long long)(value), low_ = (long long)(low), high_ = (long long)(high);                     \
        if (between_ < low_ || between_ > high_) {                                                                             \
            fail_msg("%s is %lld, not from %lld to %lld", #value, between_, low_, high_);                                      \
        }                                                                                                                      \
    } while (0)

#endif
