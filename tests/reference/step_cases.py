# SPDX-License-Identifier: Apache-2.0
"""Golden values of whole training steps: ten of each method, and five of each optimizer, in PyTorch float64.

Nothing random is stored: starting parameters, minibatches and latents come from pattern (), which test-steps.c
computes too. A step case holds the experiment as a key file and, for each of ten iterations, the losses and two
projections of every parameter and moving average; these themselves are there after the last iteration, but for the
cases of the reference size (hidden 100-100, batch 200 + 200).

The losses are written out here from the papers' formulas, independently of the engine:

    gan       L_D = E sp(−s(x)) + E sp(s(y));  L_G = E sp(−s(y)), or −E sp(s(y)) for minimax; critic first, then the
              generator with a latent of its own
    wgan-gp   L_D = E s(y) − E s(x) + λ E (|∇s(x̂)| − 1)², its norm from a squared one + 10⁻¹², one-sided with a relu;
              L_G = −E s(y); several critic updates, then the generator
    mmd-net   √(MMD² + 10⁻⁶), MMD² the biased estimate, kernels summed
    gram      r = (n_q/n_p)·(K_qq + εI)⁻¹ K_qp 1 averaged over σ; the critic goes up mean (r − 1)² + λ Σ r while the
              generator goes down √(MMD² + 10⁻⁶) or MMD² in the projected space, from the same parameters

GRAM's losses do not change when all projected points move together, so the gradients of the critic's output bias (and
of the bias of any unit that is active everywhere) are zero but for rounding, and Adam with an epsilon of 10⁻⁸ would
turn that rounding into full steps. Its cases, and those where a normalisation cancels a bias, have 0.01. With the
paper's ridge of 0.001 the kernel matrix has a condition number above 10⁴, which leaves float32 three digits: that case
is held to float64 only ("single": false).
"""

import math

import torch
import torch.nn.functional as F

STEPS = 10
LATENT = 3
HALF_OF_SUM, SUM = 0.5, 1.0


def pattern(tag, count):
    """count values in [−1, 1), multiples of 2⁻¹⁵: exact in float32. The same integers as pattern () in C."""
    values = []
    for k in range(count):
        h = (k * 2654435761 + tag * 40503 + 12345) & 0xffffffff
        h ^= h >> 15
        h = h * 2246822519 & 0xffffffff
        h ^= h >> 13
        h = h * 3266489917 & 0xffffffff
        values.append((h >> 16) / 32768 - 1)
    return values


def tensor(tag, *shape):
    return torch.tensor(pattern(tag, math.prod(shape))).reshape(shape)


# Tags; the iteration is added to the last four, and REPETITION for every further run of a phase.
GENERATOR, CRITIC, FURTHER, PROBE, REAL, LATENT_A, LATENT_B, UNIFORM = 10, 50, 70, 90, 1000, 2000, 3000, 4000
REPETITION = 100


ACTIVATIONS = {'relu': torch.relu, 'tanh': torch.tanh, 'leaky-relu': lambda x: F.leaky_relu(x, 0.2),
               'softplus': F.softplus, 'elu': lambda x: F.elu(x, 0.2)}


class Network:
    """An MLP in training mode, weights inputs × outputs; tags count the parameters in order."""

    def __init__(self, group, tag, widths, activation='relu', normalisation='none', spectral_gain=1):
        self.values, self.states = {}, {}
        self.activation, self.normalisation, self.gain = ACTIVATIONS[activation], normalisation, spectral_gain
        for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
            hidden = i < len(widths) - 2
            name = f'{group}/layer{i}' if hidden else f'{group}/output'
            add = lambda key, value: self.values.update({f'{name}/{key}': value})
            add('weight', tensor(tag + len(self.values), inputs, outputs) * (0.25 if inputs + outputs >= 100 else 0.5))
            add('bias', tensor(tag + len(self.values), outputs) / 8)
            if normalisation == 'spectral':
                self.states[f'{name}/u'] = torch.ones(1, outputs)
            elif hidden and normalisation != 'none':
                add('scale', 1 + tensor(tag + len(self.values), outputs) / 8)
                add('offset', tensor(tag + len(self.values), outputs) / 8)
            if hidden and normalisation == 'batch':
                self.states.update({f'{name}/mean': torch.zeros(outputs), f'{name}/variance': torch.ones(outputs)})
        for value in self.values.values():
            value.requires_grad_(True)

    def parameters(self):
        return list(self.values.values())

    def power_step(self, name):
        """W divided by its largest singular value, as one power iteration from u sees it, and the next u."""
        weight, u = self.values[f'{name}/weight'], self.states[f'{name}/u']
        with torch.no_grad():
            v = F.normalize(u @ weight.mT, dim=1)
        y = v @ weight
        sigma = y.norm()
        return self.gain * weight / sigma, (y / sigma).detach()

    def finish_phase(self):
        """One power iteration for every phase that the network takes part in, before parameters move."""
        if self.normalisation == 'spectral':
            for key, u in self.states.items():
                u.copy_(self.power_step(key.rsplit('/', 1)[0])[1])

    def normalise(self, x, name):
        scale, offset = self.values[f'{name}/scale'], self.values[f'{name}/offset']
        if self.normalisation == 'layer':
            return F.layer_norm(x, x.shape[1:], scale, offset, 1e-5)
        return F.batch_norm(x, self.states[f'{name}/mean'], self.states[f'{name}/variance'], scale, offset, True, 0.1,
                            1e-5)

    def __call__(self, x):
        for key, weight in self.values.items():
            name, kind = key.rsplit('/', 1)
            if kind != 'weight':
                continue
            if self.normalisation == 'spectral':
                weight, _ = self.power_step(name)
            x = x @ weight + self.values[f'{name}/bias']
            if name.endswith('output'):
                return x
            x = self.activation(self.normalise(x, name) if self.normalisation in ('batch', 'layer') else x)


