"""Bad input: exit code, one line that says what is wrong, and nothing written."""

import json
import os
import re
import struct
import subprocess

from program import PROGRAM, Test, fanin, file_bytes, main, pack

GOOD = {"a.weight": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
        "b.bias": {"dtype": "F16", "shape": [3], "data_offsets": [16, 22]}}


def changed(name, **changes):
    header = json.loads(json.dumps(GOOD))
    header[name].update(changes)
    return {key: {k: v for k, v in entry.items() if v is not None} for key, entry in header.items()}


class Errors(Test):
    def refuses(self, text, content, name="in.safetensors"):
        """Both commands that read such a file."""
        path = self.write(name, content)
        self.fails(1, text, "init", "--like", path, "--init", "normal", "-o", self.path("out"))
        self.fails(1, text, "stat", path)

    def refuses_manifest(self, text, content):
        path = self.write("in.json", content)
        self.fails(1, text, "init", "--like", path, "--init", "normal", "-o", self.path("out"))

    def test_good(self):
        path = self.write("in.safetensors", file_bytes(GOOD, bytes(22)))
        self.done("init", "--like", path, "--init", "normal", "-o", self.path("out"))
        self.done("stat", path)
        self.done("stat", self.write("empty.safetensors", file_bytes({})))
        # Trailing blanks, any order of the header, members of later versions.
        header = {"b.bias": dict(GOOD["b.bias"], later={"x": [1]}), "a.weight": GOOD["a.weight"]}
        self.done("stat", self.write("in.safetensors", file_bytes(json.dumps(header).encode() + b"   ", bytes(22), pad=False)))

    def test_missing(self):
        for path in (self.path("missing"), self.folder, "/dev/null"):
            result = fanin("init", "--like", path, "--init", "normal", "-o", self.path("out"))
            self.assertEqual(result.returncode, 1)
            self.assertIn(path, result.stderr)
            self.assertEqual(fanin("stat", path).returncode, 1)

    def test_truncated(self):
        """At every byte of the header, and in the data."""
        content = file_bytes(GOOD, bytes(22))
        for size in range(len(content)):
            path = self.write("in.safetensors", content[:size])
            result = fanin("stat", path)
            self.assertEqual(result.returncode, 1, (size, result))
            self.assertTrue(result.stderr.startswith("fanin stat: "), result.stderr)
            if size % 7 == 0 or size < 12:
                result = fanin("init", "--like", path, "--init", "normal", "-o", self.path("out"))
                self.assertEqual(result.returncode, 1, (size, result))
        self.assertEqual(os.listdir(self.folder), ["in.safetensors"])
        self.refuses("cut short", content[:-1])
        self.refuses("has 23 bytes of data, its header promises 22", content + b"x")

    def test_truncated_pipe(self):
        content = file_bytes(GOOD, bytes(22))
        for size in range(0, len(content) - 22, 5):
            result = fanin("init", "--like", "-", "--init", "normal", "-o", self.path("out"), input=content[:size])
            self.assertEqual(result.returncode, 1, size)
        self.assertEqual(os.listdir(self.folder), [])

    def test_lying_size(self):
        for size in (0, 1, 10**8 + 1, 2**31, 2**32 + 2, 2**63, 2**64 - 1, 2**64 - 8):
            self.refuses("", struct.pack("<Q", size) + file_bytes(GOOD, bytes(22))[8:])
        self.refuses("at most 100000000", struct.pack("<Q", 10**8 + 1) + b"{}" + bytes(100))
        self.refuses("but only 2 follow", struct.pack("<Q", 10**8) + b"{}")

    def test_lying_size_piped(self):
        for size in (0, 1, 7, 10**8, 10**8 + 1, 2**63):
            for rest in (b"", b"{", b"x", b"{}", b"{} "):
                result = fanin("init", "--like", "-", "--init", "normal", "-o", self.path("out"), input=struct.pack("<Q", size) + rest)
                self.assertEqual(result.returncode, 1, (size, rest, result))
                self.assertIn(b"standard input", result.stderr)
                if rest[:1] == b"{" and size >= 7:
                    words = f"at most {10**8} are" if size > 10**8 else f"but only {len(rest)} follow"
                    self.assertIn(words.encode(), result.stderr)
        self.assertEqual(os.listdir(self.folder), [])

    def test_lying_header(self):
        cases = [
            ("a hole is before it", changed("b.bias", data_offsets=[17, 23]), 23),
            ("overlaps", changed("b.bias", data_offsets=[15, 21]), 22),
            ("overlaps", changed("b.bias", data_offsets=[0, 6]), 22),
            ("a hole is before it", {"a.weight": dict(GOOD["a.weight"], data_offsets=[8, 24])}, 24),
            ("promises 22", GOOD, 21),
            ("promises 22", GOOD, 30),
            ("expected 16", changed("a.weight", data_offsets=[0, 12]), 22),
            ("expected 24", changed("a.weight", shape=[2, 3]), 22),
            ("expected 32", changed("a.weight", dtype="F64"), 22),
            ("begin at most end", changed("a.weight", data_offsets=[16, 0]), 22),
            ("begin at most end", changed("a.weight", data_offsets=[0]), 22),
            ("data_offsets", changed("a.weight", data_offsets=[0, 16, 16]), 22),
            ("at least 0", changed("a.weight", data_offsets=[-1, 15]), 22),
            ("at least 0", changed("a.weight", shape=[-2, -2]), 22),
            ("at least 0", changed("a.weight", shape=[2.0, 2]), 22),
            ("at least 0", changed("a.weight", shape=["2", 2]), 22),
            ("at least 0", changed("a.weight", shape=[2**63, 2]), 22),
            ("64 bits", changed("a.weight", shape=[2**62, 2]), 22),
            ("64 bits", changed("a.weight", shape=[2**32, 2**32]), 22),
            ("more than 32", changed("a.weight", shape=[1] * 33), 22),
            ("no dtype", changed("a.weight", dtype="F33"), 22),
            ("no dtype", changed("a.weight", dtype="float32"), 22),
            ("no dtype", changed("a.weight", dtype="f32"), 22),
            ("no \"dtype\"", changed("a.weight", dtype=None), 22),
            ("no \"shape\"", changed("a.weight", shape=None), 22),
            ("no \"data_offsets\"", changed("a.weight", data_offsets=None), 22),
            ("in.safetensors", dict(GOOD, **{"a.weight": 3}), 22),
            ("in.safetensors", dict(GOOD, **{"a.weight": [1]}), 22),
            ("in.safetensors", dict(GOOD, __metadata__={"a": 1}), 22),
            ("in.safetensors", dict(GOOD, __metadata__=["a"]), 22),
        ]
        for text, header, size in cases:
            self.refuses(text, file_bytes(header, bytes(size)))

    def test_broken_json(self):
        entry = b'{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
        for text in (b"", b"[]", b"{", b"{}}", b" {}", b"null", b'{"a":' + entry + b',}', b'{"a":' + entry, b"{'a':1}",
                     b'{"a":' + entry + b"} x", b'{"a\x00":' + entry + b"}", b'{"a\\u0000":' + entry + b"}", b'{"\xff":' + entry + b"}",
                     b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", b'{"\\ud800":' + entry + b"}", b"\xef\xbb\xbf{}"):
            self.refuses("in.safetensors", file_bytes(text, bytes(4)))

    def test_duplicates(self):
        entry = b'{"dtype":"F32","shape":[1],"data_offsets":[%d,%d]}'
        twice = b'{"a.weight":' + entry % (0, 4) + b',"a.weight":' + entry % (4, 8) + b"}"
        self.refuses("a.weight", file_bytes(twice, bytes(8)))
        self.refuses("a.weight", file_bytes(twice.replace(b'"a.w', b'"\\u0061.w', 1), bytes(8)))
        self.refuses_manifest("a.weight", twice)

    def test_manifest(self):
        for text, content in (
                ("a.weight", '{"a.weight": {"dtype": "F32"}}'), ("like F32, BF16, I64, BOOL, or float32,", '{"a.weight": {"dtype": "x", "shape": []}}'),
                ("line 2", '{"a.weight":\n {"dtype": "F32", "shape": [1,]}}'), ("in.json", "[]"), ("in.json", "{"), ("in.json", ""),
                ("in.json", "\n"), ("in.json", "hello"), ("in.json': tensor 'a.weight' has dtype F8_E4M3; fanin fills F16", '{"a.weight": {"dtype": "F8_E4M3", "shape": [1]}}'),
                ("64 bits", '{"a.weight": {"dtype": "F32", "shape": [9223372036854775807]}}')):
            self.refuses_manifest(text, content)
        self.refuses_manifest("name", '{"": {"dtype": "F32", "shape": [1]}}')

    def test_manifest_names_the_tensor(self):
        good = {"dtype": "F32", "shape": [1]}
        for text, entry in (
                ("at least 0", {"dtype": "F32", "shape": [-1]}), ("expected a string", {"dtype": 32, "shape": [1]}),
                ("expected an array", {"dtype": "F32", "shape": 3}), ("no dtype", {"dtype": "F33", "shape": [1]}),
                ("more than 32", {"dtype": "F32", "shape": [1] * 33}), ("expected an object", 3)):
            path = self.write("in.json", {"good.weight": good, "b\nad.weight": entry})
            result = self.fails(1, text, "init", "--like", path, "--init", "normal", "-o", self.path("out"))
            self.assertIn("(tensor 'b?ad.weight')", result.stderr)
            self.assertIn("in.json: line 1,", result.stderr)
        # Of any file that a name may be empty in.
        self.refuses_manifest("in.json': the name of a tensor is empty", {"": good})
        path = self.write("in.safetensors", pack({"": ("F32", [1], b"1234")}))
        self.fails(1, "in.safetensors': the name of a tensor is empty", "init", "--like", path, "--init", "one", "--dry-run")

    def test_neither(self):
        """Files that are no JSON of shapes and no safetensors file, read as such or from a pipe."""
        for content in ("", "null", "true", "a longer text, of no use"):
            path = self.write("in.json", content)
            for command in (["init", "--like", path, "--init", "one", "--dry-run"], ["stat", path]):
                result = self.fails(1, "neither", *command)
                self.assertIn("safetensors", result.stderr)
                self.assertIn("JSON", result.stderr)
                self.assertIn("in.json", result.stderr)
            self.fails(1, "neither", "init", "--like", "-", "--init", "one", "--dry-run", input=content)

    def test_foreign(self):
        """Files of other kinds are called by their name, and nothing is read out of them."""
        array = struct.pack("<IiIqiii", 0xF993FAC9, 0, 1, 1, 1, 0, 0) + bytes(4)
        for count in 1, 20:  # shorter than what the magic would be as the size of a header, and longer
            params = struct.pack("<QQQ", 0x112, 0, count) + array * count + struct.pack("<Q", 0)
            self.refuses("is a .params file of MXNet: convert it first, 'fanin convert", params, name="in.params")
            with open(self.path("in.params"), "rb") as file:
                self.fails(1, "is a .params file", "init", "--like", "-", "--init", "one", "--dry-run", stdin=file)
            piped = fanin("init", "--like", "-", "--init", "one", "--dry-run", input=params)
            self.assertIn(b"is a .params file", piped.stderr)
        for text, start in (("is a ZIP archive (torch's .pt and .pth;", b"PK\3\4\x14\0\0\0\x08\x08"), ("is a ZIP archive", b"PK\3\4"),
                            ("is a pickle (torch's older", b"\x80\2\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."),
                            ("is an array of NumPy (.npy)", b"\x93NUMPY\1\0v\0"), ("is an HDF5 file", b"\x89HDF\r\n\x1a\n\0")):
            self.refuses(text, start + bytes(60))
            self.refuses("as safetensors first", start + bytes(60))
            spec = json.dumps(["load", {"param": self.path("in.safetensors"), "default_init": "one"}])
            self.fails(1, text, "init", "--like", self.write("in.json", {}), "--init", spec, "--dry-run")
            self.fails(1, text, "convert", self.path("in.safetensors"), self.path("out"))
        for content in b"a text of no use", b"\x7fELF" + b"\1" * 60:
            result = self.fails(1, "neither JSON nor", "stat", self.write("in.json", content))
            self.assertNotIn("bytes", result.stderr)
        # A header of as many bytes as MXNet's magic.
        path = self.write("odd.safetensors", file_bytes(b"{}" + b" " * (0x112 - 2), pad=False))
        self.done("stat", path)
        self.done("init", "--like", path, "--dry-run")
        with open(path, "rb") as file:
            self.done("init", "--like", "-", "--dry-run", input=file.read())

    def test_byte_order_mark(self):
        for text in '{"a.weight": {"dtype": "F32", "shape": []}}', '{"weight_map": {"a": "b"}}', "":
            path = self.write("in.json", b"\xef\xbb\xbf" + text.encode())
            for command in ["init", "--like", path, "--init", "one", "--dry-run"], ["stat", path]:
                self.fails(1, "in.json", *command)
                if text:
                    self.fails(1, "a byte-order mark is no JSON: save the text without it", *command)

    def test_newlines_in_names(self):
        """A name does not make a line of its own, or any control character reach a terminal."""
        forged, like = "x\nfanin init: forged", self.path("in.json")

        def check(shapes, *options, code=1):
            self.write("in.json", {name: {"dtype": dtype, "shape": shape} for name, (dtype, shape) in shapes.items()})
            result = fanin("init", "--like", like, "--dry-run", *options)
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn("x?fanin init: forged", result.stderr)
            self.assertNotIn("\nfanin init: forged", result.stderr)
            self.assertNotIn("\x1b", result.stderr)
            return result.stderr

        check({forged + "\x1b[0m": ("F32", [2])}, "--init", "one")
        check({forged + ".weight": ("F32", [2])}, "--init", "xavier")
        check({forged: ("I32", [2])}, code=0)
        check({forged: ("F8_E4M3", [2])})
        rules = self.write("rules.json", [[forged, "one"]])
        self.assertIn("note: pair 1", check({"a.weight": ("F32", [2])}, "--init", "one", "--rules", rules, code=0))
        load = ["load", {"param": self.write("a.safetensors", pack({"a": ("F32", [1], b"1234")})), "default_init": "one"}]
        check({forged: ("F32", [2])}, "--rules", self.write("rules.json", [["(?s).*forged", load]]))
        # Tensors that exclude each other: the plan's own lines stay.
        packed = ["fusedrnn", {"init": "one", "num_hidden": 1, "num_layers": 1, "mode": "rnn_relu"}]
        rules = self.write("rules.json", [[r".*\n.*_weight$", "one"], ["", packed]])
        text = check({forged: ("F32", [4]), forged + "/l0_i2h_weight": ("F32", [1])}, "--rules", rules)
        self.assertIn("l0_i2h_weight", text)
        # The other commands.
        path = self.write("b.safetensors", pack({forged: ("F32", [1], b"1234")}))
        result = self.fails(1, "no tensor", "stat", path, forged + "x")
        self.assertEqual(result.stderr.count("\n"), 1)

    def test_too_large(self):
        shape = {"dtype": "F32", "shape": [2**60]}
        self.refuses_manifest("64 bits", {"a.weight": shape, "b.weight": shape, "c.weight": shape})
        path = self.write("in.json", {"a.weight": shape})
        result = fanin("init", "--like", path, "--init", "normal", "-o", self.path("out"))
        self.assertEqual(result.returncode, 1)
        self.assertEqual(os.listdir(self.folder), ["in.json"])

    def test_uncovered(self):
        """All names at once, before a byte is written."""
        shapes = {"layer%d.kernel" % i: {"dtype": "F32", "shape": [2]} for i in range(50)}
        path = self.write("in.json", dict(shapes, **{"x.weight": {"dtype": "F32", "shape": [2]}}))
        result = self.fails(1, "nothing says how to fill 50 tensors", "init", "--like", path, "--init", "normal", "-o", self.path("out"))
        for name in shapes:
            self.assertIn("\n  " + name, result.stderr)
        self.assertNotIn("x.weight", result.stderr)
        self.fails(1, "51 tensors", "init", "--like", path, "--dry-run")
        result = self.fails(1, "x.weight", "init", "--like", path, "--init", "xavier", "--dry-run")
        self.assertIn("1 tensor cannot be filled", result.stderr)

    def test_uncovered_by_initializer(self):
        """Where an initializer has no answer, the library's words say more than that there is none."""
        load = {"param": self.write("old.safetensors", pack({"other": ("F32", [1], b"1234")}))}
        mixed = ["mixed", {"patterns": ["x"], "initializers": ["zero"]}]
        generic, words = "nothing says how to fill", "1 tensor cannot be filled"
        weight = self.write("weight.json", {"wq_weight": {"dtype": "F32", "shape": [2, 2]}})
        other = self.write("other.json", {"wq": {"dtype": "F32", "shape": [2, 2]}})
        for like in (weight, other):
            for spec, text in ((["load", load], "'load' finds no tensor of this name in"),
                               (mixed, "no pattern of 'mixed' matches this name")):
                rules = self.write("rules.json", [[".*", spec]])
                for options in (["--init", json.dumps(spec)], ["--rules", rules]):
                    result = self.fails(1, text, "init", "--like", like, "--dry-run", *options)
                    self.assertIn(words, result.stderr)
                    self.assertNotIn(generic, result.stderr)
        # A pair goes on by the end of the name.
        for spec in (["load", dict(load, default_init="xavier")], ["mixed", {"patterns": [".*"], "initializers": ["xavier"]}]):
            rules = self.write("rules.json", [["x", "one"], [".*", spec]])
            result = self.fails(1, "no rule covers this name", "init", "--like", other, "--dry-run", "--rules", rules)
            self.assertIn('pair 2 of --rules, ".*", matches it, but its \'load\' or \'mixed\' goes on by the end of the name',
                          result.stderr)
            self.assertNotIn(generic, result.stderr)
            self.done("init", "--like", weight, "--dry-run", "--rules", rules)
            # Where no pair matches, nothing says it.
            result = self.fails(1, generic, "init", "--like", other, "--dry-run", "--init", json.dumps(spec))
            self.assertNotIn(words, result.stderr)
        # Blocks of a packed parameter.
        spec = json.dumps(["fusedrnn", {"init": None, "num_hidden": 1, "num_layers": 1, "mode": "rnn_relu"}])
        packed = self.write("packed.json", {"p_weight": {"dtype": "F32", "shape": [4]}})
        result = self.fails(1, "is the one that fills the whole of 'p_weight'",
                            "init", "--like", packed, "--init", spec, "--dry-run")
        self.assertNotIn(generic, result.stderr)

    def test_shapes_of_norms(self):
        """Torch's norms have weights of one dimension: what helps is said, where it helps."""
        advice = "--init fills every name that ends in 'weight': give those"
        square = {"dtype": "F32", "shape": [2, 2]}
        path = self.write("in.json", {"ln.weight": {"dtype": "F32", "shape": [2]}, "fc.weight": square})
        result = self.fails(1, "1 tensor cannot be filled", "init", "--like", path, "--init", "xavier", "--dry-run")
        self.assertIn(advice, result.stderr.strip().split("\n")[-1])
        # As it is advised.
        pair = json.loads(re.search(r"such as (\[.*\])$", result.stderr).group(1))
        self.assertEqual(pair, [".*ln\\.weight$", "one"])
        for name in "h.0.ln_1.weight", "bn1.weight", "h.0.a+b$(1).weight", "weight", "a[0]\"ä\\.weight", ".weight":
            norm = self.write("norm.json", {name: {"dtype": "F32", "shape": [2]}, "fc.x.weight": square})
            result = self.fails(1, advice, "init", "--like", norm, "--init", "xavier", "--dry-run")
            pair = json.loads(re.search(r"such as (\[.*\])$", result.stderr).group(1))
            self.assertTrue(re.match(pair[0], name))
            self.assertFalse(re.match(pair[0], "h.0.ln_2.weights"))
            self.done("init", "--like", norm, "--init", "xavier", "--rules", self.write("rules.json", [pair]), "--dry-run")
        self.assertEqual(pair, [".*\\.weight$", "one"])
        # Not where a pair filled it, or comes too late.
        rules = self.write("rules.json", [[".*", "xavier"]])
        self.assertNotIn(advice, self.fails(1, "ln.weight", "init", "--like", path, "--rules", rules, "--dry-run").stderr)
        stored = self.write("old.safetensors", pack({"ln.weight": ("F32", [1], b"1234")}))
        spec = json.dumps(["load", {"param": stored, "default_init": "one"}])
        self.assertNotIn(advice, self.fails(1, "ln.weight", "init", "--like", path, "--init", spec, "--dry-run").stderr)

    def test_rules(self):
        path = self.write("in.json", {"a.weight": {"dtype": "F32", "shape": [2, 2]}})
        for text in ("{}", "[", '[["a"]]', '[["a", "xaver"]]', '[["(", "one"]]', '[[1, "one"]]', '[["a", "one"]', "", '[["(*UCP)a", "one"]]',
                     '[["a", ["normal", {"sigma": -1}]]]', '[["a", ["normal", {"sigmo": 1}]]]'):
            self.fails(1, "--rules", "init", "--like", path, "--rules", self.write("rules.json", text), "-o", self.path("out"))
        result = self.fails(1, "rules.json': pair 1: expected [pattern, initializer]", "init", "--like", path, "--rules",
                            self.write("rules.json", '[["a"]]'), "--dry-run")
        self.assertNotIn(": rules:", result.stderr)
        self.fails(1, "--rules takes the name of a file, - is standard", "init", "--like", path, "--rules", '[[".*","zero"]]', "--dry-run")
        self.fails(1, "NUL", "init", "--like", path, "--rules", self.write("rules.json", b'[["a", "one"]]\0'), "-o", self.path("out"))
        self.fails(1, "missing", "init", "--like", path, "--rules", self.path("missing"), "-o", self.path("out"))
        # Built to run forever: a limit ends it.
        hostile = self.write("rules.json", [["(a+)+$", "one"]])
        path = self.write("in.json", {"a" * 60 + "!": {"dtype": "F32", "shape": [2]}})
        self.fails(1, "", "init", "--like", path, "--rules", hostile, "-o", self.path("out"))

    def test_output(self):
        path = self.write("in.json", {"a.weight": {"dtype": "F32", "shape": [2, 2]}})
        rules = self.write("rules.json", [[".*", "one"]])
        os.symlink(path, self.path("link"))
        os.link(path, self.path("hard"))
        os.symlink("nowhere", self.path("dangling"))
        os.mkfifo(self.path("fifo"))
        for name in ("in.json", "link", "hard", "rules.json"):
            self.fails(1, "is also read from", "init", "--like", path, "--rules", rules, "-o", self.path(name))
            with open(self.path(name), "rb") as file:
                self.assertTrue(file.read().startswith((b"{", b"[")))
        with open(path, "rb") as file:
            self.fails(1, "is also read from", "init", "--like", "-", "--rules", rules, "-o", path, stdin=file)
        for name, text in ((".", "a folder"), ("fifo", "a device or pipe"), ("missing/out", "No such file"), ("in.json/out", ""),
                           ("dangling", "dangling' is a symbolic link to 'nowhere', which does not exist"), ("x" * 300, ""), ("new/", "no name")):
            self.fails(1, text, "init", "--like", path, "--rules", rules, "-o", self.path(name))
        self.fails(1, "a device or pipe", "init", "--like", path, "--rules", rules, "-o", "/dev/null")
        self.fails(1, "a device or pipe", "init", "--like", path, "--rules", rules, "-o", "/dev/full")

    def test_standard_output(self):
        """A full disk behind standard output is told; a reader that went away is not."""
        path = self.write("in.safetensors", pack({"t%d" % i: ("F32", [1], b"1234") for i in range(2000)}))
        commands = (["list"], ["list", "--json"], ["stat", path], ["stat", path, "--json"], ["--help"], ["--version"],
                    ["init", "--help"], ["init", "--like", path, "--rules", self.write("rules.json", [["", "one"]]), "--dry-run"])
        for command in commands:
            with open("/dev/full", "w") as full:
                result = fanin(*command, stdout=full)
            self.assertEqual(result.returncode, 1, command)
            self.assertIn("No space left", result.stderr)
            reading, writing = os.pipe()
            os.close(reading)
            result = subprocess.run([PROGRAM, *command], stdout=writing, stderr=subprocess.PIPE)
            os.close(writing)
            self.assertEqual((result.returncode, result.stderr), (0, b""), command)

    def test_control_characters(self):
        """Names come from files: none may move the cursor."""
        path = self.write("in.safetensors", pack({"a\x1b[2J\n.x": ("F32", [1], b"1234")}))
        self.assertNotIn("\x1b", self.done("stat", path).stdout)
        self.assertNotIn("\x1b", fanin("init", "--like", path, "--init", "one", "-o", self.path("out")).stderr)

    def test_control_characters_of_unicode(self):
        """C1, which begin a terminal's sequences too, and what turns the order of what is shown."""
        for character in "\x80", "\x9b", "\x9f", "\u2028", "\u202e", "\u2066", "\u2069":
            name = "a" + character + "31m\u00a0\u00e9\u2027\u206a.x"
            path = self.write("in.safetensors", pack({name: ("F32", [1], b"1234")}))
            shown = "a?31m\u00a0\u00e9\u2027\u206a.x"
            self.assertIn(shown, self.done("stat", path).stdout)
            result = self.done("init", "--like", path, "--init", "one", "--rules", self.write("rules.json", [[".*x", "one"]]), "--dry-run")
            self.assertIn(shown, result.stdout)
            message = fanin("init", "--like", path, "--init", "one", "-o", self.path("out")).stderr
            self.assertNotIn(character, message)
            self.assertIn("a" + "?" * len(character.encode()) + "31m\u00a0\u00e9", message)

    def test_one_long_name(self):
        """It does not make every line as long."""
        tensors = {"x%d" % i: ("F32", [1], b"1234") for i in range(100)}
        path = self.write("in.safetensors", pack(dict(tensors, **{"y" * 100000: ("F32", [1], b"1234")})))
        for result in (self.done("stat", path), self.done("init", "--like", path, "--rules", self.write("rules.json", [[".*", "one"]]), "--dry-run")):
            lines = result.stdout.splitlines()
            self.assertEqual(sum(len(line) > 300 for line in lines), 1)
            self.assertIn("y" * 100000 + " ", result.stdout)


if __name__ == "__main__":
    main()
