# SPDX-License-Identifier: Apache-2.0
"""Golden values of the convolution networks, in PyTorch float64.

A case is a dcgan generator and critic on small images, both in training mode, and the loss

    L = E s(G(z))² + E (|∇s(x)| − 1)²

with s the sum of the critic's outputs, whose gradients need second derivatives of every layer. It holds the loss, for
every variable two projections of ∂L/∂value (parameters) or of the value after the pass (moving averages, power
iterations), and the generated images' projections. Variables and inputs come from pattern () as in step_cases.py.
"""

import math

import torch
import torch.nn.functional as F

from step_cases import probes, tensor

VARIABLE, LATENT, IMAGES = 10, 2000, 1000
BATCH, N_LATENT, OUTPUTS = 4, 3, 2
EPSILON, MOMENTUM, SLOPE = 1e-3, 0.01, 0.1


def fill(values, key, shape):
    """Starting values in order of creation; normalised scales and variances around 1."""
    group = key.split('/')[0]
    tag = VARIABLE + 40 * (group == 'critic') + sum(k.startswith(group) for k in values)
    centre = 1.0 if key.endswith(('/scale', '/variance')) else 0.0
    size = 0.125 if len(shape) == 1 else 0.5
    values[key] = centre + size * tensor(tag, *shape)


class Layer:
    def __init__(self, values, name, kind, inputs, outputs, image, kernel, stride, normalisation, matrix, gain):
        self.values, self.name, self.kind, self.image = values, name, kind, image
        self.stride, self.normalisation, self.matrix, self.gain = stride, normalisation, matrix, gain
        self.outputs = outputs
        if kind == 'dense':
            shape, u = (inputs, outputs), (1, outputs)
        elif kind == 'conv':
            shape, u = (outputs, kernel, kernel, inputs), (1, image[0] // stride, image[1] // stride, outputs)
        else:
            shape, u = (inputs, kernel, kernel, outputs), (1, image[0] * stride, image[1] * stride, outputs)
        fill(values, f'{name}/weight', shape)
        if normalisation != 'batch':
            fill(values, f'{name}/bias', (outputs,))
        if normalisation in ('batch', 'layer'):
            fill(values, f'{name}/scale', (outputs,))
            fill(values, f'{name}/offset', (outputs,))
        if normalisation == 'batch':
            fill(values, f'{name}/mean', (outputs,))
            fill(values, f'{name}/variance', (outputs,))
        if normalisation == 'spectral':
            fill(values, f'{name}/u', (1, shape[0]) if matrix and kind != 'dense' else u)

    def map(self, x, weight):
        """Activations are N·H·W·C and weights O·H·W·I."""
        if self.kind == 'dense':
            return x @ weight
        x, weight, padding = x.permute(0, 3, 1, 2), weight.permute(0, 3, 1, 2), 1
        function = F.conv2d if self.kind == 'conv' else F.conv_transpose2d
        return function(x, weight, stride=self.stride, padding=padding).permute(0, 2, 3, 1)

    def back(self, y, weight):
        x = torch.zeros(1, weight.shape[0] if self.kind != 'conv' else weight.shape[3], *self.image or ())
        x = (x.permute(0, 2, 3, 1) if self.image else x).clone().requires_grad_(True)
        with torch.enable_grad():
            return torch.autograd.grad((self.map(x, weight) * y).sum(), x)[0]

    def spectral_weight(self, weight, after):
        u = self.values[f'{self.name}/u']
        flat = weight.flatten(1)
        matrix = self.matrix and self.kind != 'dense'
        with torch.no_grad():
            v = u @ flat if matrix else self.back(u, weight.detach())
            v = v / v.norm()
        y = v @ flat.mT if matrix else self.map(v, weight)
        after[f'{self.name}/u'] = (y / y.norm()).detach()
        return self.gain * weight / y.norm()

    def __call__(self, x, after):
        weight = self.values[f'{self.name}/weight']
        if self.normalisation == 'spectral':
            weight = self.spectral_weight(weight, after)
        x = self.map(x, weight)
        if self.normalisation != 'batch':
            x = x + self.values[f'{self.name}/bias']
        if self.normalisation not in ('batch', 'layer'):
            return x
        axes = list(range(x.dim() - 1)) if self.normalisation == 'batch' else list(range(1, x.dim()))
        if self.normalisation == 'batch':
            flat = x.detach().reshape(-1, self.outputs)
            for key, value in (('mean', flat.mean(0)), ('variance', flat.var(0))):
                old = after.get(f'{self.name}/{key}', self.values[f'{self.name}/{key}'])
                after[f'{self.name}/{key}'] = (1 - MOMENTUM) * old + MOMENTUM * value
        centred = x - x.mean(axes, keepdim=True)
        x = centred / torch.sqrt(centred.square().mean(axes, keepdim=True) + EPSILON)
        return x * self.values[f'{self.name}/scale'] + self.values[f'{self.name}/offset']


def halvings(image):
    height, width, n = *image, 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) > 7:
        height, width, n = height // 2, width // 2, n + 1
    return (height, width), n


