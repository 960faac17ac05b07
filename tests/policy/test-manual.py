#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the manual mom-policy(7) against the program: its examples run, its lists are complete.

It reads the manual's source, asks the built evaluator and the tables in the sources, and changes nothing.
Usage: test-manual.py SOURCE_ROOT POLICY_VECTORS POLICY_NAMES

Before each display (.EX) of the manual stand comment lines of the form `.\\" KEY: VALUE`:

  state             the display is the state (JSON) that all examples are evaluated on
  example: NAME     the display is a policy, evaluated as 50_main_; what is expected of it:
  expect: VALUE     its last expression gives VALUE; "shown": as its comments `# => VALUE` say
  control: ENTITY CONTROL = VALUE    at the end; ENTITY is "host" or "guest NAME", VALUE may be "absent"
  tune: guest NAME DISK LIMIT = VALUE    what the disk's current limit is at the end
  fails             it ends with an error, which is the whole of the next display
  message           the display is the error of the example before
  stock: TEXT       it is evaluated behind the stock set, TEXT being the policy 01-parameters
  first: 1          it is evaluated as 01-site, not as 90-example, in that set
  without: ENTITY CONTROL = VALUE    the control before the example is added to the stock set

Elsewhere `limit: NAME` stands before the row of the limit MOM_POLICY_MAX_NAME.
VALUE is written as `debug` prints it, but that strings are in quotes.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

ROOT, VECTORS, NAMES = sys.argv[1:4]
sys.path.insert(0, os.path.join(ROOT, "tests", "conformance"))
from compare import exact  # noqa: E402

PAGE = "policy/mom-policy.7"
STOCK = "contrib/vdsm/mom.d"
WIDTH = 80
ESCAPES = {r"\-": "-", r"\e": "\\", r"\(aq": "'", r"\(dq": '"', r"\(ha": "^", r"\(ti": "~", r"\&": ""}


class Fault(Exception):
    pass


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def plain(text):
    """Roff as the reader sees it, macros apart."""
    text = re.sub(r"\\f(\[[A-Z]*\]|.)", "", text)
    return re.sub(r"\\\(..|\\.", lambda m: ESCAPES.get(m.group(), m.group()), text)


# ---- the page ----

def read_blocks(source):
    """The displays: dicts of their marks, with `text` and `number` (of the line)."""
    blocks, marks, lines = [], {}, None
    for number, line in enumerate(source.splitlines(), 1):
        mark = re.match(r'\.\\" ([a-z]+)(?:: (.*))?$', line)
        if line == ".EX":
            lines = []
        elif line == ".EE":
            blocks.append(dict(marks, text="\n".join(lines) + "\n", number=number))
            marks, lines = {}, None
        elif lines is not None:
            lines.append(plain(line))
        elif mark and mark.group(1) in ("control", "tune", "without"):
            marks.setdefault(mark.group(1), []).append(mark.group(2))
        elif mark:
            marks[mark.group(1)] = mark.group(2)
        elif line.startswith((".SH", ".SS")):
            marks = {}
    return blocks


def section(source, *titles):
    """The text of the sections (.SH) of these titles."""
    parts = re.split(r"^\.SH (.*)$", source, flags=re.M)
    found = [plain(body) for title, body in zip(parts[1::2], parts[2::2]) if title in titles]
    if len(found) != len(titles):
        raise Fault("no such sections: %s" % ", ".join(titles))
    return "\n".join(found)


def rows(text):
    """The cells of each row of its tables; a row goes on over the lines of T{ ... T}."""
    for table in re.findall(r"^\.TS$(.*?)^\.TE$", text, flags=re.M | re.S):
        joined = re.sub(r"T\{\n(.*?)\nT\}", lambda m: m.group(1).replace("\n", " "), table, flags=re.S)
        body = [line for line in joined.split("\n_\n", 1)[1].splitlines() if line]
        for line in body:
            if not line.startswith('.\\"'):
                yield line.split("\t")


# ---- values ----

