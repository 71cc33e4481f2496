"""The section Why: attributions equal the library's, and the layers light up in turn."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.evaluation.attribution import occlusion, saliency

MAPS = """([image, k]) => {
  const { attribution } = byhand.modules;
  const { network, pictures } = byhand;
  const gradient = attribution.saliency(network, network.forward(network.scale(image)), k);
  const covered = attribution.occlusion(network, image, pictures.shape, k);
  return [gradient, covered].map((values) => Array.from(values));
}"""


@pytest.mark.parametrize("k", [0, 7])
def test_saliency_and_occlusion_are_those_of_the_library(digits_report, open_page, k):
    page = open_page(digits_report.path)
    for image in digits_report.data.test.images[:3]:
        gradient, covered = page.evaluate(MAPS, [image.ravel().tolist(), k])
        network = digits_report.network
        expected = saliency(network, image[None], k).ravel()
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-6)
        expected = occlusion(network, image[None], k).ravel()
        np.testing.assert_allclose(covered, expected, rtol=1e-3, atol=1e-4)


def test_the_map_follows_the_drawing_and_the_class(digits_report, open_page):
    page = open_page(digits_report.path)
    page.locator("#why").scroll_into_view_if_needed()
    colours = "document.querySelector('#why-map').toDataURL()"
    answer = page.locator(".why-answer")
    answer.filter(has_text="supports 3").wait_for()
    first = page.evaluate(colours)
    page.locator("#why-class").select_option("8")
    other_class = page.evaluate(colours)
    page.locator("#why-class").select_option("")
    page.locator(".examples button").nth(7).click()
    page.locator("#why").scroll_into_view_if_needed()
    answer.filter(has_text="supports 7").wait_for()
    assert len({first, other_class, page.evaluate(colours)}) == 3
    page.locator("#clear").click()
    page.locator("#why").scroll_into_view_if_needed()
    answer.filter(has_text="Draw something").wait_for()
    assert not page.locator(".flow figcaption").first.is_visible()  # a blank box has no answer
    page.locator(".examples button").nth(7).click()
    page.locator("#why").scroll_into_view_if_needed()
    page.locator(".flow figcaption").first.wait_for()


LIT = "document.querySelectorAll('.flow figure.lit').length"


def test_layers_light_up_one_after_another(digits_report, open_page):
    page = open_page(digits_report.path)
    page.wait_for_function(f"() => {LIT} === 3")
    page.evaluate(
        f"""() => {{
          window.seen = [];
          const flow = document.querySelector(".flow");
          new MutationObserver(() => seen.push({LIT}))
            .observe(flow, {{ subtree: true, attributeFilter: ["class"] }});
        }}"""
    )
    page.locator("#flow-speed").select_option("fast")
    page.wait_for_function(f"() => {LIT} === 3")
    seen = page.evaluate("seen")
    assert seen == sorted(seen)
    assert set(seen) == {1, 2, 3}


def test_nothing_moves_where_reduced_motion_is_preferred(digits_report, open_page):
    page = open_page(digits_report.path, reduced_motion="reduce")
    assert page.locator("#flow-speed").input_value() == "still"
    page.locator("#flow-again").click()
    assert page.evaluate(LIT) == 3


def test_the_columns_of_a_row_speak_for_its_class(table_report, open_page):
    page = open_page(table_report.path)
    bars = page.locator("#why .bars.named .bar")
    assert bars.count() == 3
    words = page.locator("#why").inner_text()
    assert "width" in words
    assert "log-odds" in words
