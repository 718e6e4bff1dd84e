# SPDX-License-Identifier: Apache-2.0
"""Golden values of ten steps of the two-player games (steps-adversarial.json), as in step_cases.py. Losses and penalties
are written out here from the papers' formulas; what is differentiated twice or through updates is left to autograd.

    least squares   L_D = ½ E (s(x) − 1)² + ½ E s(y)²;  L_G = ½ E (s(y) − 1)²
    hinge           L_D = E max(0, 1 − s(x)) + E max(0, 1 + s(y));  L_G = −E s(y)
    Wasserstein     L_D = E s(y) − E s(x);  L_G = −E s(y); the critic's parameters are clamped after each update
    penalty         λ E (|∇s(x̂)| − k)², its norm from a squared one + 10⁻¹²: between real and generated points, around
                    the data with noise upwards (DRAGAN), at real (R1 with k = 0) or at generated points
    unrolled        L_G = −L_D at the critic's parameters K updates of its optimizer later, differentiated through; the
                    optimizer's running means too. Both networks move at once.
"""

import torch

from step_cases import (LATENT, LATENT_A, LATENT_B, REAL, REPETITION, UNIFORM, adam, follow, rmsprop, softplus, step_case,
                        step_phase, tensor)

PERTURBATION = 5000

CRITIC_LOSSES = {
    'non-saturating': lambda r, f: softplus(-r).mean() + softplus(f).mean(),
    'minimax': lambda r, f: softplus(-r).mean() + softplus(f).mean(),
    'least-squares': lambda r, f: ((r - 1) ** 2).mean() / 2 + (f ** 2).mean() / 2,
    'hinge': lambda r, f: torch.clamp(1 - r, min=0).mean() + torch.clamp(1 + f, min=0).mean(),
    'wasserstein': lambda r, f: f.mean() - r.mean(),
}
GENERATOR_LOSSES = {
    'non-saturating': lambda f: softplus(-f).mean(),
    'minimax': lambda f: -softplus(f).mean(),
    'least-squares': lambda f: ((f - 1) ** 2).mean() / 2,
    'hinge': lambda f: -f.mean(),
    'wasserstein': lambda f: -f.mean(),
}
THRESHOLDS = {'least-squares': 0.5, 'hinge': 0.0, 'non-saturating': 0.0, 'minimax': 0.0}


def penalty_points(place, real, fake, t):
    alpha = 0.5 + 0.5 * tensor(UNIFORM + t, len(real), 1)
    if place == 'between':
        return alpha * real + (1 - alpha) * fake
    if place == 'around-data':
        upwards = 0.5 * real.std(correction=0) * (0.5 + 0.5 * tensor(PERTURBATION + t, *real.shape))
        return real + alpha * upwards
    return {'data': real, 'generated': fake}[place]


def gradient_norms(c, points, scores=None):
    scores = c(points) if scores is None else scores
    slope, = torch.autograd.grad(scores.sum(), points, create_graph=True)
    return torch.sqrt(slope.square().sum(1) + 1e-12)


def penalised(c, place, weight, sides, target, real, fake, t):
    """Scores of real and generated points, λ·P and the mean norm; place None: no penalty."""
    real = real.detach().requires_grad_(True)
    fake = fake if place != 'generated' or fake.requires_grad else fake.requires_grad_(True)
    s_real, s_fake = c(real), c(fake)
    if place is None:
        return s_real, s_fake, 0.0, None
    if place in ('data', 'generated'):
        norms = gradient_norms(c, *((real, s_real) if place == 'data' else (fake, s_fake)))
    else:
        points = penalty_points(place, real, fake, t)
        norms = gradient_norms(c, points if points.requires_grad else points.requires_grad_(True))
    excess = norms - target
    if sides == 'one':
        excess = torch.clamp(excess, min=0)
    return s_real, s_fake, weight * (excess ** 2).mean(), norms.mean()


def describe(loss, s_real, s_fake):
    if loss == 'wasserstein':
        return {'wasserstein': s_real.mean() - s_fake.mean()}
    threshold = THRESHOLDS[loss]
    return {'accuracy': ((s_real > threshold).double().mean() + (s_fake <= threshold).double().mean()) / 2}


