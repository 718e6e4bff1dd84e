#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The wide cases in PyTorch: eager, or compiled.

    torch_wide.py --mode eager|compile --threads N --method wgan-gp|unrolled --seconds S

eager: autograd with create_graph and the fused Adam.
compile: the whole iteration (draws, gradients by torch.func, Adam) as one compiled graph, without and with max-autotune;
the better one counts. Compiled losses alone cannot be differentiated twice.
"""

import sys

import wide_case as case

ARGS = case.arguments(('eager', 'compile'), case.METHODS)

import torch
import torch.nn.functional as F

G_RATE, C_RATE, BETA1, BETA2 = case.ADAM[ARGS.method]


def apply(values, x):
    for i in range(0, len(values) - 2, 2):
        x = torch.relu(torch.addmm(values[i + 1], x, values[i]))
    return torch.addmm(values[-1], x, values[-2])


def value(c, x, y):
    """L_D of the unrolled GAN."""
    return F.softplus(-apply(c, x)).mean() + F.softplus(apply(c, y)).mean()


def wasserstein(c, x, y, slope):
    norm = torch.sqrt(slope.square().sum(1) + 1e-12)
    return apply(c, y).mean() - apply(c, x).mean() + case.PENALTY * (norm - 1).square().mean()


def adam(values, gradients, moments, t, rate):
    """New values and moments; differentiable."""
    m = [BETA1 * a + (1 - BETA1) * d for (a, _), d in zip(moments, gradients)]
    v = [BETA2 * b + (1 - BETA2) * d * d for (_, b), d in zip(moments, gradients)]
    first, second = 1 - BETA1 ** t, 1 - BETA2 ** t
    values = [p - rate * (a / first) / (torch.sqrt((b + case.TINY) / second) + case.EPSILON)
              for p, a, b in zip(values, m, v)]
    return values, list(zip(m, v))


# ---- eager ----

class Trainer:
    def __init__(self):
        self.g, self.c = ([torch.tensor(v, requires_grad=True) for v in values] for values in case.networks())
        make = lambda values, rate: torch.optim.Adam(values, rate, (BETA1, BETA2), case.EPSILON, fused=True)
        self.g_adam, self.c_adam = make(self.g, G_RATE), make(self.c, C_RATE)

    def follow(self, optimizer, values, gradients):
        for v, gradient in zip(values, gradients):
            v.grad = gradient
        optimizer.step()

    def wgan_gp(self, xs, zs, alphas, z):
        for x, latent, alpha in zip(xs, zs, alphas):
            with torch.no_grad():
                y = apply(self.g, latent)
            between = (alpha * x + (1 - alpha) * y).requires_grad_(True)
            slope, = torch.autograd.grad(apply(self.c, between).sum(), between, create_graph=True)
            critic = wasserstein(self.c, x, y, slope)
            self.follow(self.c_adam, self.c, torch.autograd.grad(critic, self.c))
        generator = -apply(self.c, apply(self.g, z)).mean()
        self.follow(self.g_adam, self.g, torch.autograd.grad(generator, self.g))
        return critic, generator

    def unrolled(self, xs, zs, alphas, z):
        x, y = xs[0], apply(self.g, zs[0])
        states = [self.c_adam.state.get(v, {}) for v in self.c]
        moments = [(s['exp_avg'].clone(), s['exp_avg_sq'].clone()) if s else (torch.zeros_like(v), torch.zeros_like(v))
                   for s, v in zip(states, self.c)]
        t = float(states[0]['step']) if states[0] else 0.0
        values = self.c
        for k in range(case.UNROLL):
            loss = value(values, x, y)
            gradients = torch.autograd.grad(loss, values, create_graph=True)
            values, moments = adam(values, gradients, moments, t + k + 1, C_RATE)
            if k == 0:
                critic, first = loss, gradients
        generator = -value(values, x, y)
        gradients = torch.autograd.grad(generator, self.g)
        self.follow(self.c_adam, self.c, [gradient.detach() for gradient in first])
        self.follow(self.g_adam, self.g, gradients)
        return critic, generator

    def step(self, *draws):
        return self.wgan_gp(*draws) if ARGS.method == 'wgan-gp' else self.unrolled(*draws)


# ---- the whole iteration as one function of tensors ----

def penalised(c, x, y, alpha):
    slope = torch.func.grad(lambda p: apply(c, p).sum())(alpha * x + (1 - alpha) * y)
    return wasserstein(c, x, y, slope)


def put(into, values):
    for old, new in zip(into, values):
        if isinstance(old, tuple):
            put(old, new)
        else:
            old.copy_(new)


def whole_wgan_gp(g, c, g_moments, c_moments, t, xs, zs, alphas, z):
    values, moments = c, c_moments
    for i in range(case.CRITIC_STEPS):
        gradient, critic = torch.func.grad_and_value(penalised)(values, xs[i], apply(g, zs[i]), alphas[i])
        values, moments = adam(values, gradient, moments, t * case.CRITIC_STEPS + i + 1, C_RATE)
    gradient, generator = torch.func.grad_and_value(lambda g: -apply(values, apply(g, z)).mean())(g)
    g_next, g_moments_next = adam(g, gradient, g_moments, t + 1, G_RATE)
    for old, new in ((c, values), (c_moments, moments), (g, g_next), (g_moments, g_moments_next)):
        put(old, new)
    t.add_(1)
    return critic, generator


def whole_unrolled(g, c, g_moments, c_moments, t, xs, zs, alphas, z):
    x, z = xs[0], zs[0]

    def unrolled(g):
        values, moments = c, c_moments
        for k in range(case.UNROLL):
            gradient, loss = torch.func.grad_and_value(value)(values, x, apply(g, z))
            values, moments = adam(values, gradient, moments, t + k + 1, C_RATE)
            if k == 0:
                first = values, moments, loss
        return -value(values, x, apply(g, z)), first

    gradient, (generator, (c_next, c_moments_next, critic)) = torch.func.grad_and_value(unrolled, has_aux=True)(g)
    g_next, g_moments_next = adam(g, gradient, g_moments, t + 1, G_RATE)
    for old, new in ((c, c_next), (c_moments, c_moments_next), (g, g_next), (g_moments, g_moments_next)):
        put(old, new)
    t.add_(1)
    return critic, generator


class WholeTrainer:
    def __init__(self, mode):
        self.g, self.c = ([torch.tensor(v) for v in values] for values in case.networks())
        zeros = lambda values: [(torch.zeros_like(v), torch.zeros_like(v)) for v in values]
        self.g_moments, self.c_moments, self.t = zeros(self.g), zeros(self.c), torch.zeros(())
        whole = whole_wgan_gp if ARGS.method == 'wgan-gp' else whole_unrolled
        self.compiled = torch.compile(whole, mode=mode, fullgraph=True)

    def step(self, *draws):
        with torch.no_grad():
            return self.compiled(self.g, self.c, self.g_moments, self.c_moments, self.t, *draws)


# ---- running ----

def draw(data):
    n = case.n_draws(ARGS.method)
    return (data[torch.randint(case.POINTS, (n, case.BATCH))], torch.randn(n, case.BATCH, case.LATENT),
            torch.rand(n, case.BATCH, 1), torch.randn(case.BATCH, case.LATENT))


def runner(trainer):
    data = torch.tensor(case.ring())

    def run(n):
        for _ in range(n):
            trainer.step(*draw(data))
    return run


def trainers():
    """Name and maker of every way of the mode."""
    if ARGS.mode == 'eager':
        return {'eager': Trainer}
    return {'whole': lambda: WholeTrainer(None),
            'whole, max-autotune': lambda: WholeTrainer('max-autotune-no-cudagraphs')}


def check(trainer):
    data = case.ring()
    for index, zs, alphas, z in case.check_draws(ARGS.method):
        losses = trainer.step(*map(torch.tensor, (data[index], zs, alphas, z)))
    return [float(loss.detach()) for loss in losses]


def main():
    torch.set_num_threads(ARGS.threads)
    torch.manual_seed(0)
    versions = {'torch': torch.__version__, 'python': sys.version.split()[0]}
    if ARGS.check:
        case.report('torch', ARGS, versions, losses={name: check(make()) for name, make in trainers().items()})
        return
    ways = {name: case.rates(runner(make()), ARGS.seconds) for name, make in trainers().items()}
    best = max(ways, key=lambda name: ways[name]['iterations_per_second'])
    case.report('torch', ARGS, versions, **ways[best], way=best, ways=ways)


main()
