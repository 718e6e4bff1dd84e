# SPDX-License-Identifier: Apache-2.0
"""Golden values of every graph builder.

A case holds: name; op (the builder's name); attrs (the builder's other arguments); inputs; weights w; directions v;
and, computed by PyTorch in float64,

    output      y
    gradients   g_i = ∂/∂x_i Σ w·y
    second      ∂/∂x_i Σ_j Σ v_j·g_j

Inputs are odd multiples of 1/128: exact in float32 too, and at least 1/128 away from the kinks at multiples of 1/64,
from each other by 1/64, so that finite differences with steps up to 2⁻⁹ cross no kink. Weights and directions are
multiples of 1/8. Activations are N·H·W·C, convolution weights Cout·Kh·Kw·Cin.

Cases on a kink (ties) and functions whose gradient is a convention have "differences": false: they are held against
the golden values only. "saturated": true marks operands so far out that a derivative is smaller than one unit in the
last place of what it is computed from. "orders": 1 leaves the second gradient out, where it depends on how a symmetric operand is read.
"""

import math
import random

import torch
import torch.nn.functional as F

CASES = []
RNG = random.Random(20240229)


# ---- operands ----

def grid(*shape, low=-2.0, high=2.0):
    """Distinct random odd multiples of 1/128 in [low, high]."""
    return grids(shape, low=low, high=high)[0]


def grids(*shapes, low=-2.0, high=2.0):
    """Several of them, distinct from each other too."""
    counts = [math.prod(shape) for shape in shapes]
    choices = [k / 128 for k in range(math.ceil(low * 128), math.floor(high * 128) + 1) if k % 2]
    values = RNG.sample(choices, sum(counts))
    result, at = [], 0
    for shape, count in zip(shapes, counts):
        result.append(torch.tensor(values[at:at + count]).reshape(shape))
        at += count
    return result


def ints(*values):
    return torch.tensor(values, dtype=torch.int32)


def weights(tensor, offset):
    count = tensor.numel()
    values = [((5 * k + offset) % 13 - 6) / 8 + 1 / 16 for k in range(count)]
    return torch.tensor(values).reshape(tensor.shape)


# ---- making a case ----

def encode(tensor):
    data = tensor.detach().reshape(-1).tolist()
    item = {'shape': list(tensor.shape), 'data': [int(x) if float(x).is_integer() else x for x in data]}
    if tensor.dtype == torch.int32:
        item['dtype'] = 'int32'
    return item


def derive(scalar, inputs, graph):
    """Gradients of a scalar; zeros where it does not depend on an input."""
    if not scalar.requires_grad:
        return [torch.zeros_like(x) for x in inputs]
    found = torch.autograd.grad(scalar, inputs, create_graph=graph, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g + torch.zeros_like(x) for x, g in zip(inputs, found)]


def case(name, op, inputs, function, attrs=None, differences=True, orders=2, saturated=False):
    inputs = [x.clone().requires_grad_(x.dtype.is_floating_point) for x in inputs]
    wrt = [x for x in inputs if x.dtype.is_floating_point]
    y = function(*inputs)
    entry = {'name': name, 'op': op, 'attrs': attrs or {}, 'inputs': [encode(x) for x in inputs],
             'output': encode(y)}
    if not y.dtype.is_floating_point:
        y = y.double()
    w = weights(y, 3)
    entry['weights'] = encode(w)['data']
    if not differences:
        entry['differences'] = False
    if saturated:
        entry['saturated'] = True
    if wrt:
        g = derive((w * y).sum(), wrt, True)
        entry['gradients'] = [encode(x)['data'] for x in g]
        if orders == 2:
            v = [weights(x, 7 + 2 * i) for i, x in enumerate(wrt)]
            entry['directions'] = [encode(x)['data'] for x in v]
            h = derive(sum((a * b).sum() for a, b in zip(v, g)), wrt, False)
            entry['second'] = [encode(x)['data'] for x in h]
    for data in (entry['output']['data'], *entry.get('gradients', []), *entry.get('second', [])):
        assert all(math.isfinite(n) for n in data), name
    assert name not in (c['name'] for c in CASES), name
    CASES.append(entry)


