#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line without training: help, mistakes, lists, plans, generated files."""
import json
import os
import re
import shutil
import subprocess
import sys

import tap
from program import FAILURE, HOME, OK, PROGRAM, USAGE, ENVIRONMENT, folder, matchpoint

KINDS = ['methods', 'data', 'networks', 'optimizers', 'metrics', 'extractors', 'views', 'presets', 'sweeps', 'lessons', 'games',
         'portraits', 'devices']
COMMANDS = ['train', 'list', 'describe', 'plan', 'render']


def ids (kind):
    return [item['id'] for item in json.loads (matchpoint ('list', kind, '--json').out)]


def test_version ():
    out = matchpoint ('--version').out
    assert re.match (r'matchpoint \d+\.\d+\.\d+ \(with(out)? window\)\n', out), out
    for library in ['GLib', 'SQLite', 'cairo', 'json-glib']:
        assert library in out, out


def test_no_display ():
    arguments = {'DISPLAY': '', 'WAYLAND_DISPLAY': '', 'GDK_BACKEND': 'x11'}
    for words in [[], ['ring-comparison']]:
        result = matchpoint (*words, status=FAILURE, **arguments)
        assert 'matchpoint train ring-comparison' in result.err, result.err


def test_help ():
    everything = matchpoint ('--help').out
    for command in COMMANDS:
        assert f'matchpoint {command} ' in everything
        text = matchpoint (command, '--help').out
        assert text.startswith (f'Usage: matchpoint {command} ')
        assert 'Exit status:' in text
        assert matchpoint ('help', command).out == text
        assert max (map (len, text.splitlines ())) <= 100, text
    assert matchpoint ('help').out == everything


def test_usage_errors ():
    cases = [
        (['tarin'], 'did you mean “train”?'),
        (['ring-grma'], 'did you mean “ring-gram”?'),
        (['--sed', '3'], 'There is no option --sed'),
        (['help', 'tarin'], 'did you mean “train”?'),
        (['train'], 'Which experiment?'),
        (['train', 'ring-grma'], '“ring-grma”; did you mean “ring-gram”?'),
        (['train', '/nonexistent.ini'], '/nonexistent.ini'),
        (['train', 'ring-gan', '--sede', '3'], 'did you mean --seed?'),
        (['train', 'ring-gan', '--seed'], 'needs an argument: --seed N'),
        (['train', 'ring-gan', '--seed', 'x'], '--seed x: '),
        (['train', 'ring-gan', '--seed', '1', '--seed', '2'], 'given twice'),
        (['train', 'ring-gan', '--quiet=yes'], 'takes no argument'),
        (['train', 'ring-gan', '-q'], 'There is no option -q'),
        (['train', 'ring-gan', '--iterations', '0'], 'a whole number from 1'),
        (['train', 'ring-gan', '--threads', '0'], 'a whole number from 1 to 1024'),
        (['train', 'ring-gan', '--set', 'train.sede=1'], 'ring-gan.ini: [train] sede'),
        (['train', 'ring-gan', '--set', 'train.sede=1'], 'did you mean “seed”?'),
        (['train', 'ring-gan', '--set', 'seed=1'], 'group.key=value'),
        (['train', 'ring-gan', '--set', 'data.std=wide'], 'data] std = “wide” is not allowed: it must be a number'),
        (['train', 'ring-mmd-net', '--set', 'critic.hidden=3'], 'mmd-net has no critic'),
        (['train', 'ring-gan', '--set', 'extractor.code=3'], 'gan needs no extractor'),
        (['train', 'ring-gan', '--set', 'encoder.hidden=3'], 'gan has no encoder'),
        (['train', 'ring-gfmn', '--set', 'optimizer.encoder.kind=sgd'], 'gfmn trains no encoder'),
        (['train', 'ring-gfmn', '--set', 'extractor.kind=autoencodr'], 'did you mean “autoencoder”?'),
        (['train', 'ring-gan', '--set', 'other:train.seed=1'], 'the lanes are ring-gan'),
        (['train', 'ring-gan', '--resume', '/tmp'], 'cannot be given beside it'),
        (['train', '--resume', '/tmp', '--seed', '3'], '--seed cannot be given beside it'),
        (['list'], 'Something is missing: matchpoint list KIND'),
        (['list', 'method'], 'did you mean “methods”?'),
        (['list', 'methods', 'data'], '“data” is one word too many'),
        (['describe'], 'Something is missing'),
        (['describe', 'grma'], 'did you mean “gram”?'),
        (['describe', 'weather'], 'nothing called “weather”'),
        (['plan', 'ring-gan', '--json', '--kernels'], 'cannot be given beside --json'),
        (['plan', 'ring-mmd-net', '--set', 'critic.hidden=3'], 'mmd-net has no critic'),
        (['plan', 'ring-gan', '--device', 'tpu'], 'There is no device “tpu”'),
        (['render', '/tmp'], 'Where to?'),
        (['render', '/tmp', '--to', 'x.gif'], 'must end in .png, .svg or .pdf'),
        (['render', '/tmp', '--to', 'x.png', '--iteration', '-3'], '--iteration -3 is not allowed'),
        (['render', '/tmp', '--to', 'x.png', '--metric', 'mmd2'], '--metric colours the matrix of a sweep'),
        (['portrait', 'figure-s1', '--to', 'x.txt'], '--to x.txt is not allowed: the file must end in .png'),
        (['plan', 'ring-gan', '--diagram', 'x.txt'], '--diagram x.txt is not allowed: the file must end in .png'),
    ]
    for arguments, message in cases:
        result = matchpoint (*arguments, status=USAGE)
        assert message in result.err, (arguments, result.err)
        assert result.out == '', (arguments, result.out)
        assert result.err.startswith ('matchpoint'), result.err


