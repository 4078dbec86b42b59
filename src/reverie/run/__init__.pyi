from .events import Event as Event
from .events import PhaseEnded as PhaseEnded
from .events import TaskSearched as TaskSearched
