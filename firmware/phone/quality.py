"""How a call sounds, in one sentence with the reason."""

from firmware.control import voice
from firmware.control.state import Quality

GOOD, FAIR = 3.9, 3.4
"""E-model estimates from which a call sounds good, or fair."""
LOSS_NOTICED = 1.0
JITTER_NOTICED_MS = 30.0
ROUND_TRIP_NOTICED_MS = 300.0


def quality_of(report: voice.Quality) -> Quality:
    """The figures of a report, and what a person would make of them."""
    expected = report.received + report.lost
    lost = max(0.0, 100.0 * (report.lost + report.late) / expected) if expected else 0.0
    return Quality(
        mos=report.mos,
        lost_percent=round(lost, 2),
        jitter_ms=report.jitter_ms,
        playout_ms=report.playout_ms,
        round_trip_ms=report.round_trip_ms,
        sent=report.sent,
        received=report.received,
        words=_words(report, lost),
    )


def _words(report: voice.Quality, lost: float) -> str:
    if report.received == 0:
        return "no sound is coming from the other side"
    verdict = "sound is good"
    if report.mos is not None and report.mos < GOOD:
        verdict = "sound is fair" if report.mos >= FAIR else "sound is poor"
    return verdict + _reason(report, lost)


def _reason(report: voice.Quality, lost: float) -> str:
    if lost >= LOSS_NOTICED:
        return f": the network loses {lost:.0f} % of the packets"
    if report.jitter_ms >= JITTER_NOTICED_MS:
        return f": the network delays packets unevenly, by {report.jitter_ms:.0f} ms"
    if report.round_trip_ms is not None and report.round_trip_ms >= ROUND_TRIP_NOTICED_MS:
        return f": the way there and back takes {report.round_trip_ms:.0f} ms"
    return ""
