"""Makes C of the PTX that the CUDA compiler made: a function a kernel, which does what one thread does (see machine.h).

    translate.py KERNELS.ptx OUT.c

What each instruction does is in the PTX ISA's manual, "Instruction Set". A kernel with an instruction that is not known here
gets no function but the reason, and the test that would launch it is skipped."""
import re
import sys

INTEGERS = "bus"


class Unknown(Exception):
    pass


# Templates: a, b, c and e are the operands after the first, read as the instruction's type T, or as U, which is T unsigned. `:x`
# behind one reads it as the type x.
COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
BITWISE = {"and": "&", "or": "|", "xor": "^"}
ARITHMETIC = {"add": "+", "sub": "-", "mul": "*"}

RULES = [
    (r"mov\.(\w+)", "{a}"),
    (r"(add|sub)\.([us]\d+)", "{a:U} {arithmetic} {b:U}"),
    (r"(add|sub|mul)\.rn\.(f\d+)", "{a} {arithmetic} {b}"),
    (r"mul\.lo\.([us]\d+)", "{a:U} * {b:U}"),
    (r"mul\.hi\.(u32)", "(u64){a} * {b} >> 32"),
    (r"mul\.hi\.(u64)", "(unsigned __int128){a} * {b} >> 64"),
    (r"mad\.lo\.([us]\d+)", "{a:U} * {b:U} + {c:U}"),
    (r"fma\.rn\.f32", "__builtin_fmaf({a}, {b}, {c})"),
    (r"fma\.rn\.f64", "__builtin_fma({a}, {b}, {c})"),
    (r"fma\.rn\.sat\.f32", "ptx_saturate(__builtin_fmaf({a}, {b}, {c}))"),
    (r"fma\.rz\.f64", "ptx_fma_to_zero({a}, {b}, {c})"),
    (r"(and|or|xor)\.(b\d+|pred)", "{a} {bitwise} {b}"),
    (r"not\.(b\d+)", "~{a}"),
    (r"not\.pred", "!{a}"),
    (r"neg\.(f\d+)", "-{a}"),
    (r"neg\.(s\d+)", "0 - {a:U}"),
    (r"abs\.f32", "__builtin_fabsf({a})"),
    (r"abs\.f64", "__builtin_fabs({a})"),
    # Counts of the width and more shift everything out.
    (r"shl\.(b\d+)", "{b:u32} < {bits} ? {a} << ({b:u32} & {last}) : 0"),
    (r"shr\.([bu]\d+)", "{b:u32} < {bits} ? {a} >> ({b:u32} & {last}) : 0"),
    (r"shr\.(s\d+)", "{a} >> ({b:u32} < {bits} ? {b:u32} : {last})"),
    (r"selp\.(\w+)", "{c:pred} ? {a} : {b}"),
    (r"min\.([us]\d+)", "{a} < {b} ? {a} : {b}"),
    (r"max\.([us]\d+)", "{a} > {b} ? {a} : {b}"),
    (r"(min|max)\.f32", "ptx_{name}({a}, {b})"),
    (r"(min|max)\.(f16x2|bf16x2)", "ptx_{name}_{T}({a:b32}, {b:b32})"),
    (r"min\.xorsign\.abs\.(f16x2|bf16x2)", "ptx_min_xorsign_abs_{T}({a:b32}, {b:b32})"),
    (r"div\.(u\d+)", "{a} / ptx_divisor({b})"),
    (r"rem\.(u\d+)", "{a} % ptx_divisor({b})"),
    (r"div\.rn\.(f\d+)", "{a} / {b}"),
    (r"rcp\.rn\.(f\d+)", "1 / {a}"),
    (r"sqrt\.rn\.f32", "__builtin_sqrtf({a})"),
    (r"sqrt\.rn\.f64", "__builtin_sqrt({a})"),
    (r"(rcp|rsqrt|sqrt|lg2)\.approx\.ftz\.f32", "ptx_{name}_approx({a})"),
    (r"prmt\.b32", "ptx_permute({a}, {b}, {c})"),
    (r"bfi\.b32", "ptx_insert({a}, {b}, {c}, {e})"),
    (r"cvta\.to\.global\.(u64)", "{a}"),
    (r"vote\.sync\.any\.pred", "ptx_vote_any({a}, {b:b32})"),
]


