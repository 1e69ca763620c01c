#!/usr/bin/env python3
"""Writes tests/data/patterns.json: what Python's re.match says of many patterns and names. Recorded with Python 3.11 (Unicode 14).

names       what the cases are matched against.
cases       "pattern" with "matches", a digit 0 or 1 for each name; or with "error", Python's message; or with "unsupported": Python
            takes it and fanin must refuse it (docs/patterns.md).
random      the same, made at random, each with names of its own; fanin may refuse few of those that Python takes.
categories  \\w, \\d, \\s: the characters that match, as a list of first, last, first, last, …
unassigned  the code points that were no characters yet, in the same form.
ignore_case the sets of characters that match each other under (?i), but for sets of one.
"""
import _sre
import json
import pathlib
import random
import re
import signal
import sys
import unicodedata
import warnings

OUT = pathlib.Path(__file__).resolve().parent.parent / "data" / "patterns.json"

NAMES = ["", "a", "b", "ab", "ba", "aab", "abab", "abc", "A", "aB", "_", "-", ".", "a.b", "a-b", "a b", "a\nb", "a\n", "\n", "0", "12",
         "fc1_weight", "fc1_bias", "conv2_weight", "bn_gamma", "layers.0.self_attn.q_proj.weight", "layers.11.mlp.up_proj.bias",
         "stage1_unit2_conv1_weight", "model/embed:0", "größe", "GRÖSSE", "重み", "é", "É", "e\u0301", "\u0301", "²", "١", "\x1c", "\x85", "\u2028",
         "\xa0", "\t", "[a]", "a]", "{a}", "a{2}", "a+b", "\\", "a\\b", "^a", "a$", "😀", "İ", "ı", "I", "i", "ſ", "s", "K", "\u212a", "k", "µ", "μ",
         "ß", "ẞ", "σ", "ς", "Σ", "ﬅ", "ﬆ", "\u0390", "\u1fd3", "\U00010400", "\U00010428", "\x7f"]

