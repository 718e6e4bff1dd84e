# SPDX-License-Identifier: Apache-2.0
"""Golden values of ten steps of an autoencoder, and of the methods that stand on a frozen one (steps-stage.json), as in
step_cases.py. E is an encoder 2-h-h-code, D a decoder code-h-h-2, both fixed where a method uses them.

    autoencoder  mean (D(E(x + σε)) − x)², or of the absolute values; both networks move
    gmmn-ae      √(MMD² + 10⁻⁶) of E(x) and G(z), biased
    gfmn         Δ = mean E(x) − mean E(y), all hidden layers and the code in a row; |Δ|², or vᵀΔ with v first moved by
                 v ← (1 − α) v + α Δ or by Adam's rule for v − Δ, with PyTorch's Adam; the real mean of the minibatch,
                 or that of all minibatches of the start (here two)
    rfgan        the games of adversarial_steps.py with s(x) = h₁(x) w₁ + (critic's output), h₁ E's last hidden layer

The slope of an absolute value jumps at 0, and float32 may see a miss on its other side: that case is held to float64
only.
"""

import torch

from adversarial_steps import game
from step_cases import (CRITIC, FURTHER, GENERATOR, LATENT, LATENT_A, REAL, STEPS, Network, adam, follow, probes,
                        rmsprop, root, tensor)

FROZEN, NOISE, START = 110, 6000, 500
HIDDEN, BATCH = 16, 24


class Encoder(Network):
    """Its hidden layers after their activation can be had too."""

    def features(self, x):
        found = []
        for i in range(2):
            found.append(self.activation(self.affine(f'layer{i}', found[-1] if found else x)))
        return found + [self.affine('output', found[-1])]

    def affine(self, layer, x):
        return x @ self.values[f'{self.name}/{layer}/weight'] + self.values[f'{self.name}/{layer}/bias']

    def means(self, x):
        return torch.cat([layer.mean(0) for layer in self.features(x)])


def frozen(code):
    """E and D; D's tags go on where E's end."""
    encoder = Encoder('extractor/encoder', FROZEN, [2, HIDDEN, HIDDEN, code])
    encoder.name = 'extractor/encoder'
    decoder = Network('extractor/generator', FROZEN + len(encoder.values), [code, HIDDEN, HIDDEN, 2])
    for value in encoder.parameters() + decoder.parameters():
        value.requires_grad_(False)
    return encoder, decoder


class Representative(Network):
    """A critic with the frozen features beside its own."""

    def __init__(self, encoder):
        super().__init__('critic', CRITIC, [2, HIDDEN, HIDDEN, 1])
        self.encoder = encoder
        weight = tensor(CRITIC + len(self.values), HIDDEN, 1) * 0.5
        self.values['critic/representative/weight'] = weight.requires_grad_(True)

    def shares(self, x):
        return (self.encoder.features(x)[-2] @ self.values['critic/representative/weight'], super().__call__(x))

    def __call__(self, x):
        return sum(self.shares(x))


def rbf_variance(a, b, variance):
    return torch.exp(-(a[:, None, :] - b[None, :, :]).square().sum(-1) / (2 * variance))


# ---- one iteration of each method, and what it starts with ----

def autoencoder(noise, loss):
    def iterate(i, g, others, optimizers):
        x = 2 * tensor(REAL + i, BATCH, 2)
        miss = g(others['encoder'](x + noise * 2 * tensor(NOISE + i, BATCH, 2))) - x
        value = miss.square().mean() if loss == 'mse' else miss.abs().mean()
        for key, network in (('encoder', others['encoder']), ('generator', g)):
            follow(optimizers[key], value, network)
        for optimizer in optimizers.values():
            optimizer.step()
        return {'loss/reconstruction': value}
    return iterate


