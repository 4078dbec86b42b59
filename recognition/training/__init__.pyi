from .trainer import TrainingReport as TrainingReport
from .trainer import device_of as device_of
from .trainer import fit_network as fit_network