# ---- losses ----

def softplus(t):
    return torch.clamp(t, min=0) + torch.log1p(torch.exp(-t.abs()))


def rbf(a, b, sigma):
    return torch.exp(-(a[:, None, :] - b[None, :, :]).square().sum(-1) / (2 * sigma * sigma))


def mmd2(x, y, sigmas):
    return sum(rbf(x, x, s).mean() + rbf(y, y, s).mean() - 2 * rbf(y, x, s).mean() for s in sigmas)


def root(value):
    return torch.sqrt(torch.clamp(value, min=0) + 1e-6)


def ratio(p, q, sigmas, ridge):
    terms = [torch.linalg.solve(rbf(q, q, s) + ridge * torch.eye(len(q)), rbf(q, p, s).sum(1)) for s in sigmas]
    return len(q) / len(p) * sum(terms) / len(sigmas)


def follow(optimizer, loss, network):
    for value, gradient in zip(network.parameters(), torch.autograd.grad(loss, network.parameters(),
                                                                         retain_graph=True)):
        value.grad = gradient
    return optimizer


def step_phase(optimizer, *networks):
    for network in networks:
        network.finish_phase()
    optimizer.step()


# ---- one iteration of each method, n points; returns the losses it reports ----

def gan(variant, factor):
    def iterate(i, n, g, c, optimizers):
        real = 2 * tensor(REAL + i, n, 2)
        fake = g(2 * tensor(LATENT_A + i, n, LATENT))
        critic = factor * (softplus(-c(real)).mean() + softplus(c(fake)).mean())
        step_phase(follow(optimizers['critic'], critic, c), g, c)
        score = c(g(2 * tensor(LATENT_B + i, n, LATENT)))
        generator = softplus(-score).mean() if variant == 'non-saturating' else -softplus(score).mean()
        step_phase(follow(optimizers['generator'], generator, g), g, c)
        return {'loss/critic': critic, 'loss/generator': generator}
    return iterate


def wgan_gp(critic_steps, weight, one_sided):
    def iterate(i, n, g, c, optimizers):
        for r in range(critic_steps):
            t = i + r * REPETITION
            real, fake = 2 * tensor(REAL + t, n, 2), g(2 * tensor(LATENT_A + t, n, LATENT)).detach()
            alpha = 0.5 + 0.5 * tensor(UNIFORM + t, n, 1)
            between = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
            slope, = torch.autograd.grad(c(between).sum(), between, create_graph=True)
            excess = torch.sqrt(slope.square().sum(1) + 1e-12) - 1
            distance = c(real).mean() - c(fake).mean()
            critic = weight * (torch.relu(excess) if one_sided else excess).square().mean() - distance
            step_phase(follow(optimizers['critic'], critic, c), g, c)
        generator = -c(g(2 * tensor(LATENT_B + i, n, LATENT))).mean()
        step_phase(follow(optimizers['generator'], generator, g), g, c)
        return {'loss/critic': critic, 'wasserstein': distance, 'gradient-norm': excess.mean() + 1,
                'loss/generator': generator}
    return iterate


def mmd_net(sigmas, wrap):
    def iterate(i, n, g, c, optimizers):
        loss = wrap(mmd2(2 * tensor(REAL + i, n, 2), g(2 * tensor(LATENT_A + i, n, LATENT)), sigmas))
        follow(optimizers['generator'], loss, g).step()
        return {'loss/generator': loss}
    return iterate


