from .corpus import Corpus as Corpus
from .costs import Costs as Costs
