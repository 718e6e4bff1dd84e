#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The GPU's cases in PyTorch.

    torch_cases.py CASE... --mode MODE [--device cuda|cpu] [--precision float32|tf32|bf16] [--seconds S] [--small]

eager: autograd and the fused Adam. graph: the same, captured once as a CUDA graph and replayed.
compile, autotune: the whole iteration (draws, gradients by torch.func, Adam) as one function under torch.compile, in its
default mode and in max-autotune, which uses CUDA graphs where it can; compile-graph, autotune-graph: these captured by
hand. Images are channels-last, bf16 is autocast with float32 parameters. On a CPU the modes with graphs run without.
"""

import contextlib
import math
import sys

import cases
import ring_case as ring

ARGS = cases.arguments(('eager', 'graph', 'compile', 'autotune', 'compile-graph', 'autotune-graph'))

import torch
import torch.nn.functional as F

EAGER = ARGS.mode in ('eager', 'graph')
DEVICE = torch.device(ARGS.device)
CUDA = ARGS.device == 'cuda'


def to_device(array):
    return torch.tensor(array, device=DEVICE)


def sampled_ring(data, batch):
    return data[torch.randint(len(data), (batch,), device=DEVICE)]


def slope(function, x):
    """∇ₓ Σ function (x), to be differentiated again."""
    if EAGER:
        x = x.requires_grad_(True)
        return torch.autograd.grad(function(x).sum(), x, create_graph=True)[0]
    return torch.func.grad(lambda points: function(points).sum())(x)


# ---- cases: parameters by group, buffers, and phases ----
#
# A phase is (groups, function): function (parameters, buffers, draws) returns one loss for each group that moves, and
# the buffers' new values.

class Case:
    rate, betas = ring.RATE, (ring.BETA1, ring.BETA2)

    def draw(self):
        """Fresh random tensors of one phase."""


class Ring(Case):
    def __init__(self, name, small):
        self.method = name.removeprefix('ring-')
        self.data = to_device(ring.ring())
        g, c = ring.networks(self.method)
        self.parameters = {'g': [to_device(v) for v in g]}
        if c:
            self.parameters['c'] = [to_device(v) for v in c]
        self.buffers = []
        self.phases = {'gan': [(('c',), self.gan_critic), (('g',), self.gan_generator)],
                       'mmd-net': [(('g',), self.mmd_net)],
                       'gram': [(('c', 'g'), self.gram)]}[self.method]

    def draw(self):
        return (sampled_ring(self.data, ring.BATCH), torch.randn(ring.BATCH, ring.LATENT, device=DEVICE))

    @staticmethod
    def apply(values, x):
        x = torch.relu(torch.addmm(values[1], x, values[0]))
        x = torch.relu(torch.addmm(values[3], x, values[2]))
        return torch.addmm(values[5], x, values[4])

    @staticmethod
    def rbf(a, b):
        distance = a.square().sum(1)[:, None] + b.square().sum(1)[None, :] - 2 * (a @ b.mT)
        return torch.exp(-0.5 * distance.clamp(min=0))

    @staticmethod
    def mmd(k_xx, k_yy, k_yx):
        return torch.sqrt((k_xx.mean() + k_yy.mean() - 2 * k_yx.mean()).clamp(min=0) + 1e-6)

    def gan_critic(self, p, buffers, draws):
        x, z = draws
        with torch.no_grad():
            y = self.apply(p['g'], z)
        return (F.softplus(-self.apply(p['c'], x)).mean() + F.softplus(self.apply(p['c'], y)).mean(),), buffers

    def gan_generator(self, p, buffers, draws):
        return (F.softplus(-self.apply(p['c'], self.apply(p['g'], draws[1]))).mean(),), buffers

    def mmd_net(self, p, buffers, draws):
        x, y = draws[0], self.apply(p['g'], draws[1])
        return (self.mmd(self.rbf(x, x), self.rbf(y, y), self.rbf(y, x)),), buffers

    def gram(self, p, buffers, draws):
        a, b = self.apply(p['c'], draws[0]), self.apply(p['c'], self.apply(p['g'], draws[1]))
        k_bb, k_ba = self.rbf(b, b), self.rbf(b, a)
        r, _ = Solve.apply(k_bb + ring.RIDGE * torch.eye(len(b), device=DEVICE), k_ba.sum(1, keepdim=True))
        return (-((r - 1).square().mean() + r.sum()), self.mmd(self.rbf(a, a), k_bb, k_ba)), buffers


class Solve(torch.autograd.Function):
    """A⁻¹ b by Cholesky, with one more solve as its gradient; see ../peers/torch_ring.py."""

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


class Mlp512(Case):
    def __init__(self, name, small):
        s = cases.sizes(name, small)
        self.batch, self.rate, self.betas = s['batch'], s['rate'], s['betas']
        self.data = to_device(ring.ring())
        widths = [2] + [s['width']] * s['depth']
        self.parameters = {'g': [to_device(v) for v in cases.mlp(2, widths + [2])],
                           'c': [to_device(v) for v in cases.mlp(3, widths + [1])]}
        self.buffers = []
        self.phases = [(('c',), self.critic), (('g',), self.generator)]

    def draw(self):
        return (sampled_ring(self.data, self.batch), torch.randn(self.batch, 2, device=DEVICE),
                torch.rand(self.batch, 1, device=DEVICE))

    @staticmethod
    def apply(values, x):
        for i in range(0, len(values), 2):
            x = torch.addmm(values[i + 1], x, values[i])
            x = torch.relu(x) if i + 2 < len(values) else x
        return x

    def critic(self, p, buffers, draws):
        x, z, alpha = draws
        with torch.no_grad():
            y = self.apply(p['g'], z)
        gradient = slope(lambda t: self.apply(p['c'], t), y + alpha * (x - y))
        norm = torch.sqrt(gradient.square().sum(1) + 1e-12)
        # One pass over both batches is quicker than two.
        real, fake = self.apply(p['c'], torch.cat((x, y))).chunk(2)
        return (fake.mean() - real.mean() + cases.PENALTY * (norm - 1).square().mean(),), buffers

    def generator(self, p, buffers, draws):
        return (-self.apply(p['c'], self.apply(p['g'], draws[1])).mean(),), buffers


class Dcgan32(Case):
    def __init__(self, name, small):
        s = self.sizes = cases.sizes(name, small)
        self.rate, self.betas = s['rate'], s['betas']
        torch.manual_seed(5)
        self.layers = dict(zip('gc', cases.dcgan_layers(s)))
        self.parameters, self.buffers = {'g': [], 'c': []}, []
        for group, layers in self.layers.items():
            for i, (kind, inputs, outputs, kernel, stride, size) in enumerate(layers):
                batch = group == 'g' and kind == 'up'
                shape = {'dense': (outputs, inputs), 'conv': (outputs, inputs, kernel, kernel),
                         'up': (inputs, outputs, kernel, kernel)}[kind]
                weight = torch.randn(shape, device=DEVICE) * math.sqrt(2 / (math.prod(shape) / shape[0]))
                self.parameters[group].append(last(weight))
                # A bias before batch normalisation would be taken away again: scale and offset stand here instead.
                self.parameters[group] += ([torch.ones(outputs, device=DEVICE), torch.zeros(outputs, device=DEVICE)]
                                           if batch else [torch.zeros(outputs, device=DEVICE)])
                if batch:
                    self.buffers += [torch.zeros(outputs, device=DEVICE), torch.ones(outputs, device=DEVICE)]
                if group == 'c':
                    out = size // stride if kind == 'conv' else 0
                    self.buffers.append(last(torch.randn((1, outputs, out, out) if out else (1, outputs),
                                                         device=DEVICE)))
        self.real = last(to_device(cases.images(s)))
        self.phases = [(('c', 'g'), self.both)]

    def draw(self):
        return (torch.randn(self.sizes['batch'], self.sizes['latent'], device=DEVICE),)

    def generate(self, values, buffers, z):
        values, buffers, new = iter(values), iter(buffers), []
        for kind, _, outputs, kernel, stride, size in self.layers['g']:
            weight, first = next(values), next(values)
            if kind == 'dense':
                x = F.linear(z, weight, first)
                x = last(x.view(len(z), -1, self.sizes['size'] // 8, self.sizes['size'] // 8))
            elif kind == 'up':
                x = F.conv_transpose2d(x, weight, stride=2, padding=1)
                mean, variance = next(buffers), next(buffers)
                if EAGER:
                    x = F.batch_norm(x, mean, variance, first, next(values), True, cases.BATCH_MOMENTUM,
                                     cases.NORMALISATION_EPSILON)
                else:
                    # The same in pure functions: torch.func does not let running averages change in place.
                    x, batch_mean, inverse = torch.native_batch_norm(x, first, next(values), None, None, True, 0,
                                                                     cases.NORMALISATION_EPSILON)
                    n = x.numel() / outputs
                    spread = (inverse.detach().float() ** -2 - cases.NORMALISATION_EPSILON) * (n / (n - 1))
                    mean = torch.lerp(mean, batch_mean.detach().float(), cases.BATCH_MOMENTUM)
                    variance = torch.lerp(variance, spread, cases.BATCH_MOMENTUM)
                x = torch.relu(x)
                new += [mean, variance]
            else:
                x = torch.tanh(F.conv2d(x, weight, first, padding=1))
        return x, new

    def score(self, values, buffers, x):
        values, new = iter(values), []
        for (kind, _, _, kernel, stride, size), u in zip(self.layers['c'], buffers):
            weight, bias = next(values), next(values)
            if kind == 'dense':
                v = F.normalize((u @ weight).detach(), dim=1)
                y = F.linear(v, weight)
            else:
                v = F.conv_transpose2d(u, weight.detach(), stride=stride, padding=1)
                v = v / (v.norm() + 1e-10)
                y = F.conv2d(v, weight, stride=stride, padding=1)
            sigma = torch.sqrt(y.square().sum())
            weight = weight * (cases.SPECTRAL_GAIN / sigma)
            new.append((y / sigma).detach())
            if kind == 'dense':
                x = F.linear(x.permute(0, 2, 3, 1).flatten(1), weight, bias)
            else:
                x = F.leaky_relu(F.conv2d(x, weight, bias, stride=stride, padding=1), cases.SLOPE)
        return x, new

    def both(self, p, buffers, draws):
        n = sum(kind == 'up' for kind, *_ in self.layers['g']) * 2
        fake, averages = self.generate(p['g'], buffers[:n], draws[0])
        s, vectors = self.score(p['c'], buffers[n:], torch.cat((self.real, fake.to(self.real.dtype))))
        a, b = s.float().chunk(2)
        m = len(a)
        off = lambda k: (k.sum() - m) / (m * (m - 1))
        e_rr, e_gg, e_rg = off(Ring.rbf(a, a)), off(Ring.rbf(b, b)), Ring.rbf(a, b).mean()
        return (e_rr - e_gg, e_gg - 2 * e_rg), [t.to(o.dtype) for t, o in zip(averages + vectors, buffers)]


def last(tensor):
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor


class Gram(Case):
    """Its points stand for parameters that nobody moves."""

    def __init__(self, name, small):
        n, d = cases.gram_size(name)
        self.scales = cases.gram_scales()
        self.points = [to_device(v) for v in cases.gram_points(n, d)]

    def loss(self, x, y):
        distance = (x.square().sum(1)[:, None] + y.square().sum(1)[None, :] - 2 * (x @ y.mT)).clamp(min=0)
        return sum(torch.exp(-scale * distance) for scale in self.scales).mean()


# ---- iterations ----

def precise():
    """The precision's context of forward passes."""
    return torch.autocast(ARGS.device, torch.bfloat16) if ARGS.precision == 'bf16' else contextlib.nullcontext()