def game(loss, critic_steps=1, generator_steps=1, shared=False, clip=0.0, place=None, weight=0.0, sides='two',
         target=1.0):
    def iterate(i, n, g, c, optimizers):
        report = {}
        for r in range(critic_steps):
            t = i + r * REPETITION
            draw = i if shared else t
            fake = g(2 * tensor(LATENT_A + draw, n, LATENT)).detach()
            s_real, s_fake, extra, norm = penalised(c, place, weight, sides, target, 2 * tensor(REAL + t, n, 2), fake, draw)
            critic = CRITIC_LOSSES[loss](s_real, s_fake) + extra
            report = {'loss/critic': critic, **describe(loss, s_real, s_fake),
                      **({'gradient-norm': norm} if place else {})}
            step_phase(follow(optimizers['critic'], critic, c), g, c)
            if clip:
                with torch.no_grad():
                    for value in c.parameters():
                        value.clamp_(-clip, clip)
        for r in range(generator_steps):
            tag = LATENT_A + i if shared else LATENT_B + i + r * REPETITION
            generator = GENERATOR_LOSSES[loss](c(g(2 * tensor(tag, n, LATENT))))
            step_phase(follow(optimizers['generator'], generator, g), g, c)
        return {**report, 'loss/generator': generator}
    return iterate


# ---- unrolling ----

def adam_update(rate, epsilon):
    """Adam from the state of torch.optim.Adam, in differentiable operations. A root of 0 would have an infinite slope."""
    def begin(optimizer, values):
        states = [optimizer.state.get(value, {}) for value in values]
        zero = [torch.zeros_like(value) for value in values]
        first = [s['exp_avg'].clone() if s else z for s, z in zip(states, zero)]
        second = [s['exp_avg_sq'].clone() if s else z for s, z in zip(states, zero)]
        return [first, second, float(states[0]['step']) if states[0] else 0.0]

    def step(state, values, gradients):
        state[0] = [0.5 * m + 0.5 * d for m, d in zip(state[0], gradients)]
        state[1] = [0.999 * v + (1 - 0.999) * d * d for v, d in zip(state[1], gradients)]
        state[2] += 1
        a, b = 1 - 0.5 ** state[2], 1 - 0.999 ** state[2]
        return [p - rate * (m / a) / (torch.sqrt((v + 1e-30) / b) + epsilon)
                for p, m, v in zip(values, state[0], state[1])]
    return begin, step


def rmsprop_update(rate, epsilon):
    """With PyTorch's epsilon of 10⁻⁸ float32 is off by 1 % after ten iterations, in PyTorch too: the steps of elements
    whose gradient is nearly zero turn with its rounding. The case has 0.001, which leaves it 10⁻⁷."""
    def begin(optimizer, values):
        return [optimizer.state[value]['square_avg'].clone() if optimizer.state.get(value) else torch.zeros_like(value)
                for value in values]

    def step(state, values, gradients):
        state[:] = [0.9 * v + (1 - 0.9) * d * d for v, d in zip(state, gradients)]
        return [p - rate * d / (torch.sqrt(v + 1e-30) + epsilon) for p, d, v in zip(values, gradients, state)]
    return begin, step


def momentum(rate, mu):
    lines = ['kind=sgd', f'learning_rate={rate}', f'momentum={mu}']

    def begin(optimizer, values):
        return [optimizer.state[value]['momentum_buffer'].clone() if optimizer.state.get(value)
                else torch.zeros_like(value) for value in values]

    def step(state, values, gradients):
        state[:] = [mu * m + d for m, d in zip(state, gradients)]
        return [p - rate * m for p, m in zip(values, state)]
    return (lines, lambda values, up: torch.optim.SGD(values, rate, mu, maximize=up)), (begin, step)


def unrolled(n_steps, update, objective='minimax', place=None, weight=0.0):
    begin, step = update

    def iterate(i, n, g, c, optimizers):
        original, start = c.values, c.parameters()
        real, fake = 2 * tensor(REAL + i, n, 2), g(2 * tensor(LATENT_A + i, n, LATENT))

        def ask(values):
            c.values = dict(zip(original, values))
            s_real, s_fake, extra, norm = penalised(c, place, weight, 'two', 1.0, real, fake, i)
            c.values = original
            return s_real, s_fake, CRITIC_LOSSES['minimax'](s_real, s_fake), extra, norm

        s_real, s_fake, value, extra, norm = ask(start)
        critic = value + extra
        state, values = begin(optimizers['critic'], start), start
        for _ in range(n_steps):
            _, _, loss, more, _ = ask(values)
            values = step(state, values, torch.autograd.grad(loss + more, values, create_graph=True))
        _, last, loss, _, _ = ask(values)
        generator = -loss if objective == 'minimax' else GENERATOR_LOSSES[objective](last)
        both = [follow(optimizers['critic'], critic, c), follow(optimizers['generator'], generator, g)]
        step_phase(both[0], g, c)
        both[1].step()
        return {'loss/critic': critic, **describe('minimax', s_real, s_fake), 'loss/generator': generator,
                **({'gradient-norm': norm} if place else {})}
    return iterate


