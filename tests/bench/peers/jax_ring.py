#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ring case in JAX on the CPU.

    jax_ring.py --mode jit|scan --threads N --method gan|mmd-net|gram --seconds S

jit: one iteration (draws, gradients, Adam) is one compiled function with donated state, called from Python.
scan: 100 iterations in one call by lax.scan: no Python between them, which a live window could not do.
"""

import os
import sys

import ring_case as case

ARGS = case.arguments(('jit', 'scan'))
if ARGS.threads == 1:
    os.environ['XLA_FLAGS'] = os.environ.get('XLA_FLAGS', '') + ' --xla_cpu_multi_thread_eigen=false'
os.environ['JAX_PLATFORMS'] = 'cpu'

import jax
import jax.numpy as jnp

SCAN = 100


# ---- losses ----

def apply(values, x):
    x = jax.nn.relu(x @ values[0] + values[1])
    x = jax.nn.relu(x @ values[2] + values[3])
    return x @ values[4] + values[5]


def rbf(a, b):
    """exp(−|a − b|²/2), distances clamped at 0."""
    distance = jnp.square(a).sum(1)[:, None] + jnp.square(b).sum(1)[None, :] - 2 * (a @ b.T)
    return jnp.exp(-0.5 * jnp.maximum(distance, 0))


def mmd(k_xx, k_yy, k_yx):
    return jnp.sqrt(jnp.maximum(k_xx.mean() + k_yy.mean() - 2 * k_yx.mean(), 0) + 1e-6)


def gan_critic_loss(c, x, y):
    return jax.nn.softplus(-apply(c, x)).mean() + jax.nn.softplus(apply(c, y)).mean()


def gan_generator_loss(g, c, z):
    return jax.nn.softplus(-apply(c, apply(g, z))).mean()


def mmd_net_loss(g, x, z):
    y = apply(g, z)
    return mmd(rbf(x, x), rbf(y, y), rbf(y, x))


def gram_losses(g, c, x, z):
    """The critic's, negated so that both go down, and the generator's."""
    p, q = apply(c, x), apply(c, apply(g, z))
    k_qq, k_qp = rbf(q, q), rbf(q, p)
    # By Cholesky; its gradient is one more solve, three times as quick as going through the factor.
    r = jax.scipy.linalg.solve(k_qq + case.RIDGE * jnp.eye(len(q)), k_qp.sum(1), assume_a='pos')
    return -(jnp.square(r - 1).mean() + r.sum()), mmd(rbf(p, p), k_qq, k_qp)


# ---- one iteration ----

def adam(values, gradients, moments, t):
    m = [case.BETA1 * a + (1 - case.BETA1) * g for (a, _), g in zip(moments, gradients)]
    v = [case.BETA2 * b + (1 - case.BETA2) * g * g for (_, b), g in zip(moments, gradients)]
    first, second = 1 - case.BETA1 ** t, 1 - case.BETA2 ** t
    values = [x - case.RATE * (a / first) / (jnp.sqrt(b / second) + case.EPSILON)
              for x, a, b in zip(values, m, v)]
    return values, list(zip(m, v))


def iterate(state, x, z1, z2):
    g, c, g_moments, c_moments, t = state
    t = t + 1
    if ARGS.method == 'gan':
        critic, gradient = jax.value_and_grad(gan_critic_loss)(c, x, apply(g, z1))
        c, c_moments = adam(c, gradient, c_moments, t)
        generator, gradient = jax.value_and_grad(gan_generator_loss)(g, c, z2)
        g, g_moments = adam(g, gradient, g_moments, t)
        losses = (critic, generator)
    elif ARGS.method == 'mmd-net':
        loss, gradient = jax.value_and_grad(mmd_net_loss)(g, x, z1)
        g, g_moments = adam(g, gradient, g_moments, t)
        losses = (loss,)
    else:
        losses, pullback = jax.vjp(lambda a, b: gram_losses(a, b, x, z1), g, c)
        one, zero = jnp.ones(()), jnp.zeros(())
        c_gradient, g_gradient = pullback((one, zero))[1], pullback((zero, one))[0]
        c, c_moments = adam(c, c_gradient, c_moments, t)
        g, g_moments = adam(g, g_gradient, g_moments, t)
    return (g, c, g_moments, c_moments, t), losses


def drawing_step(carry, data):
    state, key = carry
    key, k1, k2, k3 = jax.random.split(key, 4)
    x = data[jax.random.randint(k1, (case.BATCH,), 0, case.POINTS)]
    z1 = jax.random.normal(k2, (case.BATCH, case.LATENT))
    z2 = jax.random.normal(k3, (case.BATCH, case.LATENT)) if ARGS.method == 'gan' else z1
    state, losses = iterate(state, x, z1, z2)
    return (state, key), losses


def start():
    g, c = (list(map(jnp.array, values)) for values in case.networks(ARGS.method))
    zeros = lambda values: [(jnp.zeros_like(v), jnp.zeros_like(v)) for v in values]
    return g, c, zeros(g), zeros(c), jnp.zeros(())


# ---- running ----

def runner():
    data = jnp.array(case.ring())
    if ARGS.mode == 'scan':
        step = jax.jit(lambda carry: jax.lax.scan(lambda k, _: drawing_step(k, data), carry, None, SCAN),
                       donate_argnums=0)
    else:
        step = jax.jit(lambda carry: drawing_step(carry, data), donate_argnums=0)
    carry = (start(), jax.random.key(0))
    per_call = SCAN if ARGS.mode == 'scan' else 1

    def run(n):
        nonlocal carry
        for _ in range(n):
            carry, losses = step(carry)
        jax.block_until_ready((carry, losses))
    return run, per_call


def check():
    state, data = start(), case.ring()
    step = jax.jit(iterate)
    for index, z1, z2 in case.check_draws():
        state, losses = step(state, data[index], z1, z2)
    return [float(loss) for loss in losses]


def main():
    versions = {'jax': jax.__version__, 'jaxlib': jax.lib.__version__, 'python': sys.version.split()[0]}
    if ARGS.check:
        case.report('jax', ARGS, versions, losses={ARGS.mode: check()})
        return
    run, per_call = runner()
    found = case.rates(run, ARGS.seconds)
    case.report('jax', ARGS, versions, **{key: per_call * value for key, value in found.items()})


main()
