"""AutoGraph: Python control flow over tensors, converted into graph control flow.

A function is converted once, when it is first traced. Its source is read (`source`), jumps are
turned into flags (`jumps`), expressions and statements into calls of operators (`expressions`,
`statements`, with the variables found by `scopes`), and the result is compiled with the lines of
the user's own file (`conversion`). The operators look at their operands while the function is
traced: Python values keep Python's semantics, tensors become If and While nodes. Converted code
knows the operators as `ag__`, the module `operators`.
"""
