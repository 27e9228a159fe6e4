import pytest
from django.test import RequestFactory

from stack_apikeys.wire.exceptions import CannotGetOwnUserWithoutUser
from stack_apikeys.wire.views import StubView

OPEN = {"authentication_classes": [], "permission_classes": []}


@pytest.mark.parametrize(
    ("methods", "allowed", "not_allowed"),
    [(["get", "head", "options"], "GET", "POST"), (["post", "options"], "POST", "GET")],
)
def test_a_stub_view_answers_the_same_to_each_request(methods, allowed, not_allowed):
    view = StubView.as_view(answer={"inserted": 0}, http_method_names=methods, **OPEN)
    response = view(RequestFactory().generic(allowed, "/"), user_id="me")
    assert (response.status_code, response.data) == (200, {"inserted": 0})
    assert view(RequestFactory().generic(not_allowed, "/")).status_code == 405


def test_a_stub_view_requires_an_access_type_by_default():
    response = StubView.as_view(answer={})(RequestFactory().get("/"))
    assert response.data["code"] == "ACCESS_TYPE_REQUIRED"


def test_a_stub_view_may_refuse_requests():
    class RefusingView(StubView):
        def check_request(self, request):
            raise CannotGetOwnUserWithoutUser

    response = RefusingView.as_view(answer={}, **OPEN)(RequestFactory().get("/"))
    assert response.data["code"] == "CANNOT_GET_OWN_USER_WITHOUT_USER"
