# SPDX-License-Identifier: Apache-2.0
"""The wide cases, which differentiate twice, as far as they need no framework: the networks of the improved WGAN's toy
code, generator 2-512-512-512-2 and critic 2-512-512-512-1 with ReLU, batch 256, latent 2 (standard normal), float32, on
the ring of ring_case.py.

    wgan-gp    five critic updates on E s(y) − E s(x) + 0.1·E (|∇s(x̂)| − 1)², each with draws of its own and x̂ = αx +
               (1 − α)y, one α for each point; then the generator on −E s(y). Adam 10⁻⁴, β = (0.5, 0.9)
    unrolled   the generator on −L_D at the critic five Adam updates later, differentiated through Adam's running means
               too; the critic takes the first of these. L_D = E sp(−s(x)) + E sp(s(y)), one minibatch and latent in all
               of it; Adam 10⁻⁴ (critic) and 10⁻³, β = (0.5, 0.999). A root of 0 has an infinite slope: + 10⁻³⁰
"""

import numpy as np

from ring_case import CHECK_STEPS, EPSILON, POINTS, arguments, rates, report, ring

METHODS = ('wgan-gp', 'unrolled')
BATCH, LATENT, HIDDEN, UNROLL = 256, 2, (512, 512, 512), 5
CRITIC_STEPS, PENALTY = 5, 0.1
# Rates of generator and critic, β₁, β₂.
ADAM = {'wgan-gp': (1e-4, 1e-4, 0.5, 0.9), 'unrolled': (1e-3, 1e-4, 0.5, 0.999)}
TINY = 1e-30


def network(seed, outputs):
    """[W₀, b₀, …], He uniform."""
    rng = np.random.default_rng(seed)
    values = []
    widths = [2, *HIDDEN, outputs]
    for inputs, width in zip(widths, widths[1:]):
        limit = np.sqrt(6 / inputs)
        values.append(rng.uniform(-limit, limit, (inputs, width)).astype(np.float32))
        values.append(np.zeros(width, np.float32))
    return values


def networks():
    return network(2, 2), network(3, 1)


def n_draws(method):
    """Minibatches of an iteration."""
    return CRITIC_STEPS if method == 'wgan-gp' else 1


def check_draws(method):
    """For --check: per step the indices of the minibatches, as many latents and α, and one latent more."""
    rng = np.random.default_rng(4)
    n = n_draws(method)
    for _ in range(CHECK_STEPS):
        yield (rng.integers(POINTS, size=(n, BATCH)), rng.standard_normal((n, BATCH, LATENT)).astype(np.float32),
               rng.random((n, BATCH, 1)).astype(np.float32), rng.standard_normal((BATCH, LATENT)).astype(np.float32))
