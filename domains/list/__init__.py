"""List processing: the published sets of primitives, each as a domain with tasks of our own."""

from ...dsl import Domain
from .functions import BASE, COMMON, MCCARTHY, RICH
from .tasks import origami_tasks, standard_tasks

__all__ = [
    "BASE",
    "COMMON",
    "MCCARTHY",
    "RICH",
    "base",
    "common",
    "domain",
    "origami",
    "origami_tasks",
    "primitives",
    "rich",
    "standard_tasks",
]

base = Domain("list-base", BASE, standard_tasks, doc="Lists with first-order primitives only.")
common = Domain("list", COMMON, standard_tasks, doc="Lists with map, fold and unfold.")
rich = Domain("list-rich", RICH, standard_tasks, doc="Lists with most routines given.")
origami = Domain("origami", MCCARTHY, origami_tasks, doc="Recursive functions from Lisp of 1959.")

domain = common
primitives = COMMON
