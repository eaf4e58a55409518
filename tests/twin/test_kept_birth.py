"""Small batches at the whole twin, against a real Mosquitto."""

from __future__ import annotations

from gateway.core.dictionary import cbor_pack, dictionary_of
from gateway.core.wire import encode
from tests.twin.builders import EPOCH, birth, pack
from tests.twin.test_service import TELEMETRY, gateway, received, twin


async def test_after_a_restart_a_kept_birth_is_enough_for_small_batches(tmp_path, mosquitto_broker):
    born = birth().body
    known = dictionary_of(born)
    small = [known.pack(cbor_pack(pack(number, number))) for number in (1, 2, 3)]
    async with gateway(mosquitto_broker) as other:
        async with twin(tmp_path, mosquitto_broker) as logs:
            await other.say(TELEMETRY, small[0])
            answer = (await other.hear())[1]
            assert (answer["ranges"], answer["accepts"]) == ([], ["zlib", "cbor", "compact"])
            await other.say("edgetwin/things/g/birth", encode(born), retain=True)
            answer = (await other.hear())[1]
            assert (answer["ranges"], answer["accepts"][-1]) == ([], known.word)
            await other.say(TELEMETRY, small[1])
            assert (await other.hear())[1]["ranges"] == [[EPOCH, "normal", 2, 2]]
        assert sum(line["event"] == "dictionary_unknown" for line in logs) == 1
        async with twin(tmp_path, mosquitto_broker):
            answer = (await other.hear())[1]
            assert (answer["ranges"], answer["accepts"][-1]) == ([], known.word)
            await other.say(TELEMETRY, small[2])
            assert (await other.hear())[1]["ranges"] == [[EPOCH, "normal", 3, 3]]
            assert await received(tmp_path) == 2