# ---- elementwise ----

def elementwise():
    positive = dict(low=0.3, high=3.0)
    one = [
        ('neg', torch.neg, {}), ('exp', torch.exp, {}), ('log', torch.log, positive),
        ('log1p', torch.log1p, dict(low=-0.7)), ('expm1', torch.expm1, {}), ('sqrt', torch.sqrt, positive),
        ('rsqrt', torch.rsqrt, positive), ('square', torch.square, {}), ('abs', torch.abs, {}),
        ('sign', torch.sign, {}), ('tanh', torch.tanh, {}), ('sigmoid', torch.sigmoid, dict(low=-4.0, high=4.0)),
        ('softplus', lambda x: -F.logsigmoid(-x), dict(low=-4.0, high=4.0)), ('relu', torch.relu, {}),
    ]
    for name, function, span in one:
        case(name, name, [grid(19, **span)], function)
    case('relu-scalar', 'relu', [grid()], torch.relu)
    case('tanh-rank-4', 'tanh', [grid(1, 2, 3, 2)], torch.tanh)

    # No vanishing, overflowing or cancelling: far and tiny operands. Differences would need other steps.
    far = torch.tensor([-1e4, -800.0, -90.0, -20.0, 20.0, 90.0, 800.0, 1e4])
    case('softplus-far', 'softplus', [far], lambda x: -F.logsigmoid(-x), saturated=True)
    case('sigmoid-far', 'sigmoid', [far], torch.sigmoid, saturated=True)
    case('tanh-far', 'tanh', [far], torch.tanh, saturated=True)
    case('elu-far', 'elu', [far], F.elu, {'alpha': 1.0}, saturated=True)
    tiny = torch.tensor([2.0 ** -40, -2.0 ** -41, 3 * 2.0 ** -45, -2.0 ** -50])
    case('log1p-tiny', 'log1p', [tiny], torch.log1p, differences=False)
    case('expm1-tiny', 'expm1', [tiny], torch.expm1, differences=False)
    case('tanh-tiny', 'tanh', [tiny], torch.tanh, differences=False)

    for slope in (0.2, 0.0, 1.5):
        case(f'leaky-relu-{slope}', 'leaky-relu', [grid(11)], lambda x: F.leaky_relu(x, slope), {'slope': slope})
    for alpha in (1.0, 0.75):
        case(f'elu-{alpha}', 'elu', [grid(19)], lambda x: F.elu(x, alpha), {'alpha': alpha})
    case('clamp', 'clamp', [grid(4, 4)], lambda x: x.clamp(-0.75, 1.25), {'low': -0.75, 'high': 1.25})
    case('stop-gradient', 'stop-gradient', [grid(5)], lambda x: x.detach(), differences=False)
    case('cast-float', 'cast-float', [grid(2, 3)], lambda x: x.float().double())
    case('cast-int', 'cast-int', [grid(9)], lambda x: x.int().double(), {})
    case('add-scalar', 'add-scalar', [grid(5)], lambda x: x + 0.625, {'value': 0.625})
    case('mul-scalar', 'mul-scalar', [grid(5)], lambda x: x * -1.75, {'value': -1.75})


PAIRS = [((3, 5), (3, 5)), ((2, 3), (3,)), ((2, 1, 3), (4, 1)), ((), (2, 3)), ((1, 1), (5,))]


def operands_text(*shapes):
    return '-'.join('x'.join(map(str, shape)) or 'scalar' for shape in shapes)


