#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The GPU's cases in JAX.

    jax_cases.py CASE... --mode jit|scan [--device cuda|cpu] [--precision float32|tf32] [--seconds S] [--small]

jit: one iteration (draws, gradients, Adam) is one compiled function with donated state, called from Python.
scan: 50 iterations in one call by lax.scan: no Python between them, which a live window could not do.
dcgan32 is not here: its peer is PyTorch.
"""

import os
import sys

import cases
import ring_case as ring

ARGS = cases.arguments(('jit', 'scan'))
os.environ['JAX_PLATFORMS'] = ARGS.device
os.environ.setdefault('XLA_PYTHON_CLIENT_PREALLOCATE', 'false')

import jax
import jax.numpy as jnp
import jaxlib

SCAN = 50


# ---- losses; parameters are dictionaries of lists ----

def apply(values, x):
    for i in range(0, len(values), 2):
        x = x @ values[i] + values[i + 1]
        x = jax.nn.relu(x) if i + 2 < len(values) else x
    return x


def squared_distances(a, b):
    return jnp.maximum(jnp.square(a).sum(1)[:, None] + jnp.square(b).sum(1)[None, :] - 2 * (a @ b.T), 0)


def rbf(a, b):
    return jnp.exp(-0.5 * squared_distances(a, b))


def mmd(k_xx, k_yy, k_yx):
    return jnp.sqrt(jnp.maximum(k_xx.mean() + k_yy.mean() - 2 * k_yx.mean(), 0) + 1e-6)


def gan_critic(p, draws):
    x, y = draws['x'], apply(p['g'], draws['z'])
    return jax.nn.softplus(-apply(p['c'], x)).mean() + jax.nn.softplus(apply(p['c'], y)).mean(),


def gan_generator(p, draws):
    return jax.nn.softplus(-apply(p['c'], apply(p['g'], draws['z']))).mean(),


def mmd_net(p, draws):
    x, y = draws['x'], apply(p['g'], draws['z'])
    return mmd(rbf(x, x), rbf(y, y), rbf(y, x)),


def gram(p, draws):
    a, b = apply(p['c'], draws['x']), apply(p['c'], apply(p['g'], draws['z']))
    k_bb, k_ba = rbf(b, b), rbf(b, a)
    # By Cholesky; its gradient is one more solve, three times as quick as going through the factor.
    r = jax.scipy.linalg.solve(k_bb + ring.RIDGE * jnp.eye(len(b)), k_ba.sum(1), assume_a='pos')
    return -(jnp.square(r - 1).mean() + r.sum()), mmd(rbf(a, a), k_bb, k_ba)


def wgan_critic(p, draws):
    x, y = draws['x'], apply(p['g'], draws['z'])
    gradient = jax.grad(lambda t: apply(p['c'], t).sum())(y + draws['alpha'] * (x - y))
    norm = jnp.sqrt(jnp.square(gradient).sum(1) + 1e-12)
    real, fake = jnp.split(apply(p['c'], jnp.concatenate((x, y))), 2)
    return fake.mean() - real.mean() + cases.PENALTY * jnp.square(norm - 1).mean(),


def wgan_generator(p, draws):
    return -apply(p['c'], apply(p['g'], draws['z'])).mean(),


RING = {'gan': [(('c',), gan_critic), (('g',), gan_generator)], 'mmd-net': [(('g',), mmd_net)],
        'gram': [(('c', 'g'), gram)]}


# ---- one iteration ----

class Case:
    def __init__(self, name):
        self.data = jnp.array(ring.ring())
        if name == 'mlp512':
            s = cases.sizes(name, ARGS.small)
            self.batch, self.rate, self.betas = s['batch'], s['rate'], s['betas']
            widths = [2] + [s['width']] * s['depth']
            start = {'g': cases.mlp(2, widths + [2]), 'c': cases.mlp(3, widths + [1])}
            self.phases = [(('c',), wgan_critic), (('g',), wgan_generator)]
        else:
            method = name.removeprefix('ring-')
            self.batch, self.rate, self.betas = ring.BATCH, ring.RATE, (ring.BETA1, ring.BETA2)
            start = {group: values for group, values in zip('gc', ring.networks(method)) if values}
            self.phases = RING[method]
        parameters = jax.tree.map(jnp.array, start)
        zeros = lambda: jax.tree.map(jnp.zeros_like, parameters)
        self.state = (parameters, zeros(), zeros(), jnp.zeros(()), jax.random.key(0))

    def draw(self, key):
        k1, k2, k3 = jax.random.split(key, 3)
        return {'x': self.data[jax.random.randint(k1, (self.batch,), 0, len(self.data))],
                'z': jax.random.normal(k2, (self.batch, 2)), 'alpha': jax.random.uniform(k3, (self.batch, 1))}

    def adam(self, values, gradients, m, v, t):
        b1, b2 = self.betas
        m = [b1 * a + (1 - b1) * g for a, g in zip(m, gradients)]
        v = [b2 * a + (1 - b2) * g * g for a, g in zip(v, gradients)]
        values = [x - self.rate * (a / (1 - b1 ** t)) / (jnp.sqrt(b / (1 - b2 ** t)) + 1e-8)
                  for x, a, b in zip(values, m, v)]
        return values, m, v

    def iterate(self, state):
        parameters, first, second, t, key = state
        t = t + 1
        for groups, function in self.phases:
            key, draw_key = jax.random.split(key)
            draws = self.draw(draw_key)
            moved = {group: parameters[group] for group in groups}
            losses, pullback = jax.vjp(lambda p: function({**parameters, **p}, draws), moved)
            one = lambda i: tuple(jnp.ones_like(l) if i == j else jnp.zeros_like(l) for j, l in enumerate(losses))
            gradients = {group: pullback(one(i))[0][group] for i, group in enumerate(groups)}
            for group in groups:
                values, m, v = self.adam(parameters[group], gradients[group], first[group], second[group], t)
                parameters, first, second = ({**old, group: new} for old, new in
                                             ((parameters, values), (first, m), (second, v)))
        return (parameters, first, second, t, key), losses


def gram_step(name):
    n, d = cases.gram_size(name)
    points = tuple(map(jnp.array, cases.gram_points(n, d)))
    scales = cases.gram_scales()

    def loss(x, y):
        distance = squared_distances(x, y)
        return sum(jnp.exp(-scale * distance) for scale in scales).mean()
    step = jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))
    return lambda: step(*points)


# ---- measuring ----

def measure(name):
    if name.startswith('gram-'):
        step, per_call = gram_step(name), 1
    else:
        case = Case(name)
        scan = ARGS.mode == 'scan'
        per_call = SCAN if scan else 1
        compiled = jax.jit((lambda s: jax.lax.scan(lambda k, _: case.iterate(k), s, None, SCAN)) if scan else case.iterate,
                           donate_argnums=0)

        def step():
            case.state, losses = compiled(case.state)
            return losses

    def run(n):
        for _ in range(n):
            run.losses = step()
        jax.block_until_ready(run.losses)
    run(2)
    found = cases.rates(run, ARGS.seconds)
    statistics = jax.devices()[0].memory_stats() or {}
    if 'peak_bytes_in_use' in statistics:
        found['bytes'] = statistics['peak_bytes_in_use']
    if not jnp.isfinite(jnp.asarray(run.losses[0])).all():
        raise ArithmeticError(f'the loss is {run.losses[0]}')
    found.update(its=found['its'] * per_call, its_low=found['its_low'] * per_call,
                 its_high=found['its_high'] * per_call, seconds=found['seconds'] / per_call)
    return found


def main():
    if ARGS.precision == 'bf16':
        jax.config.update('jax_default_matmul_precision', 'bfloat16')
    elif ARGS.precision == 'float32':
        jax.config.update('jax_default_matmul_precision', 'highest')
    elif ARGS.device == 'cuda':
        jax.config.update('jax_default_matmul_precision', 'tensorfloat32')
    versions = {'jax': jax.__version__, 'jaxlib': jaxlib.__version__, 'python': sys.version.split()[0]}
    for name in ARGS.cases:
        cases.report(name, 'jax', ARGS, lambda: measure(name), versions)


main()
