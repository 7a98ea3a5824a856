"""The order in which sound cards are tried, from device lists as PortAudio gives them."""

from firmware.media.devices.choice import Card, candidates

ALSA, JACK = "ALSA", "JACK Audio Connection Kit"

DESKTOP = [
    Card(0, "HDA Intel PCH: ALC257 Analog (hw:0,0)", ALSA, 2, 2),
    Card(1, "HDA Intel PCH: HDMI 0 (hw:0,3)", ALSA, 0, 8),
    Card(2, "USB Handset: Audio (hw:1,0)", ALSA, 1, 2),
    Card(3, "sysdefault", ALSA, 128, 128),
    Card(4, "pulse", ALSA, 32, 32),
    Card(5, "default", ALSA, 32, 32, default=True),
]
WITH_JACK = [*DESKTOP, Card(6, "system", JACK, 2, 2, default=True)]


def names(cards: list[Card], wanted: str = "", use: str = "duplex") -> list[str]:
    return [pair.name for pair in candidates(cards, wanted, use)]  # type: ignore[arg-type]


def test_jack_is_tried_before_hardware_and_hardware_before_the_sound_server() -> None:
    order = names(WITH_JACK)
    assert order[0] == "system"
    assert order[1:3] == [DESKTOP[0].name, DESKTOP[2].name]
    assert order[3:5] == ["default", "pulse"], "the driver's default goes before others of its kind"


def test_a_card_that_cannot_record_is_no_candidate_for_both_directions() -> None:
    assert DESKTOP[1].name not in names(DESKTOP)
    assert DESKTOP[1].name in names(DESKTOP, use="output")


def test_output_only_never_names_a_microphone() -> None:
    assert {pair.input for pair in candidates(WITH_JACK, "", "output")} == {None}


def test_a_name_is_found_whatever_its_case_and_nothing_else_is_tried() -> None:
    assert names(WITH_JACK, "usb handset") == [DESKTOP[2].name]
    assert names(WITH_JACK, "no such card") == []


def test_stereo_is_used_only_where_both_directions_have_it() -> None:
    laptop, handset = candidates(DESKTOP, "hw:", "duplex")
    assert (laptop.channels, handset.channels) == (2, 1)
    assert candidates(DESKTOP, "USB", "output")[0].channels == 2


def test_separate_cards_are_paired_within_one_driver_when_none_has_both() -> None:
    cards = [
        Card(0, "HDMI (hw:0,3)", ALSA, 0, 2),
        Card(1, "Webcam (hw:2,0)", ALSA, 1, 0),
        Card(2, "other", "OSS", 1, 0),
    ]
    (pair,) = candidates(cards, "", "duplex")
    assert (pair.input, pair.output, pair.channels) == (1, 0, 1)