def binary():
    two = [('add', torch.add), ('sub', torch.sub), ('mul', torch.mul), ('div', torch.div), ('pow', torch.pow),
           ('minimum', torch.minimum), ('maximum', torch.maximum)]
    for name, function in two:
        for a, b in PAIRS:
            x, y = grids(a, b)
            if name == 'pow':
                x = x.abs() + 0.25
            if name == 'div':
                y = y + torch.sign(y) * 0.5
            case(f'{name}-{operands_text(a, b)}', name, [x, y], function)
    compare = [('eq', torch.eq), ('ne', torch.ne), ('lt', torch.lt), ('le', torch.le), ('gt', torch.gt),
               ('ge', torch.ge)]
    for name, function in compare:
        x, y = grids((2, 4), (4,))
        x[0, 1], x[1, 2] = y[1], y[2]
        case(f'compare-{name}', 'compare', [x, y], lambda a, b: function(a, b).double(), {'relation': name},
             differences=False)
    for c, a, b in [((2, 3), (2, 3), (2, 3)), ((3,), (2, 1), ()), ((2, 1), (3,), (2, 3))]:
        condition, x, y = grids(c, a, b)
        condition = (condition > 0).double()
        case(f'select-{operands_text(c, a, b)}', 'select', [condition, x, y],
             lambda k, s, t: torch.where(k != 0, s, t), differences=False)


# ---- reductions ----

def over(function):
    """For PyTorch functions of one axis: the reduced axes become one, at the end."""
    def apply(x, axes, keep):
        kept = [a for a in range(x.dim()) if a not in axes]
        y = function(x.permute(*kept, *axes).reshape([x.shape[a] for a in kept] + [-1]))
        return y.reshape([1 if a in axes else x.shape[a] for a in range(x.dim())]) if keep else y
    return apply


def softmax(x, axes):
    return torch.exp(x - over(lambda t: torch.logsumexp(t, -1))(x, axes, True))


AXES = [([0, 1, 2], False), ([0, 1, 2], True), ([0], False), ([1], True), ([1], False), ([2], False), ([0, 2], False),
        ([0, 2], True), ([0, 1], False)]


def reductions():
    functions = {
        'sum': lambda x, axes, keep: x.sum(axes, keep),
        'mean': lambda x, axes, keep: x.mean(axes, keep),
        'max': lambda x, axes, keep: x.amax(axes, keep),
        'min': lambda x, axes, keep: x.amin(axes, keep),
        'log-sum-exp': over(lambda t: torch.logsumexp(t, -1)),
    }
    for name, function in functions.items():
        for axes, keep in AXES:
            text = ''.join(map(str, axes)) + ('-keep' if keep else '')
            case(f'{name}-{text}', name, [grid(2, 3, 4)], lambda x: function(x, axes, keep),
                 {'axes': axes, 'keep': keep})
    for axes in ([1], [0], [0, 1], [2], [0, 2]):
        shape = (3, 5) if max(axes) < 2 else (2, 3, 4)
        case(f'softmax-{"".join(map(str, axes))}', 'softmax', [grid(*shape)], lambda x: softmax(x, axes),
             {'axes': axes})
    # Sums longer than a vector, and a row longer than any unrolling.
    case('sum-long', 'sum', [grid(3, 37)], lambda x: x.sum(1), {'axes': [1], 'keep': False})
    case('mean-long', 'mean', [grid(37, 3)], lambda x: x.mean(0), {'axes': [0], 'keep': False})

    far = torch.tensor([[1e4, 1e4 - 1, 0.0], [-1e4, -1e4, -1e4 + 0.5]])
    case('log-sum-exp-far', 'log-sum-exp', [far], lambda x: torch.logsumexp(x, 1), {'axes': [1], 'keep': False})
    case('softmax-far', 'softmax', [far], lambda x: torch.softmax(x, 1), {'axes': [1]})
    # Equal maxima share the gradient evenly.
    ties = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    case('max-ties', 'max', [ties], lambda x: x.amax(1), {'axes': [1], 'keep': False}, differences=False)
    case('min-ties', 'min', [-ties], lambda x: x.amin(1), {'axes': [1], 'keep': False}, differences=False)


# ---- shapes ----

