"""`tidefall bench-serving`: how many requests a model server answers, and how fast.

Requests are sent either as fast as a number of connections allows (closed loop), or at times drawn
from a Poisson process of a given rate (open loop), as independent clients send them. In the open
loop latency counts from the time a request was meant to be sent: a server that stalls cannot hide
it by keeping the generator waiting (the "coordinated omission" of G. Tene, "How NOT to Measure
Latency", 2013).
"""
