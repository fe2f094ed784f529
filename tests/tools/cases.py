# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu decode on what people post: each cases/NAME.txt, and in NAME.expect what it must say.

Lines of NAME.expect; # begins a comment:
    args --option ...   more options for every run
    exit 0              the exit code
    json {"type": ..}   the next item: each key that is here must have this value, and one
                        with "-absent-" must not be there. Once there is such a line, there
                        must be one for each item that the command prints
    nothing             standard output stays empty
    text WORDS          is in standard output
    not WORDS           is not
    stderr WORDS        is in standard error
"""
import json
import os
import shlex

from harness import contains, equal, main, run

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'cases')


def expectations(name):
    """Pairs of a word and the rest of its line."""
    with open(os.path.join(CASES, name + '.expect'), encoding='utf-8') as f:
        lines = [line.strip() for line in f]
    return [line.partition(' ')[::2] for line in lines if line and line[0] != '#']


def check_object(got, want):
    for key, value in want.items():
        if value == '-absent-':
            equal((key, key in got), (key, False))
        else:
            equal((key, got.get(key, '-absent-')), (key, value))


def check_json(path, options, expected):
    got = [json.loads(line) for line in run('decode', '--json', *options, path).lines()]
    want = [json.loads(rest) for word, rest in expected if word == 'json']
    if len(got) != len(want):
        raise AssertionError('%d items, not %d: %r' % (len(got), len(want), got))
    for pair in zip(got, want):
        check_object(*pair)


def check_text(path, options, expected):
    result = run('decode', *options, path)
    for word, rest in expected:
        if word == 'exit':
            equal(result.code, int(rest))
        elif word == 'nothing':
            equal(result.out, '')
        elif word == 'text':
            contains(result.out, rest)
        elif word == 'not':
            equal((rest, rest in result.out), (rest, False))
        elif word == 'stderr':
            contains(result.err, rest)
        elif word not in ('args', 'json'):
            raise AssertionError('%r is no expectation' % word)


def case(name):
    def test():
        path = os.path.join(CASES, name + '.txt')
        expected = expectations(name)
        options = [option for word, rest in expected if word == 'args'
                   for option in shlex.split(rest)]
        check_text(path, options, expected)
        if any(word == 'json' for word, _ in expected):
            check_json(path, options, expected)
    test.__name__ = name
    return test


def every_input_has_its_answer():
    names = [os.path.splitext(entry) for entry in os.listdir(CASES)]
    equal({end for _, end in names}, {'.txt', '.expect'})
    equal(sorted(name for name, end in names if end == '.txt'),
          sorted(name for name, end in names if end == '.expect'))


main([every_input_has_its_answer] +
     [case(name[:-len('.expect')]) for name in sorted(os.listdir(CASES))
      if name.endswith('.expect')])
