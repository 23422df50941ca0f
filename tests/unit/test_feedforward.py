import os
import platform  # noqa: F401  (for a condition below)
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import nengo
import numpy as np
import pytest
import rounding
from llvmlite import binding

from snnlearn.data import obtaining
from snnlearn.engines import nengodl
from snnlearn.engines.errors import UnsupportedNetworkError
from snnlearn.engines.feedforward import presentation, reading, sums, wires
from snnlearn.engines.feedforward.chain import Chain, Linear, Population, Shared
from snnlearn.engines.feedforward.evaluation import AT_ONCE, CompiledNetwork
from snnlearn.mnist import network as chapter_network
from snnlearn.mnist import parameter_files
from snnlearn.mnist.neurons import Neurons

pytestmark = pytest.mark.usefixtures("one_thread")

PARAMETERS = Path(__file__).parents[2] / "resources/pretrained/spiking-convnet-0.npz"
N_STEPS = 30

# The two engines add the same numbers in another order, so a neuron within rounding of its
# threshold may spike a step earlier or later. Voltages lie between 0 and 1, and rounding moves
# them by 1e-4 at the most (below): not one in a thousand is so near, whatever the processor; on
# MNIST, 3 in 10 million neuron-steps differ. A wrong formula or order of updates moves far more.
LEAST_AGREEMENT = 0.999