def test_wrong_lesson ():
    home = folder ('wrong-lesson')
    lessons = os.path.join (home, 'lessons')
    bad = os.path.join (lessons, 'bad.ini')
    shutil.copytree (os.path.join (os.environ['MATCHPOINT_DATA_DIR'], 'lessons'), lessons)
    os.symlink (os.path.join (os.environ['MATCHPOINT_DATA_DIR'], 'presets'), os.path.join (home, 'presets'))
    with open (bad, 'w', encoding='utf-8') as file:
        file.write ('[lesson]\ntitle = T\nsummary = S\npreset = ring-gramm\n[a]\ntext = x\n')
    message = 'bad.ini:4: [lesson] preset = ring-gramm is not allowed'
    listed = matchpoint ('list', 'lessons', status=FAILURE, MATCHPOINT_DATA_DIR=home)
    assert 'collapse' in listed.out and message in listed.err, (listed.out, listed.err)
    assert 'Why GANs' in matchpoint ('describe', 'collapse', MATCHPOINT_DATA_DIR=home).out
    for name in [bad, 'bad']:
        assert message in matchpoint ('describe', name, status=USAGE, MATCHPOINT_DATA_DIR=home).err
    described = matchpoint ('describe', os.path.join (lessons, 'collapse.ini'), MATCHPOINT_DATA_DIR=home)
    assert 'Why GANs' in described.out, described.out


def test_failures ():
    empty = folder ('empty')
    cases = [
        (['render', empty, '--to', empty + '/x.png'], 'is not a run\'s folder'),
        (['render', '/nonexistent', '--to', 'x.png'], 'There is no folder /nonexistent'),
        (['train', '--resume', '/nonexistent'], 'There is no folder /nonexistent'),
    ]
    for arguments, message in cases:
        result = matchpoint (*arguments, status=FAILURE)
        assert message in result.err, (arguments, result.err)


def test_broken_experiment ():
    path = folder ('broken') + '/mine.ini'
    with open (path, 'w') as file:
        file.write ('[data]\nkind = ring\n[method]\nkind = gan\nvariant = minmax\n')
    for command in ['train', 'plan']:
        result = matchpoint (command, path, status=USAGE)
        for part in [path + ', line 5: ', '[method] variant = “minmax”', 'non-saturating, minimax',
                     'did you mean “minimax”?']:
            assert part in result.err, (part, result.err)


def test_list ():
    for kind in KINDS:
        table = matchpoint ('list', kind).out.splitlines ()
        items = json.loads (matchpoint ('list', kind, '--json').out)
        assert len (items) > 0 and len (items) == len (table)
        for item, line in zip (items, table):
            assert set (item) >= {'id', 'title', 'summary'}
            assert kind == 'devices' or len (item) == 3
            assert line.startswith (item['id'] + ' ')
    assert {'gan', 'mmd-net', 'gram'} <= set (ids ('methods'))
    assert {'ring-gan', 'ring-mmd-net', 'ring-gram', 'ring-comparison'} <= set (ids ('presets'))


