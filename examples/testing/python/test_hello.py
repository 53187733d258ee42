"""Tests of the Service. Run them with: knap ci --clock virtual -- python3 -m unittest"""

import json
import os
import ssl
import unittest
from urllib.request import Request, urlopen


def call(method, path, body=None):
    """Calls an endpoint of the session's API and returns its JSON."""
    request = Request(os.environ["KNAP_API"] + "/apis/knap.dev/v1" + path, method=method)
    request.add_header("Authorization", "Bearer " + os.environ["KNAP_API_TOKEN"])
    request.add_header("Content-Type", "application/json")
    data = None if body is None else json.dumps(body).encode()
    context = ssl.create_default_context(cafile=os.environ.get("KNAP_API_CA"))
    with urlopen(request, data, context=context) as answer:
        return json.load(answer)


def greet():
    request = Request(os.environ["KNAP_URL"], headers={"Knap-Request-Id": "greeting"})
    with urlopen(request) as answer:
        return answer.status, answer.read().decode()


class HelloTest(unittest.TestCase):
    def test_wakes_from_zero(self):
        call("POST", "/wait", {"service": "hello", "zero": True})
        self.assertEqual(greet(), (200, "Hello from Python\n"))
        answered = call("GET", "/requests?id=greeting")
        self.assertLess(answered["coldStart"]["totalMs"], 30_000)

    def test_documents_its_endpoints(self):
        paths = call("GET", "/openapi")["paths"]
        self.assertIn("/apis/knap.dev/v1/wait", paths)


if __name__ == "__main__":
    unittest.main()
