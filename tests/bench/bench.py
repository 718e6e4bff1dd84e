#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the release build: medians of several runs, beside PyTorch and JAX; writes Markdown and JSON.

bench.py [--only NAME,...] [--runs N] [--no-peers] [--output DIR]

Every section measures one promise, names what it ran and returns rows of (what, value, unit, goal, kept). All runs
of one table happen one after the other on the same machine.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from floor import floor_rows
from peers_runner import GOALS, Peers

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / 'build' / 'release'
PROGRAM = BUILD / 'app' / 'matchpoint'
METHODS = ('gan', 'mmd-net', 'gram')
WIDE_METHODS = ('wgan-gp', 'unrolled')
WIDE = tuple(word for key in ('generator.hidden=512,512,512', 'critic.hidden=512,512,512', 'train.batch=256')
             for word in ('--set', key))
NEVER = '1000000000'  # evaluations that do not happen: peers only train


class Missing(Exception):
    """What a section needs is not there."""


def train(presets, iterations, threads=1, evaluate=False, extra=(), environment=None, out=None):
    """Trains and returns the JSON object and the process's peak memory in bytes."""
    with tempfile.TemporaryDirectory(prefix='matchpoint-bench-') as scratch:
        command = [str(PROGRAM), 'train', *presets, '--json', '--quiet', '--iterations', str(iterations),
                   '--threads', str(threads), '--out', out or os.path.join(scratch, 'run'), *extra]
        if not evaluate:
            command += ['--set', f'evaluate.every={NEVER}']
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
        words = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 3):
            raise Missing(f'{" ".join(command)} ended with {process.returncode}')
        return json.loads(words.strip().splitlines()[-1]), usage.ru_maxrss * 1024


# The peers have Adam everywhere; the preset has the paper's RMSprop.
SAME_WORK = {'ring-mmd-net': ('--set', 'optimizer.generator.kind=adam')}


def rate_of(preset, threads, seconds=2.0, extra=(), least=500):
    """Iterations per second of one lane in steady state, over about `seconds` and `least` iterations at the least."""
    extra = (*SAME_WORK.get(preset, ()), *extra)
    first, _ = train([preset], least, threads, extra=extra)
    iterations = max(least, int(first['lanes'][0]['iterations_per_second'] * seconds))
    result, _ = train([preset], iterations, threads, extra=extra)
    lane = result['lanes'][0]
    return lane['iteration'] / lane['seconds']


def median(values):
    return statistics.median(values)


# ---- sections ----

def bench_ring(options, results):
    """Iterations per second of each method against the best of the peers, each at its best thread count."""
    threads = sorted({1, os.cpu_count() or 1})
    peers = None if options.no_peers else Peers(ROOT, options.say)
    rows, table = [], {}
    for method in METHODS:
        ours = {n: median([rate_of(f'ring-{method}', n) for _ in range(options.runs)]) for n in threads}
        best = max(ours, key=ours.get)
        entry = {'matchpoint': {'iterations_per_second': ours[best], 'threads': best, 'by_threads': ours}}
        options.say(f'ring-{method}: {ours[best]:.0f} iterations/s on {best} thread(s)')
        if peers:
            entry.update(peers.measure(method, threads, options.runs))
        table[method] = entry
        rates = {name: peer['iterations_per_second'] for name, peer in entry.items()
                 if name in GOALS and 'iterations_per_second' in peer}
        if rates:
            fastest = max(rates, key=rates.get)
            rows.append((f'{method}: against the best peer ({fastest})', ours[best] / rates[fastest], '×', '≥ 2',
                         ours[best] >= 2 * rates[fastest]))
        if 'PyTorch eager' in rates:
            rows.append((f'{method}: against PyTorch eager', ours[best] / rates['PyTorch eager'], '×', '≥ 3',
                         ours[best] >= 3 * rates['PyTorch eager']))
    results['ring'] = table
    results['peers'] = peers.versions if peers else {}
    return rows


