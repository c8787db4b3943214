"""What stands before the portal: HTTPS, and headers that can be believed."""

from deploy.aws.deployment import PROXY_HEADERS
from tests.deploy.templates import Layout


def test_the_balancer_speaks_https_and_nothing_else(layouts: dict[str, Layout]) -> None:
    layout = layouts["standard"]
    (listener,) = layout.resources("ElasticLoadBalancingV2::Listener").values()
    assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
    assert "TLS13" in listener["SslPolicy"]
    assert len(listener["Certificates"]) == 1
    web = layout.services()["web"]
    assert web["DesiredCount"] == 2
    assert len(layout.resources("EC2::Subnet", "network")) == 4  # two zones
    (target,) = layout.resources("ElasticLoadBalancingV2::TargetGroup").values()
    assert target["HealthCheckPath"] == "/healthz"


def test_connections_outlive_the_balancers(layouts: dict[str, Layout]) -> None:
    web = layouts["standard"].containers()["web"]["Command"]
    balancer_keeps = 60  # seconds, where nothing else is said
    (balancer,) = layouts["standard"].resources("ElasticLoadBalancingV2::LoadBalancer").values()
    said = {each["Key"] for each in balancer["LoadBalancerAttributes"]}
    assert "idle_timeout.timeout_seconds" not in said
    assert int(web[web.index("--keep-alive") + 1]) > balancer_keeps


def test_the_gateway_says_who_asks_in_headers_nobody_else_can_write(
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


def test_the_gateway_has_one_way_in(layouts: dict[str, Layout]) -> None:
    layout = layouts["compact"]
    (api,) = layout.resources("ApiGatewayV2::Api").values()
    assert api["DisableExecuteApiEndpoint"] is True
    (stage,) = layout.resources("ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 50
    assert "path" not in stage["AccessLogSettings"]["Format"].lower()


def test_a_form_with_the_largest_file_passes_the_gateway(layouts: dict[str, Layout]) -> None:
    taken = 10 * 1024 * 1024  # bytes of a request
    largest = int(layouts["compact"].environment("web")["UPLOAD_MAX_BYTES"])
    assert taken - largest > 100_000  # the rest of the form
