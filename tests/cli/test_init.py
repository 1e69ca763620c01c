"""What `fanin init` writes: order, metadata, shards, threads, dtypes, integers, indexes, standard input."""

import json
import os
import pty
import stat as file_modes
import struct

from program import File, Test, elements, fanin, main, pack

SHAPES = {
    "__metadata__": {"model": "odd", "note": "a \"quoted\" \\ text"},
    "layer.weight": {"dtype": "F32", "shape": [7, 3, 5]},
    "layer.bias": {"dtype": "F32", "shape": [7]},
    "half.weight": {"dtype": "F16", "shape": [5, 9]},
    "brain.weight": {"dtype": "bfloat16", "shape": [11, 2]},
    "double.weight": {"dtype": "float64", "shape": [3, 4]},
    "scalar.weight": {"dtype": "F32", "shape": []},
    "empty.weight": {"dtype": "F32", "shape": [0, 4]},
    "umläut.gamma": {"dtype": "F32", "shape": [2]},
    "bn.num_batches_tracked": {"dtype": "I64", "shape": []},
    "mask": {"dtype": "BOOL", "shape": [3]},
}


class Init(Test):
    def shapes(self):
        return self.write("shapes.json", SHAPES)

    def fill(self, name, *options, like=None):
        out = self.path(name)
        self.done("init", "--like", like or self.shapes(), "--init", "normal", "--quiet", "-o", out, *options)
        return File(out)

    def test_file(self):
        file = self.fill("out", "--seed", "0x2A")
        order = [(-{"F64": 8, "I64": 8, "F32": 4, "F16": 2, "BF16": 2, "BOOL": 1}[dtype], name.encode())
                 for name, (dtype, _, _) in file.tensors.items()]
        self.assertEqual(order, sorted(order))
        self.assertEqual(set(file.tensors), set(SHAPES) - {"__metadata__"})
        for name, (dtype, shape, _) in file.tensors.items():
            self.assertEqual(shape, SHAPES[name]["shape"])
        self.assertEqual(file.tensors["brain.weight"][0], "BF16")
        version = fanin("--version").stdout.split()[1]
        self.assertEqual(file.metadata, {
            "model": "odd", "note": "a \"quoted\" \\ text", "format": "pt", "fanin.version": version, "fanin.contract": "1",
            "fanin.seed": "42", "fanin.init": '["normal", {"sigma": 0.01}]'})
        self.assertEqual(file.values("layer.bias"), (0.0,) * 7)
        self.assertEqual(file.values("umläut.gamma"), (1.0,) * 2)
        self.assertEqual(len(set(file.values("layer.weight"))), 105)

    def test_mode_and_replacement(self):
        target = self.write("out", "old content")
        os.chmod(target, 0o600)
        old = os.umask(0o027)
        try:
            self.fill("out")
        finally:
            os.umask(old)
        self.assertEqual(file_modes.S_IMODE(os.stat(target).st_mode), 0o640)
        self.assertEqual(sorted(os.listdir(self.folder)), ["out", "shapes.json"])

    def test_symbolic_link(self):
        os.mkdir(self.path("there"))
        os.symlink("there/real", self.path("link"))
        self.write("there/real", "old")
        file = self.fill("link")
        self.assertTrue(os.path.islink(self.path("link")))
        self.assertEqual(File(self.path("there/real")).bits(), file.bits())

    def test_current_folder(self):
        self.done("init", "--like", self.shapes(), "--init", "normal", "-o", "plain", cwd=self.folder)
        File(self.path("plain"))

    def test_metadata_of_rules(self):
        rules = self.write("rules.json", '[\n ["lay er|layer", [ "normal", {"sigma": 2} ] ],\n [".*\\\\.weight", "one"]\n]\n')
        file = self.fill("out", "--rules", rules, "--shard", "1/3")
        self.assertEqual(file.metadata["fanin.rules"], '[["lay er|layer",["normal",{"sigma":2}]],[".*\\\\.weight","one"]]')
        self.assertEqual(file.metadata["fanin.shard"], "1/3")
        # Made again from itself: what an earlier run noted and this one does not have is gone.
        again = self.fill("again", like=self.path("out"))
        self.assertNotIn("fanin.rules", again.metadata)
        self.assertNotIn("fanin.shard", again.metadata)
        # Its shapes are those of a part, which may not be meant.
        note = "note: '%s' is shard 1/3 of a model" % self.path("out")
        command = ["init", "--like", self.path("out"), "--init", "normal", "--dry-run"]
        self.assertIn(note, self.done(*command).stderr)
        self.assertNotIn("note", self.done(*command, "--quiet").stderr)
        self.assertEqual(again.metadata["model"], "odd")

    def test_same_again(self):
        first = self.fill("first", "--seed", 7)
        again = self.fill("again", "--seed", 7, like=self.path("first"))
        other = self.fill("other", "--seed", 8)
        self.assertEqual(first.bits(), again.bits())
        self.assertNotEqual(first.bits(), other.bits())

    def test_seeds(self):
        texts = {"0": 0, "00": 0, "010": 10, "0x0": 0, "0X10": 16, "18446744073709551615": 2**64 - 1, "0xFFFFffffffffffff": 2**64 - 1}
        for text, seed in texts.items():
            result = self.done("init", "--like", self.shapes(), "--init", "normal", "--dry-run", "--json", "--seed", text)
            self.assertEqual(json.loads(result.stdout)["seed"], str(seed))
        for text in ("", "-1", "+1", " 1", "1 ", "1.0", "0x", "x1", "0xg", "1e3", "18446744073709551616", "0x10000000000000000"):
            self.fails(2, "--seed", "init", "--like", "-", "--init", "normal", "--dry-run", "--seed", text)
        # All 64 bits count.
        bits = {str(self.fill("out", "--seed", seed).bits()) for seed in (0, 1, 1 << 32, 1 << 63)}
        self.assertEqual(len(bits), 4)

    def test_summary(self):
        result = self.done("init", "--like", self.shapes(), "--init", "normal", "--seed", "0x10", "-o", self.path("out"))
        self.assertRegex(result.stdout, r"out: 10 tensors, 198 elements, [\d,]+ bytes( in \d+\.\d+ s)?, seed 16\n$")
        self.assertEqual(result.stdout.count("\n"), 1)
        self.assertIn("note: integer and bool tensors that nothing covers: 0 for 'bn.num_batches_tracked', 'mask'", result.stderr)
        self.assertNotIn("\r", result.stderr)
        result = self.done("init", "--like", self.shapes(), "--init", "normal", "--quiet", "-o", self.path("out"))
        self.assertEqual((result.stdout, result.stderr), ("", ""))

    def test_summary_of_one(self):
        like = self.write("in.json", {"mask": {"dtype": "BOOL", "shape": [1]}})
        result = self.done("init", "--like", like, "--shard", "0/4", "-o", self.path("out"))
        self.assertRegex(result.stdout, r"out \(shard 0/4\): 1 tensor, 1 element, \d+ bytes( in \d+\.\d+ s)?, seed 0\n$")
        self.assertIn("note: integer or bool tensor that nothing covers: 0 for 'mask'", result.stderr)
        self.assertIn("\n1 tensor, 1 element, 1 byte, seed 0\n", self.done("init", "--like", like, "--dry-run").stdout)

    def test_summary_of_many(self):
        """Time and rate where they say something."""
        like = self.write("in.json", {"a.weight": {"dtype": "F64", "shape": [8000, 1000]}})
        result = self.done("init", "--like", like, "--init", "one", "-o", self.path("out"))
        self.assertRegex(result.stdout, r"out: 1 tensor, 8,000,000 elements, [\d,]+ bytes in \d+\.\d+ s \(\d+\.\d+ GB/s\), seed 0\n$")

    def test_progress(self):
        """On a terminal alone: a line that is cleared at the end."""
        shapes = self.write("large.json", {"a.weight": {"dtype": "F64", "shape": [4000, 4000]}})
        for options, wanted in (([], True), (["--quiet"], False)):
            try:
                terminal, program = pty.openpty()
            except OSError as error:
                self.skipTest("no terminal can be made: %s" % error)
            self.done("init", "--like", shapes, "--init", "normal", "-o", self.path("out"), *options, stderr=program)
            os.close(program)
            text = b""
            try:  # what was written comes in parts, and an error after the last
                while part := os.read(terminal, 100000):
                    text += part
            except OSError:
                pass
            text = text.decode()
            os.close(terminal)
            self.assertEqual("\r" in text, wanted, text)
            if wanted:
                self.assertTrue(text.endswith("\r\x1b[K"), text)

    def test_integers(self):
        file = self.fill("out")
        self.assertEqual(file.values("bn.num_batches_tracked"), (0,))
        self.assertEqual(file.values("mask"), (False,) * 3)
        rules = self.write("rules.json", [["bn", ["constant", {"value": 9007199254740992}]], ["mask", "one"]])
        file = self.fill("out", "--rules", rules)
        self.assertEqual(file.values("bn.num_batches_tracked"), (9007199254740992,))
        self.assertEqual(file.values("mask"), (True,) * 3)
        rules = self.write("rules.json", [["bn|mask", "normal"]])
        self.fails(1, "bn.num_batches_tracked", "init", "--like", self.shapes(), "--init", "normal", "--rules", rules, "-o", self.path("x"))
        rules = self.write("rules.json", [["mask", ["constant", {"value": 2}]]])
        self.fails(1, "mask", "init", "--like", self.shapes(), "--init", "normal", "--rules", rules, "-o", self.path("x"))

    def test_dtype(self):
        whole = self.fill("whole")
        for name, dtype in (("F16", "F16"), ("bfloat16", "BF16"), ("f32", "F32"), ("Float64", "F64"), ("torch.float16", "F16"), ("TORCH.BFloat16", "BF16")):
            file = self.fill("out", "--dtype", name)
            for key, (found, _, _) in file.tensors.items():
                self.assertEqual(found, {"mask": "BOOL", "bn.num_batches_tracked": "I64"}.get(key, dtype), key)
        half = self.fill("out", "--dtype", "F16")
        # The 16-bit tensor is the rounding of the 32-bit one.
        rounded = struct.pack("<105e", *whole.values("layer.weight"))
        self.assertEqual(half.tensors["layer.weight"][2], rounded)

    def check_shards(self, shapes, counts, *options):
        whole = self.fill("whole", *options, like=shapes)
        for count in counts:
            parts = [self.fill("part", *options, "--shard", "%d/%d" % (part, count), like=shapes) for part in range(count)]
            for name, (dtype, shape, content) in whole.tensors.items():
                if not shape:
                    for part in parts:
                        self.assertEqual(part.tensors[name], whole.tensors[name])
                    continue
                each = -(-shape[0] // count)
                rows = [max(0, min(each, shape[0] - part * each)) for part in range(count)]
                self.assertEqual([part.tensors[name][1][0] for part in parts], rows, name)
                self.assertEqual(b"".join(part.tensors[name][2] for part in parts), content, name)

    def test_shards(self):
        self.check_shards(self.shapes(), (1, 2, 3, 4, 5, 13))
        rules = self.write("rules.json", [["layer.weight", ["bilinear", {}]]])
        self.fails(1, "bilinear", "init", "--like", self.shapes(), "--rules", rules, "--init", "one", "-o", self.path("x"))

    def test_shards_of_blocks(self):
        """Fills whose value depends on the place: a quarter of the rows, a kernel's coordinates; fans of the whole."""
        shapes = self.write("blocks.json", {"lstm.bias": {"dtype": "F32", "shape": [12]}, "up.kernel": {"dtype": "F32", "shape": [3, 2, 5, 4]},
                                            "fc.kernel": {"dtype": "F64", "shape": [9, 6]}})
        rules = self.write("rules.json", [["lstm", "lstmbias"], ["up", "bilinear"], ["fc", "xavier"]])
        self.check_shards(shapes, (2, 3, 4, 5), "--rules", rules)

    def test_shards_of_large(self):
        """Parts whose windows are cut at other places than those of the whole."""
        shapes = self.write("large.json", {"a.weight": {"dtype": "F32", "shape": [6, 5, 7, 23011]}})
        self.check_shards(shapes, (2, 4))

    def test_dry_run(self):
        before = sorted(os.listdir(self.folder))
        table = self.done("init", "--like", self.shapes(), "--init", "normal", "--dry-run").stdout
        self.assertIn("normal mean 0.0 sigma 0.01", table)
        self.assertRegex(table, r"(?m)^layer\.weight +float\d+ +\[")
        self.assertIn("10 tensors, 198 elements,", table)
        plan = json.loads(self.done("init", "--like", self.shapes(), "--init", "normal", "--dry-run", "--json", "-o", "none").stdout)
        self.assertEqual(list(plan), ["seed", "contract", "parameters", "elements", "bytes"])
        self.assertEqual([entry["name"] for entry in plan["parameters"]], [name for name in SHAPES if name != "__metadata__"])
        for entry in plan["parameters"]:
            self.assertEqual(entry["elements"], elements(entry["shape"]))
        rule = {entry["name"]: entry["rule"] for entry in plan["parameters"]}
        self.assertEqual((rule["layer.weight"], rule["layer.bias"], rule["umläut.gamma"], rule["mask"]), ("weight", "bias", "gamma", "zero"))
        self.assertEqual(plan["bytes"], 4 * (105 + 7 + 1 + 2) + 2 * (45 + 22) + 8 * 12 + 8 + 3)
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(before + ["shapes.json"]))
        part = json.loads(self.done("init", "--like", self.shapes(), "--init", "normal", "--dry-run", "--json", "--shard", "1/2").stdout)
        self.assertEqual(part["shard"], "1/2")

    def test_dry_run_of_files(self):
        """What is loaded, and from where; how a matrix is made."""
        like = self.write("in.json", {name: {"dtype": "F32", "shape": [2, 2]} for name in ("a.weight", "b.weight")})
        stored = self.write("old.safetensors", pack({"a.weight": ("F16", [2, 2], bytes(8))}))
        spec = json.dumps(["load", {"param": stored, "default_init": ["orthogonal", {"method": "haar", "scale": 1}]}])
        table = self.done("init", "--like", like, "--init", spec, "--dry-run").stdout
        self.assertIn("  load %s (float16)  " % stored, table)
        self.assertIn("  orthogonal scale 1.0 haar  ", table)

    def test_dry_run_of_packed(self):
        """A line for a parameter of many fills."""
        shapes = {"lstm": [8 * 4 * 3], "short": [8]}
        like = self.write("in.json", {name: {"dtype": "F32", "shape": shape} for name, shape in shapes.items()})
        packed = ["fusedrnn", {"init": "xavier", "num_hidden": 2, "num_layers": 2, "mode": "lstm"}]
        rules = self.write("rules.json", [["lstm", packed], ["short", "lstmbias"]])
        table = self.done("init", "--like", like, "--rules", rules, "--dry-run").stdout
        self.assertIn("16 uniform, 16 constant ", table)
        self.assertIn("constant 0.0, constant 1.0, constant 0.0 ", table)
        self.assertLess(max(map(len, table.split("\n"))), 100)
        plan = json.loads(self.done("init", "--like", like, "--rules", rules, "--dry-run", "--json").stdout)
        self.assertEqual(len(plan["parameters"][0]["fills"]), 32)

    def test_idle_pairs(self):
        """Pairs that are the first match of no tensor: a pattern that was meant to be searched for."""
        def notes(pairs, *options):
            rules = self.write("rules.json", pairs)
            return self.done("init", "--like", like, "--init", "one", "--rules", rules, *options).stderr

        like = self.write("in.json", {"a.weight": {"dtype": "F32", "shape": [2]}, "a.bias": {"dtype": "F32", "shape": [2]}})
        note = ('fanin init: note: pair 1 "bias" of --rules is the first match of no tensor; '
                'patterns match from the start of the name\n')
        self.assertEqual(notes([["bias", "one"]], "--dry-run"), note)
        self.assertEqual(notes([["bias", "one"]], "-o", self.path("out")), note)
        self.assertEqual(notes([["bias", "one"]], "--dry-run", "--quiet"), "")
        self.assertEqual(notes([[".*bias", "one"], ["a", "one"]], "--dry-run"), "")
        # One that always comes too late, and an equal one.
        text = notes([["a", "one"], ["a", "zero"], [".*bias", "zero"]], "--dry-run")
        self.assertIn('note: 2 pairs of --rules are the first match of no tensor: 2 "a", 3 ".*bias"; patterns', text)
        text = notes([[name, "one"] for name in "vwxyz"], "--dry-run")
        self.assertIn('note: 5 pairs of --rules are the first match of no tensor: 1 "v", 2 "w", 3 "x" and 2 more; patterns', text)
        # It is said where it is why the run fails.
        like = self.write("in.json", {"a.kernel": {"dtype": "F32", "shape": [2]}})
        rules = self.write("rules.json", [["kernel", "one"]])
        result = self.fails(1, "nothing says how to fill", "init", "--like", like, "--rules", rules, "--dry-run")
        self.assertTrue(result.stderr.startswith("fanin init: note: pair 1 \"kernel\" of --rules"), result.stderr)

    def test_standard_input(self):
        text = json.dumps(SHAPES)
        whole = self.fill("whole")
        self.done("init", "--like", "-", "--init", "normal", "-o", self.path("piped"), input=text)
        self.assertEqual(File(self.path("piped")).bits(), whole.bits())
        # A safetensors file, piped: only its header is read.
        with open(self.path("whole"), "rb") as file:
            content = file.read()
        self.done("init", "--like", "-", "--init", "normal", "-o", self.path("piped"), input=content)
        self.assertEqual(File(self.path("piped")).bits(), whole.bits())
        with open(self.path("whole"), "rb") as file:
            self.done("init", "--like", "-", "--init", "normal", "-o", self.path("piped"), stdin=file)
        self.assertEqual(File(self.path("piped")).bits(), whole.bits())
        rules = json.dumps([[".*", "one"]])
        self.done("init", "--like", self.shapes(), "--rules", "-", "-o", self.path("piped"), input=rules)

    def test_dtypes_of_torch(self):
        """As str(tensor.dtype) has them."""
        shapes = {"a.weight": "torch.float32", "b.weight": "torch.bfloat16", "c.mask": "torch.bool"}
        like = self.write("in.json", {name: {"dtype": dtype, "shape": [2]} for name, dtype in shapes.items()})
        file = self.fill("out", like=like)
        self.assertEqual([dtype for dtype, _, _ in file.tensors.values()], ["F32", "BF16", "BOOL"])

    def test_index(self):
        self.write("model-1.safetensors", pack({"b.weight": ("F32", [2], b"12345678"), "extra.weight": ("F32", [1], b"1234")}))
        self.write("model-2.safetensors", pack({"a.weight": ("BF16", [3], b"123456")}))
        weights = {"b.weight": "model-1.safetensors", "a.weight": "model-2.safetensors"}
        index = self.write("model.safetensors.index.json", {"metadata": {"total_size": 14}, "weight_map": weights})
        file = self.fill("out", like=index)
        self.assertEqual({name: (dtype, shape) for name, (dtype, shape, _) in file.tensors.items()},
                         {"b.weight": ("F32", [2]), "a.weight": ("BF16", [3])})
        out = self.path("x")
        self.write("bad.json", {"weight_map": {"c.weight": "model-2.safetensors"}})
        self.fails(1, "'c.weight'", "init", "--like", self.path("bad.json"), "--init", "normal", "-o", out)
        for name in ("../model-1.safetensors", "/etc/passwd", "..", "a/b", ""):
            self.write("bad.json", {"weight_map": {"b.weight": name}})
            self.fails(1, "no name of a file beside the index", "init", "--like", self.path("bad.json"), "--init", "normal", "-o", out)
        self.write("bad.json", {"weight_map": {"b.weight": "missing.safetensors"}})
        self.fails(1, "missing.safetensors", "init", "--like", self.path("bad.json"), "--init", "normal", "-o", out)
        self.fails(1, "is also read from", "init", "--like", index, "--init", "normal", "-o", self.path("model-2.safetensors"))
        self.fails(1, "standard input", "init", "--like", "-", "--init", "normal", "-o", out, input=json.dumps({"weight_map": weights}))
        # A manifest may have a tensor of that name.
        odd = self.write("odd.json", {"weight_map": {"dtype": "F32", "shape": [2]}, "metadata": {"dtype": "F32", "shape": []}})
        self.done("init", "--like", odd, "--rules", self.write("rules.json", [["", "one"]]), "-o", out)
        self.assertEqual(File(out).values("weight_map"), (1.0, 1.0))

    def test_many_tensors(self):
        """More than one window takes; each is the same without the others."""
        shapes = {"t%05d.weight" % i: {"dtype": ("F32", "BF16", "F64")[i % 3], "shape": [i % 5, 3]} for i in range(5000)}
        some = {name: shapes[name] for name in list(shapes)[::97]}
        whole = self.fill("whole", like=self.write("all.json", shapes)).bits()
        few = self.fill("few", like=self.write("some.json", some)).bits()
        self.assertEqual(few, {name: whole[name] for name in few})

    def test_nothing_to_fill(self):
        file = self.fill("out", like=self.write("none.json", "{}"))
        self.assertEqual(file.tensors, {})
        json.loads(self.done("init", "--like", self.path("none.json"), "--dry-run", "--json").stdout)


if __name__ == "__main__":
    main()
