"""Voice: codecs, tones, mixer, the audio device and the media process."""