def assert_same_outputs(found: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    """For every input but one, in which a spike may have moved and leave its trace in a filter.

    The networks have some 15,000 neuron-steps, of which one in a million is within rounding.
    """
    off = np.abs(found - expected).max(axis=(1, 2)) > tolerance
    assert off.sum() <= 1, np.abs(found - expected).max(axis=(1, 2))


@contextmanager
def simulator(network: nengo.Network, minibatch_size: int = 3, dt: float = 0.001):
    nengo_dl, tf = nengodl.load()
    tf.random.set_seed(0)
    with nengo_dl.Simulator(
        network, dt=dt, minibatch_size=minibatch_size, progress_bar=False, seed=0
    ) as opened:
        yield opened


def compiled_from(simulator, image: nengo.Node, probe: nengo.Probe, threads: int = 1):
    """The network that a simulator holds, with its parameters now."""
    read = reading.read(simulator, image, probe)
    return CompiledNetwork(read, simulator.keras_model.get_weights(), threads)


def with_nengo_dl(simulator, image: nengo.Node, inputs: np.ndarray, n_steps: int) -> dict:
    """What NengoDL itself gives for one minibatch."""
    tiled = np.repeat(inputs[:, np.newaxis], n_steps, axis=1)
    return simulator.predict_on_batch({image: tiled})


def assert_same_spikes(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    assert 0.005 < np.mean(expected > 0) < 0.9  # silence would agree with anything
    assert np.mean(found == expected) >= LEAST_AGREEMENT


# The chapter's network


@pytest.fixture(scope="module")
def chapter():
    """The trained classifier on stand-in digits: what NengoDL gives, and the compiled network."""
    images = obtaining.stand_in([])[0].x_test[:12].reshape(12, -1).astype(np.float32)
    classifier = chapter_network.build(seed=0)
    with classifier.network:
        probes = [nengo.Probe(ensemble.neurons) for ensemble in classifier.network.ensembles]
        voltages = [
            nengo.Probe(ensemble.neurons, "voltage") for ensemble in classifier.network.ensembles
        ]
    with simulator(classifier.network, len(images)) as opened:
        opened.load_params(PARAMETERS.with_suffix(""))
        compiled, threaded = (
            compiled_from(opened, classifier.image, classifier.filtered, threads)
            for threads in (1, 2)
        )
        data = with_nengo_dl(opened, classifier.image, images, N_STEPS)
        readout = opened.keras_model.trainable_weights[-2].numpy()
    return SimpleNamespace(
        images=images,
        compiled=compiled,
        threaded=threaded,
        spikes=[data[probe] for probe in probes],
        voltages=[data[probe] for probe in voltages],
        readouts=data[classifier.filtered],
        readout=readout,
    )


def test_every_layer_of_the_chapter_spikes_as_in_nengodl(chapter):
    found = chapter.compiled.activity(chapter.images, N_STEPS)
    for of_layer, expected in zip(found, chapter.spikes, strict=True):
        assert_same_spikes(of_layer.spikes, expected)


def test_voltages_of_the_chapter_are_those_of_nengodl(chapter):
    found = chapter.compiled.activity(chapter.images, N_STEPS)
    # A spike that moves by a step moves the voltages of all neurons that see it.
    same = np.ones(len(chapter.images), bool)
    for of_layer, spikes, expected in zip(found, chapter.spikes, chapter.voltages, strict=True):
        # Pixels of up to 255 drive currents of some hundreds, which √n roundings of 6e-8 put off
        # by 1e-4; a step adds a twentieth of a current, dt / τ_rc, and some steps come together.
        close = np.isclose(of_layer.voltages[same], expected[same], rtol=0, atol=1e-4)
        assert np.mean(close) >= LEAST_AGREEMENT
        same &= (of_layer.spikes == spikes).all(axis=(1, 2))
        assert same.sum() >= 6  # of 12; it is expected in few


def test_spikes_of_the_chapter_are_counted(chapter):
    activity = chapter.compiled.activity(chapter.images, N_STEPS)
    for network in (chapter.compiled, chapter.threaded):
        for counted, of_layer in zip(
            network.spikes(chapter.images, N_STEPS), activity, strict=True
        ):
            np.testing.assert_array_equal(counted, np.count_nonzero(of_layer.spikes, axis=(0, 1)))


@pytest.mark.parametrize("n_steps", [1, N_STEPS])
@pytest.mark.parametrize(
    ("tau_rc", "dt"),
    [(0.02, 0.001), (1.0, 0.001), (0.02, 1e-5), (5e-5, 0.001), (1.3e-5, 0.001)],
)
@pytest.mark.parametrize(("lowest", "least"), [(0, 0), (-30, -30), (0, -0.5)])
def test_neurons_that_will_not_fire_are_left_alone(chapter, n_steps, tau_rc, dt, lowest, least):
    """With all neurons followed, and with those only that may fire, spikes are the same."""
    rng = np.random.default_rng(0)
    population = next(part for part in chapter_network.chain(0).parts if hasattr(part, "voltage"))
    voltage = rng.uniform(least, 1, population.voltage.size)
    population = replace(
        population, neuron_type=nengo.LIF(tau_rc=tau_rc, min_voltage=lowest), voltage=voltage
    )
    neurons = presentation.Neurons(population, [], [np.zeros(40_000, np.float32)], dt)
    # Many come to the threshold in the last step, within rounding.
    left = np.exp(-n_steps * dt / tau_rc)
    reaching = (1 - left * np.maximum(voltage, lowest)) / (1 - left)
    shape = 4, voltage.size
    near = 1 + rng.choice([0, 1e-7, 1e-6, 1e-3, 0.3], shape) * rng.normal(size=shape)
    currents = (near * reaching).astype(np.float32)
    fired, kept_up = [], []
    for last in (None, n_steps):
        running = presentation.Running(neurons, 4)
        running.voltage[:, :50] = 1.5  # may fire once, whatever the current
        before = running.voltage.copy()
        running.fire(currents, n_steps, last)
        fired.append(running.fired(n_steps))
        kept_up.append(np.mean(running.voltage != before))
    np.testing.assert_array_equal(*fired)
    assert 0.2 < fired[0].any(axis=1).mean() < 0.8
    assert kept_up[0] > 0.9 and kept_up[1] < 0.9


def test_higher_spikes_count_for_more(chapter):
    """Spikes of twice the height through half the weights are the same, to the last bit."""
    weights = parameter_files.read(PARAMETERS)
    names = chapter_network.parameter_shapes()
    halved = [
        weight / 2 if name.endswith("kernel") and name != "convolution 1 kernel" else weight
        for name, weight in zip(names, weights, strict=True)
    ]
    found = CompiledNetwork(chapter_network.chain(0, Neurons(amplitude=0.02)), halved)
    same = chapter.compiled.predict(chapter.images, N_STEPS)
    np.testing.assert_array_equal(found.predict(chapter.images, N_STEPS), same)
    rates = chapter.compiled.rates(chapter.images)
    np.testing.assert_allclose(found.rates(chapter.images), rates, rtol=0, atol=1e-4)


def test_readouts_of_the_chapter_are_those_of_nengodl(chapter):
    found = chapter.compiled.predict(chapter.images, N_STEPS)
    error = np.abs(found - chapter.readouts)
    assert np.abs(chapter.readouts).max() > 1
    # Where no spike moved: the sums of the weights of all spikes of a step, each of which the
    # filter averages and rounds twice more.
    spikes = chapter.spikes[-1]
    of_sums = rounding.of_sum(spikes.shape[-1], spikes**2 @ chapter.readout**2).max()
    of_filter = 2 * rounding.UNIT * np.abs(chapter.readouts).max() * np.sqrt(N_STEPS)
    tolerance = rounding.TWO_RESULTS * np.hypot(of_sums, of_filter)
    activity = chapter.compiled.activity(chapter.images, N_STEPS)[-1]
    same = (activity.spikes == spikes).all(axis=(1, 2))
    assert same.sum() >= 6  # of 12; a spike in another step is expected in few
    assert error[same].max() < tolerance < 1e-3
    # One spike of the last layer in another step is worth up to 10 · 0.01 · 0.6.
    assert error.max() < 0.1
    first, second = np.sort(chapter.readouts, axis=2)[:, :, :-3:-1].transpose(2, 0, 1)
    decided = first - second > 2 * np.where(same, tolerance, 0.1)[:, np.newaxis]
    assert np.mean(decided) > 0.7
    answers, expected = found.argmax(axis=2), chapter.readouts.argmax(axis=2)
    np.testing.assert_array_equal(answers[decided], expected[decided])


def test_first_filtered_readout_is_zero(chapter):
    found = chapter.compiled.predict(chapter.images, 2)
    assert not found[:, 0].any()
    assert found[:, 1].all()


def test_shorter_presentation_is_the_start_of_a_longer_one(chapter):
    images = chapter.images[:4]
    np.testing.assert_array_equal(
        chapter.compiled.predict(images, 7), chapter.compiled.predict(images, N_STEPS)[:, :7]
    )


def test_presentations_longer_than_what_runs_at_once_go_on(chapter, monkeypatch):
    whole = chapter.compiled.predict(chapter.images[:3], N_STEPS)
    monkeypatch.setattr(presentation, "STEPS_AT_ONCE", 7)
    np.testing.assert_array_equal(chapter.compiled.predict(chapter.images[:3], N_STEPS), whole)


@pytest.mark.parametrize("kind", ["compiled", "threaded"])
def test_what_is_done_is_reported(chapter, kind):
    reports = []
    getattr(chapter, kind).predict(chapter.images, 2, reports.append)
    # Two threads share what is less than each could take.
    first = {"compiled": AT_ONCE, "threaded": len(chapter.images) // 2}[kind]
    assert reports == [first, len(chapter.images)]


def test_an_image_gives_the_same_bits_beside_any_others_and_on_any_thread(chapter):
    whole = chapter.compiled.predict(chapter.images, N_STEPS)
    np.testing.assert_array_equal(chapter.threaded.predict(chapter.images, N_STEPS), whole)
    for n in (0, 1, AT_ONCE, AT_ONCE + 1):
        part = chapter.compiled.predict(chapter.images[:n], N_STEPS)
        assert part.shape == (n, N_STEPS, 10)
        np.testing.assert_array_equal(part, whole[:n])
    back = chapter.compiled.predict(chapter.images[::-1], N_STEPS)
    np.testing.assert_array_equal(back[::-1], whole)


def test_rates_of_the_chapter_are_those_of_nengodl(chapter):
    found = chapter.compiled.rates(chapter.images)
    classifier = chapter_network.build(seed=0)
    with classifier.network:
        nengodl.load()[0].configure_settings(learning_phase=True)
    with simulator(classifier.network, len(chapter.images)) as opened:
        opened.load_params(PARAMETERS.with_suffix(""))
        data = with_nengo_dl(opened, classifier.image, chapter.images, 1)
    expected = data[classifier.readout][:, 0]
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * np.abs(expected).max())
    np.testing.assert_array_equal(chapter.threaded.rates(chapter.images), found)


def test_the_network_without_nengodl_is_that_of_nengodl():
    """Structure, gains, voltages and untrained parameters of both, bit for bit."""
    seed = {"network": 7, "convolution 1": 1, "convolution 2": 2, "convolution 3": 9, "dense": 4}
    others = Neurons(amplitude=0.02, max_rate=150.0), 0.05
    for of, *design in ((0,), (3, *others), (seed | {"order of images": 5},)):
        classifier = chapter_network.build(of, *design)
        ours = chapter_network.chain(of, *design)
        with simulator(classifier.network) as opened:
            expected = reading.read(opened, classifier.image, classifier.filtered)
            weights = opened.keras_model.get_weights()
        for ours_, theirs in zip(chapter_network.initial_parameters(of), weights, strict=True):
            np.testing.assert_array_equal(ours_, theirs)
        for name in ("dt", "size_in", "size_out", "filter"):
            assert getattr(ours, name) == getattr(expected, name)
        for part, other in zip(ours.parts, expected.parts, strict=True):
            assert type(part) is type(other)
            for name, value in vars(other).items():
                np.testing.assert_array_equal(getattr(part, name), value, err_msg=name)


# Other networks

OTHER_LIF = {"tau_rc": 0.011, "tau_ref": 0.0034, "min_voltage": -0.3, "amplitude": 0.02}


def layer(kind: str, *arguments, seed: int = 1, **options):
    """A Keras layer in NengoDL; Keras draws weights that cannot be repeated without a seed."""
    nengo_dl, tf = nengodl.load()
    initializer = tf.keras.initializers.GlorotUniform(seed)
    return nengo_dl.Layer(
        getattr(tf.keras.layers, kind)(*arguments, kernel_initializer=initializer, **options)
    )


def dense_chain(**neuron_options):
    """Two populations of unlike neurons, whose gains, biases and voltages are all different."""
    nengo_dl, _ = nengodl.load()
    with nengo.Network(seed=3) as network:
        network.config[nengo.Ensemble].max_rates = nengo.dists.Uniform(100, 200)
        network.config[nengo.Connection].synapse = None
        nengo_dl.configure_settings(stateful=False)
        image = nengo.Node(np.zeros(12))
        x = layer("Dense", 60)(image)
        x = nengo_dl.Layer(nengo.LIF(tau_rc=0.03, amplitude=0.05))(x)
        x = layer("Dense", 40, use_bias=False)(x)
        x = nengo_dl.Layer(nengo.LIF(**neuron_options))(x)
        x = layer("Dense", 7, bias_initializer="ones")(x)
        output = layer("Dense", 5)(x)
    return network, image, output


def convolutional_chain():
    """Padded, strided, dilated and rectangular convolutions, from spikes to spikes."""
    nengo_dl, _ = nengodl.load()
    with nengo.Network(seed=4) as network:
        network.config[nengo.Connection].synapse = None
        nengo_dl.configure_settings(stateful=False)
        image = nengo.Node(np.zeros(9 * 8 * 2))
        ensembles = [
            nengo.Ensemble(n, 1, neuron_type=nengo.LIF(amplitude=0.03), seed=n)
            for n in (9 * 8 * 4, 5 * 4 * 6)
        ]
        first = layer("Conv2D", 4, (3, 2), padding="same", dilation_rate=2)
        x = first(image, shape_in=(9, 8, 2))
        nengo.Connection(x, ensembles[0].neurons)
        second = layer("Conv2D", 6, 3, strides=2, padding="same", use_bias=False)
        x = second(ensembles[0].neurons, shape_in=(9, 8, 4))
        nengo.Connection(x, ensembles[1].neurons)
    return network, image, ensembles[1].neurons


#: Network, the probe's filter and the time step.
OTHER_NETWORKS = {
    "dense": (lambda: dense_chain(**OTHER_LIF), None, 0.001),
    "dense, other time step": (lambda: dense_chain(**OTHER_LIF), 0.01, 0.002),
    "dense, never clipped": (lambda: dense_chain(min_voltage=-np.inf), 0.01, 0.001),
    "dense, refractory for less than a step": (lambda: dense_chain(tau_ref=0.0004), 0, 0.001),
    "convolutional, read at its neurons": (convolutional_chain, None, 0.001),
}


@pytest.mark.parametrize(("build", "synapse", "dt"), OTHER_NETWORKS.values(), ids=OTHER_NETWORKS)
def test_other_networks_spike_as_in_nengodl(build, synapse, dt):
    network, image, output = build()
    inputs = np.random.default_rng(0).normal(size=(3, image.size_out)).astype(np.float32)
    with network:
        probe = nengo.Probe(output, synapse=synapse)
        neurons = [nengo.Probe(ensemble.neurons) for ensemble in network.ensembles]
    with simulator(network, dt=dt) as opened:
        expected = with_nengo_dl(opened, image, inputs, 50)
        compiled = compiled_from(opened, image, probe)
    for found, population in zip(compiled.activity(inputs, 50), neurons, strict=True):
        assert_same_spikes(found.spikes, expected[population])
    found = compiled.predict(inputs, 50)
    assert np.std(expected[probe]) > 0.01
    # Sums of up to 72 products: 4 √2 √72 · 6e-8 is 3e-6 of their size.
    assert_same_outputs(found, expected[probe], 1e-5 * np.ptp(expected[probe]))


def test_parameters_are_those_of_the_simulator_now():
    network, image, output = dense_chain()
    with network:
        probe = nengo.Probe(output)
    inputs = np.random.default_rng(1).normal(size=(3, 12)).astype(np.float32)
    with simulator(network) as opened:
        before = compiled_from(opened, image, probe).predict(inputs, 50)
        weights = opened.keras_model.trainable_weights
        # The first are the biases of all neurons: NengoDL joins them in one array.
        assert [weight.shape for weight in weights[:1]] == [(100,)]
        for weight in weights:
            weight.assign(1.3 * weight + 0.1)
        expected = with_nengo_dl(opened, image, inputs, 50)[probe]
        after = compiled_from(opened, image, probe).predict(inputs, 50)
    assert np.abs(after - before).max() > 0.1
    assert_same_outputs(after, expected, 1e-5 * np.ptp(expected))


@pytest.mark.parametrize("channels", [5, 45])  # added one by one, and by 32 and 8 too
@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize(
    ("shape", "kernel", "strides", "dilations"),
    [
        ((9, 8, 2), (3, 2), (1, 1), (1, 1)),
        ((9, 8, 2), (3, 3), (2, 3), (1, 1)),
        ((7, 9, 1), (2, 3), (1, 1), (2, 3)),
        ((5, 4, 3), (5, 4), (2, 2), (1, 1)),
        ((1, 6, 2), (1, 1), (1, 2), (1, 1)),
    ],
)
def test_convolutions_are_those_of_tensorflow(shape, kernel, strides, dilations, same, channels):
    tf = nengodl.tensorflow()
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(*kernel, shape[2], channels)), rng.normal(size=channels)]
    inputs = rng.normal(size=(2, *shape)) * (rng.random((2, *shape)) < 0.5)
    inputs, *weights = (values.astype(np.float32) for values in (inputs, *weights))
    padding = "SAME" if same else "VALID"
    options = {"strides": strides, "padding": padding, "dilations": dilations}
    expected = (tf.nn.convolution(inputs, weights[0], **options) + weights[1]).numpy()
    layer = Linear(shape, expected.shape[1:], 0, 1, strides, dilations, same)
    found = np.empty((2, *wires.connect(layer, weights).shape_out), np.float32)
    sums.transform(wires.connect(layer, weights), inputs.reshape(2, -1), found)
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=0, atol=1e-5)


