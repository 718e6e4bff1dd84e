#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Merges the measurements of a folder: every promise with its number, its goal and a verdict.

    table.py DIR > table.md

Reads DIR/ours-*.json and DIR/peers-*.json: a JSON object per line with "case", "peer", "mode", "its" (iterations per
second), "bytes", … as bench-step and the peers print them; and DIR/gram-*.json, what bench-gram writes. What was not
measured is said so; nothing is taken for kept that was not measured.
"""

import json
import pathlib
import sys

RING = ('ring-gan', 'ring-mmd-net', 'ring-gram')


def load(folder, pattern):
    lines = []
    for path in sorted(folder.glob(pattern)):
        for line in path.read_text(encoding='utf-8').splitlines():
            if line.strip().startswith('{'):
                lines.append({**json.loads(line), 'file': path.name})
    return lines


def verdict(kept):
    return {True: 'kept', False: '**missed**', None: 'not measured'}[kept]


class Table:
    """Rows of what, value, goal, verdict."""

    def __init__(self):
        self.rows = []

    def ratio(self, what, value, goal, least=True, unit='×'):
        if value is None:
            self.rows.append((what, '–', goal_text(goal, least, unit), verdict(None)))
            return
        kept = value >= goal if least else value <= goal
        self.rows.append((what, f'{value:.3g} {unit}'.strip(), goal_text(goal, least, unit), verdict(kept)))

    def text(self):
        lines = ['| what | value | goal | verdict |', '|---|---:|---:|---|']
        return '\n'.join(lines + ['| ' + ' | '.join(row) + ' |' for row in self.rows])


def goal_text(goal, least, unit):
    return f'{"≥" if least else "≤"} {goal:g} {unit}'.strip()


def precision_of(line):
    """Ours say it as their mode; peers have modes beside it."""
    return line['mode'] if line['peer'] == 'matchpoint' else line.get('precision')


def ours_of(ours, case, precision):
    """The last measurement of a case, with the shortest first iteration of all: that with warm caches."""
    found = [line for line in ours if line['case'] == case and precision_of(line) == precision and 'its' in line]
    if not found:
        return None
    warm = [line['first_seconds'] for line in found if 'first_seconds' in line]
    return {**found[-1], **({'first_seconds': min(warm)} if len(warm) > 1 else {'first_seconds': None})}


def best_of(peers, case, precision, modes=None, peer=None):
    found = [line for line in peers if line['case'] == case and line.get('precision') == precision and 'its' in line
             and not line.get('small') and (modes is None or line['mode'] in modes)
             and (peer is None or line['peer'] == peer)]
    return max(found, key=lambda line: line['its'], default=None)


def over(ours, peer):
    return ours['its'] / peer['its'] if ours and peer else None


def name(peer):
    return f'{peer["peer"]} {peer["mode"]}' if peer else 'none measured'


COMPILED = ('graph', 'compile', 'autotune', 'compile-graph', 'autotune-graph', 'jit')


def small_cases(table, ours, peers):
    for case in (*RING, 'mlp512'):
        mine = ours_of(ours, case, 'tf32')
        eager, compiled = best_of(peers, case, 'tf32', ('eager',)), best_of(peers, case, 'tf32', COMPILED)
        ring = case in RING
        table.ratio(f'{case}: against PyTorch eager', over(mine, eager), 10 if ring else 5)
        table.ratio(f'{case}: against the best compiled peer ({name(compiled)})', over(mine, compiled),
                    1.5 if ring else 1.3)
        if ring:
            kernels = mine.get('kernel_seconds') if mine else None
            table.ratio(f'{case}: iteration over the sum of its kernels', mine['seconds'] / kernels if kernels else None, 2,
                        least=False)


def image_case(table, ours, peers):
    for precision in ('tf32', 'bf16'):
        mine, best = ours_of(ours, 'dcgan32', precision), best_of(peers, 'dcgan32', precision, peer='torch')
        library = mine.get('library_seconds') if mine else None
        table.ratio(f'dcgan32, {precision}: against the best PyTorch ({name(best)})', over(mine, best), 1.3)
        table.ratio(f'dcgan32, {precision}: time in library kernels', 100 * library / mine['seconds'] if library else None,
                    85, unit='%')
        memory = mine['bytes'] / best['bytes'] if mine and best and mine.get('bytes') and best.get('bytes') else None
        table.ratio(f'dcgan32, {precision}: peak memory of PyTorch\'s', 100 * memory if memory else None, 60, least=False,
                    unit='%')


def first_iterations(table, ours):
    for case in (*RING, 'mlp512', 'dcgan32'):
        mine = ours_of(ours, case, 'tf32')
        table.ratio(f'{case}: first iteration with a warm cache', mine['first_seconds'] if mine else None, 0.5, least=False,
                    unit='s')


def gram_rows(table, grams):
    """The worst size of every precision, and the share of sizes that keep the goal."""
    for gram in grams:
        shares = {(case['n'], case['d']): case['share'] for case in gram['cases']}
        if not shares:
            continue
        worst = min(shares, key=shares.get)
        kept = sum(share >= 0.8 for share in shares.values())
        table.ratio(f'Gram matrix and gradients, {gram["precision"]}: of the rate that bounds it, at the worst size '
                    f'(N = {worst[0]}, D = {worst[1]}; {kept} of {len(shares)} sizes keep the goal)',
                    100 * shares[worst], 80, unit='%')
    if not grams:
        table.ratio('Gram matrix and gradients: of the rate that bounds it', None, 80, unit='%')


def gram_listing(grams, peers):
    """All sizes, with the fastest peer's time where one was measured."""
    rows = ['| N | D | precision | µs | copy | product | exp | bound | fastest peer, µs |',
            '|---:|---:|---|---:|---:|---:|---:|---|---:|']
    for gram in grams:
        for case in gram['cases']:
            peer = best_of(peers, f'gram-{case["n"]}-{case["d"]}', 'tf32')
            shares = ' | '.join(f'{100 * case[key]:.0f} %' for key in ('copy_share', 'product_share', 'exp_share'))
            rows.append(f'| {case["n"]} | {case["d"]} | {gram["precision"]} | {case["seconds"] * 1e6:.4g} | {shares} | '
                        f'{case["bound"]} | {1e6 / peer["its"]:.4g} ({name(peer)}) |' if peer else
                        f'| {case["n"]} | {case["d"]} | {gram["precision"]} | {case["seconds"] * 1e6:.4g} | {shares} | '
                        f'{case["bound"]} | – |')
    return '\n'.join(rows)


