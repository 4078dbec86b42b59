from .automaton import GrammarAutomaton as GrammarAutomaton
from .batch_scoring import fit_bigram as fit_bigram
from .batch_scoring import log_priors as log_priors
from .compiled_grammar import CompiledGrammar as CompiledGrammar
from .compiled_grammar import TablesTooLarge as TablesTooLarge
from .prior_statistics import ChoiceClasses as ChoiceClasses
from .prior_statistics import PriorStatistics as PriorStatistics
from .prior_statistics import Summariser as Summariser
