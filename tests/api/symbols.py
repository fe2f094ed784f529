#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a library exports, what its version script names, and what its headers promise: the same.

Takes: the library's name (vsmmu or vsmmu-sim), the shared library, the static one, the version
script, the folder that holds vsmmu/*.h. Needs nm and readelf. Prints: TAP.
Exit status: 1 if a test failed.
"""
import glob
import os
import re
import subprocess
import sys

# name: the version of its symbols, and which headers promise them
LIBRARIES = {
    'vsmmu': ('VSMMU_0.1', lambda header: header != 'sim.h'),
    'vsmmu-sim': ('VSMMU_SIM_0.1', lambda header: header == 'sim.h'),
}

# What a public header may include besides its own kind: the C standard's, no kernel's.
STANDARD = {'stdbool.h', 'stddef.h', 'stdint.h', 'sys/types.h'}

DOC = re.compile(r'/\*\*\n((?:(?!\*/).)*)\*/\s*(?=VSMMU_API\b)', re.DOTALL)
FUNCTION = re.compile(r'VSMMU_API\b([^;{]*?)\b(\w+)\s*\(([^;]*)\)\s*;', re.DOTALL)


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def exported(library):
    """Names with their version, of what the dynamic linker can find."""
    names = {}
    for line in run('nm', '-D', '--defined-only', '--with-symbol-versions', library).splitlines():
        name, _, version = line.split()[-1].partition('@')
        if name != version.lstrip('@') and line.split()[-2] != 'A':
            names[name] = version.lstrip('@')
    return names


def archived(library):
    """Names that a static library lets other objects see."""
    lines = run('nm', '--extern-only', '--defined-only', library).splitlines()
    return {line.split()[-1] for line in lines if len(line.split()) == 3}


def mapped(path):
    with open(path, encoding='utf-8') as f:
        text = re.sub(r'/\*.*?\*/', '', f.read(), flags=re.DOTALL)
    versions = {}
    for version, body in re.findall(r'(\S+)\s*\{(.*?)\}', text, re.DOTALL):
        for name in re.findall(r'(\w+);', body.partition('local:')[0]):
            versions[name] = version
    return versions


def declarations(text):
    """Without comments and what is the preprocessor's."""
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.DOTALL)
    return re.sub(r'^\s*#.*?(?<!\\)$', '', text, flags=re.DOTALL | re.MULTILINE)


def functions(text):
    """name -> (its return type, its parameters' names)"""
    found = {}
    for kind, name, parameters in FUNCTION.findall(declarations(text)):
        # A callback parameter has its name in parentheses, and parameters of its own.
        flat = re.sub(r'\(\s*\*\s*(\w+)\s*\)\s*\([^()]*\)', r' \1', parameters)
        names = [re.findall(r'\w+', re.sub(r'\[.*?\]', '', p))[-1] for p in flat.split(',')]
        found[name] = (kind.strip(), [] if names == ['void'] else names)
    return found


def documented(text):
    """name -> its kernel-doc comment"""
    docs = {}
    for match in DOC.finditer(text):
        title = re.match(r' \* (\w+)\(\) - \S', match.group(1))
        if title:
            docs[title.group(1)] = match.group(1)
    return docs


def doc_faults(name, signature, doc, rule):
    kind, parameters = signature
    if doc is None:
        return ['%s has no kernel-doc comment before it' % name]
    faults = ['%s does not tell @%s' % (name, p) for p in parameters if ' @%s:' % p not in doc]
    for told in re.findall(r'^ \* @(\w+):', doc, re.MULTILINE):
        if told not in parameters:
            faults.append('%s tells @%s, which it does not take' % (name, told))
    # A header of an object whose calls all have one rule says it once, at its top.
    if not re.search(r'\bThreads:\s', doc) and not rule:
        faults.append('%s has no "Threads:"' % name)
    if not re.search(r'\bSince: \d+\.\d+', doc):
        faults.append('%s has no "Since:"' % name)
    if kind != 'void' and not re.search(r'\bReturn: ', doc):
        faults.append('%s has no "Return:"' % name)
    return faults


class Tap:
    def __init__(self, plan):
        self.number, self.failed = 0, False
        print('1..%d' % plan)

    def test(self, name, faults):
        self.number += 1
        self.failed = self.failed or bool(faults)
        print('%sok %d - %s' % ('not ' if faults else '', self.number, name))
        for fault in faults:
            print('# ' + fault)


def difference(left, right, left_name, right_name):
    return (['%s: only in %s' % (name, left_name) for name in sorted(set(left) - set(right))]
            + ['%s: only in %s' % (name, right_name) for name in sorted(set(right) - set(left))])


def main():
    name, library, archive, script, include = sys.argv[1:6]
    own_version, is_own = LIBRARIES[name]
    own_soname = 'lib%s.so.0' % name
    texts = {}
    for path in sorted(glob.glob(os.path.join(include, 'vsmmu', '*.h'))):
        with open(path, encoding='utf-8') as f:
            texts[os.path.basename(path)] = f.read()
    promised, docs, rules, includes = {}, {}, {}, []
    for header, text in texts.items():
        if is_own(header):
            promised.update(functions(text))
        docs.update(documented(text))
        top = re.search(r'^ \* Threads: ', text.partition('#ifndef')[0], re.MULTILINE)
        rules.update(dict.fromkeys(documented(text), top))
        for what in re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)', text, re.MULTILINE):
            if what not in STANDARD and what.partition('/')[2] not in texts:
                includes.append('%s includes %s' % (header, what))
    there, named = exported(library), mapped(script)
    soname = re.findall(r'\(SONAME\).*\[(.*)\]', run('readelf', '-d', library))
    with open(os.path.join(include, 'vsmmu', 'meson.build'), encoding='utf-8') as f:
        installed = re.findall(r"'(\w+\.h)'", f.read())

    tap = Tap(9)
    tap.test('the headers promise something', [] if len(promised) > 8 else ['no function found'])
    tap.test('the library exports what its version script names',
             difference(there, named, 'the library', 'the script'))
    tap.test('the library exports what the headers promise',
             difference(there, promised, 'the library', 'the headers'))
    tap.test('the static library shows the same symbols and no others',
             difference(archived(archive), there, 'the static library', 'the shared one'))
    tap.test('every symbol has the version that the script gives it',
             ['%s is %s' % (symbol, there[symbol]) for symbol in sorted(there)
              if there[symbol] != named.get(symbol, own_version)])
    tap.test('every public function is documented',
             [fault for function in sorted(promised)
              for fault in doc_faults(function, promised[function], docs.get(function),
                                      rules.get(function))])
    tap.test('public headers include no kernel header', includes)
    tap.test('every public header is installed', difference(texts, installed, 'the folder',
                                                            'its meson.build'))
    tap.test('the soname is ' + own_soname,
             [] if soname == [own_soname] else ['it is %s' % soname])
    sys.exit(1 if tap.failed else 0)


main()
