# SPDX-License-Identifier: Apache-2.0
"""Runs the program under test, in a home of its own."""
import json
import os
import signal
import subprocess
import tempfile

PROGRAM = os.environ['MATCHPOINT_PROGRAM']
HOME = tempfile.TemporaryDirectory (prefix='matchpoint-app-')
ENVIRONMENT = {**os.environ, 'HOME': HOME.name, 'XDG_DATA_HOME': HOME.name + '/data',
               'MATCHPOINT_RUNS_DIR': HOME.name + '/runs', 'MATCHPOINT_STAGES_DIR': HOME.name + '/stages',
               'LC_ALL': 'C.UTF-8', 'LANGUAGE': 'C', 'TERM': 'xterm'}
ENVIRONMENT.pop ('G_MESSAGES_DEBUG', None)

# Whoever runs the tests under nohup has the program ignore it, which is right and not what they are about.
signal.signal (signal.SIGHUP, signal.SIG_DFL)

OK, FAILURE, USAGE, DIVERGED, INTERRUPTED = 0, 1, 2, 3, 130


class Result:
    def __init__ (self, process):
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    def json (self):
        return json.loads (self.out.splitlines ()[-1])


def matchpoint (*arguments, status=OK, timeout=120, cwd=None, **environment):
    process = subprocess.run ([PROGRAM, *arguments], env={**ENVIRONMENT, **environment}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout, cwd=cwd)
    assert process.returncode == status, (
        f'matchpoint {" ".join (arguments)}: exit status {process.returncode} instead of {status}\n'
        f'{process.stdout}\n{process.stderr}')
    return Result (process)


def folder (name):
    """A path in the home that nothing uses yet."""
    return tempfile.mkdtemp (prefix=name + '-', dir=HOME.name)


def fresh (name):
    """The same, and nothing is there."""
    path = folder (name)
    os.rmdir (path)
    return path
