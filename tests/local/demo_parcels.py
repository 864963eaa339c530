"""The parcels of the demonstration: what is the matter with each, and what must come of it."""

from dataclasses import dataclass, field
from zlib import crc32

Code = tuple[float, str]
"""How many days ago a parcel was scanned, and with what code."""


@dataclass(frozen=True)
class Parcel:
    """A parcel of the story."""

    order_id: str
    title: str
    why: str
    """What is the matter with it, as the story tells it."""
    ordered_ago: int
    scans: tuple[Code, ...]
    service: str = "standard"
    destination: str = "DE"
    protection_in: int | None = None
    expect: tuple[str, ...] = ()
    """The alerts of the whole week."""
    but_not: str = ""
    """What was not sent, and why not."""
    later: tuple[tuple[int, float, str], ...] = ()
    """Scans that come later: on which day, how many days before it, and the code."""
    carrier: str | None = None
    price: str | None = None
    """In EUR."""
    number: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "number", f"LP{crc32(self.order_id.encode()):014}")


PARCELS = (
    Parcel(
        "phone-case",
        "Phone case",
        "silent for 14 days after it left China, inside its window: that is normal",
        20,
        ((18, "PU_PICKUP_SUCCESS"), (14, "LH_DEPART")),
        but_not="stalled: silence is normal after the departure, inside the window",
    ),
    Parcel(
        "usb-hub",
        "USB hub",
        "26 days on its way and still moving: past the 25 days of its window",
        28,
        ((26, "PU_PICKUP_SUCCESS"), (9, "LH_ARRIVE"), (2, "GTMS_ACCEPT")),
        expect=("late",),
        carrier="DHL",
        but_not="stalled: it has moved within twelve days; late again: once is enough",
    ),
    Parcel(
        "desk-lamp",
        "Desk lamp",
        "past its window, and nothing has moved for 18 days",
        28,
        ((26, "PU_PICKUP_SUCCESS"), (18, "LH_DEPART")),
        expect=("stalled",),
        but_not="late: only the highest of late, stalled and claim; stalled again: once is enough",
    ),
    Parcel(
        "tea-pot",
        "Tea pot",
        "announced twelve days ago, and nobody has ever scanned it",
        12,
        ((11, "GWMS_ACCEPT"),),
        expect=("never_scanned",),
        but_not="late, stalled: they need a scan, and nobody has scanned it",
    ),
    Parcel(
        "headphones",
        "Headphones",
        "waits at a pickup point",
        15,
        ((14, "PU_PICKUP_SUCCESS"), (6, "LH_ARRIVE"), (0.2, "GTMS_STA_SIGNED")),
        expect=("action_needed", "action_needed"),
        carrier="DHL",
        but_not="late, stalled: what waits at a pickup point has arrived; one reminder, no more",
    ),
    Parcel(
        "drone",
        "Drone",
        "young and moving, but its buyer protection ends in four days",
        40,
        ((12, "PU_PICKUP_SUCCESS"), (3, "LH_DEPART")),
        protection_in=4,
        expect=("protection_ending", "protection_ending", "refund_due"),
        but_not="late, stalled: it is inside its window; the date: at five days, at one, and after",
    ),
    Parcel(
        "vitamins",
        "Vitamins",
        "stopped by customs",
        14,
        ((13, "PU_PICKUP_SUCCESS"), (6, "LH_ARRIVE"), (0.5, "CC_IM_FAILURE")),
        expect=("action_needed",),
        carrier="DHL",
        but_not="stalled: it is inside its window; the stop is reported once",
    ),
    Parcel(
        "jacket",
        "Jacket",
        "no news for 61 days: time to claim the money",
        75,
        ((73, "PU_PICKUP_SUCCESS"), (61, "LH_DEPART")),
        protection_in=25,
        expect=("refund_claim", "refund_claim"),
        but_not="late, stalled: the claim is the highest; it comes again after seven days",
    ),
    Parcel(
        "socks",
        "Socks",
        "delivered this morning",
        20,
        ((18, "PU_PICKUP_SUCCESS"), (5, "LH_ARRIVE"), (1, "GTMS_DO_DEPART"), (0.1, "GTMS_SIGNED")),
        expect=("delivered",),
        but_not="anything else: delivered mutes all but a return",
    ),
    Parcel(
        "puzzle",
        "Puzzle",
        "stalled, until it moves again on the third day",
        30,
        ((28, "PU_PICKUP_SUCCESS"), (20, "LH_DEPART")),
        expect=("stalled", "moving_again"),
        later=((3, 0.3, "LH_ARRIVE"),),
        but_not="late: never after a stalled",
    ),
    Parcel(
        "tripod",
        "Tripod",
        "a young order; its check on day 1 is blocked",
        6,
        ((4, "PU_PICKUP_SUCCESS"), (1, "SC_OUTBOUND_SUCCESS")),
        service="expedited",
        but_not="anything: it is young, and a blocked check counts no silence",
    ),
)

SPEAKER = Parcel(
    "8190001234567890",
    "Bluetooth speaker",
    "left China eight weeks ago, and was never seen again",
    58,
    (
        (55, "PU_PICKUP_SUCCESS"),
        (53.4, "SC_INBOUND_SUCCESS"),
        (52.8, "SC_OUTBOUND_SUCCESS"),
        (50.9, "CC_EX_SUCCESS"),
        (47.5, "LH_DEPART"),
    ),
    protection_in=28,
    price="34.90",
    expect=("stalled", "reminder", "refund_claim", "reminder"),
    but_not="anything twice, and nothing more once the money is back",
)
"""The one that is taken from the alarm to the money, from the eighth day on."""
