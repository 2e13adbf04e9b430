"""Each test runs on each server of $MATRIX, one server after the other."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import picture as picture_module  # noqa: E402
import server as server_module  # noqa: E402

NAMES = os.environ.get("MATRIX", " ".join(server_module.KINDS)).split()


def pytest_configure(config):
    config.addinivalue_line("markers", "servers(*names): runs on these only")
    unknown = set(NAMES) - set(server_module.KINDS)
    if unknown or not NAMES:
        raise pytest.UsageError("MATRIX=%s: known are %s" % (
            " ".join(NAMES), " ".join(server_module.KINDS)))


def pytest_generate_tests(metafunc):
    if "server" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("servers")
        names = [name for name in NAMES if not mark or name in mark.args]
        metafunc.parametrize("server", names, indirect=True, scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """A server is started once."""
    place = {name: at for at, name in enumerate(NAMES)}
    items.sort(key=lambda item: place.get(item.callspec.params["server"], -1))


@pytest.fixture(scope="session")
def server(request):
    made = server_module.Server(request.param)
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture(scope="session")
def picture(server):
    with picture_module.Picture(server) as picture:
        yield picture
