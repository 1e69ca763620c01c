"""The polynomials and constants of normal numbers, copied from docs/contract.md."""

from fractions import Fraction

from rational import FLOAT32, FLOAT64, exact

# From the lowest degree on. float32: 4 artanh(s) = s L(s²), √2 sin(πh) = h S(h²), √2 cos(πh) = C(h²).
LOG32 = "0x1.000004p2 0x1.552fb2p0 0x1.ac6ff4p-1"
SINE32 = "0x1.1c582cp2 -0x1.d3b9d6p2 0x1.cd9682p1 -0x1.b1367ap-1 0x1.c4578p-4"
COSINE32 = "0x1.6a09e6p0 -0x1.bea58ep2 0x1.6f5432p2 -0x1.e23d18p0 0x1.3e472p-2"
# float64: -2 ln(1 + f) = -2f + f² L(f), sin(πh) = h S(h²), cos(πh) = (1 - 4h²) C(h²).
LOG64 = """0x1.fffffffffffffp-1 -0x1.5555555555546p-1 0x1.00000000005efp-1 -0x1.999999999e244p-2 0x1.5555555482598p-2
 -0x1.2492492166899p-2 0x1.0000005ca777fp-2 -0x1.c71c73d06f186p-3 0x1.99997014ac084p-3 -0x1.745cbb08e4231p-3
 0x1.555aacd6aa6c5p-3 -0x1.3b1d8294344c5p-3 0x1.2427943d41587p-3 -0x1.1069b46501cb7p-3 0x1.051c036a9554cp-3
 -0x1.efdca1c4f208dp-4 0x1.7ccd2a55820bfp-4 -0x1.551cf1d3c7c47p-4 0x1.5b5185fa0a302p-3 -0x1.5d67dc523ac87p-3"""
SINE64 = """0x1.921fb54442d18p1 -0x1.4abbce625be39p2 0x1.466bc67759fccp1 -0x1.32d2cce5e66ebp-1 0x1.5078346ab756fp-4
 -0x1.e30741a6ba9a8p-8 0x1.e8f023f73b57bp-12 -0x1.6f0536efc7098p-16 0x1.8f9e5a085a082p-21"""
COSINE64 = """0x1p0 -0x1.de9e64df22ebbp-1 0x1.472be12240995p-2 -0x1.d4fcd82e4069cp-5 0x1.9f05c993882d4p-8
 -0x1.f30923365487p-12 0x1.b22dc1be1b31ep-16 -0x1.155bae7ecffcdp-20"""


def coefficients(text):
    return [exact(Fraction(float.fromhex(word))) for word in text.split()]


LOG = {FLOAT32: coefficients(LOG32), FLOAT64: coefficients(LOG64)}
SINE = {FLOAT32: coefficients(SINE32), FLOAT64: coefficients(SINE64)}
COSINE = {FLOAT32: coefficients(COSINE32), FLOAT64: coefficients(COSINE64)}
# -2 ln 2: float32 has it times 2^-23, for an exponent that is still in its place.
LOG_OF_2 = {FLOAT32: Fraction(float.fromhex("-0x1.62e43p0")), FLOAT64: Fraction(float.fromhex("-0x1.62e42fefa39efp0"))}
# The least mantissa, as bits: of 3/4, and of 2/3.
LEAST_MANTISSA = {FLOAT32: 0x3F400000, FLOAT64: 0x3FE5555555555555}