def bench_wide(options, results):
    """The games that differentiate twice, with the networks of the improved WGAN's toy code (peers/wide_case.py), against
    the best of the peers, each at its best thread count."""
    threads = sorted({1, os.cpu_count() or 1})
    peers = None if options.no_peers else Peers(ROOT, options.say)
    rows, table = [], {}
    for method in WIDE_METHODS:
        ours = {n: median([rate_of(f'ring-{method}', n, 12.0, WIDE, 30) for _ in range(options.runs)]) for n in threads}
        best = max(ours, key=ours.get)
        entry = {'matchpoint': {'iterations_per_second': ours[best], 'threads': best, 'by_threads': ours}}
        options.say(f'{method}, wide: {ours[best]:.1f} iterations/s on {best} thread(s)')
        if peers:
            entry.update(peers.measure(method, threads, options.runs, 'wide'))
        table[method] = entry
        rates = {name: peer['iterations_per_second'] for name, peer in entry.items()
                 if name in GOALS and 'iterations_per_second' in peer}
        if rates:
            fastest = max(rates, key=rates.get)
            rows.append((f'{method}, 512 wide: against the best peer ({fastest})', ours[best] / rates[fastest], '×', '≥ 1.5',
                         ours[best] >= 1.5 * rates[fastest]))
    results['wide'] = table
    results.setdefault('peers', peers.versions if peers else {})
    return rows


def bench_floor(options, results):
    """Time of a step on one core against products at the measured rate of oneDNN plus exponentials."""
    rows, results['floor'] = floor_rows(PROGRAM, BUILD, METHODS, options)
    return rows


def bench_allocations(options, results):
    """Calls of the allocator on lanes' threads in steady state: those of a longer run less those of a shorter one. Samples are kept at 2000
    and at 5000 iterations, so that only iterations lie between the two ends."""
    counter = BUILD / 'tests' / 'bench' / 'count-allocations.so'
    if not counter.exists():
        raise Missing('tests/bench/count-allocations.so is not built')
    rows, results['allocations'] = [], {}
    for method in METHODS:
        calls = []
        for iterations in (2100, 4100):
            with tempfile.NamedTemporaryFile('r') as file:
                train([f'ring-{method}'], iterations, extra=('--set', 'train.checkpoint_every=0'),
                      environment={'LD_PRELOAD': str(counter), 'MATCHPOINT_COUNT_FILE': file.name})
                calls.append(int(file.read()))
        per_iteration = (calls[1] - calls[0]) / 2000
        results['allocations'][method] = {'calls': calls, 'per_iteration': per_iteration}
        rows.append((f'{method}: allocations per iteration', per_iteration, '', '0', per_iteration < 0.01))
    return rows


def bench_memory(options, results):
    """Peak resident memory of headless ring runs."""
    results['memory'] = {}
    rows = []
    for preset in [f'ring-{method}' for method in METHODS] + ['ring-comparison']:
        peak = median([train([preset], 2000, evaluate=True)[1] for _ in range(options.runs)])
        results['memory'][preset] = peak
        rows.append((f'{preset}: peak memory', peak / 1e6, 'MB', '< 100', peak < 100e6))
    return rows


def bench_start(options, results):
    """From the start of the process to its end with one trained iteration, and to the first frame."""
    results['start'] = {}
    rows = []
    for method in METHODS:
        times = []
        for _ in range(options.runs):
            start = time.monotonic()
            train([f'ring-{method}'], 1)
            times.append(time.monotonic() - start)
        results['start'][method] = median(times)
        rows.append((f'{method}: start to the end of the first iteration', median(times), 's', '< 1', median(times) < 1))
    try:
        frames = [window(options, 1.0, False)[0]['first_frame_s'] for _ in range(options.runs)]
        results['start']['first frame'] = median(frames)
        rows.append(('start to the first frame', median(frames), 's', '< 1', median(frames) < 1))
    except Missing as missing:
        rows.append((f'start to the first frame: {missing}', None, 's', '< 1', None))
    return rows


def window(options, seconds, what=None):
    """Runs the window on the ring comparison; returns its numbers and iterations/s of every lane. what: play, scrub."""
    program = BUILD / 'tests' / 'bench' / 'bench-window'
    if not program.exists():
        raise Missing('built without a window')
    with tempfile.TemporaryDirectory(prefix='matchpoint-bench-') as runs:
        command = [str(program), 'ring-comparison', str(seconds), *([what] if what else [])]
        environment = {**os.environ, 'MATCHPOINT_RUNS_DIR': runs, 'GSETTINGS_BACKEND': 'memory'}
        if not (os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')):
            if not shutil.which('xvfb-run'):
                raise Missing('no display and no xvfb-run')
            command = ['dbus-run-session', '--', 'xvfb-run', '-a', '-s', '-screen 0 1280x1024x24', *command]
            # A desktop has its portal running; a bare session would start one first, and wait for it.
            environment.update(GDK_BACKEND='x11', ADW_DISABLE_PORTAL='1')
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, timeout=seconds + 60)
        if result.returncode:
            raise Missing(f'the window ended with {result.returncode}')
        rates = {}
        for state in sorted(pathlib.Path(runs).rglob('state.json')):
            words = json.loads(state.read_text())
            if words['seconds'] > 0:
                rates[state.parent.name] = words['iteration'] / words['seconds']
        return json.loads(result.stdout.strip().splitlines()[-1]), rates


