# SPDX-License-Identifier: Apache-2.0
"""Golden values of ten steps of the kernel methods (steps-kernel.json), as in step_cases.py; kernels and losses are
written out here from the papers' formulas.

    mmd-net     MMD² with kernels of every family: exp (−d²/2σ²), exp (−d²/2σ), (1 + d²/2α)^−α, aᵀb, (aᵀb/d + 1)^p; biased
                or unbiased; with points measured by the median distance of the minibatch's real points
    mmd-rep …   L_D (λ) = λ e_rr − (λ − 1) e_rg − e_gg of means over i ≠ j, λ = −1 for the attractive ones; squared distances
                bounded for the critic; L_G the unbiased MMD² with plain distances; both steps at once
    mmd-gan     encoder and decoder go up √(MMD² + 10⁻⁶) − w mean relu (−v) − a (two mean squared errors), v the difference of
                the codes' means; the encoder is clamped; the generator goes down the first two terms
    gamn        the mapper goes up √(MMD² + 10⁻⁶) − λ E (|∇ Σ F (x̂)| − 1)² − norms of its parameters; the generator goes down
                √(MMD² + 10⁻⁶), with weighted √(MMD² + 10⁻⁶) of the data
    gram        as in step_cases.py, with other kernels, clipped ratios, and what is left of it without the divergence
"""

import torch

from step_cases import (LATENT, LATENT_A, LATENT_B, REAL, REPETITION, UNIFORM, adam, follow, rmsprop, root, step_case,
                        step_phase, tensor)


def distances(a, b):
    return (a[:, None, :] - b[None, :, :]).square().sum(-1)


def rbf(*sigmas):
    return lambda a, b: sum(torch.exp(-distances(a, b) / (2 * s * s)) for s in sigmas)


def gaussian(*sigmas):
    return lambda d: sum(torch.exp(-d / (2 * s * s)) for s in sigmas)


def rbf_variance(*variances):
    return lambda a, b: sum(torch.exp(-distances(a, b) / (2 * v)) for v in variances)


def rational_quadratic(*alphas):
    return lambda a, b: sum((1 + distances(a, b) / (2 * alpha)) ** -alpha for alpha in alphas)


def linear(a, b):
    return a @ b.mT


def polynomial(*powers):
    return lambda a, b: sum((a @ b.mT / a.shape[1] + 1) ** p for p in powers)


def together(*kernels):
    return lambda a, b: sum(kernel(a, b) for kernel in kernels)


def biased(x, y, kernel):
    return kernel(x, x).mean() + kernel(y, y).mean() - 2 * kernel(y, x).mean()


def off_diagonal(k):
    return k[~torch.eye(len(k), dtype=torch.bool)].mean()


def unbiased(x, y, kernel):
    return off_diagonal(kernel(x, x)) + off_diagonal(kernel(y, y)) - 2 * kernel(y, x).mean()


def sgd(rate, momentum):
    lines = ['kind=sgd', f'learning_rate={rate}', f'momentum={momentum}']
    return lines, lambda values, up: torch.optim.SGD(values, rate, momentum, maximize=up)


# ---- one iteration of each method ----

def mmd_net(estimate, wrap):
    def iterate(i, n, g, c, optimizers):
        loss = wrap(estimate(2 * tensor(REAL + i, n, 2), g(2 * tensor(LATENT_A + i, n, LATENT))))
        follow(optimizers['generator'], loss, g).step()
        return {'loss/generator': loss}
    return iterate


def median_mmd_net(kernel, wrap):
    def iterate(i, n, g, c, optimizers):
        x = 2 * tensor(REAL + i, n, 2)
        scale = torch.pdist(x).median()
        loss = wrap(biased(x / scale, g(2 * tensor(LATENT_A + i, n, LATENT)) / scale, kernel))
        follow(optimizers['generator'], loss, g).step()
        g.states['method/median'].copy_(scale)
        return {'loss/generator': loss, 'median': scale}
    return iterate


def gram(kernels, ridge, objective, wrap):
    def iterate(i, n, g, c, optimizers):
        p, q = c(2 * tensor(REAL + i, n, 2)), c(g(2 * tensor(LATENT_A + i, n, LATENT)))
        r = sum(torch.linalg.solve(k(q, q) + ridge * torch.eye(n), k(q, p).sum(1)) for k in kernels) / len(kernels)
        critic = objective(r)
        generator = wrap(biased(p, q, together(*kernels)))
        both = [follow(optimizers['critic'], critic, c), follow(optimizers['generator'], generator, g)]
        for optimizer in both:
            optimizer.step()
        return {'loss/critic': critic, 'loss/generator': generator, 'ratio/min': r.min()}
    return iterate