def shapes():
    for a, b in [((3,), (2, 3)), ((2, 1, 3), (2, 4, 3)), ((), (2, 2)), ((1, 3, 1), (2, 3, 2))]:
        case(f'broadcast-{operands_text(a, b)}', 'broadcast', [grid(*a)], lambda x: x.expand(b), {'shape': list(b)})
        wide = grid(*b)
        case(f'sum-to-{operands_text(b, a)}', 'sum-to', [wide], lambda x: x.sum_to_size(a) if a else x.sum(),
             {'shape': list(a)})
    case('reshape', 'reshape', [grid(2, 6)], lambda x: x.reshape(3, 1, 4), {'shape': [3, 1, 4]})
    case('reshape-scalar', 'reshape', [grid(1, 1)], lambda x: x.reshape(()), {'shape': []})
    case('flatten', 'flatten', [grid(2, 3, 2)], lambda x: x.flatten(1))
    for perm in ([1, 0], [2, 0, 1], [0, 2, 1], [3, 1, 0, 2]):
        case(f'transpose-{"".join(map(str, perm))}', 'transpose', [grid(*(3, 2, 4, 2)[:len(perm)])],
             lambda x: x.permute(perm), {'perm': perm})
    case('slice', 'slice', [grid(4, 5)], lambda x: x[1:3, 2:5], {'start': [1, 2], 'stop': [3, 5]})
    case('slice-axis', 'slice-axis', [grid(3, 2, 4)], lambda x: x[:, :, 1:3], {'axis': 2, 'start': 1, 'stop': 3})
    case('slice-axis-first', 'slice-axis', [grid(5, 3)], lambda x: x[3:5], {'axis': 0, 'start': 3, 'stop': 5})
    case('pad', 'pad', [grid(2, 3)], lambda x: F.pad(x, (2, 0, 1, 3)), {'before': [1, 2], 'after': [3, 0]})
    for axis in (0, 1, 2):
        parts = [[2, 3, 2] for _ in range(3)]
        for k in range(3):
            parts[k][axis] = k + 1
        case(f'concat-{axis}', 'concat', grids(*map(tuple, parts)), lambda *xs: torch.cat(xs, axis), {'axis': axis})
    index = ints(3, 0, 3, 1, 4)
    case('gather', 'gather', [grid(5, 3), index], lambda x, i: x[i.long()])
    case('gather-vector', 'gather', [grid(6), index], lambda x, i: x[i.long()])
    case('scatter-add', 'scatter-add', [grid(5, 3), index],
         lambda d, i: torch.zeros(7, 3).index_add(0, i.long(), d), {'rows': 7})
    for low, high in ((0, 9), (-9, 0), (-1, 1), (1, 2)):
        case(f'band-{low}-{high}', 'band', [grid(4, 5)], lambda x: x.tril(high).triu(low),
             {'low': low, 'high': high})
    case('band-batch', 'band', [grid(2, 3, 3)], lambda x: x.tril(0), {'low': -9, 'high': 0})
    case('full', 'full', [], lambda: torch.full((2, 3), -1.25), {'shape': [2, 3], 'value': -1.25})
    case('scalar', 'scalar', [], lambda: torch.tensor(0.375), {'value': 0.375})
    values = grid(2, 2)
    case('constant', 'constant', [], lambda: values, {'shape': [2, 2], 'values': values.reshape(-1).tolist()})


# ---- products ----

def products():
    for batch in ((), (2,), (2, 3)):
        for ta in (False, True):
            for tb in (False, True):
                m, k, n = (3, 4, 5) if not batch else (2, 3, 2)
                a = grid(*batch, *((k, m) if ta else (m, k)))
                b = grid(*batch, *((n, k) if tb else (k, n)))
                case(f'matmul-{len(batch)}-{"t" if ta else "n"}{"t" if tb else "n"}', 'matmul', [a, b],
                     lambda x, y: (x.mT if ta else x) @ (y.mT if tb else y),
                     {'transpose_a': ta, 'transpose_b': tb})
    case('matmul-column', 'matmul', [grid(4, 3), grid(3, 1)], torch.matmul,
         {'transpose_a': False, 'transpose_b': False})
    case('matmul-square-self', 'matmul-self', [grid(3, 4)], lambda x: x @ x.mT)
    case('sqdist', 'sqdist', [grid(4, 3), grid(5, 3)], sqdist)
    case('sqdist-self', 'sqdist-self', [grid(4, 2)], lambda x: sqdist(x, x))


