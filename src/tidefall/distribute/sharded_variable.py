"""placeholder"""


class ShardedVariable:
    def __init__(self, variables):
        self.variables = list(variables)
