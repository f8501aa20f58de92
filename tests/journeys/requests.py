"""Stands in for the `requests` package on machines without it: as much of it as the examples use, by the standard library."""
import json as _json
import urllib.error
import urllib.request


class Response:
    def __init__(self, status_code, text):
        self.status_code = status_code
        self.text = text

    def json(self):
        return _json.loads(self.text)


def _send(request):
    try:
        with urllib.request.urlopen(request) as answer:
            return Response(answer.status, answer.read().decode())
    except urllib.error.HTTPError as error:
        return Response(error.code, error.read().decode())


def get(url, headers=None):
    return _send(urllib.request.Request(url, headers=headers or {}))


def post(url, json=None, headers=None):
    body = _json.dumps(json).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    return _send(urllib.request.Request(url, body, headers, method="POST"))
