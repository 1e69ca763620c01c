"""Checks the relative links of the Markdown files under a folder: what they point to exists, heading included.   links.py FOLDER"""

import os
import re
import sys

# Of a source tree: what was built or comes from elsewhere.
SKIPPED = {"build", ".git", "tests", "shared"}


def without_code(text):
    """Links in examples of code are none."""
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^(?: {4}|\t).*$", "", text, flags=re.MULTILINE)
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)


def anchors(path):
    """As GitHub makes them of headings."""
    with open(path) as file:
        headings = re.findall(r"^#+ +(.*)$", re.sub(r"^```.*?^```", "", file.read(), flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def check(path):
    with open(path) as file:
        targets = re.findall(r"\]\(([^)\s]+)\)", without_code(file.read()))
    links, broken = 0, []
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        links += 1
        name, _, anchor = target.partition("#")
        file = os.path.join(os.path.dirname(path), name) if name else path
        if not os.path.exists(file) or (anchor and anchor not in anchors(file)):
            broken.append("%s: %s" % (path, target))
    return links, broken


def main():
    links, broken = 0, []
    for folder, folders, files in os.walk(sys.argv[1]):
        folders[:] = [name for name in folders if name not in SKIPPED]
        for name in files:
            if name.endswith(".md"):
                found, wrong = check(os.path.join(folder, name))
                links, broken = links + found, broken + wrong
    print("\n".join(broken + ["%d relative links, %d broken" % (links, len(broken))]))
    return 1 if broken or links == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