def make_generator(values, image, channels, width, keys):
    bottom, n = halvings(image)
    hidden = keys['normalisation']
    ends = 'spectral' if hidden == 'spectral' else 'none'
    extra = (keys.get('spectral_norm') == 'matrix', keys.get('spectral_gain', 1.0))
    c = width << n
    layers = [Layer(values, 'generator/dense', 'dense', N_LATENT, math.prod(bottom) * c, None, 0, 0, ends, *extra)]
    size = bottom
    for i in range(n):
        layers.append(Layer(values, f'generator/up{i}', 'up', c >> i, c >> i + 1, size, 4, 2, hidden, *extra))
        size = (2 * size[0], 2 * size[1])
    layers.append(Layer(values, 'generator/output', 'conv', width, channels, size, 3, 1, ends, *extra))

    def generate(z, after):
        x = layers[0](z, after).reshape(-1, *bottom, c)
        for layer in layers[1:-1]:
            x = torch.relu(layer(x, after))
        return torch.tanh(layers[-1](x, after))
    return generate


def make_critic(values, image, channels, width, keys):
    bottom, n = halvings(image)
    hidden = keys['normalisation']
    ends = 'spectral' if hidden == 'spectral' else 'none'
    extra = (keys.get('spectral_norm') == 'matrix', keys.get('spectral_gain', 1.0))
    layers = [Layer(values, 'critic/conv0', 'conv', channels, width, image, 3, 1, ends, *extra)]
    size, c = image, width
    for i in range(n):
        layers.append(Layer(values, f'critic/down{i}', 'conv', c, 2 * c, size, 4, 2, hidden, *extra))
        size, c = (size[0] // 2, size[1] // 2), 2 * c
        layers.append(Layer(values, f'critic/conv{i + 1}', 'conv', c, c, size, 3, 1, hidden, *extra))
    layers.append(Layer(values, 'critic/output', 'dense', math.prod(size) * c, OUTPUTS, None, 0, 0, ends, *extra))

    def score(x, after):
        for layer in layers[:-1]:
            x = F.leaky_relu(layer(x, after), SLOPE)
        return layers[-1](x.flatten(1), after).sum(1)
    return score


def image_case(name, image, channels, width, generator, critic):
    values, after = {}, {}
    generate = make_generator(values, image, channels, width, generator)
    score = make_critic(values, image, channels, width, critic)
    states = [key for key in values if key.endswith(('/mean', '/variance', '/u'))]
    parameters = [key for key in values if key not in states]
    for key in parameters:
        values[key].requires_grad_(True)
    real = tensor(IMAGES, BATCH, *image, channels).requires_grad_(True)
    fake = generate(2 * tensor(LATENT, BATCH, N_LATENT), after)
    on_fake = score(fake, after)
    slope, = torch.autograd.grad(score(real, after).sum(), real, create_graph=True)
    norms = torch.sqrt(slope.square().sum((1, 2, 3)) + 1e-12)
    loss = on_fake.square().mean() + (norms - 1).square().mean()
    gradients = torch.autograd.grad(loss, [values[key] for key in parameters])
    keys = lambda group, settings: [f'[{group}]', 'kind=dcgan', f'width={width}',
                                    *(f'{key}={value}' for key, value in settings.items())]
    text = ['[data]', 'kind=ring', *keys('generator', generator), f'latent={N_LATENT}', *keys('critic', critic),
            '[method]', 'kind=gan', '']
    return {'name': name, 'experiment': '\n'.join(text), 'image': [*image, channels], 'loss': loss.item(),
            'images': probes(fake), 'gradients': {key: probes(g) for key, g in zip(parameters, gradients)},
            'states': {key: probes(after[key]) for key in states}}


def make():
    batch, layer, none = {'normalisation': 'batch'}, {'normalisation': 'layer'}, {'normalisation': 'none'}
    spectral = {'normalisation': 'spectral', 'spectral_gain': 1.5}
    matrix = {'normalisation': 'spectral', 'spectral_norm': 'matrix'}
    return [
        image_case('batch-spectral', (16, 16), 3, 2, batch, spectral),
        image_case('spectral-matrix', (8, 8), 3, 2, spectral, matrix),
        image_case('layer-layer', (8, 12), 1, 2, layer, layer),
        image_case('none-batch', (8, 8), 2, 3, none, batch),
        image_case('matrix-none', (14, 14), 1, 2, matrix, none),
    ]
