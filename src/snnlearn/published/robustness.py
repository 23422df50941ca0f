"""What is expected of a trained classifier that is perturbed."""

from snnlearn.published import Claim
from snnlearn.published.mnist import EXCUSED, ON_MNIST

_COARSE = (
    "Krishnamoorthi 2018, arXiv:1806.08342 (not at hand): with a scale for each channel, 8 bits "
    "cost networks of images 2 % at most, without training anew"
)

_EXPECTED = "an expectation of this project: neither the chapter nor its sources say so"

CLAIMS = (
    Claim(
        "8-bit-weights-cost-2-percent-at-most",
        "with weights of 8 bits, fewer than 2 in 100 images are lost",
        _COARSE,
        "loss_weight_bits_8",
        high=0.02,
        because="as the source says, of other networks",
        variants=ON_MNIST,
        excused=EXCUSED,
    ),
    Claim(
        "8-bit-weights-cost-nothing",
        "with weights of 8 bits, the networks answer as well as with 32",
        _EXPECTED,
        "loss_weight_bits_8",
        predicted=0,
        low=-0.002,
        high=0.002,
        because="about the binomial deviation of the accuracy on 10,000 images, twice",
        variants=ON_MNIST,
        excused=EXCUSED,
        kind="expectation",
    ),
    Claim(
        "4-bit-weights-cost-little",
        "with weights of 4 bits, fewer than 1 in 100 images are lost",
        _EXPECTED,
        "loss_weight_bits_4",
        high=0.01,
        because="a loss that doubles the errors",
        variants=ON_MNIST,
        excused=EXCUSED,
        kind="expectation",
    ),
    Claim(
        "a-tenth-of-neurons-may-die",
        "with a tenth of all neurons dead, fewer than 1 in 100 images are lost",
        _EXPECTED,
        "loss_dead_neurons_10",
        high=0.01,
        because="a loss that doubles the errors",
        variants=ON_MNIST,
        excused=EXCUSED,
        kind="expectation",
    ),
    Claim(
        "weights-may-be-a-tenth-off",
        "with noise of a tenth on all weights, fewer than 1 in 200 images are lost",
        _EXPECTED,
        "loss_weight_noise_10",
        high=0.005,
        because="half of a loss that doubles the errors",
        variants=ON_MNIST,
        excused=EXCUSED,
        kind="expectation",
    ),
    Claim(
        "pixels-may-be-a-tenth-off",
        "with noise of a tenth of white on all pixels, fewer than 1 in 100 images are lost",
        _EXPECTED,
        "loss_image_noise_10",
        high=0.01,
        because="a loss that doubles the errors",
        variants=ON_MNIST,
        excused=EXCUSED,
        kind="expectation",
    ),
)