def gram(sigmas, wrap, ridge, weight):
    def iterate(i, n, g, c, optimizers):
        p = c(2 * tensor(REAL + i, n, 2))
        q = c(g(2 * tensor(LATENT_A + i, n, LATENT)))
        r = ratio(p, q, sigmas, ridge)
        critic = (r - 1).square().mean() + weight * r.sum()
        generator = wrap(mmd2(p, q, sigmas))
        both = [follow(optimizers['critic'], critic, c), follow(optimizers['generator'], generator, g)]
        for optimizer in both:
            optimizer.step()
        return {'loss/critic': critic, 'loss/generator': generator}
    return iterate


# ---- cases ----

def experiment(method, hidden, batch, settings, optimizer, styles, groups, more={}):
    """The key file that test-steps.c gives to the engine. more: further keys of [optimizer.GROUP]."""
    lines = ['[data]', 'kind=ring', '[method]', f'kind={method}', *settings]
    for group in groups:
        lines += [f'[{group}]', 'kind=mlp', f'hidden={hidden}, {hidden}']
        lines += [f'{key}={value}' for key, value in styles.get(group, {}).items()]
        if group == 'generator':
            lines += [f'latent={LATENT}']
        lines += [f'[optimizer.{group}]', *optimizer, *more.get(group, [])]
    return '\n'.join([*lines, '[train]', f'batch={batch}', ''])


def probes(value):
    """Two projections on patterns, divided by the number of elements."""
    flat = value.detach().reshape(-1)
    return [float((flat * tensor(PROBE + k, flat.numel())).mean()) for k in (0, 1)]


def step_case(name, method, hidden, outputs, iterate, settings, optimizer_lines, make_optimizer, single=True,
              styles={}, ascends=(), further={}, more={}, states={}):
    """outputs: of the critic, 0 for none. ascends: groups whose loss is maximised. further: inputs and outputs of other
    networks by name, built like the generator; iterate () finds them in c.further. states: the method's own, by name,
    which iterate () finds in g.states."""
    batch = 24 if hidden < 50 else 200
    g = Network('generator', GENERATOR, [LATENT, hidden, hidden, 2], **styles.get('generator', {}))
    g.states.update(states)
    c = None
    if outputs:
        c = Network('critic', CRITIC, [2, hidden, hidden, outputs], **styles.get('critic', {}))
        c.further = {key: Network(key, FURTHER, [ends[0], hidden, hidden, ends[1]], **styles.get('generator', {}))
                     for key, ends in further.items()}
    networks = {'generator': g, **({'critic': c, **c.further} if c else {})}
    optimizers = {key: make_optimizer(network.parameters(), key in ascends) for key, network in networks.items()}
    values = {**{k: v for network in networks.values() for k, v in network.values.items()},
              **{k: v for network in networks.values() for k, v in network.states.items()}}
    keys = experiment(method, hidden, batch, settings, optimizer_lines, styles,
                      ['generator', 'critic'] if c else ['generator'], more)
    entry = {'name': name, 'experiment': keys, 'single': single, 'steps': []}
    for i in range(STEPS):
        losses = iterate(i, batch, g, c, optimizers)
        step = {'losses': {k: v.item() for k, v in losses.items()},
                'probes': {k: probes(v) for k, v in values.items()}}
        if i == STEPS - 1 and hidden < 50:
            step['parameters'] = {k: v.detach().reshape(-1).tolist() for k, v in values.items()}
        entry['steps'].append(step)
    return entry


def adam(rate, epsilon=1e-8):
    lines = ['kind=adam', f'learning_rate={rate}', 'beta1=0.5', 'beta2=0.999', f'epsilon={epsilon}']
    return lines, lambda values, up: torch.optim.Adam(values, rate, (0.5, 0.999), epsilon, maximize=up)


def rmsprop(rate, epsilon=1e-8):
    lines = ['kind=rmsprop', f'learning_rate={rate}', 'decay=0.9', f'epsilon={epsilon}', 'epsilon_place=outside']
    return lines, lambda values, up: torch.optim.RMSprop(values, rate, 0.9, epsilon, maximize=up)