def parse_value(text):
    value, rest = parse_part(text.strip())
    if rest.strip():
        raise Fault("no value: %s" % text)
    return value


def parse_part(text):
    words = {"nil": None, "true": True, "false": False, "inf": float("inf"), "nan": float("nan")}
    if text.startswith("("):
        items, text = [], text[1:].lstrip()
        while not text.startswith(")"):
            item, text = parse_part(text)
            items.append(item)
            text = text.lstrip()
        return items, text[1:]
    # In a list a string ends at the next quote, alone at the last one.
    for pattern, convert in ((r'"(.*)"$', str), (r'"([^"]*)"', str), (r"(-?\d+)(?![\d.e])", int),
                             (r"(-?\d[\d.e+-]*)", float), (r"<[a-zA-Z/ ]+>()", lambda _: {"t": "opaque"})):
        found = re.match(pattern, text)
        if found and not (pattern.startswith('"(.*') and re.match(r'"[^"]*"[ )]', text)):
            return convert(found.group(1)), text[found.end():]
    word = re.match(r"[a-z]+", text)
    if not word or word.group() not in words:
        raise Fault("no value: %s" % text)
    return words[word.group()], text[word.end():]


def check_same(what, wanted, got):
    if not exact(wanted, got):
        raise Fault("%s: the manual says %s, the program %s" % (what, json.dumps(wanted), json.dumps(got)))


# ---- examples ----