def gmmn_ae(variances):
    def iterate(i, g, others, optimizers):
        x = others['extractor/encoder'].features(2 * tensor(REAL + i, BATCH, 2))[-1]
        y = g(2 * tensor(LATENT_A + i, BATCH, LATENT))
        mmd2 = sum(rbf_variance(x, x, v).mean() + rbf_variance(y, y, v).mean() - 2 * rbf_variance(y, x, v).mean()
                   for v in variances)
        loss = root(mmd2)
        follow(optimizers['generator'], loss, g).step()
        return {'loss/generator': loss, 'mmd2/biased': mmd2}
    return iterate


def gfmn(average, real_means, rate=0.0, epsilon=0.0):
    moving = {}

    def move(g, difference):
        v = g.states['gfmn/average']
        if average == 'plain':
            v.copy_((1 - rate) * v + rate * difference)
            return
        if not moving:
            moving['v'] = v.clone().requires_grad_(True)
            moving['adam'] = torch.optim.Adam([moving['v']], rate, (0.9, 0.999), epsilon)
        moving['v'].grad = moving['v'].detach() - difference
        moving['adam'].step()
        state = moving['adam'].state[moving['v']]
        v.copy_(moving['v'].detach())
        g.states['gfmn/moment1'].copy_(state['exp_avg'])
        g.states['gfmn/moment2'].copy_(state['exp_avg_sq'])
        g.states['gfmn/power1'].mul_(0.9)
        g.states['gfmn/power2'].mul_(0.999)

    def iterate(i, g, others, optimizers):
        encoder = others['extractor/encoder']
        real = (g.states['gfmn/real-means'] if real_means == 'global'
                else encoder.means(2 * tensor(REAL + i, BATCH, 2)))
        difference = real - encoder.means(g(2 * tensor(LATENT_A + i, BATCH, LATENT)))
        square = difference.square().sum()
        if average == 'none':
            follow(optimizers['generator'], square, g).step()
            return {'loss/generator': square}
        move(g, difference.detach())
        loss = (g.states['gfmn/average'].clone() * difference).sum()
        follow(optimizers['generator'], loss, g).step()
        return {'loss/generator': loss, 'feature-distance': square}
    return iterate


def start_gfmn(average, real_means, from_decoder=False):
    def start(g, others):
        encoder, decoder = others['extractor/encoder'], others['extractor/generator']
        n = encoder.means(torch.zeros(1, 2)).numel()
        if from_decoder:
            for (key, value), source in zip(g.values.items(), decoder.values.values()):
                value.data.copy_(source)
        if average != 'none':
            g.states['gfmn/average'] = torch.zeros(n)
        if average == 'adam':
            g.states.update({'gfmn/moment1': torch.zeros(n), 'gfmn/moment2': torch.zeros(n),
                             'gfmn/power1': torch.ones(()), 'gfmn/power2': torch.ones(())})
        if real_means == 'global':
            g.states['gfmn/real-means'] = sum(encoder.means(2 * tensor(REAL + START + k, BATCH, 2)) for k in (0, 1)) / 2
            g.states['gfmn/real-minibatches'] = torch.full((), 2.0)
    return start


def rfgan(**settings):
    play = game(**settings)

    def iterate(i, g, others, optimizers):
        c = others['critic']
        shares = [share.detach().abs().mean() for share in c.shares(2 * tensor(REAL + i, BATCH, 2))]
        losses = play(i, BATCH, g, c, optimizers)
        return {**losses, 'share/representative': shares[0], 'share/discriminative': shares[1]}
    return iterate


# ---- cases ----

