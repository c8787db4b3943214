"""Reads the CloudFormation template."""

from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).resolve().parents[1] / "data.template.yaml"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, which are read as their long forms."""


def _tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt":
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tag)


def load(path: Path = TEMPLATE) -> dict[str, Any]:
    """Return the template with `!Ref x` as `{"Ref": "x"}`, `!GetAtt a.b` as `{"Fn::GetAtt": …}`."""
    # A safe loader with additional tags.
    template: dict[str, Any] = yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506
    return template


def properties(logical_id: str) -> dict[str, Any]:
    """The properties of a resource in the template."""
    found: dict[str, Any] = load()["Resources"][logical_id]["Properties"]
    return found


def lifecycle_for_the_api() -> list[dict[str, Any]]:
    """The bucket's lifecycle rules in the format of PutBucketLifecycleConfiguration."""

    return [_rule(rule) for rule in properties("Bucket")["LifecycleConfiguration"]["Rules"]]


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    said = {
        "ID": rule["Id"],
        "Status": rule["Status"],
        "Filter": {"Prefix": rule["Prefix"]},
    }
    for same in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if same in rule:
            said[same] = rule[same]
    if "ExpirationInDays" in rule:
        said["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "ExpiredObjectDeleteMarker" in rule:
        said["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
    return said