def odd_network(rng) -> tuple[Chain, list[np.ndarray]]:
    """No layer before the first neurons, none between two populations, and one of many channels."""

    def population(size):
        gain, bias, voltage = rng.uniform((0.5, 0, 0), (2, 1.2, 1), (size, 3)).T
        single = gain.astype(np.float32), bias.astype(np.float32)
        return Population(nengo.LIF(amplitude=0.01), *single, voltage, np.zeros(size))

    def dense(size_in, size_out, first):
        return Linear((size_in,), (size_out,), first, first + 1, (1, 1), (1, 1), same=False)

    parts = [
        population(7),
        dense(7, 1100, 0),
        population(1100),
        population(1100),
        dense(1100, 3, 2),
    ]
    shapes = (7, 1100), 1100, (1100, 3), 3
    weights = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    return Chain(parts, 0.001, 7, 3, None), weights


def test_an_odd_network_does_what_nengos_neurons_do():
    """Through more steps than a set of bits has, with an input for which nobody fires."""
    rng = np.random.default_rng(0)
    chain, weights = odd_network(rng)
    inputs = rng.normal(size=(3, 7)).astype(np.float32)
    inputs[1] = -100
    n_steps = 150
    expected = np.zeros((3, n_steps, 3))
    for of_input, given in zip(expected, inputs, strict=True):
        states = [(p.voltage.copy(), np.zeros(p.gain.size)) for p in chain.parts if not layer_of(p)]
        for step in range(n_steps):
            values, left = given.astype(float), iter(states)
            for part in chain.parts:
                if layer_of(part):
                    values = values @ weights[part.kernel] + weights[part.bias]
                    continue
                voltage, waiting = next(left)
                current, values = part.gain * values + part.bias, np.zeros(part.gain.size)
                state = {"voltage": voltage, "refractory_time": waiting}
                part.neuron_type.step(0.001, current, values, **state)
            of_input[step] = values
    for threads in (1, 2):
        found = CompiledNetwork(chain, weights, threads).predict(inputs, n_steps)
        # One spike in another step is worth up to 10 · 4.
        off = np.abs(found - expected).max(axis=2) > 1e-3
        assert off.mean() < 0.01
    assert np.ptp(expected) > 100


