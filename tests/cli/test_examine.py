"""`byhand examine`: text, JSON, page and exit codes."""

from __future__ import annotations

from tests.examine.conftest import source_of

RIGHT = source_of("attribute_class")
WRONG = RIGHT.replace("        delta2 /= n\n", "")


def test_a_right_network_has_exit_code_0(byhand, tmp_path):
    (tmp_path / "net.py").write_text(RIGHT)

    said = byhand("examine", "net.py")

    assert said.code == 0
    assert "64-16-10, tanh, softmax, categorical cross entropy" in said.out
    assert "Everything that could be compared is right." in said.out


def test_a_mistake_is_reported_as_text_json_and_page(byhand, tmp_path):
    (tmp_path / "net.py").write_text(WRONG)

    said = byhand("examine", "net.py", "--html", "result.html")
    told = byhand("examine", "net.py", "--json")

    assert said.code == told.code == 1
    assert "the mean over the batch is missing" in " ".join(said.out.split())
    assert "The page is result.html." in said.out
    assert "One thing to fix" in (tmp_path / "result.html").read_text("utf-8")
    assert told.json["passed"] is False
    assert told.json["causes"][0]["name"] == "mean_missing"


def test_a_file_without_a_network_gets_an_adapter_to_edit(byhand, tmp_path):
    (tmp_path / "net.py").write_text("x = 1\n")

    said = byhand("examine", "net.py")

    assert said.code == 1
    assert "byhand examine net.py --adapter adapter.py" in said.out
    assert "def parameters(weights, biases):" in said.out


def test_a_file_that_is_not_there_is_an_error(byhand):
    said = byhand("examine", "nowhere.py")

    assert said.code == 1
    assert "nowhere.py does not exist" in said.err