def test_describe ():
    for kind in KINDS:
        for name in ids (kind):
            out = matchpoint ('describe', name).out
            # Two kinds may share a name; all that have it are described.
            assert any (line.startswith (name + ': ') for line in out.splitlines ()), out
            if kind in ['methods', 'networks', 'optimizers', 'data'] and 'keys' in out.lower ():
                assert 'Allowed: ' in out
    for group in ['experiment', 'generator', 'train', 'evaluate']:
        assert matchpoint ('describe', group).out.startswith (f'[{group}]')
    assert 'batch = 200' in matchpoint ('describe', 'train').out
    assert 'ring-mmd-net: ' in matchpoint ('describe', 'ring-comparison').out
    assert 'generator.latent' in matchpoint ('describe', 'gram-grid').out
    assert '  1. ' in matchpoint ('describe', 'collapse').out
    assert 'target=normal; weight=1' in matchpoint ('describe', 'figure-s1').out


RUNS = HOME.name + '/runs'
# What a machine without a usable GPU says: in the list, and when one is asked for.
FAULTS = [('abi', 'another version of Matchpoint'), ('driver', 'There is no NVIDIA driver'),
          ('0', 'There is no CUDA device'), ('libraries', 'cuDNN 9 was not found'), ]


def fake (mode):
    return {'MATCHPOINT_CUDA_MODULE': os.environ['MATCHPOINT_TEST_MODULE'], 'MATCHPOINT_FAKE_MODULE': mode}


def test_devices_at_fault ():
    for mode, reason in FAULTS:
        listed = matchpoint ('list', 'devices', **fake (mode)).out
        assert listed.splitlines ()[0].startswith ('cpu ') and reason in listed.splitlines ()[1], listed
        items = json.loads (matchpoint ('list', 'devices', '--json', **fake (mode)).out)
        assert [item['usable'] for item in items] == [True, False] and reason in items[1]['summary'], items
        assert reason in matchpoint ('describe', 'cuda', **fake (mode)).out
        for words in [['train', 'ring-gan', '--iterations', '1'], ['plan', 'ring-gan']]:
            result = matchpoint (*words, '--device', 'cuda', status=FAILURE, **fake (mode))
            assert reason in result.err and result.out == '', (result.err, result.out)
        told = matchpoint ('train', 'ring-gan', '--iterations', '1', '--device', 'auto', **fake (mode)).out.splitlines ()
        assert told[0].startswith ('Training on the CPU. ') and reason in told[0], told
        assert sum (reason in line for line in told) == 1, told
        quiet = matchpoint ('train', 'ring-gan', '--iterations', '1', '--quiet', **fake (mode))
        assert quiet.out == '' and quiet.err == '', (quiet.out, quiet.err)
    assert not os.listdir (RUNS) or all (os.path.exists (f'{RUNS}/{run}/metrics')
                                                   for run in os.listdir (RUNS))


def test_devices ():
    items = json.loads (matchpoint ('list', 'devices', '--json', **fake ('3')).out)
    assert [item['id'] for item in items] == ['cpu', 'cuda:0', 'cuda:1', 'cuda:2']
    assert all (item['usable'] for item in items)
    for item in items[1:]:
        assert item['uuid'].startswith ('GPU-') and item['memory_total'] == 24e9 and item['memory_free'] == 20e9
        assert item['uuid'] in matchpoint ('describe', item['id'], **fake ('3')).out
        for name in [item['id'], 'cuda:' + item['uuid']]:
            out = folder ('device') + '/run'
            matchpoint ('train', 'ring-gan', '--iterations', '2', '--device', name, '--out', out, **fake ('3'))
            assert json.load (open (out + '/state.json'))['device'] == item['title']
    result = matchpoint ('train', 'ring-gan', '--device', 'cuda:GPU-2f3', status=FAILURE, **fake ('3'))
    assert '“cuda:0” and “cuda:1”' in result.err, result.err
    out = matchpoint ('train', 'ring-gan', '--iterations', '1', '--device', 'cpu', **fake ('3')).out
    assert 'Training on the CPU' not in out and 'GPU' not in out, out


def lanes_of (preset):
    with open (os.path.join (os.environ['MATCHPOINT_DATA_DIR'], 'presets', f'{preset}.ini'), encoding='utf-8') as file:
        lanes = re.search (r'^lanes = (.*)$', file.read (), re.MULTILINE)
    return len (lanes[1].split (';')) if lanes else 1


def plan_json (*arguments):
    return json.loads (matchpoint ('plan', *arguments, '--json').out)['lanes']


