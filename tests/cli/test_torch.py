"""The table from torch.nn.init to fanin in docs/initializers.md, held against the formulas of torch's documentation."""

import json
import math
import os
import re

from program import ERRORS, MODELS, File, Test, elements, main

TABLE = os.path.join(MODELS, "..", "..", "docs", "initializers.md")
SHAPES = {"linear.weight": [300, 200], "conv.weight": [96, 40, 3, 3]}

# Bounds of uniform and standard deviations of normal distributions, from the fans.
FORMULAS = {
    "xavier_uniform_": ("uniform", lambda fan_in, fan_out: math.sqrt(6 / (fan_in + fan_out))),
    "xavier_normal_": ("normal", lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out))),
    'kaiming_uniform_(nonlinearity="relu")': ("uniform", lambda fan_in, fan_out: math.sqrt(2) * math.sqrt(3 / fan_in)),
    'kaiming_normal_(nonlinearity="relu")': ("normal", lambda fan_in, fan_out: math.sqrt(2 / fan_in)),
    # The gain of a leaky ReLU, sqrt(2 / (1 + a^2)).
    "kaiming_uniform_(a=√5)": ("uniform", lambda fan_in, fan_out: math.sqrt(2 / (1 + 5)) * math.sqrt(3 / fan_in)),
    "normal_(std=0.02)": ("normal", lambda fan_in, fan_out: 0.02),
    "uniform_(-0.1, 0.1)": ("uniform", lambda fan_in, fan_out: 0.1),
}
# A distribution's number by its fans, with gain 3.
GAINS = {"xavier_uniform_": 3.0, 'kaiming_normal_(nonlinearity="relu")': 3.0}
CONSTANTS = {"ones_": 1.0, "zeros_": 0.0, "constant_(0.5)": 0.5}


def table():
    """{torch: spec} of the document."""
    with open(TABLE) as file:
        section = re.search(r"^## From torch.nn.init$(.*?)^## ", file.read(), re.MULTILINE | re.DOTALL).group(1)
    rows = {}
    for line in section.split("\n"):
        if line.startswith("| `"):
            torch, specs = (re.findall("`([^`]*)`", cell) for cell in line.strip("| ").split(" | "))
            torch = [name for name in torch if name not in ("Linear", "Conv")]
            rows.update(zip(torch, specs))
    return rows


class Torch(Test):
    def fill(self, spec):
        like = self.write("in.json", {name: {"dtype": "F32", "shape": shape} for name, shape in SHAPES.items()})
        self.done("init", "--like", like, "--init", spec, "--quiet", "-o", self.path("out"))
        return File(self.path("out"))

    def check(self, spec, kind, formula):
        file = self.fill(spec)
        for name, shape in SHAPES.items():
            values = file.values(name)
            field = elements(shape[2:])
            number = formula(shape[1] * field, shape[0] * field)
            count, message = len(values), (name, spec)
            std = math.sqrt(sum(value * value for value in values) / count)
            # The standard error of a deviation is sigma/2 sqrt((kurtosis - 1) / n).
            sigma, kurtosis = (number / math.sqrt(3), 1.8) if kind == "uniform" else (number, 3.0)
            self.assertLess(abs(std - sigma), ERRORS * sigma * math.sqrt((kurtosis - 1) / 4 / count), message)
            largest = max(map(abs, values))
            if kind == "uniform":
                self.assertLessEqual(largest, number * (1 + 1e-6), message)
                self.assertGreater(largest, number * (1 - 40 / count), message)
            else:
                self.assertGreater(largest, 3 * number, message)

    def test_table(self):
        rows = table()
        self.assertEqual(set(rows), set(FORMULAS) | set(CONSTANTS) | {"orthogonal_"})
        for torch, (kind, formula) in FORMULAS.items():
            self.check(rows[torch], kind, formula)
        for torch, value in CONSTANTS.items():
            self.assertEqual(set(self.fill(rows[torch]).values("linear.weight")), {value})

    def test_gain(self):
        """It multiplies the magnitude by its square."""
        for torch, gain in GAINS.items():
            kind, formula = FORMULAS[torch]
            spec = table()[torch]
            name, parameters = json.loads(spec) if spec.startswith("[") else (spec, {})
            parameters["magnitude"] = parameters.get("magnitude", 3) * gain ** 2
            self.check(json.dumps([name, parameters]), kind, lambda fan_in, fan_out, f=formula, g=gain: g * f(fan_in, fan_out))

    def test_orthogonal(self):
        """Orthonormal columns where there are fewer of them, else rows, of the matrix of shape[0] rows."""
        file = self.fill(table()["orthogonal_"])
        for name, shape in SHAPES.items():
            rows, values = shape[0], file.values(name)
            columns = len(values) // rows
            vectors = [values[i::columns] for i in range(columns)] if columns < rows else \
                      [values[i * columns:(i + 1) * columns] for i in range(rows)]
            for i in range(0, len(vectors), 7):
                for j in range(0, i + 1, 5):
                    product = sum(a * b for a, b in zip(vectors[i], vectors[j]))
                    self.assertLess(abs(product - (i == j)), 1e-4, (name, i, j))
            self.assertLess(abs(sum(value * value for value in vectors[0]) - 1), 1e-4)


if __name__ == "__main__":
    main()
