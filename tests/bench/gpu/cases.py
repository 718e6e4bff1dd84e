# SPDX-License-Identifier: Apache-2.0
"""The cases of the GPU's table as far as they need no framework: sizes, starting values, timing, output.

    ring-gan, ring-mmd-net, ring-gram   ../peers/ring_case.py
    mlp512     WGAN-GP on the ring: generator 2-512-512-512-512-2, critic 2-512-512-512-512-1, ReLU, batch 256, penalty
               0.1 on |∇s| at points between real and generated, Adam 10⁻⁴ with β = (0.5, 0.9); an iteration is one
               critic step and one generator step
    dcgan32    the 32×32 networks of the repulsive loss's paper, batch 64: generator 128 → 4·4·512, three 4×4 transposed
               convolutions of stride 2 to 256, 128, 64 channels with batch normalisation and ReLU, 3×3 to 3 and tanh;
               critic 3×3 64, (4×4 of stride 2, 3×3) of 128, 256, 512 with leaky ReLU 0.1, dense to 16; every layer of
               the critic divided by the largest singular value of its map, one power iteration a step, times 64^⅛.
               L_D = e_rr − e_gg, L_G = e_gg − 2 e_rg with one Gaussian kernel, σ = 1. Both networks move after one pass
               over the 128 real and generated images, by Adam 2·10⁻⁴ with β = (0.5, 0.999)
    gram-N-D   mean of the matrix Σ_b exp (−|x_i − y_j|²/(2σ_b²)) of N points x and N points y in D dimensions,
               σ = 0.25, 0.5, 1, 2, 4, with its gradients by all points; |x_i − y_j|² is 1 on average

tests/bench/step-case.h and tests/bench/bench-gram.c have the same cases for Matchpoint. --small divides widths and batches for a test of the peers
themselves on the CPU; its rates mean nothing.
"""

import argparse
import json
import math
import pathlib
import statistics
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
# Beside this folder in the tree, inside it in a pack for another machine.
sys.path += [str(folder) for folder in (HERE / 'peers', HERE.parent / 'peers') if folder.is_dir()]

RING = ('ring-gan', 'ring-mmd-net', 'ring-gram')
GRAM_SIGMAS = (0.25, 0.5, 1, 2, 4)
SPECTRAL_GAIN = 64 ** 0.125
NORMALISATION_EPSILON, BATCH_MOMENTUM, SLOPE = 1e-3, 0.01, 0.1
PENALTY = 0.1
WINDOWS = 5
MLP512 = {'batch': 256, 'width': 512, 'depth': 4, 'rate': 1e-4, 'betas': (0.5, 0.9)}
DCGAN32 = {'batch': 64, 'size': 32, 'width': 64, 'latent': 128, 'outputs': 16, 'rate': 2e-4, 'betas': (0.5, 0.999)}


def sizes(case, small):
    """The numbers of mlp512 or dcgan32."""
    full = dict(MLP512 if case == 'mlp512' else DCGAN32)
    if small:
        full.update({'batch': 8, 'width': 16} if case == 'mlp512' else {'batch': 4, 'width': 4})
    return full


def gram_size(case):
    n, d = map(int, case.split('-')[1:])
    return n, d


def gram_points(n, d):
    """Uniform in a cube, squared distances 1 on average."""
    rng = np.random.default_rng(11)
    side = math.sqrt(1.5 / d)
    return tuple(rng.uniform(-side, side, (n, d)).astype(np.float32) for _ in range(2))


def gram_scales():
    """1/(2σ²) of every kernel."""
    return [0.5 / (sigma * sigma) for sigma in GRAM_SIGMAS]


def mlp(seed, widths):
    """[W₁, b₁, …] with He's uniform weights and zero biases."""
    rng = np.random.default_rng(seed)
    values = []
    for inputs, outputs in zip(widths, widths[1:]):
        limit = math.sqrt(6 / inputs)
        values += [rng.uniform(-limit, limit, (inputs, outputs)).astype(np.float32), np.zeros(outputs, np.float32)]
    return values


def dcgan_layers(s):
    """(kind, inputs, outputs, kernel, stride, size of the input image) of generator and critic."""
    w, bottom = s['width'], s['size'] // 8
    generator = [('dense', s['latent'], bottom * bottom * 8 * w, 0, 0, 0)]
    generator += [('up', (8 * w) >> i, (4 * w) >> i, 4, 2, bottom << i) for i in range(3)]
    generator.append(('conv', w, 3, 3, 1, s['size']))
    critic = [('conv', 3, w, 3, 1, s['size'])]
    for i in range(3):
        critic.append(('conv', w << i, w << i + 1, 4, 2, s['size'] >> i))
        critic.append(('conv', w << i + 1, w << i + 1, 3, 1, s['size'] >> i + 1))
    critic.append(('dense', bottom * bottom * 8 * w, s['outputs'], 0, 0, 0))
    return generator, critic


def images(s):
    return np.random.default_rng(7).uniform(-1, 1, (s['batch'], 3, s['size'], s['size'])).astype(np.float32)


# ---- running ----

def arguments(modes):
    parser = argparse.ArgumentParser(description='Time cases in one mode; a line of JSON for each.')
    parser.add_argument('cases', nargs='+')
    parser.add_argument('--mode', choices=modes, default=modes[0])
    parser.add_argument('--device', choices=('cuda', 'cpu'), default='cuda')
    parser.add_argument('--precision', choices=('float32', 'tf32', 'bf16'), default='tf32')
    parser.add_argument('--seconds', type=float, default=1, help='of one window')
    parser.add_argument('--small', action='store_true')
    return parser.parse_args()


def rates(run, seconds):
    """run (n) does n iterations and waits for them. The median, least and most of several windows after a warm-up."""
    n, start = 1, time.perf_counter()
    run(1)
    while True:
        start = time.perf_counter()
        run(n)
        elapsed = time.perf_counter() - start
        if elapsed > seconds / 10:
            break
        n *= 2
    n = max(1, round(n * seconds / elapsed))
    found = []
    for _ in range(WINDOWS):
        start = time.perf_counter()
        run(n)
        found.append(n / (time.perf_counter() - start))
    return {'its': statistics.median(found), 'its_low': min(found), 'its_high': max(found),
            'seconds': 1 / statistics.median(found), 'windows': WINDOWS, 'iterations_per_window': n}


def report(case, peer, args, measure, versions):
    """One case: a line of JSON with its numbers, or with what went wrong."""
    line = {'case': case, 'peer': peer, 'mode': args.mode, 'precision': args.precision, 'small': args.small}
    try:
        line.update(measure())
    except Exception as error:  # a mode that a framework does not manage is a result
        words = [word for word in str(error).strip().splitlines() if word.strip()]
        line['error'] = f'{type(error).__name__}: {words[0] if words else ""}'[:300]
    print(json.dumps({**line, 'versions': versions}), flush=True)
