"""Explorable figures: what the documentation has is what the code computes."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from snnlearn.experiments import channel as channel_experiment
from snnlearn.experiments import conditioning as conditioning_experiment
from snnlearn.explore import (
    SCRIPT,
    STYLE,
    NothingToExploreError,
    channel,
    conditioning,
    mnist,
    page,
)
from snnlearn.explore import __main__ as command
from snnlearn.explore.fragment import (
    Control,
    Explorable,
    Follower,
    block_means,
    fragment,
    rounded,
)

ROOT = Path(__file__).parents[2]
NAMES = ("channel", "conditioning", "mnist")

#: What is committed may be as large, in bytes.
LARGEST = 300_000

#: Another processor rounds otherwise, which may move a spike by a step: how far a signal may be
#: from the committed one, as a root mean square, and an error over networks, as a share of it. With
#: other kernels of OpenBLAS (those of Nehalem) there was no difference in what is written.
SIGNAL, SHARE = 0.005, 0.02


def content_of(text):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', text, re.S)[1])


def written(explorable):
    return content_of(fragment(explorable))


def committed(name):
    return content_of((ROOT / f"docs/explore/{name}.html").read_text(encoding="utf-8"))


def values(content, *at):
    (found,) = [f["values"] for f in content["followers"] if f["at"] == list(at)]
    return np.array(found, float)


def laid_out(content):
    layout = content["figure"]["layout"]
    return {part: layout[part] for part in ("margin", "height", "legend", "font")}


def numbers(sentence):
    return [float(number) for number in re.findall(r"-?\d+\.\d+", sentence)]


def distance(a, b):
    return float(np.sqrt(np.mean((np.asarray(a) - b) ** 2)))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_committed_is_small_and_has_all_that_its_controls_ask_for(name):
    assert (ROOT / f"docs/explore/{name}.html").stat().st_size <= LARGEST
    content = committed(name)
    choices = {control["name"]: len(control["choices"]) for control in content["controls"]}
    for follower in [*content["followers"], content["words"]]:
        shape = np.array(follower["values"], object).shape
        assert shape[: len(follower["by"])] == tuple(choices[by] for by in follower["by"])


def test_the_channel_of_the_page_is_what_the_code_computes():
    places, page = [0, 3, 6], committed("channel")
    rates = [channel.RATES[place] for place in places]
    anew = written(channel.explorable(channel_experiment.Parameters(), rates))
    assert laid_out(anew) == laid_out(page)
    signals, again = (values(content, "data", 1, "y") for content in (page, anew))
    first_second = round(1 / channel.SIGNAL_BLOCK)
    for place, signal in zip(places, again, strict=True):
        assert distance(signal[:first_second], signals[place][:first_second]) < 0.001
        assert distance(signal, signals[place]) < SIGNAL
    errors = values(page, "data", 2, "y")[places]
    np.testing.assert_allclose(
        values(anew, "data", 2, "y").mean(axis=1), errors.mean(axis=1), SHARE
    )
    told = page["words"]["values"]
    for place, sentence in zip(places, anew["words"]["values"], strict=True):
        assert numbers(sentence) == pytest.approx(numbers(told[place]), rel=SHARE)


def test_the_channel_at_the_chapters_rate_is_that_of_the_experiment():
    parameters = channel_experiment.Parameters(generalization_duration=0.0)
    (traces,) = channel_experiment.simulate(parameters, [0])
    shown = values(committed("channel"), "data", 1, "y")[3]
    assert distance(rounded(block_means(traces["post"].to_numpy(), 20)), shown) < SIGNAL


def test_conditioning_of_the_page_is_what_the_code_computes():
    stops, page = [3.0, 8.0], committed("conditioning")
    anew = written(conditioning.explorable(conditioning_experiment.Parameters(), stops))
    assert laid_out(anew) == laid_out(page)
    places = [conditioning.STOPS.index(stop) for stop in stops]
    for trace in (1, 3, 5):
        shown = values(page, "data", trace, "y")[places]
        assert distance(values(anew, "data", trace, "y"), shown) < SIGNAL
    assert values(page, "layout", "shapes", 0, "x1").tolist() == list(conditioning.STOPS)
    for place, sentence in zip(places, anew["words"]["values"], strict=True):
        told = numbers(page["words"]["values"][place])
        assert numbers(sentence) == pytest.approx(told, abs=0.02)


def test_only_the_pair_that_came_while_the_gate_was_open_is_learned():
    shares = numbers(committed("conditioning")["words"]["values"][0])
    assert shares[2] > 0.1 > max(map(abs, shares[:2]))


@pytest.mark.mnist
def test_digits_of_the_page_are_what_the_code_computes(mnist):
    page, anew = committed("mnist"), written(command.of_digits(mnist))
    assert laid_out(anew) == laid_out(page)
    assert anew["controls"] == page["controls"]
    assert np.array_equal(values(anew, "data", 0, "z"), values(page, "data", 0, "z"))
    for at in (("data", 1, "y"), ("data", 3, "y")):  # read-outs, and per cent of all images
        np.testing.assert_allclose(values(anew, *at), values(page, *at), atol=0.03)
    assert anew["words"] == page["words"]


class Oracle:
    """Says class 0 in the first step, and the right one afterwards."""

    def __init__(self, labels):
        self.labels = labels

    def readouts(self, images, n_steps, report):
        found = np.zeros((len(images), n_steps, 10), np.float32)
        found[:, 0, 0] = 1
        found[np.arange(len(images)), 1:, self.labels] = 2
        return found


def test_digits_are_counted_and_coloured_as_they_are_answered():
    labels = np.array([3, 0, 3, 1])
    images = np.arange(4 * 28 * 28).reshape(4, 28, 28) % 256
    content = written(mnist.explorable(Oracle(labels), images, labels, n_steps=3))
    assert content["controls"][0]["choices"] == ["0 (number 1)", "1 (number 3)", "3 (number 0)"]
    assert values(content, "data", 3, "y").ravel().tolist() == [25, 100, 100]
    colours = values(content, "data", 1, "marker", "color")
    assert colours[2, 0].tolist() == [1, *[0] * 9]
    assert colours[2, 1].tolist() == [0, 0, 0, 2, *[0] * 6]
    assert content["words"]["values"][2][0] == (
        "After 1 ms the largest read-out says 0, which is wrong: it is a 3. "
        "By then 25.0 % of 4 test images are answered right."
    )
    # Rows of a heat map go upwards.
    assert np.array_equal(values(content, "data", 0, "z")[0], images[1][::-1])


def test_blocks_are_means_and_the_rest_is_left():
    assert block_means(np.arange(7.0), 3).tolist() == [1, 4]


def small(label="What"):
    return Explorable(
        name="small",
        alternative='A "line"',
        controls=[Control("x", label, ["a & b", "c"], 1)],
        figure=go.Figure(go.Scatter(y=[1])),
        followers=[Follower(("data", 0, "y"), ("x",), [[1], [2]])],
        words=Follower((), ("x",), ["first </script>", "second"]),
        about="Move <it>.",
    )


def test_no_text_of_a_figure_ends_an_element():
    text = fragment(small("<i>"))
    assert text.count("</script>") == 1
    assert content_of(text)["words"]["values"] == ["first </script>", "second"]
    assert '<label for="small-x">&lt;i&gt;</label>' in text
    assert "<li>a &amp; b: first &lt;/script&gt;</li>" in text
    assert 'aria-label="A &quot;line&quot;"' in text


def test_the_command_writes_what_it_is_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "figures", lambda data: {"small": small})
    monkeypatch.setattr("sys.argv", ["explore", "--folder", str(tmp_path / "new"), "small"])
    command.main()
    assert (tmp_path / "new/small.html").read_text(encoding="utf-8") == fragment(small())
    assert "small.html: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tuning"], "there is no figure tuning: choose from channel, conditioning, mnist"),
        (["mnist", "--data", "nowhere.npz"], "docs/data.md says how to obtain the images"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.setattr("sys.argv", ["explore", "--folder", str(tmp_path), *arguments])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_gate_closes_at_times_after_which_each_pair_is_tested():
    chapter = conditioning_experiment.Parameters()
    assert conditioning.stops_of(chapter) == [*conditioning.STOPS, 11.5]
    short = replace(chapter, duration=10.5, learning_start=1.25, learning_stop=6.1)
    assert conditioning.stops_of(short) == [2.25, 2.75, 3.25, *np.arange(3.75, 6, 0.5), 6.1, 6.25]
    assert len(conditioning.stops_of(replace(chapter, duration=100.0))) <= 26


@pytest.mark.parametrize(
    ("given", "why"),
    [({"duration": 6.0}, "a run of 6 s"), ({"dimensions": 9}, "9 pairs, and room for 8 panels")],
)
def test_parameters_that_leave_nothing_to_explore_are_said(given, why):
    parameters = conditioning_experiment.Parameters(**given)
    text = page.part(lambda: conditioning.of_run(parameters, [0]))
    assert re.fullmatch(f'<p class="left-out">There is no figure here: .*{why}.*</p>\n', text)


@pytest.mark.parametrize("error", [0.0, np.nan])
def test_errors_that_no_axis_shows_are_said(monkeypatch, error):
    traces = pd.DataFrame({"pre": np.ones(2000), "post": 1 + error})
    monkeypatch.setattr(channel_experiment, "simulate", lambda parameters, seeds: [traces])
    with pytest.raises(NothingToExploreError, match="which no logarithmic axis shows"):
        channel.of_run(channel_experiment.Parameters(duration=2.0), [0])


def test_a_run_starts_at_its_own_learning_rate():
    small = {"n_neurons": 10, "duration": 2.0, "dt": 0.0015}
    parameters = channel_experiment.Parameters(learning_rate=2.5e-4, **small)
    figure = written(channel.of_run(parameters, [3]))
    (control,) = figure["controls"]
    assert control["choices"][control["start"]] == "2.5 · 10⁻⁴"
    assert len(control["choices"]) == len(channel.RATES) + 1
    assert figure["words"]["values"][0].startswith(
        "Learning rate 0 (no learning): the root mean square of the error over 1 network is"
    )
    # A block is a whole number of steps: 13 of 1.5 ms.
    assert figure["figure"]["data"][0]["x"][:2] == [0.01, 0.029]


def test_conditioning_of_a_run_has_a_panel_for_each_pair():
    given = {"dimensions": 1, "duration": 4.5, "learning_start": 1.0, "learning_stop": 2.0}
    parameters = conditioning_experiment.Parameters(n_neurons_per_dimension=5, **given)
    figure = written(conditioning.of_run(parameters, [0, 1]))
    assert figure["controls"][0]["choices"] == ["2 s", "2.5 s"]
    assert len(figure["figure"]["data"]) == 2
    assert figure["figure"]["layout"]["height"] == 260


def test_long_presentations_have_no_more_places_than_a_slider():
    labels = np.array([3, 0])
    found = mnist.explorable(Oracle(labels), np.zeros((2, 28, 28)), labels, 200, 100)
    (times,) = [control.choices for control in found.controls if control.slider]
    assert len(times) == mnist.PLACES and times[0] == "1 ms" and times[-1] == "200 ms"
    assert np.shape(found.followers[1].values) == (2, mnist.PLACES, 10)
    assert np.shape(found.words.values) == (2, mnist.PLACES)
    assert found.figure.layout.xaxis3.tickvals == (1, 2, 5, 10, 20, 30, 60, 100, 200)


def test_a_page_has_all_that_it_needs_and_says_what_it_is_of():
    parts = {"Small & fine": page.part(small), "Another": "<p>None.</p>\n"}
    text = page.page(parts, {"Small & fine": "n <b>: 2 instead of 3"})
    assert text.index("<h2>Another</h2>") < text.index("<h2>Small &amp; fine</h2>")
    assert "<p>Move &lt;it&gt;.</p>" in text
    assert "This is not the default configuration: n &lt;b&gt;: 2 instead of 3.</p>" in text
    assert text.count("This is the default configuration.") == 1
    assert SCRIPT.read_text(encoding="utf-8") in text
    assert STYLE.read_text(encoding="utf-8") in text
    assert not re.search(r"<(script|link|img|iframe)\b[^>]* (src|href)=", text)
    assert "None of the experiments of this run has such a figure." in page.page({}, {})


def test_learning_rates_are_told_in_words():
    told = [channel.in_words(rate) for rate in (0.0, 1e-5, 3e-3)]
    assert told == ["0 (no learning)", "1 · 10⁻⁵", "3 · 10⁻³"]
    assert channel_experiment.Parameters().learning_rate in channel.RATES
