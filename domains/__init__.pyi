from . import deepcoder as deepcoder
from . import list as list
from .registry import BUILTIN as BUILTIN
from .registry import as_domain as as_domain
from .registry import builtin as builtin
from .registry import load_domain as load_domain
from .registry import source_of as source_of
