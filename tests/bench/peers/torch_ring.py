#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ring case in PyTorch: eager, or compiled.

    torch_ring.py --mode eager|compile --threads N --method gan|mmd-net|gram --seconds S

eager: autograd and the fused Adam, the quickest of PyTorch's own.
compile: the best of several ways, each timed for S seconds and all of them listed: the losses compiled and the fused
Adam; the whole iteration (draws, gradients by torch.func, Adam) as one compiled graph; that graph with max-autotune.
The mode reduce-overhead is CUDA graphs and changes nothing on a CPU.
"""

import sys

import ring_case as case

ARGS = case.arguments(('eager', 'compile'))

import torch
import torch.nn.functional as F


# ---- losses ----

def apply(values, x):
    x = torch.relu(torch.addmm(values[1], x, values[0]))
    x = torch.relu(torch.addmm(values[3], x, values[2]))
    return torch.addmm(values[5], x, values[4])


def rbf(a, b):
    """exp(−|a − b|²/2), distances clamped at 0."""
    distance = a.square().sum(1)[:, None] + b.square().sum(1)[None, :] - 2 * (a @ b.mT)
    return torch.exp(-0.5 * distance.clamp(min=0))


def mmd(k_xx, k_yy, k_yx):
    return torch.sqrt((k_xx.mean() + k_yy.mean() - 2 * k_yx.mean()).clamp(min=0) + 1e-6)


def gan_critic_loss(c, x, y):
    return F.softplus(-apply(c, x)).mean() + F.softplus(apply(c, y)).mean()


def gan_generator_loss(g, c, z):
    return F.softplus(-apply(c, apply(g, z))).mean()


def mmd_net_loss(g, x, z):
    y = apply(g, z)
    return mmd(rbf(x, x), rbf(y, y), rbf(y, x))


class Solve(torch.autograd.Function):
    """A⁻¹ b by Cholesky. Its gradient needs one more solve with the factor, where that of cholesky () and
    cholesky_solve () needs several products of matrices: five times as quick here."""

    @staticmethod
    def forward(a, b):
        factor, _ = torch.linalg.cholesky_ex(a)
        return torch.cholesky_solve(b, factor), factor

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(*output)

    @staticmethod
    def backward(ctx, gradient, _):
        x, factor = ctx.saved_tensors
        u = torch.cholesky_solve(gradient, factor)
        return -u @ x.mT, u


def gram_losses(g, c, x, z):
    """The critic's, negated so that both go down, and the generator's."""
    p, q = apply(c, x), apply(c, apply(g, z))
    k_qq, k_qp = rbf(q, q), rbf(q, p)
    r, _ = Solve.apply(k_qq + case.RIDGE * torch.eye(len(q)), k_qp.sum(1, keepdim=True))
    return -((r - 1).square().mean() + r.sum()), mmd(rbf(p, p), k_qq, k_qp)


# ---- with autograd: eager, or compiled losses ----

class Trainer:
    def __init__(self, method, compiled):
        wrap = torch.compile if compiled else lambda function: function
        self.method = method
        self.g, self.c = ([torch.tensor(v, requires_grad=True) for v in values] for values in case.networks(method))
        adam = lambda values: torch.optim.Adam(values, case.RATE, (case.BETA1, case.BETA2), case.EPSILON, fused=True)
        self.g_adam = adam(self.g)
        self.c_adam = adam(self.c) if self.c else None
        self.critic_loss, self.generator_loss = wrap(gan_critic_loss), wrap(gan_generator_loss)
        self.mmd_net_loss, self.gram_losses = wrap(mmd_net_loss), wrap(gram_losses)
        self.generate = wrap(apply)

    def follow(self, optimizer, loss, values, retain=False):
        for value, gradient in zip(values, torch.autograd.grad(loss, values, retain_graph=retain)):
            value.grad = gradient

    def step(self, x, z1, z2):
        if self.method == 'gan':
            with torch.no_grad():
                y = self.generate(self.g, z1)
            critic = self.critic_loss(self.c, x, y)
            self.follow(self.c_adam, critic, self.c)
            self.c_adam.step()
            generator = self.generator_loss(self.g, self.c, z2)
            self.follow(self.g_adam, generator, self.g)
            self.g_adam.step()
            return critic, generator
        if self.method == 'mmd-net':
            loss = self.mmd_net_loss(self.g, x, z1)
            self.follow(self.g_adam, loss, self.g)
            self.g_adam.step()
            return loss,
        critic, generator = self.gram_losses(self.g, self.c, x, z1)
        self.follow(self.c_adam, critic, self.c, retain=True)
        self.follow(self.g_adam, generator, self.g)
        self.c_adam.step()
        self.g_adam.step()
        return critic, generator


# ---- the whole iteration as one function of tensors ----

def adam(values, gradients, moments, t):
    first = 1 - case.BETA1 ** t
    second = 1 - case.BETA2 ** t
    for value, gradient, (m, v) in zip(values, gradients, moments):
        m.mul_(case.BETA1).add_(gradient, alpha=1 - case.BETA1)
        v.mul_(case.BETA2).addcmul_(gradient, gradient, value=1 - case.BETA2)
        value.sub_(case.RATE * (m / first) / (torch.sqrt(v / second) + case.EPSILON))


def whole_step(method, g, c, g_moments, c_moments, t, x, z1, z2):
    t.add_(1)
    if method == 'gan':
        y = apply(g, z1)
        gradient, critic = torch.func.grad_and_value(gan_critic_loss)(c, x, y)
        adam(c, gradient, c_moments, t)
        gradient, generator = torch.func.grad_and_value(gan_generator_loss)(g, c, z2)
        adam(g, gradient, g_moments, t)
        return critic, generator
    if method == 'mmd-net':
        gradient, loss = torch.func.grad_and_value(mmd_net_loss)(g, x, z1)
        adam(g, gradient, g_moments, t)
        return loss,
    (critic, generator), pullback = torch.func.vjp(lambda a, b: gram_losses(a, b, x, z1), g, c)
    one, zero = torch.ones_like(critic), torch.zeros_like(critic)
    c_gradient = pullback((one, zero))[1]
    g_gradient = pullback((zero, one))[0]
    adam(c, c_gradient, c_moments, t)
    adam(g, g_gradient, g_moments, t)
    return critic, generator


class WholeTrainer:
    def __init__(self, method, mode):
        self.method = method
        self.g, self.c = ([torch.tensor(v) for v in values] for values in case.networks(method))
        zeros = lambda values: [(torch.zeros_like(v), torch.zeros_like(v)) for v in values]
        self.g_moments, self.c_moments = zeros(self.g), zeros(self.c)
        self.t = torch.zeros(())
        self.data = torch.tensor(case.ring())
        self.compiled = torch.compile(whole_step, mode=mode, fullgraph=True)
        self.compiled_drawing = torch.compile(self.drawing_step, mode=mode, fullgraph=True)

    def drawing_step(self, method, g, c, g_moments, c_moments, t, data):
        return whole_step(method, g, c, g_moments, c_moments, t, *draw(data, method))

    def step(self, x, z1, z2):
        with torch.no_grad():
            return self.compiled(self.method, self.g, self.c, self.g_moments, self.c_moments, self.t, x, z1, z2)

    def run(self, n):
        with torch.no_grad():
            for _ in range(n):
                self.compiled_drawing(self.method, self.g, self.c, self.g_moments, self.c_moments, self.t, self.data)


# ---- running ----

def draw(data, method):
    index = torch.randint(case.POINTS, (case.BATCH,))
    z1 = torch.randn(case.BATCH, case.LATENT)
    return data[index], z1, torch.randn(case.BATCH, case.LATENT) if method == 'gan' else z1


def runner(trainer):
    if isinstance(trainer, WholeTrainer):
        return trainer.run
    data = torch.tensor(case.ring())

    def run(n):
        for _ in range(n):
            trainer.step(*draw(data, trainer.method))
    return run


def trainers():
    """Name and maker of every way of the mode."""
    if ARGS.mode == 'eager':
        return {'eager': lambda: Trainer(ARGS.method, False)}
    return {
        'losses': lambda: Trainer(ARGS.method, True),
        'whole': lambda: WholeTrainer(ARGS.method, None),
        'whole, max-autotune': lambda: WholeTrainer(ARGS.method, 'max-autotune-no-cudagraphs'),
    }


def check(trainer):
    data = case.ring()
    for index, z1, z2 in case.check_draws():
        losses = trainer.step(*map(torch.tensor, (data[index], z1, z2)))
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
