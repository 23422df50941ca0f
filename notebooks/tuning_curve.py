# %% [markdown]
# # Tuning curves that can be trained
#
# How often a neuron fires as a function of the current that drives it, its *tuning curve*, has a
# kink. To train networks with gradients, one wants a curve without it. Here both are drawn, as in
# the chapter "Learning spiking neural networks" (E. Ezra Tsur, *Neuromorphic Engineering*, chapter
# 13), and a neuron is trained with each, to see what the kink costs.
#
# ## What happens in a neuron
#
# A *leaky integrate-and-fire* (LIF) neuron sums its input current in the voltage of its membrane,
# which leaks with the time constant $\tau$. Where the voltage reaches a threshold, the neuron sends
# a spike, and its voltage is held for the *refractory period* $t_\mathrm{ref}$. A current $J$ below
# the threshold current, here 1, leaks away as fast as it comes in: the neuron is silent. Above it,
# the time from spike to spike can be solved for, and the firing rate is its inverse:
#
# $$f(J) = \frac{1}{t_\mathrm{ref} + \tau \ln\left(1 + \frac{1}{\rho(J - 1)}\right)}
# \qquad \rho(x) = \max(x, 0)$$
#
# At $J = 1$ this has no derivative. Below, the derivative is 0, and a gradient says nothing. The
# soft curve takes, in place of the rectifier, the *softplus*
#
# $$\rho(x) = \lambda \ln\left(1 + e^{x / \lambda}\right)$$
#
# which is smooth everywhere and approaches the rectifier as $\lambda$ becomes small.

# %%
import matplotlib.pyplot as plt
import nengo
import numpy as np

from snnlearn.experiments import tuning_curve

# %% [markdown]
# ## What can be changed

# %%
tau_ref = 0.010  # seconds
tau_rc = 0.005  # seconds: 1 kΩ · 5 µF
smoothing = 0.05  # λ, in units of the threshold current

# %% [markdown]
# ## The two curves
#
# The formula, in NumPy. Rectified elementwise: the chapter's code has `np.max(x, 0)`, the maximum
# *along axis 0*, which changes nothing in a number, so that currents below threshold have no rate
# at all there.


# %%
def rate(rho):
    """Firing rate in hertz for a rectified drive."""
    with np.errstate(divide="ignore", over="ignore"):  # where 1 / ρ is infinite, the rate is 0
        return 1 / (tau_ref + tau_rc * np.log1p(1 / rho))


def hard(current):
    """The LIF rate."""
    return rate(np.maximum(current - 1, 0))


def soft(current):
    """The rate with the softplus."""
    return rate(smoothing * np.logaddexp(0, (current - 1) / smoothing))


currents = np.linspace(0, 3, 301)

# %% [markdown]
# The library has them too, and knows in addition what to do where, far below threshold, the
# softplus is too small for a number. From threshold on, they are the same:

# %%
above, constants = currents[currents >= 1], {"tau_ref": tau_ref, "tau_rc": tau_rc}
np.testing.assert_allclose(hard(above), tuning_curve.hard_rates(above, **constants))
np.testing.assert_allclose(
    soft(above), tuning_curve.soft_rates(above, **constants, smoothing=smoothing)
)

# %% [markdown]
# ## Do neurons that spike follow the curve?
#
# A formula is one thing. In Nengo, 31 LIF neurons get 31 constant currents (their bias, with no
# other input), and their spikes are counted for ten seconds.

# %%
driven = np.linspace(0, 3, 31)
with nengo.Network(seed=0) as model:
    neurons = nengo.Ensemble(
        len(driven),
        dimensions=1,
        neuron_type=nengo.LIF(tau_rc=tau_rc, tau_ref=tau_ref),
        gain=np.ones(len(driven)),
        bias=driven,
    )
    spikes = nengo.Probe(neurons.neurons)
with np.errstate(divide="ignore"), nengo.Simulator(model, progress_bar=False) as simulator:
    simulator.run(10.0)