class Eager:
    def __init__(self, case):
        self.case = case
        for values in case.parameters.values():
            for value in values:
                value.requires_grad_(True)
        self.optimizers = {group: torch.optim.Adam(values, case.rate, case.betas, 1e-8, fused=True,
                                                   capturable=CUDA and ARGS.mode == 'graph')
                           for group, values in case.parameters.items()}

    def step(self):
        case = self.case
        for groups, function in case.phases:
            with precise():
                losses, buffers = function(case.parameters, case.buffers, case.draw())
            for i, (group, loss) in enumerate(zip(groups, losses)):
                values = case.parameters[group]
                gradients = torch.autograd.grad(loss, values, retain_graph=i + 1 < len(groups))
                for value, gradient in zip(values, gradients):
                    value.grad = gradient
            for group in groups:
                self.optimizers[group].step()
            for old, new in zip(case.buffers, buffers):
                if new is not old:
                    old.copy_(new)
        return losses


class Whole:
    """The iteration as one function of tensors; Adam is written out, so that it is compiled too."""

    def __init__(self, case, mode):
        self.case = case
        self.moments = {group: [(torch.zeros_like(v), torch.zeros_like(v)) for v in values]
                        for group, values in case.parameters.items()}
        self.t = torch.zeros((), device=DEVICE)
        self.compiled = torch.compile(self.iterate, mode=mode, fullgraph=True)

    def adam(self, group, values, gradients):
        b1, b2 = self.case.betas
        first, second = 1 - b1 ** self.t, 1 - b2 ** self.t
        for value, gradient, (m, v) in zip(values, gradients, self.moments[group]):
            m.mul_(b1).add_(gradient, alpha=1 - b1)
            v.mul_(b2).addcmul_(gradient, gradient, value=1 - b2)
            value.sub_(self.case.rate * (m / first) / (torch.sqrt(v / second) + 1e-8))

    def iterate(self):
        case = self.case
        self.t.add_(1)
        for groups, function in case.phases:
            draws = case.draw()

            def losses_of(moved):
                with precise():
                    return function({**case.parameters, **moved}, case.buffers, draws)
            losses, pullback, buffers = torch.func.vjp(losses_of, {k: case.parameters[k] for k in groups}, has_aux=True)
            ones = lambda i: tuple(torch.ones_like(l) if i == j else torch.zeros_like(l) for j, l in enumerate(losses))
            gradients = {group: pullback(ones(i), retain_graph=True)[0][group] for i, group in enumerate(groups)}
            for group in groups:
                self.adam(group, case.parameters[group], gradients[group])
            for old, new in zip(case.buffers, buffers):
                if new is not old:
                    old.copy_(new)
        return losses

    def step(self):
        with torch.no_grad():
            return self.compiled()


