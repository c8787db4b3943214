"""Two environments in one account: no name of one is a name of the other."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from deploy.aws import choices, deployment
from deploy.aws.deployment import LAYOUTS
from deploy.aws.synth import synthesize
from deploy.aws.templates import STACKS, Layout

SECOND = {
    "name": "staging",
    "domain": "staging.techmart.example",
    "mail_sender": "onboarding@staging.techmart.example",
}
# Properties by which AWS knows a resource, in an account, a region or a cluster.
NAMES = re.compile(
    r"(Bucket|Queue|Topic|Table|Role|Cluster|Repository|Policy|Alarm|Dashboard|LogGroup|Domain|Rule)"
    r"Name|DB(Instance|Cluster)Identifier|Family|EmailIdentity|Name"
)
# Names within something that has a name of its own, and names that only people read.
WITHIN = {
    *("AWS::ECS::Service", "AWS::ServiceDiscovery::Service", "AWS::IAM::Policy"),
    *("AWS::SES::ConfigurationSetEventDestination", "AWS::ApplicationAutoScaling::ScalingPolicy"),
    *("AWS::Logs::MetricFilter", "AWS::ApiGatewayV2::Stage", "AWS::ApiGatewayV2::ApiMapping"),
    *("AWS::RDS::DBParameterGroup", "AWS::RDS::DBClusterParameterGroup"),
}


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Layout]:
    made = tmp_path_factory.mktemp("staging")
    (made / "staging.json").write_text(json.dumps(SECOND))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CHOICES", str(made / "staging.json"))
        synthesize(**{key: made / key for key in LAYOUTS})
    return {key: Layout(key, made / key, "staging") for key in LAYOUTS}


def names(layout: Layout) -> set[str]:
    """Every name in the templates, with the parameters' defaults filled in."""
    return {
        f"{resource['Type']} {name}"
        for stack in STACKS
        for resource in layout.template(stack)["Resources"].values()
        if resource["Type"] not in WITHIN
        for key, value in resource.get("Properties", {}).items()
        if NAMES.fullmatch(key)
        if (name := filled(value, layout.template(stack).get("Parameters", {})))
    }


def filled(value: Any, parameters: dict[str, Any]) -> str:
    """A name with the parameters' defaults; "" for a reference to another resource."""
    defaults = {key: str(each.get("Default", "")) for key, each in parameters.items()}
    if isinstance(value, str):
        return value
    if "Fn::Sub" in value:
        return re.sub(r"\$\{(\w+)\}", lambda found: defaults[found[1]], value["Fn::Sub"])
    if "Fn::Join" in value:
        return json.dumps(value)
    return defaults.get(value.get("Ref", ""), "")


def test_two_environments_have_no_name_in_common(
    layouts: dict[str, Layout], staging: dict[str, Layout]
) -> None:
    for key in LAYOUTS:
        first, second = names(layouts[key]), names(staging[key])
        assert len(first) == len(second) > 50
        assert not first & second


def test_the_first_environment_keeps_the_names_that_it_has(layouts: dict[str, Layout]) -> None:
    for layout in layouts.values():
        kind = "AWS::DynamoDB::Table"
        assert {f"{kind} UploadRecords", f"{kind} Clients", f"{kind} csv-data"} <= names(layout)


def test_exports_of_two_environments_differ(
    layouts: dict[str, Layout], staging: dict[str, Layout]
) -> None:
    """Exports are names of the region, too."""

    def exports(layout: Layout) -> set[str]:
        return {
            output["Export"]["Name"]
            for stack in STACKS
            for output in layout.template(stack).get("Outputs", {}).values()
            if "Export" in output
        }

    for key in LAYOUTS:
        assert exports(layouts[key])
        assert not exports(layouts[key]) & exports(staging[key])


def test_an_environment_may_send_from_the_domain_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An identity of SES exists once in a region."""
    said = SECOND | {"mail_sender": "onboarding@techmart.example", "mail_domain_exists": True}
    (tmp_path / "staging.json").write_text(json.dumps(said))
    monkeypatch.setenv("CHOICES", str(tmp_path / "staging.json"))
    synthesize(compact=tmp_path / "made")
    assert not Layout("compact", tmp_path / "made", "staging").find("SES::EmailIdentity")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"region": "us-east-1"}, "eu-central-1a, eu-central-1b not in region us-east-1"),
        ({"certificate_arn": "arn:aws:acm:us-east-1:1:certificate/x"}, "certificate_arn: .*region"),
        ({"certificate_arn": "x"}, "certificate_arn: .*region"),
        ({"name": "Staging"}, "name: Staging"),
        ({"name": "a-name-of-more-than-20-characters"}, "name: a-name"),
    ],
)
def test_choices_that_do_not_fit_together_are_not_deployed(
    wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(deployment.NotDeployable, match=message):
        deployment.read(choices.read() | wrong)


def test_a_file_says_only_what_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "staging.json").write_text('{"name": "staging"}')
    monkeypatch.setenv("CHOICES", str(tmp_path / "staging.json"))
    assert choices.read() == choices.read() | {"name": "staging"}
    assert deployment.read(choices.read()).layout is LAYOUTS["standard"]
