from .generate import dream as dream
from .random_inputs import RandomInputs as RandomInputs