def sqdist(x, y):
    return (x[:, None, :] - y[None, :, :]).square().sum(-1)


def to_nchw(x):
    return x.permute(0, 3, 1, 2)


def to_nhwc(x):
    return x.permute(0, 2, 3, 1)


def pads(geometry):
    (top, left), (bottom, right) = geometry['pad_before'], geometry['pad_after']
    return (left, right, top, bottom)


def conv(x, w, geometry):
    return to_nhwc(F.conv2d(F.pad(to_nchw(x), pads(geometry)), to_nchw(w), stride=geometry['stride']))


def conv_data(dy, w, geometry, height, width):
    x = torch.zeros(dy.shape[0], height, width, w.shape[3], requires_grad=True)
    return torch.autograd.grad(conv(x, w, geometry), x, dy, create_graph=True)[0]


def conv_weight(x, dy, geometry, kernel_h, kernel_w):
    w = torch.zeros(dy.shape[3], kernel_h, kernel_w, x.shape[3], requires_grad=True)
    return torch.autograd.grad(conv(x, w, geometry), w, dy, create_graph=True)[0]


def geometry_of(stride, before, after, window=None):
    geometry = {'stride': stride, 'pad_before': before, 'pad_after': after}
    return {'window': window, **geometry} if window else geometry


def convolutions():
    table = [
        ('3x3', (1, 4, 5, 2), (3, 3, 3, 2), geometry_of([1, 1], [1, 1], [1, 1])),
        ('4x4-stride-2', (2, 4, 4, 2), (2, 4, 4, 2), geometry_of([2, 2], [1, 1], [1, 1])),
        ('5x5-tf-same', (1, 4, 4, 2), (1, 5, 5, 2), geometry_of([2, 2], [1, 1], [2, 2])),
        ('1x1', (2, 2, 3, 3), (2, 1, 1, 3), geometry_of([1, 1], [0, 0], [0, 0])),
        ('2x3-uneven', (1, 5, 6, 1), (2, 2, 3, 1), geometry_of([2, 1], [0, 2], [1, 0])),
        # The stride leaves the last row and column out.
        ('2x2-leftover', (1, 5, 5, 1), (2, 2, 2, 1), geometry_of([2, 2], [0, 0], [0, 0])),
    ]
    for name, x_shape, w_shape, geometry in table:
        x, w = grids(x_shape, w_shape)
        y = conv(x, w, geometry)
        dy = grid(*y.shape)
        case(f'conv-{name}', 'conv', [x, w], lambda a, b: conv(a, b, geometry), geometry)
        case(f'conv-data-{name}', 'conv-data', [dy, w],
             lambda a, b: conv_data(a, b, geometry, x_shape[1], x_shape[2]),
             {**geometry, 'height': x_shape[1], 'width': x_shape[2]})
        case(f'conv-weight-{name}', 'conv-weight', [x, dy],
             lambda a, b: conv_weight(a, b, geometry, w_shape[1], w_shape[2]),
             {**geometry, 'kernel_h': w_shape[1], 'kernel_w': w_shape[2]})


def max_pool(x, g):
    padded = F.pad(to_nchw(x), pads(g), value=-math.inf)
    return to_nhwc(F.max_pool2d(padded, g['window'], g['stride']))


def avg_pool(x, g):
    return to_nhwc(F.avg_pool2d(F.pad(to_nchw(x), pads(g)), g['window'], g['stride']))


