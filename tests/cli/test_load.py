"""`fanin init` with `load`: what comes from files, what does not, in windows and parts, and what is refused."""

import json
import struct

from program import File, Test, main, pack


def floats(*values):
    return struct.pack("<%df" % len(values), *values)


class Load(Test):
    def shapes(self):
        return self.write("shapes.json", {
            "a.weight": {"dtype": "F32", "shape": [50, 40]}, "a.bias": {"dtype": "F32", "shape": [50]},
            "b.weight": {"dtype": "F32", "shape": [50, 40]}, "b.bias": {"dtype": "F32", "shape": [50]}})

    def base(self, name="base.safetensors"):
        self.weight = [i / 8 for i in range(2000)]
        self.bias = [-float(i) for i in range(50)]
        return self.write(name, pack({"a.weight": ("F32", [50, 40], floats(*self.weight)),
                                      "a.bias": ("F32", [50], floats(*self.bias))}))

    def fill(self, name, init, *options):
        out = self.path(name)
        self.done("init", "--like", self.shapes(), "--init", init, "--quiet", "-o", out, *options)
        return File(out)

    def spec(self, path, default="xavier", **more):
        return json.dumps(["load", dict({"param": path, "default_init": default}, **more)])

    def test_values(self):
        """What the file has is its; all else is as without it."""
        loaded = self.fill("loaded", self.spec(self.base()), "--seed", "3")
        plain = self.fill("plain", "xavier", "--seed", "3")
        self.assertEqual(loaded.values("a.weight"), tuple(self.weight))
        self.assertEqual(loaded.values("a.bias"), tuple(self.bias))
        self.assertEqual(loaded.values("b.weight"), plain.values("b.weight"))
        self.assertEqual(loaded.values("b.bias"), (0.0,) * 50)

    def test_rules(self):
        """In a pair of rules it is called for the names that match; the others go to --init."""
        rules = self.write("rules.json", [["a", json.loads(self.spec(self.base(), None))]])
        file = self.fill("out", "one", "--rules", rules)
        self.assertEqual(file.values("a.weight"), tuple(self.weight))
        self.assertEqual(file.values("b.weight"), (1.0,) * 2000)

    def test_params(self):
        """MXNet's own format; names lose their prefix."""
        array = struct.pack("<IiIqqiii", 0xF993FAC9, 0, 2, 50, 40, 1, 0, 0) + floats(*range(2000))
        path = self.write("base.params", struct.pack("<QQQ", 0x112, 0, 1) + array + struct.pack("<QQ", 1, 12) + b"arg:b.weight")
        self.assertEqual(self.fill("out", self.spec(path, "zero")).values("b.weight"), tuple(range(2000)))

    def test_dtype(self):
        file = self.fill("out", self.spec(self.base()), "--dtype", "F64")
        self.assertEqual(file.values("a.weight"), tuple(self.weight))
        file = self.fill("half", self.spec(self.base()), "--dtype", "float16")
        self.assertEqual(file.values("a.bias"), tuple(self.bias))

    def test_parts(self):
        """The parts put together are the whole."""
        spec = self.spec(self.base())
        whole = self.fill("whole", spec).bits()
        parts = [self.fill("part", spec, "--shard", "%d/3" % i).bits() for i in range(3)]
        for name in whole:
            self.assertEqual(b"".join(part[name] for part in parts), whole[name])

    def test_dry_run(self):
        path = self.base()
        result = self.done("init", "--like", self.shapes(), "--init", self.spec(path), "--dry-run", "--json")
        fills = {p["name"]: (p["rule"], p["fills"][0]) for p in json.loads(result.stdout)["parameters"]}
        rule, fill = fills["a.weight"]
        self.assertEqual((rule, fill["kind"], fill["file"], fill["tensor"], fill["stored"]),
                         ("load", "load", path, "a.weight", "float32"))
        self.assertEqual(fills["b.bias"][0], "bias")
        self.assertIn("load", self.done("init", "--like", self.shapes(), "--init", self.spec(path), "--dry-run").stdout)

    def test_large(self):
        """Many windows of a file that is mostly a hole: the values are right at their seams."""
        count = 60 * 10**6
        header = json.dumps({"x": {"dtype": "F32", "shape": [count], "data_offsets": [0, 4 * count]}}).encode()
        path = self.path("large.safetensors")
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            places = range(0, count, 999983)
            for place in places:
                file.seek(8 + len(header) + 4 * place)
                file.write(floats(place % 1000 + 1))
            file.truncate(8 + len(header) + 4 * count)
        like = self.write("like.json", {"x": {"dtype": "F32", "shape": [count]}})
        out = self.path("out")
        self.done("init", "--like", like, "--init", self.spec(path, None), "--quiet", "-o", out)
        with open(path, "rb") as a, open(out, "rb") as b:
            a.seek(8 + len(header))
            b.seek(8 + struct.unpack("<Q", b.read(8))[0])
            while True:
                piece = a.read(1 << 24)
                self.assertTrue(piece == b.read(1 << 24))
                if not piece:
                    break

    def test_refused(self):
        path = self.base()
        like = self.shapes()
        out = self.path("out")
        self.fails(1, "No such file", "init", "--like", like, "--init", self.spec(self.path("absent")), "-o", out)
        self.fails(1, "no regular file", "init", "--like", like, "--init", self.spec(self.folder), "-o", out)
        self.fails(1, "no index", "init", "--like", like, "--init", self.spec(like), "-o", out)
        self.fails(2, "needs the parameter 'param'", "init", "--like", like, "--init", "load", "-o", out)
        self.fails(1, "b.weight", "init", "--like", like, "--init", self.spec(path, None), "-o", out)
        rules = self.write("rules.json", [["b", json.loads(self.spec(self.path("absent"), None))]])
        self.fails(1, "No such file", "init", "--like", like, "--rules", rules, "-o", out)
        small = self.write("small.json", {"a.weight": {"dtype": "F32", "shape": [40, 50]}})
        self.fails(1, "found shape (50, 40)", "init", "--like", small, "--init", self.spec(path), "-o", out)
        # What is loaded from is not written over: by --init, nested, by a pair of rules.
        nested = json.dumps(["mixed", {"patterns": [".*"], "initializers": [json.loads(self.spec(path))]}])
        self.fails(1, "also read from", "init", "--like", like, "--init", self.spec(path), "-o", path)
        self.fails(1, "also read from", "init", "--like", like, "--init", nested, "-o", path)
        rules = self.write("rules.json", [["b", json.loads(self.spec(path, "one"))]])
        self.fails(1, "also read from", "init", "--like", like, "--init", "one", "--rules", rules, "-o", path)


if __name__ == "__main__":
    main()
