# SPDX-License-Identifier: BSD-2-Clause
# The front door. What a target does stands in scripts/, rig/ and tests/check; meson builds.

.PHONY: build demo demo-vm check check-fast rig rig-shell bench bench-peer stress fuzz coverage \
	docs deb clean help

build:
	@scripts/build native

demo:
	@scripts/setup build
	@scripts/build native
	@build/native/tools/vsmmu/vsmmu demo

demo-vm:
	@rig/demo-vm

check:
	@scripts/setup build check docs rig
	@tests/check

check-fast:
	@scripts/setup build check docs
	@tests/check --fast

rig:
	@rig/run

rig-shell:
	@scripts/setup rig
	@rig/boot --shell --nvme 1

bench:
	@bench/run

bench-peer:
	@bench/peer/run

stress:
	@scripts/setup build check
	@tests/stress/run

fuzz:
	@scripts/setup build check
	@tests/fuzz/run

coverage:
	@scripts/setup build check coverage
	@scripts/coverage

docs:
	@scripts/setup build docs
	@scripts/docs

deb:
	@scripts/setup build deb
	@scripts/deb
	@tests/package/run

clean:
	rm -rf build

help:
	@echo 'make             build the library and the command in build/native'
	@echo 'make demo        install what that needs (as root), build, and show it at work'
	@echo 'make demo-vm     a guest behind vsmmu-vm in an emulated machine; the first time 10 minutes more'
	@echo 'make check       everything: three builds and their tests, then the rig, then the matrix'
	@echo 'make check-fast  the same without the emulated machine'
	@echo 'make rig         only the tests on the real kernel, in an emulated arm64 machine'
	@echo 'make rig-shell   a shell in that machine (Ctrl-A X ends it)'
	@echo 'make bench       what an event and an invalidation cost, beside bare system calls (4 minutes)'
	@echo 'make bench-peer  the same guests on vsmmu-vm and on QEMU, side by side (15 minutes)'
	@echo 'make stress      1,000,000,000 events through the simulator, all accounted for'
	@echo 'make fuzz        each fuzzer for 10 minutes; make check runs them for seconds'
	@echo 'make coverage    what of the source the tests reach'
	@echo 'make docs        the API reference, in build/docs'
	@echo 'make deb         Debian packages, in build/deb, tried in a fresh root'
	@echo 'make clean       remove build/; what was downloaded, and the kernel, stay in ~/.cache/vsmmu'
	@echo 'make help        this text'
