"""LitServe: `python litserve_server.py MODEL PORT BATCH`."""

import sys

import litserve
import numpy as np
from models import decode, load


class Api(litserve.LitAPI):
    def setup(self, device):
        self.model = load(sys.argv[1])

    def decode_request(self, request):
        return decode(request["instances"])

    def batch(self, inputs):
        self.sizes = [len(x) for x in inputs]
        return np.concatenate(inputs)

    def predict(self, x):
        return self.model(x)

    def unbatch(self, output):
        return np.split(output, np.cumsum(self.sizes)[:-1])

    def encode_response(self, output):
        return {"predictions": output.tolist()}


if __name__ == "__main__":
    batched = int(sys.argv[3])
    api = Api(max_batch_size=64, batch_timeout=0.002) if batched else Api()
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, fast_queue=True)
    server.run(
        host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False, log_level="error"
    )