def size(kind):
    return int(re.sub(r"x2$", "", kind).lstrip("busf")) // 8 * (2 if kind.endswith("x2") else 1)


def split(text):
    """The operands between commas, those in braces as one."""
    return [part.strip() for part in re.findall(r"(?:\{[^}]*\}|[^,{])+", text)] if text else []


class Operand:
    """An operand of which a template says by its format as which type it is read."""

    def __init__(self, kernel, text, kind):
        self.kernel, self.text, self.kind = kernel, text, kind

    def __format__(self, kind):
        kind = kind or self.kind
        return self.kernel.read(self.text, "u" + self.kind[1:] if kind == "U" else kind)


class Kernel:
    def __init__(self, name, parameters, body):
        self.name = name
        self.width = {}  # bits of the registers of a name, without their number; 1: predicates
        self.registers = set()
        self.symbols = {}  # addresses, as C
        self.shared = self.local = 0
        self.waits = False
        self.parameters = 0
        for align, kind, symbol, count in re.findall(r"\.param (?:\.align (\d+) )?\.(\w+) (?:\.ptr [^,]*? )?(\w+)(?:\[(\d+)\])?",
                                                     re.sub(r"\s+", " ", parameters)):
            self.parameters = self.place("PTX_PARAMETERS", self.parameters, align, kind, symbol, count)
        lines = (re.sub(r"\s+", " ", line).strip() for line in body.split("\n"))
        self.lines = [self.statement(line) for line in lines if line]

    def place(self, space, used, align, kind, symbol, count):
        align = int(align or size(kind))
        offset = (used + align - 1) // align * align
        self.symbols[symbol] = f"({space} + {offset})"
        return offset + size(kind) * int(count or 1)

    def statement(self, text):
        if text in ("{", "}"):
            return text
        if text.endswith(":"):
            return text[:-1].replace("$", "") + ": ;"
        if text.startswith("."):
            return self.declaration(text[:-1])
        instruction = re.fullmatch(r"(@!?%\w+ )?([\w.]+)(?: ([^;]*?))? ?;", text)
        if not instruction:
            raise Unknown(text)
        guard, opcode, operands = instruction.groups()
        try:
            line = self.instruction(opcode, split(operands))
        except Unknown as unknown:
            raise Unknown(f"{unknown} in: {text}")
        if guard:
            negated, register = re.fullmatch(r"@(!?)(%\w+) ", guard).groups()
            line = f"if ({negated}{self.read(register, 'pred')}) {{ {line} }}"
        return line

    def declaration(self, text):
        register = re.fullmatch(r"\.reg \.(\w+) %([A-Za-z_]+)(?:<\d+>)?", text)
        if register:
            kind, name = register.groups()
            self.width[name] = 1 if kind == "pred" else size(kind) * 8
            return ""
        memory = re.fullmatch(r"\.(shared|local) \.align (\d+) \.(\w+) ([\w$]+)(?:\[(\d+)\])?", text)
        if memory and memory[1] == "shared":
            self.shared = self.place("PTX_SHARED", self.shared, *memory.groups()[1:])
        elif memory:
            self.local = self.place("PTX_LOCAL", self.local, *memory.groups()[1:])
        elif not text.startswith(".pragma"):
            raise Unknown(text)
        return ""

    def register(self, text):
        """A register's name in C, which is no type's, and its width."""
        name = text[1:]
        self.registers.add(name + "_")
        return name + "_", self.width[name if name in self.width else name.rstrip("0123456789")]

    def read(self, text, kind):
        special = {"%tid.x": "tid", "%ntid.x": "ntid", "%ctaid.x": "ctaid", "%nctaid.x": "nctaid"}
        if text in special:
            return f"thread->{special[text]}"
        if text.startswith("%"):
            return f"{self.register(text)[0]}.{kind}"
        if text in self.symbols:
            return self.symbols[text]
        if re.fullmatch(r"0[fF][0-9A-Fa-f]{8}", text):
            return f"ptx_f32(0x{text[2:]}u)"
        if re.fullmatch(r"0[dD][0-9A-Fa-f]{16}", text):
            return f"ptx_f64(0x{text[2:]}u)"
        if re.fullmatch(r"-?\d+", text) and kind == "pred":
            return str(int(text != "0"))
        if re.fullmatch(r"-?\d+", text) and kind[0] in INTEGERS:
            return f"({kind}){int(text) % 2**64:#x}u"
        raise Unknown(f"operand {text} as {kind}")

    def write(self, register, kind, value):
        """Integers fill the register that they are narrower than, by their sign if they have one."""
        name, width = self.register(register)
        if kind in ("f16x2", "bf16x2"):
            kind = "b32"
        if kind[0] in INTEGERS:
            return f"{name}.b{width} = (b{width})({kind})({value});"
        return f"{name}.{kind} = {value};"

    def address(self, text):
        base, offset = re.fullmatch(r"\[([%\w$]+)(?:\+(-?\d+))?\]", text).groups()
        if base.startswith("%") and self.register(base)[1] == 32:
            return f"(u32)({self.read(base, 'u32')} + {int(offset or 0) % 2**32}u)"
        return f"{self.read(base, 'u64')} + {int(offset or 0) % 2**64}u"

    def instruction(self, opcode, operands):
        for pattern, template in RULES:
            match = re.fullmatch(pattern, opcode)
            if match and not any(operand.startswith("{") for operand in operands):
                name, kind = opcode.split(".")[0], opcode.split(".")[-1]
                self.waits |= name == "vote"
                words = dict(zip("abce", [Operand(self, text, kind) for text in operands[1:]]))
                bits = 8 * size(kind) if kind != "pred" else 1
                return self.write(operands[0], kind, template.format(
                    **words, name=name, T=kind, bits=bits, last=bits - 1,
                    arithmetic=ARITHMETIC.get(name), bitwise=BITWISE.get(name)))
        method = getattr(self, "do_" + opcode.split(".")[0], None)
        if method is None:
            raise Unknown(opcode)
        return method(opcode, operands)

    def do_mov(self, opcode, operands):
        """Packs two halves, or takes them apart."""
        kind = opcode.split(".")[1]
        half = f"b{4 * size(kind)}"
        if operands[0].startswith("{"):
            low, high = split(operands[0][1:-1])
            whole = self.read(operands[1], kind)
            return (f"{{ const {kind} whole = {whole}; {self.write(low, half, 'whole')} "
                    f"{self.write(high, half, f'whole >> {4 * size(kind)}')} }}")
        low, high = (self.read(part, half) for part in split(operands[1][1:-1]))
        return self.write(operands[0], kind, f"(({kind}){high} << {4 * size(kind)}) | {low}")

    def do_mul(self, opcode, operands):
        kind = re.fullmatch(r"mul\.wide\.([us]\d+)", opcode)
        if not kind:
            raise Unknown(opcode)
        wide = f"{kind[1][0]}{16 * size(kind[1])}"
        a, b = (self.read(text, kind[1]) for text in operands[1:])
        return self.write(operands[0], wide, f"({wide}){a} * {b}")

    def do_setp(self, opcode, operands):
        match = re.fullmatch(r"setp\.(eq|ne|lt|le|gt|ge)(u?)\.([busf]\d+)", opcode)
        if not match or "|" in operands[0]:
            raise Unknown(opcode)
        comparison, unordered, kind = match.groups()
        a, b = (self.read(text, kind) for text in operands[1:])
        value = f"{a} {COMPARISONS[comparison]} {b}"
        if kind[0] == "f" and unordered:
            value = f"{value} || __builtin_isunordered({a}, {b})"
        elif kind[0] == "f":
            value = f"{value} && !__builtin_isunordered({a}, {b})"
        return self.write(operands[0], "pred", value)

    def do_cvt(self, opcode, operands):
        match = re.fullmatch(r"cvt\.(?:(rn|rp)\.)?(\w+)\.(\w+)", opcode)
        if not match:
            raise Unknown(opcode)
        rounding, to, source = match.groups()
        values = [self.read(text, source) for text in operands[1:]]
        if to in ("f16x2", "bf16x2") and (rounding, source, len(values)) == ("rn", "f32", 2):
            return self.write(operands[0], to, f"ptx_to_{to}({values[0]}, {values[1]})")
        if rounding == "rp" and (to, source) == ("f32", "s32"):
            return self.write(operands[0], to, f"ptx_f32_above({values[0]})")
        exact = to[0] in INTEGERS and source[0] in INTEGERS or (to, source) == ("f64", "f32")
        nearest = to in ("f32", "f64") and (source[0] in INTEGERS or (to, source) == ("f32", "f64"))
        if exact and rounding is None or nearest and rounding == "rn":
            return self.write(operands[0], to, f"({to}){values[0]}")
        raise Unknown(opcode)

    def memory(self, opcode):
        match = re.fullmatch(r"(?:ld|st)(?:\.(param|global|shared|local))?(?:\.v([24]))?\.([busf]\d+)", opcode)
        if not match:
            raise Unknown(opcode)
        space, count, kind = match.groups()
        return space or "global", size(kind), size(kind) * int(count or 1), kind

    def do_ld(self, opcode, operands):
        space, step, total, kind = self.memory(opcode)
        registers = split(operands[0].strip("{}"))
        reads = " ".join(self.write(register, kind, f"ptx_get_{kind}(at + {i * step})") for i, register in enumerate(registers))
        return f"{{ const unsigned char *const at = ptx_load_{space}({self.address(operands[1])}, {total}); {reads} }}"

    def do_st(self, opcode, operands):
        space, step, total, kind = self.memory(opcode)
        values = [self.read(text, kind) for text in split(operands[1].strip("{}"))]
        writes = " ".join(f"ptx_put_{kind}(at + {i * step}, {value});" for i, value in enumerate(values))
        return (f"{{ unsigned char *const at = ptx_store_{space}({self.address(operands[0])}, {total}); "
                f"if (at != NULL) {{ {writes} }} }}")

    def do_bar(self, opcode, operands):
        if (opcode, operands) != ("bar.sync", ["0"]):
            raise Unknown(opcode)
        self.waits = True
        return "ptx_barrier();"

    def do_bra(self, opcode, operands):
        return f"goto {operands[0].replace('$', '')};"

    def do_ret(self, opcode, operands):
        return "return;"


