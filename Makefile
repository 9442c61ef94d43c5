# Each of these is a short list of plain commands. BENCH and SIM pass options on: make bench BENCH=--quick

.PHONY: run app test lint fmt bench bench-window cloud-sim dist icons setup setup-app setup-test window

# Builds, makes a sample master, delivers it to two partners, and says where the results are.
run: setup
	cargo build --release --locked
	tools/demo.sh target/release/spillway

# Builds the window and opens it.
app: setup-app window
	cargo build --release --locked -p spillway-desktop
	target/release/spillway-desktop

test: setup-test window
	cargo test --locked --workspace
	npm --prefix ui test
	npm --prefix ui run test:browser
	npm --prefix ui run test:window

lint: setup-app window
	cargo fmt --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	npm --prefix ui run check
	npm --prefix ui run lint

fmt:
	cargo fmt
	npm --prefix ui run format

# Compares with ffmpeg and HandBrakeCLI, at the same settings, in one sitting.
bench: setup
	cargo bench --locked --bench compare -- $(BENCH)

# Compares the start of the window with that of one that has nothing in it: time, memory, processor at rest.
bench-window: setup-test window
	cargo build --release --locked -p spillway-desktop --bins --example bare
	node ui/tests/bench/start.mjs $(BENCH)

# S3 and MediaConvert on this machine, for trying the cloud engine without an account. Says what to set, and waits.
cloud-sim: setup-test
	cargo run --locked -p spillway-mediaconvert-simulator --bin cloud-sim -- $(SIM)

# A package of the window and the command line, for the Debian or Ubuntu that it is built on.
dist: setup-app window
	cargo build --release --locked -p spillway -p spillway-desktop
	tools/dist.sh target/release

# All sizes from the drawings.
icons: setup-app
	tools/icons.sh

# Install what is missing; do nothing when all is there.
setup:
	tools/setup.sh
setup-app:
	tools/setup.sh app
setup-test:
	tools/setup.sh test

# The files of the window, which become part of its program.
window:
	npm --prefix ui run build
