"""Box and Muller's transform with 50 digits."""

from decimal import Decimal, getcontext

getcontext().prec = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")


def decimal(x):
    """A Fraction whose denominator is a power of two."""
    return Decimal(x.numerator) / Decimal(x.denominator)


def sine_and_cosine(x):
    """By their series, for x in [0, 2π)."""
    sums = [Decimal(0), Decimal(0)]
    term, n = Decimal(1), 0
    while abs(term) > Decimal("1e-55"):
        sums[(n + 1) % 2] += term if n // 2 % 2 == 0 else -term
        n += 1
        term = term * x / n
    return sums


def box_muller(u, turns):
    """√(-2 ln u) times the sine and the cosine of 2π·turns."""
    radius = (-2 * decimal(u).ln()).sqrt() if u != 1 else Decimal(0)
    return [radius * part for part in sine_and_cosine(2 * PI * decimal(turns))]
