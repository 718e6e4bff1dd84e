#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Training from the command line: progress, results, run folders, interrupts, resuming, pictures."""
import json
import math
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import tap
from program import (DIVERGED, ENVIRONMENT, FAILURE, INTERRUPTED, OK, PROGRAM, USAGE, folder, fresh, matchpoint)

LANE_KEYS = {'id', 'method', 'state', 'iteration', 'seconds', 'iterations_per_second', 'metrics', 'run'}


def train (*arguments, **keywords):
    return matchpoint ('train', *arguments, '--json', **keywords)


def check_lane (lane, state, iteration):
    assert LANE_KEYS <= set (lane), lane
    assert lane['state'] == state, lane
    assert lane['iteration'] == iteration, lane
    assert lane['seconds'] > 0 and lane['iterations_per_second'] > 0
    assert os.path.isfile (lane['run'] + '/experiment.ini')
    assert any (name.endswith ('.safetensors') for name in os.listdir (lane['run'] + '/checkpoints'))


def test_one_lane ():
    out = fresh ('one')
    result = train ('ring-gan', '--iterations', '30', '--seed', '4', '--out', out)
    lanes = result.json ()['lanes']
    assert len (lanes) == 1 and lanes[0]['id'] == 'ring-gan' and lanes[0]['method'] == 'gan'
    assert lanes[0]['run'] == out
    check_lane (lanes[0], 'finished', 30)
    for metric in ['modes', 'high_quality', 'mmd2']:
        assert metric in lanes[0]['metrics'], lanes[0]
    text = open (out + '/experiment.ini').read ()
    assert 'seed=4\n' in text and 'iterations=30\n' in text
    assert not os.path.exists (out + '/comparison.ini')


def test_json_numbers ():
    result = train ('ring-gan', '--iterations', '5', '--quiet')
    numbers = result.json ()['lanes'][0]['metrics']
    # as short as Python writes them; %.17g can need one digit more than the shortest
    for name, value in numbers.items ():
        written = re.search (f'"{name}":([^,}}]*)', result.out)[1]
        assert float (written) == value and len (written) <= len (repr (value)) + 1, (name, written)


def test_comparison ():
    out = fresh ('comparison')
    result = train ('ring-comparison', '--iterations', '20', '--out', out, '--quiet')
    assert len (result.out.splitlines ()) == 1
    lanes = result.json ()['lanes']
    assert [lane['method'] for lane in lanes] == ['gan', 'mmd-net', 'gram']
    for lane in lanes:
        check_lane (lane, 'finished', 20)
        assert os.path.dirname (lane['run']) == out
    # the folder is a comparison that can be trained anew
    again = train (out + '/comparison.ini', '--quiet')
    for key in ['id', 'metrics']:
        assert [lane[key] for lane in again.json ()['lanes']] == [lane[key] for lane in lanes]


def test_branch ():
    parent, child, other = fresh ('parent'), fresh ('child'), fresh ('other')
    settings = ['--set', 'train.checkpoint_every=10', '--set', 'evaluate.every=10', '--quiet']
    whole = train ('ring-gan', '--iterations', '40', '--out', parent, *settings).json ()['lanes'][0]
    # unchanged it ends where its parent ended
    branch = train ('--from', parent, '--at', '25', '--out', child, '--quiet').json ()['lanes'][0]
    check_lane (branch, 'finished', 40)
    assert branch['metrics'] == whole['metrics']
    state = json.load (open (child + '/state.json'))
    assert state['parent'] == {'run': '../' + os.path.basename (parent), 'iteration': 20}, state
    changed = train ('--from', parent, '--set', 'optimizer.generator.learning_rate=0.05', '--iterations', '60', '--out',
                     other, '--quiet').json ()['lanes'][0]
    check_lane (changed, 'finished', 60)
    assert changed['metrics'] != whole['metrics']
    # what cannot go on where the parent was is said before, and kept
    assert 'begins anew' not in train ('--from', parent, '--set', 'train.iterations=41').out
    anew = train ('--from', parent, '--set', 'critic.hidden=8', '--set', 'train.iterations=41')
    words = 'Critic begins anew in 3 of 4 tensors: the checkpoint does not have them in this shape.'
    assert words in anew.out, anew.out
    state = json.load (open (anew.json ()['lanes'][0]['run'] + '/state.json'))
    assert state['parent']['anew'] == {'critic': [3, 4]}, state
    assert 'keeps the generator' in train ('--from', parent, '--set', 'generator.hidden=8', status=FAILURE).err
    for arguments in [['--from', parent, 'ring-gan'], ['--at', '3', 'ring-gan'], ['--from', parent, '--resume', parent]]:
        train (*arguments, status=USAGE)
    assert 'first is of iteration 10' in train ('--from', parent, '--at', '5', status=FAILURE).err