# ---- cases ----

def make_games():
    tanh, leaky = {'activation': 'tanh'}, {'activation': 'leaky-relu'}
    layered = {'activation': 'tanh', 'normalisation': 'layer'}
    case = lambda name, method, iterate, settings, optimizer=adam(0.001, 0.01), **more: step_case(
        name, method, 16, 1, iterate, settings, *optimizer, **more)
    penalty = lambda place, weight, *more: [f'penalty_points={place}', f'penalty={weight}', *more]
    return [
        case('lsgan', 'lsgan', game('least-squares'), []),
        case('hinge', 'hinge', game('hinge'), [], styles={'critic': leaky}),
        case('wgan', 'wgan', game('wasserstein', 2, clip=0.1), ['critic_steps=2', 'clip=0.1'], rmsprop(0.001),
             styles={'critic': layered}),
        case('gan-two-steps-shared', 'gan', game('non-saturating', 1, 2, True),
             ['generator_steps=2', 'latents=shared', 'critic_steps=1']),
        case('gan-shared-between', 'gan', game('non-saturating', 2, 1, True, place='between', weight=0.5),
             ['critic_steps=2', 'latents=shared', *penalty('between', 0.5)], styles={'critic': tanh}),
        case('dragan', 'dragan', game('non-saturating', place='around-data', weight=10.0), [], styles={'critic': leaky}),
        case('dragan-layer', 'dragan', game('non-saturating', place='around-data', weight=0.1), ['penalty=0.1'],
             styles={'critic': layered}),
        case('hinge-between', 'hinge', game('hinge', place='between', weight=2.0), penalty('between', 2),
             styles={'critic': tanh}),
        case('hinge-spectral', 'hinge', game('hinge', place='between', weight=2.0, sides='one'),
             penalty('between', 2, 'penalty_sides=one'),
             styles={'critic': {'activation': 'tanh', 'normalisation': 'spectral'}}),
        case('gan-r1', 'gan', game('non-saturating', place='data', weight=5.0, target=0.0),
             penalty('data', 5, 'penalty_target=0'), styles={'critic': {'activation': 'softplus'}}),
        case('lsgan-generated', 'lsgan', game('least-squares', place='generated', weight=1.0, target=0.5),
             penalty('generated', 1, 'penalty_target=0.5'), styles={'critic': layered}),
        case('wgan-gp-batch', 'wgan-gp', game('wasserstein', place='between', weight=1.0),
             ['critic_steps=1', 'penalty=1'], styles={'critic': {'activation': 'tanh', 'normalisation': 'batch'}}),
    ]


def make_unrolled():
    tanh, layered = {'activation': 'tanh'}, {'activation': 'tanh', 'normalisation': 'layer'}
    case = lambda name, iterate, settings, optimizer, **more: step_case(name, 'unrolled', 16, 1, iterate, settings,
                                                                        *optimizer, **more)
    wide = adam_update(0.001, 0.01)
    sgd, sgd_update = momentum(0.01, 0.9)
    return [
        case('unrolled-0', unrolled(0, wide), ['unroll_steps=0'], adam(0.001, 0.01)),
        case('unrolled-1', unrolled(1, wide), ['unroll_steps=1'], adam(0.001, 0.01)),
        case('unrolled-3', unrolled(3, adam_update(0.01, 0.01)), ['unroll_steps=3'], adam(0.01, 0.01),
             styles={'generator': tanh, 'critic': tanh}),
        case('unrolled-non-saturating', unrolled(2, wide, 'non-saturating'),
             ['unroll_steps=2', 'generator_objective=non-saturating'], adam(0.001, 0.01), styles={'critic': layered}),
        case('unrolled-spectral', unrolled(2, wide), ['unroll_steps=2'], adam(0.001, 0.01),
             styles={'critic': {'activation': 'tanh', 'normalisation': 'spectral'}}),
        case('unrolled-penalty', unrolled(1, wide, place='between', weight=0.5),
             ['unroll_steps=1', 'penalty_points=between', 'penalty=0.5'], adam(0.001, 0.01), styles={'critic': tanh}),
        case('unrolled-momentum', unrolled(2, sgd_update), ['unroll_steps=2'], sgd, styles={'critic': tanh}),
        case('unrolled-rmsprop', unrolled(2, rmsprop_update(0.001, 0.001)), ['unroll_steps=2'], rmsprop(0.001, 0.001),
             styles={'critic': tanh}),
    ]


def make():
    return make_games() + make_unrolled()
