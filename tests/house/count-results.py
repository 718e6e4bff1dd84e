#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what meson test logged.

count-results.py NAME=TESTLOG.json...

A TAP program counts once per test point, any other test once. A program that was killed, ran out of time, promised
more points than it gave or left with an error after its last point counts as one failure more. The last line is
"N passed, N failed, N skipped"; the exit status is 1 when something failed or nothing ran.
"""
import json
import os
import re
import sys

POINT = re.compile(r'^(not )?ok\b\s*(\d+)?\s*-?\s*([^#]*)(?:#\s*(\w+))?', re.I)
GOOD = ('OK', 'EXPECTEDFAIL')


def points_of(text):
    """Yields (name, 'passed' | 'failed' | 'skipped') of every test point; subtests are indented and stand in their
    parent's result."""
    for line in text.splitlines():
        match = POINT.match(line)
        if not match:
            continue
        bad, number, name, directive = match.groups()
        directive = (directive or '').upper()
        name = name.strip() or number or '?'
        if directive == 'SKIP':
            yield name, 'skipped'
        elif bad and directive != 'TODO':
            yield name, 'failed'
        else:
            yield name, 'passed'


def count(record):
    """Results of one test program: a dictionary of counts and the names that failed."""
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    failures = []
    for name, result in points_of(record.get('stdout') or ''):
        counts[result] += 1
        if result == 'failed':
            failures.append(name)
    result = record['result']
    if sum(counts.values()) == 0:
        counts['passed' if result in GOOD else 'skipped' if result == 'SKIP' else 'failed'] += 1
        if counts['failed']:
            failures.append(result.lower())
    elif result not in GOOD + ('SKIP',) and not failures:
        counts['failed'] += 1
        failures.append(result.lower())
    elif result in ('TIMEOUT', 'INTERRUPT'):
        counts['failed'] += 1
        failures.append(result.lower())
    return counts, failures


def main(arguments):
    total = {'passed': 0, 'failed': 0, 'skipped': 0}
    for argument in arguments:
        build, path = argument.split('=', 1)
        here = {'passed': 0, 'failed': 0, 'skipped': 0}
        records = []
        if os.path.exists(path):
            with open(path, encoding='utf-8', errors='replace') as file:
                records = [json.loads(line) for line in file if line.strip()]
        if not records:
            print(f'{build}: no test ran.')
            total['failed'] += 1
            continue
        for record in records:
            counts, failures = count(record)
            for key, number in counts.items():
                here[key] += number
            for failure in failures:
                print(f'{build}: failed: {record["name"]}: {failure}')
        print(f'{build}: {here["passed"]} passed, {here["failed"]} failed, {here["skipped"]} skipped '
              f'in {len(records)} programs')
        for key in total:
            total[key] += here[key]
    print(f'{total["passed"]} passed, {total["failed"]} failed, {total["skipped"]} skipped')
    return 1 if total['failed'] or not total['passed'] else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