def pools():
    table = [
        ('2', (2, 4, 4, 2), geometry_of([2, 2], [0, 0], [0, 0], [2, 2])),
        ('3-stride-2', (1, 5, 6, 2), geometry_of([2, 2], [1, 1], [1, 1], [3, 3])),
        ('uneven', (1, 5, 4, 3), geometry_of([1, 2], [0, 1], [2, 0], [3, 2])),
    ]
    for name, shape, geometry in table:
        case(f'max-pool-{name}', 'max-pool', [grid(*shape)], lambda x: max_pool(x, geometry), geometry)
        case(f'avg-pool-{name}', 'avg-pool', [grid(*shape)], lambda x: avg_pool(x, geometry), geometry)
    ties = torch.tensor([1.0, 2, 2, 0, 2, 1, 0, 0, 3, 3, 1, 1, 3, 3, 1, 1]).reshape(1, 4, 4, 1)
    case('max-pool-ties', 'max-pool', [ties], lambda x: max_pool(x, table[0][2]), table[0][2], differences=False)


# ---- normalisation, kernels, linear algebra ----

def normalize(x, axes, epsilon):
    centred = x - x.mean(axes, True)
    return centred * torch.rsqrt(centred.square().mean(axes, True) + epsilon)


def normalisation():
    for name, shape, axes, epsilon in [('batch', (5, 3), [0], 1e-5), ('layer', (3, 5), [1], 1e-5),
                                       ('batch-images', (2, 3, 2, 2), [0, 1, 2], 1e-3),
                                       ('layer-images', (2, 2, 2, 3), [1, 2, 3], 1e-5),
                                       ('instance-images', (2, 2, 3, 2), [1, 2], 1e-5)]:
        case(f'normalize-{name}', 'normalize', [grid(*shape)], lambda x: normalize(x, axes, epsilon),
             {'axes': axes, 'epsilon': epsilon})
    # A constant feature: the variance is 0 and epsilon alone keeps the value finite.
    flat = grid(4, 2)
    flat[:, 1] = 0.5
    case('normalize-constant', 'normalize', [flat], lambda x: normalize(x, [0], 1e-2), {'axes': [0], 'epsilon': 1e-2})


def mixture(function):
    return lambda z, p: sum(function(z, q) for q in p)


KERNELS_OF_DISTANCE = {
    'rbf': mixture(lambda d, s: torch.exp(-d / (2 * s * s))),
    'rbf-variance': mixture(lambda d, s: torch.exp(-d / (2 * s))),
    'rational-quadratic': mixture(lambda d, a: torch.exp(-a * torch.log1p(d / (2 * a)))),
}


def gram(kind, x, y, parameter=None):
    if kind == 'linear':
        return x @ y.T
    if kind == 'polynomial':
        return mixture(lambda t, p: (t / x.shape[1] + 1) ** p)(x @ y.T, parameter)
    return KERNELS_OF_DISTANCE[kind](sqdist(x, y), parameter)


def kernels():
    span = dict(low=-1.5, high=1.5)
    for kind in [*KERNELS_OF_DISTANCE, 'polynomial']:
        for parameter in ([1.0], [0.5, 1.0, 2.5]):
            if kind == 'polynomial':
                parameter = [3.0] if len(parameter) == 1 else [2.0, 3.0]
            limits = dict(low=-0.6, high=0.6) if kind == 'polynomial' else span
            attrs = {'kind': kind}
            case(f'gram-{kind}-{len(parameter)}', 'gram',
                 [*grids((4, 2), (3, 2), **limits), torch.tensor(parameter)],
                 lambda x, y, p: gram(kind, x, y, p), attrs)
            case(f'gram-self-{kind}-{len(parameter)}', 'gram-self', [grid(4, 3, **limits)],
                 lambda x: gram(kind, x, x, torch.tensor(parameter)), {**attrs, 'parameter': parameter})
    case('gram-linear', 'gram', grids((4, 2), (3, 2)), lambda x, y: gram('linear', x, y), {'kind': 'linear'})
    case('gram-self-linear', 'gram-self', [grid(4, 2)], lambda x: gram('linear', x, x), {'kind': 'linear'})
    # Negative bases of the polynomial kernel, whole exponents: KID's kernel on anything.
    case('gram-self-polynomial-negative', 'gram-self', [grid(5, 2)],
         lambda x: gram('polynomial', x, x, torch.tensor([3.0])), {'kind': 'polynomial', 'parameter': [3.0]})
    for kind, function in KERNELS_OF_DISTANCE.items():
        case(f'gram-of-sqdist-{kind}', 'gram-of-sqdist', [grid(3, 4, low=0.1, high=4), torch.tensor([0.75, 2.0])],
             function, {'kind': kind})


