# Each of these is a short list of plain commands. BENCH passes options on: make bench BENCH=--quick

.PHONY: run test lint fmt bench setup

# Builds, makes a sample master, delivers it to two partners, and says where the results are.
run: setup
	cargo build --release --locked
	tools/demo.sh target/release/spillway

test: setup
	cargo test --locked

lint: setup
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

fmt:
	cargo fmt

# Compares with ffmpeg and HandBrakeCLI, at the same settings, in one sitting.
bench: setup
	cargo bench --locked --bench compare -- $(BENCH)

# Installs what is missing; does nothing when all is there.
setup:
	tools/setup.sh