def test_list_runs ():
    out = train ('ring-gan', '--iterations', '10', '--quiet').json ()['lanes'][0]
    runs = matchpoint ('list', 'runs', '--json').json ()
    run = next (run for run in runs if run['run'] == out['run'])
    assert run['method'] == 'gan' and run['state'] == 'finished' and run['iteration'] == 10
    assert run['metrics']['modes'] == out['metrics']['modes']
    name = os.path.basename (out['run'])
    assert name in matchpoint ('list', 'runs', 'finished', 'GAN', name).out
    assert matchpoint ('list', 'runs', name, 'nowhere').out == 'No run matches.\n'
    matchpoint ('list', 'methods', 'gan', status=USAGE)


def test_library ():
    result = train ('ring-gan', 'ring-gan', '--iterations', '10', '--quiet')
    lanes = result.json ()['lanes']
    assert [lane['id'] for lane in lanes] == ['ring-gan', 'ring-gan-2']
    assert lanes[0]['run'] != lanes[1]['run']
    for lane in lanes:
        assert os.path.dirname (lane['run']) == ENVIRONMENT['MATCHPOINT_RUNS_DIR']
        check_lane (lane, 'finished', 10)


def test_same_seed_same_results ():
    def results (*arguments):
        return [lane['metrics'] for lane in train ('ring-comparison', '--iterations', '25', '--quiet',
                                                   *arguments).json ()['lanes']]
    first = results ()
    assert first == results ()
    assert first != results ('--seed', '2')
    # and whatever beside: GRAM alone is GRAM among three
    alone = train ('ring-gram', '--iterations', '25', '--quiet').json ()['lanes'][0]['metrics']
    assert alone == first[2]


def test_settings ():
    out = fresh ('settings')
    train ('ring-comparison', '--iterations', '5', '--out', out, '--quiet',
           '--set', 'critic.hidden=20', '--set', 'ring-gan:train.batch=50')
    texts = [open (f'{out}/{lane}/experiment.ini').read () for lane in ['ring-gan', 'ring-mmd-net', 'ring-gram']]
    assert ['hidden=20\n' in text for text in texts] == [True, False, True]
    assert ['batch=50\n' in text for text in texts] == [True, False, False]


def test_files_of_settings ():
    # of the folder in which the command is given, though an example has the same name
    here, out = folder ('here'), fresh ('own')
    for name in ['points.csv', 'own.csv']:
        open (here + '/' + name, 'w').write ('1,2\n3,4\n5,6\n')
        csv = ['ring-gan', '--set', 'data.kind=csv', '--set', f'data.file={name}', '--iterations', '2', '--quiet']
        lane = train (*csv, '--out', out + name, cwd=here).json ()['lanes'][0]
        assert open (lane['run'] + '/data/' + name).read () == '1,2\n3,4\n5,6\n'
        lane = train ('--from', lane['run'], '--set', f'data.file=./{name}', '--iterations', '4',
                      '--quiet', cwd=here).json ()['lanes'][0]
        assert open (lane['run'] + '/data/' + name).read () == '1,2\n3,4\n5,6\n'
    error = train ('ring-gan', '--set', 'data.kind=csv', '--set', 'data.file=none.csv', cwd=here, status=USAGE).err
    assert here in error and '/examples”' in error, error