def penalty_between(i, n, x, y, c):
    """E (|∇ Σ c (x̂)| − 1)² between real and generated points."""
    alpha = 0.5 + 0.5 * tensor(UNIFORM + i, n, 1)
    between = (alpha * x + (1 - alpha) * y.detach()).requires_grad_(True)
    slope, = torch.autograd.grad(c(between).sum(), between, create_graph=True)
    return torch.sqrt(slope.square().sum(1) + 1e-12) - 1


def repulsive(family, weight, bounds=None, penalty=0.0):
    """family: a kernel of squared distances; bounds: lower and upper."""
    same = lambda d: d

    def means(d_rr, d_gg, d_rg, of_rr=same, of_gg=same, of_rg=same):
        return [off_diagonal(family(of(d))) for of, d in ((of_rr, d_rr), (of_gg, d_gg), (of_rg, d_rg))]

    def iterate(i, n, g, c, optimizers):
        x, y = 2 * tensor(REAL + i, n, 2), g(2 * tensor(LATENT_A + i, n, LATENT))
        p, q = c(x), c(y)
        pairs = distances(p, p), distances(q, q), distances(p, q)
        rr, gg, rg = means(*pairs)
        generator = gg - 2 * rg + rr
        if bounds:
            low, high = (lambda d: d.clamp(min=bounds[0])), (lambda d: d.clamp(max=bounds[1]))
            rr, gg, rg = means(*pairs, low, low, high) if weight < 0 else means(*pairs, high, low)
        critic = weight * rr - (weight - 1) * rg - gg
        if penalty:
            critic = critic + penalty * penalty_between(i, n, x, y, c).square().mean()
        follow(optimizers['critic'], critic, c)
        follow(optimizers['generator'], generator, g)
        step_phase(optimizers['critic'], g, c)
        optimizers['generator'].step()
        return {'loss/critic': critic, 'loss/generator': generator}
    return iterate


def mmd_gan(kernel, feasible, autoencoder, clip, critic_steps):
    def distance(p, q):
        v = p.mean(0) - q.mean(0)
        return root(biased(p, q, kernel)) - feasible * torch.relu(-v).mean()

    def iterate(i, n, g, c, optimizers):
        for r in range(critic_steps):
            t = i + r * REPETITION
            x, y = 2 * tensor(REAL + t, n, 2), g(2 * tensor(LATENT_A + t, n, LATENT)).detach()
            critic = distance(c(x), c(y))
            if autoencoder:
                decoder = c.further['decoder']
                error = (decoder(c(x)) - x).square().mean() + (decoder(c(y)) - y).square().mean()
                critic = critic - autoencoder * error
                follow(optimizers['decoder'], critic, decoder)
            follow(optimizers['critic'], critic, c).step()
            if autoencoder:
                optimizers['decoder'].step()
            with torch.no_grad():
                for value in c.parameters():
                    value.clamp_(-clip, clip)
        generator = distance(c(2 * tensor(REAL + i, n, 2)), c(g(2 * tensor(LATENT_B + i, n, LATENT))))
        follow(optimizers['generator'], generator, g).step()
        return {'loss/critic': critic, 'loss/generator': generator, **({'reconstruction': error} if autoencoder else {})}
    return iterate


def gamn(kernel, penalty=0.0, l1=0.0, l2=0.0, classical=0.0, data_mmd=0.0, one_sided=False):
    def iterate(i, n, g, c, optimizers):
        x, y = 2 * tensor(REAL + i, n, 2), g(2 * tensor(LATENT_A + i, n, LATENT)).detach()
        mapper = -root(biased(c(x), c(y), kernel))
        if penalty:
            excess = penalty_between(i, n, x, y, c)
            mapper = mapper + penalty * (torch.relu(excess) if one_sided else excess).square().mean()
        norms = [v for k, v in c.values.items() if k.endswith(('/scale', '/offset'))]
        mapper = mapper + l1 * sum(v.abs().sum() for v in norms) + l2 * sum(v.square().sum() for v in norms)
        mapper = mapper + classical * sum(v.square().sum() for v in c.parameters())
        step_phase(follow(optimizers['critic'], mapper, c), g, c)
        y = g(2 * tensor(LATENT_B + i, n, LATENT))
        generator = root(biased(c(x), c(y), kernel))
        if data_mmd:
            generator = generator + data_mmd * root(biased(x, y, rbf_variance(0.5, 2.0)))
        step_phase(follow(optimizers['generator'], generator, g), g, c)
        return {'loss/critic': mapper, 'loss/generator': generator}
    return iterate


