"""Programs that run on several replicas, asked of TensorFlow and of Tidefall.

Each is a function of a `Run`; what it returns is what is compared. `harness.py` runs them; read it
first. The other files hold programs, by what they are about.
"""