def test_progress_in_lines ():
    out = matchpoint ('train', 'ring-gan', 'ring-mmd-net', '--iterations', '200').out
    lines = out.splitlines ()
    assert '\033' not in out and '\r' not in out
    for lane in ['ring-gan', 'ring-mmd-net']:
        assert any (line.startswith (lane + '  100 %') for line in lines), out
    # a table follows, and where the runs are
    head = next (i for i, line in enumerate (lines) if line.startswith ('Lane '))
    assert lines[head].split ()[:4] == ['Lane', 'State', 'Iterations', 'Time'], out
    assert lines[head + 1].split ()[:3] == ['ring-gan', 'finished', '200'], out
    assert lines[head + 2].split ()[:3] == ['ring-mmd-net', 'finished', '200'], out
    assert lines[-3] == 'The runs are kept in' and all (os.path.isdir (line.strip ()) for line in lines[-2:]), out


def on_terminal (arguments, columns):
    """Everything that the program writes on a terminal of so many columns."""
    import fcntl
    import struct
    import termios
    main, terminal = pty.openpty ()
    fcntl.ioctl (terminal, termios.TIOCSWINSZ, struct.pack ('HHHH', 24, columns, 0, 0))
    process = subprocess.Popen ([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal,
                                env=ENVIRONMENT)
    os.close (terminal)
    data = b''
    while True:
        ready, _, _ = select.select ([main], [], [], 60)
        assert ready, 'no output for a minute'
        try:
            part = os.read (main, 65536)
        except OSError:
            break
        if not part:
            break
        data += part
    os.close (main)
    assert process.wait (60) == OK
    return data.decode ()


def test_progress_on_terminal ():
    text = on_terminal (['train', 'ring-gan', 'ring-gram', '--iterations', '100'], 100)
    assert '\033[2A' in text and '━' in text
    assert '100 %' in text and '100/100' in text
    # nothing wraps, however narrow
    for columns in [100, 60, 30]:
        text = on_terminal (['train', 'ring-gan', '--iterations', '50'], columns)
        bars = [re.sub (r'\033\[[0-9;]*[A-Za-z]', '', line) for line in text.replace ('\r\n', '\n').split ('\n')
                if '%' in line]
        assert bars and max (len (bar.replace ('\r', '')) for bar in bars) < columns, bars


def test_quiet ():
    result = matchpoint ('train', 'ring-gan', '--iterations', '10', '--quiet')
    assert result.out == '' and result.err == ''


def test_resume ():
    out, straight = fresh ('resume'), fresh ('straight')
    train ('ring-gram', '--iterations', '30', '--out', out, '--quiet')
    again = train ('--resume', out, '--iterations', '60', '--quiet').json ()['lanes'][0]
    check_lane (again, 'finished', 60)
    assert again['id'] == 'ring-gram' and again['run'] == out
    through = train ('ring-gram', '--iterations', '60', '--out', straight, '--quiet').json ()['lanes'][0]
    assert again['metrics'] == through['metrics']


def test_damaged_metrics ():
    out, pictures = fresh ('damaged'), folder ('damaged-pictures')
    train ('ring-gan', '--iterations', '200', '--out', out, '--quiet')
    path = out + '/metrics'
    whole = open (path, 'rb').read ()
    rows = matchpoint ('export', out, '--csv', '-').out.splitlines ()
    assert len (rows) == 202

    def write (content):
        open (path, 'wb').write (content)

    # one record is left out, and that is said; who would go on with the file leaves it alone
    write (whole[:3000] + b'\x40\x41\x42' + whole[3003:])
    result = matchpoint ('export', out, '--csv', '-')
    assert set (result.out.splitlines ()) < set (rows) and len (result.out.splitlines ()) == 201, result.out
    words = re.compile (rf'“{path}” is damaged at byte 29\d\d: \d+ bytes are left out')
    assert words.search (result.err), result.err
    assert words.search (matchpoint ('render', out, '--to', pictures + '/a.svg').err)
    for arguments in [['--resume', out, '--iterations', '210'], ['--from', out, '--iterations', '210']]:
        error = train (*arguments, '--quiet', status=FAILURE).err
        assert f'“{path}” is damaged at byte 29' in error, error
    assert open (path, 'rb').read () == whole[:3000] + b'\x40\x41\x42' + whole[3003:]

    # a torn tail is what a killed process leaves: said, and cut
    write (whole[:-5])
    result = matchpoint ('export', out, '--csv', '-')
    assert 'ends within a record' in result.err, result.err
    train ('--resume', out, '--iterations', '210', '--quiet')
    assert matchpoint ('export', out, '--csv', '-').err == ''

    # nothing of it can be read
    write (whole[:16] + bytes (1 + 37 * i % 101 for i in range (5000)))
    for command in [['export', out, '--csv', '-'], ['render', out, '--to', pictures + '/b.svg'],
                    ['export', out, '--tensorboard', pictures + '/events'], ['train', '--resume', out]]:
        error = matchpoint (*command, status=FAILURE).err
        assert f'“{path}” is damaged from byte 16 on' in error, error


def test_resume_from_older_checkpoint ():
    out = fresh ('older')
    train ('ring-gan', '--set', 'train.checkpoint_every=20', '--iterations', '60', '--out', out, '--quiet')
    names = sorted (os.listdir (out + '/checkpoints'), key=lambda name: int (name.split ('.')[0]))
    newest = f'{out}/checkpoints/{names[-1]}'
    for arguments, said in [(['--quiet'], 'err'), ([], 'out')]:
        with open (newest, 'r+b') as file:
            file.truncate (100)
        result = matchpoint ('train', '--resume', out, *arguments)
        words = getattr (result, said)
        assert f'ring-gan: “{newest}” is not a whole' in words and 'goes on from iteration 40.' in words, words
        assert words.count (newest) == 1, words
    # nothing is said where nothing is wrong
    assert matchpoint ('train', '--resume', out, '--iterations', '70', '--quiet').err == ''


def test_resume_comparison ():
    out = fresh ('resume-comparison')
    train ('ring-comparison', '--iterations', '10', '--out', out, '--quiet')
    lanes = train ('--resume', out, '--iterations', '20', '--quiet').json ()['lanes']
    assert [lane['id'] for lane in lanes] == ['ring-gan', 'ring-mmd-net', 'ring-gram']
    for lane in lanes:
        check_lane (lane, 'finished', 20)


def start_long (out):
    process = subprocess.Popen ([PROGRAM, 'train', 'ring-gan', 'ring-gram', '--iterations', '10000000', '--out', out,
                                 '--json'], env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
    for lane in ['ring-gan', 'ring-gram']:
        until = time.monotonic () + 60
        while not os.path.exists (f'{out}/{lane}/metrics'):
            assert time.monotonic () < until and process.poll () is None
            time.sleep (0.02)
    time.sleep (0.5)
    return process


def test_interrupt ():
    out = fresh ('interrupt')
    process = start_long (out)
    process.send_signal (signal.SIGINT)
    text, _ = process.communicate (timeout=60)
    assert process.returncode == INTERRUPTED
    lanes = json.loads (text.splitlines ()[-1])['lanes']
    for lane in lanes:
        assert lane['state'] == 'stopped' and 0 < lane['iteration'] < 10000000
    n = lanes[0]['iteration'] + 10
    again = train ('--resume', lanes[0]['run'], '--iterations', str (n), '--quiet').json ()['lanes'][0]
    check_lane (again, 'finished', n)


def test_terminate ():
    for number in [signal.SIGTERM, signal.SIGHUP]:
        out = fresh ('terminate')
        process = start_long (out)
        process.send_signal (number)
        process.communicate (timeout=60)
        assert process.returncode == 128 + number
        assert all (json.load (open (f'{out}/{lane}/state.json'))['state'] == 'stopped'
                    for lane in os.listdir (out) if os.path.isdir (f'{out}/{lane}'))


def test_hang_up_is_ignored ():
    """As nohup has it: the run goes on, and can still be stopped."""
    before = signal.signal (signal.SIGHUP, signal.SIG_IGN)
    process = start_long (fresh ('nohup'))
    signal.signal (signal.SIGHUP, before)
    process.send_signal (signal.SIGHUP)
    process.send_signal (signal.SIGINT)
    process.communicate (timeout=60)
    assert process.returncode == INTERRUPTED, process.returncode


def list_stages ():
    runs = ENVIRONMENT['MATCHPOINT_RUNS_DIR']
    return {name for name in os.listdir (runs) if 'autoencoder' in name} if os.path.isdir (runs) else set ()


def test_stage ():
    def results (*arguments):
        return train ('ring-gmmn-ae', '--iterations', '20', '--set', 'extractor.iterations=100', '--quiet',
                      *arguments).json ()['lanes'][0]
    before = list_stages ()
    first = results ()
    check_lane (first, 'finished', 20)
    stages = list_stages () - before
    assert len (stages) == 1
    # a run like any other
    stage = os.path.join (ENVIRONMENT['MATCHPOINT_RUNS_DIR'], stages.pop ())
    assert json.load (open (stage + '/state.json'))['state'] == 'finished'
    assert 'autoencoder' in matchpoint ('list', 'runs').out
    # from the cache, and trained anew: the same numbers
    assert results ()['metrics'] == first['metrics'] and len (list_stages () - before) == 1
    assert results ('--no-cache')['metrics'] == first['metrics'] and len (list_stages () - before) == 2
    # by itself
    check_lane (train ('ring-autoencoder', '--iterations', '20', '--quiet').json ()['lanes'][0], 'finished', 20)


def test_stage_of_two ():
    """Two that are started together: each has a run of its own, one trains the stage, the other waits for it."""
    command = [PROGRAM, 'train', 'ring-gmmn-ae', '--iterations', '20', '--set', 'extractor.iterations=2000', '--quiet',
               '--json']
    before = list_stages ()
    both = [subprocess.Popen (command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range (2)]
    lanes = []
    for process in both:
        text, errors = process.communicate (timeout=60)
        assert process.returncode == OK, errors
        lanes.append (json.loads (text.splitlines ()[-1])['lanes'][0])
    assert lanes[0]['run'] != lanes[1]['run'] and lanes[0]['metrics'] == lanes[1]['metrics'], lanes
    assert len (list_stages () - before) == 1


def test_stage_is_interrupted ():
    out = fresh ('stage')
    process = subprocess.Popen ([PROGRAM, 'train', 'ring-gfmn', '--json', '--out', out,
                                 '--set', 'extractor.iterations=10000000'],
                                env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while True:
        line = process.stdout.readline ()
        assert line, process.stderr.read ()
        if 'Training the autoencoder: ' in line:
            break
    process.send_signal (signal.SIGINT)
    text, _ = process.communicate (timeout=60)
    assert process.returncode == INTERRUPTED
    lane = json.loads (text.splitlines ()[-1])['lanes'][0]
    assert lane['state'] == 'stopped' and lane['iteration'] == 0
    assert json.load (open (out + '/state.json'))['state'] == 'stopped'
    assert os.listdir (out + '/checkpoints') == []


def test_stage_cannot_be ():
    result = train ('ring-gfmn', '--iterations', '5', '--quiet', '--set', 'generator.latent=3', status=USAGE)
    assert 'latent must be [extractor] code: it is 3, and code is 2.' in result.err, result.err


def test_settings_that_cannot_be ():
    cases = [
        (['ring-gan', 'data.points=0', 'data.held_out=0.2'], 'held_out = 0.2 needs a data set of some size'),
        (['ring-gan', 'generator.kind=dcgan'], 'dcgan is a network for images'),
        (['unequal-gan', 'data.stds=1, 2, 3, 4, 5'], 'it must have one for all or one for every Gaussian'),
        (['ring-mmd-net', 'method.kernel=polynomial', 'method.bandwidths=1.5'], 'a whole power from 1 to 16, not 1.5'),
    ]
    for (preset, *settings), message in cases:
        arguments = [word for setting in settings for word in ['--set', setting]]
        result = train (preset, '--quiet', *arguments, status=USAGE)
        assert message in result.err, result.err
    # where another lane has trained, it is a failure
    train ('ring-gan', 'ring-mmd-net', '--iterations', '5', '--quiet', '--set', 'method.kernel=polynomial',
           '--set', 'ring-mmd-net:method.bandwidths=1.5', status=FAILURE)


def test_diverged ():
    result = train ('ring-gan', '--iterations', '200', '--quiet', '--set', 'optimizer.critic.kind=sgd',
                    '--set', 'optimizer.critic.learning_rate=1000', '--set', 'optimizer.generator.kind=sgd',
                    '--set', 'optimizer.generator.learning_rate=1000', status=DIVERGED)
    lane = result.json ()['lanes'][0]
    assert lane['state'] == 'diverged' and 0 < lane['iteration'] < 200
    assert lane['error'] in result.err and str (lane['iteration']) in lane['error'], lane


def test_out_is_not_empty ():
    out = folder ('full')
    open (out + '/letter', 'w').close ()
    assert 'is not empty' in train ('ring-gan', '--out', out, status=FAILURE).err
    used = fresh ('used')
    train ('ring-gan', '--iterations', '5', '--out', used, '--quiet')
    assert '--resume' in train ('ring-gan', '--out', used, status=FAILURE).err


def test_out_cannot_be_written ():
    path = folder ('file') + '/file'
    open (path, 'w').close ()
    result = train ('ring-gan', '--iterations', '5', '--out', path + '/run', '--quiet', status=FAILURE)
    assert f'“{path}/run”' in result.err and '.part' not in result.err, result.err
    assert result.json ()['lanes'][0]['state'] == 'failed'
    assert 'kept in' not in matchpoint ('train', 'ring-gan', '--iterations', '5', '--out', path + '/run',
                                        status=FAILURE).out
    run = fresh ('pictures')
    train ('ring-gan', '--iterations', '5', '--out', run, '--quiet')
    for arguments in [['--film', '/nonexist/f.gif'], ['--film', '/nonexist/f.webp'], ['--to', '/nonexist/f.svg']]:
        error = matchpoint ('render', run, *arguments, status=FAILURE).err
        assert f'“{arguments[1]}”: No such file or directory' in error, error


def test_device ():
    assert train ('ring-gan', '--iterations', '5', '--device', 'cpu', '--quiet').status == OK
    out = fresh ('device')
    assert 'no device “tpu”' in train ('ring-gan', '--device', 'tpu', '--out', out, status=USAGE).err
    assert not os.path.exists (out)


def test_render ():
    out, pictures = fresh ('render'), folder ('pictures')
    train ('ring-comparison', '--iterations', '60', '--out', out, '--quiet')
    for ending, magic in [('png', b'\x89PNG\r\n'), ('svg', b'<?xml'), ('pdf', b'%PDF-')]:
        path = f'{pictures}/ring.{ending}'
        matchpoint ('render', out, '--to', path)
        data = open (path, 'rb').read ()
        assert data.startswith (magic) and len (data) > 5000
    svg = f'{pictures}/one.svg'
    matchpoint ('render', out + '/ring-gram', '--to', svg, '--dark', '--width', '700')
    assert 'width="700' in open (svg).read ().split ('>')[1]
    matchpoint ('render', out + '/ring-gram', out + '/ring-gan', '--to', svg, '--iteration', '60')
    early = matchpoint ('render', '/nonexistent', '--to', svg, status=FAILURE)
    assert early.err.count ('\n') == 1
    broken = matchpoint ('render', out, '--to', '/nonexistent/x.png', status=FAILURE)
    assert '/nonexistent/x.png' in broken.err
    assert sorted (os.listdir (pictures)) == ['one.svg', 'ring.pdf', 'ring.png', 'ring.svg']


def test_starts_fast ():
    """From the start to the end of two iterations and the exit; a second is the promise for the first iteration."""
    times = []
    for _ in range (3):
        begin = time.monotonic ()
        matchpoint ('train', 'ring-gan', '--iterations', '2', '--quiet')
        times.append (time.monotonic () - begin)
    assert min (times) < 1, times


tap.run (sys.modules[__name__])