class Evaluator:
    def __init__(self, state):
        self.state = state
        self.process = subprocess.Popen([VECTORS, os.path.join(ROOT, STOCK)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def run(self, **vector):
        vector = dict(self.state, name="manual", kind="eval", category="manual", **vector)
        self.process.stdin.write(json.dumps(vector) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def guest(self, name):
        return next(g for g in self.state["guests"] if g["properties"]["name"] == name)["properties"]["uuid"]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def stock_set(parameters):
    texts = {os.path.basename(p)[:-len(".policy")]: read(p)
             for p in glob.glob(os.path.join(ROOT, STOCK, "*.policy"))}
    texts["01-parameters"] = parameters
    return texts


def check_control(evaluator, answer, line):
    found = re.match(r"(host|guest (\S+)) (\S+) = (.*)$", line)
    if not found:
        raise Fault("no control: %s" % line)
    _, guest, control, value = found.groups()
    controls = answer["guest_controls"].get(evaluator.guest(guest), {}) if guest else answer["host_controls"]
    if value != "absent":
        check_same(line, parse_value(value), controls.get(control, "absent"))
    elif control in controls:
        raise Fault("%s: the program sets it to %s" % (line, controls[control]))


def check_tune(evaluator, answer, line):
    guest, disk, limit, value = re.match(r"guest (\S+) (\S+) (\S+) = (.*)$", line).groups()
    tunes = answer["io_tune"][evaluator.guest(guest)]
    tune = next(t for t in tunes if t["name"] == disk)
    check_same(line, parse_value(value), tune["ioTune"].get(limit, "absent"))


def check_shown(text, answer):
    shown = re.findall(r"# => (.*)$", text, flags=re.M)
    if len(shown) != len(answer["results"]):
        raise Fault("%d values are shown, %d expressions evaluated" % (len(shown), len(answer["results"])))
    for number, (value, got) in enumerate(zip(shown, answer["results"]), 1):
        check_same("value %d" % number, parse_value(value), got)


def run_example(evaluator, block):
    if "stock" not in block:
        return evaluator.run(policy=block["text"])
    policies = stock_set(block["stock"])
    answer = evaluator.run(policies=policies)
    for line in block.get("without", []):
        check_control(evaluator, answer, line)
    policies["01-site" if "first" in block else "90-example"] = block["text"]
    return evaluator.run(policies=policies)


def check_example(evaluator, block, message):
    answer = run_example(evaluator, block)
    error = answer.get("error")
    if "fails" in block:
        if not error or not message or error["message"] != message["text"].strip():
            raise Fault("the error is: %s" % (error and error["message"]))
        return
    if error:
        raise Fault(error["message"])
    if not {"expect", "control", "tune"} & block.keys():
        raise Fault("nothing is expected of it")
    if block.get("expect") == "shown":
        check_shown(block["text"], answer)
    elif "expect" in block:
        check_same("value", parse_value(block["expect"]), answer["results"][-1])
    for line in block.get("control", []):
        check_control(evaluator, answer, line)
    for line in block.get("tune", []):
        check_tune(evaluator, answer, line)


def check_displays(blocks):
    for block in blocks:
        if not {"example", "state", "message"} & block.keys():
            raise Fault("%s:%d: a display that is no example" % (PAGE, block["number"]))


# ---- names ----

def check_coverage(blocks, names):
    """What no example uses may be told wrongly."""
    signs = {"+": "add", "-": "sub", "*": "mul", "/": "div", "<<": "shl", ">>": "shr", "<": "lt", ">": "gt",
             "<=": "lte", ">=": "gte", "==": "eq", "!=": "neq"}
    text = "\n".join(block["text"] for block in blocks if "example" in block)
    heads = {signs.get(head, head) for head in re.findall(r"\(([^\s()]+)", text)}
    methods = {head.split(".")[1] for head in heads if re.match(r"\w+\.\w+$", head)}
    for kind, used in (("builtin", heads), ("extension", heads), ("function", heads), ("method", methods)):
        check_sets(kind + "s in examples", of_kind(names, kind), used & of_kind(names, kind))


def known_names():
    out = subprocess.run([NAMES], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [tuple(line.split()) for line in out.splitlines()]


def of_kind(names, kind):
    return {name[1:] if len(name) > 2 else name[1] for name in names if name[0] == kind}


def check_sets(what, known, told):
    if known - told:
        raise Fault("the manual lacks the %s: %s" % (what, sorted(known - told)))
    if told - known:
        raise Fault("the manual tells of unknown %s: %s" % (what, sorted(told - known)))


def check_builtins(source, names):
    operators = section(source, "OPERATORS")
    words = {word for row in rows(operators) for word in row[1].split()}
    forms = set(re.findall(r"\(([a-z-]+)", section(source, "SPECIAL FORMS", "EXTENSIONS")))
    known = of_kind(names, "builtin")
    check_sets("builtins", known, (words | forms) & known)
    check_sets("words of operators", words & known, words)
    calls = set(re.findall(r"\(([a-z]+)", section(source, "PREDEFINED VARIABLES")))
    added = set(re.findall(r'^\.BI "\(([a-z-]+)', section(source, "EXTENSIONS"), flags=re.M))
    check_sets("extensions", of_kind(names, "extension"), added)
    check_sets("functions", of_kind(names, "function"), calls & of_kind(names, "function"))


def check_methods(source, names):
    text = section(source, "HOST AND GUESTS", "EXTENSIONS")
    for kind, pattern in (("method", r"entity \.([A-Z]\w+)"), ("tune", r"\b(\w+)\b")):
        known = of_kind(names, kind)
        check_sets(kind + "s", known, set(re.findall(pattern, text)) & known)


def check_properties(source):
    text = section(source, "HOST AND GUESTS")
    entry = text[text.index("entity .Prop"):text.index("entity .Stat ")]
    known = set(re.findall(r'mom_entity_set_property\([^;]*?"(\w+)"', "".join(
        read(path) for path in glob.glob(os.path.join(ROOT, "agent", "*.c")))))
    check_sets("properties", known, set(re.findall(r"\w+", entry)) & known)


def check_fields(source, names):
    told = set()
    for part in re.split(r"^\.SS ", section(source, "FIELDS"), flags=re.M)[1:]:
        title, body = part.split("\n", 1)
        told |= {(collector, row[0]) for collector in re.findall(r"\w+", title) for row in rows(body)}
    check_sets("fields", of_kind(names, "field"), told)


def check_controls(source, names):
    text = section(source, "CONTROLS")
    known = {name for _, name in of_kind(names, "control")}
    check_sets("controls", known, {row[0] for row in rows(text)})
    for owner, name in of_kind(names, "control"):
        if not any(row[0] == name and row[3].startswith(owner + ":") for row in rows(text)):
            raise Fault("%s is read by %s" % (name, owner))
    check_sets("controllers", of_kind(names, "controller"), set(re.findall(r"\w+", text)) & of_kind(names, "controller"))


def check_rails(source):
    text = "".join(read("controllers/" + name) for name in ("rails.c", "rails-balloon.c", "guard.c"))
    known = set(re.findall(r'\{\s*"([a-z]+(?:-[a-z]+)+)",\s*"', text))
    check_sets("rails", known, {row[0] for row in rows(section(source, "RAILS"))})


def check_limits(source):
    known = {name: str(eval(value)) for name, value in  # numbers and * only
             re.findall(r"^#define MOM_POLICY_MAX_(\w+) ([\d()* ]+)$", read("policy/policy.h"), flags=re.M)}
    told = dict(re.findall(r'^\.\\" limit: (\w+)\n(?:T\{\n(?:[^T].*\n)*T\})?.*\t(\d+)$', source, flags=re.M))
    check_sets("limits", set(known.items()), set(told.items()))


def check_stock(source):
    told = section(source, "POLICIES AND THEIR NAMES")
    known = set(stock_set(""))
    check_sets("stock policies", known, {row[0] for row in rows(told)})
    parameters = set(re.findall(r"^\(defvar (\w+)", read(STOCK + "/00-defines.policy"), flags=re.M))
    check_sets("parameters", parameters, set(re.findall(r"\w+", told)) & parameters)


# ---- the page as one reads it ----

def check_rendering():
    if not (shutil.which("man") and shutil.which("groff")):
        raise Fault("man (man-db) or groff (groff-base) is not installed")
    done = subprocess.run(["man", "--warnings", "-l", os.path.join(ROOT, PAGE)], capture_output=True, text=True,
                          env=dict(os.environ, MANWIDTH=str(WIDTH), MANROFFOPT="", LC_ALL="C.UTF-8", MANPAGER="cat"))
    if done.returncode or done.stderr.strip():
        raise Fault(done.stderr.strip() or "man ends with %d" % done.returncode)
    for line in done.stdout.splitlines():
        if len(re.sub(".\b|\x1b\\[[0-9;]*m", "", line)) > WIDTH:
            raise Fault("wider than the page: %s" % line)


def cases(source, blocks, evaluator):
    names = known_names()
    for i, block in enumerate(blocks):
        if "example" not in block:
            continue
        message = blocks[i + 1] if i + 1 < len(blocks) and "message" in blocks[i + 1] else None
        yield "the example %s does what the manual says" % block["example"], check_example, (evaluator, block, message)
    yield "every display is an example", check_displays, (blocks,)
    yield "every builtin is in the manual", check_builtins, (source, names)
    yield "every builtin and method is in an example", check_coverage, (blocks, names)
    yield "every method is in the manual", check_methods, (source, names)
    yield "every property is in the manual", check_properties, (source,)
    yield "every field is in the manual with its collector", check_fields, (source, names)
    yield "every control is in the manual with its controller", check_controls, (source, names)
    yield "every rail is in the manual", check_rails, (source,)
    yield "every limit is in the manual with its value", check_limits, (source,)
    yield "every stock policy and parameter is in the manual", check_stock, (source,)
    yield "the page renders without a warning", check_rendering, ()


def main():
    source = read(PAGE)
    blocks = read_blocks(source)
    state = json.loads(next(block["text"] for block in blocks if "state" in block))
    evaluator = Evaluator(state)
    listed = list(cases(source, blocks, evaluator))
    print("1..%d" % len(listed))
    bad = 0
    for number, (name, check, arguments) in enumerate(listed, 1):
        try:
            check(*arguments)
            print("ok %d - %s" % (number, name))
        except (Fault, KeyError, ValueError, StopIteration) as why:
            bad += 1
            print("not ok %d - %s" % (number, name))
            print("# %s: %s" % (type(why).__name__, str(why).replace("\n", "\n# ")))
    evaluator.end()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
