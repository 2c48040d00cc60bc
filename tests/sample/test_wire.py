"""The two request shapes of the sample server, and what it says to a bad request."""

import http.client
import json
import threading

import pytest

from sample.wire import LONGEST_BODY, AnswerServer


@pytest.fixture
def connection():
    with AnswerServer("127.0.0.1", 0, str.upper) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        client = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
        yield client
        client.close()
        server.shutdown()
        thread.join()


def post(connection, path, body):
    connection.request("POST", path, body if isinstance(body, str) else json.dumps(body))
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_classify_answers_a_label_with_its_usage(connection):
    assert post(connection, "/classify", {"text": "lost bag."}) == (
        200,
        {
            "label": "LOST BAG.",
            "usage": {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6},
        },
    )


def test_chat_answers_the_last_user_message_and_counts_every_message(connection):
    messages = [
        {"role": "system", "content": "sort this mail"},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "FIRST"},
        {"role": "user", "content": "second"},
    ]

    status, body = post(connection, "/v1/chat/completions", {"model": "m", "messages": messages})

    assert status == 200
    assert body["choices"][0]["message"] == {"role": "assistant", "content": "SECOND"}
    assert body["usage"] == {"prompt_tokens": 6, "completion_tokens": 1, "total_tokens": 7}


def test_one_connection_serves_many_requests(connection):
    for _ in range(3):
        assert post(connection, "/classify", {"text": "a"})[0] == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("/classify", "not json", 400, "The body is not JSON."),
        ("/classify", [], 400, "The body is not a JSON object."),
        ("/classify", {}, 400, 'Send {"text": "…"}.'),
        ("/nowhere", {}, 404, "There is no /nowhere here."),
        ("/v1/chat/completions", {}, 400, "Send a list of messages, each with a role and a content."),
        (
            "/v1/chat/completions",
            {"messages": []},
            400,
            "Send at least one message with the role user.",
        ),
    ],
)
def test_a_bad_request_gets_a_sentence(connection, path, body, status, sentence):
    assert post(connection, path, body) == (status, {"error": {"message": sentence}})


def test_a_body_over_the_limit_is_refused_unread(connection):
    connection.putrequest("POST", "/classify")
    connection.putheader("Content-Length", str(LONGEST_BODY + 1))
    connection.endheaders()

    assert connection.getresponse().status == 413


def test_health_says_ready(connection):
    connection.request("GET", "/health")

    assert json.loads(connection.getresponse().read()) == {"ready": True}