def make_steps():
    same = lambda value: value
    settings = lambda k, ridge, *extra: [f'dimensions={k}', f'ridge={ridge}', *extra]
    unit = 'bandwidths=1'
    return [
        step_case('gan-non-saturating', 'gan', 16, 1, gan('non-saturating', SUM), ['variant=non-saturating'],
                  *adam(0.001)),
        step_case('gan-minimax', 'gan', 16, 1, gan('minimax', HALF_OF_SUM),
                  ['variant=minimax', 'critic_loss=half-sum'], *adam(0.001)),
        step_case('mmd-net', 'mmd-net', 16, 0, mmd_net([1.0], root), ['bandwidths=1', 'root=sqrt'], *rmsprop(0.001)),
        step_case('mmd-net-set', 'mmd-net', 16, 0, mmd_net([0.5, 1.0, 2.0], same),
                  ['bandwidths=0.5, 1, 2', 'root=none'], *adam(0.001)),
        step_case('gram', 'gram', 16, 2, gram([1.0], root, 0.1, 1.0), settings(2, 0.1, unit, 'generator_objective=mmd'),
                  *adam(0.001, 0.01), ascends=['critic']),
        step_case('gram-ridge', 'gram', 16, 2, gram([1.0], root, 0.001, 1.0),
                  settings(2, 0.001, unit, 'generator_objective=mmd'), *adam(0.001, 0.01), ascends=['critic'],
                  single=False),
        step_case('gram-set', 'gram', 16, 3, gram([0.5, 2.0], same, 0.1, 0.25),
                  settings(3, 0.1, 'bandwidths=0.5, 2', 'generator_objective=mmd2', 'ratio_penalty=0.25'),
                  *adam(0.001, 0.01), ascends=['critic']),
        step_case('gan-normalised', 'gan', 16, 1, gan('non-saturating', SUM), ['variant=non-saturating'],
                  *adam(0.001, 0.01), styles={'generator': {'activation': 'tanh', 'normalisation': 'batch'},
                                              'critic': {'activation': 'leaky-relu', 'normalisation': 'layer'}}),
        step_case('mmd-net-normalised', 'mmd-net', 16, 0, mmd_net([1.0], root), ['bandwidths=1', 'root=sqrt'],
                  *adam(0.001, 0.01), styles={'generator': {'activation': 'softplus', 'normalisation': 'layer'}}),
        step_case('gram-normalised', 'gram', 16, 2, gram([1.0], root, 0.1, 1.0),
                  settings(2, 0.1, unit, 'generator_objective=mmd'), *adam(0.001, 0.01), ascends=['critic'],
                  styles={'generator': {'activation': 'elu'}, 'critic': {'normalisation': 'batch'}}),
        step_case('gan-spectral', 'gan', 16, 1, gan('non-saturating', SUM), ['variant=non-saturating'],
                  *adam(0.001, 0.01), styles={'critic': {'activation': 'leaky-relu', 'normalisation': 'spectral'}}),
        step_case('wgan-gp', 'wgan-gp', 16, 1, wgan_gp(2, 0.5, False), ['critic_steps=2', 'penalty=0.5'],
                  *adam(0.001, 0.01)),
        step_case('wgan-gp-one-sided', 'wgan-gp', 16, 1, wgan_gp(1, 10.0, True),
                  ['critic_steps=1', 'penalty=10', 'penalty_sides=one'], *adam(0.001, 0.01),
                  styles={'critic': {'activation': 'tanh', 'normalisation': 'layer'}}),
        step_case('wgan-gp-spectral', 'wgan-gp', 16, 1, wgan_gp(1, 1.0, False), ['critic_steps=1', 'penalty=1'],
                  *adam(0.001, 0.01), styles={'generator': {'normalisation': 'batch'},
                                              'critic': {'activation': 'tanh', 'normalisation': 'spectral'}}),
        step_case('wgan-gp-100', 'wgan-gp', 100, 1, wgan_gp(1, 0.1, False), ['critic_steps=1', 'penalty=0.1'],
                  *adam(0.0001, 0.01)),
        step_case('gan-100', 'gan', 100, 1, gan('non-saturating', SUM), ['variant=non-saturating'], *adam(0.0001)),
        step_case('mmd-net-100', 'mmd-net', 100, 0, mmd_net([1.0], root), ['bandwidths=1', 'root=sqrt'],
                  *rmsprop(0.001)),
        step_case('gram-100', 'gram', 100, 2, gram([1.0], root, 0.1, 1.0),
                  settings(2, 0.1, unit, 'generator_objective=mmd'), *adam(0.001, 0.01), ascends=['critic']),
    ]


# ---- optimizers ----

