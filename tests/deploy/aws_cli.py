"""`aws SERVICE OPERATION --option …` as the command line does it, as far as the runbook needs it.

Tests run the runbook's own commands with it. A shell has a program `aws` that passes its words on
to the test's process, because to start a client for each command would take most of the time. Where
tasks are started, this plays ECS and ends them.
"""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from threading import Thread
from typing import Any

import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import Shape
from botocore.validate import validate_parameters

from deploy.local.bootstrap import client

PROGRAM = """#!{python} -IS
import json, os, socket, sys
asked = socket.socket(socket.AF_UNIX)
asked.connect("{address}")
asked.sendall(json.dumps([os.getcwd(), *sys.argv[1:]]).encode() + b"\\n")
code, said = json.load(asked.makefile())
(sys.stderr if code else sys.stdout).write(said)
sys.exit(code)
"""
GLOBAL = {"query": "", "output": "json"}
# What the emulator lacks: its parameters are compared with AWS's description of the service.
LACKING = {
    ("application-autoscaling", "RegisterScalableTarget"),
    ("sqs", "StartMessageMoveTask"),
    ("sqs", "ListMessageMoveTasks"),
}
TOKEN = re.compile(r"[{}\[\],=]|[^{}\[\],=]+")


class CommandLine:
    """`calls` are all that succeeded, `failed` the others, except for those that only wait."""

    def __init__(self, endpoint: str) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failed: list[str] = []
        self._endpoint = endpoint

    @contextmanager
    def program(self, directory: Path) -> Iterator[None]:
        """There is a program `aws` in the directory."""
        address = directory / "aws.socket"

        class Handler(StreamRequestHandler):
            def handle(handler) -> None:  # noqa: N805 (`self` is the command line)
                answer = self._answer(*json.loads(handler.rfile.readline()))
                handler.wfile.write(json.dumps(answer).encode())

        with ThreadingUnixStreamServer(str(address), Handler) as server:
            Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            (directory / "aws").write_text(PROGRAM.format(python=sys.executable, address=address))
            (directory / "aws").chmod(0o755)
            yield
            server.shutdown()

    def _answer(self, directory: str, *words: str) -> tuple[int, str]:
        """Exit code and output."""
        try:
            return 0, self._run(Path(directory), *words)
        except (BotoCoreError, ClientError, LookupError, OSError, ValueError) as problem:
            if "wait" not in words:
                self.failed.append(f"{' '.join(words)}: {problem!r}")
            return 1, f"{problem!r}\n"

    def _run(self, directory: Path, service: str, operation: str, *words: str) -> str:
        caller = client(service, self._endpoint)
        if (service, operation) == ("s3", "cp"):
            source, target = words
            bucket, _, key = target.removeprefix("s3://").partition("/")
            content = (directory / source).read_bytes()
            caller.put_object(Bucket=bucket, Key=f"{key}{source}", Body=content)
            return f"upload: {source}\n"
        if (service, operation) == ("logs", "tail"):
            given = options(list(words[1:]))
            said = {"filterPattern": " ".join(given.pop("filter-pattern", []))}
            assert given.keys() <= {"since"}, given
            found = caller.filter_log_events(logGroupName=words[0], **said)
            return "".join(f"{each['message']}\n" for each in found["events"])
        waits = operation == "wait"
        if waits:
            waiter = caller.get_waiter(words[0].replace("-", "_"))
            operation, words = xform_name(waiter.config.operation, "-"), words[1:]
        given = options([of_file(directory, word) for word in words])
        how = {name: " ".join(given.pop(name, [default])) for name, default in GLOBAL.items()}
        method = operation.replace("-", "_")
        name = caller.meta.method_to_api_mapping[method]
        shape = caller.meta.service_model.operation_model(name).input_shape
        said = parameters(shape, given) if shape else {}
        if waits:
            waiter.wait(**said, WaiterConfig={"Delay": 0.05, "MaxAttempts": 20})
            return ""
        if (service, name) in LACKING:
            validate_parameters(said, shape)
            answer: dict[str, Any] = {}
        else:
            answer = getattr(caller, method)(**said)
            answer.pop("ResponseMetadata")
        self.calls.append((name, said))
        if name == "RunTask":
            for task in answer["tasks"]:
                caller.stop_task(cluster=said["cluster"], task=task["taskArn"])
        answer = json.loads(json.dumps(answer, default=datetime.isoformat))
        return printed(jmespath.search(how["query"], answer) if how["query"] else answer, **how)


def printed(found: Any, *, output: str, **_: str) -> str:
    if output != "text":
        return f"{json.dumps(found)}\n"
    lines = found if isinstance(found, list) and isinstance((*found, 0)[0], list) else [found]
    return "".join(
        "\t".join(map(str, line if isinstance(line, list) else [line])) + "\n" for line in lines
    )


def of_file(directory: Path, word: str) -> str:
    name = word.removeprefix("file://")
    return word if name == word else (directory / name).read_text()


def options(words: list[str]) -> dict[str, list[str]]:
    """The words after each option."""
    found: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            found[word.removeprefix("--")] = said = []
        else:
            said.append(word)
    return found


def parameters(shape: Shape, given: dict[str, list[str]]) -> dict[str, Any]:
    """Parameters of an operation. Raises KeyError for an option that it does not have."""
    members = {xform_name(name, "-"): name for name in shape.members}  # type: ignore[attr-defined]
    found: dict[str, Any] = {}
    for option, words in given.items():
        name = members.get(option) or members[option.removeprefix("no-")]
        of = shape.members[name]  # type: ignore[attr-defined]
        found[name] = value(of, words) if option in members else False
    return found


def value(shape: Shape, words: list[str]) -> Any:
    """Words as the type of a parameter."""
    if shape.type_name == "boolean":
        return not words
    if shape.type_name == "list":
        return [typed(shape.member, structured(word)) for word in words]  # type: ignore[attr-defined]
    (word,) = words
    return typed(shape, structured(word) if shape.type_name == "structure" else word)


def structured(word: str) -> Any:
    """JSON, or the shorthand `a=b,c=[d,e],f={g=h}`; anything else is a text."""
    if word.startswith(('{"', "[", "{}")):
        return json.loads(word)
    return pairs(TOKEN.findall(word)) if re.match(r"\w+=", word) else word


def pairs(tokens: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while tokens and tokens[0] != "}":
        key, _equals = tokens.pop(0), tokens.pop(0)
        found[key] = item(tokens)
        if tokens[:1] == [","]:
            tokens.pop(0)
    return found


def item(tokens: list[str]) -> Any:
    first = tokens.pop(0)
    if first == "{":
        inner = pairs(tokens)
        tokens.pop(0)
        return inner
    if first != "[":
        return first
    items = []
    while (token := tokens.pop(0)) != "]":
        items += [token] * (token != ",")
    return items


def typed(shape: Any, said: Any) -> Any:
    match shape.type_name:
        case "structure":
            said = {name: typed(shape.members[name], each) for name, each in said.items()}
        case "list":
            said = [typed(shape.member, each) for each in said]
        case "integer" | "long":
            said = int(said)
        case "timestamp":
            said = datetime.fromisoformat(said)
        case "boolean":
            said = said == "true"
    return said
