"""The command line: help, version, list, and what is wrong with it (exit code 2)."""

import json
import os
import re
import shlex

from program import MODELS, Test, fanin, main, model, rules

MAN = os.path.join(MODELS, "..", "..", "docs", "fanin.1")


class Usage(Test):
    def test_help(self):
        for command in ([], ["init"], ["list"], ["stat"]):
            for option in ("--help", "-h"):
                result = self.done(*command, option)
                self.assertTrue(result.stdout.startswith("usage: fanin"))
                self.assertEqual(result.stderr, "")
        text = self.done("init", "--help").stdout
        for option in ("like", "init", "rules", "seed", "dtype", "device", "threads", "cpu", "shard", "dry-run", "json", "quiet", "output"):
            self.assertIn("--" + option, text)
        for command in ("init", "list", "stat", "convert", "devices"):
            self.assertEqual(self.done("help", command).stdout, self.done(command, "--help").stdout)
        self.assertEqual(self.done("help").stdout, self.done("--help").stdout)
        self.assertRegex(self.done("--version").stdout, r"^fanin \d+\.\d+\.\d+ \(stream contract \d+\)\n$")

    def test_wrong(self):
        like = ["init", "--like", model("mnist-mlp"), "--init", "xavier"]
        out = ["-o", self.path("out")]
        for text, command in (
                ("usage: fanin", []), ("did you mean 'init'", ["inti"]), ("did you mean 'list'", ["help", "lst"]),
                ("unknown command 'frobnicate'", ["frobnicate"]),
                ("unknown option '--versoin'", ["--versoin"]), ("unknown command ''", [""]),
                ("did you mean '--seed'", [*like, *out, "--sede", "3"]), ("did you mean '--dry-run'", [*like, "--dryrun"]),
                ("unknown option '--zebra'", [*like, *out, "--zebra"]), ("several options", [*like, *out, "--d", "x"]),
                ("unknown option '-x'", [*like, *out, "-x"]), ("'--seed' needs a value", [*like, *out, "--seed"]),
                ("'-o' needs a value", [*like, "-o"]), ("'--quiet' takes no value", [*like, *out, "--quiet=1"]),
                ("--like", ["init", "--init", "one", *out]), ("-o OUT", like), ("belongs to no option", [*like, *out, "extra"]),
                ("--json goes with --dry-run", [*like, *out, "--json"]), ("'./-'", [*like, "-o", "-"]),
                ("'xaver'", ["init", "--like", model("mnist-mlp"), "--init", "xaver", *out]),
                ("sigma", ["init", "--like", model("mnist-mlp"), "--init", '["normal", {"sigma": -1}]', *out]),
                ("--init: the name is empty", ["init", "--like", model("mnist-mlp"), "--init", "", *out]),
                ("found ''', expected a value; JSON's strings stand in double quotes",
                 ["init", "--like", model("mnist-mlp"), "--init", "['xavier']", *out]),
                ("'--version'; see 'fanin init --help'", ["init", "--version"]),
                ("--dtype cannot be 'int8'; use F16", [*like, *out, "--dtype", "int8"]),
                ("--dtype cannot be 'F8_E4M3'", [*like, *out, "--dtype", "F8_E4M3"]), ("--dtype", [*like, *out, "--dtype", "F33"]),
                ("--device", [*like, *out, "--device", "gpu"]), ("--device", [*like, *out, "--device", "cuda:"]),
                ("--device", [*like, *out, "--device", "cuda:-1"]), ("--threads", [*like, *out, "--threads", "0"]),
                ("--cpu 'sse9'", [*like, *out, "--cpu", "sse9"]), ("--cpu ''", [*like, *out, "--cpu", ""]),
                ("--threads", [*like, *out, "--threads", "1025"]), ("--threads", [*like, *out, "--threads", "two"]),
                ("--shard", [*like, *out, "--shard", "4/4"]), ("--shard", [*like, *out, "--shard", "0/0"]),
                ("--shard", [*like, *out, "--shard", "-1/4"]), ("--shard", [*like, *out, "--shard", "1"]),
                ("--shard", [*like, *out, "--shard", "/"]), ("--shard", [*like, *out, "--shard", "1/2/3"]),
                ("--shard", [*like, *out, "--shard", "0/99999999999"]), ("both be standard input", ["init", "--like", "-", "--rules", "-", *out]),
                ("nearest names: 'xavier'", ["list", "xaver"]), ("one name too many", ["list", "zero", "one"]),
                ("nearest names: 'xavier'", ["list", "xaver", "--json"]), ("unknown option '--jsno'; did you mean '--json'", ["list", "--jsno"]),
                ("unknown option '-x'", ["stat", "--json", "-xy"]), ("unknown option '-x'", ["stat", "-xy", "file"]),
                ("unknown option '-?'", [*like, *out, "-\u00e9"]), ("unknown option '-?'", ["init", "--like", "", "-\u00e9"]),
                ("fanin stat FILE", ["stat"]), ("read twice", ["stat", "-"]), ("did you mean '--json'", ["stat", "x", "--jason"])):
            result = fanin(*command)
            self.assertEqual((result.returncode, result.stdout), (2, ""), command)
            self.assertIn(text, result.stderr, command)
            if command:
                self.assertEqual(result.stderr.count("\n"), 1, command)
                self.assertTrue(result.stderr.startswith("fanin"), command)

    def test_list(self):
        text = self.done("list").stdout
        rows = json.loads(self.done("list", "--json").stdout)
        self.assertEqual([row["name"] for row in rows][:5], ["zero", "one", "constant", "uniform", "normal"])
        for row in rows:
            self.assertIn(row["name"], text)
            one = self.done("list", row["name"]).stdout
            for name in [row["name"], *row["aliases"]]:
                self.assertIn(name, one)
            for parameter in row["parameters"]:
                self.assertIn(parameter["name"], one)
                self.assertIn(parameter["help"], one)
        # What can be set, with its default, below each.
        self.assertIn('\n               rnd_type="uniform", factor_type="avg", magnitude=3\n', text)
        self.assertIn("\n               value\n", text)
        self.assertEqual(json.loads(self.done("list", "XAVIER", "--json").stdout), [row for row in rows if row["name"] == "xavier"])
        self.assertEqual(self.done("list", "zeros").stdout, self.done("list", "zero").stdout)

    def test_examples_of_the_man_page(self):
        """Those of init, as they stand there, for the models that they name."""
        with open(MAN) as file:
            commands = [line.replace("\\-", "-") for line in file if line.startswith("fanin init ")]
        self.assertGreaterEqual(len(commands), 3)
        for command in commands:
            self.done(*shlex.split(command)[1:], "--dry-run", cwd=MODELS)
        # What the program's own help shows.
        (command,) = re.findall("^  fanin (init .*)$", self.done("--help").stdout, re.MULTILINE)
        files = {"model.json": model("gpt2"), "rules.json": rules("gpt2")}
        self.done(*(files.get(word, word) for word in shlex.split(command)), "--dry-run")

    def test_abbreviation(self):
        """As getopt_long has it."""
        self.done("init", "--lik", model("mnist-mlp"), "--ini", "xavier", "--dry")


if __name__ == "__main__":
    main()
