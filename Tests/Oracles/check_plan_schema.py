#!/usr/bin/env python3
"""Judge plans by the JSON schema of plans, with PyPI's jsonschema.

usage: check_plan_schema.py SCHEMA CASES

CASES has a plan a line behind its verdict; the unit tests judge the same lines by the reader (Plan/PlanText).
Besides: the schema is one, every object in it refuses unknown keys, and every key of a plan has a description.
Prints "N passed, N failed"; exits 1 where any failed.
"""
import json
import sys

import jsonschema

passed = failed = 0


def check(holds, what):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print("FAILED:", what)


def refuse_constant(name):
    raise ValueError("not JSON: " + name)


def keys(node, path):
    """Each key of a plan with its own schema."""
    if isinstance(node, dict):
        for name, child in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ():
            yield path + "/" + name, child
        for name, child in node.items():
            if name not in ("if", "then", "not", "allOf"):
                yield from keys(child, path + "/" + name)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    seen = set()
    with open(sys.argv[2], encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("#"):
                continue
            verdict, text = line.rstrip("\n").split("\t")
            plan = json.loads(text, parse_constant=refuse_constant)
            seen.add(verdict)
            errors = [error.message for error in validator.iter_errors(plan)]
            if verdict == "invalid":
                check(errors, f"line {number} is invalid, and the schema takes it: {text}")
            else:
                check(not errors, f"line {number} is {verdict}, and the schema refuses it: {errors[:2]} {text}")
    check(seen == {"valid", "invalid", "meaning"}, f"verdicts are {sorted(seen)}")
    for path, node in keys(schema, ""):
        if not isinstance(node, dict):
            continue
        target = node
        while "$ref" in target and "description" not in target:
            target = schema["$defs"][target["$ref"].rsplit("/", 1)[1]]
        check("description" in target, path + " has no description")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or passed == 0)


main()