class TensorFlowRmsprop(torch.optim.Optimizer):
    """TensorFlow 1's: epsilon inside the root."""

    def __init__(self, values, lr, alpha, eps, momentum):
        super().__init__(values, {'lr': lr, 'alpha': alpha, 'eps': eps, 'momentum': momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group['params']:
                state = self.state[p]
                square = state.setdefault('square', torch.zeros_like(p))
                buffer = state.setdefault('buffer', torch.zeros_like(p))
                square.mul_(group['alpha']).addcmul_(p.grad, p.grad, value=1 - group['alpha'])
                buffer.mul_(group['momentum']).add_(p.grad / torch.sqrt(square + group['eps']))
                p.sub_(group['lr'] * buffer)


def optimizer_case(name, op, make, flags=(), clip=0.0, **hyper):
    shapes = {'a': (3, 4), 'b': (19,)}
    values = {k: (2 * tensor(500 + i, *shape)).requires_grad_(True) for i, (k, shape) in enumerate(shapes.items())}
    optimizer = make(list(values.values()))
    steps = []
    for step in range(5):
        for i, value in enumerate(values.values()):
            value.grad = tensor(600 + 10 * step + i, *value.shape)
        optimizer.step()
        if clip:
            with torch.no_grad():
                for value in values.values():
                    value.clamp_(-clip, clip)
        steps.append({k: v.detach().reshape(-1).tolist() for k, v in values.items()})
    return {'name': name, 'op': op, 'flags': list(flags), 'hyper': {**hyper, 'clip': clip}, 'steps': steps}


def make_optimizers():
    sgd, rms, ada, adw = torch.optim.SGD, torch.optim.RMSprop, torch.optim.Adam, torch.optim.AdamW
    adam_keys = dict(learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8)
    toy_keys = dict(learning_rate=0.001, beta1=0.5, beta2=0.999, epsilon=1e-8)
    rms_keys = dict(learning_rate=0.01, beta1=0.0, beta2=0.99, epsilon=1e-8)
    return [
        optimizer_case('sgd', 'sgd', lambda p: sgd(p, 0.1), learning_rate=0.1),
        optimizer_case('sgd-momentum', 'sgd', lambda p: sgd(p, 0.1, 0.9), learning_rate=0.1, beta1=0.9),
        optimizer_case('sgd-nesterov', 'sgd', lambda p: sgd(p, 0.1, 0.9, nesterov=True), ['nesterov'],
                       learning_rate=0.1, beta1=0.9),
        optimizer_case('sgd-decay', 'sgd', lambda p: sgd(p, 0.1, 0.9, weight_decay=0.05), learning_rate=0.1,
                       beta1=0.9, weight_decay=0.05),
        optimizer_case('sgd-ascend', 'sgd', lambda p: sgd(p, 0.1, 0.5, maximize=True), ['ascend'], learning_rate=0.1,
                       beta1=0.5),
        optimizer_case('rmsprop', 'rmsprop', lambda p: rms(p, 0.01, 0.99, 1e-8), **rms_keys),
        optimizer_case('rmsprop-momentum', 'rmsprop', lambda p: rms(p, 0.01, 0.99, 1e-8, 0.05, 0.9),
                       **{**rms_keys, 'beta1': 0.9}, weight_decay=0.05),
        optimizer_case('rmsprop-tensorflow', 'rmsprop', lambda p: TensorFlowRmsprop(p, 0.01, 0.9, 1e-10, 0.0),
                       ['epsilon-inside'], **{**rms_keys, 'beta2': 0.9, 'epsilon': 1e-10}),
        optimizer_case('rmsprop-tensorflow-momentum', 'rmsprop',
                       lambda p: TensorFlowRmsprop(p, 0.01, 0.9, 1e-2, 0.5), ['epsilon-inside'],
                       **{**rms_keys, 'beta1': 0.5, 'beta2': 0.9, 'epsilon': 1e-2}),
        optimizer_case('rmsprop-clip', 'rmsprop', lambda p: rms(p, 0.01, 0.99, 1e-8), clip=0.5, **rms_keys),
        optimizer_case('adam', 'adam', lambda p: ada(p, 0.01), **adam_keys),
        optimizer_case('adam-toy', 'adam', lambda p: ada(p, 0.001, (0.5, 0.999)), **toy_keys),
        optimizer_case('adam-decay', 'adam', lambda p: ada(p, 0.01, weight_decay=0.05), weight_decay=0.05,
                       **adam_keys),
        optimizer_case('adam-ascend', 'adam', lambda p: ada(p, 0.01, weight_decay=0.05, maximize=True), ['ascend'],
                       weight_decay=0.05, **adam_keys),
        optimizer_case('adamw', 'adamw', lambda p: adw(p, 0.01, weight_decay=0.05), weight_decay=0.05, **adam_keys),
        optimizer_case('adamw-ascend', 'adamw', lambda p: adw(p, 0.01, weight_decay=0.05, maximize=True), ['ascend'],
                       weight_decay=0.05, **adam_keys),
    ]
