"""Drives the page: opens it with a set-up, trains, and waits for what follows, never for a time."""

from __future__ import annotations

SHOWN = """async () => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await frame(); // asked for by the answer
  await frame(); // painted
}"""


def settled(page):
    """Wait until the worker has answered the last message and the page shows the answer."""
    page.wait_for_function("() => byhand.playground.heard === byhand.playground.sent")
    page.evaluate(SHOWN)


def opened(open_page, page_file, address="", **options):
    """Open the page with a set-up in its address."""
    page = open_page(page_file, **options)
    if address:
        go(page, address)
    return page


def go(page, address):
    """Change the set-up by the address."""
    page.evaluate(
        """async (address) => {
          const heard = new Promise((resolve) => addEventListener("hashchange", resolve));
          location.hash = address;
          await heard;
        }""",
        address,
    )
    settled(page)
    name = address.split("&")[0].removeprefix("data=")
    assert page.evaluate("byhand.playground.setup.data") == name


def advance(page, steps=0, *, epoch=False):
    """Train some steps, or to the end of the epoch."""
    wanted = {"epoch": True} if epoch else {"steps": steps}
    page.evaluate("(wanted) => byhand.playground.send('advance', wanted)", wanted)
    settled(page)


def wait_for_accuracy(page, wanted, seconds=600):
    reached = "(wanted) => byhand.playground.latest?.held.accuracy > wanted"
    page.wait_for_function(reached, arg=wanted, timeout=seconds * 1000)


def wait_for_rest(page, seconds=600):
    """Wait until the network has memorised all drawings and the page has paused training."""
    rests = "() => byhand.playground.latest?.epoch > 0 && !byhand.playground.playing"
    page.wait_for_function(rests, timeout=seconds * 1000)
    settled(page)


def draw(page, *strokes):
    """Draw strokes, each from corner to corner in a box of 1 x 1, with the mouse."""
    box = page.locator(".own-box")
    box.scroll_into_view_if_needed()
    frame = box.bounding_box()
    for stroke in strokes:
        places = [
            (frame["x"] + u * frame["width"], frame["y"] + v * frame["height"]) for u, v in stroke
        ]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()
