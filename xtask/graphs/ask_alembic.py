"""Draws random revision graphs, databases and targets, and asks Alembic which steps it would take.

    python ask_alembic.py COUNT SEED > graphs.jsonl

A graph is a line of JSON; `host/tests/oracle/mod.rs` says what is in it. Graph number 17 of a seed is the same whatever COUNT is.
Alembic is asked as its commands ask it (`ScriptDirectory._upgrade_revs` and `_downgrade_revs` with the rows of `alembic_version`), but
for the revisions, which are made here instead of being read from files.
"""

import json
import random
import sys
import tempfile
import types
import warnings

from alembic.script import ScriptDirectory
from alembic.script.revision import Revision, RevisionMap
from alembic.util import CommandError

STATES = 2
TARGETS = 7
SHAPES = ["line", "branches", "merges", "bases", "dependencies", "everything", "everything"]
# Some of them begin like an id can.
LABELS = ["core", "side", "shop", "cafe", "beef", "faced", "ad"]
NO_STEPS = types.SimpleNamespace(upgrade=None, downgrade=None)


class Drawn(Revision):
    """A revision as `RevisionStep` wants it."""

    module = NO_STEPS


def draw_ids(rng, size):
    """As they come from a generator, with a common beginning, short, or counted."""
    style = rng.choice(["long", "long", "close", "short", "counted"])
    if style == "counted":
        return rng.sample([f"{number:04}" for number in range(1, 100)], size)
    ids = set()
    while len(ids) < size:
        length = {"long": rng.randint(6, 12), "close": rng.randint(1, 4), "short": rng.randint(1, 3)}[style]
        drawn = "".join(rng.choice("0123456789abcdef" if style == "long" else "abcde") for _ in range(length))
        ids.add("ab" + drawn if style == "close" else drawn)
    ids = sorted(ids)
    rng.shuffle(ids)
    return ids


def draw_revisions(rng):
    """Lists of id, parents, dependencies and labels; what a revision stands on comes before it."""
    shape, size = rng.choice(SHAPES), rng.randint(1, rng.choice([4, 10, 25]))
    revisions = []
    ids = draw_ids(rng, size)
    for number, name in enumerate(ids):
        earlier = ids[:number]
        taken = {parent for revision in revisions for parent in revision[1]}
        heads = [other for other in earlier if other not in taken]
        several = shape in ("bases", "dependencies", "everything")
        if not earlier or (several and rng.random() < 0.2):
            parents = []
        elif shape == "line":
            parents = [earlier[-1]]
        elif shape in ("merges", "everything") and len(earlier) > 1 and rng.random() < 0.3:
            among = heads if len(heads) > 1 and rng.random() < 0.8 else earlier
            parents = rng.sample(among, min(len(among), rng.randint(2, 4)))
        elif shape != "bases" and rng.random() < 0.35:
            parents = [rng.choice(earlier)]
        else:
            parents = [rng.choice(heads)]
        depends = []
        if shape in ("dependencies", "everything") and rng.random() < 0.35:
            others = [other for other in earlier if other not in parents]
            depends = rng.sample(others, min(len(others), rng.randint(1, 2)))
        revisions.append([name, parents, depends, []])
    if rng.random() < 0.7:
        for label in rng.sample([label for label in LABELS if label not in ids], rng.randint(1, 4)):
            rng.choice(revisions)[3].append(label)
    return revisions


def spoil(rng, revisions):
    """Makes a graph that is none, and says what was done to it."""
    how = rng.choice(["cycle", "cycle", "dependency cycle", "missing parent", "missing dependency", "duplicate", "label twice", "label is id"])
    one = rng.choice(revisions)
    if how in ("cycle", "dependency cycle"):
        above = {one[0]}
        for name, parents, depends, _ in revisions:
            if above.intersection(parents + depends):
                above.add(name)
        edges = one[1] if how == "cycle" else one[2]
        edges.append(rng.choice(sorted(above)))
    elif how == "missing parent":
        one[1].append("nowhere")
    elif how == "missing dependency":
        one[2].append("nowhere")
    elif how == "duplicate":
        revisions.append([one[0], rng.choice([[], one[1]]), [], []])
    elif how == "label twice":
        one[3].append("twice")
        rng.choice(revisions)[3].append("twice")
    else:
        one[3].append(rng.choice(revisions)[0])
    return how


