"""The load balancer and the API gateway: HTTPS, and headers that can be trusted."""

from config.web_server import IDLE_SECONDS
from deploy.aws.deployment import PROXY_HEADERS
from deploy.aws.templates import Layout


def test_the_balancer_accepts_only_https(layouts: dict[str, Layout]) -> None:
    layout = layouts["standard"]
    (listener,) = layout.resources("ElasticLoadBalancingV2::Listener").values()
    assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
    assert "TLS13" in listener["SslPolicy"]
    assert len(listener["Certificates"]) == 1
    web = layout.services()["web"]
    assert "DesiredCount" not in web  # a deployment does not end those that scaling has added
    target = layouts["standard"].scaling("web")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    assert len(layout.resources("EC2::Subnet", "network")) == 4  # two zones
    (target,) = layout.resources("ElasticLoadBalancingV2::TargetGroup").values()
    assert target["HealthCheckPath"] == "/healthz"


def test_connections_outlive_the_balancers(layouts: dict[str, Layout]) -> None:
    balancer_keeps = 60  # seconds, the default
    (balancer,) = layouts["standard"].resources("ElasticLoadBalancingV2::LoadBalancer").values()
    said = {each["Key"] for each in balancer["LoadBalancerAttributes"]}
    assert "idle_timeout.timeout_seconds" not in said
    assert balancer_keeps < IDLE_SECONDS


def test_the_gateway_overwrites_the_headers_that_the_settings_trust(
    layouts: dict[str, Layout],
) -> None:
    layout = layouts["compact"]
    (integration,) = layout.resources("ApiGatewayV2::Integration").values()
    assert integration["RequestParameters"] == {
        "overwrite:header.host": layout.environment("web")["ALLOWED_HOSTS"],
        f"overwrite:header.{PROXY_HEADERS}-Proto": "https",
        f"overwrite:header.{PROXY_HEADERS}-For": "$context.identity.sourceIp",
    }
    assert layout.environment("web")["PROXY_HEADERS"] == PROXY_HEADERS
    assert "PROXY_HEADERS" not in layouts["standard"].environment("web")


def test_the_gateway_can_be_reached_by_one_name_only(layouts: dict[str, Layout]) -> None:
    layout = layouts["compact"]
    (api,) = layout.resources("ApiGatewayV2::Api").values()
    assert api["DisableExecuteApiEndpoint"] is True
    (stage,) = layout.resources("ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 50
    assert "path" not in stage["AccessLogSettings"]["Format"].lower()


def test_a_form_with_the_largest_file_passes_the_gateway(layouts: dict[str, Layout]) -> None:
    accepted = 10 * 1024 * 1024  # bytes of a request
    largest = int(layouts["compact"].environment("web")["UPLOAD_MAX_BYTES"])
    assert accepted - largest > 100_000  # the rest of the form
