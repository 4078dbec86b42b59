from . import deepcoder as deepcoder
from . import list as list
from .registry import BUILTIN as BUILTIN
from .registry import builtin as builtin
from .registry import load_domain as load_domain
