#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The wide cases in JAX on the CPU.

    jax_wide.py --mode jit --threads N --method wgan-gp|unrolled --seconds S

One iteration (draws, gradients, Adam) is one compiled function with donated state, called from Python.
"""

import os
import sys

import wide_case as case

ARGS = case.arguments(('jit',), case.METHODS)
if ARGS.threads == 1:
    os.environ['XLA_FLAGS'] = os.environ.get('XLA_FLAGS', '') + ' --xla_cpu_multi_thread_eigen=false'
os.environ['JAX_PLATFORMS'] = 'cpu'

import jax
import jax.numpy as jnp

G_RATE, C_RATE, BETA1, BETA2 = case.ADAM[ARGS.method]


def apply(values, x):
    for i in range(0, len(values) - 2, 2):
        x = jax.nn.relu(x @ values[i] + values[i + 1])
    return x @ values[-2] + values[-1]


def critic_loss(c, x, y, alpha):
    between = alpha * x + (1 - alpha) * y
    slope = jax.grad(lambda p: apply(c, p).sum())(between)
    norm = jnp.sqrt(jnp.square(slope).sum(1) + 1e-12)
    return apply(c, y).mean() - apply(c, x).mean() + case.PENALTY * jnp.square(norm - 1).mean()


def value(g, c, x, z):
    """L_D of the unrolled GAN."""
    return jax.nn.softplus(-apply(c, x)).mean() + jax.nn.softplus(apply(c, apply(g, z))).mean()


def adam(values, gradients, moments, t, rate, tiny=0.0):
    m = [BETA1 * a + (1 - BETA1) * d for (a, _), d in zip(moments, gradients)]
    v = [BETA2 * b + (1 - BETA2) * d * d for (_, b), d in zip(moments, gradients)]
    first, second = 1 - BETA1 ** t, 1 - BETA2 ** t
    values = [p - rate * (a / first) / (jnp.sqrt((b + tiny) / second) + case.EPSILON) for p, a, b in zip(values, m, v)]
    return values, list(zip(m, v))


def iterate_wgan_gp(state, xs, zs, alphas, z):
    g, c, g_moments, c_moments, t = state
    for i in range(case.CRITIC_STEPS):
        critic, gradient = jax.value_and_grad(critic_loss)(c, xs[i], apply(g, zs[i]), alphas[i])
        c, c_moments = adam(c, gradient, c_moments, t * case.CRITIC_STEPS + i + 1, C_RATE)
    generator, gradient = jax.value_and_grad(lambda g: -apply(c, apply(g, z)).mean())(g)
    g, g_moments = adam(g, gradient, g_moments, t + 1, G_RATE)
    return (g, c, g_moments, c_moments, t + 1), (critic, generator)


def iterate_unrolled(state, xs, zs, alphas, z):
    g, c, g_moments, c_moments, t = state
    x, z = xs[0], zs[0]

    def unrolled(g):
        values, moments = c, c_moments
        for k in range(case.UNROLL):
            critic, gradient = jax.value_and_grad(value, argnums=1)(g, values, x, z)
            values, moments = adam(values, gradient, moments, t + k + 1, C_RATE, case.TINY)
            if k == 0:
                first = values, moments, critic
        return -value(g, values, x, z), first

    (generator, (c_next, c_moments_next, critic)), gradient = jax.value_and_grad(unrolled, has_aux=True)(g)
    g, g_moments = adam(g, gradient, g_moments, t + 1, G_RATE)
    return (g, c_next, g_moments, c_moments_next, t + 1), (critic, generator)


iterate = iterate_wgan_gp if ARGS.method == 'wgan-gp' else iterate_unrolled


def drawing_step(carry, data):
    state, key = carry
    n = case.n_draws(ARGS.method)
    key, k1, k2, k3, k4 = jax.random.split(key, 5)
    state, losses = iterate(state, data[jax.random.randint(k1, (n, case.BATCH), 0, case.POINTS)],
                            jax.random.normal(k2, (n, case.BATCH, case.LATENT)),
                            jax.random.uniform(k3, (n, case.BATCH, 1)),
                            jax.random.normal(k4, (case.BATCH, case.LATENT)))
    return (state, key), losses


def start():
    g, c = (list(map(jnp.array, values)) for values in case.networks())
    zeros = lambda values: [(jnp.zeros_like(v), jnp.zeros_like(v)) for v in values]
    return g, c, zeros(g), zeros(c), jnp.zeros(())


def runner():
    data = jnp.array(case.ring())
    step = jax.jit(lambda carry: drawing_step(carry, data), donate_argnums=0)
    carry = (start(), jax.random.key(0))

    def run(n):
        nonlocal carry
        for _ in range(n):
            carry, losses = step(carry)
        jax.block_until_ready((carry, losses))
    return run


def check():
    state, data = start(), case.ring()
    step = jax.jit(iterate)
    for index, zs, alphas, z in case.check_draws(ARGS.method):
        state, losses = step(state, data[index], zs, alphas, z)
    return [float(loss) for loss in losses]


def main():
    versions = {'jax': jax.__version__, 'jaxlib': jax.lib.__version__, 'python': sys.version.split()[0]}
    if ARGS.check:
        case.report('jax', ARGS, versions, losses={ARGS.mode: check()})
        return
    case.report('jax', ARGS, versions, **case.rates(runner(), ARGS.seconds))


main()
