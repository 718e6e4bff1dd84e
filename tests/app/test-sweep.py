#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sweeps from the command line: results, pausing and going on, several processes, mistakes, pictures."""
import csv
import json
import math
import os
import signal
import subprocess
import sys
import time

import tap
from program import (DIVERGED, ENVIRONMENT, FAILURE, INTERRUPTED, OK, PROGRAM, USAGE, folder, fresh, matchpoint)

SMALL = """
[sweep]
title = A small grid
bases = ring-gan; ring-gram
seeds = 1-2
metric = mmd2
[set]
train.iterations = 30
train.batch = 16
train.checkpoint_every = 10
generator.hidden = 8
critic.hidden = 8
evaluate.every = 10
evaluate.samples = 50
[axis latent]
generator.latent = 2; 3; 4
"""


def small (text=SMALL):
    path = folder ('file') + '/small.ini'
    open (path, 'w').write (text)
    return path


def sweep (*arguments, **keywords):
    return matchpoint ('sweep', *arguments, '--json', **keywords)


def read (path):
    return list (csv.DictReader (open (path)))


def test_results ():
    out, table = fresh ('sweep'), folder ('csv') + '/results.csv'
    result = sweep (small (), '--dir', out, '--lanes', '2', '--csv', table)
    told = result.json ()
    assert told['states']['finished'] == 12 and told['lanes'] == 2 and told['metric'] == 'mmd2'
    assert told['training_seconds'] > 0 and told['wall_seconds'] > 0
    cells, seeds = read (table), read (table.replace ('.csv', '-seeds.csv'))
    assert len (cells) == len (told['cells']) == 6 and len (seeds) == 12
    for i, (cell, row) in enumerate (zip (told['cells'], cells)):
        values = [float (seed['mmd2']) for seed in seeds[2 * i:2 * i + 2]]
        mean = sum (values) / 2
        assert math.isclose (float (row['mmd2 mean']), mean) and math.isclose (cell['metrics']['mmd2']['mean'], mean)
        assert math.isclose (float (row['mmd2 sd']), abs (values[0] - values[1]) / math.sqrt (2))
        assert row['n'] == '2' and row['method'] == ('GAN' if i < 3 else 'GRAM') and row['latent'] == str (2 + i % 3)
        for run, seed in zip (cell['runs'], seeds[2 * i:2 * i + 2]):
            assert run['run'] == out + '/' + seed['run'] and run['metrics']['mmd2'] == float (seed['mmd2'])
            assert os.path.exists (run['run'] + '/experiment.ini')
    text = result.out
    assert 'mean ± standard deviation over 2 seeds' in text and text.count (' ± ') >= 7
    assert text.count ('finished') >= 12


def test_again ():
    """A finished sweep is not trained again, and is the same by its folder, its file, and its file with --resume."""
    out, path = fresh ('again'), small ()
    first = sweep (path, '--dir', out, '--quiet').json ()
    times = {run['run']: os.stat (run['run'] + '/state.json').st_mtime_ns for cell in first['cells'] for run in cell['runs']}
    for arguments in [(out,), ('--dir', out), (path, '--dir', out, '--resume')]:
        again = sweep (*arguments, '--quiet').json ()
        assert again['cells'] == first['cells']
    assert all (os.stat (run + '/state.json').st_mtime_ns == times[run] for run in times)
    refused = sweep (path, '--dir', out, '--quiet', status=FAILURE)
    assert '--resume' in refused.err and refused.err.count ('\n') == 1
    other = sweep (path, '--dir', out, '--resume', '--set', 'train.batch=17', '--quiet', status=FAILURE)
    assert 'another sweep' in other.err
    assert 'goes on as it began' in sweep (out, '--set', 'train.batch=17', status=USAGE).err