def bench_window(options, results):
    """Three lanes with and without a window on all cores."""
    seconds = 10
    with_window, without, frames = [], [], []
    for _ in range(max(3, options.runs // 2)):
        iterations = 5000
        words, _ = train(['ring-comparison'], iterations, evaluate=True)
        without.append(sum(lane['iteration'] / lane['seconds'] for lane in words['lanes']))
        numbers, rates = window(options, seconds, 'play')
        if len(rates) != 3:
            raise Missing(f'{len(rates)} of 3 lanes left a run')
        with_window.append(sum(rates.values()))
        frames.append(numbers)
    slower = 100 * (1 - median(with_window) / median(without))
    per_second = median([numbers['frames_per_s'] for numbers in frames])
    late = median([numbers['frame_p99_ms'] for numbers in frames])
    results['window'] = {'with': with_window, 'without': without, 'frames': frames}
    return [('three lanes: slower with the window', slower, '%', '≤ 3', slower <= 3),
            ('frames per second with three lanes', per_second, '1/s', '≥ 30', per_second >= 30),
            ('frame time, 99th percentile', late, 'ms', '≤ 16', late <= 16)]


def bench_scrub(options, results):
    """The timeline of three lanes, moved here and there: from each move to the end of the painting that shows it."""
    runs = [window(options, 20, 'scrub')[0] for _ in range(max(3, options.runs // 2))]
    results['scrub'] = runs
    usual, worst = median([run['shown_ms'] for run in runs]), max(run['shown_worst_ms'] for run in runs)
    return [('scrubbing three lanes: a moment is shown after, median', usual, 'ms', '< 50', usual < 50),
            (f'the same, worst of {sum(run["moments"] for run in runs)} moments', worst, 'ms', '< 50', worst < 50)]


def bench_chart(options, results):
    """Drawing a loss curve of ten million points."""
    program = BUILD / 'tests' / 'ui' / 'bench-chart'
    if not program.exists():
        raise Missing('tests/ui/bench-chart is not built')
    words = subprocess.run([str(program)], stdout=subprocess.PIPE, text=True, check=True).stdout
    times = {match[1].strip(): float(match[2]) for match in re.finditer(r'^(.*?)\s{2,}([0-9.]+) ms$', words, re.M)}
    results['chart'] = times
    name, value = next(item for item in times.items() if item[0].startswith('chart') and '10,000,000' in item[0])
    return [(name, value, 'ms', '< 16', value < 16)]


def bench_views(options, results):
    """All layers of a lane, of the method whose layers cost the most."""
    program = BUILD / 'tests' / 'bench' / 'bench-views'
    if not program.exists():
        raise Missing('tests/bench/bench-views is not built')
    words = subprocess.run([str(program)], stdout=subprocess.PIPE, text=True, check=True).stdout
    tables = {}
    for method, body in re.findall(r'^\| (\S+) \| ms \|\n(.*?)(?:\n\n|\Z)', words, re.M | re.S):
        tables[method] = {view: float(time) for view, time in re.findall(r'^\| (\S+) \| ([0-9.]+) \|', body, re.M)}
    results['views'] = tables
    method, value = max(((method, times['all']) for method, times in tables.items()), key=lambda item: item[1])
    return [(f'all layers of a lane ({method})', value, 'ms', '< 8', value < 8)]


def bench_sweep(options, results):
    """96 runs on two lanes, against the sum of their training time over two."""
    ratios = []
    for _ in range(options.runs):
        words = subprocess.run([sys.executable, str(ROOT / 'tests' / 'bench' / 'bench-sweep.py'), str(PROGRAM)],
                               stdout=subprocess.PIPE, text=True, check=True).stdout
        options.say(words.strip())
        ratios.append(float(re.search(r'ratio ([0-9.]+)', words)[1]))
    results['sweep'] = ratios
    return [('96 runs on two lanes over half their training time', median(ratios), '×', '≤ 1.1', median(ratios) <= 1.1)]


def bench_timeline(options, results):
    """What an hour's run at 2,000 iterations a second keeps of its past."""
    program = BUILD / 'tests' / 'bench' / 'bench-timeline'
    if not program.exists():
        raise Missing('tests/bench/bench-timeline is not built')
    words = subprocess.run([str(program)], stdout=subprocess.PIPE, text=True, check=True).stdout
    size, worst = (float(re.search(pattern, words)[1]) for pattern in (r'size ([0-9.]+) MB', r'worst ([0-9.]+) ms'))
    results['timeline'] = {'size_mb': size, 'worst_ms': worst}
    return [('timeline of an hour at 2,000 iterations/s', size, 'MB', '< 200', size < 200),
            ('reading a moment of it, the worst', worst, 'ms', '< 50', worst < 50)]


SECTIONS = {'ring': bench_ring, 'wide': bench_wide, 'floor': bench_floor, 'allocations': bench_allocations,
            'memory': bench_memory, 'start': bench_start, 'window': bench_window, 'scrub': bench_scrub, 'chart': bench_chart,
            'views': bench_views, 'sweep': bench_sweep, 'timeline': bench_timeline}


# ---- report ----

def machine():
    model = next((line.split(':', 1)[1].strip() for line in open('/proc/cpuinfo') if line.startswith('model name')), '?')
    system = next((line.split('=', 1)[1].strip().strip('"') for line in open('/etc/os-release')
                   if line.startswith('PRETTY_NAME=')), '?')
    version = subprocess.run([str(PROGRAM), '--version'], stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return {'processor': model, 'cores': os.cpu_count(), 'system': system, 'program': version,
            'load': os.getloadavg()[0]}


def number(value):
    if value is None:
        return 'not measured'
    return f'{value:.0f}' if abs(value) >= 100 else f'{value:.3g}'


def ring_table(results, case):
    table = results.get(case)
    if not table:
        return []
    columns = ['matchpoint'] + sorted({name for entry in table.values() for name in entry} - {'matchpoint'})
    lines = [f'Iterations per second, {case} case; in brackets the threads that did best.', '',
             '| method | ' + ' | '.join(columns) + ' |', '|---' * (len(columns) + 1) + '|']
    for method, entry in table.items():
        cells = []
        for column in columns:
            peer = entry.get(column, {})
            cells.append(f'{number(peer["iterations_per_second"])} ({peer["threads"]})' if 'iterations_per_second' in peer
                         else peer.get('error', '–'))
        lines.append(f'| {method} | ' + ' | '.join(cells) + ' |')
    return lines + ['']


def report(about, results, rows, options):
    lines = ['# Measurements', '',
             f'{about["processor"]}, {about["cores"]} cores, {about["system"]}; medians of {options.runs} runs; '
             f'load at the start {about["load"]:.2f}.', ''] + [f'- {line}' for line in about['program']]
    for name, version in results.get('peers', {}).items():
        lines.append(f'- {name}: {version}')
    lines += [''] + ring_table(results, 'ring') + ring_table(results, 'wide')
    lines += ['| what | measured | goal | |', '|---|---|---|---|']
    for what, value, unit, goal, kept in rows:
        lines.append(f'| {what} | {number(value)} {unit if value is not None else ""} | {goal} | '
                     f'{"" if kept is None else "kept" if kept else "**missed**"} |')
    lines += ['', 'Command: `./dev bench ' + ' '.join(sys.argv[1:]) + '`', '']
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / 'bench.md').write_text('\n'.join(lines), encoding='utf-8')
    (options.output / 'bench.json').write_text(json.dumps({'machine': about, 'results': results, 'rows': rows}, indent=1,
                                                          ensure_ascii=False) + '\n', encoding='utf-8')
    print('\n'.join(lines))
    options.say(f'Written: {options.output / "bench.md"} and bench.json')


def main():
    parser = argparse.ArgumentParser(prog='./dev bench', description=__doc__.splitlines()[0])
    parser.add_argument('--only', default=','.join(SECTIONS), help='some of: ' + ', '.join(SECTIONS))
    parser.add_argument('--runs', type=int, default=5, help='runs per median')
    parser.add_argument('--no-peers', action='store_true', help='without PyTorch and JAX')
    parser.add_argument('--output', type=pathlib.Path, default=ROOT / 'build' / 'bench')
    options = parser.parse_args()
    options.say = lambda words: print(words, file=sys.stderr, flush=True)
    names = options.only.split(',')
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        parser.error(f'there is no section {unknown[0]}; they are {", ".join(SECTIONS)}')
    about, results, rows = machine(), {}, []
    for name in names:
        options.say(f'— {name}: {SECTIONS[name].__doc__}')
        try:
            rows += SECTIONS[name](options, results)
        except Missing as missing:
            options.say(f'{name}: not measured: {missing}')
            rows.append((f'{name}: {missing}', None, '', '', None))
    report(about, results, rows, options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
