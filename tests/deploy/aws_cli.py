"""`aws SERVICE OPERATION --option …` as the command line does it, as far as the runbook needs it.

Tests run the runbook's own commands with it: `AWS_ENDPOINT_URL` says where.
"""

import json
import os
import sys
from datetime import datetime
from typing import Any

import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.model import Shape

from deploy.local.bootstrap import client

GLOBAL = {"query": "", "output": "json"}


def options(words: list[str]) -> dict[str, list[str]]:
    """The words after each option."""
    found: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            found[word.removeprefix("--")] = said = []
        else:
            said.append(word)
    return found


def value(shape: Shape, words: list[str]) -> Any:
    """Words as the type of a parameter."""
    match shape.type_name:
        case "list":
            return words
        case "integer":
            return int(*words)
        case "structure":
            return json.loads(*words)
        case "timestamp":
            return datetime.fromisoformat(*words)
        case "boolean":
            return not words
    (word,) = words
    return word


def parameters(shape: Shape, given: dict[str, list[str]]) -> dict[str, Any]:
    """Parameters of an operation. Raises KeyError for an option that it does not have."""
    members = {xform_name(name, "-"): name for name in shape.members}  # type: ignore[attr-defined]
    found: dict[str, Any] = {}
    for option, words in given.items():
        name = members.get(option) or members[option.removeprefix("no-")]
        off = option not in members
        found[name] = False if off else value(shape.members[name], words)  # type: ignore[attr-defined]
    return found


def main(service: str, operation: str, *words: str) -> None:
    caller = client(service, os.environ["AWS_ENDPOINT_URL"])
    waits = operation == "wait"
    if waits:
        waiter = caller.get_waiter(words[0].replace("-", "_"))
        operation, words = xform_name(waiter.config.operation, "-"), words[1:]
    given = options(list(words))
    how = {name: " ".join(given.pop(name, [default])) for name, default in GLOBAL.items()}
    method = operation.replace("-", "_")
    shape = caller.meta.service_model.operation_model(
        caller.meta.method_to_api_mapping[method]
    ).input_shape
    said = parameters(shape, given)
    if waits:
        waiter.wait(**said, WaiterConfig={"Delay": 0.05, "MaxAttempts": 20})
        return
    answer = getattr(caller, method)(**said)
    answer.pop("ResponseMetadata")
    found = jmespath.search(how["query"], answer) if how["query"] else answer
    sys.stdout.write(f"{found if how['output'] == 'text' else json.dumps(found, default=str)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