counted = np.count_nonzero(simulator.data[spikes], axis=0) / 10

print(f"counted rates are off the formula by at most {abs(counted - hard(driven)).max():.2f} Hz")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
left.plot(currents, hard(currents), "black", linewidth=2, label="hard: max(x, 0)")
left.plot(currents, soft(currents), "tab:red", linewidth=2, label="soft: softplus")
left.plot(driven, counted, "o", markersize=4, label="spikes counted")
left.set(xlabel="Input current (threshold currents)", ylabel="Firing rate (Hz)")
left.legend()
for curve, colour in ((hard, "black"), (soft, "tab:red")):
    right.plot(currents, np.gradient(curve(currents), currents), colour)
right.set(xlabel="Input current (threshold currents)", ylabel="Slope (Hz per threshold current)")
plt.show()

print(f"rate at threshold: hard {hard(1.0):.1f} Hz, soft {soft(1.0):.1f} Hz")
print(f"rate at three times the threshold: hard {hard(3.0):.1f} Hz, soft {soft(3.0):.1f} Hz")

# %% [markdown]
# Spikes follow the hard curve. The soft one agrees with it far above threshold; at threshold it is
# not close at all, though $\lambda$ is small, as the hard curve rises there more steeply than any
# straight line. Also far above, neither can exceed $1 / t_\mathrm{ref}$.
#
# ## What the kink costs
#
# A neuron gets the input 1 through a weight $w$, and is to fire at 60 Hz. Gradient descent lowers
# the squared error $\frac12 (f(w) - 60)^2$: in each step, the weight changes by the error times the
# slope of the curve. It begins with a weight below threshold, where the neuron is silent, or above.


# %%
def trained(curve, weight, target=60.0, step=2e-5, steps=2000):
    """The weight over the steps of gradient descent."""
    weights = [weight]
    for _ in range(steps):
        slope = (curve(weight + 1e-6) - curve(weight - 1e-6)) / 2e-6
        weight = weight - step * (curve(weight) - target) * slope
        weights.append(weight)
    return np.array(weights)


figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
for name, curve, colour in (("hard", hard, "black"), ("soft", soft, "tab:red")):
    for start, style in ((0.8, "-"), (1.2, "--")):
        rates = hard(trained(curve, start))
        told = f"{name} curve, from {start}"
        axes.plot(rates, style, color=colour, label=told)
        print(f"trained with the {told}: the LIF neuron fires at {rates[-1]:.1f} Hz")
axes.axhline(60, color="0.6", linestyle=":")
axes.set(xlabel="Step of training", ylabel="Rate of the LIF neuron (Hz)")
axes.legend()
plt.show()

# %% [markdown]
# Below threshold the hard curve has slope 0, so nothing ever changes: such a neuron is dead. The
# soft curve has a slope everywhere and brings it to life. From above threshold, both arrive.
#
# ## What a referee would ask
#
# *Is the soft curve needed, then?* Not where most neurons are driven above threshold to begin with:
# the classifier in `mnist.py` is trained with hard rates, as the chapter's is. *Do the slopes stay
# bounded?* Those of the soft curve do; just above threshold, the hard curve's grow without a bound.
# *Is the neuron that was trained the one that is used?* It is not. What is used spikes, and follows
# the hard curve. The smaller $\lambda$, the less this matters, and the steeper the soft curve
# becomes.
#
# ## Change one thing
#
# Above, change `smoothing = 0.05` into `smoothing = 0.5`, and run all again. The soft curve is
# smoother still, so training should be easier. It prints:
#
#     rate at threshold: hard 0.0 Hz, soft 59.6 Hz
#     trained with the soft curve, from 0.8: the LIF neuron fires at 34.4 Hz
#
# Training did its work: the soft rate is 60 Hz. But the spiking neuron with that weight fires much
# less, as the two curves now differ even where neurons are driven well. What is trained must
# resemble what is used.