def layer_of(part) -> bool:
    return isinstance(part, Linear)


@pytest.mark.parametrize("shape", [(3, 6), (3, 8), (7,), (3, 7, 1)])
@pytest.mark.parametrize("what", ["predict", "spikes", "activity", "rates"])
def test_inputs_of_another_size_are_refused(what, shape):
    network = CompiledNetwork(*odd_network(np.random.default_rng(0)))
    steps = () if what == "rates" else (2,)
    with pytest.raises(ValueError, match=r"the inputs have the shape .*, not \(n, 7\)"):
        getattr(network, what)(np.zeros(shape, np.float32), *steps)


def test_parts_that_do_not_fit_each_other_are_refused():
    chain, weights = odd_network(np.random.default_rng(0))
    number = next(n for n, part in enumerate(chain.parts) if not layer_of(part))
    neurons = chain.parts[number]
    more = {name: np.tile(getattr(neurons, name), 2) for name in ("gain", "voltage")}
    for other, message in (
        (replace(neurons, **more), f"part {number} of the network takes"),
        (replace(neurons, voltage=more["voltage"]), "not every neuron of"),
        (replace(neurons, bias=Shared(0, 0, 3)), "not every neuron of"),
    ):
        parts = [*chain.parts[:number], other, *chain.parts[number + 1 :]]
        with pytest.raises(ValueError, match=message):
            CompiledNetwork(replace(chain, parts=parts), [*weights, np.zeros(3, np.float32)])
    with pytest.raises(ValueError, match="the network puts out"):
        CompiledNetwork(replace(chain, size_out=chain.size_out + 1), weights)


