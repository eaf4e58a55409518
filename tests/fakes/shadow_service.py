"""The service's half of one device's shadow: the project's own rules of a document, behind the messages on the wire."""

from __future__ import annotations

import json

from gateway.core.device_shadow import DeviceShadow
from gateway.core.shadow import Refused, ShadowDocument, apply_delete, apply_update, look_up


class ShadowService:
    """Answers requests. An answer is a list of (topic ending, document), in the order in which they are sent."""

    def __init__(self):
        self.document = ShadowDocument()
        self.now_s = 1_795_417_300

    def get(self, request):
        answer = look_up(self.document, _encode(request), "io")
        if isinstance(answer, Refused):
            return [("get/rejected", self._refusal(answer))]
        state = {"desired": self.document.desired, "reported": self.document.reported, "delta": answer.delta}
        said = {name: section for name, section in state.items() if section}
        return [("get/accepted", self._signed({"state": said, "version": self.document.version}, answer.token))]

    def update(self, request):
        self.document, answer = apply_update(self.document, _encode(request), self.now_s)
        if isinstance(answer, Refused):
            return [("update/rejected", self._refusal(answer))]
        version = self.document.version
        said = [("update/accepted", self._signed({"state": answer.said, "version": version}, answer.token))]
        if answer.delta:
            said.insert(0, ("update/delta", self._signed({"state": answer.delta, "version": version}, answer.token)))
        return said

    def delete(self):
        """What an app does: no token."""
        self.document, answer = apply_delete(self.document, b"", "io")
        assert not isinstance(answer, Refused)
        return [("delete/accepted", self._signed({"version": self.document.version}, None))]

    def desire(self, **desired):
        """What an app does: no token, no version."""
        return self.update({"state": {"desired": desired}})

    def answer(self, request):
        """Answer a `Request` of the gateway."""
        return (self.get if request.kind == "get" else self.update)(request.document)

    def _refusal(self, answer):
        return self._signed({"code": int(answer.code), "message": answer.message}, answer.token)

    def _signed(self, message, token):
        message["timestamp"] = self.now_s
        if token is not None:
            message["clientToken"] = token
        # What goes over a wire is nobody's own object any more.
        return json.loads(json.dumps(message))


def _encode(request):
    return json.dumps(request).encode()


class Pair:
    """A gateway's shadow and the service, with nothing lost between them."""

    def __init__(self, *, driven=None, **actual):
        self.shadow, self.service = DeviceShadow(driven), ShadowService()
        self.wishes = []
        for channel, value in actual.items():
            self.shadow.is_now(channel, value)
        self.shadow.connected("s")

    def deliver(self, messages):
        """Hand messages to the gateway and go on until nobody has anything to say."""
        queue = list(messages)
        for _ in range(50):
            request = self.shadow.next_request()
            if request is not None:
                queue += self.service.answer(request)
            if not queue:
                return self.wishes
            self.hear(*queue.pop(0))
        raise AssertionError("they never stop talking")

    def hear(self, tail, document):
        token, wishes = document.get("clientToken", ""), []
        match tail:
            case "get/accepted":
                wishes = self.shadow.on_get_accepted(document, token)
            case "get/rejected":
                self.shadow.on_get_rejected(document["code"], token)
            case "update/accepted":
                self.shadow.on_update_accepted(document, token)
            case "update/rejected":
                self.shadow.on_update_rejected(document["code"], token)
            case "update/delta":
                wishes = self.shadow.on_delta(document)
            case "delete/accepted":
                self.shadow.on_deleted()
        for wish in wishes:
            self.shadow.wanted(wish)
        self.wishes += wishes
        return wishes

    def settle(self):
        return self.deliver([])

    @property
    def reported(self):
        return self.service.document.reported


def known(**actual):
    pair = Pair(**actual)
    pair.settle()
    assert pair.shadow.settled
    return pair