PATTERNS = [
    # as one meets them
    r".*", r".*weight", r".*bias$", r".*_(weight|bias)$", r"^fc\d+_", r"fc|conv", r"(?!fc).*", r".*(?<!_bias)$", r"(?i)FC1", r"(?i)größe",
    r"layers\.\d+\.", r"layers\.(?:[0-9]|1[01])\.mlp\.(up|down)_proj\.(weight|bias)", r"layers\.\d{1,2}\..*q_proj", r"(stage(\d)_unit(\d))_conv\d",
    r"(?P<layer>\w+)_(?P<kind>weight|bias|gamma)$", r"\w+_weight", r"[a-z]+\d?_", r"[^_]+_", r"[^/]*/", r"model/embed:\d", r".*gamma|.*beta",
    r".*\bq_proj\b", r".*\.weight\Z", r"(?:a|b)*$", r"a.b", r"(?s)a.b", r"(?m)a$", r"a$", r"a\Z", r"$", r"^", r"^$", r"\A\Z", r"", r"|a", r"a|", r"()",
    # characters and escapes
    r"\x41", r"\u00e9", r"\U0001f600", r"\141", r"\07", r"\0", r"\a", r"\f", r"\v", r"\t", r"\n", r"\r", r"\\", r"\.", r"\-", r"\/",
    r"\é", r"\ ", r"\#", r"\]", r"\{", r"é", "重", "😀", "\n", "\t", r"\177", r"\x7f", "a\\\nb", r"{", r"}", r"]", r"{a}", r"a{", r"a{}",
    r"a{,", r"a{1", r"a{1,", r"a{x}", r"a{1,x}", r"a{ 1}", r"x{", r"a{2}", r"a{,2}b", r"a{1,}b", r"a{0}b", r"a{0,0}b", r"a{,}b",
    r"a{2,3}?", r"a*?b", r"a+?b", r"a??b", r"(ab){2}", r"(ab)+?$", r"(?:ab){1,2}$", r"[ab]{2}", r"\w{3}", r".{2}$", r"(a*)*b", r"(a*)+b", r"(a|b*)*c?",
    r"(?:a?)*b", r"(?:)*a", r"(?:^)*a", r"(?:\b)+a", r"(?=a)*b", r"(?!a)?b", r"(a?)??b",
    # classes
    r"[a]", r"[^a]", r"[]a]", r"[^]a]", r"[a-]", r"[-a]", r"[a\-b]", r"[a^]", r"[\^a]", r"[[]", r"[[a]", r"[[:alpha:]]", r"[[.a.]]", r"[\]]", r"[\\]",
    r"[a-c]", r"[^a-c]", r"[A-Za-z0-9_]", r"[À-ÿ]", r"[\u0000-\uffff]", r"[\U00010000-\U0010ffff]", r"[\x00-\x1f]", r"[\b]", r"[\n\t]", r"[.]", r"[*+?]",
    r"[$]", r"[(|)]", r"[ ]", r"[#]", r"[&&]", r"[a&&b]", r"[a--b]", r"[a||b]", r"[a~~b]", r"[\w]", r"[^\w]", r"[\W]", r"[^\W]", r"[\d]", r"[^\d]", r"[\D]",
    r"[^\D]", r"[\s]", r"[^\s]", r"[\S]", r"[^\S]", r"[\w.]", r"[^\w.]", r"[\W_]", r"[^\W_]", r"[\Wa]", r"[^\Wa]", r"[^\W\d]", r"[^\W\d_]", r"[\W\D]",
    r"[\w\W]", r"[^\w\W]", r"[\s\S]", r"[\d-]", r"[\w\-.]", r"[\101]", r"[\0]", r"[\x41-\x43]", r"[é]", r"[^é]", r"[\W\d]+$", r"[^\W\d]+$", r"[\Wé]",
    # categories and positions
    r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", r"\w+$", r"\W+$", r"\d+$", r"\S+$", r"\b", r"\B", r"\ba\b", r".\b", r".\B", r".\b.", r".\B.", r"\w\b\W", r"\Z",
    r"\A", r"\Aa\Z", r"a\b\Z", r"^^a", r"a$$", r"(?m)^b", r"(?m).*\n^b", r"(?m)a$\nb", r"(?m)a\n^", r"(?m)^$", r"(?m)a\n$", r"a\n$", r"a$\n", r"(?m)\n\Z",
    # flags
    r"(?i)a", r"(?i)i", r"(?i)I", r"(?i)İ", r"(?i)ı", r"(?i)s", r"(?i)ſ", r"(?i)k", r"(?i)\u212a", r"(?i)ß", r"(?i)ẞ", r"(?i)µ", r"(?i)σ", r"(?i)ς", r"(?i)ﬅ",
    r"(?i)\u1fd3", r"(?i)\U00010400", r"(?i)[a-z]", r"(?i)[^a-z]", r"(?i)[i]", r"(?i)[^i]", r"(?i)[h-j]", r"(?i)[\W]", r"(?i)[^\Wk]", r"(?i)[À-Þ]", r"(?i)é",
    r"(?i)[é]", r"(?i)[^é]", r"(?i)[\u0390]", r"(?ai)i", r"(?ai)k", r"(?ai)é", r"(?ai)[a-z]", r"(?ai)[^a-z]", r"(?ai)[h-j]", r"(?ai)[A-H]", r"(?ai)[I-J]", r"(?ai)[J-K]", r"(?ai)[a-h]",
    r"(?ai)[h-i]", r"(?ai)[k-l]", r"(?a)\w", r"(?a)\W", r"(?a)\d", r"(?a)\D",
    r"(?a)\s", r"(?a)\S", r"(?a)[\w]", r"(?a)[^\w]", r"(?a)[\W]", r"(?a)[^\W]", r"(?a)[^\Wa]", r"(?a)\b", r"(?a).\b", r"(?a).\B", r"(?u)\w", r"(?x) a b ", r"(?x)a\ b",
    r"(?x)a#b", "(?x)a # b\n b", "(?x)a#\\\nb\nb", r"(?x)[ ]", r"(?x)[#]", r"(?x)a {2}", r"(?x)a | b", r"(?x)( a )", r"(?i:a)b", r"(?i:a)B", r"(?-i:a)", r"(?i)(?-i:a)b",
    r"(?s:.)", r"(?s)(?-s:.)", r"(?x: a b )", r"(?x: a b ) c", r"(?m:^)b", r"(?m:a$)", r"(?a:\w)", r"(?a)(?u:\w)", r"(?im)A$", r"(?i)(?m)A$", r"(?i)(?#c)(?s)A.B",
    r"(?#c)(?i)A", r"(?i-s:A.)", r"(?ims-x:A.)", r"(?u:a)", r"(?iu)É", "(?x) (?#c) a", r"(?i)a|B", r"(?x)a|b # c",
    # groups and references
    r"(a)(b)\2", r"(a)\1", r"(a|b)\1", r"(a)?\1b", r"(ab|a)\1", r"(?P<x>a|b)(?P=x)", r"(?P<x>a)(?P<y>b)(?P=y)", r"(a)(?:b)(c)\2?", r"(a)\1{2}?",
    r"(a)(?(1)b|c)", r"(a)?(?(1)b|c)", r"(?P<x>a)?(?(x)b|-)", r"(a)?(?(1)b)", r"(a)?(?(1)|b)", r"(?(1)a|b)(c)?", r"((a)|b)(?(2)b|a)", r"(a)?(?(01)b|c)", r"(a(b)?)+\2",
    r"(?:(a)|b)*\1", r"(?:(a)|(b))+\2", r"(?#)a", r"a(?#c)*b", r"(?#x\)y)a", r"(?:a|ab)(?:c|bcd)", r"((((a))))\4", r"(a)\0", r"(a)\01", r"(a)\141",
    # looking around
    r"a(?=b)", r"a(?!b)", r"(?=a)ab", r"(?!a)", r"a(?<=a)b", r"a(?<!b)b", r"ab(?<=ab)", r"ab(?<=a|b)", r"ab(?<=(?:a|b)b)", r"ab(?<!a\w)", r"a(?<=^a)", r"ab(?<=\bab)",
    r"a(?<=a(?=b))", r"(a)b(?<=\1b)", r"ab(?<=(a)b)", r"a(?<=[^b])", r"ab(?<=[\W]b)", r"ab(?<=.{2})", r"(?=(a))\1", r"(?!(a)b)a", r"(?=a|b)\w", r"(?<=a)b", r"(?<!a)b", r"a(?<=)b",
    r"ab(?<=(?i:AB))", r"ab(?<=a(?:|)b)",
    # refused by Python
    r"(", r")", r"a)", r"(a", r"[", r"[a", r"[]", r"[^]", r"[b-a]", r"[a-\d]", r"[\d-a]", r"[\8]", r"[\400]", r"[\x4]", r"[\Z]", r"[\A]", r"[\B]", r"[\q]", "\\", "a\\", r"[\]", r"*", r"+a",
    r"?", r"{2}", r"a|*", r"(*a)", r"(?:*)", r"^*", r"$+", r"\b*", r"\A{2}", r"a**", r"a+*", r"a?*", r"a{2}{3}", r"a{2}*", r"a*??", r"a{2,1}", r"(?", r"(?i", r"(?:", r"(?P", r"(?P<", r"(?P<x",
    r"(?P<>a)", r"(?P<1>a)", r"(?P<x->a)", r"(?P<x>a)(?P<x>b)", r"(?P=x)", r"(?P=x", r"(?P<x>a(?P=x))", r"(?P>x)", r"(?Pa)", r"(?<x>a)", r"(?'x'a)", r"(?|a|b)", r"(?R)", r"(?1)", r"(?&x)",
    r"(?C)", r"(?^i:a)", r"(?z)", r"(?z:a)", r"(?i-)", r"(?i-:a)", r"(?-i)", r"(?-:a)", r"(?i-i:a)", r"(?-a:a)", r"(?-u:a)", r"(?au)a", r"(?a)(?u)a", r"(?au:a)", r"(?L)a", r"(?L:a)", r"a(?i)",
    r"(a(?i)b)", r"(?:(?i)a)", r"|(?i)a", r" (?x)a", r"(?#", r"(?#a", r"\1", r"(a)\2", r"(a\1)", r"\8", r"\400", r"\777", r"\x", r"\x4", r"\xg0", r"\x{41}", r"\u00e", r"\u{e9}", r"\U0001f60", r"\U00110000",
    r"\N", r"\N{}", r"\N{NO SUCH CHARACTER}", r"\c", r"\cA", r"\e", r"\E", r"\g", r"\g1", r"\g{1}", r"\G", r"\h", r"\H", r"\i", r"\K", r"\k<x>", r"\l", r"\L", r"\o{101}", r"\p", r"\pL", r"\p{L}",
    r"\P{L}", r"\Q", r"\Qa\E", r"\R", r"\X", r"\y", r"\z", r"\C", r"\V", r"(*UTF)a", r"(*ACCEPT)", r"(*LIMIT_MATCH=1)a", r"(?(1)a)", r"(a)(?(2)b)", r"(?(0)a)", r"(?(x)a)", r"(?(-1)a)", r"(a)(?(1)a|b|c)",
    r"(?(R)a)", r"(?(DEFINE)a)", r"(?(?=a)b|c)", r"(?()a)", r"(a)(?(1)b", r"(?<=a*)b", r"(?<=a|bc)d", r"(?<!a+)b", r"(?<=a?)b", r"(?<=(a|bc))d", r"(?<=a{1,2})b", r"(?<=(a)\1)b", r"(?<=(?:a|)b)c", r"(?<a)",
    r"(?<", r"(?<=a", r"(?!a", r"(?=", r"(?P<é->a)", r"(?(1",
]