class GramStep:
    def __init__(self, case, mode):
        self.case, self.points = case, case.points
        if EAGER:
            self.points = [p.requires_grad_(True) for p in case.points]
        function = case.loss if EAGER else torch.func.grad_and_value(case.loss, argnums=(0, 1))
        self.function = function if EAGER else torch.compile(function, mode=mode, fullgraph=True)

    def step(self):
        loss = self.function(*self.points)
        if EAGER:
            return (loss, *torch.autograd.grad(loss, self.points))
        return loss[1], *loss[0]


def captured(step):
    """step () as a replay of one CUDA graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        held = step()
    return lambda: (graph.replay(), held)[1]


# ---- measuring ----

def make(name):
    kind = Mlp512 if name == 'mlp512' else Dcgan32 if name == 'dcgan32' else Gram if name.startswith('gram') else Ring
    case = kind(name, ARGS.small)
    inductor = {'compile': None, 'compile-graph': None}.get(
        ARGS.mode, 'max-autotune' if ARGS.mode == 'autotune' and CUDA else 'max-autotune-no-cudagraphs')
    if kind is Gram:
        step = GramStep(case, inductor).step
    else:
        step = Eager(case).step if EAGER else Whole(case, inductor).step
    for _ in range(3):
        losses = step()
    return captured(step) if 'graph' in ARGS.mode and CUDA else step


def measure(name):
    step = make(name)

    def run(n):
        for _ in range(n):
            run.losses = step()
        if CUDA:
            torch.cuda.synchronize()
    run(2)
    if CUDA:
        torch.cuda.reset_peak_memory_stats()
    found = cases.rates(run, ARGS.seconds)
    if CUDA:
        found['bytes'] = torch.cuda.max_memory_allocated()
        found['reserved_bytes'] = torch.cuda.max_memory_reserved()
    first = run.losses[0].item()
    if not math.isfinite(first):
        raise ArithmeticError(f'the loss is {first}')
    return found


def main():
    torch.manual_seed(0)
    tf32 = ARGS.precision != 'float32'
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = True
    versions = {'torch': torch.__version__, 'python': sys.version.split()[0]}
    if CUDA:
        versions.update({'cudnn': torch.backends.cudnn.version(), 'device': torch.cuda.get_device_name()})
    for name in ARGS.cases:
        cases.report(name, 'torch', ARGS, lambda: measure(name), versions)
        torch.compiler.reset()


main()