def test_weights_of_another_network_are_refused():
    chain, weights = odd_network(np.random.default_rng(0))
    for number, other in ((0, weights[2]), (1, weights[3]), (0, weights[0][:6])):
        wrong = [other if n == number else array for n, array in enumerate(weights)]
        with pytest.raises(ValueError, match="do not fit a layer from"):
            CompiledNetwork(chain, wrong)


SCRIPT = """
import hashlib, sys
import numpy as np
from snnlearn.engines.feedforward.evaluation import CompiledNetwork
from snnlearn.mnist import network
inputs = np.random.default_rng(0).integers(0, 256, size=(3, 784)).astype(np.float32)
compiled = CompiledNetwork(network.chain(1), network.initial_parameters(1))
found = compiled.predict(inputs, 30)
assert found[:, -1].all() and "tensorflow" not in sys.modules
print(hashlib.sha256(found.tobytes() + compiled.rates(inputs).tobytes()).hexdigest())
"""

#: What LLVM may use of the processor: SSE2, SSE4, AVX2 with fused products, and all it has.
PROCESSORS = ("x86-64", "x86-64-v2", "x86-64-v3", None)


def digest(processor: str | None) -> str:
    chosen = {} if processor is None else {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": ""}
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=os.environ | chosen, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.skipif("platform.machine() not in ('x86_64', 'AMD64')")
def test_bits_do_not_depend_on_the_instruction_set():
    if "avx2" not in binding.get_host_cpu_features() or not binding.get_host_cpu_features()["avx2"]:
        pytest.skip("this processor has no AVX2")
    assert len({digest(processor) for processor in PROCESSORS}) == 1


# Refusals


SHAPES_IN = {"Conv2D": (1, 1, 6)}


def chain(
    neuron_type=None,
    *,
    dtype="float32",
    activation=None,
    last=None,
    noise=None,
    training=None,
    **probe_options,
):
    """Input, dense layer, LIF neurons, dense layer, probe; or something else in a place."""
    nengo_dl, tf = nengodl.load()
    dense = tf.keras.layers.Dense
    with nengo.Network(seed=0) as network:
        network.config[nengo.Ensemble].max_rates = nengo.dists.Choice([9])
        network.config[nengo.Connection].synapse = None
        nengo_dl.configure_settings(stateful=False, dtype=dtype, learning_phase=training)
        image = nengo.Node(np.zeros(4), label="the image")
        first = nengo_dl.Layer(dense(6, activation=activation, name="first", dtype=dtype))(image)
        ensemble = nengo.Ensemble(
            6, 1, neuron_type=neuron_type or nengo.LIF(), noise=noise, label="the ensemble"
        )
        nengo.Connection(first, ensemble.neurons)
        last = nengo_dl.Layer(last or dense(3, name="last", dtype=dtype))
        output = last(ensemble.neurons, shape_in=SHAPES_IN.get(type(last.layer_func).__name__))
        probe = nengo.Probe(output, label="the probe", **{"synapse": None} | probe_options)
    return SimpleNamespace(
        network=network, image=image, first=first, ensemble=ensemble, output=output, probe=probe
    )


def altered(change):
    """The chain, after a change made within its network."""

    def build():
        parts = chain()
        with parts.network:
            change(parts)
        return parts

    return build


def rewired(**options):
    """The chain with another connection from the first layer to the neurons."""

    def build():
        parts = chain()
        network = parts.network
        network.connections[:] = [c for c in network.connections if c.pre_obj is not parts.first]
        with network:
            nengo.Connection(parts.first, parts.ensemble.neurons, **options)
        return parts

    return build


def with_layer(make):
    return lambda: chain(last=make(nengodl.load()[1].keras.layers))


def connect_slices(parts):
    connections = parts.network.connections
    connections[:] = [c for c in connections if c.pre_obj is not parts.first]
    nengo.Connection(parts.first[::-1], parts.ensemble.neurons)


def learn_last_connection(parts):
    del parts.network.connections[-1]
    learned = nengo.Connection(
        parts.ensemble.neurons, parts.output, transform=np.eye(6), learning_rule_type=nengo.PES()
    )
    nengo.Connection(nengo.Node(np.zeros(6)), learned.learning_rule)


def probe_neurons(parts):
    parts.probe = nengo.Probe(parts.ensemble.neurons, label="the probe")


def probe_voltages(parts):
    parts.probe = nengo.Probe(parts.ensemble.neurons, "voltage", label="the probe")


def probe_a_slice(parts):
    parts.probe = nengo.Probe(parts.output[:2], label="the probe")


def probe_decoded(parts):
    parts.probe = nengo.Probe(parts.ensemble, label="the probe")


def probe_before_neurons(parts):
    parts.network.connections[:] = parts.network.connections[:1]
    parts.probe = nengo.Probe(parts.first, label="the probe")


REFUSALS = {
    "rectified linear": (lambda: chain(nengo.RectifiedLinear()), "ensemble.*RectifiedLinear"),
    "rates": (lambda: chain(nengo.LIFRate()), "the ensemble.*LIFRate"),
    "subclass of LIF": (lambda: chain(nengo.AdaptiveLIF()), "the ensemble.*AdaptiveLIF"),
    "noise": (lambda: chain(noise=nengo.processes.WhiteNoise()), "the ensemble.*noise"),
    "long refractory time": (
        lambda: chain(nengo.LIF(tau_rc=0.001, tau_ref=0.1)),
        "the ensemble.*more than 80 tau_rc",
    ),
    "relu": (lambda: chain(activation="relu"), "layer first.*relu"),
    "other layer": (with_layer(lambda layers: layers.Dropout(0.1, name="drop")), "layer drop"),
    "function": (lambda: chain(last=lambda x: 2 * x), "layer <function.*neither Conv2D nor"),
    "groups": (
        with_layer(lambda layers: layers.Conv2D(4, (1, 1), groups=2, name="grouped")),
        "layer grouped.*groups",
    ),
    "synapse": (rewired(synapse=0.005), "Connection.*has a synapse"),
    "transform": (rewired(transform=2.0), "Connection.*has a transform"),
    "slice": (altered(connect_slices), "Connection.*slices"),
    "recurrence": (
        altered(lambda p: nengo.Connection(p.ensemble.neurons, p.ensemble.neurons, synapse=0.1)),
        "Neurons of.*the ensemble.*incoming connections",
    ),
    "recurrence through the ensemble": (
        altered(lambda p: nengo.Connection(p.ensemble, p.ensemble, synapse=0.1)),
        "Neurons of.*the ensemble.*incoming connections",
    ),
    "second input": (
        altered(lambda p: nengo.Connection(nengo.Node(1), p.ensemble)),
        "Neurons of.*the ensemble.*incoming connections",
    ),
    "branch": (
        altered(lambda p: nengo.Connection(p.ensemble.neurons, nengo.Node(size_in=6))),
        "Neurons of.*the ensemble.*2 outgoing connections",
    ),
    "output that goes on": (
        altered(lambda p: nengo.Connection(p.output, nengo.Node(size_in=3))),
        "layer last.*outgoing connections beside .*the probe",
    ),
    "neurons that go on": (
        altered(probe_neurons),
        "Neurons of.*the ensemble.*outgoing connections beside .*the probe",
    ),
    "learning": (altered(learn_last_connection), "Connection.*learns"),
    "other filter": (lambda: chain(synapse=nengo.Alpha(0.1)), "the probe.*Alpha"),
    "rare samples": (lambda: chain(sample_every=0.01), "the probe.*every step"),
    "probe of voltages": (altered(probe_voltages), "the probe.*voltage"),
    "probe of a slice": (altered(probe_a_slice), "the probe.*every step"),
    "probe of decoded output": (altered(probe_decoded), "the probe"),
    "no neurons": (altered(probe_before_neurons), "the network has no neurons"),
    "training mode": (lambda: chain(training=True), "training mode"),
    "float64": (lambda: chain(dtype="float64"), "float64"),
}


@pytest.mark.parametrize(("build", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusal_names_the_part_and_the_remedy(build, message):
    parts = build()
    with (
        simulator(parts.network) as opened,
        pytest.raises(UnsupportedNetworkError, match=message) as refused,
    ):
        reading.read(opened, parts.image, parts.probe)
    assert "engine nengo-dl" in str(refused.value)


def test_the_unaltered_chain_is_accepted():
    parts = chain()
    with simulator(parts.network) as opened:
        reading.read(opened, parts.image, parts.probe)
