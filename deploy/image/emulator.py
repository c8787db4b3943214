"""The emulator of docker-compose, with the resources of the template. Runs in its container.

The resources are created at every start, because a killed emulator loses its queues. A new one also
gets the sample file in the bucket, for the forwarder.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

from deploy.local import aws
from deploy.local.bootstrap import LOCAL_TIMEOUTS, bootstrap, client
from deploy.local.process import answers

PORT = 4566
NAME = "aws"  # the service and host name for the other containers
STATE = Path("/state")
READY = Path("/tmp/ready")  # noqa: S108 (the container's own; for its health check)
SAMPLE = Path(aws.__file__).with_name("sample.csv")


def main() -> int:
    is_new = not any(STATE.iterdir())
    everywhere = "0.0.0.0"  # noqa: S104 (docker-compose.yml publishes it on 127.0.0.1 only)
    settings = aws.settings(STATE, PORT, address=everywhere, name=NAME)
    server = subprocess.Popen([sys.executable, str(aws.EMULATOR)], env=settings)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    while not answers(PORT, "/_ministack/health"):
        if server.poll() is not None:
            return server.returncode
        time.sleep(0.1)
    endpoint = aws.endpoint(PORT)
    outputs = bootstrap(endpoint, LOCAL_TIMEOUTS)
    if is_new:
        drop = {"Bucket": outputs["Bucket"], "Key": f"uploads/VEND001/{SAMPLE.name}"}
        client("s3", endpoint).put_object(**drop, Body=SAMPLE.read_bytes())
    READY.touch()
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