def stage_case(name, method, iterate, settings, optimizer, code=3, latent=LATENT, outputs=2, start=None, single=True):
    optimizer_lines, make_optimizer = optimizer
    g = Network('generator', GENERATOR, [latent, HIDDEN, HIDDEN, outputs])
    encoder, decoder = frozen(code)
    others = {'extractor/encoder': encoder, 'extractor/generator': decoder}
    moved = {'generator': g}
    if method == 'autoencoder':
        others = {'encoder': Network('encoder', FURTHER, [2, HIDDEN, HIDDEN, latent])}
        moved['encoder'] = others['encoder']
    if method == 'rfgan':
        others['critic'] = moved['critic'] = Representative(encoder)
    if start:
        start(g, others)
    lines = ['[data]', 'kind=ring', '[method]', f'kind={method}', *settings]
    for group in ['encoder', *[key for key in moved if key != 'encoder']]:
        lines += [f'[{group}]', 'kind=mlp', f'hidden={HIDDEN}, {HIDDEN}']
        if group == 'generator':
            lines += [f'latent={latent}']
        if group in moved:
            lines += [f'[optimizer.{group}]', *optimizer_lines]
    if method != 'autoencoder':
        lines += ['[extractor]', f'code={code}']
    networks = [g, *others.values()]
    optimizers = {key: make_optimizer(network.parameters(), False) for key, network in moved.items()}
    entry = {'name': name, 'experiment': '\n'.join([*lines, '[train]', f'batch={BATCH}', '']), 'single': single,
             'steps': []}
    for i in range(STEPS):
        losses = iterate(i, g, others, optimizers)
        values = {k: v for network in networks for k, v in {**network.values, **network.states}.items()}
        step = {'losses': {k: v.item() for k, v in losses.items()}, 'probes': {k: probes(v) for k, v in values.items()}}
        if i == STEPS - 1:
            step['parameters'] = {k: v.detach().reshape(-1).tolist() for k, v in values.items()}
        entry['steps'].append(step)
    return entry


def make():
    return [
        stage_case('autoencoder', 'autoencoder', autoencoder(0.5, 'mse'), ['loss=mse', 'noise=0.5'], adam(0.001)),
        stage_case('autoencoder-mae', 'autoencoder', autoencoder(0.0, 'mae'), ['loss=mae', 'noise=0'], adam(0.001),
                   single=False),
        stage_case('gmmn-ae', 'gmmn-ae', gmmn_ae([1.0]), ['bandwidths=1', 'root=sqrt'], rmsprop(0.001), outputs=3),
        stage_case('gmmn-ae-set', 'gmmn-ae', gmmn_ae([0.1, 2.0]), ['bandwidths=0.1, 2', 'root=sqrt'], adam(0.001),
                   code=2, outputs=2),
        stage_case('gfmn-none', 'gfmn', gfmn('none', 'minibatch'), ['average=none'], adam(0.001),
                   start=start_gfmn('none', 'minibatch')),
        stage_case('gfmn-plain-global', 'gfmn', gfmn('plain', 'global', 0.25),
                   ['average=plain', 'real_means=global', 'rate=0.25'], adam(0.001),
                   start=start_gfmn('plain', 'global')),
        stage_case('gfmn-adam', 'gfmn', gfmn('adam', 'minibatch', 0.01, 0.01),
                   ['average=adam', 'rate=0.01', 'epsilon=0.01', 'init_from_decoder=true'], adam(0.001),
                   start=start_gfmn('adam', 'minibatch', True)),
        stage_case('gfmn-adam-global', 'gfmn', gfmn('adam', 'global', 1e-5, 1e-8),
                   ['average=adam', 'real_means=global', 'rate=1e-5', 'epsilon=1e-8'], adam(0.001),
                   start=start_gfmn('adam', 'global'), single=False),
        stage_case('rfgan', 'rfgan', rfgan(loss='non-saturating'), ['loss=non-saturating'], adam(0.001)),
        stage_case('rfgan-least-squares', 'rfgan', rfgan(loss='least-squares', generator_steps=2),
                   ['loss=least-squares', 'generator_steps=2'], adam(0.001)),
        stage_case('rfgan-penalty-between', 'rfgan', rfgan(loss='wasserstein', place='between', weight=0.5),
                   ['loss=wasserstein', 'penalty_points=between', 'penalty=0.5'], adam(0.001, 0.01)),
        stage_case('rfgan-penalty-around-data', 'rfgan', rfgan(loss='non-saturating', place='around-data', weight=10.0),
                   ['loss=non-saturating', 'penalty_points=around-data', 'penalty=10'], adam(0.001, 0.01)),
    ]