def test_plan ():
    for name in ids ('presets'):
        out = matchpoint ('plan', name).out
        assert 'FLOPs' in out and 'Arena bytes' in out
        lanes = plan_json (name)
        assert len (lanes) == lanes_of (name), name
        for lane in lanes:
            assert lane['id'] in out and lane['bytes']['total'] > lane['bytes']['variables'] > 0 and len (lane['phases']) > 0
            for phase in lane['phases']:
                for key in ['nodes', 'kernels', 'fused_groups', 'arena_bytes', 'flops']:
                    assert phase[key] > 0, (name, key, phase)
                assert phase['arena_bytes'] <= phase['unshared_bytes']
                assert phase['product_flops'] <= phase['flops']
    kernels = matchpoint ('plan', 'ring-gan', '--kernels').out
    assert 'matmul' in kernels, kernels
    small, large = plan_json ('ring-gan', '--set', 'train.batch=20'), plan_json ('ring-gan')
    assert small[0]['phases'][0]['flops'] < large[0]['phases'][0]['flops'] / 5


# ---- generated files ----

def generated (what):
    return matchpoint ('--generate', what).out


def check_with (tool, arguments, text):
    if shutil.which (tool) is None:
        raise tap.Skip (f'{tool} is not installed')
    path = folder ('generated') + '/matchpoint.1'
    with open (path, 'w') as file:
        file.write (text)
    done = subprocess.run ([tool, *arguments, path], capture_output=True, text=True, env=ENVIRONMENT, timeout=60)
    assert done.returncode == 0 and done.stderr == '', done.stderr
    return done.stdout


def test_man_page ():
    page = generated ('man')
    text = check_with ('man', ['--warnings', '-E', 'UTF-8', '-l'], page)
    for word in ['NAME', 'SYNOPSIS', 'EXIT STATUS', '--iterations', 'MATCHPOINT_RUNS_DIR', *COMMANDS]:
        assert word in text, word


def test_bash_parses ():
    check_with ('bash', ['-n'], generated ('bash'))


def test_zsh_parses ():
    check_with ('zsh', ['-n'], generated ('zsh'))


def test_fish_parses ():
    check_with ('fish', ['--no-execute'], generated ('fish'))


def complete_in_bash (*words):
    """What bash proposes for the last word."""
    script = generated ('bash') + f'''
COMP_WORDS=({' '.join (f"'{word}'" for word in words)}); COMP_CWORD={len (words) - 1}
compopt () {{ :; }}
_matchpoint
printf '%s\\n' "${{COMPREPLY[@]}}"
'''
    done = subprocess.run (['bash', '-c', script], capture_output=True, text=True, env=ENVIRONMENT, timeout=60)
    assert done.returncode == 0 and done.stderr == '', done.stderr
    return done.stdout.split ()


def test_bash_completes ():
    assert 'train' in complete_in_bash (PROGRAM, '')
    assert complete_in_bash (PROGRAM, 'des') == ['describe']
    assert complete_in_bash (PROGRAM, '--v') == ['--version']
    assert complete_in_bash (PROGRAM, 'train', 'ring-gr')[0] == 'ring-gram'
    assert complete_in_bash (PROGRAM, 'train', 'ring-gram', '--it') == ['--iterations']
    assert complete_in_bash (PROGRAM, 'train', 'ring-gram', '--set', 'method.rid') == ['method.ridge=']
    assert complete_in_bash (PROGRAM, 'train', 'ring-gan', '--set', 'method.rid') == []
    assert complete_in_bash (PROGRAM, 'list', 'me') == ['methods', 'metrics']
    assert 'gram' in complete_in_bash (PROGRAM, 'describe', 'g')
    assert complete_in_bash (PROGRAM, 'plan', 'ring-gan', '--device', 'c')[0] == 'cpu'


def complete_in_fish (line):
    if shutil.which ('fish') is None:
        raise tap.Skip ('fish is not installed')
    path = folder ('fish') + '/matchpoint.fish'
    with open (path, 'w') as file:
        file.write (generated ('fish'))
    environment = {**ENVIRONMENT, 'PATH': os.path.dirname (PROGRAM) + ':' + os.environ['PATH']}
    done = subprocess.run (['fish', '-N', '-c', f"source {path}; complete -C '{line}'"], capture_output=True,
                           text=True, env=environment, timeout=60)
    assert done.returncode == 0 and done.stderr == '', done.stderr
    return [proposal.split ('\t')[0] for proposal in done.stdout.splitlines ()]


def test_fish_completes ():
    assert 'describe' in complete_in_fish ('matchpoint ')
    assert 'ring-gram' in complete_in_fish ('matchpoint train ring-gr')
    assert complete_in_fish ('matchpoint train ring-gram --it') == ['--iterations']
    assert complete_in_fish ('matchpoint train ring-gram --set method.rid') == ['method.ridge=']
    assert complete_in_fish ('matchpoint list me') == ['methods', 'metrics']


def test_generate_unknown ():
    matchpoint ('--generate', 'tcsh', status=USAGE)


tap.run (sys.modules[__name__])
