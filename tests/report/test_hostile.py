"""Names from files are shown, never executed, and nothing is loaded or sent."""

from __future__ import annotations

import re

import numpy as np
import pytest

from byhand.data import Part
from byhand.evaluation import Subject
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer
from byhand.report import Options, Rival, write_report
from byhand.training.snapshots import Snapshot

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    "\"'><svg onload=alert(4)>",
    "a\u2028alert(5)\u2029",
    "<!--<script>",
    "javascript:alert(6)",
    "</title></style><b onclick=alert(7)>",
    "]]>${alert(8)}`",
    "</textarea><iframe src=https://example.org>",
)


def hostile_subject(seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(200) % len(HOSTILE)
    part = Part((rng.normal(size=(200, 3)) + labels[:, None]).astype(np.float32), labels)
    network = MultiLayerPerceptron(
        [InputLayer(3), DenseLayer(12, "relu"), DenseLayer(len(HOSTILE), "softmax")],
        seed=seed,
        class_names=list(HOSTILE),
    )
    network.facts |= {"recipe": HOSTILE[0], "author": HOSTILE[1]}
    history = network.fit(part.images, part.labels, epochs=3, verbose=0)
    history.record["optimizer"] = HOSTILE[2]
    return Subject(
        network, part, name=HOSTILE[0], train=part, column_names=HOSTILE[:3], history=history
    )


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory):
    subject = hostile_subject()
    before = {name: 0 * array for name, array in subject.network.parameters.items()}
    options = Options(
        title=HOSTILE[7],
        recipe="\n".join(HOSTILE),
        facts=dict.fromkeys(HOSTILE, HOSTILE[1]),
        findings=[dict.fromkeys(("name", "severity", "evidence", "meaning", "fix"), HOSTILE[1])],
        snapshots=[Snapshot(0, before)],
        rival=Rival(
            name=HOSTILE[1],
            own_name=HOSTILE[3],
            subject=hostile_subject(1),
            differences=[(HOSTILE[0], HOSTILE[1], HOSTILE[2])],
        ),
    )
    return write_report(tmp_path_factory.mktemp("hostile"), subject, options)


LISTEN = """
window.violations = [];
addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective));
"""


def test_nothing_from_data_is_executed_and_nothing_is_requested(hostile_page, browser):
    """Every button and choice is used once; a dialog, a request or a violation fails the test."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    dialogs, requests, errors = [], [], []
    page.add_init_script(LISTEN)
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(hostile_page.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.evaluate(
        """async () => {
          const pause = () => new Promise((done) => setTimeout(done, 30));
          for (const node of document.querySelectorAll("details")) node.open = true;
          document.querySelector("#trace").scrollIntoView();
          await pause();
          for (const node of document.querySelectorAll("select")) {
            for (const option of node.options) {
              node.value = option.value;
              node.dispatchEvent(new Event("change"));
            }
          }
          for (const node of document.querySelectorAll("input[type=range]")) {
            for (node.value = node.min; ; node.value = node.max) {
              node.dispatchEvent(new Event("input"));
              await pause();
              if (node.value === node.max) break;
            }
          }
          for (const node of document.querySelectorAll("button, summary, circle")) {
            node.dispatchEvent(new MouseEvent("click", { bubbles: true }));
          }
          for (const node of document.querySelectorAll("main *")) {
            for (const name of ["pointermove", "pointerleave", "focus"]) {
              node.dispatchEvent(new PointerEvent(name, { clientX: 200, clientY: 200 }));
            }
          }
          await pause();
        }"""
    )
    page.wait_for_timeout(200)
    assert (dialogs, errors) == ([], [])
    assert page.evaluate("violations") == []
    assert requests == [hostile_page.as_uri()]
    assert (
        page.evaluate("document.querySelectorAll('main script, main img, main iframe').length") == 0
    )
    assert "<script>alert(1)</script>" in page.locator("#draw").inner_text()
    context.close()


def test_violations_of_the_policy_are_reported(hostile_page, browser):
    """The check above can fail: a planted style, image and request are refused."""
    page = browser.new_context(offline=True).new_page()
    page.add_init_script(LISTEN)
    page.goto(hostile_page.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.evaluate(
        """async () => {
          const image = new Image();
          image.src = "https://example.org/a.png";
          document.body.append(image, document.createElement("style"));
          document.body.lastChild.textContent = "h1 { color: red }";
          await fetch("https://example.org").catch(() => null);
        }"""
    )
    page.wait_for_function("() => new Set(violations).size >= 3")
    assert {"img-src", "style-src-elem", "connect-src"} <= set(page.evaluate("violations"))
    page.context.close()


def test_the_policy_names_the_page_s_own_script_and_style_by_their_hashes(hostile_page):
    text = hostile_page.read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    told = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    nothing = ("default-src", "connect-src", "img-src", "object-src", "base-uri", "form-action")
    assert {told[name] for name in nothing} == {"'none'"}
    for name in ("script-src", "style-src"):
        assert re.fullmatch(r"'sha256-[\w+/]{43}='", told[name])
    assert "unsafe" not in policy


def test_a_style_that_was_put_in_does_not_apply(hostile_page, browser, tmp_path):
    path = tmp_path / "styled.html"
    text = hostile_page.read_text("utf-8")
    path.write_text(text.replace("<main>", "<style>h1 { color: red }</style><main>"), "utf-8")
    page = browser.new_context(offline=True).new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") != "rgb(255, 0, 0)"
