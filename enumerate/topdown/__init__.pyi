from .enumerator import ProgramBatch as ProgramBatch
from .enumerator import TopDown as TopDown
from .topdown_search import top_down as top_down
