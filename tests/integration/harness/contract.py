"""daemon/web/openapi.json, and whether an answer is what it promises: status, headers, type and shape."""

import json
import re

import jsonschema

from .util import SOURCE

DOCUMENT = json.loads((SOURCE / "daemon/web/openapi.json").read_text())
RESOLVER = jsonschema.RefResolver("", DOCUMENT)
OUTSIDE = {"OPTIONS", "HEAD", "BREW"}


def resolved(value):
    return RESOLVER.resolve(value["$ref"])[1] if "$ref" in value else value


def operation(method, path):
    """Of a request; None: the document has none."""
    path = path.split("?")[0]
    for template, operations in DOCUMENT["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in operations:
            return operations[method.lower()]
    return None


def check(method, path, answer):
    found = operation(method, path)
    if found is None:
        assert method in OUTSIDE or answer.status in (404, 405), f"{method} {path} is not in openapi.json: {answer}"
        return
    response = found["responses"].get(str(answer.status))
    assert response, f"{method} {path}: openapi.json has no {answer.status}: {answer}"
    response = resolved(response)
    for name, header in response.get("headers", {}).items():
        value = answer.headers[name]
        assert value is not None or not header.get("required"), f"{method} {path}: {answer.status} without {name}"
        if value is not None:
            jsonschema.validate(value, header["schema"])
    content = response.get("content")
    if not content:
        assert answer.body == b"", f"{method} {path}: {answer.status} has no body: {answer}"
        return
    kind = answer.headers["Content-Type"].split(";")[0]
    assert kind in content, f"{method} {path}: {answer.status} as {kind}"
    if "schema" in content[kind]:
        jsonschema.Draft202012Validator(content[kind]["schema"], resolver=RESOLVER,
                                        format_checker=jsonschema.FormatChecker()).validate(answer.json)