def positive_definite(m):
    """M·Mᵀ/n + I: symmetric whatever M does, so that differences and gradients mean one thing."""
    return m @ m.mT / m.shape[-1] + torch.eye(m.shape[-1])


def linear_algebra():
    for name, shape in (('', (4, 4)), ('-1', (1, 1)), ('-9', (9, 9)), ('-batch', (2, 3, 3))):
        m = grid(*shape)
        b = grid(*shape[:-1], 2)
        case(f'cholesky{name}', 'cholesky-of-product', [m], lambda x: torch.linalg.cholesky(positive_definite(x)))
        case(f'pd-solve{name}', 'pd-solve-of-product', [m, b],
             lambda x, y: torch.linalg.solve(positive_definite(x), y))
        factor = m / 4 + 1.5 * torch.eye(shape[-1])
        for transpose in (False, True):
            case(f'triangular-solve{name}-{"t" if transpose else "n"}', 'triangular-solve', [factor, b],
                 lambda l, y: torch.linalg.solve_triangular(l.tril().mT if transpose else l.tril(), y,
                                                            upper=transpose), {'transpose': transpose})
    a = positive_definite(grid(4, 4))
    # Only the sum of a gradient and its transpose matters for a symmetric operand; these pin the conventions:
    # the Cholesky factor's is symmetric, the solve's is that of a general matrix, −u·xᵀ.
    case('cholesky-convention', 'cholesky', [a], torch.linalg.cholesky, differences=False, orders=1)
    case('pd-solve-convention', 'pd-solve', [a, grid(4, 2)], torch.linalg.solve, differences=False, orders=1)


# ---- chains: what methods are made of ----

def network(x, w1, b1, w2, b2):
    return torch.tanh(x @ w1 + b1) @ w2 + b2


def gradient_penalty(x, w1, b1, w2, b2):
    """E (|∇s(x)| − 1)², whose gradient holds second derivatives of the network, and whose second gradient third."""
    slope = torch.autograd.grad(network(x, w1, b1, w2, b2).sum(), x, create_graph=True)[0]
    return (torch.sqrt(slope.square().sum(1) + 1e-12) - 1).square().mean()


def ratio_loss(x, y):
    """GRAM's critic value: r = (n_q/n_p) (K_qq + εI)⁻¹ K_qp 1, mean (r − 1)² + Σ r."""
    kqq = gram('rbf', y, y, torch.tensor([1.0])) + 0.125 * torch.eye(len(y))
    kqp = gram('rbf', y, x, torch.tensor([1.0]))
    r = len(y) / len(x) * torch.linalg.solve(kqq, kqp.sum(1, True))
    return (r - 1).square().mean() + r.sum()


def mmd_loss(x, y):
    k = lambda a, b: gram('rbf', a, b, torch.tensor([1.0])).mean()
    return k(x, x) + k(y, y) - 2 * k(x, y)


def chains():
    layers = lambda: [*grids((3, 2), (2, 4), (4,), (4, 1), (1,), low=-1.2, high=1.2)]
    case('chain-network', 'chain-network', layers(), network)
    case('chain-gradient-penalty', 'chain-gradient-penalty', layers(), gradient_penalty)
    case('chain-ratio', 'chain-ratio', grids((5, 2), (4, 2)), ratio_loss)
    case('chain-mmd', 'chain-mmd', grids((5, 2), (4, 2)), mmd_loss)


def make():
    for group in (elementwise, binary, reductions, shapes, products, convolutions, pools, normalisation, kernels,
                  linear_algebra, chains):
        group()
    return CASES
