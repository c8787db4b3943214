"""A device with a passkey, which signs whatever a test asks for: also what no browser would."""

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

SITE, ORIGIN = "testserver", "https://testserver"
FLAG = AuthenticatorData.FLAG


class Device:
    """One passkey, of the user with this handle."""

    def __init__(self, name: bytes = b"a-passkey") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = name
        self.handle = b""

    def create(self, options: dict[str, Any], *, is_verified: bool = True) -> str:
        """The answer to the options of a registration, as a form sends it."""
        public = options["publicKey"]
        self.handle = websafe_decode(public["user"]["id"])
        cose = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(Aaguid.NONE, self.name, cose)
        flags = FLAG.UP | FLAG.AT | (FLAG.UV if is_verified else 0)
        data = AuthenticatorData.create(sha256(SITE.encode()), flags, 0, credential)
        said = {
            "clientDataJSON": client_data("webauthn.create", public["challenge"], ORIGIN),
            "attestationObject": bytes(AttestationObject.create("none", data, {})),
        }
        return self._answer(said)

    def sign(
        self, options: dict[str, Any], *, is_verified: bool = True, origin: str = ORIGIN
    ) -> str:
        """The answer to the options of a login."""
        flags = FLAG.UP | (FLAG.UV if is_verified else 0)
        data = AuthenticatorData.create(sha256(SITE.encode()), flags, 0)
        client = client_data("webauthn.get", options["publicKey"]["challenge"], origin)
        said = {
            "clientDataJSON": client,
            "authenticatorData": bytes(data),
            "signature": self.key.sign(bytes(data) + sha256(client), ec.ECDSA(SHA256())),
            "userHandle": self.handle,
        }
        return self._answer(said)

    def _answer(self, said: dict[str, bytes]) -> str:
        name = websafe_encode(self.name)
        response = {key: websafe_encode(value) for key, value in said.items()}
        about = {"id": name, "rawId": name, "type": "public-key", "clientExtensionResults": {}}
        return json.dumps({**about, "response": response})


def client_data(kind: str, challenge: str, origin: str) -> bytes:
    return bytes(CollectedClientData.create(kind, websafe_decode(challenge), origin))