def start (*arguments):
    return subprocess.Popen ([PROGRAM, 'sweep', *arguments, '--json'], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_run (out, process):
    end = time.monotonic () + 60
    while time.monotonic () < end and process.poll () is None:
        runs = out + '/runs'
        if os.path.isdir (runs) and any (os.path.isdir (f'{runs}/{name}/checkpoints')
                                         and os.listdir (f'{runs}/{name}/checkpoints') for name in os.listdir (runs)):
            return
        time.sleep (0.01)
    raise AssertionError ('no run began')


def test_pause ():
    """Ctrl+C pauses, says how to go on, and going on gives what an uninterrupted sweep gives."""
    whole, out = fresh ('whole'), fresh ('paused')
    path = small (SMALL.replace ('iterations = 30', 'iterations = 400'))
    expected = sweep (path, '--dir', whole, '--quiet').json ()
    process = start (path, '--dir', out, '--lanes', '2')
    wait_for_run (out, process)
    process.send_signal (signal.SIGINT)
    text, _ = process.communicate (timeout=60)
    assert process.returncode == INTERRUPTED, process.returncode
    told = json.loads (text.splitlines ()[-1])
    assert told['states']['finished'] < 12 and told['states']['running'] == 0
    assert f'matchpoint sweep {out}' in text
    again = sweep (out, '--quiet').json ()
    strip = lambda told: [[run['metrics'] for run in cell['runs']] for cell in told['cells']]
    assert strip (again) == strip (expected)


def test_two_processes ():
    out = fresh ('shared')
    path = small (SMALL.replace ('iterations = 30', 'iterations = 300'))
    first = start (path, '--dir', out, '--lanes', '1')
    wait_for_run (out, first)
    second = start (out, '--lanes', '1')
    for process in (first, second):
        text, error = process.communicate (timeout=120)
        assert process.returncode == OK, error
        assert json.loads (text.splitlines ()[-1])['states']['finished'] == 12


def test_diverged ():
    out = fresh ('diverged')
    text = SMALL.replace ('[axis latent]', 'optimizer.critic.kind = sgd\noptimizer.critic.weight_decay = 1\n[axis rate]')
    text = text.replace ('generator.latent = 2; 3; 4', 'optimizer.critic.learning_rate = 1e-4; 1000')
    result = sweep (small (text.replace ('ring-gan; ring-gram', 'ring-gan')), '--dir', out, status=DIVERGED)
    told = result.json ()
    assert told['states']['diverged'] == 2 and told['cells'][1]['diverged'] == 2
    assert told['cells'][1]['metrics']['mmd2']['n'] == 0 and told['cells'][1]['metrics']['mmd2']['mean'] is None
    assert 'iteration' in told['cells'][1]['runs'][0]['error']
    assert result.err.count ('\n') == 2 and result.out.count ('diverged') >= 3
    assert read (out + '/cells.csv')[1]['diverged'] == '2'


def test_tables_cannot_be_written ():
    out = fresh ('tables')
    sweep (small (), '--dir', out, '--lanes', '2')
    os.remove (out + '/cells.csv')
    os.mkdir (out + '/cells.csv')
    result = matchpoint ('sweep', out, '--quiet', status=FAILURE)
    assert result.err.startswith ('matchpoint sweep: ') and result.err.count ('\n') == 1, result.err
    assert '/cells.csv' in result.err and 'WARNING' not in result.err, result.err
    os.rmdir (out + '/cells.csv')
    assert matchpoint ('sweep', out, '--quiet').err == ''
    assert len (read (out + '/cells.csv')) == 6


def test_killed ():
    """The tables have what ended before."""
    out = fresh ('killed')
    endless = SMALL.replace ('train.iterations = 30\n', '').replace ('generator.latent = 2; 3; 4',
                                                                     'train.iterations = 30; 1000000000')
    process = start (small (endless), '--dir', out, '--lanes', '1', '--quiet')
    while not os.path.exists (out + '/seeds.csv') and process.poll () is None:
        time.sleep (0.01)
    process.kill ()
    process.communicate ()
    assert process.returncode == -signal.SIGKILL
    states = [row['state'] for row in read (out + '/seeds.csv')]
    assert len (states) == 8 and states.count ('finished') == 1, states
    assert [row['n'] for row in read (out + '/cells.csv')].count ('1') == 1


def test_unreadable_run ():
    """A run that cannot be read is not trained over, and it is said what can be done."""
    out = fresh ('unreadable')
    sweep (small (), '--dir', out, '--lanes', '2')
    run = f'{out}/runs/{sorted (os.listdir (out + "/runs"))[0]}'
    whole = open (run + '/state.json').read ()
    open (run + '/state.json', 'w').write (whole[:40])
    for _ in range (2):
        result = matchpoint ('sweep', out, '--quiet', status=FAILURE)
        assert result.err.count ('\n') == 1 and f'move its folder “{run}” away to train it anew' in result.err, result.err
    os.rename (run, out + '/aside')
    matchpoint ('sweep', out, '--quiet')
    assert all (row['state'] == 'finished' for row in read (out + '/seeds.csv'))


def test_mistakes ():
    assert 'Which sweep?' in matchpoint ('sweep', status=USAGE).err
    assert 'did you mean “gram-grid”' in matchpoint ('sweep', 'gram-gird', status=USAGE).err
    unknown = matchpoint ('sweep', small (SMALL.replace ('evaluate.every', 'evaluate.evry')), status=USAGE).err
    assert 'line 13' in unknown and 'did you mean “every”' in unknown
    wrong = matchpoint ('sweep', small (SMALL.replace ('2; 3; 4', '2; x')), status=USAGE)
    assert '[axis latent] generator.latent' in wrong.err and 'line 16' in wrong.err and '“x”' in wrong.err
    assert wrong.err.count ('\n') == 1
    assert 'not a sweep' in matchpoint ('sweep', folder ('empty'), status=FAILURE).err
    assert '--lanes' in matchpoint ('sweep', small (), '--lanes', '0', status=USAGE).err
    out = fresh ('none')
    matchpoint ('sweep', small (), '--dir', out, '--device', 'tpu', status=USAGE)
    assert not os.path.exists (out)


def test_render ():
    out, pictures = fresh ('rendered'), folder ('pictures')
    sweep (small (), '--dir', out, '--quiet')
    for ending, magic in [('png', b'\x89PNG\r\n'), ('svg', b'<?xml'), ('pdf', b'%PDF-')]:
        path = f'{pictures}/matrix.{ending}'
        matchpoint ('render', out, '--to', path)
        data = open (path, 'rb').read ()
        assert data.startswith (magic) and len (data) > 5000
    path = f'{pictures}/modes.svg'
    matchpoint ('render', out, '--to', path, '--dark', '--width', '900', '--metric', 'modes')
    assert 'width="900' in open (path).read ().split ('>')[1]
    assert 'nonsense' in matchpoint ('render', out, '--to', path, '--metric', 'nonsense', status=USAGE).err
    # a trial of a sweep is a run like any other
    matchpoint ('render', out + '/runs/ring-gan-latent2-s1', '--to', path)


def test_library ():
    told = sweep (small (), '--quiet', '--set', 'sweep.seeds=1', MATCHPOINT_SWEEPS_DIR=folder ('library')).json ()
    assert told['dir'].endswith ('-small') and os.path.exists (told['dir'] + '/sweep.ini')
    assert told['states']['finished'] == 6


tap.run (sys.modules[__name__])