def listing(lines):
    """Everything that was measured."""
    rows = ['| case | peer | mode | precision | iterations/s | lowest … highest | MiB |', '|---|---|---|---|---:|---:|---:|']
    for line in sorted(lines, key=lambda l: (l['case'], str(precision_of(l)), -l.get('its', 0))):
        start = f'| {line["case"]} | {line["peer"]} | {line["mode"]} | {precision_of(line)} '
        if 'its' in line:
            mebibytes = f'{line["bytes"] / 2 ** 20:.0f}' if line.get('bytes') else '–'
            spread = f'{line["its_low"]:.4g} … {line["its_high"]:.4g}' if 'its_low' in line else '–'
            rows.append(f'{start}| {line["its"]:.4g} | {spread} | {mebibytes} |')
        else:
            words = str(line.get('error', 'nothing measured')).replace('|', '/')
            rows.append(f'{start}| – | {words} | – |')
    return '\n'.join(rows)


def merge(folder):
    """Rows of what, value, goal, verdict; and Markdown with everything measured."""
    ours, peers = load(folder, 'ours-*.json'), load(folder, 'peers-*.json')
    grams = [json.loads(path.read_text(encoding='utf-8')) for path in sorted(folder.glob('gram-*.json'))]
    table = Table()
    small_cases(table, ours, peers)
    image_case(table, ours, peers)
    first_iterations(table, ours)
    gram_rows(table, grams)
    devices = sorted({line['device'] for line in ours if 'device' in line})
    versions = sorted({f'{key} {value}' for line in peers for key, value in line.get('versions', {}).items()})
    text = (f'Device: {", ".join(devices) or "unknown"}. Peers: {", ".join(versions) or "none"}.\n\n{table.text()}\n\n'
            f'Everything measured:\n\n{listing(ours + peers)}\n')
    if grams:
        text += f'\nKernel mixtures, shares of the rates measured in the same run:\n\n{gram_listing(grams, peers)}\n'
    return table.rows, text


if __name__ == '__main__':
    print(merge(pathlib.Path(sys.argv[1]))[1])
