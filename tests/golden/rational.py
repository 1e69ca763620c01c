"""Floating-point arithmetic by exact rational numbers: each operation rounded once, to nearest, ties to even."""

from fractions import Fraction
from math import isqrt


class Number:
    """A value that is zero, finite or infinite, with the sign that a zero has."""

    def __init__(self, value, negative=False):
        self.value = value  # a Fraction, or "inf"
        self.negative = negative if value == "inf" or value == 0 else value < 0


class Format:
    """A binary floating-point format: precision in bits, least exponent of a normal number, width in bits."""

    def __init__(self, precision, least, width):
        self.precision, self.least, self.width = precision, least, width
        self.largest = (2 - Fraction(1, 2 ** (precision - 1))) * Fraction(2) ** (1 - least)

    def step(self, value):
        """The distance of the format's numbers around a value that is not zero."""
        magnitude = abs(value)
        exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
        if Fraction(2) ** exponent > magnitude:
            exponent -= 1
        return Fraction(2) ** (max(exponent, self.least) - self.precision + 1)

    def round(self, value, negative_zero=False):
        """To nearest, ties to even. negative_zero: the sign of a value that is zero."""
        if value == 0:
            return Number(value, negative_zero)
        step = self.step(value)
        result = round(value / step) * step  # Python rounds a Fraction's ties to even
        if abs(result) > self.largest:
            return Number("inf", value < 0)
        return Number(result, value < 0)

    def fma(self, a, b, c):
        product_negative = a.negative != b.negative
        exact = a.value * b.value + c.value
        # A sum that is exactly zero is +0 unless both terms are -0.
        both_zero = a.value * b.value == 0 and c.value == 0
        return self.round(exact, both_zero and product_negative and c.negative)

    def multiply(self, a, b):
        return self.round(a.value * b.value, a.negative != b.negative)

    def add(self, a, b):
        return self.round(a.value + b.value, a.value == 0 and b.value == 0 and a.negative and b.negative)

    def divide(self, a, b):
        return self.round(Fraction(a.value) / b.value, a.negative != b.negative)

    def square_root(self, a):
        if a.value == 0:
            return a
        # An integer root with far more bits than the format has, the last of them sticky.
        scale = 4 ** (2 * self.precision + 64)
        scaled = a.value * scale
        whole = scaled.numerator // scaled.denominator
        root = isqrt(whole)
        inexact = root * root != whole or scaled.denominator != 1
        return self.round(Fraction(2 * root + inexact, 2 * isqrt(scale)))

    def bits(self, number):
        sign = (1 << (self.width - 1)) if number.negative else 0
        fraction_bits = self.precision - 1
        infinity = ((1 << (self.width - 1 - fraction_bits)) - 1) << fraction_bits
        if number.value == "inf":
            return sign | infinity
        if number.value == 0:
            return sign
        magnitude = abs(number.value)
        step = self.step(magnitude)
        mantissa = magnitude / step
        assert mantissa.denominator == 1
        mantissa = mantissa.numerator
        if mantissa < 1 << fraction_bits:
            return sign | mantissa
        exponent = step * 2 ** fraction_bits
        exponent = exponent.numerator.bit_length() - exponent.denominator.bit_length()
        return sign | ((exponent - self.least + 1) << fraction_bits) + mantissa - (1 << fraction_bits)

    def from_bits(self, bits):
        fraction_bits = self.precision - 1
        mantissa = bits & ((1 << fraction_bits) - 1)
        exponent = bits >> fraction_bits
        return Number(Fraction(mantissa + (1 << fraction_bits)) * Fraction(2) ** (exponent - 1 + self.least - fraction_bits))


FLOAT16 = Format(11, -14, 16)
BFLOAT16 = Format(8, -126, 16)
FLOAT32 = Format(24, -126, 32)
FLOAT64 = Format(53, -1022, 64)
FORMATS = {"float16": FLOAT16, "bfloat16": BFLOAT16, "float32": FLOAT32, "float64": FLOAT64}


def power(exponent):
    return Number(Fraction(2) ** exponent)


def exact(value):
    return Number(Fraction(value))