def draw_applied(rng, revisions):
    """What a database may have, in an order in which it may have come to it."""
    needs = {name: set(parents + depends) for name, parents, depends, _ in revisions}
    ids = list(needs)
    goals = rng.choice([[], ids, [rng.choice(ids)], rng.sample(ids, rng.randint(1, len(ids))), rng.sample(ids, min(2, len(ids)))])
    wanted, left = set(), list(goals)
    while left:
        name = left.pop()
        if name not in wanted:
            wanted.add(name)
            left.extend(needs[name])
    applied = []
    while len(applied) < len(wanted):
        ready = [name for name in ids if name in wanted and name not in applied and needs[name].issubset(applied)]
        applied.append(rng.choice(ready))
    return applied


def draw_target(rng, ids, labels, direction):
    """A target of any form; those that say something in this direction more often."""
    up = direction == "up"
    name = rng.choice(ids)
    anchor = rng.choice([name] * 6 + [name[: rng.randint(1, len(name))]] + labels[:2])
    steps = rng.choice([1, 1, 1, 2, 2, 3, 4, 30])
    points = {
        "head": 3 if up else 1,
        "heads": 2 if up else 1,
        "base": 1 if up else 2,
        name: 5,
        name[: rng.randint(1, len(name))]: 3,
        rng.choice(["0zzz", "nosuch", name + "0"]): 1,
        f"+{steps}": 5 if up else 1,
        f"-{steps}": 1 if up else 5,
        f"{anchor}+{steps}": 3,
        f"{anchor}-{steps}": 3,
        f"head-{steps}": 1,
        f"base+{steps}": 1,
    }
    if labels:
        points[rng.choice(labels)] = 1
        beginning = rng.choice(labels)
        points[beginning[: rng.randint(1, len(beginning))]] = 1
    point = rng.choices(list(points), list(points.values()))[0]
    branches = [None] * 18 + ["nowhere", rng.choice(ids)]
    if labels:
        label = rng.choice(labels)
        branches += [label] * 12 + [label[: rng.randint(2, len(label))]]
    branch = rng.choice(branches)
    return point if branch is None else f"{branch}@{point}"


def script_directory(place, revisions):
    """Alembic's directory of scripts, with these."""
    directory = ScriptDirectory(place)
    directory.revision_map = RevisionMap(
        lambda: [
            Drawn(name, tuple(parents) or None, dependencies=tuple(depends), branch_labels=tuple(labels))
            for name, parents, depends, labels in revisions
        ]
    )
    return directory


def answer(ask):
    """What Alembic says: a list of ids, the name of the error that it makes a message of, or, after a `!`, of a traceback."""
    try:
        return ask()
    except CommandError as error:
        return type(error.__cause__).__name__
    except Exception as error:
        return "!" + type(error).__name__


def ends(directory, ask):
    """The graph's heads or bases, with errors made into messages as for `upgrade`."""
    with directory._catch_revision_errors():
        return sorted(ask())


def steps(directory, direction, target, rows):
    """What `alembic upgrade` or `alembic downgrade` would run, in order."""
    plan = directory._upgrade_revs if direction == "up" else directory._downgrade_revs
    return [step.revision.revision for step in plan(target, rows)]


def draw(seed, number, place):
    rng = random.Random(f"{seed}/{number}")
    revisions = draw_revisions(rng)
    spoilt = spoil(rng, revisions) if rng.random() < 0.08 else None
    rng.shuffle(revisions)
    line = {"seed": seed, "graph": number, "revisions": revisions}
    directory = script_directory(place, revisions)
    line["heads"] = answer(lambda: ends(directory, directory.get_heads))
    line["bases"] = answer(lambda: ends(directory, directory.get_bases))
    if spoilt:
        # Alembic never comes back from some of them.
        return line | {"spoilt": spoilt}
    ids = [name for name, *_ in revisions]
    labels = [label for *_, of_it in revisions for label in of_it]
    line["states"] = []
    for _ in range(STATES):
        applied = draw_applied(rng, revisions)
        needed = {need for name, parents, depends, _ in revisions if name in applied for need in parents + depends}
        # As SQLite gives the rows of a table with one column, which is its primary key.
        rows = tuple(sorted(name for name in applied if name not in needed))
        asked = [["up", "heads"], ["down", "base"]]
        for _ in range(TARGETS):
            direction = rng.choice(["up", "down"])
            asked.append([direction, draw_target(rng, ids, labels, direction)])
        answers = [[*one, answer(lambda: steps(directory, *one, rows))] for one in asked]
        line["states"].append({"applied": applied, "asked": answers})
    return line


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as place:
        for number in range(count):
            print(json.dumps(draw(seed, number, place), separators=(",", ":")))


main()