# ---- cases ----

def make():
    same = lambda value: value
    with_kernel = lambda kernel: lambda x, y: biased(x, y, kernel)
    spread = lambda r: (r - 1).square().mean()
    return [
        step_case('mmd-net-variance', 'mmd-net', 16, 0, mmd_net(with_kernel(rbf_variance(0.5, 2.0)), root),
                  ['kernel=rbf-variance', 'bandwidths=0.5, 2', 'root=sqrt'], *rmsprop(0.001)),
        step_case('mmd-net-rational', 'mmd-net', 16, 0, mmd_net(with_kernel(rational_quadratic(0.2, 1.0, 5.0)), same),
                  ['kernel=rational-quadratic', 'bandwidths=0.2, 1, 5', 'root=none'], *adam(0.001)),
        step_case('mmd-net-unbiased', 'mmd-net', 16, 0, mmd_net(lambda x, y: unbiased(x, y, rbf(0.5, 1.0)), same),
                  ['bandwidths=0.5, 1', 'estimator=unbiased'], *adam(0.001)),
        step_case('mmd-net-unbiased-polynomial', 'mmd-net', 16, 0,
                  mmd_net(lambda x, y: unbiased(x, y, polynomial(1, 3)), same),
                  ['kernel=polynomial', 'bandwidths=1, 3', 'estimator=unbiased'], *adam(0.001)),
        step_case('mmd-net-linear', 'mmd-net', 16, 0, mmd_net(with_kernel(linear), same), ['kernel=linear', 'root=none'],
                  *adam(0.001)),
        step_case('mmd-net-mixture', 'mmd-net', 16, 0,
                  mmd_net(with_kernel(together(rbf_variance(1.0), rbf(0.25), rational_quadratic(0.5, 2.0),
                                               polynomial(2), linear)), root),
                  ['kernel=rbf-variance', 'bandwidths=1', 'plus_gaussians=0.25', 'plus_rational_quadratics=0.5, 2',
                   'plus_polynomials=2', 'plus_linear=true'], *adam(0.001)),
        step_case('mmd-net-median', 'mmd-net', 16, 0, median_mmd_net(rbf(0.5, 1.0), root),
                  ['bandwidths=0.5, 1', 'median=minibatch'], *adam(0.001), states={'method/median': torch.ones(())}),
        step_case('gmmn', 'mmd-net', 16, 0,
                  mmd_net(with_kernel(rbf_variance(2.0, 5.0, 10.0)), lambda v: 1000 * torch.sqrt(v + 1e-12)),
                  ['kernel=rbf-variance', 'bandwidths=2, 5, 10', 'loss_scale=1000', 'root_guard=1e-12'],
                  *sgd(1e-5, 0.9)),
        step_case('mmd-gan-rbf', 'mmd-gan-rbf', 16, 4, repulsive(gaussian(1, 2 ** 0.5, 2, 2 ** 1.5, 4), -1), ['dimensions=4'],
                  *adam(0.001, 0.01)),
        step_case('mmd-gan-rq', 'mmd-gan-rq', 16, 4,
                  repulsive(lambda d: sum((1 + d / (2 * a)) ** -a for a in (0.2, 0.5, 1, 2, 5)), -1), ['dimensions=4'],
                  *adam(0.001, 0.01)),
        step_case('mmd-gan-rbf-b', 'mmd-gan-rbf-b', 16, 4, repulsive(gaussian(1), -1, (0.3, 0.8)),
                  ['dimensions=4', 'lower_bound=0.3', 'upper_bound=0.8'], *adam(0.001, 0.01)),
        step_case('mmd-rep', 'mmd-rep', 16, 4, repulsive(gaussian(1), 1), ['dimensions=4'], *adam(0.001, 0.01)),
        step_case('mmd-rep-lambda', 'mmd-rep', 16, 4, repulsive(gaussian(0.5, 1), 0.5),
                  ['dimensions=4', 'lambda=0.5', 'bandwidths=0.5, 1'], *adam(0.001, 0.01),
                  styles={'critic': {'activation': 'tanh'}}),
        step_case('mmd-rep-b', 'mmd-rep-b', 16, 4, repulsive(gaussian(1), 1, (0.3, 0.8)),
                  ['dimensions=4', 'lower_bound=0.3', 'upper_bound=0.8'], *adam(0.001, 0.01)),
        step_case('mmd-rep-b-attractive', 'mmd-rep-b', 16, 4, repulsive(gaussian(1), -0.5, (0.3, 0.8)),
                  ['dimensions=4', 'lambda=-0.5', 'lower_bound=0.3', 'upper_bound=0.8'], *adam(0.001, 0.01)),
        step_case('mmd-rep-penalty', 'mmd-rep', 16, 4, repulsive(gaussian(1), 1, penalty=0.5),
                  ['dimensions=4', 'penalty_points=between', 'penalty=0.5'], *adam(0.001, 0.01),
                  styles={'critic': {'activation': 'tanh'}}),
        step_case('mmd-rep-spectral', 'mmd-rep', 16, 4, repulsive(gaussian(1), 1), ['dimensions=4'], *adam(0.001, 0.01),
                  styles={'critic': {'activation': 'leaky-relu', 'normalisation': 'spectral', 'spectral_gain': 4}}),
        step_case('mmd-gan', 'mmd-gan', 16, 4, mmd_gan(rbf(1, 2), 2, 8, 0.25, 2),
                  ['dimensions=4', 'bandwidths=1, 2', 'feasible_set=2', 'critic_steps=2', 'clip=0.25'], *rmsprop(0.0005),
                  ascends=['critic', 'decoder'], further={'decoder': (4, 2)}),
        step_case('mmd-gan-bare', 'mmd-gan', 16, 4, mmd_gan(rational_quadratic(0.5), 0, 0, 1e3, 1),
                  ['dimensions=4', 'kernel=rational-quadratic', 'bandwidths=0.5', 'critic_steps=1', 'clip=0',
                   'feasible_set=0', 'autoencoder=0'], *adam(0.001, 0.01), ascends=['critic']),
        step_case('gamn', 'gamn', 16, 4, gamn(rbf(0.5, 1), penalty=0.5),
                  ['dimensions=4', 'bandwidths=0.5, 1', 'critic_steps=1', 'penalty=0.5'], *adam(0.001, 0.01),
                  styles={'critic': {'activation': 'tanh', 'normalisation': 'layer'},
                          'generator': {'normalisation': 'batch'}}),
        step_case('gamn-norms', 'gamn', 16, 4, gamn(rbf(1), l1=0.01, l2=0.02),
                  ['dimensions=4', 'bandwidths=1', 'critic_steps=1', 'penalty_points=none', 'norm_l1=0.01',
                   'norm_l2=0.02'], *adam(0.001, 0.01),
                  styles={'critic': {'activation': 'elu', 'normalisation': 'layer'}}),
        step_case('gamn-data', 'gamn', 16, 2, gamn(rbf(1), penalty=2.0, classical=0.003, data_mmd=0.75, one_sided=True),
                  ['dimensions=2', 'bandwidths=1', 'critic_steps=1', 'penalty=2', 'penalty_sides=one',
                   'classical_l2=0.003', 'data_mmd=0.75', 'data_variances=0.5, 2'], *adam(0.001, 0.01)),
        step_case('gram-rational', 'gram', 16, 2,
                  gram([rational_quadratic(0.5), rational_quadratic(2.0)], 0.1, lambda r: spread(r) + r.mean(), same),
                  ['dimensions=2', 'ridge=0.1', 'kernel=rational-quadratic', 'bandwidths=0.5, 2', 'penalty_scale=mean',
                   'generator_objective=mmd2'], *adam(0.001, 0.01), ascends=['critic']),
        step_case('gram-clip', 'gram', 16, 2,
                  gram([rbf(0.5)], 0.1, lambda r: spread(r.clamp(0, 1e9)), root),
                  ['dimensions=2', 'ridge=0.1', 'bandwidths=0.5', 'ratio_clip=true'], *adam(0.001, 0.01),
                  ascends=['critic']),
        step_case('gram-mean-ratio', 'gram', 16, 3, gram([rbf_variance(2.0)], 0.1, torch.mean, root),
                  ['dimensions=3', 'ridge=0.1', 'kernel=rbf-variance', 'bandwidths=2', 'critic_objective=mean-ratio'],
                  *adam(0.001, 0.01), ascends=['critic']),
    ]
