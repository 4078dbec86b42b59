"""DeepCoder's list language with lambdas: integers and lists of them, one to three inputs."""

from ...dsl import Domain, Limits
from .functions import LARGEST, LONGEST, PRIMITIVES, SMALLEST
from .tasks import make_tasks

__all__ = ["LARGEST", "LONGEST", "PRIMITIVES", "SMALLEST", "domain", "make_tasks", "primitives"]

domain = Domain(
    "deepcoder",
    PRIMITIVES,
    make_tasks,
    limits=Limits(value_range=(SMALLEST, LARGEST), value_length=LONGEST),
    doc="DeepCoder's list language with lambdas; small integers, short lists.",
)
primitives = PRIMITIVES
