import pytest

from tests.data.service.servers import service, worker_of


@pytest.fixture
def dispatcher():
    server = service.DispatchServer()
    yield server
    server.stop()


@pytest.fixture
def workers(dispatcher):
    """Two workers of this process."""
    made = [worker_of(dispatcher) for _ in range(2)]
    yield made
    for worker in made:
        worker.stop()
