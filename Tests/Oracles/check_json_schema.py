#!/usr/bin/env python3
"""Judge probe6's JSON lines by its schema, with PyPI's jsonschema, and its CSV with Python's csv module.

usage: check_json_schema.py SCHEMA LINES.ndjson [RECORDS.csv]

Besides validity: every kind of line of the schema occurs, no key occurs twice, no line holds a control character,
and the schema is strict (a line with a key too many, at any depth, without a key it needs, or with null must fail).
The CSV is ping's: it has a record for each of ping's events.
Prints "N passed, N failed"; exits 1 where any failed.
"""
import copy
import csv
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


def unique(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a key occurs twice: " + repr(keys))
    return dict(pairs)


def refuse_constant(name):
    raise ValueError("not JSON: " + name)


def shape(node):
    """What decides which part of the schema an object meets: its keys, and its short words and numbers of type."""
    names = [node.get(key) for key in ("verb", "act", "kind", "name", "type", "part")]
    return tuple(sorted(node)), tuple(name for name in names if isinstance(name, (str, int)))


def with_strangers(value, seen):
    """Copies of a line, each with an unknown key in one of the objects inside it whose place and shape is new."""
    paths = [[]]

    def walk(node, path):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(child, dict):
                paths.append(path + [key])
            if isinstance(child, (dict, list)):
                walk(child, path + [key])

    walk(value, [])
    for path in paths:
        node = value
        for key in path:
            node = node[key]
        place = (value.get("event"), tuple(key for key in path if isinstance(key, str)), shape(node))
        if place in seen:
            continue
        seen.add(place)
        changed = copy.deepcopy(value)
        node = changed
        for key in path:
            node = node[key]
        node["unheard_of"] = 1
        yield path, changed


# Lines about runs that were read back, which the lab has made and judges.
COMPARED = ("comparison", "compare_summary", "merge_start")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    with open(sys.argv[2], "rb") as file:
        octets = file.read()
    check(octets.endswith(b"\n"), "the last line is complete")
    lines = octets.decode("utf-8").split("\n")[:-1]
    check(len(lines) > 100, "there are lines of many kinds")

    kinds = [ref["$ref"].rsplit("/", 1)[1] for ref in schema["oneOf"]]
    judges = {
        kind: jsonschema.Draft202012Validator({"$defs": schema["$defs"], "$ref": "#/$defs/" + kind})
        for kind in kinds
    }
    # A line meets only definitions of its own event; asking all of them takes minutes.
    by_event = {}
    for kind in kinds:
        event = schema["$defs"][kind]["properties"]["event"]["const"]
        by_event.setdefault(event, []).append(judges[kind])

    def is_valid(value):
        event = value.get("event")
        candidates = by_event.get(event, []) if isinstance(event, str) else judges.values()
        return sum(judge.is_valid(value) for judge in candidates) == 1

    seen = set()
    shapes = set()
    places = set()
    for number, line in enumerate(lines, 1):
        check(line.isprintable(), f"line {number} has only printable characters")
        try:
            value = json.loads(line, object_pairs_hook=unique, parse_constant=refuse_constant)
        except ValueError as error:
            check(False, f"line {number} is JSON: {error}")
            continue
        worst = None if is_valid(value) else jsonschema.exceptions.best_match(validator.iter_errors(value))
        check(worst is None, f"line {number} is valid: {worst and worst.message[:200]} in {line[:300]}")
        check(list(value)[:3] == ["schema", "event", "time"], f"line {number} begins with its envelope")
        seen.update(kind for kind in kinds if kind not in seen and judges[kind].is_valid(value))

        for path, stranger in with_strangers(value, places):
            check(not is_valid(stranger), f"line {number} with an unknown key in {path} fails")
        if (value.get("event"), shape(value)) in shapes:
            continue
        shapes.add((value.get("event"), shape(value)))
        for key in ("schema", "event", "time"):
            short = copy.deepcopy(value)
            del short[key]
            check(not is_valid(short), f"line {number} without {key} fails")
        for key in value:
            hollow = copy.deepcopy(value)
            hollow[key] = None
            check(not is_valid(hollow), f"line {number} with {key} null fails")

    wanted = set(kinds) - set(COMPARED)
    check(seen == wanted, f"every kind of line occurs: {sorted(seen ^ wanted)}")
    events = {
        schema["$defs"][kind]["properties"]["event"]["const"]
        for kind in wanted
        if not kind.startswith(("trace_", "link_", "sample_"))
    }

    if len(sys.argv) == 4:
        with open(sys.argv[3], encoding="utf-8", newline="") as file:
            records = list(csv.reader(file, strict=True))
        header = records[0]
        check(len(header) == len(set(header)), "the header names every field once")
        for number, record in enumerate(records, 1):
            check(len(record) == len(header), f"record {number} has as many fields as the header")
            for name, field in zip(header, record):
                check(field.isprintable() or field == "", f"record {number}, {name}: printable")
                is_number = field.lstrip("-").isdigit()
                check(is_number or field[:1] not in tuple("=+-@"), f"record {number}, {name}: no formula")
        check({record[1] for record in records[1:]} == events, "every event of ping has a record")

    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
