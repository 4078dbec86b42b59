"""Libraries as graphs: an edge from each abstraction to each thing that it uses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..run.run import Run

if TYPE_CHECKING:
    import networkx

__all__ = ["to_dot", "to_graphml"]


def _graph(run: Run) -> networkx.DiGraph[str]:
    """Return the library's graph; abstractions have a definition, a saving and uses."""
    graph = run.library.graph.copy()
    uses = run.uses()
    for name, abstraction in run.library.abstractions.items():
        graph.nodes[name]["definition"] = run.library.show(abstraction.body)
        graph.nodes[name]["uses"] = uses[name]
        if name in run.savings:
            graph.nodes[name]["saving"] = float(run.savings[name])
    used = {name for _, name in graph.edges} | run.library.abstractions.keys()
    graph.remove_nodes_from([name for name in graph if name not in used])
    return graph


def to_graphml(run: Run) -> str:
    """Return a run's library as GraphML; primitives that no abstraction uses are left out."""
    import networkx

    return "\n".join(networkx.generate_graphml(_graph(run))) + "\n"


def to_dot(run: Run) -> str:
    """Return a run's library in Graphviz's language; as :func:`to_graphml`."""
    graph = _graph(run)
    lines = [f"digraph {_quoted(run.domain.name)} {{", "  node [shape=box, fontname=monospace];"]
    for name, data in graph.nodes.items():
        if "definition" in data:
            label, tip = f"{name}\n{data['definition']}", f"{data['type']}, {data['uses']} uses"
            lines.append(f"  {_quoted(name)} [label={_quoted(label)}, tooltip={_quoted(tip)}];")
        else:
            lines.append(f"  {_quoted(name)} [shape=plain, tooltip={_quoted(data['type'])}];")
    lines += [f"  {_quoted(user)} -> {_quoted(used)};" for user, used in graph.edges]
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    # The language knows no escape but \" in a string; \n and the like mean something in labels.
    return json.dumps(text, ensure_ascii=False)
