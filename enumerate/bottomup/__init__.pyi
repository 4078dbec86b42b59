from .bank.bank import KeptProgram as KeptProgram
from .bank.value_interning import mix as mix
from .bank_export import read_bank as read_bank
from .bottomup_search import NotApplicable as NotApplicable
from .bottomup_search import bottom_up as bottom_up
from .bottomup_search import explore as explore
from .bottomup_search import throughput as throughput
