"""The polynomials and constants of normal numbers, copied from docs/contract.md."""

from fractions import Fraction

from rational import FLOAT32, FLOAT64, exact

# -2 ln(1 + f) = -2f + f² Q(f), sin(πh) = h S(h²), cos(πh) = C(h²), from the lowest degree on.
LOG32 = """0.999998748302459716796875 -0.66666400432586669921875 0.500154912471771240234375 -0.40022122859954833984375
 0.328342020511627197265625 -0.2799483835697174072265625 0.3076637685298919677734375 -0.28037917613983154296875"""
SINE32 = """3.141592502593994140625 -5.167704105377197265625 2.5499994754791259765625 -0.597898185253143310546875
 0.07698448002338409423828125"""
COSINE32 = """1 -4.93480205535888671875 4.0587062835693359375 -1.3351800441741943359375 0.23479436337947845458984375
 -0.02417261897518607642578125"""
# In float64 the polynomial of the cosine is that of cos(πh)/(1 - 4h²).
LOG64 = """0x1.fffffffffffffp-1 -0x1.5555555555546p-1 0x1.00000000005efp-1 -0x1.999999999e244p-2 0x1.5555555482598p-2
 -0x1.2492492166899p-2 0x1.0000005ca777fp-2 -0x1.c71c73d06f186p-3 0x1.99997014ac084p-3 -0x1.745cbb08e4231p-3
 0x1.555aacd6aa6c5p-3 -0x1.3b1d8294344c5p-3 0x1.2427943d41587p-3 -0x1.1069b46501cb7p-3 0x1.051c036a9554cp-3
 -0x1.efdca1c4f208dp-4 0x1.7ccd2a55820bfp-4 -0x1.551cf1d3c7c47p-4 0x1.5b5185fa0a302p-3 -0x1.5d67dc523ac87p-3"""
SINE64 = """0x1.921fb54442d18p1 -0x1.4abbce625be39p2 0x1.466bc67759fccp1 -0x1.32d2cce5e66ebp-1 0x1.5078346ab756fp-4
 -0x1.e30741a6ba9a8p-8 0x1.e8f023f73b57bp-12 -0x1.6f0536efc7098p-16 0x1.8f9e5a085a082p-21"""
COSINE64 = """0x1p0 -0x1.de9e64df22ebbp-1 0x1.472be12240995p-2 -0x1.d4fcd82e4069cp-5 0x1.9f05c993882d4p-8
 -0x1.f30923365487p-12 0x1.b22dc1be1b31ep-16 -0x1.155bae7ecffcdp-20"""


def coefficients(text, read):
    return [exact(read(word)) for word in text.split()]


LOG = {FLOAT32: coefficients(LOG32, Fraction), FLOAT64: coefficients(LOG64, float.fromhex)}
SINE = {FLOAT32: coefficients(SINE32, Fraction), FLOAT64: coefficients(SINE64, float.fromhex)}
COSINE = {FLOAT32: coefficients(COSINE32, Fraction), FLOAT64: coefficients(COSINE64, float.fromhex)}
# -2 ln 2: float32 has it times 2^-23, for an exponent that is still in its place.
LOG_OF_2 = {FLOAT32: Fraction("-1.38629436492919921875"), FLOAT64: Fraction(float.fromhex("-0x1.62e42fefa39efp0"))}
TWO_THIRDS = {FLOAT32: 0x3F2AAAAB, FLOAT64: 0x3FE5555555555555}
