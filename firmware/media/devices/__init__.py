"""The sound devices, and the words that choose one."""

from firmware.media.devices.base import Device, DeviceError
from firmware.media.devices.simulated import LoopDevice, SimulatedDevice
from firmware.media.devices.wav import WavDevice

__all__ = ["Device", "DeviceError", "device_from"]


def device_from(spec: str) -> Device:
    """The device for `portaudio[:NAME]`, `wav:IN,OUT`, `loop` or `null`. Raises `DeviceError`."""
    kind, _, rest = spec.partition(":")
    if kind == "portaudio":
        # PyAudio and its libraries take 4 MB that the other devices do without.
        from firmware.media.devices.portaudio import PyAudioDevice

        return PyAudioDevice(rest)
    if kind == "wav" and "," in rest:
        microphone, _, ear = rest.partition(",")
        return WavDevice(microphone.strip(), ear.strip())
    if spec == "loop":
        return LoopDevice()
    if spec == "null":
        return SimulatedDevice()
    raise DeviceError(f"There is no audio device {spec!r}; say portaudio[:NAME], wav:IN,OUT, loop or null.")
