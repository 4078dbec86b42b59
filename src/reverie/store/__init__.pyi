from .store import FILE as FILE
from .store import Store as Store
