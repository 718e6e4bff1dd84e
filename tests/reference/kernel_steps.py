# SPDX-License-Identifier: Apache-2.0
"""Golden values of ten steps of the kernel methods (steps-kernel.json), as in step_cases.py; kernels and losses are
written out here from the papers' formulas.

    mmd-net     MMD² with kernels of every family: exp (−d²/2σ²), exp (−d²/2σ), (1 + d²/2α)^−α
"""

import torch

from step_cases import (LATENT, LATENT_A, REAL, adam, follow, rmsprop, root, step_case, tensor)


def distances(a, b):
    return (a[:, None, :] - b[None, :, :]).square().sum(-1)


def rbf(*sigmas):
    return lambda a, b: sum(torch.exp(-distances(a, b) / (2 * s * s)) for s in sigmas)


def rbf_variance(*variances):
    return lambda a, b: sum(torch.exp(-distances(a, b) / (2 * v)) for v in variances)


def rational_quadratic(*alphas):
    return lambda a, b: sum((1 + distances(a, b) / (2 * alpha)) ** -alpha for alpha in alphas)


def biased(x, y, kernel):
    return kernel(x, x).mean() + kernel(y, y).mean() - 2 * kernel(y, x).mean()


# ---- one iteration of each method ----

def mmd_net(estimate, wrap):
    def iterate(i, n, g, c, optimizers):
        loss = wrap(estimate(2 * tensor(REAL + i, n, 2), g(2 * tensor(LATENT_A + i, n, LATENT))))
        follow(optimizers['generator'], loss, g).step()
        return {'loss/generator': loss}
    return iterate


# ---- cases ----

def make():
    same = lambda value: value
    with_kernel = lambda kernel: lambda x, y: biased(x, y, kernel)
    return [
        step_case('mmd-net-variance', 'mmd-net', 16, 0, mmd_net(with_kernel(rbf_variance(0.5, 2.0)), root),
                  ['kernel=rbf-variance', 'bandwidths=0.5, 2', 'root=sqrt'], *rmsprop(0.001)),
        step_case('mmd-net-rational', 'mmd-net', 16, 0, mmd_net(with_kernel(rational_quadratic(0.2, 1.0, 5.0)), same),
                  ['kernel=rational-quadratic', 'bandwidths=0.2, 1, 5', 'root=none'], *adam(0.001)),
    ]
