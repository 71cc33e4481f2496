"""Each challenge is played to its goal in the page; none is met by training alone."""

from __future__ import annotations

import pytest

from .driving import draw, settled, wait_for_rest

SOLUTIONS = {
    "First light": {"layers": "3 tanh"},
    "No hidden layer": {"layers": ""},
    "Smallest XOR": {"layers": "4 tanh"},
    "Smallest spiral": {"layers": "8 relu, 8 relu"},
    "As fast as possible": {"learning_rate": 1},
    "Revive the dead": {"layers": "16 leaky_relu", "learning_rate": 0.1},
    "Learn by heart": {"layers": "32 relu", "l2": 0},
    "A bend, not a maze": {"layers": "3 tanh", "l2": 0.003},
    "Lean digits": {"layers": "19 relu"},
    "Liars": {"l2": 0.01},
    "Wave rider": {"layers": "12 tanh, 12 tanh", "learning_rate": 0.03},
}

# Trains five epochs at a time until the page says that the goal is met, or for `most` epochs. The
# last of five is shown and judged, however fast the machine is. Tells whether the goal is met.
TRAIN = """async (most) => {
  const { playground } = byhand;
  const { data, setup, panels: { challenges } } = playground;
  let shown = () => {};
  playground.frames.watch(() => shown());
  for (let epoch = 0; epoch < most && !challenges.done.has(challenges.chosenOne); epoch += 5) {
    const judged = new Promise((resolve) => { shown = resolve; });
    playground.send("advance", { steps: 5 * Math.ceil(data.train.length / setup.batch_size) });
    await judged;
  }
  return challenges.done.has(challenges.chosenOne);
}"""


@pytest.fixture
def page(open_page, page_file):
    return open_page(page_file)


def take(page, title):
    page.locator(".challenge-list button", has_text=title).click()


def test_every_challenge_is_known_here(page):
    titles = page.evaluate("modules.challenges.CHALLENGES.map(({ title }) => title)")
    assert titles == [*SOLUTIONS, "A seven with a bar"]


@pytest.mark.parametrize("titles", [list(SOLUTIONS)[:6], list(SOLUTIONS)[6:]])
def test_a_challenge_is_met_by_its_solution_only(page, titles):
    for title in titles:
        take(page, title)
        settled(page)
        assert not page.evaluate(TRAIN, 60), f"{title}: met by doing nothing"
        page.evaluate("(changes) => byhand.playground.choose(changes)", SOLUTIONS[title])
        settled(page)
        assert page.evaluate(TRAIN, 600), title
        assert "Done" in page.locator(".challenge").inner_text()
    assert page.locator(".challenge-list .done").count() == len(titles)


SEVEN = [(0.3, 0.2), (0.7, 0.2), (0.5, 0.85)]
BAR = [(0.3, 0.5), (0.75, 0.5)]
NARROW = [(0.47, 0.18), (0.55, 0.18), (0.52, 0.88)]


def keep(page, label):
    page.get_by_role("button", name=f"Draw {label}", exact=True).click()
    page.get_by_role("button", name="Keep it").click()


def test_a_seven_that_fools_the_network_is_cured_by_drawing(page):
    take(page, "A seven with a bar")
    page.get_by_role("button", name="Sample drawings").click()
    draw(page, SEVEN)
    keep(page, "7")
    wait_for_rest(page)
    assert page.locator(".challenge.won").count() == 0, "six sevens alone are not the task"
    draw(page, NARROW, BAR)
    page.wait_for_function("() => /%/.test(document.querySelector('.own-answer').textContent)")
    assert page.locator(".own-answer").inner_text().startswith("1"), "this seven fools nobody"
    keep(page, "7")
    page.wait_for_selector(".challenge.won")


def test_a_drawing_kept_when_the_network_comes_to_rest_is_learnt(page):
    """The news that the old drawings are learnt arrives after the new drawing was taught."""
    page.evaluate(
        """() => {
          const { playground } = byhand;
          const hear = playground.hear.bind(playground);
          window.kept = false;
          playground.hear = (message) => {
            if (!kept && message.epoch > 0 && !message.playing) {
              kept = true;
              playground.panels.handwriting.teach();
            }
            hear(message);
          };
        }"""
    )
    page.locator("[data-name=own]").click()
    page.get_by_role("button", name="Sample drawings").click()
    page.wait_for_function("() => kept")
    wait_for_rest(page)
    assert page.evaluate("byhand.playground.latest.epoch") >= 400
