from .encoders import ElementEncoder as ElementEncoder
from .encoders import encoder_for as encoder_for
from .properties import Properties as Properties
