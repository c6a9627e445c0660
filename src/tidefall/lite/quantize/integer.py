def float_layers(*a): return []
def quantize_to_integers(*a): raise NotImplementedError