def main(source, out):
    with open(source) as file:
        text = re.sub(r"//[^\n]*", "", file.read())
    # What lies beside kernels would change what is in them.
    outside = re.sub(r"\.visible \.entry \w+\(.*?\n\}", "", text, flags=re.S)
    unknown_outside = re.search(r"\.(func|global|const|shared|extern)\b.*", outside)
    result = ['/* Made of PTX by translate.py. */\n#include "machine.h"\n']
    functions = {}
    for symbol, parameters, body in re.findall(r"\.visible \.entry (\w+)\((.*?)\n?\)\n.*?\n\{(.*?)\n\}", text, re.S):
        length = re.match(r"_Z(\d+)", symbol)
        name = symbol[length.end():][:int(length[1])]
        try:
            if unknown_outside:
                raise Unknown(unknown_outside[0])
            kernel = Kernel(name, parameters, body)
        except Unknown as unknown:
            print(f"{source}: {name}: not known: {unknown}", file=sys.stderr)
            result.append(f'const struct ptx_kernel ptx_{name} = {{.name = "{name}", .unknown = "{unknown}"}};')
            continue
        # Kernels that differ in the size of their parameters alone are the same code.
        code = "\n    ".join(line for line in kernel.lines if line)
        same = re.sub(r"\bL__BB\d+_", "L_", code)
        if same not in functions:
            functions[same] = f"run_{name}"
            registers = ", ".join(sorted(kernel.registers))
            result.append(f"static void run_{name}(const struct ptx_thread *thread)\n{{\n    union ptx_register {registers};\n"
                          f"    (void)thread;\n    {code}\n}}\n")
        result.append(f'const struct ptx_kernel ptx_{name} = {{"{name}", NULL, {functions[same]}, {str(kernel.waits).lower()}, '
                      f"{kernel.parameters}, {kernel.shared}, {kernel.local}}};\n")
    with open(out, "w") as file:
        file.write("\n".join(result))


main(*sys.argv[1:])
