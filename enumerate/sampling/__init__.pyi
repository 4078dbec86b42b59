from .sampler import Sampler as Sampler
