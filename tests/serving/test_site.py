"""Which application answers which path."""

import pytest

from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Reply
from tidefall.serving.site import Page, Site


class Named:
    """Answers with its name."""

    def __init__(self, name, quick=True):
        self.name, self.quick = name, quick

    def is_quick(self, request):
        return self.quick

    def handle(self, request, respond):
        respond(Reply(200, self.name.encode()))

    def refuse(self, status, message):
        return Reply(status, f"{self.name}: {message}".encode())


def ask(application, path, method="GET"):
    replies = []
    application.handle(Request(method, path, {}, True), replies.append)
    (reply,) = replies
    return reply


@pytest.fixture
def refused():
    return []


@pytest.fixture
def site(refused):
    site = Site(Named("rest", quick=False), refused.append)
    site.mount("/", Named("home"))
    site.mount("/healthz", Named("health"))
    site.mount("/admin/", Named("admin"))
    return site


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/models/m", "rest"),
        ("/V1/models/m", "rest"),
        ("/", "home"),
        ("/healthz", "health"),
        ("/healthz/", "rest"),
        ("/admin/rollout", "admin"),
        ("/admin/", "admin"),
        ("/admin", "rest"),
        ("/elsewhere", "rest"),
        ("*", "rest"),
    ],
)
def test_a_path_goes_where_it_was_mounted(site, path, name):
    assert ask(site, path).body == name.encode()
    assert site.is_quick(Request("GET", path, {}, True)) == (name != "rest")


@pytest.mark.parametrize("path", ["healthz", "/v1/models", "/V1/x", "/healthz", "/admin/"])
def test_a_place_that_is_taken_or_none_is_refused(site, path):
    with pytest.raises(ValueError, match=path):
        site.mount(path, Named("x"))


def test_refusals_are_worded_by_the_rest_api_and_told(site, refused):
    assert site.refuse(413, "too large") == Reply(413, b"rest: too large")
    assert refused == [413]


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 405), ("DELETE", 405)]
)
def test_a_page_is_read_only(method, status):
    reply = ask(Page(lambda request: Reply(200, b"{}")), "/p", method)
    assert reply.status == status
    if status == 405:
        assert reply.headers == (("Allow", "GET, HEAD"),)


def test_a_page_that_cannot_be_made_is_an_error():
    assert ask(Page(lambda request: 1 // 0), "/p").status == 500