# Python takes these and fanin refuses them.
UNSUPPORTED = [
    r"\N{LATIN SMALL LETTER E WITH ACUTE}", r"[\N{DIGIT ONE}]", r"(?i)(a)\1", r"(?i)(?P<x>a)(?P=x)", r"(?ai)(a)\1", r"(?i:(a)\1)", r"(a(?(1)b|c))", r"(?P<größe>a)", r"a{65536}", r"a{1,70000}",
    r"\ud800", r"[\ud800-\udfff]", r"(?i)[\U00010400a]", r"(?ai)[\u0100-\U00010000]", "(" * 101 + ")" * 101, r"(((a{200}){200}){200})", r"(?<=(?:a{60000}){2})b",
]
# Those that Python has since 3.11.
UNSUPPORTED_NEW = [r"a*+", r"a++b", r"a?+", r"a{2}+", r"(?>a)", r"(?>a|ab)c"]


class TooSlow(Exception):
    pass


def alarm(*_):
    raise TooSlow


def judge(pattern, names):
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, ValueError) as error:
        return {"pattern": pattern, "error": str(error)}
    return {"pattern": pattern, "matches": "".join("01"[compiled.match(name) is not None] for name in names)}


class Maker:
    """Random patterns over a small alphabet."""

    def __init__(self, rng, wide):
        self.rng, self.wide, self.groups = rng, wide, 0

    def literal(self):
        if not self.wide:
            return self.rng.choice(["a", "b", "ab", "."])
        return self.rng.choice(["a", "b", "I", "i", "s", "k", "_", "0", "-", "é", "É", "ß", "ſ", "\u212a", "İ", "ı", "ﬅ", "µ", "σ", r"\.", r"\x41", " ", "#", "}", "{", "]", ","])

    def char_class(self):
        rng, out = self.rng, "[" + self.rng.choice(["", "", "^"])
        for _ in range(rng.randrange(1, 4)):
            out += rng.choice(["a", "b", "i", "é", "_", "-", ".", "[", r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", "a-c", "A-Z", "À-ÿ", "0-9"])
        return out + "]"

    def quantified(self, text):
        if self.rng.random() < 0.35:
            text += self.rng.choice(["*", "+", "?", "{2}", "{1,2}", "{,2}", "{0}"]) + self.rng.choice(["", "", "?"])
        return text

    def item(self, depth):
        rng, kind = self.rng, self.rng.random()
        if depth == 0 or kind < 0.4:
            return self.quantified(self.literal())
        if kind < 0.5:
            return self.quantified(rng.choice([r"\w", r"\W", r"\d", r"\s", r"\S"]) if self.wide else "[ab]")
        if kind < 0.6:
            return self.quantified(self.char_class() if self.wide else "[^a]")
        if kind < 0.66:
            return rng.choice(["^", "$", r"\b", r"\B", r"\A", r"\Z"])
        if kind < 0.76:
            self.groups += 1
            return self.quantified("(" + self.alternatives(depth - 1) + ")")
        if kind < 0.83:
            return self.quantified("(?:" + self.alternatives(depth - 1) + ")")
        if kind < 0.87:
            return self.quantified("(?" + rng.choice(["i", "m", "s", "a", "-i", "ai"]) + ":" + self.alternatives(depth - 1) + ")")
        if kind < 0.93:
            return "(?" + rng.choice(["=", "!", "<=", "<!"]) + self.alternatives(depth - 1) + ")"
        if kind < 0.97:
            return self.quantified("\\%d" % rng.randrange(1, self.groups + 2))
        return "(?(%d)%s|%s)" % (rng.randrange(1, self.groups + 2), self.sequence(depth - 1), self.sequence(depth - 1))

    def sequence(self, depth):
        return "".join(self.item(depth) for _ in range(self.rng.choice([0, 1, 1, 2, 2, 3])))

    def alternatives(self, depth):
        return "|".join(self.sequence(depth) for _ in range(self.rng.choice([1, 1, 1, 2, 3])))


def random_cases():
    rng = random.Random(5)
    cases, taken = [], 0
    signal.signal(signal.SIGALRM, alarm)
    while taken < 500:
        wide = rng.random() < 0.6
        pattern = rng.choice(["", "", "", "(?i)", "(?a)", "(?m)", "(?s)"]) + Maker(rng, wide).alternatives(3)
        if wide:
            names = [rng.choice(NAMES) + rng.choice(NAMES) for _ in range(8)] + ["", "a", "é"]
        else:
            names = ["".join(rng.choice("ab") for _ in range(rng.randrange(7))) for _ in range(12)]
        try:
            signal.setitimer(signal.ITIMER_REAL, 1)
            case = judge(pattern, names)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except TooSlow:
            continue
        if "error" in case:
            if rng.random() < 0.5:
                continue
        else:
            taken += 1
            case["names"] = names
        cases.append(case)
    return cases


def characters():
    return (c for c in range(0x110000) if not 0xD800 <= c < 0xE000)


def ranges(has):
    out, previous = [], None
    for code in characters():
        if has(chr(code)):
            if previous is None or code != previous + 1:
                if previous is not None:
                    out.append(previous)
                out.append(code)
            previous = code
    return out + [previous]


def ignore_case():
    lower = {}
    for code in characters():
        lower.setdefault(_sre.unicode_tolower(code), []).append(code)
    sets = set()
    for code in characters():
        if not _sre.unicode_iscased(code):
            continue
        candidates = [c for low in {_sre.unicode_tolower(code), *EXTRA.get(_sre.unicode_tolower(code), ())} for c in lower[low]]
        match = re.compile("(?i)" + re.escape(chr(code))).match
        equal = tuple(sorted(c for c in candidates if match(chr(c))))
        assert code in equal
        sets.add(equal)
    return sorted(s for s in sets if len(s) > 1)


try:
    from re._casefix import _EXTRA_CASES as EXTRA
except ImportError:
    sys.exit("Python 3.11 or newer is needed")


def main():
    warnings.simplefilter("ignore")
    cases = [judge(pattern, NAMES) for pattern in PATTERNS]
    for pattern in UNSUPPORTED + UNSUPPORTED_NEW:
        re.compile(pattern)
        cases.append({"pattern": pattern, "unsupported": True})
    text = '{\n"source": "Python %d.%d.%d",\n"names": %s,\n' % (*sys.version_info[:3], json.dumps(NAMES))
    for name, rows in (("cases", cases), ("random", random_cases())):
        text += '"%s": [\n%s\n],\n' % (name, ",\n".join(json.dumps(row) for row in rows))
    categories = {pattern: ranges(re.compile(pattern).match) for pattern in (r"\w", r"\d", r"\s")}
    unassigned = ranges(lambda character: unicodedata.category(character) == "Cn")
    text += '"categories": %s,\n"unassigned": %s,\n"ignore_case": %s\n}\n' % tuple(
        json.dumps(data) for data in (categories, unassigned, ignore_case()))
    OUT.write_text(text)


main()
